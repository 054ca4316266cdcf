"""A routing server of the user's own: what is asked, what is made of the answers, and what is kept of a failure."""

import pickle
import socket
import threading
from collections import Counter

import numpy as np
import pytest
from load.routing_town import BUSY, Town, always, dense, running

import territorykit as tk
from territorykit.load.routing import RoutingError, RoutingServer
from territorykit.load.ways import routing_client
from territorykit.load.ways.places import Places
from territorykit.load.ways.routing_parts import near_groups
from territorykit.model.objective import EARTH_RADIUS

ENGINES = ["osrm", "valhalla", "openrouteservice"]
KEY = "open-sesame-0815"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No proxy for loopback, and short waits between attempts."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(routing_client, "FIRST_WAIT", 0.001)


@pytest.fixture
def fake():
    with running() as server:
        yield server


def ask(fake, engine="osrm", *, within=np.inf, workers=1, origins=None, resume=None, **settings):
    server = RoutingServer(fake.url, engine, **settings)
    town = fake.town
    return server.ways(town.places(origins), town.places(), within=within, workers=workers, resume=resume)


def check(ways, town, rows=slice(None)):
    minutes, metres = dense(ways)
    np.testing.assert_allclose(minutes, town.seconds[rows] / 60, rtol=1e-12)
    np.testing.assert_allclose(metres, town.metres[rows], rtol=1e-9)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("most_pairs", [None, 9, 1])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_tells_the_same_matrix_however_it_is_cut(fake, engine, most_pairs, workers):
    check(ask(fake, engine, most_pairs=most_pairs, workers=workers), fake.town)
    pairs = Counter((i, j) for rows, columns in fake.main for i in rows for j in columns)
    assert most_pairs == 1 or len(pairs) == 144
    assert set(pairs.values()) == {1}
    if most_pairs:
        assert max(len(rows) * len(columns) for rows, columns in fake.asked) <= most_pairs


@pytest.mark.parametrize("form", ["long", "miles"])
def test_the_forms_of_valhalla(fake, form):
    fake.town.form = form
    check(ask(fake, "valhalla"), fake.town)


@pytest.mark.parametrize("engine", ENGINES)
def test_without_distances_there_are_no_metres(fake, engine):
    fake.town.lengths = False
    found = ask(fake, engine)
    assert found.metres is None
    np.testing.assert_allclose(dense(found)[0], fake.town.seconds / 60)


def test_as_few_requests_as_the_limit_allows(fake):
    ask(fake, "valhalla", most_pairs=16)
    assert len(fake.main) == 9  # three groups of four origins, twelve destinations by four
    assert len(fake.asked) - len(fake.main) == 1  # one look for the streets of all
    fake.asked.clear()
    ask(fake, "osrm", most_pairs=16)
    assert len(fake.main) == 9
    assert max(len(rows) + len(columns) for rows, columns in fake.asked) <= 8


def test_what_is_too_far_away_in_a_straight_line_is_not_asked_and_the_rest_is_cut_at_the_limit(fake):
    town = fake.town
    found = ask(fake, within=2.0, top_kmh=45.0, most_pairs=4)  # 1.5 km: the eight neighbors of the grid
    at = np.arange(12)
    near = (np.abs(at[:, None] % 4 - at % 4) <= 1) & (np.abs(at[:, None] // 4 - at // 4) <= 1)
    wanted = np.where(near & (town.seconds <= 120), town.seconds / 60, np.nan)
    np.testing.assert_allclose(dense(found)[0], wanted)
    assert np.isfinite(wanted).sum() > 20
    assert all(near[rows, j].any() for rows, columns in fake.main for j in columns)
    assert (dense(ask(fake, within=2.0, top_kmh=45.0))[0] == dense(found)[0])[np.isfinite(wanted)].all()


def test_groups_are_near_each_other_and_no_more_than_needed():
    points = np.random.default_rng(5).random((1003, 2))
    groups = near_groups(points, 50)
    assert sorted(np.concatenate(groups).tolist()) == list(range(1003))
    assert len(groups) == 21
    assert max(map(len, groups)) <= 50
    assert np.mean([np.ptp(points[g], axis=0).max() for g in groups]) < 0.4


@pytest.mark.parametrize("plan", [BUSY, (429, b"", {}), (500, b"<html>", {}), (0, b"", {})])
def test_trouble_that_passes_is_waited_for(fake, plan):
    fake.plans = [plan, None, plan, plan]
    check(ask(fake), fake.town)
    assert len(fake.asked) == 2 + 3


def test_a_server_that_says_how_long_to_wait_is_heard(fake):
    fake.plans = [None, (429, {"error": "Rate limit exceeded"}, {"Retry-After": "1"})]
    check(ask(fake), fake.town)
    assert fake.began[2] - fake.began[1] >= 1.0


def test_a_server_that_wants_to_be_left_alone_for_hours_is_left_alone(fake):
    fake.plans = [None, (429, {"error": "Quota exceeded"}, {"Retry-After": "86400"})]
    with pytest.raises(RoutingError, match="429: Quota exceeded, which asks to wait 86,400 s; 1 attempts"):
        ask(fake)
    assert len(fake.asked) == 2


def test_a_server_that_takes_too_long_is_asked_again(fake):
    slow = threading.Event()

    def trouble(rows, columns):
        if len(fake.asked) == 2:
            slow.wait(1.0)

    fake.trouble = trouble
    check(ask(fake, timeout=0.3), fake.town)
    slow.set()
    assert len(fake.asked) == 3


def test_attempts_come_to_an_end(fake):
    fake.trouble = always(BUSY)
    with pytest.raises(RoutingError, match=r"osrm at 127.0.0.1:\d+: it answers 503: nothing; 3 attempts") as caught:
        ask(fake, retries=2)
    assert len(fake.asked) == 3
    assert isinstance(caught.value, tk.BackendError)
    assert caught.value.missing.tolist() == list(range(12))


def test_where_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RoutingError, match="no connection"):
        RoutingServer(url, retries=1).ways(Town().places(), Town().places(), within=np.inf, workers=1)


def test_pauses_hold_for_all_workers_together(fake):
    ask(fake, workers=4, pause=0.05, most_pairs=36)
    began = np.sort(fake.began)
    assert len(began) == 6
    assert began[-1] - began[0] >= 0.05 * 5 - 0.02  # the server sees them a little later


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_had_is_kept_and_only_the_rest_is_asked(fake, engine, workers):
    town = fake.town
    fake.trouble = lambda rows, columns: (
        (403, {"message": "Quota exceeded"}, {}) if 6 in rows and 11 in columns else None
    )
    with pytest.raises(RoutingError, match=r"403: Quota exceeded; . of 12 origins are answered") as caught:
        ask(fake, engine, most_pairs=16, workers=workers)
    error = pickle.loads(pickle.dumps(caught.value))
    assert 6 in error.missing
    assert len(error.missing) < 12
    done = np.setdiff1d(np.arange(12), error.missing)
    np.testing.assert_allclose(dense(error.partial)[0][done], town.seconds[done] / 60)
    assert np.isnan(dense(error.partial)[0][error.missing]).all()
    fake.trouble = always(None)
    fake.asked.clear()
    check(ask(fake, engine, most_pairs=16, resume=error), town)
    assert {i for rows, _ in fake.main for i in rows} == set(error.missing.tolist())


def test_units_and_bases_in_one_go(fake):
    town = fake.town
    server = RoutingServer(fake.url, most_pairs=16)
    lists = (town.places(), town.places([3, 8], "bases"))
    fake.plans = [None] * 9 + [(400, {"message": "no"}, {})]
    with pytest.raises(RoutingError) as caught:
        server.ways_from(lists, town.places(), within=np.inf, workers=1)
    assert 0 < len(caught.value.missing) < 14
    found = server.ways_from(lists, town.places(), within=np.inf, workers=1, resume=caught.value)
    check(found[0], town)
    check(found[1], town, [3, 8])


def test_through_the_door(fake):
    town = fake.town
    xy = np.column_stack([town.lonlat[:, 0] - 9, town.lonlat[:, 1]]) * EARTH_RADIUS * np.pi / 180
    graph = tk.UnitGraph(town.places().ids, xy, [[i, i + 1] for i in range(11)], lonlat=town.lonlat)
    found = tk.travel(graph, RoutingServer(fake.url), bases_lonlat=town.lonlat[[4, 9]], workers=2)
    assert found.minutes_between([0, 11, 2, 5], [11, 0, 5, 2]).tolist() == [6.5, 397 / 60, np.inf, 157 / 60]
    assert found.minutes_from_bases([0, 1], [9, 4]).tolist() == [3.5, 217 / 60]


def test_one_resumes_with_the_same_question_only(fake):
    fake.trouble = always(BUSY)
    with pytest.raises(RoutingError) as caught:
        ask(fake, retries=0)
    with pytest.raises(tk.DataError, match="resume is of another question"):
        ask(fake, within=9.0, resume=caught.value)
    with pytest.raises(tk.DataError, match="resume is of another question"):
        ask(fake, origins=[0, 1], resume=caught.value)
    with pytest.raises(tk.DataError, match="resume is a str"):
        ask(fake, resume="yesterday")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>hello</html>", "what is no JSON: '<html>hello"),
        (b"[" * 100_000, "what is no JSON"),
        (b"[1, 2]", "JSON of another kind"),
        ({"code": "NoTable", "message": "none\n found\x07"}, "code 'NoTable': none found$"),
        ({"durations": [[0]]}, "code None"),
        ({"code": "Ok"}, "answers without times"),
        ({"code": "Ok", "durations": [[1.0, 2.0]]}, "12 by 12 times were asked, and it answers a matrix of another"),
        ({"code": "Ok", "durations": [[0.0] * 12] * 11 + [[0.0] * 11]}, "a matrix of another shape"),
        ({"code": "Ok", "durations": [[0.0] * 11 + [-1.0]] * 12}, "among the times it answers is -1.0"),
        ({"code": "Ok", "durations": [[0.0] * 11 + [float("nan")]] * 12}, "among the times it answers is 'NaN'"),
        ({"code": "Ok", "durations": [[0.0] * 11 + [float("inf")]] * 12}, "among the times it answers is 'Infinity'"),
        ({"code": "Ok", "durations": [[0.0] * 11 + ["12"]] * 12}, "among the times it answers is '12'"),
        ({"code": "Ok", "durations": [[0.0] * 11 + [True]] * 12}, "among the times it answers is True"),
        ({"code": "Ok", "durations": [[0] * 11 + [10**400]] * 12}, "a number beyond all measure"),
        ({"code": "Ok", "durations": [[0] * 12] * 12, "distances": 7}, "12 by 12 distances were asked"),
    ],
)
def test_answers_that_are_none(fake, content, message):
    fake.plans = [None, (200, content, {})]
    with pytest.raises(RoutingError) as caught:
        ask(fake)
    assert message.rstrip("$") in str(caught.value)
    assert len(str(caught.value)) < 700
    assert str(caught.value).isprintable()
    assert len(fake.asked) == 2  # such an answer is not asked for again


def test_answers_that_break_off_are_asked_for_again(fake):
    fake.plans = [None, (200, b'{"code":', {"Content-Length": "500", "Connection": "close"})]
    check(ask(fake), fake.town)
    assert len(fake.asked) == 3


def test_answers_without_end_are_not_read(fake, monkeypatch):
    monkeypatch.setattr(routing_client, "MOST_BYTES", 1 << 20)
    fake.plans = [None, (200, b" " * (1 << 20) + b"  ", {})]
    with pytest.raises(RoutingError, match="answers more than 1 MB"):
        ask(fake)


@pytest.mark.parametrize(
    ("engine", "status", "content", "message"),
    [
        ("osrm", 400, {"code": "TooBig", "message": "Too many table coordinates"}, "400: Too many table coordinates"),
        ("valhalla", 400, {"error_code": 150, "error": "Exceeded max locations"}, "400: Exceeded max locations"),
        ("openrouteservice", 400, {"error": {"code": 6004, "message": "3500 at most"}}, "400: 3500 at most"),
        ("openrouteservice", 403, {"error": "Access denied"}, "403: Access denied"),
        ("osrm", 404, b"<h1>Not found</h1>", "404: <h1>Not found</h1>"),
    ],
)
def test_requests_that_are_wrong_are_not_made_again(fake, engine, status, content, message):
    fake.trouble = always((status, content, {}))
    with pytest.raises(RoutingError, match=message):
        ask(fake, engine)
    assert len(fake.asked) == 1


def test_the_key_goes_to_its_server_and_nowhere_else(fake):
    fake.plans = [None, (302, b"", {"Location": "/elsewhere"})]
    with pytest.raises(RoutingError, match="302: the service is elsewhere") as caught:
        ask(fake, "openrouteservice", key=KEY)
    assert len(fake.asked) == 2
    assert fake.keys == [KEY, KEY]
    assert KEY not in repr(RoutingServer(fake.url, key=KEY)) + str(caught.value)


@pytest.mark.parametrize("plan", [(403, {"message": f"key {KEY} is not known"}, {}), (200, f"x {KEY}".encode(), {})])
def test_a_key_that_the_server_sends_back_is_not_shown(fake, plan):
    fake.plans = [plan]
    with pytest.raises(RoutingError) as caught:
        ask(fake, key=KEY)
    error = caught.value
    while error is not None:
        assert KEY not in str(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("engine", ENGINES)
def test_places_that_may_not_be_asked_together_are_asked_apart(fake, engine):
    town = fake.town
    town.apart = {4, 5}  # an island
    land = np.setdiff1d(np.arange(12), [4, 5])
    town.seconds[np.ix_([4, 5], land)] = town.seconds[np.ix_(land, [4, 5])] = np.nan
    town.metres[np.isnan(town.seconds)] = np.nan
    check(ask(fake, engine), town)


def test_pairs_too_far_apart_are_an_error_unless_nobody_wants_them(fake):
    fake.town.far = {(0, 11)}
    with pytest.raises(RoutingError, match="exceeds the max distance limit; pass a shorter within="):
        ask(fake, "valhalla")
    fake.asked.clear()
    found = dense(ask(fake, "valhalla", within=2.0, top_kmh=45.0))[0]
    assert found[0, 1] == 1.5
    assert np.isnan(found[0, 11])


@pytest.mark.parametrize("engine", ["osrm", "valhalla", "openrouteservice"])
def test_places_far_from_any_street(fake, engine):
    fake.town.off = {3: (9.2, 0.0), 7: None if engine == "openrouteservice" else (9.1, 0.0)}
    told = "some are on no street at all" if engine == "openrouteservice" else r"up to 19,\d{3} m"
    with pytest.raises(tk.DataError, match=rf"2 units lie more than 1,000 m from any street .*\({told}\): 'p3', 'p7'"):
        ask(fake, engine)
    assert not fake.main
    assert ask(fake, engine, snap=np.inf).n_origins == 12


def test_places_without_degrees():
    server = RoutingServer("http://127.0.0.1:9")
    units = Places(np.array(["a", "b"], object), np.zeros((2, 2)), None, "units")
    with pytest.raises(tk.DataError, match="a routing server needs longitudes and latitudes of the units"):
        server.ways(units, units, within=1.0, workers=1)
    wrong = units._replace(lonlat=np.array([[9.0, 48.0], [48.0, 99.0]]))
    with pytest.raises(tk.DataError, match="1 units have no place in degrees: 'b'"):
        server.ways(wrong, wrong, within=1.0, workers=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"url": "file:///etc/passwd"}, "its scheme is 'file'"),
        ({"url": "ftp://host/"}, "its scheme is 'ftp'"),
        ({"url": "localhost:5000"}, "its scheme is 'localhost'"),
        ({"url": "http://"}, "no address of http"),
        ({"url": "http://host:port"}, "url is no address"),
        ({"url": "http://me:hunter2@host"}, "url holds a user or a password"),
        ({"url": "https://host/x?api_key=hunter2"}, "url has a query"),
        ({"url": "http://host/hunter2\r\nX: y"}, "no text of plain characters"),
        ({"url": None}, "no text of plain characters"),
        ({"engine": "graphhopper"}, "engine is 'graphhopper'; pass one of 'osrm', 'valhalla', 'openrouteservice'"),
        ({"profile": "car/../x"}, "profile is 'car/../x'"),
        ({"key": "hunter2\r\nX: y"}, "key is no text of plain characters"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": float("inf")}, "timeout is inf"),
        ({"retries": 1.5}, "retries is 1.5"),
        ({"most_pairs": 0}, "most_pairs is 0"),
        ({"pause": -1}, "pause is -1"),
        ({"top_kmh": float("nan")}, "top_kmh is nan"),
        ({"snap": True}, "snap is True"),
    ],
)
def test_settings_that_are_wrong(arguments, message):
    with pytest.raises(tk.DataError, match=message) as caught:
        RoutingServer(**({"url": "http://localhost"} | arguments))
    assert "hunter2" not in str(caught.value)


def test_all_settings_that_are_wrong_at_once():
    with pytest.raises(tk.DataError, match="RoutingServer: 3 problems"):
        RoutingServer("gopher://x", "x", retries=-1)
