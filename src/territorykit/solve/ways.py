"""Joining the units of a group along shortest ways, so that a group is one connected node."""

from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from territorykit._arrays import Ints
from territorykit.model.problem import Problem
from territorykit.model.requirements import Apart, Contiguous, Together


def join_groups(problem: Problem) -> Ints:
    """The node of each unit, shape (n_units,): units that stay together share one.

    Together are the units of each `Together` group and, where territories must be connected, the units
    locked to one territory, each with the units on the ways that connect them.
    """
    graph = problem.graph
    node = _number(graph.n_units, _pairs(problem))
    if not problem.of_type(Contiguous):
        return node
    homes = problem.fixed()
    taken = _taken(problem, node, homes)
    ways: list[tuple[int, int]] = []
    matrix = _distances(problem)
    for members in _groups(problem, node, homes):
        ways += _connect(matrix, members, taken)
    return _number(graph.n_units, [*_pairs(problem), *ways])


def _pairs(problem: Problem) -> list[tuple[int, int]]:
    found = []
    for r in problem.of_type(Together):
        for group in r.groups:
            places = problem.graph.positions(group)
            found += [(int(places[0]), int(p)) for p in places[1:]]
    if problem.of_type(Contiguous):
        first: dict[int, int] = {}
        homes = problem.fixed()
        for place, t in zip(problem.graph.positions(list(homes)), homes.values(), strict=True):
            found.append((first.setdefault(t, int(place)), int(place)))
    return found


def _number(n: int, pairs: list[tuple[int, int]]) -> Ints:
    if not pairs:
        return np.arange(n)
    one, other = np.array(pairs, np.int64).T
    matrix = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    node: Ints = connected_components(matrix, directed=False)[1].astype(np.int64)
    return node


def _groups(problem: Problem, node: Ints, homes: dict[Any, int]) -> list[Ints]:
    """Members of every node of several units, the locked ones first: their ways are not negotiable."""
    sizes = np.bincount(node)
    locked = set(node[problem.graph.positions(list(homes))].tolist())
    several = sorted(np.flatnonzero(sizes > 1).tolist(), key=lambda g: (g not in locked, g))
    return [np.flatnonzero(node == g) for g in several]


def _taken(problem: Problem, node: Ints, homes: dict[Any, int]) -> Ints:
    """Who may not be crossed, shape (n_units,): the node of locked, grouped or separated units, else -1."""
    taken = np.full(problem.graph.n_units, -1, np.int64)
    sizes = np.bincount(node)
    taken[sizes[node] > 1] = node[sizes[node] > 1]
    special = list(homes) + [unit for r in problem.of_type(Apart) for pair in r.pairs for unit in pair]
    places = problem.graph.positions(special)
    taken[places] = node[places]
    return taken


def _distances(problem: Problem) -> csr_matrix:
    graph = problem.graph
    one, other = graph.edges.T
    offset = graph.xy[one] - graph.xy[other]
    length = np.hypot(offset[:, 0], offset[:, 1]) + 1e-9  # explicit zeros would be no edge at all
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    return coo_matrix((np.concatenate([length, length]), both), shape=(graph.n_units,) * 2).tocsr()


def _connect(matrix: csr_matrix, members: Ints, taken: Ints) -> list[tuple[int, int]]:
    """Pairs that join the pieces of a group along shortest ways; marks the units on them as taken.

    Where no way is left the group stays in pieces, and the referee will say so.
    """
    own = taken[members[0]]
    free = np.flatnonzero((taken < 0) | (taken == own))
    inside = matrix[members][:, members]
    count, piece = connected_components(inside, directed=False)
    if count == 1:
        return []
    sub = matrix[free][:, free]
    place = np.searchsorted(free, members)
    joined = place[piece == 0]
    found = []
    open_pieces = set(range(1, count))
    while open_pieces:
        length, before, _ = dijkstra(sub, directed=False, indices=joined, min_only=True, return_predecessors=True)
        nearest = min(open_pieces, key=lambda p: length[place[piece == p]].min())
        ends = place[piece == nearest]
        end = ends[np.argmin(length[ends])]
        open_pieces.discard(nearest)
        if not np.isfinite(length[end]):
            continue
        way = [int(end)]
        while before[way[-1]] >= 0:
            way.append(int(before[way[-1]]))
        units = free[way]
        taken[units] = own
        found += [(int(members[0]), int(u)) for u in units]
        joined = np.unique(np.concatenate([joined, ends, np.array(way)]))
    return found
