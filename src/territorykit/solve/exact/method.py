"""The exact method: the search's plan to begin with, then a model that proves it best or finds a better one."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations
from territorykit.errors import RequirementError
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Answer, Bound, Conflict, TracePoint
from territorykit.solve.exact.backend import check_solver
from territorykit.solve.exact.enumeration import FEW_CHOICES, MOST_CHOICES, best_of_all
from territorykit.solve.exact.handover import Settings
from territorykit.solve.exact.hess import HessAnswer, Wish, check_supported, search
from territorykit.solve.exact.layout import columns_are_territories
from territorykit.solve.progress import Observer
from territorykit.solve.search.annealing import Annealing
from territorykit.solve.stop import MaxIterations, Progress, Stop

PROPOSALS, NAMED_PROPOSALS = 15, 60
LEAST_PROPOSALS = 60_000
"""How long the search for the first plan is: so many proposals for each pair of units, more where columns of the model
are territories, as it finds few plans of its own then; but no fewer than the least.
"""
LONGER = 10
"""How many times as long it is where that has not met all requirements."""
SHARE = 0.25
"""The most it may take of a time limit."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The best plan with its proof, by integer programming.

    A search makes a first plan. Where connected territories within the limits are few enough to be written down, the
    best choice of them is the answer [2]_. Otherwise the model of Hess et al. [1]_ is built without the places that
    no better plan can use, starts from that plan, and is solved to the gap asked for. It fits some hundred units;
    where centers are given, some thousand.

    Parameters
    ----------
    solver
        "HiGHS", which comes along, or "CBC", where that program is installed.
    threads
        How many the solver may use.
    gap
        Relative gap between plan and bound at which to stop; 0 is the best plan.
    log
        True prints the solver's log, a path writes it to a file.
    contiguity
        How territories are kept connected: "cuts" (separators that plans have violated, added in rounds), "flow",
        "auto" (a choice of all territories where they are few, flow for small models, else cuts), or "tree" (along
        shortest paths from the center: fast, but a restriction, so that nothing is proven).
    memory
        Bytes that a model may take; without it what the machine has free.

    Raises
    ------
    RequirementError
        If a setting is out of range; from `solve`, if the objective is not supported or the model does not fit.
    BackendError
        From `solve`, if the solver is unknown or not installed.

    References
    ----------
    .. [1] Hess, S. W., Weaver, J. B., Siegfeldt, H. J., Whelan, J. N., Zitlau, P. A. (1965). Nonpartisan
           political redistricting by computer. *Operations Research*, 13(6), 998-1006.
    .. [2] Garfinkel, R. S., Nemhauser, G. L. (1970). Optimal political districting by implicit enumeration
           techniques. *Management Science*, 16(8), B-495-B-508.

    Examples
    --------
    >>> Exact(gap=0.01)
    Exact(solver='HiGHS', threads=1, gap=0.01, log=False, contiguity='auto', memory=None)
    """

    solver: str = "HiGHS"
    threads: int = 1
    gap: float = 0.0
    log: bool | str | Path = False
    contiguity: Literal["auto", "cuts", "flow", "tree"] = "auto"
    memory: float | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.threads, int | np.integer) and not isinstance(self.threads, bool)
        if not (whole and self.threads >= 1):
            message = f"Exact: threads must be a whole number from 1, got {self.threads!r}"
            raise RequirementError(message)
        number = isinstance(self.gap, int | float | np.number) and not isinstance(self.gap, bool)
        if not (number and 0 <= self.gap < 1):
            message = f"Exact: gap must be a fraction from 0 to below 1, got {self.gap!r}; for one per cent write 0.01"
            raise RequirementError(message)
        if self.contiguity not in ("auto", "cuts", "flow", "tree"):
            message = f"Exact: contiguity must be 'auto', 'cuts', 'flow' or 'tree', got {self.contiguity!r}"
            raise RequirementError(message)
        if not isinstance(self.log, bool | str | Path):
            message = f"Exact: log must be True, False or a path, got {self.log!r}"
            raise RequirementError(message)
        if self.memory is not None and not (isinstance(self.memory, int | float) and self.memory > 0):
            message = f"Exact: memory must be a positive number of bytes, got {self.memory!r}"
            raise RequirementError(message)

    def run(
        self, problem: Problem, rng: np.random.Generator, start: Plan | None, stop: Stop, observer: Observer
    ) -> Answer:
        """Find the best plan and prove it, or come as far as the stop allows."""
        check_supported(problem)
        check_solver(self.solver)
        labels = _first_plan(problem, rng, start, stop)
        began = stop.seconds
        wish = Wish(Settings(self.solver, self.threads, self.log), self.gap, self.contiguity, self.memory)
        found = self._chosen(problem, labels, stop) or search(problem, wish, labels, stop, observer)
        return _answer(problem, found, (repr(self), stop.seconds - began), stop.seconds, labels)

    def _chosen(self, problem: Problem, first: np.ndarray | None, stop: Stop) -> HessAnswer | None:
        """The best choice of all territories, where they can be written down and the user asks for no other model."""
        plain = self.contiguity == "auto" and self.solver == "HiGHS" and not self.log
        most = FEW_CHOICES if first is not None and not violations(Plan(problem, first)) else MOST_CHOICES
        found = best_of_all(problem, stop.seconds_left, self.gap, most=most) if plain else None
        if found is None or (found.labels is not None and not math.isfinite(found.bound)):
            return None
        if found.labels is None:
            return HessAnswer(None, math.inf, None, proven=True, infeasible=True)
        value = objective(Plan(problem, found.labels))
        return HessAnswer(found.labels, value, min(found.bound, value), proven=False, infeasible=False)


def _first_plan(problem: Problem, rng: np.random.Generator, start: Plan | None, stop: Stop) -> np.ndarray | None:
    """The plan of a short search, and of a longer one where that breaks something."""
    each = NAMED_PROPOSALS if columns_are_territories(problem) else PROPOSALS
    budget = max(each * problem.graph.n_units**2, LEAST_PROPOSALS)
    limit = None if stop.time_limit is None else max(stop.seconds_left * SHARE, 0.01)
    for proposals in (budget, budget * LONGER):
        most = proposals if stop.iteration_budget is None else min(proposals, stop.iteration_budget)
        short = Stop(_Short(most, stop), limit)
        before = stop.seconds
        answer = Annealing().run(problem, rng, start, short, Observer())
        if limit is not None and stop.seconds - before > short.seconds:  # compiling is done once a machine: no part
            stop.started += (stop.seconds - before) - short.seconds
        limit = None if limit is None else limit - short.seconds
        start = start if answer.labels is None else Plan(problem, answer.labels)
        over = stop.interrupted or (limit is not None and limit <= 0) or most < proposals
        if over or (start is not None and not violations(start)):
            break
    return None if start is None else start.labels


@dataclass(frozen=True, slots=True)
class _Short(MaxIterations):
    """A budget of its own, which also ends where the whole run is asked to end."""

    whole: Stop

    def __call__(self, progress: Progress, /) -> bool:
        """Whether to stop."""
        return progress.iterations >= self.iterations or self.whole.interrupted


def _answer(
    problem: Problem, found: HessAnswer, by: tuple[str, float], seconds: float, first: np.ndarray | None
) -> Answer:
    bound = None
    if found.bound is not None and math.isfinite(found.bound):
        bound = Bound(found.bound, "free", np.zeros(0), *by)
    labels = found.labels if found.labels is not None or found.infeasible else first
    trace: tuple[TracePoint, ...] = ()
    if math.isfinite(found.objective):
        trace = (TracePoint(seconds, 0, found.objective, 0.0, None if bound is None else bound.value),)
    return Answer(
        labels,
        found.objective if found.labels is not None else None,
        bound,
        trace,
        all_together(problem) if found.infeasible else (),
    )


def all_together(problem: Problem) -> tuple[Conflict, ...]:
    """That all requirements together cannot be met; which of them collide is not known here."""
    wishes = problem.requirements
    names = ", ".join(map(repr, wishes))
    message = (
        f"no plan meets all requirements together, which a complete search has proven: {names}; relax or drop one of "
        "them, or ask for another number of territories"
    )
    return (Conflict(wishes[0], (), None, 0.0, 0.0, None, message),) if wishes else ()
