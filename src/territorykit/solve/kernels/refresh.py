"""All sums of a state computed anew from its labels."""

import math

import numpy as np

from territorykit.solve.kernels.arrays import (
    BORDER,
    CENTER,
    CENTROID,
    FIRST,
    HEAD,
    LABEL,
    MEMBERS,
    NEXT,
    OBJECTIVE,
    PLACE,
    PREVIOUS,
    ROAD,
    SPHERE,
    UNIT,
    VIOLATION,
    Array,
    Facts,
    State,
)
from territorykit.solve.kernels.change import NO_WAY, adversaries, excess_of, forbidden, out_of_reach, penalty, too_many
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.distance import DIAMETER_OF_EARTH, between, chord, distance, place_of, powered
from territorykit.solve.kernels.hours import overtime_of, sum_work
from territorykit.solve.kernels.nesting import count_splits, excess_splits
from territorykit.solve.kernels.rings import join, update_border
from territorykit.solve.kernels.spread import spread

BEYOND = 1e18
"""What a node beyond the travel limit costs where centers are chosen: a center within it goes before any other."""
UNREACHED = 1e15
"""And a node without a way: of centers within the limit, one that reaches more nodes goes before."""


@kernel
def refresh(facts: Facts, state: State) -> None:
    """Compute sums, centers, borders, objective and violation from the labels alone."""
    _sum_up(facts, state)
    _place_centers(facts, state)
    _list(facts, state)
    if facts.n_groups > 0:
        count_splits(facts, state)
    if facts.work_far.shape[0] > 0:
        sum_work(facts, state)
    measure(facts, state)


@kernel
def _list(facts: Facts, state: State) -> None:
    """Border nodes and rings."""
    for u in range(state.node.shape[1]):
        state.node[PLACE, u] = -1
    for t in range(state.territory.shape[1]):
        state.territory[HEAD, t] = -1
        state.territory[FIRST, t] = -1
    state.number[BORDER] = 0
    for u in range(state.node.shape[1]):
        update_border(facts, state, u)
        join(state, NEXT, PREVIOUS, FIRST, u, state.node[LABEL, u])


@kernel
def _clear(state: State) -> None:
    for t in range(state.territory.shape[1]):
        state.territory[MEMBERS, t] = 0
        for i in range(state.sizes.shape[1]):
            state.sizes[t, i] = 0.0
        for i in range(state.moments.shape[1]):
            state.moments[t, i] = 0.0
    for i in range(len(state.moved)):
        state.moved[i] = 0.0


@kernel
def _sum_up(facts: Facts, state: State) -> None:
    _clear(state)
    for u in range(state.node.shape[1]):
        t = state.node[LABEL, u]
        w, x, y, z = facts.weight[u], facts.point[u, 0], facts.point[u, 1], facts.point[u, 2]
        state.territory[MEMBERS, t] += 1
        state.moments[t, 0] += w
        state.moments[t, 1] += w * x
        state.moments[t, 2] += w * y
        state.moments[t, 3] += w * z
        for i in range(facts.loads.shape[1]):
            state.sizes[t, i] += facts.loads[u, i]
        for i in range(facts.home.shape[0]):
            if facts.home[i, u] >= 0 and facts.home[i, u] != t:
                state.moved[i] += facts.move_load[i, u]


@kernel
def _to_means(facts: Facts, state: State, at: Array) -> None:
    for t in range(len(at)):
        w = state.moments[t, 0]
        if w <= 0:
            continue
        length = 0.0
        for axis in range(3):
            at[t, axis] = state.moments[t, axis + 1] / w
            length += at[t, axis] * at[t, axis]
        if facts.metric == SPHERE and length > 0:
            for axis in range(3):
                at[t, axis] *= 0.5 * DIAMETER_OF_EARTH / math.sqrt(length)


@kernel
def _nearest_nodes(facts: Facts, state: State, at: Array, least: Array) -> None:
    for u in range(state.node.shape[1]):
        t = state.node[LABEL, u]
        d = chord(facts.point[u, 0], facts.point[u, 1], facts.point[u, 2], at[t, 0], at[t, 1], at[t, 2])
        if d < least[t]:
            least[t] = d
            state.territory[CENTER, t] = u


@kernel
def _place_centers(facts: Facts, state: State) -> None:
    """Weighted means, or nodes nearest them; where these need not be the best ones, the best of some around them.

    Where ways to centers are limited, a node is what they lead to, even if the objective has another center.
    """
    if facts.center == CENTROID:
        _to_means(facts, state, state.at)
    if facts.center != UNIT and not facts.limited:
        return
    k = state.territory.shape[1]
    middle = state.at.copy()
    _to_means(facts, state, middle)
    _nearest_nodes(facts, state, middle, np.full(k, np.inf))
    if facts.power == 1 or facts.limited or facts.metric > 0:
        _improve_centers(facts, state)
        if facts.work_far.shape[0] > 0:
            _best_centers(facts, state)
    for t in range(k):
        if facts.given[t]:
            state.territory[CENTER, t] = -1
        elif facts.center == UNIT and state.territory[CENTER, t] >= 0:
            state.at[t] = facts.point[state.territory[CENTER, t]]


@kernel
def _center_costs(facts: Facts, state: State, tried: Array, costs: Array) -> None:
    """What each territory would cost with the center tried for it; a broken travel limit costs most."""
    for t in range(len(tried)):
        costs[t] = 0.0
    for u in range(state.node.shape[1]):
        t = state.node[LABEL, u]
        c = tried[t]
        if facts.center == UNIT:
            costs[t] += facts.weight[u] * powered(facts, between(facts, c, u))
        if facts.limited and facts.tied[t]:
            far = excess_of(facts, np.int64(c), u)
            if far > 1e-9:  # noqa: PLR2004 - rounding
                costs[t] += BEYOND * (1.0 + min(far, NO_WAY))


@kernel
def _improve_centers(facts: Facts, state: State) -> None:
    """Try neighbors of the centers for as long as some territory gains: a local search for all at once."""
    k = state.territory.shape[1]
    best, costs = np.zeros(k), np.zeros(k)
    _center_costs(facts, state, state.territory[CENTER], best)
    tried = state.territory[CENTER].copy()
    offset = np.zeros(k, np.int64)
    active = k
    while active > 0:
        active = 0
        for t in range(k):
            c = state.territory[CENTER, t]
            tried[t] = c
            while offset[t] < facts.indptr[c + 1] - facts.indptr[c]:
                v = facts.indices[facts.indptr[c] + offset[t]]
                offset[t] += 1
                if state.node[LABEL, v] == t:
                    tried[t] = v
                    active += 1
                    break
        if active == 0:
            break
        _center_costs(facts, state, tried, costs)
        for t in range(k):
            if tried[t] != state.territory[CENTER, t] and costs[t] < best[t] * (1 - 1e-12):
                best[t] = costs[t]
                state.territory[CENTER, t] = tried[t]
                offset[t] = 0


@kernel
def _best_centers(facts: Facts, state: State) -> None:
    """Try every node as the center of its territory: hours depend on which one it is."""
    n, k = state.node.shape[1], state.territory.shape[1]
    ends, members = np.zeros(k + 1, np.int64), np.empty(n, np.int64)
    for t in range(k):
        ends[t + 1] = ends[t] + state.territory[MEMBERS, t]
    place = ends[:-1].copy()
    for u in range(n):
        members[place[state.node[LABEL, u]]] = u
        place[state.node[LABEL, u]] += 1
    for t in range(k):
        own = members[ends[t] : ends[t + 1]]
        best = np.int64(state.territory[CENTER, t])
        least = _cost_up_to(facts, t, own, best, np.inf)
        for c in own:
            cost = _cost_up_to(facts, t, own, c, least)
            if cost < least:
                best, least = c, cost
        state.territory[CENTER, t] = best


@kernel
def _cost_up_to(facts: Facts, t: int, own: Array, c: int, most: float) -> float:
    """What `_center_costs` counts for one center, or some value above `most`; nodes without a way count above all."""
    cost = 0.0
    for u in own:
        if facts.metric == ROAD and c != u and place_of(facts.road_ptr, facts.road_idx, c, u) < 0:
            cost += UNREACHED
        else:
            cost += facts.weight[u] * powered(facts, between(facts, c, u))
        if facts.limited and facts.tied[t]:
            far = excess_of(facts, c, u)
            if far > 1e-9:  # noqa: PLR2004 - rounding
                cost += BEYOND * (1.0 + min(far, NO_WAY))
        if cost >= most:
            break
    return cost


@kernel
def measure(facts: Facts, state: State) -> None:
    """Set the objective and the violation from the sums and centers."""
    objective = 0.0
    violation = 0.0
    for u in range(state.node.shape[1]):
        t = state.node[LABEL, u]
        if facts.compact:
            objective += facts.weight[u] * powered(facts, distance(facts, state, u, t))
        if facts.costs.shape[0] > 0:
            objective += facts.costs[u, t]
        if facts.edge_cost.shape[0] > 0:
            for e in range(facts.indptr[u], facts.indptr[u + 1]):
                if state.node[LABEL, facts.indices[e]] != t:
                    objective += 0.5 * facts.edge_cost[e]
        violation += 0.5 * adversaries(facts, state, u, t) + forbidden(facts, u, t)
        if facts.limited:
            violation += out_of_reach(facts, state, u, t)
    for t in range(state.territory.shape[1]):
        for i in range(facts.loads.shape[1]):
            violation += penalty(state.sizes[t, i], facts.lower[t, i], facts.upper[t, i])
        if facts.work_far.shape[0] > 0:
            violation += overtime_of(facts, state, t)
    for i in range(facts.home.shape[0]):
        violation += too_many(state.moved[i], facts.most_moved[i])
    if facts.n_groups > 0:
        violation += excess_splits(facts, state)
    if facts.wide > 0:
        violation += spread(facts, state)
    state.number[OBJECTIVE] = objective
    state.number[VIOLATION] = violation


@kernel
def by_territory(facts: Facts, state: State, costs: Array) -> None:
    """What each territory costs by distances and a matrix, and how much it breaks by its sizes and ways: (k, 2)."""
    for u in range(state.node.shape[1]):
        t = state.node[LABEL, u]
        if facts.compact:
            costs[t, 0] += facts.weight[u] * powered(facts, distance(facts, state, u, t))
        if facts.costs.shape[0] > 0:
            costs[t, 0] += facts.costs[u, t]
        costs[t, 1] += forbidden(facts, u, t)
        if facts.limited:
            costs[t, 1] += out_of_reach(facts, state, u, t)
    for t in range(state.territory.shape[1]):
        for i in range(facts.loads.shape[1]):
            costs[t, 1] += penalty(state.sizes[t, i], facts.lower[t, i], facts.upper[t, i])
        if facts.work_far.shape[0] > 0:
            costs[t, 1] += overtime_of(facts, state, t)
