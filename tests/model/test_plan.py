import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import territorykit as tk


def test_sizes_members_and_moves(plan) -> None:
    assert plan.sizes("hours").tolist() == [8, 8]
    assert plan.sizes("revenue").tolist() == [10, 10]
    assert plan.members("west").tolist() == ["a", "b"]
    assert plan.members(1).tolist() == ["c", "d"]
    assert plan.move("b", "east").labels.tolist() == [0, 1, 1, 1]
    assert plan.move("b", 1) == plan.move("b", "east")
    assert plan.labels.tolist() == [0, 0, 1, 1]
    assert plan.to_names().tolist() == ["west", "west", "east", "east"]
    assert repr(plan) == "Plan(4 units in 2 territories)"


def test_a_move_leaves_the_centers_open(problem) -> None:
    assert tk.Plan(problem, [0, 0, 1, 1], centers=[1, 2]).move("b", "east").centers is None


@pytest.mark.parametrize(
    ("labels", "centers", "message"),
    [
        ([0, 0, 1], None, r"plan: labels has shape \(3,\), not \(4,\); pass one territory per unit"),
        ([0, 0, 1, 2], None, "1 units have no territory: 'd'; label them from 0 to 1"),
        ([-1, 0, 1, -1], None, "2 units have no territory: 'a', 'd'"),
        ([0, 0, 0, 0], None, "1 territories have no unit: 'east'; ask for fewer territories"),
        (["west", "west", "east", "east"], None, "labels: expected whole numbers, .* for names use Plan.from_labels"),
        ([0, 0.5, 1, 1], None, "labels: expected whole numbers"),
        ([0, 0, 1, float("nan")], None, "labels: expected whole numbers"),
        ([0, 0, 1, 1], [0], "centers are not one unit position per territory; pass 2 positions below 4"),
        ([0, 0, 1, 1], [0, 4], "centers are not one unit position per territory"),
        ([0, 0, 1, 1], [0, 1], "the center of 'east' lies in another territory; choose one of its own units"),
    ],
)
def test_what_is_no_plan(problem, labels, centers, message) -> None:
    with pytest.raises(tk.PlanError, match=message):
        tk.Plan(problem, labels, centers)


def test_a_plan_needs_a_problem(graph) -> None:
    with pytest.raises(tk.PlanError, match="problem is a UnitGraph; pass a Problem"):
        tk.Plan(graph, [0, 0, 1, 1])


@pytest.mark.parametrize("unit", ["x", 0])
def test_unknown_units_do_not_move(plan, unit) -> None:
    with pytest.raises(tk.DataError, match="no unit"):
        plan.move(unit, "east")


@pytest.mark.parametrize("territory", ["north", 2, -1, 0.5, None])
def test_unknown_territories(plan, territory) -> None:
    with pytest.raises(tk.PlanError, match=r"no territory .*; the names are 'west', 'east', the positions go from 0"):
        plan.members(territory)


def test_the_last_unit_stays(plan) -> None:
    with pytest.raises(tk.PlanError, match="1 territories have no unit: 'west'"):
        plan.move("a", "east").move("b", "east")


LABELS = {"d": "east", "c": "east", "b": "west", "a": "west"}


def test_labels_are_aligned_by_id(problem, plan) -> None:
    assert tk.Plan.from_labels(problem, LABELS) == plan
    assert tk.Plan.from_labels(problem, pd.Series(LABELS)) == plan
    series = plan.to_series()
    assert series.name == "territory"
    assert series.index.name == "unit"
    assert series.to_dict() == LABELS


def test_names_come_from_the_labels_where_the_problem_has_none(graph) -> None:
    problem = tk.Problem(graph, 2)
    plan = tk.Plan.from_labels(problem, LABELS)
    assert plan.problem.names == ("east", "west")
    assert plan.labels.tolist() == [1, 1, 0, 0]
    same = tk.Plan.from_labels(problem, {"a": 2, "b": 2, "c": 1, "d": 1})
    assert same.problem == problem
    assert same.labels.tolist() == [1, 1, 0, 0]


def test_numbered_territories_stand_in_the_order_of_their_numbers() -> None:
    n = 12
    graph = tk.UnitGraph(range(n), np.zeros((n, 2)), [])
    plan = tk.Plan.from_labels(tk.Problem(graph, n), dict(enumerate(range(n))))
    assert plan.problem.names == tuple(map(str, range(n)))
    assert plan.labels.tolist() == list(range(n))
    column = pd.Series(np.arange(n, dtype=float))  # what pandas makes of a column of numbers with gaps
    assert tk.Plan.from_labels(tk.Problem(graph, n), column) == plan


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({**LABELS, "x": "west"}, "units that are not in the graph: 'x'; leave them out or correct their ids"),
        ({"a": "west", "b": "east"}, "units without a label: 'c', 'd'; give every unit a territory"),
        ({**LABELS, "d": None}, "labels that are missing, for unit 'd'"),
        ({**LABELS, "d": ""}, "labels that are missing, for unit 'd'"),
        (pd.Series({**LABELS, "a": float("nan")}), "labels that are missing, for unit 'a'"),
        (pd.Series(["west", "east"] * 3, index=list("abcdab")), "units that are labelled twice: 'a', 'b'; keep one"),
        ({**LABELS, "a": "north"}, "labels that are no territory of the problem: 'north'; correct or rename them"),
        (dict.fromkeys("abcd", "west"), "territories without a unit: 'east'; leave them out of the problem"),
        (["west", "west", "east", "east"], r"labels is a list; .* for positions use Plan\(problem, labels\)"),
        (np.array([0, 0, 1, 1]), "labels is a ndarray; pass a mapping from unit ids or a Series indexed by them"),
    ],
)
def test_labels_that_do_not_fit(problem, labels, message) -> None:
    with pytest.raises(tk.PlanError, match=message):
        tk.Plan.from_labels(problem, labels)


def test_too_many_names_for_the_problem(graph) -> None:
    with pytest.raises(tk.PlanError, match="the labels name 3 territories, the problem has 2; set n_territories to 3"):
        tk.Plan.from_labels(tk.Problem(graph, 2), dict(zip("abcd", "xyzz", strict=True)))


def test_all_problems_come_at_once(problem) -> None:
    with pytest.raises(
        tk.PlanError, match=r"(?s)plan: 3 problems\n  1\. .*'x'.*2\. .*'c', 'd'.*3\. .*missing, for unit 'b'"
    ):
        tk.Plan.from_labels(problem, {"a": "west", "b": None, "x": "east"})


@st.composite
def labelled_units(draw):
    ids = draw(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=8, unique=True))
    names = draw(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=len(ids), unique=True))
    rest = draw(st.lists(st.sampled_from(names), min_size=len(ids) - len(names), max_size=len(ids) - len(names)))
    labels = draw(st.permutations(names + rest))
    return ids, names, labels


@given(labelled_units())
def test_labels_survive_the_way_there_and_back(case) -> None:
    ids, names, labels = case
    graph = tk.UnitGraph(ids, np.zeros((len(ids), 2)), [])
    problem = tk.Problem(graph, len(names), territory_names=names)
    plan = tk.Plan.from_labels(problem, dict(zip(ids, labels, strict=True)))
    assert [names[t] for t in plan.labels] == labels
    assert tk.Plan.from_labels(problem, plan.to_series()) == plan
    assert tk.Plan.from_labels(problem, plan.to_series().sort_values()) == plan
    unnamed = tk.Plan.from_labels(tk.Problem(graph, len(names)), plan.to_series())
    assert set(unnamed.problem.names) == set(names)
    assert unnamed.to_series().equals(plan.to_series())
