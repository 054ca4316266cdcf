"""Whether territories and groups of units, such as provinces, nest."""

from typing import NamedTuple

import numpy as np

from territorykit._arrays import Bools, Ints
from territorykit.model.nesting import Nested
from territorykit.model.plan import Plan


class Shared(NamedTuple):
    """Pairs of a group and a territory that share units, ordered by group."""

    group: Ints
    """Position of the group."""
    territory: Ints
    """Position of the territory."""
    units: Ints
    """How many units they share."""
    crosses: Bools
    """Whether each has units outside the other."""


def shared_units(plan: Plan, requirement: Nested) -> Shared:
    """Which groups and territories share units, and which of them cross.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(list("abc"), [[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]], groups={"side": ["w", "w", "e"]})
    >>> nested = tk.Nested("side")
    >>> shared_units(tk.Plan(tk.Problem(graph, 2, nested), [0, 1, 1]), nested).crosses
    array([False,  True, False])
    """
    groups, k = plan.problem.groups(requirement), plan.problem.n_territories
    inside = groups >= 0
    code, units = np.unique(groups[inside] * k + plan.labels[inside], return_counts=True)
    group, territory = np.divmod(code, k)
    more_of_group = np.bincount(groups[inside])[group] > units
    more_of_territory = np.bincount(plan.labels, minlength=k)[territory] > units
    return Shared(group, territory, units, more_of_group & more_of_territory)


def splits(plan: Plan, requirement: Nested) -> Ints:
    r"""How often each group is split.

    .. math:: s(g) = \lvert\{t : t \text{ crosses } g\}\rvert
        - [\, t \text{ crosses } g \text{ for all } t \text{ with } t \cap g \ne \emptyset \,]

    Territory t and group g cross when they share units and each has units outside the other.

    Parameters
    ----------
    plan
        The plan to measure.
    requirement
        It names the group of the graph; its limit does not matter here.

    Returns
    -------
    ndarray of shape (n_groups,)
        Counts, groups in order of their first unit.

    References
    ----------
    .. [1] Autry, E. A., Carter, D., Herschlag, G. J., Hunter, Z., Mattingly, J. C. (2021). Metropolized
           multiscale forest recombination for redistricting. *Multiscale Modeling & Simulation*, 19(4),
           1885-1914.

    Examples
    --------
    Two groups, west and east, of two units each. A territory that reaches into the west splits it; two
    territories that share both groups split each of them once.

    >>> import territorykit as tk
    >>> row, edges = [[0, 0], [1, 0], [2, 0], [3, 0]], [[0, 1], [1, 2], [2, 3]]
    >>> graph = tk.UnitGraph(list("abcd"), row, edges, groups={"side": ["west", "west", "east", "east"]})
    >>> nested = tk.Nested("side")
    >>> problem = tk.Problem(graph, 2, nested)
    >>> [splits(tk.Plan(problem, labels), nested).tolist() for labels in ([0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0])]
    [[0, 0], [1, 0], [1, 1]]
    """
    found = shared_units(plan, requirement)
    crossing = np.bincount(found.group, found.crosses).astype(np.int64)
    holding = np.bincount(found.group)
    return np.asarray(crossing - ((crossing == holding) & (holding > 0)), np.int64)


def split_units(plan: Plan, requirement: Nested) -> Bools:
    """Units in which groups and territories cross: those that a repair would have to look at.

    They are the units of each group in territories that cross it, without the largest part where all do.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(list("abc"), [[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]], groups={"side": ["w", "w", "e"]})
    >>> nested = tk.Nested("side")
    >>> split_units(tk.Plan(tk.Problem(graph, 2, nested), [0, 1, 1]), nested)
    array([False,  True, False])
    """
    found = shared_units(plan, requirement)
    all_cross = np.bincount(found.group, ~found.crosses) == 0
    order = np.lexsort((-found.units, found.group))
    largest = order[np.unique(found.group[order], return_index=True)[1]]
    away = found.crosses.copy()
    away[largest] &= ~all_cross[found.group[largest]]
    groups, k = plan.problem.groups(requirement), plan.problem.n_territories
    codes = found.group[away] * k + found.territory[away]
    return np.asarray((groups >= 0) & np.isin(groups * k + plan.labels, codes), np.bool_)
