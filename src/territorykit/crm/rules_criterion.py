"""What a rule says: comparisons of fields with texts, joined by AND and OR."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from territorykit.errors import DataError, Problems, listing

Comparator: TypeAlias = Literal["equal", "not_equal", "starts_with"]
COMPARATORS: tuple[Comparator, ...] = ("equal", "not_equal", "starts_with")
_SIGNS = {"equal": "=", "not_equal": "!=", "starts_with": "starts with"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One comparison of a field.

    Parameters
    ----------
    field
        Name of the field, as the accounts' columns have it.
    comparator
        "equal" and "starts_with": any of the values does. "not_equal": none of them may be.
    values
        At least one text.

    Raises
    ------
    DataError
        If the comparator is unknown, or a value is no text or empty.

    Examples
    --------
    >>> print(Rule("zip", "starts_with", ("750", "751")))
    zip starts with '750' or '751'
    """

    field: str
    comparator: Comparator
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        problems = Problems("rule")
        if not isinstance(self.field, str) or not self.field:
            problems.add(f"field is {self.field!r}", "pass the name of a column")
        if self.comparator not in COMPARATORS:
            problems.add(f"comparator is {self.comparator!r}", f"pass one of {', '.join(map(repr, COMPARATORS))}")
        if isinstance(self.values, str):
            problems.add(f"values is the text {self.values!r}", "pass a tuple of texts")
        else:
            object.__setattr__(self, "values", tuple(self.values))
            wrong = [value for value in self.values if not isinstance(value, str) or not value]
            if wrong or not self.values:
                problems.add(f"values are no texts: {listing(wrong) or 'none given'}", "pass texts that are not empty")
        problems.raise_as(DataError)

    @property
    def rules(self) -> tuple["Rule", ...]:
        """The rule itself."""
        return (self,)

    def __str__(self) -> str:
        joined = (" and " if self.comparator == "not_equal" else " or ").join(map(repr, self.values))
        return f"{self.field} {_SIGNS[self.comparator]} {joined}"


@dataclass(frozen=True, slots=True)
class Group:
    """Criteria joined by one operator.

    Parameters
    ----------
    operator
        "AND" or "OR".
    members
        Two or more rules or groups.

    Raises
    ------
    DataError
        If there are fewer members, or the operator is another.

    Examples
    --------
    >>> dallas = Group("OR", (Rule("city", "equal", ("Dallas",)), Rule("zip", "starts_with", ("750",))))
    >>> print(Group("AND", (Rule("state", "equal", ("TX",)), dallas)))
    state = 'TX' and (city = 'Dallas' or zip starts with '750')
    """

    operator: Literal["AND", "OR"]
    members: tuple["Criterion", ...]

    def __post_init__(self) -> None:
        problems = Problems("group of rules")
        if self.operator not in ("AND", "OR"):
            problems.add(f"operator is {self.operator!r}", "pass 'AND' or 'OR'")
        object.__setattr__(self, "members", tuple(self.members))
        if not all(isinstance(member, Rule | Group) for member in self.members):
            problems.add("members are no rules", "pass Rule and Group objects")
        if len(self.members) < 2:  # noqa: PLR2004 - an operator joins two
            problems.add(f"there are {len(self.members)} members", "pass two or more; one rule needs no group")
        problems.raise_as(DataError)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in the group and its groups, in their order."""
        return tuple(rule for member in self.members for rule in member.rules)

    def __str__(self) -> str:
        return f" {self.operator.lower()} ".join(
            f"({member})" if isinstance(member, Group) or len(member.values) > 1 else str(member)
            for member in self.members
        )


Criterion: TypeAlias = Rule | Group
"""What decides whether a territory takes an account."""


def joined(operator: Literal["AND", "OR"], members: list[Criterion]) -> Criterion:
    """The members joined; a single one stays as it is.

    Examples
    --------
    >>> joined("OR", [Rule("city", "equal", ("Ulm",))])
    Rule(field='city', comparator='equal', values=('Ulm',))
    """
    return members[0] if len(members) == 1 else Group(operator, tuple(members))


def numbered(criterion: Criterion) -> Iterator[tuple[int, str, Rule]]:
    """Each rule with the number of its alternative from 1 and the operator of the group it stands in."""
    alternatives = criterion.members if isinstance(criterion, Group) and criterion.operator == "OR" else (criterion,)
    for number, alternative in enumerate(alternatives, 1):
        for operator, rule in _walk(alternative, "OR"):
            yield number, operator, rule


def _walk(criterion: Criterion, operator: str) -> Iterator[tuple[str, Rule]]:
    if isinstance(criterion, Rule):
        yield operator, criterion
        return
    for member in criterion.members:
        yield from _walk(member, criterion.operator)
