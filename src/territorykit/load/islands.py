"""Graphs that fall into pieces: refused, bridged or kept apart, as the caller says."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.errors import SHOWN, DataError, listing
from territorykit.load.pairs import NO_PAIRS, unique_pairs

Islands: TypeAlias = Literal["error", "bridge", "apart"]
Links: TypeAlias = tuple[Ints, Floats]
"""Pairs of units, shape (n, 2), and their distances in metres, shape (n,)."""
POLICIES = ("error", "bridge", "apart")


def pieces(n_units: int, edges: Ints) -> Ints:
    """Connected piece of each unit, shape (n_units,)."""
    labels = connected_components(_matrix(edges, np.ones(len(edges)), n_units), directed=False)[1]
    return np.asarray(labels, np.int64)


def _matrix(pairs: Ints, weights: Floats, n: int) -> csr_array:
    """A graph as scipy takes it; its older releases want positions of 32 bits."""
    ends = pairs.astype(np.int32)
    return coo_array((weights, (ends[:, 0], ends[:, 1])), (n, n)).tocsr()


def settle(policy: Islands, ids: Objects, edges: Ints, bridges: Callable[[Ints], Links]) -> Links:
    """Do with the pieces of a graph as the caller says: the bridges to add, with their lengths.

    Parameters
    ----------
    policy
        "error", "bridge" or "apart".
    ids
        Shape (n_units,).
    edges
        Shape (n_edges, 2).
    bridges
        Finds bridges between pieces, given the piece of each unit.

    Raises
    ------
    DataError
        If the policy is "error" and there is more than one piece.
    """
    piece_of = pieces(len(ids), edges)
    sizes = np.bincount(piece_of)
    if len(sizes) <= 1 or policy == "apart":
        return NO_PAIRS, np.empty(0)
    if policy == "bridge":
        return bridges(piece_of)
    by_size = np.argsort(sizes, kind="stable")
    small = np.flatnonzero(np.isin(piece_of, by_size[: min(SHOWN, len(sizes) - 1)]))
    shown = ", ".join(f"{size:,}" for size in sizes[by_size[::-1]][:SHOWN])
    rest = f" and {len(sizes) - SHOWN:,} more" if len(sizes) > SHOWN else ""
    message = (
        f"the graph is in {len(sizes):,} pieces, of {shown}{rest} units; in the smallest of them: "
        f"{listing(ids[small])}; pass islands='bridge' to join each piece to the nearest unit of another, "
        "or islands='apart' to keep the pieces"
    )
    raise DataError(message)


def shortest_links(piece_of: Ints, pairs: Ints, distances: Floats) -> Links:
    """The fewest and shortest of the candidate links that join as many pieces as they can.

    A minimum spanning tree over pieces. Of equal distances the first pair wins.
    """
    order = np.lexsort((pairs[:, 1], pairs[:, 0], distances))
    ends, which = unique_pairs(piece_of[pairs[order]])
    # ranks instead of distances: a distance of 0 would be no edge at all
    rank = np.full(len(ends), len(order))
    np.minimum.at(rank, which, np.arange(len(order)))
    tree = minimum_spanning_tree(_matrix(ends, rank + 1.0, int(piece_of.max()) + 1))
    chosen = order[np.sort(tree.tocoo().data.astype(np.int64)) - 1]
    return pairs[chosen], distances[chosen]


def nearest_links(geometry: Objects, piece_of: Ints, coast: Bools) -> Links:
    """Bridges between pieces by the distance of their polygons: one fewer than there are pieces.

    Pieces within a radius are joined, then the radius doubles; as in Kruskal's algorithm, no shorter bridge
    is missed. The largest piece waits to be found by the others.

    Parameters
    ----------
    geometry
        Shape (n_units,): polygons in metres.
    piece_of
        Shape (n_units,).
    coast
        Shape (n_units,): units that can be nearest to another piece.
    """
    units = np.flatnonzero(coast)
    bounds = shapely.bounds(geometry[units])
    tree = shapely.STRtree(geometry[units])
    radius = float(np.median(np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]))) or 1.0
    found: list[Links] = []
    while piece_of.max() > 0:
        seekers = np.flatnonzero(piece_of[units] != np.bincount(piece_of).argmax())
        grown = bounds[seekers] + radius * np.array([-1, -1, 1, 1])
        one, other = tree.query(shapely.box(*grown.T))
        one = seekers[one]
        apart = piece_of[units[one]] != piece_of[units[other]]
        near, distances = _within(geometry[units], bounds, piece_of[units], (one[apart], other[apart]), radius)
        radius *= 2
        if not len(near):
            continue
        links = shortest_links(piece_of, units[near], distances)
        found.append(links)
        piece_of = pieces(int(piece_of.max()) + 1, piece_of[links[0]])[piece_of]
    pairs, distances = (np.concatenate(part) for part in zip(*found, strict=True))
    return np.sort(pairs, axis=1), distances


def _within(
    geometry: Objects, bounds: Floats, piece_of: Ints, candidates: tuple[Ints, Ints], radius: float
) -> tuple[Ints, Floats]:
    """Pairs of units within a radius that can be the nearest of their two pieces.

    Boxes are never farther apart than what they hold. So the pair whose boxes are nearest gives a distance
    that rules out most of the others before they are measured.
    """
    pairs, _ = unique_pairs(np.column_stack(candidates))
    least = _box_distance(bounds[pairs[:, 0]], bounds[pairs[:, 1]])
    pairs, least = pairs[least <= radius], least[least <= radius]
    _, link_of = unique_pairs(piece_of[pairs])
    order = np.lexsort((least, link_of))
    nearest = order[np.flatnonzero(np.diff(link_of[order], prepend=-1))]
    most = shapely.distance(geometry[pairs[nearest, 0]], geometry[pairs[nearest, 1]])
    pairs = pairs[least <= np.minimum(most, radius)[link_of]] if len(pairs) else pairs
    distances = shapely.distance(geometry[pairs[:, 0]], geometry[pairs[:, 1]])
    return pairs[distances <= radius], distances[distances <= radius]


def _box_distance(one: Floats, other: Floats) -> Floats:
    gap = np.maximum(0.0, np.maximum(one[:, :2] - other[:, 2:], other[:, :2] - one[:, 2:]))
    return np.asarray(np.hypot(gap[:, 0], gap[:, 1]))


def bridge_text(ids: Objects, links: Links) -> str:
    """Say which units are joined over what distance."""
    pairs, distances = links
    named = [f"{ids[i]!r} to {ids[j]!r} ({d / 1000:,.1f} km)" for (i, j), d in zip(pairs, distances, strict=True)]
    longest = np.argsort(-distances, kind="stable")
    shown = ", ".join(named[k] for k in longest[:SHOWN])
    rest = f" and {len(named) - SHOWN:,} shorter ones" if len(named) > SHOWN else ""
    count = "a bridge joins" if len(named) == 1 else f"{len(named):,} bridges join"
    return f"{count} the graph's {len(named) + 1:,} pieces: {shown}{rest}"
