"""Kernels called in a loop: a single call from Python is mostly the handing over of thirty arrays.

Compiled anew in each session, never from the disk: what they call may have changed.
"""

import numpy as np
from numba import njit

from territorykit.solve.kernels.arrays import LABEL, Array, Facts, State
from territorykit.solve.kernels.centers import center_cost, recenter
from territorykit.solve.kernels.change import change_of, move, worse_of
from territorykit.solve.kernels.contiguity import cut_off, removable
from territorykit.solve.kernels.spread import excess

loop = njit(nogil=True, error_model="numpy")


@loop
def judge_removable(facts: Facts, state: State, nodes: Array, scratch: Array) -> int:
    """How many of some nodes may leave their territories."""
    found = 0
    for u in nodes:
        found += removable(facts, state, u, scratch[0], scratch[1])
    return found


@loop
def judge_cut_off(facts: Facts, state: State, nodes: Array, scratch: Array) -> int:
    """How many of some nodes would leave a part behind."""
    found = 0
    for u in nodes:
        found += cut_off(facts, state, u, scratch[0], scratch[1]) >= 0
    return found


@loop
def foresee(facts: Facts, state: State, nodes: Array, to: Array) -> float:
    """What moves of some nodes would change in all."""
    total = 0.0
    for i in range(len(nodes)):
        total += change_of(facts, state, nodes[i], to[i]) + worse_of(facts, state, nodes[i], to[i])
    return total


@loop
def there_and_back(facts: Facts, state: State, nodes: Array, to: Array) -> None:
    """Move each node to another territory and home again."""
    for i in range(len(nodes)):
        home = np.int64(state.node[LABEL, nodes[i]])
        move(facts, state, nodes[i], to[i])
        move(facts, state, nodes[i], home)


@loop
def recenter_all(facts: Facts, state: State, times: int) -> None:
    """Let the center of each territory follow again and again; all but the first time it rests."""
    for _ in range(times):
        for t in range(state.territory.shape[1]):
            recenter(facts, state, t)


@loop
def count_centers(facts: Facts, state: State, nodes: Array) -> float:
    """What the territories of some nodes would cost with them as centers."""
    total = 0.0
    for c in nodes:
        total += center_cost(facts, state, np.int64(state.node[LABEL, c]), c)
    return total


@loop
def count_excess(facts: Facts, state: State, nodes: Array, to: Array, limit: float) -> float:
    """How far some nodes would be beyond the limit from those of another territory."""
    total = 0.0
    for i in range(len(nodes)):
        total += excess(facts, state, nodes[i], to[i], limit)
    return total
