"""Ways that travel limits are about, and limits for people: rounded so that they suffice, in km or minutes."""

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.model.problem import Problem
from territorykit.model.requirements import MaxTravel

FINEST = {"metres": 1.0, "minutes": 0.1}
"""To what limits are rounded up."""


def longest_from_units(problem: Problem, measure: str, units: Ints) -> Floats:
    """Metres or minutes from each unit of the map to the farthest of some units, shape (n_units,)."""
    xy, centers, longest = problem.graph.xy, np.arange(problem.graph.n_units), np.zeros(problem.graph.n_units)
    for u in units:
        if measure == "minutes" and problem.travel is not None:
            away = problem.travel.minutes_between(centers, u)
        else:
            away = np.hypot(xy[:, 0] - xy[u, 0], xy[:, 1] - xy[u, 1])
        np.maximum(longest, away, out=longest)
    return longest


def from_base(problem: Problem, measure: str, territory: int) -> Floats:
    """Metres or minutes from a territory's base, which is given, to each unit, shape (n_units,)."""
    if measure == "minutes" and problem.travel is not None:
        return problem.travel.minutes_from_bases(territory, np.arange(problem.graph.n_units))
    offset = problem.graph.xy - np.asarray(problem.bases)[territory]
    return np.asarray(np.hypot(offset[:, 0], offset[:, 1]), np.float64)


def all_ways(problem: Problem, r: MaxTravel) -> Floats:
    """Every way that a travel limit may be about, each length once, rising; in metres or minutes."""
    n, given = problem.graph.n_units, problem.given_bases & (r.to == "base")
    ways = [from_base(problem, r.measure, int(t)) for t in np.flatnonzero(given)]
    if not given.all():
        ways += [longest_from_units(problem, r.measure, np.array([u])) for u in range(n)]
    found = np.unique(np.concatenate(ways))
    return found[np.isfinite(found)]


def rounded_up(problem: Problem, measure: str, ways: Floats) -> Floats:
    """Limits that let ways in: whole metres or tenths of a minute, but none beyond what the travel was measured to."""
    limits = np.ceil(ways / FINEST[measure] * (1 - 1e-12)) * FINEST[measure]
    if measure == "minutes" and problem.travel is not None:
        limits = np.minimum(np.round(limits, 1), problem.travel.within)
    return np.asarray(limits[limits >= ways * (1 - 1e-9)], np.float64)


def limit_for(problem: Problem, measure: str, way: float) -> float | None:
    """The limit that lets a way in, None where no limit does."""
    found = rounded_up(problem, measure, np.array([way])) if np.isfinite(way) else np.zeros(0)
    return float(found[0]) if len(found) else None


def in_units(way: float, measure: str) -> str:
    """A way as people say it: in kilometres or minutes."""
    return f"{way / 1000:,.6g} km" if measure == "metres" else f"{way:,.6g} min"
