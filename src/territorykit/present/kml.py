"""Plans as KML, for programs that show places on a globe."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.present.colors import territory_colors
from territorykit.present.frames import CENTER, TERRITORY, UNIT, labelled_units, territories

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OPACITY = "99"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
TAIL = "</Document>\n</kml>\n"


def write_kml(plan: Plan, areas: gpd.GeoDataFrame, draft: Path) -> None:
    """Write a folder for each territory, with its outline and its units as placemarks, in WGS 84.

    A balloon that opens over a placemark shows texts only: markup in a name is shown as it is written, and
    names of fields in it are not filled in.

    Raises
    ------
    DataError
        If the areas state no coordinate system, or texts have characters that XML cannot hold.

    References
    ----------
    .. [1] OGC (2015). *OGC KML 2.3*, document 12-007r2, https://www.ogc.org/standard/kml/
    """
    if areas.crs is None:
        message = "the areas state no coordinate system, and KML is in WGS 84; state it with areas.set_crs"
        raise DataError(message)
    whole, units = (frame.to_crs(4326) for frame in (territories(plan, areas), labelled_units(plan, areas)))
    _check_texts([whole, units])
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEAD)
        for number, color in enumerate(territory_colors(plan, np.asarray(whole.geometry, object))):
            file.write(_style(number, color))
        for number, name in enumerate(plan.problem.names):
            file.write(f"<Folder>\n<name>{_text(name)}</name>\n")
            file.writelines(_placemarks(whole.iloc[[number]], TERRITORY, number))
            file.writelines(_placemarks(units[plan.labels == number], UNIT, number))
            file.write("</Folder>\n")
        file.write(TAIL)


def _check_texts(frames: list[gpd.GeoDataFrame]) -> None:
    problems = Problems("plan")
    for frame in frames:
        for column in frame.columns.drop(frame.geometry.name):
            texts = [text for text in (str(column), *map(str, frame[column])) if _NOT_XML.search(text)]
            if texts:
                what = f"column {column!r} has characters that XML cannot hold: {listing(texts)}"
                problems.add(what, "nothing was written; rename them, or write a .gpkg")
    problems.raise_as(DataError)


def _style(number: int, color: str) -> str:
    """KML writes colors as opacity, blue, green, red."""
    mixed = _OPACITY + color[5:7] + color[3:5] + color[1:3]
    return (
        f'<Style id="t{number}"><LineStyle><color>ff404040</color><width>1</width></LineStyle>'
        f"<PolyStyle><color>{mixed.lower()}</color></PolyStyle>"
        "<BalloonStyle><text>$[description]</text></BalloonStyle></Style>\n"
    )


def _placemarks(frame: gpd.GeoDataFrame, title: str, number: int) -> Iterator[str]:
    shapes = shapely.orient_polygons(shapely.force_2d(np.asarray(frame.geometry, object)))
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    columns = [str(column) for column in table.columns]
    for shape, row in zip(shapes, table.itertuples(index=False, name=None), strict=True):
        data = {name: _plain(value) for name, value in zip(columns, row, strict=True) if not _missing(value)}
        fields = "".join(f'<Data name="{_name(k)}"><value>{_text(v)}</value></Data>' for k, v in data.items())
        yield (
            f"<Placemark><name>{_text(data[title])}</name>"
            f"<description>{_text(_balloon(data))}</description><styleUrl>#t{number}</styleUrl>"
            f"<ExtendedData>{fields}</ExtendedData>{_shape(shape)}</Placemark>\n"
        )


def _missing(value: Any) -> bool:  # noqa: ANN401 - whatever a column holds
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _plain(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def _text(value: Any) -> str:  # noqa: ANN401 - a name or a number
    return escape(str(value), {"\r": "&#13;"})  # readers turn a bare one into the end of a line


def _name(value: str) -> str:
    return escape(value, {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def _balloon(data: dict[str, str]) -> str:
    """HTML in which nothing from the data is markup, or a name to be filled in."""
    texts = [f"{name}: {value}" for name, value in data.items() if name in (UNIT, TERRITORY, CENTER, "name")]
    return "<br/>".join(html.escape(text).replace("$", "&#36;").replace("[", "&#91;") for text in texts)


def _shape(shape: shapely.Geometry | None) -> str:
    if shape is None or shape.is_empty:
        return ""
    kind = shape.geom_type
    if kind == "Polygon":
        holes = "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in shape.interiors)
        return f"<Polygon><outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>{holes}</Polygon>"
    if kind in ("Point", "LineString"):
        return f"<{kind}><coordinates>{_coordinates(shape)}</coordinates></{kind}>"
    if kind == "LinearRing":
        return _ring(shape)
    return f"<MultiGeometry>{''.join(map(_shape, shapely.get_parts(shape)))}</MultiGeometry>"


def _ring(ring: shapely.Geometry) -> str:
    return f"<LinearRing><coordinates>{_coordinates(ring)}</coordinates></LinearRing>"


def _coordinates(shape: shapely.Geometry) -> str:
    return " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in shapely.get_coordinates(shape).tolist())
