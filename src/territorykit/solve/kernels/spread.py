"""The largest distance within a territory, brought below a limit that falls.

What the search lowers is the sum, over all pairs of nodes of a territory further apart than the limit, of how
far they exceed it: smooth where the largest distance itself is flat almost everywhere. As soon as no pair does
and nothing else is violated, the limit falls below what the plan has reached. Kept is the plan of the best objective
among those, largest distance included.
"""

import math

from territorykit.solve.kernels.arrays import (
    FIRST,
    KEPT,
    LABEL,
    LIMIT,
    NEXT,
    OBJECTIVE,
    SPHERE,
    VIOLATION,
    WORTH,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.distance import arc

FALL = 0.998
"""The next limit, as a part of the largest distance reached."""


@kernel
def excess(facts: Facts, state: State, u: int, t: int, limit: float) -> float:
    """Sum over the other nodes of territory t of how far they are beyond the limit from u, in parts of it.

    Where the limit is 0, as for territories of one place each, every node elsewhere counts 1.
    """
    total = 0.0
    square = limit * limit
    first = state.territory[FIRST, t]
    v = first
    x, y, z = facts.spot[u, 0], facts.spot[u, 1], facts.spot[u, 2]
    while v >= 0:
        dx, dy, dz = facts.spot[v, 0] - x, facts.spot[v, 1] - y, facts.spot[v, 2] - z
        far = dx * dx + dy * dy + dz * dz
        if far > square:
            total += math.sqrt(far) / limit - 1.0 if limit > 0 else 1.0
        v = state.node[NEXT, v]
        if v == first:
            break
    return total


@kernel
def spread_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the sum of excesses when node u passes to b."""
    limit = state.number[LIMIT]
    return excess(facts, state, u, b, limit) - excess(facts, state, u, state.node[LABEL, u], limit)


@kernel
def spread(facts: Facts, state: State) -> float:
    """The sum of excesses over all territories."""
    total = 0.0
    for u in range(state.node.shape[1]):
        total += excess(facts, state, u, state.node[LABEL, u], state.number[LIMIT])
    return 0.5 * total


@kernel
def widest_chord(facts: Facts, state: State) -> float:
    """The largest straight distance between two nodes of one territory."""
    best = 0.0
    for u in range(state.node.shape[1]):
        v = state.node[NEXT, u]
        while v != u:
            dx, dy = facts.spot[v, 0] - facts.spot[u, 0], facts.spot[v, 1] - facts.spot[u, 1]
            dz = facts.spot[v, 2] - facts.spot[u, 2]
            best = max(best, dx * dx + dy * dy + dz * dz)
            v = state.node[NEXT, v]
    return math.sqrt(best)


@kernel
def as_length(facts: Facts, straight: float) -> float:
    """Metres by the metric of largest distances of a straight one."""
    return arc(straight) if facts.spot_metric == SPHERE else straight


@kernel
def _keep(facts: Facts, state: State, reached: float) -> None:
    """Keep the plan, which meets everything, if it is the best of all so far."""
    worth = facts.wide * as_length(facts, reached)
    if not facts.guiding:
        worth += state.number[OBJECTIVE]
    if state.node[KEPT, 0] >= 0 and worth >= state.number[WORTH]:
        return
    for u in range(state.node.shape[1]):
        state.node[KEPT, u] = state.node[LABEL, u]
    state.number[WORTH] = worth


@kernel
def tighten(facts: Facts, state: State) -> None:
    """Let the limit fall below what the plan, which meets everything, has reached; keep it if it is the best."""
    reached = widest_chord(facts, state)
    _keep(facts, state, reached)
    state.number[VIOLATION] -= spread(facts, state)
    state.number[LIMIT] = reached * FALL
    state.number[VIOLATION] += spread(facts, state)


@kernel
def consider(facts: Facts, state: State, met: float) -> None:
    """Keep the plan if it is the best and breaks nothing beyond `met` but the limit, which stays."""
    if state.number[VIOLATION] - spread(facts, state) < met:
        _keep(facts, state, widest_chord(facts, state))
