"""Travel between the units of a graph, and from bases, by whatever way of travelling."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import ArrayLike

from territorykit._arrays import Floats, Ints, floats, objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load.road_network import RoadNetwork
from territorykit.load.routing import RoutingError, RoutingServer
from territorykit.load.straight import StraightLine
from territorykit.load.travel_table import TravelTable
from territorykit.load.ways.places import Places, Way, Ways
from territorykit.model.travel import Travel
from territorykit.model.unit_graph import UnitGraph


def travel(
    graph: UnitGraph,
    by: Way | pd.DataFrame | None = None,
    *,
    bases: ArrayLike | None = None,
    bases_lonlat: ArrayLike | None = None,
    base_ids: ArrayLike | None = None,
    within: float = math.inf,
    workers: int = 1,
    resume: RoutingError | None = None,
) -> Travel:
    """Measure how long it takes, and how far it is, from unit to unit and from bases to units.

    Parameters
    ----------
    graph
        The units.
    by
        How one travels: a `RoadNetwork`, a `RoutingServer`, a `TravelTable` or a frame that is one, or a
        `StraightLine`, which is also what counts without it: the great circle times a circuity over a speed.
    bases
        Shape (n_territories, 2): where representatives start from, metres in the plane of the graph; NaN in rows of
        territories whose base is free.
    bases_lonlat
        The same in WGS 84 degrees, longitude first. Where the graph knows its coordinate system, one of the two is
        enough.
    base_ids
        Shape (n_territories,): the ids of the bases, for tables; "1", "2", ... without it.
    within
        Minutes up to which ways are kept: the longest that is of use, such as a day's farthest visit. Infinite for
        all; memory grows with what is kept.
    workers
        Processes, or requests to a server, at a time; the answer does not depend on it.
    resume
        The error in which an earlier call to a `RoutingServer` ended: only what it did not have is asked.

    Returns
    -------
    Travel
        As `Problem` takes it. Times may differ by direction.

    Raises
    ------
    DataError
        With all problems at once: bases without a place or in the wrong number, units and bases that do not snap to
        the roads, tables with wrong ids or times.
    BackendError
        If a server fails for good; `RoutingError` keeps what it had answered.

    Examples
    --------
    >>> graph = UnitGraph(["a", "b"], [[0, 0], [25_000, 0]], [[0, 1]])
    >>> ways = travel(graph, StraightLine(circuity=1.2, kmh=60), bases=[[0, 10_000]])
    >>> float(ways.minutes_between(0, 1).round(6)), float(ways.minutes_from_bases(0, 0).round(6))
    (30.0, 12.0)
    """
    if not isinstance(graph, UnitGraph):
        message = f"travel: graph is a {type(graph).__name__}; pass a UnitGraph, as unit_graph makes it"
        raise DataError(message)
    problems = Problems("travel")
    way = _way(by, problems)
    if isinstance(within, bool) or not isinstance(within, int | float) or not within > 0:
        problems.add(f"within is {within!r}", "pass minutes above 0, or infinity for all ways")
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        problems.add(f"workers is {workers!r}", "pass a whole number from 1")
    homes = _bases(graph, bases, bases_lonlat, base_ids, problems)
    if resume is not None and not isinstance(way, RoutingServer):
        problems.add("resume goes on with a RoutingServer", "leave it out for any other way of travelling")
    problems.raise_as(DataError)
    units = Places(graph.ids, graph.xy, graph.lonlat, "units", graph.crs)
    known = None if homes is None else _known(homes)
    if callable(check := getattr(way, "check", None)):
        check(units, *(() if known is None else (known,)))
    if isinstance(way, RoutingServer):
        asked = (units,) if known is None else (units, known)
        answers = way.ways_from(asked, units, within=within, workers=workers, resume=resume)
        return _as_travel(answers[0], None if homes is None else _with_free(answers[1], homes), within)
    between = way.ways(units, units, within=within, workers=workers)
    if homes is None or known is None:
        return _as_travel(between, None, within)
    return _as_travel(between, _with_free(way.ways(known, units, within=within, workers=workers), homes), within)


def _as_travel(between: Ways, away: Ways | None, within: float) -> Travel:
    """What is known of the ways between units, and from bases."""
    if away is None:
        return Travel(*_without_own(between), within=within)
    return Travel(
        *_without_own(between),
        base_indptr=away.indptr,
        base_indices=away.indices,
        base_minutes=away.minutes,
        base_metres=away.metres if between.metres is not None else None,
        within=within,
    )


def _way(by: Any, problems: Problems) -> Any:  # noqa: ANN401 - any way of travelling
    if by is None:
        return StraightLine()
    if isinstance(by, pd.DataFrame):
        return TravelTable(by, metres="metres" if "metres" in by else None)
    if not callable(getattr(by, "ways", None)):
        problems.add(f"by is a {type(by).__name__}", "pass a RoadNetwork, RoutingServer, TravelTable or StraightLine")
    return by


def _bases(
    graph: UnitGraph, xy: ArrayLike | None, lonlat: ArrayLike | None, ids: ArrayLike | None, problems: Problems
) -> Places | None:
    """The bases that were given, in metres and degrees as far as that can be known."""
    points = {name: _points(value, name, problems) for name, value in (("bases", xy), ("bases_lonlat", lonlat))}
    plane, degrees = points["bases"], points["bases_lonlat"]
    n = next((len(p) for p in (plane, degrees) if p is not None), 0 if ids is None else len(np.atleast_1d(ids)))
    if plane is not None and degrees is not None and plane.shape != degrees.shape:
        problems.add(
            f"{len(plane):,} bases and {len(degrees):,} bases_lonlat", "pass the same bases, or one of the two"
        )
    if n == 0:
        if xy is not None or lonlat is not None or ids is not None:
            problems.add("there are no bases in what was passed", "pass one point per territory, or leave bases out")
        return None
    names = objects([str(t) for t in range(1, n + 1)] if ids is None else ids)
    if len(names) != n:
        problems.add(f"{len(names):,} base_ids for {n:,} bases", "pass one id each")
    if graph.crs and not problems:
        if degrees is None and plane is not None:
            degrees = _moved(plane, graph.crs, "EPSG:4326")
        elif plane is None and degrees is not None:
            plane = _moved(degrees, "EPSG:4326", graph.crs)
    return Places(names, plane, degrees, "bases", graph.crs)


def _points(value: ArrayLike | None, name: str, problems: Problems) -> Floats | None:
    if value is None:
        return None
    remedy = "pass one point per territory, shape (n_territories, 2), NaN in both where a base is free"
    try:
        points = floats(value)
    except (TypeError, ValueError) as error:
        problems.add(f"{name}: {error}", remedy)
        return None
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:  # noqa: PLR2004
        problems.add(f"{name} has shape {points.shape}", remedy)
        return None
    half = np.isnan(points).any(axis=1) != np.isnan(points).all(axis=1)
    if half.any() or np.isinf(points).any():
        problems.add(f"{name} has half a place in rows {listing(np.flatnonzero(half))}" if half.any() else
                     f"{name} has infinite values", remedy)  # fmt: skip
        return None
    return points


def _moved(points: Floats, source: str, target: str) -> Floats:
    found = pyproj.Transformer.from_crs(source, target, always_xy=True).transform(*points.T)
    return np.where(np.isnan(points), np.nan, np.stack(found, axis=1))


def _given(places: Places) -> np.ndarray:
    """Which bases have a place; for tables, which know none, all."""
    points = places.xy if places.xy is not None else places.lonlat
    return np.ones(len(places.ids), bool) if points is None else ~np.isnan(points[:, 0])


def _known(places: Places) -> Places:
    given = _given(places)
    return Places(
        places.ids[given],
        None if places.xy is None else places.xy[given],
        None if places.lonlat is None else places.lonlat[given],
        places.word,
        places.crs,
    )


def _with_free(ways: Ways, places: Places) -> Ways:
    """The same with empty rows where bases are free."""
    count = np.zeros(len(places.ids), np.int64)
    count[_given(places)] = np.diff(ways.indptr)
    return ways._replace(indptr=np.concatenate([[0], np.cumsum(count)]).astype(np.int64))


def _without_own(ways: Ways) -> tuple[Ints, Ints, Floats, Floats | None]:
    """Ways from unit to unit; those from a unit to itself take nothing and are not stored."""
    row = np.repeat(np.arange(ways.n_origins), np.diff(ways.indptr))
    kept = row != ways.indices
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row[kept], minlength=ways.n_origins))]).astype(np.int64)
    return indptr, ways.indices[kept], ways.minutes[kept], None if ways.metres is None else ways.metres[kept]


def road_neighbors(graph: UnitGraph, roads: RoadNetwork) -> UnitGraph:
    """Make units neighbors where a road leads from one to the other without passing nearer to a third.

    Every node of the network belongs to the unit from which it is quickest to reach [1]_; units are neighbors where a
    road joins nodes of both. Rivers and ridges part units wherever no bridge or pass leads over them, and, one-way
    streets aside, every connected territory can be driven through without leaving it.

    Parameters
    ----------
    graph
        The units; their neighbors so far are forgotten, and so are lengths of borders.
    roads
        The roads.

    Returns
    -------
    UnitGraph
        The same units with new edges. Of units at one node of the network the first has the neighbors; the others are
        joined to it one by one. Units between which no road leads have no edge.

    Raises
    ------
    DataError
        If units do not snap to the roads.

    References
    ----------
    .. [1] Okabe, A., Satoh, T., Furuta, T., Suzuki, A., Okano, K. (2008). Generalized network Voronoi diagrams:
           concepts, computational methods, and applications. *International Journal of Geographical Information
           Science*, 22(9), 965-994.

    Examples
    --------
    Two banks of a river; the only bridge is near b and e.

    >>> xy = [[0, 0], [1000, 0], [0, 500], [1000, 500]]
    >>> graph = UnitGraph(["a", "b", "d", "e"], xy, [[0, 1], [0, 2], [1, 3], [2, 3]])
    >>> roads = RoadNetwork([0, 1, 1, 3, 3, 2], [1, 0, 3, 1, 2, 3], [1, 1, 1, 1, 1, 1], xy=xy)
    >>> road_neighbors(graph, roads).edges.tolist()
    [[0, 1], [1, 3], [2, 3]]
    """
    if not isinstance(roads, RoadNetwork):
        message = f"roads are a {type(roads).__name__}; pass a RoadNetwork, as road_network and read_roads make it"
        raise DataError(message)
    (snapped,) = roads.snapped(Places(graph.ids, graph.xy, graph.lonlat, "units"))
    cell = roads.nearest_place(snapped.node)
    pairs = np.stack([cell[roads.start], cell[roads.end]], axis=1)
    pairs = pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs >= 0).all(axis=1)]
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    order = np.argsort(snapped.node, kind="stable")
    same = np.diff(snapped.node[order]) == 0
    beside = np.sort(np.stack([order[:-1][same], order[1:][same]], axis=1), axis=1)
    edges = np.unique(np.concatenate([pairs, beside]), axis=0)
    lengths = np.hypot(*(graph.xy[edges[:, 0]] - graph.xy[edges[:, 1]]).T)
    return replace(graph, edges=edges, edge_lengths=lengths, border_lengths=None, bridges=None)
