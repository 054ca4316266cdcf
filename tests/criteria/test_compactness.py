import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from samples import grid_graph, grid_plan, plans, squares

import territorykit as tk
from territorykit.criteria import compactness

ROWS = [0, 0, 0, 1, 1, 1]


def test_rows_of_a_grid_by_hand():
    plan = grid_plan(ROWS)
    assert compactness.centroids(plan).tolist() == [[1500, 500], [1500, 1500]]
    assert compactness.moment_of_inertia(plan).tolist() == [2e6, 2e6]
    assert compactness.border_length(plan) == 3000
    assert compactness.border_lengths(plan).tolist() == [3000, 3000]
    assert compactness.cut_edges(plan) == 3
    # a rectangle of 3 km by 1 km
    assert compactness.polsby_popper(plan) == pytest.approx([4 * math.pi * 3 / 64] * 2)
    assert compactness.reock(plan, squares(2, 3)) == pytest.approx([3 / (math.pi * 2.5)] * 2)


def test_weights_pull_the_centroid():
    plan = grid_plan(ROWS, activities=[tk.Activity("calls", [1, 0, 0, 0, 0, 0])])
    # the lower row leans on its first unit; the upper one weighs nothing and takes its middle
    assert compactness.centroids(plan, "calls").tolist() == [[500, 500], [1500, 1500]]
    assert compactness.moment_of_inertia(plan, "calls").tolist() == [0, 0]


def test_one_unit_per_territory():
    plan = grid_plan(list(range(6)))
    assert compactness.moment_of_inertia(plan).tolist() == [0] * 6
    assert compactness.polsby_popper(plan) == pytest.approx([math.pi / 4] * 6)
    assert compactness.border_length(plan) == 7000


@pytest.mark.parametrize("name", ["border_lengths", "area", "perimeter"])
def test_a_graph_without_measures_says_which(name):
    plan = grid_plan(ROWS, **{name: None})
    with pytest.raises(tk.DataError, match=f"the graph has no {name}; make it from polygons"):
        compactness.polsby_popper(plan)


def test_reock_wants_a_polygon_for_every_unit():
    shapes = squares(2, 3)
    with pytest.raises(tk.DataError, match=r"shape \(5,\), not \(6,\)"):
        compactness.reock(grid_plan(ROWS), shapes[:5])
    shapes[2], shapes[4] = None, shapely.Polygon()
    with pytest.raises(tk.DataError, match="2 units have none: 'u2', 'u4'"):
        compactness.reock(grid_plan(ROWS), shapes)


def test_points_have_no_area():
    assert compactness.reock(grid_plan(ROWS), shapely.centroid(squares(2, 3))).tolist() == [0, 0]
    assert compactness.reock(grid_plan(list(range(6))), shapely.centroid(squares(2, 3))).tolist() == [0] * 6


@given(plans())
def test_shape_measures_agree_with_the_dissolved_polygons(plan):
    shapes = squares(3, 4)
    whole = [shapely.union_all(shapes[plan.labels == t]) for t in range(plan.problem.n_territories)]
    expected = [
        4 * math.pi * area / length**2 for area, length in zip(shapely.area(whole), shapely.length(whole), strict=True)
    ]
    assert compactness.polsby_popper(plan) == pytest.approx(expected)
    circles = math.pi * shapely.minimum_bounding_radius(whole) ** 2
    assert compactness.reock(plan, shapes) == pytest.approx(shapely.area(whole) / circles)


@given(plans())
def test_each_border_belongs_to_two_territories(plan):
    assert compactness.border_lengths(plan).sum() == pytest.approx(2 * compactness.border_length(plan))
    assert compactness.border_length(plan) == 1000 * compactness.cut_edges(plan)


@given(plans(), st.integers(0, 11), st.data())
def test_a_move_changes_inertia_by_what_it_says(plan, unit, data):
    """Total inertia is that of the whole map less that between centroids (Huygens)."""
    graph = plan.problem.graph
    t = data.draw(st.integers(0, plan.problem.n_territories - 1))
    if (plan.labels == plan.labels[unit]).sum() > 1:
        plan = plan.move(graph.ids[unit], t)
    whole = tk.Plan(tk.Problem(graph, 1), np.zeros(12))
    between = np.bincount(plan.labels) @ ((compactness.centroids(plan) - compactness.centroids(whole)) ** 2).sum(axis=1)
    inside = compactness.moment_of_inertia(plan).sum()
    assert inside + between == pytest.approx(compactness.moment_of_inertia(whole)[0])


@given(plans(), st.integers(-(10**7), 10**7))
def test_inertia_survives_a_shift_and_scales_with_the_square(plan, shift):
    graph = plan.problem.graph
    for xy, factor in ((graph.xy + shift, 1), (graph.xy * 3, 9)):
        other = tk.Plan(plan.problem.replace(graph=grid_graph(3, 4, xy=xy, activities=graph.activities)), plan.labels)
        expected = factor * compactness.moment_of_inertia(plan, "calls")
        assert compactness.moment_of_inertia(other, "calls") == pytest.approx(expected, abs=1)
