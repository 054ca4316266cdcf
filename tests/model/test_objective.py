import math

import numpy as np
import pytest

import territorykit as tk
from territorykit.model.objective import short, sum_of


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tk.Compactness(""), "Compactness: the activity must be named by a text, got ''"),
        (lambda: tk.Compactness(power=3), r"Compactness: power must be one of \(1, 2\), got 3"),
        (lambda: tk.Compactness(power=True), "Compactness: power must be one of"),
        (lambda: tk.Compactness(center="middle"), "Compactness: center must be one of .*'unit'.*, got 'middle'"),
        (lambda: tk.Compactness(distance="road"), "Compactness: distance must be one of .*'travel'.*, got 'road'"),
        (lambda: tk.Compactness(center="centroid", distance="travel"),
         "Compactness: a centroid is no unit, so that no travel starts there; take center='unit' or 'base'"),
        (lambda: tk.Compactness(weight=0), "Compactness: weight must be positive and finite, got 0; leave a term out"),
        (lambda: tk.Diameter("travel"), r"Diameter: distance must be one of \('planar', 'great-.*, got 'travel'"),
        (lambda: tk.Diameter(weight=-1), "Diameter: weight must be positive and finite, got -1"),
        (lambda: tk.BorderLength(math.inf), "BorderLength: weight must be positive and finite, got inf"),
        (lambda: tk.BorderLength("much"), "BorderLength: weight must be a number, got 'much'"),
        (lambda: tk.BorderLength(float("nan")), "BorderLength: weight is NaN; give a number"),
        (lambda: tk.AssignmentCost([[1]], weight=None), "AssignmentCost: weight must be a number, got None"),
        (lambda: tk.AssignmentCost([1, 2]), r"AssignmentCost: costs has shape \(2,\); pass one row per unit"),
        (lambda: tk.AssignmentCost([["x"]]), "AssignmentCost: the costs are not numbers"),
        (lambda: tk.AssignmentCost([[1, math.inf], [math.nan, 0]]),
         r"2 costs are missing or infinite, at \(unit, territory\) \(0, 1\), \(1, 0\); give a finite cost"),
    ],
)  # fmt: skip
def test_wrong_arguments(make, message) -> None:
    with pytest.raises(tk.RequirementError, match=message):
        make()


def test_units_of_measure() -> None:
    assert tk.Compactness().unit_of_measure() == "m²"
    assert tk.Compactness(power=1).unit_of_measure("h/year") == "h/year·m"
    assert tk.Compactness(distance="great-circle").unit_of_measure() == "m²"
    assert tk.Compactness(distance="travel").unit_of_measure() == "min²"
    assert tk.Compactness(power=1, distance="travel").unit_of_measure("visits/year") == "visits/year·min"
    assert tk.AssignmentCost([[1]]).unit_of_measure() == "cost"
    assert tk.Diameter().unit_of_measure() == tk.BorderLength().unit_of_measure() == "m"


def test_texts() -> None:
    assert repr(tk.Compactness("calls", weight=2)) == (
        "Compactness(activity='calls', power=2, center='unit', distance='planar', weight=2)"
    )
    assert repr(tk.AssignmentCost(np.zeros((3, 2)), 0.5)) == "AssignmentCost(3 units, 2 territories, weight=0.5)"
    assert repr(tk.Diameter()) == "Diameter('planar')"
    terms = [tk.Compactness(), tk.AssignmentCost([[1]], 3), tk.Diameter("great-circle"), tk.BorderLength(0.25)]
    assert [short(term) for term in terms] == [
        "Compactness()", "AssignmentCost()", "Diameter('great-circle')", "BorderLength()",
    ]  # fmt: skip
    assert sum_of(terms) == "Compactness() + 3 * AssignmentCost() + Diameter('great-circle') + 0.25 * BorderLength()"


def test_numbers_of_any_kind() -> None:
    assert tk.Compactness(power=2.0) == tk.Compactness()
    assert tk.BorderLength(np.float32(2)) == tk.BorderLength(2)
    assert tk.AssignmentCost([[1, 2]]) == tk.AssignmentCost(np.array([[1.0, 2.0]]))
