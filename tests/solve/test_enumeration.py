"""All territories written down, the best choice of them, and units around which none fits, against trying all."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from samples import grid_graph
from solve.small import Oracle, graph_of, random_graph, row

import territorykit as tk
from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations
from territorykit.solve.diagnosis.fitting import unbalanced_pairs, unfit_units
from territorykit.solve.diagnosis.widening import widened
from territorykit.solve.exact import enumeration
from territorykit.solve.exact.enumeration import all_territories, best_of_all, map_of
from territorykit.solve.kernels.subsets import subsets_around


def random_banded(seed, most=9, **settings):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, most + 1))
    graph = random_graph(rng, n, **settings)
    k = int(rng.integers(2, min(n, 4) + 1))
    wishes = [tk.Contiguous(), tk.Balance("calls", float(rng.choice([0.1, 0.25, 0.4, 0.7])))]
    if rng.random() < 0.4:
        wishes.append(tk.Balance("sales", float(rng.choice([0.3, 0.5, 0.8]))))
    goal = tk.Compactness(rng.choice([None, "calls", "sales"]), int(rng.choice([1, 2])))
    return tk.Problem(graph, k, wishes, goal)


def tried(problem, *, whole=True):
    """All territories, by trying every set of units."""
    graph, k, n = problem.graph, problem.n_territories, problem.graph.n_units
    net = nx.Graph(graph.edges.tolist())
    net.add_nodes_from(range(n))
    limits = {r.activity: (problem.targets(r)[0], r.tolerance) for r in problem.bands}

    def within(size, count):
        return all(
            count * target * (1 - tolerance) - 1e-9 <= size[name] <= count * target * (1 + tolerance) + 1e-9
            for name, (target, tolerance) in limits.items()
        )

    def size(units):
        return {name: graph.activity(name).values[list(units)].sum() for name in limits}

    def leaves(units):
        sums = {0}
        for piece in nx.connected_components(net.subgraph(set(range(n)) - set(units))):
            counts = [m for m in range(1, min(len(piece), k - 1) + 1) if within(size(piece), m)]
            sums = {s + m for s in sums for m in counts}
        return k - 1 in sums

    found = set()
    for count in range(1, n + 1):
        for units in combinations(range(n), count):
            fits = within(size(units), 1) and nx.is_connected(net.subgraph(units))
            if fits and (not whole or leaves(units)):
                found.add(units)
    return found


def as_sets(territories):
    return [tuple(np.flatnonzero(t).tolist()) for t in territories]


@pytest.mark.parametrize("seed", range(40))
def test_every_territory_is_written_down_once(seed):
    problem = random_banded(seed)
    listed = as_sets(all_territories(problem))
    assert len(listed) == len(set(listed))
    # what is left over may be judged more mildly than here: by the fewest and the most territories of each piece
    assert tried(problem) <= set(listed) <= tried(problem, whole=False)


@pytest.mark.parametrize("seed", range(60))
def test_the_best_choice_is_the_best_plan(seed):
    problem = random_banded(seed)
    best, found = Oracle(problem).best, best_of_all(problem, 60.0)
    assert found.infeasible == (best is None)
    if best is not None:
        plan = tk.Plan(problem, found.labels)
        assert violations(plan) == ()
        assert objective(plan) == pytest.approx(best)
        assert best * (1 - 1e-6) <= found.bound <= best


def test_limits_of_effort_are_kept():
    graph = grid_graph(6, 6)
    name = graph.activities[0].name
    area = map_of(tk.Problem(graph, 4, [tk.Balance(name, 0.2), tk.Contiguous()]))
    count = subsets_around(area, 0, np.ones(36, bool), 4, 500, np.zeros((10_000, 36), bool))
    assert not count.complete
    assert count.steps <= 500 + 60
    few = subsets_around(area, 0, np.ones(36, bool), 4, 10**9, np.zeros((7, 36), bool))
    assert few.kept == 7
    assert not few.complete


def test_where_territories_are_many_nothing_is_said(monkeypatch):
    problem = tk.Problem(grid_graph(4, 4), 2, [tk.Balance(grid_graph(4, 4).activities[0].name, 0.3), tk.Contiguous()])
    assert best_of_all(problem, 60.0) is not None
    assert best_of_all(problem, 60.0, most=5) is None
    monkeypatch.setattr(enumeration, "MOST_STEPS", 100)
    assert best_of_all(problem, 60.0) is None
    monkeypatch.undo()
    assert best_of_all(problem, 0.0) is None
    assert all_territories(problem.replace(requirements=(tk.Contiguous(),))) is None


def test_other_requirements_are_not_forgotten():
    """Two units in the same half must be apart: no plan, though sizes alone would have one."""
    graph = graph_of(4, row(4), calls=[1, 1, 1, 1])
    wishes = [tk.Balance("calls", 0.1), tk.Contiguous()]
    assert best_of_all(tk.Problem(graph, 2, wishes), 60.0).labels is not None
    assert best_of_all(tk.Problem(graph, 2, [*wishes, tk.Apart([("u0", "u1")])]), 60.0) is None
    result = tk.solve(tk.Problem(graph, 2, [*wishes, tk.Apart([("u0", "u1")])]), stop=1_000)
    assert result.status is tk.Status.INFEASIBLE


def test_solve_takes_the_only_plan_there_is():
    """A path whose only plan within one per cent is hard to come by for moves of single units."""
    sizes = [7, 3, 5, 5, 2, 8, 9, 1, 4, 6, 3, 7]
    problem = tk.Problem(graph_of(12, row(12), calls=sizes), 6, [tk.Balance("calls", 0.01), tk.Contiguous()])
    result = tk.solve(problem, stop=1, seed=0)
    assert result.status in (tk.Status.OPTIMAL, tk.Status.FEASIBLE)
    assert result.require_plan().sizes("calls").tolist() == [10.0] * 6
    proven = tk.prove(problem, time_limit=20)
    assert proven.status is tk.Status.OPTIMAL
    assert proven.bound.method == "choice of all territories"


def test_units_named_as_unfit_have_no_territory():
    found = 0
    for seed in range(60):
        problem = random_banded(seed, zeros=False)
        conflicts = list(unfit_units(problem))
        if conflicts:
            assert len(Oracle(problem).feasible) == 0
        fits = {f"u{u}" for t in tried(problem) for u in t}
        assert not {u for conflict in conflicts for u in conflict.units} & fits
        found += len(conflicts)
    assert found > 5


def test_a_unit_whose_neighbors_are_all_too_large_is_named():
    """A city of 0.8 targets between three of 0.6: alone too small, with any of them too large."""
    edges = [[0, 1], [0, 2], [0, 3], [1, 4], [2, 5], [3, 6], [4, 5], [5, 6]]
    graph = graph_of(
        7, edges, xy=[[0, 0], [-1, 0], [0, 1], [1, 0], [-2, 1], [0, 2], [2, 1]], calls=[8, 6, 6, 6, 5, 5, 4]
    )
    problem = tk.Problem(graph, 4, [tk.Balance("calls", 0.1), tk.Contiguous()])
    result = tk.solve(problem)
    assert result.status is tk.Status.INFEASIBLE
    (conflict,) = result.conflicts
    assert conflict.units[0] == "u0"
    assert "alone with its 8 of calls it is too small, with any of its neighbors 'u1', 'u2', 'u3' too large" in (
        conflict.message
    )
    assert conflict.relaxation == pytest.approx(0.2, abs=2e-3)
    assert f"allow a tolerance of at least {conflict.relaxation:g}" in conflict.message


def test_a_unit_whose_territories_all_cut_something_off_is_named():
    """A star: the largest arm fills a territory with the middle, and two arms are left that do not touch."""
    graph = graph_of(4, [[0, 1], [1, 2], [1, 3]], xy=[[0, 0], [1, 0], [2, 0], [1, 1]], calls=[6, 4, 5, 5])
    problem = tk.Problem(graph, 2, [tk.Balance("calls", 0.05), tk.Contiguous()])
    (conflict,) = unfit_units(problem)
    assert "cuts off a piece that no whole number of others fits" in conflict.message
    assert len(Oracle(problem).feasible) == 0


@pytest.mark.parametrize("seed", range(200, 240))
def test_the_smallest_widening(seed):
    """No band between the one given and the one found has a plan; the one found has."""
    problem = random_banded(seed, zeros=False)
    band = problem.bands[0]
    others = [r for r in problem.requirements if r is not band]
    found = widened(problem, band, others, float("inf"))
    best = min(
        Oracle(problem.replace(requirements=tuple(others))).feasible, key=lambda one: _off(problem, one), default=None
    )
    if best is None:
        assert found is None
    else:
        assert found.smallest
        least = max(_off(problem, best), band.tolerance)
        assert max(_off(problem, found.labels), band.tolerance) == pytest.approx(least)


def _off(problem, labels):
    band = problem.bands[0]
    return float(np.abs(tk.Plan(problem, labels).sizes(band.activity) / problem.targets(band) - 1).max())


def random_pair(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 9))
    graph = graph_of(n, row(n), calls=rng.integers(0, 9, n) + (rng.random(n) < 0.3), sales=rng.exponential(3.0, n))
    wishes = [tk.Balance("calls", float(rng.choice([0.1, 0.3]))), tk.Balance("sales", float(rng.choice([0.1, 0.3])))]
    return tk.Problem(graph, int(rng.integers(2, min(n, 4) + 1)), wishes)


def test_pairs_named_as_unbalanced_have_no_plan():
    """Every unit named is in no set of units at all that keeps both bands."""
    named = 0
    for seed in range(400):
        problem = random_pair(seed)
        if problem.graph.activity("calls").total == 0:
            continue
        sets = np.array(
            [[c >> i & 1 for i in range(problem.graph.n_units)] for c in range(1, 2**problem.graph.n_units)]
        )
        fits = np.ones(len(sets), bool)
        for band in problem.bands:
            off = np.abs(sets @ problem.graph.activity(band.activity).values / problem.targets(band)[0] - 1)
            fits &= off <= band.tolerance + 1e-9
        for conflict in unbalanced_pairs(problem):
            places = problem.graph.positions(conflict.units)
            assert not sets[fits][:, places].any()
            named += 1
    assert named > 30


def test_two_activities_that_cannot_both_balance():
    """Two cities with nearly all calls that a territory may have: 10 of 105 are left, and 10/21 of sales for each."""
    calls, sales = [95] + [21] * 10 + [95], [1] + [10] * 12
    graph = graph_of(12, row(12), calls=calls, sales=sales[:12])
    problem = tk.Problem(graph, 4, [tk.Balance("calls", 0.05), tk.Balance("sales", 0.05)])
    result = tk.solve(problem)
    assert result.status is tk.Status.INFEASIBLE
    (conflict,) = result.conflicts
    assert conflict.units == ("u0", "u11")
    assert (conflict.requirement, conflict.together_with) == (problem.bands[1], (problem.bands[0],))
    both = "Balance('calls', 0.05) and Balance('sales', 0.05) cannot both be met"
    assert f"{both}: a territory with unit 'u0' (and 1 more) has 95" in conflict.message
    assert "gets at most 5.7619 of sales with that, while it needs 26.3625" in conflict.message
