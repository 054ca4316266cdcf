"""Making territories connected: keep the main piece of each, let its neighbors take the rest."""

import numpy as np

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import kernel


@kernel
def pieces(indptr: Array, indices: Array, labels: Array, piece: Array) -> int:
    """Number the connected pieces of equal labels in `piece`; return how many there are."""
    n = len(labels)
    queue = np.empty(n, np.int32)
    piece[:] = -1
    found = 0
    for s in range(n):
        if piece[s] >= 0:
            continue
        piece[s] = found
        queue[0] = s
        first, last = 0, 1
        while first < last:
            u = queue[first]
            first += 1
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                if piece[v] < 0 and labels[v] == labels[u]:
                    piece[v] = found
                    queue[last] = v
                    last += 1
        found += 1
    return found


@kernel
def keep_main_pieces(indptr: Array, indices: Array, mass: Array, fixed: Array, k: int, labels: Array) -> int:
    """Take the label from every node outside its territory's main piece; return how many lost theirs.

    The main piece is the one that holds locked nodes, or else the one of most mass.
    """
    n = len(labels)
    piece = np.empty(n, np.int32)
    found = pieces(indptr, indices, labels, piece)
    value = np.zeros(found)
    for u in range(n):
        value[piece[u]] += mass[u] + 1e-9
        if fixed[u] >= 0:
            value[piece[u]] += 1e12
    main = np.full(k, -1, np.int64)
    for u in range(n):
        t = labels[u]
        if main[t] < 0 or value[piece[u]] > value[main[t]]:
            main[t] = piece[u]
    lost = 0
    for u in range(n):
        if piece[u] != main[labels[u]] and fixed[u] < 0:
            piece[u] = -1
            lost += 1
    for u in range(n):
        if piece[u] < 0:
            labels[u] = -1
    return lost


@kernel
def adopt(
    indptr: Array, indices: Array, point: Array, ratio: Array,
    at: Array, prices: Array, allowed: Array, labels: Array,
) -> int:  # fmt: skip
    """Give nodes without a label the cheapest neighboring territory, round by round from the edges inward.

    Returns how many could not be reached from any territory.
    """
    n = len(labels)
    strict = allowed.shape[0] > 0
    open_nodes = np.flatnonzero(labels < 0)
    while len(open_nodes) > 0:
        chosen = np.full(len(open_nodes), -1, np.int32)
        for j in range(len(open_nodes)):
            u = open_nodes[j]
            least = np.inf
            for e in range(indptr[u], indptr[u + 1]):
                t = labels[indices[e]]
                if t < 0 or (strict and allowed[u, t] == 0):
                    continue
                cost = ((point[u] - at[t]) ** 2).sum()
                for a in range(ratio.shape[1]):
                    cost += prices[t, a] * ratio[u, a]
                if cost < least:
                    least = cost
                    chosen[j] = t
        reached = 0
        for j in range(len(open_nodes)):
            if chosen[j] >= 0:
                labels[open_nodes[j]] = chosen[j]
                reached += 1
        if reached == 0:
            if not strict:
                break
            strict = False  # better out of reach than in pieces: the search and the referee will see it
        open_nodes = np.flatnonzero(labels < 0)
    return n - int((labels >= 0).sum())
