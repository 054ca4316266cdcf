import csv
import datetime as dt
import sys

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from samples import grid_plan

import territorykit as tk

COLUMNS = [0, 1, 2, 0, 1, 2]
NAMES = ["west", "mid", "=east"]
PLAN = grid_plan(COLUMNS, names=NAMES, account_ids=["k1", "k2", "k3"], account_units=[0, 4, 5])
BARE = grid_plan(COLUMNS, names=NAMES)


def accounts(**columns):
    table = {"name": ["Ada", "=1+1", "@home"], "area": ["u5", "u1", "u0"], **columns}
    return pd.DataFrame(table, index=pd.Index(["k1", "k2", "k3"], name="account_id"))


def rows(path):
    if path.suffix == ".xlsx":
        return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_each_account_with_its_territory(tmp_path, suffix):
    path = tmp_path / f"accounts{suffix}"
    tk.write_accounts(PLAN, accounts(), path)
    assert rows(path) == [
        ["account_id", "territory", "name", "area"],
        ["k1", "west", "Ada", "u5"],
        ["k2", "mid", "'=1+1", "u1"],
        ["k3", "'=east", "'@home", "u0"],
    ]


def test_a_named_column_of_units_goes_before_the_record(tmp_path):
    tk.write_accounts(PLAN, accounts(), tmp_path / "a.csv", unit="area")
    assert [row[1] for row in rows(tmp_path / "a.csv")[1:]] == ["'=east", "mid", "west"]


def test_accounts_that_are_the_units(tmp_path):
    table = pd.DataFrame({"n": range(2)}, index=["u5", "u0"])
    tk.write_accounts(BARE, table, tmp_path / "a.csv")
    assert rows(tmp_path / "a.csv") == [["account", "territory", "n"], ["u5", "'=east", "0"], ["u0", "west", "1"]]


def test_the_record_goes_before_ids_that_happen_to_be_those_of_units(tmp_path):
    plan = grid_plan(COLUMNS, names=NAMES, ids=range(6), account_ids=[0, 1], account_units=[5, 3])
    tk.write_accounts(plan, pd.DataFrame(index=[0, 1]), tmp_path / "a.csv")
    assert [row[1] for row in rows(tmp_path / "a.csv")[1:]] == ["'=east", "west"]


def test_parquet_keeps_values_and_geometry_as_they_are(tmp_path):
    table = gpd.GeoDataFrame(accounts(), geometry=gpd.points_from_xy([8, 9, 10], [50, 51, 52]), crs=4326)
    tk.write_accounts(PLAN, table, tmp_path / "a.parquet")
    again = gpd.read_parquet(tmp_path / "a.parquet")
    assert again["territory"].tolist() == ["west", "mid", "=east"]
    assert again["name"].tolist() == ["Ada", "=1+1", "@home"]
    assert again.geometry.x.tolist() == [8, 9, 10]
    tk.write_accounts(PLAN, accounts(), tmp_path / "b.parquet")
    assert pd.read_parquet(tmp_path / "b.parquet")["account_id"].tolist() == ["k1", "k2", "k3"]


def test_places_become_longitude_and_latitude(tmp_path):
    table = gpd.GeoDataFrame(accounts(), geometry=gpd.points_from_xy([8, 9, 10], [50, 51, 52]), crs=4326)
    tk.write_accounts(PLAN, table.to_crs(3857), tmp_path / "a.csv")
    head, first = rows(tmp_path / "a.csv")[:2]
    assert head == ["account_id", "territory", "name", "area", "lon", "lat"]
    assert [float(first[-2]), float(first[-1])] == pytest.approx([8, 50])
    given = table.assign(Longitude=1, LAT=2)
    tk.write_accounts(PLAN, given, tmp_path / "b.csv")
    assert rows(tmp_path / "b.csv")[0][-2:] == ["Longitude", "LAT"]
    tk.write_accounts(PLAN, table.assign(lon="east").to_crs(3857), tmp_path / "c.csv")
    assert rows(tmp_path / "c.csv")[0][-3:] == ["lon", "geometry_lon", "lat"]
    tk.write_accounts(PLAN, gpd.GeoDataFrame(table.set_crs(None, allow_override=True)), tmp_path / "d.csv")
    assert rows(tmp_path / "d.csv")[0][-2:] == ["x", "y"]


def test_columns_of_our_names_and_hostile_headers_are_kept(tmp_path):
    tk.write_accounts(PLAN, accounts(territory=list("abc"), **{"=2+2": 1}), tmp_path / "a.csv")
    assert rows(tmp_path / "a.csv")[0] == ["account_id", "territory", "name", "area", "accounts_territory", "'=2+2"]


def test_cells_of_a_sheet(tmp_path):
    table = accounts(
        number=[1.5, np.nan, -np.inf], big=[4876876000000123456, 2, 3], day=[dt.date(2020, 1, 2), None, pd.NaT],
        error=["#N/A", "=A1", "TRUE"], flag=[True, False, None], list=[[1], {"a": 2}, ("-",)],
        when=pd.to_datetime(["2020-01-02 03:04", None, "2021-01-01 00:00"]).tz_localize("UTC"),
    )  # fmt: skip
    path = tmp_path / "a.xlsx"
    tk.write_accounts(PLAN, table, path)
    cells = [list(row)[4:] for row in openpyxl.load_workbook(path).active.iter_rows()]
    assert not [cell for row in cells for cell in row if cell.data_type in ("f", "e")]
    head, *values = [[cell.value for cell in row] for row in cells]
    assert head == ["number", "big", "day", "error", "flag", "list", "when"]
    assert values[0][:2] == [1.5, "4876876000000123456"]
    assert values[0][3:6] == ["#N/A", True, "[1]"]
    assert [row[0] for row in values[1:]] == [None, "'-inf"]
    assert values[1][3] == "'=A1"
    assert values[0][6] == "2020-01-02T03:04:00+00:00"


def test_what_a_sheet_cannot_hold(tmp_path):
    with pytest.raises(tk.DataError, match="column 'note' has control characters"):
        tk.write_accounts(PLAN, accounts(note="a\x01b"), tmp_path / "a.xlsx")
    with pytest.raises(tk.DataError, match="column 'note' has texts longer than a cell holds"):
        tk.write_accounts(PLAN, accounts(note="a" * 40_000), tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_accounts_of_which_nothing_is_known_are_named(tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(tk.DataError, match="the unit of 3 accounts is not known: 'k1', 'k2', 'k3'; name the column"):
        tk.write_accounts(BARE, accounts(), path)
    with pytest.raises(tk.DataError, match="the unit of 1 accounts is not known: 'k9'"):
        tk.write_accounts(PLAN, accounts().rename(index={"k1": "k9"}), path)
    with pytest.raises(tk.DataError, match="2 name a unit in 'name' that is not in the plan: 'k1: Ada'"):
        tk.write_accounts(PLAN, accounts(name=["Ada", "u1", "x"]), path, unit="name")
    with pytest.raises(tk.DataError, match="no column 'county'; they have 'name', 'area'"):
        tk.write_accounts(PLAN, accounts(), path, unit="county")
    with pytest.raises(tk.DataError, match="1 ids are used more than once: 'k1'"):
        tk.write_accounts(PLAN, accounts().rename(index={"k2": "k1"}), path)
    with pytest.raises(tk.DataError, match="accounts is a list"):
        tk.write_accounts(PLAN, [], path)
    with pytest.raises(tk.DataError, match=r"ends in '.json'; write one of .csv"):
        tk.write_accounts(PLAN, accounts(), tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_missing_units_are_named(tmp_path):
    with pytest.raises(tk.DataError, match="1 name a unit in 'area' that is not in the plan: 'k2: nan'"):
        tk.write_accounts(PLAN, accounts(area=["u5", np.nan, "u0"]), tmp_path / "a.csv", unit="area")


def test_without_openpyxl_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(tk.BackendError, match=r'accounts.xlsx needs .* pip install "territorykit\[files\]"'):
        tk.write_accounts(PLAN, accounts(), tmp_path / "accounts.xlsx")


def test_an_index_with_the_name_of_the_new_column(tmp_path):
    with pytest.raises(tk.DataError, match="the index is called 'territory'"):
        tk.write_accounts(PLAN, accounts().rename_axis("territory"), tmp_path / "accounts.csv")


def test_an_account_is_not_taken_for_the_unit_of_its_id(tmp_path):
    """An account that was counted nowhere may have the id of an area by chance."""
    plan = grid_plan(COLUMNS, names=NAMES, account_ids=["u0", "u9"], account_units=[4, 5])
    with pytest.raises(tk.DataError, match="the unit of 1 accounts is not known: 'u1'"):
        tk.write_accounts(plan, pd.DataFrame(index=["u0", "u1"]), tmp_path / "accounts.csv")
    tk.write_accounts(plan, pd.DataFrame(index=["u0"]), tmp_path / "accounts.csv")
    assert rows(tmp_path / "accounts.csv")[1] == ["u0", "mid"]
