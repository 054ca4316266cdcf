"""Ids that a spreadsheet took for numbers, and spoiled."""

import re
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from territorykit.errors import Problems, TerritoryKitWarning, listing

KEPT = 15
"""Significant digits that spreadsheets keep of a number; they put zeros for the rest."""
EXACT = 10**KEPT
CERTAIN = 4
"""So many lost digits that are all zero happen by chance once in ten thousand."""
SCIENTIFIC = re.compile(r"\s*-?[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}\s*", re.ASCII)
LONG = re.compile(r"\s*-?[0-9]{16,}\s*", re.ASCII)
FLOAT = re.compile(r"\s*-?[0-9]+\.0+\s*", re.ASCII)
DIGITS = re.compile(r"\s*-?[0-9]+(?:\.0+)?\s*", re.ASCII)
REMEDY = (
    "the digits are lost in this file: export it again from the system it comes from, and where it goes through a "
    "spreadsheet, import the column as text; ids that are right pass in a DataFrame"
)
_NAME = re.compile(
    r"(?:^|[^a-z])(?:id|ids|no|nr|num|number|code|key|uuid|sku|ean|gtin|phone|mobile|fax|tel|zip|postcode|iban|vat)"
    r"(?:$|[^a-z])|编号|编码|代码|号码|证号|电话|手机|税号|卡号|账号|帐号|工号|单号",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"[a-z](?:Id|ID|No|Code|Number)$")


def check_id_texts(texts: Iterable[str], column: str, problems: Problems) -> None:
    """Put ids on the list of which a spreadsheet kept fifteen digits, or made 12.0 of 12.

    Examples
    --------
    >>> problems = Problems("accounts.csv")
    >>> check_id_texts(["1.23457E+17", "A-7"], "code", problems)
    >>> problems.found[0][:63]
    "1 ids in 'code' are in scientific notation: '1.23457E+17'; the "
    """
    ids = list(texts)
    found = [text for text in ids if SCIENTIFIC.fullmatch(text)]
    if found:
        problems.add(f"{len(found):,} ids in {column!r} are in scientific notation: {listing(found)}", REMEDY)
    long = [text for text in ids if LONG.fullmatch(text)]
    if cut_short(long):
        problems.add(
            f"{len(long):,} ids in {column!r} have nothing but zeros after {KEPT} digits: {listing(long)}", REMEDY
        )
    floats = [text for text in ids if FLOAT.fullmatch(text)]
    if floats and all(DIGITS.fullmatch(text) for text in ids):
        problems.add(
            f"{len(floats):,} ids in {column!r} end in .0: {listing(floats)}",
            "a program took them for numbers, which have no leading zeros: export them again as text",
        )


def check_id_cells(cells: Sequence[Any], column: str, problems: Problems) -> None:
    """Put ids of a workbook on the list that are numbers beyond fifteen digits, or dates."""
    numbers = [cell for cell in cells if isinstance(cell, int | float) and abs(cell) >= EXACT]
    if numbers:
        what = f"{len(numbers):,} ids in {column!r} are numbers of more than {KEPT} digits: {listing(numbers)}"
        problems.add(what, REMEDY)
    dates = [str(cell) for cell in cells if hasattr(cell, "isoformat")]
    if dates:
        problems.add(
            f"{len(dates):,} ids in {column!r} are dates: {listing(dates)}",
            "a spreadsheet takes texts such as 3-12 for dates: import the column as text",
        )
    check_id_texts([cell for cell in cells if isinstance(cell, str)], column, problems)


def cut_short(texts: Sequence[str]) -> bool:
    """Whether long whole numbers have nothing but zeros after fifteen digits, too many to be chance.

    Examples
    --------
    >>> cut_short(["110101199003070000", "110101199003080000"]), cut_short(["1234567890123450"])
    (True, False)
    """
    rests = [text.strip().lstrip("-")[KEPT:] for text in texts]
    return sum(map(len, rests)) >= CERTAIN and not any(rest.strip("0") for rest in rests)


def suspects(texts: pd.Series) -> list[str]:
    """Texts of a column that are long whole numbers or in scientific notation."""
    known = texts.dropna()
    if known.dtype == object:
        known = known[[isinstance(text, str) for text in known]]
    if not len(known):
        return []
    few = known[known.str.contains(r"[eE]\+|[0-9]{16}")]  # quick, and true of few
    return [text for text in few if SCIENTIFIC.fullmatch(text) or LONG.fullmatch(text)]


def warn_of_columns(frame: pd.DataFrame, raw: dict[str, list[str]], path: Path) -> None:
    """Warn of columns beside the ids that are codes and have lost digits.

    Parameters
    ----------
    frame
        The table.
    raw
        For each column to look at, the texts that are long or in scientific notation.
    path
        The file, for the message.
    """
    for column, texts in raw.items():
        scientific = [text for text in texts if SCIENTIFIC.fullmatch(text)]
        long = [text for text in texts if LONG.fullmatch(text)]
        like_id = bool(_NAME.search(str(column)) or _CAMEL.search(str(column)))
        whole = like_id or len(long) == frame[column].notna().sum()  # amounts of 16 digits end in zeros too
        lost = scientific if scientific and like_id else long if whole and cut_short(long) else []
        if not lost:
            continue
        message = (
            f"{path.name}: {len(lost):,} values of {column!r} look like codes of which a spreadsheet kept {KEPT} "
            f"digits: {listing(lost)}; do not use the column as a code: export it again as text"
        )
        warnings.warn(message, TerritoryKitWarning, stacklevel=2)
