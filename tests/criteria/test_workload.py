"""Hours with driving: known answers, and what the search and the judge make of the same plan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solve.runs import run_of
from solve.small import graph_of, random_graph, row

import territorykit as tk
from territorykit.criteria import workload as measures
from territorykit.criteria.objective import best_centers, objective
from territorykit.criteria.violations import violations
from territorykit.solve.hours import work_facts
from territorykit.solve.kernels.arrays import TARGET, VIOLATION
from territorykit.solve.kernels.change import may_enter, may_leave, move, violation_change
from territorykit.solve.kernels.hours import HOURS, NIGHTS
from territorykit.solve.kernels.refresh import refresh

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=80, deadline=None)


def line(minutes, visits, **more):
    """Units in a row, so many minutes from one to the next."""
    n = len(visits)
    steps = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) * float(minutes)
    return tk.Problem(graph_of(n, row(n), visits=visits), 1, travel=tk.Travel.from_dense(steps), **more)


def test_a_unit_at_home_takes_its_visits():
    plan = tk.Plan(line(60, [24.0]), [0])
    work = tk.Workload("visits", 60, between_stops=10)  # from the base to the base it takes nothing
    assert measures.working_hours(plan, work).tolist() == [24]
    assert measures.service_hours(plan, work).tolist() == [24]
    assert measures.driving_hours(plan, work).tolist() == [0]
    assert measures.working_days(plan, work).tolist() == [3]
    assert measures.visits_per_year(plan, work).tolist() == [24]
    assert measures.nights_away(plan, work).tolist() == [0]


def far_hours(visits, at, way, day=480.0, between=0.0):
    """By the formula, step by step: minutes at a customer, there and back, of a day, from stop to stop."""
    between = min(between, way)
    per_day = (day - way - at / 2 + between) / (at + between)
    share = 1 / per_day if per_day > 1 else 1
    return visits * (at + (1 - share) * between + share * way) / 60


def test_what_is_far_takes_longer_by_its_part_of_the_way():
    plan = tk.Plan(line(60, [60.0, 60.0]), [0, 0], centers=[0])
    expected = 60 + 60 * (1 + 2 / 5.5)  # 5.5 visits in what is left of a day
    assert far_hours(60, 60, 120) == pytest.approx(60 * (1 + 2 / 5.5))
    assert measures.working_hours(plan, tk.Workload("visits", 60)) == pytest.approx([expected])
    with_stops = tk.Workload("visits", 60, [5, 15])
    expected = 60 + far_hours(60, 60, 120, between=15)
    assert measures.working_hours(plan, with_stops) == pytest.approx([expected])


def test_no_stop_is_further_than_the_way_by_the_base():
    plan = tk.Plan(line(4, [60.0, 60.0]), [0, 0], centers=[0])
    hours = measures.working_hours(plan, tk.Workload("visits", 30, between_stops=100))
    assert hours == pytest.approx([60 * 30 / 60 + far_hours(60, 30, 8, between=8)])


def test_without_a_way_each_visit_takes_a_day():
    problem = tk.Problem(graph_of(2, row(2), visits=[60.0, 60.0]), 1, travel=tk.Travel([0, 0, 0], [], []))
    plan = tk.Plan(problem, [0, 0], centers=[0])
    assert measures.working_hours(plan, tk.Workload("visits", 60)) == pytest.approx([60 + 60 * 9])
    far = tk.Plan(line(1000, [60.0, 60.0]), [0, 0], centers=[0])
    assert measures.working_hours(far, tk.Workload("visits", 60)) == pytest.approx([60 + 60 * 9])


def test_trips_of_several_days_save_ways_and_cost_nights():
    plan = tk.Plan(line(120, [48.0, 48.0]), [0, 0], centers=[0])
    short = tk.Workload("visits", 60)
    trips = tk.Workload("visits", 60, days_per_trip=4, overnight_beyond=90)
    hours = far_hours(48, 60, 240, day=4 * 480)
    assert measures.working_hours(plan, trips) == pytest.approx([48 + hours])
    assert measures.working_hours(plan, trips) < measures.working_hours(plan, short)
    assert measures.nights_away(plan, trips) == pytest.approx([hours / 8 * 3 / 4])


def test_service_may_be_an_activity_and_days_begin_at_bases():
    graph = graph_of(2, row(2), visits=[10.0, 10.0], care=[30.0, 10.0])
    travel = tk.Travel.from_dense([[0, 9], [9, 0]], base_minutes=[[60, 0]])
    plan = tk.Plan(tk.Problem(graph, 1, travel=travel), [0, 0])
    work = tk.Workload("visits", "care", to="base")
    assert measures.working_hours(plan, work) == pytest.approx([far_hours(10, 180, 120) + 10])


def test_service_without_visits_takes_its_hours_and_no_way():
    graph = graph_of(3, row(3), visits=[10.0, 0.0, 10.0], care=[10.0, 6.0, 10.0])
    minutes = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) * 100.0
    work = tk.Workload("visits", "care", days_per_trip=2, overnight_beyond=90)
    problem = tk.Problem(graph, 1, travel=tk.Travel.from_dense(minutes))
    plan = tk.Plan(problem, [0, 0, 0], centers=[0])
    assert measures.working_hours(plan, work) == pytest.approx([10 + 6 + far_hours(10, 60, 400, day=960)])
    found = work_facts(problem.replace(requirements=[tk.BalancedWorkload(work, 0.1)]), np.arange(3), np.arange(3))
    assert found["work_hours"][:3].sum(axis=0) == pytest.approx(
        [measures.working_hours(plan, work)[0], measures.nights_away(plan, work)[0]]
    )


def test_a_far_rural_territory_gets_fewer_visits():
    """The same visits everywhere; the farther units lie from each other, the fewer a representative can serve."""
    x = np.concatenate([np.arange(48) * 2.0, 120 + np.arange(48) * 6.0])  # minutes along a road
    graph = graph_of(96, row(96), xy=[[1000 * at, 0] for at in x], visits=np.full(96, 20.0))
    travel = tk.Travel.from_dense(np.abs(x[:, None] - x[None]))
    rule = tk.BalancedWorkload(tk.Workload("visits", 60), 0.05)
    problem = tk.Problem(graph, 6, [rule, tk.Contiguous()], travel=travel)
    plan = tk.solve(problem, seed=1, stop=200_000).require_plan()
    visits = plan.sizes("visits")
    order = np.argsort([x[plan.labels == t].mean() for t in range(6)])
    assert visits[order[-1]] < visits[order[0]] * 0.9


def random_work(seed, *, base=False):
    """A random problem with hours to balance, and a run from labels at random."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(6, 40)), int(rng.integers(2, 4))
    graph = random_graph(rng, n, zeros=False)
    minutes, base_minutes = rng.uniform(1, 200, (n, n)), rng.uniform(1, 200, (k, n))
    for matrix in (minutes, base_minutes):
        matrix[rng.random(matrix.shape) < rng.choice([0, 0.1])] = np.inf
    np.fill_diagonal(minutes, 0)
    work = tk.Workload(
        "calls",
        float(rng.uniform(10, 60)) if rng.random() < 0.5 else "sales",
        rng.uniform(0, 20, n),
        to="base" if base else "center",
        days_per_trip=int(rng.integers(1, 4)),
        overnight_beyond=float(rng.uniform(30, 150)),
    )
    hours = float(rng.uniform(5, 30)) if rng.random() < 0.4 else None
    rule = tk.BalancedWorkload(work, float(rng.choice([0.05, 0.3])), hours, float(rng.choice([0.5, 4])))
    center = "base" if base and rng.random() < 0.5 else "unit"
    goal = tk.Compactness("calls", int(rng.integers(1, 3)), center, "travel" if rng.random() < 0.5 else "planar")
    bases = rng.uniform(0, 10_000, (k, 2))
    if base and rng.random() < 0.4:
        bases[rng.integers(k)] = np.nan
    problem = tk.Problem(
        graph, k, [rule], goal, travel=tk.Travel.from_dense(minutes, base_minutes=base_minutes), bases=bases
    )
    return run_of(problem, seed), rng, work


@given(SEEDS, st.booleans())
@MANY
def test_the_search_and_the_judge_agree_on_hours_nights_and_what_is_broken(seed, base):
    run, _, work = random_work(seed, base=base)
    if run is None:
        return
    problem = run.compiled.problem
    plan = tk.Plan(problem, run.compiled.labels_of_units(run.state.labels), run.centers_of_units)
    np.testing.assert_allclose(run.state.work[:, HOURS], measures.working_hours(plan, work), rtol=1e-9)
    np.testing.assert_allclose(run.state.work[:, NIGHTS], measures.nights_away(plan, work), rtol=1e-9, atol=1e-12)
    hours = measures.working_hours(plan, work)
    rule = problem.of_type(tk.BalancedWorkload)[0]
    assert run.state.number[TARGET] == pytest.approx(rule.hours or hours.mean(), rel=1e-9)
    found = [v for v in violations(plan) if isinstance(v.requirement, tk.BalancedWorkload)]
    assert (run.as_best().violation > 1e-9) == bool(found)
    if plan.centers is not None:  # they are the best ones; of equally good ones others may come first
        best = tk.Plan(problem, plan.labels, best_centers(plan))
        assert objective(plan) <= objective(best) * (1 + 1e-9) or np.isinf(objective(best))


@given(SEEDS, st.booleans())
@MANY
def test_a_move_changes_hours_as_foreseen(seed, base):
    """With centers and the target as they are; both follow when all is computed anew."""
    run, rng, _ = random_work(seed, base=base)
    if run is None:
        return
    facts, state = run.facts, run.state
    for _ in range(15):
        u, b = int(rng.integers(len(state.labels))), int(rng.integers(len(state.members)))
        if state.labels[u] == b or not may_leave(facts, state, u) or not may_enter(facts, u, b):
            continue
        foreseen, before = violation_change(facts, state, u, b), state.number[VIOLATION]
        move(facts, state, u, b)
        assert state.number[VIOLATION] == before + foreseen
        true = np.zeros_like(state.work)
        for v, t in enumerate(state.labels):
            origin = len(facts.weight) + t if facts.work_based[t] else state.center[t]
            row_ = slice(facts.work_ptr[origin], facts.work_ptr[origin + 1])
            place = np.flatnonzero(facts.work_idx[row_] == v)
            true[t] += facts.work_hours[row_][place[0]] if len(place) else facts.work_far[v]
        np.testing.assert_allclose(state.work, true, rtol=1e-9, atol=1e-9)


def test_nodes_of_several_units_take_what_their_units_take():
    graph = graph_of(4, row(4), visits=[4.0, 3, 2, 1])
    minutes = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) * 30.0
    minutes[0, 3] = np.inf
    rule = tk.BalancedWorkload(tk.Workload("visits", 60), 0.1)
    wishes = [rule, tk.Together([["u2", "u3"]])]
    problem = tk.Problem(graph, 2, wishes, tk.Compactness("visits"), travel=tk.Travel.from_dense(minutes))
    run = run_of(problem, units=[0, 0, 1, 1])
    refresh(run.facts, run.state)
    plan = tk.Plan(problem, [0, 0, 1, 1], run.centers_of_units)
    np.testing.assert_allclose(run.state.work[:, HOURS], measures.working_hours(plan, rule.workload))


def test_what_is_broken_is_said_in_hours_and_nights():
    problem = line(120, [48.0, 48.0], requirements=())
    work = tk.Workload("visits", 60, days_per_trip=4, overnight_beyond=90)
    rule = tk.BalancedWorkload(work, 0.1, hours=80, max_nights=2)
    problem = problem.replace(requirements=[rule])
    first, second = violations(tk.Plan(problem, [0, 0], centers=[0]))
    assert first.message == (
        "territory '1' takes 102.982 h a year, driving included, 28.7 % above its target; 88 h are the limit"
    )
    assert second.message == "territory '1' takes 5.155 nights a year away from home, at most 2 are allowed"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tk.Workload("", 5), "must be named by a text"),
        (lambda: tk.Workload("v", -1), "service must be from 0 and finite"),
        (lambda: tk.Workload("v", 5, [-1, 2]), "between_stops has 1 wrong values, at 0"),
        (lambda: tk.Workload("v", 5, [[1]]), r"between_stops has shape \(1, 1\)"),
        (lambda: tk.Workload("v", 5, "far"), "Workload: between_stops: expected numbers"),
        (lambda: tk.Workload("v", 5, hours_per_day=0), "hours_per_day must be positive"),
        (lambda: tk.Workload("v", 5, to="home"), "to must be one of"),
        (lambda: tk.Workload("v", 5, days_per_trip=0), "days_per_trip must be a whole number from 1"),
        (lambda: tk.Workload("v", 5, overnight_beyond=-1), "overnight_beyond must be minutes from 0"),
        (lambda: tk.BalancedWorkload("v", 0.1), "workload is a str"),
        (lambda: tk.BalancedWorkload(tk.Workload("v", 5), 10), "for 10 % write 0.1"),
        (lambda: tk.BalancedWorkload(tk.Workload("v", 5), 0.1, hours=0), "hours must be positive"),
        (lambda: tk.BalancedWorkload(tk.Workload("v", 5), 0.1, max_nights=-1), "max_nights must be positive"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(tk.RequirementError, match=message):
        make()


def test_what_a_problem_must_have_for_it():
    graph = graph_of(3, row(3), visits=[1.0, 1, 1])
    rule = tk.BalancedWorkload(tk.Workload("visits", 5, [1, 2]), 0.1)
    with pytest.raises(tk.RequirementError, match="needs travel and the problem has none"):
        tk.Problem(graph, 2, rule)
    travel = tk.Travel.from_dense(np.zeros((3, 3)))
    with pytest.raises(tk.RequirementError, match="between_stops has 2 entries for 3 units"):
        tk.Problem(graph, 2, rule, travel=travel)
    based = tk.BalancedWorkload(tk.Workload("visits", 5, to="base"), 0.1)
    with pytest.raises(tk.RequirementError, match="needs travel from bases"):
        tk.Problem(graph, 2, [based, based], travel=travel)
    central = tk.BalancedWorkload(tk.Workload("visits", 5), 0.1)
    with pytest.raises(tk.RequirementError, match="days begin at centers while the objective looks from bases"):
        tk.Problem(graph, 2, central, tk.Compactness(center="base"), travel=travel, bases=np.zeros((2, 2)))
    with pytest.raises(tk.RequirementError, match="no activity 'hours' in the graph"):
        tk.Problem(graph, 2, tk.BalancedWorkload(tk.Workload("visits", "hours"), 0.1), travel=travel)
    with pytest.raises(tk.RequirementError, match="needs travel and the problem has none"):
        measures.working_hours(tk.Plan(tk.Problem(graph, 1), [0, 0, 0]), tk.Workload("visits", 5))
