"""The two bundles of arrays that the search kernels work on: facts that never change, and the state of one run."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CENTROID, UNIT, POINT = 0, 1, 2
"""How a territory's center is found: weighted mean, one of its nodes, or a point that stays."""

PLANE, SPHERE, ROAD = 0, 1, 2
"""How far it is: a straight line, a great circle, or what a table says."""

OBJECTIVE, VIOLATION, LAMBDA, SCALE, TICK, BORDER, WIDEST, LIMIT, SPLITS, QUEUED, WALKS = range(11)
"""Places in `State.number`: sums, the price of violation, the objective's scale, counters, the largest distance
within a territory of the plan kept, the one aimed at, how often groups are split, and how a walk ended."""

Array = NDArray[Any]


class Facts(NamedTuple):
    """What the kernels know of a problem; n nodes, k territories, m limited activities, e directed edges."""

    indptr: Array
    """(n + 1,) int32: where each node's neighbors begin."""
    indices: Array
    """(e,) int32: the neighbors."""
    point: Array
    """(n, 3) metres: from the middle of the map, the last one 0; on a sphere, from its middle."""
    flat: Array
    """(n, 2) metres from the middle of the map."""
    weight: Array
    """(n,): the weight of the distance to the center."""
    compact: bool
    """Whether distances to centers are part of what the search lowers."""
    costs: Array
    """(n, k): what a node costs in each territory, or (0, 0)."""
    edge_cost: Array
    """(e,): what it costs that the two nodes of an edge part, or (0,)."""
    wide: float
    """What a metre of the largest distance within a territory costs, or 0."""
    loads: Array
    """(n, m): limited activities as fractions of the mean target size."""
    lower: Array
    """(k, m): least sizes, in the same fractions."""
    upper: Array
    """(k, m): greatest sizes."""
    fixed: Array
    """(n,) int32: the territory a node is locked to, or -1."""
    apart_ptr: Array
    """(n + 1,) int32: where each node's adversaries begin."""
    apart_idx: Array
    """(pairs x 2,) int32: nodes that may not share its territory."""
    allowed: Array
    """(n, k) uint8, or (0, 0) where every node may go everywhere."""
    near: Array
    """(n, q) int32: territories worth a try for each node, or (n, 0) where neighbors say it."""
    home: Array
    """(r, n) int32: today's territory of each node by each limit on moves, or -1."""
    move_load: Array
    """(r, n): what moves with a node, as a fraction of a territory's mean size."""
    most_moved: Array
    """(r,): how much may move, in the same fractions."""
    group: Array
    """(n,) int32: the group that territories nest with, or (0,)."""
    n_groups: int
    """How many groups there are."""
    most_splits: int
    """How many splits of groups are allowed."""
    road_ptr: Array
    """(o + 1,) int64: where the ways from each origin begin; origins are nodes or, with given points, territories."""
    road_idx: Array
    """(ways,) int32: their ends, ascending."""
    road_cost: Array
    """(ways,) minutes."""
    road_far: float
    """What counts where there is no way."""
    reach: float
    """Greatest distance from node to center in metres, or 0."""
    contiguous: bool
    """Whether territories must be connected."""
    center: int
    """CENTROID, UNIT or POINT."""
    power: int
    """Exponent of the distance, 1 or 2."""
    metric: int
    """PLANE, SPHERE or ROAD."""


class State(NamedTuple):
    """One run's plan with all sums that make the change of a move cheap to compute."""

    labels: Array
    """(n,) int32."""
    kept: Array
    """(n,) int32: the plan of the least largest distance so far; its first entry is -1 where there is none."""
    members: Array
    """(k,) nodes per territory."""
    sizes: Array
    """(k, m)."""
    moments: Array
    """(k, 5): sums of w, w x, w y, w z and w (x^2 + y^2 + z^2)."""
    at: Array
    """(k, 3): the center's coordinates."""
    center: Array
    """(k,) int32: the center's node, or -1."""
    border: Array
    """(n,) int32: nodes with a neighbor elsewhere come first."""
    place: Array
    """(n,) int32: where a node stands in `border`, or -1."""
    after: Array
    """(n,) int32: the next border node of the same territory, in a ring."""
    before: Array
    """(n,) int32: the previous one."""
    head: Array
    """(k,) int32: some border node of each territory, or -1."""
    next: Array
    """(n,) int32: the next node of the same territory, in a ring of all."""
    previous: Array
    """(n,) int32: the previous one."""
    first: Array
    """(k,) int32: some node of each territory, or -1."""
    moved: Array
    """(r,): what has left its territory of today, by each limit on moves."""
    shared: Array
    """(g + 1, k) int32: how many nodes a group and a territory share; the last row is of nodes without a group."""
    parts: Array
    """(g + 1,) int32: how many territories share nodes with a group."""
    mixed: Array
    """(g + 1,) int32: how many of them share nodes with other groups too."""
    reach: Array
    """(k,) int32: how many groups share nodes with a territory."""
    mark: Array
    """(n,) int64: the tick at which a walk saw a node."""
    walk: Array
    """(n,) int32: which walk saw it."""
    queue: Array
    """(n,) int32."""
    number: Array
    """(11,) float64: see OBJECTIVE and its like."""
    rng: Array
    """(2,) uint64."""


def make_state(labels: Array, facts: Facts, seed: Array) -> State:
    """A state with these labels; `refresh` fills the rest."""
    n, (k, m) = len(labels), facts.lower.shape
    number = np.zeros(11)
    number[LIMIT] = np.inf
    none = {name: np.full(n, -1, np.int32) for name in ("kept", "place", "after", "before", "next", "previous")}
    return State(
        labels=labels.astype(np.int32),
        members=np.zeros(k, np.int64),
        sizes=np.zeros((k, m)),
        moments=np.zeros((k, 5)),
        at=np.zeros((k, 3)),
        center=np.full(k, -1, np.int32),
        border=np.zeros(n, np.int32),
        head=np.full(k, -1, np.int32),
        first=np.full(k, -1, np.int32),
        moved=np.zeros(len(facts.most_moved)),
        shared=np.zeros((facts.n_groups + 1, k), np.int32),
        parts=np.zeros(facts.n_groups + 1, np.int32),
        mixed=np.zeros(facts.n_groups + 1, np.int32),
        reach=np.zeros(k, np.int32),
        mark=np.zeros(n, np.int64),
        walk=np.zeros(n, np.int32),
        queue=np.zeros(n, np.int32),
        number=number,
        rng=seed.astype(np.uint64),
        **none,
    )
