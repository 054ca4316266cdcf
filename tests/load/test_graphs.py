import sys
import warnings

import geopandas as gpd
import networkx as nx
import pytest
from load.maps import DEGREES, grid, named_edges

import territorykit as tk


def path():
    network = nx.Graph([("a", "b"), ("b", "c")])
    for i, node in enumerate("abc"):
        network.nodes[node].update(x=1000.0 * i, y=0.0, work=i + 1, label=node.upper(), land="n")
    return network


def read(network, **options):
    return tk.from_networkx(network, **{"activities": {"work": "h"}} | options)


def test_from_networkx():
    graph = read(path(), names="label", groups=["land"])
    assert graph.ids.tolist() == ["a", "b", "c"]
    assert named_edges(graph) == {("a", "b"), ("b", "c")}
    assert graph.edge_lengths.tolist() == [1000, 1000]
    assert graph.names.tolist() == ["A", "B", "C"]
    assert graph.groups["land"].tolist() == ["n", "n", "n"]
    assert graph.activity("work").values.tolist() == [1, 2, 3]
    assert graph.border_lengths is None


def test_other_names_of_coordinates_and_whole_numbers_as_ids():
    network = nx.convert_node_labels_to_integers(path())
    for _, data in network.nodes(data=True):
        data["east"] = data.pop("x")
    assert read(network, x="east").ids.tolist() == [0, 1, 2]


def test_parallel_edges_count_once():
    network = nx.MultiGraph(path())
    network.add_edge("a", "b")
    assert len(read(network).edges) == 2


def test_a_lone_node_and_no_edges():
    network = nx.Graph()
    network.add_node("a", x=0, y=0, work=1)
    assert read(network).edges.shape == (0, 2)


def test_bad_graphs():
    loops = path()
    loops.add_edge("b", "b")
    with pytest.raises(tk.DataError, match=r"nodes are their own neighbors: 'b'; remove nx\.selfloop_edges"):
        read(loops)
    with pytest.raises(tk.DataError, match=r"it is directed, and neighbors are mutual; pass graph.to_undirected\(\)"):
        read(path().to_directed())
    with pytest.raises(tk.DataError, match="ids are of type tuple"):
        read(nx.grid_2d_graph(2, 2))
    with pytest.raises(tk.DataError, match=r"it is a dict; pass a networkx\.Graph"):
        read({})


def test_bad_attributes_come_in_one_error():
    network = path()
    del network.nodes["b"]["work"]
    network.nodes["c"]["x"] = "far"
    del network.nodes["a"]["x"]
    with pytest.raises(tk.DataError) as raised:
        read(network, y="north", names="title")
    for part in (
        "activity 'work': 1 values are missing (NaN), at unit 'b'",
        "attribute 'x' is missing, infinite or no number for 2 nodes: 'a', 'c'",
        "no node has the attribute 'north'",
        "no column 'title' for names",
    ):
        assert part in str(raised.value)
    network = path()
    for a, b in network.edges:
        network.edges[a, b]["length"] = "long"
    with pytest.raises(tk.DataError, match="edge attribute 'length' holds values that are no numbers"):
        read(network)


def test_round_trip_with_a_plan():
    areas = grid(3, 2).assign(label=list("uvwxyz"), land=list("nnnsss"))
    graph = tk.unit_graph(areas, activities={"work": "h"}, names="label", groups=["land"])
    plan = tk.Plan(tk.Problem(graph, 2, territory_names=["west", "east"]), [0, 0, 1, 0, 1, 1])
    network = tk.to_networkx(graph, plan)
    assert network.nodes["c2r0"]["territory"] == "east"
    assert network.nodes["c0r0"]["name"] == "u"
    assert network.nodes["c0r0"]["area"] == 1e6
    assert network.edges["c0r0", "c1r0"] == {"length": 1000.0, "border_length": 1000.0}
    assert network.graph["crs"] == "EPSG:32632"
    back = read(network, names="name", groups=["land"])
    kept = ("ids", "xy", "edges", "activities", "names", "groups", "edge_lengths", "border_lengths", "crs")
    assert back == tk.UnitGraph(**{field: getattr(graph, field) for field in kept})


def test_bridges_and_foreign_plans():
    with pytest.warns(tk.TerritoryKitWarning, match="a bridge joins"):
        graph = tk.unit_graph(grid(4, skip=("c1r0",)), activities=["work"], islands="bridge")
    network = tk.to_networkx(graph)
    assert network.edges["c0r0", "c2r0"]["bridge"] is True
    assert network.edges["c2r0", "c3r0"]["bridge"] is False
    other = tk.unit_graph(grid(2), activities=["work"])
    with pytest.raises(tk.DataError, match="the plan is one of other units"):
        tk.to_networkx(graph, tk.Plan(tk.Problem(other, 1), [0, 0]))


def test_attributes_need_names_of_their_own():
    graph = tk.UnitGraph(["a"], [[0, 0]], [], [tk.Activity("x", [1])])
    with pytest.raises(tk.DataError, match="names of their own beside 'x', 'y'; rename 'x'"):
        tk.to_networkx(graph)


@pytest.fixture(scope="module")
def libpysal():
    """libpysal with its graphs and weights; tests are skipped without it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports
        for name in ("libpysal.graph", "libpysal.weights"):
            pytest.importorskip(name)
    return sys.modules["libpysal"]


def test_from_a_libpysal_graph(libpysal):
    areas = grid(4, 2, skip=("c1r0", "c1r1"))
    weights = libpysal.graph.Graph.build_contiguity(areas, rook=True)
    graph = tk.from_libpysal(weights, frame=areas, activities={"work": "h"})
    own = tk.unit_graph(areas, activities={"work": "h"}, islands="apart")
    assert named_edges(graph) == named_edges(own)
    assert graph.area.tolist() == own.area.tolist()
    assert graph.edge_lengths.tolist() == own.edge_lengths.tolist()


def test_islands_of_a_libpysal_graph_are_no_neighbors_of_themselves(libpysal):
    areas = grid(3, skip=("c1r0",))
    weights = libpysal.graph.Graph.build_contiguity(areas, rook=True)
    assert tk.from_libpysal(weights, frame=areas, activities=["work"]).edges.shape == (0, 2)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_from_libpysal_weights(libpysal):
    areas = grid(3, 2)
    weights = libpysal.weights.Queen.from_dataframe(areas, use_index=True)
    queen = tk.unit_graph(areas, activities=["work"], contiguity="queen")
    assert named_edges(tk.from_libpysal(weights, frame=areas, activities=["work"])) == named_edges(queen)


def test_one_sided_neighbors_are_mutual(libpysal):
    points = gpd.GeoDataFrame(
        {"work": [1, 2, 3]},
        index=["a", "b", "c"],
        geometry=gpd.points_from_xy([9, 9.1, 9.3], [48, 48, 48]),
        crs=DEGREES,
    )
    nearest = libpysal.graph.Graph.build_knn(points.to_crs(32632), k=1)  # c names b, b names a
    graph = tk.from_libpysal(nearest, frame=points, activities=["work"], crs="equal-area")
    assert named_edges(graph) == {("a", "b"), ("b", "c")}
    assert graph.area is None


def test_ids_must_agree(libpysal):
    areas = grid(3)
    weights = libpysal.graph.Graph.build_contiguity(areas, rook=True)
    renamed = areas.rename(index={"c2r0": "new"})
    with pytest.raises(tk.DataError) as raised:
        tk.from_libpysal(weights, frame=renamed.assign(work=-1), activities=["work"])
    for part in (
        "the frame has ids that the graph has not: 'new'",
        "the graph has ids that the frame has not: 'c2r0'",
        "3 values are negative",
    ):
        assert part in str(raised.value)
    with pytest.raises(tk.DataError, match=r"weights is a list; pass a libpysal.graph.Graph"):
        tk.from_libpysal([], frame=areas, activities=["work"])
