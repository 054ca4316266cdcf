"""What a center would pay for the units around it: a problem as rows of costs, sorted.

The relaxed problem keeps the sizes of one activity exactly and those of further ones by prices; it drops
contiguity and all that ties units of different territories together. What it drops only makes a bound lower.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Floats, Ints
from territorykit.model.objective import AssignmentCost, CenterTerm
from territorykit.model.problem import Problem
from territorykit.model.requirements import Together
from territorykit.solve.bound.candidates import SLACK, bases_beside_units, costs_of, looks_from_centers
from territorykit.solve.compile import size_limits
from territorykit.solve.kernels.knapsack import Rows

MARGIN = 2e-9
"""What a bound is lowered by, relative to its value, because computers round."""

SMALL = 1e-6
"""Load of a unit that has none, as a part of the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """A problem without contiguity, as rows of costs.

    Parameters
    ----------
    problem
        The problem.
    rows
        Costs and limits, for the kernels.
    block
        Shape (n_units,): the block of each unit; units that any plan keeps together are one block.
    points
        Shape (n_candidates, 2): where the candidate centers lie, in the graph's coordinates.
    named
        Whether each territory has a candidate of its own.
    based
        Territories whose bases are candidates after those that are units, which serve the other territories; empty
        where no base is free.
    expected
        Shape (n_blocks,): the cost per load at which a territory around each block would end.
    exactly
        The activity whose band is kept exactly, or None.
    """

    problem: Problem
    rows: Rows
    block: Ints
    points: Floats
    named: bool
    expected: Floats
    exactly: str | None
    based: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def n_candidates(self) -> int:
        """Number of candidate centers."""
        return len(self.points)

    @property
    def whole(self) -> tuple[Ints, Ints]:
        """The regions of all candidates, and how many centers lie in each: bases that are given have one of their own.

        Shapes (n_candidates,) and (n_regions,).
        """
        k, n_based = self.problem.n_territories, len(self.based)
        region = np.repeat([0, 1], [self.n_candidates - n_based, n_based])
        return region, np.array([k - n_based, n_based] if n_based else [k])

    def at_centers(self, centers: Ints) -> Ints:
        """The candidates of a plan with these units as centers, shape (n_territories,); not where they are named."""
        found = centers.copy()
        found[self.based] = self.n_candidates - len(self.based) + np.arange(len(self.based))
        return found


def relax(problem: Problem, centers: Ints | None = None) -> Relaxation:
    """Costs, loads and limits of the relaxed problem; with `centers`, units are given as the territories' centers."""
    named = centers is not None or names_territories(problem)
    block = blocks(problem)
    based = np.zeros(0, np.int64) if named else bases_beside_units(problem)
    n = problem.n_territories if named else problem.graph.n_units + len(based)
    limits = limits_of(problem, block, n, named=named, based=based)
    expected = _expected(problem, centers, block, limits.load, named=named)
    kind, pliancy = classes(expected)
    unit, ratio, ends = _rows(problem, centers, block, limits.load, kind, named=named)
    none_left = np.zeros((n, ends.shape[1] - 1))
    rows = limits.rows(unit, ratio, ends, none_left + np.inf, none_left, kind, pliancy)
    points = _points(problem, centers, based, named=named)
    return Relaxation(problem, rows, block, points, named, expected, limits.exactly, based)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Loads of the blocks and limits of the candidates; all but `exactly` as in `Rows`."""

    exactly: str | None
    load: Floats
    lower: Floats
    upper: Floats
    share: Floats
    least: Floats
    most: Floats

    def rows(  # noqa: PLR0917 - the arrays of a row
        self,
        unit: np.ndarray,
        ratio: Floats,
        ends: np.ndarray,
        beyond: Floats,
        rest: Floats,
        kind: Ints,
        pliancy: Floats,
    ) -> Rows:
        """All that the kernels need."""
        return Rows(
            unit=unit,
            ratio=ratio,
            ends=ends,
            beyond=beyond,
            rest=rest,
            kind=kind,
            load=self.load,
            pliancy=pliancy,
            lower=self.lower,
            upper=self.upper,
            share=self.share,
            top_share=self.share.max(axis=1) if len(self.share) else np.zeros(0),
            least=self.least,
            most=self.most,
        )


def limits_of(problem: Problem, block: Ints, n: int, *, named: bool, based: Ints | None = None) -> Limits:
    """Loads and limits: of the activity that is kept exactly, and of the others."""
    limits, based = size_limits(problem), np.zeros(0, np.int64) if based is None else based
    first = _kept_exactly(problem, limits)
    load, added = _loads(problem, block, first)
    further = [activity for activity in limits if activity != first]
    lower, upper = _spread(limits, first, n, based, named=named)
    upper = np.minimum(upper + added, load.sum())
    bounds = [_spread(limits, activity, n, based, named=named) for activity in further]
    share, least, most = np.zeros((len(further), len(load))), np.zeros((len(further), n)), np.zeros((len(further), n))
    for a, activity in enumerate(further):
        share[a] = _per_block(problem.graph.activity(activity).values, block) / load
        least[a], most[a] = bounds[a]
    return Limits(first, load, lower, upper, share, least, most)


def names_territories(problem: Problem) -> bool:
    """Whether a territory's costs are its own, whatever units it has: by a base, or by costs that are given."""
    compact = looks_from_centers(problem)
    assigned = any(isinstance(term, AssignmentCost) for term in problem.terms)
    based = compact and problem.goal.center == "base" and bool(problem.given_bases.all())
    return based or (assigned and not compact)


def blocks(problem: Problem) -> Ints:
    """Units that every plan keeps together, numbered in order of first appearance; shape (n_units,)."""
    n = problem.graph.n_units
    groups = [problem.graph.positions(group) for r in problem.of_type(Together) for group in r.groups]
    fixed = problem.fixed()
    by_territory: dict[int, list[object]] = {}
    for unit, t in fixed.items():
        by_territory.setdefault(t, []).append(unit)
    groups += [problem.graph.positions(units) for units in by_territory.values()]
    pairs = [np.stack([np.full(len(g) - 1, g[0]), g[1:]]) for g in groups if len(g) > 1]
    if not pairs:
        return np.arange(n)
    start, end = np.concatenate(pairs, axis=1)
    number = connected_components(coo_matrix((np.ones(len(start)), (start, end)), shape=(n, n)), directed=False)[1]
    first = np.unique(number, return_index=True)[1]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[number], np.int64)


def _kept_exactly(problem: Problem, limits: dict[str, tuple[Floats, Floats]]) -> str | None:
    """The activity of the knapsacks: the one that weighs distances, or else the one with the narrowest band."""
    if not limits:
        return None
    weighing = [term.activity for term in problem.terms if isinstance(term, CenterTerm)]
    for activity in weighing:
        if activity in limits:
            return activity
    width = {a: np.mean((upper - lower) / np.maximum(upper, 1e-300)) for a, (lower, upper) in limits.items()}
    return min(width, key=lambda a: (not np.isfinite(width[a]), width[a]))


def _per_block(values: Floats, block: Ints) -> Floats:
    return np.asarray(np.bincount(block, values), np.float64)


def _loads(problem: Problem, block: Ints, activity: str | None) -> tuple[Floats, float]:
    """Load of each block, all positive, and how much was added to make them so."""
    n = problem.graph.n_units
    load = _per_block(np.ones(n) if activity is None else problem.graph.activity(activity).values, block)
    mean = load.mean()
    floor = SMALL * (mean if mean > 0 else 1.0)
    return np.maximum(load, floor), float(np.maximum(floor - load, 0).sum())


def _spread(
    limits: dict[str, tuple[Floats, Floats]], activity: str | None, n: int, based: Ints, *, named: bool
) -> tuple[Floats, Floats]:
    """Limits of each candidate, widened for rounding: its territory's own, or the loosest of those it may serve."""
    if activity is None:
        return np.zeros(n), np.full(n, np.inf)
    lower, upper = limits[activity]
    lower, upper = lower * (1 - SLACK), upper * (1 + SLACK)
    if named:
        return lower, upper
    served = np.setdiff1d(np.arange(len(lower)), based)
    units = n - len(based)
    return (
        np.concatenate([np.full(units, lower[served].min()), lower[based]]),
        np.concatenate([np.full(units, upper[served].max()), upper[based]]),
    )


def _points(problem: Problem, centers: Ints | None, based: Ints, *, named: bool) -> Floats:
    """Where candidates are; for bases that are known by travel or degrees alone it is left open."""
    if centers is not None:
        return problem.graph.xy[centers]
    bases = np.zeros((problem.n_territories, 2)) if problem.bases is None else np.nan_to_num(problem.bases)
    return bases if named else np.concatenate([problem.graph.xy, bases[based]])


def _expected(problem: Problem, centers: Ints | None, block: Ints, load: Floats, *, named: bool) -> Floats:
    """The cost per load at which a territory around each block would end.

    Where territories have costs of their own, it is the cost in the second best of them.
    """
    if named:
        cost = np.concatenate([merged(c, block) for _, c in costs_of(problem, centers, named=True)]) / load
        return np.asarray(np.sort(cost, axis=0)[min(1, len(cost) - 1)], np.float64)
    first = np.unique(block, return_index=True)[1]
    row_of = {int(unit): b for b, unit in enumerate(first)}
    expected = np.empty(len(load))
    for part, cost in costs_of(problem, centers, named=False):
        for unit in range(part.start, min(part.stop, len(block))):  # what comes after the units are bases
            if unit in row_of:
                per_load = merged(cost[[unit - part.start]], block)[0] / load
                expected[row_of[unit]] = end_of_territory(per_load, load, problem.n_territories)
    return expected


def end_of_territory(per_load: Floats, load: Floats, n_territories: int) -> float:
    """The cost per load of the last unit of a territory of mean size, in one row of costs."""
    order = np.argsort(per_load)
    last = np.searchsorted(np.cumsum(load[order]), load.sum() / n_territories)
    return float(per_load[order[min(last, len(order) - 1)]])


def classes(expected: Floats) -> tuple[Ints, Floats]:
    """Class of each block by octaves of its expected cost, and how far its price moves."""
    sound = expected[np.isfinite(expected) & (expected > 0)]
    usual = float(np.median(sound)) if len(sound) else 1.0
    expected = np.clip(np.where(np.isfinite(expected), expected, usual), usual / 1e4, usual * 1e4)
    octave = np.floor(np.log2(expected / expected.min())).astype(np.int64)
    return np.unique(octave, return_inverse=True)[1].astype(np.int64), np.sqrt(expected / usual)


def _rows(
    problem: Problem, centers: Ints | None, block: Ints, load: Floats, kind: Ints, *, named: bool
) -> tuple[np.ndarray, Floats, np.ndarray]:
    """Blocks of each class by rising cost per load for each candidate; see `Rows`."""
    n_blocks, n_classes = len(load), int(kind.max()) + 1
    n = problem.n_territories if named else problem.graph.n_units + len(bases_beside_units(problem))
    unit, ratio = np.zeros((n, n_blocks), np.int32), np.full((n, n_blocks), np.inf)
    ends = np.zeros((n, n_classes + 1), np.int32)
    of_class = [np.flatnonzero(kind == c) for c in range(n_classes)]
    for part, cost in costs_of(problem, centers, named=named):
        per_load = merged(cost, block) / load
        for c, members in enumerate(of_class):
            own = per_load[:, members]
            order = np.argsort(own, axis=1, kind="stable")
            values = np.take_along_axis(own, order, axis=1)
            begin = ends[part, c]
            ends[part, c + 1] = begin + np.isfinite(values).sum(axis=1)
            place = begin[:, None] + np.arange(len(members))
            here = np.isfinite(values)
            rows_of = np.broadcast_to(np.arange(part.start, part.stop)[:, None], values.shape)
            unit[rows_of[here], place[here]] = members[order][here]
            ratio[rows_of[here], place[here]] = values[here]
    return unit, ratio, ends


def merged(cost: Floats, block: Ints) -> Floats:
    """Costs of blocks from those of units, shape (n_candidates, n_blocks)."""
    n_blocks = int(block.max()) + 1
    if n_blocks == len(block):
        return cost
    order = np.argsort(block, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(block[order]) > 0])
    return np.asarray(np.add.reduceat(cost[:, order], starts, axis=1), np.float64)
