"""Polishing a plan part by part: a few neighboring territories at a time, divided anew by an exact model."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.spatial import cKDTree

from territorykit._arrays import Ints
from territorykit.solve.compile import Compiled
from territorykit.solve.exact.resplit import Part, resplit
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.search.run import Best, Run

FIRST_SIZE = 400
"""Pairs of nodes and territories in a part, at first: such a model takes some hundredths of a second."""
LARGEST_SIZE = 6000
GROWTH = 1.6
"""Parts grow by this factor when so many tries in a row as there are territories, times STALE, brought nothing."""
STALE = 0.3
MOST_NODES = 500
NEIGHBORS = 6
"""Where territories may fall apart, these many nearest centers are the neighbors of each."""


def suits(compiled: Compiled) -> bool:
    """Whether the exact model of a part knows all that the problem asks for, and parts are small enough."""
    facts = compiled.facts
    separable = facts.wide == 0 and len(facts.edge_cost) == 0 and facts.n_groups == 0 and len(facts.work_far) == 0
    k = len(facts.lower)
    return separable and k > 1 and 4 * compiled.n_nodes / k <= LARGEST_SIZE


@dataclass(slots=True)
class Resplitting:
    """Which parts are tried next, and how large they are."""

    compiled: Compiled
    rng: np.random.Generator
    size: float = FIRST_SIZE
    failures: int = 0
    in_vain: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        nodes_of_two = 2 * self.compiled.n_nodes / self.compiled.problem.n_territories
        self.size = max(self.size, 2 * nodes_of_two)  # two territories at least

    def improve(self, best: Best, tries: int, seconds_left: Callable[[], float]) -> tuple[Best, int]:
        """A plan at least as good, after so many tries or as time allows; and the number of tries."""
        k = self.compiled.problem.n_territories
        for done in range(tries):
            left = seconds_left()
            if best.labels is None or left <= 0:
                return best, done
            found = self._tried(best, best.labels, left)
            if found.beats(best):
                best, self.failures = found, 0
            else:
                self.failures += 1
            if self.failures > STALE * k:
                self.size, self.failures = min(self.size * GROWTH, LARGEST_SIZE), 0
        return best, tries

    def _tried(self, best: Best, now: Array, seconds: float) -> Best:
        """The plan with some part divided anew; the one given where that part, as it is, was tried before."""
        run = Run(self.compiled, now, self.rng)
        territories = self._part(run, now)
        seen = hashlib.blake2b(np.where(np.isin(now, territories), now, -1).tobytes(), digest_size=16).digest()
        if seen in self.in_vain:
            return best
        part = Part(self.compiled, now, run.state.at, run.state.center, territories)
        labels = resplit(part, most_nodes=MOST_NODES, seconds=seconds if np.isfinite(seconds) else None)
        found = Best() if labels is None else Run(self.compiled, labels.astype(np.int32), self.rng).as_best()
        if not found.beats(best):
            self.in_vain.add(seen)
        return found

    def _part(self, run: Run, labels: Array) -> Ints:
        """A territory and neighbors of it, and of those, until the part is as large as it may be."""
        neighbors, k = self._neighbors(run, labels), self.compiled.problem.n_territories
        size = np.bincount(labels, minlength=k)
        part = [int(self.rng.integers(k))]
        total = int(size[part[0]])
        while True:
            around = np.concatenate([neighbors.indices[neighbors.indptr[t] : neighbors.indptr[t + 1]] for t in part])
            around = around[~np.isin(around, part)]
            if len(around) == 0:
                break
            b = int(self.rng.choice(around))
            if len(part) > 1 and (total + size[b]) * (len(part) + 1) > self.size:
                break
            part.append(b)
            total += int(size[b])
        return np.array(sorted(part), np.int64)

    def _neighbors(self, run: Run, labels: Array) -> csr_matrix:
        facts, k = self.compiled.facts, self.compiled.problem.n_territories
        if facts.contiguous:
            tail = np.repeat(labels, np.diff(facts.indptr))
            head = labels[facts.indices]
            cut = tail != head
            tail, head = tail[cut], head[cut]
        else:
            q = min(k, NEIGHBORS + 1)
            head = cKDTree(run.state.at).query(run.state.at, k=q)[1][:, 1:].ravel()
            tail = np.repeat(np.arange(k), q - 1)
        return coo_matrix((np.ones(len(tail)), (tail, head)), shape=(k, k)).tocsr()
