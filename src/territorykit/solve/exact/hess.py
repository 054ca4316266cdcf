"""The exact model in rounds: build, solve, look for what the answer breaks, add the cuts, solve again."""

import logging
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from territorykit._arrays import Bools, Ints
from territorykit.criteria.objective import objective
from territorykit.errors import RequirementError
from territorykit.model.objective import CenterTerm
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.requirements import Contiguous
from territorykit.model.workload import BalancedWorkload
from territorykit.solve.exact import backend, contiguity, fixing
from territorykit.solve.exact.formulation import INF, Assignment
from territorykit.solve.exact.handover import Settings
from territorykit.solve.exact.layout import Layout, lay_out
from territorykit.solve.exact.model import OutOfTimeError
from territorykit.solve.exact.rounds import Rounds
from territorykit.solve.exact.terms import add_terms
from territorykit.solve.progress import Observer
from territorykit.solve.stop import Progress, Stop

_log = logging.getLogger(__name__)

Way = Literal["auto", "cuts", "flow", "tree"]
SMALL_FLOW = 1_500
"""Up to how many columns of flow the flow formulation is taken at once where the user leaves the choice."""
THINNINGS = 4
ENOUGH_LEFT = 0.9
"""How often a model is thinned, as long as no more than this part is left."""
BYTES_PER_COLUMN = 1_500
BYTES_PER_ENTRY = 400
"""What a column and a coefficient take, in PuLP and in the solver together."""


@dataclass(frozen=True, slots=True)
class HessAnswer:
    """What the exact model has found and proven.

    Parameters
    ----------
    labels
        Shape (n_units,): the best plan, or None.
    objective
        Its objective, infinite without one.
    bound
        Proven: no plan costs less; None where nothing is proven.
    proven
        Whether the search is complete: the plan is best up to the gap, or there is none.
    infeasible
        Whether it is proven that no plan meets the requirements.
    """

    labels: Ints | None
    objective: float
    bound: float | None
    proven: bool
    infeasible: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """How to search.

    Parameters
    ----------
    settings
        Solver, threads and log.
    gap
        Relative gap at which to stop.
    contiguity
        "cuts", "flow", "tree", or "auto": by size.
    memory
        Bytes that a model may take; None is what the machine has free.
    """

    settings: Settings = field(default_factory=Settings)
    gap: float = 0.0
    contiguity: Way = "auto"
    memory: float | None = None


def solve_hess(  # noqa: PLR0913 - one door with every setting
    problem: Problem,
    *,
    start: Plan | None = None,
    open_to: Bools | None = None,
    cutoff: float | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
    gap: float = 0.0,
    log: bool | str | Path | None = None,
    solver: str = "HiGHS",
    observer: Observer | None = None,
) -> HessAnswer:
    """Solve a problem exactly.

    Parameters
    ----------
    problem
        What to solve.
    start
        A plan to start from; where it meets every requirement, the model is thinned against it.
    open_to
        Where units may go in any plan that is better than the start or the cutoff: shape (n_units, n_units) where
        centers are free units, column j for center j, with a further column for each base where some of the bases that
        the objective is about are free; else (n_units, n_territories). The answer is the best plan there, and its
        bound holds for all plans only if the mask does.
    cutoff
        Cost of a known plan: none that costs more is looked for.
    time_limit
        Seconds.
    threads
        How many the solver may use; one without it.
    gap
        Relative gap at which to stop.
    log
        True prints the solver's log, a path writes it to a file.
    solver
        "HiGHS" or "CBC".
    observer
        Is told bound and best plan.

    Returns
    -------
    HessAnswer
        The best plan, its bound, and whether the search is complete.

    Raises
    ------
    RequirementError
        If the objective is one that the model cannot hold, or the model would not fit into memory.
    BackendError
        If the solver is unknown, not installed, or fails.
    """
    wish = Wish(Settings(solver, threads or 1, log or False), gap)
    labels = None if start is None else start.labels
    return search(problem, wish, labels, Stop(None, time_limit), observer or Observer(), open_to=open_to, cutoff=cutoff)


def search(
    problem: Problem,
    wish: Wish,
    start: Ints | None,
    watch: Stop,
    observer: Observer,
    *,
    open_to: Bools | None = None,
    cutoff: float | None = None,
) -> HessAnswer:
    """The same with a watch, which may end it at any moment."""
    check_supported(problem)
    backend.check_solver(wish.settings.solver)
    _check_places(problem, wish)
    layout = lay_out(problem, open_to)
    run = Run(layout, wish, watch, observer, start, INF if cutoff is None else cutoff)
    answer = run.run()
    if open_to is not None or cutoff is not None:  # nothing there is no proof that there is nothing at all
        nothing = answer.infeasible and cutoff is not None
        return replace(answer, infeasible=False, bound=cutoff if nothing else answer.bound)
    if answer.infeasible and layout.unreached:
        ways = Run(lay_out(problem, ignore_ways=True), wish, watch, observer, start, INF).run()
        return ways if ways.infeasible else HessAnswer(ways.labels, INF, None, proven=False, infeasible=False)
    return answer


def check_supported(problem: Problem) -> None:
    """Raise a RequirementError that names what the exact model cannot hold."""
    wrong = [term for term in problem.terms if isinstance(term, CenterTerm) and term.center == "centroid"]
    if wrong:
        message = (
            f"the exact method does not support {wrong[0]!r}: distances to a centroid are not linear in what belongs "
            "to it; take center='unit' or 'base', or solve it with Annealing()"
        )
        raise RequirementError(message)
    hours = problem.of_type(BalancedWorkload)
    if hours:
        message = (
            f"the exact method does not support {hours[0]!r}: what a territory takes depends on where its days begin, "
            "which follows from the objective; solve it with Annealing(), bound it with tk.prove, or leave it out"
        )
        raise RequirementError(message)


def least_cost(layout: Layout) -> float:
    """What every plan costs at least: each node where it is cheapest, no borders, no diameters."""
    cheapest = np.where(layout.open_to, layout.cost, INF).min(axis=1, initial=INF)
    named = 0.0 if layout.extra is None else float(layout.extra.min(axis=1).sum())
    return float(cheapest.sum()) + named if np.isfinite(cheapest).all() else -INF


def free_memory() -> float:
    """Bytes that are free on this machine; infinite where it does not say."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as file:
            lines = dict(line.split(":") for line in file)
        return float(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return INF


def _check_places(problem: Problem, wish: Wish) -> None:
    """The distances alone take a few numbers for every unit and every center."""
    n = problem.graph.n_units
    free = wish.memory if wish.memory is not None else free_memory()
    needed = 60.0 * n * n
    if needed > free:
        _refuse(problem, needed, free, f"{n * n:,} pairs of units")


def _refuse(problem: Problem, needed: float, free: float, what: str) -> None:
    message = (
        f"the exact model of {problem.graph.n_units:,} units and {problem.n_territories:,} territories has {what} "
        f"and needs about {needed / 1e9:,.2g} GB, {free / 1e9:,.2g} GB are free; solve it with Annealing(), join units "
        "to larger ones, give bases, or set MaxTravel so that fewer units are near enough"
    )
    raise RequirementError(message)


@dataclass(slots=True)
class Run:
    """One search on one layout."""

    layout: Layout
    wish: Wish
    watch: Stop
    observer: Observer
    start: Ints | None
    cutoff: float
    best: Ints | None = None
    value: float = INF
    lower: float = -INF
    offset: float = 0.0
    nodes: int = 0
    improved: int = 0
    told: float = 0.0
    prices: fixing.Prices | None = None

    def run(self) -> HessAnswer:
        """Thin the model, build it, and solve it in rounds."""
        try:
            return self._solved()
        except OutOfTimeError:
            self.tell(0, self.lower)
            return self.answer(proven=False)

    def over(self) -> bool:
        """Whether the time is over."""
        return self.watch.interrupted or self.watch.seconds_left <= 0

    def _solved(self) -> HessAnswer:
        layout = self.layout
        self.lower = least_cost(layout)
        if self.start is not None and self._keeps(self.start):
            self.best, self.value = self.start, self._objective(self.start)
        upper = self.ceiling
        if layout.by_unit and not layout.based and np.isfinite(upper) and layout.extra is None and upper > 0:
            layout = self._thin(layout, upper)
        assignment = self._assignment(layout, upper)
        if assignment.model.impossible or layout.n_columns < layout.problem.n_territories:
            return self.answer(proven=True, infeasible=self.best is None)
        return Rounds(self, assignment, backend.session(assignment.model, self.wish.settings)).solve()

    @property
    def ceiling(self) -> float:
        """Cost of the plan at hand, or of one that is known."""
        return min(self.value, self.cutoff)

    @property
    def connected(self) -> bool:
        """Whether territories must be connected."""
        return bool(self.layout.problem.of_type(Contiguous))

    def _objective(self, labels: Ints) -> float:
        return objective(Plan(self.layout.problem, labels))

    def _keeps(self, labels: Ints) -> bool:
        """Whether a plan meets every requirement, by the model's own rows over the places it uses."""
        layout = self.layout
        first = np.unique(layout.node, return_index=True)[1]
        home = labels[first]
        if layout.by_unit:
            of_column = np.where(layout.base < 0, home[layout.node[layout.root]], layout.base)
            used = home[:, None] == of_column[None]
            used &= (layout.open_to | ~used).all(axis=0)[None]
        else:
            used = home[:, None] == np.arange(layout.n_columns)[None]
        small = Assignment(layout.thinned(used))
        add_terms(small)
        values = None if small.model.impossible else small.values_of(labels)
        if values is None or small.model.broken(values):
            return False
        return not self.connected or contiguity.Separators(small).violated(values)[1]

    def _thin(self, layout: Layout, upper: float) -> Layout:
        """The layout without places that no better plan can use; what is left proves more, and is thinned again."""
        labels = self.best if self.best is not None else np.zeros(len(layout.node), np.int64)
        self.prices = fixing.best_prices(layout, upper, fixing.first_prices(layout, labels), self.over)
        for _ in range(THINNINGS):
            may = self.still_open(layout)
            if may is None or self.over():
                break
            before, layout = layout.open_to.sum(), layout.thinned(may)
            _log.info(
                "bound %.6g, plan %.6g: %d of %d places and %d centers left after %.2f s",
                *(self.lower, upper, layout.open_to.sum(), before, layout.n_columns, self.watch.seconds),
            )
            if layout.open_to.sum() > ENOUGH_LEFT * before:
                break
            self.prices = fixing.ascend(layout, upper, self.prices, fixing.STEPS // 4, self.over)
        return layout

    def still_open(self, layout: Layout) -> Bools | None:
        """Where nodes of a layout may go in a plan that is no worse than the best one; None where that is not known."""
        if self.prices is None or not np.isfinite(self.prices.bound):
            return None
        self.lower = max(self.lower, min(self.prices.bound, self.ceiling))
        may = fixing.still_open(layout, self.prices, self.ceiling, connected=self.connected)
        return may if self.best is None else may | self._used(layout, self.best)

    def _used(self, layout: Layout, labels: Ints) -> Bools:
        """The places of a plan with the best centers, shape (n_nodes, n_columns)."""
        first = np.unique(layout.node, return_index=True)[1]
        home = labels[first]
        used = np.zeros(layout.open_to.shape, bool)
        for t in np.unique(home):
            own = home == t
            column = layout.column_for(own, int(t))
            if column >= 0:
                used[own, column] = True
        return used

    def _assignment(self, layout: Layout, upper: float) -> Assignment:
        places = int(layout.open_to.sum())
        self.check_size(places, places * (3 + 2 * len(layout.limits())))
        assignment = Assignment(layout, self.over)
        add_terms(assignment)
        assignment.rescale(upper if np.isfinite(upper) else None)
        way = self.wish.contiguity
        if self.connected and way == "tree":
            contiguity.add_trees(assignment)
        elif self.connected and (way == "flow" or (way == "auto" and contiguity.flow_size(assignment) <= SMALL_FLOW)):
            contiguity.add_flows(assignment)
        self.check_size(assignment.model.n_columns, assignment.model.n_entries)
        return assignment

    def check_size(self, columns: int, entries: int) -> None:
        """Refuse a model that would not fit into memory."""
        free = self.wish.memory if self.wish.memory is not None else free_memory()
        needed = columns * BYTES_PER_COLUMN + entries * BYTES_PER_ENTRY
        if needed > free:
            _refuse(self.layout.problem, needed, free, f"{columns:,} columns and {entries:,} coefficients")

    def tell(self, nodes: int, bound: float) -> bool:
        """Pass the progress on; says whether to stop."""
        now = self.watch.seconds
        lower = max(self.lower, min(bound, self.value))
        progress = Progress(self.nodes + nodes, now, self.value, 0.0, self.improved, lower if lower > -INF else None)
        if now - self.told >= 0.25:  # noqa: PLR2004 - a few times a second
            self.told = now
            self.observer.on_progress(progress)
        return self.watch.reached(progress)

    def take(self, labels: Ints) -> None:
        """Keep a plan if it is the best so far."""
        value = self._objective(labels)
        if self.best is None or value < self.value:
            self.best, self.value, self.improved = labels, value, self.nodes

    def answer(self, *, proven: bool, infeasible: bool = False) -> HessAnswer:
        """What has been found and proven."""
        restricted = self.wish.contiguity == "tree" and self.connected
        bound = min(self.lower, self.value, self.cutoff)
        if proven and self.best is None and not infeasible:
            bound = self.cutoff
        if restricted or not np.isfinite(bound):
            return HessAnswer(self.best, self.value, None, proven and not restricted, infeasible and not restricted)
        return HessAnswer(self.best, self.value, bound, proven, infeasible)
