"""What the kernels of the search cost, on generated maps.

Cold proposals are those at the end of a cycle, where most are refused; hot ones those at its begin.
"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

import territorykit as tk
from benchmarks.micro import loops
from benchmarks.micro.conftest import Clock
from benchmarks.micro.maps import SIZES, annealed, border, copied, some_run
from territorykit.solve.kernels import anneal, join, power, refresh, spread
from territorykit.solve.kernels.arrays import LAMBDA, SCALE
from territorykit.solve.search.run import Run

PROPOSALS = 200_000
HEAT = {"hot": 0.4, "cold": 0.003}
"""Temperatures in typical changes, as at the begin and the end of a cycle."""
PRICE = {"hot": 2.0, "cold": 80.0}
SOME = 2000
"""Border nodes that one round of a loop goes through."""
TIMES = 50
NEAR = 12
PRICE_ROUNDS = 24
EVERY = pytest.mark.parametrize("name", SIZES)
SMALL = pytest.mark.parametrize("name", ["grid50", "delaunay3000"])


def some_border(run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Border nodes in no order, and a neighboring territory of each."""
    facts, labels = run.facts, run.state.labels
    nodes = np.random.default_rng(2).choice(border(run), SOME)
    around = (labels[facts.indices[facts.indptr[u] : facts.indptr[u + 1]]] for u in nodes)
    return nodes, np.array([next(b for b in near if b != labels[u]) for u, near in zip(nodes, around, strict=True)])


@EVERY
@pytest.mark.parametrize("phase", HEAT)
def test_proposals(clock: Clock, name: str, phase: str) -> None:
    run = annealed(name)
    scale = anneal.typical_change(run.facts, copied(run.state), 2000)
    price = PRICE[phase] / float(run.compiled.mass.mean())
    heat, hard = HEAT[phase], phase == "cold"

    def arguments() -> tuple[Any, ...]:
        state = copied(run.state)
        state.number[SCALE], state.number[LAMBDA] = scale, price
        return run.facts, state, PROPOSALS, heat, heat, price, price, hard, False, run.scratch

    clock.time(anneal.anneal, arguments, rounds=8)
    clock.count("proposals_per_second", PROPOSALS)


@EVERY
def test_refresh(clock: Clock, name: str) -> None:
    run = annealed(name)
    clock.time(refresh.refresh, lambda: (run.facts, copied(run.state)), rounds=10)


@EVERY
@pytest.mark.parametrize("kernel", [loops.judge_removable, loops.judge_cut_off])
def test_connection(clock: Clock, name: str, kernel: Any) -> None:  # noqa: ANN401 - a compiled function
    run = annealed(name)
    nodes, _ = some_border(run)
    clock.time(kernel, lambda: (run.facts, copied(run.state), nodes, run.scratch), rounds=20)
    clock.count("nodes_per_second", SOME)


@EVERY
@pytest.mark.parametrize("kernel", [loops.foresee, loops.there_and_back])
def test_moves(clock: Clock, name: str, kernel: Any) -> None:  # noqa: ANN401
    run = annealed(name)
    nodes, to = some_border(run)
    clock.time(kernel, lambda: (run.facts, copied(run.state), nodes, to), rounds=20)
    clock.count("moves_per_second", SOME if kernel is loops.foresee else 2 * SOME)


@SMALL
def test_swaps(clock: Clock, name: str) -> None:
    """Bands so narrow that hardly any node may pass alone: nearly every step looks for a partner."""
    run = annealed(name)
    middle = run.state.sizes
    facts = run.facts.replace(lower=middle - 1e-9, upper=middle + 1e-9)
    scale = anneal.typical_change(facts, copied(run.state), 2000)
    price = PRICE["cold"] / float(run.compiled.mass.mean())

    def arguments() -> tuple[Any, ...]:
        state = copied(run.state)
        refresh.refresh(facts, state)
        state.number[SCALE], state.number[LAMBDA] = scale, price
        return facts, state, PROPOSALS, 0.1, 0.1, price, price, True, False, run.scratch

    clock.time(anneal.anneal, arguments, rounds=5)
    clock.count("proposals_per_second", PROPOSALS)


@SMALL
@pytest.mark.parametrize(("power_of", "distance"), [(1, "planar"), (2, "planar"), (2, "great-circle")])
def test_recenter(clock: Clock, name: str, power_of: int, distance: Any) -> None:  # noqa: ANN401 - one of three words
    run = some_run(name, tk.Compactness("calls", power_of, distance=distance))
    clock.time(loops.recenter_all, lambda: (run.facts, copied(run.state), TIMES), rounds=10)
    clock.count("centers_per_second", TIMES * SIZES[name])


@SMALL
def test_center_cost(clock: Clock, name: str) -> None:
    run = some_run(name, tk.Compactness("calls", 1))
    nodes, _ = some_border(run)
    clock.time(loops.count_centers, lambda: (run.facts, copied(run.state), nodes), rounds=10)
    clock.count("centers_per_second", SOME)


@SMALL
def test_excess(clock: Clock, name: str) -> None:
    run = some_run(name, tk.Diameter())
    nodes, to = some_border(run)
    limit = 0.5 * spread.widest_chord(run.facts, run.state)
    clock.time(loops.count_excess, lambda: (run.facts, copied(run.state), nodes, to, limit), rounds=20)
    clock.count("nodes_per_second", SOME)


@SMALL
def test_proposals_with_a_largest_distance(clock: Clock, name: str) -> None:
    run = annealed(name, tk.Diameter())
    scale = anneal.typical_change(run.facts, copied(run.state), 2000)
    price = PRICE["cold"] / float(run.compiled.mass.mean())

    def arguments() -> tuple[Any, ...]:
        state = copied(run.state)
        state.number[SCALE], state.number[LAMBDA] = scale, price
        return run.facts, state, PROPOSALS // 10, 0.003, 0.003, price, price, True, False, run.scratch

    clock.time(anneal.anneal, arguments, rounds=5)
    clock.count("proposals_per_second", PROPOSALS // 10)


@EVERY
def test_spread_centers(clock: Clock, name: str) -> None:
    run, k = some_run(name), SIZES[name]
    point, mass = run.facts.point, run.compiled.mass
    seed = np.array([1, 2], np.uint64)
    clock.time(power.spread_centers, lambda: (point, mass, np.full((k, 3), np.nan), seed.copy()), rounds=5)


def cells(run: Run) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The nearest centers of each node, and what it costs there."""
    near = cKDTree(run.state.at).query(run.facts.point, k=NEAR)[1].astype(np.int32)
    cost = np.full(near.shape, np.inf)
    power.costs_of(run.facts, near, run.state.at, run.state.center, cost)
    return near, cost


@EVERY
def test_assign(clock: Clock, name: str) -> None:
    run = annealed(name)
    (near, cost), facts = cells(run), run.facts
    prices, labels = np.zeros(facts.lower.shape), np.zeros(len(near), np.int32)
    clock.time(power.assign, lambda: (near, cost, facts.loads, prices, facts.fixed, labels), rounds=20)


@EVERY
def test_balance(clock: Clock, name: str) -> None:
    """As many rounds of prices as between two moves of the centers; the bands are a point, so that none is spared."""
    run = annealed(name)
    (near, cost), facts = cells(run), run.facts
    middle = np.ones(facts.lower.shape)
    two = np.partition(cost, 1, axis=1)[:, :2]
    step = 0.05 * float(abs(two[:, 1] - two[:, 0]).mean() / facts.loads.mean())

    def arguments() -> tuple[Any, ...]:
        prices, steps, labels = np.zeros(middle.shape), np.full(middle.shape, step), np.zeros(len(near), np.int32)
        return near, cost, facts.loads, middle, middle, facts.fixed, prices, steps, PRICE_ROUNDS, labels

    clock.time(power.balance, arguments, rounds=5)
    clock.count("rounds_per_second", PRICE_ROUNDS)


@EVERY
def test_join_pieces(clock: Clock, name: str) -> None:
    """A hundredth of the nodes lie in territories somewhere else on the map."""
    run, rng = annealed(name), np.random.default_rng(3)
    facts, state, n = run.facts, run.state, run.compiled.n_nodes
    labels, prices = state.labels.copy(), np.zeros(facts.lower.shape)
    labels[rng.choice(n, n // 100, replace=False)] = rng.integers(0, SIZES[name], n // 100)
    clock.time(
        join.join_pieces,
        lambda: (facts, state.at, state.center, prices, run.compiled.mass, labels.copy()),
        rounds=5,
    )
