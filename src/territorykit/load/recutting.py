"""Areas cut anew without touching the borders they had: what stands next to them still fits exactly."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from territorykit._arrays import Floats, Ints, Objects

Corners: TypeAlias = NDArray[np.complex128]
"""Corners as complex numbers, x + iy: compared and sorted exactly."""
Inserts: TypeAlias = Mapping[tuple[complex, complex], Sequence[complex]]
"""New corners by the straight piece of border, as its two ends, on which they lie in this order."""


def dissolve(area: shapely.Geometry, faces: Objects, part_of: Ints) -> Objects:
    """Polygons of parts, from faces that cover an area.

    Corners are those of the area and those of the lines between parts; the outline of the area gets a corner
    only where a line between two parts meets it.

    Parameters
    ----------
    area
        The polygon that the faces cover.
    faces
        Shape (n_faces,): polygons without gaps and overlaps.
    part_of
        Shape (n_faces,): from 0.
    """
    n_parts = int(part_of.max()) + 1
    whole = [shapely.coverage_union_all(faces[part_of == part]) for part in range(n_parts)]
    corners = np.concatenate([np.unique(_corners(part)) for part in whole])
    values, counts = np.unique(corners, return_counts=True)
    kept = np.union1d(values[counts > 1], _corners(area))
    parts = [_edited(part, lambda ring: ring[np.isin(ring, kept)]) for part in whole]
    return np.array([*parts, None], object)[:-1]


def new_corners(area: shapely.Geometry, parts: Objects) -> Inserts:
    """Corners that the parts of an area have on its outline and it had not."""
    old = set(_corners(area).tolist())
    edges = {edge for part in parts for ring in _rings(part) for edge in _edges(ring)}
    outline = [edge for edge in edges if edge[::-1] not in edges]
    after = {start: end for start, end in outline if start not in old}
    inserts: dict[tuple[complex, complex], list[complex]] = {}
    for start, end in outline:
        if start in old and end not in old:
            chain = [end]
            while chain[-1] in after and after[chain[-1]] not in old and len(chain) <= len(after):
                chain.append(after[chain[-1]])
            if chain[-1] in after:
                stop = after[chain[-1]]
                inserts[start, stop] = chain
                inserts[stop, start] = chain[::-1]
    return inserts


def insert_corners(polygon: shapely.Geometry, inserts: Inserts) -> shapely.Geometry:
    """The polygon with new corners on those straight pieces of its border that are named."""
    starts = np.array([start for start, _ in inserts], np.complex128)
    if not np.isin(_corners(polygon), starts).any():
        return polygon

    def with_new(ring: Corners) -> Corners:
        found = []
        for i in np.flatnonzero(np.isin(ring[:-1], starts)).tolist():
            found += [(i + 1, corner) for corner in inserts.get((complex(ring[i]), complex(ring[i + 1])), ())]
        if not found:
            return ring
        return np.insert(ring, [i for i, _ in found], [corner for _, corner in found])

    return _edited(polygon, with_new)


def _corners(geometry: Any) -> Corners:  # noqa: ANN401 - one geometry or many
    return _complex(shapely.get_coordinates(geometry))


def _complex(xy: Floats) -> Corners:
    return np.ascontiguousarray(xy + 0.0).view(np.complex128).ravel()  # -0.0 becomes 0.0


def _rings(polygon: shapely.Geometry) -> list[Corners]:
    """Rings with the inside on the left."""
    rings = []
    for part in shapely.get_parts(polygon):
        shell, *holes = shapely.get_rings(part)
        rings += [_turned(shell, counter=True), *(_turned(hole, counter=False) for hole in holes)]
    return rings


def _turned(ring: shapely.Geometry, *, counter: bool) -> Corners:
    corners = _corners(ring)
    return corners if bool(shapely.is_ccw(ring)) == counter else corners[::-1]


def _edges(ring: Corners) -> list[tuple[complex, complex]]:
    return list(pairwise(ring.tolist()))


def _edited(polygon: shapely.Geometry, edit: Callable[[Corners], Corners]) -> shapely.Geometry:
    """A polygon with its rings edited; rings stay closed where their first corner goes."""
    parts = []
    for part in shapely.get_parts(polygon):
        shell, *holes = (_closed(edit(_corners(ring))) for ring in shapely.get_rings(part))
        parts.append(shapely.Polygon(shell, holes))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _closed(ring: Corners) -> Floats:
    if ring[0] != ring[-1]:
        ring = np.append(ring, ring[0])
    return np.column_stack([ring.real, ring.imag])
