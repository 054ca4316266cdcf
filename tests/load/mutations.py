"""Changed copies of real files, and what must hold whatever a reader makes of them."""

import csv
import io
import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

import territorykit as tk

NASTY = [
    "", "NA", "-", "1e999", "\uff11\uff12", "NaN", "nan", "inf", "-inf", "x" * 200_000, "=1+1", "@SUM(A1)", "1,234.50",
    "1.5",
    "1.23457E+17", "110101199003070000", "0012", " 1 ", "\t", "a\nb", 'say "x"', "<script>alert(1)</script>", "null",
    "None", "true", "2020-01-01", "999999999999999999999999", "1_000", "0x10", "١٢", "\u200b", "-0", "1e-400", "北京",
    "\ufffd", "12.0",
    "'", '"', ",", ";", "\x0b", "\x1c", "\u2028", "é", "\U0001f600", "#N/A",
]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030", "cp1252", "latin-1", "shift_jis"]
PLAIN = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
CELL = 32_000
NUMERIC = re.compile(r"(?!-0\Z)-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{0,4}[1-9])?", re.ASCII)
SMALL = st.integers(0, 10_000)


def outcome(read, *arguments):
    """The frame, or None where the reader refused on purpose; no other error and no other warning gets out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", tk.TerritoryKitWarning)
        try:
            return read(*arguments)
        except tk.TerritoryKitError as error:
            length = len(str(error))
    assert length < 20_000, "a message is no dump"
    return None


# Tables


@dataclass(frozen=True)
class TableCase:
    """A table, and the reader that takes it from a path.

    `places` takes a row by column names and gives the texts of longitude and latitude. `make_id` says what the
    reader makes of an id, `strips` whether blanks at the ends of texts may go, and `changed` which columns it turns
    into something else.
    """

    name: str
    rows: list[list[str]]
    read: Any
    id: str
    places: Any
    make_id: Any = str
    strips: bool = False
    changed: tuple[str, ...] = ()
    suffix: str = ".csv"


table_changes = st.lists(
    st.tuples(
        st.sampled_from([
            "set", "set", "set", "delete row", "repeat row", "swap rows", "swap cells", "delete cell", "insert cell",
            "delete column", "repeat column", "rename column", "blank row", "copy cell",
        ]),
        SMALL, SMALL, SMALL, SMALL, st.sampled_from(NASTY),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


def changed_table(rows, changes):
    rows = [list(row) for row in rows]
    for kind, i, j, k, m, value in changes:
        if not rows:
            break
        r, s = i % len(rows), k % len(rows)
        c = j % max(len(rows[r]), 1)
        if kind == "delete row":
            del rows[r]
        elif kind == "repeat row":
            rows.insert(s, list(rows[r]))
        elif kind == "blank row":
            rows.insert(r, [])
        elif kind == "swap rows":
            rows[r], rows[s] = rows[s], rows[r]
        elif kind == "insert cell":
            rows[r].insert(c, value)
        elif kind.endswith("column"):
            _change_column(rows, kind, c, value)
        elif rows[r]:
            _change_cell(rows, kind, (r, c), (s, m % max(len(rows[s]), 1)), value)
    return rows


def _change_cell(rows, kind, here, there, value):
    (r, c), (s, d) = here, there
    if kind == "set":
        rows[r][c] = value
    elif kind == "delete cell":
        del rows[r][c]
    elif rows[s] and kind == "copy cell":
        rows[r][c] = rows[s][d]
    elif rows[s]:
        rows[r][c], rows[s][d] = rows[s][d], rows[r][c]


def _change_column(rows, kind, c, value):
    for n, row in enumerate(rows):
        if c >= len(row):
            continue
        if kind == "delete column":
            del row[c]
        elif kind == "repeat column":
            row.insert(c, row[c])
        elif n == 0:
            row[c] = value


def as_csv(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def records(text):
    """Rows of a CSV by RFC 4180, read by hand: the referee shares no code with the reader."""
    rows, row, cell, quoted, at = [], [], "", False, 0
    while at < len(text):
        sign = text[at]
        if quoted:
            if sign == '"' and text[at + 1 : at + 2] == '"':
                cell += '"'
                at += 1
            elif sign == '"':
                quoted = False
            else:
                end = text.find('"', at)
                end = len(text) if end < 0 else end
                cell += text[at:end]
                at = end - 1
        elif sign == '"' and not cell:
            quoted = True
        elif sign == ",":
            row.append(cell)
            cell = ""
        elif sign in "\r\n":
            if sign == "\r" and text[at + 1 : at + 2] == "\n":
                at += 1
            rows.append([*row, cell])
            row, cell = [], ""
        else:
            cell += sign
        at += 1
    if row or cell:
        rows.append([*row, cell])
    return [row for row in rows if row != [""]]


def check_table(case, frame, rows):
    """The frame holds the rows, all of them, cell by cell."""
    header = [name.lstrip("\ufeff").strip() for name in rows[0]]
    body = rows[1:]
    assert len(frame) == len(body), "rows in and rows out"
    at = header.index(case.id)
    assert frame.index.tolist() == [case.make_id(row[at]) for row in body]
    columns = {name: [row[c] for row in body] for c, name in enumerate(header)}
    for name, texts in columns.items():
        if name in frame.columns and name not in case.changed:
            for text, value in zip(texts, frame[name].tolist(), strict=True):
                assert same(text, value) or (case.strips and same(text.strip(), value)), (name, text, value)
    for row, point in zip(body, frame.geometry, strict=True):
        lon, lat = case.places(dict(zip(header, row, strict=True)))
        assert PLAIN.fullmatch(lon), lon
        assert PLAIN.fullmatch(lat), lat
        assert (point.x, point.y) == (float(lon), float(lat))


def same(text, value):
    if text == "":
        return value is None or value != value  # noqa: PLR0124 - missing
    if isinstance(value, str):
        return value == text
    return bool(PLAIN.fullmatch(text)) and float(text) == value


def as_workbook(rows, path):
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook()
    for r, row in enumerate(rows, 1):
        for c, text in enumerate(row, 1):
            cell = book.active.cell(r, c)
            if NUMERIC.fullmatch(text) and r > 1:
                cell.value = float(text) if "." in text else int(text)
            else:
                cell.value = ILLEGAL.sub("", text)[:CELL] or None
                cell.data_type = "s" if cell.value is not None else "n"
    book.save(path)


# JSON


JUNK = [
    None, True, False, 0, -1, 1e308, 12345678901234567890, "", "NA", "-", "\uff11\uff12", "48001", 48001, "x" * 200_000,
    "=1+1", [], {}, [[]], [None], [1, 2], ["1", "2"], {"type": "Point"}, {"type": "Polygon", "coordinates": []},
    "2020-01-01", {"type": "GeometryCollection", "geometries": []}, [[0, 0], [1, 1], [1, 0], [0, 0]],
    0.1, "\u2028", "\ud800",
]  # fmt: skip
json_changes = st.lists(
    st.tuples(
        st.sampled_from(["set", "set", "delete", "repeat", "swap", "rename", "wrap", "unwrap", "cut", "move"]),
        st.lists(SMALL, min_size=1, max_size=9),
        SMALL,
        st.sampled_from(JUNK),
    ),
    min_size=1,
    max_size=3,
)


def changed_json(content, changes):
    box = [json.loads(json.dumps(content))]
    for kind, route, other, value in changes:
        parent, key = _find(box, route)
        children = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        twin = children[other % len(children)]
        child = parent[key]
        if kind == "set":
            parent[key] = json.loads(json.dumps(value))
        elif kind == "wrap":
            parent[key] = [child]
        elif kind == "unwrap" and isinstance(child, list | dict) and child:
            parent[key] = next(iter(child.values() if isinstance(child, dict) else child))
        elif kind == "cut" and isinstance(child, list | str):
            parent[key] = child[: other % (len(child) + 1)]
        elif kind == "swap":
            parent[key], parent[twin] = parent[twin], child
        elif parent is not box:
            _reshape(kind, parent, key, str(value)[:20])
    return box[0]


def _reshape(kind, parent, key, name):
    if kind == "delete":
        del parent[key]
    elif kind == "repeat" and isinstance(parent, list):
        parent.insert(key, parent[key])
    elif kind in ("rename", "move") and isinstance(parent, dict):
        parent[name] = parent.pop(key)


def _find(box, route):
    """A place in the tree; deep routes end where the tree does."""
    parent, key = box, 0
    for step in route:
        child = parent[key]
        if not isinstance(child, list | dict) or not child:
            break
        parent, key = child, (list(child) if isinstance(child, dict) else range(len(child)))[step % len(child)]
    return parent, key


def check_geojson(frame, content, column):
    features = content["features"] if content["type"] == "FeatureCollection" else [content]
    assert len(frame) == len(features), "rows in and rows out"
    rows = [feature.get("properties") or {} for feature in features]
    assert frame.index.tolist() == [
        row.get(column, feature.get(column)) for row, feature in zip(rows, features, strict=True)
    ]
    for name in {name for row in rows for name in row} & set(frame.columns):
        for row, value in zip(rows, frame[name].tolist(), strict=True):
            assert equal(row.get(name), value), (name, row.get(name), value)
    for feature, shape in zip(features, frame.geometry, strict=True):
        wanted = shapely.force_2d(shapely.geometry.shape(feature["geometry"]))
        assert shapely.equals_exact(wanted, shape), feature["geometry"]


def equal(wanted, value):
    if wanted is None or (isinstance(wanted, float) and np.isnan(wanted)):
        return bool(pd.isna(value))
    if isinstance(wanted, list | dict):
        return json.loads(value) == wanted
    return value == wanted and isinstance(wanted, str) == isinstance(value, str)


# Bytes


byte_changes = st.lists(
    st.tuples(st.sampled_from(["flip", "cut", "insert", "repeat", "zero"]), st.integers(0, 2**31), st.integers(0, 255)),
    min_size=1,
    max_size=4,
)


def changed_bytes(content, changes):
    data = bytearray(content)
    for kind, place, value in changes:
        at = place % (len(data) + 1)
        if kind == "flip" and at < len(data):
            data[at] ^= value or 1
        elif kind == "cut":
            del data[at : at + 1 + value]
        elif kind == "insert":
            data[at:at] = bytes([value])
        elif kind == "repeat":
            data[at:at] = data[at : at + value]
        elif kind == "zero":
            data[at : at + value] = bytes(len(data[at : at + value]))
    return bytes(data)


def real_rows(most=8):
    text = tk.datasets.path("texas_accounts.csv").read_text("utf-8")
    return records(text)[: most + 1]


def real_features(most=5):
    content = json.loads(Path(tk.datasets.path("texas_counties.geojson")).read_text("utf-8"))
    return {"type": content["type"], "features": content["features"][:most]}
