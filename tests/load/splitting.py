"""Accounts on small maps, and what must hold of every split."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from load.maps import UTM

CORNER = np.array([500_000.0, 5_000_000.0])


def accounts(places, crs=UTM, **columns):
    """Accounts "k0", "k1", ... at these places."""
    x, y = np.asarray(places, float).T
    ids = [f"k{i}" for i in range(len(x))]
    return gpd.GeoDataFrame(columns or {"work": 1.0}, index=ids, geometry=gpd.points_from_xy(x, y), crs=crs)


def in_cell(places):
    """Places in kilometres from the corner of a grid."""
    return CORNER + 1000 * np.asarray(places, float)


def check_split(before, split):
    """What holds of every split: valid polygons that cover the same ground, with the same totals."""
    after = split.areas
    old, new = (np.asarray(areas.geometry.values, object) for areas in (before, after))
    assert shapely.is_valid(new).all()
    if shapely.coverage_is_valid(old):
        assert shapely.coverage_is_valid(new)
    assert after.index.is_unique
    for cut in split.cuts:
        parts = np.asarray(after.geometry.loc[list(cut.new)].values, object)
        area = before.geometry.loc[cut.old]
        assert shapely.area(parts).sum() == pytest.approx(area.area, rel=1e-9)
        assert shapely.symmetric_difference(shapely.union_all(parts), area).area <= 1e-9 * area.area
        if area.geom_type == "Polygon":
            assert set(shapely.get_type_id(parts)) == {3}
        corners = {tuple(xy) for xy in shapely.get_coordinates(parts)}
        assert {tuple(xy) for xy in shapely.get_coordinates(area)} <= corners
    for name in before.select_dtypes("number"):
        assert after[name].sum() == pytest.approx(before[name].sum(), rel=1e-12)
        assert after[name].dtype == before[name].dtype
