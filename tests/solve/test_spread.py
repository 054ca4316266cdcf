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
from territorykit.solve.kernels.arrays import LIMIT, SPHERE, VIOLATION, WIDEST
from territorykit.solve.kernels.change import move
from territorykit.solve.kernels.refresh import refresh
from territorykit.solve.kernels.spread import FALL, as_length, spread, tighten, widest_chord

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)


def wide_run(seed, **settings):
    run = some_run(seed, most=20, **settings)
    return run if run is not None and run.facts.wide else None


def apart(run):
    """Straight distances of all pairs of nodes of one territory."""
    facts, labels = run.facts, run.state.labels
    pairs = combinations(range(len(labels)), 2)
    return np.array([np.linalg.norm(facts.point[u] - facts.point[v]) for u, v in pairs if labels[u] == labels[v]])


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
    assert (state.kept == state.labels).all()
    assert state.number[WIDEST] == pytest.approx(apart(run).max(initial=0))
    assert state.number[LIMIT] == pytest.approx(FALL * state.number[WIDEST])
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
    assert as_length(facts._replace(metric=SPHERE), quarter) == pytest.approx(math.pi / 2 * 6_371_008.8)


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
