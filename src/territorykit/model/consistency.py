"""What may be wrong with the arguments of a problem, or contradictory among them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from territorykit.errors import Problems, listing
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
from territorykit.model.objective import AssignmentCost, BorderLength, CenterTerm, Compactness, Diameter, TravelCost
from territorykit.model.requirements import (
    Apart,
    Balance,
    Capacity,
    Fixed,
    MaxTravel,
    Together,
)
from territorykit.model.workload import BalancedWorkload

if TYPE_CHECKING:
    from territorykit.model.problem import Problem


def check_arguments(problem: "Problem", problems: Problems) -> None:
    """Put on the list what the requirements and terms name and the problem does not have, or not in this size."""
    _check_compactness(problem, problems)
    _check_terms(problem, problems)
    _check_bases(problem, problems)
    _check_travel(problem, problems)
    _check_workload(problem, problems)
    _check_activities(problem, problems)
    _check_targets(problem, problems)
    _check_units(problem, problems)
    _check_territories(problem, problems)
    _check_groups(problem, problems)


def _compactness(problem: "Problem") -> list[CenterTerm]:
    return [term for term in problem.terms if isinstance(term, CenterTerm)]


def _check_compactness(problem: "Problem", problems: Problems) -> None:
    """Several of them have one center per territory in common, so that they must agree on what it is."""
    terms = _compactness(problem)
    kinds = {type(term) for term in terms}
    if len(kinds) > 1:
        problems.add(
            "the objective has Compactness and TravelCost",
            "a territory has one center: take one of the two, or weigh several activities by one of them",
        )
        return
    if kinds == {TravelCost} and len({(term.price, term.center) for term in terms}) > 1:  # type: ignore[union-attr]
        problems.add(
            "the TravelCost terms differ in center, per_hour or per_km",
            "a territory has one center: let all of them share these, and give them weights",
        )
        return
    differing = [name for name in ("power", "center", "distance") if len({getattr(t, name) for t in terms}) > 1]
    if differing:
        problems.add(
            f"the Compactness terms differ in {' and '.join(differing)}",
            "a territory has one center: let all of them share power, center and distance",
        )
    elif len({term.activity for term in terms}) > 1 and terms[0].center == "centroid":
        problems.add(
            f"the Compactness terms with center='centroid' have different activities: "
            f"{listing(dict.fromkeys(term.activity for term in terms))}",
            "a territory has one centroid: name one activity, or take center='unit'",
        )


def _check_terms(problem: "Problem", problems: Problems) -> None:
    graph, shape = problem.graph, (problem.graph.n_units, problem.n_territories)
    for term in problem.terms:
        if isinstance(term, AssignmentCost) and term.costs.shape != shape:
            problems.add(
                f"{term!r}: costs has shape {term.costs.shape}, not {shape}",
                "pass one row per unit and one column per territory",
            )
        if isinstance(term, BorderLength) and graph.border_lengths is None:
            problems.add(
                f"{term!r} needs border lengths and the graph has none",
                "make it from polygons with unit_graph, or pass border_lengths=np.ones(n_edges) to count cut edges",
            )
        if isinstance(term, Compactness | Diameter) and term.distance == "great-circle" and graph.lonlat is None:
            problems.add(f"{term!r} needs longitudes and latitudes and the graph has none", "pass lonlat= to UnitGraph")


def _check_bases(problem: "Problem", problems: Problems) -> None:
    based = [term for term in _compactness(problem) if term.center == "base"]
    users: list[Any] = [r for r in problem.of_type(MaxTravel) if r.to == "base" and r.measure == "metres"]
    users += [term for term in based if term.distance == "planar"]
    if problem.bases is None and users:
        problems.add(f"{users[0]!r} needs bases and the problem has none", "pass bases=, one point per territory")
    users = [term for term in based if term.distance == "great-circle"]
    if problem.bases_lonlat is None and users:
        problems.add(
            f"{users[0]!r} needs bases in degrees and the problem has none",
            "pass bases_lonlat=, one point per territory",
        )
    _check_free_bases(problem, problems)


def _check_free_bases(problem: "Problem", problems: Problems) -> None:
    shape = (problem.n_territories, 2)
    points = [p for p in (problem.bases, problem.bases_lonlat) if isinstance(p, np.ndarray) and p.shape == shape]
    if not points:
        return
    free = [np.isnan(p[:, 0]) for p in points]
    if len(free) > 1 and (free[0] != free[1]).any():
        names = listing([problem.names[t] for t in np.flatnonzero(free[0] != free[1])])
        problems.add(f"bases and bases_lonlat differ in which ones are free: {names}", "give both, or NaN in both")
    if not free[0].any():
        return
    if free[0].all():
        problems.add("all bases are free", "leave bases out, and take center='unit' and to='center'")
    to_center = [r for r in problem.of_type(MaxTravel) if r.to == "center"]
    if to_center:
        problems.add(
            f"{to_center[0]!r} limits the way to centers while some bases are free",
            "take to='base': where the base is free it is the way to the center",
        )


def _check_travel(problem: "Problem", problems: Problems) -> None:
    travel = problem.travel
    users: list[Any] = [term for term in _compactness(problem) if term.distance == "travel"]
    limits = [r for r in problem.of_type(MaxTravel) if r.measure == "minutes"]
    if travel is None:
        if users or limits:
            problems.add(f"{(users + limits)[0]!r} needs travel and the problem has none", "pass travel=, a Travel")
        return
    if travel.n_units != problem.graph.n_units:
        problems.add(
            f"travel has {travel.n_units:,} units and the graph {problem.graph.n_units:,}",
            "pass one row per unit of the graph, in its order",
        )
    if travel.n_bases not in (0, problem.n_territories):
        problems.add(
            f"travel has {travel.n_bases:,} bases for {problem.n_territories:,} territories", "pass one row each"
        )
    based = [term for term in users if term.center == "base"] + [r for r in limits if r.to == "base"]
    if based and not travel.n_bases:
        problems.add(
            f"{based[0]!r} needs travel from bases and the travel has none",
            "pass bases= to tk.travel, or base_indptr, base_indices and base_minutes to Travel",
        )
    for r in limits:
        if r.limit > travel.within:
            problems.add(
                f"{r!r} is longer than the {travel.within:g} minutes up to which the travel was measured",
                "measure it with a larger within=",
            )
    _check_metres(problem, problems)


def _check_workload(problem: "Problem", problems: Problems) -> None:
    found = problem.of_type(BalancedWorkload)
    if len(found) > 1:
        problems.add(f"there are {len(found)} BalancedWorkload", "a territory's work is counted in one way: keep one")
    for r in found:
        if problem.travel is None:
            problems.add(f"{r!r} needs travel and the problem has none", "pass travel=, as tk.travel makes it")
        elif r.workload.to == "base" and not problem.travel.n_bases:
            problems.add(f"{r!r} needs travel from bases and the travel has none", "pass bases= to tk.travel")
        if r.workload.to == "center" and any(term.center == "base" for term in _compactness(problem)):
            problems.add(
                f"{r!r}: days begin at centers while the objective looks from bases",
                "let both look from the same place: to='base', or center='unit'",
            )
        stops = r.workload.between_stops
        if isinstance(stops, np.ndarray) and len(stops) != problem.graph.n_units:
            problems.add(
                f"{r!r}: between_stops has {len(stops):,} entries for {problem.graph.n_units:,} units",
                "pass one per unit of the graph, in its order",
            )


def _check_metres(problem: "Problem", problems: Problems) -> None:
    travel = problem.travel
    costs = [term for term in problem.terms if isinstance(term, TravelCost) and term.per_km > 0]
    if travel is None or not costs:
        return
    if travel.metres is None or (costs[0].center == "base" and travel.base_metres is None):
        problems.add(f"{costs[0]!r} needs metres and the travel has only minutes", "measure metres too, or per_km=0")


def _check_activities(problem: "Problem", problems: Problems) -> None:
    known = {activity.name for activity in problem.graph.activities}
    named = [r.activity for r in problem.requirements if isinstance(r, Balance | Capacity)]
    named += [r.activity for r in problem.of_type(MaxMoved) if r.activity is not None]
    for r in problem.of_type(BalancedWorkload):
        named += [r.workload.visits, *([r.workload.service] if isinstance(r.workload.service, str) else [])]
    named += [term.activity for term in _compactness(problem) if term.activity is not None]
    unknown = list(dict.fromkeys(name for name in named if name not in known))
    if unknown:
        problems.add(f"no activity {listing(unknown)} in the graph", f"it has {listing(sorted(known)) or 'none'}")
        return
    empty = [name for name in dict.fromkeys(named) if not problem.graph.activity(name).total > 0]
    if empty:
        problems.add(f"activity {listing(empty)} is 0 in all units", "there is nothing to balance: leave it out")


def _check_targets(problem: "Problem", problems: Problems) -> None:
    k = problem.n_territories
    for r in problem.of_type(Balance):
        if isinstance(r.targets, Mapping):
            wrong = set(r.targets) ^ set(problem.names)
            if wrong:
                problems.add(
                    f"{r!r}: targets and territory names differ in {listing(sorted(wrong))}",
                    "give every territory a target by its name",
                )
        elif r.targets is not None and len(r.targets) != k:
            problems.add(f"{r!r} has {len(r.targets)} targets for {k} territories", "pass one each")
    for c in problem.of_type(Capacity):
        for limits in (c.lower, c.upper):
            if isinstance(limits, np.ndarray) and len(limits) != k:
                problems.add(f"{c!r} has {len(limits)} limits for {k} territories", "pass one each")


def _check_units(problem: "Problem", problems: Problems) -> None:
    named: dict[str, list[Any]] = {}
    for r in problem.requirements:
        if isinstance(r, Fixed):
            named.setdefault("Fixed", []).extend(r.mapping)
        elif isinstance(r, Together):
            named.setdefault("Together", []).extend(unit for group in r.groups for unit in group)
        elif isinstance(r, Apart):
            named.setdefault("Apart", []).extend(unit for pair in r.pairs for unit in pair)
        elif isinstance(r, MaxMoved):
            named.setdefault("MaxMoved", []).extend(r.incumbent)
    for kind, units in named.items():
        unknown = list(dict.fromkeys(unit for unit in units if unit not in problem.graph))
        if unknown:
            problems.add(
                f"{kind} names units that are not in the graph: {listing(unknown)}",
                f"ids here look like {listing(problem.graph.ids[:2])}",
            )


def _check_territories(problem: "Problem", problems: Problems) -> None:
    for r in problem.requirements:
        if isinstance(r, Fixed | MaxMoved):
            mapping = r.mapping if isinstance(r, Fixed) else r.incumbent
            wrong = [t for t in dict.fromkeys(mapping.values()) if not problem.is_territory(t)]
            if wrong:
                leave = "; leave out the units of territories that are gone" if isinstance(r, MaxMoved) else ""
                problems.add(
                    f"{type(r).__name__} names territories that do not exist: {listing(wrong)}",
                    f"the names are {listing(problem.names)}, or give positions from 0{leave}",
                )


def _check_groups(problem: "Problem", problems: Problems) -> None:
    for r in problem.of_type(Nested):
        if r.group not in problem.graph.groups:
            problems.add(
                f"{r!r}: the graph has no group {r.group!r}",
                f"it has {listing(sorted(problem.graph.groups)) or 'none: pass groups= to UnitGraph'}",
            )


def contradictions(problem: "Problem") -> Iterator[tuple[str, str]]:
    """Requirements whose arguments alone exclude each other, as pairs of (what, remedy)."""
    group = _groups(problem)
    homes: dict[Any, int] = {}
    owner: dict[Any, Any] = {}
    for unit, t in problem.fixations():
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


def _groups(problem: "Problem") -> _Groups:
    groups = _Groups()
    for r in problem.of_type(Together):
        for units in r.groups:
            for unit in units[1:]:
                groups.join(units[0], unit)
    return groups
