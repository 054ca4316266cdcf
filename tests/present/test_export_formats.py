"""What stands in the files that other programs open: KML, shapefiles, workbooks, lists in old encodings."""

import html
import sys
import zipfile
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from openpyxl import load_workbook
from samples import grid_areas, grid_plan

import territorykit as tk
from territorykit.load.formats.files import read_layer
from territorykit.present.shapefile import short_names

COLUMNS = [0, 1, 2, 0, 1, 2]
NAMES = ["west", "mid", "east"]
NAMESPACE = "{http://www.opengis.net/kml/2.2}"
CUT = pytest.mark.filterwarnings("ignore:.*names of columns are cut:territorykit.TerritoryKitWarning")


def written(tmp_path, suffix, plan=None, **columns):
    plan = grid_plan(COLUMNS, names=NAMES, centers=[0, 1, 2]) if plan is None else plan
    path = tmp_path / f"plan{suffix}"
    tk.write_plan(plan, grid_areas(ids=plan.problem.graph.ids).assign(**columns), path)
    return path


# KML


def test_a_folder_for_each_territory(tmp_path):
    root = ET.parse(written(tmp_path, ".kml")).getroot()  # noqa: S314 - our own
    folders = root.findall(f".//{NAMESPACE}Folder")
    assert [folder.find(f"{NAMESPACE}name").text for folder in folders] == NAMES
    places = [[p.find(f"{NAMESPACE}name").text for p in f.findall(f"{NAMESPACE}Placemark")] for f in folders]
    assert places == [["west", "u0", "u3"], ["mid", "u1", "u4"], ["east", "u2", "u5"]]
    colors = {style.find(f".//{NAMESPACE}PolyStyle/{NAMESPACE}color").text for style in root.iter(f"{NAMESPACE}Style")}
    assert colors == {"99ddaa77", "996688ee", "9988ddee"}, "opacity, blue, green, red"


def test_kml_is_in_wgs84_and_other_programs_read_it(tmp_path):
    path = written(tmp_path, ".kml")
    shapes = grid_areas().to_crs(4326).geometry
    layers = [gpd.read_file(path, layer=name) for name in pyogrio.list_layers(path)[:, 0]]
    assert [len(layer) for layer in layers] == [3, 3, 3]
    units = pd.concat(layers)
    column = "unit" if "unit" in units.columns else "Name"  # builds of GDAL without libkml give names alone
    units = units[units[column].fillna("").str.startswith("u")].set_index(column).sort_index()
    assert units.crs == "EPSG:4326"
    wanted = shapely.set_precision(shapes.to_numpy(), 1e-7)
    assert shapely.equals_exact(shapely.force_2d(units.geometry.to_numpy()), wanted, 1.1e-7, normalize=True).all()


def test_holes_and_parts_and_missing_shapes_of_kml(tmp_path):
    areas = grid_areas(crs="EPSG:4326").set_geometry(shapely.box([1, 3, 5, 7, 9, 11], 1, [2, 4, 6, 8, 10, 12], 2))
    areas = areas.set_crs(4326, allow_override=True)
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    areas.loc["u1", "geometry"] = shapely.MultiPolygon([ring, shapely.box(5, 5, 6, 6)])
    areas.loc["u2", "geometry"] = shapely.Point(1, 2)
    areas.loc["u3", "geometry"] = None
    path = tmp_path / "plan.kml"
    tk.write_plan(grid_plan(COLUMNS), areas, path)
    frame = read_layer(path, texts=("unit",))
    read = frame[frame["unit"].notna()].set_index("unit")
    assert read.loc["u1", "geometry"].equals(areas.loc["u1", "geometry"])
    assert read.loc["u2", "geometry"] == shapely.Point(1, 2)
    assert read.loc["u3", "geometry"] is None
    text = path.read_text("utf-8")
    assert "0.0000000,0.0000000 3.0000000,0.0000000 3.0000000,3.0000000" in text, "outer rings run counterclockwise"


def test_names_in_kml_are_texts(tmp_path, hostile):
    names = [hostile[0], "$[unit] & $[description]", hostile[2]]
    ids = [*hostile[:5], "]]>&lt;b&gt;"]
    plan = grid_plan(COLUMNS, names=names, ids=ids)
    path = written(tmp_path, ".kml", plan, note=hostile[:6])
    root = ET.parse(path).getroot()  # noqa: S314 - our own
    known = {"kml", "Document", "Style", "LineStyle", "PolyStyle", "BalloonStyle", "text", "color", "width", "Folder"}
    known |= {"name", "Placemark", "description", "styleUrl", "ExtendedData", "Data", "value", "Polygon", "LinearRing"}
    known |= {"outerBoundaryIs", "innerBoundaryIs", "coordinates", "MultiGeometry"}
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= known, "a name became markup"
    assert {text.text for text in root.iter(f"{NAMESPACE}text")} == {"$[description]"}
    for description in root.iter(f"{NAMESPACE}description"):
        bare = description.text.replace("<br/>", "")
        assert not set(bare) & set('<>"$['), "the balloon shows texts only"
    shown = {html.unescape(d.text) for d in root.iter(f"{NAMESPACE}description")}
    assert any("$[unit] & $[description]" in text for text in shown)
    assert tk.read_plan(path, plan.problem) == plan


def test_kml_needs_a_coordinate_system_and_characters_of_xml(tmp_path):
    with pytest.raises(tk.DataError, match="the areas state no coordinate system, and KML is in WGS 84"):
        tk.write_plan(grid_plan(COLUMNS), grid_areas(crs=None), tmp_path / "plan.kml")
    with pytest.raises(tk.DataError, match="column 'note' has characters that XML cannot hold"):
        written(tmp_path, ".kml", note="a\x0bb")
    assert list(tmp_path.iterdir()) == []


# Shapefiles


@CUT
def test_a_shapefile_is_in_utf8_and_its_names_are_cut(tmp_path):
    with pytest.warns(tk.TerritoryKitWarning) as caught:
        path = written(tmp_path, ".shp", 销售区域名称="华东", description_of_unit=1.5, Territory_=7)
    texts = " ".join(str(warning.message) for warning in caught)
    assert "'销售区域名称' is '销售区'" in texts
    assert "'description_of_unit' is 'descriptio'" in texts
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{stem}{part}" for stem in ("plan", "plan_territories") for part in (".shp", ".shx", ".dbf", ".prj", ".cpg")
    }
    assert (tmp_path / "plan.cpg").read_text() == "UTF-8"
    units = gpd.read_file(path)
    assert units["territory"].tolist() == NAMES * 2
    assert units["销售区"].tolist() == ["华东"] * 6
    assert units["Territory_"].tolist() == [7] * 6
    whole = gpd.read_file(tmp_path / "plan_territories.shp")
    assert whole["calls_size"].tolist() == [5, 7, 9]
    assert whole.crs == grid_areas().crs


@CUT
def test_an_archive_of_shapefiles(tmp_path):
    path = written(tmp_path, ".zip")
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == sorted(
            f"{name}{part}" for name in ("units", "territories") for part in (".shp", ".shx", ".dbf", ".prj", ".cpg")
        )
        assert archive.testzip() is None
    assert gpd.read_file(f"zip://{path}!territories.shp")["territory"].tolist() == NAMES
    assert tk.read_areas(path, id="unit", layer="units").index.tolist() == [f"u{i}" for i in range(6)]


@CUT
def test_what_a_shapefile_cannot_hold_is_refused(tmp_path):
    with pytest.raises(tk.DataError, match="column 'note' has 6 texts of more than 254 bytes"):
        written(tmp_path, ".shp", note="华" * 85)
    with pytest.raises(tk.DataError, match="the areas state no coordinate system, and a shapefile needs it"):
        tk.write_plan(grid_plan(COLUMNS), grid_areas(crs=None), tmp_path / "plan.shp")
    assert list(tmp_path.iterdir()) == []
    path = written(tmp_path, ".shp", note="华" * 84, day=pd.Timestamp("2026-01-02 03:04"))
    assert gpd.read_file(path)["day"].tolist() == ["2026-01-02 03:04:00"] * 6
    with pytest.warns(tk.TerritoryKitWarning, match="the shapefile is without 'account_ids'"):
        path = written(tmp_path, ".shp", account_ids=[("a" * 300,)] * 6)
    assert "account_id" not in gpd.read_file(path).columns


def test_short_names_are_different():
    names = short_names([f"a_long_name_{i}" for i in range(12)] + ["A_LONG_NAM", "unit", "Unit"], {"unit"})
    cut = list(names.values())
    assert len({name.lower() for name in cut}) == len(cut)
    assert all(len(name.encode()) <= 10 for name in cut)
    assert names["unit"] == "unit"
    assert names["Unit"] == "Unit_1"


# FlatGeobuf


def test_units_of_a_flatgeobuf_keep_their_order(tmp_path):
    path = written(tmp_path, ".fgb")
    assert gpd.read_file(path)["unit"].tolist() == [f"u{i}" for i in range(6)]
    assert gpd.read_file(tmp_path / "plan_territories.fgb")["territory"].tolist() == NAMES


# Workbooks


def test_sheets_of_a_plan(tmp_path):
    plan = grid_plan(COLUMNS, names=["=1+1", "001", "east"], ids=[5, 4, 3, 2, 1, 10**16], centers=[0, 1, 2])
    path = tmp_path / "plan.xlsx"
    tk.write_plan(plan, None, path)
    book = load_workbook(path)
    assert book.sheetnames == ["units", "territories"]
    rows = [[cell.value for cell in row] for row in book["units"].iter_rows()]
    assert rows[0] == ["unit", "territory", "is_center", "calls", "revenue"]
    assert rows[1] == [5, "'=1+1", True, 1, 100]
    assert rows[6] == ["10000000000000000", "east", False, 6, 100]
    assert {cell.data_type for row in book["units"].iter_rows() for cell in row} == {"s", "n", "b"}
    assert [cell.value for cell in book["territories"]["A"]] == ["territory", "'=1+1", "001", "east"]
    assert tk.read_plan(path, plan.problem) == plan


def test_a_sheet_that_people_changed(tmp_path):
    plan = grid_plan(COLUMNS, names=["1", "2", "3"], ids=range(6))
    path = tmp_path / "plan.xlsx"
    tk.write_plan(plan, None, path)
    book = load_workbook(path)
    book["units"]["B7"] = 1  # a number, as people type it
    book["units"]["C7"] = "TRUE"
    book.save(path)
    with pytest.raises(tk.PlanError, match="no center: '2', '3'"):
        tk.read_plan(path, plan.problem)
    book["units"]["C7"] = "perhaps"
    book.save(path)
    with pytest.raises(tk.DataError, match="'is_center' holds 'perhaps'"):
        tk.read_plan(path, plan.problem)
    book["units"]["C7"] = None
    book.save(path)
    assert tk.read_plan(path, plan.problem).labels.tolist() == [0, 1, 2, 0, 1, 0]


def test_a_workbook_needs_its_package(tmp_path, monkeypatch):
    plan = grid_plan(COLUMNS)
    tk.write_plan(plan, None, tmp_path / "plan.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(tk.BackendError, match=r'pip install "territorykit\[files\]"'):
        tk.read_plan(tmp_path / "plan.xlsx", plan.problem)
    with pytest.raises(tk.BackendError, match=r'pip install "territorykit\[files\]"'):
        tk.write_plan(plan, None, tmp_path / "other.xlsx")


# Accounts


def test_accounts_in_an_old_encoding(tmp_path):
    plan = grid_plan(COLUMNS, names=["华东", "华南", "ö"])
    accounts = pd.DataFrame({"u": ["u0", "u2"], "客户": ["甲", "𠮷"]}, index=pd.Index([1, 2], name="id"))
    path = tmp_path / "accounts.csv"
    tk.write_accounts(plan, accounts, path, unit="u", encoding="gb18030")
    assert path.read_bytes().decode("gb18030").splitlines() == ["id,territory,u,客户", "1,华东,u0,甲", "2,ö,u2,𠮷"]
    with pytest.raises(tk.DataError, match=r"accounts\.csv cannot hold this table: 'gb2312' codec can't encode"):
        tk.write_accounts(plan, accounts, path, unit="u", encoding="gb2312")
    with pytest.raises(tk.DataError, match="encoding is 'klingon', which is no encoding of texts"):
        tk.write_accounts(plan, accounts, path, unit="u", encoding="klingon")
    with pytest.raises(tk.DataError, match=r"encoding is 'gb18030', and it goes with \.csv only"):
        tk.write_accounts(plan, accounts, tmp_path / "accounts.xlsx", unit="u", encoding="gb18030")
    assert path.read_bytes().decode("gb18030").count("\n") == 3
