"""Road networks as arrays: arcs with their times, the part that holds together, and points snapped to it."""

from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from territorykit._arrays import Bools, Content, Floats, Ints, floats, ints
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.errors import DataError, Problems, listing
from territorykit.load.barriers import Barriers, open_arcs
from territorykit.load.ways.dijkstra import Lengths, Network, quickest_ways
from territorykit.load.ways.places import Places, Ways

NO_TIME = 1e-9
"""Minutes that an arc takes at least, so that a sparse matrix does not take it for none."""


class Snapped(NamedTuple):
    """Where points are on a road network."""

    node: Ints
    """Shape (n_points,): the nearest node."""
    metres: Floats
    """Shape (n_points,): how far away it is, in a straight line."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RoadNetwork(Content):
    """Roads as arcs between nodes, one for each direction that may be driven.

    `road_network` makes it from a networkx or OSMnx graph or from a table, `read_roads` from a file; both keep the
    largest part in which every node can be reached from every other. Arcs may be given here directly.

    Parameters
    ----------
    start, end
        Shape (n_arcs,): positions of nodes. Of parallel arcs the quickest counts.
    minutes
        Shape (n_arcs,): how long each arc takes, finite and not negative.
    metres
        Shape (n_arcs,): how long each arc is, or None where only times are known.
    lonlat
        Shape (n_nodes, 2): where the nodes are in WGS 84 degrees, longitude first.
    xy
        Shape (n_nodes, 2): where they are in metres, in the plane of the graph that is to be travelled; one of
        the two is needed.
    snap
        Metres up to which a point that is no node may lie from the nearest one. The way to it takes no time.
    left_out
        How many nodes, and how many arcs, were left out because they do not hold together with the largest part.

    Raises
    ------
    DataError
        With everything that is wrong with the arrays at once.

    Examples
    --------
    A street of two blocks, the second one-way: from its end there is no way back.

    >>> roads = RoadNetwork([0, 1, 1], [1, 0, 2], [2, 2, 3], lonlat=[[9.0, 48.0], [9.01, 48.0], [9.02, 48.0]])
    >>> roads
    RoadNetwork(3 nodes, 3 arcs)
    >>> roads.snapped_lonlat([[9.0101, 48.0]]).node
    array([1])
    """

    start: Ints
    end: Ints
    minutes: Floats
    metres: Floats | None = None
    _: KW_ONLY
    lonlat: Floats | None = None
    xy: Floats | None = None
    snap: float = 1000.0
    left_out: tuple[int, int] = (0, 0)

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            start: ArrayLike,
            end: ArrayLike,
            minutes: ArrayLike,
            metres: ArrayLike | None = None,
            *,
            lonlat: ArrayLike | None = None,
            xy: ArrayLike | None = None,
            snap: float = 1000.0,
            left_out: tuple[int, int] = (0, 0),
        ) -> None: ...

    def __post_init__(self) -> None:
        problems = Problems("road network")
        for field in fields(self)[:6]:
            value = getattr(self, field.name)
            if value is None:
                continue
            try:
                object.__setattr__(self, field.name, (ints if field.name in ("start", "end") else floats)(value))
            except (TypeError, ValueError, OverflowError) as error:
                problems.add(f"{field.name}: {error}", "pass an array of numbers")
        problems.raise_as(DataError)
        self._check_nodes(problems)
        problems.raise_as(DataError)
        self._check_arcs(problems)
        if not (isinstance(self.snap, int | float) and 0 <= self.snap < np.inf):
            problems.add(f"snap is {self.snap!r}", "pass metres from 0")
        problems.raise_as(DataError)

    def _check_nodes(self, problems: Problems) -> None:
        if self.lonlat is None and self.xy is None:
            problems.add("nodes have no coordinates", "pass lonlat= in degrees, or xy= in metres")
        for name in ("lonlat", "xy"):
            points = getattr(self, name)
            if points is None:
                continue
            if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:  # noqa: PLR2004
                problems.add(f"{name} has shape {points.shape}", "pass one point per node, shape (n_nodes, 2)")
                continue
            lost = ~np.isfinite(points).all(axis=1)
            if name == "lonlat":
                lost |= (np.abs(np.nan_to_num(points)) > (360, 90)).any(axis=1)
            if lost.any():
                problems.add(
                    f"{int(lost.sum()):,} nodes have no place in {name}: {listing(np.flatnonzero(lost))}",
                    "give every node its coordinates, longitude first",
                )
        both = self.lonlat is not None and self.xy is not None
        if both and self.lonlat.shape != self.xy.shape:  # type: ignore[union-attr]
            problems.add("lonlat and xy differ in length", "pass both for every node, or one of them")

    def _check_arcs(self, problems: Problems) -> None:
        n = self.n_nodes
        lengths = {name: getattr(self, name) for name in ("start", "end", "minutes", "metres")}
        shapes = {name: array.shape for name, array in lengths.items() if array is not None}
        if len(set(shapes.values())) > 1 or len(self.start.shape) != 1:
            problems.add(f"arcs have shapes {shapes}", "pass one entry per arc in each of them")
            return
        outside = (self.start < 0) | (self.start >= n) | (self.end < 0) | (self.end >= n)
        if outside.any():
            problems.add(
                f"{int(outside.sum()):,} arcs name nodes that do not exist: {listing(np.flatnonzero(outside))}",
                f"positions go from 0 to {n - 1}",
            )
        for name in ("minutes", "metres"):
            values = lengths[name]
            if values is None:
                continue
            for mask, what in ((~np.isfinite(values), "missing or infinite"), (values < 0, "negative")):
                if mask.any():
                    problems.add(
                        f"{int(mask.sum()):,} arcs have {what} {name}: {listing(np.flatnonzero(mask))}",
                        "give every arc its own, or leave the arc out",
                    )

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        points = self.lonlat if self.lonlat is not None else self.xy
        return 0 if points is None else len(points)

    def largest_part(self) -> "RoadNetwork":
        """The largest part in which every node can be reached from every other; `left_out` counts the rest.

        Examples
        --------
        >>> roads = RoadNetwork([0, 1, 1], [1, 0, 2], [2, 2, 3], lonlat=[[9.0, 48.0], [9.01, 48.0], [9.02, 48.0]])
        >>> roads.largest_part()
        RoadNetwork(2 nodes, 2 arcs; 1 nodes and 1 arcs left out)
        """
        n_parts, part = connected_components(self.matrix(), directed=True, connection="strong")
        if n_parts == 1:
            return self
        return self.only(part == np.argmax(np.bincount(part)))

    def only(self, nodes: Bools) -> "RoadNetwork":
        """The network of some of the nodes, shape (n_nodes,), and the arcs between them; `left_out` counts the rest."""
        place = np.cumsum(nodes) - 1
        arcs = nodes[self.start] & nodes[self.end]
        return replace(
            self,
            start=place[self.start[arcs]],
            end=place[self.end[arcs]],
            minutes=self.minutes[arcs],
            metres=None if self.metres is None else self.metres[arcs],
            lonlat=None if self.lonlat is None else self.lonlat[nodes],
            xy=None if self.xy is None else self.xy[nodes],
            left_out=(self.left_out[0] + int((~nodes).sum()), self.left_out[1] + int((~arcs).sum())),
        )

    def without(self, closed: Bools) -> "RoadNetwork":
        """The network without some arcs, shape (n_arcs,); what no longer holds together stays in it."""
        kept = ~np.asarray(closed, bool)
        metres = None if self.metres is None else self.metres[kept]
        return replace(self, start=self.start[kept], end=self.end[kept], minutes=self.minutes[kept], metres=metres)

    def closed_by(self, walls: Barriers) -> "RoadNetwork":
        """The network without arcs that a barrier crosses in a straight line from node to node.

        A bridge is closed with the river unless the river has a gap there.

        Raises
        ------
        DataError
            If these are no barriers, or they and the nodes have no plane in common.
        """
        if not isinstance(walls, Barriers):
            message = f"barriers is a {type(walls).__name__}; pass what tk.barriers makes of geometries"
            raise DataError(message)
        points, crs = (self.xy, None) if self.xy is not None else (np.asarray(self.lonlat), "EPSG:4326")
        return self.without(~open_arcs(walls, points[self.start], points[self.end], crs=crs))

    def matrix(self) -> csr_matrix:
        """Minutes from node to node as a sparse matrix, of parallel arcs the quickest."""
        kept = self._quickest()
        shape = (self.n_nodes, self.n_nodes)
        minutes = np.maximum(self.minutes[kept], NO_TIME)
        return csr_matrix((minutes, (self.start[kept], self.end[kept])), shape=shape)

    def _quickest(self) -> Ints:
        return quickest_of_parallel(self.start, self.end, self.minutes)

    def _network(self) -> Network:
        if self.metres is None:
            return Network(self.matrix(), None)
        kept = self._quickest()  # the very arcs of the matrix
        key = self.end[kept] * self.n_nodes + self.start[kept]
        order = np.argsort(key)
        return Network(self.matrix(), Lengths(key[order], self.metres[kept][order]))

    def snapped_lonlat(self, lonlat: ArrayLike) -> Snapped:
        """The nearest node of each point, shape (n_points, 2) in degrees, however far away.

        Raises
        ------
        DataError
            If the nodes have no longitudes and latitudes.
        """
        if self.lonlat is None:
            message = "the road network knows its nodes in metres alone; pass lonlat= to it"
            raise DataError(message)
        away, node = cKDTree(unit_vectors(self.lonlat)).query(unit_vectors(floats(lonlat)))
        return Snapped(np.asarray(node, np.int64), arcs(away))

    def snapped_xy(self, xy: ArrayLike) -> Snapped:
        """The nearest node of each point, shape (n_points, 2) in metres, however far away.

        Raises
        ------
        DataError
            If the nodes have no coordinates in metres.
        """
        if self.xy is None:
            message = "the road network knows its nodes in degrees alone; pass xy= to it"
            raise DataError(message)
        away, node = cKDTree(self.xy).query(floats(xy))
        return Snapped(np.asarray(node, np.int64), np.asarray(away, np.float64))

    def snapped(self, *several: Places) -> list[Snapped]:
        """The node of every place, by degrees where both sides have them, in metres otherwise.

        Raises
        ------
        DataError
            If a place lies further than `snap` from every node: how many, which ones and how far, over all places.
        """
        problems, found = Problems("road network"), []
        for places in several:
            degrees = self.lonlat is not None and places.lonlat is not None
            if not degrees and self.xy is None:
                places.degrees("snapping to a road network in degrees")
            near = (
                self.snapped_lonlat(places.degrees("snapping"))
                if degrees
                else self.snapped_xy(places.metres("snapping to a road network in metres"))
            )
            far = near.metres > self.snap
            if far.any():
                shown = [
                    f"{item} ({metres:,.0f} m)"
                    for item, metres in zip(places.ids[far].tolist(), near.metres[far].tolist(), strict=True)
                ]
                problems.add(
                    f"{int(far.sum()):,} of {len(far):,} {places.word} lie further than {self.snap:,.0f} m from every "
                    f"node: {listing(shown)}",
                    "check the coordinates, take a larger network, or pass a larger snap=",
                )
            found.append(near)
        problems.raise_as(DataError)
        return found

    def check(self, *several: Places) -> None:
        """Refuse places that do not snap, all of them in one error."""
        self.snapped(*several)

    def ways(self, origins: Places, destinations: Places, *, within: float, workers: int) -> Ways:
        """Quickest ways between places along the roads, see `travel`."""
        start, end = self.snapped(origins, destinations)
        return quickest_ways(self._network(), start.node, end.node, within=within, workers=workers)

    def nearest_place(self, node: Ints) -> Ints:
        """The place, of those at some nodes, from or to which each node of the network is quickest to reach.

        Parameters
        ----------
        node
            Shape (n_places,): where the places are; of several at one node the first counts.

        Returns
        -------
        ndarray of shape (n_nodes,)
            Positions of places; -1 where no road leads.
        """
        seeds, first = np.unique(node, return_index=True)
        _, _, source = dijkstra(_either_way(self.matrix()), indices=seeds, min_only=True, return_predecessors=True)
        place = np.full(self.n_nodes, -1, np.int64)
        place[seeds] = first
        found: Ints = np.where(source >= 0, place[np.maximum(source, 0)], -1)
        return found

    def __repr__(self) -> str:
        nodes, arcs = self.left_out
        rest = f"; {nodes:,} nodes and {arcs:,} arcs left out" if nodes or arcs else ""
        return f"RoadNetwork({self.n_nodes:,} nodes, {len(self.start):,} arcs{rest})"


def _either_way(matrix: csr_matrix) -> Any:  # noqa: ANN401 - a sparse matrix
    """The quicker of both directions of every road, and the only one where there is one."""
    coo = matrix.tocoo()
    row, column = np.concatenate([coo.row, coo.col]), np.concatenate([coo.col, coo.row])
    minutes = np.concatenate([coo.data, coo.data])
    kept = quickest_of_parallel(row, column, minutes)
    return csr_matrix((minutes[kept], (row[kept], column[kept])), shape=matrix.shape)


def quickest_of_parallel(start: Ints, end: Ints, minutes: Floats) -> Ints:
    """Of arcs from the same node to the same node the quickest, as positions sorted by start and end."""
    order = np.lexsort((minutes, end, start))
    start, end = start[order], end[order]
    first = np.ones(len(order), bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    return np.asarray(order[first], np.int64)
