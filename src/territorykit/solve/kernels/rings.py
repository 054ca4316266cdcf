"""Lists that moves keep up to date: border nodes, and rings of the nodes of a territory."""

from territorykit.solve.kernels.arrays import (
    AFTER,
    BEFORE,
    BORDER,
    FIRST,
    HEAD,
    LABEL,
    LISTED,
    NEXT,
    PLACE,
    PREVIOUS,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import kernel


@kernel
def leave(state: State, after: int, before: int, head: int, u: int, t: int) -> None:
    """Take node u out of the ring of territory t; the rows say which ring."""
    following, previous = state.node[after, u], state.node[before, u]
    if following == u:
        state.territory[head, t] = -1
    else:
        state.node[after, previous] = following
        state.node[before, following] = previous
        if state.territory[head, t] == u:
            state.territory[head, t] = following


@kernel
def join(state: State, after: int, before: int, head: int, u: int, t: int) -> None:
    """Put node u at the end of the ring of territory t; the rows say which ring."""
    first = state.territory[head, t]
    if first < 0:
        state.node[after, u] = u
        state.node[before, u] = u
        state.territory[head, t] = u
    else:
        last = state.node[before, first]
        state.node[after, last] = u
        state.node[before, u] = last
        state.node[after, u] = first
        state.node[before, first] = u


@kernel
def relabel(facts: Facts, state: State, u: int, b: int) -> None:
    """Give node u the label b and bring border and rings up to date."""
    a = state.node[LABEL, u]
    leave(state, NEXT, PREVIOUS, FIRST, u, a)
    join(state, NEXT, PREVIOUS, FIRST, u, b)
    if state.node[PLACE, u] >= 0:
        leave(state, AFTER, BEFORE, HEAD, u, a)
        state.node[LABEL, u] = b
        join(state, AFTER, BEFORE, HEAD, u, b)
    else:
        state.node[LABEL, u] = b
    update_border(facts, state, u)
    for e in range(facts.indptr[u], facts.indptr[u + 1]):
        update_border(facts, state, facts.indices[e])


@kernel
def update_border(facts: Facts, state: State, u: int) -> None:
    """Enter node u in the lists of border nodes, or strike it off, as its neighbors demand."""
    inside = facts.contiguous or facts.near.shape[1] == 0
    if inside:
        for e in range(facts.indptr[u], facts.indptr[u + 1]):
            if state.node[LABEL, facts.indices[e]] != state.node[LABEL, u]:
                inside = False
                break
    place = state.node[PLACE, u]
    if inside and place >= 0:
        last = int(state.number[BORDER]) - 1
        other = state.node[LISTED, last]
        state.node[LISTED, place] = other
        state.node[PLACE, other] = place
        state.node[PLACE, u] = -1
        state.number[BORDER] = last
        leave(state, AFTER, BEFORE, HEAD, u, state.node[LABEL, u])
    elif not inside and place < 0:
        last = int(state.number[BORDER])
        state.node[LISTED, last] = u
        state.node[PLACE, u] = last
        state.number[BORDER] = last + 1
        join(state, AFTER, BEFORE, HEAD, u, state.node[LABEL, u])
