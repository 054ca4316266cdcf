import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import territorykit as tk

ROWS = {"indptr": [0, 1, 3, 3], "indices": [1, 0, 2], "minutes": [10, 12, 7]}


def test_ways_by_hand() -> None:
    travel = tk.Travel(**ROWS, metres=[9, 9, 5])
    assert (travel.n_units, travel.n_bases) == (3, 0)
    assert travel.minutes_between([0, 1, 1, 2], [1, 0, 2, 2]).tolist() == [10, 12, 7, 0]
    assert travel.minutes_between(2, [0, 1]).tolist() == [np.inf, np.inf]
    assert travel.minutes_between([[0], [1]], [1, 2]).tolist() == [[10, np.inf], [0, 7]]
    assert repr(travel) == "Travel(3 units, 3 ways)"


def test_ways_from_bases() -> None:
    travel = tk.Travel(**ROWS, base_indptr=[0, 2, 2], base_indices=[0, 2], base_minutes=[4, 0])
    assert travel.minutes_from_bases([0, 0, 0, 1], [0, 1, 2, 2]).tolist() == [4, np.inf, 0, np.inf]
    assert repr(travel) == "Travel(3 units, 3 ways, 2 bases)"


def test_no_way_at_all() -> None:
    nowhere = tk.Travel([0, 0, 0], [], [])
    assert nowhere.minutes_between([[0], [1]], [0, 1]).tolist() == [[0, np.inf], [np.inf, 0]]
    assert tk.Travel.from_dense(np.full((2, 2), np.inf)) == nowhere


@given(st.integers(1, 9), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_a_matrix_is_looked_up_as_it_is(n, k, seed) -> None:
    rng = np.random.default_rng(seed)
    minutes, base_minutes = rng.uniform(0, 9, (n, n)), rng.uniform(0, 9, (k, n))
    minutes[rng.random((n, n)) < 0.4] = np.inf
    base_minutes[rng.random((k, n)) < 0.4] = np.inf
    np.fill_diagonal(minutes, rng.choice([0, np.inf]))
    travel = tk.Travel.from_dense(minutes, base_minutes=base_minutes if k else None)
    np.fill_diagonal(minutes, 0)
    units = np.arange(n)
    assert (travel.minutes_between(units[:, None], units) == minutes).all()
    assert travel.n_bases == k
    if k:
        assert (travel.minutes_from_bases(np.arange(k)[:, None], units) == base_minutes).all()


def test_tables_are_matrices_too() -> None:
    table = pd.DataFrame([[0, 3], [4, 0]])
    assert tk.Travel.from_dense(table) == tk.Travel([0, 2, 4], [0, 1, 0, 1], [0, 3, 4, 0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minutes": None}, "travel: minutes is None; pass an array"),
        ({"minutes": ["x", "y", "z"]}, "minutes: expected numbers, got values of type"),
        ({"indices": [1.5, 0, 2]}, "indices: expected whole numbers"),
        ({"minutes": [10, 12]}, "minutes has 2 entries for 3 ways; pass one entry per way"),
        ({"metres": [1]}, "metres has 1 entries for 3 ways"),
        ({"indices": [1, 0]}, "indices has 2 entries for 3 ways"),
        ({"minutes": [[10, 12, 7]]}, r"minutes has shape \(1, 3\); pass one dimension"),
        ({"indptr": [0]}, "indptr does not rise from 0; pass where each row begins"),
        ({"indptr": [1, 1, 3, 3]}, "indptr does not rise from 0"),
        ({"indptr": [0, 3, 1, 3]}, "indptr does not rise from 0"),
        ({"indices": [3, 0, -2]}, "indices name units that do not exist, in row 0, 1; positions go from 0 to 2"),
        ({"indices": [1, 2, 0]}, "indices are not ascending, in row 1; sort each row by destination, and name each"),
        ({"indices": [1, 2, 2]}, "indices are not ascending, in row 1"),
        ({"minutes": [10, float("nan"), 7]}, r"1 minutes are missing \(NaN\), at \(1, 0\); leave out the pairs"),
        ({"minutes": [np.inf, 1, 7]}, r"1 minutes are infinite, at \(0, 1\); leave out the pairs that have no way"),
        ({"metres": [1, -1, -7]}, r"2 metres are negative, at \(1, 0\), \(1, 2\); measure them again"),
        ({"indices": [0, 0, 2]}, "1 units have a way to themselves of more than 0 minutes: 0; set it to 0 or leave"),
        ({"base_indptr": [0, 0]}, "base_indptr, base_indices and base_minutes go together; pass all of them or none"),
        ({"base_metres": [1]}, "go together"),
        ({"base_indptr": [0, 1], "base_indices": [5], "base_minutes": [1]}, "base_indices name units that do not"),
        ({"base_indptr": [0, 1], "base_indices": [1], "base_minutes": [-1]}, "1 base_minutes are negative, at"),
    ],
)  # fmt: skip
def test_wrong_arrays(changes, message) -> None:
    with pytest.raises(tk.DataError, match=message):
        tk.Travel(**(ROWS | changes))


def test_everything_that_is_wrong_comes_at_once() -> None:
    with pytest.raises(tk.DataError, match=r"(?s)travel: 3 problems.*ascending.*missing.*negative"):
        tk.Travel([0, 1, 3], [1, 1, 0], [1, float("nan"), -2])


@pytest.mark.parametrize(
    ("minutes", "bases", "message"),
    [
        ([[0, 1]], None, r"minutes has shape \(1, 2\); pass a matrix of shape \(n_units, n_units\)"),
        ([], None, r"minutes has shape \(0,\)"),
        ([["a"]], None, "minutes: expected numbers"),
        ([[0, float("nan")], [1, 0]], None, r"1 minutes are missing \(NaN\), at \(0, 1\)"),
        ([[0, -np.inf], [1, 0]], None, r"1 minutes are infinite, at \(0, 1\)"),
        (
            [[0, 1], [1, 0]],
            [[1]],
            r"base_minutes has shape \(1, 1\); pass a matrix of shape \(n_territories, n_units\)",
        ),
    ],
)
def test_wrong_matrices(minutes, bases, message) -> None:
    with pytest.raises(tk.DataError, match=message):
        tk.Travel.from_dense(minutes, base_minutes=bases)


def test_positions_that_do_not_exist() -> None:
    travel = tk.Travel(**ROWS)
    with pytest.raises(tk.DataError, match="3, -1 is no position of units; they go from 0 to 2"):
        travel.minutes_between([0, 3, -1], 0)
    with pytest.raises(tk.DataError, match="the travel has no ways from bases; pass base_indptr"):
        travel.minutes_from_bases(0, 0)
    based = tk.Travel(**ROWS, base_indptr=[0, 0], base_indices=[], base_minutes=[])
    with pytest.raises(tk.DataError, match="1 is no position of bases; they go from 0 to 0"):
        based.minutes_from_bases(1, 0)
