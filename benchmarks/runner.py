"""Runs jobs one after the other, each in a process of its own, and keeps a row of each at once."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import loading, store
from benchmarks.instance import Instance
from benchmarks.methods import METHODS
from benchmarks.shared import CHECKOUT, Shared
from benchmarks.tables import TABLES

STARTING = 300.0
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


def jobs(wish: Wish, instance: str, methods: list[str]) -> Iterator[dict[str, Any]]:
    """All jobs on one instance."""
    limit = TABLES[wish.table].seconds(instance) if wish.time is None else wish.time
    for method in methods:
        for seed in wish.seeds:
            yield {
                "table": wish.table,
                "instance": instance,
                "method": method,
                "seed": seed,
                "time_limit": limit,
                "workers": wish.workers,
                "memory": wish.memory,
                "timeout": wish.timeout or max(600.0, TIMES * limit),
                "shared": str(wish.shared.root),
            }


def perform(job: dict[str, Any]) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Run one job to its end or its time-out; its own alarm rings before the one here."""
    answer = Path(job["path"]).with_suffix(".json")
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.single", json.dumps(job | {"answer": str(answer)})]
    options = {"cwd": CHECKOUT, "env": loading.environment(job["workers"]), "capture_output": True, "text": True}
    try:
        done = subprocess.run(command, **options, timeout=job["timeout"] + STARTING, check=False)
    except subprocess.TimeoutExpired:
        return _failed("timeout", f"neither started nor solved within {job['timeout'] + STARTING:.0f} s"), []
    if answer.exists():
        found = json.loads(answer.read_text(encoding="utf-8"))
        return found["row"], found["trace"]
    if done.returncode == -signal.SIGALRM:
        return _failed("timeout", f"not finished after {job['timeout']:.0f} s"), []
    if done.returncode < 0:
        return _failed("error", f"the process was ended by signal {-done.returncode}"), []
    lines = done.stderr.strip().splitlines() or ["the process ended without a message"]
    return _failed("error", lines[-1][:300]), []


def _failed(status: str, message: str) -> dict[str, object]:
    return {"status": status, "feasible": False, "message": message}


def _facts(instance: Instance) -> dict[str, object]:
    """What a row says of the instance, however the run went."""
    names = ("n", "k", "reference", "reference_note", "second_reference")
    return {name: getattr(instance, name) for name in names}


def run(wish: Wish) -> None:
    """Run what is not there yet: instance by instance, all methods and seeds on each."""
    there = store.latest(wish.out / f"{wish.table}.csv")
    methods = usable(wish)
    for name in TABLES[wish.table].chosen(wish.shared, wish.instances):
        todo = [job for job in jobs(wish, name, methods) if wish.again or _key(job) not in there]
        known = len(methods) * len(wish.seeds) - len(todo)
        if known:
            print(f"{name}: {known} runs are there already; --again runs them anew")
        if todo:
            _run_all(wish, name, todo)


def _key(job: dict[str, Any]) -> tuple[str, ...]:
    return tuple(store.text(job[name]) for name in store.KEY)


def _run_all(wish: Wish, name: str, todo: list[dict[str, Any]]) -> None:
    """The jobs of one instance, which is read once for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance"
        instance = loading.kept(wish.shared, wish.table, name, path)
        if instance is None:
            return
        for job in todo:
            row, trace = perform(job | {"path": str(path), "revision": revision()})
            _keep(wish.out, job, row | _facts(instance), trace)


def _keep(out: Path, job: dict[str, Any], row: dict[str, object], trace: list[dict[str, object]]) -> None:
    """Write a finished run to disk and say so."""
    cells = {name: job[name] for name in store.KEY}
    cells["date"] = datetime.now().astimezone().isoformat(timespec="milliseconds")
    store.append(out / f"{job['table']}.csv", store.FIELDS, [row | cells])
    store.append(out / "traces" / f"{job['table']}.csv", store.TRACE, [point | cells for point in trace])
    print(_line(cells, row), flush=True)


def _line(cells: dict[str, object], row: dict[str, object]) -> str:
    """One line for people."""
    shown = {name: store.text(row.get(name)) or "-" for name in ("ratio", "cost", "wall_s", "cpu_s", "peak_mb")}
    return (
        f"{cells['instance']:<24} {cells['method']:<18} seed {cells['seed']:<3} {row['status']:<10} "
        f"feasible {store.text(row['feasible']):<3}  ratio {shown['ratio']:<10} cost {shown['cost']:<14} "
        f"{shown['wall_s']} s, CPU {shown['cpu_s']} s, {shown['peak_mb']} MB  {row.get('message') or ''}"
    ).rstrip()
