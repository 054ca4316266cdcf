"""Salesforce's record ids: 15 characters in which case counts, or 18 with a checksum of the case."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from territorykit._arrays import is_missing
from territorykit.errors import DataError, Problems, listing

_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?", re.ASCII)
_LOOKS_FULL = re.compile(r"[0-9A-Za-z]{18}", re.ASCII)
_SHORT, _CHUNK = 15, 5
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def full_id(text: str) -> str:
    """The 18-character form of a record id.

    The three last characters hold which of the fifteen others are capitals, five a character, so that two ids
    that differ in case alone stay apart in programs that ignore case [1]_ [2]_.

    Parameters
    ----------
    text
        An id of 15 or 18 characters.

    Raises
    ------
    DataError
        If it is no id, or its checksum does not fit: then it was changed, most often its case.

    Examples
    --------
    >>> full_id("001M000000qfPyS")
    '001M000000qfPySIAU'
    >>> full_id("001m000000qfpysIAU")
    Traceback (most recent call last):
        ...
    territorykit.errors.DataError: ids: 1 ids of 18 characters have a checksum that does not fit: \
'001m000000qfpysIAU'; export them anew: a program has changed their case

    References
    ----------
    .. [1] Salesforce, *Platform API Data Types: ID Field Type*, in the Object Reference.
    .. [2] Worked examples of the checksum: https://codegolf.stackexchange.com/questions/69127
    """
    problems = Problems("ids")
    (found,) = required_ids([text], problems, "ids")
    problems.raise_as(DataError)
    return str(found)


def full_ids(values: Iterable[Any], problems: Problems, what: str) -> list[Any]:
    """Ids in their long form; what is no id goes on the list of problems and stays as it is.

    Missing values stay missing: whether they may be is for the caller to say.
    """
    found: list[Any] = list(values)
    strange, changed = [], []
    for at, value in enumerate(found):
        if isinstance(value, str):
            text = value.strip()
            if _SHAPE.fullmatch(text) or _LOOKS_FULL.fullmatch(text):
                found[at] = text[:_SHORT] + _checksum(text)
                if len(text) > _SHORT and found[at] != text:
                    found[at] = text
                    changed.append(text)
                continue
        if not is_missing(value):
            strange.append(value)
    if strange:
        problems.add(
            f"{len(strange):,} {what} are no record ids: {listing(strange)}",
            "an id has 15 or 18 letters and digits; leave out rows that are no records, such as a report's footer",
        )
    if changed:
        problems.add(
            f"{len(changed):,} {what} of 18 characters have a checksum that does not fit: {listing(changed)}",
            "export them anew: a program has changed their case",
        )
    return found


def required_ids(values: Sequence[Any], problems: Problems, what: str) -> list[Any]:
    """Ids in their long form, none of them missing."""
    gaps = sum(is_missing(value) for value in values)
    if gaps:
        problems.add(f"{gaps:,} {what} are missing", "export them with every row")
    return full_ids(values, problems, what)


def _checksum(text: str) -> str:
    chunks = (text[start : start + _CHUNK] for start in range(0, _SHORT, _CHUNK))
    return "".join(_SIGNS[sum((sign in _UPPER) << bit for bit, sign in enumerate(chunk))] for chunk in chunks)
