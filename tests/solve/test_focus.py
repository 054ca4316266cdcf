"""Proposals where sizes are off: which territories are listed, which nodes are tried, and that bands are met."""

from collections import Counter

import numpy as np
from samples import grid_edges
from solve.runs import run_of
from solve.small import graph_of, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.anneal import typical_change
from territorykit.solve.kernels.arrays import LABEL, LAMBDA, N_OFF, OFF, SCALE, VIOLATION
from territorykit.solve.kernels.focus import list_off, near_off
from territorykit.solve.search.run import Cycle, Run


def test_territories_beyond_their_limits_are_listed_and_their_borders_tried():
    """Of four territories with 1, 3, 2 and 2 calls, the first lacks one and the second has one too many."""
    graph = graph_of(8, row(8), calls=[1] * 8)
    problem = tk.Problem(graph, 4, [tk.Balance("calls", 0.1), tk.Contiguous()])
    run = run_of(problem, units=[0, 1, 1, 1, 2, 2, 3, 3])
    list_off(run.facts, run.state)
    assert run.state.number[N_OFF] == 2
    assert run.state.territory[OFF][:2].tolist() == [0, 1]
    unit_of = np.argsort(run.compiled.node)
    tried = Counter(int(unit_of[near_off(run.facts, run.state)]) for _ in range(1000))
    assert tried[1] + tried[3] > 500  # the neighbor's unit that 0 could take, and both ends of 1
    assert set(tried) == {1, 3, 4, 5, 6}  # further away, what lies on a border; never one that 0 would lose


def test_mending_meets_bands_that_a_plan_breaks():
    """A 12 x 12 grid in 9 equal squares, shifted by a row: proposals where sizes are off bring all back in."""
    graph = graph_of(144, grid_edges(12, 12), xy=[[x, y] for y in range(12) for x in range(12)], calls=[1] * 144)
    compiled = compile_problem(tk.Problem(graph, 9, [tk.Balance("calls", 0.07), tk.Contiguous()]))
    labels = np.array([3 * (0 if y < 5 else 1 if y < 9 else 2) + x // 4 for y in range(12) for x in range(12)])
    of_nodes = np.empty(144, np.int32)
    of_nodes[compiled.node] = labels
    run = Run(compiled, of_nodes, np.random.default_rng(1))
    before = run.state.number[VIOLATION]
    assert before > 0
    run.state.number[SCALE], run.state.number[LAMBDA] = typical_change(run.facts, run.state, 100), 1.0
    phase = Cycle(160_000).last(met=False)
    run._block(phase, 0.0, 1.0, phase.steps)
    assert run.as_best().violation == 0
    assert len(np.unique(run.state.node[LABEL])) == 9


def test_a_cycle_proposes_no_more_than_its_length():
    """Whether bands are met or not: budgets and the independence of plans from workers rest on it."""
    for length in (1, 7, 100, 12_345):
        for met in (True, False):
            cycle = Cycle(length)
            phases = [*cycle.phases(), cycle.last(met=met)]
            assert sum(phase.steps for phase in phases) == length
        soft, hard, end = (*cycle.phases(), cycle.last(met=True))
        assert (hard.cold, hard.high) == (end.hot, end.low)
        assert soft.cold == hard.hot
