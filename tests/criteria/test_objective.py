"""The objective and its centers, by hand and by trying every center."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph, plans

import territorykit as tk
from territorykit.criteria import objective as module
from territorykit.criteria.objective import best_centers, objective

GOALS = [
    tk.Compactness(activity, power, center)
    for activity in (None, "calls")
    for power in (1, 2)
    for center in ("unit", "centroid", "base")
]


def row_plan(labels, goal, *, centers=None, requirements=(), **settings):
    graph = tk.UnitGraph(
        list("abcd"), [[0, 0], [1, 0], [3, 0], [7, 0]], [[0, 1], [1, 2], [2, 3]], [tk.Activity("calls", [1, 2, 0, 1])]
    )
    problem = tk.Problem(graph, max(labels) + 1, requirements, objective=goal, **settings)
    return tk.Plan(problem, labels, centers)


@pytest.mark.parametrize(
    ("goal", "value"),
    [
        (tk.Compactness(), 9 + 4 + 16),  # at c, nearest to the mean of 2.75
        (tk.Compactness(power=1), 2 + 1 + 6),  # at b
        (tk.Compactness("calls"), 9 + 8 + 16),  # at c, though it weighs nothing: the mean is 2.25
        (tk.Compactness("calls", 1), 1 + 6),
        (tk.Compactness(center="centroid"), 2.75**2 + 1.75**2 + 0.25**2 + 4.25**2),
        (tk.Compactness("calls", center="centroid"), 2.25**2 + 2 * 1.25**2 + 4.75**2),
        (tk.Compactness("calls", 1, "centroid"), 2.25 + 2 * 1.25 + 4.75),
    ],
)
def test_one_territory_by_hand(goal, value):
    assert objective(row_plan([0, 0, 0, 0], goal)) == pytest.approx(value)


def test_bases_by_hand():
    plan = row_plan([0, 0, 1, 1], tk.Compactness(center="base"), bases=[[0, 1], [7, 0]])
    assert objective(plan) == pytest.approx(1 + 2 + 16 + 0)


def test_centers_of_the_plan_count():
    assert objective(row_plan([0, 0, 0, 0], tk.Compactness(power=1), centers=[3])) == 7 + 6 + 4


def test_a_territory_without_weight():
    plan = row_plan([0, 0, 1, 0], tk.Compactness("calls"))
    assert best_centers(plan).tolist() == [1, 2]
    centroid = row_plan([0, 0, 1, 0], tk.Compactness("calls", center="centroid"))
    assert np.isfinite(objective(centroid))


def test_weights():
    assert row_plan([0] * 4, tk.Compactness()).problem.center_weights.tolist() == [1, 1, 1, 1]
    assert row_plan([0] * 4, tk.Compactness("calls")).problem.center_weights.tolist() == [1, 2, 0, 1]


def test_ties_go_to_the_first():
    graph = grid_graph(1, 4)
    assert best_centers(tk.Plan(tk.Problem(graph, 2), [0, 0, 1, 1])).tolist() == [0, 2]


def test_a_limit_that_nobody_keeps_leaves_the_shortest_longest_way():
    plan = row_plan([0, 0, 0, 0], tk.Compactness("calls", 1), requirements=[tk.MaxTravel(metres=2)])
    assert best_centers(plan).tolist() == [2]


def test_the_tightest_limit_counts():
    wishes = [tk.MaxTravel(metres=100), tk.MaxTravel(metres=4)]
    plan = row_plan([0, 0, 0, 0], tk.Compactness("calls", 1), requirements=wishes)
    assert best_centers(plan).tolist() == [2]


@given(plans(), st.sampled_from(GOALS))
@settings(deadline=None)
def test_best_centers_are_best(plan, goal):
    problem = plan.problem.replace(objective=None)
    if goal.activity and not problem.graph.activity("calls").total:
        return
    bases = np.arange(2.0 * problem.n_territories).reshape(-1, 2) * 1000
    problem = tk.Problem(problem.graph, problem.n_territories, objective=goal, bases=bases)
    plan = tk.Plan(problem, plan.labels)
    chosen = best_centers(plan)
    assert (plan.labels[chosen] == np.arange(problem.n_territories)).all()
    if goal.center != "unit":
        return
    weight, xy = problem.center_weights, problem.graph.xy
    total = 0.0
    for t in range(problem.n_territories):
        own = np.flatnonzero(plan.labels == t)
        away = np.linalg.norm(xy[own][:, None] - xy[own][None], axis=2)
        total += (away**goal.power @ weight[own]).min()
    assert objective(plan) == pytest.approx(total, rel=1e-9, abs=1e-6)
    assert objective(tk.Plan(problem, plan.labels, chosen)) == pytest.approx(total, rel=1e-9, abs=1e-6)


@given(plans(), st.sampled_from(GOALS), st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7))
@settings(deadline=None)
def test_moving_the_map_moves_no_value(plan, goal, dx, dy):
    graph, k = plan.problem.graph, plan.problem.n_territories
    if goal.activity and not graph.activity("calls").total:
        return
    bases = np.arange(2.0 * k).reshape(-1, 2) * 1000
    offset = np.array([dx, dy], float)
    moved = grid_graph(3, 4, activities=graph.activities, xy=graph.xy + offset)
    here = tk.Problem(graph, k, objective=goal, bases=bases)
    there = tk.Problem(moved, k, objective=goal, bases=bases + offset)
    values = [objective(tk.Plan(problem, plan.labels)) for problem in (here, there)]
    assert values[1] == pytest.approx(values[0], rel=1e-6, abs=1e-3)


@given(plans(), st.integers(0, 1000))
@settings(deadline=None)
def test_order_of_units_and_territories_does_not_matter(plan, seed):
    graph, k = plan.problem.graph, plan.problem.n_territories
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(graph.n_units), rng.permutation(k)
    place = np.argsort(order)
    turned = tk.UnitGraph(
        graph.ids[order],
        graph.xy[order],
        place[graph.edges],
        [tk.Activity(a.name, a.values[order]) for a in graph.activities],
    )
    first = objective(tk.Plan(tk.Problem(graph, k), plan.labels))
    second = objective(tk.Plan(tk.Problem(turned, k), names[plan.labels[order]]))
    assert second == pytest.approx(first, rel=1e-9, abs=1e-6)


def test_blocks_of_distances_change_nothing(monkeypatch):
    plan = tk.Plan(tk.Problem(grid_graph(5, 6), 2, objective=tk.Compactness("calls", 1)), [0] * 14 + [1] * 16)
    whole = best_centers(plan)
    monkeypatch.setattr(module, "BLOCK", 40)
    assert (best_centers(plan) == whole).all()
