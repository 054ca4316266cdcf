"""The two bundles of arrays that the search kernels work on: facts that never change, and the state of one run."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CENTROID, UNIT, POINT = 0, 1, 2
"""How a territory's center is found: weighted mean, one of its nodes, or a point that stays."""

OBJECTIVE, VIOLATION, LAMBDA, SCALE, TICK, BORDER = range(6)
"""Places in `State.number`: sums, the price of violation, the objective's scale, and counters."""

Array = NDArray[Any]


class Facts(NamedTuple):
    """What the kernels know of a problem; n nodes, k territories, m limited activities, e directed edges."""

    indptr: Array
    """(n + 1,) int32: where each node's neighbors begin."""
    indices: Array
    """(e,) int32: the neighbors."""
    x: Array
    """(n,) metres from the middle of the map."""
    y: Array
    """(n,)."""
    weight: Array
    """(n,): the weight in the objective."""
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
    reach: float
    """Greatest distance from node to center in metres, or 0."""
    contiguous: bool
    """Whether territories must be connected."""
    center: int
    """CENTROID, UNIT or POINT."""
    power: int
    """Exponent of the distance, 1 or 2."""


class State(NamedTuple):
    """One run's plan with all sums that make the change of a move cheap to compute."""

    labels: Array
    """(n,) int32."""
    members: Array
    """(k,) nodes per territory."""
    sizes: Array
    """(k, m)."""
    moments: Array
    """(k, 4): sums of w, w x, w y and w (x^2 + y^2)."""
    at: Array
    """(k, 2): the center's coordinates."""
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
    mark: Array
    """(n,) int64: the tick at which a walk saw a node."""
    group: Array
    """(n,) int32: which walk saw it."""
    queue: Array
    """(n,) int32."""
    number: Array
    """(6,) float64: see OBJECTIVE and its like."""
    rng: Array
    """(2,) uint64."""


def make_state(labels: Array, facts: Facts, seed: Array) -> State:
    """A state with these labels; `refresh` fills the rest."""
    n, (k, m) = len(facts.x), facts.lower.shape
    return State(
        labels=labels.astype(np.int32),
        members=np.zeros(k, np.int64),
        sizes=np.zeros((k, m)),
        moments=np.zeros((k, 4)),
        at=np.zeros((k, 2)),
        center=np.full(k, -1, np.int32),
        border=np.zeros(n, np.int32),
        place=np.full(n, -1, np.int32),
        after=np.full(n, -1, np.int32),
        before=np.full(n, -1, np.int32),
        head=np.full(k, -1, np.int32),
        mark=np.zeros(n, np.int64),
        group=np.zeros(n, np.int32),
        queue=np.zeros(n, np.int32),
        number=np.zeros(6),
        rng=seed.astype(np.uint64),
    )
