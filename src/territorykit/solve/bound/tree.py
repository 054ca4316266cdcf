"""Branch and bound over how many centers lie in a region of the map."""

import heapq
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.solve.bound.ascent import LAST, NODE, Prices, Raised, raise_prices
from territorykit.solve.bound.costs import Relaxation
from territorykit.solve.bound.splits import Split, choose_split
from territorykit.solve.kernels.lagrange import Pace


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of all choices of centers: how many lie in each region.

    Parameters
    ----------
    region
        Shape (n_candidates,): region of each candidate, -1 where it cannot be a center.
    need
        Shape (n_regions,): how many centers lie in each.
    prices
        Prices to start from.
    above
        Position of the branching it comes from in the record, -1 for the whole.
    taken
        How many centers lie on the near side of that branching's line.
    """

    region: np.ndarray
    need: Ints
    prices: Prices
    above: int
    taken: int


@dataclass(frozen=True, slots=True, eq=False)
class Branching:
    """One part of the record: the prices that bound it, and how it was divided further.

    Parameters
    ----------
    above, taken
        As in `Part`.
    prices
        The prices.
    split
        The line that divides it, or None where it was not divided.
    """

    above: int
    taken: int
    prices: Prices
    split: Split | None


@dataclass(slots=True)
class Tree:
    """The search over all choices of centers; `value` is proven at any moment.

    Parameters
    ----------
    relaxation
        The relaxed problem.
    target
        Objective of the best plan known, or an estimate of it.
    cut
        Parts whose bound reaches this are closed.
    """

    relaxation: Relaxation
    target: float
    cut: float
    record: list[Branching] = field(default_factory=list)
    heap: list[tuple[float, int, Part]] = field(default_factory=list)
    settled: list[tuple[float, Part]] = field(default_factory=list)
    """Parts that cannot be divided, with their bounds."""
    count: int = 0

    @property
    def value(self) -> float:
        """What is proven for all choices of centers."""
        return min([self.cut, *(bound for bound, _ in self.settled), *(bound for bound, _, _ in self.heap[:1])])

    @property
    def closed(self) -> bool:
        """Whether nothing is left to divide."""
        return not self.heap or self.heap[0][0] >= self.cut

    def lower_cut(self, target: float, cut: float) -> None:
        """A better plan is known: parts close earlier."""
        self.target, self.cut = min(self.target, target), min(self.cut, cut)
        self.settled = [(bound, part) for bound, part in self.settled if bound < self.cut]

    def left(self) -> list[tuple[float, Part]]:
        """The parts under the cut, divisible or not, with their bounds."""
        open_ones = [(bound, part) for bound, _, part in self.heap if bound < self.cut]
        return open_ones + [(bound, part) for bound, part in self.settled if bound < self.cut]

    @property
    def settled_at(self) -> float:
        """The lowest bound of a part that cannot be divided: what lies above it does not matter to the whole."""
        return min((bound for bound, _ in self.settled), default=np.inf)

    def add(self, part: Part, bound: float) -> None:
        """A part to look into later."""
        self.count += 1
        heapq.heappush(self.heap, (bound, self.count, part))

    def run(
        self, stop: Callable[[], bool], workers: int = 1, seen: Callable[[Part, Raised], None] | None = None
    ) -> None:
        """Divide the parts with the lowest bounds until all are closed or it is time to stop."""
        with ThreadPoolExecutor(workers) as pool:
            while not self.closed and not stop():
                drawn = [heapq.heappop(self.heap) for _ in range(min(workers, len(self.heap)))]
                raised = list(pool.map(self._raise, (part for _, _, part in drawn)))
                for (bound, _, part), found in zip(drawn, raised, strict=True):
                    if seen is not None:
                        seen(part, found)
                    self.divide(part, found, bound)

    def _raise(self, part: Part) -> Raised:
        need, region = part.need, part.region.astype(np.int64)
        found = self._ascent(region, need, part.prices, NODE)
        alive = np.bincount(region[region >= 0], minlength=len(need))
        if found.value < self.cut and (alive <= need).all():
            longer = self._ascent(region, need, found.prices, LAST)
            return longer if longer.value > found.value else found
        return found

    def _ascent(self, region: Ints, need: Ints, prices: Prices, pace: Pace) -> Raised:
        return raise_prices(self.relaxation, region, need, prices, target=self.target, cut=self.cut, pace=pace)

    def divide(self, part: Part, found: Raised, bound: float) -> None:
        """Close a part, or divide it into parts that stay open."""
        here = len(self.record)
        if found.value >= self.cut:
            self.record.append(Branching(part.above, part.taken, found.prices, None))
            return
        region = self._fixed(part, found)
        alive = np.bincount(region[region >= 0], minlength=len(part.need))
        if (alive < part.need).any():
            self.record.append(Branching(part.above, part.taken, found.prices, None))
            return
        split = None if (alive == part.need).all() else self._split(region, part.need, found)
        self.record.append(Branching(part.above, part.taken, found.prices, split))
        if split is None:
            self.settled.append((max(found.value, bound), Part(region, part.need, found.prices, here, 0)))
            return
        for taken, below, inside, need in self._halves(part.need, region, found, split):
            if below < self.cut:
                self.add(Part(inside, need, found.prices, here, taken), max(below, bound))

    def _split(self, region: np.ndarray, need: Ints, found: Raised) -> Split | None:
        """A line with candidates on both sides; points that differ by rounding alone are not told apart."""
        split = choose_split(self.relaxation, region, need, found)
        if split is None:
            return None
        beyond = split.beyond(self.relaxation.points)[region == split.region]
        return split if beyond.any() and not beyond.all() else None

    def _fixed(self, part: Part, found: Raised) -> np.ndarray:
        """Regions without candidates that no plan under the cut has as a center."""
        region = part.region.copy()
        for r in np.flatnonzero(part.need > 0):
            inside = np.flatnonzero(region == r)
            below = found.below[inside]
            if len(inside) >= part.need[r]:
                dearest = np.partition(below, part.need[r] - 1)[part.need[r] - 1]
                region[inside[found.value - dearest + below >= self.cut]] = -1
        return region

    def _halves(
        self, need: Ints, region: np.ndarray, found: Raised, split: Split
    ) -> Iterator[tuple[int, float, np.ndarray, Ints]]:
        """Each way to share a region's centers out to both sides of a line, with its bound at these prices."""
        beyond = split.beyond(self.relaxation.points) & (region == split.region)
        near = (region == split.region) & ~beyond
        total = int(need[split.region])
        both = _cheapest(found.below[near | beyond], total)
        first, second = found.below[near], found.below[beyond]
        for taken in range(total + 1):
            if taken > len(first) or total - taken > len(second):
                continue
            parts = _cheapest(first, taken) + _cheapest(second, total - taken)
            inside = region.copy()
            inside[beyond] = len(need)
            if taken == 0:
                inside[near] = -1
            if taken == total:
                inside[beyond] = -1
            counts = np.append(need, total - taken)
            counts[split.region] = taken
            yield taken, found.value - both + parts, inside, counts


def _cheapest(values: Floats, count: int) -> float:
    """Sum of the smallest values."""
    return float(np.sort(values)[:count].sum())
