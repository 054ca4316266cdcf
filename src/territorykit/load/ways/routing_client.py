"""Requests to a routing server: one at a time in each thread, again where trouble may pass, halved where refused."""

import email.utils
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any, Protocol

import numpy as np

from territorykit._arrays import Bools, Floats
from territorykit.errors import BackendError
from territorykit.load.ways.routing_engines import ENGINES, Answer, Engine, code_of, parsed, said

FIRST_WAIT = 0.5
"""Seconds before the second attempt; twice as long before each further one, less up to half of it at random."""
LONGEST_WAIT = 300.0
"""Seconds; a server that asks for a longer wait is left alone, and what it had answered is kept."""
MOST_BYTES = 1 << 26
"""An answer longer than this is not read."""
TOO_MANY_REQUESTS, SERVER_FAULT, MOVED, REFUSED = 429, 500, 300, 400


class Settings(Protocol):
    """What a client needs to know: a `RoutingServer`."""

    @property
    def url(self) -> str:
        """Address without what engines add to it."""

    @property
    def engine(self) -> str:
        """One of `ENGINES`."""

    @property
    def profile(self) -> str | None:
        """How one travels."""

    @property
    def key(self) -> str | None:
        """What the server asks for, or None."""

    @property
    def timeout(self) -> float:
        """Seconds for one request."""

    @property
    def retries(self) -> int:
        """Further attempts."""

    @property
    def pause(self) -> float:
        """Seconds between requests."""


class PassingError(Exception):
    """Trouble that may pass by itself."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after
        """Seconds that the server asks to wait, or None."""


class RefusedError(Exception):
    """A request that the server refuses because of some of its places."""

    def __init__(self, message: str, *, far: bool) -> None:
        super().__init__(message)
        self.far = far
        """Whether they are only too far from each other for it."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key is sent to the server that the user named and to no other."""

    def redirect_request(self, *_: object) -> None:
        return None


class Client:
    """Speaks to one server; threads may share it.

    Parameters
    ----------
    settings
        Whom to ask and how patiently.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stop = threading.Event()
        """Once set, nobody waits for another attempt."""
        self._opener = urllib.request.build_opener(_NoRedirects)
        self._lock = threading.Lock()
        self._next = 0.0
        self._random = np.random.default_rng()

    @property
    def engine(self) -> Engine:
        """How the server is spoken to."""
        return ENGINES[self.settings.engine]

    def matrix(self, start: Floats, end: Floats, wanted: Bools) -> Answer:
        """Times and distances between all places, asked in halves where the server refuses the whole.

        Parameters
        ----------
        start, end
            Shapes (n_origins, 2) and (n_destinations, 2): WGS 84 degrees, longitude first.
        wanted
            Shape (n_origins, n_destinations): the pairs that matter; others may stay unasked.

        Raises
        ------
        BackendError
            If the server fails for good.
        """
        if wanted.any():
            try:
                return self.ask(start, end)
            except RefusedError as error:
                if wanted.size == 1 and error.far:
                    message = f"{error}; pass a shorter within=, or raise the limit of the server"
                    raise BackendError(message) from error
        if wanted.size == 1 or not wanted.any():
            nothing = np.full(wanted.shape, np.nan)
            return Answer(nothing, nothing, np.full((len(end), 2), np.nan))
        axis = 0 if len(start) >= len(end) else 1
        half = wanted.shape[axis] // 2
        parts = [
            self.matrix(start[part] if axis == 0 else start, end if axis == 0 else end[part], w)
            for part, w in zip((slice(half), slice(half, None)), np.split(wanted, [half], axis=axis), strict=True)
        ]
        joined = [np.concatenate([part[k] for part in parts], axis=axis) for k in range(2)]
        return Answer(
            joined[0], joined[1], parts[0].snapped if axis == 0 else np.concatenate([p.snapped for p in parts])
        )

    def snapped(self, places: Floats) -> Floats:
        """Where places are on the streets.

        Parameters
        ----------
        places
            Shape (n, 2): degrees; places near each other should stand together, and not more than fit a request.

        Returns
        -------
        ndarray of shape (n, 2)
            Degrees; infinite where a place is on no street, NaN where the server does not say.
        """
        try:
            return self.ask(places[:1], places, snapped=True).snapped
        except RefusedError:
            if len(places) == 1:
                return np.full((1, 2), np.inf)
        half = len(places) // 2
        return np.concatenate([self.snapped(places[:half]), self.snapped(places[half:])])

    def ask(self, start: Floats, end: Floats, *, snapped: bool = False) -> Answer:
        """One request, made again where trouble may pass.

        Raises
        ------
        RefusedError
            If the server refuses it because of some of the places.
        BackendError
            If it fails for good.
        """
        profile = self.settings.profile or self.engine.profile
        request = self.engine.request(profile, start, end, snapped)
        data = None if request.body is None else json.dumps(request.body).encode()
        content = self._patiently(request.path, data)
        try:
            return self.engine.answer(parsed(content), (len(start), len(end)))
        except BackendError:
            if self._without_key(content) == content:
                raise
        message = "it answers what is not understood, and repeats the key"
        raise BackendError(message)

    def _patiently(self, path: str, data: bytes | None) -> bytes:
        attempt = 0
        while True:
            attempt += 1
            self._take_turn()
            try:
                return self._once(path, data)
            except PassingError as error:
                wait = FIRST_WAIT * 2 ** (attempt - 1) * (1 - self._random.random() / 2)
                wait = wait if error.after is None else error.after
                over = attempt > self.settings.retries
                if over or wait > LONGEST_WAIT or self.stop.wait(wait):
                    asks = f", which asks to wait {wait:,.0f} s" if error.after is not None else ""
                    message = f"{error}{asks}; {attempt} attempts were made"
                    raise BackendError(message) from error

    def _take_turn(self) -> None:
        """Wait until a pause has passed since the last request of any thread began."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self.settings.pause
        if turn > now:
            self.stop.wait(turn - now)

    def _once(self, path: str, data: bytes | None) -> bytes:
        headers = {"Accept": "application/json", "User-Agent": "territorykit"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        if self.settings.key is not None:
            headers["Authorization"] = self.settings.key
        request = urllib.request.Request(self.settings.url + path, data, headers)  # noqa: S310 - http or https, see RoutingServer
        deadline = time.monotonic() + self.settings.timeout
        try:
            with self._opener.open(request, timeout=self.settings.timeout) as response:
                return _read(response, deadline)
        except urllib.error.HTTPError as error:
            with error:
                self._raise_for(error, deadline)
            raise
        except TimeoutError as error:
            message = f"no answer within {self.settings.timeout:g} s"
            raise PassingError(message) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                reason = f"no answer within {self.settings.timeout:g} s"
            message = f"no connection, or it broke off ({reason})"
            raise PassingError(message) from error

    def _raise_for(self, error: urllib.error.HTTPError, deadline: float) -> None:
        """Say what an answer other than 200 means."""
        try:
            content = self._without_key(_read(error, deadline))
        except (OSError, http.client.HTTPException, BackendError):
            content = b""
        status, message = error.code, f"it answers {error.code}: {said(content)}"
        if status == TOO_MANY_REQUESTS or status >= SERVER_FAULT:
            raise PassingError(message, _after(error.headers.get("Retry-After")))
        if MOVED <= status < REFUSED:
            message = f"it answers {status}: the service is elsewhere; pass its address as url="
        try:
            code = code_of(parsed(content))
        except BackendError:
            code = None
        if code in self.engine.apart | self.engine.far:
            raise RefusedError(message, far=code in self.engine.far)
        raise BackendError(message)

    def _without_key(self, content: bytes) -> bytes:
        """What a server says, should it send the key back."""
        return content.replace(self.settings.key.encode(), b"***") if self.settings.key else content


def _read(response: Any, deadline: float) -> bytes:  # noqa: ANN401 - what urllib opens
    """A whole answer, neither too long nor too slow."""
    parts, size = [], 0
    while part := response.read1(1 << 16):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            message = f"it answers more than {MOST_BYTES >> 20} MB"
            raise BackendError(message)
        if time.monotonic() > deadline:
            raise TimeoutError
    if getattr(response, "length", None):
        message = "the answer is not whole"
        raise ConnectionError(message)
    return b"".join(parts)


def _after(header: str | None) -> float | None:
    """Seconds that a server asks to wait: it gives a number or a date.

    Examples
    --------
    >>> _after("12"), _after("soon"), _after("Thu, 01 Jan 1970 00:00:00 GMT")
    (12.0, None, 0.0)
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header.strip()[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
