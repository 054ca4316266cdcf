import string

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import territorykit as tk
from territorykit.crm.salesforce_ids import full_id

FIRST, SECOND = "001M000000qfPySIAU", "001M000000qfPysIAE"
ALPHABET = string.ascii_letters + string.digits


def table(**columns):
    fields = {
        "Id": [FIRST[:15], SECOND],
        "Name": ["Ada", "=1+1"],
        "BillingLatitude": [48.4, 52.5],
        "BillingLongitude": [10.0, 13.4],
    }
    return pd.DataFrame(fields | columns)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("a01M00000062mPg", "a01M00000062mPgIAI"),
        ("001M000000qfPyS", "001M000000qfPySIAU"),
        ("a0FE000000D6r3F", "a0FE000000D6r3FMAR"),
        ("0F9E000000092w2", "0F9E000000092w2KAA"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaAAA"),
        ("AbCdEfGhIjKlMnO", "AbCdEfGhIjKlMnOVKV"),
        ("aBcDEfgHIJKLMNO", "aBcDEfgHIJKLMNO025"),
    ],
)
def test_published_checksums(short, full):
    assert full_id(short) == full
    assert full_id(full) == full
    assert full_id(f" {short} ") == full


@given(st.text(ALPHABET, min_size=15, max_size=15))
def test_the_case_of_an_id_can_be_told_from_its_long_form_without_case(short):
    """What the checksum is for: ids that differ in case alone differ in their long form when case is ignored."""
    full = full_id(short)
    assert full[:15] == short
    other = short.swapcase()
    assert (full.casefold() == full_id(other).casefold()) == (other == short)
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    bits = [signs.index(sign) >> bit & 1 for sign in full[15:] for bit in range(5)]
    assert [bool(bit) for bit in bits] == [sign.isascii() and sign.isupper() for sign in short]


@pytest.mark.parametrize(
    "text", ["", "001M000000qfPy", "001M000000qfPyS-", "001M000000qfPySIA", "\uff10\uff101M000000qfPyS", 7]
)
def test_what_is_no_id(text):
    with pytest.raises(tk.DataError, match="1 ids are no record ids"):
        full_id(text)


def test_a_wrong_checksum():
    with pytest.raises(tk.DataError, match=r"checksum that does not fit: '001M000000qfPySIAX'; export them anew"):
        full_id("001M000000qfPySIAX")
    with pytest.raises(tk.DataError, match="checksum"):
        full_id(FIRST.lower())


def test_api_names_and_ids_that_differ_in_case():
    accounts = tk.crm.salesforce.read_accounts(table(), crs="EPSG:4326")
    assert accounts.index.tolist() == [FIRST, SECOND]
    assert accounts.index.name == "Id"
    assert accounts.crs == "EPSG:4326"
    assert accounts.geometry.x.tolist() == [10.0, 13.4]
    assert accounts["Name"].tolist() == ["Ada", "=1+1"]


def test_labels_of_reports_from_a_file(tmp_path):
    path = tmp_path / "report.csv"
    path.write_text(
        '"Account ID","Account Name","Account Owner","Billing Zip/Postal Code","Shipping Latitude",'
        '"Shipping Longitude","Annual Revenue","Employees","Segment"\n'
        f'"{FIRST[:15]}","Ada","Bo","01067","51.05","13.74","5000","7","1"\n'
        f'"{SECOND[:15]}","1.10","Bo","10115","52.52","13.40","100.5","","2"\n',
        encoding="utf-8",
    )
    accounts = tk.crm.salesforce.read_accounts(path, crs=4326, place="shipping", columns={"Segment": "Segment__c"})
    assert list(accounts.columns) == [
        "Name", "Owner.Name", "BillingPostalCode", "ShippingLatitude", "ShippingLongitude", "AnnualRevenue",
        "NumberOfEmployees", "Segment__c", "geometry",
    ]  # fmt: skip
    assert accounts["BillingPostalCode"].tolist() == ["01067", "10115"]
    assert accounts["AnnualRevenue"].tolist() == [5000, 100.5]
    assert accounts["Segment__c"].tolist() == [1, 2]


def test_texts_stay_texts_where_all_look_like_numbers(tmp_path):
    path = tmp_path / "a.csv"
    rows = ["Id,Name,AccountNumber,BillingPostalCode,BillingLatitude,BillingLongitude,AnnualRevenue"]
    rows += [f"{FIRST},1.10,12.50,94105,37.7,-122.4,10", f"{SECOND},1.1,,94107,37.8,-122.5,20"]
    path.write_text("\n".join(rows), encoding="utf-8")
    accounts = tk.crm.salesforce.read_accounts(path, crs=4326)
    assert accounts["Name"].tolist() == ["1.10", "1.1"]
    assert accounts["BillingPostalCode"].tolist() == ["94105", "94107"]
    assert accounts["AccountNumber"].iloc[0] == "12.50"
    assert accounts["AccountNumber"].isna().tolist() == [False, True]
    assert accounts["AnnualRevenue"].tolist() == [10, 20]


def test_accounts_without_a_place_are_refused_or_kept():
    given = table(BillingLatitude=[48.4, None], BillingLongitude=[10.0, None])
    before = given.copy()
    with pytest.raises(tk.DataError, match=f"1 accounts have no coordinates: '{SECOND}'; locate them, or keep"):
        tk.crm.salesforce.read_accounts(given, crs=4326)
    with pytest.warns(tk.TerritoryKitWarning, match=f"kept 1 accounts that have no place: '{SECOND}'"):
        accounts = tk.crm.salesforce.read_accounts(given, crs=4326, missing="keep")
    assert accounts.index.tolist() == [FIRST, SECOND]
    assert accounts.geometry.iloc[0].wkt == "POINT (10 48.4)"
    assert accounts.geometry.iloc[1] is None
    pd.testing.assert_frame_equal(given, before)


def test_a_list_without_any_coordinates_is_kept():
    bare = table()[["Id", "Name"]]
    with pytest.raises(tk.DataError, match="there is no column for 'BillingLongitude', 'BillingLatitude'"):
        tk.crm.salesforce.read_accounts(bare, crs=4326)
    with pytest.warns(tk.TerritoryKitWarning, match="kept 2 accounts"):
        accounts = tk.crm.salesforce.read_accounts(bare, crs=4326, missing="keep")
    assert isinstance(accounts, gpd.GeoDataFrame)
    assert accounts.geometry.isna().all()
    assert accounts.crs == "EPSG:4326"
    with pytest.raises(tk.DataError, match="the coordinate system is not stated"):
        tk.crm.salesforce.read_accounts(bare, missing="keep")


def test_all_problems_at_once():
    rows = {
        "Id": [FIRST, FIRST[:15], SECOND[:15] + "AAA", "Confidential Information", None, "001M000000qfPyT"],
        "BillingLatitude": [48, 48, 48, None, 48, "48,5"],
        "BillingLongitude": [10, 10, None, None, 10, 10],
    }
    with pytest.raises(tk.DataError) as caught:
        tk.crm.salesforce.read_accounts(pd.DataFrame(rows), crs=4326)
    text = str(caught.value)
    assert "'Confidential Information'; an id has 15 or 18 letters and digits; leave out rows that are no rec" in text
    assert "of 18 characters have a checksum that does not fit: '001M000000qfPysAAA'" in text
    assert f"'{FIRST}'" in text  # there twice
    assert "accounts have no coordinates: 'Confidential Information'" in text
    assert "values of 'BillingLongitude' are missing: '001M000000qfPysAAA'" in text
    assert "values of 'BillingLatitude' are no numbers: '001M000000qfPyTIAU'" in text
    assert "missing" in text


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {}, "the coordinate system is not stated"),
        ({}, {"crs": 4326, "place": "home"}, "place is 'home'; pass 'billing' or 'shipping'"),
        ({}, {"crs": 4326, "missing": "drop"}, "missing is 'drop'; pass 'error' or 'keep'"),
        ({}, {"crs": 4326, "columns": {"Kunde": "Id"}}, "columns= names labels that are not there: 'Kunde'"),
        ({"geometry": [1, 2]}, {"crs": 4326}, "a column is called 'geometry'"),
        ({"BillingLatitude": [148.4, 52.5]}, {"crs": 4326}, "look as if longitude and latitude were swapped"),
        ({"Account ID": ["a", "b"]}, {"crs": 4326}, "the columns 'Id', 'Account ID' all stand for 'Id'"),
    ],
)
def test_wrong_inputs(changes, options, message):
    with pytest.raises(tk.DataError, match=message):
        tk.crm.salesforce.read_accounts(table(**changes), **options)


def test_no_accounts_and_no_file(tmp_path):
    with pytest.raises(tk.DataError, match="there are no accounts"):
        tk.crm.salesforce.read_accounts(table().iloc[:0], crs=4326)
    with pytest.raises(tk.DataError, match="there is no file"):
        tk.crm.salesforce.read_accounts(tmp_path / "none.csv", crs=4326)


def test_twenty_thousand_ids_are_checked_at_once():
    draw = np.random.default_rng(1).choice(list(ALPHABET), (20_000, 12))
    ids = ["001" + "".join(row) for row in draw]
    assert len(set(ids)) == len(ids)
    frame = pd.DataFrame({"Id": ids, "BillingLatitude": 50.0, "BillingLongitude": 10.0})
    accounts = tk.crm.salesforce.read_accounts(frame, crs=4326)
    assert accounts.index.str.slice(0, 15).tolist() == ids
