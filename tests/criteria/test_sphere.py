import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from territorykit.criteria.sphere import arcs, great_circle, unit_vectors

RADIUS = 6_371_008.8
DEGREE = math.pi * RADIUS / 180
POINTS = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@pytest.mark.parametrize(
    ("start", "end", "metres"),
    [
        ((10, 0), (11, 0), DEGREE),
        ((10, 50), (10, 51), DEGREE),
        ((-179.5, 0), (179.5, 0), DEGREE),  # over the date line
        ((0, 89), (180, 89), 2 * DEGREE),  # over the pole
        ((0, 60), (180, 60), 60 * DEGREE),
        ((0, 0), (90, 0), 90 * DEGREE),
        ((0, 0), (180, 0), 180 * DEGREE),  # the other end of the Earth
        ((7, 7), (7, 7), 0),
        ((0, 0), (1e-5, 0), 1e-5 * DEGREE),  # about a metre
    ],
)
def test_distances_by_hand(start, end, metres) -> None:
    assert great_circle([start], [end])[0] == pytest.approx(metres, rel=1e-9)


def test_from_paris_to_new_york() -> None:
    """5,837 km in tables that use the same radius."""
    assert great_circle([(2.3522, 48.8566)], [(-74.006, 40.7128)])[0] == pytest.approx(5_837_000, rel=2e-4)


@given(POINTS, POINTS)
def test_the_haversine_says_the_same(start, end) -> None:
    (lon1, lat1), (lon2, lat2) = np.radians(start), np.radians(end)
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    expected = 2 * RADIUS * math.asin(math.sqrt(min(half, 1.0)))
    assert great_circle([start], [end])[0] == pytest.approx(expected, rel=1e-6, abs=1e-3)
    assert great_circle([end], [start])[0] == great_circle([start], [end])[0]


def test_vectors_and_arcs() -> None:
    assert np.linalg.norm(unit_vectors([[3, 4], [170, -80], [0, 90]]), axis=1) == pytest.approx([1, 1, 1])
    assert arcs(np.array([0, 1, 2.0000001])) == pytest.approx([0, 60 * DEGREE, 180 * DEGREE])
