"""The smallest widening of a band with which connected territories exist, where they all can be written down."""

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from territorykit._arrays import Bools, Floats, Ints
from territorykit.model.problem import Problem
from territorykit.model.requirements import Balance, Capacity, Requirement
from territorykit.solve.exact.enumeration import alike, all_territories, choose

FIRST, FACTOR = 0.001, 2.0
"""By what part of a territory's mean size a band is widened first, and by how many times more each time after."""


@dataclass(frozen=True, slots=True, eq=False)
class Widened:
    """A plan of the widened band.

    Parameters
    ----------
    labels
        Shape (n_units,).
    smallest
        Whether no plan needs less.
    """

    labels: Ints
    smallest: bool


def widened(problem: Problem, band: Balance | Capacity, others: list[Requirement], until: float) -> Widened | None:
    """The plan whose sizes are least outside of a band, while all others hold; None where that is not found out.

    The band is widened until a plan exists; among the territories at hand those farthest outside are then left out
    for as long as a plan is left.
    """
    if not alike(problem):
        return None
    by, most, none_at = FIRST, 1.0 - band.tolerance if isinstance(band, Balance) else 1.0, 0.0
    while monotonic() < until:
        eased = problem.replace(requirements=(*others, _wider(problem, band, by)))
        territories = all_territories(eased)
        if territories is None:
            return None
        found = choose(territories, np.zeros(len(territories)), problem.n_territories, seconds=until - monotonic())
        if found.labels is not None:
            return _narrowed(problem, band, territories, (none_at, found.labels), until)
        if not found.infeasible or by >= most:
            return None
        none_at, by = by, min(FACTOR * by, most)
    return None


def _narrowed(
    problem: Problem, band: Balance | Capacity, territories: Bools, known: tuple[float, Ints], until: float
) -> Widened:
    """Leave out the territories farthest outside for as long as a plan is left."""
    none_at, labels = known
    outside = _outside(problem, band, territories)
    worst = _outside(problem, band, labels == np.arange(problem.n_territories)[:, None]).max()
    steps = np.unique(outside[(outside > none_at) & (outside <= worst)])
    low, high, smallest = 0, len(steps) - 1, True
    while low < high:
        middle = (low + high) // 2
        near = territories[outside <= steps[middle]]
        found = choose(near, np.zeros(len(near)), problem.n_territories, seconds=until - monotonic())
        if found.labels is None:
            low, smallest = middle + 1, smallest and found.infeasible
        else:
            labels, high = found.labels, middle
    return Widened(labels, smallest)


def _mean(problem: Problem, band: Balance | Capacity) -> float:
    return problem.graph.activity(band.activity).total / problem.n_territories


def _wider(problem: Problem, band: Balance | Capacity, by: float) -> Balance | Capacity:
    if isinstance(band, Balance):
        return replace(band, tolerance=min(band.tolerance + by, 1.0))
    room = by * _mean(problem, band)
    return Capacity(band.activity, float(np.maximum(np.min(band.lower) - room, 0.0)), float(np.max(band.upper)) + room)


def _outside(problem: Problem, band: Balance | Capacity, territories: Bools) -> Floats:
    """How far each territory is outside of the band, as a part of the mean size."""
    sizes = territories @ problem.graph.activity(band.activity).values / _mean(problem, band)
    if isinstance(band, Balance):
        return np.maximum(np.abs(sizes - 1.0) - band.tolerance, 0.0)
    mean = _mean(problem, band)
    beyond = np.maximum(sizes - np.max(band.upper) / mean, np.min(band.lower) / mean - sizes)
    return np.asarray(np.maximum(beyond, 0.0), np.float64)
