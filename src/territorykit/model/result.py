"""What a search or a proof returns: the outcome, kept apart from the plan itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, Ints, floats, ints, plain
from territorykit.errors import NoPlanError, RequirementError
from territorykit.model.objective import sum_of
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.proof import Proof
from territorykit.model.requirements import Requirement

StopReason = Literal["finished", "iterations", "time_limit", "rule", "interrupt", "infeasible"]


class Status(Enum):
    """Did it work? Why it stopped is `Result.stopped_by`."""

    OPTIMAL = "optimal"
    """A plan that meets every requirement, proven best within the gap asked for."""
    FEASIBLE = "feasible"
    """A plan that meets every requirement; how good it is, is not proven."""
    VIOLATING = "violating"
    """A plan that breaks requirements, listed in `Result.violations`; whether a better one exists is open."""
    INFEASIBLE = "infeasible"
    """No plan meets every requirement, which is proven; `Result.conflicts` says why."""
    NOT_FOUND = "not found"
    """No plan was found, and nothing is proven."""


@dataclass(frozen=True, slots=True, eq=False)
class Violation(Content):
    """One place where a plan breaks a requirement.

    Parameters
    ----------
    requirement
        The requirement that is broken.
    territory
        Name of the territory, or None where it does not lie in one.
    units
        Ids of the units concerned, if any.
    measured, allowed
        The value and its limit, in the requirement's unit of measure.
    excess
        How far off, relative to the limit or target: 0.02 is two per cent; 1 for each broken yes-or-no rule.
    message
        One sentence for people.
    """

    requirement: Requirement
    territory: str | None
    units: tuple[Any, ...]
    measured: float
    allowed: float
    excess: float
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", tuple(map(plain, self.units)))


@dataclass(frozen=True, slots=True, eq=False)
class Conflict(Content):
    """A reason why no plan exists.

    Parameters
    ----------
    requirement
        The requirement that cannot be met.
    units
        Ids of the units concerned.
    territory
        Name of the territory concerned, or None.
    needed, allowed
        What the facts demand and what the requirement allows, in its unit of measure.
    relaxation
        The least value of the requirement's own setting (such as the tolerance) that would remove this
        conflict, or None where no value would.
    message
        One sentence for people, with a remedy.
    together_with
        The other requirements it collides with: all of them can be met without any one of them.
    relaxed
        What to put in the requirement's place so that a plan exists: one requirement, or none at all where it
        must be dropped; None where nothing is suggested.
    proven
        Whether it is proven that no plan meets them all, and that each of them is needed for that.
    smallest
        Whether it is proven that no smaller change of this requirement alone would do.
    """

    requirement: Requirement
    units: tuple[Any, ...]
    territory: str | None
    needed: float
    allowed: float
    relaxation: float | None
    message: str
    together_with: tuple[Requirement, ...] = ()
    relaxed: tuple[Requirement, ...] | None = None
    proven: bool = True
    smallest: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", tuple(map(plain, self.units)))
        object.__setattr__(self, "together_with", tuple(self.together_with))
        if self.relaxed is not None:
            object.__setattr__(self, "relaxed", tuple(self.relaxed))

    def apply(self, problem: Problem) -> Problem:
        """The problem with the requirement relaxed as suggested.

        Raises
        ------
        RequirementError
            If nothing is suggested, or the problem does not have the requirement.
        """
        if self.relaxed is None:
            message = f"for {self.requirement!r} no relaxation is suggested; change the problem by hand"
            raise RequirementError(message)
        if self.requirement not in problem.requirements:
            message = f"the problem has no {self.requirement!r}; pass the problem that was diagnosed"
            raise RequirementError(message)
        at = problem.requirements.index(self.requirement)
        return problem.replace(
            requirements=(*problem.requirements[:at], *self.relaxed, *problem.requirements[at + 1 :])
        )


@dataclass(frozen=True, slots=True, eq=False)
class Bound(Content):
    """A proven value that no feasible plan can beat.

    Parameters
    ----------
    value
        The bound, in the objective's unit of measure.
    centers
        "free", or "given" where it holds for plans with these centers only.
    prices
        Shape (n_parts, n_units): what covering each unit is worth, in the objective's unit of measure, in each part
        of the proof; `criteria.certificate.certified` checks the bound from them. Empty where a solver proved it.
    method
        What computed it.
    runtime
        Seconds it took.
    proof
        How the parts belong together, or None.
    """

    value: float
    centers: Literal["free", "given"]
    prices: Floats
    method: str
    runtime: float
    proof: Proof | None = None

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(  # noqa: PLR0917 - the fields in their order
            self,
            value: float,
            centers: Literal["free", "given"],
            prices: ArrayLike,
            method: str,
            runtime: float,
            proof: Proof | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", floats(self.prices))
        if self.centers not in ("free", "given"):
            message = f"Bound: centers must be 'free' or 'given', got {self.centers!r}"
            raise RequirementError(message)
        if not np.isfinite(self.value):
            message = f"Bound: the value {self.value!r} is not finite; where nothing is proven there is no bound"
            raise RequirementError(message)


@dataclass(frozen=True, slots=True, eq=False)
class TracePoint(Content):
    """One moment of a run: seconds since its start, iterations, best objective, its violation, best bound."""

    seconds: float
    iterations: int
    objective: float
    violation: float
    bound: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answer(Content):
    """What a method returns; `solve` re-checks it before anybody sees it.

    Parameters
    ----------
    labels
        Shape (n_units,): the territory of each unit, or None where none was found.
    objective
        What the method takes its objective to be; the result's is computed anew.
    bound
        What the method has proven, or None.
    trace
        The run's history.
    conflicts
        Why no plan exists, where the method has proven that.
    centers
        Shape (n_territories,): the unit that stands for each territory, where it matters which of several equally
        good ones it is, as hours with driving are counted from there; else None, and the best ones are taken.
    """

    labels: Ints | None
    objective: float | None = None
    bound: Bound | None = None
    trace: tuple[TracePoint, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    centers: Ints | None = None

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(  # noqa: PLR0917 - the fields
            self,
            labels: ArrayLike | None,
            objective: float | None = None,
            bound: Bound | None = None,
            trace: Iterable[TracePoint] = (),
            conflicts: Iterable[Conflict] = (),
            centers: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        for name in ("labels", "centers"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, ints(getattr(self, name)))
        object.__setattr__(self, "trace", tuple(self.trace))
        object.__setattr__(self, "conflicts", tuple(self.conflicts))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Result(Content):
    """The outcome of `solve`.

    Parameters
    ----------
    status
        Did it work?
    stopped_by
        Why it stopped: "finished", "iterations", "time_limit", "rule", "interrupt" or "infeasible".
    plan
        The best plan found, feasible or not, or None.
    objective
        The plan's objective, recomputed from its labels.
    bound
        What is proven about every plan, or None.
    gap
        (objective - bound) / objective, or None without a bound for free centers.
    violations
        Where the plan breaks requirements; empty when it breaks none.
    conflicts
        Why no plan exists, where that is proven.
    runtime
        Seconds.
    seed
        The seed it ran with.
    method
        The method with its settings, as text.
    trace
        The run's history.
    """

    status: Status
    stopped_by: StopReason
    plan: Plan | None
    objective: float | None
    bound: Bound | None
    gap: float | None
    violations: tuple[Violation, ...]
    conflicts: tuple[Conflict, ...]
    runtime: float
    seed: int
    method: str
    trace: tuple[TracePoint, ...] = ()

    def __post_init__(self) -> None:
        for name in ("violations", "conflicts", "trace"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def require_plan(self) -> Plan:
        """The plan, if it meets every requirement.

        Raises
        ------
        NoPlanError
            If there is none; the message says why. A plan that breaks requirements is at `plan`.
        """
        if self.plan is not None and self.status in (Status.OPTIMAL, Status.FEASIBLE):
            return self.plan
        reasons = [entry.message for entry in self.conflicts or self.violations]
        why = "\n".join(f"  - {reason}" for reason in reasons[:10])
        rest = f"\n  - and {len(reasons) - 10:,} more" if len(reasons) > 10 else ""  # noqa: PLR2004
        hint = {
            Status.VIOLATING: "result.plan holds the plan that comes closest; search longer or relax",
            Status.INFEASIBLE: "relax or drop what collides",
        }.get(self.status, "search longer, or relax the requirements")
        message = f"no plan that meets every requirement ({self.status.value}); {hint}" + (
            f"\n{why}{rest}" if why else ""
        )
        raise NoPlanError(message)

    def __repr__(self) -> str:
        lines = [f"{self.status.value}, stopped by {self.stopped_by.replace('_', ' ')} after {self.runtime:.1f} s"]
        if self.plan is not None:
            lines.append(f"  {self.plan!r}")
            problem = self.plan.problem
            lines.append(f"  objective   {self.objective:,.6g} {problem.objective_unit}")
            if len(problem.terms) > 1:
                lines += [f"    {sum_of([term])} in {problem.unit_of_measure(term)}" for term in problem.terms]
        if self.bound is not None:
            gap = "" if self.gap is None else f" (gap {self.gap:.2%})"
            lines.append(f"  bound       {self.bound.value:,.6g}, centers {self.bound.centers}{gap}")
        lines += [f"  violations  {len(self.violations)}"] if self.plan is not None else []
        lines += [f"    {violation.message}" for violation in self.violations[:5]]
        lines += [f"  conflict    {conflict.message}" for conflict in self.conflicts[:5]]
        for name, entries in (("violations", self.violations), ("conflicts", self.conflicts)):
            if len(entries) > 5:  # noqa: PLR2004
                lines.append(f"    and {len(entries) - 5:,} more {name}")
        lines.append(f"  method      {self.method}, seed {self.seed}")
        return "\n".join(lines)
