"""A town on two banks of a river: territories by road, driving being part of the work, beside some by straight lines.

The town is made up: a grid of streets, a motorway around it, a river with two bridges, and 400 customers of three
classes. Five representatives are to have the same hours within 5 %, driving included.
"""

from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import territorykit as tk
from territorykit.criteria.workload import driving_hours, working_hours

OUTPUT = Path(__file__).parent / "output"
SIDE, BLOCK_M = 41, 500.0
RIVER, BRIDGES = 19, (8, 33)
TERRITORIES = 5


def streets() -> tk.RoadNetwork:
    """A grid of blocks; the first and last rows and columns are the motorway; two bridges lead over the river."""
    place = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    pairs = [(place[:, :-1], place[:, 1:]), (place[:-1], place[1:])]
    start, end = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in (0, 1))
    outer = [(axis[start] == axis[end]) & np.isin(axis[start], (0, SIDE - 1)) for axis in (x, y)]
    over = (x[start] == RIVER) & (x[end] == RIVER + 1) & ~np.isin(y[start], BRIDGES)
    kind = np.where(outer[0] | outer[1], "motorway", "residential")
    edges = pd.DataFrame({"start": start, "end": end, "metres": BLOCK_M, "road_class": kind})
    nodes = pd.DataFrame({"x": x * BLOCK_M, "y": y * BLOCK_M})
    return tk.road_network(edges[~over], nodes)


def customers(seed: int = 0) -> tk.UnitGraph:
    """400 customers, most of them around two centers; visits and hours a year follow from their classes."""
    rng = np.random.default_rng(seed)
    middle = np.repeat([[5_500.0, 12_000.0], [14_500.0, 8_000.0], [10_000.0, 10_000.0]], [160, 120, 120], axis=0)
    spread = np.repeat([1_800.0, 1_500.0, 6_000.0], [160, 120, 120])
    xy = np.clip(middle + rng.normal(0, 1, (400, 2)) * spread[:, None], 0, (SIDE - 1) * BLOCK_M)
    accounts = pd.DataFrame({"class": rng.choice(["A", "B", "C"], 400, p=[0.2, 0.3, 0.5])})
    accounts = tk.add_visits(accounts, "class", visits={"A": 12, "B": 6, "C": 4}, minutes={"A": 60, "B": 45, "C": 30})
    return tk.UnitGraph(
        ids=[f"C{i:03}" for i in range(400)],
        xy=xy,
        edges=[],
        activities=[
            tk.Activity("visits", accounts["visits_per_year"], "visits/year"),
            tk.Activity("service", accounts["service_hours_per_year"], "h/year"),
        ],
    )


def without_roads(units: tk.UnitGraph) -> tk.UnitGraph:
    """The same customers with neighbors by Delaunay's triangulation, as where nothing is known of roads."""
    points = gpd.GeoDataFrame(
        {activity.name: activity.values for activity in units.activities},
        index=units.ids,
        geometry=gpd.points_from_xy(*units.xy.T),
        crs="EPSG:32632",
    )
    return tk.accounts_graph(points, activities=["visits", "service"], crs=None)


def plan_on(graph: tk.UnitGraph, travel: tk.Travel) -> tuple[tk.Plan, tk.Workload]:
    """Five territories with the same hours within 5 %, and little travel."""
    work = tk.Workload("visits", "service", tk.minutes_between_stops(graph, travel, "visits"))
    wishes = [tk.BalancedWorkload(work, 0.05), tk.Contiguous()]
    problem = tk.Problem(graph, TERRITORIES, wishes, tk.TravelCost("visits", per_hour=1), travel=travel)
    return tk.solve(problem, seed=0, stop=400_000).require_plan(), work


def draw(roads: tk.RoadNetwork, plans: dict[str, tk.Plan]) -> None:
    """Both plans side by side, with the river between the banks."""
    figure, axes = plt.subplots(1, len(plans), figsize=(6 * len(plans), 5.6), layout="constrained")
    river = (RIVER + 0.5) * BLOCK_M
    for ax, (name, plan) in zip(axes, plans.items(), strict=True):
        lines = np.asarray(roads.xy)[np.stack([roads.start, roads.end], axis=1)]
        ax.plot(
            *np.moveaxis(lines, 2, 0).reshape(2, -1, 2).transpose(0, 2, 1), color="#e3e7ea", linewidth=0.6, zorder=0
        )
        ax.axvline(river, color="#8fb8de", linewidth=7, zorder=0)
        for row in BRIDGES:
            ax.plot(
                [RIVER * BLOCK_M, (RIVER + 1) * BLOCK_M], [row * BLOCK_M] * 2, color="#6b6b6b", linewidth=3, zorder=1
            )
        tk.plot_plan(plan, show=("centers",), ax=ax)
        ax.set_title(name)
    OUTPUT.mkdir(exist_ok=True)
    figure.savefig(OUTPUT / "river_town.png", dpi=110)


def main() -> None:
    """Plan by road and by straight lines, and measure both by road."""
    roads, units = streets(), customers()
    by_road = tk.travel(units, roads)
    graph = tk.road_neighbors(units, roads)
    plans = {}
    plans["by road"], work = plan_on(graph, by_road)
    plans["by straight lines"], _ = plan_on(without_roads(units), tk.travel(units, tk.StraightLine(kmh=30)))
    for name, plan in plans.items():
        measured = tk.Plan(plans["by road"].problem, plan.labels)
        hours = working_hours(measured, work)
        spread = np.abs(hours / hours.mean() - 1).max()
        print(f"{name}: driving {driving_hours(measured, work).sum():,.0f} h a year, hours within {spread:.1%}")
    draw(roads, plans)


if __name__ == "__main__":
    main()
