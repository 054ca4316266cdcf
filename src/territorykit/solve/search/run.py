"""One annealing run: a state, the cycles it goes through, and the best it leaves."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from territorykit._arrays import Ints
from territorykit.solve.compile import Compiled
from territorykit.solve.kernels.anneal import MET, anneal, typical_change
from territorykit.solve.kernels.arrays import (
    LAMBDA,
    LIMIT,
    OBJECTIVE,
    POINT,
    SCALE,
    UNIT,
    VIOLATION,
    WORTH,
    Array,
    Facts,
    make_state,
)
from territorykit.solve.kernels.connect import pieces
from territorykit.solve.kernels.contiguity import MOST_NEIGHBORS
from territorykit.solve.kernels.polish import polish
from territorykit.solve.kernels.refresh import refresh
from territorykit.solve.kernels.spread import as_length, consider, tighten, widest_chord

COLD = 0.003
"""Temperature at which cycles end."""
BLOCK = 100_000
"""Proposals between two looks at the clock: some hundredths of a second."""
SAMPLES = 2000
LAST = 8
"""One part in so many of a cycle is kept for its end, where requirements that are still broken are mended."""
MEND_HEAT = 0.5
"""Temperature at which mending begins."""
MEND_PRICE = 100.0
"""What it costs meanwhile that a unit is missing; later on, that all is missing which still is."""
NEAR_TERRITORIES = 8
POLISHED = 200
"""Up to so many nodes, runs end with moves and swaps that pay because centers follow; it takes longer on larger maps
than it is worth."""
POLISH_PASSES = 50
POLISH_SWAPS = 16
"""Border nodes of each neighboring territory that every border node is exchanged with."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One fall of the temperature.

    Parameters
    ----------
    length
        Proposals in all.
    heat
        Temperature at its start, where 1 is that of a fresh start; at 0 broken bands are mended, and that is all.
    insistence
        Factor on the price of violation; raised when gentler cycles have not met the requirements.
    """

    length: int
    heat: float = 1.0
    insistence: float = 1.0

    def phases(self) -> Iterator["Phase"]:
        """First bands may be crossed at a rising price, then no more once all are met; what is left is `last`."""
        if self.heat == 0:
            return
        soft = self.length * 6 // 10
        yield Phase(soft, self.heat, 0.2 * self.heat, 2.0 * self.insistence, 40.0 * self.insistence, hard=False)
        yield self._hard.part(0.0, self._turning)

    def last(self, *, met: bool) -> "Phase":
        """The end of the cycle: as before where requirements are met, or else proposals where they are broken."""
        if met and self.heat > 0:
            return self._hard.part(self._turning, 1.0)
        steps = self.length // LAST if self.heat > 0 else self.length
        return Phase(steps, MEND_HEAT, COLD, MEND_PRICE, MEND_PRICE, hard=True, focus=True)

    @property
    def _hard(self) -> "Phase":
        low, high = 40.0 * self.insistence, 80.0 * self.insistence
        return Phase(self.length - self.length * 6 // 10, 0.2 * self.heat, COLD, low, high, hard=True)

    @property
    def _turning(self) -> float:
        """Which share of the second phase is over when its end begins."""
        return 1 - (self.length // LAST) / self._hard.steps


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a cycle: temperatures in typical changes of the objective, prices in typical unit sizes.

    With `hard`, nothing is broken again once all is met; with `focus`, proposals go where sizes are off.
    """

    steps: int
    hot: float
    cold: float
    low: float
    high: float
    hard: bool
    focus: bool = False

    def part(self, begin: float, end: float) -> "Phase":
        """What lies between two shares of the phase."""
        hot, cold = (self.hot * (self.cold / self.hot) ** share for share in (begin, end))
        low, high = (self.low * (self.high / self.low) ** share for share in (begin, end))
        steps = round(self.steps * end) - round(self.steps * begin)
        return replace(self, steps=steps, hot=hot, cold=cold, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Best:
    """The best labels so far: fewest violations first, then the least objective."""

    labels: Array | None = None
    objective: float = float("inf")
    violation: float = float("inf")

    @property
    def key(self) -> tuple[float, float]:
        """What is compared: violation, then objective."""
        return self.violation, self.objective

    def beats(self, other: "Best") -> bool:
        """Whether this is better than another, beyond rounding."""
        if abs(self.violation - other.violation) > MET:
            return self.violation < other.violation
        return self.objective < other.objective * (1 - MET)


@dataclass(slots=True)
class Run:
    """A mutable state over the arrays of a problem; the plan leaves it as labels."""

    compiled: Compiled
    labels: Array
    rng: np.random.Generator
    facts: Facts = field(init=False)
    state: Any = field(init=False)
    scratch: Array = field(init=False)
    broken: bool = field(init=False)
    cooled: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.facts = self._facts()
        self.scratch = np.empty((2, MOST_NEIGHBORS), np.int64)
        self.state = make_state(self.labels, self.facts, self.rng.integers(1, 2**63, 2, np.uint64))
        based = self.facts.given > 0 if self.facts.center != POINT else np.ones(len(self.facts.given), bool)
        self.state.at[based] = self.compiled.points[based]
        refresh(self.facts, self.state)
        self.broken = self._broken_territories() > 0
        if self.facts.wide > 0 and self.state.number[VIOLATION] < MET and not self.broken:
            tighten(self.facts, self.state)

    def _facts(self) -> Facts:
        """The problem's facts; where territories may fall apart, with the centers near each node."""
        facts, k = self.compiled.facts, self.compiled.problem.n_territories
        if facts.contiguous or k == 1:
            return facts
        weight = np.bincount(self.labels, facts.weight, k)
        centers = np.stack([np.bincount(self.labels, facts.weight * axis, k) for axis in facts.point.T], axis=1)
        tree = cKDTree(centers / np.maximum(weight, 1e-300)[:, None])
        near = tree.query(facts.point, k=min(k, NEAR_TERRITORIES))[1]
        return facts.replace(near=np.ascontiguousarray(near, np.int32))

    @property
    def centers_of_units(self) -> Ints | None:
        """The units that stand for the territories, (n_territories,), where hours are counted from there; or None.

        Where days begin at a base it is the unit nearest to it.
        """
        center, at, labels = self.state.center.copy(), self.state.at, self.state.labels
        if len(self.facts.work_far) == 0 or (self.facts.center == POINT and not self.facts.limited):
            return None
        for t in np.flatnonzero(center < 0):
            own = np.flatnonzero(labels == t)
            center[t] = own[np.argmin(((self.facts.point[own] - at[t]) ** 2).sum(axis=1))]
        return np.asarray(self.compiled.chief[center], np.int64)

    @property
    def polishes(self) -> bool:
        """Whether moves that pay only because centers follow are looked for at the end: cheap on small maps alone."""
        followed = self.facts.compact and self.facts.center == UNIT and not self.facts.limited
        return self.cooled and followed and self.compiled.n_nodes <= POLISHED

    @property
    def met(self) -> bool:
        """Whether all requirements are met, or were by the plan kept while largest distances are brought down."""
        return bool(self.state.number[VIOLATION] < MET or (self.facts.wide > 0 and self.state.kept[0] >= 0))

    def as_best(self) -> Best:
        """The best the run has found, computed anew from its labels."""
        if self.facts.wide == 0:
            if self.polishes:
                refresh(self.facts, self.state)
                polish(self.facts, self.state, POLISH_PASSES, POLISH_SWAPS, self.scratch)
            return self._measured(self.state.labels)
        if self.state.kept[0] >= 0:  # it met everything; where the run stands now, it strives for less
            now = self.state.labels.copy()
            self.state.labels[:] = self.state.kept
            found = self._measured(self.state.labels)
            self.state.labels[:] = now
            refresh(self.facts, self.state)
            return found
        return self._measured(self.state.labels)

    def _measured(self, labels: Array) -> Best:
        limit = self.state.number[LIMIT]
        self.state.number[LIMIT] = np.inf  # how wide territories are is no violation
        refresh(self.facts.replace(compact=self.facts.compact and not self.facts.guiding), self.state)
        violation = float(self.state.number[VIOLATION]) + self._broken_territories()
        cost = float(self.state.number[OBJECTIVE])
        for weight, spot, metric in self.compiled.widths:
            measured = self.facts.replace(spot=spot, spot_metric=metric)
            cost += weight * as_length(measured, widest_chord(measured, self.state))
        self.state.number[LIMIT] = limit
        best = Best(labels.copy(), cost, 0.0 if violation < MET else violation)
        if self.facts.wide > 0:
            refresh(self.facts, self.state)
        return best

    def _broken_territories(self) -> int:
        """Territories without a node and pieces apart from the main ones: no move makes any, but a start may."""
        empty = int((self.state.members == 0).sum())
        if not self.facts.contiguous:
            return empty
        piece = np.empty(len(self.state.labels), np.int32)
        found = pieces(self.facts.indptr, self.facts.indices, self.state.labels, piece)
        return int(found) - len(self.state.members) + 2 * empty

    def blocks(self, cycle: Cycle) -> Iterator[int]:
        """Run a cycle block by block; yields the proposals of each."""
        scale = typical_change(self.facts, self.state, SAMPLES)
        self.cooled = True
        for phase in cycle.phases():
            yield from self._phase(phase, scale)
        yield from self._phase(cycle.last(met=self.met), scale)

    def _phase(self, phase: Phase, scale: float) -> Iterator[int]:
        done = 0
        while done < phase.steps and not (phase.focus and self.met):
            steps = min(BLOCK if phase.focus else max(BLOCK, 4 * self.compiled.n_nodes), phase.steps - done)
            self.state.number[SCALE] = scale
            self._block(phase, done / phase.steps, (done + steps) / phase.steps, steps)
            done += steps
            yield steps

    def _block(self, phase: Phase, begin: float, end: float, steps: int) -> None:
        refresh(self.facts, self.state)
        part, unit = phase.part(begin, end), self._unit_size()
        low, high = part.low / unit, part.high / unit
        if phase.focus:  # in each block anew until the last bit, a household say, is worth as much as a whole unit
            low, high = phase.low / unit, phase.high / max(min(unit, self.state.number[VIOLATION]), MET)
        self.state.number[LAMBDA] = low
        anneal(self.facts, self.state, steps, part.hot, part.cold, low, high, phase.hard, phase.focus, self.scratch)
        if self.facts.wide > 0:
            self._consider()

    def _consider(self) -> None:
        """Keep the plan if it is the best; while pieces lie apart, what was kept is worth nothing."""
        if self.broken:
            self.state.number[WORTH] = np.inf
            self.broken = self._broken_territories() > 0
        consider(self.facts, self.state, MET)

    def _unit_size(self) -> float:
        """Mean size of a node, as a fraction of the target: breaking a band by it costs one price."""
        return float(max(self.compiled.mass.mean(), 1e-9))
