"""Why a problem has no plan: first what can be proven at once, then which requirements collide."""

from time import monotonic

from territorykit.errors import RequirementError
from territorykit.model.problem import Problem
from territorykit.model.result import Conflict
from territorykit.solve.diagnosis.collisions import MOST_CHOICES, collisions
from territorykit.solve.diagnosis.conflicts import conflicts
from territorykit.solve.diagnosis.estimating import estimates

USUAL_SECONDS = 60.0
"""Time limit of a diagnosis where none is given."""


def diagnose(problem: Problem, *, time_limit: float | None = None) -> tuple[Conflict, ...]:
    """Why a problem has no plan, and the smallest change of each requirement alone that lets one exist.

    What can be proven at once comes first. Then, on problems of up to 600 choices (units times territories),
    a choice of all territories, a short search and integer programs find a set of requirements that collide
    although they can be met without any one of them [1]_, and relax each of them as little as possible while all
    others hold. Larger problems are searched, and what the best plan breaks is reported, not proven.

    Parameters
    ----------
    problem
        What has no plan.
    time_limit
        Seconds; 60 without it. What could not be decided in it is marked: `Conflict.proven`,
        `Conflict.smallest`.

    Returns
    -------
    tuple of Conflict
        Empty where a plan exists, or nothing was found. `Conflict.apply` gives the relaxed problem.

    Raises
    ------
    RequirementError
        If the time limit is not a positive number, or the problem is none.

    References
    ----------
    .. [1] Chinneck, J. W., Dravnieks, E. W. (1991). Locating minimal infeasible constraint sets in linear
           programs. *ORSA Journal on Computing*, 3(2), 157-168.

    Examples
    --------
    Three units in a row weigh 3, 2 and 3: two territories have 3 and 5 at best.

    >>> import territorykit as tk
    >>> calls = tk.Activity("calls", [3, 2, 3])
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]], [calls])
    >>> problem = tk.Problem(graph, 2, [tk.Balance("calls", 0.1), tk.Contiguous()])
    >>> found = tk.diagnose(problem)
    >>> print(found[-1].message)
    no plan meets the band of calls (±10 %); ±25 % of calls would do
    >>> tk.diagnose(found[-1].apply(problem))
    ()
    """
    if not isinstance(problem, Problem):
        message = f"diagnose expects a Problem, got a {type(problem).__name__}"
        raise RequirementError(message)
    number = isinstance(time_limit, int | float) and not isinstance(time_limit, bool)
    if time_limit is not None and not (number and time_limit > 0):
        message = f"time_limit must be a positive number of seconds, got {time_limit!r}"
        raise RequirementError(message)
    until = monotonic() + (USUAL_SECONDS if time_limit is None else float(time_limit))
    at_once = conflicts(problem)
    if problem.graph.n_units * problem.n_territories <= MOST_CHOICES:
        found = collisions(problem, until)
        if found is not None:
            return at_once + found
    return at_once or estimates(problem, until)
