"""The largest distance within a territory: pairs counted one by one, and a limit that falls."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import close, run_of, some_run
from solve.small import graph_of, row

import territorykit as tk
from territorykit.criteria.diameter import diameters
from territorykit.criteria.objective import objective
from territorykit.solve.kernels.arrays import LIMIT, OBJECTIVE, SPHERE, VIOLATION, WORTH
from territorykit.solve.kernels.change import move
from territorykit.solve.kernels.refresh import refresh
from territorykit.solve.kernels.spread import FALL, as_length, consider, spread, tighten, widest_chord

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)


def wide_run(seed, **settings):
    run = some_run(seed, most=20, **settings)
    return run if run is not None and run.facts.wide else None


def apart(run):
    """Straight distances of all pairs of nodes of one territory."""
    facts, labels = run.facts, run.state.labels
    pairs = combinations(range(len(labels)), 2)
    return np.array([np.linalg.norm(facts.spot[u] - facts.spot[v]) for u, v in pairs if labels[u] == labels[v]])


@given(SEEDS)
@MANY
def test_excesses_are_counted_once_for_each_pair(seed):
    run = wide_run(seed)
    if run is None:
        return
    away = apart(run)
    assert widest_chord(run.facts, run.state) == pytest.approx(away.max(initial=0))
    met = run.state.kept[0] >= 0  # a start that breaks something has no limit to keep below yet
    assert run.state.number[LIMIT] == (pytest.approx(FALL * away.max(initial=0)) if met else math.inf)
    for limit in (*away[:3] * 0.7, math.inf, 1e-3):
        run.state.number[LIMIT] = limit
        assert close(spread(run.facts, run.state), np.maximum(away / limit - 1, 0).sum(), 1)


@given(SEEDS)
@MANY
def test_the_limit_falls_below_what_is_kept(seed):
    run = wide_run(seed)
    if run is None:
        return
    facts, state = run.facts, run.state
    tighten(facts, state)
    widest = apart(run).max(initial=0)
    assert (state.kept == state.labels).all()
    asked = 0 if facts.guiding else state.number[OBJECTIVE]
    assert state.number[WORTH] == pytest.approx(asked + facts.wide * as_length(facts, widest))
    assert state.number[LIMIT] == pytest.approx(FALL * widest)
    foreseen = state.number[VIOLATION]
    refresh(facts, state)
    assert close(foreseen, state.number[VIOLATION], 1)


@given(SEEDS)
@MANY
def test_what_was_kept_is_what_a_run_has_found(seed):
    """Even if the run stands elsewhere now; and it stands there still after it was asked."""
    run, rng = wide_run(seed), np.random.default_rng(seed)
    if run is None:
        return
    facts, state = run.facts, run.state
    tighten(facts, state)
    kept = state.labels.copy()
    for u in rng.permutation(len(kept))[:3]:
        b = int(rng.integers(len(state.members)))
        if b != state.labels[u] and state.members[state.labels[u]] > 1:
            move(facts, state, int(u), b)
    now, limit = state.labels.copy(), state.number[LIMIT]
    best = run.as_best()
    assert (best.labels == kept).all()
    assert (state.labels == now).all()
    assert state.number[LIMIT] == limit
    violation = state.number[VIOLATION]
    refresh(facts, state)
    assert state.number[VIOLATION] == violation


def test_lengths_by_the_metric_of_the_problem():
    """A quarter of the Earth: its chord, and its arc."""
    facts = run_of(tk.Problem(graph_of(3, row(3)), 2)).facts
    quarter = math.sqrt(2) * 6_371_008.8
    assert as_length(facts, quarter) == quarter
    assert as_length(facts.replace(spot_metric=SPHERE), quarter) == pytest.approx(math.pi / 2 * 6_371_008.8)


@pytest.mark.parametrize(("weight", "kept"), [(1, "first"), (5, "second")])
def test_the_best_sum_is_kept_while_the_limit_falls(weight, kept):
    """The second plan is narrower, 3.5 km instead of 4, and its distances to centers sum up to 5.5 instead of 4 km."""
    graph = graph_of(5, row(5), xy=[[x, 0] for x in (0, 2000, 4000, 7500, 7500)])
    goal = [tk.Compactness(power=1), tk.Diameter(weight=weight)]
    run = run_of(tk.Problem(graph, 2, objective=goal), units=[0, 0, 0, 1, 1])
    facts, state = run.facts, run.state
    plans = {"first": state.labels.copy()}
    assert (state.kept == state.labels).all()
    assert state.number[WORTH] == pytest.approx(4000 + weight * 4000)
    move(facts, state, int(run.compiled.node[2]), 1)
    plans["second"] = state.labels.copy()
    consider(facts, state, 1e-9)
    assert state.number[LIMIT] == pytest.approx(FALL * 4000)
    assert (state.kept == plans[kept]).all()
    tighten(facts, state)
    assert state.number[LIMIT] == pytest.approx(FALL * 3500)
    assert (state.kept == plans[kept]).all()
    best = run.as_best()
    assert best.objective == pytest.approx(min(4000 + weight * 4000, 5500 + weight * 3500)) == state.number[WORTH]
    assert (best.labels == plans[kept]).all()


def test_a_plan_that_breaks_something_else_is_not_considered():
    graph = graph_of(4, row(4), calls=[1, 1, 1, 1])
    goal = [tk.Compactness(), tk.Diameter()]
    run = run_of(tk.Problem(graph, 2, [tk.Capacity("calls", 0, 2)], objective=goal), units=[0, 0, 0, 1])
    consider(run.facts, run.state, 1e-9)
    assert run.state.kept[0] == -1


def test_pieces_that_lie_apart_are_worth_nothing_once_they_are_joined():
    """A start in pieces is kept for want of a better one, but no longer than until a block has ended."""
    goal = [tk.Compactness(power=1), tk.Diameter(weight=1e-3)]
    problem = tk.Problem(graph_of(12, row(12)), 3, [tk.Contiguous()], objective=goal)
    result = tk.solve(problem, seed=1, stop=5_000, start=tk.Plan(problem, [0, 1, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0]))
    assert result.status is tk.Status.FEASIBLE


def test_a_largest_distance_in_another_metric_than_distances_to_centers():
    """Planar and great-circle lengths differ by a factor; each term counts its own."""
    graph = graph_of(4, row(4))
    lonlat = np.array([[0, 0], [1, 0], [2, 0], [3, 0]])
    graph = tk.UnitGraph(graph.ids, graph.xy, graph.edges, lonlat=lonlat)
    degree = math.radians(1) * 6_371_008.8
    terms = {
        "other": ([tk.Compactness(power=1, distance="great-circle"), tk.Diameter()], 2 * degree + 2000),
        "same": ([tk.Compactness(power=1), tk.Diameter("great-circle")], 2 * 1000 + 2 * degree),
        "both": ([tk.Diameter(weight=3), tk.Diameter("great-circle", weight=2)], 3 * 2000 + 2 * 2 * degree),
    }
    for goal, value in terms.values():
        run = run_of(tk.Problem(graph, 2, objective=goal), units=[0, 0, 0, 1])
        assert run.as_best().objective == pytest.approx(value)
        run.state.number[LIMIT] = 1.0
        refresh(run.facts, run.state)
        assert widest_chord(run.facts, run.state) == pytest.approx(apart(run).max())


@pytest.mark.parametrize("n", [8, 12])
def test_a_row_is_cut_where_its_parts_are_shortest(n):
    """Three territories of a row of units 1 km apart: the widest holds a third of them."""
    problem = tk.Problem(graph_of(n, row(n)), 3, [tk.Contiguous()], objective=tk.Diameter())
    result = tk.solve(problem, seed=1, stop=20_000)
    plan = result.require_plan()
    assert diameters(plan).max() == 1000 * (math.ceil(n / 3) - 1)
    assert result.objective == objective(plan) == diameters(plan).max()


def test_territories_of_one_place_each():
    """Accounts at two addresses, a territory each: no pair is apart, and the sums stay finite."""
    graph = graph_of(4, row(4), xy=[[0, 0], [0, 0], [5, 0], [5, 0]])
    run = run_of(tk.Problem(graph, 2, objective=tk.Diameter()), units=[0, 0, 1, 1])
    assert run.state.number[LIMIT] == 0
    move(run.facts, run.state, int(run.compiled.node[0]), 1)
    assert run.state.number[VIOLATION] == 2
    move(run.facts, run.state, int(run.compiled.node[0]), 0)
    assert run.state.number[VIOLATION] == 0
    assert tk.solve(run.compiled.problem, seed=1, stop=2_000).objective == 0
