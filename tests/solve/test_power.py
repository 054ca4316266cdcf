"""Prices, bounds and centers of balanced diagrams, against every assignment of small instances."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from solve.runs import some_run
from solve.small import graph_of, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels import power
from territorykit.solve.kernels.arrays import ROAD, UNIT
from territorykit.solve.kernels.centers import center_cost
from territorykit.solve.kernels.change import objective_change

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=80, deadline=None)


def everywhere(n, k):
    """Every node looks at every territory."""
    return np.tile(np.arange(k, dtype=np.int32), (n, 1))


def free(n):
    return np.full(n, -1, np.int32)


def balanced(cost, loads, lower, upper, *, fixed=None, rounds=300):
    """Dual ascent from no prices: what sizes break limits by, the bound, prices, labels."""
    n, k = cost.shape
    prices, labels = np.zeros((k, loads.shape[1])), np.zeros(n, np.int32)
    steps = np.full(prices.shape, 0.05 * max(np.ptp(cost), 1e-9) / max(loads.mean() if loads.size else 1, 1e-9))
    off, value = power.balance(
        everywhere(n, k), cost, loads, lower, upper, free(n) if fixed is None else fixed, prices, steps, rounds, labels
    )
    return off, value, prices, labels


def all_sums(cost, loads, fixed):
    """Costs and sizes of every assignment of nodes to territories."""
    n, k = cost.shape
    plans = np.array(list(product(range(k), repeat=n)))
    plans = plans[((fixed < 0) | (plans == fixed)).all(axis=1)]
    sizes = np.stack([(plans == t) @ loads for t in range(k)], axis=1)
    return cost[np.arange(n), plans].sum(axis=1), sizes


@given(SEEDS)
@MANY
def test_the_value_of_balance_is_a_bound_of_every_assignment_within_the_limits(seed):
    rng = np.random.default_rng(seed)
    n, k, m = (int(rng.integers(low, high)) for low, high in ((1, 8), (1, 4), (0, 3)))
    cost, loads = rng.uniform(0, 1, (n, k)) * rng.choice([1e-3, 1, 1e9]), rng.uniform(0, 1, (n, m))
    mean = loads.sum(axis=0) / k
    lower = mean * rng.uniform(0, 1, (k, m))
    upper = np.where(rng.random((k, m)) < 0.8, mean * rng.uniform(1, 2.5, (k, m)), 1e12)
    fixed = np.where(rng.random(n) < 0.2, rng.integers(0, k, n), -1).astype(np.int32)
    off, value, prices, labels = balanced(cost, loads, lower, upper, fixed=fixed, rounds=int(rng.integers(1, 200)))
    costs, sizes = all_sums(cost, loads, fixed)
    within = ((sizes >= lower - 1e-12) & (sizes <= upper + 1e-12)).all(axis=(1, 2))
    if within.any():
        assert value <= costs[within].min() * (1 + 1e-9)
    if off == 0 and not prices.any():
        assert value == pytest.approx(costs.min())
    assert ((fixed < 0) | (labels == fixed)).all()
    found = np.stack([loads[labels == t].sum(axis=0) for t in range(k)])
    assert off == pytest.approx(np.maximum(np.maximum(found - upper, lower - found), 0).sum(), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_is_nearly_reached_where_nodes_are_alike(seed):
    """Loads of 1 and whole limits: the assignment is a flow problem, whose dual has no gap."""
    rng = np.random.default_rng(seed)
    n, k = 40, 4
    cost, limit = rng.uniform(0, 1, (n, k)), np.array([[5.0], [10], [12], [18]])
    rows = np.kron(np.ones(n), np.eye(k)), np.kron(np.eye(n), np.ones(k))
    best = linprog(cost.ravel(), A_ub=rows[0], b_ub=limit.ravel(), A_eq=rows[1], b_eq=np.ones(n)).fun
    off, value, prices, _ = balanced(cost, np.ones((n, 1)), np.zeros((k, 1)), limit, rounds=2000)
    assert 0.98 * best <= value <= best * (1 + 1e-9)
    assert off <= 2
    assert (prices >= 0).all()


def test_balance_comes_within_a_few_units_of_the_bands():
    rng = np.random.default_rng(5)
    n, k = 2000, 5
    xy, at = rng.random((n, 2)), rng.random((k, 2))
    cost, loads = ((xy[:, None] - at) ** 2).sum(axis=2), np.full((n, 1), k / n)
    off, _, _, labels = balanced(cost, loads, np.full((k, 1), 0.95), np.full((k, 1), 1.05))
    sizes = np.bincount(labels, minlength=k) / n * k
    assert off <= 0.01  # four units of 2000: whole units cannot always meet a band to the dot
    assert np.maximum(np.abs(sizes - 1) - 0.05, 0).sum() == pytest.approx(off, abs=1e-9)


def test_without_limits_everything_is_nearest():
    cost = np.random.default_rng(1).random((30, 3))
    off, value, prices, labels = balanced(cost, np.ones((30, 1)), np.zeros((3, 1)), np.full((3, 1), 1e12))
    assert (off, prices.any()) == (0, False)
    assert value == pytest.approx(cost.min(axis=1).sum())
    assert (labels == cost.argmin(axis=1)).all()


def test_assign_takes_the_cheapest_center():
    rng = np.random.default_rng(3)
    cost, prices, loads = rng.random((50, 4)), rng.random((4, 2)), rng.random((50, 2))
    fixed, labels = free(50), np.zeros(50, np.int32)
    fixed[7] = 2
    near = everywhere(50, 4)
    near[9, 2:] = -1  # it looks at two territories alone
    total = power.assign(near, cost, loads, prices, fixed, labels)
    dear = cost + loads @ prices.T
    dear[7, [0, 1, 3]] = dear[9, 2:] = np.inf
    assert (labels == dear.argmin(axis=1)).all()
    assert total == pytest.approx(dear.min(axis=1).sum())


@given(SEEDS)
@MANY
def test_costs_of_diagrams_are_those_of_the_search(seed):
    """Moving a node that pulls no center changes the objective by what the diagram says."""
    run, rng = some_run(seed, most=20), np.random.default_rng(seed)
    if run is None or len(run.facts.edge_cost) or (run.facts.center, run.facts.power, run.facts.metric) == (0, 2, 0):
        return
    facts, state = run.facts, run.state
    near = everywhere(len(state.labels), len(state.members))
    cost = np.empty(near.shape)
    power.costs_of(facts, near, state.at, state.center, cost)
    for u in rng.integers(len(state.labels), size=5):
        a, b = int(state.labels[u]), int(rng.integers(len(state.members)))
        if a != b:
            foreseen = objective_change(facts, state, int(u), b)
            assert abs(cost[u, b] - cost[u, a] - foreseen) <= 1e-9 * np.abs(cost[u]).max()


@given(SEEDS)
@MANY
def test_best_nodes_are_the_best(seed):
    run = some_run(seed, most=30, centers=("unit",))
    if run is None or run.facts.center != UNIT:
        return
    facts, labels = run.facts, run.state.labels
    k = len(run.state.members)
    members, center = np.argsort(labels, kind="stable").astype(np.int32), np.zeros(k, np.int32)
    ends = np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=k))])
    power.best_nodes(facts, members, ends, center)
    for t in range(k):
        costs = {int(c): center_cost(facts, run.state, t, c) for c in np.flatnonzero(labels == t)}
        assert costs[center[t]] <= min(costs.values()) * (1 + 1e-12)
    if facts.metric != ROAD:
        power.nearest_nodes(facts.point, labels, run.state.at, center)
        assert (center == run.state.center).all()  # centers stand on nodes
    empty = center.copy()
    power.nearest_nodes(facts.point, np.zeros_like(labels), run.state.at, empty)
    assert (empty[1:] == center[1:]).all()


@given(SEEDS)
@MANY
def test_means_and_medians_bring_centers_nearer(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 30)), int(rng.integers(1, 5))
    point, weight = rng.normal(0, 100, (n, 3)), rng.uniform(0.1, 3, n)
    labels, start = rng.integers(0, k, n).astype(np.int32), rng.normal(0, 100, (k, 3))
    away = lambda at: np.linalg.norm(point - at[labels], axis=1)  # noqa: E731 - short
    middle = start.copy()
    power.means(point, weight, labels, middle)
    empty = np.bincount(labels, minlength=k) == 0
    assert (middle[empty] == start[empty]).all()
    for t in np.flatnonzero(~empty):
        assert middle[t] == pytest.approx(np.average(point[labels == t], axis=0, weights=weight[labels == t]))
    median = middle.copy()
    for _ in range(3):
        before = weight @ away(median)
        power.medians(point, weight, labels, median)
        assert weight @ away(median) <= before * (1 + 1e-9) + 1e-9
    assert weight @ away(middle) ** 2 <= weight @ away(median) ** 2 * (1 + 1e-9) + 1e-9


def test_the_median_of_a_row_is_its_heaviest_place():
    """More than half of the weight in one place holds the median there."""
    point, weight = np.array([[0.0, 0, 0], [10, 0, 0], [20, 0, 0]]), np.array([1.0, 1, 5])
    at = np.array([[3.0, 0, 0]])
    for _ in range(30):
        power.medians(point, weight, np.zeros(3, np.int32), at)
    assert at[0] == pytest.approx([20, 0, 0], abs=1e-3)


@given(SEEDS)
@MANY
def test_centers_are_drawn_where_nodes_are_and_given_ones_stay(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(2, 40)), int(rng.integers(1, 6))
    point, given = rng.normal(0, 100, (n, 3)), np.full((k, 3), np.nan)
    held = rng.random(k) < 0.3
    given[held] = rng.normal(0, 100, (held.sum(), 3))
    at = given.copy()
    power.spread_centers(point, rng.uniform(0, 2, n) + 1e-9, at, rng.integers(1, 2**63, 2, np.uint64))
    assert (at[held] == given[held]).all()
    drawn = [int(np.flatnonzero((point == one).all(axis=1))[0]) for one in at[~held]]
    if len(drawn) <= n:
        assert len(set(drawn)) == len(drawn)  # no place twice, as long as there are others


def test_centers_are_drawn_far_from_each_other():
    """Three far heaps of units: one center each, nearly always."""
    rng = np.random.default_rng(0)
    heaps = np.repeat([0, 1, 2], 30)
    point = np.stack([1000.0 * heaps, np.zeros(90), np.zeros(90)], axis=1) + rng.normal(0, 1, (90, 3))
    missed = 0
    for _ in range(50):
        at = np.full((3, 3), np.nan)
        power.spread_centers(point, np.ones(90), at, rng.integers(1, 2**63, 2, np.uint64))
        missed += len(set((at[:, 0] / 1000).round())) < 3
    assert missed == 0


def test_ways_that_are_missing_count_as_far():
    """Minutes along a row; no way leads to the last unit."""
    minutes = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(float)
    minutes[:3, 3] = np.inf
    goal = tk.Compactness(power=1, distance="travel")
    compiled = compile_problem(tk.Problem(graph_of(4, row(4)), 2, objective=goal, travel=tk.Travel.from_dense(minutes)))
    place = compiled.node
    cost = [power.cost_in(compiled.facts, np.zeros((2, 3)), place[[0, 3]], int(i), 0) for i in place]
    assert cost == [0, 1, 2, 4 * 3]  # four times the longest way, from the last unit to the first
