"""What goes to a solver and what comes back: settings, the model as PuLP has it, the answer."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulp

from territorykit._arrays import Floats
from territorykit.solve.exact.model import CHECK, Model, Row

ENOUGH = 1e9
"""Seconds where there is no limit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user sets of a solver.

    Parameters
    ----------
    solver
        "HiGHS" or "CBC".
    threads
        How many the solver may use.
    log
        True prints the solver's log, a path writes it to a file.
    """

    solver: str = "HiGHS"
    threads: int = 1
    log: bool | str | Path = False


@dataclass(frozen=True, slots=True)
class Solved:
    """What a solver says of a model.

    Parameters
    ----------
    values
        Shape (n_columns,), or None where it has no answer.
    bound
        Proven: no answer costs less; minus infinity where nothing is proven.
    complete
        Whether it has searched everything, up to the gap.
    infeasible
        Whether it has proven that there is no answer.
    others
        Answers that it has met on its way.
    """

    values: Floats | None
    bound: float
    complete: bool
    infeasible: bool
    others: tuple[Floats, ...] = ()


Watcher = Callable[[int, float, float], bool]
"""Is told the solver's nodes, bound and best value now and then; says whether to stop."""


def build(model: Model) -> tuple[pulp.LpProblem, list[Any]]:
    """The model as PuLP has it, and its variables in the model's order."""
    problem = pulp.LpProblem("territories", pulp.LpMinimize)
    cost, upper, integer = model.costs(), model.uppers(), model.integers()
    variables = [
        problem.add_variable(name, 0, float(up), "Integer" if whole else "Continuous")
        for name, up, whole in zip(model.names, upper, integer, strict=True)
    ]
    goal = pulp.lpSum([])
    for variable, each in zip(variables, cost.tolist(), strict=True):
        goal.addterm(variable, each)  # also where it is 0: so every variable is part of the problem
    problem += goal
    for first in range(0, len(model.rows), CHECK):
        model.check_time()
        put(problem, variables, model.rows[first : first + CHECK])
    return problem, variables


def put(problem: pulp.LpProblem, variables: list[Any], rows: list[Row]) -> None:
    """Add rows as named constraints; a range becomes two."""
    for row in rows:
        terms = pulp.lpSum([])
        for column, value in zip(row.columns.tolist(), row.values.tolist(), strict=True):
            terms.addterm(variables[column], value)
        if row.lower == row.upper:
            problem.addConstraint(terms == row.lower, row.name)
            continue
        if math.isfinite(row.lower):
            problem.addConstraint(terms >= row.lower, row.name + ("_least" if math.isfinite(row.upper) else ""))
        if math.isfinite(row.upper):
            problem.addConstraint(terms <= row.upper, row.name)
