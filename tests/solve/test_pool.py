"""Plans put together from territories of other plans."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_matrix
from solve.runs import some_run
from solve.small import graph_of, row

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.exact.partition import Choice
from territorykit.solve.search import pooling
from territorykit.solve.search.pooling import Pool
from territorykit.solve.search.run import Best, Cycle, Run

SEEDS = st.integers(0, 2**32 - 1)


def endless():
    return float("inf")


def cheapest(choice):
    """The same by trying all sets of columns."""
    best, count = np.inf, int(choice.wanted.sum())
    for columns in combinations(range(len(choice.cost)), count):
        chosen = list(columns)
        once = (np.asarray(choice.covers[:, chosen].sum(axis=1)) == 1).all()
        roles = np.bincount(choice.role[chosen], minlength=len(choice.wanted))
        if once and (roles == choice.wanted).all():
            best = min(best, choice.cost[chosen].sum())
    return best


@given(SEEDS, st.booleans())
@example(seed=603501, alike=True)  # HiGHS 1.16 misreads the start and calls it best
@settings(max_examples=60, deadline=None)
def test_the_cheapest_set_of_territories_is_found(seed, alike):
    rng = np.random.default_rng(seed)
    n, k, width = 6, 3, 12
    first = rng.permutation(np.repeat(np.arange(k), n // k))
    covers = (rng.random((n, width)) < 0.35).astype(float)
    covers[:, :k] = first[:, None] == np.arange(k)
    role = np.zeros(width, np.int64) if alike else np.r_[np.arange(k), rng.integers(0, k, width - k)]
    wanted = np.array([k]) if alike else np.ones(k, np.int64)
    choice = Choice(csc_matrix(covers), rng.uniform(1, 9, width), role, wanted, np.arange(k))
    found = choice.best(1000, None)
    assert choice.cost[found].sum() == pytest.approx(cheapest(choice))


def row_of(n, k, *requirements):
    graph = graph_of(n, row(n), xy=[[1000.0 * i, 0] for i in range(n)], calls=np.ones(n))
    return tk.Problem(graph, k, [tk.Contiguous(), *requirements])


def bests(problem, *units):
    compiled = compile_problem(problem)
    labels = np.empty((len(units), compiled.n_nodes), np.int32)
    labels[:, compiled.node] = units
    return compiled, [Run(compiled, one, np.random.default_rng(0)).as_best() for one in labels]


MIXED = [np.repeat(np.arange(4), sizes).tolist() for sizes in ([3, 4, 2, 3], [1, 2, 3, 6], [6, 3, 1, 2])]
"""The first and last territory of the first plan, the third of the second and the second of the last are one plan."""


def test_a_plan_is_put_together_from_territories_of_several():
    compiled, plans = bests(row_of(12, 4), *MIXED)
    pool = Pool(compiled)
    for plan in plans:
        pool.add(plan)
    found = pool.combined(plans[0], endless)
    assert np.bincount(found.labels).tolist() == [3, 3, 3, 3]
    assert found.objective == 8e6
    assert plans[0].objective == 11e6


def test_nothing_is_combined_twice():
    compiled, plans = bests(row_of(12, 4), MIXED[0], MIXED[2])
    pool = Pool(compiled)
    for plan in plans:
        pool.add(plan)
    found = pool.combined(plans[0], endless)
    assert pool.combined(found, endless) is found
    assert pool.combined(Best(), endless).labels is None


def test_territories_with_their_own_bands_keep_their_names():
    own = tk.Capacity("calls", 0, [12, 3, 12, 12])
    compiled, plans = bests(row_of(12, 4, own), MIXED[0], [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3])
    pool = Pool(compiled)
    assert not pool.alike
    for plan in plans:
        pool.add(plan)
    assert (1, np.flatnonzero(plans[0].labels == 1).astype(np.int32).tobytes()) not in pool.costs  # too large
    found = pool.combined(plans[1], endless)
    assert found.violation == 0
    assert np.bincount(found.labels)[1] <= 3


def test_the_oldest_territories_go_first(monkeypatch):
    monkeypatch.setattr(pooling, "MOST_ENTRIES", 13)
    compiled, plans = bests(row_of(12, 4), MIXED[0], MIXED[2])
    pool = Pool(compiled)
    for plan in plans:
        pool.add(plan)
    assert pool.entries <= 13
    assert pool.entries == sum(len(nodes) // 4 for _, nodes in pool.costs)
    found = pool.combined(plans[0], endless)  # its own territories are never among those that went
    assert found.objective <= plans[0].objective
    assert pool.entries <= 13


def test_territories_that_stay_keep_their_names():
    compiled, plans = bests(row_of(12, 4), *MIXED)
    pool = Pool(compiled)
    for plan in plans:
        pool.add(plan)
    first = plans[0].labels
    turned = Best((3 - first).astype(np.int32), plans[0].objective, 0.0)
    found = pool.combined(turned, endless).labels
    assert np.bincount(found).tolist() == [3, 3, 3, 3]
    for t in (0, 3):  # the first and the last of the plan
        assert (found[first == t] == 3 - t).all()


def test_what_is_met_up_to_rounding_is_combined():
    compiled, plans = bests(row_of(12, 4), MIXED[0], MIXED[2])
    close = compiled.facts.replace(loads=np.ones((12, 1)), lower=np.full((4, 1), 2.0), upper=np.full((4, 1), 4 - 5e-10))
    rounded = replace(compiled, facts=close)
    pool = Pool(rounded)
    best = Run(rounded, plans[0].labels.copy(), np.random.default_rng(0)).as_best()
    assert best.violation == 0
    assert pool.combined(best, endless) is best


@given(SEEDS)
@settings(max_examples=80, deadline=None)
def test_combined_plans_are_no_worse(seed):
    run = some_run(seed, most=20)
    if run is None or not pooling.suits(run.compiled):
        return
    pool, rng = Pool(run.compiled), np.random.default_rng(seed)
    plans = [run.as_best()]
    for heat in (0.1, 1.0, 3.0):
        other = Run(run.compiled, plans[0].labels.copy(), rng)
        for _ in other.blocks(Cycle(200, heat)):
            pass
        plans.append(other.as_best())
    for plan in plans:
        pool.add(plan)
    best = min(plans, key=lambda plan: plan.key)
    found = pool.combined(best, endless)
    assert not best.beats(found)
    assert found.violation <= best.violation
