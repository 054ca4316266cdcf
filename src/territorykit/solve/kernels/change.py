"""What a move would change, and making it: O(1) in the objective and in every activity."""

import math

from territorykit.solve.kernels.arrays import BORDER, CENTROID, OBJECTIVE, UNIT, VIOLATION, Facts, State
from territorykit.solve.kernels.compiled import inlined, kernel

REACH_STEP = 0.1
"""What a unit out of reach counts for, beside how far it is out."""


@inlined
def penalty(size: float, lower: float, upper: float) -> float:
    """How much a size breaks its limits: linear, and steeper further out so that no territory bears it all."""
    off = size - upper if size > upper else (lower - size if size < lower else 0.0)
    return off + 4.0 * off * off


@inlined
def distance(facts: Facts, state: State, u: int, t: int) -> float:
    """Metres from node u to the center of territory t."""
    return math.hypot(facts.x[u] - state.at[t, 0], facts.y[u] - state.at[t, 1])


@inlined
def out_of_reach(facts: Facts, state: State, u: int, t: int) -> float:
    """How much node u breaks the travel limit as a member of t."""
    far = distance(facts, state, u, t) / facts.reach - 1.0
    return REACH_STEP + far if far > 1e-9 else 0.0  # noqa: PLR2004 - rounding


@inlined
def forbidden(facts: Facts, u: int, t: int) -> float:
    """1 where node u may not belong to t at all, as a start may have it; else 0."""
    return 1.0 if facts.allowed.shape[0] > 0 and facts.allowed[u, t] == 0 else 0.0


@inlined
def adversaries(facts: Facts, state: State, u: int, t: int) -> int:
    """How many nodes of t may not share a territory with u."""
    found = 0
    for e in range(facts.apart_ptr[u], facts.apart_ptr[u + 1]):
        if state.labels[facts.apart_idx[e]] == t:
            found += 1
    return found


@inlined
def violation_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the total violation when node u moves to b."""
    a = state.labels[u]
    change = 0.0
    for i in range(facts.loads.shape[1]):
        load = facts.loads[u, i]
        sa, sb = state.sizes[a, i], state.sizes[b, i]
        change += penalty(sa - load, facts.lower[a, i], facts.upper[a, i])
        change -= penalty(sa, facts.lower[a, i], facts.upper[a, i])
        change += penalty(sb + load, facts.lower[b, i], facts.upper[b, i])
        change -= penalty(sb, facts.lower[b, i], facts.upper[b, i])
    if facts.apart_ptr[u + 1] > facts.apart_ptr[u]:
        change += adversaries(facts, state, u, b) - adversaries(facts, state, u, a)
    if facts.reach > 0:
        change += out_of_reach(facts, state, u, b) - out_of_reach(facts, state, u, a)
    return change + forbidden(facts, u, b) - forbidden(facts, u, a)


@kernel
def swap_violation(facts: Facts, state: State, u: int, v: int) -> float:
    """Change of the total violation when nodes u and v exchange their territories.

    An adversary of u that leaves with v is counted as if it stayed: a swap that is passed over, at worst.
    """
    a, b = state.labels[u], state.labels[v]
    change = 0.0
    for i in range(facts.loads.shape[1]):
        load = facts.loads[u, i] - facts.loads[v, i]
        sa, sb = state.sizes[a, i], state.sizes[b, i]
        change += penalty(sa - load, facts.lower[a, i], facts.upper[a, i])
        change -= penalty(sa, facts.lower[a, i], facts.upper[a, i])
        change += penalty(sb + load, facts.lower[b, i], facts.upper[b, i])
        change -= penalty(sb, facts.lower[b, i], facts.upper[b, i])
    change += adversaries(facts, state, u, b) - adversaries(facts, state, u, a)
    change += adversaries(facts, state, v, a) - adversaries(facts, state, v, b)
    if facts.reach > 0:
        change += out_of_reach(facts, state, u, b) - out_of_reach(facts, state, u, a)
        change += out_of_reach(facts, state, v, a) - out_of_reach(facts, state, v, b)
    change += forbidden(facts, u, b) - forbidden(facts, u, a)
    return change + forbidden(facts, v, a) - forbidden(facts, v, b)


@inlined
def _to_mean(facts: Facts, state: State, u: int, t: int) -> float:
    w = state.moments[t, 0]
    if w <= 0:
        return 0.0
    dx = facts.x[u] - state.moments[t, 1] / w
    dy = facts.y[u] - state.moments[t, 2] / w
    return dx * dx + dy * dy


@inlined
def objective_change(facts: Facts, state: State, u: int, b: int) -> float:
    """Change of the objective when node u moves to b, centers that are nodes or points staying where they are.

    Only a node that is not its territory's center may move (`may_leave`).
    """
    a = state.labels[u]
    w = facts.weight[u]
    if facts.center == CENTROID and facts.power == 2:  # noqa: PLR2004
        wa, wb = state.moments[a, 0], state.moments[b, 0]
        gain = w * wa / (wa - w) * _to_mean(facts, state, u, a) if wa - w > 1e-12 * wa else 0.0
        return w * wb / (wb + w) * _to_mean(facts, state, u, b) - gain if wb + w > 0 else -gain
    da, db = distance(facts, state, u, a), distance(facts, state, u, b)
    return w * (db * db - da * da) if facts.power == 2 else w * (db - da)  # noqa: PLR2004


@inlined
def may_leave(facts: Facts, state: State, u: int) -> bool:
    """Whether node u is free to leave: not locked, not alone, not the center."""
    a = state.labels[u]
    return facts.fixed[u] < 0 and state.members[a] > 1 and state.center[a] != u


@inlined
def may_enter(facts: Facts, u: int, b: int) -> bool:
    """Whether node u may belong to territory b at all."""
    return facts.allowed.shape[0] == 0 or facts.allowed[u, b] != 0


@kernel
def move(facts: Facts, state: State, u: int, b: int) -> None:
    """Put node u into territory b and bring all sums and border lists up to date; centers stay."""
    state.number[OBJECTIVE] += objective_change(facts, state, u, b)
    state.number[VIOLATION] += violation_change(facts, state, u, b)
    a = state.labels[u]
    w, x, y = facts.weight[u], facts.x[u], facts.y[u]
    for side in range(2):
        t = a if side == 0 else b
        sign = -1.0 if side == 0 else 1.0
        state.moments[t, 0] += sign * w
        state.moments[t, 1] += sign * w * x
        state.moments[t, 2] += sign * w * y
        state.moments[t, 3] += sign * w * (x * x + y * y)
        for i in range(facts.loads.shape[1]):
            state.sizes[t, i] += sign * facts.loads[u, i]
    state.members[a] -= 1
    state.members[b] += 1
    if state.place[u] >= 0:
        _leave_ring(state, u, a)
        state.labels[u] = b
        _join_ring(state, u, b)
    else:
        state.labels[u] = b
    update_border(facts, state, u)
    for e in range(facts.indptr[u], facts.indptr[u + 1]):
        update_border(facts, state, facts.indices[e])


@inlined
def _leave_ring(state: State, u: int, t: int) -> None:
    following, previous = state.after[u], state.before[u]
    if following == u:
        state.head[t] = -1
    else:
        state.after[previous] = following
        state.before[following] = previous
        if state.head[t] == u:
            state.head[t] = following


@inlined
def _join_ring(state: State, u: int, t: int) -> None:
    head = state.head[t]
    if head < 0:
        state.after[u] = u
        state.before[u] = u
        state.head[t] = u
    else:
        last = state.before[head]
        state.after[last] = u
        state.before[u] = last
        state.after[u] = head
        state.before[head] = u


@inlined
def update_border(facts: Facts, state: State, u: int) -> None:
    """Enter node u in the lists of border nodes, or strike it off, as its neighbors demand."""
    inside = facts.contiguous or facts.near.shape[1] == 0
    if inside:
        for e in range(facts.indptr[u], facts.indptr[u + 1]):
            if state.labels[facts.indices[e]] != state.labels[u]:
                inside = False
                break
    place = state.place[u]
    if inside and place >= 0:
        last = int(state.number[BORDER]) - 1
        other = state.border[last]
        state.border[place] = other
        state.place[other] = place
        state.place[u] = -1
        state.number[BORDER] = last
        _leave_ring(state, u, state.labels[u])
    elif not inside and place < 0:
        last = int(state.number[BORDER])
        state.border[last] = u
        state.place[u] = last
        state.number[BORDER] = last + 1
        _join_ring(state, u, state.labels[u])


@inlined
def recenter(facts: Facts, state: State, t: int) -> None:
    """Let the center node of t walk to the neighbor nearest the weighted mean while that brings it closer.

    With squared distances the best node is the one nearest the weighted mean, so the objective falls by
    the territory's weight times the difference of the squared distances.
    """
    w = state.moments[t, 0]
    if facts.center != UNIT or w <= 0:
        return
    here = state.center[t]
    least = _to_mean(facts, state, here, t)
    walking = True
    while walking:
        walking = False
        for e in range(facts.indptr[here], facts.indptr[here + 1]):
            v = facts.indices[e]
            if state.labels[v] == t:
                there = _to_mean(facts, state, v, t)
                if there < least:
                    state.number[OBJECTIVE] += w * (there - least)
                    least = there
                    here = v
                    walking = True
                    break
    state.center[t] = here
    state.at[t, 0] = facts.x[here]
    state.at[t, 1] = facts.y[here]
