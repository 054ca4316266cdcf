"""An activity: one additive measure of all units."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, floats
from territorykit.errors import DataError, Problems, listing


@dataclass(frozen=True, slots=True, eq=False)
class Activity(Content):
    """An extensive, non-negative measure of units, such as workload or potential.

    Parameters
    ----------
    name
        What requirements and objectives call it by.
    values
        Array of shape (n_units,): one finite, non-negative number per unit.
    unit_of_measure
        What one is made of, such as "h/year" or "USD/year"; shown beside every figure.

    Raises
    ------
    DataError
        If the name is empty or a value is missing, infinite, negative or no number.

    Examples
    --------
    >>> workload = Activity("workload", [3, 5, 2], "h/year")
    >>> workload.total
    10.0
    """

    name: str
    values: Floats
    unit_of_measure: str = ""

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(
            self,
            name: str,
            values: ArrayLike,
            unit_of_measure: str = "",
        ) -> None: ...

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            message = f"an activity's name must be a text that is not empty, got {self.name!r}"
            raise DataError(message)
        if not isinstance(self.unit_of_measure, str):
            message = f"activity {self.name!r}: unit_of_measure must be a text, got {self.unit_of_measure!r}"
            raise DataError(message)
        try:
            object.__setattr__(self, "values", floats(self.values))
        except (TypeError, ValueError) as error:
            message = f"activity {self.name!r}: the values are not numbers ({error}); pass one number per unit"
            raise DataError(message) from error
        problems = Problems(f"activity {self.name!r}")
        for what, remedy in value_problems(self.values):
            problems.add(what, remedy)
        problems.raise_as(DataError)

    @property
    def total(self) -> float:
        """Sum over all units."""
        return float(self.values.sum())


def value_problems(values: Floats, ids: Iterable[object] | None = None) -> list[tuple[str, str]]:
    """What keeps values from being an activity, as pairs of (what, remedy); units are named by ids or position."""
    if values.ndim != 1:
        return [(f"the values have shape {values.shape}, not (n_units,)", "pass one number per unit")]
    names = np.arange(len(values)) if ids is None else np.fromiter(ids, object, len(values))
    word = "position" if ids is None else "unit"
    found = []
    for mask, what, remedy in (
        (np.isnan(values), "missing (NaN)", "fill the values or drop the units by name"),
        (np.isinf(values), "infinite", "replace the values by finite ones"),
        (values < 0, "negative", "an activity is a size: shift or clip the values, or leave the units out"),
    ):
        if mask.any():
            found.append((f"{int(mask.sum()):,} values are {what}, at {word} {listing(names[mask])}", remedy))
    return found
