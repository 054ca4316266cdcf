"""Checks that requirements and terms of the objective share: each returns the value as it is kept."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from territorykit._arrays import Floats, floats, plain
from territorykit.errors import RequirementError

TerritoryLabel: TypeAlias = str | int
"""A territory's name, or its position from 0."""


def checked_activity(value: object, name: str) -> None:
    """Refuse what is not the name of an activity."""
    if not isinstance(value, str) or not value:
        message = f"{name}: the activity must be named by a text, got {value!r}"
        raise RequirementError(message)


def checked_number(value: object, name: str) -> float:
    """A number that is not NaN."""
    if isinstance(value, bool | str | bytes) or value is None:
        message = f"{name} must be a number, got {value!r}"
        raise RequirementError(message)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        message = f"{name} must be a number, got {value!r}"
        raise RequirementError(message) from error
    if math.isnan(number):
        message = f"{name} is NaN; give a number"
        raise RequirementError(message)
    return number


def checked_weight(value: object, name: str) -> float:
    """The weight of a term in the objective."""
    weight = checked_number(value, f"{name}: weight")
    if not 0 < weight < math.inf:
        message = f"{name}: weight must be positive and finite, got {value!r}; leave a term out that does not count"
        raise RequirementError(message)
    return weight


def checked_choice(value: object, choices: tuple[object, ...], name: str) -> None:
    """Refuse what is not one of the choices."""
    if value not in choices or isinstance(value, bool):
        message = f"{name} must be one of {choices}, got {value!r}"
        raise RequirementError(message)


def per_territory(values: Any, name: str) -> Floats:  # noqa: ANN401 - any array-like
    """One number per territory."""
    try:
        array = floats(values)
    except (TypeError, ValueError) as error:
        message = f"{name} must be numbers, one per territory: {error}"
        raise RequirementError(message) from error
    if array.ndim != 1 or np.isnan(array).any():
        message = f"{name} must be one number per territory, none of them NaN; got shape {array.shape}"
        raise RequirementError(message)
    return array


def unit_tuples(rows: Iterable[Iterable[Any]], name: str, word: str) -> tuple[tuple[Any, ...], ...]:
    """Groups of unit ids."""
    rows = rows if isinstance(rows, str | Mapping) else list(rows)  # an iterator is read once
    if isinstance(rows, str | Mapping) or any(isinstance(row, str) or not isinstance(row, Iterable) for row in rows):
        message = f"{name}: expected a list of lists of unit ids; {word} goes into brackets of its own"
        raise RequirementError(message)
    return tuple(tuple(plain(unit) for unit in _in_order(row)) for row in rows)


def _in_order(row: Iterable[Any]) -> Iterable[Any]:
    """The entries of a set in an order that is the same in every process."""
    return sorted(row, key=lambda unit: (str(type(unit)), unit)) if isinstance(row, set | frozenset) else row
