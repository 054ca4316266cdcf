"""A plan from the centers and prices of a bound."""

import numpy as np

from territorykit._arrays import Ints
from territorykit.model.plan import Plan
from territorykit.solve.bound.ascent import Raised
from territorykit.solve.bound.costs import Relaxation


def plan_of(relaxation: Relaxation, found: Raised) -> Plan | None:
    """Each unit goes to the chosen center in whose best territory it lies deepest, or from which it is least far.

    None where that leaves a territory empty.
    """
    rows, prices = relaxation.rows, found.prices.dual()
    chosen = found.chosen[found.chosen >= 0]
    if len(chosen) < relaxation.problem.n_territories:
        return None
    depth = np.full((len(rows.load), len(chosen)), np.inf)
    for t, j in enumerate(chosen):
        row = slice(0, rows.ends[j, -1])
        units = rows.unit[j, row]
        score = rows.ratio[j, row] - prices.price[units] + prices.tilt[j] @ rows.share[:, units]
        depth[units, t] = score - prices.edge[j]
    home = depth.argmin(axis=1)
    owner = _owners(relaxation, chosen)
    roots = np.flatnonzero(chosen < len(relaxation.block))
    home[relaxation.block[chosen[roots]]] = roots
    if len(np.unique(home)) < relaxation.problem.n_territories:
        return None
    return Plan(relaxation.problem, owner[home][relaxation.block])


def _owners(relaxation: Relaxation, chosen: Ints) -> Ints:
    """The territory of each chosen candidate: that of its base, or one of those that are left."""
    first, owner = relaxation.n_candidates - len(relaxation.based), np.empty(len(chosen), np.int64)
    bases = chosen >= first
    owner[bases] = relaxation.based[chosen[bases] - first]
    owner[~bases] = np.setdiff1d(np.arange(relaxation.problem.n_territories), relaxation.based)
    return owner
