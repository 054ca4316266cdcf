"""Starts from a plan, such as today's: made to fit the locks and, where asked, connected."""

import numpy as np

from territorykit.model.plan import Plan
from territorykit.solve.compile import Compiled
from territorykit.solve.kernels import connect
from territorykit.solve.kernels.arrays import Array


def plan_start(compiled: Compiled, plan: Plan) -> Array:
    """Node labels near those of a plan, by the names of its territories.

    Pieces apart from a territory's main one go to their neighbors where territories must be connected.
    A territory that loses its last unit to locks keeps none: the search starts afresh then.
    """
    labels = np.ascontiguousarray(compiled.labels_of_nodes(plan), np.int32)
    if compiled.facts.contiguous:
        reconnect(compiled, labels)
    return labels


def reconnect(compiled: Compiled, labels: Array) -> None:
    """Let neighbors take every piece that lies apart from its territory's main one; changes `labels`.

    A component of the map where no territory has its main piece stays as it is.
    """
    before = labels.copy()
    facts, k = compiled.facts, compiled.problem.n_territories
    connect.keep_main_pieces(facts.indptr, facts.indices, compiled.mass, facts.fixed, k, labels)
    known = labels >= 0
    count = np.maximum(np.bincount(labels[known], minlength=k), 1)
    at = np.stack([np.bincount(labels[known], axis[known], k) / count for axis in facts.point.T], axis=1)
    prices = np.zeros((k, facts.loads.shape[1]))
    ratio = facts.loads / compiled.mass[:, None]
    connect.adopt(facts.indptr, facts.indices, facts.point, ratio, at, prices, facts.allowed, labels)
    np.copyto(labels, before, where=labels < 0)
