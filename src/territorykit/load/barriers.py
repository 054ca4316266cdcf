"""What cannot be crossed: rivers, ridges, motorways and closed areas, and ways around them."""

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Objects, floats
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.inputs import APART_M, EDGE_OF_THE_WORLD, Crs, add_rows, crs_name, parse_crs, plain_ids
from territorykit.load.islands import pieces
from territorykit.model.unit_graph import UnitGraph

WIDTH_M = 1.0
"""Half the width that lines are given, so that they have two sides."""
CLEAR_M = 0.01
"""How far from a barrier its corners are passed."""
TOUCH_M = 0.001
"""How deep a way may lead into a barrier and still only touch it."""
LINES, AREAS = (1, 2, 5), (3, 6)
BLOCK = 500_000
"""Segments looked at at once."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Barriers:
    """Lines and areas in the plane of a graph that nothing crosses; made by `barriers`.

    Parameters
    ----------
    shape
        What no way may meet, in metres: lines with a width of 2 m, and areas; both are a millimetre smaller all
        around, so that to touch them is not to meet them.
    corners
        Shape (n_corners, 2): where ways turn around it, metres.
    beside
        Shape (n_corners, 2, 2): the outline's points before and after each corner, metres.
    crs
        Name of the plane, empty where it is not known.
    """

    shape: Any
    corners: Floats
    beside: Floats
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
        found = np.zeros(len(start), bool)
        for first in range(0, len(start), BLOCK):
            here = slice(first, first + BLOCK)
            lines = shapely.linestrings(np.stack([start[here], end[here]], axis=1))
            found[here] = self._met(lines)
        return found

    def inside(self, xy: Floats) -> Bools:
        """Which points lie inside a barrier, shape (n,); those on its edge do not.

        Parameters
        ----------
        xy
            Shape (n, 2), metres.
        """
        return self._met(shapely.points(xy))

    def _met(self, shapes: Objects) -> Bools:
        # to meet a slightly smaller shape is safer to decide than to tell a crossing from a touch
        parts = shapely.get_parts(self.shape)
        which, part = shapely.STRtree(parts).query(shapes)
        shapely.prepare(parts[np.unique(part)])
        found = np.zeros(len(shapes), bool)
        found[which[shapely.intersects(parts[part], shapes[which])]] = True
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
        Metres by which the shapes may be off, to have fewer corners; 0 keeps them. Gaps between the ends of lines
        stay as they are.

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
    if not isinstance(graph, UnitGraph):
        problems.add(f"graph is a {type(graph).__name__}", "pass a UnitGraph, as unit_graph makes it")
    if isinstance(simplify, bool) or not isinstance(simplify, int | float) or not 0 <= simplify < np.inf:
        problems.add(f"simplify is {simplify!r}", "pass metres from 0")
    shapes = _shapes(geometry, problems)
    problems.raise_as(DataError)
    shape = _drawn(_in_plane(shapes, geometry, graph, problems), simplify)
    outline = shapely.buffer(shape, CLEAR_M, cap_style="flat", join_style="mitre")
    shape = shapely.buffer(shape, -TOUCH_M, cap_style="flat", join_style="mitre")
    corners, beside = _turning(outline)
    found = Barriers(shape, floats(corners), floats(beside), graph.crs)
    _add_inside(found, graph.ids, graph.xy, "units", problems)
    problems.raise_as(DataError)
    return found


def _shapes(geometry: Any, problems: Problems) -> Objects:  # noqa: ANN401 - geometries
    """Lines and polygons as they were passed, or what is wrong with them."""
    framed = isinstance(geometry, gpd.GeoDataFrame | gpd.GeoSeries)
    if isinstance(geometry, gpd.GeoDataFrame) and geometry.active_geometry_name is None:
        problems.add("there is no geometry", "set it with set_geometry")
        return np.empty(0, object)
    shapes = np.atleast_1d(np.asarray(geometry.geometry.values if framed else geometry, object)).ravel()
    rows = plain_ids(geometry.index if framed else range(len(shapes)))
    known = shapely.is_geometry(shapes)
    known[known] = ~shapely.is_empty(shapes[known])
    if not known.all() or len(shapes) == 0:
        problems.add(
            f"{int((~known).sum()):,} of {len(shapes):,} are no geometries, missing or empty: {listing(rows[~known])}",
            "pass lines and polygons",
        )
    rows, shapes = rows[known], shapes[known]
    other = ~np.isin(shapely.get_type_id(shapes), LINES + AREAS)
    kinds = sorted({shape.geom_type for shape in shapes[other]})
    add_rows(problems, other, rows, f"are {listing(kinds)}", "pass lines and polygons")
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    endless = np.isin(np.arange(len(shapes)), owner[~np.isfinite(points).all(axis=1)])
    add_rows(problems, endless & ~other, rows, "have missing or infinite coordinates", "give them finite ones")
    invalid = ~other & ~endless & ~shapely.is_valid(shapes)
    add_rows(problems, invalid, rows, "are invalid", "repair them (make_valid)")
    return np.asarray(shapes, object)


def _in_plane(shapes: Objects, geometry: Any, graph: UnitGraph, problems: Problems) -> Objects:  # noqa: ANN401
    """The shapes in metres on the plane of the graph, or an error."""
    crs: Crs | None = getattr(geometry, "crs", None)
    plane = parse_crs(graph.crs, problems) if graph.crs else None
    if crs is None and plane is not None and isinstance(geometry, gpd.GeoDataFrame | gpd.GeoSeries):
        problems.add("the barriers do not say their coordinate system", "set it with set_crs")
    elif crs is None:
        away = np.maximum(0.0, np.abs(graph.xy) - EDGE_OF_THE_WORLD)
        like_degrees = (np.abs(shapely.total_bounds(shapes)) <= np.tile(EDGE_OF_THE_WORLD, 2)).all()
        if like_degrees and np.hypot(*away.T).min() > APART_M:
            problems.add(
                "their coordinates look like degrees, those of the units like metres",
                "pass a GeoSeries with crs='EPSG:4326', or geometries in the plane of the graph",
            )
    elif not graph.crs:
        problems.add("the graph does not know its coordinate system", "bring the barriers to its plane, without a crs")
    elif plane is not None and pyproj.CRS(crs) != plane:
        mover = pyproj.Transformer.from_crs(crs, plane, always_xy=True)
        shapes = shapely.transform(shapes, mover.transform, interleaved=False)
        lost = ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
        remedy = "keep those near the units only"
        add_rows(problems, lost, plain_ids(geometry.index), f"lie outside the reach of {crs_name(plane)}", remedy)
    problems.raise_as(DataError)
    return shapes


def _drawn(shapes: Objects, simplify: float) -> Any:  # noqa: ANN401 - a geometry
    """One shape of all: areas, and lines with a width."""
    area = np.isin(shapely.get_type_id(shapes), AREAS)
    areas = shapely.union_all(shapely.buffer(shapes[area], 0))
    lines = shapely.line_merge(shapely.union_all(shapes[~area]))  # pieces that go on have no ends between them
    if simplify > 0:
        lines = shapely.line_merge(shapely.difference(lines, areas))
        mouths = shapely.points(_ends(lines))
        mouths = mouths[shapely.distance(mouths, areas) < TOUCH_M]
        areas, lines = shapely.buffer(shapely.simplify(areas, simplify), 0), shapely.simplify(lines, simplify)
        # rivers reach their lakes, though their banks have moved
        lines = shapely.union_all([lines, *shapely.shortest_line(mouths, areas)])
    wide = shapely.buffer(shapely.get_parts(lines), WIDTH_M, cap_style="flat", join_style="mitre")
    return shapely.union_all([areas, *wide])


def _ends(lines: Any) -> Floats:  # noqa: ANN401 - a geometry
    """Where lines begin and end, shape (2 n_lines, 2)."""
    parts = shapely.get_parts(lines)
    parts = parts[~shapely.is_empty(parts)]
    return np.asarray(shapely.get_coordinates([shapely.get_point(parts, 0), shapely.get_point(parts, -1)]))


def _turning(outline: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - a geometry
    """Corners of an outline that ways may turn around, those that stand out, and the points beside them."""
    found = [np.empty((0, 3, 2))]
    for polygon in shapely.get_parts(shapely.orient_polygons(outline)):
        for ring in shapely.get_rings(polygon):  # the barrier lies to the left of each
            points = shapely.get_coordinates(ring)[:-1]
            before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
            along, on = points - before, after - points
            out = along[:, 0] * on[:, 1] - along[:, 1] * on[:, 0] > 0
            found.append(np.stack([points, before, after], axis=1)[out])
    corners = np.concatenate(found)
    return corners[:, 0], corners[:, 1:]


def check_outside(walls: Barriers, ids: Objects, xy: Floats, word: str) -> None:
    """Refuse places inside a barrier; `word` is what they are called.

    Raises
    ------
    DataError
        If there are any: how many, and which.
    """
    problems = Problems("barriers")
    _add_inside(walls, ids, xy, word, problems)
    problems.raise_as(DataError)


def _add_inside(walls: Barriers, ids: Objects, xy: Floats, word: str, problems: Problems) -> None:
    inside, remedy = walls.inside(xy), "move them, or cut the barrier out around them"
    add_rows(problems, inside, ids, f"{word} lie inside a barrier", remedy)


def without_crossings(graph: UnitGraph, walls: Barriers, *, islands: Literal["apart", "error"] = "apart") -> UnitGraph:
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
        If barriers are those of another plane, units lie inside them, or pieces are an error.

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
    check_plane(walls, graph.crs)
    check_outside(walls, graph.ids, graph.xy, "units")
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
    before, after = (pieces(item.n_units, item.edges) for item in (graph, parted))
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


def check_plane(walls: Barriers, crs: str) -> None:
    """Refuse barriers that were made for another plane than the one named."""
    if not isinstance(walls, Barriers):
        message = f"barriers is a {type(walls).__name__}; pass what tk.barriers makes of geometries"
        raise DataError(message)
    if walls.crs != crs:
        message = (
            f"the barriers are in {walls.crs or 'no known plane'!r}, the graph in {crs or 'none'!r}; "
            "make them for this graph"
        )
        raise DataError(message)


def open_arcs(walls: Barriers, start: Floats, end: Floats, *, crs: Crs | None = None) -> Bools:
    """Which arcs of a network lead through no barrier, in a straight line from end to end.

    Parameters
    ----------
    walls
        What `barriers` made.
    start, end
        Shape (n_arcs, 2) each: where arcs begin and end.
    crs
        The coordinate system of the ends, such as "EPSG:4326" for longitudes and latitudes; None where they are in
        the plane of the barriers.

    Returns
    -------
    ndarray of shape (n_arcs,)
        True where an arc is open. A bridge that is not left out of a river is closed with it.

    Raises
    ------
    DataError
        If the coordinate system is none, or the barriers do not know their plane.

    Examples
    --------
    >>> from shapely import LineString
    >>> graph = UnitGraph(["a", "b"], [[0, 0], [2000, 0]], [[0, 1]])
    >>> wall = barriers(LineString([(1000, -500), (1000, 500)]), graph)
    >>> open_arcs(wall, np.array([[0, 0], [0, 600]]), np.array([[2000, 0], [2000, 600]])).tolist()
    [False, True]
    """
    if crs is not None:
        problems = Problems("barriers")
        source = parse_crs(crs, problems)
        if not walls.crs:
            problems.add("they do not know their plane", "make them for a graph that knows its coordinate system")
        problems.raise_as(DataError)
        mover = pyproj.Transformer.from_crs(source, walls.crs, always_xy=True)
        start, end = (np.column_stack(mover.transform(*points.T)) for points in (start, end))
    return ~walls.crossed(start, end)
