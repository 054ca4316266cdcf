import csv
import sys
import time
from contextlib import suppress

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import grid_areas, grid_graph, grid_plan

import territorykit as tk
from territorykit.present import plan_writers

pytestmark = pytest.mark.filterwarnings("ignore:.*names of columns are cut:territorykit.TerritoryKitWarning")

SUFFIXES = [".gpkg", ".geojson", ".parquet", ".csv", ".fgb", ".shp", ".zip", ".kml", ".xlsx"]
NAMES = ["west", "mid", "east"]
COLUMNS = [0, 1, 2, 0, 1, 2]
REFUSED = {".shp": {" =blank", " "}, ".zip": {" =blank", " "}, ".xlsx": {"cr\rx"}}
"""Names that a format does not keep: blanks at the ends, and the return without a new line."""
HOSTILE = [
    "=1+1", "+49 711", "-5", "-5=x", "@home", "\tTab", "'=quoted", "''@twice", "'plain'", "\uff1d\uff11", " =blank",
    "2020-01-01", "<script>alert(1)</script>", 'comma, "quote"', "line\nbreak", "cr\rx", "华东", "e\u0301", "null",
    "NaN", "true", "001", " ", "0",
]  # fmt: skip


def written(plan, tmp_path, suffix, areas=None):
    path = tmp_path / f"plan{suffix}"
    ids = plan.problem.graph.ids
    tk.write_plan(plan, grid_areas(ids=ids) if areas is None and suffix != ".csv" else areas, path)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("centers", [None, [3, 4, 5]])
@pytest.mark.parametrize("ids", [[f"0{i}" for i in range(6)], [7, 5, 3, 2, 1, 0]])
def test_the_same_plan_comes_back(tmp_path, suffix, centers, ids):
    plan = grid_plan(COLUMNS, names=NAMES, centers=centers, ids=ids, requirements=[tk.Balance("calls", 0.3)])
    assert tk.read_plan(written(plan, tmp_path, suffix), plan.problem) == plan
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "a temporary file is left"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_come_back_to_a_problem_without_names(tmp_path, suffix):
    plan = grid_plan(COLUMNS, names=["b", "a", "c"], centers=[0, 1, 2])
    again = tk.read_plan(written(plan, tmp_path, suffix), tk.Problem(plan.problem.graph, 3))
    assert again.problem.names == ("a", "b", "c")
    assert again.to_series().tolist() == plan.to_series().tolist()
    assert again.centers.tolist() == [1, 0, 2]


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 6))
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hostile_names_and_ids_come_back(tmp_path, suffix, start):
    part = HOSTILE[start : start + 6]
    part = [name for name in part if name not in REFUSED.get(suffix, ())] + [f"u{i}" for i in range(2)]
    plan = grid_plan(COLUMNS, names=part[:5:2], centers=[0, 1, 2], ids=part[:6])
    assert tk.read_plan(written(plan, tmp_path, suffix), plan.problem) == plan


@pytest.mark.parametrize(("suffix", "name"), [(suffix, name) for suffix in REFUSED for name in sorted(REFUSED[suffix])])
def test_names_that_a_format_does_not_keep_are_refused(tmp_path, suffix, name):
    with pytest.raises(tk.DataError, match="the format does not keep these ids or territory names as they are"):
        written(grid_plan(COLUMNS, names=[name, "b", "c"]), tmp_path, suffix)
    assert list(tmp_path.iterdir()) == []


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.one_of(
        st.lists(text, min_size=6, max_size=6, unique=True),
        st.lists(st.integers(-(2**62), 2**62), min_size=6, max_size=6, unique=True),
    ),
    names=st.lists(text, min_size=3, max_size=3, unique=True),
)
def test_any_names_and_ids_come_back_or_are_refused(tmp_path, suffix, ids, names):
    plan = grid_plan(COLUMNS, names=names, centers=[3, 1, 5], ids=ids)
    words = [*map(str, ids), *names]
    strange = any(not c.isprintable() for word in words for c in word)
    strange |= suffix in (".shp", ".zip") and any(word != word.strip() for word in words)
    strange |= suffix in (".shp", ".zip") and any(isinstance(i, int) and abs(i) >= 10**18 for i in ids)
    # Formats do not keep every control character, a table of dBASE no blanks at the ends and 18 digits.
    with suppress(*([tk.DataError] if strange and suffix not in (".csv", ".parquet") else [])):
        assert tk.read_plan(written(plan, tmp_path, suffix), plan.problem) == plan


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_what_a_format_cannot_keep_is_refused(tmp_path, suffix):
    plan = grid_plan(COLUMNS, names=["a\0b", "b", "c"])
    with pytest.raises(tk.DataError, match="nothing was written"):
        written(plan, tmp_path, suffix)
    assert list(tmp_path.iterdir()) == []


def test_layers_of_a_geopackage(tmp_path):
    plan = grid_plan(COLUMNS, names=NAMES, centers=[0, 1, 2], requirements=[tk.Balance("calls", 0.3)])
    path = written(plan, tmp_path, ".gpkg", grid_areas().assign(fid=7, Unit="x", unit="y", territory="old", kind="z"))
    whole = gpd.read_file(path, layer="territories")
    assert whole["territory"].tolist() == NAMES
    assert whole["calls_size"].tolist() == [5, 7, 9]
    assert whole["calls_deviation"].tolist() == pytest.approx([-2 / 7, 0, 2 / 7])
    assert whole["center"].tolist() == ["u0", "u1", "u2"]
    assert whole.area.tolist() == pytest.approx([2e6] * 3)
    assert whole.crs.to_epsg() == 3083
    units = gpd.read_file(path, layer="units")
    assert units["territory"].tolist() == NAMES * 2
    assert units["is_center"].tolist() == [True] * 3 + [False] * 3
    assert {"areas_unit", "areas_territory", "kind", "fid_2", "Unit_2", "name"} <= set(units.columns)
    assert shapely.equals_exact(units.geometry.to_numpy(), grid_areas().geometry.to_numpy(), normalize=True).all()


@pytest.mark.parametrize("suffix", [".geojson", ".parquet"])
def test_territories_go_into_a_file_beside(tmp_path, suffix):
    written(grid_plan(COLUMNS, names=NAMES), tmp_path, suffix)
    read = gpd.read_file if suffix == ".geojson" else gpd.read_parquet
    whole = read(tmp_path / f"plan_territories{suffix}")
    assert whole["territory"].tolist() == NAMES
    assert whole.crs.to_epsg() == (4326 if suffix == ".geojson" else 3083)
    assert whole.to_crs(3083).area.tolist() == pytest.approx([2e6] * 3, rel=1e-3)


def test_a_csv_opens_in_spreadsheets(tmp_path):
    path = written(grid_plan(COLUMNS, names=["=cmd|' /C calc'!A0", "华东", "c"], centers=[0, 1, 2]), tmp_path, ".csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfunit,territory,is_center\r\nu0,'=cmd|")
    assert path.read_text("utf-8-sig").count("true") == 3


def test_a_csv_without_mark_and_with_other_flags_is_read(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(
        "is_center,territory,unit,note\nTRUE,a,u1,x\n0,a,u0,\n1,b,u2,\n,b,u3,\nFALSE,a,u4,\n,b,u5,\n", "utf-8"
    )
    plan = tk.read_plan(path, tk.Problem(grid_graph(), 2))
    assert plan.labels.tolist() == [0, 0, 1, 1, 0, 1]
    assert plan.centers.tolist() == [1, 2]


def test_a_file_name_may_hold_signs_of_patterns(tmp_path):
    plan = grid_plan(COLUMNS)
    path = tmp_path / "plan [1]*.gpkg"
    tk.write_plan(plan, grid_areas(), path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_an_existing_file_is_replaced_and_kept_where_writing_fails(tmp_path, monkeypatch):
    plan = grid_plan(COLUMNS, names=NAMES)
    path = written(plan, tmp_path, ".gpkg")
    other = plan.move("u5", "west")
    assert tk.read_plan(written(other, tmp_path, ".gpkg"), plan.problem) == other

    def fail(*_):
        message = "the disk is full"
        raise OSError(message)

    monkeypatch.setattr(plan_writers, "labelled_units", fail)
    with pytest.raises(OSError, match="the disk is full"):
        written(plan, tmp_path, ".gpkg")
    assert [p.name for p in tmp_path.iterdir()] == ["plan.gpkg"]
    assert tk.read_plan(path, plan.problem) == other


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_columns_of_any_kind(tmp_path, suffix):
    areas = grid_areas().assign(
        kind=pd.Categorical(list("ababab")), mixed=[1, "a", None, 2.5, True, "b"], day=pd.Timestamp("2020-02-02"),
        missing=[1.5, np.nan, 3, 4, 5, 6],
    )  # fmt: skip
    plan = grid_plan(COLUMNS)
    if suffix == ".parquet":
        with pytest.raises(tk.DataError, match=r"(?s)plan.parquet cannot hold this table.*nothing was written"):
            written(plan, tmp_path, suffix, areas)
        areas = areas.drop(columns="mixed")
    assert tk.read_plan(written(plan, tmp_path, suffix, areas), plan.problem) == plan


def test_areas_without_a_coordinate_system_stay_without(tmp_path):
    path = written(grid_plan(COLUMNS), tmp_path, ".gpkg", grid_areas(crs=None))
    crs = gpd.read_file(path, layer="units").crs
    assert crs is None or crs.name.startswith("Undefined")  # as older versions of GDAL put it


def test_wrong_paths(tmp_path):
    plan = grid_plan(COLUMNS)
    with pytest.raises(tk.DataError, match=r"ends in '.tab'; write one of .gpkg"):
        tk.write_plan(plan, grid_areas(), tmp_path / "plan.tab")
    with pytest.raises(tk.DataError, match="there is no folder"):
        tk.write_plan(plan, grid_areas(), tmp_path / "none" / "plan.gpkg")
    with pytest.raises(tk.DataError, match=r"areas are None, and only \.csv and \.xlsx do without"):
        tk.write_plan(plan, None, tmp_path / "plan.gpkg")
    with pytest.raises(tk.DataError, match="path is a int"):
        tk.write_plan(plan, None, 3)
    with pytest.raises(tk.DataError, match="there is no file"):
        tk.read_plan(tmp_path / "plan.csv", plan.problem)
    (tmp_path / "plan.txt").write_text("")
    with pytest.raises(tk.DataError, match=r"a plan is read from .gpkg"):
        tk.read_plan(tmp_path / "plan.txt", plan.problem)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_that_are_none_of_ours(tmp_path, suffix):
    path = tmp_path / f"plan{suffix}"
    path.write_bytes(b"no such thing")
    with pytest.raises(
        tk.DataError, match=rf"plan\{suffix}: (cannot be read|a shapefile is several files|there is no column)"
    ):
        tk.read_plan(path, grid_plan(COLUMNS).problem)


@pytest.mark.parametrize("suffix", [".geojson", ".parquet"])
def test_files_without_our_columns(tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    (grid_areas().to_parquet if suffix == ".parquet" else grid_areas().to_file)(path)
    with pytest.raises(tk.DataError, match="there is no column 'unit', 'territory'; it has"):
        tk.read_plan(path, grid_plan(COLUMNS).problem)


def test_files_that_do_not_fit_the_problem(tmp_path):
    plan = grid_plan(COLUMNS, names=NAMES, centers=[0, 1, 2])
    path = written(plan, tmp_path, ".csv")
    with pytest.raises(tk.PlanError, match="not in the graph: 'u0'"):
        tk.read_plan(path, grid_plan(COLUMNS, ids=range(6)).problem)
    with pytest.raises(tk.PlanError, match="3 territories, the problem has 2"):
        tk.read_plan(path, tk.Problem(plan.problem.graph, 2))
    lines = path.read_text("utf-8-sig").splitlines()
    for change, message in (
        (lines[:-1], "without a label: 'u5'"),
        ([*lines, lines[-1]], "labelled twice: 'u5'"),
        ([*lines[:-1], "u5,,false"], "labels that are missing, for unit 'u5'"),
        ([*lines[:-1], "u5,east,true"], "several centers: 'east'"),
        ([*lines[:3], "u2,east,false", *lines[4:]], "no center: 'east'"),
    ):
        path.write_text("\n".join(change), "utf-8")
        with pytest.raises(tk.PlanError, match=message):
            tk.read_plan(path, plan.problem)
    path.write_text("\n".join([*lines[:-1], "u5,east,perhaps"]), "utf-8")
    with pytest.raises(tk.DataError, match="'is_center' holds 'perhaps'"):
        tk.read_plan(path, plan.problem)
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(tk.DataError, match="no column 'unit', 'territory'; it has 'a', 'b'"):
        tk.read_plan(path, plan.problem)


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    plan = grid_plan(COLUMNS)
    path = written(plan, tmp_path, ".parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(tk.BackendError, match=r'pip install "territorykit\[files\]"'):
        tk.read_plan(path, plan.problem)
    with pytest.raises(tk.BackendError, match=r'pip install "territorykit\[files\]"'):
        written(plan, tmp_path, ".parquet")
    assert len(list(tmp_path.iterdir())) == 2


def test_cells_of_the_csv_are_harmless(tmp_path):
    plan = grid_plan(COLUMNS, names=HOSTILE[:3], ids=HOSTILE[3:9])
    with written(plan, tmp_path, ".csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "-5" in cells
    assert not [c for c in cells if c.lstrip()[:1] in ("=", "+", "-", "@") and c != "-5"]
    assert not [c for c in cells if c[:1] in ("\t", "\r")]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_thirty_six_thousand_units_take_seconds(tmp_path, suffix):
    side = 189
    y, x = np.divmod(np.arange(side * side), side)
    plan = grid_plan((y // 19 * 10 + x // 19).tolist(), side, side)
    areas = grid_areas(side, side)
    began = time.perf_counter()
    path = written(plan, tmp_path, suffix, None if suffix == ".csv" else areas)
    assert tk.read_plan(path, plan.problem) == plan
    assert time.perf_counter() - began < (30 if suffix in (".xlsx", ".kml") else 10)
