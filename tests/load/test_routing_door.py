"""Travel by a routing server through the door: bases, free bases, and going on after a failure."""

import numpy as np
import pytest
from load.routing_town import running

import territorykit as tk
from territorykit.load.ways import routing_client


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(routing_client, "FIRST_WAIT", 0.001)
    with running() as server:
        yield server


def graph_of(town):
    places = town.places()
    return tk.UnitGraph(places.ids, np.asarray(places.lonlat) * 1e5, [[0, 1]], lonlat=places.lonlat)


def test_units_and_bases_are_asked_in_one_go_and_free_bases_not_at_all(fake):
    town = fake.town
    graph = graph_of(town)
    bases = np.asarray(graph.lonlat)[[3, 0, 5]].copy()
    bases[1] = np.nan
    travel = tk.travel(graph, tk.RoutingServer(fake.url), bases_lonlat=bases)
    n = graph.n_units
    minutes = travel.minutes_between(*np.indices((n, n)))
    true = np.where(np.isnan(town.seconds), np.inf, town.seconds) / 60
    np.fill_diagonal(true, 0)
    np.testing.assert_allclose(minutes, true)
    assert np.isinf(travel.minutes_from_bases(1, np.arange(n))).all()
    away = travel.minutes_from_bases(0, np.arange(n))
    np.testing.assert_allclose(np.delete(away, 3), np.delete(true[3], 3))


def test_a_call_that_failed_goes_on_where_it_was(fake):
    graph, server = graph_of(fake.town), tk.RoutingServer(fake.url, most_pairs=16)
    good = tk.travel(graph, server)
    fake.plans = [None] * 9 + [(400, {"message": "no"}, {})]
    with pytest.raises(tk.RoutingError) as caught:
        tk.travel(graph, server)
    missing = set(np.asarray(caught.value.missing).tolist())
    assert 0 < len(missing) < graph.n_units
    fake.asked.clear()
    assert tk.travel(graph, server, resume=caught.value) == good
    assert {i for rows, _ in fake.main for i in rows} == missing
