"""Cells of spreadsheets: texts that a program would take for a formula are made harmless, and made whole again."""

import re
from typing import Any

# The second four signs are those of full width, which spreadsheets in East Asia take for the same.
_FORMULA = re.compile(r"'*(?:\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[\t\r\n])")
_ESCAPED = re.compile(r"'+(?:\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[\t\r\n])")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)


def harmless(cell: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    """A cell as a spreadsheet may see it: an apostrophe goes before a text that would be a formula.

    Formulas start with ``=``, ``+``, ``-`` or ``@``, also in full width or after blanks, or with a tab or
    the end of a line. Plain numbers stay as they are. A text that starts with apostrophes and then with one
    of these gets one more, so that `whole` can always take away what was put there.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-5"), harmless("'=x"), harmless("north"), harmless(-5)
    ("'=1+1", '-5', "''=x", 'north', -5)

    References
    ----------
    .. [1] OWASP, *CSV Injection*, https://owasp.org/www-community/attacks/CSV_Injection
    """
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def whole(cell: str) -> str:
    """The text that `harmless` was given.

    Examples
    --------
    >>> whole("'=1+1"), whole("-5"), whole("''=x"), whole("'north'")
    ('=1+1', '-5', "'=x", "'north'")
    """
    return cell[1:] if _ESCAPED.match(cell) else cell
