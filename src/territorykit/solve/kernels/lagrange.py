"""Dual ascent on prices per unit: every step proves a bound."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.knapsack import Rows, best_size

LEAST_SPAN = 1e-7
"""How far a search for a score looks at least, relative to it: prices are kept in single precision."""

EXACT = 1e-18
"""Squared error of a cover that is none."""

FAR = 1e9
"""How far a value may leave its target: beyond, prices run away, as they do where no territories can cover all."""


class Dual(NamedTuple):
    """Where an ascent stands; the arrays are changed in place."""

    price: NDArray[np.float64]
    """Shape (n_units,): price of covering a unit, per load."""
    tilt: NDArray[np.float64]
    """Shape (n_candidates, n_extra): price of a further activity's size."""
    below: NDArray[np.float64]
    """Shape (n_candidates,): what a candidate's best territory costs at least, less its prices."""
    edge: NDArray[np.float64]
    """Shape (n_candidates,): the score at which its territory ended last."""
    span: NDArray[np.float64]
    """Shape (n_candidates,): how far around it the next search looks."""
    often: NDArray[np.float64]
    """Shape (n_candidates,): how often it was chosen lately, 0 to 1."""
    cover: NDArray[np.float64]
    """Shape (n_units,): how often a unit was covered lately."""


@kernel
def value_of(rows: Rows, j: int, dual: Dual, reach: Array, score: Array, size: Array) -> tuple[float, float, float]:
    """Exact value of a candidate, the score at which its territory ends, and the part taken there."""
    tilt = dual.tilt[j]
    rent = 0.0
    for a in range(len(tilt)):
        rent += tilt[a] * (rows.most[a, j] if tilt[a] > 0 else rows.least[a, j])
    low, high = dual.edge[j] - dual.span[j], dual.edge[j] + dual.span[j]
    narrow = np.isfinite(low) and np.isfinite(high)
    while True:
        value, edge, part, enough = best_size(rows, j, dual.price, reach, tilt, low, high, score, size)
        if enough:
            break
        wide = max(high - low, LEAST_SPAN * (abs(high) + abs(reach.max())))
        low, high = low - 2 * wide, high + 2 * wide
        dual.span[j] *= 2
        if not narrow or not wide < 1e3 * (abs(dual.edge[j]) + abs(reach.max())):
            low, high = -np.inf, np.inf
    if narrow:
        dual.span[j] = max(0.9 * dual.span[j], 2 * abs(edge - dual.edge[j]), 1e-12)
    elif np.isfinite(value):
        dual.span[j] = 0.1 * reach.max() + 1e-12
    if np.isfinite(value):
        dual.edge[j] = edge
    dual.below[j] = value - rent
    return value - rent, edge, part


@kernel
def choose(
    rows: Rows,
    region: Array,
    need: Array,
    dual: Dual,
    reach: Array,
    chosen: Array,
    worth: Array,
    ends: Array,
    score: Array,
    size: Array,
) -> tuple[float, int]:
    """The cheapest candidates of each region, as many as it needs; their total and how many were valued.

    `chosen` holds the last choice, region by region, and takes the new one. Candidates whose `below` is not
    under the dearest chosen one are left alone.
    """
    n_regions, n = len(need), len(region)
    first = np.zeros(n_regions + 1, np.int64)
    for r in range(n_regions):
        first[r + 1] = first[r] + need[r]
    used = np.zeros(n_regions, np.int64)
    dearest = np.full(n_regions, np.inf)
    done = np.zeros(n, np.bool_)
    before = chosen.copy()
    count = 0
    for turn in range(len(before) + n):
        if turn < len(before):
            j = before[turn]
            if j < 0:
                continue
        else:
            j = turn - len(before)
        r = region[j]
        if r < 0 or done[j] or need[r] == 0 or dual.below[j] >= dearest[r]:
            continue
        done[j] = True
        value, edge, part = value_of(rows, j, dual, reach, score, size)
        count += 1
        if value >= dearest[r]:
            continue
        spot = first[r] + used[r]
        if used[r] < need[r]:
            used[r] += 1
        else:
            spot = first[r]
            for q in range(first[r], first[r + 1]):
                if worth[q] > worth[spot]:
                    spot = q
        chosen[spot], worth[spot] = j, value
        ends[spot, 0], ends[spot, 1] = edge, part
        if used[r] == need[r]:
            dearest[r] = worth[first[r] : first[r + 1]].max()
    total = 0.0
    for r in range(n_regions):
        if used[r] < need[r]:
            return np.inf, count
        for q in range(first[r], first[r + 1]):
            total += worth[q]
    return total, count


@kernel
def cover_with(rows: Rows, dual: Dual, reach: Array, chosen: Array, ends: Array, cover: Array, used: Array) -> None:
    """Add up how often the chosen territories cover each unit, and their sizes in the further activities."""
    cover[:] = 0.0
    used[:] = 0.0
    for q in range(len(chosen)):
        j = chosen[q]
        tilt = dual.tilt[j]
        rise = 0.0
        for a in range(len(tilt)):
            rise -= min(tilt[a], 0.0) * rows.top_share[a]
        for c in range(len(reach)):
            for p in range(rows.ends[j, c], rows.ends[j, c + 1]):
                ratio = rows.ratio[j, p]
                if ratio > ends[q, 0] + reach[c] + rise:
                    break
                i = rows.unit[j, p]
                s = ratio - dual.price[i]
                for a in range(len(tilt)):
                    s += tilt[a] * rows.share[a, i]
                x = 1.0 if s < ends[q, 0] else (ends[q, 1] if s == ends[q, 0] else 0.0)
                if x > 0:
                    cover[i] += x
                    for a in range(len(tilt)):
                        used[q, a] += x * rows.share[a, i] * rows.load[i]


@kernel
def highest(rows: Rows, price: Array) -> Array:
    """The highest price of each class."""
    reach = np.full(rows.rest.shape[1], -np.inf)
    for i in range(len(price)):
        reach[rows.kind[i]] = max(reach[rows.kind[i]], price[i])
    return reach


class Pace(NamedTuple):
    """How an ascent goes."""

    iterations: int
    """Most steps."""
    length: float
    """First step length, as a part of Polyak's."""
    shortest: float
    """Step length at which it ends."""
    patience: int
    """Steps without a better bound after which the length is cut."""
    memory: float
    """Weight of the last direction, 0 to 1."""


@kernel
def ascend(
    rows: Rows,
    region: Array,
    need: Array,
    dual: Dual,
    best: Array,
    best_tilt: Array,
    target: float,
    cut: float,
    pace: Pace,
) -> tuple[float, int, int]:
    """Raise the bound by Polyak's steps until it reaches `cut` or stalls; its value, steps and valuations.

    `best` and `best_tilt` take the prices of the best bound; `dual` goes on from where it stands. `target` is
    what the bound is believed to reach at most.
    """
    n_units, n_chosen, n_extra = len(rows.load), int(need.sum()), len(rows.share)
    score, size = np.empty(rows.unit.shape[1] + rows.rest.shape[1]), np.empty(rows.unit.shape[1] + rows.rest.shape[1])
    chosen, worth = np.full(n_chosen, -1, np.int64), np.zeros(n_chosen)
    ends, used = np.zeros((n_chosen, 2)), np.zeros((n_chosen, n_extra))
    cover, way = np.zeros(n_units), np.zeros(n_units)
    top, stale, length, valued, step_no = -np.inf, 0, pace.length, 0, 0
    reach = highest(rows, dual.price)
    while step_no < pace.iterations:
        step_no += 1
        total, count = choose(rows, region, need, dual, reach, chosen, worth, ends, score, size)
        valued += count
        value = total + (rows.load * dual.price).sum()
        if value > top:
            if value > top + 1e-5 * abs(target):
                stale = 0
            top = value
            best[:] = dual.price
            best_tilt[:] = dual.tilt
        if top >= cut or np.isinf(total) or abs(value) > FAR * abs(target):
            break
        stale += 1
        if stale >= pace.patience:
            stale, length = 0, length * 0.6
            if length < pace.shortest:
                break
        cover_with(rows, dual, reach, chosen, ends, cover, used)
        rise = length * max(target - value, 1e-6 * abs(target))
        if not _step(rows, dual, chosen, cover, used, way, rise, pace.memory):
            break  # every unit is covered once: no prices prove more
        reach = highest(rows, dual.price)
    return top, step_no, valued


@kernel
def _step(
    rows: Rows, dual: Dual, chosen: Array, cover: Array, used: Array, way: Array, rise: float, memory: float
) -> None:
    """Move the prices towards units that are covered too little."""
    n_units, n_extra = len(rows.load), len(rows.share)
    square = 0.0
    for i in range(n_units):
        way[i] = memory * way[i] + (1 - memory) * (1 - cover[i])
        square += rows.load[i] * rows.pliancy[i] * (1 - cover[i]) ** 2
    for q in range(len(chosen)):
        for a in range(n_extra):
            square += _excess(rows, dual, chosen[q], a, used[q, a]) ** 2 / rows.upper[chosen[q]]
    if square <= EXACT * (rows.load * rows.pliancy).sum():
        return False
    step = rise / square
    up = -np.inf
    for i in range(n_units):
        change = step * rows.pliancy[i] * way[i]
        dual.price[i] += change
        up = max(up, change)
    for j in range(len(dual.below)):
        dual.below[j] -= up * (rows.upper[j] if up > 0 else rows.lower[j])
    for q in range(len(chosen)):
        j = chosen[q]
        for a in range(n_extra):
            before = dual.tilt[j, a]
            after = before + step * _excess(rows, dual, j, a, used[q, a]) / rows.upper[j]
            dual.tilt[j, a] = 0.0 if before * after < 0 else after
            dual.below[j] = -np.inf
    for j in range(len(dual.often)):
        dual.often[j] *= 0.97
    for q in range(len(chosen)):
        dual.often[chosen[q]] += 0.03
    for i in range(n_units):
        dual.cover[i] += 0.03 * (cover[i] - dual.cover[i])
    return True


@kernel
def _excess(rows: Rows, dual: Dual, j: int, a: int, used: float) -> float:
    """Slope of the bound in the price of a further activity."""
    if dual.tilt[j, a] > 0 or (dual.tilt[j, a] == 0 and used > rows.most[a, j]):
        return used - rows.most[a, j]
    if dual.tilt[j, a] < 0 or used < rows.least[a, j]:
        return used - rows.least[a, j]
    return 0.0


@kernel
def value_all(rows: Rows, region: Array, dual: Dual) -> None:
    """Value every candidate that may be a center, at the prices as they stand."""
    score, size = np.empty(rows.unit.shape[1] + rows.rest.shape[1]), np.empty(rows.unit.shape[1] + rows.rest.shape[1])
    reach = highest(rows, dual.price)
    for j in range(len(region)):
        if region[j] >= 0:
            value_of(rows, j, dual, reach, score, size)
