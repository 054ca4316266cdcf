"""Each cause of infeasibility by hand: its message, and that the suggested relaxation removes it."""

import numpy as np
import pytest
from solve.small import Oracle, graph_of, row

import territorykit as tk
from territorykit.solve.diagnosis.conflicts import conflicts
from territorykit.solve.diagnosis.pieces import round_up


def only(problem):
    """The single conflict of a problem; that it is true is checked on all plans."""
    found = conflicts(problem)
    assert len(found) == 1, [conflict.message for conflict in found]
    assert Oracle(problem).best is None
    result = tk.solve(problem)
    assert (result.status, result.conflicts) == (tk.Status.INFEASIBLE, found)
    return found[0]


def test_limits_that_exclude_each_other():
    graph = graph_of(4, row(4), calls=[1, 1, 1, 1])
    problem = tk.Problem(graph, 2, [tk.Balance("calls", 0.1), tk.Capacity("calls", upper=1.5)])
    found = conflicts(problem)
    assert [conflict.territory for conflict in found] == ["1", "2"]
    assert "Balance('calls', 0.1) and Capacity('calls', 0, 1.5) exclude each other" in found[0].message
    assert "at least 1.8 and at most 1.5" in found[0].message
    assert Oracle(problem).best is None


def test_more_than_all_territories_hold():
    graph = graph_of(4, row(4), calls=[1, 1, 1, 1])
    conflict = only(tk.Problem(graph, 2, [tk.Capacity("calls", upper=1.5)]))
    assert conflict.message.startswith("calls sums to 4, more than all territories together may hold")
    assert (conflict.needed, conflict.allowed) == (4, 3)


def test_less_than_all_territories_need():
    graph = graph_of(4, row(4), calls=[1, 1, 1, 1])
    conflict = only(tk.Problem(graph, 2, [tk.Balance("calls", 0.2, [3, 3])]))
    assert "less than all territories together need by Balance('calls', 0.2, targets=...) (4.8)" in conflict.message


def test_a_unit_too_large_and_the_tolerance_that_lets_it_in():
    graph = graph_of(3, row(3), calls=[8, 1, 1])
    conflict = only(tk.Problem(graph, 2, [tk.Balance("calls", 0.1)]))
    assert "1 unit is larger than any territory may be" in conflict.message
    assert "'u0' (8, 1.6 targets)" in conflict.message
    assert conflict.units == ("u0",)
    assert conflict.relaxation == pytest.approx(0.6)
    assert conflicts(tk.Problem(graph, 2, [tk.Balance("calls", conflict.relaxation)])) == ()
    assert conflicts(tk.Problem(graph, 2, [tk.Balance("calls", conflict.relaxation - 1e-6)]))


def test_a_unit_beyond_every_tolerance():
    conflict = only(tk.Problem(graph_of(4, row(4), calls=[12, 1, 1, 1]), 3, [tk.Balance("calls", 0.9)]))
    assert conflict.relaxation is None
    assert "split it (tk.split_units) or ask for fewer territories" in conflict.message


def test_a_unit_above_capacity_and_the_limit_that_lets_it_in():
    graph = graph_of(3, row(3), calls=[8, 1, 1])
    conflict = only(tk.Problem(graph, 2, [tk.Capacity("calls", upper=7)]))
    assert "8, 1.14 times the limit" in conflict.message
    assert conflict.relaxation == 8
    assert conflicts(tk.Problem(graph, 2, [tk.Capacity("calls", upper=8)])) == ()


@pytest.mark.parametrize("turned", [False, True])
def test_the_limit_that_binds_is_blamed(turned):
    wishes = [tk.Balance("calls", 0.1), tk.Capacity("calls", upper=100)]
    problem = tk.Problem(graph_of(3, row(3), calls=[8, 1, 1]), 2, wishes[::-1] if turned else wishes)
    assert only(problem).requirement == wishes[0]


def test_a_group_too_large():
    graph = graph_of(4, row(4), calls=[2, 2, 2, 2])
    conflict = only(tk.Problem(graph, 2, [tk.Balance("calls", 0.2), tk.Together([["u0", "u1", "u2"]])]))
    assert "'u0', 'u1', 'u2' are held together by Together(1 groups) and have 6 of calls" in conflict.message
    assert "allows any territory 4.8" in conflict.message
    assert conflict.relaxation == pytest.approx(0.5)


def test_locks_that_overfill_a_territory():
    graph = graph_of(4, row(4), calls=[2, 2, 2, 2])
    wishes = [tk.Balance("calls", 0.2), tk.Fixed({"u0": "west", "u1": "west", "u3": "west"})]
    conflict = only(tk.Problem(graph, 2, wishes, territory_names=["west", "east"]))
    assert conflict.territory == "west"
    assert "fixed to one territory by Fixed(3 units) and have 6 of calls" in conflict.message


def test_too_few_groups_for_the_territories():
    conflict = only(tk.Problem(graph_of(3, row(3)), 3, [tk.Together([["u0", "u2"]])]))
    assert "3 territories hold no fixed unit, and only 2 units or groups are left" in conflict.message
    assert conflict.units == ("u0", "u2")


def test_all_units_locked_to_one_territory():
    conflict = only(tk.Problem(graph_of(3, row(3)), 2, [tk.Fixed({f"u{i}": 0 for i in range(3)})]))
    assert "1 territories hold no fixed unit, and only 0 units" in conflict.message


def test_too_few_units_with_some_of_an_activity():
    conflict = only(tk.Problem(graph_of(4, row(4), calls=[1, 1, 0, 0]), 3, [tk.Balance("calls", 0.9)]))
    assert "3 territories need some of calls" in conflict.message
    assert "only 2 units have any" in conflict.message


def test_needs_below_rounding_prove_nothing():
    """With a tolerance of almost 1 an empty size passes the referee, so it must pass here."""
    problem = tk.Problem(graph_of(4, row(4), calls=[1, 1, 0, 0]), 3, [tk.Balance("calls", 1 - 1e-12)])
    assert conflicts(problem) == ()


def test_units_beyond_every_base():
    graph = graph_of(3, row(3))
    problem = tk.Problem(graph, 2, [tk.MaxTravel(metres=900, to="base")], bases=[[0, 0], [500, 0]])
    conflict = only(problem)
    assert conflict.units == ("u2",)
    assert "further than 0.9 km from every base they may belong to" in conflict.message
    assert conflict.relaxation == 1500
    allowed = tk.MaxTravel(metres=conflict.relaxation, to="base")
    assert conflicts(problem.replace(requirements=[allowed])) == ()


def test_a_locked_unit_beyond_its_base():
    wishes = [tk.MaxTravel(metres=1000, to="base"), tk.Fixed({"u0": 1})]
    conflict = only(tk.Problem(graph_of(3, row(3)), 2, wishes, bases=[[0, 0], [2000, 0]]))
    assert conflict.units == ("u0",)
    assert conflict.relaxation == 2000


def test_a_group_without_a_center_within_the_limit():
    graph = graph_of(5, row(5))
    conflict = only(tk.Problem(graph, 2, [tk.MaxTravel(metres=1500), tk.Together([["u0", "u4"]])]))
    assert conflict.relaxation == 2000
    assert "no center lies within 1.5 km of all of them" in conflict.message
    assert conflicts(tk.Problem(graph, 2, [tk.MaxTravel(metres=2000), tk.Together([["u0", "u4"]])])) == ()


def test_more_pieces_than_territories():
    conflict = only(tk.Problem(graph_of(4, [[0, 1]]), 2, [tk.Contiguous()]))
    assert (
        "in 3 unconnected pieces, more than the 2 territories; the smallest hold 'u2', 'u3', 'u0'" in conflict.message
    )


def test_a_piece_that_no_number_of_territories_fits_and_the_least_tolerance():
    """Sizes 5.8 and 4.2, three targets of 10 / 3: two of them hold 5.8 at 13 %, one holds it only at 74 %."""
    graph = graph_of(6, [[0, 1], [1, 2], [3, 4], [4, 5]], calls=[2.9, 1.9, 1, 2, 1.2, 1])
    problem = tk.Problem(graph, 3, [tk.Balance("calls", 0.1), tk.Contiguous()])
    found = conflicts(problem)
    assert {conflict.units for conflict in found} == {("u0", "u1", "u2"), ("u3", "u4", "u5")}
    assert [conflict.relaxation for conflict in found] == pytest.approx([0.13, 0.26])
    assert Oracle(problem).best is None
    relaxed = problem.replace(requirements=[tk.Balance("calls", max(c.relaxation for c in found)), tk.Contiguous()])
    assert conflicts(relaxed) == ()


def test_the_least_tolerance_may_be_that_of_the_greater_number():
    """1.45 targets: one territory needs 45 %, two need 27.5 %."""
    graph = graph_of(4, [[0, 1], [2, 3]], calls=[1, 0.45, 1, 0.55])
    problem = tk.Problem(graph, 3, [tk.Balance("calls", 0.1), tk.Contiguous()])
    found = {conflict.units: conflict for conflict in conflicts(problem)}
    assert found["u0", "u1"].relaxation == pytest.approx(0.275)
    assert "allow a tolerance of 0.275" in found["u0", "u1"].message


def test_pieces_that_add_up_to_another_number():
    graph = graph_of(6, [[0, 1], [2, 3], [4, 5]], calls=[1] * 6)
    problem = tk.Problem(graph, 4, [tk.Capacity("calls", 2, 3), tk.Contiguous()])
    found = conflicts(problem)
    assert any("less than all territories together need" in conflict.message for conflict in found)
    problem = tk.Problem(graph, 4, [tk.Capacity("calls", 1.5, 3), tk.Contiguous()])
    assert "take between 3 and 3 territories within the size limits, but not 4" in only(problem).message


def test_units_that_the_map_cannot_connect():
    graph = graph_of(5, row(5))
    wishes = [tk.Contiguous(), tk.Together([["u0", "u4"]]), tk.Fixed({"u2": 1, "u0": 0})]
    conflict = only(tk.Problem(graph, 2, wishes))
    assert "the map cannot connect 'u4' with 'u0'" in conflict.message
    assert conflict.units == ("u0", "u4")


def test_units_that_only_their_adversary_connects():
    graph = graph_of(3, row(3))
    wishes = [tk.Contiguous(), tk.Together([["u0", "u2"]]), tk.Apart([("u1", "u0")])]
    assert "cannot connect" in only(tk.Problem(graph, 2, wishes)).message


def test_ids_of_all_kinds_are_named():
    nasty = ["<b>", "a'b", "%s{}", "日本"]
    found = only(tk.Problem(graph_of(4, row(4), ids=nasty, calls=[9, 1, 1, 1]), 2, [tk.Balance("calls", 0.2)]))
    assert found.units == ("<b>",)
    assert "'<b>'" in found.message
    numbers = only(
        tk.Problem(graph_of(4, row(4), ids=[7, 8, 9, 10], calls=[9, 1, 1, 1]), 2, [tk.Balance("calls", 0.2)])
    )
    assert numbers.units == (7,)
    assert type(numbers.units[0]) is int


def test_rounding_up_suffices():
    for value in np.random.default_rng(0).uniform(1e-6, 1, 200):
        assert value <= round_up(value) <= value * 1.011


def test_a_group_that_no_base_reaches_as_a_whole():
    wishes = [tk.MaxTravel(metres=1000, to="base"), tk.Together([["u0", "u3"]])]
    conflict = only(tk.Problem(graph_of(4, row(4)), 2, wishes, bases=[[0, 0], [3000, 0]]))
    assert conflict.units == ("u0", "u3")
    assert conflict.relaxation == 3000
    locked = [tk.MaxTravel(metres=1000, to="base"), tk.Together([["u0", "u1"]]), tk.Fixed({"u1": 1})]
    assert only(tk.Problem(graph_of(4, row(4)), 2, locked, bases=[[0, 0], [2000, 0]])).relaxation == 2000
