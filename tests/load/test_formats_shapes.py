"""Shapes and values of GeoJSON and KML, which are read without GDAL."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from load.maps import DEGREES, UTM
from shapely import Point, box

import territorykit as tk
from territorykit.load.formats.files import read_layer
from territorykit.load.formats.geojson import read_geojson


def kml(path, placemarks):
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{placemarks}</Document></kml>', "utf-8")
    return path


def collection(path, features, **members):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features} | members), "utf-8")
    return path


def feature(geometry=None, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_values_of_geojson_are_as_written(tmp_path):
    values = [
        {
            "code": "1",
            "n": 1,
            "big": 12345678901234567890,
            "t": "2020-01-01",
            "flag": True,
            "list": [1, {"a": "é"}],
            "mix": 1,
        },
        {"code": "01", "n": None, "big": 1, "t": "x", "flag": False, "list": None, "mix": "1"},
    ]
    path = collection(tmp_path / "a.geojson", [feature(None, **row) for row in values])
    read = read_geojson(path)
    assert read["code"].tolist() == ["1", "01"]
    np.testing.assert_array_equal(read["n"], [1, np.nan])
    assert read["big"].tolist() == [12345678901234567890, 1]
    assert read["t"].tolist() == ["2020-01-01", "x"]
    assert read["flag"].tolist() == [True, False]
    assert json.loads(read["list"].iloc[0]) == [1, {"a": "é"}]
    assert read["mix"].tolist() == [1, "1"]
    with pytest.raises(tk.DataError, match="ids are of type int, str"):
        tk.read_areas(path, id="mix")
    with pytest.raises(tk.DataError, match="1 features have a list or an object for 'list': 'number 1'"):
        tk.read_areas(path, id="list")


SHAPES = [
    Point(1, 2), shapely.LineString([(0, 0), (1, 1)]), box(0, 0, 3, 3).difference(box(1, 1, 2, 2)),
    shapely.MultiPoint([(0, 0), (1, 1)]), shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
    shapely.MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]),
    shapely.GeometryCollection([Point(1, 2), box(0, 0, 1, 1)]),
    shapely.Point(), shapely.Polygon(), shapely.LineString(), None,
]  # fmt: skip


def test_shapes_of_geojson(tmp_path):
    features = [feature(None if s is None else json.loads(shapely.to_geojson(s))) for s in SHAPES]
    features.append(feature({"type": "Point", "coordinates": [1, 2, 3]}))
    features.append(feature({"type": "LineString", "coordinates": [[0, 0], [1, 1, 5]]}))
    read = read_layer(collection(tmp_path / "a.json", features)).geometry
    assert read.iloc[10] is None
    wanted = [*(s for s in SHAPES if s is not None), Point(1, 2), SHAPES[1]]
    assert shapely.equals_exact(np.array(wanted, object), read.drop(10).to_numpy()).all()


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [2, 2]]]}, "a ring is not closed"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}, "fewer than four positions"),
        ({"type": "Polygon", "coordinates": [[["0", "0"], [1, 0], [1, 1], ["0", "0"]]]}, "not two or three numbers"),
        ({"type": "Point", "coordinates": [True, 1]}, "not two or three numbers"),
        ({"type": "Point", "coordinates": [1]}, "not two or three numbers"),
        ({"type": "Circle", "coordinates": [1]}, "'Circle' is no type of geometry"),
        ({"type": ["Point"], "coordinates": [1, 1]}, "is no type of geometry"),
        ({"type": "Point"}, "coordinates"),
        ({"type": "MultiPolygon", "coordinates": [[[0, 0]]]}, "a position is no list"),
    ],
)
def test_shapes_that_are_none(tmp_path, geometry, message):
    with pytest.raises(tk.DataError, match=f"1 geometries are not as GeoJSON wants them: .*number 2: .*{message}"):
        read_layer(collection(tmp_path / "a.geojson", [feature(), feature(geometry)]))


@pytest.mark.parametrize(
    ("features", "members", "message"),
    [
        ([feature(), 1, {"type": "feature"}], {}, "2 members of features are no features: 'number 2', 'number 3'"),
        ([feature(geometry=1)], {}, "1 members of features are no features"),
        ([feature()], {"crs": 7}, "the member crs names no coordinate system: 7"),
        ([feature(**{"geometry ": 1}) | {"properties": {"geometry": 1}}], {}, "a property is called 'geometry'"),
    ],
)
def test_collections_that_are_none(tmp_path, features, members, message):
    with pytest.raises(tk.DataError, match=message):
        read_layer(collection(tmp_path / "a.geojson", features, **members))


def test_coordinate_systems_of_geojson(tmp_path):
    path = collection(tmp_path / "a.geojson", [feature() | {"id": "x"}])
    assert read_layer(path).crs == DEGREES
    assert (
        tk.read_areas(
            collection(path, [feature(json.loads(shapely.to_geojson(box(0, 0, 1, 1)))) | {"id": "x"}]), id="id"
        ).index[0]
        == "x"
    )
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    assert read_layer(collection(path, [feature()], crs=named)).crs == UTM
    assert read_layer(collection(path, [feature()], crs=None)).crs is None
    with pytest.raises(tk.DataError, match="the coordinate system is not stated"):
        tk.read_areas(collection(path, [feature(code="a")], crs=None), id="code")


@pytest.mark.parametrize("text", ['{"type": "FeatureCollection", "type": "x"}', '{"a": "\\ud800"}', "[1"])
def test_json_that_is_none(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(tk.DataError, match="cannot be read as JSON"):
        read_layer(path)


PLACE = "<Placemark><name>{}</name>{}</Placemark>"
SQUARE = "<LinearRing><coordinates>0,0 1,0 1,1 0,1 0,0</coordinates></LinearRing>"


def test_shapes_and_folders_of_kml(tmp_path):
    shapes = [
        f"<MultiGeometry><Polygon><outerBoundaryIs>{SQUARE}</outerBoundaryIs></Polygon></MultiGeometry>",
        "<Point><coordinates>\n 1.5,2.5,0\n</coordinates></Point>",
        "<LineString><coordinates>0,0 1,1</coordinates></LineString>",
        SQUARE, "<MultiGeometry><Point><coordinates>1,2</coordinates></Point></MultiGeometry>", "<Model/>",
    ]  # fmt: skip
    inside = "".join(PLACE.format(i, shape) for i, shape in enumerate(shapes))
    path = kml(
        tmp_path / "a.kml", f"<Folder><name>one &amp; only</name>{inside}</Folder>{PLACE.format('x', shapes[1])}"
    )
    read = read_layer(path)
    kinds = [None if s is None else s.geom_type for s in read.geometry]
    assert kinds == ["MultiPolygon", "Point", "LineString", "LinearRing", "MultiPoint", None, "Point"]
    assert read["folder"].tolist()[:6] == ["one & only"] * 6
    assert read["name"].tolist() == ["0", "1", "2", "3", "4", "5", "x"]
    assert len(read_layer(path, "one & only")) == 6
    with pytest.raises(tk.DataError, match="no folder 'two' with placemarks; the file has 'one & only'"):
        read_layer(path, "two")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("<Point><coordinates>1_0,2</coordinates></Point>", "not written in numbers"),
        ("<Point><coordinates>\uff11,2</coordinates></Point>", "not written in numbers"),
        ("<Point><coordinates>1</coordinates></Point>", "not 1 or more positions"),
        ("<Point><coordinates>1,2 3,4</coordinates></Point>", "a point has several positions"),
        ("<Point><coordinates>1e999,2</coordinates></Point>", "beyond all numbers"),
        (f"<Polygon><outerBoundaryIs>{SQUARE.replace('0,1 0,0', '0,1 0,2')}</outerBoundaryIs></Polygon>", "not closed"),
        ("<Polygon></Polygon>", "has not one outer boundary"),
        ("<Point><coordinates>1,2</coordinates></Point>" * 2, "several geometries"),
        ('<ExtendedData><Data name="a"/><Data name="a"/></ExtendedData>', "share the name 'a'"),
    ],
)
def test_kml_that_is_none(tmp_path, shape, message):
    with pytest.raises(tk.DataError, match=rf"1 placemarks are not as KML wants them: .number 1 \('p'\): .*{message}"):
        read_layer(kml(tmp_path / "a.kml", PLACE.format("p", shape)))


def test_extended_data_that_are_called_like_our_own(tmp_path):
    data = '<ExtendedData><SchemaData><SimpleData name="name">n</SimpleData></SchemaData></ExtendedData>'
    read = read_layer(kml(tmp_path / "a.kml", PLACE.format("p", data)))
    assert (read["name"][0], read["placemark_name"][0]) == ("n", "p")
    assert isinstance(read, gpd.GeoDataFrame)
