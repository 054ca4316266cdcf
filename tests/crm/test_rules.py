"""Rules found by hand are found by the search, and what cannot be said in rules is listed."""

import pickle

import numpy as np
import pandas as pd
import pytest

from territorykit.crm.rules import ByHand, Group, Rule, compress, matched
from territorykit.errors import DataError


def frame(rows, *columns):
    """Accounts a, b, c ... from texts such as "north TX Dallas", the territory first; "-" is an empty cell."""
    cells = [[None if cell == "-" else cell for cell in row.split(" ")] for row in rows]
    ids = [chr(ord("a") + i) for i in range(len(rows))]
    return pd.DataFrame(cells, columns=["territory", *columns], index=ids, dtype=object)


def found(accounts, *fields, **settings):
    return compress(accounts, "territory", list(fields), **settings)


def test_a_base_without_one_city_takes_two_rules() -> None:
    accounts = frame(
        ["one TX Paris", "one TX Ulm", "one TX Bonn", "two TX Rom", "two OK Paris", "two OK Ulm", "two OK Bonn"],
        "state",
        "city",
    )
    rules = found(accounts, "state", "city")
    assert str(rules.criterion("one")) == "state = 'TX' and city != 'Rom'"
    assert str(rules.criterion("two")) == "state = 'OK' or city = 'Rom'"
    assert rules.by_hand == ()
    assert rules.share == 1.0


def test_cities_within_a_state_share_its_rule() -> None:
    """Two cities of Texas cost three rules, not four, where other states have cities of these names."""
    others = [f"two TX {city}" for city in ("Rom", "Oslo", "Kiel")]
    accounts = frame(
        ["one TX Paris", "one TX Ulm", *others, "two OK Paris", "two OK Ulm", "two KS Paris", "two KS Ulm"],
        "state",
        "city",
    )
    criterion = found(accounts, "state", "city").criterion("one")
    assert criterion == Group(
        "AND",
        (
            Rule("state", "equal", ("TX",)),
            Group("OR", (Rule("city", "equal", ("Paris",)), Rule("city", "equal", ("Ulm",)))),
        ),
    )
    assert len(criterion.rules) == 3


def test_postcodes_are_joined_by_their_first_digits() -> None:
    accounts = frame([f"one 75{i:03d}" for i in range(9)] + [f"two 76{i:03d}" for i in range(9)], "zip")
    rules = found(accounts, "zip", prefixes=["zip"])
    assert [str(one) for one in rules.criteria] == ["zip starts with '75'", "zip starts with '76'"]
    assert found(accounts, "zip").n_rules == 18  # without prefixes: one rule per postcode


def test_the_budget_goes_to_what_brings_most() -> None:
    accounts = frame(["one Ulm"] * 3 + ["one Bonn"] * 2 + ["one Kiel", "two Rom"], "city")
    rules = found(accounts, "city", max_rules=1)
    assert str(rules.criterion("one")) == "city = 'Ulm'"
    assert [(one.account, one.reason, one.assign, one.remove) for one in rules.by_hand] == [
        ("d", "none", True, ()),
        ("e", "none", True, ()),
        ("f", "none", True, ()),
    ]
    assert rules.share == pytest.approx(4 / 7)


def test_foreign_accounts_are_removed_by_hand_where_it_pays() -> None:
    accounts = frame(["one Ulm"] * 3 + ["two Ulm", "two Rom"], "city")
    rules = found(accounts, "city")
    assert rules.by_hand == (ByHand("d", "two", ("one",), ("one",)),)
    assert (rules.by_hand[0].reason, rules.by_hand[0].remove) == ("wrong", ("one",))
    clean = found(accounts, "city", foreign=4.0)
    assert clean.criterion("one") is None
    assert [one.reason for one in clean.by_hand] == ["none"] * 4


def test_several_territories_take_an_account() -> None:
    accounts = frame(["one Ulm A", "one Ulm A", "one Ulm A", "two Bonn B", "two Ulm B", "two Bonn B"], "city", "brand")
    by_hand = found(accounts, "city", max_rules=1).by_hand
    assert [(one.account, one.reason) for one in by_hand] == [("e", "wrong")]
    mixed = ByHand("x", "two", ("one", "two"), ("one", "two"))
    assert (mixed.reason, mixed.assign, mixed.remove) == ("several", False, ("one",))


@pytest.mark.parametrize(("case", "n_rules", "left"), [("either", 3, []), ("sensitive", 3, []), ("insensitive", 2, [])])
def test_ways_of_writing_are_named_where_case_may_count(case, n_rules, left) -> None:
    rules = found(frame(["one Ulm", "one ULM", "two Rom"], "city"), "city", case=case)
    assert (rules.n_rules, [one.account for one in rules.by_hand]) == (n_rules, left)


def test_case_alone_separates_territories_only_where_it_counts() -> None:
    accounts = frame(["one Ulm", "two ULM"], "city")
    assert found(accounts, "city", case="sensitive").share == 1.0
    (left,) = found(accounts, "city").by_hand
    assert (left.reason, left.assign, len(left.remove)) == ("wrong", True, 1)


def test_blanks_at_the_ends_leave_an_account_unsure() -> None:
    accounts = pd.DataFrame({"city": ["Ulm", "Ulm", "Ulm ", "Rom"]}, index=list("abcd"))
    rules = compress(accounts, {"a": "one", "b": "one", "c": "one", "d": "two"}, ["city"])
    assert rules.by_hand == (ByHand("c", "one", (), ("one",)),)
    assert (rules.by_hand[0].reason, rules.by_hand[0].assign, rules.by_hand[0].remove) == ("unsure", True, ())


def test_an_empty_field_keeps_not_equal_away() -> None:
    """Whether an empty city is "not equal" to Rom is not known."""
    rows = ["one TX Paris", "one TX Ulm", "one TX Bonn", "two TX Rom", "two OK Paris", "two OK Ulm", "two OK Bonn"]
    criterion = found(frame([*rows, "one TX -"], "state", "city"), "state", "city").criterion("one")
    assert "not_equal" not in {rule.comparator for rule in criterion.rules}


@pytest.mark.parametrize("value", ["x" * 256, "Ulm, Donau", "${EMPTY}", "Ulm\u200b", " Ulm", "Ulm\n"])
def test_texts_that_a_rule_cannot_hold_are_left_to_hand(value) -> None:
    accounts = pd.DataFrame({"city": [value, "Rom"]}, index=list("ab"))
    rules = compress(accounts, {"a": "one", "b": "two"}, ["city"])
    assert rules.criterion("one") is None
    assert [one.account for one in rules.by_hand] == ["a"]


def test_limits_of_values_are_settings() -> None:
    accounts = pd.DataFrame({"city": ["Ulm, Donau", "Rom"]}, index=list("ab"))
    homes = {"a": "one", "b": "two"}
    assert compress(accounts, homes, ["city"], forbidden="").share == 1.0
    assert compress(accounts, homes, ["city"], forbidden="", longest=5).share == 0.5


def test_chinese_names() -> None:
    rows = ["东 北京市 朝阳区", "西 北京市 海淀区", "东 长春市 南关区", "西 长春市 朝阳区"]
    rules = found(frame(rows, "city", "district"), "city", "district")
    assert rules.share == 1.0
    assert all(len(one.rules) <= 4 for one in rules.criteria)


def test_several_values_in_a_rule() -> None:
    accounts = frame([f"one c{i}" for i in range(7)] + ["two x"], "city")
    rules = found(accounts, "city", max_rules=2, max_values=5)
    assert rules.share == 1.0
    assert [len(rule.values) for rule in rules.criterion("one").rules] == [5, 2]
    assert found(accounts, "city", max_rules=2).share == pytest.approx(3 / 8)


def test_the_same_twice_and_in_any_order() -> None:
    rng = np.random.default_rng(3)
    accounts = pd.DataFrame(
        {"city": rng.choice(list("ABCDEF"), 60), "zip": [f"{n:03d}" for n in rng.integers(0, 40, 60)]},
        index=[f"a{i}" for i in range(60)],
    ).astype(object)
    homes = pd.Series(rng.choice(["one", "two", "three"], 60), index=accounts.index)
    first = compress(accounts, homes, ["city", "zip"], prefixes=["zip"], max_rules=4)
    assert compress(accounts, homes, ["city", "zip"], prefixes=["zip"], max_rules=4) == first
    assert pickle.loads(pickle.dumps(first)) == first
    renamed = compress(accounts, homes.map({"one": "x", "two": "y", "three": "z"}), ["city", "zip"], max_rules=4)
    assert renamed.territories == ("x", "y", "z")


def test_tables() -> None:
    rows = ["one TX Paris", "one TX Ulm", "one TX Bonn", "two TX Rom", "two OK Paris", "two OK Ulm", "two OK Bonn"]
    table = found(frame(rows, "state", "city"), "state", "city").to_frame()
    assert table.values.tolist() == [
        ["one", 1, "AND", "state", "equal", "TX"],
        ["one", 1, "AND", "city", "not_equal", "Rom"],
        ["two", 1, "OR", "state", "equal", "OK"],
        ["two", 2, "OR", "city", "equal", "Rom"],
    ]
    hand = found(frame(["one Ulm", "one Ulm", "two Ulm"], "city"), "city").by_hand_frame()
    assert hand.loc["c"].tolist() == ["two", True, "one", "wrong"]


def test_empty_fields_match_nothing() -> None:
    accounts = pd.DataFrame({"city": ["Ulm", None, "", np.nan]}, dtype=object)
    assert matched(Rule("city", "equal", ("Ulm",)), accounts, case="sensitive").tolist() == [True, False, False, False]
    assert not matched(Rule("city", "not_equal", ("Ulm",)), accounts, case="sensitive").any()
    assert matched(Rule("city", "starts_with", ("U", "R")), accounts, case="sensitive").tolist()[0]


def test_numbers_as_territory_names_are_in_their_order() -> None:
    accounts = pd.DataFrame({"city": list("ABC")}, index=[1, 2, 3])
    rules = compress(accounts, pd.Series([10, 9, 1], index=[1, 2, 3]), ["city"])
    assert rules.territories == ("1", "9", "10")


def test_wrong_inputs_are_told_together() -> None:
    accounts = pd.DataFrame({"zip": [75001, 75002], "city": ["Ulm", 7]}, index=["a", "a"])
    with pytest.raises(DataError) as error:
        compress(
            accounts,
            {"b": "one"},
            ["zip", "city", "state"],
            prefixes=["street"],
            max_rules=0,
            max_values=True,
            case="any",
            foreign=-1,
            rounds=-1,
        )
    for text in (
        "max_rules is 0",
        "max_values is True",
        "rounds is -1",
        "foreign is -1",
        "case is 'any'",
        "ids are used more than once: 'a'",
        "2 accounts have no territory: 'a', 'a'",
        "no column 'state'",
        "column 'zip' holds 2 values that are no texts: 75001, 75002; read it as text, so that leading zeros stay",
        "column 'city' holds 1 values that are no texts: 7",
        "prefixes names 'street'",
    ):
        assert text in str(error.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: compress([1], {}, ["city"]), "accounts is a list"),
        (lambda a: compress(a.iloc[:0], {}, ["city"]), "there are no accounts"),
        (lambda a: compress(a, "home", ["city"]), "there is no column 'home'"),
        (lambda a: compress(a, ["one"], ["city"]), "territory is a list"),
        (lambda a: compress(a, {0: "one"}, "city"), "fields is the text 'city'; pass a list"),
        (lambda a: compress(a, {0: "one"}, []), "fields is empty"),
        (lambda a: compress(a, {0: "one"}, ["city"]).criterion("two"), "no territory 'two'; the names are 'one'"),
        (lambda a: matched(Rule("town", "equal", ("Ulm",)), a, case="sensitive"), "no column 'town'"),
        (lambda _: Rule("city", "like", ("Ulm",)), "comparator is 'like'"),
        (lambda _: Rule("city", "equal", "Ulm"), "values is the text 'Ulm'"),
        (lambda _: Rule("", "equal", ("",)), "values are no texts"),
        (lambda _: Group("XOR", (Rule("city", "equal", ("Ulm",)),)), "there are 1 members"),
    ],
)
def test_wrong_inputs(call, message) -> None:
    with pytest.raises(DataError, match=message):
        call(pd.DataFrame({"city": ["Ulm"]}))


def test_an_account_has_one_territory() -> None:
    accounts = pd.DataFrame({"city": ["Ulm", "Kiel"]}, index=["a", "b"])
    with pytest.raises(DataError, match="territory has several entries for 'a'"):
        compress(accounts, pd.Series(["one", "two", "two"], index=["a", "b", "a"]), ["city"])


def test_names_of_many_digits_are_names() -> None:
    accounts = pd.DataFrame({"city": ["Ulm", "Kiel", "Bonn"]}, index=["a", "b", "c"])
    rules = compress(accounts, {"a": "10", "b": "9", "c": "1" * 5000}, ["city"])
    assert rules.territories == ("9", "10", "1" * 5000)
