"""From a map of areas to a graph of units."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely

from territorykit._arrays import Floats, Ints, Objects, objects
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.borders import Borders, find_borders
from territorykit.load.columns import take_activities, take_labels
from territorykit.load.inputs import MULTIPOLYGON, POLYGON, Crs, check_frame, is_number, plain_ids, require_frame
from territorykit.load.islands import POLICIES, Islands, bridge_text, nearest_links, settle
from territorykit.load.overlaps import check_overlaps, find_overlaps
from territorykit.load.pairs import among
from territorykit.load.projection import Metric, check_target, metres_per_unit, to_metres
from territorykit.model.unit_graph import UnitGraph

TOLERANCE_M = 1.0
"""A boundary drawn to a metre is as good as surveyed; streets and rivers between areas are wider."""


def unit_graph(  # noqa: PLR0913 - all but the first by keyword
    areas: gpd.GeoDataFrame,
    *,
    activities: Mapping[str, str] | Iterable[str],
    crs: Crs | None = None,
    contiguity: Literal["rook", "queen"] = "rook",
    tolerance: float = TOLERANCE_M,
    min_border: float = 0.0,
    islands: Islands = "error",
    names: str | None = None,
    groups: Sequence[str] = (),
) -> UnitGraph:
    """Make areas the units of a graph: neighbors are areas that share a border.

    Parameters
    ----------
    areas
        Polygons whose index holds the ids, as `read_areas` makes them; not changed. A column
        ``account_ids``, as `add_accounts` makes it, is taken over.
    activities
        Column to its unit of measure, such as ``{"workload": "h/year"}``; or a list of columns.
    crs
        The plane on which lengths and areas are measured: "equal-area", or a projected system in metres.
        Without it the areas must already be in metres.
    contiguity
        "rook": neighbors share border. "queen": they may also touch at a point, with a border length of 0.
    tolerance
        Metres within which two boundaries are one. Exactly equal boundaries are found in any case; the
        tolerance is for borders that two areas write down differently.
    min_border
        Metres of common border that rook neighbors must exceed.
    islands
        What to do where the graph falls into pieces. "error": refuse. "bridge": join each piece to the
        nearest unit of another, with as few and as short bridges as possible, and warn. "apart": keep them.
    names
        Column with the names that people use.
    groups
        Columns with labels such as provinces.

    Returns
    -------
    UnitGraph
        With centroids, areas, perimeters, border lengths and center-to-center edge lengths in metres.

    Raises
    ------
    DataError
        With all problems at once: see `read_areas`; unknown columns; activities that are missing, negative,
        infinite or no numbers; degrees where metres are needed; areas that overlap by more than 1 % of the
        smaller; and pieces, where they are an error. Slivers up to 1 % are tolerated and count as border.

    Warns
    -----
    TerritoryKitWarning
        Where islands are bridged: which units, over what distance.

    Examples
    --------
    >>> areas = gpd.GeoDataFrame(
    ...     {"workload": [3, 5, 4]},
    ...     index=["a", "b", "c"],
    ...     geometry=[shapely.box(x, 0, x + 1000, 1000) for x in (0, 1000, 2000)],
    ...     crs="EPSG:32632",
    ... )
    >>> graph = unit_graph(areas, activities={"workload": "h/year"})
    >>> graph.edges.tolist(), graph.border_lengths.tolist()
    ([[0, 1], [1, 2]], [1000.0, 1000.0])
    """
    require_frame(areas, "areas")
    problems = Problems("areas")
    ids = plain_ids(areas.index)
    _check_settings(contiguity, tolerance, min_border, islands, problems)
    check_frame(areas, (POLYGON, MULTIPOLYGON), problems)
    check_target(areas, crs, problems)
    columns = take_labels(areas, names, groups, problems)
    columns["activities"] = take_activities(areas, activities, ids, problems)
    columns |= _accounts(areas, ids, problems)
    problems.raise_as(DataError)

    metric = to_metres(areas, crs)
    borders = _measured(areas, metric, tolerance, points=contiguity == "queen")
    edges, lengths = _neighbors(borders, contiguity, min_border)
    coast = borders.coast if min_border == 0 else np.ones(len(ids), bool)
    links = settle(islands, ids, edges, lambda piece_of: nearest_links(metric.geometry, piece_of, coast))
    if len(links[0]):
        warnings.warn(bridge_text(ids, links), TerritoryKitWarning, stacklevel=2)
    return build_graph(ids, metric, (edges, lengths), links[0], columns)


def build_graph(
    ids: Objects, metric: Metric, edges: tuple[Ints, Floats | None], bridges: Ints, columns: dict[str, Any]
) -> UnitGraph:
    """A graph from measured geometries, its edges with their border lengths, and bridges."""
    pairs, lengths = edges
    every = np.concatenate([pairs, bridges])
    if lengths is not None:
        lengths = np.concatenate([lengths, np.zeros(len(bridges))])
    areal = not (shapely.get_type_id(metric.geometry) == 0).all()
    return UnitGraph(
        ids=ids,
        xy=metric.xy,
        edges=every,
        lonlat=metric.lonlat,
        edge_lengths=np.hypot(*(metric.xy[every[:, 0]] - metric.xy[every[:, 1]]).T),
        border_lengths=lengths,
        area=shapely.area(metric.geometry) if areal else None,
        perimeter=shapely.length(metric.geometry) if areal else None,
        bridges=bridges if len(bridges) else None,
        crs=metric.crs,
        **columns,
    )


def _check_settings(contiguity: str, tolerance: float, min_border: float, islands: str, problems: Problems) -> None:
    if contiguity not in ("rook", "queen"):
        problems.add(f"contiguity is {contiguity!r}", "pass 'rook' or 'queen'")
    if islands not in POLICIES:
        problems.add(f"islands is {islands!r}", "pass 'error', 'bridge' or 'apart'")
    for name, value in (("tolerance", tolerance), ("min_border", min_border)):
        if not (is_number(value) and value >= 0):
            problems.add(f"{name} is {value!r}", "pass metres, from 0")


def _measured(areas: gpd.GeoDataFrame, metric: Metric, tolerance: float, *, points: bool) -> Borders:
    """Borders of areas that do not overlap, with slivers counted as border."""
    source = np.asarray(areas.geometry.values, object)
    overlaps = find_overlaps(source, areas.crs, metric.crs)
    problems = Problems("areas")
    check_overlaps(overlaps, plain_ids(areas.index), problems)
    problems.raise_as(DataError)
    long = overlaps.lengths > tolerance
    return find_borders(
        source,
        metric.geometry,
        unit_metres=None if areas.crs.is_geographic else metres_per_unit(areas.crs),
        tolerance=tolerance,
        slivers=(overlaps.pairs[long], overlaps.lengths[long]),
        points=points,
    )


def _neighbors(borders: Borders, contiguity: str, min_border: float) -> tuple[Ints, Floats]:
    rook = borders.lengths > min_border
    if contiguity == "rook":
        return borders.pairs[rook], borders.lengths[rook]
    lengths = np.zeros(len(borders.contacts))
    lengths[among(borders.contacts, borders.pairs)] = borders.lengths
    return borders.contacts, lengths


def _accounts(areas: gpd.GeoDataFrame, ids: Objects, problems: Problems) -> dict[str, Any]:
    """The fields about accounts, from the column that `add_accounts` made."""
    if "account_ids" not in areas.columns:
        return {}
    held = [item.tolist() if isinstance(item, np.ndarray) else item for item in areas["account_ids"]]  # from Parquet
    wrong = np.array([not isinstance(item, tuple | list) for item in held], bool)
    if wrong.any():
        problems.add(
            f"account_ids holds no tuple of ids for {listing(ids[wrong])}",
            "rename the column, or make it with add_accounts",
        )
        return {}
    counts = np.array([len(item) for item in held], np.int64)
    return {
        "account_ids": objects([account for item in held for account in item]),
        "account_units": np.repeat(np.arange(len(held)), counts),
    }
