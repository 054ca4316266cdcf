"""HiGHS through PuLP: status and bound come from the object behind it."""

import logging
import math
import threading
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
import pulp

from territorykit._arrays import Floats, Ints
from territorykit.errors import BackendError
from territorykit.solve.exact.handover import Settings, Solved, Watcher, build, put
from territorykit.solve.exact.model import Model, Row

_log = logging.getLogger(__name__)
_ONE_AT_A_TIME = threading.Lock()


class _Silent(highspy.Highs):  # type: ignore[misc]
    """HiGHS greets on standard output as soon as callbacks are there: it is silenced before."""

    def enableCallbacks(self) -> Any:  # noqa: ANN401, N802 - highspy's own
        self.setOptionValue("output_flag", False)  # noqa: FBT003 - highspy's own signature
        return super().enableCallbacks()


class _Bridge(pulp.HiGHS):  # type: ignore[misc]
    """PuLP's way to HiGHS, with an object that is silent from the first moment."""

    def createAndConfigureSolver(self, lp: Any) -> None:  # noqa: ANN401, N802 - PuLP's own
        lp.solverModel = _Silent()


@dataclass(slots=True)
class HighsSession:
    """A model in the hands of HiGHS."""

    model: Model
    settings: Settings
    problem: Any = field(init=False)
    variables: list[Any] = field(init=False)
    place: Ints = field(init=False)
    highs: Any = field(init=False)
    stopped: bool = field(init=False, default=False)
    watcher: Watcher | None = field(init=False, default=None)
    met: list[Floats] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.problem, self.variables = build(self.model)
        bridge = _Bridge(msg=False)
        bridge.createAndConfigureSolver(self.problem)
        bridge.buildSolverModel(self.problem)
        self.highs = self.problem.solverModel
        everything = getattr(self.problem, "exported_variables", self.problem.variables)()
        order = {variable.name: i for i, variable in enumerate(everything)}
        self.place = np.array([order[name] for name in self.model.names], np.int32)
        self._configure()

    def _configure(self) -> None:
        options: dict[str, Any] = {"threads": self.settings.threads, "mip_abs_gap": 1e-6, "random_seed": 0}
        log = self.settings.log
        if log:
            options |= {"output_flag": True, "log_to_console": log is True}
        if log and log is not True:
            options["log_file"] = str(log)
        for name, value in options.items():
            self.highs.setOptionValue(name, value)
        self.highs.cbMipInterrupt.subscribe(self._hear)
        self.highs.cbMipImprovingSolution.subscribe(self._meet)
        self.highs.cbSimplexInterrupt.subscribe(self._hear_simplex)

    def _hear(self, event: Any) -> None:  # noqa: ANN401 - highspy's event
        if self.watcher is not None:
            out = event.data_out
            self.stopped |= self.watcher(int(out.mip_node_count), out.mip_dual_bound, out.mip_primal_bound)
        if self.stopped:
            event.interrupt()

    def _meet(self, event: Any) -> None:  # noqa: ANN401 - highspy's event
        values = np.array(event.data_out.mip_solution, np.float64)
        if len(values) == len(self.place):
            self.met.append(values[self.place])

    def _hear_simplex(self, event: Any) -> None:  # noqa: ANN401 - highspy's event
        if self.watcher is not None:
            self.stopped |= self.watcher(0, -math.inf, math.inf)
        if self.stopped:
            event.interrupt()

    def _run(self, seconds: float) -> Any:  # noqa: ANN401 - highspy's status
        """Run; where another number of threads was in use before, HiGHS has to be told."""
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(seconds, 0.01))
        status = self.highs.run()
        if status == highspy.HighsStatus.kError and self.highs.getModelStatus() == highspy.HighsModelStatus.kNotset:
            with _ONE_AT_A_TIME:
                self.highs.resetGlobalScheduler(True)  # noqa: FBT003 - highspy's own signature
            status = self.highs.run()
        if status == highspy.HighsStatus.kError:
            state = self.highs.modelStatusToString(self.highs.getModelStatus())
            message = f"HiGHS has failed ({state}); set log=True to see its own words, or take solver='CBC'"
            raise BackendError(message)
        return self.highs.getModelStatus()

    def solve(self, start: Floats | None, seconds: float, gap: float, watcher: Watcher) -> Solved:
        """Solve, from a start, for so many seconds, up to a relative gap."""
        self.watcher, self.stopped, self.met = watcher, False, []
        self.highs.setOptionValue("mip_rel_gap", gap)
        if start is not None:
            self.highs.setSolution(len(self.place), self.place, start)
        before = self.highs.getRunTime()
        state = self._run(seconds)
        if not self._consistent():
            # HiGHS 1.16 can misread a start in its reduced model and call it best at a cost that it does not have
            _log.info("HiGHS has misread the start: solved again without it")
            self.highs.clearSolver()
            state = self._run(seconds - (self.highs.getRunTime() - before))
            if not self._consistent():
                message = "HiGHS contradicts itself about the cost of its answer; take solver='CBC'"
                raise BackendError(message)
        self.watcher = None
        return self._read(state)

    def _values(self) -> Floats | None:
        if self.highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        return np.asarray(self.highs.getSolution().col_value, np.float64)[self.place]

    def _consistent(self) -> bool:
        """Whether the answer costs what the solver says."""
        values = self._values()
        if values is None:
            return True
        cost, said = float(self.model.costs() @ values), float(self.highs.getInfo().objective_function_value)
        return abs(cost - said) <= 1e-5 * max(1.0, abs(cost))

    def _read(self, state: Any) -> Solved:  # noqa: ANN401 - highspy's status
        done = state == highspy.HighsModelStatus.kOptimal
        none = state in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
        bound = float(self.highs.getInfo().mip_dual_bound) if not none else math.inf
        return Solved(self._values(), bound if not math.isnan(bound) else -math.inf, done, none, tuple(self.met))

    def relax(self, seconds: float) -> tuple[float, Floats, Floats] | None:
        """Least cost without whole numbers, reduced costs and values."""
        whole = np.flatnonzero(self.model.integers()).astype(np.int32)
        kinds = highspy.HighsVarType
        columns = self.place[whole]
        self.highs.changeColsIntegrality(len(columns), columns, np.full(len(columns), kinds.kContinuous))
        state = self._run(seconds)
        found = None
        if state == highspy.HighsModelStatus.kOptimal:
            answer = self.highs.getSolution()
            dual = np.asarray(answer.col_dual, np.float64)[self.place]
            value = np.asarray(answer.col_value, np.float64)[self.place]
            found = (float(self.highs.getInfo().objective_function_value), dual, value)
        self.highs.changeColsIntegrality(len(columns), columns, np.full(len(columns), kinds.kInteger))
        return found

    def close(self, columns: Ints) -> None:
        """Set columns to 0 for good."""
        at = self.place[columns]
        self.highs.changeColsBounds(len(at), at, np.zeros(len(at)), np.zeros(len(at)))
        for column in columns.tolist():
            self.variables[column].upBound = 0

    def add(self, rows: list[Row]) -> None:
        """Add rows."""
        put(self.problem, self.variables, rows)
        sizes = [len(row.columns) for row in rows]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        status = self.highs.addRows(
            len(rows),
            np.array([row.lower for row in rows]),
            np.array([row.upper for row in rows]),
            int(sum(sizes)),
            starts,
            self.place[np.concatenate([row.columns for row in rows])],
            np.concatenate([row.values for row in rows]),
        )
        if status == highspy.HighsStatus.kError:
            message = f"HiGHS refuses {len(rows):,} rows, the first one {rows[0].name!r}; take solver='CBC'"
            raise BackendError(message)
