"""How far apart the units of a territory are."""

from typing import Literal

import numpy as np
import shapely
from scipy.spatial.distance import cdist

from territorykit._arrays import Floats
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.errors import DataError
from territorykit.model.plan import Plan

BLOCK = 4_000_000
"""Most distances held in memory at once."""


def diameters(plan: Plan, distance: Literal["planar", "great-circle"] = "planar") -> Floats:
    r"""The largest distance between two units of each territory.

    .. math:: D_t = \max_{i, j \in t} d(i, j)

    Parameters
    ----------
    plan
        The plan to measure.
    distance
        "planar": the straight line between coordinates. "great-circle": along the sphere, from the graph's
        `lonlat`.

    Returns
    -------
    ndarray of shape (n_territories,)
        Metres; 0 for a single unit.

    Raises
    ------
    DataError
        If the distance is another, or great circles are asked for and the graph has no `lonlat`.

    References
    ----------
    .. [1] Ríos-Mercado, R. Z., Fernández, E. (2009). A reactive GRASP for a commercial territory design
           problem with multiple balancing requirements. *Computers & Operations Research*, 36(3), 755-776.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [3000, 0]], [[0, 1], [1, 2]])
    >>> diameters(tk.Plan(tk.Problem(graph, 2), [0, 1, 1]))
    array([   0., 2000.])
    """
    if distance == "great-circle":
        return arcs(_on_the_sphere(plan))
    if distance != "planar":
        message = f"no distance {distance!r} between units; take 'planar' or 'great-circle'"
        raise DataError(message)
    order, labels = _by_territory(plan)
    hulls = shapely.convex_hull(shapely.multipoints(plan.problem.graph.xy[order], indices=labels))
    corners, owner = shapely.get_coordinates(hulls, return_index=True)
    return _largest(corners, owner, plan.problem.n_territories)


def _on_the_sphere(plan: Plan) -> Floats:
    """The longest straight line through the sphere in each territory: its arc is the longest too."""
    lonlat = plan.problem.graph.lonlat
    if lonlat is None:
        message = "the graph has no longitudes and latitudes; pass lonlat= to UnitGraph"
        raise DataError(message)
    order, labels = _by_territory(plan)
    return _largest(unit_vectors(lonlat[order]), labels, plan.problem.n_territories)


def _by_territory(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(plan.labels, kind="stable")
    return order, plan.labels[order]


def _largest(points: Floats, owner: np.ndarray, k: int) -> Floats:
    """The largest distance among the points of each owner; owners are in ascending order."""
    ends = np.cumsum(np.bincount(owner, minlength=k))
    largest = np.zeros(k)
    for t, own in enumerate(np.split(points, ends[:-1])):
        step = max(1, BLOCK // max(len(own), 1))
        for start in range(0, len(own), step):
            away = cdist(own[start : start + step], own[start:], "sqeuclidean")
            largest[t] = max(largest[t], away.max())
    return np.sqrt(largest)
