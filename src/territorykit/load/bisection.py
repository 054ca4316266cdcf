"""Dividing a connected graph of places into connected groups, by cutting it in two again and again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from territorykit._arrays import Bools, Floats, Ints
from territorykit.load.islands import pieces

DIRECTIONS = 8
TRIES = 4
"""Up to so many numbers of groups are tried from the least possible to the one that was found."""
SLACK = 1e-9
"""Share of a limit that is rounding, not size."""
CUT_WEIGHT = 0.25
"""What the longest of the cuts tried counts against being too heavy by the whole target."""


@dataclass(frozen=True, slots=True)
class Places:
    """A connected graph of places with loads.

    Parameters
    ----------
    xy
        Shape (n, 2).
    edges, lengths
        Shapes (n_edges, 2) and (n_edges,): common borders.
    loads
        Shape (n, n_activities): in shares of what one group may hold, or of the whole.
    """

    xy: Floats
    edges: Ints
    lengths: Floats
    loads: Floats

    def part(self, members: Ints) -> "Places":
        """Some of the places, with the edges among them."""
        position = np.full(len(self.xy), -1)
        position[members] = np.arange(len(members))
        ends = position[self.edges]
        inside = (ends >= 0).all(axis=1)
        return Places(self.xy[members], ends[inside], self.lengths[inside], self.loads[members])


def groups_needed(loads: Floats) -> Ints:
    """How many groups sizes need at least, given in shares of what one may hold; shape (..., n_activities)."""
    return np.asarray(np.maximum(np.ceil(loads.max(axis=-1, initial=0.0) - SLACK), 1), np.int64)


def divide(places: Places, parts: int | None = None) -> Ints:
    """Connected groups of places: the group of each, shape (n,).

    A group that is too large is cut in two, again and again. Cuts are tried across eight directions, the
    principal axis first, and along the distances from the far end of the graph; what a cut leaves apart from
    its side goes to the other one, so that both sides are connected.

    Parameters
    ----------
    places
        Loads are in shares of what one group may hold; with `parts`, in shares of the whole.
    parts
        How many groups to make. Without it: as few as are found that no group is too large. A place that is
        too large by itself is filled with nothing else that counts.
    """
    if parts is None:
        # what is too large by itself fills its group
        places = Places(places.xy, places.edges, places.lengths, np.minimum(places.loads, 1.0))
        labels = _merged(places, _halved(places, None))
        return _fewer(places, labels)
    return _halved(places, parts)


def _fewer(places: Places, labels: Ints) -> Ints:
    """These groups, or fewer of them if they fit too when their number is given beforehand."""
    least = int(groups_needed(places.loads.sum(axis=0)))
    most = int(labels.max()) + 1
    for parts in range(least, most if most - least <= TRIES else least):
        found = _halved(places, parts)
        if (groups_needed(_sizes(places.loads, found)) == 1).all():
            return found
    return labels


def _sizes(loads: Floats, labels: Ints) -> Floats:
    """Sizes of groups, shape (n_groups, n_activities)."""
    sizes = np.zeros((int(labels.max()) + 1, loads.shape[1]))
    np.add.at(sizes, labels, loads)
    return sizes


def _halved(places: Places, parts: int | None) -> Ints:
    """Groups by cutting in two until they fit, or until there are as many as asked for."""
    labels = np.zeros(len(places.xy), np.int64)
    waiting = [(np.arange(len(labels)), parts)]
    count = 0
    while waiting:
        members, k = waiting.pop()
        needed = int(groups_needed(places.loads[members].sum(axis=0))) if k is None else k
        if needed == 1 or len(members) == 1:
            labels[members] = count
            count += 1
            continue
        left, k_left = _bisect(places.part(members), needed, counted=k is not None)
        waiting.append((members[~left], None if k is None else k - k_left))
        waiting.append((members[left], None if k is None else k_left))
    return labels


def _bisect(places: Places, k: int, *, counted: bool) -> tuple[Bools, int]:
    """The best cut in two: which places are on the left, and how many groups the left is to make."""
    found = []
    for order in _orders(places):
        for share in {k // 2 / k, (k - k // 2) / k}:
            stop = _position(places.loads[order], k, share, counted=counted)
            side = np.zeros(len(order), bool)
            side[order[:stop]] = True
            side = _connected(places.edges, side)
            total, k_left, excess = _judge(places.loads, side, k, counted=counted)
            cut = float(places.lengths[side[places.edges[:, 0]] != side[places.edges[:, 1]]].sum())
            found.append((total, excess, cut, side, k_left))
    longest = max(cut for _, _, cut, _, _ in found) or 1.0  # bridges have no length
    best = min(range(len(found)), key=lambda i: (found[i][0], found[i][1] + CUT_WEIGHT * found[i][2] / longest, i))
    return found[best][3], found[best][4]


def _orders(places: Places) -> Iterator[Ints]:
    """Orders in which a side is filled."""
    weight = places.loads.sum(axis=1) + SLACK
    spread = places.xy - np.average(places.xy, axis=0, weights=weight)
    axis = np.linalg.eigh((spread * weight[:, None]).T @ spread)[1][:, -1]
    first = np.arctan2(axis[1], axis[0])
    for angle in first + np.arange(DIRECTIONS) * np.pi / DIRECTIONS:
        yield np.argsort(spread @ [np.cos(angle), np.sin(angle)], kind="stable")
    ways = np.hypot(*(places.xy[places.edges[:, 0]] - places.xy[places.edges[:, 1]]).T)
    ends = places.edges.astype(np.int32)
    lengths = np.maximum(ways, np.finfo(float).tiny)
    graph = coo_array((lengths, (ends[:, 0], ends[:, 1])), (len(places.xy), len(places.xy))).tocsr()
    far = int(np.argmax(dijkstra(graph, directed=False, indices=0)))
    yield np.argsort(dijkstra(graph, directed=False, indices=far), kind="stable")


def _position(loads: Floats, k: int, share: float, *, counted: bool) -> int:
    """How many places of an order go to the left."""
    left = np.cumsum(loads, axis=0)[:-1]
    total = loads.sum(axis=0)
    right = np.maximum(total - left, 0.0)
    used = total > 0
    over = np.maximum(left[:, used] / (share * total[used]), right[:, used] / ((1 - share) * total[used]))
    worst = over.max(axis=1, initial=0.0)
    if not counted:
        return int(np.lexsort((worst, groups_needed(left) + groups_needed(right)))[0]) + 1
    k_left = round(k * share)
    first, last = min(k_left, len(left)), max(len(left) + 1 - (k - k_left), 1)
    return first + int(np.argmin(worst[first - 1 : max(last, first)]))


def _connected(edges: Ints, side: Bools) -> Bools:
    """Both sides made connected: of each the largest piece stays, the others change sides."""
    for mine in (True, False):
        piece = pieces(len(side), edges[side[edges[:, 0]] == side[edges[:, 1]]])
        largest = np.bincount(piece[side == mine]).argmax()
        side = np.where(side == mine, (piece == largest) == mine, side)
    return side


def _judge(loads: Floats, side: Bools, k: int, *, counted: bool) -> tuple[int, int, float]:
    """Groups that both sides need, those of the left, and by how much the heavier one is above its target."""
    left, total = loads[side].sum(axis=0), loads.sum(axis=0)
    right = np.maximum(total - left, 0.0)
    used = total > 0
    if counted:
        least, most = max(1, k - int((~side).sum())), min(int(side.sum()), k - 1)
        share = float((left[used] / total[used]).mean()) if used.any() else 0.5
        k_left, k_right = (n := int(np.clip(round(k * share), least, most))), k - n
    else:
        k_left, k_right = int(groups_needed(left)), int(groups_needed(right))
    both = k_left + k_right
    over = np.maximum(left[used] / k_left, right[used] / k_right) * both / total[used]
    return both, k_left, float(over.max(initial=1.0)) - 1


def _merged(places: Places, labels: Ints) -> Ints:
    """Neighboring groups that fit into one are joined, the smallest first."""
    while True:
        _, labels = np.unique(labels, return_inverse=True)
        labels = labels.ravel()
        sizes = _sizes(places.loads, labels)
        pairs = np.unique(np.column_stack([labels[places.edges[:, 0]], labels[places.edges[:, 1]]]), axis=0)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        joint = sizes[pairs[:, 0]] + sizes[pairs[:, 1]]
        fits = np.flatnonzero(groups_needed(joint) == 1)
        if not len(fits):
            return labels
        one, other = pairs[fits[np.argmin(joint[fits].max(axis=1))]]
        labels[labels == other] = one
