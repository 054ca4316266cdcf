"""What the exact model decides: which unit belongs to which column, and what a column stands for.

A column is a unit that is the center of its territory, a unit that is merely its first one, or the territory
itself. The first two tell territories apart by one of their own units, so that a plan has a single solution
although its territories might be numbered in many ways; the last is smaller and serves where every territory
differs from the others anyway.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.errors import RequirementError
from territorykit.model.disruption import MaxMoved
from territorykit.model.objective import AssignmentCost, CenterTerm
from territorykit.model.problem import Problem
from territorykit.model.requirements import Contiguous, Fixed, MaxTravel, Together
from territorykit.solve.compile import size_limits

Kind = Literal["center", "first", "territory"]
WITHIN = 1 + 1e-9
"""What distances may be over a limit, because computers round."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The assignment that a model decides.

    Parameters
    ----------
    problem
        The problem.
    kind
        What a column stands for.
    node
        Shape (n_units,): units that stay together share a node; nodes in the order of their first units.
    cost
        Shape (n_nodes, n_columns): what a node costs in a column; 0 where it is not open.
    open_to
        Shape (n_nodes, n_columns): where each node may go.
    root
        Shape (n_columns,): a unit that the column holds whenever it is used, or -1.
    class_of
        Shape (n_territories,): territories that differ in nothing but their name share a class.
    extra
        Shape (n_nodes, n_territories): what a node costs by the territory's name, where columns are units.
    bars
        Shape (n_nodes, n_territories): territories that a node may not belong to, where columns are units.
    unreached
        Whether nodes were kept out of columns only because they cannot be reached from there.
    """

    problem: Problem
    kind: Kind
    node: Ints
    cost: Floats
    open_to: Bools
    root: Ints
    class_of: Ints
    extra: Floats | None
    bars: Bools | None
    unreached: bool

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.cost)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.cost.shape[1])

    @property
    def by_unit(self) -> bool:
        """Whether columns are units, of which the model opens some."""
        return self.kind != "territory"

    @property
    def n_classes(self) -> int:
        """Number of classes of territories."""
        return int(self.class_of.max()) + 1

    def thinned(self, open_to: Bools) -> "Layout":
        """The same with fewer places open, shape (n_nodes, n_columns); units that cannot be opened are left out."""
        open_to = open_to & self.open_to
        if not self.by_unit:
            return replace(self, open_to=open_to)
        usable = np.flatnonzero(open_to[self.node[self.root], np.arange(self.n_columns)])
        return replace(self, cost=self.cost[:, usable], open_to=open_to[:, usable], root=self.root[usable])

    def sum_by_node(self, values: Floats) -> Floats:
        """A measure of units summed over nodes."""
        return np.bincount(self.node, values, self.n_nodes).astype(np.float64)

    def limits(self) -> dict[str, tuple[Floats, Floats, Floats]]:
        """By activity: what each node weighs, and least and greatest sizes by class, in thousandths of the mean."""
        found = {}
        first = np.unique(self.class_of, return_index=True)[1]
        for name, (lower, upper) in size_limits(self.problem).items():
            values = self.problem.graph.activity(name).values
            scale = 1000.0 * self.problem.n_territories / values.sum()
            slack = 1e-9 * np.maximum(np.where(np.isfinite(upper), upper, 0), 1000.0 / scale)
            found[name] = (
                self.sum_by_node(values) * scale,
                np.maximum(lower - slack, 0.0)[first] * scale,
                (upper + slack)[first] * scale,
            )
        return found


def lay_out(problem: Problem, open_to: Bools | None = None, *, ignore_ways: bool = False) -> Layout:
    """The layout of a problem.

    Parameters
    ----------
    problem
        The problem.
    open_to
        Shape (n_units, n_units) where centers are free, else (n_units, n_territories): where units may go.
    ignore_ways
        Whether nodes may go where no way leads, at no cost: to see whether any plan exists.
    """
    node = _nodes(problem)
    class_of = _classes(problem)
    kind = _kind(problem, class_of)
    away = _costs(problem) if kind != "first" else np.zeros((problem.graph.n_units,) * 2)
    extra = bars = None
    if kind == "territory":
        root = np.full(problem.n_territories, -1, np.int64)
        homes = problem.fixed()
        root[list(homes.values())] = problem.graph.positions(list(homes))
        away = away + _named_costs(problem)
    else:
        root, extra, bars = np.arange(problem.graph.n_units), _named_costs(problem), ~_base_mask(problem)
        if _goal_center(problem) == "base":
            extra, away = extra + _base_costs(problem), np.zeros((len(node), len(node)))
    allowed = _mask(problem, kind, node)
    reached = np.isfinite(away)
    unreached = bool((allowed & ~reached).any())
    may = allowed & (reached | ignore_ways)
    if extra is not None and bars is not None:
        unreached |= bool((~bars & ~np.isfinite(extra)).any())
        bars |= ~np.isfinite(extra) & (not ignore_ways)
        extra = np.where(np.isfinite(extra), extra, 0.0)
    if open_to is not None:
        may &= _checked(open_to, may.shape)
    order = np.argsort(node, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(node[order]) > 0])
    cost = np.add.reduceat(np.where(reached, away, 0.0)[order], starts, axis=0)
    nodes_open = np.logical_and.reduceat(may[order], starts, axis=0)
    if extra is not None and bars is not None:
        extra = np.add.reduceat(extra[order], starts, axis=0) if extra.any() else None
        bars = np.logical_or.reduceat(bars[order], starts, axis=0) if bars.any() else None
        usable = np.flatnonzero(nodes_open[node[root], np.arange(len(root))])
        cost, nodes_open, root = cost[:, usable], nodes_open[:, usable], root[usable]
    return Layout(
        problem, kind, node, np.where(nodes_open, cost, 0.0), nodes_open, root, class_of, extra, bars, unreached
    )


def columns_are_territories(problem: Problem) -> bool:
    """Whether the model's columns are the territories themselves, and not the units that may be centers."""
    return _kind(problem, _classes(problem)) == "territory"


def _checked(open_to: Bools, shape: tuple[int, ...]) -> Bools:
    if np.shape(open_to) != shape:
        message = f"open_to has shape {np.shape(open_to)}; this problem's places have shape {shape}"
        raise RequirementError(message)
    return np.asarray(open_to, bool)


def _nodes(problem: Problem) -> Ints:
    n = problem.graph.n_units
    pairs = [(0, 0)]
    for r in problem.of_type(Together):
        for group in r.groups:
            places = problem.graph.positions(group).tolist()
            pairs += [(places[0], place) for place in places[1:]]
    one, other = np.array(pairs, np.int64).T
    matrix = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    piece = connected_components(matrix, directed=False)[1]
    first = np.unique(piece, return_index=True)[1]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[piece], np.int64)


def _goal_center(problem: Problem) -> str | None:
    """What the center of a territory is by the objective, None where it has no compactness."""
    return next((term.center for term in problem.terms if isinstance(term, CenterTerm)), None)


def _classes(problem: Problem) -> Ints:
    """Territories that differ in nothing but their name share a number."""
    k = problem.n_territories
    named = [set() for _ in range(k)]  # type: list[set[int]]
    costly = any(isinstance(term, AssignmentCost) for term in problem.terms) or _goal_center(problem) == "base"
    if costly or any(r.to == "base" for r in problem.of_type(MaxTravel)):
        named = [{t} for t in range(k)]
    for t in problem.fixed().values():
        named[t] = {t}
    for r in problem.of_type(MaxMoved):
        for t in np.unique(problem.incumbent(r)):
            if t >= 0 and r.share < 1:
                named[t] = {int(t)}
    limits = size_limits(problem).values()
    keys = [(frozenset(named[t]), *((float(lo[t]), float(up[t])) for lo, up in limits)) for t in range(k)]
    place = {key: c for c, key in enumerate(dict.fromkeys(keys))}
    return np.array([place[key] for key in keys], np.int64)


def _kind(problem: Problem, class_of: Ints) -> Kind:
    if _goal_center(problem) == "unit" or any(r.to == "center" for r in problem.of_type(MaxTravel)):
        return "center"
    return "territory" if len(np.unique(class_of)) == problem.n_territories else "first"


def _mask(problem: Problem, kind: Kind, node: Ints) -> Bools:
    """Where units may go by their place alone: travel limits, locks, pieces of the map."""
    graph = problem.graph
    n = graph.n_units
    if kind == "territory":
        may = _base_mask(problem)
        for r in problem.of_type(Fixed):
            for unit, label in r.mapping.items():
                place = int(graph.positions([unit])[0])
                may[place] &= np.arange(problem.n_territories) == problem.territory(label)
        return may
    may = np.ones((n, n), bool)
    if kind == "first":
        first = np.unique(node, return_index=True)[1]
        may = node[:, None] >= node[None]
        may &= np.isin(np.arange(n), first)[None]
    limit = min((r.metres for r in problem.of_type(MaxTravel) if r.to == "center"), default=np.inf)
    if np.isfinite(limit):
        may &= cdist(graph.xy, graph.xy) <= limit * WITHIN
    if problem.of_type(Contiguous):
        piece = connected_components(adjacency(problem), directed=False)[1]
        may &= piece[:, None] == piece[None]
    return may


def _base_mask(problem: Problem) -> Bools:
    """Which units each base may reach, shape (n_units, n_territories)."""
    limit = min((r.metres for r in problem.of_type(MaxTravel) if r.to == "base"), default=np.inf)
    if not np.isfinite(limit) or problem.bases is None:
        return np.ones((problem.graph.n_units, problem.n_territories), bool)
    return np.asarray(cdist(problem.graph.xy, problem.bases) <= limit * WITHIN)


def adjacency(problem: Problem) -> csr_matrix:
    """The graph of units."""
    one, other = problem.graph.edges.reshape(-1, 2).T
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    return coo_matrix((np.ones(len(both[0])), both), shape=(problem.graph.n_units,) * 2).tocsr()


def _costs(problem: Problem) -> Floats:
    """Compactness of each unit from each center or base; 0 where the objective has none; infinite where no way is."""
    center = _goal_center(problem)
    n = problem.graph.n_units
    if center == "base":
        return _base_costs(problem)
    if center is None:
        to_center = any(r.to == "center" for r in problem.of_type(MaxTravel))
        return np.zeros((n, n if to_center else problem.n_territories))
    distance, graph = problem.goal.distance, problem.graph
    if distance == "travel" and problem.ways is not None:
        travel = problem.ways
        away = np.full((n, n), np.inf)
        away[travel.indices, np.repeat(np.arange(n), np.diff(travel.indptr))] = travel.minutes
        np.fill_diagonal(away, 0.0)
    elif distance == "great-circle":
        points = unit_vectors(np.asarray(graph.lonlat))
        away = arcs(cdist(points, points))
    else:
        away = cdist(graph.xy, graph.xy)
    return _weighted(problem, away)


def _base_costs(problem: Problem) -> Floats:
    distance, graph = problem.goal.distance, problem.graph
    if distance == "travel" and problem.ways is not None:
        travel = problem.ways
        away = np.full((graph.n_units, problem.n_territories), np.inf)
        rows = np.repeat(np.arange(problem.n_territories), np.diff(np.asarray(travel.base_indptr)))
        away[travel.base_indices, rows] = travel.base_minutes
    elif distance == "great-circle":
        away = arcs(cdist(unit_vectors(np.asarray(graph.lonlat)), unit_vectors(np.asarray(problem.bases_lonlat))))
    else:
        away = cdist(graph.xy, np.asarray(problem.bases))
    return _weighted(problem, away)


def _weighted(problem: Problem, away: Floats) -> Floats:
    reached = np.isfinite(away)
    cost = problem.center_weights[:, None] * np.where(reached, away, 0.0) ** problem.goal.power
    return np.where(reached, cost, np.inf)


def _named_costs(problem: Problem) -> Floats:
    """What each unit costs by the name of its territory, shape (n_units, n_territories)."""
    total = np.zeros((problem.graph.n_units, problem.n_territories))
    for term in problem.terms:
        if isinstance(term, AssignmentCost):
            total += term.weight * term.costs
    return total
