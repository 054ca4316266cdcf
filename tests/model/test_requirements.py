import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import territorykit as tk


@given(st.floats(0, 1))
def test_every_fraction_is_a_tolerance(tolerance) -> None:
    assert tk.Balance("hours", tolerance).tolerance == tolerance


@given(st.floats(allow_nan=False).filter(lambda x: not 0 <= x <= 1))
def test_nothing_else_is_a_tolerance(tolerance) -> None:
    with pytest.raises(tk.RequirementError, match=r"is not a fraction from 0 to 1; for five per cent write 0\.05"):
        tk.Balance("hours", tolerance)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tk.Balance("hours", 5), r"Balance\('hours'\): tolerance 5 is not a fraction from 0 to 1"),
        (lambda: tk.Balance("hours", "5%"), r"Balance\('hours'\): tolerance must be a number, got '5%'"),
        (lambda: tk.Balance("hours", float("nan")), "tolerance is NaN; give a number"),
        (lambda: tk.Balance("hours", None), "tolerance must be a number, got None"),
        (lambda: tk.Balance("hours", tolerance=True), "tolerance must be a number, got True"),
        (lambda: tk.Balance("", 0.05), "Balance: the activity must be named by a text, got ''"),
        (lambda: tk.Balance(tk.Activity("h", [1]), 0.05), "Balance: the activity must be named by a text, got Act"),
        (lambda: tk.Balance("hours", 0.05, [1, 0]), "every target must be positive and finite; leave out terr"),
        (lambda: tk.Balance("hours", 0.05, [1, math.inf]), "every target must be positive and finite"),
        (lambda: tk.Balance("hours", 0.05, [[1, 2]]), r"one number per territory, none .*; got shape \(1, 2\)"),
        (lambda: tk.Balance("hours", 0.05, [1, float("nan")]), "one number per territory, none of them NaN"),
        (lambda: tk.Balance("hours", 0.05, ["x"]), "targets must be numbers, one per territory"),
        (lambda: tk.Balance("hours", 0.05, {"west": "x"}), "target of 'west' must be a number, got 'x'"),
        (lambda: tk.Balance("hours", 0.05, {"west": -1}), "every target must be positive"),
        (lambda: tk.Capacity("hours", 5, 4), "the lower limit exceeds the upper one at position 0; exchange them"),
        (lambda: tk.Capacity("hours", [1, 5], [4, 4]), "exceeds the upper one at position 1"),
        (lambda: tk.Capacity("hours", -1), r"Capacity\('hours'\): limits must be numbers from 0 up"),
        (lambda: tk.Capacity("hours", math.inf), "the lower ones finite"),
        (lambda: tk.Capacity("hours", [1, 2], [4, 4, 4]), "2 lower limits for 3 upper ones; pass as many"),
        (lambda: tk.Capacity("hours", upper="many"), r"Capacity\('hours'\): upper must be a number, got 'many'"),
        (lambda: tk.Capacity(None, 1), "Capacity: the activity must be named by a text, got None"),
        (lambda: tk.MaxTravel(0), "MaxTravel: metres must be positive and finite, got 0.0"),
        (lambda: tk.MaxTravel(math.inf), "MaxTravel: metres must be positive and finite, got inf"),
        (lambda: tk.MaxTravel("80 km"), "MaxTravel: metres must be a number, got '80 km'"),
        (lambda: tk.MaxTravel(1, to="home"), "MaxTravel: to must be 'center' or 'base', got 'home'"),
        (lambda: tk.Fixed([("a", "west")]), "Fixed: expected a mapping from unit ids to territories, got list"),
        (lambda: tk.Fixed({"a": 1.5, "b": None}), "Fixed: 1.5, None is no territory; name it, or give its position"),
        (lambda: tk.Together(["a", "b"]), "Together: expected a list of lists of unit ids; a group goes into brackets"),
        (lambda: tk.Together("ab"), "Together: expected a list of lists"),
        (lambda: tk.Together({"a": "b"}), "Together: expected a list of lists"),
        (lambda: tk.Together([1, 2]), "Together: expected a list of lists"),
        (lambda: tk.Together([["a", "a"]]), r"Together: \('a', 'a'\) holds fewer than two units; name at least two"),
        (lambda: tk.Apart([("a", "b", "c")]), r"Apart: \('a', 'b', 'c'\) is not a pair of two different units"),
        (lambda: tk.Apart([("a", "a")]), r"Apart: \('a', 'a'\) is not a pair"),
        (lambda: tk.Apart(("a", "b")), "Apart: expected a list of lists of unit ids; a pair goes into brackets"),
        (lambda: tk.MaxMoved({"a": 0}, None, 10), "MaxMoved: share 10 is not a fraction from 0 to 1; for ten per cent"),
        (lambda: tk.MaxMoved({"a": 0}, None, -0.1), "MaxMoved: share -0.1 is not a fraction"),
        (lambda: tk.MaxMoved({"a": 0}, "", 0.1), "MaxMoved: the activity must be named by a text, got ''"),
        (lambda: tk.MaxMoved({"a": 0}, None, None), "MaxMoved: share must be a number, got None"),
        (lambda: tk.MaxMoved([("a", 0)], None, 0.1), "MaxMoved: the incumbent is a list; pass a Plan, or a mapping or"),
        (lambda: tk.MaxMoved({"a": 1.5, "b": True}, None, 0.1), "MaxMoved: 1.5, True is no territory; name it, or"),
        (lambda: tk.MaxMoved(pd.Series([0, 1], ["a", "a"]), None, 0.1),
         "MaxMoved: the incumbent names units twice: 'a'; keep one territory each"),
        (lambda: tk.Nested(""), "Nested: the group must be named by a text, got ''"),
        (lambda: tk.Nested(["north"]), r"Nested: the group must be named by a text, got \['north'\]"),
        (lambda: tk.Nested("province", -1), r"Nested\('province'\): max_splits must be a whole number from 0, got -1"),
        (lambda: tk.Nested("province", 1.5), "max_splits must be a whole number from 0, got 1.5"),
        (lambda: tk.Nested("province", max_splits=True), "max_splits must be a whole number from 0, got True"),
    ],
)  # fmt: skip
def test_wrong_arguments(make, message) -> None:
    with pytest.raises(tk.RequirementError, match=message):
        make()


def test_targets_are_taken_by_position_or_by_name() -> None:
    assert tk.Balance("hours", 0.05, [6, 10]).targets.tolist() == [6.0, 10.0]
    by_name = tk.Balance("hours", 0.05, {"east": 10, "west": 6})
    assert by_name.targets == {"west": 6.0, "east": 10.0}
    assert tk.Balance("hours", 0.05, pd.Series({"west": 6, "east": 10})) == by_name
    assert repr(by_name) == "Balance('hours', 0.05, targets=...)"


def test_limits_for_all_or_for_each() -> None:
    assert repr(tk.Capacity("hours", upper=1600)) == "Capacity('hours', 0, 1600)"
    assert repr(tk.Capacity("hours", [1, 2])) == "Capacity('hours', [...], inf)"
    assert tk.Capacity("hours", [1, 2], 3).lower.tolist() == [1.0, 2.0]
    assert tk.Capacity("hours", np.float64(1), np.int64(3)) == tk.Capacity("hours", 1, 3)


def test_units_and_territories_of_any_kind_of_number() -> None:
    assert tk.Fixed({np.int64(5): np.int64(1)}) == tk.Fixed({5: 1})
    assert tk.Fixed(dict(zip(np.array(["a"]), np.array(["west"]), strict=True))) == tk.Fixed({"a": "west"})
    assert tk.Together(np.array([[1, 2], [3, 4]])) == tk.Together([[1, 2], [3, 4]])


def test_groups_from_iterators_and_sets() -> None:
    assert tk.Together(iter([["a", "b"]])).groups == (("a", "b"),)
    assert tk.Together(group for group in (iter("ab"), iter("cd"))).groups == (("a", "b"), ("c", "d"))
    assert tk.Together([{"c", "a", "b"}]).groups == (("a", "b", "c"),)
    assert tk.Apart([frozenset({"b", "a"})]).pairs == (("a", "b"),)
    assert tk.Together([]).groups == ()


def test_texts() -> None:
    assert repr(tk.Fixed({"a": 0})) == "Fixed(1 units)"
    assert repr(tk.Together([["a", "b"]])) == "Together(1 groups)"
    assert repr(tk.Apart([("a", "b")])) == "Apart(1 pairs)"
    assert repr(tk.Contiguous()) == "Contiguous()"


def test_todays_plan_in_any_form(plan) -> None:
    by_name = tk.MaxMoved({"a": "west", "b": "west", "c": "east", "d": "east"}, "hours", 0.1)
    assert tk.MaxMoved(plan, "hours", 0.1) == by_name
    assert tk.MaxMoved(plan.to_series(), "hours", 0.1) == by_name
    assert repr(by_name) == "MaxMoved(4 units, 'hours', 0.1)"


def test_units_without_a_territory_today_are_left_out() -> None:
    with_gaps = pd.Series([0, 1, np.nan], ["a", "b", "c"])
    assert tk.MaxMoved(with_gaps, None, 0) == tk.MaxMoved({"a": 0, "b": np.int64(1)}, None, np.float64(0))
    assert tk.MaxMoved({"a": "west", "b": None, "c": pd.NA}, None, 1).incumbent == {"a": "west"}
    assert repr(tk.MaxMoved({}, None, 0.25)) == "MaxMoved(0 units, None, 0.25)"


def test_nested() -> None:
    assert tk.Nested("province") == tk.Nested("province", np.int64(0))
    assert repr(tk.Nested("province", 2)) == "Nested('province', max_splits=2)"
