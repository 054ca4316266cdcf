"""Travel: how long it takes from unit to unit, and from bases to units, where there is a way."""

from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Bools, Content, Floats, Ints, floats, ints
from territorykit.errors import DataError, Problems, listing

_FIELDS = ("indptr", "indices", "minutes", "metres")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Travel(Content):
    """Minutes, and metres where they are known, from units and from bases to units, as sparse rows.

    Row i holds the ways from unit i: the destinations ``indices[indptr[i]:indptr[i + 1]]`` in ascending order,
    and their minutes at the same places. A pair that is not stored has no way; from a unit to itself it takes 0.

    Parameters
    ----------
    indptr
        Shape (n_units + 1,): where each row begins; the last entry is the number of ways.
    indices
        Shape (n_ways,): position of the unit where each way ends, ascending within a row, none twice.
    minutes
        Shape (n_ways,): how long each way takes, finite and not negative.
    metres
        Shape (n_ways,): how long each way is, or None.
    base_indptr, base_indices, base_minutes
        The same from bases, shapes (n_territories + 1,) and (n_base_ways,): row t holds the ways from the
        base of territory t. All or none of them.
    base_metres
        Shape (n_base_ways,), or None.
    within
        Minutes up to which ways were looked for; longer ones are not stored even where there is a way.

    Raises
    ------
    DataError
        With everything that is wrong with the arrays at once; what is no array of numbers comes before the rest.

    Examples
    --------
    Three units in a row, ten minutes apart; from the last one there is no way back.

    >>> travel = Travel([0, 1, 3, 3], [1, 0, 2], [10, 10, 10])
    >>> travel
    Travel(3 units, 3 ways)
    >>> travel.minutes_between([0, 1, 2, 2], [1, 2, 2, 1])
    array([10., 10.,  0., inf])
    """

    indptr: Ints
    indices: Ints
    minutes: Floats
    metres: Floats | None = None
    _: KW_ONLY
    base_indptr: Ints | None = None
    base_indices: Ints | None = None
    base_minutes: Floats | None = None
    base_metres: Floats | None = None
    within: float = float("inf")

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(  # noqa: PLR0913 - the fields
            self,
            indptr: ArrayLike,
            indices: ArrayLike,
            minutes: ArrayLike,
            metres: ArrayLike | None = None,
            *,
            base_indptr: ArrayLike | None = None,
            base_indices: ArrayLike | None = None,
            base_minutes: ArrayLike | None = None,
            base_metres: ArrayLike | None = None,
            within: float = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        problems = Problems("travel")
        self._freeze(problems)
        if isinstance(self.within, bool) or not isinstance(self.within, int | float) or not self.within > 0:
            problems.add(f"within is {self.within!r}", "pass minutes above 0, or leave it out")
        problems.raise_as(DataError)
        object.__setattr__(self, "within", float(self.within))
        self._check_rows("", problems)
        problems.raise_as(DataError)
        if self.base_indptr is not None:
            self._check_rows("base_", problems)
        self._check_diagonal(problems)
        problems.raise_as(DataError)

    def _freeze(self, problems: Problems) -> None:
        for name in _FIELDS[:3]:
            if getattr(self, name) is None:
                problems.add(f"{name} is None", "pass an array; without any way, indices=[] and minutes=[]")
        based = [getattr(self, f"base_{name}") is not None for name in _FIELDS]
        if any(based) and not all(based[:3]):
            problems.add("base_indptr, base_indices and base_minutes go together", "pass all of them or none")
        for prefix in ("", "base_"):
            for name in _FIELDS:
                value, kind = getattr(self, prefix + name), ints if name in _FIELDS[:2] else floats
                if value is None:
                    continue
                try:
                    object.__setattr__(self, prefix + name, kind(value))
                except (TypeError, ValueError, OverflowError) as error:
                    problems.add(f"{prefix}{name}: {error}", "pass an array of numbers")

    def _check_rows(self, prefix: str, problems: Problems) -> None:
        indptr, *arrays = (getattr(self, prefix + name) for name in _FIELDS)
        for name, array in zip(_FIELDS, (indptr, *arrays), strict=True):
            if array is not None and array.ndim != 1:
                problems.add(f"{prefix}{name} has shape {array.shape}", "pass one dimension")
                return
        if len(indptr) < 2 or indptr[0] != 0 or (np.diff(indptr) < 0).any():  # noqa: PLR2004
            problems.add(f"{prefix}indptr does not rise from 0", "pass where each row begins, and the number of ways")
            return
        uneven = [name for name, a in zip(_FIELDS[1:], arrays, strict=True) if a is not None and len(a) != indptr[-1]]
        for name in uneven:
            found = len(getattr(self, prefix + name))
            problems.add(f"{prefix}{name} has {found:,} entries for {indptr[-1]:,} ways", "pass one entry per way")
        if not uneven:
            self._check_entries(prefix, problems)

    def _check_entries(self, prefix: str, problems: Problems) -> None:
        indptr, indices, *measures = (getattr(self, prefix + name) for name in _FIELDS)
        row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        for mask, what, remedy in _faults(row, indices, self.n_units):
            if mask.any():
                problems.add(f"{prefix}indices {what}, in row {listing(np.unique(row[mask]))}", remedy)
        for name, array in zip(_FIELDS[2:], measures, strict=True):
            for mask, what, remedy in () if array is None else _bad_measures(array):
                if mask.any():
                    places = listing(list(zip(row[mask].tolist(), indices[mask].tolist(), strict=True)))
                    problems.add(f"{int(mask.sum()):,} {prefix}{name} are {what}, at {places}", remedy)

    def _check_diagonal(self, problems: Problems) -> None:
        row = np.repeat(np.arange(self.n_units), np.diff(self.indptr))
        for name in ("minutes", "metres"):
            values = getattr(self, name)
            if values is not None:
                own = (row == self.indices) & (values != 0)
                if own.any():
                    problems.add(
                        f"{int(own.sum()):,} units have a way to themselves of more than 0 {name}: {listing(row[own])}",
                        "set it to 0 or leave it out",
                    )

    @classmethod
    def from_dense(cls, minutes: ArrayLike, *, base_minutes: ArrayLike | None = None) -> "Travel":
        """Travel from matrices; where a matrix is infinite, there is no way.

        Parameters
        ----------
        minutes
            Shape (n_units, n_units): from the unit of the row to that of the column.
        base_minutes
            Shape (n_territories, n_units): from the base of a territory to each unit.

        Raises
        ------
        DataError
            If a matrix has another shape, or holds values that are missing, negative or no numbers.

        Examples
        --------
        >>> travel = Travel.from_dense([[0, 12], [15, 0]], base_minutes=[[5, float("inf")]])
        >>> travel
        Travel(2 units, 4 ways, 1 bases)
        >>> travel.minutes_from_bases([0, 0], [0, 1])
        array([ 5., inf])
        """
        problems = Problems("travel")
        given = {"minutes": minutes} if base_minutes is None else {"minutes": minutes, "base_minutes": base_minutes}
        matrices = {}
        for name, value in given.items():
            try:
                matrices[name] = floats(value)
            except (TypeError, ValueError) as error:
                problems.add(f"{name}: {error}", "pass a matrix of numbers")
        problems.raise_as(DataError)
        n = len(matrices["minutes"]) if matrices["minutes"].ndim else 0
        for name, matrix in matrices.items():
            rows = "n_units" if name == "minutes" else "n_territories"
            if matrix.ndim != 2 or matrix.shape[1] != n or n == 0:  # noqa: PLR2004
                problems.add(f"{name} has shape {matrix.shape}", f"pass a matrix of shape ({rows}, n_units)")
        problems.raise_as(DataError)
        indptr, indices, values = _sparse(matrices["minutes"])
        if base_minutes is None:
            return cls(indptr, indices, values)
        base_indptr, base_indices, base_values = _sparse(matrices["base_minutes"])
        return cls(
            indptr, indices, values, base_indptr=base_indptr, base_indices=base_indices, base_minutes=base_values
        )

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.indptr) - 1

    @property
    def n_bases(self) -> int:
        """Number of bases; 0 where there are none."""
        return 0 if self.base_indptr is None else len(self.base_indptr) - 1

    def priced(self, per_minute: float, per_metre: float) -> "Travel":
        """The same ways with what they cost in place of minutes.

        Parameters
        ----------
        per_minute, per_metre
            What a minute and a metre cost.

        Examples
        --------
        >>> Travel([0, 1, 1], [1], [12], [9000]).priced(0.5, 0.001).minutes_between(0, 1)
        array(15.)
        """

        def cost(minutes: Floats, metres: Floats | None) -> Floats:
            return per_minute * minutes + (0.0 if metres is None else per_metre * metres)

        based = None if self.base_minutes is None else cost(self.base_minutes, self.base_metres)
        return replace(self, minutes=cost(self.minutes, self.metres), metres=None, base_minutes=based, base_metres=None)

    def minutes_between(self, origins: ArrayLike, destinations: ArrayLike) -> Floats:
        """Minutes from units to units, pair by pair.

        Parameters
        ----------
        origins, destinations
            Positions of units; arrays of one shape, or of shapes that numpy broadcasts.

        Returns
        -------
        ndarray
            Minutes; infinite where there is no way, 0 from a unit to itself.

        Raises
        ------
        DataError
            If a position is not that of a unit.

        Examples
        --------
        >>> Travel.from_dense([[0, 12], [15, 0]]).minutes_between(0, [0, 1])
        array([ 0., 12.])
        """
        start, end = _pairs(origins, destinations, self.n_units, self.n_units, "units")
        found = _look_up(self.indptr, self.indices, self.minutes, start, end)
        return np.where(start == end, 0.0, found)

    def minutes_from_bases(self, territories: ArrayLike, destinations: ArrayLike) -> Floats:
        """Minutes from the bases of territories to units, pair by pair.

        Parameters
        ----------
        territories
            Positions of territories.
        destinations
            Positions of units, of the same shape or one that numpy broadcasts.

        Returns
        -------
        ndarray
            Minutes; infinite where there is no way.

        Raises
        ------
        DataError
            If there are no bases, or a position is not that of a base or unit.
        """
        if self.base_indptr is None or self.base_indices is None or self.base_minutes is None:
            message = "the travel has no ways from bases; pass base_indptr, base_indices and base_minutes to Travel"
            raise DataError(message)
        start, end = _pairs(territories, destinations, self.n_bases, self.n_units, "bases")
        return _look_up(self.base_indptr, self.base_indices, self.base_minutes, start, end)

    def __repr__(self) -> str:
        bases = f", {self.n_bases:,} bases" if self.n_bases else ""
        return f"Travel({self.n_units:,} units, {len(self.indices):,} ways{bases})"


def _faults(row: Ints, indices: Ints, n: int) -> list[tuple[Bools, str, str]]:
    """What can be wrong with the destinations: where, what, and the remedy."""
    unsorted = np.zeros(len(row), np.bool_)
    unsorted[1:] = (row[1:] == row[:-1]) & (indices[1:] <= indices[:-1])
    return [
        ((indices < 0) | (indices >= n), "name units that do not exist", f"positions go from 0 to {n - 1}"),
        (unsorted, "are not ascending", "sort each row by destination, and name each once"),
    ]


def _bad_measures(values: Floats) -> list[tuple[Bools, str, str]]:
    """What can be wrong with minutes or metres: where, what, and the remedy."""
    leave_out = "leave out the pairs that have no way"
    return [
        (np.isnan(values), "missing (NaN)", leave_out),
        (np.isinf(values), "infinite", leave_out),
        (values < 0, "negative", "measure them again"),
    ]


def _sparse(matrix: Floats) -> tuple[Ints, Ints, Floats]:
    """The entries of a matrix that are not infinite, as sparse rows; -inf stays, to be refused."""
    kept = matrix != np.inf
    indptr = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return indptr.astype(np.int64), np.nonzero(kept)[1].astype(np.int64), matrix[kept]


def _pairs(start: ArrayLike, end: ArrayLike, n_starts: int, n_ends: int, word: str) -> tuple[Ints, Ints]:
    pair = []
    for positions, n, name in ((start, n_starts, word), (end, n_ends, "units")):
        array = ints(positions)
        outside = (array < 0) | (array >= n)
        if outside.any():
            message = f"{listing(array[outside].ravel())} is no position of {name}; they go from 0 to {n - 1}"
            raise DataError(message)
        pair.append(array)
    one, other = np.broadcast_arrays(*pair)
    return one, other


def _look_up(indptr: Ints, indices: Ints, values: Floats, row: Ints, column: Ints) -> Floats:
    """Entries of sparse rows by bisection, infinite where there is none."""
    low, end = indptr[row], indptr[row + 1]
    high = end
    while (open_ := low < high).any():
        middle = (low + high) // 2
        below = open_ & (indices[np.minimum(middle, len(indices) - 1)] < column)
        low, high = np.where(below, middle + 1, low), np.where(open_ & ~below, middle, high)
    found = np.full(np.shape(row), np.inf)
    there = low < end
    there &= indices[np.where(there, low, 0)] == column if len(indices) else False
    np.copyto(found, values[np.where(there, low, 0)] if len(values) else np.inf, where=there)
    return found
