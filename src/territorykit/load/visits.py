"""Visits: how often accounts are visited and for how long, and how far it is from one visit to the next."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from territorykit._arrays import Floats
from territorykit.errors import DataError, Problems, listing
from territorykit.load.inputs import is_number
from territorykit.model.travel import Travel
from territorykit.model.unit_graph import UnitGraph

LOCAL = 0.78
"""Length of a tour through n points in an area a, over the square root of n times a: fitted to tours of stores, see
docs/explanation/travel.md. For very many points it is about 0.7124."""

NEAR_VISITS = 3.0
"""So many visits around a unit say how far it is from one to the next."""
NEAR_MEAN = 0.7292
"""Mean distance to the nearest three of points at random, over the square root of the area that each has for itself."""


def add_visits(
    accounts: pd.DataFrame,
    by: str,
    *,
    visits: Mapping[object, float],
    minutes: Mapping[object, float],
) -> pd.DataFrame:
    """Add how often each account is visited in a year, and the hours that this takes, by its class.

    Parameters
    ----------
    accounts
        Accounts; not changed.
    by
        Column with the class of each.
    visits
        Class to visits a year, such as ``{"A": 12, "B": 4}``.
    minutes
        Class to minutes per visit.

    Returns
    -------
    DataFrame
        A copy, of the same type, with the columns ``visits_per_year`` and ``service_hours_per_year``.

    Raises
    ------
    DataError
        With all problems at once: an unknown column, classes without visits or minutes, values that are no numbers.

    Examples
    --------
    >>> accounts = pd.DataFrame({"class": ["A", "B"]}, index=["x", "y"])
    >>> add_visits(accounts, "class", visits={"A": 12, "B": 4}, minutes={"A": 60, "B": 30})
      class  visits_per_year  service_hours_per_year
    x     A             12.0                    12.0
    y     B              4.0                     2.0
    """
    problems = Problems("visits")
    if by not in accounts:
        problems.add(f"there is no column {by!r}", f"the accounts have {listing(accounts.columns)}")
        problems.raise_as(DataError)
    for name, table in (("visits", visits), ("minutes", minutes)):
        wrong = [key for key, value in table.items() if not (is_number(value) and value >= 0)]
        if wrong:
            problems.add(f"{name} of {listing(wrong)} are no numbers from 0", "give numbers")
        missing = accounts.index[~accounts[by].isin(list(table))]
        if len(missing):
            classes = accounts.loc[missing, by].unique()
            problems.add(
                f"{len(missing):,} accounts are of classes without {name}: {listing(classes)}",
                f"add them to {name}=, with 0 where there are none",
            )
    problems.raise_as(DataError)
    per_year = accounts[by].map(dict(visits)).astype(np.float64)
    hours = per_year * accounts[by].map(dict(minutes)).astype(np.float64) / 60
    return accounts.assign(visits_per_year=per_year, service_hours_per_year=hours)


def minutes_between_stops(
    graph: UnitGraph, travel: Travel, visits: str, *, waves_per_year: float | None = None
) -> Floats:
    r"""Estimate the minutes from one visit to the next around each unit.

    A representative goes round the territory in waves, as many as the most frequent rhythm asks for, and in each wave
    :math:`v_j / W` visits are due at unit :math:`j`. By the theorem of Beardwood, Halton and Hammersley [1]_ a tour
    takes :math:`k \sqrt{a_i}` from stop to stop where each has an area of :math:`a_i` for itself. That area is read
    from the three due visits nearest by time: three points at random lie :math:`0.729 \sqrt{a_i}` away in the mean.
    Units with an area of their own have :math:`a_i` from it, at the pace of the ways to their neighbors.

    Parameters
    ----------
    graph
        The units.
    travel
        The times between them.
    visits
        The activity that counts the visits in a year.
    waves_per_year
        :math:`W`. Without it: the most visits that any unit has, which must be accounts then.

    Returns
    -------
    ndarray of shape (n_units,)
        Minutes, for `Workload(between_stops=...)`.

    Raises
    ------
    DataError
        If the travel is that of other units, there are no visits, or the waves are not known.

    References
    ----------
    .. [1] Beardwood, J., Halton, J. H., Hammersley, J. M. (1959). The shortest path through many points.
           *Mathematical Proceedings of the Cambridge Philosophical Society*, 55(4), 299-327.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> visits = Activity("visits", [12, 12, 6])
    >>> graph = UnitGraph(["a", "b", "c"], [[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]], [visits])
    >>> travel = Travel.from_dense([[0, 10, 20], [10, 0, 10], [20, 10, 0]])
    >>> minutes_between_stops(graph, travel, "visits").round(1)
    array([20.2, 15.1, 19.7])
    """
    due = _due(graph, travel, visits, waves_per_year)
    if graph.area is not None:
        metres = np.sqrt(graph.area / np.maximum(due, 1e-300)) * (due > 0)
        return np.asarray(LOCAL * metres * _pace(graph, travel), np.float64)
    return np.array([_around(travel, due, unit) for unit in range(graph.n_units)])


def _due(graph: UnitGraph, travel: Travel, visits: str, waves: float | None) -> Floats:
    """Visits due in each wave."""
    problems = Problems("visits")
    if travel.n_units != graph.n_units:
        problems.add(
            f"the travel has {travel.n_units:,} units and the graph {graph.n_units:,}",
            "measure it for this graph",
        )
    values = graph.activity(visits).values
    if not values.sum() > 0:
        problems.add(f"activity {visits!r} is 0 in all units", "there is nothing to visit")
    if waves is not None and not (is_number(waves) and 0 < waves < np.inf):
        problems.add(f"waves_per_year is {waves!r}", "pass a number above 0")
    elif waves is None and graph.area is not None:
        problems.add("the units are areas, so that waves_per_year is not known", "pass the most frequent rhythm")
    problems.raise_as(DataError)
    return np.asarray(values / (values.max() if waves is None else waves), np.float64)


def _around(travel: Travel, due: Floats, unit: int) -> float:
    """Minutes to the next stop, by the visits that are due nearest."""
    row = slice(travel.indptr[unit], travel.indptr[unit + 1])
    others, minutes = travel.indices[row], travel.minutes[row]
    kept = (others != unit) & (due[others] > 0)
    others, minutes = others[kept], minutes[kept]
    if len(others) == 0:
        return 0.0
    order = np.argsort(minutes, kind="stable")
    total = np.cumsum(due[others[order]])
    last = min(int(np.searchsorted(total, NEAR_VISITS)), len(order) - 1)
    weight = due[others[order[: last + 1]]].copy()
    weight[-1] -= max(total[last] - NEAR_VISITS, 0.0)
    mean = float(weight @ minutes[order[: last + 1]] / weight.sum())
    return LOCAL * mean / NEAR_MEAN * float(np.sqrt(NEAR_VISITS / weight.sum()))


def _pace(graph: UnitGraph, travel: Travel) -> Floats:
    """Minutes per metre of straight line around each unit, by the ways to its neighbors; the mean where none leads."""
    one, other = graph.edges.T
    minutes = travel.minutes_between(one, other)
    metres = np.hypot(*(graph.xy[one] - graph.xy[other]).T)
    known = np.isfinite(minutes) & (metres > 0)
    ends = np.concatenate([one[known], other[known]])
    sums = [np.bincount(ends, np.tile(values[known], 2), graph.n_units) for values in (minutes, metres)]
    overall = sums[0].sum() / max(sums[1].sum(), 1e-300)
    return np.where(sums[1] > 0, sums[0] / np.maximum(sums[1], 1e-300), overall)
