"""A plan: every unit in exactly one territory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, Ints, Objects, ints, is_missing
from territorykit.errors import PlanError, Problems, listing
from territorykit.model.problem import Problem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan(Content):
    """A complete, exclusive assignment of units to territories.

    Parameters
    ----------
    problem
        The problem that the plan answers.
    labels
        Shape (n_units,): the territory of each unit, by position from 0.
    centers
        Shape (n_territories,): position of the unit that stands for each territory, or None.

    Raises
    ------
    PlanError
        If a unit has no territory, a territory no unit, or a center lies in another territory.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> from territorykit.model.unit_graph import UnitGraph
    >>> graph = UnitGraph(["a", "b", "c"], [[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]], [Activity("calls", [1, 2, 3])])
    >>> plan = Plan(Problem(graph, 2, territory_names=["west", "east"]), [0, 0, 1])
    >>> plan.sizes("calls")
    array([3., 3.])
    >>> plan.members("west")
    array(['a', 'b'], dtype=object)
    >>> plan.move("b", "east").labels
    array([0, 1, 1])
    """

    problem: Problem
    labels: Ints
    centers: Ints | None = None

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            problem: Problem,
            labels: ArrayLike,
            centers: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        problems = Problems("plan")
        if not isinstance(self.problem, Problem):
            problems.add(f"problem is a {type(self.problem).__name__}", "pass a Problem")
            problems.raise_as(PlanError)
        for name in ("labels", "centers"):
            if getattr(self, name) is not None:
                self._convert(name, problems)
        problems.raise_as(PlanError)
        self._check_labels(problems)
        problems.raise_as(PlanError)
        self._check_centers(problems)
        problems.raise_as(PlanError)

    def _convert(self, name: str, problems: Problems) -> None:
        try:
            object.__setattr__(self, name, ints(getattr(self, name)))
        except (TypeError, ValueError) as error:
            problems.add(f"{name}: {error}", "pass positions; for names use Plan.from_labels")

    def _check_labels(self, problems: Problems) -> None:
        n, k = self.problem.graph.n_units, self.problem.n_territories
        if self.labels.shape != (n,):
            problems.add(f"labels has shape {self.labels.shape}, not ({n},)", "pass one territory per unit")
            return
        outside = (self.labels < 0) | (self.labels >= k)
        if outside.any():
            units = listing(self.problem.graph.ids[outside])
            problems.add(f"{int(outside.sum()):,} units have no territory: {units}", f"label them from 0 to {k - 1}")
            return
        empty = np.flatnonzero(np.bincount(self.labels, minlength=k) == 0)
        if len(empty):
            names = listing([self.problem.names[t] for t in empty])
            problems.add(f"{len(empty):,} territories have no unit: {names}", "ask for fewer territories")

    def _check_centers(self, problems: Problems) -> None:
        if self.centers is None:
            return
        n, k = self.problem.graph.n_units, self.problem.n_territories
        if self.centers.shape != (k,) or ((self.centers < 0) | (self.centers >= n)).any():
            problems.add("centers are not one unit position per territory", f"pass {k} positions below {n}")
            return
        away = np.flatnonzero(self.labels[self.centers] != np.arange(k))
        if len(away):
            names = listing([self.problem.names[t] for t in away])
            problems.add(f"the center of {names} lies in another territory", "choose one of its own units")

    @classmethod
    def from_labels(cls, problem: Problem, labels: "pd.Series[Any] | Mapping[Any, Any]") -> "Plan":
        """A plan from unit ids and territory names, such as a column of today's territories.

        Parameters
        ----------
        problem
            The problem. Where it names no territories, the names are taken from the labels: whole numbers in
            their order, then texts in theirs.
        labels
            Unit id to territory name: a mapping, or a pandas Series whose index holds the ids.

        Raises
        ------
        PlanError
            If units are missing, doubled or unknown, or the names do not fit the problem.
        """
        problems = Problems("plan")
        if not (isinstance(labels, Mapping) or (hasattr(labels, "keys") and hasattr(labels, "tolist"))):
            problems.add(
                f"labels is a {type(labels).__name__}",
                "pass a mapping from unit ids or a Series indexed by them; for positions use Plan(problem, labels)",
            )
            problems.raise_as(PlanError)
        ids = list(labels.keys())
        names = [_name(value) for value in (labels.values() if isinstance(labels, Mapping) else labels.tolist())]
        _check_ids(problem, ids, names, problems)
        problems.raise_as(PlanError)
        problem = _with_names(problem, {name for name in names if name is not None})
        position = {name: t for t, name in enumerate(problem.names)}
        found = np.empty(problem.graph.n_units, np.int64)
        found[problem.graph.positions(ids)] = [position[name] for name in names if name is not None]
        return cls(problem, found)

    def to_names(self) -> Objects:
        """Territory name of each unit, shape (n_units,)."""
        return np.array(self.problem.names, object)[self.labels]

    def to_series(self) -> "pd.Series[Any]":
        """Territory names by unit id, as a pandas Series named "territory"."""
        import pandas as pd  # noqa: PLC0415 - the model does without pandas

        return pd.Series(self.to_names(), index=pd.Index(self.problem.graph.ids, name="unit"), name="territory")

    def sizes(self, activity: str) -> Floats:
        """Sum of an activity over each territory, shape (n_territories,), in its unit of measure."""
        values = self.problem.graph.activity(activity).values
        return np.asarray(np.bincount(self.labels, values, self.problem.n_territories), np.float64)

    def members(self, territory: str | int) -> Objects:
        """Ids of the units of one territory, by name or position."""
        ids: Objects = self.problem.graph.ids[self.labels == self._territory(territory)]
        return ids

    def move(self, unit: Any, territory: str | int) -> "Plan":  # noqa: ANN401 - an id
        """The plan with one unit in another territory; centers are left open."""
        labels = self.labels.copy()
        labels[self.problem.graph.positions([unit])] = self._territory(territory)
        return replace(self, labels=labels, centers=None)

    def _territory(self, label: str | int) -> int:
        if not self.problem.is_territory(label):
            message = f"no territory {label!r}; the names are {listing(self.problem.names)}, the positions go from 0"
            raise PlanError(message)
        return self.problem.territory(label)

    def __repr__(self) -> str:
        return f"Plan({self.problem.graph.n_units:,} units in {self.problem.n_territories:,} territories)"


def _name(value: object) -> str | None:
    """A label as text, None where it is missing; 3.0, as in a column of numbers with gaps, reads "3"."""
    if isinstance(value, str):
        return value
    if is_missing(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _by_number(name: str) -> tuple[bool, int, str]:
    return not name.isdecimal(), int(name) if name.isdecimal() else 0, name


def _check_ids(problem: Problem, ids: list[Any], names: list[str | None], problems: Problems) -> None:
    unknown = [unit for unit in ids if unit not in problem.graph]
    if unknown:
        problems.add(f"units that are not in the graph: {listing(unknown)}", "leave them out or correct their ids")
    given = set(ids)
    missing = [unit for unit in problem.graph.ids if unit not in given]
    if missing:
        problems.add(f"units without a label: {listing(missing)}", "give every unit a territory")
    if len(given) < len(ids):
        seen: set[Any] = set()
        twice = [unit for unit in ids if unit in seen or seen.add(unit)]  # type: ignore[func-returns-value]
        problems.add(f"units that are labelled twice: {listing(twice)}", "keep one label each")
    empty = [unit for unit, name in zip(ids, names, strict=True) if not name]
    if empty:
        problems.add(f"labels that are missing, for unit {listing(empty)}", "give every unit a territory")


def _with_names(problem: Problem, names: set[str]) -> Problem:
    if names == set(problem.names):
        return problem
    if problem.territory_names is None and len(names) == problem.n_territories:
        return problem.replace(territory_names=tuple(sorted(names, key=_by_number)))
    problems = Problems("plan")
    unknown = sorted(names - set(problem.names), key=_by_number)
    unused = [name for name in problem.names if name not in names]
    if problem.territory_names is None:
        problems.add(
            f"the labels name {len(names):,} territories, the problem has {problem.n_territories:,}",
            f"set n_territories to {len(names)}",
        )
    elif unknown:
        problems.add(f"labels that are no territory of the problem: {listing(unknown)}", "correct or rename them")
    else:
        problems.add(f"territories without a unit: {listing(unused)}", "leave them out of the problem")
    problems.raise_as(PlanError)
    return problem
