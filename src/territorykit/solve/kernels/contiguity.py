"""Does a territory stay connected without one of its nodes? Exact, and cheap where the answer is near."""

import numpy as np

from territorykit.solve.kernels.around import surrounded
from territorykit.solve.kernels.arrays import (
    LABEL,
    MEMBERS,
    QUEUE,
    QUEUED,
    TICK,
    WALK,
    WALKS,
    Array,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import kernel

MOST_NEIGHBORS = 64
"""Nodes with more neighbors in their own territory stay where they are."""


@kernel
def root(parent: Array, i: int) -> int:
    """The walk that walk i has been joined to; ways to it are halved."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


CONNECTED, UNKNOWN = -1, -2
"""What `cut_off` answers beside the number of a walk."""


@kernel
def removable(facts: Facts, state: State, u: int, parent: Array, waiting: Array) -> bool:
    """Whether the territory of node u stays connected and not empty when u leaves it.

    Of a territory in several pieces, only the piece of u is looked at; one that is u alone may go.
    `parent` and `waiting` are scratch arrays of MOST_NEIGHBORS entries.
    """
    a = np.int64(state.node[LABEL, u])
    if state.territory[MEMBERS, a] > 1 and surrounded(facts, state, u, a):
        return True
    return cut_off(facts, state, u, parent, waiting) == CONNECTED


@kernel
def cut_off(facts: Facts, state: State, u: int, parent: Array, waiting: Array) -> int:
    """The walk that saw all of a part which node u would leave behind cut off; CONNECTED where there is none.

    Walks start at all neighbors of u in its territory at once and take turns; walks that meet are joined.
    Connected as soon as one is left, disconnected as soon as one of several has nowhere to go, so the work is
    about that of the smallest part. Its nodes are those of the row QUEUE up to QUEUED whose walk has this root;
    WALKS says how many there were. UNKNOWN where u has too many neighbors, or is all that its territory has.
    """
    a = np.int64(state.node[LABEL, u])
    state.number[TICK] += 1
    tick = int(state.number[TICK])
    state.mark[u] = tick
    state.node[WALK, u] = -1
    groups = 0
    for e in range(facts.indptr[u], facts.indptr[u + 1]):
        v = facts.indices[e]
        if state.node[LABEL, v] == a:
            if groups == MOST_NEIGHBORS:
                return UNKNOWN
            state.mark[v] = tick
            state.node[WALK, v] = groups
            state.node[QUEUE, groups] = v
            parent[groups] = groups
            waiting[groups] = 1
            groups += 1
    if groups < 2:  # noqa: PLR2004 - a leaf, or a node without neighbors in its territory
        return CONNECTED if groups == 1 or state.territory[MEMBERS, a] > 1 else UNKNOWN
    return _walk(facts, state, groups, a, tick, parent, waiting)


@kernel
def _walk(facts: Facts, state: State, groups: int, a: int, tick: int, parent: Array, waiting: Array) -> int:
    first, last = 0, groups
    while first < last:
        v = state.node[QUEUE, first]
        first += 1
        mine = root(parent, state.node[WALK, v])
        for e in range(facts.indptr[v], facts.indptr[v + 1]):
            w = facts.indices[e]
            if state.node[LABEL, w] != a:
                continue
            if state.mark[w] != tick:
                state.mark[w] = tick
                state.node[WALK, w] = mine
                state.node[QUEUE, last] = w
                last += 1
                waiting[mine] += 1
            elif state.node[WALK, w] >= 0:
                other = root(parent, state.node[WALK, w])
                if other != mine:
                    parent[other] = mine
                    waiting[mine] += waiting[other]
                    groups -= 1
                    if groups == 1:
                        return CONNECTED
        waiting[mine] -= 1
        if waiting[mine] == 0:
            state.number[QUEUED] = last
            state.number[WALKS] = groups
            return mine
    return CONNECTED if groups == 1 else UNKNOWN
