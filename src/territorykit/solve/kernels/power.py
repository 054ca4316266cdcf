"""Balanced power diagrams: nearest center at prices that make the sizes fit.

Aurenhammer, F., Hoffmann, F., Aronov, B. (1998). Minkowski-type theorems and least-squares clustering.
*Algorithmica*, 20(1), 61-76. The step sizes follow Riedmiller, M., Braun, H. (1993). A direct adaptive
method for faster backpropagation learning: the RPROP algorithm. *IEEE ICNN*, 586-591.
"""

import math

import numpy as np

from territorykit.solve.kernels.arrays import POINT, ROAD, Array, Facts
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.distance import arc, between, from_base, powered
from territorykit.solve.kernels.random import uniform

SETTLING = 4
"""Steps towards the weighted median of a cell between two rounds of prices."""


@kernel
def spread_centers(point: Array, mass: Array, given: Array, rng: Array) -> None:
    """Fill the rows of `given` (k, 3) that are NaN with k-means++ draws, each the best of a few.

    Arthur, D., Vassilvitskii, S. (2007). k-means++: the advantages of careful seeding. *SODA*, 1027-1035.
    """
    n, k = len(point), len(given)
    tries = 2 + int(np.log(k))
    nearest = np.full(n, np.inf)
    for t in range(k):
        if not np.isnan(given[t, 0]):
            _approach(point, nearest, given[t], mass)
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
            rest = _approach(point, trial, point[c], mass)
            if rest < least:
                best, least = c, rest
        given[t] = point[best]
        _approach(point, nearest, point[best], mass)


@kernel
def _approach(point: Array, nearest: Array, center: Array, mass: Array) -> float:
    total = 0.0
    for i in range(len(point)):
        dx, dy, dz = point[i, 0] - center[0], point[i, 1] - center[1], point[i, 2] - center[2]
        nearest[i] = min(nearest[i], dx * dx + dy * dy + dz * dz)
        total += mass[i] * nearest[i]
    return total


@kernel
def costs_of(facts: Facts, near: Array, at: Array, center: Array, cost: Array) -> None:
    """What each node costs in each of its near territories, (n, q), by the separable terms of the objective."""
    for i in range(near.shape[0]):
        for j in range(near.shape[1]):
            t = near[i, j]
            if t < 0:
                break
            cost[i, j] = cost_in(facts, at, center, i, t)


@kernel
def cost_in(facts: Facts, at: Array, center: Array, i: int, t: int) -> float:
    """What node i costs in territory t by the separable terms of the objective."""
    cost = facts.costs[i, t] if facts.costs.shape[0] > 0 else 0.0
    if facts.compact:
        cost += facts.weight[i] * powered(facts, _far(facts, at, center, i, t))
    return cost


@kernel
def _far(facts: Facts, at: Array, center: Array, i: int, t: int) -> float:
    if facts.metric == ROAD:
        if facts.center == POINT or facts.given[t]:
            return from_base(facts, t, i)
        return between(facts, center[t], i)
    dx, dy, dz = facts.point[i, 0] - at[t, 0], facts.point[i, 1] - at[t, 1], facts.point[i, 2] - at[t, 2]
    straight = math.sqrt(dx * dx + dy * dy + dz * dz)
    return straight if facts.metric == 0 else arc(straight)


@kernel
def assign(near: Array, cost: Array, loads: Array, prices: Array, fixed: Array, labels: Array) -> float:
    """Give every node the cheapest of its near territories, prices for its loads included; return the sum."""
    m = loads.shape[1]
    total = 0.0
    for i in range(near.shape[0]):
        least = np.inf
        chosen = near[i, 0]
        for j in range(near.shape[1]):
            t = near[i, j]
            if t < 0:
                break
            price = cost[i, j]
            for a in range(m):
                price += prices[t, a] * loads[i, a]
            if fixed[i] == t:
                least, chosen = price, t
                break
            if price < least:
                least, chosen = price, t
        if fixed[i] >= 0:
            chosen = fixed[i]
        labels[i] = chosen
        total += least
    return total


@kernel
def balance(
    near: Array, cost: Array, loads: Array, lower: Array, upper: Array, fixed: Array,
    prices: Array, steps: Array, rounds: int, labels: Array,
) -> tuple[float, float]:  # fmt: skip
    """Dual ascent on the prices until sizes lie within their limits; prices and labels are left at the best found.

    A price above 0 presses a size down to its upper limit, one below 0 lifts it to its lower limit; in
    between it is 0. Each price has a step of its own that grows while its sign holds and shrinks when it
    turns. Returns the sum of what sizes break their limits by, and the greatest value of the dual.
    """
    k, m = prices.shape
    sizes = np.zeros((k, m))
    best_prices = prices.copy()
    best, greatest = np.inf, -np.inf
    last = np.zeros((k, m))
    largest = np.zeros(m)
    for t in range(k):
        for a in range(m):
            largest[a] = max(largest[a], 4.0 * steps[t, a])
    for _ in range(rounds):
        value = assign(near, cost, loads, prices, fixed, labels)
        sizes[:] = 0
        for i in range(len(labels)):
            for a in range(m):
                sizes[labels[i], a] += loads[i, a]
        off = 0.0
        for t in range(k):
            for a in range(m):
                off += max(0.0, sizes[t, a] - upper[t, a], lower[t, a] - sizes[t, a])
                value -= prices[t, a] * (upper[t, a] if prices[t, a] > 0 else lower[t, a])
        greatest = max(greatest, value)
        if off < best:
            best = off
            best_prices[:] = prices
        if off == 0.0:
            break
        _ascend(sizes, lower, upper, prices, steps, last, largest)
    prices[:] = best_prices
    assign(near, cost, loads, prices, fixed, labels)
    return best, greatest


@kernel
def _ascend(sizes: Array, lower: Array, upper: Array, prices: Array, steps: Array, last: Array, largest: Array) -> None:
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
                steps[t, a] = min(steps[t, a] * 1.2, largest[a])
            elif slope * last[t, a] < 0:
                steps[t, a] *= 0.5
            last[t, a] = slope
            moved = p + np.sign(slope) * steps[t, a]
            prices[t, a] = 0.0 if p * moved < 0 else moved


@kernel
def means(point: Array, weight: Array, labels: Array, at: Array) -> None:
    """Move the centers to the weighted means of their nodes; empty territories keep theirs."""
    k = len(at)
    total = np.zeros(k)
    sums = np.zeros((k, 3))
    for i in range(len(labels)):
        t = labels[i]
        total[t] += weight[i]
        for axis in range(3):
            sums[t, axis] += weight[i] * point[i, axis]
    for t in range(k):
        if total[t] > 0:
            at[t] = sums[t] / total[t]


@kernel
def medians(point: Array, weight: Array, labels: Array, at: Array) -> None:
    """Move the centers towards the weighted medians of their nodes.

    Weiszfeld, E. (1937). Sur le point pour lequel la somme des distances de n points donnés est minimum.
    *Tohoku Mathematical Journal*, 43, 355-386.
    """
    closeness = np.empty(len(labels))
    for _ in range(SETTLING):
        for i in range(len(labels)):
            away = np.sqrt(((point[i] - at[labels[i]]) ** 2).sum())
            closeness[i] = weight[i] / max(away, 1e-9)
        means(point, closeness, labels, at)


@kernel
def nearest_nodes(point: Array, labels: Array, at: Array, center: Array) -> None:
    """The node of each territory nearest its center; where it is empty, the one before stays."""
    least = np.full(len(at), np.inf)
    for i in range(len(labels)):
        t = labels[i]
        away = ((point[i] - at[t]) ** 2).sum()
        if away < least[t]:
            least[t] = away
            center[t] = i


@kernel
def best_nodes(facts: Facts, members: Array, ends: Array, center: Array) -> None:
    """The node of each territory with the least weighted distances to its others.

    `members` (n,) lists the nodes by territory, `ends` (k + 1,) where each begins.
    """
    for t in range(len(center)):
        least = np.inf
        for p in range(ends[t], ends[t + 1]):
            c = members[p]
            total = 0.0
            for q in range(ends[t], ends[t + 1]):
                total += facts.weight[members[q]] * powered(facts, between(facts, c, members[q]))
                if total >= least:
                    break
            if total < least:
                least = total
                center[t] = c
