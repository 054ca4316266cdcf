"""Large inputs, in seconds and against what is known: a million accounts, and figures brought to other areas.

    python -m benchmarks.data accounts         1,000,000 accounts into 35,672 areas, step by step, to the cent
    python -m benchmarks.data locating         ways to find the area of each, compared
    python -m benchmarks.data interpolation    census figures to authorities, hexagons and other small areas

Maps are those of `../shared/data`. The accounts are drawn with a fixed seed: areas by residents, places evenly
within them, revenues as whole cents up to a million. Seconds are those of the clock; those of the processor stand
beside them, as the clock says little on a busy machine.
"""

import math
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import territorykit as tk
from benchmarks.shared import Shared
from territorykit._arrays import along_curve
from territorykit.load.inputs import plain_ids
from territorykit.load.locating import NOWHERE, locate

ACCOUNTS = 1_000_000
CENTS = 100_000_000
HEXAGONS = 10_000
NUMBERS = ["annual_revenue", "visits_per_year"]


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a step takes."""
    clock, processor = time.perf_counter(), time.process_time()
    yield
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"{what:44s}{clock:7.2f} s{processor:8.2f} s of the processor", flush=True)


def small_areas() -> gpd.GeoDataFrame:
    """The 35,672 small areas of England and Wales."""
    return tk.read_areas(Shared().data("ew_lsoa21", "ew_lsoa21.parquet"), id="lsoa21_code")


def drawn_accounts(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """A table of accounts: places inside areas that are drawn by their residents, in random order."""
    rng = np.random.default_rng(1)
    residents = areas["residents_2021"].to_numpy(float)
    polygons = np.asarray(areas.geometry.values, object)
    home = rng.choice(len(areas), ACCOUNTS, p=residents / residents.sum())
    low, high = np.split(shapely.bounds(polygons), 2, axis=1)
    places, left = np.empty((ACCOUNTS, 2)), np.arange(ACCOUNTS)
    shapely.prepare(polygons)
    while len(left):
        box = home[left]
        at = (low[box] + rng.random((len(left), 2)) * (high[box] - low[box])).round(6)
        inside = shapely.intersects_xy(polygons[box], *at.T)
        places[left[inside]] = at[inside]
        left = left[~inside]
    return pd.DataFrame(
        {
            "account_id": [f"A{i:07d}" for i in range(ACCOUNTS)],
            "name": [f"Account {i}" for i in range(ACCOUNTS)],
            "lon": places[:, 0],
            "lat": places[:, 1],
            "annual_revenue": rng.integers(0, CENTS, ACCOUNTS) / 100,
            "visits_per_year": rng.integers(0, 53, ACCOUNTS),
        }
    )


def in_cents(values: pd.Series) -> list[int]:
    """Amounts as whole cents, exactly."""
    return [round(Fraction(value) * 100) for value in values.tolist()]


def different_cents(found: gpd.GeoDataFrame, accounts: gpd.GeoDataFrame) -> int:
    """In how many areas the sum differs, by even a cent, from that of whole cents over its account ids."""
    revenue = dict(zip(accounts.index, in_cents(accounts["annual_revenue"]), strict=True))
    known = [sum(revenue.pop(account) for account in held) for held in found["account_ids"]]
    if revenue:
        message = f"{len(revenue):,} accounts are in no area"
        raise SystemExit(message)
    return sum(a != b for a, b in zip(known, in_cents(found["annual_revenue"]), strict=True))


def accounts() -> None:
    """Seconds by step, totals in cents, and memory."""
    with timed(f"reading {len(areas := small_areas()):,} areas"):
        areas = small_areas()
    table = drawn_accounts(areas)
    place = {"id": "account_id", "lon": "lon", "lat": "lat", "crs": "EPSG:4326"}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, "accounts.csv"), Path(folder, "accounts.parquet")]
        table.to_csv(files[0], index=False)
        table.to_parquet(files[1])
        for file in files:
            began = time.perf_counter()
            with timed(f"read_accounts, {file.suffix[1:]}, {file.stat().st_size / 1e6:.0f} MB"):
                held = tk.read_accounts(file, **place)
            with timed(f"add_accounts, {len(held):,}"):
                found = tk.add_accounts(areas, held, sum=NUMBERS)
            print(f"{'both':44s}{time.perf_counter() - began:7.2f} s")
    print("of which")
    with timed("  making points"):
        shapely.points(table[["lon", "lat"]].to_numpy())
    polygons, points = np.asarray(areas.geometry.values, object), np.asarray(held.geometry.values, object)
    with timed("  locating"):
        home = locate(polygons, points)
    with timed("  ids"):
        ids = plain_ids(held.index)
    with timed("  order of areas"):
        order = np.argsort(home, kind="stable")
    with timed("  summing a column"):
        np.add.reduceat(held["annual_revenue"].to_numpy()[order], np.flatnonzero(np.diff(home[order], prepend=-1)))
    with timed("  tuples of ids"):
        [tuple(part) for part in np.split(ids[order], np.cumsum(np.bincount(home))[:-1])]
    total = sum(in_cents(held["annual_revenue"]))
    print(f"areas whose sum is off by a cent: {different_cents(found, held)} of {len(found):,}")
    off = round(Fraction(math.fsum(found["annual_revenue"])) * 100) - total
    print(f"total {total / 100:,.2f}, off by {off} cents; {int(found['n_accounts'].sum()):,} accounts")
    tracemalloc.start()
    tk.add_accounts(areas, held, sum=NUMBERS)
    print(f"memory of add_accounts at its peak: {tracemalloc.get_traced_memory()[1] / 1e6:,.0f} MB besides geometries")


def _from_areas(polygons: np.ndarray, points: np.ndarray) -> np.ndarray:
    return locate(polygons, points)


def _from_points(polygons: np.ndarray, points: np.ndarray) -> np.ndarray:
    point, area = shapely.STRtree(polygons).query(points, predicate="intersects")
    return _first(len(polygons), len(points), area, point)


def _from_points_prepared(polygons: np.ndarray, points: np.ndarray) -> np.ndarray:
    shapely.prepare(polygons)
    point, area = shapely.STRtree(polygons).query(points)
    inside = shapely.intersects_xy(polygons[area], *shapely.get_coordinates(points)[point].T)
    return _first(len(polygons), len(points), area[inside], point[inside])


def _along_a_curve(polygons: np.ndarray, points: np.ndarray) -> np.ndarray:
    order = np.argsort(along_curve(shapely.get_coordinates(points)), kind="stable")
    home = np.empty(len(points), np.int64)
    home[order] = locate(polygons, points[order])
    return home


def _first(n_areas: int, n_points: int, area: np.ndarray, point: np.ndarray) -> np.ndarray:
    home = np.full(n_points, n_areas)
    np.minimum.at(home, point, area)
    home[home == n_areas] = NOWHERE
    return home


def locating() -> None:
    """Ways to find the area of each account; all have to say the same."""
    areas = small_areas()
    places = drawn_accounts(areas)[["lon", "lat"]].to_numpy()
    ways: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "areas into a tree of points (as it is done)": _from_areas,
        "the same, points along a curve": _along_a_curve,
        "points into a tree of areas": _from_points,
        "points into a tree of prepared areas": _from_points_prepared,
    }
    known = None
    for _ in range(2):
        for name, way in ways.items():
            fresh = shapely.from_wkb(shapely.to_wkb(np.asarray(areas.geometry.values, object)))
            points = shapely.points(places)
            with timed(name):
                home = way(fresh, points)
            if known is not None and not np.array_equal(home, known):
                raise SystemExit(name)
            known = home


def hexagons(areas: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """About so many hexagons over areas, in metres."""
    flat = areas.geometry.to_crs("EPSG:27700")
    radius = math.sqrt(2 * flat.area.sum() / (3 * math.sqrt(3) * count))
    west, south, east, north = flat.total_bounds
    corners = radius * np.exp(1j * np.arange(6) * np.pi / 3)
    high = radius * math.sqrt(3)
    x, y = np.meshgrid(np.arange(west, east + 2 * radius, 1.5 * radius), np.arange(south - high, north + high, high))
    middle = x + 1j * (y + high / 2 * (np.arange(x.shape[1]) % 2))
    rings = middle.ravel()[:, None] + corners
    cells = gpd.GeoDataFrame(geometry=shapely.polygons(np.stack([rings.real, rings.imag], axis=-1)), crs="EPSG:27700")
    met = np.unique(shapely.STRtree(flat.values).query(cells.geometry.values, predicate="intersects")[0])
    return cells.iloc[met].reset_index(drop=True)


def output_areas() -> gpd.GeoDataFrame:
    """The 181,408 output areas, repaired."""
    frame = gpd.read_parquet(Shared().data("ew_oa11", "ew_oa11.parquet")).set_index("oa11_code")
    polygons = np.asarray(frame.geometry.values, object)
    return frame.set_geometry(
        gpd.GeoSeries(
            shapely.make_valid(polygons, method="structure", keep_collapsed=False), index=frame.index, crs=frame.crs
        )
    )


def bring(what: str, sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, **settings: object) -> gpd.GeoDataFrame:
    """Bring households over, and say by how many the total differs."""
    column = "households_2021"
    with timed(what):
        found = tk.interpolate(sources, targets[["geometry"]], extensive=column, whole=column, **settings)
    off = int(found[column].sum()) - int(sources[column].sum())
    print(f"{'':4s}{len(sources):,} to {len(targets):,}, total {int(found[column].sum()):,}, off by {off}")
    return found


def against(found: pd.Series, known: pd.Series) -> None:
    """Print how far figures are from those that codes of membership give."""
    known = known.reindex(found.index, fill_value=0)
    moved = (found - known).abs().sum() / 2
    worst = (found / known - 1)[known > 0].abs().max()
    print(f"{'':4s}{moved / known.sum():.3%} of households elsewhere than their codes say; worst target {worst:.2%}")


def interpolation() -> None:
    """Seconds, totals, and how near figures are to those by code."""
    import tobler
    from tobler.area_weighted import area_interpolate

    areas, small = small_areas(), output_areas()
    authorities = small.dissolve("lad11_code", method="unary")
    column = "households_2021"
    for engine in ("shapely", "tobler"):
        bring(f"small areas to authorities, {engine}", areas, authorities, outside="nearest", engine=engine)
    bring("small areas to hexagons", areas, hexagons(areas, HEXAGONS))
    found = bring("output areas to authorities", small, authorities)
    against(found[column], small.groupby("lad11_code")[column].sum())
    known = small.groupby("lsoa21_code")[column].sum()
    found = bring("output areas to small areas, by ground", small, areas, outside="nearest")
    against(found[column], known)
    points = gpd.GeoDataFrame(small[[column]], geometry=small.representative_point())
    found = bring("the same, by points", small, areas, outside="nearest", points=points, weight=column)
    against(found[column], known)
    flat = areas[["geometry"]].to_crs(small.crs)
    floats = small[["geometry"]].assign(households_2021=small[column].astype(float))
    with timed(f"the same by tobler {tobler.__version__} alone"):
        alone = area_interpolate(floats, flat, extensive_variables=[column])
    print(f"{'':4s}total off by {alone[column].sum() - floats[column].sum():,.2f}")


SECTIONS = {"accounts": accounts, "locating": locating, "interpolation": interpolation}


def main(wanted: list[str]) -> None:
    """Run the sections that are asked for; all without any."""
    unknown = [name for name in wanted if name not in SECTIONS]
    if unknown:
        raise SystemExit(__doc__)
    for name, section in SECTIONS.items():
        if not wanted or name in wanted:
            print(f"# {name}")
            section()


if __name__ == "__main__":
    main(sys.argv[1:])
