"""Opening tables: CSV, Excel and Parquet."""

import csv
import re
import warnings
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from territorykit.errors import DataError, Problems, listing
from territorykit.load.files import PARQUET, need

TEXT_FILES = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm")
FOREIGN = (".xls", ".xlsb", ".ods")
"""Tables that are not read; the message says how to save them."""
DELIMITERS = ",;\t|"
NUMBER = r"\s*-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]\d+)?\s*"
"""A plain number. 007 and 12E3 are codes, and 1,5 or 1.234,5 are written in a way that is not guessed."""
LONG = r"\s*-?\d{16,}\s*"
"""Whole numbers that a float cannot hold are codes too."""


def is_table(path: Path) -> bool:
    """Whether a file holds a table without geometries, as far as its name says."""
    return path.suffix.lower() in (*TEXT_FILES, *WORKBOOKS, *FOREIGN)


def read_table(
    path: Path,
    *,
    id: str,  # noqa: A002 - as in read_accounts
    sheet: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Read a table whose id column stays text.

    Raises
    ------
    DataError
        If the file cannot be read as it is meant.
    BackendError
        If the file needs a package that is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in TEXT_FILES:
        return _read_csv(path, id, encoding or "utf-8-sig")
    if suffix in WORKBOOKS:
        return _read_excel(path, id, sheet)
    if suffix in PARQUET:
        need("pyarrow", path)
        return pd.read_parquet(path)
    known = ", ".join([*TEXT_FILES, *WORKBOOKS, *PARQUET])
    message = f"{path.name}: files that end in {suffix!r} are not read as tables; save it as one of {known}"
    raise DataError(message)


def _read_csv(path: Path, id_column: str, encoding: str) -> pd.DataFrame:
    try:
        delimiter, header = _header(path, encoding)
        _check_header(path, header)
        frame = _read_texts(path, encoding, delimiter)
    except (UnicodeError, LookupError) as error:
        message = (
            f"{path.name}: the texts are not in the encoding {encoding!r} ({error}); name the right one, "
            "such as encoding='cp1252' (Western Windows), 'gb18030' (Chinese) or 'utf-16'"
        )
        raise DataError(message) from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, csv.Error) as error:
        message = f"{path.name}: the rows do not fit the header ({error}); check delimiters and quotes"
        raise DataError(message) from error
    frame.columns = pd.Index(header)
    for column in frame.columns:
        if column != id_column:
            frame[column] = as_numbers(frame[column])
    return frame


def _header(path: Path, encoding: str) -> tuple[str, list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline()
        bare = re.sub(r'"[^"]*"', "", first)
        delimiter = max(DELIMITERS, key=bare.count)
        file.seek(0)
        header = next(csv.reader(file, delimiter=delimiter), [])
    return delimiter, [name.lstrip("\ufeff").strip() for name in header]


def _read_texts(path: Path, encoding: str, delimiter: str) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows that are too long are not cut
        return pd.read_csv(
            path,
            sep=delimiter,
            encoding=encoding,
            dtype=str,
            keep_default_na=False,  # NA is Namibia
            na_values=[""],
            index_col=False,
        )


def _check_header(path: Path, header: list[str]) -> None:
    problems = Problems(path.name)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        problems.add(f"columns share the name {listing(twice)}", "give each its own name")
    if not all(header) or not header:
        problems.add("columns have no name", "name every column in the first row")
    problems.raise_as(DataError)


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


def _read_excel(path: Path, id_column: str, sheet: str | None) -> pd.DataFrame:
    need("openpyxl", path)
    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            sheets = [str(name) for name in book.sheet_names]
            if sheet is None and len(sheets) > 1:
                message = (
                    f"{path.name}: the workbook has {len(sheets)} sheets ({listing(sheets)}); name one with sheet="
                )
                raise DataError(message)
            if sheet is not None and sheet not in sheets:
                message = f"{path.name}: there is no sheet {sheet!r}; the workbook has {listing(sheets)}"
                raise DataError(message)
            header = pd.read_excel(book, sheet or sheets[0], header=None, nrows=1, dtype=str, keep_default_na=False)
            frame = pd.read_excel(
                book, sheet or sheets[0], dtype={id_column: str}, keep_default_na=False, na_values=[""]
            )
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        message = f"{path.name}: cannot be read as a workbook ({error}); save it as .xlsx again"
        raise DataError(message) from error
    _check_header(path, [str(name).strip() for name in header.to_numpy().ravel()])
    frame.columns = frame.columns.astype(str)
    return frame
