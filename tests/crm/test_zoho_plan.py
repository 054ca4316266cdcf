"""A plan as bodies of requests and files, and back."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_plan

import territorykit as tk
from territorykit.crm import zoho
from territorykit.crm.rules import compress
from territorykit.errors import DataError, PlanError

ROOT = "431581000000272796"
IDS = [str(4150868000004318000 + i) for i in range(6)]
NAMES = ["华东", "North", "R and D"]
TERRITORY_IDS = {name: str(4150868000004822544 + i) for i, name in enumerate(NAMES)}
FIELD_IDS = {"Billing_City": "431581000000000657"}


def plan_of(labels, names=NAMES):
    """Six accounts that are themselves the units."""
    return grid_plan(labels, ids=IDS, names=names)


def cities(labels):
    return pd.DataFrame({"Billing_City": [f"City {t}" for t in labels]}, index=IDS)


def entries(bodies):
    return [row for body in bodies for row in body.get("territories", body.get("data"))]


def test_bodies_of_territories() -> None:
    plan = plan_of([0, 0, 1, 1, 2, 2])
    bodies = zoho.territories(
        plan, reporting_to=ROOT, permission_type="read_write_delete", managers={"North": "431581000000278001"}
    )
    assert len(bodies) == 1
    assert entries(bodies)[1] == {
        "name": "North",
        "reporting_to": {"id": ROOT},
        "manager": {"id": "431581000000278001"},
        "permission_type": "read_write_delete",
        "description": None,
        "account_rule_criteria": None,
        "lead_rule_criteria": None,
        "deal_rule_criteria": None,
    }
    assert "manager" not in entries(bodies)[0]


def test_ten_territories_a_call_and_ten_records() -> None:
    ids = [str(100 + i) for i in range(24)]
    plan = grid_plan(list(range(24)), rows=4, columns=6, ids=ids)
    bodies = zoho.territories(plan, reporting_to=ROOT, permission_type="read_only")
    assert [len(body["territories"]) for body in bodies] == [10, 10, 4]
    assigned = zoho.assignments(plan, None, {name: str(900 + i) for i, name in enumerate(plan.problem.names)})
    assert [len(body["data"]) for body in assigned] == [10, 10, 4]
    assert [row["id"] for row in entries(assigned)] == ids


def test_territories_with_rules_and_their_own_parents() -> None:
    plan = plan_of([0, 0, 1, 1, 2, 2])
    rules = compress(cities([0, 0, 1, 1, 2, 2]), plan.to_series(), ["Billing_City"])
    above = dict(zip(NAMES, ("71", "72", "72"), strict=True))
    rows = entries(
        zoho.territories(plan, reporting_to=above, permission_type="read_only", rules=rules, field_ids=FIELD_IDS)
    )
    assert [row["reporting_to"]["id"] for row in rows] == ["71", "72", "72"]
    assert [row["account_rule_criteria"]["value"] for row in rows] == ["City 0", "City 1", "City 2"]


def test_parents_say_what_they_take() -> None:
    criteria = {"South": None, "North": {"comparator": "equal"}}
    settings = {"reporting_to": ROOT, "permission_type": "read_only"}
    rows = entries(zoho.parent_territories(["South", "North", "South"], criteria=criteria, **settings))
    assert [(row["name"], row["account_rule_criteria"]) for row in rows] == list(criteria.items())
    with pytest.raises(DataError, match="nothing is said about the criteria of 'East'"):
        zoho.parent_territories(["East"], criteria=criteria, **settings)


@pytest.mark.parametrize("sign", list("^~`#%&+=[]{}|\\;\"'<>,"))
def test_forbidden_signs(sign) -> None:
    plan = plan_of([0, 0, 1, 1, 2, 2], [f"A{sign}B", "C", f"D{sign}"])
    with pytest.raises(DataError, match="2 names hold characters that Zoho does not take"):
        zoho.territories(plan, reporting_to=ROOT, permission_type="read_only")
    names = {f"A{sign}B": "A and B", f"D{sign}": "D"}
    rows = entries(zoho.territories(plan, reporting_to=ROOT, permission_type="read_only", names=names))
    assert [row["name"] for row in rows] == ["A and B", "C", "D"]


def test_every_wrong_name_is_told_and_everything_else_with_it() -> None:
    names = [f"T{i}&" for i in range(8)] + ["x" * 51, "same", "Same", " blank", "line\nend"]
    plan = grid_plan(list(range(13)), rows=1, columns=13, names=names)
    with pytest.raises(DataError) as error:
        zoho.territories(
            plan, reporting_to={"same": "7x"}, permission_type="admin", managers={"nobody": "u"}, names={"y": "z"}
        )
    for text in (
        "names says something for 'y'",
        "10 names hold characters",
        *(repr(f"T{i}&") for i in range(8)),
        "names of more than 50 characters",
        "names are used more than once: 'Same', 'same'",
        "permission_type is 'admin'; pass one of 'read_only', 'read_write_delete'",
        "reporting_to says nothing for",
        "reporting_to: '7x' are no ids",
        "managers of territories that are not there: 'nobody'",
        "managers: 'u' are no ids",
    ):
        assert text in str(error.value)


def test_a_diff_assigns_and_removes_what_moves() -> None:
    today, plan = plan_of([0, 0, 1, 1, 2, 2]), plan_of([0, 1, 1, 1, 2, 0])
    come = entries(zoho.assignments(plan, None, TERRITORY_IDS, since=today))
    go = entries(zoho.removals(plan, None, TERRITORY_IDS, since=today))
    assert [(row["id"], row["Territories"]) for row in come] == [
        (IDS[1], [{"id": TERRITORY_IDS["North"]}]),
        (IDS[5], [{"id": TERRITORY_IDS["华东"]}]),
    ]
    assert [(row["id"], row["Territories"]) for row in go] == [
        (IDS[1], [{"id": TERRITORY_IDS["华东"]}]),
        (IDS[5], [{"id": TERRITORY_IDS["R and D"]}]),
    ]
    assert zoho.assignments(plan, None, TERRITORY_IDS, since=plan) == []


def test_accounts_of_areas() -> None:
    plan = grid_plan([0, 0, 1, 1, 2, 2], names=NAMES)
    accounts = pd.DataFrame({"area": ["u0", "u5", "u0"]}, index=["11", "12", "13"])
    assert zoho.account_territories(plan, accounts, unit="area").tolist() == ["华东", "R and D", "华东"]
    rows = entries(zoho.assignments(plan, accounts, TERRITORY_IDS, unit="area"))
    assert [row["id"] for row in rows] == ["11", "12", "13"]
    with pytest.raises(DataError, match="the unit of 3 accounts is not known: '11', '12', '13'"):
        zoho.account_territories(plan, accounts)
    with pytest.raises(DataError, match="1 name a unit that is not in the plan: '12: u9'"):
        zoho.account_territories(plan, accounts.replace("u5", "u9"), unit="area")


def round_trip(folder, plan, **settings):
    files = zoho.write(folder, territory_ids=TERRITORY_IDS, **settings)
    assert all(file.is_file() for file in files)
    return files


@given(st.permutations([0, 0, 1, 1, 2, 2]), st.permutations([0, 0, 1, 1, 2, 2]))
@settings(max_examples=10)
def test_round_trips(tmp_path_factory, before, after) -> None:
    folder = tmp_path_factory.mktemp("zoho")
    today, plan = plan_of(before), plan_of(after)
    round_trip(folder / "all", plan, assignments=zoho.assignments(plan, None, TERRITORY_IDS))
    assert zoho.read_plan(folder / "all", plan.problem) == plan
    if before != after:
        come = zoho.assignments(plan, None, TERRITORY_IDS, since=today)
        go = zoho.removals(plan, None, TERRITORY_IDS, since=today)
        round_trip(folder / "diff", plan, assignments=come, removals=go)
        assert zoho.read_plan(folder / "diff", plan.problem, since=today) == plan
        assert zoho.read_plan([folder / "all", folder / "diff"], plan.problem) == plan


def test_round_trip_of_rules_and_hand(tmp_path) -> None:
    """Cities that territories share: rules say most, hand the rest."""
    labels = [0, 0, 1, 1, 2, 2]
    plan = plan_of(labels, ["华东", "North", "R&D"])
    names = {"R&D": "R and D"}
    ids = {"华东": "71", "North": "72", "R&D": "73"}
    accounts = cities([0, 0, 0, 1, 2, 3])
    accounts.iloc[5, 0] = None
    rules = compress(accounts, plan.to_series(), ["Billing_City"])
    assert 0 < len(rules.by_hand) < 6
    settings = {"reporting_to": ROOT, "permission_type": "read_only", "names": names}
    bodies = zoho.territories(plan, rules=rules, field_ids=FIELD_IDS, **settings)
    zoho.write(tmp_path / "1", territories=bodies, names=names)
    come = zoho.assignments(plan, accounts, ids, rules=rules)
    go = zoho.removals(plan, accounts, ids, rules=rules)
    assert len(entries(come)) == sum(one.assign for one in rules.by_hand)
    zoho.write(tmp_path / "2", assignments=come, removals=go, territory_ids=ids)
    both = [tmp_path / "1", tmp_path / "2"]
    assert zoho.read_plan(both, plan.problem, accounts=accounts) == plan
    with pytest.raises(PlanError, match="in no territory"):
        zoho.read_plan(tmp_path / "1", plan.problem, accounts=accounts)
    with pytest.raises(DataError, match="the criteria ask for 'Billing_City'"):
        zoho.read_plan(both, plan.problem)


def test_files_and_manifest(tmp_path) -> None:
    plan = plan_of([0, 0, 1, 1, 2, 2])
    bodies = zoho.territories(plan, reporting_to=ROOT, permission_type="read_only")
    come = zoho.assignments(plan, None, TERRITORY_IDS)
    files = zoho.write(tmp_path / "x", assignments=come, territories=bodies, territory_ids=TERRITORY_IDS)
    assert [file.name for file in files] == ["001_territories.json", "002_assignments.json", "manifest.json"]
    manifest = json.loads(files[-1].read_text("utf-8"))
    assert [(step["path"], step["count"]) for step in manifest["steps"]] == [
        ("/crm/v8/settings/territories", 3),
        ("/crm/v8/Accounts/actions/assign_territories", 6),
    ]
    assert manifest["counts"] == {"parents": 0, "territories": 3, "assignments": 6, "removals": 0}
    assert json.loads(files[0].read_text("utf-8")) == bodies[0]
    assert "华东" in files[0].read_text("utf-8")
    with pytest.raises(DataError, match="is there and not empty"):
        zoho.write(tmp_path / "x", territories=bodies)


def test_what_is_not_written(tmp_path) -> None:
    come = zoho.assignments(plan_of([0, 0, 1, 1, 2, 2]), None, TERRITORY_IDS)
    for call, message in (
        (lambda: zoho.write(tmp_path / "a" / "b", territories=[{"territories": []}]), "there is no folder"),
        (lambda: zoho.write(tmp_path / "a"), "there is nothing to write"),
        (lambda: zoho.write(tmp_path / "a", assignments=come), "territory ids that territory_ids does not name"),
    ):
        with pytest.raises(DataError, match=message):
            call()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("001_assignments.json", None, "there is no file '001_assignments.json'"),
        ("001_assignments.json", '{"data": []}', "does not hold 6 assignments"),
        ("001_assignments.json", '{"data": [1, 2, 3, 4, 5, 6]}', "does not hold 6 assignments"),
        ("001_assignments.json", "[" * 100_000, "cannot be read as JSON"),
        ("manifest.json", "{}", "it is no manifest of territorykit.zoho/1"),
        ("manifest.json", None, "there is no manifest.json"),
    ],
)
def test_files_that_are_not_as_they_were(tmp_path, file, text, message) -> None:
    plan = plan_of([0, 0, 1, 1, 2, 2])
    round_trip(tmp_path / "x", plan, assignments=zoho.assignments(plan, None, TERRITORY_IDS))
    (tmp_path / "x" / file).unlink()
    if text is not None:
        (tmp_path / "x" / file).write_text(text)
    with pytest.raises(DataError, match=message):
        zoho.read_plan(tmp_path / "x", plan.problem)


def test_plans_that_do_not_come_out(tmp_path) -> None:
    plan = plan_of([0, 0, 1, 1, 2, 2])
    come = zoho.assignments(plan, None, TERRITORY_IDS)
    round_trip(tmp_path / "x", plan, assignments=come)
    with pytest.raises(PlanError, match="2 accounts are in several territories"):
        zoho.read_plan(tmp_path / "x", plan.problem, since=plan_of([0, 1, 1, 1, 2, 0]))
    areas = grid_plan([0, 0, 1, 1, 2, 2], names=NAMES)
    torn = pd.DataFrame({"area": ["u0"] * 6}, index=IDS)
    with pytest.raises(PlanError, match="accounts of one unit are in different territories: 'u0'"):
        zoho.read_plan(tmp_path / "x", areas.problem, accounts=torn, unit="area")
    few = torn.iloc[:2]
    with pytest.raises(DataError, match="assignments name accounts that are not there"):
        zoho.read_plan(tmp_path / "x", areas.problem, accounts=few, unit="area")


def test_units_without_accounts_are_asked_for(tmp_path) -> None:
    plan = grid_plan([0, 0, 1, 1, 2, 2], names=NAMES)
    accounts = pd.DataFrame({"area": ["u0", "u2", "u4"]}, index=IDS[:3])
    round_trip(tmp_path / "x", plan, assignments=zoho.assignments(plan, accounts, TERRITORY_IDS, unit="area"))
    settings = {"accounts": accounts, "unit": "area"}
    with pytest.raises(PlanError, match="3 units have no accounts: 'u1', 'u3', 'u5'; say where they belong"):
        zoho.read_plan(tmp_path / "x", plan.problem, **settings)
    rest = {"u1": "华东", "u3": "North", "u5": "R and D", "u0": "North"}
    assert zoho.read_plan(tmp_path / "x", plan.problem, rest=rest, **settings) == plan
    assert zoho.read_plan(tmp_path / "x", plan.problem, rest=plan.to_series(), **settings) == plan


def test_rules_of_another_plan_are_refused() -> None:
    plan, other = plan_of([0, 0, 1, 1, 2, 2]), plan_of([2, 2, 1, 1, 0, 0])
    rules = compress(cities([0] * 6), plan.to_series(), ["Billing_City"])
    with pytest.raises(DataError, match="2 have another territory there"):
        zoho.assignments(other, None, TERRITORY_IDS, rules=rules)
    with pytest.raises(DataError, match="rules name territories that the plan has not"):
        zoho.territories(
            plan_of([0, 0, 1, 1, 2, 2], ["A", "B", "C"]),
            reporting_to=ROOT,
            permission_type="read_only",
            rules=rules,
            field_ids=FIELD_IDS,
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda plan: zoho.assignments(plan, None, {}), "territories without an id: '华东', 'North', 'R and D'"),
        (lambda plan: zoho.assignments(plan, None, dict.fromkeys(NAMES, "x")), "territory_ids: 'x' are no ids"),
        (lambda plan: zoho.assignments(plan, [1], TERRITORY_IDS), "accounts is a list"),
        (lambda plan: zoho.removals(plan, None, TERRITORY_IDS), "neither since= nor rules= is given"),
        (lambda plan: zoho.account_territories(plan, pd.DataFrame(index=["x", "x"])), "ids are used more than once"),
        (lambda plan: zoho.account_territories(plan, pd.DataFrame(index=["x"]), unit="area"), "no column 'area'"),
    ],
)
def test_wrong_inputs(call, message) -> None:
    with pytest.raises(DataError, match=message):
        call(plan_of([0, 0, 1, 1, 2, 2]))


def test_since_and_rules_together_and_record_ids() -> None:
    plan = grid_plan([0, 0, 1, 1, 2, 2], names=NAMES)
    rules = compress(pd.DataFrame({"c": ["x"] * 6}, index=[f"u{i}" for i in range(6)]), plan.to_series(), ["c"])
    with pytest.raises(DataError) as error:
        zoho.assignments(plan, None, TERRITORY_IDS, since=plan, rules=rules)
    assert "since= and rules= are both given" in str(error.value)
    assert "record ids: 'u0', 'u1', 'u2', 'u3', 'u4' and 1 more (6 in all) are no ids" in str(error.value)


def test_ids_of_territories(tmp_path) -> None:
    answer = {"territories": [{"name": "North", "id": "72", "manager": None}], "info": {"more_records": False}}
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer), encoding="utf-8")
    assert zoho.territory_ids(file) == zoho.territory_ids(answer) == {"North": "72"}
    more = {"territories": answer["territories"] * 2, "info": {"more_records": True}}
    with pytest.raises(DataError) as error:
        zoho.territory_ids(more)
    assert "has more pages" in str(error.value)
    assert "share the name 'North'" in str(error.value)
    with pytest.raises(DataError, match="there is no list of territories"):
        zoho.territory_ids({"data": []})


def test_names_of_modules() -> None:
    assert tk.crm.zoho is zoho
    assert set(zoho.__all__) <= set(dir(zoho))
    assert all(getattr(zoho, name).__doc__ for name in zoho.__all__)


def test_a_renamed_territory_is_the_same_territory(tmp_path) -> None:
    """Accounts that stay in it are neither assigned nor removed: a removal would leave them in none."""
    before, now = plan_of([0, 0, 1, 1, 2, 2]), plan_of([0, 0, 1, 1, 2, 1], ["东区", "North", "R and D"])
    ids = {**TERRITORY_IDS, "东区": TERRITORY_IDS["华东"]}
    come, go = (make(now, None, ids, since=before) for make in (zoho.assignments, zoho.removals))
    assert entries(come) == [{"id": IDS[5], "Territories": [{"id": ids["North"]}]}]
    assert entries(go) == [{"id": IDS[5], "Territories": [{"id": ids["R and D"]}]}]
    zoho.write(tmp_path / "load", assignments=come, removals=go, territory_ids=ids)
    assert zoho.read_plan(tmp_path / "load", now.problem, since=before) == now


def test_territories_with_one_id_would_become_one() -> None:
    plan = plan_of([0, 0, 1, 1, 2, 2])
    with pytest.raises(DataError, match=r"territories share an id: '\d+: 华东, North'"):
        zoho.assignments(plan, None, {**TERRITORY_IDS, "North": TERRITORY_IDS["华东"]})
    with pytest.raises(DataError, match="share an id"):
        zoho.removals(plan, None, dict.fromkeys(NAMES, "71"), since=plan)


@pytest.mark.parametrize("case", ["either", "sensitive", "insensitive"])
def test_rules_of_another_plan_show_by_the_fields_of_accounts(case) -> None:
    """All by rule in both plans, with as many accounts: only the accounts' fields tell them apart."""
    first, second = plan_of([0, 0, 1, 1, 2, 2]), plan_of([1, 1, 0, 0, 2, 2])
    accounts = cities([0, 0, 1, 1, 2, 2])
    accounts.iloc[1] = "CITY 0"
    rules = compress(accounts, zoho.account_territories(first, accounts), ["Billing_City"], case=case)
    assert not rules.by_hand
    assert zoho.assignments(first, accounts, TERRITORY_IDS, rules=rules) == []
    for make in (zoho.assignments, zoho.removals):
        with pytest.raises(DataError, match="bring 4 accounts elsewhere than the plan"):
            make(second, accounts, TERRITORY_IDS, rules=rules)


def test_fields_that_are_no_texts_are_told_on_reading(tmp_path) -> None:
    plan, accounts = plan_of([0, 0, 1, 1, 2, 2]), cities([0, 0, 1, 1, 2, 2])
    rules = compress(accounts, zoho.account_territories(plan, accounts), ["Billing_City"])
    bodies = zoho.territories(plan, reporting_to=ROOT, permission_type="read_only", rules=rules, field_ids=FIELD_IDS)
    zoho.write(tmp_path / "load", territories=bodies)
    for wrong in (accounts.assign(Billing_City=5), pd.concat([accounts, accounts], axis=1)):
        with pytest.raises(DataError, match="'Billing_City' are there twice or hold values that are no texts"):
            zoho.read_plan(tmp_path / "load", plan.problem, accounts=wrong)


def recorded(account_ids, account_units, labels=(0, 0, 1, 1, 2, 2)):
    """A plan of areas with numbers for ids, in which accounts were counted."""
    return grid_plan(
        list(labels), ids=[11, 12, 13, 14, 15, 16], names=NAMES, account_ids=account_ids, account_units=account_units
    )


def test_an_account_is_not_taken_for_the_area_of_its_id() -> None:
    """Account 13 was dropped as it lies in no area; that there is an area 13 says nothing of it."""
    plan = recorded(["11", "12"], [5, 5])
    table = pd.DataFrame(index=["11", "13"])
    with pytest.raises(DataError, match="the unit of 1 accounts is not known: '13'"):
        zoho.assignments(plan, table, TERRITORY_IDS)
    found = zoho.assignments(plan, table.iloc[:1], TERRITORY_IDS)
    assert entries(found) == [{"id": "11", "Territories": [{"id": TERRITORY_IDS["R and D"]}]}]


def test_accounts_that_the_incumbent_does_not_know_are_new(tmp_path) -> None:
    before, now = recorded(["91", "92", "94"], [0, 2, 5]), recorded(["91", "92", "93"], [0, 2, 4], [0, 0, 2, 1, 2, 2])
    table = pd.DataFrame(index=["91", "92", "93"])
    come, go = (make(now, table, TERRITORY_IDS, since=before) for make in (zoho.assignments, zoho.removals))
    assert [row["id"] for row in entries(come)] == ["92", "93"]
    assert entries(go) == [{"id": "92", "Territories": [{"id": TERRITORY_IDS["North"]}]}]  # 94 was not asked for
    zoho.write(tmp_path / "load", assignments=come, removals=go, territory_ids=TERRITORY_IDS)
    again = zoho.read_plan(tmp_path / "load", now.problem, accounts=table, since=before, rest=now.to_series())
    assert again == now
