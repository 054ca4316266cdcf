"""When a search ends: rules that are pure functions of its progress, and the watch that asks them."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from territorykit.errors import RequirementError
from territorykit.model.result import StopReason


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Parameters
    ----------
    iterations
        Proposals tried so far.
    seconds
        Since the run began.
    objective
        Of the best plan so far; infinite where there is none.
    violation
        Of the best plan so far: 0 where it meets every requirement.
    last_improvement
        The iteration that found it.
    bound
        What is proven of every plan so far, or None.
    """

    iterations: int
    seconds: float
    objective: float
    violation: float
    last_improvement: int
    bound: float | None = None


class StopRule(Protocol):
    """Anything that looks at the progress and says whether to stop; it must keep no state."""

    def __call__(self, progress: Progress, /) -> bool:
        """Whether to stop."""


@dataclass(frozen=True, slots=True)
class MaxIterations:
    """Stop after a number of iterations; a search with this rule alone always gives the same plan.

    Examples
    --------
    >>> MaxIterations(1000)(Progress(999, 0.1, 5.0, 0.0, 10))
    False
    """

    iterations: int

    def __post_init__(self) -> None:
        whole = isinstance(self.iterations, int | np.integer) and not isinstance(self.iterations, bool)
        if not (whole and self.iterations >= 1):
            message = f"MaxIterations: expected a whole number from 1, got {self.iterations!r}"
            raise RequirementError(message)

    def __call__(self, progress: Progress, /) -> bool:
        """Whether the iterations are used up."""
        return progress.iterations >= self.iterations


@dataclass(frozen=True, slots=True)
class NoImprovement:
    """Stop when the best plan meets every requirement and has not changed for a number of iterations.

    Examples
    --------
    >>> NoImprovement(1000)(Progress(5000, 0.1, 5.0, 0.0, 3000))
    True
    """

    iterations: int

    def __post_init__(self) -> None:
        MaxIterations(self.iterations)

    def __call__(self, progress: Progress, /) -> bool:
        """Whether nothing has happened for that long."""
        return progress.violation == 0 and progress.iterations - progress.last_improvement >= self.iterations


@dataclass(slots=True)
class Stop:
    """The watch of one run: it knows the clock, the budget, the caller's rule and the interrupt key.

    Parameters
    ----------
    rule
        The caller's rule, or None.
    time_limit
        Seconds, or None.
    """

    rule: StopRule | None = None
    time_limit: float | None = None
    started: float = field(default_factory=time.perf_counter)
    interrupted: bool = False
    reason: StopReason | None = None

    def restart(self) -> None:
        """Set the clock to zero: what went before was preparation."""
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.perf_counter() - self.started

    @property
    def seconds_left(self) -> float:
        """Until the time limit; infinite without one."""
        return float("inf") if self.time_limit is None else self.time_limit - self.seconds

    @property
    def iteration_budget(self) -> int | None:
        """The number of iterations, where that is what the caller gave."""
        return self.rule.iterations if isinstance(self.rule, MaxIterations) else None

    @property
    def open_ended(self) -> bool:
        """Whether neither a rule nor a time limit says how long to search."""
        return self.rule is None and self.time_limit is None

    def reached(self, progress: Progress) -> bool:
        """Whether to stop now; from then on `reason` says why."""
        if self.reason is None:
            if self.interrupted:
                self.reason = "interrupt"
            elif self.seconds_left <= 0:
                self.reason = "time_limit"
            elif self.rule is not None and self.rule(progress):
                self.reason = "iterations" if isinstance(self.rule, MaxIterations) else "rule"
        return self.reason is not None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the first interrupt as a wish to stop; a second one interrupts for good."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def note(number: int, frame: object) -> None:
            if self.interrupted and callable(before):
                before(number, frame)  # type: ignore[arg-type]
            self.interrupted = True

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
