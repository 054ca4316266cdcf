"""Which method a problem gets when the caller names none."""

from typing import Protocol

import numpy as np

from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Answer
from territorykit.solve.progress import Observer
from territorykit.solve.search.annealing import Annealing
from territorykit.solve.stop import Stop


class Method(Protocol):
    """What `solve` asks of a method: settings, and this. `territorykit.testing.check_method` tests it."""

    def run(
        self, problem: Problem, rng: np.random.Generator, start: Plan | None, stop: Stop, observer: Observer
    ) -> Answer:
        """Search for a plan until the stop says so."""


def choose_method(problem: Problem, workers: int) -> Method:  # noqa: ARG001 - one method serves all problems so far
    """The method for a problem."""
    return Annealing(workers=workers)
