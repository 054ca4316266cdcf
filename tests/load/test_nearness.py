import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from territorykit.load.nearness import intervals

NUMBER = st.integers(-50, 50).map(float)
PLACE = st.tuples(NUMBER, NUMBER)


def one(start, end, other_start, other_end, reach):
    low, high = intervals(*(np.array([place], float) for place in (start, end, other_start, other_end)), reach)
    return float(low[0]), float(high[0])


@pytest.mark.parametrize(
    ("other", "reach", "expected"),
    [
        (((0, 1), (10, 1)), 1.0, (0, 1)),  # parallel, just in reach
        (((2, -1), (4, -1)), 1.0, (0.2, 0.4)),  # beside a part: the discs only touch
        (((5, -9), (5, 9)), 2.0, (0.3, 0.7)),  # crossing at a right angle
        (((13, 4), (13, 9)), 5.0, (1, 1)),  # a disc that just reaches the end
        (((-3, 0), (-1, 0)), 2.0, (0, 0.1)),  # ahead of it on the same line
    ],
)
def test_known_intervals(other, reach, expected):
    assert one((0, 0), (10, 0), *other, reach) == pytest.approx(expected)


def test_out_of_reach():
    low, high = one((0, 0), (10, 0), (0, 3), (10, 3), 2.9)
    assert low > high


@given(PLACE, PLACE, PLACE, PLACE, st.integers(1, 30))
def test_same_as_a_buffer(start, end, other_start, other_end, reach):
    assume(start != end and other_start != other_end)
    low, high = one(start, end, other_start, other_end, reach)
    line, other = shapely.LineString([start, end]), shapely.LineString([other_start, other_end])
    inside = line.intersection(other.buffer(reach, quad_segs=256)).length
    assert max(0.0, high - low) * line.length == pytest.approx(inside, abs=0.01 * reach)
    if low <= high:
        for share in (low, high):
            assert line.interpolate(share, normalized=True).distance(other) <= reach + 1e-6
