"""What a move would change, and making it: O(1) in the separable terms of the objective and in every activity."""

import math

import numpy as np

from territorykit.solve.kernels.arrays import (
    CENTER,
    CENTROID,
    LABEL,
    MEMBERS,
    OBJECTIVE,
    PLANE,
    VIOLATION,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import kernel
from territorykit.solve.kernels.distance import distance, minutes_from, powered, to_mean
from territorykit.solve.kernels.hours import chain_work, overtime_of, pass_work, work_change
from territorykit.solve.kernels.nesting import nest, splits_change
from territorykit.solve.kernels.rings import relabel
from territorykit.solve.kernels.spread import spread_change

TINY = 1e-12
"""Change of the violation that counts as none: what rounding leaves of one move."""
REACH_STEP = 0.1
"""What a unit out of reach counts for, beside how far it is out."""
NO_WAY = 1.0
"""How far out at most, relative to the limit: what a unit counts to which there is no way."""


@kernel
def penalty(size: float, lower: float, upper: float) -> float:
    """How much a size breaks its limits: linear, and steeper further out so that no territory bears it all."""
    off = size - upper if size > upper else (lower - size if size < lower else 0.0)
    return off + 4.0 * off * off


@kernel
def excess_of(facts: Facts, c: int, u: int) -> float:
    """How far node u is beyond the limits from node c, relative to them; negative within."""
    far = -1.0
    if facts.reach > 0:
        dx, dy = facts.flat[u, 0] - facts.flat[c, 0], facts.flat[u, 1] - facts.flat[c, 1]
        far = math.sqrt(dx * dx + dy * dy) / facts.reach - 1.0
    if facts.reach_time > 0:
        far = max(far, minutes_from(facts, c, u) / facts.reach_time - 1.0)
    return far


@kernel
def out_of_reach(facts: Facts, state: State, u: int, t: int) -> float:
    """How much node u breaks the travel limit as a member of t."""
    if not facts.tied[t]:
        return 0.0
    far = excess_of(facts, np.int64(state.territory[CENTER, t]), u)
    return REACH_STEP + min(far, NO_WAY) if far > 1e-9 else 0.0  # noqa: PLR2004 - rounding


@kernel
def forbidden(facts: Facts, u: int, t: int) -> float:
    """1 where node u may not belong to t at all, as a start may have it; else 0."""
    return 1.0 if facts.allowed.shape[0] > 0 and facts.allowed[u, t] == 0 else 0.0


@kernel
def adversaries(facts: Facts, state: State, u: int, t: int) -> int:
    """How many nodes of t may not share a territory with u."""
    found = 0
    for e in range(facts.apart_ptr[u], facts.apart_ptr[u + 1]):
        if state.node[LABEL, facts.apart_idx[e]] == t:
            found += 1
    return found


@kernel
def too_many(moved: float, most: float) -> float:
    """How much more has moved than may."""
    return max(0.0, moved - most)


@kernel
def moves_away(facts: Facts, state: State, i: int, u: int, b: int) -> float:
    """What node u adds to the moved of limit i when it passes to b."""
    home = facts.home[i, u]
    if home < 0:
        return 0.0
    a = state.node[LABEL, u]
    return facts.move_load[i, u] * ((1.0 if b != home else 0.0) - (1.0 if a != home else 0.0))


@kernel
def off_change(facts: Facts, state: State, i: int, load: float, t: int) -> float:
    """Change of the violation of activity i when territory t gets a load more."""
    size = state.sizes[t, i]
    change = penalty(size + load, facts.lower[t, i], facts.upper[t, i])
    return change - penalty(size, facts.lower[t, i], facts.upper[t, i])


@kernel
def band_change(facts: Facts, state: State, i: int, load: float, a: int, b: int) -> float:
    """Change of the violation of activity i when a load passes from a to b."""
    return off_change(facts, state, i, -load, a) + off_change(facts, state, i, load, b)


@kernel
def broken_by(facts: Facts, state: State, a: int, b: int) -> float:
    """How much the sizes of two territories break their bands now: what a chain through them could mend at most."""
    off = 0.0
    for i in range(facts.loads.shape[1]):
        off += penalty(state.sizes[a, i], facts.lower[a, i], facts.upper[a, i])
        off += penalty(state.sizes[b, i], facts.lower[b, i], facts.upper[b, i])
    if facts.work_far.shape[0] > 0:
        off += overtime_of(facts, state, a) + overtime_of(facts, state, b)
    return off


@kernel
def locked_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the violation by adversaries, travel limits, moves and places where node u may not be."""
    a = state.node[LABEL, u]
    change = 0.0
    if facts.apart_ptr[u + 1] > facts.apart_ptr[u]:
        change += adversaries(facts, state, u, b) - adversaries(facts, state, u, a)
    if facts.limited:
        change += out_of_reach(facts, state, u, b) - out_of_reach(facts, state, u, a)
    return change + forbidden(facts, u, b) - forbidden(facts, u, a)


@kernel
def violation_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the total violation when node u moves to b."""
    change = locked_change(facts, state, u, b)
    for i in range(facts.loads.shape[1]):
        change += band_change(facts, state, i, facts.loads[u, i], state.node[LABEL, u], b)
    for i in range(facts.home.shape[0]):
        more, most = moves_away(facts, state, i, u, b), facts.most_moved[i]
        change += too_many(state.moved[i] + more, most) - too_many(state.moved[i], most)
    if facts.work_far.shape[0] > 0:
        change += work_change(facts, state, u, b)
    if facts.n_groups > 0:
        change += splits_change(facts, state, u, b)
    if facts.wide > 0:
        change += spread_change(facts, state, u, b)
    return change


@kernel
def chain_violation(facts: Facts, state: State, u: int, v: int, c: int) -> float:
    """Change of the total violation when node u passes to the territory of v, and v to c: what is cheap to know of it.

    Where c is the territory of u, the two change places. Splits of groups and the spread of territories are left
    out; an adversary of u that leaves with v is counted as if it stayed.
    """
    a, b = state.node[LABEL, u], state.node[LABEL, v]
    change = locked_change(facts, state, u, b) + locked_change(facts, state, v, c)
    for i in range(facts.loads.shape[1]):
        lu, lv = facts.loads[u, i], facts.loads[v, i]
        if c == a:
            change += band_change(facts, state, i, lu - lv, a, b)
        else:
            change += off_change(facts, state, i, -lu, a) + off_change(facts, state, i, lu - lv, b)
            change += off_change(facts, state, i, lv, c)
    for i in range(facts.home.shape[0]):
        more = moves_away(facts, state, i, u, b) + moves_away(facts, state, i, v, c)
        change += too_many(state.moved[i] + more, facts.most_moved[i]) - too_many(state.moved[i], facts.most_moved[i])
    if facts.work_far.shape[0] > 0:
        change += chain_work(facts, state, u, v, c)
    return change


@kernel
def compactness_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the weighted distances to centers when node u moves to b, centers that are nodes staying put.

    With a centroid and squared straight distances the centers' own moves are part of it.
    """
    a, w = state.node[LABEL, u], facts.weight[u]
    if facts.center == CENTROID and facts.power == 2 and facts.metric == PLANE:  # noqa: PLR2004
        wa, wb = state.moments[a, 0], state.moments[b, 0]
        gain = w * wa / (wa - w) * to_mean(facts, state, u, a) if wa - w > 1e-12 * wa else 0.0
        return w * wb / (wb + w) * to_mean(facts, state, u, b) - gain if wb + w > 0 else -gain
    return w * (powered(facts, distance(facts, state, u, b)) - powered(facts, distance(facts, state, u, a)))


@kernel
def objective_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the separable terms of the objective when node u moves to b.

    Only a node that is not its territory's center may move (`may_leave`).
    """
    a = state.node[LABEL, u]
    change = compactness_change(facts, state, u, b) if facts.compact else 0.0
    if facts.costs.shape[0] > 0:
        change += facts.costs[u, b] - facts.costs[u, a]
    if facts.edge_cost.shape[0] > 0:
        for e in range(facts.indptr[u], facts.indptr[u + 1]):
            t = state.node[LABEL, facts.indices[e]]
            if t == a:
                change += facts.edge_cost[e]
            elif t == b:
                change -= facts.edge_cost[e]
    return change


@kernel
def may_leave(facts: Facts, state: State, u: int) -> bool:
    """Whether node u is free to leave: not locked, not alone, not the center."""
    a = state.node[LABEL, u]
    return facts.fixed[u] < 0 and state.territory[MEMBERS, a] > 1 and state.territory[CENTER, a] != u


@kernel
def may_enter(facts: Facts, u: int, b: int) -> bool:
    """Whether node u may belong to territory b at all."""
    return facts.allowed.shape[0] == 0 or facts.allowed[u, b] != 0


@kernel
def move(facts: Facts, state: State, u: int, b: int) -> None:
    """Put node u into territory b and bring all sums and lists up to date; centers stay."""
    move_by(facts, state, u, b, change_of(facts, state, u, b), worse_of(facts, state, u, b))


@kernel
def change_of(facts: Facts, state: State, u: int, b: int) -> float:
    """`objective_change` as a call: compiled once, for what is asked seldom."""
    return objective_change(facts, state, u, b)


@kernel
def worse_of(facts: Facts, state: State, u: int, b: int) -> float:
    """`violation_change` as a call."""
    return violation_change(facts, state, u, b)


@kernel
def move_by(facts: Facts, state: State, u: int, b: int, change: float, worse: float) -> None:
    """The same, with the changes known already."""
    a = state.node[LABEL, u]
    state.number[OBJECTIVE] += change
    state.number[VIOLATION] += worse
    if facts.n_groups > 0:
        nest(facts, state, u, a, b)
    for i in range(facts.home.shape[0]):
        state.moved[i] += moves_away(facts, state, i, u, b)
    if facts.work_far.shape[0] > 0:
        pass_work(facts, state, u, a, b)
    w, x, y, z = facts.weight[u], facts.point[u, 0], facts.point[u, 1], facts.point[u, 2]
    for side in range(2):
        t = a if side == 0 else b
        sign = -1.0 if side == 0 else 1.0
        state.moments[t, 0] += sign * w
        state.moments[t, 1] += sign * w * x
        state.moments[t, 2] += sign * w * y
        state.moments[t, 3] += sign * w * z
        for i in range(facts.loads.shape[1]):
            state.sizes[t, i] += sign * facts.loads[u, i]
    state.territory[MEMBERS, a] -= 1
    state.territory[MEMBERS, b] += 1
    relabel(facts, state, u, b)
