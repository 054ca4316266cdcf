"""Bundles hand arrays and numbers to compiled functions as they are."""

from dataclasses import dataclass

import numpy as np
import pytest

from territorykit.solve.kernels.bundle import Bundle
from territorykit.solve.kernels.compiled import kernel


@dataclass(frozen=True, eq=False)
class Sample(Bundle):
    """One field of every kind that the search uses."""

    row: np.ndarray
    matrix: np.ndarray
    cube: np.ndarray
    small: np.ndarray
    whole: int
    real: float
    yes: bool


def sample():
    return Sample(
        row=np.array([3, -4], np.int32),
        matrix=np.arange(6.0).reshape(2, 3),
        cube=np.arange(24).reshape(2, 3, 4),
        small=np.array([[200]], np.uint8),
        whole=-7,
        real=-0.1,
        yes=True,
    )


@kernel
def read(bundle):
    return (
        bundle.row[1],
        bundle.matrix[1, 2],
        bundle.cube[1, 2, 3],
        bundle.small[0, 0],
        bundle.whole,
        bundle.real,
        bundle.yes,
    )


@kernel
def shapes(bundle):
    return bundle.row.shape, bundle.matrix.shape, bundle.cube.shape, bundle.matrix[1].sum(), bundle.matrix.T[2, 1]


@kernel
def double(bundle):
    for i in range(len(bundle.row)):
        bundle.row[i] *= 2
    return bundle.row[0]


def test_kernels_read_what_is_in_a_bundle():
    assert read(sample()) == (-4, 5.0, 23, 200, -7, -0.1, True)
    assert shapes(sample()) == ((2,), (2, 3), (2, 3, 4), 12.0, 5.0)


def test_kernels_write_into_its_arrays():
    bundle = sample()
    assert double(bundle) == 6
    assert bundle.row.tolist() == [6, -8]


def test_a_bundle_with_other_fields_shares_the_rest():
    bundle = sample()
    other = bundle.replace(real=2.5, yes=False, matrix=np.zeros((4, 3)))
    assert read(other) == (-4, 0.0, 23, 200, -7, 2.5, False)
    assert read(bundle)[5:] == (-0.1, True)
    double(other)
    assert bundle.row[0] == 6


def test_fields_of_other_types_are_compiled_anew():
    assert read(sample().replace(row=np.array([0.5, 1.5])))[0] == 1.5


def test_arrays_that_are_not_contiguous_are_refused():
    with pytest.raises(ValueError, match="matrix must be C-contiguous"):
        sample().replace(matrix=np.zeros((3, 2)).T)


def test_unknown_fields_do_not_compile():
    @kernel
    def wrong(bundle):
        return bundle.nothing

    with pytest.raises(Exception, match="nothing"):
        wrong(sample())
