"""Bodies of requests that bring the territories of a plan into Zoho CRM."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from territorykit.crm.kinds import check_kinds
from territorykit.crm.rules import Rules
from territorykit.crm.zoho_criteria import checked, criteria
from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan

MOST_TERRITORIES = 10
"""Territories of one call [1]_ in `territories`."""
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
    check_kinds(
        "territories",
        plan=(plan, Plan),
        reporting_to=(reporting_to, str | Mapping),
        managers=(managers, Mapping | None),
        names=(names, Mapping | None),
        rules=(rules, Rules | None),
        field_ids=(field_ids, Mapping | None),
        api_names=(api_names, Mapping | None),
    )
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
    check_kinds(
        "parent territories", names=(names, Iterable), managers=(managers, Mapping | None), criteria=(criteria, Mapping)
    )
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
    check_ids("reporting_to", [above[name] for name in own if name in above], problems)
    strangers = [name for name in managers if name not in own]
    if strangers:
        problems.add(f"managers of territories that are not there: {listing(strangers)}", "leave them out")
    check_ids("managers", list(managers.values()), problems)
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
    strange = sorted({repr(name) for name in chosen.values() if not isinstance(name, str)})
    if strange:
        problems.add(f"names that are no texts: {', '.join(strange)}", "pass texts")
    chosen = {name: text for name, text in chosen.items() if isinstance(text, str)}
    unknown = [name for name in given if name not in chosen and isinstance(given[name], str)]
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


def check_ids(what: str, ids: Iterable[object], problems: Problems) -> None:
    """Whether all are ids as Zoho gives them: texts of digits."""
    wrong = sorted({str(one) for one in ids if not isinstance(one, str) or not _ID.fullmatch(one)})
    if wrong:
        problems.add(f"{what}: {listing(wrong)} are no ids", "pass ids as texts of digits, as Zoho gives them")
