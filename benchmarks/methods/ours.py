"""Our own: `tk.solve` with its default method, and with the exact one."""

from dataclasses import replace

import numpy as np

import territorykit as tk
from benchmarks.goals import GOALS
from benchmarks.instance import Band, Instance
from benchmarks.methods.method import Budget, Method, Outcome, Point, Solve

PROOF_GAP = 0.001
"""Gap at which the proofs for states by tract end."""


def _limit(band: Band) -> tk.Balance | tk.Capacity:
    if band.tolerance is not None:
        return tk.Balance(band.activity, band.tolerance)
    return tk.Capacity(band.activity, band.lower, band.upper)


def problem(instance: Instance) -> tk.Problem:
    """The instance as a user would state it."""
    graph = tk.UnitGraph(
        np.arange(instance.n),
        instance.xy,
        instance.edges,
        [tk.Activity(name, values) for name, values in instance.activities.items()],
        lonlat=instance.lonlat,
    )
    requirements: list[object] = [_limit(band) for band in instance.bands]
    requirements += [tk.Contiguous()] if instance.contiguous else []
    bases = None
    if instance.centers is not None:
        requirements.append(tk.Fixed({int(unit): t for t, unit in enumerate(instance.centers)}))
        bases = instance.xy[instance.centers]
    return tk.Problem(graph, instance.k, requirements, GOALS[instance.goal].term(instance), bases=bases)


def _prepare(instance: Instance, budget: Budget) -> Solve:
    asked = problem(instance)
    return lambda: _outcome(tk.solve(asked, seed=budget.seed, time_limit=budget.seconds, workers=budget.workers))


def _outcome(result: tk.Result) -> Outcome:
    points = [
        Point(seconds=p.seconds, iterations=p.iterations, objective=p.objective, violation=p.violation)
        for p in result.trace
    ]
    notes = result.conflicts or result.violations
    return Outcome(
        labels=None if result.plan is None else result.plan.labels,
        status=result.status.value,
        objective=result.objective,
        trace=tuple(points),
        message=notes[0].message if notes else "",
    )


def _truncated(asked: tk.Problem, instance: Instance) -> tk.Problem:
    """The grids' published cost to the digit: whole hundredths of a cell, squared, as travel from unit to unit."""
    away = np.sqrt(((instance.xy[:, None] - instance.xy[None]) ** 2).sum(axis=-1))
    travel = tk.Travel.from_dense(np.trunc(100 * away + 1e-9))
    return asked.replace(objective=(tk.Compactness(distance="travel"),), travel=travel)


def _prepare_exact(instance: Instance, budget: Budget) -> Solve:
    asked = problem(instance)
    if instance.goal == "cells":
        asked = _truncated(asked, instance)
    method = tk.Exact(threads=budget.workers)
    return lambda: _outcome(tk.solve(asked, method, seed=budget.seed, time_limit=budget.seconds))


def _prepare_proof(instance: Instance, budget: Budget) -> Solve:
    asked = problem(instance)
    if instance.goal == "cells":
        asked = _truncated(asked, instance)
    gap = PROOF_GAP if instance.table in ("tracts", "tracts-free") else 0.0
    return lambda: _proof(tk.prove(asked, gap=gap, time_limit=budget.seconds, workers=budget.workers))


def _proof(result: tk.Result) -> Outcome:
    """The outcome of a plan, with what is proven of it as the message."""
    found = _outcome(result)
    if result.gap is None or result.bound is None:
        return found
    return replace(found, message=f"gap {result.gap:.5f}; {result.bound.method}")


OURS = Method(
    name="territorykit", package="territorykit", title="territorykit", prepare=_prepare, tables=None, timed=True
)
EXACT = Method(
    name="territorykit-exact",
    package="territorykit",
    title="territorykit, exact",
    prepare=_prepare_exact,
    tables=("counties", "grids", "du_commercial", "kong_sap"),
    timed=True,
)
PROVE = Method(
    name="territorykit-prove",
    package="territorykit",
    title="territorykit, proven",
    prepare=_prepare_proof,
    tables=("tracts", "tracts-free", "counties", "grids", "du_commercial", "kong_sap"),
    timed=True,
)
