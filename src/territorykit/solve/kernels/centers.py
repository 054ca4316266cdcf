"""Centers that are nodes: they walk as their territories change, and hand over their office to leave."""

import numpy as np

from territorykit.solve.kernels.arrays import (
    CENTER,
    FIRST,
    LABEL,
    MEMBERS,
    NEXT,
    OBJECTIVE,
    PLANE,
    ROAD,
    UNIT,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.distance import between, powered, to_mean

ALL_TRIED = 24
"""Up to so many nodes, each of a territory is tried as its center; beyond, the neighbors of the center."""
MOST_COUNTED = 400
"""Up to so many nodes, a territory's costs are counted node by node after each move; beyond, now and then."""


@kernel
def center_cost(facts: Facts, state: State, t: int, c: int) -> float:
    """Weighted distances of the nodes of territory t to node c."""
    total = 0.0
    first = np.int64(state.territory[FIRST, t])
    v = first
    while v >= 0:
        total += facts.weight[v] * powered(facts, between(facts, c, v))
        v = np.int64(state.node[NEXT, v])
        if v == first:
            break
    return total


@kernel
def steiner(facts: Facts) -> bool:
    """Whether the best center is the node nearest the weighted mean, by Steiner's theorem."""
    return facts.power == 2 and facts.metric == PLANE  # noqa: PLR2004


@kernel
def _adds_up(facts: Facts, state: State, t: int) -> bool:
    """Whether centers of territory t may change from move to move."""
    if facts.center != UNIT or facts.limited or not facts.compact or facts.given[t]:
        return False
    return steiner(facts) or state.territory[MEMBERS, t] <= MOST_COUNTED


@kernel
def put(facts: Facts, state: State, t: int, c: int) -> None:
    """Make node c the center of t, where that is no base; the objective is the caller's."""
    if facts.given[t]:
        return
    state.territory[CENTER, t] = c
    for axis in range(3):
        state.at[t, axis] = facts.point[c, axis]


@kernel
def set_center(facts: Facts, state: State, t: int, c: int) -> None:
    """Make node c the center of t, the objective following."""
    old = np.int64(state.territory[CENTER, t])
    if steiner(facts):
        gain = state.moments[t, 0] * (to_mean(facts, state, c, t) - to_mean(facts, state, old, t))
    else:
        gain = center_cost(facts, state, t, c) - center_cost(facts, state, t, old)
    state.number[OBJECTIVE] += gain
    put(facts, state, t, c)


@kernel
def _heir(facts: Facts, state: State, u: int, t: int) -> int:
    """The best node to be center of t in place of u: a neighbor by distance to the mean, or any by cost; or -1."""
    best, least = -1, np.inf
    if (facts.metric != ROAD and state.territory[MEMBERS, t] > ALL_TRIED) or steiner(facts):
        for e in range(facts.indptr[u], facts.indptr[u + 1]):
            v = np.int64(facts.indices[e])
            if state.node[LABEL, v] == t and to_mean(facts, state, v, t) < least:
                best, least = v, to_mean(facts, state, v, t)
        return best
    v = np.int64(state.node[NEXT, u])
    while v != u:
        cost = center_cost(facts, state, t, v)
        if cost < least:
            best, least = v, cost
        v = np.int64(state.node[NEXT, v])
    return best


@kernel
def release(facts: Facts, state: State, u: int) -> bool:
    """Hand u's office as center to another node, so that u may leave; false where that cannot be done."""
    a = np.int64(state.node[LABEL, u])
    if not _adds_up(facts, state, a) or state.territory[MEMBERS, a] < 2 or facts.fixed[u] >= 0:  # noqa: PLR2004
        return False
    if steiner(facts) and state.moments[a, 0] <= 0:
        return False
    best = _heir(facts, state, u, a)
    if best < 0:
        return False
    set_center(facts, state, a, best)
    return True


@kernel
def _walk_to_mean(facts: Facts, state: State, t: int) -> int:
    """Where walking from the center of t to neighbors nearer the weighted mean ends."""
    here = np.int64(state.territory[CENTER, t])
    least = to_mean(facts, state, here, t)
    walking = True
    while walking:
        walking = False
        for e in range(facts.indptr[here], facts.indptr[here + 1]):
            v = np.int64(facts.indices[e])
            if state.node[LABEL, v] == t:
                there = to_mean(facts, state, v, t)
                if there < least:
                    least = there
                    here = v
                    walking = True
                    break
    return here


@kernel
def _best_member(facts: Facts, state: State, t: int) -> None:
    """Make the node of t with the least cost its center."""
    best = np.int64(state.territory[CENTER, t])
    before = center_cost(facts, state, t, best)
    least = before
    v = np.int64(state.node[NEXT, state.territory[CENTER, t]])
    while v != state.territory[CENTER, t]:
        cost = center_cost(facts, state, t, v)
        if cost < least:
            best, least = v, cost
        v = np.int64(state.node[NEXT, v])
    state.number[OBJECTIVE] += least - before
    put(facts, state, t, best)


@kernel
def _best_neighbor(facts: Facts, state: State, t: int) -> None:
    """Let the center of t step to a neighbor of less cost, once."""
    here = np.int64(state.territory[CENTER, t])
    before = center_cost(facts, state, t, here)
    best, least = here, before
    for e in range(facts.indptr[here], facts.indptr[here + 1]):
        v = np.int64(facts.indices[e])
        if state.node[LABEL, v] == t:
            cost = center_cost(facts, state, t, v)
            if cost < least:
                best, least = v, cost
    state.number[OBJECTIVE] += least - before
    put(facts, state, t, best)


@kernel
def recenter(facts: Facts, state: State, t: int) -> None:
    """Let the center node of t follow its territory, the objective with it.

    With squared straight distances the best node is the one nearest the weighted mean; on a sphere nearly so,
    which is counted before it is believed. Other costs are counted node by node where the territory is small.
    """
    if not _adds_up(facts, state, t) or state.moments[t, 0] <= 0:
        return
    if facts.power == 2 and facts.metric != ROAD:  # noqa: PLR2004
        here = _walk_to_mean(facts, state, t)
        if here != state.territory[CENTER, t]:
            before, old = state.number[OBJECTIVE], state.territory[CENTER, t]
            set_center(facts, state, t, here)
            if state.number[OBJECTIVE] > before:
                put(facts, state, t, old)
                state.number[OBJECTIVE] = before
    elif state.territory[MEMBERS, t] <= ALL_TRIED:
        _best_member(facts, state, t)
    else:
        _best_neighbor(facts, state, t)
