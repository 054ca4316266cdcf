"""First plans by bisection: what they promise, cuts against every cut of their kind, and answers known by hand."""

import heapq

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph
from solve.runs import assert_first_plan
from solve.small import graph_of, random_graph, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.sweep import Strip, best_steps, profiles, sweep
from territorykit.solve.start.bisection import bisected, lower_half

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=80, deadline=None)


def labels_of(problem, seed=0):
    compiled = compile_problem(problem)
    return compiled.labels_of_units(bisected(compiled, np.random.default_rng(seed)))


def sizes_of(graph, labels, k):
    """Sizes by activity, each as a fraction of its mean, shape (k, n_activities)."""
    sizes = np.stack([np.bincount(labels, a.values, k) for a in graph.activities], axis=1)
    return sizes / sizes.mean(axis=0)


@given(SEEDS)
@MANY
def test_plans_are_complete_locked_and_connected(seed):
    assert_first_plan(bisected, seed)


@given(SEEDS)
@MANY
def test_nodes_stay_within_reach_of_their_bases(seed):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, 30)
    bases = rng.uniform(0, 10_000, (3, 2))
    compiled = compile_problem(tk.Problem(graph, 3, [tk.MaxTravel(metres=7_000, to="base")], bases=bases))
    allowed = compiled.facts.allowed
    if not allowed.any(axis=1).all() or allowed.sum(axis=0).min() < 3:
        return
    labels = bisected(compiled, rng)
    assert (allowed[np.arange(len(labels)), labels] == 1).all()


def best_cut(graph, order, last, wanted):
    """What the best cut is off, over all cuts of a side that grows by the first node that it touches."""
    loads, goal, price, least = wanted
    s = len(order)
    place = {u: i for i, u in enumerate(order)}
    reached, seen, heap = [], set(np.flatnonzero(last)), []
    for begin in range(s):
        if begin not in seen:
            seen.add(begin)
            heap = [begin]
        while heap:
            i = heapq.heappop(heap)
            reached.append(i)
            for v in graph[order[i]]:
                if place[v] not in seen:
                    seen.add(place[v])
                    heapq.heappush(heap, place[v])
    reached += np.flatnonzero(last).tolist()
    found = np.inf
    for cut in range(1, s):
        rest = graph.subgraph([order[i] for i in reached[cut:]])
        main = max(nx.connected_components(rest), key=lambda piece: sum(loads[place[u]].sum() for u in piece))
        behind = [place[u] for u in main]
        if len(behind) >= least[1] and s - len(behind) >= least[0]:
            found = min(found, (price * np.abs(loads.sum(axis=0) - loads[behind].sum(axis=0) - goal)).sum())
    return found


@given(SEEDS, st.integers(3, 30))
@MANY
def test_a_sweep_finds_the_best_connected_cut(seed, n):
    rng = np.random.default_rng(seed)
    compiled = compile_problem(tk.Problem(random_graph(rng, n, gaps=False), 1))
    facts, place = compiled.facts, np.full(n, -1, np.int32)
    order, last = rng.permutation(n), rng.random(n) < 0.1
    loads, price = rng.uniform(0.1, 1, (n, 2)), rng.uniform(0, 1, 2)
    goal, least = loads.sum(axis=0) * rng.uniform(0.2, 0.8), rng.integers(1, 3, 2)
    wanted, connected = (loads, goal, price, least), True
    before, off = sweep(Strip(facts.indptr, facts.indices, order, place, last, *wanted, connected))
    graph = nx.Graph((u, int(v)) for u in range(n) for v in facts.indices[facts.indptr[u] : facts.indptr[u + 1]])
    assert off == pytest.approx(best_cut(graph, order.tolist(), last, wanted))
    assert (place == -1).all()  # as it was
    if np.isfinite(off):
        assert (price * np.abs(loads[before].sum(axis=0) - goal)).sum() == pytest.approx(off)
        assert before.sum() >= least[0]
        assert (~before).sum() >= least[1]
        assert nx.is_connected(graph.subgraph(order[~before].tolist()))
        if not last.any():
            assert nx.is_connected(graph.subgraph(order[before].tolist()))


def test_a_sweep_without_an_adjacency_cuts_in_its_order():
    compiled = compile_problem(tk.Problem(graph_of(6, []), 1))
    order, loads = np.array([5, 3, 1, 0, 2, 4]), np.array([[1.0], [2], [3], [4], [5], [6]])
    wanted, connected = (loads, np.array([6.5]), np.ones(1), np.ones(2, np.int64)), False
    indptr, indices, place = compiled.facts.indptr, compiled.facts.indices, np.full(6, -1, np.int32)
    before, off = sweep(Strip(indptr, indices, order, place, np.zeros(6, bool), *wanted, connected))
    assert before.tolist() == [True, True, True, False, False, False]
    assert off == pytest.approx(0.5)


def test_profiles_sum_up_what_lies_before_the_line():
    xy = np.array([[0.0, 0], [1, 5], [2, -5], [4, 0]])
    sums, step = profiles(xy, np.array([[1.0, 0], [-1, 0]]), np.array([[1.0], [10], [100], [1000]]), 4)
    assert sums[:, :, 0].tolist() == [[0, 1, 11, 111, 1111], [0, 1000, 1000, 1100, 1111]]
    assert step.tolist() == [[1, 2, 3, 4], [4, 4, 3, 1]]


@pytest.mark.parametrize(
    ("goal", "wrong", "off", "inertia"),
    [
        (2.0, [0, 0, 0, 0, 0], 0.0, 1.0),
        (1.5, [0, 0, 0, 0, 0], 0.0, 2.0),  # between the first and the second
        (2.0, [0, 9, 0.7, 0, 0], 0.7, 1.0),
        (2.0, [0, 9, 9, 0, 0], 1.0, 2.0),
        (0.2, [0, 0, 0, 0, 0], 0.8, 2.0),
    ],
)
def test_the_best_step_of_a_line(goal, wrong, off, inertia):
    """Four units of load 1 and weight 1 in a row: cut in the middle, sides have inertias of 1/2; else of 0 and 2."""
    x = np.arange(4.0)
    values = np.stack([np.ones(4), np.ones(4), x, 0 * x, x**2], axis=1)
    sums, _ = profiles(np.stack([x, 0 * x], axis=1), np.array([[1.0, 0]]), values, 4)
    found = best_steps(sums, np.array([[goal]]), np.ones(1), np.array([wrong], float))
    assert [array.tolist() for array in found] == [[pytest.approx(off)], [pytest.approx(inertia)]]


@pytest.mark.parametrize(
    ("share", "where", "expected"),
    [
        ([0.25] * 4, [None] * 4, 2),
        ([0.2] * 5, [None] * 5, 2),
        ([0.25, 0.75], [None, None], [0]),
        ([2 / 6, 2 / 6, 1 / 6, 1 / 6], [None] * 4, [0, 2]),
        ([0.4, 0.35, 0.25], [None] * 3, [0]),
        ([0.25] * 4, [0.9, 0.1, 0.4, 0.6], [1, 2]),
        ([0.25] * 4, [0.9, 0.1, None, None], 2),
        ([0.5, 0.5], [0.7, 0.6], [1]),
        ([0.2, 0.4, 0.4], [0.1, 0.3, 0.9], [0, 1]),  # the one at 0.3 reaches from 0.2 to 0.6
    ],
)
def test_territories_before_a_cut(share, where, expected):
    where = np.array([np.nan if w is None else w for w in where])
    lower = np.flatnonzero(lower_half(np.array(share), where)).tolist()
    assert lower == expected if isinstance(expected, list) else len(lower) == expected
    if where[0] == 0.9 and np.isnan(where[2]):
        assert 1 in lower
        assert 0 not in lower


@given(SEEDS)
@MANY
def test_both_sides_of_a_cut_have_a_territory(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 9))
    share = rng.dirichlet(np.ones(k) * rng.choice([0.1, 1, 100]))
    where = np.where(rng.random(k) < rng.choice([0, 0.5, 1]), rng.random(k), np.nan)
    lower = lower_half(share, where)
    assert 0 < lower.sum() < k
    held = ~np.isnan(where)
    assert where[held & lower].max(initial=-1) <= where[held & ~lower].min(initial=2)  # in the order of the sweep


def test_a_row_of_eight_is_cut_into_pairs():
    for seed in range(5):
        problem = tk.Problem(graph_of(8, row(8), calls=np.ones(8)), 4, [tk.Balance("calls", 0.1), tk.Contiguous()])
        labels = labels_of(problem, seed).reshape(4, 2)
        assert (labels[:, 0] == labels[:, 1]).all()
        assert sorted(labels[:, 0].tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize("wishes", [[], [tk.Contiguous()]])
def test_targets_of_one_to_three(wishes):
    balance = tk.Balance("calls", 0.05, [2.0, 6.0])
    for seed in range(5):
        labels = labels_of(tk.Problem(graph_of(8, row(8), calls=np.ones(8)), 2, [balance, *wishes]), seed)
        assert np.bincount(labels).tolist() == [2, 6]
        assert (np.diff(labels) != 0).sum() == 1


def test_locks_and_bases_land_on_their_side():
    """Territories are named by a lock at one end and a base at the other; the row alone would not tell."""
    graph = graph_of(8, row(8), calls=np.ones(8))
    for seed in range(5):
        locked = tk.Problem(graph, 2, [tk.Balance("calls", 0.1), tk.Contiguous(), tk.Fixed({"u7": 0})])
        assert labels_of(locked, seed).tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
        bases = [[6500, 0], [4500, 0], [500, 0], [2500, 0]]
        based = tk.Problem(graph, 4, [tk.Balance("calls", 0.1)], tk.Compactness(center="base"), bases=bases)
        assert labels_of(based, seed).tolist() == [2, 2, 3, 3, 1, 1, 0, 0]


def test_sixteen_squares_become_four():
    """Each territory is a square of 2 x 2, whatever the first direction is."""
    problem = tk.Problem(grid_graph(4, 4), 4, [tk.Balance("revenue", 0.1), tk.Contiguous()], tk.BorderLength())
    for seed in range(5):
        grid = labels_of(problem, seed).reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
        assert (grid == grid[:, :1]).all()
        assert sorted(grid[:, 0].tolist()) == [0, 1, 2, 3]


def test_two_activities_choose_the_direction():
    """Calls are below, sales on the left: only a cut across the diagonal gives both sides half of both."""
    y, x = np.divmod(np.arange(64), 8)
    graph = graph_of(64, grid_graph(8, 8).edges, xy=np.c_[x, y] * 1e3, calls=(y < 4) * 1.0, sales=(x < 4) * 1.0)
    wishes = [tk.Balance("calls", 0.1), tk.Balance("sales", 0.1), tk.Contiguous()]
    for seed in range(5):
        sizes = sizes_of(graph, labels_of(tk.Problem(graph, 2, wishes), seed), 2)
        assert np.abs(sizes - 1).max() < 0.15  # two units of sixteen


def test_parts_are_cut_where_they_are_thick():
    """A comb: a straight cut across the teeth leaves them in pieces; each side takes its teeth whole."""
    teeth, depth = 8, 10
    cells = [(x, 0) for x in range(2 * teeth - 1)] + [(2 * i, y) for i in range(teeth) for y in range(1, depth)]
    place = {cell: i for i, cell in enumerate(cells)}
    edges = [[place[x, y], place[c]] for x, y in cells for c in ((x + 1, y), (x, y + 1)) if c in place]
    graph = graph_of(len(cells), edges, xy=np.array(cells) * 1e3, calls=np.ones(len(cells)))
    for seed in range(5):
        labels = labels_of(tk.Problem(graph, 4, [tk.Balance("calls", 0.2), tk.Contiguous()]), seed)
        whole = nx.Graph(edges)
        assert all(nx.is_connected(whole.subgraph(np.flatnonzero(labels == t).tolist())) for t in range(4))
        assert np.abs(sizes_of(graph, labels, 4) - 1).max() < 0.2


@pytest.mark.parametrize("k", [2, 7, 16, 30])
def test_sizes_on_a_large_grid(k):
    """A territory of s units misses its size by no more than a unit for each cut, and is about round."""
    problem = tk.Problem(grid_graph(30, 30), k, [tk.Balance("revenue", 0.05), tk.Contiguous()])
    labels = labels_of(problem)
    assert np.abs(sizes_of(problem.graph, labels, k)[:, 1] - 1).max() <= 2 * k / 900
    one, other = problem.graph.edges.T
    squares = (4 * np.sqrt(900 / k) * k - 120) / 2
    assert (labels[one] != labels[other]).sum() < 1.35 * squares


def test_per_territory_targets_of_two_activities_on_a_large_grid():
    rng = np.random.default_rng(1)
    y, x = np.divmod(np.arange(900), 30)
    graph = graph_of(
        900, grid_graph(30, 30).edges, xy=np.c_[x, y] * 1e3,
        calls=rng.uniform(0.5, 1.5, 900), sales=rng.uniform(0.5, 1.5, 900) + y / 60,
    )  # fmt: skip
    part = np.array([1, 1, 2, 2, 3, 3]) / 12
    wishes = [tk.Balance(a.name, 0.1, part * a.values.sum()) for a in graph.activities]
    labels = labels_of(tk.Problem(graph, 6, [*wishes, tk.Contiguous()]))
    sizes = np.stack([np.bincount(labels, a.values) / a.values.sum() for a in graph.activities], axis=1)
    assert np.abs(sizes / part[:, None] - 1).max() < 0.1


def test_every_component_gets_its_territories():
    """Two rows of units far apart, one of 4 and one of 12: two of eight territories belong to the short one."""
    edges = [[i, i + 1] for i in range(15) if i != 3]
    xy = [[1000.0 * i, 0 if i < 4 else 9e5] for i in range(16)]
    problem = tk.Problem(graph_of(16, edges, xy=xy, calls=np.ones(16)), 8, [tk.Contiguous(), tk.Balance("calls", 0.1)])
    labels = labels_of(problem)
    assert np.bincount(labels).tolist() == [2] * 8
    assert len(set(labels[:4].tolist())) == 2
