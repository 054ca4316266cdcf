"""Pieces of territories are joined: connected afterwards, locks kept, nothing lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph
from solve.runs import CHOICE
from solve.small import graph_of, random_graph, random_problem, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels import connect, join, power
from territorykit.solve.start.diagram import blank

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=80, deadline=None)


def joined(diagram, labels):
    """Labels after pieces were joined, in a copy."""
    after = labels.astype(np.int32)
    join.join_pieces(diagram.compiled.facts, diagram.at, diagram.center, diagram.prices, diagram.compiled.mass, after)
    return after


def pieces_of(compiled, labels):
    facts = compiled.facts
    return connect.pieces(facts.indptr, facts.indices, labels, np.empty(len(labels), np.int32))


def scattered(problem, seed):
    """Centers drawn for a problem, and labels at random: in many pieces, locked nodes where they belong."""
    compiled, rng, k = compile_problem(problem), np.random.default_rng(seed), problem.n_territories
    if compiled.n_nodes < k:
        return None, None
    diagram = blank(compiled)
    diagram.spread(rng)
    labels = rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, compiled.n_nodes - k)]))
    return diagram, np.where(compiled.facts.fixed >= 0, compiled.facts.fixed, labels).astype(np.int32)


@given(SEEDS, st.integers(4, 60), st.integers(1, 8), st.booleans())
@MANY
def test_territories_of_a_connected_map_are_connected_afterwards(seed, n, k, drawn):
    """Labels at random, or the cells of a diagram: none of them is in two pieces any more."""
    graph = random_graph(np.random.default_rng(seed), n, gaps=False)
    problem = tk.Problem(graph, min(n, k), [tk.Contiguous(), tk.Balance("calls", 0.2)])
    diagram, labels = scattered(problem, seed)
    if drawn:
        diagram.settle(bool, 2)
        labels = diagram.labels
    after = joined(diagram, labels)
    assert set(after.tolist()) <= set(labels.tolist())
    assert pieces_of(diagram.compiled, after) == len(set(after.tolist()))


@given(SEEDS)
@MANY
def test_locks_travel_limits_and_whole_territories_stay(seed):
    """On all kinds of problems: a node changes only to a territory that it may be in."""
    problem = random_problem(seed, **(CHOICE | {"most": 40}))
    if problem is None:
        return
    diagram, labels = scattered(problem, seed)
    if diagram is None:
        return
    facts, after = diagram.compiled.facts, joined(diagram, labels)
    fixed = facts.fixed >= 0
    assert (after[fixed] == facts.fixed[fixed]).all()
    changed = np.flatnonzero(after != labels)
    if facts.allowed.shape[0]:
        assert (facts.allowed[changed, after[changed]] == 1).all()
    assert pieces_of(diagram.compiled, after) <= pieces_of(diagram.compiled, labels)
    again = after.copy()
    if pieces_of(diagram.compiled, after) == len(set(after.tolist())):
        assert (joined(diagram, again) == after).all()


def on_a_row(labels, costs, *wishes, prices=0.0):
    """Labels of a row of units after joining, by what each costs in each territory and the prices of their calls."""
    n, k = len(labels), max(labels) + 1
    graph = graph_of(n, row(n), calls=np.ones(n))
    compiled = compile_problem(tk.Problem(graph, k, [tk.Contiguous(), *wishes], objective=tk.AssignmentCost(costs)))
    diagram = blank(compiled)
    diagram.spread(np.random.default_rng(0))
    diagram.prices[:] = prices
    nodes = np.empty(n, np.int32)
    nodes[compiled.node] = labels
    return joined(diagram, nodes)[compiled.node].tolist()


def test_a_piece_is_given_away_or_joined_whatever_costs_less():
    """u0 and u2 of territory 0 with u1 of territory 1 between them; u3 and u4 belong to 1."""
    labels = [0, 0, 1, 0, 1, 1]
    cheap = np.zeros((6, 2))
    give, take = cheap.copy(), cheap.copy()
    give[2, 0] = 10  # the way from the piece to the main one costs 10, giving the piece away 1
    give[3, 1] = 1
    assert on_a_row(labels, give) == [0, 0, 1, 1, 1, 1]
    take[2, 0] = 1
    take[3, 1] = 10
    assert on_a_row(labels, take) == [0, 0, 0, 0, 1, 1]


def test_what_units_cost_has_prices_in_it():
    """Every unit has half of a mean size of calls in it, which costs 20 more in territory 1: the way costs 1."""
    labels, costs, wide = [0, 0, 1, 0], np.zeros((4, 2)), tk.Capacity("calls", 0, 100)
    costs[2, 0] = 11
    costs[3, 1] = 2
    assert on_a_row(labels, costs, wide) == [0, 0, 1, 1]
    assert on_a_row(labels, costs, wide, prices=[[0.0], [20.0]]) == [0, 0, 0, 0]
    assert on_a_row(labels, costs, wide, prices=[[20.0], [0.0]]) == [0, 0, 1, 1]


def test_what_is_locked_is_neither_given_away_nor_crossed():
    free = np.zeros((6, 2))
    free[3, 1] = 5
    labels = [0, 0, 1, 0, 1, 1]
    assert on_a_row(labels, free) == [0, 0, 0, 0, 1, 1]
    assert on_a_row(labels, free, tk.Fixed({"u2": 1})) == [0, 0, 1, 1, 1, 1]  # the cheap way is closed
    dear, labels = np.zeros((4, 2)), [0, 0, 1, 0]
    dear[2, 0] = 5
    assert on_a_row(labels, dear) == [0, 0, 1, 1]  # the smaller piece goes
    assert on_a_row(labels, dear, tk.Fixed({"u3": 0})) == [1, 1, 1, 0]  # it is the main one if it is locked


def test_a_piece_that_would_overfill_its_neighbor_is_joined():
    """Giving two units away costs nothing but breaks a capacity; the way costs a little."""
    labels = [0, 0, 0, 1, 0, 0, 1, 1, 1]
    costs = np.ones((9, 2))  # what is out of balance is weighed by what territories cost
    costs[3, 0] = 1.5
    assert on_a_row(labels, costs) == [0, 0, 0, 1, 1, 1, 1, 1, 1]
    tight = tk.Capacity("calls", 0, [9, 4])
    assert on_a_row(labels, costs, tight) == [0, 0, 0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("seed", range(4))
def test_joining_costs_little_where_cells_are_round(seed):
    """Cells of a balanced diagram are nearly connected: few units change, and sizes stay near their bands."""
    problem = tk.Problem(grid_graph(20, 20), 8, [tk.Balance("revenue", 0.05), tk.Contiguous()])
    compiled = compile_problem(problem)
    diagram = blank(compiled)
    diagram.spread(np.random.default_rng(seed))
    diagram.settle(bool)
    after = joined(diagram, diagram.labels)
    assert pieces_of(compiled, after) == 8
    assert (after != diagram.labels).mean() < 0.02
    before, now = (
        sum(power.cost_in(compiled.facts, diagram.at, diagram.center, i, t) for i, t in enumerate(labels))
        for labels in (diagram.labels, after)
    )
    assert now < before * 1.02
