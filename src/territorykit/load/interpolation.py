"""Figures of one set of areas, such as a census, brought to another: areal interpolation."""

import logging
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.columns import as_mapping, checked_numbers, numbers
from territorykit.load.common_ground import GRAIN, Ground, common_ground
from territorykit.load.falling import Engine, Falling, falling, tobler, with_tobler
from territorykit.load.inputs import (
    MULTIPOLYGON,
    NO_PLACE,
    PLACE_REMEDY,
    POINT,
    POLYGON,
    add_rows,
    check_frame,
    crs_name,
    is_number,
    on_earth,
    plain_ids,
    require_frame,
)
from territorykit.load.locating import nearest_on_plane
from territorykit.load.overlaps import SLIVER, check_overlaps, find_overlaps
from territorykit.load.shares import share_out

Outside = Literal["error", "nearest", "drop"]
LARGEST = 2**53
"""Whole numbers up to here are exact as floats."""

MOST = 1e300

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Figures:
    """Columns of the sources: those that add up, and those that are averaged with what they are weighed by."""

    extensive: dict[str, Floats]
    intensive: dict[str, Floats]
    weights: dict[str, Floats]
    whole: frozenset[str]


def interpolate(  # noqa: PLR0913 - all but two by name
    source_areas: gpd.GeoDataFrame,
    target_areas: gpd.GeoDataFrame,
    *,
    extensive: Iterable[str] = (),
    intensive: Iterable[str] | Mapping[str, str] = (),
    whole: Iterable[str] = (),
    outside: Outside = "error",
    max_distance: float | None = None,
    points: gpd.GeoDataFrame | None = None,
    weight: str | None = None,
    engine: Engine = "shapely",
) -> gpd.GeoDataFrame:
    r"""Bring figures from one set of areas to another; totals are conserved.

    A source's figure :math:`x_i` is spread over the targets in proportion to the ground :math:`a_{ij}` that
    they have in common with it [1]_, or to the points there [2]_; an average :math:`v_i` is averaged over that ground,
    or over what it is an average of:

    .. math:: X_j = \sum_i x_i \frac{a_{ij}}{\sum_k a_{ik}}, \qquad
              V_j = \frac{\sum_i a_{ij} v_i}{\sum_i a_{ij}}

    Parameters
    ----------
    source_areas
        Polygons with the figures, one row each; not changed.
    target_areas
        Polygons that do not overlap, such as the units of a map; not changed. They may be in another
        coordinate system: ground is measured on one equal-area plane.
    extensive
        Columns that add up, such as residents or households: not negative.
    intensive
        Columns that are averages or densities. A mapping names for each the column of the sources by which it
        is to be weighed, as in ``{"mean_income": "households"}``; an empty name stands for the ground.
    whole
        Those extensive columns that stay whole numbers. Each target's share is rounded up or down, by largest
        remainders, so that the total stays as it is.
    outside
        What to do with sources of which more than 1 % lies in no target. "error": refuse. "nearest": all their
        figures go to the targets they meet, in proportion; a source that meets none goes to the nearest.
        "drop": the part outside is left out, with a warning of what is lost. Up to 1 % is an inaccuracy of
        drawing, and nothing of it is lost.
    max_distance
        Metres within which "nearest" looks for sources that meet no target; farther ones are an error.
    points
        Points, such as addresses or postcodes, that tell where in a source its figures are. A source without any
        is spread over its ground.
    weight
        Column of the points with their weights; without it all count alike.
    engine
        "shapely", or "tobler" to have the same sums made by that library (extra "census").

    Returns
    -------
    GeoDataFrame
        The targets with one column per name. Where nothing is known, a sum is 0 and an average NaN.

    Raises
    ------
    DataError
        With all problems at once: missing, invalid or overlapping areas; values that are missing or no
        numbers; sources outside, with the totals that lie there.
    BackendError
        If tobler is asked for and not installed.

    Warns
    -----
    TerritoryKitWarning
        Where figures are dropped, and where a target has no average.

    References
    ----------
    .. [1] Goodchild, M. F., Lam, N. S.-N. (1980). Areal interpolation: a variant of the traditional spatial
           problem. *Geo-Processing*, 1, 297-312.
    .. [2] Eicher, C. L., Brewer, C. A. (2001). Dasymetric mapping and areal interpolation: implementation and
           evaluation. *Cartography and Geographic Information Science*, 28(2), 125-138.

    Examples
    --------
    >>> from shapely import box
    >>> left, right = box(500_000, 0, 501_000, 1000), box(501_000, 0, 504_000, 1000)
    >>> tracts = gpd.GeoDataFrame(
    ...     {"people": [10, 31], "income": [20.0, 40.0]}, index=["l", "r"], geometry=[left, right], crs="EPSG:32632"
    ... )
    >>> halves = [box(500_000, 0, 502_000, 1000), box(502_000, 0, 504_000, 1000)]
    >>> units = gpd.GeoDataFrame(index=["west", "east"], geometry=halves, crs="EPSG:32632")
    >>> found = interpolate(tracts, units, extensive=["people"], intensive=["income"], whole=["people"])
    >>> found["people"].tolist(), found["income"].round(2).tolist()
    ([20, 21], [30.0, 40.0])
    """
    sources, targets = source_areas, target_areas
    problems = Problems("interpolating")
    ids = _check_frames(sources, targets, points, problems)
    _check_settings(outside, max_distance, engine, problems)
    figures = _figures(sources, targets, (extensive, intensive, whole), ids, problems)
    weights = _point_weights(points, weight, engine, problems)
    problems.raise_as(DataError)
    if engine == "tobler":
        tobler()  # where it is missing, that is said before the work

    ground = common_ground(sources, targets)
    check_overlaps(find_overlaps(ground.targets, ground.crs, ground.crs), plain_ids(targets.index), problems)
    problems.raise_as(DataError)
    located = None if points is None else (sources, targets, points, weights)
    fall = falling(ground, located)
    _put_on_record(ground, fall, targets)
    fall, lost = _settled(ground, fall, (ids, outside, max_distance), figures)
    found = _found(ground, fall, figures, engine)
    if lost:
        warnings.warn(lost, TerritoryKitWarning, stacklevel=2)
    unknown = {name: np.isnan(values) for name, values in found.items() if np.isnan(values).any()}
    for name, mask in unknown.items():
        text = f"there is no average of {name!r} in {int(mask.sum()):,} targets: {listing(targets.index[mask])}"
        warnings.warn(f"{text}; no source with any weight meets them", TerritoryKitWarning, stacklevel=2)
    result = targets.copy()
    for name, values in found.items():
        result[name] = values
    return result


def _check_frames(
    sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, points: gpd.GeoDataFrame | None, problems: Problems
) -> Objects:
    """Geometries, ids and coordinate systems; the ids of the sources."""
    areal = (POLYGON, MULTIPOLYGON)
    for name, frame, kinds in (("sources", sources, areal), ("targets", targets, areal), ("points", points, (POINT,))):
        if name == "points" and frame is None:
            continue
        require_frame(frame, name)
        inner = Problems(name)
        check_frame(frame, kinds, inner)
        crs = None if frame is None else frame.crs
        if crs is not None and not on_earth(crs):
            inner.add(f"{crs_name(crs)} {NO_PLACE}", PLACE_REMEDY)
        problems.found += [f"{name}: {text}" for text in inner.found]
    return plain_ids(sources.index)


def _check_settings(outside: str, max_distance: float | None, engine: str, problems: Problems) -> None:
    if outside not in ("error", "nearest", "drop"):
        problems.add(f"outside is {outside!r}", "pass 'error', 'nearest' or 'drop'")
    if engine not in ("shapely", "tobler"):
        problems.add(f"engine is {engine!r}", "pass 'shapely' or 'tobler'")
    if max_distance is not None and outside != "nearest":
        problems.add("max_distance is given", "it goes with outside='nearest' only")
    if max_distance is not None and not (is_number(max_distance) and max_distance >= 0):
        problems.add(f"max_distance is {max_distance!r}", "pass metres, from 0")


def _figures(
    sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, wanted: tuple[Any, Any, Any], ids: Objects, problems: Problems
) -> _Figures:
    adding, whole = ([names] if isinstance(names, str) else list(names) for names in (wanted[0], wanted[2]))
    averaged = as_mapping(wanted[1])
    _check_names(targets, [*adding, *averaged], problems)
    stray = [name for name in whole if name not in adding]
    if stray:
        problems.add(f"whole names {listing(stray)}", "name columns of extensive= only")
    extensive = _known(sources, adding, ids, problems)
    by = {name: column for name, column in averaged.items() if column}
    weights = _known(sources, by.values(), ids, problems)
    intensive = {}
    for name in averaged:
        if _has(sources, name, problems):
            values, texts = numbers(sources[name])
            bad = texts | ~np.isfinite(values)
            add_rows(problems, bad, ids, f"values of {name!r} are missing or no finite numbers", _FILL)
            intensive[name] = values
    for name in whole:
        values = extensive.get(name, np.empty(0))
        broken = values != np.floor(values)
        add_rows(problems, broken, ids, f"values of {name!r} are not whole", "leave it out of whole=, or round it")
        if values.sum() > LARGEST:
            problems.add(f"the total of {name!r} is beyond 2**53", "leave it out of whole=")
    for name, values in extensive.items():
        if values.max(initial=0.0) > MOST / max(len(values), 1):
            problems.add(f"the total of {name!r} may be beyond {MOST:.0e}, the largest that is added", "scale it down")
    return _Figures(
        extensive, intensive, {name: weights[by[name]] for name in by if by[name] in weights}, frozenset(whole)
    )


_FILL = "fill them, or leave these sources out by name"


def _check_names(targets: gpd.GeoDataFrame, names: list[str], problems: Problems) -> None:
    if not names:
        problems.add("no columns are named", "name them with extensive= and intensive=")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.add(f"columns are named twice: {listing(twice)}", "a column adds up or is averaged: name it once")
    present = [name for name in dict.fromkeys(names) if name in targets.columns]
    if present:
        problems.add(f"the targets have columns {listing(present)} already", "rename or drop them")


def _has(frame: gpd.GeoDataFrame, name: str, problems: Problems, what: str = "sources") -> bool:
    if name in frame.columns and name != frame.geometry.name:
        return True
    known = [str(column) for column in frame.columns if column != frame.geometry.name]
    problems.add(f"the {what} have no column {name!r}", f"the columns are {', '.join(map(repr, known))}")
    return False


def _known(sources: gpd.GeoDataFrame, names: Iterable[str], ids: Objects, problems: Problems) -> dict[str, Floats]:
    """Columns of sizes: finite and not negative."""
    found = {}
    for name in dict.fromkeys(names):
        if _has(sources, name, problems):
            values = checked_numbers(sources[name], f"column {name!r} of the sources", ids, problems)
            if values is not None:
                found[name] = values
    return found


def _point_weights(points: gpd.GeoDataFrame | None, weight: str | None, engine: str, problems: Problems) -> Floats:
    if points is None:
        if weight is not None:
            problems.add(f"weight={weight!r} is given", "it names a column of points=")
        return np.empty(0)
    if engine == "tobler":
        problems.add("points are given, and tobler is asked to spread over the ground", "leave one of them out")
    if weight is None:
        return np.ones(len(points))
    if not _has(points, weight, problems, "points"):
        return np.empty(0)
    values = checked_numbers(points[weight], f"column {weight!r} of the points", plain_ids(points.index), problems)
    return np.empty(0) if values is None else values


def _put_on_record(ground: Ground, fall: Falling, targets: gpd.GeoDataFrame) -> None:
    """What nobody has to decide on, for those who look."""
    slivers = (fall.covered < 1 - GRAIN) & (fall.covered >= 1 - SLIVER)
    if slivers.any():
        logger.info(
            "%d sources lie outside the targets by slivers of up to %.2g %%; their figures stay inside",
            slivers.sum(),
            100 * (1 - fall.covered[slivers].min()),
        )
    bare = ground.known < 1 - SLIVER
    if bare.any():
        logger.info(
            "%d targets lie partly or wholly outside the sources; they hold what comes from the rest: %s",
            bare.sum(),
            listing(targets.index[bare]),
        )


def _settled(
    ground: Ground, fall: Falling, policy: tuple[Objects, Outside, float | None], figures: _Figures
) -> tuple[Falling, str]:
    """What becomes of sources that lie outside; the text of a warning where something is dropped."""
    ids, outside, max_distance = policy
    out = fall.covered < 1 - SLIVER
    if not out.any():
        return fall, ""
    text = f"{int(out.sum()):,} sources lie wholly or partly in no target: {listing(ids[out])}"
    text += _lost_text(figures, out, 1 - fall.covered)
    if outside == "error":
        message = (
            f"interpolating: {text}; correct the areas, or pass outside='nearest' (with max_distance= in metres) or "
            "outside='drop'"
        )
        raise DataError(message)
    if outside == "drop":
        return fall.dropping(out), f"left out what lies outside every target: {text}"
    alone = np.flatnonzero(fall.covered == 0)
    if not len(alone):
        logger.info("%s; these figures go to the targets that the sources meet", text)
        return fall, ""
    homes, metres = nearest_on_plane(ground.targets, ground.sources[alone], ground.crs)
    far = np.zeros(len(alone), bool) if max_distance is None else metres > max_distance
    if far.any():
        message = (
            f"interpolating: {int(far.sum()):,} sources lie farther than {max_distance:,.0f} m from every target, up "
            f"to {metres.max():,.0f} m: {listing(ids[alone[far]])}; leave them out or raise max_distance"
        )
        raise DataError(message)
    logger.info("%s; %d of them go to the nearest target, up to %.0f m away", text, len(alone), metres.max())
    return fall.moving(alone, homes), ""


def _lost_text(figures: _Figures, out: Bools, share: Floats) -> str:
    parts = []
    for name, values in figures.extensive.items():
        total, lost = math.fsum(values), math.fsum(values[out] * share[out])
        of_all = lost / total if total else 0.0
        parts.append(f"{name} {round(lost, 2):,.10g} of {total:,.10g}, {of_all:.2%}")
    return f" (with {'; '.join(parts)})" if parts else ""


def _found(ground: Ground, fall: Falling, figures: _Figures, engine: Engine) -> dict[str, Any]:
    """Sums and averages of the targets."""
    weighed = {name: figures.weights[name] for name in figures.intensive if name in figures.weights}
    plain = [name for name in figures.intensive if name not in weighed]
    adding = [*figures.extensive.values(), *weighed.values()]
    adding += [by * figures.intensive[name] for name, by in weighed.items()]
    n = len(ground.sources)
    columns = np.column_stack([np.empty((n, 0)), *adding])
    means = np.column_stack([np.empty((n, 0)), *(figures.intensive[name] for name in plain)])
    sums, averages = with_tobler(ground, fall, columns, means) if engine == "tobler" else fall.spread(columns, means)
    found: dict[str, Any] = {}
    for name, estimate in zip(figures.extensive, sums.T, strict=False):
        found[name] = _conserved(figures.extensive[name] * fall.kept, estimate, whole=name in figures.whole)
    first, k = len(figures.extensive), len(weighed)
    for at, name in enumerate(weighed, first):
        found[name] = _ratio(sums[:, at + k], sums[:, at])
    found |= dict(zip(plain, averages.T, strict=True))
    return {name: found[name] for name in (*figures.extensive, *figures.intensive)}


def _conserved(values: Floats, estimate: Floats, *, whole: bool) -> Floats | Ints:
    """The estimates, with exactly the total of the values."""
    total = math.fsum(values)
    if total == 0:
        return np.zeros(len(estimate), np.int64) if whole else np.zeros(len(estimate))
    shares: Floats | Ints = share_out(round(total) if whole else total, estimate)
    return shares


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0), np.float64)
