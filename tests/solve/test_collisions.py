"""Diagnosis: planted collisions are found, and what is suggested is feasible and the smallest that is."""

import pytest
from solve.infeasible import CAUSES, is_smallest, large, small
from solve.small import Oracle, graph_of, random_problem, row

import territorykit as tk
from territorykit.solve.estimating import estimates

SOME, ALL = range(3), range(3, 30)


def check(planted):
    problem, kinds = planted
    found = [c for c in tk.diagnose(problem) if c.relaxed is not None]
    assert found
    assert all(c.proven and c.smallest for c in found)
    assert {r for c in found for r in (c.requirement, *c.together_with)} == kinds
    for conflict in found:
        assert tk.diagnose(conflict.apply(problem)) == ()
    return found


def check_small(planted):
    for conflict in check(planted):
        assert len(Oracle(conflict.apply(planted.problem)).feasible)
        assert is_smallest(planted.problem, conflict), conflict.message


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("number", SOME)
def test_some_small_collisions(cause, number):
    check_small(small(cause, number))


@pytest.mark.slow
@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("number", ALL)
def test_all_small_collisions(cause, number):
    check_small(small(cause, number))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_some_larger_collisions(number):
    check(large(number))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3, 30))
def test_all_larger_collisions(number):
    check(large(number))


@pytest.mark.parametrize("seed", range(40))
def test_a_diagnosis_is_empty_just_where_a_plan_exists(seed):
    problem = random_problem(seed, more=seed % 2 == 0)
    if problem is None:
        pytest.skip("its arguments contradict each other")
    assert bool(tk.diagnose(problem)) == (len(Oracle(problem).feasible) == 0)
