"""Pairs of points that lie within reach of each other."""

import numpy as np
from scipy.spatial import cKDTree

from territorykit._arrays import Floats, Ints
from territorykit.errors import DataError

MOST_WAYS = 200_000_000
"""More pairs than this do not fit into the memory of an ordinary machine."""
BLOCK = 4_000_000
"""Pairs looked at at once."""


def near_pairs(start: Floats, end: Floats, reach: float) -> tuple[Ints, Ints, Floats]:
    """Pairs of points not further apart than `reach`, as sparse rows with their straight distances.

    Raises
    ------
    DataError
        If there are too many of them to be kept.
    """
    if not np.isfinite(reach) or reach > 1e150:  # noqa: PLR2004 - its square would overflow
        reach = float(np.linalg.norm(np.ptp(np.concatenate([start, end]), axis=0))) + 1.0
    reach *= 1 + 1e-12  # rounding
    tree = cKDTree(end)
    count = tree.query_ball_point(start, reach, return_length=True) if len(start) else np.empty(0, np.int64)
    total = int(np.sum(count))
    if total > MOST_WAYS:
        message = f"{total:,} pairs are within reach, too many to keep; pass within= to limit the minutes"
        raise DataError(message)
    indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    indices, metres = np.empty(total, np.int64), np.empty(total)
    first = 0
    while first < len(start):
        last = max(first + 1, int(np.searchsorted(indptr, indptr[first] + BLOCK, side="right")) - 1)
        found = tree.query_ball_point(start[first:last], reach, return_sorted=True)
        here = slice(indptr[first], indptr[last])
        indices[here] = np.concatenate([np.asarray(row, np.int64) for row in found])
        row = np.repeat(np.arange(first, last), np.diff(indptr[first : last + 1]))
        metres[here] = np.linalg.norm(start[row] - end[indices[here]], axis=1)
        first = last
    return indptr, indices, metres
