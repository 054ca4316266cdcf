"""All measures of one plan, overall and per territory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from territorykit._arrays import Content, Floats, floats
from territorykit.criteria import balance, compactness, travel, workload
from territorykit.criteria.contiguity import pieces
from territorykit.criteria.objective import objective, term_values
from territorykit.errors import DataError
from territorykit.evaluate.geometry import shapes_in_metres
from territorykit.evaluate.tables import COUNT, FRACTION, RATIO, figure, html_table, text_table, unit_label
from territorykit.model.objective import short
from territorykit.model.plan import Plan
from territorykit.model.workload import BalancedWorkload

if TYPE_CHECKING:
    import pandas as pd

Better = Literal["lower", "higher", "none"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Score(Content):
    """One measure of a plan.

    Parameters
    ----------
    name
        What is measured, such as "workload deviation".
    value
        The measure of the whole plan.
    unit_of_measure
        What it is measured in: "fraction", "ratio", "count", "m" or an activity's own unit.
    per_territory
        Shape (n_territories,): the same for each territory, or None where it has no meaning there.
    better
        Which way is better: "lower", "higher", or "none" where neither is.
    """

    name: str
    value: float
    unit_of_measure: str
    per_territory: Floats | None
    better: Better

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", float(self.value))
        if self.per_territory is not None:
            object.__setattr__(self, "per_territory", floats(self.per_territory))

    def __repr__(self) -> str:
        shown = f"{figure(self.value, self.unit_of_measure)} {unit_label(self.unit_of_measure)}".rstrip()
        return f"Score({self.name}: {shown}, better: {self.better})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scorecard(Content):
    """All measures of a plan; made by `evaluate`.

    Look a score up by name, go through them in a loop, or take a table with `to_frame`.

    Parameters
    ----------
    scores
        The measures.
    territories
        Names of the territories, in the order of `Score.per_territory`.

    Examples
    --------
    >>> card = Scorecard((Score("calls size", 6, "calls/year", [2, 4], "none"),), ("west", "east"))
    >>> card["calls size"].value
    6.0
    >>> print(card)
    Scorecard: 2 territories
    measure     value  unit        lowest    highest   better
    ----------  -----  ----------  --------  --------  ------
    calls size      6  calls/year  2 (west)  4 (east)
    """

    scores: tuple[Score, ...]
    territories: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", tuple(self.scores))
        object.__setattr__(self, "territories", tuple(map(str, self.territories)))

    def __iter__(self) -> Iterator[Score]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def __contains__(self, name: object) -> bool:
        return any(score.name == name for score in self.scores)

    def __getitem__(self, name: str) -> Score:
        for score in self.scores:
            if score.name == name:
                return score
        message = f"no score {name!r}; there are {', '.join(repr(score.name) for score in self.scores)}"
        raise DataError(message)

    def to_frame(self, *, per_territory: bool = False) -> "pd.DataFrame":
        """The scores as a pandas table.

        Parameters
        ----------
        per_territory
            One row per territory and one column per score, its unit in brackets; without it, one row per
            score with its value, unit and which way is better.
        """
        import pandas as pd  # noqa: PLC0415 - evaluation does without pandas

        if per_territory:
            columns = {f"{s.name} [{s.unit_of_measure}]": s.per_territory for s in self if s.per_territory is not None}
            return pd.DataFrame(columns, index=pd.Index(self.territories, name="territory", dtype=object))
        rows = [(s.value, s.unit_of_measure, s.better) for s in self]
        index = pd.Index([s.name for s in self], name="score", dtype=object)
        return pd.DataFrame(rows, columns=["value", "unit_of_measure", "better"], index=index)

    def __repr__(self) -> str:
        header, rows = self.summary()
        return f"Scorecard: {len(self.territories):,} territories\n{text_table(header, rows, right=[1])}"

    def _repr_html_(self) -> str:
        header, rows = self.summary()
        overall = html_table(header, rows, caption=f"{len(self.territories):,} territories", right=[1])
        header, rows = self.details()
        each = html_table(header, rows, right=range(1, len(header)))
        scroll = "max-height:30em;overflow:auto"
        return f'{overall}<details><summary>Per territory</summary><div style="{scroll}">{each}</div></details>'

    def summary(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows of the overall table, as texts."""
        rows = [
            [s.name, figure(s.value, s.unit_of_measure), unit_label(s.unit_of_measure), *self._ends(s), _way(s)]
            for s in self
        ]
        return ["measure", "value", "unit", "lowest", "highest", "better"], rows

    def details(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows of the table per territory, as texts."""
        scores = [score for score in self if score.per_territory is not None]
        units = [unit_label(score.unit_of_measure) for score in scores]
        header = [f"{s.name} [{unit}]" if unit else s.name for s, unit in zip(scores, units, strict=True)]
        rows = [[name, *(_cell(score, t) for score in scores)] for t, name in enumerate(self.territories)]
        return ["territory", *header], rows

    def _ends(self, score: Score) -> list[str]:
        if score.per_territory is None or len(self.territories) == 1:
            return ["", ""]
        ends = (int(score.per_territory.argmin()), int(score.per_territory.argmax()))
        if score.per_territory[ends[0]] == score.per_territory[ends[1]]:
            return [f"{_cell(score, 0)} each", ""]
        return [f"{_cell(score, t)} ({self.territories[t]})" for t in ends]


def evaluate(plan: Plan, areas: Any = None) -> Scorecard:  # noqa: ANN401 - a GeoDataFrame, or None
    """Measure a plan in every way that its data allow.

    For each activity: size, deviation from the target, range and coefficient of variation. Where hours of work are
    balanced: these with their deviation, those of driving, and nights away. For the map: the
    problem's objective, each of its terms where there are several, moment of inertia, distances to centers,
    borders, shapes and connected pieces. Weighted measures take the activity of the problem's objective, and distances
    to centers are straight lines in the plane. Shapes and borders are there where the graph holds areas,
    perimeters and border lengths; Reock's index needs `areas`.

    Parameters
    ----------
    plan
        The plan to measure.
    areas
        GeoDataFrame indexed by unit id, the very units of the plan, or None.

    Returns
    -------
    Scorecard
        The scores; see `territorykit.criteria` for formulas and sources.

    Raises
    ------
    DataError
        If the ids of `areas` are not those of the plan's units, or geometries are missing.

    Examples
    --------
    >>> import territorykit as tk
    >>> calls = tk.Activity("calls", [1, 2, 3], "calls/year")
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]], [calls])
    >>> card = tk.evaluate(tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 0, 1]))
    >>> card["calls size"].per_territory
    array([3., 3.])
    >>> card["largest distance to center"]
    Score(largest distance to center: 1,000 m, better: lower)
    """
    scores = [score for activity in plan.problem.graph.activities for score in _balance(plan, activity.name)]
    scores += [score for r in plan.problem.of_type(BalancedWorkload) for score in _work(plan, r)]
    scores += _compactness(plan)
    scores += _shape(plan, areas)
    count = pieces(plan)
    scores.append(Score("connected pieces", count.sum(), COUNT, count.astype(np.float64), "lower"))
    return Scorecard(tuple(scores), plan.problem.names)


def _balance(plan: Plan, name: str) -> list[Score]:
    unit = unit_of(plan, name)
    deviation = balance.relative_deviation(plan, name)
    sizes = plan.sizes(name)
    variation = balance.coefficient_of_variation(plan, name)
    return [
        Score(f"{name} size", sizes.sum(), unit, sizes, "none"),
        Score(f"{name} deviation", np.abs(deviation).max(), FRACTION, deviation, "lower"),
        Score(f"{name} range", balance.size_range(plan, name), unit, None, "lower"),
        Score(f"{name} variation", variation, RATIO, None, "lower"),
    ]


def _work(plan: Plan, rule: BalancedWorkload) -> list[Score]:
    """Hours with driving, as the requirement counts them."""
    hours, driving = (f(plan, rule.workload) for f in (workload.working_hours, workload.driving_hours))
    nights = workload.nights_away(plan, rule.workload)
    deviation = hours / (hours.mean() if rule.hours is None else rule.hours) - 1
    return [
        Score("working hours", hours.sum(), "h/year", hours, "none"),
        Score("working hours deviation", np.abs(deviation).max(), FRACTION, deviation, "lower"),
        Score("driving hours", driving.sum(), "h/year", driving, "lower"),
        *([Score("nights away", nights.sum(), "1/year", nights, "lower")] if nights.any() else []),
    ]


def _compactness(plan: Plan) -> list[Score]:
    goal = plan.problem.goal
    weight = "" if goal.activity is None else unit_of(plan, goal.activity)
    inertia = compactness.moment_of_inertia(plan, goal.activity)
    mean = travel.mean_distance_to_center(plan, goal.activity)
    mass = np.bincount(plan.labels, compactness.weights(plan, goal.activity))
    overall = np.average(mean, weights=mass) if mass.any() else mean.mean()
    largest = travel.largest_distance_to_center(plan)
    square = f"{weight}·m²" if weight else "m²"
    return [
        *_objective(plan),
        Score("moment of inertia", inertia.sum(), square, inertia, "lower"),
        Score("mean distance to center", overall, "m", mean, "lower"),
        Score("largest distance to center", largest.max(), "m", largest, "lower"),
    ]


def _objective(plan: Plan) -> list[Score]:
    """The objective, and each of its terms where there are several."""
    problem = plan.problem
    scores = [Score("objective", objective(plan), problem.objective_unit, None, "lower")]
    if len(problem.terms) > 1:
        scores += [
            Score(f"objective: {short(term)}", value, problem.unit_of_measure(term), None, "lower")
            for term, value in zip(problem.terms, term_values(plan), strict=True)
        ]
    return scores


def _shape(plan: Plan, areas: Any) -> list[Score]:  # noqa: ANN401 - a GeoDataFrame, or None
    graph, scores = plan.problem.graph, []
    if graph.border_lengths is not None and graph.area is not None and graph.perimeter is not None:
        index = compactness.polsby_popper(plan)
        scores.append(Score("Polsby-Popper", index.mean(), RATIO, index, "higher"))
    if areas is not None:
        index = compactness.reock(plan, shapes_in_metres(plan, areas))
        scores.append(Score("Reock", index.mean(), RATIO, index, "higher"))
    if graph.border_lengths is not None:
        each = compactness.border_lengths(plan)
        scores.append(Score("border length", compactness.border_length(plan), "m", each, "lower"))
    scores.append(Score("cut edges", compactness.cut_edges(plan), COUNT, None, "lower"))
    return scores


def unit_of(plan: Plan, activity: str) -> str:
    """Unit of measure of an activity; its name where it has none."""
    return plan.problem.graph.activity(activity).unit_of_measure or activity


def _way(score: Score) -> str:
    return "" if score.better == "none" else score.better


def _cell(score: Score, territory: int) -> str:
    assert score.per_territory is not None  # noqa: S101 - callers choose such scores
    signed = score.unit_of_measure == FRACTION
    return figure(float(score.per_territory[territory]), score.unit_of_measure, sign=signed)
