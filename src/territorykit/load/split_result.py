"""What a split returns: new areas, what became of the old ones, and labels carried over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._arrays import Content, Ints, Objects, frozen_mapping, is_missing, plain
from territorykit.errors import DataError, Problems, listing
from territorykit.load.inputs import plain_ids
from territorykit.load.split_order import ACCOUNT_IDS, SplitOrder


@dataclass(frozen=True, slots=True, eq=False)
class Cut(Content):
    """One area that was split.

    Parameters
    ----------
    old
        Its id.
    new
        The ids of its parts, from west to east.
    sizes
        Activity to the sizes of the parts, in the order of `new`.
    n_accounts
        Accounts of each part.
    too_large
        Those of the parts that are above a limit: their accounts are at one place.
    """

    old: Any
    new: tuple[Any, ...]
    sizes: Mapping[str, tuple[float, ...]]
    n_accounts: tuple[int, ...]
    too_large: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", frozen_mapping(self.sizes))


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Areas after a split, and what was split into what.

    Parameters
    ----------
    areas
        All areas, with parts in the place of those that were split.
    cuts
        What was split, in the order asked for.
    whole
        Ids that were to be split and are within the limits as they are.
    outside
        Ids of accounts in no area.
    uncut
        Ids of all areas that are as they were.
    """

    areas: gpd.GeoDataFrame = field(repr=False)
    cuts: tuple[Cut, ...]
    whole: tuple[Any, ...] = ()
    outside: tuple[Any, ...] = ()
    uncut: tuple[Any, ...] = field(default=(), repr=False)

    def expand(self, labels: Mapping[Any, Any] | pd.Series) -> dict[Any, Any] | pd.Series:
        """Labels by old ids turned into labels by new ids: every part gets the label of its area.

        Parameters
        ----------
        labels
            A mapping from id, or a Series indexed by id: today's territories, fixed units. It need not name all
            areas.

        Returns
        -------
        dict or Series
            As it was given.

        Raises
        ------
        DataError
            If an id is none of the old areas, or comes twice.

        Examples
        --------
        >>> split = Split(gpd.GeoDataFrame(), (Cut("a", ("a-1", "a-2"), {}, (1, 1)),), uncut=("b",))
        >>> split.expand({"a": "North", "b": "South"})
        {'a-1': 'North', 'a-2': 'North', 'b': 'South'}
        """
        if isinstance(labels, pd.Series):
            new = self._parts(plain_ids(labels.index).tolist())
            taken = labels.iloc[np.repeat(np.arange(len(new)), [len(parts) for parts in new])].copy()
            taken.index = pd.Index([item for parts in new for item in parts], name=labels.index.name)
            return taken
        new = self._parts([plain(key) for key in labels])
        return {item: label for parts, label in zip(new, labels.values(), strict=True) for item in parts}

    def _parts(self, ids: list[Any]) -> list[tuple[Any, ...]]:
        """The new ids of each old one."""
        into = {cut.old: cut.new for cut in self.cuts} | {name: (name,) for name in self.uncut}
        problems = Problems("labels")
        unknown = [item for item in ids if item not in into]
        if unknown:
            problems.add(f"{len(unknown):,} ids are none of the areas that were split: {listing(unknown)}", "drop them")
        index = pd.Index(ids, dtype=object)
        twice = index[index.duplicated()].unique().tolist()
        if twice:
            problems.add(f"ids come twice: {listing(twice)}", "give each area one label")
        problems.raise_as(DataError)
        return [into[item] for item in ids]

    def to_frame(self) -> pd.DataFrame:
        """What was split into what: a row per part, indexed by new id, with the old id, sizes and accounts."""
        rows = [
            {"split_from": cut.old}
            | {name: sizes[k] for name, sizes in cut.sizes.items()}
            | {"accounts": cut.n_accounts[k], "too_large": label in cut.too_large}
            for cut in self.cuts
            for k, label in enumerate(cut.new)
        ]
        return pd.DataFrame(rows, index=pd.Index([label for cut in self.cuts for label in cut.new], name="unit"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Parts of one area.

    Parameters
    ----------
    geometry
        Shape (n_parts,): polygons.
    members
        Shape (n_accounts,): positions of the area's accounts.
    part_of
        Shape (n_accounts,): the part of each.
    sizes
        Per activity, shape (n_parts,).
    """

    geometry: Objects
    members: Ints
    part_of: Ints
    sizes: tuple[Any, ...]


def new_ids(ids: Objects, parts: Mapping[int, int]) -> dict[int, tuple[Any, ...]]:
    """Ids of parts: "Shanghai-1", "Shanghai-2"; for whole numbers 310 becomes 3101, 3102.

    Where such an id is taken, one more dash or zero stands between.

    Parameters
    ----------
    ids
        Shape (n_areas,): of all areas.
    parts
        How many parts, by position.

    Examples
    --------
    >>> new_ids(np.array(["a", "a-1", "b"], object), {0: 2, 2: 2})
    {0: ('a--1', 'a--2'), 2: ('b-1', 'b-2')}
    """
    taken = set(ids.tolist())
    found = {}
    for i, n in parts.items():
        extra = 0
        while taken & set(labels := _numbered(ids[i], n, extra)):
            extra += 1
        taken |= set(labels)
        found[i] = labels
    return found


def _numbered(label: Any, n: int, extra: int) -> tuple[Any, ...]:  # noqa: ANN401 - a text or a whole number
    digits = len(str(n))
    if isinstance(label, str):
        return tuple(f"{label}{'-' * (1 + extra)}{k:0{digits}}" for k in range(1, n + 1))
    shift = 10 ** (digits + extra)
    return tuple(label * shift + (k if label >= 0 else -k) for k in range(1, n + 1))


def put_together(
    areas: gpd.GeoDataFrame,
    account_ids: Objects,
    order: SplitOrder,
    geometry: list[Objects],
    split: tuple[Mapping[int, Piece], Mapping[int, tuple[Any, ...]]],
) -> gpd.GeoDataFrame:
    """All areas, with parts in the place of those that were split."""
    made, labels = split
    counts = np.array([len(polygons) for polygons in geometry])
    result = areas.iloc[np.repeat(np.arange(len(areas)), counts)].copy()
    new = [label for i, label in enumerate(order.ids) for label in labels.get(i, (label,))]
    result.index = pd.Index(new, name=areas.index.name)
    result = result.set_geometry(gpd.GeoSeries(np.concatenate(geometry), index=result.index, crs=areas.crs))
    starts = np.cumsum(counts) - counts
    columns = {
        name: result[name].to_list()
        for name in (*order.columns, order.count, order.names, ACCOUNT_IDS)
        if name in result
    }
    for i, piece in made.items():
        rows = slice(starts[i], starts[i] + counts[i])
        for column, sizes in zip(order.columns, piece.sizes, strict=True):
            columns[column][rows] = sizes.tolist()
        held = [account_ids[piece.members[piece.part_of == part]] for part in range(counts[i])]
        if order.count is not None:
            columns[order.count][rows] = [len(accounts) for accounts in held]
        if ACCOUNT_IDS in columns:
            columns[ACCOUNT_IDS][rows] = [tuple(accounts.tolist()) for accounts in held]
        if order.names is not None and not is_missing(areas[order.names].iloc[i]):
            columns[order.names][rows] = [f"{areas[order.names].iloc[i]} {k}" for k in range(1, counts[i] + 1)]
    for name, values in columns.items():
        kind = object if name == ACCOUNT_IDS else areas[name].dtype
        result[name] = pd.Series(values, index=result.index, dtype=kind)
    return result
