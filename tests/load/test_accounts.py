import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from load.maps import DEGREES, UTM
from shapely import Point

import territorykit as tk
from territorykit.load import datasets
from territorykit.load.formats.tables import as_numbers

TABLE = """code,name,lat,lon,zip,sales,note
007,Ärzte,48.5,9.1,07001,10.5,
042,NA,48.6,9.2,70001,20,x
043,"Müller, Söhne",48.7,9.3,70002,,3
"""


def table(**changes):
    data = {"code": ["a", "b", "c"], "lon": [9.1, 9.2, 9.3], "lat": [48.5, 48.6, 48.7], "sales": [1, 2, 3]}
    return pd.DataFrame(data | changes)


def read(source, **options):
    return tk.read_accounts(source, **{"id": "code", "lon": "lon", "lat": "lat", "crs": DEGREES} | options)


def write(path, text=TABLE, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_keeps_texts_and_reads_numbers(tmp_path, encoding):
    accounts = read(write(tmp_path / "accounts.csv", encoding=encoding))
    assert accounts.index.tolist() == ["007", "042", "043"]
    assert accounts.index.name == "code"
    assert accounts["zip"].tolist() == ["07001", "70001", "70002"]
    assert accounts["name"].tolist() == ["Ärzte", "NA", "Müller, Söhne"]
    np.testing.assert_array_equal(accounts["sales"], [10.5, 20, np.nan])
    assert accounts["note"].tolist()[1:] == ["x", "3"]
    assert accounts.geometry.x.tolist() == [9.1, 9.2, 9.3]
    assert accounts.geometry.y.tolist() == [48.5, 48.6, 48.7]
    assert accounts.crs == DEGREES


def test_csv_with_semicolons_in_another_encoding(tmp_path):
    path = write(tmp_path / "accounts.csv", "code;lat;lon;name\n1;48;9;Köln\n", "cp1252")
    with pytest.raises(tk.DataError, match=r"not in the encoding 'utf-8-sig' .*name the right one, such as encoding="):
        read(path)
    assert read(path, encoding="cp1252")["name"].tolist() == ["Köln"]
    with pytest.raises(tk.DataError, match="not in the encoding 'klingon'"):
        read(path, encoding="klingon")


def test_utf16_as_spreadsheets_save_it(tmp_path):
    path = write(tmp_path / "accounts.txt", "code\tlat\tlon\n1\t48\t9\n", "utf-16")
    assert read(path, encoding="utf-16").index.tolist() == ["1"]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1", "-2", "3.5"], [1, -2, 3.5]),
        (["0", "0.5", "1e-05"], [0, 0.5, 1e-5]),
        (["1", None], [1, np.nan]),
        (["01", "2"], None),
        (["12E3", "1"], None),
        (["1,5", "2"], None),
        (["1234567890123456", "1"], None),
        ([None, None], None),
        (["nan", "1"], None),
        (["inf", "1"], None),
    ],
)
def test_only_plain_numbers_become_numbers(texts, numbers):
    column = as_numbers(pd.Series(texts, dtype=str))
    if numbers is None:
        assert column.dropna().tolist() == [text for text in texts if text is not None]
    else:
        np.testing.assert_array_equal(column, numbers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,lat,lon\na,1,2,3\n", "the rows do not fit the header"),
        ("code,lat,lon\na,1,2\nb,1,2,3\n", "the rows do not fit the header"),
        ("", "columns have no name; name every column in the first row"),
        ("\ncode,lat,lon\na,1,2\n", "columns have no name; name every column in the first row"),
        ('code,lat,lon\n"a,1,2\nb,1,2\n', "the rows do not fit the header"),
        ("code,lat,lat\na,1,2\n", "columns share the name 'lat'"),
        ("code,lat,\na,1,2\n", "columns have no name"),
        ("code,lat,lon\n", "there are no accounts"),
    ],
)
def test_csv_that_is_none(tmp_path, text, message):
    with pytest.raises(tk.DataError, match=message):
        read(write(tmp_path / "accounts.csv", text))


def test_excel_keeps_ids_and_texts(tmp_path):
    path = tmp_path / "accounts.xlsx"
    table(code=[7, 42, 43], zip=["07001", "NA", "70002"]).to_excel(path, index=False)
    accounts = read(path)
    assert accounts.index.tolist() == ["7", "42", "43"]
    assert accounts["zip"].tolist() == ["07001", "NA", "70002"]
    assert accounts["sales"].tolist() == [1, 2, 3]


def test_one_of_several_sheets_must_be_named(tmp_path):
    path = tmp_path / "accounts.xlsx"
    with pd.ExcelWriter(path) as book:
        table().to_excel(book, sheet_name="old", index=False)
        table(code=["x", "y", "z"]).to_excel(book, sheet_name="new", index=False)
    with pytest.raises(tk.DataError, match=r"2 sheets \('old', 'new'\); name one with sheet="):
        read(path)
    with pytest.raises(tk.DataError, match="no sheet 'other'"):
        read(path, sheet="other")
    assert read(path, sheet="new").index.tolist() == ["x", "y", "z"]


def test_a_file_that_is_no_workbook(tmp_path):
    with pytest.raises(tk.DataError, match="cannot be read as a workbook"):
        read(write(tmp_path / "accounts.xlsx"))
    with pytest.raises(tk.DataError, match="cannot be read as Parquet"):
        read(write(tmp_path / "accounts.parquet"))


def test_old_workbooks_are_to_be_saved_anew(tmp_path):
    with pytest.raises(tk.DataError, match=r"'\.xls' are not read as tables; save it as one of \.csv"):
        read(write(tmp_path / "accounts.xls"))


def test_parquet_and_frames(tmp_path):
    path = tmp_path / "accounts.parquet"
    table(code=[3, 1, 2]).to_parquet(path)
    frame = table()
    before = frame.copy()
    assert read(path).index.tolist() == [3, 1, 2]
    assert read(frame).index.tolist() == ["a", "b", "c"]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet"])
def test_files_with_points(tmp_path, suffix):
    path = tmp_path / f"accounts{suffix}"
    points = read(table()).reset_index()
    points.to_parquet(path) if suffix == ".parquet" else points.to_file(path)
    accounts = tk.read_accounts(path, id="code")
    assert accounts.index.tolist() == ["a", "b", "c"]
    assert accounts.geometry.x.tolist() == [9.1, 9.2, 9.3]
    with pytest.raises(tk.DataError, match="leave lon= and lat= out"):
        tk.read_accounts(path, id="code", lon="lon", lat="lat")


def test_points_only():
    points = gpd.GeoDataFrame(
        {"code": ["a", "b", "c", "d"]},
        geometry=[Point(1, 1).buffer(1), None, Point(), Point(0, 0)],
        crs=DEGREES,
    )
    with pytest.raises(tk.DataError) as raised:
        tk.read_accounts(points, id="code")
    for part in ("no points but Polygon: 'a'", "missing: 'b'", "empty: 'c'", "accounts are at 0, 0: 'd'"):
        assert part in str(raised.value)


def test_tables_need_columns_and_a_system():
    with pytest.raises(tk.DataError) as raised:
        tk.read_accounts(table(), id="code")
    for part in ("lon= is not given", "lat= is not given", "the coordinate system is not stated; name it: crs="):
        assert part in str(raised.value)
    with pytest.raises(tk.DataError, match="no column 'x' for lon; the columns are 'lon', 'lat', 'sales'"):
        read(table(), lon="x")
    with pytest.raises(tk.DataError, match="crs='mars' is no coordinate system"):
        read(table(), crs="mars")
    with pytest.raises(tk.DataError, match="a column is called 'geometry'"):
        read(table(geometry="?"))
    with pytest.raises(tk.DataError, match="no column 'id' for id"):
        read(table(), id="id")


def test_coordinates_all_problems_at_once():
    rows = {
        "a": ("9.1", "48"),
        "b": (None, "48"),
        "c": ("9.1", "48,5"),
        "d": ("inf", "48"),
        "e": ("0", "0"),
        "f": ("48", "-96.5"),
        "g": ("200", "48"),
    }
    frame = pd.DataFrame(
        [(code, *place) for code, place in rows.items()] + [("g", "9", "48"), (None, "9", "48")],
        columns=["code", "lon", "lat"],
    )
    with pytest.raises(tk.DataError) as raised:
        read(frame)
    for part in (
        "1 ids are missing, at position 8",
        "1 ids are used more than once: 'g'",
        "1 values of 'lon' are missing: 'b'",
        "1 values of 'lat' are no numbers: 'c'; they are '48,5'",
        "1 values of 'lon' are infinite: 'd'",
        "1 accounts are at 0, 0: 'e'",
        "1 rows look as if longitude and latitude were swapped: 'f'; exchange lon= and lat=",
        "1 rows have coordinates that are no degrees (beyond 180 or 90): 'g'",
    ):
        assert part in str(raised.value)
    assert "8 problems" in str(raised.value)


def test_swapped_columns_of_a_whole_table():
    texas = pd.read_csv(datasets.path("texas_accounts.csv"))
    with pytest.raises(tk.DataError, match=r"638 rows|\d+ rows look as if longitude and latitude were swapped"):
        read(texas, id="account_id", lon="lat", lat="lon")


def test_eastings_and_northings():
    metres = table(lon=[500_000.0, 501_000, 502_000], lat=[5_400_000.0, 5_400_000, 5_400_000])
    assert read(metres, crs=UTM).geometry.x.tolist() == [500_000, 501_000, 502_000]
    metres.loc[1, ["lon", "lat"]] = [9.0, 48.0]
    with pytest.raises(tk.DataError, match=r"1 rows of a projected layer have coordinates that look like degrees.*'b'"):
        read(metres, crs=UTM)


def test_texas():
    accounts = datasets.texas_accounts()
    assert len(accounts) == 638
    assert accounts["county_fips"].str.fullmatch(r"48\d{3}").all()
    assert accounts["annual_revenue"].sum() > 0
