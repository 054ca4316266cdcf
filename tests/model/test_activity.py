import numpy as np
import pytest

import territorykit as tk
from territorykit.model.activity import value_problems


def test_values_are_copied_and_summed() -> None:
    hours = np.array([3, 5, 4])
    activity = tk.Activity("hours", hours, "h/year")
    hours[0] = 100
    assert activity.values.tolist() == [3.0, 5.0, 4.0]
    assert activity.total == 12.0
    assert tk.Activity("hours", [True, False]).total == 1.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, float("nan"), 3], r"activity 'hours': 1 values are missing \(NaN\), at position 1; fill the values"),
        ([1, None], r"missing \(NaN\), at position 1"),
        ([1, float("inf")], "1 values are infinite, at position 1; replace"),
        ([-1, 2, -3], "2 values are negative, at position 0, 2; an activity is a size"),
        ([-1] * 9, r"9 values are negative, at position 0, 1, 2, 3, 4 and 4 more \(9 in all\)"),
        ([[1, 2]], r"the values have shape \(1, 2\), not \(n_units,\); pass one number per unit"),
        (5, r"the values have shape \(\), not"),
        (["3", "5"], "the values are not numbers .*; pass one number per unit"),
        (np.array(["3", 5], object), r"the values are not numbers \(expected numbers, got texts\)"),
        ([1 + 2j], "not numbers"),
        (np.array(["2020-01-01"], "datetime64[D]"), "not numbers"),
        ([[1], [2, 3]], "not numbers"),
    ],
)
def test_wrong_values(values, message) -> None:
    with pytest.raises(tk.DataError, match=message):
        tk.Activity("hours", values)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(tk.DataError, match=r"(?s)'hours': 3 problems\n  1\. .*NaN.*\n  2\. .*infinite.*\n  3\. .*neg"):
        tk.Activity("hours", [float("nan"), float("inf"), -1])


@pytest.mark.parametrize("name", ["", None, 5])
def test_wrong_name(name) -> None:
    with pytest.raises(tk.DataError, match="an activity's name must be a text that is not empty, got"):
        tk.Activity(name, [1])


def test_wrong_unit_of_measure() -> None:
    with pytest.raises(tk.DataError, match="'hours': unit_of_measure must be a text, got 5"):
        tk.Activity("hours", [1], 5)


def test_problems_name_units_where_ids_are_known() -> None:
    found = value_problems(np.array([1.0, -2.0, -3.0]), ids=["x", "y", "z"])
    assert found == [
        (
            "2 values are negative, at unit 'y', 'z'",
            "an activity is a size: shift or clip the values, or leave the units out",
        )
    ]
