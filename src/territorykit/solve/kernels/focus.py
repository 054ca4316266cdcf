"""Proposals where requirements are broken: at the borders of territories whose sizes are off."""

import numpy as np

from territorykit.solve.kernels.arrays import AFTER, HEAD, LABEL, N_OFF, OFF, Facts, State
from territorykit.solve.kernels.change import TINY, penalty
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.hours import lacks_work, overtime_of
from territorykit.solve.kernels.random import below, uniform

FURTHER = 0.5
"""How often a proposal is made a territory further away from one that is off."""
MOST_STEPS = 8
"""How far along its border a territory's next proposal is from the last, at most."""


@kernel
def list_off(facts: Facts, state: State) -> None:
    """Enter the territories with a size beyond its limits in the row OFF of `State.territory`, N_OFF of them."""
    found = 0
    for t in range(state.territory.shape[1]):
        off = overtime_of(facts, state, t) if facts.work_far.shape[0] > 0 else 0.0
        for i in range(facts.loads.shape[1]):
            off += penalty(state.sizes[t, i], facts.lower[t, i], facts.upper[t, i])
        if off > TINY:
            state.territory[OFF, found] = t
            found += 1
    state.number[N_OFF] = found


@kernel
def too_small(facts: Facts, state: State, t: int) -> bool:
    """Whether territory t lacks more of some activity than it has too much of another."""
    lack, excess = 0.0, 0.0
    for i in range(facts.loads.shape[1]):
        lack = max(lack, facts.lower[t, i] - state.sizes[t, i])
        excess = max(excess, state.sizes[t, i] - facts.upper[t, i])
    if facts.work_far.shape[0] > 0:
        lack = max(lack, lacks_work(facts, state, t))
        excess = max(excess, -lacks_work(facts, state, t))
    return lack > excess


@kernel
def _along(state: State, t: int) -> int:
    """A border node of territory t some steps further than the last one; or -1."""
    v = np.int64(state.territory[HEAD, t])
    if v >= 0:
        for _ in range(below(state.rng, MOST_STEPS) + 1):
            v = np.int64(state.node[AFTER, v])
        state.territory[HEAD, t] = v
    return v


@kernel
def _beyond(facts: Facts, state: State, v: int, t: int) -> int:
    """A neighbor of node v outside territory t; or -1."""
    degree = facts.indptr[v + 1] - facts.indptr[v]
    first = below(state.rng, degree) if degree > 0 else np.int64(0)
    for i in range(degree):
        w = np.int64(facts.indices[facts.indptr[v] + (first + i) % degree])
        if state.node[LABEL, w] != t:
            return w
    return np.int64(-1)


@kernel
def near_off(facts: Facts, state: State) -> int:
    """A node whose move may mend a territory that is off: one of its border, or a neighbor's that it could take.

    Every other time one of a neighboring territory, and so on: those around it may have nothing to spare either.
    """
    t = np.int64(state.territory[OFF, below(state.rng, int(state.number[N_OFF]))])
    while True:
        v = _along(state, t)
        w = _beyond(facts, state, v, t) if v >= 0 else np.int64(-1)
        if w < 0 or uniform(state.rng) >= FURTHER:
            return w if w >= 0 and too_small(facts, state, t) else v
        t = np.int64(state.node[LABEL, w])
