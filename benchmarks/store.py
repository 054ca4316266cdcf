"""Rows on disk: one CSV file per table, one line per finished run, appended at once."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

Row = dict[str, str]

FIELDS = (
    "table", "instance", "n", "k", "method", "seed", "time_limit", "workers", "status", "feasible", "cost",
    "reference", "ratio", "deviation", "connected", "wall_s", "cpu_s", "feasible_s", "peak_mb", "reference_note",
    "second_reference", "versions", "date", "message",
)  # fmt: skip
TRACE = (
    "table", "instance", "method", "seed", "time_limit", "workers", "date", "seconds", "iterations", "cost",
    "violation",
)  # fmt: skip
KEY = ("table", "instance", "method", "seed", "time_limit", "workers")


def text(value: object) -> str:
    """How a value stands in a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def key(row: Row) -> tuple[str, ...]:
    """What tells one run from another; a later row of the same key replaces an earlier one."""
    return tuple(row[name] for name in KEY)


def append(path: Path, fields: tuple[str, ...], rows: Iterable[dict[str, object]]) -> None:
    """Append rows in a single write, so that two runs at once do not mix their lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fields, lineterminator="\n", extrasaction="ignore")
    if not path.exists() or path.stat().st_size == 0:
        writer.writeheader()
    writer.writerows({name: text(row.get(name)) for name in fields} for row in rows)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, buffer.getvalue().encode())
    finally:
        os.close(handle)


def read(path: Path) -> list[Row]:
    """All rows of a file, oldest first; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if None not in row.values()]


def latest(path: Path) -> dict[tuple[str, ...], Row]:
    """The last row of each run."""
    return {key(row): row for row in read(path)}


def traces(path: Path, runs: Iterable[Row]) -> dict[tuple[str, ...], list[Row]]:
    """The trace of each of the runs given, by key; those of runs that were replaced are left out."""
    dates = {key(row): row["date"] for row in runs}
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in read(path):
        if dates.get(key(row)) == row["date"]:
            found.setdefault(key(row), []).append(row)
    return found
