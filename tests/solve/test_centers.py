"""Centers that are nodes: they follow their territories, hand over their office, and the objective is told of it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import anew, close, copied, movable, run_of, some_run, sums
from solve.small import graph_of, row

import territorykit as tk
from territorykit.solve.kernels.arrays import OBJECTIVE, UNIT
from territorykit.solve.kernels.centers import ALL_TRIED, MOST_COUNTED, center_cost, recenter, release, set_center
from territorykit.solve.kernels.change import move
from territorykit.solve.kernels.distance import powered, to_mean
from territorykit.solve.kernels.refresh import refresh

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)
SIZES = st.sampled_from([12, 60])


def run_with_nodes_as_centers(seed, most, **settings):
    run = some_run(seed, most=most, centers=("unit",), **settings)
    fits = run is not None and run.facts.center == UNIT and run.facts.compact and not run.facts.given.any()
    return run if fits else None


def true_cost(run, t, c):
    """What territory t costs from node c, from the distances between all."""
    facts, state = run.facts, run.state
    total = 0.0
    for v in np.flatnonzero(state.labels == t):
        total += facts.weight[v] * powered(facts, separation(run, c, v))
    return total


def separation(run, c, v):
    """How far node v is from node c, from the problem itself."""
    problem, (one, other) = run.compiled.problem, [np.flatnonzero(run.compiled.node == i) for i in (c, v)]
    if problem.goal.distance == "travel":
        minutes = problem.ways.minutes_between(one, other)[0]
        return minutes if np.isfinite(minutes) else run.facts.road_far
    if problem.goal.distance == "planar":
        return np.linalg.norm(problem.graph.xy[one] - problem.graph.xy[other])
    lon, lat = np.radians(problem.graph.lonlat[[one[0], other[0]]]).T
    angle = np.sin(lat[0]) * np.sin(lat[1]) + np.cos(lat[0]) * np.cos(lat[1]) * np.cos(lon[0] - lon[1])
    return 0.0 if c == v else 6_371_008.8 * np.arccos(np.clip(angle, -1, 1))


@given(SEEDS, SIZES)
@MANY
def test_a_center_costs_what_the_distances_to_it_do(seed, most):
    run = run_with_nodes_as_centers(seed, most)
    if run is None or run.facts.guiding or (np.bincount(run.compiled.node) > 1).any():
        return  # without Compactness the distance is that of Diameter
    for t in range(len(run.state.members)):
        for c in np.flatnonzero(run.state.labels == t)[:5]:
            found, true = center_cost(run.facts, run.state, t, c), true_cost(run, t, c)
            assert abs(found - true) <= 1e-6 * true + 1e-9


@given(SEEDS, SIZES)
@MANY
def test_the_objective_follows_centers_of_all_kinds(seed, most):
    """Moves, centers that follow, and centers that hand over their office to leave."""
    run, rng = run_with_nodes_as_centers(seed, most), np.random.default_rng(seed)
    if run is None:
        return
    facts, state = run.facts, run.state
    scale = state.number[OBJECTIVE]
    for _ in range(12):
        t = int(rng.integers(len(state.members)))
        before, old = sums(state), int(state.center[t])
        if rng.random() < 0.3 and not facts.limited:
            c = int(rng.choice(np.flatnonzero(state.labels == t)))
            foreseen = center_cost(facts, state, t, c) - center_cost(facts, state, t, old)
            set_center(facts, state, t, c)
            assert state.center[t] == c
            assert close(state.number[OBJECTIVE] - before[0], foreseen, scale)
        elif rng.random() < 0.5 and release(facts, state, old):
            assert state.center[t] != old
            assert state.labels[state.center[t]] == t
        elif chosen := movable(run, rng):
            move(facts, state, *chosen)
            recenter(facts, state, t)
        scale = max(scale, state.number[OBJECTIVE])
        assert (state.at[t] == facts.point[state.center[t]]).all()
        assert all(close(one, other, scale) for one, other in zip(sums(state), sums(anew(run)), strict=True))


@given(SEEDS, SIZES)
@MANY
def test_a_center_that_follows_never_costs_more(seed, most):
    run, rng = run_with_nodes_as_centers(seed, most), np.random.default_rng(seed)
    if run is None:
        return
    facts, state = run.facts, run.state
    for t in range(len(state.members)):
        members = np.flatnonzero(state.labels == t)
        if not facts.limited:
            set_center(facts, state, t, int(rng.choice(members)))
        before = sums(state)
        recenter(facts, state, t)
        assert state.number[OBJECTIVE] <= before[0] + 1e-9 * abs(before[0])
        counted = facts.power == 1 or facts.metric > 1
        if not facts.limited and counted and len(members) <= ALL_TRIED:
            least = min(center_cost(facts, state, t, c) for c in members)
            assert center_cost(facts, state, t, state.center[t]) <= least * (1 + 1e-9)
        elif facts.limited:
            assert sums(state) == before


def test_a_center_walks_to_the_middle_of_its_territory():
    """A row whose center is its first unit: it goes from neighbor to neighbor to the middle one."""
    for power, cost in ((2, 28e6), (1, 12e3)):
        run = run_of(tk.Problem(graph_of(8, row(8)), 2, objective=tk.Compactness(power=power)), units=[0] * 7 + [1])
        first, middle = run.compiled.node[[0, 3]]
        set_center(run.facts, run.state, 0, int(first))
        assert run.state.number[OBJECTIVE] == {2: 91e6, 1: 21e3}[power]
        recenter(run.facts, run.state, 0)
        assert run.state.center[0] == middle
        assert run.state.number[OBJECTIVE] == cost


def test_a_center_on_a_sphere_does_not_believe_the_mean():
    """Around half the Earth the unit nearest the mean, 2, costs more than the center, 0, which therefore stays."""
    lonlat = np.array([[-30, 30], [90, 30], [10, 50], [-120, -40], [0, 0]])
    rim = [[0, 2], [0, 1], [2, 3], [3, 4]]
    graph = tk.UnitGraph(range(5), lonlat, rim, lonlat=lonlat)
    run = run_of(tk.Problem(graph, 2, objective=tk.Compactness(distance="great-circle")), units=[0, 0, 0, 0, 1])
    facts, state = run.facts, run.state
    held, tempting = (int(run.compiled.node[i]) for i in (0, 2))
    set_center(facts, state, 0, held)
    assert to_mean(facts, state, tempting, 0) < to_mean(facts, state, held, 0)
    assert center_cost(facts, state, 0, tempting) > center_cost(facts, state, 0, held)
    before = sums(state)
    recenter(facts, state, 0)
    assert state.center[0] == held
    assert (state.at[0] == facts.point[held]).all()
    assert sums(state) == before


def test_offices_that_nobody_can_take():
    graph = graph_of(5, row(5))
    for wishes, objective in (
        ([tk.MaxTravel(metres=5000)], None),
        ([], tk.Compactness(center="centroid")),
        ([tk.Fixed({"u1": 0})], None),
        ([], [tk.BorderLength()]),
    ):
        lengths = tk.UnitGraph(graph.ids, graph.xy, graph.edges, graph.activities, border_lengths=np.ones(4))
        run = run_of(tk.Problem(lengths, 3, wishes, objective=objective), units=[0, 0, 0, 1, 2])
        before = copied(run.state)
        assert not release(run.facts, run.state, int(run.compiled.node[1]))  # the middle of the first three
        assert not release(run.facts, run.state, int(run.compiled.node[4]))  # alone
        assert (run.state.center == before.center).all()
        assert sums(run.state) == sums(before)


def test_large_territories_are_counted_now_and_then():
    """Costs that do not add up, over more nodes than are counted at each move: the center waits for the next count."""
    n = 2 * MOST_COUNTED + 20
    side = np.arange(n) // (n // 2)
    problem = tk.Problem(graph_of(n, row(n)), 2, objective=tk.Compactness(power=1))
    run = run_of(problem, units=side)
    facts, state = run.facts, run.state
    held, value = state.center.copy(), state.number[OBJECTIVE]
    for u in run.compiled.node[:4]:
        move(facts, state, int(u), 1)
    recenter(facts, state, 0)
    recenter(facts, state, 1)
    assert (state.center == held).all()
    assert not release(facts, state, int(held[0]))
    assert abs(sums(anew(run))[0] - state.number[OBJECTIVE]) <= 1e-9 * value
    refresh(facts, state)
    assert state.center[1] != held[1]


def test_ways_to_centers_lead_to_a_unit_that_all_can_reach():
    """The unit nearest the mean is too far from the last one; its neighbor is in reach of both ends."""
    x = [0, 100, 200, 300, 2000, 4000, 9000]
    graph = graph_of(7, row(7), xy=[[one, 0] for one in x])
    for center in ("unit", "centroid", "base"):
        goal = tk.Compactness(center=center)
        bases = [[0, 0], [0, 0]]
        problem = tk.Problem(graph, 2, [tk.MaxTravel(metres=2500), tk.Contiguous()], objective=goal, bases=bases)
        run = run_of(problem, units=[0] * 6 + [1])
        assert run.state.center[0] == run.compiled.node[4]
        assert run.as_best().violation == 0
        near = run_of(problem.replace(requirements=[tk.MaxTravel(metres=4500)]), units=[0] * 6 + [1])
        assert near.state.center[0] == near.compiled.node[3]
