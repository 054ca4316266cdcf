"""Ground that two sets of areas have in common."""

import logging
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array

from territorykit._arrays import Floats, Ints, Objects
from territorykit.errors import DataError
from territorykit.load.locating import NOWHERE, locate
from territorykit.load.projection import equal_area, metres_per_unit

GRAIN = 1e-9
"""Common ground below this share of the smaller area is rounding: borders that were brought to another map."""
EDGE_DEGREES, EDGE_M = 0.1, 10_000.0
"""Longer edges get corners on the way, so that they bend as the map does: a parallel is not straight on a plane."""
CHUNK = 65_536
"""So many intersections are held at once."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """Two sets of areas on one equal-area plane, and what they have in common.

    Parameters
    ----------
    sources, targets
        Shapes (n_sources,) and (n_targets,): valid polygons on the plane.
    crs
        The plane, as WKT or authority text.
    common
        Shape (n_sources, n_targets): square metres of each pair.
    """

    sources: Objects
    targets: Objects
    crs: str
    common: csr_array

    @property
    def known(self) -> Floats:
        """Share of each target that lies in sources, shape (n_targets,)."""
        return np.asarray(self.common.sum(axis=0) / shapely.area(self.targets), np.float64)


def common_ground(sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> Ground:
    """Bring two sets of areas to one plane and measure what they have in common.

    The plane is Lambert's azimuthal equal-area projection around both.

    Raises
    ------
    DataError
        If the areas reach too far around the globe for one plane.

    Examples
    --------
    >>> from shapely import box
    >>> halves = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 2), box(1, 0, 2, 2)], crs="EPSG:32632")
    >>> whole = gpd.GeoDataFrame(geometry=[box(0, 0, 2, 2)], crs="EPSG:32632")
    >>> halves = halves.translate(500_000, 5_000_000).to_frame("geometry")
    >>> whole = whole.translate(500_000, 5_000_000).to_frame("geometry")
    >>> common_ground(halves, whole).common.toarray().round(2).tolist()
    [[2.0], [2.0]]
    """
    world = [_with_short_edges(frame).to_crs("EPSG:4326") for frame in (sources, targets)]
    both = gpd.GeoDataFrame(geometry=[*world[0], *world[1]], crs="EPSG:4326")
    plane = equal_area(both)
    flat = np.array(both.geometry.to_crs(plane).values, object)
    if not np.isfinite(shapely.bounds(flat)).all():
        message = "interpolating: coordinates lie outside the reach of any map; correct them, or leave the rows out"
        raise DataError(message)
    bent = ~shapely.is_valid(flat)  # narrow necks may cross when corners move to the plane
    flat[bent] = shapely.make_valid(flat[bent], method="structure", keep_collapsed=False)
    here, there = flat[: len(sources)], flat[len(sources) :]
    return Ground(here, there, plane.to_wkt(), overlay(here, there))


def _with_short_edges(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    crs = frame.crs
    return frame.geometry.segmentize(EDGE_DEGREES if crs.is_geographic else EDGE_M / metres_per_unit(crs))


def overlay(sources: Objects, targets: Objects) -> csr_array:
    """Area of the intersection of every source with every target, shape (n_sources, n_targets).

    A source that lies wholly in a target is not looked at further, and a target that lies wholly in a source
    is not cut: only what crosses a border is.

    Parameters
    ----------
    sources, targets
        Shapes (n_sources,) and (n_targets,): valid polygons on a plane; the targets do not overlap.
    """
    size, other_size = shapely.area(sources), shapely.area(targets)
    covering, covered = shapely.STRtree(sources).query(targets, predicate="covers")
    home = np.full(len(sources), len(targets))
    np.minimum.at(home, covered, covering)
    inside = np.flatnonzero(home < len(targets))
    rest = np.flatnonzero(home == len(targets))
    source, target = _pairs(sources[rest], targets)
    crossing = _areas(sources[rest], targets, source, target, other_size)
    source = rest[source]
    real = crossing > GRAIN * np.minimum(size[source], other_size[target])
    rows = np.concatenate([inside, source[real]])
    columns = np.concatenate([home[inside], target[real]])
    areas = np.concatenate([size[inside], crossing[real]])
    return csr_array((areas, (rows, columns)), shape=(len(sources), len(targets)))


def _pairs(sources: Objects, targets: Objects) -> tuple[Ints, Ints]:
    """Sources and targets that meet, by position; the fewer and larger polygons are the prepared ones."""
    if len(targets) <= len(sources):
        target, source = shapely.STRtree(sources).query(targets, predicate="intersects")
    else:
        source, target = shapely.STRtree(targets).query(sources, predicate="intersects")
    order = np.lexsort((target, source))
    return source[order], target[order]


def _areas(sources: Objects, targets: Objects, source: Ints, target: Ints, whole: Floats) -> Floats:
    """Common area of each pair."""
    areas = whole[target]
    holder, held = shapely.STRtree(targets).query(sources, predicate="covers")
    n = len(targets)
    cut = np.flatnonzero(~np.isin(source * n + target, holder * n + held))
    for start in range(0, len(cut), CHUNK):
        part = cut[start : start + CHUNK]
        areas[part] = shapely.area(shapely.intersection(sources[source[part]], targets[target[part]]))
    return areas


def points_in_common(
    sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, points: gpd.GeoDataFrame, weights: Floats
) -> tuple[csr_array, Floats]:
    """Weight of the points that lie in a source and a target, and in each source.

    A point on a border counts in the first of its areas.

    Parameters
    ----------
    sources, targets, points
        With coordinate systems, not all in the same.
    weights
        Shape (n_points,): not negative.

    Returns
    -------
    table
        Shape (n_sources, n_targets).
    full
        Shape (n_sources,).

    Raises
    ------
    DataError
        If no point lies in any source.
    """
    homes = []
    for frame in (sources, targets):
        there = np.asarray(points.geometry.to_crs(frame.crs).values, object)
        homes.append(locate(np.asarray(frame.geometry.values, object), there))
    source, target = homes
    known = source != NOWHERE
    if not known.any():
        message = "interpolating: no point lies in any source; check the coordinate systems of both"
        raise DataError(message)
    if not known.all():
        logger.info("%d of %d points lie in no source and count for nothing", (~known).sum(), len(known))
    full = np.bincount(source[known], weights[known], len(sources)).astype(np.float64)
    both = known & (target != NOWHERE) & (weights > 0)
    shape = (len(sources), len(targets))
    return csr_array((weights[both], (source[both], target[both])), shape=shape), full
