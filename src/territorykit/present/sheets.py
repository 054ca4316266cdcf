"""Tables as sheets of an Excel workbook, whose texts are texts: never a formula, never an error."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from territorykit.errors import DataError, Problems, listing

LONGEST_CELL = 32_767
MOST_ROWS = 1_048_575  # and the header
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EXACT = 10**15  # spreadsheets keep fifteen digits of a number


def write_sheets(tables: Mapping[str, pd.DataFrame], draft: Path) -> None:
    """Write a workbook with one sheet per table; their cells are plain values and harmless texts.

    Raises
    ------
    DataError
        If a sheet cannot hold a table.
    """
    from openpyxl import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    from openpyxl.styles import Font  # type: ignore[import-untyped]  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]  # noqa: PLC0415

    for name, table in tables.items():
        _check_cells(name, table)
    book = Workbook(write_only=True)
    for name, table in tables.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for i, column in enumerate(table.columns, 1):
            longest = max([len(column), *(len(str(value)) for value in table.iloc[:200, i - 1])])
            sheet.column_dimensions[get_column_letter(i)].width = min(longest + 2, 50)
        sheet.append([_cell(sheet, column, Font(bold=True)) for column in table.columns])
        for row in table.itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    book.save(draft)


def _check_cells(name: str, table: pd.DataFrame) -> None:
    problems = Problems(name)
    elsewhere = "write a .csv or a .parquet"
    if len(table) > MOST_ROWS:
        problems.add(f"{len(table):,} rows are more than a sheet holds", elsewhere)
    for i, column in enumerate(table.columns):
        texts = [column, *(value for value in table.iloc[:, i] if isinstance(value, str))]
        if any(len(text) > LONGEST_CELL for text in texts):
            problems.add(f"column {column!r} has texts longer than a cell holds", elsewhere)
        strange = [text for text in texts if _NOT_XML.search(text)]
        if strange:
            problems.add(
                f"column {column!r} has control characters that .xlsx cannot hold: {listing(strange)}", elsewhere
            )
    problems.raise_as(DataError)


def _cell(sheet: Any, value: Any, font: Any = None) -> Any:  # noqa: ANN401 - openpyxl's
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= EXACT:
        value = str(value)  # an id: a spreadsheet would round it
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
    if font is not None:
        cell.font = font
    return cell
