"""Repairing maps: what is mended, what is left, and that nothing is lost on the way."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from load.maps import borders, frame, grid, named_edges

import territorykit as tk
from territorykit.load.cleaning import merged


def square(x, y, side=1000.0):
    return shapely.box(500_000 + x, 5_000_000 + y, 500_000 + x + side, 5_000_000 + y + side)


def kinds(changes):
    return list(zip(changes["change"], changes["units"], strict=True))


def test_a_clean_map_stays_as_it_is():
    areas = grid(3, 3)
    repaired, changes = tk.repair_areas(areas)
    assert len(changes) == 0
    assert list(changes.columns) == ["change", "units", "value", "measure", "what"]
    pd.testing.assert_frame_equal(pd.DataFrame(repaired), pd.DataFrame(areas))


def test_invalid_polygons_keep_the_ground_they_go_around():
    bow = shapely.Polygon([(500_000, 5_000_000), (501_000, 5_001_000), (501_000, 5_000_000), (500_000, 5_001_000)])
    line = shapely.GeometryCollection(
        [square(1000, 0), shapely.LineString([(501_000, 5_000_000), (501_000, 5_005_000)])]
    )
    repaired, changes = tk.repair_areas(frame([bow, line]))
    assert kinds(changes) == [("made valid", ("a",)), ("made valid", ("b",))]
    assert "Self-intersection" in changes["what"][0]
    assert "GeometryCollection" in changes["what"][1]
    assert repaired.area.tolist() == [500_000, 1e6]
    tk.unit_graph(repaired, activities=["work"], islands="apart")


def test_an_overlap_goes_to_one_and_a_gap_to_the_longest_border():
    left = shapely.box(0, 0, 1010, 1000)
    right = shapely.box(1000, 0, 2000, 1000)
    above = shapely.Polygon([(0, 1000), (900, 1002), (2000, 1000), (2000, 2000), (0, 2000)])
    areas = frame([left, right, above])
    repaired, changes = tk.repair_areas(areas)
    assert kinds(changes) == [("overlap", ("a", "b")), ("gap", ("c", "a"))]
    assert changes["value"].tolist() == pytest.approx([10_000, 2000])
    assert repaired.area.sum() == pytest.approx(4e6)
    assert len(tk.check_areas(repaired)) == 0
    assert named_edges(tk.unit_graph(repaired, activities=["work"], tolerance=0)) == {
        ("a", "b"), ("a", "c"), ("b", "c"),
    }  # fmt: skip


def test_the_width_of_a_gap_decides():
    areas = grid(3, 3, skip={"c1r1"})
    repaired, changes = tk.repair_areas(areas)
    assert changes["change"].tolist() == ["left"]
    assert changes["value"].tolist() == [1e6]
    assert repaired.geometry.equals(areas.geometry)
    closed, changes = tk.repair_areas(areas, gap_width=1001)
    assert changes["change"].tolist() == ["gap"]
    assert closed.area.sum() == 9e6


def test_what_people_must_decide_is_left_and_on_record():
    areas = frame([square(0, 0), square(1000, 0), square(1000, 0), square(200, 200, 500)])
    repaired, changes = tk.repair_areas(areas)
    assert kinds(changes) == [("left", ("b", "c")), ("left", ("a", "d"))]
    assert repaired.geometry.equals(areas.geometry)
    with pytest.raises(tk.DataError, match="overlap"):
        tk.unit_graph(repaired, activities=["work"])


def test_only_what_is_beside_a_fault_changes():
    areas = grid(6, 6)
    areas.loc["c0r0", "geometry"] = areas.geometry["c0r0"].buffer(3, join_style="mitre")
    repaired, changes = tk.repair_areas(areas)
    touched = {unit for units in changes["units"] for unit in units}
    assert touched <= {"c0r0", "c1r0", "c0r1", "c1r1", "c2r0", "c2r1", "c0r2", "c1r2", "c2r2"}
    rest = [unit for unit in areas.index if unit not in touched]
    assert all(repaired.geometry[unit].equals_exact(areas.geometry[unit]) for unit in rest)
    assert len(rest) >= 27


def test_rows_without_ground_are_dropped_only_when_asked():
    areas = frame(
        [square(0, 0), None, shapely.Polygon(), shapely.LineString([(500_000, 5_000_000), (500_001, 5_000_001)])]
    )
    with pytest.raises(tk.DataError) as refused:
        tk.repair_areas(areas)
    assert "3 problems" in str(refused.value)
    repaired, changes = tk.repair_areas(areas, missing="drop")
    assert kinds(changes) == [("dropped", ("b",)), ("dropped", ("c",)), ("dropped", ("d",))]
    assert repaired.index.tolist() == ["a"]


def test_rows_of_one_area_are_joined_when_asked():
    parts = gpd.GeoDataFrame(
        {"code": ["a", "b", "a"], "name": ["A", "B", "A"]},
        geometry=[square(0, 0), square(1000, 0), square(5000, 0)],
        crs=32632,
    )
    with pytest.raises(tk.DataError, match="used more than once: 'a'"):
        tk.repair_areas(parts, id="code")
    repaired, changes = tk.repair_areas(parts, id="code", duplicates="dissolve")
    assert kinds(changes) == [("dissolved", ("a",))]
    assert repaired.area.to_dict() == {"a": 2e6, "b": 1e6}
    assert repaired["name"].to_dict() == {"a": "A", "b": "B"}
    parts["people"] = [10, 20, 30]
    with pytest.raises(tk.DataError, match="which figures hold for the joined area is not guessed"):
        tk.repair_areas(parts, id="code", duplicates="dissolve")


def test_wrong_settings_come_together():
    with pytest.raises(tk.DataError) as refused:
        tk.repair_areas(grid(2), gap_width=-1, missing="skip", duplicates="first")
    assert all(name in str(refused.value) for name in ("gap_width is -1", "missing is 'skip'", "duplicates is 'first'"))


def test_what_cannot_be_mended_is_refused_together():
    areas = gpd.GeoDataFrame(
        {"code": ["a", None]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(500, 0, 501, 1)], crs=4326
    )
    with pytest.raises(tk.DataError) as refused:
        tk.repair_areas(areas, id="code")
    assert "ids are missing" in str(refused.value)
    assert "no degrees" in str(refused.value)


def test_borders_simplified_apart_fit_together_again():
    counties = tk.read_areas(tk.datasets.path("texas_counties.geojson"), id="fips")
    whole = tk.unit_graph(counties, activities=[], crs="equal-area")
    apart = counties.set_geometry(counties.geometry.simplify(0.02, preserve_topology=True))
    faults = tk.check_areas(apart)
    assert (faults["fault"] == "gap").sum() > 100
    repaired, changes = tk.repair_areas(apart, gap_width=5000)
    assert set(tk.check_areas(repaired)["fault"]) <= {"multipart"}
    assert {"gap", "overlap"} <= set(changes["change"])
    graph = tk.unit_graph(repaired, activities=[], crs="equal-area")
    long = {pair for pair, metres in borders(whole).items() if metres > 10_000}  # degrees of 0.02 are 2 km
    assert len(long) > 590
    lost = long - named_edges(graph)
    assert len(lost) <= 0.005 * len(long)  # gaps that are open to the outside of the map stay
    assert repaired.to_crs(3083).area.sum() == pytest.approx(counties.to_crs(3083).area.sum(), rel=0.001)


@st.composite
def shaken(draw):
    """A grid whose corners are moved a little, for each area on its own."""
    n = draw(st.integers(2, 4))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    areas = grid(n, n)
    moved = [shapely.transform(shape, lambda xy: xy + np.vstack([s := rng.normal(0, 2, (4, 2)), s[:1]]))
             for shape in areas.geometry]  # fmt: skip
    return areas.set_geometry(gpd.GeoSeries(moved, index=areas.index, crs=areas.crs))


@settings(max_examples=25)
@given(shaken())
def test_shaken_grids_fit_together_and_no_ground_is_lost(areas):
    repaired, changes = tk.repair_areas(areas, gap_width=30)
    shapes = np.asarray(repaired.geometry.values, object)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert repaired.index.equals(areas.index)
    before = merged(np.asarray(areas.geometry.values, object))
    lost = shapely.difference(before, merged(shapes)).area
    assert lost == pytest.approx(0, abs=0.01)
    gained = changes.loc[changes["change"] == "gap", "value"].sum()
    assert shapely.area(shapes).sum() == pytest.approx(before.area + gained, abs=0.1)
