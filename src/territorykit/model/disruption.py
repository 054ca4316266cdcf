"""What a plan may change of today's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from territorykit._arrays import Content, frozen_mapping, is_missing, plain
from territorykit.errors import RequirementError, listing
from territorykit.model.settings import TerritoryLabel, checked_activity, checked_number

if TYPE_CHECKING:
    import pandas as pd

    from territorykit.model.plan import Plan


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MaxMoved(Content):
    r"""At most a share of an activity lies in units whose territory is another one than today.

    .. math:: \sum_{i:\, t(i) \ne t_0(i)} w_i \le s \sum_i w_i

    Customers whose representative changes may be lost, so that a new plan keeps to the old one [1]_.

    Parameters
    ----------
    incumbent
        Today's plan: a `Plan`, whose territories are taken by name, or a mapping or pandas Series from unit id
        to territory, by name or by position from 0. Units that it does not name, or whose territory is
        missing, do not count as moved.
    activity
        Name of the activity :math:`w`; None counts units.
    share
        Fraction :math:`s` of the total over all units, from 0 to 1: 0.1 allows ten per cent.

    Raises
    ------
    RequirementError
        If an argument is out of range, or a unit is named twice.

    References
    ----------
    .. [1] Zoltners, A. A., Sinha, P. (2005). Sales territory design: thirty years of modeling and
           implementation. *Marketing Science*, 24(3), 313-331.

    Examples
    --------
    >>> MaxMoved({"48201": "Houston", "48113": "Dallas"}, "workload", 0.1)
    MaxMoved(2 units, 'workload', 0.1)
    >>> MaxMoved({"48201": "Houston"}, None, 10)
    Traceback (most recent call last):
        ...
    territorykit.errors.RequirementError: MaxMoved: share 10 is not a fraction from 0 to 1; for ten per cent write 0.1
    """

    incumbent: Mapping[Any, TerritoryLabel]
    activity: str | None
    share: float

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            incumbent: "Mapping[Any, TerritoryLabel] | pd.Series[Any] | Plan",
            activity: str | None,
            share: float,
        ) -> None: ...

    def __post_init__(self) -> None:
        if self.activity is not None:
            checked_activity(self.activity, "MaxMoved")
        share = checked_number(self.share, "MaxMoved: share")
        if not 0 <= share <= 1:
            message = f"MaxMoved: share {self.share!r} is not a fraction from 0 to 1; for ten per cent write 0.1"
            raise RequirementError(message)
        object.__setattr__(self, "share", share)
        object.__setattr__(self, "incumbent", frozen_mapping(_labels(self.incumbent)))

    def __repr__(self) -> str:
        return f"MaxMoved({len(self.incumbent):,} units, {self.activity!r}, {self.share:g})"


def _labels(incumbent: Any) -> dict[Any, TerritoryLabel]:  # noqa: ANN401 - a mapping, a Series or a Plan
    """Unit id to territory, without the units whose territory is missing."""
    if hasattr(incumbent, "to_names") and hasattr(incumbent, "problem"):  # a Plan, which this module cannot import
        return dict(zip(incumbent.problem.graph.ids, incumbent.to_names(), strict=True))
    if isinstance(incumbent, Mapping):
        units, values = list(incumbent.keys()), list(incumbent.values())
    elif hasattr(incumbent, "keys") and hasattr(incumbent, "tolist"):  # a Series
        units, values = list(incumbent.keys()), incumbent.tolist()
    else:
        message = (
            f"MaxMoved: the incumbent is a {type(incumbent).__name__}; "
            "pass a Plan, or a mapping or Series from unit ids to territories"
        )
        raise RequirementError(message)
    units = [plain(unit) for unit in units]
    if len(set(units)) < len(units):
        seen: set[Any] = set()
        twice = [unit for unit in units if unit in seen or seen.add(unit)]  # type: ignore[func-returns-value]
        message = f"MaxMoved: the incumbent names units twice: {listing(twice)}; keep one territory each"
        raise RequirementError(message)
    labels = {u: _label(value) for u, value in zip(units, values, strict=True) if not is_missing(value)}
    wrong = [t for t in labels.values() if not isinstance(t, str | int) or isinstance(t, bool)]
    if wrong:
        message = f"MaxMoved: {listing(wrong)} is no territory; name it, or give its position from 0"
        raise RequirementError(message)
    return labels


def _label(value: object) -> Any:  # noqa: ANN401 - a label, or what the caller refuses
    """A label; 3.0, as in a column of positions with gaps, is the position 3."""
    value = plain(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
