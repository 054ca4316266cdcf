"""Pairs of positions: each once, in order, and fast."""

import numpy as np

from territorykit._arrays import Bools, Floats, Ints

_SHIFT = 1 << 32
NO_PAIRS = np.empty((0, 2), np.int64)


def unique_pairs(pairs: Ints) -> tuple[Ints, Ints]:
    """Pairs in ascending order, each once with the smaller position first; and which of them each pair is.

    Examples
    --------
    >>> unique, which = unique_pairs(np.array([[2, 1], [0, 1], [1, 2]]))
    >>> unique.tolist(), which.tolist()
    ([[0, 1], [1, 2]], [1, 0, 1])
    """
    keys, which = np.unique(_keys(np.sort(pairs, axis=1)), return_inverse=True)
    return np.column_stack([keys // _SHIFT, keys % _SHIFT]), which


def combine(how: np.ufunc, *parts: tuple[Ints, Floats]) -> tuple[Ints, Floats]:
    """Lengths of pairs from several sources: added up with np.add, the largest with np.maximum."""
    unique, which = unique_pairs(np.concatenate([pairs for pairs, _ in parts]))
    lengths = np.zeros(len(unique))
    how.at(lengths, which, np.concatenate([lengths for _, lengths in parts]))
    return unique, lengths


def among(pairs: Ints, others: Ints) -> Bools:
    """Which pairs are among others; the smaller position comes first in all."""
    return np.isin(_keys(pairs), _keys(others))


def _keys(pairs: Ints) -> Ints:
    return np.asarray(pairs[:, 0] * _SHIFT + pairs[:, 1], np.int64)
