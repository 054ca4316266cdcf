"""Real tours of territories: what they serve, what they take, and the estimate beside them."""

import sys

import numpy as np
import pytest

import territorykit as tk
from territorykit.criteria.workload import driving_hours, working_hours
from territorykit.evaluate.routes import _due

pytest.importorskip("pyvrp")


def town(n=30, *, visits=12.0, k=2, seed=0, **more):
    """Customers at random in a square of 40 km, and a plan that cuts it in stripes."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 40_000, (n, 2))
    values = np.broadcast_to(np.asarray(visits, float), n)
    graph = tk.UnitGraph([f"c{i}" for i in range(n)], xy, np.empty((0, 2)), [tk.Activity("visits", values)])
    travel = tk.travel(graph, tk.StraightLine(circuity=1.0, kmh=60), bases=more.pop("bases", None))
    problem = tk.Problem(graph, k, travel=travel, **more)
    return tk.Plan(problem, np.argsort(np.argsort(xy[:, 0])) * k // n)


WORK = tk.Workload("visits", 40)


def test_every_place_that_is_due_is_visited_once_and_no_day_is_too_long():
    plan = town()
    found = tk.routes(plan, WORK, seconds=0.5)
    served = [unit for item in found.territories for tour in item.tours for unit in tour.units]
    assert sorted(served) == list(range(30))
    for t, item in enumerate(found.territories):
        assert {plan.labels[u] for tour in item.tours for u in tour.units} == {t}
        for tour in item.tours:
            assert tour.hours <= 8 + 1e-2
            way = [item.start, *tour.units, item.start]
            assert tour.minutes == pytest.approx(plan.problem.travel.minutes_between(way[:-1], way[1:]).sum())
            assert tour.hours * 60 == pytest.approx(tour.minutes + 40 * len(tour.units))


def test_a_small_case_is_solved_to_the_end():
    """Four customers on a line through the center: one day there and back, 40 km each way."""
    xy = [[0, 0], [-20_000, 0], [20_000, 0], [10_000, 0]]
    graph = tk.UnitGraph(list("cabd"), xy, np.empty((0, 2)), [tk.Activity("visits", [12.0] * 4)])
    travel = tk.travel(graph, tk.StraightLine(circuity=1.0, kmh=60))
    plan = tk.Plan(tk.Problem(graph, 1, travel=travel), [0] * 4, centers=[0])
    (item,) = tk.routes(plan, tk.Workload("visits", 30), seconds=0.3).territories
    (tour,) = item.tours
    assert tour.minutes == pytest.approx(80)
    assert tour.metres == pytest.approx(80_000)
    assert (item.driving, item.kilometres, item.days) == pytest.approx((16, 960, 12))
    assert item.hours == pytest.approx(16 + 24)


def test_figures_of_a_year_stand_in_the_table_beside_the_estimate():
    plan = town()
    work = tk.Workload("visits", 40, tk.minutes_between_stops(plan.problem.graph, plan.problem.travel, "visits"))
    found = tk.routes(plan, work, seconds=0.5)
    table = found.to_frame()
    np.testing.assert_allclose(table["estimated_hours"], working_hours(plan, work))
    np.testing.assert_allclose(table["estimated_driving"], driving_hours(plan, work))
    np.testing.assert_allclose(table["hours"], table["driving_hours"] + 15 * 12 * 40 / 60)
    assert table["error"].abs().max() < 0.15
    assert (table["days_over"] == 0).all()
    assert table.index.tolist() == ["1", "2"]
    assert repr(found).startswith("Routes(2 territories, ")


def test_days_beyond_the_year_are_counted():
    short = tk.Workload("visits", 40, days_per_year=10)
    (item,) = tk.routes(town(k=1), short, seconds=0.3).territories
    assert item.days_over == item.days - 10 > 0


def test_units_with_fewer_visits_are_due_in_so_many_waves_evenly():
    visits = np.where(np.arange(400) % 2, 3.0, 12.0)
    plan = town(400, visits=visits, k=4)
    due, waves = _due(plan, WORK, None)
    assert waves == 12
    assert due[visits == 12].all()
    share = np.bincount(plan.labels, visits / 12)
    np.testing.assert_allclose(np.bincount(plan.labels, due), share, atol=1)
    xy = plan.problem.graph.xy
    quarter = (xy[:, 1] > 20_000) & (plan.labels == 0)
    assert due[quarter].sum() == pytest.approx((visits[quarter] / 12).sum(), abs=4)


def test_days_begin_at_bases_where_there_are_some():
    plan = town(bases=[[0, 0], [40_000, 40_000]])
    work = tk.Workload("visits", 40, to="base")
    found = tk.routes(plan, work, seconds=0.3)
    for t, item in enumerate(found.territories):
        assert item.start is None
        for tour in item.tours:
            there = plan.problem.travel.minutes_from_bases(t, [tour.units[0], tour.units[-1]]).sum()
            between = plan.problem.travel.minutes_between(tour.units[:-1], tour.units[1:]).sum()
            assert tour.minutes == pytest.approx(there + between)


def test_what_no_day_can_serve_is_said():
    minutes = np.array([[0, 300, 20], [300, 0, 300], [20, np.inf, 0]], float)
    graph = tk.UnitGraph(list("abc"), [[0, 0], [9, 9], [1, 0]], [], [tk.Activity("visits", [1, 1, 1])])
    plan = tk.Plan(tk.Problem(graph, 1, travel=tk.Travel.from_dense(minutes)), [0, 0, 0], centers=[0])
    (item,) = tk.routes(plan, WORK, seconds=0.2).territories
    assert item.unreached == (1,)
    assert sorted(u for tour in item.tours for u in tour.units) == [0, 2]
    assert np.isnan(item.kilometres)


def test_territories_are_chosen_by_name_or_position():
    plan = town(territory_names=["west", "east"])
    for chosen in ("east", ["east"], [1]):
        found = tk.routes(plan, WORK, territories=chosen, seconds=0.2)
        assert [item.territory for item in found.territories] == ["east"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"territories": ["north"]}, tk.RequirementError, "'north' is no territory; the names are '1', '2'"),
        ({"seconds": 0}, tk.RequirementError, "seconds is 0"),
        ({"waves_per_year": 6}, tk.DataError, "30 units have more visits than the 6 waves a year: 'c0'"),
        ({"workload": tk.Workload("visits", 40, to="base")}, tk.RequirementError, "needs travel from bases"),
        ({"workload": tk.Workload("calls", 40)}, tk.DataError, "calls"),
    ],
)
def test_arguments_that_are_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        tk.routes(town(), **({"workload": WORK, "seconds": 0.2} | arguments))


def test_routes_need_travel_and_pyvrp(monkeypatch):
    graph = tk.UnitGraph(["a"], [[0, 0]], [], [tk.Activity("visits", [1])])
    with pytest.raises(tk.RequirementError, match="routes need travel"):
        tk.routes(tk.Plan(tk.Problem(graph, 1), [0]), WORK)
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    with pytest.raises(tk.BackendError, match=r'pip install "territorykit\[routes\]"'):
        tk.routes(town(), WORK)


def test_a_picture_shows_every_day():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    found = tk.routes(town(), WORK, seconds=0.3)
    ax = tk.plot_routes(found)
    assert len(ax.lines) == sum(len(item.tours) for item in found.territories)
    assert ax.get_title() == f"{len(ax.lines)} days on the road in 2 territories: one wave of visits"
    assert tk.plot_routes(found, title="$x_<b>", ax=ax).get_title() == "$x_<b>"
    nothing = tk.Workload("visits", 700)
    with pytest.raises(tk.DataError, match="there are no tours to draw"):
        tk.plot_routes(tk.routes(town(), nothing, seconds=0.2))
