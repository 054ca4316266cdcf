"""What routing engines are asked and what they answer: OSRM, Valhalla and openrouteservice."""

import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from territorykit._arrays import Floats
from territorykit.errors import BackendError

SECONDS, MILE = 60.0, 1609.344
SHOWN_TEXT = 200
"""Characters of what a server says that a message shows."""


class Request(NamedTuple):
    """What is sent: a path behind the address of the server, and a body where it is posted."""

    path: str
    body: dict[str, Any] | None = None


class Answer(NamedTuple):
    """What an engine says about all pairs of some origins and destinations."""

    minutes: Floats
    """Shape (n_origins, n_destinations), NaN where there is no way."""
    metres: Floats
    """The same, NaN where there is no way or the engine gives no distances."""
    snapped: Floats
    """Shape (n_destinations, 2): where destinations are on the streets, WGS 84 degrees, longitude first; infinite
    where they are not on any, NaN where the engine does not say."""


class Engine(NamedTuple):
    """How one kind of server is spoken to."""

    profile: str
    """How one travels unless the user says otherwise."""
    pairs: int
    """Origins times destinations that it takes at a time as it is delivered."""
    counts_places: bool
    """Whether its limit is one on origins plus destinations, twice the root of `pairs`."""
    request: Callable[[str, Floats, Floats, bool], Request]
    """Profile, origins, destinations, and whether the answer must say where they are on the streets."""
    answer: Callable[[dict[str, Any], tuple[int, int]], Answer]
    """Parsed answer, and how many origins and destinations were asked."""
    apart: frozenset[object]
    """Codes of errors that some of the places cause: they are not on the map or in parts that are not connected."""
    far: frozenset[object] = frozenset()
    """Codes of errors that places too far from each other cause."""


def largest_block(engine: Engine, pairs: int, n_origins: int) -> int:
    """How many destinations may be asked together with so many origins.

    Examples
    --------
    >>> largest_block(ENGINES["osrm"], 2500, 10), largest_block(ENGINES["valhalla"], 2500, 10)
    (90, 250)
    """
    most = 2 * math.isqrt(pairs) - n_origins if engine.counts_places else pairs // n_origins
    return max(1, most)


def _osrm_request(profile: str, start: Floats, end: Floats, snapped: bool) -> Request:  # noqa: ARG001, FBT001 - it always says
    points = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in np.concatenate([start, end]).tolist())
    origins = ";".join(map(str, range(len(start))))
    destinations = ";".join(map(str, range(len(start), len(start) + len(end))))
    return Request(
        f"/table/v1/{profile}/{points}?sources={origins}&destinations={destinations}"
        "&annotations=duration,distance&generate_hints=false"
    )


def _osrm_answer(body: dict[str, Any], shape: tuple[int, int]) -> Answer:
    if body.get("code") != "Ok":
        message = f"it answers code {shorten(body.get('code'))}: {said(body)}"
        raise BackendError(message)
    points = body.get("destinations")
    where = [_get(point, "location") for point in points] if isinstance(points, list) else None
    return _answer((body.get("durations"), body.get("distances"), where), shape, 1.0)


def _valhalla_request(profile: str, start: Floats, end: Floats, snapped: bool) -> Request:  # noqa: FBT001
    places = [[{"lon": lon, "lat": lat} for lon, lat in ends.round(6).tolist()] for ends in (start, end)]
    body = {"sources": places[0], "targets": places[1], "costing": profile, "units": "kilometers", "verbose": snapped}
    return Request("/sources_to_targets", body)


def _valhalla_answer(body: dict[str, Any], shape: tuple[int, int]) -> Answer:
    table = body.get("sources_to_targets")
    if isinstance(table, dict):
        minutes, metres = table.get("durations"), table.get("distances")
    elif isinstance(table, list):
        rows = [row if isinstance(row, list) else [row] for row in table]
        minutes, metres = ([[_get(pair, name) for pair in row] for row in rows] for name in ("time", "distance"))
    else:
        message = f"it answers without sources_to_targets: {said(body)}"
        raise BackendError(message)
    points = body.get("targets")
    points = points[0] if isinstance(points, list) and points and isinstance(points[0], list) else points
    where = [(_get(point, "lon"), _get(point, "lat")) for point in points] if isinstance(points, list) else None
    in_miles = body.get("units") in ("miles", "mi")
    return _answer((minutes, metres, where), shape, MILE if in_miles else 1000.0)


def _ors_request(profile: str, start: Floats, end: Floats, snapped: bool) -> Request:  # noqa: ARG001, FBT001 - it always says
    n = len(start)
    body = {
        "locations": np.concatenate([start, end]).round(6).tolist(),
        "sources": list(range(n)),
        "destinations": list(range(n, n + len(end))),
        "metrics": ["duration", "distance"],
        "units": "m",
    }
    return Request(f"/v2/matrix/{profile}", body)


def _ors_answer(body: dict[str, Any], shape: tuple[int, int]) -> Answer:
    points = body.get("destinations")
    where = None
    if isinstance(points, list):
        where = [(math.inf, math.inf) if point is None else _get(point, "location") for point in points]
    return _answer((body.get("durations"), body.get("distances"), where), shape, 1.0)


def _get(item: object, name: str) -> Any:  # noqa: ANN401 - whatever a server sends
    return item.get(name) if isinstance(item, dict) else None


def _answer(parts: tuple[Any, Any, Any], shape: tuple[int, int], per_metre: float) -> Answer:
    minutes, metres, where = parts
    if minutes is None:
        message = "it answers without times"
        raise BackendError(message)
    return Answer(
        _grid(minutes, shape, "times") / SECONDS,
        np.full(shape, np.nan) if metres is None else _grid(metres, shape, "distances") * per_metre,
        _points(where, shape[1]),
    )


def _grid(rows: Any, shape: tuple[int, int], what: str) -> Floats:  # noqa: ANN401
    """A matrix that a server sent, NaN where it says null; anything else but numbers from 0 raises."""
    lengths = [len(row) if isinstance(row, list) else -1 for row in rows] if isinstance(rows, list) else []
    if lengths != [shape[1]] * shape[0]:
        message = f"{shape[0]} by {shape[1]} {what} were asked, and it answers a matrix of another shape"
        raise BackendError(message)
    values = [value for row in rows for value in row]
    for value in values:
        if value is not None and (type(value) not in (int, float) or not 0 <= value < math.inf):
            message = f"among the {what} it answers is {shorten(value)}"
            raise BackendError(message)
    try:
        flat = np.array([math.nan if value is None else float(value) for value in values], np.float64)
    except OverflowError as error:
        message = f"among the {what} it answers is a number beyond all measure"
        raise BackendError(message) from error
    return flat.reshape(shape)


def _points(where: Any, n: int) -> Floats:  # noqa: ANN401
    """Snapped points, as far as they are told."""
    found = np.full((n, 2), np.nan)
    if isinstance(where, list) and len(where) == n:
        for i, point in enumerate(where):
            pair = point if isinstance(point, list | tuple) else ()
            if len(pair) == 2 and all(type(value) in (int, float) for value in pair):  # noqa: PLR2004
                found[i] = [max(-1e9, min(1e9, value)) if abs(value) != math.inf else value for value in pair]
    return found


def said(body: object) -> str:
    """What a server says about an error, shortened to one line.

    Examples
    --------
    >>> said({"message": "Too many table coordinates", "code": "TooBig"})
    'Too many table coordinates'
    >>> said({"error": {"code": 6004, "message": "Only a total of 3500 routes are allowed."}})
    'Only a total of 3500 routes are allowed.'
    """
    if isinstance(body, bytes):
        try:
            body = parsed(body)
        except BackendError:
            body = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
    if isinstance(body, dict):
        error = body.get("error")
        inner = error.get("message") if isinstance(error, dict) else error
        body = next((text for text in (inner, body.get("message")) if isinstance(text, str)), json.dumps(body))
    text = " ".join("".join(c if c.isprintable() else " " for c in str(body)).split())
    return shorten(text, bare=True) or "nothing"


def code_of(body: object) -> object:
    """The code that a server gives an error, or None."""
    error = _get(body, "error")
    found = next(
        (c for c in (_get(body, "error_code"), _get(error, "code"), _get(body, "code")) if c is not None), None
    )
    return found if isinstance(found, str | int) else None


def parsed(content: bytes) -> dict[str, Any]:
    """JSON as a mapping; anything else raises."""
    try:
        body = json.loads(content, parse_constant=lambda name: name)  # NaN stays a text, which is no number
    except (ValueError, RecursionError) as error:
        text = content[: 2 * SHOWN_TEXT].decode("utf-8", "replace")
        message = f"it answers what is no JSON: {shorten(text)}"
        raise BackendError(message) from error
    if not isinstance(body, dict):
        message = f"it answers JSON of another kind: {shorten(body)}"
        raise BackendError(message)
    return body


def shorten(value: object, *, bare: bool = False) -> str:
    """Any value on one line of limited length."""
    text = value if bare and isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 3] + "..."


ENGINES = {
    "osrm": Engine("driving", 2500, True, _osrm_request, _osrm_answer, frozenset(["NoSegment"])),  # noqa: FBT003
    "valhalla": Engine(
        "auto", 2500, False, _valhalla_request, _valhalla_answer, frozenset([170, 171, 442]), frozenset([154])  # noqa: FBT003
    ),
    "openrouteservice": Engine("driving-car", 3500, False, _ors_request, _ors_answer, frozenset([6010])),  # noqa: FBT003
}  # fmt: skip
