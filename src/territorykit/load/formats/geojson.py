"""Reading GeoJSON, value by value: nothing is turned into another type on the way, and no feature is left out."""

import json
import re
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Floats, Objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load.formats.texts import read_text

ID = "id"
DEEPEST = 16
"""Collections in collections; no program nests them deeper."""
_HALVES = re.compile(r"\\u[dD][89a-fA-F]")
TRIANGLE = 4
"""Positions of the shortest closed ring."""
OTHER_KINDS = {
    "Topology": "TopoJSON",
    "gdal_streamed_alg": "a recipe for GDAL",
    "esriGeometryPolygon": "Esri JSON",
}


def read_geojson(
    path: Path, layer: str | None = None, encoding: str | None = None, scalars: Collection[str] = ()
) -> gpd.GeoDataFrame:
    """The features of a GeoJSON file, with their properties as they are written.

    Properties that are lists or objects become their JSON; those called as in `scalars` may not be any.

    Raises
    ------
    DataError
        If it is no GeoJSON, or features, properties or coordinates are not as the format wants them.

    References
    ----------
    .. [1] Butler, H., et al. (2016). *The GeoJSON Format*. RFC 7946, https://www.rfc-editor.org/rfc/rfc7946
    """
    content = read_json(path, encoding)
    features = features_of(content, path)
    names = {str(content.get("name", path.stem)), path.stem}
    if layer is not None and layer not in names:
        message = f"{path.name}: there is no layer {layer!r}; the file has {listing(sorted(names))}"
        raise DataError(message)
    problems = Problems(path.name)
    shapes = _shapes([feature.get("geometry") for feature in features], problems)
    check_scalars(features, scalars, problems)
    frame = _properties(features)
    if "geometry" in frame.columns:
        problems.add("a property is called 'geometry'", "rename it: the shapes get this name")
    problems.raise_as(DataError)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=_crs(content, path))


def read_json(path: Path, encoding: str | None = None) -> Any:  # noqa: ANN401 - whatever the file holds
    """The content of a JSON file, strictly: no NaN or Infinity, no name twice in one object.

    Raises
    ------
    DataError
        If it is no such file, or nested too deeply.
    """
    text = read_text(path, encoding)
    try:
        content = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_distinct)
        if _HALVES.search(text):
            json.dumps(content, ensure_ascii=False).encode()  # half a character is none
    except RecursionError:
        message = f"{path.name}: cannot be read as JSON: it is nested too deeply; GeoJSON never is, so look at the file"
        raise DataError(message) from None
    except ValueError as error:
        message = f"{path.name}: cannot be read as JSON ({error}); export the file again"
        raise DataError(message) from error
    return content


def _no_constant(name: str) -> float:
    message = f"{name} is no number in JSON"
    raise ValueError(message)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        message = f"an object has several members called {listing(sorted({n for n in names if names.count(n) > 1}))}"
        raise ValueError(message)
    return found


def features_of(content: Any, path: Path) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever the file holds
    """The features of a collection, each of which is one.

    Raises
    ------
    DataError
        If it is no collection, or holds something else.
    """
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "Feature":
        content = {"features": [content]}
    elif kind != "FeatureCollection" or not isinstance(content.get("features"), list):
        other = next((OTHER_KINDS[k] for k in OTHER_KINDS if isinstance(content, dict) and k in content.values()), "")
        message = (
            f"{path.name}: there are no features{f': the file is {other}' if other else ''}; "
            "export it as a GeoJSON FeatureCollection"
        )
        raise DataError(message)
    features: list[dict[str, Any]] = content["features"]
    wrong = [
        f"number {i}"
        for i, feature in enumerate(features, 1)
        if not isinstance(feature, dict)
        or feature.get("type") != "Feature"
        or not isinstance(feature.get("properties"), dict | None)
        or not isinstance(feature.get("geometry"), dict | None)
    ]
    if wrong:
        message = (
            f"{path.name}: {len(wrong):,} members of features are no features: {listing(wrong)}; each has the type "
            "'Feature', an object of properties and a geometry, or null"
        )
        raise DataError(message)
    return features


def check_scalars(features: list[dict[str, Any]], names: Collection[str], problems: Problems) -> None:
    """Properties with these names are texts, numbers, true, false or null."""
    for name in names:
        wrong = [
            f"number {i}"
            for i, feature in enumerate(features, 1)
            if isinstance((feature.get("properties") or {}).get(name, feature.get(name)), dict | list)
        ]
        if wrong:
            what = f"{len(wrong):,} features have a list or an object for {name!r}: {listing(wrong)}"
            problems.add(what, "write one text or number")


def _properties(features: list[dict[str, Any]]) -> pd.DataFrame:
    """One column per property; where no property is called id, the features' own ids are that column."""
    rows = [feature.get("properties") or {} for feature in features]
    columns = list(dict.fromkeys(chain.from_iterable(rows)))
    table = {name: _column([row.get(name) for row in rows]) for name in columns}
    if ID not in table and any(ID in feature for feature in features):
        table[ID] = _column([feature.get(ID) for feature in features])
    return pd.DataFrame(table, index=range(len(features)))


def _column(values: list[Any]) -> pd.Series:
    """Values of one type become a column of that type; objects and lists become their JSON."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds & {dict, list}:
        values = [json.dumps(v, ensure_ascii=False) if isinstance(v, dict | list) else v for v in values]
    if kinds and kinds <= {int, float}:
        whole = kinds == {int} and None not in values and max(map(abs, values)) < 2**63
        if whole or all(value is None or abs(value) <= 2**53 or type(value) is float for value in values):
            numbers = [np.nan if value is None else value for value in values]
            return pd.Series(np.array(numbers, np.int64 if whole else np.float64))
        return pd.Series(values, dtype=object)  # whole numbers that a float would round
    return pd.Series(values) if kinds == {str} else pd.Series(values, dtype=object).infer_objects()


def _crs(content: dict[str, Any], path: Path) -> pyproj.CRS | None:
    """WGS 84, as the format wants; files from before 2016 may name another system, or say there is none."""
    if "crs" not in content:
        return pyproj.CRS.from_epsg(4326)
    if content["crs"] is None:
        return None
    try:
        name = content["crs"]["properties"]["name"]
        if not isinstance(name, str):
            raise TypeError  # noqa: TRY301 - one message for all
        found = pyproj.CRS.from_user_input(name)
    except (KeyError, TypeError, pyproj.exceptions.CRSError) as error:
        shown = listing([content["crs"]])
        message = f"{path.name}: the member crs names no coordinate system: {shown}; delete it if the data are WGS 84"
        raise DataError(message) from error
    # The same system with longitude first, under the name that programs know.
    return pyproj.CRS.from_epsg(4326) if found.to_authority() == ("OGC", "CRS84") else found


def _shapes(geometries: list[dict[str, Any] | None], problems: Problems) -> Objects:
    shapes = np.full(len(geometries), None, object)
    wrong: list[str] = []
    for i, geometry in enumerate(geometries):
        if geometry is None:
            continue
        try:
            shapes[i] = shape(geometry)
        except (ValueError, TypeError, KeyError, OverflowError, shapely.errors.GEOSException) as error:
            wrong.append(f"number {i + 1}: {str(error) or type(error).__name__}")
    if wrong:
        problems.add(
            f"{len(wrong):,} geometries are not as GeoJSON wants them: {listing(wrong)}",
            "export the file again; rings end where they start, and positions are lists of two or three numbers",
        )
    return shapes


def shape(geometry: Any, depth: int = 0) -> shapely.Geometry:  # noqa: ANN401 - whatever the file holds
    """A geometry from its GeoJSON object, with two coordinates.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it is none.
    """
    kind = geometry["type"]
    if kind == "GeometryCollection":
        if depth > DEEPEST:
            message = f"collections are nested deeper than {DEEPEST}"
            raise ValueError(message)
        return shapely.geometrycollections([shape(part, depth + 1) for part in geometry["geometries"]])
    if not isinstance(kind, str) or kind not in _MAKERS:
        message = f"{kind!r} is no type of geometry"
        raise ValueError(message)
    coordinates = geometry["coordinates"]
    if not isinstance(coordinates, list):
        message = "coordinates are no list"
        raise TypeError(message)
    return _MAKERS[kind](coordinates)


def _positions(rows: Any) -> Floats:  # noqa: ANN401 - whatever the file holds
    """Positions as an array; everything in them is a number. Heights are left out."""
    if not isinstance(rows, list) or not all(type(row) is list for row in rows):
        message = "a position is no list"
        raise TypeError(message)
    strange = set(map(type, chain.from_iterable(rows))) - {int, float}
    lengths = set(map(len, rows))
    if strange or not lengths <= {2, 3, 4}:
        message = "a position is not two or three numbers"
        raise ValueError(message)
    if len(lengths) > 1:
        rows = [row[:2] for row in rows]
    xy = np.array(rows, np.float64).reshape(len(rows), -1 if rows else 2)[:, :2]
    if not np.isfinite(xy).all():
        message = "a coordinate is beyond all numbers"
        raise ValueError(message)
    return xy


def _point(position: list[Any]) -> shapely.Geometry:
    return shapely.Point(_positions([position])[0]) if position else shapely.Point()


def _ring(rows: Any) -> shapely.Geometry:  # noqa: ANN401 - whatever the file holds
    xy = _positions(rows)
    if len(xy) < TRIANGLE or (xy[0] != xy[-1]).any():
        message = "a ring is not closed, or has fewer than four positions"
        raise ValueError(message)
    return shapely.linearrings(xy)


def _line(rows: Any) -> shapely.Geometry:  # noqa: ANN401 - whatever the file holds
    return shapely.linestrings(_positions(rows)) if rows else shapely.LineString()


def _polygon(rings: Any) -> shapely.Geometry:  # noqa: ANN401 - whatever the file holds
    if not isinstance(rings, list):
        message = "a polygon is no list of rings"
        raise TypeError(message)
    if rings in ([], [[]]):  # both are written
        return shapely.Polygon()
    shell, *holes = [_ring(ring) for ring in rings]
    return shapely.polygons(shell, holes or None)


def _many(make: Callable[[Any], shapely.Geometry], collect: Callable[[list[Any]], shapely.Geometry]) -> Any:  # noqa: ANN401
    def build(parts: Iterable[Any]) -> shapely.Geometry:
        return collect([make(part) for part in parts])

    return build


_MAKERS: dict[str, Callable[[Any], shapely.Geometry]] = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
    "MultiPoint": _many(_point, shapely.multipoints),
    "MultiLineString": _many(_line, shapely.multilinestrings),
    "MultiPolygon": _many(_polygon, shapely.multipolygons),
}
