"""The marks a table is held against, and whether the runs of one method reach them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.curves import Traces, cpu_share, ratio, seconds_to
from benchmarks.shared import number
from benchmarks.store import Row, key
from benchmarks.tables.peers import kind_of

PEER_SECONDS = {"d3k": 1.0, "g100": 3.0, "g200": 20.0, "d30k": 25.0}
FEASIBLE_SECONDS = {"ew-lsoa": 10.0, "ew-oa": 120.0, "us-precincts": 120.0}
LARGE_MAPS = ("ew-oa", "us-precincts")
MEMORY_MB = 4096
LARGER_HALF = 5_000


@dataclass(frozen=True)
class Mark:
    """A mark, what came out, and whether that is enough."""

    text: str
    found: str
    hit: bool

    def __str__(self) -> str:
        return f"{'hit ' if self.hit else 'MISS'}  {self.text}: {self.found}"


def _at_most(rows: list[Row], limit: float, needed: float | None = None) -> tuple[int, int]:
    """Runs with a ratio of at most the limit, and all runs that have a reference."""
    known = [row for row in rows if row["reference"]]
    good = [row for row in known if (value := ratio(row)) is not None and value <= limit]
    return len(good), len(known) if needed is None else int(np.ceil(needed * len(known) - 1e-9))


def _share(text: str, rows: list[Row], limit: float, needed: float | None = None) -> Mark:
    got, wanted = _at_most(rows, limit, needed)
    return Mark(text, f"{got} of {len([row for row in rows if row['reference']])}", got >= wanted)


def _feasible(rows: list[Row], text: str = "feasible on every run") -> Mark:
    got = sum(row["feasible"] == "yes" for row in rows)
    return Mark(text, f"{got} of {len(rows)}", got == len(rows))


def _mean(rows: list[Row], limit: float) -> Mark:
    values = [value for row in rows if (value := ratio(row)) is not None]
    mean = float(np.mean(values)) if values else np.inf
    return Mark(f"mean ratio at most {limit:g}", f"{mean:.5f} over {len(values)} feasible runs", mean <= limit)


def _tracts(rows: list[Row], _: Traces) -> list[Mark]:
    still_open = {row["instance"] for row in rows if row["reference_note"].startswith("open")}
    better = {row["instance"] for row in rows if (value := ratio(row)) is not None and value <= 0.999}
    better &= still_open
    return [
        _share("ratio at most 1.005 on every run", rows, 1.005),
        _share("ratio at most 1.0005 on two thirds of the runs", rows, 1.0005, 2 / 3),
        Mark(
            "better by 0.1 % on at least three states that were left open",
            f"{len(better)} of {len(still_open)}" + (f" ({' '.join(sorted(better))})" if better else ""),
            len(better) >= 3,
        ),
    ]


def _dl(rows: list[Row], _: Traces) -> list[Mark]:
    larger = [row for row in rows if int(row["n"] or 0) >= LARGER_HALF]
    below = [
        row
        for row in larger
        if (value := ratio(row)) is not None and value * float(row["reference"]) < float(row["second_reference"])
    ]
    text = f"below the published mean of 30 minutes from {LARGER_HALF:,} units on"
    found = [_feasible(rows), _mean(rows, 1.03)]
    return [*found, Mark(text, f"{len(below)} of {len(larger)}", len(below) == len(larger))] if larger else found


def _kong(rows: list[Row], _: Traces) -> list[Mark]:
    return [_feasible(rows), _mean(rows, 1.001)]


def _cpmp(rows: list[Row], _: Traces) -> list[Mark]:
    return [_feasible(rows), _share("ratio at most 1.01 on every run", rows, 1.01)]


def _cpu_seconds_to(row: Row, traces: Traces, limit: float) -> float | None:
    reached = seconds_to(traces.get(key(row), []), limit)
    return None if reached is None else reached * cpu_share(row)


def _peers(rows: list[Row], traces: Traces) -> list[Mark]:
    found = [_feasible(rows), _mean([row for row in rows if row["reference"]], 1.005)]
    for kind, limit in PEER_SECONDS.items():
        runs = [row for row in rows if row["instance"] == kind and row["reference"]]
        times = [_cpu_seconds_to(row, traces, 1.005 * float(row["reference"])) for row in runs]
        if not times:
            continue
        shown = ", ".join("never" if t is None else f"{t:.2f} s" for t in times)
        reached = all(t is not None and t <= limit for t in times)
        found.append(Mark(f"{kind}: at 1.005 x the reference within {limit:g} CPU seconds", shown, reached))
    return found


def _scale(rows: list[Row], _: Traces) -> list[Mark]:
    found = []
    for name, limit in FEASIBLE_SECONDS.items():
        runs = [row for row in rows if row["instance"] == name]
        if not runs:
            continue
        times = [number(row["feasible_s"]) if row["feasible"] == "yes" else None for row in runs]
        shown = ", ".join("never" if t is None else f"{t:.1f} s" for t in times)
        reached = all(t is not None and t <= limit for t in times)
        found.append(Mark(f"{name}: feasible within {limit:g} s", shown, reached))
        if name in LARGE_MAPS:
            peak = max(number(row["peak_mb"]) or np.inf for row in runs)
            found.append(Mark(f"{name}: under 4 GB", f"{peak:,.0f} MB", peak < MEMORY_MB))
    return found


MARKS: dict[str, Callable[[list[Row], Traces], list[Mark]]] = {
    "tracts": _tracts,
    "dl_commercial": _dl,
    "kong_sap": _kong,
    "cpmp": _cpmp,
    "peers": _peers,
    "scale": _scale,
}


def marks(table: str, rows: list[Row], traces: Traces) -> list[Mark]:
    """The marks of a table; none where it has none."""
    return MARKS[table](rows, traces) if table in MARKS else []


def by_kind(rows: list[Row]) -> dict[str, list[Row]]:
    """Rows of the table `peers` by kind of graph."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(kind_of(row["instance"]), []).append(row)
    return found
