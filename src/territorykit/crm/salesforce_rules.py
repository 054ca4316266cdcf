"""Assignment rules of a plan as rows of Salesforce's three objects of rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from territorykit._arrays import Content, frozen_mapping
from territorykit._cells import harmless
from territorykit.crm.kinds import check_kinds
from territorykit.crm.rules import Criterion, Group, Rule, Rules
from territorykit.crm.salesforce_changes import Place, mark
from territorykit.crm.salesforce_folder import Table
from territorykit.crm.salesforce_names import LONGEST, developer_names
from territorykit.crm.salesforce_org import TerritoryModel
from territorykit.errors import DataError, Problems, listing

MOST_ITEMS = 10
"""Items of a rule: "up to 10" in the Metadata API, Territory2Rule, Usage."""
MOST_CHARACTERS, MOST_FILTER = 1000, 255
"""Characters of an item's Value and of a rule's BooleanFilter, in the Field Reference."""
OPERATIONS = {"equal": "equals", "not_equal": "notEqual", "starts_with": "startsWith"}
"""Comparators and the names of FilterOperation in the Metadata API, Territory2RuleItem."""
_ITEM, _RULE, _LINK = (
    "ObjectTerritory2AssignmentRuleItem",
    "ObjectTerritory2AssignmentRule",
    "RuleTerritory2Association",
)


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentRules(Content):
    """Rules that assign accounts to territories, and what has to be known to write them down.

    Parameters
    ----------
    criteria
        Territory name to what its accounts have in common.
    fields
        Field of the criteria to the value of the picklist ``Field`` of rule items. Salesforce's own texts show
        three spellings of it (``BillingZip``, ``BillingState``, ``Account.BillingState``): look at a rule of
        the org.
    separator
        What stands between the values of one item, or None for one value an item. Filters elsewhere in
        Salesforce take a comma for "or"; the reference of rule items says "value or values" and no more.
    object_type
        The object whose records are assigned.
    astray
        Accounts that the rules bring to further territories than the plan does; they are put on record.

    Raises
    ------
    DataError
        If criteria are none, or a field has no value of the picklist.

    Examples
    --------
    >>> from territorykit.crm.rules import Rule
    >>> rules = AssignmentRules(
    ...     {"North": Rule("BillingPostalCode", "starts_with", ("1", "2"))},
    ...     fields={"BillingPostalCode": "Account.BillingPostalCode"},
    ...     separator=",",
    ... )
    >>> rules.items("North")
    ([('Account.BillingPostalCode', 'startsWith', '1,2')], '')
    """

    criteria: Mapping[str, Criterion]
    fields: Mapping[str, str]
    separator: str | None
    object_type: str = "Account"
    astray: tuple[Any, ...] = ()

    @classmethod
    def from_rules(cls, rules: Rules, *, fields: Mapping[str, str], separator: str | None) -> "AssignmentRules":
        """The rules that `territorykit.crm.rules.compress` found; territories without a criterion have none."""
        check_kinds("assignment rules", rules=(rules, Rules))
        pairs = zip(rules.territories, rules.criteria, strict=True)
        criteria = {name: criterion for name, criterion in pairs if criterion is not None}
        astray = tuple(one.account for one in rules.by_hand if one.remove)
        return cls(criteria, fields, separator, astray=astray)

    def __post_init__(self) -> None:
        check_kinds(
            "assignment rules",
            criteria=(self.criteria, Mapping),
            fields=(self.fields, Mapping),
            separator=(self.separator, str | None),
            object_type=(self.object_type, str),
        )
        problems = Problems("assignment rules")
        wrong = [name for name, criterion in self.criteria.items() if not isinstance(criterion, Rule | Group)]
        if wrong:
            problems.add(f"criteria of {listing(wrong)} are none", "pass Rule or Group objects")
            problems.raise_as(DataError)
        used = dict.fromkeys(rule.field for criterion in self.criteria.values() for rule in criterion.rules)
        unknown = [name for name in used if not isinstance(self.fields.get(name), str) or not self.fields[name].strip()]
        if unknown:
            problems.add(f"fields has no value for {listing(unknown)}", "look at a rule of the org and name it")
        if self.separator is not None and (len(self.separator) != 1 or self.separator.isalnum()):
            problems.add(f"separator is {self.separator!r}", "pass one sign such as ',', or None")
        problems.raise_as(DataError)
        for name in ("criteria", "fields"):
            object.__setattr__(self, name, frozen_mapping(getattr(self, name)))
        object.__setattr__(self, "astray", tuple(self.astray))

    def items(self, territory: str) -> tuple[list[tuple[str, str, str]], str]:
        """Field, operation and value of each item, and the boolean filter: "" where there is one item alone."""
        rows: list[tuple[str, str, str]] = []
        text = self._add(self.criteria[territory], rows)
        return rows, "" if len(rows) == 1 else text

    def _add(self, criterion: Criterion, rows: list[tuple[str, str, str]]) -> str:
        """The filter of a criterion, whose items go to the end of `rows`."""
        if isinstance(criterion, Group):
            parts = [(self._add(member, rows), _compound(member, self)) for member in criterion.members]
            return f" {criterion.operator} ".join(f"({text})" if several else text for text, several in parts)
        numbers = []
        for value in self.cells(criterion):
            rows.append((self.fields[criterion.field], OPERATIONS[criterion.comparator], value))
            numbers.append(str(len(rows)))
        return (" AND " if criterion.comparator == "not_equal" else " OR ").join(numbers)

    def cells(self, rule: Rule) -> list[str]:
        """The values of a rule, item by item. None of several: an item each, as that has one reading only."""
        if self.separator is None or rule.comparator == "not_equal":
            return list(rule.values)
        found = [""]
        for value in rule.values:
            longer = f"{found[-1]}{self.separator}{value}" if found[-1] else value
            if len(longer) > MOST_CHARACTERS and found[-1]:
                found.append(value)
            else:
                found[-1] = longer
        return found


def _compound(criterion: Criterion, rules: AssignmentRules) -> bool:
    """Whether more than one item stands for it."""
    return isinstance(criterion, Group) or len(rules.cells(criterion)) > 1


def rule_tables(
    rules: AssignmentRules, places: Mapping[str, Place], model: TerritoryModel, taken: Iterable[str], problems: Problems
) -> list[Table]:
    """Files of rules: the rules without filters, their items, where they belong, and the filters last.

    Items can only be created while the filter of their rule is empty, and the link between a rule and
    a territory cannot be created through the interface at all (Object Reference: supported calls).
    """
    unknown = [name for name in rules.criteria if name not in places]
    if unknown:
        problems.add(f"rules are for territories that are not in the plan: {listing(unknown)}", "leave them out")
    names = [name for name in rules.criteria if name in places]
    labels = {name: f"{places[name].developer_name}_Rule" for name in names}
    codes = developer_names(list(labels.values()), {}, list(taken), problems)
    inserts: list[tuple[str, ...]] = []
    items: list[tuple[str, ...]] = []
    links: list[tuple[str, ...]] = []
    updates: list[tuple[str, ...]] = []
    for name in names:
        code, (rows, text) = codes[labels[name]], rules.items(name)
        _check(name, rows, text, problems)
        inserts.append((code, name, model.model_id, rules.object_type, "false"))
        items += [(mark(code), *row[:2], str(i), row[2]) for i, row in enumerate(rows, 1)]
        links.append((mark(code), places[name].key, "false"))
        updates.append((mark(code), text, "true"))
    _check_texts(rules, names, model, problems)
    return [
        Table(
            _RULE,
            "insert",
            ("DeveloperName", "MasterLabel", "Territory2ModelId", "ObjectType", "IsActive"),
            inserts,
            "Inactive and without BooleanFilter: items can only be created while it is empty.",
        ),
        Table(_ITEM, "insert", ("RuleId", "Field", "Operation", "SortOrder", "Value"), items, "After the rules."),
        Table(
            _LINK,
            "setup",
            ("RuleId", "Territory2Id", "IsInherited"),
            links,
            "The interface does not create this object: add each rule to its territory in Setup, or deploy "
            "ruleAssociations by the Metadata API.",
        ),
        Table(
            _RULE,
            "update",
            ("Id", "BooleanFilter", "IsActive"),
            updates,
            "Last. Active rules run when accounts are created or edited; run them for all accounts in Setup.",
            "filters",
        ),
    ]


def _check(name: str, rows: list[tuple[str, str, str]], text: str, problems: Problems) -> None:
    if len(rows) > MOST_ITEMS:
        problems.add(
            f"the rule of {name!r} has {len(rows)} items, and {MOST_ITEMS} are allowed",
            "compress the plan into shorter rules, or leave this territory to its list of accounts",
        )
    elif len(text) > MOST_FILTER:
        problems.add(
            f"the filter of {name!r} has {len(text)} characters, and {MOST_FILTER} are allowed", "use fewer groups"
        )


def _check_texts(rules: AssignmentRules, names: list[str], model: TerritoryModel, problems: Problems) -> None:
    """Values that a loader or a filter would read as something else."""
    values = [value for name in names for rule in rules.criteria[name].rules for value in rule.values]
    signs = {",", '"', rules.separator or ","}
    wrong = [
        value
        for value in dict.fromkeys(values)
        if signs & set(value) or value != value.strip() or not value.isprintable() or len(value) > MOST_CHARACTERS
    ]
    if wrong:
        problems.add(
            f"values of rules that a filter would not take for one text: {listing(wrong)}",
            f"commas, quotes and blanks at the ends are no part of a value, nor are more than {MOST_CHARACTERS} signs",
        )
    formulas = [value for value in dict.fromkeys([*names, *values, *rules.fields.values()]) if harmless(value) != value]
    if formulas and model.formulas == "refuse":
        problems.add(f"texts of rules that begin like formulas: {listing(formulas)}", "see formulas of TerritoryModel")
    long = [name for name in names if len(name) > LONGEST]
    if long:
        problems.add(f"labels of rules are longer than {LONGEST} characters: {listing(long)}", "rename the territories")
