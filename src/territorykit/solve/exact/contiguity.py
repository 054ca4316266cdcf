"""Connected territories: by separators that plans have violated, by flows, or along shortest paths.

Separators: Oehrlein, J., Haunert, J.-H. (2017). A cutting-plane method for contiguity-constrained spatial
aggregation. *Journal of Spatial Information Science*, 15, 89-120; Validi, H., Buchanan, A., Lykhovyd, E. (2022).
Imposing contiguity constraints in political districting models. *Operations Research*, 70(2), 867-892. Minimal ones
as Fischetti, M. et al. (2017). Thinning out Steiner trees. *Mathematical Programming Computation*, 9, 203-229.

Flows: Shirabe, T. (2009). Districting modeling with exact contiguity constraints. *Environment and Planning B*,
36(6), 1053-1066.

Shortest paths: Zoltners, A. A., Sinha, P. (1983). Sales territory alignment: a review and model. *Management
Science*, 29(11), 1237-1256; Mehrotra, A., Johnson, E. L., Nemhauser, G. L. (1998). An optimization based heuristic
for political districting. *Management Science*, 44(8), 1100-1114.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from territorykit._arrays import Bools, Floats, Ints
from territorykit.solve.exact.formulation import INF, Assignment
from territorykit.solve.exact.layout import adjacency
from territorykit.solve.exact.model import Row, numbered

LEVELS = (1e-6, 0.1, 0.3)
MOST_PARTS, LEAST_VIOLATION = 4, 0.05
"""Answers in fractions: from what part on a unit counts as taken, for how many units of a piece cuts are made, and by
how much they must be violated."""
MOST_ENDS = 12
"""For how many units of a piece that lies apart cuts are made at a time."""


class Separators:
    """Finds the cuts that a plan violates.

    Where one unit stands for the territory, a node belongs to it only if some node of every set that separates the
    two does. Elsewhere any two nodes of the territory take its part.
    """

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.graph = adjacency(assignment.layout.problem)
        self.seen: set[tuple[int, int, tuple[int, ...]]] = set()

    def violated(self, values: Floats) -> tuple[list[Row], bool]:
        """Rows not made before that whole-number values of the model do not keep, and whether all is connected."""
        layout, x = self.assignment.layout, self.assignment.x
        column = np.where(x >= 0, values[x], -1.0).argmax(axis=1)[layout.node]
        found: list[Row] = []
        connected = True
        for c in np.unique(column):
            own = column == c
            members = np.flatnonzero(own)
            count, piece = connected_components(self.graph[members][:, members], directed=False)
            if count == 1:
                continue
            connected = False
            root = self._root(int(c), own)
            if root < 0:  # the largest piece takes the part of the root
                root = int(members[piece == np.argmax(np.bincount(piece))][0])
            home = piece[np.searchsorted(members, root)]
            for p in range(count):
                if p != home:
                    found += self._cuts(int(c), root, members[piece == p])
        return found, connected

    def violated_in_part(self, values: Floats) -> list[Row]:
        """Rows not made before that values in fractions do not keep, as far as they are found.

        For several levels, units whose part in a column is above the level are taken as its territory; a piece apart
        from the root is then cut off by what lies around it.
        """
        layout, x = self.assignment.layout, self.assignment.x
        found: dict[str, Row] = {}
        for c in np.flatnonzero(layout.root >= 0):
            root = int(layout.root[c])
            part = np.where(x[:, c] >= 0, values[x[:, c]], 0.0)[layout.node]
            for level in LEVELS:
                members = np.flatnonzero(part > level)
                if len(members) < 2 or part[root] <= level:  # noqa: PLR2004 - a pair may be apart
                    continue
                count, piece = connected_components(self.graph[members][:, members], directed=False)
                home = piece[np.searchsorted(members, root)]
                for p in range(count):
                    if p != home:
                        apart = members[piece == p]
                        wall = self._separator(root, apart, self._allowed(int(c)))
                        ends = apart[np.argsort(-part[apart], kind="stable")[:MOST_PARTS]]
                        held = part[np.unique(layout.node[wall])].sum() if len(wall) else 0.0
                        rows = [
                            row
                            for end in ends[part[ends] > held + LEAST_VIOLATION]
                            for row in self._cut(int(c), int(end), root, wall)
                        ]
                        found |= {row.name: row for row in rows}
        return list(found.values())

    def _root(self, c: int, own: Bools) -> int:
        root = int(self.assignment.layout.root[c])
        return root if root >= 0 and own[root] else -1

    def _cuts(self, c: int, root: int, piece: Ints) -> Iterator[Row]:
        """Cuts between a piece and the rest of its territory, for this column and for others beyond the same set."""
        layout = self.assignment.layout
        ends = piece[np.argsort(-layout.cost[layout.node[piece], c], kind="stable")[:MOST_ENDS]]
        wall = self._separator(root, piece, self._allowed(c))
        for end in ends:
            yield from self._cut(c, int(end), root, wall)
        wall = self._separator(root, piece, np.ones(len(layout.node), bool))  # other columns may hold other units
        if not layout.by_unit:
            for other in np.flatnonzero(layout.root < 0):
                yield from self._cut(int(other), int(ends[0]), root, wall)
            return
        for other in np.flatnonzero(layout.base >= 0):
            yield from self._cut(int(other), int(ends[0]), root, wall)
        far = self._beyond(root, wall)
        for other in np.flatnonzero((layout.root >= 0) & far[layout.root]):
            if other != c:
                for end in ends[:2]:
                    yield from self._cut(int(other), int(end), int(layout.root[other]), wall)

    def _allowed(self, c: int) -> Bools:
        return np.asarray(self.assignment.x[self.assignment.layout.node, c] >= 0)

    def _separator(self, root: int, piece: Ints, allowed: Bools) -> Ints:
        """Units next to the piece that are next to what is reached from the root without them: a minimal set."""
        around = np.zeros(len(allowed), bool)
        around[self.graph[piece].indices] = True
        around[piece] = False
        usable = allowed & ~around
        usable[piece] = False
        usable[root] = True
        reached = self._reach(root, usable)
        beside = np.zeros(len(allowed), bool)
        beside[self.graph[np.flatnonzero(reached)].indices] = True
        return np.flatnonzero(around & beside & allowed)

    def _beyond(self, root: int, wall: Ints) -> Bools:
        """Units on the root's side of the wall on the whole map."""
        usable = np.ones(self.graph.shape[0], bool)
        usable[wall] = False
        return self._reach(root, usable)

    def _reach(self, root: int, usable: Bools) -> Bools:
        places = np.flatnonzero(usable)
        inside = self.graph[places][:, places]
        order = breadth_first_order(inside, int(np.searchsorted(places, root)), return_predecessors=False)
        reached = np.zeros(len(usable), bool)
        reached[places[order]] = True
        return reached

    def _cut(self, c: int, end: int, root: int, wall: Ints) -> Iterator[Row]:
        """The row for one end; it holds for every connected territory, whatever led to it."""
        layout, x = self.assignment.layout, self.assignment.x
        a, b = int(layout.node[end]), int(layout.node[root])
        through = np.unique(layout.node[wall])
        if a in through or b in through or x[a, c] < 0:
            return
        key = (c, a if layout.root[c] == root else a * layout.n_nodes + b, tuple(through.tolist()))
        if key in self.seen:
            return
        self.seen.add(key)
        through = x[through, c]
        columns = np.r_[x[a, c], through[through >= 0]]
        values = np.r_[1.0, -np.ones(len(columns) - 1)]
        name = f"connect_{a}_{b}_{c}_{len(self.seen)}"
        if layout.root[c] == root or a == b:
            yield Row(name, columns, values, -INF, 0.0)
        elif x[b, c] >= 0:
            yield Row(name, np.r_[columns, x[b, c]], np.r_[values, 1.0], -INF, 1.0)


def flow_size(assignment: Assignment) -> int:
    """How many columns the flow formulation would add."""
    layout = assignment.layout
    ends = layout.problem.graph.edges
    usable = assignment.x[layout.node] >= 0
    return int(2 * (usable[ends[:, 0]] & usable[ends[:, 1]]).sum()) if len(ends) else 0


class Flow(NamedTuple):
    """The flow of one column: where it may run, and where it may come from."""

    column: int
    root: int
    members: Ints
    tail: Ints
    head: Ints
    flow: Ints
    source: Ints


def add_flows(assignment: Assignment) -> None:
    """Every unit of a territory draws one unit of a flow that comes from its root and stays inside."""
    layout = assignment.layout
    flows = [_add_flow(assignment, c, int(root)) for c, root in enumerate(layout.root)]

    def complete(values: Floats) -> None:
        column = np.where(assignment.x >= 0, values[assignment.x], -1.0).argmax(axis=1)[layout.node]
        for flow in flows:
            values[flow.flow] = values[flow.source] = 0.0
            _run_along_tree(flow, column == flow.column, values)

    assignment.model.completions.append(complete)


def _run_along_tree(flow: Flow, own: Bools, values: Floats) -> None:
    """The flow of a territory along a tree of it, where it is connected."""
    members = np.flatnonzero(own)
    if not len(members):
        return
    root = flow.root
    if root < 0:
        root = int(members[0])
        values[flow.source[flow.members == root]] = 1.0
    inside = np.flatnonzero(own[flow.tail] & own[flow.head])
    pairs = (flow.tail[inside], flow.head[inside])
    graph = csr_matrix((np.ones(len(inside)), pairs), shape=(len(own), len(own)))
    order, before = breadth_first_order(graph, root)
    drawn = np.zeros(len(own))
    for unit in order[:0:-1]:
        drawn[unit] += 1.0
        drawn[before[unit]] += drawn[unit]
    used = inside[before[flow.head[inside]] == flow.tail[inside]]
    values[flow.flow[used]] = drawn[flow.head[used]]


def _add_flow(assignment: Assignment, c: int, root: int) -> Flow:
    layout, model = assignment.layout, assignment.model
    edges = layout.problem.graph.edges.reshape(-1, 2)
    at = assignment.x[layout.node, c]
    inside = edges[(at[edges] >= 0).all(axis=1)]
    tail, head = np.r_[inside[:, 0], inside[:, 1]], np.r_[inside[:, 1], inside[:, 0]]
    keep = head != root
    tail, head = tail[keep], head[keep]
    members = np.flatnonzero(at >= 0)
    most = float(len(members))
    flow = model.add_columns(numbered(f"flow_{c}", tail, head), np.zeros(len(tail)), most, integer=False)
    source = np.zeros(0, np.int64)
    if root < 0:
        source = model.add_columns(numbered(f"source_{c}", members), np.zeros(len(members)))
        model.add(f"source_{c}", source, 1.0, 1.0, 1.0)
    for m, unit in enumerate(members):
        if unit == root:
            continue
        enters, leaves = flow[head == unit], flow[tail == unit]
        columns = np.r_[enters, leaves, at[unit]]
        values = np.r_[np.ones(len(enters)), -np.ones(len(leaves)), -1.0]
        if root < 0:
            columns, values = np.r_[columns, source[m]], np.r_[values, most]
            model.add(f"source_{c}_{unit}", np.array([source[m], at[unit]]), np.array([1.0, -1.0]), -INF, 0.0)
        model.add(f"draw_{c}_{unit}", columns, values, 0.0, INF if root < 0 else 0.0)
        model.add(f"inside_{c}_{unit}", np.r_[enters, at[unit]], np.r_[np.ones(len(enters)), 1.0 - most], -INF, 0.0)
    return Flow(c, root, members, tail, head, flow, source)


def add_trees(assignment: Assignment) -> None:
    """A node belongs to a territory only if a neighbor nearer its root does: a restriction.

    Nearness is counted along the edges of the map. Where a territory has no root, its node with the least cost
    takes the part.
    """
    layout, model, x = assignment.layout, assignment.model, assignment.x
    graph = layout.problem.graph
    one, other = graph.edges.reshape(-1, 2).T
    length = np.hypot(*(graph.xy[one] - graph.xy[other]).T)
    length = np.maximum(length, 1e-9 * max(float(length.max(initial=1.0)), 1e-300))
    both = (np.r_[one, other], np.r_[other, one])
    ways = csr_matrix((np.r_[length, length], both), shape=(graph.n_units,) * 2)
    for c in range(layout.n_columns):
        open_here = x[layout.node, c] >= 0
        root = int(layout.root[c])
        if root < 0:
            cost = np.where(open_here, layout.cost[layout.node, c], INF)
            root = int(np.argmin(cost))
            model.add(f"root_{c}", x[layout.node[[root]], c], 1.0, 1.0, 1.0)
        away = dijkstra(ways, indices=root)
        for unit in np.flatnonzero(open_here):
            if layout.node[unit] == layout.node[root]:
                continue
            beside = ways[int(unit)].indices
            nearer = np.unique(layout.node[beside[(away[beside] < away[unit]) & open_here[beside]]])
            columns = np.r_[x[layout.node[unit], c], x[nearer, c]]
            model.add(f"path_{c}_{unit}", columns, np.r_[1.0, -np.ones(len(nearer))], -INF, 0.0)
