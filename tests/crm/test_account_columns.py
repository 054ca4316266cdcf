"""Labels become names: none is lost, none is taken twice."""

import pandas as pd
import pytest

from territorykit.crm.account_columns import rename_columns
from territorykit.errors import DataError, Problems

ALIASES = {"Billing_City": ["Billing City", "账单城市"], "id": ["Record Id"]}


def renamed(labels, columns=None, **settings):
    problems = Problems("accounts")
    frame = pd.DataFrame([range(len(labels))], columns=labels)
    result = rename_columns(frame, ALIASES, columns, problems, **settings)
    assert frame.columns.tolist() == labels  # the caller's frame stays
    assert result.to_numpy().tolist() == frame.to_numpy().tolist()
    return result.columns.tolist(), problems


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["Record Id", "账单城市", "x"], ["id", "Billing_City", "x"]),
        ([" billing   CITY ", "ID", 7], ["Billing_City", "id", "7"]),
        (["Billing_City"], ["Billing_City"]),
        ([], []),
    ],
)
def test_labels(labels, names) -> None:
    found, problems = renamed(labels)
    assert (found, problems.found) == (names, [])


def test_what_the_caller_says_comes_first() -> None:
    found, problems = renamed(["Billing City", "Town"], {"Town": "Billing_City", "Billing City": "Old_City"})
    assert (found, problems.found) == (["Old_City", "Billing_City"], [])


def test_problems_come_together() -> None:
    found, problems = renamed(["Billing City", "账单城市", "a"], {"b": "c", "a": " "}, required=["id", "Billing_City"])
    assert found[:2] == ["Billing City", "账单城市"]
    with pytest.raises(DataError) as error:
        problems.raise_as(DataError)
    for text in (
        "columns= names labels that are not there: 'b'",
        "columns= gives no name to 'a'",
        "the columns 'Billing City', '账单城市' all stand for 'Billing_City'",
        "there is no column for 'id'",
    ):
        assert text in str(error.value)
