"""Where a region of candidate centers is cut in two: by a line, where it is open how many centers lie on a side."""

from dataclasses import dataclass

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.solve.bound.ascent import Raised
from territorykit.solve.bound.costs import Relaxation

_SELDOM = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A line through one region.

    Parameters
    ----------
    region
        The region it cuts.
    normal
        Shape (2,): the line's normal.
    offset
        Candidates whose product with the normal is greater lie beyond the line.
    """

    region: int
    normal: Floats
    offset: float

    def beyond(self, points: Floats) -> np.ndarray:
        """Which points lie beyond the line."""
        return points @ self.normal > self.offset


def choose_split(relaxation: Relaxation, region: Ints, need: Ints, found: Raised) -> Split | None:
    """The line on which the centers chosen lately agree least; None where no region can be cut.

    In each region, candidates are ordered along the axes of the choice's spread. What is chosen as the t-th
    center from one end lies scattered over some length: the line goes through the middle of the longest.
    """
    best, widest = None, 0.0
    for r in np.flatnonzero(need > 0):
        inside = np.flatnonzero((region == r) & (found.often > _SELDOM))
        settled = (region == r).sum() <= need[r]  # such as the region of bases
        if settled or len(inside) < 2:  # noqa: PLR2004 - nothing between one point and itself
            continue
        weight = found.often[inside] * need[r] / found.often[inside].sum()
        points = relaxation.points[inside]
        middle = weight @ points / need[r]
        axes = np.linalg.eigh((weight[:, None] * (points - middle)).T @ (points - middle))[1].T
        for axis in axes:
            spread, offset = _widest_gap((points - middle) @ axis, weight, int(need[r]))
            if spread > widest:
                best, widest = Split(int(r), axis, offset + float(middle @ axis)), spread
    return best if best is not None else _any_split(relaxation, region, need, found)


def _widest_gap(along: Floats, weight: Floats, need: int) -> tuple[float, float]:
    """How scattered the most scattered center is along an axis, and where its middle is."""
    order = np.argsort(along, kind="stable")
    x, until = along[order], np.cumsum(weight[order])
    widest, offset = 0.0, 0.0
    for t in range(need):
        share = np.diff(np.clip(until - t, 0.0, 1.0), prepend=0.0)
        if share.sum() <= 0:
            continue
        mean = share @ x / share.sum()
        spread = float(share @ (x - mean) ** 2)
        cut = min(int(np.searchsorted(until, t + 0.5)), len(x) - 2)
        if spread > widest and x[cut + 1] > x[cut]:
            widest, offset = spread, float((x[cut] + x[cut + 1]) / 2)
    return widest, offset


def _any_split(relaxation: Relaxation, region: Ints, need: Ints, found: Raised) -> Split | None:
    """A line through the region whose second-best choice is cheapest: every choice agrees, but the rest is open."""
    best, least = None, np.inf
    for r in np.flatnonzero(need > 0):
        inside = np.flatnonzero(region == r)
        if len(inside) <= need[r]:
            continue
        order = inside[np.argsort(found.below[inside], kind="stable")]
        near, next_one = order[: need[r]], order[need[r]]
        loss = found.below[next_one] - found.below[near[-1]]
        points = relaxation.points
        nearest = near[np.argmin(((points[near] - points[next_one]) ** 2).sum(axis=1))]
        normal = points[next_one] - points[nearest]
        if loss < least and np.abs(normal).max() > 0:
            offset = float(normal @ (points[next_one] + points[nearest]) / 2)
            best, least = Split(int(r), normal, offset), loss
    return best
