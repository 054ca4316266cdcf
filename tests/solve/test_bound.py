"""Bounds against an oracle that tries every plan, and against their own certificates."""

from dataclasses import replace

import numpy as np
import pytest
from solve.small import Oracle, graph_of, random_problem, row

import territorykit as tk
from territorykit.errors import NoPlanError, RequirementError

CENTERS = {"centers": ("unit", "base", "centroid"), "powers": (1, 2)}


def bound_of(problem, **settings):
    """The bound; None where it is proven that no plan exists, or the objective has no bound."""
    try:
        return tk.bound(problem, **settings)
    except NoPlanError:
        return None
    except RequirementError as error:
        assert "centroids are bounded for squared planar distances only" in str(error)  # noqa: PT017
        return "none"


def compared(seed, **settings):
    """How a bound of a random problem compares with the best plan, in one word."""
    problem = random_problem(seed, **CENTERS, **settings)
    if problem is None:
        return "contradictory"
    best = Oracle(problem).best
    found = bound_of(problem, time_limit=5)
    if found is None:
        assert best is None, seed
        return "infeasible"
    if found == "none":
        return "no bound"
    assert tk.certified(problem, found) >= found.value - 1e-9 * abs(found.value), seed
    if best is None:
        return "unknown"
    assert found.value <= best * (1 + 1e-9) + 1e-9, (seed, found.value, best)
    assert found.centers == "free"
    return "tight" if found.value >= 0.99 * best - 1e-9 else "loose"


@pytest.mark.parametrize("first", range(0, 40, 20))
def test_no_plan_beats_a_bound(first):
    found = [compared(seed, most=7) for seed in range(first, first + 20)]
    assert {"tight", "loose"} <= set(found)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(40, 400, 20))
def test_no_plan_beats_a_bound_more(first):
    for seed in range(first, first + 20):
        compared(seed, most=9)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 20))
def test_no_plan_beats_a_bound_of_sums(first):
    for seed in range(first, first + 20):
        compared(seed, most=7, more=True)


def proven(seed, **settings):
    problem = random_problem(seed, **settings)
    if problem is None:
        return "contradictory"
    best = Oracle(problem).best
    result = tk.prove(problem, time_limit=20)
    if best is None:
        assert result.status in (tk.Status.INFEASIBLE, tk.Status.VIOLATING, tk.Status.NOT_FOUND), seed
        return "infeasible"
    assert result.status is tk.Status.OPTIMAL, (seed, result)
    assert result.objective == pytest.approx(best, rel=1e-6, abs=1e-6), seed
    assert result.bound.value <= best * (1 + 1e-9) + 1e-6
    assert not result.violations
    return "optimal"


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 60, 10))
def test_prove_finds_the_best_plan(first):
    found = [proven(seed, most=8, centers=("unit", "base"), powers=(1, 2)) for seed in range(first, first + 10)]
    assert "optimal" in found


def pairs_problem(**changes):
    """Two pairs of units, far from each other: the best plan costs 1 + 1 times a square kilometre."""
    graph = graph_of(4, row(4), xy=[[0, 0], [1000, 0], [9000, 0], [10_000, 0]], calls=[1, 1, 1, 1])
    return tk.Problem(graph, 2, objective=tk.Compactness("calls")).replace(**changes)


def test_a_bound_by_hand():
    found = tk.bound(pairs_problem(), time_limit=5)
    assert found.value == pytest.approx(2e6, rel=1e-3)
    assert found.prices.shape == (found.proof.n_parts, 4)


def test_given_centers_are_said_to_be_given():
    problem = pairs_problem()
    found = tk.bound(problem, centers=["u0", "u1"])
    assert found.centers == "given"
    assert found.value == pytest.approx(64e6 + 81e6, rel=1e-3)  # the far pair, 8 and 9 km from the second center
    given = problem.graph.positions(["u0", "u1"])
    assert tk.certified(problem, found, given) >= found.value * (1 - 1e-9)


def test_a_false_bound_is_not_certified():
    problem = pairs_problem()
    found = tk.bound(problem, time_limit=5)
    assert tk.certified(problem, replace(found, prices=found.prices * 0.5)) < found.value * 0.9
    assert tk.certified(problem, replace(found, value=3e6)) < 3e6 * 0.9


def test_a_diameter_is_bounded_by_units_far_apart():
    problem = pairs_problem(objective=(tk.Diameter(),))
    found = tk.bound(problem)
    assert found.value == pytest.approx(1000.0)
    assert len(found.proof.apart) == 3


def test_a_bound_without_proof_is_refused():
    bound = tk.Bound(1.0, "free", np.zeros(0), "a solver", 0.0)
    with pytest.raises(RequirementError, match="carries no prices"):
        tk.certified(pairs_problem(), bound)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time_limit": -1}, "time_limit must be a positive number"),
        ({"centers": ["u0"]}, "1 centers for 2 territories"),
    ],
)
def test_wrong_arguments_of_bound(arguments, message):
    with pytest.raises(RequirementError, match=message):
        tk.bound(pairs_problem(), **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gap": 1}, "gap must be a fraction"),
        ({"workers": 0}, "workers must be"),
        ({"time_limit": 0}, "time_limit must"),
    ],
)
def test_wrong_arguments_of_prove(arguments, message):
    with pytest.raises(RequirementError, match=message):
        tk.prove(pairs_problem(), **arguments)


def test_a_proof_never_worsens_its_start():
    problem = pairs_problem()
    start = tk.Plan(problem, [0, 0, 1, 1])
    result = tk.prove(problem, start=start, time_limit=10)
    assert result.status is tk.Status.OPTIMAL
    assert result.objective == pytest.approx(2e6)
    assert result.gap <= 1e-6


def test_impossible_sizes_have_no_bound():
    problem = pairs_problem(requirements=(tk.Capacity("calls", 3, 4),))
    with pytest.raises(NoPlanError, match="no plan exists, so that any value is a bound"):
        tk.bound(problem)


def test_centroids_take_a_net_whose_bound_is_certified():
    rng = np.random.default_rng(2)
    xy = rng.uniform(0, 10_000, (40, 2))
    graph = graph_of(40, row(40), xy=xy, calls=rng.uniform(1, 2, 40))
    problem = tk.Problem(graph, 4, tk.Balance("calls", 0.3), tk.Compactness("calls", center="centroid"))
    found = tk.bound(problem, time_limit=20)
    plan = tk.solve(problem, seed=1, stop=20_000).require_plan()
    assert found.proof.spacing > 0
    assert tk.certified(problem, found) >= found.value * (1 - 1e-9)
    assert 0.7 < found.value / tk.solve(problem, start=plan, stop=1).objective <= 1


def test_given_centers_are_units():
    problem = pairs_problem(bases=[[0, 0], [9000, 0]], objective=(tk.Compactness("calls", center="base"),))
    with pytest.raises(RequirementError, match="centers are units"):
        tk.bound(problem, centers=["u0", "u1"])


def test_a_line_that_parts_nothing_is_no_split():
    """Units at one place but for rounding: the search over centers ends all the same."""
    xy = [[1e7 + 1e-9 * i, 1e7] for i in range(6)]
    problem = tk.Problem(graph_of(6, row(6), xy=xy, calls=[1] * 6), 2, objective=tk.Compactness("calls", power=1))
    assert tk.bound(problem, time_limit=20).runtime < 20
