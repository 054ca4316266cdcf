"""What the best plan of a search breaks, where a problem is too large to be decided."""

from dataclasses import replace
from time import monotonic

import numpy as np

from territorykit.criteria.objective import best_centers
from territorykit.criteria.violations import violations
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.requirements import MaxTravel
from territorykit.model.result import Conflict
from territorykit.solve.auto import choose_method
from territorykit.solve.diagnosis.relaxing import in_words, relaxed_to, remedy, setting
from territorykit.solve.diagnosis.ways import limit_for
from territorykit.solve.progress import Observer
from territorykit.solve.stop import Stop


def estimates(problem: Problem, until: float) -> tuple[Conflict, ...]:
    """One conflict for each requirement that the best plan found breaks, none of them proven.

    Where it breaks several, all of them must be relaxed for that plan. Whether less would do is open.

    Parameters
    ----------
    problem
        A problem of any size.
    until
        When to give up, on the clock of `time.monotonic`.
    """
    watch = Stop(None, max(until - monotonic(), 0.1))
    with watch.listening():
        answer = choose_method(problem, 1).run(problem, np.random.default_rng(0), None, watch, Observer())
    if answer.labels is None:
        return ()
    plan = Plan(problem, answer.labels)
    plan = replace(plan, centers=best_centers(plan))
    broken = violations(plan)
    requirements = list({id(v.requirement): v.requirement for v in broken}.values())
    found = []
    for r in requirements:
        units = tuple(u for v in broken if v.requirement is r for u in v.units)
        worst = max(v.measured for v in broken if v.requirement is r)
        to = _longer(problem, r, worst) if isinstance(r, MaxTravel) else relaxed_to(r, plan)
        others = tuple(q for q in requirements if q is not r)
        also = f", together with changes of {' and '.join(map(in_words, others))}" if others else ""
        before, after = setting(r), setting(to[0]) if to else None
        message = (
            f"the best plan found breaks {in_words(r)}; {remedy(r, to, units)} would do for it{also}; "
            "whether less would do is not proven"
        )
        needed = worst if after is None else after
        allowed = 0.0 if before is None else before
        found.append(Conflict(r, units, None, needed, allowed, after, message, others, to, proven=False))
    return tuple(found)


def _longer(problem: Problem, r: MaxTravel, way: float) -> tuple[MaxTravel, ...]:
    """The limit that lets a way in, nothing where no limit does."""
    limit = limit_for(problem, r.measure, way)
    return () if limit is None else (r.with_limit(limit),)
