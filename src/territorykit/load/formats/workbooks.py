"""Opening Excel workbooks, cell by cell: a table whose texts stay texts."""

import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.formats.archives import ArchiveLimits, check_markup, opened, readable
from territorykit.load.formats.long_ids import EXACT, check_id_cells, suspects, warn_of_columns
from territorykit.load.formats.numerals import as_numbers

MOST_ROWS = 1_048_576
MOST_CELLS = 200_000_000
CHUNK = 2**20
MARKUP = (".xml", ".rels", ".vml")
REMEDY = "save it as .xlsx again"
_ZEROS = re.compile(r"0{2,}")
"""A format of a cell that shows 42 as 00042."""
_FORMULA = re.compile(rb"<f[ />]")
_HARMLESS = ("no default style", "extension is not supported", "Print area", "Defined names", "header or footer")
"""What openpyxl warns of although no cell is concerned."""


def read_workbook(
    path: Path,
    id_column: str | None,
    sheet: str | None = None,
    limits: ArchiveLimits | None = None,
    texts: Collection[str] = (),
) -> pd.DataFrame:
    """One sheet of a workbook; the id column, which is checked, and the columns `texts` hold texts.

    Numbers stay numbers and texts stay texts, where not every text of a column is a plain number. Numbers
    that the workbook shows with leading zeros are texts with these zeros. Formulas have the values that were
    saved with them. Blank rows are no rows.

    Raises
    ------
    DataError
        If it is no workbook, unpacks to more than the limits, has several sheets and none is named, rows do not
        fit the header, formulas have no values, or ids are spoiled.

    Warns
    -----
    TerritoryKitWarning
        Where cells hold errors such as #N/A, which become missing values, or codes that are spoiled.
    """
    with opened(path, limits, " as a workbook") as archive:
        for member in archive.infolist():
            if member.filename.lower().endswith(MARKUP):
                with readable(path, " as a workbook", REMEDY), archive.open(member) as source:
                    check_markup(source, f"{path.name}: {member.filename}")
        formulas = _holds_formulas(archive)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with readable(path, " as a workbook", REMEDY):
            header, rows, errors = _read(path, sheet, formulas=formulas)
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        if not any(part in text for part in _HARMLESS):
            warnings.warn(f"{path.name}: {text}", TerritoryKitWarning, stacklevel=2)
    if errors:
        message = f"{path.name}: {len(errors):,} cells hold errors and count as missing: {listing(errors)}"
        warnings.warn(message, TerritoryKitWarning, stacklevel=2)
    return _frame(path, header, rows, id_column, texts)


def _holds_formulas(archive: zipfile.ZipFile) -> bool:
    """Whether a sheet holds any, by the marks of the format."""
    for name in archive.namelist():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            with archive.open(name) as source:
                before = b""
                while chunk := source.read(CHUNK):
                    if _FORMULA.search(before + chunk):
                        return True
                    before = chunk[-3:]
    return False


def _check_saved(path: Path, file: Any, title: str, blank: set[str]) -> None:  # noqa: ANN401 - an open file
    """Formulas have values: programs that write workbooks without working them out save none."""
    from openpyxl import load_workbook  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    book = load_workbook(file, read_only=True, keep_links=False)
    page = book[title]
    page.reset_dimensions()
    unsaved = [
        cell.coordinate
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f" and cell.coordinate in blank
    ]
    if unsaved:
        message = (
            f"{path.name}: {len(unsaved):,} formulas have no saved value: {listing(unsaved)}; open the workbook in a "
            "spreadsheet program and save it there, or write values"
        )
        raise DataError(message)


def _read(path: Path, sheet: str | None, *, formulas: bool) -> tuple[list[str], list[list[Any]], list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - an extra

    with path.open("rb") as file:  # openpyxl leaves open what it cannot read
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        names = [str(found.title) for found in book.worksheets]
        if sheet is None and len(names) != 1:
            message = f"{path.name}: the workbook has {len(names)} sheets ({listing(names)}); name one with sheet="
            raise DataError(message)
        if sheet is not None and sheet not in names:
            message = f"{path.name}: there is no sheet {sheet!r}; the workbook has {listing(names)}"
            raise DataError(message)
        page = book.worksheets[0 if sheet is None else names.index(sheet)]
        page.reset_dimensions()  # what is stated of the size may be wrong
        errors: list[str] = []
        blank: set[str] = set()
        cells = _rows(path, page, errors, blank)
        header = ["" if cell is None else str(cell).strip() for cell in next(cells, [])]
        rows = [row for row in cells if row]
        if formulas and blank:
            _check_saved(path, file, page.title, blank)
        check_header(path, header)
        return header, rows, errors


def _rows(path: Path, page: Any, errors: list[str], blank: set[str]) -> Iterator[list[Any]]:  # noqa: ANN401 - openpyxl's
    """Values of each row, up to its last; `blank` takes the places of cells that are there without any."""
    looked_at = 0
    for number, row in enumerate(page.iter_rows(), 1):
        looked_at += len(row)
        if number > MOST_ROWS or looked_at > MOST_CELLS:
            message = (
                f"{path.name}: the sheet says it has more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells, more than "
                "a table of accounts has; delete what is beyond the table, or save it as .csv"
            )
            raise DataError(message)
        values = [_value(cell, errors) for cell in row]
        blank.update(cell.coordinate for cell in row if cell.value is None and _without_value(cell))
        while values and values[-1] is None:
            values.pop()
        yield values


def _without_value(cell: Any) -> bool:  # noqa: ANN401 - openpyxl's
    """A cell that is there, and that is not said to hold a text: the empty text is a value of formulas."""
    return cell.data_type == "n" and hasattr(cell, "coordinate")


def _value(cell: Any, errors: list[str]) -> Any:  # noqa: ANN401 - whatever a cell holds
    value = cell.value
    if value is None or value == "":
        return None
    if cell.data_type == "e":
        errors.append(f"{value} in {cell.coordinate}")
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and value >= 0 and _ZEROS.fullmatch(cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))
    return value


def check_header(path: Path, header: list[str]) -> None:
    """Every column has a name, and one of its own."""
    problems = Problems(path.name)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        problems.add(f"columns share the name {listing(twice)}", "give each its own name")
    if not all(header) or not header:
        problems.add("columns have no name", "name every column in the first row")
    problems.raise_as(DataError)


def _frame(
    path: Path, header: list[str], rows: list[list[Any]], id_column: str | None, texts: Collection[str]
) -> pd.DataFrame:
    problems = Problems(path.name)
    width = len(header)
    long = [f"row {i}" for i, row in enumerate(rows, 1) if len(row) > width]
    if long:
        what = f"{len(long):,} rows are longer than the header, which has {width} columns: {listing(long)}"
        problems.add(f"the rows do not fit the header: {what}", "name all columns, or delete what stands beside them")
    columns = {name: [row[i] if i < len(row) else None for row in rows] for i, name in enumerate(header)}
    if id_column is not None and id_column in columns:
        check_id_cells([cell for cell in columns[id_column] if cell is not None], id_column, problems)
    problems.raise_as(DataError)
    kept = {id_column, *texts}
    strange = {name: _suspects(cells) for name, cells in columns.items() if name not in kept}
    frame = pd.DataFrame({name: _column(cells, name in kept) for name, cells in columns.items()})
    warn_of_columns(frame, strange, path)
    return frame


def _suspects(cells: list[Any]) -> list[str]:
    """Texts and numbers that look like spoiled codes."""
    numbers = [str(cell) for cell in cells if type(cell) is int and abs(cell) >= EXACT]
    return numbers + suspects(pd.Series([cell for cell in cells if isinstance(cell, str)], dtype=object))


def _column(cells: list[Any], keep: bool) -> pd.Series:  # noqa: FBT001 - of this module
    if keep:
        return pd.Series([None if cell is None else str(cell) for cell in cells], dtype=object)
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {str}:
        return as_numbers(pd.Series(cells))
    if kinds and kinds <= {int, float}:
        whole = kinds == {int} and None not in cells and max(map(abs, cells)) < 2**63
        return pd.Series(np.array([np.nan if cell is None else cell for cell in cells], np.int64 if whole else float))
    return pd.Series(cells, dtype=object).infer_objects()
