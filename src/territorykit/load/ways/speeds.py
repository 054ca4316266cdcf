"""How fast roads are driven: posted limits where they are known, the class of the road otherwise."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from territorykit._arrays import Floats, is_missing
from territorykit.errors import Problems, listing

KMH_BY_CLASS: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 110.0,
        "trunk": 90.0,
        "primary": 65.0,
        "secondary": 55.0,
        "tertiary": 45.0,
        "unclassified": 40.0,
        "residential": 30.0,
        "living_street": 10.0,
        "service": 15.0,
        "track": 15.0,
        "road": 40.0,
        "motorway_link": 60.0,
        "trunk_link": 50.0,
        "primary_link": 45.0,
        "secondary_link": 40.0,
        "tertiary_link": 35.0,
    }
)
"""Kilometres per hour that are driven on a road of each OpenStreetMap class, stops at crossings included."""

METRES_PER_MINUTE = 1000 / 60
"""Of one kilometre per hour."""
KMH_PER_MPH = 1.609344
_LIMIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?\s*", re.IGNORECASE)


def posted(value: object) -> float:
    """Kilometres per hour of a posted limit such as "50", "30 mph" or ["50", "70"]; NaN where it says no number.

    Of several limits the lowest counts, as an edge that has several was joined of stretches.

    Examples
    --------
    >>> posted("50"), round(posted("30 mph"), 1), posted(["70", "50"]), posted("signals")
    (50.0, 48.3, 50.0, nan)
    """
    if isinstance(value, list | tuple | set | np.ndarray):
        found = [speed for speed in map(posted, value) if speed == speed]  # noqa: PLR0124 - not NaN
        return min(found, default=float("nan"))
    if is_missing(value):
        return float("nan")
    match = _LIMIT.fullmatch(str(value))
    if match is None or float(match[1]) == 0:
        return float("nan")
    return float(match[1]) * (KMH_PER_MPH if (match[2] or "").lower() == "mph" else 1.0)


def first_class(value: object) -> str:
    """The class of a road; of several, as an edge that was joined of stretches has them, the first."""
    if isinstance(value, list | tuple | np.ndarray):
        value = value[0] if len(value) else ""
    return "" if is_missing(value) else str(value)


def speeds_of(
    arcs: pd.DataFrame, speeds: Mapping[str, float] | None, default_kmh: float | None, problems: Problems
) -> Floats:
    """Kilometres per hour of each arc: its own, or its class's, or the default; NaN where nothing says so.

    Parameters
    ----------
    arcs
        With the columns ``kmh`` (numbers or posted limits) and ``road_class``, as far as they are known.
    speeds
        Class to kilometres per hour, beside or in place of `KMH_BY_CLASS`.
    default_kmh
        For arcs of which neither is known.
    problems
        Gets the speeds that are no positive numbers.
    """
    table = {**KMH_BY_CLASS, **(speeds or {})}
    wrong = [name for name, kmh in table.items() if not (isinstance(kmh, int | float) and 0 < kmh < np.inf)]
    if wrong:
        problems.add(f"speeds of {listing(wrong)} are no positive numbers", "give kilometres per hour")
    if default_kmh is not None and not (isinstance(default_kmh, int | float) and 0 < default_kmh < np.inf):
        problems.add(f"default_kmh is {default_kmh!r}", "give kilometres per hour")
    kmh = np.full(len(arcs), np.nan)
    if "kmh" in arcs:
        kmh = _numbers(arcs["kmh"])
        slow = kmh <= 0
        if slow.any():
            problems.add(
                f"{int(slow.sum()):,} edges have a speed of 0 or less: {listing(arcs.index[slow])}",
                "leave the speed empty where it is not known, and the edge out where nobody may drive",
            )
        kmh = np.where(slow, np.nan, kmh)
    if "road_class" in arcs:
        by_class = arcs["road_class"].map(first_class).map(table).to_numpy(np.float64)
        kmh = np.where(np.isnan(kmh), by_class, kmh)
    return np.where(np.isnan(kmh), np.nan if default_kmh is None else default_kmh, kmh)


def _numbers(column: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.to_numpy(np.float64, na_value=np.nan), np.float64)
    return np.asarray(column.map(posted), np.float64)
