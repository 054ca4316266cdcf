"""Opening maps and lists of accounts as they are, faults and all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Objects
from territorykit.errors import DataError, Problems
from territorykit.load.accounts import open_source
from territorykit.load.coordinates import WGS84, chinese, convert_geometries, degrees_for
from territorykit.load.formats.files import existing, read_layer
from territorykit.load.inputs import Crs, no_degrees, parse_crs, plain_ids, require_frame, with_crs, with_ids


@dataclass(frozen=True, slots=True)
class Opened:
    """A list of accounts as it was found.

    Parameters
    ----------
    frame
        The rows, indexed by id; a GeoDataFrame where the source has geometries.
    lon, lat
        Names of the columns with the coordinates; None where there are geometries.
    crs
        The coordinate system, or None where it is not known.
    shifted
        The Chinese system that the columns are in, and `crs` is WGS 84 to which they are to be brought; None
        for any other.
    """

    frame: pd.DataFrame
    lon: str | None
    lat: str | None
    crs: pyproj.CRS | None
    shifted: str | None = None

    @property
    def ids(self) -> Objects:
        """Shape (n_accounts,): their ids; None where one is missing."""
        return plain_ids(self.frame.index)


def open_areas(
    source: str | Path | gpd.GeoDataFrame,
    id_column: str | None,
    crs: Crs | None,
    layer: str | None,
    encoding: str | None,
) -> tuple[gpd.GeoDataFrame, str]:
    """Areas as they are, indexed by id, and what to call them in messages.

    Raises
    ------
    DataError
        If they cannot be opened, the id column is not there, or `crs` contradicts the source.
    """
    if isinstance(source, gpd.GeoDataFrame):
        require_frame(source, "areas")
        frame, subject = source, "areas"
    else:
        path = existing(source)
        frame, subject = read_layer(path, layer, encoding, texts=(id_column or "",)), path.name
        if id_column is None:
            message = f"{subject}: id= is not given; name the column with the ids"
            raise DataError(message)
    problems = Problems(subject)
    named = degrees_for(crs, frame.crs, (), problems)
    if named is not None:
        frame = with_crs(frame, named, problems)
    problems.raise_as(DataError)
    if (system := chinese(crs)) is not None:
        frame = _converted(frame, system)
    return gpd.GeoDataFrame(_indexed(frame, id_column, subject)), subject


def open_accounts(source: str | Path | pd.DataFrame, roles: dict[str, Any], crs: Crs | None) -> Opened:
    """Accounts as they are, indexed by id.

    Parameters
    ----------
    source
        A file or a frame.
    roles
        "id", "lon" and "lat": names of columns, or None; "sheet" and "encoding" of the file.
    crs
        Their coordinate system, where the source states none.

    Raises
    ------
    DataError
        If they cannot be opened, a column is not there, or `crs` contradicts the source.
    """
    if not isinstance(source, pd.DataFrame) and roles["id"] is None:
        message = "id= is not given; name the column with the ids"
        raise DataError(message)
    frame, subject = open_source(source, roles["id"], roles["sheet"], roles["encoding"])
    lon, lat = roles["lon"], roles["lat"]
    problems = Problems(subject)
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        if lon is not None or lat is not None:
            problems.add("the accounts have geometries, and lon= and lat= name columns", "leave lon= and lat= out")
        named = degrees_for(crs, frame.crs, (), problems)
        if named is not None:
            frame = with_crs(frame, named, problems)
        problems.raise_as(DataError)
        if (shifted := chinese(crs)) is not None:
            frame = _converted(frame, shifted)
        return Opened(_indexed(frame, roles["id"], subject), None, None, frame.crs)
    for role, column in (("lon", lon), ("lat", lat)):
        if column is None:
            problems.add(f"{role}= is not given", f"name the column, as in {role}='{role}'")
        elif column not in frame.columns:
            known = ", ".join(map(repr, frame.columns))
            problems.add(f"there is no column {column!r} for {role}", f"the columns are {known}")
    named = degrees_for(crs, None, (), problems)
    system = None if named is None else parse_crs(named, problems)
    problems.raise_as(DataError)
    return Opened(_indexed(frame, roles["id"], subject), lon, lat, system, chinese(crs))


def _converted(frame: gpd.GeoDataFrame, system: str) -> gpd.GeoDataFrame:
    """The frame in WGS 84; rows whose coordinates are no degrees stay as they are, to be found."""
    shapes = np.array(frame.geometry.values, object)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    void = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    good = void | (np.isfinite(bounds).all(axis=1) & ~no_degrees(bounds))
    moved = convert_geometries(frame[good], system, WGS84)
    shapes[good] = np.asarray(moved.geometry.values, object)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=moved.crs))


def _indexed(frame: pd.DataFrame, id_column: str | None, subject: str) -> pd.DataFrame:
    """The frame indexed by its ids, whatever is wrong with them."""
    if id_column is not None:
        return with_ids(frame, id_column, Problems(subject))
    frame = frame.copy()
    frame.index = pd.Index(plain_ids(frame.index).tolist(), name=frame.index.name)
    return frame
