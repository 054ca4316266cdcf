"""Graph partitioners: METIS through pymetis, and GerryChain. Each balances one activity and keeps pieces whole."""

import time
from functools import partial

import numpy as np
from scipy.sparse import coo_matrix

from benchmarks.instance import Instance, Ints
from benchmarks.methods.method import Budget, Method, Outcome, Solve

MEAN_WEIGHT = 1000
BURST = 10
UNLIMITED = 60.0  # short bursts have no end of their own


def _metis(instance: Instance, budget: Budget) -> Solve:
    """Connected parts with the first activity balanced; pymetis passes no second one on."""
    import pymetis

    ends = np.r_[instance.edges, instance.edges[:, ::-1]]
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(instance.n, instance.n)).tocsr()
    weights = np.maximum(1, np.rint(instance.first / instance.first.mean() * MEAN_WEIGHT)).astype(int).tolist()
    options = pymetis.Options(contig=1, seed=budget.seed, ufactor=max(1, min(30, round(1000 * instance.tolerance))))
    adjacency = pymetis.CSRAdjacency(adj_starts=graph.indptr, adjacent=graph.indices)

    def solve() -> Outcome:
        _, labels = pymetis.part_graph(
            instance.k, adjacency=adjacency, vweights=weights, options=options, recursive=False
        )
        return Outcome(labels=np.array(labels))

    return solve


def _graph(instance: Instance) -> object:
    import networkx as nx
    from gerrychain import Graph

    graph = nx.Graph()
    graph.add_nodes_from((i, {"size": value}) for i, value in enumerate(instance.first.tolist()))
    graph.add_edges_from(instance.edges.tolist())
    return Graph.from_networkx(graph)


def _labels(assignment: dict[int, int], graph: object, n: int) -> Ints:
    """Labels by unit, from parts by the graph's own node numbers."""
    labels = np.empty(n, np.int64)
    for node, part in assignment.items():
        labels[graph.original_nx_node_id_for_internal_node_id(node)] = part
    return labels


def _first_parts(instance: Instance, graph: object, seed: int) -> dict[int, int]:
    from gerrychain.partition import recursive_tree_part

    target = instance.first.sum() / instance.k
    return recursive_tree_part(graph, range(instance.k), target, "size", instance.tolerance, rng=seed)


def _tree(instance: Instance, budget: Budget) -> Solve:
    """One plan by cutting random spanning trees; the first activity is balanced."""
    graph = _graph(instance)
    return lambda: Outcome(labels=_labels(_first_parts(instance, graph, budget.seed), graph, instance.n))


def _score(instance: Instance) -> object:
    """Inertia, with a heavy price on what the other activities exceed: as much as the package lets one ask for."""
    weights, xy = instance.weights(), instance.xy
    means = weights.sum(axis=0) / instance.k
    limits = np.full(weights.shape[1], instance.tolerance)
    w = weights[:, 0]
    moments = np.stack([w, w * xy[:, 0], w * xy[:, 1]])
    whole = (w * (xy**2).sum(axis=1)).sum()
    scale = (w * ((xy - np.average(xy, axis=0, weights=w)) ** 2).sum(axis=1)).sum()

    def score(labels: Ints) -> float:
        sizes = np.stack([np.bincount(labels, column, instance.k) for column in weights.T], axis=1)
        excess = np.maximum(0, np.abs(sizes / means - 1) - limits).sum()
        total, sx, sy = (np.bincount(labels, row, instance.k) for row in moments)
        inertia = whole - ((sx**2 + sy**2) / np.maximum(total, 1e-12)).sum()
        return float(inertia / scale + 10 * excess)

    return score


def _bursts(instance: Instance, budget: Budget) -> Solve:
    """Short bursts of recombination from a tree plan, until the time is up."""
    from gerrychain import Partition, constraints, updaters
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import recom

    graph, score = _graph(instance), _score(instance)
    target = instance.first.sum() / instance.k
    propose = partial(recom, pop_col="size", pop_target=target, epsilon=instance.tolerance, rng=budget.seed)

    def solve() -> Outcome:
        until = time.perf_counter() + (budget.seconds or UNLIMITED)
        first = _first_parts(instance, graph, budget.seed)
        start = Partition(graph, first, {"size": updaters.Tally("size", alias="size")})
        optimizer = SingleMetricOptimizer(
            propose,
            [constraints.within_percent_of_ideal_population(start, instance.tolerance, pop_key="size")],
            start,
            lambda part: score(_labels(part.assignment.mapping, graph, instance.n)),
            maximize=False,
        )
        for _ in optimizer.short_bursts(BURST, 10**9):
            if time.perf_counter() > until:
                break
        return Outcome(labels=_labels(optimizer.best_part.assignment.mapping, graph, instance.n))

    return solve


METIS = Method(name="metis", package="pymetis", title="METIS, contiguous", prepare=_metis)
TREE = Method(name="gerrychain-tree", package="gerrychain", title="GerryChain, recursive tree", prepare=_tree)
BURSTS = Method(
    name="gerrychain-bursts", package="gerrychain", title="GerryChain, short bursts", prepare=_bursts, timed=True
)
