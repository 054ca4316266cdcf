"""Districts after Hess: US states by tract and by county, and square grids of cells."""

from functools import partial

import numpy as np

from benchmarks.instance import Band, Floats, Instance, Ints
from benchmarks.shared import Shared, number, rows
from benchmarks.tables.table import Table

FOLDER = "us_hess_2010"
EARTH_METRES = 6_371_008.8


def project(lon: Floats, lat: Floats) -> Floats:
    """Degrees to metres, equal-area around the middle of the points (Lambert azimuthal, on the sphere)."""
    lam, phi = np.radians(lon), np.radians(lat)
    middle = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]).mean(axis=1)
    lam0, phi0 = np.arctan2(middle[1], middle[0]), np.arctan2(middle[2], np.hypot(middle[0], middle[1]))
    inner = np.cos(phi) * np.cos(lam - lam0)
    scale = np.sqrt(2 / (1 + np.sin(phi0) * np.sin(phi) + np.cos(phi0) * inner))
    x = scale * np.cos(phi) * np.sin(lam - lam0)
    y = scale * (np.cos(phi0) * np.sin(phi) - np.sin(phi0) * inner)
    return EARTH_METRES * np.stack([x, y], axis=1)


def _pairs(shared: Shared, level: str, state: str) -> Ints:
    """The edges of a state, and the bridges between its pieces where it has any."""
    folder = shared.instances(FOLDER, level)
    files = [folder / f"{state}_{kind}.csv" for kind in ("edges", "bridges")]
    pairs = [(int(row["i"]), int(row["j"])) for file in files if file.exists() for row in rows(file)]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _published(shared: Shared, level: str) -> dict[str, dict[str, str]]:
    found = rows(shared.instances(FOLDER, "published_results.csv"))
    return {row["state"]: row for row in found if row["level"] == level}


def _states(shared: Shared, *, level: str) -> list[str]:
    published = _published(shared, level)
    files = shared.instances(FOLDER, level).glob("*_nodes.csv")
    return sorted(state for file in files if (state := file.name.split("_")[0]) in published)


def _note(row: dict[str, str]) -> str:
    """What is known of the published value: proven, open by how much, or that no plan exists."""
    if row["cut_obj"] == "infeasible":
        return "no plan exists"
    gap = number(row["cut_mipgap_pct"])
    if gap is None or number(row["cut_plan_reeval_haversine"]) is None:
        return "no plan published"
    return "proven" if gap == 0 else f"open by {gap:g} %"


def _state(shared: Shared, state: str, *, level: str, table: str, contiguous: bool = True) -> Instance:
    nodes = rows(shared.instances(FOLDER, level, f"{state}_nodes.csv"))
    published = _published(shared, level)[state]
    lonlat = np.array([(float(row["lon"]), float(row["lat"])) for row in nodes])
    return Instance(
        table=table,
        name=state,
        xy=project(lonlat[:, 0], lonlat[:, 1]),
        edges=_pairs(shared, level, state),
        activities={"pop": np.array([float(row["pop"]) for row in nodes])},
        k=int(published["k"]),
        bands=(Band(activity="pop", lower=float(published["L"]), upper=float(published["U"])),),
        goal="hess",
        contiguous=contiguous,
        lonlat=lonlat,
        reference=number(published["cut_plan_reeval_haversine"]),
        reference_note=_note(published),
    )


def _grid(shared: Shared, name: str) -> Instance:
    """An n x n grid into n districts of n cells: made by rule, only the optimum is read."""
    row = next(row for row in rows(shared.instances("hess_grids", "published_optima.csv")) if row["instance"] == name)
    side = int(row["k"])
    y, x = np.divmod(np.arange(side * side), side)
    i = np.arange(side * side).reshape(side, side)
    across, down = np.c_[i[:, :-1].ravel(), i[:, 1:].ravel()], np.c_[i[:-1].ravel(), i[1:].ravel()]
    return Instance(
        table="grids",
        name=name,
        xy=np.stack([x, y], axis=1) * 1.0,
        edges=np.r_[across, down],
        activities={"cells": np.ones(side * side)},
        k=side,
        bands=(Band(activity="cells", lower=float(row["L"]), upper=float(row["U"])),),
        goal="cells",
        reference=number(row["opt_contiguous"]),
        reference_note="proven",
    )


def _grids(shared: Shared) -> list[str]:
    return [row["instance"] for row in rows(shared.instances("hess_grids", "published_optima.csv"))]


TRACTS = Table(
    "tracts",
    "US states by census tract",
    partial(_states, level="tract"),
    partial(_state, level="tract", table="tracts"),
)
FREE_TRACTS = Table(
    "tracts-free",
    "US states by census tract, territories may fall apart",
    partial(_states, level="tract"),
    partial(_state, level="tract", table="tracts-free", contiguous=False),
)
COUNTIES = Table(
    "counties",
    "US states by county",
    partial(_states, level="county"),
    partial(_state, level="county", table="counties"),
)
GRIDS = Table("grids", "Square grids into districts of equal size", _grids, _grid)
