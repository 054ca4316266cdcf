"""Where Chinese coordinates are shifted: outlines of the mainland, Hong Kong, Macao and Taiwan."""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely

from territorykit._arrays import Bools, Floats
from territorykit.errors import Problems, listing

MAINLAND = "mainland"
REGIONS = ("hong kong", "macao", "taiwan")
"""Regions beside the mainland, where maps differ."""
SPELLINGS = {"hongkong": "hong kong", "macau": "macao"}


def regions(names: str | Iterable[str], problems: Problems) -> tuple[str, ...]:
    """The named regions as they are written here; what is unknown is put on the list.

    Examples
    --------
    >>> regions(["Hong Kong", "Macau"], Problems("coordinates"))
    ('hong kong', 'macao')
    """
    given = list(names) if isinstance(names, Iterable) and not isinstance(names, str) else [names]
    plain = [SPELLINGS.get(str(name).strip().lower(), str(name).strip().lower()) for name in given]
    unknown = [name for name, known in zip(given, plain, strict=True) if known not in REGIONS]
    if unknown:
        problems.add(
            f"shifted_regions names {listing(unknown)}",
            f"it takes {', '.join(map(repr, REGIONS))}; the mainland always counts",
        )
    return tuple(dict.fromkeys(name for name in plain if name in REGIONS))


def inside(lon: Floats, lat: Floats, also: Iterable[str] = ()) -> Bools:
    """Whether places lie in the mainland or in one of the regions named.

    On land the outlines are the borders that Natural Earth draws at 1:10m [1]_, simplified by up to 0.6 km: those that
    are in force, not those that are claimed. At sea they reach up to 50 km from the coast, as far as the coast of
    no neighbor is nearer. Half of the land border lies within 1.2 km of that on Chinese maps, nine tenths within
    3.5 km, disputed parts left out.

    Parameters
    ----------
    lon, lat
        Shape (n,): WGS 84 degrees. What is no number lies nowhere.
    also
        Regions beside the mainland: "hong kong", "macao", "taiwan".

    Returns
    -------
    ndarray of shape (n,)

    References
    ----------
    .. [1] Natural Earth, *Admin 0 - Countries*, 1:10m, version 4.1, https://www.naturalearthdata.com.

    Examples
    --------
    Beijing, Seoul and Hong Kong:

    >>> lon, lat = np.array([116.4, 127.0, 114.2]), np.array([39.9, 37.6, 22.3])
    >>> inside(lon, lat).tolist(), inside(lon, lat, ["hong kong"]).tolist()
    ([True, False, False], [True, False, True])
    """
    found = np.zeros(len(lon), bool)
    for name in (MAINLAND, *also):
        found |= shapely.contains_xy(_outlines()[name], lon, lat)
    return found


def bounds(also: Iterable[str] = ()) -> tuple[float, float, float, float]:
    """The box around the mainland and the regions named: west, south, east, north."""
    boxes = np.array([_outlines()[name].bounds for name in (MAINLAND, *also)])
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


@cache
def _outlines() -> dict[str, Any]:
    """Prepared polygons by region."""
    text = files("territorykit.data").joinpath("china_outline.json").read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    shapes = {one["properties"]["region"]: shapely.from_geojson(json.dumps(one["geometry"])) for one in features}
    shapely.prepare(list(shapes.values()))
    return shapes
