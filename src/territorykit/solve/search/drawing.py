"""First plans side by side: diagrams from searches over centers, the most promising ones first."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from territorykit.solve.compile import Compiled
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.parallel import in_order
from territorykit.solve.search.run import Run
from territorykit.solve.start.centers import BEGINNINGS, Beginning, center_search
from territorykit.solve.stop import Stop

DRAWING = 0.25
"""Part of a time limit that drawing may take."""
CENTER_EFFORT = 30_000
"""Without a time limit: so many centers times nodes are opened elsewhere for each diagram, up to MOST_TRIES."""
MOST_TRIES = 60
TRY_EFFORT = 10
"""Proposals for each node that opening a center elsewhere counts for, against an iteration budget."""
DEPTHS = 4
"""From no tries to all of them: the best centers for a diagram need not be those for connected territories."""
PRICE_OF_OFF = 2.0
"""What it costs in the promise of a diagram that loads are in the wrong territory, in their share of the objective."""
DRAWING_OVER_TRY = 2.5
"""What drawing a diagram takes over what opening a center elsewhere takes."""
SAME = 1e-6
"""Diagrams whose promises differ by less than this fraction are the same."""

Drawn: TypeAlias = tuple[float, Array, np.random.Generator]
"""What a diagram promises, its labels, and the generator that goes on with it."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws diagrams: as many whatever the number of workers, as long as time allows."""

    compiled: Compiled
    stop: Stop
    workers: int

    @property
    def seconds(self) -> float:
        """How long drawing may take in all."""
        return DRAWING * (self.stop.time_limit or math.inf)

    def slow(self, took: float) -> bool:
        """Whether there is no time for more diagrams, given what one took."""
        return took > self.seconds / 2

    def first(self, rng: np.random.Generator) -> Drawn:
        """The diagram that is drawn fastest: of the middles of a bisection."""
        return self._one(rng, 0, BEGINNINGS[0])

    def others(
        self, first: Drawn, took: float, children: list[np.random.Generator], done: Callable[[], bool]
    ) -> list[Drawn]:
        """Different diagrams by their promise, the best first, given the first and what it took.

        Each is from a search over centers of its own; these begin in turn where they are drawn, in the middles of
        grown territories, and in those of a bisection.
        """
        end, drawn = self.stop.seconds + self.seconds - took, [first]
        tries = self._tries(1 + len(children), took)
        jobs = [
            (child, tries * (i % DEPTHS) // (DEPTHS - 1), BEGINNINGS[i % len(BEGINNINGS)])
            for i, child in enumerate(children, start=1)
        ]
        for found in in_order(self._one, jobs, self.workers):
            drawn.append(found)
            if done() or self.stop.seconds > end:
                break
        return _different(sorted(drawn, key=lambda found: found[0]))

    def _one(self, rng: np.random.Generator, tries: int, begin: Beginning) -> Drawn:
        """A diagram with its promise: the objective of its labels, worse by the share that its sizes are off."""
        start = center_search(
            self.compiled.for_first_plans,
            rng,
            tries,
            lambda: self.stop.interrupted or self.stop.seconds_left <= 0,
            begin,
        )
        drawn = Run(self.compiled, start.labels, rng).as_best()
        off = drawn.violation / self.compiled.problem.n_territories
        return drawn.objective * (1 + PRICE_OF_OFF * off), start.labels, rng

    def _tries(self, chains: int, seconds: float) -> int:
        """How many centers each diagram may open elsewhere, given what drawing one of them took."""
        n, budget = self.compiled.n_nodes, self.stop.iteration_budget
        if self.stop.time_limit is None:
            most = MOST_TRIES if budget is None else budget // (TRY_EFFORT * chains * n)
            return int(np.clip(CENTER_EFFORT // n, 0, min(MOST_TRIES, most)))
        left = DRAWING * self.stop.time_limit * self.workers / (chains * max(seconds, 1e-6)) - 1
        return int(np.clip(left * DRAWING_OVER_TRY, 0, MOST_TRIES))


def _different(drawn: list[Drawn]) -> list[Drawn]:
    """Diagrams in order of their promise, without those that are worth the same as the one before."""
    kept = drawn[:1]
    for one in drawn[1:]:
        if one[0] > kept[-1][0] + SAME * abs(kept[-1][0]):
            kept.append(one)
    return kept
