import numpy as np
import pytest

import territorykit as tk


@pytest.fixture
def make(graph):
    """Make a problem of two territories, west and east, over the units a to d."""

    def make(*requirements, **changes) -> tk.Problem:
        arguments = {"graph": graph, "n_territories": 2, "territory_names": ["west", "east"]}
        return tk.Problem(requirements=requirements, **{**arguments, **changes})

    return make


def test_defaults(graph) -> None:
    problem = tk.Problem(graph, 2)
    assert problem.names == ("1", "2")
    assert problem.requirements == ()
    assert problem.goal == tk.Compactness()
    assert repr(problem) == "Problem(4 units into 2 territories; no requirements; Compactness())"


def test_the_objective_is_that_of_the_first_balanced_activity(make) -> None:
    problem = make(tk.Contiguous(), tk.Balance("revenue", 0.1), tk.Balance("hours", 0.1))
    assert problem.goal == tk.Compactness("revenue")
    assert problem.replace(requirements=[tk.Balance("hours", 0.1)]).goal == tk.Compactness("hours")
    assert problem.replace(requirements=[]).goal == tk.Compactness()
    given = make(tk.Balance("hours", 0.1), objective=tk.Compactness(power=1))
    assert given.replace(requirements=[]).goal == tk.Compactness(power=1)


def test_a_single_requirement_needs_no_brackets(graph) -> None:
    assert tk.Problem(graph, 2, tk.Contiguous()) == tk.Problem(graph, 2, [tk.Contiguous()])
    assert tk.Problem(graph, np.int64(2)) == tk.Problem(graph, 2)
    assert tk.Problem(graph, 2, None) == tk.Problem(graph, 2)


def test_targets(make) -> None:
    by_name = tk.Balance("hours", 0.1, {"east": 10, "west": 6})
    by_position = tk.Balance("hours", 0.1, [6, 10])
    even = tk.Balance("hours", 0.1)
    problem = make(by_name, by_position, even)
    assert problem.targets(by_name).tolist() == [6, 10]
    assert problem.targets(by_position).tolist() == [6, 10]
    assert problem.targets(even).tolist() == [8, 8]


def test_territories_by_name_and_by_position(make) -> None:
    problem = make(tk.Fixed({"a": "east"}), tk.Fixed({"d": 0}))
    assert problem.fixed() == {"a": 1, "d": 0}
    assert problem.territory("east") == problem.territory(1) == 1
    assert problem.is_territory("west")
    assert problem.is_territory(np.int64(1))
    assert not problem.is_territory("1")
    assert not problem.is_territory(2)
    assert not problem.is_territory(-1)
    assert not problem.is_territory(0.5)


def test_one_term_or_several(make) -> None:
    one, several = make(objective=tk.BorderLength(2), graph=measured()), [tk.Compactness("hours"), tk.Diameter()]
    assert one.terms == one.objective == (tk.BorderLength(2),)
    assert one == make(objective=[tk.BorderLength(2)], graph=measured())
    assert make(objective=iter(several)).terms == tuple(several)
    assert make(objective=several).replace(requirements=[tk.Balance("revenue", 1)]).terms == tuple(several)
    assert make(objective=several).replace(objective=None) == make()
    assert make(objective=[]) == make()
    assert repr(make(objective=[*several, tk.Compactness(weight=0.5)])).endswith(
        "no requirements; Compactness('hours') + Diameter() + 0.5 * Compactness())"
    )


def measured() -> tk.UnitGraph:
    """The units a to d with borders, degrees and provinces, one of them unknown."""
    return tk.UnitGraph(
        ids=["a", "b", "c", "d"],
        xy=[[0, 0], [1000, 0], [2000, 0], [3000, 0]],
        edges=[[0, 1], [1, 2], [2, 3]],
        activities=[tk.Activity("hours", [3, 5, 4, 4], "h/year"), tk.Activity("visits", [1, 0, 0, 2])],
        border_lengths=[10, 20, 30],
        lonlat=[[0, 0], [1, 0], [2, 0], [3, 0]],
        groups={"province": ["south", "north", None, "south"]},
    )


def test_what_a_center_is(make) -> None:
    terms = [tk.BorderLength(), tk.Compactness("hours", 1, weight=2), tk.Compactness(None, 1, weight=10)]
    problem = make(graph=measured(), objective=terms)
    assert problem.goal == terms[1]
    assert problem.center_weights.tolist() == [16, 20, 18, 18]
    without = make(graph=measured(), objective=tk.BorderLength())
    assert without.goal == tk.Compactness()
    assert without.center_weights.tolist() == [1, 1, 1, 1]


def test_units_of_measure(make) -> None:
    problem = make(graph=measured(), objective=[tk.Compactness("visits", 1), tk.BorderLength()])
    assert [problem.unit_of_measure(term) for term in problem.terms] == ["visits·m", "m"]
    assert problem.objective_unit == "weighted sum"
    assert make(objective=tk.Compactness("hours")).objective_unit == "h/year·m²"
    assert make(objective=tk.Compactness("hours", weight=2)).objective_unit == "weighted sum"


def test_todays_territories(make) -> None:
    limit = tk.MaxMoved({"d": "east", "a": 0, "b": 1}, None, 0.5)
    assert make(limit).incumbent(limit).tolist() == [0, 1, -1, 1]
    nobody = tk.MaxMoved({}, None, 0.5)
    assert make(nobody).incumbent(nobody).tolist() == [-1] * 4


def test_groups_in_the_order_of_their_first_unit(make) -> None:
    nested = tk.Nested("province")
    assert make(nested, graph=measured()).groups(nested).tolist() == [0, 1, -1, 0]
    with pytest.raises(tk.RequirementError, match="the graph has no group 'county'; it has 'province'"):
        make(tk.Nested("county"), graph=measured())


@pytest.mark.parametrize(
    ("requirements", "changes", "message"),
    [
        ([], {"n_territories": 5}, "problem: 5 territories are more than the 4 units; ask for fewer, or split units"),
        ([], {"n_territories": 0}, "n_territories is 0; pass a whole number from 1"),
        ([], {"n_territories": 2.5}, "n_territories is 2.5; pass a whole number from 1"),
        ([], {"n_territories": True}, "n_territories is True"),
        ([], {"graph": "texas"}, "graph is a str; pass a UnitGraph"),
        ([tk.Contiguous], {}, r"Contiguous'> is no requirement; pass objects such as Contiguous\(\)"),
        (["balance"], {}, "'balance' is no requirement"),
        ([], {"objective": "compact"}, r"objective is 'compact'; pass terms such as Compactness\(\)"),
        ([], {"territory_names": ["west"]}, "1 names for 2 territories; pass one name each"),
        ([], {"territory_names": ["west", "west"]}, "territory names are used more than once: 'west'; make them"),
        ([], {"territory_names": ["west", None]}, "1 territory names are missing or empty; name every territory"),
        ([], {"territory_names": "we"}, "territory_names is the text 'we'; pass a list of texts"),
        ([], {"bases": [[0, 0]]}, r"bases has shape \(1, 2\); pass one point per territory, shape \(2, 2\), in metres"),
        ([], {"bases": [[0, 0], [0, float("nan")]]}, "bases has values that are not finite; pass one point"),
        ([], {"bases": [["x", "y"]]}, "bases: expected numbers"),
        ([], {"objective": [tk.Compactness(), 3]}, "objective is 3; pass terms such as"),
        ([], {"travel": [[0]]}, "travel is a list; pass a Travel"),
        ([], {"bases_lonlat": [[0, 0]]}, r"bases_lonlat has shape \(1, 2\); .* shape \(2, 2\), in degrees"),
        ([], {"bases_lonlat": [[0, 95], [0, 0]]}, "bases_lonlat has values that are no degrees; .*, longitude first"),
        ([], {"bases_lonlat": [["x", "y"]]}, "bases_lonlat: expected numbers"),
        ([tk.MaxTravel(5, to="base")], {}, r"MaxTravel\(metres=5.0, to='base'\) needs bases and the problem has none"),
        ([], {"objective": tk.Compactness(center="base")}, "center='base'.* needs bases and the problem has none"),
        ([], {"objective": tk.Compactness(center="base", distance="great-circle")},
         r"(?s)2 problems.*pass lonlat= to UnitGraph.*needs bases in degrees and the .* has none; pass bases_lonlat="),
        ([], {"objective": tk.Diameter("great-circle")}, r"Diameter\('great-circle'\) needs longitudes and latitudes"),
        ([], {"objective": tk.BorderLength()}, r"pass border_lengths=np.ones\(n_edges\) to count cut edges"),
        ([], {"objective": tk.AssignmentCost([[1, 2]])}, r"costs has shape \(1, 2\), not \(4, 2\); pass one row"),
        ([], {"objective": [tk.Compactness("hours"), tk.Compactness("revenue", 1, distance="travel")]},
         "the Compactness terms differ in power and distance; a territory has one center"),
        ([], {"objective": [tk.Compactness(a, center="centroid") for a in ("hours", "revenue")]},
         "with center='centroid' have different activities: 'hours', 'revenue'; a territory has one centroid"),
        ([], {"objective": tk.Compactness(distance="travel")}, "needs travel and the problem has none; pass travel="),
        ([], {"travel": tk.Travel([0, 0], [], [])}, "travel has 1 units and the graph 4; pass one row per unit"),
        ([], {"travel": tk.Travel.from_dense(np.zeros((4, 4))),
              "objective": tk.Compactness(center="base", distance="travel")},
         "needs travel from bases and the travel has none; pass bases= to tk.travel"),
        ([], {"travel": tk.Travel.from_dense(np.zeros((4, 4)), base_minutes=np.zeros((3, 4)))},
         "travel has 3 bases for 2 territories; pass one row each"),
        ([tk.MaxMoved({"x": 0}, None, 0.1)], {}, "MaxMoved names units that are not in the graph: 'x'"),
        ([tk.MaxMoved({"a": "north", "b": 7}, None, 0.1)], {},
         "MaxMoved names territories that do not exist: 'north', 7; .*; leave out the units of territories that are g"),
        ([tk.MaxMoved({"a": 0}, "profit", 0.1)], {}, "no activity 'profit' in the graph"),
        ([tk.Nested("county")], {}, "the graph has no group 'county'; it has none: pass groups= to UnitGraph"),
        ([tk.Balance("profit", 0.1)], {}, "no activity 'profit' in the graph; it has 'hours', 'revenue'"),
        ([tk.Capacity("profit", 1)], {}, "no activity 'profit' in the graph"),
        ([], {"objective": tk.Compactness("profit")}, "no activity 'profit' in the graph"),
        ([tk.Balance("hours", 0.1, [1, 2, 3])], {}, "has 3 targets for 2 territories; pass one each"),
        ([tk.Balance("hours", 0.1, {"west": 1, "south": 1})], {}, "targets and territory names differ in 'east'"),
        ([tk.Capacity("hours", [1, 1, 1])], {}, "has 3 limits for 2 territories; pass one each"),
        ([tk.Fixed({"x": "west"})], {}, "Fixed names units that are not in the graph: 'x'; ids here look like 'a'"),
        ([tk.Fixed({"a": "north"})], {}, "Fixed names territories that do not exist: 'north'; the names are 'west'"),
        ([tk.Fixed({"a": 2, "b": -1})], {}, "Fixed names territories that do not exist: 2, -1"),
        ([tk.Together([["a", "x"]])], {}, "Together names units that are not in the graph: 'x'"),
        ([tk.Apart([["y", "x"]])], {}, "Apart names units that are not in the graph: 'y', 'x'"),
        ([tk.Fixed({"a": "west"}), tk.Fixed({"a": "east"})], {}, "'a' is fixed to two territories: 'east', 'west'"),
        ([tk.Fixed({"a": "west"}), tk.Fixed({"a": 1})], {}, "unit 'a' is fixed to two territories"),
        ([tk.Together([["a", "b"]]), tk.Fixed({"a": 0, "b": 1})], {},
         "unit 'b', held together with 'a', is fixed to two territories: 'east', 'west'; keep one of them"),
        ([tk.Together([["a", "b"], ["c", "b"]]), tk.Fixed({"a": 0, "c": 1})], {}, "'c', held together with 'a'"),
        ([tk.Together([["a", "b"]]), tk.Together([["b", "c"]]), tk.Fixed({"a": 0, "c": 1})], {}, "held together with"),
        ([tk.Together([["a", "b", "c"]]), tk.Apart([["a", "c"]])], {}, "'a' and 'c' must be together and apart"),
        ([tk.Together([["a", "b"], ["b", "c"]]), tk.Apart([["c", "a"]])], {}, "'c' and 'a' must be together and"),
        ([tk.Apart([["a", "b"]]), tk.Fixed({"a": 1, "b": 1})], {},
         "units 'a' and 'b' must be apart and are both fixed to 'east'; move one of them"),
        ([tk.Apart([["a", "b"]]), tk.Together([["b", "c"]]), tk.Fixed({"a": 1, "c": 1})], {}, "both fixed to 'east'"),
        ([tk.Apart([["a", "b"]])], {"n_territories": 1, "territory_names": None}, "apart in a single territory"),
    ],
)  # fmt: skip
def test_wrong_or_contradictory_arguments(make, requirements, changes, message) -> None:
    with pytest.raises(tk.RequirementError, match=message):
        make(*requirements, **changes)


def test_an_activity_of_zeros_cannot_be_balanced() -> None:
    graph = tk.UnitGraph(["a", "b"], [[0, 0], [1, 0]], [[0, 1]], [tk.Activity("idle", [0, 0])])
    with pytest.raises(tk.RequirementError, match="activity 'idle' is 0 in all units; there is nothing to balance"):
        tk.Problem(graph, 2, tk.Balance("idle", 0.1))


def test_all_problems_come_at_once(make) -> None:
    with pytest.raises(tk.RequirementError) as caught:
        make(tk.Balance("profit", 0.1), tk.Fixed({"x": "north"}), tk.MaxTravel(1, to="base"), territory_names=["", ""])
    text = str(caught.value)
    assert text.startswith("problem: 5 problems\n  1. ")
    for part in ("missing or empty", "needs bases", "'profit'", "'x'", "'north'"):
        assert part in text


def test_many_contradictions_are_counted() -> None:
    n = 100
    graph = tk.UnitGraph(range(n), np.zeros((n, 2)), [])
    with pytest.raises(tk.RequirementError, match=r"(?s)6 problems.*  6\. 94 more contradictions between requirements"):
        tk.Problem(graph, 2, [tk.Together([range(n)]), tk.Apart([(0, i) for i in range(1, n)])])


def test_long_groups_are_checked_quickly() -> None:
    n = 30_000
    graph = tk.UnitGraph(range(n), np.zeros((n, 2)), [])
    chain = tk.Together([(i, i + 1) for i in reversed(range(n - 2))])
    one = tk.Together([range(n - 1)])
    problem = tk.Problem(graph, 2, [chain, one, tk.Fixed(dict.fromkeys(range(n - 1), "1")), tk.Apart([(0, n - 1)])])
    assert len(problem.fixed()) == n - 1
