"""Real tours of territories, to check what a plan takes on the road: made by PyVRP, on the problem's travel times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from territorykit._arrays import Floats, Ints, along_curve
from territorykit.criteria.objective import best_centers
from territorykit.criteria.workload import hours_at_units, service_hours, working_hours
from territorykit.errors import DataError, Problems, RequirementError, listing
from territorykit.evaluate.tours import tours_of
from territorykit.model.plan import Plan
from territorykit.model.workload import Workload

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Tour:
    """A day on the road: out from the base, from visit to visit, and back.

    Parameters
    ----------
    units
        Positions of the units visited, in order.
    minutes
        Minutes of driving.
    metres
        Metres driven; NaN where only times are known.
    hours
        Hours in all, visits included.
    """

    units: tuple[int, ...]
    minutes: float
    metres: float
    hours: float


@dataclass(frozen=True, slots=True)
class TerritoryRoutes:
    """Tours of one wave of visits in a territory, and what they come to in a year.

    Parameters
    ----------
    territory
        Its name.
    tours
        The wave's tours, one a day.
    start
        Position of the unit where days begin, or None for the base.
    waves
        How many such waves there are in a year.
    estimate
        Hours a year by `working_hours`.
    service
        Hours at customers in a year.
    workload
        How hours are counted.
    unreached
        Positions of units that no tour could serve: no way leads there, or it and the visit take longer than a day.
    """

    territory: str
    tours: tuple[Tour, ...]
    start: int | None
    waves: float
    estimate: float
    service: float
    workload: Workload
    unreached: tuple[int, ...]

    @property
    def driving(self) -> float:
        """Hours on the road in a year by these tours."""
        return self.waves * sum(tour.minutes for tour in self.tours) / 60

    @property
    def hours(self) -> float:
        """Hours a year by these tours, visits included."""
        return self.service + self.driving

    @property
    def kilometres(self) -> float:
        """Kilometres a year by these tours; NaN where only times are known."""
        return self.waves * sum(tour.metres for tour in self.tours) / 1000

    @property
    def days(self) -> float:
        """Days on the road in a year."""
        return self.waves * len(self.tours)

    @property
    def days_over(self) -> float:
        """Days that these tours take beyond the days in the field; 0 where they fit."""
        return max(0.0, self.days - self.workload.days_per_year)

    @property
    def error(self) -> float:
        """The estimate of all hours over those of the tours, less 1."""
        return self.estimate / self.hours - 1 if self.hours > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Routes:
    """Tours of some territories of a plan.

    Parameters
    ----------
    plan
        The plan.
    territories
        What became of each.
    """

    plan: Plan
    territories: tuple[TerritoryRoutes, ...]

    def to_frame(self) -> "pd.DataFrame":
        """One row per territory: hours, driving, kilometres and days a year, and the estimate against them."""
        import pandas as pd  # noqa: PLC0415 - only where a table is asked for

        rows = [
            {
                "hours": item.hours,
                "driving_hours": item.driving,
                "estimated_hours": item.estimate,
                "estimated_driving": item.estimate - item.service,
                "error": item.error,
                "kilometres": item.kilometres,
                "days": item.days,
                "days_over": item.days_over,
                "tours_per_wave": len(item.tours),
                "unreached_units": len(item.unreached),
            }
            for item in self.territories
        ]
        return pd.DataFrame(rows, index=pd.Index([item.territory for item in self.territories], name="territory"))

    def __repr__(self) -> str:
        tours = sum(len(item.tours) for item in self.territories)
        hours = sum(item.hours for item in self.territories)
        return f"Routes({len(self.territories):,} territories, {tours:,} tours a wave, {hours:,.0f} h/year)"


def routes(
    plan: Plan,
    workload: Workload,
    *,
    territories: Iterable[str | int] | None = None,
    waves_per_year: float | None = None,
    seconds: float = 5.0,
    seed: int = 0,
) -> Routes:
    """Make real tours of territories: one wave of visits each, in days that fit, with little driving.

    A wave is one round of the most frequent rhythm. A unit with fewer visits is due in so many of the waves; which
    units are due in this one is spread evenly over the territory. The tours come from PyVRP [1]_, a hybrid genetic
    search, on the times of the problem's travel.

    Parameters
    ----------
    plan
        The plan; its problem must have travel, and its units are the places visited.
    workload
        How hours are counted: visits, minutes at each, length of days, where they begin.
    territories
        Names or positions; all without it.
    waves_per_year
        Without it: the most visits that any unit has.
    seconds
        Time for the tours of one territory.
    seed
        Of PyVRP.

    Returns
    -------
    Routes
        Tours, hours, kilometres and days over the limit per territory, and the estimate beside them.

    Raises
    ------
    BackendError
        If PyVRP is not installed: ``pip install "territorykit[routes]"``.
    RequirementError
        If the problem has no travel, or an argument is wrong.
    DataError
        If units are due more than once in a wave, or the travel is not known between units.

    References
    ----------
    .. [1] Wouda, N. A., Lan, L., Kool, W. (2024). PyVRP: a high-performance VRP solver package. *INFORMS Journal on
           Computing*, 36(4), 943-955.
    """
    _check(plan, workload, seconds)
    chosen = _chosen(plan, territories)
    due, waves = _due(plan, workload, waves_per_year)
    start = _starts(plan, workload)
    estimate = working_hours(plan, workload)
    found = [
        _routes_of(plan, workload, t, (np.flatnonzero((plan.labels == t) & due), start[t]), (seconds, seed))
        for t in chosen
    ]
    sums = service_hours(plan, workload)
    return Routes(
        plan,
        tuple(
            TerritoryRoutes(
                plan.problem.names[t], tours, start[t], waves, float(estimate[t]), float(sums[t]), workload, lost
            )
            for t, (tours, lost) in zip(chosen, found, strict=True)
        ),
    )


def _check(plan: Plan, workload: Workload, seconds: float) -> None:
    if plan.problem.travel is None:
        message = "routes need travel and the problem has none; pass travel= to Problem, as tk.travel makes it"
        raise RequirementError(message)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < np.inf:
        message = f"routes: seconds is {seconds!r}; pass a number above 0"
        raise RequirementError(message)
    if workload.to == "base" and not plan.problem.travel.n_bases:
        message = f"{workload!r} needs travel from bases and the travel has none; pass bases= to tk.travel"
        raise RequirementError(message)


def _chosen(plan: Plan, territories: Iterable[str | int] | None) -> Sequence[int]:
    if territories is None:
        return range(plan.problem.n_territories)
    asked = [territories] if isinstance(territories, str) else list(territories)
    wrong = [label for label in asked if not plan.problem.is_territory(label)]
    if wrong:
        message = f"routes: {listing(wrong)} is no territory; the names are {listing(plan.problem.names)}"
        raise RequirementError(message)
    return [plan.problem.territory(label) for label in asked]


def _due(plan: Plan, workload: Workload, waves: float | None) -> tuple[np.ndarray, float]:
    """Which units are due in this wave, and how many waves there are.

    Along a curve through each territory, visits due are added up, and a unit is due where the sum passes a whole
    number: so many are, and as evenly, as there are.
    """
    graph = plan.problem.graph
    visits = graph.activity(workload.visits).values
    waves = float(visits.max()) if waves is None else waves
    often = np.flatnonzero(visits > waves * (1 + 1e-9))
    if len(often) or not waves > 0:
        problems = Problems("routes")
        problems.add(
            f"{len(often):,} units have more visits than the {waves:g} waves a year: {listing(graph.ids[often])}",
            "pass a larger waves_per_year, or accounts as units",
        )
        problems.raise_as(DataError)
    share = visits / waves
    order = np.lexsort((along_curve(graph.xy), plan.labels))
    first = np.searchsorted(plan.labels[order], np.arange(plan.problem.n_territories))
    total = np.cumsum(share[order])
    before = np.concatenate([[0.0], total])[first]
    total = total - before[plan.labels[order]] + 0.5
    due = np.zeros(len(visits), bool)
    due[order] = np.floor(total + 1e-9) > np.floor(total - share[order] + 1e-9)
    return due & (share > 0), waves


def _starts(plan: Plan, workload: Workload) -> list[int | None]:
    """The unit where days begin in each territory, None for its base."""
    centers = best_centers(plan) if plan.centers is None else plan.centers
    based = plan.problem.given_bases & (workload.to == "base")
    return [None if base else int(center) for base, center in zip(based, centers, strict=True)]


def _routes_of(
    plan: Plan, workload: Workload, t: int, places: tuple[Ints, int | None], effort: tuple[float, int]
) -> tuple[tuple[Tour, ...], tuple[int, ...]]:
    """Tours of one wave, and what cannot be served."""
    units, start = places
    minutes, metres = _matrices(plan, t, units, start)
    visits = plan.problem.graph.activity(workload.visits).values[units]
    at = hours_at_units(plan.problem, workload)[units] / np.maximum(visits, 1e-300) * 60
    alone = minutes[0, 1:] + at + minutes[1:, 0]
    served = np.isfinite(alone) & (alone <= workload.hours_per_day * 60)
    kept = np.concatenate([[0], 1 + np.flatnonzero(served)])
    lost = tuple(units[~served].tolist())
    if len(kept) == 1:
        return (), lost
    orders = tours_of(minutes[np.ix_(kept, kept)], at[served], workload.hours_per_day * 60, *effort)
    tours = []
    for order in orders:
        stops = kept[np.asarray(order)]
        way = np.concatenate([[0], stops, [0]])
        driving, far = minutes[way[:-1], way[1:]].sum(), metres[way[:-1], way[1:]].sum()
        hours = (driving + at[stops - 1].sum()) / 60
        tours.append(Tour(tuple(units[stops - 1].tolist()), float(driving), float(far), float(hours)))
    return tuple(tours), lost


def _matrices(plan: Plan, t: int, units: Ints, start: int | None) -> tuple[Floats, Floats]:
    """Minutes and metres between the start, first, and the units; back to a base it is as far as from there."""
    travel = plan.problem.travel
    assert travel is not None  # noqa: S101 - checked before
    n = len(units)
    found = []
    for name in ("minutes", "metres"):
        table = np.full((n + 1, n + 1), np.nan)
        if name == "minutes" or travel.metres is not None:
            way = travel if name == "minutes" else travel.priced(0.0, 1.0)
            table[1:, 1:] = way.minutes_between(units[:, None], units[None])
            if start is not None:
                table[0, 1:] = way.minutes_between(start, units)
                table[1:, 0] = way.minutes_between(units, start)
            elif name == "minutes" or travel.base_metres is not None:
                table[0, 1:] = table[1:, 0] = way.minutes_from_bases(t, units)
            table[0, 0] = 0.0
        found.append(table)
    return found[0], found[1]
