"""Making the cells of a diagram connected at the least loss.

A piece that lies apart from the main piece of its territory either goes to a neighboring territory, or a way of
nodes joins it to the main piece: whatever costs less at the diagram's prices. The way is a shortest one, each
node costing what it loses by the change of territory (Kalcsics, J., Nickel, S., Schröder, M. (2005). Towards a
unified territorial design approach. *TOP*, 13(1), 1-56, resolve split units alike).
"""

import heapq

import numpy as np

from territorykit.solve.kernels.arrays import Array, Facts
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.connect import pieces
from territorykit.solve.kernels.power import cost_in

MOST_PASSES = 12
"""A way can cut another territory in two, so pieces are looked for again."""
LEAST_LOSS = 1e-6
"""What entering a node costs at least, as a part of what a node costs in the mean: short ways are better."""


@kernel
def _loss(facts: Facts, at: Array, center: Array, prices: Array, u: int, now: int, t: int) -> float:
    """What node u costs more in territory t than where it is, prices of its loads included."""
    loss = cost_in(facts, at, center, u, t) - cost_in(facts, at, center, u, now)
    for a in range(prices.shape[1]):
        loss += (prices[t, a] - prices[now, a]) * facts.loads[u, a]
    return loss


@kernel
def _main_pieces(facts: Facts, mass: Array, labels: Array, piece: Array, found: int) -> tuple[Array, Array]:
    """The main piece of each territory, by locked nodes and then by mass; and the mass of every piece."""
    value, size = np.zeros(found), np.zeros(found)
    for u in range(len(labels)):
        size[piece[u]] += mass[u]
        value[piece[u]] += mass[u] + (1e12 if facts.fixed[u] >= 0 else 0.0)
    main = np.full(len(facts.lower), -1, np.int64)
    for u in range(len(labels)):
        t = labels[u]
        if main[t] < 0 or value[piece[u]] > value[main[t]]:
            main[t] = piece[u]
    return main, size


@kernel
def _give_away(
    facts: Facts, at: Array, center: Array, prices: Array, sizes: Array, labels: Array, nodes: Array, toll: float
) -> tuple[int, float]:
    """The neighboring territory that takes some nodes at the least loss, imbalance included; -1 without any."""
    now = labels[nodes[0]]
    best, least = -1, np.inf
    tried = np.zeros(len(at), np.bool_)
    load = np.zeros(facts.loads.shape[1])
    for u in nodes:
        load += facts.loads[u]
    for u in nodes:
        for e in range(facts.indptr[u], facts.indptr[u + 1]):
            b = labels[facts.indices[e]]
            if b == now or tried[b]:
                continue
            tried[b] = True
            loss = 0.0
            for v in nodes:
                if facts.fixed[v] >= 0 or (facts.allowed.shape[0] > 0 and facts.allowed[v, b] == 0):
                    loss = np.inf
                    break
                loss += _loss(facts, at, center, prices, v, now, b)
            for a in range(len(load)):
                loss += toll * max(0.0, min(load[a], sizes[b, a] + load[a] - facts.upper[b, a]))
                loss += toll * max(0.0, min(load[a], facts.lower[now, a] - sizes[now, a] + load[a]))
            if loss < least:
                best, least = b, loss
    return best, least


@kernel
def _way(
    facts: Facts, at: Array, center: Array, prices: Array, labels: Array, piece: Array,
    taken: Array, nodes: Array, goal: int, most: float, dearest: float,
) -> list[int]:  # fmt: skip
    """The cheapest way from some nodes to the piece `goal` of their territory, if it costs less than `most`."""
    t = labels[nodes[0]]
    length = np.full(len(labels), np.inf)
    before = np.full(len(labels), -1, np.int32)
    heap = [(0.0, np.int64(nodes[0]))]
    for u in nodes:
        length[u] = 0.0
        heap.append((0.0, np.int64(u)))
    heapq.heapify(heap)
    while len(heap) > 0:
        d, u = heapq.heappop(heap)
        if d > length[u]:
            continue
        if piece[u] == goal and labels[u] == t:
            way = [np.int64(u)]
            while before[way[-1]] >= 0:
                way.append(np.int64(before[way[-1]]))
            return way
        for e in range(facts.indptr[u], facts.indptr[u + 1]):
            v = facts.indices[e]
            step = 0.0
            if labels[v] != t:
                if taken[v] or facts.fixed[v] >= 0 or (facts.allowed.shape[0] > 0 and facts.allowed[v, t] == 0):
                    continue
                step = max(dearest, _loss(facts, at, center, prices, v, labels[v], t))
            if d + step < length[v] and d + step < most:
                length[v] = d + step
                before[v] = u
                heapq.heappush(heap, (d + step, np.int64(v)))
    return [np.int64(nodes[0]) for _ in range(0)]


@kernel
def _by_piece(piece: Array, found: int) -> tuple[Array, Array]:
    """Nodes piece by piece, and where each piece begins and ends among them."""
    ends = np.zeros(found + 1, np.int64)
    for p in piece:
        ends[p + 1] += 1
    for p in range(found):
        ends[p + 1] += ends[p]
    order, filled = np.empty(len(piece), np.int64), ends.copy()
    for u in range(len(piece)):
        order[filled[piece[u]]] = u
        filled[piece[u]] += 1
    return order, ends


@kernel
def _whole(labels: Array, nodes: Array) -> bool:
    """Whether a piece is still in one territory: a way may have taken some of it."""
    for u in nodes:
        if labels[u] != labels[nodes[0]]:
            return False
    return True


@kernel
def join_pieces(facts: Facts, at: Array, center: Array, prices: Array, mass: Array, labels: Array) -> int:
    """Change labels until territories are connected, or passes run out; return how many pieces lie apart."""
    n, k = len(labels), len(at)
    piece = np.empty(n, np.int32)
    total = 0.0
    for u in range(n):
        total += max(cost_in(facts, at, center, u, labels[u]), 0.0)
    toll = total / k
    apart = 0
    taken = np.zeros(n, np.bool_)  # by a way: no other way may cross it, or the two would take turns for ever
    for _ in range(MOST_PASSES):
        found = pieces(facts.indptr, facts.indices, labels, piece)
        main, size = _main_pieces(facts, mass, labels, piece, found)
        order, ends = _by_piece(piece, found)
        sizes = np.zeros((k, facts.loads.shape[1]))
        for u in range(n):
            sizes[labels[u]] += facts.loads[u]
        apart = 0
        heap = [(-size[p], np.int64(p)) for p in range(found)]
        heapq.heapify(heap)
        while len(heap) > 0:
            _, p = heapq.heappop(heap)
            nodes = order[ends[p] : ends[p + 1]]
            t = labels[nodes[0]]
            if main[t] == p or not _whole(labels, nodes):
                continue
            apart += 1
            b, loss = _give_away(facts, at, center, prices, sizes, labels, nodes, toll)
            way = _way(
                facts, at, center, prices, labels, piece, taken, nodes, main[t], max(loss, LEAST_LOSS),
                LEAST_LOSS * total / n,
            )  # fmt: skip
            for u in way:
                taken[u] = labels[u] != t or taken[u]
                sizes[labels[u]] -= facts.loads[u]
                sizes[t] += facts.loads[u]
                labels[u] = t
            if len(way) == 0 and b >= 0 and loss < np.inf:
                for u in nodes:
                    labels[u] = b
                    sizes[t] -= facts.loads[u]
                    sizes[b] += facts.loads[u]
        if apart == 0:
            break
    return apart
