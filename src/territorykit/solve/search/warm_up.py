"""Compiling the kernels before the clock starts."""

import logging
from functools import cache

import numpy as np

from territorykit.model.activity import Activity
from territorykit.model.problem import Problem
from territorykit.model.requirements import Balance, Contiguous
from territorykit.model.unit_graph import UnitGraph
from territorykit.solve.compile import compile_problem
from territorykit.solve.search.run import Cycle, Run
from territorykit.solve.start.centers import BEGINNINGS, center_search
from territorykit.solve.start.plan import reconnect

_log = logging.getLogger(__name__)


@cache
def warm_up() -> None:
    """Run every kernel once on a row of units, so that it is compiled or loaded; later calls do nothing.

    The first time on a machine this takes up to a minute; after that the compiled code is on disk.
    """
    _log.info("loading the search kernels; the first time on a machine they are compiled, for up to a minute")
    n = 8
    xy = np.stack([np.arange(n), np.zeros(n)], axis=1)
    edges = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    graph = UnitGraph(np.arange(n), xy, edges, [Activity("a", np.ones(n))])
    compiled = compile_problem(Problem(graph, 2, [Balance("a", 0.5), Contiguous()]))
    rng = np.random.default_rng(0)
    for begin in BEGINNINGS:
        labels = center_search(compiled, rng, 0, bool, begin).labels
    reconnect(compiled, labels)
    run = Run(compiled, labels, rng)
    for _ in run.blocks(Cycle(10)):
        run.as_best()
