"""Criteria of rules as Zoho CRM writes them, and back."""

from collections.abc import Iterator, Mapping
from typing import Any

from territorykit.crm.rules import Criterion, Group, Rule, Rules
from territorykit.errors import DataError, Problems, listing

MOST_RULES = 25
"""Rules of one criteria: Zoho, Update Territories, input JSON."""
MOST_VALUES, LONGEST = 500, 255
"""Values of a rule and characters of a value: schemas EqualFilterCriterionRequest and so on [1]_ in `criteria`."""
_SEVERAL = {"equal": "in", "not_equal": "not_in", "starts_with": "starts_with"}
_COMPARATORS: dict[str, Any] = {
    "equal": "equal",
    "in": "equal",
    "not_equal": "not_equal",
    "not_in": "not_equal",
    "starts_with": "starts_with",
}


def criteria(
    rules: Rules, *, field_ids: Mapping[str, str], api_names: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any] | None]:
    """Write the criteria of rules as bodies of requests hold them.

    Groups hold 2 to 25 members and nest [1]_; a territory has at most 25 rules [2]_.

    Parameters
    ----------
    rules
        What `territorykit.crm.rules.compress` found.
    field_ids
        API name to the id of the field. Every organisation has its own: they are in the answer to
        ``GET /settings/fields?module=Accounts``.
    api_names
        Field of the rules to API name, where the columns have other names.

    Returns
    -------
    dict
        Territory name to criteria; None where there are no rules.

    Raises
    ------
    DataError
        With all problems at once: fields without an id, more than 25 rules in one criteria, rules with more
        than 500 values or with values of more than 255 characters.

    Examples
    --------
    >>> rules = Rules(("North",), (Rule("Billing_City", "equal", ("Chennai",)),), (), 1)
    >>> criteria(rules, field_ids={"Billing_City": "431581000000000657"})["North"]["comparator"]
    'equal'

    References
    ----------
    .. [1] Zoho, *CRM OpenAPI specification*, v8.0, Territories, createTerritories,
           https://github.com/zoho/crm-oas
    .. [2] Zoho, *CRM API v7: Update Territories*,
           https://www.zoho.com/crm/developer/docs/api/v7/update-territories.html
    """
    problems = Problems("criteria")
    names = checked(rules, field_ids, api_names or {}, problems)
    problems.raise_as(DataError)
    pairs = zip(rules.territories, rules.criteria, strict=True)
    return {name: None if one is None else _written(one, field_ids, names) for name, one in pairs}


def checked(
    rules: Rules, field_ids: Mapping[str, str], api_names: Mapping[str, str], problems: Problems
) -> dict[str, str]:
    """API name of each field of the rules; what Zoho does not take is put on the list."""
    known = {name: one for name, one in zip(rules.territories, rules.criteria, strict=True) if one is not None}
    leaves = [rule for one in known.values() for rule in one.rules]
    names = {rule.field: api_names.get(rule.field, rule.field) for rule in leaves}
    missing = sorted({name for name in names.values() if not str(field_ids.get(name, "")).strip()})
    if missing:
        problems.add(f"fields without an id: {listing(missing)}", "take it from GET /settings/fields?module=Accounts")
    many = [name for name, one in known.items() if len(one.rules) > MOST_RULES]
    if many:
        problems.add(f"criteria with more than {MOST_RULES} rules: {listing(many)}", f"compress to {MOST_RULES}")
    if any(len(rule.values) > MOST_VALUES for rule in leaves):
        problems.add(f"rules hold more than {MOST_VALUES} values", f"compress with max_values={MOST_VALUES}")
    wrong = [value for rule in leaves for value in rule.values if len(value) > LONGEST or "${" in value]
    if wrong:
        problems.add(f"values are too long, or placeholders: {listing(wrong)}", f"compress with longest={LONGEST}")
    return names


def _written(criterion: Criterion, field_ids: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(criterion, Group):
        members = [_written(member, field_ids, names) for member in criterion.members]
        return {"group_operator": criterion.operator, "group": members}
    name = names[criterion.field]
    several = len(criterion.values) > 1
    return {
        "comparator": _SEVERAL[criterion.comparator] if several else criterion.comparator,
        "field": {"api_name": name, "id": str(field_ids[name])},
        "value": list(criterion.values) if several else criterion.values[0],
    }


def parsed(body: Any, fields: Mapping[str, str]) -> Criterion:  # noqa: ANN401 - JSON
    """The criterion of a body; API names turned into `fields` where it has them.

    Raises
    ------
    DataError
        If it holds anything that `criteria` does not write.
    """
    try:
        if "group" in body:
            operator = str(body["group_operator"]).upper()
            return Group(operator, tuple(parsed(member, fields) for member in body["group"]))  # type: ignore[arg-type]
        name, value = body["field"]["api_name"], body["value"]
        values = tuple(value) if isinstance(value, list) else (value,)
        return Rule(fields.get(name, name), _COMPARATORS[body["comparator"]], values)
    except (KeyError, TypeError) as error:
        message = f"criteria cannot be read ({type(error).__name__}: {error}): {listing([body])}"
        raise DataError(message) from error


def api_fields(body: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """API names that a criteria asks for."""
    for member in body.get("group", ()):
        yield from api_fields(member)
    if "field" in body:
        yield body["field"]["api_name"]
