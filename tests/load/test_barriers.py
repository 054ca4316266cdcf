"""What cannot be crossed: edges that are cut, and ways that go around."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

import territorykit as tk

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
        ([Point(9e4, 9e4).buffer(5e4, quad_segs=3000)], {}, "12,000 corners, more than the 5,000"),
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
