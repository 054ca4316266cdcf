"""What is to be split and how, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from territorykit._arrays import Floats, Ints, Objects, plain
from territorykit.errors import DataError, Problems, listing
from territorykit.load.bisection import groups_needed
from territorykit.load.columns import as_mapping, checked_numbers
from territorykit.load.inputs import (
    MULTIPOLYGON,
    POINT,
    POLYGON,
    add_rows,
    check_frame,
    is_number,
    plain_ids,
    require_frame,
)
from territorykit.load.totals import ACCOUNT_IDS

__all__ = ["ACCOUNT_IDS", "SplitOrder", "take_order"]


@dataclass(frozen=True, slots=True)
class SplitOrder:
    """What is to be split and how.

    Parameters
    ----------
    ids
        Shape (n_areas,): of all areas.
    positions
        Of the areas to split.
    columns
        The activities.
    totals
        Per activity, shape (n_areas,): whole numbers where the column has them.
    by_account
        Per activity, shape (n_accounts,), or None where the accounts have no values.
    stand_in
        Shape (n_accounts,): weights where they have none.
    limits
        Shape (n_activities,): largest sizes; infinite without limits.
    parts
        How many parts to make, by position; empty with limits.
    count, names
        Columns of the areas, or None.
    geographic
        Whether coordinates are degrees.
    """

    ids: Objects
    positions: tuple[int, ...]
    columns: tuple[str, ...]
    totals: tuple[Any, ...]
    by_account: tuple[Any, ...]
    stand_in: Any
    limits: Floats
    parts: dict[int, int]
    count: str | None
    names: str | None
    geographic: bool

    def size(self, area: int, column: int) -> int | float:
        """Size of an area."""
        value: int | float = self.totals[column][area].item()
        return value

    def load(self, area: int, column: int) -> float:
        """Size of an area in shares of the limit; 1 without a limit, 0 for what is not there."""
        size = float(self.size(area, column))
        return float(size > 0) if self.parts else size / float(self.limits[column])

    def needed(self, area: int) -> int:
        """Parts that an area needs at least."""
        if self.parts:
            return self.parts[area]
        return int(groups_needed(np.array([self.load(area, column) for column in range(len(self.columns))])))

    def weights(self, column: int, members: Ints) -> Any:  # noqa: ANN401 - ints or floats
        """What an activity of one area is shared out by, shape (n_members,): never all 0."""
        for values in (self.by_account[column], self.stand_in):
            if values is not None and values[members].sum() > 0:
                return values[members]
        return np.ones(len(members), np.int64)

    def scale(self, area: shapely.Geometry) -> Floats:
        """Lengths of one unit of the coordinates along both axes, as they are in the middle of an area."""
        if not self.geographic:
            return np.ones(2)
        middle = np.radians((area.bounds[1] + area.bounds[3]) / 2)
        return np.array([max(float(np.cos(middle)), 1e-6), 1.0])


def take_order(areas: gpd.GeoDataFrame, accounts: gpd.GeoDataFrame, how: dict[str, Any]) -> SplitOrder:
    """Check everything that can be seen before an area is cut.

    Raises
    ------
    DataError
        With all problems at once: see `split_units`.
    """
    problems = Problems("splitting units")
    for name, frame, kinds in (("areas", areas, (POLYGON, MULTIPOLYGON)), ("accounts", accounts, (POINT,))):
        require_frame(frame, name)
        inner = Problems(name)
        check_frame(frame, kinds, inner)
        problems.found += [f"{name}: {text}" for text in inner.found]
    ids = plain_ids(areas.index)
    positions = _positions(ids, how["ids"], problems)
    activities = as_mapping(how["activities"])
    columns = tuple(activities)
    if not columns:
        problems.add("no activities are named", "name the columns that are shared out in activities=")
    _check_columns(areas, columns, how, problems)
    totals = tuple(_numbers(areas, column, "areas", ids, problems) for column in columns)
    account_ids = plain_ids(accounts.index)
    by_account = tuple(
        _numbers(accounts, column, "accounts", account_ids, problems) if column in accounts.columns else None
        for column in columns
    )
    weight = how["weight"]
    stand_in = None if weight is None else _numbers(accounts, weight, "accounts", account_ids, problems)
    parts = _parts(how["parts"], ids, positions, problems)
    limits = _limits(how["limits"], columns, areas, problems)
    if (how["parts"] is None) == (how["limits"] is None):
        problems.add("one of limits= and parts= is needed, not both", "pass limits={activity: largest size of a part}")
    _check_held(areas, account_ids, positions, problems)
    problems.raise_as(DataError)
    geographic = bool(areas.crs.is_geographic)
    count = how["count"] if how["count"] in areas.columns else None
    return SplitOrder(
        ids, positions, columns, totals, by_account, stand_in, limits, parts, count, how["names"], geographic
    )


def _positions(ids: Objects, wanted: Any, problems: Problems) -> tuple[int, ...]:  # noqa: ANN401 - any list of ids
    """Positions of the ids to split."""
    if isinstance(wanted, str | bytes) or not hasattr(wanted, "__iter__"):
        problems.add(f"ids is {wanted!r}", "pass a list of ids, such as ['Shanghai']")
        return ()
    listed = plain_ids(list(wanted)).tolist()
    where = {item: i for i, item in enumerate(ids)}
    unknown = [item for item in listed if item not in where]
    if unknown:
        of_kind = f"the areas have ids such as {listing(ids[:2])}" if len(ids) else "there are no areas"
        problems.add(f"{len(unknown):,} ids are not among the areas: {listing(unknown)}", of_kind)
    twice = [item for item in dict.fromkeys(listed) if listed.count(item) > 1]
    if twice:
        problems.add(f"ids are named twice: {listing(twice)}", "name each once")
    if not listed:
        problems.add("no ids are named", "name the areas to split")
    return tuple(dict.fromkeys(where[item] for item in listed if item in where))


def _check_columns(areas: gpd.GeoDataFrame, columns: tuple[str, ...], how: dict[str, Any], problems: Problems) -> None:
    """Every column of numbers has a role, and every role a column."""
    keep = [how["keep"]] if isinstance(how["keep"], str) else list(how["keep"])
    unknown = [name for name in keep if name not in areas.columns]
    if unknown:
        problems.add(f"the areas have no columns {listing(unknown)} to keep", f"the columns are {_known(areas)}")
    both = [name for name in keep if name in columns]
    if both:
        problems.add(f"{listing(both)} is to be shared out and to be kept", "name it in one of activities= and keep=")
    if how["names"] is not None and how["names"] not in areas.columns:
        problems.add(f"the areas have no column {how['names']!r} for names", f"the columns are {_known(areas)}")
    roles = {*columns, *keep, how["count"], how["names"], ACCOUNT_IDS, areas.active_geometry_name}
    open_ = [name for name in areas.columns if name not in roles and getattr(areas[name].dtype, "kind", "O") in "iufc"]
    if open_:
        problems.add(
            f"columns of numbers have no role: {listing(open_)}",
            "name those that add up in activities=, to be shared out, and the others in keep=",
        )


def _known(frame: gpd.GeoDataFrame) -> str:
    return ", ".join(repr(name) for name in frame.columns if name not in ("geometry", ACCOUNT_IDS))


def _numbers(frame: gpd.GeoDataFrame, column: str, of: str, ids: Objects, problems: Problems) -> Any:  # noqa: ANN401
    """Values of a column; whole numbers stay whole."""
    if column not in frame.columns:
        problems.add(f"the {of} have no column {column!r}", f"the columns are {_known(frame)}")
        return None
    values = checked_numbers(frame[column], f"column {column!r} of the {of}", ids, problems)
    whole = values is not None and frame[column].dtype.kind in "iu"
    return frame[column].to_numpy(np.int64) if whole else values


def _limits(limits: Any, columns: tuple[str, ...], areas: gpd.GeoDataFrame, problems: Problems) -> Floats:  # noqa: ANN401
    found = np.full(len(columns), np.inf)
    if limits is None:
        return found
    if not isinstance(limits, Mapping) or not limits:
        problems.add(f"limits is {limits!r}", "pass activity to largest size, such as {'visits': 900}")
        return found
    strange = [name for name in limits if name not in columns]
    if strange:
        problems.add(f"limits of what is no activity: {listing(strange)}", f"activities= names {listing(columns)}")
    for k, name in enumerate(columns):
        if name in limits and not (is_number(limits[name]) and limits[name] > 0):
            problems.add(f"the limit of {name!r} is {limits[name]!r}", "pass a number above 0")
        elif name in limits:
            whole = name in areas.columns and areas[name].dtype.kind in "iu"
            found[k] = np.floor(limits[name]) if whole and limits[name] >= 1 else limits[name]
    return found


def _parts(parts: Any, ids: Objects, positions: tuple[int, ...], problems: Problems) -> dict[int, int]:  # noqa: ANN401
    """How many parts each area is to make."""
    if parts is None:
        return {}
    if not isinstance(parts, Mapping):
        given = dict.fromkeys(positions, parts)
    else:
        by_id = {plain(key): value for key, value in parts.items()}
        given = {i: by_id[ids[i]] for i in positions if ids[i] in by_id}
        missing = [ids[i] for i in positions if ids[i] not in by_id]
        strange = [key for key in by_id if key not in {ids[i] for i in positions}]
        if missing:
            problems.add(f"parts= does not say how many for {listing(missing)}", "name a number for each id")
        if strange:
            problems.add(f"parts= names {listing(strange)}, not among the ids to split", "add them to ids=")
    wrong = [n for n in given.values() if not (isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 2)]  # noqa: PLR2004
    if wrong:
        problems.add(f"parts= has {listing(dict.fromkeys(map(repr, wrong)))}", "pass whole numbers from 2")
        return {}
    return {i: int(n) for i, n in given.items()}


def _check_held(areas: gpd.GeoDataFrame, account_ids: Objects, positions: tuple[int, ...], problems: Problems) -> None:
    """The accounts that the areas to split hold must be there."""
    if ACCOUNT_IDS not in areas.columns:
        return
    held = areas[ACCOUNT_IDS].tolist()
    wrong = np.array([not isinstance(item, tuple | list) for item in held], bool)
    if wrong.any():
        remedy = "rename the column, or make it with add_accounts"
        add_rows(problems, wrong, plain_ids(areas.index), "rows of account_ids hold no tuple of ids", remedy)
        return
    known = set(account_ids.tolist())
    missing = [account for i in positions for account in held[i] if account not in known]
    if missing:
        problems.add(
            f"{len(missing):,} accounts of the areas to split are not among the accounts: {listing(missing)}",
            "pass the accounts that were added to the areas",
        )
