"""Road networks: where they come from, what they keep, and what they refuse."""

import gzip

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import territorykit as tk
from territorykit.load.ways.places import Places
from territorykit.load.ways.speeds import KMH_BY_CLASS

SEEDS = st.integers(0, 2**32 - 1)
KM = 1 / 111.195  # degrees of a kilometre along a meridian, roughly
OSM = """<?xml version="1.0"?>
<osm version="0.6">
 <node id="1" lat="48.00" lon="9.00"/><node id="2" lat="48.01" lon="9.00"/>
 <node id="3" lat="48.02" lon="9.00"/><node id="4" lat="48.50" lon="9.50"/><node id="5" lat="48.51" lon="9.50"/>
 <way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
 <way id="11"><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="maxspeed" v="80"/></way>
 <way id="12"><nd ref="3"/><nd ref="1"/><tag k="highway" v="primary"/><tag k="oneway" v="yes"/></way>
 <way id="13"><nd ref="4"/><nd ref="5"/><tag k="highway" v="primary"/></way>
</osm>
"""


def street(**changes):
    """Three nodes in a row, a kilometre apart; the second block is one-way."""
    fields = {"lonlat": [[9.0, 48.0], [9.0, 48.0 + KM], [9.0, 48.0 + 2 * KM]]} | changes
    return tk.RoadNetwork([0, 1, 1], [1, 0, 2], [2, 2, 3], [1000, 1000, 1000], **fields)


def places(lonlat, word="units"):
    return Places(np.array([f"p{i}" for i in range(len(lonlat))], object), None, np.array(lonlat, float), word)


def random_network(rng, n=40, arcs=120):
    start, end = rng.integers(0, n, (2, arcs))
    minutes, metres = rng.uniform(0, 4, arcs), rng.uniform(0, 900, arcs)
    return tk.RoadNetwork(start, end, minutes, metres, lonlat=rng.uniform(0, 1, (n, 2)))


@given(SEEDS, st.sampled_from([np.inf, 5.0]), st.sampled_from([1, 2]))
@settings(max_examples=40, deadline=None)
def test_times_are_those_of_networkx_and_metres_those_of_a_quickest_way(seed, within, workers):
    rng = np.random.default_rng(seed)
    roads = random_network(rng)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(roads.n_nodes))
    order = np.argsort(-roads.minutes, kind="stable")  # of parallel arcs the quickest comes last, and stays
    for a, b, minutes, metres in zip(*(v[order].tolist() for v in _arcs(roads)), strict=True):
        graph.add_edge(a, b, minutes=minutes, metres=metres)
    start, end = rng.integers(0, roads.n_nodes, 6), rng.integers(0, roads.n_nodes, 9)  # some at one node
    ways = roads.ways(places(roads.lonlat[start]), places(roads.lonlat[end]), within=within, workers=workers)
    assert ways.n_origins == len(start)
    for i, a in enumerate(start.tolist()):
        row = slice(ways.indptr[i], ways.indptr[i + 1])
        found = {j: (m, far) for j, m, far in zip(ways.indices[row], ways.minutes[row], ways.metres[row], strict=True)}
        known, paths = nx.single_source_dijkstra(graph, a, cutoff=within, weight="minutes")
        assert {j for j, b in enumerate(end.tolist()) if b in known} == set(found)
        for j, (minutes, metres) in found.items():
            b = int(end[j])
            assert minutes == pytest.approx(known[b], abs=1e-6)
            assert metres == pytest.approx(nx.path_weight(graph, paths[b], "metres"), abs=1e-6)


def _arcs(roads):
    return roads.start, roads.end, roads.minutes, roads.metres


def test_arcs_that_take_no_time_are_arcs():
    roads = tk.RoadNetwork([0, 1, 2], [1, 2, 0], [0, 0, 3], lonlat=[[0, 0], [0, 1], [0, 2]])
    every = places(roads.lonlat)
    ways = roads.ways(every, every, within=np.inf, workers=1)
    np.testing.assert_allclose(ways.minutes, [0, 0, 0, 3, 0, 0, 3, 3, 0], atol=1e-6)


def test_the_answer_does_not_depend_on_the_number_of_workers():
    roads = random_network(np.random.default_rng(1), 300, 1500)
    every = places(roads.lonlat)
    one, two = (roads.ways(every, every, within=6.0, workers=workers) for workers in (1, 2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_way_streets_lead_one_way():
    roads = street()
    every = places(roads.lonlat)
    ways = roads.ways(every, every, within=np.inf, workers=1)
    assert np.diff(ways.indptr).tolist() == [3, 3, 1]
    assert ways.minutes.tolist() == [0, 2, 5, 2, 0, 3, 0]
    assert ways.metres.tolist() == [0, 1000, 2000, 1000, 0, 1000, 0]


def test_the_largest_part_is_kept_and_the_rest_counted():
    part = street().largest_part()
    assert (part.n_nodes, len(part.start), part.left_out) == (2, 2, (1, 1))
    assert repr(part) == "RoadNetwork(2 nodes, 2 arcs; 1 nodes and 1 arcs left out)"


def test_snapping_finds_the_nearest_node_and_says_how_far():
    node, metres = street().snapped_lonlat([[9.0, 48.0 + 0.9 * KM], [9.0, 48.0 - 0.5 * KM]])
    assert node.tolist() == [1, 0]
    np.testing.assert_allclose(metres, [100, 500], rtol=0.01)


def test_what_does_not_snap_is_listed_units_and_bases_together():
    roads = street(snap=300.0)
    units = places([[9.0, 48.0], [9.0, 48.0 + 0.5 * KM]])
    bases = places([[9.5, 48.0]], "bases")
    with pytest.raises(tk.DataError) as caught:
        roads.snapped(units, bases)
    message = str(caught.value)
    assert "1 of 2 units lie further than 300 m from every node: 'p1 (500 m)'" in message
    assert "1 of 1 bases lie further than 300 m" in message
    assert "pass a larger snap=" in message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tk.RoadNetwork([0], [1], [-1], lonlat=[[0, 0], [1, 1]]), "1 arcs have negative minutes: 0"),
        (
            lambda: tk.RoadNetwork([0], [1], [np.nan], lonlat=[[0, 0], [1, 1]]),
            "1 arcs have missing or infinite minutes",
        ),
        (lambda: tk.RoadNetwork([0], [2], [1], lonlat=[[0, 0], [1, 1]]), "1 arcs name nodes that do not exist: 0"),
        (lambda: tk.RoadNetwork([0], [1], [1, 2], lonlat=[[0, 0], [1, 1]]), "arcs have shapes"),
        (lambda: tk.RoadNetwork([0], [1], [1]), "nodes have no coordinates"),
        (lambda: tk.RoadNetwork([0], [1], [1], lonlat=[[0, 0], [1, 91]]), "1 nodes have no place in lonlat: 1"),
        (lambda: tk.RoadNetwork([0], [1], [1], xy=[[0, 0], [1, np.nan]]), "1 nodes have no place in xy: 1"),
        (lambda: tk.RoadNetwork([0], [1], [1], xy=[[0, 0], [1, 1]], snap=-1), "snap is -1"),
        (lambda: tk.RoadNetwork(["a"], [1], [1], xy=[[0, 0], [1, 1]]), "start: "),
    ],
)
def test_arrays_that_are_no_network(make, message):
    with pytest.raises(tk.DataError, match=message):
        make()


NODES = pd.DataFrame({"lon": [9.0, 9.0, 9.0], "lat": [48.0, 48.01, 48.02]}, index=["a", "b", "c"])


def test_a_table_has_times_or_lengths_with_speeds_or_classes():
    edges = pd.DataFrame(
        {
            "start": ["a", "b", "c", "a"],
            "end": ["b", "c", "a", "c"],
            "minutes": [7, None, None, None],
            "metres": [1000, 1000, 1000, 1000],
            "kmh": [None, "30 mph", None, None],
            "road_class": ["primary", "primary", ["motorway", "primary"], "path to nowhere"],
            "oneway": ["no", True, -1, 0],
        }
    )
    roads = tk.road_network(edges, NODES, speeds={"motorway": 120}, default_kmh=6)
    found = {
        (int(a), int(b)): round(float(m), 6) for a, b, m in zip(roads.start, roads.end, roads.minutes, strict=True)
    }
    slow = round(1000 / (30 * 1.609344 * 1000 / 60), 6)
    # 0 to 2 twice: the motorway backwards and the path; the quicker one counts in ways
    assert {k: v for k, v in found.items() if k != (0, 2)} == {(0, 1): 7, (1, 0): 7, (1, 2): slow, (2, 0): 10.0}
    ways = roads.ways(places(NODES.to_numpy()), places(NODES.to_numpy()), within=np.inf, workers=1)
    assert ways.minutes[2] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("changes", "nodes", "message"),
    [
        ({"metres": [-5, 1]}, NODES, "1 edges have metres that are negative: -5"),
        ({"minutes": ["x", 1]}, NODES, "1 edges have minutes that are no numbers: 'x'"),
        ({"road_class": ["primary", "spiral"]}, NODES, "their classes are 'spiral'"),
        ({"kmh": [0, 50]}, NODES, "1 edges have a speed of 0 or less"),
        ({"end": ["b", "z"]}, NODES, "1 edges name nodes without a place: 'z'"),
        ({}, None, "pass nodes="),
        ({}, NODES.rename(columns={"lat": "breite"}), "give them lon and lat"),
        ({}, pd.concat([NODES, NODES[:1]]), "1 nodes are there more than once: 'a'"),
    ],
)
def test_tables_that_are_no_network(changes, nodes, message):
    edges = {"start": ["a", "b"], "end": ["b", "c"], "metres": [1000, 1000], "road_class": "primary"}
    with pytest.raises(tk.DataError, match=message):
        tk.road_network(pd.DataFrame(edges | changes), nodes)


def test_further_arguments_that_are_wrong():
    edges = pd.DataFrame({"start": ["a"], "end": ["b"], "metres": [1000], "kmh": [50]})
    with pytest.raises(tk.DataError, match="columns names 'length'; ours are"):
        tk.road_network(edges, NODES, columns={"length": "metres"})
    with pytest.raises(tk.DataError, match="no column 'von'"):
        tk.road_network(edges, NODES, columns={"start": "von"})
    with pytest.raises(tk.DataError, match="speeds of 'primary' are no positive numbers"):
        tk.road_network(edges, NODES, speeds={"primary": 0})
    with pytest.raises(tk.DataError, match="default_kmh is -1"):
        tk.road_network(edges, NODES, default_kmh=-1)
    with pytest.raises(tk.DataError, match="roads are a list"):
        tk.road_network([1, 2])


def test_a_networkx_graph_says_its_coordinate_system():
    graph = nx.DiGraph([(1, 2), (2, 1)])
    nx.set_node_attributes(graph, {1: {"x": 500_000, "y": 5_300_000}, 2: {"x": 501_000, "y": 5_300_000}})
    nx.set_edge_attributes(graph, 1000.0, "length")
    nx.set_edge_attributes(graph, 60.0, "speed_kph")
    with pytest.raises(tk.DataError, match="does not say its coordinate system"):
        tk.road_network(graph)
    graph.graph["crs"] = "EPSG:32632"
    roads = tk.road_network(graph)
    assert roads.minutes.round(9).tolist() == [1, 1]
    np.testing.assert_allclose(roads.lonlat, [[9.0, 47.854], [9.01337, 47.854]], atol=1e-3)
    graph.graph["crs"] = "nowhere"
    with pytest.raises(tk.DataError, match=r"graph\['crs'\] is 'nowhere'"):
        tk.road_network(graph)


def test_an_undirected_graph_is_driven_both_ways_and_travel_time_is_in_seconds():
    graph = nx.Graph(crs="EPSG:4326")
    graph.add_node("a", x=9.0, y=48.0)
    graph.add_node("b", x=9.0, y=48.01)
    graph.add_edge("a", "b", travel_time=90)
    roads = tk.road_network(graph)
    assert sorted(zip(roads.start.tolist(), roads.end.tolist(), roads.minutes.tolist(), strict=True)) == [
        (0, 1, 1.5),
        (1, 0, 1.5),
    ]
    assert roads.metres is None


@pytest.mark.parametrize("packed", [False, True])
def test_an_extract_of_openstreetmap_needs_no_network(tmp_path, packed):
    pytest.importorskip("osmnx")
    path = tmp_path / ("map.osm.gz" if packed else "map.osm")
    path.write_bytes(gzip.compress(OSM.encode()) if packed else OSM.encode())
    with pytest.warns(tk.TerritoryKitWarning, match="2 of 5 nodes and 2 arcs are left out"):
        roads = tk.read_roads(path)
    assert (roads.n_nodes, len(roads.start)) == (3, 5)
    block = 0.01 / KM * 1000
    kmh = np.sort(roads.metres / roads.minutes * 60 / 1000)
    expected = sorted([KMH_BY_CLASS["residential"]] * 2 + [80.0] * 2 + [KMH_BY_CLASS["primary"]])
    np.testing.assert_allclose(kmh, expected, rtol=1e-6)
    np.testing.assert_allclose(np.sort(roads.metres), [block] * 4 + [2 * block], rtol=1e-3)


def test_graphml_comes_back(tmp_path):
    osmnx = pytest.importorskip("osmnx")
    path = tmp_path / "map.osm"
    path.write_text(OSM)
    graph = osmnx.graph_from_xml(path, simplify=False, retain_all=True)
    osmnx.save_graphml(graph, tmp_path / "map.graphml")
    with pytest.warns(tk.TerritoryKitWarning, match="left out"):
        roads = tk.read_roads(tmp_path / "map.graphml")
    with pytest.warns(tk.TerritoryKitWarning, match="left out"):
        assert sorted(roads.minutes) == pytest.approx(sorted(tk.read_roads(path).minutes))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_are_read_from_files(tmp_path, suffix):
    edges = pd.DataFrame({"start": ["007", "b"], "end": ["b", "c"], "metres": [500, 900], "kmh": [30, 60]})
    nodes = NODES.rename(index={"a": "007"}).rename_axis("id").reset_index()
    for name, table in (("edges", edges), ("nodes", nodes)):
        file = tmp_path / f"{name}.{suffix}"
        table.to_csv(file, index=False) if suffix == "csv" else table.to_parquet(file)
    roads = tk.read_roads(tmp_path / f"edges.{suffix}", tmp_path / f"nodes.{suffix}")
    assert roads.minutes.round(6).tolist() == [1.0, 0.9, 1.0, 0.9]


def test_files_that_are_no_roads(tmp_path):
    with pytest.raises(tk.DataError, match="there is no file"):
        tk.read_roads(tmp_path / "roads.graphml")
    (tmp_path / "roads.pdf").write_text("x")
    with pytest.raises(tk.DataError, match=r"files that end in '\.pdf'"):
        tk.read_roads(tmp_path / "roads.pdf")
    pytest.importorskip("osmnx")
    (tmp_path / "roads.graphml").write_text("<html>")
    with pytest.raises(tk.DataError, match="OSMnx cannot read it"):
        tk.read_roads(tmp_path / "roads.graphml")


def test_neighbors_by_road_do_not_jump_over_a_river():
    """A grid of streets on both banks, one bridge: units are neighbors across the river at the bridge alone."""
    side = 9
    node = np.arange(side * side).reshape(side, side)
    across = (node[:, :-1].ravel(), node[:, 1:].ravel())
    up = (node[:-1].ravel(), node[1:].ravel())
    pairs = np.concatenate([np.stack(across, axis=1), np.stack(up, axis=1)])
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    xy = np.stack([x.ravel(), y.ravel()], axis=1) * 1000.0
    over = (xy[pairs[:, 0], 0] < 4500) & (xy[pairs[:, 1], 0] > 4500) & (xy[pairs[:, 0], 1] != 0)
    pairs = pairs[~over]
    both = np.concatenate([pairs, pairs[:, ::-1]])
    roads = tk.RoadNetwork(both[:, 0], both[:, 1], np.ones(len(both)), xy=xy)
    graph = tk.UnitGraph(np.arange(side * side), xy, np.empty((0, 2)), [tk.Activity("calls", np.ones(side * side))])
    found = tk.road_neighbors(graph, roads)
    crossing = [e for e in found.edges.tolist() if (xy[e[0], 0] < 4500) != (xy[e[1], 0] < 4500)]
    assert crossing == [[4, 5]]
    travel = tk.travel(found, roads)
    problem = tk.Problem(found, 3, [tk.Balance("calls", 0.1), tk.Contiguous()], travel=travel)
    plan = tk.solve(problem, seed=1, stop=20_000).require_plan()
    for t in range(3):
        own = xy[plan.labels == t]
        if (own[:, 0] < 4500).any() and (own[:, 0] > 4500).any():
            assert {4, 5} <= set(np.flatnonzero(plan.labels == t).tolist())


def test_units_at_one_node_are_neighbors_and_share_a_cell():
    xy = [[0, 0], [0, 0], [0, 0], [1000, 0]]
    graph = tk.UnitGraph(list("abcd"), xy, np.empty((0, 2)))
    roads = tk.RoadNetwork([0, 1], [1, 0], [1, 1], xy=[[0, 0], [1000, 0]])
    assert tk.road_neighbors(graph, roads).edges.tolist() == [[0, 1], [0, 3], [1, 2]]
