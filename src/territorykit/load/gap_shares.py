"""Sharing a gap out among the areas around it.

A gap between two areas goes to one of them. One that runs on between other areas must not: the area that received
all of it would reach between them and part neighbors. Such a gap is cut into triangles, so that every area receives
what lies along its own border.
"""

from typing import Any

import numpy as np
import shapely

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.load.cleaning import merged

ALONE = 2
"""So many areas around a gap at most: it need not be cut."""
BASE = 0.5
"""A triangle stands on a side that is at least this share of its longest; on a shorter one it is a spike."""
NOBODY = -1


def shared_out(gap: shapely.Polygon, around: Ints, polygons: Objects) -> list[tuple[int, Any]]:
    """Pieces of a gap, each with the position of the area that receives it, the largest piece first.

    The gap is cut into triangles between its corners. A triangle that stands on the outline of the gap goes to the
    area that has this side, the longest of several. One in the middle, or one that is a spike on a short side, goes
    with the triangle along its longest side.

    Parameters
    ----------
    gap
        A polygon whose outline belongs to the areas around it.
    around
        Positions of these areas, the one with the longest border first.
    polygons
        Shape (n_areas,): all areas.
    """
    if len(around) <= ALONE:
        return [(int(around[0]), gap)]
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(gap))
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    places, ends = np.unique(corners.reshape(-1, 2), axis=0, return_inverse=True)
    ends = ends.reshape(-1, 3)
    sides = np.sort(np.stack([ends, np.roll(ends, -1, axis=1)], axis=2), axis=2)
    _, side_of = np.unique(sides.reshape(-1, 2), axis=0, return_inverse=True)
    side_of = side_of.reshape(-1, 3)
    outer = np.bincount(side_of.ravel())[side_of] == 1
    lengths = np.hypot(*np.moveaxis(places[sides[..., 0]] - places[sides[..., 1]], -1, 0))
    owners = _owners(places[sides].mean(axis=2), outer, polygons[around])
    based = outer & (lengths >= BASE * lengths.max(axis=1, keepdims=True))
    if not based.any():
        based = outer
    longest = np.argmax(np.where(based, lengths, -1.0), axis=1)
    firm = np.where(based.any(axis=1), owners[np.arange(len(owners)), longest], NOBODY)
    homes = _adopted(firm, side_of, lengths)
    pieces = [(int(around[home]), merged(triangles[homes == home])) for home in np.unique(homes)]
    return sorted(pieces, key=lambda piece: -piece[1].area)


def _owners(middles: Floats, outer: Bools, areas: Objects) -> Ints:
    """Which area has each side of each triangle on its border, shape (n, 3); -1 for sides inside the gap."""
    owners = np.full(outer.shape, NOBODY)
    points = shapely.points(middles[outer])
    owners[outer] = np.argmin(shapely.distance(points[:, None], shapely.boundary(areas)[None, :]), axis=1)
    return owners


def _adopted(homes: Ints, side_of: Ints, lengths: Floats) -> Ints:
    """Homes of all triangles: those without one take that of a neighbor, over the longest sides first."""
    order = np.argsort(side_of.ravel(), kind="stable")
    sides = side_of.ravel()[order]
    twice = np.flatnonzero(sides[1:] == sides[:-1])
    links = np.column_stack([order[twice] // 3, order[twice + 1] // 3])
    links = links[np.argsort(-lengths.ravel()[order[twice]], kind="stable")]
    homes = homes.copy()
    while (homes == NOBODY).any():
        one, other = links[np.flatnonzero((homes[links] == NOBODY).sum(axis=1) == 1)[0]]
        homes[[one, other]] = max(homes[one], homes[other])
    return homes
