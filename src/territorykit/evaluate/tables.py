"""Figures and tables as text and HTML, for terminals and notebooks."""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

FRACTION, RATIO, COUNT = "fraction", "ratio", "count"
"""Units of measure of figures that are not measured in anything."""

_LARGE = 1e12
_WIDE = "WF"  # East Asian characters that take two columns of a terminal

Rows = Sequence[Sequence[str]]


def figure(value: float | None, unit_of_measure: str, *, sign: bool = False) -> str:
    """One figure for people: fractions in per cent, large numbers with separators.

    Examples
    --------
    >>> figure(0.0312, "fraction", sign=True), figure(12345.6, "m"), figure(0.7854, "ratio"), figure(None, "m")
    ('+3.12%', '12,346', '0.785', 'n/a')
    """
    if value is None or math.isnan(value):
        return "n/a"
    plus = "+" if sign and value > 0 else ""
    if unit_of_measure == FRACTION:
        return f"{plus}{value:.2%}"
    if unit_of_measure == RATIO:
        return f"{plus}{value:.3f}"
    if abs(value) >= _LARGE:
        return f"{plus}{value:.4g}"
    if value == round(value) or abs(value) >= 1000:  # noqa: PLR2004
        return f"{plus}{value:,.0f}"
    return f"{plus}{value:,.4g}"


def unit_label(unit_of_measure: str) -> str:
    """A unit of measure beside a figure; fractions are shown in per cent and need none."""
    return "" if unit_of_measure in (FRACTION, RATIO, COUNT) else unit_of_measure


def text_table(header: Sequence[str], rows: Rows, *, right: Iterable[int] = ()) -> str:
    """Columns aligned with spaces; columns named in `right` are flush right.

    Examples
    --------
    >>> print(text_table(["name", "size"], [["north", "12"], ["s", "1,200"]], right=[1]))
    name    size
    -----  -----
    north     12
    s      1,200
    """
    cells = [[_one_line(cell) for cell in row] for row in [header, *rows]]
    widths = [max(map(text_width, column)) for column in zip(*cells, strict=True)]
    flush = set(right)
    lines = [
        "  ".join(_pad(c, w, i in flush) for i, (c, w) in enumerate(zip(row, widths, strict=True))) for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def html_table(header: Sequence[str], rows: Rows, *, caption: str = "", right: Iterable[int] = ()) -> str:
    """A table whose every text is escaped; the first column heads its row.

    Examples
    --------
    >>> "<b>" in html_table(["name"], [["<b>"]])
    False
    """
    flush = set(right)
    style = ["text-align:right" if i in flush else "text-align:left" for i in range(len(header))]
    head = "".join(f'<th scope="col" style="{s}">{escape(c)}</th>' for c, s in zip(header, style, strict=True))
    body = "".join(f"<tr>{_html_row(row, style)}</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_row(row: Sequence[str], style: Sequence[str]) -> str:
    first, *rest = zip(row, style, strict=True)
    cells = "".join(f'<td style="{s}">{escape(cell)}</td>' for cell, s in rest)
    return f'<th scope="row" style="{first[1]};font-weight:normal">{escape(first[0])}</th>{cells}'


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def text_width(text: str) -> int:
    """Columns of a terminal that a text takes: East Asian characters take two, accents none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in _WIDE else 1 for c in text)


def _pad(text: str, width: int, flush_right: bool) -> str:  # noqa: FBT001 - a cell's own property
    space = " " * (width - text_width(text))
    return space + text if flush_right else text + space
