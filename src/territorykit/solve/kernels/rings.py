"""Lists that moves keep up to date: border nodes, and rings of the nodes of a territory."""

from territorykit.solve.kernels.arrays import BORDER, Array, Facts, State
from territorykit.solve.kernels.compiled import inlined


@inlined
def leave(after: Array, before: Array, head: Array, u: int, t: int) -> None:
    """Take node u out of the ring of territory t."""
    following, previous = after[u], before[u]
    if following == u:
        head[t] = -1
    else:
        after[previous] = following
        before[following] = previous
        if head[t] == u:
            head[t] = following


@inlined
def join(after: Array, before: Array, head: Array, u: int, t: int) -> None:
    """Put node u at the end of the ring of territory t."""
    first = head[t]
    if first < 0:
        after[u] = u
        before[u] = u
        head[t] = u
    else:
        last = before[first]
        after[last] = u
        before[u] = last
        after[u] = first
        before[first] = u


@inlined
def relabel(facts: Facts, state: State, u: int, b: int) -> None:
    """Give node u the label b and bring border and rings up to date."""
    a = state.labels[u]
    leave(state.next, state.previous, state.first, u, a)
    join(state.next, state.previous, state.first, u, b)
    if state.place[u] >= 0:
        leave(state.after, state.before, state.head, u, a)
        state.labels[u] = b
        join(state.after, state.before, state.head, u, b)
    else:
        state.labels[u] = b
    update_border(facts, state, u)
    for e in range(facts.indptr[u], facts.indptr[u + 1]):
        update_border(facts, state, facts.indices[e])


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
        leave(state.after, state.before, state.head, u, state.labels[u])
    elif not inside and place < 0:
        last = int(state.number[BORDER])
        state.border[last] = u
        state.place[u] = last
        state.number[BORDER] = last + 1
        join(state.after, state.before, state.head, u, state.labels[u])
