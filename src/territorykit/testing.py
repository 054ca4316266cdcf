"""The published contract suite for methods: what `solve` and its users rely on.

Every method of territorykit passes it; run it on your own.
"""

import pickle
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np

from territorykit.criteria.objective import objective
from territorykit.criteria.violations import violations
from territorykit.model.activity import Activity
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
from territorykit.model.objective import AssignmentCost, BorderLength, Compactness, Diameter, TravelCost
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.requirements import (
    Apart,
    Balance,
    Capacity,
    Contiguous,
    Fixed,
    MaxTravel,
    Requirement,
    Together,
)
from territorykit.model.result import Answer, Result, Status
from territorykit.model.travel import Travel
from territorykit.model.unit_graph import UnitGraph
from territorykit.solve.auto import Method
from territorykit.solve.progress import Observer
from territorykit.solve.solve import solve
from territorykit.solve.stop import MaxIterations, Progress, Stop

BUDGET = 30_000
"""Iterations that each problem of the suite gets."""


def check_method(method: Method) -> None:
    """Hold a method to the contract that all methods keep.

    Checked are: settings that are a frozen dataclass, equal by content, and survive pickle; complete answers
    for every requirement and objective; plans that the referee passes on problems that are known to have
    some; the same plan for the same seed and budget, again and again with the same object; no use of
    numpy's global generator; arguments left as they were; the iteration budget and the time limit kept;
    never a worse plan than the one it starts from; a bound, if any, that no known plan beats.

    Parameters
    ----------
    method
        Settings with ``run(problem, rng, start, stop, observer) -> Answer``.

    Raises
    ------
    AssertionError
        With the rule that is broken and the problem that showed it.

    Examples
    --------
    >>> from territorykit.solve.search.annealing import Annealing
    >>> check_method(Annealing(starts=2))
    """
    _check_settings(method)
    for name, problem in example_problems():
        try:
            _check_on(method, problem)
        except AssertionError as error:
            message = f"{type(method).__name__} on the problem {name!r}: {error}"
            raise AssertionError(message) from error
    _check_time_limit(method)


def example_problems() -> Iterator[tuple[str, Problem]]:
    """The suite's problems with their names; each is known to have plans.

    Examples
    --------
    >>> [name for name, _ in example_problems()][:3]
    ['grid', 'two activities', 'targets']
    """
    graph = _grid(6, 6)
    band, contiguous = Balance("calls", 0.1), Contiguous()
    targets = [12.0, 8.0, 8.0, 8.0]
    bases = graph.xy[[7, 10, 25, 28]]
    corner, edge = int(graph.ids[0]), int(graph.ids[35])
    yield "grid", Problem(graph, 4, [band, contiguous])
    yield "two activities", Problem(graph, 4, [band, Balance("revenue", 0.25), contiguous])
    yield "targets", Problem(graph, 4, [Balance("calls", 0.1, targets=targets), contiguous])
    yield "capacity", Problem(graph, 4, [Capacity("calls", 7, 11), contiguous])
    yield "fixed", Problem(graph, 4, [band, contiguous, Fixed({corner: 2, edge: 0})])
    yield "together", Problem(graph, 4, [band, contiguous, Together([[0, 1, 2], [30, 31]])])
    yield "apart", Problem(graph, 4, [band, contiguous, Apart([(0, 1), (14, 15)])])
    yield "travel to center", Problem(graph, 4, [Balance("calls", 0.2), contiguous, MaxTravel(metres=2600)])
    yield (
        "travel to base",
        Problem(
            graph, 4, [band, contiguous, MaxTravel(metres=2900, to="base")], Compactness(center="base"), bases=bases
        ),
    )
    yield "centroid", Problem(graph, 4, [band, contiguous], Compactness("calls", center="centroid"))
    yield "p-median", Problem(graph, 4, [band, contiguous], Compactness("calls", power=1))
    yield from _terms(graph)
    yield from _changes(graph)
    yield "free pieces", Problem(graph, 4, [band])
    yield "no requirement", Problem(graph, 4)
    yield "one territory", Problem(graph, 1, [contiguous])
    yield "a unit each", Problem(graph, 36, [contiguous])
    yield "islands", Problem(_islands(), 3, [Balance("calls", 0.1), contiguous])
    yield "no edges", Problem(UnitGraph(graph.ids, graph.xy, np.empty((0, 2)), graph.activities), 4, [band])


def _terms(graph: UnitGraph) -> Iterator[tuple[str, Problem]]:
    """Objectives beyond planar compactness; the four quarters of the grid are a plan of each."""
    wishes: list[Requirement] = [Balance("calls", 0.1), Contiguous()]
    steps = np.abs(graph.xy[:, None] - graph.xy[None]).sum(axis=2) / 1000.0
    travel = Travel.from_dense(2 * steps, base_minutes=2 * steps[[7, 10, 25, 28]])
    sphere, ways = Compactness("calls", distance="great-circle"), Compactness("calls", 1, distance="travel")
    based = Compactness("calls", 1, "base", "travel")
    yield "great circles", Problem(graph, 4, wishes, sphere)
    yield "travel times", Problem(graph, 4, wishes, ways, travel=travel)
    yield "travel times from bases", Problem(graph, 4, wishes, based, travel=travel)
    yield from _ways(graph, wishes, travel)
    yield "assignment costs", Problem(graph, 4, wishes, AssignmentCost(steps[:, [7, 10, 25, 28]]))
    yield "borders", Problem(graph, 4, wishes, BorderLength())
    yield "diameter", Problem(graph, 4, wishes, [Diameter(), Compactness("calls", weight=1e-4)])
    yield "a sum", Problem(graph, 4, wishes, [Compactness("calls"), Compactness(weight=2), BorderLength(500)])


def _ways(graph: UnitGraph, wishes: list[Requirement], travel: Travel) -> Iterator[tuple[str, Problem]]:
    """Limits and costs by travel time, from centers and from bases, some of which are free."""
    to_center, to_base = MaxTravel(minutes=8), MaxTravel(minutes=8, to="base")
    bases = graph.xy[[7, 10, 25, 28]].copy()
    bases[[1, 2]] = np.nan
    cost = TravelCost("calls", per_hour=30)
    yield "minutes to center", Problem(graph, 4, [*wishes, to_center], Compactness("calls"), travel=travel)
    yield "minutes to base", Problem(graph, 4, [*wishes, to_base], Compactness("calls"), travel=travel)
    yield "travel cost", Problem(graph, 4, wishes, cost, travel=travel)
    yield "some bases free", Problem(graph, 4, wishes, Compactness("calls", center="base"), bases=bases)
    based = TravelCost("calls", "base", per_hour=30)
    yield "minutes to some bases", Problem(graph, 4, [*wishes, to_base], based, travel=travel, bases=bases)


def _changes(graph: UnitGraph) -> Iterator[tuple[str, Problem]]:
    """Today's plan and groups to follow: the four quarters of the grid."""
    quarters = graph.groups["quarter"]
    today = dict(zip(graph.ids, quarters, strict=True))
    wishes: list[Requirement] = [Balance("calls", 0.25), Contiguous()]
    names = ["south-west", "south-east", "north-west", "north-east"]
    yield "few moves", Problem(graph, 4, [*wishes, MaxMoved(today, "calls", 0.25)], territory_names=names)
    yield "nested", Problem(graph, 4, [*wishes, Nested("quarter", max_splits=2)])


def _grid(rows: int, columns: int) -> UnitGraph:
    y, x = np.divmod(np.arange(rows * columns), columns)
    place = np.arange(rows * columns).reshape(rows, columns)
    edges = np.concatenate(
        [
            np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()], axis=1),
            np.stack([place[:-1].ravel(), place[1:].ravel()], axis=1),
        ]
    )
    calls = Activity("calls", np.ones(rows * columns), "calls/year")
    revenue = Activity("revenue", 1.0 + (x + 2 * y) % 3, "USD/year")
    place_of = np.stack([x, y], axis=1)
    halves = (np.where(2 * y < rows, "south", "north"), np.where(2 * x < columns, "west", "east"))
    return UnitGraph(
        np.arange(rows * columns),
        place_of * 1000.0,
        edges,
        [calls, revenue],
        lonlat=place_of * 0.01,
        border_lengths=np.full(len(edges), 1000.0),
        groups={"quarter": [f"{one}-{other}" for one, other in zip(*halves, strict=True)]},
    )


def _islands() -> UnitGraph:
    """A row of twelve units and, apart from it, a row of six."""
    x = np.concatenate([np.arange(12), np.arange(6)]) * 1000.0
    y = np.repeat([0.0, 9000.0], [12, 6])
    edges = [(i, i + 1) for i in range(17) if i != 11]  # noqa: PLR2004 - where the first row ends
    return UnitGraph(np.arange(18), np.stack([x, y], axis=1), edges, [Activity("calls", np.ones(18))])


def _demand(condition: bool, rule: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not condition:
        raise AssertionError(rule)


def _check_settings(method: Method) -> None:
    _demand(is_dataclass(method), "a method's settings must be a dataclass")
    params = type(method).__dataclass_params__  # type: ignore[attr-defined]
    _demand(params.frozen, "a method's settings must be frozen")
    copy = pickle.loads(pickle.dumps(method))  # noqa: S301 - our own object
    _demand(copy == method, "a method must survive pickle and be equal by its settings")
    values = [getattr(method, f.name) for f in fields(method)]  # type: ignore[arg-type]
    _demand(not any(isinstance(v, Problem | Plan) for v in values), "a method must hold settings only, no data")


def _solve(method: Method, problem: Problem, start: Plan | None = None) -> Result:
    return solve(problem, method, seed=7, stop=BUDGET, start=start)


def _check_on(method: Method, problem: Problem) -> None:
    before = pickle.dumps(problem)
    generator = _global_generator()
    first = _check_plan(_solve(method, problem))
    second = _check_plan(_solve(method, problem))
    _demand(np.array_equal(first.labels, second.labels), "the same seed and budget must give the same plan")
    _demand(pickle.dumps(problem) == before, "the problem must not be changed")
    _demand(_global_generator() == generator, "numpy's global random generator must not be used")
    _check_answer(method, problem)
    _check_start(method, problem, first)


def _global_generator() -> bytes:
    return pickle.dumps(np.random.get_state())  # noqa: NPY002 - to see that nobody uses it


def _check_plan(result: Result) -> Plan:
    _demand(result.plan is not None, f"a plan must be found, got {result.status.value}")
    assert result.plan is not None  # noqa: S101 - for the type checker
    broken = violations(result.plan)
    _demand(not broken, "the plan must pass the referee: " + "; ".join(v.message for v in broken[:3]))
    _demand(result.status in (Status.FEASIBLE, Status.OPTIMAL), f"the status must say so, got {result.status.value}")
    if result.bound is not None and result.objective is not None:
        limit = result.objective * (1 + 1e-9)
        _demand(result.bound.value <= limit, "a bound must not exceed the objective of a known plan")
    return result.plan


def _check_answer(method: Method, problem: Problem) -> None:
    watcher = _Watcher()
    answer = method.run(problem, np.random.default_rng(3), None, Stop(MaxIterations(BUDGET)), watcher)
    _demand(isinstance(answer, Answer), "run must return an Answer")
    _demand(answer.labels is not None, "run must return labels")
    Plan(problem, answer.labels)  # type: ignore[arg-type] # complete and exclusive, or it raises
    most = max([point.iterations for point in answer.trace] + watcher.iterations, default=0)
    _demand(most <= 2 * BUDGET, f"the iteration budget of {BUDGET} must be kept, got {most}")


class _Watcher(Observer):
    """Remembers the iterations it is told of."""

    def __init__(self) -> None:
        self.iterations: list[int] = []

    def on_progress(self, progress: Progress) -> None:
        """Write them down."""
        self.iterations.append(progress.iterations)


def _check_start(method: Method, problem: Problem, start: Plan) -> None:
    before = start.labels.copy()
    result = _solve(method, problem, start)
    _demand(np.array_equal(start.labels, before), "the start must not be changed")
    plan = _check_plan(result)
    _demand(objective(plan) <= objective(start) * (1 + 1e-9), "the result must not be worse than the start")


def _check_time_limit(method: Method) -> None:
    graph = _grid(30, 30)
    problem = Problem(graph, 9, [Balance("calls", 0.1), Contiguous()])
    result = solve(problem, method, time_limit=0.5)
    _demand(result.plan is not None, "a plan must be there when the time is over")
    ended = result.stopped_by in ("time_limit", "finished")
    _demand(ended, f"the time limit must end the search, got {result.stopped_by}")
    _demand(result.runtime < 0.5 + 1 + 1, f"the time limit of 0.5 s must be kept, got {result.runtime:.1f} s")
