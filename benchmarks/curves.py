"""What the rows and traces say about time: when a quality was reached, and how cost grows with size."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.instance import Floats
from benchmarks.shared import number
from benchmarks.store import Row, key

Traces = dict[tuple[str, ...], list[Row]]
EPSILON = 1e-9


def ratio(row: Row) -> float | None:
    """Cost over the reference, of a feasible run; None otherwise."""
    return number(row["ratio"]) if row["feasible"] == "yes" else None


def cost(row: Row) -> float | None:
    """The cost of a feasible run; None otherwise."""
    return number(row["cost"]) if row["feasible"] == "yes" else None


def seconds_to(trace: list[Row], limit: float) -> float | None:
    """When a plan that breaks nothing cost no more than the limit for the first time."""
    sound = (p for p in trace if float(p["violation"]) <= 0 and float(p["cost"]) <= limit * (1 + EPSILON))
    return min((float(p["seconds"]) for p in sound), default=None)


def best_costs(rows: Iterable[Row]) -> dict[tuple[str, str], float]:
    """The lowest cost of any feasible run, by table and instance."""
    best: dict[tuple[str, str], float] = {}
    for row in rows:
        value, name = cost(row), (row["table"], row["instance"])
        if value is not None:
            best[name] = min(value, best.get(name, np.inf))
    return best


def cpu_share(row: Row) -> float:
    """CPU seconds per second of the run."""
    wall, cpu = number(row["wall_s"]), number(row["cpu_s"])
    return cpu / wall if wall and cpu else 1.0


@dataclass(frozen=True)
class Growth:
    """CPU seconds by number of units, with the fit c n log2 n and the exponent of a free fit c n^p."""

    n: Floats
    seconds: Floats

    @property
    def factor(self) -> float:
        """The c of c n log2 n, in microseconds."""
        return float(np.exp(np.mean(np.log(self.seconds / (self.n * np.log2(self.n))))) * 1e6)

    @property
    def exponent(self) -> float | None:
        """The p of c n^p; None from fewer than three sizes."""
        if len(np.unique(self.n)) < 3:
            return None
        return float(np.polyfit(np.log(self.n), np.log(self.seconds), 1)[0])


def growth(rows: list[Row], traces: Traces, slack: float | None) -> Growth | None:
    """CPU seconds to a plan within `slack` of the best of any run, or to any feasible one where `slack` is None.

    Of several runs on an instance the fastest counts: a run with a longer limit takes its time.
    """
    best, found = best_costs(rows), {}
    for row in rows:
        name = (row["table"], row["instance"])
        if row["method"] != "territorykit" or name not in best:
            continue
        limit = np.inf if slack is None else best[name] * (1 + slack)
        reached = seconds_to(traces.get(key(row), []), limit)
        if reached is not None:
            cpu = max(reached * cpu_share(row), 1e-3)
            found[name] = min((float(row["n"]), cpu), found.get(name, (np.inf, np.inf)), key=lambda pair: pair[1])
    if not found:
        return None
    n, seconds = np.array(sorted(found.values())).T
    return Growth(n, seconds)


def quality(rows: list[Row], traces: Traces, moments: Floats) -> Floats:
    """Best ratio to the reference so far, one line per run: shape (n_runs, n_moments), infinite before a plan."""
    lines = []
    for row in rows:
        trace, end = traces.get(key(row), []), ratio(row)
        if end is None or not trace:
            continue
        scale = end / float(row["cost"])
        sound = [(float(p["seconds"]), float(p["cost"]) * scale) for p in trace if float(p["violation"]) <= 0]
        line = np.full(len(moments), np.inf)
        for second, value in sound:
            line[moments >= second] = np.minimum(line[moments >= second], value)
        lines.append(line)
    return np.array(lines).reshape(-1, len(moments))
