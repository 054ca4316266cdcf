"""Chinese coordinates: GCJ-02 and BD-09 to and from WGS 84."""

import re
from collections.abc import Callable, Iterable

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike

from territorykit._arrays import Floats, Ints, Objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load import china
from territorykit.load.inputs import (
    EDGE_OF_THE_WORLD,
    ROUNDING_DEGREES,
    Crs,
    check_geometries,
    crs_name,
    plain_ids,
    require_frame,
)

WGS84, GCJ02, BD09 = SYSTEMS = ("wgs84", "gcj02", "bd09")
WORLD = "EPSG:4326"
DATUMS = ("World Geodetic System 1984", "China 2000")
"""Degrees of these count as WGS 84: they differ by centimetres."""

AXIS = 6378245.0
ECCENTRICITY = 0.00669342162296594323  # squared, of the Krasovsky ellipsoid
ORIGIN = np.array([[105.0], [35.0]])
BD_OFFSET = np.array([[0.0065], [0.006]])
BD_WAVES = np.pi * 3000 / 180
MOST_STEPS = 20
SETTLED_DEGREES = 1e-12
MARGIN_DEGREES = 0.03
"""Wider than any shift."""


def convert_coordinates(
    lon: ArrayLike, lat: ArrayLike, source: str, target: str, *, shifted_regions: str | Iterable[str] = ()
) -> tuple[Floats, Floats]:
    r"""Convert between GPS coordinates (WGS 84) and those of Chinese maps (GCJ-02, BD-09).

    Maps in mainland China must be shifted: by up to 0.7 km, at every place otherwise, to the system GCJ-02. Its
    formula was never published, but is known from programs [1]_. Amap, Tencent and Google's map of China are in
    GCJ-02 [3]_; Baidu shifts once more, to BD-09 [2]_.

    Only places inside an outline of China are moved, see `territorykit.load.china.inside`; all others come back
    bit for bit. A place within the length of a shift of the outline cannot be told apart: there are two places
    that the shift brings there, one inside and moved, one outside and not, and the one inside is taken. The
    outline itself is right to about a kilometre at the land border.

    Parameters
    ----------
    lon, lat
        Degrees, of one shape. What is no number stays so.
    source, target
        "wgs84", "gcj02" or "bd09", in any spelling such as "GCJ-02".
    shifted_regions
        Regions beside the mainland where the data are shifted too: "hong kong", "macao", "taiwan". Makers of
        maps differ there: Google does not shift Hong Kong, Baidu does [4]_.

    Returns
    -------
    lon, lat : ndarray
        Degrees, in the shape of the input.

    Raises
    ------
    DataError
        With all problems at once: unknown systems or regions, shapes that differ, values that are no degrees.

    Notes
    -----
    The way back has no formula. It is found by repeating :math:`w \leftarrow p - s(w)`, where :math:`s` is the shift.
    Inside the outlines :math:`s` changes by less than 0.01 degrees per degree (BD-09: 0.03), so that each step takes
    the error to less than a thirtieth; it stops when nothing moves by more than 1e-12 degrees, a tenth of a micrometre.

    References
    ----------
    .. [1] googollee (2013-2018). *eviltransform*, https://github.com/googollee/eviltransform: the formula as found
           in a published map program.
    .. [2] Artoria2e5 (2016-2019). *PRCoords*, https://github.com/Artoria2e5/PRCoords: BD-09, and ways back.
    .. [3] Wikipedia, *Restrictions on geographic data in China*: who uses which system.
    .. [4] Artoria2e5, *PRCoords demo*, https://artoria2e5.github.io/PRCoords/demo: Baidu and Google in Hong Kong.

    Examples
    --------
    >>> lon, lat = convert_coordinates([116.4074, 126.978], [39.9042, 37.5665], "wgs84", "gcj02")
    >>> lon.round(6).tolist(), lat.round(6).tolist()  # Beijing is moved by 560 m, Seoul is not
    ([116.413642, 126.978], [39.905603, 37.5665])
    >>> convert_coordinates(116.413642, 39.905603, "gcj02", "wgs84")[0].round(6).item()
    116.4074
    """
    problems = Problems("converting coordinates")
    start, end = _system(source, "source", problems), _system(target, "target", problems)
    also = china.regions(shifted_regions, problems)
    try:
        x, y = np.array(lon, np.float64), np.array(lat, np.float64)  # copies
    except (TypeError, ValueError):
        problems.add("lon or lat holds what is no number", "pass degrees, such as 116.4")
        x = y = np.zeros(0)
    if x.shape != y.shape:
        problems.add(f"lon has the shape {x.shape}, lat {y.shape}", "pass one latitude per longitude")
    for name, values, edge in (("lon", x, EDGE_OF_THE_WORLD[0]), ("lat", y, EDGE_OF_THE_WORLD[1])):
        beyond = np.abs(values) > edge + ROUNDING_DEGREES
        if beyond.any():
            found = f"{int(beyond.sum()):,} values of {name} are beyond {edge:.0f}: {listing(values[beyond])}"
            problems.add(found, "pass degrees, longitude first")
    problems.raise_as(DataError)
    places = np.stack([x.ravel(), y.ravel()])
    at, moved = _moved(places, (str(start), str(end)), also)
    places[:, at] = moved
    return places[0].reshape(x.shape), places[1].reshape(x.shape)


def convert_geometries(
    frame: gpd.GeoDataFrame, source: str, target: str, *, shifted_regions: str | Iterable[str] = ()
) -> gpd.GeoDataFrame:
    """Convert the geometries of a frame between WGS 84, GCJ-02 and BD-09.

    A geometry is moved as a whole, if a point in its middle lies inside the outline that `convert_coordinates`
    describes: an area at the border keeps its shape, and areas that share vertices still share them.

    Parameters
    ----------
    frame
        Geometries of any kind in degrees, whose coordinate system is not stated, WGS 84 or CGCS2000: files in
        GCJ-02 often state WGS 84, as GeoJSON has no other. Not changed.
    source, target
        "wgs84", "gcj02" or "bd09", in any spelling such as "GCJ-02".
    shifted_regions
        Regions beside the mainland where the data are shifted too: "hong kong", "macao", "taiwan".

    Returns
    -------
    GeoDataFrame
        In EPSG:4326 for the target "wgs84"; without a coordinate system for the others, which have no
        official name. Heights are kept.

    Raises
    ------
    DataError
        With all problems at once: unknown systems or regions, a frame in another coordinate system, or
        coordinates that are no degrees.

    Examples
    --------
    >>> from shapely import box
    >>> amap = gpd.GeoDataFrame(index=["a"], geometry=[box(116.4, 39.9, 116.5, 40.0)], crs="EPSG:4326")
    >>> convert_geometries(amap, "gcj02", "wgs84").total_bounds.round(4).tolist()
    [116.3937, 39.8986, 116.494, 39.9988]
    """
    require_frame(frame, "frame")
    problems = Problems("converting geometries")
    start, end = _system(source, "source", problems), _system(target, "target", problems)
    also = china.regions(shifted_regions, problems)
    if frame.crs is not None and not _world_degrees(frame.crs):
        problems.add(
            f"the geometries are stated to be in {crs_name(frame.crs)}",
            "bring them to EPSG:4326 first, or correct what is stated, with set_crs(..., allow_override=True)",
        )
    geometry = np.asarray(frame.geometry.values, object)
    lonlat, owner = shapely.get_coordinates(geometry, return_index=True)
    beyond = np.abs(lonlat) > EDGE_OF_THE_WORLD + ROUNDING_DEGREES
    rows = np.unique(owner[beyond.any(axis=1)])
    if len(rows):
        found = f"{len(rows):,} rows have coordinates that are no degrees: {listing(plain_ids(frame.index)[rows])}"
        problems.add(found, "pass degrees, longitude first")
    problems.raise_as(DataError)
    result = frame.copy()
    result.geometry = gpd.GeoSeries(
        _with_lonlat(geometry, owner, _moved_as_wholes(geometry, owner, (str(start), str(end)), also)),
        index=frame.index,
        crs=frame.crs,
    )
    return result.set_crs(WORLD if end == WGS84 else None, allow_override=True)


def chinese(crs: Crs | None) -> str | None:
    """The Chinese system that `crs` names, "gcj02" or "bd09", or None."""
    name = _plain_name(crs)
    return name if name in (GCJ02, BD09) else None


def degrees_for(
    crs: Crs | None, stated: pyproj.CRS | None, shifted_regions: str | Iterable[str], problems: Problems
) -> Crs | None:
    """What stands for `crs` while data are checked: degrees, where it names a Chinese system.

    Parameters
    ----------
    crs
        As the caller gives it.
    stated
        What the file says.
    shifted_regions
        As the caller gives them.
    problems
        Takes contradictions.
    """
    also = china.regions(shifted_regions, problems)
    if chinese(crs) is None:
        if also:
            problems.add("shifted_regions is given", "it goes with crs='gcj02' or crs='bd09' only")
        return crs
    if stated is None:
        return WORLD
    if not _world_degrees(stated):
        problems.add(
            f"the coordinates are stated to be in {crs_name(stated)}, and crs= names {crs}",
            f"leave crs= out if the file is right; {crs} is in degrees, which files call WGS 84 or CGCS2000",
        )
    return None


def to_world(frame: gpd.GeoDataFrame, crs: Crs | None, shifted_regions: str | Iterable[str]) -> gpd.GeoDataFrame:
    """A checked frame in WGS 84, if `crs` names a Chinese system; otherwise as it is.

    Raises
    ------
    DataError
        If a geometry that was valid is so no longer.
    """
    system = chinese(crs)
    if system is None:
        return frame
    result = convert_geometries(frame, system, WGS84, shifted_regions=shifted_regions)
    problems = Problems(f"converting from {crs}")
    geometry = np.asarray(result.geometry.values, object)
    check_geometries(geometry, plain_ids(result.index), tuple(range(8)), problems)
    problems.raise_as(DataError)
    return result


def _plain_name(name: object) -> str | None:
    """A system's name without dashes and capitals: "GCJ-02" is "gcj02"."""
    plain = re.sub(r"[\s_-]", "", name).lower() if isinstance(name, str) else None
    return BD09 if plain == "bd09ll" else plain


def _system(name: object, role: str, problems: Problems) -> str | None:
    plain = _plain_name(name)
    if plain not in SYSTEMS:
        problems.add(f"{role} is {name!r}", f"pass one of {', '.join(map(repr, SYSTEMS))}")
    return plain


def _world_degrees(crs: pyproj.CRS) -> bool:
    datum = crs.datum.name if crs.is_geographic and crs.datum is not None else ""
    return datum.removesuffix(" ensemble") in DATUMS


def _moved(places: Floats, systems: tuple[str, str], also: tuple[str, ...]) -> tuple[Ints, Floats]:
    """Which places lie inside the outlines, and where these are in the target system.

    Parameters
    ----------
    places
        Shape (2, n): degrees in the source system.
    """
    west, south, east, north = china.bounds(also)
    lon, lat = places
    box = (lon > west - MARGIN_DEGREES) & (lon < east + MARGIN_DEGREES)
    at = np.flatnonzero(box & (lat > south - MARGIN_DEGREES) & (lat < north + MARGIN_DEGREES))
    true, moved = _shifted(places[:, at], *systems)
    within = china.inside(true[0], true[1], also)
    return at[within], moved[:, within]


def _shifted(here: Floats, source: str, target: str) -> tuple[Floats, Floats]:
    """Places in WGS 84 and in the target system, as if all were shifted."""
    if source == target == WGS84:
        return here, here
    if source == WGS84:
        true, gcj = here, _to_gcj02(here)
    else:
        gcj = _undone(_to_bd09, here) if source == BD09 else here
        true = _undone(_to_gcj02, gcj)
    known = {source: here, WGS84: true, GCJ02: gcj}
    return true, known[target] if target in known else _to_bd09(gcj)


def _to_gcj02(lonlat: Floats) -> Floats:
    """From WGS 84; waves of many lengths, in metres, on the Krasovsky ellipsoid."""
    x, y = lonlat - ORIGIN
    both = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    east = both + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x)
    east += 150 * np.sin(np.pi / 12 * x) + 300 * np.sin(np.pi / 30 * x)
    north = both + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y)
    north += 160 * np.sin(np.pi / 12 * y) + 320 * np.sin(np.pi / 30 * y)
    root = np.sqrt(np.abs(x))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north * 2 / 3
    latitude = np.radians(lonlat[1])
    flat = 1 - ECCENTRICITY * np.sin(latitude) ** 2
    per_lon = AXIS / np.sqrt(flat) * np.cos(latitude)
    per_lat = AXIS * (1 - ECCENTRICITY) / flat**1.5
    return np.asarray(lonlat + np.degrees(np.stack([east / per_lon, north / per_lat])))


def _to_bd09(lonlat: Floats) -> Floats:
    """From GCJ-02; polar coordinates around 0, 0, with small waves, and an offset."""
    x, y = lonlat
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * BD_WAVES)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * BD_WAVES)
    return np.asarray(radius * np.stack([np.cos(angle), np.sin(angle)]) + BD_OFFSET)


def _undone(forward: Callable[[Floats], Floats], shifted: Floats) -> Floats:
    """The places that `forward` takes to these."""
    places = shifted
    for _ in range(MOST_STEPS):
        step = shifted - forward(places)
        places = places + step
        if not step.size or np.abs(step).max() < SETTLED_DEGREES:
            break
    return places


def _moved_as_wholes(geometry: Objects, owner: Ints, systems: tuple[str, str], also: tuple[str, ...]) -> Floats:
    """Vertices in the target system, those of one geometry all moved or all left; shape (n, 2)."""
    middles, of = shapely.get_coordinates(shapely.point_on_surface(geometry), return_index=True)
    at, _ = _moved(np.ascontiguousarray(middles.T), systems, also)
    whole = np.zeros(len(geometry), bool)
    whole[of[at]] = True
    lonlat = shapely.get_coordinates(geometry)
    vertices = whole[owner]
    lonlat[vertices] = _shifted(np.ascontiguousarray(lonlat[vertices].T), *systems)[1].T
    return np.asarray(lonlat)


def _with_lonlat(geometry: Objects, owner: Ints, lonlat: Floats) -> Objects:
    result = geometry.copy()
    high = shapely.has_z(geometry)
    for some, with_z in ((~high, False), (high, True)):
        if some.any():
            old = shapely.get_coordinates(geometry[some], include_z=with_z)
            new = np.column_stack([lonlat[some[owner]], old[:, 2:]])
            result[some] = shapely.transform(geometry[some], lambda _, new=new: new, include_z=with_z)
    return result
