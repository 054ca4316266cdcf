"""What has to change in an org so that it holds a plan: pure functions from plans and exports to rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from territorykit.crm.kinds import in_graph
from territorykit.crm.salesforce_ids import full_ids
from territorykit.crm.salesforce_names import developer_names
from territorykit.crm.salesforce_org import MANUAL, Association, Org, Territory, TerritoryModel
from territorykit.errors import Problems, listing
from territorykit.model.plan import Plan
from territorykit.model.unit_graph import UnitGraph


class Place(NamedTuple):
    """A territory of the plan or above it, and what the org calls it."""

    name: str
    developer_name: str
    id: str
    """"" while the org has no such territory."""
    parent: str
    level: int
    """1 where it has no parent among the new territories."""

    @property
    def key(self) -> str:
        """The id, or in its stead a mark that `fill_ids` replaces."""
        return self.id or mark(self.developer_name)


class Left(NamedTuple):
    """A row of the org that is left alone, or an account that is; with the reason."""

    object: str
    id: str
    record_id: str
    territory_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows to insert, Ids of rows to delete, and what is left alone."""

    inserts: tuple[tuple[str, str], ...]
    deletes: tuple[Association, ...]
    left: tuple[Left, ...]


def mark(developer_name: str) -> str:
    """What stands in a file for an id that is not known before the insert. It is no id: no loader takes it."""
    return f"{{{developer_name}}}"


def places(names: Sequence[str], model: TerritoryModel, org: Org, problems: Problems) -> dict[str, Place]:
    """The territories of a plan and those above them, those of the org found by their names.

    The developer name that the caller gives comes first, then a territory of the model with the same
    name, then one of the model whose name the export does not say and whose developer name is the derived one.
    """
    every = _with_parents(names, model, problems)
    here = [row for row in org.territories if row.model_id in ("", model.model_id)]
    found = _found(every, here, model, problems)
    given = {**model.developer_names, **{name: row.developer_name for name, row in found.items()}}
    # A row without a name may be the very territory that is looked for; every other one has its name already.
    open_rows = {row.developer_name.casefold(): row for row in here if not row.name and row not in found.values()}
    own = {row.developer_name.casefold() for row in found.values()}
    taken = {row.developer_name for row in org.territories if row.developer_name.casefold() not in {*own, *open_rows}}
    gone = {text.casefold() for text in taken}
    clash = {given[name] for name in every if name in given and given[name].casefold() in gone}
    if clash:
        problems.add(f"developer names that the org has given away: {listing(sorted(clash))}", "choose others")
        gone -= {text.casefold() for text in clash}
    chosen = developer_names(every, given, gone, problems)
    for name, text in chosen.items():
        if name not in found and text.casefold() in open_rows:
            found[name] = open_rows[text.casefold()]
    return _levels(every, chosen, found, model.parents)


def _found(every: list[str], here: list[Territory], model: TerritoryModel, problems: Problems) -> dict[str, Territory]:
    by_developer = {row.developer_name.casefold(): row for row in here}
    by_name: dict[str, list[Territory]] = {}
    for row in here:
        by_name.setdefault(row.name, []).append(row)
    found: dict[str, Territory] = {}
    for name in every:
        same = by_name.get(name, [])
        given = model.developer_names.get(name)
        if given is not None:
            same = [row for row in [by_developer.get(given.casefold())] if row is not None]
        if len(same) == 1:
            found[name] = same[0]
        elif same:
            rows = listing(row.developer_name for row in same)
            problems.add(
                f"the org has {len(same)} territories with the name {name!r}: {rows}",
                "say which it is in developer_names",
            )
    return found


def _with_parents(names: Sequence[str], model: TerritoryModel, problems: Problems) -> list[str]:
    """The names and those above them; chains that come back to themselves are a problem."""
    every = list(dict.fromkeys(names))
    rings: list[str] = []
    for name in names:
        chain, above = [name], model.parents.get(name)
        while above is not None and above not in chain:
            chain.append(above)
            above = model.parents.get(above)
        rings += [name] if above is not None else []
        every += [item for item in chain if item not in every]
    if rings:
        problems.add(f"territories are above themselves: {listing(rings)}", "correct parents")
    unknown = [name for name in model.parents if name not in every]
    if unknown:
        problems.add(f"parents names territories that are not there: {listing(unknown)}", "leave them out")
    return every


def _levels(
    every: list[str], chosen: Mapping[str, str], found: Mapping[str, Territory], parents: Mapping[str, str]
) -> dict[str, Place]:
    def level(name: str, below: frozenset[str] = frozenset()) -> int:
        above = parents.get(name)
        return 1 if above is None or above in found or above in below else 1 + level(above, below | {name})

    return {
        name: Place(
            name,
            found[name].developer_name if name in found else chosen[name],
            found[name].id if name in found else "",
            parents.get(name) or "",
            level(name),
        )
        for name in every
    }


def unit_accounts(graph: UnitGraph, accounts: Any, problems: Problems) -> dict[str, Any]:  # noqa: ANN401
    """Account id in its long form to unit id: as given, as on record, or the units themselves."""
    if accounts is not None:
        if not hasattr(accounts, "items") or getattr(accounts, "ndim", 1) != 1:
            problems.add(
                f"accounts is a {type(accounts).__name__}", "pass a mapping or a Series from account id to unit id"
            )
            return {}
        pairs = list(accounts.items())
    else:
        pairs = list(graph.homes().items())
    strange = [f"{account}: {unit}" for account, unit in pairs if not in_graph(graph, unit)]
    if strange:
        problems.add(
            f"{len(strange):,} accounts name a unit that is not in the plan: {listing(strange)}", "correct the units"
        )
    ids = full_ids([account for account, _ in pairs], problems, "account ids")
    found = {str(account): unit for account, (_, unit) in zip(ids, pairs, strict=True)}
    if len(found) < len(pairs):
        seen: set[Any] = set()
        twice = [account for account in ids if account in seen or seen.add(account)]  # type: ignore[func-returns-value]
        problems.add(f"{len(twice):,} accounts are there more than once: {listing(twice)}", "keep one row each")
    return found


def left_out(graph: UnitGraph, units: Mapping[str, Any]) -> list[str]:
    """Accounts that the graph has on record and that are not among those given."""
    recorded = [] if graph.account_ids is None else graph.account_ids.tolist()
    return [account for account in map(str, full_ids(recorded, Problems("record"), "ids")) if account not in units]


def targets(plan: Plan, units: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, str]:
    """Account id to the key of the territory that it is to be in."""
    names = dict(zip(plan.problem.graph.ids.tolist(), plan.to_names().tolist(), strict=True))
    return {a: keys[names[unit]] for a, unit in units.items() if in_graph(plan.problem.graph, unit)}


def association_changes(wanted: Mapping[str, str], org: Org, managed: Iterable[str]) -> Changes:
    """The difference between where accounts are and where they are to be.

    Parameters
    ----------
    wanted
        Account id to territory key.
    org
        What is there.
    managed
        Ids of the territories that this plan and the incumbent are about. Rows of other territories are not
        touched: an account may be in overlays too.

    Returns
    -------
    Changes
        No row twice, none that is there already; only rows by hand are deleted.
    """
    ours = set(managed)
    there = {(row.object_id, row.territory_id) for row in org.associations}
    inserts = tuple(pair for pair in wanted.items() if pair not in there)
    deletes: list[Association] = []
    left: list[Left] = []
    kept: set[tuple[str, str]] = set()
    for row in org.associations:
        goal, reason = wanted.get(row.object_id), ""
        if row.territory_id not in ours:
            reason = "the territory is not in the plan" if goal is not None else ""
        elif goal is None:
            reason = "the account is not in the plan"
        elif goal == row.territory_id:
            reason = "a second row for the same territory" if (row.object_id, goal) in kept else ""
            kept.add((row.object_id, goal))
        elif row.cause == MANUAL:
            deletes.append(row)
        else:
            reason = f"made by {row.cause}: change the rule"
        if reason:
            left.append(Left("ObjectTerritory2Association", row.id, row.object_id, row.territory_id, reason))
    return Changes(inserts, tuple(deletes), tuple(left))
