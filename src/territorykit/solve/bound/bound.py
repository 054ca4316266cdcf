"""How good any plan can be: the door to the bounds."""

import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from territorykit._arrays import Ints
from territorykit.criteria.objective import term_values
from territorykit.errors import NoPlanError, RequirementError
from territorykit.model.objective import BorderLength, Diameter
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.proof import Proof
from territorykit.model.result import Bound, Status
from territorykit.solve.bound.ascent import (
    Prices,
    Raised,
    first_prices,
    prices_of_centers,
    raise_within,
    raise_without_target,
)
from territorykit.solve.bound.costs import MARGIN, Relaxation, relax
from territorykit.solve.bound.diameter import diameter_bound
from territorykit.solve.bound.net import bound_on_net, needs_net
from territorykit.solve.bound.tree import Part, Tree
from territorykit.solve.solve import check_problem, check_time_limit, solve

GLANCE = 0.15
_GLANCE_ITERATIONS = 30_000
_GLANCE_SECONDS = 10.0
"""How much of the time goes into a plan that tells how far the bound may rise."""


def bound(problem: Problem, *, centers: Iterable[Any] | None = None, time_limit: float | None = None) -> Bound:
    r"""A value that no plan of a problem can beat, with the prices that prove it.

    It comes from a Lagrangian relaxation [1]_, whose prices are raised by Polyak's steps [2]_. It holds with
    contiguity and without: contiguity, and what ties units of different territories together, is left out. Bands are
    kept, that of the activity which weighs the distances exactly and those of others by prices; `MaxTravel`, `Fixed`
    and `Together` rule out what they rule out; `BalancedWorkload` is left out. Terms of the objective are bounded one
    by one: `BorderLength` by nothing, `Diameter` by units that lie far apart. Where some bases are given and others
    free, the given ones stand for their own territories, and any units for the others.

    Parameters
    ----------
    problem
        The problem.
    centers
        Ids of the units that are the territories' centers, in the order of the territories; the bound then holds for
        plans with these centers only.
    time_limit
        Seconds. Without it the bound of a single set of prices is given, which takes seconds; with it the choices of
        centers are divided into parts for as long as that raises the bound.

    Returns
    -------
    Bound
        Its `centers` are "given" where `centers` were passed; else it holds for every plan.

    Raises
    ------
    NoPlanError
        If no territories of these sizes exist, so that any value would be a bound.
    RequirementError
        If an argument is wrong.

    References
    ----------
    .. [1] Geoffrion, A. M. (1974). Lagrangean relaxation for integer programming. *Mathematical Programming
           Study*, 2, 82-114.
    .. [2] Polyak, B. T. (1969). Minimization of unsmooth functionals. *USSR Computational Mathematics and
           Mathematical Physics*, 9(3), 14-29.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(range(4), [[0, 0], [1, 0], [5, 0], [6, 0]], [[0, 1], [1, 2], [2, 3]])
    >>> found = tk.bound(tk.Problem(graph, 2, objective=tk.Compactness()), time_limit=10)
    >>> round(found.value, 3), found.centers
    (2.0, 'free')
    """
    check_problem(problem, "bound")
    check_time_limit(time_limit)
    began = time.perf_counter()
    given = None if centers is None else _positions(problem, centers)
    until = np.inf if time_limit is None else began + time_limit
    if given is None and needs_net(problem):
        return bound_on_net(problem, began, until)
    relaxation = relax(problem, given)
    plan = None if relaxation.named else _glance(problem, time_limit)
    tree = start_tree(relaxation, plan, gap=0.0, seconds=until - time.perf_counter())
    if time_limit is not None:
        tree.run(lambda: time.perf_counter() >= until or tree.heap[0][0] >= tree.settled_at)
    return as_bound(tree, given=given is not None, runtime=time.perf_counter() - began)


def _positions(problem: Problem, centers: Iterable[Any]) -> Ints:
    if problem.goal.center != "unit":
        message = f"bound: centers are units, but the objective's are {problem.goal.center!r}; leave them out"
        raise RequirementError(message)
    given = problem.graph.positions(list(centers))
    if len(given) != problem.n_territories:
        message = f"bound: {len(given):,} centers for {problem.n_territories:,} territories; name one unit for each"
        raise RequirementError(message)
    return given


def _glance(problem: Problem, time_limit: float | None) -> Plan | None:
    """A plan found in passing: it tells how far the bound may rise."""
    if time_limit is None:
        found = solve(problem, stop=_GLANCE_ITERATIONS)
    else:
        found = solve(problem, time_limit=min(GLANCE * time_limit, _GLANCE_SECONDS))
    if found.status is Status.INFEASIBLE:
        reasons = " ".join(conflict.message for conflict in found.conflicts[:3])
        message = f"no plan exists, so that any value is a bound: {reasons}"
        raise NoPlanError(message)
    return found.plan if not found.violations else None


def start_tree(relaxation: Relaxation, plan: Plan | None, gap: float, seconds: float = np.inf) -> Tree:
    """The whole of all choices, raised and divided once; parts close at the plan's cost less the gap."""
    problem = relaxation.problem
    region, need = relaxation.whole
    if plan is None:
        found = raise_without_target(relaxation, region, need, first_prices(relaxation))
        target, cut = found.value * 1.05, np.inf
    else:
        target = own_cost(problem, plan)
        cut = cut_at(target, gap)
        found = _raised_root(relaxation, plan, region, need, target, cut, seconds)
    if np.isposinf(found.value):
        message = "no territories of these sizes exist, whatever their centers; tk.diagnose(problem) says why"
        raise NoPlanError(message)
    tree = Tree(relaxation, target, cut)
    tree.divide(Part(region.astype(np.int16), need, found.prices, -1, 0), found, -np.inf)
    return tree


def _raised_root(  # noqa: PLR0917 - what an ascent takes
    relaxation: Relaxation, plan: Plan | None, region: Ints, need: Ints, target: float, cut: float, seconds: float
) -> Raised:
    """The better of two ascents: from prices of the plan's centers, and where that is not enough from any."""
    began = time.perf_counter()

    def raised(prices: Prices) -> Raised:
        left = (seconds - (time.perf_counter() - began)) / 2
        return raise_within(relaxation, region, need, prices, target=target, cut=cut, seconds=left)

    if plan is None or plan.centers is None or relaxation.named:
        return raised(first_prices(relaxation))
    found = raised(prices_of_centers(relaxation, relaxation.at_centers(plan.centers), target))
    if found.value >= cut or time.perf_counter() - began > seconds / 2:
        return found
    other = raised(first_prices(relaxation))
    return found if found.value >= other.value else other


def cut_at(cost: float, gap: float) -> float:
    """The bound that closes a gap to a plan's cost, for all that is taken off it for rounding."""
    return min(cost, cost - (gap - 4 * MARGIN) * abs(cost))


def own_cost(problem: Problem, plan: Plan) -> float:
    """The part of a plan's objective that the relaxed problem counts."""
    terms = zip(problem.terms, term_values(plan), strict=True)
    return float(sum(t.weight * value for t, value in terms if not isinstance(t, BorderLength | Diameter)))


def bounded_terms_only(problem: Problem) -> bool:
    """Whether the relaxed problem counts all of the objective."""
    return not any(isinstance(term, BorderLength | Diameter) for term in problem.terms)


def as_bound(tree: Tree, *, given: bool, runtime: float) -> Bound:
    """What a tree has proven, with its prices, and what the further terms of the objective add."""
    relaxation, problem = tree.relaxation, tree.relaxation.problem
    added, witness = diameter_bound(problem)
    value = tree.value + added
    kept = np.array([_per_unit(relaxation, branching.prices.price) for branching in tree.record])
    proof = Proof(
        above=[b.above for b in tree.record],
        taken=[b.taken for b in tree.record],
        region=[-1 if b.split is None else b.split.region for b in tree.record],
        normal=np.array([np.zeros(2) if b.split is None else b.split.normal for b in tree.record]),
        offset=[0.0 if b.split is None else b.split.offset for b in tree.record],
        tilts=np.array([b.prices.tilt for b in tree.record], np.float64),
        exactly=relaxation.exactly,
        apart=witness,
    )
    parts = "" if len(tree.record) == 1 else f", {len(tree.record):,} parts"
    method = f"Lagrangian relaxation{parts}"
    return Bound(value - MARGIN * abs(value), "given" if given else "free", kept, method, runtime, proof)


def _per_unit(relaxation: Relaxation, price: np.ndarray) -> np.ndarray:
    """Price of covering each unit; a block's is shared out evenly."""
    of_block = price.astype(np.float64) * relaxation.rows.load
    return (of_block / np.bincount(relaxation.block))[relaxation.block]
