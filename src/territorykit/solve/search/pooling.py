"""Territories of all plans seen, from which better plans are put together."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_matrix

from territorykit._arrays import Ints
from territorykit.solve.compile import Compiled
from territorykit.solve.exact.partition import Choice
from territorykit.solve.kernels.anneal import MET
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.refresh import by_territory
from territorykit.solve.search.crossing import separable
from territorykit.solve.search.run import Best, Run

MOST_ENTRIES = 2_000_000
"""Nodes of all territories kept, together; the oldest go first."""
MOST_UNITS = 50_000
"""On larger maps the pool would hold too few plans."""
MOST_NODES = 500
"""Nodes of the branch-and-bound tree."""


def suits(compiled: Compiled) -> bool:
    """Whether a plan is no more than its territories, and the map is not too large."""
    return separable(compiled) and compiled.n_nodes <= MOST_UNITS


@dataclass(slots=True)
class Pool:
    """Territories that break nothing, each once, with what it costs.

    Where all territories of the problem may be the same, they are interchangeable; or else each stays what it was.
    """

    compiled: Compiled
    costs: dict[tuple[int, bytes], float] = field(default_factory=dict)
    entries: int = 0
    news: int = 0
    alike: bool = field(init=False)

    def __post_init__(self) -> None:
        facts = self.compiled.facts
        bands = bool((facts.lower == facts.lower[0]).all() and (facts.upper == facts.upper[0]).all())
        free = len(facts.allowed) == 0 and len(facts.costs) == 0 and bool((facts.fixed < 0).all())
        self.alike = bands and free and bool(np.isnan(self.compiled.points).all())

    def add(self, plan: Best) -> None:
        """Remember the territories of a plan, unless some of it lies apart."""
        if plan.labels is None:
            return
        k = self.compiled.problem.n_territories
        run = Run(self.compiled, plan.labels.copy(), np.random.default_rng(0))
        if run.broken:
            return
        cost = np.zeros((k, 2))
        by_territory(run.facts, run.state, cost)
        order = np.argsort(plan.labels, kind="stable").astype(np.int32)
        ends = np.searchsorted(plan.labels[order], np.arange(k + 1))
        for t in np.flatnonzero((cost[:, 1] < MET) & (np.diff(ends) > 0)):
            nodes = order[ends[t] : ends[t + 1]]
            column = (self._role(int(t)), nodes.tobytes())
            if self.costs.pop(column, None) is None:  # or else it becomes the newest once more
                self.news += 1
                self.entries += len(nodes)
            self.costs[column] = float(cost[t, 0])
        while self.entries > MOST_ENTRIES:
            oldest = next(iter(self.costs))
            self.entries -= len(oldest[1]) // 4
            del self.costs[oldest]

    def promises(self, best: Best) -> bool:
        """Whether there may be a better plan: where this one meets all and territories have come since the last try."""
        return self.news > 0 and best.labels is not None and best.violation == 0

    def combined(self, best: Best, seconds_left: Callable[[], float]) -> Best:
        """The best plan of all that the pool holds; the one given where none is better."""
        self.add(best)
        if best.labels is None or not self.promises(best):
            return best
        self.news = 0
        columns = list(self.costs)
        choice = self._choice(columns, best.labels)
        seconds = seconds_left()
        chosen = choice.best(MOST_NODES, seconds if np.isfinite(seconds) else None)
        if chosen is None:
            return best
        labels = best.labels.copy()
        for t, c in zip(self._names(choice, chosen), chosen, strict=True):
            labels[_nodes(columns[c])] = t
        found = Run(self.compiled, labels, np.random.default_rng(0)).as_best()
        return found if found.beats(best) else best

    def _choice(self, columns: list[tuple[int, bytes]], labels: Array) -> Choice:
        members = [_nodes(column) for column in columns]
        ptr = np.concatenate([[0], np.cumsum([len(nodes) for nodes in members])])
        shape = (self.compiled.n_nodes, len(columns))
        covers = csc_matrix((np.ones(ptr[-1]), np.concatenate(members), ptr), shape=shape)
        role = np.array([column[0] for column in columns], np.int64)
        place = {column: c for c, column in enumerate(columns)}
        k = self.compiled.problem.n_territories
        now = [place[self._role(t), np.flatnonzero(labels == t).astype(np.int32).tobytes()] for t in range(k)]
        wanted = np.full(1, k) if self.alike else np.ones(k, np.int64)
        return Choice(covers, np.array(list(self.costs.values())), role, wanted, np.array(now))

    def _role(self, t: int) -> int:
        return 0 if self.alike else t

    def _names(self, choice: Choice, chosen: Ints) -> Ints:
        """Which territory each of the chosen ones is; those that stay as they are keep their names."""
        if not self.alike:
            return choice.role[chosen]
        names = np.full(len(chosen), -1, np.int64)
        _, old, new = np.intersect1d(choice.now, chosen, return_indices=True)
        names[new] = old
        names[names < 0] = np.setdiff1d(np.arange(len(chosen)), old)
        return names


def _nodes(column: tuple[int, bytes]) -> Array:
    return np.frombuffer(column[1], np.int32)
