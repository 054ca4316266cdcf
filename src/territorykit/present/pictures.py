"""Pictures for reports, drawn without touching the user's own figures."""

from io import BytesIO
from typing import Any

import geopandas as gpd

from territorykit.model.plan import Plan
from territorykit.model.result import TracePoint
from territorykit.present import drawing, maps
from territorykit.present.fonts import matplotlib

WIDTH = 1600
"""Pixels of a picture's width."""

_LINE = "#2a7f8e"
_WARN = "#c05a1c"


def map_picture(plan: Plan, areas: gpd.GeoDataFrame | None) -> bytes:
    """The map of a plan as PNG."""
    view = maps.scene(plan, areas)
    size = drawing.figure_size(*view.limits)
    figure = _figure(size)
    maps.draw(figure.add_axes((0, 0, 1, 1)), view)
    return _png(figure, size[0])


def trace_picture(trace: tuple[TracePoint, ...]) -> bytes:
    """How the objective, the bound and what was broken went over time, as PNG."""
    size = (9.0, 4.2)
    figure = _figure(size)
    seconds = [point.seconds for point in trace]
    broken = any(point.violation > 0 for point in trace)
    axes = figure.subplots(2 if broken else 1, 1, sharex=True, squeeze=False)[:, 0]
    axes[0].step(seconds, [p.objective for p in trace], where="post", color=_LINE, linewidth=1.8, label="objective")
    bounds = [(point.seconds, point.bound) for point in trace if point.bound is not None]
    if bounds:
        axes[0].step(*zip(*bounds, strict=True), where="post", color=drawing.INK, linewidth=1.2, label="bound")
        axes[0].legend(frameon=False)
    axes[0].set_ylabel("objective")
    if broken:
        axes[1].step(seconds, [point.violation for point in trace], where="post", color=_WARN, linewidth=1.8)
        axes[1].set_ylabel("violation")
        axes[1].set_ylim(bottom=0)
    axes[-1].set_xlabel("seconds")
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="#dde3e8", linewidth=0.8)
        ax.set_axisbelow(True)
    figure.set_layout_engine("constrained")
    return _png(figure, size[0])


def _figure(size: tuple[float, float]) -> Any:  # noqa: ANN401 - a matplotlib figure
    matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=size, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Any, inches: float) -> bytes:  # noqa: ANN401 - a matplotlib figure
    target = BytesIO()
    figure.savefig(target, format="png", dpi=WIDTH / inches, metadata={"Software": None})
    return target.getvalue()
