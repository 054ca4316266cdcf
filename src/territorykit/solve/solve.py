"""The one door to all methods: it seeds, times, re-checks and sets the status."""

import logging
from dataclasses import dataclass, replace
from numbers import Real
from time import monotonic

import numpy as np

from territorykit.criteria.objective import best_centers, objective
from territorykit.criteria.violations import violations
from territorykit.errors import PlanError, RequirementError
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Answer, Bound, Conflict, Result, Status, StopReason, Violation
from territorykit.model.workload import BalancedWorkload
from territorykit.solve.auto import Method, choose_method
from territorykit.solve.diagnosis.collisions import MOST_CHOICES, collisions
from territorykit.solve.diagnosis.conflicts import conflicts
from territorykit.solve.exact.enumeration import best_of_all
from territorykit.solve.progress import Observer
from territorykit.solve.stop import MaxIterations, Stop, StopRule

SOLVED = 1e-6
"""A gap that is none: solvers work with numbers of about that precision."""

_log = logging.getLogger(__name__)

PROOF_SECONDS = 10.0
"""How long it is tried at most to prove that there is no plan, where the search found none."""


def solve(
    problem: Problem,
    method: Method | None = None,
    *,
    seed: int = 0,
    time_limit: float | None = None,
    stop: int | StopRule | None = None,
    start: Plan | None = None,
    workers: int = 1,
    observer: Observer | None = None,
) -> Result:
    """Search for a good plan; every plan is re-checked from its labels alone.

    Parameters
    ----------
    problem
        What to solve.
    method
        Which method to use, with its settings; chosen by the problem without it.
    seed
        Seed of the random numbers. The same seed with the same iteration budget gives the same plan.
    time_limit
        Seconds. Without `stop`, the search goes on for that long.
    stop
        An iteration budget, or a rule such as `NoImprovement`. Without it and without a time limit the
        method's own budget holds, which grows with the problem.
    start
        A plan to start from, such as today's. The result is never worse than it.
    workers
        Threads. They do not change the plan that an iteration budget gives.
    observer
        Is told about the progress, such as a `ProgressBar`.

    Returns
    -------
    Result
        With status OPTIMAL where the plan meets every requirement and is proven best within the method's gap,
        FEASIBLE where it meets every requirement, VIOLATING where the best one found breaks some,
        INFEASIBLE where it is proven that no plan exists, NOT_FOUND otherwise. On small problems without a
        plan the proof is tried for up to ten seconds, within the time limit; the closest plan stays in the
        result. An interrupt returns the best plan so far.

    Raises
    ------
    RequirementError
        If a setting is out of range.
    PlanError
        If the start does not belong to the problem's units and territories.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> from territorykit.model.requirements import Balance, Contiguous
    >>> from territorykit.model.unit_graph import UnitGraph
    >>> row, ways = [[i, 0] for i in range(6)], [[i, i + 1] for i in range(5)]
    >>> graph = UnitGraph(range(6), row, ways, [Activity("calls", [1] * 6)])
    >>> result = solve(Problem(graph, 3, [Balance("calls", 0.1), Contiguous()]), seed=1, stop=10_000)
    >>> result.status
    <Status.FEASIBLE: 'feasible'>
    >>> result.require_plan().sizes("calls")
    array([2., 2., 2.])
    """
    rule = _rule(stop)
    _check(problem, seed, time_limit, workers)
    _check_parts(method, observer)
    if start is not None:
        start = check_start(start, problem)
    watch, observer = Stop(rule, time_limit), observer or Observer()
    chosen = choose_method(problem, workers) if method is None else method
    outcome = _Outcome(seed=int(seed), method=repr(chosen), watch=watch, gap=float(getattr(chosen, "gap", 0.0)))
    observer.on_start(problem, watch)
    collisions = conflicts(problem)
    if collisions:
        result = outcome.infeasible(collisions)
    else:
        with watch.listening():
            answer = chosen.run(problem, np.random.default_rng(seed), start, watch, observer)
        result = outcome.judged(problem, answer, start)
        if method is None and result.status in (Status.VIOLATING, Status.NOT_FOUND):
            result = _chosen(problem, result, outcome)
        result = _explained(problem, result, watch, time_limit)
    _log.info("%s after %.1f s", result.status.value, result.runtime)
    observer.on_end(result)
    return result


def _chosen(problem: Problem, result: Result, outcome: "_Outcome") -> Result:
    """The best plan of all territories there can be, where they are so few that they can be written down."""
    watch = outcome.watch
    seconds = PROOF_SECONDS if watch.time_limit is None else min(PROOF_SECONDS, watch.seconds_left)
    best = None if watch.reason == "interrupt" else best_of_all(problem, seconds)
    if best is None or best.labels is None:
        return result
    bound = None
    if np.isfinite(best.bound):
        bound = Bound(best.bound, "free", np.zeros(0), "choice of all territories", watch.seconds)
    return outcome.judged(problem, Answer(best.labels, bound=bound, trace=result.trace), None)


def _explained(problem: Problem, result: Result, watch: Stop, time_limit: float | None) -> Result:
    """A result without a plan that meets all, with the proof that none exists where the time suffices for one."""
    small = problem.graph.n_units * problem.n_territories <= MOST_CHOICES
    if result.status not in (Status.VIOLATING, Status.NOT_FOUND) or not small or watch.reason == "interrupt":
        return result
    seconds = PROOF_SECONDS if time_limit is None else min(PROOF_SECONDS, time_limit - watch.seconds)
    found = collisions(problem, monotonic() + seconds) if seconds > 0 else None
    if not found:
        return result
    return replace(result, status=Status.INFEASIBLE, conflicts=found, runtime=watch.seconds)


def _rule(stop: int | StopRule | None) -> StopRule | None:
    if stop is None or callable(stop):
        return stop
    if isinstance(stop, bool) or not isinstance(stop, int | np.integer):
        message = f"stop must be a number of iterations or a rule such as NoImprovement, got {stop!r}"
        raise RequirementError(message)
    return MaxIterations(int(stop))


def _check(problem: Problem, seed: int, time_limit: float | None, workers: int) -> None:
    check_problem(problem, "solve")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        message = f"seed must be a whole number from 0, got {seed!r}"
        raise RequirementError(message)
    check_time_limit(time_limit)
    check_workers(workers)


def check_problem(problem: object, door: str) -> None:
    """Raise a RequirementError where a door is given something else than a problem."""
    if not isinstance(problem, Problem):
        message = f"{door} expects a Problem, got a {type(problem).__name__}"
        raise RequirementError(message)


def check_time_limit(time_limit: float | None) -> None:
    """Raise a RequirementError where it is neither None nor a positive number."""
    timed = isinstance(time_limit, Real) and not isinstance(time_limit, bool) and time_limit > 0
    if time_limit is not None and not timed:
        message = f"time_limit must be a positive number of seconds, got {time_limit!r}"
        raise RequirementError(message)


def check_workers(workers: int) -> None:
    """Raise a RequirementError where it is no whole number from 1."""
    if isinstance(workers, bool) or not isinstance(workers, int | np.integer) or workers < 1:
        message = f"workers must be a whole number from 1, got {workers!r}"
        raise RequirementError(message)


def _check_parts(method: object, observer: object) -> None:
    if method is not None and (isinstance(method, type) or not callable(getattr(method, "run", None))):
        message = f"method must be an object with run(), such as Annealing(), got {method!r}"
        raise RequirementError(message)
    if observer is not None and (isinstance(observer, type) or not callable(getattr(observer, "on_start", None))):
        message = f"observer must be an Observer, such as ProgressBar(), got {observer!r}"
        raise RequirementError(message)


def check_start(start: Plan, problem: Problem) -> Plan:
    """The start as a plan of this problem: by unit id and territory name, or by position where names differ."""
    if not isinstance(start, Plan):
        message = f"the start is a {type(start).__name__}; make a plan of it with Plan.from_labels(problem, labels)"
        raise PlanError(message)
    if start.problem == problem:
        return start
    if set(start.problem.graph.ids) != set(problem.graph.ids):
        message = "the start belongs to other units than the problem; make it with Plan.from_labels(problem, labels)"
        raise PlanError(message)
    if start.problem.n_territories != problem.n_territories:
        message = (
            f"the start has {start.problem.n_territories:,} territories, the problem {problem.n_territories:,}; "
            "make it with Plan.from_labels(problem, labels)"
        )
        raise PlanError(message)
    if set(start.problem.names) == set(problem.names):
        return Plan.from_labels(problem, dict(zip(start.problem.graph.ids, start.to_names(), strict=True)))
    labels = np.empty(problem.graph.n_units, np.int64)
    labels[problem.graph.positions(start.problem.graph.ids)] = start.labels
    return Plan(problem, labels)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Makes the result from what a method returned."""

    seed: int
    method: str
    watch: Stop
    gap: float = 0.0

    def infeasible(self, collisions: tuple[Conflict, ...]) -> Result:
        return self._result(Status.INFEASIBLE, None, None, (), collisions, reason="infeasible")

    def judged(self, problem: Problem, answer: Answer, start: Plan | None) -> Result:
        if answer.conflicts:
            return self.infeasible(answer.conflicts)
        plans = [] if answer.labels is None else [Plan(problem, answer.labels, answer.centers)]
        plans += [] if start is None else [start]
        if not plans:
            return self._result(Status.NOT_FOUND, answer, None, (), ())
        judged = [_judge(plan) for plan in plans]
        plan, found, _ = min(judged, key=lambda j: (sum(v.excess for v in j[1]), j[2]))
        return self._result(self._status(answer, plan, found), answer, plan, found, ())

    def _status(self, answer: Answer, plan: Plan, found: tuple[Violation, ...]) -> Status:
        """Optimal only where nothing is broken and the method's bound is as near as it was asked for."""
        if found:
            return Status.VIOLATING
        gap = gap_of(answer.bound, objective(plan))
        return Status.OPTIMAL if gap is not None and gap <= self.gap + SOLVED else Status.FEASIBLE

    def _result(
        self,
        status: Status,
        answer: Answer | None,
        plan: Plan | None,
        found: tuple[Violation, ...],
        collisions: tuple[Conflict, ...],
        *,
        reason: StopReason | None = None,
    ) -> Result:
        value = None if plan is None else objective(plan)
        bound = None if answer is None else answer.bound
        return Result(
            status=status,
            stopped_by=reason or self.watch.reason or "finished",
            plan=plan,
            objective=value,
            bound=bound,
            gap=None if value is None or found else gap_of(bound, value),
            violations=found,
            conflicts=collisions,
            runtime=self.watch.seconds,
            seed=self.seed,
            method=self.method,
            trace=() if answer is None else answer.trace,
        )


def gap_of(bound: Bound | None, value: float) -> float | None:
    """How far a plan may be from the best one, as a fraction of its objective; None where nothing is proven."""
    if bound is None or bound.centers != "free" or not np.isfinite(value):
        return None
    off = max(value - bound.value, 0.0)
    return 0.0 if off == 0 else off / abs(value) if value != 0 else np.inf


def _judge(plan: Plan) -> tuple[Plan, tuple[Violation, ...], float]:
    if plan.centers is None or not plan.problem.of_type(BalancedWorkload):
        plan = replace(plan, centers=best_centers(plan))
    return plan, violations(plan), objective(plan)
