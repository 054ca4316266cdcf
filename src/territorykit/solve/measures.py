"""The objective of a problem as arrays over nodes: positions, weights, costs and ways."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, vstack

from territorykit._arrays import Floats, Ints
from territorykit.model.objective import EARTH_RADIUS, AssignmentCost, BorderLength, CenterTerm, Diameter
from territorykit.model.problem import Problem
from territorykit.model.requirements import MaxTravel
from territorykit.model.travel import Travel
from territorykit.solve.hours import begins_at_centers
from territorykit.solve.kernels.arrays import CENTROID, PLANE, POINT, ROAD, SPHERE, UNIT, Array

_MEASURES = ("metres", "minutes")
METRICS = {"planar": PLANE, "great-circle": SPHERE, "travel": ROAD}
CENTERS = {"centroid": CENTROID, "unit": UNIT, "base": POINT}
FAR = 4.0
"""Where there is no way, this many times the longest one counts."""


class Width(NamedTuple):
    """What the largest distance within a territory costs, by one metric."""

    weight: float
    """What a metre costs."""
    spot: Floats
    """(n, 3) metres: where the nodes are."""
    metric: int
    """PLANE or SPHERE."""

    @property
    def all_in_one(self) -> float:
        """What it costs, roughly, where one territory reaches over the whole map."""
        return self.weight * max(float(np.linalg.norm(np.ptp(self.spot, axis=0))), 1e-6)


class Measures(NamedTuple):
    """What `Facts` says of the objective, under the same names; and what only `Compiled` has.

    These are `points` (k, 3), given centers, NaN where free; and `widths`.
    """

    point: Floats
    flat: Floats
    weight: Floats
    compact: bool
    costs: Floats
    wide: float
    spot: Floats
    spot_metric: int
    guiding: bool
    road_ptr: Array
    road_idx: Array
    road_cost: Floats
    road_far: float
    given: Array
    center: int
    power: int
    metric: int
    points: Floats
    widths: tuple[Width, ...]

    def facts(self) -> dict[str, Any]:
        """The fields that the kernels take."""
        return {name: value for name, value in self._asdict().items() if name not in ("points", "widths")}


def measures(problem: Problem, node: Ints, weight: Floats) -> Measures:
    """The objective over nodes; `node` (n_units,) says where each unit belongs, `weight` (n_units,) what it weighs."""
    goal, n = problem.goal, int(node.max()) + 1
    compact = any(isinstance(term, CenterTerm) for term in problem.terms)
    wide = [term for term in problem.terms if isinstance(term, Diameter)]
    metric = METRICS[goal.distance if compact or not wide else wide[0].distance]
    middle = problem.graph.xy.mean(axis=0)
    flat = _means(problem.graph.xy - middle, node, weight, n)
    point = _round(problem, node, weight, n) if metric == SPHERE else _lifted(flat)
    widths = _widths(problem, node, weight, {metric: point, PLANE: _lifted(flat)})
    searched = max(widths, key=lambda width: width.all_in_one, default=Width(0.0, point, PLANE))
    guiding = len(wide) == len(problem.terms)  # round territories are a good way to narrow ones
    ptr, idx, cost, far = _roads(problem, node, n, weight) if metric == ROAD else _NO_ROADS
    return Measures(
        point=point,
        flat=flat,
        weight=np.bincount(node, weight, n).astype(np.float64),
        compact=compact or guiding,
        costs=_costs(problem, node, n),
        wide=searched.weight * sum(width.all_in_one for width in widths) / max(searched.all_in_one, 1e-300),
        spot=searched.spot,
        spot_metric=searched.metric,
        guiding=guiding,
        road_ptr=ptr,
        road_idx=idx,
        road_cost=cost,
        road_far=far,
        given=_given(problem, compact=compact),
        center=_center(problem, compact=compact),
        power=goal.power,
        metric=metric,
        points=_points(problem, metric, middle, compact=compact),
        widths=widths,
    )


def sphere(lonlat: Any) -> Floats:  # noqa: ANN401 - any array-like of degrees
    """Points on the sphere, (n, 3) metres from its middle."""
    lon, lat = np.radians(np.asarray(lonlat, np.float64)).T
    return EARTH_RADIUS * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def _round(problem: Problem, node: Ints, weight: Floats, n: int) -> Floats:
    """Where nodes are on the sphere, (n, 3)."""
    return _on_sphere(_means(sphere(problem.graph.lonlat), node, weight, n))


def _widths(problem: Problem, node: Ints, weight: Floats, known: dict[int, Floats]) -> tuple[Width, ...]:
    """Largest distances by metric; `known` are coordinates that are there already, by metric."""
    terms = [term for term in problem.terms if isinstance(term, Diameter)]
    total = {name: sum(term.weight for term in terms if term.distance == name) for name in ("planar", "great-circle")}
    found = []
    for name, each in total.items():
        metric = METRICS[name]
        if each > 0:
            spot = known[metric] if metric in known else _round(problem, node, weight, int(node.max()) + 1)
            found.append(Width(each, spot, metric))
    return tuple(found)


def _on_sphere(points: Floats) -> Floats:
    length = np.sqrt((points**2).sum(axis=1, keepdims=True))
    return np.where(length > 0, points / np.where(length > 0, length, 1) * EARTH_RADIUS, points)


def _lifted(flat: Floats) -> Floats:
    return np.concatenate([flat, np.zeros((len(flat), 1))], axis=1)


def _means(positions: Floats, node: Ints, weight: Floats, n: int) -> Floats:
    """Weighted means of the units of each node; plain ones where they weigh nothing."""
    total, count = np.bincount(node, weight, n), np.bincount(node, minlength=n)
    weighed = np.stack([np.bincount(node, weight * axis, n) for axis in positions.T], axis=1)
    plain = np.stack([np.bincount(node, axis, n) for axis in positions.T], axis=1) / count[:, None]
    found: Floats = np.where(total[:, None] > 0, weighed / np.where(total > 0, total, 1)[:, None], plain)
    return found


def _center(problem: Problem, *, compact: bool) -> int:
    """How centers are found; nodes only where the objective or a travel limit is about them."""
    free = not problem.given_bases.all()
    limited = any(r.to == "center" or free for r in problem.of_type(MaxTravel))
    if not (compact or limited):
        return CENTROID
    return UNIT if problem.goal.center == "base" and free else CENTERS[problem.goal.center]


def _given(problem: Problem, *, compact: bool) -> Array:
    """Territories whose center is a base, where those of others are nodes, (k,)."""
    based = compact and problem.goal.center == "base" and not problem.given_bases.all()
    return (problem.given_bases & based).astype(np.uint8)


def _points(problem: Problem, metric: int, middle: Floats, *, compact: bool) -> Floats:
    if not compact or problem.goal.center != "base":
        return np.full((problem.n_territories, 3), np.nan)
    if metric == SPHERE:
        return sphere(problem.bases_lonlat)  # NaN stays where a base is free
    bases = _nearest_units(problem) if problem.bases is None else problem.bases
    return _lifted(bases - middle)


def _nearest_units(problem: Problem) -> Floats:
    """Where travel from each base is shortest to, (n_territories, 2): about where the base is."""
    travel, xy = problem.ways, problem.graph.xy
    points = np.tile(xy.mean(axis=0), (problem.n_territories, 1))
    if travel is None or travel.base_indptr is None:  # the model has checked it
        return points
    ends, minutes = np.asarray(travel.base_indices), np.asarray(travel.base_minutes)
    for t, (begin, end) in enumerate(pairwise(travel.base_indptr)):
        if begin < end:
            points[t] = xy[ends[begin + np.argmin(minutes[begin:end])]]
    return points


def _costs(problem: Problem, node: Ints, n: int) -> Floats:
    """Cost of each node in each territory, (n, k), or (0, 0) where nothing says so."""
    terms = [term for term in problem.terms if isinstance(term, AssignmentCost)]
    if not terms:
        return np.empty((0, 0))
    total = np.zeros((n, problem.n_territories))
    for term in terms:
        np.add.at(total, node, term.weight * np.asarray(term.costs))
    return total


def edge_costs(problem: Problem, node: Ints, n: int) -> Floats:
    """Cost of each directed edge between nodes, in the order of the adjacency; (0,) where borders cost nothing."""
    weight = sum(term.weight for term in problem.terms if isinstance(term, BorderLength))
    if weight == 0 or problem.graph.border_lengths is None:
        return np.empty(0)
    found: Floats = adjacency(problem, node, n, weight * problem.graph.border_lengths).data
    return found


def adjacency(problem: Problem, node: Ints, n: int, values: Floats) -> csr_matrix:
    """Symmetric matrix over nodes with a value per edge of the graph, those of parallel edges summed up."""
    one, other = node[problem.graph.edges].reshape(-1, 2).T
    apart = one != other
    one, other, values = one[apart], other[apart], values[apart]
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    matrix = coo_matrix((np.concatenate([values, values]), both), shape=(n, n)).tocsr()
    matrix.sum_duplicates()
    return matrix


_NO_ROADS = (np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0), 0.0)


def _roads(problem: Problem, node: Ints, n: int, weight: Floats) -> tuple[Array, Array, Floats, float]:
    """Ways from each node, or from each base, to nodes; a node of several units stands where its heaviest one is."""
    travel = problem.ways
    if travel is None:  # the model has checked it
        return _NO_ROADS
    chief, size = chiefs(node, weight, n), (len(node), len(node))
    parts = []
    if problem.goal.center != "base" or not problem.given_bases.all():
        parts.append(csr_matrix((travel.minutes + 1.0, travel.indices, travel.indptr), shape=size)[chief][:, chief])
    if problem.goal.center == "base":
        ptr, idx, cost = travel.base_indptr, travel.base_indices, travel.base_minutes
        shape = (problem.n_territories, len(node))
        parts.append(csr_matrix((np.asarray(cost) + 1.0, idx, ptr), shape=shape)[:, chief])
    matrix = vstack(parts, format="csr")
    matrix.sort_indices()
    minutes = matrix.data - 1.0  # kept away from 0, which sparse matrices may drop
    far = FAR * float(minutes.max(initial=1.0))
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), minutes, far


def chiefs(node: Ints, weight: Floats, n: int) -> Ints:
    """The heaviest unit of each node, (n,)."""
    chief = np.full(n, -1, np.int64)
    heavy_last = np.argsort(weight, kind="stable")
    chief[node[heavy_last]] = heavy_last
    return chief


def limited_ways(problem: Problem, node: Ints, weight: Floats) -> dict[str, Any]:
    """Limits on the ways from centers to nodes, and the times that they are about, as `Facts` has them.

    A node of several units is as far away as the farthest of them; its own ways begin at its heaviest one.
    """
    n, given = int(node.max()) + 1, problem.given_bases
    free = not given.all()
    reach = {m: min(problem.reach("center", m), problem.reach("base", m) if free else np.inf) for m in _MEASURES}
    to_center = any(r.to == "center" for r in problem.of_type(MaxTravel))
    limited = min(reach.values()) < np.inf or begins_at_centers(problem)
    ptr, idx, cost = np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0)
    if reach["minutes"] < np.inf and problem.travel is not None:
        ptr, idx, cost = _farthest(problem.travel, node, chiefs(node, weight, n))
    return {
        "tied": (np.ones(len(given), bool) if to_center else ~given & (min(reach.values()) < np.inf)).astype(np.uint8),
        "limited": limited,
        "reach": reach["metres"] if reach["metres"] < np.inf else 0.0,
        "reach_time": reach["minutes"] if reach["minutes"] < np.inf else 0.0,
        "way_ptr": ptr,
        "way_idx": idx,
        "way_cost": cost,
    }


def _farthest(travel: Travel, node: Ints, chief: Ints) -> tuple[Array, Array, Floats]:
    """Minutes from the heaviest unit of each node to the farthest of each other, where ways lead to all its units."""
    n = len(chief)
    start = np.repeat(np.arange(len(node)), np.diff(travel.indptr))
    mine = (chief[node[start]] == start) & (node[start] != node[travel.indices])
    pair = node[start[mine]] * n + node[travel.indices[mine]]
    found, of_pair = np.unique(pair, return_inverse=True)
    longest = np.zeros(len(found))
    np.maximum.at(longest, of_pair, travel.minutes[mine])
    whole = np.bincount(of_pair, minlength=len(found)) == np.bincount(node, minlength=n)[found % n]
    found, longest = found[whole], longest[whole]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(found // n, minlength=n))])
    return ptr.astype(np.int64), (found % n).astype(np.int32), longest
