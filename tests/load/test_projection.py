import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from load.maps import DEGREES, UTM, frame, grid

import territorykit as tk
from territorykit.load.projection import to_metres


def points(*places, crs=DEGREES):
    return gpd.GeoDataFrame(index=range(len(places)), geometry=[shapely.Point(place) for place in places], crs=crs)


def test_metres_are_kept():
    areas = grid(2)
    metric = to_metres(areas, None)
    assert metric.crs == "EPSG:32632"
    assert metric.xy.tolist() == [[500_500, 5_000_500], [501_500, 5_000_500]]
    assert metric.lonlat[0] == pytest.approx([9.0, 45.15], abs=0.01)
    assert all(a.equals(b) for a, b in zip(metric.geometry, areas.geometry, strict=True))


def test_equal_area_keeps_areas():
    areas = frame([shapely.box(9, 48, 9.5, 48.5), shapely.box(14, 53, 14.5, 53.5)], DEGREES)
    metric = to_metres(areas, "equal-area")
    truth = [abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) for shape in areas.geometry]
    assert shapely.area(metric.geometry) == pytest.approx(truth, rel=1e-3)
    assert pyproj.CRS(metric.crs).coordinate_operation.method_name == "Lambert Azimuthal Equal Area"


def test_equal_area_lies_around_data_on_the_antimeridian():
    metric = to_metres(points((179.5, -17), (-179.5, -17)), "equal-area")
    assert np.abs(metric.xy).max() < 60_000
    assert {abs(value.value) for value in pyproj.CRS(metric.crs).coordinate_operation.params} == {17, 180, 0}


def test_order_does_not_matter():
    there = points((9, 48), (10, 51), (14, 53))
    assert to_metres(there, "equal-area").crs == to_metres(there.iloc[::-1], "equal-area").crs


@pytest.mark.parametrize("places", [[(0, 0), (170, 0)], [(0, 0), (180, 0)], [(0, 0), (120, 0), (-120, 0)]])
def test_equal_area_of_the_world_is_refused(places):
    with pytest.raises(tk.DataError, match=r"reach \d+ degrees from their center, .* name a projection for the world"):
        to_metres(points(*places), "equal-area")


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        (None, "EPSG:4326 has geographic coordinates where metres are needed: pass crs='equal-area' or an EPSG code"),
        (4258, "EPSG:4258 has geographic coordinates where metres are needed"),
        (2263, "EPSG:2263 is in US survey foot, not in metres; pass crs='equal-area' or an EPSG code in metres"),
        (4978, "EPSG:4978 is no map projection"),
        ("equal area", "crs='equal area' is no coordinate system"),
    ],
)
def test_what_is_not_in_metres_is_refused(crs, message):
    with pytest.raises(tk.DataError, match=message):
        to_metres(points((9, 48)), crs)


def test_feet_are_converted_when_asked():
    feet = points((-74.0, 40.7), (-74.0, 40.71)).to_crs(2263)
    with pytest.raises(tk.DataError, match="EPSG:2263 is in US survey foot"):
        to_metres(feet, None)
    xy = to_metres(feet, "equal-area").xy
    assert np.hypot(*(xy[1] - xy[0])) == pytest.approx(1110.5, abs=1)


def test_no_system_and_out_of_reach():
    with pytest.raises(tk.DataError, match="the coordinate system is not stated"):
        to_metres(points((9, 48), crs=None), "equal-area")
    with pytest.raises(tk.DataError, match=r"1 rows lie outside the reach of EPSG:32632: 1; choose"):
        to_metres(points((9, 48), (100, 0)), 32632)


def test_a_map_in_degrees_needs_a_plane():
    with pytest.raises(tk.DataError, match="geographic coordinates where metres are needed"):
        tk.unit_graph(grid(2, crs=DEGREES, size=1, origin=(9, 48)), activities=["work"])
    graph = tk.unit_graph(grid(2, crs=DEGREES, size=1, origin=(9, 48)), activities=["work"], crs=UTM)
    assert graph.crs == "EPSG:32632"
    assert graph.lonlat == pytest.approx(np.array([[9.5, 48.5], [10.5, 48.5]]), abs=0.01)
