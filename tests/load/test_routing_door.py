"""Travel by a routing server through the door: bases, free bases, and going on after a failure."""

import threading

import numpy as np
import pytest
from load.routing_town import Server, Town

import territorykit as tk
from territorykit.load.ways import routing_client


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(routing_client, "FIRST_WAIT", 0.001)
    server = Server(Town())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


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
    graph = graph_of(fake.town)
    good = tk.travel(graph, tk.RoutingServer(fake.url))
    fake.shutdown()
    fake.server_close()
    with pytest.raises(tk.RoutingError) as caught:
        tk.travel(graph, tk.RoutingServer(fake.url, retries=0))
    other = Server(Town())
    thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        assert tk.travel(graph, tk.RoutingServer(other.url), resume=caught.value) == good
    finally:
        other.shutdown()
        other.server_close()
        thread.join()
