"""How a large question is cut into requests, and how the answers are put together."""

import math
from typing import NamedTuple

import numpy as np

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.errors import DataError
from territorykit.load.ways.places import Ways
from territorykit.load.ways.reach import MOST_WAYS
from territorykit.load.ways.routing_engines import Engine, largest_block
from territorykit.load.ways.speeds import METRES_PER_MINUTE
from territorykit.model.objective import EARTH_RADIUS


class Part(NamedTuple):
    """Pairs that some answers hold: position of origin and destination, minutes, metres (NaN where not known)."""

    row: Ints
    column: Ints
    minutes: Floats
    metres: Floats


class Block(NamedTuple):
    """Origins near each other, and destinations within reach of any of them, as they are asked for."""

    rows: Ints
    columns: list[Ints]


class Search(NamedTuple):
    """What is sought: points on the unit sphere, and how far away they may be."""

    start: Floats
    end: Floats
    within: float
    top_kmh: float

    def near(self, rows: Ints, columns: Ints) -> Bools:
        """Which pairs may be within reach, shape (n_rows, n_columns)."""
        angle = self.within * self.top_kmh * METRES_PER_MINUTE / EARTH_RADIUS
        if angle >= np.pi:
            return np.ones((len(rows), len(columns)), np.bool_)
        chord = 2 * math.sin(angle / 2) * (1 + 1e-12)
        square = sum((self.start[rows, None, k] - self.end[None, columns, k]) ** 2 for k in range(3))
        return np.asarray(square <= chord**2, np.bool_)


def near_groups(points: Floats, most: int) -> list[Ints]:
    """Points in groups of no more than so many that lie near each other, by halving along the longest side.

    Parameters
    ----------
    points
        Shape (n, n_dimensions).
    most
        Points of a group, from 1.

    Returns
    -------
    list of ndarray
        Positions; groups that stand beside each other are near each other too. No more groups than are needed.

    Examples
    --------
    >>> [group.tolist() for group in near_groups(np.array([[0.0], [9.0], [1.0], [8.0], [10.0]]), 3)]
    [[0, 2], [3, 1, 4]]
    """
    groups: list[Ints] = []
    waiting = [np.arange(len(points))] if len(points) else []
    while waiting:
        group = waiting.pop()
        n_groups = -(-len(group) // most)
        if n_groups == 1:
            groups.append(group)
            continue
        axis = int(np.argmax(np.ptp(points[group], axis=0)))
        group = group[np.argsort(points[group, axis], kind="stable")]
        cut = len(group) * (n_groups // 2) // n_groups
        waiting += [group[cut:], group[:cut]]
    return groups


def request_blocks(search: Search, origins: Ints, engine: Engine, pairs: int) -> list[Block]:
    """Cut what is to be asked into requests."""
    rank = np.empty(len(search.end), np.int64)
    rank[np.concatenate([np.empty(0, np.int64), *near_groups(search.end, 1)])] = np.arange(len(search.end))
    blocks, total = [], 0
    for group in near_groups(search.start[origins], math.isqrt(pairs)):
        rows = origins[group]
        near = search.near(rows, np.arange(len(search.end)))
        total += int(near.sum())
        if total > MOST_WAYS:
            message = f"more than {MOST_WAYS:,} pairs would be asked; pass within= to limit the minutes"
            raise DataError(message)
        columns = np.flatnonzero(near.any(axis=0))
        columns = columns[np.argsort(rank[columns])]
        most = largest_block(engine, pairs, len(rows))
        blocks.append(Block(rows, [columns[i : i + most] for i in range(0, len(columns), most)]))
    return blocks


def as_ways(parts: list[Part], n: int) -> Ways:
    """Sparse rows of what was had; the order of the answers does not matter."""
    nothing = Part(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
    row, column, minutes, metres = (np.concatenate(arrays) for arrays in zip(nothing, *parts, strict=True))
    order = np.lexsort((column, row))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]).astype(np.int64)
    return Ways(indptr, column[order], minutes[order], None if np.isnan(metres).any() else metres[order])


def split_ways(ways: Ways, counts: list[int]) -> tuple[Ways, ...]:
    """The rows of each list of origins."""
    found, first = [], 0
    for n in counts:
        indptr = ways.indptr[first : first + n + 1]
        here = slice(int(indptr[0]), int(indptr[-1]))
        metres = None if ways.metres is None else ways.metres[here]
        found.append(Ways(indptr - indptr[0], ways.indices[here], ways.minutes[here], metres))
        first += n
    return tuple(found)


def great_circles(one: Floats, other: Floats) -> Floats:
    """Great circles from place to place; infinite and missing ones stay so."""
    lost = ~np.isfinite(other[:, 0])
    chord = np.linalg.norm(unit_vectors(one) - unit_vectors(np.where(lost[:, None], one, other)), axis=1)
    return np.where(lost, other[:, 0], arcs(chord))
