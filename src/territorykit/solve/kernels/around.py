"""Neighbors in the order in which they lie around a node, and which of them hold together without it.

Where all neighbors of a node that share its territory hang together in a ring around it, the territory stays
connected when the node leaves: known from the node's neighbors alone, without a walk. The facts behind it,
which two neighbors are next to each other or have a neighbor in common, are true of any graph; that the
neighbors are taken by their angle only makes them likely.
"""

import numpy as np

from territorykit.solve.kernels.arrays import LABEL, Array, Facts, State
from territorykit.solve.kernels.compiled import kernel

APART, TOUCHING = -1, -2
"""What `links` says of two neighbors instead of the node between them."""


def sort_around(indptr: Array, indices: Array, flat: Array, edge_cost: Array) -> None:
    """Sort the neighbors of each node by their angle from it, and what its edges cost with them."""
    source = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    along = flat[indices] - flat[source]
    order = np.lexsort((np.arctan2(along[:, 1], along[:, 0]), source))
    indices[:] = indices[order]
    if len(edge_cost) > 0:
        edge_cost[:] = edge_cost[order]


@kernel
def _linked(indptr: Array, indices: Array, u: int, v: int, w: int) -> int:
    """TOUCHING where v and w are neighbors; a neighbor of both other than u; or APART."""
    common = APART
    for e in range(indptr[v], indptr[v + 1]):
        x = indices[e]
        if x == w:
            return TOUCHING
        if x != u and common == APART:
            for f in range(indptr[w], indptr[w + 1]):
                if indices[f] == x:
                    common = x
                    break
    return common


@kernel
def links(indptr: Array, indices: Array) -> Array:
    """(e,) int32: for each neighbor of a node what joins it to the next one around, apart from the node itself."""
    found = np.full(len(indices), APART, np.int32)
    for u in range(len(indptr) - 1):
        start, degree = indptr[u], indptr[u + 1] - indptr[u]
        for i in range(degree if degree > 1 else 0):
            v, w = indices[start + i], indices[start + (i + 1) % degree]
            found[start + i] = _linked(indptr, indices, u, v, w)
    return found


@kernel
def touches(facts: Facts, state: State, u: int, t: int) -> bool:
    """Whether node u has a neighbor in territory t."""
    for e in range(facts.indptr[u], facts.indptr[u + 1]):
        if state.node[LABEL, facts.indices[e]] == t:
            return True
    return False


@kernel
def surrounded(facts: Facts, state: State, u: int, a: int) -> bool:
    """Whether the neighbors of u in its territory a certainly hang together without u; false where that is not seen.

    Around u, pieces are as many as members less links between members next to each other. So it is true as well
    where u has no neighbor in a: it leaves nothing behind cut off, unless it is all there is of a.
    """
    start, end = facts.indptr[u], facts.indptr[u + 1]
    if end - start < 2:  # noqa: PLR2004 - a leaf
        return end > start and state.node[LABEL, facts.indices[start]] == a
    pieces = 0
    here = state.node[LABEL, facts.indices[start]] == a
    first = here
    for e in range(start, end):
        there = first if e + 1 == end else state.node[LABEL, facts.indices[e + 1]] == a
        if here:
            pieces += 1
            if there:
                x = facts.links[e]
                if x == TOUCHING or (x >= 0 and state.node[LABEL, x] == a):
                    pieces -= 1
        here = there
    return pieces <= 1
