"""Bodies of requests that bring a plan into Zoho CRM."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from territorykit.crm.rules import Rules
from territorykit.crm.zoho_criteria import checked, criteria
from territorykit.crm.zoho_territories import account_territories
from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan

MOST_TERRITORIES = 10
"""Territories of one call [1]_ in `territories`."""
MOST_RECORDS = 10
"""Records of one call: schema of assignTerritoriesToRecords [1]_ in `assignments`."""
LONGEST_NAME = 50
"""Characters of a name: schema of createTerritories [2]_ in `territories`."""
FORBIDDEN = "^~`#%&+=[]{}|\\;\"'<>,"
"""Characters that no name may hold [1]_ in `territories`."""
PERMISSIONS = ("read_only", "read_write_delete")
Permission = Literal["read_only", "read_write_delete"]
_ID = re.compile(r"[1-9]\d*", re.ASCII)


def territories(
    plan: Plan,
    *,
    reporting_to: str | Mapping[str, str],
    permission_type: Permission,
    managers: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    rules: Rules | None = None,
    field_ids: Mapping[str, str] | None = None,
    api_names: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Make the bodies of ``POST /settings/territories`` for the territories of a plan.

    Ten territories a call at most [1]_, in the shape that the specification gives [2]_.

    Parameters
    ----------
    plan
        The plan.
    reporting_to
        Id of the territory above all of them, or of the one above each, by the plan's territory name. It has
        to be there already: see `parent_territories`.
    permission_type
        What the people of a territory may do with its records.
    managers
        Territory name to user id.
    names
        Territory name to the name in Zoho, where the plan's holds characters that Zoho does not take.
    rules
        Rules for the accounts, as `territorykit.crm.rules.compress` finds them.
    field_ids, api_names
        As in `criteria`; needed with rules.

    Returns
    -------
    list of dict
        At most ten territories in each.

    Raises
    ------
    DataError
        With all problems at once: names that Zoho does not take, all of them; ids that are none; territories
        without a parent; what `criteria` refuses.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2, territory_names=["西区", "R&D"]), [0, 1])
    >>> (body,) = territories(
    ...     plan, reporting_to="431581000000272796", permission_type="read_only", names={"R&D": "R and D"}
    ... )
    >>> [territory["name"] for territory in body["territories"]]
    ['西区', 'R and D']

    References
    ----------
    .. [1] Zoho, *CRM API v7: Update Territories*,
           https://www.zoho.com/crm/developer/docs/api/v7/update-territories.html
    .. [2] Zoho, *CRM OpenAPI specification*, v8.0, Territories, createTerritories,
           https://github.com/zoho/crm-oas
    """
    own, problems = plan.problem.names, Problems("territories")
    above = reporting_to if isinstance(reporting_to, Mapping) else dict.fromkeys(own, reporting_to)
    if rules is not None:
        unknown = sorted(set(rules.territories) - set(own))
        if unknown:
            problems.add(f"rules name territories that the plan has not: {listing(unknown)}", "compress this plan")
        checked(rules, field_ids or {}, api_names or {}, problems)
    bodies = _bodies(own, above, permission_type, (managers or {}, names or {}), problems)
    if rules is not None:
        written = criteria(rules, field_ids=field_ids or {}, api_names=api_names)
        _with_criteria(bodies, {(names or {}).get(name, name): one for name, one in written.items()})
    return bodies


def parent_territories(
    names: Iterable[str],
    *,
    reporting_to: str,
    permission_type: Permission,
    managers: Mapping[str, str] | None = None,
    criteria: Mapping[str, dict[str, Any] | None],
) -> list[dict[str, Any]]:
    """Make the bodies for territories above those of a plan, which have to be made first.

    Users report that Zoho looks at the criteria of a territory only for accounts that meet those of the
    territory above it [1]_; the manual does not say so. What the territories above take is therefore for the
    caller to decide.

    Parameters
    ----------
    names
        Their names; repeated ones count once, so that the values of a mapping may be passed.
    reporting_to
        Id of the territory above them.
    permission_type, managers
        As in `territories`.
    criteria
        Name to criteria, for each name; None for a territory without rules.

    Raises
    ------
    DataError
        As in `territories`.

    Examples
    --------
    >>> regions = {"Ulm": "South", "Kempten": "South", "Kiel": "North"}
    >>> (body,) = parent_territories(
    ...     regions.values(), reporting_to="431581000000272796", permission_type="read_only",
    ...     criteria={"South": None, "North": None},
    ... )
    >>> [territory["name"] for territory in body["territories"]]
    ['South', 'North']

    References
    ----------
    .. [1] Zoho CRM, *Territory management: frequently asked questions* as told by resellers; not confirmed.
    """
    own, problems = tuple(dict.fromkeys(names)), Problems("parent territories")
    missing = [name for name in own if name not in criteria]
    if missing:
        problems.add(f"nothing is said about the criteria of {listing(missing)}", "pass them, or None for no rules")
    above = dict.fromkeys(own, reporting_to)
    bodies = _bodies(own, above, permission_type, (managers or {}, {}), problems)
    _with_criteria(bodies, criteria)
    return bodies


def _with_criteria(bodies: list[dict[str, Any]], written: Mapping[str, dict[str, Any] | None]) -> None:
    for body in bodies:
        for entry in body["territories"]:
            entry["account_rule_criteria"] = written.get(entry["name"])


def _bodies(
    own: Sequence[str],
    above: Mapping[str, str],
    permission_type: str,
    details: tuple[Mapping[str, str], Mapping[str, str]],
    problems: Problems,
) -> list[dict[str, Any]]:
    managers, names = details
    chosen = {name: names.get(name, name) for name in own}
    _check_names(chosen, names, problems)
    if permission_type not in PERMISSIONS:
        problems.add(f"permission_type is {permission_type!r}", f"pass one of {', '.join(map(repr, PERMISSIONS))}")
    orphans = [name for name in own if name not in above]
    if orphans:
        problems.add(f"reporting_to says nothing for {listing(orphans)}", "give each territory one")
    _check_ids("reporting_to", [above[name] for name in own if name in above], problems)
    strangers = [name for name in managers if name not in own]
    if strangers:
        problems.add(f"managers of territories that are not there: {listing(strangers)}", "leave them out")
    _check_ids("managers", list(managers.values()), problems)
    problems.raise_as(DataError)
    entries = [
        {
            "name": chosen[name],
            "reporting_to": {"id": above[name]},
            # Null would take a manager away where there is one.
            **({"manager": {"id": managers[name]}} if name in managers else {}),
            "permission_type": permission_type,
            "description": None,
            "account_rule_criteria": None,
            "lead_rule_criteria": None,
            "deal_rule_criteria": None,
        }
        for name in own
    ]
    return [
        {"territories": entries[start : start + MOST_TERRITORIES]} for start in range(0, len(entries), MOST_TERRITORIES)
    ]


def _check_names(chosen: Mapping[str, str], given: Mapping[str, str], problems: Problems) -> None:
    unknown = [name for name in given if name not in chosen]
    if unknown:
        problems.add(f"names says something for {listing(unknown)}", "these are no territories of the plan")
    wrong = [
        name
        for name in chosen.values()
        if any(sign in name for sign in FORBIDDEN) or not name.isprintable() or name != name.strip() or not name
    ]
    if wrong:
        problems.add(
            f"{len(wrong):,} names hold characters that Zoho does not take: {', '.join(map(repr, wrong))}",
            f"none of {FORBIDDEN} may be in a name, nor blanks at its ends; give others with names=",
        )
    long = [name for name in chosen.values() if len(name) > LONGEST_NAME]
    if long:
        problems.add(f"names of more than {LONGEST_NAME} characters: {listing(long)}", "give shorter ones with names=")
    lower = [name.casefold() for name in chosen.values()]
    twice = sorted({name for name in chosen.values() if lower.count(name.casefold()) > 1})
    if twice:
        problems.add(f"names are used more than once: {listing(twice)}", "give each its own; case does not count")


def _check_ids(what: str, ids: Iterable[object], problems: Problems) -> None:
    wrong = sorted({str(one) for one in ids if not isinstance(one, str) or not _ID.fullmatch(one)})
    if wrong:
        problems.add(f"{what}: {listing(wrong)} are no ids", "pass ids as texts of digits, as Zoho gives them")


def assignments(
    plan: Plan,
    accounts: pd.DataFrame | None,
    territory_ids: Mapping[str, str],
    *,
    unit: str | None = None,
    since: Plan | None = None,
    rules: Rules | None = None,
) -> list[dict[str, Any]]:
    """Make the bodies of ``POST /Accounts/actions/assign_territories``.

    Ten records a call at most [1]_.

    Parameters
    ----------
    plan
        The plan.
    accounts
        DataFrame indexed by record id; None for all accounts that the graph has on record, or the units
        themselves.
    territory_ids
        The plan's territory name to id, see `territory_ids`.
    unit
        Column of the accounts with unit ids.
    since
        The incumbent: only accounts whose territory has another name now are assigned.
    rules
        Only accounts that the rules do not bring to their territory are assigned.

    Returns
    -------
    list of dict
        At most ten records in each. Where Zoho has done an assignment already it says so and goes on.

    Raises
    ------
    DataError
        With all problems at once: accounts without a unit, record ids or territory ids that are none,
        territories without an id, or both `since` and `rules`.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["4150868000004318009", "4150868000000264087"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 1])
    >>> assignments(plan, None, {"west": "4150868000004822544", "east": "4150868000004822545"})[0]["data"][0]
    {'id': '4150868000004318009', 'Territories': [{'id': '4150868000004822544'}]}

    References
    ----------
    .. [1] Zoho, *CRM OpenAPI specification*, v8.0, Territories, assignTerritoriesToRecords,
           https://github.com/zoho/crm-oas
    """
    now, problems = account_territories(plan, accounts, unit=unit), Problems("assignments")
    wanted = [(account, [name]) for account, name in now.items()]
    if since is not None and rules is not None:
        problems.add("since= and rules= are both given", "rules decide about all accounts: leave since= out")
    elif since is not None:
        before = account_territories(since, accounts, unit=unit)
        wanted = [(account, names) for account, names in wanted if before.get(account) != names[0]]
    elif rules is not None:
        _check_rules(rules, now, problems)
        wanted = [(str(one.account), [one.territory]) for one in rules.by_hand if one.assign]
    return _records(wanted, territory_ids, problems)


def removals(
    plan: Plan,
    accounts: pd.DataFrame | None,
    territory_ids: Mapping[str, str],
    *,
    unit: str | None = None,
    since: Plan | None = None,
    rules: Rules | None = None,
) -> list[dict[str, Any]]:
    """Make the bodies of ``POST /Accounts/actions/remove_territories``.

    Parameters
    ----------
    plan, accounts, unit
        As in `assignments`.
    territory_ids
        Territory name to id; with `since`, those of the incumbent too.
    since
        The incumbent: accounts are removed from the territory that they leave.
    rules
        Accounts are removed from the territories that the rules bring them to wrongly. Where only `rules`
        are given, what the accounts were in before stays.

    Returns
    -------
    list of dict
        At most ten records in each.

    Raises
    ------
    DataError
        As in `assignments`, and where neither `since` nor `rules` is given.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["11", "12"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> today = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 1])
    >>> swapped = tk.Plan.from_labels(today.problem, {"11": "east", "12": "west"})
    >>> removals(swapped, None, {"west": "71", "east": "72"}, since=today)[0]["data"]
    [{'id': '11', 'Territories': [{'id': '71'}]}, {'id': '12', 'Territories': [{'id': '72'}]}]
    """
    now, problems = account_territories(plan, accounts, unit=unit), Problems("removals")
    leaving: dict[str, dict[str, None]] = {}
    if since is None and rules is None:
        problems.add("neither since= nor rules= is given", "say what the accounts are to be removed from")
    if since is not None:
        before = account_territories(since, accounts, unit=unit)
        for account, name in before.items():
            if name != now.get(account):
                leaving.setdefault(account, {})[name] = None
    if rules is not None:
        _check_rules(rules, now, problems)
        for one in rules.by_hand:
            leaving.setdefault(str(one.account), {}).update(dict.fromkeys(one.remove))
    return _records([(account, list(names)) for account, names in leaving.items() if names], territory_ids, problems)


def _check_rules(rules: Rules, now: "pd.Series[str]", problems: Problems) -> None:
    """Rules of another plan would bring accounts elsewhere in silence."""
    other = [str(one.account) for one in rules.by_hand if now.get(str(one.account)) != one.territory]
    if other or rules.n_accounts != len(now):
        problems.add(
            f"the rules are about {rules.n_accounts:,} accounts, the plan about {len(now):,}"
            + (f"; {len(other):,} have another territory there: {listing(other)}" if other else ""),
            "compress this plan with these accounts",
        )


def _records(
    wanted: list[tuple[str, list[str]]], territory_ids: Mapping[str, str], problems: Problems
) -> list[dict[str, Any]]:
    used = list(dict.fromkeys(name for _, names in wanted for name in names))
    missing = [name for name in used if name not in territory_ids]
    if missing:
        problems.add(f"territories without an id: {listing(missing)}", "see territory_ids")
    _check_ids("territory_ids", [territory_ids[name] for name in used if name in territory_ids], problems)
    _check_ids("record ids", [account for account, _ in wanted], problems)
    problems.raise_as(DataError)
    data = [
        {"id": account, "Territories": [{"id": territory_ids[name]} for name in names]} for account, names in wanted
    ]
    return [{"data": data[start : start + MOST_RECORDS]} for start in range(0, len(data), MOST_RECORDS)]
