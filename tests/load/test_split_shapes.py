"""Splitting areas of every shape: what must hold whatever they look like."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from load.maps import DEGREES, UTM, frame, mosaics
from load.splitting import accounts, check_split
from shapely import Polygon, box

import territorykit as tk
from territorykit.load.account_cells import account_cells
from territorykit.load.bisection import Places, divide
from territorykit.load.islands import pieces
from territorykit.load.shares import share_out

U_SHAPE = Polygon([(0, 0), (30, 0), (30, 40), (20, 40), (20, 10), (10, 10), (10, 40), (0, 40)])
RING = box(0, 0, 40, 40).difference(box(10, 10, 30, 30))
SLIVER = Polygon([(0, 0), (40, 0), (40, 0.001), (0, 0.001)])
ISLANDS = shapely.union_all([box(0, 0, 20, 20), box(25, 0, 30, 5), box(25, 10, 30, 15), box(60, 0, 61, 1)])
COMB = shapely.union_all([box(0, 0, 40, 4), *(box(x, 0, x + 4, 40) for x in (0, 12, 24, 36))])
SHAPES = {"U": U_SHAPE, "ring": RING, "sliver": SLIVER, "islands": ISLANDS, "comb": COMB}


def scattered(shape, n, seed):
    rng = np.random.default_rng(seed)
    low, high = np.array(shape.bounds[:2]), np.array(shape.bounds[2:])
    places = low + rng.random((40 * n + 1000, 2)) * (high - low)
    return places[shapely.contains_xy(shape, *places.T)][:n]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("crs", [UTM, DEGREES])
@pytest.mark.parametrize("parts", [2, 5])
def test_hostile_shapes(name, crs, parts):
    areas = frame([SHAPES[name]], crs=crs, visits=97)
    places = scattered(SHAPES[name], 80, parts)
    weights = 1 + np.random.default_rng(1).pareto(2.0, len(places))
    split = tk.split_units(
        areas, accounts(places, crs=crs, work=weights), ["a"], activities=["work", "visits"], parts=parts
    )
    check_split(areas, split)
    assert len(split.areas) == parts
    assert min(split.cuts[0].n_accounts) > 0
    assert sum(split.cuts[0].n_accounts) == len(places)


def test_a_u_is_cut_at_its_bottom_and_not_across_its_legs():
    places = [(x, y) for x in (2, 5, 8, 22, 25, 28) for y in (15, 20, 25, 30, 38)]
    areas = frame([U_SHAPE])
    split = tk.split_units(areas, accounts(places), ["a"], activities=["work"], parts=2)
    check_split(areas, split)
    assert split.cuts[0].n_accounts == (15, 15)
    assert split.areas.geometry.bounds["miny"].tolist() == [0, 0]


def test_an_island_without_accounts_goes_whole_to_the_nearest():
    areas = frame([ISLANDS])
    found = accounts([(2, 5), (2, 15), (18, 5), (18, 15)])
    split = tk.split_units(areas, found, ["a"], activities=["work"], parts=2)
    check_split(areas, split)
    pieces = [box(25, 0, 30, 5), box(25, 10, 30, 15), box(60, 0, 61, 1)]
    for piece in pieces:
        assert sum(bool(part.covers(piece)) for part in split.areas.geometry) == 1
    assert split.areas.geometry.iloc[1].covers(pieces[2])  # the eastern part


def test_accounts_on_one_line():
    areas = frame([box(0, 0, 100, 10)])
    found = accounts([(x, x / 10) for x in range(5, 100, 10)])
    split = tk.split_units(areas, found, ["a"], activities=["work"], limits={"work": 0.25})
    check_split(areas, split)
    assert len(split.areas) == 5
    assert split.cuts[0].n_accounts == (2, 2, 2, 2, 2)


def test_accounts_on_the_outline_and_its_corners():
    areas = frame([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    found = accounts([(0, 0), (10, 0), (10, 10), (0, 10), (5, 0), (10, 5)])
    split = tk.split_units(areas, found, ["a"], activities=["work"], parts=6)
    check_split(areas, split)
    assert split.cuts[0].n_accounts == (1,) * 6


@settings(deadline=None, max_examples=60)
@given(mosaics(), st.integers(0, 10_000), st.integers(2, 6))
def test_any_mosaic(shapes, seed, parts):
    """All areas are split, one after the other: they still fit each other, and nothing is lost."""
    rng = np.random.default_rng(seed)
    areas = frame(shapes, work=rng.random(len(shapes)), heads=rng.integers(0, 50, len(shapes)))
    places = np.concatenate([_inside(shape, 8, rng) for shape in shapes])
    found = accounts(places, work=rng.pareto(1.5, len(places)), heads=rng.integers(0, 9, len(places)))
    split = tk.split_units(areas, found, areas.index, activities=["work", "heads"], parts=parts)
    check_split(areas, split)
    assert len(split.areas) == parts * len(shapes)
    assert sum(sum(cut.n_accounts) for cut in split.cuts) == len(found)
    for cut in split.cuts:
        assert sum(cut.sizes["heads"]) == areas["heads"][cut.old]


def _inside(shape, n, rng):
    low, high = np.array(shape.bounds[:2]), np.array(shape.bounds[2:])
    places = low + rng.random((500, 2)) * (high - low)
    return places[shapely.contains_properly(shape, shapely.points(places))][:n]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 60), st.floats(0.05, 1.0))
def test_groups_are_connected_and_fit(seed, n, limit):
    """Every group is connected; one that does not fit holds a place that does not fit by itself."""
    rng = np.random.default_rng(seed)
    cells = account_cells(box(0, 0, 1, 1), rng.random((n, 2)), np.ones(2))
    loads = rng.pareto(1.5, (n, 2)) * 0.1 / limit
    group = divide(Places(cells.xy, cells.edges, cells.lengths, loads))
    inside = group[cells.edges[:, 0]] == group[cells.edges[:, 1]]
    assert pieces(n, cells.edges[inside]).max() == group.max()
    for k in range(group.max() + 1):
        members = loads[group == k]
        assert (members.sum(axis=0) <= 1 + 1e-9).all() or (members > 1 - 1e-9).any()


def test_cells_are_the_nearest_ground():
    """By hand: four accounts in the corners of a square have a quarter each and two neighbors each."""
    places = np.array([[1.0, 1.0], [9, 1], [1, 9], [9, 9]])
    cells = account_cells(box(0, 0, 10, 10), places, np.ones(2))
    assert shapely.area(cells.faces).tolist() == [25] * 4
    account_of = np.argsort(cells.cell_of_account)
    found = {
        tuple(sorted(account_of[edge].tolist())): metres
        for edge, metres in zip(cells.edges, cells.lengths, strict=True)
    }
    assert found == {(0, 1): 5, (0, 2): 5, (1, 3): 5, (2, 3): 5}
    rng = np.random.default_rng(0)
    places = rng.random((50, 2)) * 10
    cells = account_cells(box(0, 0, 10, 10), places, np.ones(2))
    for spot in rng.random((500, 2)) * 10:
        (face,) = np.flatnonzero(shapely.intersects_xy(cells.faces, *spot))
        assert cells.cell_of_face[face] == cells.cell_of_account[np.hypot(*(places - spot).T).argmin()]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_whole_numbers_are_shared_out_exactly(total, weights):
    shares = share_out(total, np.array(weights))
    assert sum(shares.tolist()) == total
    whole = sum(weights)
    assert all(
        abs(share * whole - total * weight) < whole for share, weight in zip(shares.tolist(), weights, strict=True)
    )


@given(st.floats(0, 1e12), st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=30))
def test_floats_are_shared_out_to_rounding(total, weights):
    shares = share_out(total, np.array(weights))
    assert sum(shares) == pytest.approx(total, rel=1e-12)
    assert shares == pytest.approx(total * np.array(weights) / sum(weights), rel=1e-9, abs=1e-300)
