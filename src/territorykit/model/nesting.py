"""How territories and the groups of units, such as provinces, nest."""

from dataclasses import dataclass

import numpy as np

from territorykit._arrays import Content
from territorykit.errors import RequirementError


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Nested(Content):
    r"""Territories and groups nest: each group is made of whole territories, or each territory of whole groups.

    Territory :math:`t` and group :math:`g` *cross* when they share units, :math:`g` has units outside
    :math:`t`, and :math:`t` has units outside :math:`g`. The splits of a group are the territories that it
    crosses, less one if every territory that holds units of the group crosses it:

    .. math:: s(g) = \lvert\{t : t \text{ crosses } g\}\rvert
        - [\, t \text{ crosses } g \text{ for all } t \text{ with } t \cap g \ne \emptyset \,],
        \qquad \sum_g s(g) \le S

    How well plans keep counties and provinces whole is a question of its own in districting [1]_. A group
    that is smaller than territories has its number of parts less one, the usual count of county
    splits; a group that holds whole territories has one for each foreign territory that reaches into it.

    Parameters
    ----------
    group
        Name of one of the groups of the graph, such as "province". Units whose label is missing are in none.
    max_splits
        How many splits :math:`S` are allowed, over all groups.

    Raises
    ------
    RequirementError
        If the name is no text or the number is not a whole number from 0.

    References
    ----------
    .. [1] Autry, E. A., Carter, D., Herschlag, G. J., Hunter, Z., Mattingly, J. C. (2021). Metropolized
           multiscale forest recombination for redistricting. *Multiscale Modeling & Simulation*, 19(4),
           1885-1914.

    Examples
    --------
    >>> Nested("province", max_splits=2)
    Nested('province', max_splits=2)
    """

    group: str
    max_splits: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.group, str) or not self.group:
            message = f"Nested: the group must be named by a text, got {self.group!r}"
            raise RequirementError(message)
        most = self.max_splits
        if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 0:
            message = f"Nested({self.group!r}): max_splits must be a whole number from 0, got {most!r}"
            raise RequirementError(message)
        object.__setattr__(self, "max_splits", int(most))

    def __repr__(self) -> str:
        return f"Nested({self.group!r}, max_splits={self.max_splits})"
