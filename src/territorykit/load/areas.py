"""Reading the map of areas."""

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np

from territorykit.errors import DataError, Problems
from territorykit.load.coordinates import degrees_for, to_world
from territorykit.load.formats.archives import ArchiveLimits
from territorykit.load.formats.files import existing, read_layer
from territorykit.load.inputs import (
    MULTIPOLYGON,
    POLYGON,
    Crs,
    check_coordinates,
    check_geometries,
    plain_ids,
    require_frame,
    with_crs,
    with_ids,
)


def read_areas(
    source: str | Path | gpd.GeoDataFrame,
    *,
    id: str,  # noqa: A002 - the column's role, as a caller says it
    crs: Crs | None = None,
    shifted_regions: str | Iterable[str] = (),
    layer: str | None = None,
    encoding: str | None = None,
    limits: ArchiveLimits | None = None,
) -> gpd.GeoDataFrame:
    """Read areas with their ids, checked.

    Parameters
    ----------
    source
        Path of a GeoJSON, GeoPackage, shapefile (also zipped), FlatGeobuf, GeoParquet, KML or KMZ file, or
        a GeoDataFrame, which is not changed.
    id
        Column with the ids: all texts or all whole numbers, no two alike. Texts stay texts, with their
        leading zeros.
    crs
        Coordinate system, where the file states none. It is never guessed. "gcj02" (Amap, DataV, Tencent) and
        "bd09" (Baidu) are brought to WGS 84, see `convert_geometries`; a file that states WGS 84 may be in them.
    shifted_regions
        For these two, regions beside mainland China that are shifted too: "hong kong", "macao", "taiwan".
    layer
        Name of the layer, where the file has several.
    encoding
        Encoding of the texts in a shapefile, where the file states none or a wrong one, or in a GeoJSON.
        Without it, such texts must be UTF-8.
    limits
        How much an archive may hold once it is unpacked; None for the usual limits of `ArchiveLimits`.

    Returns
    -------
    GeoDataFrame
        One row per area, indexed by id, in the coordinate system of the source (EPSG:4326 for "gcj02" and
        "bd09").

    Raises
    ------
    DataError
        With all problems at once: missing or duplicated ids; missing, empty, invalid or non-polygon
        geometries; no coordinate system, two that contradict, degrees out of range, or several systems in
        one layer. Nothing is repaired or dropped.
    BackendError
        If the file needs a package that is not installed.

    Examples
    --------
    >>> from territorykit.load import datasets
    >>> areas = read_areas(datasets.path("texas_counties.geojson"), id="fips")
    >>> areas.index[:2].tolist(), len(areas)
    (['48001', '48003'], 254)
    """
    if isinstance(source, gpd.GeoDataFrame):
        require_frame(source, "areas")
        frame, subject = source, "areas"
    else:
        path = existing(source)
        frame, subject = read_layer(path, layer, encoding, texts=(id,), limits=limits), path.name
    problems = Problems(subject)
    named = degrees_for(crs, frame.crs, shifted_regions, problems)
    frame = with_ids(with_crs(frame, named, problems), id, problems)
    if not len(frame):
        problems.add("there are no areas", "check the file and the layer")
    ids = plain_ids(frame.index)
    check_geometries(np.asarray(frame.geometry.values, object), ids, (POLYGON, MULTIPOLYGON), problems)
    check_coordinates(frame, ids, problems)
    problems.raise_as(DataError)
    return to_world(frame, crs, shifted_regions)
