"""Texts of accounts coded into leaves: what a single rule can ask of a field."""

import re
from dataclasses import dataclass

import numpy as np

from territorykit._arrays import Bools, Ints, Objects
from territorykit.crm.rules_criterion import Comparator

NONE = -1
"""Code of an account that no leaf of a family holds."""
MOST_LENGTHS = 10
"""How many lengths of prefixes are tried for a field, the shortest first."""
_PLACEHOLDER = re.compile(r"\$\{")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rule may hold.

    Parameters
    ----------
    max_rules
        Rules per territory.
    max_values
        Values per rule.
    longest
        Characters per value.
    forbidden
        Characters that no value may hold.
    fold
        Whether capitals and small letters are taken for one class.
    spell_out
        Whether every way of writing a class is named by a value of its own.
    """

    max_rules: int
    max_values: int
    longest: int
    forbidden: str
    fold: bool
    spell_out: bool

    def usable(self, text: str) -> bool:
        """Whether a rule can hold this text and mean it."""
        return (
            0 < len(text) <= self.longest
            and text == text.strip()
            and text.isprintable()
            and not _PLACEHOLDER.search(text)
            and not any(sign in text for sign in self.forbidden)
        )

    def slots(self, values: int) -> int:
        """How many rules it takes to hold so many values of one field."""
        return -(-values // self.max_values)


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """All leaves of one kind: no account is in two of them.

    Parameters
    ----------
    field, comparator
        What they compare, and how.
    codes
        Shape (n_accounts,): the leaf of each account, or `NONE`.
    values
        The texts of each leaf: one, or all ways of writing it.
    usable
        Shape (n_leaves,): whether a rule can hold them.
    filled
        Shape (n_accounts,): whether the field has a text at all.
    """

    field: str
    comparator: Comparator
    codes: Ints
    values: list[tuple[str, ...]]
    usable: Bools
    filled: Bools

    @property
    def weights(self) -> Ints:
        """Values that each leaf needs, shape (n_leaves,)."""
        return np.array([len(texts) for texts in self.values], np.int64)


def families(columns: dict[str, Objects], prefixes: set[str], limits: Limits) -> list[Family]:
    """The families of all fields: equal, and starts-with of each length that tells something new."""
    found: list[Family] = []
    for field, column in columns.items():
        texts = ["" if text is None else text for text in column]
        if field in prefixes:
            found += _prefix_families(field, texts, limits)
        found.append(_family(field, "equal", texts, texts, limits))
    return found


def _prefix_families(field: str, texts: list[str], limits: Limits) -> list[Family]:
    found: list[Family] = []
    counts = [0]
    distinct = len(set(texts) - {""})
    for length in range(1, max(map(len, texts), default=0)):
        # Texts that are not longer are left to "equal".
        heads = [text[:length] if len(text) > length else "" for text in texts]
        family = _family(field, "starts_with", heads, texts, limits)
        shorter = len(set(heads) - {""})
        if shorter in (counts[-1], 0) or shorter >= distinct:
            continue
        counts.append(shorter)
        found.append(family)
        if len(found) == MOST_LENGTHS:
            break
    return found


def _family(field: str, comparator: Comparator, heads: list[str], texts: list[str], limits: Limits) -> Family:
    keys = [head.casefold() if limits.fold else head for head in heads]
    written: dict[str, set[str]] = {}
    for key, head in zip(keys, heads, strict=True):
        if key:
            written.setdefault(key, set()).add(head)
    position = {key: i for i, key in enumerate(sorted(written))}
    codes = np.array([position.get(key, NONE) for key in keys], np.int64)
    if comparator == "starts_with":
        codes = _with_short(codes, texts, position, limits)
    ways = [sorted(written[key]) for key in position]
    usable = np.array([all(map(limits.usable, forms)) for forms in ways], np.bool_)
    values = [tuple(forms if limits.spell_out else forms[:1]) for forms in ways]
    return Family(field, comparator, codes, values, usable, np.array([bool(text.strip()) for text in texts], np.bool_))


def _with_short(codes: Ints, texts: list[str], position: dict[str, int], limits: Limits) -> Ints:
    """A text that is a prefix itself is in that prefix's leaf too."""
    codes = codes.copy()
    for i in np.flatnonzero(codes == NONE).tolist():
        codes[i] = position.get(texts[i].casefold() if limits.fold else texts[i], NONE)
    return codes
