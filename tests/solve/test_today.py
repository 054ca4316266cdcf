"""Starts where few units may move: today's plan, and the names that fit it best."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph
from solve.small import graph_of, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.start.centers import FROM_TODAY, power_start
from territorykit.solve.start.today import todays_diagram, with_todays_names

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=80, deadline=None)


def few_moves(today, k, *wishes, share=0.2, n=None, **settings):
    n = len(today) if n is None else n
    mapping = {f"u{i}": int(t) for i, t in enumerate(today) if t >= 0}
    graph = graph_of(n, row(n), calls=np.ones(n))
    return compile_problem(tk.Problem(graph, k, [tk.MaxMoved(mapping, None, share), *wishes], **settings))


@given(SEEDS)
@MANY
def test_names_that_fit_today_best(seed):
    """Against every way to exchange labels: as little as possible moves and breaks limits."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(4, 12)), int(rng.integers(2, 5))
    wishes = [tk.Capacity("calls", 0, rng.integers(1, n, k).astype(float))] if rng.random() < 0.5 else []
    compiled = few_moves(rng.integers(-1, k, n), k, *wishes)
    labels = rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, n - k)])).astype(np.int32)
    facts = compiled.facts

    def misfit(named):
        moved = facts.move_load[0][(facts.home[0] >= 0) & (facts.home[0] != named)].sum()
        sizes = np.array([np.bincount(named, load, k) for load in facts.loads.T]).reshape(-1, k).T
        return moved + np.maximum(sizes - facts.upper, 0).sum() + np.maximum(facts.lower - sizes, 0).sum()

    best = min(misfit(np.array(names)[labels]) for names in permutations(range(k)))
    found = with_todays_names(compiled, labels)
    assert misfit(found) == pytest.approx(best, abs=1e-9)
    assert len(set(zip(labels.tolist(), found.tolist(), strict=True))) == k  # labels are exchanged, no more


def test_names_are_left_where_territories_differ():
    labels = np.array([1, 1, 0, 0], np.int32)
    based = {"bases": [[0, 0], [3000, 0]], "objective": tk.Compactness(center="base")}
    assert with_todays_names(few_moves([0, 0, 1, 1], 2), labels).tolist() == [0, 0, 1, 1]
    assert with_todays_names(few_moves([0, 0, 1, 1], 2, **based), labels).tolist() == labels.tolist()
    costs = tk.AssignmentCost(np.ones((4, 2)))
    assert with_todays_names(few_moves([0, 0, 1, 1], 2, objective=costs), labels).tolist() == labels.tolist()


def test_names_keep_locks_and_reach():
    labels = np.array([1, 1, 0, 0], np.int32)
    locked = few_moves([0, 0, 1, 1], 2, tk.Fixed({"u0": 1, "u3": 0}))
    nodes = np.empty(4, np.int32)
    nodes[locked.node] = labels
    assert with_todays_names(locked, nodes).tolist() == nodes.tolist()
    reach = few_moves([0, 0, 1, 1], 2, tk.MaxTravel(metres=1500, to="base"), bases=[[3000, 0], [0, 0]])
    nodes[reach.node] = labels
    assert with_todays_names(reach, nodes).tolist() == nodes.tolist()


def test_todays_plan_is_a_start():
    """Units without a territory today go to the nearest; a territory that is new gets some unit."""
    compiled = few_moves([0, 0, -1, 1, 1, -1], 3)
    labels = todays_diagram(compiled, np.random.default_rng(0)).finished()[compiled.node]
    named = [0, 1, 3, 4]
    assert (labels[named] != [0, 0, 1, 1]).sum() <= 1
    assert set(labels.tolist()) == {0, 1, 2}
    known = few_moves([0, 0, -1, 1, 1, 1], 2)
    labels = todays_diagram(known, np.random.default_rng(0)).finished()[known.node]
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_starts_for_few_moves_are_near_today(share):
    """A grid cut into eight today: starts keep more of it than the share of a random diagram with random names."""
    graph = grid_graph(16, 16)
    today = np.arange(256) // 64 * 2 + np.arange(256) % 16 // 8
    mapping = dict(zip(graph.ids, map(int, today), strict=True))
    compiled = compile_problem(tk.Problem(graph, 8, [tk.Contiguous(), tk.MaxMoved(mapping, None, share)]))
    kept = []
    for seed in range(12):
        labels = compiled.labels_of_units(power_start(compiled, np.random.default_rng(seed)))
        kept.append((labels == today).mean())
    assert FROM_TODAY / 2 < np.mean(np.array(kept) == 1) < 1
    assert min(kept) > 0.4
