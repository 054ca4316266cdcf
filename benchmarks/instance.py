"""One piece of work: units, neighbors, activities, limits, what counts as cost, and the published value."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Band:
    """Limits of a territory's size: a tolerance around the mean, or sizes, one for all or one per territory."""

    activity: str
    tolerance: float | None = None
    lower: float | Floats = 0.0
    upper: float | Floats = np.inf


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What every method gets, whatever it can make of it."""

    table: str
    name: str
    xy: Floats
    edges: Ints
    activities: dict[str, Floats]
    k: int
    bands: tuple[Band, ...]
    goal: str
    """Name of what is minimised, in `goals.GOALS`."""
    contiguous: bool = True
    lonlat: Floats | None = None
    centers: Ints | None = None
    """The unit that is the given center of each territory."""
    reference: float | None = None
    reference_note: str = ""
    second_reference: float | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.xy)

    @property
    def first(self) -> Floats:
        """The activity that weighs the distances, and the one that methods with a single activity balance."""
        return next(iter(self.activities.values()))

    @property
    def tolerance(self) -> float:
        """The tolerance of the first band, as a fraction of the mean; 5 % where it has none."""
        band = self.bands[0]
        if band.tolerance is not None:
            return band.tolerance
        mean = self.first.sum() / self.k
        excess = np.min(band.upper) / mean - 1
        return float(min(excess, 1 - np.max(band.lower) / mean)) if np.isfinite(excess) else 0.05

    def weights(self) -> Floats:
        """All activities side by side, shape (n, n_activities)."""
        return np.stack(list(self.activities.values()), axis=1)


def rehearsal(instance: Instance) -> Instance:
    """A small instance with the same kinds of limits and cost: solving it imports and compiles what is needed."""
    side = 10
    y, x = np.divmod(np.arange(side * side), side)
    xy = np.stack([x, y], axis=1) * 1.0
    i = np.arange(side * side).reshape(side, side)
    edges = np.r_[np.c_[i[:, :-1].ravel(), i[:, 1:].ravel()], np.c_[i[:-1].ravel(), i[1:].ravel()]]
    return replace(
        instance,
        name="rehearsal",
        xy=xy,
        edges=edges,
        activities={name: 1 + (np.arange(side * side) % 3) / 10 for name in instance.activities},
        k=4,
        bands=tuple(Band(activity=band.activity, tolerance=0.2) for band in instance.bands),
        lonlat=None if instance.lonlat is None else xy / 100,
        centers=None if instance.centers is None else np.array([11, 18, 81, 88]),
        reference=None,
        second_reference=None,
    )
