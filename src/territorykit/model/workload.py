"""The work of a territory with the driving that it takes, and a band on it."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, floats
from territorykit.errors import RequirementError, listing
from territorykit.model.settings import checked_activity, checked_choice, checked_number


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Workload(Content):
    r"""How many hours a territory takes in a year: its visits, the ways between them, and the ways to and from them.

    A unit :math:`i` with :math:`v_i` visits a year of :math:`s_i` hours, from which the next stop is :math:`l_i` hours
    away and the center or base :math:`c` is :math:`\tau_i` hours there and back, takes

    .. math:: h_i(c) = v_i \left( s_i + (1 - \varphi_i) \, l_i + \varphi_i \, \tau_i \right), \qquad
        \varphi_i = \min \left( 1, \frac{s_i + l_i}{H - s_i / 2 - \tau_i + l_i} \right)

    hours. Of a day of :math:`H` hours what is left by the way there and back holds :math:`1 / \varphi_i` visits: so
    much of that way each of them bears [1]_, and the others follow from stop to stop by the theorem of Beardwood,
    Halton and Hammersley [2]_, which `minutes_between_stops` turns into minutes. No stop is further than the way by
    the base, :math:`l_i \le \tau_i`, and no way takes more than a day.

    Parameters
    ----------
    visits
        Name of the activity that counts the visits in a year.
    service
        Minutes that a visit takes; or the name of an activity that holds the hours of all visits to a unit in a year.
    between_stops
        Minutes from one visit to the next around each unit, shape (n_units,), or one number for all.
    hours_per_day
        Length of a working day, ways included.
    days_per_year
        Days in the field, for what is over the limit.
    to
        "center": days begin and end at the unit that stands for the territory. "base": at its base; where that is
        free, at the unit that stands for it.
    days_per_trip
        How many days a trip may last where the way is long: it is driven there and back once a trip, whose days
        count together as :math:`H`.
    overnight_beyond
        Minutes one way beyond which units are visited on such trips; infinite for never.

    Raises
    ------
    RequirementError
        If an argument is out of range.

    References
    ----------
    .. [1] Daganzo, C. F. (1984). The distance traveled to visit N points with a maximum of C stops per vehicle: an
           analytic model and an application. *Transportation Science*, 18(4), 331-350.
    .. [2] Beardwood, J., Halton, J. H., Hammersley, J. M. (1959). The shortest path through many points.
           *Mathematical Proceedings of the Cambridge Philosophical Society*, 55(4), 299-327.

    Examples
    --------
    >>> Workload("visits", 45, between_stops=6.0)
    Workload('visits', 45, to='center')
    """

    visits: str
    service: float | str
    between_stops: Floats | float = 0.0
    _: KW_ONLY
    hours_per_day: float = 8.0
    days_per_year: float = 220.0
    to: Literal["center", "base"] = "center"
    days_per_trip: int = 1
    overnight_beyond: float = math.inf

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            visits: str,
            service: float | str,
            between_stops: ArrayLike = 0.0,
            *,
            hours_per_day: float = 8.0,
            days_per_year: float = 220.0,
            to: Literal["center", "base"] = "center",
            days_per_trip: int = 1,
            overnight_beyond: float = math.inf,
        ) -> None: ...

    def __post_init__(self) -> None:
        checked_activity(self.visits, "Workload")
        if isinstance(self.service, str):
            checked_activity(self.service, "Workload")
        else:
            self._positive("service", least=0.0)
        for name in ("hours_per_day", "days_per_year"):
            self._positive(name)
        checked_choice(self.to, ("center", "base"), "Workload: to")
        days = self.days_per_trip
        if isinstance(days, bool) or not isinstance(days, int | np.integer) or days < 1:
            message = f"Workload: days_per_trip must be a whole number from 1, got {days!r}"
            raise RequirementError(message)
        beyond = checked_number(self.overnight_beyond, "Workload: overnight_beyond")
        if beyond < 0:
            message = f"Workload: overnight_beyond must be minutes from 0, got {beyond!r}"
            raise RequirementError(message)
        object.__setattr__(self, "overnight_beyond", beyond)
        self._check_stops()

    def _positive(self, name: str, least: float | None = None) -> None:
        value = checked_number(getattr(self, name), f"Workload: {name}")
        if not (0 < value < math.inf or value == least):
            message = f"Workload: {name} must be {'positive' if least is None else 'from 0'} and finite, got {value!r}"
            raise RequirementError(message)
        object.__setattr__(self, name, value)

    def _check_stops(self) -> None:
        try:
            minutes = floats(self.between_stops)
        except (TypeError, ValueError) as error:
            message = f"Workload: between_stops: {error}; pass minutes, one number per unit or one for all"
            raise RequirementError(message) from error
        wrong = np.flatnonzero(~(np.isfinite(minutes) & (minutes >= 0)))
        if minutes.ndim > 1 or len(wrong):
            what = f"shape {minutes.shape}" if minutes.ndim > 1 else f"{len(wrong):,} wrong values, at {listing(wrong)}"
            message = f"Workload: between_stops has {what}; pass finite minutes from 0, one per unit or one for all"
            raise RequirementError(message)
        object.__setattr__(self, "between_stops", float(minutes) if minutes.ndim == 0 else minutes)

    def __repr__(self) -> str:
        service = repr(self.service) if isinstance(self.service, str) else f"{self.service:g}"
        return f"Workload({self.visits!r}, {service}, to={self.to!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BalancedWorkload(Content):
    """Every territory's hours of work, driving included, stay within a fraction of their target: a hard band.

    What a territory takes depends on where its center or base is, so that this size is no sum over its units alone.

    Parameters
    ----------
    workload
        How hours are counted.
    tolerance
        Fraction of the target, from 0 to 1.
    hours
        The target in hours a year. Without it: the mean over the territories of the plan, as the sum of the hours is
        another for every plan.
    max_nights
        Nights a year that a territory may take away from home, or None.

    Raises
    ------
    RequirementError
        If an argument is out of range.

    Examples
    --------
    >>> BalancedWorkload(Workload("visits", 45), 0.1, hours=1600)
    BalancedWorkload(Workload('visits', 45, to='center'), 0.1, hours=1600)
    """

    workload: Workload
    tolerance: float
    hours: float | None = None
    max_nights: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.workload, Workload):
            message = f"BalancedWorkload: workload is a {type(self.workload).__name__}; pass a Workload"
            raise RequirementError(message)
        tolerance = checked_number(self.tolerance, "BalancedWorkload: tolerance")
        if not 0 <= tolerance <= 1:
            message = f"BalancedWorkload: tolerance {tolerance!r} is not a fraction from 0 to 1; for 10 % write 0.1"
            raise RequirementError(message)
        object.__setattr__(self, "tolerance", tolerance)
        for name in ("hours", "max_nights"):
            if getattr(self, name) is not None:
                value = checked_number(getattr(self, name), f"BalancedWorkload: {name}")
                if not (0 < value < math.inf or (value == 0 and name == "max_nights")):
                    message = f"BalancedWorkload: {name} must be positive and finite, got {value!r}"
                    raise RequirementError(message)
                object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        hours = "" if self.hours is None else f", hours={self.hours:g}"
        nights = "" if self.max_nights is None else f", max_nights={self.max_nights:g}"
        return f"BalancedWorkload({self.workload!r}, {self.tolerance:g}{hours}{nights})"
