"""How many hours a territory takes, driving included: what a plan's hours are made of."""

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.criteria.objective import best_centers
from territorykit.errors import RequirementError
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.workload import Workload

MINUTES = 60.0


def visits_per_year(plan: Plan, workload: Workload) -> Floats:
    """Visits of each territory in a year, shape (n_territories,)."""
    return plan.sizes(workload.visits)


def service_hours(plan: Plan, workload: Workload) -> Floats:
    """Hours at customers in a year, shape (n_territories,)."""
    return _sums(plan, hours_at_units(plan.problem, workload))


def driving_hours(plan: Plan, workload: Workload) -> Floats:
    """Hours on the road in a year, by estimate, shape (n_territories,)."""
    return working_hours(plan, workload) - service_hours(plan, workload)


def working_hours(plan: Plan, workload: Workload) -> Floats:
    r"""Hours of each territory in a year, at customers and on the road.

    .. math:: \sum_{i \in t} v_i \left( s_i + (1 - \varphi_i) \, l_i + \varphi_i \, \tau_i \right)

    See `Workload` for what is in it.

    Parameters
    ----------
    plan
        The plan; days begin at its own centers, or else at those of `best_centers`.
    workload
        How hours are counted; the plan's problem must have travel.

    Returns
    -------
    ndarray of shape (n_territories,)
        Hours a year.

    Raises
    ------
    RequirementError
        If the problem has no travel.

    References
    ----------
    .. [1] Daganzo, C. F. (1984). The distance traveled to visit N points with a maximum of C stops per vehicle: an
           analytic model and an application. *Transportation Science*, 18(4), 331-350.

    Examples
    --------
    Two customers with visits of an hour; the further one lies an hour away, and a day there holds 5.5 visits.

    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [60_000, 0]], [[0, 1]], [tk.Activity("visits", [60, 30])])
    >>> problem = tk.Problem(graph, 1, travel=tk.Travel.from_dense([[0, 60], [60, 0]]))
    >>> working_hours(tk.Plan(problem, [0, 0], centers=[0]), Workload("visits", 60)).round(1)
    array([100.9])
    """
    return _sums(plan, _hours(plan, workload)[0])


def nights_away(plan: Plan, workload: Workload) -> Floats:
    """Nights of each territory in a year that are spent away, on trips of several days, shape (n_territories,)."""
    hours, far = _hours(plan, workload)
    share = (workload.days_per_trip - 1) / workload.days_per_trip
    return _sums(plan, np.where(far, hours, 0.0)) / workload.hours_per_day * share


def working_days(plan: Plan, workload: Workload) -> Floats:
    """Days in the field that each territory takes in a year, shape (n_territories,)."""
    return working_hours(plan, workload) / workload.hours_per_day


def hours_at_units(problem: Problem, workload: Workload) -> Floats:
    """Hours at each unit in a year, without any way, shape (n_units,)."""
    if isinstance(workload.service, str):
        return problem.graph.activity(workload.service).values
    return problem.graph.activity(workload.visits).values * workload.service / MINUTES


def _hours(plan: Plan, workload: Workload) -> tuple[Floats, np.ndarray]:
    """Hours that each unit takes where it is, and whether it is visited on trips of several days."""
    problem = plan.problem
    there = minutes_to_units(plan, workload)
    far = (there > workload.overnight_beyond) & (workload.days_per_trip > 1)
    visits, service = problem.graph.activity(workload.visits).values, hours_at_units(problem, workload)
    day = MINUTES * workload.hours_per_day * np.where(far, workload.days_per_trip, 1)
    at = MINUTES * service / np.where(visits > 0, visits, 1)
    way = np.minimum(2 * there, day)
    between = np.minimum(workload.between_stops, way)
    room = day - at / 2 - way + between
    share = np.where(room > at + between, (at + between) / np.where(room > 0, room, 1), 1.0)
    driving = (1 - share) * between + share * way
    return service + visits * driving / MINUTES, far


def minutes_to_units(plan: Plan, workload: Workload) -> Floats:
    """Minutes to each unit from where its territory's days begin, infinite without a way, shape (n_units,)."""
    problem, labels = plan.problem, plan.labels
    if problem.travel is None:
        message = f"{workload!r} needs travel and the problem has none; pass travel= to Problem, as tk.travel makes it"
        raise RequirementError(message)
    units, based = np.arange(len(labels)), problem.given_bases[labels] & (workload.to == "base")
    there = np.empty(len(labels))
    if not based.all():
        centers: Ints = best_centers(plan) if plan.centers is None else plan.centers
        there[~based] = problem.travel.minutes_between(centers[labels[~based]], units[~based])
    if based.any():
        there[based] = problem.travel.minutes_from_bases(labels[based], units[based])
    return there


def _sums(plan: Plan, values: Floats) -> Floats:
    return np.bincount(plan.labels, values, plan.problem.n_territories).astype(np.float64)
