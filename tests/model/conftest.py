"""A small problem that is easy to follow by hand: four units in a row, a-b-c-d."""

import pytest

import territorykit as tk


@pytest.fixture
def graph() -> tk.UnitGraph:
    return tk.UnitGraph(
        ids=["a", "b", "c", "d"],
        xy=[[0, 0], [1000, 0], [2000, 0], [3000, 0]],
        edges=[[0, 1], [1, 2], [2, 3]],
        activities=[tk.Activity("hours", [3, 5, 4, 4], "h/year"), tk.Activity("revenue", [10, 0, 0, 10], "EUR/year")],
    )


@pytest.fixture
def problem(graph) -> tk.Problem:
    return tk.Problem(graph, 2, [tk.Balance("hours", 0.05), tk.Contiguous()], territory_names=["west", "east"])


@pytest.fixture
def plan(problem) -> tk.Plan:
    return tk.Plan(problem, [0, 0, 1, 1])
