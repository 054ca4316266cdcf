"""How far units are from the points that stand for their territories, in a straight line."""

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.criteria.compactness import centroids, positive_weights
from territorykit.errors import DataError
from territorykit.model.plan import Plan


def straight_line(start: Floats, end: Floats) -> Floats:
    r"""Euclidean distance between points, pair by pair.

    .. math:: d = \sqrt{(x_1 - x_2)^2 + (y_1 - y_2)^2}

    Parameters
    ----------
    start, end
        Arrays of shape (n, 2), or one point of shape (2,): coordinates in metres.

    Returns
    -------
    ndarray of shape (n,)
        Metres.

    References
    ----------
    .. [1] Love, R. F., Morris, J. G., Wesolowsky, G. O. (1988). *Facilities Location: Models and Methods*.
           North-Holland.

    Examples
    --------
    >>> straight_line(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([3.0, 4.0]))
    array([5., 4.])
    """
    apart = start - end
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]), np.float64)


def center_units(plan: Plan) -> Ints:
    """Position of the unit that stands for each territory.

    The plan's own centers; without them the unit nearest the centroid, weighted by the activity of the
    problem's objective. Of units equally near, the first.

    Parameters
    ----------
    plan
        The plan to measure.

    Returns
    -------
    ndarray of shape (n_territories,)
        Unit positions.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> center_units(tk.Plan(tk.Problem(graph, 1), [0, 0, 0]))
    array([1])
    """
    if plan.centers is not None:
        return plan.centers
    middle = centroids(plan, plan.problem.goal.activity)
    away = straight_line(plan.problem.graph.xy, middle[plan.labels])
    order = np.lexsort((away, plan.labels))
    _, first = np.unique(plan.labels[order], return_index=True)
    return np.asarray(order[first], np.int64)


def distances_to_center(plan: Plan) -> Floats:
    r"""Distance of each unit to the center of its territory.

    .. math:: d_i = \lVert x_i - x_{c(t(i))} \rVert

    Parameters
    ----------
    plan
        The plan to measure; its centers are those of `center_units`.

    Returns
    -------
    ndarray of shape (n_units,)
        Metres in a straight line.

    References
    ----------
    .. [1] Kalcsics, J., Nickel, S., Schröder, M. (2005). Towards a unified territorial design approach:
           applications, algorithms and GIS integration. *TOP*, 13(1), 1-56.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> distances_to_center(tk.Plan(tk.Problem(graph, 1), [0, 0, 0], centers=[0]))
    array([   0., 1000., 2000.])
    """
    xy = plan.problem.graph.xy
    return straight_line(xy, xy[center_units(plan)][plan.labels])


def mean_distance_to_center(plan: Plan, activity: str | None = None) -> Floats:
    r"""Weighted mean distance of units to the center of their territory.

    .. math:: \bar d_t = \sum_{i \in t} w_i d_i \,/\, \sum_{i \in t} w_i

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity :math:`w`; without it every unit weighs 1, as also in a territory where the
        activity is 0 throughout.

    Returns
    -------
    ndarray of shape (n_territories,)
        Metres.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    References
    ----------
    .. [1] Hakimi, S. L. (1964). Optimum locations of switching centers and the absolute centers and medians
           of a graph. *Operations Research*, 12(3), 450-459.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> mean_distance_to_center(tk.Plan(tk.Problem(graph, 1), [0, 0, 0], centers=[0]))
    array([1000.])
    """
    mass, k = positive_weights(plan, activity), plan.problem.n_territories
    sums = np.bincount(plan.labels, mass * distances_to_center(plan), k)
    return np.asarray(sums / np.bincount(plan.labels, mass, k), np.float64)


def largest_distance_to_center(plan: Plan) -> Floats:
    r"""Distance from the center of each territory to its farthest unit.

    .. math:: \max_{i \in t} d_i

    Parameters
    ----------
    plan
        The plan to measure.

    Returns
    -------
    ndarray of shape (n_territories,)
        Metres.

    References
    ----------
    .. [1] Ríos-Mercado, R. Z., Fernández, E. (2009). A reactive GRASP for a commercial territory design
           problem with multiple balancing requirements. *Computers & Operations Research*, 36(3), 755-776.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> largest_distance_to_center(tk.Plan(tk.Problem(graph, 1), [0, 0, 0], centers=[0]))
    array([2000.])
    """
    largest = np.zeros(plan.problem.n_territories)
    np.maximum.at(largest, plan.labels, distances_to_center(plan))
    return largest


def distances_to_base(plan: Plan) -> Floats:
    r"""Distance of each unit to the base of its territory.

    .. math:: d_i = \lVert x_i - b_{t(i)} \rVert

    Parameters
    ----------
    plan
        A plan whose problem has bases.

    Returns
    -------
    ndarray of shape (n_units,)
        Metres in a straight line.

    Raises
    ------
    DataError
        If the problem has no bases.

    References
    ----------
    .. [1] Love, R. F., Morris, J. G., Wesolowsky, G. O. (1988). *Facilities Location: Models and Methods*.
           North-Holland.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [300, 400]], [[0, 1]])
    >>> distances_to_base(tk.Plan(tk.Problem(graph, 1, bases=[[0, 0]]), [0, 0]))
    array([  0., 500.])
    """
    bases = plan.problem.bases
    if bases is None:
        message = "the problem has no bases to measure from; pass bases= to Problem, one point per territory"
        raise DataError(message)
    return straight_line(plan.problem.graph.xy, bases[plan.labels])
