"""How much of one segment lies near another."""

import numpy as np

from territorykit._arrays import Floats


def intervals(
    start: Floats, end: Floats, other_start: Floats, other_end: Floats, reach: float
) -> tuple[Floats, Floats]:
    """Where segments lie within reach of other segments, as shares of their length.

    The points within reach of a segment are a rectangle along it and a disc at each end. Together they are
    convex, so each segment is within reach on one interval: from the first entry to the last exit.

    Parameters
    ----------
    start, end
        Shape (n, 2): ends of the segments, metres; no segment is without length.
    other_start, other_end
        Shape (n, 2): ends of the segments they are compared with.
    reach
        Metres.

    Returns
    -------
    low, high
        Shape (n,) each: shares in [0, 1]; low is above high where no part is within reach.

    Examples
    --------
    >>> row = lambda x, y: np.array([[x, y]], float)
    >>> low, high = intervals(row(0, 0), row(10, 0), row(4, 1), row(20, 1), 1.0)
    >>> float(low[0]), float(high[0])
    (0.4, 1.0)
    """
    along = end - start
    parts = [
        _disc(start - other_start, along, reach),
        _disc(start - other_end, along, reach),
        _rectangle(start - other_start, along, other_end - other_start, reach),
    ]
    low = np.min([part[0] for part in parts], axis=0)
    high = np.max([part[1] for part in parts], axis=0)
    outside = (low > 1) | (high < 0) | (low > high)
    return np.where(outside, 1.0, np.clip(low, 0, 1)), np.where(outside, -1.0, np.clip(high, 0, 1))


def _disc(offset: Floats, along: Floats, reach: float) -> tuple[Floats, Floats]:
    """Roots of |offset + t along| = reach."""
    square = (along**2).sum(axis=1)
    half = (offset * along).sum(axis=1)
    inside = half**2 - square * ((offset**2).sum(axis=1) - reach**2)
    hit = inside >= 0
    root = np.sqrt(np.where(hit, inside, 0.0))
    return np.where(hit, (-half - root) / square, np.inf), np.where(hit, (-half + root) / square, -np.inf)


def _rectangle(offset: Floats, along: Floats, axis: Floats, reach: float) -> tuple[Floats, Floats]:
    """The part beside the other segment, between its ends and within reach to both sides."""
    square = (axis**2).sum(axis=1)
    beside = _band((offset * axis).sum(axis=1), (along * axis).sum(axis=1), np.zeros(len(axis)), square)
    width = reach * np.sqrt(square)
    across = _band(_cross(offset, axis), _cross(along, axis), -width, width)
    low, high = np.maximum(beside[0], across[0]), np.minimum(beside[1], across[1])
    hit = low <= high
    return np.where(hit, low, np.inf), np.where(hit, high, -np.inf)


def _band(at_zero: Floats, slope: Floats, least: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Where least <= at_zero + t slope <= most."""
    flat = slope == 0
    safe = np.where(flat, 1.0, slope)
    one, other = (least - at_zero) / safe, (most - at_zero) / safe
    inside = (least <= at_zero) & (at_zero <= most)
    low = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    high = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return low, high


def _cross(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
