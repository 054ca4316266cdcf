"""Moves and swaps that pay only because centers follow: a descent at the end of a run.

Annealing judges a move with both centers where they are. Where a territory has few nodes, its center often follows,
and a move that seems to cost something gains after all.
"""

import numpy as np

from territorykit.solve.kernels.around import touches
from territorykit.solve.kernels.arrays import (
    AFTER,
    CENTER,
    HEAD,
    LABEL,
    OBJECTIVE,
    PLACE,
    VIOLATION,
    Array,
    Facts,
    State,
)
from territorykit.solve.kernels.centers import put, recenter, release
from territorykit.solve.kernels.change import TINY, may_enter, may_leave, move
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.contiguity import removable

GAIN = 1e-9
"""A step is kept if it gains more than this part of the objective: less may be rounding."""


@kernel
def _better(state: State, before: float, broken: float) -> bool:
    return state.number[OBJECTIVE] < before - GAIN * abs(before) and state.number[VIOLATION] <= broken + TINY


@kernel
def _may_go(facts: Facts, state: State, u: int, b: int, parent: Array, wait: Array) -> bool:
    if not may_leave(facts, state, u) or not may_enter(facts, u, b):
        return False
    return not facts.contiguous or removable(facts, state, u, parent, wait)


@kernel
def _restore(facts: Facts, state: State, a: int, b: int, ca: int, cb: int, before: float, broken: float) -> None:
    """Put the centers of a and b back, and what was known before."""
    put(facts, state, a, ca)
    put(facts, state, b, cb)
    state.number[OBJECTIVE] = before
    state.number[VIOLATION] = broken


@kernel
def _arrive(facts: Facts, state: State, u: int, b: int, parent: Array, wait: Array) -> bool:
    """Put node u into territory b where it may go there, handing over its office; false where it stays."""
    a = np.int64(state.node[LABEL, u])
    if state.territory[CENTER, a] == u and not release(facts, state, u):
        return False
    if not _may_go(facts, state, u, b, parent, wait):
        return False
    move(facts, state, u, b)
    return True


@kernel
def _shift(facts: Facts, state: State, u: int, b: int, parent: Array, wait: Array) -> bool:
    """Move node u to b and let both centers follow; undone unless that is better."""
    a = np.int64(state.node[LABEL, u])
    ca, cb = np.int64(state.territory[CENTER, a]), np.int64(state.territory[CENTER, b])
    before, broken = state.number[OBJECTIVE], state.number[VIOLATION]
    gone = _arrive(facts, state, u, b, parent, wait)
    if gone:
        recenter(facts, state, a)
        recenter(facts, state, b)
        if _better(state, before, broken):
            return True
        move(facts, state, u, a)
    _restore(facts, state, a, b, ca, cb, before, broken)
    return False


@kernel
def _exchange(facts: Facts, state: State, u: int, v: int, parent: Array, wait: Array) -> bool:
    """Exchange nodes u and v between their territories and let both centers follow; undone unless that is better."""
    a, b = np.int64(state.node[LABEL, u]), np.int64(state.node[LABEL, v])
    ca, cb = np.int64(state.territory[CENTER, a]), np.int64(state.territory[CENTER, b])
    before, broken = state.number[OBJECTIVE], state.number[VIOLATION]
    if _arrive(facts, state, u, b, parent, wait):
        if (not facts.contiguous or touches(facts, state, v, a)) and _arrive(facts, state, v, a, parent, wait):
            recenter(facts, state, a)
            recenter(facts, state, b)
            if _better(state, before, broken):
                return True
            move(facts, state, v, b)
        move(facts, state, u, a)
    _restore(facts, state, a, b, ca, cb, before, broken)
    return False


@kernel
def _improve(facts: Facts, state: State, u: int, b: int, swaps: int, parent: Array, wait: Array) -> bool:
    """Shift node u to b or, where that is no gain, exchange it with one of up to so many border nodes of b."""
    if _shift(facts, state, u, b, parent, wait):
        return True
    v = np.int64(state.territory[HEAD, b])
    for _ in range(swaps):
        if v < 0:
            break
        v = np.int64(state.node[AFTER, v])
        if _exchange(facts, state, u, v, parent, wait):
            return True
        if v == state.territory[HEAD, b]:
            break
    return False


@kernel
def polish(facts: Facts, state: State, passes: int, swaps: int, scratch: Array) -> int:
    """Go through the border nodes until no step of any is better, or passes run out; return how many steps were made.

    With `swaps` each is also exchanged with up to so many nodes of each neighboring territory. `scratch` has
    shape (2, MOST_NEIGHBORS).
    """
    steps = 0
    for _ in range(passes):
        before = steps
        for u in range(state.node.shape[1]):
            if state.node[PLACE, u] < 0:
                continue
            for e in range(facts.indptr[u], facts.indptr[u + 1]):
                b = np.int64(state.node[LABEL, facts.indices[e]])
                if b != state.node[LABEL, u] and _improve(facts, state, u, b, swaps, scratch[0], scratch[1]):
                    steps += 1
        if steps == before:
            break
    return steps
