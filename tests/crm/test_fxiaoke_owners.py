import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import grid_plan

import territorykit as tk

fx = tk.crm.fxiaoke
IDS = [f"5a{i}" for i in range(6)]
OWNERS = {"西": "1000", "中": "1001", "东": "1002"}
PLAN = grid_plan([0, 1, 2, 0, 1, 2], ids=IDS, names=list(OWNERS))


def table(owners, sea=None):
    frame = pd.DataFrame({"owner": pd.Series(owners, dtype=object)})
    frame["in_high_sea"] = [owner is None for owner in owners] if sea is None else sea
    return frame.set_axis(IDS[: len(owners)], axis=0)


TODAY = table(["1000", "1000", None, "1000", "9", "1002"], sea=[False, True, True, False, False, False])


def test_only_owners_that_change_are_named():
    found = fx.owner_changes(PLAN, TODAY, OWNERS, batch=2)
    assert found.changes == (
        fx.OwnerChange("5a1", "1000", "1001", in_high_sea=False),  # an owner is no high sea
        fx.OwnerChange("5a2", None, "1002", in_high_sea=True),
        fx.OwnerChange("5a4", "9", "1001", in_high_sea=False),
    )
    assert found.choose_bodies == [{"data": {"apiName": "AccountObj", "objectIds": ["5a2"]}}]
    assert found.change_bodies == [
        {
            "data": {
                "dataObjectApiName": "AccountObj",
                "Data": [
                    {"objectDataId": "5a1", "ownerId": ["1001"]},
                    {"objectDataId": "5a2", "ownerId": ["1002"]},
                ],
            }
        },
        {"data": {"dataObjectApiName": "AccountObj", "Data": [{"objectDataId": "5a4", "ownerId": ["1001"]}]}},
    ]
    assert str(found) == "3 accounts change their owner, 1 come out of a high sea"


def test_accounts_without_owner_outside_high_seas_need_not_be_chosen():
    found = fx.owner_changes(PLAN, table([None] * 6, sea=[False] * 6), OWNERS, batch=10)
    assert found.choose_bodies == []
    assert len(found.changes) == 6


def test_kept_and_drifted_accounts_are_on_record(tmp_path):
    found = fx.owner_changes(PLAN, TODAY, OWNERS, batch=2, incumbent=PLAN.move("5a1", "西"), keep=["5a4", "5a0"])
    assert found.kept == ("5a4",)  # 5a0 has the right owner
    assert found.drifted == ("5a2", "5a4")
    assert str(found).endswith("1 come out of a high sea, 1 are kept, 2 drifted")
    fx.write_owner_changes(found, tmp_path / "a")
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text("utf-8"))
    assert (manifest["kept"], manifest["drifted"]) == (["5a4"], ["5a2", "5a4"])
    with pytest.raises(tk.DataError, match="the owner of 1 accounts has no territory: '5a4: 9'; name it in owners="):
        fx.read_owner_changes(tmp_path / "a", PLAN.problem, accounts=TODAY, owners=OWNERS)


def test_the_files(tmp_path):
    fx.write_owner_changes(fx.owner_changes(PLAN, TODAY, OWNERS, batch=2), tmp_path / "a")
    assert (tmp_path / "a" / "1_choose.jsonl").read_bytes().decode() == (
        '{"data":{"apiName":"AccountObj","objectIds":["5a2"]}}\n'
    )
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text("utf-8"))
    assert manifest["rate"] == {"calls": 100, "seconds": 20}
    keys = ("file", "path", "calls", "accounts", "seconds")
    assert manifest["steps"] == [
        dict(zip(keys, ("1_choose.jsonl", "/cgi/crm/v2/data/choose", 1, 1, 20), strict=True)),
        dict(zip(keys, ("2_change_owner.jsonl", "/cgi/crm/v2/data/changeOwner", 2, 3, 20), strict=True)),
    ]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "1_choose.jsonl",
        "2_change_owner.jsonl",
        "manifest.json",
    ]
    everything = (tmp_path / "a" / "manifest.json").read_text("utf-8") + str(manifest)
    assert not {"corpAccessToken", "appSecret", "authorization"} & set(everything.split('"'))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations([0, 1, 2, 0, 1, 2]),
    st.lists(st.sampled_from([None, "1000", "1001", "1002", "9"]), min_size=6, max_size=6),
    st.integers(1, 7),
)
def test_the_files_make_the_plan_of_any_owners(tmp_path_factory, labels, owners, batch):
    """Sent to a tenant in miniature, which takes no change of what lies in a high sea, and read again."""
    home, plan, accounts = (
        tmp_path_factory.mktemp("changes"),
        grid_plan(labels, ids=IDS, names=list(OWNERS)),
        table(owners),
    )
    found = fx.owner_changes(plan, accounts, OWNERS, batch=batch)
    fx.write_owner_changes(found, home / "a")
    assert fx.read_owner_changes(home / "a", plan.problem, accounts=accounts, owners=OWNERS) == plan
    tenant, sea = dict(zip(IDS, owners, strict=True)), {a for a, o in zip(IDS, owners, strict=True) if o is None}
    for line in (home / "a" / "1_choose.jsonl").read_text("utf-8").splitlines():
        ids = json.loads(line)["data"]["objectIds"]
        assert 1 <= len(ids) <= batch
        assert sea >= set(ids)
        sea -= set(ids)
    for line in (home / "a" / "2_change_owner.jsonl").read_text("utf-8").splitlines():
        rows = json.loads(line)["data"]["Data"]
        assert 1 <= len(rows) <= batch
        for row in rows:
            assert row["objectDataId"] not in sea
            assert tenant[row["objectDataId"]] != row["ownerId"][0]
            tenant[row["objectDataId"]] = row["ownerId"][0]
    assert tenant == {account: OWNERS[name] for account, name in plan.to_series().items()}


def test_areas_with_accounts_on_record_or_in_a_column(tmp_path):
    plan = grid_plan([0, 1, 1, 0, 1, 1], names=["W", "E"], account_ids=IDS[:3], account_units=[0, 4, 5])
    owners, today = {"W": "1", "E": "2"}, table(["1", "1", "2"])
    found = fx.owner_changes(plan, today, owners, batch=9)
    assert [change.account for change in found.changes] == ["5a1"]
    fx.write_owner_changes(found, tmp_path / "a")
    with pytest.raises(tk.PlanError, match="units without a label: 'u1', 'u2', 'u3'"):
        fx.read_owner_changes(tmp_path / "a", plan.problem, accounts=today, owners=owners)
    rest = {"u1": "E", "u2": "E", "u3": "W"}
    again = fx.read_owner_changes(
        tmp_path / "a", plan.problem, accounts=today, owners=owners, elsewhere=pd.Series(rest)
    )
    assert again == plan
    area = today.assign(area=["u1", "u1", "u0"])
    assert [c.owner for c in fx.owner_changes(plan, area, owners, batch=9, unit="area").changes] == ["2", "2", "1"]
    torn = area.assign(area=["u0", "u0", "u5"])
    with pytest.raises(tk.PlanError, match="accounts of 1 units have owners of different territories: 'u0: E, W'"):
        fx.read_owner_changes(
            tmp_path / "a", plan.problem, accounts=torn, owners=owners, unit="area", elsewhere={**rest, "u4": "E"}
        )


def test_all_problems_at_once():
    accounts = pd.concat([TODAY, table(["1"]).set_axis(["x"], axis=0)])
    owners = {"西": "1000", "中": "1000", "南": 7}
    with pytest.raises(tk.DataError) as caught:
        fx.owner_changes(PLAN, accounts.drop(index="5a0"), owners, batch=0, keep=["y"])
    text = str(caught.value)
    for part in (
        "batch is 0; pass the number of accounts per call",
        "owners that are no ids: '南: 7'",
        "territories without an owner: '东'",
        "territories with the same owner: '1000: 西, 中'; Fxiaoke has no territories, only owners",
        "keep= names accounts that are not in the list: 'y'",
        "the unit of 1 accounts is not known: 'x'",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("accounts", "options", "message"),
    [
        ([1], {}, "accounts is a list; pass a DataFrame"),
        (TODAY[["in_high_sea"]], {}, "accounts have no column 'owner'"),
        (pd.concat([TODAY, TODAY.iloc[:1]]), {}, "1 accounts are there more than once: '5a0'"),
        (TODAY.set_axis(range(6), axis=0), {}, "6 ids of accounts are no texts: 0, 1"),
        (TODAY.iloc[1:], {}, "1 accounts of the plan are not in the list: '5a0'"),
        (TODAY, {"unit": "area"}, "accounts have no column 'area'; they have 'owner', 'in_high_sea'"),
        (TODAY, {"batch": True}, "batch is True"),
    ],
)
def test_wrong_inputs(accounts, options, message):
    with pytest.raises(tk.DataError, match=message):
        fx.owner_changes(PLAN, accounts, OWNERS, **({"batch": 5} | options))


def test_folders_that_are_not_ours(tmp_path):
    changes = fx.owner_changes(PLAN, TODAY, OWNERS, batch=5)
    with pytest.raises(tk.DataError, match="there is no folder"):
        fx.write_owner_changes(changes, tmp_path / "a" / "b")
    fx.write_owner_changes(changes, tmp_path / "a")
    with pytest.raises(tk.DataError, match="is there and not empty"):
        fx.write_owner_changes(changes, tmp_path / "a")


@pytest.mark.parametrize(
    ("choose", "change", "message"),
    [
        ("{}", None, "1_choose.jsonl, line 1: this is no body with a list of 'objectIds'"),
        ('{"data":{"objectIds":[]}}', None, "accounts of a high sea are not chosen first: '5a2'"),
        ('{"data":{"objectIds":["5a2","z"]}}', None, "bodies name accounts that are not in the list: 'z'"),
        (None, '{"data":{"Data":[{"objectDataId":["5a1"],"ownerId":["1"]}]}}', "1 rows are no change of an owner"),
        (None, '{"data":{"Data":[{"objectDataId":"5a1","ownerId":"[1]"}]}}', "1 rows are no change of an owner"),
        (
            None,
            '{"data":{"Data":[{"objectDataId":"5a1","ownerId":["1"]},{"objectDataId":"5a1","ownerId":["2"]}]}}',
            "1 accounts are changed more than once: '5a1'",
        ),
        ("", None, "1_choose.jsonl has 0 lines, the manifest says 1"),
    ],
)
def test_bodies_that_are_not_as_written(tmp_path, choose, change, message):
    fx.write_owner_changes(fx.owner_changes(PLAN, TODAY, OWNERS, batch=5), tmp_path / "a")
    for name, text in (("1_choose.jsonl", choose), ("2_change_owner.jsonl", change)):
        if text is not None:
            (tmp_path / "a" / name).write_text(text, encoding="utf-8")
    with pytest.raises(tk.DataError, match=message):
        fx.read_owner_changes(tmp_path / "a", PLAN.problem, accounts=TODAY, owners=OWNERS)


def test_owners_of_tables_are_the_same_owners():
    """A table with gaps turns ids into 1000.0; that is no change of an owner."""
    numbers = TODAY.assign(owner=[1000.0, 1000.0, None, 1000.0, 9.0, 1002.0])
    assert fx.owner_changes(PLAN, numbers, OWNERS, batch=2) == fx.owner_changes(PLAN, TODAY, OWNERS, batch=2)
    lists = TODAY.assign(owner=[["1000"], ["1000"], [], ["1000"], ["9"], ["1002"]])
    with pytest.raises(tk.DataError, match="6 accounts have owners that are no ids"):
        fx.owner_changes(PLAN, lists, OWNERS, batch=2)


def test_drift_is_seen_where_territories_are_named_by_numbers():
    plan = grid_plan([0, 1, 2, 0, 1, 2], ids=IDS)
    owners = {int(name): owner for name, owner in zip(plan.problem.names, OWNERS.values(), strict=True)}
    found = fx.owner_changes(plan, TODAY, owners, batch=2, incumbent=plan)
    assert found.drifted == ("5a1", "5a2", "5a4")


def test_a_single_account_may_be_kept_by_its_name():
    assert fx.owner_changes(PLAN, TODAY, OWNERS, batch=2, keep="5a4").kept == ("5a4",)


def test_folders_without_changes_are_read(tmp_path):
    today = table(["1000", "1001", "1002"] * 2)
    fx.write_owner_changes(fx.owner_changes(PLAN, today, OWNERS, batch=2), tmp_path / "none")
    assert fx.read_owner_changes(tmp_path / "none", PLAN.problem, accounts=today, owners=OWNERS) == PLAN


def test_ids_may_hold_what_ends_lines_elsewhere(tmp_path):
    ids = ["a\u2028b", "c\x85d", "e", "f", "g", "h"]
    plan = grid_plan([0, 1, 2, 0, 1, 2], ids=ids, names=list(OWNERS))
    today = table(["1"] * 6).set_axis(ids)
    fx.write_owner_changes(fx.owner_changes(plan, today, OWNERS, batch=4), tmp_path / "a")
    assert fx.read_owner_changes(tmp_path / "a", plan.problem, accounts=today, owners=OWNERS) == plan
