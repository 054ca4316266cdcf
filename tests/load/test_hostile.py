"""Files that were made to do harm: refused before they can, with a message that says why."""

import json
import pickle
import sqlite3
import stat
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from load.maps import DEGREES, grid

import territorykit as tk
from territorykit.load.formats.archives import opened, unpacked
from territorykit.load.formats.files import read_layer

POINTS = {"id": "code", "lon": "lon", "lat": "lat", "crs": "EPSG:4326"}
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'


def areas():
    return grid(3, crs=DEGREES, size=0.5, origin=(8.0, 48.0)).reset_index(names="code")


def archive(path, members, **changes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for field, value in changes.items():
                setattr(info, field, value)
            file.writestr(info, content)
    return path


def parts(tmp_path):
    areas().to_file(tmp_path / "whole.shp")
    return [(f"whole{p}", (tmp_path / f"whole{p}").read_bytes()) for p in (".shp", ".shx", ".dbf", ".prj", ".cpg")]


# Paths that are no paths


@pytest.mark.parametrize(
    "source",
    [
        "/vsicurl/http://localhost:1/areas.gpkg", "http://localhost:1/areas.geojson", "s3://bucket/areas.gpkg",
        "PG:dbname=sales", "MSSQL:server=localhost", "/vsizip/areas.zip/areas.shp", "zip://areas.zip!areas.shp",
        '{"type": "FeatureCollection", "features": []}', "<OGRVRTDataSource/>", "GPKG:areas.gpkg:units", "a\0b.csv",
        "x" * 5_000, "WFS:http://localhost:1/wfs",
    ],
)  # fmt: skip
@pytest.mark.parametrize("read", [tk.read_areas, tk.read_accounts])
def test_a_source_is_a_file_of_this_machine(source, read):
    with pytest.raises(tk.DataError, match=r"there is no file|is no path of a file"):
        read(source, id="code")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(tk.DataError, match="is a folder; pass the path of a file in it"):
        tk.read_areas(tmp_path, id="code")


def test_names_with_a_meaning_for_gdal_are_plain_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("PG:areas.gpkg", "a.zip!b.gpkg", "GPKG:x.gpkg", "http:x.gpkg", "a;b?c#d.gpkg"):
        areas().to_file(tmp_path / "plain.gpkg")
        (tmp_path / "plain.gpkg").rename(tmp_path / name)
        assert len(tk.read_areas(name, id="code")) == 3


# Files that are not what they say


VRT = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"


@pytest.mark.parametrize("suffix", [".geojson", ".json", ".gpkg", ".fgb", ".shp", ".kml", ".parquet", ".zip", ".kmz"])
def test_a_virtual_file_is_never_opened(tmp_path, suffix, monkeypatch):
    areas().to_file(tmp_path / "secret.gpkg")
    path = tmp_path / f"areas{suffix}"
    path.write_text(VRT.format(tmp_path / "secret.gpkg"))
    import pyogrio  # noqa: PLC0415

    def fail(*_, **__):
        pytest.fail("GDAL saw the file")

    monkeypatch.setattr(pyogrio, "read_info", fail)
    monkeypatch.setattr(pyogrio, "list_layers", fail)
    with pytest.raises(tk.DataError):
        tk.read_areas(path, id="code")


@pytest.mark.parametrize("suffix", [".vrt", ".gml", ".tab", ".sqlite", ".gdb", ""])
def test_other_formats_are_not_handed_to_gdal(tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    path.write_text(VRT.format(tmp_path / "none.gpkg"))
    with pytest.raises(tk.DataError, match=r"are not read; save it as GeoJSON, .* or open it with geopandas"):
        tk.read_areas(path, id="code")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x"}, "a recipe for GDAL"),
        ({"type": "Topology", "objects": {}}, "TopoJSON"),
        ({"geometryType": "esriGeometryPolygon", "features": []}, "Esri JSON"),
    ],
)
def test_other_json_is_named(tmp_path, content, kind):
    path = tmp_path / "areas.json"
    path.write_text(json.dumps(content))
    with pytest.raises(tk.DataError, match=f"there are no features: the file is {kind}; export it as a GeoJSON"):
        tk.read_areas(path, id="code")


def test_a_database_that_is_no_geopackage(tmp_path):
    path = tmp_path / "areas.gpkg"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE areas (code TEXT)")
    base.close()
    with pytest.raises(tk.DataError, match=r"areas\.gpkg: .*(SQLite file|cannot be read)"):
        tk.read_areas(path, id="code")


def test_rows_that_a_geopackage_lost_are_missed(tmp_path):
    path = tmp_path / "areas.gpkg"
    areas().to_file(path, layer='a "b"')
    assert len(tk.read_areas(path, id="code")) == 3


def test_no_pickle_is_read(tmp_path):
    bomb = pickle.dumps(pd.DataFrame({"code": ["a"], "lon": [1.0], "lat": [1.0]}))
    for suffix in (".csv", ".xlsx", ".parquet", ".geojson", ".gpkg", ".fgb", ".shp", ".kml", ".kmz", ".zip"):
        path = tmp_path / f"accounts{suffix}"
        path.write_bytes(bomb)
        with pytest.raises(tk.DataError):
            tk.read_accounts(path, id="code")
    for suffix in (".pkl", ".pickle", ".p", ".npy", ".h5"):
        path = tmp_path / f"accounts{suffix}"
        path.write_bytes(bomb)
        with pytest.raises(tk.DataError, match="are not read"):
            tk.read_accounts(path, id="code")


# Archives


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    path = archive(tmp_path_factory.mktemp("bomb") / "bomb.zip", [("doc.kml", bytes(2**26 + 1))])
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [".xlsx", ".kmz", ".zip"])
def test_a_bomb_is_not_unpacked(tmp_path, suffix, bomb):
    path = tmp_path / f"bomb{suffix}"
    path.write_bytes(bomb)
    assert len(bomb) < 100_000
    read = tk.read_accounts if suffix == ".xlsx" else tk.read_areas
    with pytest.raises(
        tk.DataError, match=r"unpacks to [\d,]+ times its [\d,]+ bytes, 200 times .*ArchiveLimits\(ratio="
    ):
        read(path, id="code")
    with pytest.raises(tk.DataError, match=r"unpacks to 67,108,865 bytes, 1,000 are allowed.*unpacked="):
        read(path, id="code", limits=tk.ArchiveLimits(unpacked=1_000, ratio=1e9))


def test_too_many_members(tmp_path):
    path = archive(tmp_path / "many.zip", [(f"{i}.txt", "") for i in range(30)])
    with pytest.raises(tk.DataError, match=r"has 30 members, 20 are allowed.*members="):
        tk.read_areas(path, id="code", limits=tk.ArchiveLimits(members=20))


def test_a_member_longer_than_it_says_is_refused(tmp_path):
    path = archive(tmp_path / "lie.kmz", [("doc.kml", "<kml>" + " " * 100_000)])
    content = path.read_bytes()
    size = (100_005).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(tk.DataError, match=r"lie\.kmz: cannot be read"):
        tk.read_areas(path, id="code")


@pytest.mark.parametrize(
    "name", ["../areas.shp", "/areas.shp", "a/../../areas.shp", "..\\areas.shp", "C:\\areas.shp", "C:/areas.shp"]
)
def test_members_that_climb_out_are_refused(tmp_path, name):
    path = archive(tmp_path / "areas.zip", [(name, b"")])
    with pytest.raises(tk.DataError, match="1 members point out of the archive"):
        tk.read_areas(path, id="code")


def test_links_and_doubles_and_locks_are_refused(tmp_path):
    link = archive(tmp_path / "link.zip", [("a.shp", b"/etc/passwd")], external_attr=(stat.S_IFLNK | 0o777) << 16)
    with pytest.raises(tk.DataError, match=r"1 members are links: 'a\.shp'"):
        tk.read_areas(link, id="code")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(tmp_path / "twice.zip", [("a.shp", b""), ("a.shp", b"")])
    with pytest.raises(tk.DataError, match=r"members share a name: 'a\.shp'"):
        tk.read_areas(twice, id="code")
    locked = archive(tmp_path / "locked.zip", [("a.shp", b"abc")])
    content = bytearray(locked.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(content)
    with pytest.raises(tk.DataError, match="1 members are encrypted"):
        tk.read_areas(locked, id="code")


def test_archives_in_archives_are_not_followed(tmp_path):
    inner = archive(tmp_path / "inner.zip", parts(tmp_path))
    path = archive(tmp_path / "outer.zip", [("inner.zip", inner.read_bytes())])
    with pytest.raises(tk.DataError, match="there is no shapefile in the archive"):
        tk.read_areas(path, id="code")
    with pytest.raises(tk.DataError, match=r"there is no \.kml in the archive"):
        tk.read_areas(path.rename(tmp_path / "outer.kmz"), id="code")


def test_nothing_is_left_of_an_archive(tmp_path):
    path = archive(tmp_path / "areas.zip", [*parts(tmp_path), ("__MACOSX/whole.shp", b""), ("read.me", b"")])
    with unpacked(path, [".shp", ".dbf"]) as members:
        places = list(members.values())
        assert [place.name for place in places] == ["0.shp", "0.dbf"]
        assert all(place.exists() for place in places)
    assert not places[0].parent.exists()
    with opened(path) as file:
        assert len(file.namelist()) == 7
    assert tk.read_areas(path, id="code", layer="whole").index.tolist() == areas()["code"].tolist()


@pytest.mark.parametrize("value", [0, -1, True, "many", float("nan")])
def test_limits_are_positive(value):
    with pytest.raises(tk.RequirementError, match=r"ratio is .*; pass a positive number"):
        tk.ArchiveLimits(ratio=value)


# Markup and JSON


LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_kml_are_refused(tmp_path, encoding):
    path = tmp_path / "areas.kml"
    path.write_bytes((LAUGHS + KML.format("<Placemark><name>&b;</name></Placemark>")).encode(encoding))
    with pytest.raises(tk.DataError, match=r"declares a document type, and with it entities"):
        tk.read_areas(path, id="name")
    archive(tmp_path / "areas.kmz", [("doc.kml", path.read_bytes())])
    with pytest.raises(tk.DataError, match="declares a document type"):
        tk.read_areas(tmp_path / "areas.kmz", id="name")


def test_entities_in_a_workbook_are_refused(tmp_path):
    path, other = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    pd.DataFrame({"code": ["a"], "lon": [1.5], "lat": [2.5]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    text = LAUGHS.replace('<?xml version="1.0"?>', "").encode()
    archive(other, [(name, text + body if "sheet1" in name else body) for name, body in members])
    with pytest.raises(tk.DataError, match=r"bad\.xlsx: xl/worksheets/sheet1\.xml: the XML declares a document type"):
        tk.read_accounts(other, **POINTS)


def test_a_sheet_without_end_is_refused(tmp_path):
    path, other = tmp_path / "good.xlsx", tmp_path / "long.xlsx"
    pd.DataFrame({"code": ["a"], "lon": [1.5], "lat": [2.5]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    last = b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData>'
    archive(other, [(name, body.replace(b"</sheetData>", last)) for name, body in members])
    with pytest.raises(tk.DataError, match="the sheet says it has more than 1,048,576 rows"):
        tk.read_accounts(other, **POINTS)


def test_links_in_kml_are_not_followed(tmp_path):
    path = tmp_path / "areas.kml"
    path.write_text(KML.format("<NetworkLink><Link><href>http://localhost:1/x.kml</href></Link></NetworkLink>"))
    with pytest.raises(tk.DataError, match="links to 1 other files or addresses, which are not followed"):
        tk.read_areas(path, id="name")


@pytest.mark.parametrize("suffix", [".geojson", ".kml"])
def test_deep_nesting_is_refused(tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    deep = "[" * 200_000 if suffix == ".geojson" else "<kml>" + "<Folder>" * 5_000
    path.write_text(deep)
    with pytest.raises(tk.DataError, match=r"nested (too deeply|deeper than 100)"):
        tk.read_areas(path, id="code")
    with pytest.raises(tk.DataError):
        tk.read_plan(path, tk.Problem(tk.UnitGraph(["a"], [[0, 0]], []), 1))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5_000])
def test_numbers_that_are_none_are_refused(tmp_path, number):
    path = tmp_path / "areas.geojson"
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"code": "a"},
                    "geometry": {"type": "Point", "coordinates": [8.5, 48.5]},
                }
            ],
        }
    )
    path.write_text(text.replace("8.5", number, 1))
    with pytest.raises(tk.DataError, match=r"no number in JSON|beyond all numbers|limit .* for integer|cannot be read"):
        read_layer(path)


def test_collections_in_collections(tmp_path):
    path = tmp_path / "areas.geojson"
    shape = {"type": "Point", "coordinates": [1, 2]}
    for _ in range(50):
        shape = {"type": "GeometryCollection", "geometries": [shape]}
    path.write_text(json.dumps({"type": "Feature", "properties": {"code": "a"}, "geometry": shape}))
    with pytest.raises(tk.DataError, match="collections are nested deeper than 16"):
        read_layer(path)


# Texts


def test_long_fields_and_nul_characters_in_a_csv(tmp_path):
    path = tmp_path / "accounts.csv"
    path.write_text("code,lat,lon\n" + "x" * 200_000 + ",1,2\n")
    with pytest.raises(tk.DataError, match="field larger than field limit"):
        tk.read_accounts(path, **POINTS)
    path.write_bytes(b"code,lat,lon\na\0b,1,2\n")
    with pytest.raises(tk.DataError, match="has NUL characters, the first at character 14"):
        tk.read_accounts(path, **POINTS)


def test_a_parquet_that_swells_is_refused(tmp_path):
    path = tmp_path / "accounts.parquet"
    pd.DataFrame({"code": range(20_000), "lon": 1.5, "lat": 2.5}).to_parquet(path)
    with pytest.raises(tk.DataError, match=r"20,000 rows of 3 columns need [\d,]+ bytes or more, 100,000 are allowed"):
        tk.read_accounts(path, **POINTS, limits=tk.ArchiveLimits(unpacked=100_000))
    assert len(tk.read_accounts(path, **POINTS)) == 20_000


def test_formulas_stay_texts(tmp_path):
    table = pd.DataFrame({"code": ["a", "b"], "lon": [1.5, 2.5], "lat": [2.5, 3.5], "name": ["=1+1", "@x"]})
    path = tmp_path / "accounts.csv"
    table.to_csv(path, index=False)
    assert tk.read_accounts(path, **POINTS)["name"].tolist() == ["=1+1", "@x"]
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=DEGREES)
    for suffix in (".geojson", ".gpkg", ".fgb", ".shp"):
        frame.to_file(tmp_path / f"accounts{suffix}")
        assert sorted(tk.read_accounts(tmp_path / f"accounts{suffix}", id="code")["name"]) == ["=1+1", "@x"]
