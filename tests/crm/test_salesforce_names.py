import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import territorykit as tk
from territorykit.crm.salesforce_changes import places
from territorykit.crm.salesforce_names import developer_names
from territorykit.errors import Problems

sf = tk.crm.salesforce
RULE = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*", re.ASCII)
MODEL = sf.TerritoryModel("0MAM00000000Qr9", "0M5M00000000Qr9", {})
OTHER = sf.full_id("0MAM00000000QrA")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("North", "North"),
        ("Nord-West (Köln)", "Nord_West_Koln"),
        ("__a__b__", "T_a_b"),
        ("3. Zone", "T_3_Zone"),
        ("华东一区", "T_534E4E1C4E00533A"),
        ("华东 A1", "T_534E4E1C_A1"),
        ("Zone 华东", "Zone_534E4E1C"),
        ("\uff21\uff11", "A1"),
        ("***", "T_2A2A2A"),
        ("=1+1", "T_1_1"),
        ("{North}", "T_North"),
    ],
)
def test_known_names(name, found):
    assert sf.developer_name(name) == found


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=120))
def test_every_name_gets_one_by_the_rules(name):
    found = sf.developer_name(name)
    assert RULE.fullmatch(found)
    assert len(found) <= 80
    assert found == sf.developer_name(name)


@settings(max_examples=50)
@given(st.lists(st.text("aAbB _-é华", min_size=1, max_size=4), min_size=1, max_size=12, unique=True), st.randoms())
def test_names_are_unique_in_any_order(names, draw):
    problems = Problems("names")
    found = developer_names(names, {}, ("a", "B_b"), problems)
    assert not problems
    folded = [text.casefold() for text in found.values()]
    assert len(set(folded)) == len(names)
    assert not {"a", "b_b"} & set(folded)
    assert all(RULE.fullmatch(text) for text in found.values())
    draw.shuffle(names)
    assert developer_names(names, {}, ("a", "B_b"), problems) == found


def test_long_names_that_begin_alike_differ():
    found = developer_names(["x" * 90 + "a", "x" * 90 + "b"], {}, (), Problems("names"))
    assert [len(text) for text in found.values()] == [80, 80]
    assert len(set(found.values())) == 2


@pytest.mark.parametrize("text", ["", "1a", "_a", "a_", "a__b", "a b", "ä", "x" * 81, "a\n"])
def test_names_of_the_caller_are_checked(text):
    problems = Problems("names")
    developer_names(["West"], {"West": text}, (), problems)
    assert "developer names that break the rules" in problems.found[0]


def test_names_of_the_caller_differ():
    problems = Problems("names")
    developer_names(["W", "E"], {"W": "a", "E": "A"}, (), problems)
    assert "developer names that break the rules: 'a', 'A'" in problems.found[0]


def row(number, developer, name="", model=""):
    return sf.Territory(sf.full_id(f"0MIM00000000Qr{number}"), developer, name, model)


def test_territories_of_the_org_are_found_by_name_then_by_developer_name():
    org = sf.Org((row(1, "W1", "West"), row(2, "East"), row(3, "Mid", "Middle"), row(4, "South", "South", OTHER)))
    problems = Problems("territories")
    found = places(["West", "East", "Mid", "South"], MODEL, org, problems)
    assert not problems
    assert found["West"][:3] == ("West", "W1", org.territories[0].id)
    assert found["East"][:3] == ("East", "East", org.territories[1].id)
    assert found["Mid"].id == ""  # the org's Mid is another territory, called Middle
    assert re.fullmatch("Mid_[0-9a-f]{8}", found["Mid"].developer_name)
    assert found["South"].id == ""  # and South belongs to another model
    assert re.fullmatch("South_[0-9a-f]{8}", found["South"].developer_name)


def test_developer_names_of_the_caller_go_first():
    org = sf.Org((row(1, "W1", "West"), row(2, "W2", "West"), row(3, "X", "X", OTHER)))
    problems = Problems("territories")
    places(["West"], MODEL, org, problems)
    assert "the org has 2 territories with the name 'West': 'W1', 'W2'" in problems.found[0]
    model = sf.TerritoryModel(MODEL.model_id, MODEL.type_id, {}, developer_names={"West": "w2", "Y": "X"})
    found = places(["West"], model, org, Problems("territories"))
    assert found["West"][1:3] == ("W2", org.territories[1].id)
    problems = Problems("territories")
    places(["West", "Y"], model, org, problems)
    assert "developer names that the org has given away: 'X'" in problems.found[0]


def test_exports_are_checked():
    ids = ["0MIM00000000Qr1", "0MIM00000000Qr1"]
    with pytest.raises(tk.DataError) as caught:
        sf.read_org(
            territories=pd.DataFrame({"ID": ids, "DEVELOPERNAME": ["A", None], "ParentTerritory2Id": [None, "x"]}),
            associations=pd.DataFrame({"Id": ids}),
            users=pd.DataFrame({"UserId": [None], "Territory2Id": ["0MIM00000000Qr1"]}),
        )
    text = str(caught.value)
    assert "Territory2: 1 ids are used more than once: '0MIM00000000Qr1OAE'" in text
    assert "Territory2: 1 values of DeveloperName are missing" in text
    assert "Territory2: 1 values of ParentTerritory2Id are no record ids: 'x'" in text
    assert "ObjectTerritory2Association has no column 'ObjectId', 'Territory2Id', 'AssociationCause'" in text
    assert "UserTerritory2Association: 1 values of UserId are missing" in text


def test_names_that_look_like_numbers_are_read_as_they_are(tmp_path):
    path = tmp_path / "territories.csv"
    path.write_text("Id,DeveloperName,Name\n0MIM00000000Qr1,A,1.10\n0MIM00000000Qr2,B,1.1\n", encoding="utf-8")
    assert [territory.name for territory in sf.read_org(territories=path).territories] == ["1.10", "1.1"]


def test_the_territory_model_is_checked():
    with pytest.raises(tk.DataError) as caught:
        sf.TerritoryModel("x", {"W": "y"}, {"AccountAccessLevel": "Write", "Access": "Edit"}, formulas="escape")
    text = str(caught.value)
    for part in ("1 model ids are no", "1 type ids are no", "'AccountAccessLevel: Write', 'Access: Edit'", "'escape'"):
        assert part in text
    model = sf.TerritoryModel(MODEL.model_id, {"W": MODEL.type_id}, {"CaseAccessLevel": "Read Only"})
    assert model.type_of("W") == MODEL.type_id
    assert model.type_of("E") is None
    assert model == sf.TerritoryModel(MODEL.model_id[:15], {"W": MODEL.type_id}, {"CaseAccessLevel": "Read Only"})
