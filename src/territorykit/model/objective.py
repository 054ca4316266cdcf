"""What makes one plan better than another: the terms of the objective, all of them minimised."""

import math
from dataclasses import dataclass
from typing import Literal

from territorykit._arrays import Content
from territorykit.errors import RequirementError


@dataclass(frozen=True, slots=True, eq=False)
class Compactness(Content):
    r"""Sum over all units of weight times distance to the territory's center, to a power.

    .. math:: \sum_t \sum_{i \in t} w_i \, d(i, c_t)^p

    With power 2 it is the moment of inertia of Hess et al. [1]_, with power 1 the p-median objective.

    Parameters
    ----------
    activity
        Name of the activity whose values are the weights; without it every unit weighs 1.
    power
        Exponent of the distance, 1 or 2.
    center
        Where a territory's center is: "unit" (the one of its units that makes the sum least), "centroid"
        (the weighted mean of its coordinates) or "base" (the point given in `Problem.bases`).
    distance
        "planar": the straight line between coordinates, in metres.

    Raises
    ------
    RequirementError
        If an argument is not one of these.

    References
    ----------
    .. [1] Hess, S. W., Weaver, J. B., Siegfeldt, H. J., Whelan, J. N., Zitlau, P. A. (1965). Nonpartisan
           political redistricting by computer. *Operations Research*, 13(6), 998-1006.

    Examples
    --------
    >>> Compactness("workload")
    Compactness(activity='workload', power=2, center='unit', distance='planar')
    """

    activity: str | None = None
    power: int = 2
    center: Literal["unit", "centroid", "base"] = "unit"
    distance: Literal["planar"] = "planar"

    def __post_init__(self) -> None:
        if self.activity is not None and (not isinstance(self.activity, str) or not self.activity):
            message = f"Compactness: the activity must be named by a text, got {self.activity!r}"
            raise RequirementError(message)
        for name, choices in (
            ("power", (1, 2)),
            ("center", ("unit", "centroid", "base")),
            ("distance", ("planar",)),
        ):
            value = getattr(self, name)
            if value not in choices or isinstance(value, bool):
                message = f"Compactness: {name} must be one of {choices}, got {value!r}"
                raise RequirementError(message)
        object.__setattr__(self, "power", math.trunc(self.power))

    def unit_of_measure(self, weight_unit: str = "") -> str:
        """The unit of measure of the sum, such as "h/year·m²"."""
        length = "m²" if self.power == 2 else "m"  # noqa: PLR2004
        return f"{weight_unit}·{length}" if weight_unit else length
