import numpy as np
import pytest
from hypothesis import given
from samples import grid_graph, grid_plan, plans

import territorykit as tk
from territorykit.criteria.disruption import moved, moved_since, share_moved, share_moved_since

TODAY = grid_plan([0, 1, 2, 0, 1, 2], names=["west", "mid", "east"])


def test_one_unit_moves():
    new = TODAY.move("u5", "mid")
    assert moved(TODAY, new).tolist() == [False] * 5 + [True]
    assert share_moved(TODAY, new) == pytest.approx(1 / 6)
    assert share_moved(TODAY, new, "calls") == pytest.approx(6 / 21)
    assert share_moved(TODAY, new, "revenue") == pytest.approx(1 / 6)


def test_territories_are_matched_by_name_and_units_by_id():
    ids = [f"u{i}" for i in (5, 4, 3, 2, 1, 0)]
    names = ["east", "mid", "west"]
    same = tk.Plan(tk.Problem(grid_graph(ids=ids), 3, territory_names=names), [0, 1, 2, 0, 1, 2])
    assert not moved(TODAY, same).any()
    renamed = tk.Plan(tk.Problem(grid_graph(ids=ids), 3, territory_names=["EAST", "mid", "west"]), same.labels)
    assert renamed.problem.graph.ids[moved(TODAY, renamed)].tolist() == ["u5", "u2"]


def test_an_activity_that_is_zero_everywhere_does_not_move():
    none = [tk.Activity("none", np.zeros(6))]
    plan = grid_plan([0, 1, 2, 0, 1, 2], activities=none)
    assert share_moved(plan, plan.move("u5", 1), "none") == 0


def test_other_units_are_named():
    other = grid_plan([0, 0, 0, 1, 1, 1], ids=[0, 1, 2, 3, 4, 5])
    with pytest.raises(
        tk.DataError, match=r"6 units are in the first plan alone: 'u0'.*\n.*in the other plan alone: 0, 1"
    ):
        moved(TODAY, other)


@given(plans())
def test_nothing_moves_against_itself_and_moves_count_both_ways(plan):
    assert share_moved(plan, plan) == 0
    other = tk.Plan(plan.problem, plan.problem.n_territories - 1 - plan.labels)
    assert share_moved(plan, other) == share_moved(other, plan)


def test_what_moved_since_the_incumbent_of_a_requirement():
    limit = tk.MaxMoved({"u5": "east", "u0": "west", "u1": "west"}, "calls", 0.1)
    plan = tk.Plan(TODAY.problem.replace(requirements=limit), TODAY.labels).move("u5", "mid")
    assert moved_since(plan, limit).tolist() == [False, True, False, False, False, True]
    assert share_moved_since(plan, limit) == pytest.approx((2 + 6) / 21)
    assert share_moved_since(plan, tk.MaxMoved(limit.incumbent, None, 0)) == pytest.approx(2 / 6)


@given(plans(), plans())
def test_a_whole_plan_as_incumbent_counts_as_two_plans_do(plan, other):
    if plan.problem.n_territories != other.problem.n_territories:
        return
    before = tk.Plan(plan.problem, other.labels)
    limit = tk.MaxMoved(before, None, 0)
    plan = tk.Plan(plan.problem.replace(requirements=limit), plan.labels)
    assert moved_since(plan, limit).tolist() == moved(before, plan).tolist()
    assert share_moved_since(plan, limit) == share_moved(before, plan)
