"""Everything that is wrong with a map or a list of accounts, in one table. What mends maps is in `repair`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit.errors import DataError, Problems
from territorykit.load.faults.coverage import coverage_faults
from territorykit.load.faults.opening import open_accounts, open_areas
from territorykit.load.faults.points import place_faults
from territorykit.load.faults.shapes import id_faults, shape_faults
from territorykit.load.faults.table import Faults, points_of
from territorykit.load.faults.values import value_faults
from territorykit.load.inputs import Crs, is_number, plain_ids, require_frame

FAR_M = 10_000.0
"""Farther from every area than this, an account is far outside, not on a pier or in a bay."""


def check_areas(
    source: str | Path | gpd.GeoDataFrame,
    *,
    id: str | None = None,  # noqa: A002 - the column's role, as a caller says it
    activities: Mapping[str, str] | Iterable[str] = (),
    crs: Crs | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Find everything that is wrong with a map of areas; nothing is changed and nothing raised for it.

    Parameters
    ----------
    source
        What `read_areas` reads: a file, or a GeoDataFrame, which is not changed.
    id
        Column with the ids; without it, the index of the frame.
    activities
        Columns whose figures are looked at; a mapping gives their units of measure.
    crs
        Coordinate system, where the source states none.
    layer, encoding
        As for `read_areas`.

    Returns
    -------
    GeoDataFrame
        One row per fault, with ``fault`` (its kind, see the table in the guide), ``severity`` ("error": the
        loaders refuse it; "warning": to be known), ``units`` (a tuple of ids), ``value`` and ``measure`` (how
        large it is), ``what``, ``remedy``, and the place as geometry. Errors come first. Empty where nothing
        is wrong.

    Raises
    ------
    DataError
        If the source cannot be opened, has no rows, or a column is not there.

    Examples
    --------
    >>> from shapely import box
    >>> shapes = [box(0, 0, 2000, 1000), box(1500, 0, 3000, 1000)]
    >>> areas = gpd.GeoDataFrame(index=["a", "b"], geometry=shapes, crs="EPSG:32632")
    >>> faults = check_areas(areas)
    >>> faults[["fault", "units", "value"]].values.tolist()
    [['overlap', ('a', 'b'), 500000.0]]
    """
    frame, subject = open_areas(source, id, crs, layer, encoding)
    _check_rows(frame, subject)
    faults = Faults(plain_ids(frame.index), frame.crs)
    id_faults(faults)
    shapes = np.asarray(frame.geometry.values, object)
    usable = shape_faults(faults, shapes, frame.crs)
    coverage_faults(faults, usable, frame.crs)
    value_faults(faults, frame, activities, points_of(usable))
    return faults.frame()


def check_accounts(  # noqa: PLR0913 - all but the first by keyword
    source: str | Path | pd.DataFrame,
    *,
    id: str | None = None,  # noqa: A002 - the column's role, as a caller says it
    lon: str | None = None,
    lat: str | None = None,
    crs: Crs | None = None,
    areas: gpd.GeoDataFrame | None = None,
    activities: Mapping[str, str] | Iterable[str] = (),
    far: float = FAR_M,
    sheet: str | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Find everything that is wrong with a list of accounts; nothing is changed and nothing raised for it.

    Parameters
    ----------
    source
        What `read_accounts` reads: a file, a DataFrame or a GeoDataFrame, which is not changed.
    id
        Column with the ids; without it, the index of the frame.
    lon, lat
        Columns with the coordinates, where there are no geometries.
    crs
        Coordinate system, where the source states none.
    areas
        The map in which the accounts should lie, as `read_areas` makes it.
    activities
        Columns whose figures are looked at; a mapping gives their units of measure.
    far
        Metres from every area beyond which an account is far outside.
    sheet, encoding
        As for `read_accounts`.

    Returns
    -------
    GeoDataFrame
        As `check_areas`: one row per fault.

    Raises
    ------
    DataError
        If the source cannot be opened, has no rows, a column is not there, or the areas are not fit to look
        accounts up in.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [9.1, 0, None], "y": [48.7, 0, 48.8]}, index=["a", "b", "c"])
    >>> faults = check_accounts(table, lon="x", lat="y", crs="EPSG:4326")
    >>> faults[["fault", "units"]].values.tolist()
    [['missing_coordinate', ('c',)], ['at_zero', ('b',)]]
    """
    _check_settings(areas, far)
    roles = {"id": id, "lon": lon, "lat": lat, "sheet": sheet, "encoding": encoding}
    accounts = open_accounts(source, roles, crs)
    _check_rows(accounts.frame, "accounts")
    faults = Faults(accounts.ids, accounts.crs)
    id_faults(faults)
    points = place_faults(faults, accounts, areas, far)
    value_faults(faults, accounts.frame, activities, points)
    return faults.frame()


def _check_rows(frame: pd.DataFrame, subject: str) -> None:
    """Nothing to look at is not the same as nothing wrong."""
    if not len(frame):
        message = f"{subject}: there are no rows; check the file and the layer"
        raise DataError(message)


def _check_settings(areas: object, far: float) -> None:
    problems = Problems("check_accounts")
    if areas is not None:
        require_frame(areas, "areas")
    if not (is_number(far) and far >= 0):
        problems.add(f"far is {far!r}", "pass metres, from 0")
    problems.raise_as(DataError)
