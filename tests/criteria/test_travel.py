import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import grid_plan, plans

import territorykit as tk
from territorykit.criteria import travel

ROWS = [0, 0, 0, 1, 1, 1]


def test_rows_of_a_grid_by_hand():
    plan = grid_plan(ROWS, centers=[0, 4])
    assert travel.distances_to_center(plan).tolist() == [0, 1000, 2000, 1000, 0, 1000]
    assert travel.largest_distance_to_center(plan).tolist() == [2000, 1000]
    assert travel.mean_distance_to_center(plan) == pytest.approx([1000, 2000 / 3])
    assert travel.mean_distance_to_center(plan, "calls") == pytest.approx([(2 * 1000 + 3 * 2000) / 6, 10000 / 15])


def test_without_centers_the_unit_nearest_the_weighted_centroid_stands_in():
    assert travel.center_units(grid_plan(ROWS)).tolist() == [1, 4]
    heavy = [tk.Activity("calls", [98, 1, 1, 1, 1, 98])]
    plan = grid_plan(ROWS, activities=heavy, requirements=[tk.Balance("calls", 1)])
    assert travel.center_units(plan).tolist() == [0, 5]


def test_of_units_equally_near_the_first_is_taken():
    assert travel.center_units(grid_plan([0, 0, 1, 0, 0, 1])).tolist() == [0, 2]


def test_bases():
    plan = grid_plan(ROWS)
    plan = tk.Plan(plan.problem.replace(bases=[[500, 500], [2500, 1500]]), plan.labels)
    assert travel.distances_to_base(plan).tolist() == [0, 1000, 2000, 2000, 1000, 0]


def test_without_bases_there_is_nothing_to_measure_from():
    with pytest.raises(tk.DataError, match=r"no bases .* pass bases= to Problem"):
        travel.distances_to_base(grid_plan(ROWS))


@given(plans(), st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_distances_survive_a_shift_of_the_map(plan, dx, dy):
    graph = plan.problem.graph
    shifted = tk.UnitGraph(graph.ids, graph.xy + np.array([dx, dy]), graph.edges, graph.activities)
    other = tk.Plan(plan.problem.replace(graph=shifted), plan.labels, travel.center_units(plan))
    assert travel.distances_to_center(other) == pytest.approx(travel.distances_to_center(plan))


@given(plans())
def test_the_mean_lies_below_the_largest_and_centers_in_their_territory(plan):
    assert (plan.labels[travel.center_units(plan)] == np.arange(plan.problem.n_territories)).all()
    assert (travel.mean_distance_to_center(plan, "calls") <= travel.largest_distance_to_center(plan) + 1e-9).all()
