"""What a method is: a name, the package it needs, and what makes labels of an instance."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from benchmarks.instance import Instance, Ints

FOR_PEERS = ("peers", "scale", "dl_commercial", "tracts", "counties")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a run may use; `seconds` is None where the method's own budget holds."""

    seed: int
    seconds: float | None
    workers: int = 1


@dataclass(frozen=True, kw_only=True)
class Point:
    """One moment of a run, by the method's own measure."""

    seconds: float
    iterations: int
    objective: float
    violation: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Labels from 0, or None, and how it went."""

    labels: Ints | None
    status: str = "done"
    objective: float | None = None
    trace: tuple[Point, ...] = field(default=())
    message: str = ""


Solve = Callable[[], Outcome]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to get labels.

    `prepare` puts an instance into the form that the package wants and returns what is then run under the clock.
    `tables` names the tables whose limits the method can at least try to keep; None is all of them.
    """

    name: str
    package: str
    title: str
    prepare: Callable[[Instance, Budget], Solve]
    tables: tuple[str, ...] | None = FOR_PEERS
    timed: bool = False
    """Whether it works until the time limit; the others end by themselves."""

    def missing(self) -> bool:
        """Whether the package is not installed."""
        try:
            version(self.package)
        except PackageNotFoundError:
            return True
        return False

    def fits(self, table: str) -> bool:
        """Whether the method is meant for the table."""
        return self.tables is None or table in self.tables
