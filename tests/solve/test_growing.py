"""First plans by growth: what they promise, the order of growth, and answers known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph
from solve.runs import assert_first_plan
from solve.small import graph_of, random_graph, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.growth import grow
from territorykit.solve.start.growing import grown, seeds_of

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=80, deadline=None)
EVERYWHERE = np.empty((0, 0), np.uint8)


def labels_of(problem, seed=0):
    compiled = compile_problem(problem)
    return compiled.labels_of_units(grown(compiled, np.random.default_rng(seed)))


def grown_from(compiled, seeds, loads, sizes, allowed=EVERYWHERE):
    """Labels of units that the kernel gives, from seeds by unit."""
    facts = compiled.facts
    labels = np.full(compiled.n_nodes, -1, np.int32)
    labels[compiled.node[list(seeds)]] = list(seeds.values())
    of_nodes = np.empty((len(loads), np.ndim(loads)))
    of_nodes[compiled.node] = np.reshape(loads, (len(loads), -1))
    may = allowed.copy()
    may[compiled.node[: len(allowed)]] = allowed
    aims = np.reshape(np.array(sizes, float), (len(sizes), -1))
    grow(facts.indptr, facts.indices, facts.point, np.ones(len(labels)), of_nodes, aims, may, labels)
    return labels[compiled.node].tolist()


@given(SEEDS)
@MANY
def test_plans_are_complete_locked_and_connected(seed):
    assert_first_plan(grown, seed)


@given(SEEDS)
@MANY
def test_nodes_stay_within_reach_of_their_bases(seed):
    rng = np.random.default_rng(seed)
    bases = rng.uniform(0, 10_000, (3, 2))
    compiled = compile_problem(
        tk.Problem(random_graph(rng, 30), 3, [tk.MaxTravel(metres=7_000, to="base")], bases=bases)
    )
    allowed = compiled.facts.allowed
    if not allowed.any(axis=1).all() or allowed.sum(axis=0).min() < 3:
        return
    labels = grown(compiled, rng)
    assert (allowed[np.arange(len(labels)), labels] == 1).all()


def test_who_lacks_most_takes_the_next():
    """From both ends of a row; loads 1, and a heavy unit that the left one meets."""
    compiled = compile_problem(tk.Problem(graph_of(8, row(8)), 2))
    assert grown_from(compiled, {0: 0, 7: 1}, np.ones(8), [4, 4]) == [0] * 4 + [1] * 4
    assert grown_from(compiled, {0: 0, 7: 1}, np.ones(8), [2, 6]) == [0] * 2 + [1] * 6
    assert grown_from(compiled, {0: 0, 7: 1}, np.array([1.0, 4, 1, 1, 1, 1, 1, 1]), [5, 6]) == [0] * 2 + [1] * 6


def test_all_activities_say_who_lacks_most():
    """The first activity alone would give the left territory more, the second less."""
    compiled = compile_problem(tk.Problem(graph_of(8, row(8)), 2))
    left, right = np.array([1.0, 1, 1, 1, 3, 3, 3, 3]), np.array([3.0, 3, 3, 3, 1, 1, 1, 1])
    assert grown_from(compiled, {0: 0, 7: 1}, left, [8, 8]) == [0] * 5 + [1] * 3
    assert grown_from(compiled, {0: 0, 7: 1}, right, [8, 8]) == [0] * 3 + [1] * 5
    both = np.stack([left, right], axis=1)
    facts, labels = compiled.facts, np.full(8, -1, np.int32)
    labels[compiled.node[[0, 7]]] = [0, 1]
    loads = np.empty((8, 2))
    loads[compiled.node] = both
    grow(facts.indptr, facts.indices, facts.point, np.ones(8), loads, np.full((2, 2), 8.0), EVERYWHERE, labels)
    assert labels[compiled.node].tolist() == [0] * 4 + [1] * 4


def test_territories_grow_round():
    """One territory on a grid of 9 x 9 that another must not enter: the nearest to its middle come first."""
    compiled = compile_problem(tk.Problem(grid_graph(9, 9), 2))
    away = np.abs(np.stack(np.divmod(np.arange(81), 9)) - 4)
    allowed = np.ones((81, 2), np.uint8)
    allowed[:, 0] = away.max(axis=0) <= 2
    assert grown_from(compiled, {40: 0}, np.ones(81), [25, 56], allowed) == [
        0 if a else -1 for a in allowed[:, 0]
    ]  # never where it may not be
    growing = grown_from(compiled, {40: 0, 0: 1}, np.ones(81), [45, 36])
    inside = (away**2).sum(axis=0) <= 4
    assert all(growing[u] == 0 for u in np.flatnonzero(inside))


def test_the_nearest_to_where_the_middle_is_now_comes_next():
    """From u0 at 0 the first is u1 at 1; then u3 at 2.2 is nearer to 0.5 than u2 at -1.5, which was nearer to 0."""
    xy = [[0, 0], [1000, 0], [-1500, 0], [2200, 0], [0, 5000]]
    compiled = compile_problem(tk.Problem(graph_of(5, [[0, 1], [0, 2], [1, 3], [2, 4], [3, 4]], xy=xy), 2))
    assert grown_from(compiled, {0: 0, 4: 1}, np.ones(5), [1.4, 0.5]) == [0, 0, 1, 0, 1]


def test_what_nobody_reaches_is_left():
    compiled = compile_problem(tk.Problem(graph_of(6, [[0, 1], [1, 2], [3, 4], [4, 5]]), 2))
    assert grown_from(compiled, {0: 0, 2: 1}, np.ones(6), [3, 3]) == [0, 0, 1, -1, -1, -1]


def test_a_territory_that_others_surround_ends_and_the_others_go_on():
    compiled = compile_problem(tk.Problem(graph_of(8, row(8)), 3))
    assert grown_from(compiled, {2: 0, 3: 1, 4: 2}, np.ones(8), [1, 5, 2]) == [0, 0, 0, 1, 2, 2, 2, 2]


def test_seeds_are_different_nodes_and_locked_ones():
    problem = tk.Problem(graph_of(6, row(6)), 4, [tk.Contiguous(), tk.Fixed({"u5": 2})])
    compiled = compile_problem(problem)
    at = compiled.facts.point[compiled.node[[1, 1, 0, 1]]]
    labels = seeds_of(compiled, at)[compiled.node]
    assert labels[5] == 2
    assert sorted(labels[:4].tolist()) == [-1, 0, 1, 3]
    assert labels[1] == 0
    assert labels[4] == -1


@pytest.mark.parametrize("wishes", [[], [tk.Contiguous()]])
def test_targets_of_one_to_three(wishes):
    balance = tk.Balance("calls", 0.05, [3.0, 9.0])
    for seed in range(5):
        labels = labels_of(tk.Problem(graph_of(12, row(12), calls=np.ones(12)), 2, [balance, *wishes]), seed)
        assert abs(int((labels == 0).sum()) - 3) <= 1


def test_territories_begin_at_locks_and_bases():
    graph = graph_of(8, row(8), calls=np.ones(8))
    locked = tk.Problem(graph, 2, [tk.Balance("calls", 0.1), tk.Contiguous(), tk.Fixed({"u7": 0, "u0": 1})])
    bases = [[6500, 0], [500, 0]]
    based = tk.Problem(graph, 2, [tk.Balance("calls", 0.1)], tk.Compactness(center="base"), bases=bases)
    for seed in range(5):
        assert labels_of(locked, seed).tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
        assert labels_of(based, seed).tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_sizes_on_a_large_grid():
    """Growth leaves sizes further off than other first plans do, but in most territories by less than a third."""
    problem = tk.Problem(grid_graph(30, 30), 9, [tk.Balance("revenue", 0.05), tk.Contiguous()])
    off = np.array([np.abs(np.bincount(labels_of(problem, seed)) / 100 - 1) for seed in range(5)])
    assert np.median(off) < 0.15
    assert off.max() < 0.8


def test_every_component_gets_its_territories():
    edges = [[i, i + 1] for i in range(15) if i != 3]
    xy = [[1000.0 * i, 0 if i < 4 else 9e5] for i in range(16)]
    problem = tk.Problem(graph_of(16, edges, xy=xy, calls=np.ones(16)), 8, [tk.Contiguous(), tk.Balance("calls", 0.1)])
    labels = labels_of(problem)
    assert len(set(labels[:4].tolist())) == 2
    assert not set(labels[:4].tolist()) & set(labels[4:].tolist())
