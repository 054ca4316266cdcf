"""Account lists of which some accounts have no place yet."""

import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._arrays import Bools, objects
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.accounts import read_accounts
from territorykit.load.formats.tables import read_table
from territorykit.load.inputs import check_ids, plain_ids

Missing: TypeAlias = Literal["error", "keep"]
"""What to do with accounts without coordinates."""
SUBJECT = "accounts"
_NUMBERED = re.compile(r"\n {2}\d+\. ")


def placed(
    frame: pd.DataFrame,
    names: tuple[str, str, str],
    crs: Any,  # noqa: ANN401 - as in read_accounts
    missing: Missing,
    problems: Problems,
    *,
    shifted_regions: str | Iterable[str] = (),
) -> gpd.GeoDataFrame:
    """A table of accounts with points made of two of its columns, indexed by id.

    Parameters
    ----------
    frame
        The accounts; not changed.
    names
        Columns with ids, longitudes and latitudes; without the last two no account has a place.
    crs, shifted_regions
        As in `read_accounts`.
    missing
        "error": accounts without coordinates are a problem. "keep": they stay, without geometry, and are
        put on record by a warning.
    problems
        Those found so far; raised here, with all that is found.
    """
    key, lon, lat = names
    if missing not in ("error", "keep"):
        problems.add(f"missing is {missing!r}", "pass 'error' or 'keep'")
    if "geometry" in frame.columns:
        problems.add("a column is called 'geometry'", "rename or drop it: the points get this name")
    if not len(frame):
        problems.add("there are no accounts", "check the file")
    ids = plain_ids(frame[key])
    check_ids(ids, problems)
    blank = _blank(frame, lon, lat)
    if blank.any() and missing == "error":
        problems.add(
            f"{int(blank.sum()):,} accounts have no coordinates: {listing(ids[blank])}",
            "locate them, or keep them without a place: missing='keep'",
        )
    series = pd.Series(ids, dtype=object)
    unclear = (series.isna() | series.duplicated(keep=False)).to_numpy(bool)
    points = _points(frame[~blank & ~unclear], names, (crs, shifted_regions), problems)
    problems.raise_as(DataError)
    if blank.any():
        message = f"kept {int(blank.sum()):,} accounts that have no place: {listing(ids[blank])}"
        warnings.warn(message, TerritoryKitWarning, stacklevel=3)
    table = frame.drop(columns=key).set_axis(pd.Index(ids.tolist(), name=key), axis=0)
    geometry = objects([None] * len(table)).copy()
    geometry[~blank] = objects(points.geometry.to_list())
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(geometry, index=table.index, crs=points.crs))


def with_texts(
    frame: pd.DataFrame, labels: Iterable[str], path: Path, *, sheet: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """The table with these columns as the file has them, also where every entry looks like a number.

    A postcode is no number, and "1.10" is another name than "1.1". Whole numbers are written as they were read;
    other columns are read once more, each as if it were the column of ids, which is read as it stands.
    """
    for label in labels:
        if pd.api.types.is_integer_dtype(frame[label].dtype):
            frame = frame.assign(**{label: frame[label].map(str).astype(object)})
        elif pd.api.types.is_numeric_dtype(frame[label].dtype):
            again = read_table(path, id=label, sheet=sheet, encoding=encoding)
            frame = frame.assign(**{label: again[label].to_numpy()})
    return frame


def _blank(frame: pd.DataFrame, lon: str, lat: str) -> Bools:
    if lon not in frame.columns or lat not in frame.columns:
        return np.ones(len(frame), bool)
    empty = [frame[name].isna() | frame[name].astype(str).str.strip().eq("") for name in (lon, lat)]
    return np.asarray(empty[0] & empty[1], bool)


def _points(
    frame: pd.DataFrame, names: tuple[str, str, str], system: tuple[Any, str | Iterable[str]], problems: Problems
) -> gpd.GeoDataFrame:
    (key, lon, lat), (crs, shifted_regions) = names, system
    none = not len(frame)
    if none:  # no coordinates to read, and still a system to check
        frame = pd.DataFrame({key: ["none"], lon: [1.0], lat: [1.0]})
    table = frame[[key, lon, lat]].reset_index(drop=True)
    try:
        found = read_accounts(table, id=key, lon=lon, lat=lat, crs=crs, shifted_regions=shifted_regions)
    except DataError as error:
        text = str(error).removeprefix(f"{SUBJECT}: ")
        lines = _NUMBERED.split(text)
        problems.found += lines[1:] or lines
        return gpd.GeoDataFrame(geometry=[])
    return found.iloc[:0] if none else found
