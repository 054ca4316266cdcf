"""How a plan is written in each format."""

import csv
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from territorykit._cells import harmless
from territorykit.errors import DataError
from territorykit.model.plan import Plan
from territorykit.present import shapefile
from territorykit.present.accounts import spreadsheet
from territorykit.present.frames import (
    CENTER,
    TERRITORY,
    UNIT,
    labelled_units,
    territories,
    territory_columns,
    unit_columns,
)
from territorykit.present.kml import write_kml
from territorykit.present.sheets import write_sheets

COLUMNS = [UNIT, TERRITORY, CENTER]
UNKNOWN = pd.CategoricalDtype | pd.PeriodDtype | pd.IntervalDtype
"""Types of columns that formats know nothing of, and that are written as texts."""
SHEETS = ("units", "territories")


class Format(NamedTuple):
    """How a plan becomes files of one format.

    `write` gets the plan, the areas and the drafts of `files`, in this order.
    """

    write: Callable[..., None]
    files: Callable[[Path], list[Path]]
    needs_areas: bool = True


def _alone(file: Path) -> list[Path]:
    return [file]


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.stem}_territories{file.suffix}")


def _pair(file: Path) -> list[Path]:
    return [_beside(file), file]


def _parts(file: Path) -> list[Path]:
    """The parts of both shapefiles; those of the units come last."""
    return [
        *(_beside(file).with_suffix(suffix) for suffix in shapefile.PARTS),
        *(file.with_suffix(suffix) for suffix in shapefile.PARTS[:-1]),
        file,
    ]


def _write_gpkg(plan: Plan, areas: gpd.GeoDataFrame, draft: Path) -> None:
    for layer, frame in (("territories", territories(plan, areas)), ("units", labelled_units(plan, areas))):
        _to_gdal(_distinct(frame), draft, driver="GPKG", layer=layer)


def _write_geojson(plan: Plan, areas: gpd.GeoDataFrame, beside: Path, draft: Path) -> None:
    if areas.crs is None:
        message = "the areas state no coordinate system, and GeoJSON is in WGS 84; state it with areas.set_crs"
        raise DataError(message)
    for file, layer, frame in (
        (beside, "territories", territories(plan, areas)),
        (draft, "units", labelled_units(plan, areas)),
    ):
        _to_gdal(frame.to_crs(4326), file, driver="GeoJSON", layer=layer, COORDINATE_PRECISION=7)


def _write_fgb(plan: Plan, areas: gpd.GeoDataFrame, beside: Path, draft: Path) -> None:
    for file, layer, frame in (
        (beside, "territories", territories(plan, areas)),
        (draft, "units", labelled_units(plan, areas)),
    ):
        # An index would put the units into an order of its own.
        _to_gdal(frame, file, driver="FlatGeobuf", layer=layer, SPATIAL_INDEX="NO")


def _to_gdal(frame: gpd.GeoDataFrame, draft: Path, **options: Any) -> None:  # noqa: ANN401 - of the format
    plain = frame.copy()
    for column in plain.columns.difference([plain.geometry.name]):
        if plain[column].dtype == object or isinstance(plain[column].dtype, UNKNOWN):
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
        writer.writerow(COLUMNS)
        for unit, territory, center in unit_columns(plan).itertuples(index=False):
            writer.writerow([harmless(unit), harmless(territory), "true" if center else "false"])


def _write_xlsx(plan: Plan, areas: gpd.GeoDataFrame | None, draft: Path) -> None:  # noqa: ARG001 - not needed here
    graph = plan.problem.graph
    units = unit_columns(plan)
    if graph.names is not None:
        units.insert(1, "name", pd.Series(list(graph.names), dtype=object))
    for activity in graph.activities:
        name = f"activity_{activity.name}" if activity.name in units.columns else activity.name
        units[name] = activity.values
    write_sheets(dict(zip(SHEETS, map(spreadsheet, (units, territory_columns(plan))), strict=True)), draft)


FORMATS: dict[str, Format] = {
    ".gpkg": Format(_write_gpkg, _alone),
    ".geojson": Format(_write_geojson, _pair),
    ".parquet": Format(_write_parquet, _pair),
    ".csv": Format(_write_csv, _alone, needs_areas=False),
    ".fgb": Format(_write_fgb, _pair),
    ".shp": Format(shapefile.write_shapefiles, _parts),
    ".zip": Format(shapefile.write_zip, _alone),
    ".kml": Format(write_kml, _alone),
    ".xlsx": Format(_write_xlsx, _alone, needs_areas=False),
}
