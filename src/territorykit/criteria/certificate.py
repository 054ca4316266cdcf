"""Checks a bound from its prices, in one pass, with code that no search and no bound uses.

Prices prove a bound by weak duality: what they pay for covering all units, less what the best territories would
earn from them at most, is a cost that no plan can beat.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.distance import pdist

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.facts import Facts
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.errors import RequirementError
from territorykit.model.objective import Diameter
from territorykit.model.problem import Problem
from territorykit.model.proof import Proof
from territorykit.model.result import Bound

_BLOCK = 4_000_000


def certified(problem: Problem, bound: Bound, centers: Ints | None = None) -> float:
    r"""What a bound's prices prove, worked out anew by weak duality.

    Any prices prove a bound [1]_.

    .. math:: \min_{P} \Big( \sum_i \mu_i + \sum_{r} \min_{J \subseteq r,\, |J| = a_r} \sum_{j \in J} v_j(\mu) \Big),
        \qquad v_j(\mu) = \min_{x} \sum_i (c_{ij} - \mu_i)\, x_i, \quad
        L_j \le \sum_i w_i x_i \le U_j, \quad 0 \le x \le 1

    over the parts :math:`P` of the proof, each with its prices and its number of centers per region.

    Parameters
    ----------
    problem
        The problem.
    bound
        The bound with its prices and its proof.
    centers
        Shape (n_territories,): positions of the units that are the given centers, where the bound is for them.

    Returns
    -------
    float
        A value that no plan can beat; it is not under `bound.value`, up to rounding, if the bound is right.

    Raises
    ------
    RequirementError
        If the bound has no proof to check, as one that a solver proved.

    References
    ----------
    .. [1] Geoffrion, A. M. (1974). Lagrangean relaxation for integer programming. *Mathematical Programming
           Study*, 2, 82-114.

    Examples
    --------
    >>> import territorykit as tk
    >>> graph = tk.UnitGraph(range(4), [[0, 0], [1, 0], [5, 0], [6, 0]], [[0, 1], [1, 2], [2, 3]])
    >>> problem = tk.Problem(graph, 2, objective=tk.Compactness())
    >>> bound = tk.bound(problem)
    >>> bool(certified(problem, bound) >= bound.value * (1 - 1e-9))
    True
    """
    if bound.proof is None:
        message = f"certified: the bound by {bound.method} carries no prices; bounds of tk.bound and tk.prove do"
        raise RequirementError(message)
    facts = Facts(problem, centers, bound.proof)
    spread = _spread(problem, bound.proof.apart)
    value = _Check(facts, np.atleast_2d(bound.prices), bound.proof, bound.value - spread).value()
    return value - facts.penalty + spread


def _spread(problem: Problem, apart: Ints) -> float:
    """What the largest diameter costs at least, as two of the units that lie apart share a territory."""
    if len(np.unique(apart)) <= problem.n_territories:
        return 0.0
    total = 0.0
    for term in problem.terms:
        if isinstance(term, Diameter):
            sphere = term.distance == "great-circle"
            places = unit_vectors(np.asarray(problem.graph.lonlat)) if sphere else problem.graph.xy
            away = pdist(places[np.unique(apart)])
            total += term.weight * float((arcs(away) if sphere else away).min())
    return total


@dataclass(slots=True)
class _Check:
    """Walks through the parts of a proof."""

    facts: Facts
    prices: Floats
    proof: Proof
    claimed: float
    regions: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    """Of each divided part: the regions after candidates were ruled out, and how many centers each needs."""

    def value(self) -> float:
        """The least bound of all parts."""
        cut = self.claimed + self.facts.penalty
        least = np.inf
        children: dict[int, set[int]] = {}
        for above, taken in zip(self.proof.above, self.proof.taken, strict=True):
            children.setdefault(int(above), set()).add(int(taken))
        for part in range(self.proof.n_parts):
            region, need = self._entered(part)
            worth = self._values(part, region)
            total = self._total(part, region, need, worth)
            region = self._ruled_out(region, need, worth, total, cut)
            if self.proof.region[part] < 0:
                left = np.bincount(region[region >= 0], minlength=len(need))
                least = min(least, total) if (left >= need).all() else least
                continue
            self.regions[part] = (region, need)
            least = min(least, self._missing(part, worth, children.get(part, set())))
        return float(min(least, cut))  # what was ruled out costs that at least

    def _entered(self, part: int) -> tuple[Ints, Ints]:
        """Regions and needs of a part, from those of the part that it comes from."""
        above = int(self.proof.above[part])
        if above < 0:
            return self.facts.regions()
        return self._shared_out(above, int(self.proof.taken[part]))

    def _shared_out(self, part: int, taken: int) -> tuple[Ints, Ints]:
        region, need = self.regions[part]
        cut = int(self.proof.region[part])
        far = (region == cut) & (self.facts.points @ self.proof.normal[part] > self.proof.offset[part])
        counts = np.append(need, need[cut] - taken)
        counts[cut] = taken
        region = np.where(far, len(need), region)
        empty = np.flatnonzero(counts == 0)
        return np.where(np.isin(region, empty), -1, region), counts

    def _missing(self, part: int, worth: Floats, present: set[int]) -> float:
        """The least bound of the shares that are no parts of their own, at this part's prices."""
        need = self.regions[part][1]
        least = np.inf
        for taken in range(int(need[self.proof.region[part]]) + 1):
            if taken not in present:
                least = min(least, self._total(part, *self._shared_out(part, taken), worth))
        return least

    def _total(self, part: int, region: Ints, need: Ints, worth: Floats) -> float:
        total = float(self.prices[part].sum())
        for r in np.flatnonzero(need > 0):
            inside = np.sort(worth[region == r])
            repeated = np.full(need[r], inside[0]) if self.facts.spacing > 0 and len(inside) else inside[: need[r]]
            total += np.inf if len(repeated) < need[r] else float(repeated.sum())
        return total

    @staticmethod
    def _ruled_out(region: Ints, need: Ints, worth: Floats, total: float, cut: float) -> Ints:
        """Regions without the candidates whose plans all cost more than is claimed."""
        region = region.copy()
        for r in np.flatnonzero(need > 0):
            inside = np.flatnonzero(region == r)
            if len(inside) >= need[r]:
                dearest = np.sort(worth[inside])[need[r] - 1]
                region[inside[total - dearest + worth[inside] >= cut]] = -1
        return region

    def _values(self, part: int, region: Ints) -> Floats:
        """Value of each candidate's best territory; infinite for those that are ruled out."""
        facts = self.facts
        worth = np.full(len(region), np.inf)
        price = np.asarray(np.bincount(facts.block, self.prices[part]), np.float64)
        open_ones = np.flatnonzero(region >= 0)
        step = max(1, _BLOCK // len(price))
        for start in range(0, len(open_ones), step):
            rows = open_ones[start : start + step]
            tilt = self.proof.tilts[part][rows]
            reduced = facts.costs(rows) - price + tilt @ facts.sizes
            worth[rows] = _knapsacks(reduced, facts.load, *self._of(rows, facts.lower, facts.upper))
            for a, limits in enumerate(facts.further):
                low, high = self._of(rows, *limits)
                worth[rows] -= np.where(
                    tilt[:, a] > 0, tilt[:, a] * np.where(tilt[:, a] > 0, high, 0), tilt[:, a] * low
                )
        return worth

    @staticmethod
    def _of(rows: Ints, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        if len(low) == 1:
            return np.repeat(low, len(rows)), np.repeat(high, len(rows))
        return low[rows], high[rows]


def _knapsacks(reduced: Floats, load: Floats, lower: Floats, upper: Floats) -> Floats:
    """Least reduced cost of a territory between two sizes, for many candidates at once.

    Whole units by rising cost per load: all of the first size, then what is cheaper than nothing; the last unit in
    part.
    """
    score = reduced / load
    order = np.argsort(score, axis=1)
    score = np.take_along_axis(score, order, axis=1)
    reached: Bools = np.isfinite(score)
    size = np.where(reached, load[order], 0.0)
    until = np.cumsum(size, axis=1)
    before = until - size
    must = np.clip(lower[:, None] - before, 0, size)
    may = np.where(score < 0, np.clip(upper[:, None] - before, 0, size), 0.0)
    taken = np.maximum(must, may)
    value = (np.where(reached, score, 0.0) * taken).sum(axis=1)
    return np.where(until[:, -1] < lower * (1 - 1e-12), np.inf, value)
