"""What cannot be crossed: edges that are cut, and ways that go around."""

import pickle
import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

import territorykit as tk
from territorykit.load import barriers as made

SEEDS = st.integers(0, 2**32 - 1)


def graph_at(xy, edges=(), **more):
    return tk.UnitGraph(range(len(xy)), xy, np.array(edges, np.int64).reshape(-1, 2), **more)


def metres(graph, walls, within=np.inf):
    line = tk.StraightLine(circuity=1.0, kmh=60.0, barriers=walls)
    return tk.travel(graph, line, within=within).minutes_between(*np.indices((graph.n_units,) * 2)) * 1000


def test_a_wall_is_walked_around_at_its_nearer_end():
    graph = graph_at([[0, 0], [2000, 0]])
    wall = tk.barriers(LineString([(1000, -300), (1000, 5000)]), graph)
    around = 2 * np.hypot(1000, 300)
    np.testing.assert_allclose(metres(graph, wall), [[0, around], [around, 0]], atol=4)


def test_a_gap_in_a_river_is_a_bridge():
    graph = graph_at([[0, 0], [2000, 0]])
    river = [LineString([(1000, -9e4), (1000, 1000)]), LineString([(1000, 1100), (1000, 9e4)])]
    bridge = 2 * np.hypot(1000, 1000)
    np.testing.assert_allclose(metres(graph, tk.barriers(river, graph))[0, 1], bridge, atol=4)
    shut = tk.barriers(LineString([(1000, -9e4), (1000, 9e4)]), graph)
    assert metres(graph, shut, within=60)[0, 1] == np.inf


def test_a_square_is_walked_around_by_two_corners():
    graph = graph_at([[-1000, 0], [2000, 0]])
    square = tk.barriers(box(0, -500, 1000, 500), graph)
    assert metres(graph, square)[0, 1] == pytest.approx(2 * np.hypot(1000, 500) + 1000, abs=1)


def test_along_an_edge_or_past_a_corner_is_not_through():
    graph = graph_at([[-1000, 500], [2000, 500], [-1000, -500 - 1000], [2000, 500 + 1000]])
    square = tk.barriers(box(0, -500, 1000, 500), graph)
    assert square.crossed(graph.xy[[0]], graph.xy[[1]]).tolist() == [False]
    assert square.crossed(graph.xy[[2]], graph.xy[[3]]).tolist() == [True]


def obstacles(rng):
    """Some lines and boxes."""
    found = [LineString(rng.uniform(0, 10_000, (rng.integers(2, 5), 2))) for _ in range(rng.integers(0, 3))]
    for x, y, w, h in rng.uniform(500, 3000, (rng.integers(1, 3), 4)):
        found.append(box(3 * x, 3 * y, 3 * x + w, 3 * y + h))
    return found


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_ways_around_are_the_shortest_of_a_brute_force_search(seed):
    rng = np.random.default_rng(seed)
    found = obstacles(rng)
    inside = shapely.union_all([shapely.buffer(part, 5) for part in found])
    xy = rng.uniform(0, 10_000, (8, 2))
    xy = xy[~shapely.contains(inside, shapely.points(xy))]
    if len(xy) < 2:
        return
    graph = graph_at(xy)
    walls = tk.barriers(found, graph)
    away, known = metres(graph, walls), brute_force(xy, found)
    assert (np.isfinite(away) == np.isfinite(known)).all()
    np.testing.assert_allclose(away, known, atol=10)  # areas are a metre wider here
    np.testing.assert_allclose(away, away.T, rtol=1e-9)
    assert (away >= np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) - 1e-6).all()
    for k in range(len(xy)):
        assert (away <= away[:, [k]] + away[[k]] + 1e-6).all()


def brute_force(xy, found):
    """Floyd and Warshall over all points and all corners of widened shapes, each pair tested by itself."""
    thin = shapely.union_all([shapely.buffer(part, 1, cap_style="flat", join_style="mitre") for part in found])
    wide = shapely.buffer(thin, 0.01, join_style="mitre")
    points = np.concatenate([xy, shapely.get_coordinates(wide)])
    n = len(points)
    away = np.full((n, n), np.inf)
    for i in range(n):
        for j in range(i):
            line = LineString([points[i], points[j]]) if (points[i] != points[j]).any() else Point(points[i])
            if line.intersection(thin).length < 1e-6:
                away[i, j] = away[j, i] = line.length
    for k in range(n):
        away = np.minimum(away, away[:, [k]] + away[[k]])
    np.fill_diagonal(away, 0)
    return away[: len(xy), : len(xy)]


def test_edges_across_are_cut_and_all_else_stays():
    graph = graph_at(
        [[0, 0], [2000, 0], [0, 1000], [2000, 1000]],
        [[0, 1], [0, 2], [1, 3], [2, 3]],
        border_lengths=[1, 2, 3, 4],
        bridges=[[0, 1], [2, 3]],
        names=["a", "b", "c", "d"],
    )
    river = tk.barriers(LineString([(1000, -500), (1000, 500)]), graph)
    cut = tk.without_crossings(graph, river)
    assert cut.edges.tolist() == [[0, 2], [1, 3], [2, 3]]
    assert cut.border_lengths.tolist() == [2, 3, 4]
    assert cut.bridges.tolist() == [[2, 3]]
    assert cut.names.tolist() == ["a", "b", "c", "d"]


def test_pieces_are_kept_apart_with_a_warning_or_refused():
    graph = graph_at([[0, 0], [2000, 0], [0, 1000]], [[0, 1], [0, 2]])
    river = tk.barriers(LineString([(1000, -5000), (1000, 5000)]), graph)
    with pytest.warns(
        tk.TerritoryKitWarning, match="1 of 2 edges are cut, and the map falls into 2 pieces instead of 1; 1"
    ):
        assert tk.without_crossings(graph, river).edges.tolist() == [[0, 2]]
    with pytest.raises(tk.DataError, match="leave gaps where bridges are"):
        tk.without_crossings(graph, river, islands="error")
    with pytest.raises(tk.DataError, match="islands is 'bridge'"):
        tk.without_crossings(graph, river, islands="bridge")


def test_barriers_come_in_any_system_that_is_said():
    graph = graph_at([[500_000, 5_316_000], [502_000, 5_316_000]], [[0, 1]], crs="EPSG:32632")
    line = gpd.GeoSeries([LineString([(501_000, 5_315_000), (501_000, 5_317_000)])], crs="EPSG:32632")
    walls = tk.barriers(line.to_crs("EPSG:4326"), graph)
    assert walls.crossed(graph.xy[[0]], graph.xy[[1]]).all()
    with pytest.raises(tk.DataError, match="the barriers do not say their coordinate system"):
        tk.barriers(gpd.GeoSeries(list(line)), graph)
    bare = graph_at(graph.xy)
    with pytest.raises(tk.DataError, match="the graph does not know its coordinate system"):
        tk.barriers(line, bare)
    with pytest.raises(tk.DataError, match="make them for this graph"):
        tk.without_crossings(bare, walls)
    with pytest.raises(tk.DataError, match="barriers is a list"):
        tk.without_crossings(graph, [1])


@pytest.mark.parametrize(
    ("geometry", "options", "message"),
    [
        ([None, Point(0, 0)], {}, "1 of 2 are no geometries, missing or empty: 0"),
        ([], {}, "0 of 0 are no geometries"),
        ([LineString()], {}, "1 of 1 are no geometries, missing or empty"),
        ([Point(0, 0)], {}, "1 are 'Point'"),
        ([Polygon([(0, 0), (1, 1), (0, 1), (1, 0)])], {}, "1 are invalid: 0"),
        ([box(-1, -1, 1, 1)], {}, "1 units lie inside a barrier: 0"),
        ([LineString([(9, 9), (10, 10)])], {"simplify": -1}, "simplify is -1"),
    ],
)
def test_geometries_that_are_no_barriers(geometry, options, message):
    with pytest.raises(tk.DataError, match=message):
        tk.barriers(np.array(geometry, object), graph_at([[0, 0], [50, 0]]), **options)


def test_shapes_are_simplified_where_asked():
    round_lake = Point(5000, 5000).buffer(2000, quad_segs=200)
    graph = graph_at([[0, 5000], [10_000, 5000]])
    fine, rough = (tk.barriers(round_lake, graph, simplify=by) for by in (0, 50))
    assert len(rough.corners) < len(fine.corners) / 5
    assert metres(graph, rough)[0, 1] == pytest.approx(metres(graph, fine)[0, 1], rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"circuity": 0.9}, "circuity is 0.9; pass a number from 1"),
        ({"kmh": 0}, "kmh is 0"),
        ({"kmh": "fast"}, "kmh is 'fast'"),
        ({"barriers": 3}, "barriers is a int"),
    ],
)
def test_straight_lines_check_their_settings(arguments, message):
    with pytest.raises(tk.DataError, match=message):
        tk.StraightLine(**arguments)


GAP = MultiLineString([[(1000, -5000), (1000, -100)], [(1000, 100), (1000, 5000)]])
SQUARE = box(400, -300, 600, 300)


def points(*xy, edges=(), crs=""):
    return graph_at(list(xy), edges, crs=crs)


def crosses(walls, *segments):
    ends = np.array(segments, float)
    return walls.crossed(ends[:, 0], ends[:, 1]).tolist()


def test_what_crosses_and_what_only_touches():
    walls = tk.barriers(box(0, 0, 100, 100), points((-500, 0)))
    assert crosses(
        walls,
        ((-50, 50), (150, 50)),  # through
        ((50, 50), (60, 60)),  # inside
        ((50, 50), (50, 500)),  # out of it
        ((0, 0), (100, 100)),  # from corner to corner
        ((-100, 98), (200, 100)),  # in by one edge and out by another
    ) == [True] * 5  # fmt: skip
    assert crosses(
        walls,
        ((-50, -1), (150, -1)),  # beside it
        ((-50, 0), (150, 0)),  # along an edge
        ((0, 0), (0, 100)),  # an edge
        ((-100, 100), (100, -100)),  # by a corner
        ((100, 50), (200, 50)),  # from an edge
        ((-70, 50), (0, 50)),  # to an edge
        ((0, 50), (0, 50)),  # nowhere, at an edge
        ((300, 0), (400, 0)),
    ) == [False] * 8  # fmt: skip


def test_between_areas_that_share_an_edge_there_is_no_way():
    one, other = box(0, 0, 100, 100), box(100, 0, 200, 100)
    along = ((100, -10), (100, 110))
    graph = points((-500, 0))
    assert crosses(tk.barriers([one, other], graph), along) == [True]
    assert crosses(tk.barriers(MultiPolygon([one, box(101, 0, 200, 100)]), graph), ((100.5, -10), (100.5, 110))) == [
        False
    ]


@pytest.mark.parametrize("turn", [0, 20, 90, 135, 170, -60])
def test_pieces_of_a_river_that_meet_are_tight(turn):
    """Whatever the angle at which they meet, no line through the meeting point gets through."""
    far = 1000 * np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
    walls = tk.barriers([LineString([(-1000, 0), (0, 0)]), LineString([(0, 0), far])], points((0, 5000)))
    bisector = np.radians((180 + turn) / 2)
    step = 30 * np.array([np.cos(bisector), np.sin(bisector)])
    assert crosses(walls, (step, -step), (-step, step + 1e-7)) == [True, True]


def test_a_tributary_is_tight_where_it_ends():
    walls = tk.barriers([LineString([(-1000, 0), (1000, 0)]), LineString([(0, 0), (0, 900)])], points((5000, 0)))
    assert crosses(walls, ((-5, 2), (5, 2)), ((-5, 5), (-5, -5)), ((-3, 3), (2, -4))) == [True] * 3
    assert crosses(walls, ((-5, 2), (-900, 2))) == [False]


def test_pieces_of_a_river_have_no_corners_between_them():
    whole = LineString([(-1000, 0), (0, 100), (1000, 0), (2000, 500)])
    pieces = [LineString(whole.coords[:2]), LineString(whole.coords[:0:-1])]
    one, more = (tk.barriers(shapes, points((0, 5000))) for shapes in (whole, pieces))
    assert shapely.normalize(one.shape).equals_exact(shapely.normalize(more.shape), 1e-6)
    assert len(one.corners) == len(more.corners) == 4 + 2


def test_simplified_rivers_stay_thin_and_gapped():
    y = np.linspace(0, 10_000, 400)
    bank = np.stack([1000 * np.sin(y / 1500) + np.random.default_rng(0).normal(0, 15, len(y)), y], axis=1)
    graph = points((bank[20, 0] + 100, y[20]), (bank[300, 0] - 100, y[300]))
    river = [LineString(bank[:190]), LineString(bank[210:])]
    whole, plain = tk.barriers(river, graph), tk.barriers(river, graph, simplify=60)
    assert len(plain.corners) < len(whole.corners) / 4
    assert shapely.area(plain.shape) == pytest.approx(shapely.area(whole.shape), rel=0.2)
    assert shapely.hausdorff_distance(plain.shape, whole.shape) < 65
    middle, aside = (bank[189] + bank[210]) / 2, np.array([50, 0])
    assert crosses(plain, (middle - aside, middle + aside)) == [False]


def test_simplified_barriers_hold_together_where_they_meet():
    """The bend at which two of them meet is less than the tolerance, and would go."""
    lake = Polygon([(-1000, 0), (0, -40), (1000, 0), (1000, 2000), (-1000, 2000)])
    by_lake = tk.barriers([lake, LineString([(0, -3000), (0, -40)])], points((0, 5000)), simplify=60)
    assert len(by_lake.corners) == 4 + 2, "the bend of the bank is still there"
    assert crosses(by_lake, ((-400, -20), (400, -20)), ((-400, -20), (-10, -20))) == [True, False]
    river, tributary = LineString([(-1000, 0), (0, 40), (1000, 0)]), LineString([(0, 40), (0, 900)])
    assert crosses(tk.barriers([river, tributary], points((0, 5000)), simplify=60), ((-100, 39), (100, 39))) == [True]


def test_graphs_lose_the_edges_that_cross_and_nothing_else():
    graph = tk.UnitGraph(
        ["a", "b", "c", "d"],
        [[0, 0], [2000, 0], [0, 3000], [2000, 3000]],
        [[0, 1], [0, 2], [1, 3], [2, 3], [0, 3]],
        [tk.Activity("work", [1, 2, 3, 4], "h/year")],
        names=["A", "B", "C", "D"],
        groups={"province": ["n", "n", "s", "s"]},
        lonlat=[[9, 48], [9.1, 48], [9, 48.1], [9.1, 48.1]],
        edge_lengths=[2000, 3000, 3001, 2001, 3605],
        border_lengths=[10, 20, 30, 0, 50],
        area=[1, 2, 3, 4],
        perimeter=[5, 6, 7, 8],
        bridges=[[2, 3], [0, 2]],
        account_ids=["x"],
        account_units=[2],
    )
    parted = tk.without_crossings(graph, tk.barriers(GAP, graph))
    assert parted.edges.tolist() == [[0, 1], [0, 2], [1, 3]]  # a to d passes the wall at 1,500 m, c to d at 3,000 m
    assert parted.edge_lengths.tolist() == [2000, 3000, 3001]
    assert parted.border_lengths.tolist() == [10, 20, 30]
    assert parted.bridges.tolist() == [[0, 2]]
    again = {"edges": graph.edges, "edge_lengths": graph.edge_lengths, "border_lengths": graph.border_lengths}
    kept = {name: getattr(parted, name) for name in ("ids", "xy", "activities", "names", "groups", "lonlat", "area")}
    kept |= {name: getattr(parted, name) for name in ("perimeter", "account_ids", "account_units", "crs")}
    assert tk.UnitGraph(**kept, **again, bridges=graph.bridges) == graph


def test_pieces_that_were_there_before_are_no_news():
    graph = points((0, 0), (2000, 0), (0, 500), (2000, 500), edges=[(0, 1), (0, 2), (1, 2)])  # u3 stands alone
    walls = tk.barriers(LineString([(1000, -50), (1000, 50)]), graph)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parted = tk.without_crossings(graph, walls)
        assert tk.without_crossings(parted, walls) == parted, "nothing is left to cut"
    assert parted.edges.tolist() == [[0, 2], [1, 2]]


def test_places_inside_a_barrier_are_named():
    inside = r"barriers: 2 units lie inside a barrier: 0, 2; move them, or cut the barrier out around them"
    graph = points((500, 0), (0, 0), (450, 10), (400, 0))  # the last one at its edge
    with pytest.raises(tk.DataError, match=inside):
        tk.barriers(SQUARE, graph)
    outside = points((0, 0), (1000, 0))
    walls = tk.barriers(SQUARE, outside)
    with pytest.raises(tk.DataError, match=inside):
        tk.without_crossings(graph, walls)
    with pytest.raises(tk.DataError, match=inside):
        tk.travel(graph, tk.StraightLine(barriers=walls))
    with pytest.raises(tk.DataError, match=r"1 bases lie inside a barrier: 'home'"):
        tk.travel(outside, tk.StraightLine(barriers=walls), bases=[[500, 0]], base_ids=["home"])


def test_open_arcs_by_hand():
    graph = points((500_000, 5_500_000), crs="EPSG:25832")
    walls = tk.barriers(box(500_900, 5_499_000, 501_100, 5_501_000), graph)
    start = np.array([[500_000, 5_500_000], [500_000, 5_500_000], [501_500, 5_500_000]])
    end = np.array([[502_000, 5_500_000], [500_000, 5_502_000], [501_500, 5_400_000]])
    assert made.open_arcs(walls, start, end).tolist() == [False, True, True]
    degrees = [
        gpd.GeoSeries(shapely.points(p), crs="EPSG:25832").to_crs("EPSG:4326").get_coordinates() for p in (start, end)
    ]
    assert made.open_arcs(walls, *(d.to_numpy() for d in degrees), crs="EPSG:4326").tolist() == [False, True, True]
    assert made.open_arcs(walls, start[:0], end[:0]).tolist() == []


def test_open_arcs_in_planes_that_are_not_known():
    walls = tk.barriers(GAP, points((0, 0)))
    with pytest.raises(
        tk.DataError, match=r"2 problems\n.*crs='x' is no coordinate system.*\n.*do not know their plane"
    ):
        made.open_arcs(walls, np.zeros((1, 2)), np.ones((1, 2)), crs="x")


def test_barriers_survive_pickle():
    walls = tk.barriers(SQUARE, points((0, 0)))
    again = pickle.loads(pickle.dumps(walls))
    assert shapely.equals_exact(again.shape, walls.shape)
    assert again.corners.tolist() == walls.corners.tolist()
    assert repr(again) == "Barriers(4 corners)"
    with pytest.raises(ValueError, match="read-only"):
        walls.corners[0] = 0


with np.errstate(invalid="ignore"):  # it is made with a warning
    HALF = LineString([(0, 0), (float("nan"), 1)])
ROWS = gpd.GeoSeries([SQUARE, Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), Point(0, 0)], index=list("xyz"))
MERIDIAN = LineString([(9.014, 49), (9.014, 50)])
METRIC = points((500_000, 5_500_000), crs="EPSG:25832")


@pytest.mark.parametrize(
    ("geometry", "graph", "message"),
    [
        ("river", METRIC, r"1 of 1 are no geometries"),
        (gpd.GeoDataFrame({"a": [1]}), METRIC, r"there is no geometry; set it with set_geometry"),
        (HALF, METRIC, r"1 have missing or infinite coordinates: 0"),
        (ROWS, METRIC, r"2 problems\n.*'Point': 'z'.*\n.*invalid: 'y'"),
        (MERIDIAN, METRIC, r"look like degrees, those of the units like metres; pass a GeoSeries"),
        (ROWS[:1].set_crs("EPSG:4326"), points((0, 0), crs="here"), r"crs='here' is no coordinate system"),
        (
            gpd.GeoSeries([MERIDIAN, LineString([(0, 80), (0, 95)])], index=["here", "pole"], crs="EPSG:4326"),
            points((1_000_000, 6_000_000), crs="EPSG:3857"),
            r"1 lie outside the reach of EPSG:3857: 'pole'; keep those near the units",
        ),
        (GAP, "graph", r"graph is a str; pass a UnitGraph"),
    ],
)
def test_geometries_and_planes_that_do_not_fit(geometry, graph, message):
    with pytest.raises(tk.DataError, match=message):
        tk.barriers(geometry, graph)
