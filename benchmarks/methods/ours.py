"""Our own: `tk.solve` with its default method."""

import numpy as np

import territorykit as tk
from benchmarks.goals import GOALS
from benchmarks.instance import Band, Instance
from benchmarks.methods.method import Budget, Method, Outcome, Point, Solve


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


OURS = Method(
    name="territorykit", package="territorykit", title="territorykit", prepare=_prepare, tables=None, timed=True
)
