"""Which requirements collide, and the smallest change of each of them alone that lets a plan exist."""

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from territorykit.criteria.violations import violations
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.requirements import Balance, Capacity, Contiguous, MaxTravel, Requirement
from territorykit.model.result import Conflict
from territorykit.model.workload import BalancedWorkload
from territorykit.solve.auto import choose_method
from territorykit.solve.diagnosis.relaxing import in_words, relaxed_to, released, remedy, setting
from territorykit.solve.diagnosis.ways import all_ways, rounded_up
from territorykit.solve.diagnosis.widening import widened
from territorykit.solve.exact.elastic import Verdict, decide
from territorykit.solve.exact.enumeration import best_of_all
from territorykit.solve.progress import Observer
from territorykit.solve.stop import MaxIterations, Stop

MOST_CHOICES = 600
"""Units times territories up to which requirements are taken apart by integer programs."""

SHORT_SECONDS = 0.5
"""How long an integer program has before a search is asked whether a plan exists."""

SHORT_SEARCH = 50_000
"""Proposals of that search."""


HOURS_LEFT_OUT = "; the band on hours of work is left out of this"
"""What is said where changes may not suffice, as hours of work depend on centers and are no sum over units."""


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """One requirement relaxed so that a plan exists; without a plan nothing was found."""

    requirement: Requirement
    to: tuple[Requirement, ...] | None
    units: tuple[object, ...]
    smallest: bool


def collisions(problem: Problem, until: float) -> tuple[Conflict, ...] | None:
    """The requirements of one irreducible collision, a conflict each.

    Requirements are left out one by one; those without which no plan exists either stay out (the deletion
    filter of Chinneck and Dravnieks 1991). What is left collides, and each of its parts is needed for that.

    Parameters
    ----------
    problem
        Small enough for integer programs: see `MOST_CHOICES`.
    until
        When to give up, on the clock of `time.monotonic`.

    Returns
    -------
    tuple of Conflict or None
        Empty where a plan exists; None where the time was too short to tell, or where all but the band on hours of
        work can be met. That band is left out: what collides without it collides with it, too.
    """
    others = tuple(r for r in problem.requirements if not isinstance(r, BalancedWorkload))
    hours = len(others) < len(problem.requirements)
    problem = problem.replace(requirements=others) if hours else problem
    kept = list(problem.requirements)
    verdict = _verdict(problem, kept, until)
    if verdict != "infeasible":
        return () if verdict == "feasible" and not hours else None
    proven = True
    for r in problem.requirements:
        without = [q for q in kept if q is not r]
        verdict = _verdict(problem, without, until)
        proven = proven and verdict != "open"
        if verdict == "infeasible":
            kept = without
    changes = [_smallest_change(problem, r, until) for r in kept]
    found = tuple(_conflict(changes, i, proven=proven) for i in range(len(changes)))
    return tuple(replace(c, message=c.message + HOURS_LEFT_OUT, smallest=False) for c in found) if hours else found


def _verdict(problem: Problem, requirements: list[Requirement], until: float) -> Verdict:
    """Whether a plan exists: by a short integer program, then by a short search, then by a long program.

    Programs are quick where nothing exists and slow where much does; with the search it is the other way round.
    """
    eased = problem.replace(requirements=tuple(requirements))
    found = best_of_all(eased, until - monotonic())
    if found is not None:
        return "infeasible" if found.infeasible else "feasible"
    verdict = decide(problem, requirements, None, min(until, monotonic() + SHORT_SECONDS)).verdict
    if verdict != "open":
        return verdict
    plan = _searched(eased, until)
    if plan is not None and not violations(plan):
        return "feasible"
    return decide(problem, requirements, None, until).verdict


def _searched(problem: Problem, until: float) -> Plan | None:
    """The plan of a short search, whatever it breaks."""
    watch = Stop(MaxIterations(SHORT_SEARCH), max(until - monotonic(), SHORT_SECONDS))
    answer = choose_method(problem, 1).run(problem, np.random.default_rng(0), None, watch, Observer())
    return None if answer.labels is None else Plan(problem, answer.labels)


def _smallest_change(problem: Problem, r: Requirement, until: float) -> _Change:
    others = [q for q in problem.requirements if q is not r]
    if isinstance(r, MaxTravel):
        return _longer_way(problem, r, others, until)
    wide = widened(problem, r, others, until) if isinstance(r, Balance | Capacity) else None
    if wide is not None:
        return _checked(problem, _Change(r, relaxed_to(r, Plan(problem, wide.labels)), (), wide.smallest), wide.labels)
    found = decide(problem, others, None if isinstance(r, Contiguous) else r, until)
    plan = _searched(problem, until) if found.labels is None else Plan(problem, found.labels)
    if plan is None:
        return _Change(r, None, (), smallest=False)
    to = relaxed_to(r, plan)
    if isinstance(r, Contiguous):
        units = tuple(u for v in violations(plan) if v.requirement is r for u in v.units)
    else:
        units = released(r, plan)
    return _checked(problem, _Change(r, to, units, smallest=found.smallest), plan.labels)


def _longer_way(problem: Problem, r: MaxTravel, others: list[Requirement], until: float) -> _Change:
    """The shortest limit that lets a plan exist, by bisection over all ways of the map."""
    ways = all_ways(problem, r)
    limits = np.unique(rounded_up(problem, r.measure, ways[ways > r.limit]))
    low, high, labels, smallest = 0, len(limits) - 1, None, True
    best: MaxTravel | None = None
    if len(limits):
        tried = r.with_limit(float(limits[-1]))
        found = decide(problem, [*others, tried], None, until)
        if found.labels is not None:
            best, labels = tried, found.labels
    while best is not None and low < high and monotonic() < until:
        middle = (low + high) // 2
        tried = r.with_limit(float(limits[middle]))
        found = decide(problem, [*others, tried], None, until)
        if found.labels is not None:
            best, labels, high = tried, found.labels, middle
        else:
            low, smallest = middle + 1, smallest and found.verdict == "infeasible"
    if best is None or labels is None:
        return _Change(r, None, (), smallest=False)
    return _checked(problem, _Change(r, (best,), (), smallest=smallest and low >= high), labels)


def _checked(problem: Problem, change: _Change, labels: np.ndarray) -> _Change:
    """The change, if the referee accepts the plan under it; nothing otherwise."""
    r, to = change.requirement, change.to or ()
    requirements = [p for q in problem.requirements for p in (to if q is r else (q,))]
    if violations(Plan(problem.replace(requirements=tuple(requirements)), labels)):
        return _Change(r, None, (), smallest=False)
    return change


def _conflict(changes: list[_Change], at: int, *, proven: bool) -> Conflict:
    change = changes[at]
    r, others = change.requirement, [*changes[:at], *changes[at + 1 :]]
    names = [in_words(c.requirement) for c in (change, *others)]
    if len(names) == 1:
        message = f"no plan meets {names[0]}"
    else:
        which = "both" if len(names) == 2 else "all of them"  # noqa: PLR2004
        message = f"{', '.join(names[:-1])} and {names[-1]} collide: no plan meets {which}"
    if not proven:
        message += " (others may do without one of them: the time was too short to tell)"
    ways = [remedy(c.requirement, c.to, c.units) for c in (change, *others) if c.to is not None]
    if ways:
        message += f"; {', or '.join(ways)} would do"
    else:
        message += "; no change of one of them alone was found that would do"
    before = setting(r)
    after = setting(change.to[0]) if change.to else None
    count = float(len(change.units))
    return Conflict(
        requirement=r,
        units=change.units,
        territory=None,
        needed=count if after is None else after,
        allowed=0.0 if before is None else before,
        relaxation=after,
        message=message,
        together_with=tuple(c.requirement for c in others),
        relaxed=change.to,
        proven=proven,
        smallest=change.smallest and change.to is not None,
    )
