"""Splitting areas along their accounts: known answers, shapes, totals, ids and errors."""

import pickle

import numpy as np
import pandas as pd
import pytest
from load.maps import DEGREES, frame, grid, named_edges
from load.splitting import accounts, check_split, in_cell
from shapely import Polygon, box

import territorykit as tk


def test_known_answer_by_hand():
    """Two accounts, one of them thrice as heavy: the border is their bisector, sizes go by weight."""
    areas = grid(2)
    areas["work"] = [8.0, 1.0]
    found = accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]), work=[3.0, 1.0])
    split = tk.split_units(areas, found, ["c0r0"], activities=["work"], parts=2)
    check_split(areas, split)
    assert split.areas["work"].to_dict() == {"c0r0-1": 6.0, "c0r0-2": 2.0, "c1r0": 1.0}
    assert split.areas.geometry.area.round(3).tolist() == [400_000, 600_000, 1_000_000]
    assert split.cuts[0].old == "c0r0"
    assert split.cuts[0].new == ("c0r0-1", "c0r0-2")
    assert split.cuts[0].sizes == {"work": (6.0, 2.0)}
    assert split.cuts[0].n_accounts == (1, 1)
    assert split.to_frame()["split_from"].tolist() == ["c0r0", "c0r0"]


def test_inputs_are_not_changed():
    areas, found = grid(2), accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]))
    before, accounts_before = areas.copy(), found.copy()
    tk.split_units(areas, found, ["c0r0"], activities=["work"], parts=2)
    assert areas.equals(before)
    assert found.equals(accounts_before)


def test_parts_fit_the_limits_of_every_activity():
    rng = np.random.default_rng(3)
    areas = grid(3, 3, size=1000.0)
    areas["visits"] = np.arange(100, 1000, 100)
    found = accounts(in_cell(rng.random((300, 2)) + 1), work=rng.random(300), visits=rng.integers(1, 9, 300))
    limits = {"work": 2.0, "visits": 60}
    split = tk.split_units(areas, found, ["c1r1"], activities=["work", "visits"], limits=limits)
    check_split(areas, split)
    (cut,) = split.cuts
    assert max(cut.sizes["work"]) <= 2
    assert max(cut.sizes["visits"]) <= 60
    assert 9 <= len(cut.new) <= 12  # 500 visits need 9 parts of 60 at least
    assert cut.too_large == ()


def test_neighbors_keep_their_borders():
    """Whoever bordered the area borders a part of it, over the same length in all, and no one else."""
    rng = np.random.default_rng(5)
    areas = grid(3, 3)
    found = accounts(in_cell(rng.random((40, 2)) + 1))
    split = tk.split_units(areas, found, ["c1r1"], activities=["work"], parts=5)
    check_split(areas, split)
    before = tk.unit_graph(areas, activities=["work"])
    after = tk.unit_graph(split.areas, activities=["work"])
    old_of = {new: cut.old for cut in split.cuts for new in cut.new}
    lengths = {}
    for (one, other), metres in zip(after.ids[after.edges].tolist(), after.border_lengths, strict=True):
        pair = tuple(sorted((old_of.get(one, one), old_of.get(other, other))))
        lengths[pair] = lengths.get(pair, 0) + metres
    lengths.pop(("c1r1", "c1r1"))
    expected = {
        tuple(sorted(pair)): metres
        for pair, metres in zip(map(tuple, before.ids[before.edges]), before.border_lengths, strict=True)
    }
    assert lengths.keys() == expected.keys()
    assert all(lengths[pair] == pytest.approx(expected[pair]) for pair in expected)


def test_neighbors_that_are_both_split_fit_each_other():
    rng = np.random.default_rng(2)
    areas = grid(2)
    found = accounts(in_cell(rng.random((60, 2)) * [2, 1]))
    split = tk.split_units(areas, found, ["c1r0", "c0r0"], activities=["work"], parts={"c0r0": 4, "c1r0": 3})
    check_split(areas, split)
    assert [cut.old for cut in split.cuts] == ["c1r0", "c0r0"]
    assert len(split.areas) == 7
    assert tk.unit_graph(split.areas, activities=["work"]).border_lengths.min() > 0


def test_coincident_accounts_stay_together():
    areas = frame([box(0, 0, 10, 10)])
    found = accounts([(2, 5)] * 5 + [(8, 5)] * 2 + [(8, 5 + 1e-12)])
    split = tk.split_units(areas, found, ["a"], activities=["work"], parts=2)
    check_split(areas, split)
    assert split.cuts[0].n_accounts == (5, 3)
    with pytest.raises(tk.DataError, match=r"1 areas to split have their accounts, .* at fewer places .* 'a'"):
        tk.split_units(areas, found, ["a"], activities=["work"], parts=3)


def test_work_at_one_place_cannot_be_split():
    areas = frame([box(0, 0, 10, 10)])
    areas["work"] = 29.0
    found = accounts([(2, 5), (8, 5), (9, 1)], work=[29.0, 0.0, 0.0])
    with pytest.raises(tk.DataError, match=r"all that counts, at fewer places than parts: 'a'; leave these ids out"):
        tk.split_units(areas, found, ["a"], activities=["work"], limits={"work": 10})


def test_an_account_above_the_limit_is_reported_and_alone():
    areas = frame([box(0, 0, 10, 10)])
    areas["work"] = 20.0
    found = accounts([(1, 1), (3, 3), (5, 5), (7, 7), (9, 9)], work=[1.0, 1.0, 16.0, 1.0, 1.0])
    with pytest.warns(tk.TerritoryKitWarning, match=r"1 parts are above a limit.*'a-2'"):
        split = tk.split_units(areas, found, ["a"], activities=["work"], limits={"work": 2.5})
    check_split(areas, split)
    assert split.areas["work"].tolist() == [2.0, 16.0, 2.0]
    assert split.cuts[0].too_large == ("a-2",)
    assert split.to_frame()["too_large"].tolist() == [False, True, False]


def test_activities_that_accounts_do_not_have_go_by_weight():
    areas = grid(1)
    areas["people"] = [11]
    areas["n_accounts"] = [3]
    found = accounts(in_cell([(0.1, 0.5), (0.2, 0.5), (0.8, 0.5)]), work=[1, 1, 2], beds=[3, 1, 4])
    how = {"activities": ["work", "people"], "parts": 2}
    by_weight = tk.split_units(areas, found, ["c0r0"], **how, weight="beds").areas
    assert by_weight["people"].tolist() == [6, 5]  # 5.5 each: the first is rounded up
    assert by_weight["n_accounts"].tolist() == [2, 1]
    each_alike = tk.split_units(areas, found, ["c0r0"], **how).areas
    assert each_alike["people"].tolist() == [7, 4]  # 7.33 and 3.67: the larger remainder is the second
    assert each_alike["work"].tolist() == [0.5, 0.5]


def test_columns_of_add_accounts_are_made_anew():
    areas = grid(2).drop(columns="work")
    found = accounts(in_cell([(0.1, 0.5), (0.2, 0.5), (0.8, 0.5), (1.2, 0.5), (-0.1, 0.5)]), visits=[5, 5, 10, 7, 1])
    areas = tk.add_accounts(areas, found, sum=["visits"], outside="nearest")
    split = tk.split_units(areas, found, ["c0r0"], activities=["visits"], parts=2)
    check_split(areas, split)
    assert split.areas["visits"].tolist() == [11, 10, 7]
    assert split.areas["n_accounts"].tolist() == [3, 1, 1]
    assert split.areas["account_ids"].tolist() == [("k0", "k1", "k4"), ("k2",), ("k3",)]
    assert split.outside == ()
    graph = tk.unit_graph(split.areas, activities={"visits": "visits/year"})
    assert named_edges(graph) == {("c0r0-1", "c0r0-2"), ("c0r0-2", "c1r0")}


def test_accounts_in_no_area_are_counted():
    found = accounts(in_cell([(0.1, 0.5), (0.8, 0.5), (5, 5), (1.5, 0.5)]))
    with pytest.warns(tk.TerritoryKitWarning, match=r"1 accounts lie in no area and guide no cut: 'k2'"):
        split = tk.split_units(grid(2), found, ["c0r0"], activities=["work"], parts=2)
    assert split.outside == ("k2",)


def test_accounts_come_to_the_system_of_the_areas():
    areas, found = grid(2), accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]))
    here = tk.split_units(areas, found, ["c0r0"], activities=["work"], parts=2)
    there = tk.split_units(areas, found.to_crs(DEGREES), ["c0r0"], activities=["work"], parts=2)
    assert here.areas.crs == there.areas.crs == areas.crs
    assert there.areas.geometry.area.to_list() == pytest.approx(here.areas.geometry.area.to_list(), rel=1e-5)


def test_degrees_are_not_square():
    """At 60 degrees north a degree of longitude is half as long: the long way of this box is north to south."""
    areas = frame([box(10, 59, 11.5, 61)], crs=DEGREES)
    found = accounts([(x, y) for x in (10.25, 11.25) for y in (59.25, 60.75)], crs=DEGREES)
    split = tk.split_units(areas, found, ["a"], activities=["work"], parts=2)
    check_split(areas, split)
    assert np.ptp(split.areas.geometry.bounds[["minx", "maxx"]].to_numpy(), axis=1).tolist() == [1.5, 1.5]


def test_areas_within_the_limits_stay_whole():
    areas = grid(3)  # work 1, 2, 3
    found = accounts(in_cell([(2.2, 0.5), (2.8, 0.5)]))
    split = tk.split_units(areas, found, areas.index, activities=["work"], limits={"work": 2})
    assert split.whole == ("c0r0", "c1r0")
    assert split.areas.index.tolist() == ["c0r0", "c1r0", "c2r0-1", "c2r0-2"]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["上海市", "苏州"], ["上海市-1", "上海市-2", "苏州"]),
        (["a", "a-2"], ["a--1", "a--2", "a-2"]),
        ([31, 32], [311, 312, 32]),
        ([31, 311], [3101, 3102, 311]),
    ],
)
def test_new_ids_are_readable_and_unique(ids, expected):
    areas = grid(2)
    areas["label"] = ["上海", "苏州"]
    areas.index = pd.Index(ids, name="key")
    found = accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]))
    split = tk.split_units(areas, found, ids[:1], activities=["work"], parts=2, names="label")
    assert split.areas.index.tolist() == expected
    assert split.areas.index.name == "key"
    assert split.areas["label"].tolist() == ["上海 1", "上海 2", "苏州"]
    assert tk.unit_graph(split.areas, activities=["work"]).ids.tolist() == expected


def test_many_parts_are_numbered_to_sort():
    rng = np.random.default_rng(0)
    split = tk.split_units(grid(1), accounts(in_cell(rng.random((30, 2)))), ["c0r0"], activities=["work"], parts=12)
    labels = list(split.cuts[0].new)
    assert labels[0] == "c0r0-01"
    assert labels == sorted(labels)
    assert split.areas.geometry.centroid.x.is_monotonic_increasing


def test_expand_carries_labels_over():
    found = accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]))
    split = tk.split_units(grid(2), found, ["c0r0"], activities=["work"], parts=2)
    assert split.expand({"c1r0": "S", "c0r0": "N"}) == {"c1r0": "S", "c0r0-1": "N", "c0r0-2": "N"}
    series = split.expand(pd.Series({"c0r0": 7, "c1r0": 8}, name="today"))
    assert series.to_dict() == {"c0r0-1": 7, "c0r0-2": 7, "c1r0": 8}
    assert series.name == "today"
    assert split.expand({"c0r0": 1}) == {"c0r0-1": 1, "c0r0-2": 1}
    with pytest.raises(tk.DataError, match=r"1 ids are none of the areas that were split: 'c0r0-1'"):
        split.expand({"c0r0-1": 1})
    with pytest.raises(tk.DataError, match=r"ids come twice: 'c1r0'"):
        split.expand(pd.Series([1, 2], index=["c1r0", "c1r0"]))


def test_cuts_survive_pickle():
    found = accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]))
    split = tk.split_units(grid(2), found, ["c0r0"], activities=["work"], parts=2)
    again = pickle.loads(pickle.dumps(split))
    assert again.cuts == split.cuts
    assert again.areas.equals(split.areas)


def test_all_problems_come_at_once():
    areas = grid(2)
    areas["rate"] = [0.5, 0.7]
    found = accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]), work=[1.0, -2.0])
    with pytest.raises(tk.DataError) as raised:
        tk.split_units(
            areas, found, ["c0r0", "c0r0", "nowhere"], activities=["work", "beds"], limits={"beds": -1, "x": 2}, parts=1
        )
    text = str(raised.value)
    for part in (
        "1 ids are not among the areas: 'nowhere'",
        "ids are named twice: 'c0r0'",
        "columns of numbers have no role: 'rate'",
        "the areas have no column 'beds'",
        "negative",
        "limits of what is no activity: 'x'",
        "the limit of 'beds' is -1",
        "pass whole numbers from 2",
        "one of limits= and parts= is needed",
    ):
        assert part in text, part


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": "c0r0"}, "ids is 'c0r0'; pass a list"),
        ({"ids": []}, "no ids are named"),
        ({"activities": []}, "no activities are named"),
        ({"parts": None}, "one of limits= and parts= is needed"),
        ({"parts": {"c1r0": 2}}, "parts= does not say how many for 'c0r0'"),
        ({"parts": {"c0r0": 2, "c1r0": 2}}, "parts= names 'c1r0', not among the ids"),
        ({"parts": None, "limits": {}}, "limits is {}"),
        ({"keep": ["work"]}, "'work' is to be shared out and to be kept"),
        ({"keep": "rates"}, "no columns 'rates' to keep"),
        ({"names": "label"}, "no column 'label' for names"),
        ({"weight": "beds"}, "the accounts have no column 'beds'"),
        ({"ids": ["c1r0"]}, "1 areas to split hold no accounts: 'c1r0'"),
    ],
)
def test_wrong_settings(change, message):
    found = accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]))
    how = {"ids": ["c0r0"], "activities": ["work"], "parts": 2} | change
    with pytest.raises(tk.DataError, match=message.replace("{}", r"\{\}")):
        tk.split_units(grid(2), found, **how)


def test_wrong_frames():
    areas, found = grid(2), accounts(in_cell([(0.2, 0.5), (0.6, 0.5)]))
    how = {"ids": ["c0r0"], "activities": ["work"], "parts": 2}
    with pytest.raises(tk.DataError, match="accounts: the coordinate system is not stated"):
        tk.split_units(areas, found.set_crs(None, allow_override=True), **how)
    with pytest.raises(tk.DataError, match="accounts is a DataFrame"):
        tk.split_units(areas, pd.DataFrame(found), **how)
    bowtie = areas.set_geometry([Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), Polygon()])
    with pytest.raises(tk.DataError, match=r"(?s)geometries are empty.*geometries are invalid"):
        tk.split_units(bowtie, found, **how)
    with pytest.raises(tk.DataError, match=r"accounts: .*'k0'"):
        tk.split_units(areas, pd.concat([found, found]), **how)
    held = tk.add_accounts(areas, found)
    with pytest.raises(tk.DataError, match=r"1 accounts of the areas to split are not among the accounts: 'k1'"):
        tk.split_units(held, found.iloc[:1], **how)


def test_a_unit_above_the_band_is_infeasible_and_its_parts_are_not():
    """The city holds 1.8 territories: no plan of two territories exists until it is split."""
    rng = np.random.default_rng(4)
    areas = grid(3)
    areas["work"] = [10.0, 90.0, 10.0]
    found = accounts(in_cell(np.column_stack([1 + rng.random(60), rng.random(60)])), work=1 + rng.random(60))
    wishes = [tk.Balance("work", 0.05), tk.Contiguous()]
    problem = tk.Problem(tk.unit_graph(areas, activities=["work"]), 2, wishes)
    assert tk.solve(problem, seed=1).status is tk.Status.INFEASIBLE
    split = tk.split_units(areas, found, ["c1r0"], activities=["work"], limits={"work": 55 / 10})
    check_split(areas, split)
    problem = tk.Problem(tk.unit_graph(split.areas, activities=["work"]), 2, wishes)
    result = tk.solve(problem, seed=1)
    assert result.status in (tk.Status.FEASIBLE, tk.Status.OPTIMAL)
    assert np.abs(result.require_plan().sizes("work") - 55).max() <= 0.05 * 55
