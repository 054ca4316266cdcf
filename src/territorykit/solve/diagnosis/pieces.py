"""Whether the unconnected pieces of a map can be divided into whole territories."""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Floats, Ints
from territorykit.errors import listing
from territorykit.model.problem import Problem
from territorykit.model.requirements import Balance, Contiguous
from territorykit.model.result import Conflict
from territorykit.solve.compile import size_limits
from territorykit.solve.kernels.arrays import Array

SLACK = 1e-9


def piece_conflicts(problem: Problem) -> Iterator[Conflict]:
    """Why the pieces of the map cannot be divided, given that no territory may cross from one to another."""
    graph = problem.graph
    matrix = coo_matrix((np.ones(len(graph.edges), np.int8), tuple(graph.edges.T)), shape=(graph.n_units,) * 2)
    count, piece = connected_components(matrix, directed=False)
    contiguous = problem.of_type(Contiguous)[0]
    if count > problem.n_territories:
        sizes = np.bincount(piece)
        small = np.argsort(sizes, kind="stable")[:5]
        examples = graph.ids[[np.flatnonzero(piece == p)[0] for p in small]]
        message = (
            f"the map is in {count:,} unconnected pieces, more than the {problem.n_territories:,} territories; the "
            f"smallest hold {listing(examples)}; bridge them (unit_graph(islands='bridge')) or drop Contiguous"
        )
        yield Conflict(contiguous, tuple(examples), None, float(count), float(problem.n_territories), None, message)
        return
    if count > 1:
        yield from _whole_numbers(problem, piece.astype(np.int64), count)


def _whole_numbers(problem: Problem, piece: Ints, count: int) -> Iterator[Conflict]:
    k = problem.n_territories
    possible = np.zeros((count, k + 1), bool)
    possible[:, 1:] = np.bincount(piece)[:, None] >= np.arange(1, k + 1)
    for name, (lower, upper) in size_limits(problem).items():
        sizes = np.bincount(piece, problem.graph.activity(name).values, count)
        fits = _fits(sizes, lower, upper)
        for p in np.flatnonzero(~(possible & fits).any(axis=1) & possible.any(axis=1)):
            yield _conflict(problem, name, np.flatnonzero(piece == p), float(sizes[p]))
        possible &= fits
    if possible.any(axis=1).all() and not _sums_to(possible, k):
        least = int(possible.argmax(axis=1).sum())
        most = int((k - possible[:, ::-1].argmax(axis=1)).sum())
        who = problem.bands
        message = (
            f"the map's {count} unconnected pieces take between {least} and {most} territories within the size limits, "
            f"but not {k}; bridge the pieces, or ask for another number"
        )
        blamed = who[0] if who else problem.of_type(Contiguous)[0]
        yield Conflict(blamed, (), None, float(least if least > k else most), float(k), None, message)


def _fits(sizes: Array, lower: Floats, upper: Floats) -> np.ndarray:
    """Whether r territories can hold a piece, (pieces, k + 1): the r least lower and r greatest upper limits."""
    least = np.concatenate([[0.0], np.cumsum(np.sort(lower))])
    most = np.concatenate([[0.0], np.cumsum(np.sort(upper)[::-1])])
    column = sizes[:, None]
    return (least <= column * (1 + SLACK)) & (column <= most * (1 + SLACK))


def _sums_to(possible: np.ndarray, k: int) -> bool:
    reachable = np.zeros(k + 1, bool)
    reachable[0] = True
    for row in possible:
        after = np.zeros(k + 1, bool)
        for r in np.flatnonzero(row):
            after[r:] |= reachable[: k + 1 - r]
        reachable = after
    return bool(reachable[k])


def _least_tolerance(size: float, targets: Floats, n_units: int) -> float:
    """The least tolerance with which some number of territories can hold a piece of that size."""
    small = np.sort(targets)
    least, most = np.cumsum(small)[:n_units], np.cumsum(small[::-1])[:n_units]
    return float(np.maximum(np.maximum(1 - size / least, size / most - 1), 0.0).min())


def round_up(tolerance: float) -> float:
    """Rounded up to three digits, so that what is suggested does suffice."""
    digits = 10.0 ** (np.floor(np.log10(max(tolerance, 1e-12))) - 2)
    return float(np.ceil(tolerance / digits - SLACK) * digits)


def _conflict(problem: Problem, activity: str, units: Ints, size: float) -> Conflict:
    who = [r for r in problem.bands if r.activity == activity][-1]
    ids = problem.graph.ids[units]
    relaxation, allowed, remedy = None, float(size_limits(problem)[activity][1].max()), ""
    if isinstance(who, Balance):
        relaxation = _least_tolerance(size, problem.targets(who), len(units))
        remedy = f", or allow a tolerance of {round_up(relaxation):g}"
    message = (
        f"the unconnected piece of {len(units):,} units around {listing(ids[:1])} has {size:,.6g} of {activity}, "
        f"which no whole number of territories fits by {who!r}; bridge it{remedy}"
    )
    return Conflict(who, tuple(ids), None, size, allowed, relaxation, message)
