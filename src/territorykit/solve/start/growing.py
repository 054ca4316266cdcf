"""First plans by growth: territories begin at seeds, and the one that lacks most takes the next node.

Vickrey, W. (1961). On the prevention of gerrymandering. *Political Science Quarterly*, 76(1), 105-110, lets
districts grow from seeds; Bozkaya, B., Erkut, E., Laporte, G. (2003). A tabu search heuristic and adaptive memory
procedure for political districting. *European Journal of Operational Research*, 144(1), 12-26, begin with it.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.spatial import cKDTree

from territorykit._arrays import Floats
from territorykit.solve.compile import Compiled, territories_of_components
from territorykit.solve.kernels import power
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.growth import grow
from territorykit.solve.start.aims import Aims, aims_of
from territorykit.solve.start.diagram import blank
from territorykit.solve.start.finish import finished_around
from territorykit.solve.start.today import with_todays_names

ROUNDS = 6
"""How often territories grow, each time from the middles of those before; the best sizes are kept."""
NEAREST = 8
"""Where territories may fall apart, so many of the nearest nodes are a node's neighbors."""


def grown(compiled: Compiled, rng: np.random.Generator) -> Array:
    """Node labels from territories that grow around seeds far from each other.

    Seeds are locked nodes, nodes at given centers, or drawn. What a territory cannot reach because others are
    around it stays missing: sizes are further from their bands than those of other first plans.

    Parameters
    ----------
    compiled
        The problem.
    rng
        Its random numbers: where the seeds are.

    Returns
    -------
    ndarray of shape (n_nodes,), int32
        Labels; every territory has a node, locks are kept, and territories are connected where the problem
        asks for it and the map allows it.
    """
    facts, aims = compiled.facts, aims_of(compiled)
    diagram = blank(compiled)
    diagram.spread(rng)
    at, free = diagram.at, ~diagram.given
    neighbors = (facts.indptr, facts.indices) if facts.contiguous else _nearest_nodes(facts.point)
    best, least = facts.fixed, np.inf
    for _ in range(ROUNDS):
        labels = seeds_of(compiled, at)
        grow(*neighbors, facts.point, compiled.mass, aims.loads, aims.sizes, facts.allowed, labels)
        off = _off(aims, labels)
        if off < least:
            best, least = labels, off
        known = labels >= 0
        middles = at.copy()
        power.means(facts.point[known], compiled.mass[known], labels[known], middles)
        at[free] = middles[free]
    labels = finished_around(compiled, best)
    return with_todays_names(compiled, labels) if len(facts.home) else labels


def seeds_of(compiled: Compiled, at: Floats) -> Array:
    """Labels of locked nodes, and of one node near each center `at` (n_territories, 3) without any; -1 elsewhere."""
    facts = compiled.facts
    labels = facts.fixed.copy()
    for component, territories in territories_of_components(compiled).items():
        nodes = np.flatnonzero((compiled.component == component) & (labels < 0))
        unseeded = territories[~np.isin(territories, facts.fixed)]
        if len(nodes) == 0 or len(unseeded) == 0:
            continue
        nearest = nodes[cKDTree(facts.point[nodes]).query(at[unseeded])[1]]
        for t, u in zip(unseeded, nearest, strict=True):
            labels[_free_node(compiled, labels, nodes, at[t], u)] = t
    return labels


def _free_node(compiled: Compiled, labels: Array, nodes: Array, at: Floats, wanted: int) -> int:
    """The wanted node, or if it has a label the nearest of some nodes without one; one that has, if all have."""
    if labels[wanted] < 0:
        return wanted
    free = nodes[labels[nodes] < 0]
    if len(free) == 0:
        return wanted
    return int(free[((compiled.facts.point[free] - at) ** 2).sum(axis=1).argmin()])


def _nearest_nodes(point: Floats) -> tuple[Array, Array]:
    """An adjacency of nodes that are near each other, whatever the map says."""
    n = len(point)
    near = cKDTree(point).query(point, k=min(NEAREST + 1, n))[1].reshape(n, -1)
    one, other = np.repeat(np.arange(n), near.shape[1]), near.ravel()
    matrix = coo_matrix((np.ones(len(one)), (one, other)), shape=(n, n)).tocsr()
    matrix = (matrix + matrix.T).tocsr()
    return matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)


def _off(aims: Aims, labels: Array) -> float:
    """By how much sizes miss their aims, over all activities, the stricter ones more."""
    known = labels >= 0
    sizes = np.stack([np.bincount(labels[known], load[known], len(aims.sizes)) for load in aims.loads.T], axis=1)
    return float((np.abs(sizes - aims.sizes) @ aims.strictness).sum())
