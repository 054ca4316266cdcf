import html
import json
import logging
import re
import sys
import time
import warnings

import folium
import geopandas as gpd
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from samples import grid_areas, grid_plan, plans, squares

import territorykit as tk
from territorykit.load.cleaning import merged
from territorykit.present import colors, fonts, frames, maps
from territorykit.present.web import territory_texts, unit_texts

COLUMNS = [0, 1, 2, 0, 1, 2]
NAMES = ["west", "mid", "east"]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def axes():
    return Figure().add_subplot()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_neighbors_never_share_a_color_even_at_corners():
    side = 12
    labels = np.arange(side * side).tolist()
    plan = grid_plan(labels, side, side)
    shapes = frames.outlines(plan, grid_areas(side, side))
    chosen = colors.territory_colors(plan, shapes)
    pairs = colors.neighbors(plan, shapes)
    assert len(pairs) == 2 * side * (side - 1) + 2 * (side - 1) ** 2  # eight neighbors each
    assert all(chosen[a] != chosen[b] for a, b in pairs)
    assert len(set(chosen)) == len(colors.PALETTE)
    assert chosen == colors.territory_colors(plan, shapes)


def test_more_neighbors_than_hand_picked_colors():
    n = 15
    plan = grid_plan(list(range(n)), 1, n, edges=list(nx.complete_graph(n).edges), border_lengths=None)
    assert len(set(colors.territory_colors(plan))) == n


@given(plans(most=4))
def test_edges_between_territories_make_neighbors(plan):
    a, b = plan.labels[plan.problem.graph.edges].T
    expected = {(min(s, t), max(s, t)) for s, t in zip(a.tolist(), b.tolist(), strict=True) if s != t}
    assert set(map(tuple, colors.neighbors(plan).tolist())) == expected


def test_generated_colors_differ():
    many = colors.palette(200)
    assert len(set(many)) == 200
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in many)


@given(plans())
def test_dissolved_territories_keep_the_area(plan):
    whole = frames.outlines(plan, grid_areas(3, 4))
    assert shapely.area(whole).tolist() == (np.bincount(plan.labels) * 1e6).tolist()
    assert shapely.union_all(whole).area == 12e6


def test_areas_that_do_not_fit_together_are_dissolved_too():
    shapes = squares(1, 3)
    overlapping = np.array([shapes[0], shapely.buffer(shapes[1], 10, join_style="mitre"), shapes[2]], object)
    assert merged(overlapping).area == pytest.approx(3e6 + 2 * 10 * 1020)
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert merged(np.array([bow, shapes[2]], object)).area == pytest.approx(1e6 + 0.5)
    assert merged(shapely.points([[0, 0], [1, 1]])).geom_type == "MultiPoint"


def test_a_map_shows_territories_with_names():
    plan = grid_plan(COLUMNS, names=NAMES, centers=[0, 1, 2])
    ax = tk.plot_plan(plan, grid_areas().to_crs(4326), title="Three columns", ax=axes())
    assert texts(ax) == NAMES
    assert ax.get_title() == "Three columns"
    assert ax.get_aspect() == 1
    filled = next(c for c in ax.collections if isinstance(c, PathCollection))
    assert len(filled.get_paths()) == len({tuple(color) for color in filled.get_facecolor()}) == 3
    # drawn in the graph's coordinates
    assert ax.get_xlim() == pytest.approx((-90, 3090), abs=1)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["center of a territory"]


def test_names_lie_in_their_territory():
    plan = grid_plan([0, 0, 0, 1, 0, 0], names=["corner", "one"])
    ax = tk.plot_plan(plan, grid_areas(), ax=axes())
    shapes = frames.outlines(plan, grid_areas())
    assert all(shapes[t].contains(shapely.Point(text.get_position())) for t, text in enumerate(ax.texts))


def test_deviation_colors_and_band():
    plan = grid_plan(COLUMNS, names=NAMES, requirements=[tk.Balance("calls", 0.1)])
    ax = tk.plot_plan(plan, grid_areas(), value="calls", ax=axes())
    assert texts(ax) == ["west\n-28.6%", "mid\n+0.0%", "east\n+28.6%"]
    low, zero, high = next(c for c in ax.collections if isinstance(c, PathCollection)).get_facecolor()
    assert low[0] > low[2]
    assert high[2] > high[1]
    assert np.ptp(zero[:3]) < 0.03
    assert "calls: deviation from target" in [a.get_ylabel() for a in ax.figure.axes]


def test_only_what_is_asked_for():
    plan = grid_plan(COLUMNS, centers=[0, 1, 2])
    ax = tk.plot_plan(plan, grid_areas(), show=[], ax=axes())
    assert (texts(ax), ax.get_legend(), ax.lines[:]) == ([], None, [])
    assert len(ax.collections) == 2  # territories and their borders


def test_bridges_are_dashed():
    plan = grid_plan(COLUMNS, bridges=[[0, 1]])
    for areas in (grid_areas(), None):
        ax = tk.plot_plan(plan, areas, show=["bridges", "legend"], ax=axes())
        assert ax.get_legend().get_texts()[0].get_text() == "bridge between islands"
        assert any(c.get_linestyle()[0][1] is not None for c in ax.collections if not isinstance(c, PathCollection))


def test_without_areas_units_are_points_of_their_size():
    ax = tk.plot_plan(grid_plan(COLUMNS, names=NAMES), ax=axes())
    sizes = ax.collections[-1].get_sizes()
    assert np.diff(sizes) == pytest.approx(np.diff(sizes)[0])
    assert len(ax.collections[0].get_segments()) == 3  # edges inside the columns
    assert texts(ax) == NAMES


def test_point_areas_are_drawn_as_points():
    points = grid_areas().set_geometry(grid_areas().centroid)
    assert len(tk.plot_plan(grid_plan(COLUMNS), points, ax=axes()).collections[-1].get_offsets()) == 6


def test_degrees_are_stretched():
    boxes = [shapely.box(i % 3, 59 + i // 3, i % 3 + 1, 60 + i // 3) for i in range(6)]
    areas = grid_areas(crs=4326).set_geometry(boxes, crs=4326)
    ax = tk.plot_plan(grid_plan(COLUMNS, crs=""), areas, ax=axes())
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(60)), rel=0.01)


def test_new_axes_without_ax():
    before = len(plt.get_fignums())
    tk.plot_plan(grid_plan(COLUMNS), grid_areas())
    assert len(plt.get_fignums()) == before + 1


def test_names_in_any_script_draw_without_noise(caplog, hostile):
    names = ["华东 $x_$", "$\\frac$", *hostile[:1]]
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", tk.TerritoryKitWarning)  # a machine without such fonts says so once
        ax = tk.plot_plan(grid_plan(COLUMNS, names=names), grid_areas(), ax=axes(), title="$\\nonsense")
        ax.figure.canvas.draw()
    assert not caplog.records
    assert texts(ax)[1] == "$\\frac$"


def test_characters_without_a_glyph_become_boxes_with_one_warning(monkeypatch):
    monkeypatch.setattr(fonts, "FALLBACKS", ())
    with pytest.warns(tk.TerritoryKitWarning, match=r"no installed font has .* Noto Sans CJK") as caught:
        ax = tk.plot_plan(grid_plan(COLUMNS, names=["\U00013000 \u4e1c", "b", "c"]), grid_areas(), ax=axes())
    assert len(caught) == 1
    assert texts(ax)[0] == "\u25a1 \u25a1"
    ax.figure.canvas.draw()


def test_long_names_are_cut():
    assert len(fonts.drawable(["x" * 100])[0]) == 28
    assert fonts.drawable(["two\nlines"]) == ["two lines"]


def test_wrong_input():
    plan = grid_plan(COLUMNS)
    with pytest.raises(tk.DataError, match="show names 'name'; pass a list of any of 'units', 'bridges'"):
        tk.plot_plan(plan, show=["units", "name"])
    with pytest.raises(tk.DataError, match="show names 'units'"):
        tk.plot_plan(plan, show="units")
    with pytest.raises(tk.DataError, match="no activity 'visits'"):
        tk.plot_plan(plan, value="visits")
    with pytest.raises(tk.DataError, match="units of the plan have no row: 'u0'"):
        tk.plot_plan(plan, grid_areas().drop("u0"))
    areas = grid_areas()
    areas.loc["u1", "geometry"] = None
    with pytest.raises(tk.DataError, match="no geometry for 1 units: 'u1'"):
        tk.plot_plan(plan, areas)
    with pytest.raises(tk.DataError, match="no geometry for 1 units: 'u1'"):
        tk.explore(plan, areas)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("package", "draw"), [("matplotlib", tk.plot_plan), ("folium", tk.explore)])
def test_a_missing_package_is_named_with_its_extra(monkeypatch, package, draw):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(tk.BackendError, match=rf'need {package}: pip install "territorykit\[viz\]"'):
        draw(grid_plan(COLUMNS), grid_areas())


def layers(page):
    return {c.layer_name: c for c in page._children.values() if isinstance(c, folium.GeoJson)}


def test_an_interactive_map_has_two_layers_a_legend_and_a_switch():
    plan = grid_plan(COLUMNS, names=NAMES, centers=[0, 1, 2])
    page = tk.explore(plan, grid_areas(), tiles=None)
    found = layers(page)
    assert [len(found[name].data["features"]) for name in ("Territories", "Units")] == [3, 6]
    about = found["Territories"].data["features"][0]["properties"]["about"]
    assert about == "<b>west</b><br>2 units<br>calls: 5 calls/year (-28.6%)<br>revenue: 200 USD/year (+0.0%)"
    about = found["Units"].data["features"][0]["properties"]["about"]
    assert about == "<b>u0</b><br>territory west, its center<br>calls: 1 calls/year<br>revenue: 100 USD/year"
    assert any(isinstance(c, folium.LayerControl) for c in page._children.values())
    assert "tk-legend" in page.get_root().render()
    west, south, east, north = grid_areas().to_crs(4326).total_bounds
    assert page.get_bounds() == pytest.approx(np.array([[south, west], [north, east]]), abs=1e-4)


def test_without_areas_the_graph_must_know_where_it_is():
    plan = grid_plan(COLUMNS)
    assert len(layers(tk.explore(plan, tiles=None))["Units"].data["features"]) == 6
    with pytest.raises(tk.DataError, match="neither lonlat nor crs"):
        tk.explore(grid_plan(COLUMNS, crs=""))
    with pytest.raises(tk.DataError, match="no coordinate system"):
        tk.explore(plan, grid_areas(crs=None))


def test_hostile_names_stay_texts(tmp_path, hostile, browse):
    """In a browser: neither the page nor what it shows on hovering runs anything."""
    activities = [tk.Activity(hostile[1], np.arange(6), hostile[0])]
    plan = grid_plan(list(range(6)), names=hostile, ids=hostile, activities=activities)
    page = tk.explore(plan, grid_areas(ids=hostile), tiles=None)
    file = tmp_path / "map.html"
    page.save(file)
    shown = json.dumps([*territory_texts(plan), *unit_texts(plan)]).replace("<", "\\u003c")
    script = f"<div id=t></div><script>for (const x of {shown}) document.getElementById('t').innerHTML += x</script>"
    file.write_text(file.read_text("utf-8") + script, "utf-8")
    dom = browse(file)
    assert "<title>Territories</title>" in dom
    assert html.escape(hostile[0], quote=False) in dom
    assert "{{ 7 * 191 }} {% raw %} {# x #}" in dom  # folium's own templates did not read it
    assert "1337" not in dom
    assert dom.count("<svg") == 0
    assert not re.search(r"<img[^>]*onerror", dom)


@pytest.mark.slow
def test_a_real_map_of_thirty_six_thousand_units(shared_data):
    areas = gpd.read_parquet(shared_data / "ew_lsoa21" / "ew_lsoa21.parquet").set_index("lsoa21_code")
    with pytest.warns(tk.TerritoryKitWarning, match="4 bridges"):
        graph = tk.unit_graph(areas, activities={"residents_2021": "people"}, crs="EPSG:27700", islands="bridge")
    column, row = ((graph.xy - graph.xy.min(axis=0)) // 60_000).astype(int).T
    _, labels = np.unique(row * 100 + column, return_inverse=True)
    plan = tk.Plan(tk.Problem(graph, int(labels.max()) + 1), labels)
    began = time.perf_counter()
    shapes = maps.scene(plan, areas).outlines
    chosen = colors.territory_colors(plan, shapes)
    assert all(chosen[a] != chosen[b] for a, b in colors.neighbors(plan, shapes))
    ax = tk.plot_plan(plan, areas, ax=axes())
    ax.figure.canvas.draw()
    assert time.perf_counter() - began < 15
