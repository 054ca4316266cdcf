"""Reading accounts that were exported from Zoho CRM."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from territorykit._arrays import Objects
from territorykit.crm.account_columns import rename_columns
from territorykit.crm.places import placed, with_texts
from territorykit.crm.zoho_labels import LABELS, NUMBERS
from territorykit.errors import DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.formats.files import existing
from territorykit.load.formats.tables import read_table
from territorykit.load.inputs import Crs, check_ids, plain_ids

PREFIX = "zcrm_"
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d+|\d+\.\d+", re.ASCII)
_DIGITS = re.compile(r"[1-9]\d*", re.ASCII)
_KEPT = 15
"""Digits that a spreadsheet keeps of a number; it writes zeros for the others."""
_WHOLE = 10**_KEPT


def read_accounts(
    source: str | Path | pd.DataFrame,
    *,
    lon: str | None = None,
    lat: str | None = None,
    crs: Crs | None = None,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read accounts that were exported from Zoho CRM.

    Columns get the names that fields have in the interface [1]_.

    Parameters
    ----------
    source
        Path of a CSV or Excel file, or a DataFrame, which is not changed. Headers are labels in English, old
        ("Billing City") or new ("Billing Address - City"), in Chinese or Japanese, or API names.
    lon, lat
        Columns with coordinates, where the organisation has them: there is no such standard field.
    crs
        Their coordinate system. Needed with them; it is never guessed.
    columns
        Label to API name, for labels that are not known. Other columns keep their labels.
    sheet
        Sheet of a workbook that has several.
    encoding
        Encoding of a CSV that is not UTF-8.

    Returns
    -------
    DataFrame or GeoDataFrame
        One row per account under API names, indexed by record id as text, without the ``zcrm_`` that exports
        put in front. With coordinates, a GeoDataFrame of points. Known fields are texts, except numbers of
        employees and revenues.

    Raises
    ------
    DataError
        With all problems at once: ids that are missing, doubled, no ids, or that a spreadsheet has rounded;
        two columns for one field; coordinates that are not there or wrong.
    BackendError
        If the file needs a package that is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"Record Id": ["zcrm_4150868000004318009"], "Billing Address - City": ["Chennai"]})
    >>> read_accounts(table)
                        Billing_City
    id
    4150868000004318009      Chennai

    References
    ----------
    .. [1] Zoho, *CRM API v8: Get Records*, https://www.zoho.com/crm/developer/docs/api/v8/get-records.html
    """
    given, subject = _open(source, columns, sheet, encoding)
    problems = Problems(subject)
    frame = rename_columns(given, LABELS, columns, problems, required=("id",))
    if "id" not in frame.columns:
        problems.raise_as(DataError)
    frame = frame.assign(**{name: _bare(frame[name]) for name in ("Owner.id", "Parent_Account.id") if name in frame})
    frame = frame.assign(id=_record_ids(frame["id"], problems))
    if lon is None and lat is None:
        return _without_places(frame, crs, problems)
    place = {str(label): str(name) for label, name in zip(given.columns, frame.columns, strict=True)}
    x, y = (place.get(column or "", column) for column in (lon, lat))
    for role, column in (("lon", x), ("lat", y)):
        if column not in frame.columns:
            problems.add(f"there is no column {column!r} for {role}=", f"the columns are {listing(frame.columns)}")
    if x is None or y is None or x not in frame.columns or y not in frame.columns:
        problems.raise_as(DataError)
    return placed(frame, ("id", str(x), str(y)), crs, "error", problems)


def _without_places(frame: pd.DataFrame, crs: Crs | None, problems: Problems) -> pd.DataFrame:
    if crs is not None:
        problems.add("crs= is given without coordinates", "name their columns in lon= and lat=, or leave crs= out")
    if not len(frame):
        problems.add("there are no accounts", "check the file")
    ids = plain_ids(frame["id"])
    check_ids(ids, problems)
    problems.raise_as(DataError)
    return frame.drop(columns="id").set_axis(pd.Index(ids.tolist(), name="id", dtype=object), axis=0)


def _open(
    source: str | Path | pd.DataFrame, columns: Mapping[str, str] | None, sheet: str | None, encoding: str | None
) -> tuple[pd.DataFrame, str]:
    if isinstance(source, pd.DataFrame):
        return pd.DataFrame(source), "accounts"
    path = existing(source)
    with warnings.catch_warnings():
        # Only the header counts here: which column holds the ids is not known before.
        warnings.simplefilter("ignore", TerritoryKitWarning)
        first = read_table(path, id="id", sheet=sheet, encoding=encoding)
    names = rename_columns(first, LABELS, columns, Problems(path.name)).columns.tolist()
    label = str(first.columns[names.index("id")]) if "id" in names else "id"
    given = read_table(path, id=label, sheet=sheet, encoding=encoding)
    texts = [
        str(label) for label, name in zip(given.columns, names, strict=True) if name in LABELS and name not in NUMBERS
    ]
    return with_texts(given, texts, path, sheet=sheet, encoding=encoding), path.name


def _bare(column: pd.Series) -> pd.Series:
    return column.map(lambda value: value.removeprefix(PREFIX) if isinstance(value, str) else value)


def _record_ids(column: pd.Series, problems: Problems) -> Objects:
    """Ids as texts of digits, those that a spreadsheet has rounded refused."""
    found = np.empty(len(column), object)
    spoiled, strange, long = [], [], []
    for i, (value, known) in enumerate(zip(column.tolist(), column.notna().tolist(), strict=True)):
        text = str(value).strip() if known else ""
        if not text:
            found[i] = None  # missing ids are told with the doubled ones
            continue
        found[i] = text.removeprefix(PREFIX)
        rounded = isinstance(value, float) and (value >= _WHOLE or not value.is_integer())
        if isinstance(value, float) and not rounded:
            found[i] = str(int(value))
        elif rounded or _SCIENTIFIC.fullmatch(text):
            spoiled.append(text)
        elif not _DIGITS.fullmatch(found[i]):
            strange.append(text)
        elif len(text) > _KEPT and text == found[i]:
            long.append(text)
    if long and not any(text[_KEPT:].strip("0") for text in long):
        spoiled += long
    if spoiled:
        problems.add(
            f"{len(spoiled):,} ids have lost digits in a spreadsheet: {listing(spoiled)}",
            "export again, and import the id column as text; or keep the zcrm_ in front of the ids",
        )
    if strange:
        problems.add(f"{len(strange):,} ids are no record ids: {listing(strange)}", "they are whole numbers")
    return found
