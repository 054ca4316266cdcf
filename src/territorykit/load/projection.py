"""From any coordinate system to metres on a plane."""

import re
import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from territorykit._arrays import Floats, Objects
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.inputs import NO_PLACE, PLACE_REMEDY, POINT, Crs, crs_name, on_earth, parse_crs, plain_ids

EQUAL_AREA = "equal-area"
WORLD = "EPSG:6933"
"""Cylindrical equal-area, metres."""
REACH_DEGREES = 80.0
"""How far from its center an equal-area map may reach; shapes are torn towards the rim."""
CENTER_DECIMALS = 2
MOST_STRETCH = 1.02
"""Up to here, a map is as true as those that are made for a region."""
_MERCATOR = re.compile(r"(?:Popular Visualisation Pseudo )?Mercator", re.IGNORECASE)
_NEED_METRES = "geographic coordinates where metres are needed: pass crs='equal-area' or an EPSG code"


@dataclass(frozen=True, slots=True)
class Metric:
    """Geometries in metres.

    Parameters
    ----------
    geometry
        Shape (n,): shapely geometries.
    xy
        Shape (n, 2): their centroids, metres.
    lonlat
        Shape (n, 2): the same places in WGS 84 degrees, longitude first.
    crs
        Authority text such as "EPSG:25832", or WKT.
    """

    geometry: Objects
    xy: Floats
    lonlat: Floats
    crs: str


def to_metres(frame: gpd.GeoDataFrame, crs: Crs | None) -> Metric:
    """Bring geometries to a plane where one is one metre.

    Parameters
    ----------
    frame
        Geometries with a coordinate system; not changed.
    crs
        "equal-area" for a Lambert azimuthal equal-area projection around the data, or any projected system
        in metres that pyproj takes. None keeps the frame's own system, if that is one.

    Raises
    ------
    DataError
        If the frame has no coordinate system, if the target is not in metres, or if the data cannot be
        brought there.

    Warns
    -----
    TerritoryKitWarning
        Where the target is Mercator's map of the world, such as EPSG:3857, and stretches the data.

    References
    ----------
    .. [1] Snyder, J. P. (1987). Map Projections: A Working Manual. U.S. Geological Survey Professional
           Paper 1395, 182-190.

    Examples
    --------
    >>> points = gpd.GeoDataFrame(index=["a", "b"], geometry=gpd.points_from_xy([10, 11], [50, 50]), crs="EPSG:4326")
    >>> xy = to_metres(points, "equal-area").xy
    >>> float(np.hypot(*(xy[1] - xy[0])).round(-2))
    71700.0
    """
    problems = Problems("coordinates")
    check_target(frame, crs, problems)
    problems.raise_as(DataError)
    if crs is None:
        target, moved = frame.crs, frame.geometry
    else:
        target = equal_area(frame) if crs == EQUAL_AREA else pyproj.CRS.from_user_input(crs)
        moved = frame.geometry.to_crs(target)
    geometry = np.asarray(moved.values, object)
    lost = ~np.isfinite(shapely.bounds(geometry).reshape(-1, 4)).all(axis=1)
    if lost.any():
        message = (
            f"coordinates: {int(lost.sum()):,} rows lie outside the reach of {crs_name(target)}: "
            f"{listing(plain_ids(frame.index)[lost])}; choose a system made for this region, or crs='equal-area'"
        )
        raise DataError(message)
    _warn_of_stretch(geometry, target)
    points = (shapely.get_type_id(geometry) == POINT).all()
    xy = shapely.get_coordinates(geometry if points else shapely.centroid(geometry))
    back = pyproj.Transformer.from_crs(target, "EPSG:4326", always_xy=True)
    return Metric(geometry, xy, np.column_stack(back.transform(*xy.T)), target.to_string())


def wide_metres(frame: gpd.GeoDataFrame) -> Metric:
    """Bring geometries to a plane in metres, however far they reach.

    The frame's own where that is in metres and no map of the world, else an equal-area map around the data, else,
    where they reach around the globe, a cylindrical equal-area map of the world.

    Raises
    ------
    DataError
        If the frame has no coordinate system.
    """
    if (
        frame.crs is not None
        and frame.crs.is_projected
        and metres_per_unit(frame.crs) == 1
        and not is_mercator(frame.crs)
    ):
        return to_metres(frame, None)
    try:
        return to_metres(frame, EQUAL_AREA)
    except DataError:
        return to_metres(frame, WORLD)


def check_target(frame: gpd.GeoDataFrame, crs: Crs | None, problems: Problems) -> None:
    """See whether a frame can be brought to metres as the caller asks."""
    if frame.crs is None:
        if not any("coordinate system" in text for text in problems.found):
            problems.add("the coordinate system is not stated", "set it, such as frame.set_crs('EPSG:4326')")
        return
    if crs is not None and not on_earth(frame.crs):
        problems.add(f"{crs_name(frame.crs)} {NO_PLACE}", PLACE_REMEDY)
        return
    if crs == EQUAL_AREA:
        return
    target = frame.crs if crs is None else parse_crs(crs, problems)
    if target is None:
        return
    if target.is_geographic:
        problems.add(f"{crs_name(target)} has {_NEED_METRES}", "such as crs='EPSG:3035' for Europe")
    elif not target.is_projected:
        problems.add(f"{crs_name(target)} is no map projection", "pass crs='equal-area' or an EPSG code in metres")
    elif metres_per_unit(target) != 1.0:
        problems.add(
            f"{crs_name(target)} is in {target.axis_info[0].unit_name}, not in metres",
            "pass crs='equal-area' or an EPSG code in metres; the coordinates are converted",
        )


def metres_per_unit(crs: pyproj.CRS) -> float:
    """Length of one unit of a projected system, metres."""
    return float(crs.axis_info[0].unit_conversion_factor)


def is_mercator(crs: pyproj.CRS) -> bool:
    """Whether a system is Mercator's map of the world, as EPSG:3857 is; its transverse kin are not."""
    operation = crs.coordinate_operation
    return operation is not None and bool(_MERCATOR.match(operation.method_name))


def mercator_scale(y: Floats, crs: pyproj.CRS) -> Floats:
    """Metres on Mercator's map per metre on the ground, shape (n,): 1.2 at 35 degrees, 2 at 60.

    Parameters
    ----------
    y
        Shape (n,): northings in the units of `crs`.
    crs
        A system that `is_mercator`.

    References
    ----------
    .. [1] Snyder, J. P. (1987). Map Projections: A Working Manual. U.S. Geological Survey Professional
           Paper 1395, 38-47.

    Examples
    --------
    >>> mercator_scale(np.array([0.0, 8_399_738.0]), pyproj.CRS.from_epsg(3857)).round(2).tolist()
    [1.0, 2.0]
    """
    plane = pyproj.Proj(crs)
    _, lat = plane(np.zeros(len(y)), np.asarray(y, np.float64), inverse=True)
    return np.asarray(plane.get_factors(np.zeros(len(lat)), np.clip(lat, -89.0, 89.0)).parallel_scale, np.float64)


def _warn_of_stretch(geometry: Objects, target: pyproj.CRS) -> None:
    """Say by how much a map of the world stretches the data."""
    if not is_mercator(target):
        return
    scale = mercator_scale(shapely.total_bounds(geometry)[[1, 3]], target).max()
    if scale > MOST_STRETCH:
        message = (
            f"{crs_name(target)} draws lengths up to {scale:.2f} times and areas up to {scale**2:.2f} times as large "
            "as they are here, and metres are measured on it; pass crs='equal-area' or a system made for this region"
        )
        warnings.warn(message, TerritoryKitWarning, stacklevel=3)


def equal_area(frame: gpd.GeoDataFrame) -> pyproj.CRS:
    """Lambert azimuthal equal-area projection around the data.

    The center is the mean of all vertices as vectors on the sphere, so that data on both sides of the
    antimeridian have theirs between them.

    Raises
    ------
    DataError
        If data lie more than 80 degrees from the center.
    """
    world = frame.geometry.to_crs("EPSG:4326")
    lon, lat = np.radians(shapely.get_coordinates(np.asarray(world.values, object))).T
    vectors = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    reach = 180.0 if length == 0 else float(np.degrees(np.arccos(np.clip((vectors @ mean).min() / length, -1, 1))))
    if not reach <= REACH_DEGREES:
        message = (
            f"coordinates: the data reach {reach:.0f} degrees from their center, beyond the {REACH_DEGREES:.0f} "
            "that an equal-area map around them bears; name a projection for the world with crs=, or divide the data"
        )
        raise DataError(message)
    center_lon = float(np.degrees(np.arctan2(mean[1], mean[0])))
    center_lat = float(np.degrees(np.arcsin(np.clip(mean[2] / length, -1, 1))))
    return pyproj.CRS.from_dict(
        {
            "proj": "laea",
            "lat_0": round(center_lat, CENTER_DECIMALS),
            "lon_0": round(center_lon, CENTER_DECIMALS),
            "datum": "WGS84",
            "units": "m",
        }
    )
