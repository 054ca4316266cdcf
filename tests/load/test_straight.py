"""Straight-line travel, and ways around barriers, against lengths by hand and against all pairs at once."""

import pickle

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Polygon, box

import territorykit as tk
from territorykit.load import barriers as made
from territorykit.load.ways import detours, reach
from territorykit.load.ways.places import Places
from territorykit.model.objective import EARTH_RADIUS

KM = tk.StraightLine(circuity=1, kmh=60)  # one minute per kilometre
ALL = float("inf")
GAP = MultiLineString([[(1000, -5000), (1000, -100)], [(1000, 100), (1000, 5000)]])
SQUARE = box(400, -300, 600, 300)
EDGE = 1.01  # how far from a line its corners are passed: half its width and a centimetre


def places(xy=None, lonlat=None, word="units"):
    points = [None if p is None else np.array(p, float).reshape(-1, 2) for p in (xy, lonlat)]
    n = len(points[0] if points[0] is not None else points[1])
    return Places(np.array([f"p{i}" for i in range(n)], object), *points, word)


def dense(ways, n):
    """Minutes as a matrix, infinite where nothing is stored."""
    matrix = np.full((ways.n_origins, n), np.inf)
    matrix[np.repeat(np.arange(ways.n_origins), np.diff(ways.indptr)), ways.indices] = ways.minutes
    return matrix


def haversine(one, other):
    (lon, lat), (lon2, lat2) = np.radians(one).T[:, :, None], np.radians(other).T[:, None, :]
    h = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(h, 1)))


def test_the_plane_by_hand():
    ways = tk.StraightLine(circuity=1.2, kmh=60).ways(
        places([[0, 0]]), places([[3000, 4000], [0, 0]]), within=ALL, workers=1
    )
    assert ways.indptr.tolist() == [0, 2]
    assert ways.indices.tolist() == [0, 1]
    assert ways.metres == pytest.approx([6000, 0])
    assert ways.minutes == pytest.approx([6, 0])


def test_half_the_speed_takes_twice_as_long_over_the_same_metres():
    ends = places([[0, 0], [7000, 1000]])
    fast, slow = (tk.StraightLine(kmh=kmh).ways(ends, ends, within=ALL, workers=1) for kmh in (100, 50))
    assert slow.minutes == pytest.approx(2 * fast.minutes)
    assert slow.metres.tolist() == fast.metres.tolist()


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0), (1, 0), 1 / 180),
        ((0, 90), (77, -90), 1),
        ((0, 90), (123, 0), 1 / 2),
        ((179.5, 0), (-179.5, 0), 1 / 180),
        ((10, 0), (-170, 0), 1),
    ],
)
def test_great_circles_by_hand(one, other, share):
    ways = KM.ways(places(lonlat=[one]), places(lonlat=[other]), within=ALL, workers=1)
    assert ways.metres == pytest.approx([share * np.pi * EARTH_RADIUS])
    assert ways.minutes == pytest.approx(ways.metres / 1000)


def test_the_sphere_only_where_both_ends_are_known_on_it():
    one, other = ([[0, 0]], [[0, 0]]), ([[1000, 0]], [[1, 0]])
    both = KM.ways(places(*one), places(*other), within=ALL, workers=1)
    assert both.metres == pytest.approx([np.pi / 180 * EARTH_RADIUS])
    assert KM.ways(places(*one), places(other[0]), within=ALL, workers=1).metres.tolist() == [1000]
    assert KM.ways(places(one[0]), places(*other), within=ALL, workers=1).metres.tolist() == [1000]


def test_bases_known_in_degrees_alone_need_a_graph_that_is_too():
    bases = places(lonlat=[[9, 48]], word="bases")
    with pytest.raises(tk.DataError, match=r"coordinates of the bases in metres; pass bases= in the plane"):
        KM.ways(bases, places([[0, 0]]), within=ALL, workers=1)


coordinates = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=12)


@given(coordinates, coordinates, st.one_of(st.just(ALL), st.integers(1, 60)))
def test_all_pairs_within_the_limit_and_no_others(start, end, within):
    one, other = (1000 * np.array(points, float) for points in (start, end))
    ways = KM.ways(places(one), places(other), within=within, workers=1)
    minutes = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1)) / 1000
    assert dense(ways, len(other)) == pytest.approx(np.where(minutes <= within * (1 + 1e-12), minutes, np.inf))


@given(
    st.lists(st.tuples(st.integers(-180, 180), st.integers(-90, 90)), min_size=1, max_size=12),
    st.one_of(st.just(ALL), st.floats(500, 21_000)),
)
def test_all_pairs_on_the_sphere_within_the_limit(points, within):
    ways = KM.ways(places(lonlat=points), places(lonlat=points), within=within, workers=1)
    minutes = haversine(np.array(points, float), np.array(points, float)) / 1000
    found = dense(ways, len(points))
    sure = np.abs(minutes - within) > 1e-3  # one metre from the limit, either is right
    assert np.isfinite(found)[sure].tolist() == (minutes <= within)[sure].tolist()
    assert found[np.isfinite(found)] == pytest.approx(minutes[np.isfinite(found)], abs=2e-3)


def test_a_pair_exactly_at_the_limit_is_kept():
    ends = places([[0, 0], [10_000, 0], [20_000, 1]])
    expected = np.array([[0, 10, np.inf], [10, 0, np.inf], [np.inf, np.inf, 0]])
    assert dense(KM.ways(ends, ends, within=10, workers=1), 3) == pytest.approx(expected)


def test_blocks_and_workers_change_nothing(monkeypatch):
    ends = places(np.random.default_rng(1).uniform(0, 50_000, (40, 2)))
    whole = KM.ways(ends, ends, within=20, workers=1)
    monkeypatch.setattr(reach, "BLOCK", 7)
    for a, b in zip(whole, KM.ways(ends, ends, within=20, workers=3), strict=True):
        assert a.tolist() == b.tolist()


def test_no_origins_have_no_ways():
    ways = KM.ways(places(np.empty((0, 2)), word="bases"), places([[0, 0]]), within=ALL, workers=1)
    assert (ways.indptr.tolist(), len(ways.indices), len(ways.metres)) == ([0], 0, 0)


def test_too_many_pairs_name_the_remedy(monkeypatch):
    monkeypatch.setattr(reach, "MOST_WAYS", 8)
    ends = places([[0, 0], [10_000, 0], [20_000, 0]])
    with pytest.raises(tk.DataError, match=r"9 pairs are within reach.*pass within= to limit the minutes"):
        KM.ways(ends, ends, within=ALL, workers=1)
    assert len(KM.ways(ends, ends, within=10, workers=1).indices) == 7


def test_it_is_how_one_travels_without_saying_so():
    graph = tk.UnitGraph(["a", "b"], [[0, 0], [25_000, 0]], [[0, 1]])
    assert tk.travel(graph) == tk.travel(graph, tk.StraightLine())
    assert tk.travel(graph).minutes_between(0, 1) == pytest.approx(25 * 1.3 / 50 * 60)


def test_barriers_are_gone_around_in_the_plane_at_the_same_circuity_and_speed():
    ends = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]], lonlat=[[0, 0], [50, 50]])
    walls = tk.barriers(box(400, -300, 600, 300), ends)
    plain, slow = (
        tk.travel(ends, tk.StraightLine(circuity=c, kmh=kmh, barriers=walls)) for c, kmh in ((1, 60), (2, 30))
    )
    assert plain.metres == pytest.approx([1200] * 2, abs=0.1)
    assert slow.metres == pytest.approx(2 * plain.metres)
    assert slow.minutes == pytest.approx(4 * plain.minutes)


def units_at(*xy, crs="", edges=()):
    return tk.UnitGraph([f"u{i}" for i in range(len(xy))], list(xy), np.array(edges, int).reshape(-1, 2), crs=crs)


def metres(graph, walls, **limits):
    """Ways around barriers, as a matrix of metres; infinite where there are none."""
    travel = tk.travel(graph, tk.StraightLine(circuity=1, kmh=60, barriers=walls), **limits)
    i, j = np.indices((graph.n_units, graph.n_units))
    return travel.minutes_between(i, j) * 1000


def jumble(seed, n_units=8):
    """Two bent lines that may cross each other, a hull, and units beside them."""
    rng = np.random.default_rng(seed)
    lines = [LineString(rng.uniform(0, 1000, (3, 2))) for _ in range(2)]
    hull = shapely.convex_hull(shapely.multipoints(rng.uniform(0, 1000, 2) + rng.uniform(-150, 150, (6, 2))))
    shapes = np.array([*lines, hull], object)
    xy = rng.uniform(0, 1000, (n_units, 2))
    xy = xy[shapely.distance(shapes[:, None], shapely.points(xy)).min(axis=0) > 3]
    return shapes, units_at(*xy)


def depth(start, end, shape):
    """Metres of a straight line inside a shape, found by cutting it."""
    return shapely.length(shapely.intersection(shapely.linestrings(np.stack([start, end], axis=-2)), shape))


def every_way(xy, shape):
    """Shortest ways by Floyd and Warshall over all lines of sight between points and all corners, however they turn."""
    corners = shapely.get_coordinates(shapely.buffer(shape, 0.011, cap_style="flat", join_style="mitre"))
    ends = np.concatenate([xy, corners])
    away = np.linalg.norm(ends[:, None] - ends[None], axis=2)
    start, end = np.broadcast_arrays(ends[:, None], ends[None])
    away[depth(start, end, shape) > 1e-6] = np.inf
    for k in range(len(ends)):
        away = np.minimum(away, away[:, k, None] + away[None, k])
    return away[: len(xy), : len(xy)]


def test_through_the_gap_of_a_wall_by_hand():
    graph = units_at((0, 0), (2000, 0), (0, 1000), (2000, 1000), (0, 3000))
    away = metres(graph, tk.barriers(GAP, graph))
    assert away[0, 1] == pytest.approx(2000)
    assert away[2, 4] == pytest.approx(2000)
    around = 2 * np.hypot(1000 - EDGE, 900 + 0.01) + 2 * EDGE
    assert away[2, 3] == pytest.approx(around, abs=1e-6)
    assert around == pytest.approx(2 * np.hypot(1000, 900), abs=2)


def test_around_a_square_by_hand():
    graph = units_at((0, 0), (1000, 0), (0, 250))
    away = metres(graph, tk.barriers(SQUARE, graph))
    assert away[0, 1] == pytest.approx(2 * np.hypot(400 - 0.01, 300.01) + 200.02, abs=1e-6)
    assert away[2, 1] == pytest.approx(np.hypot(399.99, 50.01) + 200.02 + np.hypot(399.99, 300.01), abs=1e-6)


def test_the_way_around_a_yard_with_one_door():
    """Out by the door on the right, and back along the wall, to a place just left of it."""
    yard = LineString([(100, -50), (100, -100), (-100, -100), (-100, 100), (100, 100), (100, 50)])
    graph = units_at((0, 0), (-200, 0))
    expected = np.hypot(100, 50) + 50 + 200 + np.hypot(100, 100)
    assert metres(graph, tk.barriers(yard, graph))[0, 1] == pytest.approx(expected, abs=10)


def test_a_place_that_is_walled_in_has_no_way():
    graph = units_at((0, 0), (50, 0), (500, 0))
    ring = LineString([(-100, -100), (100, -100), (100, 100), (-100, 100), (-100, -100)])
    for wall in (ring, shapely.LinearRing(ring.coords), Polygon(box(-200, -200, 200, 200).exterior, [ring.coords])):
        away = metres(graph, tk.barriers(wall, graph))
        assert away[0, 1] == pytest.approx(50)
        assert np.isinf(away[:2, 2]).all()
        assert np.isinf(away[2, :2]).all()


def test_ways_around_are_held_to_the_limit_too():
    graph = units_at((0, 1000), (2000, 1000))
    walls, around = tk.barriers(GAP, graph), 2 * np.hypot(1000 - EDGE, 900.01) + 2 * EDGE
    assert np.isinf(metres(graph, walls, within=(around - 0.001) / 1000)[0, 1])
    assert metres(graph, walls, within=(around + 0.001) / 1000)[0, 1] == pytest.approx(around)
    assert metres(graph, tk.barriers(box(0, 0, 1, 1), graph), within=2)[0, 1] == pytest.approx(2000)


@pytest.mark.parametrize("seed", [*range(6), 22])  # in 22, a line of sight leads through a crossing's very corners
def test_every_line_of_sight_and_every_way(seed):
    shapes, graph = jumble(seed)
    walls = tk.barriers(shapes, graph)
    start, end = np.random.default_rng(seed).uniform(0, 1000, (2, 200, 2))
    assert walls.crossed(start, end).tolist() == (depth(start, end, walls.shape) > 0).tolist()
    away, brute = metres(graph, walls), every_way(graph.xy, walls.shape)
    assert (away > np.linalg.norm(graph.xy[:, None] - graph.xy[None], axis=2) + 1).any(), "nothing is in the way"
    assert np.where(np.isinf(away), -1, away) == pytest.approx(np.where(np.isinf(brute), -1, brute), abs=1e-3)


@pytest.mark.parametrize("seed", range(30, 36))
def test_ways_around_are_distances(seed):
    shapes, graph = jumble(seed, 30)
    away = metres(graph, tk.barriers(shapes, graph))
    straight = np.linalg.norm(graph.xy[:, None] - graph.xy[None], axis=2)
    assert (away >= straight - 1e-9).all()
    assert np.where(np.isinf(away), -1, away) == pytest.approx(np.where(np.isinf(away.T), -1, away.T))
    over = away[:, :, None] + away[None]  # from i over j to k
    assert (away[:, None] <= over + 0.1).all(), "corners are passed by a centimetre, which may add up"


def test_more_barriers_never_shorten_a_way():
    shapes, graph = jumble(3, 30)
    one, both = (metres(graph, tk.barriers(some, graph)) for some in (shapes[:1], shapes))
    assert (both >= one - 1e-6).all()
    assert (both > one + 1).any()


def test_blocks_change_nothing(monkeypatch):
    shapes, graph = jumble(1, 12)
    walls = tk.barriers(shapes, graph)
    whole = metres(graph, walls)
    monkeypatch.setattr(made, "BLOCK", 5)
    monkeypatch.setattr(detours, "CELLS", 1)
    assert metres(graph, walls).tolist() == whole.tolist()


def test_units_at_the_edge_of_an_area_go_around_it():
    graph = units_at((400, 0), (600, 0), (400, 200), (0, 0))
    away = metres(graph, tk.barriers(SQUARE, graph))
    assert away[0, 2:] == pytest.approx([200, 400])
    assert away[0, 1] == pytest.approx(300 + 200 + 300, abs=0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"circuity": 0.9}, r"circuity is 0.9; pass a number from 1"),
        ({"circuity": float("nan")}, r"circuity is nan"),
        ({"circuity": ALL}, r"circuity is inf"),
        ({"circuity": True}, r"circuity is True"),
        ({"circuity": "1.3"}, r"circuity is '1.3'"),
        ({"kmh": 0}, r"kmh is 0; pass a number above 0"),
        ({"kmh": -50}, r"kmh is -50"),
        ({"kmh": None}, r"kmh is None"),
        ({"barriers": shapely.Point(0, 0)}, r"barriers is a Point; pass what tk.barriers makes"),
        ({"circuity": 0, "kmh": 0}, r"2 problems\n  1. circuity is 0.*\n  2. kmh is 0"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(tk.DataError, match=message):
        tk.StraightLine(**settings)


def test_settings_are_kept_as_numbers_and_survive_pickle():
    way = tk.StraightLine(circuity=2, kmh=40)
    assert repr(way) == "StraightLine(circuity=2.0, kmh=40.0)"
    assert pickle.loads(pickle.dumps(way)) == way
    graph = tk.UnitGraph(["a", "b"], [[0, 0], [2000, 0]], [[0, 1]])
    walled = tk.StraightLine(barriers=tk.barriers(box(900, -100, 1100, 100), graph))
    assert repr(walled) == "StraightLine(circuity=1.3, kmh=50.0, barriers=Barriers(4 corners))"
    assert tk.travel(graph, pickle.loads(pickle.dumps(walled))) == tk.travel(graph, walled)
