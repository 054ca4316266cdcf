"""The solvers: HiGHS, and CBC where the user has it."""

from typing import Protocol

from territorykit._arrays import Floats, Ints
from territorykit.errors import BackendError
from territorykit.solve.exact.cbc import CbcSession, cbc_path
from territorykit.solve.exact.handover import Settings, Solved, Watcher
from territorykit.solve.exact.highs import HighsSession
from territorykit.solve.exact.model import Model, Row

SOLVERS = ("HiGHS", "CBC")


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
        return HighsSession(model, settings)
    return CbcSession(model, settings, cbc_path())


def check_solver(name: str) -> None:
    """Raise a BackendError where a solver is unknown or not installed."""
    if name not in SOLVERS:
        message = f"no solver {name!r}; take one of {', '.join(map(repr, SOLVERS))}"
        raise BackendError(message)
    if name == "CBC":
        cbc_path()
