"""Turns that improve the best plan: by what has brought most for its cost lately, and by the others alike."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from territorykit.solve.kernels.anneal import MET
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.search import relocating, resplitting
from territorykit.solve.search.course import Course
from territorykit.solve.search.crossing import crossed, separable
from territorykit.solve.search.pooling import Pool
from territorykit.solve.search.relocating import Relocating
from territorykit.solve.search.resplitting import Resplitting
from territorykit.solve.search.run import Best, Cycle, Run
from territorykit.solve.start.centers import power_start

HEATS = (0.1, 0.4, 1.5)
"""Temperatures of fresh starts, in turn: units of like size need little, a few large ones among small ones more."""
RESTORING = (0.0, 0.3, 3.0)
"""Temperatures while requirements are broken, in turn; at 0 they are mended only."""
RESTORING_PRICE = 8.0
"""Factor on the price of violation meanwhile."""
SETTLING = 0.03
"""Temperature after territories went elsewhere: their surroundings settle, and the rest stays as it is."""
SHORTER = 4
"""Cycles that only try something out, or mend, are shorter by this factor."""
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

MOST_PARTS = 24
"""Parts that are divided anew in one turn."""
PART_EFFORT = 100_000
"""Proposals that one of them counts for, where rules and the trace count them."""
SHAKEN_PARTS = 2
"""Parts of a shaken plan that are divided anew, over the number of territories; no more than MOST_SHAKEN."""
MOST_SHAKEN = 64
TURN = 0.1
"""Part of a time limit that integer programs may take before something else has a turn."""


@dataclass(slots=True)
class _Arm:
    """One way to improve the best plan: what its last turn has brought per cost, and what all have cost."""

    run: Callable[[], int]
    ready: Callable[[], bool] = lambda: True
    brought: float = math.inf
    spent: float = 0.0


def _gain(before: Best, after: Best) -> float:
    """How much better a plan is: relative to the objective, or in whole numbers where it breaks less."""
    if after.violation < before.violation - MET:
        return 1.0
    return max(before.objective - after.objective, 0.0) / max(abs(after.objective), 1e-300)


@dataclass(slots=True)
class Turns:
    """Improves the best plan of a course until it is done; `reheat` is a part of the heat of fresh starts."""

    course: Course
    reheat: float
    failures: int = field(init=False, default=0)
    cycles: int = field(init=False, default=0)
    growth: int = field(init=False, default=1)
    before: Best = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.course.best

    def run(self) -> None:
        """Take turns until done: half of the time for what brought most for its cost, half for what has had least."""
        course, arms, favored, others = self.course, self._arms(), 0.0, 0.0
        while not course.done() and course.best.labels is not None and self._worthwhile():
            favor = favored <= others
            arm = self._chosen(arms, favor=favor)
            before, began = course.best, course.stop.seconds
            spent = arm.run()
            cost = max(spent if course.stop.time_limit is None else course.stop.seconds - began, 1e-9)
            arm.spent += cost
            arm.brought = _gain(before, course.best) / cost
            favored, others = favored + cost * favor, others + cost * (not favor)

    def _chosen(self, arms: dict[str, _Arm], *, favor: bool) -> _Arm:
        ready = [arm for arm in arms.values() if arm.ready()]
        best = max(ready, key=lambda arm: arm.brought)
        if best.brought == 0 or not favor:
            return min(ready, key=lambda arm: arm.spent)
        return best if self.course.best.violation == 0 else arms["reheat"]  # requirements first

    def _arms(self) -> dict[str, _Arm]:
        """What suits the problem and its limits."""
        compiled, pool = self.course.compiled, self.course.pool
        arms = {"reheat": _Arm(self._reheat)}
        if self.course.clock_alone and resplitting.suits(compiled):
            parts = Resplitting(compiled, self.course.rng)
            arms |= {"resplit": _Arm(lambda: self._resplit(parts)), "shake": _Arm(self._shake)}
        if pool is not None:
            arms["combine"] = _Arm(
                lambda: self._combine(pool), lambda: pool.news > 0 and self.course.best.violation == 0
            )
        if relocating.suits(compiled):
            places = Relocating(compiled, self.course.rng)
            arms["relocate"] = _Arm(lambda: self._relocate(places))
        return arms

    def _cycle(self) -> Cycle:
        """A gentle cycle, longer after a round that brought nothing; a hot one while something is violated."""
        course = self.course
        if self.cycles > 0 and self.cycles % len(HEATS) == 0:
            stale, self.before = not course.best.beats(self.before), course.best
            if stale and (course.stop.time_limit is not None or self.growth < MOST_GROWTH):
                self.growth *= 2
        met = course.best.violation == 0
        length = course.cycle_length * self.growth if met else -(-course.cycle_length // SHORTER)
        length = course.fitting(length, SHARES if self.growth > 1 else 1)
        heats, insistence = (HEATS, 1.0) if met else (RESTORING, RESTORING_PRICE)
        heat = self.reheat * heats[self.cycles % len(heats)]
        self.cycles += 1
        return Cycle(length, heat, insistence)

    def _worthwhile(self) -> bool:
        """Without any limit: whether to go on, for longer while requirements are broken."""
        course = self.course
        if not course.stop.open_ended:
            return True
        effort = max(EFFORT * course.cycle_length, LEAST_EFFORT)
        return course.iterations < effort or (course.best.violation > 0 and self.cycles < STUBBORN)

    def _labels(self) -> Array:
        """Labels of the best plan; the caller has seen that there is one."""
        if self.course.best.labels is None:
            message = "there is no plan yet"
            raise RuntimeError(message)
        return self.course.best.labels

    def _merged(self, found: Best) -> Best:
        """What was made from the best plan, where it is better; the best plan elsewhere."""
        course = self.course
        course.remember(found)
        return crossed(course.compiled, course.best, found, course.rng) if separable(course.compiled) else found

    def _anneal(self, labels: Array, fall: Cycle) -> tuple[Best, int]:
        return self.course.drive(Run(self.course.compiled, labels, self.course.rng), fall)

    def _reheat(self) -> int:
        """Anneal the best plan again or, when nothing has helped for some time, a fresh diagram."""
        course, labels, fall = self.course, self._labels(), self._cycle()
        if self.failures >= PATIENCE:
            labels, self.failures = power_start(course.compiled, course.rng, course.out_of_time), 0
            fall = Cycle(fall.length, HEATS[int(course.rng.integers(len(HEATS)))])
        found, spent = self._anneal(labels, fall)
        course.iterations += spent
        self.failures = 0 if course.take(self._merged(found)) else self.failures + 1
        return spent

    def _resplit(self, parts: Resplitting) -> int:
        """Divide some parts of the best plan anew."""
        course = self.course
        found, tried = parts.improve(course.best, min(course.compiled.problem.n_territories, MOST_PARTS), self._turn())
        course.iterations += tried * PART_EFFORT
        course.take(found)
        return tried * PART_EFFORT

    def _shake(self) -> int:
        """Anneal the best plan as hot as a fresh start, and divide parts of what comes out anew."""
        course = self.course
        shaken, spent = self._anneal(self._labels(), Cycle(self._cycle().length, float(course.rng.choice(HEATS))))
        tries = min(SHAKEN_PARTS * course.compiled.problem.n_territories, MOST_SHAKEN)
        found, tried = Resplitting(course.compiled, course.rng).improve(self._merged(shaken), tries, self._turn())
        spent += tried * PART_EFFORT
        course.iterations += spent
        course.take(found)
        return spent

    def _relocate(self, places: Relocating) -> int:
        """Close some territories of the best plan, open others elsewhere, and keep what has become better for it."""
        labels = places.relocate(self.course.best)
        if labels is None:
            return self._reheat()
        found, spent = self._anneal(labels, Cycle(-(-self._cycle().length // SHORTER), SETTLING))
        self.course.iterations += spent
        self.course.take(self._merged(found))
        return spent

    def _combine(self, pool: Pool) -> int:
        """Put the best plan together from territories of all plans seen."""
        self.course.take(pool.combined(self.course.best, self._turn()))
        self.course.iterations += PART_EFFORT
        return PART_EFFORT

    def _turn(self) -> Callable[[], float]:
        """Seconds left of a turn that begins now; no turn takes more than a part of the time limit."""
        stop = self.course.stop
        end = stop.seconds + TURN * (stop.time_limit or math.inf)
        return lambda: 0.0 if stop.interrupted else min(stop.seconds_left, end - stop.seconds)
