"""Distances that share no code with the package."""

from itertools import pairwise

import numpy as np


def haversine(start, end):
    """Great-circle distances in metres, degrees in, each of shape (..., 2)."""
    (lon1, lat1), (lon2, lat2) = (np.moveaxis(np.radians(points), -1, 0) for points in (start, end))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * np.arcsin(np.sqrt(half))


def straight(start, end):
    """Distances in the plane, each of shape (..., 2)."""
    return np.sqrt(((start - end) ** 2).sum(axis=-1))


def dense(indptr, indices, values, n):
    """A matrix from sparse rows, infinite where nothing is stored."""
    matrix = np.full((len(indptr) - 1, n), np.inf)
    for row, (start, end) in enumerate(pairwise(indptr)):
        matrix[row, indices[start:end]] = values[start:end]
    return matrix
