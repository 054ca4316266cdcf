"""Connections to PostgreSQL, and what drivers say when they fail, in words that keep passwords to themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, quote_plus

from territorykit.errors import BackendError, DataError, TerritoryKitError

if TYPE_CHECKING:
    import sqlalchemy as sa

    Database: TypeAlias = str | sa.URL | sa.Engine | sa.Connection
    """Anything that leads to a database."""
else:
    Database: TypeAlias = Any

INSTALL = 'pip install "territorykit[postgis]"'
LONGEST_MESSAGE = 300
AGAIN = "nothing was written; try again"

# SQLSTATE codes, or their first two characters: which error, and the remedy.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_REMEDIES: dict[str, tuple[type[TerritoryKitError], str]] = {
    "08": (BackendError, "check that the server runs and can be reached"),
    "28": (BackendError, "check user and password"),
    "3D000": (BackendError, "check the name of the database"),
    "42501": (BackendError, "ask the database's owner to grant this to your user"),
    "25006": (DataError, "pass a query that only reads"),
    "40": (BackendError, f"another session was in the way; {AGAIN}"),
    "55P03": (BackendError, f"another session was in the way; {AGAIN}"),
    "57014": (BackendError, "the server's time limit was reached, or somebody stopped it"),
    "57": (BackendError, "the server goes down or starts up; try again later"),
    "53": (BackendError, "the server has no more room or connections; free some, or ask its administrator"),
    "54": (DataError, "shorten the ids and names"),
    "22P05": (DataError, "the database's encoding lacks these characters; use a database in UTF-8"),
    "22": (DataError, "check the values"),
    "23": (DataError, "the tables hold something that contradicts this"),
    "3F000": (DataError, "make the schema first, or correct its name"),
    "42": (DataError, "check the names of tables and columns, and the query"),
}


@contextmanager
def connected(con: Database, *, write: bool = False) -> "Iterator[sa.Connection]":
    """A connection within one transaction: all of it is done, or nothing.

    From a URL or an engine it is a connection of its own, which only reads unless `write` is set. In a
    connection of the caller's that has a transaction open, a savepoint is set, and it is the caller who
    commits; in one that has none, a transaction is opened and committed.

    Raises
    ------
    DataError
        If `con` is nothing of this kind or no PostgreSQL, or the server refuses what it is asked.
    BackendError
        If SQLAlchemy or the driver is not installed, or the database cannot be reached or used.
    """
    sqlalchemy = _sqlalchemy()
    own = isinstance(con, str | sqlalchemy.URL)
    place: Any = _engine(con) if own else _checked(con)
    url = place.engine.url
    try:
        with _in_our_words(url):
            if isinstance(place, sqlalchemy.Connection):
                with _transaction(place):
                    yield place
            else:
                options = {"isolation_level": "READ COMMITTED"} | ({} if write else {"postgresql_readonly": True})
                with place.connect().execution_options(**options) as connection, connection.begin():
                    yield connection
    finally:
        if own:
            place.engine.dispose()


def _sqlalchemy() -> Any:  # noqa: ANN401 - a module
    try:
        import sqlalchemy  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = f"databases need SQLAlchemy, which is not installed; {INSTALL}"
        raise BackendError(message) from error
    return sqlalchemy


def _engine(con: Any) -> "sa.Engine":  # noqa: ANN401 - a text or a URL
    """An engine that keeps no connections; what SQLAlchemy says of a URL is not repeated, as it may hold the URL."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    url, problem = None, ""
    try:
        url = sa.make_url(con)
    except (sa.exc.ArgumentError, ValueError):
        problem = "the URL of the database cannot be read; write it as postgresql://user:password@host:port/database"
    if isinstance(con, str) and con.partition("?")[0].count("@") > 1:  # part of it would be taken for the host
        problem = "the password in the URL of the database holds an @; write %40 for it, or use sqlalchemy.URL.create"
    if problem or url is None:
        raise DataError(problem)  # here, so that no other exception hangs on it
    _require_postgresql(url)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    try:
        return sa.create_engine(url, poolclass=sa.NullPool)
    except ImportError as error:
        message = f"the driver {url.get_driver_name()!r} is not installed; {INSTALL}"
        raise BackendError(message) from error
    except sa.exc.NoSuchModuleError:
        message = f"SQLAlchemy knows no driver {url.drivername!r}; write postgresql://user:password@host:port/database"
    raise DataError(message)


def _require_postgresql(url: "sa.URL") -> None:
    name = url.get_backend_name()
    if name not in ("postgres", "postgresql"):
        message = f"con is a {name} database; PostGIS is an extension of PostgreSQL"
        raise DataError(message)


def _checked(con: Any) -> Any:  # noqa: ANN401 - not yet known
    """An engine or a connection that can be used."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    if not isinstance(con, sa.Engine | sa.Connection):
        message = (
            f"con is of type {type(con).__name__}; pass a URL such as postgresql://user:password@host/database, "
            "or an Engine or a Connection of SQLAlchemy (not of its asyncio part)"
        )
        raise DataError(message)
    _require_postgresql(con.engine.url)
    if isinstance(con, sa.Connection):
        if con.closed:
            message = "con is closed; pass an open connection, or the engine"
            raise DataError(message)
        with _in_our_words(con.engine.url):
            level = con.get_execution_options().get("isolation_level")
            commits = getattr(con.connection.dbapi_connection, "autocommit", False) is True
        if level == "AUTOCOMMIT" or commits:
            message = "con commits every statement by itself; pass a connection with transactions, or the engine"
            raise DataError(message)
    return con


@contextmanager
def _transaction(connection: "sa.Connection") -> Iterator[None]:
    with connection.begin_nested() if connection.in_transaction() else connection.begin():
        yield


@contextmanager
def _in_our_words(url: "sa.URL") -> Iterator[None]:
    """Turn the errors of SQLAlchemy and the driver into our own; statements and their values are not repeated."""
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    try:
        yield
    except sa.exc.DBAPIError as error:
        kind, remedy = _remedy(error, _state(error.orig))
        message = f"{_where(url)}: {_said(error.orig, url)}; {remedy}"
        raise kind(message) from None
    except sa.exc.TimeoutError:
        message = f"{_where(url)}: no connection of the engine became free in time; close some, or enlarge its pool"
        raise BackendError(message) from None
    except sa.exc.SQLAlchemyError as error:
        message = f"{_where(url)}: {_said(error, url)}; check the query and its parameters"
        raise DataError(message) from None


def _state(error: BaseException | None) -> str:
    """SQLSTATE of a driver's error; empty where there is none, as when nobody answers."""
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")


def _remedy(error: "sa.exc.DBAPIError", state: str) -> tuple[type[TerritoryKitError], str]:
    import sqlalchemy as sa  # noqa: PLC0415 - an extra

    found = _REMEDIES.get(state) or _REMEDIES.get(state[:2])
    if found is not None:
        return found
    if isinstance(error, sa.exc.DataError):
        return DataError, "check the values"
    if isinstance(error, sa.exc.OperationalError) and not state:
        return BackendError, "check that the server runs, and host, port, database, user and password"
    return BackendError, f"SQLSTATE {state or 'unknown'}; ask the database's administrator"


def _said(error: BaseException | None, url: "sa.URL") -> str:
    """The message of a driver on one line, without secrets; shortened after that, as half a secret is one too."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    text = " ".join(_without_secrets(str(primary or error), url).split())
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 3] + "..."


def _without_secrets(text: str, url: "sa.URL") -> str:
    secrets = {str(url.password)} if url.password else set()
    for key, value in url.query.items():
        if "pass" in key.lower():
            secrets |= {value} if isinstance(value, str) else set(value)
    for secret in sorted({form for s in secrets for form in (s, quote(s, safe=""), quote_plus(s))}, key=len)[::-1]:
        text = text.replace(secret, "***") if secret else text
    return text


def _where(url: "sa.URL") -> str:
    at = f" at {url.host}" + (f":{url.port}" if url.port else "") if url.host else ""
    return f"database {url.database!r}{at}" if url.database else f"database{at}"
