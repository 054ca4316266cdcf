"""A shift is found where there is one, named where it has a name, and never seen in scattered places."""

import pickle
import time
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import territorykit as tk
from territorykit.load import shift as module
from territorykit.load.locating import locate

SIDE = 0.02
WEST, SOUTH = 116.3, 39.8
CASES = {
    ("gcj02", "wgs84"): "the accounts look like gcj02: read them with crs='gcj02'",
    ("wgs84", "gcj02"): "the areas look like gcj02: read them with crs='gcj02'",
    ("bd09", "wgs84"): "the accounts look like bd09: read them with crs='bd09'",
    ("wgs84", "bd09"): "the areas look like bd09: read them with crs='bd09'",
    ("bd09", "gcj02"): "the accounts look like bd09: read them with crs='bd09'; "
    "the areas look like gcj02: read them with crs='gcj02'",
    ("gcj02", "bd09"): "the accounts look like gcj02: read them with crs='gcj02'; "
    "the areas look like bd09: read them with crs='bd09'",
}
METRE = 1 / 111_195


def beijing(system="wgs84", n=10):
    """Squares of about 2 km."""
    x, y = np.meshgrid(WEST + SIDE * np.arange(n), SOUTH + SIDE * np.arange(n))
    squares = shapely.box(x.ravel(), y.ravel(), x.ravel() + SIDE, y.ravel() + SIDE)
    areas = gpd.GeoDataFrame(index=range(n * n), geometry=squares, crs="EPSG:4326")
    return tk.convert_geometries(areas, "wgs84", system).set_crs("EPSG:4326") if system != "wgs84" else areas


def accounts(*, n=4000, system="wgs84", noise=0.0, vector=(0.0, 0.0), seed=0, part=1.0, column=10):
    """Accounts spread evenly over the squares, or over the eastern part of them, with their homes."""
    rng = np.random.default_rng(seed)
    span = SIDE * column
    lon, lat = WEST + span * (1 - part * rng.random(n)), SOUTH + span * rng.random(n)
    home = ((lat - SOUTH) / SIDE).astype(int) * column + ((lon - WEST) / SIDE).astype(int)
    lon, lat = tk.convert_coordinates(lon, lat, "wgs84", system)
    east, north = rng.normal(0, noise, (2, n)) + np.array(vector)[:, None]
    points = gpd.points_from_xy(lon + east * METRE / np.cos(np.radians(lat)), lat + north * METRE)
    return gpd.GeoDataFrame({"home": home, "calls": 1}, geometry=points, crs="EPSG:4326")


@pytest.mark.parametrize("home", ["home", None])
@pytest.mark.parametrize("case", CASES)
def test_each_conversion_is_named(case, home):
    shift = tk.check_shift(beijing(case[1]), accounts(system=case[0]), home)
    assert (shift.verdict, shift.conversion, shift.remedy) == ("shifted", case, CASES[case])
    assert shift.share_before < 0.98
    assert shift.share_after == pytest.approx(1, abs=0.005)  # long edges of areas do not bend with the shift
    true = np.subtract(*(tk.convert_coordinates(116.4, 39.9, "wgs84", system) for system in case)) / METRE
    assert shift.east == pytest.approx(true[0] * np.cos(np.radians(39.9)), abs=60)
    assert shift.north == pytest.approx(true[1], abs=60)
    assert "m too far" in str(shift)
    assert shift.remedy in str(shift)


@pytest.mark.parametrize("home", ["home", None])
@pytest.mark.parametrize("noise", [0, 30, 150, 400])
def test_scattered_places_are_no_shift(noise, home):
    shift = tk.check_shift(beijing(), accounts(noise=noise), home)
    assert shift.verdict == "aligned"
    assert (shift.east, shift.north, shift.conversion, shift.remedy) == (0, 0, None, "")
    assert shift.share_before == shift.share_after
    assert str(shift).startswith("aligned: ")


@pytest.mark.slow
@pytest.mark.parametrize("home", ["home", None])
def test_scattered_places_are_never_a_shift(home):
    """Whatever the noise and whatever part of the map has accounts, such as a strip along the coast."""
    for seed in range(16):
        for noise in (30, 200, 500, 1500):
            places = accounts(n=2000, noise=noise, seed=seed, part=[1.0, 0.5, 0.2, 0.1][seed % 4])
            assert tk.check_shift(beijing(), places, home).verdict != "shifted", (seed, noise)


@pytest.mark.parametrize("home", ["home", None])
def test_rounding_is_no_shift(home):
    places = accounts()
    lonlat = shapely.get_coordinates(places.geometry.values).round(2)
    places.geometry = gpd.points_from_xy(*lonlat.T, crs=places.crs)
    assert tk.check_shift(beijing(), places, home).verdict != "shifted"


def test_noise_hides_no_shift_where_homes_are_known():
    shift = tk.check_shift(beijing(), accounts(system="gcj02", noise=250), "home")
    assert (shift.verdict, shift.conversion) == ("shifted", ("gcj02", "wgs84"))
    assert shift.share_before < shift.share_after < 1


def test_wrong_homes_hide_no_shift():
    places = accounts(system="gcj02")
    rng = np.random.default_rng(1)
    places.loc[rng.random(len(places)) < 0.1, "home"] = 55
    shift = tk.check_shift(beijing(), places, "home")
    assert (shift.verdict, shift.conversion) == ("shifted", ("gcj02", "wgs84"))


def test_a_vector_without_a_name():
    shift = tk.check_shift(beijing(), accounts(vector=(-700, 350)), "home")
    assert (shift.verdict, shift.conversion) == ("shifted", None)
    assert shift.east == pytest.approx(-700, abs=60)
    assert shift.north == pytest.approx(350, abs=60)
    assert "700 m too far west" in str(shift).replace("680", "700").replace("720", "700")
    assert shift.remedy == "find out in which coordinate system each was made"


def test_a_vector_elsewhere_in_the_world():
    """In Germany no conversion moves anything, but homes still tell a shift; nothing else does."""
    areas, places = beijing().translate(-107, 9), accounts(vector=(500, 0))
    areas = gpd.GeoDataFrame(geometry=areas)
    places.geometry = places.translate(-107, 9)
    shift = tk.check_shift(areas, places, "home")
    assert (shift.verdict, shift.conversion) == ("shifted", None)
    assert shift.east == pytest.approx(500 * np.cos(np.radians(48.9)) / np.cos(np.radians(39.9)), abs=60)
    assert tk.check_shift(areas, places).verdict == "unclear"


def test_areas_in_metres():
    areas = beijing().to_crs("EPSG:32650")
    for home in ("home", None):
        assert tk.check_shift(areas, accounts(system="gcj02"), home).conversion == ("gcj02", "wgs84")


def test_systems_that_lead_nowhere():
    """A plan of a site without a place on Earth, and accounts beyond the reach of a projection."""
    site = 'LOCAL_CS["site",UNIT["metre",1]]'
    areas = gpd.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 10, 10)], crs=site)
    far = gpd.GeoDataFrame(index=range(30), geometry=gpd.points_from_xy(np.arange(20.0, 50), np.zeros(30)), crs=site)
    with pytest.warns(tk.TerritoryKitWarning, match="left out 30 accounts") as caught:
        tk.add_accounts(areas, far, outside="drop")
    assert len(caught) == 1
    with pytest.raises(
        tk.DataError, match="areas: site has no place on Earth; bring them to EPSG:4326 or a projection"
    ):
        tk.check_shift(areas, far)
    areas, places = beijing().to_crs("EPSG:32650"), accounts(system="gcj02").to_crs("EPSG:32650")
    places.loc[places.index[:50], "geometry"] = shapely.Point(1e9, 1e9)
    assert tk.check_shift(areas, places).conversion == ("gcj02", "wgs84")


def test_one_coast_does_not_tell():
    """Accounts in the east alone, scattered: any shift from the west would look alike."""
    shift = tk.check_shift(beijing(), accounts(n=600, noise=300, part=0.05))
    assert shift.verdict == "unclear"
    assert str(shift) == "unclear: the 600 accounts looked at do not tell a shift from none"


def test_too_few_do_not_tell():
    assert tk.check_shift(beijing(), accounts(n=15, system="gcj02")).verdict == "unclear"
    assert tk.check_shift(beijing(), accounts(n=15, system="gcj02"), "home").verdict == "unclear"


def test_regions():
    """Beijing's squares moved to Hong Kong, where a conversion moves only what is named."""
    areas = gpd.GeoDataFrame(geometry=beijing(n=5).translate(-2.2, -17.45))
    lonlat = shapely.get_coordinates(accounts(column=5).translate(-2.2, -17.45).values)
    moved = tk.convert_coordinates(*lonlat.T, "wgs84", "gcj02", shifted_regions="hong kong")
    places = gpd.GeoDataFrame({"home": accounts(column=5)["home"]}, geometry=gpd.points_from_xy(*moved), crs=areas.crs)
    assert tk.check_shift(areas, places).verdict == "unclear"
    shift = tk.check_shift(areas, places, "home", shifted_regions=["hong kong"])
    assert (shift.verdict, shift.conversion) == ("shifted", ("gcj02", "wgs84"))


def test_homes_may_be_missing_but_not_wrong():
    places = accounts(system="gcj02")
    places["home"] = places["home"].astype("Int64").mask(places.index < 1000)
    shift = tk.check_shift(beijing(), places, "home")
    assert (shift.verdict, shift.n_accounts) == ("shifted", 3000)
    with pytest.raises(tk.DataError, match="values of 'home' are no areas: '1', '2'; ids of accounts' homes and of"):
        tk.check_shift(beijing(), places.iloc[:2].assign(home=["1", "2"]), "home")
    with pytest.raises(tk.DataError, match="the column 'home' is empty; name the column with the area of each account"):
        tk.check_shift(beijing(), places.iloc[:2].assign(home=None), "home")
    with pytest.raises(tk.DataError, match=r"the accounts have no column 'area'; the columns are 'home', 'calls'"):
        tk.check_shift(beijing(), places, "area")


def test_wrong_inputs_all_at_once():
    twice = beijing().set_index(pd.Index([1] * 100))
    with pytest.raises(tk.DataError) as error:
        tk.check_shift(twice, accounts().set_crs(None, allow_override=True), shifted_regions=["tibet"])
    for text in ("areas: 1 ids are used more", "accounts: the coordinate system is not stated", "names 'tibet'"):
        assert text in str(error.value)


def test_nothing_is_changed():
    areas, places = beijing(), accounts(system="gcj02")
    before = areas.copy(deep=True), places.copy(deep=True)
    shift = tk.check_shift(areas, places, "home")
    pd.testing.assert_frame_equal(areas, before[0])
    pd.testing.assert_frame_equal(places, before[1])
    assert pickle.loads(pickle.dumps(shift)) == shift


def test_adding_accounts_warns_of_a_shift():
    message = (
        r"areas and accounts look shifted against each other: the accounts lie 5\d\d m too far east and 1\d\d m too "
        r"far north of the areas: 9\d\.\d% of [\d,]+ looked at lie in their areas, 100.0% with the shift undone; the "
        "accounts look like gcj02: read them with crs='gcj02'"
    )
    with pytest.warns(tk.TerritoryKitWarning, match=message) as caught:
        added = tk.add_accounts(beijing(), accounts(system="gcj02"), sum="calls", outside="nearest")
    assert added["calls"].sum() == 4000
    assert caught[0].filename == __file__
    with pytest.warns(tk.TerritoryKitWarning, match=message), pytest.raises(tk.DataError, match="lie in no area"):
        tk.add_accounts(beijing(), accounts(system="gcj02"), sum="calls")


def test_adding_scattered_accounts_warns_of_nothing():
    for noise in (30, 400):
        places = accounts(noise=noise, seed=3)
        assert tk.add_accounts(beijing(), places, sum="calls", outside="nearest")["calls"].sum() == 4000
    tk.add_accounts(beijing(), accounts(n=300, noise=300, part=0.05), outside="nearest")


def test_only_a_sample_is_looked_at(monkeypatch):
    places, seen = accounts(n=30_000, system="gcj02"), []
    covered = module._Field.covered
    monkeypatch.setattr(
        module._Field, "covered", lambda self, *args: seen.append(self.lonlat.shape[1]) or covered(self, *args)
    )
    assert tk.check_shift(beijing(), places).verdict == "shifted"
    assert max(seen) <= 12_000


@pytest.fixture(scope="module")
def districts(shared_data):
    areas = gpd.read_parquet(shared_data / "china" / "china_districts_fastgeocn.parquet").set_index("adcode")
    areas.geometry = [
        shapely.MultiPolygon([part for one in shapely.get_parts(shape) for part in shapely.get_parts(one) if part.area])
        for shape in areas.geometry.make_valid()
    ]
    return areas[["geometry"]].to_crs("EPSG:4326")


@pytest.fixture(scope="module")
def places(shared_data, districts):
    """Places of GeoNames in China, each with the district in which it lies."""
    table = pd.read_parquet(shared_data / "geonames_cities500" / "cities500.parquet")
    table = table[table["country"] == "CN"].reset_index(drop=True)
    home = locate(districts.geometry.to_numpy(), shapely.points(table["lon"], table["lat"]))
    table["home"] = districts.index.to_numpy()[home]
    return table[home >= 0]


def as_points(table, lon, lat):
    return gpd.GeoDataFrame({"home": table["home"]}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


@pytest.mark.slow
def test_real_places_and_districts(districts, places):
    lon, lat = places["lon"].to_numpy(), places["lat"].to_numpy()
    assert tk.check_shift(districts, as_points(places, lon, lat), "home").verdict == "aligned"
    assert tk.check_shift(districts, as_points(places, lon.round(2), lat.round(2)), "home").verdict == "aligned"
    rng = np.random.default_rng(0)
    for noise in (100, 300, 1000):
        east, north = rng.normal(0, noise * METRE, (2, len(lon)))
        scattered = as_points(places, lon + east / np.cos(np.radians(lat)), lat + north)
        assert tk.check_shift(districts, scattered, "home").verdict != "shifted"
        assert tk.check_shift(districts, scattered).verdict != "shifted"
    for system in ("gcj02", "bd09"):
        shifted = as_points(places, *tk.convert_coordinates(lon, lat, "wgs84", system))
        assert tk.check_shift(districts, shifted, "home").conversion == (system, "wgs84")
    amap = tk.convert_geometries(districts, "wgs84", "gcj02").set_crs("EPSG:4326")
    assert tk.check_shift(amap, as_points(places, lon, lat), "home").conversion == ("wgs84", "gcj02")


@pytest.mark.slow
@pytest.mark.parametrize("province", ["31", "33", "37", "44", "61"])
def test_real_provinces_without_homes(districts, province):
    areas = districts[districts.index.str[:2] == province]
    west, south, east, north = areas.total_bounds
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(west, east, 120_000), rng.uniform(south, north, 120_000)
    inside = locate(areas.geometry.to_numpy(), shapely.points(lon, lat)) >= 0
    lon, lat = lon[inside][:20_000], lat[inside][:20_000]
    table = pd.DataFrame({"home": np.zeros(len(lon), int)})
    for system in ("gcj02", "bd09"):
        shifted = as_points(table, *tk.convert_coordinates(lon, lat, "wgs84", system))
        assert tk.check_shift(areas, shifted).conversion == (system, "wgs84")
    for noise in (0, 100, 300, 1000):
        x, y = rng.normal(0, noise * METRE, (2, len(lon)))
        scattered = as_points(table, lon + x / np.cos(np.radians(lat)), lat + y)
        assert tk.check_shift(areas, scattered).verdict != "shifted"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        tk.add_accounts(areas, as_points(table, lon.round(2), lat.round(2)), outside="nearest")
    assert not caught
    assert time.perf_counter() - start < 20
