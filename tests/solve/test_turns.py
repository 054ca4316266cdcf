"""Turns that improve the best plan, and what comes before them."""

import math

import numpy as np
from samples import grid_graph
from solve.runs import run_of
from solve.small import graph_of

import territorykit as tk
from territorykit.solve.compile import compile_problem
from territorykit.solve.progress import Observer
from territorykit.solve.search import annealing, resplitting
from territorykit.solve.search.annealing import Annealing
from territorykit.solve.search.course import Course
from territorykit.solve.search.drawing import Drawing
from territorykit.solve.search.resplitting import Resplitting
from territorykit.solve.search.run import Best, Cycle, Run
from territorykit.solve.search.turns import Turns
from territorykit.solve.stop import Stop


def course_of(problem, seconds):
    """A course under a time limit that has found one plan: units in their order, as many in each territory."""
    compiled = compile_problem(problem)
    course = Course(compiled, np.random.default_rng(1), Stop(time_limit=seconds), Observer(), 100)
    n, k = compiled.n_nodes, problem.n_territories
    labels = np.empty(n, np.int32)
    labels[compiled.node] = np.arange(n) * k // n
    course.take(Run(compiled, labels, course.rng).as_best())
    return course


def capacitated():
    """No contiguity and no least size: what all ways of improving are for."""
    goal = tk.Compactness("calls", center="unit")
    return tk.Problem(grid_graph(8, 9), 12, [tk.Capacity("calls", upper=450)], goal)


def test_every_way_is_tried_and_what_it_brought_is_a_number(monkeypatch):
    """The first turn of a way is hoped to bring anything; what it brought takes the place of the hope."""
    course = course_of(capacitated(), 2.0)
    turns = Turns(course, 0.3)
    arms = turns._arms()
    assert set(arms) == {"reheat", "resplit", "shake", "combine", "relocate"}
    assert all(arm.brought == math.inf for arm in arms.values())
    monkeypatch.setattr(Turns, "_arms", lambda _: arms)
    turns.run()
    tried = [arm for arm in arms.values() if arm.spent > 0]
    assert len(tried) == len(arms)
    assert all(0 <= arm.brought < math.inf for arm in tried)


def test_what_brought_most_is_favored_and_the_rest_of_the_time_goes_to_what_has_had_least():
    course = course_of(capacitated(), 60.0)
    turns = Turns(course, 0.3)
    arms = turns._arms()
    for number, arm in enumerate(arms.values()):
        arm.brought, arm.spent = float(number), 10.0 + number
    arms["combine"].brought = 0.0
    assert turns._chosen(arms, favor=True) is arms["relocate"]
    assert turns._chosen(arms, favor=False) is arms["reheat"]
    for arm in arms.values():
        arm.brought = 0.0
    arms["shake"].spent = 1.0
    assert turns._chosen(arms, favor=True) is arms["shake"]


def test_plans_are_put_together_only_where_there_are_new_territories():
    course = course_of(capacitated(), 60.0)
    turns = Turns(course, 0.3)
    arms = turns._arms()
    assert not arms["combine"].ready()
    course.remember(course.best)
    assert arms["combine"].ready()
    arms["combine"].run()
    assert not arms["combine"].ready()
    broken = course_of(tk.Problem(grid_graph(8, 9), 12, [tk.Capacity("calls", upper=300)]), 60.0)
    broken.remember(broken.best)
    assert broken.pool.news > 0  # but whatever is put together meets all, and a plan that does comes first
    assert not Turns(broken, 0.3)._arms()["combine"].ready()


def test_cycles_grow_after_rounds_that_brought_nothing():
    turns = Turns(course_of(capacitated(), 60.0), 0.3)
    lengths = [turns._cycle().length for _ in range(7)]
    assert turns.growth == 4
    assert lengths[0] < lengths[3] < lengths[6]
    turns.course.take(Best(turns.course.best.labels, 0.0, 0.0))
    turns._cycle()
    turns._cycle()
    turns._cycle()
    assert turns.growth == 4


def test_under_a_time_limit_there_is_a_plan_before_others_are_drawn(monkeypatch):
    """Where a budget ends the search, time does not count and nothing is annealed twice."""
    problem = tk.Problem(grid_graph(12, 12), 5, [tk.Balance("calls", 0.1), tk.Contiguous()])
    known = []
    others = Drawing.others

    def noted(self, first, took, children, done):
        known.append(done.__self__.best)
        return others(self, first, took, children, done)

    monkeypatch.setattr(Drawing, "others", noted)
    tk.solve(problem, Annealing(), seed=1, time_limit=1.0)
    tk.solve(problem, Annealing(), seed=1, stop=300_000)
    timed, budgeted = known
    assert timed.labels is not None
    assert timed.violation == 0
    assert budgeted.labels is None


def test_where_a_plan_is_given_that_meets_all_there_is_no_hurry(monkeypatch):
    problem = tk.Problem(grid_graph(12, 12), 5, [tk.Balance("calls", 0.1), tk.Contiguous()])
    start = tk.solve(problem, seed=1, stop=300_000).require_plan()
    hurried = []
    monkeypatch.setattr(annealing._Search, "_quick", lambda *labels: hurried.append(labels))
    tk.solve(problem, Annealing(), seed=1, time_limit=0.5, start=start)
    assert not hurried
    tk.solve(problem, Annealing(), seed=1, time_limit=0.5)
    assert len(hurried) == 1


def test_a_part_that_could_not_be_divided_better_is_not_tried_again(monkeypatch):
    problem = tk.Problem(grid_graph(4, 6), 2, [tk.Balance("calls", 0.1), tk.Contiguous()])
    course = course_of(problem, 60.0)
    asked = []
    divide = resplitting.resplit

    def noted(part, **limits):
        asked.append(part.labels.tobytes())
        return divide(part, **limits)

    monkeypatch.setattr(resplitting, "resplit", noted)
    parts = Resplitting(course.compiled, course.rng)
    best, tried = parts.improve(course.best, 12, lambda: math.inf)
    assert tried == 12
    assert len(asked) == len(set(asked)) < 12
    assert best.key <= course.best.key


def test_what_hangs_on_one_node_moves_along_while_bands_are_mended():
    """A row of 40, and 100 of which 40 hang on the one node that touches the row: these go together, or none does."""
    rest = [[u, u + 1] for u in range(139) if u not in (39, 79)]
    problem = tk.Problem(
        graph_of(140, [*rest, [20, 40], [40, 80]], xy=[[u % 40, u // 40] for u in range(140)], calls=[1] * 140),
        2,
        [tk.Balance("calls", 0.15), tk.Contiguous()],
    )
    run = run_of(problem, units=[0] * 40 + [1] * 100)
    assert run.as_best().violation > 0
    for _ in run.blocks(Cycle(100_000, 0.0)):
        pass
    assert run.as_best().violation == 0
    assert np.bincount(run.as_best().labels).tolist() == [80, 60]
