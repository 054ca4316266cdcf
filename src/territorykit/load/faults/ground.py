"""Areas, widths and lengths in metres of small things anywhere on the globe."""

import numpy as np
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Objects
from territorykit.load.projection import is_mercator, mercator_scale, metres_per_unit
from territorykit.model.objective import EARTH_RADIUS

DEGREE_M = float(np.radians(EARTH_RADIUS))
"""Metres of a degree of latitude."""


def on_ground(shapes: Objects, crs: pyproj.CRS | None) -> Objects:
    """Geometries in metres, each on a plane of its own.

    Degrees are stretched by the latitude in the middle of each geometry: for what is small beside the globe,
    areas, widths and lengths are true to half a percent. Coordinates of an unknown system are kept.

    Parameters
    ----------
    shapes
        Shape (n,): geometries, none of them missing.
    crs
        Their coordinate system, or None where it is not known.
    """
    if crs is None or not len(shapes):
        return shapes
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    return np.asarray(
        shapely.set_coordinates(np.array(shapes, object), coordinates * _scale(shapes, crs)[owner]), object
    )


def ground_area(shapes: Objects, crs: pyproj.CRS | None) -> Floats:
    """Square metres of each geometry, shape (n,), as `on_ground` measures them."""
    area = np.asarray(shapely.area(shapes), np.float64)
    return area if crs is None or not len(shapes) else area * _scale(shapes, crs).prod(axis=1)


def _scale(shapes: Objects, crs: pyproj.CRS) -> Floats:
    """Metres per unit of the coordinates of each geometry, shape (n, 2)."""
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    if not crs.is_geographic:
        return np.repeat(metres_per_unit(crs) * _shrunk(bounds, crs)[:, None], 2, axis=1)
    middle = np.clip(np.nan_to_num((bounds[:, 1] + bounds[:, 3]) / 2), -89.0, 89.0)
    return DEGREE_M * np.column_stack([np.cos(np.radians(middle)), np.ones(len(shapes))])


def _shrunk(bounds: Floats, crs: pyproj.CRS) -> Floats:
    """Metres on the ground per metre on the map, shape (n,): 1, but for Mercator, which stretches towards the poles.

    Other systems are made for one region each, and are true to a percent there.
    """
    if not is_mercator(crs):
        return np.ones(len(bounds))
    return np.asarray(1 / mercator_scale((bounds[:, 1] + bounds[:, 3]) / 2, crs), np.float64)


def mean_widths(polygons: Objects) -> Floats:
    """Area over half the outline of each polygon, shape (n,): how wide a sliver is on average."""
    return np.asarray(2 * shapely.area(polygons) / np.maximum(shapely.length(polygons), 1e-300), np.float64)


def narrow(polygons: Objects, width: float) -> Bools:
    """Polygons that hold no circle of this diameter, shape (n,)."""
    return np.asarray(shapely.is_empty(shapely.buffer(polygons, -width / 2, quad_segs=2)), bool)
