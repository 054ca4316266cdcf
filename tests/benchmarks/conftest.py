"""A folder like the one outside the project, with tiny instances in the published formats and a stand-in referee."""

import csv
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

REFEREE = """
import numpy as np
import networkx as nx

def judge(labels, xy, edges, weights, *, k, tolerance):
    labels, weights = np.asarray(labels), np.asarray(weights, float)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(labels)))
    graph.add_edges_from((int(i), int(j)) for i, j in edges if labels[i] == labels[j])
    parts = [np.flatnonzero(labels == t) for t in np.unique(labels)]
    whole = [nx.is_connected(graph.subgraph(part.tolist())) for part in parts]
    sizes = np.array([weights[part].sum(axis=0) for part in parts])
    off = np.abs(sizes / (weights.sum(axis=0) / k) - 1).max(axis=0)
    middles = [np.average(xy[part], axis=0, weights=weights[part, 0]) for part in parts]
    inertia = sum((weights[p, 0] * ((xy[p] - m) ** 2).sum(axis=1)).sum() for p, m in zip(parts, middles))
    diameter = max(np.sqrt(((xy[part][:, None] - xy[part]) ** 2).sum(-1)).max() for part in parts)
    sound = len(parts) == k and all(whole) and bool((off <= np.asarray(tolerance) + 1e-9).all())
    return {"territories": len(parts), "connected": sum(whole), "missing": 0, "deviation": off.tolist(),
            "inertia": float(inertia), "diameter": float(diameter), "feasible": sound}

def hess_cost(labels, lon, lat, population):
    return float(np.asarray(population).sum())

def given_centers_cost(labels, xy, edges, demand, center, capacity, scale=1e-3):
    cost = float((demand * np.sqrt(((xy - xy[labels]) ** 2).sum(1))).sum() * scale)
    over = float((np.bincount(labels, demand, len(xy))[center] - capacity).max())
    return cost, over, 0, int((labels[center] != center).sum())

def median_cost(labels, xy, demand, capacity):
    return float(np.sqrt(((xy - xy[labels]) ** 2).sum(1)).sum()), 0.0
"""
GRAPHS = """
import numpy as np
TABLE = {"g3": ("grid", 3, 3)}

def make(kind, size, seed):
    y, x = np.divmod(np.arange(9), 3)
    edges = [(i, i + 1) for i in range(9) if i % 3 < 2] + [(i, i + 3) for i in range(6)]
    return np.c_[x, y] * 1.0, np.array(edges), np.ones((9, 2)) + seed
"""
SOLVER = "| prototype, both bands met | .25/4.9/4.9/57.9k |\n"


def table(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def lines(path: Path, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def hess(folder: Path) -> None:
    """A state of four tracts in a row, in two pieces with a bridge; the county level has no plan."""
    state = {"L": 2, "U": 2, "k": 2, "cut_mipgap_pct": 3.5, "cut_obj": 4}
    known = {"state": "AA", "level": "tract", **state, "cut_plan_reeval_haversine": 4.0}
    none = {**known, "level": "county", "cut_obj": "infeasible", "cut_mipgap_pct": "", "cut_plan_reeval_haversine": ""}
    table(folder / "published_results.csv", [known, none])
    nodes = [{"idx": i, "pop": 1, "lon": -90 + i / 10, "lat": 40} for i in range(4)]
    for level in ("tract", "county"):
        table(folder / level / "AA_nodes.csv", nodes)
        table(folder / level / "AA_edges.csv", [{"i": 0, "j": 1}, {"i": 2, "j": 3}])
    table(folder / "tract" / "AA_bridges.csv", [{"i": 1, "j": 2, "km": 8}])


def centers(instances: Path) -> None:
    """A row of three units with centers at both ends; four points with two medians, in both formats."""
    kong = instances / "kong_sap"
    head = "OID pop PointX PointY fcadidature fcost fcapacity"
    lines(kong / "ws_2a.txt", head, "7 1 0 0 1 0 2", "8 1 1 0 0 0 0", "9 3 3 0 1 0 3")
    lines(kong / "ws_connectivity.txt", "OID,ID1,ID2,dist", ",7,8,1", ",8,9,2")
    found = {"instance": "w_2a", "cplex126_obj": 0.002, "cplex_status_or_gap": 0.1, "hga_plus_best": 0.001}
    table(kong / "published_results.csv", [found | {"ils_best": "-", "sa_best": 0.003}])
    points = ["0 0 2 1", "0 1 2 1", "9 0 2 1", "9 1 2 1"]
    lines(instances / "cpmp" / "four.dat", "4 2", *points)
    numbered = [" ".join([str(i), x, y, d]) for i, (x, y, _, d) in enumerate(p.split() for p in points)]
    lines(instances / "cpmp" / "pmedcap1.txt", "1", "1 2", "4 2 2", *numbered)
    table(
        instances / "cpmp" / "best_known.csv", [{"instance": "four", "best_known_sum_euclid_dist": 2.0, "as": "1.5?"}]
    )


def commercial(instances: Path) -> None:
    """A row of four units with three activities."""
    units = [f"{i} {i} 0 2 4 6" for i in range(4)]
    rest = ["3", "0 1", "1 2", "2 3", "2 2 0.05 0.05 0.05"]
    lines(instances / "dl_commercial" / "del-n4-k2-s1.in", "4", *units, *rest)
    facts = {"instance": "del-n4-k2-s1", "best_known_diameter": 1, "alt_tabu_mean30min": 1.25}
    table(instances / "dl_commercial" / "published_results.csv", [facts])
    du = instances / "du_commercial"
    lines(du / "U4-edited.dat", "4", *(f"{unit} 0" for unit in units), *rest)
    table(du / "alns_results.csv", [{"instance": "U4", "compactness_sum_dist_to_center": 3}])
    table(du / "proven_optima_highs.csv", [{"instance": "U4", "obj": 2, "status": "HighsModelStatus.kOptimal"}])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shared")
    lines(root / "tools" / "referee.py", REFEREE)
    lines(root / "tools" / "graphs.py", GRAPHS)
    lines(root / "design" / "solver.md", SOLVER)
    hess(root / "instances" / "us_hess_2010")
    optimum = {"instance": "g2", "n": 4, "k": 2, "L": 2, "U": 2, "opt_contiguous": 20000}
    table(root / "instances" / "hess_grids" / "published_optima.csv", [optimum])
    centers(root / "instances")
    commercial(root / "instances")
    return root
