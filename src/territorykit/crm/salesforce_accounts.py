"""Reading accounts that were exported from Salesforce."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd

from territorykit.crm.account_columns import rename_columns
from territorykit.crm.places import SUBJECT, Missing, placed, with_texts
from territorykit.crm.salesforce_ids import full_ids
from territorykit.errors import DataError, Problems
from territorykit.load.formats.files import existing
from territorykit.load.formats.tables import read_table
from territorykit.load.inputs import Crs

PLACES = ("billing", "shipping")
_ADDRESS = {
    "Street": ("Street",),
    "City": ("City",),
    "State": ("State/Province", "State"),
    "PostalCode": ("Zip/Postal Code", "Postal Code", "Zip"),
    "Country": ("Country",),
    "Latitude": ("Latitude",),
    "Longitude": ("Longitude",),
    "GeocodeAccuracy": ("Geocode Accuracy",),
}
LABELS: dict[str, tuple[str, ...]] = {
    "Id": ("Account ID", "Record ID"),
    "Name": ("Account Name",),
    "OwnerId": ("Owner ID", "Account Owner ID"),
    "Owner.Name": ("Account Owner",),
    "ParentId": ("Parent Account ID",),
    "Parent.Name": ("Parent Account",),
    "AccountNumber": ("Account Number",),
    "Type": ("Account Type",),
    "Industry": (),
    "AnnualRevenue": ("Annual Revenue",),
    "NumberOfEmployees": ("Employees",),
    **{
        f"{place.title()}{field}": tuple(f"{place.title()} {label}" for label in labels)
        for place in PLACES
        for field, labels in _ADDRESS.items()
    },
}
"""API names of an account's fields and the labels that reports write for them."""
_NUMBERS = ("AnnualRevenue", "NumberOfEmployees", "Latitude", "Longitude")
_TEXTS = tuple(name for name in LABELS if not name.endswith(_NUMBERS))


def read_accounts(
    source: str | Path | pd.DataFrame,
    *,
    crs: Crs | None = None,
    place: Literal["billing", "shipping"] = "billing",
    columns: Mapping[str, str] | None = None,
    missing: Missing = "error",
    sheet: str | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Read accounts that were exported from Salesforce, by Data Loader or as a report.

    Columns get the names that the object has in the interface [1]_.

    Parameters
    ----------
    source
        Path of a CSV or Excel file, or a DataFrame, which is not changed. The columns have API names
        (``BillingLatitude``) or the labels of reports in English ("Billing Latitude").
    crs
        Coordinate system of the coordinates, such as "EPSG:4326". Salesforce does not say which it is, and
        coordinates may have been put in from elsewhere: the caller has to know.
    place
        Which address says where an account is.
    columns
        Label to API name, for labels that are not known: reports in other languages, custom fields.
    missing
        Accounts without coordinates: "error" refuses them, "keep" keeps them without geometry, with a
        warning.
    sheet
        Sheet of a workbook that has several.
    encoding
        Encoding of a CSV that is not UTF-8.

    Returns
    -------
    GeoDataFrame
        One row per account, indexed by ``Id`` in its form of 18 characters. All columns are kept; those of
        ids, names and addresses are texts.

    Raises
    ------
    DataError
        With all problems at once: ids that are missing, doubled, no ids or with a wrong checksum;
        coordinates that are missing, no numbers, out of range or swapped; columns that are not there.
        Ids that differ in case alone are different accounts.

    Warns
    -----
    TerritoryKitWarning
        Where accounts without a place are kept: how many, and which.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "Account ID": ["001M000000qfPyS"],
    ...         "Account Name": ["Ada"],
    ...         "Billing Latitude": [48.4],
    ...         "Billing Longitude": [10.0],
    ...     }
    ... )
    >>> accounts = read_accounts(table, crs="EPSG:4326")
    >>> accounts.index.tolist(), accounts.geometry.iloc[0].wkt
    (['001M000000qfPySIAU'], 'POINT (10 48.4)')

    References
    ----------
    .. [1] Salesforce, *Object Reference: Account*.
    """
    if place not in PLACES:
        message = f"place is {place!r}; pass 'billing' or 'shipping'"
        raise DataError(message)
    lon, lat = f"{place.title()}Longitude", f"{place.title()}Latitude"
    given, problems = _open(source, columns, sheet, encoding)
    frame = rename_columns(given, LABELS, columns, problems, required=_required(given, columns, lon, lat, missing))
    if "Id" not in frame.columns:
        problems.raise_as(DataError)
    frame = frame.assign(Id=full_ids(frame["Id"], problems, "ids"))
    return placed(frame, ("Id", lon, lat), crs, missing, problems)


def _required(
    given: pd.DataFrame, columns: Mapping[str, str] | None, lon: str, lat: str, missing: Missing
) -> tuple[str, ...]:
    """Coordinates may be left out together where accounts without them are kept."""
    there = rename_columns(given, LABELS, columns, Problems(SUBJECT)).columns
    return ("Id",) if missing == "keep" and lon not in there and lat not in there else ("Id", lon, lat)


def _open(
    source: str | Path | pd.DataFrame, columns: Mapping[str, str] | None, sheet: str | None, encoding: str | None
) -> tuple[pd.DataFrame, Problems]:
    if isinstance(source, pd.DataFrame):
        return pd.DataFrame(source), Problems(SUBJECT)
    path = existing(source)
    given = read_table(path, id="Id", sheet=sheet, encoding=encoding)
    names = rename_columns(given, LABELS, columns, Problems(SUBJECT)).columns
    texts = [str(label) for label, name in zip(given.columns, names, strict=True) if name in _TEXTS]
    return with_texts(given, texts, path, sheet=sheet, encoding=encoding), Problems(path.name)
