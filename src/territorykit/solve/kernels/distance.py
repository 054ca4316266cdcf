"""How far a node is from a center, by the problem's own metric, and what that costs."""

import math

from territorykit.model.objective import EARTH_RADIUS
from territorykit.solve.kernels.arrays import (
    CENTER,
    PLANE,
    POINT,
    ROAD,
    SPHERE,
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
def by_road(facts: Facts, origin: int, u: int) -> float:
    """Minutes from an origin to a node; what counts as far where there is no way."""
    low, high = facts.road_ptr[origin], facts.road_ptr[origin + 1]
    while low < high:
        middle = (low + high) // 2
        if facts.road_idx[middle] < u:
            low = middle + 1
        else:
            high = middle
    if low < facts.road_ptr[origin + 1] and facts.road_idx[low] == u:
        return facts.road_cost[low]
    return facts.road_far


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
    if facts.center == POINT:
        return by_road(facts, t, u)
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
