"""Tables of a plan that maps, files and reports share: labelled units and dissolved territories."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from territorykit._arrays import Bools, Objects
from territorykit.criteria.balance import relative_deviation
from territorykit.criteria.disruption import territory_names
from territorykit.errors import DataError, listing
from territorykit.evaluate.geometry import align
from territorykit.load.cleaning import merged
from territorykit.model.plan import Plan

UNIT, TERRITORY, CENTER = "unit", "territory", "is_center"
"""Names of the columns by which a plan is known again in a file."""


def is_center(plan: Plan) -> Bools:
    """Which units stand for their territory, shape (n_units,); none where the plan names no centers."""
    mask = np.zeros(plan.problem.graph.n_units, np.bool_)
    if plan.centers is not None:
        mask[plan.centers] = True
    return mask


def unit_columns(plan: Plan) -> pd.DataFrame:
    """Unit, territory and center of each unit, one row per unit in the order of the graph."""
    return pd.DataFrame(
        {
            UNIT: pd.Series(plan.problem.graph.ids.tolist()),
            TERRITORY: territory_names(plan),
            CENTER: is_center(plan),
        }
    )


def labelled_units(plan: Plan, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas with their unit, territory and center in front.

    Columns of the areas that are called the same are kept as "areas_unit" and so on; numbers as names become texts.

    Raises
    ------
    DataError
        If the ids of the areas are not those of the plan's units.
    """
    rows = align(plan, areas).reset_index(drop=True)
    labels, shapes, crs = unit_columns(plan), rows.geometry.name, rows.crs
    renamed = free_names(rows.columns, labels.columns, "areas")
    table = pd.concat([labels, pd.DataFrame(rows).rename(columns=renamed)], axis=1)
    texts = _texts(table.columns)
    geometry = texts[list(table.columns).index(renamed.get(shapes, shapes))]
    return gpd.GeoDataFrame(table.set_axis(texts, axis=1), geometry=geometry, crs=crs)


def _texts(columns: Any) -> list[str]:  # noqa: ANN401 - a pandas index
    """Names as texts, which files want; where 2020 and "2020" are both there, the later is called "2020_2"."""
    names: list[str] = []
    for column in columns:
        name = str(column)
        while name in names or (name != column and name in set(columns)):
            name = f"{name}_2"
        names.append(name)
    return names


def free_names(columns: Any, taken: Any, source: str) -> dict[str, str]:  # noqa: ANN401 - pandas indexes
    """New names for columns whose own are taken: the source's name in front, as often as needed."""
    used = {str(name) for name in [*columns, *taken]}
    renamed = {}
    for column in columns:
        if column in set(taken):
            new = f"{source}_{column}"
            while new in used:
                new = f"{source}_{new}"
            used.add(new)
            renamed[column] = new
    return renamed


def territory_columns(plan: Plan) -> pd.DataFrame:
    """Name, number of units, center, and size and deviation by activity, one row per territory."""
    graph, k = plan.problem.graph, plan.problem.n_territories
    columns: dict[str, Any] = {
        TERRITORY: np.array(plan.problem.names, object),
        "units": np.bincount(plan.labels, minlength=k),
    }
    if plan.centers is not None:
        columns["center"] = pd.Series(graph.ids[plan.centers].tolist())
    for activity in graph.activities:
        columns[f"{activity.name}_size"] = plan.sizes(activity.name)
        columns[f"{activity.name}_deviation"] = relative_deviation(plan, activity.name)
    return pd.DataFrame(columns)


def territories(plan: Plan, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One dissolved area per territory, with the columns of `territory_columns`, in the areas' coordinates.

    Raises
    ------
    DataError
        If the ids of the areas are not those of the plan's units.
    """
    return gpd.GeoDataFrame(territory_columns(plan), geometry=outlines(plan, align(plan, areas)), crs=areas.crs)


def shapes_of(plan: Plan, rows: gpd.GeoDataFrame) -> Objects:
    """The geometries of rows in the order of the units, shape (n_units,).

    Raises
    ------
    DataError
        If some are missing or empty.
    """
    shapes = np.asarray(rows.geometry, object)
    void = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if void.any():
        units = listing(plan.problem.graph.ids[void])
        message = f"areas have no geometry for {int(void.sum()):,} units: {units}; give every unit one"
        raise DataError(message)
    return shapes


def outlines(plan: Plan, rows: gpd.GeoDataFrame) -> Objects:
    """The dissolved area of each territory, shape (n_territories,), from rows in the order of the units.

    Dissolving in the coordinates that the areas came in keeps shared corners shared.
    """
    shapes = np.asarray(rows.geometry, object)
    order = np.argsort(plan.labels, kind="stable")
    ends = np.cumsum(np.bincount(plan.labels, minlength=plan.problem.n_territories))[:-1]
    dissolved = np.empty(plan.problem.n_territories, object)
    dissolved[:] = [merged(shapes[members]) for members in np.split(order, ends)]
    return dissolved
