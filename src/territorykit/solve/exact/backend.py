"""Integer programs through PuLP, solved by HiGHS or by CBC; status and bound come from the solver itself."""

import logging
import math
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import highspy
import numpy as np
import pulp

from territorykit._arrays import Floats, Ints
from territorykit.errors import BackendError
from territorykit.solve.exact.model import CHECK, Model, Row

_log = logging.getLogger(__name__)

SOLVERS = ("HiGHS", "CBC")
ENOUGH = 1e9
"""Seconds where there is no limit."""
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user sets of a solver.

    Parameters
    ----------
    solver
        "HiGHS" or "CBC".
    threads
        How many the solver may use.
    log
        True prints the solver's log, a path writes it to a file.
    """

    solver: str = "HiGHS"
    threads: int = 1
    log: bool | str | Path = False


@dataclass(frozen=True, slots=True)
class Solved:
    """What a solver says of a model.

    Parameters
    ----------
    values
        Shape (n_columns,), or None where it has no answer.
    bound
        Proven: no answer costs less; minus infinity where nothing is proven.
    complete
        Whether it has searched everything, up to the gap.
    infeasible
        Whether it has proven that there is no answer.
    others
        Answers that it has met on its way.
    """

    values: Floats | None
    bound: float
    complete: bool
    infeasible: bool
    others: tuple[Floats, ...] = ()


Watcher = Callable[[int, float, float], bool]
"""Is told the solver's nodes, bound and best value now and then; says whether to stop."""


class Session(Protocol):
    """A model in a solver's hands."""

    def solve(self, start: Floats | None, seconds: float, gap: float, watcher: Watcher) -> Solved:
        """Solve, from a start, for so many seconds, up to a relative gap."""

    def relax(self, seconds: float) -> tuple[float, Floats, Floats] | None:
        """Least cost without whole numbers, reduced costs and values; None where it is not known."""

    def close(self, columns: Ints) -> None:
        """Set columns to 0 for good."""

    def add(self, rows: list[Row]) -> None:
        """Add rows."""


def session(model: Model, settings: Settings) -> Session:
    """Bring a model to a solver.

    Raises
    ------
    BackendError
        If the solver is unknown or not installed.
    """
    if settings.solver == "HiGHS":
        return _HighsSession(model, settings)
    return _CbcSession(model, settings, cbc_path())


def check_solver(name: str) -> None:
    """Raise a BackendError where a solver is unknown or not installed."""
    if name not in SOLVERS:
        message = f"no solver {name!r}; take one of {', '.join(map(repr, SOLVERS))}"
        raise BackendError(message)
    if name == "CBC":
        cbc_path()


def cbc_path() -> str:
    """The CBC program: on the path, from the package cbcbox, or the one that older PuLP brings along."""
    found = shutil.which("cbc")
    if found is None and find_spec("cbcbox") is not None:
        import cbcbox  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional

        found = cbcbox.cbc_bin_path()
    if found is None:
        inside = Path(pulp.__file__).parent / "solverdir" / "cbc"
        machine = {"posix": "osx" if os.uname().sysname == "Darwin" else "linux"}.get(os.name, "win")
        arm = os.name == "posix" and os.uname().machine in ("arm64", "aarch64") and machine == "linux"
        programs = [inside / machine / ("arm64" if arm else "i64") / ("cbc.exe" if machine == "win" else "cbc")]
        found = next((str(program) for program in programs if os.access(program, os.X_OK)), None)
    if found is None:
        message = (
            "the solver CBC is not installed: install the program cbc (Debian and Ubuntu: apt install coinor-cbc; "
            'macOS: brew install cbc), or pip install "pulp[cbc]"; HiGHS needs no installation'
        )
        raise BackendError(message)
    return found


def build(model: Model) -> tuple[pulp.LpProblem, list[Any]]:
    """The model as PuLP has it, and its variables in the model's order."""
    problem = pulp.LpProblem("territories", pulp.LpMinimize)
    cost, upper, integer = model.costs(), model.uppers(), model.integers()
    variables = [
        problem.add_variable(name, 0, float(up), "Integer" if whole else "Continuous")
        for name, up, whole in zip(model.names, upper, integer, strict=True)
    ]
    goal = pulp.lpSum([])
    for variable, each in zip(variables, cost.tolist(), strict=True):
        goal.addterm(variable, each)  # also where it is 0: so every variable is part of the problem
    problem += goal
    for first in range(0, len(model.rows), CHECK):
        model.check_time()
        put(problem, variables, model.rows[first : first + CHECK])
    return problem, variables


def put(problem: pulp.LpProblem, variables: list[Any], rows: list[Row]) -> None:
    """Add rows as named constraints; a range becomes two."""
    for row in rows:
        terms = pulp.lpSum([])
        for column, value in zip(row.columns.tolist(), row.values.tolist(), strict=True):
            terms.addterm(variables[column], value)
        if row.lower == row.upper:
            problem.addConstraint(terms == row.lower, row.name)
            continue
        if math.isfinite(row.lower):
            problem.addConstraint(terms >= row.lower, row.name + ("_least" if math.isfinite(row.upper) else ""))
        if math.isfinite(row.upper):
            problem.addConstraint(terms <= row.upper, row.name)


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
class _HighsSession:
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
        at = self.place[columns]
        self.highs.changeColsBounds(len(at), at, np.zeros(len(at)), np.zeros(len(at)))
        for column in columns.tolist():
            self.variables[column].upBound = 0

    def add(self, rows: list[Row]) -> None:
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


_NONE = re.compile(
    "proven infeasible|relaxation infeasible|is infeasible|infeasible or unbounded|integer infeasible",
    re.IGNORECASE,
)
_NUMBER = r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"


@dataclass(slots=True)
class _CbcSession:
    """CBC as a program of its own. What it has proven is read from its log: PuLP does not pass it on."""

    model: Model
    settings: Settings
    path: str
    problem: Any = field(init=False)
    variables: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.problem, self.variables = build(self.model)

    def solve(self, start: Floats | None, seconds: float, gap: float, watcher: Watcher) -> Solved:
        for variable, value in zip(self.variables, () if start is None else start.tolist(), strict=start is not None):
            variable.setInitialValue(value)
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "cbc.log"
            solver = pulp.COIN_CMD(
                path=self.path,
                msg=False,
                timeLimit=None if seconds >= ENOUGH else max(seconds, 0.1),
                gapRel=gap,
                threads=self.settings.threads if self.settings.threads > 1 else None,
                warmStart=start is not None,
                logPath=str(log),
            )
            try:
                self.problem.solve(solver)
            except pulp.PulpSolverError as error:
                message = f"CBC has failed: {error}; set log=True to see its own words, or take solver='HiGHS'"
                raise BackendError(message) from error
            text = log.read_text(encoding="utf-8", errors="replace")
        self._show(text)
        watcher(0, -math.inf, math.inf)
        return self._read(text)

    def _show(self, text: str) -> None:
        if self.settings.log is True:
            print(text)  # noqa: T201 - the user has asked for the solver's log
        elif self.settings.log:
            with Path(self.settings.log).open("a", encoding="utf-8") as file:
                file.write(text)

    def _read(self, text: str) -> Solved:
        end = text[text.rfind("Result -") :] if "Result -" in text else text
        none = "Result -" in text and bool(_NONE.search(end.splitlines()[0]))
        none |= "Result -" not in text and bool(_NONE.search(text))
        done = "Optimal solution found" in end
        value, lower = (re.search(word + _NUMBER, end) for word in ("Objective value:", "Lower bound:"))
        bound = -math.inf
        if none:
            bound = math.inf
        elif lower is not None:
            bound = float(lower.group(1)) - 1e-5 * abs(float(lower.group(1)))  # six digits are printed
        elif done and value is not None and "gap" not in end.splitlines()[0].lower():
            bound = float(value.group(1))
        values = None
        if value is not None and not none and "No feasible solution" not in text:
            values = np.array([variable.varValue or 0.0 for variable in self.variables])
        return Solved(values, bound, done, none)

    def relax(self, seconds: float) -> tuple[float, Floats, Floats] | None:
        """Left to CBC, which relaxes the model itself."""

    def close(self, columns: Ints) -> None:
        for column in columns.tolist():
            self.variables[column].upBound = 0

    def add(self, rows: list[Row]) -> None:
        put(self.problem, self.variables, rows)
