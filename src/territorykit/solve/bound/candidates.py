"""Where territories may be looked at from in the relaxed problem, and what units cost from there.

A candidate is a unit that may stand for any territory, a unit that is a territory's given center, or a territory's
base. Where some bases are given and others free, the given ones stand after the units, which then serve the territories
with a free base alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.model.objective import AssignmentCost, CenterTerm
from territorykit.model.problem import Problem

SLACK = 2e-9
"""What limits are widened by, relative to their size: the referee forgives half of it for rounding."""

_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Some candidates of one kind.

    Parameters
    ----------
    first
        Position of the first of them among all candidates.
    place
        Shape (n,): units, or territories whose bases they are.
    owner
        Shape (n,): the only territory that each serves, -1 for any of `served`.
    served
        Territories that candidates without an owner may serve.
    at
        "units" (any of them), "centers" (units that are given) or "bases".
    """

    first: int
    place: Ints
    owner: Ints
    served: Ints
    at: str


def looks_from_centers(problem: Problem) -> bool:
    """Whether a term of the objective counts ways from centers or bases."""
    return any(isinstance(term, CenterTerm) for term in problem.terms)


def bases_beside_units(problem: Problem) -> Ints:
    """Territories whose base is given while those of others are free, where the objective looks from bases."""
    based = looks_from_centers(problem) and problem.goal.center == "base" and not problem.given_bases.all()
    return np.flatnonzero(problem.given_bases) if based else np.zeros(0, np.int64)


def candidates_of(problem: Problem, centers: Ints | None, *, named: bool) -> list[Candidates]:
    """All candidates; with `named` each territory has one of its own, at its base or its given center."""
    every = np.arange(problem.n_territories)
    if named:
        at = "bases" if centers is None else "centers"
        return [Candidates(0, every if centers is None else centers, every, every, at)]
    based, units = bases_beside_units(problem), np.arange(problem.graph.n_units)
    others = np.setdiff1d(every, based)
    found = [Candidates(0, units, np.full(len(units), -1, np.int64), others, "units")]
    return found + ([Candidates(len(units), based, based, based, "bases")] if len(based) else [])


def costs_of(problem: Problem, centers: Ints | None, *, named: bool) -> Iterator[tuple[slice, Floats]]:
    """Cost of every unit at each candidate, some candidates at a time; infinite where it may not belong there."""
    for group in candidates_of(problem, centers, named=named):
        step = max(1, _CHUNK // problem.graph.n_units)
        for start in range(0, len(group.place), step):
            part = slice(start, min(start + step, len(group.place)))
            yield slice(group.first + part.start, group.first + part.stop), _costs(problem, group, part)


def _costs(problem: Problem, group: Candidates, part: slice) -> Floats:
    place, owner = group.place[part], group.owner[part]
    cost = np.zeros((len(place), problem.graph.n_units))
    if looks_from_centers(problem):
        cost += weighed(problem, distances(problem, place, based=group.at == "bases"))
    assigned = sum((t.weight * t.costs for t in problem.terms if isinstance(t, AssignmentCost)), np.zeros((1, 1)))
    if assigned.size > 1:
        cost += np.where((owner < 0)[:, None], assigned[:, group.served].min(axis=1), assigned.T[owner])
    cost[_too_far(problem, group, part)] = np.inf
    for unit, t in problem.fixed().items():
        barred = (owner >= 0) & (owner != t) | ((owner < 0) & (t not in group.served))
        cost[barred, problem.graph.positions([unit])[0]] = np.inf
    return cost


def distances(problem: Problem, candidates: Ints, *, based: bool) -> Floats:
    """Distance from each candidate (a unit, or a territory's base) to every unit, as the objective takes it."""
    goal, units = problem.goal, np.arange(problem.graph.n_units)
    if goal.distance == "travel" and problem.ways is not None:
        way = problem.ways.minutes_from_bases if based else problem.ways.minutes_between
        return np.stack([way(np.full(len(units), c), units) for c in candidates])
    if goal.distance == "great-circle":
        places = unit_vectors(np.asarray(problem.graph.lonlat))
        points = unit_vectors(np.asarray(problem.bases_lonlat)[candidates]) if based else places[candidates]
        return arcs(cdist(points, places))
    points = np.asarray(problem.bases) if based else problem.graph.xy
    return np.asarray(cdist(points[candidates], problem.graph.xy), np.float64)


def weighed(problem: Problem, away: Floats) -> Floats:
    """What units cost at distances, the last axis; infinite without a way, whatever they weigh."""
    there = np.isfinite(away)
    return np.where(there, problem.center_weights * np.where(there, away, 0.0) ** problem.goal.power, np.inf)


def _too_far(problem: Problem, group: Candidates, part: slice) -> Bools:
    """Pairs that no plan has because of `MaxTravel`, shape (candidates, n_units).

    Units that serve no territory with a given base are bound by what limits the ways from bases as well.
    """
    place, n = group.place[part], problem.graph.n_units
    barred = np.zeros((len(place), n), bool)
    roles = {"units": ["center"], "centers": [], "bases": ["base"]}[group.at]
    if group.at == "units" and not problem.given_bases[group.served].any():
        roles.append("base")
    tied = problem.given_bases[place] if group.at == "bases" else np.ones(len(place), bool)
    for measure in ("metres", "minutes"):
        limit = min((problem.reach(to, measure) for to in roles), default=np.inf)
        if np.isfinite(limit) and tied.any():
            barred[tied] |= _ways(problem, group.at, place[tied], measure) > limit * (1 + SLACK)
    return barred


def _ways(problem: Problem, at: str, place: Ints, measure: str) -> Floats:
    """Metres or minutes from some places of a kind to every unit; infinite without a way."""
    units = np.arange(problem.graph.n_units)
    if measure == "minutes" and problem.travel is not None:
        way = problem.travel.minutes_from_bases if at == "bases" else problem.travel.minutes_between
        return way(place[:, None], units[None])
    points = np.asarray(problem.bases) if at == "bases" else problem.graph.xy
    return np.asarray(cdist(points[place], problem.graph.xy), np.float64)
