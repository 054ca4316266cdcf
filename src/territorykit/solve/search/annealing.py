"""The default method: power-diagram starts, annealing of their borders, and reheating of the best plan."""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np

from territorykit.errors import RequirementError
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Answer, TracePoint
from territorykit.solve.compile import Compiled, compile_problem
from territorykit.solve.kernels.anneal import MET
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.parallel import in_order
from territorykit.solve.progress import Observer
from territorykit.solve.search import relocating
from territorykit.solve.search.crossing import crossed, separable
from territorykit.solve.search.drawing import Drawing
from territorykit.solve.search.relocating import Relocating
from territorykit.solve.search.resplitting import Resplitting, suits
from territorykit.solve.search.run import Best, Cycle, Run
from territorykit.solve.search.warm_up import warm_up
from territorykit.solve.start.centers import power_start
from territorykit.solve.start.plan import plan_start
from territorykit.solve.stop import Progress, Stop

_log = logging.getLogger(__name__)

HEATS = (0.1, 0.4, 1.5)
"""Temperatures of fresh starts, in turn: units of like size need little, a few large ones among small ones more."""
RESTORING = (0.0, 0.3, 3.0)
"""Temperatures while requirements are broken, in turn; at 0 they are mended only."""
RESTORING_PRICE = 8.0
"""Factor on the price of violation meanwhile."""
DIAGRAMS_PER_START = 3
"""How many diagrams are drawn for each one that is annealed: drawing is cheap, and basins differ."""
SHARES = 8
"""A longer cycle takes no more than this part of what is left."""
MOST_GROWTH = 16
"""Without a time limit, cycles grow up to this factor."""
PATIENCE = 3
"""After so many reheatings in a row that brought nothing, a fresh diagram gets its turn."""
EFFORT = 3.5
"""Without any limit: so many cycles in all, but no fewer proposals than LEAST_EFFORT."""
LEAST_EFFORT = 4_000_000
STUBBORN = 16
"""Without any limit: so many further cycles while the best plan breaks requirements."""
STARTS_OF_UNITS = 60_000
"""How many units all first plans have together, but no fewer than one plan and no more than twelve."""
FIRST_RATE = 300_000.0
"""Proposals a second, as long as none have been counted."""
SHORTER = 4
"""All starts are annealed in cycles shorter by this factor; the best, one in so many, in full ones."""

MOST_PARTS = 24
"""Parts that are divided anew in one turn."""
PART_EFFORT = 100_000
"""Proposals that one of them counts for, where rules and the trace count them."""
SHAKEN_PARTS = 2
"""Parts of a shaken plan that are divided anew, over the number of territories; no more than MOST_SHAKEN."""
MOST_SHAKEN = 64
TURN = 0.1
"""Part of a time limit that dividing parts anew may take before something else has a turn."""
RECENT = 0.3
"""Share of the last turn in what is said of a way to improve."""
OTHER_EVERY = 4
"""Every so many turns belong to what has brought less."""

SETTLING = 0.03
"""Temperature after territories went elsewhere: their surroundings settle, and the rest stays as it is."""

LEAST_CYCLE = 100_000
"""Proposals of a cycle on small maps."""


@dataclass(frozen=True, slots=True)
class Annealing:
    """Simulated annealing of border units from balanced power diagrams.

    Several diagrams are drawn, the better ones annealed for a while, and the best of these for longer. The
    best plan is then reheated, gently, again and again, with longer and longer cycles; when that brings
    nothing for some time, a fresh diagram gets its turn. Under a time limit, small parts of the plan are also
    divided anew by an exact model.

    Parameters
    ----------
    starts
        How many diagrams are annealed before the first reheating; chosen by the number of units without it.
    proposals_per_unit
        Length of one cycle: how many moves are proposed for each unit.
    reheat
        Temperature at which the best plan is reheated, as a fraction of that of a fresh start.
    workers
        Threads that anneal starts side by side. The plan does not depend on their number.

    Raises
    ------
    RequirementError
        If a setting is out of range.

    Examples
    --------
    >>> Annealing(starts=4)
    Annealing(starts=4, proposals_per_unit=100, reheat=0.3, workers=1)
    """

    starts: int | None = None
    proposals_per_unit: int = 100
    reheat: float = 0.3
    workers: int = 1

    def __post_init__(self) -> None:
        for name in ("starts", "proposals_per_unit", "workers"):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 1
            if not whole and not (name == "starts" and value is None):
                message = f"Annealing: {name} must be a whole number from 1, got {value!r}"
                raise RequirementError(message)
        number = isinstance(self.reheat, int | float | np.number) and not isinstance(self.reheat, bool)
        if not (number and 0 < self.reheat <= 1):
            message = f"Annealing: reheat must be a fraction above 0 and up to 1, got {self.reheat!r}"
            raise RequirementError(message)

    def run(
        self, problem: Problem, rng: np.random.Generator, start: Plan | None, stop: Stop, observer: Observer
    ) -> Answer:
        """Search until the stop says so; without any limit, for a budget that grows with the problem."""
        warm_up()
        stop.restart()  # compiling is done once a machine and is no part of the search
        return _Search(self, compile_problem(problem), rng, stop, observer).run(start)


@dataclass(slots=True)
class _Arm:
    """One way to improve the best plan: what its last turn brought per cost, and what all its turns have cost."""

    run: Callable[[Cycle], int]
    credit: float = 0.0
    spent: float = 0.0


def _gain(before: Best, after: Best) -> float:
    """How much better a plan is: relative to the objective, or in whole numbers where it breaks less."""
    if after.violation < before.violation - MET:
        return 1.0
    return max(before.objective - after.objective, 0.0) / max(abs(after.objective), 1e-300)


@dataclass(slots=True)
class _Search:
    """One run of the method: what it has found and how much it has tried."""

    method: Annealing
    compiled: Compiled
    rng: np.random.Generator
    stop: Stop
    observer: Observer
    best: Best = field(default_factory=Best)
    iterations: int = 0
    last_improvement: int = 0
    drawn_at: float = 0.0
    failures: int = 0
    trace: list[TracePoint] = field(default_factory=list)

    @property
    def cycle_length(self) -> int:
        budget = self.stop.iteration_budget  # a small one is better spent on several cycles than on one
        least = LEAST_CYCLE if budget is None else min(LEAST_CYCLE, budget // 16)
        return max(self.method.proposals_per_unit * self.compiled.n_nodes, least)

    @property
    def n_starts(self) -> int:
        """More where starts are cheap: the basin of the start decides more than how long it is polished."""
        return self.method.starts or int(np.clip(round(STARTS_OF_UNITS / self.compiled.n_nodes), 1, 12))

    def run(self, start: Plan | None) -> Answer:
        if start is not None:
            labels = plan_start(self.compiled, start)
            self._take(Run(self.compiled, labels, self.rng).as_best())
        if self.compiled.problem.n_territories > 1:
            self._fresh_starts(start)
            self._polish()
        else:
            self._take(Run(self.compiled, np.zeros(self.compiled.n_nodes, np.int32), self.rng).as_best())
        if self.best.labels is None or len(np.unique(self.best.labels)) < self.compiled.problem.n_territories:
            return Answer(None, trace=tuple(self.trace))
        return Answer(self.compiled.labels_of_units(self.best.labels), self.best.objective, trace=tuple(self.trace))

    def _fresh_starts(self, start: Plan | None) -> None:
        """Draw diagrams, anneal the better ones: side by side, but as many whatever the number of workers."""
        wanted = self.n_starts if start is None else max(1, self.n_starts // 2)
        drawing = Drawing(self.compiled, self.stop, self.method.workers)
        drawn = drawing.draw(self.rng, wanted * DIAGRAMS_PER_START, self._done)[:wanted]
        self.drawn_at = self.stop.seconds
        length = self._affordable(self.cycle_length, len(drawn))
        if len(drawn) == 1:
            _, labels, rng = drawn[0]
            self._rung([(labels, rng, Cycle(self._fitting(length, 2), HEATS[0]))])
            return
        first = self._fitting(-(-length // SHORTER), len(drawn))
        jobs = [(labels, rng, Cycle(first, heat)) for (_, labels, rng), heat in zip(drawn, cycle(HEATS), strict=False)]
        finalists = sorted(self._rung(jobs), key=lambda entry: entry[0].key)[: -(-len(jobs) // SHORTER)]
        length = self._fitting(length, len(finalists))
        self._rung(
            [(found.labels, rng, Cycle(length, heat)) for found, rng, heat in finalists if found.labels is not None]
        )

    def _rung(
        self, jobs: list[tuple[Array, np.random.Generator, Cycle]]
    ) -> list[tuple[Best, np.random.Generator, float]]:
        """Anneal some runs side by side; returns what became of each, with its generator and heat."""
        reached = []
        for (_, rng, fall), (found, spent) in zip(
            jobs, in_order(self._anneal, jobs, self.method.workers), strict=False
        ):
            self.iterations += spent
            self._take(found)
            reached.append((found, rng, fall.heat))
            if self._done():
                break
        return [] if self.stop.reason else reached

    def _affordable(self, length: int, cycles: int) -> int:
        """A cycle's length, shortened where the iteration budget would not hold that many."""
        budget = self.stop.iteration_budget
        return length if budget is None else max(min(length, budget // (cycles + 1)), 1)

    def _anneal(self, labels: Array, rng: np.random.Generator, cycle: Cycle) -> tuple[Best, int]:
        return self._drive(Run(self.compiled, labels, rng), cycle, alone=self.method.workers == 1)

    def _drive(self, run: Run, cycle: Cycle, *, alone: bool) -> tuple[Best, int]:
        """Run a cycle in blocks short enough to hear the clock and the interrupt key in between."""
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
        return out_of_budget or self._out_of_time()

    def _polish(self) -> None:
        """Reheat the best plan or divide parts of it anew, whichever has brought more; now and then the other."""
        parts, usable = Resplitting(self.compiled, self.rng), self._divides()
        arms = {"reheat": _Arm(self._reheat)}
        if usable:
            arms |= {"resplit": _Arm(lambda _: self._resplit(parts), math.inf), "shake": _Arm(self._shake)}
        if relocating.suits(self.compiled):
            places = Relocating(self.compiled, self.rng)
            arms |= {"relocate": _Arm(lambda fall: self._relocate(places, fall), math.inf)}
        for turn, fall in enumerate(self._reheats()):
            if self._done() or self.best.labels is None:
                return
            arm = max(arms.values(), key=lambda a: a.credit)
            if arm.credit == 0 or turn % OTHER_EVERY == OTHER_EVERY - 1:
                arm = min(arms.values(), key=lambda a: a.spent)
            elif self.best.violation > 0:
                arm = arms["reheat"]  # requirements first
            before, began = self.best, self.stop.seconds
            spent = arm.run(fall)
            cost = max(spent if self.stop.time_limit is None else self.stop.seconds - began, 1e-9)
            arm.spent += cost
            arm.credit += RECENT * (_gain(before, self.best) / cost - arm.credit)

    def _divides(self) -> bool:
        """Whether parts are divided anew: only where the clock alone ends the search.

        How long one takes is hard to foresee, and the plan of an iteration budget must not depend on the clock.
        """
        clock_alone = self.stop.time_limit is not None and self.stop.iteration_budget is None
        return clock_alone and suits(self.compiled)

    def _labels(self) -> Array:
        """Labels of the best plan; the caller has seen that there is one."""
        if self.best.labels is None:
            message = "there is no plan yet"
            raise RuntimeError(message)
        return self.best.labels

    def _resplit(self, parts: Resplitting) -> int:
        """Divide some parts of the best plan anew."""
        tries = min(self.compiled.problem.n_territories, MOST_PARTS)
        found, tried = parts.improve(self.best, tries, self._turn())
        self.iterations += tried * PART_EFFORT
        self._take(found)
        return tried * PART_EFFORT

    def _shake(self, fall: Cycle) -> int:
        """Anneal the best plan as hot as a fresh start, and divide parts of what comes out anew."""
        heat = float(self.rng.choice(HEATS))
        run = Run(self.compiled, self._labels(), self.rng)
        shaken, spent = self._drive(run, Cycle(fall.length, heat), alone=True)
        parts = Resplitting(self.compiled, self.rng)
        tries = min(SHAKEN_PARTS * self.compiled.problem.n_territories, MOST_SHAKEN)
        found, tried = parts.improve(self._merged(shaken), tries, self._turn())
        spent += tried * PART_EFFORT
        self.iterations += spent
        self._take(found)
        return spent

    def _relocate(self, places: Relocating, fall: Cycle) -> int:
        """Close some territories of the best plan, open others elsewhere, and keep what has become better for it."""
        labels = places.relocate(self.best)
        if labels is None:
            return fall.length  # a turn that finds nothing should not come again soon
        run = Run(self.compiled, labels, self.rng)
        found, spent = self._drive(run, Cycle(-(-fall.length // SHORTER), SETTLING), alone=True)
        self.iterations += spent
        self._take(self._merged(found))
        return spent

    def _turn(self) -> Callable[[], float]:
        """Seconds left of a turn that begins now; no turn takes more than a part of the time limit."""
        end = self.stop.seconds + TURN * (self.stop.time_limit or math.inf)
        return lambda: 0.0 if self.stop.interrupted else min(self.stop.seconds_left, end - self.stop.seconds)

    def _reheat(self, fall: Cycle) -> int:
        """Anneal the best plan again or, when that has brought nothing for some time, a fresh diagram."""
        if self.failures >= PATIENCE:
            labels, self.failures = power_start(self.compiled, self.rng, self._out_of_time), 0
            fall = Cycle(fall.length, HEATS[int(self.rng.integers(len(HEATS)))])
        else:
            labels = self._labels()
        found, spent = self._drive(Run(self.compiled, labels, self.rng), fall, alone=True)
        self.iterations += spent
        self.failures = 0 if self._take(self._merged(found)) else self.failures + 1
        return spent

    def _merged(self, found: Best) -> Best:
        """What was made from the best plan, where it is better; the best plan elsewhere."""
        return crossed(self.compiled, self.best, found, self.rng) if separable(self.compiled) else found

    def _reheats(self) -> Iterator[Cycle]:
        """Gentle cycles that get longer, endless where a limit ends them; hot ones while something is violated."""
        number, growth, before = 0, 1, self.best
        while not self.stop.open_ended or self._worthwhile(number):
            met = self.best.violation == 0
            length = self.cycle_length * growth if met else -(-self.cycle_length // SHORTER)
            length = self._fitting(length, SHARES if growth > 1 else 1)
            heats, insistence = (HEATS, 1.0) if met else (RESTORING, RESTORING_PRICE)
            yield Cycle(length, self.method.reheat * heats[number % len(heats)], insistence)
            number += 1
            if number % len(HEATS) == 0:
                stale, before = not self.best.beats(before), self.best
                if stale and (self.stop.time_limit is not None or growth < MOST_GROWTH):
                    growth *= 2

    def _worthwhile(self, number: int) -> bool:
        """Without any limit: whether to go on, for longer while requirements are broken."""
        effort = max(EFFORT * self.cycle_length, LEAST_EFFORT)
        return self.iterations < effort or (self.best.violation > 0 and number < STUBBORN)

    def _fitting(self, length: int, cycles: int = 1) -> int:
        """A cycle's length, shortened so that as many as that end before the clock and the budget do."""
        if self.stop.time_limit is not None:
            rate = self.iterations / max(self.stop.seconds - self.drawn_at, 1e-9) if self.iterations else FIRST_RATE
            length = min(length, int(0.9 * self.stop.seconds_left * rate / max(cycles, 1)))
        budget = self.stop.iteration_budget
        if budget is not None:
            length = min(length, (budget - self.iterations) // max(cycles, 1))
        return max(length, 1)

    def _out_of_time(self) -> bool:
        return self.stop.interrupted or self.stop.seconds_left <= 0

    def _take(self, found: Best) -> bool:
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

    def _progress(self, iterations: int) -> Progress:
        return Progress(iterations, self.stop.seconds, self.best.objective, self.best.violation, self.last_improvement)

    def _done(self) -> bool:
        progress = self._progress(self.iterations)
        self.observer.on_progress(progress)
        return self.stop.reached(progress)
