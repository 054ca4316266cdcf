"""The judge of every run: the referee from outside the project, plus the sizes where limits are sizes."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from benchmarks.goals import GOALS
from benchmarks.instance import Band, Instance, Ints


@dataclass(frozen=True)
class Verdict:
    """What a plan is worth, from its labels alone."""

    feasible: bool
    cost: float | None
    deviations: tuple[float, ...]
    connected: int


NOTHING = Verdict(feasible=False, cost=None, deviations=(), connected=0)


def judge(referee: ModuleType, instance: Instance, labels: Ints | None) -> Verdict:
    """Judge labels, or the lack of them."""
    if labels is None:
        return NOTHING
    labels = np.asarray(labels, np.int64)
    found = referee.judge(
        labels, instance.xy, _edges(instance), instance.weights(), k=instance.k, tolerance=_tolerances(instance)
    )
    if found["territories"] == 0:
        return NOTHING
    whole = found["territories"] == instance.k and found["missing"] == 0
    if instance.contiguous:
        sound = found["feasible"]
    else:
        within = np.array(found["deviation"]) <= np.array(_tolerances(instance)) + 1e-9
        sound = whole and bool(within.all())
    sound = sound and all(_within(band, instance, labels) for band in instance.bands)
    if instance.centers is not None:
        sound = sound and _at_home(referee, instance, labels)
    cost = GOALS[instance.goal].cost(referee, instance, labels, found) if found["missing"] == 0 else None
    return Verdict(sound, cost, tuple(found["deviation"]), found["connected"])


def _edges(instance: Instance) -> Ints:
    """The edges; a loop where there are none, since the referee wants at least one pair."""
    return instance.edges if len(instance.edges) else np.zeros((1, 2), np.int64)


def _tolerances(instance: Instance) -> list[float]:
    """The tolerance of each activity; none where it is unlimited or its limits are sizes."""
    known = {band.activity: band.tolerance for band in instance.bands if band.tolerance is not None}
    return [known.get(name, np.inf) for name in instance.activities]


def _within(band: Band, instance: Instance, labels: Ints) -> bool:
    """Whether all sizes lie between limits that are given as sizes."""
    if band.tolerance is not None:
        return True
    sizes = np.bincount(labels, instance.activities[band.activity], instance.k)
    slack = 1e-9 * np.maximum(1.0, sizes)
    return len(sizes) == instance.k and bool(
        (sizes >= band.lower - slack).all() and (sizes <= band.upper + slack).all()
    )


def _at_home(referee: ModuleType, instance: Instance, labels: Ints) -> bool:
    """Whether every given center lies in its own territory, in one piece and within its capacity."""
    upper = np.broadcast_to(instance.bands[0].upper, instance.k)
    _, overload, pieces, elsewhere = referee.given_centers_cost(
        instance.centers[labels], instance.xy, instance.edges, instance.first, instance.centers, upper
    )
    return overload <= 1e-9 and pieces == 0 and elsewhere == 0
