"""Opening tables: CSV, Excel and Parquet."""

import csv
import io
import re
import warnings
from pathlib import Path

import pandas as pd

from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.formats.archives import ArchiveLimits, readable
from territorykit.load.formats.files import PARQUET, check_parquet, need
from territorykit.load.formats.long_ids import check_id_texts, suspects, warn_of_columns
from territorykit.load.formats.numerals import as_numbers
from territorykit.load.formats.texts import read_text
from territorykit.load.formats.workbooks import check_header, read_workbook

__all__ = ["as_numbers", "is_table", "read_table"]

TEXT_FILES = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm")
FOREIGN = (".xls", ".xlsb", ".ods")
"""Tables that are not read; the message says how to save them."""
DELIMITERS = ",;\t|"
REPLACED = "\ufffd"


def is_table(path: Path) -> bool:
    """Whether a file holds a table without geometries, as far as its name says."""
    return path.suffix.lower() in (*TEXT_FILES, *WORKBOOKS, *FOREIGN)


def read_table(
    path: Path,
    *,
    id: str,  # noqa: A002 - as in read_accounts
    sheet: str | None = None,
    encoding: str | None = None,
    limits: ArchiveLimits | None = None,
) -> pd.DataFrame:
    """Read a table whose id column stays text.

    Raises
    ------
    DataError
        If the file cannot be read as it is meant, or a spreadsheet has spoiled the ids.
    BackendError
        If the file needs a package that is not installed.

    Warns
    -----
    TerritoryKitWarning
        Where another column holds codes that a spreadsheet has spoiled.
    """
    suffix = path.suffix.lower()
    if suffix in TEXT_FILES:
        return _read_csv(path, id, encoding)
    if suffix in WORKBOOKS:
        need("openpyxl", path)
        return read_workbook(path, id, sheet, limits)
    if suffix in PARQUET:
        need("pyarrow", path)
        with readable(path, " as Parquet", "write it again"):
            check_parquet(path, limits)
            return pd.read_parquet(path)
    known = ", ".join([*TEXT_FILES, *WORKBOOKS, *PARQUET])
    message = f"{path.name}: files that end in {suffix!r} are not read as tables; save it as one of {known}"
    raise DataError(message)


def _read_csv(path: Path, id_column: str, encoding: str | None) -> pd.DataFrame:
    text = read_text(path, encoding)
    if REPLACED in text:
        message = (
            f"{path.name}: {text.count(REPLACED):,} characters are U+FFFD, which programs write where they could not "
            "read one; what stood there is lost: export the file again"
        )
        warnings.warn(message, TerritoryKitWarning, stacklevel=2)
    delimiter = _delimiter(text)
    try:
        header, rows = _checked_rows(path, text, delimiter)
        frame = _read_texts(text, delimiter)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, csv.Error) as error:
        message = f"{path.name}: the rows do not fit the header ({error}); check delimiters and quotes"
        raise DataError(message) from error
    if len(frame) != rows:
        message = f"{path.name}: {rows:,} rows are there and {len(frame):,} were read; check delimiters and quotes"
        raise DataError(message)
    frame.columns = pd.Index(header)
    problems = Problems(path.name)
    if id_column in frame.columns:
        check_id_texts(frame[id_column].dropna(), id_column, problems)
    problems.raise_as(DataError)
    strange = {column: suspects(frame[column]) for column in frame.columns if column != id_column}
    for column in strange:
        frame[column] = as_numbers(frame[column])
    warn_of_columns(frame, strange, path)
    return frame


def _delimiter(text: str) -> str:
    first = io.StringIO(text, newline="").readline()
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)


def _checked_rows(path: Path, text: str, delimiter: str) -> tuple[list[str], int]:
    """The header, and the number of rows, all of which are as long as it.

    Counted apart from the reader that makes the frame, which fills up rows that are too short.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = [name.lstrip("\ufeff").strip() for name in next(reader, [])]
    check_header(path, header)
    width, rows, wrong = len(header), 0, []
    for row in reader:
        if not row:
            continue
        rows += 1
        if len(row) != width:
            wrong.append(f"line {reader.line_num}: {len(row)}")
    if wrong:
        message = (
            f"{path.name}: the rows do not fit the header, which has {width} columns, but {len(wrong):,} rows have "
            f"others: {listing(wrong)}; check delimiters and quotes"
        )
        raise DataError(message)
    return header, rows


def _read_texts(text: str, delimiter: str) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows that are too long are not cut
        return pd.read_csv(
            io.StringIO(text, newline=""),
            sep=delimiter,
            dtype=str,
            keep_default_na=False,  # NA is Namibia
            na_values=[""],
            index_col=False,
        )
