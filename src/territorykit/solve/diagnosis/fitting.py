"""Units that no territory can hold: no connected one around them keeps the limits, or none keeps two bands at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from territorykit._arrays import Ints
from territorykit.errors import listing
from territorykit.model.problem import Problem
from territorykit.model.requirements import Balance, Contiguous
from territorykit.model.result import Conflict
from territorykit.solve.bound.candidates import SLACK
from territorykit.solve.compile import size_limits
from territorykit.solve.diagnosis.pieces import round_up
from territorykit.solve.exact.enumeration import map_of
from territorykit.solve.kernels.subsets import Count, Map, subsets_around

LEAST_SHARE = 0.05
"""Units below this part of a territory's mean size fit somewhere, and are not looked at."""

MOST_LOOKED_AT = 300
MOST_UNITS = 3_000
"""How many units are looked at, the largest first, and on how large a map."""

MOST_STEPS = 20_000
"""Effort for each of them: about a millisecond."""

PRECISION, MOST_MEASURED = 1e-10, 20
"""How closely the tolerance is told that would let a territory in, and for how many units it is looked for."""


def unfit_units(problem: Problem) -> Iterator[Conflict]:
    """One conflict for each activity whose limits no connected territory around some unit keeps."""
    graph, k = problem.graph, problem.n_territories
    if not problem.of_type(Contiguous) or not problem.bands or k == 1 or graph.n_units > MOST_UNITS:
        return
    area = map_of(problem)
    if (area.load > area.upper[:, None]).any():
        return  # told as units that are too large
    share = (area.load / np.maximum(area.load.sum(axis=1, keepdims=True) / k, 1e-300)).max(axis=0)
    large = np.argsort(-share, kind="stable")[:MOST_LOOKED_AT]
    unfit = {
        int(u): count for u in large[share[large] >= LEAST_SHARE] if (count := _none_around(area, u, k)) is not None
    }
    if unfit:
        yield _conflict(problem, area, unfit)


def _none_around(area: Map, unit: np.integer, k: int) -> Count | None:
    """How many territories around a unit were tried, where none of them fits."""
    n = area.load.shape[1]
    count = subsets_around(area, int(unit), np.ones(n, np.bool_), k, MOST_STEPS, np.zeros((1, n), np.bool_))
    return count if count.complete and count.kept == 0 else None


@dataclass(frozen=True, slots=True)
class _Around:
    """What keeps a unit's territories outside of the limits."""

    problem: Problem
    area: Map
    unit: int
    count: Count

    @property
    def reason(self) -> str:
        """In words."""
        graph, area = self.problem.graph, self.area
        own = area.load[:, self.unit]
        if self.count.within:
            return "every territory of the right size around it cuts off a piece that no whole number of others fits"
        beside = area.neighbors[area.first[self.unit] : area.first[self.unit + 1]]
        activity = graph.activity(next(iter(size_limits(self.problem)))) if len(own) == 1 else None
        size = "" if activity is None else f" with its {own[0]:,.6g} of {activity.name}"
        if len(beside) and (area.load[:, beside] + own[:, None] > area.upper[:, None]).any(axis=0).all():
            return f"alone{size} it is too small, with any of its neighbors {listing(graph.ids[beside])} too large"
        return f"no connected set of units around it{size} has a size within the limits"


def _conflict(problem: Problem, area: Map, unfit: dict[int, Count]) -> Conflict:
    graph, who = problem.graph, problem.bands[0]
    units: Ints = np.array(list(unfit), np.int64)
    first = _Around(problem, area, int(units[0]), unfit[int(units[0])])
    named = repr(graph.ids[units[0]]) if graph.names is None else f"{graph.names[units[0]]} ({graph.ids[units[0]]!r})"
    others = f" (nor around {listing(graph.ids[units[1:]])})" if len(units) > 1 else ""
    tolerance = _tolerance(problem, who, units) if isinstance(who, Balance) and len(problem.bands) == 1 else None
    remedy = "" if tolerance is None else f", or allow a tolerance of at least {tolerance:g}"
    bands = " and ".join(map(repr, problem.bands))
    message = (
        f"no connected territory around unit {named}{others} keeps {bands}: {first.reason}; split the units around "
        f"it{remedy}"
    )
    allowed = who.tolerance if isinstance(who, Balance) else float(area.upper[0])
    needed = tolerance if tolerance is not None else float(area.load[0, units[0]])
    return Conflict(who, tuple(graph.ids[units]), None, needed, allowed, tolerance, message)


def _tolerance(problem: Problem, band: Balance, units: Ints) -> float | None:
    """The least tolerance with which some territory fits around each of the first units."""
    low, high = band.tolerance, 1.0
    while high - low > PRECISION:
        middle = (low + high) / 2
        wider = problem.replace(
            requirements=tuple(Balance(r.activity, middle, r.targets) if r is band else r for r in problem.requirements)
        )
        area = map_of(wider)
        stuck = any(_none_around(area, unit, problem.n_territories) is not None for unit in units[:MOST_MEASURED])
        low, high = (middle, high) if stuck else (low, middle)
    return round_up(high) if high < 1.0 else None


def unbalanced_pairs(problem: Problem) -> Iterator[Conflict]:
    """Pairs of activities of which some unit's territory can have enough of one only with too much of the other.

    What a territory may still take of the first activity is filled with the units that have most of the second for it;
    units may be cut. Where that is not enough of the second, no territory holds the unit. Contiguity is left out.
    """
    limits, graph = size_limits(problem), problem.graph
    for one, other in permutations(limits, 2):
        first, second = graph.activity(one).values, graph.activity(other).values
        most = float(limits[one][1].max()) * (1 + SLACK)
        least = float(limits[other][0].min()) * (1 - SLACK)
        if not np.isfinite(most) or least <= 0 or (first > most).any():
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            order = np.argsort(-np.where(second > 0, second / first, -1.0), kind="stable")
        taken = np.concatenate([[0.0], np.cumsum(first[order])])
        gained = np.concatenate([[0.0], np.cumsum(second[order])])
        free = np.flatnonzero(first[order] > 0)  # before the first of them, all comes for nothing
        start = int(free[0]) if len(free) else len(order)
        reach = second + np.interp(most - first, taken[start:], gained[start:])
        stuck = np.flatnonzero(reach < least)
        if len(stuck):
            yield _pair(problem, (one, other), (most, least), stuck[np.argsort(reach[stuck], kind="stable")], reach)


def _pair(
    problem: Problem, pair: tuple[str, str], limits: tuple[float, float], units: Ints, reach: np.ndarray
) -> Conflict:
    graph, (one, other), (most, least) = problem.graph, pair, limits
    who = {name: [r for r in problem.bands if r.activity == name][-1] for name in pair}
    unit = int(units[0])
    others = f" (and {len(units) - 1:,} more)" if len(units) > 1 else ""
    message = (
        f"{who[one]!r} and {who[other]!r} cannot both be met: a territory with unit {graph.ids[unit]!r}{others} has "
        f"{graph.activity(one).values[unit]:,.6g} of {one} from it, may have {most:,.6g}, and gets at most "
        f"{reach[unit]:,.6g} of {other} with that, while it needs {least:,.6g}; widen one of the two, or split the unit"
    )
    return Conflict(
        requirement=who[other],
        units=tuple(graph.ids[units]),
        territory=None,
        needed=least,
        allowed=float(reach[unit]),
        relaxation=None,
        message=message,
        together_with=(who[one],),
    )
