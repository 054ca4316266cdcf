"""Which account is in which territory, and which id a territory has."""

import json
from collections import Counter
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from territorykit.crm.kinds import check_kinds, in_graph
from territorykit.errors import DataError, Problems, listing
from territorykit.load.formats.files import existing
from territorykit.model.plan import Plan
from territorykit.model.unit_graph import UnitGraph


def account_territories(
    plan: Plan, accounts: pd.DataFrame | None = None, *, unit: str | None = None
) -> "pd.Series[Any]":
    """Territory name by record id, as `territorykit.crm.rules.compress` takes it.

    The territory is that of the unit in the column `unit` where one is named; else that of the unit in
    which the account was counted, as the graph has it on record from `add_accounts`; else, where accounts are
    themselves the units, that of the account.

    Parameters
    ----------
    plan
        The plan.
    accounts
        DataFrame indexed by record id; None for all accounts on record, or all units.
    unit
        Column of the accounts with unit ids.

    Raises
    ------
    DataError
        If there is no such column, an account has no unit, or ids are doubled.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 1])
    >>> account_territories(plan, pd.DataFrame({"area": ["b", "b"]}, index=["11", "12"]), unit="area").to_dict()
    {'11': 'east', '12': 'east'}
    """
    check_kinds("accounts", plan=(plan, Plan))
    units = account_units(plan.problem.graph, accounts, unit)
    names = plan.to_names()[plan.problem.graph.positions(list(units.values()))]
    return pd.Series(names, index=pd.Index(list(units), name="id", dtype=object), name="territory", dtype=object)


def earlier_territories(since: Plan, accounts: pd.DataFrame | None, unit: str | None) -> "pd.Series[Any]":
    """Where the incumbent has these accounts; those that it does not know are new, and left out."""
    if accounts is None or unit is not None:
        return account_territories(since, accounts, unit=unit)
    known = account_territories(since)
    return known[known.index.isin(list(map(str, accounts.index.tolist())))]


def account_units(graph: UnitGraph, accounts: pd.DataFrame | None, unit: str | None) -> dict[str, Any]:
    """Record id, as text, to unit id."""
    problems = Problems("accounts")
    every = {str(account): home for account, home in graph.homes().items()}
    if accounts is None:
        return every
    if not isinstance(accounts, pd.DataFrame):
        message = f"accounts is a {type(accounts).__name__}; pass a DataFrame indexed by record id"
        raise DataError(message)
    ids = list(map(str, accounts.index.tolist()))
    if len(set(ids)) < len(ids):
        twice = sorted(one for one, count in Counter(ids).items() if count > 1)
        problems.add(f"{len(twice):,} ids are used more than once: {listing(twice)}", "make them unique")
    if unit is not None:
        if list(accounts.columns).count(unit) != 1:
            what = f"there are several columns {unit!r}" if unit in accounts.columns else f"there is no column {unit!r}"
            problems.add(what, f"the columns are {listing(list(accounts.columns)) or 'none'}")
            problems.raise_as(DataError)
        found = dict(zip(ids, accounts[unit].tolist(), strict=True))
        strange = [f"{account}: {home}" for account, home in found.items() if not in_graph(graph, home)]
        if strange:
            problems.add(f"{len(strange):,} name a unit that is not in the plan: {listing(strange)}", "correct them")
    else:
        lost = [account for account in ids if account not in every]
        if lost:
            problems.add(
                f"the unit of {len(lost):,} accounts is not known: {listing(lost)}",
                "name the column with their unit ids in unit=, add them to the areas with add_accounts, or leave "
                "them out",
            )
        found = {account: every.get(account) for account in ids}
    problems.raise_as(DataError)
    return found


def territory_ids(source: str | PathLike[str] | Mapping[str, Any]) -> dict[str, str]:
    """Territory name to id, from the answer to ``GET /settings/territories``.

    Parameters
    ----------
    source
        The answer as it was parsed, or the path of a JSON file with it.

    Raises
    ------
    DataError
        If it is no such answer, it has more pages, or two territories have one name.

    Examples
    --------
    >>> territory_ids({"territories": [{"name": "Chennai", "id": "431581000000798016"}]})
    {'Chennai': '431581000000798016'}
    """
    if not isinstance(source, Mapping):
        path = existing(Path(source) if isinstance(source, PathLike) else source)
        return _ids(read_json(path), path.name)
    return _ids(source, "territories")


def _ids(answer: Any, subject: str) -> dict[str, str]:  # noqa: ANN401 - JSON
    rows = answer.get("territories") if isinstance(answer, Mapping) else None
    problems = Problems(subject)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and {"name", "id"} <= set(row) for row in rows):
        problems.add("there is no list of territories with names and ids", "pass GET /settings/territories's answer")
        problems.raise_as(DataError)
    info = answer.get("info")
    if isinstance(info, Mapping) and info.get("more_records"):
        problems.add("the answer has more pages", "ask for all of them, and put their territories together")
    rows = list(rows or ())
    strange = [row for row in rows if not all(isinstance(row[key], str) for key in ("name", "id"))]
    if strange:
        problems.add(
            f"{len(strange):,} territories have a name or an id that is no text: {listing(strange)}",
            "pass the answer as it came",
        )
    names = [str(row["name"]) for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.add(f"territories share the name {listing(twice)}", "rename them in Zoho")
    problems.raise_as(DataError)
    return {name: str(row["id"]) for name, row in zip(names, rows, strict=True)}


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON
    """The content of a JSON file.

    Raises
    ------
    DataError
        If it is none.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path.name}: cannot be read as JSON ({error})"
        raise DataError(message) from error
