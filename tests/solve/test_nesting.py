"""Counts of splits that moves keep up to date, against the referee's."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import run_of
from solve.small import graph_of, row

import territorykit as tk
from territorykit.criteria.nesting import splits
from territorykit.criteria.violations import violations
from territorykit.solve.kernels.arrays import PARTS, VIOLATION
from territorykit.solve.kernels.change import move, violation_change
from territorykit.solve.kernels.nesting import count_splits, splits_change

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)


def grouped(*groups, k=2, most=0):
    """A row of units in one or more kinds of groups, None for none, to be nested with k territories."""
    graph = graph_of(len(groups[0]), row(len(groups[0])))
    graph = tk.UnitGraph(graph.ids, graph.xy, graph.edges, groups={f"kind{i}": kind for i, kind in enumerate(groups)})
    return tk.Problem(graph, k, [tk.Nested(f"kind{i}", most) for i in range(len(groups))])


def counted(run):
    """Splits of each kind by the referee."""
    problem = run.compiled.problem
    plan = tk.Plan(problem, run.compiled.labels_of_units(run.state.labels))
    return [int(splits(plan, nested).sum()) for nested in problem.requirements]


def held(run):
    """Splits of each kind as the run has them."""
    return run.state.crossing[PARTS, run.facts.n_groups :].tolist()


@given(SEEDS, st.booleans(), st.integers(1, 3))
@MANY
def test_splits_after_moves_are_those_of_the_plan(seed, missing, kinds):
    """Move by move, with territories and groups that shrink to nothing and grow, whole and in parts."""
    rng = np.random.default_rng(seed)
    n, k, most = int(rng.integers(3, 12)), int(rng.integers(2, 5)), int(rng.integers(3))
    names = np.array([*"abcd"[: rng.integers(1, 5)]] + [None] * missing, object)
    groups = [rng.choice(names, n).tolist() for _ in range(kinds)]
    if k > n or not all(any(kind) for kind in groups):
        return
    run = run_of(grouped(*groups, k=k, most=most), seed)
    excess = lambda: sum(max(0, found - most) for found in counted(run))  # noqa: E731 - short
    for _ in range(25):
        assert held(run) == counted(run)
        u, b = int(rng.integers(n)), int(rng.integers(k))
        if run.state.labels[u] == b or run.state.members[run.state.labels[u]] == 1:
            continue
        before, rise = excess(), splits_change(run.facts, run.state, u, b)
        assert held(run) == counted(run)
        move(run.facts, run.state, u, b)
        assert rise == excess() - before
    kept = run.state.shared.copy(), run.state.crossing.copy()
    count_splits(run.facts, run.state)
    assert all((one == other).all() for one, other in zip(kept, (run.state.shared, run.state.crossing), strict=True))


def test_splits_by_hand():
    """Two provinces of two units each and two territories: whole, one split by a neighbor, and each cut in two."""
    for labels, count in (([0, 0, 1, 1], 0), ([0, 1, 1, 1], 1), ([0, 1, 1, 0], 2), ([0, 1, 0, 1], 2)):
        run = run_of(grouped(["west", "west", "east", "east"]), units=labels)
        assert held(run) == [count]
        assert run.state.number[VIOLATION] == count
        assert run.as_best().violation == count


def test_units_without_a_group_lie_outside_every_group():
    """A territory of one province and of units of none crosses the province if others hold some of it too."""
    run = run_of(grouped(["west", "west", None, "east"], k=3, most=1), units=[0, 1, 1, 2])
    place = run.compiled.node
    assert counted(run) == held(run) == [1]
    assert violation_change(run.facts, run.state, int(place[2]), 2) == 0  # none is too many
    strict = run.facts.replace(most_splits=np.zeros(1, np.int32))
    assert splits_change(strict, run.state, int(place[2]), 2) == -1


def test_only_so_many_splits_are_too_many():
    run = run_of(grouped(["west", "west", "east", "east"], most=1), units=[0, 1, 1, 0])
    assert held(run) == [2]
    assert run.state.number[VIOLATION] == 1


def test_kinds_of_groups_are_counted_apart():
    """Three provinces along a row and brands that change in the middle of the second: no kind makes up for another."""
    kinds = ["aabbcc", "xxxyyy"]
    problem = grouped(*(list(kind) for kind in kinds), most=1)
    run = run_of(problem, units=[0, 0, 1, 1, 1, 1])
    assert held(run) == [0, 1]
    assert run.state.number[VIOLATION] == 0
    worse = run_of(problem, units=[0, 1, 1, 0, 1, 0])
    assert held(worse) == counted(worse) == [3, 2]
    assert worse.state.number[VIOLATION] == 3


def test_several_kinds_of_groups_are_all_searched_for():
    """Pairs of units along a row, in two kinds: only cuts after the fourth and the eighth unit split none."""
    kinds = ["aaaabbbbbbbb", "xxxxxxxxyyyy"]
    problem = grouped(*(list(kind) for kind in kinds), k=3)
    problem = problem.replace(requirements=[*problem.requirements, tk.Contiguous()], objective=tk.Compactness())
    for order in (1, -1):
        asked = problem.replace(requirements=[*problem.requirements[:2][::order], tk.Contiguous()])
        result = tk.solve(asked, seed=1, stop=20_000)
        assert result.status is tk.Status.FEASIBLE
        assert violations(result.plan) == ()
        assert result.plan.labels[[3, 4]].tolist() != [result.plan.labels[3]] * 2
        assert result.plan.labels[[7, 8]].tolist() != [result.plan.labels[7]] * 2
