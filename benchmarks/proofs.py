"""The marks of the exact method: what it has to prove, and in what time."""

import numpy as np

from benchmarks.marks import Mark
from benchmarks.shared import number
from benchmarks.store import Row

GRID_SECONDS = 60.0
SMALL_MEAN = 1.0
LARGE_SECONDS = 60.0
GIVEN_SECONDS = 300.0
GIVEN_SHARE = 25 / 30
NO_PLAN = "no plan exists"


def _seconds(row: Row) -> float:
    value = number(row["wall_s"])
    return np.inf if value is None else value


def _within(rows: list[Row], limit: float) -> list[Row]:
    return [row for row in rows if row["status"] == "optimal" and _seconds(row) <= limit]


def _counties(rows: list[Row]) -> list[Mark]:
    """States that are proven as published: a best plan of the same cost, or that there is none."""
    known = [row for row in rows if row["reference_note"] in ("proven", NO_PLAN)]
    good = [row for row in known if row["status"] == ("infeasible" if row["reference_note"] == NO_PLAN else "optimal")]
    text = "every state proven optimal or infeasible as published"
    return [Mark(text, f"{len(good)} of {len(known)}", len(good) == len(known))]


def _grids(rows: list[Row]) -> list[Mark]:
    runs = [row for row in rows if row["instance"] == "g15"]
    good = _within(runs, GRID_SECONDS)
    return [Mark(f"g15 proven in {GRID_SECONDS:g} s", f"{len(good)} of {len(runs)}", len(good) == len(runs) > 0)]


def _commercial(rows: list[Row]) -> list[Mark]:
    small = [row for row in rows if row["n"] == "60"]
    large = [row for row in rows if row["n"] == "120"]
    found = []
    if small:
        mean = float(np.mean([_seconds(row) for row in small]))
        proven = len(_within(small, np.inf))
        shown = f"{proven} of {len(small)} in {mean:.2f} s"
        hit = proven == len(small) and mean <= SMALL_MEAN
        found.append(Mark(f"60 units proven in {SMALL_MEAN:g} s on average", shown, hit))
    if large:
        good = _within(large, LARGE_SECONDS)
        text = f"120 units proven in {LARGE_SECONDS:g} s each"
        found.append(Mark(text, f"{len(good)} of {len(large)}", len(good) == len(large)))
    return found


def _given(rows: list[Row]) -> list[Mark]:
    good, text = _within(rows, GIVEN_SECONDS), f"25 of 30 proven in {GIVEN_SECONDS:g} s each"
    return [Mark(text, f"{len(good)} of {len(rows)}", len(good) >= np.ceil(GIVEN_SHARE * len(rows) - 1e-9))]


PROOFS = {"counties": _counties, "grids": _grids, "du_commercial": _commercial, "kong_sap": _given}


def proofs(table: str, rows: list[Row]) -> list[Mark]:
    """The marks of a table for the exact method; none where it has none."""
    return PROOFS[table](rows) if table in PROOFS and rows else []
