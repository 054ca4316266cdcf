"""Solve, look at the answer, add what it breaks, and solve again."""

import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.errors import BackendError
from territorykit.solve.exact import contiguity, fixing
from territorykit.solve.exact.backend import Session, session
from territorykit.solve.exact.formulation import INF, Assignment
from territorykit.solve.exact.handover import ENOUGH, Solved
from territorykit.solve.exact.model import Row

if TYPE_CHECKING:
    from territorykit.solve.exact.hess import HessAnswer, Run

_log = logging.getLogger(__name__)

MOST_CUT_ROUNDS = 3
MOST_FLOW = 12_000
"""After how many rounds of cuts flows are added where the user leaves the choice, and up to how many columns."""
MOST_ROWS = 500
"""So many new rows in a round are enough."""
ROUGH, LEAST_ROUGH = 0.2, 1e-3
"""To what part of the gap that is left a round is solved while cuts are still found, and where that ends."""
STALE, LEAST_RISE = 8, 2e-4
"""Rounds of cuts for answers in fractions end where so many together have raised the bound by less than this part."""
LARGE = 3_000
"""From how many columns on the relaxed model is solved first, to close places by its reduced costs."""


def row_is_close(row: Row, values: Floats) -> bool:
    """Whether a row is kept up to what solvers allow themselves, relative to its coefficients."""
    sum_of = float(row.values @ values[row.columns])
    slack = 1e-5 * max(1.0, float(np.abs(row.values).max()))
    return row.lower - slack <= sum_of <= row.upper + slack


@dataclass(slots=True)
class Rounds:
    """The rounds of one model in a solver's hands."""

    run: "Run"
    assignment: Assignment
    session: Session
    separators: contiguity.Separators = field(init=False)
    rounds: int = field(init=False, default=0)
    closed: Ints = field(init=False, default_factory=lambda: np.zeros(0, np.int64))
    flowing: bool = field(init=False, default=False)
    precise: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.separators = contiguity.Separators(self.assignment)

    def solve(self) -> "HessAnswer":
        """Rounds until the answer breaks nothing, or the time is over."""
        run = self.run
        start = None if run.best is None else self.assignment.values_of(run.best)
        if run.connected and run.wish.contiguity in ("auto", "cuts"):
            self._cut_relaxed()
        if self.assignment.model.n_columns >= LARGE and math.isfinite(run.ceiling):
            self._close_places()
        while not run.tell(0, run.lower):
            seconds, gap = min(run.watch.seconds_left, ENOUGH), self._gap()
            found = self._checked(self.session.solve(start, seconds, gap, self._watch))
            self.rounds += 1
            run.lower = max(run.lower, found.bound * self.assignment.scale)
            if found.infeasible:
                return run.answer(proven=True, infeasible=run.best is None)
            before = run.value
            rows, sound = self._look_at(found)
            _log.info(
                "round %d: bound %.6g, best %.6g, %d rows to add, %.2f s",
                *(self.rounds, run.lower, run.value, len(rows), run.watch.seconds),
            )
            if not rows and (gap == run.wish.gap or not found.complete):
                return run.answer(proven=sound and found.complete and self._closed())
            self.precise = not rows
            if rows:
                self._add(rows)
            if run.best is not None:
                start = self.assignment.values_of(run.best)
            if run.value < before:
                self._close_more()
        return run.answer(proven=self._closed())

    def _gap(self) -> float:
        """The gap of a round: where many cuts are still to come, an answer's last digits are not worth their time."""
        run = self.run
        known = math.isfinite(run.ceiling) and math.isfinite(run.lower) and run.ceiling > 0
        if self.precise or self.flowing or self.assignment.layout.by_unit or not known:
            return run.wish.gap
        rough = ROUGH * (run.ceiling - run.lower) / abs(run.ceiling)
        return rough if rough > max(run.wish.gap, LEAST_ROUGH) else run.wish.gap

    def _cut_relaxed(self) -> None:
        """Cuts that answers in fractions violate, until there are none, or the bound hardly rises."""
        run, bounds = self.run, [-INF]
        while not run.over():
            found = self.session.relax(min(run.watch.seconds_left, ENOUGH))
            if found is None:
                break
            bounds.append(found[0])
            run.lower = max(run.lower, min(found[0] * self.assignment.scale, run.ceiling))
            rows = self.separators.violated_in_part(found[2])
            stale = len(bounds) > STALE and bounds[-1] - bounds[-1 - STALE] < LEAST_RISE * abs(bounds[-1])
            if not rows or stale:
                break
            self.assignment.model.rows += rows
            self.session.add(rows)
            run.tell(0, run.lower)
        _log.info("relaxed: bound %.6g after %d rounds of cuts, %.2f s", run.lower, len(bounds) - 1, run.watch.seconds)

    def _checked(self, found: Solved) -> Solved:
        """What the solver says, or an error where its answer breaks the rows it was given."""
        if found.values is None:
            return found
        model = self.assignment.model
        broken = [row for row in model.broken(found.values) if not row_is_close(row, found.values)]
        cost = float(model.costs() @ found.values)
        if broken or (found.complete and found.bound > cost + 1e-3 * max(abs(cost), 1.0)):
            what = f"breaks {len(broken):,} of its rows" if broken else "costs less than its own bound"
            message = f"the solver's answer {what}; nothing it says can be trusted here: take another solver"
            raise BackendError(message)
        return found

    def _add(self, rows: list[Row]) -> None:
        """Add cuts; where they do not settle it within a few rounds, flows, which leave nothing to cut."""
        run, model = self.run, self.assignment.model
        model.rows += rows
        late = self.rounds >= MOST_CUT_ROUNDS and run.connected and run.wish.contiguity == "auto"
        if not late or self.flowing or contiguity.flow_size(self.assignment) > MOST_FLOW:
            self.session.add(rows)
            return
        self.flowing = True
        contiguity.add_flows(self.assignment)
        run.check_size(model.n_columns, model.n_entries)
        self.session = session(model, run.wish.settings)
        self.session.close(self.closed)
        _log.info("flows added: %d columns", model.n_columns)

    def _watch(self, nodes: int, bound: float, _: float) -> bool:
        return self.run.tell(nodes, bound * self.assignment.scale)

    def _closed(self) -> bool:
        """Whether plan and bound have met, but for the solver's rounding."""
        run = self.run
        return run.best is not None and run.value - run.lower <= (run.wish.gap + 1e-6) * abs(run.value)

    def _look_at(self, found: Solved) -> tuple[list[Row], bool]:
        """What the answer breaks, and those met on the way to it, and whether the answer breaks nothing."""
        if found.values is None:
            return [], False
        rows, sound = self._look(found.values)
        for values in () if sound else found.others:
            if len(rows) < MOST_ROWS:
                rows += self._look(values)[0]
        return list({row.name: row for row in rows}.values()), sound

    def _look(self, values: Floats) -> tuple[list[Row], bool]:
        """Rows that values break, and whether they break nothing: then their plan is kept."""
        values = values.copy()
        whole = self.assignment.model.integers()
        values[whole] = np.round(values[whole])
        rows, sound = self.separators.violated(values) if self.run.connected else ([], True)
        more = list(self._covers(values))
        if sound and not more:
            self.run.take(self.assignment.labels_of(values))
        return rows + more, sound and not more

    def _covers(self, values: Floats) -> list[Row]:
        """Rows for sizes that are off by the solver's tolerance: one node less, or one more."""
        assignment, rows = self.assignment, []
        x, layout = assignment.x, assignment.layout
        column = np.where(x >= 0, values[x], -1.0).argmax(axis=1)
        for name, (weight, lower, upper) in layout.limits().items():
            for c in np.unique(column):
                own = column == c
                z = assignment.z[c]
                g = int(values[z].argmax()) if z.size else (0 if layout.by_unit else int(layout.class_of[c]))
                size, opening = float(weight[own].sum()), int(z[g]) if z.size else assignment.opening(int(c))
                label = f"{len(self.separators.seen)}_{self.rounds}_{c}"
                if size > upper[g] * (1 + 1e-12):
                    rows.append(self._less(f"fewer_{name}_{label}", x[own, c], opening))
                elif size < lower[g] * (1 - 1e-12):
                    rows.append(self._more(f"further_{name}_{label}", x[~own & (x[:, c] >= 0), c], opening))
        return rows

    def _less(self, name: str, columns: Ints, opening: int) -> Row:
        count = len(columns)
        if opening < 0 or opening in columns:
            return Row(name, columns, np.ones(count), -INF, count - 1.0)
        return Row(name, np.r_[columns, opening], np.ones(count + 1), -INF, float(count))

    def _more(self, name: str, columns: Ints, opening: int) -> Row:
        if opening < 0:
            return Row(name, columns, np.ones(len(columns)), 1.0, INF)
        return Row(name, np.r_[columns, opening], np.r_[np.ones(len(columns)), -1.0], 0.0, INF)

    def _close_more(self) -> None:
        """Close what a better plan rules out."""
        may, x = self.run.still_open(self.assignment.layout), self.assignment.x
        if may is not None:
            self.closed = np.union1d(self.closed, x[(x >= 0) & ~may])
            self.session.close(self.closed)
            _log.info("better plan: %d of %d places closed", len(self.closed), int((x >= 0).sum()))

    def _close_places(self) -> None:
        """Solve the relaxed model; close what its reduced costs rule out, ways included."""
        run, assignment, layout = self.run, self.assignment, self.assignment.layout
        found = self.session.relax(min(run.watch.seconds_left, ENOUGH))
        if found is None:
            return
        value, reduced, _ = found
        run.lower = max(run.lower, min(value * assignment.scale, run.ceiling))
        room = (run.ceiling + fixing.MARGIN * abs(run.ceiling)) / assignment.scale - value
        x = assignment.x
        step = np.where(x >= 0, np.maximum(reduced[x], 0.0), INF)
        may = step <= room
        rooted = np.flatnonzero(layout.root >= 0)
        if run.connected and len(rooted):
            step[layout.node[layout.root[rooted]], rooted] = 0.0
            usable = np.zeros(layout.n_columns, bool)
            usable[rooted] = True
            may[:, rooted] &= fixing.reachable(layout, step, np.full(layout.n_columns, room), usable)[:, rooted]
        if run.best is not None:
            kept = assignment.values_of(run.best)
            may |= (x >= 0) & ((np.ones(len(reduced)) if kept is None else kept)[x] > 0.5)  # noqa: PLR2004
        self.closed = x[(x >= 0) & ~may]
        self.session.close(self.closed)
        _log.info("relaxed: bound %.6g, %d of %d places closed", run.lower, len(self.closed), int((x >= 0).sum()))
