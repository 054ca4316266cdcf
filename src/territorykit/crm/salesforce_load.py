"""A plan as files that Salesforce's loaders take, and the files as a plan again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from territorykit._cells import harmless
from territorykit.crm.kinds import check_kinds
from territorykit.crm.salesforce_changes import (
    Changes,
    Left,
    Place,
    association_changes,
    left_out,
    places,
    targets,
    unit_accounts,
)
from territorykit.crm.salesforce_folder import Load, Table, read_load, read_rows, write_folder
from territorykit.crm.salesforce_ids import required_ids
from territorykit.crm.salesforce_names import LONGEST
from territorykit.crm.salesforce_org import ACCESS, MANUAL, Org, TerritoryModel
from territorykit.crm.salesforce_rules import AssignmentRules, rule_tables
from territorykit.errors import DataError, PlanError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem

Users: TypeAlias = Mapping[str, Mapping[str, str | None]]
"""Territory name to the ids of its users, each with a role or None."""
_SUBJECT = "territories for Salesforce"
_ACCOUNT, _USER = "ObjectTerritory2Association", "UserTerritory2Association"


class _Parts(NamedTuple):
    """What the files are made of."""

    places: dict[str, Place]
    changes: Changes
    members: tuple[list[tuple[str, ...]], list[Left]]
    records: tuple[str, ...]


def write_territories(
    plan: Plan,
    folder: str | PathLike[str],
    *,
    model: TerritoryModel,
    org: Org | None = None,
    incumbent: Plan | None = None,
    accounts: Mapping[str, Any] | None = None,
    users: Users | None = None,
    rules: AssignmentRules | None = None,
) -> Load:
    """Write what has to be loaded into Salesforce so that accounts are where a plan says.

    The files are numbered in the order in which they are loaded, and ``manifest.json`` says the operation of
    each: territories level by level, users, accounts into their new territories, accounts out of their old
    ones, rules. A move is an insert and a delete, as associations cannot be updated; the insert comes
    first, so that no account is without a territory in between. Ids that only an insert can tell are marks
    until `fill_ids` puts them in [1]_.

    Parameters
    ----------
    plan
        The plan. Its units are accounts, or areas in which accounts were counted with `add_accounts`.
    folder
        A new or empty folder.
    model
        Where territories go and how they are described.
    org
        What is there today, by `read_org`: territories and rows that are there are not inserted again, and
        rows are deleted by their Ids. Without it everything is new.
    incumbent
        The plan in force today, of the same org. Accounts are taken out of its territories too, where the new
        plan has not the same ones.
    accounts
        Account id to unit id, a mapping or a Series, where the graph has no record of it.
    users
        Territory name to user ids, each with its role or None. Users who are there stay.
    rules
        Assignment rules to write beside the list of accounts.

    Returns
    -------
    Load
        What the manifest says. Rows of the org that are left alone are counted there, and listed in
        ``left_alone.csv`` with the reason: those of other territories, those made by rules, and those of
        accounts that are not in the plan.

    Raises
    ------
    DataError
        With all problems at once, before anything is written: ids that are no ids, names that are too long or
        begin like formulas, developer names that break the rules, rules that are too long, a folder that is not
        empty.

    Examples
    --------
    >>> import tempfile
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["001M000000qfPyS", "001M000000qfPyT"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2, territory_names=["West", "East"]), [0, 1])
    >>> model = TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {"AccountAccessLevel": "Edit"})
    >>> with tempfile.TemporaryDirectory() as home:
    ...     load = write_territories(plan, f"{home}/load", model=model)
    ...     print(load)
    ...     _ = tk.crm.salesforce.fill_ids(f"{home}/load", {"West": "0MIM00000000Qr9", "East": "0MIM00000000QrA"})
    ...     tk.crm.salesforce.read_territories(f"{home}/load", plan.problem) == plan
    01_insert_Territory2_level_1.csv: insert 2 Territory2
    02_insert_ObjectTerritory2Association.csv: insert 2 ObjectTerritory2Association, waits for 2 ids
    True

    References
    ----------
    .. [1] Salesforce, *Object Reference*: Territory2, ObjectTerritory2Association, UserTerritory2Association,
           ObjectTerritory2AssignmentRule, ObjectTerritory2AssignmentRuleItem, RuleTerritory2Association.
    """
    check_kinds(
        _SUBJECT,
        plan=(plan, Plan),
        folder=(folder, str | PathLike),
        model=(model, TerritoryModel),
        org=(org, Org | None),
        incumbent=(incumbent, Plan | None),
        users=(users, Mapping | None),
        rules=(rules, AssignmentRules | None),
    )
    problems = Problems(_SUBJECT)
    if incumbent is not None and org is None:
        problems.add("incumbent= is given without org=", "pass the org's rows: deletes need their Ids")
    today = org or Org()
    if today.associations and not today.territories:
        problems.add("the org has associations and no territories", "export Territory2 too: they would be made anew")
    parts = _parts(plan, (model, today, incumbent), accounts, users, problems)
    tables = _tables(parts, model, problems)
    if rules is not None:
        taken = [place.developer_name for place in parts.places.values()]
        taken += [row.developer_name for row in today.territories]
        tables += rule_tables(rules, parts.places, model, taken, problems)
    problems.raise_as(DataError)
    records = parts.records
    if rules is not None and rules.astray:
        count = f"{len(rules.astray):,}"
        records += (f"{count} accounts that the rules bring to further territories: {listing(rules.astray)}",)
    left = [*parts.changes.left, *parts.members[1]]
    counts = tuple(sorted(Counter(f"{row.object}: {row.reason}" for row in left).items()))
    load = Load(model.model_id, tuple(parts.places.values()), plan.problem.names, (), counts, records)
    return write_folder(folder, tables, load, left)


def _parts(
    plan: Plan,
    setting: tuple[TerritoryModel, Org, Plan | None],
    accounts: Mapping[str, Any] | None,
    users: Users | None,
    problems: Problems,
) -> _Parts:
    model, org, incumbent = setting
    known = places(plan.problem.names, model, org, problems)
    managed = {known[name].id for name in plan.problem.names} - {""}
    records: list[str] = []
    if incumbent is not None:
        before = places(incumbent.problem.names, model, org, Problems("incumbent"))
        lost = [name for name in incumbent.problem.names if not before[name].id]
        if lost:
            problems.add(
                f"territories of the incumbent that the org has not: {listing(lost)}",
                "export the territories of this model, or name them in developer_names",
            )
        managed |= {before[name].id for name in incumbent.problem.names} - {""}
        ended = [name for name in incumbent.problem.names if name not in known]
        if ended:
            records.append(f"territories that end with this plan, and that no file deletes: {listing(ended)}")
    units = unit_accounts(plan.problem.graph, accounts, problems)
    absent = left_out(plan.problem.graph, units)
    if absent:
        records.append(f"{len(absent):,} accounts on the plan's record that accounts= leaves out: {listing(absent)}")
    keys = {name: known[name].key for name in plan.problem.names}
    changes = association_changes(targets(plan, units, keys), org, managed)
    members = _members(users or {}, known, org, problems)
    above = {row.id: row.parent_id for row in org.territories if row.parent_id is not None}
    moved = [p.name for p in known.values() if p.parent and p.id in above and above[p.id] != known[p.parent].key]
    if moved:
        records.append(f"territories that have another parent in the org, which no file changes: {listing(moved)}")
    return _Parts(known, changes, members, tuple(records))


def _members(
    users: Users, known: Mapping[str, Place], org: Org, problems: Problems
) -> tuple[list[tuple[str, ...]], list[Left]]:
    """Rows of users who are not there yet, and those who are there with another role."""
    unknown = [name for name in users if name not in known]
    if unknown:
        problems.add(f"users= names territories that are not in the plan: {listing(unknown)}", "leave them out")
    flat = [name for name, members in users.items() if not isinstance(members, Mapping)]
    if flat:
        problems.add(f"users of {listing(flat)} are no mapping", "pass user id to role, with None for no role")
        return [], []
    there = {(row.user_id, row.territory_id): row.role for row in org.users}
    rows: list[tuple[str, ...]] = []
    left: list[Left] = []
    for name in (name for name in users if name in known):
        ids = required_ids(list(users[name]), problems, f"users of {name!r}")
        twice = [user for user, count in Counter(map(str, ids)).items() if count > 1]
        if twice:
            problems.add(f"users of {name!r} are there more than once: {listing(twice)}", "name each once")
        strange = [role for role in users[name].values() if not isinstance(role, str | None)]
        if strange:
            problems.add(f"roles of users of {name!r} are no texts: {listing(strange)}", "pass texts, or None")
            continue
        for user, role in zip(ids, users[name].values(), strict=True):
            key, wanted = known[name].key, role or ""
            if (user, key) not in there:
                rows.append((str(user), key, wanted))
            elif there[user, key] != wanted:
                left.append(Left(_USER, "", str(user), key, "the user is there in another role"))
    return rows, left


def _tables(parts: _Parts, model: TerritoryModel, problems: Problems) -> list[Table]:
    new = [place for place in parts.places.values() if not place.id]
    _check_new(new, parts.members[0], model, problems)
    access = [name for name in ACCESS if name in model.access]
    columns = ("Name", "DeveloperName", "Territory2ModelId", "Territory2TypeId", "ParentTerritory2Id", *access)
    tables = []
    for level in sorted({place.level for place in new}):
        rows = [
            (
                place.name,
                place.developer_name,
                model.model_id,
                model.type_of(place.name) or "",
                parts.places[place.parent].key if place.parent else "",
                *(model.access[name] for name in access),
            )
            for place in new
            if place.level == level
        ]
        note = "Keep the file of rows that went well: fill_ids puts their ids into the files that wait."
        tables.append(Table("Territory2", "insert", columns, rows, note, f"level_{level}"))
    users = Table(_USER, "insert", ("UserId", "Territory2Id", "RoleInTerritory2"), parts.members[0], "Before accounts.")
    inserts = [(account, key, MANUAL) for account, key in parts.changes.inserts]
    deletes = [(row.id,) for row in parts.changes.deletes]
    return [
        *tables,
        users,
        Table(_ACCOUNT, "insert", ("ObjectId", "Territory2Id", "AssociationCause"), inserts, "Before the deletes."),
        Table(_ACCOUNT, "delete", ("Id",), deletes, "Rows by hand that the new plan has elsewhere."),
    ]


def _check_new(new: Sequence[Place], members: list[tuple[str, ...]], model: TerritoryModel, problems: Problems) -> None:
    """What would be refused on load, or taken for something else on the way."""
    untyped = [place.name for place in new if model.type_of(place.name) is None]
    if untyped:
        problems.add(f"new territories without a type: {listing(untyped)}", "name an id for each in type_id")
    names = [place.name for place in new]
    roles = dict.fromkeys(row[-1] for row in members if not row[-1].isprintable())
    if roles:
        problems.add(f"roles hold control characters: {listing(roles)}", "write them as the org's list has them")
    strange = [name for name in names if len(name) > LONGEST or not name.isprintable() or name != name.strip()]
    if strange:
        problems.add(
            f"names that are longer than {LONGEST} characters, hold control characters or have blanks at their ends: "
            f"{listing(strange)}",
            "rename the territories",
        )
    texts = dict.fromkeys([*names, *(row[-1] for row in members)])
    formulas = [text for text in texts if harmless(text) != text]
    if formulas and model.formulas == "refuse":
        problems.add(
            f"texts that a spreadsheet would take for formulas: {listing(formulas)}",
            "rename them, or write them as they are with TerritoryModel(formulas='keep')",
        )


def read_territories(
    folder: str | PathLike[str],
    problem: Problem,
    *,
    org: Org | None = None,
    accounts: Mapping[str, Any] | None = None,
    elsewhere: Mapping[Any, str] | None = None,
) -> Plan:
    """The plan that an org holds once the files of a folder are loaded.

    Parameters
    ----------
    folder
        What `write_territories` wrote.
    problem
        The problem that the plan answers.
    org
        The org before the load; without it, nothing was there.
    accounts
        As in `write_territories`.
    elsewhere
        Unit to territory name for units without an account, of which the files say nothing.

    Returns
    -------
    Plan
        Read from the rows of accounts alone: territory by territory what is there, more the inserts, less the
        deletes.

    Raises
    ------
    DataError
        If a delete names a row that the org has not, or one that a rule made; if an account is in none or in
        several territories of the plan; if the accounts of a unit are in different ones.
    PlanError
        If units are left without a territory.

    Examples
    --------
    See `write_territories`.
    """
    check_kinds(
        "territories of Salesforce",
        folder=(folder, str | PathLike),
        problem=(problem, Problem),
        org=(org, Org | None),
        elsewhere=(elsewhere, Mapping | pd.Series | None),
    )
    load, home, today = read_load(folder), Path(folder), org or Org()
    problems = Problems(f"accounts of {home.name}")
    units = unit_accounts(problem.graph, accounts, problems)
    names = {place.key: place.name for place in load.territories if place.name in load.planned}
    state: dict[str, set[str]] = {account: set() for account in units}
    gone = _apply(home, load, today, state, problems)
    for row in today.associations:
        if row.id not in gone and row.object_id in state:
            state[row.object_id].add(row.territory_id)
    homes = {account: sorted(names[key] for key in found if key in names) for account, found in state.items()}
    several = [f"{account}: {', '.join(found)}" for account, found in homes.items() if len(found) > 1]
    if several:
        remedy = "what rules made stays: change the rules, or load a plan that agrees with them"
        problems.add(f"{len(several):,} accounts are in several territories: {listing(several)}", remedy)
    none = [account for account, found in homes.items() if not found]
    if none:
        problems.add(f"{len(none):,} accounts are in no territory of the plan: {listing(none)}", "pass org=")
    problems.raise_as(DataError)
    return Plan.from_labels(problem, _labels(units, {a: found[0] for a, found in homes.items()}, elsewhere))


def _apply(home: Path, load: Load, org: Org, state: dict[str, set[str]], problems: Problems) -> set[str]:
    """Put inserts into the state; the Ids of rows that are deleted."""
    causes = {row.id: row.cause for row in org.associations}
    gone: set[str] = set()
    columns = (("ObjectId", "Territory2Id"), ("Id",))
    for step in load.steps:
        if step.object != _ACCOUNT:
            continue
        for row in read_rows(home / step.file):
            absent = [name for name in columns[step.operation == "delete"] if name not in row]
            if absent:
                problems.add(f"{step.file} has no column {listing(absent)}", "write the folder anew")
                break
            if step.operation == "delete":
                gone.add(row["Id"])
            else:
                state.setdefault(row["ObjectId"], set()).add(row["Territory2Id"])
    strange = sorted(record for record in gone if causes.get(record) != MANUAL)
    if strange:
        problems.add(
            f"{len(strange):,} rows to delete are not in the org, or no people made them: {listing(strange)}",
            "pass the org that the folder was written for",
        )
    return gone


def _labels(units: Mapping[str, Any], homes: Mapping[str, str], elsewhere: Mapping[Any, str] | None) -> dict[Any, str]:
    found: dict[Any, set[str]] = {}
    for account, name in homes.items():
        if account in units:
            found.setdefault(units[account], set()).add(name)
    torn = [f"{unit}: {', '.join(sorted(names))}" for unit, names in found.items() if len(names) > 1]
    if torn:
        message = (
            f"accounts of {len(torn):,} units are in different territories: {listing(torn)}; a unit has one territory"
        )
        raise PlanError(message)
    rest = {} if elsewhere is None else dict(elsewhere.items())
    return {**rest, **{unit: next(iter(names)) for unit, names in found.items()}}
