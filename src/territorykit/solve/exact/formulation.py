"""The model of Hess et al. (1965) and what the library's requirements add to it.

Hess, S. W., Weaver, J. B., Siegfeldt, H. J., Whelan, J. N., Zitlau, P. A. (1965). Nonpartisan political
redistricting by computer. *Operations Research*, 13(6), 998-1006.
"""

from dataclasses import dataclass, field

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.model.disruption import MaxMoved
from territorykit.model.requirements import Apart
from territorykit.solve.exact.layout import Layout
from territorykit.solve.exact.model import Clock, Model, named, no_clock, numbered

INF = float("inf")
SCALE = 1e4
"""What a plan costs in the solver's numbers."""


@dataclass(slots=True)
class Assignment:
    """The columns that say which node belongs where, and the rows that every plan keeps.

    `x` (n_nodes, n_columns) holds the position of each column of the model, -1 where a node may not go; `z`
    (n_columns, n_classes) says as which class a unit is opened, empty where there is one class only.
    """

    layout: Layout
    clock: Clock = no_clock
    model: Model = field(init=False)
    x: Ints = field(init=False)
    z: Ints = field(init=False)
    scale: float = field(init=False, default=1.0)

    def __post_init__(self) -> None:
        layout = self.layout
        self.model = Model(clock=self.clock)
        node, column = np.nonzero(layout.open_to)
        self.x = np.full(layout.open_to.shape, -1, np.int64)
        self.x[node, column] = self.model.add_columns(
            numbered("x", node, self._label(column)), layout.cost[node, column]
        )
        self.z = np.zeros((layout.n_columns, 0), np.int64)
        if layout.by_unit and layout.n_classes > 1:
            names = numbered("z", *np.divmod(np.arange(layout.n_columns * layout.n_classes), layout.n_classes))
            self.z = self.model.add_columns(names, np.zeros(len(names))).reshape(layout.n_columns, layout.n_classes)
        self._once()
        self._opened()
        self._sizes()
        self._locks()
        self._apart()
        self._moves()
        self._far()
        self._extra()

    def _label(self, column: Ints) -> Ints:
        """What a column is called: by its unit, or its territory; bases beside units are numbered after them."""
        layout = self.layout
        if not layout.by_unit:
            return column
        return np.where(layout.base[column] < 0, layout.root[column], len(layout.node) + layout.base[column])

    def opening(self, c: int) -> int:
        """The model's column that says whether column c is used, -1 where it always is.

        Where bases stand beside units, theirs is always 1.
        """
        layout = self.layout
        if not layout.by_unit:
            return -1
        if layout.base[c] >= 0:
            return int(self.z[c, layout.class_of[layout.base[c]]])
        return int(self.x[layout.node[layout.root[c]], c])

    def unless_open(self, c: int, columns: Ints, values: Floats | float, most: float) -> tuple[Ints, Floats, float]:
        """Columns, values and side of a row that asks for at most so much where c is used, and 0 elsewhere."""
        values = np.broadcast_to(np.asarray(values, np.float64), np.shape(columns))
        opening = self.opening(c)
        if opening < 0:
            return columns, values, most
        return np.r_[columns, opening], np.r_[values, -most], 0.0

    def _once(self) -> None:
        """Every node belongs somewhere, once; as many units are opened as there are territories, none is empty."""
        layout, model = self.layout, self.model
        for b in range(layout.n_nodes):
            model.add(f"assign_{b}", self.x[b][self.x[b] >= 0], 1.0, 1.0, 1.0)
        if not layout.by_unit:
            for c in range(layout.n_columns):
                model.add(f"used_{c}", self.x[:, c][self.x[:, c] >= 0], 1.0, 1.0, INF)
            return
        openings = np.array([self.opening(c) for c in range(layout.n_columns)], np.int64)
        k = float(layout.problem.n_territories)
        model.add("territories", openings, 1.0, k, k)
        for g in range(self.z.shape[1]):
            wanted = float((layout.class_of == g).sum())
            model.add(f"class_{g}", self.z[:, g], 1.0, wanted, wanted)
        for c in range(layout.n_columns if self.z.size else 0):
            row = np.r_[self.z[c], openings[c]]
            model.add(f"role_{self._name(c)}", row, np.r_[np.ones(self.z.shape[1]), -1.0], 0.0, 0.0)
        for c in np.flatnonzero(layout.base >= 0).tolist():
            model.add(f"based_{self._name(c)}", openings[[c]], 1.0, 1.0, 1.0)
            model.add(f"used_{self._name(c)}", self.x[:, c][self.x[:, c] >= 0], 1.0, 1.0, INF)

    def _name(self, c: int) -> int:
        return int(self._label(np.array([c]))[0])

    def _opened(self) -> None:
        """Nothing belongs to a unit that is not opened."""
        if not self.layout.by_unit:
            return
        for c in range(self.layout.n_columns):
            opening, root = self.opening(c), self._name(c)
            for b in np.flatnonzero(self.x[:, c] >= 0):
                if self.x[b, c] != opening:
                    self.model.add(f"open_{b}_{root}", np.array([self.x[b, c], opening]), np.array([1.0, -1]), -INF, 0)

    def _sizes(self) -> None:
        """Sizes stay within their limits: those of the class that a unit is opened as, or of the territory."""
        limits = self.layout.limits()
        for (_, word), (weight, lower, upper) in zip(named(list(limits)), limits.values(), strict=True):
            for c in range(self.layout.n_columns):
                own = np.flatnonzero(self.x[:, c] >= 0)
                self._size(f"{word}_{self._name(c)}", c, self.x[own, c], weight[own], (lower, upper))

    def _size(self, name: str, c: int, columns: Ints, weight: Floats, limits: tuple[Floats, Floats]) -> None:
        lower, upper = limits
        if not self.layout.by_unit:
            self.model.add(f"size_{name}", columns, weight, lower[c] if lower[c] > 0 else -INF, upper[c])
            return
        opened = self.z[c] if self.z.size else np.array([self.opening(c)])
        if (lower > 0).any():
            self.model.add(f"least_{name}", np.r_[columns, opened], np.r_[weight, -lower], 0.0, INF)
        if np.isfinite(upper).any():
            most = np.where(np.isfinite(upper), upper, weight.sum())
            self.model.add(f"most_{name}", np.r_[columns, opened], np.r_[weight, -most], -INF, 0.0)

    def _locks(self) -> None:
        """A locked node belongs to the unit that is opened as its territory."""
        layout = self.layout
        if not layout.by_unit:
            return
        homes = layout.problem.fixed()
        nodes = layout.node[layout.problem.graph.positions(list(homes))].tolist()
        for b, t in sorted(set(zip(nodes, homes.values(), strict=True))):
            for c in range(layout.n_columns) if self.z.size else ():
                pair = np.array([self.x[b, c], self.z[c, layout.class_of[t]]])
                both = pair[0] >= 0
                self.model.add(f"lock_{b}_{c}", pair if both else pair[1:], [1.0, -1.0] if both else [1.0], 0.0, 0.0)

    def _apart(self) -> None:
        layout = self.layout
        units = [unit for r in layout.problem.of_type(Apart) for pair in r.pairs for unit in pair]
        pairs = np.sort(layout.node[layout.problem.graph.positions(units)].reshape(-1, 2), axis=1)
        for a, b in np.unique(pairs, axis=0).tolist():
            for c in np.flatnonzero((self.x[a] >= 0) & (self.x[b] >= 0)):
                columns, values, most = self.unless_open(int(c), self.x[[a, b], c], 1.0, 1.0)
                self.model.add(f"apart_{a}_{b}_{c}", columns, values, -INF, most)

    def _moves(self) -> None:
        """What leaves its territory of today, over all units; where columns are units, a column says what does."""
        layout, problem = self.layout, self.layout.problem
        for i, r in enumerate(problem.of_type(MaxMoved)):
            values = np.ones(len(layout.node)) if r.activity is None else problem.graph.activity(r.activity).values
            today, scale = problem.incumbent(r), 1000.0 / values.sum()
            weight = np.zeros((layout.n_nodes, problem.n_territories))
            known = today >= 0
            np.add.at(weight, (layout.node[known], today[known]), values[known] * scale)
            moving = weight.sum(axis=1, keepdims=True) - weight  # what moves with a node that goes to a territory
            most = (r.share + 1e-9) * 1000.0
            if not layout.by_unit:
                b, c = np.nonzero(self.x >= 0)
                self.model.add(f"moved_{i}", self.x[b, c], moving[b, c], -INF, most)
            elif self.z.size:
                b, t = np.nonzero(weight)
                gone = self._gone(i, b, t)
                self.model.add(f"moved_{i}", gone, weight[b, t], -INF, most)

    def _gone(self, i: int, node: Ints, territory: Ints) -> Ints:
        """Columns that are 1 where a node is not in a territory: its center is opened as another one."""
        gone = self.model.add_columns(numbered(f"gone_{i}", node, territory), np.zeros(len(node)), integer=False)
        for column, b, t in zip(gone, node, territory, strict=True):
            for c in np.flatnonzero(self.x[b] >= 0):
                three = np.array([self.x[b, c], self.z[c, self.layout.class_of[t]], column])
                self.model.add(f"gone_{i}_{b}_{t}_{c}", three, np.array([1.0, -1.0, -1.0]), -INF, 0.0)

        def complete(values: Floats) -> None:
            values[gone] = 1.0 - self._inside(values)[node, territory]

        self.model.completions.append(complete)
        return gone

    def _inside(self, values: Floats) -> Floats:
        """Whether each node is in each territory, shape (n_nodes, n_territories); for classes of one."""
        chosen = np.where(self.x >= 0, values[self.x], 0.0)
        return np.asarray(chosen @ values[self.z[:, self.layout.class_of]], np.float64)

    def _far(self) -> None:
        """A unit that stands for a territory with a free base holds nothing that is too far from it."""
        layout = self.layout
        if layout.far is None:
            return
        classes = np.unique(layout.class_of[layout.free])
        for b, c in np.argwhere(layout.far & (self.x >= 0)).tolist():
            row = np.r_[self.x[b, c], self.z[c, classes]]
            self.model.add(f"far_{b}_{self._name(c)}", row, 1.0, -INF, 1.0)

    def _extra(self) -> None:
        """What depends on the territory's name where columns are units: it may cost, or not be allowed."""
        layout, k = self.layout, self.layout.problem.n_territories
        if not layout.by_unit or not self.z.size:
            self._single_extra()
            return
        if layout.bars is not None:
            for b, t in np.argwhere(layout.bars):
                for c in np.flatnonzero(self.x[b] >= 0):
                    pair = np.array([self.x[b, c], self.z[c, layout.class_of[t]]])
                    self.model.add(f"barred_{b}_{t}_{c}", pair, 1.0, -INF, 1.0)
        if layout.extra is None:
            return
        node, territory = np.divmod(np.arange(layout.n_nodes * k), k)
        u = self.model.add_columns(numbered("u", node, territory), layout.extra.ravel(), integer=False).reshape(
            layout.n_nodes, k
        )
        for b in range(layout.n_nodes):
            self.model.add(f"name_{b}", u[b], 1.0, 1.0, 1.0)
            for c in np.flatnonzero(self.x[b] >= 0):
                for t in range(k):
                    three = np.array([self.x[b, c], self.z[c, layout.class_of[t]], u[b, t]])
                    self.model.add(f"name_{b}_{t}_{c}", three, np.array([1.0, 1.0, -1.0]), -INF, 1.0)

        def complete(values: Floats) -> None:
            values[u] = self._inside(values)

        self.model.completions.append(complete)

    def _single_extra(self) -> None:
        """The same for a single territory: it holds every node."""
        layout = self.layout
        if layout.by_unit and layout.bars is not None and layout.bars.any():
            self.model.impossible = True
        if layout.by_unit and layout.extra is not None:
            own = np.flatnonzero(self.x[0] >= 0)
            self.model.cost[0] = self.model.cost[0].copy()
            self.model.cost[0][self.x[0, own]] += layout.extra.sum()

    def rescale(self, known: float | None) -> None:
        """Bring costs to a size that solvers are made for; `known` is what a plan costs, if that is known."""
        costs = np.abs(self.model.costs())
        size = abs(known) if known else float(costs.max(initial=0.0)) * self.layout.n_nodes
        if size > 0:
            self.scale = size / SCALE
            self.model.cost = [cost / self.scale for cost in self.model.cost]

    def values_of(self, labels: Ints) -> Floats | None:
        """The model's values for a plan, None where the model does not hold it.

        Parameters
        ----------
        labels
            Shape (n_units,).
        """
        layout, k = self.layout, self.layout.problem.n_territories
        first = np.unique(layout.node, return_index=True)[1]
        home = labels[first]
        if (home[layout.node] != labels).any() or len(np.unique(labels)) < k:
            return None
        values = np.zeros(self.model.n_columns)
        for t in range(k):
            own = home == t
            column = layout.column_for(own, t)
            if column < 0:
                return None
            if self.z.size:
                values[self.z[column, layout.class_of[t]]] = 1.0
            places = self.x[own, column]
            if (places < 0).any():
                return None
            values[places] = 1.0
        return self.model.complete(values)

    def labels_of(self, values: Floats) -> Ints:
        """The plan that values of the model stand for, shape (n_units,)."""
        layout, k = self.layout, self.layout.problem.n_territories
        column = np.where(self.x >= 0, values[self.x], -1.0).argmax(axis=1)
        if not layout.by_unit:
            return np.asarray(column[layout.node], np.int64)
        name = np.full(layout.n_columns, -1, np.int64)
        waiting = {g: list(np.flatnonzero(layout.class_of == g)) for g in range(layout.n_classes)}
        for c in np.unique(column):
            g = int(values[self.z[c]].argmax()) if self.z.size else 0
            name[c] = waiting[g].pop(0) if waiting[g] else k - 1
        return np.asarray(name[column][layout.node], np.int64)
