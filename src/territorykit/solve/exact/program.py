"""Integer programs built from arrays and handed to HiGHS directly, since searches solve hundreds of them a minute."""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csc_matrix

from territorykit._arrays import Floats

GAP = 1e-5
"""Relative gap at which an answer is good enough."""


@dataclass(frozen=True, slots=True)
class Program:
    """Minimise costs within rows; the first columns are 0 or 1, the others at least 0.

    Parameters
    ----------
    matrix
        Shape (n_rows, n_columns).
    cost
        Shape (n_columns,).
    lower, upper
        Shape (n_rows,): limits of the rows.
    n_binaries
        How many of the first columns are 0 or 1.
    """

    matrix: csc_matrix
    cost: Floats
    lower: Floats
    upper: Floats
    n_binaries: int

    def solve(self, start: Floats, most_nodes: int, seconds: float | None) -> Floats:
        """Values of all columns in the best answer, none where there is no answer.

        Parameters
        ----------
        start
            Shape (n_columns,): an answer to begin with.
        most_nodes
            Nodes of the branch-and-bound tree: a limit that gives the same answer everywhere.
        seconds
            Time limit, if any.
        """
        width, binary = len(self.cost), self.n_binaries
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = width, self.matrix.shape[0]
        lp.col_cost_ = self.cost
        lp.col_lower_ = np.zeros(width)
        lp.col_upper_ = np.concatenate([np.ones(binary), np.full(width - binary, np.inf)])
        lp.row_lower_, lp.row_upper_ = self.lower, self.upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = self.matrix.indptr, self.matrix.indices
        lp.a_matrix_.value_ = self.matrix.data
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger] * binary + [kinds.kContinuous] * (width - binary)
        solver = quiet(most_nodes, seconds)
        solver.passModel(lp)
        begin = highspy.HighsSolution()
        begin.col_value = start.tolist()
        solver.setSolution(begin)
        solver.run()
        values = np.asarray(solver.getSolution().col_value, float)
        if len(values) == width and not self._costs(values, float(solver.getInfo().objective_function_value)):
            solver.clearSolver()  # HiGHS 1.16 can misread a start and call it best at a cost that it does not have
            solver.run()
            values = np.asarray(solver.getSolution().col_value, float)
        return values

    def _costs(self, values: Floats, said: float) -> bool:
        """Whether an answer costs what the solver says."""
        cost = float(self.cost @ values)
        return abs(cost - said) <= 1e-5 * max(1.0, abs(cost))


class _Quiet(highspy.Highs):  # type: ignore[misc]
    """HiGHS greets on standard output as soon as callbacks are there: it is silenced before."""

    def enableCallbacks(self) -> Any:  # noqa: ANN401, N802 - highspy's own
        self.setOptionValue("output_flag", False)  # noqa: FBT003 - highspy's own signature
        return super().enableCallbacks()


def quiet(most_nodes: int, seconds: float | None) -> Any:  # noqa: ANN401 - highspy's class
    """A HiGHS that prints nothing, uses one thread, and stops at a number of nodes."""
    solver = _Quiet()
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - highspy's own signature
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", GAP)
    solver.setOptionValue("mip_max_nodes", most_nodes)
    if seconds is not None:
        solver.setOptionValue("time_limit", max(float(seconds), 0.01))
    return solver
