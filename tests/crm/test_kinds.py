"""Arguments that are nothing of their kind end in an error that says what to pass, not somewhere deep inside."""

import pandas as pd
import pytest
from samples import grid_plan

import territorykit as tk
from territorykit.crm.kinds import check_kinds
from territorykit.crm.rules import Rule, compress
from territorykit.errors import DataError

zoho, sf, fx = tk.crm.zoho, tk.crm.salesforce, tk.crm.fxiaoke
IDS = [sf.full_id(f"001M{i:011d}") for i in range(2)]
PLAN = grid_plan([0, 1], 1, 2, ids=IDS, names=["west", "east"])
MODEL = sf.TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {})
MORE = {"reporting_to": "5", "permission_type": "read_only"}
TABLE = pd.DataFrame({"owner": ["1000", "1000"], "unit": IDS}, index=IDS)
OWNERS = {"west": "1000", "east": "1001"}
BATCH = {"batch": 2}
TWICE = pd.DataFrame([["1", "2", 1.0, 1.0]], columns=["id", "id", "BillingLatitude", "BillingLongitude"])

WRONG = {
    "plan is a NoneType": [
        lambda: zoho.territories(None, **MORE),
        lambda: zoho.assignments(None, None, {}),
        lambda: zoho.account_territories(None),
        lambda: sf.write_territories(None, "load", model=MODEL),
        lambda: fx.owner_changes(None, TABLE, OWNERS, batch=2),
        lambda: tk.write_accounts(None, TABLE, "accounts.csv"),
    ],
    "problem is a NoneType": [
        lambda: zoho.read_plan("load", None),
        lambda: sf.read_territories("load", None),
        lambda: fx.read_owner_changes("load", None, accounts=TABLE, owners=OWNERS),
        lambda: tk.read_plan_postgis("postgresql://me@host/sales", None, name="p"),
    ],
    "folder is a NoneType": [
        lambda: zoho.write(None, assignments=[{"data": []}]),
        lambda: sf.write_territories(PLAN, None, model=MODEL),
        lambda: sf.read_territories(None, PLAN.problem),
        lambda: fx.write_owner_changes(fx.owner_changes(PLAN, TABLE, OWNERS, **BATCH), None),
        lambda: fx.read_owner_changes(None, PLAN.problem, accounts=TABLE, owners=OWNERS),
    ],
    "is a list; pass a": [
        lambda: zoho.territories(PLAN, **MORE, managers=["5"]),
        lambda: zoho.assignments(PLAN, None, ["71", "72"]),
        lambda: zoho.write("load", assignments=[{"data": []}], territory_ids=["71"]),
        lambda: zoho.read_plan("load", PLAN.problem, rest=["west"]),
        lambda: zoho.read_accounts(pd.DataFrame({"id": ["1"]}), columns=["id"]),
        lambda: sf.write_territories(PLAN, "load", model=MODEL, users=["005"]),
        lambda: sf.read_territories("load", PLAN.problem, elsewhere=["west"]),
        lambda: sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, parents=["Texas"]),
        lambda: sf.AssignmentRules({"west": Rule("a", "equal", ("x",))}, fields=["a"], separator=None),
        lambda: fx.owner_changes(PLAN, TABLE, ["1000"], **BATCH),
        lambda: fx.read_accounts([{"_id": "1"}], crs="wgs84", regions=["x"]),
    ],
    "is a str; pass a": [
        lambda: zoho.territories(PLAN, **MORE, rules="x"),
        lambda: zoho.removals(PLAN, None, {}, since="x"),
        lambda: sf.read_territories("load", PLAN.problem, org="x"),
        lambda: sf.AssignmentRules.from_rules("x", fields={}, separator=None),
        lambda: fx.owner_changes(PLAN, TABLE, OWNERS, **BATCH, incumbent="x"),
    ],
    "no lists of bodies": [
        lambda: zoho.write("load", assignments=[{"data": [{"x": 1}]}]),
        lambda: zoho.write("load", removals=["x"]),
        lambda: zoho.write("load", parents=None),
        lambda: zoho.write("load", territories={"territories": []}),
    ],
    "no texts": [
        lambda: zoho.territories(PLAN, **MORE, names={"west": None}),
        lambda: sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, parents={"west": 5}),
        lambda: sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, developer_names={"west": None}),
        lambda: sf.write_territories(PLAN, "load", model=MODEL, users={"west": {"005M00000000Qr9": 5}}),
    ],
    "fields has no value for 'a'": [
        lambda: sf.AssignmentRules({"west": Rule("a", "equal", ("x",))}, fields={"a": 5}, separator=None),
    ],
    "their ids are texts there and others here": [
        lambda: compress(TABLE.set_axis([11, 12]), {"11": "west", "12": "east"}, ["owner"]),
    ],
    "pass a list of column names": [
        lambda: compress(TABLE, OWNERS, None),
        lambda: compress(TABLE, OWNERS, [["owner"]]),
        lambda: compress(TABLE, OWNERS, ["owner"], prefixes=None),
    ],
    r"not in the plan|not known": [
        lambda: zoho.assignments(PLAN, TABLE.assign(unit=[["a"], "b"]), {}, unit="unit"),
        lambda: sf.write_territories(PLAN, "load", model=MODEL, accounts={IDS[0]: ["a"]}),
        lambda: fx.owner_changes(PLAN, TABLE.assign(unit=[["a"], "b"]), OWNERS, **BATCH, unit="unit"),
        lambda: tk.write_accounts(PLAN, TABLE.assign(unit=[["a"], "b"]), "accounts.csv", unit="unit"),
    ],
    r"all stand for|several columns": [
        lambda: zoho.read_accounts(TWICE),
        lambda: sf.read_accounts(TWICE, crs="EPSG:4326"),
        lambda: sf.read_org(territories=TWICE.assign(DeveloperName="x")),
        lambda: fx.read_accounts(TWICE.set_axis(["_id", "_id", "lat", "lon"], axis=1), crs="wgs84"),
        lambda: fx.owner_changes(PLAN, TABLE.set_axis(["owner", "owner"], axis=1), OWNERS, **BATCH),
        lambda: compress(TABLE.set_axis(["owner", "owner"], axis=1), dict.fromkeys(IDS, "w"), ["owner"]),
        lambda: tk.write_accounts(PLAN, TABLE.set_axis(["u", "u"], axis=1), "accounts.csv", unit="u"),
        lambda: zoho.assignments(PLAN, TABLE.set_axis(["u", "u"], axis=1), {}, unit="u"),
    ],
}


@pytest.mark.parametrize(("message", "call"), [(text, call) for text, calls in WRONG.items() for call in calls])
def test_a_wrong_kind_is_told(message, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        call()
    assert not list(tmp_path.iterdir())  # nothing was written


def test_all_wrong_kinds_are_told_at_once():
    with pytest.raises(DataError) as caught:
        check_kinds("x", a=(1, str | None), b=("", str), c=({}, (list, tuple)))
    assert (
        str(caught.value)
        == "x: 2 problems\n  1. a is a int; pass a str or None\n  2. c is a dict; pass a list or tuple"
    )


def test_an_empty_id_is_none():
    with pytest.raises(DataError, match="missing"):
        sf.full_id(None)
    with pytest.raises(DataError, match=r"no text: \{'name': 'a', 'id': None\}"):
        zoho.territory_ids({"territories": [{"name": "a", "id": None}]})
    with pytest.raises(DataError, match=r"accounts: 1 ids are missing, at position 1"):
        tk.write_accounts(PLAN, TABLE.set_axis([IDS[0], None]), "accounts.csv", unit="unit")
    with pytest.raises(DataError, match="users of 'west' are missing"):
        sf.write_territories(PLAN, "load", model=MODEL, users={"west": {None: "Owner"}})
