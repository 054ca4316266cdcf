"""Plans as files, and back again."""

import csv
import json
import re
import warnings
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._cells import harmless, whole
from territorykit._saving import replacing, target
from territorykit.errors import BackendError, DataError, PlanError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.present.accounts import write_accounts
from territorykit.present.frames import CENTER, TERRITORY, UNIT, labelled_units, territories, unit_columns

__all__ = ["read_plan", "write_accounts", "write_plan"]

_COLUMNS = [UNIT, TERRITORY, CENTER]
_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}
_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)


class _Labels(NamedTuple):
    """What a file says of each unit."""

    ids: list[Any]
    territories: list[Any]
    centers: list[Any]


def write_plan(plan: Plan, areas: gpd.GeoDataFrame | None, path: str | PathLike[str]) -> None:
    """Write a plan for maps, for spreadsheets, and for `read_plan`.

    The suffix says how: ``.gpkg`` holds the layers "territories" (dissolved, with sizes and deviations) and
    "units" (with their territory and the areas' own columns); ``.geojson`` (in WGS 84, as the format wants)
    and ``.parquet`` hold the units, and a second file ``<name>_territories`` beside it the territories;
    ``.csv`` holds unit, territory and center, without geometries.

    An existing file is replaced, in one step and only when the new one is complete and says the same when it
    is read again. In a CSV, texts that a spreadsheet would take for a formula get an apostrophe in front,
    which `read_plan` takes away.

    Parameters
    ----------
    plan
        The plan to write.
    areas
        GeoDataFrame indexed by unit id; None for a CSV.
    path
        The file.

    Raises
    ------
    DataError
        If the suffix is unknown, the folder is not there, ids do not match, or the format cannot hold the
        ids, names or columns.
    BackendError
        If a package for the format is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> plan = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tk.write_plan(plan, None, f"{folder}/plan.csv")
    ...     tk.read_plan(f"{folder}/plan.csv", plan.problem) == plan
    True
    """
    file = target(path, _WRITERS)
    if areas is None and file.suffix.lower() != ".csv":
        message = f"{file.name}: areas are None, and only .csv does without; pass the areas, or write a .csv"
        raise DataError(message)
    beside = file.with_name(f"{file.stem}_territories{file.suffix}")
    files = [beside, file] if file.suffix.lower() in (".geojson", ".parquet") else [file]
    with replacing(*files) as drafts:
        _WRITERS[file.suffix.lower()](plan, areas, *drafts)
        _check_same(plan, drafts[-1], file)


def read_plan(path: str | PathLike[str], problem: Problem) -> Plan:
    """Read a plan that `write_plan` wrote.

    Parameters
    ----------
    path
        The file: ``.gpkg``, ``.geojson``, ``.parquet`` or ``.csv`` with the columns unit, territory and,
        if there are centers, is_center. Other columns are left aside.
    problem
        The problem that the plan answers. Where it names no territories, the names are taken from the file,
        sorted.

    Returns
    -------
    Plan
        The plan, with territory names and centers.

    Raises
    ------
    DataError
        If the file is not there, cannot be read or lacks a column.
    PlanError
        If its units or territories are not those of the problem, or a territory has several centers.
    BackendError
        If a package for the format is not installed.

    Examples
    --------
    See `write_plan`.
    """
    file = Path(path)
    if not file.is_file():
        message = f"there is no file {str(file)!r}; check the path"
        raise DataError(message)
    if file.suffix.lower() not in _READERS:
        message = f"{file.name!r} ends in {file.suffix!r}; a plan is read from {', '.join(_READERS)}"
        raise DataError(message)
    labels = _read(file)
    ids = labels.ids
    if isinstance(problem.graph.ids[0], int):
        ids = [int(i) if isinstance(i, str) and _WHOLE_NUMBER.fullmatch(i) else i for i in ids]
    series = pd.Series(labels.territories, index=pd.Index(ids, dtype=object), dtype=object)
    plan = Plan.from_labels(problem, series)
    return _with_centers(plan, [i for i, flag in zip(ids, labels.centers, strict=True) if flag], file)


def _with_centers(plan: Plan, ids: list[Any], file: Path) -> Plan:
    if not ids:
        return plan
    at = plan.problem.graph.positions(ids)
    homes = plan.labels[at]
    counts = np.bincount(homes, minlength=plan.problem.n_territories)
    problems = Problems(file.name)
    for wrong, what in ((counts == 0, "no center"), (counts > 1, "several centers")):
        if wrong.any():
            names = listing([plan.problem.names[t] for t in np.flatnonzero(wrong)])
            problems.add(f"territories with {what}: {names}", f"mark one unit of each in {CENTER!r}, or none at all")
    problems.raise_as(PlanError)
    centers = np.empty(plan.problem.n_territories, np.int64)
    centers[homes] = at
    return Plan(plan.problem, plan.labels, centers)


def _check_same(plan: Plan, draft: Path, file: Path) -> None:
    """A file that says something else than the plan is not a file of the plan."""
    wanted, found = unit_columns(plan), _read(draft)
    ids = [str(i) for i in wanted[UNIT]] if file.suffix.lower() == ".csv" else wanted[UNIT].tolist()
    same = found.ids == ids and found.territories == wanted[TERRITORY].tolist()
    if not same or [bool(flag) for flag in found.centers] != wanted[CENTER].tolist():
        message = (
            f"{file.name}: the format does not keep these ids or territory names as they are; nothing was written, "
            "rename them or try another format"
        )
        raise DataError(message)


def _write_gpkg(plan: Plan, areas: gpd.GeoDataFrame, draft: Path) -> None:
    for layer, frame in (("territories", territories(plan, areas)), ("units", labelled_units(plan, areas))):
        _to_gdal(_distinct(frame), draft, driver="GPKG", layer=layer)


def _write_geojson(plan: Plan, areas: gpd.GeoDataFrame, beside: Path, draft: Path) -> None:
    for file, layer, frame in (
        (beside, "territories", territories(plan, areas)),
        (draft, "units", labelled_units(plan, areas)),
    ):
        globe = frame if frame.crs is None else frame.to_crs(4326)
        _to_gdal(globe, file, driver="GeoJSON", layer=layer, COORDINATE_PRECISION=7)


def _to_gdal(frame: gpd.GeoDataFrame, draft: Path, **options: Any) -> None:  # noqa: ANN401 - of the format
    plain = frame.copy()
    for column in plain.columns.difference([plain.geometry.name]):
        if plain[column].dtype == object or isinstance(plain[column].dtype, pd.CategoricalDtype | pd.PeriodDtype):
            plain[column] = plain[column].map(str, na_action="ignore").astype(object)
    with warnings.catch_warnings():
        # Areas without a coordinate system stay without one.
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        plain.to_file(draft, engine="pyogrio", mode="a" if draft.exists() else "w", **options)


def _distinct(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns that differ when case does not count and that are not the format's own."""
    seen, names = {"fid", "geom"}, []
    for column in map(str, frame.columns):
        name = column
        while name.lower() in seen:
            name = f"{name}_2"
        seen.add(name.lower())
        names.append(name)
    geometry = names[list(frame.columns).index(frame.geometry.name)]
    return frame.set_axis(names, axis=1).set_geometry(geometry)


def _write_parquet(plan: Plan, areas: gpd.GeoDataFrame, beside: Path, draft: Path) -> None:
    territories(plan, areas).to_parquet(beside, index=False)
    labelled_units(plan, areas).to_parquet(draft, index=False)


def _write_csv(plan: Plan, areas: gpd.GeoDataFrame | None, draft: Path) -> None:  # noqa: ARG001 - not needed here
    # The mark at the start tells spreadsheets that the file is UTF-8.
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for unit, territory, center in unit_columns(plan).itertuples(index=False):
            writer.writerow([harmless(unit), harmless(territory), "true" if center else "false"])


def _read(file: Path) -> _Labels:
    try:
        return _READERS[file.suffix.lower()](file)
    except ImportError as error:
        message = f'{file.name} needs a package that is not installed: pip install "territorykit[files]"'
        raise BackendError(message) from error
    except (OSError, ValueError, RuntimeError, csv.Error) as error:
        if isinstance(error, DataError):
            raise
        message = f"{file.name} cannot be read as a plan: {error}"
        raise DataError(message) from error


def _read_gpkg(file: Path) -> _Labels:
    return _from_frame(gpd.read_file(file, layer="units", engine="pyogrio", ignore_geometry=True), file)


def _read_parquet(file: Path) -> _Labels:
    return _from_frame(pd.read_parquet(file), file)


def _from_frame(frame: pd.DataFrame, file: Path) -> _Labels:
    _check_columns(frame.columns, file)
    flags = frame[CENTER] if CENTER in frame else pd.Series(data=False, index=frame.index)
    return _Labels(frame[UNIT].tolist(), frame[TERRITORY].tolist(), flags.eq(1).to_numpy(bool, na_value=False).tolist())


def _read_geojson(file: Path) -> _Labels:
    # Not through GDAL: it would take names that look like dates for dates.
    content = json.loads(file.read_text(encoding="utf-8-sig"))
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        message = f"{file.name}: there are no features; pass a GeoJSON file of units"
        raise DataError(message)
    rows = [feature.get("properties") or {} for feature in features]
    for column in (UNIT, TERRITORY):
        if not all(column in row for row in rows):
            _check_columns([name for name in (rows[0] if rows else {}) if name != column], file)
    return _Labels(
        [row[UNIT] for row in rows], [row[TERRITORY] for row in rows], [row.get(CENTER) is True for row in rows]
    )


def _read_csv(file: Path) -> _Labels:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, strict=True)
        _check_columns(reader.fieldnames or [], file)
        rows = list(reader)
    flags = [str(row.get(CENTER) or "").strip().lower() for row in rows]
    strange = sorted(set(flags) - set(_FLAGS))
    if strange:
        message = f"{file.name}: {CENTER!r} holds {listing(strange)}; write true or false"
        raise DataError(message)
    ids, names = ([whole(row[column] or "") for row in rows] for column in (UNIT, TERRITORY))
    return _Labels(ids, names, [_FLAGS[flag] for flag in flags])


def _check_columns(columns: Any, file: Path) -> None:  # noqa: ANN401 - names in any container
    missing = [column for column in (UNIT, TERRITORY) if column not in columns]
    if missing:
        message = f"{file.name}: there is no column {listing(missing)}; it has {listing(list(columns)) or 'none'}"
        raise DataError(message)


_WRITERS: dict[str, Callable[..., None]] = {
    ".gpkg": _write_gpkg,
    ".geojson": _write_geojson,
    ".parquet": _write_parquet,
    ".csv": _write_csv,
}
_READERS: dict[str, Callable[[Path], _Labels]] = {
    ".gpkg": _read_gpkg,
    ".geojson": _read_geojson,
    ".parquet": _read_parquet,
    ".csv": _read_csv,
}
