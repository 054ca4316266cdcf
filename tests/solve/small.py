"""Random small problems and an oracle that tries every plan of them."""

from functools import cache
from itertools import product

import networkx as nx
import numpy as np
from scipy.spatial import Delaunay

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


def random_problem(seed, *, most=7, centers=("unit",), powers=(2,), **settings):
    """A problem of up to `most` units; None where its arguments contradict each other."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, most + 1))
    k = int(rng.integers(1, min(n, 4) + 1))
    graph = random_graph(rng, n, **settings)
    requirements, bases = random_requirements(rng, n, k)
    center = str(rng.choice(centers))
    if center == "base" and bases is None:
        bases = rng.uniform(0, 10_000, (k, 2))
    goal = tk.Compactness(rng.choice([None, "calls", "sales"]), int(rng.choice(powers)), center)
    try:
        return tk.Problem(graph, k, requirements, objective=goal, bases=bases)
    except tk.RequirementError:
        return None


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
        self.center_limit = min([r.metres for r in self._all(tk.MaxTravel) if r.to == "center"], default=np.inf)
        offset = graph.xy[:, None] - graph.xy[None]
        self.distance = np.sqrt((offset**2).sum(axis=2))
        for r in problem.requirements:
            getattr(self, "_" + type(r).__name__.lower())(r)
        self.costs = np.full(self.legal.shape, np.inf)
        for s in np.flatnonzero(self.legal.any(axis=1)):
            self.costs[s] = self._cost(self.sets[s])
        self.labels = all_labels(graph.n_units, k)
        codes = np.stack([((self.labels == t) << np.arange(graph.n_units)).sum(axis=1) for t in range(k)])
        self.passes = self.legal[codes, np.arange(k)[:, None]].all(axis=0)
        self.values = self.costs[codes, np.arange(k)[:, None]].sum(axis=0)
        self.feasible = self.labels[self.passes]
        self.best = float(self.values[self.passes].min()) if self.passes.any() else None

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
        if r.to == "center":
            for s in range(1, len(self.sets)):
                inside = self.distance[np.ix_(self.sets[s], self.sets[s])]
                self.legal[s] &= bool((inside.max(axis=1) <= r.metres * (1 + 1e-9)).any())
            return
        for t, base in enumerate(self.problem.bases):
            far = np.sqrt(((self.problem.graph.xy - base) ** 2).sum(axis=1)) > r.metres * (1 + 1e-9)
            self.legal[:, t] &= ~self.sets[:, far].any(axis=1)

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

    def _cost(self, inside):
        goal, graph = self.problem.goal, self.problem.graph
        weight = np.ones(graph.n_units) if goal.activity is None else graph.activity(goal.activity).values
        weight, xy = weight[inside], graph.xy[inside]
        if goal.center == "base":
            away = np.sqrt(((xy[:, None] - self.problem.bases[None]) ** 2).sum(axis=2))
            return weight @ away**goal.power
        if goal.center == "centroid":
            middle = np.average(xy, axis=0, weights=weight if weight.sum() > 0 else None)
            return float(weight @ np.sqrt(((xy - middle) ** 2).sum(axis=1)) ** goal.power)
        away = self.distance[np.ix_(inside, inside)]
        within = away.max(axis=1) <= self.center_limit * (1 + 1e-9)
        return float((away**goal.power @ weight)[within].min())
