"""Generated problems without a plan, each with the requirements that make it so.

Small ones are drawn at random until brute force says that no plan exists and, where several requirements
collide, that each of them alone can be met. Large ones have no plan by how they are made.
"""

from typing import NamedTuple

import numpy as np
from solve.small import Oracle, graph_of, random_graph, row

import territorykit as tk


class Planted(NamedTuple):
    """A problem without a plan, and the types of the requirements that collide."""

    problem: tk.Problem
    kinds: frozenset


def _capacity(rng, graph, k):
    return tk.Capacity("calls", 0, float(np.round(graph.activity("calls").total / k * rng.uniform(1.0, 1.5), 2)))


def _balance(rng, graph, k):
    return tk.Balance("calls", float(rng.choice([0.02, 0.05, 0.1, 0.2, 0.3])))


def _bands(rng, graph, k):
    return [_balance(rng, graph, k), tk.Balance("sales", float(rng.choice([0.02, 0.05, 0.1, 0.2])))]


def _fixed(rng, graph, k):
    n = graph.n_units
    units = rng.choice(n, int(rng.integers(2, n)), replace=False)
    return tk.Fixed({f"u{i}": int(rng.integers(k)) for i in units})


def _together(rng, graph, k):
    return tk.Together([[f"u{i}" for i in rng.choice(graph.n_units, int(rng.integers(2, 5)), replace=False)]])


def _apart(rng, graph, k):
    pairs = [rng.choice(graph.n_units, 2, replace=False) for _ in range(int(rng.integers(2, 5)))]
    return tk.Apart([(f"u{i}", f"u{j}") for i, j in pairs])


def _travel(rng, graph, k):
    return tk.MaxTravel(float(np.round(rng.uniform(2_000, 6_000))))


def _moved(rng, graph, k):
    return tk.MaxMoved({unit: int(rng.integers(k)) for unit in graph.ids}, None, float(rng.choice([0, 0.12, 0.25])))


def _nested(rng, graph, k):
    return tk.Nested("province", int(rng.integers(2)))


def _base(rng, graph, k):
    return tk.MaxTravel(float(np.round(rng.uniform(2_000, 5_000))), to="base")


def _minutes(rng, graph, k):
    return tk.MaxTravel(minutes=float(np.round(rng.uniform(15, 40))))


def _contiguous(rng, graph, k):
    return tk.Contiguous()


CAUSES = {
    "a unit too large": (_balance,),
    "bases too far": (_base,),
    "pieces of the map": (_balance, _contiguous),
    "locks and capacity": (_fixed, _capacity),
    "connection and band": (_contiguous, _balance),
    "two bands": (_bands,),
    "locks and band": (_fixed, _balance),
    "groups and capacity": (_together, _capacity),
    "pairs and connection": (_apart, _contiguous),
    "travel and band": (_travel, _balance),
    "moves and band": (_moved, _balance),
    "provinces and band": (_nested, _balance),
    "minutes and band": (_minutes, _balance),
}
"""What is drawn for each cause; each entry with several requirements is a collision of all of them."""


def small(cause, number):
    """An instance of 5 to 9 units: the same number gives the same instance."""
    rng = np.random.default_rng([list(CAUSES).index(cause), number])
    while True:
        n, k = int(rng.integers(5, 10)), int(rng.integers(2, 4))
        graph = random_graph(rng, n, zeros=False, gaps=cause == "pieces of the map")
        if cause == "a unit too large":
            values = np.array(graph.activity("calls").values)
            values[rng.integers(n)] = np.round(values.sum() * rng.uniform(1.0, 1.4) / k * 1.5)
            graph = graph_of(n, graph.edges, xy=graph.xy, calls=values, sales=graph.activity("sales").values)
        graph = _in_provinces(rng, graph)
        drawn = [draw(rng, graph, k) for draw in CAUSES[cause]]
        requirements = [r for one in drawn for r in (one if isinstance(one, list) else [one])]
        bases = rng.uniform(0, 10_000, (k, 2)) if cause == "bases too far" else None
        travel = _travel_times(rng, n) if cause == "minutes and band" else None
        try:
            problem = tk.Problem(graph, k, requirements, bases=bases, travel=travel)
            alone = [problem.replace(requirements=(r,)) for r in requirements]
        except tk.RequirementError:
            continue
        if Oracle(problem).best is not None:
            continue
        if len(alone) == 1 or all(len(Oracle(p).feasible) for p in alone):
            return Planted(_with_bystander(rng, problem), frozenset(requirements))


def _travel_times(rng, n):
    """Ways that differ there and back, of which some are missing."""
    minutes = rng.uniform(5, 60, (n, n))
    minutes[rng.random((n, n)) < 0.1] = np.inf
    np.fill_diagonal(minutes, 0)
    return tk.Travel.from_dense(minutes)


def _with_bystander(rng, problem):
    """The problem with one more requirement that has no part in the collision; as it is where none was drawn.

    A plan meets the added one together with all but any one of the others, so each set without a plan has
    all the others in it, and they alone are the only irreducible one.
    """
    graph, k, planted = problem.graph, problem.n_territories, problem.requirements
    total = graph.activity("sales").total
    for _ in range(30):
        drawn = (
            tk.Contiguous(),
            tk.Capacity("sales", 0, float(np.round(total / k * rng.uniform(1.2, 2), 2))),
            tk.Balance("sales", 0.5),
            _apart(rng, graph, k),
            _nested(rng, graph, k),
        )[int(rng.integers(5))]
        if any(type(drawn) is type(r) for r in planted):
            continue
        try:
            subsets = [(*(q for q in planted if q is not r), drawn) for r in planted]
            feasible = [len(Oracle(problem.replace(requirements=rs)).feasible) > 0 for rs in subsets]
            if all(feasible):
                return problem.replace(requirements=(drawn, *planted))
        except tk.RequirementError:
            continue
    return problem


def _in_provinces(rng, graph):
    provinces = [f"p{int(rng.integers(3))}" for _ in graph.ids]
    return tk.UnitGraph(graph.ids, graph.xy, graph.edges, graph.activities, groups={"province": provinces})


def large(number):
    """An instance of 20 to 60 units: groups too heavy, locks too many, or ends of a line to be apart."""
    rng = np.random.default_rng([99, number])
    n, k = int(rng.integers(20, 61)), int(rng.integers(2, 5))
    if number % 3 == 2:  # connection is cut in rounds, which takes minutes on lines of 50 units
        n, k = int(rng.integers(20, 25)), 2
    graph = graph_of(n, row(n), calls=[1.0] * n)
    first = [f"u{i}" for i in range(n // k + int(rng.integers(2, 5)))]
    if number % 3 == 0:
        requirements = [tk.Together([first]), tk.Capacity("calls", 0, float(-(-n // k)))]
    elif number % 3 == 1:
        requirements = [tk.Fixed(dict.fromkeys(first, 0)), tk.Balance("calls", 0.9 / (n / k))]
    else:
        requirements = [tk.Apart([("u0", "u1")]), tk.Contiguous(), tk.Balance("calls", 0.5)]
    return Planted(tk.Problem(graph, k, requirements), frozenset(requirements))


def least(problem, r):
    """By brute force, the least value of what `amount` measures with which a plan exists; None where none does."""
    others = tuple(q for q in problem.requirements if q is not r)
    labels = Oracle(problem.replace(requirements=others)).feasible
    return min((_measured(problem, r, row) for row in labels), default=None)


def _measured(problem, r, labels):  # noqa: PLR0911 - one return per type
    place = {unit: i for i, unit in enumerate(problem.graph.ids)}
    if isinstance(r, tk.Balance | tk.Capacity):
        values = problem.graph.activity(r.activity).values
        sizes = np.array([values[labels == t].sum() for t in range(problem.n_territories)])
        if isinstance(r, tk.Balance):
            return float(np.abs(sizes / (values.sum() / problem.n_territories) - 1).max())
        return max(0.0, float((sizes - r.upper).max()))
    if isinstance(r, tk.Fixed):
        return sum(labels[place[u]] != t for u, t in r.mapping.items())
    if isinstance(r, tk.Together):
        return sum(len(g) - max(np.bincount([labels[place[u]] for u in g])) for g in r.groups)
    if isinstance(r, tk.Apart):
        return sum(labels[place[a]] == labels[place[b]] for a, b in r.pairs)
    if isinstance(r, tk.MaxMoved):
        return sum(labels[place[u]] != t for u, t in r.incumbent.items()) / len(place)
    return 0


def amount(r, relaxed):
    """How much a relaxed requirement gives way, as `least` measures it."""
    new = relaxed[0] if relaxed else None
    if isinstance(r, tk.Balance):
        return new.tolerance
    if isinstance(r, tk.Capacity):
        return new.upper - r.upper
    if isinstance(r, tk.Fixed):
        return len(r.mapping) - (len(new.mapping) if new else 0)
    if isinstance(r, tk.Together):
        return sum(map(len, r.groups)) - (sum(map(len, new.groups)) if new else 1)
    if isinstance(r, tk.Apart):
        return len(r.pairs) - (len(new.pairs) if new else 0)
    return new.share if isinstance(r, tk.MaxMoved) else 0


def is_smallest(problem, conflict):
    """Whether brute force finds no smaller relaxation, beyond the rounding to three digits."""
    r, new = conflict.requirement, conflict.relaxed
    if isinstance(r, tk.MaxTravel | tk.Nested):
        step = {"metres": 1, "minutes": 0.1}
        less = r.with_limit(new[0].limit - step[r.measure]) if isinstance(r, tk.MaxTravel) else None
        less = less or tk.Nested(r.group, new[0].max_splits - 1)
        swapped = tuple(less if q is r else q for q in problem.requirements)
        return Oracle(problem.replace(requirements=swapped)).best is None
    found, given = least(problem, r), amount(r, new)
    return found is not None and found - 1e-9 <= given <= found * 1.011 + 1e-9
