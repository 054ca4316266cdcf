"""Which accounts a criterion takes, under every reading of what a system's manual leaves open."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import reduce

import numpy as np

from territorykit._arrays import Bools, Ints, Objects
from territorykit.crm.rules_criterion import Criterion, Rule

BLANK = -1
"""Code of an account whose field is empty."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a system compares texts.

    Parameters
    ----------
    fold
        Whether capitals and small letters are the same.
    trim
        Whether blanks at both ends do not count.
    blank_differs
        Whether an empty field is "not equal" to a value.
    """

    fold: bool
    trim: bool
    blank_differs: bool

    def plain(self, text: str) -> str:
        """A text as it is compared."""
        text = text.strip() if self.trim else text
        return text.casefold() if self.fold else text


class Texts:
    """The texts of all fields under one reading, sorted and coded.

    Parameters
    ----------
    columns
        Field to texts, shape (n_accounts,); None where empty.
    reading
        How they are compared.
    """

    __slots__ = ("codes", "reading", "values")

    def __init__(self, columns: dict[str, Objects], reading: Reading) -> None:
        self.reading = reading
        self.values: dict[str, list[str]] = {}
        self.codes: dict[str, Ints] = {}
        for field, column in columns.items():
            texts = [reading.plain(text) if text is not None else "" for text in column]
            self.values[field] = sorted({text for text in texts if text})
            position = {text: i for i, text in enumerate(self.values[field])}
            self.codes[field] = np.array([position.get(text, BLANK) for text in texts], np.int64)

    def matches(self, criterion: Criterion) -> Bools:
        """Which accounts the criterion takes, shape (n_accounts,)."""
        if isinstance(criterion, Rule):
            return self._one(criterion)
        both = np.logical_and if criterion.operator == "AND" else np.logical_or
        return np.asarray(reduce(both, map(self.matches, criterion.members)), np.bool_)

    def _one(self, rule: Rule) -> Bools:
        codes, found = self.codes[rule.field], np.zeros(len(self.codes[rule.field]), np.bool_)
        for value in rule.values:
            first, stop = self._range(rule, self.reading.plain(value))
            found |= (codes >= first) & (codes < stop)
        if rule.comparator != "not_equal":
            return found
        filled = (codes != BLANK) | self.reading.blank_differs
        return np.asarray(~found & filled, np.bool_)

    def _range(self, rule: Rule, value: str) -> tuple[int, int]:
        """Positions of the texts that a value stands for: they lie side by side."""
        values = self.values[rule.field]
        first = stop = bisect_left(values, value)
        if rule.comparator == "starts_with":
            while stop < len(values) and values[stop].startswith(value):
                stop += 1
        elif stop < len(values) and values[stop] == value:
            stop += 1
        return first, stop


def readings(columns: dict[str, Objects], criteria: list[Criterion], folds: tuple[bool, ...]) -> list[Reading]:
    """The readings that can differ on these accounts."""
    texts = [text for column in columns.values() for text in column if text is not None]
    trims = (False, True) if any(text != text.strip() for text in texts) else (False,)
    opposite = any(rule.comparator == "not_equal" for criterion in criteria for rule in criterion.rules)
    blanks = (False, True) if opposite else (False,)
    return [Reading(fold, trim, blank) for fold in folds for trim in trims for blank in blanks]
