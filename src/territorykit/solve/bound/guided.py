"""A plan from the centers and prices of a bound."""

import numpy as np

from territorykit.model.plan import Plan
from territorykit.solve.bound.ascent import Raised
from territorykit.solve.bound.costs import Relaxation


def plan_of(relaxation: Relaxation, found: Raised) -> Plan:
    """Each unit goes to the chosen center in whose best territory it lies deepest, or from which it is least far."""
    rows, prices = relaxation.rows, found.prices.dual()
    chosen = found.chosen[found.chosen >= 0]
    depth = np.full((len(rows.load), len(chosen)), np.inf)
    for t, j in enumerate(chosen):
        row = slice(0, rows.ends[j, -1])
        units = rows.unit[j, row]
        score = rows.ratio[j, row] - prices.price[units] + prices.tilt[j] @ rows.share[:, units]
        depth[units, t] = score - prices.edge[j]
    home = depth.argmin(axis=1)
    first = np.unique(relaxation.block, return_index=True)[1]
    at = {int(unit): b for b, unit in enumerate(first)}
    for t, j in enumerate(chosen):
        if int(j) in at:  # no territory is left empty
            home[at[int(j)]] = t
    return Plan(relaxation.problem, home[relaxation.block])
