"""Generated maps for the micro-benchmarks, and runs of the search on them."""

from dataclasses import fields
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

import territorykit as tk
from territorykit.model.objective import Term
from territorykit.solve.compile import compile_problem
from territorykit.solve.kernels.arrays import State
from territorykit.solve.search.run import Cycle, Run
from territorykit.solve.start.plan import reconnect

SIZES = {"grid50": 20, "delaunay3000": 30, "grid200": 100}
"""Maps by their names, and how many territories each has."""
COOLING = 30
"""Proposals for each unit until a map counts as annealed."""


def _grid(side: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Squares of 1 km in rows."""
    at = np.arange(side * side).reshape(side, side)
    across = np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], axis=1)
    up = np.stack([at[:-1].ravel(), at[1:].ravel()], axis=1)
    return 1000.0 * np.stack(np.divmod(np.arange(side * side), side), axis=1), np.concatenate([across, up])


def _scattered(n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Random points and their triangulation."""
    xy = np.random.default_rng(n).uniform(0, 1e5, (n, 2))
    corners = Delaunay(xy).simplices
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    return xy, np.unique(np.sort(sides, axis=1), axis=0)


@cache
def graph(name: str) -> tk.UnitGraph:
    """One of the maps, with loads that differ from unit to unit."""
    xy, edges = _scattered(3000) if name == "delaunay3000" else _grid(int(name.removeprefix("grid")))
    calls = np.random.default_rng(7).integers(5, 50, len(xy)).astype(float)
    return tk.UnitGraph(
        np.arange(len(xy)), xy, edges, [tk.Activity("calls", calls)], lonlat=xy / 1e5 + np.array([10.0, 45.0])
    )


def some_run(name: str, objective: Term | None = None) -> Run:
    """A run from the cells around random units, made connected."""
    k, wishes = SIZES[name], [tk.Balance("calls", 0.05), tk.Contiguous()]
    compiled = compile_problem(tk.Problem(graph(name), k, wishes, objective=objective or tk.Compactness("calls")))
    rng, point = np.random.default_rng(1), compiled.facts.point
    labels = cKDTree(point[rng.choice(len(point), k, replace=False)]).query(point)[1].astype(np.int32)
    reconnect(compiled, labels)
    return Run(compiled, labels, rng)


@cache
def annealed(name: str, objective: Term | None = None) -> Run:
    """The same run after a short fall of the temperature."""
    run = some_run(name, objective)
    for _ in run.blocks(Cycle(COOLING * run.compiled.n_nodes, 0.4)):
        pass
    return run


def copied(state: State) -> State:
    """The same state in arrays of its own."""
    return state.replace(**{field.name: getattr(state, field.name).copy() for field in fields(state)})


def border(run: Run) -> NDArray[np.int64]:
    """All border nodes of a run."""
    facts, labels = run.facts, run.state.labels
    cut = labels[np.repeat(np.arange(len(labels)), np.diff(facts.indptr))] != labels[facts.indices]
    return np.unique(facts.indices[cut]).astype(np.int64)
