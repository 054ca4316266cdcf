"""The door to travel: by straight lines, roads and tables, from units and bases."""

import numpy as np
import pandas as pd
import pytest

import territorykit as tk
from territorykit.model.objective import EARTH_RADIUS

XY = [[0.0, 0.0], [3000.0, 0.0], [3000.0, 4000.0]]
LONLAT = [[9.0, 48.0], [9.0, 48.1], [9.1, 48.1]]


def graph(**changes):
    fields = {"ids": ["a", "b", "c"], "xy": XY, "edges": [[0, 1], [1, 2]]} | changes
    return tk.UnitGraph(**fields)


def test_without_anything_else_it_is_a_straight_line_times_a_circuity_over_a_speed():
    found = tk.travel(graph(), tk.StraightLine(circuity=1.5, kmh=60))
    assert found.minutes_between(0, [1, 2]).round(9).tolist() == [4.5, 7.5]
    assert found.metres.round(6).tolist() == [4500, 7500, 4500, 6000, 7500, 6000]
    usual = tk.travel(graph())
    assert usual.minutes_between(0, 1) == pytest.approx(3 * 1.3 * 60 / 50)


def test_great_circles_where_degrees_are_known():
    found = tk.travel(graph(lonlat=LONLAT), tk.StraightLine(circuity=1, kmh=60))
    assert found.minutes_between(0, 1) == pytest.approx(np.radians(0.1) * EARTH_RADIUS / 1000, rel=1e-9)


def test_ways_longer_than_the_limit_are_not_kept():
    found = tk.travel(graph(), tk.StraightLine(circuity=1, kmh=60), within=4.0)
    assert found.within == 4
    assert np.isinf(found.minutes_between([0, 2], [2, 0])).all()
    assert found.minutes_between([0, 1, 1], [1, 2, 0]).round(9).tolist() == [3, 4, 3]


def test_bases_may_be_free():
    nan = float("nan")
    found = tk.travel(graph(), tk.StraightLine(circuity=1, kmh=60), bases=[[nan, nan], [0, 4000]])
    assert np.isinf(found.minutes_from_bases(0, [0, 1, 2])).all()
    assert found.minutes_from_bases(1, [0, 1, 2]).round(9).tolist() == [4, 5, 3]


def test_bases_in_degrees_are_brought_to_the_plane_of_the_graph():
    projected = graph(crs="EPSG:32632", xy=[[500_000, 5_316_000], [500_000, 5_327_000], [507_000, 5_327_000]])
    roads = tk.RoadNetwork([0, 1], [1, 0], [5, 5], xy=projected.xy[:2], snap=20_000)
    found = tk.travel(projected, roads, bases_lonlat=[[9.0, 48.0]])
    assert found.n_bases == 1
    assert found.minutes_from_bases(0, [0, 1]).tolist() == [0, 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"within": 0}, "within is 0"),
        ({"within": float("nan")}, "within is nan"),
        ({"workers": 0}, "workers is 0"),
        ({"resume": ValueError()}, "resume goes on with a RoutingServer"),
        ({"by": 7}, "by is a int"),
        ({"bases": [[0, float("nan")]]}, "bases has half a place in rows 0"),
        ({"bases": [[0, float("inf")]]}, "bases has infinite values"),
        ({"bases": [1, 2]}, "bases has shape"),
        ({"bases": [["x", "y"]]}, "bases: expected numbers"),
        ({"bases": [[0, 0]], "bases_lonlat": [[9, 48], [9, 49]]}, "1 bases and 2 bases_lonlat"),
        ({"bases": [[0, 0]], "base_ids": ["x", "y"]}, "2 base_ids for 1 bases"),
    ],
)
def test_arguments_that_are_wrong(arguments, message):
    with pytest.raises(tk.DataError, match=message):
        tk.travel(graph(), **arguments)


def test_a_graph_is_a_graph():
    with pytest.raises(tk.DataError, match="graph is a list"):
        tk.travel([1, 2])


PAIRS = pd.DataFrame(
    {"origin": ["a", "b", "b", "home"], "destination": ["b", "a", "c", "a"], "minutes": [5, 6, 7, 8], "metres": 100}
)


def test_a_table_keeps_directions_and_missing_pairs_have_no_way():
    found = tk.travel(graph(), PAIRS, base_ids=["home"])
    assert found.minutes_between([0, 1, 1, 0, 2], [1, 0, 2, 2, 0]).tolist() == [5, 6, 7, np.inf, np.inf]
    assert found.minutes_from_bases(0, [0, 1]).tolist() == [8, np.inf]
    assert found.metres.tolist() == [100, 100, 100]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t.assign(minutes=[5, -1, 7, 8]), {}, r"1 minutes are negative, at \('b', 'a'\)"),
        (lambda t: t.assign(minutes=[5, None, 7, 8]), {}, "1 minutes are missing"),
        (lambda t: t.assign(minutes=["x", 1, 7, 8]), {}, "1 minutes are missing, infinite or no numbers"),
        (lambda t: pd.concat([t, t[:1]]), {}, r"1 pairs are there more than once: \('a', 'b'\)"),
        (lambda t: t.assign(destination=["z", "a", "c", "a"]), {}, "1 rows lead to ids that are no units: 'z'"),
        (lambda t: t.assign(origin=["a", "b", "q", "home"]), {}, "1 origins are neither units nor bases: 'q'"),
        (lambda t: t, {"complete": True}, r"3 of 6 pairs from units are missing: \('a', 'c'\)"),
        (lambda t: t.drop(columns="minutes"), {}, "there is no column 'minutes'"),
    ],
)
def test_tables_with_faults(change, options, message):
    with pytest.raises(tk.DataError, match=message):
        tk.travel(graph(), tk.TravelTable(change(PAIRS), **options), base_ids=["home"])


def test_visits_follow_from_classes():
    accounts = pd.DataFrame({"class": ["A", "B", "A"]})
    found = tk.add_visits(accounts, "class", visits={"A": 12, "B": 2}, minutes={"A": 30, "B": 90})
    assert found["visits_per_year"].tolist() == [12, 2, 12]
    assert found["service_hours_per_year"].tolist() == [6, 3, 6]
    assert "visits_per_year" not in accounts
    with pytest.raises(tk.DataError, match="1 accounts are of classes without minutes: 'B'"):
        tk.add_visits(accounts, "class", visits={"A": 1, "B": 1}, minutes={"A": 1})
    with pytest.raises(tk.DataError, match="visits of 'A' are no numbers from 0"):
        tk.add_visits(accounts, "class", visits={"A": -1, "B": 1}, minutes={"A": 1, "B": 1})
    with pytest.raises(tk.DataError, match="there is no column 'rank'"):
        tk.add_visits(accounts, "rank", visits={}, minutes={})


def test_stops_lie_further_apart_where_fewer_are_due():
    rng = np.random.default_rng(0)
    n = 400
    xy = rng.uniform(0, 20_000, (n, 2))
    often, seldom = np.full(n, 12.0), np.where(np.arange(n) % 4, 3.0, 12.0)
    activities = [tk.Activity("often", often), tk.Activity("seldom", seldom)]
    units = tk.UnitGraph(range(n), xy, np.empty((0, 2)), activities)
    ways = tk.travel(units, tk.StraightLine(circuity=1, kmh=60))
    every, some = (tk.minutes_between_stops(units, ways, name) for name in ("often", "seldom"))
    mean = np.sqrt(20_000**2 / n) / 1000  # minutes across the area that each of them has
    assert every.mean() == pytest.approx(0.78 * mean, rel=0.15)
    share = seldom.sum() / often.sum()
    assert some.mean() == pytest.approx(every.mean() / np.sqrt(share), rel=0.2)
    areas = tk.UnitGraph(range(n), xy, [[0, 1]], activities, area=np.full(n, 1e6))
    inside = tk.minutes_between_stops(areas, ways, "often", waves_per_year=12)
    np.testing.assert_allclose(inside, 0.78, rtol=1e-9)


def test_stops_that_cannot_be_known():
    units = graph(activities=[tk.Activity("visits", [0, 0, 0])], area=[1, 1, 1])
    with pytest.raises(tk.DataError, match="activity 'visits' is 0 in all units") as caught:
        tk.minutes_between_stops(units, tk.travel(units), "visits")
    assert "waves_per_year is not known" in str(caught.value)
    with pytest.raises(tk.DataError, match="the travel has 2 units and the graph 3"):
        tk.minutes_between_stops(units, tk.Travel([0, 0, 0], [], []), "visits", waves_per_year=1)
