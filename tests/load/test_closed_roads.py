"""Barriers on graphs, roads and straight lines together."""

import numpy as np
import pytest
from shapely import LineString, Point

import territorykit as tk


def graph_at(xy, edges=(), **more):
    return tk.UnitGraph(range(len(xy)), xy, np.array(edges, np.int64).reshape(-1, 2), **more)


def test_more_corners_than_ways_can_be_led_around_still_cut_edges():
    graph = graph_at([[0, 0], [50, 0]], [[0, 1]])
    lake = tk.barriers(np.array([Point(9e4, 9e4).buffer(5e4, quad_segs=3000)], object), graph)
    assert tk.without_crossings(graph, lake).edges.tolist() == [[0, 1]]
    with pytest.raises(tk.DataError, match="12,000 corners, more than the 5,000 that ways"):
        tk.StraightLine(barriers=lake)


def test_arcs_of_roads_are_closed_where_a_barrier_crosses_them():
    xy = np.array([[0, 0], [2000, 0], [0, 1000], [2000, 1000]], float)
    graph = graph_at(xy, [[0, 1]])
    roads = tk.RoadNetwork([0, 1, 0, 2, 1, 3, 2, 3], [1, 0, 2, 0, 3, 1, 3, 2], np.ones(8), xy=xy)
    river = tk.barriers(LineString([(1000, -500), (1000, 500)]), graph)
    travel = tk.travel(graph, roads.closed_by(river))
    assert travel.minutes_between([0, 0, 0], [1, 2, 3]).tolist() == [3, 1, 2]
    with pytest.raises(tk.DataError, match="barriers is a list"):
        roads.closed_by([1])


def test_straight_lines_take_barriers_of_their_own_plane_only():
    graph = graph_at([[500_000, 5_316_000], [502_000, 5_316_000]], [[0, 1]], crs="EPSG:32632")
    wall = tk.barriers(LineString([(1000, -300), (1000, 5000)]), graph_at([[0, 0], [2000, 0]]))
    with pytest.raises(tk.DataError, match="make them for this graph"):
        tk.travel(graph, tk.StraightLine(barriers=wall))
