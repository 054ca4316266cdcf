"""A search over centers: each set of them is worth what its balanced diagram costs, which is cheap to know.

Which centers a plan has decides more than how long its borders are polished. From a settled diagram one center
is taken away and opened elsewhere, the diagram settles again, and stays where it has become better.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from territorykit.solve.compile import Compiled
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.start.bisection import bisected
from territorykit.solve.start.diagram import Diagram, blank
from territorykit.solve.start.finish import with_something_to_lower
from territorykit.solve.start.growing import grown
from territorykit.solve.start.today import todays_diagram, with_todays_names

QUICK_ROUNDS = 5
"""Moves of the centers after one of them was opened elsewhere: most of the map is settled already."""
QUICK_PRICE_ROUNDS = 60
FROM_TODAY = 0.5
"""How often, where few units may move, today's plan is the start."""

Beginning: TypeAlias = Callable[[Compiled, np.random.Generator], Array] | None
BEGINNINGS: tuple[Beginning, ...] = (bisected, None, grown)
"""Where centers begin. On large maps those of a bisection are best, since each part has its number of them."""


@dataclass(frozen=True, slots=True)
class Start:
    """Labels to anneal, and what the diagram behind them is worth: less is better, infinite for today's plan."""

    labels: Array
    value: float


def center_search(
    compiled: Compiled, rng: np.random.Generator, tries: int, halted: Callable[[], bool], begin: Beginning = None
) -> Start:
    """Draw a diagram and improve its centers one by one.

    Connected where the problem asks for it and the map allows it. Sizes are near their bands but may
    break them: the search mends that.

    Parameters
    ----------
    compiled
        The problem.
    rng
        Its random numbers.
    tries
        How many centers are opened elsewhere, each for good only where that is better.
    halted
        Whether time is up.
    begin
        What makes the plan in whose middles centers begin; without, they are drawn far from each other.
    """
    compiled = with_something_to_lower(compiled)
    few_moves = len(compiled.facts.home) > 0
    if few_moves and rng.random() < FROM_TODAY:
        today = todays_diagram(compiled, rng)
        return Start(today.finished(), np.inf)
    best = blank(compiled)
    if begin is None or best.given.all():
        best.spread(rng)
    else:
        best.surround(begin(compiled, rng))
    best.settle(halted)
    free = np.flatnonzero(~best.given)
    for _ in range(tries if len(free) > 1 else 0):
        if halted():
            break
        trial = _neighbor(best, free, rng, halted)
        if trial.value < best.value * (1 - 1e-9):
            best = trial
    labels = best.finished()
    return Start(with_todays_names(compiled, labels) if few_moves else labels, best.value)


def _neighbor(diagram: Diagram, free: Array, rng: np.random.Generator, halted: Callable[[], bool]) -> Diagram:
    trial = diagram.copy()
    trial.relocate(int(rng.choice(free)), rng)
    trial.settle(halted, QUICK_ROUNDS, QUICK_PRICE_ROUNDS)
    if trial.value < diagram.value:  # prices that have not settled flatter: look again before it is believed
        trial.settle(halted, QUICK_ROUNDS)
    return trial


def power_start(compiled: Compiled, rng: np.random.Generator, halted: Callable[[], bool] = bool) -> Array:
    """Node labels from a balanced power diagram around centers of any beginning; every territory has a node."""
    return center_search(compiled, rng, 0, halted, BEGINNINGS[rng.integers(len(BEGINNINGS))]).labels
