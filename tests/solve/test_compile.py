"""Problems as arrays: nodes, ways, limits, locks."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph
from solve.small import graph_of, random_problem, row

import territorykit as tk
from territorykit.criteria.violations import violations
from territorykit.solve.compile import compile_problem, size_limits, territories_of_components
from territorykit.solve.kernels.arrays import LIMIT, VIOLATION
from territorykit.solve.kernels.refresh import refresh
from territorykit.solve.search.run import MET, Run
from territorykit.solve.start.centers import power_start
from territorykit.solve.ways import join_groups

SEEDS = st.integers(0, 2**32 - 1)


def nodes_of(problem):
    """The groups of units that share a node, singles left out."""
    node = join_groups(problem)
    groups = [tuple(np.flatnonzero(node == i).tolist()) for i in range(node.max() + 1)]
    return sorted(group for group in groups if len(group) > 1)


def test_without_groups_every_unit_is_a_node():
    compiled = compile_problem(tk.Problem(grid_graph(5, 6), 3, [tk.Contiguous()]))
    assert sorted(compiled.node.tolist()) == list(range(30))
    assert compiled.n_nodes == 30


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_nodes_carry_what_their_units_have(seed):
    problem = random_problem(seed, most=12)
    if problem is None:
        return
    compiled = compile_problem(problem)
    facts, graph = compiled.facts, problem.graph
    assert set(compiled.node.tolist()) == set(range(compiled.n_nodes))
    for i, name in enumerate(size_limits(problem)):
        mean = graph.activity(name).total / problem.n_territories
        np.testing.assert_allclose(facts.loads[:, i] * mean, np.bincount(compiled.node, graph.activity(name).values))
    between = {tuple(sorted(pair)) for pair in compiled.node[graph.edges].reshape(-1, 2).tolist() if pair[0] != pair[1]}
    found = {
        tuple(sorted((u, int(v))))
        for u in range(compiled.n_nodes)
        for v in facts.indices[facts.indptr[u] : facts.indptr[u + 1]]
    }
    assert found == between
    for unit, t in problem.fixed().items():
        assert facts.fixed[compiled.node[graph.positions([unit])[0]]] == t
    for r in problem.of_type(tk.Together):
        for group in r.groups:
            assert len(set(compiled.node[graph.positions(group)])) == 1
    for r in problem.of_type(tk.Apart):
        for one, other in compiled.node[graph.positions([u for pair in r.pairs for u in pair])].reshape(-1, 2):
            assert other in facts.apart_idx[facts.apart_ptr[one] : facts.apart_ptr[one + 1]]
            assert one in facts.apart_idx[facts.apart_ptr[other] : facts.apart_ptr[other + 1]]


def test_groups_that_share_a_unit_are_one():
    wishes = [tk.Together([["u0", "u1"], ["u1", "u2"]]), tk.Together([["u4", "u5"]])]
    assert nodes_of(tk.Problem(graph_of(6, row(6)), 2, wishes)) == [(0, 1, 2), (4, 5)]


def test_groups_far_apart_are_joined_along_the_shortest_way():
    far = tk.Together([["u0", "u2"]])
    graph = grid_graph(3, 3)
    assert nodes_of(tk.Problem(graph, 2, [far])) == [(0, 2)]
    assert nodes_of(tk.Problem(graph, 2, [far, tk.Contiguous()])) == [(0, 1, 2)]


def test_ways_go_around_what_is_taken():
    far = [tk.Together([["u0", "u2"]]), tk.Contiguous()]
    graph = grid_graph(2, 3)
    assert nodes_of(tk.Problem(graph, 2, [*far, tk.Fixed({"u1": 0})])) == [(0, 2, 3, 4, 5)]
    assert nodes_of(tk.Problem(graph, 2, [*far, tk.Apart([("u1", "u0")])])) == [(0, 2, 3, 4, 5)]


def test_ways_of_several_pieces():
    wishes = [tk.Contiguous(), tk.Together([["u0", "u3", "u6"]])]
    assert nodes_of(tk.Problem(graph_of(8, row(8)), 2, wishes)) == [(0, 1, 2, 3, 4, 5, 6)]


def test_units_locked_to_one_territory_are_joined():
    locks = tk.Fixed({"u0": 1, "u2": 1, "u5": 0})
    graph = graph_of(6, row(6))
    assert nodes_of(tk.Problem(graph, 2, [locks])) == []
    assert nodes_of(tk.Problem(graph, 2, [locks, tk.Contiguous()])) == [(0, 1, 2)]


def test_where_there_is_no_way_the_group_stays_in_pieces():
    wishes = [tk.Contiguous(), tk.Together([["u0", "u3"]])]
    assert nodes_of(tk.Problem(graph_of(4, [[0, 1], [2, 3]]), 2, wishes)) == [(0, 3)]


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_nodes_are_connected_where_the_map_allows_it(seed):
    problem = random_problem(seed, most=12, gaps=False)
    if problem is None or not problem.of_type(tk.Contiguous) or problem.of_type((tk.Fixed, tk.Apart)):
        return
    whole = nx.Graph(problem.graph.edges.tolist())
    for group in nodes_of(problem):
        assert nx.is_connected(whole.subgraph(group))


def test_limits_on_one_activity_intersect():
    graph = graph_of(4, row(4), calls=[1, 2, 3, 4])
    wishes = [tk.Balance("calls", 0.2), tk.Capacity("calls", [4.5, 0], 5.5), tk.Balance("calls", 0.5, [4, 6])]
    lower, upper = size_limits(tk.Problem(graph, 2, wishes))["calls"]
    np.testing.assert_allclose(lower, [4.5, 4.0])
    np.testing.assert_allclose(upper, [5.5, 5.5])
    assert size_limits(tk.Problem(graph, 2)) == {}


@given(SEEDS)
@settings(max_examples=150, deadline=None)
def test_the_search_sees_a_violation_where_the_referee_does(seed):
    """Where nodes are what they stand for: limits to centers, moves and groups need the units themselves."""
    problem = random_problem(seed, most=10, more=True)
    compiled = None if problem is None else compile_problem(problem)
    if compiled is None or compiled.facts.tied.any():
        return
    if compiled.n_nodes < problem.graph.n_units and problem.of_type((tk.MaxMoved, tk.Nested)):
        return
    rng = np.random.default_rng(seed)
    k = problem.n_territories
    if compiled.n_nodes < k:
        return
    labels = rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, compiled.n_nodes - k)]))
    locked = compiled.facts.fixed >= 0
    labels[locked] = compiled.facts.fixed[locked]
    if len(np.unique(labels)) < k:
        return
    run = Run(compiled, labels.astype(np.int32), rng)
    run.state.number[LIMIT] = np.inf  # how far territories spread breaks nothing
    refresh(run.facts, run.state)
    found = violations(tk.Plan(problem, compiled.labels_of_units(labels)))
    pieces = [v for v in found if isinstance(v.requirement, tk.Contiguous)]
    if pieces and (np.bincount(compiled.node) > 1).any():
        return  # a node that no way connects is one for the search
    if not pieces:
        assert (run.state.number[VIOLATION] > MET) == bool(found)
    assert (run.as_best().violation > 0) == bool(found)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_labels_go_to_nodes_and_back(seed):
    problem = random_problem(seed, most=12)
    if problem is None:
        return
    compiled = compile_problem(problem)
    rng = np.random.default_rng(seed)
    labels = power_start(compiled, rng)
    units = compiled.labels_of_units(labels)
    if len(np.unique(units)) == problem.n_territories:
        assert (compiled.labels_of_nodes(tk.Plan(problem, units)) == labels).all()


def test_mixed_nodes_take_the_most_frequent_label():
    problem = tk.Problem(graph_of(4, row(4)), 2, [tk.Together([["u0", "u1", "u2"]])])
    compiled = compile_problem(problem)
    labels = compiled.labels_of_nodes(tk.Plan(problem, [1, 0, 1, 0]))
    assert compiled.labels_of_units(labels).tolist() == [1, 1, 1, 0]


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_every_territory_goes_to_one_piece_of_the_map(seed):
    problem = random_problem(seed, most=12)
    if problem is None:
        return
    compiled = compile_problem(problem)
    shares = territories_of_components(compiled)
    assert sorted(np.concatenate(list(shares.values())).tolist()) == list(range(problem.n_territories))
    nodes = np.bincount(compiled.component)
    if len(nodes) <= problem.n_territories <= compiled.n_nodes and not problem.of_type(tk.Fixed):
        assert all(1 <= len(shares[c]) <= nodes[c] for c in shares)


def test_pieces_get_territories_by_their_size():
    graph = graph_of(9, [*row(6), [6, 7], [7, 8]], calls=np.ones(9))
    compiled = compile_problem(tk.Problem(graph, 3, [tk.Balance("calls", 0.1), tk.Contiguous()]))
    shares = territories_of_components(compiled)
    sizes = {int((compiled.component == c).sum()): len(shares[c]) for c in shares}
    assert sizes == {6: 2, 3: 1}


@pytest.mark.parametrize("seed", range(5))
def test_starts_keep_to_the_bases_within_reach(seed):
    wishes = [tk.MaxTravel(metres=3100, to="base")]
    problem = tk.Problem(grid_graph(4, 8), 2, wishes, bases=[[500, 2000], [7500, 2000]], objective=tk.Compactness())
    compiled = compile_problem(problem)
    graph = problem.graph
    found = Run(compiled, power_start(compiled, np.random.default_rng(seed)), np.random.default_rng(seed))
    units = compiled.labels_of_units(found.state.labels)
    way = np.linalg.norm(graph.xy[:, None] - problem.bases[None], axis=2)
    reachable = (way <= 3100).any(axis=1)
    assert (way[np.arange(32), units] <= 3100)[reachable].all()
