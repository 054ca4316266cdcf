"""Changes of owners as files of bodies for Fxiaoke's interface, and the files as a plan again."""

import json
import math
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from territorykit._saving import replacing
from territorykit.crm.fxiaoke_owners import OBJECT, OwnerChanges, account_units, checked_owners, owned_today
from territorykit.crm.kinds import check_kinds
from territorykit.errors import DataError, PlanError, Problems, listing
from territorykit.load.formats.files import existing
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem

RATE_CALLS, RATE_SECONDS = 100, 20
"""Calls of one interface in so many seconds."""
_FORMAT = "territorykit.fxiaoke/1"
_MANIFEST, _CHOOSE, _CHANGE = "manifest.json", "1_choose.jsonl", "2_change_owner.jsonl"
_PATHS = {_CHOOSE: "/cgi/crm/v2/data/choose", _CHANGE: "/cgi/crm/v2/data/changeOwner"}
_NOTES = (
    "Each line is the body of one call, without the fields that say who calls.",
    "Send 1_choose first: accounts of a high sea take no owner before somebody has chosen them.",
    "Who owns them in between is not documented, so that 2_change_owner names them all.",
    "Approvals and workflows of the tenant may start with every change: try one line first.",
    "The vendor's examples write ownerId as a list of texts, and once as one text in brackets.",
)


def write_owner_changes(changes: OwnerChanges, folder: str | PathLike[str]) -> None:
    """Write changes of owners as bodies of calls, one a line, with a manifest.

    Parameters
    ----------
    changes
        What `owner_changes` found.
    folder
        A new or empty folder: ``1_choose.jsonl``, ``2_change_owner.jsonl`` and ``manifest.json``, which says
        where each is sent, in which order and how fast, who is kept and who drifted.

    Raises
    ------
    DataError
        If the folder is not empty, or the one above it is not there.
    """
    check_kinds("owner changes", changes=(changes, OwnerChanges), folder=(folder, str | PathLike))
    home = Path(folder)
    if not home.parent.is_dir():
        message = f"there is no folder {str(home.parent)!r}; make it first"
        raise DataError(message)
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        message = f"{str(home)!r} is there and not empty; write to a new folder: what was sent stays on record"
        raise DataError(message)
    bodies = {_CHOOSE: changes.choose_bodies, _CHANGE: changes.change_bodies}
    steps = [
        {
            "file": name,
            "path": _PATHS[name],
            "calls": len(lines),
            "accounts": len(changes.changes) if name == _CHANGE else sum(c.in_high_sea for c in changes.changes),
            "seconds": math.ceil(len(lines) / RATE_CALLS) * RATE_SECONDS,
        }
        for name, lines in bodies.items()
    ]
    content = {
        "format": _FORMAT,
        "object": OBJECT,
        "rate": {"calls": RATE_CALLS, "seconds": RATE_SECONDS},
        "steps": steps,
        "kept": changes.kept,
        "drifted": changes.drifted,
        "notes": _NOTES,
    }
    made = not home.exists()
    home.mkdir(exist_ok=True)
    try:
        with replacing(*(home / name for name in (*bodies, _MANIFEST))) as drafts:
            for draft, lines in zip(drafts, bodies.values(), strict=False):
                text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
                draft.write_text(text, encoding="utf-8", newline="\n")
            drafts[-1].write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    finally:
        if made and not any(home.iterdir()):
            home.rmdir()


def read_owner_changes(
    folder: str | PathLike[str],
    problem: Problem,
    *,
    accounts: pd.DataFrame,
    owners: Mapping[str, str],
    unit: str | None = None,
    elsewhere: Mapping[Any, str] | None = None,
) -> Plan:
    """The plan that the tenant holds once the bodies of a folder are sent.

    Parameters
    ----------
    folder
        What `write_owner_changes` wrote.
    problem
        The problem that the plan answers.
    accounts, owners, unit
        As in `owner_changes`, before the changes.
    elsewhere
        Unit to territory name for units without an account, of which nobody's owner says anything.

    Raises
    ------
    DataError
        If a body is not of the documented shape or names unknown accounts or owners; if accounts of a high
        sea are not chosen first; if an account's owner has no territory.
    PlanError
        If the accounts of a unit have different owners, or units are left without a territory.

    Examples
    --------
    >>> import tempfile
    >>> import territorykit as tk
    >>> plan = tk.Plan(tk.Problem(tk.UnitGraph(["a", "b"], [[0, 0], [1, 0]], [[0, 1]]), 2), [0, 1])
    >>> accounts, owners = pd.DataFrame({"owner": ["1000", "1000"]}, index=["a", "b"]), {"1": "1000", "2": "1001"}
    >>> with tempfile.TemporaryDirectory() as home:
    ...     changes = tk.crm.fxiaoke.owner_changes(plan, accounts, owners, batch=50)
    ...     write_owner_changes(changes, f"{home}/changes")
    ...     read_owner_changes(f"{home}/changes", plan.problem, accounts=accounts, owners=owners) == plan
    True
    """
    check_kinds(
        "owner changes",
        folder=(folder, str | PathLike),
        problem=(problem, Problem),
        owners=(owners, Mapping),
        elsewhere=(elsewhere, Mapping | pd.Series | None),
    )
    home = Path(folder)
    problems = Problems(home.name)
    _check_manifest(home)
    today = owned_today(accounts, problems)
    territory = {owner: name for name, owner in checked_owners(owners, owners, problems).items()}
    homes = account_units(problem.graph, accounts, unit, problems)
    chosen = {str(account) for body in _bodies(home / _CHOOSE, "objectIds") for account in body}
    given = _given([row for body in _bodies(home / _CHANGE, "Data") for row in body], problems)
    unknown = [account for account in (*given, *chosen) if account not in today]
    if unknown:
        problems.add(f"bodies name accounts that are not in the list: {listing(unknown)}", "pass the same list")
    early = [account for account in given if account in today and today[account].in_high_sea and account not in chosen]
    if early:
        problems.add(f"accounts of a high sea are not chosen first: {listing(early)}", "write the folder anew")
    final = {account: given.get(account, row.owner) for account, row in today.items()}
    lost = [f"{account}: {owner}" for account, owner in final.items() if owner not in territory]
    if lost:
        problems.add(f"the owner of {len(lost):,} accounts has no territory: {listing(lost)}", "name it in owners=")
    problems.raise_as(DataError)
    return Plan.from_labels(problem, _labels(homes, {a: territory[str(o)] for a, o in final.items()}, elsewhere))


def _check_manifest(home: Path) -> None:
    file = existing(home / _MANIFEST)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        counts = {step["file"]: step["calls"] for step in content["steps"]} if content["format"] == _FORMAT else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        counts = {}
    for name in (_CHOOSE, _CHANGE):
        lines = _lines(home / name)
        if counts.get(name) != len(lines):
            message = f"{name} has {len(lines):,} lines, the manifest says {counts.get(name)}; write the folder anew"
            raise DataError(message)


def _lines(path: Path) -> list[str]:
    """The lines of a file; texts in them may hold what is the end of a line elsewhere."""
    file = existing(path)
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n").split("\n") if file.stat().st_size else []
    except UnicodeError as error:
        message = f"{file.name}: this is no UTF-8 ({error}); write the folder anew"
        raise DataError(message) from error


def _bodies(file: Path, key: str) -> Iterator[list[Any]]:
    for number, line in enumerate(_lines(file), 1):
        try:
            found = json.loads(line)["data"][key]
        except (ValueError, KeyError, TypeError, RecursionError):
            found = None
        if not isinstance(found, list):
            message = f"{file.name}, line {number}: this is no body with a list of {key!r}; write the folder anew"
            raise DataError(message)
        yield found


def _given(rows: list[Any], problems: Problems) -> dict[str, str]:
    """Account to new owner."""
    found: dict[str, str] = {}
    strange, twice = [], []
    for row in rows:
        match row:
            case {"objectDataId": str(account), "ownerId": [str(owner)]}:
                twice += [account] if account in found else []
                found[account] = owner
            case _:
                strange.append(row)
    if strange:
        problems.add(f"{len(strange):,} rows are no change of an owner: {listing(strange)}", "write the folder anew")
    if twice:
        problems.add(f"{len(twice):,} accounts are changed more than once: {listing(twice)}", "write the folder anew")
    return found


def _labels(homes: Mapping[str, Any], names: Mapping[str, str], elsewhere: Mapping[Any, str] | None) -> dict[Any, str]:
    found: dict[Any, set[str]] = {}
    for account, home in homes.items():
        found.setdefault(home, set()).add(names[account])
    torn = [f"{unit}: {', '.join(sorted(here))}" for unit, here in found.items() if len(here) > 1]
    if torn:
        message = f"accounts of {len(torn):,} units have owners of different territories: {listing(torn)}"
        raise PlanError(message)
    rest = {} if elsewhere is None else dict(elsewhere.items())
    return {**rest, **{unit: next(iter(here)) for unit, here in found.items()}}
