"""Sizes of an area shared out over its parts, to the last unit."""

import math
from typing import Any

import numpy as np

from territorykit._arrays import Ints


def share_out(total: Any, weights: Any) -> Any:  # noqa: ANN401 - whole numbers stay whole
    """Share a size out in proportion to weights; the shares add up to it.

    A whole number is shared out in whole numbers by the method of largest remainders: each share is its quota
    rounded down or up. Of equal remainders the first is rounded up.

    Parameters
    ----------
    total
        The size: an int or a float, not negative.
    weights
        Shape (n_parts,): not negative, with a sum above 0; whole numbers are reckoned with exactly.

    Returns
    -------
    ndarray of shape (n_parts,)
        Of int64 for an int, of float64 otherwise.

    References
    ----------
    .. [1] Balinski, M. L., Young, H. P. (1982). Fair Representation: Meeting the Ideal of One Man, One Vote.
           Yale University Press.

    Examples
    --------
    >>> share_out(10, np.array([1, 1, 1])).tolist()
    [4, 3, 3]
    >>> share_out(9.0, np.array([1, 2])).tolist()
    [3.0, 6.0]
    """
    if isinstance(total, int):
        return _whole(total, weights)
    whole = math.fsum(weights)
    if math.isclose(total, whole, rel_tol=1e-12):
        shares = np.asarray(weights, np.float64).copy()
    else:
        shares = total * (np.asarray(weights, np.float64) / whole)
    largest = int(np.argmax(shares))
    shares[largest] += total - math.fsum(shares)  # what rounding lost
    return shares


def _whole(total: int, weights: Any) -> Ints:  # noqa: ANN401 - ints or floats
    # as ratios of whole numbers: no quota is off by rounding
    ratios = [weight.as_integer_ratio() for weight in np.asarray(weights).tolist()]
    scale = math.lcm(*(denominator for _, denominator in ratios))
    parts = [numerator * (scale // denominator) for numerator, denominator in ratios]
    whole = sum(parts)
    quotas = [divmod(total * part, whole) for part in parts]
    shares = np.array([quota for quota, _ in quotas], np.int64)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-quotas[i][1], i))
    shares[by_remainder[: total - int(shares.sum())]] += 1
    return shares


def group_sums(values: Any, group_of: Ints, n_groups: int) -> Any:  # noqa: ANN401 - ints or floats
    """Sums of values by group; whole numbers stay whole."""
    if values.dtype.kind in "iu":
        sums = np.zeros(n_groups, np.int64)
        np.add.at(sums, group_of, values)
        return sums
    order = np.argsort(group_of, kind="stable")
    stops = np.cumsum(np.bincount(group_of, minlength=n_groups))[:-1]
    return np.array([math.fsum(part) for part in np.split(values[order], stops)])
