"""Settings of methods, rules and clocks check themselves."""

import time

import pytest

import territorykit as tk
from territorykit.solve.stop import Stop


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"starts": "a"}, "starts must be a whole number from 1, got 'a'"),
        ({"starts": 0}, "starts must be a whole number from 1, got 0"),
        ({"starts": 1.5}, "starts must be a whole number from 1, got 1.5"),
        ({"workers": True}, "workers must be a whole number from 1, got True"),
        ({"workers": None}, "workers must be a whole number from 1, got None"),
        ({"proposals_per_unit": 2.5}, "proposals_per_unit must be a whole number from 1, got 2.5"),
        ({"reheat": "a"}, "reheat must be a fraction above 0 and up to 1, got 'a'"),
        ({"reheat": 1.1}, "reheat must be a fraction above 0 and up to 1, got 1.1"),
        ({"reheat": 0}, "reheat must be a fraction above 0 and up to 1, got 0"),
    ],
)
def test_settings_of_annealing_are_checked(settings, message):
    with pytest.raises(tk.RequirementError, match=message):
        tk.Annealing(**settings)


@pytest.mark.parametrize("rule", [tk.MaxIterations, tk.NoImprovement])
@pytest.mark.parametrize("iterations", [0, -3, 1.5, True, "a", None])
def test_wrong_budgets(rule, iterations):
    with pytest.raises(tk.RequirementError, match="expected a whole number from 1"):
        rule(iterations)


def test_the_clock_of_a_stop():
    stop = Stop(None, 0.01)
    time.sleep(0.02)
    assert stop.reached(tk.Progress(1, 0.0, 1.0, 0.0, 1))
    assert stop.reason == "time_limit"
    assert not Stop(tk.MaxIterations(5), None).reached(tk.Progress(4, 0.0, 1.0, 0.0, 1))
