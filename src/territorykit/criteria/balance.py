"""How evenly an activity is spread over the territories."""

import numpy as np

from territorykit._arrays import Floats
from territorykit.model.plan import Plan
from territorykit.model.requirements import Balance


def targets(plan: Plan, activity: str) -> Floats:
    """Size that each territory should have: from the problem's `Balance` of the activity, else the mean.

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity.

    Returns
    -------
    ndarray of shape (n_territories,)
        Target sizes in the activity's unit of measure.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]], [tk.Activity("calls", [1, 2, 3])]
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1, 1])
    >>> targets(plan, "calls")
    array([3., 3.])
    """
    problem = plan.problem
    for balance in problem.of_type(Balance):
        if balance.activity == activity:
            return problem.targets(balance)
    return np.full(problem.n_territories, problem.graph.activity(activity).total / problem.n_territories)


def relative_deviation(plan: Plan, activity: str) -> Floats:
    r"""Signed deviation of each territory's size from its target.

    .. math:: b_t = (w_t - \mu_t) / \mu_t

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity :math:`w`.

    Returns
    -------
    ndarray of shape (n_territories,)
        Fractions; 0 is on target, 0.1 is ten per cent above it. All 0 where the activity is 0 everywhere.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    References
    ----------
    .. [1] Kalcsics, J., Nickel, S., Schröder, M. (2005). Towards a unified territorial design approach:
           applications, algorithms and GIS integration. *TOP*, 13(1), 1-56.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]], [tk.Activity("calls", [1, 2, 3])]
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1, 1])

    Sizes 1 and 5, targets 3 and 3:

    >>> relative_deviation(plan, "calls").round(3)
    array([-0.667,  0.667])
    """
    wanted = targets(plan, activity)
    off = plan.sizes(activity) - wanted
    return np.divide(off, wanted, out=np.zeros_like(off), where=wanted > 0)


def largest_deviation(plan: Plan, activity: str) -> float:
    r"""Largest relative deviation of a size from its target, up or down.

    .. math:: \max_t |w_t - \mu_t| / \mu_t

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity.

    Returns
    -------
    float
        A fraction; a `Balance` with this tolerance or more is met.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    References
    ----------
    .. [1] Kalcsics, J., Nickel, S., Schröder, M. (2005). Towards a unified territorial design approach:
           applications, algorithms and GIS integration. *TOP*, 13(1), 1-56.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]], [tk.Activity("calls", [1, 2, 3])]
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1, 1])
    >>> round(largest_deviation(plan, "calls"), 3)
    0.667
    """
    return float(np.abs(relative_deviation(plan, activity)).max())


def size_range(plan: Plan, activity: str) -> float:
    r"""Largest size minus smallest size.

    .. math:: \max_t w_t - \min_t w_t

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity.

    Returns
    -------
    float
        In the activity's unit of measure.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    References
    ----------
    .. [1] Marsh, M. T., Schilling, D. A. (1994). Equity measurement in facility location analysis: a review
           and framework. *European Journal of Operational Research*, 74(1), 1-17.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]], [tk.Activity("calls", [1, 2, 3])]
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1, 1])
    >>> size_range(plan, "calls")
    4.0
    """
    return float(np.ptp(plan.sizes(activity)))


def coefficient_of_variation(plan: Plan, activity: str) -> float:
    r"""Standard deviation of the sizes over their mean.

    .. math:: \frac{1}{\bar w} \sqrt{\frac{1}{k} \sum_t (w_t - \bar w)^2}

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity.

    Returns
    -------
    float
        A ratio; 0 where all sizes are equal, also where all are 0.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    References
    ----------
    .. [1] Marsh, M. T., Schilling, D. A. (1994). Equity measurement in facility location analysis: a review
           and framework. *European Journal of Operational Research*, 74(1), 1-17.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]], [tk.Activity("calls", [1, 2, 3])]
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1, 1])

    Sizes 1 and 5: standard deviation 2, mean 3.

    >>> round(coefficient_of_variation(plan, "calls"), 3)
    0.667
    """
    sizes = plan.sizes(activity)
    mean = sizes.mean()
    return float(sizes.std() / mean) if mean > 0 else 0.0
