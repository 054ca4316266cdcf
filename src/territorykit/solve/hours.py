"""The hours that units take from each place where days may begin, as the kernels need them."""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from territorykit._arrays import Floats, Ints
from territorykit.model.problem import Problem
from territorykit.model.travel import Travel
from territorykit.model.workload import MOST_STEM, STEM, BalancedWorkload, Workload
from territorykit.solve.kernels.arrays import Array

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
    hours = hours_without_ways(problem, work)
    parts = []
    based = problem.given_bases & (work.to == "base")
    if not based.all() or work.to == "center":
        parts.append(_pairs(_between_units(travel), (len(node), node), hours, work)[chief])
    else:
        parts.append(csr_matrix((len(chief), len(chief)), dtype=np.complex128))
    if based.any():
        parts.append(_pairs(_from_bases(travel), (k, node), hours, work))
    matrix = vstack(parts, format="csr")
    matrix.sort_indices()
    far = hours / (1 - MOST_STEM) * (1 + 1j * _nights_of(work, np.full(len(hours), np.inf)))
    far = np.bincount(node, far.real) + 1j * np.bincount(node, far.imag)
    band = (1 - rule.tolerance, 1 + rule.tolerance)
    return {
        "work_ptr": matrix.indptr.astype(np.int64),
        "work_idx": matrix.indices.astype(np.int32),
        "work_hours": _columns(matrix.data),
        "work_far": _columns(far),
        "work_based": based.astype(np.uint8),
        "work_band": np.array(band),
        "work_target": rule.hours or 0.0,
        "most_nights": np.inf if rule.max_nights is None else rule.max_nights,
    }


def begins_at_centers(problem: Problem) -> bool:
    """Whether days begin at units that stand for their territories, somewhere."""
    found = problem.of_type(BalancedWorkload)
    return any(r.workload.to == "center" or not problem.given_bases.all() for r in found)


def _between_units(travel: Travel) -> tuple[Ints, Ints, Floats]:
    """Origins, ends and minutes, once from each unit to itself."""
    start, units = np.repeat(np.arange(travel.n_units), np.diff(travel.indptr)), np.arange(travel.n_units)
    away = start != travel.indices
    return (
        np.concatenate([start[away], units]),
        np.concatenate([travel.indices[away], units]),
        np.concatenate([travel.minutes[away], np.zeros(len(units))]),
    )


def _from_bases(travel: Travel) -> tuple[Ints, Ints, Floats]:
    indptr, indices, minutes = (np.asarray(a) for a in (travel.base_indptr, travel.base_indices, travel.base_minutes))
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), indices, minutes


def hours_without_ways(problem: Problem, work: Workload) -> Floats:
    """Hours at each unit in a year, ways from stop to stop included."""
    visits = problem.graph.activity(work.visits).values
    if isinstance(work.service, str):
        return problem.graph.activity(work.service).values + visits * work.between_stops / 60
    return np.asarray(visits * (work.service + work.between_stops) / 60, np.float64)


def _nights_of(work: Workload, minutes: Floats) -> Floats:
    """Nights away per hour of work."""
    away = (minutes > work.overnight_beyond) & (work.days_per_trip > 1)
    return np.where(away, (work.days_per_trip - 1) / work.days_per_trip / work.hours_per_day, 0.0)


def _pairs(ways: tuple[Ints, Ints, Floats], shape: tuple[int, Ints], hours: Floats, work: Workload) -> csr_matrix:
    """Hours that each node takes from each origin, nights as their imaginary part.

    What has no way counts as being as far as can be, in a node that has some unit within reach.
    """
    start, end, minutes = ways
    n_origins, node = shape
    days = np.where((minutes > work.overnight_beyond) & (work.days_per_trip > 1), work.days_per_trip, 1)
    stem = np.minimum(STEM * 2 * minutes / days / (60 * work.hours_per_day), MOST_STEM)
    taken = hours[end] / (1 - stem)
    nights = _nights_of(work, minutes)
    lost = hours[end] / (1 - MOST_STEM)
    night_lost = _nights_of(work, np.full(1, np.inf))[0]
    # nodes of several units: what is within reach, in place of what would be counted as far
    value = taken - lost + 1j * (taken * nights - lost * night_lost)
    n = int(node.max()) + 1
    matrix = csr_matrix((value, (start, node[end])), shape=(n_origins, n))
    matrix.sum_duplicates()
    whole = np.bincount(node, hours, n) / (1 - MOST_STEM)
    matrix.data += whole[matrix.indices] * (1 + 1j * night_lost)
    return matrix


def _columns(values: Array) -> Floats:
    return np.ascontiguousarray(np.stack([values.real, values.imag], axis=1))
