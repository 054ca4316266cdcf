"""To and from the graphs of other packages: networkx and libpysal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd

from territorykit._arrays import Bools, Floats, Ints, Objects, objects
from territorykit.errors import DataError, Problems, listing
from territorykit.load.columns import numbers, take_activities, take_labels
from territorykit.load.contiguity import build_graph
from territorykit.load.inputs import (
    MULTIPOLYGON,
    POINT,
    POLYGON,
    Crs,
    check_frame,
    check_ids,
    plain_ids,
    require_frame,
)
from territorykit.load.pairs import NO_PAIRS, among
from territorykit.load.projection import check_target, to_metres
from territorykit.model.plan import Plan
from territorykit.model.unit_graph import UnitGraph

EDGE_FIELDS = {"length": "edge_lengths", "border_length": "border_lengths"}


def from_networkx(
    graph: nx.Graph,
    *,
    activities: Mapping[str, str] | Iterable[str],
    x: str = "x",
    y: str = "y",
    names: str | None = None,
    groups: Sequence[str] = (),
) -> UnitGraph:
    """Take the nodes of a networkx graph as units.

    Parameters
    ----------
    graph
        Nodes are ids: all texts or all whole numbers. Parallel edges count once. Where all edges have the
        attributes ``length`` and ``border_length``, in metres, they are taken over; without ``length`` it is
        measured from node to node.
    activities
        Node attribute to its unit of measure; or a list of attributes.
    x, y
        Node attributes with coordinates in metres.
    names
        Node attribute with the names that people use.
    groups
        Node attributes with labels such as provinces.

    Raises
    ------
    DataError
        With all problems at once: a directed graph, loops, nodes that are no ids, attributes that are missing
        or no numbers.

    Examples
    --------
    >>> import networkx as nx
    >>> network = nx.Graph([("a", "b")])
    >>> nx.set_node_attributes(network, {"a": {"x": 0, "y": 0, "calls": 2}, "b": {"x": 900, "y": 0, "calls": 3}})
    >>> from_networkx(network, activities={"calls": "calls/year"})
    UnitGraph(2 units, 1 edges, activities: calls)
    """
    problems = Problems("networkx graph")
    if not isinstance(graph, nx.Graph):
        problems.add(f"it is a {type(graph).__name__}", "pass a networkx.Graph")
        problems.raise_as(DataError)
    if graph.is_directed():
        problems.add("it is directed, and neighbors are mutual", "pass graph.to_undirected()")
    loops = list(dict.fromkeys(nx.nodes_with_selfloops(graph)))
    if loops:
        problems.add(f"nodes are their own neighbors: {listing(loops)}", "remove nx.selfloop_edges(graph)")
    ids = plain_ids(pd.Series(list(graph.nodes), dtype=object))
    check_ids(ids, problems)
    problems.raise_as(DataError)
    frame = pd.DataFrame([dict(data) for _, data in graph.nodes(data=True)], index=pd.Index(ids.tolist()))
    columns = take_labels(frame, names, groups, problems)
    columns["activities"] = take_activities(frame, activities, ids, problems)
    xy = np.column_stack([_node_coordinates(frame, name, ids, problems) for name in (x, y)])
    problems.raise_as(DataError)
    edges, lengths = _edges(graph, ids, problems)
    problems.raise_as(DataError)
    lengths.setdefault("edge_lengths", np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T))
    return UnitGraph(ids=ids, xy=xy, edges=edges, crs=str(graph.graph.get("crs", "")), **lengths, **columns)


def _node_coordinates(frame: pd.DataFrame, name: str, ids: Objects, problems: Problems) -> Floats:
    if name not in frame.columns:
        problems.add(f"no node has the attribute {name!r}", f"the attributes are {listing(frame.columns)}")
        return np.zeros(len(frame))
    values, texts = numbers(frame[name])
    bad = ~np.isfinite(values) | texts
    if bad.any():
        problems.add(
            f"attribute {name!r} is missing, infinite or no number for {int(bad.sum()):,} nodes: {listing(ids[bad])}",
            "give every node a place, in metres",
        )
    return values


def _edges(graph: nx.Graph, ids: Objects, problems: Problems) -> tuple[Ints, dict[str, Any]]:
    position = {unit: i for i, unit in enumerate(ids)}
    simple = nx.Graph(graph)  # parallel edges become one
    found = [(position[a], position[b], data) for a, b, data in simple.edges(data=True)]
    edges = np.array([pair[:2] for pair in found], np.int64).reshape(-1, 2)
    lengths: dict[str, Any] = {}
    for attribute, field in EDGE_FIELDS.items():
        values = [data.get(attribute) for _, _, data in found]
        if found and all(value is not None for value in values):
            taken, texts = numbers(pd.Series(values, dtype=object))
            if texts.any() or not np.isfinite(taken).all():
                problems.add(f"edge attribute {attribute!r} holds values that are no numbers", "give metres")
            lengths[field] = taken
    return edges, lengths


def to_networkx(graph: UnitGraph, plan: Plan | None = None) -> nx.Graph:
    """Make a networkx graph of the units.

    Parameters
    ----------
    graph
        The units.
    plan
        A plan of them: nodes get the attribute ``territory`` with the territory's name.

    Returns
    -------
    networkx.Graph
        Nodes are unit ids, with ``x``, ``y`` (metres), every activity, group and other measure; edges have
        ``length`` and ``border_length`` (metres) and ``bridge`` where the graph has them.

    Raises
    ------
    DataError
        If the plan is one of other units, or an activity or group has the name of another attribute.

    Examples
    --------
    >>> units = UnitGraph(["a", "b"], [[0, 0], [900, 0]], [[0, 1]])
    >>> to_networkx(units).nodes["b"]
    {'x': 900.0, 'y': 0.0}
    """
    if plan is not None and plan.problem.graph.ids.tolist() != graph.ids.tolist():
        message = "the plan is one of other units than the graph; pass plan.problem.graph"
        raise DataError(message)
    columns = _node_columns(graph, plan)
    ids = graph.ids.tolist()
    network = nx.Graph()
    if graph.crs:
        network.graph["crs"] = graph.crs
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    network.add_nodes_from(zip(ids, rows, strict=True))
    edges: dict[str, list[Any]] = {
        attribute: getattr(graph, field).tolist()
        for attribute, field in EDGE_FIELDS.items()
        if getattr(graph, field) is not None
    }
    if graph.bridges is not None:
        edges["bridge"] = among(graph.edges, graph.bridges).tolist()
    for k, (i, j) in enumerate(graph.edges.tolist()):
        network.add_edge(ids[i], ids[j], **{attribute: values[k] for attribute, values in edges.items()})
    return network


def _node_columns(graph: UnitGraph, plan: Plan | None) -> dict[str, list[Any]]:
    """Attributes of the nodes, name to values."""
    columns = {"x": graph.xy[:, 0].tolist(), "y": graph.xy[:, 1].tolist()}
    if graph.lonlat is not None:
        columns |= {"lon": graph.lonlat[:, 0].tolist(), "lat": graph.lonlat[:, 1].tolist()}
    for name, values in (("name", graph.names), ("area", graph.area), ("perimeter", graph.perimeter)):
        if values is not None:
            columns[name] = values.tolist()
    if plan is not None:
        columns["territory"] = [plan.problem.names[t] for t in plan.labels]
    own = {activity.name: activity.values.tolist() for activity in graph.activities}
    own |= {name: labels.tolist() for name, labels in graph.groups.items()}
    clash = [name for name in own if name in columns]
    if clash or len(own) < len(graph.activities) + len(graph.groups):
        message = f"activities and groups need names of their own beside {listing(columns)}; rename {listing(clash)}"
        raise DataError(message)
    return columns | own


def from_libpysal(
    weights: Any,  # noqa: ANN401 - a Graph or W; libpysal is not imported
    *,
    frame: gpd.GeoDataFrame,
    activities: Mapping[str, str] | Iterable[str],
    crs: Crs | None = None,
    names: str | None = None,
    groups: Sequence[str] = (),
) -> UnitGraph:
    """Take neighbors from libpysal and everything else from a frame.

    Parameters
    ----------
    weights
        A `libpysal.graph.Graph` or `libpysal.weights.W`. Units are neighbors where either names the other
        with a weight other than 0.
    frame
        Polygons or points whose index holds the same ids; the order is the frame's.
    activities
        Column to its unit of measure; or a list of columns.
    crs
        The plane on which lengths are measured: "equal-area", or a projected system in metres. None where
        the frame is already in metres.
    names
        Column with the names that people use.
    groups
        Columns with labels such as provinces.

    Raises
    ------
    DataError
        With all problems at once: ids that differ between the two, and what `unit_graph` refuses.

    Examples
    --------
    >>> class Neighbors:  # what a libpysal.weights.W looks like
    ...     neighbors = {"a": ["b"], "b": ["a"]}
    ...     weights = {"a": [1.0], "b": [1.0]}
    >>> frame = gpd.GeoDataFrame(
    ...     {"calls": [2, 3]}, index=["a", "b"], geometry=gpd.points_from_xy([0, 900], [0, 0]), crs="EPSG:32632"
    ... )
    >>> from_libpysal(Neighbors(), frame=frame, activities=["calls"]).edges.tolist()
    [[0, 1]]
    """
    require_frame(frame, "frame")
    problems = Problems("libpysal graph")
    units, focal, neighbor = _adjacency(weights)
    ids = plain_ids(frame.index)
    points = len(frame) > 0 and frame.geom_type.eq("Point").all()
    check_frame(frame, (POINT,) if points else (POLYGON, MULTIPOLYGON), problems)
    check_target(frame, crs, problems)
    columns = take_labels(frame, names, groups, problems)
    columns["activities"] = take_activities(frame, activities, ids, problems)
    known, given = set(ids), set(units)
    for what, extra in (
        ("the frame has ids that the graph has not", [unit for unit in ids if unit not in given]),
        ("the graph has ids that the frame has not", [unit for unit in units if unit not in known]),
    ):
        if extra:
            problems.add(f"{what}: {listing(extra)}", "build the graph from this frame, indexed by the same ids")
    problems.raise_as(DataError)
    position = {unit: i for i, unit in enumerate(ids)}
    pairs = np.array([[position[a], position[b]] for a, b in zip(focal, neighbor, strict=True) if a != b], np.int64)
    edges = np.unique(np.sort(pairs, axis=1), axis=0) if len(pairs) else NO_PAIRS
    return build_graph(ids, to_metres(frame, crs), (edges, None), NO_PAIRS, columns)


def _adjacency(weights: Any) -> tuple[Objects, Objects, Objects]:  # noqa: ANN401 - a Graph or W
    """All units, and the two ends of every entry with a weight."""
    if hasattr(weights, "adjacency"):
        entries = weights.adjacency
        focal, neighbor = (objects(entries.index.get_level_values(level)) for level in (0, 1))
        kept = _weighted(entries.to_numpy(np.float64))
        return objects(dict.fromkeys(focal)), focal[kept], neighbor[kept]
    if hasattr(weights, "neighbors") and hasattr(weights, "weights"):
        found = [
            (unit, other, weight)
            for unit, others in weights.neighbors.items()
            for other, weight in zip(others, weights.weights[unit], strict=True)
        ]
        kept = _weighted(np.array([entry[2] for entry in found], np.float64))
        focal, neighbor = (objects([entry[k] for entry in found]) for k in (0, 1))
        return objects(list(weights.neighbors)), focal[kept], neighbor[kept]
    message = f"weights is a {type(weights).__name__}; pass a libpysal.graph.Graph or a libpysal.weights.W"
    raise DataError(message)


def _weighted(weights: Floats) -> Bools:
    """A weight of 0 is how libpysal writes a unit without neighbors."""
    return np.asarray(weights != 0, bool)
