"""A territory problem: the facts, the wishes, and how many territories to draw."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, floats, is_missing
from territorykit.errors import SHOWN, Problems, RequirementError, listing
from territorykit.model.objective import Compactness
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
from territorykit.model.unit_graph import UnitGraph

_Kind = TypeVar("_Kind")
_KINDS = (Balance, Capacity, Contiguous, MaxTravel, Fixed, Together, Apart)


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
        What to minimise among the plans that do. Without it: `Compactness` of the first balanced activity,
        or of the units alone where none is balanced.
    bases
        Array of shape (n_territories, 2): a point per territory in the graph's coordinates, metres.
    territory_names
        One text per territory; "1", "2", ... without it.

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
    objective: Compactness | None = None
    _: KW_ONLY
    bases: Floats | None = None
    territory_names: tuple[str, ...] | None = None

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            graph: UnitGraph,
            n_territories: int,
            requirements: Iterable[Requirement] | Requirement = (),
            objective: Compactness | None = None,
            *,
            bases: ArrayLike | None = None,
            territory_names: Iterable[str] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        problems = Problems("problem")
        self._check_shape(problems)
        problems.raise_as(RequirementError)
        if self.objective is None:
            balanced = self.of_type(Balance)
            object.__setattr__(self, "objective", Compactness(balanced[0].activity if balanced else None))
        self._check_names(problems)
        self._check_bases(problems)
        self._check_activities(problems)
        self._check_targets(problems)
        self._check_units(problems)
        problems.raise_as(RequirementError)
        found = list(_contradictions(self))
        for what, remedy in found[:SHOWN]:
            problems.add(what, remedy)
        if len(found) > SHOWN:
            problems.add(f"{len(found) - SHOWN:,} more contradictions between requirements", "resolve the first ones")
        problems.raise_as(RequirementError)

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
        if self.objective is not None and not isinstance(self.objective, Compactness):
            problems.add(f"objective is {self.objective!r}", "pass a Compactness")

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

    def _check_bases(self, problems: Problems) -> None:
        if self.bases is not None:
            remedy = f"pass one point per territory, shape ({self.n_territories}, 2), in metres"
            try:
                bases = floats(self.bases)
            except (TypeError, ValueError) as error:
                problems.add(f"bases: {error}", remedy)
                return
            object.__setattr__(self, "bases", bases)
            if bases.shape != (self.n_territories, 2):
                problems.add(f"bases has shape {bases.shape}", remedy)
            elif not np.isfinite(bases).all():
                problems.add("bases has values that are not finite", remedy)
        users = [r for r in self.of_type(MaxTravel) if r.to == "base"]
        if self.bases is None and (users or self.objective.center == "base"):  # type: ignore[union-attr]
            who = repr(users[0]) if users else repr(self.objective)
            problems.add(f"{who} needs bases and the problem has none", "pass bases=, one point per territory")

    def _check_activities(self, problems: Problems) -> None:
        known = {activity.name for activity in self.graph.activities}
        named = [r.activity for r in self.requirements if isinstance(r, Balance | Capacity)]
        named += [] if self.objective.activity is None else [self.objective.activity]  # type: ignore[union-attr]
        unknown = list(dict.fromkeys(name for name in named if name not in known))
        if unknown:
            problems.add(f"no activity {listing(unknown)} in the graph", f"it has {listing(sorted(known)) or 'none'}")
            return
        empty = [name for name in dict.fromkeys(named) if not self.graph.activity(name).total > 0]
        if empty:
            problems.add(f"activity {listing(empty)} is 0 in all units", "there is nothing to balance: leave it out")

    def _check_targets(self, problems: Problems) -> None:
        for r in self.of_type(Balance):
            if isinstance(r.targets, Mapping):
                wrong = set(r.targets) ^ set(self.names)
                if wrong:
                    problems.add(
                        f"{r!r}: targets and territory names differ in {listing(sorted(wrong))}",
                        "give every territory a target by its name",
                    )
            elif r.targets is not None and len(r.targets) != self.n_territories:
                problems.add(
                    f"{r!r} has {len(r.targets)} targets for {self.n_territories} territories", "pass one each"
                )
        for c in self.of_type(Capacity):
            for limits in (c.lower, c.upper):
                if isinstance(limits, np.ndarray) and len(limits) != self.n_territories:
                    problems.add(
                        f"{c!r} has {len(limits)} limits for {self.n_territories} territories", "pass one each"
                    )

    def _check_units(self, problems: Problems) -> None:
        named: dict[str, list[Any]] = {}
        for r in self.requirements:
            if isinstance(r, Fixed):
                named.setdefault("Fixed", []).extend(r.mapping)
            elif isinstance(r, Together):
                named.setdefault("Together", []).extend(unit for group in r.groups for unit in group)
            elif isinstance(r, Apart):
                named.setdefault("Apart", []).extend(unit for pair in r.pairs for unit in pair)
        for kind, units in named.items():
            unknown = list(dict.fromkeys(unit for unit in units if unit not in self.graph))
            if unknown:
                problems.add(
                    f"{kind} names units that are not in the graph: {listing(unknown)}",
                    f"ids here look like {listing(self.graph.ids[:2])}",
                )
        for fixed in self.of_type(Fixed):
            wrong = [t for t in dict.fromkeys(fixed.mapping.values()) if not self.is_territory(t)]
            if wrong:
                problems.add(
                    f"Fixed names territories that do not exist: {listing(wrong)}",
                    f"the names are {listing(self.names)}, or give positions from 0",
                )

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
    def goal(self) -> Compactness:
        """The objective, never None."""
        assert self.objective is not None  # noqa: S101 - set when the problem was made
        return self.objective

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
        return dict(self._fixations())

    def _fixations(self) -> Iterator[tuple[Any, int]]:
        position = {name: t for t, name in enumerate(self.names)}
        for r in self.of_type(Fixed):
            for unit, label in r.mapping.items():
                yield unit, position[label] if isinstance(label, str) else label

    def replace(self, **changes: Any) -> "Problem":  # noqa: ANN401 - the fields' own types
        """The same problem with some fields exchanged.

        An objective that was derived from the first balanced activity is derived anew.
        """
        if "objective" not in changes and "requirements" in changes and self.objective == self._derived():
            changes["objective"] = None
        return replace(self, **changes)

    def _derived(self) -> Compactness:
        balanced = self.of_type(Balance)
        return Compactness(balanced[0].activity if balanced else None)

    def __repr__(self) -> str:
        wishes = ", ".join(map(repr, self.requirements)) or "no requirements"
        activity = "" if self.goal.activity is None else repr(self.goal.activity)
        return (
            f"Problem({self.graph.n_units:,} units into {self.n_territories:,} territories; {wishes}; "
            f"{type(self.goal).__name__}({activity}))"
        )


def _contradictions(problem: Problem) -> Iterator[tuple[str, str]]:
    """Requirements whose arguments alone exclude each other."""
    group = _groups(problem)
    homes: dict[Any, int] = {}
    owner: dict[Any, Any] = {}
    for unit, t in problem._fixations():  # noqa: SLF001 - the same module
        root = group(unit)
        if homes.setdefault(root, t) != t:
            pair = {problem.names[t], problem.names[homes[root]]}
            joined = "" if owner[root] == unit else f", held together with {owner[root]!r},"
            yield f"unit {unit!r}{joined} is fixed to two territories: {listing(sorted(pair))}", "keep one of them"
        owner.setdefault(root, unit)
    for r in problem.of_type(Apart):
        for one, other in r.pairs:
            if problem.n_territories == 1:
                yield f"units {one!r} and {other!r} must be apart in a single territory", "ask for more territories"
            elif group(one) == group(other):
                yield f"units {one!r} and {other!r} must be together and apart", "drop one of the two"
            elif homes.get(group(one), -1) == homes.get(group(other), -2):
                name = problem.names[homes[group(one)]]
                yield f"units {one!r} and {other!r} must be apart and are both fixed to {name!r}", "move one of them"


class _Groups:
    """Which units are held together: a union-find over ids."""

    def __init__(self) -> None:
        self.parent: dict[Any, Any] = {}

    def __call__(self, unit: Any) -> Any:  # noqa: ANN401 - an id
        parent = self.parent
        while (above := parent.get(unit, unit)) != unit:
            parent[unit] = unit = parent.get(above, above)  # halving the path keeps long groups fast
        return unit

    def join(self, one: Any, other: Any) -> None:  # noqa: ANN401 - ids
        self.parent[self(other)] = self(one)


def _groups(problem: Problem) -> _Groups:
    groups = _Groups()
    for r in problem.of_type(Together):
        for units in r.groups:
            for unit in units[1:]:
                groups.join(units[0], unit)
    return groups
