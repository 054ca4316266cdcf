"""Reading accounts from Fxiaoke (纷享销客)."""

import math
import re
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._arrays import Objects, is_missing, objects
from territorykit.crm.account_columns import rename_columns
from territorykit.crm.fxiaoke_rows import Rows, open_rows
from territorykit.crm.kinds import check_kinds
from territorykit.crm.places import SUBJECT, Missing, placed
from territorykit.errors import DataError, Problems, listing

SEPARATOR = "#%$"
SYSTEMS = {"gcj02": "gcj02", "bd09": "bd09", "wgs84": "EPSG:4326"}
LABELS: dict[str, tuple[str, ...]] = {
    "name": ("客户名称",),
    "account_no": ("客户编号",),
    "account_type": ("客户分类",),
    "parent_account_id__r": ("上级客户",),
    "owner__r": ("负责人",),
    "data_own_department__r": ("归属部门",),
    "high_seas_id__r": ("所属公海",),
    "biz_status": ("分配状态",),
}
"""Fields and the labels that a tenant starts with. Exports write names where the interface has ids: ``owner__r``."""
DATES = (
    "create_time",
    "last_modified_time",
    "claimed_time",
    "returned_time",
    "expire_time",
    "owner_modified_time",
    "last_followed_time",
    "last_deal_closed_time",
)
REGIONS = ("country", "province", "city", "district")
HIGH_SEA = "in_high_sea"
_LON, _LAT, _ADDRESS = "location_lon", "location_lat", "location_address"
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_WHOLE = re.compile(r"\s*-?\d{1,15}\s*", re.ASCII)
_MOST_LON, _MOST_LAT = 180.0, 90.0
_EARLIEST, _LATEST = -62_135_596_800_000, 253_402_300_799_999
"""Milliseconds since 1970 at the start of the year 1 and at the end of 9999: what dates can hold."""


def read_accounts(
    source: Rows,
    *,
    crs: Literal["gcj02", "bd09", "wgs84"],
    regions: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    numbers: Iterable[str] = (),
    missing: Missing = "error",
    shifted_regions: str | Iterable[str] = (),
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Read accounts that Fxiaoke's query returned, or that were exported.

    Parameters
    ----------
    source
        Rows of AccountObj as dicts, whole responses, a DataFrame, or the path of a ``.json``, ``.jsonl``, CSV
        or Excel file. Fields go by their API names; a few labels are known for tables.
    crs
        System of the coordinates in ``location``. No readable text of the vendor says which it is, and
        the wrong one moves accounts by about 500 m: ask whoever runs the tenant. The result is in WGS 84.
    regions
        Option code to label, for ``country``, ``province``, ``city`` and ``district`` alike, as the
        object's description has them: fills ``province__r`` and its like where rows have none. The codes are
        Fxiaoke's own, not those of the national standard, and stay texts.
    columns
        Label to API name, for tables: tenants rename labels. The ids have no label that is known.
    numbers
        Fields to turn into numbers: the interface returns numbers as texts.
    missing
        Accounts without a location: "error" refuses them, "keep" keeps them without geometry, with a warning.
    shifted_regions
        As in `territorykit.read_accounts`, for "gcj02" and "bd09".
    encoding
        Encoding of a file that is not UTF-8.

    Returns
    -------
    GeoDataFrame
        One row per account, indexed by ``_id``, in EPSG:4326. All fields are kept. Times are UTC, ``owner``
        is one id, ``location_address`` is the third part of the location where it has one, and
        ``in_high_sea`` is true for accounts of a high sea (公海) that nobody owns.

    Raises
    ------
    DataError
        With all problems at once: ids that are missing or doubled; locations that are not "longitude#%$latitude"
        with or without an address, out of range, or that look swapped (only a latitude beyond 90 can tell);
        times that are no milliseconds; several owners; numbers that are none; codes without a label.

    Warns
    -----
    TerritoryKitWarning
        Where accounts without a place are kept, or responses say that there are more rows.

    Examples
    --------
    >>> rows = [
    ...     {"_id": "5a99", "name": "甲", "owner": ["1000"], "location": "121.4737#%$31.2304#%$上海市人民大道"},
    ...     {"_id": "5a9c", "name": "乙", "high_seas_id": "7", "location": "121.48#%$31.24"},
    ... ]
    >>> accounts = read_accounts(rows, crs="wgs84")
    >>> accounts["owner"].tolist(), accounts["in_high_sea"].tolist(), accounts.geometry.iloc[0].wkt
    (['1000', None], [False, True], 'POINT (121.4737 31.2304)')
    """
    problems = Problems(SUBJECT)
    check_kinds(SUBJECT, regions=(regions, Mapping | None), numbers=(numbers, Iterable))
    if not isinstance(crs, str) or crs not in SYSTEMS:
        problems.add(f"crs is {crs!r}", "say which it is: 'gcj02', 'bd09' or 'wgs84'")
    frame = rename_columns(open_rows(source, encoding, problems), LABELS, columns, problems, required=("_id",))
    if "_id" not in frame.columns:
        problems.raise_as(DataError)
    frame = frame.astype(dict.fromkeys(frame.columns, object))
    ids = objects(frame["_id"])
    frame = _with_owner(frame, ids, problems)
    frame = _with_regions(frame, regions or {}, problems)
    frame = _with_dates(frame, ids, problems)
    frame = _with_numbers(frame, list(numbers), ids, problems)
    frame = _with_location(frame, ids, problems)
    system = SYSTEMS[crs] if isinstance(crs, str) and crs in SYSTEMS else SYSTEMS["wgs84"]
    found = placed(frame, ("_id", _LON, _LAT), system, missing, problems, shifted_regions=shifted_regions)
    return found.drop(columns=[_LON, _LAT])


def _with_owner(frame: pd.DataFrame, ids: Objects, problems: Problems) -> pd.DataFrame:
    """One owner per account as a text, and which accounts of a high sea have none."""
    owners: list[Any] = []
    several: list[Any] = []
    for account, value in zip(ids, _column(frame, "owner"), strict=True):
        items = [item for item in (value if isinstance(value, list) else [value]) if not _none(item)]
        if len(items) > 1:
            several.append(account)
        owners.append(plain_text(items[0]) if items else None)
    strange = [i for i, value in zip(ids, _column(frame, "owner"), strict=True) if not _is_owner(value)]
    if strange:
        problems.add(
            f"{len(strange):,} accounts have owners that are no ids: {listing(strange)}", "pass texts or lists"
        )
    if several:
        problems.add(f"{len(several):,} accounts have several owners: {listing(several)}", "an account has one owner")
    if "owner" in frame.columns:
        frame = frame.assign(owner=pd.Series(owners, index=frame.index, dtype=object))
    seas = [not _none(value) for value in _column(frame, "high_seas_id")]
    alone = [owner is None for owner in owners]
    return frame.assign(**{HIGH_SEA: np.array(seas, bool) & np.array(alone, bool)})


def _is_owner(value: object) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(_none(item) or isinstance(item, str | Real) for item in items)


def _with_regions(frame: pd.DataFrame, regions: Mapping[str, str], problems: Problems) -> pd.DataFrame:
    """Codes as texts, and labels from the caller's table where the rows have none."""
    unknown: list[str] = []
    for name in REGIONS:
        if name not in frame.columns:
            continue
        codes = [None if _none(value) else plain_text(value) for value in frame[name]]
        frame = frame.assign(**{name: pd.Series(codes, index=frame.index, dtype=object)})
        if regions:
            given = _column(frame, f"{name}__r")
            pairs = list(zip(codes, given, strict=True))
            unknown += [str(code) for code, label in pairs if _none(label) and code and code not in regions]
            labels = [regions.get(code or "") if _none(label) else label for code, label in pairs]
            frame = frame.assign(**{f"{name}__r": pd.Series(labels, index=frame.index, dtype=object)})
    if unknown:
        problems.add(f"codes without a label: {listing(dict.fromkeys(unknown))}", "add them to regions=")
    return frame


def _with_dates(frame: pd.DataFrame, ids: Objects, problems: Problems) -> pd.DataFrame:
    """Milliseconds since 1970 as times; columns in which no entry is a number are left as they are."""
    for name in (name for name in DATES if name in frame.columns):
        texts = ["" if _none(value) else plain_text(value) for value in frame[name].tolist()]
        if any(texts) and not any(map(_WHOLE.fullmatch, texts)):
            continue
        found = [_milliseconds(text) for text in texts]
        wrong = np.array([one is None and text != "" for one, text in zip(found, texts, strict=True)], bool)
        if wrong.any():
            problems.add(
                f"{int(wrong.sum()):,} values of {name!r} are no milliseconds since 1970: {listing(ids[wrong])}",
                "pass all of a column as the interface returns them",
            )
        stamps = [np.datetime64("NaT" if one is None else one, "ms") for one in found]
        times = pd.Series(np.array(stamps, "datetime64[ms]"), index=frame.index)
        frame = frame.assign(**{name: times.dt.tz_localize("UTC")})
    return frame


def _milliseconds(text: str) -> int | None:
    """The number of a time that a date can hold; None where it is none."""
    number = int(text) if _WHOLE.fullmatch(text) else _LATEST + 1
    return number if _EARLIEST <= number <= _LATEST else None


def _with_numbers(frame: pd.DataFrame, names: list[str], ids: Objects, problems: Problems) -> pd.DataFrame:
    absent = [name for name in names if name not in frame.columns]
    if absent:
        problems.add(f"numbers= names fields that no row has: {listing(absent)}", "check the names")
    for name in (name for name in names if name in frame.columns):
        texts = ["" if _none(value) else str(value) for value in frame[name]]
        wrong = np.array([text != "" and not _is_number(text) for text in texts], bool)
        if wrong.any():
            problems.add(
                f"{int(wrong.sum()):,} values of {name!r} are no numbers: {listing(ids[wrong])}",
                "write them as 12.5, or leave the field out of numbers=",
            )
        values = [float(text) if text and not bad else np.nan for text, bad in zip(texts, wrong, strict=True)]
        frame = frame.assign(**{name: values})
    return frame


def _with_location(frame: pd.DataFrame, ids: Objects, problems: Problems) -> pd.DataFrame:
    """Longitude, latitude and address of each account."""
    found = [_place(value) for value in _column(frame, "location")]
    for what, remedy in _FAULTS.items():
        wrong = [f"{i}: {p.text}" for i, p in zip(ids, found, strict=True) if p.fault == what]
        if wrong:
            problems.add(f"{len(wrong):,} locations {what}: {listing(wrong)}", remedy)
    frame = frame.assign(**{_LON: [place.lon for place in found], _LAT: [place.lat for place in found]})
    addresses = [place.address for place in found]
    return frame.assign(**{_ADDRESS: pd.Series(addresses, index=frame.index, dtype=object)} if any(addresses) else {})


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


class _Place(NamedTuple):
    """What a location says; with a fault it is at 1, 1, where nothing else is wrong with it."""

    lon: float = 1.0
    lat: float = 1.0
    address: str | None = None
    fault: str = ""
    text: str = ""


_UNREADABLE, _SWAPPED, _OUTSIDE = _FAULTS = {
    "cannot be read": f"they are longitude{SEPARATOR}latitude, with or without an address after {SEPARATOR}",
    "look as if the latitude came first": "the longitude comes first: correct them",
    "are no degrees": "longitudes go to 180, latitudes to 90",
}


def _place(value: object) -> _Place:
    if _none(value):
        return _Place(math.nan, math.nan)
    text = str(value)
    parts = text.split(SEPARATOR, 2)
    if len(parts) == 1 or not all(_NUMBER.fullmatch(part) for part in parts[:2]):
        return _Place(fault=_UNREADABLE, text=text)
    lon, lat = map(float, parts[:2])
    if abs(lon) <= _MOST_LAT < abs(lat) <= _MOST_LON:
        return _Place(fault=_SWAPPED, text=text)
    if abs(lon) > _MOST_LON or abs(lat) > _MOST_LAT:
        return _Place(fault=_OUTSIDE, text=text)
    return _Place(lon, lat, "".join(parts[2:]) or None)


def _column(frame: pd.DataFrame, name: str) -> list[Any]:
    return frame[name].tolist() if name in frame.columns else [None] * len(frame)


def plain_text(value: object) -> str:
    """A code or an id as a text; tables that have gaps keep whole numbers as 1000.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _none(value: object) -> bool:
    return (isinstance(value, str) and not value.strip()) or (not isinstance(value, list) and is_missing(value))
