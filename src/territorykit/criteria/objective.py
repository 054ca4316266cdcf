"""The value of the objective and the centers that belong to it, from a plan's labels alone."""

import numpy as np
from scipy.spatial.distance import cdist

from territorykit._arrays import Floats, Ints, ints
from territorykit.criteria.compactness import border_length
from territorykit.criteria.diameter import diameters
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.model.objective import EARTH_RADIUS, AssignmentCost, CenterTerm, Diameter, Term
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.travel import Travel

BLOCK = 4_000_000
"""Most distances held in memory at once."""

ROUNDING = 1e-9
"""What distances and sums may be off, relative to their size, because computers round."""

_PROMISING = 32
"""How many centers are tried before the rest are ruled out by their bound."""


def objective(plan: Plan) -> float:
    r"""Value of the problem's objective for a plan; less is better.

    .. math:: \sum_m \lambda_m f_m, \qquad
        f_m = \sum_t \sum_{i \in t} w_i \, d(c_t, i)^p \text{ for compactness}

    Where centers are units and the plan names none, they are those of `best_centers`.

    Returns
    -------
    float
        The sum of the terms' values times their weights; infinite where a unit cannot be reached from its
        center.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> from territorykit.model.objective import BorderLength, CenterTerm, Compactness
    >>> from territorykit.model.unit_graph import UnitGraph
    >>> graph = UnitGraph(
    ...     ["a", "b", "c"], [[0, 0], [1, 0], [4, 0]], [[0, 1], [1, 2]], [Activity("calls", [1, 3, 1])],
    ...     border_lengths=[1, 1],
    ... )
    >>> objective(Plan(Problem(graph, 1, objective=Compactness("calls")), [0, 0, 0]))
    10.0
    >>> objective(Plan(Problem(graph, 1, objective=Compactness("calls", power=1)), [0, 0, 0]))
    4.0
    >>> both = Problem(graph, 2, objective=[Compactness("calls"), BorderLength(weight=100)])
    >>> objective(Plan(both, [0, 0, 1]))
    101.0
    """
    return float(sum(t.weight * value for t, value in zip(plan.problem.terms, term_values(plan), strict=True)))


def term_values(plan: Plan) -> tuple[float, ...]:
    """Value of each term of the objective, in the order of `Problem.terms`, without their weights.

    Examples
    --------
    >>> from territorykit.model.objective import CenterTerm, Compactness, Diameter
    >>> from territorykit.model.unit_graph import UnitGraph
    >>> graph = UnitGraph(["a", "b", "c"], [[0, 0], [1, 0], [4, 0]], [[0, 1], [1, 2]])
    >>> problem = Problem(graph, 2, objective=[Compactness(), Diameter(weight=3)])
    >>> term_values(Plan(problem, [0, 0, 1]))
    (1.0, 1.0)
    """
    compact = any(isinstance(term, CenterTerm) for term in plan.problem.terms)
    away = _distances(plan) if compact else np.zeros(0)
    return tuple(_value(term, plan, away) for term in plan.problem.terms)


def _value(term: Term, plan: Plan, away: Floats) -> float:
    if isinstance(term, CenterTerm):
        graph = plan.problem.graph
        weight = np.ones(graph.n_units) if term.activity is None else graph.activity(term.activity).values
        return float((weight * away**term.power).sum()) if np.isfinite(away).all() else float("inf")
    if isinstance(term, AssignmentCost):
        return float(term.costs[np.arange(len(plan.labels)), plan.labels].sum())
    if isinstance(term, Diameter):
        return float(diameters(plan, term.distance).max())
    return border_length(plan)


def best_centers(plan: Plan) -> Ints:
    """The unit of each territory that makes the objective least, as positions of shape (n_territories,).

    Where `MaxTravel` limits the way to the center, a unit that keeps every way within the limit goes
    before one that does not; among units that do not, the one with the shortest longest way. With travel, a
    unit that reaches more units of the territory goes before one that reaches fewer. For objectives whose
    centers are not units, or that have none, it is the best center by the same sum. Ties go to the first.
    """
    problem, labels = plan.problem, plan.labels
    limits = {measure: _reach(problem, measure) for measure in ("metres", "minutes")}
    limited = min(limit.min() for limit in limits.values()) < np.inf
    weight = _positive(problem.center_weights, plan)
    unreached = np.zeros(problem.graph.n_units)
    if problem.ways is not None and problem.goal.distance == "travel":
        cost, unreached = _travel_costs(plan, weight, problem.ways)
    elif problem.goal.power == 2 and not limited:  # noqa: PLR2004
        cost = _square_costs(plan, weight)
    else:
        cost = _costs(plan, weight)
    far = np.zeros(problem.graph.n_units)
    for measure, limit in limits.items():
        if np.isfinite(limit).any():
            tied = np.isfinite(limit)[labels]
            longest = np.where(tied, _longest(plan) if measure == "metres" else _longest_ways(plan), 0.0)
            longest = longest / np.where(tied, limit[labels], 1.0)
            far = np.maximum(far, np.where(longest <= 1 + ROUNDING, 0.0, longest))
    order = np.lexsort((cost, unreached, far, labels))
    return ints(order[np.unique(labels[order], return_index=True)[1]])


def _reach(problem: Problem, measure: str) -> Floats:
    """The limit on the way from the unit that stands for each territory, (n_territories,).

    Where a base is free, what limits the ways from bases limits those from that unit.
    """
    to_center, to_base = problem.reach("center", measure), problem.reach("base", measure)
    return np.where(problem.given_bases, to_center, min(to_center, to_base))


def _positive(weight: Floats, plan: Plan) -> Floats:
    """The weights, with 1 for every unit of a territory that weighs nothing."""
    total = np.bincount(plan.labels, weight, plan.problem.n_territories)
    return np.where(total[plan.labels] > 0, weight, 1.0)


def _members(plan: Plan) -> list[Ints]:
    order = np.argsort(plan.labels, kind="stable")
    ends = np.cumsum(np.bincount(plan.labels, minlength=plan.problem.n_territories))
    return np.split(order, ends[:-1])


def _means(plan: Plan, points: Floats, weight: Floats) -> Floats:
    """Weighted mean of each territory's points, taken relative to the mean of all to keep digits."""
    k, middle = plan.problem.n_territories, points.mean(axis=0)
    sums = [np.bincount(plan.labels, weight * axis, k) for axis in (points - middle).T]
    return np.asarray(np.stack(sums, axis=1) / np.bincount(plan.labels, weight, k)[:, None] + middle, np.float64)


def _places(problem: Problem) -> Floats:
    """Where units are: points in the plane, or on the unit sphere for great circles."""
    if problem.goal.distance == "great-circle" and problem.graph.lonlat is not None:
        return unit_vectors(problem.graph.lonlat)
    return problem.graph.xy


def _costs(plan: Plan, weight: Floats) -> Floats:
    """What each unit would cost as the center of its territory, all of them tried, shape (n_units,)."""
    places, power = _places(plan.problem), plan.problem.goal.power
    cost = np.empty(len(places))
    for own in _members(plan):
        cost[own] = _costs_of(places[own], places[own], weight[own], power)
    return cost


def _costs_of(centers: Floats, places: Floats, weight: Floats, power: int) -> Floats:
    cost = np.empty(len(centers))
    step = max(1, BLOCK // len(places))
    for start in range(0, len(centers), step):
        away = cdist(centers[start : start + step], places)
        away = away if places.shape[1] == 2 else arcs(away)  # noqa: PLR2004 - points of the plane
        cost[start : start + step] = away**power @ weight
    return cost


def _square_costs(plan: Plan, weight: Floats) -> Floats:
    """The same for squared distances without trying all; infinite for units that cannot be the best.

    In the plane the sum is least at the unit nearest the weighted mean, by Steiner's theorem. On the sphere
    the theorem holds for the straight lines through it. They are shorter than the arcs, so that their sum is
    a bound below, and a close one: few units are left whose bound is not above the best sum found.
    """
    places = _places(plan.problem)
    offset = places - _means(plan, places, weight)[plan.labels]
    square = (offset**2).sum(axis=1)
    if places.shape[1] == 2:  # noqa: PLR2004 - points of the plane
        return np.asarray(square, np.float64)
    cost = np.full(len(places), np.inf)
    for own in _members(plan):
        mass = weight[own]
        below = EARTH_RADIUS**2 * (mass.sum() * square[own] + mass @ square[own])
        order = np.argsort(below, kind="stable")
        first = own[order[:_PROMISING]]
        cost[first] = _costs_of(places[first], places[own], mass, 2)
        left = order[_PROMISING:][below[order[_PROMISING:]] <= cost[first].min() * (1 + ROUNDING)]
        cost[own[left]] = _costs_of(places[own[left]], places[own], mass, 2)
    return cost


def _travel_costs(plan: Plan, weight: Floats, travel: Travel) -> tuple[Floats, Floats]:
    """What each unit would cost as a center over the units that it reaches, and how many it does not reach."""
    n, labels = plan.problem.graph.n_units, plan.labels
    start = np.repeat(np.arange(n), np.diff(travel.indptr))
    inside = (labels[start] == labels[travel.indices]) & (start != travel.indices)
    start, end = start[inside], travel.indices[inside]
    cost = np.bincount(start, weight[end] * travel.minutes[inside] ** plan.problem.goal.power, n)
    size = np.bincount(labels, minlength=plan.problem.n_territories)
    unreached = size[labels] - 1.0 - np.bincount(start, minlength=n)
    return np.asarray(cost, np.float64), np.asarray(unreached, np.float64)


def _longest(plan: Plan) -> Floats:
    """Straight line from each unit to the farthest unit of its territory, shape (n_units,), metres."""
    xy = plan.problem.graph.xy
    longest = np.empty(len(xy))
    for own in _members(plan):
        step = max(1, BLOCK // len(own))
        for start in range(0, len(own), step):
            part = own[start : start + step]
            longest[part] = cdist(xy[part], xy[own]).max(axis=1)
    return longest


def _longest_ways(plan: Plan) -> Floats:
    """Minutes from each unit to the unit of its territory that is farthest from it; infinite where no way leads."""
    travel, labels = plan.problem.travel, plan.labels
    longest = np.zeros(len(labels))
    if travel is None:  # the model has checked it
        return longest
    start = np.repeat(np.arange(len(labels)), np.diff(travel.indptr))
    inside = (labels[start] == labels[travel.indices]) & (start != travel.indices)
    np.maximum.at(longest, start[inside], travel.minutes[inside])
    reached = np.bincount(start[inside], minlength=len(labels)) + 1
    size = np.bincount(labels, minlength=plan.problem.n_territories)
    return np.where(reached == size[labels], longest, np.inf)


def _distances(plan: Plan) -> Floats:
    """Distance of each unit from the center of its territory as the objective takes it, shape (n_units,)."""
    problem, goal, labels = plan.problem, plan.problem.goal, plan.labels
    units = np.arange(len(labels))
    based = problem.given_bases[labels] & (goal.center == "base")
    if goal.distance == "travel" and problem.ways is not None:
        away = np.empty(len(labels))
        away[based] = problem.ways.minutes_from_bases(labels[based], units[based]) if based.any() else 0.0
        if not based.all():
            away[~based] = problem.ways.minutes_between(_centers(plan)[labels[~based]], units[~based])
        return away
    places = _places(problem)
    if goal.center == "centroid":
        points = _centroids(plan, places)
    else:
        points = places[_centers(plan)] if not based.all() else np.zeros((problem.n_territories, places.shape[1]))
        if based.any():
            points = np.where(problem.given_bases[:, None], _bases(problem), points)
    offset = places - points[labels]
    away = np.sqrt((offset**2).sum(axis=1))
    return arcs(away) if goal.distance == "great-circle" else np.asarray(away, np.float64)


def _centers(plan: Plan) -> Ints:
    return best_centers(plan) if plan.centers is None else plan.centers


def _centroids(plan: Plan, places: Floats) -> Floats:
    means = _means(plan, places, _positive(plan.problem.center_weights, plan))
    if places.shape[1] == 2:  # noqa: PLR2004 - points of the plane
        return means
    length = np.linalg.norm(means, axis=1, keepdims=True)
    first = places[np.unique(plan.labels, return_index=True)[1]]  # where the points cancel out, any will do
    return np.where(length > ROUNDING, means / np.maximum(length, ROUNDING), first)


def _bases(problem: Problem) -> Floats:
    if problem.goal.distance == "great-circle":
        return unit_vectors(np.asarray(problem.bases_lonlat))
    return np.asarray(problem.bases)
