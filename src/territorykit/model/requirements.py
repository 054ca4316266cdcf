"""What a plan must fulfil: settings that check their own arguments, nothing more.

Whether a plan meets them is said by `territorykit.criteria.violations`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, frozen_mapping, plain
from territorykit.errors import RequirementError, listing
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
from territorykit.model.settings import TerritoryLabel, checked_activity, checked_number, per_territory, unit_tuples
from territorykit.model.workload import BalancedWorkload


@dataclass(frozen=True, slots=True, eq=False)
class Balance(Content):
    """Every territory's size stays within a fraction of its target: a hard band.

    Parameters
    ----------
    activity
        Name of the activity whose sums are the sizes.
    tolerance
        Fraction of the target, from 0 to 1: 0.05 allows five per cent below and above.
    targets
        Target sizes in the activity's unit of measure: one per territory in the problem's order, or a
        mapping or pandas Series by territory name. Without it every target is the total over the number of
        territories.

    Raises
    ------
    RequirementError
        If an argument is out of range.

    Examples
    --------
    >>> Balance("workload", 0.05)
    Balance('workload', 0.05)
    >>> Balance("workload", 5)
    Traceback (most recent call last):
        ...
    territorykit.errors.RequirementError: Balance('workload'): tolerance 5 is not a fraction from 0 to 1; \
for five per cent write 0.05
    """

    activity: str
    tolerance: float
    targets: Floats | Mapping[str, float] | None = None

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            activity: str,
            tolerance: float,
            targets: ArrayLike | Mapping[str, float] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        name = f"Balance({self.activity!r})"
        checked_activity(self.activity, "Balance")
        tolerance = checked_number(self.tolerance, f"{name}: tolerance")
        if not 0 <= tolerance <= 1:
            message = (
                f"{name}: tolerance {self.tolerance!r} is not a fraction from 0 to 1; for five per cent write 0.05"
            )
            raise RequirementError(message)
        object.__setattr__(self, "tolerance", tolerance)
        given: Any = self.targets
        if isinstance(given, Mapping) or hasattr(given, "to_dict"):  # a Series is aligned by name
            numbers = {str(k): checked_number(v, f"{name}: target of {k!r}") for k, v in given.items()}
            object.__setattr__(self, "targets", frozen_mapping(numbers))
        elif given is not None:
            object.__setattr__(self, "targets", per_territory(given, f"{name}: targets"))
        values = self.targets.values() if isinstance(self.targets, Mapping) else self.targets
        if values is not None and any(not 0 < value < math.inf for value in values):
            message = f"{name}: every target must be positive and finite; leave out territories that get nothing"
            raise RequirementError(message)

    def __repr__(self) -> str:
        targets = "" if self.targets is None else ", targets=..."
        return f"Balance({self.activity!r}, {self.tolerance:g}{targets})"


@dataclass(frozen=True, slots=True, eq=False)
class Capacity(Content):
    """Every territory's size lies between two given sizes.

    Parameters
    ----------
    activity
        Name of the activity whose sums are the sizes.
    lower, upper
        Sizes in the activity's unit of measure: one number for all territories, or one per territory in the
        problem's order.

    Raises
    ------
    RequirementError
        If a limit is negative or missing, or a lower one exceeds an upper one.

    Examples
    --------
    >>> Capacity("workload", upper=1600)
    Capacity('workload', 0, 1600)
    """

    activity: str
    lower: float | Floats = 0.0
    upper: float | Floats = math.inf

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            activity: str,
            lower: ArrayLike = 0.0,
            upper: ArrayLike = math.inf,
        ) -> None: ...

    def __post_init__(self) -> None:
        checked_activity(self.activity, "Capacity")
        name = f"Capacity({self.activity!r})"
        for side in ("lower", "upper"):
            value = getattr(self, side)
            if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
                object.__setattr__(self, side, per_territory(value, f"{name}: {side}"))
            else:
                object.__setattr__(self, side, checked_number(value, f"{name}: {side}"))
        lower, upper = np.atleast_1d(self.lower), np.atleast_1d(self.upper)
        if len(lower) != len(upper) and 1 not in (len(lower), len(upper)):
            message = f"{name}: {len(lower)} lower limits for {len(upper)} upper ones; pass as many, or one number"
            raise RequirementError(message)
        if not ((lower >= 0).all() and (upper >= 0).all() and np.isfinite(lower).all()):
            message = f"{name}: limits must be numbers from 0 up, the lower ones finite"
            raise RequirementError(message)
        crossed = np.flatnonzero(lower > upper)
        if len(crossed):
            message = f"{name}: the lower limit exceeds the upper one at position {listing(crossed)}; exchange them"
            raise RequirementError(message)

    def __repr__(self) -> str:
        sides = (f"{v:g}" if isinstance(v, float) else "[...]" for v in (self.lower, self.upper))
        return f"Capacity({self.activity!r}, {', '.join(sides)})"


@dataclass(frozen=True, slots=True, eq=False)
class Contiguous(Content):
    """Every territory is connected: from each of its units one gets to every other without leaving it."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MaxTravel(Content):
    """No unit lies further from its territory's center, or base, than a limit.

    Parameters
    ----------
    metres
        The limit in metres, in a straight line between coordinates.
    to
        "center" (the unit that stands for the territory) or "base" (`Problem.bases`, or the bases of
        `Problem.travel` for minutes; in a territory whose base is free, the unit that stands for it).
    minutes
        In place of metres: the limit in minutes from there to the unit, by `Problem.travel`. A unit without a way
        breaks it.

    Raises
    ------
    RequirementError
        If not exactly one limit is given, it is not positive, or `to` is unknown.

    Examples
    --------
    >>> MaxTravel(metres=80_000)
    MaxTravel(metres=80000.0, to='center')
    >>> MaxTravel(minutes=90, to="base")
    MaxTravel(minutes=90.0, to='base')
    """

    metres: float | None = None
    to: Literal["center", "base"] = "center"
    minutes: float | None = None

    def __post_init__(self) -> None:
        if (self.metres is None) == (self.minutes is None):
            message = f"MaxTravel: give metres= or minutes=, one of the two; got {self.metres!r} and {self.minutes!r}"
            raise RequirementError(message)
        limit = checked_number(self.minutes if self.metres is None else self.metres, f"MaxTravel: {self.measure}")
        object.__setattr__(self, self.measure, limit)
        if not 0 < limit < math.inf:
            message = f"MaxTravel: {self.measure} must be positive and finite, got {limit!r}"
            raise RequirementError(message)
        if self.to not in ("center", "base"):
            message = f"MaxTravel: to must be 'center' or 'base', got {self.to!r}"
            raise RequirementError(message)

    @property
    def measure(self) -> Literal["metres", "minutes"]:
        """What is limited."""
        return "minutes" if self.metres is None else "metres"

    @property
    def limit(self) -> float:
        """The limit, in metres or minutes."""
        return float(self.minutes or 0.0) if self.metres is None else self.metres

    def with_limit(self, limit: float) -> "MaxTravel":
        """The same with another limit, in the same measure."""
        return MaxTravel(limit, self.to) if self.metres is not None else MaxTravel(to=self.to, minutes=limit)

    def __repr__(self) -> str:
        return f"MaxTravel({self.measure}={self.limit!r}, to={self.to!r})"


@dataclass(frozen=True, slots=True, eq=False)
class Fixed(Content):
    """Some units belong to given territories.

    Parameters
    ----------
    mapping
        Unit id to territory, by name or by position from 0.

    Examples
    --------
    >>> Fixed({"48201": "Houston"})
    Fixed(1 units)
    """

    mapping: Mapping[Any, TerritoryLabel]

    def __post_init__(self) -> None:
        if not isinstance(self.mapping, Mapping):
            message = f"Fixed: expected a mapping from unit ids to territories, got {type(self.mapping).__name__}"
            raise RequirementError(message)
        mapping = {plain(unit): plain(territory) for unit, territory in self.mapping.items()}
        wrong = [t for t in mapping.values() if not isinstance(t, str | int) or isinstance(t, bool)]
        if wrong:
            message = f"Fixed: {listing(wrong)} is no territory; name it, or give its position from 0"
            raise RequirementError(message)
        object.__setattr__(self, "mapping", frozen_mapping(mapping))

    def __repr__(self) -> str:
        return f"Fixed({len(self.mapping):,} units)"


@dataclass(frozen=True, slots=True, eq=False)
class Together(Content):
    """The units of each group share a territory.

    Parameters
    ----------
    groups
        Groups of unit ids, at least two each. Groups that share a unit are one group.

    Examples
    --------
    >>> Together([["a", "b", "c"], ["x", "y"]])
    Together(2 groups)
    """

    groups: tuple[tuple[Any, ...], ...]

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            groups: Iterable[Iterable[object]],
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", unit_tuples(self.groups, "Together", "a group"))
        small = [group for group in self.groups if len(set(group)) < 2]  # noqa: PLR2004
        if small:
            message = f"Together: {listing(small)} holds fewer than two units; name at least two in each group"
            raise RequirementError(message)

    def __repr__(self) -> str:
        return f"Together({len(self.groups):,} groups)"


@dataclass(frozen=True, slots=True, eq=False)
class Apart(Content):
    """The two units of each pair are in different territories.

    Parameters
    ----------
    pairs
        Pairs of unit ids.

    Examples
    --------
    >>> Apart([("a", "b")])
    Apart(1 pairs)
    """

    pairs: tuple[tuple[Any, ...], ...]

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            pairs: Iterable[Iterable[object]],
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", unit_tuples(self.pairs, "Apart", "a pair"))
        wrong = [pair for pair in self.pairs if len(pair) != 2 or pair[0] == pair[1]]  # noqa: PLR2004
        if wrong:
            message = f"Apart: {listing(wrong)} is not a pair of two different units"
            raise RequirementError(message)

    def __repr__(self) -> str:
        return f"Apart({len(self.pairs):,} pairs)"


Requirement: TypeAlias = (
    Balance | Capacity | Contiguous | MaxTravel | Fixed | Together | Apart | MaxMoved | Nested | BalancedWorkload
)
