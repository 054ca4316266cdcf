"""Faults of a map as a whole: areas on top of each other, gaps between them, and pieces that do not touch."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.errors import listing
from territorykit.load.borders import Borders, cut, exact_borders, find_borders
from territorykit.load.faults.ground import mean_widths, narrow, on_ground
from territorykit.load.faults.table import ERROR, WARNING, Faults
from territorykit.load.islands import nearest_links, pieces
from territorykit.load.overlaps import SLIVER, Overlaps, find_overlaps
from territorykit.load.projection import Metric, metres_per_unit, wide_metres

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
    ground = shapely.area(on_ground(polygons, crs)) if len(polygons) else np.zeros(1)
    return float(GAP_SHARE * np.sqrt(np.median(ground)))


def find_gaps(polygons: Objects, crs: pyproj.CRS | None, limit: float) -> Gaps:
    """Find ground that valid polygons go all around without any of them having it.

    Up to `limit` metres wide, a gap is narrow.

    Segments that only one area has are the coast, and the rims of gaps and overlaps. Cut where they cross,
    they bound faces; a face that lies in no area is a gap.
    """
    segments = cut(polygons, polygons, 1.0)
    single = ~exact_borders(segments)[2]
    lines = shapely.linestrings(np.stack([segments.start[single], segments.end[single]], axis=1))
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


def coverage_faults(faults: Faults, usable: Objects, crs: pyproj.CRS | None) -> None:
    """Overlaps, gaps, islands and pieces of the polygons that are there."""
    rows = np.flatnonzero(~shapely.is_missing(usable))
    if crs is None or not len(rows):
        return
    polygons = np.asarray(usable[rows], object)
    units = faults.ids[rows]
    metric = wide_metres(gpd.GeoDataFrame(geometry=gpd.GeoSeries(polygons, crs=crs)))
    overlaps = find_overlaps(polygons, crs, metric.crs)
    _overlap_faults(faults, overlaps, polygons, units, crs)
    _gap_faults(faults, find_gaps(polygons, crs, drawing_width(polygons, crs)), units)
    _piece_faults(faults, polygons, units, metric, _borders(polygons, metric, overlaps, crs))


def _gap_faults(faults: Faults, gaps: Gaps, units: Objects) -> None:
    for k, shape in enumerate(gaps.shapes):
        around = units[gaps.neighbors[k]]
        remedy = "repair_areas closes it"
        if not gaps.narrow[k]:
            remedy = (
                "a lake, foreign ground or an area that is missing; repair_areas closes it where gap_width= says so"
            )
        what = f"ground in no area, {gaps.width[k]:,.4g} m wide on average, between {listing(around)}"
        faults.add("gap", WARNING, tuple(around), what, remedy, value=gaps.area[k], measure="m2", place=shape)


def _overlap_faults(faults: Faults, overlaps: Overlaps, polygons: Objects, units: Objects, crs: pyproj.CRS) -> None:
    if not len(overlaps.pairs):
        return
    one, other = polygons[overlaps.pairs].T
    apart = ~shapely.equals(one, other)  # rows with the same geometry have a fault of their own
    pairs, shares, common = overlaps.pairs[apart], overlaps.shares[apart], overlaps.common[apart]
    ground = shapely.area(on_ground(common, crs))
    for pair, share, shape, size in zip(pairs, shares, common, ground, strict=True):
        grave = share > SLIVER
        faults.add(
            "overlap" if grave else "sliver_overlap",
            ERROR if grave else WARNING,
            tuple(units[pair]),
            f"they share {share:.2%} of the smaller" if grave else "they share a sliver",
            "repair_areas gives it to one of them"
            if share <= HALF
            else "one lies mostly in the other: redraw or drop it",
            value=size,
            measure="m2",
            place=shape,
        )


HALF = 0.5
"""Two areas with more than this share of the smaller in common are not one border drawn twice."""


def _borders(polygons: Objects, metric: Metric, overlaps: Overlaps, crs: pyproj.CRS) -> Borders:
    unit = None if crs.is_geographic else metres_per_unit(crs)
    slivers = (overlaps.pairs, overlaps.lengths)
    return find_borders(polygons, metric.geometry, unit_metres=unit, tolerance=1.0, slivers=slivers)


def _piece_faults(faults: Faults, polygons: Objects, units: Objects, metric: Metric, borders: Borders) -> None:
    """Pieces that touch no other: each with its way over water to the rest."""
    edges = borders.pairs[borders.lengths > 0]
    piece_of = pieces(len(units), edges)
    sizes = np.bincount(piece_of)
    if len(sizes) == 1:
        return
    links, metres = nearest_links(metric.geometry, piece_of, borders.coast)
    for piece, link in _towards_largest(piece_of, links):
        members = np.flatnonzero(piece_of == piece)
        here, there = links[link] if piece_of[links[link][0]] == piece else links[link][::-1]
        far = float(metres[link])
        kind = "island" if len(members) == 1 else "piece"
        what = f"no border with any other unit; {far:,.0f} m to {listing([units[there]])}"
        if kind == "piece":
            what = f"{len(members):,} units: {listing(units[members])} have no border with the rest; " + what[36:]
        faults.add(
            kind,
            ERROR,
            tuple(units[members]),
            what,
            "unit_graph(..., islands='bridge') joins it to the nearest unit",
            value=far,
            measure="m",
            place=shapely.shortest_line(polygons[here], polygons[there]),
        )


def _towards_largest(piece_of: Ints, links: Ints) -> list[tuple[int, int]]:
    """For each piece but the largest, the link over which it is joined on the way to the largest."""
    ends = piece_of[links]
    reached = {int(np.bincount(piece_of).argmax())}
    left: dict[int, Any] = dict(enumerate(ends.tolist()))
    order = []
    while left:
        for k, (one, other) in list(left.items()):
            if one in reached or other in reached:
                new = other if one in reached else one
                reached.add(new)
                order.append((new, k))
                del left[k]
    return order
