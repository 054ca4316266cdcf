"""Reading the list of accounts. Adding them to areas is in `totals`, taking them as units in `account_units`."""

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._arrays import Bools, Floats, Objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load.account_units import accounts_graph
from territorykit.load.coordinates import degrees_for, to_world
from territorykit.load.formats.archives import ArchiveLimits, readable
from territorykit.load.formats.files import PARQUET, existing, need, read_layer
from territorykit.load.formats.tables import is_table, read_table
from territorykit.load.inputs import (
    POINT,
    Crs,
    add_rows,
    check_coordinates,
    check_geometries,
    check_names,
    parse_crs,
    plain_ids,
    require_frame,
    with_crs,
    with_ids,
)
from territorykit.load.totals import add_accounts

__all__ = ["accounts_graph", "add_accounts", "read_accounts"]

MOST_LATITUDE = 90.0


def read_accounts(  # noqa: PLR0913 - roles of columns and facts of files, each by name
    source: str | Path | pd.DataFrame,
    *,
    id: str,  # noqa: A002 - the column's role, as a caller says it
    lon: str | None = None,
    lat: str | None = None,
    crs: Crs | None = None,
    shifted_regions: str | Iterable[str] = (),
    sheet: str | None = None,
    encoding: str | None = None,
    limits: ArchiveLimits | None = None,
) -> gpd.GeoDataFrame:
    """Read accounts with their ids and places, checked.

    Parameters
    ----------
    source
        Path of a CSV, Excel (.xlsx), Parquet, GeoJSON, GeoPackage, FlatGeobuf, shapefile (also zipped), KML,
        KMZ or GeoParquet file, a DataFrame or a GeoDataFrame of points, which is not changed. Columns of texts
        become numbers only where every entry is a plain number: postcodes with leading zeros stay texts.
    id
        Column with the ids, no two alike. From CSV and Excel they are texts.
    lon, lat
        Columns with longitude and latitude in degrees, or with easting and northing. Needed for tables.
    crs
        Coordinate system of these columns. Needed for tables; it is never guessed. "gcj02" (Amap, Tencent) and
        "bd09" (Baidu) are brought to WGS 84, see `convert_coordinates`; a file that states WGS 84 may be in them.
    shifted_regions
        For these two, regions beside mainland China that are shifted too: "hong kong", "macao", "taiwan".
    sheet
        Sheet of a workbook that has several.
    encoding
        Encoding of a CSV that neither is UTF-8 nor starts with a mark. It is never guessed; the message
        about such a file shows how it reads in some.
    limits
        How much an archive may hold once it is unpacked, as a workbook is one; None for the usual limits of
        `ArchiveLimits`.

    Returns
    -------
    GeoDataFrame
        One point per account, indexed by id, in the coordinate system of the source (EPSG:4326 for "gcj02" and
        "bd09").

    Raises
    ------
    DataError
        With all problems at once: missing or duplicated ids, and ids that a spreadsheet has spoiled;
        coordinates that are missing, no numbers,
        infinite, out of range, at 0, 0, or that look swapped; no coordinate system. Nothing is dropped.
    BackendError
        If the file needs a package that is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"customer": ["a", "b"], "x": [9.1, 9.2], "y": [48.7, 48.8], "sales": [10, 20]})
    >>> accounts = read_accounts(table, id="customer", lon="x", lat="y", crs="EPSG:4326")
    >>> accounts.index.tolist(), accounts.geometry.iloc[0].wkt
    (['a', 'b'], 'POINT (9.1 48.7)')
    """
    frame, subject = open_source(source, id, sheet, encoding, limits)
    problems = Problems(subject)
    if isinstance(frame, gpd.GeoDataFrame):
        if lon is not None or lat is not None:
            problems.add("the accounts have geometries, and lon= and lat= name columns", "leave lon= and lat= out")
        named = degrees_for(crs, frame.crs, shifted_regions, problems)
        frame = with_ids(with_crs(frame, named, problems), id, problems)
        ids = plain_ids(frame.index)
        check_geometries(np.asarray(frame.geometry.values, object), ids, (POINT,), problems)
        check_coordinates(frame, ids, problems)
        _check_null_island(frame, ids, problems)
    else:
        frame = with_ids(frame, id, problems)
        frame = _with_points(frame, lon, lat, degrees_for(crs, None, shifted_regions, problems), problems)
    if not len(frame):
        problems.add("there are no accounts", "check the file")
    problems.raise_as(DataError)
    return to_world(frame, crs, shifted_regions)


def open_source(
    source: object,
    id_column: str | None,
    sheet: str | None,
    encoding: str | None,
    limits: ArchiveLimits | None = None,
) -> tuple[pd.DataFrame | gpd.GeoDataFrame, str]:
    """A table or points as they are in the source, and what to call them in messages.

    Raises
    ------
    DataError
        If the source cannot be read.
    BackendError
        If the file needs a package that is not installed.
    """
    if isinstance(source, gpd.GeoDataFrame):
        require_frame(source, "accounts")
    if isinstance(source, pd.DataFrame):
        problems = Problems("accounts")
        check_names(source, problems)
        problems.raise_as(DataError)
        return source, "accounts"
    path = existing(source)
    if is_table(path) or (path.suffix.lower() in PARQUET and not _is_geoparquet(path)):
        return read_table(path, id=id_column or "", sheet=sheet, encoding=encoding, limits=limits), path.name
    return read_layer(path, None, encoding, texts=(id_column or "",), limits=limits), path.name


def _is_geoparquet(path: Path) -> bool:
    need("pyarrow", path)
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    with readable(path, " as Parquet", "write it again"):
        return b"geo" in (pq.read_schema(path).metadata or {})


def _with_points(
    frame: pd.DataFrame, lon: str | None, lat: str | None, crs: Crs | None, problems: Problems
) -> gpd.GeoDataFrame:
    """A table with points made from two of its columns; what cannot be looked at ends the checks."""
    system = None
    for role, column in (("lon", lon), ("lat", lat)):
        if column is None:
            problems.add(f"{role}= is not given", f"name the column, as in {role}='{role}'")
        elif column not in frame.columns:
            problems.add(f"there is no column {column!r} for {role}", f"the columns are {_columns(frame)}")
    if crs is None:
        problems.add("the coordinate system is not stated", "name it: crs='EPSG:4326' for longitude and latitude")
    else:
        system = parse_crs(crs, problems)
    if "geometry" in frame.columns:
        problems.add("a column is called 'geometry'", "rename it: the points get this name")
    if problems.found and (system is None or lon not in frame.columns or lat not in frame.columns):
        problems.raise_as(DataError)
    ids = plain_ids(frame.index)
    x, y = _coordinates(frame[lon], ids, problems), _coordinates(frame[lat], ids, problems)
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(np.nan_to_num(x), np.nan_to_num(y)), crs=system)
    known = np.isfinite(x) & np.isfinite(y)
    swapped = known & points.crs.is_geographic & (np.abs(y) > MOST_LATITUDE) & (np.abs(x) <= MOST_LATITUDE)
    add_rows(problems, swapped, ids, "rows look as if longitude and latitude were swapped", "exchange lon= and lat=")
    rest = known & ~swapped
    check_coordinates(points[rest], ids[rest], problems)
    _check_null_island(points[rest], ids[rest], problems)
    return points


def _columns(frame: pd.DataFrame) -> str:
    return ", ".join(map(repr, frame.columns))


def _coordinates(column: pd.Series, ids: Objects, problems: Problems) -> Floats:
    """Numbers of a coordinate column; texts that are numbers count."""
    values = degrees_of(column)
    missing = column.isna().to_numpy(bool)
    strange = np.isnan(values) & ~missing
    remedy = "locate these accounts, or leave them out by name"
    add_rows(problems, missing, ids, f"values of {column.name!r} are missing", remedy)
    if strange.any():
        found = listing(column.to_numpy(object)[strange])
        hint = f"they are {found}; write them as 12.5, with a decimal point and without degree signs"
        add_rows(problems, strange, ids, f"values of {column.name!r} are no numbers", hint)
    add_rows(problems, np.isinf(values), ids, f"values of {column.name!r} are infinite", remedy)
    return np.where(np.isfinite(values), values, np.nan)


def degrees_of(column: pd.Series) -> Floats:
    """Numbers of a coordinate column, NaN for all else; times, flags and complex numbers are none."""
    if column.dtype.kind in "bcmM":
        return np.full(len(column), np.nan)
    if column.dtype == object:
        column = column.map(lambda entry: str(entry) if isinstance(entry, int) else entry)  # of any length
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan), np.float64)


def _check_null_island(points: gpd.GeoDataFrame, ids: Objects, problems: Problems) -> None:
    """Where an address was not found, programs write 0, 0: a place in the Gulf of Guinea."""
    if points.crs is None or not points.crs.is_geographic:
        return
    kind = points.geometry.geom_type.eq("Point").to_numpy(bool) & ~points.geometry.is_empty.to_numpy(bool)
    zero = np.zeros(len(points), bool)
    zero[kind] = _at_zero(points.geometry[kind])
    add_rows(problems, zero, ids, "accounts are at 0, 0", "that is open sea: locate them, or leave them out by name")


def _at_zero(points: gpd.GeoSeries) -> Bools:
    return np.asarray((points.x == 0) & (points.y == 0), bool)
