"""Starts from balanced power diagrams: centers, then prices that make the sizes fit."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from territorykit._arrays import Floats
from territorykit.solve.compile import Compiled, territories_of_components
from territorykit.solve.kernels import connect, power
from territorykit.solve.kernels.arrays import Array

ALL_CENTERS = 24
"""Up to so many territories every node looks at all centers; beyond, at the nearest ones only."""
NEAREST = 12
LLOYD_ROUNDS = 12
"""How often centers move to the means of their cells; they settle after about ten rounds."""
PRICE_ROUNDS = 24
"""Steps of the dual ascent between two moves of the centers."""
LAST_PRICE_ROUNDS = 200
FIRST_STEP = 0.05
"""First step of a price, as a part of the mean cell's area: squared distances are areas too."""
INSIDE = 0.5
"""Sizes aim at this part of their band, so that making cells connected has some room."""


def power_start(compiled: Compiled, rng: np.random.Generator, halted: Callable[[], bool] = bool) -> Array:
    """Node labels from a balanced power diagram around random centers; every territory has a node.

    Connected where the problem asks for it and the map allows it. Sizes are near their bands but may
    break them: the search mends that.
    """
    labels = np.full(compiled.n_nodes, -1, np.int32)
    for component, territories in territories_of_components(compiled).items():
        nodes = np.flatnonzero(compiled.component == component)
        if len(territories):
            labels[nodes] = _Diagram(compiled, nodes, territories).draw(rng, halted)
    if (labels < 0).any():  # a component that got no territory: the nearest one takes it, broken or not
        known = np.flatnonzero(labels >= 0)
        tree = cKDTree(_xy(compiled, known))
        labels[labels < 0] = labels[known[tree.query(_xy(compiled, np.flatnonzero(labels < 0)))[1]]]
    return labels


def _xy(compiled: Compiled, nodes: Array) -> Floats:
    return np.stack([compiled.facts.x[nodes], compiled.facts.y[nodes]], axis=1)


@dataclass(slots=True)
class _Diagram:
    """The cells of one component of the map, in its own numbering of nodes and territories."""

    compiled: Compiled
    nodes: Array
    territories: Array
    x: Floats = field(init=False)
    y: Floats = field(init=False)
    mass: Floats = field(init=False)
    loads: Floats = field(init=False)
    ratio: Floats = field(init=False)
    fixed: Array = field(init=False)
    at: Floats = field(init=False)
    prices: Floats = field(init=False)
    labels: Array = field(init=False)

    def __post_init__(self) -> None:
        facts = self.compiled.facts
        self.x, self.y = facts.x[self.nodes], facts.y[self.nodes]
        self.mass = self.compiled.mass[self.nodes]
        self.loads = np.ascontiguousarray(facts.loads[self.nodes])
        self.ratio = self.loads / self.mass[:, None]
        place = np.full(len(facts.lower) + 1, -1, np.int32)  # the last one serves those that are locked nowhere
        place[self.territories] = np.arange(len(self.territories))
        self.fixed = place[facts.fixed[self.nodes]]
        self.at = self._given_centers()
        self.prices = np.zeros((len(self.territories), self.loads.shape[1]))
        self.labels = np.zeros(len(self.nodes), np.int32)

    def _given_centers(self) -> Floats:
        """Points where territories stand already: bases, or the middle of their locked nodes; NaN where free."""
        at = self.compiled.points[self.territories].copy()
        for i in np.flatnonzero(np.isnan(at[:, 0])):
            locked = np.flatnonzero(self.fixed == i)
            if len(locked):
                share = self.mass[locked] / self.mass[locked].sum()
                at[i] = (self.x[locked] * share).sum(), (self.y[locked] * share).sum()
        return at

    def draw(self, rng: np.random.Generator, halted: Callable[[], bool]) -> Array:
        """Spread the centers, let them settle, balance; then connect and fill what is empty."""
        given = self.at.copy()
        free = np.isnan(given[:, 0])
        power.spread_centers(self.x, self.y, self.mass, self.at, rng.integers(1, 2**63, 2, np.uint64))
        for _ in range(LLOYD_ROUNDS if free.any() else 0):
            self._balance(PRICE_ROUNDS)
            power.means(self.x, self.y, self.mass, self.labels, self.at)
            self.at[~free] = given[~free]
            if halted():
                break
        self._balance(PRICE_ROUNDS if halted() else LAST_PRICE_ROUNDS)
        self._fill_empty()
        if self.compiled.facts.contiguous:
            self._connect()
            self._fill_empty()
        return self.territories[self.labels].astype(np.int32)

    def _balance(self, rounds: int) -> None:
        facts = self.compiled.facts
        lower, upper = _aims(facts.lower[self.territories], facts.upper[self.territories])
        wide, high = float(np.ptp(self.x)), float(np.ptp(self.y))
        spacing = max(wide * high / len(self.at), (max(wide, high) / len(self.at)) ** 2, 1e-9)  # the latter in a row
        steps = np.full(self.prices.shape, FIRST_STEP * spacing)
        power.balance(
            self.x, self.y, self.ratio, self.loads, self._near(), self.at,
            lower, upper, self.fixed, self.prices, steps, rounds, self.labels,
        )  # fmt: skip

    def _near(self) -> Array:
        """The centers that each node looks at, (n, q)."""
        k = len(self.at)
        if k <= ALL_CENTERS:
            near = np.tile(np.arange(k, dtype=np.int32), (len(self.x), 1))
        else:
            near = cKDTree(self.at).query(np.stack([self.x, self.y], axis=1), k=NEAREST)[1].astype(np.int32)
        return np.ascontiguousarray(self._within_travel(near))

    def _allowed(self) -> Array:
        """Where nodes may go, (n, k) uint8, or (0, 0) where it is everywhere."""
        allowed = self.compiled.facts.allowed
        return np.ascontiguousarray(allowed[self.nodes][:, self.territories]) if allowed.shape[0] else allowed

    def _within_travel(self, near: Array) -> Array:
        """The centers of each node with those it may go to alone, filled up with -1; all where it may go nowhere."""
        allowed = self._allowed()
        if allowed.shape[0] == 0:
            return near
        open_to = np.take_along_axis(allowed, near, axis=1) > 0
        open_to[~open_to.any(axis=1)] = True
        order = np.argsort(~open_to, axis=1, kind="stable")
        kept: Array = np.take_along_axis(np.where(open_to, near, -1), order, axis=1)
        return kept

    def _fill_empty(self) -> None:
        """Give each empty territory the node nearest its center that can be spared."""
        count, allowed = np.bincount(self.labels, minlength=len(self.at)), self._allowed()
        for t in np.flatnonzero(count == 0):
            spare = np.flatnonzero((count[self.labels] > 1) & (self.fixed < 0))
            if allowed.shape[0] and allowed[spare, t].any():
                spare = spare[allowed[spare, t] > 0]
            if len(spare) == 0:
                return
            u = spare[np.argmin((self.x[spare] - self.at[t, 0]) ** 2 + (self.y[spare] - self.at[t, 1]) ** 2)]
            count[self.labels[u]] -= 1
            count[t] += 1
            self.labels[u] = t

    def _connect(self) -> None:
        """Make the cells connected."""
        indptr, indices = self._neighbors()
        k, allowed = len(self.territories), self._allowed()
        for _ in range(3):  # filling an empty territory can cut another one
            if connect.keep_main_pieces(indptr, indices, self.mass, self.fixed, k, self.labels) == 0:
                return
            connect.adopt(indptr, indices, self.x, self.y, self.ratio, self.at, self.prices, allowed, self.labels)

    def _neighbors(self) -> tuple[Array, Array]:
        """The component's adjacency; no neighbor of its nodes lies outside it."""
        facts = self.compiled.facts
        place = np.full(self.compiled.n_nodes, -1, np.int32)
        place[self.nodes] = np.arange(len(self.nodes))
        starts, ends = facts.indptr[self.nodes], facts.indptr[self.nodes + 1]
        indptr = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int32)
        take = np.repeat(starts - indptr[:-1], ends - starts) + np.arange(indptr[-1])
        return indptr, place[facts.indices[take]]


def _aims(lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    middle = (lower + np.minimum(upper, lower + 2)) / 2
    return middle + INSIDE * (lower - middle), np.where(upper < lower + 2, middle + INSIDE * (upper - middle), upper)
