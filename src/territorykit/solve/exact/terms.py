"""What borders, diameters and nested groups add to the model."""

import numpy as np
from scipy.spatial.distance import cdist

from territorykit._arrays import Bools, Floats, Ints
from territorykit.criteria.sphere import arcs, unit_vectors
from territorykit.model.nesting import Nested
from territorykit.model.objective import BorderLength, Diameter
from territorykit.solve.exact.formulation import INF, Assignment
from territorykit.solve.exact.model import numbered


def add_terms(assignment: Assignment) -> None:
    """Add what the objective and the requirements need beyond the assignment."""
    terms = assignment.layout.problem.terms
    border = sum(term.weight for term in terms if isinstance(term, BorderLength))
    if border:
        _borders(assignment, border)
    for distance in ("planar", "great-circle"):
        weight = sum(term.weight for term in terms if isinstance(term, Diameter) and term.distance == distance)
        if weight:
            _diameter(assignment, distance, weight)
    for i, rule in enumerate(assignment.layout.problem.of_type(Nested)):
        _nested(assignment, i, rule)


def _borders(assignment: Assignment, weight: float) -> None:
    """An edge is cut in a column that holds its one end and not the other; one such column counts."""
    layout, model, x = assignment.layout, assignment.model, assignment.x
    graph = layout.problem.graph
    ends = layout.node[graph.edges].reshape(-1, 2)
    lengths = np.asarray(graph.border_lengths)
    ends, lengths = ends[ends[:, 0] != ends[:, 1]], lengths[ends[:, 0] != ends[:, 1]]
    ends, place = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    lengths = np.bincount(place.ravel(), lengths, len(ends)).astype(np.float64)
    edge, column = np.nonzero(x[ends[:, 0]] >= 0) if len(ends) else (np.zeros(0, np.int64),) * 2
    d = model.add_columns(numbered("cut", edge, column), weight * lengths[edge], integer=False)
    one, other = x[ends[edge, 0], column], x[ends[edge, 1], column]
    for name, cut, a, b in zip(numbered("cut", edge, column), d, one, other, strict=True):
        there = b >= 0
        model.add(name, np.array([a, cut, b] if there else [a, cut]), [1.0, -1, -1] if there else [1.0, -1], -INF, 0.0)

    def complete(values: Floats) -> None:
        values[d] = np.maximum(values[one] - np.where(other >= 0, values[other], 0.0), 0.0)

    model.completions.append(complete)


def between(assignment: Assignment, distance: str) -> Floats:
    """The largest distance between two units of each pair of nodes, shape (n_nodes, n_nodes)."""
    layout, graph = assignment.layout, assignment.layout.problem.graph
    if distance == "planar":
        away = cdist(graph.xy, graph.xy)
    else:
        points = unit_vectors(np.asarray(graph.lonlat))
        away = arcs(cdist(points, points))
    order = np.argsort(layout.node, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(layout.node[order]) > 0])
    rows = np.maximum.reduceat(away[order], starts, axis=0)
    return np.maximum.reduceat(rows[:, order], starts, axis=1)


def _diameter(assignment: Assignment, distance: str, weight: float) -> None:
    """No two nodes of a column are further apart than the diameter."""
    model, x = assignment.model, assignment.x
    away = between(assignment, distance)
    unit = max(float(away.max()), 1e-300)
    away = away / unit
    name = "diameter_" + ("plane" if distance == "planar" else "sphere")
    column = int(model.add_columns([name], np.array([weight * unit]), integer=False)[0])
    least = float(np.diag(away).max())
    model.add(f"{name}_least", np.array([column]), 1.0, least, INF)
    for a, b in np.argwhere(np.triu(away > least, 1)):
        for c in np.flatnonzero((x[a] >= 0) & (x[b] >= 0)):
            columns, values, most = assignment.unless_open(int(c), x[[a, b], c], away[a, b], away[a, b])
            model.add(f"{name}_{a}_{b}_{c}", np.r_[columns, column], np.r_[values, -1.0], -INF, most)

    def complete(values: Floats) -> None:
        chosen = np.where(x >= 0, values[x], 0.0)
        home = chosen.argmax(axis=1)
        values[column] = float((away * (home[:, None] == home[None])).max())

    model.completions.append(complete)


def _nested(assignment: Assignment, i: int, rule: Nested) -> None:
    """Splits of groups: columns say whether a territory holds some of a group, all of it, or others too."""
    layout, model = assignment.layout, assignment.model
    groups = layout.problem.groups(rule)
    budget = []
    for g in range(int(groups.max(initial=-1)) + 1):
        inside = np.zeros(layout.n_nodes, bool)
        inside[layout.node[groups == g]] = True
        outside = np.zeros(layout.n_nodes, bool)
        outside[layout.node[groups != g]] = True
        if not outside.any():
            continue  # no territory has units outside: nothing crosses
        budget.append(_group(assignment, f"{i}_{g}", inside, outside))
    if budget:
        columns = np.concatenate(budget)
        values = np.concatenate([np.r_[np.ones(len(b) - 1), -1.0] for b in budget])
        model.add(f"splits_{i}", columns, values, -INF, float(rule.max_splits))


def _group(assignment: Assignment, name: str, inside: Bools, outside: Bools) -> Ints:
    """The columns that count the splits of a group: one for each territory that crosses it, less the last one.

    A node may have units of the group and others. The last column is 1 only where all territories that hold some
    of the group cross it.
    """
    model, x = assignment.model, assignment.x
    own, others = np.flatnonzero(inside), np.flatnonzero(outside)
    columns = np.flatnonzero((x[own] >= 0).any(axis=0))
    zeros = np.zeros(len(columns))
    some, whole, more, cross = (
        model.add_columns(numbered(f"{word}_{name}", columns), zeros, integer=False)
        for word in ("some", "whole", "more", "cross")
    )
    all_cross = int(model.add_columns([f"all_{name}"], np.zeros(1), integer=False)[0])
    for j, c in enumerate(columns):
        for b in own:
            if x[b, c] < 0:
                model.add(f"whole_{name}_{b}_{c}", whole[[j]], 1.0, -INF, 0.0)
                continue
            model.add(f"some_{name}_{b}_{c}", np.array([x[b, c], some[j]]), [1.0, -1.0], -INF, 0.0)
            model.add(f"whole_{name}_{b}_{c}", np.array([whole[j], x[b, c]]), [1.0, -1.0], -INF, 0.0)
        for b in others[x[others, c] >= 0]:
            model.add(f"more_{name}_{b}_{c}", np.array([x[b, c], more[j]]), [1.0, -1.0], -INF, 0.0)
        four = np.array([some[j], whole[j], more[j], cross[j]])
        model.add(f"cross_{name}_{c}", four, [1.0, -1.0, 1.0, -1.0], -INF, 1.0)
        model.add(f"all_{name}_{c}", np.array([all_cross, some[j], cross[j]]), [1.0, 1.0, -1.0], -INF, 1.0)

    def complete(values: Floats) -> None:
        chosen = np.where(x >= 0, values[x], 0.0)[:, columns]
        values[some] = chosen[own].max(axis=0)
        values[whole] = chosen[own].min(axis=0)
        values[more] = chosen[others].max(axis=0)
        values[cross] = np.maximum(values[some] - values[whole] + values[more] - 1.0, 0.0)
        values[all_cross] = float((values[cross] >= values[some]).all())

    model.completions.append(complete)
    return np.asarray(np.r_[cross, all_cross], np.int64)
