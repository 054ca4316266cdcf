"""Units, their activities and their neighbors: the facts of a territory problem."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from territorykit._arrays import Content, Floats, Ints, Objects, floats, frozen_mapping, ints, is_missing, objects
from territorykit.errors import DataError, Problems, listing
from territorykit.model.activity import Activity

_CONTENT = {"ids": "one text or whole number per unit", "names": "texts", "account_ids": "texts or whole numbers"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class UnitGraph(Content):
    """Units with ids, coordinates, activities and neighbors; made from arrays alone or by `unit_graph`.

    Parameters
    ----------
    ids
        Array-like of shape (n_units,): one text or one whole number per unit, all of one kind, no two alike.
    xy
        Array of shape (n_units, 2): coordinates in metres.
    edges
        Array of shape (n_edges, 2): pairs of unit positions that are neighbors. They are stored in ascending
        order, the smaller position first in each; lengths follow. A pair named twice is stored once, and is
        an error where it has two lengths.
    activities
        The measures of the units, one value per unit each.
    names
        Shape (n_units,): what people call the units.
    groups
        Name to labels of shape (n_units,), such as ``{"province": [...]}``.
    lonlat
        Shape (n_units, 2): WGS 84 degrees, longitude first.
    edge_lengths
        Shape (n_edges,): metres from unit to unit along each edge.
    border_lengths
        Shape (n_edges,): metres of boundary that the two units of each edge share.
    area
        Shape (n_units,): square metres.
    perimeter
        Shape (n_units,): metres.
    bridges
        Shape (n_bridges, 2): those of the edges that join islands over water, not along a border.
    account_ids
        Shape (n_accounts,): ids of the accounts that were added to the units, no two alike.
    account_units
        Shape (n_accounts,): position of the unit in which each account lies.
    crs
        Name of the coordinate system of `xy`; empty where the graph was made from arrays.

    Raises
    ------
    DataError
        With everything that is wrong with the arrays at once; what is no array of numbers or no pairs comes
        before the rest.

    Examples
    --------
    >>> graph = UnitGraph(
    ...     ids=["a", "b", "c"],
    ...     xy=[[0, 0], [1000, 0], [2000, 0]],
    ...     edges=[[0, 1], [1, 2]],
    ...     activities=[Activity("workload", [3, 5, 2], "h/year")],
    ... )
    >>> graph
    UnitGraph(3 units, 2 edges, activities: workload)
    >>> graph.positions(["c", "a"])
    array([2, 0])
    """

    ids: Objects
    xy: Floats
    edges: Ints
    activities: tuple[Activity, ...] = ()
    _: KW_ONLY
    names: Objects | None = None
    groups: Mapping[str, Objects] = field(default_factory=dict)
    lonlat: Floats | None = None
    edge_lengths: Floats | None = None
    border_lengths: Floats | None = None
    area: Floats | None = None
    perimeter: Floats | None = None
    bridges: Ints | None = None
    account_ids: Objects | None = None
    account_units: Ints | None = None
    crs: str = ""
    _position: dict[Any, int] = field(init=False, default_factory=dict)

    if TYPE_CHECKING:  # what may be passed; the fields above say what is kept

        def __init__(  # noqa: PLR0913 - all that may be known of units
            self,
            ids: ArrayLike | Iterable[object],
            xy: ArrayLike,
            edges: ArrayLike,
            activities: Iterable[Activity] = (),
            *,
            names: ArrayLike | Iterable[object] | None = None,
            groups: Mapping[str, ArrayLike | Iterable[object]] = ...,
            lonlat: ArrayLike | None = None,
            edge_lengths: ArrayLike | None = None,
            border_lengths: ArrayLike | None = None,
            area: ArrayLike | None = None,
            perimeter: ArrayLike | None = None,
            bridges: ArrayLike | None = None,
            account_ids: ArrayLike | Iterable[object] | None = None,
            account_units: ArrayLike | None = None,
            crs: str = "",
        ) -> None: ...

    def __post_init__(self) -> None:
        problems = Problems("unit graph")
        self._freeze(problems)
        problems.raise_as(DataError)
        self._sort_edges(problems)
        object.__setattr__(self, "_position", {unit: i for i, unit in enumerate(self.ids)})
        self._check(problems)
        problems.raise_as(DataError)

    def _freeze(self, problems: Problems) -> None:
        for name in ("ids", "xy", "edges"):
            if getattr(self, name) is None:
                problems.add(f"{name} is None", "pass an array; without neighbors, edges=[]")
        for name in ("ids", "names", "account_ids"):
            self._convert(name, objects, problems)
        for name in ("xy", "lonlat", "edge_lengths", "border_lengths", "area", "perimeter"):
            self._convert(name, floats, problems)
        for name in ("edges", "bridges", "account_units"):
            self._convert(name, ints, problems)
        activities = (self.activities,) if isinstance(self.activities, Activity) else tuple(self.activities)
        object.__setattr__(self, "activities", activities)
        groups = {str(name): objects(labels) for name, labels in self.groups.items()}
        object.__setattr__(self, "groups", frozen_mapping(groups))
        for name in ("edges", "bridges"):
            pairs = getattr(self, name)
            if isinstance(pairs, np.ndarray) and pairs.size == 0:
                object.__setattr__(self, name, ints(np.empty((0, 2), np.int64)))

    def _convert(self, name: str, kind: Any, problems: Problems) -> None:  # noqa: ANN401 - one of the converters
        value = getattr(self, name)
        if value is None:
            return
        try:
            object.__setattr__(self, name, kind(value))
        except (TypeError, ValueError, OverflowError) as error:
            problems.add(f"{name}: {error}", f"pass an array of {_CONTENT.get(name, 'numbers')}")

    def _sort_edges(self, problems: Problems) -> None:
        for name in ("edges", "bridges"):
            pairs = getattr(self, name)
            if pairs is None:
                continue
            if pairs.shape[1:] != (2,):
                problems.add(f"{name} has shape {pairs.shape}, not (n, 2)", "pass pairs of unit positions")
                problems.raise_as(DataError)
            found, first = _ordered(pairs)
            measured = self.edge_lengths is not None or self.border_lengths is not None
            if name == "edges" and measured and len(found) < len(pairs):
                problems.add(f"{len(pairs) - len(found):,} edges are named twice", "name each pair of neighbors once")
                problems.raise_as(DataError)
            object.__setattr__(self, name, ints(found))
            if name == "edges":
                self._follow(first, len(pairs))

    def _follow(self, order: Ints, n_edges: int) -> None:
        for name in ("edge_lengths", "border_lengths"):
            lengths = getattr(self, name)
            if lengths is not None and lengths.shape == (n_edges,):  # another shape is named later
                object.__setattr__(self, name, floats(lengths[order]))

    def _check(self, problems: Problems) -> None:
        n = self.n_units
        if n == 0:
            problems.add("there are no units", "pass at least one")
        for name, shape in self._shapes().items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                problems.add(f"{name} has shape {value.shape}, not {shape}", "pass one entry each")
        for name, labels in self.groups.items():
            if len(labels) != n:
                problems.add(f"group {name!r} has {len(labels):,} labels for {n:,} units", "pass one label per unit")
        self._check_ids(problems)
        self._check_numbers(problems)
        self._check_activities(problems)

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        n, m = self.n_units, len(self.edges)
        accounts = 0 if self.account_ids is None else len(self.account_ids)
        return {
            "xy": (n, 2), "names": (n,), "lonlat": (n, 2), "area": (n,), "perimeter": (n,),
            "edge_lengths": (m,), "border_lengths": (m,), "account_units": (accounts,),
        }  # fmt: skip

    def _check_ids(self, problems: Problems) -> None:
        for what, remedy in id_problems(self.ids):
            problems.add(what, remedy)
        for what, remedy in () if self.account_ids is None else id_problems(self.account_ids):
            problems.add(f"account_ids: {what}", remedy)
        if (self.account_ids is None) != (self.account_units is None):
            problems.add("account_ids and account_units go together", "pass both or none")
        elif self.account_units is not None and _outside(self.account_units, self.n_units).any():
            problems.add("account_units names positions of units that do not exist", "pass positions from 0")

    def _check_numbers(self, problems: Problems) -> None:
        for name in ("xy", "lonlat"):
            value = getattr(self, name)
            if value is not None and value.shape == (self.n_units, 2):
                bad = ~np.isfinite(value).all(axis=1)
                if bad.any():
                    problems.add(f"{name} is not finite for unit {listing(self.ids[bad])}", "give every unit a place")
        for name in ("edge_lengths", "border_lengths", "area", "perimeter"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value).all() and (value >= 0).all()):
                problems.add(f"{name} has missing, infinite or negative values", "measure them again")
        self._check_pairs(problems)

    def _check_pairs(self, problems: Problems) -> None:
        for name in ("edges", "bridges"):
            pairs = getattr(self, name)
            if pairs is None:
                continue
            outside = _outside(pairs, self.n_units).any(axis=1)
            if outside.any():
                strange = listing(map(tuple, pairs[outside].tolist()))
                problems.add(
                    f"{name} names positions of units that do not exist: {strange}",
                    f"positions go from 0 to {self.n_units - 1}",
                )
            loops = (pairs[:, 0] == pairs[:, 1]) & ~outside
            if loops.any():
                problems.add(
                    f"{name} makes units their own neighbors: {listing(self.ids[pairs[loops, 0]])}",
                    "leave such pairs out",
                )
        if self.bridges is not None:
            alone = ~np.isin(_keys(self.bridges), _keys(self.edges))
            if alone.any():
                found = listing(map(tuple, self.bridges[alone].tolist()))
                problems.add(f"bridges that are no edges: {found}", "name every bridge among the edges too")

    def _check_activities(self, problems: Problems) -> None:
        wrong = [a for a in self.activities if not isinstance(a, Activity)]
        if wrong:
            problems.add(f"activities holds {listing(wrong)}", "pass Activity objects")
            return
        names = [activity.name for activity in self.activities]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            problems.add(f"activities share the name {listing(twice)}", "give each its own")
        for activity in self.activities:
            if len(activity.values) != self.n_units:
                problems.add(
                    f"activity {activity.name!r} has {len(activity.values):,} values for {self.n_units:,} units",
                    "pass one value per unit",
                )

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.ids)

    def activity(self, name: str) -> Activity:
        """The activity of that name.

        Raises
        ------
        DataError
            If the graph has no such activity.
        """
        for activity in self.activities:
            if activity.name == name:
                return activity
        known = listing([a.name for a in self.activities]) or "none"
        message = f"no activity {name!r}; the graph has {known}"
        raise DataError(message)

    def homes(self) -> dict[Any, Any]:
        """Unit id by account id: as on record where accounts were added up; else the units are the accounts.

        Examples
        --------
        >>> UnitGraph(["a", "b"], [[0, 0], [1, 0]], [[0, 1]], account_ids=["x", "y"], account_units=[1, 1]).homes()
        {'x': 'b', 'y': 'b'}
        """
        if self.account_ids is None or self.account_units is None:
            return {unit: unit for unit in self.ids.tolist()}
        return dict(zip(self.account_ids.tolist(), self.ids[self.account_units].tolist(), strict=True))

    def positions(self, ids: Sequence[Any] | Objects) -> Ints:
        """Positions of units from their ids, shape (len(ids),).

        Raises
        ------
        DataError
            If an id is not in the graph.
        """
        unknown = [unit for unit in ids if unit not in self._position]
        if unknown:
            message = f"no unit {listing(unknown)}; ids here look like {listing(self.ids[:2])}"
            raise DataError(message)
        return np.array([self._position[unit] for unit in ids], np.int64)

    def __contains__(self, unit: object) -> bool:
        return unit in self._position

    def __repr__(self) -> str:
        activities = ", ".join(activity.name for activity in self.activities) or "none"
        return f"UnitGraph({self.n_units:,} units, {len(self.edges):,} edges, activities: {activities})"


def id_problems(ids: Objects) -> list[tuple[str, str]]:
    """What keeps values from being ids, as pairs of (what, remedy)."""
    found = []
    missing = np.array([is_missing(unit) or unit == "" for unit in ids], bool)
    if missing.any():
        where = listing(np.flatnonzero(missing))
        found.append((f"{int(missing.sum()):,} ids are missing, at position {where}", "give every row an id"))
    known = ids[~missing].tolist()
    kinds = {str if isinstance(unit, str) else type(unit) for unit in known}
    if kinds - {str, int} or len(kinds) > 1:
        kind_names = ", ".join(sorted(kind.__name__ for kind in kinds))
        found.append((f"ids are of type {kind_names}", "make all of them texts, or all whole numbers"))
        return found
    seen: set[object] = set()
    twice = dict.fromkeys(unit for unit in known if unit in seen or seen.add(unit))  # type: ignore[func-returns-value]
    if twice:
        found.append((f"{len(twice):,} ids are used more than once: {listing(twice)}", "make them unique"))
    return found


def _keys(pairs: Ints) -> Ints:
    """One whole number per ordered pair of positions."""
    return pairs[:, 0] * (1 << 32) + pairs[:, 1]


def _ordered(pairs: Ints) -> tuple[Ints, Ints]:
    """Pairs in ascending order, each once, with the smaller position first; and where each stood first."""
    ends = np.sort(pairs, axis=1)
    _, first = np.unique(_keys(ends), return_index=True)
    return ends[first], first


def _outside(positions: Ints, n: int) -> Any:  # noqa: ANN401 - a boolean array of the same shape
    return (positions < 0) | (positions >= n)
