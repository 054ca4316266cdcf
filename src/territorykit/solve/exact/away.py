"""How far units are from centers and bases, and where travel limits let them belong."""

import numpy as np
from scipy.spatial.distance import cdist

from territorykit._arrays import Bools, Floats
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.model.objective import CenterTerm
from territorykit.model.problem import Problem
from territorykit.model.requirements import MaxTravel
from territorykit.model.travel import Travel

WITHIN = 1 + 1e-9
"""What distances may be over a limit, because computers round."""
MEASURES = ("metres", "minutes")


def goal_center(problem: Problem) -> str | None:
    """What the center of a territory is by the objective, None where no term says it."""
    return next((term.center for term in problem.terms if isinstance(term, CenterTerm)), None)


def free_bases(problem: Problem) -> Bools:
    """Territories that are looked at from one of their units as their base is free, shape (n_territories,).

    None of them, where nothing is about bases.
    """
    based = goal_center(problem) == "base" or any(r.to == "base" for r in problem.of_type(MaxTravel))
    return ~problem.given_bases & based


def costs_from_units(problem: Problem) -> Floats:
    """What each unit costs by the way from each unit as a center, shape (n_units, n_units); infinite without a way."""
    goal, graph = problem.goal, problem.graph
    if goal.distance == "travel" and problem.ways is not None:
        return _weighted(problem, _between(problem.ways))
    if goal.distance == "great-circle":
        points = unit_vectors(np.asarray(graph.lonlat))
        return _weighted(problem, arcs(cdist(points, points)))
    return _weighted(problem, cdist(graph.xy, graph.xy))


def costs_from_bases(problem: Problem) -> Floats:
    """What each unit costs by the way from each base, (n_units, n_territories); for free bases it says nothing."""
    goal, graph = problem.goal, problem.graph
    if goal.distance == "travel" and problem.ways is not None:
        return _weighted(problem, _from_bases(problem.ways))
    if goal.distance == "great-circle":
        bases = unit_vectors(np.nan_to_num(np.asarray(problem.bases_lonlat)))
        return _weighted(problem, arcs(cdist(unit_vectors(np.asarray(graph.lonlat)), bases)))
    return _weighted(problem, cdist(graph.xy, np.nan_to_num(np.asarray(problem.bases))))


def near_units(problem: Problem, *roles: str) -> Bools:
    """Pairs of unit and center within the limits to "center" or "base", whichever are named; (n_units, n_units)."""
    may = np.ones((problem.graph.n_units,) * 2, bool)
    for measure in MEASURES:
        limit = min(problem.reach(to, measure) for to in roles)
        if np.isfinite(limit):
            may &= ways_from_units(problem, measure) <= limit * WITHIN
    return may


def near_bases(problem: Problem) -> Bools:
    """Pairs of unit and given base within the limits, shape (n_units, n_territories); all of those of free bases."""
    may = np.ones((problem.graph.n_units, problem.n_territories), bool)
    for measure in MEASURES:
        limit = problem.reach("base", measure)
        if np.isfinite(limit):
            may &= (ways_from_bases(problem, measure) <= limit * WITHIN) | ~problem.given_bases
    return may


def ways_from_units(problem: Problem, measure: str) -> Floats:
    """Metres or minutes to each unit from each unit, shape (n_units, n_units); infinite without a way."""
    xy = problem.graph.xy
    if measure == "minutes" and problem.travel is not None:
        return _between(problem.travel)
    return np.asarray(cdist(xy, xy), np.float64)


def ways_from_bases(problem: Problem, measure: str) -> Floats:
    """Metres or minutes to each unit from each base, shape (n_units, n_territories); infinite where it is free."""
    if measure == "minutes" and problem.travel is not None:
        away = _from_bases(problem.travel)
    else:
        away = np.asarray(cdist(problem.graph.xy, np.nan_to_num(np.asarray(problem.bases))), np.float64)
    away[:, ~problem.given_bases] = np.inf
    return away


def _between(travel: Travel) -> Floats:
    away = np.full((travel.n_units, travel.n_units), np.inf)
    away[travel.indices, np.repeat(np.arange(travel.n_units), np.diff(travel.indptr))] = travel.minutes
    np.fill_diagonal(away, 0.0)
    return away


def _from_bases(travel: Travel) -> Floats:
    away = np.full((travel.n_units, travel.n_bases), np.inf)
    rows = np.repeat(np.arange(travel.n_bases), np.diff(np.asarray(travel.base_indptr)))
    away[travel.base_indices, rows] = travel.base_minutes
    return away


def _weighted(problem: Problem, away: Floats) -> Floats:
    reached = np.isfinite(away)
    cost = problem.center_weights[:, None] * np.where(reached, away, 0.0) ** problem.goal.power
    return np.where(reached, cost, np.inf)
