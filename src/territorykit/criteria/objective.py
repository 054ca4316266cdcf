"""The value of the objective and the centers that belong to it, from a plan's labels alone."""

import numpy as np
from scipy.spatial.distance import cdist

from territorykit._arrays import Floats, Ints, ints
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.requirements import MaxTravel

BLOCK = 4_000_000
"""Most distances held in memory at once."""


def objective(plan: Plan) -> float:
    r"""Value of the problem's objective for a plan; less is better.

    .. math:: \sum_t \sum_{i \in t} w_i \, d(i, c_t)^p

    Where centers are units and the plan names none, they are those of `best_centers`.

    Returns
    -------
    float
        In the unit of measure of the weights times metres to the power of the objective.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> from territorykit.model.objective import Compactness
    >>> from territorykit.model.unit_graph import UnitGraph
    >>> graph = UnitGraph(["a", "b", "c"], [[0, 0], [1, 0], [4, 0]], [[0, 1], [1, 2]], [Activity("calls", [1, 3, 1])])
    >>> objective(Plan(Problem(graph, 1, objective=Compactness("calls")), [0, 0, 0]))
    10.0
    >>> objective(Plan(Problem(graph, 1, objective=Compactness("calls", power=1)), [0, 0, 0]))
    4.0
    """
    problem = plan.problem
    distance = _distances(plan, _center_points(plan))
    return float((weights(problem) * distance**problem.goal.power).sum())


def weights(problem: Problem) -> Floats:
    """What each unit weighs in the objective, shape (n_units,)."""
    name = problem.goal.activity
    return np.ones(problem.graph.n_units) if name is None else problem.graph.activity(name).values


def best_centers(plan: Plan) -> Ints:
    """The unit of each territory that makes the objective least, as positions of shape (n_territories,).

    Where `MaxTravel` limits the way to the center, a unit that keeps every way within the limit goes
    before one that does not; among units that do not, the one with the shortest longest way. For
    objectives whose centers are not units, it is the best center by the same sum. Ties go to the first.
    """
    problem = plan.problem
    limits = [r.metres for r in problem.of_type(MaxTravel) if r.to == "center"]
    limit = min(limits, default=np.inf)
    weight = weights(problem)
    order = np.argsort(plan.labels, kind="stable")
    ends = np.cumsum(np.bincount(plan.labels, minlength=problem.n_territories))
    members = np.split(order, ends[:-1])
    return ints([_best_center(problem.graph.xy[m], weight[m], problem.goal.power, limit, m) for m in members])


def _best_center(xy: Floats, weight: Floats, power: int, limit: float, members: Ints) -> int:
    if weight.sum() <= 0:
        weight = np.ones(len(weight))
    if power == 2 and np.isinf(limit):  # noqa: PLR2004 - the unit nearest the weighted mean, by Steiner's theorem
        mean = (weight[:, None] * xy).sum(axis=0) / weight.sum()
        return int(members[np.argmin(((xy - mean) ** 2).sum(axis=1))])
    cost, longest = np.empty(len(xy)), np.empty(len(xy))
    step = max(1, BLOCK // len(xy))
    for start in range(0, len(xy), step):
        distance = cdist(xy[start : start + step], xy)
        cost[start : start + step] = (distance**power) @ weight
        longest[start : start + step] = distance.max(axis=1)
    within = longest <= limit * (1 + 1e-9)
    if within.any():
        return int(members[np.argmin(np.where(within, cost, np.inf))])
    return int(members[np.argmin(longest)])


def _center_points(plan: Plan) -> Floats:
    problem, goal = plan.problem, plan.problem.goal
    if goal.center == "base" and problem.bases is not None:
        return problem.bases
    if goal.center == "unit":
        centers = best_centers(plan) if plan.centers is None else plan.centers
        return problem.graph.xy[centers]
    weight, k = weights(problem), problem.n_territories
    total = np.bincount(plan.labels, weight, k)
    weight = np.where(total[plan.labels] > 0, weight, 1.0)  # a territory without weight: plain mean
    total = np.bincount(plan.labels, weight, k)
    sums = [np.bincount(plan.labels, weight * axis, k) for axis in problem.graph.xy.T]
    return np.stack(sums, axis=1) / total[:, None]


def _distances(plan: Plan, points: Floats) -> Floats:
    offset = plan.problem.graph.xy - points[plan.labels]
    return np.hypot(offset[:, 0], offset[:, 1])
