"""Random problems with travel, and with bases of which some are free, and brute force over their plans by matrices."""

import math

import numpy as np
from solve.small import all_labels, graph_of, row

import territorykit as tk
from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations

KINDS = ("minutes to centers", "minutes to bases", "costs from units", "costs from bases", "travel", "squares")
MIXED = ("costs", "minutes", "planar", "great circles", "borders", "units")


class Case:
    """A random problem with ways that differ there and back, some of which are missing, as matrices."""

    def __init__(self, kind, seed, *, mixed=False):
        self.rng = rng = np.random.default_rng([seed, (KINDS + MIXED).index(kind)])
        self.n, self.k = int(rng.integers(5, 8)), int(rng.integers(2, 4))
        self.xy = rng.uniform(0, 10_000, (self.n, 2))
        self.calls = rng.integers(1, 9, self.n).astype(float)
        self.free = np.zeros(self.k, bool)
        if mixed:
            self.free[rng.permutation(self.k)[: rng.integers(1, self.k)]] = True
        self.minutes, self.km = self.ways(self.n), self.ways(self.n)
        self.base_minutes, self.base_km = self.ways(self.k), self.ways(self.k)
        for square in (self.minutes, self.km):
            np.fill_diagonal(square, 0)
        holes = rng.choice([0, 0.1, 0.3])
        self.minutes[(rng.random(self.minutes.shape) < holes) & ~np.eye(self.n, dtype=bool)] = np.inf
        self.base_minutes[rng.random(self.base_minutes.shape) < holes / 2] = np.inf
        self.bases = rng.uniform(0, 10_000, (self.k, 2))
        self.requirements = [r for r in (self.band(), tk.Contiguous()) if rng.random() < 0.4]
        if rng.random() < 0.3:
            self.requirements.append(tk.Fixed({f"u{rng.integers(self.n)}": int(rng.integers(self.k))}))

    def ways(self, rows):
        return self.rng.uniform(5, 60, (rows, self.n))

    def band(self):
        return tk.Balance("calls", float(self.rng.choice([0.3, 0.6])))

    def travel(self):
        """The matrices as `Travel`, with metres."""
        there, base = np.isfinite(self.minutes), np.isfinite(self.base_minutes)
        row_of = lambda mask: np.concatenate([[0], np.cumsum(mask.sum(axis=1))])  # noqa: E731 - short
        return tk.Travel(
            row_of(there),
            np.nonzero(there)[1],
            self.minutes[there],
            1000 * self.km[there],
            base_indptr=row_of(base),
            base_indices=np.nonzero(base)[1],
            base_minutes=self.base_minutes[base],
            base_metres=1000 * self.base_km[base],
        )

    def problem(self, goal):
        """The problem, with NaN for bases that are free."""
        graph = graph_of(self.n, self.edges(), xy=self.xy, calls=self.calls)
        lonlat = self.xy / 1000
        graph = tk.UnitGraph(
            graph.ids, graph.xy, graph.edges, graph.activities, lonlat=lonlat, border_lengths=np.ones(len(graph.edges))
        )
        bases = np.where(self.free[:, None], np.nan, self.bases)
        return tk.Problem(
            graph,
            self.k,
            self.requirements,
            goal,
            travel=self.travel(),
            bases=bases,
            bases_lonlat=bases / 1000,
        )

    def edges(self):
        more = [[i, j] for i in range(self.n) for j in range(i + 2, self.n) if self.rng.random() < 0.3]
        return row(self.n) + more


def drawn(kind, seed):
    """A case with all bases given, and its problem."""
    case = Case(kind, seed)
    limit = float(case.rng.uniform(25, 55))
    goal = tk.Compactness("calls", 1)
    if kind.startswith("minutes"):
        case.requirements.append(tk.MaxTravel(minutes=limit, to="center" if kind == "minutes to centers" else "base"))
        if case.rng.random() < 0.3:
            case.requirements.append(tk.MaxTravel(metres=float(case.rng.uniform(5_000, 9_000))))
    elif kind.startswith("costs"):
        center = "unit" if kind == "costs from units" else "base"
        goal = tk.TravelCost("calls", center, per_hour=30, per_km=float(case.rng.choice([0, 0.4])))
    else:
        power = 1 if kind == "travel" else 2
        goal = tk.Compactness("calls", power, str(case.rng.choice(["unit", "base"])), "travel")
    return case, case.problem(goal)


def mixed(kind, seed):
    """A case with some free bases, and its problem."""
    case = Case(kind, seed, mixed=True)
    if kind == "costs":
        goal = tk.TravelCost("calls", "base", per_hour=30, per_km=0.4)
    elif kind == "borders":
        goal = tk.BorderLength()
    elif kind == "units":
        goal = tk.Compactness("calls", 1, "unit", str(case.rng.choice(["planar", "travel"])))
    else:
        distance = {"minutes": "travel", "planar": "planar", "great circles": "great-circle"}[kind]
        goal = tk.Compactness("calls", int(case.rng.integers(1, 3)), "base", distance)
    if kind in ("borders", "units") or case.rng.random() < 0.5:
        case.requirements.append(tk.MaxTravel(minutes=float(case.rng.uniform(25, 55)), to="base"))
        if case.rng.random() < 0.4:
            case.requirements.append(tk.MaxTravel(metres=float(case.rng.uniform(5_000, 9_000)), to="base"))
    return case, case.problem(goal)


def straight(a, b):
    return np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))


def sphere(a, b):
    """Great-circle distances of points that are metres here and thousandths of degrees there."""
    a, b = np.radians(a / 1000), np.radians(b / 1000)
    half = np.sin((a[:, None, 1] - b[None, :, 1]) / 2) ** 2
    half = half + np.cos(a[:, None, 1]) * np.cos(b[None, :, 1]) * np.sin((a[:, None, 0] - b[None, :, 0]) / 2) ** 2
    return 2 * 6_371_008.8 * np.arcsin(np.sqrt(half))


def costs(case, goal):
    """What each unit costs from each unit and from each base by the objective, infinite without a way."""
    if isinstance(goal, tk.TravelCost):
        pairs = [(case.minutes, case.km), (case.base_minutes, case.base_km)]
        return [case.calls * 2 * (goal.per_hour * m / 60 + goal.per_km * d) for m, d in pairs]
    if isinstance(goal, tk.BorderLength):
        return [np.zeros((case.n, case.n)), np.zeros((case.k, case.n))]
    if goal.distance == "travel":
        away = [case.minutes, case.base_minutes]
    else:
        way = straight if goal.distance == "planar" else sphere
        away = [way(case.xy, case.xy), way(case.bases, case.xy)]
    return [case.calls * each**goal.power for each in away]


def allowed(case, r):
    """Pairs within a travel limit, from units and from bases; what the limit is not about is allowed."""
    ways = [case.minutes, case.base_minutes]
    if r.metres is not None:
        ways = [straight(case.xy, case.xy), straight(case.bases, case.xy)]
    units, bases = (each <= r.limit for each in ways)
    if r.to == "center":
        return units, np.ones_like(bases), np.ones(case.k, bool)
    return units, bases, case.free


def best_by_hand(case, problem):
    """The least cost of all plans, and whether there is any: sizes, contiguity and locks are left to the referee.

    The best center of a territory is one of its units; limits choose among them only where they are about units.
    """
    others = [r for r in problem.requirements if not isinstance(r, tk.MaxTravel)]
    plain = problem.replace(requirements=others)
    limits = [allowed(case, r) for r in problem.of_type(tk.MaxTravel)]
    goal = problem.terms[0]
    by_unit, by_base = costs(case, goal)
    least, some = math.inf, False
    for labels in all_labels(case.n, case.k):
        total, fits = 0.0, True
        for t in range(case.k):
            own = np.flatnonzero(labels == t)
            near, base_ok = np.ones(len(own), bool), True
            for units, bases, tied in limits:
                near &= units[np.ix_(own, own)].all(axis=1) | (not tied[t])
                base_ok &= bool(bases[t, own].all()) or bool(case.free[t])
            fits &= base_ok and bool(near.any())
            if getattr(goal, "center", "base") == "base" and not case.free[t]:
                total += by_base[t, own].sum()
            else:
                total += by_unit[np.ix_(own, own)].sum(axis=1)[near].min(initial=math.inf)
        if fits and (isinstance(goal, tk.BorderLength) or total < least or not some):
            plan = tk.Plan(plain, labels)
            if not violations(plan):
                least, some = min(least, objective(plan) if isinstance(goal, tk.BorderLength) else total), True
    return least, some
