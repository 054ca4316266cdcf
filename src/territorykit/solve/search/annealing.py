"""The default method: power-diagram starts, annealing of their borders, and reheating of the best plan."""

from dataclasses import dataclass
from itertools import cycle

import numpy as np

from territorykit.errors import RequirementError
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Answer
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.parallel import in_order
from territorykit.solve.progress import Observer
from territorykit.solve.search.course import Course
from territorykit.solve.search.drawing import Drawing, Drawn
from territorykit.solve.search.run import Best, Cycle, Run
from territorykit.solve.search.turns import HEATS, RESTORING_PRICE, SHARES, SHORTER, Turns
from territorykit.solve.search.warm_up import warm_up
from territorykit.solve.start.plan import plan_start
from territorykit.solve.stop import Stop

DIAGRAMS_PER_START = 3
"""How many diagrams are drawn for each one that is annealed: drawing is cheap, and basins differ."""
STARTS_OF_UNITS = 60_000
"""How many units all first plans have together, but no fewer than one plan and no more than twelve."""
MOST_STARTS = 12


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
        course = Course(compile_problem(problem), rng, stop, observer, self.proposals_per_unit)
        return _Search(self, course).run(start)


@dataclass(frozen=True, slots=True)
class _Search:
    """One run of the method: first plans, then turns that improve the best."""

    method: Annealing
    course: Course

    def run(self, start: Plan | None) -> Answer:
        course, compiled = self.course, self.course.compiled
        if start is not None:
            course.take(Run(compiled, plan_start(compiled, start), course.rng).as_best())
        if compiled.problem.n_territories > 1:
            self._fresh_starts(start)
            Turns(course, self.method.reheat).run()
        else:
            course.take(Run(compiled, np.zeros(compiled.n_nodes, np.int32), course.rng).as_best())
        best, trace = course.best, tuple(course.trace)
        if best.labels is None or len(np.unique(best.labels)) < compiled.problem.n_territories:
            return Answer(None, trace=trace)
        centers = Run(compiled, best.labels, course.rng).centers_of_units
        return Answer(compiled.labels_of_units(best.labels), best.objective, trace=trace, centers=centers)

    @property
    def n_starts(self) -> int:
        """More where starts are cheap: the basin of the start decides more than how long it is polished."""
        fitting = round(STARTS_OF_UNITS / self.course.compiled.n_nodes)
        return self.method.starts or int(np.clip(fitting, 1, MOST_STARTS))

    def _fresh_starts(self, start: Plan | None) -> None:
        """Draw diagrams, anneal the better ones: side by side, but as many whatever the number of workers."""
        course = self.course
        drawn = self._drawn(self.n_starts if start is None else max(1, self.n_starts // 2))
        length = course.affordable(course.cycle_length, len(drawn))
        if len(drawn) == 1:
            _, labels, rng = drawn[0]
            self._rung([(labels, rng, Cycle(course.fitting(length, 2), HEATS[0]))])
            return
        first = course.fitting(-(-length // SHORTER), len(drawn))
        jobs = [(labels, rng, Cycle(first, heat)) for (_, labels, rng), heat in zip(drawn, cycle(HEATS), strict=False)]
        finalists = sorted(self._rung(jobs), key=lambda entry: entry[0].key)[: -(-len(jobs) // SHORTER)]
        length = course.fitting(length, len(finalists))
        self._rung(
            [(found.labels, rng, Cycle(length, heat)) for found, rng, heat in finalists if found.labels is not None]
        )

    def _drawn(self, wanted: int) -> list[Drawn]:
        """The best diagrams; where the clock counts and there is no plan yet, the first is annealed at once."""
        course = self.course
        drawing = Drawing(course.compiled, course.stop, self.method.workers)
        children = course.rng.spawn(wanted * DIAGRAMS_PER_START)
        first = drawing.first(children[0])
        took = course.drawing_seconds = course.stop.seconds
        if drawing.slow(took):
            return [first]
        if course.stop.time_limit is not None and course.best.violation > 0:
            self._quick(first[1])
        began = course.stop.seconds
        drawn = drawing.others(first, took, children[1:], course.done)
        course.drawing_seconds += course.stop.seconds - began
        return drawn[:wanted]

    def _quick(self, labels: Array) -> None:
        """Anneal a first plan for a short time; where that leaves something broken, mend it as long again."""
        course, rng = self.course, self.course.rng.spawn(1)[0]
        length = course.fitting(-(-course.cycle_length // SHORTER), SHARES)
        self._rung([(labels, rng, Cycle(length, HEATS[0]))])
        if course.best.violation > 0 and course.best.labels is not None:
            self._rung([(course.best.labels, rng, Cycle(length, 0.0, RESTORING_PRICE))])

    def _rung(
        self, jobs: list[tuple[Array, np.random.Generator, Cycle]]
    ) -> list[tuple[Best, np.random.Generator, float]]:
        """Anneal some runs side by side; returns what became of each, with its generator and heat."""
        course, reached = self.course, []
        for (_, rng, fall), (found, spent) in zip(
            jobs, in_order(self._anneal, jobs, self.method.workers), strict=False
        ):
            course.iterations += spent
            course.remember(found)
            course.take(found)
            reached.append((found, rng, fall.heat))
            if course.done():
                break
        return [] if course.stop.reason else reached

    def _anneal(self, labels: Array, rng: np.random.Generator, cycle: Cycle) -> tuple[Best, int]:
        return self.course.drive(Run(self.course.compiled, labels, rng), cycle, alone=self.method.workers == 1)
