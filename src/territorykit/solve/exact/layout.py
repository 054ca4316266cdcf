"""What the exact model decides: which unit belongs to which column, and what a column stands for.

A column is a unit that is the center of its territory, a unit that is merely its first one, or the territory
itself. The first two tell territories apart by one of their own units, so that a plan has a single solution
although its territories might be numbered in many ways; the last is smaller and serves where every territory
differs from the others anyway.

Where some bases are given and others free, both kinds stand side by side: units as centers of the territories whose
base is free, and a column that is always used for each base.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Bools, Floats, Ints
from territorykit.errors import RequirementError
from territorykit.model.disruption import MaxMoved
from territorykit.model.objective import AssignmentCost
from territorykit.model.problem import Problem
from territorykit.model.requirements import Contiguous, Fixed, MaxTravel, Together
from territorykit.solve.compile import size_limits
from territorykit.solve.exact.away import (
    costs_from_bases,
    costs_from_units,
    free_bases,
    goal_center,
    near_bases,
    near_units,
)

Kind = Literal["center", "first", "territory"]


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
    base
        Shape (n_columns,): the territory whose base a column beside units is, or -1.
    class_of
        Shape (n_territories,): territories that differ in nothing but their name share a class.
    extra
        Shape (n_nodes, n_territories): what a node costs by the territory's name, where columns are units.
    bars
        Shape (n_nodes, n_territories): territories that a node may not belong to, where columns are units.
    free
        Shape (n_territories,): territories that are looked at from one of their units, as their base is free.
    far
        Shape (n_nodes, n_columns): places that are too far from the unit for those territories alone, or None.
    unreached
        Whether nodes were kept out of columns only because they cannot be reached from there.
    """

    problem: Problem
    kind: Kind
    node: Ints
    cost: Floats
    open_to: Bools
    root: Ints
    base: Ints
    class_of: Ints
    extra: Floats | None
    bars: Bools | None
    free: Bools
    far: Bools | None
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

    @property
    def based(self) -> bool:
        """Whether some columns are bases, beside those that are units."""
        return bool((self.base >= 0).any())

    def thinned(self, open_to: Bools) -> "Layout":
        """The same with fewer places open, shape (n_nodes, n_columns); units that cannot be opened are left out."""
        open_to = open_to & self.open_to
        if not self.by_unit:
            return replace(self, open_to=open_to)
        kept = _usable(open_to, self.node, self.root)
        far = None if self.far is None else self.far[:, kept]
        cost, root, base = self.cost[:, kept], self.root[kept], self.base[kept]
        return replace(self, cost=cost, open_to=open_to[:, kept], root=root, base=base, far=far)

    def column_for(self, own: Bools, territory: int) -> int:
        """The cheapest column for the nodes of a territory, given as a mask of shape (n_nodes,); -1 without any."""
        if not self.by_unit:
            return territory
        columns = np.flatnonzero(self.base == territory)
        if not len(columns):
            columns = np.flatnonzero(self.root >= 0)
            columns = columns[own[self.node[self.root[columns]]]]
        places = np.ix_(own, columns)
        may = self.open_to[places]
        if self.far is not None and self.free[territory]:
            may = may & ~self.far[places]
        whole = may.all(axis=0)
        cost = self.cost[places].sum(axis=0)
        return int(columns[np.argmin(np.where(whole, cost, np.inf))]) if whole.any() else -1

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
        Where units may go: shape (n_units, n_units) where centers are free, with a further column for each given base
        where some bases are free; else (n_units, n_territories).
    ignore_ways
        Whether nodes may go where no way leads, at no cost: to see whether any plan exists.
    """
    node, class_of, free = _nodes(problem), _classes(problem), free_bases(problem)
    kind = _kind(problem, class_of)
    root, base = _columns(problem, kind, free)
    away, extra, bars = _costs(problem, kind, free)
    allowed, far = _mask(problem, kind, node, free), None
    if free.any() and not (base >= 0).any():  # the same unit may stand for a territory with a base, and without
        far = ~near_units(problem, "base")
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
    far = None if far is None else np.logical_or.reduceat(far[order], starts, axis=0)
    if extra is not None and bars is not None:
        extra = np.add.reduceat(extra[order], starts, axis=0) if extra.any() else None
        bars = np.logical_or.reduceat(bars[order], starts, axis=0) if bars.any() else None
    cost = np.where(nodes_open, cost, 0.0)
    layout = Layout(problem, kind, node, cost, nodes_open, root, base, class_of, extra, bars, free, far, unreached)
    return layout.thinned(nodes_open)


def _columns(problem: Problem, kind: Kind, free: Bools) -> tuple[Ints, Ints]:
    """The unit that each column holds, and the territory whose base it is; -1 where there is none."""
    if kind == "territory":
        root = np.full(problem.n_territories, -1, np.int64)
        homes = problem.fixed()
        root[list(homes.values())] = problem.graph.positions(list(homes))
        return root, np.full(len(root), -1, np.int64)
    units, given = np.arange(problem.graph.n_units), _bases_beside_units(problem, free)
    nothing = [np.full(len(part), -1, np.int64) for part in (given, units)]
    return np.concatenate([units, nothing[0]]), np.concatenate([nothing[1], given])


def _bases_beside_units(problem: Problem, free: Bools) -> Ints:
    """Territories whose base is a column beside those of units: where other bases are free, and no unit is asked for.

    Where the objective looks from a unit of every territory, units stand for those with a base, too.
    """
    beside = free.any() and goal_center(problem) != "unit"
    return np.flatnonzero(~free) if beside else np.zeros(0, np.int64)


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


def _classes(problem: Problem) -> Ints:
    """Territories that differ in nothing but their name share a number."""
    k = problem.n_territories
    named = [set() for _ in range(k)]  # type: list[set[int]]
    if any(isinstance(term, AssignmentCost) for term in problem.terms):
        named = [{t} for t in range(k)]
    elif goal_center(problem) == "base" or any(r.to == "base" for r in problem.of_type(MaxTravel)):
        named = [{t} if given else set() for t, given in enumerate(problem.given_bases)]
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
    to_center = any(r.to == "center" for r in problem.of_type(MaxTravel))
    if goal_center(problem) == "unit" or to_center or free_bases(problem).any():
        return "center"
    return "territory" if len(np.unique(class_of)) == problem.n_territories else "first"


def _mask(problem: Problem, kind: Kind, node: Ints, free: Bools) -> Bools:
    """Where units may go by their place alone: travel limits, locks, pieces of the map."""
    n = problem.graph.n_units
    if kind == "territory":
        may = near_bases(problem)
        for r in problem.of_type(Fixed):
            for unit, label in r.mapping.items():
                place = int(problem.graph.positions([unit])[0])
                may[place] &= np.arange(problem.n_territories) == problem.territory(label)
        return may
    given = _bases_beside_units(problem, free)
    if kind == "first":
        first = np.unique(node, return_index=True)[1]
        may = node[:, None] >= node[None]
        may &= np.isin(np.arange(n), first)[None]
    else:  # beside bases, units stand for territories with a free one alone
        may = near_units(problem, "center", "base") if len(given) else near_units(problem, "center")
    if problem.of_type(Contiguous):
        piece = connected_components(adjacency(problem), directed=False)[1]
        may &= piece[:, None] == piece[None]
    return np.hstack([may, near_bases(problem)[:, given]])


def adjacency(problem: Problem) -> csr_matrix:
    """The graph of units."""
    one, other = problem.graph.edges.reshape(-1, 2).T
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    return coo_matrix((np.ones(len(both[0])), both), shape=(problem.graph.n_units,) * 2).tocsr()


def _costs(problem: Problem, kind: Kind, free: Bools) -> tuple[Floats, Floats | None, Bools | None]:
    """What units cost in each column, infinite where no way is; where columns are units, also by territory.

    The last are the costs by the territory's name, and the territories that a unit may not belong to by its place.
    """
    center, n, named = goal_center(problem), problem.graph.n_units, _named_costs(problem)
    if kind == "territory":
        return named + (costs_from_bases(problem) if center == "base" else 0.0), None, None
    given = _bases_beside_units(problem, free)
    if len(given):
        if center is None:
            return np.zeros((n, n + len(given))), named, np.zeros(named.shape, bool)
        away = np.hstack([costs_from_units(problem), costs_from_bases(problem)[:, given]])
        return away, named, np.zeros(named.shape, bool)
    if center == "base":
        named = named + costs_from_bases(problem)
    away = costs_from_units(problem) if center == "unit" and kind == "center" else np.zeros((n, n))
    return away, named, ~near_bases(problem)


def _usable(open_to: Bools, node: Ints, root: Ints) -> Ints:
    """Columns that are no units, or units that can be opened."""
    return np.flatnonzero((root < 0) | open_to[node[root], np.arange(len(root))])


def _named_costs(problem: Problem) -> Floats:
    """What each unit costs by the name of its territory, shape (n_units, n_territories)."""
    total = np.zeros((problem.graph.n_units, problem.n_territories))
    for term in problem.terms:
        if isinstance(term, AssignmentCost):
            total += term.weight * term.costs
    return total
