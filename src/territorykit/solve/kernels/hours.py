"""The hours that territories take, driving included: what a node takes depends on where days begin."""

import math

import numpy as np

from territorykit.solve.kernels.arrays import CENTER, LABEL, TARGET, Array, Facts, State
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.distance import place_of

HOURS, NIGHTS = 0, 1
"""Columns of what is counted."""


@kernel
def takes(facts: Facts, state: State, u: int, t: int, column: int) -> float:
    """Hours, or nights, that node u takes as a member of t, whose days begin where they do now."""
    origin = state.territory[CENTER, t]
    if facts.work_based[t]:
        origin = facts.weight.shape[0] + t
    place = place_of(facts.work_ptr, facts.work_idx, origin, u)
    return facts.work_hours[place, column] if place >= 0 else facts.work_far[u, column]


@kernel
def overtime(facts: Facts, state: State, hours: float, nights: float) -> float:
    """How much hours and nights break their limits, as fractions of the target: linear, and steeper further out."""
    share = hours / state.number[TARGET]
    off = max(0.0, share - facts.work_band[1], facts.work_band[0] - share)
    total = off + 4.0 * off * off
    if nights > facts.most_nights:
        off = (nights - facts.most_nights) / max(facts.most_nights, 1.0)
        total += off + 4.0 * off * off
    return total


@kernel
def overtime_of(facts: Facts, state: State, t: int) -> float:
    """How much territory t breaks them now."""
    return overtime(facts, state, state.work[t, HOURS], state.work[t, NIGHTS])


@kernel
def more_work(facts: Facts, state: State, u: int, v: int, t: int) -> float:
    """Change of what t breaks when node u comes to it and node v leaves; either may be -1, for none."""
    hours, nights = state.work[t, HOURS], state.work[t, NIGHTS]
    if u >= 0:
        hours += takes(facts, state, u, t, HOURS)
        nights += takes(facts, state, u, t, NIGHTS)
    if v >= 0:
        hours -= takes(facts, state, v, t, HOURS)
        nights -= takes(facts, state, v, t, NIGHTS)
    return overtime(facts, state, hours, nights) - overtime_of(facts, state, t)


@kernel
def work_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the violation by hours and nights when node u moves to b."""
    a = state.node[LABEL, u]
    return more_work(facts, state, -1, u, a) + more_work(facts, state, u, -1, b)


@kernel
def chain_work(facts: Facts, state: State, u: int, v: int, c: int) -> float:
    """The same when node u passes to the territory of v, and v to c, which may be that of u."""
    a, b = state.node[LABEL, u], state.node[LABEL, v]
    if c == a:
        return more_work(facts, state, v, u, a) + more_work(facts, state, u, v, b)
    return more_work(facts, state, -1, u, a) + more_work(facts, state, u, v, b) + more_work(facts, state, v, -1, c)


@kernel
def pass_work(facts: Facts, state: State, u: int, a: int, b: int) -> None:
    """Bring hours and nights up to date as node u passes from a to b."""
    for column in range(2):
        state.work[a, column] -= takes(facts, state, u, a, column)
        state.work[b, column] += takes(facts, state, u, b, column)


@kernel
def sum_work(facts: Facts, state: State) -> None:
    """Count all anew, and set the target where it is the mean."""
    state.work[:] = 0.0
    for u in range(state.node.shape[1]):
        t = state.node[LABEL, u]
        for column in range(2):
            state.work[t, column] += takes(facts, state, u, t, column)
    total = 0.0
    for t in range(state.work.shape[0]):
        total += state.work[t, HOURS]
    state.number[TARGET] = facts.work_target if facts.work_target > 0 else max(total / state.work.shape[0], 1e-300)


@kernel
def lacks_work(facts: Facts, state: State, t: int) -> float:
    """By how much of the target t has too few hours; negative where it has too many; 0 within the band."""
    share = state.work[t, HOURS] / state.number[TARGET]
    lack = max(0.0, facts.work_band[0] - share)
    return lack - max(0.0, share - facts.work_band[1]) if math.isfinite(share) else 0.0


@kernel
def hours_of_ways(
    unit: Array, minutes: Array, visits: Array, at: Array, between: Array, day: float, days: int, beyond: float
) -> Array:
    """Hours a year, and nights away, of units that lie so many minutes from where days begin, (n, 2).

    `visits` a year, minutes `at` each and `between` two are those of all units; a unit without visits takes its minutes
    once. Beyond some minutes, trips last so many days.
    """
    found = np.zeros((len(unit), 2))
    for i in range(len(unit)):
        u = unit[i]
        trip = days if minutes[i] > beyond else 1
        if visits[u] <= 0:
            found[i, HOURS] = at[u] / 60
            found[i, NIGHTS] = found[i, HOURS] * 60 / day * (trip - 1) / trip
            continue
        way = min(2 * minutes[i], trip * day)
        stop = min(between[u], way)
        per_day = 1.0
        if at[u] + stop > 0:
            per_day = max(1.0, (trip * day - way - 0.5 * at[u] + stop) / (at[u] + stop))
        elif way > 0:
            per_day = np.inf
        found[i, HOURS] = visits[u] * (at[u] + stop + (way - stop) / per_day) / 60
        found[i, NIGHTS] = found[i, HOURS] * 60 / day * (trip - 1) / trip
    return found
