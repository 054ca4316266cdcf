"""The last steps of every first plan: nodes where they may be, a node for each territory, connected territories."""

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from territorykit._arrays import Floats
from territorykit.solve.compile import Compiled
from territorykit.solve.kernels import connect, join, power
from territorykit.solve.kernels.arrays import POINT, Array, Facts


def finished(compiled: Compiled, labels: Array, at: Floats, center: Array, prices: Floats) -> Array:
    """Labels with every territory in possession of a node and, where asked, connected.

    Parameters
    ----------
    compiled
        The problem.
    labels
        Shape (n_nodes,) int32: what is not finished yet.
    at
        Shape (n_territories, 3): centers.
    center
        Shape (n_territories,) int32: the nodes they are at, where travel times say how far nodes are.
    prices
        Shape (n_territories, n_activities): prices of the loads.

    Returns
    -------
    ndarray of shape (n_nodes,)
        New labels.
    """
    labels = labels.copy()
    _fill_empty(compiled, labels, at)
    if compiled.facts.contiguous:
        _connect(compiled, labels, at, center, prices)
        _fill_empty(compiled, labels, at)
    return labels


def finished_around(compiled: Compiled, labels: Array) -> Array:
    """The same for labels that no diagram stands behind: centers are in the middle, loads have no prices.

    Locked nodes get their territory, nodes out of reach of theirs another one, and nodes without a label,
    -1, what is near.
    """
    compiled = with_something_to_lower(compiled)
    facts, k = compiled.facts, compiled.problem.n_territories
    labels = np.where(facts.fixed >= 0, facts.fixed, labels).astype(np.int32)
    at, center = _middles(compiled, labels)
    prices = np.zeros((k, facts.loads.shape[1]))
    _place(compiled, labels, at)
    return finished(compiled, labels, at, center, prices)


def with_something_to_lower(compiled: Compiled) -> Compiled:
    """Round territories, where neither distances nor costs say which ones are good: their borders are short."""
    facts = compiled.facts
    return compiled if facts.compact or facts.costs.shape[0] else replace(compiled, facts=facts.replace(compact=True))


def _middles(compiled: Compiled, labels: Array) -> tuple[Floats, Array]:
    """Given centers or the middles of the cells, and the nodes nearest to them."""
    facts, k = compiled.facts, compiled.problem.n_territories
    at = np.tile(facts.point.mean(axis=0), (k, 1))
    center = np.zeros(k, np.int32)
    known = labels >= 0
    power.means(facts.point[known], facts.weight[known], labels[known], at)
    if facts.center == POINT or facts.given.any():
        at = np.where(np.isnan(compiled.points), at, compiled.points)
    center[:] = cKDTree(facts.point).query(at)[1]
    return at, center


def _place(compiled: Compiled, labels: Array, at: Floats) -> None:
    """Give nodes that have no label, or one that is out of reach, the nearest territory that may have them."""
    facts = compiled.facts
    if facts.allowed.shape[0]:
        may = facts.allowed[np.arange(len(labels)), labels] > 0
        labels[~may & (facts.fixed < 0)] = -1
    if facts.contiguous:
        ratio = facts.loads / compiled.mass[:, None]
        prices = np.zeros((len(at), facts.loads.shape[1]))
        connect.adopt(facts.indptr, facts.indices, facts.point, ratio, at, prices, facts.allowed, labels)
    lost = np.flatnonzero(labels < 0)
    labels[lost] = nearest_territories(compiled, at, lost)


def nearest_territories(compiled: Compiled, at: Floats, nodes: Array) -> Array:
    """The nearest territory of each node, of those where it may be."""
    point, allowed = compiled.facts.point, compiled.facts.allowed
    nearest = cKDTree(at).query(point[nodes])[1]
    for i in np.flatnonzero(allowed[nodes, nearest] == 0) if allowed.shape[0] else ():
        away = ((at - point[nodes[i]]) ** 2).sum(axis=1)
        nearest[i] = np.argmin(np.where(allowed[nodes[i]] > 0, away, np.inf))
    return np.asarray(nearest)


def _fill_empty(compiled: Compiled, labels: Array, at: Floats) -> None:
    """Give each empty territory the node nearest its center that can be spared."""
    facts, k = compiled.facts, len(at)
    count = np.bincount(labels, minlength=k)
    for t in np.flatnonzero(count == 0):
        spare = np.flatnonzero((count[labels] > 1) & (facts.fixed < 0))
        if facts.allowed.shape[0] and facts.allowed[spare, t].any():
            spare = spare[facts.allowed[spare, t] > 0]
        if len(spare) == 0:
            return
        u = _spared(facts, labels, spare[np.argsort(((facts.point[spare] - at[t]) ** 2).sum(axis=1))])
        count[labels[u]] -= 1
        count[t] += 1
        labels[u] = t


def _spared(facts: Facts, labels: Array, nodes: Array) -> int:
    """The first node whose territory stays in as many pieces without it, where that matters; or else the first."""
    if facts.contiguous:
        before = _count_pieces(facts, labels)
        for u in nodes:
            without = labels.copy()
            without[u] = -1
            if _count_pieces(facts, without) <= before + 1:
                return int(u)
    return int(nodes[0])


def _connect(compiled: Compiled, labels: Array, at: Floats, center: Array, prices: Floats) -> None:
    """Make the cells connected."""
    facts, mass, k = compiled.facts, compiled.mass, len(at)
    join.join_pieces(facts, at, center, prices, mass, labels)
    ratio = facts.loads / mass[:, None]
    prices = prices * (mass / np.maximum(facts.weight, 1e-300)).mean()
    for _ in range(3):  # filling an empty territory can cut another one
        before = labels.copy()
        if connect.keep_main_pieces(facts.indptr, facts.indices, mass, facts.fixed, k, labels) == 0:
            return
        connect.adopt(facts.indptr, facts.indices, facts.point, ratio, at, prices, facts.allowed, labels)
        np.copyto(labels, before, where=labels < 0)


def _count_pieces(facts: Facts, labels: Array) -> int:
    return int(connect.pieces(facts.indptr, facts.indices, labels, np.empty(len(labels), np.int32)))
