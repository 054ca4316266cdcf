"""A problem as arrays: what the searches work on.

Units that must stay together become one node, so that no search can ever part them. A group whose units
do not touch is joined with the units on the shortest way between them: a restriction that costs little
where groups are close, and keeps every move simple. Units locked to one territory are joined alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from territorykit._arrays import Floats, Ints, along_curve
from territorykit.model.disruption import MaxMoved
from territorykit.model.nesting import Nested
from territorykit.model.plan import Plan
from territorykit.model.problem import Problem
from territorykit.model.requirements import Apart, Balance, Contiguous
from territorykit.model.workload import BalancedWorkload
from territorykit.solve.hours import hours_without_ways, work_facts
from territorykit.solve.kernels import around
from territorykit.solve.kernels.arrays import Array, Facts
from territorykit.solve.measures import Width, adjacency, chiefs, edge_costs, limited_ways, measures
from territorykit.solve.ways import join_groups

LEAST_WEIGHT = 0.01
"""What a unit without weight counts for in the search, as a fraction of the mean, so that it has a place too."""


UNLIMITED = 1e12
"""The upper limit of a size that has none, in mean sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A problem as arrays.

    Parameters
    ----------
    problem
        The problem.
    facts
        What the kernels need.
    node
        Shape (n_units,): the node of each unit.
    mass
        Shape (n_nodes,): mean of the limited activities, each as a fraction of its target size.
    points
        Shape (n_territories, 3): given centers in the kernels' coordinates, NaN where free.
    widths
        The largest distances that the objective asks for, each by its own metric.
    component
        Shape (n_nodes,): connected component of each node; all 0 where territories may fall apart.
    chief
        Shape (n_nodes,): the heaviest unit of each node, from which its ways begin.
    """

    problem: Problem
    facts: Facts
    node: Ints
    mass: Floats
    points: Floats
    widths: tuple[Width, ...]
    component: Ints
    chief: Ints

    @property
    def for_first_plans(self) -> "Compiled":
        """The same where hours without ways to and from centers are to be in the band of those with them.

        Where centers will be is not known before there is a plan.
        """
        found = self.problem.of_type(BalancedWorkload)
        if not found:
            return self
        lower, upper = self.facts.lower.copy(), self.facts.upper.copy()
        lower[:, -1], upper[:, -1] = 1 - found[0].tolerance, 1 + found[0].tolerance
        return replace(self, facts=self.facts.replace(lower=lower, upper=upper))

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.facts.point)

    def labels_of_nodes(self, plan: Plan) -> Ints:
        """Node labels from a plan; a node whose units differ takes the most frequent label."""
        n, k = self.n_nodes, self.problem.n_territories
        votes = coo_matrix((np.ones(len(self.node)), (self.node, plan.labels)), shape=(n, k)).tocsr()
        labels = np.asarray(votes.argmax(axis=1)).ravel()
        return np.where(self.facts.fixed >= 0, self.facts.fixed, labels)

    def labels_of_units(self, labels: Array) -> Ints:
        """Unit labels from node labels."""
        return labels[self.node].astype(np.int64)


def size_limits(problem: Problem) -> dict[str, tuple[Floats, Floats]]:
    """Least and greatest sizes by activity, shapes (n_territories,), over all `Balance` and `Capacity`."""
    k = problem.n_territories
    limits: dict[str, tuple[Floats, Floats]] = {}
    for r in problem.bands:
        if isinstance(r, Balance):
            targets = problem.targets(r)
            lower, upper = targets * (1 - r.tolerance), targets * (1 + r.tolerance)
        else:
            lower, upper = np.broadcast_to(r.lower, k), np.broadcast_to(r.upper, k)
        before = limits.get(r.activity, (np.zeros(k), np.full(k, np.inf)))
        limits[r.activity] = (np.maximum(before[0], lower), np.minimum(before[1], upper))
    return limits


def compile_problem(problem: Problem) -> Compiled:
    """Bring a problem into arrays; coordinates are shifted to the middle of the map."""
    graph = problem.graph
    node = _along_curve(join_groups(problem), graph.xy)
    n = int(node.max()) + 1
    goal = measures(problem, node, problem.center_weights)
    loads, lower, upper = _sizes(problem, node, n)
    matrix = adjacency(problem, node, n, np.ones(len(graph.edges)))
    contiguous = bool(problem.of_type(Contiguous))
    apart_ptr, apart_idx = _apart(problem, node, n)
    weight = _floor(goal.weight)
    chief = chiefs(node, problem.center_weights, n)
    indptr, indices = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    edge_cost = edge_costs(problem, node, n)
    around.sort_around(indptr, indices, goal.flat, edge_cost)
    facts = Facts(
        **(goal.facts() | {"weight": weight}),
        indptr=indptr,
        indices=indices,
        links=around.links(indptr, indices),
        edge_cost=edge_cost,
        loads=loads,
        lower=lower,
        upper=upper,
        fixed=_fixed(problem, node, n),
        apart_ptr=apart_ptr,
        apart_idx=apart_idx,
        allowed=_allowed(problem, node, n),
        near=np.empty((n, 0), np.int32),
        **limited_ways(problem, node, problem.center_weights),
        **work_facts(problem, node, chief),
        contiguous=contiguous,
        **_moves(problem, node, n),
        **_groups(problem, node, n),
    )
    component = connected_components(matrix, directed=False)[1] if contiguous else np.zeros(n)
    mass = loads.mean(axis=1) if loads.shape[1] else weight / weight.sum() * problem.n_territories
    return Compiled(problem, facts, node, _floor(mass), goal.points, goal.widths, component.astype(np.int64), chief)


def _along_curve(node: Ints, xy: Floats) -> Ints:
    """Number the nodes along Morton's curve, so that neighbors are close in memory.

    Searches are several times faster for it on large maps whose units come in any order, and their plan
    hardly depends on that order.
    """
    first = np.unique(node, return_index=True)[1]
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((first, along_curve(xy)[first]))] = np.arange(len(first))
    return rank[node]


def _floor(values: Array) -> Floats:
    floored: Floats = np.maximum(values, LEAST_WEIGHT * max(values.mean(), 1e-300))
    return floored


def _sizes(problem: Problem, node: Ints, n: int) -> tuple[Floats, Floats, Floats]:
    """Loads (n, m) and limits (k, m), each activity in fractions of its mean size.

    Where hours with driving are limited, hours without ways to and from the center come last, without a limit.
    """
    limits, k = size_limits(problem), problem.n_territories
    work = [hours_without_ways(problem, r.workload) for r in problem.of_type(BalancedWorkload)]
    loads = np.zeros((n, len(limits) + len(work)))
    lower, upper = np.zeros((k, loads.shape[1])), np.full((k, loads.shape[1]), UNLIMITED)
    for i, hours in enumerate(work, start=len(limits)):
        loads[:, i] = np.bincount(node, hours / (hours.sum() / k), n)
    for i, (name, (low, high)) in enumerate(limits.items()):
        values = problem.graph.activity(name).values
        mean = values.sum() / k
        loads[:, i] = np.bincount(node, values / mean, n)
        lower[:, i], upper[:, i] = low / mean, np.minimum(high / mean, UNLIMITED)
    return loads, lower, upper


def _fixed(problem: Problem, node: Ints, n: int) -> Array:
    fixed = np.full(n, -1, np.int32)
    homes = problem.fixed()
    fixed[node[problem.graph.positions(list(homes))]] = list(homes.values())
    return fixed


def _moves(problem: Problem, node: Ints, n: int) -> dict[str, Any]:
    """Limits on moves: today's territory of each node, what moves with it, and how much may."""
    rules, k = problem.of_type(MaxMoved), problem.n_territories
    home, load, most = np.full((len(rules), n), -1, np.int32), np.zeros((len(rules), n)), np.zeros(len(rules))
    for i, rule in enumerate(rules):
        values = np.ones(len(node)) if rule.activity is None else problem.graph.activity(rule.activity).values
        mean = max(values.sum() / k, 1e-300)
        today = problem.incumbent(rule)
        load[i] = np.bincount(node, np.where(today >= 0, values, 0.0), n) / mean
        light_first = np.argsort(values, kind="stable")
        light_first = light_first[today[light_first] >= 0]
        home[i, node[light_first]] = today[light_first]
        most[i] = rule.share * k
    return {"home": home, "move_load": load, "most_moved": most}


def _groups(problem: Problem, node: Ints, n: int) -> dict[str, Any]:
    """The groups of each node that territories nest with: those of each `Nested` after those of the one before."""
    rules = problem.of_type(Nested)
    group, first = np.empty((len(rules), n), np.int32), np.zeros(len(rules) + 1, np.int32)
    for i, rule in enumerate(rules):
        of_units = problem.groups(rule)
        none = int(of_units.max(initial=-1)) + 1
        group[i, node] = first[i] + np.where(of_units >= 0, of_units, none)
        first[i + 1] = first[i] + none + 1
    most = np.array([rule.max_splits for rule in rules], np.int32)
    return {"group": group, "group_ptr": first, "n_groups": int(first[-1]), "most_splits": most}


def _apart(problem: Problem, node: Ints, n: int) -> tuple[Array, Array]:
    pairs = [pair for r in problem.of_type(Apart) for pair in r.pairs]
    if not pairs:
        return np.zeros(n + 1, np.int32), np.empty(0, np.int32)
    one, other = node[problem.graph.positions([unit for pair in pairs for unit in pair])].reshape(-1, 2).T
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    matrix = coo_matrix((np.ones(len(both[0])), both), shape=(n, n)).tocsr()
    matrix.sum_duplicates()
    return matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)


def _allowed(problem: Problem, node: Ints, n: int) -> Array:
    """Where nodes may go by the travel limit to the base: every unit of a node must be within it."""
    metres, minutes = (problem.reach("base", measure) for measure in ("metres", "minutes"))
    if min(metres, minutes) == np.inf:
        return np.empty((0, 0), np.uint8)
    allowed = np.ones((n, problem.n_territories), np.uint8)
    units = np.arange(len(node))
    for t in np.flatnonzero(problem.given_bases):
        far = np.zeros(len(node), bool)
        if problem.bases is not None and metres < np.inf:
            far |= np.hypot(*(problem.graph.xy - problem.bases[t]).T) > metres * (1 + 1e-9)
        if problem.travel is not None and minutes < np.inf:
            far |= problem.travel.minutes_from_bases(t, units) > minutes * (1 + 1e-9)
        allowed[node[far], t] = 0
    return allowed


def territories_of_components(compiled: Compiled) -> Mapping[int, Ints]:
    """Which territories each component of the map gets: as many as its share of the mass asks for.

    Territories that locked nodes hold in a component belong to it. The rest go out by the greatest need:
    mass of the component over the targets already there, as long as a component has nodes for them.
    """
    facts, component = compiled.facts, compiled.component
    n_components = int(component.max()) + 1
    k = compiled.problem.n_territories
    if n_components == 1:
        return {0: np.arange(k)}
    target = _middle_sizes(facts)
    need = np.bincount(component, compiled.mass, n_components)
    home = np.full(k, -1, np.int64)
    locked = np.flatnonzero(facts.fixed >= 0)
    home[facts.fixed[locked]] = component[locked]
    held = np.bincount(home[home >= 0], target[home >= 0], n_components)
    empty = np.bincount(home[home >= 0], minlength=n_components) == 0
    room = np.bincount(component[facts.fixed < 0], minlength=n_components)
    for t in sorted(np.flatnonzero(home < 0), key=lambda t: -target[t]):
        open_to = (room > 0) & (empty | ~(empty & (room > 0)).any())
        chosen = int(np.argmax(np.where(open_to, need - held, -np.inf)))
        home[t] = chosen
        held[chosen] += target[t]
        empty[chosen] = False
        room[chosen] -= 1
    return {c: np.flatnonzero(home == c) for c in range(n_components)}


def _middle_sizes(facts: Facts) -> Floats:
    """What each territory should get of the mass: the middle of its bands, or an equal share."""
    k, m = facts.lower.shape
    if m == 0:
        return np.ones(k)
    middle = np.where(facts.upper < 1e11, (facts.lower + facts.upper) / 2, np.maximum(1.0, facts.lower))  # noqa: PLR2004
    means: Floats = middle.mean(axis=1)
    return means
