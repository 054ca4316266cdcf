"""First plans by recursive bisection: the map is cut in two, the parts again, until each is a territory.

Simon, H. D. (1991). Partitioning of unstructured problems for parallel processing. *Computing Systems in
Engineering*, 2(2-3), 135-148, describes cuts by coordinates; Kalcsics, J., Nickel, S., Schröder, M. (2005).
Towards a unified territorial design approach. *TOP*, 13(1), 1-56, cut sales territories alike. For two
activities some line always halves both.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.solve.compile import Compiled, territories_of_components
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.sweep import Strip, best_steps, profiles, sweep
from territorykit.solve.start.aims import Aims, aims_of
from territorykit.solve.start.finish import finished_around
from territorykit.solve.start.today import with_todays_names

DIRECTIONS = 16
"""Directions of the sweep line that are tried, all the way round."""
REFINEMENTS = 3
"""How often directions halfway to the neighbors of the best one are tried."""
STEPS = 512
"""Places of the line that are looked at in each direction."""
WORTH_IT = 0.9
"""Connected cuts are looked for in a direction only if it promises less than this part of the best one's value."""
PRICE_OF_OFF = 2.0
"""What it costs a cut that sizes miss their aims by the width of the narrowest band, as a part of its inertia."""
PRICE_OF_ANCHOR = 1.0
"""What it costs that a locked node or a given center is on the wrong side, in mean sizes."""
ROUNDING = 1e-9
OUTSIDE = 4.0
"""What it costs to leave a center on the wrong side, over what it costs to cut in unequal parts."""


def bisected(compiled: Compiled, rng: np.random.Generator) -> Array:
    """Node labels by recursive bisection.

    Each part of the map, with the territories that it becomes, is cut in two along a line so that the loads
    on both sides fit the sum of their territories' aims, over all activities, and both are round. Sides are
    connected where the problem asks for it and the map allows it.

    Parameters
    ----------
    compiled
        The problem.
    rng
        Its random numbers: where the directions begin.

    Returns
    -------
    ndarray of shape (n_nodes,), int32
        Labels; every territory has a node, locks are kept, sizes are near the middle of their bands.
    """
    cutter = _Cutter(compiled, aims_of(compiled), anchors_of(compiled), np.full(compiled.n_nodes, -1, np.int32), rng)
    labels = np.full(compiled.n_nodes, -1, np.int32)
    homes = territories_of_components(compiled)
    parts = [(np.flatnonzero(compiled.component == c), territories) for c, territories in homes.items()]
    while parts:
        nodes, territories = parts.pop()
        if 1 < len(territories) < len(nodes):
            parts += cutter.halves(nodes, territories)
        elif len(territories):
            labels[nodes] = territories[np.arange(len(nodes)) % len(territories)]
    labels = finished_around(compiled, labels)
    return with_todays_names(compiled, labels) if len(compiled.facts.home) else labels


def anchors_of(compiled: Compiled) -> Ints:
    """A node that each territory should hold, shape (n_territories,), or -1.

    One in the middle of its locked nodes, or nearest its given center, or in the middle of where it may be.
    """
    facts, points = compiled.facts, compiled.points
    anchors = np.full(len(points), -1, np.int64)
    for t in range(len(points)):
        locked = np.flatnonzero(facts.fixed == t)
        may = np.flatnonzero(facts.allowed[:, t]) if facts.allowed.shape[0] else locked
        if len(locked):
            anchors[t] = locked[_nearest(facts.point[locked], facts.point[locked].mean(axis=0))]
        elif not np.isnan(points[t, 0]):
            anchors[t] = _nearest(facts.point, points[t])
        elif len(may):
            anchors[t] = may[_nearest(facts.point[may], facts.point[may].mean(axis=0))]
    return anchors


def _nearest(point: Floats, to: Floats) -> int:
    return int(((point - to) ** 2).sum(axis=1).argmin())


class _Line(NamedTuple):
    """A direction of the sweep line, the territories before the cut, and what it promises: less is better."""

    angle: float
    lower: Array
    value: float


class _Part(NamedTuple):
    """A part of the map: what is needed of its nodes and territories."""

    nodes: Ints
    xy: Floats
    values: Floats
    """(n_nodes, n_activities + 4): loads, weights, and by these the coordinates and their squares."""
    territories: Ints
    sizes: Floats
    anchor: Ints
    """(n_territories,): where in `nodes` each territory's anchor is, or -1."""

    @property
    def loads(self) -> Floats:
        """What the limited activities sum up."""
        return self.values[:, :-4]


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Cuts parts of the map in two."""

    compiled: Compiled
    aims: Aims
    anchors: Ints
    place: Array
    rng: np.random.Generator

    def halves(self, nodes: Ints, territories: Ints) -> list[tuple[Ints, Ints]]:
        """Two sets of nodes and the territories that each becomes, by the best of some lines.

        A cut with connected sides is hardly better than its line promises, so that mostly a line or two will do.
        """
        part = self._part(nodes, territories)
        lines = self._lines(part)
        best, chosen, least = np.arange(len(nodes)) < 1, lines[0], np.inf
        for line in lines:
            if line.value >= WORTH_IT * least:
                break
            before, value = self._cut(part, line)
            if value < least:
                best, chosen, least = before, line, value
        return [(nodes[best], territories[chosen.lower]), (nodes[~best], territories[~chosen.lower])]

    def _part(self, nodes: Ints, territories: Ints) -> _Part:
        facts = self.compiled.facts
        away = facts.point[nodes] - facts.point[nodes].mean(axis=0)
        xy = np.ascontiguousarray(away @ np.linalg.eigh(away.T @ away)[1][:, :0:-1])
        weight = facts.weight[nodes][:, None]
        return _Part(
            nodes=nodes,
            xy=xy,
            values=np.concatenate(
                [self.aims.loads[nodes], weight, weight * xy, weight * (xy**2).sum(axis=1, keepdims=True)], axis=1
            ),
            territories=territories,
            sizes=self.aims.sizes[territories],
            anchor=_places(nodes, self.anchors[territories]),
        )

    def _lines(self, part: _Part) -> list[_Line]:
        """Directions by their promise, after the best that was found in the neighborhood of the first."""
        turn = 2 * np.pi / DIRECTIONS
        lines = self._tried(part, turn * (self.rng.random() + np.arange(DIRECTIONS, dtype=np.float64)))
        lines.sort(key=lambda line: line.value)
        best = lines[0]
        for _ in range(REFINEMENTS):
            turn /= 2
            best = min([best, *self._tried(part, best.angle + np.array([-turn, turn]))], key=lambda line: line.value)
        return [best, *lines]

    def _tried(self, part: _Part, angles: Floats) -> list[_Line]:
        """Lines of these directions, each with the territories that lie before its cut."""
        directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        steps = min(STEPS, 4 * len(part.nodes))
        sums, step = profiles(part.xy, directions, part.values, steps)
        lower = np.tile(lower_half(_share(part.sizes), np.full(len(part.sizes), np.nan)), (len(angles), 1))
        wrong = np.zeros(sums.shape[:2])
        held = np.flatnonzero(part.anchor >= 0)
        for i, at in enumerate(step if len(held) else ()):
            lower[i], wrong[i] = self._anchored(part, held, at, steps)
        goals = (
            np.stack([_goal(part, low) for low in lower])
            if len(held)
            else np.tile(_goal(part, lower[0]), (len(lower), 1))
        )
        offs, inertias = best_steps(sums, goals, self.aims.strictness / goals.shape[1], wrong)
        values = [self._value(*found, len(part.sizes)) for found in zip(inertias, offs, strict=True)]
        return [_Line(*line) for line in zip(angles.tolist(), lower, values, strict=True)]

    def _anchored(self, part: _Part, held: Ints, at: Array, steps: int) -> tuple[Array, Floats]:
        """The territories before a cut where some have a place, and what is wrong with it after each step."""
        mass, where = _share(part.loads), np.full(len(part.sizes), np.nan)
        anchor = part.anchor[held]
        where[held] = np.bincount(at, mass, steps + 1).cumsum()[at[anchor]] - mass[anchor] / 2
        lower = lower_half(_share(part.sizes), where)
        wrong = (at[anchor, None] > np.arange(steps + 1)) == lower[held, None]
        return lower, PRICE_OF_ANCHOR * wrong.sum(axis=0)

    def _cut(self, part: _Part, line: _Line) -> tuple[Array, float]:
        """Which nodes lie before the best cut along a line, and its value."""
        facts, lower, m = self.compiled.facts, line.lower, part.loads.shape[1]
        order = np.argsort(part.xy @ [np.cos(line.angle), np.sin(line.angle)], kind="stable")
        fixed = facts.fixed[part.nodes[order]]
        first, last = np.isin(fixed, part.territories[lower]), np.isin(fixed, part.territories[~lower])
        held = part.anchor >= 0
        anchors = np.zeros((len(order), 2))
        np.add.at(anchors, (part.anchor[held], np.where(lower[held], 0, 1)), 1.0)
        loads = np.concatenate([part.loads, anchors], axis=1)[order]
        goal = np.append(_goal(part, lower), [anchors[:, 0].sum(), 0.0])
        price = np.append(self.aims.strictness / m, [PRICE_OF_ANCHOR, PRICE_OF_ANCHOR])
        least = np.array([lower.sum(), (~lower).sum()])
        for connected in (True, False) if facts.contiguous else (False,):
            found, off = sweep(
                Strip(
                    indptr=facts.indptr,
                    indices=facts.indices,
                    nodes=part.nodes[order],
                    place=self.place,
                    last=last,
                    loads=loads,
                    goal=goal,
                    price=price,
                    least=least,
                    connected=connected,
                )
            )
            if np.isfinite(off):
                break
        before = np.empty(len(order), bool)
        before[order] = (found | first) & ~last
        inertia = _inertia(part.values[before, m:]) + _inertia(part.values[~before, m:])
        return before, self._value(inertia, off, len(lower))

    def _value(self, inertia: float, off: float, k: int) -> float:
        """What a cut is worth: less is better. Loads on the wrong side count as parts of the narrowest band."""
        missed = off / k / self.aims.narrowest
        return (inertia + 1e-300) * (1 + PRICE_OF_OFF * missed + (PRICE_OF_OFF * missed) ** 2)


def _places(nodes: Ints, wanted: Ints) -> Ints:
    """Where in ascending nodes the wanted ones are, or -1."""
    found = np.minimum(np.searchsorted(nodes, wanted), len(nodes) - 1)
    return np.where(nodes[found] == wanted, found, -1)


def lower_half(share: Floats, where: Floats) -> Array:
    """Which territories lie before a cut, so that both sides have about the same share.

    Those whose place along the sweep is known go out in its order, and the cut should lie between them; the
    others fill up either side.

    Parameters
    ----------
    share
        Shape (n_territories,): what each should get, 1 in all.
    where
        Shape (n_territories,): what lies before the place of each, from 0 to 1, NaN where it has none.

    Returns
    -------
    ndarray of shape (n_territories,), bool
        True for at least one, and false for at least one.
    """
    free = np.flatnonzero(np.isnan(where))
    held = np.argsort(where, kind="stable")[: len(where) - len(free)]
    least = np.append(0.0, share[held].cumsum())
    left, right = np.append(0.0, where[held]), np.append(where[held], 1.0)
    aim = np.clip(np.clip(0.5, left, np.maximum(left, right)), least, least + share[free].sum())
    cost = OUTSIDE * np.maximum(np.maximum(left - aim, aim - right), 0) + np.abs(aim - 0.5)
    if len(free) == 0:
        cost[[0, -1]] = np.inf
    j = int(cost.argmin())
    lower = np.zeros(len(where), bool)
    lower[held[:j]] = True
    missing = aim[j] - least[j]
    filling = free[np.argsort(-share[free], kind="stable")]
    for t in filling:
        if share[t] <= missing * (1 + ROUNDING):
            lower[t] = True
            missing -= share[t]
    left_out = filling[~lower[filling]]
    if len(left_out) and share[left_out[-1]] < 2 * missing:  # one too many is closer than one too few
        lower[left_out[-1]] = True
    if lower.all() or not lower.any():
        lower[filling[-1]] ^= True
    return lower


def _share(values: Floats) -> Floats:
    """The part of the sum in each row, over all columns."""
    total = values.sum(axis=0)
    share: Floats = np.where(total > 0, values / np.where(total > 0, total, 1), 1 / len(values)).mean(axis=1)
    return share


def _goal(part: _Part, lower: Array) -> Floats:
    """What the loads before the cut should be."""
    aim, total = part.sizes[lower].sum(axis=0), part.sizes.sum(axis=0)
    goal: Floats = part.loads.sum(axis=0) * np.where(total > 0, aim / np.where(total > 0, total, 1), lower.mean())
    return goal


def _inertia(values: Floats) -> float:
    """Weighted squared distances to the middle, from weights, and by these coordinates and squares, one row a node."""
    weight, x, y, squares = values.sum(axis=0)
    return float(max(squares - (x * x + y * y) / max(weight, 1e-300), 0.0))
