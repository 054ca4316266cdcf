"""How often territories and groups cut each other, kept up to date move by move.

A territory and a group cross when they share nodes and each has others outside the other. A group counts as
split once for every territory it crosses, less one where all its territories cross it. Nodes of no group share
one row of their own, the last: they are outside every group, and no group themselves.
"""

import numpy as np

from territorykit.solve.kernels.arrays import (
    GROUPS,
    LABEL,
    MIXED,
    PARTS,
    SPLITS,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import allocating, inlined, kernel


@inlined
def _splits(state: State, g: int) -> int:
    """Splits of group g; none of the nodes that have no group."""
    if state.crossing[PARTS, g] < 2 or g == state.crossing.shape[1] - 1:  # noqa: PLR2004
        return 0
    return state.crossing[MIXED, g] - (1 if state.crossing[MIXED, g] == state.crossing[PARTS, g] else 0)


@kernel
def _other_group(state: State, t: int, g: int) -> int:
    """A group other than g that shares nodes with territory t."""
    for other in range(state.shared.shape[0]):
        if other != g and state.shared[other, t] > 0:
            return other
    return -1


@kernel
def _leave(state: State, g: int, t: int) -> None:
    """One node of group g fewer in territory t."""
    state.shared[g, t] -= 1
    if state.shared[g, t] > 0:
        return
    state.number[SPLITS] -= _splits(state, g)
    state.crossing[PARTS, g] -= 1
    if state.territory[GROUPS, t] > 1:
        state.crossing[MIXED, g] -= 1
    state.territory[GROUPS, t] -= 1
    state.number[SPLITS] += _splits(state, g)
    if state.territory[GROUPS, t] == 1:  # the group it has left is crossed no more
        other = _other_group(state, t, g)
        state.number[SPLITS] -= _splits(state, other)
        state.crossing[MIXED, other] -= 1
        state.number[SPLITS] += _splits(state, other)


@kernel
def _enter(state: State, g: int, t: int) -> None:
    """One node of group g more in territory t."""
    state.shared[g, t] += 1
    if state.shared[g, t] > 1:
        return
    state.number[SPLITS] -= _splits(state, g)
    state.crossing[PARTS, g] += 1
    state.territory[GROUPS, t] += 1
    if state.territory[GROUPS, t] > 1:
        state.crossing[MIXED, g] += 1
    state.number[SPLITS] += _splits(state, g)
    if state.territory[GROUPS, t] == 2:  # noqa: PLR2004 - its only group so far is crossed now
        other = _other_group(state, t, g)
        state.number[SPLITS] -= _splits(state, other)
        state.crossing[MIXED, other] += 1
        state.number[SPLITS] += _splits(state, other)


@kernel
def nest(facts: Facts, state: State, u: int, a: int, b: int) -> None:
    """Node u passes from territory a to b."""
    g = facts.group[u] if facts.group[u] >= 0 else facts.n_groups
    _leave(state, g, a)
    _enter(state, g, b)


@inlined
def excess_splits(facts: Facts, state: State) -> float:
    """Splits beyond those allowed."""
    return max(0.0, state.number[SPLITS] - facts.most_splits)


@kernel
def splits_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the splits beyond those allowed when node u passes to b."""
    a = np.int64(state.node[LABEL, u])
    before = excess_splits(facts, state)
    nest(facts, state, u, a, b)
    after = excess_splits(facts, state)
    nest(facts, state, u, b, a)
    return after - before


@allocating
def count_splits(facts: Facts, state: State) -> None:
    """Count everything anew from the labels."""
    state.shared[:] = 0
    state.crossing[PARTS, :] = 0
    state.crossing[MIXED, :] = 0
    state.territory[GROUPS, :] = 0
    for u in range(len(facts.group)):
        g = facts.group[u] if facts.group[u] >= 0 else facts.n_groups
        state.shared[g, state.node[LABEL, u]] += 1
    groups, k = state.shared.shape
    for g in range(groups):
        for t in range(k):
            if state.shared[g, t] > 0:
                state.crossing[PARTS, g] += 1
                state.territory[GROUPS, t] += 1
    total = 0
    for g in range(groups):
        for t in range(k):
            if state.shared[g, t] > 0 and state.territory[GROUPS, t] > 1:
                state.crossing[MIXED, g] += 1
        total += _splits(state, g)
    state.number[SPLITS] = total
