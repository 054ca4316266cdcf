"""Territories that grow from seeds over the adjacency, the one that lacks most first."""

import heapq

import numpy as np

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import kernel


@kernel
def grow(
    indptr: Array, indices: Array, point: Array, mass: Array, loads: Array, sizes: Array, allowed: Array, labels: Array
) -> None:
    """Give nodes without a label, -1, to the territories that reach them.

    The territory that is furthest below its aim, in the mean over all activities, takes the nearest to its
    running mean of the free nodes that it touches. What no territory reaches keeps -1.

    Parameters
    ----------
    indptr, indices
        What touches what.
    point
        Shape (n, 3): where nodes are.
    mass
        Shape (n,): what they count for in the mean.
    loads, sizes
        Shapes (n, m) and (k, m): loads, and what each territory should have of them.
    allowed
        Shape (n, k) uint8, or (0, 0) where every node may go everywhere.
    labels
        Shape (n,) int32: where territories begin; changed.
    """
    n, k = len(labels), len(sizes)
    filled = np.zeros(k)
    total = np.zeros(k)
    sums = np.zeros((k, 3))
    touched = [[(0.0, np.int64(0)) for _ in range(0)] for _ in range(k)]
    for u in range(n):
        if labels[u] >= 0:
            _add(point, mass, loads, sizes, filled, total, sums, labels[u], u)
    for u in range(n):
        if labels[u] >= 0:
            _touch(indptr, indices, point, total, sums, allowed, labels, touched, labels[u], u)
    queue = [(filled[t], t) for t in range(k)]
    heapq.heapify(queue)
    while len(queue) > 0:
        _, t = heapq.heappop(queue)
        u = _nearest(point, total, sums, labels, touched[t], t)
        if u < 0:
            continue
        labels[u] = t
        _add(point, mass, loads, sizes, filled, total, sums, t, u)
        _touch(indptr, indices, point, total, sums, allowed, labels, touched, t, u)
        heapq.heappush(queue, (filled[t], t))


@kernel
def _add(
    point: Array, mass: Array, loads: Array, sizes: Array, filled: Array, total: Array, sums: Array, t: int, u: int
) -> None:
    total[t] += mass[u]
    for axis in range(3):
        sums[t, axis] += mass[u] * point[u, axis]
    m = loads.shape[1]
    for a in range(m):
        filled[t] += loads[u, a] / max(sizes[t, a], 1e-12) / m


@kernel
def _away(point: Array, total: Array, sums: Array, t: int, u: int) -> float:
    """Squared distance of a node from a territory's running mean."""
    away = 0.0
    for axis in range(3):
        away += (point[u, axis] - sums[t, axis] / total[t]) ** 2
    return away


@kernel
def _touch(
    indptr: Array, indices: Array, point: Array, total: Array, sums: Array, allowed: Array, labels: Array,
    touched: list[list[tuple[float, int]]], t: int, u: int,
) -> None:  # fmt: skip
    """Note the free neighbors of a node that a territory has."""
    for e in range(indptr[u], indptr[u + 1]):
        v = indices[e]
        if labels[v] < 0 and (allowed.shape[0] == 0 or allowed[v, t] > 0):
            heapq.heappush(touched[t], (_away(point, total, sums, t, v), np.int64(v)))


@kernel
def _nearest(point: Array, total: Array, sums: Array, labels: Array, touched: list[tuple[float, int]], t: int) -> int:
    """The nearest free node that the territory touches, -1 without any.

    Distances are from where the mean was when they were noted: the first ones are measured anew.
    """
    while len(touched) > 0:
        _, u = heapq.heappop(touched)
        if labels[u] >= 0:
            continue
        away = _away(point, total, sums, t, u)
        if len(touched) == 0 or away <= touched[0][0]:
            return u
        heapq.heappush(touched, (away, u))
    return -1
