"""The ground around each account: Voronoi cells, clipped to an area and connected."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree, Voronoi

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.load.borders import cut, exact_borders
from territorykit.load.islands import pieces, shortest_links
from territorykit.load.pairs import NO_PAIRS, combine
from territorykit.load.triangulation import point_links

GRAIN = 1e-9
"""Accounts nearer to each other than this share of their extent are at one place."""
FAR = 10.0
"""Helper points stand so many extents away: no cell is open, and none of theirs reaches the area."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Connected pieces of an area, each around one place with accounts.

    Parameters
    ----------
    faces
        Shape (n_faces,): polygons that cover the area without gaps and overlaps.
    cell_of_face
        Shape (n_faces,): the cell of each.
    cell_of_account
        Shape (n_accounts,).
    xy
        Shape (n_cells, 2): the places, on a plane.
    edges, lengths
        Shapes (n_edges, 2) and (n_edges,): cells with a common border and its length on the plane; bridges
        over water have length 0. They make one connected graph.
    """

    faces: Objects
    cell_of_face: Ints
    cell_of_account: Ints
    xy: Floats
    edges: Ints
    lengths: Floats


def account_cells(area: shapely.Geometry, places: Floats, scale: Floats) -> Cells:
    """Cut an area into the cells of its accounts.

    A cell that the area's outline tears apart keeps the piece with its account; each other piece goes to the
    cell beside it with the longest common border. Pieces of the area without any account, such as islands,
    go to the cell of the nearest account.

    Parameters
    ----------
    area
        A valid polygon or multipolygon.
    places
        Shape (n_accounts, 2): in its coordinate system. Accounts outside count at the nearest place inside.
    scale
        Shape (2,): lengths of one unit of the coordinates along both axes.

    References
    ----------
    .. [1] Aurenhammer, F. (1991). Voronoi diagrams: a survey of a fundamental geometric data structure.
           *ACM Computing Surveys*, 23(3), 345-405.
    """
    origin = np.array(area.bounds[:2])
    source, xy, site_of = _sites(_inside(area, places), origin, scale)
    if len(xy) == 1:
        return Cells(np.array([area], object), np.zeros(1, np.int64), site_of, xy, NO_PAIRS, np.empty(0))
    faces = _faces(area, _ridges(xy, np.array(area.bounds[2:]) - origin, scale) / scale + origin)
    flat = np.asarray(shapely.transform(faces, lambda at: (at - origin) * scale), object)
    middle = shapely.get_coordinates(shapely.point_on_surface(flat))
    owner = np.asarray(KDTree(xy).query(middle)[1], np.int64)
    pairs, lengths, _ = exact_borders(cut(faces, flat, 1.0))
    fragment = pieces(len(faces), pairs[owner[pairs[:, 0]] == owner[pairs[:, 1]]])
    home = fragment[_holding(faces, source)]
    cell_of, count = _settle(fragment, owner, home, (pairs, lengths), shapely.area(flat))
    cell_of_site = cell_of[home]
    first = np.full(count, len(xy))
    np.minimum.at(first, cell_of_site, np.arange(len(xy)))
    ends, metres = combine(np.add, (cell_of[fragment][pairs], lengths))
    apart = ends[:, 0] != ends[:, 1]
    ends, metres = _bridged(xy[first], ends[apart], metres[apart])
    return Cells(faces, cell_of[fragment], cell_of_site[site_of], xy[first], ends, metres)


def _inside(area: shapely.Geometry, places: Floats) -> Floats:
    points = shapely.points(places)
    shapely.prepare(area)
    out = ~shapely.intersects(area, points)
    moved = places.copy()
    if out.any():
        moved[out] = shapely.get_coordinates(shapely.shortest_line(area, points[out]))[::2]
    return moved


def _sites(places: Floats, origin: Floats, scale: Floats) -> tuple[Floats, Floats, Ints]:
    """Places that differ: in the coordinates of the source, on the plane, and which one each account has."""
    flat = (places - origin) * scale
    grain = float(np.ptp(flat, axis=0).max()) * GRAIN or 1.0
    _, first, site_of = np.unique(np.round(flat / grain), axis=0, return_index=True, return_inverse=True)
    return places[first], flat[first], np.asarray(site_of.ravel(), np.int64)


def _ridges(xy: Floats, size: Floats, scale: Floats) -> Floats:
    """Sides of all Voronoi cells near the area, shape (n, 2, 2)."""
    high = np.maximum(size * scale, np.ptp(xy, axis=0))
    reach = FAR * float(high.max())
    center = high / 2
    helpers = center + reach * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    # around the center, as Qhull loses digits far from the origin
    diagram = Voronoi(np.concatenate([xy, helpers]) - center)
    ridges = np.asarray(diagram.ridge_vertices)
    sides = diagram.vertices[ridges[(ridges >= 0).all(axis=1)]] + center
    near = ((sides.max(axis=1) >= -high / 2) & (sides.min(axis=1) <= 1.5 * high)).all(axis=1)
    return np.asarray(sides[near & (sides[:, 0] != sides[:, 1]).any(axis=1)])


def _faces(area: shapely.Geometry, sides: Floats) -> Objects:
    """Faces into which lines cut an area; all corners at the outline are computed once."""
    lines = shapely.linestrings(sides)
    shapely.prepare(area)
    met = shapely.intersects(area, lines)
    whole = shapely.contains_properly(area, lines)
    noded = shapely.union_all([shapely.boundary(area), *lines[met & ~whole]])
    found = shapely.get_parts(shapely.polygonize([*shapely.get_parts(noded), *lines[whole]]))
    middle = shapely.point_on_surface(found)
    return np.asarray(found[shapely.intersects(area, middle)], object)


def _holding(faces: Objects, places: Floats) -> Ints:
    """The face at each place; the nearest where rounding leaves it outside."""
    place, face = shapely.STRtree(faces).query_nearest(shapely.points(places), all_matches=True)
    found = np.full(len(places), len(faces))
    np.minimum.at(found, place, face)
    return found


def _settle(fragment: Ints, owner: Ints, home: Ints, borders: tuple[Ints, Floats], size: Floats) -> tuple[Ints, int]:
    """The cell of each fragment, and how many cells there are. Fragments that hold accounts are cells."""
    n = int(fragment.max()) + 1
    homes, cells = np.unique(home, return_inverse=True)
    cell_of = np.full(n, -1)
    cell_of[homes] = np.arange(len(homes))
    near = np.zeros(n, np.int64)
    near[fragment] = cells.ravel()[owner]  # the cell of the account that is nearest to the fragment
    ground = np.bincount(fragment, size, n)
    ends, lengths = combine(np.add, (fragment[borders[0]], borders[1]))
    while (cell_of < 0).any():
        if not _join(cell_of, ends, lengths):
            loose = np.flatnonzero(cell_of < 0)
            largest = loose[np.argmax(ground[loose])]
            cell_of[largest] = near[largest]
    return cell_of, len(homes)


def _join(cell_of: Ints, ends: Ints, lengths: Floats) -> bool:
    """Give each loose fragment beside a cell to the one with the longest border; whether there was any."""
    both = np.concatenate([ends, ends[:, ::-1]])
    twice = np.concatenate([lengths, lengths])
    open_: Bools = (cell_of[both[:, 0]] < 0) & (cell_of[both[:, 1]] >= 0)
    if not open_.any():
        return False
    loose, target, length = both[open_, 0], cell_of[both[open_, 1]], twice[open_]
    keys, which = np.unique(np.column_stack([loose, target]), axis=0, return_inverse=True)
    total = np.bincount(which.ravel(), length)
    order = np.lexsort((-keys[:, 1], total))  # the longest comes last and stays; of equals the first cell
    cell_of[keys[order, 0]] = keys[order, 1]
    return True


def _bridged(xy: Floats, edges: Ints, lengths: Floats) -> tuple[Ints, Floats]:
    """Edges, with the shortest bridges between pieces of the area."""
    ends = edges.astype(np.int32)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (len(xy), len(xy)))
    count, piece_of = connected_components(graph, directed=False)
    if count == 1:
        return edges, lengths
    pairs, distances = point_links(xy)
    apart = piece_of[pairs[:, 0]] != piece_of[pairs[:, 1]]
    bridges, _ = shortest_links(np.asarray(piece_of, np.int64), pairs[apart], distances[apart])
    return np.concatenate([edges, bridges]), np.concatenate([lengths, np.zeros(len(bridges))])
