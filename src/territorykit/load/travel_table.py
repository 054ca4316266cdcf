"""Travel from a table of the user's own."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from territorykit._arrays import Floats, Ints
from territorykit.errors import DataError, Problems, listing
from territorykit.load.ways.places import Places, Ways


@dataclass(frozen=True, slots=True)
class TravelTable:
    """Minutes between pairs as a table has them.

    Parameters
    ----------
    table
        One row per pair that has a way; not changed.
    origin, destination
        Columns with the ids of units, or of bases for origins.
    minutes
        Column with minutes.
    metres
        Column with metres, or None.
    complete
        Whether every pair must be there: a pair that is missing is an error then, and otherwise has no way.

    Examples
    --------
    >>> import territorykit as tk
    >>> table = pd.DataFrame({"origin": ["a", "b"], "destination": ["b", "a"], "minutes": [12, 15]})
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [9000, 0]], [[0, 1]])
    >>> tk.travel(graph, TravelTable(table)).minutes_between([0, 1], [1, 0])
    array([12., 15.])
    """

    table: pd.DataFrame
    origin: str = "origin"
    destination: str = "destination"
    minutes: str = "minutes"
    metres: str | None = None
    complete: bool = False

    def ways(self, origins: Places, destinations: Places, *, within: float, workers: int) -> Ways:  # noqa: ARG002 - one look
        """The rows of the table whose origin is one of these, see `travel`.

        Raises
        ------
        DataError
            With all problems at once: missing columns, ids that are neither units nor bases, pairs named twice,
            times that are missing, negative or no numbers, and missing pairs where the table must be complete.
        """
        problems = Problems("travel table")
        self._check_columns(problems)
        start = _positions(self.table[self.origin], origins)
        end = _positions(self.table[self.destination], destinations)
        lost = end < 0
        if lost.any():
            wrong = self.table.loc[lost, self.destination].unique()
            problems.add(f"{int(lost.sum()):,} rows lead to ids that are no units: {listing(wrong)}", "correct the ids")
        mine = (start >= 0) & (end >= 0)
        start, end = start[mine], end[mine]
        minutes = self._numbers(self.minutes, mine, problems)
        metres = None if self.metres is None else self._numbers(self.metres, mine, problems)
        self._check_pairs(start, end, (origins, destinations), problems)
        problems.raise_as(DataError)
        order = np.lexsort((end, start))
        order = order[minutes[order] <= within]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(start[order], minlength=len(origins.ids)))])
        far = None if metres is None else metres[order]
        return Ways(indptr.astype(np.int64), end[order], minutes[order], far)

    def _check_columns(self, problems: Problems) -> None:
        named = [self.origin, self.destination, self.minutes, *([] if self.metres is None else [self.metres])]
        missing = [name for name in named if name not in self.table]
        if missing:
            problems.add(f"there is no column {listing(missing)}", f"it has {listing(self.table.columns)}")
        problems.raise_as(DataError)

    def check(self, *several: Places) -> None:
        """Refuse a table without the columns, or with origins that are none of these places."""
        problems = Problems("travel table")
        self._check_columns(problems)
        known = {item for places in several for item in places.ids.tolist()}
        wrong = [item for item in self.table[self.origin].unique().tolist() if item not in known]
        if wrong:
            problems.add(
                f"{len(wrong):,} origins are neither units nor bases: {listing(wrong)}",
                "correct the ids, or name the bases with base_ids=",
            )
        problems.raise_as(DataError)

    def _numbers(self, column: str, mine: np.ndarray, problems: Problems) -> Floats:
        rows = self.table[mine]
        values = pd.to_numeric(rows[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        for mask, what in (
            (~np.isfinite(values), "missing, infinite or no numbers"),
            (values < 0, "negative"),
        ):
            if mask.any():
                pairs = rows.loc[mask, [self.origin, self.destination]].itertuples(index=False, name=None)
                problems.add(
                    f"{int(mask.sum()):,} {column} are {what}, at {listing(list(pairs))}",
                    "measure them again, and leave out pairs that have no way",
                )
        return np.asarray(values, np.float64)

    def _check_pairs(self, start: Ints, end: Ints, places: tuple[Places, Places], problems: Problems) -> None:
        origins, destinations = (item.ids for item in places)
        key = start * len(destinations) + end
        found, counts = np.unique(key, return_counts=True)
        twice = found[counts > 1]
        if len(twice):
            shown = [(origins[k // len(destinations)], destinations[k % len(destinations)]) for k in twice.tolist()]
            problems.add(f"{len(twice):,} pairs are there more than once: {listing(shown)}", "keep one row of each")
        if self.complete:
            every = np.arange(len(origins) * len(destinations))
            if places[0].word == places[1].word:
                every = every[every // len(destinations) != every % len(destinations)]
            missing = np.setdiff1d(every, found)
            if len(missing):
                shown = [(origins[k // len(destinations)], destinations[k % len(destinations)]) for k in missing[:6]]
                problems.add(
                    f"{len(missing):,} of {len(every):,} pairs from {places[0].word} are missing: {listing(shown)}",
                    "add them, or pass complete=False where a missing pair means that there is no way",
                )


def _positions(column: pd.Series, places: Places) -> Ints:
    """Position of each id among the places, -1 where it is none of them."""
    position = pd.Series(np.arange(len(places.ids)), index=pd.Index(places.ids.tolist()))
    return np.asarray(column.map(position).fillna(-1), np.int64)
