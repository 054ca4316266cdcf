"""Starts where few units may move: today's plan, or a diagram whose territories get the names that fit it best."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from territorykit._arrays import Floats
from territorykit.solve.compile import Compiled
from territorykit.solve.kernels.arrays import POINT, Array
from territorykit.solve.start.diagram import Diagram, blank
from territorykit.solve.start.finish import nearest_territories

NEVER = 1e9
"""What each node costs that a name would put where it may not be."""


def todays_diagram(compiled: Compiled, rng: np.random.Generator) -> Diagram:
    """Today's territories around their middles, whatever that is worth.

    Nodes without one go to the nearest; territories that have no nodes today get a center that is drawn.
    """
    facts = compiled.facts
    diagram, today = blank(compiled), _today(compiled)
    for t in np.flatnonzero(~diagram.given):
        own = np.flatnonzero(today == t)
        if len(own):
            diagram.at[t] = np.average(facts.point[own], axis=0, weights=facts.weight[own])
    diagram.spread(rng)
    lost = np.flatnonzero(today < 0)
    diagram.labels[:] = today
    diagram.labels[lost] = nearest_territories(compiled, diagram.at, lost)
    return diagram


def _today(compiled: Compiled) -> Array:
    """Today's territory of each node by the first limit on moves that names one, or -1; locked nodes have theirs."""
    today = compiled.facts.fixed.copy()
    for home in compiled.facts.home:
        today = np.where(today < 0, home, today)
    if compiled.facts.allowed.shape[0]:
        may = compiled.facts.allowed[np.arange(len(today)), np.maximum(today, 0)] > 0
        today = np.where(may | (compiled.facts.fixed >= 0), today, -1)
    return today


def with_todays_names(compiled: Compiled, labels: Array) -> Array:
    """The same territories with exchanged labels, so that as little as possible has moved and limits fit.

    Where territories differ in what units cost in them, they keep their labels.
    """
    facts = compiled.facts
    if facts.center == POINT or facts.given.any() or facts.costs.shape[0] > 0:
        return labels
    name: Array = linear_sum_assignment(_misfit(compiled, labels))[1].astype(np.int32)
    return np.asarray(name[labels])


def _misfit(compiled: Compiled, labels: Array) -> Floats:
    """What each territory breaks under each label, and what it moves, shape (k, k)."""
    facts = compiled.facts
    k, m = facts.lower.shape
    misfit = np.zeros((k, k))
    for home, load in zip(facts.home, facts.move_load, strict=True):
        named = home >= 0
        stays = np.zeros((k, k))
        np.add.at(stays, (labels[named], home[named]), load[named])
        misfit += np.bincount(labels[named], load[named], k)[:, None] - stays
    for i in range(m):
        size = np.bincount(labels, facts.loads[:, i], k)[:, None]
        misfit += np.maximum(size - facts.upper[:, i], 0) + np.maximum(facts.lower[:, i] - size, 0)
    if facts.allowed.shape[0]:
        np.add.at(misfit, labels, NEVER * (1.0 - facts.allowed))
    locked = np.flatnonzero(facts.fixed >= 0)
    never = NEVER * len(labels)  # locks come first
    np.add.at(misfit, labels[locked], never)
    np.add.at(misfit, (labels[locked], facts.fixed[locked]), -never)
    return misfit
