"""The constant-time test of contiguity: what it says of neighbors is true, and it never promises too much."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_edges
from solve.runs import run_of
from solve.small import graph_of, random_problem

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.around import APART, TOUCHING, surrounded
from territorykit.solve.kernels.contiguity import removable
from territorykit.solve.search.run import Run

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)


def whole_map(facts):
    graph = nx.Graph()
    graph.add_nodes_from(range(len(facts.point)))
    tail = np.repeat(np.arange(len(facts.point)), np.diff(facts.indptr))
    graph.add_edges_from(zip(tail.tolist(), facts.indices.tolist(), strict=True))
    return graph


@given(SEEDS)
@MANY
def test_links_are_edges_and_common_neighbors(seed):
    problem = random_problem(seed)
    if problem is None:
        return
    facts = compile_problem(problem).facts
    graph = whole_map(facts)
    for u in graph:
        around = facts.indices[facts.indptr[u] : facts.indptr[u + 1]].tolist()
        found = facts.links[facts.indptr[u] : facts.indptr[u + 1]].tolist()
        assert sorted(around) == sorted(graph[u])
        for v, w, link in zip(around, around[1:] + around[:1], found, strict=True):
            common = set(graph[v]) & set(graph[w]) - {u}
            if v == w:
                assert link == APART
            elif graph.has_edge(v, w):
                assert link == TOUCHING
            else:
                assert link in common if common else link == APART


@given(SEEDS, st.integers(2, 4))
@MANY
def test_what_is_surrounded_may_leave(seed, k):
    """Against networkx, for any labels: a territory in pieces has no fewer and no more of them without the node."""
    problem = random_problem(seed)
    if problem is None:
        return
    compiled = compile_problem(problem)
    n = len(compiled.facts.point)
    k = min(k, compiled.problem.n_territories)
    labels = np.random.default_rng(seed).integers(0, k, n).astype(np.int32)
    run = Run(compiled, labels, np.random.default_rng(0))
    graph = whole_map(compiled.facts)
    for u in range(n):
        a = int(labels[u])
        members = set(np.flatnonzero(labels == a).tolist())
        piece = nx.node_connected_component(graph.subgraph(members), u)
        stays = len(piece) == 1 or nx.is_connected(graph.subgraph(piece - {u}))
        if surrounded(run.facts, run.state, u, a):
            assert stays
        if len(members) > 1:
            assert removable(run.facts, run.state, u, *run.scratch) == stays


def test_on_a_grid_the_ring_decides():
    """The middle of 3 x 3: with all but one corner around it, it may leave unseen; across two corners it may not."""
    graph = graph_of(9, grid_edges(3, 3), xy=[[x, y] for y in range(3) for x in range(3)])
    for inside, seen in (
        ([1, 1, 1, 1, 1, 1, 1, 1, 0], True),  # one corner missing: still a ring, open at one place
        ([0, 1, 0, 1, 1, 1, 0, 1, 0], False),  # no corner: its neighbors hang together through it alone
        ([0, 1, 1, 0, 1, 1, 0, 0, 0], True),
        ([0, 1, 0, 0, 1, 0, 0, 1, 0], False),
    ):
        run = run_of(tk.Problem(graph, 2, [tk.Contiguous()]), units=inside)
        middle = run.compiled.node[4]
        assert surrounded(run.facts, run.state, middle, 1) == seen
