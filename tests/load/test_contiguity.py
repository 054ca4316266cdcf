import logging
import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from load.maps import DEGREES, UTM, borders, frame, grid, mosaics, named_edges
from shapely import box

import territorykit as tk
from territorykit.load import datasets
from territorykit.load.islands import pieces

X0, Y0 = 500_000, 5_000_000


def at(x1, y1, x2, y2):
    """A box in metres from the corner of the map."""
    return box(X0 + x1, Y0 + y1, X0 + x2, Y0 + y2)


def shape(*places):
    return shapely.Polygon([(X0 + x, Y0 + y) for x, y in places])


def graph_of(*shapes, crs=UTM, **options):
    return tk.unit_graph(frame(shapes, crs), **{"activities": ["work"], "islands": "apart"} | options)


def test_a_grid_by_hand():
    areas = grid(3, 2)
    areas["land"] = list("xxyyxy")
    areas["label"] = [f"Cell {i}" for i in range(6)]
    graph = tk.unit_graph(areas, activities={"work": "h/year"}, names="label", groups=["land"])
    assert graph.ids.tolist() == areas.index.tolist()
    assert len(graph.edges) == 7
    assert set(graph.border_lengths.tolist()) == {1000.0}
    assert set(graph.edge_lengths.tolist()) == {1000.0}
    assert graph.area.tolist() == [1e6] * 6
    assert graph.perimeter.tolist() == [4000.0] * 6
    assert graph.xy[0].tolist() == [X0 + 500, Y0 + 500]
    assert graph.names.tolist() == [f"Cell {i}" for i in range(6)]
    assert graph.groups["land"].tolist() == list("xxyyxy")
    assert graph.activity("work").unit_of_measure == "h/year"
    assert graph.bridges is None
    assert graph.account_ids is None
    assert pickle.loads(pickle.dumps(graph)) == graph


def test_queen_neighbors_also_touch_at_corners():
    graph = tk.unit_graph(grid(3, 2), activities=["work"], contiguity="queen")
    lengths = borders(graph)
    assert len(lengths) == 7 + 4
    assert lengths["c0r0", "c1r1"] == 0
    assert lengths["c1r0", "c0r1"] == 0
    assert sum(length == 1000 for length in lengths.values()) == 7


def test_a_border_that_one_side_splits():
    graph = graph_of(at(0, 0, 1000, 1000), at(1000, 0, 2000, 400), at(1000, 400, 2000, 1000))
    assert borders(graph) == pytest.approx({("a", "b"): 400, ("a", "c"): 600, ("b", "c"): 1000}, abs=1e-6)


def test_a_border_drawn_twice_within_the_tolerance():
    wavy = shape((0, 0), (1000, 0), (1000.4, 300), (999.7, 600), (1000.2, 1000), (0, 1000))
    assert borders(graph_of(wavy, at(1000.6, 0, 2000, 1000)))["a", "b"] == pytest.approx(1000, abs=1)
    assert named_edges(graph_of(wavy, at(1000.6, 0, 2000, 1000), tolerance=0.1)) == set()
    assert named_edges(graph_of(wavy, at(1030, 0, 2000, 1000))) == set()
    assert borders(graph_of(wavy, at(1030, 0, 2000, 1000), tolerance=40))["a", "b"] == pytest.approx(1000, abs=60)


def test_tolerance_zero_takes_equal_segments_only():
    split = at(1000, 0, 2000, 400), at(1000, 400, 2000, 1000)
    assert named_edges(graph_of(at(0, 0, 1000, 1000), *split, tolerance=0)) == {("b", "c")}
    assert borders(graph_of(at(0, 0, 1000, 1000), at(1000, 0, 2000, 1000), tolerance=0)) == {("a", "b"): 1000}


@pytest.mark.parametrize("width", [10, 100, 900])
def test_a_corner_is_no_border_however_sharp(width):
    touching = shape((0, 0), (1000, 1000), (0, 1000)), shape((0, 0), (1000, 1000 - width), (1000, 0))
    assert named_edges(graph_of(*touching)) == set()
    queen = graph_of(*touching, contiguity="queen")
    assert borders(queen) == {("a", "b"): 0}


def test_a_corner_on_the_middle_of_a_side():
    tip = shape((1000, 500), (2000, 0), (2000, 1000))
    assert named_edges(graph_of(at(0, 0, 1000, 1000), tip)) == set()
    assert borders(graph_of(at(0, 0, 1000, 1000), tip, contiguity="queen")) == {("a", "b"): 0}


def test_corners_within_the_tolerance_are_queen_neighbors():
    # four areas meet in a border of 0.5 m: a and d miss each other by as much
    a = shape((0, 0), (1000, 0), (1000, 1000), (0, 1000))
    b = shape((1000, 0), (2000, 0), (2000, 1000.5), (1000, 1000.5), (1000, 1000))
    c = shape((0, 1000), (1000, 1000), (1000, 1000.5), (1000, 2000), (0, 2000))
    d = shape((1000, 1000.5), (2000, 1000.5), (2000, 2000), (1000, 2000))
    rook = {("a", "b"), ("a", "c"), ("b", "c"), ("b", "d"), ("c", "d")}
    assert named_edges(graph_of(a, b, c, d)) == rook
    assert named_edges(graph_of(a, b, c, d, contiguity="queen")) == rook | {("a", "d")}
    assert named_edges(graph_of(a, b, c, d, contiguity="queen", tolerance=0.1)) == rook


def test_min_border():
    areas = at(0, 0, 1000, 1000), at(1000, 0, 2000, 400), at(1000, 400, 2000, 1000)
    assert named_edges(graph_of(*areas, min_border=400.5)) == {("a", "c"), ("b", "c")}
    assert named_edges(graph_of(*areas, min_border=600.5)) == {("b", "c")}


def test_holes_and_parts():
    ring = at(0, 0, 3000, 3000).difference(at(1000, 1000, 2000, 2000))
    island = shapely.union_all([at(1000, 1000, 2000, 2000), at(3000, 0, 4000, 1000)])
    assert borders(graph_of(ring, island)) == pytest.approx({("a", "b"): 4000 + 1000}, abs=1e-6)


def test_both_sides_of_the_antimeridian_touch():
    areas = gpd.GeoDataFrame(
        {"work": 1.0}, index=["west", "east"], geometry=[box(179, 0, 180, 1), box(-180, 0, -179, 1)], crs=DEGREES
    )
    graph = tk.unit_graph(areas, activities=["work"], crs="equal-area")
    assert graph.border_lengths == pytest.approx([110_574], rel=1e-3)


def test_long_straight_borders_in_degrees():
    # on the plane the long side is a chord that leaves the others by kilometres
    south = box(-110, 45, -90, 49)
    north = [box(-110, 49, -104, 50), box(-104, 49, -90, 50)]
    graph = tk.unit_graph(frame([south, *north], DEGREES), activities=["work"], crs="equal-area")
    assert named_edges(graph) == {("a", "b"), ("a", "c"), ("b", "c")}
    lengths = borders(graph)
    assert lengths["a", "b"] + lengths["a", "c"] == pytest.approx(1_459_000, rel=0.01)


@settings(max_examples=40)
@given(mosaics())
def test_same_borders_as_pairwise_intersection(shapes):
    graph = graph_of(*shapes)
    expected = {}
    for i, one in enumerate(shapes):
        for j in range(i):
            length = one.boundary.intersection(shapes[j].boundary).length
            if length > 1e-6:
                expected[chr(ord("a") + j), chr(ord("a") + i)] = length
    assert borders(graph) == pytest.approx(expected, abs=1e-3)


@settings(max_examples=40)
@given(mosaics())
def test_order_and_place_do_not_matter(shapes):
    graph = graph_of(*shapes)
    turned = tk.unit_graph(frame(shapes).iloc[::-1], activities=["work"], islands="apart")
    assert {frozenset(pair): length for pair, length in borders(turned).items()} == pytest.approx(
        {frozenset(pair): length for pair, length in borders(graph).items()}, abs=1e-6
    )
    moved = graph_of(*[shapely.transform(one, lambda xy: xy + np.array([1000, -500])) for one in shapes])
    assert borders(moved) == pytest.approx(borders(graph), abs=1e-6)


# --- what is refused ---


def test_overlaps_and_duplicates_are_refused():
    areas = frame([at(0, 0, 1000, 1000), at(900, 0, 2000, 1000), at(5000, 0, 6000, 1000), at(5000, 0, 6000, 1000)])
    with pytest.raises(tk.DataError, match=r"2 pairs of areas overlap, by up to 100% .*: \('c', 'd'\), \('a', 'b'\)"):
        tk.unit_graph(areas, activities=["work"])
    inside = frame([at(0, 0, 1000, 1000), at(400, 400, 600, 600)])
    with pytest.raises(tk.DataError, match=r"1 pairs of areas overlap.*\('a', 'b'\); cut them"):
        tk.unit_graph(inside, activities=["work"])


def test_slivers_are_tolerated_and_count_as_border(caplog):
    # the common border was simplified on each side: it lies in a sliver of up to 8 m
    one = shape((0, 0), (1000, 0), (1000, 1000), (0, 1000))
    two = shape((1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (992, 500))
    with caplog.at_level(logging.INFO, "territorykit"):
        graph = graph_of(one, two)
    assert borders(graph)["a", "b"] == pytest.approx(1000, abs=1)
    assert "1 pairs of areas overlap by slivers of at most 0.40 %" in caplog.text


def test_a_sliver_within_the_tolerance_counts_once():
    two = shape((1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (999.5, 500))
    assert borders(graph_of(at(0, 0, 1000, 1000), two))["a", "b"] == pytest.approx(1000, abs=1)


def test_all_problems_at_once():
    areas = grid(5).assign(visits=[1, np.nan, -2, np.inf, 0], text=["1", "b", "2", "3", "4"])
    areas.index = ["a", "b", "c", "c", None]
    areas.iloc[0, areas.columns.get_loc("geometry")] = shape((0, 0), (1000, 1000), (1000, 0), (0, 1000))
    with pytest.raises(tk.DataError) as raised:
        tk.unit_graph(
            areas,
            activities=["visits", "text", "work", "sales"],
            crs=4326,
            contiguity="king",
            tolerance=-1,
            min_border=np.nan,
            islands="sink",
            names="label",
            groups=["state"],
        )
    for part in (
        "ids are missing, at position 4",
        "used more than once: 'c'",
        "invalid: 'a'",
        "activity 'visits': 1 values are missing (NaN), at unit 'b'",
        "activity 'visits': 1 values are negative, at unit 'c'",
        "activity 'visits': 1 values are infinite, at unit 'c'",
        "activity 'text': 5 values are no numbers but '1', 'b'",
        "there is no column 'sales' for activity; the columns are 'work', 'visits', 'text'",
        "no column 'label' for names",
        "no column 'state' for group",
        "EPSG:4326 has geographic coordinates",
        "contiguity is 'king'",
        "tolerance is -1",
        "min_border is nan",
        "islands is 'sink'",
    ):
        assert part in str(raised.value)


def test_a_frame_without_a_system_or_that_is_none():
    bare = grid(2).set_crs(None, allow_override=True)
    with pytest.raises(tk.DataError, match="the coordinate system is not stated") as raised:
        tk.unit_graph(bare, activities=["work"])
    assert str(raised.value).count("coordinate system") == 1
    with pytest.raises(tk.DataError, match="areas is a dict; pass a GeoDataFrame, as read_areas makes it"):
        tk.unit_graph({}, activities=["work"])


def test_frames_that_cannot_be_units():
    areas = grid(2)
    with pytest.raises(tk.DataError, match="the index has several levels"):
        tk.unit_graph(areas.set_index("work", append=True), activities=[])
    with pytest.raises(tk.DataError, match="columns share the name 'work'"):
        tk.unit_graph(gpd.GeoDataFrame(pd.concat([areas, areas[["work"]]], axis=1)), activities=["work"])
    with pytest.raises(tk.DataError, match="there is no geometry"):
        tk.unit_graph(gpd.GeoDataFrame({"work": [1]}), activities=["work"])
    with pytest.raises(tk.DataError, match="there are no rows"):
        tk.unit_graph(areas.iloc[:0], activities=["work"], crs="equal-area")


def test_account_ids_must_be_tuples():
    with pytest.raises(tk.DataError, match="account_ids holds no tuple of ids for 'c0r0', 'c1r0'"):
        tk.unit_graph(grid(2).assign(account_ids="k1"), activities=["work"])


# --- real maps ---


def test_texas():
    areas = datasets.texas_areas()
    graph = tk.unit_graph(areas, activities={"labor_force_2009": "persons"}, crs="equal-area", names="name")
    assert graph.n_units == 254
    assert len(graph.edges) == 661
    assert pieces(254, graph.edges).max() == 0
    truth = [abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(county)[0]) for county in areas.geometry]
    assert graph.area == pytest.approx(truth, rel=1e-3)


REAL = [
    ("de_kreise/de_kreise", "ags", "EPSG:25832", (1039, 1)),
    ("china/china_prefectures_census", "city_code", "equal-area", (969, 3)),
    ("us_counties/us_counties", "fips", "EPSG:5070", (8737, 4)),
]


def facts(path, column, crs):
    """Numbers of neighbors and of pieces on a real map."""
    areas = gpd.read_parquet(path)
    if "conus" in areas:
        areas = areas[areas["conus"]]
    areas = tk.read_areas(areas.assign(one=1.0), id=column)
    graph = tk.unit_graph(areas, activities=["one"], crs=crs, islands="apart")
    return len(graph.edges), pieces(graph.n_units, graph.edges).max() + 1


@pytest.mark.parametrize(("file", "column", "crs", "expected"), REAL)
def test_real_maps(shared_data, file, column, crs, expected):
    assert facts(shared_data / f"{file}.parquet", column, crs) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "column", "crs", "expected"),
    [
        ("ew_lsoa21/ew_lsoa21", "lsoa21_code", "EPSG:27700", (103_148, 5)),
        ("us_counties/us_counties_tiger2009_bokeh", "fips", "EPSG:6933", (9112, 17)),
    ],
)
def test_large_real_maps(shared_data, file, column, crs, expected):
    assert facts(shared_data / f"{file}.parquet", column, crs) == expected
