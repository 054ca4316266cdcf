"""Grids and clustered triangulations with two activities, on which other packages were measured too."""

import re

from benchmarks.instance import Band, Instance
from benchmarks.shared import Shared
from benchmarks.tables.table import Table

TOLERANCE = 0.05
MORE_SEEDS = 200
LARGE = 10_000
SECONDS = {"g100": 10.0, "g200": 60.0, "d30k": 60.0}
KIND = re.compile(r"(?P<kind>\w+?)(-s(?P<seed>\d+))?$")


def kind_of(name: str) -> str:
    """The kind of graph: "g20" of "g20-s3"."""
    return KIND.match(name)["kind"]


def _units(kind: str, size: int) -> int:
    return size * size if kind == "grid" else size


def _names(shared: Shared) -> list[str]:
    """Every kind as in the published table, then ten more seeds up to 10,000 units and three above."""
    kinds = shared.tool("graphs").TABLE
    more = []
    for name, (kind, size, _) in kinds.items():
        count = 10 if _units(kind, size) <= LARGE else 3
        more += [f"{name}-s{seed}" for seed in range(1, count + 1)]
    return [*kinds, *more]


def marks(shared: Shared) -> dict[str, float]:
    """The prototype's inertia on each graph of the table, from the row of `design/solver.md`; rounded there."""
    path = shared.root / "design" / "solver.md"
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    row = next((line for line in lines if line.startswith("| prototype")), "")
    costs = [cell.split("/")[-1].strip() for cell in row.strip("| ").split("|")[1:]]
    values = [float(cost.rstrip("k")) * (1000 if cost.endswith("k") else 1) for cost in costs]
    names = list(shared.tool("graphs").TABLE)
    return dict(zip(names, values, strict=True)) if len(values) == len(names) else {}


def _load(shared: Shared, name: str) -> Instance:
    graphs = shared.tool("graphs")
    known = KIND.match(name)
    kind, size, k = graphs.TABLE[known["kind"]]
    number = list(graphs.TABLE).index(known["kind"])
    seed = 100 + number if known["seed"] is None else MORE_SEEDS + 20 * number + int(known["seed"])
    xy, edges, weights = graphs.make(kind, size, seed)
    return Instance(
        table="peers",
        name=name,
        xy=xy,
        edges=edges,
        activities={"first": weights[:, 0], "second": weights[:, 1]},
        k=k,
        bands=tuple(Band(activity=activity, tolerance=TOLERANCE) for activity in ("first", "second")),
        goal="inertia",
        reference=marks(shared).get(name),
        reference_note="prototype" if name in marks(shared) else "",
    )


PEERS = Table("peers", "Graphs of the peers", _names, _load, lambda name: SECONDS.get(kind_of(name), 5.0))
