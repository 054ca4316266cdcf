"""Pictures: quality against time, and cost against size."""

from pathlib import Path

import numpy as np

from benchmarks.curves import Growth, Traces, quality
from benchmarks.store import Row
from benchmarks.summary import groups
from benchmarks.tables import TABLES

MOMENTS = 60
WIDTH, HEIGHT = 4.2, 3.0
COLORS = ("#2f5d8a", "#c2571a")


def _figure(panels: int) -> tuple[object, list[object]]:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    across = min(panels, 2)
    down = -(-panels // across)
    figure, axes = plt.subplots(down, across, figsize=(WIDTH * across, HEIGHT * down), squeeze=False)
    for axis in axes.flat[panels:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:panels])


def _save(figure: object, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def largest(rows: list[Row]) -> list[Row]:
    """Our own runs of the settings that most runs have, so that all lines go on equally long."""
    own = [found for (method, *_), found in groups(rows).items() if method == "territorykit"]
    return max(own, key=len, default=[])


def quality_against_time(tables: dict[str, tuple[list[Row], Traces]], path: Path) -> bool:
    """Median and worst ratio over the runs of each table, as time goes on; False where there is nothing to show."""
    lines = {}
    for name, (rows, traces) in tables.items():
        known = [row for row in largest(rows) if row["ratio"]]
        end = max((float(row["wall_s"] or 0) for row in known), default=0)
        moments = np.geomspace(0.05, max(end, 0.1), MOMENTS)
        found = quality(known, traces, moments)
        if len(found):
            lines[name] = (moments, found)
    if not lines:
        return False
    figure, axes = _figure(len(lines))
    for axis, (name, (moments, found)) in zip(axes, lines.items(), strict=True):
        _draw_quality(axis, moments, found)
        axis.set_title(f"{TABLES[name].title} ({len(found)} runs)", fontsize=9)
    _save(figure, path)
    return True


def _draw_quality(axis: object, moments: np.ndarray, found: np.ndarray) -> None:
    for values, text, color in (
        (np.median(found, axis=0), "median", COLORS[0]),
        (found.max(axis=0), "worst", COLORS[1]),
    ):
        shown = np.isfinite(values)
        axis.step(moments[shown], values[shown], where="post", label=text, color=color)
    axis.axhline(1, color="0.6", linewidth=0.8)
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("seconds", fontsize=8)
    axis.set_ylabel("cost / reference", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8)


def cost_against_size(lines: list[tuple[str, Growth]], path: Path) -> bool:
    """CPU seconds by number of units with the fit of n log n; False where there is nothing to show."""
    if not lines:
        return False
    figure, (axis,) = _figure(1)
    for (name, line), color in zip(lines, COLORS, strict=False):
        axis.loglog(line.n, line.seconds, "o", color=color, label=name, markersize=4)
        n = np.geomspace(line.n.min(), line.n.max(), 50)
        axis.loglog(n, line.factor * 1e-6 * n * np.log2(n), color=color, linewidth=0.8)
    axis.set_xlabel("units", fontsize=8)
    axis.set_ylabel("CPU seconds (lines: c n log n)", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=7)
    _save(figure, path)
    return True
