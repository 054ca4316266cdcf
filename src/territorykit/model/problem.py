"""A territory problem: the facts, the wishes, and how many territories to draw."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Bools, Content, Floats, Ints, floats, is_missing
from territorykit.errors import SHOWN, Problems, RequirementError, listing
from territorykit.model.consistency import check_arguments, contradictions
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
from territorykit.model.objective import (
    AssignmentCost,
    BorderLength,
    CenterTerm,
    Compactness,
    Diameter,
    Term,
    TravelCost,
    sum_of,
)
from territorykit.model.requirements import (
    Apart,
    Balance,
    Capacity,
    Contiguous,
    Fixed,
    MaxTravel,
    Requirement,
    Together,
)
from territorykit.model.settings import TerritoryLabel
from territorykit.model.travel import Travel
from territorykit.model.unit_graph import UnitGraph
from territorykit.model.workload import BalancedWorkload

_Kind = TypeVar("_Kind")
_KINDS = (Balance, Capacity, Contiguous, MaxTravel, Fixed, Together, Apart, MaxMoved, Nested, BalancedWorkload)
_TERMS = (Compactness, TravelCost, AssignmentCost, Diameter, BorderLength)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Problem(Content):
    """Units to be divided into territories, the requirements and the objective.

    Parameters
    ----------
    graph
        The units with their activities and neighbors.
    n_territories
        How many territories to draw.
    requirements
        What every plan must fulfil.
    objective
        What to minimise among the plans that do: one term, or several whose weighted sum counts; kept as a
        tuple. Without it: `Compactness` of the first balanced activity, or of the units alone where none is
        balanced. Several `Compactness` share power, center and distance, as a territory has one center.
    travel
        Minutes from unit to unit, and from bases to units, in the order of the graph and of the territories.
    bases
        Array of shape (n_territories, 2): a point per territory in the graph's coordinates, metres; NaN in the rows
        of territories whose base is free. Such a territory is looked at from the unit that stands for it.
    bases_lonlat
        Array of shape (n_territories, 2): the same in WGS 84 degrees, longitude first.
    territory_names
        One text per territory; "1", "2", ... without it.

    Attributes
    ----------
    ways
        What the objective takes travel for: `travel`, or what its ways cost where `TravelCost` has a price for them.

    Raises
    ------
    RequirementError
        With everything that is wrong in the arguments at once, or else what is contradictory. What needs sizes or the
        graph's connections to be seen is not an error: `solve` answers it with conflicts.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> graph = UnitGraph(["a", "b"], [[0, 0], [1, 0]], [[0, 1]], [Activity("workload", [1, 1])])
    >>> problem = Problem(graph, 2, [Balance("workload", 0.05), Contiguous()])
    >>> problem
    Problem(2 units into 2 territories; Balance('workload', 0.05), Contiguous(); Compactness('workload'))
    >>> problem.replace(n_territories=1).n_territories
    1
    """

    graph: UnitGraph
    n_territories: int
    requirements: tuple[Requirement, ...] = ()
    objective: tuple[Term, ...] = ()
    _: KW_ONLY
    travel: Travel | None = None
    bases: Floats | None = None
    bases_lonlat: Floats | None = None
    territory_names: tuple[str, ...] | None = None
    ways: Travel | None = field(init=False, default=None)

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            graph: UnitGraph,
            n_territories: int,
            requirements: Iterable[Requirement] | Requirement = (),
            objective: Iterable[Term] | Term | None = None,
            *,
            travel: Travel | None = None,
            bases: ArrayLike | None = None,
            bases_lonlat: ArrayLike | None = None,
            territory_names: Iterable[str] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        problems = Problems("problem")
        self._check_shape(problems)
        problems.raise_as(RequirementError)
        if not self.objective:
            object.__setattr__(self, "objective", self._derived())
        self._check_names(problems)
        self._check_points(problems)
        check_arguments(self, problems)
        problems.raise_as(RequirementError)
        object.__setattr__(self, "ways", self._priced())
        found = list(contradictions(self))
        for what, remedy in found[:SHOWN]:
            problems.add(what, remedy)
        if len(found) > SHOWN:
            problems.add(f"{len(found) - SHOWN:,} more contradictions between requirements", "resolve the first ones")
        problems.raise_as(RequirementError)

    def _priced(self) -> Travel | None:
        """`ways`: what the objective takes travel for, minutes or, where travel has a price, what it costs."""
        goal = self.goal
        return self.travel.priced(*goal.price) if self.travel and isinstance(goal, TravelCost) else self.travel

    def _check_shape(self, problems: Problems) -> None:
        if not isinstance(self.graph, UnitGraph):
            problems.add(f"graph is a {type(self.graph).__name__}", "pass a UnitGraph, as unit_graph makes it")
            return
        k = self.n_territories
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            problems.add(f"n_territories is {k!r}", "pass a whole number from 1")
        elif k > self.graph.n_units:
            problems.add(
                f"{k:,} territories are more than the {self.graph.n_units:,} units",
                "ask for fewer, or split units",
            )
        else:
            object.__setattr__(self, "n_territories", int(k))
        if isinstance(self.requirements, _KINDS):
            object.__setattr__(self, "requirements", (self.requirements,))
        object.__setattr__(self, "requirements", tuple(self.requirements or ()))
        wrong = [r for r in self.requirements if not isinstance(r, _KINDS)]
        if wrong:
            problems.add(f"{listing(wrong)} is no requirement", "pass objects such as Contiguous() or Balance(...)")
        self._check_objective(problems)
        if self.travel is not None and not isinstance(self.travel, Travel):
            problems.add(f"travel is a {type(self.travel).__name__}", "pass a Travel")

    def _check_objective(self, problems: Problems) -> None:
        given: Any = self.objective
        if given is None or isinstance(given, _TERMS):
            given = () if given is None else (given,)
        terms = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
        object.__setattr__(self, "objective", terms)
        wrong = [term for term in terms if not isinstance(term, _TERMS)]
        if wrong:
            problems.add(f"objective is {listing(wrong)}", "pass terms such as Compactness() or BorderLength()")

    def _check_names(self, problems: Problems) -> None:
        if self.territory_names is None:
            return
        if isinstance(self.territory_names, str):
            problems.add(f"territory_names is the text {self.territory_names!r}", "pass a list of texts")
            object.__setattr__(self, "territory_names", None)
            return
        names = tuple("" if is_missing(name) else str(name) for name in self.territory_names)
        object.__setattr__(self, "territory_names", names)
        if len(names) != self.n_territories:
            problems.add(f"{len(names):,} names for {self.n_territories:,} territories", "pass one name each")
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            problems.add(f"territory names are used more than once: {listing(twice)}", "make them unique")
        if not all(names):
            problems.add(f"{names.count(''):,} territory names are missing or empty", "name every territory")

    def _check_points(self, problems: Problems) -> None:
        for name, unit in (("bases", "metres"), ("bases_lonlat", "degrees")):
            if getattr(self, name) is None:
                continue
            remedy = f"pass one point per territory, shape ({self.n_territories}, 2), in {unit}"
            try:
                points = floats(getattr(self, name))
            except (TypeError, ValueError) as error:
                problems.add(f"{name}: {error}", remedy)
                continue
            object.__setattr__(self, name, points)
            if points.shape != (self.n_territories, 2):
                problems.add(f"{name} has shape {points.shape}", remedy)
            elif np.isinf(points).any() or (np.isnan(points[:, 0]) != np.isnan(points[:, 1])).any():
                problems.add(f"{name} has values that are not finite", f"{remedy}; NaN in both where a base is free")
            elif unit == "degrees" and (np.abs(points) > (360, 90)).any():
                problems.add(f"{name} has values that are no degrees", f"{remedy}, longitude first")

    def is_territory(self, label: object) -> bool:
        """Whether a label names a territory or is the position of one."""
        if isinstance(label, str):
            return label in self.names
        return isinstance(label, int | np.integer) and 0 <= int(label) < self.n_territories

    @property
    def names(self) -> tuple[str, ...]:
        """The territory names that were given, or "1" to "n_territories"."""
        return self.territory_names or tuple(str(t) for t in range(1, self.n_territories + 1))

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms of the objective, whose weighted sum is minimised; at least one."""
        return self.objective

    @property
    def goal(self) -> CenterTerm:
        """What a territory's center is: the first term of the objective that says it, or a plain `Compactness`."""
        return next((term for term in self.terms if isinstance(term, CenterTerm)), Compactness())

    @property
    def center_weights(self) -> Floats:
        """What each unit weighs where a center is chosen, shape (n_units,).

        The sum of weight times activity over the terms that have centers; 1 for every unit where there are none.
        """
        found = [term for term in self.terms if isinstance(term, CenterTerm)]
        total = np.zeros(self.graph.n_units)
        for term in found:
            total += term.weight * (1.0 if term.activity is None else self.graph.activity(term.activity).values)
        return total if found else total + 1.0

    def unit_of_measure(self, term: Term) -> str:
        """The unit of measure of a term of the objective; an activity without one counts in itself."""
        if isinstance(term, Compactness) and term.activity is not None:
            activity = self.graph.activity(term.activity)
            return term.unit_of_measure(activity.unit_of_measure or activity.name)
        return term.unit_of_measure()

    @property
    def objective_unit(self) -> str:
        """The unit of measure of the objective: that of its only term, or "weighted sum"."""
        term = self.terms[0]
        return self.unit_of_measure(term) if len(self.terms) == 1 and term.weight == 1 else "weighted sum"

    @property
    def given_bases(self) -> Bools:
        """Which territories have a base that was given, shape (n_territories,); the others' are free."""
        for points in (self.bases, self.bases_lonlat):
            if points is not None:
                return np.asarray(~np.isnan(points[:, 0]), np.bool_)
        return np.full(self.n_territories, self.travel is not None and self.travel.n_bases > 0)

    def reach(self, to: str, measure: str) -> float:
        """The least limit of all `MaxTravel` to "center" or "base" in "metres" or "minutes"; infinite without one."""
        return min((r.limit for r in self.of_type(MaxTravel) if (r.to, r.measure) == (to, measure)), default=np.inf)

    @property
    def bands(self) -> tuple[Balance | Capacity, ...]:
        """The requirements that limit sizes."""
        return tuple(r for r in self.requirements if isinstance(r, Balance | Capacity))

    def of_type(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        """The requirements of one type."""
        return tuple(r for r in self.requirements if isinstance(r, kind))

    def territory(self, label: str | int) -> int:
        """Position of a territory from its name, or the position itself."""
        return self.names.index(label) if isinstance(label, str) else int(label)

    def targets(self, balance: Balance) -> Floats:
        """Target sizes of a balance, shape (n_territories,)."""
        if isinstance(balance.targets, Mapping):
            return np.array([balance.targets[name] for name in self.names])
        if balance.targets is not None:
            return balance.targets
        total = self.graph.activity(balance.activity).total
        return np.full(self.n_territories, total / self.n_territories)

    def fixed(self) -> dict[Any, int]:
        """Unit id to territory position, over all `Fixed`."""
        return dict(self.fixations())

    def fixations(self) -> Iterator[tuple[Any, int]]:
        """The same one by one; a unit that is fixed twice comes twice."""
        for r in self.of_type(Fixed):
            yield from self._positions(r.mapping)

    def incumbent(self, requirement: MaxMoved) -> Ints:
        """Today's territory of each unit by a requirement, shape (n_units,): positions, -1 where it names none."""
        labels = np.full(self.graph.n_units, -1, np.int64)
        pairs = list(self._positions(requirement.incumbent))
        labels[self.graph.positions([unit for unit, _ in pairs])] = [t for _, t in pairs]
        return labels

    def groups(self, requirement: Nested) -> Ints:
        """The group of each unit by a requirement, shape (n_units,), from 0 in order of first appearance.

        It is -1 where the unit's label is missing.
        """
        labels = self.graph.groups[requirement.group]
        position = {label: g for g, label in enumerate(dict.fromkeys(x for x in labels if x is not None))}
        return np.array([-1 if label is None else position[label] for label in labels], np.int64)

    def _positions(self, mapping: Mapping[Any, TerritoryLabel]) -> Iterator[tuple[Any, int]]:
        position = {name: t for t, name in enumerate(self.names)}
        for unit, label in mapping.items():
            yield unit, position[label] if isinstance(label, str) else label

    def replace(self, **changes: Any) -> "Problem":  # noqa: ANN401 - the fields' own types
        """The same problem with some fields exchanged.

        An objective that was derived from the first balanced activity is derived anew.
        """
        if "objective" not in changes and "requirements" in changes and self.objective == self._derived():
            changes["objective"] = ()
        return replace(self, **changes)

    def _derived(self) -> tuple[Term, ...]:
        balanced = self.of_type(Balance)
        return (Compactness(balanced[0].activity if balanced else None),)

    def __repr__(self) -> str:
        wishes = ", ".join(map(repr, self.requirements)) or "no requirements"
        return (
            f"Problem({self.graph.n_units:,} units into {self.n_territories:,} territories; {wishes}; "
            f"{sum_of(self.terms)})"
        )
