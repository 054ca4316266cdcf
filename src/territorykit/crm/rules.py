"""A plan as rules: the fewest comparisons of account fields that give it back, and the accounts left to hand.

Systems that assign accounts by themselves want a criterion for each territory, and allow it few rules. Each
criterion is judged by itself: an account goes to every territory whose criterion it meets. `compress` therefore
looks for criteria that take as many of their own accounts and as few foreign ones as possible.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from territorykit._arrays import Bools, Ints, Objects, is_missing
from territorykit.crm.rules_criterion import Criterion, Group, Rule, numbered
from territorykit.crm.rules_leaves import Limits, families
from territorykit.crm.rules_match import Reading, Texts, readings
from territorykit.crm.rules_passes import find_criteria
from territorykit.crm.rules_pool import text_columns
from territorykit.errors import DataError, Problems, listing

__all__ = ["ByHand", "Criterion", "Group", "Rule", "Rules", "compress"]

Case = Literal["either", "sensitive", "insensitive"]
LONGEST_NUMBER = 100
"""Digits of a name that counts as a number."""
_FOLDS: dict[str, tuple[bool, ...]] = {"either": (False, True), "sensitive": (False,), "insensitive": (True,)}


@dataclass(frozen=True, slots=True)
class ByHand:
    """An account that the rules do not bring where the plan has it.

    Parameters
    ----------
    account
        Its id.
    territory
        Where the plan has it.
    certain
        Territories that take it by rule, whatever the system's way of comparing texts.
    possible
        Those that take it under one way of comparing at least; all of `certain` among them.
    """

    account: Any
    territory: str
    certain: tuple[str, ...]
    possible: tuple[str, ...]

    @property
    def assign(self) -> bool:
        """Whether it has to be assigned to its territory by hand."""
        return self.territory not in self.certain

    @property
    def remove(self) -> tuple[str, ...]:
        """Territories that it has to be removed from."""
        return tuple(name for name in self.possible if name != self.territory)

    @property
    def reason(self) -> str:
        """Why: "none", "wrong" or "several" territories take it, or "unsure": it depends on comparing."""
        if self.certain != self.possible:
            return "unsure"
        if not self.possible:
            return "none"
        return "several" if self.territory in self.possible else "wrong"


@dataclass(frozen=True, slots=True)
class Rules:
    """Criteria of territories, and the accounts that they get wrong.

    Parameters
    ----------
    territories
        Names of all territories.
    criteria
        The criterion of each territory; None where no rule is worth it.
    by_hand
        The accounts to be assigned or removed by hand. Rules and these together are the plan.
    n_accounts
        Number of accounts.
    """

    territories: tuple[str, ...]
    criteria: tuple[Criterion | None, ...]
    by_hand: tuple[ByHand, ...]
    n_accounts: int

    @property
    def share(self) -> float:
        """Share of the accounts that the rules bring to their territory and to no other; a fraction."""
        return 1.0 - len(self.by_hand) / self.n_accounts

    @property
    def n_rules(self) -> int:
        """Number of rules of all territories."""
        return sum(len(criterion.rules) for criterion in self.criteria if criterion is not None)

    def criterion(self, territory: str) -> Criterion | None:
        """The criterion of one territory.

        Raises
        ------
        DataError
            If there is no such territory.
        """
        if territory not in self.territories:
            message = f"no territory {territory!r}; the names are {listing(self.territories)}"
            raise DataError(message)
        return self.criteria[self.territories.index(territory)]

    def to_frame(self) -> pd.DataFrame:
        """One row per rule: alternatives of a territory are joined by OR, rules of an alternative by `joined_by`.

        Within an alternative, all rules joined by AND hold, and one of those joined by OR.
        """
        rows = [
            (name, number, operator, rule.field, rule.comparator, " | ".join(rule.values))
            for name, criterion in zip(self.territories, self.criteria, strict=True)
            if criterion is not None
            for number, operator, rule in numbered(criterion)
        ]
        return pd.DataFrame(rows, columns=["territory", "alternative", "joined_by", "field", "comparator", "value"])

    def by_hand_frame(self) -> pd.DataFrame:
        """One row per account to be moved by hand, indexed by account."""
        rows = [(one.territory, one.assign, ", ".join(one.remove), one.reason) for one in self.by_hand]
        index = pd.Index([one.account for one in self.by_hand], name="account", dtype=object)
        return pd.DataFrame(rows, columns=["territory", "assign", "remove", "reason"], index=index)

    def __str__(self) -> str:
        return (
            f"{self.n_rules:,} rules for {len(self.territories):,} territories; {self.share:.1%} of "
            f"{self.n_accounts:,} accounts by rule, {len(self.by_hand):,} by hand"
        )


def compress(  # noqa: PLR0913 - what a system allows is many things
    accounts: pd.DataFrame,
    territory: "pd.Series[Any] | Mapping[Any, Any] | str",
    fields: Sequence[str],
    *,
    prefixes: Sequence[str] = (),
    max_rules: int = 25,
    max_values: int = 1,
    longest: int = 255,
    forbidden: str = ",",
    case: Case = "either",
    foreign: float = 1.0,
    rounds: int = 40,
) -> Rules:
    r"""Say a plan in rules over account fields.

    For each territory the criterion :math:`C` is sought that maximises

    .. math:: |C \cap T| - f \, |C \setminus T|

    over the accounts :math:`T` of the territory, with at most `max_rules` rules; among equals, the one with
    fewest. Territories are looked at one after the other, twice, and an account that is left to hand anyway,
    because of another territory, counts a quarter: with :math:`f = 1` the fewest accounts are left.

    A criterion is a choice of alternatives: "field equals value", "field starts with value", one of these
    together with others of another field ("state is TX and (city is Dallas or city is Plano)"), or one without
    some values ("state is TX and city is not Dallas"). The search is a heuristic.

    Parameters
    ----------
    accounts
        DataFrame indexed by account id; not changed.
    territory
        Territory of each account: a Series or mapping by account id, or the name of a column.
    fields
        Columns that rules may ask, all of them texts. Empty cells are allowed.
    prefixes
        Those of `fields` that "starts with" may be asked of, such as postcodes.
    max_rules
        Rules per territory.
    max_values
        Values that a rule may hold; such a rule still counts as one.
    longest
        Characters that a value may have. Longer texts are not asked for.
    forbidden
        Characters that a system may take for something else within a value. Texts with these, with blanks
        at their ends, with signs that cannot be printed or with ``${`` are not asked for.
    case
        Whether the system tells capitals from small letters: "sensitive", "insensitive", or "either" where it
        is not known. Then every way of writing a value is named, which takes more rules, and an account on
        which it depends is left to hand.
    foreign
        How many own accounts a foreign one outweighs; the larger, the fewer accounts are taken by a wrong rule.
    rounds
        Rounds of the last stage of the search per territory. 0 is fastest.

    Returns
    -------
    Rules
        Criteria and accounts by hand. An account counts as brought by rule only where every reading of what
        systems leave open says so: case, blanks at the ends of texts, and whether an empty field is "not
        equal" to a value.

    Raises
    ------
    DataError
        With all problems at once: no such column, columns that are no texts, accounts without a territory or
        with doubled ids, settings out of range.

    Examples
    --------
    >>> accounts = pd.DataFrame(
    ...     {"state": ["TX", "TX", "TX", "OK"], "city": ["Dallas", "Plano", "Austin", "Tulsa"]}, index=list("abcd")
    ... )
    >>> rules = compress(accounts, {"a": "north", "b": "north", "c": "south", "d": "south"}, ["state", "city"])
    >>> print(rules)
    4 rules for 2 territories; 100.0% of 4 accounts by rule, 0 by hand
    >>> print(rules.criterion("north"))
    state = 'TX' and city != 'Austin'
    """
    problems = Problems("rules")
    limits = Limits(max_rules, max_values, longest, forbidden, case != "sensitive", case == "either")
    _check_settings(limits, case, foreign, rounds, problems)
    names = _check_accounts(accounts, territory, problems)
    _check_fields(accounts, fields, prefixes, problems)
    problems.raise_as(DataError)

    columns = text_columns(accounts, list(dict.fromkeys(fields)))
    territories = sorted(set(names), key=_order)
    labels = np.array([territories.index(name) for name in names], np.int64)
    criteria = find_criteria(families(columns, set(prefixes), limits), labels, limits, float(foreign), rounds)
    by_hand = _by_hand(accounts.index.tolist(), labels, territories, _taken(columns, criteria, case))
    return Rules(tuple(territories), tuple(criteria), by_hand, len(accounts))


def _order(name: str) -> tuple[bool, int, str]:
    """Numbers by their size before all other names."""
    number = name.isdecimal() and len(name) <= LONGEST_NUMBER
    return not number, int(name) if number else 0, name


def _taken(columns: dict[str, Objects], criteria: list[Criterion | None], case: Case) -> list[Bools]:
    """Who takes whom, under each reading: shape (n_territories, n_accounts) each."""
    known = [criterion for criterion in criteria if criterion is not None]
    found = []
    for reading in readings(columns, known, _FOLDS[case]):
        texts = Texts(columns, reading)
        n = len(next(iter(columns.values())))
        rows = [np.zeros(n, np.bool_) if one is None else texts.matches(one) for one in criteria]
        found.append(np.array(rows))
    return found


def _by_hand(ids: list[Any], labels: Ints, territories: list[str], taken: list[Bools]) -> tuple[ByHand, ...]:
    always, ever = np.logical_and.reduce(taken), np.logical_or.reduce(taken)
    at = np.arange(len(ids))
    right = always[labels, at] & (ever.sum(axis=0) == 1)

    def named(mask: Bools) -> tuple[str, ...]:
        return tuple(territories[t] for t in np.flatnonzero(mask))

    return tuple(
        ByHand(ids[i], territories[labels[i]], named(always[:, i]), named(ever[:, i])) for i in np.flatnonzero(~right)
    )


def matched(criterion: Criterion, accounts: pd.DataFrame, *, case: Literal["sensitive", "insensitive"]) -> Bools:
    """Which accounts a criterion takes, where blanks at the ends count and an empty field equals nothing.

    Raises
    ------
    DataError
        If the accounts have no column for a field.

    Examples
    --------
    >>> accounts = pd.DataFrame({"city": ["Ulm", "ULM", None]})
    >>> matched(Rule("city", "equal", ("ulm",)), accounts, case="insensitive").tolist()
    [True, True, False]
    """
    fields = list(dict.fromkeys(rule.field for rule in criterion.rules))
    problems = Problems("rules")
    _check_fields(accounts, fields, (), problems)
    problems.raise_as(DataError)
    reading = Reading(fold=case == "insensitive", trim=False, blank_differs=False)
    return Texts(text_columns(accounts, fields), reading).matches(criterion)


def _check_settings(limits: Limits, case: object, foreign: object, rounds: object, problems: Problems) -> None:
    counts = {"max_rules": limits.max_rules, "max_values": limits.max_values, "longest": limits.longest}
    for name, value in counts.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            problems.add(f"{name} is {value!r}", "pass a whole number from 1")
    if not isinstance(rounds, int) or isinstance(rounds, bool) or rounds < 0:
        problems.add(f"rounds is {rounds!r}", "pass a whole number from 0")
    if not isinstance(foreign, int | float) or isinstance(foreign, bool) or not 0 < foreign < np.inf:
        problems.add(f"foreign is {foreign!r}", "pass a number above 0")
    if not isinstance(case, str) or case not in _FOLDS:
        problems.add(f"case is {case!r}", f"pass one of {', '.join(map(repr, _FOLDS))}")
    if not isinstance(limits.forbidden, str):
        problems.add(f"forbidden is {limits.forbidden!r}", "pass a text of characters, '' for none")


def _check_accounts(accounts: pd.DataFrame, territory: Any, problems: Problems) -> list[str]:  # noqa: ANN401
    """The territory of each account."""
    if not isinstance(accounts, pd.DataFrame):
        problems.add(f"accounts is a {type(accounts).__name__}", "pass a DataFrame indexed by account id")
        problems.raise_as(DataError)
    elif not len(accounts):
        problems.add("there are no accounts", "pass at least one")
    elif not accounts.index.is_unique:
        twice = accounts.index[accounts.index.duplicated()].unique()
        problems.add(f"ids are used more than once: {listing(twice)}", "make them unique")
    if isinstance(territory, str):
        if territory not in accounts.columns:
            problems.add(f"there is no column {territory!r}", f"the columns are {listing(list(accounts.columns))}")
            problems.raise_as(DataError)
        territory = accounts[territory]
    if not isinstance(territory, Mapping | pd.Series):
        problems.add(f"territory is a {type(territory).__name__}", "pass a Series, a mapping or a column's name")
        problems.raise_as(DataError)
    if isinstance(territory, pd.Series) and not territory.index.is_unique:
        twice = territory.index[territory.index.duplicated()].unique()
        problems.add(f"territory has several entries for {listing(twice)}", "keep one for each account")
    given = dict(territory.items())
    ids = accounts.index.tolist()
    missing = [account for account in ids if is_missing(given.get(account)) or not str(given[account])]
    if missing:
        other = any(str(account) in given for account in missing if not isinstance(account, str))
        remedy = "their ids are texts there and others here: set the index to texts" if other else "give each one"
        problems.add(f"{len(missing):,} accounts have no territory: {listing(missing)}", remedy)
    return [str(given.get(account)) for account in ids]


def _check_names(fields: Any, prefixes: Any, problems: Problems) -> None:  # noqa: ANN401
    """What are no lists of names ends the checks: nothing else can be said of it."""
    before = len(problems.found)
    for name, value in (("fields", fields), ("prefixes", prefixes)):
        if isinstance(value, str):
            problems.add(f"{name} is the text {value!r}", "pass a list of column names")
        elif not isinstance(value, Collection) or not all(isinstance(one, str) for one in value):
            problems.add(f"{name} is {value!r}", "pass a list of column names, which are texts")
    if len(problems.found) > before:
        problems.raise_as(DataError)


def _check_fields(accounts: pd.DataFrame, fields: Any, prefixes: Any, problems: Problems) -> None:  # noqa: ANN401
    _check_names(fields, prefixes, problems)
    if not len(fields):
        problems.add("fields is empty", "name the columns that rules may ask")
    absent = [field for field in fields if field not in accounts.columns]
    if absent:
        problems.add(f"the accounts have no column {listing(absent)}", f"they have {listing(list(accounts.columns))}")
    doubled = [field for field in dict.fromkeys(fields) if list(accounts.columns).count(field) > 1]
    if doubled:
        problems.add(f"the accounts have several columns {listing(doubled)}", "keep one of each")
    for field in fields:
        if field in absent or field in doubled:
            continue
        wrong = [value for value in accounts[field].dropna() if not isinstance(value, str)]
        if wrong:
            problems.add(
                f"column {field!r} holds {len(wrong):,} values that are no texts: {listing(wrong)}",
                "read it as text, so that leading zeros stay",
            )
    unknown = [field for field in prefixes if field not in fields]
    if unknown:
        problems.add(f"prefixes names {listing(unknown)}", "name columns that are in fields too")
