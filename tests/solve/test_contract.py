"""Every method passes the published contract suite, and the suite catches methods that break it."""

from dataclasses import dataclass, field

import numpy as np
import pytest

import territorykit as tk
from territorykit.testing import check_method


@pytest.mark.parametrize("method", [tk.Annealing(), tk.Annealing(starts=3, workers=2)], ids=repr)
def test_our_methods_keep_the_contract(method):
    check_method(method)


@dataclass(frozen=True)
class Random:
    """Labels at random: complete, but never connected."""

    def run(self, problem, rng, start, stop, observer):
        labels = np.arange(problem.graph.n_units) % problem.n_territories
        return tk.Answer(rng.permutation(labels))


@dataclass(frozen=True)
class Forgetful(tk.Annealing):
    """Uses up its stop in the first run."""

    used: list = field(default_factory=list)

    def run(self, problem, rng, start, stop, observer):
        self.used.append(1)
        answer = super().run(problem, rng, start, stop, observer)
        if len(self.used) % 2:
            return answer
        return tk.Answer((answer.labels + 1) % problem.n_territories)


@dataclass(frozen=True)
class Global(tk.Annealing):
    """Draws from numpy's global generator."""

    def run(self, problem, rng, start, stop, observer):
        np.random.random()
        return super().run(problem, rng, start, stop, observer)


@dataclass
class Thawed(tk.Annealing.__mro__[1]):
    """Settings that can be changed."""

    def run(self, problem, rng, start, stop, observer):
        return tk.Annealing().run(problem, rng, start, stop, observer)


class Bare:
    """No dataclass at all."""

    def run(self, problem, rng, start, stop, observer):
        return tk.Annealing().run(problem, rng, start, stop, observer)


@dataclass(frozen=True)
class Blind:
    """Finds nothing."""

    def run(self, problem, rng, start, stop, observer):
        return tk.Answer(None)


@pytest.mark.parametrize(
    ("method", "rule"),
    [
        (Random(), "must pass the referee"),
        (Forgetful(), "the same seed and budget"),
        (Global(), "global random generator"),
        (Thawed(), "must be frozen"),
        (Bare(), "must be a dataclass"),
        (Blind(), "a plan must be found"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_suite_catches(method, rule):
    with pytest.raises(AssertionError, match=rule):
        check_method(method)
