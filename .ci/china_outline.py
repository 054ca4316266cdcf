"""Make `src/territorykit/data/china_outline.json`, where Chinese coordinates are shifted, from Natural Earth.

Fetch the source and name it::

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python .ci/china_outline.py package/countries-10m.json

world-atlas holds the countries of Natural Earth 4.1 at 1:10m, in the public domain. Four outlines are made: the
mainland, Hong Kong, Macao and Taiwan. On land the borders stay where Natural Earth draws them. At sea each outline is
pushed outwards, so that piers, bridges and islets that the map leaves out lie inside: a place at sea belongs to the
country whose land is nearest, up to `SEA_METRES` away.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

TARGET = Path(__file__).parents[1] / "src/territorykit/data/china_outline.json"
REGIONS = {"mainland": "156", "hong kong": "344", "macao": "446", "taiwan": "158"}
AROUND = shapely.box(66, 2, 142, 58)
PLANE = "+proj=laea +lat_0=30 +lon_0=110 +datum=WGS84 +units=m"
SEA_METRES = 50_000
SPACING_METRES = 2_000
"""Between the points of a coast whose nearness divides the sea."""
SIMPLER_METRES = 700
"""How far the simplified lines may leave the drawn ones."""
DECIMALS = 3
ISLET_METRES = 5_000
ISLETS = {"158": [(119.93, 26.16), (120.00, 26.22), (119.94, 25.97), (120.49, 26.37), (119.45, 24.99)]}
"""What the source leaves out and the sea would go to the other shore: the Matsu islands and Wuqiu, as discs."""
LEAST_RING = 4


def countries(path: Path) -> gpd.GeoDataFrame:
    """Read the countries around China by their ISO numbers; what has none is numbered by its name."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]
    shapes = topology["objects"]["countries"]["geometries"]
    numbers = [shape.get("id") or shape["properties"]["name"] for shape in shapes]
    polygons = [shapely.make_valid(_geometry(shape, arcs)) for shape in shapes]
    frame = gpd.GeoDataFrame(index=numbers, geometry=polygons, crs="EPSG:4326")
    frame = frame[frame.intersects(AROUND)]
    frame.geometry = [_polygons(shapely.intersection(shape, AROUND)) for shape in frame.geometry]
    frame = frame.to_crs(PLANE)
    frame.geometry = shapely.set_precision(shapely.make_valid(frame.geometry.to_numpy()), 1.0)
    everything = shapely.union_all(frame.geometry.to_numpy(), grid_size=1.0)
    for number, lonlat in ISLETS.items():
        places = gpd.GeoSeries(gpd.points_from_xy(*zip(*lonlat, strict=True)), crs="EPSG:4326").to_crs(PLANE)
        discs = shapely.difference(shapely.union_all(places.buffer(ISLET_METRES)), everything)
        frame.loc[number, "geometry"] = shapely.union_all([frame.geometry[number], discs], grid_size=1.0)
    return frame


def _geometry(shape: dict[str, Any], arcs: list[Any]) -> shapely.MultiPolygon:
    outlines = {"Polygon": [shape.get("arcs")], "MultiPolygon": shape.get("arcs")}.get(shape["type"], [])
    polygons = [[_ring(ring, arcs) for ring in outline] for outline in outlines]
    whole = [[ring for ring in rings if len(ring) >= LEAST_RING] for rings in polygons if len(rings[0]) >= LEAST_RING]
    return shapely.MultiPolygon([(outer, holes) for outer, *holes in whole])


def _ring(numbers: Iterable[int], arcs: list[Any]) -> Any:  # noqa: ANN401 - an array of points
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in numbers]
    return np.vstack([parts[0], *(part[1:] for part in parts[1:])])


def _polygons(shape: Any) -> Any:  # noqa: ANN401 - any geometry
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


def shares_of_the_sea(land: gpd.GeoDataFrame) -> dict[str, Any]:
    """Divide the sea within reach of the four regions among all countries, by nearness of their coasts."""
    everything = shapely.union_all(land.geometry.to_numpy(), grid_size=1.0)
    reach = shapely.union_all([shapely.buffer(land.geometry[number], SEA_METRES) for number in REGIONS.values()])
    coast = shapely.intersection(everything.boundary, shapely.buffer(reach, SEA_METRES))
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(coast, SPACING_METRES)))
    owner = land.index.to_numpy()[shapely.STRtree(land.geometry.to_numpy()).nearest(points)]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=reach.envelope))
    cell, point = shapely.STRtree(points).query(cells, predicate="contains")
    shares = {}
    for name, number in REGIONS.items():
        own = shapely.union_all(cells[cell[owner[point] == number]])
        near = shapely.intersection(own, shapely.buffer(land.geometry[number], SEA_METRES))
        shares[name] = shapely.difference(near, everything)
    return shares


def outlines(land: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Land and sea of the four regions, simplified together so that they neither overlap nor part."""
    sea = shares_of_the_sea(land)
    whole = [shapely.union_all([land.geometry[REGIONS[name]], sea[name]], grid_size=1.0) for name in REGIONS]
    simple = shapely.coverage_simplify(np.array(whole), SIMPLER_METRES)
    degrees = gpd.GeoSeries(simple, index=list(REGIONS), crs=PLANE).to_crs("EPSG:4326")
    return degrees.transform(lambda lonlat: np.round(lonlat, DECIMALS))  # the same for all: common lines stay common


def main() -> int:
    """Write the outlines, and say how large they are."""
    series = outlines(countries(Path(sys.argv[1])))
    features = [
        {"type": "Feature", "properties": {"region": name}, "geometry": _rounded(shapely.geometry.mapping(shape))}
        for name, shape in series.items()
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(text):,} bytes, {shapely.get_num_coordinates(series.to_numpy()).sum():,} vertices")
    return 0


def _rounded(value: Any) -> Any:  # noqa: ANN401 - nested lists, texts and numbers
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
