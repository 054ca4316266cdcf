"""The exact method against an oracle that tries every plan, for every requirement, objective and formulation."""

import re
from collections import Counter

import numpy as np
import pytest
from samples import grid_graph
from solve.small import Oracle, graph_of, random_problem, row

import territorykit as tk
from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations
from territorykit.errors import BackendError, RequirementError
from territorykit.solve.exact import backend, cbc
from territorykit.solve.exact.contiguity import Separators
from territorykit.solve.exact.formulation import Assignment
from territorykit.solve.exact.handover import Settings, build
from territorykit.solve.exact.hess import Wish, search, solve_hess
from territorykit.solve.exact.layout import lay_out
from territorykit.solve.stop import Stop

CENTERS = {"centers": ("unit", "base"), "powers": (1, 2)}


def cbc_is_there():
    try:
        backend.check_solver("CBC")
    except BackendError:
        return False
    return True


needs_cbc = pytest.mark.skipif(not cbc_is_there(), reason="the program CBC is not installed")


def compared(seed, answer, **choice):
    """What the exact model says of a random problem, in one word, after comparing it with the oracle."""
    problem = random_problem(seed, **choice, **CENTERS)
    if problem is None:
        return "contradictory"
    best = Oracle(problem).best
    found = answer(problem)
    if best is None:
        assert found.infeasible, seed
        assert found.labels is None
        return "infeasible"
    assert not found.infeasible, seed
    plan = tk.Plan(problem, found.labels)
    assert not violations(plan), seed
    assert found.objective == pytest.approx(objective(plan))
    if np.isinf(best):
        assert found.bound is None
        return "unreachable"
    assert found.proven, seed
    assert found.objective == pytest.approx(best, rel=1e-6, abs=1e-6), seed
    assert found.bound <= best * (1 + 1e-9) + 1e-6
    assert found.bound >= best - 1e-5 * abs(best) - 1e-6
    return "optimal"


def counted(seeds, answer, **choice):
    return Counter(compared(seed, answer, **choice) for seed in seeds)


def test_the_model_alone_finds_the_best_plan_of_every_small_problem():
    found = counted(range(150), solve_hess, most=7)
    assert found["optimal"] > 50
    assert found["infeasible"] > 20


def test_it_does_with_every_term_and_requirement():
    found = counted(range(150), solve_hess, most=7, more=True)
    assert found["optimal"] > 40
    assert found["infeasible"] > 30
    assert found["unreachable"] > 0 or found["optimal"] > 45


def test_it_does_with_nine_units():
    assert counted(range(300, 318), solve_hess, most=9)["optimal"] > 4


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("way", ["cuts", "flow"])
def test_both_ways_of_keeping_territories_connected(way, more):
    seeds = [seed for seed in range(400, 520) if _connected(seed, more=more)]
    found = counted(seeds, lambda problem: _exact(problem, contiguity=way), most=7, more=more)
    assert found["optimal"] > 15
    assert found["infeasible"] > 10


def _connected(seed, *, more):
    problem = random_problem(seed, most=7, more=more, **CENTERS)
    return problem is not None and problem.of_type(tk.Contiguous)


def _exact(problem, start=None, **settings):
    """The answer of `search` under other settings."""
    solver = Settings(settings.pop("solver", "HiGHS"))
    return search(problem, Wish(solver, **settings), start, Stop(), tk.Observer())


@needs_cbc
@pytest.mark.parametrize("more", [False, True])
def test_cbc_agrees(more):
    found = counted(range(600, 640), lambda problem: _exact(problem, solver="CBC"), most=6, more=more)
    assert found["optimal"] > 8
    assert found["infeasible"] > 3


@pytest.mark.parametrize("more", [False, True])
def test_thinning_against_any_plan_keeps_the_best(more):
    """The model is thinned against the start: a bad one, and the best one."""
    rng, tried = np.random.default_rng(5), 0
    for seed in range(700, 800):
        problem = random_problem(seed, most=7, more=more, **CENTERS)
        oracle = None if problem is None else Oracle(problem)
        if oracle is None or oracle.best is None or not np.isfinite(oracle.best):
            continue
        for labels in (rng.permutation(oracle.feasible)[0], oracle.labels[np.argmin(oracle.values)]):
            found = _exact(problem, labels)
            assert found.objective == pytest.approx(oracle.best, rel=1e-6, abs=1e-6), seed
            assert found.proven, seed
            tried += 1
    assert tried > 40


def test_solve_says_optimal_and_infeasible():
    found = Counter()
    for seed in range(60):
        problem = random_problem(seed, most=6, **CENTERS)
        if problem is None:
            continue
        best, result = Oracle(problem).best, tk.solve(problem, tk.Exact(), seed=seed)
        found[result.status] += 1
        if best is None:
            assert result.status is tk.Status.INFEASIBLE
            assert result.conflicts
            assert result.plan is None
        else:
            assert result.status is tk.Status.OPTIMAL, seed
            assert result.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
            assert result.gap <= 1e-6
            assert result.bound.centers == "free"
    assert found[tk.Status.OPTIMAL] > 15
    assert found[tk.Status.INFEASIBLE] > 10


def big(n=12, k=6):
    return tk.Problem(
        grid_graph(n, n), k, [tk.Balance("calls", 0.01), tk.Contiguous()], tk.Compactness("calls", distance="planar")
    )


def test_a_time_limit_leaves_an_honest_status():
    problem = big()
    result = tk.solve(problem, tk.Exact(), seed=1, time_limit=0.5)
    assert result.status in (tk.Status.FEASIBLE, tk.Status.VIOLATING)
    assert result.stopped_by == "time_limit"
    if result.bound is not None:
        assert result.bound.value < result.objective
        assert result.gap is None or result.gap > 1e-6


def test_a_gap_is_enough_where_it_is_asked_for():
    graph = grid_graph(5, 6)
    problem = tk.Problem(graph, 3, [tk.Balance("calls", 0.2), tk.Contiguous()])
    best = tk.solve(problem, tk.Exact(), seed=1)
    near = tk.solve(problem, tk.Exact(gap=0.2), seed=1)
    assert best.status is near.status is tk.Status.OPTIMAL
    assert near.gap <= 0.2
    assert near.bound.value <= best.objective * (1 + 1e-6)


def test_along_shortest_paths_nothing_is_proven():
    graph = grid_graph(4, 4)
    problem = tk.Problem(graph, 3, [tk.Balance("calls", 0.3), tk.Contiguous()])
    best = tk.solve(problem, tk.Exact(), seed=1)
    result = tk.solve(problem, tk.Exact(contiguity="tree"), seed=1)
    assert best.status is tk.Status.OPTIMAL
    assert result.status is tk.Status.FEASIBLE
    assert result.bound is None
    assert result.objective >= best.objective * (1 - 1e-9)
    assert not violations(result.plan)


def test_along_shortest_paths_infeasible_is_never_said():
    ring = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0]]
    problem = tk.Problem(graph_of(6, ring, calls=[1] * 6), 2, [tk.Balance("calls", 0), tk.Contiguous()])
    for seed in range(30):
        random = random_problem(seed, most=6, **CENTERS)
        if random is not None and random.of_type(tk.Contiguous):
            assert not _exact(random, contiguity="tree").infeasible
    assert not _exact(problem, contiguity="tree").infeasible


def test_a_start_is_never_made_worse_and_is_kept_where_it_is_best():
    for seed in range(20):
        problem = random_problem(seed, most=7)
        oracle = None if problem is None else Oracle(problem)
        if oracle is None or oracle.best is None:
            continue
        start = tk.Plan(problem, oracle.labels[np.argmin(oracle.values)])
        result = tk.solve(problem, tk.Exact(), start=start)
        assert result.objective == pytest.approx(objective(start))


def test_a_centroid_is_refused_by_name():
    problem = tk.Problem(graph_of(4, row(4), calls=[1] * 4), 2, [], tk.Compactness("calls", center="centroid"))
    with pytest.raises(RequirementError, match=r"does not support Compactness\(.*centroid.*take center='unit'"):
        tk.solve(problem, tk.Exact())


def test_an_unknown_or_missing_solver(monkeypatch):
    problem = tk.Problem(graph_of(4, row(4), calls=[1] * 4), 2)
    with pytest.raises(BackendError, match="no solver 'Gurobi'; take one of 'HiGHS', 'CBC'"):
        tk.solve(problem, tk.Exact(solver="Gurobi"))
    monkeypatch.setattr(cbc.shutil, "which", lambda _: None)
    monkeypatch.setattr(cbc.os, "access", lambda *_: False)
    monkeypatch.setattr(cbc, "find_spec", lambda _: None)
    with pytest.raises(BackendError, match=r"CBC is not installed: .*apt install coinor-cbc.*pip install"):
        tk.solve(problem, tk.Exact(solver="CBC"))


def test_a_model_that_would_not_fit_is_refused():
    with pytest.raises(RequirementError, match=r"144 units and 6 territories .* needs about .* GB, .* GB are free; "):
        tk.solve(big(), tk.Exact(memory=1e6))
    with pytest.raises(RequirementError, match="coefficients and needs about"):
        tk.solve(big(), tk.Exact(memory=2e6))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threads": 0}, "threads must be a whole number from 1, got 0"),
        ({"threads": True}, "threads must be"),
        ({"gap": 1}, "gap must be a fraction from 0 to below 1, got 1; for one per cent write 0.01"),
        ({"gap": -0.1}, "gap must be"),
        ({"contiguity": "magic"}, "contiguity must be 'auto', 'cuts', 'flow' or 'tree'"),
        ({"log": 3}, "log must be True, False or a path, got 3"),
        ({"memory": -1}, "memory must be a positive number of bytes, got -1"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(RequirementError, match=re.escape(message)):
        tk.Exact(**settings)


def test_open_to_and_cutoff_say_where_to_look():
    graph = graph_of(6, row(6), calls=[1] * 6)
    problem = tk.Problem(graph, 2, [tk.Balance("calls", 0), tk.Contiguous()], tk.Compactness(power=1))
    best = solve_hess(problem)
    assert best.objective == pytest.approx(4000.0)
    nowhere = np.eye(6, dtype=bool)
    closed = solve_hess(problem, open_to=nowhere)
    assert closed.labels is None
    assert not closed.infeasible
    none = solve_hess(problem, cutoff=3000.0)
    assert none.labels is None
    assert not none.infeasible
    assert none.proven
    assert none.bound == 3000.0
    ended = solve_hess(problem, start=tk.Plan(problem, best.labels), open_to=nowhere, cutoff=4000.0)
    assert ended.bound == 4000.0
    assert not ended.infeasible
    with pytest.raises(RequirementError, match=r"open_to has shape \(2, 2\)"):
        solve_hess(problem, open_to=np.ones((2, 2), bool))


def test_more_threads_and_then_one_again():
    graph = grid_graph(4, 4)
    problem = tk.Problem(graph, 3, [tk.Balance("calls", 0.3), tk.Contiguous()])
    values = [tk.solve(problem, tk.Exact(threads=threads), seed=1).objective for threads in (1, 2, 1)]
    assert values == pytest.approx([values[0]] * 3)


def test_the_log_goes_where_it_is_asked_for(tmp_path, capfd):
    problem = tk.Problem(grid_graph(4, 4), 3, [tk.Balance("calls", 0.3), tk.Contiguous()])
    tk.solve(problem, tk.Exact())
    quiet = capfd.readouterr()
    assert quiet.out == quiet.err == ""
    tk.solve(problem, tk.Exact(log=tmp_path / "highs.log"))
    assert "HiGHS" in (tmp_path / "highs.log").read_text() or "Solving" in (tmp_path / "highs.log").read_text()
    assert capfd.readouterr().out == ""
    tk.solve(problem, tk.Exact(log=True))
    assert "Solving" in capfd.readouterr().out


class Watcher(tk.Observer):
    def __init__(self):
        self.seen = []

    def on_progress(self, progress):
        self.seen.append((progress.bound, progress.objective))


def test_progress_shows_bound_and_best_plan():
    watcher = Watcher()
    result = tk.solve(big(), tk.Exact(), seed=1, time_limit=2, observer=watcher)
    bounds = [bound for bound, _ in watcher.seen if bound is not None]
    assert bounds
    assert bounds == sorted(bounds)
    assert result.bound.value >= bounds[-1] * (1 - 1e-9)


def test_constraints_have_names():
    problem = tk.Problem(grid_graph(2, 3), 2, [tk.Balance("calls", 0.5), tk.Apart([("u0", "u1")])])
    model = Assignment(lay_out(problem)).model
    built, _ = build(model)
    names = {constraint.name for constraint in built.constraints()}
    assert {"assign_0", "territories", "least_calls_0", "most_calls_5", "open_0_1", "apart_0_1_0"} <= names
    assert len(names) == len(built.constraints())


def test_a_territory_in_pieces_is_never_taken_for_sound_though_its_cuts_are_there_already():
    problem = tk.Problem(graph_of(4, row(4), calls=[1] * 4), 2, [tk.Contiguous()])
    assignment = Assignment(lay_out(problem))
    values = assignment.values_of(np.array([0, 1, 0, 1]))
    separators = Separators(assignment)
    rows, connected = separators.violated(values)
    assert rows
    assert not connected
    assert assignment.model.broken(values, rows)
    again, connected = separators.violated(values)
    assert again == []
    assert not connected
    assert separators.violated(assignment.values_of(np.array([0, 0, 1, 1]))) == ([], True)


def test_cuts_for_answers_in_fractions_leave_every_connected_plan():
    checked = cuts = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        problem = random_problem(seed, **CENTERS)
        if problem is None or not problem.of_type(tk.Contiguous):
            continue
        assignment = Assignment(lay_out(problem))
        separators, rows = Separators(assignment), []
        for _ in range(10):  # any values stand for an answer; most of them are far from connected
            values = rng.choice([0.0, 0.2, 0.5, 1.0], assignment.model.n_columns)
            found = separators.violated_in_part(values)
            assert all(assignment.model.broken(values, [row]) for row in found)
            rows += found
        plans = [assignment.values_of(labels) for labels in Oracle(problem).feasible]
        assert not any(assignment.model.broken(values, rows) for values in plans if values is not None)
        checked, cuts = checked + len(plans), cuts + len(rows)
    assert checked > 100
    assert cuts > 40


def test_cuts_for_answers_in_fractions_are_found():
    """Half of the last unit of a row belongs to the first, and nothing between them."""
    problem = tk.Problem(graph_of(4, row(4), calls=[1] * 4), 2, [tk.Contiguous()])
    assignment = Assignment(lay_out(problem))
    values = np.zeros(assignment.model.n_columns)
    values[assignment.x[[0, 3], 0]] = [1.0, 0.5]
    values[assignment.x[[1, 2, 3], 2]] = [1.0, 1.0, 0.5]
    (cut,) = Separators(assignment).violated_in_part(values)
    assert set(cut.columns) < {int(c) for c in assignment.x[[1, 2, 3], 0]}
    assert assignment.model.broken(values, [cut])
