"""A bound on the largest diameter: of more units than there are territories, two share one."""

import numpy as np
from scipy.spatial.distance import cdist

from territorykit._arrays import Floats, Ints
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.model.objective import Diameter
from territorykit.model.problem import Problem

_STARTS = 32


def diameter_bound(problem: Problem) -> tuple[float, Ints]:
    """What the terms with the largest diameter cost at least, and the units that prove it.

    The units are found by going to the farthest unit again and again, from many starts: the best of the sets of
    n_territories + 1 units, whose least distance is the bound. It is at least half of the best such bound [1]_.

    References
    ----------
    .. [1] Gonzalez, T. F. (1985). Clustering to minimize the maximum intercluster distance. *Theoretical Computer
           Science*, 38, 293-306.
    """
    terms = [term for term in problem.terms if isinstance(term, Diameter)]
    if not terms or problem.n_territories >= problem.graph.n_units:
        return 0.0, np.zeros(0, np.int64)
    best, witness = 0.0, np.zeros(0, np.int64)
    for distance in {term.distance for term in terms}:
        places = unit_vectors(np.asarray(problem.graph.lonlat)) if distance == "great-circle" else problem.graph.xy
        for start in _starts(places):
            units = _far_apart(places, start, problem.n_territories + 1)
            value = sum(term.weight * _least_distance(problem, units, term.distance) for term in terms)
            if value > best:
                best, witness = float(value), units
    return best, witness


def _starts(places: Floats) -> Ints:
    """Units to start from: those farthest out in many directions, and the middle one."""
    offset = places - places.mean(axis=0)
    turns = np.random.default_rng(0).normal(size=(places.shape[1], _STARTS))
    return np.unique(np.r_[(offset @ turns).argmax(axis=0), (offset**2).sum(axis=1).argmin()])


def _far_apart(places: Floats, start: int, count: int) -> Ints:
    units, away = [int(start)], np.full(len(places), np.inf)
    while len(units) < count:
        away = np.minimum(away, ((places - places[units[-1]]) ** 2).sum(axis=1))
        units.append(int(away.argmax()))
    return np.array(units, np.int64)


def _least_distance(problem: Problem, units: Ints, distance: str) -> float:
    sphere = distance == "great-circle"
    places = unit_vectors(np.asarray(problem.graph.lonlat)[units]) if sphere else problem.graph.xy[units]
    away = cdist(places, places)
    np.fill_diagonal(away, np.inf)
    return float(arcs(away.min(keepdims=True)).min() if sphere else away.min())
