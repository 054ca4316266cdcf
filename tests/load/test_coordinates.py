import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, box

import territorykit as tk
from territorykit.load import china

DEGREES = "EPSG:4326"
SYSTEMS = ["wgs84", "gcj02", "bd09"]
SHIFTED = ["gcj02", "bd09"]

# WGS 84, GCJ-02 and BD-09, longitude first. The second and third were worked out with PRCoords 1.0.2 (public domain);
# coordTransform 0.2.1 and geocoordinates-rs 0.14.2 give the same to 1e-12 degrees.
KNOWN = {
    "Beijing": [(116.4074, 39.9042), (116.41364225378803, 39.90560334316507), (116.42004633029816, 39.91186533561899)],
    "Shanghai": [(121.4737, 31.2304), (121.47822305927693, 31.22845773757727), (121.484781468503, 31.234310593689997)],
    "Shenzhen": [
        (114.0579, 22.5431),
        (114.06301399856547, 22.54038281422246),
        (114.06956398703267, 22.546041559073544),
    ],
    "Urumqi": [(87.6168, 43.8256), (87.61964994946926, 43.82680539311119), (87.62609977081571, 43.83294979479328)],
    "Sanya": [(109.5119, 18.2528), (109.51598429482667, 18.25109479173564), (109.52253179173881, 18.256876553759117)],
    "Kashgar": [(75.9898, 39.4704), (75.99275499023025, 39.470627026037526), (75.99926364705559, 39.47658990909995)],
    "Harbin": [(126.535, 45.8038), (126.54104035015793, 45.80578152514843), (126.54765921413988, 45.81139582294028)],
    "on the meridian of the formula": [(105.0, 34.0), (105.00322558520082, 33.99841512862956)],
}
INSIDE = {
    "Zhoushan": (122.11, 29.99),
    "Dongfushan, the outermost island": (122.77, 30.14),
    "Yangshan port": (122.07, 30.62),
    "bridge over Hangzhou Bay": (121.13, 30.45),
    "Weizhou island": (109.12, 21.04),
    "Dalian": (121.62, 38.92),
    "Lhasa": (91.11, 29.65),
    "Shenzhen, Futian": (114.055, 22.535),
    "Zhuhai, Xiangzhou": (113.55, 22.27),
    "Xiamen": (118.09, 24.48),
    "Dandong, the north": (124.37, 40.15),
}
OUTSIDE = {
    "Seoul": (126.978, 37.5665),
    "Pyongyang": (125.75, 39.03),
    "Ulaanbaatar": (106.9057, 47.8864),
    "Hanoi": (105.8542, 21.0285),
    "Vladivostok": (131.8869, 43.1155),
    "Almaty": (76.8512, 43.222),
    "Bishkek": (74.59, 42.87),
    "Kathmandu": (85.32, 27.71),
    "Thimphu": (89.64, 27.47),
    "Vientiane": (102.6, 17.97),
    "Fukuoka": (130.4, 33.59),
    "Manila": (120.98, 14.6),
    "Stuttgart": (9.18, 48.78),
}
REGIONS = {
    "hong kong": [(114.1694, 22.3193), (114.2, 22.25), (114.03, 22.44)],
    "macao": [(113.5439, 22.1987), (113.56, 22.13)],
    "taiwan": [(121.5654, 25.033), (120.3, 22.6), (118.32, 24.44), (119.93, 26.16)],
}


def metres(a, b):
    east = (np.asarray(a[0]) - b[0]) * np.cos(np.radians(b[1]))
    return np.hypot(east, np.asarray(a[1]) - b[1]) * 111_195


def china_points(n, seed=0):
    """Places spread over the mainland."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(73, 135, 3 * n), rng.uniform(18, 54, 3 * n)
    within = china.inside(lon, lat)
    return lon[within][:n], lat[within][:n]


@pytest.mark.parametrize("place", KNOWN)
def test_known_places(place):
    for system, there in zip(SYSTEMS, KNOWN[place], strict=False):
        for target, expected in zip(SYSTEMS, KNOWN[place], strict=False):
            np.testing.assert_allclose(tk.convert_coordinates(*there, system, target), expected, rtol=0, atol=2e-11)


def test_the_shift_of_beijing_is_half_a_kilometre_to_the_east():
    lon, lat = tk.convert_coordinates(116.4074, 39.9042, "wgs84", "gcj02")
    assert lon.shape == ()
    assert 500 < (lon - 116.4074) * 85_300 < 560
    assert 130 < (lat - 39.9042) * 111_000 < 180


@pytest.mark.parametrize("system", SHIFTED)
def test_there_and_back(system):
    lon, lat = china_points(100_000)
    assert len(lon) == 100_000
    there = tk.convert_coordinates(lon, lat, "wgs84", system)
    moved = metres(there, (lon, lat))
    low, high = {"gcj02": (15, 710), "bd09": (650, 1_550)}[system]
    assert low < moved.min()
    assert moved.max() < high
    back = tk.convert_coordinates(*there, system, "wgs84")
    assert metres(back, (lon, lat)).max() < 1e-6


def test_between_the_two_chinese_systems():
    lon, lat = china_points(1000, seed=1)
    gcj, bd = (tk.convert_coordinates(lon, lat, "wgs84", system) for system in SHIFTED)
    np.testing.assert_allclose(tk.convert_coordinates(*gcj, "gcj02", "bd09"), bd, rtol=0, atol=1e-11)
    np.testing.assert_allclose(tk.convert_coordinates(*bd, "bd09", "gcj02"), gcj, rtol=0, atol=1e-11)


@pytest.mark.parametrize("system", SHIFTED)
@pytest.mark.parametrize("place", OUTSIDE)
def test_places_outside_stay_bit_for_bit(place, system):
    for pair in ((system, "wgs84"), ("wgs84", system), SHIFTED):
        assert tuple(map(float, tk.convert_coordinates(*OUTSIDE[place], *pair))) == OUTSIDE[place]


@pytest.mark.parametrize("place", INSIDE)
def test_places_inside_are_moved(place):
    there = tk.convert_coordinates(*INSIDE[place], "wgs84", "gcj02")
    assert metres(there, INSIDE[place]) > 50
    assert metres(tk.convert_coordinates(*there, "gcj02", "wgs84"), INSIDE[place]) < 1e-6


@pytest.mark.parametrize(("region", "spelling"), [("hong kong", "HongKong"), ("macao", "Macau"), ("taiwan", "Taiwan")])
def test_regions_are_moved_where_they_are_named(region, spelling):
    lon, lat = np.transpose(REGIONS[region])
    others = [name for name in REGIONS if name != region]
    for names in ((), others):
        still = tk.convert_coordinates(lon, lat, "wgs84", "gcj02", shifted_regions=names)
        np.testing.assert_array_equal(still, (lon, lat))
    there = tk.convert_coordinates(lon, lat, "wgs84", "gcj02", shifted_regions=spelling)
    assert metres(there, (lon, lat)).min() > 50
    back = tk.convert_coordinates(*there, "gcj02", "wgs84", shifted_regions=[spelling, "hong kong"])
    assert metres(back, (lon, lat)).max() < 1e-6


def test_borders_in_force_not_those_claimed():
    aksai_chin, tawang, paracels, senkaku = (79.5, 35.0), (91.86, 27.59), (112.34, 16.83), (123.475, 25.745)
    lon, lat = np.transpose([aksai_chin, tawang, paracels, senkaku])
    assert china.inside(lon, lat, china.REGIONS).tolist() == [True, False, True, False]


def test_outlines_do_not_overlap():
    outlines = list(china._outlines().values())
    assert all(shapely.is_valid(outlines))
    areas = sum(shapely.area(outlines))
    assert shapely.area(shapely.union_all(outlines)) == pytest.approx(areas, rel=1e-6)


def test_near_the_border_the_place_inside_is_taken():
    """Two places go to the same one: a true place at the border, moved, and the place itself, if it lies outside."""
    lon, lat = np.linspace(117.5, 119.5, 4001), np.full(4001, 47.4)  # across the border with Mongolia
    within = china.inside(lon, lat)
    assert 0 < within.sum() < 4001
    there = tk.convert_coordinates(lon, lat, "wgs84", "gcj02")
    back = tk.convert_coordinates(*there, "gcj02", "wgs84")
    assert metres(back, (lon, lat))[within].max() < 1e-6
    wrong = ~within & (metres(back, (lon, lat)) > 0)
    assert china.inside(back[0][wrong], back[1][wrong]).all()
    assert metres(back, (lon, lat))[~within].max() < 710


def test_shapes_missing_values_and_copies():
    lon, lat = np.array([[116.4, np.nan], [np.inf * 0, 9.0]]), np.full((2, 2), 40.0)
    kept = lon.copy()
    new = tk.convert_coordinates(lon, lat, "GCJ-02", "WGS 84")
    assert new[0].shape == (2, 2)
    np.testing.assert_array_equal(np.isnan(new[0]), [[False, True], [True, False]])
    np.testing.assert_array_equal(lon, kept)
    same = tk.convert_coordinates(lon, lat, "bd09ll", "BD_09")
    np.testing.assert_array_equal(same, (lon, lat))
    assert not np.shares_memory(same[0], lon)
    assert tk.convert_coordinates([], [], "gcj02", "wgs84")[0].shape == (0,)


def test_all_problems_at_once():
    with pytest.raises(tk.DataError) as error:
        tk.convert_coordinates([400.0, 1], [1.0, 95, 3], "gcj2", "mars", shifted_regions=["tibet"])
    for text in (
        "source is 'gcj2'; pass one of 'wgs84', 'gcj02', 'bd09'",
        "target is 'mars'",
        "shifted_regions names 'tibet'; it takes 'hong kong', 'macao', 'taiwan'; the mainland always counts",
        "lon has the shape (2,), lat (3,); pass one latitude per longitude",
        "1 values of lon are beyond 180: 400.0; pass degrees, longitude first",
        "1 values of lat are beyond 90: 95.0",
    ):
        assert text in str(error.value)
    with pytest.raises(tk.DataError, match="lon or lat holds what is no number"):
        tk.convert_coordinates(["a"], [1], "gcj02", "wgs84")


@given(st.floats(98, 118), st.floats(26, 40), st.sampled_from(SHIFTED))
@settings(max_examples=60)
def test_neighbors_stay_neighbors(lon, lat, system):
    """The shift bends the map by two per cent at most."""
    lons, lats = np.array([lon, lon + 1e-4]), np.array([lat, lat + 1e-4])
    there = tk.convert_coordinates(lons, lats, "wgs84", system)
    before, after = (metres((x[1], y[1]), (x[0], y[0])) for x, y in ((lons, lats), there))
    assert after == pytest.approx(before, rel=0.03)
    assert metres(tk.convert_coordinates(*there, system, "wgs84"), (lons, lats)).max() < 1e-6


def frame(geometry, crs=DEGREES):
    return gpd.GeoDataFrame({"name": range(len(geometry))}, geometry=list(geometry), crs=crs)


def test_all_kinds_of_geometries():
    hole = box(116.0, 39.0, 117.0, 40.0).difference(box(116.4, 39.4, 116.6, 39.6))
    line = LineString([(116, 39, 5), (117, 40, 7)])
    shapes = [Point(116.4074, 39.9042), line, hole, MultiPolygon([hole, box(118, 39, 119, 40)]), Point(127, 37.5), None]
    before = frame(shapes)
    kept = before.copy(deep=True)
    after = tk.convert_geometries(before, "wgs84", "gcj02")
    assert after.crs is None
    assert after.index.equals(before.index)
    assert after.columns.tolist() == ["name", "geometry"]
    np.testing.assert_allclose(after.geometry[0].coords[0], KNOWN["Beijing"][1], rtol=0, atol=1e-11)
    assert [z for _, _, z in after.geometry[1].coords] == [5, 7]
    assert len(after.geometry[2].interiors) == 1
    assert after.geometry[4] == shapes[4]
    assert after.geometry[5] is None
    lonlat = shapely.get_coordinates(hole).T
    expected = tk.convert_coordinates(*lonlat, "wgs84", "gcj02")
    np.testing.assert_array_equal(shapely.get_coordinates(after.geometry[2]).T, expected)
    back = tk.convert_geometries(after, "gcj02", "wgs84")
    assert back.crs == DEGREES
    assert shapely.equals_exact(back.geometry.values[:5], before.geometry.values[:5], 1e-10).all()
    pd.testing.assert_frame_equal(before, kept)


def test_shared_vertices_stay_shared_at_the_border():
    """Areas in China whose corners lie in Mongolia are moved as wholes; those in Mongolia are not."""
    edges = 117.5 + 0.05 * np.arange(41)
    strips = frame(shapely.box(edges[:-1], 47.0, edges[1:], 48.0))
    middle = (edges[:-1] + edges[1:]) / 2
    middles = tk.convert_coordinates(middle, np.full(40, 47.5), "gcj02", "wgs84")[0] != middle
    assert 0 < middles.sum() < 40
    moved = tk.convert_geometries(strips, "gcj02", "wgs84")
    changed = ~shapely.equals_identical(moved.geometry.values, strips.geometry.values)
    np.testing.assert_array_equal(changed, middles)
    pairs = np.flatnonzero(middles[1:] & middles[:-1])
    geometry = moved.geometry.to_numpy()
    assert (shapely.length(shapely.intersection(geometry[pairs], geometry[pairs + 1])) > 0.99).all()


def test_frames_in_other_systems():
    shape = [box(116, 39, 117, 40)]
    for crs in (None, "OGC:CRS84", "EPSG:4490"):
        assert tk.convert_geometries(frame(shape, crs), "gcj02", "wgs84").crs == DEGREES
    with pytest.raises(tk.DataError, match="are stated to be in EPSG:3857; bring them to EPSG:4326 first"):
        tk.convert_geometries(frame(shape, "EPSG:3857"), "gcj02", "wgs84")
    with pytest.raises(tk.DataError, match="stated to be in EPSG:4214"):  # Beijing 1954 is no WGS 84
        tk.convert_geometries(frame(shape, "EPSG:4214"), "gcj02", "wgs84")
    with pytest.raises(tk.DataError, match="1 rows have coordinates that are no degrees: 0; pass degrees"):
        tk.convert_geometries(frame([Point(500_000, 4_000_000)], None), "gcj02", "wgs84")
    assert len(tk.convert_geometries(frame([]), "gcj02", "wgs84")) == 0


TABLE = {"id": ["a", "b"], "x": [KNOWN["Beijing"][1][0], 127.0], "y": [KNOWN["Beijing"][1][1], 37.5]}


@pytest.mark.parametrize("crs", ["gcj02", "GCJ-02", "Gcj 02"])
def test_accounts_from_a_table(crs):
    accounts = tk.read_accounts(pd.DataFrame(TABLE), id="id", lon="x", lat="y", crs=crs)
    assert accounts.crs == DEGREES
    np.testing.assert_allclose(accounts.geometry["a"].coords[0], KNOWN["Beijing"][0], rtol=0, atol=1e-11)
    assert accounts.geometry["b"] == Point(127.0, 37.5)


def test_accounts_in_hong_kong():
    table = pd.DataFrame({"id": ["a"], "x": [114.1694], "y": [22.3193]})
    roles = {"id": "id", "lon": "x", "lat": "y"}
    assert tk.read_accounts(table, **roles, crs="bd09").geometry["a"] == Point(114.1694, 22.3193)
    moved = tk.read_accounts(table, **roles, crs="bd09", shifted_regions=["Hong Kong"]).geometry["a"]
    expected = tk.convert_coordinates(114.1694, 22.3193, "bd09", "wgs84", shifted_regions="hong kong")
    assert moved.coords[0] == tuple(map(float, expected))


def test_geojson_states_wgs84_whatever_it_holds(tmp_path):
    path = tmp_path / "amap.geojson"
    true = frame(shapely.box([116, 117], 39, [117, 118], 40))
    tk.convert_geometries(true, "wgs84", "gcj02").set_crs(DEGREES).to_file(path)
    areas = tk.read_areas(path, id="name", crs="GCJ-02")
    assert areas.crs == DEGREES
    assert shapely.equals_exact(areas.geometry.values, true.geometry.values, 1e-6).all()
    points = frame([Point(KNOWN["Beijing"][2])])
    accounts = tk.read_accounts(points, id="name", crs="bd09")
    np.testing.assert_allclose(accounts.geometry[0].coords[0], KNOWN["Beijing"][0], rtol=0, atol=1e-11)


@pytest.mark.parametrize("read", [tk.read_areas, tk.read_accounts])
def test_a_file_in_metres_is_no_gcj02(read):
    shapes = [box(0, 0, 1, 1) if read is tk.read_areas else Point(5, 5)]
    message = (
        "stated to be in EPSG:3857, and crs= names gcj02; leave crs= out if the file is right; gcj02 is in degrees"
    )
    with pytest.raises(tk.DataError, match=message):
        read(frame(shapes, "EPSG:3857"), id="name", crs="gcj02")
    with pytest.raises(tk.DataError, match="shifted_regions is given; it goes with crs='gcj02' or crs='bd09' only"):
        read(frame(shapes), id="name", shifted_regions="macao")
    with pytest.raises(tk.DataError, match="shifted_regions names 'tibet'"):
        read(frame(shapes), id="name", crs="gcj02", shifted_regions="tibet")


def test_problems_of_chinese_tables_come_with_all_others():
    table = pd.DataFrame({"id": ["a", "a"], "x": [116.4, 39.9], "y": [39.9, 116.4]})
    with pytest.raises(tk.DataError) as error:
        tk.read_accounts(table, id="id", lon="x", lat="y", crs="gcj02")
    assert "ids are used more than once" in str(error.value)
    assert "longitude and latitude were swapped" in str(error.value)


@pytest.mark.slow
def test_real_areas_stay_valid_and_keep_their_neighbors(shared_data):
    areas = gpd.read_parquet(shared_data / "china" / "china_districts_fastgeocn.parquet")
    areas.geometry = areas.geometry.make_valid()
    for system in SHIFTED:
        moved = tk.convert_geometries(areas, system, "wgs84")
        assert moved.is_valid.all()
        mainland = ~areas["adcode"].str[:1].isin(["7", "8"]).to_numpy()
        still = shapely.equals_identical(moved.geometry.values, areas.geometry.values)
        assert still[~mainland].all()
        # The Spratly islands, Kinmen, and two counties whose larger part India holds.
        assert set(areas["name"][still & mainland]) <= {"南沙区", "西沙区", "金门县", "墨脱县", "错那市"}


@pytest.mark.slow
def test_a_million_points_in_seconds():
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(73, 135, 1_000_000), rng.uniform(18, 54, 1_000_000)
    start = time.perf_counter()
    tk.convert_coordinates(lon, lat, "bd09", "wgs84")
    assert time.perf_counter() - start < 20  # 2 s where this was written
