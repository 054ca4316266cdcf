import numpy as np
import pytest
from hypothesis import given
from samples import grid_plan, plans

import territorykit as tk
from territorykit.criteria import balance

# calls are 1 to 6; the left column holds 1 + 4, the middle one 2 + 5, the right one 3 + 6
COLUMNS = [0, 1, 2, 0, 1, 2]


def test_columns_of_a_grid_by_hand():
    plan = grid_plan(COLUMNS)
    assert plan.sizes("calls").tolist() == [5, 7, 9]
    assert balance.targets(plan, "calls").tolist() == [7, 7, 7]
    assert balance.relative_deviation(plan, "calls") == pytest.approx([-2 / 7, 0, 2 / 7])
    assert balance.largest_deviation(plan, "calls") == pytest.approx(2 / 7)
    assert balance.size_range(plan, "calls") == 4
    assert balance.coefficient_of_variation(plan, "calls") == pytest.approx(np.sqrt(8 / 3) / 7)
    assert balance.largest_deviation(plan, "revenue") == 0


def test_targets_of_the_problem_count():
    plan = grid_plan(COLUMNS, requirements=[tk.Balance("calls", 0.1, targets=[5, 7, 10])])
    assert balance.relative_deviation(plan, "calls") == pytest.approx([0, 0, -0.1])
    assert balance.relative_deviation(plan, "revenue") == pytest.approx([0, 0, 0])


def test_targets_by_name_keep_to_their_territory():
    targets = {"east": 10, "mid": 7, "west": 5}
    plan = grid_plan(COLUMNS, names=["west", "mid", "east"], requirements=[tk.Balance("calls", 0.1, targets=targets)])
    assert balance.targets(plan, "calls").tolist() == [5, 7, 10]


def test_an_activity_that_is_zero_everywhere_is_even():
    plan = grid_plan(COLUMNS, activities=[tk.Activity("none", np.zeros(6))])
    assert balance.relative_deviation(plan, "none").tolist() == [0, 0, 0]
    assert balance.coefficient_of_variation(plan, "none") == 0


def test_unknown_activity_is_named():
    plan = grid_plan(COLUMNS)
    for measure in (balance.targets, balance.relative_deviation, balance.size_range, balance.coefficient_of_variation):
        with pytest.raises(tk.DataError, match="no activity 'visits'; the graph has 'calls', 'revenue'"):
            measure(plan, "visits")


@given(plans())
def test_deviations_add_up_to_nothing_and_stay_within_the_largest(plan):
    off = balance.relative_deviation(plan, "calls")
    assert off.sum() == pytest.approx(0, abs=1e-9)
    assert balance.largest_deviation(plan, "calls") == np.abs(off).max()


@given(plans())
def test_measures_do_not_depend_on_the_order_of_territories(plan):
    k = plan.problem.n_territories
    other = tk.Plan(plan.problem, k - 1 - plan.labels)
    assert balance.relative_deviation(other, "calls") == pytest.approx(balance.relative_deviation(plan, "calls")[::-1])
    assert balance.size_range(other, "calls") == balance.size_range(plan, "calls")
    one, two = (balance.coefficient_of_variation(p, "calls") for p in (plan, other))
    assert one == pytest.approx(two)
