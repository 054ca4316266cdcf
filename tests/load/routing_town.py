"""A fake routing server on loopback: a town whose travel is known, in three dialects, with trouble on demand."""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from territorykit.load.ways.places import Places
from territorykit.model.objective import EARTH_RADIUS


class Town:
    """Places on a grid a kilometre apart, and what it takes from each to each; the way back takes longer."""

    def __init__(self, n: int = 12) -> None:
        step = 1000 / EARTH_RADIUS * 180 / np.pi
        at = np.arange(n)
        self.lonlat = np.column_stack([9 + at % 4 * step, at // 4 * step]).round(6)
        self.seconds = 60.0 + 30 * np.abs(at[:, None] - at) + 7 * (at[:, None] > at)
        self.metres = 1000.0 + 5 * at[:, None] + 100 * at
        np.fill_diagonal(self.seconds, 0)
        np.fill_diagonal(self.metres, 0)
        self.seconds[2, 5] = self.metres[2, 5] = np.nan  # no way there, but one back
        self.off = {}  # position: where the server takes a place to, or None
        self.apart = set()  # positions that may not be asked together with others
        self.far = set()  # pairs too far apart to be asked together
        self.lengths = True
        self.form = "short"

    def places(self, positions=None, word="units") -> Places:
        at = np.arange(len(self.lonlat)) if positions is None else np.asarray(positions)
        return Places(np.array([f"p{i}" for i in at] + [None], object)[:-1], None, self.lonlat[at], word)

    def position(self, lon: float, lat: float) -> int:
        away = np.abs(self.lonlat - [lon, lat]).max(axis=1)
        assert away.min() < 2e-6, "a place that nobody has: longitude and latitude may be exchanged"
        return int(away.argmin())


def always(answer):
    return lambda *_: answer


class Handler(BaseHTTPRequestHandler):
    """One request: what is planned for it, or the matrix."""

    server: "Server"

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self.serve(b"")

    def do_POST(self) -> None:
        self.serve(self.rfile.read(int(self.headers["Content-Length"])))

    def serve(self, body: bytes) -> None:
        with self.server.lock:
            self.server.began.append(time.monotonic())
            self.server.keys.append(self.headers.get("Authorization"))
            self.server.paths.append(self.path)
            pair = self.read_pair(body)
            self.server.asked.append(pair)
            planned = self.server.plans.pop(0) if self.server.plans else None
        planned = planned or self.server.trouble(*pair)
        status, content, headers = planned or self.server.answer(self.path, *pair)
        if status == 0:  # hang up
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        with contextlib.suppress(ConnectionError):  # the client may have gone
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(data))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    def read_pair(self, body: bytes) -> tuple[list[int], list[int]]:
        """Positions of origins and destinations of a request."""
        town, parts = self.server.town, urlsplit(self.path)
        if parts.path.startswith("/base/table/v1/"):
            points = [tuple(map(float, p.split(","))) for p in unquote(parts.path).rsplit("/", 1)[1].split(";")]
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            assert query["annotations"] == "duration,distance"
            ends = [[points[int(i)] for i in query[name].split(";")] for name in ("sources", "destinations")]
        elif parts.path == "/base/sources_to_targets":
            asked = json.loads(body)
            assert asked["costing"] == "auto"
            ends = [[(p["lon"], p["lat"]) for p in asked[name]] for name in ("sources", "targets")]
            self.server.verbose = asked["verbose"]
        else:
            assert parts.path == "/base/v2/matrix/driving-car"
            asked = json.loads(body)
            assert asked["units"] == "m"
            ends = [[asked["locations"][i] for i in asked[name]] for name in ("sources", "destinations")]
        rows, columns = ([town.position(*point) for point in points] for points in ends)
        return rows, columns


class Server(ThreadingHTTPServer):
    """A routing server of a town, on loopback."""

    daemon_threads = True

    def __init__(self, town: Town) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.town, self.lock = town, threading.Lock()
        self.asked, self.began, self.keys, self.paths, self.verbose = [], [], [], [], False
        self.plans = []  # what the next requests are answered; None: as usual
        self.trouble = always(None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/base/"

    @property
    def main(self) -> list[tuple[list[int], list[int]]]:
        """Requests but those that look for the streets of places: one origin, itself the first destination."""
        return [(rows, columns) for rows, columns in self.asked if rows != columns[:1]]

    def answer(self, path: str, rows: list[int], columns: list[int]):
        town = self.town
        names = {"table": "osrm", "sources_to_targets": "valhalla", "v2": "openrouteservice"}
        engine = names[urlsplit(path).path.split("/")[2]]
        if town.apart & {*rows, *columns} and {*rows, *columns} - town.apart:
            return REFUSALS[engine]
        if any((i, j) in town.far for i in rows for j in columns):
            return 400, {"error_code": 154, "error": "Path distance exceeds the max distance limit"}, {}
        cut = np.ix_(rows, columns)
        times, lengths = (np.where(np.isnan(t[cut]), None, t[cut]).tolist() for t in (town.seconds, town.metres))
        where = [town.off.get(j, tuple(town.lonlat[j])) for j in columns]
        return 200, getattr(self, f"as_{engine}")(times, lengths if town.lengths else None, where), {}

    def as_osrm(self, times, lengths, where):
        body = {"code": "Ok", "durations": times, "destinations": [{"location": point} for point in where]}
        return body if lengths is None else body | {"distances": lengths}

    def as_openrouteservice(self, times, lengths, where):
        body = {"durations": times, "destinations": [None if p is None else {"location": p} for p in where]}
        return body if lengths is None else body | {"distances": lengths}

    def as_valhalla(self, times, lengths, where):
        unit = 1.609344 if self.town.form == "miles" else 1.0
        told = {"units": "miles" if self.town.form == "miles" else "kilometers"}
        far = [[x if x is None else x / 1000 / unit for x in row] for row in lengths] if lengths else None
        if self.verbose or self.town.form == "long":
            pairs = [
                [{"time": t, "distance": far[i][j] if far else None} for j, t in enumerate(row)]
                for i, row in enumerate(times)
            ]
            return told | {"sources_to_targets": pairs, "targets": [{"lon": p[0], "lat": p[1]} for p in where]}
        return told | {"sources_to_targets": {"durations": times} | ({"distances": far} if far else {})}


REFUSALS = {
    "osrm": (400, {"code": "NoSegment", "message": "Could not find a matching segment"}, {}),
    "valhalla": (400, {"error_code": 170, "error": "Locations are in unconnected regions"}, {}),
    "openrouteservice": (404, {"error": {"code": 6010, "message": "Could not find point 3"}}, {}),
}
BUSY = (503, b"", {})


def dense(ways, n=12):
    """Minutes and metres as matrices, NaN where nothing is stored."""
    row = np.repeat(np.arange(ways.n_origins), np.diff(ways.indptr))
    found = np.full((2, ways.n_origins, n), np.nan)
    found[0, row, ways.indices] = ways.minutes
    if ways.metres is not None:
        found[1, row, ways.indices] = ways.metres
    assert all((np.diff(ways.indices[a:b]) > 0).all() for a, b in zip(ways.indptr[:-1], ways.indptr[1:], strict=True))
    return found


@contextlib.contextmanager
def running(town=None):
    """A server of a town, as long as the block lasts."""
    server = Server(Town() if town is None else town)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
