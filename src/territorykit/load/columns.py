"""Columns of a frame as activities, names and groups of a graph."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from territorykit._arrays import Bools, Floats, Objects, objects
from territorykit.errors import Problems, listing
from territorykit.load.formats.numerals import number_hint
from territorykit.model.activity import Activity, value_problems


def as_mapping(activities: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    """Column to unit of measure; a list of columns has none."""
    if isinstance(activities, str):
        return {activities: ""}
    return dict(activities) if isinstance(activities, Mapping) else dict.fromkeys(activities, "")


def take_activities(
    frame: pd.DataFrame, activities: Mapping[str, str] | Iterable[str], ids: Objects, problems: Problems
) -> tuple[Activity, ...]:
    """Activities from columns; what is wrong with any of them goes on the list."""
    found = []
    for column, unit_of_measure in as_mapping(activities).items():
        if not _known(frame, column, "activity", problems):
            continue
        values = checked_numbers(frame[column], f"activity {column!r}", ids, problems)
        if values is not None:
            found.append(Activity(str(column), values, unit_of_measure))
    return tuple(found)


def checked_numbers(column: pd.Series, label: str, ids: Objects, problems: Problems) -> Floats | None:
    """Finite, non-negative numbers of a column, or None with the problems on the list."""
    values, texts = numbers(column)
    if texts.any():
        examples = listing(column.to_numpy(object)[texts])
        problems.add(
            f"{label}: {int(texts.sum()):,} values are no numbers but {examples}, at {listing(ids[texts])}",
            number_hint(column.to_numpy(object)[texts]),
        )
        values = np.where(texts, 0.0, values)
    wrong = value_problems(values, ids)
    for what, remedy in wrong:
        problems.add(f"{label}: {what}", remedy)
    return None if wrong or texts.any() else values


def numbers(column: pd.Series) -> tuple[Floats, Bools]:
    """Values as floats (NaN where missing), and which are no numbers at all.

    A text is no number even if it looks like one: whether "1.234" is one or a thousand is not guessed.
    """
    if column.dtype.kind in "biuf":
        return column.to_numpy(np.float64, na_value=np.nan), np.zeros(len(column), bool)
    values = np.full(len(column), np.nan)
    texts = np.zeros(len(column), bool)
    for i, value in enumerate(objects(column)):
        if value is None:
            continue
        if isinstance(value, str):
            texts[i] = True
            continue
        try:
            values[i] = float(value)
        except OverflowError:
            values[i] = np.inf
        except (TypeError, ValueError):
            texts[i] = True
    return values, texts


def take_labels(frame: pd.DataFrame, names: str | None, groups: Sequence[str], problems: Problems) -> dict[str, Any]:
    """The fields `names` and `groups` of a graph, from columns."""
    groups = [groups] if isinstance(groups, str) else list(groups)
    fields: dict[str, Any] = {}
    if names is not None and _known(frame, names, "names", problems):
        fields["names"] = _labels(frame[names])
    fields["groups"] = {name: _labels(frame[name]) for name in groups if _known(frame, name, "group", problems)}
    return fields


def _labels(column: pd.Series) -> Objects:
    return objects(column)


def _known(frame: pd.DataFrame, column: str, role: str, problems: Problems) -> bool:
    if column in frame.columns:
        return True
    columns = [name for name in frame.columns if name not in ("geometry", "account_ids")]
    problems.add(f"there is no column {column!r} for {role}", f"the columns are {', '.join(map(repr, columns))}")
    return False
