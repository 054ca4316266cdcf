"""What a problem costs and asks for, taken from it anew, by code that no bound uses: to check bounds from it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.objective import ROUNDING
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.model.objective import AssignmentCost, CenterTerm
from territorykit.model.problem import Problem
from territorykit.model.proof import Proof
from territorykit.model.requirements import Balance, MaxTravel, Together

_LEAST_LOAD = 1e-6


class Facts:
    """Costs, sizes and limits of a problem.

    Parameters
    ----------
    problem
        The problem.
    centers
        Shape (n_territories,): units that are given as centers, or None.
    proof
        What says which points are candidates and which activity is kept exactly.
    """

    def __init__(self, problem: Problem, centers: Ints | None, proof: Proof) -> None:
        self.problem, self.given, self.spacing, self.first = problem, centers, proof.spacing, proof.exactly
        compact = [t for t in problem.terms if isinstance(t, CenterTerm)]
        costs = [t for t in problem.terms if isinstance(t, AssignmentCost)]
        self.compact = bool(compact)
        based = self.compact and problem.goal.center == "base"
        self.given_bases = [t for t in range(problem.n_territories) if problem.given_bases[t]]
        self.mixed = based and len(self.given_bases) < problem.n_territories and self.spacing == 0
        taken = self.given_bases if self.mixed else []
        self.open_ones = tuple(t for t in range(problem.n_territories) if t not in taken)
        self.named = centers is not None or (based and not self.mixed) or (bool(costs) and not self.compact)
        self.assigned = sum((t.weight * t.costs for t in costs), np.zeros((1, 1)))
        self.cheapest: dict[tuple[int, ...], Floats] = {}
        self.fixed = problem.fixed() if self.named or self.mixed else {}
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
            found = {a: (self._each(low, np.min), self._each(high, np.max)) for a, (low, high) in found.items()}
        return {a: (low * (1 - 2 * ROUNDING), high * (1 + 2 * ROUNDING)) for a, (low, high) in found.items()}

    def _each(self, limits: Floats, loosest: Callable[[Floats], Any]) -> Floats:
        """One limit for all candidates; in mixed problems that of the open territories for units, then of each base."""
        if not self.mixed:
            return np.array([loosest(limits)])
        rest = np.delete(limits, self.given_bases)
        return np.array([loosest(rest)] * self.problem.graph.n_units + [limits[t] for t in self.given_bases])

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
        if not self.mixed:
            return problem.graph.xy
        places = np.zeros((problem.n_territories, 2)) if problem.bases is None else np.asarray(problem.bases)
        return np.vstack([problem.graph.xy, *(places[t] for t in self.given_bases)])

    def regions(self) -> tuple[Ints, Ints]:
        """Where the candidates begin, -1 for those that do not count, and how many territories have one of them."""
        region = np.where(self.needed, 0, -1)
        if not self.mixed:
            return region, np.array([self.problem.n_territories])
        region[self.problem.graph.n_units :] = 1
        count = len(self.given_bases)
        return region, np.array([self.problem.n_territories - count, count])

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
            away = self._distances(part)
            cost += problem.center_weights * np.where(np.isinf(away), 0.0, away) ** problem.goal.power
            cost[np.isinf(away)] = np.inf
        for row, candidate in enumerate(part.tolist()):
            mine = self._territories(candidate)
            if self.assigned.size > 1:
                cost[row] += self._assigned(mine)
            cost[row, self._out_of_reach(candidate, mine)] = np.inf
            for unit, t in self.fixed.items():
                if t not in mine:
                    cost[row, graph.positions([unit])[0]] = np.inf
        merged = np.zeros((len(part), len(self.load)))
        for column, b in enumerate(self.block):
            merged[:, b] += cost[:, column]
        return merged

    def _assigned(self, mine: tuple[int, ...]) -> Floats:
        """The least given cost of each unit in some territories, shape (n_units,)."""
        if mine not in self.cheapest:
            self.cheapest[mine] = self.assigned[:, list(mine)].min(axis=1)
        return self.cheapest[mine]

    def _territories(self, candidate: int) -> tuple[int, ...]:
        """The territories that a candidate may stand for."""
        if self.named:
            return (candidate,)
        if self.mixed and candidate >= self.problem.graph.n_units:
            return (self.given_bases[candidate - self.problem.graph.n_units],)
        return self.open_ones

    def _out_of_reach(self, candidate: int, mine: tuple[int, ...]) -> Bools:
        """Units beyond a travel limit that binds whatever territory the candidate stands for, shape (n_units,)."""
        problem, n = self.problem, self.problem.graph.n_units
        far = np.zeros(n, bool)
        if self.given is not None or self.spacing > 0:
            return far
        at_base = self.named or candidate >= n
        for r in problem.of_type(MaxTravel):
            if at_base and not (r.to == "base" and problem.given_bases[mine[0]]):
                continue
            if not at_base and r.to == "base" and any(problem.given_bases[t] for t in mine):
                continue
            far |= self._way(mine[0] if at_base else candidate, r, at_base=at_base) > r.limit * (1 + 2 * ROUNDING)
        return far

    def _way(self, place: int, r: MaxTravel, *, at_base: bool) -> Floats:
        """Metres or minutes to every unit from a base or a unit."""
        problem, units = self.problem, np.arange(self.problem.graph.n_units)
        if r.minutes is not None and problem.travel is not None:
            return (problem.travel.minutes_from_bases if at_base else problem.travel.minutes_between)(place, units)
        start = np.asarray(problem.bases if at_base else problem.graph.xy)[place]
        return np.asarray(cdist(start[None], problem.graph.xy)[0], np.float64)

    def _distances(self, part: Ints) -> Floats:
        """As the objective takes them, from candidates to units."""
        if self.spacing > 0:
            return np.asarray(cdist(self.points[part], self.problem.graph.xy), np.float64)
        if not self.mixed:
            rows = part if self.given is None else self.given[part]
            return self._from(rows, based=self.named and self.given is None)
        n = self.problem.graph.n_units
        away = np.empty((len(part), n))
        away[part < n] = self._from(part[part < n], based=False)
        away[part >= n] = self._from(np.array(self.given_bases)[part[part >= n] - n], based=True)
        return away

    def _from(self, rows: Ints, *, based: bool) -> Floats:
        problem, goal = self.problem, self.problem.goal
        if goal.distance == "travel" and problem.ways is not None:
            units = np.arange(problem.graph.n_units)[None]
            way = problem.ways.minutes_from_bases if based else problem.ways.minutes_between
            return way(rows[:, None], units)
        if goal.distance == "great-circle":
            places = unit_vectors(np.asarray(problem.graph.lonlat))
            return arcs(cdist(unit_vectors(np.asarray(problem.bases_lonlat)[rows]) if based else places[rows], places))
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
