"""Which areas share a border, and how much of it.

Neighboring areas mostly write their common border down with the same vertices, so most of it is found by
sorting segments. What is left over after that is the outer coast, and borders that two areas write down
differently: one has a vertex more, or both were simplified apart. Those are compared by distance.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.spatial import KDTree

from territorykit._arrays import Bools, Floats, Ints, Objects
from territorykit.load.nearness import intervals
from territorykit.load.pairs import NO_PAIRS, combine, unique_pairs
from territorykit.model.objective import EARTH_RADIUS

SCALES = (4.0, 1.0, 1 / 4, 1 / 16, 1 / 64)
"""Distances at which left-over segments are compared, as multiples of the tolerance."""
CORNER = 4.0
"""A border is longer than so many times the distance at which it was found."""
CORNER_AREAS = 3
"""So many areas make a corner of a vertex."""


@dataclass(frozen=True, slots=True)
class Borders:
    """Shared borders of areas.

    Parameters
    ----------
    pairs
        Shape (n_pairs, 2): positions of areas with a common border, smaller first, sorted.
    lengths
        Shape (n_pairs,): metres of it.
    contacts
        Shape (n_contacts, 2): pairs of areas that touch, with or without a border, sorted; without points,
        the same as `pairs`.
    coast
        Shape (n_areas,): whether an area has boundary that is not exactly a neighbor's too.
    rims
        Shape (n_rims, 2, 2): the ends of such boundaries' segments, in the coordinates of the source.
    """

    pairs: Ints
    lengths: Floats
    contacts: Ints
    coast: Bools
    rims: Floats


@dataclass(frozen=True, slots=True)
class Segments:
    """Straight pieces of boundaries.

    Parameters
    ----------
    start, end
        Shape (n, 2): in the coordinates of the source.
    owner
        Shape (n,): position of the area.
    metres
        Shape (n,): length on the projected plane.
    place
        Shape (n, 2): start on the projected plane, metres.
    scale
        Shape (n, 2): metres per unit of the source along both axes.
    """

    start: Floats
    end: Floats
    owner: Ints
    metres: Floats
    place: Floats
    scale: Floats

    def of(self, chosen: Bools | Ints) -> "Segments":
        """Some of them."""
        return Segments(
            *(getattr(self, name)[chosen] for name in ("start", "end", "owner", "metres", "place", "scale"))
        )


def find_borders(
    source: Objects,
    plane: Objects,
    *,
    unit_metres: float | None,
    tolerance: float,
    slivers: tuple[Ints, Floats],
    points: bool = False,
) -> Borders:
    """Shared borders of polygons.

    Segments are compared in the coordinates of the source, in which they are straight; lengths are those on
    the plane.

    Parameters
    ----------
    source
        Shape (n_areas,): polygons as they were read.
    plane
        Shape (n_areas,): the same polygons in metres.
    unit_metres
        Metres per unit of the source, or None for degrees.
    tolerance
        Metres within which boundaries are one.
    slivers
        Pairs of areas, shape (n_pairs, 2), that overlap along metres of border, shape (n_pairs,): where two
        boundaries cross back and forth, the border runs through the slivers between them.
    points
        Also look for areas that only touch at points.
    """
    segments = cut(source, plane, unit_metres)
    pairs, lengths, matched = exact_borders(segments)
    coast = np.zeros(len(source), bool)
    coast[segments.owner[~matched]] = True
    contacts = [shared_vertices(segments, len(source), tolerance), slivers[0]] if points else []
    apart = slivers
    if tolerance > 0 and not matched.all():
        near, near_lengths, near_contacts = near_borders(segments.of(~matched), tolerance)
        # a sliver thinner than the tolerance is found both ways and counts once
        apart = combine(np.maximum, slivers, (near, near_lengths))
        contacts += [near_contacts] if points else []
    pairs, lengths = combine(np.add, (pairs, lengths), apart)
    contact_pairs, _ = unique_pairs(np.concatenate([pairs, *contacts]))
    return Borders(pairs, lengths, contact_pairs, coast, _rims(segments, matched))


def rims(polygons: Objects) -> Floats:
    """Segments that only one of the polygons has, shape (n_rims, 2, 2), in their coordinates."""
    segments = cut(polygons, polygons, 1.0)
    return _rims(segments, exact_borders(segments)[2])


def _rims(segments: Segments, matched: Bools) -> Floats:
    return np.stack([segments.start[~matched], segments.end[~matched]], axis=1)


def cut(source: Objects, plane: Objects, unit_metres: float | None) -> Segments:
    """Cut all rings into segments; segments without length are left out."""
    start, end, owner = _ends(source)
    flat_start, flat_end, _ = _ends(plane)
    metres = np.hypot(*(flat_end - flat_start).T)
    if unit_metres is None:
        _wrap(start, end)
        middle = np.radians((start[:, 1] + end[:, 1]) / 2)
        degree = np.radians(EARTH_RADIUS)
        scale = np.column_stack([degree * np.cos(middle), np.full(len(start), degree)])
        scale[:, 0] = np.maximum(scale[:, 0], degree * 1e-6)  # the poles
    else:
        scale = np.full(start.shape, unit_metres)
    real = (start != end).any(axis=1)
    return Segments(start, end, owner, metres, flat_start, scale).of(real)


def _ends(polygons: Objects) -> tuple[Floats, Floats, Ints]:
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, vertex_of = shapely.get_coordinates(rings, return_index=True)
    inside = vertex_of[1:] == vertex_of[:-1]
    return xy[:-1][inside], xy[1:][inside], part_of[ring_of][vertex_of[:-1][inside]]


def _wrap(start: Floats, end: Floats) -> None:
    """The antimeridian is one line, whether it is written as 180 or as -180."""
    on = (np.abs(start[:, 0]) == 180) & (np.abs(end[:, 0]) == 180)  # noqa: PLR2004 - degrees
    start[on, 0] = end[on, 0] = 180.0


def exact_borders(segments: Segments) -> tuple[Ints, Floats, Bools]:
    """Segments that two areas have with the very same ends: pairs, metres, and which segments they are."""
    start, end = segments.start, segments.end
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    key = np.where(swap[:, None], np.hstack([end, start]), np.hstack([start, end]))
    order, group = _group_rows(key)
    matched = np.zeros(len(order), bool)
    pairs, lengths = [NO_PAIRS], [np.empty(0)]
    for lag in range(1, _largest(group)):
        same = group[lag:] == group[:-lag]
        first, second = order[:-lag][same], order[lag:][same]
        apart = segments.owner[first] != segments.owner[second]
        first, second = first[apart], second[apart]
        matched[first] = matched[second] = True
        pairs.append(np.column_stack([segments.owner[first], segments.owner[second]]))
        lengths.append(segments.metres[first])
    return *combine(np.add, (np.concatenate(pairs), np.concatenate(lengths))), matched


def shared_vertices(segments: Segments, n_areas: int, tolerance: float) -> Ints:
    """Pairs of areas that have a vertex in common, or meet at corners within the tolerance."""
    order, vertex = _group_rows(segments.start)
    first = order[np.flatnonzero(np.diff(vertex, prepend=-1))]
    shape = (len(first), n_areas)
    visits = coo_array((np.ones(len(order), np.int64), (vertex, segments.owner[order])), shape).tocsr()
    visits.data[:] = 1
    corners = np.flatnonzero(np.diff(visits.indptr) >= CORNER_AREAS)
    near = (
        KDTree(segments.place[first[corners]]).query_pairs(tolerance, output_type="ndarray")
        if len(corners)
        else NO_PAIRS
    )
    near = corners[near]
    links = coo_array((np.ones(len(near), np.int64), (near[:, 0], near[:, 1])), (len(first), len(first)))
    meeting = (visits.T @ (visits + links.tocsr() @ visits)).tocoo()
    pairs, _ = unique_pairs(np.column_stack([meeting.row, meeting.col]).astype(np.int64))
    apart: Bools = pairs[:, 0] != pairs[:, 1]
    return pairs[apart]


def near_borders(segments: Segments, tolerance: float) -> tuple[Ints, Floats, Ints]:
    """Borders that two areas write down differently: pairs, metres, and pairs that come near at all.

    Around a corner at which two areas touch, their boundaries are close over a length that grows in
    proportion to the distance allowed; along a border they are close over the same length at any distance.
    So from lengths :math:`L` at distances :math:`d` and :math:`4 d`, :math:`(4 L(d) - L(4 d)) / 3` is the
    border without its corners (Richardson's extrapolation to :math:`d = 0`).
    """
    one, other = _candidates(segments, SCALES[0] * tolerance)
    lengths, contacts = [], NO_PAIRS
    ends = _in_metres(segments, one, other)
    owners = np.column_stack([segments.owner[one], segments.owner[other]])
    pairs, pair_of = unique_pairs(owners)
    for scale in SCALES:
        low, high = intervals(*ends, scale * tolerance)
        covered = _union(one, segments.owner[other], low, high) * segments.metres[one]
        # each border is seen from both of its sides
        lengths.append(np.bincount(pair_of, covered, len(pairs)) / 2)
        if scale == 1.0:
            contacts = unique_pairs(owners[low <= high])[0]
    border = np.zeros(len(pairs))
    for (wide, narrow), scale in zip(pairwise(lengths), SCALES[1:], strict=True):
        estimate = (4 * narrow - wide) / 3
        border = np.maximum(border, np.where(estimate > CORNER * scale * tolerance, estimate, 0.0))
    found = border > 0
    return pairs[found], border[found], contacts


def _candidates(segments: Segments, reach: float) -> tuple[Ints, Ints]:
    """Pairs of segments of different areas whose boxes come within reach, in both orders."""
    margin = reach / segments.scale
    low = np.minimum(segments.start, segments.end) - margin
    high = np.maximum(segments.start, segments.end) + margin
    tree = shapely.STRtree(shapely.linestrings(np.stack([segments.start, segments.end], axis=1)))
    one, other = tree.query(shapely.box(*low.T, *high.T))
    apart = segments.owner[one] != segments.owner[other]
    one, other = one[apart], other[apart]
    # at high latitudes two boxes may not see each other alike; a pair counts from both sides or not at all
    both, _ = unique_pairs(np.column_stack([one, other]))
    return np.concatenate([both[:, 0], both[:, 1]]), np.concatenate([both[:, 1], both[:, 0]])


def _in_metres(segments: Segments, one: Ints, other: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    origin, scale = segments.start[one], segments.scale[one]
    return (
        np.zeros(origin.shape),
        (segments.end[one] - origin) * scale,
        (segments.start[other] - origin) * scale,
        (segments.end[other] - origin) * scale,
    )


def _union(segment: Ints, area: Ints, low: Floats, high: Floats) -> Floats:
    """Share of each segment that the intervals of one area cover, without counting any part twice.

    Shape (n_intervals,): the share stands at the interval that adds it.
    """
    order = np.lexsort((low, area, segment))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(segment[order]) != 0) | (np.diff(area[order]) != 0)
    group = np.cumsum(first) - 1
    start, stop = low[order], np.maximum(high[order], 0.0)
    # intervals lie in [0, 1]: an offset of 2 per group keeps a running maximum inside its group
    reached = np.maximum.accumulate(stop + 2 * group) - 2 * group
    before = np.zeros(len(order))
    before[1:] = reached[:-1]
    before[first] = 0.0
    added = np.empty(len(order))
    added[order] = np.where(start <= stop, np.maximum(stop - np.maximum(start, before), 0.0), 0.0)
    return added


def _group_rows(rows: Floats) -> tuple[Ints, Ints]:
    """Order in which equal rows follow each other, and the group of each row in that order.

    One number mixed from all columns is sorted, several times as fast as the columns are. Should two rows that
    differ ever have the same number, the columns are sorted after all.
    """
    keys = _mixed(rows)
    order = np.argsort(keys, kind="stable")
    placed, sorted_keys = rows[order], keys[order]
    new = np.ones(len(order), bool)
    new[1:] = (placed[1:] != placed[:-1]).any(axis=1)
    if (new[1:] & (sorted_keys[1:] == sorted_keys[:-1])).any():
        order = np.lexsort(rows.T)
        placed = rows[order]
        new[1:] = (placed[1:] != placed[:-1]).any(axis=1)
    return order, np.cumsum(new) - 1


def _mixed(rows: Floats) -> Any:  # noqa: ANN401 - unsigned whole numbers
    """A 64-bit number for each row, by the multiply-and-shift steps of splitmix64."""
    bits = np.ascontiguousarray(rows + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    keys = np.zeros(len(rows), np.uint64)
    for column in bits.T:
        keys ^= column
        keys *= np.uint64(0xBF58476D1CE4E5B9)
        keys ^= keys >> np.uint64(31)
        keys *= np.uint64(0x94D049BB133111EB)
        keys ^= keys >> np.uint64(29)
    return keys


def _largest(group: Ints) -> int:
    return int(np.bincount(group).max()) if len(group) else 0
