"""Simulated annealing over shifts, swaps and chains of border nodes.

Kirkpatrick, S., Gelatt, C. D., Vecchi, M. P. (1983). Optimization by simulated annealing. *Science*,
220(4598), 671-680.
"""

import math

import numpy as np

from territorykit.solve.kernels.around import surrounded, touches
from territorykit.solve.kernels.arrays import (
    AFTER,
    BORDER,
    CENTER,
    HEAD,
    LABEL,
    LAMBDA,
    LISTED,
    MEMBERS,
    N_OFF,
    OBJECTIVE,
    QUEUE,
    QUEUED,
    SCALE,
    UNIT,
    VIOLATION,
    WALK,
    WALKS,
    Array,
    Facts,
    State,
)
from territorykit.solve.kernels.centers import recenter, release, set_center
from territorykit.solve.kernels.change import (
    TINY,
    band_change,
    broken_by,
    chain_violation,
    change_of,
    may_enter,
    may_leave,
    move,
    move_by,
    objective_change,
    violation_change,
    worse_of,
)
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.contiguity import CONNECTED, cut_off, removable, root
from territorykit.solve.kernels.focus import list_off, near_off
from territorykit.solve.kernels.random import below, uniform
from territorykit.solve.kernels.spread import tighten

PARTNERS = 6
"""How many border nodes of the other territory are looked at to make room."""
SWAPS = 0.5
"""How often a node that could change places with another does so, rather than go on to a third territory."""
MOST_BUNDLE = 32
"""Nodes that move along with one which would leave them cut off, at most."""
MENDING_PART = 0.5
"""While requirements are mended, as many as this part of their territory: between full ones nothing less may move."""
MET = 1e-9
"""Violation below which all requirements count as met: what rounding leaves."""


@kernel
def propose(facts: Facts, state: State, u: int) -> int:
    """Another territory for node u: that of a neighbor or, where territories may fall apart, one nearby; or -1."""
    a = np.int64(state.node[LABEL, u])
    start, degree = facts.indptr[u], facts.indptr[u + 1] - facts.indptr[u]
    nearby = facts.near.shape[1]
    if nearby > 0 and (degree == 0 or uniform(state.rng) < 0.5):  # noqa: PLR2004 - a fair coin
        b = np.int64(facts.near[u, below(state.rng, nearby)])
        return b if b != a else -1
    if degree == 0:
        return -1
    first = below(state.rng, degree)
    for i in range(degree):
        b = np.int64(state.node[LABEL, facts.indices[start + (first + i) % degree]])
        if b != a:
            return b
    return -1


@kernel
def _accept(state: State, change: float, temperature: float) -> bool:
    if change <= 0:
        return True
    return temperature > 0 and change < -temperature * math.log(uniform(state.rng) + 1e-300)


@kernel
def _goal_of(facts: Facts, state: State, v: int, a: int) -> int:
    """Where node v goes to make room for one from a: to a where it may, or else to another neighbor; or -1."""
    near = not facts.contiguous or touches(facts, state, v, a)
    if near and may_enter(facts, v, a) and uniform(state.rng) < SWAPS:
        return a
    c = propose(facts, state, v)
    return c if c >= 0 and may_enter(facts, v, c) else -1


@kernel
def _partner(facts: Facts, state: State, u: int, b: int, temperature: float, hard: bool, found: Array) -> bool:
    """A border node of b that could make room for u, and where it could go, judged by what is cheap to know."""
    a = np.int64(state.node[LABEL, u])
    change = change_of(facts, state, u, b)
    v = np.int64(state.territory[HEAD, b])
    for _ in range(PARTNERS):
        if v < 0:
            return False
        v = np.int64(state.node[AFTER, v])
        if not may_leave(facts, state, v):
            continue
        c = _goal_of(facts, state, v, a)
        if c < 0:
            continue
        worse = chain_violation(facts, state, u, v, c)
        if hard and worse > TINY:
            continue
        rough = (change + change_of(facts, state, v, c)) / state.number[SCALE]
        if _accept(state, rough + state.number[LAMBDA] * worse, temperature):
            state.territory[HEAD, b] = v  # the next search goes on from here
            found[0], found[1] = v, c
            return True
    state.territory[HEAD, b] = v
    return False


@kernel
def _chain(
    facts: Facts, state: State, u: int, b: int, temperature: float, hard: bool, parent: Array, wait: Array
) -> bool:
    """Move u to b and a border node of b on to u's territory or to another, where the two together are accepted.

    The caller has seen that u's territory stays connected without it.
    """
    if not _partner(facts, state, u, b, temperature, hard, parent):
        return False
    a, v, c = np.int64(state.node[LABEL, u]), np.int64(parent[0]), np.int64(parent[1])
    rough = (change_of(facts, state, u, b) + change_of(facts, state, v, c)) / state.number[SCALE]
    rough += state.number[LAMBDA] * chain_violation(facts, state, u, v, c)
    before, violation = state.number[OBJECTIVE], state.number[VIOLATION]
    move(facts, state, u, b)
    done = False
    if not facts.contiguous or (touches(facts, state, v, c) and removable(facts, state, v, parent, wait)):
        worse = state.number[VIOLATION] - violation + worse_of(facts, state, v, c)
        exact = (state.number[OBJECTIVE] - before + change_of(facts, state, v, c)) / state.number[SCALE]
        exact += state.number[LAMBDA] * worse
        done = not (hard and worse > TINY) and _accept(state, exact - rough, temperature)
    if done:
        move(facts, state, v, c)
        if facts.center == UNIT and c != a:  # the caller looks after the other two
            recenter(facts, state, c)
    else:
        move(facts, state, u, a)
    return done


@kernel
def _promising(facts: Facts, state: State, u: int, b: int, size: int, temperature: float, hard: bool) -> bool:
    """Whether a bundle would be accepted by what is cheap to know: its loads, and its nodes one by one."""
    a = np.int64(state.node[LABEL, u])
    worse = 0.0
    for i in range(facts.loads.shape[1]):
        load = facts.loads[u, i]
        for j in range(size):
            load += facts.loads[state.node[QUEUE, j], i]
        worse += band_change(facts, state, i, load, a, b)
    if hard and worse > TINY:
        return False
    cost = 0.0
    for j in range(-1, size):
        cost += change_of(facts, state, u if j < 0 else np.int64(state.node[QUEUE, j]), b)
    return _accept(state, cost / state.number[SCALE] + state.number[LAMBDA] * worse, temperature)


@kernel
def _bundle(
    facts: Facts, state: State, u: int, b: int, cut: int, temperature: float, hard: bool, mend: bool, parent: Array
) -> bool:
    """Move u to b together with the part that u would leave behind cut off, where that is small and accepted."""
    a = np.int64(state.node[LABEL, u])
    most = int(MENDING_PART * state.territory[MEMBERS, a]) if mend else MOST_BUNDLE
    size = 0
    for i in range(int(state.number[QUEUED])):
        v = np.int64(state.node[QUEUE, i])
        if root(parent, state.node[WALK, v]) == cut:
            if size >= most or not may_leave(facts, state, v) or not may_enter(facts, v, b):
                return False
            state.node[QUEUE, size] = v  # places before i have been read already
            size += 1
    if state.territory[MEMBERS, a] <= size + 1 or not _promising(facts, state, u, b, np.int64(size), temperature, hard):
        return False
    before, violation = state.number[OBJECTIVE], state.number[VIOLATION]
    for there in (True, False):
        for i in range(-1, size):
            move(facts, state, u if i < 0 else np.int64(state.node[QUEUE, i]), b if there else a)
        worse = state.number[VIOLATION] - violation
        cost = (state.number[OBJECTIVE] - before) / state.number[SCALE] + state.number[LAMBDA] * worse
        if there and not (hard and worse > TINY) and _accept(state, cost, temperature):
            return True
    return False


@kernel
def _leave(
    facts: Facts, state: State, u: int, b: int, temperature: float, hard: bool, mend: bool, parent: Array, wait: Array
) -> bool:
    """Move u, which may leave, to b: alone, with what it would cut off, or in exchange for another node."""
    a = np.int64(state.node[LABEL, u])
    change = objective_change(facts, state, u, b)
    cost = change / state.number[SCALE]
    worse = violation_change(facts, state, u, b)
    alone = not (hard and worse > TINY) and _accept(state, cost + state.number[LAMBDA] * worse, temperature)
    if not alone:
        hoped = cost - state.number[LAMBDA] * broken_by(facts, state, a, b)
        if worse <= TINY or not _accept(state, hoped, temperature):
            return False
    if facts.contiguous and not surrounded(facts, state, u, a):
        cut = cut_off(facts, state, u, parent, wait)
        if cut != CONNECTED:
            together = alone and cut >= 0 and state.number[WALKS] == 2  # noqa: PLR2004 - the rest stays in one piece
            return together and _bundle(facts, state, u, b, cut, temperature, hard, mend, parent)
    if alone:
        move_by(facts, state, u, b, change, worse)
        return True
    return _chain(facts, state, u, b, temperature, hard, parent, wait)


@kernel
def _step(
    facts: Facts, state: State, u: int, temperature: float, hard: bool, mend: bool, parent: Array, wait: Array
) -> None:
    b = propose(facts, state, u)
    if b < 0 or not may_enter(facts, u, b):
        return
    a = np.int64(state.node[LABEL, u])
    released = state.territory[CENTER, a] == u
    if released and not release(facts, state, u):
        return
    if may_leave(facts, state, u) and _leave(facts, state, u, b, temperature, hard, mend, parent, wait):
        if facts.center == UNIT:
            for t in (a, b):
                recenter(facts, state, t)
        if facts.wide > 0 and state.number[VIOLATION] < MET:
            tighten(facts, state)
    elif released:
        set_center(facts, state, a, u)


@kernel
def anneal(
    facts: Facts, state: State, steps: int, hot: float, cold: float, low: float, high: float, hard: bool, focus: bool,
    scratch: Array,
) -> None:  # fmt: skip
    """Run proposals while the temperature falls from hot to cold and the price of violation rises from low to high.

    With `hard`, no move that breaks a requirement is taken any more once all are met. With `focus`, proposals
    are made around territories whose sizes are off, and end when all is met. `scratch` has shape
    (2, MOST_NEIGHBORS).
    """
    parent, wait = scratch[0], scratch[1]
    temperature = hot
    for i in range(steps):
        if i % 128 == 0:
            done = i / steps
            temperature = hot * (cold / hot) ** done if hot > 0 else 0.0
            state.number[LAMBDA] = low * (high / low) ** done
            if state.number[BORDER] == 0 or (focus and state.number[VIOLATION] < MET):
                return
            if focus:
                list_off(facts, state)
        u = np.int64(-1)
        if focus and state.number[N_OFF] > 0:
            u = near_off(facts, state)
        if u < 0:
            u = np.int64(state.node[LISTED, below(state.rng, int(state.number[BORDER]))])
        strict = hard and facts.wide == 0 and state.number[VIOLATION] < MET
        _step(facts, state, u, temperature, strict, focus, parent, wait)


@kernel
def typical_change(facts: Facts, state: State, samples: int) -> float:
    """Mean absolute change of the objective over random proposals: what one step of the search is about."""
    total = 0.0
    found = 0
    for _ in range(samples):
        if state.number[BORDER] == 0:
            break
        u = np.int64(state.node[LISTED, below(state.rng, int(state.number[BORDER]))])
        b = propose(facts, state, u)
        if b >= 0:
            total += abs(change_of(facts, state, u, b))
            found += 1
    return total / found if found > 0 and total > 0 else 1.0
