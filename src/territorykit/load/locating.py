"""Which account lies in which area."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Floats, Ints, Objects
from territorykit.load.projection import wide_metres

NOWHERE = -1


def locate(areas: Objects, points: Objects) -> Ints:
    """Position of the area in which each point lies, or -1; on a border, the first area in order.

    Parameters
    ----------
    areas
        Shape (n_areas,): polygons.
    points
        Shape (n_points,): points in the same coordinate system.

    Returns
    -------
    ndarray of shape (n_points,)
    """
    area, point = shapely.STRtree(points).query(areas, predicate="intersects")
    home = np.full(len(points), len(areas))
    np.minimum.at(home, point, area)
    home[home == len(areas)] = NOWHERE
    return home


def nearest(areas: gpd.GeoDataFrame, points: gpd.GeoSeries) -> tuple[Ints, Floats]:
    """Position of the nearest area for each point, and the way to it in metres.

    Nearness is judged on an equal-area map around the areas and the points, the way is measured on the
    ellipsoid.

    Returns
    -------
    area, metres
        Shape (n_points,) each.

    Raises
    ------
    DataError
        If places have no finite coordinates: they lie beyond the reach of the areas' map projection.
    """
    names = pd.Index([*areas.index, *points.index], dtype=object, tupleize_cols=False)  # for messages
    both = gpd.GeoDataFrame(geometry=[*areas.geometry, *points], index=names, crs=areas.crs)
    metric = wide_metres(both)
    return nearest_on_plane(metric.geometry[: len(areas)], metric.geometry[len(areas) :], metric.crs)


def nearest_on_plane(polygons: Objects, places: Objects, crs: str) -> tuple[Ints, Floats]:
    """Position of the nearest polygon for each place, the first of equals, and the way to it in metres.

    Parameters
    ----------
    polygons, places
        Shapes (n_polygons,) and (n_places,): geometries on an equal-area plane.
    crs
        The plane; the way is measured on the ellipsoid.

    Returns
    -------
    polygon, metres
        Shape (n_places,) each.
    """
    place, polygon = shapely.STRtree(polygons).query_nearest(places, all_matches=True)
    home = np.full(len(places), len(polygons))
    np.minimum.at(home, place, polygon)
    ways = shapely.get_coordinates(shapely.shortest_line(polygons[home], places))
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(*ways.T)
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(lon[::2], lat[::2], lon[1::2], lat[1::2])
    return home, np.asarray(metres)
