"""A city that holds more than one territory: no plan exists until it is split along its accounts.

The map is made up: a city in the middle of eight districts, with 2,600 accounts. Their visits follow a heavy tail, as
those of real accounts do. Three representatives are to have the same work within 5 %, and the city alone holds
1.8 territories.
"""

from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
from shapely import Polygon

import territorykit as tk
from territorykit.load.split import Split

OUTPUT = Path(__file__).parent / "output"
DISTRICTS = ["Ashford", "Brookvale", "Carlow", "Dunmore", "Elmstead", "Foxhill", "Greenley", "Harrow"]
CORNERS = 240
CITY_METRES, COUNTRY_METRES = 9_000.0, 30_000.0


def region() -> gpd.GeoDataFrame:
    """The city and its eight districts."""
    angle = np.arange(CORNERS) * 2 * np.pi / CORNERS
    wave = 1 + 0.12 * np.sin(3 * angle) + 0.05 * np.sin(11 * angle + 1)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * wave[:, None]
    shapes = [Polygon(CITY_METRES * ring)]
    step = CORNERS // len(DISTRICTS)
    for first in range(0, CORNERS, step):
        arc = np.arange(first, first + step + 1) % CORNERS
        shapes.append(Polygon([*CITY_METRES * ring[arc], *COUNTRY_METRES * ring[arc[::-1]]]))
    return gpd.GeoDataFrame(index=["City", *DISTRICTS], geometry=shapes, crs="EPSG:32632")


def customers(seed: int = 0) -> gpd.GeoDataFrame:
    """2,000 accounts around two centers of the city, and 600 in the country."""
    rng = np.random.default_rng(seed)
    center = np.repeat([[-2_500.0, 1_000.0], [3_000.0, -1_500.0]], 1_000, axis=0)
    city = center + rng.normal(0, 2_200, (2_000, 2))
    city /= np.maximum(np.hypot(*city.T) / 7_500, 1)[:, None]  # nobody beyond the edge of the city
    angle, distance = rng.uniform(0, 2 * np.pi, 600), rng.uniform(11_000, 24_000, 600)
    country = np.column_stack([np.cos(angle), np.sin(angle)]) * distance[:, None]
    places = np.concatenate([city, country])
    visits = np.ceil(3 * (1 + rng.pareto(2.5, len(places)))).astype(int)
    visits[2_000:] += 6
    ids = [f"A{i:04}" for i in range(len(places))]
    return gpd.GeoDataFrame({"visits": visits}, index=ids, geometry=gpd.points_from_xy(*places.T), crs="EPSG:32632")


def plan_for(areas: gpd.GeoDataFrame) -> tk.Result:
    """Three territories with the same visits."""
    graph = tk.unit_graph(areas, activities={"visits": "visits/year"})
    return tk.solve(tk.Problem(graph, 3, [tk.Balance("visits", 0.05), tk.Contiguous()]), seed=0)


def draw(split: Split, accounts: gpd.GeoDataFrame, plan: tk.Plan) -> None:
    """The parts of the city with the accounts, and the territories."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.4), layout="constrained")
    parts = split.areas.loc[list(split.cuts[0].new)]
    parts.plot(ax=left, color="#e8eef4", edgecolor="#33536b", linewidth=1.2)
    accounts.plot(ax=left, markersize=accounts["visits"] / 3, color="#b5482a", alpha=0.5, linewidth=0)
    low_x, low_y, high_x, high_y = parts.total_bounds
    left.set(
        xlim=(low_x, high_x), ylim=(low_y, high_y), title=f"The city in {len(parts)} parts, cut along its accounts"
    )
    left.set_axis_off()
    tk.plot_plan(plan, split.areas, ax=right)
    right.set_title("Three territories of equal work")
    OUTPUT.mkdir(exist_ok=True)
    figure.savefig(OUTPUT / "split.png", dpi=110)


def main() -> None:
    """Show that there is no plan, split the city, and plan again."""
    accounts = customers()
    areas = tk.add_accounts(region(), accounts, sum=["visits"])
    target = areas["visits"].sum() / 3
    print(f"the city holds {areas['visits']['City'] / target:.2f} territories")
    before = plan_for(areas)
    print(f"as it is: {before.status.value}; {before.conflicts[0].message}")

    split = tk.split_units(areas, accounts, ["City"], activities=["visits"], limits={"visits": target / 10})
    print(f"visits before and after: {areas['visits'].sum():,} and {split.areas['visits'].sum():,}")
    print(split.to_frame())
    result = plan_for(split.areas)
    print(f"split into {len(split.cuts[0].new)} parts: {result.status.value}")
    plan = result.require_plan()
    print("visits per territory:", plan.sizes("visits").astype(int).tolist())
    draw(split, accounts, plan)


if __name__ == "__main__":
    main()
