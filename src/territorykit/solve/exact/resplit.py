"""A few neighboring territories divided anew, exactly, around centers that stay.

The assignment model of Hess et al. (1965) on a part of the map. Contiguity is kept as Zoltners, A. A., Sinha, P.
(1983). Sales territory alignment: a review and model. *Management Science*, 29(11), 1237-1256, have it: a unit
may belong to a territory only if a neighbor nearer its center does. Nearness is counted along ways on which the
territory's own units are close together, so that the division there is always among those allowed: the answer
is never worse than it. It is a restriction, and the next call draws another one.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, vstack
from scipy.sparse.csgraph import dijkstra

from territorykit._arrays import Floats, Ints
from territorykit.solve.compile import Compiled
from territorykit.solve.exact.program import Program
from territorykit.solve.kernels import power
from territorykit.solve.kernels.arrays import UNIT, Array, Facts

OWN = 1e-3
"""What a step to a unit of the own territory counts, as a part of its length."""
SLACK_PRICE = 1000.0
"""What it costs to miss a limit by a whole territory's load, in the mean cost of a territory."""


@dataclass(slots=True)
class Part:
    """A part of the map: its nodes, its territories, and what belongs where today.

    Parameters
    ----------
    compiled
        The problem.
    labels
        Shape (n_nodes,): today's division of the whole map.
    at, center
        Centers, as in the state of a run.
    territories
        Positions of the territories to divide anew.
    """

    compiled: Compiled
    labels: Array
    at: Floats
    center: Array
    territories: Ints
    nodes: Ints = field(init=False)
    now: Ints = field(init=False)
    cost: Floats = field(init=False)
    open_to: Array = field(init=False)
    roots: Ints = field(init=False)

    def __post_init__(self) -> None:
        facts = self.compiled.facts
        place = np.full(len(facts.lower), -1, np.int64)
        place[self.territories] = np.arange(len(self.territories))
        self.nodes = np.flatnonzero(place[self.labels] >= 0)
        self.now = place[self.labels[self.nodes]]
        self.cost = self._costs()
        self.roots = self._roots()
        self.open_to = self._open(place) if self.whole else np.zeros(self.cost.shape, bool)

    @property
    def whole(self) -> bool:
        """Whether every territory has a node to grow from: a start that breaks something may leave one without."""
        return len(self.roots) == len(self.territories)

    def _costs(self) -> Floats:
        near = np.tile(self.territories.astype(np.int32), (self.compiled.n_nodes, 1))
        near[np.setdiff1d(np.arange(len(near)), self.nodes, assume_unique=True)] = -1
        cost = np.zeros(near.shape)
        power.costs_of(self.compiled.facts, near, self.at, self.center, cost)
        return cost[self.nodes]

    def _roots(self) -> Ints:
        """Where each territory grows from: its center node, a locked one, or the one nearest its middle."""
        facts, roots = self.compiled.facts, []
        for t in range(len(self.territories)):
            own = np.flatnonzero(self.now == t)
            locked = own[facts.fixed[self.nodes[own]] >= 0]
            at = self.at[self.territories[t]]
            if facts.center == UNIT and self.center[self.territories[t]] >= 0:
                roots.append(int(np.searchsorted(self.nodes, self.center[self.territories[t]])))
            elif len(locked):
                roots.append(int(locked[0]))
            elif len(own):
                roots.append(int(own[np.argmin(((facts.point[self.nodes[own]] - at) ** 2).sum(axis=1))]))
        return np.array(roots, np.int64)

    def _open(self, place: Ints) -> Array:
        """Which territories each node may go to, (nodes, territories)."""
        facts = self.compiled.facts
        may = np.ones(self.cost.shape, bool)
        if facts.allowed.shape[0]:
            may &= facts.allowed[np.ix_(self.nodes, self.territories)] > 0
        if facts.limited:
            may &= within_reach(facts, self.nodes, self.nodes[self.roots], self.territories)
        locked = np.flatnonzero(facts.fixed[self.nodes] >= 0)
        may[locked] = False
        may[locked, place[facts.fixed[self.nodes[locked]]]] = True
        may[self.roots] = False
        may[self.roots, np.arange(len(self.roots))] = True
        may[np.arange(len(self.now)), self.now] = True
        return may

    def inside(self) -> csr_matrix:
        """Lengths of the edges within the part."""
        facts, n = self.compiled.facts, self.compiled.n_nodes
        place = np.full(n, -1, np.int64)
        place[self.nodes] = np.arange(len(self.nodes))
        tail = np.repeat(self.nodes, np.diff(facts.indptr)[self.nodes])
        first = facts.indptr[self.nodes]
        count = np.diff(facts.indptr)[self.nodes]
        where = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())
        head = facts.indices[where]
        kept = place[head] >= 0
        tail, head = tail[kept], head[kept]
        length = np.sqrt(((facts.point[tail] - facts.point[head]) ** 2).sum(axis=1))
        floor = max(float(length.mean()) if len(length) else 1.0, 1e-9) * OWN
        shape = (len(self.nodes), len(self.nodes))
        return coo_matrix((length + floor, (place[tail], place[head])), shape=shape).tocsr()


def within_reach(facts: Facts, nodes: Ints, centers: Ints, territories: Ints) -> Array:
    """Which nodes lie within the limits from which centers, (nodes, territories)."""
    may = np.ones((len(nodes), len(centers)), bool)
    for t in np.flatnonzero(facts.tied[territories]):
        if facts.reach > 0:
            away = np.sqrt(((facts.flat[nodes] - facts.flat[centers[t]]) ** 2).sum(axis=1))
            may[:, t] &= away <= facts.reach * (1 + 1e-9)
        if facts.reach_time > 0:
            row = slice(facts.way_ptr[centers[t]], facts.way_ptr[centers[t] + 1])
            near = facts.way_idx[row][facts.way_cost[row] <= facts.reach_time * (1 + 1e-9)]
            may[:, t] &= np.isin(nodes, near) | (nodes == centers[t])
    return may


def resplit(part: Part, *, most_nodes: int, seconds: float | None) -> Array | None:
    """Labels of the whole map with the part divided anew, or None where the solver has found nothing.

    Nor is there anything to find where a territory has no node.

    Parameters
    ----------
    part
        What to divide.
    most_nodes
        Nodes of the branch-and-bound tree: a limit that gives the same answer everywhere.
    seconds
        Time limit, if any.
    """
    if not part.whole:
        return None
    unit, territory = np.nonzero(part.open_to)
    column = np.full(part.open_to.shape, -1, np.int64)
    column[unit, territory] = np.arange(len(unit))
    model = _Model(part, unit, territory, column)
    chosen = model.solve(most_nodes, seconds)
    if chosen is None:
        return None
    labels = part.labels.copy()
    labels[part.nodes[unit[chosen]]] = part.territories[territory[chosen]]
    return labels


@dataclass(slots=True)
class _Model:
    """The integer program: one binary for every node and territory it may go to, slacks for the limits."""

    part: Part
    unit: Ints
    territory: Ints
    column: Ints
    blocks: list[tuple[csr_matrix, Floats, Floats]] = field(default_factory=list)

    def solve(self, most_nodes: int, seconds: float | None) -> Ints | None:
        """Columns at 1 in the best answer."""
        facts = self.part.compiled.facts
        n, binaries = len(self.part.nodes), len(self.unit)
        slacks = 2 * facts.loads.shape[1] * len(self.part.territories)
        width = binaries + slacks
        once = coo_matrix((np.ones(binaries), (self.unit, np.arange(binaries))), shape=(n, width))
        self.blocks.append((once.tocsr(), np.ones(n), np.ones(n)))
        self._sizes(width)
        self._apart(width)
        self._moves(width)
        if facts.contiguous:
            self._connected(width)
        return self._run(width, most_nodes, seconds)

    def _sizes(self, width: int) -> None:
        facts, part = self.part.compiled.facts, self.part
        k, binaries = len(part.territories), len(self.unit)
        for a in range(facts.loads.shape[1]):
            load = facts.loads[part.nodes[self.unit], a]
            over = binaries + 2 * a * k + np.arange(k)
            rows = np.concatenate([self.territory, np.arange(k), np.arange(k)])
            columns = np.concatenate([np.arange(binaries), over, over + k])
            values = np.concatenate([load, -np.ones(k), np.ones(k)])
            block = coo_matrix((values, (rows, columns)), shape=(k, width)).tocsr()
            lower, upper = facts.lower[part.territories, a], facts.upper[part.territories, a]
            self.blocks.append((block, lower, np.where(upper >= 1e11, np.inf, upper)))  # noqa: PLR2004

    def _apart(self, width: int) -> None:
        facts, part = self.part.compiled.facts, self.part
        place = {int(u): i for i, u in enumerate(part.nodes)}
        rows: list[list[int]] = []
        for i, u in enumerate(part.nodes):
            for v in facts.apart_idx[facts.apart_ptr[u] : facts.apart_ptr[u + 1]]:
                j = place.get(int(v), -1)
                if j > i:
                    both = (self.column[i] >= 0) & (self.column[j] >= 0)
                    rows += [[int(self.column[i, t]), int(self.column[j, t])] for t in np.flatnonzero(both)]
        if rows:
            index = np.repeat(np.arange(len(rows)), 2)
            block = coo_matrix((np.ones(2 * len(rows)), (index, np.ravel(rows))), shape=(len(rows), width)).tocsr()
            self.blocks.append((block, np.full(len(rows), -np.inf), np.ones(len(rows))))

    def _moves(self, width: int) -> None:
        """What leaves its territory of today; as much as now may, where that is too much already."""
        facts, part = self.part.compiled.facts, self.part
        for i in range(len(facts.most_moved)):
            home = facts.home[i]
            gone = (home >= 0) & (home != part.labels)
            outside = np.setdiff1d(np.flatnonzero(gone), part.nodes)
            total = float(facts.move_load[i, gone].sum())
            elsewhere = float(facts.move_load[i, outside].sum())
            today = home[part.nodes[self.unit]]
            away = (today >= 0) & (today != part.territories[self.territory])
            load = np.where(away, facts.move_load[i, part.nodes[self.unit]], 0.0)
            block = csr_matrix(np.concatenate([load, np.zeros(width - len(load))])[None])
            most = max(float(facts.most_moved[i]), total) - elsewhere
            self.blocks.append((block, np.array([-np.inf]), np.array([most])))

    def _connected(self, width: int) -> None:
        part, matrix = self.part, self.part.inside()
        tail = np.repeat(np.arange(len(part.nodes)), np.diff(matrix.indptr))
        head = matrix.indices
        rows, columns = [], []
        for t in range(len(part.territories)):
            steps = matrix.copy()
            steps.data = matrix.data * np.where(part.now[head] == t, OWN, 1.0)
            away = dijkstra(steps, indices=int(part.roots[t]))
            nearer = (away[tail] < away[head]) & (self.column[head, t] >= 0) & (self.column[tail, t] >= 0)
            rows.append(self.column[head[nearer], t])
            columns.append(self.column[tail[nearer], t])
        size = len(self.unit)
        support = coo_matrix(
            (np.ones(sum(map(len, rows))), (np.concatenate(rows), np.concatenate(columns))), shape=(size, width)
        ).tocsr()
        own = coo_matrix((-np.ones(size), (np.arange(size), np.arange(size))), shape=(size, width)).tocsr()
        free = np.ones(size, bool)
        free[self.column[part.roots, np.arange(len(part.roots))]] = False
        block = (support + own)[free]
        self.blocks.append((block, np.zeros(block.shape[0]), np.full(block.shape[0], np.inf)))

    def _costs(self, width: int) -> Floats:
        """Costs in parts of what the part costs today, slacks by what a territory costs."""
        cost = np.zeros(width)
        cost[: len(self.unit)] = self.part.cost[self.unit, self.territory]
        today = np.abs(self.part.cost[np.arange(len(self.part.now)), self.part.now]).sum()
        cost /= max(float(today), 1e-300)
        cost[len(self.unit) :] = SLACK_PRICE / len(self.part.territories)
        return cost * 100.0

    def _run(self, width: int, most_nodes: int, seconds: float | None) -> Ints | None:
        size = len(self.unit)
        program = Program(
            matrix=vstack([block for block, _, _ in self.blocks]).tocsc(),
            cost=self._costs(width),
            lower=np.concatenate([lower for _, lower, _ in self.blocks]),
            upper=np.concatenate([upper for _, _, upper in self.blocks]),
            n_binaries=size,
        )
        value = program.solve(self._today(width), most_nodes, seconds)
        if len(value) != width or not np.isclose(value[:size].sum(), len(self.part.now), atol=0.01):
            return None
        return np.flatnonzero(value[:size] > 0.5)  # noqa: PLR2004

    def _today(self, width: int) -> Floats:
        """Today's division, with slacks as it needs them."""
        value = np.zeros(width)
        value[self.column[np.arange(len(self.part.now)), self.part.now]] = 1.0
        facts, part, k = self.part.compiled.facts, self.part, len(self.part.territories)
        for a in range(facts.loads.shape[1]):
            sizes = np.bincount(part.now, facts.loads[part.nodes, a], k)
            over = len(self.unit) + 2 * a * k + np.arange(k)
            value[over] = np.maximum(sizes - facts.upper[part.territories, a], 0)
            value[over + k] = np.maximum(facts.lower[part.territories, a] - sizes, 0)
        return value
