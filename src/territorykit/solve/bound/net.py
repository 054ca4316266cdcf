"""Bounds where a center may lie anywhere, and for maps of many units: a net of points stands for all centers.

For squared distances the value of a center, less its size times its own square, is concave. Inside a triangle it is
not under the mean of the corners, so that a corner is at most (greatest size) x (radius of the triangle)² above the
best center in it. Units as centers are a case of this: they cost no less than the best point.
"""

import time

import numpy as np
import shapely
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from territorykit._arrays import Floats, Ints
from territorykit.criteria.objective import objective
from territorykit.errors import NoPlanError, RequirementError
from territorykit.model.objective import AssignmentCost, CenterTerm
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.proof import whole
from territorykit.model.result import Bound
from territorykit.solve.bound.ascent import ROOT, Prices, first_prices, raise_prices, raise_without_target
from territorykit.solve.bound.costs import MARGIN, Relaxation, blocks, classes, end_of_territory, limits_of, merged
from territorykit.solve.kernels.lagrange import value_all
from territorykit.solve.solve import solve

MOST_UNITS = 7_000
"""From how many units on a net stands for units as centers: their rows of costs would take over half a gigabyte."""

LEVELS = (30, 120, 480, 1_200)
"""Points of the nets per territory: most of the ascent is done on coarse ones, a fine one proves more."""

DEARER = 4
"""How many times the time of the net before it a finer net takes."""

MOST_BYTES = 1.5e9
"""What the rows of costs of a net may take."""

REACH = 4
"""How many mean territories a row of costs covers."""

SAMPLES = 2_000
"""At how many blocks the cost at the end of a territory is worked out; others take it from the nearest."""

_CHUNK = 4_000_000


def needs_net(problem: Problem) -> bool:
    """Whether a problem's bound takes a net of points as centers.

    Raises
    ------
    RequirementError
        If its objective has none.
    """
    compact = [term for term in problem.terms if isinstance(term, CenterTerm)]
    based = problem.goal.center == "base"
    if not compact or (based and problem.given_bases.all()):
        return False
    large = problem.graph.n_units > MOST_UNITS
    if problem.goal.center != "centroid" and not large:
        return False
    if problem.goal.power == 2 and problem.goal.distance == "planar" and not based:  # noqa: PLR2004
        return True
    if problem.goal.center == "centroid":
        message = (
            "bound: centroids are bounded for squared planar distances only, not for "
            f"power={problem.goal.power} and distance={problem.goal.distance!r}; take center='unit'"
        )
        raise RequirementError(message)
    gigabytes = problem.graph.n_units**2 * 12 / 1e9
    message = (
        f"bound: the costs of {problem.graph.n_units:,} units as centers would take about {gigabytes:,.1f} GB; "
        f"beyond {MOST_UNITS:,} units a bound exists for squared planar distances from units, and from bases that are "
        "all given"
    )
    raise RequirementError(message)


def bound_on_net(problem: Problem, began: float, until: float, plan: Plan | None = None) -> Bound:
    """The bound of one set of prices: raised on coarse nets first, then on finer ones for as long as time allows."""
    left = until - time.perf_counter()
    if plan is None:
        found = solve(problem, stop=10_000) if np.isinf(left) else solve(problem, time_limit=0.1 * left)
        plan = found.plan
    target = None if plan is None else objective(plan)
    level_began = time.perf_counter()
    spacing = spacing_for(problem, LEVELS[0])
    relaxation = net_relaxation(problem, spacing)
    prices = _raised(relaxation, first_prices(relaxation), target)
    best = as_net_bound(relaxation, prices, spacing, began)
    for per_territory in LEVELS[1:]:
        now = time.perf_counter()
        if now + DEARER * (now - level_began) > until or _bytes(problem, per_territory) > MOST_BYTES:
            break
        level_began, spacing = now, spacing_for(problem, per_territory)
        relaxation = net_relaxation(problem, spacing)
        prices = _raised(relaxation, moved(prices, relaxation), target)
        best = max(best, as_net_bound(relaxation, prices, spacing, began), key=lambda found: found.value)
    return best


def _bytes(problem: Problem, per_territory: int) -> float:
    """Memory that the rows of a net of so many points per territory take, about."""
    return 1.2 * per_territory * problem.n_territories * _width(problem, problem.graph.n_units) * 12


def _width(problem: Problem, n_blocks: int) -> int:
    return min(n_blocks, int(np.ceil(REACH * n_blocks / problem.n_territories)) + 50)


def _raised(relaxation: Relaxation, prices: Prices, target: float | None) -> Prices:
    region, need = np.zeros(relaxation.n_candidates, np.int64), np.array([relaxation.problem.n_territories])
    if target is None:
        return raise_without_target(relaxation, region, need, prices).prices
    return raise_prices(relaxation, region, need, prices, target=target, cut=np.inf, pace=ROOT).prices


def moved(prices: Prices, relaxation: Relaxation) -> Prices:
    """Prices found with other candidates, for these; tilts belong to candidates and begin anew."""
    n, n_extra = relaxation.n_candidates, len(relaxation.rows.share)
    edge, span = np.full(n, -np.inf, np.float32), np.full(n, np.inf, np.float32)
    return Prices(prices.price, np.zeros((n, n_extra), np.float32), edge, span)


def as_net_bound(relaxation: Relaxation, prices: Prices, spacing: float, began: float) -> Bound:
    """What prices prove, as every territory may have the best point of the net, and that point's neighborhood."""
    problem, rows, dual = relaxation.problem, relaxation.rows, prices.dual()
    value_all(rows, np.zeros(relaxation.n_candidates, np.int64), dual)
    value = float((rows.load * dual.price).sum() + problem.n_territories * dual.below.min())
    if np.isposinf(value):
        message = "no territories of these sizes exist, wherever their centers are; tk.diagnose(problem) says why"
        raise NoPlanError(message)
    value -= problem.n_territories * heaviest(relaxation) * spacing**2 / 3
    per_unit = (dual.price * rows.load / np.bincount(relaxation.block))[relaxation.block]
    everywhere = net_points(problem.graph.xy, spacing)
    tilts = np.zeros((len(everywhere), dual.tilt.shape[1]))
    tilts[_near(problem.graph.xy, everywhere, spacing)] = dual.tilt
    proof = whole(tilts, spacing, relaxation.exactly)
    runtime = time.perf_counter() - began
    return Bound(value - MARGIN * abs(value), "free", per_unit[None], "Lagrangian relaxation on a net", runtime, proof)


def heaviest(relaxation: Relaxation) -> float:
    """The greatest weight that a territory's units may have in the objective."""
    rows = relaxation.rows
    weight = np.bincount(relaxation.block, relaxation.problem.center_weights)
    order = np.argsort(-weight / rows.load)
    before = np.cumsum(rows.load[order]) - rows.load[order]
    taken = np.clip(rows.upper.max() - before, 0, rows.load[order])
    return float((weight[order] / rows.load[order] * taken).sum())


def net_relaxation(problem: Problem, spacing: float) -> Relaxation:
    """The relaxed problem with the points of a net as candidates."""
    points = net_points(problem.graph.xy, spacing)
    block, points = blocks(problem), points[_near(problem.graph.xy, points, spacing)]
    limits = limits_of(problem, block, len(points), named=False)
    width = _width(problem, len(limits.load))
    assigned = sum(t.weight * t.costs.min(axis=1) for t in problem.terms if isinstance(t, AssignmentCost))
    expected = _expected_at(problem, block, limits.load, assigned)
    kind, pliancy = classes(expected)
    n_classes = int(kind.max()) + 1
    unit, ratio = np.zeros((len(points), width), np.int32), np.empty((len(points), width))
    ends = np.zeros((len(points), n_classes + 1), np.int32)
    beyond, rest = np.full((len(points), n_classes), np.inf), np.zeros((len(points), n_classes))
    whole_classes, members = np.bincount(kind, limits.load, n_classes), np.bincount(kind, minlength=n_classes)
    step = max(1, _CHUNK // len(block))
    for start in range(0, len(points), step):
        part = slice(start, start + step)
        per_load = _per_load(problem, points[part], block, limits.load, assigned)
        near = np.argpartition(per_load, width - 1, axis=1)[:, :width] if width < len(limits.load) else None
        near = np.broadcast_to(np.arange(width), per_load.shape) if near is None else near
        costs = np.take_along_axis(per_load, near, axis=1)
        order = np.lexsort((costs, kind[near]), axis=1)
        unit[part], ratio[part] = np.take_along_axis(near, order, axis=1), np.take_along_axis(costs, order, axis=1)
        for c in range(n_classes):
            ends[part, c + 1] = (kind[near] <= c).sum(axis=1)
            kept = kind[near] == c
            left = whole_classes[c] - np.where(kept, limits.load[near], 0.0).sum(axis=1)
            rest[part, c] = np.where(kept.sum(axis=1) < members[c], np.maximum(left, limits.load.min()), 0.0)
        beyond[part] = np.where(rest[part] > 0, costs.max(axis=1)[:, None], np.inf)
    rows = limits.rows(unit, ratio, ends, beyond, rest, kind, pliancy)
    return Relaxation(problem, rows, block, points, named=False, expected=expected, exactly=limits.exactly)


def _per_load(problem: Problem, points: Floats, block: Ints, load: Floats, assigned: Floats | int) -> Floats:
    cost = problem.center_weights * cdist(points, problem.graph.xy, "sqeuclidean") + assigned
    return np.asarray(merged(cost, block) / load, np.float64)


def _expected_at(problem: Problem, block: Ints, load: Floats, assigned: Floats | int) -> Floats:
    """The cost per load at which a territory around each block would end: at some blocks, the others by the nearest."""
    xy = problem.graph.xy[np.unique(block, return_index=True)[1]]
    some = np.unique(np.linspace(0, len(xy) - 1, min(len(xy), SAMPLES)).astype(np.int64))
    step = max(1, _CHUNK // len(block))
    found = [
        end_of_territory(row, load, problem.n_territories)
        for start in range(0, len(some), step)
        for row in _per_load(problem, xy[some[start : start + step]], block, load, assigned)
    ]
    nearest = cKDTree(xy[some]).query(xy)[1]
    return np.asarray(np.asarray(found, np.float64)[nearest], np.float64)


def _near(xy: Floats, points: Floats, spacing: float) -> np.ndarray:
    """Which points of the net are corners of a triangle that the units' convex hull may meet."""
    hull = shapely.convex_hull(shapely.multipoints(xy))
    return np.asarray(shapely.distance(hull, shapely.points(points)) <= 1.001 * spacing)


def spacing_for(problem: Problem, per_territory: int) -> float:
    """Distance of a net's points, from how many there shall be."""
    hull = shapely.convex_hull(shapely.multipoints(problem.graph.xy))
    area = max(hull.area, 1e-12 * max(hull.length, 1e-12) ** 2)
    wanted = area / (per_territory * problem.n_territories)
    return float(max(np.sqrt(2 * wanted / np.sqrt(3)), hull.length / 4 / (per_territory * problem.n_territories)))


def net_points(xy: Floats, spacing: float) -> Floats:
    """Points of a triangular net around all units: the corners of every triangle that their convex hull meets."""
    low, high = xy.min(axis=0) - 1.01 * spacing, xy.max(axis=0) + 1.01 * spacing
    step = spacing * np.sqrt(3) / 2
    n_rows = int(np.ceil((high[1] - low[1]) / step)) + 1
    n_columns = int(np.ceil((high[0] - low[0]) / spacing)) + 2
    row, column = np.divmod(np.arange(n_rows * n_columns), n_columns)
    return np.stack([low[0] + spacing * (column - 0.5 * (row % 2)), low[1] + step * row], axis=1)
