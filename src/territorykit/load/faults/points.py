"""Faults of the places of accounts."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from territorykit._arrays import Bools, Floats, Objects
from territorykit.errors import DataError, listing
from territorykit.load.accounts import degrees_of
from territorykit.load.coordinates import WGS84, convert_coordinates
from territorykit.load.faults.opening import Opened
from territorykit.load.faults.shapes import finite, polygonal
from territorykit.load.faults.table import ERROR, WARNING, Faults
from territorykit.load.inputs import (
    NO_PLACE,
    ON_NO_MAP,
    PLACE_REMEDY,
    POINT,
    crs_name,
    no_degrees,
    on_earth,
    on_no_map,
    stray_degrees,
)
from territorykit.load.locating import NOWHERE, locate, nearest

_LOCATE = "locate the account, or leave it out by name"
_FAR = "locate the account again, or leave it out by name"
FENCES = 3.0
"""Points beyond so many times the spread of the middle half are away from the rest, if their exchange is not."""


def place_faults(faults: Faults, accounts: Opened, areas: gpd.GeoDataFrame | None, far: float) -> Objects:
    """Faults of the places, and those against the areas.

    Returns
    -------
    ndarray of shape (n_accounts,)
        Points; None where an account has no place that can be right.
    """
    x, y = _from_columns(faults, accounts) if accounts.lon is not None else _from_points(faults, accounts)
    if accounts.crs is None:
        what, remedy = "the coordinate system is not stated", "name it: crs='EPSG:4326' for longitude and latitude"
        faults.add("no_crs", ERROR, (), what, remedy)
    elif accounts.crs.is_geographic:
        _degrees(faults, x, y)
    elif accounts.crs.is_projected:
        far_off = on_no_map(np.column_stack([x, y, x, y]))
        what = "find out the coordinate system of this row"
        faults.rows("out_of_range", ERROR, far_off, ON_NO_MAP, what, places=_points(x, y))
        x[far_off] = y[far_off] = np.nan
        stray = stray_degrees(np.column_stack([x, y, x, y]))
        what = "coordinates look like degrees, unlike those of the other rows"
        faults.rows("mixed_crs", ERROR, stray, what, "bring all rows to one system", places=_points(x, y))
        x[stray] = y[stray] = np.nan
    else:
        faults.add("no_crs", ERROR, (), f"{crs_name(accounts.crs)} {NO_PLACE}", PLACE_REMEDY)
    points = _points(x, y)
    _coincident(faults, x, y, points)
    if areas is not None and accounts.crs is not None and on_earth(accounts.crs):
        _against(faults, gpd.GeoSeries(points, crs=accounts.crs), areas, far)
    return points


def _points(x: Floats, y: Floats) -> Objects:
    points = np.full(len(x), None, object)
    known = np.isfinite(x) & np.isfinite(y)
    points[known] = shapely.points(x[known], y[known])
    return points


def _from_columns(faults: Faults, accounts: Opened) -> tuple[Floats, Floats]:
    """Numbers of the two columns; a row that lacks both has one fault."""
    columns = [accounts.frame[name] for name in (accounts.lon, accounts.lat)]
    values = [degrees_of(column) for column in columns]
    missing = [column.isna().to_numpy(bool) for column in columns]
    for i in np.flatnonzero(missing[0] | missing[1]).tolist():
        named = " and ".join(repr(column.name) for column, gone in zip(columns, missing, strict=True) if gone[i])
        faults.add("missing_coordinate", ERROR, (faults.ids[i],), f"{named} missing", _LOCATE)
    for column, numbers, gone in zip(columns, values, missing, strict=True):
        entries = column.to_numpy(object)
        for i in np.flatnonzero(~np.isfinite(numbers) & ~gone).tolist():
            what = f"{column.name!r} is {str(entries[i])[:60]!r}"
            remedy = "write it as 12.5, with a decimal point and without degree signs"
            faults.add("not_a_coordinate", ERROR, (faults.ids[i],), what, remedy)
    x, y = (np.where(np.isfinite(numbers), numbers, np.nan) for numbers in values)
    if accounts.shifted is not None:
        known = np.isfinite(x) & np.isfinite(y) & (np.abs(x) <= 180) & (np.abs(y) <= 90)  # noqa: PLR2004 - degrees
        x[known], y[known] = convert_coordinates(x[known], y[known], accounts.shifted, WGS84)
    return x, y


def _from_points(faults: Faults, accounts: Opened) -> tuple[Floats, Floats]:
    shapes = np.asarray(accounts.frame.geometry.values, object)
    missing, empty = shapely.is_missing(shapes), shapely.is_empty(shapes)
    faults.rows("missing_geometry", ERROR, missing, "there is no geometry", _LOCATE)
    faults.rows("empty_geometry", ERROR, empty, "the geometry is empty", _LOCATE)
    there = ~missing & ~empty
    other = there & (shapely.get_type_id(shapes) != POINT)
    for i in np.flatnonzero(other).tolist():
        what = f"the geometry is a {shapes[i].geom_type}"
        faults.add("wrong_geometry", ERROR, (faults.ids[i],), what, "accounts are points", place=shapes[i])
    good = there & ~other
    broken = good.copy()
    broken[good] = ~finite(shapes[good])
    faults.rows("invalid_geometry", ERROR, broken, "coordinates are not finite", _LOCATE)
    x, y = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    good &= ~broken
    x[good], y[good] = shapely.get_x(shapes[good]), shapely.get_y(shapes[good])
    return x, y


def _degrees(faults: Faults, x: Floats, y: Floats) -> None:
    """Degrees that cannot be right, are 0, 0, or would lie among the others if they were exchanged."""
    places = _points(x, y)
    wrong = no_degrees(np.column_stack([x, y, x, y]))
    swapped = wrong & ~no_degrees(np.column_stack([y, x, y, x]))
    remedy = "exchange longitude and latitude of this row"
    faults.rows("swapped", ERROR, swapped, "latitude is beyond 90, and longitude is not", remedy, places=places)
    what, rest = "coordinates are no degrees (beyond 180 or 90)", wrong & ~swapped
    faults.rows("out_of_range", ERROR, rest, what, "find out the coordinate system of this row", places=places)
    zero = (x == 0) & (y == 0)
    faults.rows("at_zero", ERROR, zero, "the place is 0, 0: open sea", _LOCATE, places=places)
    x[wrong | zero] = y[wrong | zero] = np.nan
    likely = _away(x, y, x, y) & ~_away(x, y, y, x)
    what = "far from the other accounts, and among them with longitude and latitude exchanged"
    faults.rows("swapped", WARNING, likely, what, remedy, places=places)


def _away(x: Floats, y: Floats, at_x: Floats, at_y: Floats) -> Bools:
    """Which places lie beyond the fences of the points, as a box plot draws them."""
    away = np.zeros(len(x), bool)
    known = np.isfinite(x)
    if not known.any():
        return away
    for values, places in ((x, at_x), (y, at_y)):
        low, high = np.percentile(values[known], [25, 75])
        reach = FENCES * max(high - low, 1e-9)
        away |= known & ((places < low - reach) | (places > high + reach))
    return away


def _coincident(faults: Faults, x: Floats, y: Floats, points: Objects) -> None:
    known = np.flatnonzero(np.isfinite(x))
    table = pd.DataFrame({"x": x[known], "y": y[known]})
    groups = table[table.duplicated(keep=False)].groupby(["x", "y"], sort=False).indices
    shared = known[table.duplicated(keep=False).to_numpy()]
    for positions in groups.values():
        rows = shared[positions]
        what = f"{len(rows)} accounts at one place"
        remedy = "right for a shared building; else the addresses were only found to their town"
        units = tuple(faults.ids[rows])
        faults.add(
            "coincident", WARNING, units, what, remedy, value=len(rows), measure="accounts", place=points[rows[0]]
        )


def _against(faults: Faults, points: gpd.GeoSeries, areas: gpd.GeoDataFrame, far: float) -> None:
    """Accounts in no area: near one, which may be water, or far from all."""
    shapes = polygonal(np.asarray(areas.geometry.values, object))
    sound = ~shapely.is_missing(shapes)
    if areas.crs is None or not on_earth(areas.crs) or not sound.any():
        message = "areas: they have no polygons, or no coordinate system, to look accounts up in; see check_areas"
        raise DataError(message)
    known = np.flatnonzero(points.notna().to_numpy())
    moved = points.iloc[known].to_crs(areas.crs)
    reached = finite(np.asarray(moved.values, object))
    for i in known[~reached].tolist():
        what = f"in no area; beyond the reach of {crs_name(areas.crs)}, in which the areas are"
        faults.add("far_outside", ERROR, (faults.ids[i],), what, _FAR, value=np.inf, measure="m", place=points.iloc[i])
    known, moved = known[reached], moved[reached]
    lost = np.flatnonzero(locate(shapes[sound], np.asarray(moved.values, object)) == NOWHERE)
    if not len(lost):
        return
    land = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes[sound], crs=areas.crs))
    names = areas.index.to_numpy(object)[sound]
    home, metres = nearest(land, moved.iloc[lost])
    for i, area, way in zip(known[lost].tolist(), home.tolist(), metres.tolist(), strict=True):
        _outside(faults, i, way, (names[area], points.iloc[i]), far)


def _outside(faults: Faults, row: int, metres: float, near: tuple[Any, Any], far: float) -> None:
    unit, place = near
    what = f"in no area; {metres:,.0f} m to {listing([unit])}"
    if metres > far:
        fault, remedy = "far_outside", _FAR
    else:
        fault, remedy = "outside", "over water or beyond the drawn border: add_accounts(..., outside='nearest')"
    faults.add(fault, ERROR, (faults.ids[row],), what, remedy, value=metres, measure="m", place=place)
