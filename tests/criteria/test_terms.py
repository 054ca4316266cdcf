"""Every term of the objective and their sum, by hand and by trying every center."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph, plans
from solve.small import Oracle, haversine, random_problem

import territorykit as tk
from territorykit.criteria import objective as module
from territorykit.criteria.objective import best_centers, objective, term_values
from territorykit.criteria.violations import violations

RADIUS = 6_371_008.8
DEGREE = math.pi * RADIUS / 180
SEEDS = st.integers(0, 2**32 - 1)


def row_plan(labels, *terms, centers=None, requirements=(), **changes):
    """Units a to d in a row, also on the equator and a degree or two apart there."""
    graph = tk.UnitGraph(
        list("abcd"),
        [[0, 0], [1, 0], [3, 0], [7, 0]],
        [[0, 1], [1, 2], [2, 3]],
        [tk.Activity("calls", [1, 2, 0, 1], "calls/year")],
        lonlat=[[-179, 0], [180, 0], [-178, 0], [179, 0]],
        border_lengths=[10, 20, 30],
    )
    problem = tk.Problem(graph, max(labels) + 1, requirements, objective=terms, **changes)
    return tk.Plan(problem, labels, centers)


@pytest.mark.parametrize(
    ("labels", "term", "value"),
    [
        ([0, 0, 1, 1], tk.AssignmentCost([[1, 9], [2, 9], [9, 3], [9, -4]]), 2),
        ([1, 0, 1, 0], tk.AssignmentCost([[1, 9], [2, 9], [9, 3], [9, -4]]), 9 + 2 + 3 + 9),
        ([0, 0, 1, 1], tk.Diameter(), 4),
        ([0, 1, 1, 1], tk.Diameter(), 6),
        ([0, 0, 1, 1], tk.Diameter("great-circle"), 3 * DEGREE),
        ([0, 0, 1, 1], tk.BorderLength(), 20),
        ([0, 1, 0, 1], tk.BorderLength(), 60),
        ([0, 0, 0, 0], tk.BorderLength(), 0),
        # around the date line: 179, 180, -179 and -178 degrees
        ([0, 0, 0, 0], tk.Compactness(power=1, distance="great-circle"), 4 * DEGREE),
        ([0, 0, 0, 0], tk.Compactness("calls", distance="great-circle"), 2 * DEGREE**2),
        ([0, 0, 0, 0], tk.Compactness(power=1, distance="great-circle", center="centroid"), 4 * DEGREE),
        ([0, 0, 0, 0], tk.Compactness(distance="great-circle", center="centroid"), 5 * DEGREE**2),
    ],
)
def test_terms_by_hand(labels, term, value):
    plan = row_plan(labels, term)
    assert term_values(plan) == pytest.approx([value], rel=1e-9)
    assert objective(plan) == pytest.approx(value, rel=1e-9)


def test_a_sum_is_weighted():
    terms = [tk.Compactness("calls", 1, weight=2), tk.Diameter(weight=10), tk.BorderLength(weight=0.5)]
    plan = row_plan([0, 0, 0, 1], *terms)
    assert term_values(plan) == pytest.approx([1, 3, 30])
    assert objective(plan) == pytest.approx(2 * 1 + 10 * 3 + 0.5 * 30)


def test_several_compactness_share_the_center_that_is_best_for_their_sum():
    """By calls alone it would be b, by the units alone b or c; twelve times c are drawn to c."""
    plan = row_plan([0, 0, 0, 0], tk.Compactness("calls"), tk.Compactness(weight=3))
    weights = np.array([1, 2, 0, 1]) + 3
    x = np.array([0, 1, 3, 7])
    sums = [(weights * (x - c) ** 2).sum() for c in x]
    assert best_centers(plan).tolist() == [int(np.argmin(sums))]
    assert objective(plan) == pytest.approx(min(sums))
    assert term_values(plan) == pytest.approx([9 + 2 * 4 + 16, 9 + 4 + 16])


def test_bases_on_the_sphere():
    goal = tk.Compactness("calls", 1, "base", "great-circle")
    plan = row_plan([0, 1, 1, 0], goal, bases_lonlat=[[180, 1], [180, 0]])
    near = haversine(np.array([[-179, 0], [179, 0]]), np.array([180, 1]))
    assert objective(plan) == pytest.approx(near.sum() + 0)


MINUTES = [[0, 5, 9, 30], [6, 0, 7, 20], [9, 7, 0, 4], [30, 20, math.inf, 0]]


def test_travel_goes_from_the_center_to_the_unit():
    travel = tk.Travel.from_dense(MINUTES, base_minutes=[[1, 2, 3, math.inf], [4, 5, 6, 7]])
    plan = row_plan([0, 0, 1, 1], tk.Compactness(None, 1, distance="travel"), travel=travel)
    assert best_centers(plan).tolist() == [0, 2]
    assert objective(plan) == 5 + 4
    squares = row_plan([0, 0, 0, 0], tk.Compactness("calls", distance="travel"), travel=tk.Travel.from_dense(MINUTES))
    assert best_centers(squares).tolist() == [2]
    assert objective(squares) == 81 + 2 * 49 + 16
    fixed = row_plan([0, 0, 1, 1], tk.Compactness(None, 1, distance="travel"), travel=travel, centers=[1, 2])
    assert objective(fixed) == 6 + 4
    based = tk.Compactness("calls", 2, "base", "travel")
    assert objective(row_plan([0, 0, 1, 1], based, travel=travel)) == 1 + 2 * 4 + 49
    assert objective(row_plan([0, 1, 1, 0], based, travel=travel)) == math.inf


def test_a_center_that_reaches_more_units_comes_first():
    travel = tk.Travel.from_dense(MINUTES)
    torn = row_plan([0, 1, 0, 0], tk.Compactness(distance="travel"), travel=travel, centers=[3, 1])
    assert objective(torn) == math.inf  # from d there is no way to c, which weighs like any other
    idle = row_plan([0, 1, 0, 0], tk.Compactness("calls", distance="travel"), travel=travel, centers=[3, 1])
    assert objective(idle) == math.inf  # nor may one leave out c because it has no calls
    far = tk.Travel([0, 1, 3, 4, 4], [1, 0, 2, 3], [1, 1, 1, 1])
    plan = row_plan([0, 0, 0, 0], tk.Compactness(distance="travel"), travel=far)
    assert best_centers(plan).tolist() == [1]
    assert objective(plan) == math.inf


def test_the_travel_limit_goes_before_the_objective():
    travel = tk.Travel.from_dense(MINUTES)
    goal = tk.Compactness("calls", distance="travel")
    limited = row_plan([0, 0, 0, 0], goal, travel=travel, requirements=[tk.MaxTravel(metres=4)])
    assert best_centers(limited).tolist() == [2]
    assert best_centers(row_plan([0, 0, 0, 0], tk.Compactness("calls", 2, "unit", "great-circle"))).tolist() == [1]
    limited = row_plan([0, 0, 0, 0], tk.Compactness(distance="great-circle"), requirements=[tk.MaxTravel(metres=4)])
    assert best_centers(limited).tolist() == [2]


def test_without_compactness_the_plain_centers_stand():
    plan = row_plan([0, 0, 0, 0], tk.BorderLength())
    assert best_centers(plan).tolist() == best_centers(row_plan([0, 0, 0, 0], tk.Compactness())).tolist() == [2]


def test_a_centroid_where_points_cancel_out():
    graph = tk.UnitGraph(["a", "b"], [[0, 0], [1, 0]], [[0, 1]], lonlat=[[0, 0], [180, 0]])
    goal = tk.Compactness(None, 1, "centroid", "great-circle")
    assert objective(tk.Plan(tk.Problem(graph, 1, objective=goal), [0, 0])) == pytest.approx(180 * DEGREE)


@given(plans(), SEEDS, st.sampled_from([1, 2]), st.floats(0.001, 180))
@settings(deadline=None)
def test_centers_on_the_sphere_are_best(plan, seed, power, spread):
    """From a few hundred metres to the whole Earth."""
    rng, k = np.random.default_rng(seed), plan.problem.n_territories
    lonlat = rng.uniform(-1, 1, (12, 2)) * [spread, spread / 2] + [rng.uniform(-180, 180), 0]
    graph = grid_graph(3, 4, lonlat=lonlat, activities=[tk.Activity("calls", rng.integers(1, 9, 12))])
    plan = tk.Plan(tk.Problem(graph, k, objective=tk.Compactness("calls", power, "unit", "great-circle")), plan.labels)
    away = haversine(lonlat[:, None], lonlat[None])
    weight = graph.activity("calls").values
    best = 0.0
    for t in range(k):
        own = plan.labels == t
        best += (away[np.ix_(own, own)] ** power @ weight[own]).min()
    assert objective(plan) == pytest.approx(best, rel=1e-7)
    assert objective(tk.Plan(plan.problem, plan.labels, best_centers(plan))) == pytest.approx(best, rel=1e-7)


def test_ruling_out_centers_on_the_sphere_rules_out_none_that_is_best(monkeypatch):
    rng = np.random.default_rng(3)
    n, k = 3_000, 5
    lonlat = rng.uniform([-20, 30], [40, 70], (n, 2))
    graph = tk.UnitGraph(range(n), lonlat * 1e5, [], [tk.Activity("calls", rng.uniform(0, 5, n))], lonlat=lonlat)
    problem = tk.Problem(graph, k, objective=tk.Compactness("calls", distance="great-circle"))
    plan = tk.Plan(problem, np.argsort(np.argsort(lonlat[:, 0])) * k // n)
    began = time.perf_counter()
    found = best_centers(plan)
    assert time.perf_counter() - began < 0.5
    monkeypatch.setattr(module, "_square_costs", module._costs)
    assert best_centers(plan).tolist() == found.tolist()


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_referee_and_oracle_agree_on_every_plan(seed):
    problem = random_problem(seed, most=5, centers=("unit", "centroid", "base"), powers=(1, 2), more=True)
    if problem is None:
        return
    oracle = Oracle(problem)
    for labels, passes, value in zip(oracle.labels, oracle.passes, oracle.values, strict=True):
        plan = tk.Plan(problem, labels)
        assert (not violations(plan)) == passes
        if passes:
            assert objective(plan) == pytest.approx(value, rel=1e-9, abs=1e-6)
            assert objective(tk.Plan(problem, labels, best_centers(plan))) == pytest.approx(value, rel=1e-9, abs=1e-6)


def test_the_oracle_sees_every_term_and_requirement():
    problems = [random_problem(seed, more=True) for seed in range(200)]
    terms = {type(term) for problem in problems if problem for term in problem.terms}
    wishes = {type(wish) for problem in problems if problem for wish in problem.requirements}
    assert terms == {tk.Compactness, tk.TravelCost, tk.AssignmentCost, tk.Diameter, tk.BorderLength}
    assert {tk.MaxMoved, tk.Nested} <= wishes
