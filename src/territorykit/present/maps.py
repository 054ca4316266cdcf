"""Maps of plans: still ones with matplotlib, interactive ones with folium."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from territorykit._arrays import Floats, Objects
from territorykit.criteria.balance import relative_deviation
from territorykit.criteria.compactness import centroids
from territorykit.criteria.contiguity import inside_edges
from territorykit.criteria.travel import center_units
from territorykit.errors import DataError, listing
from territorykit.evaluate.geometry import align, to_graph_crs
from territorykit.model.plan import Plan
from territorykit.model.requirements import Balance
from territorykit.present import drawing
from territorykit.present.colors import territory_colors
from territorykit.present.fonts import drawable, families, matplotlib
from territorykit.present.frames import outlines, shapes_of
from territorykit.present.web import interactive_map

LAYERS = ("units", "bridges", "centers", "names", "legend")
"""What `plot_plan` can draw on top of the territories."""


@dataclass(frozen=True)
class Scene:
    """What a map is drawn from: geometries in the coordinates of the map, points where there are none."""

    plan: Plan
    points: Floats
    shapes: Objects | None = None
    outlines: Objects | None = None
    aspect: float = 1.0

    @property
    def limits(self) -> tuple[list[float], list[float]]:
        """Limits of the axes."""
        return drawing.extent(self.points if self.shapes is None else self.shapes)


def plot_plan(
    plan: Plan,
    areas: gpd.GeoDataFrame | None = None,
    *,
    value: str | None = None,
    show: Collection[str] = LAYERS,
    title: str | None = None,
    ax: Any = None,  # noqa: ANN401 - matplotlib axes
) -> Any:  # noqa: ANN401 - matplotlib axes
    """Draw a plan as a map.

    Territories are filled so that no two neighbors share a color; with `value` they show how far their
    size is from its target. Without areas, units are points, as large as their first activity, joined to
    the neighbors in their territory.

    Parameters
    ----------
    plan
        The plan to draw.
    areas
        GeoDataFrame indexed by unit id, or None. It is drawn in the graph's coordinates where they are known.
    value
        Name of the activity whose deviation from the target colors the territories.
    show
        What to draw besides the territories, any of "units" (their borders), "bridges" (neighbors over
        water, dashed), "centers", "names" (of territories) and "legend".
    title
        Text above the map.
    ax
        Matplotlib axes to draw on; new ones without it.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; ``ax.figure.savefig(...)`` writes a file.

    Raises
    ------
    DataError
        If ids do not match, the activity is unknown or `show` names something else.
    BackendError
        If matplotlib is not installed.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> ax = tk.plot_plan(tk.Plan(tk.Problem(graph, 2), [0, 0, 1]), title="Two territories")
    >>> ax.get_title()
    'Two territories'
    """
    matplotlib()
    _check(plan, value, show)
    view = scene(plan, areas)
    axes = drawing.figure_axes(*view.limits) if ax is None else ax
    draw(axes, view, value=value, show=show)
    if title is not None:
        axes.set_title(drawable([title], longest=120)[0], fontfamily=families(), parse_math=False, fontsize=13, pad=10)
    return axes


def explore(plan: Plan, areas: gpd.GeoDataFrame | None = None, *, tiles: Any = "OpenStreetMap") -> Any:  # noqa: ANN401
    """An interactive map of a plan: territories and units in layers of their own, with figures on hovering.

    The page that it saves loads the map's script and its background from the internet when it is opened.
    All texts of the data are shown as texts, whatever they contain.

    Parameters
    ----------
    plan
        The plan to show.
    areas
        GeoDataFrame indexed by unit id with a coordinate system. Without it, units are points at the
        graph's longitudes and latitudes.
    tiles
        Background, as folium takes it: a name such as "OpenTopoMap", a layer of folium's, or None.

    Returns
    -------
    folium.Map
        The map; notebooks show it, ``.save("map.html")`` writes it.

    Raises
    ------
    DataError
        If ids do not match, or the places of the units on the globe are not known.
    BackendError
        If folium is not installed.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [90_000, 0]], [[0, 1]], lonlat=[[8, 50], [9.25, 50]])
    >>> page = tk.explore(tk.Plan(tk.Problem(graph, 1), [0, 0]))
    >>> "leaflet" in page.get_root().render()
    True
    """
    return interactive_map(plan, areas, tiles)


def draw(axes: Any, view: Scene, *, value: str | None = None, show: Collection[str] = LAYERS) -> None:  # noqa: ANN401
    """Draw a scene on matplotlib axes; `value` and `show` as for `plot_plan`."""
    _check(view.plan, value, show)
    axes.set(xlim=view.limits[0], ylim=view.limits[1], aspect=view.aspect)
    axes.set_axis_off()
    plan = view.plan
    colors = territory_colors(plan, view.outlines) if value is None else _deviation_colors(axes, plan, value, show)
    (_points if view.outlines is None else _polygons)(axes, view, colors, show)
    _marks(axes, view, show)
    if "names" in show:
        _names(axes, view, value, show)


def _check(plan: Plan, value: str | None, show: Collection[str]) -> None:
    if value is not None:
        plan.problem.graph.activity(value)
    unknown = [show] if isinstance(show, str) else [layer for layer in show if layer not in LAYERS]
    if unknown:
        message = f"show names {listing(unknown)}; pass a list of any of {listing(LAYERS)}"
        raise DataError(message)


def scene(plan: Plan, areas: gpd.GeoDataFrame | None) -> Scene:
    """What a map of a plan is drawn from.

    Raises
    ------
    DataError
        If ids do not match or geometries are missing.
    """
    if areas is None:
        return Scene(plan, plan.problem.graph.xy)
    rows = align(plan, areas)
    whole = gpd.GeoSeries(outlines(plan, rows), crs=rows.crs).to_frame("geometry")
    rows, whole = (to_graph_crs(plan.problem.graph, frame) for frame in (rows, whole))
    shapes = shapes_of(plan, rows)
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    if not (shapely.area(np.asarray(whole.geometry, object)) > 0).all():
        return Scene(plan, points)  # points or lines: there is nothing to fill
    aspect = 1.0
    if rows.crs is not None and rows.crs.is_geographic:
        # A degree of longitude is shorter than one of latitude; stretched, the map looks as it is.
        aspect = 1 / max(np.cos(np.radians(points[:, 1].mean())), 0.05)
    return Scene(plan, points, shapes, np.asarray(whole.geometry, object), aspect)


def _polygons(axes: Any, view: Scene, colors: Sequence[Any], show: Collection[str]) -> None:  # noqa: ANN401
    assert view.outlines is not None  # noqa: S101 - the caller has looked
    assert view.shapes is not None  # noqa: S101
    drawing.fill(axes, view.outlines, colors)
    if "units" in show:
        width = float(np.clip(30 / np.sqrt(len(view.shapes)), 0.08, 0.6))
        drawing.borders(axes, view.shapes, colors="#ffffff", linewidths=width, alpha=max(width, 0.4), zorder=2)
    drawing.borders(axes, view.outlines, colors=drawing.INK, linewidths=1.1, zorder=3)


def _points(axes: Any, view: Scene, colors: Sequence[Any], show: Collection[str]) -> None:  # noqa: ANN401
    graph, labels = view.plan.problem.graph, view.plan.labels
    shades = [drawing.darker(color) for color in colors]
    owner = np.array(shades)[labels]
    if "units" in show:
        inside = graph.edges[inside_edges(view.plan)]
        drawing.segments(axes, view.points[inside], colors=owner[inside[:, 0]], linewidths=0.8, zorder=1)
    area = float(np.clip(12_000 / graph.n_units, 2.0, 120.0))
    weights = graph.activities[0].values if graph.activities else np.ones(graph.n_units)
    share = weights / weights.max() if weights.max() > 0 else np.ones(graph.n_units)
    edge = 0.3 if graph.n_units < 2000 else 0.0  # noqa: PLR2004 - smaller dots would be nothing but edge
    axes.scatter(
        *view.points.T, s=area * (0.15 + 2.0 * share), c=owner, edgecolors=drawing.INK, linewidths=edge, zorder=2
    )


def _marks(axes: Any, view: Scene, show: Collection[str]) -> None:  # noqa: ANN401 - matplotlib axes
    """Bridges and centers, and what they mean."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - an extra

    keys = []
    bridges = view.plan.problem.graph.bridges
    if "bridges" in show and bridges is not None and len(bridges):
        dashed: dict[str, Any] = {"color": drawing.INK, "linestyle": (0, (3, 2)), "linewidth": 1.0}
        drawing.segments(axes, view.points[bridges], zorder=4, **dashed)
        keys.append(Line2D([], [], label="bridge between islands", **dashed))
    if "centers" in show and view.plan.centers is not None:
        dot: dict[str, Any] = {
            "color": drawing.INK,
            "marker": "o",
            "linestyle": "none",
            "markeredgecolor": drawing.HALO,
        }
        size = float(np.clip(40 / np.sqrt(view.plan.problem.n_territories), 3, 6))
        axes.plot(*view.points[view.plan.centers].T, markersize=size, zorder=5, **dot)
        keys.append(Line2D([], [], label="center of a territory", markersize=6, **dot))
    if "legend" in show and keys:
        axes.legend(handles=keys, loc="lower left", fontsize=8, frameon=False)


def _names(axes: Any, view: Scene, value: str | None, show: Collection[str]) -> None:  # noqa: ANN401
    plan = view.plan
    if view.outlines is None:
        x, y = axes.get_xlim(), axes.get_ylim()
        places = _territory_points(view)
        room = np.full(len(places), min(x[1] - x[0], y[1] - y[0]) / (2 * np.sqrt(len(places)) + 2))
    else:
        places, room = drawing.label_places(view.outlines)
    names = drawable(plan.problem.names)
    if value is not None:
        shares = relative_deviation(plan, value)
        names = [f"{name}\n{share:+.1%}" for name, share in zip(names, shares, strict=True)]
    dots = view.points[plan.centers] if "centers" in show and plan.centers is not None else None
    drawing.write_names(axes, names, places, room, dots)


def _territory_points(view: Scene) -> Floats:
    if view.points is view.plan.problem.graph.xy:
        return centroids(view.plan)
    return view.points[center_units(view.plan)]


def _deviation_colors(axes: Any, plan: Plan, activity: str, show: Collection[str]) -> list[Any]:  # noqa: ANN401
    """Orange below the target, purple above it, with the band of a `Balance` marked on the scale."""
    from matplotlib import cm, colormaps, colors, ticker  # noqa: PLC0415 - an extra

    shares = relative_deviation(plan, activity)
    bands = [r.tolerance for r in plan.problem.of_type(Balance) if r.activity == activity]
    reach = max(float(np.abs(shares).max()), *(1.25 * band for band in bands), 0.001)
    # The ends of the scheme are too dark for names on top.
    soft = colors.ListedColormap(colormaps["PuOr"](np.linspace(0.15, 0.85, 256)))
    scale = cm.ScalarMappable(colors.Normalize(-reach, reach), soft)
    if "legend" in show:
        bar = axes.figure.colorbar(scale, ax=axes, shrink=0.6, pad=0.02, format=ticker.PercentFormatter(1))
        label = drawable([f"{activity}: deviation from target"], longest=60)[0]
        bar.set_label(label, fontfamily=families(), parse_math=False)
        for band in bands:
            bar.ax.hlines([-band, band], 0, 1, colors=drawing.INK, linestyles="dashed", linewidths=1)
        bar.outline.set_visible(False)
    return [scale.to_rgba(share) for share in shares]
