"""All connected territories around a unit that keep limits of size, one after the other."""

from typing import NamedTuple

import numpy as np

from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.compiled import kernel

STEPS_OF_A_LOOK = 20


class Map(NamedTuple):
    """Units, their neighbors and loads, and what a territory may hold.

    Parameters
    ----------
    first, neighbors
        Neighbors of unit i are ``neighbors[first[i]:first[i + 1]]``.
    load
        Shape (n_activities, n_units).
    lower, upper
        Shape (n_activities,): the limits of every territory.
    """

    first: Array
    neighbors: Array
    load: Array
    lower: Array
    upper: Array


class Count(NamedTuple):
    """How an enumeration ended.

    Parameters
    ----------
    kept
        How many territories were written down.
    steps
        The effort: one for each unit that was taken in, `STEPS_OF_A_LOOK` and a quarter of the units for each look
        at what is left behind.
    within
        How many territories are within the limits, whatever they leave behind.
    complete
        Whether there are no others.
    """

    kept: int
    steps: int
    within: int
    complete: bool


@kernel
def subsets_around(area: Map, root: int, allowed: Array, n_territories: int, most_steps: int, out: Array) -> Count:
    """Connected sets of allowed units with `root` that keep the limits and leave whole territories behind.

    Each set comes once: a unit at its border is taken in first, and then left out for good (compare Wernicke 2006,
    *Efficient detection of network motifs*). Ends early when `out`, shape (most, n_units), is full.
    """
    n = len(allowed)
    inside, seen = np.zeros(n, np.bool_), ~allowed
    border, after = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    taken, scratch, queue = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.empty(n, np.int64)
    size, sizes = np.zeros(len(area.load)), np.empty((n, len(area.load)))  # sums are put back, never taken off again
    kept, steps, within, waiting, at = 0, 0, 0, 0, 0
    if not _fits(area, size, root):
        return Count(0, 0, 0, complete=True)
    seen[root] = True
    waiting = _enter(area, root, inside, seen, border, waiting, size)
    arrived = True
    while True:
        if arrived and _enough(area, size):
            within += 1
            steps += STEPS_OF_A_LOOK + n // 4
            if leaves_whole_territories(area, inside, n_territories - 1, scratch, queue):
                out[kept] = inside
                kept += 1
                if kept == len(out):
                    return Count(kept, steps, within, complete=False)
        arrived = False
        if at < waiting:
            unit, after[at] = border[at], waiting
            taken[at] = _fits(area, size, unit)
            if taken[at]:
                sizes[at] = size
                waiting = _enter(area, unit, inside, seen, border, waiting, size)
                steps += 1
                arrived = True
                if steps > most_steps:
                    return Count(kept, steps, within, complete=False)
            at += 1
            continue
        at -= 1
        while at >= 0 and not taken[at]:
            at -= 1
        if at < 0:
            return Count(kept, steps, within, complete=True)
        taken[at] = False
        inside[border[at]] = False
        size[:] = sizes[at]
        while waiting > after[at]:
            waiting -= 1
            seen[border[waiting]] = False
        at += 1


@kernel
def _fits(area: Map, size: Array, unit: int) -> bool:
    for a in range(len(size)):
        if size[a] + area.load[a, unit] > area.upper[a]:
            return False
    return True


@kernel
def _enough(area: Map, size: Array) -> bool:
    for a in range(len(size)):
        if size[a] < area.lower[a]:
            return False
    return True


@kernel
def _enter(area: Map, unit: int, inside: Array, seen: Array, border: Array, waiting: int, size: Array) -> int:
    """Take a unit in; its neighbors join the border."""
    inside[unit] = True
    for a in range(len(size)):
        size[a] += area.load[a, unit]
    for place in range(area.first[unit], area.first[unit + 1]):
        other = area.neighbors[place]
        if not seen[other]:
            seen[other] = True
            border[waiting] = other
            waiting += 1
    return waiting


@kernel
def leaves_whole_territories(area: Map, inside: Array, n_others: int, seen: Array, queue: Array) -> bool:
    """Whether the pieces outside of a territory can each hold a whole number of others, `n_others` together."""
    fewest, most = 0, 0
    for unit in range(len(inside)):
        seen[unit] = inside[unit]
    for unit in range(len(inside)):
        if seen[unit]:
            continue
        size = np.zeros(len(area.load))
        queue[0], end, seen[unit], members = unit, 1, True, 0
        while end > 0:
            end -= 1
            here = queue[end]
            members += 1
            for a in range(len(size)):
                size[a] += area.load[a, here]
            for place in range(area.first[here], area.first[here + 1]):
                other = area.neighbors[place]
                if not seen[other]:
                    seen[other] = True
                    queue[end] = other
                    end += 1
        low, high = 1, min(members, n_others)
        for a in range(len(size)):
            if area.upper[a] > 0 and np.isfinite(area.upper[a]):
                low = max(low, int(np.ceil(size[a] / area.upper[a] * (1 - 1e-12))))
            if area.lower[a] > 0:
                high = min(high, int(np.floor(size[a] / area.lower[a] * (1 + 1e-12))))
        if low > high:
            return False
        fewest, most = fewest + low, most + high
    return fewest <= n_others <= most
