"""What cannot be crossed: rivers, ridges, motorways and closed areas, and ways around them."""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Bools, Floats, Ints
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.checks import Crs
from territorykit.model.unit_graph import UnitGraph

WIDTH_M = 1.0
"""Half the width that lines are given, so that they have two sides."""
CLEAR_M = 0.01
"""How far from a barrier its corners are passed."""
MOST_CORNERS = 5000
"""Around more corners than these, ways take too long to find."""
LINES, AREAS = (1, 5), (3, 6)
BLOCK = 500_000
"""Segments looked at at once."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Barriers:
    """Lines and areas in the plane of a graph that nothing crosses; made by `barriers`.

    Parameters
    ----------
    shape
        What may not be entered, in metres; lines with a width of 2 m.
    corners
        Shape (n_corners, 2): where ways turn around it.
    crs
        Name of the plane, empty where it is not known.
    """

    shape: Any
    corners: Floats
    crs: str

    def __repr__(self) -> str:
        return f"Barriers({len(self.corners):,} corners)"

    def crossed(self, start: Floats, end: Floats) -> Bools:
        """Which straight lines lead through a barrier, shape (n,); to touch one is not to cross it.

        Parameters
        ----------
        start, end
            Shape (n, 2) each, metres.
        """
        parts = shapely.get_parts(self.shape)
        tree = shapely.STRtree(parts)
        found = np.zeros(len(start), bool)
        for first in range(0, len(start), BLOCK):
            here = slice(first, first + BLOCK)
            lines = shapely.linestrings(np.stack([start[here], end[here]], axis=1))
            line, part = tree.query(lines)
            shapely.prepare(parts[np.unique(part)])
            entered = shapely.relate_pattern(lines[line], parts[part], "T********")
            found[first + line[entered]] = True
        return found


def barriers(geometry: Any, graph: UnitGraph, *, simplify: float = 0.0) -> Barriers:  # noqa: ANN401 - geometries
    """Make barriers of lines and polygons, in the plane of a graph.

    Parameters
    ----------
    geometry
        A GeoDataFrame or GeoSeries, or shapely geometries in the plane of the graph. Leave gaps where bridges and
        passes are.
    graph
        The units; its coordinate system is the one that the barriers are brought to.
    simplify
        Metres by which the shapes may be off, to have fewer corners; 0 keeps them.

    Raises
    ------
    DataError
        With all problems at once: no geometries, missing, empty or invalid ones, other kinds than lines and
        polygons, coordinate systems that do not fit, too many corners, units inside a barrier.

    Examples
    --------
    >>> from shapely import LineString
    >>> graph = UnitGraph(["a", "b"], [[0, 0], [2000, 0]], [[0, 1]])
    >>> wall = barriers(LineString([(1000, -500), (1000, 500)]), graph)
    >>> wall, wall.crossed(graph.xy[:1], graph.xy[1:]).tolist()
    (Barriers(4 corners), [True])
    """
    problems = Problems("barriers")
    parts = _parts(geometry, graph, problems)
    if isinstance(simplify, bool) or not isinstance(simplify, int | float) or not 0 <= simplify < np.inf:
        problems.add(f"simplify is {simplify!r}", "pass metres from 0")
    problems.raise_as(DataError)
    wide = [
        shapely.buffer(part, 0 if _is_area(part) else WIDTH_M, cap_style="flat", join_style="mitre") for part in parts
    ]
    shape = shapely.union_all(wide)
    if simplify > 0:
        shape = shapely.buffer(shapely.simplify(shape, simplify), 0)
    outline = shapely.buffer(shape, CLEAR_M, cap_style="flat", join_style="mitre")
    corners = _turning(outline)
    if len(corners) > MOST_CORNERS:
        problems.add(
            f"they have {len(corners):,} corners, more than the {MOST_CORNERS:,} that ways can be led around",
            "pass simplify= with the metres that the shapes may be off",
        )
    inside = shapely.contains_properly(shape, shapely.points(graph.xy))
    if inside.any():
        problems.add(
            f"{int(inside.sum()):,} units lie inside a barrier: {listing(graph.ids[inside])}",
            "move them, or cut the barrier out around them",
        )
    problems.raise_as(DataError)
    return Barriers(shape, corners, graph.crs)


def _is_area(part: Any) -> bool:  # noqa: ANN401 - a geometry
    return shapely.get_type_id(part) in AREAS


def _parts(geometry: Any, graph: UnitGraph, problems: Problems) -> Any:  # noqa: ANN401 - geometries
    """Single geometries in the graph's plane."""
    crs: Crs | None = getattr(geometry, "crs", None)
    if isinstance(geometry, gpd.GeoDataFrame | gpd.GeoSeries):
        shapes = np.asarray(geometry.geometry.values, object)
    else:
        shapes = np.atleast_1d(np.asarray(geometry, object))
    known = shapely.is_geometry(shapes)
    known[known] = ~shapely.is_empty(shapes[known])
    if not known.all() or len(shapes) == 0:
        problems.add(
            f"{int((~known).sum()):,} of {len(shapes):,} are no geometries, missing or empty: "
            f"{listing(np.flatnonzero(~known))}",
            "pass lines and polygons",
        )
        return shapes
    other = ~np.isin(shapely.get_type_id(shapes), LINES + AREAS)
    if other.any():
        kinds = sorted({shape.geom_type for shape in shapes[other]})
        problems.add(f"{int(other.sum()):,} are {listing(kinds)}", "pass lines and polygons")
    invalid = ~shapely.is_valid(shapes)
    if invalid.any():
        problems.add(
            f"{int(invalid.sum()):,} are invalid: {listing(np.flatnonzero(invalid))}", "repair them (make_valid)"
        )
    if crs is not None and not graph.crs:
        problems.add("the graph does not know its coordinate system", "bring the barriers to its plane, without a crs")
    elif crs is not None and pyproj.CRS(crs) != pyproj.CRS(graph.crs):
        to_plane = pyproj.Transformer.from_crs(crs, graph.crs, always_xy=True)
        shapes = shapely.transform(shapes, to_plane.transform, interleaved=False)
    elif crs is None and isinstance(geometry, gpd.GeoDataFrame | gpd.GeoSeries) and graph.crs:
        problems.add("the barriers do not say their coordinate system", "set it with set_crs")
    return shapely.get_parts(shapes)


def _turning(outline: Any) -> Floats:  # noqa: ANN401 - a geometry
    """Corners of an outline that ways may turn around, shape (n, 2): those that stand out."""
    found = []
    for polygon in shapely.get_parts(outline):
        for ring in (polygon.exterior, *polygon.interiors):
            points = np.asarray(ring.coords)[:-1]
            if ring.is_ccw != ring.equals(polygon.exterior):
                points = points[::-1]  # the barrier lies to the left
            along, on = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
            found.append(points[along[:, 0] * on[:, 1] - along[:, 1] * on[:, 0] > 0])
    return np.concatenate([np.empty((0, 2)), *found])


def without_crossings(graph: UnitGraph, walls: Barriers, *, islands: str = "apart") -> UnitGraph:
    """Part neighbors where the straight line from unit to unit leads through a barrier.

    Parameters
    ----------
    graph
        The units.
    walls
        What `barriers` made for this graph.
    islands
        What to do where the graph then falls into more pieces than before. "apart": keep them, and warn. "error":
        refuse.

    Returns
    -------
    UnitGraph
        The same units without these edges.

    Raises
    ------
    DataError
        If barriers are those of another plane, or pieces are an error.

    Warns
    -----
    TerritoryKitWarning
        Where pieces are kept apart: how many, and which units.

    Examples
    --------
    >>> from shapely import LineString
    >>> graph = UnitGraph(["a", "b", "c"], [[0, 0], [2000, 0], [1000, 900]], [[0, 1], [0, 2], [1, 2]])
    >>> river = barriers(LineString([(1000, -500), (1000, 500)]), graph)
    >>> without_crossings(graph, river).edges.tolist()
    [[0, 2], [1, 2]]
    """
    if islands not in ("apart", "error"):
        message = f"islands is {islands!r}; pass 'apart' or 'error'"
        raise DataError(message)
    check_plane(walls, graph)
    cut = walls.crossed(graph.xy[graph.edges[:, 0]], graph.xy[graph.edges[:, 1]])
    edges, bridges = graph.edges[~cut], graph.bridges
    if bridges is not None:
        left = set(map(tuple, edges.tolist()))
        held = [pair for pair in bridges.tolist() if tuple(sorted(pair)) in left]
        bridges = np.array(held, np.int64).reshape(-1, 2) if held else None
    parted = replace(
        graph,
        edges=edges,
        edge_lengths=None if graph.edge_lengths is None else graph.edge_lengths[~cut],
        border_lengths=None if graph.border_lengths is None else graph.border_lengths[~cut],
        bridges=bridges,
    )
    before, after = (_pieces(item) for item in (graph, parted))
    if after.max(initial=0) > before.max(initial=0):
        main = np.argmax(np.bincount(after))
        away = graph.ids[after != main]
        message = (
            f"barriers: {int(cut.sum()):,} of {len(cut):,} edges are cut, and the map falls into {after.max() + 1:,} "
            f"pieces instead of {before.max() + 1:,}; {len(away):,} units lie outside the largest: {listing(away)}"
        )
        if islands == "error":
            message += "; leave gaps where bridges are, or pass islands='apart'"
            raise DataError(message)
        warnings.warn(message, TerritoryKitWarning, stacklevel=2)
    return parted


def check_plane(walls: Barriers, graph: UnitGraph) -> None:
    """Refuse barriers that were made for the plane of another graph."""
    if not isinstance(walls, Barriers):
        message = f"barriers is a {type(walls).__name__}; pass what tk.barriers makes of geometries"
        raise DataError(message)
    if walls.crs != graph.crs:
        message = (
            f"the barriers are in {walls.crs or 'no known plane'!r}, the graph in {graph.crs or 'none'!r}; "
            "make them for this graph"
        )
        raise DataError(message)


def _pieces(graph: UnitGraph) -> Ints:
    n = graph.n_units
    links = csr_matrix((np.ones(len(graph.edges)), (graph.edges[:, 0], graph.edges[:, 1])), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)
