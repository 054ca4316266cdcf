"""Diagnosis: planted collisions are found, and what is suggested is feasible and the smallest that is."""

import pytest
from solve.infeasible import CAUSES, is_smallest, large, small
from solve.small import Oracle, graph_of, random_problem, row

import territorykit as tk

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


def test_the_search_is_followed_by_a_proof():
    problem, kinds = small("two bands", 0)
    result = tk.solve(problem, stop=2_000)
    assert result.status == tk.Status.INFEASIBLE
    assert {c.requirement for c in result.conflicts} == kinds
    with pytest.raises(tk.NoPlanError, match="collide"):
        result.require_plan()


def test_a_large_problem_is_estimated_and_nothing_is_called_proven():
    n = 601  # no band of 0.01 % around 300.5 holds a whole number
    problem = tk.Problem(graph_of(n, row(n), calls=[1.0] * n), 2, [tk.Balance("calls", 1e-4), tk.Contiguous()])
    found = tk.diagnose(problem, time_limit=2)
    assert found
    assert not any(c.proven or c.smallest for c in found)
    assert "not proven" in found[0].message
    assert found[0].requirement == problem.requirements[0]
    assert found[0].relaxation >= 0.5 / 300.5


def test_one_relaxation_is_not_enough_for_two_collisions():
    graph = graph_of(4, row(4), calls=[3.0, 1, 1, 1], sales=[1.0, 1, 1, 3])
    problem = tk.Problem(graph, 3, [tk.Capacity("calls", 0, 2.5), tk.Capacity("sales", 0, 2.5)])
    named = [c for c in tk.diagnose(problem) if c.message.startswith("no plan meets")]
    assert [c.relaxed for c in named] == [None]
    assert "no change of one of them alone" in named[0].message
    with pytest.raises(tk.RequirementError, match="no relaxation is suggested"):
        named[0].apply(problem)


@pytest.mark.parametrize("wrong", [0, -1, "a", True])
def test_a_time_limit_is_a_positive_number(wrong):
    with pytest.raises(tk.RequirementError, match="positive number of seconds"):
        tk.diagnose(small("two bands", 0).problem, time_limit=wrong)


def test_a_conflict_belongs_to_its_problem():
    problem = small("two bands", 0).problem
    conflict = tk.diagnose(problem)[0]
    with pytest.raises(tk.RequirementError, match="pass the problem that was diagnosed"):
        conflict.apply(problem.replace(requirements=(tk.Contiguous(),)))
