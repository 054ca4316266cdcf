"""What a PostGIS database is asked before work starts: names, extension, coordinate systems."""

from typing import TYPE_CHECKING, Any

import pyproj

from territorykit.errors import BackendError, DataError, Problems, listing
from territorykit.load.inputs import crs_name

if TYPE_CHECKING:
    import sqlalchemy as sa

LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL; it cuts longer ones, and two could become one."""
WGS84 = 4326


def check_name(role: str, name: object, problems: Problems, *, longest: int = LONGEST_NAME) -> None:
    """Whether a table or a schema can be called so; quoted, a name may hold anything but NUL."""
    if not isinstance(name, str) or not name:
        problems.add(f"{role}= is {name!r}", "pass its name as a text")
    elif bad_texts([name]):
        problems.add(f"{role}={name!r} holds a NUL or half a character", "PostgreSQL keeps neither; rename it")
    elif len(name.encode()) > longest:
        problems.add(
            f"{role}= takes {len(name.encode())} bytes in UTF-8: {listing([name])}", f"PostgreSQL keeps {longest} here"
        )


def bad_texts(texts: Any) -> list[str]:  # noqa: ANN401 - any texts
    r"""Texts that PostgreSQL cannot keep: with NUL, or with half a pair of surrogates.

    Examples
    --------
    >>> bad_texts(["fine", "a\x00b", "\ud800"])
    ['a\x00b', '\ud800']
    """
    return [text for text in texts if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text)]


def exact(name: str) -> str:
    """A name that SQLAlchemy quotes, so that case and signs stay as they are."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    return sa.sql.quoted_name(name, quote=True)


def postgis_schema(connection: "sa.Connection") -> str:
    """The schema in which PostGIS is installed.

    Raises
    ------
    BackendError
        If the database has no PostGIS.
    """
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    query = "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = :name"
    found = connection.scalar(sa.text(query), {"name": "postgis"})
    if found is None:
        message = "the database has no PostGIS; let its owner run CREATE EXTENSION postgis, or connect to another"
        raise BackendError(message)
    return str(found)


def _systems(connection: "sa.Connection") -> "sa.TableClause":
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("srid", "auth_name", "auth_srid", "srtext")]
    return sa.table("spatial_ref_sys", *columns, schema=exact(postgis_schema(connection)))


def crs_of(srid: int, connection: "sa.Connection") -> pyproj.CRS | None:
    """The coordinate system of an SRID, by its authority or else its definition; None where neither is known."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    systems = _systems(connection)
    row = connection.execute(sa.select(systems).where(systems.c.srid == srid)).one_or_none()
    if row is None:
        return None
    for names in ((row.auth_name, row.auth_srid), (row.srtext,)):
        try:
            return pyproj.CRS.from_authority(*names) if len(names) > 1 else pyproj.CRS.from_user_input(*names)
        except pyproj.exceptions.CRSError:
            continue
    return None


def srid_of(crs: pyproj.CRS, connection: "sa.Connection") -> int:
    """The SRID of a coordinate system in this database.

    Raises
    ------
    DataError
        If the database does not list it.
    """
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    authority = crs.to_authority()
    systems = _systems(connection)
    if authority is not None and authority[1].isdecimal():
        same = (systems.c.auth_name == authority[0]) & (systems.c.auth_srid == int(authority[1]))
        found = connection.scalar(sa.select(sa.func.min(systems.c.srid)).where(same))
        if found is not None:
            return int(found)
    if crs.equals(pyproj.CRS.from_epsg(WGS84), ignore_axis_order=True):
        return WGS84  # such as OGC:CRS84, in which GeoJSON and GeoParquet come
    message = f"the database knows no SRID for {crs_name(crs)}; name a system that it lists, such as crs='EPSG:3857'"
    raise DataError(message)
