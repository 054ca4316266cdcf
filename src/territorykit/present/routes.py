"""Pictures of tours."""

from typing import Any

import numpy as np

from territorykit._arrays import Floats
from territorykit.errors import DataError
from territorykit.evaluate.routes import Routes, TerritoryRoutes
from territorykit.present import drawing
from territorykit.present.colors import territory_colors
from territorykit.present.fonts import drawable, families, matplotlib

_MORE = 0.04
"""Room around the places, as a part of the picture."""


def plot_routes(routes: Routes, *, title: str | None = None, ax: Any = None) -> Any:  # noqa: ANN401 - matplotlib axes
    """Draw the tours of one wave: a line for each day, and places in the color of their territory.

    Places that are not due in the wave are small; where days begin is a square. Straight lines stand for the ways.

    Parameters
    ----------
    routes
        What `territorykit.routes` found.
    title
        Text above the picture; without it, how many tours of how many territories there are.
    ax
        Matplotlib axes to draw on; new ones without it.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``ax.figure.savefig(...)`` writes a file.

    Raises
    ------
    DataError
        If there are no tours to draw.
    BackendError
        If matplotlib is not installed: ``pip install "territorykit[viz]"``.
    """
    matplotlib()
    tours = sum(len(item.tours) for item in routes.territories)
    if tours == 0:
        message = "routes: there are no tours to draw; choose territories with units that are due"
        raise DataError(message)
    plan = routes.plan
    colors = territory_colors(plan)
    shown = [plan.problem.territory(item.territory) for item in routes.territories]
    units = np.flatnonzero(np.isin(plan.labels, shown))
    xy = plan.problem.graph.xy
    axes = drawing.figure_axes(*_limits(xy[units])) if ax is None else ax
    axes.set_aspect("equal")
    axes.axis("off")
    axes.scatter(*xy[units].T, s=5, c=[colors[t] for t in plan.labels[units]], linewidths=0, zorder=2)
    for t, item in zip(shown, routes.territories, strict=True):
        _draw(axes, routes, item, colors[t], t)
    text = title or f"{tours:,} days on the road in {len(shown):,} territories: one wave of visits"
    axes.set_title(drawable([text], longest=120)[0], fontfamily=families(), parse_math=False, fontsize=13, pad=10)
    return axes


def _draw(axes: Any, routes: Routes, item: TerritoryRoutes, color: str, t: int) -> None:  # noqa: ANN401
    """The tours of one territory."""
    xy, bases = routes.plan.problem.graph.xy, routes.plan.problem.bases
    start = xy[item.start] if item.start is not None else None if bases is None else bases[t]
    for tour in item.tours:
        stops = xy[list(tour.units)]
        way = stops if start is None else np.vstack([start, stops, start])
        axes.plot(*way.T, color=_darker(color), linewidth=0.9, alpha=0.85, zorder=3)
        axes.scatter(*stops.T, s=16, color=color, edgecolors="white", linewidths=0.5, zorder=4)
    if start is not None:
        axes.scatter(*start, s=70, marker="s", color=_darker(color), edgecolors="white", linewidths=1.2, zorder=5)


def _limits(points: Floats) -> tuple[list[float], list[float]]:
    low, high = points.min(axis=0), points.max(axis=0)
    room = _MORE * max(float((high - low).max()), 1.0)
    (x0, y0), (x1, y1) = low - room, high + room
    return [float(x0), float(x1)], [float(y0), float(y1)]


def _darker(color: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb  # noqa: PLC0415 - an extra

    return tuple(0.6 * part for part in to_rgb(color))
