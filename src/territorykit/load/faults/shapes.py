"""Faults of single rows: ids, geometries, and coordinates out of range."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Bools, Objects, is_missing
from territorykit.errors import listing
from territorykit.load.faults.ground import ground_area
from territorykit.load.faults.table import ERROR, WARNING, Faults, points_of
from territorykit.load.inputs import (
    MULTIPOLYGON,
    NO_PLACE,
    ON_NO_MAP,
    PLACE_REMEDY,
    POLYGON,
    crs_name,
    no_degrees,
    on_no_map,
    stray_degrees,
)
from territorykit.model.unit_graph import id_problems

AREAL = (POLYGON, MULTIPOLYGON)
_PLACE = re.compile(r"\[(\S+) (\S+?)\]?$")
_DRAW = "draw it, or leave the row out by name: repair_areas(..., missing='drop')"


def id_faults(faults: Faults) -> None:
    """Missing and doubled ids, and ids of several types."""
    ids = faults.ids
    missing = np.array([is_missing(unit) or unit == "" for unit in ids], bool)
    for i in np.flatnonzero(missing).tolist():
        faults.add("missing_id", ERROR, (), f"row {i} has no id", "give every row an id", value=i, measure="row")
    known = pd.Series(ids)[~missing]
    for unit, rows in known[known.duplicated(keep=False)].groupby(known, sort=False).indices.items():
        at = known.index[known.duplicated(keep=False)][rows].tolist()
        what = f"{len(at)} rows have this id: rows {listing(at)}"
        remedy = "make ids unique, or join the rows: repair_areas(..., duplicates='dissolve')"
        faults.add("duplicate_id", ERROR, (unit,), what, remedy, value=len(at), measure="rows")
    for what, remedy in id_problems(ids):
        if what.startswith("ids are of type"):
            faults.add("mixed_ids", ERROR, (), what, remedy)


def shape_faults(faults: Faults, geometry: Objects, crs: pyproj.CRS | None) -> Objects:
    """Faults of the polygons, one by one.

    Returns
    -------
    ndarray of shape (n_rows,)
        Valid polygons to look at the map as a whole; None where a row has none, or lies in another system.
    """
    missing, empty = shapely.is_missing(geometry), shapely.is_empty(geometry)
    faults.rows("missing_geometry", ERROR, missing, "there is no geometry", _DRAW)
    faults.rows("empty_geometry", ERROR, empty, "the geometry is empty", _DRAW)
    there = ~missing & ~empty
    other = there & ~np.isin(shapely.get_type_id(geometry), AREAL)
    for i in np.flatnonzero(other).tolist():
        what = f"the geometry is a {geometry[i].geom_type}"
        faults.add("wrong_geometry", ERROR, (faults.ids[i],), what, "draw areas as polygons", place=geometry[i])
    invalid = there & ~other & ~shapely.is_valid(geometry)
    usable = polygonal(geometry)
    lost = invalid & shapely.is_missing(usable)
    _invalid(faults, geometry, invalid, lost)
    _ranges(faults, usable, crs)
    _parts(faults, usable, crs)
    _identical(faults, usable, crs)
    return usable


def polygonal(geometry: Objects) -> Objects:
    """Each geometry as a valid polygon or multipolygon, shape (n,); None where nothing areal is in it.

    Rings that cross themselves keep the ground that they go around; lines and points fall away.
    """
    usable = np.full(len(geometry), None, object)
    known = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    known[known] = finite(geometry[known])
    sound = known & np.isin(shapely.get_type_id(geometry), AREAL) & shapely.is_valid(geometry)
    usable[sound] = geometry[sound]
    rest = np.flatnonzero(known & ~sound)
    if len(rest):
        made = shapely.make_valid(geometry[rest], method="structure", keep_collapsed=False)
        usable[rest] = [_areal(shape) for shape in made]
    return usable


def finite(geometry: Objects) -> Bools:
    """Which geometries have finite coordinates only, shape (n,)."""
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    wrong = ~np.isfinite(coordinates).all(axis=1)
    return np.asarray(np.bincount(owner[wrong], minlength=len(geometry)) == 0, bool)


def _areal(shape: Any) -> Any:  # noqa: ANN401 - geometries
    parts = shapely.get_parts(shape)
    parts = shapely.get_parts(parts)  # what lies in a collection may itself have parts
    parts = parts[(shapely.get_type_id(parts) == POLYGON) & ~shapely.is_empty(parts)]
    if len(parts) <= 1:
        return parts[0] if len(parts) else None
    whole = shapely.multipolygons(parts)
    return whole if shapely.is_valid(whole) else shapely.union_all(parts)


def _invalid(faults: Faults, geometry: Objects, invalid: Bools, lost: Bools) -> None:
    for i in np.flatnonzero(invalid).tolist():
        reason = shapely.is_valid_reason(geometry[i])
        found = _PLACE.search(reason)
        remedy = "repair_areas mends it"
        if lost[i]:
            remedy = "no ground is inside it: draw it again"
        place = shapely.Point(*map(float, found.groups())) if found and finite(geometry[[i]])[0] else None
        faults.add("invalid_geometry", ERROR, (faults.ids[i],), reason.partition("[")[0], remedy, place=place)


def _ranges(faults: Faults, usable: Objects, crs: pyproj.CRS | None) -> None:
    """Coordinates that cannot be right; such rows do not take part in what follows."""
    if crs is None:
        faults.add(
            "no_crs",
            ERROR,
            (),
            "the coordinate system is not stated",
            "name it: crs='EPSG:4326', or set_crs of the frame",
        )
        return
    bounds = np.full((len(usable), 4), np.nan)
    known = ~shapely.is_missing(usable)
    bounds[known] = shapely.bounds(usable[known])
    if crs.is_geographic:
        wrong = no_degrees(bounds)
        swapped = wrong & ~no_degrees(bounds[:, [1, 0, 3, 2]])
        hint = "exchange x and y: shapely.ops.transform, or the axis order of the file"
        faults.rows("swapped", ERROR, swapped, "longitude and latitude look exchanged", hint, places=points_of(usable))
        wrong &= ~swapped
        what, remedy = "coordinates are no degrees (beyond 180 or 90)", "find out the coordinate system of this row"
        faults.rows("out_of_range", ERROR, wrong, what, remedy, places=points_of(usable))
        usable[wrong | swapped] = None
    elif crs.is_projected:
        far = on_no_map(bounds)
        hint = "find out the coordinate system of this row"
        faults.rows("out_of_range", ERROR, far, ON_NO_MAP, hint)
        usable[far] = None
        stray = stray_degrees(bounds)
        what = "coordinates look like degrees, unlike those of the other rows"
        faults.rows("mixed_crs", ERROR, stray, what, "bring all rows to one system", places=points_of(usable))
        usable[stray] = None
    else:
        faults.add("no_crs", ERROR, (), f"{crs_name(crs)} {NO_PLACE}", PLACE_REMEDY)


def _parts(faults: Faults, usable: Objects, crs: pyproj.CRS | None) -> None:
    several = np.flatnonzero(shapely.get_num_geometries(usable) > 1)
    parts, owner = shapely.get_parts(usable[several], return_index=True)
    ground = ground_area(parts, crs)
    for k, i in enumerate(several.tolist()):
        sizes = ground[slice(*np.searchsorted(owner, [k, k + 1]).tolist())]
        share = 1 - float(sizes.max() / sizes.sum()) if sizes.sum() > 0 else 0.0
        what = f"{len(sizes)} parts; {share:.1%} of the ground is not in the largest"
        remedy = "right for islands and exclaves; else cut it into areas of their own"
        faults.add(
            "multipart", WARNING, (faults.ids[i],), what, remedy, value=len(sizes), measure="parts", place=usable[i]
        )


def _identical(faults: Faults, usable: Objects, crs: pyproj.CRS | None) -> None:
    """Rows with the very same ground."""
    known = np.flatnonzero(~shapely.is_missing(usable))
    for rows in same_ground(usable[known]):
        chosen = known[rows]
        ground = float(ground_area(usable[chosen[:1]], crs)[0])
        units = tuple(faults.ids[chosen])
        what = f"{len(chosen)} rows have the same geometry"
        remedy = "keep one of them, or draw the others"
        faults.add("identical", ERROR, units, what, remedy, value=ground, measure="m2", place=usable[chosen[0]])


def same_ground(shapes: Objects) -> list[Any]:
    """Groups of positions whose polygons are equal, whatever their first corners and directions."""
    bounds = pd.DataFrame(shapely.bounds(shapes).reshape(-1, 4))
    alike = np.flatnonzero(bounds.duplicated(keep=False).to_numpy())
    if not len(alike):
        return []
    forms = pd.Series(shapely.to_wkb(shapely.normalize(shapes[alike])).tolist())
    return [alike[np.asarray(rows)] for rows in forms.groupby(forms).indices.values() if len(rows) > 1]
