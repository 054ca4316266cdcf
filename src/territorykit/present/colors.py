"""Colors of territories: no two neighbors alike, and distinct to people who see few colors."""

import colorsys
from typing import Any

import networkx as nx
import numpy as np
import shapely

from territorykit._arrays import Ints, Objects
from territorykit.criteria.contiguity import inside_edges
from territorykit.model.plan import Plan

PALETTE = ("#77AADD", "#EE8866", "#EEDD88", "#44BB99", "#FFAABB", "#BBCC33", "#99DDFF", "#AAAA00")
"""Paul Tol's light qualitative scheme: light enough for dark names on top, distinct without red or green."""

_GOLDEN = 0.618033988749895


def palette(n: int) -> list[str]:
    """At least `n` different colors: the hand-picked ones, then generated ones.

    Examples
    --------
    >>> palette(2)
    ['#77AADD', '#EE8866']
    >>> len(set(palette(40)))
    40
    """
    colors = list(PALETTE[:n])
    step = 0
    while len(colors) < n:
        # Hues a golden section apart never come close again; lightness alternates for those who see no hue.
        hue = (0.08 + step * _GOLDEN) % 1
        rgb = colorsys.hls_to_rgb(hue, (0.55, 0.72, 0.85)[step % 3], 0.45)
        color = "#" + "".join(f"{round(255 * part):02X}" for part in rgb)
        step += 1
        if color not in colors:
            colors.append(color)
    return colors


def territory_colors(plan: Plan, outlines: Objects | None = None) -> list[str]:
    """A color for each territory, the same on every run; neighbors never share one.

    Neighbors are territories joined by an edge of the graph and, with `outlines`, those that touch.
    With few territories each has a color of its own.

    References
    ----------
    .. [1] Brélaz, D. (1979). New methods to color the vertices of a graph. *Communications of the ACM*,
           22(4), 251-256.
    """
    k = plan.problem.n_territories
    if k <= len(PALETTE):
        return palette(k)
    graph = nx.Graph()
    graph.add_nodes_from(range(k))
    graph.add_edges_from(neighbors(plan, outlines).tolist())
    number: dict[int, int] = nx.coloring.greedy_color(graph, strategy="DSATUR")
    chosen = palette(max(max(number.values()) + 1, len(PALETTE)))
    _spread(graph, number, len(chosen))
    return [chosen[number[t]] for t in range(k)]


def _spread(graph: Any, number: dict[int, int], n_colors: int) -> None:  # noqa: ANN401 - a networkx graph
    """Give each territory, in order, the color that is used least among those that its neighbors do not have.

    The greedy coloring makes do with few colors; a map reads better when all of them are used.
    """
    used = [0] * n_colors
    for territory in sorted(number):
        taken = {number[other] for other in graph[territory]}
        number[territory] = min((c for c in range(n_colors) if c not in taken), key=lambda c: (used[c], c))
        used[number[territory]] += 1


def neighbors(plan: Plan, outlines: Objects | None = None) -> Ints:
    """Pairs of neighboring territories, shape (n_pairs, 2), the smaller position first, in order."""
    edges = plan.problem.graph.edges[~inside_edges(plan)]
    pairs: list[Any] = [plan.labels[edges]]
    if outlines is not None:
        pairs.append(shapely.STRtree(outlines).query(outlines, predicate="intersects").T)
    ordered = np.sort(np.vstack(pairs), axis=1)
    return np.asarray(np.unique(ordered[ordered[:, 0] < ordered[:, 1]], axis=0), np.int64)
