"""Starts from balanced power diagrams: centers, then prices that make the sizes fit."""

import numpy as np
from scipy.spatial import cKDTree

from territorykit._arrays import Floats, Ints
from territorykit.solve.compile import Compiled, territories_of_components
from territorykit.solve.kernels import connect, power

ALL_CENTERS = 24
"""Up to so many territories every node looks at all centers; beyond, at the nearest ones only."""
NEAREST = 16
LLOYD_ROUNDS = 12
"""How often centers move to the means of their cells; they settle after about ten rounds."""
PRICE_ROUNDS = 24
"""Steps of the dual ascent between two moves of the centers."""
LAST_PRICE_ROUNDS = 200
INSIDE = 0.5
"""Sizes aim at this part of their band, so that making cells connected has some room."""


def power_start(compiled: Compiled, rng: np.random.Generator) -> Ints:
    """Node labels from a balanced power diagram around random centers; every territory has a node.

    Connected where the problem asks for it and the map allows it. Sizes are near their bands but may
    break them: the search mends that.
    """
    labels = np.full(compiled.n_nodes, -1, np.int32)
    for component, territories in territories_of_components(compiled).items():
        nodes = np.flatnonzero(compiled.component == component)
        if len(territories):
            labels[nodes] = _diagram(compiled, nodes, territories, rng)
    if (labels < 0).any():  # a component that got no territory: the nearest one takes it, broken or not
        known = np.flatnonzero(labels >= 0)
        tree = cKDTree(_xy(compiled, known))
        labels[labels < 0] = labels[known[tree.query(_xy(compiled, np.flatnonzero(labels < 0)))[1]]]
    return labels


def _xy(compiled: Compiled, nodes: Ints) -> Floats:
    return np.stack([compiled.facts.x[nodes], compiled.facts.y[nodes]], axis=1)


def _diagram(compiled: Compiled, nodes: Ints, territories: Ints, rng: np.random.Generator) -> Ints:
    facts, k = compiled.facts, len(territories)
    x, y, mass = facts.x[nodes], facts.y[nodes], compiled.mass[nodes]
    loads = np.ascontiguousarray(facts.loads[nodes])
    ratio = loads / mass[:, None]
    fixed = _local(facts.fixed[nodes], territories, compiled.problem.n_territories)
    lower, upper = _aims(facts.lower[territories], facts.upper[territories])
    at = _given_centers(compiled, nodes, territories)
    free = np.isnan(at[:, 0])
    given = at.copy()
    power.spread_centers(x, y, mass, at, rng.integers(1, 2**63, 2, np.uint64))
    prices = np.zeros((k, loads.shape[1]))
    labels = np.zeros(len(nodes), np.int32)
    spacing = max(float(np.ptp(x) * np.ptp(y)) / k, 1e-9)
    for _ in range(LLOYD_ROUNDS if free.any() else 1):
        near = _near(x, y, at)
        steps = np.full(prices.shape, 0.05 * spacing)
        power.balance(x, y, ratio, loads, near, at, lower, upper, fixed, prices, steps, PRICE_ROUNDS, labels)
        power.means(x, y, mass, labels, at)
        at[~free] = given[~free]
    near = _near(x, y, at)
    steps = np.full(prices.shape, 0.05 * spacing)
    power.balance(x, y, ratio, loads, near, at, lower, upper, fixed, prices, steps, LAST_PRICE_ROUNDS, labels)
    _fill_empty(x, y, at, fixed, labels)
    if facts.contiguous:
        _connect(compiled, nodes, territories, at, prices, labels)
        _fill_empty(x, y, at, fixed, labels)
    return territories[labels].astype(np.int32)


def _local(fixed: Ints, territories: Ints, n_territories: int) -> Ints:
    place = np.full(n_territories + 1, -1, np.int32)
    place[territories] = np.arange(len(territories))
    return place[fixed]


def _aims(lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    middle = (lower + np.minimum(upper, lower + 2)) / 2
    return middle + INSIDE * (lower - middle), np.where(upper < lower + 2, middle + INSIDE * (upper - middle), upper)


def _given_centers(compiled: Compiled, nodes: Ints, territories: Ints) -> Floats:
    """Points where territories stand already: bases, or the middle of their locked nodes; NaN where free."""
    at = compiled.points[territories].copy()
    facts = compiled.facts
    for i, t in enumerate(territories):
        locked = nodes[facts.fixed[nodes] == t]
        if len(locked) and np.isnan(at[i, 0]):
            share = compiled.mass[locked] / compiled.mass[locked].sum()
            at[i] = (facts.x[locked] * share).sum(), (facts.y[locked] * share).sum()
    return at


def _near(x: Floats, y: Floats, at: Floats) -> Ints:
    k = len(at)
    if k <= ALL_CENTERS:
        return np.tile(np.arange(k, dtype=np.int32), (len(x), 1))
    found = cKDTree(at).query(np.stack([x, y], axis=1), k=NEAREST)[1]
    return np.ascontiguousarray(found, np.int32)


def _fill_empty(x: Floats, y: Floats, at: Floats, fixed: Ints, labels: Ints) -> None:
    """Give each empty territory the node nearest its center that can be spared."""
    count = np.bincount(labels, minlength=len(at))
    for t in np.flatnonzero(count == 0):
        spare = np.flatnonzero((count[labels] > 1) & (fixed < 0))
        if len(spare) == 0:
            return
        u = spare[np.argmin((x[spare] - at[t, 0]) ** 2 + (y[spare] - at[t, 1]) ** 2)]
        count[labels[u]] -= 1
        count[t] += 1
        labels[u] = t


def _connect(compiled: Compiled, nodes: Ints, territories: Ints, at: Floats, prices: Floats, labels: Ints) -> None:
    """Make the cells of one component connected, in its own numbering."""
    facts = compiled.facts
    place = np.full(compiled.n_nodes, -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    starts, ends = facts.indptr[nodes], facts.indptr[nodes + 1]
    indptr = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int32)
    take = np.repeat(starts - indptr[:-1], ends - starts) + np.arange(indptr[-1])
    indices = place[facts.indices[take]].astype(np.int32)
    fixed = _local(facts.fixed[nodes], territories, compiled.problem.n_territories)
    ratio = facts.loads[nodes] / compiled.mass[nodes][:, None]
    allowed = facts.allowed
    if allowed.shape[0]:
        allowed = np.ascontiguousarray(allowed[nodes][:, territories])
    for _ in range(3):  # filling an empty territory can cut another one
        if connect.keep_main_pieces(indptr, indices, compiled.mass[nodes], fixed, len(territories), labels) == 0:
            return
        connect.adopt(indptr, indices, facts.x[nodes], facts.y[nodes], ratio, at, prices, allowed, labels)
