"""Random small problems and an oracle that tries every plan of them."""

from dataclasses import replace
from functools import cache
from itertools import product

import networkx as nx
import numpy as np
from scipy.spatial import Delaunay
from solve.distances import dense, haversine, straight

import territorykit as tk


def row(n):
    """The edges of units in a row."""
    return [[i, i + 1] for i in range(n - 1)]


def graph_of(n, edges, *, xy=None, ids=None, **activities):
    """A graph of units 1 km apart in a row, unless xy says otherwise; ids are u0, u1, ..."""
    return tk.UnitGraph(
        ids=[f"u{i}" for i in range(n)] if ids is None else ids,
        xy=[[1000.0 * i, 0.0] for i in range(n)] if xy is None else xy,
        edges=np.array(edges, np.int64).reshape(-1, 2),
        activities=[tk.Activity(name, values) for name, values in activities.items()],
    )


def random_graph(rng, n, *, zeros=True, gaps=True):
    """A planar graph of random points, sometimes in several pieces, sometimes with units that weigh nothing."""
    xy = rng.uniform(0, 10_000, (n, 2))
    edges = set()
    if n < 4:
        edges = set(map(tuple, row(n)))
    else:
        for triangle in Delaunay(xy).simplices:
            edges |= {tuple(sorted((int(triangle[i]), int(triangle[i - 1])))) for i in range(3)}
    edges = sorted(edges)
    if gaps and rng.random() < 0.4:
        edges = [edge for edge in edges if rng.random() < 0.6]
    calls = rng.integers(0 if zeros else 1, 9, n).astype(float)
    sales = rng.uniform(0.5, 3.0, n)
    calls[rng.integers(n)] += 1
    return graph_of(n, edges, xy=xy, calls=calls, sales=sales)


def random_requirements(rng, n, k):
    """Some of all requirements, at random, and the bases where one needs them."""
    found, bases = [], None
    unit = lambda: f"u{rng.integers(n)}"  # noqa: E731 - short
    if rng.random() < 0.6:
        found.append(tk.Contiguous())
    if rng.random() < 0.5:
        found.append(tk.Balance("calls", float(rng.choice([0.1, 0.3, 0.6, 1.0]))))
    if rng.random() < 0.3:
        targets = None if rng.random() < 0.5 else rng.uniform(1, 3, k) * n / k
        found.append(tk.Balance("sales", float(rng.choice([0.2, 0.4, 0.8])), targets))
    if rng.random() < 0.25:
        found.append(tk.Capacity("sales", rng.uniform(0, 1), rng.uniform(1.2, 3) * 1.75 * n / k))
    if rng.random() < 0.3:
        found.append(tk.Fixed({unit(): int(rng.integers(k)) for _ in range(rng.integers(1, 3))}))
    if rng.random() < 0.3 and n > 2:
        found.append(tk.Together([[f"u{i}" for i in rng.choice(n, rng.integers(2, 4), replace=False)]]))
    if rng.random() < 0.3 and n > 1:
        found.append(tk.Apart([[f"u{i}" for i in rng.choice(n, 2, replace=False)] for _ in range(rng.integers(1, 3))]))
    if rng.random() < 0.25:
        found.append(tk.MaxTravel(metres=float(rng.uniform(2_000, 9_000))))
    if rng.random() < 0.2:
        bases = rng.uniform(0, 10_000, (k, 2))
        found.append(tk.MaxTravel(metres=float(rng.uniform(4_000, 12_000)), to="base"))
    return found, bases


def random_problem(seed, *, most=7, centers=("unit",), powers=(2,), more=False, **settings):
    """A problem of up to `most` units; None where its arguments contradict each other.

    With `more` the objective is a sum of random terms, and there may be limits to moves and nested groups.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, most + 1))
    k = int(rng.integers(1, min(n, 4) + 1))
    graph = random_graph(rng, n, **settings)
    requirements, bases = random_requirements(rng, n, k)
    center = str(rng.choice(centers))
    if center == "base" and bases is None:
        bases = rng.uniform(0, 10_000, (k, 2))
    goal = tk.Compactness(rng.choice([None, "calls", "sales"]), int(rng.choice(powers)), center)
    others = {}
    if more:
        graph, others = random_measures(rng, graph, k)
        requirements += random_changes(rng, graph, k)
        goal = random_terms(rng, graph, k, centers, powers)
        bases = rng.uniform(0, 10_000, (k, 2)) if bases is None else bases
        for to in ("center", "base"):
            if rng.random() < 0.15:
                requirements.append(tk.MaxTravel(minutes=float(rng.uniform(20, 70)), to=to))
        if k > 1 and rng.random() < 0.3:
            free = rng.permutation(k)[: rng.integers(1, k)]
            bases[free] = others["bases_lonlat"][free] = np.nan
    try:
        return tk.Problem(graph, k, requirements, objective=goal, bases=bases, **others)
    except tk.RequirementError:
        return None


def random_measures(rng, graph, k):
    """The graph on a part of the sphere, with borders and provinces; travel; bases in degrees."""
    n = graph.n_units
    lonlat = graph.xy * [5e-3, 3e-3] + [rng.uniform(-180, 130), rng.uniform(-60, 30)]
    provinces = rng.choice(["north", "south", "west", None], n, p=[0.4, 0.3, 0.2, 0.1])
    graph = tk.UnitGraph(
        graph.ids,
        graph.xy,
        graph.edges,
        graph.activities,
        lonlat=lonlat,
        border_lengths=rng.uniform(0, 2_000, len(graph.edges)),
        groups={"province": provinces},
    )
    minutes, base_minutes = rng.uniform(1, 60, (n, n)), rng.uniform(1, 60, (k, n))
    for matrix in (minutes, base_minutes):
        matrix[rng.random(matrix.shape) < rng.choice([0, 0.1])] = np.inf
    np.fill_diagonal(minutes, 0)
    travel = tk.Travel.from_dense(minutes, base_minutes=base_minutes)
    own = np.repeat(np.arange(n), np.diff(travel.indptr)) == travel.indices
    metres, base_metres = (rng.uniform(100, 9_000, len(found)) for found in (travel.indices, travel.base_indices))
    travel = replace(travel, metres=np.where(own, 0, metres), base_metres=base_metres)
    return graph, {"travel": travel, "bases_lonlat": lonlat[rng.integers(n, size=k)] + rng.normal(0, 1, (k, 2))}


def random_changes(rng, graph, k):
    """Limits to moves and to splits of provinces, or none."""
    found = []
    if rng.random() < 0.4:
        today = {unit: int(rng.integers(k)) for unit in graph.ids if rng.random() < 0.8}
        activity = rng.choice([None, "calls", "sales"])
        found.append(tk.MaxMoved(today, activity, float(rng.choice([0, 0.2, 0.5, 0.8]))))
    if rng.random() < 0.4:
        found.append(tk.Nested("province", int(rng.integers(3))))
    return found


def random_terms(rng, graph, k, centers, powers):
    """A sum of terms that weigh about the same."""
    distance = str(rng.choice(["planar", "great-circle", "travel"]))
    center = str(rng.choice([c for c in centers if (c, distance) != ("centroid", "travel")]))
    kind = {"power": int(rng.choice(powers)), "center": center, "distance": distance}
    usual = {"planar": 3e3, "great-circle": 1e6, "travel": 20.0}[distance] ** kind["power"] * graph.n_units
    weight = lambda size: float(rng.uniform(0.3, 3)) / size  # noqa: E731 - short
    activities = rng.permutation([None, "calls", "sales"])
    terms = []
    if distance == "travel" and rng.random() < 0.4:
        cost = {"center": center, "per_hour": float(rng.uniform(10, 60)), "per_km": float(rng.choice([0, 0.5]))}
        terms = [tk.TravelCost(a, **cost, weight=weight(graph.n_units)) for a in activities[: rng.integers(1, 3)]]
    elif rng.random() < 0.8:
        terms.append(tk.Compactness(activities[0], **kind, weight=weight(usual)))
        if center != "centroid" and rng.random() < 0.4:
            terms.append(tk.Compactness(activities[1], **kind, weight=weight(usual)))
    if rng.random() < 0.3:
        terms.append(tk.AssignmentCost(rng.uniform(0, 1, (graph.n_units, k)), weight(graph.n_units)))
    if rng.random() < 0.3:
        terms.append(tk.Diameter("planar", weight(5e3)))
    if rng.random() < 0.3:
        terms.append(tk.Diameter("great-circle", weight(2e6)))
    if rng.random() < 0.3 or not terms:
        terms.append(tk.BorderLength(weight(5e3)))
    return terms


@cache
def all_labels(n, k):
    """Every way to give n units to k territories, none of them empty, shape (plans, n)."""
    labels = np.array(list(product(range(k), repeat=n)), np.int64).reshape(-1, n)
    sizes = np.stack([(labels == t).sum(axis=1) for t in range(k)])
    return labels[(sizes > 0).all(axis=0)]


@cache
def _members(n):
    """Which units each of the 2**n sets holds, shape (sets, n)."""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)


class Oracle:
    """All plans of a problem that meet its requirements, from tables over all sets of units.

    It shares no code with the package: requirements and objective are worked out anew for every set of
    units as every territory, and a plan is a product of sets.
    """

    def __init__(self, problem):
        graph, k = problem.graph, problem.n_territories
        self.problem, self.sets = problem, _members(graph.n_units)
        self.legal = np.ones((len(self.sets), k), bool)
        self.legal[0] = False
        points = problem.bases if problem.bases is not None else problem.bases_lonlat
        self.free = np.zeros(k, bool) if points is None else np.isnan(points[:, 0])
        self.distance = straight(graph.xy[:, None], graph.xy[None])
        self.labels = all_labels(graph.n_units, k)
        self.codes = np.stack([((self.labels == t) << np.arange(graph.n_units)).sum(axis=1) for t in range(k)])
        self.passes = np.ones(len(self.labels), bool)
        for r in problem.requirements:
            getattr(self, "_" + type(r).__name__.lower())(r)
        self.passes &= self._each(self.legal).all(axis=0)
        self.values = np.where(self.passes, self._objective(), np.inf)
        self.feasible = self.labels[self.passes]
        self.best = float(self.values[self.passes].min()) if self.passes.any() else None

    def _each(self, table):
        """What a table over sets and territories says of each territory of each plan, shape (k, plans)."""
        return table[self.codes, np.arange(self.problem.n_territories)[:, None]]

    def _all(self, kind):
        return [r for r in self.problem.requirements if isinstance(r, kind)]

    def _places(self, units):
        return [list(self.problem.graph.ids).index(unit) for unit in units]

    def _balance(self, r):
        values = self.problem.graph.activity(r.activity).values
        k = self.problem.n_territories
        targets = np.full(k, values.sum() / k) if r.targets is None else np.asarray(r.targets)
        off = np.abs((self.sets @ values)[:, None] / targets - 1)
        self.legal &= off <= r.tolerance + 1e-9

    def _capacity(self, r):
        sizes = self.sets @ self.problem.graph.activity(r.activity).values
        self.legal &= ((sizes >= r.lower - 1e-9) & (sizes <= r.upper + 1e-9))[:, None]

    def _contiguous(self, r):
        whole = nx.Graph(self.problem.graph.edges.tolist())
        whole.add_nodes_from(range(self.problem.graph.n_units))
        for s in range(1, len(self.sets)):
            self.legal[s] &= nx.is_connected(whole.subgraph(np.flatnonzero(self.sets[s]).tolist()))

    def _maxtravel(self, r):
        free = np.ones(self.problem.n_territories, bool) if r.to == "center" else self.free
        for s in np.flatnonzero(self.sets.any(axis=1)) if free.any() else ():
            self.legal[s, free & self.free] &= self._within(self.sets[s], free=True).any()
            self.legal[s, free & ~self.free] &= self._within(self.sets[s], free=False).any()
        for t in np.flatnonzero(~free):
            if r.metres is not None:
                away = straight(self.problem.graph.xy, self.problem.bases[t])
            else:
                away = self._minutes("base_")[t]
            far = away > (r.metres or r.minutes) * (1 + 1e-9)
            self.legal[:, t] &= ~self.sets[:, far].any(axis=1)

    def _within(self, inside, *, free):
        """Which units of a set have ways to all others within the limits, where its base is free or given."""
        fits = np.ones(int(inside.sum()), bool)
        for r in self._all(tk.MaxTravel):
            if r.to == "center" or free:
                away = self.distance if r.metres is not None else self._minutes("")
                fits &= away[np.ix_(inside, inside)].max(axis=1) <= (r.metres or r.minutes) * (1 + 1e-9)
        return fits

    def _minutes(self, prefix):
        travel = self.problem.travel
        rows = (getattr(travel, prefix + name) for name in ("indptr", "indices", "minutes"))
        found = dense(*rows, self.problem.graph.n_units)
        if not prefix:
            np.fill_diagonal(found, 0)
        return found

    def _way_costs(self, prefix, goal):
        """What the objective takes travel for, as a matrix."""
        travel, minutes = self.problem.travel, self._minutes(prefix)
        if isinstance(goal, tk.Compactness):
            return minutes
        rows = (getattr(travel, prefix + name) for name in ("indptr", "indices", "metres"))
        metres = dense(*rows, self.problem.graph.n_units)
        if not prefix:
            np.fill_diagonal(metres, 0)
        way = np.isfinite(minutes)
        cost = 2 * (goal.per_hour * np.where(way, minutes, 0) / 60 + goal.per_km * np.where(way, metres, 0) / 1000)
        return np.where(way, cost, np.inf)

    def _fixed(self, r):
        for unit, t in r.mapping.items():
            inside = self.sets[:, self._places([unit])[0]]
            self.legal &= inside[:, None] == (np.arange(self.problem.n_territories) == t)

    def _together(self, r):
        for group in r.groups:
            inside = self.sets[:, self._places(group)]
            self.legal &= (inside.all(axis=1) | ~inside.any(axis=1))[:, None]

    def _apart(self, r):
        for pair in r.pairs:
            self.legal &= ~self.sets[:, self._places(pair)].all(axis=1)[:, None]

    def _maxmoved(self, r):
        graph, k = self.problem.graph, self.problem.n_territories
        values = np.ones(graph.n_units) if r.activity is None else graph.activity(r.activity).values
        moved = np.zeros((graph.n_units, k))
        for unit, t in r.incumbent.items():
            i = self._places([unit])[0]
            moved[i] = values[i]
            moved[i, t] = 0
        self.passes &= self._each(self.sets @ moved).sum(axis=0) <= r.share * values.sum() + 1e-9

    def _nested(self, r):
        labels = self.problem.graph.groups[r.group]
        total = 0
        for name in set(labels) - {None}:
            group = {i for i, label in enumerate(labels) if label == name}
            members = [set(np.flatnonzero(inside).tolist()) for inside in self.sets]
            holds = np.array([bool(inside & group) for inside in members])[self.codes]
            crosses = np.array([bool(inside & group and group - inside and inside - group) for inside in members])
            crosses = crosses[self.codes]
            total = total + crosses.sum(axis=0) - (crosses == holds).all(axis=0)
        self.passes &= total <= r.max_splits

    def _objective(self):
        graph, k = self.problem.graph, self.problem.n_territories
        compact = [term for term in self.problem.terms if isinstance(term, tk.Compactness | tk.TravelCost)]
        values = self._compactness(compact) if compact else np.zeros(len(self.labels))
        for term in self.problem.terms:
            if isinstance(term, tk.AssignmentCost):
                values = values + term.weight * self._each(self.sets @ term.costs).sum(axis=0)
            if isinstance(term, tk.BorderLength):
                cut = self.labels[:, graph.edges[:, 0]] != self.labels[:, graph.edges[:, 1]]
                values = values + term.weight * (cut @ graph.border_lengths)
            if isinstance(term, tk.Diameter):
                between = self._between(term)
                widest = [between[np.ix_(inside, inside)].max(initial=0) for inside in self.sets]
                values = values + term.weight * self._each(np.tile(np.array(widest)[:, None], k)).max(axis=0)
        return values

    def _compactness(self, terms):
        """All of them together: they share the center that is best for their sum."""
        graph = self.problem.graph
        weight = np.zeros(graph.n_units)
        for term in terms:
            weight = weight + term.weight * (1 if term.activity is None else graph.activity(term.activity).values)
        costs = np.full(self.legal.shape, np.inf)
        for s in np.flatnonzero(self.legal.any(axis=1)):
            costs[s] = self._cost(self.sets[s], weight[self.sets[s]], terms[0])
        return self._each(costs).sum(axis=0)

    def _between(self, goal):
        graph = self.problem.graph
        if goal.distance == "great-circle":
            return haversine(graph.lonlat[:, None], graph.lonlat[None])
        return self._way_costs("", goal) if goal.distance == "travel" else self.distance

    def _cost(self, inside, weight, goal):
        """Of one set of units as a territory; per territory where bases differ."""
        if goal.center == "centroid":
            return float(weight @ self._from_centroid(inside, weight, goal.distance) ** goal.power)
        if goal.center == "base":
            away = self._from_bases(goal)[:, inside]
            away[self.free] = 0
            cost = np.where(np.isinf(away), 0, away) ** goal.power @ weight
            cost = np.where(np.isinf(away).any(axis=1), np.inf, cost)
            return np.where(self.free, self._cost_of_best(inside, weight, goal) if self.free.any() else 0, cost)
        return self._cost_of_best(inside, weight, goal)

    def _cost_of_best(self, inside, weight, goal):
        """With the best unit as center."""
        away = self._between(goal)[np.ix_(inside, inside)]
        cost = np.where(np.isinf(away), 0, away) ** goal.power @ weight
        cost = np.where(np.isinf(away).any(axis=1), np.inf, cost)
        free, given = (cost[self._within(inside, free=free)].min(initial=np.inf) for free in (True, False))
        return np.where(self.free, free, given)

    def _from_bases(self, goal):
        problem, graph = self.problem, self.problem.graph
        if goal.distance == "travel":
            return self._way_costs("base_", goal)
        if goal.distance == "great-circle":
            return haversine(problem.bases_lonlat[:, None], graph.lonlat[None])
        return straight(problem.bases[:, None], graph.xy[None])

    def _from_centroid(self, inside, weight, distance):
        weight = weight if weight.sum() > 0 else None
        if distance == "planar":
            xy = self.problem.graph.xy[inside]
            return straight(xy, np.average(xy, axis=0, weights=weight))
        lonlat = self.problem.graph.lonlat[inside]
        lon, lat = np.radians(lonlat).T
        x, y, z = (
            np.average(axis, weights=weight)
            for axis in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
        )
        middle = np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))])
        return haversine(lonlat, middle)
