"""The cheapest plan that can be put together from given territories, as a set partitioning problem.

Garfinkel, R. S., Nemhauser, G. L. (1970). Optimal political districting by implicit enumeration techniques.
*Management Science*, 16(8), B-495-B-508, choose districts so from all that are feasible; here, from those at hand.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, vstack

from territorykit._arrays import Floats, Ints
from territorykit.solve.exact.program import Program


@dataclass(frozen=True, slots=True)
class Choice:
    """Territories to choose from: columns of nodes that each covers, what each costs, and as what it may serve.

    Parameters
    ----------
    covers
        Shape (n_nodes, n_columns), 1 where a territory holds a node.
    cost
        Shape (n_columns,).
    role
        Shape (n_columns,): as which territory of the plan each may serve.
    wanted
        Shape (n_roles,): how many of each role there are.
    now
        Positions of a plan's columns, where the solver starts.
    """

    covers: csc_matrix
    cost: Floats
    role: Ints
    wanted: Ints
    now: Ints

    def best(self, most_nodes: int, seconds: float | None) -> Ints | None:
        """Columns of the cheapest plan found, None where nothing was found."""
        width = len(self.cost)
        roles = csc_matrix((np.ones(width), (self.role, np.arange(width))), shape=(len(self.wanted), width))
        matrix = vstack([_distinct(self.covers), roles]).tocsc()
        sides = np.concatenate([np.ones(matrix.shape[0] - len(self.wanted)), self.wanted])
        program = Program(matrix, self.cost / max(float(np.abs(self.cost).mean()), 1e-300), sides, sides, width)
        start = np.zeros(width)
        start[self.now] = 1.0
        value = program.solve(start, most_nodes, seconds)
        chosen = np.flatnonzero(value > 0.5) if len(value) == width else np.zeros(0, np.int64)  # noqa: PLR2004
        once = np.asarray(self.covers[:, chosen].sum(axis=1)).ravel() == 1
        return chosen if len(chosen) == self.wanted.sum() and once.all() else None


def _distinct(covers: csc_matrix) -> csc_matrix:
    """Rows that differ: nodes that every territory holds together count as one."""
    rng = np.random.default_rng(0)
    mark = covers @ rng.random((covers.shape[1], 2))
    first = np.unique(mark, axis=0, return_index=True)[1]
    return covers.tocsr()[np.sort(first)].tocsc()
