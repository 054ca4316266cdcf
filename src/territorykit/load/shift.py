"""Whether accounts and areas are shifted against each other."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load import china
from territorykit.load.coordinates import BD09, GCJ02, WGS84, WORLD, convert_coordinates
from territorykit.load.inputs import (
    MULTIPOLYGON,
    NO_PLACE,
    PLACE_REMEDY,
    POINT,
    POLYGON,
    check_frame,
    crs_name,
    on_earth,
    plain_ids,
    require_frame,
)
from territorykit.load.locating import NOWHERE, locate
from territorykit.model.objective import EARTH_RADIUS

Verdict = Literal["shifted", "aligned", "unclear"]

CONVERSIONS = ((GCJ02, WGS84), (WGS84, GCJ02), (BD09, WGS84), (WGS84, BD09), (BD09, GCJ02), (GCJ02, BD09))
"""What may have to be done to the accounts to bring them to the areas."""
MOST_LOST, MOST_FOUND, MOST_PAIRS, MOST_TELLING = 2_000, 10_000, 10_000, 2_000
"""How many accounts are looked at: in no area, in one, with a known home, and of these for the best vector."""
LEAST = 20
"""Accounts that must speak for a shift."""
OPPOSITE = 0.15
"""Accounts that fall out on the other side, at most, as a share of those that would at twice the way."""
BEYOND = 0.25
"""Accounts that would fall out at twice the way, at least, as a share of those that come home."""
EXPLAINED = 0.8
"""Share of the accounts outside every area, but near one, that a shift must bring home."""
EXPLAINED_HOMES = 0.25
"""The same where homes are known: other faults, such as scattered places, may be among them."""
MOST = 0.5
"""Share of accounts at home without which nothing is called aligned."""
SIGMAS, SIGMAS_OF_MANY = 3.0, 4.5
"""Standard deviations by which gains must exceed losses; more, where the best of many vectors is taken."""
AS_GOOD = 0.95
"""A conversion is named where it explains this share of what the best vector does."""
REACH_METRES, STEP_METRES, FINE_METRES, LEAST_METRES = 1_600.0, 160.0, 40.0, 80.0
METRES_PER_DEGREE = np.pi / 180 * EARTH_RADIUS
PROBES = np.array([500.0, 1_000.0, 1_500.0])
"""Ways in which it is looked around an account, metres in each of eight directions."""
NEARER = slice(8)
"""Those as long as the shift of GCJ-02."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How accounts lie against areas.

    Parameters
    ----------
    verdict
        "shifted": one shift explains why accounts lie outside their areas. "aligned": each shift looked for would
        drive more accounts out than it brings home. "unclear": neither; mostly, too few accounts lie near a border.
    east, north
        Mean metres by which the accounts lie too far east and north of the areas; 0 if not shifted.
    share_before, share_after
        Shares of the accounts looked at that lie in their area (in any area, where homes are not known): as
        they are, and with the shift undone.
    conversion
        Source and target that bring the accounts to the areas, such as ``("gcj02", "wgs84")``, if one explains
        the shift. ``("wgs84", "gcj02")`` says that it is the areas which are in GCJ-02.
    n_accounts
        Accounts looked at: a sample, where there are many.
    """

    verdict: Verdict
    east: float
    north: float
    share_before: float
    share_after: float
    conversion: tuple[str, str] | None
    n_accounts: int

    @property
    def remedy(self) -> str:
        """What to do about it; empty, if nothing."""
        if self.verdict != "shifted":
            return ""
        if self.conversion is None:
            return "find out in which coordinate system each was made"
        source, target = self.conversion
        steps = [
            f"the {name} look like {system}: read them with crs={system!r}"
            for name, system in (("accounts", source), ("areas", target))
            if system != WGS84
        ]
        return "; ".join(steps)

    def __str__(self) -> str:
        """The verdict in a sentence."""
        if self.verdict == "unclear":
            return f"unclear: the {self.n_accounts:,} accounts looked at do not tell a shift from none"
        if self.verdict == "aligned":
            return f"aligned: {self.share_before:.1%} of {self.n_accounts:,} accounts lie in their areas"
        return (
            f"the accounts lie {abs(self.east):,.0f} m too far {'east' if self.east > 0 else 'west'} and "
            f"{abs(self.north):,.0f} m too far {'north' if self.north > 0 else 'south'} of the areas: "
            f"{self.share_before:.1%} of {self.n_accounts:,} looked at lie in their areas, {self.share_after:.1%} "
            f"with the shift undone; {self.remedy}"
        )


def check_shift(
    areas: gpd.GeoDataFrame,
    accounts: gpd.GeoDataFrame,
    home: str | None = None,
    *,
    shifted_regions: str | Iterable[str] = (),
) -> Shift:
    """Test whether accounts and areas are shifted against each other, as data in GCJ-02 are against WGS 84.

    With `home`, accounts are counted that lie in their area as they are, after each conversion between WGS 84,
    GCJ-02 and BD-09, and moved by one vector of up to 1.6 km. The best is a shift if it brings home significantly
    more accounts than it drives out, and at least a quarter of those that strayed less than that.

    Without `home`, only accounts in no area tell anything, and only conversions are tried. One is a shift if it
    brings at least four in five of them home (of those near an area) and drives hardly any out on the other
    side, where twice the way would drive out many: the accounts reach up to the border there, as they should.
    Where accounts are merely scattered, as by poor geocoding, as many fall out on the other side; where no
    accounts lie near that side, the verdict is "unclear".

    Parameters
    ----------
    areas
        Polygons whose index holds the ids, as `read_areas` makes them.
    accounts
        Points whose index holds the ids, as `read_accounts` makes them.
    home
        Column of the accounts with the id of the area in which each should lie, such as a county's code from the
        address. Accounts without a home are left aside.
    shifted_regions
        Regions beside mainland China where a conversion moves accounts too.

    Raises
    ------
    DataError
        With all problems at once: areas or accounts that `add_accounts` would refuse, no such column, or homes
        that are no areas.

    Examples
    --------
    >>> from shapely import box
    >>> x, y = np.meshgrid(116 + np.arange(4) / 50, 39.9 + np.arange(4) / 50)
    >>> squares = [box(a, b, a + 0.02, b + 0.02) for a, b in zip(x.ravel(), y.ravel())]
    >>> areas = gpd.GeoDataFrame(index=range(16), geometry=squares, crs="EPSG:4326")
    >>> rng = np.random.default_rng(0)
    >>> lon, lat = rng.uniform(116, 116.08, 500), rng.uniform(39.9, 39.98, 500)
    >>> cell = ((lat - 39.9) * 50).astype(int) * 4 + ((lon - 116) * 50).astype(int)
    >>> amap = gpd.points_from_xy(*convert_coordinates(lon, lat, "wgs84", "gcj02"))
    >>> shift = check_shift(areas, gpd.GeoDataFrame({"area": cell}, geometry=amap, crs="EPSG:4326"), home="area")
    >>> shift.verdict, shift.conversion, shift.share_after
    ('shifted', ('gcj02', 'wgs84'), 1.0)
    >>> shift.remedy
    "the accounts look like gcj02: read them with crs='gcj02'"
    """
    problems = Problems("checking for a shift")
    for name, frame, kinds in (("areas", areas, (POLYGON, MULTIPOLYGON)), ("accounts", accounts, (POINT,))):
        require_frame(frame, name)
        inner = Problems(name)
        check_frame(frame, kinds, inner)
        problems.found += [f"{name}: {text}" for text in inner.found]
    also = china.regions(shifted_regions, problems)
    for name, frame in (("areas", areas), ("accounts", accounts)):
        if frame.crs is not None and not on_earth(frame.crs):
            problems.add(f"{name}: {crs_name(frame.crs)} {NO_PLACE}", PLACE_REMEDY)
    homes = None if home is None else _homes(areas, accounts, home, problems)
    problems.raise_as(DataError)
    points = accounts.geometry.to_crs(areas.crs)
    if homes is None:
        lost = locate(_geometries(areas), _geometries(points)) == NOWHERE
        return _without_homes(areas, points, lost, also)
    known = np.flatnonzero(homes != NOWHERE)
    some = _spread(known, MOST_PAIRS)
    return _with_homes(areas, points.iloc[some], homes[some], also)


def warn_of_shift(areas: gpd.GeoDataFrame, points: gpd.GeoSeries, lost: Bools) -> None:
    """Warn where accounts in no area look shifted; cheap, and silent where it cannot be told.

    Parameters
    ----------
    areas, points
        In one coordinate system.
    lost
        Shape (n_points,): in no area.
    """
    if lost.sum() < LEAST or not on_earth(areas.crs):
        return
    shift = _without_homes(areas, points, lost, ())
    if shift.verdict == "shifted":
        warnings.warn(f"areas and accounts look shifted against each other: {shift}", TerritoryKitWarning, stacklevel=3)


def _homes(areas: gpd.GeoDataFrame, accounts: gpd.GeoDataFrame, column: str, problems: Problems) -> Ints | None:
    """Position of each account's home, or -1 where there is none."""
    if column not in accounts.columns:
        known = [name for name in accounts.columns if name != "geometry"]
        problems.add(f"the accounts have no column {column!r}", f"the columns are {', '.join(map(repr, known))}")
        return None
    homes = plain_ids(accounts[column])
    at = pd.Index(plain_ids(areas.index)).get_indexer(pd.Index(homes))
    unknown = dict.fromkeys(homes[(at == NOWHERE) & ~pd.isna(homes)])
    if unknown:
        problems.add(
            f"values of {column!r} are no areas: {listing(unknown)}",
            "ids of accounts' homes and of areas must be alike, texts or numbers; leave a home empty that is not here",
        )
    elif (at == NOWHERE).all():
        problems.add(f"the column {column!r} is empty", "name the column with the area of each account")
    return np.asarray(at, np.int64)


def _spread(rows: Ints, most: int) -> Ints:
    """At most so many rows, evenly over all."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]


def _geometries(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> Objects:
    return np.asarray(frame.geometry.values, object)


class _Field:
    """Accounts that can be moved, and asked in which areas they lie then."""

    def __init__(self, areas: gpd.GeoDataFrame, points: gpd.GeoSeries, also: tuple[str, ...]) -> None:
        self.areas, self.also = _geometries(areas), also
        to_world = pyproj.Transformer.from_crs(areas.crs, WORLD, always_xy=True)
        self.back = pyproj.Transformer.from_crs(WORLD, areas.crs, always_xy=True)
        xy = shapely.get_coordinates(_geometries(points))
        lonlat = np.stack(to_world.transform(*xy.T)) if len(xy) else np.zeros((2, 0))
        self.lonlat = np.where(np.isfinite(lonlat), lonlat, np.nan)  # beyond the reach of the projection
        self.degrees = 1 / METRES_PER_DEGREE / np.stack([np.cos(np.radians(self.lonlat[1])), np.ones(len(xy))])

    def converted(self, conversion: tuple[str, str], times: int = 1) -> Floats:
        """Places after a conversion, or as far again in the same direction."""
        lon, lat = self.lonlat
        new = np.stack(convert_coordinates(lon, lat, conversion[0], conversion[1], shifted_regions=self.also))
        return np.asarray(self.lonlat + times * (new - self.lonlat))

    def moved(self, vector: Floats) -> Floats:
        """Places moved by metres east and north."""
        return np.asarray(self.lonlat + vector[:, None] * self.degrees)

    def metres(self, lonlat: Floats) -> Floats:
        """Mean way from there to where the accounts lie, metres east and north."""
        ways = (self.lonlat - lonlat) / self.degrees
        truly = ways.any(axis=0) & np.isfinite(ways).all(axis=0)
        return np.asarray(ways[:, truly].mean(axis=1) if truly.any() else np.zeros(2))

    def covered(self, places: list[Floats], rows: Ints) -> Bools:
        """Whether these accounts, at these places, lie in any area; shape (n_places, n_rows)."""
        xy = np.concatenate([np.stack(self.back.transform(*lonlat[:, rows])) for lonlat in places], axis=1)
        found = locate(self.areas, shapely.points(xy.T)) != NOWHERE
        return np.asarray(found.reshape(len(places), len(rows)))

    def at_home(self, lonlat: Floats, homes: Ints) -> Bools:
        """Whether the accounts, at these places, lie in their areas."""
        x, y = self.back.transform(*lonlat)
        return np.asarray(shapely.intersects_xy(self.areas[homes], x, y))

    def best_of(self, vectors: Floats, rows: Ints, homes: Ints) -> Floats:
        """The vector that brings most of these accounts home, or the mean of those that do alike."""
        counts = [self.at_home(self.moved(vector)[:, rows], homes[rows]).sum() for vector in vectors]
        return np.asarray(vectors[np.array(counts) == max(counts)].mean(axis=0))


def _without_homes(areas: gpd.GeoDataFrame, points: gpd.GeoSeries, lost: Bools, also: tuple[str, ...]) -> Shift:
    """Judge by the accounts that lie in no area, and by those that would."""
    outside, inside = np.flatnonzero(lost), np.flatnonzero(~lost)
    chosen = np.concatenate([_spread(outside, MOST_LOST), _spread(inside, MOST_FOUND)])
    field = _Field(areas, points.iloc[chosen], also)
    out, held = np.flatnonzero(lost[chosen]), np.flatnonzero(~lost[chosen])
    weights = len(outside) / max(len(out), 1), len(inside) / max(len(held), 1)
    share = len(inside) / max(len(lost), 1)
    unclear = Shift("unclear", 0.0, 0.0, share, share, None, len(chosen))
    once = {conversion: field.converted(conversion) for conversion in CONVERSIONS}
    if not len(chosen) or all(np.array_equal(place, field.lonlat, equal_nan=True) for place in once.values()):
        return unclear
    back = field.covered([*once.values(), *map(field.moved, _compass())], out)
    kept = field.covered(list(once.values()), held)
    gains, losses = back[: len(once)].sum(axis=1), (~kept).sum(axis=1)
    best = int(np.argmax(weights[0] * gains - weights[1] * losses))
    conversion = CONVERSIONS[best]
    one_way, twice = field.covered([once[conversion], field.converted(conversion, 2)], np.arange(len(chosen)))
    falling = one_way & ~twice
    beyond = weights[0] * falling[out].sum() + weights[1] * falling[held].sum()
    for_it, against = weights[0] * gains[best], weights[1] * losses[best]
    explains = gains[best] >= max(LEAST, EXPLAINED * int(back.any(axis=0).sum()))
    if explains and falling.sum() >= LEAST and beyond >= max(BEYOND * for_it, against / OPPOSITE):
        east, north = field.metres(once[conversion]).tolist()
        after = share + (for_it - against) / len(lost)
        return Shift("shifted", east, north, share, after, conversion, len(chosen))
    clear = (weights[1] * losses > weights[0] * gains) & (losses >= LEAST)
    return Shift("aligned", 0.0, 0.0, share, share, None, len(chosen)) if clear.all() else unclear


def _compass() -> Floats:
    """Vectors in eight directions, metres."""
    angles = np.arange(8) * np.pi / 4
    return np.concatenate([length * np.column_stack([np.cos(angles), np.sin(angles)]) for length in PROBES])


def _with_homes(areas: gpd.GeoDataFrame, points: gpd.GeoSeries, homes: Ints, also: tuple[str, ...]) -> Shift:
    """Judge by the accounts in their areas."""
    field = _Field(areas, points, also)
    used = np.unique(homes)
    shapely.prepare(field.areas[used])
    try:
        return _judged(field, homes)
    finally:
        shapely.destroy_prepared(field.areas[used])


def _judged(field: _Field, homes: Ints) -> Shift:
    before = field.at_home(field.lonlat, homes)
    n, share = len(before), float(before.mean())
    around = np.array([field.at_home(field.moved(vector), homes) for vector in _compass()])
    near = int((around.any(axis=0) & ~before).sum())
    once = {conversion: field.converted(conversion) for conversion in CONVERSIONS}
    after = {conversion: field.at_home(place, homes) for conversion, place in once.items()}
    conversion = max(CONVERSIONS, key=lambda name: int(after[name].sum()))
    vector = (
        _best_vector(field, homes, np.flatnonzero(~(around & before).all(axis=0))) if near >= LEAST else np.zeros(2)
    )
    moved = field.at_home(field.moved(vector), homes)
    by_conversion, by_vector = (int(place.sum() - before.sum()) for place in (after[conversion], moved))
    if by_conversion >= AS_GOOD * by_vector and _significant(before, after[conversion], near, SIGMAS):
        east, north = field.metres(once[conversion]).tolist()
        return Shift("shifted", east, north, share, float(after[conversion].mean()), conversion, n)
    if np.hypot(*vector) >= LEAST_METRES and _significant(before, moved, near, SIGMAS_OF_MANY):
        east, north = (-vector).tolist()
        return Shift("shifted", east, north, share, float(moved.mean()), None, n)
    net_losses = (before & ~around[NEARER]).sum(axis=1) - (~before & around[NEARER]).sum(axis=1)
    verdict: Verdict = "aligned" if share >= MOST and net_losses.min() >= LEAST else "unclear"
    return Shift(verdict, 0.0, 0.0, share, share, None, n)


def _significant(before: Bools, after: Bools, near: int, sigmas: float) -> bool:
    """Whether more accounts come home than leave, beyond chance and noise."""
    gains, losses = int((after & ~before).sum()), int((before & ~after).sum())
    enough = gains - losses >= max(LEAST, EXPLAINED_HOMES * near)
    return enough and gains - losses >= sigmas * np.sqrt(gains + losses)


def _best_vector(field: _Field, homes: Ints, telling: Ints) -> Floats:
    """The vector that brings most accounts home, metres east and north; those far from a border tell nothing."""
    rows = _spread(telling, MOST_TELLING)
    steps = np.arange(-REACH_METRES, REACH_METRES + 1, STEP_METRES)
    coarse = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    best = field.best_of(coarse[np.hypot(*coarse.T) <= REACH_METRES], rows, homes)
    fine = np.arange(-STEP_METRES, STEP_METRES + 1, FINE_METRES)
    return field.best_of(best + np.stack(np.meshgrid(fine, fine), axis=-1).reshape(-1, 2), rows, homes)
