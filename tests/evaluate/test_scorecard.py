import math
import pickle
import re
import time

import numpy as np
import pytest
import shapely
from hypothesis import given
from samples import grid_areas, grid_edges, grid_plan, plans, squares

import territorykit as tk
from territorykit.criteria.objective import objective
from territorykit.evaluate.tables import figure, html_table, text_table

COLUMNS = [0, 1, 2, 0, 1, 2]
NASTY = "<script>alert(1)</script>"


def test_columns_of_a_grid_by_hand():
    plan = grid_plan(COLUMNS, names=["west", "mid", "east"], requirements=[tk.Balance("calls", 0.3)])
    card = tk.evaluate(plan, grid_areas())
    expected = {
        "calls size": (21, [5, 7, 9]),
        "calls deviation": (2 / 7, [-2 / 7, 0, 2 / 7]),
        "calls range": (4, None),
        "calls variation": (math.sqrt(8 / 3) / 7, None),
        "revenue size": (600, [200, 200, 200]),
        "Polsby-Popper": (4 * math.pi * 2 / 36, [4 * math.pi * 2 / 36] * 3),
        "Reock": (2 / (math.pi * 1.25), [2 / (math.pi * 1.25)] * 3),
        "border length": (4000, [2000, 4000, 2000]),
        "cut edges": (4, None),
        "connected pieces": (3, [1, 1, 1]),
        "largest distance to center": (1000, [1000, 1000, 1000]),
        # the upper unit of each column weighs more and stands for it; the lower ones hold 1, 2 and 3 of 21
        "mean distance to center": (6000 / 21, [1000 / 5, 2000 / 7, 3000 / 9]),
    }
    for name, (value, each) in expected.items():
        assert card[name].value == pytest.approx(value), name
        assert (card[name].per_territory is None) == (each is None), name
        assert each is None or card[name].per_territory == pytest.approx(each), name
    assert card["objective"].value == objective(plan) == 6e6
    assert card["moment of inertia"].unit_of_measure == "calls/year·m²"


def test_every_score_has_a_unit_and_a_way():
    for score in tk.evaluate(grid_plan(COLUMNS), grid_areas()):
        assert score.unit_of_measure
        assert score.better in ("lower", "higher", "none")
        assert score.per_territory is None or not score.per_territory.flags.writeable


def test_an_activity_without_a_unit_counts_in_itself():
    card = tk.evaluate(grid_plan(COLUMNS, activities=[tk.Activity("households", np.ones(6))]))
    assert card["households size"].unit_of_measure == "households"


def test_only_what_the_data_allow():
    plan = grid_plan(COLUMNS, border_lengths=None, area=None, perimeter=None, activities=[])
    assert [score.name for score in tk.evaluate(plan)] == [
        "objective", "moment of inertia", "mean distance to center", "largest distance to center", "cut edges",
        "connected pieces",
    ]  # fmt: skip


def test_a_sum_shows_each_term_in_its_own_unit():
    plan = grid_plan(COLUMNS)
    terms = [tk.Compactness("calls", 1), tk.BorderLength(weight=2), tk.Diameter(weight=0.5)]
    card = tk.evaluate(tk.Plan(plan.problem.replace(objective=terms), plan.labels))
    assert [(s.name, s.value, s.unit_of_measure) for s in card if s.name.startswith("objective")] == [
        ("objective", 6000 + 2 * 4000 + 0.5 * 1000, "weighted sum"),
        ("objective: Compactness('calls')", 6000, "calls/year·m"),
        ("objective: BorderLength()", 4000, "m"),
        ("objective: Diameter()", 1000, "m"),
    ]
    assert re.search(r"objective +14,500  weighted sum", repr(card))


def test_what_cannot_be_reached_is_shown_as_infinite():
    nowhere = tk.Travel(np.zeros(7, int), [], [])
    plan = grid_plan(COLUMNS)
    problem = plan.problem.replace(objective=tk.Compactness(distance="travel"), travel=nowhere)
    card = tk.evaluate(tk.Plan(problem, plan.labels))
    assert card["objective"].value == math.inf
    assert re.search(r"objective +inf  min²", repr(card))


def test_a_weight_of_zero_everywhere_leaves_plain_means():
    nothing = [tk.Activity("calls", np.zeros(6))]
    assert tk.evaluate(grid_plan(COLUMNS, activities=nothing))["mean distance to center"].value == 500


def test_frames():
    plan = grid_plan(COLUMNS, names=["west", "mid", "east"])
    overall = tk.evaluate(plan).to_frame()
    assert overall.loc["calls size"].tolist() == [21, "calls/year", "none"]
    each = tk.evaluate(plan).to_frame(per_territory=True)
    assert each["calls size [calls/year]"].to_dict() == {"west": 5, "mid": 7, "east": 9}
    assert list(each.columns)[:2] == ["calls size [calls/year]", "calls deviation [fraction]"]


def test_areas_are_matched_by_id_and_brought_to_the_graphs_coordinates():
    card = tk.evaluate(grid_plan(COLUMNS), grid_areas())
    turned = grid_areas().iloc[::-1].to_crs("EPSG:4326")
    assert tk.evaluate(grid_plan(COLUMNS), turned)["Reock"].value == pytest.approx(card["Reock"].value, rel=1e-6)


def test_areas_that_do_not_fit_are_named():
    plan, areas = grid_plan(COLUMNS), grid_areas()
    with pytest.raises(tk.DataError, match=r"1 units of the plan have no row: 'u3'"):
        tk.evaluate(plan, areas.drop("u3"))
    with pytest.raises(
        tk.DataError, match=r"(?s)6 units .*'u0'.*6 rows are no unit of the plan: 0, 1, 2, 3, 4 and 1 more"
    ):
        tk.evaluate(plan, areas.reset_index(drop=True))
    with pytest.raises(tk.DataError, match="1 ids name several rows: 'u1'"):
        tk.evaluate(plan, areas.iloc[[0, 1, 1, 2, 3, 4, 5]])
    with pytest.raises(tk.DataError, match="areas is a list; pass a GeoDataFrame"):
        tk.evaluate(plan, [1, 2])
    with pytest.raises(tk.DataError, match=r"in degrees \(WGS 84\) and the graph names no coordinate system"):
        tk.evaluate(grid_plan(COLUMNS, crs=""), areas.to_crs(4326))
    with pytest.raises(tk.DataError, match="coordinate system 'somewhere'"):
        tk.evaluate(grid_plan(COLUMNS, crs="somewhere"), areas)


def test_unknown_score_names_the_known_ones():
    with pytest.raises(tk.DataError, match="no score 'size'; there are 'calls size'"):
        tk.evaluate(grid_plan(COLUMNS))["size"]


def test_text_is_aligned_whatever_the_script():
    plan = grid_plan(COLUMNS, names=["华东", "e\u0301t\u00e9", "two\nlines"])
    lines = repr(tk.evaluate(plan)).splitlines()
    assert lines[1].split() == ["measure", "value", "unit", "lowest", "highest", "better"]
    assert "5 (华东)" in lines[3]
    assert len(lines) == 3 + len(tk.evaluate(plan))
    table = text_table(["a", "b"], [["华东", "x"], ["abcd", "y"]]).splitlines()
    assert table[2:] == ["华东  x", "abcd  y"]


def test_html_is_escaped():
    card = tk.evaluate(
        grid_plan(COLUMNS, names=[NASTY, "b", "c"], activities=[tk.Activity(NASTY, np.arange(6), NASTY)])
    )
    page = card._repr_html_()
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 3
    assert 'scope="row"' in html_table(["a"], [["b"]])


def test_scorecards_are_content():
    card = tk.evaluate(grid_plan(COLUMNS))
    assert pickle.loads(pickle.dumps(card)) == card
    assert tk.evaluate(grid_plan([0, 0, 1, 1, 2, 2])) != card
    assert "calls size" in card
    assert "calls" not in card


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.05, "fraction", "5.00%"), (math.nan, "m", "n/a"), (1234567.8, "m", "1,234,568"), (0.12345, "km", "0.1235"),
        (3.0, "count", "3"), (1.5e13, "m²", "1.5e+13"), (-0.5, "ratio", "-0.500"),
    ],
)  # fmt: skip
def test_figures(value, unit, text):
    assert figure(value, unit) == text


@given(plans())
def test_totals_are_kept_and_ends_are_those_of_the_territories(plan):
    card = tk.evaluate(plan)
    assert card["calls size"].value == plan.problem.graph.activity("calls").total
    assert card["calls deviation"].value == np.abs(card["calls deviation"].per_territory).max()
    assert re.search(r"connected pieces +\d", repr(card))


@pytest.mark.slow
def test_thirty_six_thousand_units_take_a_moment():
    side = 189
    y, x = np.divmod(np.arange(side * side), side)
    plan = grid_plan((y // 19 * 10 + x // 19).tolist(), side, side)
    areas = grid_areas(side, side)
    assert len(grid_edges(side, side)) == len(plan.problem.graph.edges)
    assert len(shapely.area(squares(side, side))) == 35_721
    began = time.perf_counter()
    tk.evaluate(plan, areas)
    assert time.perf_counter() - began < 3


def test_hours_with_driving_stand_in_the_scorecard_where_they_are_balanced():
    graph = tk.UnitGraph(["a", "b"], [[0, 0], [60_000, 0]], [[0, 1]], [tk.Activity("visits", [60, 60])])
    travel = tk.Travel.from_dense([[0, 60], [60, 0]])
    rule = tk.BalancedWorkload(tk.Workload("visits", 60), 0.1, hours=50)
    card = tk.evaluate(tk.Plan(tk.Problem(graph, 2, [rule], travel=travel), [0, 1]))
    assert card["working hours"].per_territory.tolist() == [60, 60]
    assert card["working hours deviation"].value == pytest.approx(0.2)
    assert card["driving hours"].value == 0
    bare = tk.evaluate(tk.Plan(tk.Problem(graph, 2, travel=travel), [0, 1]))
    assert "working hours" not in [score.name for score in bare.scores]
