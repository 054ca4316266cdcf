import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import territorykit as tk


def make(**changes) -> tk.UnitGraph:
    """Three units in a row, with some arguments exchanged."""
    arguments = {"ids": ["a", "b", "c"], "xy": [[0, 0], [1000, 0], [2000, 0]], "edges": [[0, 1], [1, 2]]}
    return tk.UnitGraph(**{**arguments, **changes})


def test_basics(graph) -> None:
    assert graph.n_units == 4
    assert graph.activity("revenue").values.tolist() == [10, 0, 0, 10]
    assert graph.positions(["d", "a", "a"]).tolist() == [3, 0, 0]
    assert graph.positions([]).tolist() == []
    assert "a" in graph
    assert "z" not in graph
    assert repr(graph) == "UnitGraph(4 units, 3 edges, activities: hours, revenue)"
    assert repr(make()) == "UnitGraph(3 units, 2 edges, activities: none)"


def test_one_unit_without_neighbors() -> None:
    graph = tk.UnitGraph(["a"], [[0, 0]], [], tk.Activity("hours", [1]))
    assert graph.edges.shape == (0, 2)
    assert graph.activity("hours").total == 1
    assert graph == tk.UnitGraph(np.array(["a"]), np.zeros((1, 2)), np.empty((0, 2), int), [tk.Activity("hours", [1])])


@pytest.mark.parametrize(
    "ids", [[10, 20, 30], np.array([10, 20, 30]), list(np.array([10, 20, 30])), pd.Index([10, 20, 30])]
)
def test_whole_numbers_of_any_kind_as_ids(ids) -> None:
    graph = make(ids=ids)
    assert graph == make(ids=[10, 20, 30])
    assert [type(unit) for unit in graph.ids] == [int] * 3
    assert graph.positions(np.array([30])).tolist() == [2]
    assert np.int64(20) in graph


@pytest.mark.parametrize(
    "ids", [np.array(["a", "b", "c"]), pd.Series(["a", "b", "c"]), list(np.array(["a", "b", "c"]))]
)
def test_texts_of_any_kind_as_ids(ids) -> None:
    assert make(ids=ids) == make()
    assert [type(unit) for unit in make(ids=ids).ids] == [str] * 3


def test_pairs_are_stored_in_one_order_with_their_lengths() -> None:
    graph = make(edges=[[2, 1], [1, 0]], edge_lengths=[7, 5], border_lengths=[70, 50], bridges=[[2, 1]])
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.edge_lengths.tolist() == [5, 7]
    assert graph.border_lengths.tolist() == [50, 70]
    assert graph.bridges.tolist() == [[1, 2]]


def test_a_pair_named_twice_is_stored_once() -> None:
    assert make(edges=[[0, 1], [1, 0], [1, 2], [2, 1]]) == make()
    with pytest.raises(tk.DataError, match="2 edges are named twice; name each pair of neighbors once"):
        make(edges=[[0, 1], [1, 0], [1, 2], [2, 1]], edge_lengths=[1, 2, 3, 4])


@st.composite
def graphs_in_two_orders(draw):
    n = draw(st.integers(2, 8))
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=12))
    pairs = sorted({(min(p), max(p)) for p in pairs if p[0] != p[1]})
    order = draw(st.permutations(range(len(pairs))))
    turned = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    return n, pairs, order, turned


@given(graphs_in_two_orders())
def test_the_order_of_edges_does_not_matter(case) -> None:
    n, pairs, order, turned = case
    ids, xy = range(n), np.zeros((n, 2))
    lengths = [10.0 * a + b for a, b in pairs]
    one = tk.UnitGraph(ids, xy, pairs, edge_lengths=lengths)
    shuffled = [pairs[i][::-1] if turned[i] else pairs[i] for i in order]
    other = tk.UnitGraph(ids, xy, shuffled, edge_lengths=[lengths[i] for i in order])
    assert one == other
    assert hash(one) == hash(other)
    assert one.edges.tolist() == [list(pair) for pair in pairs]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": []}, r"there are no units; pass at least one"),
        ({"ids": ["a", None, "c"]}, "1 ids are missing, at position 1; give every row an id"),
        ({"ids": [1.0, float("nan"), 3.0]}, r"(?s)1 ids are missing, at position 1.*ids are of type float"),
        ({"ids": ["a", pd.NA, ""]}, "2 ids are missing, at position 1, 2"),
        ({"ids": ["a", pd.NaT, "c"]}, "1 ids are missing, at position 1"),
        ({"ids": ["a", "b", "a"]}, "1 ids are used more than once: 'a'; make them unique"),
        ({"ids": ["a", 1, "c"]}, "ids are of type int, str; make all of them texts, or all whole numbers"),
        ({"ids": [True, False, True]}, "ids are of type bool"),
        ({"ids": [(1, 2), (3, 4), (5, 6)]}, "ids are of type tuple"),
        ({"ids": "abc"}, "ids: expected a list of entries, got the text 'abc'; pass an array of one text or whole"),
        ({"ids": 5}, "ids: 'int' object is not iterable; pass an array of one text or whole number per unit"),
        ({"ids": None}, "ids is None"),
        ({"xy": None}, "xy is None; pass an array"),
        ({"edges": None}, "edges is None; pass an array; without neighbors, edges="),
        ({"xy": [[0, 0], [1, 0]]}, r"xy has shape \(2, 2\), not \(3, 2\)"),
        ({"xy": [[0, 0], [1, float("nan")], [2, 0]]}, "xy is not finite for unit 'b'; give every unit a place"),
        ({"xy": [["0", "0"], ["1", "1"], ["2", "2"]]}, "xy: expected numbers, .*; pass an array of numbers"),
        ({"lonlat": [[0, 0], [0, float("inf")], [0, 0]]}, "lonlat is not finite for unit 'b'"),
        ({"edges": [[0, 1], [1, 3]]}, r"edges names positions of units that do not exist: \(1, 3\); .* 0 to 2"),
        ({"edges": [[0, -1]]}, r"edges names positions of units that do not exist: \(-1, 0\)"),
        ({"edges": [[0, 0], [1, 2]]}, "edges makes units their own neighbors: 'a'; leave such pairs out"),
        ({"edges": [[0, 1, 2]]}, r"edges has shape \(1, 3\), not \(n, 2\); pass pairs of unit positions"),
        ({"edges": 5}, r"edges has shape \(\), not \(n, 2\)"),
        ({"edges": [["a", "b"]]}, "edges: expected whole numbers, got values of type <U1; pass an array of numbers"),
        ({"edges": [[0.5, 1]]}, "edges: expected whole numbers"),
        ({"edges": [[0, 1], [1]]}, "edges: "),
        ({"edge_lengths": [1]}, r"edge_lengths has shape \(1,\), not \(2,\)"),
        ({"edge_lengths": [1, -1]}, "edge_lengths has missing, infinite or negative values; measure them again"),
        ({"area": [1, float("nan"), 1]}, "area has missing, infinite or negative values"),
        ({"names": ["Ada"]}, r"names has shape \(1,\), not \(3,\)"),
        ({"groups": {"province": ["north"]}}, "group 'province' has 1 labels for 3 units; pass one label per unit"),
        ({"activities": ["hours"]}, "activities holds 'hours'; pass Activity objects"),
        ({"activities": [tk.Activity("hours", [1])]}, "activity 'hours' has 1 values for 3 units"),
        ({"activities": [tk.Activity("hours", [1, 1, 1])] * 2}, "activities share the name 'hours'"),
        ({"bridges": [[0, 2]]}, r"bridges that are no edges: \(0, 2\); name every bridge among the edges too"),
        ({"account_ids": ["x"]}, "account_ids and account_units go together; pass both or none"),
        ({"account_ids": ["x"], "account_units": [3]}, "account_units names positions of units that do not exist"),
        ({"account_ids": ["x", "x"], "account_units": [0, 1]}, "account_ids: 1 ids are used more than once: 'x'"),
        ({"account_ids": ["x"], "account_units": [0, 1]}, r"account_units has shape \(2,\), not \(1,\)"),
    ],
)  # fmt: skip
def test_wrong_input(changes, message) -> None:
    with pytest.raises(tk.DataError, match=message):
        make(**changes)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(tk.DataError) as caught:
        make(ids=["a", "a", ""], xy=[[0, 0]], edges=[[0, 9], [1, 1]], area=[-1, 0, 0])
    text = str(caught.value)
    assert text.startswith("unit graph: 6 problems\n  1. ")
    for part in ("xy has shape", "missing", "more than once", "do not exist", "own neighbors", "area has"):
        assert part in text


def test_unknown_names(graph) -> None:
    with pytest.raises(tk.DataError, match="no activity 'profit'; the graph has 'hours', 'revenue'"):
        graph.activity("profit")
    with pytest.raises(tk.DataError, match="no activity 'profit'; the graph has none"):
        make().activity("profit")
    with pytest.raises(tk.DataError, match="no unit 'x', 'y'; ids here look like 'a', 'b'"):
        graph.positions(["a", "x", "y"])


def test_many_edges_in_both_directions() -> None:
    n = 20_000
    edges = np.column_stack([np.arange(n - 1), np.arange(1, n)])
    graph = tk.UnitGraph(np.arange(n), np.zeros((n, 2)), np.vstack([edges, edges[:, ::-1]]))
    assert len(graph.edges) == n - 1
