"""All maps and lists of `../shared/data`: loaded, checked, repaired, and made a graph.

    python -m benchmarks.checking              all of them, smallest first
    python -m benchmarks.checking ew_oa11      those whose path holds this text

Prints a table with features, faults found, changes made, faults left, edges, and seconds of the clock and of the
processor for checking, repairing and making the graph.
"""

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import territorykit as tk
from benchmarks.shared import Shared
from territorykit.load.pairs import unique_pairs

Row = tuple[int, Counter[str], Counter[str], Counter[str], int]
"""Features; faults, changes and faults left by kind; edges."""

MAPS = {
    "texas_hospitals/texas_counties.geojson": ("fips", ["population_2018"]),
    "quickstart/texas_counties.geojson": ("fips", ["labor_force_2009"]),
    "china/china_prefectures_census.parquet": ("city_code", ["popu_2020"]),
    "china/china_prefectures_fastgeocn.parquet": ("adcode", ["pop_2020"]),
    "de_kreise/de_kreise.parquet": ("ags", ["population_2018"]),
    "us_counties/us_counties.parquet": ("fips", ["population_2018"]),
    "us_counties/us_counties_tiger2009_bokeh.parquet": ("fips", ["labor_force_2009"]),
    "china/china_counties_mapchina.parquet": ("code_county", ["pop_2018"]),
    "china/china_districts_fastgeocn.parquet": ("adcode", ["pop_2020"]),
    "reunion_grid_200m/reunion_grid_200m.parquet": ("cell", ["households"]),
    "ew_lsoa21/ew_lsoa21.parquet": ("lsoa21_code", ["residents_2021"]),
    "ew_oa11/ew_oa11.parquet": ("oa11_code", ["households_2021"]),
}
LISTS = {
    "superstore_accounts/superstore_accounts_by_zip.csv": ("lon", "lat", ["sales"]),
    "texas_hospitals/texas_hospitals.csv": ("longitude", "latitude", ["beds"]),
    "quickstart/texas_accounts.csv": ("lon", "lat", ["annual_revenue"]),
    "us_counties/us_hospitals_cms_cost_reports.parquet": ("lng", "lat", ["all_beds_2700"]),
    "us_counties/us_hospitals_hifld.parquet": ("longitude", "latitude", ["beds"]),
    "de_kreise/de_gemeinden_points.parquet": ("center_lon", "center_lat", ["population"]),
    "us_zip_points/us_zip_points.parquet": ("lng", "lat", ["population"]),
    "us_stores/us_stores.parquet": ("lon", "lat", []),
    "geonames_cities500/cities500.parquet": ("lon", "lat", ["population"]),
}
GRAPHS = ("us_precincts/us_precincts_2020.npz", "ny_roads/ny_roads_small.npz", "ny_roads/ny_roads_dimacs.npz")
STREETS = ("osm_streets/slc_4881_simplified.parquet", "osm_streets/wuhan_8989_simplified.parquet")


def areas_of(path: str) -> gpd.GeoDataFrame:
    """A map as it is; squares for the grid, which comes as a table of their corners."""
    file = Shared().data(path)
    if "reunion" not in path:
        return gpd.read_file(file) if file.suffix == ".geojson" else gpd.read_parquet(file)
    cells = pd.read_parquet(file)
    x, y = cells["x"].to_numpy(float), cells["y"].to_numpy(float)
    squares = shapely.box(x, y, x + 200, y + 200)
    return gpd.GeoDataFrame(cells.assign(cell=[f"{a:.0f}_{b:.0f}" for a, b in zip(x, y, strict=True)]),
                            geometry=squares, crs="EPSG:2975")  # fmt: skip


def of_map(path: str) -> tuple[Row, list[tuple[str, float, float]]]:
    """One map of polygons, from the file to a graph."""
    unit, activities = MAPS[path]
    watch = Watch()
    areas = areas_of(path)
    watch("load")
    faults = tk.check_areas(areas, id=unit, activities=activities)
    watch("check")
    repaired, changes = tk.repair_areas(areas, id=unit, missing="drop")
    watch("repair")
    wide = faults.crs.is_geographic and np.ptp(repaired.total_bounds[[0, 2]]) > 180
    plane = "EPSG:6933" if wide else "equal-area" if faults.crs.is_geographic else None
    graph = tk.unit_graph(repaired, activities=[], crs=plane, islands="bridge")
    watch("graph")
    left = tk.check_areas(repaired)
    row = len(areas), Counter(faults["fault"]), Counter(changes["change"]), Counter(left["fault"]), len(graph.edges)
    return row, watch.seconds


def of_list(path: str) -> tuple[Row, list[tuple[str, float, float]]]:
    """One list of points, from the file to a graph; rows without a place are left out, by name."""
    lon, lat, activities = LISTS[path]
    watch = Watch()
    file = Shared().data(path)
    table = pd.read_csv(file, dtype={"zip": str}) if file.suffix == ".csv" else pd.read_parquet(file)
    table = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    table.index = pd.Index([f"row {i}" for i in range(len(table))])
    watch("load")
    faults = tk.check_accounts(table, lon=lon, lat=lat, crs="EPSG:4326", activities=activities)
    watch("check")
    nowhere = {"missing_coordinate", "not_a_coordinate", "at_zero", "out_of_range", "swapped"}
    without = [unit for fault, units in zip(faults["fault"], faults["units"], strict=True) for unit in units
               if fault in nowhere]  # fmt: skip
    kept = table.drop(index=without)
    accounts = tk.read_accounts(kept.rename_axis("row").reset_index(), id="row", lon=lon, lat=lat, crs="EPSG:4326")
    wide = np.ptp(accounts.total_bounds[[0, 2]]) > 180
    graph = tk.accounts_graph(accounts, activities=[], crs="EPSG:6933" if wide else "equal-area")
    watch("graph")
    left = Counter(faults["fault"]) - Counter({kind: len(without) for kind in nowhere})
    row = len(table), Counter(faults["fault"]), Counter(dropped=len(without)), left, len(graph.edges)
    return row, watch.seconds


def of_graph(path: str) -> tuple[Row, list[tuple[str, float, float]]]:
    """One graph of arrays."""
    watch = Watch()
    data = np.load(Shared().data(path), allow_pickle=False)
    watch("load")
    if "roads" in path:
        lonlat = np.column_stack([data["lon_e6"], data["lat_e6"]]) / 1e6
        ends = np.column_stack([data["src"], data["dst"]])
    else:
        lonlat, ends = np.column_stack([data["lon"], data["lat"]]), np.asarray(data["edges"])
    start = 1 if ends.min() == 1 and ends.max() == len(lonlat) else 0
    edges, _ = unique_pairs(ends.astype(np.int64) - start)
    xy = lonlat * np.array([85_000.0, 111_195.0])
    graph = tk.UnitGraph(ids=np.arange(len(xy)), xy=xy, edges=edges[edges[:, 0] != edges[:, 1]], lonlat=lonlat)
    watch("graph")
    return (graph.n_units, Counter(), Counter(), Counter(), len(graph.edges)), watch.seconds


def of_streets(path: str) -> tuple[Row, list[tuple[str, float, float]]]:
    """Street lines: a road network of the part that holds together; the rest is left out, on record."""
    watch = Watch()
    lines = gpd.read_parquet(Shared().data(path))
    watch("load")
    ends = [shapely.get_coordinates(shapely.get_point(lines.geometry.values, side)) for side in (0, -1)]
    places, at = np.unique(np.concatenate(ends).round(2), axis=0, return_inverse=True)
    start, end = np.split(at.ravel(), 2)
    lonlat = shapely.get_coordinates(gpd.GeoSeries(shapely.points(places), crs=lines.crs).to_crs(4326).values)
    classes = [kind[0] if isinstance(kind, list | np.ndarray) else kind for kind in lines["highway"]]
    table = pd.DataFrame({"start": start, "end": end, "metres": lines.length.to_numpy(), "road_class": classes})
    nodes = pd.DataFrame(lonlat, columns=["lon", "lat"])
    roads = tk.road_network(table, nodes, default_kmh=20)
    watch("graph")
    left = Counter(nodes=roads.left_out[0], arcs=roads.left_out[1])
    return (len(lines), Counter(), Counter(), left, len(roads.minutes)), watch.seconds


class Watch:
    """Seconds of the clock and of the processor, step by step."""

    def __init__(self) -> None:
        self.seconds: list[tuple[str, float, float]] = []
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def __call__(self, step: str) -> None:
        """A step has ended."""
        clock, processor = time.perf_counter(), time.process_time()
        self.seconds.append((step, clock - self._clock, processor - self._processor))
        self._clock, self._processor = clock, processor


def text(counts: Counter[str]) -> str:
    """Counts by kind, the largest first."""
    return ", ".join(f"{kind} {n:,}" for kind, n in counts.most_common()) or "-"


def main(wanted: list[str]) -> None:
    """Print one line per map or list."""
    warnings.simplefilter("ignore", tk.TerritoryKitWarning)
    cases: dict[str, Callable[[str], Any]] = (
        dict.fromkeys(LISTS, of_list) | dict.fromkeys(STREETS, of_streets) | dict.fromkeys(GRAPHS, of_graph)
    ) | dict.fromkeys(MAPS, of_map)
    print("| data | features | found | changed | left | edges | seconds, clock (processor) |")
    print("|---|---|---|---|---|---|---|")
    for path, measure in cases.items():
        if wanted and not any(word in path for word in wanted):
            continue
        (n, found, changed, left, edges), seconds = measure(path)
        clock, processor = (sum(step[k] for step in seconds) for k in (1, 2))
        steps = ", ".join(f"{step} {a:.1f} ({b:.1f})" for step, a, b in seconds)
        figures = f"{text(found)} | {text(changed)} | {text(left)} | {edges:,}"
        print(f"| {path} | {n:,} | {figures} | {clock:.1f} ({processor:.1f}): {steps} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
