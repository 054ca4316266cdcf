"""Faults of maps and lists of accounts: each kind made on purpose, and found where it was made."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from load.maps import DEGREES, frame, grid

import territorykit as tk
from territorykit.load.faults.shapes import polygonal


def found(faults):
    """Kinds of faults and their units."""
    return sorted(zip(faults["fault"], faults["units"], strict=True), key=repr)


def square(x, y, side=1000.0):
    return shapely.box(500_000 + x, 5_000_000 + y, 500_000 + x + side, 5_000_000 + y + side)


def test_a_clean_map_has_no_faults():
    faults = tk.check_areas(grid(3, 3), activities=["work"])
    assert len(faults) == 0
    assert list(faults.columns) == [
        "fault", "severity", "units", "value", "measure", "what", "remedy", "geometry",
    ]  # fmt: skip


def test_everything_is_found_at_once():
    bow = shapely.Polygon([(500_000, 5_010_000), (501_000, 5_011_000), (501_000, 5_010_000), (500_000, 5_011_000)])
    shapes = [square(0, 0), square(1000, 0), square(1500, 0), bow, None, shapely.Polygon(), shapely.Point(0, 0)]
    areas = frame(shapes)
    areas["work"] = [1.0, np.nan, -1.0, np.inf, 0.0, 5.0, 6.0]
    faults = tk.check_areas(areas, activities={"work": "h/year"})
    assert found(faults) == sorted(
        [
            ("missing_geometry", ("e",)),
            ("empty_geometry", ("f",)),
            ("wrong_geometry", ("g",)),
            ("invalid_geometry", ("d",)),
            ("multipart", ("d",)),
            ("overlap", ("b", "c")),
            ("island", ("d",)),
            ("missing_value", ("b",)),
            ("negative_value", ("c",)),
            ("infinite_value", ("d",)),
            ("zero_value", ("e",)),
        ],
        key=repr,
    )
    severity = faults["severity"].tolist()
    assert severity == sorted(severity)  # errors come first
    overlap = faults[faults["fault"] == "overlap"].iloc[0]
    assert overlap["value"] == pytest.approx(500_000)
    assert overlap["measure"] == "m2"
    assert "50.00%" in overlap["what"]
    assert overlap.geometry.equals(shapely.box(501_500, 5_000_000, 502_000, 5_001_000))
    assert areas.geometry.iloc[3].equals_exact(bow)  # the input stays as it is


def test_ids_that_are_missing_doubled_or_mixed():
    areas = gpd.GeoDataFrame(
        {"code": ["a", "a", None, "", 7]}, geometry=[square(1000 * i, 0) for i in range(5)], crs=32632
    )
    faults = tk.check_areas(areas, id="code")
    kinds = faults["fault"].tolist()
    assert kinds == ["missing_id", "missing_id", "duplicate_id", "mixed_ids"]
    assert faults["value"].tolist()[:3] == [2, 3, 2]
    assert faults["units"].tolist()[2] == ("a",)


def test_a_gap_is_found_with_the_areas_around_it():
    areas = grid(3, 3, skip={"c1r1"})
    faults = tk.check_areas(areas)
    (gap,) = faults.itertuples()
    assert gap.fault == "gap"
    assert gap.value == pytest.approx(1e6)
    assert sorted(gap.units) == ["c0r1", "c1r0", "c1r2", "c2r1"]
    assert gap.geometry.equals(shapely.box(501_000, 5_001_000, 502_000, 5_002_000))
    assert "missing" in gap.remedy  # as wide as an area: nothing to close by itself


def test_a_narrow_gap_and_a_sliver_are_inaccuracies_of_drawing():
    left = shapely.Polygon([(0, 0), (1000, 0), (1005, 500), (1000, 1000), (0, 1000)])
    right = shapely.Polygon([(1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (1008, 750), (1000, 500), (992, 250)])
    faults = tk.check_areas(frame([left, right]))
    assert set(faults["fault"]) == {"gap", "sliver_overlap"}
    assert (faults["severity"] == "warning").all()
    assert faults["remedy"].str.startswith("repair_areas").all()


def test_rows_with_the_same_ground_are_one_fault():
    turned = shapely.Polygon(np.roll(shapely.get_coordinates(square(0, 0))[:-1], 2, axis=0))
    faults = tk.check_areas(frame([square(0, 0), square(1000, 0), turned]))
    assert found(faults) == [("identical", ("a", "c"))]


def test_islands_and_pieces_know_their_way_to_the_rest():
    areas = frame([square(0, 0), square(1000, 0), square(5000, 0), square(9000, 0), square(10_000, 0), square(0, 1000)])
    faults = tk.check_areas(areas)
    assert found(faults) == [("island", ("c",)), ("piece", ("d", "e"))]
    assert sorted(faults["value"]) == pytest.approx([3000, 3000])
    assert set(faults.geometry.length.round(6)) == {3000.0}
    assert "'b'" in faults["what"].iloc[0]


def test_coordinates_that_cannot_be_right():
    box = shapely.box(9, 48, 10, 49)
    next_to = shapely.box(10, 48, 11, 49)
    swapped = shapely.box(48, 100, 49, 101)
    wild = shapely.box(500, 400, 501, 401)
    assert found(tk.check_areas(frame([box, next_to, swapped, wild], crs=DEGREES))) == [
        ("out_of_range", ("d",)),
        ("swapped", ("c",)),
    ]
    assert found(tk.check_areas(frame([square(0, 0), square(1000, 0), box]))) == [("mixed_crs", ("c",))]
    assert found(tk.check_areas(frame([box, next_to], crs=None))) == [("no_crs", ())]


def test_a_map_around_the_globe_is_checked_too():
    islands = frame([shapely.box(x, 0, x + 1, 1) for x in (-150, -60, 30, 120)], crs=DEGREES)
    assert set(tk.check_areas(islands)["fault"]) == {"island"}


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(tk.DataError, match="no column 'nowhere' for id"):
        tk.check_areas(grid(2), id="nowhere")
    with pytest.raises(tk.DataError, match="no column 'sales'"):
        tk.check_areas(grid(2), activities=["sales"])
    with pytest.raises(tk.DataError, match="there is no file"):
        tk.check_areas("nothing.gpkg", id="a")
    with pytest.raises(tk.DataError, match="id= is not given"):
        tk.check_areas(tk.datasets.path("texas_counties.geojson"))


def test_a_file_is_checked_as_it_is(tmp_path):
    areas = grid(2, 2)
    areas.loc["c0r0", "geometry"] = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    areas.rename_axis("code").reset_index().to_file(tmp_path / "map.gpkg")
    assert "invalid_geometry" in set(tk.check_areas(tmp_path / "map.gpkg", id="code")["fault"])


def points(xy, crs="EPSG:4326", **columns):
    x, y = np.array(xy, float).T
    ids = [chr(ord("a") + i) for i in range(len(x))]
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=crs, index=ids)


def test_accounts_against_their_areas():
    areas = frame([shapely.box(9, 48, 10, 49), shapely.box(10, 48, 11, 49)], crs=DEGREES)
    accounts = points(
        [(9.5, 48.5), (9.5, 48.5), (11.05, 48.5), (13, 48.5), (0, 0), (48.5, 95)], calls=[1, 0, 2, 3, 4, 5]
    )
    faults = tk.check_accounts(accounts, areas=areas, activities=["calls"])
    assert found(faults) == [
        ("at_zero", ("e",)),
        ("coincident", ("a", "b")),
        ("far_outside", ("d",)),
        ("outside", ("c",)),
        ("swapped", ("f",)),
        ("zero_value", ("b",)),
    ]
    outside = faults.set_index("fault").loc["outside"]
    assert outside["value"] == pytest.approx(3690, rel=0.01)  # 0.05 degrees of longitude at 48.5 degrees north
    assert found(tk.check_accounts(accounts.iloc[[2]], areas=areas, far=1000)) == [("far_outside", ("c",))]


def test_a_table_of_accounts_with_every_fault():
    table = pd.DataFrame(
        {
            "x": ["9.1", None, "9,3", "inf", "9.5", "200", ""],
            "y": ["48.1", None, "48.3", "48.4", None, "48.6", "48.7"],
        },
        index=list("abcdefg"),
    )
    faults = tk.check_accounts(table, lon="x", lat="y", crs="EPSG:4326")
    assert found(faults) == [
        ("missing_coordinate", ("b",)),
        ("missing_coordinate", ("e",)),
        ("not_a_coordinate", ("c",)),
        ("not_a_coordinate", ("d",)),
        ("not_a_coordinate", ("g",)),
        ("out_of_range", ("f",)),
    ]
    assert "'x' and 'y'" in faults.loc[faults["units"] == ("b",), "what"].item()


def test_exchanged_coordinates_within_range_stand_out():
    rng = np.random.default_rng(1)
    xy = np.column_stack([rng.uniform(100, 110, 50), rng.uniform(30, 40, 50)])
    xy[7] = [35.0, 80.0]  # away from the others, exchanged or not
    accounts = points(xy)
    accounts.index = range(50)
    assert found(tk.check_accounts(accounts)) == []
    xy = np.column_stack([rng.uniform(5, 15, 50), rng.uniform(45, 55, 50)])
    xy[9] = xy[9][::-1]
    accounts = points(xy)
    accounts.index = range(50)
    assert found(tk.check_accounts(accounts)) == [("swapped", (9,))]


def test_chinese_coordinates_are_checked_where_they_really_are():
    table = pd.DataFrame({"x": [116.39747], "y": [39.9088]}, index=["a"])
    inside = shapely.Point(116.39123, 39.90740).buffer(0.0005)  # the place in WGS 84, 555 m away
    areas = frame([inside], crs=DEGREES)
    assert len(tk.check_accounts(table, lon="x", lat="y", crs="gcj02", areas=areas)) == 0
    assert found(tk.check_accounts(table, lon="x", lat="y", crs="EPSG:4326", areas=areas)) == [("outside", ("a",))]


def test_wrong_settings_of_the_accounts_check():
    table = pd.DataFrame({"x": [1.0]}, index=["a"])
    with pytest.raises(tk.DataError) as refused:
        tk.check_accounts(table, lon="z", lat=None, crs="EPSG:4326")
    assert "no column 'z' for lon" in str(refused.value)
    assert "lat= is not given" in str(refused.value)
    with pytest.raises(tk.DataError, match="far is -1"):
        tk.check_accounts(table, lon="x", lat="x", crs="EPSG:4326", far=-1)


@settings(max_examples=30)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=7), min_size=1, max_size=5)
)
def test_whatever_is_drawn_becomes_valid_or_nothing(rings):
    shapes = np.array([shapely.Polygon(ring) for ring in rings], object)
    usable = polygonal(shapes)
    there = ~shapely.is_missing(usable)
    assert shapely.is_valid(usable[there]).all()
    assert np.isin(shapely.get_type_id(usable[there]), (3, 6)).all()
    assert (shapely.area(usable[there]) > 0).all()
    valid = shapely.is_valid(shapes)
    assert all(one is other for one, other in zip(shapes[valid], usable[valid], strict=True))
