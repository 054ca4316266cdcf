"""The hours that units take from each place where days may begin, as the kernels need them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from territorykit._arrays import Floats, Ints
from territorykit.model.problem import Problem
from territorykit.model.travel import Travel
from territorykit.model.workload import BalancedWorkload, Workload
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.hours import hours_of_ways

_NOTHING = {
    "work_ptr": np.zeros(1, np.int64),
    "work_idx": np.empty(0, np.int32),
    "work_hours": np.empty((0, 2)),
    "work_far": np.empty((0, 2)),
    "work_band": np.zeros(2),
    "work_target": 0.0,
    "most_nights": np.inf,
}


def work_facts(problem: Problem, node: Ints, chief: Ints) -> dict[str, Any]:
    """What `Facts` says of hours, under the same names; a node's ways begin at its `chief`, shape (n_nodes,)."""
    k = problem.n_territories
    found = problem.of_type(BalancedWorkload)
    if not found or problem.travel is None:
        return _NOTHING | {"work_based": np.zeros(k, np.uint8)}
    rule, work, travel = found[0], found[0].workload, problem.travel
    loads = _Loads.of(problem, work)
    based = problem.given_bases & (work.to == "base")
    rows = [np.zeros(len(chief) + 1, np.int64)]
    found_idx: list[Array] = []
    found_hours: list[Array] = []
    if not based.all():
        indptr, idx, values = _from_nodes(travel, node, chief, loads)
        rows, found_idx, found_hours = [indptr], [idx], [values]
    if based.any():
        indptr, idx, values = _from_bases(travel, node, loads)
        rows.append(indptr[1:] + rows[0][-1])
        found_idx.append(idx)
        found_hours.append(values)
    far = loads.taken(np.arange(len(node)), np.full(len(node), np.inf))
    return {
        "work_ptr": np.concatenate(rows),
        "work_idx": np.concatenate(found_idx).astype(np.int32),
        "work_hours": np.ascontiguousarray(np.concatenate(found_hours)),
        "work_far": np.stack([np.bincount(node, far[:, column]) for column in (0, 1)], axis=1),
        "work_based": based.astype(np.uint8),
        "work_band": np.array([1 - rule.tolerance, 1 + rule.tolerance]),
        "work_target": rule.hours or 0.0,
        "most_nights": np.inf if rule.max_nights is None else rule.max_nights,
    }


def begins_at_centers(problem: Problem) -> bool:
    """Whether days begin at units that stand for their territories, somewhere."""
    found = problem.of_type(BalancedWorkload)
    return any(r.workload.to == "center" or not problem.given_bases.all() for r in found)


def hours_without_ways(problem: Problem, work: Workload) -> Floats:
    """Hours at each unit in a year, ways from stop to stop included, shape (n_units,)."""
    visits = problem.graph.activity(work.visits).values
    if isinstance(work.service, str):
        return problem.graph.activity(work.service).values + visits * work.between_stops / 60
    return np.asarray(visits * (work.service + work.between_stops) / 60, np.float64)


@dataclass(frozen=True, slots=True)
class _Loads:
    """What each unit takes, by how far away it is: visits a year, and minutes.

    A unit without visits takes what service it has once, and no way.
    """

    work: Workload
    visits: Floats
    at: Floats
    between: Floats

    @classmethod
    def of(cls, problem: Problem, work: Workload) -> "_Loads":
        """The loads of a problem's units."""
        visits = problem.graph.activity(work.visits).values
        if isinstance(work.service, str):
            at = problem.graph.activity(work.service).values * 60 / np.where(visits > 0, visits, 1.0)
        else:
            at = np.where(visits > 0, work.service, 0.0)
        return cls(work, visits, at, np.full(len(visits), work.between_stops))

    def taken(self, unit: Ints, minutes: Floats) -> Floats:
        """Hours a year of some units that lie so far from where days begin, and nights away, shape (n, 2)."""
        work = self.work
        found: Floats = hours_of_ways(
            unit, minutes, self.visits, self.at, self.between,
            60.0 * work.hours_per_day, int(work.days_per_trip), float(work.overnight_beyond),
        )  # fmt: skip
        return found


def _from_nodes(travel: Travel, node: Ints, chief: Ints, loads: _Loads) -> tuple[Ints, Array, Floats]:
    """Rows of what nodes take from the heaviest unit of each node, which has no way to itself stored."""
    count = np.diff(travel.indptr)[chief]
    first = np.concatenate([[0], np.cumsum(count)])
    entry = np.repeat(travel.indptr[chief] - first[:-1], count) + np.arange(first[-1])
    row, unit = np.repeat(np.arange(len(chief)), count), travel.indices[entry]
    away = unit != chief[row]
    row, unit = np.concatenate([row[away], np.arange(len(chief))]), np.concatenate([unit[away], chief])
    minutes = np.concatenate([travel.minutes[entry][away], np.zeros(len(chief))])
    return _rows((row, unit, minutes), (len(chief), node), loads)


def _from_bases(travel: Travel, node: Ints, loads: _Loads) -> tuple[Ints, Array, Floats]:
    indptr, indices, minutes = (np.asarray(a) for a in (travel.base_indptr, travel.base_indices, travel.base_minutes))
    row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    return _rows((row, indices, minutes), (len(indptr) - 1, node), loads)


def _rows(ways: tuple[Ints, Ints, Floats], shape: tuple[int, Ints], loads: _Loads) -> tuple[Ints, Array, Floats]:
    """Sparse rows of what nodes take, those of several units summed up: without a way, a unit is as far as can be."""
    row, unit, minutes = ways
    n_rows, node = shape
    n = int(node.max()) + 1
    values = loads.taken(unit, minutes)
    several = np.bincount(node, minlength=n) > 1
    if not several.any():
        place = csr_matrix((np.arange(1, len(row) + 1), (row, node[unit])), shape=(n_rows, n))
        place.sort_indices()
        return place.indptr.astype(np.int64), place.indices, values[place.data - 1]
    values -= loads.taken(unit, np.full(len(unit), np.inf)) * several[node[unit]][:, None]
    sums = [csr_matrix((values[:, column], (row, node[unit])), shape=(n_rows, n)) for column in (0, 1)]
    for matrix in sums:
        matrix.sum_duplicates()
    far = loads.taken(np.arange(len(node)), np.full(len(node), np.inf))
    whole = np.stack([np.bincount(node, far[:, column] * several[node], n) for column in (0, 1)], axis=1)
    found = np.stack([matrix.data for matrix in sums], axis=1) + whole[sums[0].indices]
    return sums[0].indptr.astype(np.int64), sums[0].indices, found
