"""Bodies of requests that bring accounts into their territories in Zoho CRM, and out of others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from territorykit.crm.kinds import check_kinds
from territorykit.crm.rules import Rules
from territorykit.crm.rules_match import Reading, Texts
from territorykit.crm.rules_pool import text_columns
from territorykit.crm.zoho_bodies import check_ids
from territorykit.crm.zoho_territories import account_territories, earlier_territories
from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan

MOST_RECORDS = 10
"""Records of one call: schema of assignTerritoriesToRecords [1]_ in `assignments`."""


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
        The incumbent: only accounts that go to another territory are assigned. Territories are the same where
        their names are, or their ids. Accounts that it does not know are new.
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
        territories without an id, or both `since` and `rules`; and where rules are those of another plan, which
        shows as far as the accounts have their fields.

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
    problems = _checked("assignments", plan, territory_ids, since, rules)
    now = account_territories(plan, accounts, unit=unit)
    wanted = [(account, [name]) for account, name in now.items()]
    if since is not None and rules is not None:
        problems.add("since= and rules= are both given", "rules decide about all accounts: leave since= out")
    elif since is not None:
        before = earlier_territories(since, accounts, unit)
        wanted = [pair for pair in wanted if not _stays(before.get(pair[0]), pair[1][0], territory_ids)]
    elif rules is not None:
        _check_rules(rules, now, accounts, problems)
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
    problems = _checked("removals", plan, territory_ids, since, rules)
    now = account_territories(plan, accounts, unit=unit)
    leaving: dict[str, dict[str, None]] = {}
    if since is None and rules is None:
        problems.add("neither since= nor rules= is given", "say what the accounts are to be removed from")
    if since is not None:
        before = earlier_territories(since, accounts, unit)
        for account, name in before.items():
            if not _stays(name, now.get(account), territory_ids):
                leaving.setdefault(account, {})[name] = None
    if rules is not None:
        _check_rules(rules, now, accounts, problems)
        for one in rules.by_hand:
            leaving.setdefault(str(one.account), {}).update(dict.fromkeys(one.remove))
    return _records([(account, list(names)) for account, names in leaving.items() if names], territory_ids, problems)


def _checked(subject: str, plan: Any, ids: Any, since: Any, rules: Any) -> Problems:  # noqa: ANN401 - not yet known
    """Problems so far: ids that territories of one plan share."""
    check_kinds(
        subject,
        plan=(plan, Plan),
        territory_ids=(ids, Mapping),
        since=(since, Plan | None),
        rules=(rules, Rules | None),
    )
    problems = Problems(subject)
    for one in (plan, since):
        holders: dict[str, list[str]] = {}
        for name in (name for name in (one.problem.names if one is not None else ()) if name in ids):
            holders.setdefault(str(ids[name]), []).append(name)
        shared = [f"{key}: {', '.join(names)}" for key, names in holders.items() if len(names) > 1]
        if shared:
            problems.add(f"territories share an id: {listing(shared)}", "each has its own: see territory_ids")
    return problems


def _stays(before: Any, now: Any, ids: Mapping[str, str]) -> bool:  # noqa: ANN401 - names, or None
    """Whether two names are of one territory: the same, or of the same id, where it was renamed."""
    return before == now or (before in ids and now in ids and ids[before] == ids[now])


def _check_rules(rules: Rules, now: "pd.Series[str]", accounts: pd.DataFrame | None, problems: Problems) -> None:
    """Rules of another plan would bring accounts elsewhere in silence."""
    other = [str(one.account) for one in rules.by_hand if now.get(str(one.account)) != one.territory]
    if other or rules.n_accounts != len(now):
        problems.add(
            f"the rules are about {rules.n_accounts:,} accounts, the plan about {len(now):,}"
            + (f"; {len(other):,} have another territory there: {listing(other)}" if other else ""),
            "compress this plan with these accounts",
        )
        return
    astray = [] if accounts is None else _astray(rules, now, accounts)
    if astray:
        problems.add(
            f"the rules bring {len(astray):,} accounts elsewhere than the plan, and not by hand: {listing(astray)}",
            "they are the rules of another plan, or the accounts have changed: compress this plan with these accounts",
        )


def _astray(rules: Rules, now: "pd.Series[str]", accounts: pd.DataFrame) -> list[str]:
    """Accounts that are not left to hand and that the rules bring elsewhere, however capitals are compared.

    Where the accounts do not have the fields of the rules, this cannot be seen.
    """
    known = [(name, one) for name, one in zip(rules.territories, rules.criteria, strict=True) if one is not None]
    fields = list(dict.fromkeys(rule.field for _, one in known for rule in one.rules))
    if any(list(accounts.columns).count(field) != 1 for field in fields):
        return []
    columns = text_columns(accounts, fields)
    if any(text is not None and not isinstance(text, str) for column in columns.values() for text in column):
        return []
    by_hand = {str(one.account) for one in rules.by_hand}
    ours = np.array([account not in by_hand for account in now.index], np.bool_)
    found: list[list[str]] = []
    for fold in (False, True):
        texts = Texts(columns, Reading(fold=fold, trim=False, blank_differs=False))
        right, taken = np.zeros(len(now), np.bool_), np.zeros(len(now), np.int64)
        for name, one in known:
            taken += (here := texts.matches(one))
            right |= here & (now == name).to_numpy(bool)
        found.append(now.index[ours & ~(right & (taken == 1))].tolist())
    return min(found, key=len)


def _records(
    wanted: list[tuple[str, list[str]]], territory_ids: Mapping[str, str], problems: Problems
) -> list[dict[str, Any]]:
    used = list(dict.fromkeys(name for _, names in wanted for name in names))
    missing = [name for name in used if name not in territory_ids]
    if missing:
        problems.add(f"territories without an id: {listing(missing)}", "see territory_ids")
    check_ids("territory_ids", [territory_ids[name] for name in used if name in territory_ids], problems)
    check_ids("record ids", [account for account, _ in wanted], problems)
    problems.raise_as(DataError)
    data = [
        {"id": account, "Territories": [{"id": territory_ids[name]} for name in names]} for account, names in wanted
    ]
    return [{"data": data[start : start + MOST_RECORDS]} for start in range(0, len(data), MOST_RECORDS)]
