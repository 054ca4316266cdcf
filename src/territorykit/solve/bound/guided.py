"""A plan from the centers and prices of a bound."""

import numpy as np

from territorykit.model.plan import Plan
from territorykit.solve.bound.ascent import Raised
from territorykit.solve.bound.costs import Relaxation


def plan_of(relaxation: Relaxation, found: Raised) -> Plan | None:
    """Each unit goes to the chosen center in whose best territory it lies deepest, or from which it is least far.

    None where that leaves a territory empty.
    """
    rows, prices = relaxation.rows, found.prices.dual()
    chosen = found.chosen[found.chosen >= 0]
    depth = np.full((len(rows.load), len(chosen)), np.inf)
    for t, j in enumerate(chosen):
        row = slice(0, rows.ends[j, -1])
        units = rows.unit[j, row]
        score = rows.ratio[j, row] - prices.price[units] + prices.tilt[j] @ rows.share[:, units]
        depth[units, t] = score - prices.edge[j]
    home = depth.argmin(axis=1)
    home[relaxation.block[chosen]] = np.arange(len(chosen))
    if len(np.unique(home)) < relaxation.problem.n_territories:
        return None
    return Plan(relaxation.problem, home[relaxation.block])
