"""The two bundles of arrays that the search kernels work on: facts that never change, and the state of one run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from territorykit.solve.kernels.bundle import Bundle

CENTROID, UNIT, POINT = 0, 1, 2
"""How a territory's center is found: weighted mean, one of its nodes, or a point that stays."""

PLANE, SPHERE, ROAD = 0, 1, 2
"""How far it is: a straight line, a great circle, or what a table says."""

OBJECTIVE, VIOLATION, LAMBDA, SCALE, TICK, BORDER, WORTH, LIMIT, QUEUED, WALKS, N_OFF, TARGET = range(12)
"""Places in `State.number`: sums, the price of violation, the objective's scale, counters, what the plan kept
is worth, the largest distance within a territory that is aimed at, how a walk ended, how many territories
are listed as off, and the hours that each should take."""

LABEL, LISTED, PLACE, AFTER, BEFORE, NEXT, PREVIOUS, WALK, QUEUE, KEPT = range(10)
"""Rows of `State.node`: the node's territory; the list of border nodes, and where a node stands in it or -1; rings of
a territory's border nodes and of all its nodes; which walk saw a node, and the nodes walks have seen; and the plan
kept where largest distances count, whose first entry is -1 where there is none."""

MEMBERS, CENTER, HEAD, FIRST, OFF = range(5)
"""Rows of `State.territory`: how many nodes; the center's node or -1; some border node and some node, or -1; and the
list of those whose sizes were off when last looked at."""

PARTS, MIXED = 0, 1
"""Rows of `State.crossing`: how many territories share nodes with a group, and how many of them with others too."""

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Facts(Bundle):
    """What the kernels know of a problem; n nodes, k territories, m limited activities, e directed edges."""

    indptr: Array
    """(n + 1,) int32: where each node's neighbors begin."""
    indices: Array
    """(e,) int32: the neighbors, in the order in which they lie around the node."""
    links: Array
    """(e,) int32: what joins each neighbor to the next one around, see `around`."""
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
    spot: Array
    """(n, 3) metres: where nodes are for the largest distance, on a sphere or in the plane."""
    spot_metric: int
    """PLANE or SPHERE."""
    guiding: bool
    """Whether distances to centers are lowered only because round territories are a good way to narrow ones."""
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
    """(s, n) int32: the group of each node, by each of s kinds of groups that territories nest with."""
    group_ptr: Array
    """(s + 1,) int32: where the groups of each kind begin; its last one holds the nodes without a group."""
    n_groups: int
    """How many groups there are in all."""
    most_splits: Array
    """(s,) int32: how many splits of groups are allowed, by kind."""
    road_ptr: Array
    """(o + 1,) int64: where the ways from each origin begin: from nodes, and after them or instead from bases."""
    road_idx: Array
    """(ways,) int32: their ends, ascending."""
    road_cost: Array
    """(ways,) minutes."""
    road_far: float
    """What counts where there is no way."""
    given: Array
    """(k,) uint8: 1 where the center is a base that stays, although others are nodes."""
    tied: Array
    """(k,) uint8: 1 where the way from the center to nodes is limited."""
    limited: bool
    """Whether it is anywhere."""
    reach: float
    """Greatest distance from the center to nodes in metres, or 0."""
    reach_time: float
    """Greatest time from the center to nodes in minutes, or 0."""
    way_ptr: Array
    """(n + 1,) int64: where the ways from each node begin, where their time is limited; or (1,)."""
    way_idx: Array
    """(ways,) int32: their ends, ascending."""
    way_cost: Array
    """(ways,) minutes."""
    work_ptr: Array
    """(o + 1,) int64: where the hours from each origin begin; origins are nodes, and after them bases; or (1,)."""
    work_idx: Array
    """(ways,) int32: nodes that are within reach, ascending."""
    work_hours: Array
    """(ways, 2): hours that a node takes from there, and nights away."""
    work_far: Array
    """(n, 2): the same where there is no way, or (0, 2) where hours are not limited."""
    work_based: Array
    """(k,) uint8: 1 where days begin at a base."""
    work_band: Array
    """(2,): least and greatest hours, as fractions of the target."""
    work_target: float
    """Hours, or 0 for the mean over all territories."""
    most_nights: float
    """Nights away, or infinite."""
    contiguous: bool
    """Whether territories must be connected."""
    center: int
    """CENTROID, UNIT or POINT."""
    power: int
    """Exponent of the distance, 1 or 2."""
    metric: int
    """PLANE, SPHERE or ROAD."""


@dataclass(frozen=True, eq=False)
class State(Bundle):
    """One run's plan with all sums that make the change of a move cheap to compute.

    Arrays of one kind share one.
    """

    node: Array
    """(10, n) int32: see LABEL and its like."""
    territory: Array
    """(5, k) int32: see MEMBERS and its like."""
    sizes: Array
    """(k, m)."""
    work: Array
    """(k, 2): hours and nights away, or (0, 2)."""
    moments: Array
    """(k, 4): sums of w, w x, w y and w z."""
    at: Array
    """(k, 3): the center's coordinates."""
    moved: Array
    """(r,): what has left its territory of today, by each limit on moves."""
    shared: Array
    """(g + s, k) int32: how many nodes a group and a territory share; then how many groups of each kind a territory."""
    crossing: Array
    """(2, g + s) int32: see PARTS and MIXED; then, in the first row, how often groups of each kind are split."""
    mark: Array
    """(n,) int64: the tick at which a walk saw a node."""
    number: Array
    """(12,) float64: see OBJECTIVE and its like."""
    rng: Array
    """(2,) uint64."""

    @property
    def labels(self) -> Array:
        """The territory of each node, (n,) int32; no copy."""
        labels: Array = self.node[LABEL]
        return labels

    @property
    def members(self) -> Array:
        """Nodes per territory, (k,) int32; no copy."""
        members: Array = self.territory[MEMBERS]
        return members

    @property
    def center(self) -> Array:
        """The node that is the center of each territory, or -1, (k,) int32; no copy."""
        center: Array = self.territory[CENTER]
        return center

    @property
    def kept(self) -> Array:
        """The plan kept where largest distances count, (n,) int32; no copy."""
        kept: Array = self.node[KEPT]
        return kept


def make_state(labels: Array, facts: Facts, seed: Array) -> State:
    """A state with these labels; `refresh` fills the rest."""
    n, (k, m) = len(labels), facts.lower.shape
    number = np.zeros(12)
    number[LIMIT] = np.inf
    number[WORTH] = np.inf
    node = np.full((10, n), -1, np.int32)
    node[LABEL] = labels
    return State(
        node=node,
        territory=np.full((5, k), -1, np.int32),
        sizes=np.zeros((k, m)),
        work=np.zeros((k if len(facts.work_far) else 0, 2)),
        moments=np.zeros((k, 4)),
        at=np.zeros((k, 3)),
        moved=np.zeros(len(facts.most_moved)),
        shared=np.zeros((facts.n_groups + len(facts.most_splits), k), np.int32),
        crossing=np.zeros((2, facts.n_groups + len(facts.most_splits)), np.int32),
        mark=np.zeros(n, np.int64),
        number=number,
        rng=seed.astype(np.uint64),
    )
