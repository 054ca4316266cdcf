import logging
import math
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from load.maps import DEGREES, UTM, grid
from shapely import Point

import territorykit as tk
from territorykit.load import datasets
from territorykit.load.common_ground import common_ground
from territorykit.load.projection import equal_area

X0, Y0 = 500_000, 5_000_000
SIDE = 12_000.0


def areas(*boxes, crs=UTM, **columns):
    """Areas "a", "b", ... from corners in kilometres: west, south, east, north."""
    shapes = [shapely.box(X0 + 1e3 * w, Y0 + 1e3 * s, X0 + 1e3 * e, Y0 + 1e3 * n) for w, s, e, n in boxes]
    return gpd.GeoDataFrame(columns, index=[chr(97 + i) for i in range(len(boxes))], geometry=shapes, crs=crs)


def spots(*places, **columns):
    """Points in kilometres."""
    points = [Point(X0 + 1e3 * x, Y0 + 1e3 * y) for x, y in places]
    return gpd.GeoDataFrame(columns, index=[f"p{i}" for i in range(len(places))], geometry=points, crs=UTM)


def test_sums_by_hand():
    tract = areas((0, 0, 4, 1), (4, 0, 5, 1), people=[100.0, 7.0])
    units = areas((0, 0, 1, 1), (1, 0, 4.5, 1), (4.5, 0, 5, 1))
    before = units.copy()
    found = tk.interpolate(tract, units, extensive="people")
    assert found["people"].to_numpy() == pytest.approx([25, 78.5, 3.5], rel=1e-6)
    assert math.fsum(found["people"]) == 107
    assert found.index.tolist() == ["a", "b", "c"]
    assert units.equals(before)


def test_averages_by_hand():
    tracts = areas((0, 0, 1, 1), (1, 0, 2, 1), (2, 0, 4, 1), income=[10, 20, 50], homes=[30, 10, 10], growth=[-1, 1, 0])
    units = areas((0, 0, 2, 1), (2, 0, 4, 1))
    plain = tk.interpolate(tracts, units, intensive=["income", "growth"])
    assert plain["income"].to_numpy() == pytest.approx([15, 50])
    assert plain["growth"].to_numpy() == pytest.approx([0, 0], abs=1e-6)
    weighed = tk.interpolate(tracts, units, extensive=["homes"], intensive={"income": "homes", "growth": ""})
    assert weighed["income"].to_numpy() == pytest.approx([12.5, 50])  # (30 * 10 + 10 * 20) / 40
    assert weighed["homes"].to_numpy() == pytest.approx([40, 10])
    assert weighed["growth"].to_numpy() == pytest.approx([0, 0], abs=1e-6)


def test_whole_numbers_stay_whole():
    tract, units = areas((0, 0, 3, 1), people=[10], money=[1.0]), grid(3)
    found = tk.interpolate(tract, units, extensive=["people", "money"], whole="people")
    assert found["people"].sum() == 10
    assert sorted(found["people"]) == [3, 3, 4]
    assert found["people"].dtype == np.int64
    assert found["money"].dtype == np.float64


def test_whole_numbers_are_not_rounded_source_by_source():
    """A hundred sources with a third of a person in a unit make 33 persons there, not none or a hundred."""
    rows = [(0, i, 3, i + 1) for i in range(100)]
    tracts = areas(*rows, people=[1] * 100)
    found = tk.interpolate(tracts, areas((0, 0, 1, 100), (1, 0, 3, 100)), extensive=["people"], whole=["people"])
    assert found["people"].tolist() == [33, 67]


def test_sources_outside_are_an_error_with_their_totals():
    tracts = areas((0, 0, 1, 1), (1, 0, 3, 1), (8, 0, 9, 1), people=[10, 20, 30])
    with pytest.raises(tk.DataError) as raised:
        tk.interpolate(tracts, grid(2), extensive=["people"])
    assert "2 sources lie wholly or partly in no target: 'b', 'c' (with people 40" in str(raised.value)
    assert "of 60, 66.67%)" in str(raised.value)
    assert "outside='nearest'" in str(raised.value)


def test_what_lies_outside_goes_to_the_nearest(caplog):
    tracts = areas((0, 0, 1, 1), (1, 0, 3, 1), (2.5, 0, 3, 1), people=[10, 20, 30])
    with caplog.at_level(logging.INFO, "territorykit"):
        found = tk.interpolate(
            tracts, grid(2), extensive=["people"], whole=["people"], outside="nearest", max_distance=600
        )
    assert found["people"].tolist() == [10, 50]
    assert "1 of them go to the nearest target, up to 500 m away" in caplog.text
    with pytest.raises(tk.DataError, match="1 sources lie farther than 400 m from every target, up to 500 m: 'c'"):
        tk.interpolate(tracts, grid(2), extensive=["people"], outside="nearest", max_distance=400)


def test_sources_that_meet_a_target_need_no_way(caplog):
    tracts = areas((0, 0, 2, 1), people=[8])
    with caplog.at_level(logging.INFO, "territorykit"):
        found = tk.interpolate(tracts, grid(1), extensive=["people"], outside="nearest", max_distance=0)
    assert found["people"].tolist() == [8]
    assert "go to the targets that the sources meet" in caplog.text


def test_what_is_dropped_is_on_record():
    tracts = areas((0, 0, 1, 1), (1, 0, 3, 1), people=[10, 20])
    with pytest.warns(tk.TerritoryKitWarning, match=r"left out .*: 1 sources .*: 'b' \(with people 10 of 30, 33\.33%"):
        found = tk.interpolate(tracts, grid(2), extensive=["people"], whole=["people"], outside="drop")
    assert found["people"].tolist() == [10, 10]


def test_slivers_lose_nothing(caplog):
    tracts = areas((0, 0, 1.005, 1), (0, 1, 1, 2), people=[10, 5])
    with caplog.at_level(logging.INFO, "territorykit"):
        found = tk.interpolate(tracts, grid(1, 2), extensive=["people"])
    assert found["people"].to_numpy() == pytest.approx([10, 5])
    assert "1 sources lie outside the targets by slivers of up to 0.5 %" in caplog.text


def test_targets_where_nothing_is_known(caplog):
    tracts = areas((0, 0, 1, 1), people=[10], income=[5.0], homes=[0])
    with (
        caplog.at_level(logging.INFO, "territorykit"),
        pytest.warns(tk.TerritoryKitWarning, match="no average of 'income' in 1 targets: 'c1r0'"),
    ):
        found = tk.interpolate(tracts, grid(2), extensive=["people"], intensive=["income"])
    assert found["people"].tolist() == [10, 0]
    assert found["income"].iloc[0] == pytest.approx(5)
    assert math.isnan(found["income"].iloc[1])
    assert "1 targets lie partly or wholly outside the sources" in caplog.text
    with pytest.warns(tk.TerritoryKitWarning, match="no average of 'income' in 2 targets"):
        tk.interpolate(tracts, grid(2), intensive={"income": "homes"})


def test_nothing_to_share_out():
    found = tk.interpolate(areas((0, 0, 2, 1), people=[0]), grid(2), extensive="people", whole="people")
    assert found["people"].tolist() == [0, 0]


def test_coordinate_systems_may_differ():
    tracts = areas((0, 0, 1, 1), (1, 0, 3, 1), people=[10.0, 20.0])
    here = tk.interpolate(tracts, grid(3), extensive="people")
    there = tk.interpolate(tracts.to_crs(DEGREES), grid(3), extensive="people")
    assert there["people"].to_numpy() == pytest.approx(here["people"].to_numpy(), rel=1e-4)
    assert there.crs == UTM


def test_ground_is_measured_on_an_equal_area_plane():
    """A degree of latitude holds less ground in the north: cos 60 to 61 against 61 to 62 degrees."""
    tall = gpd.GeoDataFrame({"people": [1.0]}, index=["t"], geometry=[shapely.box(10, 60, 11, 62)], crs=DEGREES)
    halves = [shapely.box(10, 60, 11, 61), shapely.box(10, 61, 11, 62)]
    units = gpd.GeoDataFrame(index=["s", "n"], geometry=halves, crs=DEGREES)
    share = tk.interpolate(tall, units, extensive="people")["people"].iloc[0]
    low, middle, high = np.sin(np.radians([60, 61, 62]))
    assert share == pytest.approx((middle - low) / (high - low), rel=1e-3)
    assert share > 0.507


def test_points_tell_where_people_are():
    tracts = areas((0, 0, 2, 1), (2, 0, 4, 1), people=[100, 40])
    units = areas((0, 0, 1, 1), (1, 0, 3, 1), (3, 0, 4, 1))
    homes = spots((0.5, 0.5), (1.5, 0.5), (1.6, 0.5), (9, 9), homes=[3.0, 0.5, 0.5, 9.0])
    even = tk.interpolate(tracts, units, extensive="people", points=homes)
    assert even["people"].to_numpy() == pytest.approx([100 / 3, 200 / 3 + 20, 20])  # the second by its ground
    found = tk.interpolate(tracts, units, extensive="people", points=homes, weight="homes", whole="people")
    assert found["people"].tolist() == [75, 45, 20]


def test_points_outside_the_targets_count_as_outside():
    tracts = areas((0, 0, 2, 1), people=[100])
    homes = spots((0.5, 0.5), (1.5, 0.5), homes=[1, 3])
    with pytest.raises(tk.DataError, match=r"with people 75 of 100, 75\.00%"):
        tk.interpolate(tracts, grid(1), extensive="people", points=homes, weight="homes")
    with pytest.raises(tk.DataError, match="no point lies in any source"):
        tk.interpolate(tracts, grid(2), extensive="people", points=spots((7, 7)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "no columns are named; name them with extensive="),
        ({"extensive": "gone"}, "the sources have no column 'gone'; the columns are 'people', 'income'"),
        ({"extensive": "geometry"}, "no column 'geometry'"),
        ({"extensive": ["people"], "intensive": ["people"]}, "columns are named twice: 'people'"),
        ({"extensive": "people", "whole": "income"}, "whole names 'income'; name columns of extensive= only"),
        ({"extensive": "half", "whole": "half"}, "1 values of 'half' are not whole: 'a'"),
        ({"extensive": "vast", "whole": "vast"}, "the total of 'vast' is beyond"),
        ({"extensive": "work"}, "the targets have columns 'work' already"),
        ({"extensive": "loss"}, "'loss' of the sources: 1 values are negative, at unit 'b'"),
        ({"extensive": "hole"}, "'hole' of the sources: 1 values are missing .NaN., at unit 'a'"),
        ({"intensive": "hole"}, "1 values of 'hole' are missing or no finite numbers: 'a'"),
        ({"intensive": "text"}, "2 values of 'text' are missing or no finite numbers: 'a', 'b'"),
        ({"intensive": {"income": "gone"}}, "the sources have no column 'gone'"),
        ({"extensive": "people", "outside": "ignore"}, "outside is 'ignore'"),
        ({"extensive": "people", "engine": "magic"}, "engine is 'magic'"),
        ({"extensive": "people", "max_distance": 5}, "max_distance is given; it goes with outside='nearest'"),
        ({"extensive": "people", "outside": "nearest", "max_distance": -1}, "max_distance is -1"),
        ({"extensive": "people", "weight": "homes"}, "weight='homes' is given; it names a column of points="),
        ({"extensive": "people", "points": spots((1, 1)), "weight": "w"}, "the points have no column 'w'"),
        (
            {"extensive": "people", "points": spots((1, 1), w=[-1]), "weight": "w"},
            "'w' of the points: 1 values are neg",
        ),
        ({"extensive": "people", "points": spots((1, 1)), "engine": "tobler"}, "points are given, and tobler is asked"),
        ({"extensive": "people", "points": grid(2)}, "points: 2 geometries are no points but Polygon"),
    ],
)
def test_wrong_inputs(settings, message):
    columns = {"people": [1, 2], "income": [1, 2], "half": [0.5, 1], "vast": [2**53, 2], "work": [1, 1]}
    columns |= {"loss": [1, -1], "hole": [None, 1.0], "text": ["1", "2"]}
    with pytest.raises(tk.DataError, match=message):
        tk.interpolate(areas((0, 0, 1, 1), (1, 0, 2, 1), **columns), grid(2), **settings)


def test_all_problems_at_once():
    bow = shapely.Polygon([(X0, Y0), (X0 + 9, Y0 + 9), (X0 + 9, Y0), (X0, Y0 + 9)])
    tracts = gpd.GeoDataFrame({"people": [np.inf, 1]}, index=["a", "a"], geometry=[bow, bow], crs=UTM)
    with pytest.raises(tk.DataError) as raised:
        tk.interpolate(tracts, grid(2).set_crs(None, allow_override=True), extensive=["people", "gone"])
    for part in (
        "sources: 1 ids are used more than once: 'a'",
        "sources: 2 geometries are invalid",
        "targets: the coordinate system is not stated",
        "no column 'gone'",
        "1 values are infinite",
    ):
        assert part in str(raised.value)


def test_targets_do_not_overlap():
    units = areas((0, 0, 2, 1), (1, 0, 3, 1))
    with pytest.raises(tk.DataError, match="1 pairs of areas overlap, by up to 50% of the smaller"):
        tk.interpolate(areas((0, 0, 3, 1), people=[1]), units, extensive="people")


def test_shapes_that_are_valid_in_degrees_alone():
    """The sides of a slit, 1e-13 degrees wide, cross when their corners are brought to the plane."""
    corners = [(11, 50), (11, 51), (10.5, 51), (10.500000000000107, 50.25395734275278)]
    slit = shapely.Polygon(
        [(10, 50), *corners, (10.499999999999718, 50.31229205718086), (10.499999999999858, 51), (10, 51)]
    )
    tract = gpd.GeoDataFrame({"people": [100]}, index=["t"], geometry=[slit], crs=DEGREES)
    halves = [shapely.box(10, 50, 10.5, 51), shapely.box(10.5, 50, 11, 51)]
    units = gpd.GeoDataFrame(index=["w", "e"], geometry=halves, crs=DEGREES)
    assert not tract.segmentize(0.1).to_crs(equal_area(tract)).is_valid.any()
    found = tk.interpolate(tract, units, extensive="people", whole="people")
    assert found["people"].tolist() == [50, 50]


def test_too_far_apart_for_one_plane():
    ends = [shapely.box(0, 0, 1, 1), shapely.box(179, 0, 180, 1)]
    far = gpd.GeoDataFrame({"people": [1, 1]}, index=["a", "b"], geometry=ends, crs=DEGREES)
    with pytest.raises(tk.DataError, match="degrees from their center"):
        tk.interpolate(far, far[["geometry"]], extensive="people")


# pyproj with numpy before 2.4, for single points; within pytest.warns the filter by module does not see it
@pytest.mark.filterwarnings("ignore:Conversion of an array with ndim > 0 to a scalar:DeprecationWarning")
def test_tobler_makes_the_same_sums():
    pytest.importorskip("tobler")
    tracts = areas(
        (0, 0, 1.5, 1), (1.5, 0, 3, 1), (9, 0, 10, 1), people=[10, 21, 4], income=[10, 30, 9], homes=[1, 2, 1]
    )
    units = areas((0, 0, 1, 1), (1, 0, 3, 1), (5, 0, 6, 1))
    wanted = {"extensive": ["people"], "intensive": {"income": "homes", "homes": ""}, "outside": "nearest"}
    with pytest.warns(tk.TerritoryKitWarning, match="no average of 'homes' in 1 targets: 'c'"):
        ours = tk.interpolate(tracts, units, **wanted)
    with pytest.warns(tk.TerritoryKitWarning, match="no average of 'homes' in 1 targets: 'c'"):
        theirs = tk.interpolate(tracts, units, **wanted, engine="tobler")
    for name in ("people", "income", "homes"):
        assert theirs[name].to_numpy() == pytest.approx(ours[name].to_numpy(), rel=1e-5, nan_ok=True)
    assert ours["people"].to_numpy() == pytest.approx([20 / 3, 73 / 3, 4])
    assert math.fsum(theirs["people"]) == 35


def test_tobler_is_not_given_what_only_touches():
    """A source beside the targets goes to the nearest once, and not by a grain of common ground besides."""
    pytest.importorskip("tobler")
    tracts = areas((0, 0, 2, 1), (2 - 5e-10, 0, 3, 1), people=[10, 30])
    for engine in ("shapely", "tobler"):
        found = tk.interpolate(tracts, grid(2), extensive=["people"], outside="nearest", engine=engine)
        assert found["people"].to_numpy() == pytest.approx([5, 35], rel=1e-5)


def test_tobler_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tobler.area_weighted", None)
    with pytest.raises(tk.BackendError, match=r'pip install "territorykit\[census\]"'):
        tk.interpolate(areas((0, 0, 2, 1), people=[1]), grid(2), extensive="people", engine="tobler")


@st.composite
def covers(draw):
    """The same square of ground, cut into a grid whose cells are joined at random."""
    n = draw(st.integers(1, 5))
    labels = draw(st.lists(st.integers(0, 5), min_size=n * n, max_size=n * n))
    size = SIDE / n
    cells = {}
    for k, label in enumerate(labels):
        x, y = X0 + k // n * size, Y0 + k % n * size
        cells.setdefault(label, []).append(shapely.box(x, y, x + size, y + size))
    shapes = [shapely.union_all(cells[label]) for label in sorted(cells)]
    return gpd.GeoDataFrame(index=[f"u{i}" for i in range(len(shapes))], geometry=shapes, crs=UTM)


@settings(max_examples=40)
@given(covers(), covers(), st.data())
def test_totals_are_conserved(sources, targets, data):
    n = len(sources)
    sources["people"] = data.draw(st.lists(st.integers(0, 10**9), min_size=n, max_size=n))
    sources["money"] = data.draw(st.lists(st.integers(0, 10**13), min_size=n, max_size=n))
    sources["money"] /= 100
    sources["rate"] = data.draw(st.lists(st.integers(-50, 50), min_size=n, max_size=n))
    found = tk.interpolate(
        sources, targets, extensive=["people", "money"], intensive={"rate": ""}, whole=["people"], outside="error"
    )
    assert found["people"].sum() == sources["people"].sum()
    money = math.fsum(sources["money"])
    assert abs(math.fsum(found["money"]) - money) <= 2 * math.ulp(money)
    assert (found[["people", "money"]] >= 0).all(axis=None)
    shapes, places = sources.geometry.to_numpy(), targets.geometry.to_numpy()
    share = shapely.area(shapely.intersection(shapes[:, None], places)) / shapely.area(shapes)[:, None]
    loose = 1e-4 * float(sources["people"].sum())  # the plane of the oracle is not of equal area
    assert found["people"].to_numpy() == pytest.approx(sources["people"].to_numpy() @ share, rel=1e-4, abs=1 + loose)
    ground = share * shapely.area(shapes)[:, None]
    rates = sources["rate"].to_numpy() @ ground / ground.sum(axis=0)
    assert found["rate"].to_numpy() == pytest.approx(rates, abs=1e-2)


@settings(max_examples=40)
@given(covers(), covers())
def test_ground_against_brute_force(sources, targets):
    ground = common_ground(sources, targets)
    brute = shapely.area(shapely.intersection(ground.sources[:, None], ground.targets))
    assert ground.common.toarray() == pytest.approx(brute, rel=1e-9, abs=1.0)  # square metres
    assert ground.known == pytest.approx(1.0, rel=1e-5)


@settings(max_examples=20)
@given(covers(), covers(), st.randoms(use_true_random=False))
def test_order_changes_nothing(sources, targets, random):
    sources["people"] = np.arange(1.0, len(sources) + 1)
    here = tk.interpolate(sources, targets, extensive=["people"])
    order = random.sample(range(len(sources)), len(sources))
    back = targets.iloc[::-1]
    there = tk.interpolate(sources.iloc[order], back, extensive=["people"])
    assert there["people"][here.index].to_numpy() == pytest.approx(here["people"].to_numpy(), abs=1e-6)


@given(covers())
@settings(max_examples=20)
def test_onto_itself(sources):
    sources["people"] = np.arange(1, len(sources) + 1)
    found = tk.interpolate(sources, sources[["geometry"]], extensive=["people"], whole=["people"])
    assert found["people"].tolist() == sources["people"].tolist()


def hexagons(frame, radius):
    """Hexagons that cover a frame of metres."""
    west, south, east, north = frame.total_bounds
    corners = radius * np.exp(1j * np.arange(6) * np.pi / 3)
    high = radius * math.sqrt(3)
    centers = [
        complex(x, y + (i % 2) * high / 2)
        for i, x in enumerate(np.arange(west, east + 2 * radius, 1.5 * radius))
        for y in np.arange(south - high, north + high, high)
    ]
    shapes = [shapely.Polygon(np.column_stack([(c + corners).real, (c + corners).imag])) for c in centers]
    cells = gpd.GeoDataFrame(geometry=shapes, crs=frame.crs)
    return cells[cells.intersects(frame.union_all())].reset_index(drop=True)


def test_texas_onto_hexagons_and_back():
    counties = datasets.texas_areas()[["labor_force_2009", "geometry"]]
    cells = hexagons(counties.to_crs("EPSG:3083"), 30_000)
    there = tk.interpolate(counties, cells, extensive="labor_force_2009", whole="labor_force_2009")
    total = counties["labor_force_2009"].sum()
    assert there["labor_force_2009"].sum() == total
    back = tk.interpolate(
        there, counties[["geometry"]], extensive="labor_force_2009", whole="labor_force_2009", outside="nearest"
    )
    assert back["labor_force_2009"].sum() == total
    known, found = counties["labor_force_2009"].to_numpy(), back["labor_force_2009"].to_numpy()
    assert np.corrcoef(known, found)[0, 1] > 0.9  # cells as large as counties smooth, and do not mix up


@pytest.mark.slow
def test_output_areas_into_authorities(shared_data):
    """Every output area lies in one authority: its code says which, and its ground has to say the same."""
    small = gpd.read_parquet(shared_data / "ew_oa11" / "ew_oa11.parquet").set_index("oa11_code")
    small = small[small["lad11_code"].str.startswith("E09")]
    small.geometry = shapely.make_valid(small.geometry.to_numpy(), method="structure", keep_collapsed=False)
    authorities = small[["lad11_code", "geometry"]].dissolve("lad11_code")
    found = tk.interpolate(small, authorities, extensive=["households_2021"], whole=["households_2021"])
    known = small.groupby("lad11_code")["households_2021"].sum()
    assert found["households_2021"].sum() == known.sum()
    assert (found["households_2021"] / known - 1).abs().max() < 1e-3
