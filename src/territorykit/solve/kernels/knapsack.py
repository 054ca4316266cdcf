"""The best territory of a center at given prices: a continuous knapsack between two sizes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import kernel


class Rows(NamedTuple):
    """What each candidate center pays for the units near it, as the kernels need it.

    Units are classed by the prices they may be expected to have. A center's row lists each class by rising cost per
    load, so that the search for a territory's units ends early in each. Units that the row leaves out cost `beyond`
    per load or more; they count as one unit of size `rest` at that price, so that no value is above the true one.
    """

    unit: NDArray[np.int32]
    """Shape (n_candidates, width)."""
    ratio: NDArray[np.float64]
    """Shape (n_candidates, width): cost per load, rising within each class."""
    ends: NDArray[np.int32]
    """Shape (n_candidates, n_classes + 1): where each class begins and ends in the row."""
    beyond: NDArray[np.float64]
    """Shape (n_candidates, n_classes): least cost per load of what the row leaves out; infinite where nothing is."""
    rest: NDArray[np.float64]
    """Shape (n_candidates, n_classes): load of what the row leaves out."""
    kind: NDArray[np.int64]
    """Shape (n_units,): class of each unit."""
    load: NDArray[np.float64]
    """Shape (n_units,): size of each unit in the activity whose band is kept exactly; positive."""
    pliancy: NDArray[np.float64]
    """Shape (n_units,): how far a unit's price is moved, relative to others; positive."""
    lower: NDArray[np.float64]
    """Shape (n_candidates,): least size of a territory."""
    upper: NDArray[np.float64]
    """Shape (n_candidates,): greatest size, finite."""
    share: NDArray[np.float64]
    """Shape (n_extra, n_units): sizes in further activities, per load."""
    top_share: NDArray[np.float64]
    """Shape (n_extra,): the largest of them."""
    least: NDArray[np.float64]
    """Shape (n_extra, n_candidates): least sizes in them."""
    most: NDArray[np.float64]
    """Shape (n_extra, n_candidates): greatest sizes in them."""


@kernel
def best_size(
    rows: Rows,
    j: int,
    price: Array,
    reach: Array,
    tilt: Array,
    low: float,
    high: float,
    score: Array,
    size: Array,
) -> tuple[float, float, float, bool]:
    """Value of the best territory of candidate `j`, the score at which it ends and the part taken there.

    Scores are cost per load less price. The territory takes units by rising score until it has its least size,
    and further ones while their score is negative and there is room. Only scores from `low` to `high` are told
    apart; the last answer says whether that was enough. `reach` is the highest price of each class.
    """
    n_tilts = len(tilt)
    filled, value, near, negative, count = 0.0, 0.0, 0.0, 0.0, 0
    rise = 0.0
    for a in range(n_tilts):
        rise -= min(tilt[a], 0.0) * rows.top_share[a]
    for c in range(len(reach)):
        most = high + reach[c] + rise
        stopped = False
        for p in range(rows.ends[j, c], rows.ends[j, c + 1]):
            ratio = rows.ratio[j, p]
            if ratio > most:
                stopped = True
                break
            i = rows.unit[j, p]
            s = ratio - price[i]
            for a in range(n_tilts):
                s += tilt[a] * rows.share[a, i]
            if s > high:
                continue
            w = rows.load[i]
            if s < 0:
                negative += w
            if s < low:
                filled += w
                value += w * s
            else:
                score[count], size[count] = s, w
                count += 1
                near += w
        if not stopped and rows.rest[j, c] > 0 and rows.beyond[j, c] <= most:
            s, w = rows.beyond[j, c] - reach[c] - rise, rows.rest[j, c]
            if s < low:
                return 0.0, 0.0, 0.0, False
            score[count], size[count] = s, w
            count += 1
            near += w
            if s < 0:
                negative += w
    least, most = rows.lower[j], rows.upper[j]
    return _filled(filled, value, near, negative, count, least, most, low, high, score, size)


@kernel
def _filled(
    filled: float,
    value: float,
    near: float,
    negative: float,
    count: int,
    least: float,
    most: float,
    low: float,
    high: float,
    score: Array,
    size: Array,
) -> tuple[float, float, float, bool]:
    """Complete a territory from the candidates of the window."""
    target = least
    if negative >= most:
        target = most
    elif high < 0:
        return 0.0, 0.0, 0.0, False
    elif negative >= least:
        if low > 0:
            return 0.0, 0.0, 0.0, False
        for q in range(count):
            if score[q] < 0:
                value += score[q] * size[q]
        return value, 0.0, 0.0, True
    if filled > target:
        return 0.0, 0.0, 0.0, False
    if filled + near < target * (1 - 1e-12):
        return np.inf, 0.0, 0.0, high == np.inf
    return _selected(filled, value, target, count, low, score, size)


@kernel
def _selected(
    filled: float, value: float, target: float, count: int, low: float, score: Array, size: Array
) -> tuple[float, float, float, bool]:
    """Take items by rising score until the target is reached: by halving, without sorting them all."""
    a, b = 0, count
    while b > a:
        pivot = _median(score[a], score[(a + b) // 2], score[b - 1])
        lt, gt, q = a, b, a
        below, below_value, level = 0.0, 0.0, 0.0
        while q < gt:
            s = score[q]
            if s < pivot:
                below += size[q]
                below_value += size[q] * s
                score[q], score[lt] = score[lt], s
                size[q], size[lt] = size[lt], size[q]
                lt += 1
                q += 1
            elif s > pivot:
                gt -= 1
                score[q], score[gt] = score[gt], s
                size[q], size[gt] = size[gt], size[q]
            else:
                level += size[q]
                q += 1
        if filled + below >= target:
            b = lt
        elif filled + below + level >= target:
            part = target - filled - below
            return value + below_value + part * pivot, pivot, part / level, True
        else:
            filled += below + level
            value += below_value + level * pivot
            a = gt
    last = -np.inf
    for q in range(count):
        last = max(last, score[q])
    return value, max(last, low), 1.0, True


@kernel
def _median(a: float, b: float, c: float) -> float:
    return max(min(a, b), min(max(a, b), c))
