"""Whether territories hang together."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Bools, Ints
from territorykit.model.plan import Plan


def inside_edges(plan: Plan) -> Bools:
    """Which edges of the graph join two units of one territory, shape (n_edges,)."""
    labels, edges = plan.labels, plan.problem.graph.edges
    return np.asarray(labels[edges[:, 0]] == labels[edges[:, 1]], np.bool_)


def pieces(plan: Plan) -> Ints:
    """Number of connected pieces of each territory.

    A piece is a connected component of the graph that is left when only edges inside territories are kept.

    Parameters
    ----------
    plan
        The plan to measure.

    Returns
    -------
    ndarray of shape (n_territories,)
        Counts; 1 is a connected territory.

    References
    ----------
    .. [1] Hopcroft, J., Tarjan, R. (1973). Algorithm 447: efficient algorithms for graph manipulation.
           *Communications of the ACM*, 16(6), 372-378.

    Examples
    --------
    Units a, b, c in a row: a and c are not neighbors.

    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(["a", "b", "c"], [[0, 0], [1000, 0], [2000, 0]], [[0, 1], [1, 2]])
    >>> pieces(tk.Plan(tk.Problem(graph, 2), [0, 1, 0]))
    array([2, 1])
    """
    piece = piece_of_units(plan)
    _, first = np.unique(piece, return_index=True)
    return np.bincount(plan.labels[first], minlength=plan.problem.n_territories)


def piece_of_units(plan: Plan) -> Ints:
    """Number of the connected piece of each unit, counted over all territories, shape (n_units,)."""
    n = plan.problem.graph.n_units
    one, other = plan.problem.graph.edges[inside_edges(plan)].T
    matrix = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    return np.asarray(connected_components(matrix, directed=False)[1], np.int64)
