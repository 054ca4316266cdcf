import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from load.maps import DEGREES, UTM, named_edges

import territorykit as tk
from territorykit.load import datasets
from territorykit.load.islands import pieces
from territorykit.load.triangulation import holding_length, point_links


def accounts(*kilometres, crs=UTM, **columns):
    x, y = np.array(kilometres, float).reshape(-1, 2).T * 1000
    ids = [chr(ord("a") + i) for i in range(len(x))]
    data = {"visits": np.arange(1.0, len(x) + 1)} | columns
    return gpd.GeoDataFrame(data, index=ids, geometry=gpd.points_from_xy(5e5 + x, 5e6 + y), crs=crs)


def graph_of(*kilometres, **options):
    return tk.accounts_graph(accounts(*kilometres), **{"activities": ["visits"], "crs": None} | options)


def test_the_limit_is_what_holds_the_accounts_together():
    graph = graph_of((0, 0), (1, 0), (1, 1), (0, 1.1), (5, 0))
    assert named_edges(graph) == {
        ("a", "b"),
        ("b", "c"),
        ("c", "d"),
        ("a", "d"),
        ("a", "c"),
        ("b", "e"),
    } or named_edges(graph) == {("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("b", "d"), ("b", "e")}
    assert graph.edge_lengths.max() == pytest.approx(4000)  # b to e is kept, c to e (4.1 km) is not
    assert graph.border_lengths is None
    assert graph.area is None


def test_fields_and_units_of_measure():
    held = accounts((0, 0), (1, 0), (0, 1), label=["x", "y", "z"], land=["n", "n", "s"])
    graph = tk.accounts_graph(held, activities={"visits": "visits/year"}, crs=None, names="label", groups=["land"])
    assert graph.activity("visits").unit_of_measure == "visits/year"
    assert graph.names.tolist() == ["x", "y", "z"]
    assert graph.groups["land"].tolist() == ["n", "n", "s"]
    assert graph.lonlat[0] == pytest.approx([9.0, 45.15], abs=0.01)
    assert graph.crs == "EPSG:32632"


def test_accounts_at_one_place_are_joined_to_the_first():
    graph = graph_of((0, 0), (0, 0), (3, 0), (0, 0), (0, 4))
    assert named_edges(graph) == {("a", "b"), ("a", "d"), ("a", "c"), ("a", "e")}
    assert graph.edge_lengths.tolist() == [0, 3000, 0, 4000]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(0, 0)], set()),
        ([(0, 0), (0, 0)], {("a", "b")}),
        ([(0, 0), (7, 1)], {("a", "b")}),
        ([(0, 0), (2, 2), (1, 1)], {("a", "c"), ("b", "c")}),
        ([(0, 0), (0, 3), (0, 2), (0, 1)], {("a", "d"), ("c", "d"), ("b", "c")}),
    ],
)
def test_few_places_and_lines(places, expected):
    assert named_edges(graph_of(*places)) == expected


def test_max_length_and_islands():
    places = (0, 0), (1, 0), (10, 0), (11, 0.5), (30, 0)
    with pytest.raises(tk.DataError, match=r"in 3 pieces, of 2, 2, 1 units"):
        graph_of(*places, max_length=2000)
    apart = graph_of(*places, max_length=2000, islands="apart")
    assert named_edges(apart) == {("a", "b"), ("c", "d")}
    with pytest.warns(tk.TerritoryKitWarning, match="2 bridges join the graph's 3 pieces: 'd' to 'e' .19.0 km."):
        joined = graph_of(*places, max_length=2000, islands="bridge")
    assert {tuple(pair) for pair in joined.ids[joined.bridges].tolist()} == {("b", "c"), ("d", "e")}
    assert graph_of(*places, max_length=20_000).bridges is None


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=25),
    st.sampled_from([0.0, 1e7]),
)
def test_the_limit_is_the_longest_edge_of_a_spanning_tree(places, shift):
    xy = np.array(places, float) + shift
    pairs, lengths = point_links(xy)
    assert pieces(len(xy), pairs).max() == 0
    limit = holding_length(len(xy), (pairs, lengths))
    distance = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    every = np.argwhere(distance <= limit + 1e-9)
    assert pieces(len(xy), every).max() == 0
    if limit > 0:
        assert pieces(len(xy), np.argwhere(distance < limit - 1e-9)).max() > 0


def test_problems_come_in_one_error():
    held = accounts((0, 0), (1, 0), visits=[np.nan, -1.0]).to_crs(DEGREES)
    held.index = ["a", "a"]
    with pytest.raises(tk.DataError) as raised:
        tk.accounts_graph(held, activities=["visits"], crs=None, max_length=0, islands="swim", names="label")
    for part in (
        "used more than once: 'a'",
        "activity 'visits': 1 values are missing",
        "activity 'visits': 1 values are negative",
        "geographic coordinates where metres are needed",
        "max_length is 0",
        "islands is 'swim'",
        "no column 'label'",
    ):
        assert part in str(raised.value)
    with pytest.raises(tk.DataError, match="accounts: there are no rows"):
        tk.accounts_graph(accounts(), activities=["visits"], crs=None)


def test_texas():
    graph = tk.accounts_graph(
        datasets.texas_accounts(), activities={"visits_per_year": "visits/year"}, crs="equal-area", names="name"
    )
    assert graph.n_units == 638
    assert pieces(638, graph.edges).max() == 0
    assert len(graph.edges) <= 3 * 638 - 6  # a planar graph
    shorter = graph.edges[graph.edge_lengths < graph.edge_lengths.max()]
    assert pieces(638, shorter).max() > 0
