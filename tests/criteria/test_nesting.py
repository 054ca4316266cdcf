import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import grid_graph, plans

import territorykit as tk
from territorykit.criteria.nesting import shared_units, split_units, splits

NESTED = tk.Nested("province")


def row_plan(labels, provinces):
    """Units in a row, one letter of `provinces` for the province of each; a dot is none."""
    n = len(labels)
    graph = grid_graph(1, n, groups={"province": [None if letter == "." else letter for letter in provinces]})
    return tk.Plan(tk.Problem(graph, max(labels) + 1, NESTED), labels)


@pytest.mark.parametrize(
    ("labels", "provinces", "expected"),
    [
        # each group in whole territories, or each territory of whole groups
        ([0, 0, 1, 1], "nnss", [0, 0]),
        ([0, 0, 0, 0], "nnss", [0, 0]),
        ([0, 1, 2, 2], "nnss", [0, 0]),
        # small groups cut by larger territories: parts less one
        ([0, 0, 0, 1, 1, 1], "nncciw", [0, 1, 0, 0]),
        ([0, 0, 1, 1, 2, 2], "ncccch", [0, 2, 0]),
        ([0, 1, 2, 0, 1, 2], "cccnnn", [2, 2]),
        # large groups: one for every foreign territory that reaches in
        ([0, 0, 0, 1], "nsww", [0, 0, 1]),
        ([0, 0, 1, 1, 2, 2, 3, 3], "ggggghhh", [1, 1]),
        ([0, 0, 1, 2, 2, 1, 3, 3], "gggghhhh", [2, 2]),
        ([0, 1, 1, 0, 2, 2], "ggghhh", [1, 1]),
        # units of no group count as outside
        ([0, 0, 1, 1], "n.ss", [0, 0]),
        ([0, 0, 1, 1], ".nn.", [1]),
        ([0, 0, 1, 1], "....", []),
    ],
)
def test_splits_by_hand(labels, provinces, expected) -> None:
    assert splits(row_plan(labels, provinces), NESTED).tolist() == expected


def test_a_territory_within_a_group_is_no_split_but_what_reaches_in_is() -> None:
    plan = row_plan([0, 0, 1, 1, 1], "gggsh")
    assert splits(plan, NESTED).tolist() == [1, 0, 0]
    shared = shared_units(plan, NESTED)
    assert list(zip(shared.group, shared.territory, shared.units, shared.crosses, strict=True)) == [
        (0, 0, 2, False), (0, 1, 1, True), (1, 1, 1, False), (2, 1, 1, False),
    ]  # fmt: skip


def test_the_units_to_look_at_are_the_smaller_parts() -> None:
    assert split_units(row_plan([0, 0, 1, 1, 1], "gggsh"), NESTED).tolist() == [False, False, True, False, False]
    assert split_units(row_plan([0, 0, 0, 1, 1], "ncccs"), NESTED).tolist() == [False, False, False, True, False]
    assert split_units(row_plan([0, 0, 1, 1], ".nn."), NESTED).tolist() == [False, False, True, False]
    assert not split_units(row_plan([0, 0, 1, 1], "nnss"), NESTED).any()


def counted(plan) -> list[int]:
    """The definition, word for word, over sets."""
    labels = plan.problem.graph.groups["province"]
    territories = [set(np.flatnonzero(plan.labels == t).tolist()) for t in range(plan.problem.n_territories)]
    found = []
    for name in dict.fromkeys(label for label in labels if label is not None):
        group = {i for i, label in enumerate(labels) if label == name}
        holding = [territory for territory in territories if territory & group]
        crossing = [territory for territory in holding if group - territory and territory - group]
        found.append(len(crossing) - (len(crossing) == len(holding)))
    return found


@given(plans(), st.lists(st.sampled_from(["north", "south", "west", None]), min_size=12, max_size=12))
def test_splits_are_those_of_the_definition(plan, provinces) -> None:
    graph = grid_graph(3, 4, groups={"province": provinces})
    plan = tk.Plan(tk.Problem(graph, plan.problem.n_territories, NESTED), plan.labels)
    found = splits(plan, NESTED)
    assert found.tolist() == counted(plan)
    assert split_units(plan, NESTED).any() == bool(found.any())


@given(plans())
def test_territories_nest_in_themselves(plan) -> None:
    graph = grid_graph(3, 4, groups={"province": [f"t{t}" for t in plan.labels]})
    plan = tk.Plan(tk.Problem(graph, plan.problem.n_territories, NESTED), plan.labels)
    assert not splits(plan, NESTED).any()
