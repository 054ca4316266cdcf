"""Odd areas and paths: a file that holds the plan, or an error that says what is wrong."""

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

import territorykit as tk
from territorykit.load.formats.files import read_layer

SQUARES = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]


def areas(crs="EPSG:32632", **columns):
    return gpd.GeoDataFrame(columns, index=["a", "b"], geometry=SQUARES, crs=crs)


def plan_of(frame):
    graph = tk.unit_graph(frame, activities=[])
    return tk.Plan(tk.Problem(graph, 2, territory_names=["w", "e"]), [0, 1])


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".fgb", ".zip", ".kml"])
@pytest.mark.filterwarnings("ignore:.*names of columns are cut:territorykit.TerritoryKitWarning")
def test_years_as_names_of_columns(tmp_path, suffix):
    frame = areas().assign(**{"2020": [5, 6]})
    frame[2020], frame[2021] = [1, 2], [3, 4]
    path = tmp_path / f"plan{suffix}"
    tk.write_plan(plan_of(areas()), frame, path)
    found = read_layer(path, "units" if suffix in (".gpkg", ".zip") else None)
    assert found.set_index("unit").loc["b", ["2020", "2020_2", "2021"]].tolist() == [6, 2, 4]
    assert tk.read_plan(path, plan_of(areas()).problem) == plan_of(areas())


def test_columns_of_intervals_become_texts(tmp_path):
    frame = areas(ages=pd.interval_range(0, 2), day=[dt.date(2020, 1, 1), None])
    tk.write_plan(plan_of(areas()), frame, tmp_path / "plan.gpkg")
    assert gpd.read_file(tmp_path / "plan.gpkg", layer="units")["ages"].tolist() == ["(0, 1]", "(1, 2]"]


def test_geojson_is_in_degrees(tmp_path):
    with pytest.raises(tk.DataError, match=r"no coordinate system, and GeoJSON is in WGS 84"):
        tk.write_plan(plan_of(areas()), areas(crs=None), tmp_path / "plan.geojson")
    assert list(tmp_path.iterdir()) == []


def test_paths_that_are_none(tmp_path):
    plan = plan_of(areas())
    (tmp_path / "plan.csv").mkdir()
    with pytest.raises(tk.DataError, match="is a folder; name a file in it"):
        tk.write_plan(plan, None, tmp_path / "plan.csv")
    with pytest.raises(tk.DataError, match="path is a int; pass the path of a file"):
        tk.read_plan(3, plan.problem)


def test_a_plan_whose_header_names_a_column_twice(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text("unit,territory,territory\na,w,e\nb,e,w\n", encoding="utf-8")
    with pytest.raises(tk.DataError, match="several columns are called 'territory'; keep one of each"):
        tk.read_plan(path, plan_of(areas()).problem)


def test_accounts_without_a_place(tmp_path):
    places = gpd.GeoDataFrame(index=["a", "b"], geometry=[Point(), Point(9, 48)], crs="EPSG:4326")
    tk.write_accounts(plan_of(areas()), places, tmp_path / "accounts.csv")
    found = pd.read_csv(tmp_path / "accounts.csv")
    assert found["lon"].isna().tolist() == [True, False]
    assert found.loc[1, ["lon", "lat"]].tolist() == [9, 48]
