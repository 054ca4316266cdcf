"""Ids and texts in every format, encodings, and what spreadsheets do to numbers."""

import datetime as dt
import zipfile

import numpy as np
import pandas as pd
import pytest
import shapely
from load.maps import DEGREES, grid
from openpyxl import Workbook

import territorykit as tk
from territorykit.load.formats.long_ids import cut_short
from territorykit.load.formats.numerals import as_numbers, number_hint
from territorykit.load.formats.texts import read_text

POINTS = {"id": "code", "lon": "lon", "lat": "lat", "crs": DEGREES}
CODES = ["007", "042", "00"]


def areas(**columns):
    frame = grid(3, crs=DEGREES, size=0.5, origin=(8.0, 48.0)).reset_index(drop=True)
    return frame.assign(**({"code": CODES} | columns))


def workbook(path, rows, formats=()):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for place, form in formats:
        book.active[place].number_format = form
    book.save(path)
    return path


def kml(path, placemarks, head=""):
    path.write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{head}{placemarks}</Document></kml>', "utf-8"
    )
    return path


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, f"map/{file.name}")
    return path


# Leading zeros


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet", ".fgb", ".zip", ".kml", ".kmz"])
def test_codes_with_leading_zeros_in_maps(tmp_path, suffix):
    path, frame = tmp_path / f"map{suffix}", areas(zip=["01", "02", "03"])
    if suffix == ".zip":
        frame.to_file(tmp_path / "map.shp")
        zipped(path, [file for file in tmp_path.iterdir() if file.suffix != ".zip"])
    elif suffix in (".kml", ".kmz"):
        rows = "".join(
            f'<Placemark><name>{code}</name><ExtendedData><Data name="code"><value>{code}</value></Data>'
            f'<Data name="zip"><value>{number}</value></Data><Data name="work"><value>{work}</value></Data>'
            "</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>"
            f"{' '.join(f'{x},{y},0' for x, y in shape.exterior.coords)}"
            "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
            for code, number, work, shape in zip(
                frame["code"], frame["zip"], frame["work"], frame.geometry, strict=True
            )
        )
        kml(tmp_path / "doc.kml", rows)
        (tmp_path / "doc.kml").rename(path) if suffix == ".kml" else zipped(path, [tmp_path / "doc.kml"])
    else:
        frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(path)
    read = tk.read_areas(path, id="code").loc[CODES]
    assert read["zip"].tolist() == ["01", "02", "03"]
    assert read["work"].tolist() == [1, 2, 3]
    assert shapely.equals_exact(read.geometry.to_numpy(), frame.geometry.to_numpy(), normalize=True).all()
    assert read.crs == DEGREES


def test_codes_in_a_workbook(tmp_path):
    rows = [["code", "lon", "lat", "zip", "plz", "sales", "day", "yes"]]
    rows += [
        ["007", 9.1, 48.1, "01001", 1001, 5, dt.datetime(2026, 1, 2), True],  # noqa: DTZ001
        [42, 9.2, 48.2, "02002", 70173, 6.5, None, False],
    ]
    path = workbook(tmp_path / "a.xlsx", rows, [("A3", "00000"), ("E2", "00000"), ("E3", "00000")])
    read = tk.read_accounts(path, **POINTS)
    assert read.index.tolist() == ["007", "00042"]
    assert read["zip"].tolist() == ["01001", "02002"]
    assert read["plz"].tolist() == ["01001", "70173"]
    assert read["sales"].tolist() == [5, 6.5]
    assert read["day"].tolist()[0] == pd.Timestamp("2026-01-02")
    assert read["yes"].tolist() == [True, False]


def test_rows_of_a_workbook_are_kept(tmp_path):
    rows = [["code", "lon", "lat", "n"], ["a", 9.1, 48.1, 1], [], ["b", 9.2, 48.2, None], [None, None, None, ""]]
    read = tk.read_accounts(workbook(tmp_path / "a.xlsx", rows), **POINTS)
    assert read.index.tolist() == ["a", "b"]
    np.testing.assert_array_equal(read["n"], [1, np.nan])
    with pytest.raises(tk.DataError, match=r"1 rows are longer than the header, which has 4 columns: 'row 2'"):
        tk.read_accounts(workbook(tmp_path / "b.xlsx", [*rows[:2], ["b", 9.2, 48.2, 1, "note"]]), **POINTS)
    with pytest.raises(tk.DataError, match="columns have no name"):
        tk.read_accounts(workbook(tmp_path / "c.xlsx", [["code", None, "lat"], ["a", 1, 2]]), **POINTS)


def test_errors_in_cells_are_told(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["code", "lon", "lat", "n"], ["a", 9.1, 48.1, "#N/A"], ["b", 9.2, 48.2, 2]])
    with pytest.warns(tk.TerritoryKitWarning, match=r"1 cells hold errors and count as missing: '#N/A in D2'"):
        read = tk.read_accounts(path, **POINTS)
    np.testing.assert_array_equal(read["n"], [np.nan, 2])


# Numbers that were ids


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["1.23457E+17", "b"], r"1 ids in 'code' are in scientific notation: '1\.23457E\+17'; the digits are lost"),
        (["1,23457e+17", "b"], "in scientific notation"),
        (["110101199003070000", "110101199003080000"], "2 ids in 'code' have nothing but zeros after 15 digits"),
        (["12.0", "13.0"], r"2 ids in 'code' end in \.0: '12\.0', '13\.0'; a program took them for numbers"),
        (["12.0", "13"], r"1 ids in 'code' end in \.0"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_spoiled_ids_are_refused(tmp_path, ids, message, suffix):
    path = tmp_path / f"a{suffix}"
    rows = [["code", "lon", "lat"], [ids[0], 9.1, 48.1], [ids[1], 9.2, 48.2]]
    if suffix == ".xlsx":
        workbook(path, rows)
    else:
        path.write_text("\n".join(";".join(map(str, row)) for row in rows))
    with pytest.raises(tk.DataError, match=message):
        tk.read_accounts(path, **POINTS)


@pytest.mark.parametrize(
    "ids",
    [
        ["110101199003070012", "110101199003080000"],
        ["1.5", "2.0"],
        ["12E3", "1E5"],
        ["v1.0", "2.0"],
        ["1234567890123450", "b"],
    ],
)
def test_ids_that_only_look_like_it_are_kept(tmp_path, ids):
    path = tmp_path / "a.csv"
    path.write_text(f"code,lon,lat\n{ids[0]},9.1,48.1\n{ids[1]},9.2,48.2\n")
    assert tk.read_accounts(path, **POINTS).index.tolist() == ids


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (123456789012345680, "1 ids in 'code' are numbers of more than 15 digits: 1234567890123456"),
        (1.23456789012345e17, "numbers of more than 15 digits"),
        (dt.datetime(2026, 3, 12), r"1 ids in 'code' are dates: '2026-03-12 00:00:00'; .* 3-12 for dates"),  # noqa: DTZ001
    ],
)
def test_cells_that_are_no_ids(tmp_path, cell, message):
    path = workbook(tmp_path / "a.xlsx", [["code", "lon", "lat"], ["a", 9.1, 48.1], [cell, 9.2, 48.2]])
    with pytest.raises(tk.DataError, match=message):
        tk.read_accounts(path, **POINTS)


@pytest.mark.parametrize(
    ("column", "values", "warns"),
    [
        ("tax_no", ["1.23457E+17", "1.5"], True), ("税号", ["1.23457E+17", "2"], True),
        ("AccountId", ["9.1E+15", "1"], True),
        ("revenue", ["1.23457E+17", "1.5"], False), ("anything", ["110101199003070000", "110101199003080000"], True),
        ("revenue", ["1000000000000000", "7"], False), ("phone", ["0711 123", "x"], False),
    ],
)  # fmt: skip
def test_spoiled_codes_beside_the_ids_are_told(tmp_path, column, values, warns):
    path = tmp_path / "a.csv"
    path.write_text(f"code,lon,lat,{column}\na,9.1,48.1,{values[0]}\nb,9.2,48.2,{values[1]}\n", "utf-8")
    if warns:
        with pytest.warns(tk.TerritoryKitWarning, match=f"values of '{column}' look like codes of which a spreadsheet"):
            tk.read_accounts(path, **POINTS)
    else:
        tk.read_accounts(path, **POINTS)


def test_chance_is_no_proof():
    assert not cut_short(["1234567890123450"] * 3)
    assert cut_short(["1234567890123450"] * 4)
    assert not cut_short([])


@pytest.mark.parametrize(
    ("texts", "hint"),
    [
        (["\uff11\uff12"], "in full width"), (["1,234", "5"], "thousands separators"),
        (["1 234,5"], "thousands separators"),
        (["1,5"], "with a decimal point"), (["12%"], "signs of money"),
        (["¥12"], "signs of money"), (["many"], "into numbers"),
    ],
)  # fmt: skip
def test_hints_about_numbers(texts, hint):
    assert hint in number_hint(texts)


def test_full_width_digits_are_no_numbers():
    texts = pd.Series(["1\uff12", "3"], dtype=object)
    assert as_numbers(texts).tolist() == ["1\uff12", "3"]


# Encodings


TEXT = "code,名称,lon,lat\n甲,北京市,116.4,39.9\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_are_known_without_a_word(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))
    read = tk.read_accounts(path, **POINTS)
    assert read.index.tolist() == ["甲"]
    assert read["名称"].tolist() == ["北京市"]


def test_gb18030_is_named_by_the_caller_and_shown_by_the_message(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(
        tk.DataError, match=r"name the right one.*the first such line reads as gb18030 'code,名称,lon,lat'"
    ):
        tk.read_accounts(path, **POINTS)
    assert tk.read_accounts(path, **POINTS, encoding="gb18030").index.tolist() == ["甲"]
    with pytest.raises(tk.DataError, match="'hex'"):
        read_text(path, "hex")


def test_a_mark_that_contradicts_the_caller(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("utf-8-sig"))
    assert read_text(path, "utf-8") == TEXT
    with pytest.raises(tk.DataError, match="starts with the mark of 'utf-8-sig', and encoding= names 'gb18030'"):
        read_text(path, "gb18030")
    path.write_bytes(TEXT.encode("utf-16-le"))
    assert read_text(path, "utf-16-le") == TEXT
    path.write_bytes("code,lon\na,1\n".encode("utf-16-le"))
    with pytest.raises(tk.DataError, match="in UTF-16 without a mark: then pass encoding='utf-16-le'"):
        read_text(path)


def test_characters_that_were_lost_are_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("code,lon,lat,n\na,9,48,M\ufffdller\n", "utf-8")
    with pytest.warns(tk.TerritoryKitWarning, match=r"1 characters are U\+FFFD"):
        tk.read_accounts(path, **POINTS)


def test_rows_that_are_too_short_are_not_filled_up(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("code,lon,lat,n\na,9,48,1\nb,9,48\n")
    with pytest.raises(tk.DataError, match=r"has 4 columns, but 1 rows have others: 'line 3: 3'"):
        tk.read_accounts(path, **POINTS)


# Shapefiles


NAMES = {"gbk": ["朝阳区", "浦东新区", "南山区"], "big5": ["朝陽區", "浦東新區", "南山區"]}


def shapefile(tmp_path, encoding, cpg=None, language=None):
    names = NAMES["big5" if encoding == "big5" else "gbk"]
    areas(name=names).to_file(tmp_path / "map.shp", encoding=encoding)
    (tmp_path / "map.cpg").unlink()
    if cpg is not None:
        (tmp_path / "map.CPG").write_text(cpg)
    if language is not None:
        content = bytearray((tmp_path / "map.dbf").read_bytes())
        content[29] = language
        (tmp_path / "map.dbf").write_bytes(content)
    return tmp_path / "map.shp", names


@pytest.mark.parametrize(
    ("encoding", "cpg", "language"),
    [
        ("gbk", "GBK", None), ("gbk", "936\n", None), ("gb18030", "GB18030", None),
        ("gbk", "ANSI 936", None), ("utf-8", "UTF-8", None),
        ("gbk", "GB2312", None), ("gbk", None, 0x4D), ("utf-8", None, None),
        ("utf-8", None, 0x57), ("utf-8", "65001", None),
        ("big5", "950", None), ("utf-8", "UTF-8", 0x4D),
    ],
)  # fmt: skip
def test_encodings_of_shapefiles(tmp_path, encoding, cpg, language):
    path, names = shapefile(tmp_path, encoding, cpg, language)
    read = tk.read_areas(path, id="code")
    assert read["name"].tolist() == names
    assert tk.read_areas(zipped(tmp_path / "map.zip", tmp_path.glob("map.*")), id="code")["name"].tolist() == names


def test_texts_of_a_shapefile_are_not_guessed(tmp_path):
    path, names = shapefile(tmp_path, "gbk")
    with pytest.raises(tk.DataError, match=r"map\.dbf: the texts are not in the encoding .* as gb18030 '朝阳区'"):
        tk.read_areas(path, id="code")
    assert tk.read_areas(path, id="code", encoding="gb18030")["name"].tolist() == names
    (tmp_path / "map.cpg").write_text("UTF-8")
    with pytest.raises(tk.DataError, match="cannot be read"):
        tk.read_areas(path, id="code")
    assert tk.read_areas(path, id="code", encoding="gbk")["name"].tolist() == names
    (tmp_path / "map.cpg").write_text("KLINGON")
    with pytest.raises(tk.DataError, match="the encoding 'klingon' is not known"):
        tk.read_areas(path, id="code")


def test_parts_of_a_shapefile_belong_together(tmp_path):
    areas().to_file(tmp_path / "map.shp")
    areas().iloc[:2].to_file(tmp_path / "other.shp")
    (tmp_path / "other.dbf").replace(tmp_path / "map.dbf")
    with pytest.raises(tk.DataError, match=r"the \.shx lists 3 shapes and the \.dbf 2 rows"):
        tk.read_areas(tmp_path / "map.shp", id="code")
    (tmp_path / "map.dbf").unlink()
    (tmp_path / "map.shx").unlink()
    with pytest.raises(tk.DataError, match=r"\.shx and \.dbf is not beside it"):
        tk.read_areas(tmp_path / "map.shp", id="code")


def test_one_of_several_shapefiles_must_be_named(tmp_path):
    areas().to_file(tmp_path / "a.shp")
    areas(code=["x", "y", "z"]).to_file(tmp_path / "b.shp")
    path = zipped(tmp_path / "maps.zip", [*tmp_path.glob("a.*"), *tmp_path.glob("b.*")])
    with pytest.raises(tk.DataError, match=r"has 2 layers \('a', 'b'\); name one with layer="):
        tk.read_areas(path, id="code")
    assert tk.read_areas(path, id="code", layer="b").index.tolist() == ["x", "y", "z"]
