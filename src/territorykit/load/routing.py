"""Travel times from a routing server of the user's own."""

import hashlib
import logging
import math
import re
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import KW_ONLY, dataclass, field
from itertools import chain
from typing import Literal
from urllib.parse import urlsplit

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.criteria.sphere import unit_vectors
from territorykit.errors import BackendError, DataError, Problems, listing
from territorykit.load.ways.places import Places, Ways
from territorykit.load.ways.routing_client import Client
from territorykit.load.ways.routing_engines import ENGINES, largest_block
from territorykit.load.ways.routing_parts import (
    Part,
    Search,
    as_ways,
    great_circles,
    near_groups,
    request_blocks,
    split_ways,
)

WHAT = "a routing server"
_NUMBERS = {  # whether it may be 0, whether it may be infinite, and what to pass
    "timeout": (False, False, "seconds above 0"),
    "pause": (True, False, "seconds from 0"),
    "top_kmh": (False, False, "kilometres per hour above 0"),
    "snap": (True, True, "metres from 0, or infinity for any distance"),
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RoutingServer:
    """A routing server that answers matrices of travel times: OSRM, Valhalla or openrouteservice.

    Requests go to this address alone, directly or through the proxy that the environment names; nothing is sent
    until travel is measured. Times may differ by direction, and a pair for which the server knows no way has none.

    Parameters
    ----------
    url
        Where the server is, such as ``http://localhost:5000``: without user, key or query, and without what the
        engine adds to it (``/table/v1/...``, ``/sources_to_targets``, ``/v2/matrix/...``).
    engine
        "osrm", "valhalla" or "openrouteservice".
    profile
        How one travels, as the server calls it; without it "driving", "auto" or "driving-car", by engine.
    key
        What the server wants in the header ``Authorization``, or None. It is shown nowhere.
    timeout
        Seconds that one request may take.
    retries
        Further attempts after a request that found no connection, took too long or was answered 429 or 5xx; the
        wait before them doubles each time, and a server that says how long to wait is heard.
    most_pairs
        Origins times destinations of one request: 2,500 (openrouteservice 3,500) without it, as the servers are
        delivered. A server of one's own can be set to take more, which saves requests. The origins plus destinations
        of a request to OSRM, whose address names them all, stay within twice the root of it.
    pause
        Seconds between the starts of two requests, whatever the number of workers.
    top_kmh
        No way is faster than this from end to end in a straight line: what lies further away than the minutes
        that are of interest allow is neither asked nor kept.
    snap
        Metres up to which a unit or base may lie from the nearest street.

    Raises
    ------
    DataError
        With all arguments that are wrong at once.

    Notes
    -----
    Each place is asked once first for the street it is on, as a server may take a place that is not on its map to
    the nearest street hundreds of kilometres away. Then origins near each other are asked together, with the
    destinations within reach of any of them, so that few requests are needed.

    Examples
    --------
    >>> RoutingServer("http://localhost:8002", "valhalla", key="secret")
    RoutingServer('http://localhost:8002', 'valhalla')
    """

    url: str
    engine: Literal["osrm", "valhalla", "openrouteservice"] = "osrm"
    _: KW_ONLY
    profile: str | None = None
    key: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    retries: int = 4
    most_pairs: int | None = None
    pause: float = 0.0
    top_kmh: float = 130.0
    snap: float = 1000.0

    def __post_init__(self) -> None:
        problems = Problems("RoutingServer")
        for what, remedy in _url_problems(self.url):
            problems.add(what, remedy)
        if self.engine not in ENGINES:
            problems.add(f"engine is {self.engine!r}", f"pass one of {listing(ENGINES)}")
        if self.profile is not None and not re.fullmatch(r"[\w.-]+", str(self.profile), re.ASCII):
            problems.add(f"profile is {self.profile!r}", "pass the name of a profile, such as 'driving'")
        if self.key is not None and not (isinstance(self.key, str) and re.fullmatch(r"[!-~]([ -~]*[!-~])?", self.key)):
            problems.add("key is no text of plain characters", "pass what the header Authorization must hold")
        for name, fewest in (("retries", 0), ("most_pairs", 1)):
            value = getattr(self, name)
            optional = name == "most_pairs" and value is None
            if not optional and (isinstance(value, bool) or not isinstance(value, int) or value < fewest):
                problems.add(f"{name} is {value!r}", f"pass a whole number from {fewest}")
        for name, (may_be_0, may_be_infinite, what) in _NUMBERS.items():
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
            if not number or (value == 0 and not may_be_0) or (value == math.inf and not may_be_infinite):
                problems.add(f"{name} is {value!r}", f"pass {what}")
        problems.raise_as(DataError)
        object.__setattr__(self, "url", self.url.rstrip("/"))

    def __repr__(self) -> str:
        return f"RoutingServer({self.url!r}, {self.engine!r})"

    def ways(
        self,
        origins: Places,
        destinations: Places,
        *,
        within: float,
        workers: int,
        resume: "RoutingError | None" = None,
    ) -> Ways:
        """Ask the server for all ways between places, see `travel`.

        Parameters
        ----------
        origins, destinations
            Places with longitudes and latitudes.
        within
            Minutes up to which ways are kept; infinite for all.
        workers
            Requests at a time; the answer does not depend on it.
        resume
            The error in which an earlier call with the same places ended: only what it did not have is asked. The
            server may be another one.

        Raises
        ------
        DataError
            If places have no longitudes and latitudes or lie far from any street, or `resume` is of other places.
        RoutingError
            If the server fails for good; it keeps what was had so far.
        """
        return self.ways_from((origins,), destinations, within=within, workers=workers, resume=resume)[0]

    def ways_from(
        self,
        several: Sequence[Places],
        destinations: Places,
        *,
        within: float,
        workers: int,
        resume: "RoutingError | None" = None,
    ) -> tuple[Ways, ...]:
        """Ways from several lists of origins, such as units and bases, asked in one go: one error keeps them all.

        Parameters
        ----------
        several
            Lists of origins.
        destinations, within, workers, resume
            See `ways`.

        Returns
        -------
        tuple of Ways
            One for each list of origins.
        """
        start = np.concatenate([places.degrees(WHAT) for places in several])
        end = destinations.degrees(WHAT)
        _check_degrees(several, destinations)
        question = _fingerprint(start, end, (self.engine, self.profile, float(within), float(self.top_kmh)))
        had, missing = _taken_up(resume, question, len(start))
        client = Client(self)
        search = Search(unit_vectors(start), unit_vectors(end), within, self.top_kmh)
        try:
            if len(missing):
                self._check_snapped(client, (*several, destinations))
                fresh, missing, trouble = self._asked(client, (start, end), search, missing, workers)
                had += fresh
                if trouble is not None:
                    raise trouble
        except BackendError as error:
            message = (
                f"{self.engine} at {urlsplit(self.url).netloc}: {error}; {len(start) - len(missing):,} of "
                f"{len(start):,} origins are answered and kept: pass this error as resume= to ask for the rest"
            )
            raise RoutingError(message, as_ways(had, len(start)), missing, question) from error
        return split_ways(as_ways(had, len(start)), [len(places.ids) for places in several])

    def _asked(
        self, client: Client, ends: tuple[Floats, Floats], search: Search, missing: Ints, workers: int
    ) -> tuple[list[Part], Ints, BackendError | None]:
        """Ask for origins: what was had, which origins were not, and why."""
        blocks = request_blocks(search, missing, client.engine, self.most_pairs or client.engine.pairs)
        logger.info("%s: %d requests", self, sum(len(block.columns) for block in blocks))

        def task(rows: Ints, columns: Ints) -> Part:
            wanted = search.near(rows, columns)
            answer = client.matrix(ends[0][rows], ends[1][columns], wanted)
            kept = wanted & (answer.minutes <= search.within)  # false where there is no way: NaN
            row, column = np.nonzero(kept)
            return Part(rows[row], columns[column], answer.minutes[kept], answer.metres[kept])

        with ThreadPoolExecutor(workers, thread_name_prefix="territorykit-routing") as pool:
            futures = [[pool.submit(task, block.rows, part) for part in block.columns] for block in blocks]
            try:
                wait([*chain(*futures)], return_when=FIRST_EXCEPTION)
                trouble = _first_trouble([*chain(*futures)])
            finally:
                client.stop.set()
                pool.shutdown(cancel_futures=True)
        whole = [all(_succeeded(future) for future in parts) for parts in futures]
        fresh = [future.result() for parts, done in zip(futures, whole, strict=True) if done for future in parts]
        left = [block.rows for block, done in zip(blocks, whole, strict=True) if not done]
        return fresh, np.sort(np.concatenate([np.empty(0, np.int64), *left])), trouble

    def _check_snapped(self, client: Client, several: Sequence[Places]) -> None:
        """Look for the street of each place, and refuse those that are too far from any."""
        if self.snap == math.inf:
            return
        points, which = np.unique(
            np.concatenate([places.degrees(WHAT) for places in several]), axis=0, return_inverse=True
        )
        most = largest_block(client.engine, self.most_pairs or client.engine.pairs, 1)
        away = np.full(len(points), np.nan)
        for group in near_groups(unit_vectors(points), most):
            away[group] = great_circles(points[group], client.snapped(points[group]))
        each = np.split(away[which.ravel()], np.cumsum([len(places.ids) for places in several])[:-1])
        problems, told = Problems("routing server"), set()
        for places, metres in zip(several, each, strict=True):
            far = metres > self.snap
            if far.any() and places.word not in told:
                told.add(places.word)
                farthest = float(np.max(metres[far]))
                how_far = "some are on no street at all" if farthest == math.inf else f"up to {farthest:,.0f} m"
                problems.add(
                    f"{int(far.sum()):,} {places.word} lie more than {self.snap:,.0f} m from any street on the "
                    f"server's map ({how_far}): {listing(places.ids[far])}",
                    "correct their places, use a map that covers them, or pass a larger snap= to RoutingServer",
                )
        problems.raise_as(DataError)


def _url_problems(url: object) -> list[tuple[str, str]]:
    """What is wrong with an address; what may be secret in it is not shown."""
    remedy = "pass an address such as 'http://localhost:5000'"
    if not isinstance(url, str) or not re.fullmatch(r"[!-~]+", url):
        return [("url is no text of plain characters", remedy)]
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return [("url is no address", remedy)]
    if parts.scheme not in ("http", "https") or not named:
        return [(f"url is no address of http or https, its scheme is {parts.scheme!r}", remedy)]
    found = []
    if parts.username is not None or parts.password is not None:
        found.append(("url holds a user or a password", "leave them out; what the server wants to see is key="))
    if parts.query or parts.fragment:
        found.append(("url has a query", "leave out what follows '?' or '#'; a key is key="))
    return found


def _check_degrees(several: Sequence[Places], destinations: Places) -> None:
    problems = Problems("routing server")
    for places in {id(places): places for places in (*several, destinations)}.values():
        points = places.degrees(WHAT)
        lost = ~(np.isfinite(points) & (np.abs(np.nan_to_num(points)) <= (180, 90))).all(axis=1)
        if lost.any():
            problems.add(
                f"{int(lost.sum()):,} {places.word} have no place in degrees: {listing(places.ids[lost])}",
                "give them longitudes from -180 to 180 and latitudes from -90 to 90",
            )
    problems.raise_as(DataError)


def _fingerprint(start: Floats, end: Floats, settings: tuple[object, ...]) -> str:
    """What was asked, as a digest."""
    digest = hashlib.blake2b(repr((settings, start.shape, end.shape)).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(start).tobytes())
    digest.update(np.ascontiguousarray(end).tobytes())
    return digest.hexdigest()


def _taken_up(resume: "RoutingError | None", question: str, n: int) -> tuple[list[Part], Ints]:
    """What an earlier call had, and the origins it had not."""
    if resume is None:
        return [], np.arange(n)
    if not isinstance(resume, RoutingError):
        message = f"resume is a {type(resume).__name__}; pass the RoutingError that the earlier call raised"
        raise DataError(message)
    if resume.question != question:
        message = (
            "resume is of another question: places, within, engine, profile and top_kmh must be the same; "
            "measure anew without resume="
        )
        raise DataError(message)
    ways = resume.partial
    row = np.repeat(np.arange(n), np.diff(ways.indptr))
    metres = np.full(len(row), np.nan) if ways.metres is None else ways.metres
    return [Part(row, ways.indices, ways.minutes, metres)], resume.missing


def _first_trouble(futures: list[Future[Part]]) -> BackendError | None:
    """Why the first of the requests failed that did; anything but trouble with the server is raised."""
    for future in futures:
        error = future.exception() if future.done() else None
        if isinstance(error, BackendError):
            return error
        if error is not None:
            raise error
    return None


def _succeeded(future: Future[Part]) -> bool:
    return not future.cancelled() and future.exception() is None


class RoutingError(BackendError):
    """A routing server failed for good; what it had answered until then is kept.

    Pass it as ``resume=`` to ask only for the rest.
    """

    def __init__(self, message: str, partial: Ways, missing: Ints, question: str) -> None:
        super().__init__(message)
        self.partial = partial
        """Ways from all origins; rows of those in `missing` are empty."""
        self.missing = missing
        """Shape (n_missing,): positions of origins whose ways are not known."""
        self.question = question
        """Digest of what was asked."""

    def __reduce__(self) -> tuple[type["RoutingError"], tuple[object, ...]]:
        return type(self), (str(self), self.partial, self.missing, self.question)
