"""Runs jobs one after the other, each in a process of its own, and keeps a row of each at once."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import store
from benchmarks.methods import METHODS
from benchmarks.shared import CHECKOUT, Shared
from benchmarks.tables import TABLES

LOADING = 900.0
TIMES = 10.0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the command asks for; `time` is None for the table's limits and 0 for the methods' own budgets."""

    shared: Shared
    out: Path
    table: str
    methods: list[str]
    seeds: list[int]
    instances: list[str] | None = None
    time: float | None = None
    workers: int = 1
    timeout: float | None = None
    memory: float = 6.0
    again: bool = False


def usable(wish: Wish) -> list[str]:
    """The methods that are installed and fit the table; the others are named and left out."""
    found = []
    for name in wish.methods:
        method = METHODS[name]
        if method.missing():
            print(f"skipped: {name} needs the package {method.package}; pip install -e '.[benchmarks]'")
        elif not method.fits(wish.table):
            print(f"skipped: {name} cannot express the limits of {wish.table}")
        else:
            found.append(name)
    return found


def revision() -> str:
    """The checkout's commit, with a plus where its sources have changed since; empty outside of git."""
    git = ["git", "-C", str(CHECKOUT)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "src"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def jobs(wish: Wish) -> Iterator[dict[str, Any]]:
    """All jobs: instance by instance, all methods and seeds on each."""
    table = TABLES[wish.table]
    methods = usable(wish)
    for instance in table.chosen(wish.shared, wish.instances):
        for method in methods:
            for seed in wish.seeds:
                yield {
                    "table": wish.table,
                    "instance": instance,
                    "method": method,
                    "seed": seed,
                    "time_limit": table.seconds(instance) if wish.time is None else wish.time,
                    "workers": wish.workers,
                    "memory": wish.memory,
                    "shared": str(wish.shared.root),
                }


def _identity(job: dict[str, Any]) -> dict[str, object]:
    """The cells by which a run is known."""
    return {name: job[name] for name in store.KEY}


def _environment(workers: int) -> dict[str, str]:
    """No library may take more threads than the run is given."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(workers))
    return os.environ | threads


def perform(job: dict[str, Any]) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Run one job to its end or its time-out."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "benchmarks.single", json.dumps(job | {"answer": str(answer)})]
        try:
            done = subprocess.run(
                command,
                cwd=CHECKOUT,
                env=_environment(job["workers"]),
                capture_output=True,
                text=True,
                timeout=job["timeout"] + LOADING,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _failed("timeout", f"neither loaded nor solved within {job['timeout'] + LOADING:.0f} s"), []
        if answer.exists():
            found = json.loads(answer.read_text(encoding="utf-8"))
            return found["row"], found["trace"]
    if done.returncode == -14:  # the alarm
        return _failed("timeout", f"not finished after {job['timeout']:.0f} s"), []
    if done.returncode < 0:
        return _failed("error", f"the process was ended by signal {-done.returncode}"), []
    lines = done.stderr.strip().splitlines() or ["the process ended without a message"]
    return _failed("error", lines[-1][:300]), []


def _failed(status: str, message: str) -> dict[str, object]:
    return {"status": status, "feasible": False, "message": message}


def run(wish: Wish) -> None:
    """Run what is not there yet."""
    path = wish.out / f"{wish.table}.csv"
    there = store.latest(path)
    stand = revision()
    for job in jobs(wish):
        cells = _identity(job)
        key = tuple(store.text(cells[name]) for name in store.KEY)
        if key in there and not wish.again:
            print(f"there already: {' '.join(key)} (--again runs it anew)")
            continue
        row, trace = perform(
            job | {"timeout": wish.timeout or max(600.0, TIMES * job["time_limit"]), "revision": stand}
        )
        date = datetime.now().astimezone().isoformat(timespec="milliseconds")
        store.append(path, store.FIELDS, [cells | row | {"date": date}])
        store.append(
            wish.out / "traces" / f"{wish.table}.csv",
            store.TRACE,
            [cells | point | {"date": date} for point in trace],
        )
        print(_line(cells, row), flush=True)


def _line(cells: dict[str, object], row: dict[str, object]) -> str:
    """One line for people."""
    shown = {name: store.text(row.get(name)) or "-" for name in ("ratio", "cost", "wall_s", "cpu_s", "peak_mb")}
    return (
        f"{cells['instance']:<24} {cells['method']:<18} seed {cells['seed']:<3} {row['status']:<10} "
        f"feasible {store.text(row['feasible']):<3}  ratio {shown['ratio']:<10} cost {shown['cost']:<14} "
        f"{shown['wall_s']} s, CPU {shown['cpu_s']} s, {shown['peak_mb']} MB  {row.get('message') or ''}"
    ).rstrip()
