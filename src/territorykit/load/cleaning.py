"""Making polygons fit together: overlaps and narrow gaps go to one of the areas beside them."""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Bools, Ints, Objects
from territorykit.load.overlaps import misfits

ROUNDS = 3
"""Corners that one round adds may touch areas that it did not look at; the next round looks at them."""


def without_overlaps(polygons: Objects, suspects: Bools, left: Bools) -> Objects:
    """Polygons that do not overlap and share all corners of their borders, wherever one is a suspect.

    Common ground goes to the area with which it has the longer border. Only suspects and the areas beside
    them are looked at, in clusters that touch: the rest of the map stays as it is, to the last digit.

    Parameters
    ----------
    polygons
        Shape (n_areas,): valid polygons.
    suspects
        Shape (n_areas,): areas whose borders do not fit.
    left
        Shape (n_areas,): areas that stay as they are and do not count, since what lies over them is no
        inaccuracy of drawing.

    Returns
    -------
    ndarray of shape (n_areas,)
        The polygons. None of them is empty: an area that would vanish keeps the polygon that it had.
    """
    result = polygons.copy()
    todo = suspects & ~left
    for _ in range(ROUNDS):
        if not todo.any():
            break
        clusters = _clusters(result, todo, left)
        for members in clusters:
            cleaned = shapely.coverage_clean(result[members])
            whole = ~shapely.is_empty(cleaned) & shapely.is_valid(cleaned)
            result[members[whole]] = cleaned[whole]
        todo = _misfits_near(result, np.concatenate(clusters), left)
    return result


def without_gaps(polygons: Objects, gaps: Objects, homes: Ints) -> Objects:
    """Polygons with each gap joined to its home, the position of an area beside it."""
    result = polygons.copy()
    for area, mine in pd.Series(homes).groupby(homes).indices.items():
        result[area] = merged(np.append(polygons[[area]], gaps[mine]))
    return result


def merged(shapes: Objects) -> Any:  # noqa: ANN401 - a shapely geometry
    """The union of geometries: quick where they fit together without gaps, thorough where they do not."""
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    try:
        union = shapely.coverage_union_all(shapes)
    except shapely.errors.GEOSException:
        union = None  # borders do not share their corners, or the geometries are no areas
    total = float(shapely.area(shapes).sum())
    if union is not None and shapely.is_valid(union) and abs(union.area - total) <= 1e-9 * total and total > 0:
        return union
    try:
        return shapely.union_all(shapes)
    except shapely.errors.GEOSException:
        return shapely.union_all(shapely.make_valid(shapes))


def _misfits_near(polygons: Objects, changed: Ints, left: Bools) -> Bools:
    """Areas among the changed ones, and those beside them, whose borders still do not fit."""
    near = np.unique(shapely.STRtree(polygons).query(polygons[changed], predicate="intersects")[1])
    near = near[~left[near]]
    found = np.zeros(len(polygons), bool)
    found[near] = misfits(polygons[near])
    return found


def _clusters(polygons: Objects, suspects: Bools, left: Bools) -> list[Ints]:
    """Suspects and their neighbors, in groups that touch through suspects."""
    seeds = np.flatnonzero(suspects)
    one, other = shapely.STRtree(polygons).query(polygons[seeds], predicate="intersects")
    one = seeds[one]
    kept = ~left[other]
    ends = np.column_stack([one[kept], other[kept]]).astype(np.int32)
    n = len(polygons)
    labels = connected_components(coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (n, n)), directed=False)[1]
    inside = np.unique(ends)
    order = inside[np.argsort(labels[inside], kind="stable")]
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
