"""The objective over nodes: costs and lengths add up, positions and ways are those of the units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import CHOICE
from solve.small import dense, graph_of, random_problem, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.arrays import CENTROID, PLANE, POINT, ROAD, SPHERE, UNIT
from territorykit.solve.kernels.distance import by_road

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)
RADIUS = 6_371_008.8


def at_random(seed, **settings):
    problem = random_problem(seed, **(CHOICE | {"most": 20} | settings))
    return None if problem is None else compile_problem(problem)


@given(SEEDS)
@MANY
def test_costs_borders_and_moves_are_sums_over_units(seed):
    compiled = at_random(seed)
    if compiled is None:
        return
    problem, facts, node = compiled.problem, compiled.facts, compiled.node
    graph, k = problem.graph, problem.n_territories
    of = lambda kind: [term for term in problem.terms if isinstance(term, kind)]  # noqa: E731 - short
    labels = np.random.default_rng(seed).integers(0, k, compiled.n_nodes)
    units = labels[node]
    if costs := of(tk.AssignmentCost):
        true = sum(term.weight * term.costs[np.arange(len(node)), units].sum() for term in costs)
        assert facts.costs[np.arange(compiled.n_nodes), labels].sum() == pytest.approx(true)
    else:
        assert facts.costs.shape == (0, 0)
    if borders := of(tk.BorderLength):
        cut = units[graph.edges[:, 0]] != units[graph.edges[:, 1]]
        one = np.repeat(np.arange(compiled.n_nodes), np.diff(facts.indptr))
        found = facts.edge_cost[labels[one] != labels[facts.indices]].sum() / 2
        assert found == pytest.approx(sum(term.weight for term in borders) * graph.border_lengths[cut].sum())
    else:
        assert facts.edge_cost.shape == (0,)
    assert_widths(compiled)
    for i, r in enumerate(problem.of_type(tk.MaxMoved)):
        values = np.ones(graph.n_units) if r.activity is None else graph.activity(r.activity).values
        named = problem.incumbent(r) >= 0
        assert facts.move_load[i].sum() * values.sum() / k == pytest.approx(values[named].sum())
        assert facts.most_moved[i] == pytest.approx(r.share * k)
        assert set(node[named]) == set(np.flatnonzero(facts.home[i] >= 0))


def assert_widths(compiled):
    """Largest distances are measured each in its own metric, and searched for in the one that says most."""
    facts, wide = compiled.facts, [t for t in compiled.problem.terms if isinstance(t, tk.Diameter)]
    for name, metric in (("planar", PLANE), ("great-circle", SPHERE)):
        weight = sum(term.weight for term in wide if term.distance == name)
        assert [width.weight for width in compiled.widths if width.metric == metric] == pytest.approx(
            [weight] if weight else []
        )
    if not wide:
        assert facts.wide == 0
    elif len(compiled.widths) == 1:
        assert facts.wide == pytest.approx(sum(term.weight for term in wide))
        assert facts.spot_metric == compiled.widths[0].metric
    else:
        most = max(width.all_in_one for width in compiled.widths)
        span = np.linalg.norm(np.ptp(facts.spot, axis=0))
        rounding = 1e-6 * sum(width.weight for width in compiled.widths)  # a millionth of a metre
        assert facts.wide * span == pytest.approx(sum(width.all_in_one for width in compiled.widths), abs=rounding)
        assert [width.metric for width in compiled.widths if width.all_in_one == most] == [facts.spot_metric]


@given(SEEDS)
@MANY
def test_nodes_stand_at_the_weighted_mean_of_their_units(seed):
    compiled = at_random(seed, zeros=False)
    if compiled is None:
        return
    problem, facts, node = compiled.problem, compiled.facts, compiled.node
    weight = problem.center_weights
    for u in range(compiled.n_nodes):
        own = np.flatnonzero(node == u)
        mean = np.average(problem.graph.xy[own], axis=0, weights=weight[own]) - problem.graph.xy.mean(axis=0)
        assert facts.flat[u] == pytest.approx(mean, abs=1e-6)
        assert facts.weight[u] == pytest.approx(weight[own].sum())
        if facts.metric == SPHERE:
            lon, lat = np.radians(problem.graph.lonlat[own]).T
            ways = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
            mean = np.average(ways, axis=1, weights=weight[own])
            assert facts.point[u] == pytest.approx(RADIUS * mean / np.linalg.norm(mean), rel=1e-9, abs=1e-3)
        else:
            assert facts.point[u] == pytest.approx([*facts.flat[u], 0])


@given(SEEDS)
@MANY
def test_ways_are_those_of_the_problem(seed):
    """From each node or base to each node, by the heaviest of its units; far, where there is none."""
    compiled = at_random(seed, centers=("unit", "base"))
    if compiled is None or compiled.facts.metric != ROAD:
        return
    problem, facts, node = compiled.problem, compiled.facts, compiled.node
    weight, travel, n = problem.center_weights, compiled.problem.ways, problem.graph.n_units
    chief = [max(np.flatnonzero(node == u), key=lambda i: weight[i]) for u in range(compiled.n_nodes)]
    tied = any((weight[node == u] == weight[i]).sum() > 1 for u, i in enumerate(chief))
    if tied:
        return
    if compiled.facts.given.any():
        return
    if problem.goal.center == "base":
        table = dense(travel.base_indptr, travel.base_indices, travel.base_minutes, n)[:, chief]
    else:
        table = dense(travel.indptr, travel.indices, travel.minutes, n)[np.ix_(chief, chief)]
    longest = table[np.isfinite(table)].max(initial=0)
    for origin, u in np.ndindex(table.shape):
        if problem.goal.center == "base" or origin != u:
            found = by_road(facts, origin, u)
            if np.isfinite(table[origin, u]):
                assert found == pytest.approx(table[origin, u], abs=1e-12)
            else:
                assert found >= longest


def test_ways_that_take_no_time_are_ways():
    minutes = np.array([[0, 0, 30.0], [0, 0, 30], [30, 30, 0]])
    goal = tk.Compactness(distance="travel")
    compiled = compile_problem(tk.Problem(graph_of(3, row(3)), 2, objective=goal, travel=tk.Travel.from_dense(minutes)))
    one, two, _ = (int(u) for u in compiled.node)
    assert by_road(compiled.facts, one, two) == 0


@pytest.mark.parametrize(
    ("objective", "wishes", "kind"),
    [
        (tk.Compactness(), [], (UNIT, 2, PLANE, True)),
        (tk.Compactness(power=1, center="centroid"), [], (CENTROID, 1, PLANE, True)),
        (tk.Compactness(center="base", distance="great-circle"), [], (POINT, 2, SPHERE, True)),
        (tk.BorderLength(), [], (CENTROID, 2, PLANE, False)),
        (tk.BorderLength(), [tk.MaxTravel(metres=1e4)], (UNIT, 2, PLANE, False)),
        (tk.Diameter("great-circle"), [], (CENTROID, 2, SPHERE, True)),
        ([tk.Diameter("great-circle"), tk.BorderLength()], [], (CENTROID, 2, SPHERE, False)),
        ([tk.Diameter("great-circle"), tk.Compactness(power=1)], [], (UNIT, 1, PLANE, True)),
    ],
)
def test_what_centers_are_and_how_far_it_is(objective, wishes, kind):
    graph = graph_of(4, row(4))
    lonlat = graph.xy * 1e-5
    graph = tk.UnitGraph(graph.ids, graph.xy, graph.edges, lonlat=lonlat, border_lengths=np.ones(3))
    facts = compile_problem(tk.Problem(graph, 2, wishes, objective, bases_lonlat=lonlat[:2])).facts
    assert (facts.center, facts.power, facts.metric, facts.compact) == kind


def test_groups_of_nodes_and_units_without_one():
    graph = graph_of(4, row(4))
    groups = {"province": ["b", None, "a", "b"], "brand": ["x", "x", "x", "y"]}
    graph = tk.UnitGraph(graph.ids, graph.xy, graph.edges, groups=groups)
    compiled = compile_problem(tk.Problem(graph, 2, [tk.Nested("province", 3), tk.Nested("brand")]))
    facts = compiled.facts
    assert facts.group[:, compiled.node].tolist() == [[0, 2, 1, 0], [3, 3, 3, 4]]
    assert facts.group_ptr.tolist() == [0, 3, 6]
    assert (facts.n_groups, facts.most_splits.tolist()) == (6, [3, 0])
    none = compile_problem(tk.Problem(graph, 2)).facts
    assert (none.group.shape, none.n_groups, none.most_splits.shape) == ((0, 4), 0, (0,))
