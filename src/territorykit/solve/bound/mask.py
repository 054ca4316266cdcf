"""Where units may still go in plans that are better than a limit: what the parts of a tree leave open."""

import numpy as np

from territorykit._arrays import Bools
from territorykit.solve.bound.costs import Relaxation
from territorykit.solve.bound.tree import Part, Tree
from territorykit.solve.kernels.lagrange import value_all


def still_open(tree: Tree) -> Bools:
    """Pairs of unit and candidate in some plan under the tree's cut, shape (n_units, n_candidates).

    A unit outside a center's best territory at given prices costs its load times what its score lies above that
    territory's end, by linear duality; a center that is not chosen costs what it is dearer than the dearest chosen
    one of its region.
    """
    relaxation = tree.relaxation
    may = np.zeros((len(relaxation.rows.load), relaxation.n_candidates), bool)
    for _, part in tree.left():
        _add(relaxation, part, tree.cut, may)
    return may[relaxation.block]


def _add(relaxation: Relaxation, part: Part, cut: float, may: Bools) -> None:
    rows, region, dual = relaxation.rows, part.region.astype(np.int64), part.prices.dual()
    value_all(rows, region, dual)
    total, dearest = float((rows.load * dual.price).sum()), np.full(len(part.need), np.inf)
    for r in np.flatnonzero(part.need > 0):
        cheapest = np.sort(dual.below[region == r])[: part.need[r]]
        total, dearest[r] = total + cheapest.sum(), cheapest[-1]
    for j in np.flatnonzero(region >= 0):
        forced = total - dearest[region[j]] + dual.below[j]
        if forced >= cut:
            continue
        row = slice(0, rows.ends[j, -1])
        units = rows.unit[j, row]
        score = rows.ratio[j, row] - dual.price[units] + dual.tilt[j] @ rows.share[:, units]
        beyond = np.maximum(score - dual.edge[j], 0.0) * rows.load[units]
        may[units[forced + beyond < cut], j] = True
