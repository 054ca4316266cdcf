"""One run in a process of its own: rehearse, solve under the clock, judge."""

import contextlib
import gc
import json
import platform
import resource
import signal
import sys
import time
import warnings
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.instance import Instance, rehearsal
from benchmarks.judging import judge
from benchmarks.loading import read
from benchmarks.methods import METHODS
from benchmarks.methods.method import Budget, Method, Outcome, Point
from benchmarks.shared import Shared

REHEARSAL_SECONDS = 2.0
TRACE_POINTS = 80
KILOBYTE = 1024


def versions(method: Method, revision: str) -> str:
    """What ran: the method's package and the ones beneath."""
    names = dict.fromkeys([method.package, "numpy", "scipy", "numba"])
    found = [f"{name} {version(name)}" for name in names]
    if method.package == "territorykit" and revision:
        found[0] += f" {revision}"
    return "; ".join([*found, f"python {platform.python_version()}"])


def _peak(*, reset: bool = False) -> float:
    """Most memory in use so far, MB; on Linux it can be set back, so that loading does not count."""
    if reset:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / KILOBYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTE


def _limit_memory(gigabytes: float) -> None:
    """Let a run that wants too much end with an error, and not take the machine along."""
    limit = int(gigabytes * KILOBYTE**3)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def thinned(trace: tuple[Point, ...], points: int = TRACE_POINTS) -> list[Point]:
    """The moments at which the best plan got better; of many, those spread evenly over the logarithm of time."""
    better, best = [], (float("inf"), float("inf"))
    for point in trace:
        rank = (round(point.violation, 9), point.objective)
        if rank < best:
            best = rank
            better.append(point)
    if len(better) <= points:
        return better
    sound = next((p for p in better if p.violation <= 0), better[0])
    kept = {id(better[0]): better[0], id(sound): sound, id(better[-1]): better[-1]}
    begin, end = max(better[0].seconds, 1e-3), max(better[-1].seconds, 2e-3)
    for step in range(points):
        moment = begin * (end / begin) ** (step / (points - 1))
        last = next((p for p in reversed(better) if p.seconds <= moment), better[0])
        kept[id(last)] = last
    return sorted(kept.values(), key=lambda p: p.seconds)


def _solve(method: Method, instance: Instance, budget: Budget, timeout: float) -> tuple[Outcome, float, float]:
    """Labels with wall and CPU seconds; past the time-out the alarm ends the process, native code or not."""
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        solve = method.prepare(instance, budget)
        _peak(reset=True)
        signal.setitimer(signal.ITIMER_REAL, timeout)
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = solve()
    except Exception as error:  # noqa: BLE001 - whatever a package raises is what the run came to
        text = str(error).strip().splitlines() or ["no message"]
        outcome = Outcome(labels=None, status="error", message=f"{type(error).__name__}: {text[0]}"[:300])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    signal.setitimer(signal.ITIMER_REAL, 0)
    return outcome, wall, cpu


def _trace(outcome: Outcome, cost: float | None) -> list[dict[str, Any]]:
    """The trace in the judge's measure: the last objective is what the judge measured as the cost."""
    factor = cost / outcome.objective if cost and outcome.objective else 1.0
    return [
        {
            "seconds": round(p.seconds, 3),
            "iterations": p.iterations,
            "cost": p.objective * factor,
            "violation": p.violation,
        }
        for p in thinned(outcome.trace)
    ]


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Do the job: a row, and its trace."""
    method, instance = METHODS[job["method"]], read(Path(job["path"]))
    budget = Budget(seed=job["seed"], seconds=job["time_limit"] or None, workers=job["workers"])
    gc.collect()
    with contextlib.suppress(Exception):  # what fails here fails again, and is then reported
        method.prepare(rehearsal(instance), replace(budget, seconds=REHEARSAL_SECONDS))()
    outcome, wall, cpu = _solve(method, instance, budget, job["timeout"])
    peak = _peak()
    verdict = judge(Shared(Path(job["shared"])).tool("referee"), instance, outcome.labels)
    sound = [p.seconds for p in outcome.trace if p.violation <= 0]
    known = instance.reference and verdict.cost is not None
    row = {
        "status": outcome.status,
        "feasible": verdict.feasible,
        "cost": verdict.cost,
        "ratio": round(verdict.cost / instance.reference, 7) if known else None,
        "deviation": " ".join(f"{value:.4f}" for value in verdict.deviations),
        "connected": verdict.connected,
        "wall_s": round(wall, 3),
        "cpu_s": round(cpu, 3),
        "feasible_s": round(min(sound), 3) if sound else None,
        "peak_mb": round(peak),
        "versions": versions(method, job["revision"]),
        "message": outcome.message,
    }
    return {"row": row, "trace": _trace(outcome, verdict.cost)}


def main(job: dict[str, Any]) -> None:
    """Run a job and leave the answer in its file."""
    warnings.simplefilter("ignore")
    _limit_memory(job["memory"])
    Path(job["answer"]).write_text(json.dumps(run(job)), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
