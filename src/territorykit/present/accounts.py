"""Accounts with their territories, as files for the systems that work with them."""

import datetime as dt
import math
from collections.abc import Callable, Hashable
from os import PathLike
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from territorykit._arrays import is_missing
from territorykit._cells import harmless
from territorykit._saving import replacing, target
from territorykit.criteria.disruption import territory_names
from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.present.frames import TERRITORY, free_names
from territorykit.present.sheets import write_sheets

_LON, _LAT = {"lon", "lng", "long", "longitude"}, {"lat", "latitude"}
_UTF8 = "utf-8-sig"


def write_accounts(
    plan: Plan,
    accounts: pd.DataFrame,
    path: str | PathLike[str],
    *,
    unit: str | None = None,
    encoding: str = _UTF8,
) -> None:
    """Write each account with its territory.

    The territory is that of the unit in the column `unit` where one is named; else that of the unit in
    which the account was counted, as the graph has it on record from `add_accounts`; else, where accounts are
    themselves the units, that of the account.

    Parameters
    ----------
    plan
        The plan.
    accounts
        DataFrame or GeoDataFrame indexed by account id. All columns are kept; in .csv and .xlsx the geometry
        is left out, and longitude and latitude (WGS 84) are added if there are no such columns. A column
        of the accounts that is called "territory" is kept as "accounts_territory".
    path
        The file: ``.csv`` (UTF-8 with a mark that spreadsheets know), ``.xlsx`` or ``.parquet``. An existing
        one is replaced, in one step. In .csv and .xlsx, texts that a spreadsheet would take for a formula
        get an apostrophe in front.
    unit
        Column of the accounts with unit ids.
    encoding
        Encoding of a .csv. The default is UTF-8 with the mark; older programs in China want "gb18030".

    Raises
    ------
    DataError
        If an account's unit is not known, account ids are missing or doubled, the suffix or encoding is unknown, or the
        format or encoding cannot hold the table.
    BackendError
        If a package for the format is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 1])
    >>> accounts = pd.DataFrame({"area": ["b", "a", "b"]}, index=pd.Index([1, 2, 3], name="account"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tk.write_accounts(plan, accounts, f"{folder}/accounts.csv", unit="area")
    ...     print(Path(folder, "accounts.csv").read_text("utf-8-sig"))
    account,territory,area
    1,east,b
    2,west,a
    3,east,b
    """
    file = target(path, _WRITERS)
    _check_encoding(encoding, file)
    table = _with_territories(plan, accounts, unit)
    with replacing(file) as (draft,):
        _WRITERS[file.suffix.lower()](table, draft, encoding)


def _check_encoding(encoding: str, file: Path) -> None:
    if file.suffix.lower() != ".csv" and encoding != _UTF8:
        message = f"{file.name}: encoding is {encoding!r}, and it goes with .csv only; leave it out"
        raise DataError(message)
    try:
        "a".encode(encoding)
    except (LookupError, TypeError) as error:
        message = f"{file.name}: encoding is {encoding!r}, which is no encoding of texts; pass 'utf-8-sig' or 'gb18030'"
        raise DataError(message) from error


def _with_territories(plan: Plan, accounts: pd.DataFrame, unit: str | None) -> pd.DataFrame:
    if not isinstance(plan, Plan):
        message = f"plan is a {type(plan).__name__}; pass a Plan"
        raise DataError(message)
    if not isinstance(accounts, pd.DataFrame):
        message = f"accounts is a {type(accounts).__name__}; pass a DataFrame indexed by account id"
        raise DataError(message)
    if not accounts.index.is_unique:
        twice = accounts.index[accounts.index.duplicated()].unique()
        message = f"accounts: {len(twice):,} ids are used more than once: {listing(twice)}; make them unique"
        raise DataError(message)
    gaps = np.flatnonzero([is_missing(account) for account in accounts.index.tolist()])
    if len(gaps):
        message = f"accounts: {len(gaps):,} ids are missing, at position {listing(gaps)}; give every row an id"
        raise DataError(message)
    names = territory_names(plan)[_units(plan, accounts, unit)]
    head = accounts.index.name or "account"
    if head == TERRITORY:
        message = f"accounts: the index is called {TERRITORY!r}, as the new column will be; rename it"
        raise DataError(message)
    taken = free_names(accounts.columns, {head, TERRITORY}, "accounts")
    table = accounts.rename(columns=taken)
    table.insert(0, TERRITORY, pd.Series(names, index=table.index, dtype=object))
    return table.reset_index(names=head)


def _units(plan: Plan, accounts: pd.DataFrame, unit: str | None) -> Any:  # noqa: ANN401 - positions of units
    """Position of each account's unit."""
    graph, ids = plan.problem.graph, accounts.index.tolist()
    if unit is not None:
        homes = accounts[unit] if unit in accounts.columns else None
        if homes is None or homes.ndim > 1:
            what = "no column" if homes is None else "several columns"
            message = f"accounts have {what} {unit!r}; they have {listing(list(accounts.columns)) or 'none'}"
            raise DataError(message)
        homes = homes.tolist()
        known = [isinstance(home, Hashable) and home in graph for home in homes]
        strange = [f"{account}: {home}" for account, home, good in zip(ids, homes, known, strict=True) if not good]
        if strange:
            message = (
                f"accounts: {len(strange):,} name a unit in {unit!r} that is not in the plan: {listing(strange)}; "
                f"ids of units look like {listing(graph.ids[:2])}"
            )
            raise DataError(message)
        return graph.positions(homes)
    recorded = graph.homes()
    unknown = [account for account in ids if account not in recorded]
    if unknown:
        problems = Problems("accounts")
        problems.add(
            f"the unit of {len(unknown):,} accounts is not known: {listing(unknown)}",
            "name the column with their unit ids in unit=, add them to the areas with add_accounts, or leave them out",
        )
        problems.raise_as(DataError)
    return graph.positions([recorded[account] for account in ids])


def spreadsheet(table: pd.DataFrame) -> pd.DataFrame:
    """The table without geometries, with longitude and latitude, and with harmless texts."""
    if isinstance(table, gpd.GeoDataFrame):
        table = _with_lonlat(table)
    plain = pd.DataFrame(
        {i: [_cell(value) for value in table.iloc[:, i].tolist()] for i in range(table.shape[1])}, dtype=object
    )
    return plain.set_axis([harmless(str(column)) for column in table.columns], axis=1)


def _with_lonlat(table: gpd.GeoDataFrame) -> pd.DataFrame:
    shapes = table.geometry
    plain = pd.DataFrame(table.drop(columns=table.columns[table.dtypes == "geometry"]))
    known = {str(column).lower() for column in plain.columns}
    if known & _LON and known & _LAT:
        return plain
    names = ("x", "y")
    if shapes.crs is not None:
        shapes, names = shapes.to_crs(4326), ("lon", "lat")
    points = shapely.point_on_surface(np.asarray(shapes, object))
    points[shapely.is_empty(points)] = None  # accounts without a place stay so
    renamed = free_names(names, set(map(str, plain.columns)), "geometry")
    for name, values in zip(names, (shapely.get_x(points), shapely.get_y(points)), strict=True):
        plain[renamed.get(name, name)] = values
    return plain


def _cell(value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    """A value as a cell holds it: a number, a date, a harmless text or nothing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else harmless(str(value))
    if isinstance(value, dt.datetime):
        return value.isoformat() if value.tzinfo else value
    if isinstance(value, dt.date | dt.time):
        return value
    return harmless(str(value))


def _write_csv(table: pd.DataFrame, draft: Path, encoding: str) -> None:
    spreadsheet(table).to_csv(draft, index=False, encoding=encoding)


def _write_parquet(table: pd.DataFrame, draft: Path, encoding: str) -> None:  # noqa: ARG001 - texts are UTF-8
    table.to_parquet(draft, index=False)


def _write_xlsx(table: pd.DataFrame, draft: Path, encoding: str) -> None:  # noqa: ARG001 - texts are UTF-8
    write_sheets({"accounts": spreadsheet(table)}, draft)


_WRITERS: dict[str, Callable[[pd.DataFrame, Path, str], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
}
