"""Accounts added up over the areas in which they lie."""

import logging
import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._arrays import Bools, Ints, Objects
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.columns import checked_numbers
from territorykit.load.inputs import (
    MULTIPOLYGON,
    NO_PLACE,
    PLACE_REMEDY,
    POINT,
    POLYGON,
    check_frame,
    check_ids,
    crs_name,
    is_number,
    on_earth,
    plain_ids,
    require_frame,
)
from territorykit.load.locating import NOWHERE, locate, nearest
from territorykit.load.shift import warn_of_shift

Outside = Literal["error", "nearest", "drop"]
ACCOUNT_IDS = "account_ids"
CENT = 0.005
LARGEST = 2.0**63

logger = logging.getLogger(__name__)


def add_accounts(
    areas: gpd.GeoDataFrame,
    accounts: gpd.GeoDataFrame,
    *,
    sum: Iterable[str] = (),  # noqa: A002 - what is done with the columns
    count: str | None = "n_accounts",
    outside: Outside = "error",
    max_distance: float | None = None,
) -> gpd.GeoDataFrame:
    """Add accounts up over the areas in which they lie; totals are conserved.

    Parameters
    ----------
    areas
        Polygons whose index holds the ids, as `read_areas` makes them; not changed.
    accounts
        Points whose index holds the ids, as `read_accounts` makes them. They are brought to the areas'
        coordinate system.
    sum
        Columns of the accounts to add up.
    count
        Name of the new column with the number of accounts; None for no such column.
    outside
        What to do with accounts in no area. "error": refuse. "nearest": add them to the nearest area. "drop":
        leave them out, and warn of what is lost.
    max_distance
        Metres within which "nearest" looks; farther accounts are an error.

    Returns
    -------
    GeoDataFrame
        The areas with a column of totals per name in `sum` (0 where no account lies), the count, and
        ``account_ids``, a tuple of ids per area. An account on a border lies in the first of its areas.

    Raises
    ------
    DataError
        With all problems at once: accounts in no area, with the totals that lie outside; values that are
        missing, negative, infinite or no numbers; columns that the areas have already; ids of accounts that
        were added before, or that a file made into a text.

    Warns
    -----
    TerritoryKitWarning
        Where accounts are dropped: how many, with which totals. Where accounts and areas look shifted against
        each other, see `check_shift`.

    Examples
    --------
    >>> from shapely import Point, box
    >>> areas = gpd.GeoDataFrame(index=["a", "b"], geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4326")
    >>> accounts = gpd.GeoDataFrame(
    ...     {"sales": [5.0, 7.0]}, index=["x", "y"], geometry=[Point(0.5, 0.5), Point(1, 0.5)], crs="EPSG:4326"
    ... )
    >>> add_accounts(areas, accounts, sum=["sales"])[["sales", "n_accounts"]].values.tolist()
    [[12.0, 2.0], [0.0, 0.0]]
    """
    columns = [sum] if isinstance(sum, str) else list(sum)
    problems = Problems("adding accounts")
    ids = _check_inputs(areas, accounts, outside, problems)
    _check_names(areas, columns, count, problems)
    _check_settings(outside, max_distance, problems)
    values = {column: _values(accounts, column, ids, problems) for column in dict.fromkeys(columns)}
    problems.raise_as(DataError)

    points = accounts.geometry.to_crs(areas.crs)
    home = locate(np.asarray(areas.geometry.values, object), np.asarray(points.values, object))
    lost = home == NOWHERE
    warn_of_shift(areas, points, lost)
    if lost.any():
        home[lost] = _rehome(areas, points[lost], (ids[lost], outside, max_distance), _lost_text(values, lost))
    _check_kept(areas, ids[home != NOWHERE], problems)
    problems.raise_as(DataError)
    if (home == NOWHERE).any():
        message = f"left out {int(lost.sum()):,} accounts in no area: {listing(ids[lost])}{_lost_text(values, lost)}"
        warnings.warn(message, TerritoryKitWarning, stacklevel=2)
    return _with_totals(areas, home, ids, values, count)


def _check_inputs(areas: gpd.GeoDataFrame, accounts: gpd.GeoDataFrame, outside: str, problems: Problems) -> Objects:
    for name, frame, kinds in (("areas", areas, (POLYGON, MULTIPOLYGON)), ("accounts", accounts, (POINT,))):
        require_frame(frame, name)
        inner = Problems(name)
        check_frame(frame, kinds, inner)
        problems.found += [f"{name}: {text}" for text in inner.found]
    if areas.crs is not None and accounts.crs is not None and (areas.crs != accounts.crs or outside == "nearest"):
        for name, crs in (("areas", areas.crs), ("accounts", accounts.crs)):
            if not on_earth(crs):
                problems.add(f"{name}: {crs_name(crs)} {NO_PLACE}", PLACE_REMEDY)
    return plain_ids(accounts.index)


def _check_names(areas: gpd.GeoDataFrame, columns: Sequence[str], count: str | None, problems: Problems) -> None:
    new = [*columns, *([] if count is None else [count])]
    twice = sorted({name for name in new if new.count(name) > 1})
    if twice:
        problems.add(f"columns are named twice: {listing(twice)}", "name each once; count= names a column of its own")
    present = [name for name in dict.fromkeys(new) if name in areas.columns]
    if present:
        problems.add(f"the areas have columns {listing(present)} already", "rename or drop them, or set count=")
    if ACCOUNT_IDS in new:
        problems.add(f"{ACCOUNT_IDS!r} is kept for the ids of accounts", "choose another name")


def _check_settings(outside: str, max_distance: float | None, problems: Problems) -> None:
    if outside not in ("error", "nearest", "drop"):
        problems.add(f"outside is {outside!r}", "pass 'error', 'nearest' or 'drop'")
    if max_distance is not None and outside != "nearest":
        problems.add("max_distance is given", "it goes with outside='nearest' only")
    if max_distance is not None and not (is_number(max_distance) and max_distance >= 0):
        problems.add(f"max_distance is {max_distance!r}", "pass metres, from 0")


def _values(accounts: gpd.GeoDataFrame, column: str, ids: Objects, problems: Problems) -> Any:  # noqa: ANN401 - ints or floats
    if column not in accounts.columns:
        known = [name for name in accounts.columns if name != "geometry"]
        problems.add(f"the accounts have no column {column!r}", f"the columns are {', '.join(map(repr, known))}")
        return None
    values = checked_numbers(accounts[column], f"column {column!r} of the accounts", ids, problems)
    if values is None or accounts[column].dtype.kind not in "iu":
        return values
    if values.max(initial=0) >= LARGEST:
        problems.add(f"column {column!r} of the accounts: values are beyond 2**63", "scale the values down")
        return None
    return accounts[column].to_numpy(np.int64)  # to the last digit, which a float may not have


def _rehome(
    areas: gpd.GeoDataFrame, points: gpd.GeoSeries, policy: tuple[Objects, Outside, float | None], totals: str
) -> Ints:
    """Where accounts that lie in no area go."""
    ids, outside, max_distance = policy
    if outside == "drop":
        return np.full(len(points), NOWHERE)
    if outside == "error":
        message = (
            f"adding accounts: {len(points):,} accounts lie in no area: {listing(ids)}{totals}; correct their places, "
            "or pass outside='nearest' (with max_distance= in metres) or outside='drop'"
        )
        raise DataError(message)
    home, metres = nearest(areas, points)
    far = np.zeros(len(points), bool) if max_distance is None else metres > max_distance
    if far.any():
        message = (
            f"adding accounts: {int(far.sum()):,} accounts lie farther than {max_distance:,.0f} m from every area, up "
            f"to {metres.max():,.0f} m: {listing(ids[far])}; correct their places or raise max_distance"
        )
        raise DataError(message)
    logger.info(
        "%d accounts outside every area go to the nearest, up to %.0f m away: %s", len(ids), metres.max(), listing(ids)
    )
    return home


def _lost_text(values: dict[str, Any], lost: Bools) -> str:
    """The totals that lie outside, for messages."""
    parts = [f"{column} {numbers[lost].sum():,.10g} of {numbers.sum():,.10g}" for column, numbers in values.items()]
    return f" (with {', '.join(parts)})" if parts else ""


def _check_kept(areas: gpd.GeoDataFrame, ids: Objects, problems: Problems) -> None:
    """A second set of accounts must not hold ids of the first."""
    if ACCOUNT_IDS not in areas.columns:
        return
    strange = [held for held in areas[ACCOUNT_IDS] if not isinstance(held, tuple | list | np.ndarray)]
    if strange:
        problems.add(
            f"the areas have {ACCOUNT_IDS!r} that are no tuples of ids but {listing(strange)}",
            "a file that has no lists made texts of them: drop the column, and add all accounts again",
        )
        return
    before = {account for held in areas[ACCOUNT_IDS] for account in held}
    again = [account for account in ids if account in before]
    if again:
        problems.add(f"accounts were added before: {listing(again)}", "give the second set ids of its own")
    elif before:
        kinds = {type(account): account for held in (before, ids) for account in held}  # the rest is checked already
        check_ids(plain_ids(pd.Series([*kinds.values()], dtype=object)), problems)


def _with_totals(
    areas: gpd.GeoDataFrame, home: Ints, ids: Objects, values: dict[str, Any], count: str | None
) -> gpd.GeoDataFrame:
    result = areas.copy()
    inside = home != NOWHERE
    order = np.flatnonzero(inside)[np.argsort(home[inside], kind="stable")]
    counts = np.bincount(home[order], minlength=len(areas))
    for column, numbers in values.items():
        result[column] = _sums(column, numbers[order], counts)
    if count is not None:
        result[count] = counts
    stops = np.cumsum(counts)
    sorted_ids = ids[order].tolist()
    held = [tuple(sorted_ids[stop - n : stop]) for stop, n in zip(stops.tolist(), counts.tolist(), strict=True)]
    if ACCOUNT_IDS in areas.columns:
        held = [tuple(old) + new for old, new in zip(areas[ACCOUNT_IDS], held, strict=True)]
    result[ACCOUNT_IDS] = pd.Series(held, index=result.index, dtype=object)
    return result


def _sums(column: str, numbers: Any, counts: Ints) -> Any:  # noqa: ANN401 - ints or floats
    """Sums of consecutive runs; an area without accounts has 0."""
    sums = np.zeros(len(counts), numbers.dtype)
    held = counts > 0
    starts = (np.cumsum(counts) - counts)[held]
    if len(starts):
        sums[held] = np.add.reduceat(numbers, starts)  # pairwise: exact to the last cent for millions of rows
    total, kept = math.fsum(numbers), math.fsum(sums)
    if abs(total - kept) > max(CENT, 1e-12 * abs(total)):
        message = f"adding accounts: the total of {column!r} changed from {total!r} to {kept!r}; scale the values down"
        raise DataError(message)
    return sums
