import logging
import math
from decimal import Decimal
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from load.maps import DEGREES, UTM, grid
from shapely import Point

import territorykit as tk
from territorykit.load import datasets

X0, Y0 = 500_000, 5_000_000


def accounts(places, crs=UTM, **columns):
    """Accounts "k0", "k1", ... at kilometres from the corner of the grid."""
    points = [Point(X0 + 1000 * x, Y0 + 1000 * y) for x, y in places]
    sales = [10.0 * (i + 1) for i in range(len(places))]
    data = {"sales": sales} | columns
    return gpd.GeoDataFrame(data, index=[f"k{i}" for i in range(len(places))], geometry=points, crs=crs)


def test_totals_by_hand():
    areas = grid(3)
    before = areas.copy()
    found = tk.add_accounts(areas, accounts([(0.5, 0.5), (2.5, 0.5), (0.1, 0.1)]), sum=["sales"])
    assert found["sales"].tolist() == [40, 0, 20]
    assert found["n_accounts"].tolist() == [2, 0, 1]
    assert found["account_ids"].tolist() == [("k0", "k2"), (), ("k1",)]
    assert areas.equals(before)


def test_whole_numbers_stay_whole():
    found = tk.add_accounts(grid(2), accounts([(0.5, 0.5), (0.6, 0.5)], visits=[2, 3]), sum="visits", count=None)
    assert found["visits"].tolist() == [5, 0]
    assert found["visits"].dtype == np.int64
    assert "n_accounts" not in found.columns


def test_an_account_on_a_border_lies_in_the_first_area():
    edge = accounts([(1, 0.5), (1, 1)])  # on a border, and on a corner of four
    assert tk.add_accounts(grid(2, 2), edge)["n_accounts"].tolist() == [2, 0, 0, 0]
    assert tk.add_accounts(grid(2, 2).iloc[::-1], edge)["n_accounts"].tolist() == [1, 0, 1, 0]


def test_accounts_come_to_the_system_of_the_areas():
    there = accounts([(0.5, 0.5), (1.5, 0.5)]).to_crs(DEGREES)
    assert tk.add_accounts(grid(2), there)["n_accounts"].tolist() == [1, 1]
    bare = there.set_crs(None, allow_override=True)
    with pytest.raises(tk.DataError, match="accounts: the coordinate system is not stated"):
        tk.add_accounts(grid(2), bare)


def test_accounts_outside_are_an_error_with_their_totals():
    with pytest.raises(tk.DataError, match=r"2 accounts lie in no area: 'k1', 'k2' \(with sales 50 of 60\)") as raised:
        tk.add_accounts(grid(2), accounts([(0.5, 0.5), (2.1, 0.5), (5, 5)]), sum=["sales"])
    assert "outside='nearest'" in str(raised.value)


def test_accounts_outside_go_to_the_nearest_area(caplog):
    outside = accounts([(0.5, 0.5), (2.3, 0.5), (-0.4, 0.5)])
    with caplog.at_level(logging.INFO, "territorykit"):
        found = tk.add_accounts(grid(2), outside, sum=["sales"], outside="nearest", max_distance=500)
    assert found["sales"].tolist() == [40, 20]
    assert "2 accounts outside every area go to the nearest, up to 400 m away: 'k1', 'k2'" in caplog.text
    with pytest.raises(tk.DataError, match=r"1 accounts lie farther than 350 m .* up to 400 m: 'k2'"):
        tk.add_accounts(grid(2), outside, outside="nearest", max_distance=350)


def test_distances_in_degrees_are_metres_too():
    areas = grid(1, crs=DEGREES, size=1.0, origin=(10.0, 60.0))
    east = gpd.GeoDataFrame(index=["k"], geometry=[Point(11.01, 60.5)], crs=DEGREES)  # 0.01 degree: about 549 m
    assert tk.add_accounts(areas, east, outside="nearest", max_distance=560)["n_accounts"].tolist() == [1]
    with pytest.raises(tk.DataError, match="farther than 540 m"):
        tk.add_accounts(areas, east, outside="nearest", max_distance=540)


def test_dropped_accounts_are_on_record():
    with pytest.warns(tk.TerritoryKitWarning, match=r"left out 1 accounts in no area: 'k1' \(with sales 20 of 30\)"):
        found = tk.add_accounts(grid(2), accounts([(0.5, 0.5), (9, 9)]), sum=["sales"], outside="drop")
    assert found["sales"].sum() == 10
    assert found["account_ids"].sum() == ("k0",)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan, 3.0], "column 'sales' of the accounts: 1 values are missing .NaN., at unit 'k1'"),
        ([1.0, -2.0, 3.0], "1 values are negative, at unit 'k1'"),
        ([1.0, np.inf, 3.0], "1 values are infinite, at unit 'k1'"),
        (["1", "2", None], "2 values are no numbers but '1', '2', at 'k0', 'k1'"),
    ],
)
def test_bad_values_name_the_accounts(values, message):
    with pytest.raises(tk.DataError, match=message):
        tk.add_accounts(grid(3), accounts([(0.5, 0.5)] * 3, sales=values), sum=["sales"])


def test_all_problems_at_once():
    bad = accounts([(0.5, 0.5)] * 2, sales=[np.nan, 1], visits=[-1, 1])
    with pytest.raises(tk.DataError) as raised:
        tk.add_accounts(grid(2), bad, sum=["sales", "visits", "work", "gone"], count="work", max_distance=-3)
    for part in (
        "columns are named twice: 'work'",
        "the areas have columns 'work' already",
        "no column 'gone'",
        "no column 'work'",
        "'sales' of the accounts: 1 values are missing",
        "'visits' of the accounts: 1 values are negative",
        "max_distance is given",
        "max_distance is -3",
    ):
        assert part in str(raised.value)


def test_wrong_settings_and_frames():
    with pytest.raises(tk.DataError, match="outside is 'ignore'"):
        tk.add_accounts(grid(2), accounts([(0.5, 0.5)]), outside="ignore")
    with pytest.raises(tk.DataError, match="'account_ids' is kept"):
        tk.add_accounts(grid(2), accounts([(0.5, 0.5)]), count="account_ids")
    with pytest.raises(tk.DataError, match=r"accounts is a list; pass a GeoDataFrame, as read_accounts makes it"):
        tk.add_accounts(grid(2), [])
    with pytest.raises(tk.DataError, match="accounts: 2 geometries are no points but Polygon"):
        tk.add_accounts(grid(2), grid(2))


def test_a_second_set_of_accounts_is_appended():
    areas = tk.add_accounts(grid(2), accounts([(0.5, 0.5)]), sum=["sales"])
    second = accounts([(1.5, 0.5), (0.2, 0.5)]).rename(index={"k0": "p0", "k1": "p1"})
    with pytest.raises(tk.DataError, match="the areas have columns 'n_accounts' already; rename or drop them, or set"):
        tk.add_accounts(areas, second)
    both = tk.add_accounts(areas, second, count="n_prospects")
    assert both["account_ids"].tolist() == [("k0", "p1"), ("p0",)]
    assert both["n_prospects"].tolist() == [1, 1]
    graph = tk.unit_graph(both, activities=["n_accounts", "n_prospects"])
    assert graph.account_ids.tolist() == ["k0", "p1", "p0"]
    assert graph.account_units.tolist() == [0, 0, 1]
    with pytest.raises(tk.DataError, match="accounts were added before: 'k0'"):
        tk.add_accounts(areas, accounts([(1.5, 0.5)]), count="again")


def test_no_accounts():
    with pytest.raises(tk.DataError, match="accounts: there are no rows"):
        tk.add_accounts(grid(2), accounts([]), sum=["sales"])


def test_totals_that_cannot_be_kept():
    vast = accounts([(0.5, 0.5), (0.6, 0.5)], sales=np.array([2**62, 2**62]))
    with pytest.raises(tk.DataError, match="the total of 'sales' changed from"):
        tk.add_accounts(grid(2), vast, sum=["sales"])


@given(
    st.lists(
        st.tuples(st.floats(0, 3), st.floats(0, 2), st.decimals(0, 10**9, places=2)),
        min_size=1,
        max_size=60,
    )
)
def test_totals_are_conserved_to_the_cent(rows):
    exact = sum((amount for _, _, amount in rows), Decimal())
    held = accounts([(x, y) for x, y, _ in rows], sales=[float(amount) for _, _, amount in rows])
    found = tk.add_accounts(grid(3, 2), held, sum=["sales"])
    assert abs(Decimal(math.fsum(found["sales"])) - exact) < Decimal("0.005")
    assert found["n_accounts"].sum() == len(rows)
    assert sorted(k for ids in found["account_ids"] for k in ids) == sorted(held.index)


def test_texas():
    areas = tk.add_accounts(
        datasets.texas_areas(), datasets.texas_accounts(), sum=["visits_per_year", "annual_revenue", "population"]
    )
    known = datasets.texas_accounts()
    assert (areas["n_accounts"] > 0).sum() == 194
    assert areas["annual_revenue"].sum() == known["annual_revenue"].sum()
    home = {account: fips for fips, held in areas["account_ids"].items() for account in held}
    assert home == known["county_fips"].to_dict()


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), min_size=1, max_size=30), st.permutations(range(6)))
def test_each_account_lies_in_the_first_of_its_areas(places, order):
    """Places at every half of a cell: inside, on borders and at corners."""
    areas = grid(3, 2).iloc[list(order)]
    held = accounts([(x / 2, y / 2) for x, y in places])
    found = tk.add_accounts(areas, held, sum=["sales"])
    home = {account: area for area, ids in found["account_ids"].items() for account in ids}
    for account, point in held.geometry.items():
        assert home[account] == areas.index[areas.intersects(point)][0]


def test_a_second_set_with_ids_of_another_kind():
    areas = tk.add_accounts(grid(2), accounts([(0.5, 0.5)]))
    numbers = accounts([(0.5, 0.5), (1.5, 0.5)]).set_axis([1, 2])
    with pytest.raises(tk.DataError, match="ids are of type int, str; make all of them texts, or all whole numbers"):
        tk.add_accounts(areas, numbers, count="n_prospects")


@pytest.mark.slow
def test_a_million_accounts_on_35672_areas(shared_data):
    """Cents are added as whole numbers, apart from the library, and compared area by area."""
    areas = tk.read_areas(shared_data / "ew_lsoa21" / "ew_lsoa21.parquet", id="lsoa21_code")
    rng = np.random.default_rng(0)
    home = rng.integers(0, len(areas), 1_000_000)
    inside = areas.geometry.representative_point().to_numpy()[home]
    cents = rng.integers(0, 100_000_000, len(inside))
    ids = [f"k{i}" for i in range(len(inside))]
    held = gpd.GeoDataFrame({"revenue": cents / 100}, index=ids, geometry=inside, crs=areas.crs)
    found = tk.add_accounts(areas, held, sum=["revenue"])
    assert found["n_accounts"].sum() == 1_000_000
    known = np.zeros(len(areas), np.int64)
    np.add.at(known, home, cents)
    exact = [Fraction(total) * 100 for total in found["revenue"].tolist()]
    assert [round(total) for total in exact] == known.tolist()
    assert max(abs(a - b) for a, b in zip(exact, known.tolist(), strict=True)) < 0.01  # of a cent
    assert round(sum(exact)) == int(cents.sum())
