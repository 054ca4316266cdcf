"""Mending maps of areas: each change on record."""

from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Ints, Objects, is_missing, objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load.borders import rims
from territorykit.load.cleaning import merged, without_gaps, without_overlaps
from territorykit.load.faults.coverage import HALF
from territorykit.load.faults.gaps import drawing_width, find_gaps
from territorykit.load.faults.ground import ground_area
from territorykit.load.faults.opening import open_areas
from territorykit.load.faults.shapes import polygonal, same_ground
from territorykit.load.gap_shares import shared_out
from territorykit.load.inputs import MULTIPOLYGON, POLYGON, Crs, check_frame, is_number, plain_ids
from territorykit.load.overlaps import Overlaps, find_overlaps, misfits
from territorykit.load.projection import WORLD

CHANGE_COLUMNS = ["change", "units", "value", "measure", "what"]


def repair_areas(
    source: str | Path | gpd.GeoDataFrame,
    *,
    id: str | None = None,  # noqa: A002 - the column's role, as a caller says it
    crs: Crs | None = None,
    gap_width: float | None = None,
    missing: Literal["error", "drop"] = "error",
    duplicates: Literal["error", "dissolve"] = "error",
    layer: str | None = None,
    encoding: str | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Mend a map of areas, and say what was changed.

    Invalid polygons are made valid: rings that cross themselves keep the ground that they go around, lines and
    points fall away. Overlaps, which separately simplified borders make by the thousand, go to the area with
    the longer border on them; narrow gaps go to the area with the longer border, or are shared out where they run
    on between three or more areas; borders get the same
    corners on both sides. Areas beside which nothing is wrong stay as they are, to the last digit.

    What only people can decide is left as it is, and on record: areas with more than half of the smaller in
    common, gaps wider than `gap_width`, islands (`unit_graph` bridges them).

    Parameters
    ----------
    source
        What `read_areas` reads: a file, or a GeoDataFrame, which is not changed.
    id
        Column with the ids; without it, the index of the frame.
    crs
        Coordinate system, where the source states none.
    gap_width
        Metres: gaps in which no wider circle fits are closed. Without it, 1 % of the side of a square as large
        as the median area: an inaccuracy of drawing.
    missing
        What to do with rows without any ground. "error": refuse. "drop": leave them out, on record.
    duplicates
        What to do with rows that share an id. "error": refuse. "dissolve": join them to one area, where
        their other columns are equal.
    layer, encoding
        As for `read_areas`.

    Returns
    -------
    areas : GeoDataFrame
        Indexed by id, as `read_areas` makes it.
    changes : DataFrame
        One row per change: ``change`` ("made valid", "dissolved", "dropped", "overlap", "gap", "corners",
        "left"), ``units`` (a tuple of ids, the one that received ground first), ``value`` and ``measure``
        (how much ground it is about), and ``what``.

    Raises
    ------
    DataError
        With all problems at once: what cannot be mended, such as missing ids and coordinates out of range, and
        settings that are wrong.

    Examples
    --------
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(
    ...     {"code": ["a", "b"]}, geometry=[box(0, 0, 2010, 1000), box(2000, 0, 3000, 1000)], crs=32632
    ... )
    >>> areas, changes = repair_areas(frame, id="code")
    >>> changes[["change", "units", "value"]].values.tolist()
    [['overlap', ('a', 'b'), 10000.0]]
    >>> areas.area.tolist()
    [2010000.0, 990000.0]
    """
    _check_settings(gap_width, missing, duplicates)
    frame, subject = open_areas(source, id, crs, layer, encoding)
    changes = _Changes()
    frame = _dissolved(frame, duplicates, subject, changes)
    frame = _made_valid(frame, missing, changes)
    problems = Problems(subject)
    check_frame(frame, (POLYGON, MULTIPOLYGON), problems)
    problems.raise_as(DataError)
    shapes = np.asarray(frame.geometry.values, object)
    repaired = _fitted(shapes, plain_ids(frame.index), frame.crs, gap_width, changes)
    return frame.set_geometry(gpd.GeoSeries(repaired, index=frame.index, crs=frame.crs)), changes.frame()


class _Changes:
    """Changes gathered into a table."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def add(self, change: str, units: Any, what: str, value: float = np.nan, measure: str = "m2") -> None:  # noqa: ANN401
        self._rows.append((change, tuple(units), float(value), measure, what))

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self._rows, columns=CHANGE_COLUMNS)


def _check_settings(gap_width: object, missing: str, duplicates: str) -> None:
    problems = Problems("repair_areas")
    if gap_width is not None and not (is_number(gap_width) and gap_width >= 0):  # type: ignore[operator]
        problems.add(f"gap_width is {gap_width!r}", "pass metres, from 0")
    if missing not in ("error", "drop"):
        problems.add(f"missing is {missing!r}", "pass 'error' or 'drop'")
    if duplicates not in ("error", "dissolve"):
        problems.add(f"duplicates is {duplicates!r}", "pass 'error' or 'dissolve'")
    problems.raise_as(DataError)


def _dissolved(frame: gpd.GeoDataFrame, policy: str, subject: str, changes: _Changes) -> gpd.GeoDataFrame:
    """One row per id; rows without an id are left to the checks."""
    ids = plain_ids(frame.index)
    known = np.array([not is_missing(unit) for unit in ids], bool)
    again = pd.Series(ids).duplicated(keep=False).to_numpy() & known
    if policy == "error" or not again.any():
        return frame
    rows_of = pd.Series(np.flatnonzero(again)).groupby(ids[again], sort=False).indices
    groups = {unit: np.flatnonzero(again)[rows] for unit, rows in rows_of.items()}
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    differing = [unit for unit, rows in groups.items() if _differ(table.iloc[rows])]
    if differing:
        message = (
            f"{subject}: {len(differing):,} ids are shared by rows whose columns differ: {listing(differing)}; "
            "which figures hold for the joined area is not guessed: add them up or drop rows first"
        )
        raise DataError(message)
    shapes = np.array(frame.geometry.values, object)
    drop = np.zeros(len(frame), bool)
    for unit, rows in groups.items():
        parts = polygonal(shapes[rows])
        parts = parts[~shapely.is_missing(parts)]
        if len(parts):
            shapes[rows[0]] = merged(parts)
        drop[rows[1:]] = True
        changes.add("dissolved", (unit,), f"{len(rows)} rows joined to one", len(rows), "rows")
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)).loc[~drop]


def _differ(rows: pd.DataFrame) -> bool:
    columns = [objects(rows.iloc[:, k]) for k in range(rows.shape[1])]
    return any(not _equal(entry, column[0]) for column in columns for entry in column[1:])


def _equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - whatever a column holds
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def _made_valid(frame: gpd.GeoDataFrame, missing: str, changes: _Changes) -> gpd.GeoDataFrame:
    """Valid polygons; rows without any ground are dropped if the caller says so."""
    shapes, ids = np.asarray(frame.geometry.values, object), plain_ids(frame.index)
    usable = polygonal(shapes)
    void = shapely.is_missing(usable)
    mended = np.flatnonzero(~void & (usable != shapes))
    before, after = (ground_area(part[mended], frame.crs) for part in (shapes, usable))
    reasons = shapely.is_valid_reason(shapes[mended])
    for i, was, is_now, reason in zip(mended.tolist(), before, after, reasons, strict=True):
        what = reason.partition("[")[0]
        if what == "Valid Geometry":
            what = f"only the polygons of a {shapes[i].geom_type} stay"
        changes.add("made valid", (ids[i],), f"{what}: {was:,.6g} m2 before, {is_now:,.6g} m2 after", is_now - was)
    result = shapes.copy()
    result[~void] = usable[~void]
    frame = frame.set_geometry(gpd.GeoSeries(result, index=frame.index, crs=frame.crs))
    if missing == "drop" and void.any():
        for i in np.flatnonzero(void).tolist():
            changes.add("dropped", (ids[i],), "the row has no ground", 1, "rows")
        frame = frame.loc[~void]
    return frame


def _fitted(shapes: Objects, ids: Objects, crs: pyproj.CRS, gap_width: float | None, changes: _Changes) -> Objects:
    """Polygons that fit together; what was done goes on record."""
    suspects = misfits(shapes)
    overlaps = find_overlaps(shapes, crs, WORLD, suspects)
    left = _left(shapes, overlaps, ids, changes)
    fitted = without_overlaps(shapes, suspects, left)
    limit = drawing_width(shapes, crs) if gap_width is None else float(gap_width)
    gaps = find_gaps(fitted, crs, limit, rims(fitted))
    around = [areas[~left[areas]] for areas in gaps.neighbors]
    closed = gaps.narrow & np.array([len(areas) > 0 for areas in around], bool)
    shares = [shared_out(gaps.shapes[k], around[k], fitted) for k in np.flatnonzero(closed)]
    pieces = [(area, piece) for share in shares for area, piece in share]
    result = without_gaps(fitted, objects([piece for _, piece in pieces]), np.array([i for i, _ in pieces], np.int64))
    touched = np.zeros(len(shapes), bool)
    kept = ~left[overlaps.pairs].any(axis=1)
    _record_overlaps((overlaps.pairs[kept], overlaps.common[kept]), fitted, ids, crs, changes)
    touched[overlaps.pairs[kept]] = True
    for k, share in zip(np.flatnonzero(closed).tolist(), shares, strict=True):
        homes = [area for area, _ in share]
        what = f"a gap, {gaps.width[k]:,.4g} m wide on average, joined to {'it' if len(homes) == 1 else 'them'}"
        changes.add("gap", tuple(ids[homes]), what, gaps.area[k])
        touched[homes] = True
    changed = np.array([one is not other for one, other in zip(shapes, result, strict=True)], bool)
    changed[changed] = ~shapely.equals_exact(shapes[changed], result[changed], tolerance=0.0)
    for i in np.flatnonzero(changed & ~touched).tolist():
        added = int(shapely.get_num_coordinates(result[i]) - shapely.get_num_coordinates(shapes[i]))
        changes.add("corners", (ids[i],), "its borders have the corners of the areas beside it", added, "corners")
    for k in np.flatnonzero(~closed).tolist():
        changes.add(
            "left", tuple(ids[gaps.neighbors[k]]), f"a gap, {gaps.width[k]:,.4g} m wide on average", gaps.area[k]
        )
    return result


def _left(shapes: Objects, overlaps: Overlaps, ids: Objects, changes: _Changes) -> Bools:
    """Areas that mostly lie in another: which of the two is wrong is not guessed."""
    left = np.zeros(len(shapes), bool)
    for rows in same_ground(shapes):
        left[rows] = True
        changes.add("left", tuple(ids[rows]), "they have the same geometry", len(rows), "rows")
    for k in np.flatnonzero(overlaps.shares > HALF).tolist():
        pair = overlaps.pairs[k]
        if left[pair].all():
            continue
        small = pair[int(np.argmin(shapely.area(shapes[pair])))]
        left[small] = True
        what = f"{overlaps.shares[k]:.0%} of {ids[small]!r} lies in the other"
        changes.add("left", tuple(ids[pair]), what, overlaps.shares[k], "share")
    return left


def _record_overlaps(
    overlaps: tuple[Ints, Objects],
    fitted: Objects,
    ids: Objects,
    crs: pyproj.CRS,
    changes: _Changes,
) -> None:
    """Say who received each overlap."""
    pairs, common = overlaps
    if not len(pairs):
        return
    ground: Floats = ground_area(common, crs)
    inside = shapely.point_on_surface(common)
    won = np.stack([shapely.intersects(fitted[pairs[:, side]], inside) for side in (0, 1)], axis=1)
    for pair, area, (first, second) in zip(pairs, ground, won, strict=True):
        units = tuple(ids[pair]) if first or not second else tuple(ids[pair[::-1]])
        what = "common ground went to the first" if first != second else "common ground was shared out"
        changes.add("overlap", units, what, area)
