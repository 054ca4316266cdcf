"""Places that no better plan can use, by reduced costs.

The rows that give every node one territory are priced out (Lagrangian relaxation). What is left falls into one small
problem for each unit as a center: which nodes are worth their price, with a size between the limits. The sum of
their values is a bound on every plan; a place whose use would lift it over the cost of a plan at hand can be
closed. Where territories are connected, a place can only be used together with a way to it, and what that costs
counts as well.

Hojati, M. (1996). Optimal political districting. *Computers & Operations Research*, 23(12), 1147-1161; Validi, H.,
Buchanan, A., Lykhovyd, E. (2022). *Operations Research*, 70(2), 867-892. Steps: Held, M., Wolfe, P., Crowder, H. P.
(1974). Validation of subgradient optimization. *Mathematical Programming*, 6, 62-88.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import dijkstra

from territorykit._arrays import Bools, Floats, Ints
from territorykit.solve.exact.layout import Layout, adjacency
from territorykit.solve.exact.model import Clock, no_clock

STEPS = 400
PATIENCE = 12
"""After how many steps without a better bound the steps are halved."""
LEAST_STEP = 1e-3
"""Part of the first step at which prices have settled."""
ROUNDING = 1e-12
MARGIN = 1e-7
"""By how much, relative to the plan at hand, a bound must exceed its cost before a place is closed."""


class Band(NamedTuple):
    """Sizes that every territory keeps: what each node weighs, and limits."""

    weight: Floats
    lower: float
    upper: float


class Worth(NamedTuple):
    """What each unit is worth as a center at some prices."""

    value: Floats
    """(n_columns,): least reduced cost of a territory with this center; infinite where there is none."""
    price: Floats
    """(n_columns,): what one unit of size counts there."""
    taken: Floats
    """(n_columns, n_nodes): which nodes it would hold, in fractions."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of nodes, and what they prove.

    Parameters
    ----------
    prices
        Shape (n_nodes,).
    bound
        No plan costs less.
    band
        The sizes that were looked at.
    """

    prices: Floats
    bound: float
    band: Band


def bands(layout: Layout) -> list[Band]:
    """One band for each activity that is limited, over all classes of territories, and the mean of them all."""
    found = []
    for weight, lower, upper in layout.limits().values():
        found.append(Band(weight, float(lower.min()), float(min(upper.max(), weight.sum()))))
    if len(found) > 1:
        mean = np.mean([band.weight for band in found], axis=0)
        least, most = (float(np.mean([getattr(band, side) for band in found])) for side in ("lower", "upper"))
        found.append(Band(mean, least, most))
    return found or [Band(np.zeros(layout.n_nodes), 0.0, 0.0)]


def worth(layout: Layout, prices: Floats, band: Band) -> Worth:
    """What each unit is worth as a center: a knapsack whose last node may be cut."""
    reduced = np.where(layout.open_to, layout.cost - prices[:, None], np.inf).T
    c = np.arange(layout.n_columns)
    own = layout.node[layout.root]
    begin = reduced[c, own]
    reduced[c, own] = np.inf
    usable = np.isfinite(reduced)
    weight = np.where(usable & (band.weight > 0), band.weight, 0.0)
    cheap = np.where(usable, reduced, 0.0)
    free = np.where(usable & (band.weight <= 0) & (reduced < 0), 1.0, 0.0)
    ratio = np.divide(cheap, weight, out=np.full(reduced.shape, np.inf), where=weight > 0)
    first = band.weight[own]
    wished = first + np.where(ratio < 0, weight, 0.0).sum(axis=1)
    size = np.clip(wished, band.lower, band.upper) if band.weight.any() else wished
    order = np.argsort(ratio, axis=1)
    sorted_weight = np.take_along_axis(weight, order, axis=1)
    before = first[:, None] + np.cumsum(sorted_weight, axis=1) - sorted_weight
    part = np.clip(size[:, None] - before, 0.0, sorted_weight)
    part = np.divide(part, sorted_weight, out=np.zeros_like(part), where=sorted_weight > 0)
    taken = np.empty_like(part)
    np.put_along_axis(taken, order, part, axis=1)
    taken += free
    value = begin + (cheap * taken).sum(axis=1)
    impossible = (first > band.upper) | (first + weight.sum(axis=1) < band.lower * (1 - 1e-12))
    if not band.weight.any():
        impossible[:] = False
    last = np.clip((before + sorted_weight < size[:, None]).sum(axis=1), 0, layout.n_nodes - 1)
    price = np.where(size == wished, 0.0, np.take_along_axis(ratio, order, axis=1)[c, last])
    price = np.where(np.isfinite(price), price, 0.0)
    taken[c, own] = 1.0
    return Worth(np.where(impossible, np.inf, value), price, taken)


def ascend(layout: Layout, upper: float, start: Prices, steps: int, clock: Clock = no_clock) -> Prices:
    """Prices that prove much, by steps along what is assigned too often or too seldom.

    Parameters
    ----------
    layout
        Of columns that are units.
    upper
        Cost of a plan.
    start
        Prices to begin with, and the sizes to look at.
    steps
        How many.
    clock
        Says whether the time is over.
    """
    k, prices, best, band = layout.problem.n_territories, start.prices.copy(), start, start.band
    step, idle, way = 1.0, 0, np.zeros(layout.n_nodes)
    for _ in range(steps):
        found = worth(layout, prices, band)
        if np.isfinite(found.value).sum() < k:
            return Prices(prices, np.inf, band)
        chosen = np.argpartition(found.value, k - 1)[:k]
        bound = float(prices.sum() + found.value[chosen].sum())
        if bound > best.bound + 1e-9 * abs(upper):
            best, idle = Prices(prices.copy(), bound, band), 0
        else:
            idle += 1
        if idle >= PATIENCE:
            step, idle, prices = step / 2, 0, best.prices.copy()
        off = 1.0 - found.taken[chosen].sum(axis=0)
        way = 0.6 * off + 0.4 * way
        norm = float(way @ way)
        if clock() or norm < ROUNDING or step < LEAST_STEP or best.bound >= upper:
            break
        prices = prices + step * max(upper - bound, 1e-6 * abs(upper)) / norm * way
    return best


def best_prices(layout: Layout, upper: float, start: Floats, clock: Clock = no_clock) -> Prices:
    """The band that proves most, and prices for it; `clock` says whether the time is over."""
    choices = [Prices(start, -np.inf, band) for band in bands(layout)]
    if len(choices) > 1:
        choices = [ascend(layout, upper, begin, STEPS // 8, clock) for begin in choices]
    return ascend(layout, upper, max(choices, key=lambda found: found.bound), STEPS, clock)


def still_open(layout: Layout, prices: Prices, upper: float, *, connected: bool) -> Bools:
    """Where nodes may go in a plan that costs no more than one at hand, shape (n_nodes, n_columns)."""
    k = layout.problem.n_territories
    found = worth(layout, prices.prices, prices.band)
    limit = upper + MARGIN * abs(upper)
    last = float(np.partition(found.value, k - 1)[k - 1]) if np.isfinite(found.value).sum() >= k else np.inf
    total = float(prices.prices.sum()) + float(np.sort(found.value)[:k].sum())
    with np.errstate(invalid="ignore"):
        opened = total + np.maximum(found.value - last, 0.0)  # what a plan costs at least that opens the unit
    opened = np.where(np.isfinite(found.value), opened, np.inf)
    step = layout.cost - prices.prices[:, None] - found.price[None] * prices.band.weight[:, None]
    step = np.where(layout.open_to, np.maximum(step, 0.0), np.inf)
    step[layout.node[layout.root], np.arange(layout.n_columns)] = 0.0
    if connected:
        usable = opened <= limit
        return reachable(layout, step, limit - opened, usable)
    return np.asarray(layout.open_to & (opened[None] + step <= limit))


def reachable(layout: Layout, step: Floats, room: Floats, usable: Bools) -> Bools:
    """Where a node can be reached from the root of a column without costing more than there is room for.

    Parameters
    ----------
    layout
        The layout; columns have roots.
    step
        Shape (n_nodes, n_columns): what holding a node costs at least, infinite where it is not open.
    room
        Shape (n_columns,): what each column may cost.
    usable
        Shape (n_columns,): columns that need looking at; the others are closed.
    """
    graph = adjacency(layout.problem)
    tail = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    units = np.bincount(layout.node)
    found = np.zeros(layout.open_to.shape, bool)
    tiny = 1e-12 * max(float(np.abs(room[usable]).max(initial=0.0)), 1e-300)
    for c in np.flatnonzero(usable):
        each = (step[:, c] / units)[layout.node]  # a way may lead through several units of a node
        ways = graph.copy()
        ways.data = each[graph.indices] + tiny
        ways.data[~np.isfinite(each[tail])] = np.inf
        away = dijkstra(ways, indices=int(layout.root[c])) - tiny * graph.shape[0]
        far = np.zeros(layout.n_nodes)
        np.maximum.at(far, layout.node, away)
        found[:, c] = np.maximum(far, step[:, c]) <= room[c]
    return found & layout.open_to


def first_prices(layout: Layout, labels: Ints) -> Floats:
    """Prices to begin with: what each node costs where it is in a plan, shape (n_nodes,)."""
    first = np.unique(layout.node, return_index=True)[1]
    home = labels[first]
    prices = np.zeros(layout.n_nodes)
    for t in np.unique(home):
        own = home == t
        column = layout.column_for(own, int(t))
        if column >= 0:
            prices[own] = layout.cost[own, column]
    return prices
