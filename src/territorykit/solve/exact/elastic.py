"""Whether some requirements can be met together, and how little one of them must give way: an integer program.

Connected territories come in rounds: a territory in pieces adds cuts, until every one is whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

import highspy
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Ints
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
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
from territorykit.model.workload import BalancedWorkload
from territorykit.solve.exact.away import WITHIN, ways_from_bases, ways_from_units
from territorykit.solve.exact.program import quiet

Verdict = Literal["feasible", "infeasible", "open"]


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What the program says.

    Parameters
    ----------
    verdict
        "feasible" with labels, "infeasible" where it is proven that there are none, "open" otherwise.
    labels
        Shape (n_units,): the territory of each unit, or None.
    smallest
        Whether it is proven that the elastic requirement cannot give way less.
    """

    verdict: Verdict
    labels: Ints | None = None
    smallest: bool = False


@dataclass(slots=True, eq=False)
class Model:
    """An integer program that grows row by row; its first columns are the assignment, unit by unit."""

    problem: Problem
    elastic: Requirement | None
    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[list[int], list[float], float, float]] = field(default_factory=list)
    centers: dict[int, list[int]] = field(default_factory=dict)

    def column(self, *, cost: float = 0.0, upper: float = 1.0, whole: bool = True) -> int:
        """A new column, from 0 up."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, columns: list[int], values: list[float], lower: float, upper: float) -> None:
        """A new row; its values are near 1, as the solver's tolerances are absolute."""
        self.rows.append((columns, values, lower, upper))

    def x(self, unit: int | np.integer[Any], territory: int | np.integer[Any]) -> int:
        """The column that says whether a unit belongs to a territory."""
        return int(unit) * self.problem.n_territories + int(territory)

    def center_of(self, territory: int) -> list[int]:
        """The columns that say which of its units is a territory's center."""
        if territory not in self.centers:
            n = self.problem.graph.n_units
            found = self.centers[territory] = [self.column() for _ in range(n)]
            self.row(found, [1.0] * n, 1.0, 1.0)
            for i in range(n):
                self.row([found[i], self.x(i, territory)], [1.0, -1.0], -np.inf, 0.0)
        return self.centers[territory]

    def gives(self, r: Requirement) -> bool:
        """Whether it is this requirement that gives way."""
        return r is self.elastic


def decide(problem: Problem, hard: list[Requirement], elastic: Requirement | None, until: float) -> Decision:
    """Whether all of `hard` and what is left of `elastic` can be met.

    Parameters
    ----------
    problem
        Its facts count, and of its requirements those that are named.
    hard
        Requirements to be met as they are; `BalancedWorkload` is left out, so that with it only "infeasible" is proven.
    elastic
        The requirement that gives way as little as possible, or None. `Contiguous` cannot give way; a
        `MaxTravel` is tried limit by limit by the caller.
    until
        When to give up, on the clock of `time.monotonic`.
    """
    model = _model(problem, hard, elastic)
    connected = any(isinstance(r, Contiguous) for r in hard)
    while True:
        verdict, values = _run(model, until)
        if values is None:
            return Decision(verdict)
        shape = (problem.graph.n_units, problem.n_territories)
        labels = values[: shape[0] * shape[1]].reshape(shape).argmax(axis=1).astype(np.int64)
        if not connected or not _cut(model, labels):
            return Decision("feasible", labels, smallest=verdict == "feasible")
        if monotonic() >= until:
            return Decision("open")


def _run(model: Model, until: float) -> tuple[Verdict, np.ndarray | None]:
    seconds = until - monotonic()
    if seconds <= 0:
        return "open", None
    width, lp = len(model.cost), highspy.HighsLp()
    lp.num_col_, lp.num_row_ = width, len(model.rows)
    lp.col_cost_ = np.array(model.cost)
    lp.col_lower_, lp.col_upper_ = np.zeros(width), np.array(model.upper)
    lp.row_lower_ = np.array([row[2] for row in model.rows])
    lp.row_upper_ = np.array([row[3] for row in model.rows])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(row[0]) for row in model.rows])]).astype(np.int32)
    lp.a_matrix_.index_ = np.concatenate([row[0] for row in model.rows]).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate([row[1] for row in model.rows]).astype(float)
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in model.whole]
    solver = quiet(2**31 - 1, seconds)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-9)
    solver.passModel(lp)
    solver.run()
    status, ends = solver.getModelStatus(), highspy.HighsModelStatus
    if status == ends.kOptimal:
        return "feasible", np.asarray(solver.getSolution().col_value, float)
    # a program whose columns are all bounded cannot be unbounded
    return ("infeasible" if status in (ends.kInfeasible, ends.kUnboundedOrInfeasible) else "open"), None


def _cut(model: Model, labels: Ints) -> bool:
    """Cuts for the territories in pieces; whether there were any."""
    graph, k = model.problem.graph, model.problem.n_territories
    inside = graph.edges[labels[graph.edges[:, 0]] == labels[graph.edges[:, 1]]]
    matrix = coo_matrix((np.ones(len(inside)), tuple(inside.T)), shape=(graph.n_units,) * 2)
    piece = connected_components(matrix, directed=False)[1]
    found = False
    for t in range(k):
        pieces, counts = np.unique(piece[labels == t], return_counts=True)
        for p in pieces:
            if len(pieces) == 1:
                continue
            main = pieces[counts.argmax()] if p != pieces[counts.argmax()] else next(q for q in pieces if q != p)
            here = piece == p
            one, other = int(np.flatnonzero(here)[0]), int(np.flatnonzero(piece == main)[0])
            touching = here[graph.edges].sum(axis=1) == 1
            around = np.unique(graph.edges[touching])
            around = around[~here[around]]
            for s in range(k):
                columns = [model.x(one, s), model.x(other, s), *(model.x(u, s) for u in around)]
                model.row(columns, [1.0, 1.0] + [-1.0] * len(around), -np.inf, 1.0)
            found = True
    return found


def _model(problem: Problem, hard: list[Requirement], elastic: Requirement | None) -> Model:
    n, k = problem.graph.n_units, problem.n_territories
    model = Model(problem, elastic)
    for _ in range(n * k):
        model.column()
    for i in range(n):
        model.row([model.x(i, t) for t in range(k)], [1.0] * k, 1.0, 1.0)
    for t in range(k):
        model.row([model.x(i, t) for i in range(n)], [1.0] * n, 1.0, np.inf)
    used = [*hard, elastic] if elastic is not None else hard
    if _alike(used):
        for i in range(n):
            for t in range(1, k):  # territories are numbered in the order of their first units
                model.row([model.x(i, t)] + [model.x(j, t - 1) for j in range(i)], [1.0] + [-1.0] * i, -np.inf, 0.0)
    for r in used:
        if not isinstance(r, Contiguous | BalancedWorkload):
            _ROWS[type(r)](model, r)
    return model


def _alike(requirements: list[Requirement]) -> bool:
    """Whether territories can be exchanged for each other."""
    for r in requirements:
        if isinstance(r, Fixed | MaxMoved) or (isinstance(r, MaxTravel) and r.to == "base"):
            return False
        if isinstance(r, Balance) and r.targets is not None:
            return False
        if isinstance(r, Capacity) and (np.ndim(r.lower) or np.ndim(r.upper)):
            return False
    return True


def _sizes(model: Model, r: Balance | Capacity) -> None:
    problem, k = model.problem, model.problem.n_territories
    activity = problem.graph.activity(r.activity)
    mean = np.full(k, activity.total / k)
    if isinstance(r, Balance):
        scale = problem.targets(r)
        lower, upper, most = np.full(k, 1 - r.tolerance), np.full(k, 1 + r.tolerance), 1 - r.tolerance
    else:
        scale, most = mean, float(k)
        lower, upper = np.broadcast_to(r.lower, k) / scale, np.broadcast_to(r.upper, k) / scale
    units = np.flatnonzero(activity.values > 0)
    slack = [model.column(cost=1.0, upper=most, whole=False)] if model.gives(r) else []
    for t in range(k):
        columns, values = [model.x(u, t) for u in units], (activity.values[units] / scale[t]).tolist()
        if np.isfinite(upper[t]):
            model.row(columns + slack, values + [-1.0] * len(slack), -np.inf, float(upper[t]) + 1e-9)
        if lower[t] > 0:
            model.row(columns + slack, values + [1.0] * len(slack), float(lower[t]) - 1e-9, np.inf)


def _travel(model: Model, r: MaxTravel) -> None:
    """Units too far from a base are kept out; elsewhere the territory has a center that none of its units is far from.

    All limits on ways from units share one center for each territory.
    """
    problem, limit = model.problem, r.limit * WITHIN
    given = problem.given_bases & (r.to == "base")
    if given.any():
        away = ways_from_bases(problem, r.measure)
        for i, t in zip(*np.nonzero(away > limit), strict=True):
            if given[t]:
                model.row([model.x(i, t)], [1.0], 0.0, 0.0)
    if given.all():
        return
    far = ways_from_units(problem, r.measure) > limit
    for t in np.flatnonzero(~given):
        center = model.center_of(int(t))
        for i in range(problem.graph.n_units):
            others = [center[j] for j in np.flatnonzero(far[i])]
            if others:
                model.row([model.x(i, t), *others], [1.0] * (1 + len(others)), -np.inf, 1.0)


def _fixed(model: Model, r: Fixed) -> None:
    for unit, label in r.mapping.items():
        u = int(model.problem.graph.positions([unit])[0])
        free = [model.column(cost=1.0)] if model.gives(r) else []
        model.row([model.x(u, model.problem.territory(label)), *free], [1.0] * (1 + len(free)), 1.0, np.inf)


def joined(r: Together) -> list[list[object]]:
    """The groups of a `Together`, those that share a unit as one."""
    found: list[list[object]] = []
    for group in r.groups:
        touched = [other for other in found if set(other) & set(group)]
        found = [other for other in found if other not in touched]
        found.append(list(dict.fromkeys([u for other in touched for u in other] + list(group))))
    return found


def _together(model: Model, r: Together) -> None:
    k = model.problem.n_territories
    for group in joined(r):
        units = model.problem.graph.positions(group).tolist()
        free = [model.column(cost=1.0) if model.gives(r) else -1 for _ in units]
        for a in range(len(units)):
            for b in range(len(units)):
                slack = [free[a], free[b]] if model.gives(r) else []
                for t in range(k if a != b else 0):
                    columns = [model.x(units[a], t), model.x(units[b], t), *slack]
                    model.row(columns, [1.0, -1.0] + [-1.0] * len(slack), -np.inf, 0.0)


def _apart(model: Model, r: Apart) -> None:
    for pair in r.pairs:
        one, other = model.problem.graph.positions(pair)
        free = [model.column(cost=1.0)] if model.gives(r) else []
        for t in range(model.problem.n_territories):
            columns = [model.x(one, t), model.x(other, t), *free]
            model.row(columns, [1.0, 1.0] + [-1.0] * len(free), -np.inf, 1.0)


def _moved(model: Model, r: MaxMoved) -> None:
    graph, today = model.problem.graph, model.problem.incumbent(r)
    weight = np.ones(graph.n_units) if r.activity is None else graph.activity(r.activity).values
    weight = weight / weight.sum()
    units = np.flatnonzero((today >= 0) & (weight > 0))
    slack = [model.column(cost=1.0, upper=1 - r.share, whole=False)] if model.gives(r) else []
    stay = [model.x(u, today[u]) for u in units]
    least = float(weight[units].sum()) - r.share - 1e-9
    model.row(stay + slack, weight[units].tolist() + [1.0] * len(slack), least, np.inf)


def _nested(model: Model, r: Nested) -> None:
    problem, k = model.problem, model.problem.n_territories
    group = problem.groups(r)
    n, count = problem.graph.n_units, int(group.max()) + 1
    columns: list[int] = []
    values: list[float] = []
    for g in range(count):
        inside, outside = np.flatnonzero(group == g), np.flatnonzero(group != g)
        every = model.column()  # whether all territories with units of the group cross it
        for t in range(k):
            holds, leaves, exceeds, crosses = (model.column() for _ in range(4))
            for u in inside:
                model.row([holds, model.x(u, t)], [1.0, -1.0], 0.0, np.inf)
                model.row([leaves, model.x(u, t)], [1.0, 1.0], 1.0, np.inf)
            for u in outside:
                model.row([exceeds, model.x(u, t)], [1.0, -1.0], 0.0, np.inf)
            model.row([crosses, holds, leaves, exceeds], [1.0, -1.0, -1.0, -1.0], -2.0, np.inf)
            model.row([every, holds, crosses], [1.0, 1.0, -1.0], -np.inf, 1.0)
            columns.append(crosses)
            values.append(1.0)
        columns.append(every)
        values.append(-1.0)
    if model.gives(r):
        columns.append(model.column(cost=1.0, upper=float(n * k)))
        values.append(-1.0)
    if columns:
        model.row(columns, values, -np.inf, float(r.max_splits))


_ROWS: dict[type, Callable[[Model, Any], None]] = {
    Balance: _sizes,
    Capacity: _sizes,
    MaxTravel: _travel,
    Fixed: _fixed,
    Together: _together,
    Apart: _apart,
    MaxMoved: _moved,
    Nested: _nested,
}
