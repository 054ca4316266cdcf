"""How a plan is read in each format: unit, territory and center of each unit, and nothing else."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from territorykit._cells import whole
from territorykit.errors import DataError, Problems, listing
from territorykit.load.formats.archives import ArchiveLimits, readable
from territorykit.load.formats.files import check_parquet, need, read_layer
from territorykit.load.formats.geojson import check_scalars, features_of, read_json
from territorykit.load.formats.texts import read_text
from territorykit.load.formats.workbooks import read_workbook
from territorykit.present.frames import CENTER, TERRITORY, UNIT

_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}


class Labels(NamedTuple):
    """What a file says of each unit."""

    ids: list[Any]
    territories: list[Any]
    centers: list[Any]


def read_labels(file: Path, limits: ArchiveLimits | None = None) -> Labels:
    """Read what a file says of each unit.

    Raises
    ------
    DataError
        If it cannot be read, or has no columns for unit and territory.
    BackendError
        If the file needs a package that is not installed.
    """
    return READERS[file.suffix.lower()](file, limits)


def _read_layer(file: Path, limits: ArchiveLimits | None) -> Labels:
    layered = file.suffix.lower() in (".gpkg", ".zip")
    frame = read_layer(file, "units" if layered else None, texts=(UNIT, TERRITORY), limits=limits)
    if file.suffix.lower() == ".kml" and UNIT in frame:
        frame = frame[frame[UNIT].notna()]  # the others are outlines of territories
    return _from_frame(frame, file)


def _read_parquet(file: Path, limits: ArchiveLimits | None) -> Labels:
    need("pyarrow", file)
    with readable(file, " as a plan", "write it again"):
        check_parquet(file, limits)
        frame = pd.read_parquet(file)
    return _from_frame(frame, file)


def _from_frame(frame: pd.DataFrame, file: Path) -> Labels:
    _check_columns(frame.columns, file)
    flags = frame[CENTER].tolist() if CENTER in frame else [False] * len(frame)
    return Labels(frame[UNIT].tolist(), frame[TERRITORY].tolist(), [_flag(flag) for flag in flags])


def _flag(value: Any) -> bool:  # noqa: ANN401 - whatever the format has
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return bool(not pd.isna(value) and value == 1)


def _read_geojson(file: Path, limits: ArchiveLimits | None) -> Labels:  # noqa: ARG001 - it is no archive
    # The geometries are not looked at.
    features, problems = features_of(read_json(file), file), Problems(file.name)
    check_scalars(features, (UNIT, TERRITORY, CENTER), problems)
    problems.raise_as(DataError)
    rows = [feature.get("properties") or {} for feature in features]
    for column in (UNIT, TERRITORY):
        if not all(column in row for row in rows):
            _check_columns([name for name in (rows[0] if rows else {}) if name != column], file)
    return Labels(
        [row[UNIT] for row in rows], [row[TERRITORY] for row in rows], [row.get(CENTER) is True for row in rows]
    )


def _read_csv(file: Path, limits: ArchiveLimits | None) -> Labels:  # noqa: ARG001 - it is no archive
    lines = csv.DictReader(io.StringIO(read_text(file), newline=""), strict=True)
    with readable(file, " as a plan", "check delimiters and quotes"):
        _check_columns(lines.fieldnames or [], file)
        rows = list(lines)
    short = [f"row {i}" for i, row in enumerate(rows, 1) if None in row or None in row.values()]
    if short:
        message = f"{file.name}: {len(short):,} rows are not as long as the header: {listing(short)}; complete them"
        raise DataError(message)
    flags = [row.get(CENTER, "").strip().lower() for row in rows]
    _check_flags(flags, file)
    ids, names = ([whole(row[column]) for row in rows] for column in (UNIT, TERRITORY))
    return Labels(ids, names, [_FLAGS[flag] for flag in flags])


def _read_xlsx(file: Path, limits: ArchiveLimits | None) -> Labels:
    need("openpyxl", file)
    frame = read_workbook(file, None, "units", limits, (UNIT, TERRITORY))
    _check_columns(frame.columns, file)
    flags = [str(flag).strip().lower() for flag in frame[CENTER].fillna("")] if CENTER in frame else [""] * len(frame)
    _check_flags(flags, file)
    ids, names = (
        [whole(value) if isinstance(value, str) else value for value in frame[column]] for column in (UNIT, TERRITORY)
    )
    return Labels(ids, names, [_FLAGS[flag] for flag in flags])


def _check_flags(flags: list[str], file: Path) -> None:
    strange = sorted(set(flags) - set(_FLAGS))
    if strange:
        message = f"{file.name}: {CENTER!r} holds {listing(strange)}; write true or false"
        raise DataError(message)


def _check_columns(columns: Any, file: Path) -> None:  # noqa: ANN401 - names in any container
    names = list(columns)
    twice = [column for column in (UNIT, TERRITORY, CENTER) if names.count(column) > 1]
    if twice:
        message = f"{file.name}: several columns are called {listing(twice)}; keep one of each"
        raise DataError(message)
    missing = [column for column in (UNIT, TERRITORY) if column not in columns]
    if missing:
        message = f"{file.name}: there is no column {listing(missing)}; it has {listing(list(columns)) or 'none'}"
        raise DataError(message)


READERS: dict[str, Callable[[Path, ArchiveLimits | None], Labels]] = {
    ".gpkg": _read_layer,
    ".geojson": _read_geojson,
    ".parquet": _read_parquet,
    ".csv": _read_csv,
    ".fgb": _read_layer,
    ".shp": _read_layer,
    ".zip": _read_layer,
    ".kml": _read_layer,
    ".xlsx": _read_xlsx,
}
TEXTUAL = (".csv", ".kml", ".xlsx")
"""Formats that give whole numbers back as texts."""
