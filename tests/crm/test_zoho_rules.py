"""The JSON of rules, judged by an evaluator that shares no code with the library: rules and hand are the plan."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import territorykit as tk
from territorykit.crm.rules import Group, Rule, Rules, compress
from territorykit.errors import DataError

FIELDS = ["Billing_State", "Billing_City", "Billing_Code", "Industry"]
FIELD_IDS = {name: str(431581000000000600 + i) for i, name in enumerate(FIELDS)}


def takes(criteria, row, fold, trim, blank_differs) -> bool:
    """Whether Zoho takes a record, from the words of its manual: every reading of what it leaves open."""
    if "group" in criteria:
        answers = [takes(member, row, fold, trim, blank_differs) for member in criteria["group"]]
        return all(answers) if criteria["group_operator"] == "AND" else any(answers)

    def plain(text):
        text = text.strip() if trim else text
        return text.casefold() if fold else text

    cell = row[criteria["field"]["api_name"]]
    cell = plain(cell) if isinstance(cell, str) else ""
    value = criteria["value"]
    values = [plain(one) for one in (value if isinstance(value, list) else [value])]
    comparator = criteria["comparator"]
    if comparator in ("not_equal", "not_in"):
        return all(cell != one for one in values) if cell else blank_differs
    if not cell:
        return False
    if comparator in ("equal", "in"):
        return any(cell == one for one in values)
    assert comparator == "starts_with"
    return any(cell.startswith(one) for one in values)


def leaves(criteria) -> list:
    return [leaf for one in criteria["group"] for leaf in leaves(one)] if "group" in criteria else [criteria]


def ends(table, criteria, by_hand, reading) -> list[set[str]]:
    """The territories of each account after rules and hand."""
    rows = table.to_dict("records")
    state = [{name for name, one in criteria.items() if one and takes(one, row, *reading)} for row in rows]
    place = {account: i for i, account in enumerate(table.index)}
    for one in by_hand:
        if one.assign:
            state[place[one.account]].add(one.territory)
        state[place[one.account]] -= set(one.remove)
    return state


def check(table, rules, readings) -> dict:
    """Rules and hand give the plan back under each reading; returns the JSON."""
    criteria = json.loads(json.dumps(tk.crm.zoho.criteria(rules, field_ids=FIELD_IDS)))
    for reading in readings:
        assert ends(table, criteria, rules.by_hand, reading) == [{name} for name in table["territory"]]
    hand = {one.account for one in rules.by_hand}
    rest = table[[account not in hand for account in table.index]]
    assert ends(rest, criteria, (), readings[0]) == [{name} for name in rest["territory"]]
    return criteria


ALL = list(product([False, True], repeat=3))


@st.composite
def tables(draw):
    n = draw(st.integers(1, 16))
    cells = {
        "Billing_State": ["TX", "OK", "tx", "", None],
        "Billing_City": ["Paris", "PARIS", "Ulm", " Ulm", "朝阳区", "a,b", "${EMPTY}", "x" * 300, None],
        "Billing_Code": ["75001", "75002", "7510", "76001", "75", " ", None],
        "Industry": ["Retail", "retail", None],
        "territory": ["one", "two", "three"],
    }
    columns = {name: draw(st.lists(st.sampled_from(some), min_size=n, max_size=n)) for name, some in cells.items()}
    return pd.DataFrame(columns, index=[str(1000 + i) for i in range(n)], dtype=object)


@given(tables(), st.integers(1, 5), st.sampled_from([1, 2, 500]))
@settings(max_examples=25)
def test_rules_and_hand_are_the_plan_however_texts_are_compared(table, max_rules, max_values) -> None:
    rules = compress(
        table, "territory", FIELDS, prefixes=["Billing_Code"], max_rules=max_rules, max_values=max_values, rounds=4
    )
    for one in check(table, rules, ALL).values():
        assert one is None or len(leaves(one)) <= max_rules


@given(tables(), st.sampled_from(["sensitive", "insensitive"]))
@settings(max_examples=10)
def test_rules_for_a_known_way_of_comparing(table, case) -> None:
    rules = compress(table, "territory", FIELDS, case=case, rounds=4)
    check(table, rules, [reading for reading in ALL if reading[0] == (case == "insensitive")])


def town(n=500, seed=5):
    """Accounts in towns along a line, cut into territories that do not keep to towns."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 100, n))
    code = 70000 + (x * 10).astype(int)
    table = pd.DataFrame(
        {
            "Billing_State": np.where(x < 50, "TX", "OK"),
            "Billing_City": [f"Town {int(v // 4) % 20}" for v in x],  # names come again in the other state
            "Billing_Code": [str(v) for v in code],
            "Industry": rng.choice(["Retail", "Food"], n),
            "territory": [f"t{int(v // 12.3)}" for v in x],
        },
        index=[str(10**17 + i) for i in range(n)],
        dtype=object,
    )
    table.loc[rng.random(n) < 0.02, "Billing_Code"] = None
    return table


def test_most_accounts_of_a_line_of_towns_go_by_rule() -> None:
    table = town()
    rules = compress(table, "territory", FIELDS, prefixes=["Billing_Code"], max_rules=10, rounds=10)
    criteria = check(table, rules, ALL)
    assert rules.share >= 0.95
    assert all(len(leaves(one)) <= 10 for one in criteria.values())


@pytest.mark.slow
@pytest.mark.parametrize(("states", "n_territories"), [(["OR", "WA", "ID"], 20), (["AR", "LA"], 40)])
def test_five_thousand_stores(shared_data, states, n_territories) -> None:
    """Whole states, territories drawn by the library: 19 of 20 accounts by at most 25 rules a territory."""
    stores = pd.read_parquet(shared_data / "us_stores" / "us_stores.parquet").drop(columns="geometry")
    stores = stores[stores["state"].isin(states)].reset_index(drop=True)
    stores = stores.assign(id=[str(10**17 + i) for i in range(len(stores))], stores=1)
    accounts = tk.read_accounts(stores, id="id", lon="lon", lat="lat", crs="EPSG:4326")
    graph = tk.accounts_graph(accounts, activities={"stores": "stores"}, crs="equal-area")
    problem = tk.Problem(graph, n_territories, [tk.Balance("stores", 0.1), tk.Contiguous()])
    plan = tk.solve(problem, seed=1, stop=200_000).require_plan()
    table = pd.DataFrame(accounts[["state", "city", "zip", "brand"]]).set_axis(FIELDS, axis=1).astype(object)
    table["territory"] = tk.crm.zoho.account_territories(plan)
    rules = compress(table, "territory", FIELDS, prefixes=["Billing_Code"])
    criteria = check(table, rules, [(False, False, False), (True, True, True)])
    assert len(table) > 4_500
    assert rules.share >= 0.95
    assert max(len(leaves(one)) for one in criteria.values()) <= 25


def test_the_json_is_what_the_manual_shows() -> None:
    rule = Rule("Billing_City", "equal", ("Chennai",))
    leaf = {
        "comparator": "equal",
        "field": {"api_name": "Billing_City", "id": "431581000000000657"},
        "value": "Chennai",
    }
    zips = Rule("zip", "starts_with", ("60", "61"))
    group = Group("OR", (Group("AND", (rule, Rule("zip", "not_equal", ("6", "7")))), zips))
    rules = Rules(("South", "North", "None"), (rule, group, None), (), 3)
    ids = {"Billing_City": "431581000000000657", "Billing_Code": "431581000000000661"}
    code = {"api_name": "Billing_Code", "id": ids["Billing_Code"]}
    assert tk.crm.zoho.criteria(rules, field_ids=ids, api_names={"zip": "Billing_Code"}) == {
        "South": leaf,
        "North": {
            "group_operator": "OR",
            "group": [
                {
                    "group_operator": "AND",
                    "group": [leaf, {"comparator": "not_in", "field": code, "value": ["6", "7"]}],
                },
                {"comparator": "starts_with", "field": code, "value": ["60", "61"]},
            ],
        },
        "None": None,
    }


def test_what_zoho_does_not_take_is_told_together() -> None:
    many = Group("OR", tuple(Rule("city", "equal", (f"c{i}",)) for i in range(26)))
    odd = Rule("zip", "equal", (*(f"z{i}" for i in range(501)), "${EMPTY}"))
    rules = Rules(("A", "B"), (many, odd), (), 2)
    with pytest.raises(DataError) as error:
        tk.crm.zoho.criteria(rules, field_ids={"zip": ""})
    for text in (
        "fields without an id: 'city', 'zip'; take it from GET /settings/fields",
        "criteria with more than 25 rules: 'A'",
        "rules hold more than 500 values",
        "values are too long, or placeholders: '${EMPTY}'",
    ):
        assert text in str(error.value)
