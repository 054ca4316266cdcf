"""Plans as shapefiles, whose format is old: short names of columns, short texts, several files."""

import tempfile
import warnings
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path

import geopandas as gpd
import pandas as pd

from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.totals import ACCOUNT_IDS
from territorykit.model.plan import Plan
from territorykit.present.frames import CENTER, TERRITORY, UNIT, labelled_units, territories

PARTS = (".shx", ".dbf", ".prj", ".cpg", ".shp")
"""The shapes come last: where they are, the rest is."""
LONGEST_NAME, LONGEST_TEXT = 10, 254
"""Bytes."""

Writer = Callable[[gpd.GeoDataFrame, Path], None]


def write_shapefiles(plan: Plan, areas: gpd.GeoDataFrame, *drafts: Path) -> None:
    """Write units and territories; `drafts` are the parts of the one and then those of the other."""
    rest, units = drafts[: len(PARTS)], drafts[len(PARTS) :]
    for name, frame, files in (
        ("territories", territories(plan, areas), rest),
        ("units", labelled_units(plan, areas), units),
    ):
        write_shapefile(frame, files[-1], name)


def write_zip(plan: Plan, areas: gpd.GeoDataFrame, draft: Path) -> None:
    """Write one archive with the shapefiles "territories" and "units"."""
    with (
        tempfile.TemporaryDirectory(prefix="territorykit-") as folder,
        zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, frame in (("territories", territories(plan, areas)), ("units", labelled_units(plan, areas))):
            write_shapefile(frame, Path(folder, f"{name}.shp"), name)
            for suffix in PARTS:
                archive.write(Path(folder, name + suffix), name + suffix)


def write_shapefile(frame: gpd.GeoDataFrame, path: Path, subject: str) -> None:
    """Write one shapefile in UTF-8.

    Names of columns that are too long are cut, and the ids of accounts, which no table of this kind holds, are
    left out; both with a warning.

    Raises
    ------
    DataError
        If there is no coordinate system, or a text is longer than the format holds.

    References
    ----------
    .. [1] Esri (1998). *ESRI Shapefile Technical Description*; the table is a dBASE III file.
    """
    problems = Problems(subject)
    if frame.crs is None:
        problems.add("the areas state no coordinate system, and a shapefile needs it", "state it with areas.set_crs")
    left_out = [ACCOUNT_IDS] if ACCOUNT_IDS in frame.columns else []
    frame = frame.drop(columns=left_out)
    shapes = frame.geometry.name
    names = short_names([column for column in map(str, frame.columns) if column != shapes], {UNIT, TERRITORY, CENTER})
    plain = frame.rename(columns=names)
    for column in plain.columns.difference([shapes]):
        plain[column] = _plain(plain[column], problems)
    problems.raise_as(DataError)
    cut = [f"{old!r} is {new!r}" for old, new in names.items() if old != new]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # a value that the format changes is a fault
        plain.to_file(path, engine="pyogrio", driver="ESRI Shapefile", encoding="UTF-8")
    if cut:
        message = f"{subject}: in the shapefile, names of columns are cut to {LONGEST_NAME} bytes: {', '.join(cut)}"
        warnings.warn(message, TerritoryKitWarning, stacklevel=2)
    if left_out:
        message = (
            f"{subject}: the shapefile is without {ACCOUNT_IDS!r}, whose texts are too long; write_accounts has them"
        )
        warnings.warn(message, TerritoryKitWarning, stacklevel=2)


def _plain(column: pd.Series, problems: Problems) -> pd.Series:
    """A column of numbers, flags or short texts."""
    if column.dtype.kind in "iufb" and not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    texts = column.map(str, na_action="ignore").astype(object)
    long = [text for text in texts.dropna() if len(text.encode("utf-8", "surrogatepass")) > LONGEST_TEXT]
    if long:
        problems.add(
            f"column {column.name!r} has {len(long):,} texts of more than {LONGEST_TEXT} bytes: {listing(long)}",
            "shorten them, or write a .gpkg",
        )
    return texts


def short_names(names: Collection[str], kept: Collection[str] = ()) -> dict[str, str]:
    """A name of at most ten bytes for each, all different even where case does not count.

    Names in `kept` come first and stay as they are.

    Examples
    --------
    >>> short_names(["visits_per_year_size", "visits_per_year_deviation", "销售区域名称"])
    {'visits_per_year_size': 'visits_per', 'visits_per_year_deviation': 'visits_p_1', '销售区域名称': '销售区'}
    """
    used: set[str] = set()
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: name not in kept):
        short, count = _cut(name, LONGEST_NAME), 0
        while short.lower() in used:
            count += 1
            short = _cut(name, LONGEST_NAME - len(str(count)) - 1) + f"_{count}"
        used.add(short.lower())
        found[name] = short
    return {name: found[name] for name in names}


def _cut(name: str, most: int) -> str:
    """At most so many bytes of UTF-8, and no half character."""
    return name.encode()[:most].decode(errors="ignore")
