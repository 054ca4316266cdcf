"""Starts from a plan, such as today's: made to fit the locks and, where asked, connected."""

import numpy as np

from territorykit._arrays import Ints
from territorykit.model.plan import Plan
from territorykit.solve.compile import Compiled
from territorykit.solve.kernels import connect


def plan_start(compiled: Compiled, plan: Plan) -> Ints:
    """Node labels near those of a plan, by the names of its territories.

    Pieces apart from a territory's main one go to their neighbors where territories must be connected.
    A territory that loses its last unit to locks keeps none: the search starts afresh then.
    """
    labels = np.ascontiguousarray(compiled.labels_of_nodes(plan), np.int32)
    facts, k = compiled.facts, compiled.problem.n_territories
    if facts.contiguous:
        connect.keep_main_pieces(facts.indptr, facts.indices, compiled.mass, facts.fixed, k, labels)
        at = np.zeros((k, 2))
        known = labels >= 0
        for i, axis in enumerate((facts.x, facts.y)):
            count = np.bincount(labels[known], minlength=k)
            at[:, i] = np.bincount(labels[known], axis[known], k) / np.maximum(count, 1)
        prices = np.zeros((k, facts.loads.shape[1]))
        ratio = facts.loads / compiled.mass[:, None]
        connect.adopt(facts.indptr, facts.indices, facts.x, facts.y, ratio, at, prices, facts.allowed, labels)
    return labels
