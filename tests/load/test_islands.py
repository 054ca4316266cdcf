import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from load.maps import UTM, grid, named_edges

import territorykit as tk
from territorykit.load.islands import nearest_links, pieces

ROW = grid(8, skip=("c2r0", "c5r0", "c6r0"))  # 0 1 . 3 4 . . 7


def test_pieces_are_an_error_with_their_smallest():
    with pytest.raises(tk.DataError) as raised:
        tk.unit_graph(ROW, activities=["work"])
    for part in ("in 3 pieces, of 2, 2, 1 units", "'c7r0'", "islands='bridge'", "islands='apart'"):
        assert part in str(raised.value)


def test_pieces_kept_apart():
    graph = tk.unit_graph(ROW, activities=["work"], islands="apart")
    assert named_edges(graph) == {("c0r0", "c1r0"), ("c3r0", "c4r0")}
    assert graph.bridges is None


def test_bridges_by_hand():
    with pytest.warns(tk.TerritoryKitWarning, match="2 bridges join the graph's 3 pieces") as caught:
        graph = tk.unit_graph(ROW, activities=["work"], islands="bridge")
    assert "'c4r0' to 'c7r0' (2.0 km), 'c1r0' to 'c3r0' (1.0 km)" in str(caught[0].message)
    assert Path(caught[0].filename).name == Path(__file__).name
    bridges = {tuple(pair) for pair in graph.ids[graph.bridges].tolist()}
    assert bridges == {("c1r0", "c3r0"), ("c4r0", "c7r0")}
    assert bridges < named_edges(graph)
    joined = {tuple(pair): length for pair, length in zip(graph.edges.tolist(), graph.border_lengths, strict=True)}
    assert [joined[tuple(pair)] for pair in graph.bridges.tolist()] == [0, 0]
    assert pieces(graph.n_units, graph.edges).max() == 0


def test_a_connected_map_needs_no_bridge():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tk.unit_graph(grid(3), activities=["work"], islands="bridge").bridges is None


def test_areas_that_touch_at_a_point_are_bridged_over_no_distance():
    corner = grid(2, 2, skip=("c1r0", "c0r1"))
    with pytest.warns(tk.TerritoryKitWarning, match=r"a bridge joins the graph's 2 pieces: .*\(0.0 km\)"):
        graph = tk.unit_graph(corner, activities=["work"], islands="bridge")
    assert len(graph.bridges) == 1


def test_short_borders_that_do_not_count_are_bridged_too():
    with pytest.warns(tk.TerritoryKitWarning, match="2 bridges"):
        graph = tk.unit_graph(grid(3), activities=["work"], islands="bridge", min_border=1000)
    assert named_edges(graph) == {("c0r0", "c1r0"), ("c1r0", "c2r0")}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=14, unique=True))
def test_bridges_are_a_shortest_tree_over_pieces(cells):
    squares = np.array([shapely.box(3 * x, 2 * y, 3 * x + 1, 2 * y + 1) for x, y in cells], object)
    alone = np.arange(len(cells))
    pairs, distances = nearest_links(squares, alone, np.ones(len(cells), bool))
    assert len(pairs) == len(cells) - 1
    assert pieces(len(cells), pairs).max() == 0
    assert shapely.distance(*squares[pairs.T]) == pytest.approx(distances)
    assert distances.sum() == pytest.approx(_prim([[one.distance(two) for two in squares] for one in squares]))


def _prim(distance):
    """Length of a minimum spanning tree, the plain way."""
    inside, total = {0}, 0.0
    while len(inside) < len(distance):
        length, new = min((distance[i][j], j) for i in inside for j in range(len(distance)) if j not in inside)
        inside.add(new)
        total += length
    return total


def test_reunion(shared_data):
    cells = pd.read_parquet(shared_data / "reunion_grid_200m" / "reunion_grid_200m.parquet")
    x, y = cells["x"].to_numpy(), cells["y"].to_numpy()
    squares = shapely.box(x - 100, y - 100, x + 100, y + 100)
    areas = gpd.GeoDataFrame({"households": cells["households"].to_numpy()}, geometry=squares, crs="EPSG:2975")
    with pytest.warns(tk.TerritoryKitWarning, match="860 bridges join the graph's 861 pieces"):
        graph = tk.unit_graph(areas, activities={"households": "households"}, islands="bridge")
    assert pieces(graph.n_units, graph.edges).max() == 0
    assert len(graph.bridges) == 860


def test_two_large_pieces_far_apart():
    one = grid(60, 60)
    two = grid(60, 60, origin=(700_000.0, 5_000_000.0)).rename(index=lambda name: f"east {name}")
    areas = gpd.GeoDataFrame(pd.concat([one, two]), crs=UTM)
    with pytest.warns(tk.TerritoryKitWarning, match=r"a bridge joins the graph's 2 pieces: .*\(140.0 km\)"):
        tk.unit_graph(areas, activities=["work"], islands="bridge")
