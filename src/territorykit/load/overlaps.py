"""Areas that lie on top of each other."""

import logging
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.errors import Problems, listing
from territorykit.load.pairs import NO_PAIRS, unique_pairs

SLIVER = 0.01
"""Share of the smaller area up to which an overlap is an inaccuracy of drawing."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Pairs of areas with common ground.

    Parameters
    ----------
    pairs
        Shape (n_pairs, 2): positions of the areas, smaller first.
    common
        Shape (n_pairs,): the common ground, in the coordinates of the source.
    shares
        Shape (n_pairs,): common ground as a share of the smaller area.
    lengths
        Shape (n_pairs,): half the outline of the common ground, metres. That of a sliver is the length of
        border along which it lies.
    """

    pairs: Ints
    common: Objects
    shares: Floats
    lengths: Floats


def misfits(polygons: Objects) -> Bools:
    """Areas whose borders overlap or do not share their corners with others, shape (n_areas,)."""
    return np.asarray(~shapely.is_empty(shapely.coverage_invalid_edges(polygons)), bool)


def find_overlaps(polygons: Objects, crs: pyproj.CRS, target: str, suspects: Bools | None = None) -> Overlaps:
    """Find areas with common ground.

    Parameters
    ----------
    polygons
        Shape (n_areas,): valid polygons in the coordinates of the source.
    crs, target
        The coordinate systems of the source, and of the lengths.
    suspects
        What `misfits` finds, where the caller knows it already.
    """
    rows = np.flatnonzero(misfits(polygons) if suspects is None else suspects)
    if not len(rows):
        return Overlaps(NO_PAIRS, np.empty(0, object), np.empty(0), np.empty(0))
    position, other = shapely.STRtree(polygons).query(polygons[rows], predicate="intersects")
    pairs, _ = unique_pairs(np.column_stack([rows[position], other]))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    common = shapely.intersection(polygons[pairs[:, 0]], polygons[pairs[:, 1]])
    areas = shapely.area(common)
    found = areas > 0
    pairs, common, areas = pairs[found], common[found], areas[found]
    smaller = shapely.area(polygons[pairs]).min(axis=1)
    common = _faces(common)
    outlines = gpd.GeoSeries(common, crs=crs).to_crs(target).length.to_numpy()
    return Overlaps(pairs, common, areas / smaller, outlines / 2)


def _faces(common: Objects) -> Objects:
    """Only the areal parts: an intersection also holds lines and points where borders meet."""
    parts, part_of = shapely.get_parts(common, return_index=True)
    areal = shapely.get_type_id(parts) == 3  # noqa: PLR2004 - polygon
    faces = np.empty(len(common), object)
    return np.asarray(shapely.multipolygons(parts[areal], indices=part_of[areal], out=faces), object)


def check_overlaps(overlaps: Overlaps, ids: Objects, problems: Problems) -> None:
    """Overlaps beyond slivers are problems; slivers are put on record."""
    grave = overlaps.shares > SLIVER
    if grave.any():
        worst = np.argsort(-overlaps.shares, kind="stable")[: int(grave.sum())]
        named = [tuple(ids[pair]) for pair in overlaps.pairs[worst]]
        problems.add(
            f"{len(worst):,} pairs of areas overlap, by up to {overlaps.shares.max():.0%} of the smaller: "
            f"{listing(named)}",
            "cut them so that every place lies in one area, and drop duplicates by name",
        )
    slivers = int((~grave).sum())
    if slivers:
        logger.info(
            "%d pairs of areas overlap by slivers of at most %.2f %% of the smaller; the slivers count as border",
            slivers,
            100 * overlaps.shares[~grave].max(),
        )
