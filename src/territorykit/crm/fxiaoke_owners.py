"""A plan as changes of owners for Fxiaoke (纷享销客). Files of them are in `fxiaoke_files`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import pandas as pd

from territorykit._arrays import is_missing
from territorykit.crm.fxiaoke_accounts import HIGH_SEA, plain_text
from territorykit.crm.kinds import check_kinds, in_graph
from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.model.unit_graph import UnitGraph

OBJECT = "AccountObj"


class OwnerChange(NamedTuple):
    """An account and its new owner; `before` is None where nobody owns it."""

    account: str
    before: str | None
    owner: str
    in_high_sea: bool


@dataclass(frozen=True, slots=True)
class OwnerChanges:
    """Who gets which account, as `owner_changes` finds it.

    Parameters
    ----------
    changes
        The accounts whose owner changes.
    batch
        Accounts per call.
    kept
        Accounts that keep their owner on the caller's word though the plan has another one.
    drifted
        Accounts that today have another owner than the incumbent says.
    """

    changes: tuple[OwnerChange, ...]
    batch: int
    kept: tuple[str, ...] = ()
    drifted: tuple[str, ...] = ()

    @property
    def choose_bodies(self) -> list[dict[str, Any]]:
        """Bodies that take accounts out of high seas, to be sent before the others."""
        ids = [change.account for change in self.changes if change.in_high_sea]
        return [{"data": {"apiName": OBJECT, "objectIds": part}} for part in _batches(ids, self.batch)]

    @property
    def change_bodies(self) -> list[dict[str, Any]]:
        """Bodies that give accounts to their owners."""
        rows = [{"objectDataId": change.account, "ownerId": [change.owner]} for change in self.changes]
        return [{"data": {"dataObjectApiName": OBJECT, "Data": part}} for part in _batches(rows, self.batch)]

    def __str__(self) -> str:
        parts = [f"{len(self.changes):,} accounts change their owner"]
        sea = sum(change.in_high_sea for change in self.changes)
        counts = ((sea, "come out of a high sea"), (len(self.kept), "are kept"), (len(self.drifted), "drifted"))
        return ", ".join(parts + [f"{count:,} {what}" for count, what in counts if count])


def owner_changes(
    plan: Plan,
    accounts: pd.DataFrame,
    owners: Mapping[str, str],
    *,
    batch: int,
    incumbent: Plan | None = None,
    keep: Collection[str] = (),
    unit: str | None = None,
) -> OwnerChanges:
    """Which accounts get another owner with a plan.

    Parameters
    ----------
    plan
        The plan. Its units are accounts, or areas in which accounts were counted with `add_accounts`.
    accounts
        DataFrame indexed by account id with the column ``owner``, as `read_accounts` makes it.
    owners
        Territory name to the id of its owner; no two territories have the same.
    batch
        Accounts per call. How many a call may hold is not documented: try it, and say it here.
    incumbent
        The plan in force today, with the same owners: accounts that today have another owner than it says
        are put on record, as somebody may have had a reason.
    keep
        Accounts that keep their owner, such as those of key account managers.
    unit
        Column of the accounts with unit ids, where the graph has no record of them.

    Raises
    ------
    DataError
        With all problems at once: territories without an owner, or with the same one; accounts whose unit is
        not known; accounts of the plan that are not in the list; a batch that is no whole number from 1.

    Examples
    --------
    >>> import territorykit as tk
    >>> plan = tk.Plan(tk.Problem(tk.UnitGraph(["a", "b"], [[0, 0], [1, 0]], [[0, 1]]), 2), [0, 1])
    >>> accounts = pd.DataFrame({"owner": ["1000", "1000"]}, index=["a", "b"])
    >>> owner_changes(plan, accounts, {"1": "1000", "2": "1001"}, batch=50).change_bodies
    [{'data': {'dataObjectApiName': 'AccountObj', 'Data': [{'objectDataId': 'b', 'ownerId': ['1001']}]}}]
    """
    check_kinds(
        "owner changes",
        plan=(plan, Plan),
        owners=(owners, Mapping),
        incumbent=(incumbent, Plan | None),
        keep=(keep, Collection),
    )
    problems = Problems("owner changes")
    keep = [keep] if isinstance(keep, str) else list(keep)
    if not isinstance(batch, int) or isinstance(batch, bool) or batch < 1:
        problems.add(f"batch is {batch!r}", "pass the number of accounts per call, a whole number from 1")
    today = owned_today(accounts, problems)
    who = checked_owners(owners, plan.problem.names, problems)
    homes = account_units(plan.problem.graph, accounts, unit, problems)
    strange = [account for account in keep if not isinstance(account, str) or account not in today]
    if strange:
        problems.add(f"keep= names accounts that are not in the list: {listing(strange)}", "leave them out")
    problems.raise_as(DataError)
    names = plan.to_names()[plan.problem.graph.positions(list(homes.values()))]
    goals = {account: who[name] for account, name in zip(homes, names, strict=True)}
    moved = [account for account, goal in goals.items() if today[account].owner != goal]
    stays = set(keep)
    changes = [
        OwnerChange(account, today[account].owner, goals[account], today[account].in_high_sea)
        for account in moved
        if account not in stays
    ]
    kept = tuple(account for account in moved if account in stays)
    return OwnerChanges(tuple(changes), batch, kept, _drifted(incumbent, homes, who, today))


class Today(NamedTuple):
    """Who owns an account, and whether it lies in a high sea."""

    owner: str | None
    in_high_sea: bool


def owned_today(accounts: pd.DataFrame, problems: Problems) -> dict[str, Today]:
    """Account to its owner and whether it lies in a high sea."""
    if not isinstance(accounts, pd.DataFrame):
        problems.add(f"accounts is a {type(accounts).__name__}", "pass a DataFrame indexed by account id")
        problems.raise_as(DataError)
    if not accounts.index.is_unique:
        twice = accounts.index[accounts.index.duplicated()].unique()
        problems.add(f"{len(twice):,} accounts are there more than once: {listing(twice)}", "keep one row each")
    numbers = [account for account in accounts.index.tolist() if not isinstance(account, str)]
    if numbers:
        problems.add(f"{len(numbers):,} ids of accounts are no texts: {listing(numbers)}", "pass them as texts")
    if list(accounts.columns).count("owner") != 1:
        what = "have several columns" if "owner" in accounts.columns else "have no column"
        problems.add(f"accounts {what} 'owner'", "read them with owner among the fields")
        problems.raise_as(DataError)
    values = accounts["owner"].tolist()
    owners = [None if is_missing(value) or not str(value).strip() else plain_text(value) for value in values]
    strange = [i for i, v in zip(accounts.index.tolist(), values, strict=True) if not _is_id(v)]
    if strange:
        problems.add(f"{len(strange):,} accounts have owners that are no ids: {listing(strange)}", "use read_accounts")
    sea = accounts[HIGH_SEA].tolist() if HIGH_SEA in accounts.columns else [False] * len(accounts)
    rows = zip(accounts.index.tolist(), owners, sea, strict=True)
    return {
        account: Today(owner, owner is None and not is_missing(flag) and bool(flag)) for account, owner, flag in rows
    }


def _is_id(value: object) -> bool:
    """Whether it is an owner as `read_accounts` has it: a text, a number of a table, or nothing."""
    return is_missing(value) or isinstance(value, str | Real)


def checked_owners(owners: Mapping[str, str], names: Collection[str], problems: Problems) -> dict[str, str]:
    """Territory name to owner; each of these territories has its own."""
    found = {str(name): owner for name, owner in owners.items()}
    strange = [f"{name}: {owner!r}" for name, owner in found.items() if not isinstance(owner, str) or not owner.strip()]
    if strange:
        problems.add(
            f"owners that are no ids: {listing(strange)}", "pass the ids of employees as texts, such as '1000'"
        )
    missing = [name for name in names if name not in found]
    if missing:
        problems.add(f"territories without an owner: {listing(missing)}", "name one for each")
    holders: dict[str, list[str]] = {}
    for name in names:
        if isinstance(found.get(name), str):
            holders.setdefault(found[name], []).append(name)
    shared = [f"{owner}: {', '.join(held)}" for owner, held in holders.items() if len(held) > 1]
    if shared:
        problems.add(
            f"territories with the same owner: {listing(shared)}",
            "Fxiaoke has no territories, only owners: each needs its own",
        )
    return found


def account_units(graph: UnitGraph, accounts: pd.DataFrame, unit: str | None, problems: Problems) -> dict[str, Any]:
    """Account to unit: by the column, as on record, or the accounts themselves."""
    ids = accounts.index.tolist()
    recorded: dict[Any, Any] = {}
    if unit is not None:
        if list(accounts.columns).count(unit) != 1:
            what = "several columns" if unit in accounts.columns else "no column"
            problems.add(f"accounts have {what} {unit!r}", f"they have {listing(map(str, accounts.columns))}")
            return {}
        found = dict(zip(ids, accounts[unit].tolist(), strict=True))
    else:
        recorded = graph.homes()
        found = {account: recorded.get(account) for account in ids}
    lost = [account for account, home in found.items() if not in_graph(graph, home)]
    if lost:
        problems.add(
            f"the unit of {len(lost):,} accounts is not known: {listing(lost)}",
            "leave them out, or name the column with their unit ids in unit=",
        )
    absent = [account for account in recorded if account not in found]
    if absent:
        problems.add(f"{len(absent):,} accounts of the plan are not in the list: {listing(absent)}", "read them too")
    return found


def _drifted(
    incumbent: Plan | None, homes: Mapping[str, Any], owners: Mapping[str, str], today: Mapping[str, Today]
) -> tuple[str, ...]:
    if incumbent is None:
        return ()
    names = dict(zip(incumbent.problem.graph.ids.tolist(), incumbent.to_names().tolist(), strict=True))
    said = {account: owners.get(names.get(home, "")) for account, home in homes.items()}
    return tuple(account for account, owner in said.items() if owner is not None and today[account].owner != owner)


def _batches(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
