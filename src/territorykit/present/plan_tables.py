"""The tables that hold plans in a PostGIS database: what they are, whether they are there, and making them."""

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from territorykit.errors import DataError, Problems
from territorykit.load.sql import LONGEST_NAME, check_name, exact, postgis_schema

if TYPE_CHECKING:
    import sqlalchemy as sa

PREFIX = "territorykit"
KINDS = ("plans", "territories", "units", "sizes")
LONGEST_PREFIX = LONGEST_NAME - len("_territories_geom")
"""Bytes: the index of the outlines has the longest name."""
_GEOMETRY = re.compile(r"geometry\(multipolygon(?:,(\d+))?\)$")


@dataclass(frozen=True, slots=True)
class PlanTables:
    """The four tables: plans, their territories, the units of these, and the sizes by activity."""

    plans: "sa.Table"
    territories: "sa.Table"
    units: "sa.Table"
    sizes: "sa.Table"
    srid: int


def check_place(schema: str | None, prefix: str, problems: Problems) -> None:
    """Whether tables can be called so."""
    check_name("prefix", prefix, problems, longest=LONGEST_PREFIX)
    if schema is not None:
        check_name("schema", schema, problems)


def existing_tables(connection: "sa.Connection", schema: str | None, prefix: str) -> PlanTables:
    """The tables, to read from.

    Raises
    ------
    DataError
        If they are not there, or are others.
    """
    home = _home(connection, schema)
    found = _columns(connection, home, prefix)
    missing = [f"{prefix}_{kind}" for kind in KINDS if f"{prefix}_{kind}" not in found]
    if missing:
        names = ", ".join(map(repr, missing))
        message = f"the schema {home!r} lacks the tables {names}; check schema= and prefix=, or write a plan first"
        raise DataError(message)
    tables = _define(connection, home, prefix, _srid(found, prefix) or 0)
    _check(connection, tables, found)
    return tables


def ready_tables(connection: "sa.Connection", schema: str | None, prefix: str, srid: int | None) -> PlanTables:
    """The tables, made where they are missing, for outlines with an SRID; None where there are no outlines.

    Whoever makes them holds a lock until the end of the transaction, so that another who finds them missing
    waits. Where they are there, nobody waits.

    Raises
    ------
    DataError
        If there are tables of these names with other columns, or outlines of another SRID.
    """
    home = _home(connection, schema)
    found = _columns(connection, home, prefix)
    if len(found) < len(KINDS):
        _lock(connection, f"{home}\0{prefix}")
        found = _columns(connection, home, prefix)
    theirs = _srid(found, prefix)
    tables = _define(connection, home, prefix, theirs if theirs is not None else srid or 0)
    _check(connection, tables, found)
    if srid is not None and srid != tables.srid:
        remedy = f"write it in that system with crs=, such as crs='EPSG:{tables.srid}', or under another prefix="
        if not tables.srid:
            remedy = "it was made without a coordinate system: write under another prefix="
        message = f"{prefix}_territories holds outlines of SRID {tables.srid}, and this plan's are of {srid}; {remedy}"
        raise DataError(message)
    missing = [table for table in _all(tables) if table.name not in found]
    tables.plans.metadata.create_all(connection, tables=missing, checkfirst=False)
    return tables


def _all(tables: PlanTables) -> "tuple[sa.Table, ...]":
    return tables.plans, tables.territories, tables.units, tables.sizes


def _home(connection: "sa.Connection", schema: str | None) -> str:
    """The schema by name; the first of the search path where none is named."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    if schema is None:
        found = connection.scalar(sa.text("SELECT current_schema()"))
        if found is None:
            message = "no schema of the search path is there; name one with schema="
            raise DataError(message)
        return str(found)
    query = sa.text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
    if connection.scalar(query, {"name": schema}) is None:
        message = f"there is no schema {schema!r}; make it first with CREATE SCHEMA, or correct its name"
        raise DataError(message)
    return schema


def _lock(connection: "sa.Connection", text: str) -> None:
    """Wait for others who make the same tables."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    key = int.from_bytes(hashlib.sha256(f"{PREFIX}\0{text}".encode()).digest()[:8], signed=True)
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _columns(connection: "sa.Connection", home: str, prefix: str) -> dict[str, dict[str, str]]:
    """Type by column by table, of what is there under these names."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    query = sa.text(
        "SELECT c.relname, a.attname, lower(format_type(a.atttypid, a.atttypmod)) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE n.nspname = :home AND c.relname IN :names ORDER BY c.relname, a.attnum"
    ).bindparams(sa.bindparam("names", expanding=True))
    found: dict[str, dict[str, str]] = {}
    names = [f"{prefix}_{kind}" for kind in KINDS]
    for table, column, kind in connection.execute(query, {"home": home, "names": names}):
        columns = found.setdefault(table, {})
        if column is not None:
            columns[column] = _plain(kind)
    return found


def _plain(kind: str) -> str:
    """A type without the schema of PostGIS, and without an SRID of 0."""
    match = _GEOMETRY.search(kind)
    return kind if match is None else f"geometry(multipolygon,{match[1] or 0})"


def _srid(found: dict[str, dict[str, str]], prefix: str) -> int | None:
    match = _GEOMETRY.search(found.get(f"{prefix}_territories", {}).get("geom", ""))
    return None if match is None else int(match[1])


def _check(connection: "sa.Connection", tables: PlanTables, found: dict[str, dict[str, str]]) -> None:
    """Tables that are there have the columns and the primary key that they should have."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    problems = Problems("tables")
    for table in _all(tables):
        if table.name not in found:
            continue
        theirs = found[table.name]
        ours = {column.name: _plain(column.type.compile(connection.dialect).lower()) for column in table.columns}
        parts = [f"{name!r} is missing ({kind})" for name, kind in ours.items() if name not in theirs]
        parts += [f"{name!r} ({kind}) is not ours" for name, kind in theirs.items() if name not in ours]
        parts += [
            f"{name!r} is {theirs[name]}, not {kind}"
            for name, kind in ours.items()
            if name in theirs and theirs[name] != kind
        ]
        keys = sa.inspect(connection).get_pk_constraint(table.name, table.schema)["constrained_columns"]
        wanted = [column.name for column in table.primary_key]
        if not parts and keys != wanted:
            parts.append(f"its primary key is ({', '.join(keys)}), not ({', '.join(wanted)})")
        if parts:
            problems.add(
                f"there is a {table.name!r} that is not as territorykit makes it: {', '.join(parts)}",
                "choose another prefix= or schema=, or rename that table",
            )
    problems.raise_as(DataError)


def _define(connection: "sa.Connection", home: str, prefix: str, srid: int) -> PlanTables:
    """The tables as SQLAlchemy knows them."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    metadata = sa.MetaData(schema=exact(home))
    outline = _outline_type(connection, srid)

    def table(kind: str, *parts: Any) -> "sa.Table":  # noqa: ANN401 - columns and constraints
        return sa.Table(exact(f"{prefix}_{kind}"), metadata, *parts)

    def text(name: str, *, key: bool = False, null: bool = False) -> "sa.Column[Any]":
        return sa.Column(name, sa.Text, primary_key=key, nullable=null)

    def number(name: str, kind: Any = sa.Integer, *, null: bool = False) -> "sa.Column[Any]":  # noqa: ANN401
        return sa.Column(name, kind, nullable=null)

    def below(parent: "sa.Table", *names: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint(names, [parent.c[name] for name in names], ondelete="CASCADE")

    double = sa.Double
    plans = table(
        "plans", text("plan", key=True), sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        text("unit_ids"), number("n_units"), number("n_territories"), text("crs", null=True),
        text("status", null=True), number("objective", double, null=True), number("bound", double, null=True),
        number("gap", double, null=True), text("method", null=True), number("seed", sa.Numeric, null=True),
    )  # fmt: skip
    territories = table(
        "territories", text("plan", key=True), text("territory", key=True), number("position"), number("n_units"),
        text("center", null=True), sa.Column("geom", outline), below(plans, "plan"),
    )  # fmt: skip
    units = table(
        "units", text("plan", key=True), text("unit", key=True), text("territory"),
        below(territories, "plan", "territory"),
    )  # fmt: skip
    sizes = table(
        "sizes", text("plan", key=True), text("territory", key=True), text("activity", key=True),
        number("size", double), number("target", double), number("deviation", double), text("unit_of_measure"),
        below(territories, "plan", "territory"),
    )  # fmt: skip
    sa.Index(exact(f"{prefix}_territories_geom"), territories.c.geom, postgresql_using="gist")
    sa.Index(exact(f"{prefix}_units_territory"), units.c.plan, units.c.territory)
    return PlanTables(plans, territories, units, sizes, srid)


def _outline_type(connection: "sa.Connection", srid: int) -> Any:  # noqa: ANN401 - a type of SQLAlchemy
    """The type of a column with outlines; values are EWKB as text, which the server reads."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    postgis = connection.dialect.identifier_preparer.quote(postgis_schema(connection))

    class MultiPolygon(sa.types.UserDefinedType[str]):
        cache_ok = True

        def get_col_spec(self, **_: object) -> str:
            return f"{postgis}.geometry(MultiPolygon,{srid})"

    return MultiPolygon()
