"""Where travel begins and ends, and what a way of travelling answers."""

from typing import NamedTuple, Protocol

import numpy as np

from territorykit._arrays import Floats, Ints, Objects
from territorykit.errors import DataError


class Places(NamedTuple):
    """Points with ids: the units of a graph, or bases."""

    ids: Objects
    """Shape (n,)."""
    xy: Floats | None
    """Shape (n, 2): metres in the graph's plane, or None where they are known in degrees alone."""
    lonlat: Floats | None
    """Shape (n, 2): WGS 84 degrees, longitude first, or None where they are not known."""
    word: str
    """What they are called in messages: "units" or "bases"."""
    crs: str = ""
    """Name of the plane of `xy`, empty where it is not known."""

    def degrees(self, what: str) -> Floats:
        """Longitudes and latitudes, or an error that says what needs them."""
        if self.lonlat is None:
            message = (
                f"{what} needs longitudes and latitudes of the {self.word}; "
                f"{'pass lonlat= to UnitGraph' if self.word == 'units' else 'pass bases_lonlat='}"
            )
            raise DataError(message)
        return self.lonlat

    def metres(self, what: str) -> Floats:
        """Coordinates in metres, or an error that says what needs them."""
        if self.xy is None:
            message = f"{what} needs coordinates of the {self.word} in metres; pass bases= in the plane of the graph"
            raise DataError(message)
        return self.xy


class Ways(NamedTuple):
    """Travel from origins to destinations as sparse rows; a pair that is not stored has no way within the limit."""

    indptr: Ints
    """Shape (n_origins + 1,)."""
    indices: Ints
    """Shape (n_ways,): destinations, ascending within a row."""
    minutes: Floats
    """Shape (n_ways,)."""
    metres: Floats | None
    """Shape (n_ways,), or None where only times are known."""

    @property
    def n_origins(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @classmethod
    def stacked(cls, blocks: "list[Ways]") -> "Ways":
        """Rows of several blocks, one below the other."""
        counts = np.concatenate([[0], *(np.diff(block.indptr) for block in blocks)])
        far = [block.metres for block in blocks if block.metres is not None]
        return cls(
            np.cumsum(counts).astype(np.int64),
            np.concatenate([np.empty(0, np.int64), *(block.indices for block in blocks)]),
            np.concatenate([np.empty(0), *(block.minutes for block in blocks)]),
            np.concatenate([np.empty(0), *far]) if len(far) == len(blocks) else None,
        )


class Way(Protocol):
    """A way of travelling: straight lines, a road network, a table, a routing server.

    Beside `ways` it may have a method ``check(*several)`` that refuses places it cannot serve, units and bases at once.
    """

    def ways(self, origins: Places, destinations: Places, *, within: float, workers: int) -> Ways:
        """Travel between all pairs that takes no longer than `within` minutes (infinite: all that are connected)."""
        ...
