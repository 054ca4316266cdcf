"""First plans: diagrams that settle, searches over their centers, and what all of them promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph
from solve.runs import CHOICE
from solve.small import graph_of, random_problem, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.diagnosis.conflicts import conflicts
from territorykit.solve.kernels import connect
from territorykit.solve.kernels.arrays import POINT, UNIT
from territorykit.solve.start.bisection import bisected
from territorykit.solve.start.centers import BEGINNINGS, center_search, power_start
from territorykit.solve.start.diagram import blank

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=80, deadline=None)


def compiled_at_random(seed, **settings):
    """A problem of all kinds as arrays; None where it has fewer nodes than territories."""
    problem = random_problem(seed, **(CHOICE | {"most": 40} | settings))
    compiled = None if problem is None else compile_problem(problem)
    return compiled if compiled is not None and compiled.n_nodes >= problem.n_territories else None


def pieces_of(compiled, labels):
    facts = compiled.facts
    return connect.pieces(facts.indptr, facts.indices, labels, np.empty(len(labels), np.int32))


def grid_problem(k, *wishes, objective=None, **changes):
    return tk.Problem(grid_graph(20, 20), k, wishes, objective=objective or tk.Compactness("revenue"), **changes)


def settled(problem, seed=0):
    diagram = blank(compile_problem(problem))
    diagram.spread(np.random.default_rng(seed))
    diagram.settle(bool)
    return diagram


@given(SEEDS, st.integers(0, 2), st.sampled_from(BEGINNINGS))
@MANY
def test_starts_are_complete_locked_and_connected(seed, tries, begin):
    compiled = compiled_at_random(seed)
    if compiled is None or conflicts(compiled.problem):
        return
    facts, k = compiled.facts, compiled.problem.n_territories
    labels = center_search(compiled, np.random.default_rng(seed), tries, bool, begin).labels
    assert labels.dtype == np.int32
    assert set(labels.tolist()) == set(range(k))
    locked = facts.fixed >= 0
    assert (labels[locked] == facts.fixed[locked]).all()
    if facts.contiguous and compiled.component.max() == 0:
        assert pieces_of(compiled, labels) == k
    again = center_search(compiled, np.random.default_rng(seed), tries, bool, begin).labels
    assert (again == labels).all()


@given(SEEDS)
@MANY
def test_starts_keep_nodes_within_reach_of_their_bases(seed):
    """As long as territories may fall apart, none is left empty otherwise, and each node may be somewhere."""
    compiled = compiled_at_random(seed)
    if compiled is None or compiled.facts.contiguous or not compiled.facts.allowed.shape[0]:
        return
    allowed = compiled.facts.allowed
    rare = not allowed.any(axis=1).all() or allowed.sum(axis=0).min() < len(allowed) / 2
    if rare or (compiled.facts.fixed >= 0).any():
        return
    labels = power_start(compiled, np.random.default_rng(seed))
    assert (allowed[np.arange(len(labels)), labels] == 1).all()


@given(SEEDS)
@MANY
def test_centers_that_are_given_stay_and_free_ones_are_nodes(seed):
    compiled = compiled_at_random(seed)
    if compiled is None:
        return
    diagram, rng = blank(compiled), np.random.default_rng(seed)
    held = diagram.at[diagram.given].copy()
    diagram.spread(rng)
    assert not np.isnan(diagram.at).any()
    diagram.settle(bool, rounds=3, last=10)
    assert (diagram.at[diagram.given] == held).all()
    facts, free = compiled.facts, ~diagram.given
    if facts.center == POINT:
        assert diagram.given.all()
    if facts.center == UNIT:
        assert (diagram.at[free] == facts.point[diagram.center[free]]).all()
    assert np.isfinite(diagram.value)


@pytest.mark.parametrize(
    "goal", [tk.Compactness(), tk.Compactness(power=1), tk.Compactness(center="centroid")], ids=repr
)
def test_a_settled_diagram_is_balanced_and_round(goal):
    """Within a unit or two of a band of 5 % around 50 units, and hardly dearer than squares would be."""
    diagram = settled(grid_problem(8, tk.Balance("revenue", 0.05), objective=goal))
    sizes = np.bincount(diagram.labels, minlength=8)
    assert np.maximum(np.abs(sizes - 50) - 2.5, 0).sum() <= 4
    away = np.linalg.norm(diagram.compiled.facts.point - diagram.at[diagram.labels], axis=1) ** goal.power
    square = 400 * {1: 0.3826 * 50**0.5 * 1000, 2: 50 / 6 * 1000**2}[goal.power]
    assert 0.95 * square < away.sum() < 1.15 * square


def test_the_value_of_a_diagram_bounds_what_it_costs():
    """Where sizes are within what it aims at, no other cells around the same centers cost less than its value."""
    diagram = settled(grid_problem(5, tk.Balance("revenue", 0.2)))
    away = ((diagram.compiled.facts.point - diagram.at[diagram.labels]) ** 2).sum(axis=1)
    cost = (diagram.compiled.facts.weight * away).sum()
    assert 0.98 * cost <= diagram.value <= cost * (1 + 1e-9)


def test_a_copy_is_a_diagram_of_its_own():
    diagram = settled(grid_problem(5, tk.Balance("revenue", 0.2)))
    kept = [array.copy() for array in (diagram.at, diagram.prices, diagram.labels, diagram.center)]
    trial = diagram.copy()
    trial.relocate(2, np.random.default_rng(1))
    assert np.isfinite(trial.at).all()
    assert (np.flatnonzero((trial.at != diagram.at).any(axis=1)) == [2]).all()
    trial.settle(bool)
    for before, now in zip(kept, (diagram.at, diagram.prices, diagram.labels, diagram.center), strict=True):
        assert (before == now).all()


def test_centers_are_opened_in_their_own_part_of_the_map():
    """Two rows of units far apart: a territory of one never goes to the other."""
    xy = [[1000.0 * (i % 10), 9e5 * (i // 10)] for i in range(20)]
    edges = [[i, i + 1] for i in range(19) if i != 9]
    problem = tk.Problem(graph_of(20, edges, xy=xy, calls=np.ones(20)), 6, [tk.Contiguous(), tk.Balance("calls", 0.5)])
    diagram = settled(problem)
    side = diagram.compiled.component
    rng = np.random.default_rng(0)
    for t in list(range(6)) * 5:
        home = next(c for c, held in diagram.homes.items() if t in held)
        trial = diagram.copy()
        trial.relocate(t, rng)
        assert side[trial.center[t]] == home or (trial.at[t] == diagram.at[t]).all()
    labels = center_search(diagram.compiled, rng, 10, bool).labels
    assert pieces_of(diagram.compiled, labels) == 6


def test_better_centers_are_found():
    """Opened elsewhere again and again, centers cost less than where they were drawn, for most draws."""
    compiled = compile_problem(grid_problem(12, tk.Balance("revenue", 0.1)))
    once, often = (
        np.array([center_search(compiled, np.random.default_rng(seed), tries, bool).value for seed in range(8)])
        for tries in (0, 25)
    )
    assert (often < once).sum() >= 6
    assert often.mean() < once.mean()


@given(SEEDS)
@MANY
def test_centers_begin_in_the_middles_of_a_plan(seed):
    compiled = compiled_at_random(seed)
    if compiled is None:
        return
    k, facts, rng = compiled.problem.n_territories, compiled.facts, np.random.default_rng(seed)
    plan = rng.permutation(np.append(np.arange(k), rng.integers(0, k, compiled.n_nodes - k))).astype(np.int32)
    diagram = blank(compiled)
    held = diagram.at.copy()
    diagram.surround(plan)
    assert (diagram.labels == plan).all()
    for t in range(k):
        middle = np.average(facts.point[plan == t], axis=0, weights=facts.weight[plan == t])
        assert diagram.at[t] == pytest.approx(held[t] if diagram.given[t] else middle, rel=1e-9, abs=1e-3)


def test_where_a_city_holds_most_centers_begin_in_a_bisection():
    """A tenth of the map holds nine tenths of the load: drawn centers leave sizes further off than halved parts."""
    graph = grid_graph(40, 40)
    x, y = graph.xy.T
    load = np.where(np.hypot(x - 9e3, y - 9e3) < 7e3, 100.0, 1.0)
    problem = tk.Problem(
        tk.UnitGraph(graph.ids, graph.xy, graph.edges, [tk.Activity("calls", load)]),
        30, [tk.Balance("calls", 0.05), tk.Contiguous()],
    )  # fmt: skip
    compiled = compile_problem(problem)
    off = {}
    for begin in (None, bisected):
        sizes = [
            np.bincount(center_search(compiled, np.random.default_rng(seed), 0, bool, begin).labels, compiled.mass)
            for seed in range(4)
        ]
        off[begin] = np.abs(np.array(sizes) - 1).mean()
    assert off[bisected] < 0.7 * off[None]


def test_time_that_is_up_ends_the_search_over_centers():
    compiled = compile_problem(grid_problem(12, tk.Balance("revenue", 0.1), tk.Contiguous()))
    start = center_search(compiled, np.random.default_rng(0), 10**9, lambda: True)
    assert pieces_of(compiled, start.labels) == 12


def test_an_empty_territory_gets_a_unit_that_cuts_none_in_two():
    """All but one territory is empty: each takes the end of a row, though its center is nearer the middle."""
    compiled = compile_problem(tk.Problem(graph_of(9, row(9)), 3, [tk.Contiguous()]))
    diagram = blank(compiled)
    diagram.at[:] = compiled.facts.point[compiled.node[[4, 4, 4]]]
    diagram.labels[:] = 0
    labels = diagram.finished()
    assert sorted(np.bincount(labels).tolist()) == [1, 1, 7]
    assert pieces_of(compiled, labels) == 3


def test_travel_from_bases_begins_where_they_are():
    """Bases that have no coordinates stand at the unit that they reach first."""
    minutes = np.array([[3.0, 1, 2, 9], [9, 8, 5, np.inf]])
    travel = tk.Travel.from_dense(1 - np.eye(4), base_minutes=minutes)
    goal = tk.Compactness(center="base", distance="travel")
    compiled = compile_problem(tk.Problem(graph_of(4, row(4)), 2, objective=goal, travel=travel))
    assert compiled.points[:, 0].tolist() == [-500, 500]  # from the middle of the row


def test_where_nothing_but_borders_counts_starts_are_round():
    """Eight territories of 50 squares: a square of 50 has a border of 28, stripes of 20 one of 45."""
    problem = grid_problem(8, tk.Balance("revenue", 0.1), tk.Contiguous(), objective=tk.BorderLength())
    compiled = compile_problem(problem)
    for seed in range(3):
        labels = compiled.labels_of_units(power_start(compiled, np.random.default_rng(seed)))
        one, other = problem.graph.edges.T
        assert (labels[one] != labels[other]).sum() < 110  # of eight squares: (8 x 28 - 80) / 2 = 72
