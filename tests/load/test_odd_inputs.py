"""Odd input: a right result, or an error that says what is wrong; never a wrong number or a lost total."""

import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from load.maps import grid
from openpyxl import Workbook
from shapely import Point, Polygon, box

import territorykit as tk

SQUARES = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
SITE = 'LOCAL_CS["site",UNIT["metre",1]]'
ROLES = {"id": "id", "lon": "lon", "lat": "lat", "crs": "EPSG:4326"}


def areas(shapes=SQUARES, ids=None, crs="EPSG:32632", **columns):
    return gpd.GeoDataFrame(columns, index=ids or list("abcdefgh"[: len(shapes)]), geometry=shapes, crs=crs)


def faults_of(frame, **settings):
    found = tk.check_areas(frame, **settings)
    return list(zip(found["fault"], found["units"], strict=True))


# no rows, and rows that are the same


def test_nothing_is_not_nothing_wrong():
    with pytest.raises(tk.DataError, match="areas: there are no rows; check the file and the layer"):
        tk.check_areas(areas([]))
    with pytest.raises(tk.DataError, match="accounts: there are no rows"):
        tk.check_accounts(pd.DataFrame({"lon": [], "lat": []}), lon="lon", lat="lat", crs="EPSG:4326")


@pytest.mark.parametrize(
    "twin", [Polygon([(1000, 1000), (500, 1000), (0, 1000), (0, 0), (1000, 0)]), shapely.force_3d(SQUARES[0], 7)]
)
def test_the_same_ground_with_other_corners_is_an_overlap(twin):
    found = tk.check_areas(areas([SQUARES[0], twin]))
    assert found[["fault", "units", "value"]].to_numpy().tolist() == [["overlap", ("a", "b"), 1e6]]


def test_columns_that_share_a_name():
    table = pd.DataFrame([["a", 9.0, 48.0, 1, 2]], columns=["id", "lon", "lat", "v", "v"])
    for look in (tk.read_accounts, tk.check_accounts):
        with pytest.raises(tk.DataError, match="accounts: columns share the name 'v'; give each its own"):
            look(table, **ROLES)


def test_tuples_are_no_ids():
    frame = areas(code=[("x", 1), ("y", 2)])
    assert faults_of(frame, id="code") == [("mixed_ids", ())]
    with pytest.raises(tk.DataError, match="ids are of type tuple"):
        tk.read_areas(frame, id="code")


def test_rows_joined_where_lists_are_equal():
    """A Parquet file gives lists back as arrays."""
    alike = areas(ids=["a", "a"], held=[np.array(["x", "y"]), np.array(["x", "y"])])
    repaired, changes = tk.repair_areas(alike, duplicates="dissolve")
    assert (repaired.area.tolist(), changes["change"].tolist()) == ([2e6], ["dissolved"])
    for other in (np.array(["x", "z"]), np.array(["x"]), None):
        with pytest.raises(tk.DataError, match="shared by rows whose columns differ: 'a'"):
            tk.repair_areas(areas(ids=["a", "a"], held=[np.array(["x", "y"]), other]), duplicates="dissolve")


@pytest.mark.parametrize("column", ["geometry", ["code"]])
def test_columns_that_hold_no_ids(column):
    with pytest.raises(tk.DataError, match="for id; the columns are 'code'"):
        tk.read_areas(areas(code=["x", "y"]), id=column)


# coordinate systems


def test_maps_of_the_world_stretch_and_square_metres_do_not():
    """At 60 degrees, EPSG:3857 draws everything four times as large."""
    ring = Polygon(box(9.9, 59.9, 10.2, 60.2).exterior, [box(10.0, 60.0, 10.1, 60.1).exterior])
    true = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(box(10.0, 60.0, 10.1, 60.1))[0]
    for crs in ("EPSG:4326", "EPSG:3857", "EPSG:3395", "EPSG:32632", "EPSG:6933"):
        found = tk.check_areas(areas([ring], crs="EPSG:4326").to_crs(crs))
        assert found["fault"].tolist() == ["gap"]
        assert found["value"].tolist() == pytest.approx([true], rel=0.01)


def test_a_graph_on_a_map_of_the_world_is_warned_of():
    """At 60 degrees north lengths are doubled, and areas four times as large; at the equator nothing is wrong."""
    north = areas([box(10.0, 59.9, 10.1, 60.0), box(10.1, 59.9, 10.2, 60.0)], crs="EPSG:4326").to_crs("EPSG:3857")
    with pytest.warns(tk.TerritoryKitWarning, match=r"EPSG:3857 draws lengths up to 2\.00 times and areas up to 4\.00"):
        stretched = tk.unit_graph(north, activities=[])
    true = tk.unit_graph(north, activities=[], crs="equal-area")
    assert stretched.area.sum() == pytest.approx(4 * true.area.sum(), rel=0.02)
    tk.unit_graph(areas(crs="EPSG:3857"), activities=[])
    place = gpd.GeoDataFrame(index=["p"], geometry=[Point(10.05, 60.05)], crs="EPSG:4326")
    assert tk.add_accounts(north, place, outside="nearest", max_distance=6000)["n_accounts"].tolist() == [1, 0]


def test_a_width_in_metres_on_a_map_of_the_world():
    """1000 m on the map are 528 m on the ground there."""
    north = 8_000_000
    hole = box(1000, north + 1000, 2000, north + 2000)
    frame = areas([Polygon(box(0, north, 3000, north + 3000).exterior, [hole.exterior])], crs="EPSG:3857")
    assert tk.repair_areas(frame, gap_width=520)[1]["change"].tolist() == ["left"]
    assert tk.repair_areas(frame, gap_width=540)[1]["change"].tolist() == ["gap"]


def test_a_building_site_has_no_place_on_earth():
    site = areas(crs=SITE, people=[1, 2])
    units = areas()
    places = gpd.GeoDataFrame({"v": [1]}, index=["p"], geometry=[Point(9, 0)], crs="EPSG:4326")
    nowhere = "has no place on Earth; bring them to EPSG:4326 or a projection"
    found = tk.check_areas(site)
    assert found["fault"].tolist() == ["no_crs"]
    assert "has no place on Earth" in found["what"].iloc[0]
    table = pd.DataFrame({"lon": [1], "lat": [2]})
    assert tk.check_accounts(table, lon="lon", lat="lat", crs=SITE, areas=units)["fault"].tolist() == ["no_crs"]
    for work in (
        lambda: tk.add_accounts(site, places),
        lambda: tk.add_accounts(site, places.set_crs(SITE, allow_override=True), outside="nearest"),
        lambda: tk.unit_graph(site, activities=[], crs="equal-area"),
        lambda: tk.interpolate(site, units, extensive=["people"]),
    ):
        with pytest.raises(tk.DataError, match=nowhere):
            work()
    with pytest.raises(tk.DataError, match="no coordinate system"):
        tk.check_accounts(places, areas=site)
    with pytest.raises(tk.DataError, match="faults: they have no coordinate system"):
        tk.explore_faults(found, site)


def test_coordinates_beyond_any_map():
    frame = areas([box(0, 0, 1e300, 1e300), SQUARES[1]], code=["a", "b"])
    assert faults_of(frame) == [("out_of_range", ("a",))]
    with pytest.raises(tk.DataError, match=r"1 rows have coordinates beyond any map \(1e12\): 'a'"):
        tk.read_areas(frame, id="code")
    table = pd.DataFrame({"id": ["x", "y"], "lon": [1e13, 5e5], "lat": [0.0, 5e6]})
    found = tk.check_accounts(table, **{**ROLES, "crs": "EPSG:32632"})
    assert found[["fault", "units"]].to_numpy().tolist() == [["out_of_range", ("x",)]]


def test_chinese_coordinates_out_of_range_are_faults():
    shapes = [box(116.0, 40.0, 116.1, 40.1), box(500, 500, 501, 501), None, Polygon([(116, 40), (np.inf, 3), (1, 2)])]
    found = tk.check_areas(areas(shapes, crs="EPSG:4326"), crs="gcj02")
    assert dict(zip(found["fault"], found["units"], strict=True)) == {
        "missing_geometry": ("c",), "invalid_geometry": ("d",), "out_of_range": ("b",)
    }  # fmt: skip
    places = gpd.GeoDataFrame(index=["x", "y"], geometry=[Point(116, 40), Point(500, 500)], crs="EPSG:4326")
    found = tk.check_accounts(places, crs="gcj02")
    assert found[["fault", "units"]].to_numpy().tolist() == [["out_of_range", ("y",)]]


def test_accounts_beyond_the_reach_of_a_projection_are_named():
    places = gpd.GeoDataFrame(
        {"v": [1, 2]}, index=["near", "away"], geometry=[Point(10, 52), Point(-170, -52)], crs=4326
    )
    units = areas(crs="EPSG:3035")
    found = tk.check_accounts(places, areas=units).set_index("units")
    assert found.loc[[("away",)], ["fault", "value"]].to_numpy().tolist() == [["far_outside", np.inf]]
    with pytest.raises(tk.DataError, match="1 rows lie outside the reach of EPSG:3035: 'away'"):
        tk.add_accounts(units, places, sum=["v"], outside="nearest")


# values


@pytest.mark.parametrize(
    "odd",
    [[True, False], [9j, 1], pd.to_timedelta([1, 2]), pd.to_datetime(["2020-01-01", "2021-01-01"])],
    ids=["flags", "complex", "durations", "dates"],
)
def test_what_is_no_coordinate(odd):
    table = pd.DataFrame({"id": ["a", "b"], "lon": odd, "lat": [48.0, 49.0]})
    with pytest.raises(tk.DataError, match="2 values of 'lon' are no numbers: 'a', 'b'"):
        tk.read_accounts(table, **ROLES)
    assert set(tk.check_accounts(table, **ROLES)["fault"]) == {"not_a_coordinate"}


def test_whole_numbers_of_any_length():
    huge = pd.Series([10**400, 1], dtype=object)
    with pytest.raises(tk.DataError, match=r"1 values of 'lon' are (infinite|no numbers): 'a'"):
        tk.read_accounts(pd.DataFrame({"id": ["a", "b"], "lon": huge, "lat": [48.0, 49.0]}), **ROLES)
    held = areas()
    held["v"] = pd.Series(huge.tolist(), index=held.index, dtype=object)
    assert faults_of(held, activities=["v"]) == [("infinite_value", ("a",))]


def test_sums_of_whole_numbers_are_exact():
    """Beyond 2**53 a float lacks the last digit, and beyond 2**63 there is no whole number to add up in."""
    places = gpd.GeoDataFrame(
        {"v": [2**53 + 1, 2]}, index=["x", "y"], geometry=[Point(1, 1), Point(2, 2)], crs="EPSG:32632"
    )
    assert tk.add_accounts(areas(), places, sum=["v"])["v"].tolist() == [2**53 + 3, 0]
    places["v"] = np.array([2**64 - 1, 1], np.uint64)
    with pytest.raises(tk.DataError, match=r"column 'v' of the accounts: values are beyond 2\*\*63"):
        tk.add_accounts(areas(), places, sum=["v"])


@pytest.mark.parametrize("held", [["('x1', 'x2')", "()"], [None, None]])
def test_ids_of_accounts_that_a_file_made_into_texts(held):
    places = gpd.GeoDataFrame(index=["y"], geometry=[Point(1, 1)], crs="EPSG:32632")
    with pytest.raises(tk.DataError, match="'account_ids' that are no tuples of ids but"):
        tk.add_accounts(areas(account_ids=held), places)


def test_figures_that_cannot_be_added():
    with pytest.raises(tk.DataError, match="the total of 'v' may be beyond"):
        tk.interpolate(areas(v=[1e308, 1e308]), areas(ids=["x", "y"]), extensive=["v"])


@pytest.mark.parametrize("codes", [[["44"]], np.array([[440305, 440306]]), [{"a": 1}]])
def test_lists_are_no_codes(codes):
    with pytest.raises(tk.DataError, match="1 codes have not 2, 4, 6, 9 or 12 digits"):
        tk.nest_by_adcode(codes)


@pytest.mark.parametrize("regions", [None, 3])
def test_regions_that_are_no_names(regions):
    with pytest.raises(tk.DataError, match=f"shifted_regions names {regions}"):
        tk.convert_coordinates([116.0], [40.0], "wgs84", "gcj02", shifted_regions=regions)


# files


def workbook(path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ([["id", "lon", "lat", "v"], [1, 9, 48, "=1+1"], [2, 9, 48, 5]], "1 formulas have no saved value: 'D2'"),
        ([["id", "lon", "lat"], [1, 9, 48], ["=A2+1", "=B2", "=C2"]], "3 formulas have no saved value: 'A3', 'B3'"),
        ([["id", "lon", "lat", '="v"'], [1, 9, 48, 5]], "1 formulas have no saved value: 'D1'"),
    ],
    ids=["cell", "row", "header"],
)
def test_formulas_without_values_are_not_left_out(tmp_path, rows, cells):
    with pytest.raises(tk.DataError, match=cells):
        tk.read_accounts(workbook(tmp_path / "a.xlsx", *rows), **ROLES)


def test_formulas_with_values_and_empty_results(tmp_path):
    """Spreadsheet programs say of a formula whose result is the empty text that it is a text."""
    path = workbook(tmp_path / "a.xlsx", ["id", "lon", "lat", "v", "w"], [1, 9, 48, "=1+1", '=""'], [2, 9, 48, 5, "x"])
    saved = tmp_path / "saved.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = text.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(
                    b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"
                )
                text = text.replace(b'<c r="E2">', b'<c r="E2" t="str">')
            new.writestr(name, text)
    accounts = tk.read_accounts(saved, **ROLES)
    assert accounts["v"].tolist() == [2, 5]
    assert accounts["w"].isna().tolist() == [True, False]


@pytest.mark.parametrize("encoding", ["gb18030", "nonsense"])
def test_markup_in_other_encodings(tmp_path, encoding):
    path = tmp_path / "a.kml"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?><kml/>'.encode())
    with pytest.raises(tk.DataError, match=r"a\.kml: the XML is in an encoding that is not read .*; save it in UTF-8"):
        tk.read_areas(path, id="name")


def test_an_archive_is_called_by_its_own_name(tmp_path):
    areas(code=["x", "y"]).to_file(tmp_path / "map.shp")
    with zipfile.ZipFile(tmp_path / "map.zip", "w") as archive:
        for suffix in (".shp", ".shx"):
            archive.write(tmp_path / f"map{suffix}", f"map{suffix}")
    with pytest.raises(tk.DataError, match=r"^map\.zip: a shapefile is several files, and \.dbf is not beside it"):
        tk.read_areas(tmp_path / "map.zip", id="code")


def test_account_ids_that_parquet_made_arrays_are_taken(tmp_path):
    areas = grid(2).assign(account_ids=[("x", "y"), ()])
    areas.to_parquet(tmp_path / "areas.parquet")
    graph = tk.unit_graph(gpd.read_parquet(tmp_path / "areas.parquet"), activities=["work"])
    assert graph.account_ids.tolist() == ["x", "y"]
    assert graph.account_units.tolist() == [0, 0]
