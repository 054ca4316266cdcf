"""Distances on the Earth, taken as a sphere of its mean radius."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from territorykit._arrays import Floats
from territorykit.model.objective import EARTH_RADIUS


def unit_vectors(lonlat: ArrayLike) -> Floats:
    r"""Points of the unit sphere from degrees.

    .. math:: (\cos\varphi \cos\lambda, \; \cos\varphi \sin\lambda, \; \sin\varphi)

    Parameters
    ----------
    lonlat
        Array of shape (n, 2): longitudes and latitudes in degrees.

    Returns
    -------
    ndarray of shape (n, 3)
        Vectors of length 1.

    References
    ----------
    .. [1] Snyder, J. P. (1987). *Map Projections: A Working Manual*. U.S. Geological Survey Professional
           Paper 1395.

    Examples
    --------
    >>> unit_vectors([[0, 0], [90, 0], [0, 90]]).round(6) + 0.0
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    longitude, latitude = np.radians(np.asarray(lonlat, np.float64)).T
    across = np.cos(latitude)
    return np.column_stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)])


def arcs(chords: NDArray[Any]) -> Floats:
    r"""Metres along the sphere from straight lines through it.

    .. math:: d = 2 R \arcsin(c / 2)

    Parameters
    ----------
    chords
        Distances of points of the unit sphere, from 0 to 2.

    Returns
    -------
    ndarray of the same shape
        Metres.

    Examples
    --------
    A quarter of the Earth:

    >>> arcs(np.array([np.sqrt(2)])).round()
    array([10007557.])
    """
    return np.asarray(2 * EARTH_RADIUS * np.arcsin(np.minimum(chords / 2, 1.0)), np.float64)


def great_circle(start: ArrayLike, end: ArrayLike) -> Floats:
    r"""Distance along the sphere between points, pair by pair.

    .. math:: d = 2 R \arcsin\sqrt{\sin^2\tfrac{\Delta\varphi}{2}
        + \cos\varphi_1 \cos\varphi_2 \sin^2\tfrac{\Delta\lambda}{2}}

    It is worked out from the straight line through the sphere, which is the same.

    Parameters
    ----------
    start, end
        Arrays of shape (n, 2), or one point of shape (1, 2): longitudes and latitudes in degrees.

    Returns
    -------
    ndarray of shape (n,)
        Metres on a sphere of radius 6,371,008.8 m.

    References
    ----------
    .. [1] Sinnott, R. W. (1984). Virtues of the haversine. *Sky and Telescope*, 68(2), 159.

    Examples
    --------
    One degree of the equator:

    >>> great_circle([[0, 0]], [[1, 0]]).round()
    array([111195.])
    """
    return arcs(np.linalg.norm(unit_vectors(start) - unit_vectors(end), axis=1))
