"""A real PostgreSQL with PostGIS: every test has a schema of its own there.

The server is at TERRITORYKIT_POSTGIS_URL; `.ci/postgis start FOLDER` makes one.
"""

import os
import traceback
from collections.abc import Iterator
from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa

import territorykit as tk


@pytest.fixture(scope="session")
def database_url() -> sa.URL:
    url = os.environ.get("TERRITORYKIT_POSTGIS_URL")
    if not url:
        pytest.skip("no PostGIS: TERRITORYKIT_POSTGIS_URL is not set; .ci/postgis start FOLDER makes a server")
    return sa.make_url(url).set(drivername="postgresql+psycopg")


@pytest.fixture(scope="session")
def engine(database_url) -> Iterator[sa.Engine]:
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def schema(engine) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    yield name
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))


@pytest.fixture
def place(engine, schema):
    """Where a test's tables are, as arguments."""
    return {"con": engine, "schema": schema}


@pytest.fixture
def query(schema):
    """SQL in which {s} stands for the test's schema."""
    return lambda text: sa.text(text.replace("{s}", schema))


@pytest.fixture
def sql(engine, query):
    """Run SQL in which {s} stands for the test's schema; the rows, if there are any."""

    def run(text, **values):
        with engine.begin() as connection:
            result = connection.execute(query(text), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run


@pytest.fixture
def put(engine, schema):
    """Make a table with rows (id, geometry as WKT or None); types as PostgreSQL writes them."""

    def make(rows, *, table="areas", id_type="text", geom_type="geometry", srid=3083, column="geom", where=None):
        quote = engine.dialect.identifier_preparer.quote_identifier
        path = f"{quote(where or schema)}.{quote(table)}"
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE TABLE {path} (id {id_type}, {quote(column)} {geom_type})")
            target = sa.table(
                sa.sql.quoted_name(table, quote=True), sa.column("id"), sa.column(column), schema=where or schema
            )
            for key, wkt in rows:
                shape = None if wkt is None else shapely.set_srid(shapely.from_wkt(wkt), srid)
                wkb = None if shape is None else shapely.to_wkb(shape, hex=True, include_srid=True)
                cast = sa.cast(sa.bindparam("key", str(key)), _Raw(id_type))
                connection.execute(sa.insert(target).values({"id": cast, column: wkb}))

    return make


class _Raw(sa.types.UserDefinedType):
    cache_ok = True

    def __init__(self, spec):
        self.spec = spec

    def get_col_spec(self, **_):
        return self.spec


def everything(error: BaseException) -> str:
    """All that an error shows, with the errors behind it."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(error.__cause__)


@pytest.fixture
def fails():
    """The error of a call, and its whole text."""

    def call(kind, function, *arguments, **options):
        with pytest.raises(kind) as caught:
            function(*arguments, **options)
        assert isinstance(caught.value, tk.TerritoryKitError)
        return str(caught.value), everything(caught.value)

    return call
