"""The Texas quick start that ships with the package.

Credits: county boundaries, U.S. Census Bureau by way of us-atlas, public domain; labor force 2009, U.S. Bureau
of Labor Statistics, public domain; accounts at populated places from GeoNames (https://www.geonames.org),
CC BY 4.0. The columns ``annual_revenue`` and ``visits_per_year`` of the accounts are synthetic.
"""

from importlib.resources import files
from pathlib import Path

import geopandas as gpd

from territorykit.errors import DataError
from territorykit.load.accounts import read_accounts
from territorykit.load.areas import read_areas

_SUFFIXES = (".csv", ".geojson", ".md")


def path(name: str) -> Path:
    """Path of a file that ships with the package.

    Parameters
    ----------
    name
        "texas_counties.geojson", "texas_accounts.csv" or "CREDITS.md".

    Raises
    ------
    DataError
        If there is no such file; the message lists what there is.

    Examples
    --------
    >>> path("texas_accounts.csv").name
    'texas_accounts.csv'
    """
    folder = Path(str(files("territorykit.data")))
    known = sorted(file.name for file in folder.iterdir() if file.suffix in _SUFFIXES)
    if name not in known:
        message = f"no file {name!r} ships with the package; there are {', '.join(map(repr, known))}"
        raise DataError(message)
    return folder / name


def texas_areas() -> gpd.GeoDataFrame:
    """The 254 counties of Texas, with name and labor force.

    Indexed by ``fips``, the county's code; columns ``name`` and ``labor_force_2009`` (persons), in degrees.

    Credits: boundaries, U.S. Census Bureau by way of us-atlas, public domain; labor force, U.S. Bureau of
    Labor Statistics, public domain.

    Examples
    --------
    >>> areas = texas_areas()
    >>> len(areas), areas.loc["48201", "name"]
    (254, 'Harris')
    """
    return read_areas(path("texas_counties.geojson"), id="fips")


def texas_accounts() -> gpd.GeoDataFrame:
    """638 accounts at populated places of Texas.

    Indexed by ``account_id``; columns ``name``, ``county_fips``, ``population`` (persons), and two that are
    synthetic and describe no real business: ``annual_revenue`` (USD per year) and ``visits_per_year``.

    Credits: places and population, GeoNames (https://www.geonames.org), CC BY 4.0; a work that shows them must
    credit GeoNames.

    Examples
    --------
    >>> accounts = texas_accounts()
    >>> len(accounts), accounts["county_fips"].iloc[0]
    (638, '48239')
    """
    accounts = read_accounts(path("texas_accounts.csv"), id="account_id", lon="lon", lat="lat", crs="EPSG:4326")
    return accounts.assign(county_fips=accounts["county_fips"].astype(str))  # a code, though it looks like a number
