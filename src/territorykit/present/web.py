"""Interactive maps with folium. Everything from the data is escaped before it gets there."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from territorykit._arrays import Floats, Objects
from territorykit.criteria.balance import relative_deviation
from territorykit.criteria.disruption import territory_names
from territorykit.errors import BackendError, DataError
from territorykit.evaluate.geometry import align
from territorykit.evaluate.tables import figure
from territorykit.model.activity import Activity
from territorykit.model.plan import Plan
from territorykit.present.colors import territory_colors
from territorykit.present.frames import is_center, outlines, shapes_of

_DECIMALS = 5  # of a degree: about a metre
_INK = "#1f2933"
LEGEND_STYLE = """<style>
.tk-legend { position: fixed; left: 10px; bottom: 60px; z-index: 1000; max-height: 55vh; max-width: 45vw;
  overflow: auto; background: #fffffff0; border-radius: 6px; box-shadow: 0 1px 5px #0005; padding: 8px 12px;
  font: 13px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #1f2933; }
.tk-legend summary { font-weight: 600; cursor: pointer; }
.tk-legend i { display: inline-block; width: 14px; height: 14px; border: 1px solid #1f293380; vertical-align: -2px;
  margin-right: 6px; }
.tk-legend .share { text-align: right; padding-left: 14px; font-variant-numeric: tabular-nums; }
</style>"""


@dataclass(frozen=True)
class Layer:
    """Shapes on the globe, with a color and a text in HTML for each."""

    name: str
    shapes: Objects
    texts: Sequence[str]
    colors: Sequence[str]
    style: dict[str, Any]


def interactive_map(plan: Plan, areas: gpd.GeoDataFrame | None, tiles: Any) -> Any:  # noqa: ANN401 - folium's
    """A folium map with a layer of territories, a layer of units, a legend and a switch for the layers."""
    folium = load_folium()
    shapes, whole = _on_globe(plan, areas)
    colors = territory_colors(plan, whole)
    page = folium.Map(tiles=tiles, control_scale=True, prefer_canvas=True)
    page.fit_bounds(page_bounds(shapes))
    if whole is not None:
        style = {"weight": 2.5, "fillOpacity": 0.6}
        add_layer(page, Layer("Territories", whole, territory_texts(plan), colors, style))
    style = {"weight": 0.6, "fillOpacity": 0.9 if whole is None else 0.0}
    add_layer(page, Layer("Units", shapes, unit_texts(plan), [colors[t] for t in plan.labels], style))
    folium.LayerControl(collapsed=False).add_to(page)
    page.get_root().title = "Territories"
    page.get_root().html.add_child(folium.Element(_legend(plan, colors)))
    return page


def load_folium() -> Any:  # noqa: ANN401 - the module
    """The module folium.

    Raises
    ------
    BackendError
        If it is not installed.
    """
    try:
        import folium  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = 'interactive maps need folium: pip install "territorykit[viz]"'
        raise BackendError(message) from error
    return folium


def escaped(text: object) -> str:
    """A text for HTML that folium builds: it reads what it is given as a template, so braces go too."""
    return html.escape(str(text)).replace("{", "&#123;").replace("}", "&#125;")


def _on_globe(plan: Plan, areas: gpd.GeoDataFrame | None) -> tuple[Objects, Objects | None]:
    """Units and territories in longitude and latitude; no territories where units are points."""
    if areas is None:
        return shapely.points(lonlat(plan)), None
    rows = align(plan, areas)
    if rows.crs is None:
        message = "areas have no coordinate system, so their place on the globe is not known; set it with set_crs"
        raise DataError(message)
    whole = gpd.GeoSeries(outlines(plan, rows), crs=rows.crs).to_crs(4326)
    shapes = shapes_of(plan, rows.to_crs(4326))
    filled = np.asarray(whole, object)
    return shapes, filled if (shapely.area(filled) > 0).all() else None


def lonlat(plan: Plan) -> Floats:
    """Longitude and latitude of the units, shape (n_units, 2), from the graph.

    Raises
    ------
    DataError
        If the graph has neither longitudes and latitudes nor a coordinate system.
    """
    graph = plan.problem.graph
    if graph.lonlat is not None:
        return graph.lonlat
    if not graph.crs:
        message = (
            "the graph has neither lonlat nor crs, so the place of its units on the globe is not known; pass areas"
        )
        raise DataError(message)
    points = gpd.GeoSeries(shapely.points(graph.xy), crs=graph.crs).to_crs(4326)
    return np.asarray(shapely.get_coordinates(np.asarray(points, object)), np.float64)


def page_bounds(shapes: Objects) -> list[list[float]]:
    """South-western and north-eastern corner, as folium wants them."""
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return [[south, west], [north, east]]


def add_layer(page: Any, layer: Layer) -> None:  # noqa: ANN401 - folium's
    """Put a layer on a map."""
    folium = load_folium()
    # Rounded coordinates make the page a third as large; rounding keeps shared corners shared.
    coarse = shapely.transform(layer.shapes, lambda xy: np.round(xy, _DECIMALS))
    features = [
        {"type": "Feature", "id": str(i), "geometry": json.loads(shape), "properties": {"about": about, "color": color}}
        for i, (shape, about, color) in enumerate(
            zip(shapely.to_geojson(coarse), layer.texts, layer.colors, strict=True)
        )
    ]
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=layer.name,
        style_function=lambda feature: {"color": _INK, "fillColor": feature["properties"]["color"]} | layer.style,
        highlight_function=lambda _: {"weight": 3, "fillOpacity": 0.75},
        tooltip=folium.GeoJsonTooltip(["about"], labels=False, sticky=True),
        marker=folium.CircleMarker(radius=5, fill=True),
    ).add_to(page)


def territory_texts(plan: Plan) -> list[str]:
    """What hovering over each territory shows, as HTML in which the data are escaped."""
    counts = np.bincount(plan.labels, minlength=plan.problem.n_territories)
    texts = [
        f"<b>{escaped(name)}</b><br>{count:,} units" for name, count in zip(plan.problem.names, counts, strict=True)
    ]
    for activity in plan.problem.graph.activities:
        sizes, shares = plan.sizes(activity.name), relative_deviation(plan, activity.name)
        for t, (size, share) in enumerate(zip(sizes, shares, strict=True)):
            texts[t] += f"<br>{_measure(activity, size)} ({share:+.1%})"
    return texts


def unit_texts(plan: Plan) -> list[str]:
    """What hovering over each unit shows, as HTML in which the data are escaped."""
    graph = plan.problem.graph
    names = (
        graph.ids
        if graph.names is None
        else [f"{name} ({unit})" for name, unit in zip(graph.names, graph.ids, strict=True)]
    )
    center = np.where(is_center(plan), ", its center", "")
    texts = [
        f"<b>{escaped(name)}</b><br>territory {escaped(territory)}{mark}"
        for name, territory, mark in zip(names, territory_names(plan), center, strict=True)
    ]
    for activity in graph.activities:
        texts = [f"{text}<br>{_measure(activity, value)}" for text, value in zip(texts, activity.values, strict=True)]
    return texts


def _measure(activity: Activity, value: float) -> str:
    unit = activity.unit_of_measure
    return escaped(f"{activity.name}: {figure(float(value), unit)} {unit}".rstrip())


def _legend(plan: Plan, colors: Sequence[str]) -> str:
    first = plan.problem.graph.activities[:1]
    shares = [f"{share:+.1%}" for share in relative_deviation(plan, first[0].name)] if first else [""] * len(colors)
    head = f"Territories{f', {escaped(first[0].name)} off target' if first else ''}"
    rows = "".join(
        f'<tr><td><i style="background:{color}"></i></td><td>{escaped(name)}</td><td class="share">{share}</td></tr>'
        for name, color, share in zip(plan.problem.names, colors, shares, strict=True)
    )
    table = f"<table><tbody>{rows}</tbody></table>"
    return f'{LEGEND_STYLE}<details class="tk-legend" open><summary>{head}</summary>{table}</details>'
