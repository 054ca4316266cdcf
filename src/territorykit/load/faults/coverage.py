"""Faults of a map as a whole: areas on top of each other, gaps between them, and pieces that do not touch."""

from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from territorykit._arrays import Ints, Objects
from territorykit.errors import listing
from territorykit.load.borders import Borders, find_borders
from territorykit.load.faults.gaps import Gaps, drawing_width, find_gaps
from territorykit.load.faults.ground import ground_area
from territorykit.load.faults.table import ERROR, WARNING, Faults
from territorykit.load.inputs import on_earth
from territorykit.load.islands import nearest_links, pieces
from territorykit.load.overlaps import SLIVER, Overlaps, find_overlaps
from territorykit.load.projection import Metric, metres_per_unit, wide_metres


def coverage_faults(faults: Faults, usable: Objects, crs: pyproj.CRS | None) -> None:
    """Overlaps, gaps, islands and pieces of the polygons that are there."""
    rows = np.flatnonzero(~shapely.is_missing(usable))
    if crs is None or not on_earth(crs) or not len(rows):
        return
    polygons = np.asarray(usable[rows], object)
    units = faults.ids[rows]
    metric = wide_metres(gpd.GeoDataFrame(geometry=gpd.GeoSeries(polygons, crs=crs)))
    overlaps = find_overlaps(polygons, crs, metric.crs)
    _overlap_faults(faults, overlaps, polygons, units, crs)
    borders = _borders(polygons, metric, overlaps, crs)
    _gap_faults(faults, find_gaps(polygons, crs, drawing_width(polygons, crs), borders.rims), units)
    _piece_faults(faults, polygons, units, metric, borders)


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
    apart = shapely.to_wkb(shapely.normalize(one)) != shapely.to_wkb(shapely.normalize(other))
    # rows with the very same geometry have a fault of their own
    pairs, shares, common = overlaps.pairs[apart], overlaps.shares[apart], overlaps.common[apart]
    ground = ground_area(common, crs)
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
