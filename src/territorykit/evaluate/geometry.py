"""Areas brought into the order and the coordinates of a plan."""

from typing import Any

from territorykit._arrays import Objects, objects
from territorykit.errors import DataError, Problems, listing
from territorykit.model.plan import Plan
from territorykit.model.unit_graph import UnitGraph


def align(plan: Plan, areas: Any) -> Any:  # noqa: ANN401 - a GeoDataFrame, which this layer does not import
    """The rows of a GeoDataFrame that is indexed by unit id, in the order of the plan's units.

    Raises
    ------
    DataError
        If it is no GeoDataFrame, or its ids are not exactly those of the plan's units.
    """
    if not hasattr(areas, "geometry") or not hasattr(areas, "index"):
        message = f"areas is a {type(areas).__name__}; pass a GeoDataFrame indexed by unit id, as read_areas makes it"
        raise DataError(message)
    ids = areas.index.tolist()
    row = {unit: i for i, unit in enumerate(ids)}
    _check_ids(plan.problem.graph, ids, row)
    return areas.iloc[[row[unit] for unit in plan.problem.graph.ids]]


def _check_ids(graph: UnitGraph, ids: list[Any], row: dict[Any, int]) -> None:
    problems = Problems("areas")
    missing = [unit for unit in graph.ids if unit not in row]
    unknown = [unit for unit in row if unit not in graph]
    if missing:
        problems.add(
            f"{len(missing):,} units of the plan have no row: {listing(missing)}",
            f"index the areas by unit id; the index here looks like {listing(ids[:2]) or 'nothing'}",
        )
    if unknown:
        problems.add(
            f"{len(unknown):,} rows are no unit of the plan: {listing(unknown)}",
            "pass areas.loc[list(graph.ids)] to leave them out",
        )
    if len(row) < len(ids):
        twice = sorted({unit for unit in ids if ids.count(unit) > 1}, key=ids.index)
        problems.add(f"{len(twice):,} ids name several rows: {listing(twice)}", "keep one row each")
    problems.raise_as(DataError)


def to_graph_crs(graph: UnitGraph, areas: Any) -> Any:  # noqa: ANN401 - a GeoDataFrame
    """Areas in the coordinates of the graph, where both coordinate systems are known; as they are otherwise.

    Raises
    ------
    DataError
        If the graph's coordinate system is not one.
    """
    if not graph.crs or areas.crs is None:
        return areas
    try:
        return areas.to_crs(graph.crs)
    except RuntimeError as error:  # pyproj's CRSError
        message = f"areas cannot be brought to the graph's coordinate system {graph.crs!r}: {error}"
        raise DataError(message) from error


def shapes_in_metres(plan: Plan, areas: Any) -> Objects:  # noqa: ANN401 - a GeoDataFrame
    """The units' geometries in the graph's coordinates, shape (n_units,).

    Raises
    ------
    DataError
        If ids do not match, or the geometries are in degrees and the graph does not say in what else.
    """
    placed = to_graph_crs(plan.problem.graph, align(plan, areas))
    if placed.crs is not None and placed.crs.is_geographic:
        message = (
            f"areas are in degrees ({placed.crs.name}) and the graph names no coordinate system; "
            "pass areas.to_crs(...) in metres"
        )
        raise DataError(message)
    return objects(list(placed.geometry))
