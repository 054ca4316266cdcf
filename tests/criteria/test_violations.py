"""The referee: every requirement by hand, and against computations anew."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import grid_graph, grid_plan, plans

import territorykit as tk
from territorykit.criteria.violations import violations

NASTY = ["<b>", "a'b", "%s{}", "日本", "", "x" * 300]


def found(labels, *requirements, k=None, **settings):
    graph = tk.UnitGraph(
        settings.pop("ids", ["a", "b", "c", "d"]),
        [[0, 0], [1000, 0], [2000, 0], [3000, 0]],
        [[0, 1], [1, 2], [2, 3]],
        [tk.Activity("calls", [1, 2, 3, 4])],
    )
    return violations(tk.Plan(tk.Problem(graph, k or max(labels) + 1, requirements, **settings), labels))


def test_balance_above_and_below():
    above, below = found([0, 0, 1, 1], tk.Balance("calls", 0.1))
    assert (above.territory, above.measured, above.allowed) == ("2", 7, 5.5)
    assert above.excess == pytest.approx(0.3)
    assert above.message == "territory '2' has 7 of calls, 40.0 % above its target; at most 5.5 are allowed"
    assert (below.territory, below.measured, below.allowed) == ("1", 3, 4.5)
    assert below.excess == pytest.approx(0.3)
    assert found([0, 0, 1, 1], tk.Balance("calls", 0.4)) == ()


def test_balance_with_targets_by_name():
    wish = tk.Balance("calls", 0.05, {"east": 7, "west": 3})
    assert found([0, 0, 1, 1], wish, territory_names=["west", "east"]) == ()
    assert [v.territory for v in found([1, 1, 0, 0], wish, territory_names=["west", "east"])] == ["west", "east"]


def test_balance_allows_for_rounding_alone():
    graph = tk.UnitGraph(
        range(10), np.zeros((10, 2)), activities=[tk.Activity("a", [0.1] * 10)], edges=np.empty((0, 2))
    )
    plan = tk.Plan(tk.Problem(graph, 2, [tk.Balance("a", 0)]), [0] * 5 + [1] * 5)
    assert violations(plan) == ()
    problem = tk.Problem(graph, 2, [tk.Balance("a", 0, [0.5 + 1e-6, 0.5 - 1e-6])])
    assert len(violations(tk.Plan(problem, plan.labels))) == 2


def test_capacity():
    above, below = found([0, 0, 1, 1], tk.Capacity("calls", 4, [10, 6.5]))
    assert above.message == "territory '2' has 7 of calls, more than its capacity of 6.5"
    assert above.excess == pytest.approx(0.1)
    assert below.message == "territory '1' has 3 of calls, less than its least size of 4"
    assert below.excess == pytest.approx(0.2)
    assert found([0, 0, 1, 1], tk.Capacity("calls", 3, 7)) == ()


def test_contiguous():
    (violation,) = found([0, 1, 0, 0], tk.Contiguous())
    assert violation.units == ("a",)
    assert (violation.territory, violation.measured, violation.allowed, violation.excess) == ("1", 2, 1, 1)
    assert violation.message == "territory '1' is in 2 pieces: 'a' lies apart from the largest"
    assert found([0, 0, 0, 1], tk.Contiguous()) == ()


def test_travel_to_the_center_goes_by_the_plan_or_the_best():
    wish = tk.MaxTravel(metres=2000)
    assert found([0, 0, 0, 0], wish) == ()
    (violation,) = found([0, 0, 0, 0], tk.MaxTravel(metres=1900))
    assert violation.excess == pytest.approx(2000 / 1900 - 1)
    assert len(violation.units) == 1
    graph = grid_graph(1, 4)
    problem = tk.Problem(graph, 1, [wish])
    (violation,) = violations(tk.Plan(problem, [0, 0, 0, 0], centers=[0]))
    assert violation.units == ("u3",)
    assert "further than 2 km from its center, the furthest 3 km: 'u3'" in violation.message


def test_the_best_center_obeys_the_limit_before_the_objective():
    """The weights pull the center to a, which is too far from d; b is within the limit of all."""
    graph = tk.UnitGraph(
        list("abcd"),
        [[0, 0], [1000, 0], [2000, 0], [3000, 0]],
        [[0, 1], [1, 2], [2, 3]],
        [tk.Activity("w", [100, 1, 1, 1])],
    )
    problem = tk.Problem(graph, 1, [tk.MaxTravel(metres=2000)], objective=tk.Compactness("w"))
    assert violations(tk.Plan(problem, [0, 0, 0, 0])) == ()


def test_travel_to_the_base():
    wish = tk.MaxTravel(metres=1000, to="base")
    (violation,) = found([0, 0, 1, 1], wish, bases=[[0, 0], [5000, 0]])
    assert violation.units == ("c", "d")
    assert violation.measured == 3000
    assert violation.excess == pytest.approx(2 + 1)
    assert found([0, 0, 1, 1], wish, bases=[[0, 0], [2500, 0]]) == ()


def test_fixed():
    (violation,) = found([0, 0, 1, 1], tk.Fixed({"a": "east", "d": "east"}), territory_names=["west", "east"])
    assert violation.units == ("a",)
    assert violation.message == "unit 'a' is fixed to territory 'east' and is in 'west'"
    assert found([0, 0, 1, 1], tk.Fixed({})) == ()


def test_together():
    one, other = found([0, 1, 2, 2], tk.Together([["a", "b"], ["c", "d"], ["a", "b", "c"]]))
    assert (one.excess, other.excess) == (1, 2)
    assert one.message == "units 'a', 'b' must be together and are in territories '1', '2'"


def test_apart():
    (violation,) = found([0, 0, 1, 1], tk.Apart([("a", "b"), ("a", "c")]))
    assert violation.units == ("a", "b")
    assert violation.message == "units 'a' and 'b' must be apart and are both in territory '1'"


def test_max_moved():
    today = {"a": "1", "b": "1", "c": "2", "d": "2"}
    (violation,) = found([0, 1, 1, 0], tk.MaxMoved(today, "calls", 0.5))
    assert (violation.territory, violation.units, violation.allowed) == (None, ("b", "d"), 0.5)
    assert violation.measured == pytest.approx(0.6)
    assert violation.excess == pytest.approx(0.1)
    assert violation.message == (
        "60 % of calls lies in another territory than today, at most 50 % are allowed: 'b', 'd'"
    )
    (violation,) = found([0, 1, 1, 1], tk.MaxMoved(today, None, 0.125))
    assert violation.message.startswith("25 % of the units lie in another territory than today, at most 12.5 % are")
    assert found([0, 1, 1, 0], tk.MaxMoved(today, "calls", 0.6)) == ()
    assert found([0, 1, 1, 0], tk.MaxMoved({"a": 0, "c": 1}, "calls", 0)) == ()


def test_nested():
    graph = grid_graph(1, 6, groups={"province": ["north", "south", "south", None, "west", "west"]})
    wish = tk.Nested("province")
    plan = tk.Plan(tk.Problem(graph, 2, [wish]), [0, 0, 1, 1, 0, 1])
    (violation,) = violations(plan)
    assert (violation.territory, violation.units) == (None, ("u2", "u5"))
    assert (violation.measured, violation.allowed, violation.excess) == (2, 0, 2)
    assert violation.message == (
        "territories cross province 'south', 'west': 2 splits, at most 0 are allowed; the smaller parts are 'u2', 'u5'"
    )
    (violation,) = violations(tk.Plan(tk.Problem(graph, 2, [tk.Nested("province", 1)]), plan.labels))
    assert violation.excess == 1
    assert violations(tk.Plan(tk.Problem(graph, 2, [tk.Nested("province", 2)]), plan.labels)) == ()
    assert violations(tk.Plan(tk.Problem(graph, 2, [wish]), [0, 0, 0, 0, 1, 1])) == ()


def test_whole_numbers_as_ids_stay_whole_numbers():
    (violation,) = found([0, 1, 0, 0], tk.Contiguous(), ids=np.array([10, 11, 12, 13]))
    assert violation.units == (10,)
    assert type(violation.units[0]) is int


@pytest.mark.parametrize("nasty", [unit for unit in NASTY if unit])
def test_ids_of_all_kinds(nasty):
    ids = [nasty, "b", "c", "d"]
    wishes = [tk.Contiguous(), tk.Fixed({nasty: 1}), tk.Together([[nasty, "b"]]), tk.Apart([(nasty, "c")])]
    result = found([0, 1, 0, 0], *wishes, ids=ids)
    assert [type(v.requirement) for v in result] == [tk.Contiguous, tk.Fixed, tk.Together, tk.Apart]
    assert all(nasty in violation.units for violation in result)
    assert all(repr(nasty)[:40] in violation.message for violation in result)


def test_requirements_are_judged_in_their_order():
    wishes = [tk.Apart([("a", "b")]), tk.Balance("calls", 0.1), tk.Fixed({"a": 1})]
    assert [type(v.requirement) for v in found([0, 0, 1, 1], *wishes)] == [tk.Apart, tk.Balance, tk.Balance, tk.Fixed]


@given(plans())
@settings(deadline=None)
def test_pieces_are_those_of_networkx(plan):
    plan = tk.Plan(plan.problem.replace(requirements=[tk.Contiguous()]), plan.labels)
    whole = nx.Graph(plan.problem.graph.edges.tolist())
    result = {violation.territory: violation for violation in violations(plan)}
    for t, name in enumerate(plan.problem.names):
        parts = list(nx.connected_components(whole.subgraph(np.flatnonzero(plan.labels == t).tolist())))
        if len(parts) == 1:
            assert name not in result
        else:
            assert result[name].measured == len(parts)
            apart = {frozenset(part) for part in parts}
            away = set(plan.problem.graph.positions(list(result[name].units)).tolist())
            main = frozenset(np.flatnonzero(plan.labels == t).tolist()) - away
            assert main in apart
            assert len(main) == max(map(len, parts))


@given(plans(), st.floats(0, 1), st.floats(-1e7, 1e7), st.floats(-1e7, 1e7))
@settings(deadline=None)
def test_moving_the_map_breaks_and_mends_nothing(plan, tolerance, dx, dy):
    if plan.problem.graph.activity("calls").total == 0:
        return
    wishes = [tk.Balance("calls", tolerance), tk.Contiguous(), tk.MaxTravel(metres=1600)]
    here = tk.Plan(plan.problem.replace(requirements=wishes), plan.labels)
    graph = plan.problem.graph
    moved = grid_graph(3, 4, activities=graph.activities, xy=graph.xy + np.round([dx, dy]))
    there = tk.Plan(tk.Problem(moved, plan.problem.n_territories, wishes), plan.labels)
    first, second = violations(here), violations(there)
    assert [(v.territory, v.requirement) for v in first] == [(v.territory, v.requirement) for v in second]


def test_a_plan_without_requirements_breaks_none():
    assert violations(grid_plan([0, 1, 0, 1, 0, 1])) == ()
