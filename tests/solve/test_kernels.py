"""What the kernels keep up to date, and what they compute anew, against the referee and slow computations."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import anew, close, movable, run_of, some_run, sums
from solve.small import graph_of, row

import territorykit as tk
from territorykit.criteria.disruption import share_moved_since
from territorykit.criteria.nesting import splits
from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations
from territorykit.solve.compile import size_limits
from territorykit.solve.kernels.anneal import anneal, typical_change
from territorykit.solve.kernels.arrays import (
    AFTER,
    BEFORE,
    BORDER,
    FIRST,
    HEAD,
    LISTED,
    MEMBERS,
    NEXT,
    OBJECTIVE,
    PLACE,
    PREVIOUS,
    SCALE,
    UNIT,
    VIOLATION,
)
from territorykit.solve.kernels.change import move
from territorykit.solve.kernels.random import below, uniform

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)
SIZES = st.sampled_from([12, 60])


def unmerged(seed, **settings):
    """A run whose nodes are the units, with its plan; None where there is none."""
    run = some_run(seed, **settings)
    if run is None or run.compiled.n_nodes < run.compiled.problem.graph.n_units:
        return None, None
    return run, tk.Plan(run.compiled.problem, run.compiled.labels_of_units(run.state.labels))


def centers_of(run):
    """The units that are centers; where that is a base, some unit of the territory."""
    first = [np.flatnonzero(run.state.labels == t)[0] for t in range(len(run.state.members))]
    return np.argsort(run.compiled.node)[np.where(run.state.center < 0, first, run.state.center)]


def assert_true_sums(run):
    """Everything that moves keep up to date is as a fresh computation has it."""
    facts, state = run.facts, run.state
    fresh = anew(run)
    scale = max(abs(value) for value in (*sums(state), *sums(fresh)))
    assert close(state.number[OBJECTIVE], fresh.number[OBJECTIVE], 10 * scale)
    assert state.number[VIOLATION] == pytest.approx(fresh.number[VIOLATION], rel=1e-9, abs=1e-9)
    for name in ("sizes", "moments", "moved", "shared", "crossing"):
        true = getattr(fresh, name)
        np.testing.assert_allclose(getattr(state, name), true, rtol=1e-9, atol=1e-9 * np.abs(true).max(initial=1))
    assert state.territory[MEMBERS].tolist() == fresh.territory[MEMBERS].tolist()
    assert_lists(facts, state)


def assert_lists(facts, state):
    """The border nodes are those with a neighbor elsewhere, and rings hold the nodes of their territories."""
    ends = np.split(facts.indices, facts.indptr[1:-1])
    away = [
        (facts.near.shape[1] > 0 and not facts.contiguous) or (state.labels[e] != state.labels[u]).any()
        for u, e in enumerate(ends)
    ]
    listed = state.node[LISTED][: int(state.number[BORDER])]
    assert sorted(listed.tolist()) == np.flatnonzero(away).tolist()
    for i, u in enumerate(listed):
        assert state.node[PLACE][u] == i
    assert (np.delete(state.node[PLACE], listed) == -1).all()
    for t in range(len(state.members)):
        members = np.flatnonzero(state.labels == t)
        assert ring(state.node[NEXT], state.node[PREVIOUS], state.territory[FIRST, t]) == members.tolist()
        assert ring(state.node[AFTER], state.node[BEFORE], state.territory[HEAD, t]) == [
            v for v in members if v in listed
        ]


def ring(after, before, head):
    """The nodes of a ring in ascending order."""
    found, u = [], head
    while u >= 0 and u not in found:
        found.append(int(u))
        assert before[after[u]] == u
        u = after[u]
    assert u == head
    return sorted(found)


@given(SEEDS, SIZES)
@MANY
def test_sums_after_moves_are_those_of_a_fresh_computation(seed, most):
    run, rng = some_run(seed, most=most), np.random.default_rng(seed)
    if run is None:
        return
    for _ in range(30):
        if chosen := movable(run, rng):
            move(run.facts, run.state, *chosen)
    assert_true_sums(run)


@given(SEEDS, SIZES)
@MANY
def test_sums_after_annealing_are_those_of_a_fresh_computation(seed, most):
    run = some_run(seed, most=most)
    if run is None:
        return
    run.state.number[SCALE] = typical_change(run.facts, run.state, 100)
    for hard, focus in ((False, False), (True, False), (True, True)):
        anneal(run.facts, run.state, 2000, 1.0, 0.01, 1.0, 10.0, hard, focus, run.scratch)
    assert_true_sums(run)
    assert run.state.members.min() >= 1
    fixed = run.facts.fixed
    assert (run.state.labels[fixed >= 0] == fixed[fixed >= 0]).all()


@given(SEEDS)
@MANY
def test_annealing_never_parts_what_is_connected(seed):
    run = some_run(seed, most=40, gaps=False)
    if run is None or not run.facts.contiguous:
        return
    facts, state = run.facts, run.state
    whole = nx.Graph()
    whole.add_nodes_from(range(len(state.labels)))
    whole.add_edges_from((u, int(v)) for u, v in zip(np.repeat(*lengths(facts)), facts.indices, strict=True))
    pieces = lambda: [  # noqa: E731 - short
        nx.number_connected_components(whole.subgraph(np.flatnonzero(state.labels == t).tolist()))
        for t in range(len(state.members))
    ]
    before = pieces()
    state.number[SCALE] = typical_change(facts, state, 100)
    anneal(facts, state, 2000, 1.0, 0.1, 1.0, 10.0, hard=False, focus=False, scratch=run.scratch)
    assert all(after <= one for after, one in zip(pieces(), before, strict=True))


def lengths(facts):
    return np.arange(len(facts.indptr) - 1), np.diff(facts.indptr)


@given(SEEDS, SIZES)
@MANY
def test_the_objective_of_a_run_is_that_of_its_plan(seed, most):
    """With the run's own centers, where they are units; the plan's best ones are never worse."""
    run, plan = unmerged(seed, most=most, zeros=False)
    if run is None:
        return
    found = run.as_best().objective
    held = tk.Plan(plan.problem, plan.labels, centers_of(run)) if run.facts.center == UNIT else plan
    true = objective(held)
    if np.isinf(true):
        return  # for a search, units out of reach are merely far
    assert abs(found - true) <= 1e-9 * true + 1e-9  # distances of 10 km are known to about a millionth of a millimetre
    if not plan.problem.of_type(tk.MaxTravel):
        assert objective(plan) <= true * (1 + 1e-9)


@given(SEEDS)
@MANY
def test_centers_are_the_best_where_that_is_cheap_to_know(seed):
    """Squared distances in the plane: no node is nearer the weighted mean, even without neighbors."""
    run, plan = unmerged(seed, most=40, zeros=False, centers=("unit",), powers=(2,))
    if run is None or plan.problem.goal.distance != "planar" or run.facts.wide or run.facts.limited:
        return
    assert run.as_best().objective == pytest.approx(objective(plan), rel=1e-9)


@given(SEEDS, SIZES)
@MANY
def test_the_violation_of_a_run_is_what_its_requirements_say(seed, most):
    run, plan = unmerged(seed, most=most)
    if run is None:
        return
    best = run.as_best()
    assert best.violation == pytest.approx(true_violation(run, plan), rel=1e-9, abs=1e-9)
    held = tk.Plan(plan.problem, plan.labels, centers_of(run)) if run.facts.limited else plan
    assert (best.violation > 0) == bool(violations(held))


def true_violation(run, plan):
    """What a plan breaks, in the search's measure."""
    problem, k = plan.problem, plan.problem.n_territories
    total = 0.0
    for name, (lower, upper) in size_limits(problem).items():
        off = np.maximum(np.maximum(plan.sizes(name) - upper, lower - plan.sizes(name)), 0)
        off = off / (plan.sizes(name).sum() / k)
        total += (off + 4 * off**2).sum()
    apart = {frozenset(pair) for r in problem.of_type(tk.Apart) for pair in r.pairs}
    total += sum(len(set(plan.labels[problem.graph.positions(list(pair))])) == 1 for pair in apart)
    total += sum(k * max(0.0, share_moved_since(plan, r) - r.share) for r in problem.of_type(tk.MaxMoved))
    total += sum(max(0, splits(plan, r).sum() - r.max_splits) for r in problem.of_type(tk.Nested))
    if problem.of_type(tk.Contiguous):
        inside = [e for e in problem.graph.edges.tolist() if plan.labels[e[0]] == plan.labels[e[1]]]
        graph = nx.Graph(inside)
        graph.add_nodes_from(range(problem.graph.n_units))
        total += nx.number_connected_components(graph) - k
    return total + too_far(run, plan)


def too_far(run, plan):
    problem, total = plan.problem, 0.0
    given = problem.given_bases[plan.labels]
    units, centers = np.arange(problem.graph.n_units), centers_of(run)[plan.labels]
    metres, minutes = np.zeros(len(units)), np.zeros(len(units))
    for r in problem.of_type(tk.MaxTravel):
        tied = np.ones(len(units), bool) if r.to == "center" else ~given
        if r.metres is not None:
            away = np.linalg.norm(problem.graph.xy - problem.graph.xy[centers], axis=1)
            metres = np.maximum(metres, np.where(tied, away / r.metres, 0))
        else:
            away = problem.travel.minutes_between(centers, units)
            minutes = np.maximum(minutes, np.where(tied, away / r.minutes, 0))
    away = np.maximum(metres, minutes)
    total += sum(0.1 + min(far - 1, 1) for far in away if far > 1 + 1e-9)
    beyond = np.zeros(len(units), bool)
    for r in problem.of_type(tk.MaxTravel):
        if r.to == "base" and r.metres is not None:
            beyond |= given & (np.linalg.norm(problem.graph.xy - problem.bases[plan.labels], axis=1) > r.metres)
        elif r.to == "base":
            beyond |= given & (problem.travel.minutes_from_bases(plan.labels, units) > r.minutes)
    return total + beyond.sum()


def test_random_numbers_are_even_and_reproducible():
    draws = []
    for _ in range(2):
        rng = np.array([12345, 67890], np.uint64)
        draws.append(np.array([uniform(rng) for _ in range(4000)]))
    assert (draws[0] == draws[1]).all()
    assert draws[0].min() >= 0
    assert draws[0].max() < 1
    counts = np.histogram(draws[0], 10, (0, 1))[0]
    assert np.abs(counts - 400).max() < 100  # five standard deviations
    rng = np.array([1, 2], np.uint64)
    assert {below(rng, 3) for _ in range(200)} == {0, 1, 2}


def test_violation_counts_units_beyond_the_limit_to_their_base():
    graph = graph_of(4, row(4))
    problem = tk.Problem(graph, 2, [tk.MaxTravel(metres=1500.0, to="base")], bases=[[0, 0], [3000, 0]])
    run = run_of(problem, units=[1, 0, 0, 1])  # u0 with the base at u3
    beyond = [0, 2]
    assert run.as_best().violation == len(beyond)
    move(run.facts, run.state, int(run.compiled.node[0]), 0)
    assert run.state.number[VIOLATION] == 1
