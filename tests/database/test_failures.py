import socket
import sys
from urllib.parse import quote
from uuid import uuid4

import pytest
import sqlalchemy as sa
from samples import grid_areas, grid_plan

import territorykit as tk
from territorykit.load.connection import LONGEST_MESSAGE, _said, _without_secrets

SECRET = "Xq7-s3cret/p%ss"  # noqa: S105 - of nobody


def url_of(url, **changes):
    return url.set(**changes).render_as_string(hide_password=False)


@pytest.fixture
def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]  # bound, and nobody listens


@pytest.mark.parametrize("package", ["sqlalchemy", "psycopg"])
def test_not_installed(monkeypatch, fails, package):
    monkeypatch.setitem(sys.modules, package, None)
    said = fails(tk.BackendError, tk.read_areas_postgis, "areas", "postgresql://u@127.0.0.1/x", id="id")[0]
    assert said.endswith('is not installed; pip install "territorykit[postgis]"')
    assert package in said.lower()


@pytest.mark.parametrize(
    ("con", "message"),
    [
        ("sqlite://", "con is a sqlite database; PostGIS is an extension of PostgreSQL"),
        (f"mysql://u:{SECRET}@host/x", "con is a mysql database"),
        (f"postgresql+nothing://u:{SECRET}@host/x", "SQLAlchemy knows no driver 'postgresql+nothing'"),
        (f"postgresql:/u:{SECRET}@host/x", "the URL of the database cannot be read; write it as postgresql://"),
        (f"postgresql://u:{SECRET}@host:port/x", "the URL of the database cannot be read"),
        (SECRET, "the URL of the database cannot be read"),
        (f"postgresql://u:p@ss{SECRET}@host/x", "holds an @; write %40 for it"),
        (7, "con is of type int; pass a URL such as postgresql://user:password@host/database"),
        (sa.create_engine("sqlite://"), "con is a sqlite database"),
    ],
)
def test_no_database_of_ours(fails, con, message):
    for call in (
        lambda: tk.read_areas_postgis("areas", con, id="id"),
        lambda: tk.read_accounts_postgis("accounts", con, id="id"),
        lambda: tk.write_plan_postgis(grid_plan([0] * 6), grid_areas(), con, name="a"),
        lambda: tk.read_plan_postgis(con, grid_plan([0] * 6).problem, name="a"),
    ):
        said, everything = fails(tk.DataError, call)
        assert message in said
        assert SECRET not in everything


def test_nobody_answers(fails, free_port):
    url = sa.URL.create("postgresql", "u", SECRET, "127.0.0.1", free_port, "sales")
    for con in (url, url_of(url), sa.create_engine(url.set(drivername="postgresql+psycopg"))):
        said, everything = fails(tk.BackendError, tk.read_areas_postgis, "areas", con, id="id")
        assert said.startswith(f"database 'sales' at 127.0.0.1:{free_port}: ")
        assert said.endswith("check that the server runs, and host, port, database, user and password")
        assert SECRET not in everything


def test_secrets_are_cut_out_of_what_drivers_say(fails, free_port):
    """The driver repeats options and the host, which may hold what is no host."""
    url = sa.URL.create("postgresql", "u", "pw", "127.0.0.1", free_port, "sales", {"nonsense": SECRET})
    said, everything = fails(tk.TerritoryKitError, tk.read_areas_postgis, "areas", url, id="id")
    assert "invalid connection option" in said
    assert SECRET not in everything
    url = sa.URL.create("postgresql", "u", SECRET, SECRET, free_port, "sales", {"sslpassword": SECRET})
    said = fails(tk.BackendError, tk.read_areas_postgis, "areas", url, id="id")[0]
    spoken = f"cannot resolve {SECRET} or {quote(SECRET, safe='')}; option sslpassword={SECRET}"
    assert _without_secrets(spoken, url) == "cannot resolve *** or ***; option sslpassword=***"
    assert SECRET not in said.split(": ", 1)[1]


def test_wrong_password_user_and_database(fails, database_url):
    for changes in ({"password": SECRET}, {"username": "nobody"}, {"database": "nowhere"}):
        url = database_url.set(**changes)
        said, everything = fails(tk.BackendError, tk.read_areas_postgis, "areas", url_of(url), id="id")
        assert "password" in said
        assert url.password not in everything
        assert database_url.password not in everything


def test_errors_and_reprs_never_hold_the_password(fails, place, put, database_url):
    put([("a", "POINT (0 0)")])
    url = url_of(database_url)
    for source in ("areas", "nothing", sa.text("SELECT 1/0"), sa.text("SELEC")):
        everything = fails(tk.DataError, tk.read_areas_postgis, source, url, id="id")[1]
        assert database_url.password not in everything


def test_a_user_who_may_not(fails, place, put, sql, database_url):
    role, password = f"guest_{uuid4().hex}", uuid4().hex
    put([("a", "POINT (0 0)")])
    sql(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    sql(f"GRANT USAGE ON SCHEMA {{s}} TO {role}")
    try:
        con, schema = url_of(database_url, username=role, password=password), place["schema"]
        for call in (
            lambda: tk.read_areas_postgis("areas", con, id="id", schema=schema),
            lambda: tk.write_plan_postgis(grid_plan([0] * 6), grid_areas(), con, name="a", schema=schema),
        ):
            said, everything = fails(tk.BackendError, call)
            assert "permission denied for" in said
            assert "ask the database's owner to grant this to your user" in said
            assert password not in everything
    finally:
        sql(f"REVOKE USAGE ON SCHEMA {{s}} FROM {role}")
        sql(f"DROP ROLE {role}")


def test_a_database_without_postgis(fails, database_url):
    name = f"bare_{uuid4().hex}"
    server = sa.create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    bare = sa.create_engine(database_url.set(database=name), poolclass=sa.NullPool)
    try:
        said = fails(tk.BackendError, tk.write_plan_postgis, grid_plan([0] * 6), grid_areas(), bare, name="a")[0]
        assert said.startswith("the database has no PostGIS; let its owner run CREATE EXTENSION postgis")
        with bare.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE accounts AS SELECT 'a' AS id, 9.5 AS x, 48 AS y")
        accounts = tk.read_accounts_postgis("accounts", bare, id="id", lon="x", lat="y", crs=4326)
        assert accounts.geometry.iloc[0].wkt == "POINT (9.5 48)"
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_postgis_in_a_schema_off_the_search_path(place, database_url):
    """PostGIS may be installed anywhere; types and tables of it are found there."""
    name = f"apart_{uuid4().hex}"
    server = sa.create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    apart = sa.create_engine(database_url.set(database=name), poolclass=sa.NullPool)
    try:
        with apart.begin() as connection:
            connection.exec_driver_sql('CREATE SCHEMA "Geo graphy"')
            connection.exec_driver_sql('CREATE EXTENSION postgis SCHEMA "Geo graphy"')
        plan = grid_plan([0, 1, 2, 0, 1, 2])
        for plan_name in ("a", "b"):
            tk.write_plan_postgis(plan, grid_areas(), apart, name=plan_name)
        assert tk.read_plan_postgis(apart, plan.problem, name="b") == plan
        query = sa.text("SELECT territory, geom FROM territorykit_territories WHERE plan = :plan").bindparams(plan="a")
        assert tk.read_areas_postgis(query, apart, id="territory").crs == "EPSG:3083"
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_limits_of_the_server(place, fails, database_url):
    patient = sa.create_engine(
        database_url, connect_args={"options": "-c statement_timeout=100"}, poolclass=sa.NullPool
    )
    said = fails(tk.BackendError, tk.read_areas_postgis, sa.text("SELECT pg_sleep(9)"), patient, id="id")[0]
    assert "statement timeout; the server's time limit was reached" in said
    long = grid_plan([0] * 6, ids=["".join(uuid4().hex for _ in range(400)), *"abcde"])
    said = fails(tk.DataError, tk.write_plan_postgis, long, None, name="a", **place)[0]
    assert said.endswith("shorten the ids and names")


def test_an_engine_without_free_connections(place, fails, database_url):
    engine = sa.create_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    with engine.connect():
        said = fails(tk.BackendError, tk.read_areas_postgis, "areas", engine, id="id")[0]
    engine.dispose()
    assert "no connection of the engine became free in time" in said


def test_half_a_secret_is_cut_out_too(free_port):
    """What a driver says is shortened after the secrets are gone, not before."""
    url = sa.URL.create("postgresql", "u", SECRET, "127.0.0.1", free_port, "sales")
    for start in range(LONGEST_MESSAGE - 3 - len(SECRET), LONGEST_MESSAGE):
        said = _said(ValueError("x" * start + SECRET + "y" * LONGEST_MESSAGE), url)
        assert len(said) <= LONGEST_MESSAGE
        assert set(said) <= {"x", "y", "*", "."}
