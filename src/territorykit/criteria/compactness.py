"""How compact territories are: spread around their middle, shape, and length of borders.

Distances to centers are in `territorykit.criteria.travel`.
"""

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike

from territorykit._arrays import Floats
from territorykit.criteria.contiguity import inside_edges
from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.model.unit_graph import UnitGraph


def centroids(plan: Plan, activity: str | None = None) -> Floats:
    r"""Weighted mean of the coordinates of each territory's units.

    .. math:: c_t = \sum_{i \in t} w_i x_i \,/\, \sum_{i \in t} w_i

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity :math:`w`; without it every unit weighs 1, as also in a territory where the
        activity is 0 throughout.

    Returns
    -------
    ndarray of shape (n_territories, 2)
        Coordinates in metres.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    References
    ----------
    .. [1] Hess, S. W., Weaver, J. B., Siegfeldt, H. J., Whelan, J. N., Zitlau, P. A. (1965). Nonpartisan
           political redistricting by computer. *Operations Research*, 13(6), 998-1006.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]], [tk.Activity("calls", [1, 3])])
    >>> centroids(tk.Plan(tk.Problem(graph, 1), [0, 0]), "calls")
    array([[750.,   0.]])
    """
    labels, k = plan.labels, plan.problem.n_territories
    mass = positive_weights(plan, activity)
    total = np.bincount(labels, mass, k)
    # Coordinates are taken relative to their mean: six-digit offsets would cost digits.
    origin = plan.problem.graph.xy.mean(axis=0)
    x, y = (plan.problem.graph.xy - origin).T
    sums = np.column_stack([np.bincount(labels, mass * x, k), np.bincount(labels, mass * y, k)])
    return np.asarray(sums / total[:, None] + origin, np.float64)


def moment_of_inertia(plan: Plan, activity: str | None = None) -> Floats:
    r"""Weighted sum of squared distances of units to the centroid of their territory.

    .. math:: m_t = \sum_{i \in t} w_i \lVert x_i - c_t \rVert^2

    Parameters
    ----------
    plan
        The plan to measure.
    activity
        Name of the activity :math:`w`; without it every unit weighs 1.

    Returns
    -------
    ndarray of shape (n_territories,)
        Square metres times the activity's unit of measure.

    Raises
    ------
    DataError
        If the plan's graph has no such activity.

    References
    ----------
    .. [1] Hess, S. W., Weaver, J. B., Siegfeldt, H. J., Whelan, J. N., Zitlau, P. A. (1965). Nonpartisan
           political redistricting by computer. *Operations Research*, 13(6), 998-1006.

    Examples
    --------
    Two units of weight 1, each 500 m from their centroid:

    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b"], [[0, 0], [1000, 0]], [[0, 1]])
    >>> moment_of_inertia(tk.Plan(tk.Problem(graph, 1), [0, 0]))
    array([500000.])
    """
    apart = plan.problem.graph.xy - centroids(plan, activity)[plan.labels]
    spread: Floats = weights(plan, activity) * (apart**2).sum(axis=1)
    return np.asarray(np.bincount(plan.labels, spread, plan.problem.n_territories), np.float64)


def border_length(plan: Plan) -> float:
    r"""Length of all borders between territories, each counted once.

    .. math:: \sum_{\{i, j\}: \, t(i) \ne t(j)} \ell_{ij}

    Parameters
    ----------
    plan
        A plan whose graph has border lengths.

    Returns
    -------
    float
        Metres.

    Raises
    ------
    DataError
        If the graph has no border lengths.

    References
    ----------
    .. [1] Lasserre, J. B., Ricca, F., Simeone, B. (2011). Political districting: from classical models to
           recent approaches. *4OR*, 9(3), 223-254.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b"], [[500, 500], [1500, 500]], [[0, 1]],
    ...     border_lengths=[1000], area=[1e6, 1e6], perimeter=[4000, 4000],
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1])
    >>> border_length(plan)
    1000.0
    """
    lengths = _measured(plan.problem.graph, "border_lengths")
    return float(lengths[~inside_edges(plan)].sum())


def border_lengths(plan: Plan) -> Floats:
    r"""Length of each territory's border with other territories, without the outer edge of the map.

    .. math:: B_t = \sum_{\{i, j\}: \, t(i) = t \ne t(j)} \ell_{ij}

    Parameters
    ----------
    plan
        A plan whose graph has border lengths.

    Returns
    -------
    ndarray of shape (n_territories,)
        Metres; their sum is twice `border_length`.

    Raises
    ------
    DataError
        If the graph has no border lengths.

    References
    ----------
    .. [1] Lasserre, J. B., Ricca, F., Simeone, B. (2011). Political districting: from classical models to
           recent approaches. *4OR*, 9(3), 223-254.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b"], [[500, 500], [1500, 500]], [[0, 1]],
    ...     border_lengths=[1000], area=[1e6, 1e6], perimeter=[4000, 4000],
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1])
    >>> border_lengths(plan)
    array([1000., 1000.])
    """
    lengths = _measured(plan.problem.graph, "border_lengths")
    cut = ~inside_edges(plan)
    ends = plan.labels[plan.problem.graph.edges[cut]]
    k = plan.problem.n_territories
    return np.asarray(sum(np.bincount(ends[:, side], lengths[cut], k) for side in (0, 1)), np.float64)


def cut_edges(plan: Plan) -> int:
    """Number of edges of the graph that join two territories.

    Parameters
    ----------
    plan
        The plan to measure.

    Returns
    -------
    int
        A count; fewer cut edges mean more compact territories, without any geometry.

    References
    ----------
    .. [1] DeFord, D., Duchin, M., Solomon, J. (2021). Recombination: a family of Markov chains for
           redistricting. *Harvard Data Science Review*, 3(1).

    Examples
    --------
    >>> import territorykit as tk
    >>> plan = tk.Plan(tk.Problem(tk.UnitGraph(["a", "b"], [[500, 500], [1500, 500]], [[0, 1]]), 2), [0, 1])
    >>> cut_edges(plan)
    1
    """
    return int((~inside_edges(plan)).sum())


def polsby_popper(plan: Plan) -> Floats:
    r"""Area of each territory over the area of a circle of the same perimeter.

    .. math:: \frac{4 \pi A_t}{P_t^2}, \qquad
        P_t = \sum_{i \in t} p_i - 2 \sum_{\{i, j\} \subset t} \ell_{ij}

    Parameters
    ----------
    plan
        A plan whose graph has areas, perimeters and border lengths.

    Returns
    -------
    ndarray of shape (n_territories,)
        From 0 to 1; a circle has 1, a square 0.785.

    Raises
    ------
    DataError
        If the graph lacks areas, perimeters or border lengths.

    References
    ----------
    .. [1] Polsby, D. D., Popper, R. D. (1991). The third criterion: compactness as a procedural safeguard
           against partisan gerrymandering. *Yale Law & Policy Review*, 9(2), 301-353.

    Examples
    --------
    Two squares of 1 km side, one territory each: 4 pi / 16.

    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(
    ...     ["a", "b"], [[500, 500], [1500, 500]], [[0, 1]],
    ...     border_lengths=[1000], area=[1e6, 1e6], perimeter=[4000, 4000],
    ... )
    >>> plan = tk.Plan(tk.Problem(graph, 2), [0, 1])
    >>> polsby_popper(plan).round(3)
    array([0.785, 0.785])
    """
    graph, k = plan.problem.graph, plan.problem.n_territories
    area = np.bincount(plan.labels, _measured(graph, "area"), k)
    perimeter = np.bincount(plan.labels, _measured(graph, "perimeter"), k)
    inside = inside_edges(plan)
    owner = plan.labels[graph.edges[inside, 0]]
    perimeter -= 2 * np.bincount(owner, _measured(graph, "border_lengths")[inside], k)
    index = np.zeros(k)
    np.divide(4 * math.pi * area, perimeter**2, out=index, where=perimeter > 0)
    return index


def reock(plan: Plan, geometry: ArrayLike) -> Floats:
    """Area of each territory over the area of its smallest enclosing circle.

    Parameters
    ----------
    plan
        The plan to measure.
    geometry
        Shape (n_units,): the units' polygons as shapely geometries, in metres, in the order of the units.

    Returns
    -------
    ndarray of shape (n_territories,)
        From 0 to 1; a circle has 1, a square 0.637; 0 for territories without area.

    Raises
    ------
    DataError
        If geometries are missing or empty, or not one per unit.

    References
    ----------
    .. [1] Reock, E. C. (1961). A note: measuring compactness as a requirement of legislative apportionment.
           *Midwest Journal of Political Science*, 5(1), 70-74.

    Examples
    --------
    Two squares of 1 km side, one territory each: 1 over the area of a circle of radius sqrt(1/2), 2 / pi.

    >>> from shapely import box
    >>> import territorykit as tk
    >>> plan = tk.Plan(tk.Problem(tk.UnitGraph(["a", "b"], [[500, 500], [1500, 500]], [[0, 1]]), 2), [0, 1])
    >>> reock(plan, [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]).round(3)
    array([0.637, 0.637])
    """
    shapes = np.asarray(geometry, object)
    _check_shapes(plan.problem.graph, shapes)
    k = plan.problem.n_territories
    area = np.bincount(plan.labels, shapely.area(shapes), k)
    # The circle touches corners of the hulls alone, and hulls have few corners. They are strung on one line
    # per territory, each twice: a line needs two.
    order = np.argsort(plan.labels, kind="stable")
    corners, unit = shapely.get_coordinates(shapely.convex_hull(shapes[order]), return_index=True)
    owner = plan.labels[order][unit]
    lines = shapely.linestrings(corners.repeat(2, axis=0), indices=owner.repeat(2))
    circle = math.pi * shapely.minimum_bounding_radius(lines) ** 2
    index = np.zeros(k)
    np.divide(area, circle, out=index, where=circle > 0)
    return index


def weights(plan: Plan, activity: str | None) -> Floats:
    """Values of an activity, or 1 for every unit, shape (n_units,)."""
    graph = plan.problem.graph
    return np.ones(graph.n_units) if activity is None else graph.activity(activity).values


def positive_weights(plan: Plan, activity: str | None) -> Floats:
    """The same, with 1 for every unit of a territory in which the activity is 0 throughout."""
    values = weights(plan, activity)
    empty = np.bincount(plan.labels, values, plan.problem.n_territories) == 0
    return np.where(empty[plan.labels], 1.0, values)


def _measured(graph: UnitGraph, name: str) -> Floats:
    values = getattr(graph, name)
    if values is None:
        message = f"the graph has no {name}; make it from polygons with unit_graph, or pass {name}= to UnitGraph"
        raise DataError(message)
    return np.asarray(values, np.float64)


def _check_shapes(graph: UnitGraph, shapes: Any) -> None:  # noqa: ANN401 - an array of geometries
    problems = Problems("geometry")
    if shapes.shape != (graph.n_units,):
        problems.add(f"it has shape {shapes.shape}, not ({graph.n_units},)", "pass one polygon per unit")
        problems.raise_as(DataError)
    void = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if void.any():
        problems.add(f"{int(void.sum()):,} units have none: {listing(graph.ids[void])}", "give every unit a polygon")
    problems.raise_as(DataError)
