"""Shortest ways around barriers.

Lozano-Pérez, T., Wesley, M. A. (1979). An algorithm for planning collision-free paths among polyhedral obstacles.
*Communications of the ACM*, 22(10), 560-570.
"""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from territorykit._arrays import Floats, Ints
from territorykit.load.barriers import Barriers
from territorykit.load.reach import near_pairs

CELLS = 20_000_000
"""Distances held at once."""


def ways_around(barriers: Barriers, start: Floats, end: Floats, reach: float) -> tuple[Ints, Ints, Floats]:
    """Ways between points that lead through no barrier, as sparse rows.

    A pair that sees each other has the straight line; others go around, from corner to corner.

    Parameters
    ----------
    barriers
        What is in the way.
    start, end
        Shapes (n_origins, 2) and (n_destinations, 2): metres.
    reach
        Metres up to which ways are looked for.

    Returns
    -------
    tuple of arrays
        Where each row begins, destinations, and metres.
    """
    indptr, indices, metres = near_pairs(start, end, reach)
    row = np.repeat(np.arange(len(start)), np.diff(indptr))
    blocked = barriers.crossed(start[row], end[indices])
    metres[blocked] = _around(barriers, (start, row[blocked]), (end, indices[blocked]), reach)
    kept = np.isfinite(metres) & (metres <= reach * (1 + 1e-12))
    count = np.bincount(row[kept], minlength=len(start))
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64), indices[kept], metres[kept]


def _around(barriers: Barriers, one: tuple[Floats, Ints], other: tuple[Floats, Ints], reach: float) -> Floats:
    """Metres around the barriers for some pairs, infinite where there is no way within reach."""
    corners, found = barriers.corners, np.full(len(one[1]), np.inf)
    if len(corners) == 0 or len(found) == 0:
        return found
    rows, place = np.unique(one[1], return_inverse=True)
    columns, target = np.unique(other[1], return_inverse=True)
    n, m = len(rows), len(columns)
    points = np.concatenate([one[0][rows], other[0][columns], corners])
    first = np.array([0, n, n + m])  # where origins, destinations and corners begin
    parts = [(0, 2), (2, 1), (2, 2)]
    ends = [points[:n], points[n : n + m], corners]
    row, column, metres = (
        np.concatenate(arrays)
        for arrays in zip(*(_seen(barriers, ends[a], ends[b], first[[a, b]], reach) for a, b in parts), strict=True)
    )
    graph = csr_matrix((metres, (row, column)), shape=(len(points), len(points)))
    step = max(1, CELLS // len(points))
    for begin in range(0, n, step):
        origins = np.arange(begin, min(begin + step, n))
        away = dijkstra(graph, indices=origins, limit=reach * (1 + 1e-12))
        here = (place >= begin) & (place < begin + step)
        found[here] = away[place[here] - begin, n + target[here]]
    return found


def _seen(barriers: Barriers, start: Floats, end: Floats, first: Ints, reach: float) -> tuple[Ints, Ints, Floats]:
    """Points that see each other and are within reach, numbered from `first` on, and the metres between them."""
    indptr, column, metres = near_pairs(start, end, reach)
    row = np.repeat(np.arange(len(start)), np.diff(indptr))
    seen = (metres > 0) & ~barriers.crossed(start[row], end[column])
    return row[seen] + first[0], column[seen] + first[1], metres[seen]
