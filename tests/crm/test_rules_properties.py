"""What holds for all accounts: limits are kept, rules and hand give the plan, and small answers are the best."""

from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from territorykit.crm.rules import compress
from territorykit.crm.rules_leaves import Limits, families
from territorykit.crm.rules_pool import make_pool, text_columns
from territorykit.crm.rules_search import search

STATES = ["TX", "OK", "tx", None]
CITIES = ["Paris", "PARIS", "Ulm", "Ulm ", "", "朝阳区", "a,b", "${EMPTY}", None]
ZIPS = ["75001", "75002", "7510", "76001", "76", "", None]


@st.composite
def accounts(draw, most=14):
    n = draw(st.integers(1, most))
    columns = {
        name: draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))
        for name, values in (("state", STATES), ("city", CITIES), ("zip", ZIPS))
    }
    homes = draw(st.lists(st.sampled_from(["one", "two", "three"]), min_size=n, max_size=n))
    return pd.DataFrame({**columns, "territory": homes}, index=[f"a{i}" for i in range(n)], dtype=object)


@given(accounts(), st.integers(1, 4), st.integers(1, 3), st.sampled_from(["either", "sensitive", "insensitive"]))
@settings(max_examples=40)
def test_limits_are_kept_and_every_account_is_told(table, max_rules, max_values, case) -> None:
    rules = compress(
        table,
        "territory",
        ["state", "city", "zip"],
        prefixes=["zip"],
        max_rules=max_rules,
        max_values=max_values,
        case=case,
        rounds=5,
    )
    for criterion in rules.criteria:
        leaves = () if criterion is None else criterion.rules
        assert len(leaves) <= max_rules
        assert all(1 <= len(rule.values) <= max_values for rule in leaves)
        texts = [value for rule in leaves for value in rule.values]
        assert not any("," in text or "${" in text or text != text.strip() for text in texts)
    ids = [one.account for one in rules.by_hand]
    assert len(set(ids)) == len(ids)
    assert all(one.territory == table.loc[one.account, "territory"] for one in rules.by_hand)
    assert all(one.assign or one.remove for one in rules.by_hand)


def best_gain(table, own, max_rules):
    """The best of all criteria of at most two rules, by looking at each of them."""
    singles = []
    for field in ("state", "city"):
        singles += [table[field].eq(value).to_numpy(bool) for value in table[field].dropna().unique()]
    options = [np.zeros(len(table), bool), *singles]
    if max_rules == 2:
        options += [a | b for a, b in combinations(singles, 2)]
        options += [a & b for a, b in combinations(singles, 2)]
        options += [a & ~b for a in singles for b in singles]
    worth = np.where(own, 1, -1)
    return max(int(worth[option].sum()) for option in options)


@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.sampled_from("XYZW"), st.sampled_from(["one", "two"])),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 2),
)
@settings(max_examples=60)
def test_small_answers_are_the_best(rows, max_rules) -> None:
    """One rule is always the best one; two bring at most one account less than the best two."""
    table = pd.DataFrame(rows, columns=["state", "city", "territory"], dtype=object)
    limits = Limits(max_rules, 1, 255, ",", fold=True, spell_out=True)
    own = (table.territory == "one").to_numpy()
    worth = np.where(own, 1.0, -1.0)
    pool = make_pool(families(text_columns(table, ["state", "city"]), set(), limits), worth, limits)
    choice = search(pool, worth, limits, 10)
    best = best_gain(table, own, max_rules)
    assert best - (max_rules > 1) <= choice.gain <= best
    assert choice.slots <= max_rules
