"""Given centers with capacities, and the capacitated p-median problem."""

import csv
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay, QhullError

from benchmarks.instance import Band, Floats, Instance, Ints
from benchmarks.shared import Shared, number, rows
from benchmarks.tables.table import Table

UNCONFIRMED = "?"


def _kong_names(shared: Shared) -> list[str]:
    return sorted(row["instance"] for row in rows(shared.instances("kong_sap", "published_results.csv")))


def _kong_edges(path: Path, position: dict[int, int]) -> Ints:
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    return np.array([(position[int(line[1])], position[int(line[2])]) for line in lines if line], np.int64)


def _kong(shared: Shared, name: str) -> Instance:
    """Every unit goes to one of the given centers; the file of "zy_13a" is called "zys_13a"."""
    family, number_of = name.split("_")
    folder = shared.instances("kong_sap")
    lines = (folder / f"{family}s_{number_of}.txt").read_text(encoding="utf-8").splitlines()[1:]
    cells = np.array([line.split() for line in lines if line.strip()], float)
    centers = np.flatnonzero(cells[:, 6] > 0)
    position = {int(unit): i for i, unit in enumerate(cells[:, 0])}
    published = next(row for row in rows(folder / "published_results.csv") if row["instance"] == name)
    known = [number(published[column]) for column in ("cplex126_obj", "hga_plus_best", "ils_best", "sa_best")]
    return Instance(
        table="kong_sap",
        name=name,
        xy=cells[:, 2:4],
        edges=_kong_edges(folder / f"{family}s_connectivity.txt", position),
        activities={"pop": cells[:, 1]},
        k=len(centers),
        bands=(Band(activity="pop", upper=cells[centers, 6]),),
        goal="given",
        centers=centers,
        reference=min(value for value in known if value is not None),
        reference_note="proven" if published["cplex_status_or_gap"] == "opt" else "best known",
    )


def triangles(xy: Floats) -> Ints:
    """Pairs that are neighbors in the triangulation of the points, and points that coincide; none where all do."""
    try:
        found = Delaunay(xy)
    except QhullError:
        return np.zeros((0, 2), np.int64)
    corners = found.simplices
    pairs = np.r_[corners[:, :2], corners[:, 1:], corners[:, [0, 2]], found.coplanar[:, [0, 2]]]
    return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)


def _library(shared: Shared) -> dict[str, tuple[float, int, float, Floats]]:
    """The problems of the file `pmedcap1.txt`: best known value, medians, capacity, and rows of x, y, demand."""
    path = shared.instances("cpmp") / "pmedcap1.txt"
    if not path.exists():
        return {}
    cells = iter(path.read_text(encoding="utf-8").split())
    found = {}
    for _ in range(int(next(cells))):
        label, best = int(next(cells)), float(next(cells))
        n, k, capacity = int(next(cells)), int(next(cells)), float(next(cells))
        units = np.array([[float(next(cells)) for _ in range(4)] for _ in range(n)])
        found[f"pmedcap{label:02d}"] = (best, k, capacity, units[:, 1:])
    return found


def _cpmp_names(shared: Shared) -> list[str]:
    return [row["instance"] for row in rows(shared.instances("cpmp", "best_known.csv"))] + list(_library(shared))


def _cpmp(shared: Shared, name: str) -> Instance:
    """Medians are free, territories need not hang together; edges are only where a search may look for moves."""
    library = _library(shared)
    if name in library:
        best, k, capacity, units = library[name]
        return _medians(name, units, k, capacity, goal="whole median", reference=best, reference_note="best known")
    folder = shared.instances("cpmp")
    path = next(path for path in (folder / f"{name}.txt", folder / f"{name}.dat") if path.exists())
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    n, k = int(lines[0][0]), int(lines[0][1])
    cells = np.array(lines[1 : n + 1], float)
    row = next(row for row in rows(folder / "best_known.csv") if row["instance"] == name)
    doubtful = any(value.endswith(UNCONFIRMED) for value in row.values())
    return _medians(
        name,
        cells[:, [0, 1, 3]],
        k,
        cells[0, 2],
        goal="median",
        reference=number(row["best_known_sum_euclid_dist"]),
        reference_note="best known; a lower value is cited without proof" if doubtful else "best known",
    )


def _medians(name: str, units: Floats, k: int, capacity: float, **facts: object) -> Instance:
    """The instance from rows of x, y, demand; all medians have the same capacity."""
    return Instance(
        table="cpmp",
        name=name,
        xy=units[:, :2],
        edges=triangles(units[:, :2]),
        activities={"demand": units[:, 2]},
        k=k,
        bands=(Band(activity="demand", upper=float(capacity)),),
        contiguous=False,
        **facts,
    )


KONG_SAP = Table("kong_sap", "Given centers with capacities", _kong_names, _kong)
CPMP = Table("cpmp", "Capacitated p-median", _cpmp_names, _cpmp, lambda _: 120.0)
