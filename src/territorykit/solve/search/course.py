"""Where a search stands: the best plan so far, what was tried, and what limits leave."""

import logging
from dataclasses import dataclass, field

import numpy as np

from territorykit.model.result import TracePoint
from territorykit.solve.compile import Compiled
from territorykit.solve.progress import Observer
from territorykit.solve.search import pooling
from territorykit.solve.search.pooling import Pool
from territorykit.solve.search.run import Best, Cycle, Run
from territorykit.solve.stop import Progress, Stop

_log = logging.getLogger(__name__)

LEAST_CYCLE = 100_000
"""Proposals of a cycle on small maps."""
FIRST_RATE = 300_000.0
"""Proposals a second, as long as none have been counted."""


@dataclass(slots=True)
class Course:
    """One run of a method: its problem, its limits, what it has found and how much it has tried."""

    compiled: Compiled
    rng: np.random.Generator
    stop: Stop
    observer: Observer
    proposals_per_unit: int
    best: Best = field(default_factory=Best)
    iterations: int = 0
    last_improvement: int = 0
    drawing_seconds: float = 0.0
    trace: list[TracePoint] = field(default_factory=list)
    pool: Pool | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.clock_alone and pooling.suits(self.compiled):
            self.pool = Pool(self.compiled)

    @property
    def clock_alone(self) -> bool:
        """Whether integer programs may be solved: how long one takes is hard to foresee.

        The plan of an iteration budget must not depend on the clock.
        """
        return self.stop.time_limit is not None and self.stop.iteration_budget is None

    @property
    def cycle_length(self) -> int:
        """Proposals of a cycle, before limits shorten it."""
        budget = self.stop.iteration_budget  # a small one is better spent on several cycles than on one
        least = LEAST_CYCLE if budget is None else min(LEAST_CYCLE, budget // 16)
        return max(self.proposals_per_unit * self.compiled.n_nodes, least)

    def drive(self, run: Run, cycle: Cycle, *, alone: bool = True) -> tuple[Best, int]:
        """Run a cycle in blocks short enough to hear the clock and the interrupt key in between.

        Returns what it left and how many proposals it took, which are not counted yet. Where several run side by
        side, none is `alone` and the observer hears of them afterwards.
        """
        spent = 0
        for block in run.blocks(cycle):
            spent += block
            progress = self._progress(self.iterations + spent)
            if alone:
                self.observer.on_progress(progress)
            if self._halted(progress):
                break
        return run.as_best(), spent

    def _halted(self, progress: Progress) -> bool:
        """Between blocks only the clock, the key and the budget count; rules are asked between cycles."""
        budget = self.stop.iteration_budget
        out_of_budget = budget is not None and progress.iterations >= budget
        return out_of_budget or self.out_of_time()

    def affordable(self, length: int, cycles: int) -> int:
        """A cycle's length, shortened where the iteration budget would not hold that many."""
        budget = self.stop.iteration_budget
        return length if budget is None else max(min(length, budget // (cycles + 1)), 1)

    def fitting(self, length: int, cycles: int = 1) -> int:
        """A cycle's length, shortened so that as many as that end before the clock and the budget do."""
        if self.stop.time_limit is not None:
            searching = max(self.stop.seconds - self.drawing_seconds, 1e-9)
            rate = self.iterations / searching if self.iterations else FIRST_RATE
            length = min(length, int(0.9 * self.stop.seconds_left * rate / max(cycles, 1)))
        budget = self.stop.iteration_budget
        if budget is not None:
            length = min(length, (budget - self.iterations) // max(cycles, 1))
        return max(length, 1)

    def out_of_time(self) -> bool:
        """Whether the clock or the interrupt key ends the search."""
        return self.stop.interrupted or self.stop.seconds_left <= 0

    def remember(self, found: Best) -> None:
        """Keep the territories of a plan, of which better plans may be put together."""
        if self.pool is not None:
            self.pool.add(found)

    def take(self, found: Best) -> bool:
        """Keep what was found if it is better; write down where the run stands."""
        better = found.beats(self.best)
        if better:
            self.best, self.last_improvement = found, self.iterations
        point = TracePoint(self.stop.seconds, self.iterations, self.best.objective, self.best.violation)
        if len(self.trace) > 1 and not better and self.trace[-2].objective == self.best.objective:
            self.trace.pop()  # of a time without improvement, its begin and end say all
        self.trace.append(point)
        _log.debug("after %d proposals: objective %.6g, violation %.3g", self.iterations, *self.best.key[::-1])
        return better

    def done(self) -> bool:
        """Whether the search is over; the observer hears where it stands."""
        progress = self._progress(self.iterations)
        self.observer.on_progress(progress)
        return self.stop.reached(progress)

    def _progress(self, iterations: int) -> Progress:
        return Progress(iterations, self.stop.seconds, self.best.objective, self.best.violation, self.last_improvement)
