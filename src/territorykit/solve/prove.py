"""A plan and its bound, driven towards each other until they meet."""

import logging
import math
from dataclasses import replace

import numpy as np

from territorykit._arrays import Bools, Ints
from territorykit.criteria.objective import best_centers, objective
from territorykit.criteria.violations import violations
from territorykit.errors import NoPlanError, RequirementError
from territorykit.model.objective import Compactness
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.result import Bound, Result, Status, TracePoint
from territorykit.solve.bound.ascent import Raised
from territorykit.solve.bound.bound import as_bound, start_tree
from territorykit.solve.bound.costs import relax
from territorykit.solve.bound.net import bound_on_net, needs_net
from territorykit.solve.bound.tree import Tree
from territorykit.solve.exact.hess import solve_hess
from territorykit.solve.progress import Observer
from territorykit.solve.solve import SOLVED, gap_of, solve
from territorykit.solve.stop import Progress, Stop
