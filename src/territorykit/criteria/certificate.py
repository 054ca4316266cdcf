"""Checks a bound from its prices, in one pass, with code that no search and no bound uses.

Prices prove a bound by weak duality: what they pay for covering all units, less what the best territories would
earn from them at most, is a cost that no plan can beat.
"""

from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist, pdist

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.objective import ROUNDING
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.errors import RequirementError
from territorykit.model.objective import AssignmentCost, CenterTerm, Diameter
from territorykit.model.problem import Problem
from territorykit.model.proof import Proof
from territorykit.model.requirements import Balance, MaxTravel, Together
from territorykit.model.result import Bound

_BLOCK = 4_000_000
_LEAST_LOAD = 1e-6


def certified(problem: Problem, bound: Bound, centers: Ints | None = None) -> float:
    r"""What a bound's prices prove, worked out anew by weak duality.

    Any prices prove a bound [1]_.

    .. math:: \min_{P} \Big( \sum_i \mu_i + \sum_{r} \min_{J \subseteq r,\, |J| = a_r} \sum_{j \in J} v_j(\mu) \Big),
        \qquad v_j(\mu) = \min_{x} \sum_i (c_{ij} - \mu_i)\, x_i, \quad
        L_j \le \sum_i w_i x_i \le U_j, \quad 0 \le x \le 1

    over the parts :math:`P` of the proof, each with its prices and its number of centers per region.

    Parameters
    ----------
    problem
        The problem.
    bound
        The bound with its prices and its proof.
    centers
        Shape (n_territories,): positions of the units that are the given centers, where the bound is for them.

    Returns
    -------
    float
        A value that no plan can beat; it is not under `bound.value`, up to rounding, if the bound is right.

    Raises
    ------
    RequirementError
        If the bound has no proof to check, as one that a solver proved.

    References
    ----------
    .. [1] Geoffrion, A. M. (1974). Lagrangean relaxation for integer programming. *Mathematical Programming
           Study*, 2, 82-114.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(range(4), [[0, 0], [1, 0], [5, 0], [6, 0]], [[0, 1], [1, 2], [2, 3]])
    >>> problem = tk.Problem(graph, 2, objective=tk.Compactness())
    >>> bound = tk.bound(problem)
    >>> bool(certified(problem, bound) >= bound.value * (1 - 1e-9))
    True
    """
    if bound.proof is None:
        message = f"certified: the bound by {bound.method} carries no prices; bounds of tk.bound and tk.prove do"
        raise RequirementError(message)
    facts = _Facts(problem, centers, bound.proof)
    spread = _spread(problem, bound.proof.apart)
    value = _Check(facts, np.atleast_2d(bound.prices), bound.proof, bound.value - spread).value()
    return value - facts.penalty + spread


def _spread(problem: Problem, apart: Ints) -> float:
    """What the largest diameter costs at least, as two of the units that lie apart share a territory."""
    if len(np.unique(apart)) <= problem.n_territories:
        return 0.0
    total = 0.0
    for term in problem.terms:
        if isinstance(term, Diameter):
            sphere = term.distance == "great-circle"
            places = unit_vectors(np.asarray(problem.graph.lonlat)) if sphere else problem.graph.xy
            away = pdist(places[np.unique(apart)])
            total += term.weight * float((arcs(away) if sphere else away).min())
    return total


class _Facts:
    """Costs, sizes and limits, taken from the problem again."""

    def __init__(self, problem: Problem, centers: Ints | None, proof: Proof) -> None:
        self.problem, self.given, self.spacing, self.first = problem, centers, proof.spacing, proof.exactly
        compact = [t for t in problem.terms if isinstance(t, CenterTerm)]
        costs = [t for t in problem.terms if isinstance(t, AssignmentCost)]
        self.compact = bool(compact)
        based = self.compact and problem.goal.center == "base"
        self.named = centers is not None or based or (bool(costs) and not self.compact)
        self.assigned = sum((t.weight * t.costs for t in costs), np.zeros((1, 1)))
        self.block = self._blocks()
        limits = self._limits()
        raw = self._sums(np.ones(problem.graph.n_units) if self.first is None else self._values(self.first))
        floor = _LEAST_LOAD * (raw.mean() or 1.0)
        self.load = np.maximum(raw, floor)
        lower, upper = limits.get(self.first or "", (np.zeros(1), np.full(1, np.inf)))
        self.lower, self.upper = lower, np.minimum(upper + (self.load - raw).sum(), self.load.sum())
        further = [a for a in limits if a != self.first]
        self.sizes = np.array([self._sums(self._values(a)) for a in further]).reshape(len(further), len(self.load))
        self.further = [limits[a] for a in further]
        self.points = self._points()
        self.needed = self._needed()
        self.penalty = self._penalty() if self.spacing > 0 else 0.0

    def _values(self, activity: str) -> Floats:
        return self.problem.graph.activity(activity).values

    def _sums(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self.block, values), np.float64)

    def _limits(self) -> dict[str, tuple[Floats, Floats]]:
        """Sizes allowed, by activity: of each territory, or from the least to the greatest of all."""
        problem = self.problem
        found: dict[str, tuple[Floats, Floats]] = {}
        for r in problem.bands:
            if isinstance(r, Balance):
                low, high = problem.targets(r) * (1 - r.tolerance), problem.targets(r) * (1 + r.tolerance)
            else:
                low, high = np.zeros(problem.n_territories) + r.lower, np.zeros(problem.n_territories) + r.upper
            if r.activity in found:
                low, high = np.maximum(low, found[r.activity][0]), np.minimum(high, found[r.activity][1])
            found[r.activity] = (low, high)
        if not self.named:
            found = {a: (low.min(keepdims=True), high.max(keepdims=True)) for a, (low, high) in found.items()}
        return {a: (low * (1 - 2 * ROUNDING), high * (1 + 2 * ROUNDING)) for a, (low, high) in found.items()}

    def _blocks(self) -> Ints:
        n, positions = self.problem.graph.n_units, self.problem.graph.positions
        groups = [positions(group) for r in self.problem.of_type(Together) for group in r.groups]
        fixed = self.problem.fixed()
        groups += [positions([u for u in fixed if fixed[u] == t]) for t in set(fixed.values())]
        pairs = np.array([(g[0], i) for g in groups for i in g[1:]], np.int64).reshape(-1, 2)
        links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
        number = connected_components(links, directed=False)[1]
        order = {b: i for i, b in enumerate(dict.fromkeys(number.tolist()))}
        return np.array([order[b] for b in number.tolist()], np.int64)

    def _points(self) -> Floats:
        problem = self.problem
        if self.spacing > 0:
            return net(problem.graph.xy, self.spacing)
        if self.given is not None:
            return problem.graph.xy[self.given]
        if self.named:
            return np.zeros((problem.n_territories, 2)) if problem.bases is None else problem.bases
        return problem.graph.xy

    def _needed(self) -> Bools:
        """Candidates that count: of a net, the corners of triangles that may meet the hull of the units."""
        if self.spacing == 0:
            return np.ones(len(self.points), bool)
        hull = shapely.convex_hull(shapely.multipoints(self.problem.graph.xy))
        return np.asarray(shapely.distance(hull, shapely.points(self.points)) <= 1.0001 * self.spacing)

    def _penalty(self) -> float:
        """What centers between the points of the net may be cheaper by, over all territories."""
        weight = self._sums(self.problem.center_weights)
        order = np.argsort(-weight / self.load)
        room = np.clip(self.upper[0] - np.cumsum(self.load[order]) + self.load[order], 0, self.load[order])
        heaviest = float((weight[order] / self.load[order] * room).sum())
        return self.problem.n_territories * heaviest * self.spacing**2 / 3

    def costs(self, part: Ints) -> Floats:
        """Cost of each block at some candidates, infinite where no plan has it."""
        problem, graph = self.problem, self.problem.graph
        cost = np.zeros((len(part), graph.n_units))
        if self.compact:
            cost += problem.center_weights * self._distances(part) ** problem.goal.power
        if self.assigned.size > 1:
            cost += self.assigned.T[part] if self.named else self.assigned.min(axis=1)
        if self.given is None:
            for r in problem.of_type(MaxTravel):
                places = problem.bases if r.to == "base" and self.named else graph.xy
                if places is not None and (r.to == "base") == self.named and self.spacing == 0:
                    cost[cdist(places[part], graph.xy) > r.metres * (1 + 2 * ROUNDING)] = np.inf
        if self.named:
            for unit, t in problem.fixed().items():
                cost[part != t, graph.positions([unit])[0]] = np.inf
        merged = np.zeros((len(part), len(self.load)))
        for column, b in enumerate(self.block):
            merged[:, b] += cost[:, column]
        return merged

    def _distances(self, part: Ints) -> Floats:
        problem, goal = self.problem, self.problem.goal
        if self.spacing > 0:
            return np.asarray(cdist(self.points[part], problem.graph.xy), np.float64)
        based = self.named and self.given is None
        rows = part if self.given is None else self.given[part]
        if goal.distance == "travel" and problem.ways is not None:
            units = np.arange(problem.graph.n_units)
            way = problem.ways.minutes_from_bases if based else problem.ways.minutes_between
            return np.stack([way(np.full(len(units), r), units) for r in rows])
        if goal.distance == "great-circle":
            places = unit_vectors(np.asarray(problem.graph.lonlat))
            points = unit_vectors(np.asarray(problem.bases_lonlat)) if based else places
            return arcs(cdist(points[rows], places))
        points = np.asarray(problem.bases) if based else problem.graph.xy
        return np.asarray(cdist(points[rows], problem.graph.xy), np.float64)


def net(xy: Floats, spacing: float) -> Floats:
    """Points of a triangular net, so many that every triangle that meets the units' bounding box is complete."""
    low, high = xy.min(axis=0) - 1.01 * spacing, xy.max(axis=0) + 1.01 * spacing
    height = spacing * np.sqrt(3) / 2
    rows = np.arange(int(np.ceil((high[1] - low[1]) / height)) + 1)
    columns = np.arange(int(np.ceil((high[0] - low[0]) / spacing)) + 2)
    x = low[0] + spacing * (columns[None, :] - 0.5 * (rows[:, None] % 2))
    y = np.broadcast_to(low[1] + height * rows[:, None], x.shape)
    return np.stack([x.ravel(), y.ravel()], axis=1)


@dataclass(slots=True)
class _Check:
    """Walks through the parts of a proof."""

    facts: _Facts
    prices: Floats
    proof: Proof
    claimed: float
    regions: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    """Of each divided part: the regions after candidates were ruled out, and how many centers each needs."""

    def value(self) -> float:
        """The least bound of all parts."""
        cut = self.claimed + self.facts.penalty
        least = np.inf
        children: dict[int, set[int]] = {}
        for above, taken in zip(self.proof.above, self.proof.taken, strict=True):
            children.setdefault(int(above), set()).add(int(taken))
        for part in range(self.proof.n_parts):
            region, need = self._entered(part)
            worth = self._values(part, region)
            total = self._total(part, region, need, worth)
            region = self._ruled_out(region, need, worth, total, cut)
            if self.proof.region[part] < 0:
                left = np.bincount(region[region >= 0], minlength=len(need))
                least = min(least, total) if (left >= need).all() else least
                continue
            self.regions[part] = (region, need)
            least = min(least, self._missing(part, worth, children.get(part, set())))
        return float(min(least, cut))  # what was ruled out costs that at least

    def _entered(self, part: int) -> tuple[Ints, Ints]:
        """Regions and needs of a part, from those of the part that it comes from."""
        above = int(self.proof.above[part])
        if above < 0:
            region = np.where(self.facts.needed, 0, -1)
            return region, np.array([self.facts.problem.n_territories])
        return self._shared_out(above, int(self.proof.taken[part]))

    def _shared_out(self, part: int, taken: int) -> tuple[Ints, Ints]:
        region, need = self.regions[part]
        cut = int(self.proof.region[part])
        far = (region == cut) & (self.facts.points @ self.proof.normal[part] > self.proof.offset[part])
        counts = np.append(need, need[cut] - taken)
        counts[cut] = taken
        region = np.where(far, len(need), region)
        empty = np.flatnonzero(counts == 0)
        return np.where(np.isin(region, empty), -1, region), counts

    def _missing(self, part: int, worth: Floats, present: set[int]) -> float:
        """The least bound of the shares that are no parts of their own, at this part's prices."""
        need = self.regions[part][1]
        least = np.inf
        for taken in range(int(need[self.proof.region[part]]) + 1):
            if taken not in present:
                least = min(least, self._total(part, *self._shared_out(part, taken), worth))
        return least

    def _total(self, part: int, region: Ints, need: Ints, worth: Floats) -> float:
        total = float(self.prices[part].sum())
        for r in np.flatnonzero(need > 0):
            inside = np.sort(worth[region == r])
            repeated = np.full(need[r], inside[0]) if self.facts.spacing > 0 and len(inside) else inside[: need[r]]
            total += np.inf if len(repeated) < need[r] else float(repeated.sum())
        return total

    @staticmethod
    def _ruled_out(region: Ints, need: Ints, worth: Floats, total: float, cut: float) -> Ints:
        """Regions without the candidates whose plans all cost more than is claimed."""
        region = region.copy()
        for r in np.flatnonzero(need > 0):
            inside = np.flatnonzero(region == r)
            if len(inside) >= need[r]:
                dearest = np.sort(worth[inside])[need[r] - 1]
                region[inside[total - dearest + worth[inside] >= cut]] = -1
        return region

    def _values(self, part: int, region: Ints) -> Floats:
        """Value of each candidate's best territory; infinite for those that are ruled out."""
        facts = self.facts
        worth = np.full(len(region), np.inf)
        price = np.asarray(np.bincount(facts.block, self.prices[part]), np.float64)
        open_ones = np.flatnonzero(region >= 0)
        step = max(1, _BLOCK // len(price))
        for start in range(0, len(open_ones), step):
            rows = open_ones[start : start + step]
            tilt = self.proof.tilts[part][rows]
            reduced = facts.costs(rows) - price + tilt @ facts.sizes
            worth[rows] = _knapsacks(reduced, facts.load, *self._of(rows, facts.lower, facts.upper))
            for a, limits in enumerate(facts.further):
                low, high = self._of(rows, *limits)
                worth[rows] -= np.where(
                    tilt[:, a] > 0, tilt[:, a] * np.where(tilt[:, a] > 0, high, 0), tilt[:, a] * low
                )
        return worth

    @staticmethod
    def _of(rows: Ints, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        if len(low) == 1:
            return np.repeat(low, len(rows)), np.repeat(high, len(rows))
        return low[rows], high[rows]


def _knapsacks(reduced: Floats, load: Floats, lower: Floats, upper: Floats) -> Floats:
    """Least reduced cost of a territory between two sizes, for many candidates at once.

    Whole units by rising cost per load: all of the first size, then what is cheaper than nothing; the last unit in
    part.
    """
    score = reduced / load
    order = np.argsort(score, axis=1)
    score = np.take_along_axis(score, order, axis=1)
    reached: Bools = np.isfinite(score)
    size = np.where(reached, load[order], 0.0)
    until = np.cumsum(size, axis=1)
    before = until - size
    must = np.clip(lower[:, None] - before, 0, size)
    may = np.where(score < 0, np.clip(upper[:, None] - before, 0, size), 0.0)
    taken = np.maximum(must, may)
    value = (np.where(reached, score, 0.0) * taken).sum(axis=1)
    return np.where(until[:, -1] < lower * (1 - 1e-12), np.inf, value)
