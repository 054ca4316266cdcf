"""What is minimised: as a term of the library's objective, and as the referee measures it."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

import territorykit as tk
from benchmarks.instance import Floats, Instance, Ints

Verdict = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """A cost in two forms; `cost` never sees what the library says of its plan."""

    term: Callable[[Instance], object]
    cost: Callable[[ModuleType, Instance, Ints, Verdict], float]
    unit: str


def _first(instance: Instance) -> str:
    return next(iter(instance.activities))


def _distances(xy: Floats, members: Ints) -> Floats:
    return np.sqrt(((xy[members][:, None] - xy[members]) ** 2).sum(axis=-1))


def _best_units(instance: Instance, labels: Ints, price: Callable[[Floats], Floats]) -> tuple[Ints, float]:
    """The best unit as center of each unit's territory, and the sum of all prices of distances to it."""
    center, total = np.empty(instance.n, np.int64), 0.0
    for t in np.unique(labels):
        members = np.flatnonzero(labels == t)
        sums = price(_distances(instance.xy, members)).sum(axis=0)
        center[members] = members[sums.argmin()]
        total += sums.min()
    return center, float(total)


def _hess(referee: ModuleType, instance: Instance, labels: Ints, _: Verdict) -> float:
    return referee.hess_cost(labels, instance.lonlat[:, 0], instance.lonlat[:, 1], instance.first)


def _median(referee: ModuleType, instance: Instance, labels: Ints, _: Verdict) -> float:
    center, _total = _best_units(instance, labels, np.asarray)
    upper = instance.bands[0].upper if instance.bands else np.inf
    return referee.median_cost(center, instance.xy, instance.first, np.full(instance.n, upper))[0]


def _whole_median(_: ModuleType, instance: Instance, labels: Ints, __: Verdict) -> float:
    return _best_units(instance, labels, np.floor)[1]


def _given(referee: ModuleType, instance: Instance, labels: Ints, _: Verdict) -> float:
    upper = np.broadcast_to(instance.bands[0].upper, instance.k)
    found = referee.given_centers_cost(
        instance.centers[labels], instance.xy, instance.edges, instance.first, instance.centers, upper
    )
    return found[0]


def _cells(_: ModuleType, instance: Instance, labels: Ints, __: Verdict) -> float:
    return _best_units(instance, labels, lambda d: np.trunc(100 * d + 1e-9) ** 2)[1]


GOALS = {
    "hess": Goal(
        lambda i: tk.Compactness(_first(i), center="unit", distance="great-circle"), _hess, "people km², times 1e-6"
    ),
    "inertia": Goal(
        lambda i: tk.Compactness(_first(i), center="centroid"),
        lambda _referee, _instance, _labels, verdict: verdict["inertia"],
        "activity times squared length",
    ),
    "diameter": Goal(
        lambda _: tk.Diameter(), lambda _referee, _instance, _labels, verdict: verdict["diameter"], "length"
    ),
    "median": Goal(lambda _: tk.Compactness(power=1, center="unit"), _median, "sum of distances"),
    "whole median": Goal(
        lambda _: tk.Compactness(power=1, center="unit"), _whole_median, "sum of distances, each rounded down"
    ),
    "given": Goal(lambda i: tk.Compactness(_first(i), power=1, center="base"), _given, "demand times length / 1000"),
    "cells": Goal(lambda _: tk.Compactness(center="unit"), _cells, "sum of trunc(100 x distance) squared"),
}
