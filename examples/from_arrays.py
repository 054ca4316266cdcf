"""Embed territorykit in a planning tool: arrays in, territory labels out; no map and no files.

A tool that has its own data model needs three arrays: coordinates in metres, pairs of neighbors, and the workload.
Here they are made up: a town of 40 by 40 blocks whose center is busier than its edge.
"""

import numpy as np

import territorykit as tk

SIDE = 40
BLOCK_METRES = 250.0


def town(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates, neighbors and yearly hours of the blocks."""
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    block = np.arange(SIDE * SIDE)
    east, north = column < SIDE - 1, row < SIDE - 1
    neighbors = np.vstack(
        [np.column_stack([block[east], block[east] + 1]), np.column_stack([block[north], block[north] + SIDE])]
    )
    xy = np.column_stack([column, row]) * BLOCK_METRES
    from_center = np.hypot(*(xy - xy.mean(axis=0)).T) / xy.max()
    hours = np.random.default_rng(seed).gamma(4.0, 2.0, SIDE * SIDE) * np.exp(-2 * from_center)
    return xy, neighbors, hours


def main() -> None:
    """Plan the town for 12 service technicians, keep three blocks together, and say what came out."""
    xy, neighbors, hours = town()
    graph = tk.UnitGraph(
        ids=np.arange(len(xy)),
        xy=xy,
        edges=neighbors,
        activities=[tk.Activity("workload", hours, "h/year")],
    )
    problem = tk.Problem(
        graph,
        n_territories=12,
        requirements=[
            tk.Balance("workload", 0.05),
            tk.Contiguous(),
            tk.Together([(0, 1, SIDE)]),  # one customer with three sites in the corner
        ],
    )
    result = tk.solve(problem, seed=1)
    if result.plan is None:
        for conflict in result.conflicts:
            print(conflict.message)
        raise SystemExit(1)
    for violation in result.violations:
        print(violation.message)
    plan = result.plan
    print(result)
    print("hours per technician:", np.round(plan.sizes("workload"), 1))
    print("technician of block 0:", plan.problem.names[plan.labels[0]])


if __name__ == "__main__":
    main()
