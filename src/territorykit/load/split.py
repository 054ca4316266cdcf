"""Splitting areas that are too large for one territory along the accounts in them."""

import warnings
from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import shapely

from territorykit._arrays import Floats, Ints, Objects
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.account_cells import account_cells
from territorykit.load.bisection import SLACK, Places, divide
from territorykit.load.inputs import plain_ids
from territorykit.load.locating import NOWHERE, locate
from territorykit.load.recutting import dissolve, insert_corners, new_corners
from territorykit.load.shares import group_sums, share_out
from territorykit.load.split_order import ACCOUNT_IDS, SplitOrder, take_order
from territorykit.load.split_result import Cut, Piece, Split, new_ids, put_together

__all__ = ["Cut", "Split", "split_units"]


def split_units(  # noqa: PLR0913 - all but three by name
    areas: gpd.GeoDataFrame,
    accounts: gpd.GeoDataFrame,
    ids: Iterable[object],
    *,
    activities: Mapping[str, str] | Iterable[str],
    limits: Mapping[str, float] | None = None,
    parts: int | Mapping[object, int] | None = None,
    weight: str | None = None,
    count: str | None = "n_accounts",
    keep: Iterable[str] = (),
    names: str | None = None,
) -> Split:
    """Split areas that are too large into smaller units, along the accounts in them.

    Every account has the ground that is nearer to it than to any other (its Voronoi cell). Cells are joined
    into connected parts by recursive bisection: across eight directions and along the longest way through
    the area, the cut is taken that leaves the fewest parts too large, then the one that is best balanced and
    shortest. The outline of the area stays as it is; where a cut meets it, the neighbor gets the same corner.

    Parameters
    ----------
    areas
        Polygons whose index holds the ids, as `read_areas` or `add_accounts` make them; not changed.
    accounts
        Points whose index holds the ids, as `read_accounts` makes them; brought to the areas' coordinate
        system. Where the areas have ``account_ids``, an account belongs to the area that holds its id, and
        otherwise to the area in which it lies.
    ids
        The areas to split.
    activities
        Columns of the areas that are shared out, as for `unit_graph`. An area's value goes to its parts in
        proportion to the accounts' column of the same name. Where the accounts have none, or have only zeros
        there, it goes by `weight`.
    limits
        Activity to the largest size of a part. Areas make as few parts as are found, and an area that is
        within the limits stays whole. A tenth of what a territory is to hold leaves room to balance it.
    parts
        How many parts to make, instead of limits: one number, or one per id. They are balanced on all
        activities.
    weight
        Column of the accounts that stands in for activities they have no values of; without it, and where it
        is 0 throughout, each account counts the same.
    count
        Column with the number of accounts, counted anew if the areas have it; None for no such column.
    keep
        Columns of numbers that each part gets as they are: rates, codes. A column of numbers is named here,
        in `activities` or as `count`, so that no total is counted twice unseen. All other columns are kept.
    names
        Column with the names that people use; parts are numbered in it.

    Returns
    -------
    Split
        New areas in the old order, with the parts in the place of what was split; and what was split into
        what. Sums of whole numbers are conserved exactly, those of floats to rounding.

    Raises
    ------
    DataError
        With all problems at once: see `read_areas` and `read_accounts`; unknown ids and columns; values that
        are missing, negative, infinite or no numbers; limits that are no activities or not above 0; areas
        without accounts, with accounts at fewer places than `parts` asks for, or with all that limits count at
        one place.

    Warns
    -----
    TerritoryKitWarning
        Where accounts at one place are larger than a limit by themselves, so that a part stays too large;
        and where accounts lie in no area.

    Examples
    --------
    >>> from shapely import Point, box
    >>> areas = gpd.GeoDataFrame(
    ...     {"visits": [12, 5]}, index=["Shanghai", "Suzhou"], geometry=[box(0, 0, 4, 2), box(4, 0, 6, 2)], crs=32651
    ... )
    >>> accounts = gpd.GeoDataFrame(
    ...     {"visits": [6, 3, 3]}, index=["a", "b", "c"], geometry=[Point(1, 1), Point(3, 1), Point(3.5, 1)], crs=32651
    ... )
    >>> split = split_units(areas, accounts, ["Shanghai"], activities=["visits"], limits={"visits": 6})
    >>> split.areas["visits"].to_dict()
    {'Shanghai-1': 6, 'Shanghai-2': 6, 'Suzhou': 5}
    >>> split.areas.geometry.area.tolist()
    [4.0, 4.0, 4.0]
    """
    how = {"ids": ids, "activities": activities, "limits": limits, "parts": parts}
    order = take_order(areas, accounts, how | {"weight": weight, "count": count, "keep": keep, "names": names})
    places = np.asarray(accounts.geometry.to_crs(areas.crs).values, object)
    homes = _homes(areas, accounts, places)
    problems = Problems("splitting units")
    geometry, made = _divide_all(areas, (shapely.get_coordinates(places), homes), order, problems)
    problems.raise_as(DataError)
    labels = new_ids(order.ids, {i: len(piece.geometry) for i, piece in made.items()})
    cuts = tuple(_record(order, (i, piece), labels[i]) for i, piece in made.items())
    split = Split(
        areas=put_together(areas, plain_ids(accounts.index), order, geometry, (made, labels)),
        cuts=cuts,
        whole=tuple(order.ids[i] for i in order.positions if i not in made),
        outside=tuple(plain_ids(accounts.index)[homes == NOWHERE]),
        uncut=tuple(order.ids[i] for i in range(len(areas)) if i not in made),
    )
    _warn(split)
    return split


def _homes(areas: gpd.GeoDataFrame, accounts: gpd.GeoDataFrame, places: Objects) -> Ints:
    """The area of each account, or -1."""
    if ACCOUNT_IDS not in areas.columns:
        return locate(np.asarray(areas.geometry.values, object), places)
    area_of = {account: i for i, held in enumerate(areas[ACCOUNT_IDS]) for account in held}
    return np.array([area_of.get(account, NOWHERE) for account in plain_ids(accounts.index)], np.int64)


def _divide_all(
    areas: gpd.GeoDataFrame, located: tuple[Floats, Ints], order: SplitOrder, problems: Problems
) -> tuple[list[Objects], dict[int, Piece]]:
    """The polygons in the place of each area, and what becomes of those that are split, by position."""
    places, homes = located
    made: dict[int, Piece] = {}
    current = [np.array([polygon, None], object)[:-1] for polygon in areas.geometry]
    bare: list[object] = []
    short: list[object] = []
    for i in order.positions:
        members = np.flatnonzero(homes == i)
        if order.needed(i) == 1:
            continue
        area = current[i][0]  # with the corners that cuts of its neighbors gave it
        piece = _divide(area, places[members], (i, members), order) if len(members) else None
        if piece is None:
            (short if len(members) else bare).append(order.ids[i])
            continue
        made[i] = piece
        current[i] = piece.geometry
        _pass_on(current, area, i)
    remedy = "leave these ids out, or pass other points to cut along, such as settlements"
    if bare:
        problems.add(f"{len(bare):,} areas to split hold no accounts: {listing(bare)}", remedy)
    if short:
        what = f"{len(short):,} areas to split have their accounts, or all that counts, at fewer places than parts"
        problems.add(f"{what}: {listing(short)}", remedy)
    return current, made


def _pass_on(current: list[Objects], area: shapely.Geometry, cut: int) -> None:
    """Give what lies beside an area the corners where its cuts meet the outline."""
    inserts = new_corners(area, current[cut])
    if not inserts:
        return
    owner = np.repeat(np.arange(len(current)), [len(polygons) for polygons in current])
    position = np.concatenate([np.arange(len(polygons)) for polygons in current])
    bounds = shapely.bounds(np.concatenate(current))
    low, high = np.array(area.bounds[:2]), np.array(area.bounds[2:])
    near = (bounds[:, 2:] >= low).all(axis=1) & (bounds[:, :2] <= high).all(axis=1) & (owner != cut)
    for k in np.flatnonzero(near):
        polygons = current[owner[k]]
        polygons[position[k]] = insert_corners(polygons[position[k]], inserts)


def _divide(area: shapely.Geometry, places: Floats, where: tuple[int, Ints], order: SplitOrder) -> Piece | None:
    """Parts of one area, from west to east; None where there are too few places."""
    i, members = where
    cells = account_cells(area, places, order.scale(area))
    weights = [order.weights(column, members) for column in range(len(order.columns))]
    loads = np.zeros((len(cells.xy), len(order.columns)))
    for column, weight in enumerate(weights):
        share = weight / weight.sum()
        loads[:, column] = order.load(i, column) * np.bincount(cells.cell_of_account, share, len(cells.xy))
    parts = order.parts.get(i)
    if len(cells.xy) < (2 if parts is None else parts):
        return None
    group = divide(Places(cells.xy, cells.edges, cells.lengths, loads), parts)
    if not group.any():  # all that counts is at one place
        return None
    polygons = dissolve(area, cells.faces, group[cells.cell_of_face])
    center = shapely.get_coordinates(shapely.centroid(polygons))
    by_place = np.lexsort((center[:, 1], center[:, 0]))
    rank = np.argsort(by_place)
    part_of = rank[group[cells.cell_of_account]]
    sizes = tuple(
        share_out(order.size(i, column), group_sums(weight, part_of, len(polygons)))
        for column, weight in enumerate(weights)
    )
    return Piece(polygons[by_place], members, part_of, sizes)


def _record(order: SplitOrder, cut: tuple[int, Piece], labels: tuple[object, ...]) -> Cut:
    """What is told of one area that was split."""
    i, piece = cut
    too_large = np.zeros(len(labels), bool)
    for column in range(len(order.columns)):
        too_large |= piece.sizes[column] > order.limits[column] * (1 + SLACK)
    return Cut(
        old=order.ids[i],
        new=labels,
        sizes={name: tuple(piece.sizes[k].tolist()) for k, name in enumerate(order.columns)},
        n_accounts=tuple(np.bincount(piece.part_of, minlength=len(labels)).tolist()),
        too_large=tuple(label for label, large in zip(labels, too_large, strict=True) if large),
    )


def _warn(split: Split) -> None:
    large = [label for cut in split.cuts for label in cut.too_large]
    if large:
        message = (
            f"{len(large):,} parts are above a limit, with accounts at one place that no cut can separate: "
            f"{listing(large)}; give such accounts a territory of their own, or raise the limit"
        )
        warnings.warn(message, TerritoryKitWarning, stacklevel=3)
    if split.outside:
        message = f"{len(split.outside):,} accounts lie in no area and guide no cut: {listing(split.outside)}"
        warnings.warn(message, TerritoryKitWarning, stacklevel=3)
