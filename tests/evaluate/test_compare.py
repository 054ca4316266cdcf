import numpy as np
import pytest
from hypothesis import given
from samples import grid_areas, grid_plan, plans

import territorykit as tk

NAMES = ["west", "mid", "east"]
ACCOUNTS = {"account_ids": ["k1", "k2", "k3", "k4"], "account_units": [5, 5, 0, 1]}
TODAY = grid_plan([0, 1, 2, 0, 1, 2], names=NAMES, **ACCOUNTS)
NEW = TODAY.move("u5", "mid")


def test_who_moved_by_hand():
    both = tk.compare({"today": TODAY, "new": NEW}, grid_areas())
    assert both.moves.to_dict("records") == [
        {"plan": "new", "unit": "u5", "from": "east", "to": "mid", "calls": 6, "revenue": 100}
    ]
    assert both.account_moves[["account", "from", "to", "unit"]].to_numpy().tolist() == [
        ["k1", "east", "mid", "u5"],
        ["k2", "east", "mid", "u5"],
    ]
    card = both["new"]
    assert card["units moved"].value == 1
    assert card["calls moved"].value == pytest.approx(6 / 21)
    assert card["accounts moved"].value == 2
    assert "units moved" not in both["today"]


def test_the_table_has_a_column_per_plan():
    frame = tk.compare({"today": TODAY, "new": NEW}).to_frame()
    assert list(frame.columns) == ["today", "new", "unit_of_measure", "better"]
    assert frame.loc["calls range", ["today", "new"]].tolist() == [4, 10]
    assert np.isnan(frame.loc["units moved", "today"])
    assert frame.loc["units moved", "new"] == 1


def test_a_plan_may_be_called_like_a_column():
    frame = tk.compare({"better": TODAY, "unit_of_measure": NEW}).to_frame()
    assert list(frame.columns) == ["better", "unit_of_measure", "unit_of_measure", "better"]


def test_text_and_html():
    both = tk.compare({"today": TODAY, "<i>new</i>": NEW})
    assert "moves are counted from 'today'" in repr(both)
    assert "n/a" in repr(both)
    assert "<i>" not in both._repr_html_()


def test_accounts_may_be_known_to_one_plan_alone():
    without = grid_plan([0, 1, 2, 0, 1, 2], names=NAMES)
    assert tk.compare({"a": without, "b": NEW})["b"]["accounts moved"].value == 2
    assert tk.compare({"a": NEW, "b": without})["b"]["accounts moved"].value == 2
    assert len(tk.compare({"a": without, "b": without}).account_moves) == 0


def test_an_account_that_went_to_another_unit_moves_by_itself():
    elsewhere = grid_plan(
        [0, 1, 2, 0, 1, 2], names=NAMES, account_ids=["k4", "k3", "k2", "k1"], account_units=[1, 4, 5, 5]
    )
    assert tk.compare({"a": TODAY, "b": elsewhere}).account_moves["account"].tolist() == ["k3"]


def test_accounts_that_differ_are_named():
    other = grid_plan([0, 1, 2, 0, 1, 2], names=NAMES, account_ids=["k1", "k9"], account_units=[5, 5])
    with pytest.raises(
        tk.DataError, match=r"(?s)3 are in the first plan alone: 'k2', 'k3', 'k4'.*1 are in the other.*'k9'"
    ):
        tk.compare({"a": TODAY, "b": other})


def test_wrong_input():
    with pytest.raises(tk.DataError, match="a mapping from names to plans"):
        tk.compare({})
    with pytest.raises(tk.DataError, match="'new' is no Plan"):
        tk.compare({"today": TODAY, "new": None})
    with pytest.raises(tk.DataError, match="do not hold the same units"):
        tk.compare({"today": TODAY, "new": grid_plan([0, 1], 1, 2)})
    with pytest.raises(tk.DataError, match="no plan 'old'; there are 'today'"):
        tk.compare({"today": TODAY})["old"]


@given(plans(), plans())
def test_moves_lead_from_the_first_plan_to_the_other(one, other):
    both = tk.compare({"one": one, "other": other})
    before, after = one.to_series(), other.to_series()
    moves = both.moves
    assert set(moves["unit"]) == set(before.index[before.to_numpy() != after.to_numpy()])
    assert (before.loc[list(moves["unit"])].to_numpy() == moves["from"].to_numpy()).all()
    assert (after.loc[list(moves["unit"])].to_numpy() == moves["to"].to_numpy()).all()
