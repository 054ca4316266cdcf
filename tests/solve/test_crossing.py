"""The best of two plans, part by part; and territories that go elsewhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import copied, run_of, some_run
from solve.small import graph_of, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.arrays import OBJECTIVE, VIOLATION
from territorykit.solve.kernels.change import broken_by, chain_violation
from territorykit.solve.kernels.refresh import by_territory
from territorykit.solve.search import relocating
from territorykit.solve.search.crossing import crossed, separable
from territorykit.solve.search.relocating import Relocating
from territorykit.solve.search.run import Best, Cycle, Run

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=150, deadline=None)


EVEN, UNEVEN = [0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 1]


def right(labels):
    """The same for the territories on the other side."""
    return [t + 2 for t in labels]


def two_pairs(*requirements):
    """Twelve units in a row, 1 km apart, with a gap of 100 km in the middle; two territories on each side."""
    xy = [[1000.0 * i + (100_000 if i > 5 else 0), 0] for i in range(12)]
    return tk.Problem(graph_of(12, row(12), xy=xy, calls=np.ones(12)), 4, [tk.Contiguous(), *requirements])


def bests(problem, *units):
    compiled = compile_problem(problem)
    labels = np.empty((len(units), compiled.n_nodes), np.int32)
    labels[:, compiled.node] = units
    return compiled, [Run(compiled, one, np.random.default_rng(0)).as_best() for one in labels]


def test_each_part_comes_from_the_plan_that_is_better_there():
    compiled, (one, other) = bests(two_pairs(), EVEN + right(UNEVEN), UNEVEN + right(EVEN))
    found = crossed(compiled, one, other, np.random.default_rng(0))
    assert found.labels[compiled.node].tolist() == EVEN + right(EVEN)
    assert one.objective == other.objective == 14e6
    assert found.objective == 8e6


def test_plans_that_differ_in_one_part_are_not_mixed():
    compiled, (one, other) = bests(two_pairs(), EVEN + right(EVEN), UNEVEN + right(EVEN))
    assert crossed(compiled, one, other, np.random.default_rng(0)) is one
    assert crossed(compiled, other, one, np.random.default_rng(0)) is one
    assert crossed(compiled, Best(), one, np.random.default_rng(0)) is one


def test_a_part_that_breaks_less_is_taken_even_where_it_is_dearer():
    small = tk.Capacity("calls", 0, [1, 5, 5, 5])
    compiled, (one, other) = bests(two_pairs(small), EVEN + right(EVEN), UNEVEN + right(UNEVEN))
    found = crossed(compiled, one, other, np.random.default_rng(0))
    assert found.labels[compiled.node].tolist() == UNEVEN + right(EVEN)
    assert found.violation == 0
    assert one.violation > 0


def separable_run(seed):
    run = some_run(seed, most=20)
    return run if run is not None and separable(run.compiled) else None


@given(SEEDS)
@MANY
def test_crossed_plans_are_no_worse_than_either(seed):
    run = separable_run(seed)
    if run is None:
        return
    one, rng = run.as_best(), np.random.default_rng(seed)
    other = Run(run.compiled, one.labels.copy(), rng)
    for _ in other.blocks(Cycle(100, 1.0)):
        pass
    other = other.as_best()
    found = crossed(run.compiled, one, other, rng)
    for plan in (one, other):
        assert not plan.beats(found)


@given(SEEDS)
@MANY
def test_what_territories_cost_and_break_sums_up(seed):
    run = separable_run(seed)
    if run is None:
        return
    costs = np.zeros((len(run.state.members), 2))
    by_territory(run.facts, run.state, costs)
    assert costs[:, 0].sum() == pytest.approx(run.state.number[OBJECTIVE], rel=1e-9, abs=1e-9)
    assert costs[:, 1].sum() == pytest.approx(run.state.number[VIOLATION], rel=1e-9, abs=1e-9)


@given(SEEDS)
@MANY
def test_no_chain_mends_more_than_two_territories_break(seed):
    run = some_run(seed, most=12)
    if run is None or run.facts.loads.shape[1] == 0 or len(run.facts.apart_idx) or run.facts.limited:
        return
    rng, k = np.random.default_rng(seed), len(run.state.members)
    u, v = (int(i) for i in rng.integers(len(run.state.labels), size=2))
    a, b = int(run.state.labels[u]), int(run.state.labels[v])
    plain = run.facts.replace(n_groups=0, most_moved=np.zeros(0), home=np.empty((0, len(run.state.labels)), np.int32))
    if a == b or k < 2 or run.facts.allowed.size or (run.facts.fixed >= 0).any() or run.facts.wide > 0:
        return
    assert chain_violation(plain, copied(run.state), u, v, a) >= -broken_by(run.facts, run.state, a, b) - 1e-9


def test_the_last_bit_is_mended_where_only_an_exchange_does_it():
    """One territory lacks 0.001 of 100; an exchange of 5.001 for 5 mends it, at a cost in distance."""
    weights = np.full(40, 5.0)
    weights[20:] = 5.001
    weights[0] = 4.9995
    xy = np.column_stack([np.tile(np.arange(20.0), 2), np.repeat([0.0, 1.0], 20)]) * 1000
    edges = [[i, i + 1] for i in range(39) if i != 19] + [[i, i + 20] for i in range(20)]
    graph = graph_of(40, edges, xy=xy, calls=weights)
    problem = tk.Problem(graph, 2, [tk.Balance("calls", 0.00005), tk.Contiguous()])
    run = run_of(problem, units=np.repeat([0, 1], 20))
    assert 0 < run.state.number[VIOLATION] < 0.01
    for _ in run.blocks(Cycle(200_000, 0.0)):
        pass
    assert run.as_best().violation == 0


def clusters():
    """Twelve units close together with six centers, and sixty further apart with two."""
    rng = np.random.default_rng(5)
    xy = np.concatenate([rng.uniform(0, 1000, (12, 2)), rng.uniform(0, 50_000, (60, 2)) + 100_000])
    units = np.concatenate([np.arange(12) // 2, 6 + np.arange(60) % 2])
    return graph_of(72, row(72), xy=xy, calls=np.ones(72)), units


def test_territories_go_where_they_bring_more():
    graph, units = clusters()
    problem = tk.Problem(graph, 8, [tk.Capacity("calls", 0, 40)], objective=tk.Compactness(power=1, center="unit"))
    compiled, (best,) = bests(problem, units)
    assert relocating.suits(compiled)
    labels = Relocating(compiled, np.random.default_rng(1)).relocate(best)
    found = Run(compiled, labels, np.random.default_rng(0)).as_best()
    assert len(np.unique(labels)) == 8
    assert found.violation == 0
    assert found.objective < 0.9 * best.objective
    crowded = compiled.node[:12]
    assert len(np.unique(labels[crowded])) < 6
    assert Relocating(compiled, np.random.default_rng(1)).relocate(Best()) is None


def test_a_new_center_takes_no_more_than_it_may_hold():
    graph, units = clusters()
    problem = tk.Problem(graph, 8, [tk.Capacity("calls", 0, 30)], objective=tk.Compactness(power=1, center="unit"))
    compiled, (best,) = bests(problem, units)
    labels = Relocating(compiled, np.random.default_rng(1)).relocate(best)
    assert np.bincount(labels).max() <= 30


@pytest.mark.parametrize(
    "changes",
    [
        {"requirements": [tk.Contiguous()]},
        {"requirements": [tk.Balance("calls", 0.5)]},
        {"requirements": [tk.Fixed({"u0": 0})]},
        {"objective": tk.Compactness(center="centroid")},
        {"n_territories": 4},
    ],
)
def test_nothing_is_relocated_where_territories_must_stay(changes):
    graph, _ = clusters()
    settings = {"n_territories": 8, "requirements": [], "objective": tk.Compactness(center="unit")} | changes
    assert not relocating.suits(compile_problem(tk.Problem(graph, **settings)))
