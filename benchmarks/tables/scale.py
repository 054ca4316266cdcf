"""Large real maps, and pieces of one map from 1,000 to 181,000 units for cost against size."""

import heapq

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

import territorykit as tk
from benchmarks.instance import Band, Floats, Instance, Ints
from benchmarks.shared import Shared
from benchmarks.tables.hess import project
from benchmarks.tables.table import Table

UNITS_PER_TERRITORY = 200
SIZES = {"1k": 1_000, "3k": 3_000, "10k": 10_000, "35k": 35_000, "100k": 100_000, "181k": None}
SECONDS = {"ew-oa": 120.0, "us-precincts": 120.0}
NAMES = ["ew-lsoa", "ew-oa", "us-precincts", *(f"size-{size}" for size in SIZES)]


def components(n: int, edges: Ints) -> Ints:
    """Number of the piece of each unit."""
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def bridged(xy: Floats, edges: Ints) -> Ints:
    """The edges, and for each piece but the largest, in turn, the nearest pair of a unit in it and one outside."""
    extra: list[tuple[int, int]] = []
    piece = components(len(xy), edges)
    while piece.max() > 0:
        sizes = np.bincount(piece)
        inside = piece == sizes.argmin()
        here, there = np.flatnonzero(inside), np.flatnonzero(~inside)
        distance, nearest = KDTree(xy[there]).query(xy[here])
        closest = distance.argmin()
        extra.append((here[closest], there[nearest[closest]]))
        piece[inside] = piece[extra[-1][1]]
        piece = np.unique(piece, return_inverse=True)[1]
    return np.r_[edges, np.array(extra, np.int64).reshape(-1, 2)]


def grown(xy: Floats, edges: Ints, size: int) -> Ints:
    """A connected piece of the map: from the middle outwards, always the reached unit nearest to the middle."""
    ends = np.r_[edges, edges[:, ::-1]]
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    first = np.searchsorted(ends[:, 0], np.arange(len(xy) + 1))
    distance = np.hypot(*(xy - np.median(xy, axis=0)).T)
    begin = int(distance.argmin())
    queue, seen, taken = [(distance[begin], begin)], {begin}, []
    while queue and len(taken) < size:
        _, unit = heapq.heappop(queue)
        taken.append(unit)
        for other in ends[first[unit] : first[unit + 1], 1].tolist():
            if other not in seen:
                seen.add(other)
                heapq.heappush(queue, (distance[other], other))
    return np.sort(np.array(taken, np.int64))


def cut_out(xy: Floats, edges: Ints, weight: Floats, units: Ints) -> tuple[Floats, Ints, Floats]:
    """A map of these units alone."""
    position = np.full(len(xy), -1)
    position[units] = np.arange(len(units))
    pairs = position[edges]
    return xy[units], pairs[(pairs >= 0).all(axis=1)], weight[units]


def _output_areas(shared: Shared) -> tuple[Floats, Ints, Floats]:
    """Centroids, neighbors (pieces bridged) and households of the 2011 output areas of England and Wales."""
    import geopandas as gpd

    frame = gpd.read_parquet(
        shared.data("ew_oa11", "ew_oa11.parquet"), columns=["oa11_code", "households_2021", "geometry"]
    )
    centroid = frame.geometry.centroid
    xy = np.stack([centroid.x, centroid.y], axis=1)
    edges = np.load(shared.data("ew_oa11", "ew_oa11_rook_edges.npz"))["edges"].astype(np.int64)
    return xy, bridged(xy, edges), frame["households_2021"].to_numpy(float)


def _lsoa(shared: Shared) -> Instance:
    """England and Wales by small areas: residents and households within 5 %, 100 territories."""
    names = {"residents_2021": "people", "households_2021": "households"}
    areas = tk.read_areas(shared.data("ew_lsoa21", "ew_lsoa21.parquet"), id="lsoa21_code")
    graph = tk.unit_graph(areas, activities=names, crs="EPSG:27700", islands="bridge")
    return Instance(
        table="scale",
        name="ew-lsoa",
        xy=graph.xy,
        edges=graph.edges,
        activities={name: graph.activity(name).values for name in names},
        k=100,
        bands=tuple(Band(activity=name, tolerance=0.05) for name in names),
        goal="inertia",
    )


def _precincts(shared: Shared) -> Instance:
    """The precincts of 42 states, joined across state lines, into 435 districts within 1 %."""
    facts = np.load(shared.data("us_precincts", "us_precincts_2020.npz"))
    xy = project(facts["lon"], facts["lat"])
    edges = np.r_[facts["edges"], facts["cross_state_edges_approx"]].astype(np.int64)
    chart = xy, bridged(xy, edges), facts["population"].astype(float)
    return _one_activity("us-precincts", chart, 435, 0.01)


def _one_activity(name: str, chart: tuple[Floats, Ints, Floats], k: int, tolerance: float) -> Instance:
    xy, edges, weight = chart
    return Instance(
        table="scale",
        name=name,
        xy=xy,
        edges=edges,
        activities={"size": weight},
        k=k,
        bands=(Band(activity="size", tolerance=tolerance),),
        goal="inertia",
    )


def _load(shared: Shared, name: str) -> Instance:
    if name == "ew-lsoa":
        return _lsoa(shared)
    if name == "us-precincts":
        return _precincts(shared)
    chart = _output_areas(shared)
    if name == "ew-oa":
        return _one_activity(name, chart, 500, 0.01)
    size = SIZES[name.removeprefix("size-")]
    if size is not None:
        chart = cut_out(*chart, grown(*chart[:2], size))
    return _one_activity(name, chart, round(len(chart[0]) / UNITS_PER_TERRITORY), 0.05)


SCALE = Table(
    "scale", "Large maps, and cost against size", lambda _: NAMES, _load, lambda name: SECONDS.get(name, 60.0)
)
