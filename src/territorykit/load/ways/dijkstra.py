"""Quickest ways in a network, block by block: no more is kept than what lies within reach.

Dijkstra, E. W. (1959). A note on two problems in connexion with graphs. *Numerische Mathematik*, 1, 269-271.
"""

from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from territorykit._arrays import Floats, Ints
from territorykit.load.ways.places import Ways

BLOCK_CELLS = 8_000_000
"""Nodes times origins of a block: times and predecessors of one take about 100 MB."""


class Lengths(NamedTuple):
    """Metres of arcs, to be found by their ends."""

    key: Ints
    """Shape (n_arcs,), ascending: end times number of nodes, plus start."""
    metres: Floats
    """Shape (n_arcs,)."""


class Network(NamedTuple):
    """Arcs with what they take."""

    minutes: csr_matrix
    """Shape (n_nodes, n_nodes), nothing stored where there is no arc."""
    lengths: Lengths | None
    """None where only times are known."""


def quickest_ways(network: Network, start: Ints, end: Ints, *, within: float, workers: int) -> Ways:
    """Quickest ways from nodes to nodes that take no longer than `within` minutes.

    Parameters
    ----------
    network
        Arcs between nodes.
    start, end
        Shapes (n_origins,) and (n_destinations,): nodes; several may be at one.
    within
        Minutes; infinite for all ways there are.
    workers
        Processes that share the work; the answer does not depend on it.
    """
    nodes, row_of = np.unique(start, return_inverse=True)
    targets, column_of = np.unique(end, return_inverse=True)
    step = max(1, min(len(nodes), BLOCK_CELLS // max(network.minutes.shape[0], 1)))
    blocks = [nodes[i : i + step] for i in range(0, len(nodes), step)]
    if workers > 1 and len(blocks) == 1 and len(nodes) > 1:
        blocks = np.array_split(nodes, min(workers, len(nodes)))
    jobs = (delayed(_block)(network, block, targets, within) for block in blocks)
    by_node = Ways.stacked(list(Parallel(n_jobs=min(workers, len(blocks)))(jobs)))
    return _spread(by_node, row_of, column_of, len(targets))


def _block(network: Network, origins: Ints, targets: Ints, within: float) -> Ways:
    """Ways from some nodes to the targets."""
    away, before = dijkstra(network.minutes, indices=origins, limit=within, return_predecessors=True)
    rows = [np.flatnonzero(np.isfinite(away[i, targets])) for i in range(len(origins))]
    indptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    column = np.concatenate(rows).astype(np.int64)
    row = np.repeat(np.arange(len(origins)), np.diff(indptr))
    minutes = np.where(origins[row] == targets[column], 0.0, away[row, targets[column]])
    if network.lengths is None:
        return Ways(indptr, column, minutes, None)
    metres = [_lengths(network.lengths, away[i], before[i], targets[near]) for i, near in enumerate(rows)]
    return Ways(indptr, column, minutes, np.concatenate(metres))


def _lengths(along: "Lengths", away: Floats, before: NDArray[Any], targets: Ints) -> Floats:
    """Metres from one origin to the targets, along the tree of quickest ways.

    Every node reached points to the node before it; pointers are followed to twice the distance in each round.
    """
    reached = np.flatnonzero(np.isfinite(away))
    last = before[reached].astype(np.int64)
    root = last < 0
    last[root] = reached[root]
    place = np.empty(len(away), np.int64)
    place[reached] = np.arange(len(reached))
    arc = np.searchsorted(along.key, reached * len(away) + last)
    total = np.where(root, 0.0, along.metres[np.minimum(arc, len(along.metres) - 1)])
    step = place[last]
    while True:
        total += total[step]
        beyond = step[step]
        if (beyond == step).all():
            return np.asarray(total[place[targets]], np.float64)
        step = beyond


def _spread(ways: Ways, row_of: Ints, column_of: Ints, n_targets: int) -> Ways:
    """Ways between places from those between their nodes."""
    order = np.argsort(column_of, kind="stable")
    first = np.searchsorted(column_of[order], np.arange(n_targets + 1))
    counts = np.diff(first)
    if (counts == 1).all() and (np.diff(row_of) == 1).all():
        position = order[ways.indices]
        return _sorted(ways.indptr, position, ways.minutes, ways.metres)
    lengths = np.diff(ways.indptr)[row_of]
    entry = np.repeat(ways.indptr[row_of] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    entry = entry + np.arange(len(entry))  # entries of `ways`, once for each origin at the node
    target = ways.indices[entry]
    many = counts[target]
    again = np.repeat(np.arange(len(entry)), many)
    offset = np.arange(len(again)) - np.repeat(np.cumsum(many) - many, many)
    position = order[first[target[again]] + offset]
    row = np.repeat(np.arange(len(row_of)), lengths)[again]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(row_of)))]).astype(np.int64)
    kept = entry[again]
    return _sorted(indptr, position, ways.minutes[kept], None if ways.metres is None else ways.metres[kept])


def _sorted(indptr: Ints, indices: Ints, minutes: Floats, metres: Floats | None) -> Ways:
    row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    order = np.lexsort((indices, row))
    return Ways(indptr, indices[order], minutes[order], None if metres is None else metres[order])
