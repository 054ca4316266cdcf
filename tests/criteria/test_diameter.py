import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import grid_graph, grid_plan, plans

import territorykit as tk
from territorykit.criteria import diameter as module
from territorykit.criteria.diameter import diameters
from territorykit.criteria.sphere import great_circle


def test_rows_of_a_grid_by_hand() -> None:
    assert diameters(grid_plan([0, 0, 0, 1, 1, 1])).tolist() == [2000, 2000]
    assert diameters(grid_plan([0, 1, 2, 0, 1, 2])).tolist() == [1000] * 3
    assert diameters(grid_plan([0, 0, 0, 0, 0, 0])) == pytest.approx([math.hypot(2000, 1000)])
    assert diameters(grid_plan(list(range(6)))).tolist() == [0] * 6


def test_on_the_sphere_it_goes_over_the_date_line() -> None:
    lonlat = [[179, 0], [-179, 0], [-178, 0], [0, 0], [0, 1], [0, 5]]
    plan = grid_plan([0, 0, 0, 1, 1, 1], lonlat=lonlat)
    assert diameters(plan, "great-circle") == pytest.approx(great_circle([[0, 0], [0, 0]], [[3, 0], [0, 5]]))


def test_points_in_one_place_or_in_a_line() -> None:
    graph = grid_graph(1, 4, xy=[[5, 5], [5, 5], [0, 0], [3, 3]])
    assert diameters(tk.Plan(tk.Problem(graph, 2), [0, 0, 1, 1])) == pytest.approx([0, math.hypot(3, 3)])


@given(plans(), st.integers(0, 2**32 - 1))
def test_no_two_units_are_farther_apart(plan, seed) -> None:
    rng = np.random.default_rng(seed)
    xy, lonlat = rng.uniform(-1e6, 1e6, (12, 2)), rng.uniform([-180, -90], [180, 90], (12, 2))
    graph = grid_graph(3, 4, xy=xy, lonlat=lonlat)
    plan = tk.Plan(tk.Problem(graph, plan.problem.n_territories), plan.labels)
    planar, arc = diameters(plan), diameters(plan, "great-circle")
    for t in range(plan.problem.n_territories):
        own = np.flatnonzero(plan.labels == t)
        pairs = [(i, j) for i in own for j in own]
        assert planar[t] == pytest.approx(max(math.dist(xy[i], xy[j]) for i, j in pairs))
        assert arc[t] == pytest.approx(max(great_circle(lonlat[[i]], lonlat[[j]])[0] for i, j in pairs))


def test_blocks_change_nothing(monkeypatch) -> None:
    rng = np.random.default_rng(5)
    graph = grid_graph(5, 6, lonlat=rng.uniform(-90, 90, (30, 2)))
    plan = tk.Plan(tk.Problem(graph, 2), [0] * 14 + [1] * 16)
    whole = diameters(plan, "great-circle")
    monkeypatch.setattr(module, "BLOCK", 40)
    assert diameters(plan, "great-circle").tolist() == whole.tolist()


def test_wrong_input() -> None:
    with pytest.raises(tk.DataError, match="no distance 'travel' between units; take 'planar' or 'great-circle'"):
        diameters(grid_plan([0, 0, 0, 1, 1, 1]), "travel")
    with pytest.raises(tk.DataError, match="the graph has no longitudes and latitudes; pass lonlat= to UnitGraph"):
        diameters(grid_plan([0, 0, 0, 1, 1, 1]), "great-circle")
