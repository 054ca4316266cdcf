"""Accounts themselves as the units of a graph."""

import warnings
from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd

from territorykit._arrays import Ints
from territorykit.errors import DataError, Problems, TerritoryKitWarning
from territorykit.load.columns import take_activities, take_labels
from territorykit.load.contiguity import build_graph
from territorykit.load.inputs import POINT, Crs, check_frame, is_number, plain_ids, require_frame
from territorykit.load.islands import POLICIES, Islands, Links, bridge_text, settle, shortest_links
from territorykit.load.projection import check_target, to_metres
from territorykit.load.triangulation import holding_length, point_links
from territorykit.model.unit_graph import UnitGraph


def accounts_graph(
    accounts: gpd.GeoDataFrame,
    *,
    activities: Mapping[str, str] | Iterable[str],
    crs: Crs | None,
    names: str | None = None,
    groups: Sequence[str] = (),
    max_length: float | None = None,
    islands: Islands = "error",
) -> UnitGraph:
    """Make accounts the units of a graph: neighbors by Delaunay's triangulation, pruned by length.

    Parameters
    ----------
    accounts
        Points whose index holds the ids, as `read_accounts` makes them; not changed.
    activities
        Column to its unit of measure, such as ``{"visits": "visits/year"}``; or a list of columns.
    crs
        The plane on which lengths are measured: "equal-area", or a projected system in metres. None where
        the accounts are already in metres.
    names
        Column with the names that people use.
    groups
        Columns with labels such as provinces.
    max_length
        Metres up to which an edge is kept. Without it: the least length at which all accounts hold together,
        that is the longest edge of their Euclidean minimum spanning tree.
    islands
        What to do where `max_length` makes the graph fall into pieces: see `unit_graph`.

    Returns
    -------
    UnitGraph
        Accounts at the same place are joined to the first of them.

    Raises
    ------
    DataError
        With all problems at once: see `read_accounts`, and `unit_graph` for activities, crs and islands.

    Warns
    -----
    TerritoryKitWarning
        Where islands are bridged: which accounts, over what distance.

    Examples
    --------
    >>> accounts = gpd.GeoDataFrame(
    ...     {"visits": [4, 2, 6, 1]},
    ...     index=["a", "b", "c", "d"],
    ...     geometry=gpd.points_from_xy([0, 3000, 0, 9000], [0, 0, 4000, 0]),
    ...     crs="EPSG:32632",
    ... )
    >>> graph = accounts_graph(accounts, activities={"visits": "visits/year"}, crs=None)
    >>> graph.edges.tolist(), graph.edge_lengths.tolist()
    ([[0, 1], [0, 2], [1, 2], [1, 3]], [3000.0, 4000.0, 5000.0, 6000.0])
    """
    require_frame(accounts, "accounts")
    problems = Problems("accounts")
    ids = plain_ids(accounts.index)
    if islands not in POLICIES:
        problems.add(f"islands is {islands!r}", "pass 'error', 'bridge' or 'apart'")
    if max_length is not None and not (is_number(max_length) and max_length > 0):
        problems.add(f"max_length is {max_length!r}", "pass metres above 0")
    check_frame(accounts, (POINT,), problems)
    check_target(accounts, crs, problems)
    columns = take_labels(accounts, names, groups, problems)
    columns["activities"] = take_activities(accounts, activities, ids, problems)
    problems.raise_as(DataError)

    metric = to_metres(accounts, crs)
    pairs, lengths = point_links(metric.xy)
    limit = holding_length(len(ids), (pairs, lengths)) if max_length is None else max_length
    edges = pairs[lengths <= limit]

    def bridges(piece_of: Ints) -> Links:
        apart = piece_of[pairs[:, 0]] != piece_of[pairs[:, 1]]
        return shortest_links(piece_of, pairs[apart], lengths[apart])

    links = settle(islands, ids, edges, bridges)
    if len(links[0]):
        warnings.warn(bridge_text(ids, links), TerritoryKitWarning, stacklevel=2)
    return build_graph(ids, metric, (edges, None), links[0], columns)
