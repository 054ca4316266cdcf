import numpy as np
import pandas as pd
import pytest

from territorykit._arrays import floats, ints, is_missing, objects


@pytest.mark.parametrize(
    "values", [[1, 2], (1.0, 2.0), np.array([1, 2], "int8"), pd.Series([1, 2]), [np.float32(1), 2]]
)
def test_floats_take_any_numbers(values) -> None:
    array = floats(values)
    assert array.dtype == np.float64
    assert array.tolist() == [1.0, 2.0]


def test_what_is_sealed_is_not_copied_again() -> None:
    for convert, kind in ((floats, float), (ints, int)):
        for values in (np.ones(3, kind), np.ones((2, 3), kind)):
            sealed = convert(values)
            assert not np.shares_memory(sealed, values)
            assert np.shares_memory(convert(sealed), sealed)


@pytest.mark.parametrize("values", [["1"], [b"1"], ["x", 1], np.array(["1"], object), [1j]])
def test_floats_take_nothing_else(values) -> None:
    with pytest.raises(TypeError, match="expected numbers, got"):
        floats(values)


@pytest.mark.parametrize("values", [[1, 2], [1.0, 2.0], np.array([1, 2], "uint8"), pd.Series([1, 2])])
def test_ints_take_whole_numbers(values) -> None:
    array = ints(values)
    assert array.dtype == np.int64
    assert array.tolist() == [1, 2]


@pytest.mark.parametrize("values", [[0.5], [float("nan")], [float("inf")], ["1"], [None], [True]])
def test_ints_take_nothing_else(values) -> None:
    with pytest.raises(ValueError, match="expected whole numbers"):
        ints(values)


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT])
def test_missing_values_become_none(missing) -> None:
    assert is_missing(missing)
    assert objects([missing, 0]).tolist() == [None, 0]


@pytest.mark.parametrize("value", [0, "", False, "nan", np.array([1, 2]), ()])
def test_other_values_are_not_missing(value) -> None:
    assert not is_missing(value)


def test_objects_of_any_shape_stay_one_entry_each() -> None:
    assert objects([(1, 2), (3, 4)]).tolist() == [(1, 2), (3, 4)]
    assert objects(np.array([[1, 2], [3, 4]])).tolist() == [[1, 2], [3, 4]]
    assert objects([]).shape == (0,)
