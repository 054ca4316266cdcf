"""The best of two plans, part by part.

Where two plans differ in parts of the map that share no territory, each part can come from the plan that is better
there. After a turn that changed many places, good changes are kept and bad ones are not, all at once. Partition
crossover works so on tours: Whitley, D., Hains, D., Howe, A. (2009). Tunneling between optima: partition crossover
for the traveling salesman problem. *GECCO '09*, 915-922.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit.solve.compile import Compiled
from territorykit.solve.kernels.arrays import Array
from territorykit.solve.kernels.change import TINY
from territorykit.solve.kernels.refresh import by_territory
from territorykit.solve.search.run import Best, Run


def separable(compiled: Compiled) -> bool:
    """Whether what a plan costs and breaks is a sum over its territories."""
    facts = compiled.facts
    alone = facts.wide == 0 and len(facts.edge_cost) == 0 and len(facts.apart_idx) == 0
    return alone and facts.n_groups == 0 and len(facts.home) == 0


def crossed(compiled: Compiled, one: Best, other: Best, rng: np.random.Generator) -> Best:
    """A plan that is no worse than either of two, which must be `separable`; one of them where no part differs alone.

    Labels must mean the same territories in both, as they do when one plan was made from the other.
    """
    better = other if other.beats(one) else one
    if one.labels is None or other.labels is None:
        return better
    k = compiled.problem.n_territories
    apart = one.labels != other.labels
    pairs = (one.labels[apart], other.labels[apart])
    parts, part = connected_components(coo_matrix((np.ones(len(pairs[0])), pairs), shape=(k, k)), directed=False)
    costs = [_costs(compiled, labels, rng) for labels in (one.labels, other.labels)]
    broken, dearer = (np.bincount(part, costs[0][:, i] - costs[1][:, i], parts) for i in (1, 0))
    taken = (broken > TINY) | ((broken > -TINY) & (dearer > 0))
    changed = np.bincount(part[one.labels], apart, parts) > 0
    if not (taken & changed).any() or taken[changed].all():
        return better
    labels = np.where(taken[part[one.labels]], other.labels, one.labels)
    found = Run(compiled, labels, rng).as_best()
    return found if found.beats(better) else better


def _costs(compiled: Compiled, labels: Array, rng: np.random.Generator) -> Array:
    """What each territory costs and breaks, (k, 2)."""
    run = Run(compiled, labels, rng)
    costs = np.zeros((compiled.problem.n_territories, 2))
    by_territory(run.facts, run.state, costs)
    return costs
