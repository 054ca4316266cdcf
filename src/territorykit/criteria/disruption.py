"""How much a plan changes against another one, such as today's."""

import numpy as np

from territorykit._arrays import Bools, Objects
from territorykit.errors import DataError, Problems, listing
from territorykit.model.disruption import MaxMoved
from territorykit.model.plan import Plan


def territories_before(before: Plan, after: Plan) -> Objects:
    """Name of each unit's territory in the plan before, in the order of the plan after, shape (n_units,).

    Raises
    ------
    DataError
        If the two plans do not hold the same units.
    """
    old, new = before.problem.graph, after.problem.graph
    problems = Problems("the two plans do not hold the same units")
    gone = [unit for unit in old.ids if unit not in new]
    come = [unit for unit in new.ids if unit not in old]
    if gone:
        problems.add(f"{len(gone):,} units are in the first plan alone: {listing(gone)}", "compare plans of one graph")
    if come:
        problems.add(f"{len(come):,} units are in the other plan alone: {listing(come)}", "compare plans of one graph")
    problems.raise_as(DataError)
    return territory_names(before)[old.positions(new.ids)]


def territory_names(plan: Plan) -> Objects:
    """Name of each unit's territory, shape (n_units,)."""
    return np.array(plan.problem.names, object)[plan.labels]


def moved(before: Plan, after: Plan) -> Bools:
    """Units whose territory has another name than before.

    Units are matched by id and territories by name: a territory that keeps its units and changes its name
    has moved as a whole.

    Parameters
    ----------
    before, after
        Two plans of the same units.

    Returns
    -------
    ndarray of shape (n_units,)
        True where the unit moved, in the order of the units of `after`.

    Raises
    ------
    DataError
        If the two plans do not hold the same units.

    References
    ----------
    .. [1] Ríos-Mercado, R. Z., Fernández, E. (2009). A reactive GRASP for a commercial territory design
           problem with multiple balancing requirements. *Computers & Operations Research*, 36(3), 755-776.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> today = tk.Plan(tk.Problem(graph, 2), [0, 1, 1])
    >>> moved(today, today.move("b", "1"))
    array([False,  True, False])
    """
    return np.asarray(territories_before(before, after) != territory_names(after), np.bool_)


def share_moved(before: Plan, after: Plan, activity: str | None = None) -> float:
    r"""Share of the units, or of an activity, that changes territory.

    .. math:: \sum_{i \text{ moved}} w_i \,/\, \sum_i w_i

    Parameters
    ----------
    before, after
        Two plans of the same units.
    activity
        Name of the activity :math:`w`, measured in `after`; without it every unit counts 1.

    Returns
    -------
    float
        A fraction; 0 where the activity is 0 everywhere.

    Raises
    ------
    DataError
        If the two plans do not hold the same units, or the graph has no such activity.

    References
    ----------
    .. [1] Zoltners, A. A., Sinha, P. (2005). Sales territory design: thirty years of modeling and
           implementation. *Marketing Science*, 24(3), 313-331.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]], [tk.Activity("calls", [1, 3])])
    >>> names = ["west", "east"]
    >>> today = tk.Plan(tk.Problem(graph, 2, territory_names=names), [0, 1])
    >>> swapped = tk.Plan.from_labels(today.problem, {"a": "east", "b": "west"})
    >>> share_moved(today, swapped, "calls")
    1.0
    >>> share_moved(today, today)
    0.0
    """
    mask = moved(before, after)
    if activity is None:
        return float(mask.mean())
    values = after.problem.graph.activity(activity).values
    total = values.sum()
    return float(values[mask].sum() / total) if total > 0 else 0.0


def moved_since(plan: Plan, requirement: MaxMoved) -> Bools:
    """Units whose territory is another one than in the incumbent of a requirement.

    Parameters
    ----------
    plan
        The plan to measure.
    requirement
        It holds today's plan; units that it does not name have not moved. Its share does not matter here.

    Returns
    -------
    ndarray of shape (n_units,)
        True where the unit moved.

    References
    ----------
    .. [1] Ríos-Mercado, R. Z., Fernández, E. (2009). A reactive GRASP for a commercial territory design
           problem with multiple balancing requirements. *Computers & Operations Research*, 36(3), 755-776.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> limit = tk.MaxMoved({"a": "1", "b": "2"}, None, 0.5)
    >>> moved_since(tk.Plan(tk.Problem(graph, 2, limit), [0, 0, 1]), limit)
    array([False,  True, False])
    """
    before = plan.problem.incumbent(requirement)
    return np.asarray((before >= 0) & (before != plan.labels), np.bool_)


def share_moved_since(plan: Plan, requirement: MaxMoved) -> float:
    r"""Share of the units, or of the requirement's activity, that is in another territory than in its incumbent.

    .. math:: \sum_{i:\, t(i) \ne t_0(i)} w_i \,/\, \sum_i w_i

    Parameters
    ----------
    plan
        The plan to measure.
    requirement
        It holds today's plan and the name of the activity :math:`w`; without one every unit counts 1.

    Returns
    -------
    float
        A fraction of the total over all units, those that the incumbent does not name among them.

    References
    ----------
    .. [1] Zoltners, A. A., Sinha, P. (2005). Sales territory design: thirty years of modeling and
           implementation. *Marketing Science*, 24(3), 313-331.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]], [tk.Activity("calls", [1, 3])])
    >>> limit = tk.MaxMoved({"a": "1", "b": "1"}, "calls", 0.5)
    >>> share_moved_since(tk.Plan(tk.Problem(graph, 2, limit), [0, 1]), limit)
    0.75
    """
    mask = moved_since(plan, requirement)
    if requirement.activity is None:
        return float(mask.mean())
    values = plan.problem.graph.activity(requirement.activity).values
    return float(values[mask].sum() / values.sum())
