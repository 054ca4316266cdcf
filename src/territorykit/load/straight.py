"""Travel in straight lines: the great circle, or the plane, times a circuity over a speed."""

from dataclasses import dataclass

import numpy as np

from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.errors import DataError, Problems
from territorykit.load.barriers import Barriers, check_outside, check_plane
from territorykit.load.ways.detours import ways_around
from territorykit.load.ways.places import Places, Ways
from territorykit.load.ways.reach import near_pairs
from territorykit.load.ways.speeds import METRES_PER_MINUTE
from territorykit.model.objective import EARTH_RADIUS

MOST_CORNERS = 5000
"""Around more corners than these, ways take too long to find."""


@dataclass(frozen=True, slots=True)
class StraightLine:
    """Travel where no roads are known: the straight line, longer by a circuity, at one speed.

    Distances are great circles on a sphere of radius 6,371,008.8 m where longitudes and latitudes are known, and
    straight lines in the plane otherwise, or where barriers are in the way.

    Parameters
    ----------
    circuity
        How much longer the way is than the straight line, from 1: about 1.2 in the United States, 1.33 in China and
        more in mountains and on coasts [1]_.
    kmh
        Kilometres per hour on the way.
    barriers
        What one cannot cross, as `tk.barriers` makes it: straight lines lead around, from corner to corner. Then
        all is measured in the plane of the graph.

    Raises
    ------
    DataError
        If an argument is out of range.

    References
    ----------
    .. [1] Ballou, R. H., Rahardja, H., Sakai, N. (2002). Selected country circuity factors for road travel distance
           estimation. *Transportation Research Part A*, 36(9), 843-848.

    Examples
    --------
    >>> StraightLine(circuity=1.2, kmh=60)
    StraightLine(circuity=1.2, kmh=60.0)
    """

    circuity: float = 1.3
    kmh: float = 50.0
    barriers: Barriers | None = None

    def __post_init__(self) -> None:
        problems = Problems("StraightLine")
        for name, least in (("circuity", 1.0), ("kmh", 0.0)):
            value = getattr(self, name)
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or not least <= value < np.inf
                or not value
            ):
                problems.add(f"{name} is {value!r}", f"pass a number {'from 1' if least else 'above 0'}")
            else:
                object.__setattr__(self, name, float(value))
        if self.barriers is not None and not isinstance(self.barriers, Barriers):
            problems.add(f"barriers is a {type(self.barriers).__name__}", "pass what tk.barriers makes of geometries")
        elif self.barriers is not None and len(self.barriers.corners) > MOST_CORNERS:
            problems.add(
                f"the barriers have {len(self.barriers.corners):,} corners, more than the {MOST_CORNERS:,} that ways "
                "can be led around",
                "make them with simplify=, the metres that their shapes may be off",
            )
        problems.raise_as(DataError)

    def __repr__(self) -> str:
        around = "" if self.barriers is None else f", barriers={self.barriers!r}"
        return f"StraightLine(circuity={self.circuity!r}, kmh={self.kmh!r}{around})"

    @property
    def pace(self) -> float:
        """Minutes per metre of straight line."""
        return self.circuity / (self.kmh * METRES_PER_MINUTE)

    def check(self, *several: Places) -> None:
        """Refuse places in another plane than the barriers, and inside them."""
        if self.barriers is None:
            return
        for places in several:
            check_plane(self.barriers, places.crs)
            check_outside(self.barriers, places.ids, places.metres("travel around barriers"), places.word)

    def ways(self, origins: Places, destinations: Places, *, within: float, workers: int) -> Ways:  # noqa: ARG002 - fast
        """Straight ways between places that take no longer than `within` minutes, see `travel`.

        Raises
        ------
        DataError
            If there are too many pairs to be kept.
        """
        reach = within / self.pace
        if self.barriers is not None:
            what = "travel around barriers"
            ways = ways_around(self.barriers, origins.metres(what), destinations.metres(what), reach)
        elif origins.lonlat is not None and destinations.lonlat is not None:
            ends = (unit_vectors(origins.lonlat), unit_vectors(destinations.lonlat))
            chord = 2 * np.sin(min(reach / EARTH_RADIUS, np.pi) / 2)
            indptr, indices, straight = near_pairs(*ends, chord)
            ways = (indptr, indices, arcs(straight))
        else:
            ways = near_pairs(origins.metres("straight travel"), destinations.metres("straight travel"), reach)
        indptr, indices, metres = ways
        return Ways(indptr, indices, metres * self.pace, metres * self.circuity)
