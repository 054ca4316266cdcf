"""What a matplotlib map is drawn from: paths, lines, places for names."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from territorykit._arrays import Floats, Objects
from territorykit.evaluate.tables import text_width
from territorykit.present.fonts import families

INK = "#1f2933"
HALO = "#ffffff"


def figure_axes(xlim: Sequence[float], ylim: Sequence[float]) -> Any:  # noqa: ANN401 - matplotlib axes
    """New axes in a figure of the shape of the map."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra

    _, axes = plt.subplots(figsize=figure_size(xlim, ylim), layout="constrained")
    return axes


def figure_size(xlim: Sequence[float], ylim: Sequence[float]) -> tuple[float, float]:
    """Width and height in inches for a map of this extent."""
    ratio = (ylim[1] - ylim[0]) / max(xlim[1] - xlim[0], 1e-12)
    width = float(np.clip(8.0 / max(ratio, 1e-12), 6.0, 10.0))
    return width, float(np.clip(width * ratio, 4.0, 11.0))


def extent(shapes: Objects | Floats) -> tuple[list[float], list[float]]:
    """Limits of the axes around geometries or points, with a margin."""
    coordinates = shapely.get_coordinates(shapes) if shapes.dtype == object else shapes
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    margin = max(0.03 * float((high - low).max()), 1e-9)
    return [low[0] - margin, high[0] + margin], [low[1] - margin, high[1] + margin]


def fill(axes: Any, shapes: Objects, colors: Sequence[Any]) -> None:  # noqa: ANN401 - matplotlib axes
    """Fill polygons, one color each, without outlines."""
    from matplotlib.collections import PathCollection  # noqa: PLC0415 - an extra

    paths = [path(shape) for shape in shapes]
    axes.add_collection(PathCollection(paths, facecolors=list(colors), edgecolors="none", zorder=1))


def path(shape: Any) -> Any:  # noqa: ANN401 - a geometry, and a matplotlib path
    """One path of all rings of a geometry; holes stay open."""
    from matplotlib.path import Path  # noqa: PLC0415 - an extra

    # Shells run one way and holes the other, so that what a hole leaves out is not filled.
    polygons = shapely.orient_polygons(shapely.get_parts(shape))
    rings = _rings(polygons)
    if not len(rings):
        return Path(np.zeros((0, 2)))
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(corners), Path.LINETO, np.uint8)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    codes[starts] = Path.MOVETO
    codes[np.append(starts[1:], len(corners)) - 1] = Path.CLOSEPOLY
    return Path(corners, codes)


def _rings(shapes: Any) -> Any:  # noqa: ANN401 - arrays of geometries
    parts = shapely.get_parts(shapes)
    return shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def borders(axes: Any, shapes: Objects, **style: Any) -> None:  # noqa: ANN401 - matplotlib axes and its settings
    """Draw the outlines of polygons."""
    rings = _rings(shapes)
    if len(rings):
        corners, ring = shapely.get_coordinates(rings, return_index=True)
        segments(axes, np.split(corners, np.flatnonzero(np.diff(ring)) + 1), **style)


def segments(axes: Any, lines: Any, **style: Any) -> None:  # noqa: ANN401 - matplotlib axes and its settings
    """Draw lines given by their points."""
    from matplotlib.collections import LineCollection  # noqa: PLC0415 - an extra

    axes.add_collection(LineCollection(lines, **({"capstyle": "round"} | style)))


def label_places(shapes: Objects) -> tuple[Floats, Floats]:
    """Where the name of each area goes, and how much room there is around it.

    The middle of the largest circle in the area's largest part, shapes (n, 2), and its radius, shape (n,).
    """
    largest = np.array([_largest_part(shape) for shape in shapes], object)
    tolerance = np.maximum(np.sqrt(shapely.area(largest)), 1e-9) / 40
    spokes = shapely.maximum_inscribed_circle(largest, tolerance=tolerance)
    return shapely.get_coordinates(shapely.get_point(spokes, 0)), np.asarray(shapely.length(spokes), np.float64)


def _largest_part(shape: Any) -> Any:  # noqa: ANN401 - geometries
    parts = shapely.get_parts(shape)
    return parts[shapely.area(parts).argmax()]


def write_names(axes: Any, names: Sequence[str], places: Floats, room: Floats, dots: Floats | None = None) -> None:  # noqa: ANN401
    """Write names at their places: the more room, the larger; a white halo keeps them readable.

    A name that would lie on the dot of its territory goes below the dot.
    """
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - an extra

    family, per_unit = families(), _points_per_unit(axes)
    letters = np.array([max(*map(text_width, name.split("\n")), 3) for name in names])
    sizes = np.clip(3.2 * room * per_unit / (0.55 * letters), 4.5, 11.0)
    if dots is not None:
        places = _below_dots(places, dots, np.column_stack([0.3 * letters * sizes, 0.9 * sizes]) / per_unit)
    for name, place, size in zip(names, places, sizes, strict=True):
        axes.text(
            *place, name, fontsize=size, fontfamily=family, color=INK, ha="center", va="center", zorder=6,
            parse_math=False, clip_on=True, linespacing=1.1,
            path_effects=[withStroke(linewidth=size / 4, foreground=HALO, alpha=0.9)],
        )  # fmt: skip


def _points_per_unit(axes: Any) -> float:  # noqa: ANN401 - matplotlib axes
    """Typographic points on paper for one unit of the coordinates."""
    box = axes.get_position()
    width = axes.get_xlim()[1] - axes.get_xlim()[0]
    return float(box.width * axes.figure.get_figwidth() * 72 / width)


def _below_dots(places: Floats, dots: Floats, half: Floats) -> Floats:
    """Places moved below their dots where a box of half this width and height around them holds the dot."""
    hidden = (np.abs(places - dots) < half).all(axis=1)
    moved = places.copy()
    moved[hidden, 1] = dots[hidden, 1] - 1.3 * half[hidden, 1]
    return moved


def darker(color: str, factor: float = 0.75) -> tuple[float, ...]:
    """A darker shade of a color, for thin lines on white."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415 - an extra

    return tuple(factor * part for part in to_rgb(color))
