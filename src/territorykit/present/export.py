"""Plans as files, and back again."""

import re
from os import PathLike
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._saving import replacing, target
from territorykit.errors import DataError, PlanError, Problems, listing
from territorykit.load.formats.archives import ArchiveLimits
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.present.accounts import write_accounts
from territorykit.present.frames import CENTER, TERRITORY, UNIT, unit_columns
from territorykit.present.plan_readers import READERS, TEXTUAL, read_labels
from territorykit.present.plan_writers import FORMATS

__all__ = ["read_plan", "write_accounts", "write_plan"]

_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)


def write_plan(plan: Plan, areas: gpd.GeoDataFrame | None, path: str | PathLike[str]) -> None:
    """Write a plan for maps, for spreadsheets, and for `read_plan`.

    The suffix says how:

    - ``.gpkg`` holds the layers "territories" (dissolved, with sizes and deviations) and "units" (with their
      territory and the areas' own columns);
    - ``.geojson`` (in WGS 84, as the format wants), ``.parquet``, ``.fgb`` (FlatGeobuf) and ``.shp`` hold the
      units, and a second file ``<name>_territories`` beside it the territories;
    - ``.zip`` is an archive with the shapefiles "territories" and "units";
    - ``.kml`` (in WGS 84) has a folder for each territory, with its outline and its units, in its color;
    - ``.xlsx`` has the sheets "units" (with their activities) and "territories", without geometries;
    - ``.csv`` holds unit, territory and center, without geometries.

    An existing file is replaced, in one step and only when the new one is complete and says the same when it
    is read again. In .csv and .xlsx, texts that a spreadsheet would take for a formula get an apostrophe in
    front, which `read_plan` takes away.

    Parameters
    ----------
    plan
        The plan to write.
    areas
        GeoDataFrame indexed by unit id; None for .csv and .xlsx.
    path
        The file.

    Raises
    ------
    DataError
        If the suffix is unknown, the folder is not there, ids do not match, the format cannot hold the ids,
        names or columns, or it needs a coordinate system and the areas state none.
    BackendError
        If a package for the format is not installed.

    Warns
    -----
    TerritoryKitWarning
        Where names of columns are cut to the ten bytes of a shapefile: which name became which; where a
        shapefile is without the ids of accounts that `add_accounts` put into the areas.

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
    file = target(path, FORMATS)
    form = FORMATS[file.suffix.lower()]
    if areas is None and form.needs_areas:
        without = " and ".join(suffix for suffix, other in FORMATS.items() if not other.needs_areas)
        message = f"{file.name}: areas are None, and only {without} do without; pass the areas, or write a .csv"
        raise DataError(message)
    with replacing(*form.files(file)) as drafts:
        form.write(plan, areas, *drafts)
        _check_same(plan, drafts[-1], file)


def read_plan(path: str | PathLike[str], problem: Problem, *, limits: ArchiveLimits | None = None) -> Plan:
    """Read a plan that `write_plan` wrote.

    Parameters
    ----------
    path
        The file, in any of the formats of `write_plan`, with the columns unit, territory and, if there are
        centers, is_center. Other columns are left aside.
    problem
        The problem that the plan answers. Where it names no territories, the names are taken from the file,
        sorted.
    limits
        How much a .zip or .xlsx may hold once it is unpacked; None for the usual limits of `ArchiveLimits`.

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
    if not isinstance(path, str | PathLike):
        message = f"path is a {type(path).__name__}; pass the path of a file"
        raise DataError(message)
    file = Path(path)
    if not file.is_file():
        message = f"there is no file {str(file)!r}; check the path"
        raise DataError(message)
    if file.suffix.lower() not in READERS:
        message = f"{file.name!r} ends in {file.suffix!r}; a plan is read from {', '.join(READERS)}"
        raise DataError(message)
    labels = read_labels(file, limits)
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
    wanted, found = unit_columns(plan), read_labels(draft)
    textual = file.suffix.lower() in TEXTUAL
    ids = [str(i) for i in wanted[UNIT]] if textual else wanted[UNIT].tolist()
    rows = list(zip(found.ids, found.territories, map(bool, found.centers), strict=True))
    expected = list(zip(ids, wanted[TERRITORY], wanted[CENTER], strict=True))
    if file.suffix.lower() == ".kml":  # by territory
        rows, expected = sorted(rows, key=repr), sorted(expected, key=repr)
    if rows != expected:
        message = (
            f"{file.name}: the format does not keep these ids or territory names as they are; nothing was written, "
            "rename them or try another format"
        )
        raise DataError(message)
