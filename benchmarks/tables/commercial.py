"""Commercial territory design: three activities within 5 %, by the largest diameter or by p-median distances."""

from pathlib import Path

import numpy as np

from benchmarks.instance import Band, Floats, Instance, Ints
from benchmarks.shared import Shared, number, rows
from benchmarks.tables.table import Table

NAMES = ("a1", "a2", "a3")


def _read(path: Path) -> tuple[Floats, Ints, int, list[float]]:
    """Rows of units, edges by position, the number of territories and the tolerances."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    n = int(lines[0][0])
    units = np.array(lines[1 : n + 1], float)
    m = int(lines[n + 1][0])
    edges = np.array(lines[n + 2 : n + 2 + m], np.int64)
    position = {int(unit): i for i, unit in enumerate(units[:, 0])}
    edges = np.vectorize(position.__getitem__)(edges)
    last = lines[n + 2 + m]
    tolerances = [float(cell) for cell in last[1:] if "." in cell]
    return units, edges, int(last[0]), tolerances


def _instance(path: Path, **facts: object) -> Instance:
    units, edges, k, tolerances = _read(path)
    return Instance(
        xy=units[:, 1:3],
        edges=edges,
        activities={name: units[:, 3 + i] for i, name in enumerate(NAMES)},
        k=k,
        bands=tuple(Band(activity=name, tolerance=tolerances[i]) for i, name in enumerate(NAMES)),
        **facts,
    )


def _dl_names(shared: Shared) -> list[str]:
    names = [row["instance"] for row in rows(shared.instances("dl_commercial", "published_results.csv"))]
    return sorted(names, key=lambda name: [int(part[1:]) for part in name.split("-")[1:]])


def _dl(shared: Shared, name: str) -> Instance:
    published = {row["instance"]: row for row in rows(shared.instances("dl_commercial", "published_results.csv"))}
    return _instance(
        shared.instances("dl_commercial", f"{name}.in"),
        table="dl_commercial",
        name=name,
        goal="diameter",
        reference=number(published[name]["best_known_diameter"]),
        reference_note="best known",
        second_reference=number(published[name]["alt_tabu_mean30min"]),
    )


def _dl_seconds(name: str) -> float:
    return 60.0 if int(name.split("-")[1][1:]) <= 2500 else 180.0


def _du_names(shared: Shared) -> list[str]:
    return [row["instance"] for row in rows(shared.instances("du_commercial", "alns_results.csv"))]


def _du(shared: Shared, name: str) -> Instance:
    """The reference is the proven optimum where there is one, else the published value of the search."""
    folder = shared.instances("du_commercial")
    searched = {row["instance"]: row for row in rows(folder / "alns_results.csv")}
    proven = {
        row["instance"]: row for row in rows(folder / "proven_optima_highs.csv") if row["status"].endswith("kOptimal")
    }
    found = number(searched[name]["compactness_sum_dist_to_center"])
    return _instance(
        folder / f"{name}-edited.dat",
        table="du_commercial",
        name=name,
        goal="median",
        reference=number(proven[name]["obj"]) if name in proven else found,
        reference_note="proven" if name in proven else "published search",
        second_reference=found,
    )


DL_COMMERCIAL = Table("dl_commercial", "Commercial territories, largest diameter", _dl_names, _dl, _dl_seconds)
DU_COMMERCIAL = Table("du_commercial", "Commercial territories, p-median", _du_names, _du)
