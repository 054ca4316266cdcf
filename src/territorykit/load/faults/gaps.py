"""Gaps: ground that areas go all around and that none of them has."""

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.load.faults.ground import ground_area, mean_widths, narrow, on_ground

GAP_SHARE = 0.01
"""Gaps up to this share of the side of a typical area are inaccuracies of drawing, not ground."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Ground that areas go all around and that is in none of them.

    Parameters
    ----------
    shapes
        Shape (n_gaps,): polygons in the coordinates of the areas.
    area, width
        Shape (n_gaps,): square metres, and metres on average.
    narrow
        Shape (n_gaps,): whether it is nowhere wider than an inaccuracy of drawing.
    neighbors
        For each gap, the positions of the areas around it, the one with the longest border first.
    """

    shapes: Objects
    area: Floats
    width: Floats
    narrow: Bools
    neighbors: list[Ints]


def drawing_width(polygons: Objects, crs: pyproj.CRS | None) -> float:
    """Metres up to which a gap or an overlap is an inaccuracy of drawing: 1 % of the side of a typical area."""
    return float(GAP_SHARE * np.sqrt(np.median(ground_area(polygons, crs)))) if len(polygons) else 0.0


def find_gaps(polygons: Objects, crs: pyproj.CRS | None, limit: float, edges: Floats) -> Gaps:
    """Find ground that valid polygons go all around without any of them having it.

    Segments that only one area has are the coast, and the rims of gaps and overlaps. Cut where they cross,
    they bound faces; a face that lies in no area is a gap.

    Parameters
    ----------
    polygons
        Shape (n_areas,): valid polygons.
    crs
        Their coordinate system.
    limit
        Metres up to which a gap is narrow.
    edges
        Shape (n_rims, 2, 2): what `rims` finds.
    """
    lines = shapely.linestrings(edges)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    if len(faces):
        inside = shapely.point_on_surface(faces)
        covered, _ = shapely.STRtree(polygons).query(inside, predicate="intersects")
        faces = np.delete(faces, np.unique(covered))
    ground = on_ground(faces, crs)
    return Gaps(faces, shapely.area(ground), mean_widths(ground), narrow(ground, limit), _around(faces, polygons))


def _around(gaps: Objects, polygons: Objects) -> list[Ints]:
    """Areas with border on each gap, the longest first."""
    if not len(gaps):
        return []
    gap, area = shapely.STRtree(polygons).query(gaps, predicate="intersects")
    shared = shapely.length(shapely.intersection(shapely.boundary(gaps[gap]), polygons[area]))
    order = np.lexsort((area, -shared, gap))
    gap, area, shared = gap[order], area[order], shared[order]
    found = np.split(area, np.searchsorted(gap, np.arange(1, len(gaps))))
    lengths = np.split(shared, np.searchsorted(gap, np.arange(1, len(gaps))))
    return [areas[along > 0] if (along > 0).any() else areas for areas, along in zip(found, lengths, strict=True)]
