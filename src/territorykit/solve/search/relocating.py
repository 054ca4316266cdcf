"""Territories closed in one place and opened in another, many at once.

For plans whose territories need no contiguity and no least size, so that any may be given up. With many centers the
right number of them in every region matters most, and moves of single units do not change it. The exchange is that of
Teitz, M. B., Bart, P. (1968). Heuristic methods for estimating the generalized vertex median of a weighted graph.
*Operations Research*, 16(5), 955-961, judged by what units near by would gain and lose, capacities included; what it
brings in truth is seen after annealing.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from territorykit._arrays import Floats, Ints
from territorykit.solve.compile import Compiled
from territorykit.solve.kernels.arrays import ROAD, UNIT, Array
from territorykit.solve.kernels.power import costs_of
from territorykit.solve.search.crossing import separable
from territorykit.solve.search.run import Best, Run

LEAST_TERRITORIES = 8
"""With fewer, there are hardly two regions to choose from."""
NEAR = 8
"""How many of the nearest centers a unit of a closed territory may go to."""
MEMBERS = 2.0
"""A new center looks at as many units around it as a territory has in the mean, times this."""
SHARE = 0.05
"""Part of the territories that are closed and opened in one turn, at most."""
BLUR = 0.3
"""Standard deviation of the logarithm of what is expected, so that every turn tries others."""


class _Closing(NamedTuple):
    """What it would mean to close territories."""

    goal: Ints
    """(n,): where each node would go."""
    loss: Floats
    """(k,): what closing each territory costs."""


class _Opening(NamedTuple):
    """Which nodes new centers would take, as far as they may hold them; by center."""

    nodes: Ints
    centers: Ints
    gain: Floats


@dataclass(slots=True)
class Relocating:
    """What does not change between turns: which nodes are near each other, and what they would cost there."""

    compiled: Compiled
    rng: np.random.Generator
    around: Ints = field(init=False)
    cost: Floats = field(init=False)

    def __post_init__(self) -> None:
        facts, n = self.compiled.facts, self.compiled.n_nodes
        q = int(np.clip(MEMBERS * n / self.compiled.problem.n_territories, 2, n))
        around = cKDTree(facts.point).query(facts.point, k=q)[1].astype(np.int32)
        self.around, self.cost = around, np.zeros(around.shape)
        costs_of(facts, around, facts.point, np.arange(n, dtype=np.int32), self.cost)

    def relocate(self, best: Best) -> Array | None:
        """Labels in which some territories have gone elsewhere, or None where none pays."""
        if best.labels is None:
            return None
        run = Run(self.compiled, best.labels, self.rng)
        own = np.zeros((len(best.labels), 1))
        costs_of(run.facts, np.ascontiguousarray(best.labels[:, None]), run.state.at, run.state.center, own)
        return self._exchanged(best.labels, self._closing(run, best.labels, own[:, 0]), self._opening(own[:, 0]))

    def _closing(self, run: Run, labels: Array, own: Floats) -> _Closing:
        facts, k = run.facts, self.compiled.problem.n_territories
        near = cKDTree(run.state.at).query(facts.point, k=min(k, NEAR + 1))[1].astype(np.int32)
        cost = np.zeros(near.shape)
        costs_of(facts, near, run.state.at, run.state.center, cost)
        cost[near == labels[:, None]] = np.inf
        room = facts.upper - run.state.sizes
        full = (facts.loads[:, None, :] > room[near] + 1e-9).any(axis=2)
        best = np.where(full, np.inf, cost).argmin(axis=1)
        rows = np.arange(len(labels))
        goal, step = near[rows, best], cost[rows, best] - own
        step = np.where(np.isfinite(step), step, 2 * own)
        step[full[rows, best]] *= 2.0  # more than it seems: others must make room first
        loss = np.bincount(labels, step, k).astype(float)
        return _Closing(goal.astype(np.int64), loss)

    def _opening(self, own: Floats) -> _Opening:
        facts = self.compiled.facts
        gain = own[:, None] - self.cost
        node, place = np.nonzero(gain > 0)
        center, gain = self.around[node, place], gain[node, place]
        order = np.lexsort((-gain, center))
        node, center, gain = node[order], center[order], gain[order]
        held = facts.loads[node].cumsum(axis=0)
        first = np.flatnonzero(np.append(True, center[1:] != center[:-1]))
        before = np.repeat(held[first] - facts.loads[node[first]], np.diff(np.append(first, len(node))), axis=0)
        fits = (held - before <= facts.upper.min(axis=0) + 1e-9).all(axis=1)
        return _Opening(node[fits], center[fits], gain[fits])

    def _exchanged(self, labels: Array, closing: _Closing, opening: _Opening) -> Array | None:
        """Close what costs least and open where most is gained, in pairs that pay and leave each other alone."""
        n, k = len(labels), len(closing.loss)
        goal, loss, nodes, centers = closing.goal, closing.loss, opening.nodes, opening.centers
        total = np.bincount(centers, opening.gain, n) * np.exp(BLUR * self.rng.standard_normal(n))
        opened = np.argsort(-total)
        closed = iter(np.argsort(loss * np.exp(BLUR * self.rng.standard_normal(k))))
        ends = np.searchsorted(centers, np.arange(n + 1))
        touched, done = np.zeros(k, bool), 0
        found = labels.copy()
        for u in opened:
            if done >= max(1, SHARE * k):
                break
            taken = nodes[ends[u] : ends[u + 1]]
            if total[u] <= 0 or len(taken) == 0 or touched[labels[taken]].any():
                continue
            touched[labels[taken]] = True
            t = next((t for t in closed if not touched[t] and not touched[goal[labels == t]].any()), None)
            if t is None or loss[t] >= total[u]:
                break
            left = labels == t
            touched[goal[left]] = touched[t] = True
            found[left] = goal[left]
            found[taken] = t
            done += 1
        held = np.bincount(found, minlength=k) > 0
        return found if done and held.all() else None


def suits(compiled: Compiled) -> bool:
    """Whether territories may be given up in one place for another."""
    facts = compiled.facts
    free = (
        not facts.contiguous
        and facts.center == UNIT
        and facts.metric != ROAD
        and not facts.limited
        and not facts.given.any()
    )
    unbound = len(facts.allowed) == 0 and len(facts.costs) == 0 and bool((facts.fixed < 0).all())
    enough = compiled.problem.n_territories >= LEAST_TERRITORIES
    return enough and free and unbound and separable(compiled) and bool((facts.lower <= 0).all())
