"""Balanced p-median problems of random points: our proof beside the plain model in HiGHS, in one run.

Run `python -m benchmarks.medians [seconds of ours] [seconds of HiGHS]` from the root of the repository.
"""

import sys
import time
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.spatial.distance import cdist

import territorykit as tk

CASES = ((100, 5), (100, 10), (100, 20), (200, 5), (200, 10), (200, 20), (500, 10), (500, 20))
TOLERANCE = 0.05
GAP = 0.001


@dataclass(frozen=True)
class Outcome:
    """Best cost, proven bound and seconds of one way."""

    cost: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """Relative to the cost; infinite without a plan."""
        return (self.cost - self.bound) / self.cost if np.isfinite(self.cost) else np.inf


def points(n: int, k: int) -> tk.Problem:
    """Points in a square with loads of 50 to 150, distances weighed by load."""
    rng = np.random.default_rng([n, k])
    xy, load = rng.uniform(0, 1000, (n, 2)), rng.uniform(50, 150, n)
    graph = tk.UnitGraph(range(n), xy, np.empty((0, 2)), [tk.Activity("load", load)])
    return tk.Problem(graph, k, tk.Balance("load", TOLERANCE), tk.Compactness("load", power=1))


def ours(problem: tk.Problem, seconds: float) -> Outcome:
    """`tk.prove` to the gap."""
    result = tk.prove(problem, gap=GAP, time_limit=seconds)
    cost = np.inf if result.objective is None or result.violations else result.objective
    return Outcome(cost, -np.inf if result.bound is None else result.bound.value, result.runtime)


def plain(problem: tk.Problem, seconds: float) -> Outcome:
    """The model of Hess et al. as it stands, all pairs of unit and center, without a start."""
    n, k = problem.graph.n_units, problem.n_territories
    load = problem.graph.activity("load").values
    cost = (cdist(problem.graph.xy, problem.graph.xy) * load[:, None]).ravel()  # x[i, j]: unit i belongs to center j
    mean, unit, center = load.sum() / k, *np.divmod(np.arange(n * n), n)
    opening = np.arange(n) * (n + 1)
    one = np.ones(n * n)
    parts = [
        (unit, np.arange(n * n), one),
        (np.full(n, n), opening, np.ones(n)),
        (n + 1 + np.arange(n * n), np.arange(n * n), one),
        (n + 1 + np.arange(n * n), opening[center], -one),
        *[(n + 1 + n * n + s * n + center, np.arange(n * n), load[unit]) for s in (0, 1)],
        *[
            (n + 1 + n * n + s * n + np.arange(n), opening, np.full(n, -mean * (1 + (2 * s - 1) * TOLERANCE)))
            for s in (0, 1)
        ],
    ]
    rows, columns, values = map(np.concatenate, zip(*parts, strict=True))
    matrix = csr_matrix(coo_matrix((values, (rows, columns))))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n * n, matrix.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(n * n), np.ones(n * n)
    lp.row_lower_ = np.r_[np.ones(n), k, np.full(n * n, -np.inf), np.zeros(n), np.full(n, -np.inf)]
    lp.row_upper_ = np.r_[np.ones(n), k, np.zeros(n * n), np.full(n, np.inf), np.zeros(n)]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    lp.integrality_ = [highspy.HighsVarType.kInteger] * (n * n)
    solver = highspy.Highs()
    for name, value in {"output_flag": False, "time_limit": seconds, "threads": 1, "mip_rel_gap": GAP}.items():
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    began = time.perf_counter()
    solver.run()
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    cost_found = info.objective_function_value if found else np.inf
    return Outcome(cost_found, max(info.mip_dual_bound, 0.0), time.perf_counter() - began)


def main(seconds: float, plain_seconds: float) -> None:
    """Print the table."""
    ours(points(60, 4), 5.0)  # imports and compiles
    print("| units | territories | cost | gap | s | HiGHS alone: cost | gap | s |", flush=True)
    print("|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    for n, k in CASES:
        one, other = ours(points(n, k), seconds), plain(points(n, k), plain_seconds)
        cells = [f"{x.cost:,.0f} | {100 * x.gap:.2f} % | {x.seconds:.1f}" for x in (one, other)]
        print(f"| {n} | {k} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main(*map(float, (sys.argv[1:] + ["60", "120"][len(sys.argv) - 1 :])))
