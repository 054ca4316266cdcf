"""Reading KML and KMZ: placemarks with their data, without following any link."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from territorykit.errors import DataError, Problems, listing
from territorykit.load.formats.archives import ArchiveLimits, check_markup, readable, unpacked
from territorykit.load.formats.numerals import as_numbers

NAME, DESCRIPTION, FOLDER = "name", "description", "folder"
OWN = (NAME, DESCRIPTION, FOLDER)
DEEPEST = 100
_NUMBERS = re.compile(r"[0-9eE+\-.,\s]*", re.ASCII)
REMEDY = "check that it is KML, and save it again"


def read_kml(
    path: Path, layer: str | None = None, texts: Collection[str] = (), limits: ArchiveLimits | None = None
) -> gpd.GeoDataFrame:
    """All placemarks of a KML or KMZ file, in WGS 84, one row each.

    Columns are the placemark's name, description and folder, and its extended data; all are texts, and
    columns of plain numbers are numbers, apart from the columns `texts`. Where extended data have one of these
    three names, the placemark's own are called "placemark_name" and so on. `layer` names a folder.

    Raises
    ------
    DataError
        If it is no such file, declares a document type, refers to other files, or has broken coordinates.

    References
    ----------
    .. [1] OGC (2015). *OGC KML 2.3*, document 12-007r2, https://www.ogc.org/standard/kml/
    """
    if path.suffix.lower() != ".kmz":
        return _read(path, path, layer, texts)
    with unpacked(path, [".kml"], limits) as members:
        if not members:
            message = f"{path.name}: there is no .kml in the archive; save it again"
            raise DataError(message)
        top = [name for name in members if "/" not in name]
        if len(top or members) > 1 and "doc.kml" not in top:
            message = f"{path.name}: there are several .kml in the archive: {listing(members)}; unpack it and read one"
            raise DataError(message)
        main = "doc.kml" if "doc.kml" in top else (top or list(members))[0]
        return _read(path, members[main], layer, texts)


def _read(path: Path, file: Path, layer: str | None, texts: Collection[str]) -> gpd.GeoDataFrame:
    with file.open("rb") as source:
        check_markup(source, path.name)
    with readable(path, " as KML", REMEDY):
        rows, shapes = _placemarks(path, file)
    frame = pd.DataFrame(rows, index=range(len(rows)))
    crowded = [name for name in OWN if any(name in row["data"] for row in rows)]
    table = {f"placemark_{name}" if name in crowded else name: [row[name] for row in rows] for name in OWN}
    for name in dict.fromkeys(name for row in rows for name in row["data"]):
        table[name] = [row["data"].get(name) for row in rows]
    if "geometry" in table:
        message = f"{path.name}: extended data are called 'geometry'; rename them: the shapes get this name"
        raise DataError(message)
    frame = pd.DataFrame({name: _column(values, name in texts) for name, values in table.items()})
    frame = gpd.GeoDataFrame(frame, geometry=np.array([*shapes, None], object)[:-1], crs="EPSG:4326")
    if layer is None:
        return frame
    folders = [row[FOLDER] for row in rows]
    if layer not in folders:
        found = listing(sorted({*folders} - {None}))
        message = f"{path.name}: there is no folder {layer!r} with placemarks; the file has {found}"
        raise DataError(message)
    return frame[[folder == layer for folder in folders]].reset_index(drop=True)


def _column(values: list[str | None], keep: bool) -> pd.Series:  # noqa: FBT001 - of this module
    column = pd.Series(values, dtype=object)
    return column if keep else as_numbers(column)


def _placemarks(path: Path, file: Path) -> tuple[list[dict[str, Any]], list[shapely.Geometry | None]]:
    problems = Problems(path.name)
    rows, shapes, wrong = [], [], []
    for number, (placemark, folder) in enumerate(_walk(path, file, problems), 1):
        try:
            rows.append(_row(placemark, folder))
            shapes.append(_geometry(placemark, 0))
        except (ValueError, shapely.errors.GEOSException) as error:
            wrong.append(f"number {number} ({_text(placemark, 'name')!r}): {error}")
    if wrong:
        problems.add(f"{len(wrong):,} placemarks are not as KML wants them: {listing(wrong)}", "export the file again")
    problems.raise_as(DataError)
    return rows, shapes


def _walk(path: Path, file: Path, problems: Problems) -> Iterator[tuple[ET.Element, str | None]]:
    """Placemarks with the name of their folder; what has been seen is let go."""
    tags: list[str] = []
    folders: list[str | None] = []
    links = 0
    for event, element in ET.iterparse(file, ("start", "end")):  # noqa: S314 - document types are refused before
        tag = _tag(element)
        if event == "start":
            tags.append(tag)
            if len(tags) > DEEPEST:
                message = f"{path.name}: elements are nested deeper than {DEEPEST}; KML never is, so look at the file"
                raise DataError(message)
            if tag == "Folder":
                folders.append(None)
            continue
        tags.pop()
        if tag == "name" and tags and tags[-1] == "Folder":
            folders[-1] = element.text or ""
        elif tag == "Folder":
            folders.pop()
            element.clear()
        elif tag == "NetworkLink":
            links += 1
        elif tag == "Placemark":
            yield element, folders[-1] if folders else None
            element.clear()
    if links:
        problems.add(
            f"the file links to {links:,} other files or addresses, which are not followed",
            "open it in the program it comes from, and save the places themselves",
        )


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: ET.Element, *tags: str) -> list[ET.Element]:
    return [child for child in element if _tag(child) in tags]


def _text(element: ET.Element, tag: str) -> str | None:
    found = _children(element, tag)
    return found[0].text if found else None


def _row(placemark: ET.Element, folder: str | None) -> dict[str, Any]:
    data: dict[str, str | None] = {}
    for extended in _children(placemark, "ExtendedData"):
        pairs = [(item.get("name"), _text(item, "value")) for item in _children(extended, "Data")]
        for schema in _children(extended, "SchemaData"):
            pairs += [(item.get("name"), item.text) for item in _children(schema, "SimpleData")]
        for name, value in pairs:
            if not name or name in data:
                message = f"extended data have no name, or share the name {name!r}"
                raise ValueError(message)
            data[name] = value
    return {NAME: _text(placemark, "name"), DESCRIPTION: _text(placemark, "description"), FOLDER: folder, "data": data}


def _geometry(parent: ET.Element, depth: int) -> shapely.Geometry | None:
    """The geometry in a placemark, if there is one of a kind that is known."""
    found = _children(parent, *_MAKERS, "MultiGeometry")
    if not found:
        return None
    if len(found) > 1:
        message = "there are several geometries"
        raise ValueError(message)
    return _single(found[0], depth)


def _single(element: ET.Element, depth: int) -> shapely.Geometry:
    tag = _tag(element)
    if tag != "MultiGeometry":
        return _MAKERS[tag](element)
    parts = [_single(child, depth + 1) for child in element if _tag(child) in (*_MAKERS, "MultiGeometry")]
    kinds = {part.geom_type for part in parts}
    if kinds <= {"Polygon"}:
        return shapely.multipolygons(parts) if parts else shapely.GeometryCollection()
    if kinds == {"Point"}:
        return shapely.multipoints(parts)
    return shapely.geometrycollections(parts)


def _positions(element: ET.Element, least: int) -> Any:  # noqa: ANN401 - an array (n, 2)
    text = _text(element, "coordinates") or ""
    if not _NUMBERS.fullmatch(text):
        message = "coordinates are not written in numbers, commas and blanks"
        raise ValueError(message)
    rows = [[float(part) for part in position.split(",")] for position in text.split()]
    if len(rows) < least or not {2, 3}.issuperset(map(len, rows)):
        message = f"coordinates are not {least} or more positions, each longitude,latitude or longitude,latitude,height"
        raise ValueError(message)
    xy = np.array([row[:2] for row in rows])
    if not np.isfinite(xy).all():
        message = "a coordinate is beyond all numbers"
        raise ValueError(message)
    return xy


def _point(element: ET.Element) -> shapely.Geometry:
    xy = _positions(element, 1)
    if len(xy) > 1:
        message = "a point has several positions"
        raise ValueError(message)
    return shapely.Point(xy[0])


def _line(element: ET.Element) -> shapely.Geometry:
    return shapely.LineString(_positions(element, 2))


def _ring(element: ET.Element) -> shapely.Geometry:
    rings = _children(element, "LinearRing")
    if len(rings) != 1:
        message = "a boundary is not one ring"
        raise ValueError(message)
    return _closed(rings[0])


def _closed(element: ET.Element) -> shapely.Geometry:
    xy = _positions(element, 4)
    if (xy[0] != xy[-1]).any():
        message = "a ring is not closed"
        raise ValueError(message)
    return shapely.linearrings(xy)


def _polygon(element: ET.Element) -> shapely.Geometry:
    outer = _children(element, "outerBoundaryIs")
    if len(outer) != 1:
        message = "a polygon has not one outer boundary"
        raise ValueError(message)
    holes = [_ring(inner) for inner in _children(element, "innerBoundaryIs")]
    return shapely.polygons(_ring(outer[0]), holes or None)


_MAKERS = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
    "LinearRing": _closed,
}
