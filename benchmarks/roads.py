"""Travel by road on the stores of New York: times, plans with driving in the workload, and tours against the estimate.

    python -m benchmarks.roads times          2,000 stores to all within 30 minutes; 200 pairs against networkx
    python -m benchmarks.roads plan           40 territories by road against 40 by straight lines
    python -m benchmarks.roads tours          the estimate of driving against PyVRP on 100 territories

Stores and roads are those of `../shared/data`; speeds are the road class's factor times 100 km/h. Classes of stores
are drawn with a fixed seed: every fifth store is visited 12 times a year, three in ten 6 times, the others 4 times.
"""

import sys
import time

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd

import territorykit as tk
from benchmarks.shared import Shared
from territorykit.criteria.violations import violations
from territorykit.criteria.workload import driving_hours, working_hours
from territorykit.load.ways.places import Places

WITHIN = 30.0
REACH = 45.0
"""Minutes: the farthest visit of a day in a plan."""
TERRITORIES = 40
METRES_PER_MINUTE = 100_000 / 60
"""Of the fastest class."""


def network() -> tk.RoadNetwork:
    """The roads of New York: lengths in decimetres, times as lengths over the class's factor."""
    arrays = np.load(Shared().data("ny_roads", "ny_roads_dimacs.npz"))
    return tk.RoadNetwork(
        arrays["src"],
        arrays["dst"],
        arrays["time_raw"] * 0.1 / METRES_PER_MINUTE,
        arrays["length_raw"] * 0.1,
        lonlat=np.stack([arrays["lon_e6"], arrays["lat_e6"]], axis=1) / 1e6,
    ).largest_part()


def stores(roads: tk.RoadNetwork) -> tk.UnitGraph:
    """The 6,158 stores in the box of the roads, with visits a year; neighbors by Delaunay's triangulation."""
    lonlat = np.asarray(roads.lonlat)
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    table = pd.read_parquet(Shared().data("us_stores", "us_stores.parquet"), columns=["lon", "lat"]).to_numpy()
    places = table[((table >= low) & (table <= high)).all(axis=1)]
    visits = np.random.default_rng(3).choice([12.0, 6.0, 4.0], len(places), p=[0.2, 0.3, 0.5])
    accounts = gpd.GeoDataFrame(
        {"visits": visits},
        index=[f"store {i}" for i in range(len(places))],
        geometry=gpd.points_from_xy(*places.T),
        crs="EPSG:4326",
    )
    return tk.accounts_graph(accounts, activities={"visits": "visits/year"}, crs="equal-area")


def times(roads: tk.RoadNetwork, graph: tk.UnitGraph) -> None:
    """Times from 2,000 stores, and 200 random pairs against networkx."""
    every = Places(graph.ids, graph.xy, graph.lonlat, "units")
    some = Places(graph.ids[:2000], graph.xy[:2000], np.asarray(graph.lonlat)[:2000], "units")
    for workers in (1, 2):
        began = time.perf_counter()
        ways = roads.ways(some, every, within=WITHIN, workers=workers)
        took = time.perf_counter() - began
        size = sum(a.nbytes for a in (ways.indptr, ways.indices, ways.minutes, ways.metres)) / 1e6
        print(f"{workers} workers: {len(ways.indices):,} ways of 2,000 stores in {took:.1f} s, {size:.0f} MB")
    streets = nx.DiGraph()
    coo = roads.matrix().tocoo()
    streets.add_weighted_edges_from(zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True))
    node = roads.snapped(some, every)
    rng, worst = np.random.default_rng(0), 0.0
    for origin in rng.integers(0, 2000, 20):
        known = nx.single_source_dijkstra_path_length(streets, int(node[0].node[origin]), WITHIN)
        here = slice(ways.indptr[origin], ways.indptr[origin + 1])
        found = dict(zip(ways.indices[here].tolist(), ways.minutes[here].tolist(), strict=True))
        for store in rng.integers(0, graph.n_units, 10):
            true = known.get(int(node[1].node[store]))
            if (true is None) != (int(store) not in found):
                worst = np.inf
            elif true is not None:
                worst = max(worst, abs(true - found[int(store)]))
    print(f"200 pairs against networkx: largest difference {worst * 60_000:.2g} ms")


def plan(roads: tk.RoadNetwork, graph: tk.UnitGraph, seconds: float) -> tuple[tk.Plan, tk.Workload]:
    """A plan by road, and how much driving it saves against one by straight lines."""
    began = time.perf_counter()
    by_road = tk.travel(graph, roads, within=REACH, workers=2)
    print(f"{by_road} in {time.perf_counter() - began:.0f} s")
    found = {}
    for name, travel, neighbors in (
        ("straight lines", tk.travel(graph, within=REACH), graph),
        ("road", by_road, tk.road_neighbors(graph, roads)),
    ):
        work = tk.Workload("visits", 45, tk.minutes_between_stops(neighbors, travel, "visits"))
        wishes = [tk.BalancedWorkload(work, 0.1), tk.Contiguous()]
        problem = tk.Problem(neighbors, TERRITORIES, wishes, tk.TravelCost("visits", per_hour=1), travel=travel)
        began = time.perf_counter()
        result = tk.solve(problem, seed=1, time_limit=seconds)
        print(f"{name}: {result.status.name} in {time.perf_counter() - began:.0f} s")
        found[name] = (result, work)
    work, problem = found["road"][1], found["road"][0].require_plan().problem
    for name, (result, _) in found.items():
        own = tk.Plan(problem, result.require_plan().labels)
        hours, driving = working_hours(own, work), driving_hours(own, work).sum()
        broken = [v for v in violations(own) if isinstance(v.requirement, tk.Contiguous)]
        print(
            f"  by {name}, measured by road: driving {driving:,.0f} h/year of {hours.sum():,.0f}, "
            f"worst deviation {np.abs(hours / hours.mean() - 1).max():.1%}, {len(broken)} territories cut by the roads"
        )
    return found["road"][0].require_plan(), work


def tours(plan: tk.Plan, work: tk.Workload, territories: int) -> None:
    """The estimate of driving against tours by PyVRP, territory by territory."""
    more = tk.solve(plan.problem.replace(n_territories=territories - TERRITORIES), seed=1, time_limit=30).require_plan()
    frames = [tk.routes(each, work, seconds=5.0).to_frame() for each in (plan, more)]
    table = pd.concat(frames, ignore_index=True)
    error = table["estimated_driving"] / table["driving_hours"] - 1
    print(table.describe().round(2).to_string())
    print(
        f"{len(table)} territories: driving by estimate is off by {error.abs().mean():.1%} in the mean, "
        f"{error.abs().max():.1%} at worst, {error.mean():+.1%} on balance; all hours by "
        f"{table['error'].abs().mean():.1%} and {table['error'].abs().max():.1%}"
    )


def main(wanted: list[str]) -> None:
    """Run the parts that are asked for; all without any."""
    roads = network()
    graph = stores(roads)
    if not wanted or "times" in wanted:
        times(roads, graph)
    if not wanted or {"plan", "tours"} & set(wanted):
        found, work = plan(roads, graph, 30.0)
        if not wanted or "tours" in wanted:
            tours(found, work, 100)


if __name__ == "__main__":
    main(sys.argv[1:])
