"""Counts of splits that moves keep up to date, against the referee's."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import run_of
from solve.small import graph_of, row

import territorykit as tk
from territorykit.criteria.nesting import splits
from territorykit.solve.kernels.arrays import GROUPS, SPLITS, VIOLATION
from territorykit.solve.kernels.change import move, violation_change
from territorykit.solve.kernels.nesting import count_splits, splits_change

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=100, deadline=None)


def grouped(groups, k, most=0):
    """A row of units in groups, None for none, to be nested with k territories."""
    graph = graph_of(len(groups), row(len(groups)))
    graph = tk.UnitGraph(graph.ids, graph.xy, graph.edges, groups={"province": groups})
    return tk.Problem(graph, k, [tk.Nested("province", most)])


def counted(run):
    """Splits by the referee."""
    problem = run.compiled.problem
    plan = tk.Plan(problem, run.compiled.labels_of_units(run.state.labels))
    return int(splits(plan, problem.requirements[0]).sum())


@given(SEEDS, st.booleans())
@MANY
def test_splits_after_moves_are_those_of_the_plan(seed, missing):
    """Move by move, with territories and groups that shrink to nothing and grow, whole and in parts."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(3, 12)), int(rng.integers(2, 5))
    names = np.array([*"abcd"[: rng.integers(1, 5)]] + [None] * missing, object)
    groups = rng.choice(names, n).tolist()
    if k > n or not any(groups):
        return
    run = run_of(grouped(groups, k, int(rng.integers(3))), seed)
    most = run.facts.most_splits
    for _ in range(25):
        assert run.state.number[SPLITS] == counted(run)
        u, b = int(rng.integers(n)), int(rng.integers(k))
        if run.state.labels[u] == b or run.state.members[run.state.labels[u]] == 1:
            continue
        before, rise = counted(run), splits_change(run.facts, run.state, u, b)
        assert run.state.number[SPLITS] == before
        move(run.facts, run.state, u, b)
        assert rise == max(0, counted(run) - most) - max(0, before - most)
    state = run.state
    kept = state.shared.copy(), state.crossing.copy(), state.territory[GROUPS].copy()
    count_splits(run.facts, state)
    for one, other in zip(kept, (state.shared, state.crossing, state.territory[GROUPS]), strict=True):
        assert (one == other).all()


def test_splits_by_hand():
    """Two provinces of two units each and two territories: whole, one split by a neighbor, and each cut in two."""
    for labels, count in (([0, 0, 1, 1], 0), ([0, 1, 1, 1], 1), ([0, 1, 1, 0], 2), ([0, 1, 0, 1], 2)):
        run = run_of(grouped(["west", "west", "east", "east"], 2), units=labels)
        assert run.state.number[SPLITS] == count
        assert run.state.number[VIOLATION] == count
        assert run.as_best().violation == count


def test_units_without_a_group_lie_outside_every_group():
    """A territory of one province and of units of none crosses the province if others hold some of it too."""
    run = run_of(grouped(["west", "west", None, "east"], 3, most=1), units=[0, 1, 1, 2])
    place = run.compiled.node
    assert counted(run) == run.state.number[SPLITS] == 1
    assert violation_change(run.facts, run.state, int(place[2]), 2) == 0  # none is too many
    assert splits_change(run.facts._replace(most_splits=0), run.state, int(place[2]), 2) == -1


def test_only_so_many_splits_are_too_many():
    run = run_of(grouped(["west", "west", "east", "east"], 2, most=1), units=[0, 1, 1, 0])
    assert run.state.number[SPLITS] == 2
    assert run.state.number[VIOLATION] == 1
