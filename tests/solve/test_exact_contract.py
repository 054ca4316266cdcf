"""The exact method keeps the contract of methods, on the problems of the suite that it supports and can finish."""

import pytest

import territorykit as tk
from territorykit import testing

SLOW = {"borders", "a sum", "diameter", "targets", "apart"}
"""They take half a minute each or more: what they ask for is held against the oracle on small problems."""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param(name, problem, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name, problem in testing.example_problems()
        if name != "centroid"
    ],
)
def test_the_exact_method_keeps_the_contract(name, problem):
    testing._check_on(tk.Exact(gap=0.05), problem)


def test_its_settings():
    testing._check_settings(tk.Exact(gap=0.05))


@pytest.mark.slow  # it lays out 810,000 pairs first, which takes seconds in a process that holds much already
def test_its_time_limit():
    testing._check_time_limit(tk.Exact())
