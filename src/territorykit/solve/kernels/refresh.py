"""All sums of a state computed anew from its labels."""

import numpy as np

from territorykit.solve.kernels.arrays import BORDER, CENTROID, OBJECTIVE, POINT, VIOLATION, Facts, State
from territorykit.solve.kernels.change import adversaries, distance, forbidden, out_of_reach, penalty, update_border
from territorykit.solve.kernels.compiled import allocating


@allocating
def refresh(facts: Facts, state: State) -> None:
    """Compute sums, centers, borders, objective and violation from the labels alone."""
    _sum_up(facts, state)
    _place_centers(facts, state)
    state.place[:] = -1
    state.head[:] = -1
    state.number[BORDER] = 0
    for u in range(len(state.labels)):
        update_border(facts, state, u)
    measure(facts, state)


@allocating
def _sum_up(facts: Facts, state: State) -> None:
    state.members[:] = 0
    state.sizes[:] = 0
    state.moments[:] = 0
    for u in range(len(state.labels)):
        t = state.labels[u]
        w, x, y = facts.weight[u], facts.x[u], facts.y[u]
        state.members[t] += 1
        state.moments[t, 0] += w
        state.moments[t, 1] += w * x
        state.moments[t, 2] += w * y
        state.moments[t, 3] += w * (x * x + y * y)
        for i in range(facts.loads.shape[1]):
            state.sizes[t, i] += facts.loads[u, i]


@allocating
def _place_centers(facts: Facts, state: State) -> None:
    """Nodes nearest the weighted mean; with distances to the first power, the best of some nodes around it."""
    if facts.center == POINT:
        return
    k = len(state.members)
    for t in range(k):
        w = state.moments[t, 0]
        if w > 0:
            state.at[t, 0] = state.moments[t, 1] / w
            state.at[t, 1] = state.moments[t, 2] / w
    if facts.center == CENTROID:
        return
    least = np.full(k, np.inf)
    for u in range(len(state.labels)):
        t = state.labels[u]
        d = distance(facts, state, u, t)
        if d < least[t]:
            least[t] = d
            state.center[t] = u
    for t in range(k):
        state.at[t, 0] = facts.x[state.center[t]]
        state.at[t, 1] = facts.y[state.center[t]]
    if facts.power == 1 or facts.reach > 0:
        _improve_centers(facts, state)


@allocating
def _center_costs(facts: Facts, state: State, tried: np.ndarray) -> np.ndarray:
    """What each territory would cost with the center tried for it; a broken travel limit costs most."""
    costs = np.zeros(len(tried))
    for u in range(len(state.labels)):
        t = state.labels[u]
        c = tried[t]
        d = np.hypot(facts.x[u] - facts.x[c], facts.y[u] - facts.y[c])
        costs[t] += facts.weight[u] * (d if facts.power == 1 else d * d)
        if facts.reach > 0 and d > facts.reach * (1 + 1e-9):
            costs[t] += 1e18 * (d / facts.reach)
    return costs


@allocating
def _improve_centers(facts: Facts, state: State) -> None:
    """Try neighbors of the centers for as long as some territory gains: a local search for all at once."""
    k = len(state.members)
    best = _center_costs(facts, state, state.center)
    tried = state.center.copy()
    offset = np.zeros(k, np.int64)
    active = k
    while active > 0:
        active = 0
        for t in range(k):
            c = state.center[t]
            tried[t] = c
            while offset[t] < facts.indptr[c + 1] - facts.indptr[c]:
                v = facts.indices[facts.indptr[c] + offset[t]]
                offset[t] += 1
                if state.labels[v] == t:
                    tried[t] = v
                    active += 1
                    break
        if active == 0:
            break
        costs = _center_costs(facts, state, tried)
        for t in range(k):
            if tried[t] != state.center[t] and costs[t] < best[t] * (1 - 1e-12):
                best[t] = costs[t]
                state.center[t] = tried[t]
                offset[t] = 0
    for t in range(k):
        state.at[t, 0] = facts.x[state.center[t]]
        state.at[t, 1] = facts.y[state.center[t]]


@allocating
def measure(facts: Facts, state: State) -> None:
    """Set the objective and the violation from the sums and centers."""
    objective = 0.0
    violation = 0.0
    for u in range(len(state.labels)):
        t = state.labels[u]
        d = distance(facts, state, u, t)
        objective += facts.weight[u] * (d * d if facts.power == 2 else d)  # noqa: PLR2004
        violation += 0.5 * adversaries(facts, state, u, t) + forbidden(facts, u, t)
        if facts.reach > 0:
            violation += out_of_reach(facts, state, u, t)
    for t in range(len(state.members)):
        for i in range(facts.loads.shape[1]):
            violation += penalty(state.sizes[t, i], facts.lower[t, i], facts.upper[t, i])
    state.number[OBJECTIVE] = objective
    state.number[VIOLATION] = violation
