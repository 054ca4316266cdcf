"""Runs of the search on random small problems, and slow computations of what their states hold."""

from dataclasses import fields

import numpy as np
from solve.small import random_problem

from territorykit.solve.compile import compile_problem
from territorykit.solve.diagnosis.conflicts import conflicts
from territorykit.solve.kernels import connect
from territorykit.solve.kernels.arrays import CENTROID, OBJECTIVE, PLANE, VIOLATION
from territorykit.solve.kernels.change import may_enter, may_leave
from territorykit.solve.kernels.refresh import measure, refresh
from territorykit.solve.search.run import Run

CHOICE = {"most": 12, "centers": ("unit", "centroid", "base"), "powers": (1, 2), "more": True}


def some_run(seed, labels=None, **settings):
    """A run from labels at random on a problem with all kinds of terms and requirements; None where there is none."""
    problem = random_problem(seed, **(CHOICE | settings))
    return None if problem is None else run_of(problem, seed, labels)


def assert_first_plan(make, seed):
    """First plans of a random problem are complete, locked, connected where asked, and the same for the same seed."""
    problem = random_problem(seed, **(CHOICE | {"most": 40}))
    compiled = None if problem is None else compile_problem(problem)
    if compiled is None or compiled.n_nodes < problem.n_territories or conflicts(problem):
        return
    facts, k = compiled.facts, problem.n_territories
    labels = make(compiled, np.random.default_rng(seed))
    assert labels.dtype == np.int32
    assert set(labels.tolist()) == set(range(k))
    locked = facts.fixed >= 0
    assert (labels[locked] == facts.fixed[locked]).all()
    if facts.contiguous and compiled.component.max() == 0 and not facts.allowed.shape[0]:  # reach comes first
        assert connect.pieces(facts.indptr, facts.indices, labels, np.empty(len(labels), np.int32)) == k
    assert (make(compiled, np.random.default_rng(seed)) == labels).all()


def run_of(problem, seed=0, units=None):
    """A run on a problem from given labels of units, or from some at random that hold every territory."""
    compiled, rng, k = compile_problem(problem), np.random.default_rng(seed), problem.n_territories
    if k == 1 or compiled.n_nodes < k:
        return None
    labels = rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, compiled.n_nodes - k)]))
    if units is not None:
        labels[compiled.node] = units
    labels = np.where(compiled.facts.fixed >= 0, compiled.facts.fixed, labels)
    if len(np.unique(labels)) < k:
        return None
    return Run(compiled, labels.astype(np.int32), rng)


def movable(run, rng):
    """A node and a territory that it may go to, or None."""
    facts, state = run.facts, run.state
    u, b = int(rng.integers(len(state.labels))), int(rng.integers(len(state.members)))
    if state.labels[u] == b or not may_leave(facts, state, u) or not may_enter(facts, u, b):
        return None
    return u, b


def copied(state):
    return state.replace(**{field.name: getattr(state, field.name).copy() for field in fields(state)})


def moving(facts):
    """Whether the kernels let centers move with every node: weighted means in the plane."""
    return facts.compact and facts.center == CENTROID and facts.power == 2 and facts.metric == PLANE


def anew(run, labels=None, facts=None):
    """A state of the same centers with everything else computed from labels alone."""
    facts, state = run.facts if facts is None else facts, copied(run.state)
    if labels is not None:
        state.labels[:] = labels
    refresh(facts, state)
    objective = state.number[OBJECTIVE]
    state.at[:], state.center[:] = run.state.at, run.state.center
    measure(facts, state)
    if moving(facts):
        state.number[OBJECTIVE] = objective
    return state


def sums(state):
    """Objective and violation."""
    return state.number[OBJECTIVE], state.number[VIOLATION]


def with_label(labels, u, b):
    """Labels in which node u has the label b."""
    labels = labels.copy()
    labels[u] = b
    return labels


def close(found, true, scale):
    """Equal up to rounding, which is that of sums as large as scale."""
    return abs(found - true) <= 1e-9 * max(abs(scale), abs(true), 1.0)
