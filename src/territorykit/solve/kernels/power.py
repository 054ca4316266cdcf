"""Balanced power diagrams: nearest center at prices that make the sizes fit.

Aurenhammer, F., Hoffmann, F., Aronov, B. (1998). Minkowski-type theorems and least-squares clustering.
*Algorithmica*, 20(1), 61-76. The step sizes follow Riedmiller, M., Braun, H. (1993). A direct adaptive
method for faster backpropagation learning: the RPROP algorithm. *IEEE ICNN*, 586-591.
"""

import numpy as np

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import allocating
from territorykit.solve.kernels.random import uniform


@allocating
def spread_centers(x: Array, y: Array, mass: Array, given: Array, rng: Array) -> None:
    """Fill the rows of `given` (k, 2) that are NaN with k-means++ draws, each the best of a few.

    Arthur, D., Vassilvitskii, S. (2007). k-means++: the advantages of careful seeding. *SODA*, 1027-1035.
    """
    n, k = len(x), len(given)
    tries = 2 + int(np.log(k))
    nearest = np.full(n, np.inf)
    open_centers = False
    for t in range(k):
        if np.isnan(given[t, 0]):
            open_centers = True
        else:
            _approach(x, y, nearest, given[t, 0], given[t, 1])
    if not open_centers:
        return
    running = np.empty(n)
    trial = np.empty(n)
    for t in range(k):
        if not np.isnan(given[t, 0]):
            continue
        total = 0.0
        for i in range(n):
            total += mass[i] * (nearest[i] if nearest[i] < np.inf else 1.0)
            running[i] = total
        best, least = 0, np.inf
        for _ in range(tries):
            c = min(int(np.searchsorted(running, uniform(rng) * total)), n - 1)
            trial[:] = nearest
            rest = _approach(x, y, trial, x[c], y[c], mass)
            if rest < least:
                best, least = c, rest
        given[t, 0], given[t, 1] = x[best], y[best]
        _approach(x, y, nearest, x[best], y[best])


@allocating
def _approach(x: Array, y: Array, nearest: Array, cx: float, cy: float, mass: Array | None = None) -> float:
    total = 0.0
    for i in range(len(x)):
        d = (x[i] - cx) ** 2 + (y[i] - cy) ** 2
        nearest[i] = min(nearest[i], d)
        if mass is not None:
            total += mass[i] * nearest[i]
    return total


@allocating
def assign(
    x: Array, y: Array, ratio: Array, near: Array, at: Array, prices: Array, fixed: Array, labels: Array
) -> None:
    """Give every node the cheapest of its near territories: squared distance plus prices for its activities.

    `ratio` (n, m) is what a node carries of each activity per unit of its mass; `prices` (k, m).
    """
    m = ratio.shape[1]
    for i in range(len(x)):
        if fixed[i] >= 0:
            labels[i] = fixed[i]
            continue
        least = np.inf
        for j in range(near.shape[1]):
            t = near[i, j]
            if t < 0:
                break
            cost = (x[i] - at[t, 0]) ** 2 + (y[i] - at[t, 1]) ** 2
            for a in range(m):
                cost += prices[t, a] * ratio[i, a]
            if cost < least:
                least = cost
                labels[i] = t


@allocating
def balance(
    x: Array, y: Array, ratio: Array, loads: Array, near: Array, at: Array,
    lower: Array, upper: Array, fixed: Array, prices: Array, steps: Array, rounds: int, labels: Array,
) -> float:  # fmt: skip
    """Dual ascent on the prices until sizes lie within their limits; prices and labels are left at the best found.

    A price above 0 presses a size down to its upper limit, one below 0 lifts it to its lower limit; in
    between it is 0. Each price has a step of its own that grows while its sign holds and shrinks when it
    turns. Returns the sum of what sizes break their limits by.
    """
    k, m = prices.shape
    sizes = np.zeros((k, m))
    best_prices = prices.copy()
    best = np.inf
    last = np.zeros((k, m))
    largest = 4.0 * steps.max() if steps.size > 0 else 0.0
    for _ in range(rounds):
        assign(x, y, ratio, near, at, prices, fixed, labels)
        sizes[:] = 0
        for i in range(len(x)):
            for a in range(m):
                sizes[labels[i], a] += loads[i, a]
        off = 0.0
        for t in range(k):
            for a in range(m):
                off += max(0.0, sizes[t, a] - upper[t, a], lower[t, a] - sizes[t, a])
        if off < best:
            best = off
            best_prices[:] = prices
        if off == 0.0:
            break
        _ascend(sizes, lower, upper, prices, steps, last, largest)
    prices[:] = best_prices
    assign(x, y, ratio, near, at, prices, fixed, labels)
    return best


@allocating
def _ascend(sizes: Array, lower: Array, upper: Array, prices: Array, steps: Array, last: Array, largest: float) -> None:
    k, m = prices.shape
    for t in range(k):
        for a in range(m):
            p = prices[t, a]
            slope = sizes[t, a] - upper[t, a]
            if p < 0 or (p == 0 and slope < 0):
                slope = sizes[t, a] - lower[t, a]
                if p == 0 and slope > 0:
                    slope = 0.0
            if slope * last[t, a] > 0:
                steps[t, a] = min(steps[t, a] * 1.2, largest)
            elif slope * last[t, a] < 0:
                steps[t, a] *= 0.5
            last[t, a] = slope
            moved = p + np.sign(slope) * steps[t, a]
            prices[t, a] = 0.0 if p * moved < 0 else moved


@allocating
def means(x: Array, y: Array, mass: Array, labels: Array, at: Array) -> None:
    """Move the centers to the means of their nodes, by mass; empty territories keep theirs."""
    k = len(at)
    total = np.zeros(k)
    sums = np.zeros((k, 2))
    for i in range(len(x)):
        t = labels[i]
        total[t] += mass[i]
        sums[t, 0] += mass[i] * x[i]
        sums[t, 1] += mass[i] * y[i]
    for t in range(k):
        if total[t] > 0:
            at[t, 0] = sums[t, 0] / total[t]
            at[t, 1] = sums[t, 1] / total[t]
