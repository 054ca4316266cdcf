"""The largest distance within a territory, brought below a limit that falls.

What the search lowers is the sum, over all pairs of nodes of a territory further apart than the limit, of how
far they exceed it: smooth where the largest distance itself is flat almost everywhere. As soon as no pair does
and nothing else is violated, the plan is kept and the limit falls below what the plan has reached.
"""

import math

from territorykit.solve.kernels.arrays import (
    FIRST,
    KEPT,
    LABEL,
    LIMIT,
    NEXT,
    SPHERE,
    VIOLATION,
    WIDEST,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import allocating, kernel
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
    x, y, z = facts.point[u, 0], facts.point[u, 1], facts.point[u, 2]
    while v >= 0:
        dx, dy, dz = facts.point[v, 0] - x, facts.point[v, 1] - y, facts.point[v, 2] - z
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
            dx, dy = facts.point[v, 0] - facts.point[u, 0], facts.point[v, 1] - facts.point[u, 1]
            dz = facts.point[v, 2] - facts.point[u, 2]
            best = max(best, dx * dx + dy * dy + dz * dz)
            v = state.node[NEXT, v]
    return math.sqrt(best)


@kernel
def tighten(facts: Facts, state: State) -> None:
    """Keep the plan, which meets everything, and let the limit fall below what it has reached."""
    reached = widest_chord(facts, state)
    for u in range(state.node.shape[1]):
        state.node[KEPT, u] = state.node[LABEL, u]
    state.number[WIDEST] = reached
    state.number[VIOLATION] -= spread(facts, state)
    state.number[LIMIT] = reached * FALL
    state.number[VIOLATION] += spread(facts, state)


@allocating
def as_length(facts: Facts, straight: float) -> float:
    """Metres by the problem's metric of a straight distance."""
    return arc(straight) if facts.metric == SPHERE else straight
