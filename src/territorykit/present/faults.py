"""Maps of data faults: where `check_areas` and `check_accounts` found something."""

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from territorykit._arrays import Objects
from territorykit.errors import DataError, listing
from territorykit.load.faults.table import COLUMNS
from territorykit.load.inputs import on_earth, require_frame
from territorykit.present import drawing
from territorykit.present.fonts import drawable, families, matplotlib
from territorykit.present.web import LEGEND_STYLE, Layer, add_layer, escaped, load_folium, page_bounds

QUIET = frozenset({"multipart"})
"""Faults that are drawn only when they are named: every coast is full of them."""
_COLORS = ("#CC3311", "#0077BB", "#EE7733", "#009988", "#AA3377", "#997700", "#33BBEE", "#222255")
"""Dark enough to stand out on gray ground, distinct without red or green."""
_MARKERS = "osD^vP"
_GROUND, _LINES, _QUIET_LINES = "#E8E8E4", "#FFFFFF", "#9AA5B1"


def plot_faults(
    faults: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None = None,
    *,
    show: Collection[str] | None = None,
    title: str | None = None,
    ax: Any = None,  # noqa: ANN401 - matplotlib axes
) -> Any:  # noqa: ANN401 - matplotlib axes
    """Draw where the faults of a map or of a list of accounts are.

    Each kind of fault has a color and a mark; the legend counts them. Faults without a place, such as missing
    ids, are counted below the map.

    Parameters
    ----------
    faults
        What `check_areas` or `check_accounts` found.
    areas
        The map to draw them on, or None.
    show
        Kinds of faults to draw; without it, all but "multipart".
    title
        Text above the map; without it, how many faults there are.
    ax
        Matplotlib axes to draw on; new ones without it.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``ax.figure.savefig(...)`` writes a file.

    Raises
    ------
    DataError
        If `faults` is no such table, a kind is not in it, or there is neither a fault with a place nor a map.
    BackendError
        If matplotlib is not installed.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import territorykit as tk
    >>> shapes = [shapely.box(0, 0, 2000, 1000), shapely.box(1500, 0, 3000, 1000)]
    >>> areas = gpd.GeoDataFrame(index=["a", "b"], geometry=shapes, crs="EPSG:32632")
    >>> tk.plot_faults(tk.check_areas(areas), areas).get_title()
    '1 fault: 1 error, 0 warnings'
    """
    matplotlib()
    chosen = _chosen(faults, show)
    places = np.asarray(chosen.geometry.values, object)
    ground = _ground(areas, faults)
    there = _drawn(places)
    everything = np.concatenate([places[there], ground])
    if not len(everything):
        message = "faults: none of them has a place, and no areas are given; there is nothing to draw"
        raise DataError(message)
    limits = drawing.extent(everything)
    axes = drawing.figure_axes(*limits) if ax is None else ax
    middle = sum(limits[1]) / 2
    geographic = faults.crs is not None and faults.crs.is_geographic
    axes.set(xlim=limits[0], ylim=limits[1])
    axes.set_aspect(1 / max(np.cos(np.radians(middle)), 0.05) if geographic else 1.0)
    axes.set_axis_off()
    drawing.fill(axes, ground, [_GROUND] * len(ground))
    drawing.borders(axes, ground, colors=_LINES, linewidths=float(np.clip(20 / np.sqrt(len(ground) + 1), 0.05, 0.6)))
    for k, (kind, rows) in enumerate(chosen.groupby("fault", sort=False)):
        _mark(axes, str(kind), np.asarray(rows.geometry.values, object), k)
    if there.any():
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 3}
        axes.legend(**below, frameon=False, fontsize=9, labelcolor=drawing.INK)
    _texts(axes, faults, chosen[~there], title)
    return axes


def explore_faults(
    faults: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None = None,
    *,
    show: Collection[str] | None = None,
    tiles: Any = "OpenStreetMap",  # noqa: ANN401 - what folium takes
) -> Any:  # noqa: ANN401 - folium's
    """An interactive map of faults: a layer for each kind, with what is wrong and the remedy on hovering.

    All texts of the data are shown as texts, whatever they contain.

    Parameters
    ----------
    faults
        What `check_areas` or `check_accounts` found, with a coordinate system.
    areas
        The map to draw them on, or None.
    show
        Kinds of faults to draw; without it, all but "multipart".
    tiles
        Background, as folium takes it.

    Returns
    -------
    folium.Map
        The map; notebooks show it, ``.save("faults.html")`` writes it.

    Raises
    ------
    DataError
        If `faults` is no such table, has no coordinate system, a kind is not in it, or there is nothing to draw.
    BackendError
        If folium is not installed.
    """
    folium = load_folium()
    chosen = _chosen(faults, show)
    if faults.crs is None or not on_earth(faults.crs):
        message = "faults: they have no coordinate system, so their place on the globe is not known; check with crs="
        raise DataError(message)
    chosen = chosen[_drawn(np.asarray(chosen.geometry.values, object))].to_crs(4326)
    ground = _ground(areas, faults)
    ground = np.asarray(gpd.GeoSeries(ground, crs=faults.crs).to_crs(4326).values, object)
    everything = np.concatenate([np.asarray(chosen.geometry.values, object), ground])
    if not len(everything):
        message = "faults: none of them has a place, and no areas are given; there is nothing to draw"
        raise DataError(message)
    page = folium.Map(tiles=tiles, control_scale=True, prefer_canvas=True)
    page.fit_bounds(page_bounds(everything))
    if len(ground):
        names = [f"<b>{escaped(unit)}</b>" for unit in _units_of(areas)]
        style = {"weight": 0.6, "fillOpacity": 0.15, "color": _QUIET_LINES}
        add_layer(page, Layer("Areas", ground, names, [_QUIET_LINES] * len(ground), style))
    rows = []
    for k, (kind, group) in enumerate(chosen.groupby("fault", sort=False)):
        color = _COLORS[k % len(_COLORS)]
        add_layer(page, _fault_layer(str(kind), group, color))
        rows.append(f'<tr><td><i style="background:{color}"></i></td><td>{kind}</td><td>{len(group):,}</td></tr>')
    folium.LayerControl(collapsed=False).add_to(page)
    page.get_root().title = "Faults"
    table = f"<table><tbody>{''.join(rows)}</tbody></table>"
    legend = f'{LEGEND_STYLE}<details class="tk-legend" open><summary>Faults</summary>{table}</details>'
    page.get_root().html.add_child(folium.Element(legend))
    return page


def _fault_layer(kind: str, group: gpd.GeoDataFrame, color: str) -> Layer:
    """Faults of one kind: their shapes, and a dot on each, so that slivers are seen from afar."""
    shapes = np.asarray(group.geometry.values, object)
    large = shapely.get_dimensions(shapes) > 0
    dots = shapely.point_on_surface(shapes[large])
    about = np.array(_about(group), object)
    style = {"weight": 2.0, "fillOpacity": 0.7, "color": color}
    everything, texts = np.concatenate([shapes, dots]), [*about, *about[large]]
    return Layer(f"{kind} ({len(group):,})", everything, texts, [color] * len(everything), style)


def _chosen(faults: gpd.GeoDataFrame, show: Collection[str] | None) -> gpd.GeoDataFrame:
    if not isinstance(faults, gpd.GeoDataFrame) or any(column not in faults.columns for column in COLUMNS):
        message = "faults is no table of faults; pass what check_areas or check_accounts found"
        raise DataError(message)
    kinds = faults["fault"].unique().tolist()
    if show is None:
        return faults[~faults["fault"].isin(QUIET)]
    unknown = [show] if isinstance(show, str) else [kind for kind in show if kind not in kinds]
    if unknown:
        message = f"show names {listing(unknown)}; pass a list of any of {', '.join(map(repr, kinds)) or 'no fault'}"
        raise DataError(message)
    return faults[faults["fault"].isin(list(show))]


def _ground(areas: gpd.GeoDataFrame | None, faults: gpd.GeoDataFrame) -> Objects:
    """The polygons that can be drawn, in the coordinates of the faults."""
    if areas is None:
        return np.empty(0, object)
    require_frame(areas, "areas")
    moved = areas if areas.crs is None or faults.crs is None else areas.to_crs(faults.crs)
    shapes = np.asarray(moved.geometry.values, object)
    return np.asarray(shapes[_drawn(shapes)], object)


def _units_of(areas: gpd.GeoDataFrame | None) -> list[Any]:
    return [] if areas is None else areas.index[_drawn(np.asarray(areas.geometry.values, object))].tolist()


def _drawn(shapes: Objects) -> Any:  # noqa: ANN401 - a boolean array
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    there[there] = np.isfinite(shapely.bounds(shapes[there])).all(axis=1)
    return there


def _mark(axes: Any, kind: str, shapes: Objects, k: int) -> None:  # noqa: ANN401 - matplotlib axes
    """One kind of fault: its shapes, and a mark on each so that small ones are seen."""
    shapes = shapes[_drawn(shapes)]
    if not len(shapes):
        return
    color = _COLORS[k % len(_COLORS)]
    dimension = shapely.get_dimensions(shapes)
    drawing.fill(axes, shapes[dimension == 2], [color] * int((dimension == 2).sum()))  # noqa: PLR2004 - areas
    lines = shapely.get_parts(shapes[dimension == 1])
    drawing.segments(axes, [shapely.get_coordinates(line) for line in lines], colors=color, linewidths=1.4, zorder=4)
    spots = shapely.get_coordinates(shapely.centroid(shapes))
    size = float(np.clip(900 / np.sqrt(len(spots)), 4, 40))
    marker = _MARKERS[(k // len(_COLORS) + k) % len(_MARKERS)]
    axes.scatter(
        *spots.T, s=size, color=color, marker=marker, linewidths=0.3, edgecolors="white", alpha=0.85, zorder=5,
        label=f"{kind.replace('_', ' ')} ({len(spots):,})",
    )  # fmt: skip


def _texts(axes: Any, faults: gpd.GeoDataFrame, placeless: gpd.GeoDataFrame, title: str | None) -> None:  # noqa: ANN401
    if title is None:
        errors = int((faults["severity"] == "error").sum())
        title = f"{_count(len(faults), 'fault')}: {_count(errors, 'error')}, {_count(len(faults) - errors, 'warning')}"
    axes.set_title(drawable([title], longest=120)[0], fontfamily=families(), parse_math=False, fontsize=13, pad=10)
    if len(placeless):
        counts = placeless["fault"].value_counts()
        text = ", ".join(f"{str(kind).replace('_', ' ')} ({n:,})" for kind, n in counts.items())
        axes.text(
            0, -0.02, f"Without a place: {text}", transform=axes.transAxes, fontsize=9, va="top", color=drawing.INK
        )


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _about(group: gpd.GeoDataFrame) -> list[str]:
    """What hovering over each fault shows."""
    return [
        f"<b>{escaped(row.fault.replace('_', ' '))}</b> {escaped(listing(row.units))}"
        f"<br>{escaped(row.what)}<br><i>{escaped(row.remedy)}</i>"
        for row in group.itertuples()
    ]
