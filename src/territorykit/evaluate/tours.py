"""Days on the road with the least driving: a vehicle routing problem, given to PyVRP."""

import numpy as np

from territorykit._arrays import Floats
from territorykit.errors import BackendError

SECONDS = 60
"""PyVRP counts in whole numbers: seconds."""
SPARE_TOURS = 3
"""More days than the work itself asks for, so that there is room to find good ones."""
DAY = 60
"""Seconds of driving that one more day must save."""
NEVER = 10
"""Days that a way takes where there is none."""


def tours_of(minutes: Floats, at: Floats, day: float, seconds: float, seed: int) -> list[list[int]]:
    """Orders of visits, 1 for the first place, one list per day.

    Parameters
    ----------
    minutes
        Shape (n + 1, n + 1): ways between the start, first, and the places; infinite where there is none. Every place
        can be served alone within a day.
    at
        Shape (n,): minutes at each place.
    day
        Minutes of a day.
    seconds
        Time for the search.
    seed
        Of the search.

    Raises
    ------
    BackendError
        If PyVRP is not installed.
    """
    try:
        import pyvrp  # noqa: PLC0415 - an extra
        from pyvrp.stop import MaxRuntime  # noqa: PLC0415
    except ImportError as error:
        message = 'routes need PyVRP, which is not installed; pip install "territorykit[routes]"'
        raise BackendError(message) from error
    n = len(at)
    never = round(NEVER * day * SECONDS)
    driven = np.minimum(np.where(np.isfinite(minutes), np.rint(minutes * SECONDS), never), never).astype(np.int64)
    np.fill_diagonal(driven, 0)
    service = np.floor(at * SECONDS).astype(np.int64)
    shift = int(np.ceil(day * SECONDS)) + n + 1  # whole seconds, rounded up and down on the way
    usual = at.sum() + np.minimum(minutes[0, 1:] + minutes[1:, 0], day).sum()
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in range(n + 1)],
        [pyvrp.Client(i + 1, service_duration=int(service[i])) for i in range(n)],
        [pyvrp.Depot(0)],
        [pyvrp.VehicleType(min(n, int(np.ceil(usual / day)) + SPARE_TOURS), shift_duration=shift, fixed_cost=DAY)],
        [driven],
        [driven],
    )
    result = pyvrp.solve(data, stop=MaxRuntime(seconds), seed=seed, display=False)
    if not result.is_feasible():
        return [[i + 1] for i in range(n)]  # a day for each place is always a solution
    return [[visit.idx + 1 for visit in route if visit.is_client()] for route in result.best.routes()]
