"""Load files against an org in miniature: tables to which the files are applied as a loader would."""

import csv
import itertools
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import grid_graph, grid_plan

import territorykit as tk
from territorykit.crm.rules import Rule
from territorykit.crm.salesforce_ids import full_id

sf = tk.crm.salesforce
MODEL = sf.TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {"AccountAccessLevel": "Edit"})


def record(prefix, number):
    return full_id(f"{prefix}{number:0{15 - len(prefix)}d}")


ACCOUNTS = [record("001Ab", i) for i in range(6)]
USER = record("005", 1)


class MiniOrg:
    """Tables of an org, and what its loader does and refuses."""

    def __init__(self):
        self.tables = {"Territory2": {}, "ObjectTerritory2Association": {}, "UserTerritory2Association": {}}
        self.tables |= {"ObjectTerritory2AssignmentRule": {}, "ObjectTerritory2AssignmentRuleItem": {}}
        self.numbers = itertools.count(1)

    def insert(self, table, row):
        for field, value in row.items():
            if field.endswith("Id") and value:
                assert full_id(value) == value
        if table == "Territory2":
            assert not row["ParentTerritory2Id"] or row["ParentTerritory2Id"] in self.tables[table]
            assert row["DeveloperName"] not in [other["DeveloperName"] for other in self.tables[table].values()]
        if "Territory2Id" in row:
            assert row["Territory2Id"] in self.tables["Territory2"]
            key = (row.get("ObjectId", row.get("UserId")), row["Territory2Id"])
            assert key not in [
                (r.get("ObjectId", r.get("UserId")), r["Territory2Id"]) for r in self.tables[table].values()
            ]
        if table == "ObjectTerritory2Association":
            assert row["AssociationCause"] == "Territory2Manual"
        if table == "ObjectTerritory2AssignmentRuleItem":
            assert not self.tables["ObjectTerritory2AssignmentRule"][row["RuleId"]].get("BooleanFilter")
        found = record("0MI" if table == "Territory2" else "0Ax", next(self.numbers))
        self.tables[table][found] = row
        return found

    def load(self, folder):
        """Load a folder step by step, with the ids of each insert filled in before the next."""
        for i in range(len(sf.read_load(folder).steps)):
            step = sf.read_load(folder).steps[i]
            assert step.waits_for == ()
            rows = list(csv.DictReader((folder / step.file).read_text("utf-8").splitlines()))
            assert len(rows) == step.rows > 0
            table = self.tables.get(step.object)
            if step.operation == "insert":
                done = [{**row, "sf__Id": self.insert(step.object, row)} for row in rows]
                if "DeveloperName" in rows[0]:
                    sf.fill_ids(folder, pd.DataFrame(done))
            for row in rows:
                if step.operation == "delete":
                    assert table.pop(row["Id"])["AssociationCause"] == "Territory2Manual"
                elif step.operation == "update":
                    table[row["Id"]] |= row

    def by_rule(self, account, territory):
        row = {"ObjectId": account, "Territory2Id": territory, "AssociationCause": "Territory2AssignmentRule"}
        self.tables["ObjectTerritory2Association"][record("0Ax", next(self.numbers))] = row

    def export(self):
        def frame(name, columns):
            rows = [{"Id": key, **row} for key, row in self.tables[name].items()]
            return pd.DataFrame(rows, columns=columns)

        return sf.read_org(
            territories=frame("Territory2", ["Id", "DeveloperName", "Name", "Territory2ModelId", "ParentTerritory2Id"]),
            associations=frame("ObjectTerritory2Association", ["Id", "ObjectId", "Territory2Id", "AssociationCause"]),
            users=frame("UserTerritory2Association", ["UserId", "Territory2Id", "RoleInTerritory2"]),
        )

    def homes(self):
        """Account to the names of its territories."""
        names = {key: row["Name"] for key, row in self.tables["Territory2"].items()}
        found = {}
        for row in self.tables["ObjectTerritory2Association"].values():
            found.setdefault(row["ObjectId"], []).append(names[row["Territory2Id"]])
        return found


def account_plan(labels, names):
    return grid_plan(labels, ids=ACCOUNTS, names=names)


def wanted(plan):
    return {account: [name] for account, name in plan.to_series().items()}


def test_a_new_org_level_by_level(tmp_path):
    plan = account_plan([0, 1, 2, 0, 1, 2], ["West", "Mid", "East"])
    model = sf.TerritoryModel(
        MODEL.model_id, MODEL.type_id, MODEL.access, parents={"West": "DACH", "Mid": "DACH", "DACH": "EMEA"}
    )
    load = sf.write_territories(
        plan, tmp_path / "load", model=model, users={"West": {USER: "Owner"}, "EMEA": {USER: None}}
    )
    assert str(load).splitlines() == [
        "01_insert_Territory2_level_1.csv: insert 2 Territory2",
        "02_insert_Territory2_level_2.csv: insert 1 Territory2, waits for 1 ids",
        "03_insert_Territory2_level_3.csv: insert 2 Territory2, waits for 1 ids",
        "04_insert_UserTerritory2Association.csv: insert 2 UserTerritory2Association, waits for 2 ids",
        "05_insert_ObjectTerritory2Association.csv: insert 6 ObjectTerritory2Association, waits for 3 ids",
    ]
    assert (tmp_path / "load" / "03_insert_Territory2_level_3.csv").read_bytes().decode() == (
        "Name,DeveloperName,Territory2ModelId,Territory2TypeId,ParentTerritory2Id,AccountAccessLevel\n"
        f"West,West,{MODEL.model_id},{MODEL.type_id},{{DACH}},Edit\n"
        f"Mid,Mid,{MODEL.model_id},{MODEL.type_id},{{DACH}},Edit\n"
    )
    assert sf.read_territories(tmp_path / "load", plan.problem) == plan
    org = MiniOrg()
    org.load(tmp_path / "load")
    assert org.homes() == wanted(plan)
    assert [row["RoleInTerritory2"] for row in org.tables["UserTerritory2Association"].values()] == ["Owner", ""]
    again = sf.write_territories(
        plan, tmp_path / "again", model=model, org=org.export(), users={"West": {USER: "Owner"}}
    )
    assert again.steps == ()
    assert str(again) == "nothing to load"
    assert sf.read_territories(tmp_path / "again", plan.problem, org=org.export()) == plan


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations([0, 1, 2, 0, 1, 2]),
    st.lists(st.integers(0, 3), min_size=3, max_size=3).flatmap(lambda extra: st.permutations([0, 1, 2, *extra])),
    st.booleans(),
)
def test_the_difference_makes_the_new_plan(tmp_path_factory, before, after, twice):
    """Whatever the plans, the org holds the new one after the load, and nothing else is touched."""
    home, org = tmp_path_factory.mktemp("load"), MiniOrg()
    old = account_plan(before, ["West", "Mid", "East"])
    labels = sorted(set(after))
    new = account_plan([labels.index(label) for label in after], [["West", "Mid", "South", "North"][t] for t in labels])
    sf.write_territories(old, home / "old", model=MODEL)
    org.load(home / "old")
    overlay = org.insert("Territory2", {"Name": "Key", "DeveloperName": "Key", "ParentTerritory2Id": ""})
    row = {"ObjectId": ACCOUNTS[0], "Territory2Id": overlay, "AssociationCause": "Territory2Manual"}
    key = org.insert("ObjectTerritory2Association", row)
    sf.write_territories(new, home / "new", model=MODEL, org=org.export(), incumbent=old)
    moved = sum(a != b for a, b in zip(old.to_names(), new.to_names(), strict=True))
    counts = {(s.object, s.operation): s.rows for s in sf.read_load(home / "new").steps}
    assert counts.get(("ObjectTerritory2Association", "insert"), 0) == moved
    assert counts.get(("ObjectTerritory2Association", "delete"), 0) == moved
    assert sf.read_territories(home / "new", new.problem, org=org.export()) == new
    org.load(home / "new")
    assert org.tables["ObjectTerritory2Association"].pop(key) == row
    assert org.homes() == wanted(new)


def test_without_the_incumbent_its_territories_are_left_alone(tmp_path):
    org = MiniOrg()
    sf.write_territories(account_plan([0, 0, 0, 1, 1, 1], ["West", "East"]), tmp_path / "a", model=MODEL)
    org.load(tmp_path / "a")
    new = account_plan([0, 0, 0, 1, 1, 1], ["West", "South"])
    load = sf.write_territories(new, tmp_path / "b", model=MODEL, org=org.export())
    assert load.left == (("ObjectTerritory2Association: the territory is not in the plan", 3),)
    old = account_plan([0, 0, 0, 1, 1, 1], ["West", "East"])
    load = sf.write_territories(new, tmp_path / "c", model=MODEL, org=org.export(), incumbent=old)
    assert load.records == ("territories that end with this plan, and that no file deletes: 'East'",)


def test_rows_by_rule_stay_and_are_listed(tmp_path):
    org, plan = MiniOrg(), account_plan([0, 0, 0, 1, 1, 1], ["West", "East"])
    sf.write_territories(plan, tmp_path / "a", model=MODEL)
    org.load(tmp_path / "a")
    west, east = org.tables["Territory2"]
    org.by_rule(ACCOUNTS[0], west)  # twice in its own territory
    org.by_rule(ACCOUNTS[1], east)
    org.by_rule(record("001", 99), east)
    load = sf.write_territories(plan, tmp_path / "b", model=MODEL, org=org.export())
    assert load.steps == ()
    rows = list(csv.DictReader((tmp_path / "b" / "left_alone.csv").read_text("utf-8").splitlines()))
    assert [(row["record_id"], row["reason"]) for row in rows] == [
        (ACCOUNTS[0], "a second row for the same territory"),
        (ACCOUNTS[1], "made by Territory2AssignmentRule: change the rule"),
        (record("001", 99), "the account is not in the plan"),
    ]
    with pytest.raises(tk.DataError, match=f"1 accounts are in several territories: '{ACCOUNTS[1]}: East, West'; what"):
        sf.read_territories(tmp_path / "b", plan.problem, org=org.export())


def test_users_and_parents_that_are_there(tmp_path):
    org, plan = MiniOrg(), account_plan([0, 0, 0, 1, 1, 1], ["West", "East"])
    sf.write_territories(plan, tmp_path / "a", model=MODEL, users={"West": {USER: "Owner"}})
    org.load(tmp_path / "a")
    model = sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, parents={"West": "EMEA"})
    users = {"West": {USER: "Sales Rep"}, "East": {USER[:15]: "Owner"}}
    load = sf.write_territories(plan, tmp_path / "b", model=model, org=org.export(), users=users)
    assert [(step.object, step.rows) for step in load.steps] == [("Territory2", 1), ("UserTerritory2Association", 1)]
    assert load.left == (("UserTerritory2Association: the user is there in another role", 1),)
    assert load.records == ("territories that have another parent in the org, which no file changes: 'West'",)
    org.load(tmp_path / "b")
    third = account_plan([0, 0, 2, 1, 1, 1], ["West", "East", "Mid"])
    under = sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, parents={"Mid": "EMEA"})
    load = sf.write_territories(third, tmp_path / "third", model=under, org=org.export(), incumbent=plan)
    assert load.steps[0].file == "01_insert_Territory2_level_1.csv"  # EMEA is there
    assert load.steps[0].waits_for == ()
    org.load(tmp_path / "third")
    assert org.homes() == wanted(third)
    west = next(key for key, row in org.tables["Territory2"].items() if row["Name"] == "West")
    org.tables["Territory2"][west]["ParentTerritory2Id"] = record("0MI", 77)
    load = sf.write_territories(plan, tmp_path / "c", model=model, org=org.export())
    assert load.records == ("territories that have another parent in the org, which no file changes: 'West'",)


def test_areas_with_accounts_on_record_and_without(tmp_path):
    plan = grid_plan([0, 1, 1, 0, 1, 1], names=["W", "E"], account_ids=ACCOUNTS[:3], account_units=[0, 4, 5])
    sf.write_territories(plan, tmp_path / "a", model=MODEL)
    with pytest.raises(tk.PlanError, match="units without a label: 'u1', 'u2', 'u3'"):
        sf.read_territories(tmp_path / "a", plan.problem)
    rest = {"u1": "E", "u2": "E", "u3": "W", "u0": "E"}  # what the files say goes first
    assert sf.read_territories(tmp_path / "a", plan.problem, elsewhere=pd.Series(rest)) == plan
    bare = grid_plan([0, 1, 1, 0, 1, 1], names=["W", "E"])
    units = pd.Series({account: f"u{i}" for i, account in enumerate(ACCOUNTS)})
    sf.write_territories(bare, tmp_path / "b", model=MODEL, accounts=units)
    assert sf.read_territories(tmp_path / "b", bare.problem, accounts=units) == bare
    torn = units.replace("u5", "u0")
    with pytest.raises(tk.PlanError, match="accounts of 1 units are in different territories: 'u0: E, W'"):
        sf.read_territories(tmp_path / "b", bare.problem, accounts=torn, elsewhere={"u5": "E"})


def test_nothing_is_written_where_anything_is_wrong(tmp_path):
    plan = account_plan([0, 1, 2, 0, 1, 2], ["=West", " Mid", "x" * 81])
    model = sf.TerritoryModel(MODEL.model_id, {"=West": MODEL.type_id}, {}, parents={" Mid": "Up", "Up": " Mid"})
    users = {"South": {USER: "Owner"}, "=West": {"005": "@Owner"}}
    with pytest.raises(tk.DataError) as caught:
        sf.write_territories(plan, tmp_path / "a", model=model, incumbent=plan, users=users)
    text = str(caught.value)
    for part in (
        "incumbent= is given without org=",
        "territories are above themselves: ' Mid'",
        "users= names territories that are not in the plan: 'South'",
        "1 users of '=West' are no record ids: '005'",
        "new territories without a type: ' Mid'",
        f"or have blanks at their ends: ' Mid', '{'x' * 75}",
        "texts that a spreadsheet would take for formulas: '=West', '@Owner'; rename them, or write them as they are",
        "territories of the incumbent that the org has not",
    ):
        assert part in text
    assert not (tmp_path / "a").exists()


def test_names_like_formulas_are_written_as_they_are_on_demand(tmp_path):
    plan = account_plan([0, 1, 1, 0, 1, 1], ["=West", "{East}"])
    model = sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, formulas="keep")
    sf.write_territories(plan, tmp_path / "a", model=model)
    org = MiniOrg()
    org.load(tmp_path / "a")
    assert {row["Name"] for row in org.tables["Territory2"].values()} == {"=West", "{East}"}  # a name is no mark
    assert org.homes() == wanted(plan)


def test_wrong_accounts(tmp_path):
    plan = account_plan([0, 1, 1, 0, 1, 1], ["W", "E"])
    cases = [
        ({ACCOUNTS[0]: "u9"}, "1 accounts name a unit that is not in the plan"),
        ({ACCOUNTS[0]: ACCOUNTS[0], ACCOUNTS[0][:15]: ACCOUNTS[1]}, "1 accounts are there more than once"),
        ({"a": ACCOUNTS[0]}, "1 account ids are no record ids: 'a'"),
        ([1], "accounts is a list; pass a mapping or a Series"),
        (pd.DataFrame({"a": [1]}), "accounts is a DataFrame"),
    ]
    for accounts, message in cases:
        with pytest.raises(tk.DataError, match=message):
            sf.write_territories(plan, tmp_path / "a", model=MODEL, accounts=accounts)
    with pytest.raises(tk.DataError, match="6 account ids are no record ids: 'u0', 'u1'"):
        sf.write_territories(grid_plan([0, 1, 1, 0, 1, 1]), tmp_path / "a", model=MODEL)
    with pytest.raises(tk.DataError, match="plan is a Problem; pass a Plan"):
        sf.write_territories(tk.Problem(grid_graph(), 2), tmp_path / "a", model=MODEL)


def test_more_that_is_wrong(tmp_path):
    plan = account_plan([0, 1, 1, 0, 1, 1], ["W", "E"])
    rows = pd.DataFrame({"Id": [record("0Ax", 1)], "ObjectId": ACCOUNTS[:1], "Territory2Id": [record("0MI", 1)]})
    org = sf.read_org(associations=rows.assign(AssociationCause="Territory2Manual"))
    cases = [
        ({"org": org}, "the org has associations and no territories; export Territory2 too"),
        ({"users": {"W": USER}}, "users of 'W' are no mapping; pass user id to role"),
        ({"users": {"W": {USER: "a\nb"}}}, "roles hold control characters: 'a.*nb'"),
        ({"org": rows}, "org is a DataFrame; pass a Org"),
    ]
    for options, message in cases:
        with pytest.raises(tk.DataError, match=message):
            sf.write_territories(plan, tmp_path / "a", model=MODEL, **options)


def test_folders(tmp_path):
    plan = account_plan([0, 1, 1, 0, 1, 1], ["W", "E"])
    with pytest.raises(tk.DataError, match="there is no folder"):
        sf.write_territories(plan, tmp_path / "a" / "b", model=MODEL)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(tk.DataError, match="is there and not empty; write to a new folder"):
        sf.write_territories(plan, tmp_path / "full", model=MODEL)
    load = sf.write_territories(plan, tmp_path / "a", model=MODEL)
    assert sf.read_load(tmp_path / "a") == load
    file = tmp_path / "a" / load.steps[1].file
    file.write_text(file.read_text("utf-8").rsplit("\n", 2)[0] + "\n", "utf-8")
    with pytest.raises(tk.DataError, match="has 5 rows, the manifest says 6"):
        sf.read_territories(tmp_path / "a", plan.problem)
    file.write_text(file.read_text("utf-8") + '"x', "utf-8")
    with pytest.raises(tk.DataError, match=r"02_insert_.*; write the folder anew"):
        sf.read_load(tmp_path / "a")
    file.unlink()
    with pytest.raises(tk.DataError, match="there is no file '02_insert_Obj"):
        sf.read_load(tmp_path / "a")
    (tmp_path / "a" / "manifest.json").write_text(json.dumps({"format": "x"}))
    with pytest.raises(tk.DataError, match="this is no manifest of load files"):
        sf.read_load(tmp_path / "a")
    with pytest.raises(tk.DataError, match="there is no file"):
        sf.read_load(tmp_path)


def test_ids_of_new_records(tmp_path):
    plan = account_plan([0, 1, 1, 0, 1, 1], ["W", "E"])
    sf.write_territories(plan, tmp_path / "a", model=MODEL)
    path = tmp_path / "success.csv"
    path.write_text(f'"ID","NAME","DEVELOPERNAME","STATUS"\n"{record("0MI", 1)}","W","W","Item Created"\n')
    assert sf.fill_ids(tmp_path / "a", path).steps[1].waits_for == ("E",)
    cases = [
        ({"X": record("0MI", 2)}, "developer names that are not in this folder: 'X'"),
        ({"W": record("0MI", 2)}, "'W' have another id in this folder"),
        ({"E": "{E}"}, "1 ids are no record ids"),
        (pd.DataFrame({"Id": ["a"]}), "the table has 'Id'; it needs Id or sf__Id, and DeveloperName"),
        (pd.DataFrame({"Id": [record("0MI", 1)] * 2, "DeveloperName": ["W", "W"]}), "there more than once"),
    ]
    for ids, message in cases:
        with pytest.raises(tk.DataError, match=message):
            sf.fill_ids(tmp_path / "a", ids)
    assert sf.fill_ids(tmp_path / "a", {"E": record("0MI", 2)}).steps[1].waits_for == ()
    assert sf.read_territories(tmp_path / "a", plan.problem) == plan


def test_a_load_for_another_org(tmp_path):
    org, plan = MiniOrg(), account_plan([0, 0, 0, 1, 1, 1], ["West", "East"])
    sf.write_territories(plan, tmp_path / "a", model=MODEL)
    org.load(tmp_path / "a")
    sf.write_territories(plan.move(ACCOUNTS[0], "East"), tmp_path / "b", model=MODEL, org=org.export())
    with pytest.raises(tk.DataError, match="1 rows to delete are not in the org, or no people made them"):
        sf.read_territories(tmp_path / "b", plan.problem)


def test_rules_are_loaded_in_an_order_that_the_org_takes(tmp_path):
    plan, org = account_plan([0, 1, 1, 0, 1, 1], ["West", "East"]), MiniOrg()
    rules = sf.AssignmentRules(
        {"West": Rule("zip", "starts_with", ("1", "2")), "East": Rule("zip", "equal", ("7",))},
        fields={"zip": "Account.BillingPostalCode"},
        separator=None,
        astray=ACCOUNTS[:1],
    )
    load = sf.write_territories(plan, tmp_path / "a", model=MODEL, rules=rules)
    assert load.records == (f"1 accounts that the rules bring to further territories: '{ACCOUNTS[0]}'",)
    assert [step.operation for step in load.steps] == ["insert"] * 4 + ["setup", "update"]
    org.load(tmp_path / "a")
    found = org.tables["ObjectTerritory2AssignmentRule"].values()
    assert [(row["DeveloperName"], row["BooleanFilter"], row["IsActive"]) for row in found] == [
        ("West_Rule", "1 OR 2", "true"),
        ("East_Rule", "", "true"),
    ]
    links = (tmp_path / "a" / load.steps[4].file).read_text("utf-8").splitlines()
    assert links[0] == "RuleId,Territory2Id,IsInherited"
    assert links[1].split(",")[1] in org.tables["Territory2"]
    assert "Setup" in load.steps[4].note
