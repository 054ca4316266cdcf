import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import territorykit as tk
from territorykit.load.coordinates import convert_coordinates

fx = tk.crm.fxiaoke
PLACE = "121.4737#%$31.2304#%$上海市#%$人民大道"
ROWS = [
    {"_id": "5a99", "name": "甲", "owner": ["1000"], "province": 265, "province__r": "上海市", "location": PLACE},
    {"_id": "5a9c", "name": "=1+1", "high_seas_id": "7", "province": "266", "location": "116.4#%$39.9"},
    {"_id": "5a9d", "owner": [], "create_time": 1577934240000, "amount__c": "12.50", "location": "113.3#%$23.1#%$"},
]


def read(rows, **options):
    return fx.read_accounts(rows, **({"crs": "wgs84"} | options))


def test_rows_of_a_query():
    accounts = read(ROWS, numbers=["amount__c"])
    assert isinstance(accounts, gpd.GeoDataFrame)
    assert accounts.crs == "EPSG:4326"
    assert accounts.index.tolist() == ["5a99", "5a9c", "5a9d"]
    assert accounts.index.name == "_id"
    assert accounts.geometry.iloc[0].wkt == "POINT (121.4737 31.2304)"
    assert accounts["owner"].tolist() == ["1000", None, None]
    assert accounts["in_high_sea"].tolist() == [False, True, False]  # the last one has no owner, and no sea
    assert accounts["province"].tolist() == ["265", "266", None]
    assert accounts["province__r"].tolist() == ["上海市", None, None]
    assert accounts["location_address"].tolist() == ["上海市#%$人民大道", None, None]
    assert accounts["location"].iloc[0] == PLACE
    assert accounts["name"].tolist() == ["甲", "=1+1", None]
    assert accounts["create_time"].iloc[2] == pd.Timestamp("2020-01-02 03:04", tz="UTC")
    assert accounts["create_time"].isna().tolist() == [True, True, False]
    assert accounts["amount__c"].iloc[2] == 12.5


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_chinese_coordinates_are_brought_to_wgs84(crs):
    lon, lat = convert_coordinates(121.4737, 31.2304, crs, "wgs84")
    accounts = read(ROWS, crs=crs)
    assert accounts.crs == "EPSG:4326"
    assert accounts.geometry.x.iloc[0] == pytest.approx(float(lon))
    assert accounts.geometry.y.iloc[0] == pytest.approx(float(lat))
    assert abs(float(lon) - 121.4737) > 0.003  # some hundred metres


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(73, 135), st.floats(1, 54), st.sampled_from([None, "", "路#%$1号", "x"])),
        min_size=1,
        max_size=5,
    )
)
def test_locations_with_and_without_address(places):
    parts = [[repr(lon), repr(lat), *([] if address is None else [address])] for lon, lat, address in places]
    rows = [{"_id": f"a{i}", "location": "#%$".join(part)} for i, part in enumerate(parts)]
    accounts = read(rows)
    assert list(zip(accounts.geometry.x, accounts.geometry.y, strict=True)) == [place[:2] for place in places]
    addresses = [place[2] or None for place in places]
    if any(addresses):
        assert accounts["location_address"].tolist() == addresses
    else:
        assert "location_address" not in accounts.columns


def test_regions_get_labels_where_rows_have_none():
    accounts = read(ROWS, regions={"266": "北京市"})
    assert accounts["province__r"].tolist() == ["上海市", "北京市", None]
    with pytest.raises(tk.DataError, match="codes without a label: '266'; add them to regions="):
        read(ROWS, regions={"1": "x"})


def test_files_of_rows_and_of_responses(tmp_path):
    wanted = read(ROWS)
    page = {"errorCode": 0, "errorMessage": "success", "data": {"dataList": ROWS[:2], "total": 3, "limit": 100}}
    rest = {"errorCode": 0, "data": [ROWS[2]]}
    for name, text in {
        "rows.json": json.dumps(ROWS),
        "pages.json": json.dumps([page, rest]),
        "rows.jsonl": "\n".join(map(json.dumps, ROWS)) + "\n\n",
        "pages.ndjson": "\n".join(map(json.dumps, [page, rest])),
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        pd.testing.assert_frame_equal(pd.DataFrame(read(tmp_path / name)), pd.DataFrame(wanted))
    (tmp_path / "one.json").write_text(json.dumps(page), encoding="utf-8")
    with pytest.warns(tk.TerritoryKitWarning, match="there are 3 rows, and hold 2: read the other pages too"):
        assert len(read(tmp_path / "one.json")) == 2


def test_exports_of_tables(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "数据ID,客户名称,负责人,客户编号,定位,创建时间,create_time\n"
        "5a99,甲,王,007,121.4737#%$31.2304#%$上海市,2020-01-02 03:04,1577934240000\n"
        "5a9c,乙,李,1.10,116.4#%$39.9,2020-01-02 03:04,\n",
        encoding="gb18030",
    )
    accounts = read(path, columns={"数据ID": "_id", "定位": "location"}, encoding="gb18030")
    assert accounts.index.tolist() == ["5a99", "5a9c"]
    assert accounts["name"].tolist() == ["甲", "乙"]
    assert accounts["owner__r"].tolist() == ["王", "李"]  # a name is no id
    assert accounts["account_no"].tolist() == ["007", "1.10"]
    assert accounts["create_time"].iloc[0] == pd.Timestamp("2020-01-02 03:04", tz="UTC")
    with pytest.raises(tk.DataError, match="there is no column for '_id'"):
        read(path, encoding="gb18030")


def test_a_frame_is_not_changed_and_its_numbers_are_ids():
    frame = pd.DataFrame(
        {"_id": ["a", "b"], "owner": [1000.0, np.nan], "city": [451.0, np.nan], "location": ["121#%$31", "116#%$40"]}
    )
    before = frame.copy()
    accounts = read(frame)
    assert accounts["owner"].tolist() == ["1000", None]
    assert accounts["city"].tolist() == ["451", None]
    pd.testing.assert_frame_equal(frame, before)


def test_accounts_without_a_location_are_refused_or_kept():
    rows = [*ROWS, {"_id": "5a9e"}]
    with pytest.raises(tk.DataError, match="1 accounts have no coordinates: '5a9e'; locate them, or keep them"):
        read(rows)
    with pytest.warns(tk.TerritoryKitWarning, match="kept 1 accounts that have no place: '5a9e'"):
        accounts = read(rows, missing="keep")
    assert accounts.geometry.isna().tolist() == [False, False, False, True]
    with pytest.warns(tk.TerritoryKitWarning, match="kept 1 accounts"):
        assert read([{"_id": "a"}], missing="keep", crs="gcj02").crs == "EPSG:4326"


def test_all_problems_at_once():
    rows = [
        {"_id": "a", "location": "31.2#%$121.4", "create_time": "soon", "amount__c": "1,5"},
        {"_id": "b", "location": "121.4,31.2", "create_time": 1, "owner": ["1", "2"]},
        {"_id": "c", "location": "221.4#%$31.2"},
        {"_id": "c", "location": "nan#%$31.2"},
        {"location": "0#%$0"},
        {"_id": "d"},
        {"_id": "e", "location": "0#%$0"},
    ]
    with pytest.raises(tk.DataError) as caught:
        read(rows, crs="GPS", numbers=["amount__c", "size__c"])
    text = str(caught.value)
    for part in (
        "crs is 'GPS'; say which it is: 'gcj02', 'bd09' or 'wgs84'",
        "1 locations look as if the latitude came first: 'a: 31.2#%$121.4'",
        "2 locations cannot be read: 'b: 121.4,31.2', 'c: nan#%$31.2'",
        "1 locations are no degrees: 'c: 221.4#%$31.2'",
        "1 values of 'create_time' are no milliseconds since 1970: 'a'",
        "1 accounts have several owners: 'b'",
        "1 values of 'amount__c' are no numbers: 'a'",
        "numbers= names fields that no row has: 'size__c'",
        "1 accounts have no coordinates: 'd'",
        "1 accounts are at 0, 0: 'e'",
        "'c'",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (7, "rows are no list of objects"),
        ([1], "rows are no list of objects"),
        ([], "there is no column for '_id'"),
        ([{"name": "x"}], "there is no column for '_id'"),
        ([{"errorCode": 20016, "errorMessage": "no"}], "1 responses hold no rows: '20016: no'"),
        ([{"errorCode": 0, "data": {"total": 1}}], "1 responses hold no rows: \"no list of rows, but \\['total'\\]\""),
        ([{"errorCode": 0}], "no list of rows, but None"),
    ],
)
def test_what_is_no_list_of_accounts(source, message):
    with pytest.raises(tk.DataError, match=message):
        read(source)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "a.json").write_text("[", encoding="utf-8")
    (tmp_path / "b.jsonl").write_bytes("甲".encode("gb18030"))
    with pytest.raises(tk.DataError, match=r"a.json: this is no JSON"):
        read(tmp_path / "a.json")
    with pytest.raises(tk.DataError, match=r"b.jsonl: the texts are not in the encoding 'utf-8-sig'"):
        read(tmp_path / "b.jsonl")
    with pytest.raises(tk.DataError, match="there is no file"):
        read(tmp_path / "c.json")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("create_time", 999_999_999_999_999, "2 values of 'create_time' are no milliseconds since 1970: '1', '2'"),
        ("create_time", -99_999_999_999_999, "no milliseconds since 1970"),
        ("amount__c", "1e999", "2 values of 'amount__c' are no numbers"),
        ("owner", {"id": "1000"}, "2 accounts have owners that are no ids: '1', '2'"),
        ("owner", [["1000"]], "owners that are no ids"),
    ],
)
def test_values_that_nothing_can_hold(field, value, message):
    rows = [{"_id": i, "location": "113.3#%$23.1", "amount__c": "1", field: value} for i in "12"]
    with pytest.raises(tk.DataError, match=message):
        read(rows, numbers=["amount__c"])


def test_times_of_tables_with_gaps():
    """A table makes numbers with a point of whole numbers where some are missing."""
    table = pd.DataFrame(
        [{"_id": "1", "location": PLACE, "create_time": 1577934240000}, {"_id": "2", "location": PLACE}]
    )
    assert table["create_time"].dtype == float
    times = read(table)["create_time"]
    assert times.tolist() == [pd.Timestamp("2020-01-02 03:04", tz="UTC"), pd.NaT]


def test_lines_end_with_line_feeds_alone(tmp_path):
    """Texts of JSON may hold U+2028, U+0085 and their like as they are."""
    rows = [{"_id": "1", "name": "甲\u2028乙", "location": PLACE}, {"_id": "2", "name": "丙\x85", "location": PLACE}]
    file = tmp_path / "rows.jsonl"
    file.write_bytes("\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode())
    assert read(file)["name"].tolist() == ["甲\u2028乙", "丙\x85"]


def test_json_that_is_too_deep(tmp_path):
    (tmp_path / "rows.json").write_text("[" * 100_000)
    with pytest.raises(tk.DataError, match=r"rows\.json: this is no JSON"):
        read(tmp_path / "rows.json")
