"""Neighbors among points: Delaunay edges, pruned by length."""

import numpy as np
from scipy.spatial import Delaunay, QhullError

from territorykit._arrays import Floats, Ints
from territorykit.load.islands import Links, shortest_links
from territorykit.load.pairs import NO_PAIRS, unique_pairs

TRIANGLE = 3


def point_links(xy: Floats) -> Links:
    """Candidate neighbors among points, with their lengths: always one connected graph.

    Points at one place are linked to the first of them, places by Delaunay's triangulation. The shortest
    connections of all, the Euclidean minimum spanning tree, are among the links.

    Parameters
    ----------
    xy
        Shape (n, 2): metres.

    Returns
    -------
    pairs, lengths
        Shapes (n_links, 2) and (n_links,).

    References
    ----------
    .. [1] Toussaint, G. T. (1980). The relative neighbourhood graph of a finite planar set. *Pattern
           Recognition*, 12(4), 261-268.
    """
    xy = xy - xy.mean(axis=0)  # Qhull loses digits far from the origin
    _, first, place = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    place = place.ravel()
    same = np.column_stack([first[place], np.arange(len(xy))])
    pairs = np.concatenate([same[same[:, 0] != same[:, 1]], first[_triangulate(xy[first])]])
    pairs, _ = unique_pairs(pairs)
    return pairs, np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)


def _triangulate(places: Floats) -> Ints:
    """Edges among places that are all different."""
    if len(places) < TRIANGLE:
        return _chain(places)
    try:
        mesh = Delaunay(places)
    except QhullError:  # all on one line
        return _chain(places)
    corners = np.concatenate([mesh.simplices[:, [0, 1]], mesh.simplices[:, [1, 2]], mesh.simplices[:, [2, 0]]])
    # places that rounding keeps out of the triangles come with the corner next to them
    return np.concatenate([corners, mesh.coplanar[:, [0, 2]]]).astype(np.int64)


def _chain(places: Floats) -> Ints:
    """Each place on a line with the next."""
    if len(places) < 2:  # noqa: PLR2004 - a pair
        return NO_PAIRS
    spread = places - places.mean(axis=0)
    direction = np.linalg.svd(spread, full_matrices=False)[2][0]
    order = np.argsort(spread @ direction, kind="stable")
    return np.column_stack([order[:-1], order[1:]])


def holding_length(n: int, links: Links) -> float:
    """The least length at which the links hold n points together: the longest of a spanning tree, metres."""
    _, lengths = shortest_links(np.arange(n), *links)
    return float(lengths.max(initial=0.0))
