"""Numbers as people write them: which are taken for numbers, and what a message says of the others."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

NUMBER = r"[ \t]*-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-][0-9]+)?[ \t]*"
"""A plain number. 007 and 12E3 are codes, and 1,5 or 1.234,5 are written in a way that is not guessed."""
LONG = r"[ \t]*-?[0-9]{16,}[ \t]*"
"""Whole numbers that a float cannot hold are codes too."""
_WIDE = re.compile(r"[\uff10-\uff19\uff0c\uff0e\uff0d]")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[,.'\u2019\u00a0\u202f ][0-9]{3})+(?:[.,][0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_MONEY = re.compile(r"[$\u20ac\u00a3\u00a5\uffe5%\u5143\u4e07\u4ebf]")


def as_numbers(texts: pd.Series) -> pd.Series:
    """Turn a column of texts into numbers, if every entry is a plain number; otherwise leave it.

    Examples
    --------
    >>> as_numbers(pd.Series(["1", "20"])).tolist(), as_numbers(pd.Series(["1", "020"])).tolist()
    ([1, 20], ['1', '020'])
    """
    known = texts.dropna()
    if not len(known) or not known.str.fullmatch(NUMBER).all() or known.str.fullmatch(LONG).any():
        return texts
    values = pd.to_numeric(known)
    return values if len(known) == len(texts) else values.astype(np.float64).reindex(texts.index)


def number_hint(texts: Iterable[object]) -> str:
    """What to do about texts that stand where numbers should.

    Examples
    --------
    >>> number_hint(["1,234.50"])
    'write them without thousands separators and with a decimal point, as 1234.5'
    """
    found = [text.strip() for text in texts if isinstance(text, str)]
    if any(_WIDE.search(text) for text in found):
        return "some are in full width: write them with the digits 0-9, as 1234.5"
    if any(_MONEY.search(text) for text in found):
        return "write them without signs of money, percent or thousands, as 1234.5"
    if any(_GROUPED.fullmatch(text) for text in found):
        return "write them without thousands separators and with a decimal point, as 1234.5"
    if any(_COMMA.fullmatch(text) for text in found):
        return "write them with a decimal point, as 1234.5"
    return "turn the column into numbers"
