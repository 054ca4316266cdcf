"""A plan and its bound, driven towards each other until they meet."""

import logging
import math
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Real

import numpy as np

from territorykit.criteria.objective import best_centers, objective
from territorykit.criteria.violations import violations
from territorykit.errors import BackendError, NoPlanError, RequirementError
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Bound, Result, Status, StopReason, TracePoint
from territorykit.model.workload import BalancedWorkload
from territorykit.solve.bound.ascent import Raised
from territorykit.solve.bound.bound import as_bound, bounded_terms_only, cut_at, own_cost, start_tree
from territorykit.solve.bound.costs import Relaxation, relax
from territorykit.solve.bound.guided import plan_of
from territorykit.solve.bound.mask import still_open
from territorykit.solve.bound.net import bound_on_net, needs_net
from territorykit.solve.bound.tree import Part, Tree
from territorykit.solve.exact.enumeration import FEW_CHOICES, MOST_CHOICES, best_of_all
from territorykit.solve.exact.hess import solve_hess
from territorykit.solve.exact.layout import columns_are_territories
from territorykit.solve.exact.method import all_together
from territorykit.solve.progress import Observer
from territorykit.solve.solve import SOLVED, check_problem, check_start, check_time_limit, check_workers, gap_of, solve
from territorykit.solve.stop import Progress, Stop

SEARCH, DIVIDE = 0.1, 0.7
"""Until which part of the time a plan is sought first, and the bound is raised next; the exact model has the rest."""

PLACES = 60_000
"""Most pairs of unit and center that the exact model is given."""

CANDIDATES = 20_000
"""Most candidates in all open parts together for which it is worked out where units may still go."""

GLANCE, GLANCE_PER_UNIT = 0.2, 0.01
"""Seconds that the first search takes at most, and those per unit: small problems have their plan at once."""

GUIDED = 0.06
"""Part of the time for a search from the centers that the bound suggests."""

_log = logging.getLogger(__name__)


def prove(
    problem: Problem,
    *,
    start: Plan | None = None,
    gap: float = 0.0,
    time_limit: float | None = None,
    workers: int = 1,
    observer: Observer | None = None,
) -> Result:
    """A plan and a bound, driven towards each other until they meet.

    A search finds a plan, or improves the start. The bound is raised by prices and by dividing the choices of
    centers; what it suggests as centers starts the search again. Where that leaves something open, such as what
    contiguity costs, the exact model decides among the places that are left.

    Parameters
    ----------
    problem
        What to solve.
    start
        A plan to start from, such as that of `solve`. The result is never worse than it.
    gap
        Relative gap at which to stop: 0.01 is one per cent.
    time_limit
        Seconds. Without it the proof goes on until it is complete, which may take very long.
    workers
        Threads.
    observer
        Is told about the progress.

    Returns
    -------
    Result
        The plan with its bound and gap. OPTIMAL where the plan meets every requirement and the gap is not above the
        one asked for; INFEASIBLE where it is proven that no plan exists.

    Raises
    ------
    RequirementError
        If a setting is out of range.
    PlanError
        If the start does not belong to the problem.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(range(6), [[i, 0] for i in range(6)], [[i, i + 1] for i in range(5)])
    >>> problem = tk.Problem(graph, 2, tk.Contiguous(), tk.Compactness())
    >>> result = prove(problem, time_limit=20)
    >>> result.status, round(result.objective, 3), round(result.gap, 3)
    (<Status.OPTIMAL: 'optimal'>, 4.0, 0.0)
    """
    _check(problem, gap, time_limit, workers)
    watch, observer = Stop(None, time_limit), observer or Observer()
    start = None if start is None else check_start(start, problem)
    drive = _Drive(problem, gap, workers, watch, observer)
    observer.on_start(problem, watch)
    with watch.listening():
        result = drive.result(start)
    _log.info("%s after %.1f s", result.status.value, result.runtime)
    observer.on_end(result)
    return result


def _check(problem: Problem, gap: float, time_limit: float | None, workers: int) -> None:
    check_problem(problem, "prove")
    number = isinstance(gap, Real) and not isinstance(gap, bool)
    if not (number and 0 <= gap < 1):
        message = f"gap must be a fraction from 0 to below 1, got {gap!r}; for one per cent write 0.01"
        raise RequirementError(message)
    check_time_limit(time_limit)
    check_workers(workers)


@dataclass(slots=True)
class _Drive:
    """The state of a proof: the best plan, the best bound, and the search over the choices of centers."""

    problem: Problem
    gap: float
    workers: int
    watch: Stop
    observer: Observer
    plan: Plan | None = None
    value: float = math.inf
    excess: float = math.inf
    bound: Bound | None = None
    tree: Tree | None = None
    trace: list[TracePoint] = field(default_factory=list)
    suggestion: tuple[float, Raised] | None = None
    told: float = 0.0

    def result(self, start: Plan | None) -> Result:
        """Go through the stages until the gap is closed or the time is over."""
        limit, glance = self.watch.time_limit, GLANCE + GLANCE_PER_UNIT * self.problem.graph.n_units
        first = self._search(start, SEARCH if limit is None else min(SEARCH, glance / limit))
        if first.status is Status.INFEASIBLE or self._interrupted(first):
            return replace(first, method="prove", runtime=self.watch.seconds)
        infeasible = self._choose()
        if not infeasible and not self._closed():
            infeasible = self._raise()
        if not infeasible and not self._closed():
            infeasible = self._finish()
        return self._outcome(infeasible=infeasible)

    def _interrupted(self, result: Result) -> bool:
        self.watch.interrupted |= result.stopped_by == "interrupt"
        return self.watch.interrupted

    def _search(self, start: Plan | None, until: float) -> Result:
        limit = self.watch.time_limit
        seconds = None if limit is None else max(until * limit - self.watch.seconds, 0.05)
        found = solve(self.problem, start=start, time_limit=seconds, workers=self.workers)
        if found.plan is not None:
            self._take(found.plan)
        return found

    def _take(self, plan: Plan) -> None:
        """Keep a plan if it is better than the best one: the judge decides."""
        plan = replace(plan, centers=best_centers(plan))
        excess, value = sum(violation.excess for violation in violations(plan)), objective(plan)
        if self.plan is None or (excess, value) < (self.excess, self.value):
            self.plan, self.value, self.excess = plan, value, excess
            self.trace.append(TracePoint(self.watch.seconds, 0, value, excess, self._proven))
            if self.tree is not None and self.sound:
                cost = own_cost(self.problem, plan)
                self.tree.lower_cut(cost, cut_at(cost, self.gap))

    @property
    def sound(self) -> bool:
        """Whether the plan meets every requirement."""
        return self.excess == 0

    @property
    def _proven(self) -> float | None:
        return None if self.bound is None else self.bound.value

    def _closed(self) -> bool:
        off = gap_of(self.bound, self.value) if self.sound else None
        return off is not None and off <= self.gap + SOLVED

    def _over(self) -> bool:
        return self.watch.interrupted or self.watch.seconds_left <= 0

    def _note(self, bound: Bound) -> None:
        if self.bound is None or bound.value > self.bound.value:
            self.bound = bound

    def _choose(self) -> bool:
        """Choose among all territories where they can be written down; says whether there is no plan."""
        most = FEW_CHOICES if self.sound else MOST_CHOICES
        found = best_of_all(self.problem, self.watch.seconds_left, self.gap, most=most)
        if found is None or found.labels is None:
            return found is not None
        self._take(Plan(self.problem, found.labels))
        if np.isfinite(found.bound):
            self._note(Bound(found.bound, "free", np.zeros(0), "choice of all territories", self.watch.seconds))
        return False

    def _raise(self) -> bool:
        """Raise the bound by prices and parts; says whether that has proven that no plan exists."""
        problem, limit = self.problem, self.watch.time_limit
        if needs_net(problem):
            now = self.watch.started + self.watch.seconds
            until = math.inf if limit is None else self.watch.started + DIVIDE * limit
            self._note(bound_on_net(problem, now, until, plan=self.plan if self.sound else None))
            return False
        relaxation = relax(problem)
        plan = self.plan if self.sound else None
        try:
            room = math.inf if limit is None else (DIVIDE - SEARCH) / 2 * limit
            tree = self.tree = start_tree(relaxation, plan, self.gap, room)
        except NoPlanError:
            return True
        share = DIVIDE if self.sound else SEARCH + (DIVIDE - SEARCH) / 2
        for until in (SEARCH + (share - SEARCH) / 2, share):
            tree.run(partial(self._late, tree, until), self.workers, self._seen)
            self._note_tree(tree)
            if self._closed() or self._over():
                break
            self._follow(relaxation)
        self._note_tree(tree)
        return False

    def _note_tree(self, tree: Tree) -> None:
        if np.isfinite(tree.value):
            self._note(as_bound(tree, given=False, runtime=self.watch.seconds))

    def _late(self, tree: Tree, until: float) -> bool:
        limit = self.watch.time_limit
        if self.watch.seconds - self.told >= 0.25:  # noqa: PLR2004 - a few times a second
            self.told = self.watch.seconds
            shown = max(tree.value, self._proven or -math.inf) if np.isfinite(tree.value) else None
            self.observer.on_progress(Progress(len(tree.record), self.told, self.value, self.excess, 0, shown))
        return self.watch.interrupted or (limit is not None and self.watch.seconds >= until * limit)

    def _seen(self, part: Part, found: Raised) -> None:
        """Remember the most promising choice of centers: one in every region, at the lowest bound."""
        spread = int((part.need > 0).sum()) / part.need.sum()
        rank = found.value / spread if found.value > 0 else found.value
        if np.isfinite(found.value) and (self.suggestion is None or rank < self.suggestion[0]):
            self.suggestion = (rank, found)

    def _follow(self, relaxation: Relaxation) -> None:
        """Search from the centers that the bound suggests."""
        if self.suggestion is None or relaxation.named:
            return
        found, self.suggestion = self.suggestion[1], None
        limit = self.watch.time_limit
        here = self.watch.seconds / limit if limit is not None else 0.0
        suggested = plan_of(relaxation, found)
        if suggested is not None:
            self._search(suggested, here + GUIDED)

    def _masked(self) -> bool:
        """Whether what the tree leaves open is all that the exact model needs, in columns of the same kind."""
        if self.tree is None or not np.isfinite(self.tree.cut) or not bounded_terms_only(self.problem):
            return False
        return self.tree.relaxation.named == columns_are_territories(self.problem)

    def _finish(self) -> bool:
        """The exact model, on the places that the bound leaves; says whether it has proven that no plan exists."""
        if self._over() or self.problem.goal.center == "centroid":
            return False
        if self.problem.of_type(BalancedWorkload):  # the exact model does not hold it: the search has the rest
            self._search(self.plan, 1.0)
            return False
        mask, cutoff, places = None, None, self.problem.graph.n_units**2
        if self._masked():
            assert self.tree is not None  # noqa: S101 - for the type checker
            candidates = sum(int((part.region >= 0).sum()) for _, part in self.tree.left())
            if candidates <= CANDIDATES:
                mask, cutoff = still_open(self.tree), self.tree.cut
                places = int(mask.sum())
        if places > PLACES:
            self._search(self.plan, 1.0)
            return False
        left = None if self.watch.time_limit is None else max(self.watch.seconds_left, 0.05)
        try:
            found = solve_hess(
                self.problem,
                start=self.plan,
                open_to=mask,
                cutoff=cutoff,
                time_limit=left,
                threads=self.workers,
                gap=self.gap,
            )
        except BackendError as error:  # what is proven and found so far stays
            _log.warning("the exact model is left out: %s", error)
            return False
        if found.labels is not None:
            self._take(Plan(self.problem, found.labels))
        if found.bound is not None:
            value = found.bound if cutoff is None else min(found.bound, cutoff)
            method = "exact model" if mask is None else "Lagrangian relaxation and exact model"
            self._note(Bound(value, "free", np.zeros(0), method, self.watch.seconds))
        return found.infeasible

    def _outcome(self, *, infeasible: bool) -> Result:
        off = gap_of(self.bound, self.value) if self.sound else None
        status = Status.NOT_FOUND if self.plan is None else Status.FEASIBLE if self.sound else Status.VIOLATING
        status = Status.INFEASIBLE if infeasible else Status.OPTIMAL if self._closed() else status
        reason: StopReason = "infeasible" if infeasible else "finished"
        if not infeasible and not self._closed():
            reason = "interrupt" if self.watch.interrupted else "time_limit" if self._over() else "finished"
        broken = () if self.plan is None else violations(self.plan)
        self.trace.append(TracePoint(self.watch.seconds, 0, self.value, self.excess, self._proven))
        return Result(
            status=status,
            stopped_by=reason,
            plan=self.plan,
            objective=None if self.plan is None else self.value,
            bound=self.bound,
            gap=off,
            violations=broken,
            conflicts=all_together(self.problem) if infeasible else (),
            runtime=self.watch.seconds,
            seed=0,
            method=f"prove(gap={self.gap:g})",
            trace=tuple(self.trace),
        )
