"""Bodies of requests as numbered files with a manifest, and as a plan again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from territorykit._saving import replacing
from territorykit.crm.kinds import check_kinds
from territorykit.crm.rules_criterion import Criterion
from territorykit.crm.rules_match import Reading, Texts
from territorykit.crm.rules_pool import text_columns
from territorykit.crm.zoho_criteria import parsed
from territorykit.crm.zoho_territories import account_units, earlier_territories, read_json
from territorykit.errors import DataError, PlanError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem

MANIFEST = "manifest.json"
LONGEST_FILE = 100
"""Characters of a file's name in a manifest; those that `write` makes are shorter."""
_FORMAT = "territorykit.zoho/1"
_STEPS = {
    "parents": "/crm/v8/settings/territories",
    "territories": "/crm/v8/settings/territories",
    "assignments": "/crm/v8/Accounts/actions/assign_territories",
    "removals": "/crm/v8/Accounts/actions/remove_territories",
}
"""Steps in their order: no account is out of its old territory before it is in its new one."""


def write(
    folder: str | PathLike[str],
    *,
    parents: Sequence[Mapping[str, Any]] = (),
    territories: Sequence[Mapping[str, Any]] = (),
    assignments: Sequence[Mapping[str, Any]] = (),
    removals: Sequence[Mapping[str, Any]] = (),
    territory_ids: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write bodies of requests as numbered JSON files, in the order in which they are sent, and a manifest.

    Territories have to be there, and their ids known, before accounts are assigned to them: a first folder
    usually holds the territories, and a second one the rest. Rules act on accounts when these are made or
    edited; Zoho has a call and a button to run them on all.

    Parameters
    ----------
    folder
        A new or empty folder; its parent has to be there. All files come into it at once.
    parents, territories, assignments, removals
        Bodies, as `parent_territories`, `territories`, `assignments` and `removals` make them.
    territory_ids
        The plan's territory name to id; needed with assignments or removals, so that `read_plan` can read
        them.
    names
        As in `territories`.

    Returns
    -------
    list of Path
        The files, the manifest last.

    Raises
    ------
    DataError
        If the folder is not empty or its parent is not there, there is nothing to write, or territory ids
        are missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data = [{"data": [{"id": "11", "Territories": [{"id": "71"}]}]}]
    ...     files = write(f"{folder}/load", assignments=data, territory_ids={"west": "71"})
    ...     print([file.name for file in files])
    ['001_assignments.json', 'manifest.json']
    """
    check_kinds(
        "writing for Zoho",
        folder=(folder, str | PathLike),
        territory_ids=(territory_ids, Mapping | None),
        names=(names, Mapping | None),
    )
    home, problems = Path(folder), Problems("writing for Zoho")
    bodies = {"parents": parents, "territories": territories, "assignments": assignments, "removals": removals}
    _check_bodies(bodies, problems)
    if not home.parent.is_dir():
        problems.add(f"there is no folder {str(home.parent)!r}", "make it first")
    elif home.exists() and (not home.is_dir() or any(home.iterdir())):
        problems.add(f"{str(home)!r} is there and not empty", "name a new folder: what was sent stays on record")
    if not any(bodies.values()):
        problems.add("there is nothing to write", "pass bodies")
    used = {one["id"] for step in (assignments, removals) for row in _rows(step) for one in row["Territories"]}
    strange = sorted(used - set((territory_ids or {}).values()))
    if strange:
        problems.add(f"territory ids that territory_ids does not name: {listing(strange)}", "pass it as it was used")
    problems.raise_as(DataError)

    contents: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []
    for step, batch in bodies.items():
        for body in batch:
            name = f"{len(steps) + 1:03d}_{step}.json"
            contents[name] = body
            steps.append(
                {"file": name, "step": step, "method": "POST", "path": _STEPS[step], "count": len(_entries(body))}
            )
    contents[MANIFEST] = {
        "format": _FORMAT,
        "steps": steps,
        "counts": {step: sum(one["count"] for one in steps if one["step"] == step) for step in _STEPS},
        "territory_ids": dict(territory_ids or {}),
        "names": dict(names or {}),
    }
    return _write_files(home, contents)


def _write_files(home: Path, contents: Mapping[str, Any]) -> list[Path]:
    """All files, or none and no new folder."""
    made = not home.exists()
    home.mkdir(exist_ok=True)
    files = [home / name for name in contents]
    try:
        with replacing(*files) as drafts:
            for draft, content in zip(drafts, contents.values(), strict=True):
                draft.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    finally:
        if made and not any(home.iterdir()):
            home.rmdir()
    return files


def _check_bodies(bodies: Mapping[str, Any], problems: Problems) -> None:
    wrong = [
        step
        for step, batch in bodies.items()
        if isinstance(batch, str | Mapping)
        or not isinstance(batch, Iterable)
        or not all(_is_body(step, body) for body in batch)
    ]
    if wrong:
        problems.add(f"{listing(wrong)} are no lists of bodies", "pass what the functions of these names return")
        problems.raise_as(DataError)


def _entries(body: Mapping[str, Any]) -> list[Any]:
    return list(body.get("territories", body.get("data", ())))


def _rows(bodies: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [row for body in bodies for row in _entries(body)]


def read_plan(
    source: str | PathLike[str] | Sequence[str | PathLike[str]],
    problem: Problem,
    *,
    accounts: pd.DataFrame | None = None,
    unit: str | None = None,
    since: Plan | None = None,
    rest: "Mapping[Any, str] | pd.Series[Any] | None" = None,
    api_names: Mapping[str, str] | None = None,
) -> Plan:
    """Read the plan that the written files bring about.

    Accounts start in the territories of `since`, or in none. Criteria bring them to territories, assignments
    add and removals take away, as Zoho is told to do it. What comes out has to be one territory for each
    account, and the same however texts are compared.

    Parameters
    ----------
    source
        A folder that `write` wrote, or several of them in their order.
    problem
        The problem that the plan answers; its territories have names.
    accounts
        DataFrame indexed by record id, with the fields of the criteria; needed where there are some. Without
        it the accounts are those that the graph has on record, or the units themselves.
    unit
        Column of the accounts with unit ids.
    since
        The plan before, where the files hold changes only.
    rest
        Unit id to territory name for units without accounts, which Zoho knows nothing of; what it says of
        others is not looked at.
    api_names
        As in `criteria`.

    Returns
    -------
    Plan
        Equal to the plan that was written, without its centers.

    Raises
    ------
    DataError
        If files are missing, changed in number or cannot be read, or fields of criteria are not there.
    PlanError
        If accounts end in no territory or in several, accounts of one unit in different ones, or units
        have no accounts and are not in `rest`.

    Examples
    --------
    >>> import tempfile
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["11", "12"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 1])
    >>> ids = {"west": "71", "east": "72"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write(f"{folder}/load", assignments=tk.crm.zoho.assignments(plan, None, ids), territory_ids=ids)
    ...     read_plan(f"{folder}/load", plan.problem) == plan
    True
    """
    check_kinds(
        "plan",
        source=(source, (str, PathLike, list, tuple)),
        problem=(problem, Problem),
        since=(since, Plan | None),
        rest=(rest, Mapping | pd.Series | None),
        api_names=(api_names, Mapping | None),
    )
    folders = [source] if isinstance(source, str | PathLike) else list(source)
    loads = [_read_folder(Path(folder)) for folder in folders]
    units = account_units(problem.graph, accounts, unit)
    place = {account: i for i, account in enumerate(units)}
    column = {name: t for t, name in enumerate(problem.names)}
    criteria = {name: one for load in loads for name, one in _criteria(load, api_names or {}).items() if name in column}
    same = _renamed(loads, column)
    states = []
    for start in _by_rules(criteria, accounts, column, len(place)):
        held = start
        if since is not None:
            for account, name in earlier_territories(since, accounts, unit).items():
                if (here := same.get(name, name)) in column:
                    held[place[account], column[here]] = True
        for load in loads:
            _apply(load, held, place, column)
        states.append(held)
    return _plan(problem, units, states, dict((rest if rest is not None else {}).items()))


def _renamed(loads: Iterable[Mapping[str, Any]], column: Mapping[str, int]) -> dict[str, str]:
    """Name that a territory had before to the one that it has now, where both have one id."""
    pairs = [(name, str(one)) for load in loads for name, one in load["territory_ids"].items()]
    now = {one: name for name, one in pairs if name in column}
    return {name: now[one] for name, one in pairs if name not in column and one in now}


def _read_folder(home: Path) -> dict[str, Any]:
    """The manifest, with the bodies of its steps."""
    file = home / MANIFEST
    if not file.is_file():
        message = f"there is no {MANIFEST} in {str(home)!r}; pass a folder that write made"
        raise DataError(message)
    manifest = read_json(file)
    if not _is_manifest(manifest):
        message = f"{file.name}: it is no manifest of {_FORMAT}; pass a folder that write made"
        raise DataError(message)
    problems, bodies = Problems(home.name), []
    for step in manifest["steps"]:
        path = home / Path(step["file"]).name  # in this folder, whatever the manifest says
        if not path.is_file():
            problems.add(f"there is no file {path.name!r}", "the manifest names it: write again")
            continue
        body = read_json(path)
        if not _is_body(step["step"], body) or len(_entries(body)) != step["count"]:
            problems.add(
                f"{path.name!r} does not hold {step['count']} {step['step']}", "the manifest says so: write again"
            )
        bodies.append((step["step"], body))
    problems.raise_as(DataError)
    return {**manifest, "bodies": bodies}


def _is_manifest(content: Any) -> bool:  # noqa: ANN401 - JSON
    return (
        isinstance(content, dict)
        and content.get("format") == _FORMAT
        and all(isinstance(content.get(key), dict) for key in ("names", "territory_ids"))
        and isinstance(content.get("steps"), list)
        and all(isinstance(step, dict) and {"file", "step", "count"} <= set(step) for step in content["steps"])
        and all(isinstance(step[key], str) for step in content["steps"] for key in ("file", "step"))
        and all(len(step["file"]) <= LONGEST_FILE and step["step"] in _STEPS for step in content["steps"])
        and all(isinstance(name, str) for name in content["names"].values())
    )


def _is_body(step: str, body: Any) -> bool:  # noqa: ANN401 - JSON
    key = "territories" if step in ("parents", "territories") else "data"
    if not isinstance(body, dict) or not isinstance(body.get(key), list):
        return False
    rows = body[key]
    if key == "territories":
        return all(isinstance(row, dict) and isinstance(row.get("name"), str) for row in rows)
    return all(
        isinstance(row, dict)
        and isinstance(row.get("id"), str)
        and isinstance(row.get("Territories"), list)
        and all(isinstance(one, dict) and "id" in one for one in row["Territories"])
        for row in rows
    )


def _criteria(load: Mapping[str, Any], api_names: Mapping[str, str]) -> dict[str, Criterion]:
    plain = {zoho: name for name, zoho in load["names"].items()}
    fields = {api: field for field, api in api_names.items()}
    rows = [row for step, body in load["bodies"] if step == "territories" for row in _entries(body)]
    return {
        plain.get(row["name"], row["name"]): parsed(row["account_rule_criteria"], fields)
        for row in rows
        if row.get("account_rule_criteria") is not None
    }


def _by_rules(
    criteria: Mapping[str, Criterion], accounts: pd.DataFrame | None, column: Mapping[str, int], n: int
) -> list[Any]:
    """Who is where by rules alone, shape (n_accounts, n_territories), for each way of comparing texts."""
    fields = list(dict.fromkeys(rule.field for one in criteria.values() for rule in one.rules))
    if not fields:
        return [np.zeros((n, len(column)), np.bool_)]
    absent = fields if accounts is None else [field for field in fields if field not in accounts.columns]
    if accounts is None or absent:
        message = f"the criteria ask for {listing(absent)}, which the accounts do not have; pass accounts= with them"
        raise DataError(message)
    unclear = [field for field in fields if list(accounts.columns).count(field) > 1]
    columns = {} if unclear else text_columns(accounts, fields)
    unclear += [f for f, column in columns.items() if any(not isinstance(text, str | None) for text in column)]
    if unclear:
        message = f"columns {listing(unclear)} are there twice or hold values that are no texts; read them as texts"
        raise DataError(message)
    states = []
    for fold in (False, True):
        texts = Texts(columns, Reading(fold=fold, trim=fold, blank_differs=fold))
        held = np.zeros((n, len(column)), np.bool_)
        for name, one in criteria.items():
            held[:, column[name]] = texts.matches(one)
        states.append(held)
    return states


def _apply(load: Mapping[str, Any], held: Any, place: Mapping[str, int], column: Mapping[str, int]) -> None:  # noqa: ANN401
    pairs = sorted(load["territory_ids"].items(), key=lambda pair: pair[0] in column)
    by_id = {str(one): name for name, one in pairs}  # of several names, that of the plan counts
    for step, body in load["bodies"]:
        if step not in ("assignments", "removals"):
            continue
        unknown = [row["id"] for row in body["data"] if row["id"] not in place]
        if unknown:
            message = f"{step} name accounts that are not there: {listing(unknown)}; pass accounts= with all of them"
            raise DataError(message)
        for row in body["data"]:
            for one in row["Territories"]:
                name = by_id.get(str(one["id"]), "")
                if name in column:
                    held[place[row["id"]], column[name]] = step == "assignments"


def _plan(problem: Problem, units: Mapping[str, Any], states: list[Any], rest: Mapping[Any, str]) -> Plan:
    problems, accounts = Problems("plan"), list(units)
    first = states[0]
    for wrong, what in (
        (np.logical_or.reduce([state.sum(axis=1) == 0 for state in states]), "in no territory"),
        (np.logical_or.reduce([state.sum(axis=1) > 1 for state in states]), "in several territories"),
        (np.logical_or.reduce([(state != first).any(axis=1) for state in states]), "here or there, as texts compare"),
    ):
        if wrong.any():
            ids = listing([accounts[i] for i in np.flatnonzero(wrong)])
            problems.add(f"{int(wrong.sum()):,} accounts are {what}: {ids}", "write the missing steps too")
    problems.raise_as(PlanError)
    homes: dict[Any, set[str]] = {}
    for (_, unit), t in zip(units.items(), first.argmax(axis=1).tolist(), strict=True):
        homes.setdefault(unit, set()).add(problem.names[t])
    torn = [unit for unit, names in homes.items() if len(names) > 1]
    if torn:
        problems.add(f"accounts of one unit are in different territories: {listing(torn)}", "assign them alike")
    bare = [unit for unit in problem.graph.ids.tolist() if unit not in homes]
    lost = [unit for unit in bare if unit not in rest]
    if lost:
        problems.add(f"{len(lost):,} units have no accounts: {listing(lost)}", "say where they belong with rest=")
    problems.raise_as(PlanError)
    labels = {unit: next(iter(names)) for unit, names in homes.items()}
    return Plan.from_labels(problem, {**labels, **{unit: rest[unit] for unit in bare}})
