"""Travel limits, travel costs, and bases of which some are free, against brute force over all plans."""

import math
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from solve.small import graph_of, row
from solve.travelling import KINDS, MIXED, best_by_hand, drawn, mixed

import territorykit as tk
from territorykit.criteria.violations import violations
from territorykit.errors import NoPlanError, RequirementError
from territorykit.solve.bound.ascent import NODE, first_prices, raise_prices
from territorykit.solve.bound.costs import relax
from territorykit.solve.bound.guided import plan_of
from territorykit.solve.exact.elastic import decide
from territorykit.solve.exact.handover import Settings
from territorykit.solve.exact.hess import Wish, search, solve_hess
from territorykit.solve.exact.layout import lay_out
from territorykit.solve.stop import Stop


def checked(case, problem, found):
    """What the exact model says in one word, after comparing it with brute force."""
    least, some = best_by_hand(case, problem)
    if not some:
        assert found.infeasible
        return "infeasible"
    assert not found.infeasible
    assert not violations(tk.Plan(problem, found.labels))
    if math.isinf(least):
        assert found.bound is None
        return "unreachable"
    assert found.bound == pytest.approx(least, rel=1e-5, abs=1e-6)
    assert found.bound <= least * (1 + 1e-9) + 1e-6
    assert found.proven
    assert found.objective == pytest.approx(least, rel=1e-6, abs=1e-6)
    return "optimal"


@pytest.mark.parametrize("kind", KINDS)
def test_the_exact_model_counts_travel_as_brute_force_does(kind):
    found = Counter()
    for seed in range(25):
        case, problem = drawn(kind, seed)
        found[checked(case, problem, solve_hess(problem))] += 1
    assert found["optimal"] > 4
    assert found["infeasible"] > (2 if kind.startswith("minutes") else -1)


@pytest.mark.parametrize("kind", MIXED)
def test_the_exact_model_holds_bases_of_which_some_are_free(kind):
    found = Counter()
    for seed in range(25):
        case, problem = mixed(kind, seed)
        found[checked(case, problem, solve_hess(problem))] += 1
    assert found["optimal"] > 4


@pytest.mark.parametrize("way", ["cuts", "flow"])
def test_territories_with_bases_beside_those_without_are_kept_connected(way):
    found = Counter()
    for seed in range(100, 130):
        case, problem = mixed("minutes", seed)
        problem = problem.replace(requirements=(*problem.of_type(tk.Fixed), tk.Contiguous()))
        wish = Wish(Settings("HiGHS"), contiguity=way)
        found[checked(case, problem, search(problem, wish, None, Stop(), tk.Observer()))] += 1
    assert found["optimal"] > 10


def test_a_start_with_bases_beside_units_is_held_by_the_model():
    held = 0
    for seed in range(20):
        _, problem = mixed("costs", seed)
        best = solve_hess(problem)
        if best.labels is not None and np.isfinite(best.objective):
            found = solve_hess(problem, start=tk.Plan(problem, best.labels), cutoff=best.objective * 1.01)
            assert found.objective == pytest.approx(best.objective)
            held += 1
    assert held > 10


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_beats_a_bound_with_travel(kind):
    assert bounds(drawn, kind)["bound"] > 2


@pytest.mark.parametrize("kind", [kind for kind in MIXED if kind != "borders"])
def test_no_plan_beats_a_bound_with_free_bases(kind):
    assert bounds(mixed, kind)["bound"] > 2


def bounds(draw, kind):
    """How many bounds there are: they are certified and not above the best plan, and no false one is certified."""
    found = Counter()
    for seed in range(8):
        case, problem = draw(kind, seed)
        least, some = best_by_hand(case, problem)
        try:
            bound = tk.bound(problem, time_limit=2)
        except NoPlanError:
            assert not some or math.isinf(least), seed
            continue
        assert tk.certified(problem, bound) >= bound.value - 1e-9 * abs(bound.value), seed
        assert bound.value <= least * (1 + 1e-9) + 1e-9, seed
        if np.isfinite(least):
            false = replace(bound, value=2 * least + 1)
            assert tk.certified(problem, false) <= least * (1 + 1e-9) + 1e-9, seed
        found["bound"] += 1
    return found


@pytest.mark.parametrize("kind", ["costs", "minutes", "planar", "units"])
def test_prove_closes_the_gap_with_free_bases(kind):
    closed = 0
    for seed in range(6):
        case, problem = mixed(kind, seed)
        least, some = best_by_hand(case, problem)
        result = tk.prove(problem, time_limit=5)
        if not some:
            assert result.status in (tk.Status.INFEASIBLE, tk.Status.VIOLATING, tk.Status.NOT_FOUND)
        elif np.isfinite(least):
            assert result.bound.value <= least * (1 + 1e-9) + 1e-6
            assert result.status is tk.Status.OPTIMAL
            assert result.objective == pytest.approx(least, rel=1e-6)
            closed += 1
    assert closed > 1


def three_in_a_row(requirements, goal=None, **minutes):
    """Units a, b, c, one base at a and one free; ten minutes from each to the next, and an hour back."""
    graph = graph_of(3, row(3), ids=["a", "b", "c"], calls=[1, 1, 1], visits=[10, 20, 30])
    ways = np.array([[0, 10, 20], [60, 0, 10], [90, 60, 0]], float)
    travel = tk.Travel.from_dense(ways, base_minutes=[ways[0], [0, 0, 0]])
    return tk.Problem(graph, 2, requirements, goal, travel=travel, bases=[[0, 0], [np.nan, np.nan]])


def test_the_best_plan_by_hand_where_one_base_is_free():
    """From the base at a to b takes 10; the free one holds c alone. Or it holds b and c, from b to c takes 10 too."""
    problem = three_in_a_row([tk.Fixed({"a": 0})], tk.Compactness("visits", 1, "base", "travel"))
    result = tk.solve(problem, tk.Exact())
    assert result.status is tk.Status.OPTIMAL
    assert result.objective == pytest.approx(200)  # 20 visits to b from the base
    assert result.require_plan().labels.tolist() == [0, 0, 1]
    bound = tk.bound(problem, time_limit=3)
    assert bound.value == pytest.approx(200, rel=1e-3)
    assert tk.certified(problem, bound) >= bound.value * (1 - 1e-9)


def test_a_unit_that_may_stand_for_a_territory_with_a_base_is_not_bound_by_its_limit():
    """The base is near to all and units are far from each other: its territory holds two, the other one."""
    graph = graph_of(3, row(3), ids=["a", "b", "c"], calls=[1, 1, 1])
    ways = np.full((3, 3), 100.0) - 100 * np.eye(3)
    travel = tk.Travel.from_dense(ways, base_minutes=[[5, 5, 5], [0, 0, 0]])
    goal, limit = tk.Compactness("calls", 1, "unit", "travel"), tk.MaxTravel(minutes=10, to="base")
    problem = tk.Problem(graph, 2, limit, goal, travel=travel, bases=[[0, 0], [np.nan, np.nan]])
    bound = tk.bound(problem, time_limit=2)
    assert bound.value == pytest.approx(100, rel=1e-3)
    assert tk.certified(problem, replace(bound, value=1000.0)) <= 100 * (1 + 1e-9)
    assert solve_hess(problem).objective == pytest.approx(100)


def test_units_without_weight_and_without_a_way():
    """No way leads to c, which weighs nothing: only c itself or nothing can stand for its territory."""
    graph = graph_of(3, row(3), ids=["a", "b", "c"], calls=[1, 2, 0])
    minutes = [[0, 10, np.inf], [20, 0, np.inf], [30, np.inf, 0]]
    travel = tk.Travel.from_dense(minutes)
    goal = tk.Compactness("calls", 1, distance="travel")
    problem = tk.Problem(graph, 2, [tk.Balance("calls", 1.0), tk.Contiguous()], goal, travel=travel)
    bound = tk.bound(problem, time_limit=2)
    assert tk.certified(problem, bound) >= bound.value - 1e-9
    result = tk.solve(problem, tk.Exact())  # by all territories there are
    assert result.status is tk.Status.OPTIMAL
    assert result.objective == solve_hess(problem).objective == 20  # a and b from a, c alone
    none = tk.Travel.from_dense(np.where(np.eye(3), 0, np.inf))
    assert solve_hess(problem.replace(travel=none)).bound is None
    chosen = tk.solve(problem.replace(travel=none), tk.Exact())
    assert chosen.status is tk.Status.FEASIBLE
    assert chosen.bound is None
    assert math.isinf(chosen.objective)


def test_bases_are_candidates_after_the_units():
    problem = three_in_a_row([], tk.Compactness("visits", 1, "base", "travel"))
    relaxation, layout = relax(problem), lay_out(problem)
    assert relaxation.based.tolist() == [0]
    assert relaxation.n_candidates == layout.n_columns == 4
    assert layout.root.tolist() == [0, 1, 2, -1]
    assert layout.base.tolist() == [-1, -1, -1, 0]
    assert [part.tolist() for part in relaxation.whole] == [[0, 0, 0, 1], [1, 1]]


def test_a_plan_that_a_bound_suggests_gives_each_base_its_territory():
    problem = three_in_a_row([tk.Fixed({"a": 0})], tk.Compactness("visits", 1, "base", "travel"))
    relaxation = relax(problem)
    region, need = relaxation.whole
    found = raise_prices(relaxation, region, need, first_prices(relaxation), target=200.0, cut=np.inf, pace=NODE)
    assert found.chosen[-1] == 3  # the base
    assert plan_of(relaxation, found).labels[0] == 0


def test_hours_of_work_are_refused_by_the_exact_model_and_left_out_of_bounds():
    work = tk.BalancedWorkload(tk.Workload("visits", 30, to="base"), 0.9)
    problem = three_in_a_row([tk.Fixed({"a": 0}), work], tk.Compactness("visits", 1, "base", "travel"))
    message = f"does not support {work!r}.*solve it with Annealing"
    with pytest.raises(RequirementError, match=re.escape(message).replace(r"\.\*", ".*")):
        solve_hess(problem)
    with pytest.raises(RequirementError, match="BalancedWorkload"):
        tk.solve(problem, tk.Exact())
    plain = tk.bound(problem.replace(requirements=problem.of_type(tk.Fixed)))
    bound = tk.bound(problem)
    assert bound.value == pytest.approx(plain.value, rel=1e-3)
    assert tk.certified(problem, bound) >= bound.value * (1 - 1e-9)
    result = tk.prove(problem, time_limit=2)
    assert result.bound is not None
    assert result.status in (tk.Status.OPTIMAL, tk.Status.FEASIBLE)


def test_a_diagnosis_leaves_hours_of_work_out_and_says_so():
    work = tk.BalancedWorkload(tk.Workload("visits", 30, to="base"), 0.9)
    problem = three_in_a_row([tk.Balance("calls", 0.1), work], tk.Compactness("visits", 1, "base", "travel"))
    found = tk.diagnose(problem, time_limit=20)
    assert {type(c.requirement) for c in found} == {tk.Balance}
    assert found[-1].proven
    assert not found[-1].smallest
    assert found[-1].message.endswith("the band on hours of work is left out of this")


def test_a_band_of_hours_that_the_best_plan_breaks_is_estimated():
    work = tk.BalancedWorkload(tk.Workload("visits", 30, to="base"), 0.01, hours=1000, max_nights=2)
    found = tk.diagnose(three_in_a_row([work]), time_limit=2)
    assert [type(c.requirement) for c in found] == [tk.BalancedWorkload]
    assert not found[0].proven
    assert "the band of hours of work (±1 %)" in found[0].message
    assert "of hours of work with at most 2 nights away would do" in found[0].message


@pytest.mark.parametrize("draw", [drawn, mixed])
def test_a_diagnosis_of_travel_limits_is_empty_just_where_a_plan_exists(draw):
    found = Counter()
    for kind in ("minutes to centers", "minutes to bases") if draw is drawn else ("minutes", "units", "borders"):
        for seed in range(12):
            case, problem = draw(kind, seed)
            _, some = best_by_hand(case, problem)
            conflicts = tk.diagnose(problem, time_limit=20)
            assert bool(conflicts) != some, (kind, seed)
            found[some] += 1
            for conflict in conflicts:
                if isinstance(conflict.requirement, tk.MaxTravel) and conflict.relaxed:
                    assert best_by_hand(case, conflict.apply(problem))[1]
                    if conflict.smallest:
                        step = 0.1 if conflict.requirement.measure == "minutes" else 1.0
                        less = conflict.requirement.with_limit(conflict.relaxation - step)
                        shorter = [less if r is conflict.requirement else r for r in problem.requirements]
                        assert not best_by_hand(case, problem.replace(requirements=shorter))[1]
                        found["smallest"] += 1
    assert found[True] > 5
    assert found[False] > 3
    assert found["smallest"] > 0


def test_limits_in_both_measures_share_one_center():
    """From a, b is near; from b, it is short to a: no unit of the pair is both, though each limit alone is met."""
    graph = graph_of(3, row(3), xy=[[0, 0], [1000, 0], [2000, 0]], ids=["a", "b", "c"], calls=[1, 1, 1])
    travel = tk.Travel.from_dense([[0, 5, 5], [50, 0, 50], [50, 50, 0]])
    limits = [tk.MaxTravel(metres=1500), tk.MaxTravel(minutes=10)]
    problem = tk.Problem(graph, 1, limits, travel=travel)  # b is near to all, and only from a it is short to all
    assert decide(problem, [limits[0]], None, math.inf).verdict == "feasible"
    assert decide(problem, [limits[1]], None, math.inf).verdict == "feasible"
    assert decide(problem, limits, None, math.inf).verdict == "infeasible"
    assert solve_hess(problem).infeasible
    assert tk.solve(problem).status is tk.Status.INFEASIBLE


def test_messages_are_in_minutes_and_limits_are_rounded_up():
    graph = graph_of(2, row(2), calls=[1, 1])
    travel = tk.Travel.from_dense([[0, 50], [50, 0]], base_minutes=[[12.34, 80]])
    problem = tk.Problem(graph, 1, tk.MaxTravel(minutes=30, to="base"), travel=travel)
    found = tk.diagnose(problem)
    assert "further than 30 min from every base" in found[0].message
    assert found[0].relaxation == 80
    assert found[-1].message == "no plan meets the travel limit of 30 min; 80 min would do"
    near = tk.Travel.from_dense([[0, 50], [50, 0]], base_minutes=[[12.34, 33.333]])
    assert tk.diagnose(problem.replace(travel=near))[-1].relaxation == 33.4


def test_no_limit_helps_where_there_is_no_way_and_none_goes_beyond_what_was_measured():
    graph = graph_of(2, row(2), calls=[1, 1])
    none = tk.Travel.from_dense([[0, 50], [50, 0]], base_minutes=[[12, math.inf]])
    found = tk.diagnose(tk.Problem(graph, 1, tk.MaxTravel(minutes=30, to="base"), travel=none))
    assert "measure travel where there is no way yet" in found[0].message
    assert found[0].relaxation is None
    assert "no change of one of them alone was found" in found[-1].message
    travel = tk.Travel([0, 2, 4], [0, 1, 0, 1], [0, 33.33, 33.33, 0], within=33.35)
    problem = tk.Problem(graph, 1, tk.MaxTravel(minutes=30), travel=travel)
    conflict = tk.diagnose(problem)[-1]
    assert conflict.relaxation == 33.35
    assert tk.diagnose(conflict.apply(problem)) == ()


def test_a_unit_far_from_all_given_bases_is_no_conflict_where_one_is_free():
    graph = graph_of(3, row(3), calls=[1, 1, 1])
    limit = tk.MaxTravel(metres=500, to="base")
    problem = tk.Problem(graph, 3, limit, bases=[[0, 0], [1000, 0], [np.nan, np.nan]])
    assert tk.diagnose(problem) == ()
    two = tk.Problem(graph, 2, limit, bases=[[0, 0], [np.nan, np.nan]])
    assert [c.message for c in tk.diagnose(two)] == ["no plan meets the travel limit of 0.5 km; 1 km would do"]
    group = two.replace(requirements=(limit, tk.Together([["u1", "u2"]])))
    assert "2 units lie further than 0.5 km from every base" in tk.diagnose(group)[0].message
    assert tk.diagnose(group)[0].relaxation == 1000


def test_a_bound_of_many_units_with_free_bases_is_refused():
    n = 7_001
    graph = graph_of(n, row(n), calls=[1.0] * n)
    problem = tk.Problem(graph, 2, [], tk.Compactness("calls", center="base"), bases=[[0, 0], [np.nan, np.nan]])
    with pytest.raises(RequirementError, match="from bases that are all given"):
        tk.bound(problem)
