"""Tables of the rows on disk, for people: per instance the ratio of each seed, and what the marks say."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import store
from benchmarks.curves import Growth, Traces, cost, growth, ratio
from benchmarks.marks import by_kind, marks
from benchmarks.methods import METHODS
from benchmarks.proofs import proofs
from benchmarks.shared import number
from benchmarks.store import Row
from benchmarks.tables import TABLES
from benchmarks.tables.peers import kind_of

SLACK = 0.01
NO_PLAN = "no plan exists"
Group = tuple[str, str, str]


def load(out: Path, table: str) -> tuple[list[Row], Traces]:
    """The latest rows of a table with their traces."""
    rows = list(store.latest(out / f"{table}.csv").values())
    return rows, store.traces(out / "traces" / f"{table}.csv", rows)


def groups(rows: list[Row]) -> dict[Group, list[Row]]:
    """Rows by method, time limit and workers; where limits differ by instance as the table has them, as one."""
    found: dict[Group, list[Row]] = {}
    for row in rows:
        found.setdefault((row["method"], _limit(row), row["workers"]), []).append(row)
    order = list(METHODS)
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1:])))


def _limit(row: Row) -> str:
    """The time limit in words."""
    if row["time_limit"] == "0":
        return "own budget"
    usual = f"{TABLES[row['table']].seconds(row['instance']):g}" == row["time_limit"]
    return "the table's limits" if usual else f"{row['time_limit']} s"


def columns(lines: list[list[str]]) -> str:
    """Cells under each other: the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def shown(row: Row | None) -> str:
    """A run in a cell: its ratio, or its cost where there is no reference; "!" marks one that is not feasible."""
    if row is None:
        return ""
    value = number(row["ratio"]) if row["ratio"] else number(row["cost"])
    if value is None:
        return row["status"]
    text = f"{value:.5f}" if row["ratio"] else f"{value:.6g}"
    return text if row["feasible"] == "yes" else text + "!"


def per_instance(rows: list[Row]) -> list[list[str]]:
    """One line per instance, in the table's order as it was run."""
    seeds = sorted({row["seed"] for row in rows}, key=int)
    lines = [["instance", "n", "k", *(f"seed {seed}" for seed in seeds), "mean", "worst", "feasible", "wall s", "note"]]
    names = list(dict.fromkeys(row["instance"] for row in rows))
    for name in names:
        runs = {row["seed"]: row for row in rows if row["instance"] == name}
        one = next(iter(runs.values()))
        values = [v for row in runs.values() if (v := ratio(row) if row["reference"] else cost(row)) is not None]
        form = "{:.5f}" if one["reference"] else "{:.6g}"
        walls = [float(row["wall_s"]) for row in runs.values() if row["wall_s"]]
        lines.append(
            [
                name,
                one["n"],
                one["k"],
                *(shown(runs.get(seed)) for seed in seeds),
                form.format(np.mean(values)) if values else "-",
                form.format(max(values)) if values else "-",
                f"{sum(row['feasible'] == 'yes' for row in runs.values())}/{len(runs)}",
                f"{np.mean(walls):.1f}" if walls else "-",
                one["reference_note"],
            ]
        )
    return lines


def whole(rows: list[Row]) -> str:
    """All runs of a group in one line."""
    values = [v for row in rows if (v := ratio(row)) is not None]
    text = f"{sum(row['feasible'] == 'yes' for row in rows)} of {len(rows)} runs feasible"
    if values:
        text += f"; ratio: mean {np.mean(values):.5f}, median {np.median(values):.5f}, worst {max(values):.5f}"
    hopeless = [row for row in rows if row["reference_note"] == NO_PLAN]
    if hopeless:
        proven = sum(row["status"] == "infeasible" for row in hopeless)
        text += f"; no plan exists for {len(hopeless)}, which {proven} of these runs prove"
    return text


def _short(value: float) -> str:
    return f"{value / 1000:.1f}k" if value >= 10_000 else f"{value:.0f}"


def beside(rows: list[Row]) -> list[list[str]]:
    """The table `peers`: its six graphs across, methods down."""
    graphs = [row for row in rows if row["instance"] == kind_of(row["instance"])]
    kinds = list(by_kind(graphs))
    return _grid(graphs, kinds, _cell)


def feasible_runs(rows: list[Row]) -> list[list[str]]:
    """The table `peers`: kinds of graphs across, all their seeds together, methods down; feasible runs."""
    return _grid(rows, list(by_kind(rows)), lambda own: f"{_sound(own)} of {len(own)}" if own else "")


def _grid(rows: list[Row], kinds: list[str], cell: Callable[[list[Row]], str]) -> list[list[str]]:
    lines = [["method", *kinds]]
    for group, own in groups(rows).items():
        parts = by_kind(own)
        lines.append([label(*group), *(cell(parts.get(kind, [])) for kind in kinds)])
    return lines


def label(method: str, limit: str, workers: str) -> str:
    """A method with its settings, as far as they are not the usual ones."""
    text = METHODS[method].title
    if METHODS[method].timed and not limit.startswith("the table"):
        text += f", {limit}"
    return text if workers == "1" else f"{text}, {workers} workers"


def _sound(rows: list[Row]) -> int:
    return sum(row["feasible"] == "yes" for row in rows)


def _cell(rows: list[Row]) -> str:
    """CPU seconds / worst deviation of each activity in % / cost / feasible runs, all as means over the runs."""
    done = [row for row in rows if row["cost"]]
    if not rows:
        return ""
    if not done:
        return rows[0]["status"]
    deviations = np.array([[float(cell) for cell in row["deviation"].split()] for row in done]).mean(axis=0) * 100
    cpu = np.mean([float(row["cpu_s"]) for row in done])
    spent = f"{cpu:.2f}" if cpu < 1 else f"{cpu:.1f}"
    costs = np.mean([float(row["cost"]) for row in done])
    return " / ".join(
        [spent, *(f"{value:.1f}" for value in deviations), _short(costs), f"{_sound(rows)} of {len(rows)}"]
    )


def fits(rows: list[Row], traces: Traces) -> list[tuple[str, Growth]]:
    """Cost against size on the pieces of one map, to the first feasible plan and to a quality."""
    pieces = [row for row in rows if row["instance"].startswith("size-")]
    found = [
        ("the first feasible plan", growth(pieces, traces, None)),
        (f"a plan within {SLACK:.0%} of the best of any run", growth(pieces, traces, SLACK)),
    ]
    return [(name, line) for name, line in found if line is not None]


def fit_line(name: str, line: Growth) -> str:
    """A fit in words."""
    seconds = ", ".join(f"{n:,.0f}: {s:.2f} s" for n, s in zip(line.n, line.seconds, strict=True))
    power = "" if line.exponent is None else f"; a free power fits n^{line.exponent:.2f}"
    return f"CPU seconds to {name}: {seconds}; {line.factor:.3f} µs x n log2 n{power}"


def show(out: Path, table: str) -> None:
    """Print everything that the rows of a table say."""
    rows, traces = load(out, table)
    if not rows:
        return
    print(f"\n=== {table}: {TABLES[table].title}")
    for (method, limit, workers), own in groups(rows).items():
        print(f"\n--- {label(method, limit, workers)}: {whole(own)}")
        print(columns(per_instance(own)))
        if method == "territorykit":
            print("\n".join(f"    {mark}" for mark in marks(table, own, traces)))
        if method == "territorykit-exact":
            print("\n".join(f"    {mark}" for mark in proofs(table, own)))
    if table == "peers":
        print("\nBeside the peers: CPU s / worst deviations % / inertia / feasible runs, means over the runs")
        print(columns(beside(rows)))
        print("\nFeasible runs on all graphs of a kind")
        print(columns(feasible_runs(rows)))
    if table == "scale":
        print("\n".join(fit_line(name, line) for name, line in fits(rows, traces)))
