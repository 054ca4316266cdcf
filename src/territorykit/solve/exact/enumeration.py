"""Every territory there can be, written down, and the best choice among them: for small connected problems.

Garfinkel, R. S., Nemhauser, G. L. (1970). Optimal political districting by implicit enumeration techniques.
*Management Science*, 16(8), B-495-B-508.
"""

import math
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy.sparse import coo_matrix, csc_matrix

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.violations import violations
from territorykit.model.objective import CenterTerm
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.requirements import Balance, Capacity, Contiguous
from territorykit.solve.bound.candidates import SLACK, distances, weighed
from territorykit.solve.bound.costs import MARGIN
from territorykit.solve.compile import size_limits
from territorykit.solve.exact.program import quiet
from territorykit.solve.kernels.subsets import Map, subsets_around

MOST_STEPS = 20_000_000
"""Steps after which territories count as too many to write down: about half a second."""

MOST_TERRITORIES = 200_000
"""Most territories to choose among."""

MOST_CHOICES, FEW_CHOICES = 40_000, 3_000
PATIENCE = 5.0
"""Among how many the best choice is sought where no plan is known, and where one is: the model of Hess is fast then.
It is given up after so many seconds.
"""

MOST_UNITS = 400
"""Most units with which it is tried."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best plan of all territories there can be.

    Parameters
    ----------
    labels
        Shape (n_units,), or None where no plan was found.
    bound
        No plan costs less; minus infinity where that is not known.
    infeasible
        Whether it is proven that there is no plan.
    complete
        Whether everything has been searched, up to the gap.
    """

    labels: Ints | None
    bound: float
    infeasible: bool
    complete: bool = True


def best_of_all(problem: Problem, seconds: float, gap: float = 0.0, *, most: int = MOST_CHOICES) -> Chosen | None:
    """The best plan where all territories can be written down; None where they cannot, or nothing is found out.

    Where requirements tell territories apart, or costs are not each territory's own, there is no bound: it is found
    out whether a plan of such sizes exists, and labels are given where they meet all requirements. The same holds where
    every plan has units that no way leads to.
    """
    territories = all_territories(problem, most=most) if seconds > 0 else None
    if territories is None:
        return None
    priced = alike(problem) and all(isinstance(term, CenterTerm) for term in problem.terms)
    priced &= problem.goal.center == "unit"
    cost = _costs(problem, territories) if priced else np.zeros(len(territories))
    near = np.isfinite(cost)
    found = choose(territories[near], cost[near], problem.n_territories, seconds=min(seconds, PATIENCE), gap=gap)
    if found.infeasible and not near.all():  # whether there is a plan with units that no way leads to
        priced, cost = False, np.zeros(len(territories))
        found = choose(territories, cost, problem.n_territories, seconds=min(seconds, PATIENCE), gap=gap)
    if found.infeasible:
        return found
    if not found.complete or found.labels is None or violations(Plan(problem, found.labels)):
        return None  # out of time, or a plan that the referee does not take: limits here are a little wider
    return found if priced else replace(found, bound=-math.inf)


def alike(problem: Problem) -> bool:
    """Whether the same rules hold for every territory, each by itself: sizes and contiguity."""
    plain = all(isinstance(r, Contiguous | Balance | Capacity) for r in problem.requirements)
    return plain and all(np.ptp(limit) == 0 for pair in size_limits(problem).values() for limit in pair)


def map_of(problem: Problem) -> Map:
    """Neighbors, loads and limits; where territories differ, the loosest limits of all."""
    graph, n = problem.graph, problem.graph.n_units
    pairs = np.concatenate([graph.edges, graph.edges[:, ::-1]])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    first = np.searchsorted(pairs[:, 0], np.arange(n + 1)).astype(np.int64)
    limits = size_limits(problem)
    load = np.array([graph.activity(a).values for a in limits], np.float64).reshape(len(limits), n)
    lower = np.array([least.min() for least, _ in limits.values()], np.float64) * (1 - SLACK)
    upper = np.array([most.max() for _, most in limits.values()], np.float64) * (1 + SLACK)
    return Map(first, np.ascontiguousarray(pairs[:, 1], np.int64), load, lower, upper)


def all_territories(problem: Problem, *, most: int = MOST_TERRITORIES) -> Bools | None:
    """Every connected territory within the limits that leaves whole territories behind; None where there are many.

    Shape (n_territories, n_units). A plan of connected territories that keep the sizes uses no others.
    """
    n, k = problem.graph.n_units, problem.n_territories
    if not problem.of_type(Contiguous) or not problem.bands or n > MOST_UNITS or k == 1:
        return None
    area = map_of(problem)
    allowed, found, left, steps = np.ones(n, np.bool_), [], most, MOST_STEPS
    for root in np.argsort(-area.load[0], kind="stable"):
        out = np.zeros((left, n), np.bool_)
        count = subsets_around(area, root, allowed, k, steps, out)
        if not count.complete:
            return None
        allowed[root] = False
        found.append(out[: count.kept].copy())
        left, steps = left - count.kept, steps - count.steps
    return np.concatenate(found)


def choose(territories: Bools, cost: Floats, k: int, *, seconds: float, gap: float = 0.0) -> Chosen:
    """The cheapest k territories that hold every unit once."""
    count = len(territories)
    if count < k or not territories.any(axis=0).all():
        return Chosen(None, -math.inf, infeasible=True)
    scale = float(np.abs(cost).mean()) or 1.0
    solver = quiet(2**31 - 1, seconds)
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    solver.passModel(_program(territories, cost / scale, k))
    solver.run()
    status, ends = solver.getModelStatus(), highspy.HighsModelStatus
    if status in (ends.kInfeasible, ends.kUnboundedOrInfeasible):  # all columns are bounded
        return Chosen(None, -math.inf, infeasible=True)
    values = np.asarray(solver.getSolution().col_value, float)
    chosen = np.flatnonzero(values > 0.5) if len(values) == count else np.zeros(0, np.int64)  # noqa: PLR2004
    once = len(chosen) == k and bool((territories[chosen].sum(axis=0) == 1).all())
    labels = territories[chosen].argmax(axis=0).astype(np.int64) if once else None
    bound = float(solver.getInfo().mip_dual_bound) * scale
    bound = bound - MARGIN * abs(bound) if math.isfinite(bound) else -math.inf
    return Chosen(labels, bound, infeasible=False, complete=status == ends.kOptimal)


def _costs(problem: Problem, territories: Bools) -> Floats:
    """Cost of each territory with its best center."""
    n = problem.graph.n_units
    away = weighed(problem, distances(problem, np.arange(n), based=False))
    cost = np.empty(len(territories))
    for i, own in enumerate(territories):
        units = np.flatnonzero(own)
        cost[i] = away[np.ix_(units, units)].sum(axis=1).min()
    return cost


def _program(territories: Bools, cost: Floats, k: int) -> highspy.HighsLp:
    column, unit = np.nonzero(territories)
    count, n = territories.shape
    rows = np.concatenate([unit, np.full(count, n)])
    columns = np.concatenate([column, np.arange(count)])
    matrix = csc_matrix(coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(n + 1, count)))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count, n + 1
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(count), np.ones(count)
    lp.row_lower_ = lp.row_upper_ = np.concatenate([np.ones(n), [float(k)]])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * count
    return lp
