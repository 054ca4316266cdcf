"""Cutting a part of the map in two along a sweep line, so that both sides stay connected."""

import heapq

import numpy as np

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import allocating, inlined


@allocating
def profiles(xy: Array, directions: Array, values: Array, steps: int) -> tuple[Array, Array]:
    """What lies before a sweep line on its way over some nodes, in equal steps along each direction.

    For `xy` (s, 2), `directions` (d, 2) and `values` (s, q): sums (d, steps + 1, q) of the values, and how
    many steps the line takes until each node lies before it, (d, s).
    """
    s, q = values.shape
    sums = np.zeros((len(directions), steps + 1, q))
    step = np.empty((len(directions), s), np.int32)
    along = np.empty(s)
    for d in range(len(directions)):
        for i in range(s):
            along[i] = xy[i, 0] * directions[d, 0] + xy[i, 1] * directions[d, 1]
        low = along.min()
        scale = steps / max(along.max() - low, 1e-300)
        for i in range(s):
            b = min(int((along[i] - low) * scale), steps - 1) + 1
            step[d, i] = b
            for a in range(q):
                sums[d, b, a] += values[i, a]
        for b in range(steps):
            for a in range(q):
                sums[d, b + 1, a] += sums[d, b, a]
    return sums, step


@allocating
def best_steps(sums: Array, goal: Array, price: Array, wrong: Array) -> tuple[Array, Array]:
    """What the best cut along each direction is off, and the inertia of its two sides.

    Parameters
    ----------
    sums
        Shape (d, steps + 1, m + 4): what `profiles` gives for loads, weights, and weighted coordinates and squares.
    goal
        Shape (d, m): the loads there should be before the cut.
    price
        Shape (m,): what it costs to miss them.
    wrong
        Shape (d, steps + 1): what each step costs besides.

    Returns
    -------
    off, inertia : ndarrays of shape (d,)
        Off between two steps, as if nodes were spread evenly there; inertia at the first of them.
    """
    m = goal.shape[1]
    off, inertia = np.full(len(sums), np.inf), np.zeros(len(sums))
    for d in range(len(sums)):
        last = sums.shape[1] - 1
        for b in range(1, last):
            least = _missed(sums[d], goal[d], price, b, 0.0)
            for a in range(m):
                here, there = sums[d, b, a] - goal[d, a], sums[d, b + 1, a] - goal[d, a]
                if here < 0 < there and b + 1 < last:
                    least = min(least, _missed(sums[d], goal[d], price, b, here / (here - there)))
            if least + wrong[d, b] < off[d]:
                off[d] = least + wrong[d, b]
                inertia[d] = _around(sums[d, b, m:], sums[d, b, m:] * 0) + _around(sums[d, last, m:], sums[d, b, m:])
    return off, inertia


@inlined
def _missed(sums: Array, goal: Array, price: Array, b: int, part: float) -> float:
    """What a goal is missed by between two steps."""
    off = 0.0
    for a in range(len(goal)):
        off += price[a] * abs(sums[b, a] + part * (sums[b + 1, a] - sums[b, a]) - goal[a])
    return off


@inlined
def _around(all_of: Array, without: Array) -> float:
    """Weighted squared distances to the middle, from sums of weights, weighted coordinates and squares."""
    weight, x, y = all_of[0] - without[0], all_of[1] - without[1], all_of[2] - without[2]
    return max(all_of[3] - without[3] - (x * x + y * y) / max(weight, 1e-300), 0.0)


@allocating
def sweep(
    indptr: Array, indices: Array, nodes: Array, place: Array, last: Array,
    loads: Array, goal: Array, price: Array, least: Array, connected: bool,
) -> tuple[Array, float]:  # fmt: skip
    """Cut nodes in the order of a sweep where the loads before the cut fit a goal best.

    With `connected` the first side grows from the first node over the adjacency, always by the first node that
    it touches, and takes whatever it cuts off from the main piece of the other side: both are connected as far
    as the nodes are. Every such cut is looked at, since its loads are sums over pieces that only grow when nodes
    are put back in reverse.

    Parameters
    ----------
    indptr, indices
        The adjacency of all nodes.
    nodes
        Shape (s,): the nodes, in the order of the sweep.
    place
        Shape (n_nodes,) int32: -1 everywhere, and left so.
    last
        Shape (s,): nodes that belong to the other side.
    loads
        Shape (s, m): what is summed up.
    goal, price
        Shapes (m,): what there should be before the cut, and what it costs to miss it.
    least
        Shape (2,): how many nodes each side has at least.
    connected
        Whether sides must be connected.

    Returns
    -------
    before : ndarray of shape (s,)
        Whether each node lies before the cut.
    off : float
        What the goal is missed by; infinite where there is no such cut.
    """
    for i in range(len(nodes)):
        place[nodes[i]] = i
    order = _reached(indptr, indices, nodes, place, last) if connected else np.argsort(last, kind="mergesort")
    rank = np.empty(len(nodes), np.int32)
    rank[order] = np.arange(len(nodes)).astype(np.int32)
    root = np.full(len(nodes), -1, np.int32)
    cut, off, main = _put_back(
        indptr, indices, nodes, place, order, rank, loads, goal, price, least, connected, 1, root
    )  # fmt: skip
    before = np.ones(len(nodes), np.bool_)
    if cut >= 0:
        root[:] = -1
        _, _, main = _put_back(
            indptr, indices, nodes, place, order, rank, loads, goal, price, least, connected, cut, root
        )  # fmt: skip
        for i in range(cut, len(nodes)):
            before[order[i]] = connected and _find(root, order[i]) != main
    for u in nodes:
        place[u] = -1
    return before, off


@allocating
def _reached(indptr: Array, indices: Array, nodes: Array, place: Array, last: Array) -> Array:
    """Nodes as a connected side reaches them, the first that it touches at each step; `last` ones at the end."""
    s = len(nodes)
    order = np.empty(s, np.int64)
    seen = last.copy()
    heap = [np.int64(0) for _ in range(0)]
    found = 0
    for i in range(s):
        if not seen[i]:
            seen[i] = True
            heapq.heappush(heap, np.int64(i))
        while len(heap) > 0:
            j = heapq.heappop(heap)
            order[found] = j
            found += 1
            u = nodes[j]
            for e in range(indptr[u], indptr[u + 1]):
                v = place[indices[e]]
                if v >= 0 and not seen[v]:
                    seen[v] = True
                    heapq.heappush(heap, np.int64(v))
    for i in range(s):
        if last[i]:
            order[found] = i
            found += 1
    return order


@allocating
def _put_back(
    indptr: Array, indices: Array, nodes: Array, place: Array, order: Array, rank: Array, loads: Array, goal: Array,
    price: Array, least: Array, connected: bool, until: int, root: Array,
) -> tuple[int, float, int]:  # fmt: skip
    """Put nodes on the other side, the last ones first; the best cut, what it is off, and the main piece now."""
    s, m = loads.shape
    total = loads.sum(axis=0)
    held = loads.copy()
    count = np.ones(s, np.int64)
    weight = np.empty(s)
    for i in range(s):
        weight[i] = loads[i].sum() + 1e-12
    best, lowest, main = -1, np.inf, order[s - 1]
    for i in range(s - 1, until - 1, -1):
        r = order[i]
        root[r] = r
        u = nodes[r]
        for e in range(indptr[u], indptr[u + 1]) if connected else range(0):
            v = place[indices[e]]
            if v >= 0 and rank[v] >= i:
                r = _united(root, held, count, weight, r, _find(root, v))
        if not connected and i < s - 1:
            r = _united(root, held, count, weight, r, _find(root, order[i + 1]))
        main = _find(root, main)
        if weight[r] > weight[main]:
            main = r
        if count[main] < least[1] or s - count[main] < least[0]:
            continue
        off = 0.0
        for a in range(m):
            off += price[a] * abs(total[a] - held[main, a] - goal[a])
        if off < lowest:
            best, lowest = i, off
    return best, lowest, main


@allocating
def _find(root: Array, i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@allocating
def _united(root: Array, held: Array, count: Array, weight: Array, one: int, other: int) -> int:
    """One piece of two."""
    if one == other:
        return one
    if count[one] < count[other]:
        one, other = other, one
    root[other] = one
    count[one] += count[other]
    weight[one] += weight[other]
    for a in range(held.shape[1]):
        held[one, a] += held[other, a]
    return one
