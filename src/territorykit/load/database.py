"""Reading areas and accounts from a PostGIS database."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load.accounts import read_accounts
from territorykit.load.areas import read_areas
from territorykit.load.connection import Database, connected
from territorykit.load.inputs import Crs, plain_ids
from territorykit.load.sql import check_name, crs_of, exact

if TYPE_CHECKING:
    import sqlalchemy as sa

    Source: TypeAlias = str | sa.Select[Any] | sa.TextClause | sa.FromClause
    """The name of a table or view, or a query."""
else:
    Source: TypeAlias = Any

GEOMETRY = "geom"
EXACT_FLOAT = 2**53
"""Up to here every whole number is a float."""


def read_areas_postgis(
    source: Source,
    con: Database,
    *,
    id: str,  # noqa: A002 - the column's role, as a caller says it
    geometry: str = GEOMETRY,
    schema: str | None = None,
    crs: Crs | None = None,
    shifted_regions: str | Iterable[str] = (),
) -> gpd.GeoDataFrame:
    """Read areas from a PostGIS database, with the checks of `read_areas`.

    Parameters
    ----------
    source
        Name of a table or view, exactly as the database has it; or a query: ``sqlalchemy.select(...)``, or
        ``sqlalchemy.text(...)`` with its values bound by ``.bindparams(...)``. A plain text is never run as
        SQL.
    con
        Where the database is: a URL such as ``postgresql://user:password@host:5432/database``, or an Engine
        or a Connection of SQLAlchemy. From a URL or an engine the transaction only reads, as long as a text of
        yours does not end it.
    id
        Column with the ids, no two alike: whole numbers of any type, texts, or UUIDs, which become texts.
    geometry
        Column with the polygons, of type geometry or geography.
    schema
        Schema of the table; without it the server's search path decides.
    crs
        Coordinate system, where the geometries have SRID 0; "gcj02" or "bd09", as in `read_areas`, also where
        they state WGS 84. It is never guessed.
    shifted_regions
        As in `read_areas`, where `crs` is "gcj02" or "bd09".

    Returns
    -------
    GeoDataFrame
        One row per area, indexed by id, in the coordinate system of the database; sorted by id where
        `source` is a name, as a table keeps no order. Further columns of geometries stay as the driver
        gives them.

    Raises
    ------
    DataError
        With all problems at once, as `read_areas`; if geometries are of several SRIDs, or of one that the
        database does not list; or if the table or a column is not there.
    BackendError
        If SQLAlchemy or the driver is not installed, the server cannot be reached, or the user may not read
        there. Messages never hold the password.

    Examples
    --------
    >>> read_areas_postgis("counties", "sqlite://", id="fips")
    Traceback (most recent call last):
        ...
    territorykit.errors.DataError: con is a sqlite database; PostGIS is an extension of PostgreSQL
    """
    frame = _read_geometries(source, con, id, geometry, schema, crs)
    return read_areas(frame, id=id, crs=crs, shifted_regions=shifted_regions)


def read_accounts_postgis(  # noqa: PLR0913 - roles of columns, each by name
    source: Source,
    con: Database,
    *,
    id: str,  # noqa: A002 - the column's role, as a caller says it
    geometry: str | None = None,
    lon: str | None = None,
    lat: str | None = None,
    schema: str | None = None,
    crs: Crs | None = None,
    shifted_regions: str | Iterable[str] = (),
) -> gpd.GeoDataFrame:
    """Read accounts from a PostgreSQL database, with the checks of `read_accounts`.

    Parameters
    ----------
    source, con, id, schema
        As in `read_areas_postgis`.
    geometry
        Column with the points; "geom" where neither it nor `lon` and `lat` are given.
    lon, lat
        Columns with longitude and latitude in degrees, or with easting and northing, in place of points.
        The database then needs no PostGIS.
    crs
        Coordinate system: of `lon` and `lat`, or of points with SRID 0. It is never guessed.
    shifted_regions
        As in `read_accounts`, where `crs` is "gcj02" or "bd09".

    Returns
    -------
    GeoDataFrame
        One point per account, indexed by id, in the coordinate system of the source; sorted by id where
        `source` is a name.

    Raises
    ------
    DataError
        With all problems at once, as `read_accounts`; or as `read_areas_postgis`.
    BackendError
        As `read_areas_postgis`.

    Examples
    --------
    >>> read_accounts_postgis("customers", "postgresql://me@host/sales", id="id", geometry="geom", lon="x", lat="y")
    Traceback (most recent call last):
        ...
    territorykit.errors.DataError: geometry= and lon= or lat= are given; name either the points or both numbers
    """
    if lon is None and lat is None:
        frame = _read_geometries(source, con, id, geometry or GEOMETRY, schema, crs)
        return read_accounts(frame, id=id, crs=crs, shifted_regions=shifted_regions)
    if geometry is not None:
        message = "geometry= and lon= or lat= are given; name either the points or both numbers"
        raise DataError(message)
    with connected(con) as connection:
        columns = _read(connection, source, schema, id)
    table = pd.DataFrame({name: _column(values) for name, values in columns.items()})
    return read_accounts(table, id=id, lon=lon, lat=lat, crs=crs, shifted_regions=shifted_regions)


def _read_geometries(  # noqa: PLR0917 - passed on
    source: Source, con: Database, id_column: str, geometry: str, schema: str | None, crs: Crs | None
) -> gpd.GeoDataFrame:
    """The rows of a source with their geometries and the coordinate system that the database states."""
    with connected(con) as connection:
        columns = _read(connection, source, schema, id_column)
        if geometry not in columns:
            message = f"there is no column {geometry!r} for geometry; the columns are {', '.join(map(repr, columns))}"
            raise DataError(message)
        shapes = _shapes(columns[geometry], geometry)
        ids = plain_ids(_column(columns[id_column])) if id_column in columns else np.arange(len(shapes)).astype(object)
        stated = _stated_crs(shapes, ids, connection, named=crs is not None)
    ground = gpd.GeoSeries(shapely.set_srid(shapes, 0), crs=stated)
    table = {name: ground if name == geometry else _column(values) for name, values in columns.items()}
    return gpd.GeoDataFrame(table, geometry=geometry)


def _read(connection: "sa.Connection", source: Source, schema: str | None, id_column: str) -> dict[str, Sequence[Any]]:
    """The values of each column; rows of a table, which keeps no order, come in that of their ids."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    if isinstance(source, str):
        statement: sa.Executable = _whole_table(connection, source, schema)
    elif isinstance(source, sa.FromClause) and not isinstance(source, sa.Executable):
        statement = sa.select(source)
    elif isinstance(source, sa.Executable):
        statement = source
    else:
        message = f"source is a {type(source).__name__}; pass a table's name, or a select or text of SQLAlchemy"
        raise DataError(message)
    if not isinstance(source, str) and schema is not None:
        message = "schema= goes with the name of a table; a query names its schemas itself"
        raise DataError(message)
    result = connection.execute(statement)
    if not result.returns_rows:
        message = "the query returns no rows, not even none of them; pass one that reads, such as SELECT"
        raise DataError(message)
    names = list(result.keys())
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"columns share the name {listing(twice)}; give each its own in the query"
        raise DataError(message)
    rows = list(result)
    if isinstance(source, str) and id_column in names:
        with suppress(TypeError):  # where ids are missing or of several kinds, which is reported later
            rows.sort(key=itemgetter(names.index(id_column)))
    return dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))


def _whole_table(connection: "sa.Connection", name: str, schema: str | None) -> "sa.Select[Any]":
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    problems = Problems("database")
    check_name("source", name, problems)
    if schema is not None:
        check_name("schema", schema, problems)
    problems.raise_as(DataError)
    path = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part is not None)
    if connection.scalar(sa.text("SELECT to_regclass(:path)"), {"path": path}) is None:
        where = "on the search path" if schema is None else f"in the schema {schema!r}"
        remedy = "check name, case and schema=; a query goes into sqlalchemy.text(...)"
        message = f"there is no table {name!r} {where}; {remedy}"
        raise DataError(message)
    table = sa.table(exact(name), schema=None if schema is None else exact(schema))
    return sa.select(sa.text("*")).select_from(table)


def _shapes(values: Sequence[Any], column: str) -> Objects:
    """Geometries from what drivers give: EWKB as text or bytes, or elements of GeoAlchemy2 and shapely."""
    plain = np.empty(len(values), object)
    for i, value in enumerate(values):
        inner = getattr(value, "data", value)  # the content of GeoAlchemy2's element
        plain[i] = bytes(inner) if isinstance(inner, memoryview | bytearray) else inner
    if all(value is None or isinstance(value, shapely.Geometry) for value in plain):
        return plain
    try:
        return np.asarray(shapely.from_wkb(plain), object)
    except (shapely.errors.GEOSException, TypeError, ValueError) as error:
        message = f"the column {column!r} holds no geometries ({error}); name another with geometry="
        raise DataError(message) from error


def _stated_crs(shapes: Objects, ids: Objects, connection: "sa.Connection", *, named: bool) -> pyproj.CRS | None:
    """The coordinate system of all geometries; None where they have SRID 0."""
    known = ~shapely.is_missing(shapes)
    found, counts = np.unique(shapely.get_srid(shapes[known]), return_counts=True)
    if len(found) > 1:
        parts = [
            f"{srid} in {count:,} rows ({listing(ids[known][shapely.get_srid(shapes[known]) == srid])})"
            for srid, count in zip(found.tolist(), counts.tolist(), strict=True)
        ]
        message = f"geometries are of several SRIDs: {'; '.join(parts)}; bring all to one, as with ST_Transform"
        raise DataError(message)
    if not len(found) or found[0] == 0:
        return None
    crs = crs_of(int(found[0]), connection)
    if crs is None and not named:
        message = f"SRID {found[0]} has no definition in spatial_ref_sys that can be read; add it there, or name crs="
        raise DataError(message)
    return crs


def _column(values: Sequence[Any]) -> "pd.Series[Any]":
    """A column as pandas would have read it from a file: numbers as numbers, UUIDs as texts.

    Whole numbers stay whole, also where they are too large for a float.

    Examples
    --------
    >>> _column([Decimal("12"), Decimal("9007199254740993")]).tolist(), _column([Decimal("1.5"), None]).tolist()
    ([12, 9007199254740993], [1.5, nan])
    """
    kinds = {type(value) for value in values if value is not None}
    if kinds == {UUID}:
        return pd.Series([None if value is None else str(value) for value in values])
    if not kinds or not kinds <= {int, float, Decimal}:
        return pd.Series(values, dtype=None if kinds else object)
    if float in kinds or any(not _whole(value) for value in values):
        return pd.Series([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    known = [None if value is None else int(value) for value in values]
    largest = max(abs(value) for value in known if value is not None)
    if None not in known:
        return pd.Series(known, dtype=np.int64 if largest < 2**63 else object)
    return pd.Series(known, dtype=np.float64 if largest <= EXACT_FLOAT else object)


def _whole(value: int | Decimal | None) -> bool:
    return not isinstance(value, Decimal) or (value.is_finite() and value == value.to_integral_value())
