"""What makes one plan better than another: the terms of the objective, all of them minimised."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, floats
from territorykit.errors import RequirementError, listing
from territorykit.model.settings import checked_activity, checked_choice, checked_number, checked_weight

EARTH_RADIUS = 6_371_008.8
"""Mean radius of the Earth in metres, that of the sphere on which great-circle distances are measured."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compactness(Content):
    r"""Sum over all units of weight times distance to the territory's center, to a power.

    .. math:: \sum_t \sum_{i \in t} w_i \, d(c_t, i)^p

    With power 2 it is the moment of inertia of Hess et al. [1]_, with power 1 the p-median objective. A unit
    that cannot be reached from its center makes the sum infinite, whatever it weighs.

    Parameters
    ----------
    activity
        Name of the activity whose values are the weights; without it every unit weighs 1.
    power
        Exponent of the distance, 1 or 2.
    center
        Where a territory's center is: "unit" (the one of its units that makes the sum least), "centroid"
        (the weighted mean of its coordinates; on the sphere, that of the points in space, brought back to
        the sphere) or "base" (the point given in `Problem.bases`, or in `Problem.bases_lonlat` for
        great-circle distances; for travel the bases of `Problem.travel`).
    distance
        "planar": the straight line between coordinates, in metres. "great-circle": along the sphere of
        radius 6,371,008.8 m, from the graph's `lonlat`, in metres. "travel": minutes from the center to the
        unit, from `Problem.travel`.
    weight
        What one of the sum counts for in an objective of several terms, positive.

    Raises
    ------
    RequirementError
        If an argument is not one of these, or travel is asked for from a centroid, which is no unit.

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
    distance: Literal["planar", "great-circle", "travel"] = "planar"
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.activity is not None:
            checked_activity(self.activity, "Compactness")
        checked_choice(self.power, (1, 2), "Compactness: power")
        checked_choice(self.center, ("unit", "centroid", "base"), "Compactness: center")
        checked_choice(self.distance, ("planar", "great-circle", "travel"), "Compactness: distance")
        if self.center == "centroid" and self.distance == "travel":
            message = (
                "Compactness: a centroid is no unit, so that no travel starts there; "
                "take center='unit' or 'base', or another distance"
            )
            raise RequirementError(message)
        object.__setattr__(self, "power", math.trunc(self.power))
        object.__setattr__(self, "weight", checked_weight(self.weight, "Compactness"))

    def unit_of_measure(self, weight_unit: str = "") -> str:
        """The unit of measure of the sum, such as "h/year·m²" or "h/year·min"."""
        unit = ("min" if self.distance == "travel" else "m") + ("²" if self.power == 2 else "")  # noqa: PLR2004
        return f"{weight_unit}·{unit}" if weight_unit else unit

    def __repr__(self) -> str:
        return (
            f"Compactness(activity={self.activity!r}, power={self.power}, center={self.center!r}, "
            f"distance={self.distance!r}{_weight_text(self.weight)})"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TravelCost(Content):
    r"""What the trips from each territory's base or center to its units cost, there and back.

    .. math:: \sum_t \sum_{i \in t} v_i \, 2 \left( h \, \tau(c_t, i) / 60 + m \, \ell(c_t, i) / 1000 \right)

    It is the objective of the sales territory model of Zoltners and Sinha [1]_: minutes :math:`\tau` and metres
    :math:`\ell` are those of `Problem.travel`, and the way back counts as the way there.

    Parameters
    ----------
    activity
        Name of the activity that says how many trips a unit takes, such as visits per year; without it one each.
    center
        "unit" (the unit of each territory that makes the sum least) or "base" (the bases of `Problem.travel`).
    per_hour
        What an hour of travel costs, from 0.
    per_km
        What a kilometre costs, from 0; above 0 the travel must have metres.
    weight
        What one of the sum counts for in an objective of several terms, positive.

    Raises
    ------
    RequirementError
        If an argument is not one of these, or nothing costs anything.

    References
    ----------
    .. [1] Zoltners, A. A., Sinha, P. (1983). Sales territory alignment: a review and model. *Management Science*,
           29(11), 1237-1256.

    Examples
    --------
    >>> TravelCost("visits", "base", per_hour=40, per_km=0.3)
    TravelCost('visits', 'base', per_hour=40, per_km=0.3)
    """

    activity: str | None = None
    center: Literal["unit", "base"] = "unit"
    per_hour: float = 1.0
    per_km: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.activity is not None:
            checked_activity(self.activity, "TravelCost")
        checked_choice(self.center, ("unit", "base"), "TravelCost: center")
        for name in ("per_hour", "per_km"):
            value = checked_number(getattr(self, name), f"TravelCost: {name}")
            if not 0 <= value < math.inf:
                message = f"TravelCost: {name} must be finite and not negative, got {value!r}"
                raise RequirementError(message)
            object.__setattr__(self, name, value)
        if self.per_hour == 0 and self.per_km == 0:
            message = "TravelCost: per_hour and per_km are both 0; let one of them cost something"
            raise RequirementError(message)
        object.__setattr__(self, "weight", checked_weight(self.weight, "TravelCost"))

    @property
    def power(self) -> int:
        """Exponent of the distance: 1."""
        return 1

    @property
    def distance(self) -> Literal["travel"]:
        """What distances are: travel."""
        return "travel"

    @property
    def price(self) -> tuple[float, float]:
        """What a minute and a metre on the way there cost, the way back included."""
        return 2 * self.per_hour / 60, 2 * self.per_km / 1000

    def unit_of_measure(self, _weight_unit: str = "") -> str:
        """The unit of measure of the sum: "cost", in the currency of its prices."""
        return "cost"

    def __repr__(self) -> str:
        return (
            f"TravelCost({self.activity!r}, {self.center!r}, per_hour={self.per_hour:g}, "
            f"per_km={self.per_km:g}{_weight_text(self.weight)})"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AssignmentCost(Content):
    r"""Sum over all units of a given cost of the unit in its territory.

    .. math:: \sum_i c_{i, t(i)}

    It is the objective of the generalized assignment problem [1]_.

    Parameters
    ----------
    costs
        Shape (n_units, n_territories): what each unit costs in each territory, finite; units in the graph's
        order, territories in the problem's.
    weight
        What one of the sum counts for in an objective of several terms, positive.

    Raises
    ------
    RequirementError
        If the costs are no matrix of finite numbers.

    References
    ----------
    .. [1] Ross, G. T., Soland, R. M. (1975). A branch and bound algorithm for the generalized assignment
           problem. *Mathematical Programming*, 8, 91-103.

    Examples
    --------
    >>> AssignmentCost([[1, 5], [2, 2], [7, 0]])
    AssignmentCost(3 units, 2 territories)
    """

    costs: Floats
    weight: float = 1.0

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(self, costs: ArrayLike, weight: float = 1.0) -> None: ...

    def __post_init__(self) -> None:
        try:
            costs = floats(self.costs)
        except (TypeError, ValueError) as error:
            message = f"AssignmentCost: the costs are not numbers ({error}); pass one per unit and territory"
            raise RequirementError(message) from error
        if costs.ndim != 2:  # noqa: PLR2004
            message = f"AssignmentCost: costs has shape {costs.shape}; pass one row per unit, one column per territory"
            raise RequirementError(message)
        wrong = np.argwhere(~np.isfinite(costs)).tolist()
        if wrong:
            message = (
                f"AssignmentCost: {len(wrong):,} costs are missing or infinite, at (unit, territory) "
                f"{listing(map(tuple, wrong))}; give a finite cost, and Fixed or Apart for what must not be"
            )
            raise RequirementError(message)
        object.__setattr__(self, "costs", costs)
        object.__setattr__(self, "weight", checked_weight(self.weight, "AssignmentCost"))

    def unit_of_measure(self, _weight_unit: str = "") -> str:
        """The unit of measure of the sum: "cost", as the matrix names none."""
        return "cost"

    def __repr__(self) -> str:
        n_units, n_territories = self.costs.shape
        return f"AssignmentCost({n_units:,} units, {n_territories:,} territories{_weight_text(self.weight)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diameter(Content):
    r"""The largest distance between two units of one territory, over all territories.

    .. math:: \max_t \max_{i, j \in t} d(i, j)

    It is one of the measures of dispersion in commercial territory design [1]_.

    Parameters
    ----------
    distance
        "planar": the straight line between coordinates. "great-circle": along the sphere of radius
        6,371,008.8 m, from the graph's `lonlat`. Both in metres.
    weight
        What one metre counts for in an objective of several terms, positive.

    Raises
    ------
    RequirementError
        If an argument is not one of these.

    References
    ----------
    .. [1] Ríos-Mercado, R. Z., Fernández, E. (2009). A reactive GRASP for a commercial territory design
           problem with multiple balancing requirements. *Computers & Operations Research*, 36(3), 755-776.

    Examples
    --------
    >>> Diameter("great-circle", weight=0.5)
    Diameter('great-circle', weight=0.5)
    """

    distance: Literal["planar", "great-circle"] = "planar"
    weight: float = 1.0

    def __post_init__(self) -> None:
        checked_choice(self.distance, ("planar", "great-circle"), "Diameter: distance")
        object.__setattr__(self, "weight", checked_weight(self.weight, "Diameter"))

    def unit_of_measure(self, _weight_unit: str = "") -> str:
        """The unit of measure: "m"."""
        return "m"

    def __repr__(self) -> str:
        return f"Diameter({self.distance!r}{_weight_text(self.weight)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BorderLength(Content):
    r"""Length of all borders between territories, each counted once.

    .. math:: \sum_{\{i, j\}: \, t(i) \ne t(j)} \ell_{ij}

    The lengths are the graph's `border_lengths`; a graph whose border lengths are all 1 counts cut edges. It
    is the usual measure of compactness on a graph of units [1]_.

    Parameters
    ----------
    weight
        What one metre counts for in an objective of several terms, positive.

    Raises
    ------
    RequirementError
        If the weight is not positive and finite.

    References
    ----------
    .. [1] Lasserre, J. B., Ricca, F., Simeone, B. (2011). Political districting: from classical models to
           recent approaches. *4OR*, 9(3), 223-254.

    Examples
    --------
    >>> BorderLength()
    BorderLength()
    >>> BorderLength(weight=10)
    BorderLength(weight=10)
    """

    weight: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", checked_weight(self.weight, "BorderLength"))

    def unit_of_measure(self, _weight_unit: str = "") -> str:
        """The unit of measure: "m"."""
        return "m"

    def __repr__(self) -> str:
        return f"BorderLength({_weight_text(self.weight).removeprefix(', ')})"


CenterTerm: TypeAlias = Compactness | TravelCost
"""Terms that say what a territory's center is."""

Term: TypeAlias = Compactness | TravelCost | AssignmentCost | Diameter | BorderLength


def sum_of(terms: Iterable[Term]) -> str:
    """The terms in short with their weights, such as "Compactness('calls') + 10 * BorderLength()".

    Examples
    --------
    >>> sum_of([Compactness("calls"), Diameter(), BorderLength(weight=10)])
    "Compactness('calls') + Diameter() + 10 * BorderLength()"
    """
    return " + ".join(("" if term.weight == 1 else f"{term.weight:g} * ") + short(term) for term in terms)


def short(term: Term) -> str:
    """One term in short: what it is, and its activity or, where it is not the plain one, its distance."""
    said = ""
    if isinstance(term, CenterTerm) and term.activity is not None:
        said = repr(term.activity)
    elif isinstance(term, Diameter) and term.distance != "planar":
        said = repr(term.distance)
    return f"{type(term).__name__}({said})"


def _weight_text(weight: float) -> str:
    return "" if weight == 1 else f", weight={weight:g}"
