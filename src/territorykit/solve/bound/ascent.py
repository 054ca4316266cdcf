"""Prices that prove a bound: where they start, and how they are raised."""

import time
from dataclasses import dataclass

import numpy as np

from territorykit._arrays import Floats, Ints
from territorykit.solve.bound.costs import Relaxation
from territorykit.solve.kernels.lagrange import FAR, Dual, Pace, ascend, choose, highest, value_all

ROOT = Pace(iterations=4000, length=0.5, shortest=0.008, patience=25, memory=0.5)
"""How the first ascent goes: until it stalls."""

NODE = Pace(iterations=150, length=0.5, shortest=0.02, patience=12, memory=0.5)
"""How an ascent from good prices goes."""

LAST = Pace(iterations=5000, length=0.5, shortest=1e-4, patience=60, memory=0.5)
"""How the prices of centers that are all but settled are refined."""

BEGINNING = 60
"""Steps of the first ascent after which its pace is known."""

_EXPECTED_SHARE = 0.5

LARGEST = 1e30
"""The largest price that is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices, and where the knapsacks at them end; in single precision, as they are kept by the thousand.

    Parameters
    ----------
    price
        Shape (n_blocks,): price of covering a block, per load.
    tilt
        Shape (n_candidates, n_extra): prices of sizes in further activities.
    edge, span
        Shape (n_candidates,): see `Dual`.
    """

    price: np.ndarray
    tilt: np.ndarray
    edge: np.ndarray
    span: np.ndarray

    def dual(self) -> Dual:
        """A state for the kernels, of copies."""
        n = len(self.edge)
        price, tilt = self.price.astype(np.float64), self.tilt.astype(np.float64)
        edge, span = self.edge.astype(np.float64), self.span.astype(np.float64)
        return Dual(price, tilt, np.full(n, -np.inf), edge, span, np.zeros(n), np.zeros(len(price)))


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """What an ascent has proven.

    Parameters
    ----------
    value
        The bound at the prices as kept.
    prices
        The prices.
    below
        Shape (n_candidates,): value of each candidate's best territory at these prices; infinite where it may not
        be a center.
    often
        Shape (n_candidates,): how often each candidate was chosen lately.
    chosen
        The cheapest candidates at these prices, as many as each region needs.
    steps
        How many steps it took.
    """

    value: float
    prices: Prices
    below: Floats
    often: Floats
    chosen: Ints
    steps: int


def first_prices(relaxation: Relaxation) -> Prices:
    """Prices to start from: half of what a unit at the end of a territory around the block would cost."""
    n, n_extra = relaxation.n_candidates, len(relaxation.rows.share)
    expected = relaxation.expected
    sound = np.isfinite(expected)
    price = _EXPECTED_SHARE * np.where(sound, expected, expected[sound].mean() if sound.any() else 0.0)
    return _kept(price, np.zeros((n, n_extra)), np.full(n, -np.inf), np.full(n, np.inf))


def _kept(price: Floats, tilt: Floats, edge: Floats, span: Floats) -> Prices:
    single = [np.where(np.isfinite(x), np.clip(x, -LARGEST, LARGEST), x) for x in (price, tilt, edge, span)]
    return Prices(*(np.ascontiguousarray(x, np.float32) for x in single))


def raise_prices(
    relaxation: Relaxation, region: Ints, need: Ints, prices: Prices, *, target: float, cut: float, pace: Pace
) -> Raised:
    """Raise the bound from the prices on until it reaches `cut` or stalls."""
    rows, dual = relaxation.rows, prices.dual()
    best, best_tilt = dual.price.copy(), dual.tilt.copy()
    beyond = cut + 1e-6 * abs(cut)  # so that rounding to single precision loses nothing that counts
    _, steps, _ = ascend(rows, region, need, dual, best, best_tilt, target, beyond, pace)
    kept = _kept(best, best_tilt, dual.edge, dual.span)
    return _valued(relaxation, region, need, kept, dual.often, steps)


def _valued(  # noqa: PLR0917 - what an ascent leaves behind
    relaxation: Relaxation, region: Ints, need: Ints, prices: Prices, often: Floats, steps: int
) -> Raised:
    rows, dual = relaxation.rows, prices.dual()
    value_all(rows, region, dual)
    below = np.where(region >= 0, dual.below, np.inf)
    scratch = rows.unit.shape[1] + rows.rest.shape[1]
    chosen = np.full(int(need.sum()), -1, np.int64)
    worth, ends = np.zeros(len(chosen)), np.zeros((len(chosen), 2))
    reach = highest(rows, dual.price)
    total, _ = choose(rows, region, need, dual, reach, chosen, worth, ends, np.empty(scratch), np.empty(scratch))
    value = float(total + (rows.load * dual.price).sum())
    value = -np.inf if np.isnan(value) else value  # prices that ran away prove nothing
    kept = Prices(prices.price, prices.tilt, dual.edge.astype(np.float32), dual.span.astype(np.float32))
    return Raised(value, kept, below, often, chosen, steps)


def raise_within(
    relaxation: Relaxation,
    region: Ints,
    need: Ints,
    prices: Prices,
    *,
    target: float,
    cut: float,
    seconds: float,
) -> Raised:
    """The first ascent, with as many steps as fit into some seconds: the pace of its beginning tells how many."""
    if np.isinf(seconds):
        return raise_prices(relaxation, region, need, prices, target=target, cut=cut, pace=ROOT)
    began = time.perf_counter()
    beginning = ROOT._replace(iterations=BEGINNING)
    found = raise_prices(relaxation, region, need, prices, target=target, cut=cut, pace=beginning)
    spent = time.perf_counter() - began
    steps = int(min((seconds - spent) / max(spent, 1e-9) * BEGINNING, ROOT.iterations))
    if found.value >= cut or steps < 1:
        return found
    pace = ROOT._replace(iterations=steps)
    further = raise_prices(relaxation, region, need, found.prices, target=target, cut=cut, pace=pace)
    return further if further.value >= found.value else found


def prices_of_centers(relaxation: Relaxation, centers: Ints, target: float) -> Prices:
    """Prices for these candidates as the only centers: a start where the bound of all is sought around a plan."""
    region = np.full(relaxation.n_candidates, -1, np.int64)
    region[centers] = 0
    need = np.array([len(np.unique(centers))])
    found = raise_prices(
        relaxation,
        region,
        need,
        first_prices(relaxation),
        target=target,
        cut=np.inf,
        pace=LAST._replace(iterations=3000),
    )
    n = relaxation.n_candidates
    return Prices(
        found.prices.price, found.prices.tilt, np.full(n, -np.inf, np.float32), np.full(n, np.inf, np.float32)
    )


def raise_without_target(relaxation: Relaxation, region: Ints, need: Ints, prices: Prices) -> Raised:
    """Raise the bound where no plan says how far it may go: by targets a little above what is reached."""
    target = float((relaxation.rows.load * prices.price).sum()) or 1.0
    best = raise_prices(relaxation, region, need, prices, target=target, cut=np.inf, pace=NODE)
    first = target
    for _ in range(60):
        target = best.value + 0.1 * max(abs(best.value), 1e-3 * abs(target))
        found = raise_prices(relaxation, region, need, best.prices, target=target, cut=np.inf, pace=NODE)
        gained = found.value - best.value
        if gained > 0:
            best = found
        if gained < 1e-4 * abs(best.value) or abs(best.value) > FAR * abs(first):
            break
    target = best.value + 0.01 * abs(best.value)
    found = raise_prices(relaxation, region, need, best.prices, target=target, cut=np.inf, pace=ROOT)
    return found if found.value > best.value else best
