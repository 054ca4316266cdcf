"""Folders that somebody edited: what is read is what was written, or an error says what is wrong."""

import json
import shutil

import pandas as pd
import pytest
from samples import grid_plan

import territorykit as tk
from territorykit.errors import DataError, TerritoryKitError

zoho, sf, fx = tk.crm.zoho, tk.crm.salesforce, tk.crm.fxiaoke
DEEP = b"[" * 100_000
ACCOUNTS = "02_insert_ObjectTerritory2Association.csv"
NUMBERS, RECORDS = ["11", "12", "13"], [sf.full_id(f"001M{i:011d}") for i in range(3)]
TODAY = pd.DataFrame({"owner": ["1000", "1000", None], "in_high_sea": [False, False, True]}, index=NUMBERS)
OWNERS = {"west": "1000", "east": "1001"}


def plan_of(ids):
    return grid_plan([0, 1, 1], 1, 3, ids=ids, names=["west", "east"])


def write_all(home):
    """The three folders of one plan, and how each is read."""
    plan, ids = plan_of(NUMBERS), {"west": "71", "east": "72"}
    zoho.write(home / "zoho", assignments=zoho.assignments(plan, None, ids), territory_ids=ids)
    model = sf.TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {}, parents={"west": None})
    sf.write_territories(plan_of(RECORDS), home / "salesforce", model=model)
    fx.write_owner_changes(fx.owner_changes(plan, TODAY, OWNERS, batch=1), home / "fxiaoke")


READ = {
    "zoho": lambda folder: zoho.read_plan(folder, plan_of(NUMBERS).problem),
    "salesforce": lambda folder: sf.read_territories(folder, plan_of(RECORDS).problem),
    "fxiaoke": lambda folder: fx.read_owner_changes(folder, plan_of(NUMBERS).problem, accounts=TODAY, owners=OWNERS),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    home = tmp_path_factory.mktemp("written")
    write_all(home)
    return home


@pytest.mark.parametrize("system", READ)
def test_untouched_folders_are_read(written, system):
    assert READ[system](written / system).to_names().tolist() == ["west", "east", "east"]


@pytest.mark.parametrize("system", READ)
def test_no_edit_ends_in_another_error_or_plan(written, system, tmp_path):
    edits = [DEEP, b"", b"\xff\xfe", b"[1]", b"null", b"{}", b'{"steps": 5}', b'"a"']
    for file in sorted((written / system).iterdir()):
        for i, content in enumerate([*edits, file.read_bytes()[:40]]):
            folder = tmp_path / f"{file.stem}{i}"
            shutil.copytree(written / system, folder)
            (folder / file.name).write_bytes(content)
            if file.name == sf_left(system):
                assert READ[system](folder) == READ[system](written / system)
                continue
            with pytest.raises(TerritoryKitError):
                READ[system](folder)


def sf_left(system):
    """The file that is for people alone."""
    return "left_alone.csv" if system == "salesforce" else None


WRONG_STEPS = [{"file": None}, {"file": "a\0"}, {"file": "x" * 5000}, {"file": ".."}, {"step": ["x"], "object": ["x"]}]


@pytest.mark.parametrize("system", ["zoho", "salesforce"])
@pytest.mark.parametrize("change", [*WRONG_STEPS, {"rows": "2", "count": "2"}], ids=str)
def test_steps_of_a_manifest_are_checked(written, system, change, tmp_path):
    shutil.copytree(written / system, tmp_path / "load")
    file = tmp_path / "load" / "manifest.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["steps"][0].update(change)
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError):
        READ[system](tmp_path / "load")


def test_a_column_that_was_renamed_is_told(written, tmp_path):
    shutil.copytree(written / "salesforce", tmp_path / "load")
    file = tmp_path / "load" / ACCOUNTS
    file.write_text(file.read_text(encoding="utf-8").replace("ObjectId", "Account"), encoding="utf-8")
    with pytest.raises(DataError, match=rf"{ACCOUNTS} has no column 'ObjectId'"):
        READ["salesforce"](tmp_path / "load")
