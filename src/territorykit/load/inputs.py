"""What is checked on every map and every list of accounts, whatever file it came from."""

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Objects, objects
from territorykit.errors import DataError, Problems, listing
from territorykit.model.unit_graph import id_problems

Crs: TypeAlias = str | int | pyproj.CRS
"""Anything that names a coordinate system: an EPSG code, an authority text, WKT, or a pyproj CRS."""

POINT, POLYGON, MULTIPOLYGON = 0, 3, 6
APART_M = 10_000.0
"""Rows near the origin count as degrees in a projected layer only where all others are this far from them."""
FARTHEST = 1e12
"""No map in metres or feet comes near: the globe is 4e7 metres around."""
ON_NO_MAP = "coordinates beyond any map (1e12)"
EDGE_OF_THE_WORLD = np.array([180.0, 90.0])
NO_PLACE = "has no place on Earth"
"""What is wrong with a system that is neither in degrees nor a map projection."""
PLACE_REMEDY = "bring them to EPSG:4326 or a projection"
ROUNDING_DEGREES = 1e-6
"""Ten centimetres: files write the antimeridian as 180.0000001."""


def check_frame(frame: gpd.GeoDataFrame, kinds: tuple[int, ...], problems: Problems) -> None:
    """Ids in the index, geometries and coordinates of a frame."""
    ids = plain_ids(frame.index)
    if not len(frame):
        problems.add("there are no rows", "pass at least one")
    check_ids(ids, problems)
    check_geometries(np.asarray(frame.geometry.values, object), ids, kinds, problems)
    check_coordinates(frame, ids, problems)


def require_frame(frame: object, name: str) -> None:
    """Refuse anything but a GeoDataFrame with geometries, one id per row and columns of different names."""
    if not isinstance(frame, gpd.GeoDataFrame):
        reader = f"read_{name}" if name in ("areas", "accounts") else "geopandas"
        message = f"{name} is a {type(frame).__name__}; pass a GeoDataFrame, as {reader} makes it"
        raise DataError(message)
    problems = Problems(name)
    if frame.active_geometry_name is None:
        problems.add("there is no geometry", "set it with set_geometry")
    if isinstance(frame.index, pd.MultiIndex):
        problems.add("the index has several levels", "index the frame by one column of ids")
    check_names(frame, problems)
    problems.raise_as(DataError)


def check_names(frame: pd.DataFrame, problems: Problems) -> None:
    """Columns that share a name."""
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        problems.add(f"columns share the name {listing(twice)}", "give each its own")


def plain_ids(values: Any) -> Objects:  # noqa: ANN401 - a column, an index or a list
    """Ids as Python's own texts and whole numbers; what is missing becomes None.

    Whole numbers that a file could only keep as 12.0 become 12 again.

    Examples
    --------
    >>> plain_ids(pd.Series([12.0, None])).tolist()
    [12, None]
    """
    ids = objects(values)
    if getattr(getattr(values, "dtype", None), "kind", "O") == "f" or all(type(item) is float for item in values):
        return objects([int(item) if item is not None and item.is_integer() else item for item in ids])
    return ids


def check_ids(ids: Objects, problems: Problems) -> None:
    """Missing, mixed and duplicated ids."""
    for what, remedy in id_problems(ids):
        problems.add(what, remedy)


def with_ids(frame: pd.DataFrame, column: str, problems: Problems) -> pd.DataFrame:
    """The frame indexed by its id column; an unknown column ends the checks at once."""
    shapes = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    named = isinstance(column, Hashable) and (column in frame.columns or frame.index.name == column)
    if not named or (column == shapes and shapes is not None):
        columns = [name for name in frame.columns if name not in ("geometry", shapes)]
        problems.add(f"there is no column {column!r} for id", f"the columns are {', '.join(map(repr, columns))}")
        problems.raise_as(DataError)
    inside = column in frame.columns
    ids = plain_ids(frame[column] if inside else frame.index)
    check_ids(ids, problems)
    frame = frame.drop(columns=column) if inside else frame.copy()
    frame.index = pd.Index(ids.tolist(), name=column, tupleize_cols=False)
    return frame


def with_crs(frame: gpd.GeoDataFrame, crs: Crs | None, problems: Problems) -> gpd.GeoDataFrame:
    """The frame in its own coordinate system, or in the one the caller names where it has none."""
    named = parse_crs(crs, problems) if crs is not None else None
    if frame.crs is None and named is not None:
        return frame.set_crs(named)
    if frame.crs is None and crs is None:
        problems.add("the coordinate system is not stated", "name it with crs=, such as crs='EPSG:4326'")
    if frame.crs is not None and named is not None and not frame.crs.equals(named, ignore_axis_order=True):
        problems.add(
            f"the coordinates are stated to be in {crs_name(frame.crs)}, and crs= names {crs_name(named)}",
            "leave crs= out, or correct the file; crs= names the system of a file that states none",
        )
    return frame


def parse_crs(crs: Crs, problems: Problems) -> pyproj.CRS | None:
    """A pyproj CRS, or None and a problem."""
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        problems.add(f"crs={crs!r} is no coordinate system", "pass an EPSG code such as 'EPSG:4326', or WKT")
        return None


def on_earth(crs: pyproj.CRS) -> bool:
    """Whether places in this system can be brought to maps: not those of a building site."""
    return bool(crs.is_geographic or crs.is_projected)


def crs_name(crs: pyproj.CRS) -> str:
    """A short name for messages."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def check_geometries(geometry: Objects, ids: Objects, kinds: Sequence[int], problems: Problems) -> None:
    """Missing, empty, invalid geometries and those of another kind."""
    missing = shapely.is_missing(geometry)
    empty = shapely.is_empty(geometry)
    other = ~missing & ~empty & ~np.isin(shapely.get_type_id(geometry), kinds)
    invalid = ~missing & ~empty & ~other & ~shapely.is_valid(geometry)
    what = "points" if POINT in kinds else "polygons"
    _add(problems, missing, ids, "geometries are missing", "draw them, or leave the rows out by name")
    _add(problems, empty, ids, "geometries are empty", "draw them, or leave the rows out by name")
    if other.any():
        found = ", ".join(sorted({geometry[i].geom_type for i in np.flatnonzero(other)}))
        _add(problems, other, ids, f"geometries are no {what} but {found}", f"keep {what} only, or convert them")
    if invalid.any():
        first = int(np.argmax(invalid))
        reason = shapely.is_valid_reason(geometry[first])
        remedy = "give them finite coordinates"
        if what == "polygons":
            remedy = "repair them, for instance with geometry.make_valid(), and look at the result"
        _add(problems, invalid, ids, "geometries are invalid", f"the first: {reason}; {remedy}")


def check_coordinates(frame: gpd.GeoDataFrame, ids: Objects, problems: Problems) -> None:
    """No coordinate system, degrees out of range, or two systems in one layer."""
    if frame.crs is None:
        if not any("coordinate system" in text for text in problems.found):
            problems.add(
                "the coordinate system is not stated", "name it: crs= when reading, or frame.set_crs('EPSG:4326')"
            )
        return
    bounds = shapely.bounds(np.asarray(frame.geometry.values, object)).reshape(-1, 4)
    if frame.crs.is_geographic:
        _check_degrees(bounds, ids, problems)
        return
    _add(problems, on_no_map(bounds), ids, f"rows have {ON_NO_MAP}", "find out the coordinate system of these rows")
    if frame.crs.is_projected:
        _check_mixed(bounds, ids, problems)


def _check_degrees(bounds: Floats, ids: Objects, problems: Problems) -> None:
    known = np.isfinite(bounds).all(axis=1)
    outside = no_degrees(bounds)
    if not outside.any():
        return
    if outside[known].all():
        remedy = "the layer is in another system than it says: find out which, and set it"
    else:
        remedy = "other rows are degrees: the layer mixes coordinate systems; bring all rows to one, or wrap longitudes"
    _add(problems, outside, ids, "rows have coordinates that are no degrees (beyond 180 or 90)", remedy)


def _check_mixed(bounds: Floats, ids: Objects, problems: Problems) -> None:
    _add(
        problems,
        stray_degrees(bounds),
        ids,
        "rows of a projected layer have coordinates that look like degrees, unlike the others",
        "the layer mixes coordinate systems; bring all rows to one",
    )


def no_degrees(bounds: Floats) -> Bools:
    """Rows whose bounds, shape (n, 4), are beyond 180 or 90; never those without bounds."""
    return np.asarray(np.isfinite(bounds).all(axis=1) & ~_like_degrees(bounds, ROUNDING_DEGREES), bool)


def on_no_map(bounds: Floats) -> Bools:
    """Rows of a plane whose bounds, shape (n, 4), are far beyond any map of the world."""
    return np.asarray(np.isfinite(bounds).all(axis=1) & (np.abs(bounds) > FARTHEST).any(axis=1), bool)


def stray_degrees(bounds: Floats) -> Bools:
    """Rows of a projected layer whose bounds, shape (n, 4), look like degrees, far from all others."""
    known = np.isfinite(bounds).all(axis=1)
    degrees = known & _like_degrees(bounds, 0.0)
    rest = bounds[known & ~degrees]
    if not degrees.any() or not len(rest):
        return np.zeros(len(bounds), bool)
    gap = np.maximum(0.0, np.maximum(rest[:, :2] - EDGE_OF_THE_WORLD, -EDGE_OF_THE_WORLD - rest[:, 2:]))
    return np.asarray(degrees & bool(np.hypot(*gap.T).min() > APART_M))


def _like_degrees(bounds: Floats, slack: float) -> Bools:
    return np.asarray((np.abs(bounds) <= np.tile(EDGE_OF_THE_WORLD + slack, 2)).all(axis=1), bool)


def is_number(value: object) -> bool:
    """Whether a setting is a finite number."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(np.isfinite(value))


def _add(problems: Problems, mask: Bools, ids: Objects, what: str, remedy: str) -> None:
    """Put rows on the list: how many, and which."""
    if mask.any():
        problems.add(f"{int(mask.sum()):,} {what}: {listing(ids[mask])}", remedy)


add_rows = _add
