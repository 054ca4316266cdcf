"""What keeps territories connected, against networkx."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.small import graph_of, random_graph

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels import connect
from territorykit.solve.kernels.arrays import make_state
from territorykit.solve.kernels.contiguity import removable
from territorykit.solve.search.run import Run
from territorykit.solve.start.plan import reconnect

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=60, deadline=None)


@given(SEEDS, st.integers(4, 40), st.integers(1, 4))
@MANY
def test_removable_is_exact(seed, n, k):
    rng = np.random.default_rng(seed)
    problem = tk.Problem(random_graph(rng, n), k, [tk.Contiguous()])
    labels = rng.integers(0, k, n).astype(np.int32)
    labels[:k] = np.arange(k)
    compiled = compile_problem(problem)
    labels = labels[np.argsort(compiled.node)].astype(np.int32)
    connect.keep_main_pieces(compiled.facts.indptr, compiled.facts.indices, np.ones(n), compiled.facts.fixed, k, labels)
    labels = np.where(labels < 0, k, labels).astype(np.int32)  # the rest goes to a territory that is not looked at
    wide = compiled.facts.replace(lower=np.zeros((k + 1, 0)), upper=np.zeros((k + 1, 0)))
    run = Run(compiled, np.zeros(n, np.int32), rng)
    state = make_state(labels, wide, np.ones(2, np.uint64))
    state.members[:] = np.bincount(labels, minlength=k + 1)
    whole = nx.Graph()
    whole.add_nodes_from(range(n))
    whole.add_edges_from((u, int(v)) for u in range(n) for v in wide.indices[wide.indptr[u] : wide.indptr[u + 1]])
    for u in np.flatnonzero(labels < k):
        rest = whole.subgraph([int(v) for v in np.flatnonzero(labels == labels[u]) if v != u])
        expected = len(rest) > 0 and nx.is_connected(rest)
        assert removable(wide, state, int(u), *run.scratch) == expected


@given(SEEDS, st.integers(2, 30), st.integers(1, 4))
@MANY
def test_pieces_are_counted_right(seed, n, k):
    rng = np.random.default_rng(seed)
    facts = compile_problem(tk.Problem(random_graph(rng, n), 1)).facts
    labels, piece = rng.integers(0, k, n).astype(np.int32), np.empty(n, np.int32)
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    ends = np.repeat(np.arange(n), np.diff(facts.indptr))
    graph.add_edges_from((u, v) for u, v in zip(ends, facts.indices, strict=True) if labels[u] == labels[v])
    assert connect.pieces(facts.indptr, facts.indices, labels, piece) == nx.number_connected_components(graph)
    assert all(len(set(piece[list(members)])) == 1 for members in nx.connected_components(graph))


@given(SEEDS, st.integers(4, 30), st.integers(1, 4))
@MANY
def test_reconnected_territories_are_connected(seed, n, k):
    rng = np.random.default_rng(seed)
    compiled = compile_problem(tk.Problem(random_graph(rng, n, gaps=False), k, [tk.Contiguous()]))
    labels = rng.integers(0, k, n).astype(np.int32)
    labels[:k] = np.arange(k)
    reconnect(compiled, labels)
    facts = compiled.facts
    assert set(labels) == set(range(k))
    assert connect.pieces(facts.indptr, facts.indices, labels, np.empty(n, np.int32)) == k


@given(SEEDS)
@MANY
def test_a_piece_of_the_map_without_a_main_piece_keeps_its_labels(seed):
    problem = tk.Problem(graph_of(5, [[0, 1], [1, 2], [3, 4]]), 2, [tk.Contiguous()])
    compiled = compile_problem(problem)
    labels = np.random.default_rng(seed).integers(0, 2, 5).astype(np.int32)
    reconnect(compiled, labels)
    assert labels.min() >= 0
