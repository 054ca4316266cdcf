"""How often territories and groups cut each other, kept up to date move by move.

A territory and a group cross when they share nodes and each has others outside the other. A group counts as
split once for every territory it crosses, less one where all its territories cross it. There may be several
kinds of groups, such as provinces and brands. Nodes of no group of a kind share a row of their own, the last of
the kind: they are outside every group, and no group themselves.
"""

import numpy as np

from territorykit.solve.kernels.arrays import (
    LABEL,
    MIXED,
    PARTS,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import kernel


@kernel
def _splits(facts: Facts, state: State, kind: int, g: int) -> int:
    """Splits of group g; none of the nodes that have no group."""
    if state.crossing[PARTS, g] < 2 or g == facts.group_ptr[kind + 1] - 1:  # noqa: PLR2004
        return 0
    return state.crossing[MIXED, g] - (1 if state.crossing[MIXED, g] == state.crossing[PARTS, g] else 0)


@kernel
def _other_group(facts: Facts, state: State, kind: int, t: int, g: int) -> int:
    """A group of the same kind other than g that shares nodes with territory t."""
    for other in range(facts.group_ptr[kind], facts.group_ptr[kind + 1]):
        if other != g and state.shared[other, t] > 0:
            return other
    return -1


@kernel
def _leave(facts: Facts, state: State, kind: int, g: int, t: int) -> None:
    """One node of group g fewer in territory t."""
    state.shared[g, t] -= 1
    if state.shared[g, t] > 0:
        return
    total = facts.n_groups + kind
    state.crossing[PARTS, total] -= _splits(facts, state, kind, g)
    state.crossing[PARTS, g] -= 1
    if state.shared[total, t] > 1:
        state.crossing[MIXED, g] -= 1
    state.shared[total, t] -= 1
    state.crossing[PARTS, total] += _splits(facts, state, kind, g)
    if state.shared[total, t] == 1:  # the group it has left is crossed no more
        other = _other_group(facts, state, kind, t, g)
        state.crossing[PARTS, total] -= _splits(facts, state, kind, other)
        state.crossing[MIXED, other] -= 1
        state.crossing[PARTS, total] += _splits(facts, state, kind, other)


@kernel
def _enter(facts: Facts, state: State, kind: int, g: int, t: int) -> None:
    """One node of group g more in territory t."""
    state.shared[g, t] += 1
    if state.shared[g, t] > 1:
        return
    total = facts.n_groups + kind
    state.crossing[PARTS, total] -= _splits(facts, state, kind, g)
    state.crossing[PARTS, g] += 1
    state.shared[total, t] += 1
    if state.shared[total, t] > 1:
        state.crossing[MIXED, g] += 1
    state.crossing[PARTS, total] += _splits(facts, state, kind, g)
    if state.shared[total, t] == 2:  # noqa: PLR2004 - its only group so far is crossed now
        other = _other_group(facts, state, kind, t, g)
        state.crossing[PARTS, total] -= _splits(facts, state, kind, other)
        state.crossing[MIXED, other] += 1
        state.crossing[PARTS, total] += _splits(facts, state, kind, other)


@kernel
def nest(facts: Facts, state: State, u: int, a: int, b: int) -> None:
    """Node u passes from territory a to b."""
    for kind in range(len(facts.most_splits)):
        _leave(facts, state, kind, facts.group[kind, u], a)
        _enter(facts, state, kind, facts.group[kind, u], b)


@kernel
def excess_splits(facts: Facts, state: State) -> float:
    """Splits beyond those allowed, of all kinds of groups."""
    total = 0.0
    for kind in range(len(facts.most_splits)):
        total += max(0.0, float(state.crossing[PARTS, facts.n_groups + kind] - facts.most_splits[kind]))
    return total


@kernel
def splits_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the splits beyond those allowed when node u passes to b."""
    a = np.int64(state.node[LABEL, u])
    before = excess_splits(facts, state)
    nest(facts, state, u, a, b)
    after = excess_splits(facts, state)
    nest(facts, state, u, b, a)
    return after - before


@kernel
def count_splits(facts: Facts, state: State) -> None:
    """Count everything anew from the labels."""
    state.shared[:] = 0
    state.crossing[:] = 0
    for kind in range(len(facts.most_splits)):
        _count_kind(facts, state, kind)


@kernel
def _count_kind(facts: Facts, state: State, kind: int) -> None:
    total, k = facts.n_groups + kind, state.shared.shape[1]
    for u in range(state.node.shape[1]):
        state.shared[facts.group[kind, u], state.node[LABEL, u]] += 1
    for g in range(facts.group_ptr[kind], facts.group_ptr[kind + 1]):
        for t in range(k):
            if state.shared[g, t] > 0:
                state.crossing[PARTS, g] += 1
                state.shared[total, t] += 1
    for g in range(facts.group_ptr[kind], facts.group_ptr[kind + 1]):
        for t in range(k):
            if state.shared[g, t] > 0 and state.shared[total, t] > 1:
                state.crossing[MIXED, g] += 1
        state.crossing[PARTS, total] += _splits(facts, state, kind, g)
