import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

import territorykit as tk

WIDE = "440305".translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
"""Digits of full width, as East Asian keyboards write them."""
CODES = {
    "440305": ("440000", "440300", "440305"),  # Nanshan in Shenzhen
    "440300": ("440000", "440300", None),
    "440000": ("440000", None, None),
    "513221": ("510000", "513200", "513221"),  # a county of Aba, an autonomous prefecture
    "320571": ("320000", "320500", "320571"),  # Suzhou Industrial Park
    "110101": ("110000", "110100", "110101"),  # a municipality is one prefecture
    "110100": ("110000", "110100", None),
    "110000": ("110000", "110100", None),
    "500101": ("500000", "500100", "500101"),
    "500229": ("500000", "500100", "500229"),  # a rural county of Chongqing
    "500200": ("500000", "500100", None),
    "441900": ("440000", "441900", "441900"),  # Dongguan, Zhongshan, Danzhou, Jiayuguan: no counties
    "442000": ("440000", "442000", "442000"),
    "460400": ("460000", "460400", "460400"),
    "620200": ("620000", "620200", "620200"),
    "460300": ("460000", "460300", None),  # Sansha has some
    "419001": ("410000", "419001", "419001"),  # counties directly under a province
    "429004": ("420000", "429004", "429004"),
    "429021": ("420000", "429021", "429021"),
    "469030": ("460000", "469030", "469030"),
    "659012": ("650000", "659012", "659012"),
    "710000": ("710000", None, None),
    "710001": ("710000", "710001", "710001"),
    "710107": ("710000", "710100", "710107"),
    "810000": ("810000", "810000", None),
    "810001": ("810000", "810000", "810001"),
    "810210": ("810000", "810000", "810210"),
    "820000": ("820000", "820000", None),
    "44": ("440000", None, None),
    "4403": ("440000", "440300", None),
    "440305000000": ("440000", "440300", "440305"),
    "440305001": ("440000", "440300", "440305"),
    "440305001004": ("440000", "440300", "440305"),
    "441900003002": ("440000", "441900", "441900"),
    "110100000000": ("110000", "110100", None),
}


@pytest.mark.parametrize("code", CODES)
def test_known_codes(code):
    assert tuple(tk.nest_by_adcode([code]).loc[0]) == CODES[code]


@pytest.mark.parametrize("mangled", [440305, 440305.0, "440305.0", " 440305 ", np.int64(440305), np.float64(440305)])
def test_numbers_lose_nothing(mangled):
    assert tuple(tk.nest_by_adcode([mangled]).loc[0]) == CODES["440305"]


def test_twelve_digits_as_floats():
    column = pd.Series([440305001004.0, 441900003002.0], index=["a", "b"])
    nested = tk.nest_by_adcode(column)
    assert nested.index.tolist() == ["a", "b"]
    assert nested["county"].tolist() == ["440305", "441900"]


def test_frames_columns_and_indexes():
    frame = pd.DataFrame({"adcode": ["440305", "419001"], "code": ["110101", "500229"]}, index=[7, 9])
    assert tk.nest_by_adcode(frame)["province"].to_dict() == {7: "440000", 9: "410000"}
    assert tk.nest_by_adcode(frame, "code")["prefecture"].to_dict() == {7: "110100", 9: "500100"}
    indexed = frame.set_index("adcode")
    nested = tk.nest_by_adcode(indexed)
    assert nested.index.equals(indexed.index)
    assert nested.columns.tolist() == ["province", "prefecture", "county"]
    pd.testing.assert_frame_equal(tk.nest_by_adcode(indexed.index).set_axis(indexed.index), nested)
    assert len(tk.nest_by_adcode([])) == 0


def test_all_wrong_codes_at_once():
    codes = ["440305", None, "1.10101E+11", "990000", "440001", "429000", "4290", "440300001", True, WIDE, ""]
    with pytest.raises(tk.DataError) as error:
        tk.nest_by_adcode(pd.Series(codes, index=list("abcdefghijk")))
    for text in (
        "6 problems",
        "1 codes are missing: 'b'; give every unit its code, or leave it out by name",
        f"4 codes have not 2, 4, 6, 9 or 12 digits: '1.10101E+11', True, '{WIDE}', ''; read the column as text",
        "1 codes are of no province: '990000'",
        "1 codes name a county without a prefecture: '440001'",
        "2 codes are headings for counties directly under a province: '429000', '4290'; give each county its own",
        "1 codes name a town without a county: '440300001'",
    ):
        assert text in str(error.value)


@pytest.mark.parametrize("value", [-440305, 440305.5, 44030, "44030A", "44-03-05", "440305.10"])
def test_what_is_no_code(value):
    with pytest.raises(tk.DataError, match="codes have not 2, 4, 6, 9 or 12 digits"):
        tk.nest_by_adcode([value])


def test_wrong_arguments():
    frame = gpd.GeoDataFrame({"code": ["440305"]}, geometry=[box(0, 0, 1, 1)])
    with pytest.raises(tk.DataError, match="there is no single column 'adcode'; column= takes one of 'code'"):
        tk.nest_by_adcode(frame)
    for wrong in ("440305", 440305):
        with pytest.raises(tk.DataError, match="is no list of codes; pass a list, a column or a frame"):
            tk.nest_by_adcode(wrong)


@given(st.integers(1, 70).filter(lambda n: n != 90), st.integers(1, 99), st.sampled_from(["13", "44", "53", "65"]))
@settings(max_examples=50)
def test_ordinary_codes_are_cut_by_digits(prefecture, county, province):
    code = f"{province}{prefecture:02}{county:02}"
    assert tk.nest_by_adcode([code]).loc[0].tolist() == [f"{code[:2]}0000", f"{code[:4]}00", code]


def test_groups_of_a_graph():
    """Two counties directly under Hubei are not one prefecture, so no territory must hold both."""
    codes = ["420106", "420102", "429004", "429005"]
    areas = gpd.GeoDataFrame(index=pd.Index(codes, name="adcode"), geometry=[box(i, 0, i + 1, 1) for i in range(4)])
    areas = areas.set_crs("EPSG:32650").join(tk.nest_by_adcode(areas))
    graph = tk.unit_graph(areas, activities={}, groups=["province", "prefecture"])
    assert graph.groups["prefecture"].tolist() == ["420100", "420100", "429004", "429005"]
    problem = tk.Problem(graph, 2, [tk.Nested("prefecture")])
    assert tk.Plan(problem, [0, 0, 0, 1]).labels.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("china_counties_mapchina", "code_county"),
        ("china_districts_fastgeocn", "adcode"),
        ("china_prefectures_fastgeocn", "adcode"),
        ("china_prefectures_census", "city_code"),
    ],
)
def test_real_codes(shared_data, file, column):
    codes = pd.read_parquet(shared_data / "china" / f"{file}.parquet", columns=[column])[column]
    nested = tk.nest_by_adcode(codes)
    assert (nested["province"].str[:2] == codes.str[:2]).all()
    assert nested["county"].dropna().eq(codes[nested["county"].notna()]).all()
    direct = codes[codes.str[2:4] == "90"]
    assert len(direct) >= 29
    assert nested["prefecture"][direct.index].is_unique
    whole = nested["prefecture"].isna()
    assert set(codes[whole]) <= {"710000"}
