"""Moves and swaps that pay only because centers follow."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from solve.runs import anew, close, run_of, some_run, sums
from solve.small import graph_of, random_graph, row

import territorykit as tk
from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations
from territorykit.solve.kernels.arrays import OBJECTIVE, UNIT, VIOLATION
from territorykit.solve.kernels.change import change_of
from territorykit.solve.kernels.polish import polish
from territorykit.solve.kernels.refresh import refresh
from territorykit.solve.search.run import POLISHED, Cycle

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)


def test_a_move_that_pays_because_the_center_follows():
    """The third unit is 2 and 3 km from the first two, 1 km from its own center; but it is the best center of the two.

    Before, distances sum up to 5 and 1 km, afterwards to 5 and 0. The first two may not leave.
    """
    xy = 1000.0 * np.array([[3, 0], [3, 5], [3, 3], [2, 3], [2, 3]])
    graph = graph_of(5, [[0, 1], [0, 2], [1, 2], [2, 3], [2, 4], [3, 4]], xy=xy, calls=[5, 5, 1, 1, 1])
    wishes = [tk.Contiguous(), tk.Capacity("calls", [10, 0], 13)]
    run = run_of(tk.Problem(graph, 2, wishes, objective=tk.Compactness(power=1)), units=[0, 0, 1, 1, 1])
    facts, state, u = run.facts, run.state, int(run.compiled.node[2])
    assert state.number[OBJECTIVE] == 6000
    assert change_of(facts, state, u, 0) >= 1000
    assert polish(facts, state, 50, 0, run.scratch) == 1
    assert state.number[OBJECTIVE] == 5000
    assert state.center[0] == u
    assert (state.labels[run.compiled.node] == [0, 0, 0, 1, 1]).all()


def test_a_swap_that_pays_where_no_move_may_be_made():
    """Two units in each territory, no more and no fewer: the middle ones change places."""
    graph = graph_of(4, row(4), calls=[1, 1, 1, 1], xy=[[0, 0], [3000, 0], [1000, 0], [4000, 0]])
    problem = tk.Problem(graph, 2, [tk.Balance("calls", 0.1)], objective=tk.Compactness(power=1))
    run = run_of(problem, units=[0, 0, 1, 1])
    assert polish(run.facts, run.state, 50, 0, run.scratch) == 0
    assert polish(run.facts, run.state, 50, 4, run.scratch) == 1
    assert run.state.number[OBJECTIVE] == 2000
    assert (run.state.labels[run.compiled.node] == [0, 1, 0, 1]).all()


@given(SEEDS, st.sampled_from([12, 40]), st.integers(0, 4))
@example(109534463, 40, 0)  # a unit leaves and comes back: the labels are the old ones, the centers are better
@MANY
def test_a_polished_plan_is_no_worse_and_its_sums_are_true(seed, most, swaps):
    run = some_run(seed, most=most, centers=("unit",))
    if run is None or run.facts.center != UNIT or run.facts.limited or run.facts.wide or not run.facts.compact:
        return
    facts, state = run.facts, run.state
    before, first, pieces = sums(state), state.labels.copy(), run._broken_territories()
    steps = polish(facts, state, 20, swaps, run.scratch)
    scale = max(before[0], 1.0)
    assert all(close(one, other, scale) for one, other in zip(sums(state), sums(anew(run)), strict=True))
    assert (state.number[OBJECTIVE] < before[0] * (1 - 1e-12)) == (steps > 0)
    assert steps or (state.labels == first).all()  # units may also come back, where only centers were left to improve
    assert state.number[OBJECTIVE] <= before[0]
    assert state.number[VIOLATION] <= before[1] + 1e-9
    assert run._broken_territories() <= pieces


@pytest.mark.parametrize("seed", range(12))
def test_no_single_move_is_better_than_a_polished_plan(seed):
    """By the referee's objective, which finds the best centers itself."""
    graph = random_graph(np.random.default_rng(seed), 14, zeros=False, gaps=False)
    wishes = [tk.Balance("sales", 0.6), tk.Contiguous()]
    problem = tk.Problem(graph, 4, wishes, objective=tk.Compactness("calls", power=1))
    plan = tk.solve(problem, seed=seed, stop=100).require_plan()
    if violations(plan):
        return
    run = run_of(problem, units=plan.labels)
    polish(run.facts, run.state, 50, 0, run.scratch)
    refresh(run.facts, run.state)
    labels = run.compiled.labels_of_units(run.state.labels)
    value = objective(tk.Plan(problem, labels))
    assert run.state.number[OBJECTIVE] == pytest.approx(value)
    edges = nx.Graph(graph.edges.tolist())
    for u in range(14):
        for b in {int(labels[v]) for v in edges[u]} - {int(labels[u])}:
            moved = labels.copy()
            moved[u] = b
            if len(np.unique(moved)) == 4 and not violations(tk.Plan(problem, moved)):
                assert objective(tk.Plan(problem, moved)) >= value * (1 - 1e-8)


def test_runs_end_polished_on_small_maps_alone():
    for side in (POLISHED, POLISHED + 1):
        run = run_of(tk.Problem(graph_of(side, row(side)), 2), units=np.arange(side) // (side - side // 2))
        assert not run.polishes  # a start, which is only measured
        for _ in run.blocks(Cycle(10)):
            pass
        assert run.polishes == (side == POLISHED)
    base = tk.Problem(graph_of(4, row(4)), 2, [tk.MaxTravel(metres=5000)])
    for problem in (base, base.replace(requirements=[], objective=tk.Compactness(center="centroid"))):
        run = run_of(problem, units=[0, 0, 1, 1])
        run.cooled = True
        assert not run.polishes
