"""How far a node is from a center, by the problem's own metric, and what that costs."""

import math

import numpy as np

from territorykit.model.objective import EARTH_RADIUS
from territorykit.solve.kernels.arrays import (
    CENTER,
    PLANE,
    POINT,
    ROAD,
    SPHERE,
    Array,
    Facts,
    State,
)
from territorykit.solve.kernels.compiled import kernel

DIAMETER_OF_EARTH = 2 * EARTH_RADIUS
"""Metres."""


@kernel
def chord(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> float:
    """Metres along the straight line."""
    dx, dy, dz = ax - bx, ay - by, az - bz
    return math.sqrt(dx * dx + dy * dy + dz * dz)


@kernel
def arc(straight: float) -> float:
    """Metres along the great circle over a chord."""
    return DIAMETER_OF_EARTH * math.asin(min(straight / DIAMETER_OF_EARTH, 1.0))


@kernel
def place_of(ptr: Array, idx: Array, origin: int, u: int) -> int:
    """Where the way from an origin to node u is stored, by bisection; -1 where there is none."""
    low, high = ptr[origin], ptr[origin + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if idx[middle] < u:
            low = middle + 1
        else:
            high = middle
    return low if low < end and idx[low] == u else -1


@kernel
def by_road(facts: Facts, origin: int, u: int) -> float:
    """Minutes from an origin to a node; what counts as far where there is no way."""
    place = place_of(facts.road_ptr, facts.road_idx, origin, u)
    return facts.road_cost[place] if place >= 0 else facts.road_far


@kernel
def minutes_from(facts: Facts, c: int, u: int) -> float:
    """Minutes from node c to node u where they are limited; infinite where there is no way."""
    if c == u:
        return 0.0
    place = place_of(facts.way_ptr, facts.way_idx, c, u)
    return facts.way_cost[place] if place >= 0 else np.inf


@kernel
def from_base(facts: Facts, t: int, u: int) -> float:
    """Minutes from the base of territory t to node u."""
    return by_road(facts, t if facts.center == POINT else facts.weight.shape[0] + t, u)


@kernel
def between(facts: Facts, c: int, u: int) -> float:
    """Distance from node c as a center to node u."""
    if facts.metric != ROAD:
        straight = chord(
            facts.point[c, 0], facts.point[c, 1], facts.point[c, 2],
            facts.point[u, 0], facts.point[u, 1], facts.point[u, 2],
        )  # fmt: skip
        return straight if facts.metric == PLANE else arc(straight)
    return 0.0 if c == u else by_road(facts, c, u)


@kernel
def distance(facts: Facts, state: State, u: int, t: int) -> float:
    """Distance from the center of territory t to node u."""
    if facts.metric == PLANE:
        dx, dy = facts.point[u, 0] - state.at[t, 0], facts.point[u, 1] - state.at[t, 1]
        return math.sqrt(dx * dx + dy * dy)
    if facts.metric == SPHERE:
        return arc(
            chord(
                facts.point[u, 0], facts.point[u, 1], facts.point[u, 2],
                state.at[t, 0], state.at[t, 1], state.at[t, 2],
            )
        )  # fmt: skip
    if facts.center == POINT or facts.given[t]:
        return from_base(facts, t, u)
    return 0.0 if state.territory[CENTER, t] == u else by_road(facts, state.territory[CENTER, t], u)


@kernel
def powered(facts: Facts, far: float) -> float:
    """The distance to the objective's power."""
    return far * far if facts.power == 2 else far  # noqa: PLR2004


@kernel
def to_mean(facts: Facts, state: State, u: int, t: int) -> float:
    """Squared straight distance from node u to the weighted mean of territory t; 0 where that weighs nothing."""
    w = state.moments[t, 0]
    if w <= 0:
        return 0.0
    dx = facts.point[u, 0] - state.moments[t, 1] / w
    dy = facts.point[u, 1] - state.moments[t, 2] / w
    dz = facts.point[u, 2] - state.moments[t, 3] / w
    return dx * dx + dy * dy + dz * dz
