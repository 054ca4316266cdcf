"""Cutting a part of the map in two along a sweep line, so that both sides stay connected."""

import heapq
from dataclasses import dataclass

import numpy as np

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.bundle import Bundle
from territorykit.solve.kernels.compiled import kernel


@kernel
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
        low, high = np.inf, -np.inf
        for i in range(s):
            along[i] = xy[i, 0] * directions[d, 0] + xy[i, 1] * directions[d, 1]
            low, high = min(low, along[i]), max(high, along[i])
        scale = steps / max(high - low, 1e-300)
        for i in range(s):
            b = min(int((along[i] - low) * scale), steps - 1) + 1
            step[d, i] = b
            for a in range(q):
                sums[d, b, a] += values[i, a]
        for b in range(steps):
            for a in range(q):
                sums[d, b + 1, a] += sums[d, b, a]
    return sums, step


@kernel
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


@kernel
def _missed(sums: Array, goal: Array, price: Array, b: int, part: float) -> float:
    """What a goal is missed by between two steps."""
    off = 0.0
    for a in range(len(goal)):
        off += price[a] * abs(sums[b, a] + part * (sums[b + 1, a] - sums[b, a]) - goal[a])
    return off


@kernel
def _around(all_of: Array, without: Array) -> float:
    """Weighted squared distances to the middle, from sums of weights, weighted coordinates and squares."""
    weight, x, y = all_of[0] - without[0], all_of[1] - without[1], all_of[2] - without[2]
    return max(all_of[3] - without[3] - (x * x + y * y) / max(weight, 1e-300), 0.0)


@dataclass(frozen=True, eq=False)
class Strip(Bundle):
    """A part of the map in the order of a sweep, and where it should be cut; s nodes, m sums."""

    indptr: Array
    """(n + 1,) int32: where the neighbors of each node of the map begin."""
    indices: Array
    """(e,) int32: the neighbors."""
    nodes: Array
    """(s,): the nodes, in the order of the sweep."""
    place: Array
    """(n,) int32: where a node of the map is in the sweep: -1 everywhere, and left so."""
    last: Array
    """(s,) bool: whether a node belongs to the other side."""
    loads: Array
    """(s, m): what is summed up."""
    goal: Array
    """(m,): what there should be before the cut."""
    price: Array
    """(m,): what it costs to miss it."""
    least: Array
    """(2,): how many nodes each side has at least."""
    connected: bool
    """Whether sides must be connected."""


@kernel
def sweep(strip: Strip) -> tuple[Array, float]:
    """Cut nodes in the order of a sweep where the loads before the cut fit a goal best.

    With `connected` the first side grows from the first node over the adjacency, always by the first node that
    it touches, and takes whatever it cuts off from the main piece of the other side: both are connected as far
    as the nodes are. Every such cut is looked at, since its loads are sums over pieces that only grow when nodes
    are put back in reverse.

    Returns
    -------
    before : ndarray of shape (s,)
        Whether each node lies before the cut.
    off : float
        What the goal is missed by; infinite where there is no such cut.
    """
    nodes, place = strip.nodes, strip.place
    for i in range(len(nodes)):
        place[nodes[i]] = i
    order = np.empty(len(nodes), np.int64)
    first = _reached(strip, order) if strip.connected else _unbound(strip, order)
    for i in range(len(nodes)):
        if strip.last[i]:
            order[first] = i
            first += 1
    rank = np.empty(len(nodes), np.int64)
    for i in range(len(nodes)):
        rank[order[i]] = i
    root = np.full(len(nodes), -1, np.int64)
    cut, off, main = _put_back(strip, order, rank, 1, root)
    before = np.ones(len(nodes), np.bool_)
    if cut >= 0:
        root[:] = -1
        _, _, main = _put_back(strip, order, rank, cut, root)
        for i in range(cut, len(nodes)):
            before[order[i]] = strip.connected and _find(root, order[i]) != main
    for u in nodes:
        place[u] = -1
    return before, off


@kernel
def _unbound(strip: Strip, order: Array) -> int:
    """Nodes that are not last, in the order of the sweep; returns how many."""
    found = 0
    for i in range(len(strip.nodes)):
        if not strip.last[i]:
            order[found] = i
            found += 1
    return found


@kernel
def _reached(strip: Strip, order: Array) -> int:
    """Nodes that are not last, always the first that a connected side touches; returns how many."""
    nodes, indptr, place = strip.nodes, strip.indptr, strip.place
    seen = strip.last.copy()
    heap = [np.int64(0) for _ in range(0)]
    found = 0
    for i in range(len(nodes)):
        if not seen[i]:
            seen[i] = True
            heapq.heappush(heap, np.int64(i))
        while len(heap) > 0:
            j = heapq.heappop(heap)
            order[found] = j
            found += 1
            u = nodes[j]
            for e in range(indptr[u], indptr[u + 1]):
                v = place[strip.indices[e]]
                if v >= 0 and not seen[v]:
                    seen[v] = True
                    heapq.heappush(heap, np.int64(v))
    return found


@kernel
def _put_back(strip: Strip, order: Array, rank: Array, until: int, root: Array) -> tuple[int, float, int]:
    """Put nodes on the other side, the last ones first; the best cut, what it is off, and the main piece now."""
    s, m = strip.loads.shape
    total, held = np.zeros(m), strip.loads.copy()
    count, weight = np.ones(s, np.int64), np.full(s, 1e-12)
    for i in range(s):
        for a in range(m):
            total[a] += strip.loads[i, a]
            weight[i] += strip.loads[i, a]
    best, lowest, main = np.int64(-1), np.inf, order[s - 1]
    for i in range(s - 1, until - 1, -1):
        r = order[i]
        root[r] = r
        u = strip.nodes[r]
        for e in range(strip.indptr[u], strip.indptr[u + 1] if strip.connected else strip.indptr[u]):
            v = strip.place[strip.indices[e]]
            if v >= 0 and rank[v] >= i:
                r = _united(root, held, count, weight, r, _find(root, np.int64(v)))
        if not strip.connected and i < s - 1:
            r = _united(root, held, count, weight, r, _find(root, order[i + 1]))
        main = _find(root, main)
        if weight[r] > weight[main]:
            main = r
        if count[main] < strip.least[1] or s - count[main] < strip.least[0]:
            continue
        off = 0.0
        for a in range(m):
            off += strip.price[a] * abs(total[a] - held[main, a] - strip.goal[a])
        if off < lowest:
            best, lowest = np.int64(i), off
    return best, lowest, main


@kernel
def _find(root: Array, i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@kernel
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
