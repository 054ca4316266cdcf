"""Balanced power diagrams: centers, and prices that make the sizes fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from territorykit._arrays import Floats, Ints
from territorykit.solve.compile import Compiled, territories_of_components
from territorykit.solve.kernels import power
from territorykit.solve.kernels.arrays import ROAD, UNIT, Array
from territorykit.solve.start.finish import finished

ALL_CENTERS = 24
"""Up to so many territories every node looks at all centers; beyond, at the nearest ones only."""
NEAREST = 12
LLOYD_ROUNDS = 12
"""How often centers move to the middle of their cells; they settle after about ten rounds."""
PRICE_ROUNDS = 24
"""Steps of the dual ascent between two moves of the centers."""
LAST_PRICE_ROUNDS = 200
FIRST_STEP = 0.05
"""First step of a price, as a part of what the second-best center costs more than the best."""
INSIDE = 0.5
"""Sizes aim at this part of their band, so that making cells connected has some room."""
PAIRS = 4_000_000
"""Up to so many pairs of nodes, every node of a cell is tried as its center."""


@dataclass(slots=True)
class Diagram:
    """Centers and prices on a problem's nodes; `labels` follow from them.

    Parameters
    ----------
    compiled
        The problem.
    at
        Shape (n_territories, 3): where the centers are, NaN where they are still to be found.
    given
        Shape (n_territories,): whether a center stays where it is.
    """

    compiled: Compiled
    at: Floats
    given: Array
    lower: Floats = field(init=False)
    upper: Floats = field(init=False)
    prices: Floats = field(init=False)
    labels: Array = field(init=False)
    center: Array = field(init=False)
    value: float = field(init=False, default=-np.inf)
    homes: Mapping[int, Ints] = field(init=False)

    def __post_init__(self) -> None:
        facts, k = self.compiled.facts, len(self.at)
        self.lower, self.upper = _aims(facts.lower, facts.upper, facts.loads.sum(axis=0))
        self.prices = np.zeros((k, facts.loads.shape[1]))
        self.labels = np.zeros(self.compiled.n_nodes, np.int32)
        self.center = np.zeros(k, np.int32)
        self.homes = territories_of_components(self.compiled)

    def copy(self) -> "Diagram":
        """A diagram with the same centers and prices."""
        other = Diagram(self.compiled, self.at.copy(), self.given)
        other.prices[:] = self.prices
        other.labels[:] = self.labels
        other.center[:] = self.center
        return other

    def spread(self, rng: np.random.Generator) -> None:
        """Draw the centers that are missing, far from each other, in every component as many as it needs."""
        facts, mass = self.compiled.facts, self.compiled.mass
        for component, territories in self.homes.items():
            nodes = np.flatnonzero(self.compiled.component == component)
            at = np.ascontiguousarray(self.at[territories])
            if np.isnan(at[:, 0]).any():
                power.spread_centers(
                    np.ascontiguousarray(facts.point[nodes]), mass[nodes], at, rng.integers(1, 2**63, 2, np.uint64)
                )
            self.at[territories] = at
        self._at_nodes()

    def surround(self, labels: Array) -> None:
        """Put the centers that are not given in the middle of the territories of some plan without empty ones."""
        facts, stay = self.compiled.facts, self.at[self.given]
        power.means(facts.point, facts.weight, labels, self.at)
        self.at[self.given] = stay
        self.at[np.isnan(self.at[:, 0])] = facts.point.mean(axis=0)  # more territories than nodes: some stay empty
        self.labels[:] = labels
        self._at_nodes()

    def _at_nodes(self) -> None:
        """Where travel times count, centers are at nodes."""
        facts = self.compiled.facts
        if facts.metric == ROAD and facts.center == UNIT:
            self.center[:] = cKDTree(facts.point).query(self.at)[1]

    def settle(self, halted: Callable[[], bool], rounds: int = LLOYD_ROUNDS, last: int = LAST_PRICE_ROUNDS) -> None:
        """Let centers move to the middle of their cells, and prices make the cells fit, until both rest."""
        free = not self.given.all()
        for _ in range(rounds if free else 0):
            self._price(PRICE_ROUNDS)
            if halted():
                break
            self._recenter()
        if self.compiled.facts.center == UNIT:
            self._to_nodes()
        self._price(PRICE_ROUNDS if halted() else last)

    def relocate(self, t: int, rng: np.random.Generator) -> None:
        """Take away the center of territory t and open it at a node that costs much where it is."""
        facts, component = self.compiled.facts, self.compiled.component
        away = np.sqrt(((facts.point - self.at[self.labels]) ** 2).sum(axis=1)) ** facts.power
        cost = facts.weight * away * (self.labels != t)
        if len(self.homes) > 1:  # territories stay in their component
            cost = cost * (component == next(c for c, held in self.homes.items() if t in held))
        total = cost.cumsum()
        if total[-1] <= 0:
            return
        u = int(np.searchsorted(total, rng.random() * total[-1]))
        self.at[t], self.center[t] = facts.point[u], u
        self.prices[t] = 0.0

    def _price(self, rounds: int) -> None:
        facts = self.compiled.facts
        near = self._near()
        cost = np.full(near.shape, np.inf)
        power.costs_of(facts, near, self.at, self.center, cost)
        steps = np.broadcast_to(FIRST_STEP * self._scale(cost), self.prices.shape).copy()
        _, self.value = power.balance(
            near, cost, facts.loads, self.lower, self.upper, facts.fixed, self.prices, steps, rounds, self.labels
        )

    def _scale(self, cost: Floats) -> Floats:
        """What the second-best center costs more than the best, per load of each activity."""
        two = np.sort(np.partition(cost, min(1, cost.shape[1] - 1), axis=1)[:, :2], axis=1)
        more = two[:, -1] - two[:, 0]
        more = more[np.isfinite(more)]
        loads = self.compiled.facts.loads.mean(axis=0)
        scale: Floats = max(float(more.mean()) if len(more) else 0.0, 1e-12) / np.maximum(loads, 1e-12)
        return scale

    def _recenter(self) -> None:
        facts, stay = self.compiled.facts, self.at[self.given]
        if facts.power == 1:
            power.medians(facts.point, facts.weight, self.labels, self.at)
        else:
            power.means(facts.point, facts.weight, self.labels, self.at)
        if facts.center == UNIT and (facts.power == 1 or facts.metric == ROAD):
            self._to_nodes()
        self.at[self.given] = stay

    def _to_nodes(self) -> None:
        """Put every free center on the node of its cell that is best, or at least near the middle."""
        facts = self.compiled.facts
        self._choose_nodes()
        self.at[~self.given] = facts.point[self.center[~self.given]]

    def _choose_nodes(self) -> None:
        facts = self.compiled.facts
        count = np.bincount(self.labels, minlength=len(self.at))
        steiner = facts.power == 2 and facts.metric != ROAD  # noqa: PLR2004
        if steiner or (count.astype(float) ** 2).sum() > PAIRS:
            power.nearest_nodes(facts.point, self.labels, self.at, self.center)
            return
        members = np.argsort(self.labels, kind="stable").astype(np.int32)
        ends = np.concatenate([[0], np.cumsum(count)])
        power.best_nodes(facts, members, ends, self.center)

    def _near(self) -> Array:
        """The territories that each node looks at, (n, q), -1 where there are no more."""
        facts, k = self.compiled.facts, len(self.at)
        if facts.costs.shape[0] > 0 and not facts.compact:
            q = k if k <= ALL_CENTERS else min(k, 2 * NEAREST)
            near = np.tile(np.arange(k), (len(facts.costs), 1))
            if q < k:
                near = np.argpartition(facts.costs, q - 1, axis=1)[:, :q]
        else:
            near = self._nearest()
        fixed = np.flatnonzero(facts.fixed >= 0)
        near[fixed, 0] = facts.fixed[fixed]
        return np.ascontiguousarray(self._within_travel(near.astype(np.int32)))

    def _nearest(self) -> Array:
        point, component = self.compiled.facts.point, self.compiled.component
        widest = max(len(territories) for territories in self.homes.values())
        q = widest if widest <= ALL_CENTERS else NEAREST
        near = np.full((len(point), q), -1, np.int64)
        for c, territories in self.homes.items():
            nodes = np.flatnonzero(component == c)
            here = territories if len(territories) else np.arange(len(self.at))  # a piece without any: the nearest
            if len(here) <= q <= ALL_CENTERS and len(territories):
                near[nodes[:, None], np.arange(len(here))] = here
            else:
                found = cKDTree(self.at[here]).query(point[nodes], k=min(q, len(here)))[1]
                near[nodes, : min(q, len(here))] = here[found.reshape(len(nodes), -1)]
        return near

    def _within_travel(self, near: Array) -> Array:
        """The territories that each node may go to alone, filled up with -1; all where it may go nowhere."""
        allowed = self.compiled.facts.allowed
        if allowed.shape[0] == 0:
            return near
        open_to = (np.take_along_axis(allowed, np.maximum(near, 0), axis=1) > 0) & (near >= 0)
        open_to[~open_to.any(axis=1)] = near[~open_to.any(axis=1)] >= 0
        order = np.argsort(~open_to, axis=1, kind="stable")
        kept: Array = np.take_along_axis(np.where(open_to, near, -1), order, axis=1)
        return kept

    def finished(self) -> Array:
        """Labels with every territory in possession of a node and, where asked, connected."""
        return finished(self.compiled, self.labels, self.at, self.center, self.prices)


def blank(compiled: Compiled) -> Diagram:
    """A diagram with the centers that are given: bases, or the middle of locked nodes."""
    at, facts, mass = compiled.points.copy(), compiled.facts, compiled.mass
    for t in np.flatnonzero(np.isnan(at[:, 0])):
        locked = np.flatnonzero(facts.fixed == t)
        if len(locked):
            share = mass[locked] / mass[locked].sum()
            at[t] = (facts.point[locked] * share[:, None]).sum(axis=0)
    return Diagram(compiled, at, ~np.isnan(at[:, 0]))


def _aims(lower: Floats, upper: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Limits drawn in towards each other, and never so far that all territories together could not hold the total."""
    middle = (lower + np.minimum(upper, lower + 2)) / 2
    least, most = lower.sum(axis=0), upper.sum(axis=0)
    up = np.where(most > 0, INSIDE + (1 - INSIDE) * np.minimum(total / np.maximum(most, 1e-300), 1), 1)
    down = np.where(least > 0, INSIDE + (1 - INSIDE) * np.maximum(total / np.maximum(least, 1e-300), 1), 1)
    high = np.maximum(middle + INSIDE * (upper - middle), up * upper)
    low = np.minimum(middle + INSIDE * (lower - middle), down * lower)
    return low, np.where(upper < lower + 2, high, upper)
