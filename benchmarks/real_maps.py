"""Real maps from file to plan: status, violations, worst deviations, seconds and peak memory.

    python benchmarks/real_maps.py FOLDER [MAP ...]

FOLDER holds the maps (see the table `MAPS`); each map runs in a process of its own, so that its peak
memory is its own. Compilation is done before the clock starts.
"""

import json
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

import territorykit as tk

SEED = 1


def us_counties(folder: Path) -> tk.Problem:
    """Contiguous US, 3,108 counties, population 2018 +-5 %, 30 territories."""
    import geopandas as gpd

    frame = gpd.read_parquet(folder / "us_counties/us_counties.parquet")
    areas = tk.read_areas(frame[frame["conus"]], id="fips")
    graph = tk.unit_graph(
        areas, activities={"population_2018": "people"}, crs="equal-area", islands="bridge", names="name"
    )
    return tk.Problem(graph, 30, [tk.Balance("population_2018", 0.05), tk.Contiguous()])


def us_counties_100(folder: Path) -> tk.Problem:
    """The same into 100 territories: Los Angeles County alone holds three targets."""
    return us_counties(folder).replace(n_territories=100)


def china_prefectures(folder: Path) -> tk.Problem:
    """China's prefectures: the largest component less those without a 2020 figure, +-10 %, 30 territories."""
    import geopandas as gpd

    frame = gpd.read_parquet(folder / "china/china_prefectures_census.parquet")
    missing = frame["popu_2020"].isna()
    print("  without a 2020 figure, dropped:", ", ".join(frame.loc[missing, "city"]))
    areas = tk.read_areas(frame[~missing], id="city_code")
    options = {"activities": {"popu_2020": "people"}, "crs": "equal-area", "islands": "apart", "names": "city"}
    whole = tk.to_networkx(tk.unit_graph(areas, **options))
    import networkx as nx

    largest = max(nx.connected_components(whole), key=len)
    print("  outside the largest component, dropped:", ", ".join(areas.loc[~areas.index.isin(largest), "city"]))
    graph = tk.unit_graph(areas[areas.index.isin(largest)], **options)
    return tk.Problem(graph, 30, [tk.Balance("popu_2020", 0.10), tk.Contiguous()])


def german_districts(folder: Path) -> tk.Problem:
    """Germany's 401 districts, +-5 %, 16 territories."""
    areas = tk.read_areas(folder / "de_kreise/de_kreise.parquet", id="ags")
    graph = tk.unit_graph(areas, activities={"population_2018": "people"}, crs="EPSG:25832", names="name")
    return tk.Problem(graph, 16, [tk.Balance("population_2018", 0.05), tk.Contiguous()])


def england_and_wales(folder: Path) -> tk.Problem:
    """England and Wales, 35,672 areas, residents and households +-5 %, 100 territories."""
    areas = tk.read_areas(folder / "ew_lsoa21/ew_lsoa21.parquet", id="lsoa21_code")
    graph = tk.unit_graph(
        areas,
        activities={"residents_2021": "people", "households_2021": "households"},
        crs="EPSG:27700",
        islands="bridge",
        names="lsoa21_name",
    )
    bands = [tk.Balance("residents_2021", 0.05), tk.Balance("households_2021", 0.05)]
    return tk.Problem(graph, 100, [*bands, tk.Contiguous()])


MAPS: dict[str, Callable[[Path], tk.Problem]] = {
    f.__name__: f for f in (us_counties, us_counties_100, china_prefectures, german_districts, england_and_wales)
}


def warm_up() -> None:
    """Compile the kernels on a problem of no interest."""
    xy = np.stack(np.divmod(np.arange(100), 10), axis=1) * 1.0
    edges = [(i, j) for i in range(100) for j in (i + 1, i + 10) if j < 100 and (j != i + 1 or j % 10)]
    graph = tk.UnitGraph(np.arange(100), xy, edges, [tk.Activity("a", np.ones(100))])
    tk.solve(tk.Problem(graph, 4, [tk.Balance("a", 0.1), tk.Contiguous()]), stop=1000)


def run(name: str, folder: Path) -> dict[str, object]:
    """Load, solve and judge one map."""
    warm_up()
    warnings.simplefilter("ignore", tk.TerritoryKitWarning)
    begin = time.perf_counter()
    problem = MAPS[name](folder)
    loaded = time.perf_counter()
    result = tk.solve(problem, seed=SEED)
    row: dict[str, object] = {
        "map": name,
        "units": problem.graph.n_units,
        "edges": len(problem.graph.edges),
        "territories": problem.n_territories,
        "status": result.status.value,
        "violations": len(result.violations),
        "load_s": round(loaded - begin, 2),
        "solve_s": round(result.runtime, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    if result.plan is not None:
        row["objective"] = f"{result.objective:.6g}"
        for balance in problem.of_type(tk.Balance):
            sizes, targets = result.plan.sizes(balance.activity), problem.targets(balance)
            row[f"worst {balance.activity}"] = f"{np.abs(sizes / targets - 1).max():.4f}"
    for conflict in result.conflicts:
        print("  conflict:", conflict.message)
    return row


def main() -> None:
    """Run the maps named, or all, each in its own process."""
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(MAPS)
    if names[0] == "--one":
        print(json.dumps(run(names[1], folder)))
        return
    for name in names:
        print(f"{name}: {MAPS[name].__doc__}", flush=True)
        subprocess.run([sys.executable, __file__, str(folder), "--one", name], check=True)


if __name__ == "__main__":
    main()
