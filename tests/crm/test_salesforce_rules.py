"""Items and filters say what the criteria say, checked by evaluating them as Salesforce words them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import territorykit as tk
from territorykit.crm.rules import ByHand, Group, Rule, Rules
from territorykit.crm.salesforce_changes import Place
from territorykit.crm.salesforce_rules import rule_tables
from territorykit.errors import Problems

sf = tk.crm.salesforce
MODEL = sf.TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {})
FIELDS = {"zip": "Account.BillingPostalCode", "city": "BillingCity"}
VALUES = ["1", "2", "12", "ab"]
RULES = st.builds(
    Rule,
    st.sampled_from(sorted(FIELDS)),
    st.sampled_from(["equal", "not_equal", "starts_with"]),
    st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True).map(tuple),
)
CRITERIA = st.recursive(
    RULES,
    lambda inner: st.builds(Group, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    max_leaves=5,
)


def means(criterion, account):
    if isinstance(criterion, Group):
        return (all if criterion.operator == "AND" else any)(means(member, account) for member in criterion.members)
    text = account[criterion.field]
    if criterion.comparator == "not_equal":
        return text not in criterion.values
    if criterion.comparator == "equal":
        return text in criterion.values
    return text.startswith(criterion.values)


def item_means(item, account, separator):
    field, operation, value = item
    text = account[next(key for key, name in FIELDS.items() if name == field)]
    values = tuple(value.split(separator)) if separator else (value,)
    return {"equals": text in values, "notEqual": text not in values, "startsWith": text.startswith(values)}[operation]


def filter_means(text, truths):
    """Python reads AND before OR; brackets must make that unneeded, as Salesforce demands them for mixtures."""
    names = {f"x{i}": truth for i, truth in enumerate(truths, 1)}
    code = " ".join(
        word.lower() if word in ("AND", "OR") else f"x{word}" if word.isdecimal() else word
        for word in text.replace("(", " ( ").replace(")", " ) ").split()
    )
    return bool(eval(code, {}, names))  # noqa: S307 - made of numbers, brackets, and, or


def mixes(text):
    """Whether AND and OR stand side by side without brackets."""
    levels = [set()]
    for word in text.replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            levels.append(set())
        elif word == ")":
            if len(levels.pop()) > 1:
                return True
        elif word in ("AND", "OR"):
            levels[-1].add(word)
    return len(levels[0]) > 1


@given(CRITERIA, st.sampled_from([None, ","]), st.lists(st.sampled_from(["", *VALUES, "123"]), min_size=2, max_size=2))
def test_items_and_filter_mean_what_the_criterion_means(criterion, separator, texts):
    account = dict(zip(sorted(FIELDS), texts, strict=True))
    items, text = sf.AssignmentRules({"W": criterion}, FIELDS, separator).items("W")
    truths = [item_means(item, account, separator) for item in items]
    assert not mixes(text)
    assert (filter_means(text, truths) if text else truths[0]) == means(criterion, account)
    assert (text == "") == (len(items) == 1)


def test_a_filter_by_hand():
    criterion = Group("AND", (Rule("city", "equal", ("Ulm",)), Rule("zip", "starts_with", ("8", "7"))))
    rules = sf.AssignmentRules({"W": criterion}, FIELDS, None)
    assert rules.items("W") == (
        [
            ("BillingCity", "equals", "Ulm"),
            ("Account.BillingPostalCode", "startsWith", "8"),
            ("Account.BillingPostalCode", "startsWith", "7"),
        ],
        "1 AND (2 OR 3)",
    )
    assert sf.AssignmentRules({"W": criterion}, FIELDS, ",").items("W")[1] == "1 AND 2"


def test_values_are_divided_where_they_are_too_long_for_one_item():
    values = tuple(f"{i:05d}" for i in range(400))
    items, text = sf.AssignmentRules({"W": Rule("zip", "equal", values)}, FIELDS, ",").items("W")
    assert [len(value) for _, _, value in items] == [995, 995, 407]
    assert ",".join(value for _, _, value in items).split(",") == list(values)
    assert text == "1 OR 2 OR 3"


def tables(rules, model=MODEL, names=("W",)):
    problems = Problems("rules")
    places = {name: Place(name, name, "", "", 1) for name in names}
    return rule_tables(rules, places, model, ["W_Rule"], problems), problems


def test_developer_names_of_rules_are_not_those_of_territories():
    found, problems = tables(sf.AssignmentRules({"W": Rule("zip", "equal", ("1",))}, FIELDS, ","))
    assert not problems
    assert found[0].rows[0][0].startswith("W_Rule_")
    assert found[1].rows == [(f"{{{found[0].rows[0][0]}}}", "Account.BillingPostalCode", "equals", "1", "1")]


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"X": Rule("zip", "equal", ("1",))}, "rules are for territories that are not in the plan: 'X'"),
        ({"W": Rule("zip", "not_equal", tuple("abcdefghijk"))}, "the rule of 'W' has 11 items, and 10 are allowed"),
        ({"W": Rule("zip", "equal", ("a,b", 'c"', " d", "e\n"))}, "not take for one text: 'a,b', 'c\"', ' d'"),
        ({"W": Rule("zip", "equal", ("=a",))}, "texts of rules that begin like formulas: '=a'"),
    ],
)
def test_rules_that_cannot_be_loaded(criteria, message):
    assert any(message in text for text in tables(sf.AssignmentRules(criteria, FIELDS, ","))[1].found)


def test_formulas_and_long_names():
    rules = sf.AssignmentRules(
        {"W": Rule("zip", "equal", ("=a",)), "x" * 81: Rule("zip", "equal", ("1",))}, FIELDS, ","
    )
    keep = sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, formulas="keep")
    (text,) = tables(rules, keep, ("W", "x" * 81))[1].found
    assert text.startswith("labels of rules are longer than 80 characters")


def test_the_settings_of_rules_are_checked():
    with pytest.raises(tk.DataError, match="criteria of 'W' are none; pass Rule or Group objects"):
        sf.AssignmentRules({"W": "zip = 1"}, FIELDS, ",")
    with pytest.raises(tk.DataError, match="fields has no value for 'zip'"):
        sf.AssignmentRules({"W": Rule("zip", "equal", ("1",))}, {}, ",")
    with pytest.raises(tk.DataError, match="separator is 'or'; pass one sign"):
        sf.AssignmentRules({"W": Rule("zip", "equal", ("1",))}, FIELDS, "or")


def test_a_compressed_plan():
    dallas = Group("OR", (Rule("city", "equal", ("Dallas",)), Rule("zip", "starts_with", ("750",))))
    by_hand = (ByHand("a", "north", ("south",), ("south",)), ByHand("b", "south", (), ()))
    found = Rules(("north", "south"), (dallas, None), by_hand, 9)
    rules = sf.AssignmentRules.from_rules(found, fields=FIELDS, separator=None)
    assert rules.items("north")[1] == "1 OR 2"
    assert list(rules.criteria) == ["north"]
    assert rules.astray == ("a",)  # b is in no territory by rule
