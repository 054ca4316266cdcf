"""Shortest ways around barriers.

Lozano-Pérez, T., Wesley, M. A. (1979). An algorithm for planning collision-free paths among polyhedral obstacles.
*Communications of the ACM*, 22(10), 560-570. Of the lines between corners only those are looked at that pass a corner
by, with the barrier on one side: a shortest way never runs into a corner from the front.
"""

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from territorykit._arrays import Bools, Floats, Ints
from territorykit.load.barriers import CLEAR_M, Barriers
from territorykit.load.ways.reach import near_pairs

ROUNDING = 1e-9
"""Sine of the angle up to which three points lie on a line."""
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
    n, m, k = len(rows), len(columns), len(corners)
    ends = (one[0][rows], other[0][columns], corners)
    first = np.array([0, n, n + m])  # where origins, destinations and corners begin
    parts = [_seen(barriers, ends[a], reach) for a in range(3)]
    starts = [(parts[0][0], parts[0][1] + first[2]), (parts[1][1] + first[2], parts[1][0] + first[1])]
    starts.append((parts[2][0] + first[2], parts[2][1] + first[2]))
    row, column = (np.concatenate(arrays) for arrays in zip(*starts, strict=True))
    metres = np.concatenate([part[2] for part in parts])
    graph = csr_matrix((metres, (row, column)), shape=(n + m + k, n + m + k))
    step = max(1, CELLS // graph.shape[0])
    for begin in range(0, n, step):
        origins = np.arange(begin, min(begin + step, n))
        away = dijkstra(graph, indices=origins, limit=reach * (1 + 1e-12))
        here = (place >= begin) & (place < begin + step)
        found[here] = away[place[here] - begin, n + target[here]]
    return found


def _seen(barriers: Barriers, points: Floats, reach: float) -> tuple[Ints, Ints, Floats]:
    """Points and the corners that they see within reach, where ways may turn, and the metres between them."""
    indptr, corner, metres = near_pairs(points, barriers.corners, reach)
    row = np.repeat(np.arange(len(points)), np.diff(indptr))
    kept = metres > 0
    if points is barriers.corners:
        kept &= _passing(barriers, points[row], corner) & _passing(barriers, points[corner], row)
    else:  # who stands at the very edge of a barrier looks at its corners from within their outline
        close = shapely.dwithin(barriers.shape, shapely.points(points), 3 * CLEAR_M)
        kept &= _passing(barriers, points[row], corner) | close[row]
    row, corner, metres = row[kept], corner[kept], metres[kept]
    seen = ~barriers.crossed(points[row], barriers.corners[corner])
    return row[seen], corner[seen], metres[seen]


def _passing(barriers: Barriers, points: Floats, corner: Ints) -> Bools:
    """Which lines from points to corners pass them by: both neighbors of the corner lie on one side."""
    line = barriers.corners[corner] - points
    edges = barriers.beside[corner] - barriers.corners[corner][:, None]
    away = line[:, None, 0] * edges[:, :, 1] - line[:, None, 1] * edges[:, :, 0]
    away[np.abs(away) <= ROUNDING * np.hypot(*line.T)[:, None] * np.hypot(edges[:, :, 0], edges[:, :, 1])] = 0.0
    return np.asarray(away[:, 0] * away[:, 1] >= 0)
