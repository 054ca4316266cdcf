import numpy as np
import pytest

import territorykit as tk
from territorykit.errors import Problems, listing


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (tk.DataError, ValueError),
        (tk.RequirementError, ValueError),
        (tk.PlanError, ValueError),
        (tk.NoPlanError, RuntimeError),
        (tk.BackendError, RuntimeError),
    ],
)
def test_every_error_is_also_a_builtin_one(error, builtin) -> None:
    assert issubclass(error, tk.TerritoryKitError)
    assert issubclass(error, builtin)


def test_warnings_can_be_filtered_by_their_class() -> None:
    assert issubclass(tk.TerritoryKitWarning, UserWarning)


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], ""),
        (["a"], "'a'"),
        (range(5), "0, 1, 2, 3, 4"),
        (range(6), "0, 1, 2, 3, 4 and 1 more (6 in all)"),
        ((i for i in range(2_000)), "0, 1, 2, 3, 4 and 1,995 more (2,000 in all)"),
        (np.array([1, 2]), "1, 2"),
        (np.array(["a", "b"]), "'a', 'b'"),
        (np.array(["a", 7], object), "'a', 7"),
        (["x" * 100], "'" + "x" * 76 + "..."),
    ],
)
def test_listing(ids, text) -> None:
    assert listing(ids) == text


def test_problems_are_raised_once_and_together() -> None:
    problems = Problems("accounts.csv")
    assert not problems
    problems.raise_as(tk.DataError)
    problems.add("2 ids are missing", "fill the column")
    assert problems
    with pytest.raises(tk.DataError, match=r"^accounts\.csv: 2 ids are missing; fill the column$"):
        problems.raise_as(tk.DataError)
    problems.add("1 id is doubled", "keep one")
    with pytest.raises(
        tk.DataError, match=r"^accounts\.csv: 2 problems\n  1\. 2 ids .*\n  2\. 1 id is doubled; keep one$"
    ):
        problems.raise_as(tk.DataError)
