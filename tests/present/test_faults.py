"""Maps of data faults."""

import geopandas as gpd
import pytest
import shapely

import territorykit as tk

pytest.importorskip("matplotlib").use("Agg")

EVIL = "<script>alert(1)</script>{{7*7}}"


def dirty():
    shapes = [shapely.box(9, 48, 10, 49), shapely.box(9.9, 48, 11, 49), shapely.box(13, 48, 14, 49), None]
    return gpd.GeoDataFrame(index=[EVIL, "b", "c", "d"], geometry=shapes, crs="EPSG:4326")


def test_a_map_of_faults_counts_each_kind():
    areas = dirty()
    ax = tk.plot_faults(tk.check_areas(areas), areas)
    assert ax.get_title() == "3 faults: 3 errors, 0 warnings"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["overlap (1)", "island (1)"]
    assert [text.get_text() for text in ax.texts] == ["Without a place: missing geometry (1)"]
    ax.figure.canvas.draw()


def test_kinds_can_be_chosen_and_unknown_ones_are_refused():
    faults = tk.check_areas(dirty())
    ax = tk.plot_faults(faults, show=["island"], title="Islands")
    assert ax.get_title() == "Islands"
    assert len(ax.get_legend().get_texts()) == 1
    with pytest.raises(tk.DataError, match="show names 'flood'"):
        tk.plot_faults(faults, show=["flood"])
    with pytest.raises(tk.DataError, match="no table of faults"):
        tk.plot_faults(dirty())
    with pytest.raises(tk.DataError, match="nothing to draw"):
        tk.plot_faults(faults, show=["missing_geometry"])


def test_an_interactive_map_shows_texts_as_texts():
    pytest.importorskip("folium")
    areas = dirty()
    html = tk.explore_faults(tk.check_areas(areas), areas).get_root().render()
    assert "<script>alert(1)" not in html
    assert "{{7*7}}" not in html
    assert "49" not in html.partition("alert(1)")[2][:20]
    assert "overlap (1)" in html
    with pytest.raises(tk.DataError, match="no coordinate system"):
        tk.explore_faults(tk.check_areas(areas.set_crs(None, allow_override=True)))
