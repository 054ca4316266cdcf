"""What is named twice: ids of new territories, users in two spellings, accounts that are left out."""

import pytest
from samples import grid_graph, grid_plan

import territorykit as tk

sf = tk.crm.salesforce
MODEL = sf.TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {})
IDS = [sf.full_id(f"001M{i:011d}") for i in range(3)]
PLAN = grid_plan([0, 1, 1], 1, 3, ids=IDS, names=["West", "East"])


def test_two_territories_cannot_get_one_id(tmp_path):
    sf.write_territories(PLAN, tmp_path / "load", model=MODEL)
    with pytest.raises(tk.DataError, match="share an id: '0MIM00000000Qr9OAE: West, East'"):
        sf.fill_ids(tmp_path / "load", {"West": "0MIM00000000Qr9", "East": "0MIM00000000Qr9OAE"})
    sf.fill_ids(tmp_path / "load", {"West": "0MIM00000000Qr9"})
    with pytest.raises(tk.DataError, match="share an id"):  # also later
        sf.fill_ids(tmp_path / "load", {"East": "0MIM00000000Qr9"})
    load = sf.fill_ids(tmp_path / "load", {"East": "0MIM00000000QrA"})
    assert [place.id for place in load.territories] == ["0MIM00000000Qr9OAE", sf.full_id("0MIM00000000QrA")]


def test_a_user_in_two_spellings_is_one_user(tmp_path):
    users = {"West": {"005M00000000Qr9": "Owner", sf.full_id("005M00000000Qr9"): "Sales Rep"}}
    with pytest.raises(tk.DataError, match="users of 'West' are there more than once"):
        sf.write_territories(PLAN, tmp_path / "load", model=MODEL, users=users)
    assert not (tmp_path / "load").exists()


def test_accounts_that_the_mapping_leaves_out_are_on_record(tmp_path):
    graph = grid_graph(1, 3, account_ids=IDS, account_units=[0, 1, 2])
    plan = tk.Plan(tk.Problem(graph, 2, territory_names=["West", "East"]), [0, 1, 1])
    load = sf.write_territories(plan, tmp_path / "some", model=MODEL, accounts={IDS[0][:15]: "u0", IDS[1]: "u1"})
    assert f"1 accounts on the plan's record that accounts= leaves out: '{IDS[2]}'" in str(load)
    assert sf.write_territories(plan, tmp_path / "all", model=MODEL).records == ()
