"""CBC as a program of its own, through PuLP."""

import math
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pulp

from territorykit._arrays import Floats, Ints
from territorykit.errors import BackendError
from territorykit.solve.exact.handover import ENOUGH, Settings, Solved, Watcher, build, put
from territorykit.solve.exact.model import Model, Row


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


_NONE = re.compile(
    "proven infeasible|relaxation infeasible|is infeasible|infeasible or unbounded|integer infeasible",
    re.IGNORECASE,
)
_NUMBER = r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"


@dataclass(slots=True)
class CbcSession:
    """CBC as a program of its own. What it has proven is read from its log: PuLP does not pass it on."""

    model: Model
    settings: Settings
    path: str
    problem: Any = field(init=False)
    variables: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.problem, self.variables = build(self.model)

    def solve(self, start: Floats | None, seconds: float, gap: float, watcher: Watcher) -> Solved:
        """Solve, from a start, for so many seconds, up to a relative gap."""
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
        """Set columns to 0 for good."""
        for column in columns.tolist():
            self.variables[column].upBound = 0

    def add(self, rows: list[Row]) -> None:
        """Add rows."""
        put(self.problem, self.variables, rows)
