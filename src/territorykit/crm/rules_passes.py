"""The criteria of all territories, one after the other, twice."""

import numpy as np

from territorykit._arrays import Bools, Floats, Ints
from territorykit.crm.rules_criterion import Criterion
from territorykit.crm.rules_leaves import Family, Limits
from territorykit.crm.rules_pool import criterion_of, make_pool
from territorykit.crm.rules_search import Choice, search

AGAIN = 0.25
"""What one more change counts for an account that is left to hand anyway."""


def find_criteria(
    families: list[Family], labels: Ints, limits: Limits, foreign: float, rounds: int
) -> list[Criterion | None]:
    """A criterion for each territory; None where no rule is worth it.

    Parameters
    ----------
    families
        What rules can ask.
    labels
        Shape (n_accounts,): the territory of each account.
    limits
        What rules may hold.
    foreign
        How many own accounts a foreign one outweighs.
    rounds
        Rounds of the search per territory in the second pass; half of them in the first.
    """
    n = int(labels.max()) + 1
    taken, done = np.zeros((n, len(labels)), np.bool_), np.zeros(n, np.bool_)
    found: list[tuple[Criterion | None, int]] = []
    for t in range(n):
        choice = _searched(families, _worth(labels, taken, done, t, foreign), limits, rounds // 2)
        taken[t], done[t] = choice.taken > 0, True
        found.append((_criterion(choice), choice.slots))
    if n == 1 or not _cost(labels, taken, foreign)[0]:
        return [criterion for criterion, _ in found]
    for t in range(n):
        choice = _searched(families, _worth(labels, taken, done, t, foreign), limits, rounds)
        trial = taken.copy()
        trial[t] = choice.taken > 0
        if (*_cost(labels, trial, foreign), choice.slots) < (*_cost(labels, taken, foreign), found[t][1]):
            taken, found[t] = trial, (_criterion(choice), choice.slots)
    return [criterion for criterion, _ in found]


def _searched(families: list[Family], worth: Floats, limits: Limits, rounds: int) -> Choice:
    return search(make_pool(families, worth, limits), worth, limits, rounds)


def _criterion(choice: Choice) -> Criterion | None:
    return criterion_of(choice.pool, choice.parts, choice.exclusions, choice.limits)


def _worth(labels: Ints, taken: Bools, done: Bools, t: int, foreign: float) -> Floats:
    """What an account is worth to one territory, as the others stand, shape (n_accounts,).

    Territories that are not done yet are trusted to take their own accounts.
    """
    elsewhere = np.delete(taken, t, axis=0).sum(axis=0)
    mine = taken[labels, np.arange(len(labels))]
    right = np.where(done[labels], mine & (elsewhere == 1), elsewhere == 0)
    own = np.where(elsewhere == 0, 1.0, AGAIN)
    return np.where(labels == t, own, -foreign * np.where(right, 1.0, AGAIN))


def _cost(labels: Ints, taken: Bools, foreign: float) -> tuple[float, float]:
    """Accounts left to hand, weighted like the changes, and changes by hand."""
    mine = taken[labels, np.arange(len(labels))]
    others = taken.sum(axis=0) - mine
    wrong = np.where(others > 0, foreign, np.where(mine, 0.0, 1.0))
    return float(wrong.sum()), float((~mine).sum() + foreign * others.sum())
