"""Rows of Fxiaoke's query interface: from Python, from JSON files and from tables."""

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from territorykit._arrays import is_missing
from territorykit.crm.places import with_texts
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.formats.files import existing
from territorykit.load.formats.tables import read_table

Rows: TypeAlias = Sequence[Mapping[str, Any]] | Mapping[str, Any] | pd.DataFrame | str | Path
"""Rows or whole responses of a query, a DataFrame, or the path of a JSON, JSON lines, CSV or Excel file."""
JSON, LINES = (".json",), (".jsonl", ".ndjson")


def open_rows(source: Rows, encoding: str | None, problems: Problems) -> pd.DataFrame:
    """A table of what the source holds, every value as it is there, None where a row has no such field."""
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True)
    if isinstance(source, str | Path):
        path = existing(source)
        if path.suffix.lower() not in (*JSON, *LINES):
            frame = read_table(path, id="_id", encoding=encoding)
            return with_texts(frame, [str(label) for label in frame.columns], path, encoding=encoding)
        content = _parsed(path, encoding or "utf-8-sig")
    else:
        content = source
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, Sequence) or not all(isinstance(item, Mapping) for item in content):
        message = "rows are no list of objects; pass the rows of a query, its responses, or the path of a file"
        raise DataError(message)
    return _table(_unwrapped(content, problems))


def _parsed(path: Path, encoding: str) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        text = path.read_text(encoding=encoding)
        if path.suffix.lower() in LINES:
            return [json.loads(line) for line in text.split("\n") if line.strip()]  # texts may hold other ends of lines
        return json.loads(text)
    except (UnicodeError, LookupError) as error:
        message = f"{path.name}: the texts are not in the encoding {encoding!r} ({error}); name the right one"
        raise DataError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"{path.name}: this is no JSON ({error}); write one object a line in .jsonl, one value in .json"
        raise DataError(message) from error


def _unwrapped(content: Sequence[Mapping[str, Any]], problems: Problems) -> list[Mapping[str, Any]]:
    """The rows of responses; what is a row stays one. A response has "data" or an error code, and no "_id"."""
    rows: list[Mapping[str, Any]] = []
    total, strange = 0, []
    for item in content:
        if "_id" in item or not ({"data", "errorCode"} & item.keys()):
            rows.append(item)
            continue
        data = item.get("data")
        if item.get("errorCode") not in (None, 0, "0"):
            strange.append(f"{item['errorCode']}: {item.get('errorMessage', '')}")
            continue
        lists = (
            [data]
            if isinstance(data, list)
            else [v for v in data.values() if _is_rows(v)]
            if isinstance(data, Mapping)
            else []
        )
        if len(lists) != 1 or not _is_rows(lists[0]):
            strange.append(f"no list of rows, but {sorted(data) if isinstance(data, Mapping) else data!r}")
            continue
        rows += lists[0]
        said = data.get("total") if isinstance(data, Mapping) else None
        total = max(total, said if isinstance(said, int) else 0)
    if strange:
        problems.add(f"{len(strange):,} responses hold no rows: {listing(strange)}", "query them again")
    if total > len(rows):
        message = f"the responses say that there are {total:,} rows, and hold {len(rows):,}: read the other pages too"
        warnings.warn(message, TerritoryKitWarning, stacklevel=4)
    return rows


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)


def _table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    rows = list(rows)
    keys = dict.fromkeys(str(key) for row in rows for key in row)
    columns = {key: pd.Series([_value(row.get(key)) for row in rows], dtype=object) for key in keys}
    return pd.DataFrame(columns, index=range(len(rows)))


def _value(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    return None if is_missing(value) or value == "" else value
