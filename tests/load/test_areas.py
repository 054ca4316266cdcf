import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from load.maps import DEGREES, UTM, grid

import territorykit as tk
from territorykit.load import datasets


def table(**changes):
    areas = grid(3, crs=UTM).reset_index(names="code")
    for name, values in changes.items():
        areas[name] = values
    return areas


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet", ".fgb"])
def test_files_come_back_as_they_were_written(tmp_path, suffix):
    areas = grid(3, crs=DEGREES, size=0.5, origin=(8.0, 48.0)).reset_index(drop=True)
    areas["code"] = ["007", "042", "1E5"]
    areas["day"] = ["2020-01-01", "2020-01-02", "2020-01-03"]
    path = tmp_path / f"areas{suffix}"
    areas.to_parquet(path) if suffix == ".parquet" else areas.to_file(path)
    read = tk.read_areas(path, id="code")
    assert sorted(read.index) == ["007", "042", "1E5"]
    read = read.loc[["007", "042", "1E5"]]  # FlatGeobuf keeps an order of its own
    assert read.index.name == "code"
    assert "code" not in read.columns
    assert read["work"].tolist() == [1, 2, 3]
    assert read.crs.equals("EPSG:4326", ignore_axis_order=True)
    assert all(a.equals(b) for a, b in zip(read.geometry, areas.geometry, strict=True))
    if suffix == ".geojson":
        assert read["day"].tolist() == ["2020-01-01", "2020-01-02", "2020-01-03"]


def test_zipped_shapefile(tmp_path):
    path = tmp_path / "areas.shp.zip"
    table(code=[3, 1, 2]).to_file(path, driver="ESRI Shapefile")
    assert tk.read_areas(str(path), id="code").index.tolist() == [3, 1, 2]


def test_shapefile_texts_in_another_encoding(tmp_path):
    path = tmp_path / "areas.shp"
    table(code=["Köln", "Lüneburg", "Fürth"]).to_file(path, encoding="cp1252")
    (tmp_path / "areas.cpg").unlink()
    assert tk.read_areas(path, id="code", encoding="cp1252").index.tolist() == ["Köln", "Lüneburg", "Fürth"]


def test_one_of_several_layers_must_be_named(tmp_path):
    path = tmp_path / "areas.gpkg"
    table().to_file(path, layer="counties")
    table(code=["x", "y", "z"]).to_file(path, layer="zones")
    with pytest.raises(tk.DataError, match=r"2 layers \('counties', 'zones'\); name one with layer="):
        tk.read_areas(path, id="code")
    with pytest.raises(tk.DataError, match="there is no layer 'zone'"):
        tk.read_areas(path, id="code", layer="zone")
    assert tk.read_areas(path, id="code", layer="zones").index.tolist() == ["x", "y", "z"]


def test_a_frame_is_not_changed():
    areas = table()
    before = areas.copy()
    read = tk.read_areas(areas, id="code")
    pd.testing.assert_frame_equal(areas, before)
    assert read.index.tolist() == ["c0r0", "c1r0", "c2r0"]
    pd.testing.assert_frame_equal(tk.read_areas(read, id="code"), read)  # the index serves as well


def test_whole_numbers_that_became_floats_are_ids():
    assert tk.read_areas(table(code=[1.0, 2.0, 3.0]), id="code").index.tolist() == [1, 2, 3]


def test_missing_file_and_wrong_kinds_of_source(tmp_path):
    with pytest.raises(tk.DataError, match=r"there is no file .*nowhere\.gpkg"):
        tk.read_areas(tmp_path / "nowhere.gpkg", id="code")
    with pytest.raises(tk.DataError, match="cannot read from a list"):
        tk.read_areas([], id="code")
    broken = tmp_path / "broken.geojson"
    broken.write_text("{ this is no json")
    with pytest.raises(tk.DataError, match=r"broken\.geojson: cannot be read"):
        tk.read_areas(broken, id="code")
    plain = tmp_path / "plain.parquet"
    pd.DataFrame({"code": [1]}).to_parquet(plain)
    with pytest.raises(tk.DataError, match="needs the GeoParquet metadata"):
        tk.read_areas(plain, id="code")


def test_a_layer_without_geometries(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("code,work\na,1\n")
    with pytest.raises(tk.DataError, match="the layer has no geometries"):
        tk.read_areas(path, id="code")


def test_unknown_id_column_lists_the_columns():
    with pytest.raises(tk.DataError, match="no column 'fips' for id; the columns are 'code', 'work'"):
        tk.read_areas(table(), id="fips")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", None, "b"], "1 ids are missing, at position 1"),
        (["a", "", "b"], "1 ids are missing, at position 1"),
        ([1, np.nan, 2], "1 ids are missing, at position 1"),
        (["a", "b", "a"], "1 ids are used more than once: 'a'"),
        ([1, "b", 2], "ids are of type int, str"),
        ([1.5, 2.0, 3.0], "ids are of type float, int"),
        (pd.array([1, None, 2], "Int64"), "1 ids are missing, at position 1"),
    ],
)
def test_bad_ids(ids, message):
    with pytest.raises(tk.DataError, match=message):
        tk.read_areas(table(code=ids), id="code")


def test_all_problems_come_in_one_error():
    areas = gpd.GeoDataFrame(
        {"code": ["a", "b", "c", "d", "e", "e"]},
        geometry=[
            None,
            shapely.Polygon(),
            shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)]),
            shapely.Point(1, 1),
            shapely.box(0, 0, 1, 1),
            shapely.box(1, 0, 2, 1),
        ],
    )
    with pytest.raises(tk.DataError) as raised:
        tk.read_areas(areas, id="code")
    text = str(raised.value)
    assert "6 problems" in text
    for part in (
        "the coordinate system is not stated; name it with crs=",
        "1 ids are used more than once: 'e'",
        "1 geometries are missing: 'a'",
        "1 geometries are empty: 'b'",
        "1 geometries are no polygons but Point: 'd'",
        "1 geometries are invalid: 'c'; the first: Self-intersection",
    ):
        assert part in text
    assert text.count("coordinate system") == 1


def test_no_areas():
    with pytest.raises(tk.DataError, match="there are no areas"):
        tk.read_areas(table().iloc[:0], id="code")


def test_coordinate_systems_are_named_not_guessed():
    bare = gpd.GeoDataFrame(table()).set_crs(None, allow_override=True)
    assert tk.read_areas(bare, id="code", crs=32632).crs == UTM
    assert tk.read_areas(table(), id="code", crs=UTM).crs == UTM
    with pytest.raises(tk.DataError, match="stated to be in EPSG:32632, and crs= names EPSG:4326"):
        tk.read_areas(table(), id="code", crs=4326)
    with pytest.raises(tk.DataError, match="crs='nonsense' is no coordinate system"):
        tk.read_areas(bare, id="code", crs="nonsense")


def test_metres_that_are_said_to_be_degrees():
    with pytest.raises(tk.DataError, match=r"3 rows have coordinates that are no degrees.*another system than it says"):
        tk.read_areas(table().set_crs(4326, allow_override=True), id="code")


def test_degrees_beside_metres():
    areas = table()
    areas.loc[1, "geometry"] = shapely.box(9, 48, 10, 49)
    with pytest.raises(tk.DataError, match=r"1 rows of a projected layer .* like degrees.*: 'c1r0'; the layer mixes"):
        tk.read_areas(areas, id="code")
    with pytest.raises(tk.DataError, match=r"2 rows have coordinates that are no degrees.*'c0r0', 'c2r0'; other rows"):
        tk.read_areas(areas.set_crs(4326, allow_override=True), id="code")


def test_a_plan_of_a_factory_floor_is_no_mixture():
    floor = grid(40, 40, size=10.0, origin=(-200.0, -200.0))  # the middle looks like degrees, and so does its edge
    assert len(tk.read_areas(floor.reset_index(names="code"), id="code")) == 1600


def test_texas():
    areas = datasets.texas_areas()
    assert len(areas) == 254
    assert areas.index.str.fullmatch(r"48\d{3}").all()
    assert areas.loc["48453", "name"] == "Travis"
    with pytest.raises(tk.DataError, match=re.escape("there are 'CREDITS.md', 'texas_accounts.csv', 'texas_counties")):
        datasets.path("ohio.csv")


def test_credits_name_what_is_synthetic():
    text = datasets.path("CREDITS.md").read_text(encoding="utf-8")
    assert "`annual_revenue` (USD per year) and `visits_per_year` are **synthetic**" in text
    assert "CC BY 4.0" in text
