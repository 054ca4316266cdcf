"""Faults of the figures in a column."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from territorykit._arrays import Objects
from territorykit.errors import DataError, Problems
from territorykit.load.columns import as_mapping, numbers
from territorykit.load.faults.table import ERROR, WARNING, Faults


def value_faults(
    faults: Faults, frame: pd.DataFrame, activities: Mapping[str, str] | Iterable[str], places: Objects
) -> None:
    """Activities that are missing, no numbers, infinite, negative, or zero.

    Raises
    ------
    DataError
        If a column is not there.
    """
    columns = as_mapping(activities)
    problems = Problems("activities")
    for column in columns:
        if column not in frame.columns:
            known = [name for name in frame.columns if name != "geometry"]
            problems.add(f"there is no column {column!r}", f"the columns are {', '.join(map(repr, known))}")
    problems.raise_as(DataError)
    for column, measure in columns.items():
        values, texts = numbers(frame[column])
        with np.errstate(invalid="ignore"):
            for fault, mask, word, remedy in (
                ("missing_value", np.isnan(values) & ~texts, "is missing", "fill it, or leave the row out by name"),
                ("infinite_value", np.isinf(values), "is infinite", "replace it by a finite value"),
                ("negative_value", values < 0, "is negative", "an activity is a size: shift or clip it"),
                ("zero_value", values == 0, "is 0", "right where there is nothing; else fill it"),
            ):
                severity = WARNING if fault == "zero_value" else ERROR
                what = f"{column!r} {word}"
                faults.rows(fault, severity, mask, what, remedy, values=values, measure=measure, places=places)
        entries = frame[column].to_numpy(object)
        for i in np.flatnonzero(texts).tolist():
            what = f"{column!r} is no number but {str(entries[i])[:60]!r}"
            remedy = "turn the column into numbers"
            faults.add("not_a_number", ERROR, (faults.ids[i],), what, remedy, measure=measure, place=places[i])
