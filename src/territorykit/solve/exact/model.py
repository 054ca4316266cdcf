"""An integer program as arrays, before it goes to a solver: named columns, named rows, and what follows from what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix

from territorykit._arrays import Bools, Floats, Ints

TOLERANCE = 1e-6
"""How far a solver may be off in a row."""


CHECK = 256
"""After how many rows the clock is asked."""


class OutOfTimeError(Exception):
    """The time is over before the model is built; caught where it began."""


Clock = Callable[[], bool]
"""Says whether the time is over."""


def no_clock() -> bool:
    """Never."""
    return False


class Row(NamedTuple):
    """A linear inequality or equation: lower <= values @ x[columns] <= upper."""

    name: str
    columns: Ints
    values: Floats
    lower: float
    upper: float


Completion = Callable[[Floats], None]
"""Fills in what follows from the assignment, in place."""


@dataclass(slots=True)
class Model:
    """Minimise costs within rows.

    Columns are put in with `add_columns`, rows with `add`. A row without columns that cannot hold makes the
    model impossible, which needs no solver.
    """

    names: list[str] = field(default_factory=list)
    cost: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    integer: list[Bools] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    completions: list[Completion] = field(default_factory=list)
    impossible: bool = False
    clock: Clock = no_clock

    @property
    def n_columns(self) -> int:
        """Number of columns so far."""
        return len(self.names)

    @property
    def n_entries(self) -> int:
        """Number of coefficients of all rows."""
        return sum(len(row.columns) for row in self.rows)

    def add_columns(self, names: list[str], cost: Floats, upper: float = 1.0, *, integer: bool = True) -> Ints:
        """New columns from 0 to `upper`; returns their positions."""
        first = len(self.names)
        self.names += names
        self.cost.append(np.asarray(cost, np.float64))
        self.upper.append(np.full(len(names), upper))
        self.integer.append(np.full(len(names), integer))
        return np.arange(first, len(self.names))

    def add(self, name: str, columns: Ints, values: ArrayLike, lower: float, upper: float) -> None:
        """A new row; entries of a column that comes twice are summed."""
        columns = np.asarray(columns, np.int64)
        weights: Floats = np.broadcast_to(np.asarray(values, np.float64), columns.shape)
        if len(np.unique(columns)) < len(columns):
            columns, place = np.unique(columns, return_inverse=True)
            weights = np.bincount(place, weights).astype(np.float64)
        if len(self.rows) % CHECK == 0:
            self.check_time()
        if len(columns):
            self.rows.append(Row(name, columns, weights, lower, upper))
        elif lower > TOLERANCE or upper < -TOLERANCE:
            self.impossible = True

    def check_time(self) -> None:
        """Raise an OutOfTimeError where the time is over."""
        if self.clock():
            raise OutOfTimeError

    def complete(self, values: Floats) -> Floats:
        """The values of all columns, from those of the assignment."""
        for completion in self.completions:
            completion(values)
        return values

    def broken(self, values: Floats, rows: list[Row] | None = None) -> list[Row]:
        """Rows that values do not keep."""
        rows = self.rows if rows is None else rows
        if not rows:
            return []
        sums = matrix_of(rows, self.n_columns) @ values
        lower, upper = np.array([row.lower for row in rows]), np.array([row.upper for row in rows])
        off = (sums < lower - TOLERANCE) | (sums > upper + TOLERANCE)
        return [rows[r] for r in np.flatnonzero(off)]

    def costs(self) -> Floats:
        """Shape (n_columns,)."""
        return np.concatenate(self.cost) if self.cost else np.zeros(0)

    def uppers(self) -> Floats:
        """Shape (n_columns,)."""
        return np.concatenate(self.upper) if self.upper else np.zeros(0)

    def integers(self) -> Bools:
        """Shape (n_columns,)."""
        return np.concatenate(self.integer) if self.integer else np.zeros(0, bool)


def matrix_of(rows: list[Row], n_columns: int) -> csr_matrix:
    """The coefficients of rows."""
    ptr = np.concatenate([[0], np.cumsum([len(row.columns) for row in rows])])
    indices = np.concatenate([row.columns for row in rows])
    data = np.concatenate([row.values for row in rows])
    return csr_matrix((data, indices, ptr), shape=(len(rows), n_columns))


def numbered(prefix: str, *places: Ints) -> list[str]:
    """Names such as "x_3_7": what, and where."""
    return [f"{prefix}_" + "_".join(map(str, place)) for place in zip(*(p.tolist() for p in places), strict=True)]


def named(names: list[str]) -> Iterator[tuple[int, str]]:
    """Positions and names that solvers take, from names that people give: letters, digits and underscores."""
    for i, name in enumerate(names):
        yield i, "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
