"""Exports of accounts: ids, labels in several languages, coordinates."""

import pandas as pd
import pytest

import territorykit as tk
from territorykit.errors import DataError

IDS = ["4150868000004318009", "4150868000000264087"]


def exported(**columns):
    return pd.DataFrame({"Record Id": [f"zcrm_{one}" for one in IDS], **columns})


def write_csv(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding)
    return path


def test_an_export_in_english(tmp_path) -> None:
    file = write_csv(
        tmp_path / "Accounts.csv",
        "Record Id,Account Owner.id,Account Owner,Account Name,Billing City,Billing Code,Billing State,"
        "Annual Revenue,Created Time,Segment\n"
        "zcrm_4150868000004318009,zcrm_11,Ada,Zylker,Boston,02116,MA,2000,2023-06-10 12:17:53,A\n"
        "zcrm_4150868000000264087,zcrm_12,Bob,=SUM(1),Dallas,75001,TX,,2023-06-11 12:17:53,B\n",
    )
    accounts = tk.crm.zoho.read_accounts(file)
    assert accounts.index.tolist() == IDS
    assert accounts.index.name == "id"
    assert accounts.columns.tolist() == [
        "Owner.id",
        "Owner",
        "Account_Name",
        "Billing_City",
        "Billing_Code",
        "Billing_State",
        "Annual_Revenue",
        "Created_Time",
        "Segment",
    ]
    assert accounts["Owner.id"].tolist() == ["11", "12"]
    assert accounts["Billing_Code"].tolist() == ["02116", "75001"]
    assert accounts["Annual_Revenue"].iloc[0] == 2000
    assert accounts["Account_Name"].iloc[1] == "=SUM(1)"


def test_postcodes_stay_texts_where_all_are_numbers(tmp_path) -> None:
    file = write_csv(tmp_path / "a.csv", "Record Id,Billing Code,Employees\nzcrm_11,75001,5\nzcrm_12,75002,6\n")
    accounts = tk.crm.zoho.read_accounts(file)
    assert accounts["Billing_Code"].tolist() == ["75001", "75002"]
    assert accounts["Employees"].tolist() == [5, 6]


def test_a_workbook(tmp_path) -> None:
    file = tmp_path / "a.xlsx"
    exported(**{"Billing Code": ["02116", "75001"]}).to_excel(file, index=False)
    accounts = tk.crm.zoho.read_accounts(file)
    assert accounts.index.tolist() == IDS
    assert accounts["Billing_Code"].tolist() == ["02116", "75001"]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["Billing Address - City", "Billing Address - State / Province"], ["Billing_City", "Billing_State"]),
        (["Shipping Address - Country / Region", "billing  CODE"], ["Shipping_Country", "Billing_Code"]),
        (["客户名称", "账单城市", "发货邮政编码"], ["Account_Name", "Billing_City", "Shipping_Code"]),
        (["客戶名稱", "帳單城市", "產業"], ["Account_Name", "Billing_City", "Industry"]),
        (["取引先名", "請求先市区町村", "業種"], ["Account_Name", "Billing_City", "Industry"]),
        (["Account_Name", "Territories"], ["Account_Name", "Territories"]),
    ],
)
def test_labels(labels, names) -> None:
    accounts = tk.crm.zoho.read_accounts(exported(**{label: ["a", "b"] for label in labels}))
    assert accounts.columns.tolist() == names


@pytest.mark.parametrize("label", ["データID", "记录ID", "記錄ID", "id", "record id"])
def test_labels_of_ids(label) -> None:
    assert tk.crm.zoho.read_accounts(pd.DataFrame({label: IDS, "x": [1, 2]})).index.tolist() == IDS


def test_labels_that_the_caller_names() -> None:
    accounts = tk.crm.zoho.read_accounts(
        pd.DataFrame({"Nr.": IDS, "Ort": ["Ulm", "Kiel"]}), columns={"Nr.": "id", "Ort": "Billing_City"}
    )
    assert accounts.loc[IDS[0], "Billing_City"] == "Ulm"


def test_chinese_csv_in_another_encoding(tmp_path) -> None:
    file = write_csv(tmp_path / "a.csv", "记录ID,客户名称,账单城市\nzcrm_11,公司,北京\n", "gb18030")
    accounts = tk.crm.zoho.read_accounts(file, encoding="gb18030")
    assert accounts.loc["11"].tolist() == ["公司", "北京"]


def test_coordinates() -> None:
    table = exported(Longitude=[9.1, 10.0], Latitude=["48.7", "48.4"])
    accounts = tk.crm.zoho.read_accounts(table, lon="Longitude", lat="Latitude", crs="EPSG:4326")
    assert accounts.geometry.x.tolist() == [9.1, 10.0]
    assert accounts.crs.to_epsg() == 4326
    assert accounts.index.tolist() == IDS
    named = tk.crm.zoho.read_accounts(
        table, lon="X", lat="Latitude", crs="EPSG:4326", columns={"Longitude": "X", "Latitude": "Y"}
    )
    assert named.geometry.y.tolist() == [48.7, 48.4]


def spoiled(ids):
    return pd.DataFrame({"Record Id": ids})


@pytest.mark.parametrize(
    "ids",
    [
        ["4.15087E+18", "4.15087E+17"],
        [4.150868000004318e18, 4.15e18],
        ["4150868000004310000", "4150868000004320000"],
        [4150868000004310000, 4150868000004320000],
    ],
)
def test_ids_that_a_spreadsheet_has_rounded(ids) -> None:
    with pytest.raises(DataError, match=r"2 ids have lost digits in a spreadsheet: .*; export again"):
        tk.crm.zoho.read_accounts(spoiled(ids))


def test_rounded_ids_in_a_file(tmp_path) -> None:
    file = write_csv(tmp_path / "a.csv", "Record Id,Account Name\n4.15087E+18,a\n4.15086E+18,b\n")
    with pytest.raises(DataError, match="spreadsheet"):
        tk.crm.zoho.read_accounts(file)


def test_ids_that_end_in_zeros_by_nature_are_taken() -> None:
    assert len(tk.crm.zoho.read_accounts(spoiled(["4150868000004310000", "4150868000004318009"]))) == 2
    assert len(tk.crm.zoho.read_accounts(spoiled(["zcrm_4150868000004310000"]))) == 1
    assert tk.crm.zoho.read_accounts(spoiled([12.0, 13.0])).index.tolist() == ["12", "13"]


def test_all_problems_are_told_together() -> None:
    table = pd.DataFrame(
        {
            "Record Id": ["zcrm_11", "zcrm_11", None, "abc"],
            "Billing City": list("abcd"),
            "Billing Address - City": list("abcd"),
        }
    )
    with pytest.raises(DataError) as error:
        tk.crm.zoho.read_accounts(table, crs="EPSG:4326", columns={"Ort": "X"})
    for text in (
        "the columns 'Billing City', 'Billing Address - City' all stand for 'Billing_City'",
        "columns= names labels that are not there: 'Ort'",
        "1 ids are no record ids: 'abc'",
        "crs= is given without coordinates",
        "'11'",
        "missing",
    ):
        assert text in str(error.value)


@pytest.mark.parametrize(
    ("table", "settings", "message"),
    [
        (pd.DataFrame({"Name": ["a"]}), {}, "there is no column for 'id'; the columns are 'Name'; say which it is"),
        (exported(), {"lon": "X", "crs": "EPSG:4326"}, "there is no column 'X' for lon="),
        (exported(X=[1, 2]), {"lon": "X", "crs": "EPSG:4326"}, "there is no column None for lat="),
        (exported(X=[1.0, 2.0], Y=[1.0, None]), {"lon": "X", "lat": "Y", "crs": "EPSG:4326"}, IDS[1]),
        (exported(X=[1.0, 2.0], Y=[1.0, 2.0]), {"lon": "X", "lat": "Y"}, "coordinate system is not stated"),
        (exported().iloc[:0], {}, "there are no accounts"),
    ],
)
def test_wrong_inputs(table, settings, message) -> None:
    with pytest.raises(DataError, match=message):
        tk.crm.zoho.read_accounts(table, **settings)
