"""Parts of a plan divided anew by an exact model."""

import numpy as np
import pytest
from samples import grid_graph
from solve.runs import run_of
from solve.small import graph_of, row

import territorykit as tk
from territorykit.solve.exact.resplit import Part, resplit
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.search.annealing import Annealing
from territorykit.solve.search.resplitting import Resplitting
from territorykit.solve.search.run import Best, Run


def divided_anew(run: Run, labels: Array, territories: list[int]) -> Array | None:
    part = Part(run.compiled, labels, run.state.at, run.state.center, np.array(territories))
    return resplit(part, most_nodes=100, seconds=None)


@pytest.mark.parametrize("center", ["unit", "centroid"])
def test_a_part_with_an_empty_territory_stays_as_it_is(center):
    """A start that breaks something may leave a territory without units: there is nowhere for it to grow from."""
    goal = tk.Compactness(center=center)
    run = run_of(tk.Problem(graph_of(6, row(6)), 3, [tk.Contiguous()], objective=goal), units=[0, 0, 1, 1, 2, 2])
    empty = np.where(run.state.labels == 2, 1, run.state.labels)
    stripped = Run(run.compiled, empty, run.rng)
    assert divided_anew(stripped, empty, [0, 1, 2]) is None
    assert divided_anew(stripped, empty, [0, 1]) is not None
    found, tried = Resplitting(run.compiled, run.rng).improve(Best(empty, 1.0, 2.0), 5, lambda: np.inf)
    assert tried == 5
    assert found.violation > 0


def test_an_iteration_budget_pays_for_no_parts(monkeypatch):
    """How long a part takes is up to the clock, and the plan that a budget gives must not be."""
    calls = []

    def noted(_: Resplitting, best: Best, *__: object) -> tuple[Best, int]:
        calls.append(best)
        return best, 0

    monkeypatch.setattr(Resplitting, "improve", noted)
    problem = tk.Problem(grid_graph(6, 8), 4, [tk.Balance("calls", 0.15), tk.Contiguous()])
    plans = [
        tk.solve(problem, Annealing(starts=2), seed=1, stop=500_000, time_limit=600).plan.labels.tolist()
        for _ in range(2)
    ]
    assert plans[0] == plans[1]
    assert not calls
    tk.solve(problem, Annealing(starts=2), seed=1, time_limit=1.0)
    assert calls
