"""Small maps with answers that can be worked out by hand, and plans drawn at random on them."""

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import settings
from hypothesis import strategies as st

import territorykit as tk

# First calls import and compile; how long an example takes is no property of the code.
settings.register_profile("territorykit", deadline=None)
settings.load_profile("territorykit")

SIDE = 1000.0


def squares(rows, columns):
    """Squares of 1 km, row by row from the lower left."""
    y, x = np.divmod(np.arange(rows * columns), columns)
    return shapely.box(x * SIDE, y * SIDE, (x + 1) * SIDE, (y + 1) * SIDE)


def grid_edges(rows, columns):
    at = np.arange(rows * columns).reshape(rows, columns)
    across = np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()])
    up = np.column_stack([at[:-1].ravel(), at[1:].ravel()])
    return np.vstack([across, up])


def grid_graph(rows=2, columns=3, ids=None, **changes):
    n = rows * columns
    y, x = np.divmod(np.arange(n), columns)
    edges = grid_edges(rows, columns)
    fields = {
        "ids": [f"u{i}" for i in range(n)] if ids is None else ids,
        "xy": np.column_stack([(x + 0.5) * SIDE, (y + 0.5) * SIDE]),
        "edges": edges,
        "activities": [
            tk.Activity("calls", np.arange(1, n + 1), "calls/year"),
            tk.Activity("revenue", np.full(n, 100.0), "USD/year"),
        ],
        "border_lengths": np.full(len(edges), SIDE),
        "area": np.full(n, SIDE**2),
        "perimeter": np.full(n, 4 * SIDE),
        "crs": "EPSG:3083",
    }
    return tk.UnitGraph(**(fields | changes))


def grid_areas(rows=2, columns=3, ids=None, crs="EPSG:3083"):
    n = rows * columns
    ids = [f"u{i}" for i in range(n)] if ids is None else list(ids)
    return gpd.GeoDataFrame(
        {"name": [f"Unit {i}" for i in range(n)]}, geometry=squares(rows, columns), index=ids, crs=crs
    )


def grid_plan(labels, rows=2, columns=3, *, names=None, requirements=(), centers=None, **changes):
    graph = grid_graph(rows, columns, **changes)
    problem = tk.Problem(graph, max(labels) + 1, requirements, territory_names=names)
    return tk.Plan(problem, labels, centers)


@st.composite
def plans(draw, rows=3, columns=4, most=4):
    """Any plan of a grid, connected or not, with whole-number activities."""
    n = rows * columns
    k = draw(st.integers(1, most))
    rest = draw(st.lists(st.integers(0, k - 1), min_size=n - k, max_size=n - k))
    labels = draw(st.permutations([*range(k), *rest]))
    calls = draw(st.lists(st.integers(0, 50), min_size=n, max_size=n))
    activities = [tk.Activity("calls", calls, "calls/year")]
    return tk.Plan(tk.Problem(grid_graph(rows, columns, activities=activities), k), labels)
