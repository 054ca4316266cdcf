"""What proves a bound besides prices: how all choices of centers were divided into parts."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, Ints, floats, ints


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Proof(Content):
    """A division of all choices of centers, each part with prices of its own in `Bound.prices`.

    The first part is the whole. Each further one belongs to a part before it, whose line cuts one of its regions
    in two, and says how many centers lie on the near side. Shares that are missing are ruled out by the prices of
    the part that was divided.

    Parameters
    ----------
    above
        Shape (n_parts,): position of the part that each comes from, -1 for the whole.
    taken
        Shape (n_parts,): how many centers lie on the near side of that part's line.
    region
        Shape (n_parts,): the region that the part's own line cuts, -1 where it is not divided.
    normal, offset
        Shapes (n_parts, 2) and (n_parts,): the line; candidates whose product with the normal is greater than the
        offset lie beyond it, and make up a new region, the last one.
    tilts
        Shape (n_parts, n_candidates, n_further): prices of the sizes in activities after the first.
    spacing
        Distance of the points of the triangular net that stands for all centers, 0 where centers are units or given.
    exactly
        The activity whose band is kept exactly, or None where none is; those of others are kept by prices.
    apart
        Positions of units, more than there are territories, that lie far apart: two of them share a territory, which
        bounds the largest diameter. Empty where the objective has none.
    """

    above: Ints
    taken: Ints
    region: Ints
    normal: Floats
    offset: Floats
    tilts: Floats
    spacing: float = 0.0
    exactly: str | None = None
    apart: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(  # noqa: PLR0913, PLR0917 - one array each
            self,
            above: ArrayLike,
            taken: ArrayLike,
            region: ArrayLike,
            normal: ArrayLike,
            offset: ArrayLike,
            tilts: ArrayLike,
            spacing: float = 0.0,
            exactly: str | None = None,
            apart: ArrayLike = (),
        ) -> None: ...

    def __post_init__(self) -> None:
        for name in ("above", "taken", "region", "apart"):
            object.__setattr__(self, name, ints(getattr(self, name)))
        for name in ("normal", "offset", "tilts"):
            object.__setattr__(self, name, floats(getattr(self, name)))
        object.__setattr__(self, "spacing", float(self.spacing))

    @property
    def n_parts(self) -> int:
        """Number of parts."""
        return len(self.above)

    def __repr__(self) -> str:
        leaves = int((self.region < 0).sum())
        return f"Proof({self.n_parts:,} parts, {leaves:,} of them whole)"


def whole(tilts: ArrayLike, spacing: float, exactly: str | None) -> Proof:
    """The proof of a bound that one set of prices proves."""
    return Proof([-1], [0], [-1], np.zeros((1, 2)), [0.0], np.asarray(tilts)[None], spacing, exactly)
