"""The referee: every place where a plan breaks a requirement, from its labels alone.

It shares no code with the searches, so that an error of theirs cannot hide here.
"""

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Floats
from territorykit.criteria.disruption import moved_since, share_moved_since
from territorykit.criteria.nesting import split_units, splits
from territorykit.criteria.objective import best_centers
from territorykit.criteria.workload import nights_away, working_hours
from territorykit.errors import listing
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
from territorykit.model.plan import Plan
from territorykit.model.requirements import Apart, Balance, Capacity, Contiguous, Fixed, MaxTravel, Together
from territorykit.model.result import Violation
from territorykit.model.workload import BalancedWorkload

ROUNDING = 1e-9
"""What sums may be off, relative to their limit, because computers round."""


def violations(plan: Plan) -> tuple[Violation, ...]:
    """Every place where a plan breaks a requirement of its problem.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> from territorykit.model.problem import Problem
    >>> from territorykit.model.unit_graph import UnitGraph
    >>> graph = UnitGraph(["a", "b", "c"], [[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]], [Activity("calls", [1, 1, 2])])
    >>> problem = Problem(graph, 2, [Balance("calls", 0.1), Contiguous()])
    >>> violations(Plan(problem, [0, 0, 1]))
    ()
    >>> for violation in violations(Plan(problem, [0, 1, 0])):
    ...     print(violation.message)
    territory '1' has 3 of calls, 50.0 % above its target; at most 2.2 are allowed
    territory '2' has 1 of calls, 50.0 % below its target; at least 1.8 are needed
    territory '1' is in 2 pieces: 'c' lies apart from the largest
    """
    return tuple(found for requirement in plan.problem.requirements for found in _broken(requirement, plan))


@singledispatch
def _broken(requirement: Any, plan: Plan) -> Iterator[Violation]:  # noqa: ANN401 - registered below by type
    message = f"the referee knows no {type(requirement).__name__}"
    raise NotImplementedError(message)


@_broken.register
def _balance(requirement: Balance, plan: Plan) -> Iterator[Violation]:
    sizes, targets = plan.sizes(requirement.activity), plan.problem.targets(requirement)
    lower, upper = targets * (1 - requirement.tolerance), targets * (1 + requirement.tolerance)
    for t, limit, off in _outside(sizes, lower, upper, targets):
        name, side = plan.problem.names[t], "above" if sizes[t] > limit else "below"
        deviation = 100 * abs(sizes[t] / targets[t] - 1)
        allowed = f"at most {limit:,.6g} are allowed" if side == "above" else f"at least {limit:,.6g} are needed"
        message = (
            f"territory {name!r} has {sizes[t]:,.6g} of {requirement.activity}, "
            f"{deviation:.1f} % {side} its target; {allowed}"
        )
        yield Violation(requirement, name, (), float(sizes[t]), float(limit), off, message)


@_broken.register
def _capacity(requirement: Capacity, plan: Plan) -> Iterator[Violation]:
    k, sizes = plan.problem.n_territories, plan.sizes(requirement.activity)
    lower, upper = np.broadcast_to(requirement.lower, k), np.broadcast_to(requirement.upper, k)
    scale = np.full(k, max(sizes.sum() / k, 1e-300))
    for t, limit, off in _outside(sizes, lower, upper, scale):
        name = plan.problem.names[t]
        side = "more than its capacity of" if sizes[t] > limit else "less than its least size of"
        message = f"territory {name!r} has {sizes[t]:,.6g} of {requirement.activity}, {side} {limit:,.6g}"
        yield Violation(requirement, name, (), float(sizes[t]), float(limit), off, message)


def _outside(sizes: Floats, lower: Floats, upper: Floats, scale: Floats) -> Iterator[tuple[int, float, float]]:
    """Territories outside their limits as (position, the limit broken, how far off relative to scale)."""
    for t in np.flatnonzero(sizes > upper + ROUNDING * np.maximum(upper, scale)):
        yield int(t), float(upper[t]), float((sizes[t] - upper[t]) / scale[t])
    for t in np.flatnonzero(sizes < lower - ROUNDING * np.maximum(lower, scale)):
        yield int(t), float(lower[t]), float((lower[t] - sizes[t]) / scale[t])


@_broken.register
def _contiguous(requirement: Contiguous, plan: Plan) -> Iterator[Violation]:
    graph, labels = plan.problem.graph, plan.labels
    inside = graph.edges[labels[graph.edges[:, 0]] == labels[graph.edges[:, 1]]]
    shape = (graph.n_units, graph.n_units)
    matrix = coo_matrix((np.ones(len(inside), np.int8), (inside[:, 0], inside[:, 1])), shape=shape)
    n_pieces, piece = connected_components(matrix, directed=False)
    home = labels[np.unique(piece, return_index=True)[1]]
    sizes = np.bincount(piece, minlength=n_pieces)
    for t in np.flatnonzero(np.bincount(home, minlength=plan.problem.n_territories) > 1):
        own = np.flatnonzero(home == t)
        main = own[np.argmax(sizes[own])]
        away = graph.ids[(labels == t) & (piece != main)]
        name = plan.problem.names[t]
        verb = "lies" if len(away) == 1 else "lie"
        message = f"territory {name!r} is in {len(own)} pieces: {listing(away)} {verb} apart from the largest"
        yield Violation(requirement, name, tuple(away), float(len(own)), 1.0, float(len(own) - 1), message)


@_broken.register
def _max_travel(requirement: MaxTravel, plan: Plan) -> Iterator[Violation]:
    problem, limit = plan.problem, requirement.limit
    distance = _ways_to(requirement, plan)
    far = ~(distance <= limit * (1 + ROUNDING))
    scale, unit = (1000.0, "km") if requirement.measure == "metres" else (1.0, "min")
    for t in np.unique(plan.labels[far]):
        mask = far & (plan.labels == t)
        units, longest, name = problem.graph.ids[mask], float(distance[mask].max()), problem.names[t]
        furthest = f"the furthest {longest / scale:,.6g} {unit}" if np.isfinite(longest) else "to some there is no way"
        message = (
            f"territory {name!r}: {_count(len(units))} further than {limit / scale:,.6g} {unit} from its "
            f"{requirement.to}, {furthest}: {listing(units)}"
        )
        excess = float((np.where(np.isfinite(distance[mask]), distance[mask], 2 * limit) / limit - 1).sum())
        yield Violation(requirement, name, tuple(units), longest, limit, excess, message)


def _ways_to(requirement: MaxTravel, plan: Plan) -> Floats:
    """Metres or minutes from the base of each unit's territory, or else from its center, shape (n_units,)."""
    problem, labels = plan.problem, plan.labels
    units, based = np.arange(len(labels)), problem.given_bases[labels] & (requirement.to == "base")
    centers = np.zeros(problem.n_territories, np.int64)
    if not based.all():
        centers = best_centers(plan) if plan.centers is None else plan.centers
    if requirement.measure == "metres":
        points = problem.graph.xy[centers]
        if based.any():
            points = np.where(problem.given_bases[:, None], np.asarray(problem.bases), points)
        offset = problem.graph.xy - points[labels]
        return np.asarray(np.hypot(offset[:, 0], offset[:, 1]), np.float64)
    away, travel = np.full(len(labels), np.inf), problem.travel
    if travel is not None:  # the model has checked it
        away[~based] = travel.minutes_between(centers[labels[~based]], units[~based])
        away[based] = travel.minutes_from_bases(labels[based], units[based]) if based.any() else 0.0
    return away


def _count(n: int) -> str:
    return "1 unit lies" if n == 1 else f"{n:,} units lie"


@_broken.register
def _balanced_workload(requirement: BalancedWorkload, plan: Plan) -> Iterator[Violation]:
    hours, k = working_hours(plan, requirement.workload), plan.problem.n_territories
    target = np.full(k, hours.mean() if requirement.hours is None else requirement.hours)
    for t, limit, off in _outside(
        hours, target * (1 - requirement.tolerance), target * (1 + requirement.tolerance), target
    ):
        name, side = plan.problem.names[t], "above" if hours[t] > limit else "below"
        message = (
            f"territory {name!r} takes {hours[t]:,.6g} h a year, driving included, "
            f"{100 * abs(hours[t] / target[t] - 1):.1f} % {side} its target; {limit:,.6g} h are the limit"
        )
        yield Violation(requirement, name, (), float(hours[t]), float(limit), off, message)
    if requirement.max_nights is None:
        return
    nights, most = nights_away(plan, requirement.workload), np.full(k, requirement.max_nights)
    for t, limit, off in _outside(nights, np.zeros(k), most, np.maximum(most, 1.0)):
        name = plan.problem.names[t]
        message = (
            f"territory {name!r} takes {nights[t]:,.4g} nights a year away from home, at most {limit:,.4g} are allowed"
        )
        yield Violation(requirement, name, (), float(nights[t]), float(limit), off, message)


@_broken.register
def _fixed(requirement: Fixed, plan: Plan) -> Iterator[Violation]:
    units = list(requirement.mapping)
    wanted = np.array([plan.problem.territory(t) for t in requirement.mapping.values()], np.int64)
    found = plan.labels[plan.problem.graph.positions(units)]
    for i in np.flatnonzero(found != wanted):
        name, other = plan.problem.names[wanted[i]], plan.problem.names[found[i]]
        message = f"unit {units[i]!r} is fixed to territory {name!r} and is in {other!r}"
        yield Violation(requirement, name, (units[i],), 0.0, 1.0, 1.0, message)


@_broken.register
def _together(requirement: Together, plan: Plan) -> Iterator[Violation]:
    for group in requirement.groups:
        found = np.unique(plan.labels[plan.problem.graph.positions(group)])
        if len(found) > 1:
            names = listing([plan.problem.names[t] for t in found])
            message = f"units {listing(group)} must be together and are in territories {names}"
            yield Violation(requirement, None, group, float(len(found)), 1.0, float(len(found) - 1), message)


@_broken.register
def _apart(requirement: Apart, plan: Plan) -> Iterator[Violation]:
    for pair in requirement.pairs:
        one, other = plan.labels[plan.problem.graph.positions(pair)]
        if one == other:
            name = plan.problem.names[one]
            message = f"units {pair[0]!r} and {pair[1]!r} must be apart and are both in territory {name!r}"
            yield Violation(requirement, name, pair, 1.0, 0.0, 1.0, message)


@_broken.register
def _max_moved(requirement: MaxMoved, plan: Plan) -> Iterator[Violation]:
    share, allowed = share_moved_since(plan, requirement), requirement.share
    if share > allowed + ROUNDING:
        units = plan.problem.graph.ids[moved_since(plan, requirement)]
        what = "the units lie" if requirement.activity is None else f"{requirement.activity} lies"
        message = (
            f"{100 * share:.4g} % of {what} in another territory than today, "
            f"at most {100 * allowed:.4g} % are allowed: {listing(units)}"
        )
        yield Violation(requirement, None, tuple(units), share, allowed, share - allowed, message)


@_broken.register
def _nested(requirement: Nested, plan: Plan) -> Iterator[Violation]:
    count = splits(plan, requirement)
    total, allowed = int(count.sum()), requirement.max_splits
    if total > allowed:
        labels = plan.problem.graph.groups[requirement.group]
        groups = list(dict.fromkeys(label for label in labels if label is not None))
        split = listing([groups[g] for g in np.flatnonzero(count)])
        units = plan.problem.graph.ids[split_units(plan, requirement)]
        message = (
            f"territories cross {requirement.group} {split}: {total:,} splits, at most {allowed:,} are allowed; "
            f"the smaller parts are {listing(units)}"
        )
        yield Violation(requirement, None, tuple(units), float(total), float(allowed), float(total - allowed), message)
