"""Causes that can be proven at once.

Each check is a necessary condition: a conflict named here is a proof that no plan exists. An empty answer proves
nothing.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Floats, Ints
from territorykit.errors import listing
from territorykit.model.problem import Problem
from territorykit.model.requirements import (
    Apart,
    Balance,
    Capacity,
    Contiguous,
    Fixed,
    MaxTravel,
    Requirement,
    Together,
)
from territorykit.model.result import Conflict
from territorykit.solve.compile import size_limits
from territorykit.solve.diagnosis.fitting import unbalanced_pairs, unfit_units
from territorykit.solve.diagnosis.pieces import piece_conflicts, round_up
from territorykit.solve.diagnosis.ways import from_base, in_units, limit_for, longest_from_units

SLACK = 1e-9
"""Relative difference below which sums count as equal."""


def conflicts(problem: Problem) -> tuple[Conflict, ...]:
    """Proven reasons why a problem has no plan; empty where none was found.

    Checked are: limits that exclude each other, totals that do not fit the limits, units and groups too
    large for every territory, too few units or groups for all territories, too few units with a share of an
    activity, locked units that overfill a territory, two bands of which a unit's territory can keep only one,
    pieces of the map that no whole number of territories fits, groups and locks that the map cannot connect,
    travel limits that leave units without any base or groups without any center, and, where nothing else was
    found, large units around which no connected territory fits.

    Examples
    --------
    >>> from territorykit.model.activity import Activity
    >>> from territorykit.model.unit_graph import UnitGraph
    >>> graph = UnitGraph(["a", "b", "c"], [[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]], [Activity("calls", [8, 1, 1])])
    >>> for conflict in conflicts(Problem(graph, 2, [Balance("calls", 0.1)])):
    ...     print(conflict.message)
    1 unit is larger than any territory may be by Balance('calls', 0.1) (5.5 calls): 'a' (8, 1.6 targets); \
split it (tk.split_units), ask for fewer territories, or allow a tolerance of 0.6
    """
    found = list(_crossed_limits(problem))
    if found:
        return tuple(found)
    for check in (_totals, _large_units, _too_few_blocks, _too_few_units, unbalanced_pairs, _bases, _centers):
        found += check(problem)
    if problem.of_type(Contiguous):
        found += piece_conflicts(problem)
        found += _unconnected(problem)
        found += () if found else unfit_units(problem)
    return tuple(found)


def _crossed_limits(problem: Problem) -> Iterator[Conflict]:
    for name, (lower, upper) in size_limits(problem).items():
        for t in np.flatnonzero(lower > upper * (1 + SLACK)):
            who = _of(problem, name)
            message = (
                f"{' and '.join(map(repr, who))} exclude each other: territory {problem.names[t]!r} would need at "
                f"least {lower[t]:,.6g} and at most {upper[t]:,.6g} of {name}; relax one of them"
            )
            yield Conflict(who[-1], (), problem.names[t], float(lower[t]), float(upper[t]), None, message)


def _of(problem: Problem, activity: str) -> list[Balance | Capacity]:
    return [r for r in problem.bands if r.activity == activity]


def _tightest(problem: Problem, activity: str, home: int) -> Balance | Capacity:
    """Which limit on an activity allows the least, in one territory or, with -1, in the one that may hold most."""

    def most(r: Balance | Capacity) -> float:
        upper = problem.targets(r) * (1 + r.tolerance) if isinstance(r, Balance) else np.atleast_1d(r.upper)
        return float(upper[home % len(upper)] if home >= 0 else upper.max())

    return min(_of(problem, activity), key=most)


def _totals(problem: Problem) -> Iterator[Conflict]:
    for name, (lower, upper) in size_limits(problem).items():
        total = problem.graph.activity(name).total
        who = _of(problem, name)[-1]
        if total > upper.sum() * (1 + SLACK):
            message = (
                f"{name} sums to {total:,.6g}, more than all territories together may hold by {who!r} "
                f"({upper.sum():,.6g}); raise limits or ask for more territories"
            )
            yield Conflict(who, (), None, total, float(upper.sum()), None, message)
        if total < lower.sum() * (1 - SLACK):
            message = (
                f"{name} sums to {total:,.6g}, less than all territories together need by {who!r} "
                f"({lower.sum():,.6g}); lower limits or ask for fewer territories"
            )
            yield Conflict(who, (), None, total, float(lower.sum()), None, message)


def _blocks(problem: Problem) -> tuple[Ints, list[Requirement | None]]:
    """Units that share a territory in every plan, as block numbers, and the requirement behind each unit's block."""
    graph = problem.graph
    reason: list[Requirement | None] = [None] * graph.n_units
    pairs: list[tuple[int, int]] = []
    for r in problem.of_type(Together):
        for group in r.groups:
            places = graph.positions(group).tolist()
            pairs += [(places[0], p) for p in places]
            for p in places:
                reason[p] = r
    first: dict[int, int] = {}
    for fixed in problem.of_type(Fixed):
        for unit, label in fixed.mapping.items():
            place = int(graph.positions([unit])[0])
            pairs.append((first.setdefault(problem.territory(label), place), place))
            reason[place] = fixed
    if not pairs:
        return np.arange(graph.n_units), reason
    one, other = np.array(pairs).T
    matrix = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(graph.n_units,) * 2)
    return connected_components(matrix, directed=False)[1].astype(np.int64), reason


def _large_units(problem: Problem) -> Iterator[Conflict]:
    """Units, groups and sets of locked units that exceed what a territory may hold."""
    block, reason = _blocks(problem)
    home = _homes(problem, block)
    members = np.bincount(block)
    for name, (_, upper) in size_limits(problem).items():
        values = problem.graph.activity(name).values
        sizes = np.bincount(block, values)
        allowed = np.where(home >= 0, upper[home], upper.max())
        over = sizes > allowed * (1 + SLACK)
        alone = np.flatnonzero(over & (members == 1) & (home < 0))
        if len(alone):
            units = np.flatnonzero(np.isin(block, alone))
            yield _large_unit_conflict(problem, name, units[np.argsort(-values[units], kind="stable")])
        for b in np.flatnonzero(over & ((members > 1) | (home >= 0))):
            yield _large_block_conflict(problem, name, np.flatnonzero(block == b), int(home[b]), reason)


def _homes(problem: Problem, block: Ints) -> Ints:
    home = np.full(int(block.max()) + 1, -1, np.int64)
    fixed = problem.fixed()
    home[block[problem.graph.positions(list(fixed))]] = list(fixed.values())
    return home


def _large_unit_conflict(problem: Problem, activity: str, units: Ints) -> Conflict:
    graph, who = problem.graph, _tightest(problem, activity, -1)
    values = graph.activity(activity).values[units]
    upper = float(size_limits(problem)[activity][1].max())
    target = float(problem.targets(who).max()) if isinstance(who, Balance) else upper
    word = "targets" if isinstance(who, Balance) else "times the limit"
    shown = [
        f"{unit_name(problem, u)} ({v:,.6g}, {v / target:.3g} {word})" for u, v in zip(units[:5], values, strict=False)
    ]
    more = f" and {len(units) - 5:,} more" if len(units) > 5 else ""  # noqa: PLR2004
    tolerance = float(values[0] / target - 1) if isinstance(who, Balance) else None
    usable = tolerance is not None and tolerance <= 1
    remedy = f", or allow a tolerance of {round_up(tolerance):g}" if usable and tolerance is not None else ""
    verb, them = ("unit is", "it") if len(units) == 1 else ("units are", "them")
    message = (
        f"{len(units):,} {verb} larger than any territory may be by {who!r} ({upper:,.6g} {activity}): "
        f"{', '.join(shown)}{more}; split {them} (tk.split_units), ask for fewer territories{remedy}"
    )
    if not remedy:
        message = message.replace(", ask for fewer territories", " or ask for fewer territories")
    relaxation = _relaxation(who, float(values[0]), tolerance)
    return Conflict(who, tuple(graph.ids[units]), None, float(values[0]), upper, relaxation, message)


def _relaxation(who: Requirement, size: float, tolerance: float | None) -> float | None:
    """The setting that would let a size in: a tolerance up to 1, or the upper limit of a capacity."""
    if isinstance(who, Capacity):
        return size
    return tolerance if tolerance is not None and tolerance <= 1 else None


def _large_block_conflict(
    problem: Problem, activity: str, units: Ints, home: int, reason: list[Requirement | None]
) -> Conflict:
    graph, who = problem.graph, _tightest(problem, activity, home)
    size = float(graph.activity(activity).values[units].sum())
    limits = size_limits(problem)[activity][1]
    allowed = float(limits[home] if home >= 0 else limits.max())
    territory = problem.names[home] if home >= 0 else None
    behind = reason[units[0]]
    place = f"territory {territory!r}" if territory else "any territory"
    held = "fixed to one territory" if home >= 0 else "held together"
    message = (
        f"units {listing(graph.ids[units])} are {held} by {behind!r} and have {size:,.6g} of {activity}; "
        f"{who!r} allows {place} {allowed:,.6g}; release some of them or relax it"
    )
    tolerance = None
    if isinstance(who, Balance):
        targets = problem.targets(who)
        tolerance = size / float(targets[home] if home >= 0 else targets.max()) - 1
    return Conflict(who, tuple(graph.ids[units]), territory, size, allowed, _relaxation(who, size, tolerance), message)


def unit_name(problem: Problem, u: int) -> str:
    """A unit for a message: its name with its id, or its id alone."""
    unit = problem.graph.ids[u]
    names = problem.graph.names
    return repr(unit) if names is None else f"{names[u]} ({unit!r})"


def _too_few_blocks(problem: Problem) -> Iterator[Conflict]:
    """Territories that hold no locked unit, and nothing is left that they could hold."""
    block, reason = _blocks(problem)
    home = _homes(problem, block)
    open_territories, free = problem.n_territories - len(np.unique(home[home >= 0])), int((home < 0).sum())
    if free < open_territories:
        held = np.flatnonzero((home[block] >= 0) | (np.bincount(block)[block] > 1))
        who = reason[held[0]]
        assert who is not None  # noqa: S101 - each unit alone would do: there are as many as territories
        message = (
            f"{open_territories:,} territories hold no fixed unit, and only {free:,} units or groups are left for "
            f"them, as {who!r} and its like fix or group {len(held):,}; release some or ask for fewer territories"
        )
        yield Conflict(who, tuple(problem.graph.ids[held]), None, float(open_territories), float(free), None, message)


def _too_few_units(problem: Problem) -> Iterator[Conflict]:
    for name, (lower, _) in size_limits(problem).items():
        holders = int((problem.graph.activity(name).values > 0).sum())
        mean = problem.graph.activity(name).total / problem.n_territories
        demanding = int((lower > SLACK * max(mean, float(lower.max()))).sum())
        if holders < demanding:
            who = _of(problem, name)[-1]
            message = (
                f"{demanding:,} territories need some of {name} by {who!r}, and only {holders:,} units have any; "
                "ask for fewer territories or split units"
            )
            yield Conflict(who, (), None, float(demanding), float(holders), None, message)


def _bases(problem: Problem) -> Iterator[Conflict]:
    """Units that no base lies near enough to; a free base is wherever a unit is that can be a center."""
    block, _ = _blocks(problem)
    home = _homes(problem, block)
    for r in problem.of_type(MaxTravel):
        if r.to != "base":
            continue
        nearest = _nearest_bases(problem, r.measure, block, home)[block]
        far = np.flatnonzero(nearest > r.limit * (1 + SLACK))
        if len(far):
            longest = float(nearest[far].max())
            suffices = limit_for(problem, r.measure, longest)
            message = (
                f"{len(far):,} units lie further than {in_units(r.limit, r.measure)} from every base they may belong "
                f"to, alone or with those they share a territory with: {listing(problem.graph.ids[far])}; "
                f"{_longer('add bases', suffices, r)}"
            )
            yield Conflict(r, tuple(problem.graph.ids[far]), None, longest, r.limit, suffices, message)


def _nearest_bases(problem: Problem, measure: str, block: Ints, home: Ints) -> Floats:
    """Metres or minutes to the farthest unit of each block from the nearest base that it may belong to."""
    nearest, given = np.full(len(home), np.inf), problem.given_bases
    for t in np.flatnonzero(given):
        way = np.zeros(len(home))
        np.maximum.at(way, block, from_base(problem, measure, int(t)))
        nearest = np.where((home < 0) | (home == t), np.minimum(nearest, way), nearest)
    if given.all():
        return nearest
    may, single = (home < 0) | ~given[home], np.bincount(block) == 1
    nearest[may & single] = 0.0
    for b in np.flatnonzero(may & ~single):
        longest = longest_from_units(problem, measure, np.flatnonzero(block == b))
        nearest[b] = min(nearest[b], longest.min())
    return nearest


def _longer(remedy: str, limit: float | None, r: MaxTravel) -> str:
    """A remedy, and the limit that would do, where one would."""
    if limit is not None:
        return f"{remedy} or allow {in_units(limit, r.measure)}"
    return f"{remedy}, or measure travel where there is no way yet"


def _centers(problem: Problem) -> Iterator[Conflict]:
    """Groups that no unit can be the center of within the travel limit."""
    block, _ = _blocks(problem)
    groups = [np.flatnonzero(block == b) for b in np.flatnonzero(np.bincount(block) > 1)]
    for measure in ("metres", "minutes"):
        limits = [r for r in problem.of_type(MaxTravel) if (r.to, r.measure) == ("center", measure)]
        r = min(limits, key=lambda one: one.limit, default=None)
        for units in groups if r is not None else ():
            longest = float(longest_from_units(problem, measure, units).min())
            if r is not None and longest > r.limit * (1 + SLACK):
                suffices = limit_for(problem, measure, longest)
                message = (
                    f"units {listing(problem.graph.ids[units])} share a territory, and no center lies within "
                    f"{in_units(r.limit, measure)} of all of them; {_longer('release some', suffices, r)}"
                )
                yield Conflict(r, tuple(problem.graph.ids[units]), None, longest, r.limit, suffices, message)


def _unconnected(problem: Problem) -> Iterator[Conflict]:
    """Groups that cannot be connected, even if they got every unit that is not locked elsewhere."""
    graph = problem.graph
    block, reason = _blocks(problem)
    home = _homes(problem, block)[block]
    apart = _kept_apart(problem, block)
    contiguous = problem.of_type(Contiguous)[0]
    for b in np.flatnonzero(np.bincount(block) > 1):
        units = np.flatnonzero(block == b)
        t = home[units[0]]
        usable = ((home < 0) | (home == t) if t >= 0 else np.ones(graph.n_units, bool)) & ~apart.get(int(b), np.False_)
        edges = graph.edges[usable[graph.edges].all(axis=1)]
        matrix = coo_matrix((np.ones(len(edges), np.int8), tuple(edges.T)), shape=(graph.n_units,) * 2)
        piece = connected_components(matrix, directed=False)[1][units]
        if len(np.unique(piece)) > 1:
            away = graph.ids[units[piece != piece[0]]]
            territory = problem.names[t] if t >= 0 else None
            message = (
                f"{reason[units[0]]!r} asks for units {listing(graph.ids[units])} in one territory, and the map "
                f"cannot connect {listing(away)} with {graph.ids[units[0]]!r}; release them, "
                "bridge the gap, or drop Contiguous"
            )
            count = float(len(np.unique(piece)))
            yield Conflict(contiguous, tuple(graph.ids[units]), territory, count, 1.0, None, message)


def _kept_apart(problem: Problem, block: Ints) -> dict[int, np.ndarray]:
    """Units that each block may not hold, by `Apart`."""
    found: dict[int, np.ndarray] = {}
    for r in problem.of_type(Apart):
        for one, other in problem.graph.positions([u for pair in r.pairs for u in pair]).reshape(-1, 2):
            for mine, theirs in ((one, other), (other, one)):
                mask = found.setdefault(int(block[mine]), np.zeros(problem.graph.n_units, bool))
                mask |= block == block[theirs]
    return found
