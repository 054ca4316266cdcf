"""The one door: status, stopping, starts, sameness, wrong arguments."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph
from solve.small import graph_of, random_problem, row

import territorykit as tk
from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations
from territorykit.model.result import Answer
from territorykit.solve.progress import Observer
from territorykit.solve.search.annealing import Annealing
from territorykit.solve.stop import NoImprovement, Progress, Stop

BUDGET = 20_000


@pytest.fixture
def problem():
    wishes = [tk.Balance("calls", 0.15), tk.Contiguous()]
    return tk.Problem(grid_graph(6, 8), 4, wishes, territory_names=["n", "e", "s", "w"])


def labels_of(problem, **settings):
    return tk.solve(problem, **({"seed": 3, "stop": BUDGET} | settings)).plan.labels.tolist()


def test_a_plan_that_meets_everything(problem):
    result = tk.solve(problem, seed=1, stop=BUDGET)
    assert result.status is tk.Status.FEASIBLE
    assert result.stopped_by == "iterations"
    assert violations(result.plan) == ()
    assert result.objective == pytest.approx(objective(result.plan))
    assert (result.bound, result.gap, result.seed) == (None, None, 1)
    assert [p.iterations for p in result.trace] == sorted(p.iterations for p in result.trace)
    assert BUDGET <= result.trace[-1].iterations < 2 * BUDGET


def test_same_seed_and_budget_same_plan(problem):
    method = Annealing()
    first = labels_of(problem, method=method)
    assert labels_of(problem, method=method) == first
    assert labels_of(problem) == first
    assert labels_of(problem, workers=2) == first
    assert labels_of(problem, workers=3, observer=Observer()) == first


def test_seeds_differ():
    problem = tk.Problem(grid_graph(9, 9), 6, [tk.Contiguous()])
    assert len({tuple(labels_of(problem, seed=seed, stop=500)) for seed in range(6)}) > 1


def test_same_plan_in_another_process(problem):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from samples import grid_graph; import territorykit as tk\n"
        "wishes = [tk.Balance('calls', 0.15), tk.Contiguous()]\n"
        "p = tk.Problem(grid_graph(6, 8), 4, wishes, territory_names=['n', 'e', 's', 'w'])\n"
        "print(tk.solve(p, seed=3, stop=20_000).plan.labels.tolist())"
    )
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    run = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout.strip() == str(labels_of(problem))


def test_a_time_limit_ends_the_search(problem):
    result = tk.solve(problem, time_limit=0.3)
    assert result.stopped_by == "time_limit"
    assert result.status is tk.Status.FEASIBLE
    assert result.runtime >= 0.3


def test_a_time_limit_holds_where_nothing_can_move():
    """Every unit is a territory: the search has nothing to do, and no trace to fill with it."""
    result = tk.solve(tk.Problem(graph_of(3, row(3)), 3, [tk.Contiguous()]), time_limit=0.3)
    assert result.stopped_by == "time_limit"
    assert len(result.trace) < 100


def test_a_search_in_vain_does_not_overflow():
    """Weights that balance nothing: what is violated grows dearer at every reheating."""
    graph = graph_of(3, row(3), calls=[1.0, 5.0, 1.0], sales=[5.0, 1.0, 1.0])
    problem = tk.Problem(
        graph, 3, [tk.Apart([("u0", "u1")]), tk.Capacity("calls", [4, 0, 0]), tk.Capacity("sales", [4, 0, 0])]
    )
    result = tk.solve(problem, time_limit=0.5)
    assert result.status is tk.Status.VIOLATING
    assert result.stopped_by == "time_limit"


def test_an_interrupt_returns_the_best_plan_and_the_old_handler(problem):
    before = signal.getsignal(signal.SIGINT)
    timer = threading.Timer(0.5, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    timer.start()
    result = tk.solve(problem, time_limit=60)
    timer.join()
    assert result.stopped_by == "interrupt"
    assert result.status is tk.Status.FEASIBLE
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def heard():
    """The interrupt key as Python hears it, even where a shell started the tests in the background without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_a_second_interrupt_is_for_good():
    stop = Stop()
    with stop.listening():
        signal.raise_signal(signal.SIGINT)
        assert stop.interrupted
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_in_another_thread_nobody_listens(problem):
    found = []
    thread = threading.Thread(target=lambda: found.append(tk.solve(problem, stop=1000)))
    thread.start()
    thread.join()
    assert found[0].plan is not None


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_never_worse_than_the_start(seed):
    problem = random_problem(seed, most=9, centers=("unit", "centroid", "base"), powers=(1, 2))
    if problem is None:
        return
    rng = np.random.default_rng(seed)
    k = problem.n_territories
    labels = rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, problem.graph.n_units - k)]))
    start = tk.Plan(problem, labels)
    result = tk.solve(problem, start=start, stop=200)
    if result.status is tk.Status.INFEASIBLE:
        return
    off = sum(v.excess for v in violations(start))
    assert sum(v.excess for v in result.violations) <= off + 1e-12
    if not off:
        assert result.status is tk.Status.FEASIBLE
        assert result.objective <= objective(start) * (1 + 1e-9) + 1e-9


def test_the_start_is_taken_by_unit_and_name():
    """Units in another order and territories in another order: the best plan comes back as it was."""
    wishes = [tk.Contiguous(), tk.Fixed({"u0": "west"})]
    problem = tk.Problem(graph_of(6, row(6)), 2, wishes, territory_names=["east", "west"])
    turned = graph_of(6, row(6), ids=[f"u{i}" for i in reversed(range(6))])
    start = tk.Plan(tk.Problem(turned, 2, territory_names=["west", "east"]), [1, 1, 1, 0, 0, 0])
    result = tk.solve(problem, start=start, stop=1)
    assert dict(zip(problem.graph.ids, result.plan.to_names(), strict=True)) == dict(
        zip(turned.ids, start.to_names(), strict=True)
    )


def test_a_start_with_other_names_is_taken_by_position():
    problem = tk.Problem(graph_of(4, row(4)), 2, [tk.Fixed({f"u{i}": int(i > 1) for i in range(4)})])
    start = tk.Plan(tk.Problem(graph_of(4, row(4)), 2, territory_names=["a", "b"]), [0, 0, 1, 1])
    assert tk.solve(problem, start=start, stop=1).plan.labels.tolist() == [0, 0, 1, 1]


def test_a_start_over_pieces_of_the_map_and_against_locks():
    problem = tk.Problem(graph_of(5, [[0, 1], [1, 2], [3, 4]]), 2, [tk.Contiguous(), tk.Fixed({"u1": 0})])
    for labels in ([0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [1, 1, 1, 0, 0]):
        result = tk.solve(problem, start=tk.Plan(problem, labels), stop=BUDGET)
        assert result.plan.labels.tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ([0, 1], "start is a list; make a plan of it with Plan.from_labels"),
        (tk.Plan(tk.Problem(graph_of(3, row(3)), 2), [0, 0, 1]), "other units than the problem"),
        (tk.Plan(tk.Problem(grid_graph(6, 8), 2), [0] * 47 + [1]), "2 territories, the problem 4"),
    ],
)
def test_wrong_starts(problem, start, message):
    with pytest.raises(tk.PlanError, match=message):
        tk.solve(problem, start=start)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": -1}, "seed must be a whole number from 0, got -1"),
        ({"seed": 1.5}, "seed must be"),
        ({"seed": True}, "seed must be"),
        ({"time_limit": 0}, "time_limit must be a positive number of seconds, got 0"),
        ({"time_limit": float("nan")}, "time_limit must be"),
        ({"time_limit": "1"}, "time_limit must be"),
        ({"time_limit": True}, "time_limit must be"),
        ({"workers": 0}, "workers must be a whole number from 1, got 0"),
        ({"workers": 2.0}, "workers must be"),
        ({"stop": 0}, "expected a whole number from 1, got 0"),
        ({"stop": True}, "stop must be a number of iterations or a rule"),
        ({"stop": "100"}, "stop must be a number of iterations or a rule"),
        ({"method": 3}, r"method must be an object with run\(\)"),
        ({"method": Annealing}, r"method must be an object with run\(\)"),
        ({"observer": 3}, "observer must be an Observer"),
    ],
)
def test_wrong_settings(problem, settings, message):
    with pytest.raises(tk.RequirementError, match=message):
        tk.solve(problem, **settings)


def test_only_problems_are_solved():
    with pytest.raises(tk.RequirementError, match="expects a Problem, got a UnitGraph"):
        tk.solve(graph_of(2, row(2)))


class Parrot:
    """A method that answers what it was told."""

    def __init__(self, answer):
        self.answer = answer

    def run(self, problem, rng, start, stop, observer):
        return self.answer


def test_a_method_without_an_answer(problem):
    result = tk.solve(problem, Parrot(Answer(None)))
    assert (result.status, result.plan, result.objective) == (tk.Status.NOT_FOUND, None, None)
    assert result.stopped_by == "finished"
    with pytest.raises(tk.NoPlanError, match="not found"):
        result.require_plan()


def test_a_method_that_lies(problem):
    labels = np.arange(48) % 4
    result = tk.solve(problem, Parrot(Answer(labels, objective=-1.0)))
    assert result.status is tk.Status.VIOLATING
    assert result.objective == pytest.approx(objective(tk.Plan(problem, labels)))
    assert any("pieces" in violation.message for violation in result.violations)


def test_a_method_that_gives_units_no_territory(problem):
    with pytest.raises(tk.PlanError, match="48 units have no territory"):
        tk.solve(problem, Parrot(Answer([-1] * 48)))


def test_a_good_start_outdoes_a_bad_answer(problem):
    start = tk.solve(problem, seed=1, stop=BUDGET).plan
    result = tk.solve(problem, Parrot(Answer(np.arange(48) % 4)), start=start)
    assert result.status is tk.Status.FEASIBLE
    assert result.plan.labels.tolist() == start.labels.tolist()


def test_rules_keep_no_state(problem):
    rule = NoImprovement(4_000)
    results = [tk.solve(problem, seed=2, stop=rule) for _ in range(2)]
    assert [r.stopped_by for r in results] == ["rule", "rule"]
    assert results[0].plan.labels.tolist() == results[1].plan.labels.tolist()
    assert results[0].trace[-1].iterations == results[1].trace[-1].iterations > 4_000


def test_a_rule_of_ones_own(problem):
    seen = []

    def enough(progress):
        seen.append(progress)
        return progress.violation == 0

    result = tk.solve(problem, stop=enough)
    assert result.stopped_by == "rule"
    assert result.status is tk.Status.FEASIBLE
    assert seen[-1].violation == 0
    assert all(isinstance(progress, Progress) for progress in seen)


class Diary(Observer):
    def __init__(self):
        self.entries = []

    def on_start(self, problem, stop):
        self.entries.append(("start", stop.iteration_budget))

    def on_progress(self, progress):
        self.entries.append(("progress", progress.iterations))

    def on_end(self, result):
        self.entries.append(("end", result.status))


def test_observers_hear_begin_progress_and_end(problem):
    diary = Diary()
    tk.solve(problem, stop=BUDGET, observer=diary)
    words = [word for word, _ in diary.entries]
    assert (words[0], words[-1]) == ("start", "end")
    assert set(words[1:-1]) == {"progress"}
    assert diary.entries[0][1] == BUDGET
    assert diary.entries[-1][1] is tk.Status.FEASIBLE
    assert max(count for word, count in diary.entries if word == "progress") >= BUDGET


def test_observers_hear_of_proofs_too():
    diary = Diary()
    result = tk.solve(tk.Problem(graph_of(3, []), 2, [tk.Contiguous()]), observer=diary)
    assert result.status is tk.Status.INFEASIBLE
    assert result.stopped_by == "infeasible"
    assert [word for word, _ in diary.entries] == ["start", "end"]


@pytest.mark.parametrize(
    ("problem", "labels"),
    [
        (tk.Problem(graph_of(1, []), 1, [tk.Contiguous()]), [0]),
        (tk.Problem(graph_of(4, row(4)), 1, [tk.Contiguous()]), [0, 0, 0, 0]),
        (tk.Problem(graph_of(3, row(3), calls=[0, 0, 1]), 1, [tk.Balance("calls", 0)]), [0, 0, 0]),
        (tk.Problem(graph_of(2, []), 2, [tk.Contiguous(), tk.Fixed({"u0": 1})]), [1, 0]),
    ],
)
def test_the_smallest_problems(problem, labels):
    result = tk.solve(problem, stop=BUDGET)
    assert result.status is tk.Status.FEASIBLE
    assert result.plan.labels.tolist() == labels


@pytest.mark.parametrize(
    "changes",
    [
        {"edges": []},
        {"xy": [[5.0, 5.0]] * 6},
        {"xy": [[1e12 + i, -1e12] for i in range(6)]},
        {"xy": [[1e-9 * i, 0] for i in range(6)]},
        {"calls": [0, 0, 0, 0, 0, 1.0]},
        {"calls": [1e12, 1, 1, 1, 1, 1]},
    ],
)
@pytest.mark.parametrize(
    "goal", [tk.Compactness("calls"), tk.Compactness("calls", 1), tk.Compactness(center="centroid")]
)
def test_odd_maps_without_size_limits(changes, goal):
    settings = {"edges": row(6), "calls": np.ones(6)} | changes
    graph = graph_of(6, **settings)
    wishes = [tk.Contiguous()] if len(graph.edges) else []
    result = tk.solve(tk.Problem(graph, 3, wishes, objective=goal), stop=2_000)
    assert result.status is tk.Status.FEASIBLE
    assert np.isfinite(result.objective)


def test_components_get_no_more_territories_than_units():
    graph = graph_of(4, [[1, 2], [2, 3]], calls=[1000.0, 1, 1, 1])
    problem = tk.Problem(graph, 3, [tk.Contiguous()], objective=tk.Compactness("calls"))
    assert tk.solve(problem, stop=BUDGET).status is tk.Status.FEASIBLE


def test_no_plan_that_leaves_a_territory_empty():
    """Joining u0 and u3 along a way leaves fewer nodes than territories, though no plan exists either."""
    problem = tk.Problem(graph_of(4, row(4)), 3, [tk.Contiguous(), tk.Together([["u0", "u3"]])])
    result = tk.solve(problem, stop=BUDGET)
    assert result.status in (tk.Status.NOT_FOUND, tk.Status.INFEASIBLE)
    assert result.plan is None


def test_moving_the_map_changes_no_objective():
    graph = grid_graph(3, 4)
    labels = [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2]
    moved = grid_graph(3, 4, xy=graph.xy + np.array([4e6, -2e6]))
    for goal in (tk.Compactness(), tk.Compactness("calls", 1), tk.Compactness("calls", 2, "centroid")):
        values = [objective(tk.Plan(tk.Problem(g, 3, objective=goal), labels)) for g in (graph, moved)]
        assert values[1] == pytest.approx(values[0], rel=1e-9)
