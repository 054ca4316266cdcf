"""Road networks from networkx and OSMnx graphs, tables and files."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pyproj

from territorykit._arrays import Bools, Floats
from territorykit.errors import BackendError, DataError, Problems, TerritoryKitWarning, listing
from territorykit.load.formats.files import existing
from territorykit.load.formats.tables import is_table, read_table
from territorykit.load.road_network import RoadNetwork
from territorykit.load.ways.speeds import METRES_PER_MINUTE, speeds_of

ARC_COLUMNS = ("start", "end", "minutes", "metres", "kmh", "road_class", "oneway")
OSM_ATTRIBUTES = {"metres": "length", "kmh": "maxspeed", "road_class": "highway"}
"""What OSMnx calls them; `speed_kph` and `travel_time`, where it has added them, go before."""
OSM_FILES = (".osm", ".xml", ".gz", ".bz2")


def road_network(
    source: nx.Graph | pd.DataFrame,
    nodes: pd.DataFrame | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    speeds: Mapping[str, float] | None = None,
    default_kmh: float | None = None,
    snap: float = 1000.0,
) -> RoadNetwork:
    """Make a road network of a networkx or OSMnx graph, or of a table of its edges.

    Parameters
    ----------
    source
        A networkx graph whose nodes have ``x`` and ``y`` and whose ``graph["crs"]`` says in which system, as OSMnx
        makes it; a directed graph has an edge for each direction that may be driven. Or a table with one row per
        edge: ``start`` and ``end`` (node ids), ``minutes``, ``metres``, ``kmh`` (numbers, or posted limits such as
        "30 mph"), ``road_class`` and ``oneway`` (true: only from start to end; -1: only from end to start;
        otherwise both). Only start and end are always needed.
    nodes
        For a table: one row per node with ``lon`` and ``lat`` (WGS 84) or ``x`` and ``y`` (metres, in the plane of
        the graph that is to be travelled), its id in the index or in a column ``id``.
    columns
        Where columns or edge attributes have other names: ours to theirs, such as ``{"metres": "length_m"}``.
    speeds
        Kilometres per hour by road class, beside or in place of `KMH_BY_CLASS` in `territorykit.load.ways.speeds`; for
        edges without ``minutes`` and ``kmh``.
    default_kmh
        For edges of which neither minutes nor speed nor a known class is given.
    snap
        Metres up to which a unit or base may lie from the nearest node, see `RoadNetwork`.

    Returns
    -------
    RoadNetwork
        The largest part in which every node can be reached from every other.

    Raises
    ------
    DataError
        With all problems at once: missing columns and coordinates, nodes without a place, edges without or with
        negative times, classes without a speed.

    Warns
    -----
    TerritoryKitWarning
        Where nodes are left out because they do not hold together with the largest part.

    Examples
    --------
    >>> edges = pd.DataFrame({"start": ["a", "b"], "end": ["b", "c"], "metres": [500, 900], "road_class": "primary"})
    >>> nodes = pd.DataFrame({"lon": [9.0, 9.01, 9.02], "lat": [48.0] * 3}, index=["a", "b", "c"])
    >>> roads = road_network(edges, nodes, speeds={"primary": 60})
    >>> roads, roads.minutes.round(6).tolist()
    (RoadNetwork(3 nodes, 4 arcs), [0.5, 0.9, 0.5, 0.9])
    """
    problems = Problems("road network")
    unknown = sorted(set(columns or {}) - set(ARC_COLUMNS))
    if unknown:
        problems.add(f"columns names {listing(unknown)}", f"ours are {listing(ARC_COLUMNS)}")
        problems.raise_as(DataError)
    if isinstance(source, nx.Graph):
        arcs, places = _from_networkx(source, dict(columns or {}), problems)
    elif isinstance(source, pd.DataFrame):
        arcs, places = _from_table(source, nodes, dict(columns or {}), problems)
    else:
        message = f"roads are a {type(source).__name__}; pass a networkx graph, a table of edges, or use read_roads"
        raise DataError(message)
    problems.raise_as(DataError)
    minutes = _minutes(arcs, speeds, default_kmh, problems)
    position = pd.Series(np.arange(len(places)), index=places.index)
    ends = [arcs[side].map(position).to_numpy(np.float64, na_value=np.nan) for side in ("start", "end")]
    lost = np.isnan(ends[0]) | np.isnan(ends[1])
    if lost.any():
        named = pd.unique(arcs.loc[lost, ["start", "end"]].to_numpy().ravel())
        missing = [node for node in named if node not in position.index]
        problems.add(f"{int(lost.sum()):,} edges name nodes without a place: {listing(missing)}", "add them to nodes")
    problems.raise_as(DataError)
    forward, backward = _directions(arcs)
    start, end = (side.astype(np.int64) for side in ends)
    metres = _metres(arcs)
    network = RoadNetwork(
        np.concatenate([start[forward], end[backward]]),
        np.concatenate([end[forward], start[backward]]),
        np.concatenate([minutes[forward], minutes[backward]]),
        None if metres is None else np.concatenate([metres[forward], metres[backward]]),
        lonlat=places[["lon", "lat"]].to_numpy(np.float64) if "lon" in places else None,
        xy=places[["x", "y"]].to_numpy(np.float64) if "x" in places else None,
        snap=snap,
    ).largest_part()
    _report(network, len(places))
    return network


def read_roads(
    path: str | Path,
    nodes: str | Path | pd.DataFrame | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    speeds: Mapping[str, float] | None = None,
    default_kmh: float | None = None,
    snap: float = 1000.0,
) -> RoadNetwork:
    """Read a road network from a file; no network access is needed.

    Parameters
    ----------
    path
        GraphML as OSMnx saves it, or an OpenStreetMap extract in XML (``.osm``, ``.osm.gz``, ``.osm.bz2``), both
        read by OSMnx (``pip install "territorykit[roads]"``); or a table of edges, CSV or Parquet.
    nodes
        For a table of edges: the table of nodes, a path or a frame.
    columns, speeds, default_kmh, snap
        See `road_network`.

    Raises
    ------
    DataError
        If there is no such file, it is of no such kind, or `road_network` refuses what is in it.
    BackendError
        If OSMnx is needed and not installed.

    Warns
    -----
    TerritoryKitWarning
        Where nodes are left out because they do not hold together with the largest part.
    """
    file = existing(path)
    settings: dict[str, Any] = {"columns": columns, "speeds": speeds, "default_kmh": default_kmh, "snap": snap}
    suffix = file.suffix.lower()
    if is_table(file) or suffix in (".parquet", ".pq"):
        named = columns or {}
        table = read_table(file, id=named.get("start", "start"))
        other = nodes if nodes is None or isinstance(nodes, pd.DataFrame) else read_table(existing(nodes), id="id")
        return road_network(table, other, **settings)
    if suffix not in (".graphml", *OSM_FILES):
        known = ", ".join((".graphml", *OSM_FILES, ".csv", ".parquet"))
        message = f"{file.name}: roads are not read from files that end in {suffix!r}; save them as one of {known}"
        raise DataError(message)
    return road_network(_read_osm(file), **settings)


def _read_osm(file: Path) -> nx.MultiDiGraph:
    try:
        import osmnx  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = f'{file.name} needs OSMnx, which is not installed; pip install "territorykit[roads]"'
        raise BackendError(message) from error
    try:
        if file.suffix.lower() == ".graphml":
            return osmnx.load_graphml(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that simplified extracts should not be saved again
            return osmnx.graph_from_xml(file, simplify=False, retain_all=True)
    except Exception as error:
        message = f"{file.name}: OSMnx cannot read it ({type(error).__name__}: {error}); check that it is what it says"
        raise DataError(message) from error


def _from_networkx(graph: nx.Graph, named: dict[str, str], problems: Problems) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Edges and places of a graph."""
    if graph.number_of_edges() == 0:
        problems.add("the graph has no edges", "pass the graph of the roads")
        problems.raise_as(DataError)
    data = [attributes for _, _, attributes in graph.edges(data=True)]
    arcs = pd.DataFrame({"start": [u for u, _ in graph.edges()], "end": [v for _, v in graph.edges()]}, dtype=object)
    known = set().union(*data)
    wanted = OSM_ATTRIBUTES | {name: name for name in ARC_COLUMNS[2:6] if name in known} | named
    if "kmh" not in named and "speed_kph" in known:
        wanted["kmh"] = "speed_kph"
    for ours, theirs in wanted.items():
        if theirs in known:
            arcs[ours] = [attributes.get(theirs) for attributes in data]
        elif ours in named:
            problems.add(f"no edge has the attribute {theirs!r}", f"the first one has {listing(sorted(data[0]))}")
    if "minutes" not in arcs and "travel_time" in known:  # seconds, as OSMnx adds them
        arcs["minutes"] = pd.Series([attributes.get("travel_time") for attributes in data], dtype=np.float64) / 60
    arcs["oneway"] = graph.is_directed()
    return arcs, _places_of(graph, problems)


def _places_of(graph: nx.Graph, problems: Problems) -> pd.DataFrame:
    ids = list(graph.nodes)
    index = pd.Index(np.array([*ids, None], object)[:-1])
    places = pd.DataFrame(
        {axis: [graph.nodes[node].get(axis) for node in ids] for axis in ("x", "y")}, index=index
    ).astype(np.float64)
    crs = graph.graph.get("crs")
    if crs is None:
        problems.add("the graph does not say its coordinate system", 'set graph.graph["crs"], such as "EPSG:4326"')
        return places
    try:
        system = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        problems.add(f"graph['crs'] is {crs!r}: {error}", "name it as pyproj does, such as 'EPSG:4326'")
        return places
    to_degrees = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(places["x"].to_numpy(), places["y"].to_numpy())
    return pd.DataFrame({"lon": lon, "lat": lat}, index=index)


def _from_table(
    table: pd.DataFrame, nodes: pd.DataFrame | None, named: dict[str, str], problems: Problems
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Edges and places of tables."""
    theirs = {name: named.get(name, name) for name in ARC_COLUMNS}
    missing = [column for name, column in theirs.items() if column not in table and name in ("start", "end", *named)]
    if missing:
        problems.add(f"the table has no column {listing(missing)}", f"it has {listing(table.columns)}")
    if len(table) == 0:
        problems.add("the table has no rows", "pass one row per edge")
    if nodes is None:
        problems.add("nodes have no places", "pass nodes=, a table with lon and lat, or x and y, by node id")
    problems.raise_as(DataError)
    arcs = pd.DataFrame({name: table[column] for name, column in theirs.items() if column in table})
    places = pd.DataFrame(nodes)
    if "id" in places:
        places = places.set_index("id")
    if places.index.has_duplicates:
        twice = places.index[places.index.duplicated()].unique()
        problems.add(f"{len(twice):,} nodes are there more than once: {listing(twice)}", "keep one row of each")
    pairs = [pair for pair in (("lon", "lat"), ("x", "y")) if set(pair) <= set(places.columns)]
    if not pairs:
        problems.add(f"nodes have the columns {listing(places.columns)}", "give them lon and lat, or x and y")
        problems.raise_as(DataError)
    places = places[[axis for pair in pairs for axis in pair]].astype(np.float64)
    if {type(node) for node in places.index[:1]} == {str}:  # a table read as text names them so
        arcs["start"], arcs["end"] = arcs["start"].astype(str), arcs["end"].astype(str)
    return arcs, places


def _minutes(
    arcs: pd.DataFrame, speeds: Mapping[str, float] | None, default_kmh: float | None, problems: Problems
) -> Floats:
    """Minutes of each edge: its own, or its length over its speed."""
    own = _column(arcs, "minutes", problems)
    metres = _column(arcs, "metres", problems)
    kmh = speeds_of(arcs, speeds, default_kmh, problems)
    minutes: Floats = np.where(np.isnan(own), metres / (kmh * METRES_PER_MINUTE), own)
    unknown = np.isnan(minutes)
    if unknown.any():
        where = [f"{a} to {b}" for a, b in arcs.loc[unknown, ["start", "end"]].head(6).itertuples(index=False)]
        shown = listing(where[:5]) + (f" and {int(unknown.sum()) - 5:,} more" if unknown.sum() > 5 else "")  # noqa: PLR2004
        classes = sorted(set(arcs.loc[unknown, "road_class"].map(str))) if "road_class" in arcs else []
        problems.add(
            f"{int(unknown.sum()):,} edges have neither minutes nor a length with a speed: {shown}"
            + (f"; their classes are {listing(classes)}" if classes else ""),
            "give minutes, or metres with kmh or road_class; speeds= for further classes, default_kmh= for the rest",
        )
    return minutes


def _column(arcs: pd.DataFrame, name: str, problems: Problems) -> Floats:
    if name not in arcs:
        return np.full(len(arcs), np.nan)
    values = np.asarray(pd.to_numeric(arcs[name], errors="coerce").to_numpy(np.float64, na_value=np.nan), np.float64)
    for mask, what in (
        (np.isnan(values) & arcs[name].notna().to_numpy(), "that are no numbers"),
        (values < 0, "that are negative"),
    ):
        if mask.any():
            shown = listing(arcs.loc[mask, name])
            problems.add(f"{int(mask.sum()):,} edges have {name} {what}: {shown}", "correct them, or leave them empty")
    return values


def _metres(arcs: pd.DataFrame) -> Floats | None:
    if "metres" not in arcs:
        return None
    metres = pd.to_numeric(arcs["metres"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return None if np.isnan(metres).any() else np.asarray(metres, np.float64)


def _directions(arcs: pd.DataFrame) -> tuple[Bools, Bools]:
    """Which edges are driven from start to end, and which from end to start."""
    if "oneway" not in arcs:
        return np.ones(len(arcs), bool), np.ones(len(arcs), bool)
    text = arcs["oneway"].map(lambda value: str(value).strip().lower())
    backward = text.isin(["-1", "-1.0", "reverse"]).to_numpy()
    only = text.isin(["true", "yes", "1", "1.0"]).to_numpy()
    return ~backward, ~only


def _report(network: RoadNetwork, n_nodes: int) -> None:
    nodes, arcs = network.left_out
    if nodes:
        message = (
            f"road network: {nodes:,} of {n_nodes:,} nodes and {arcs:,} arcs are left out, "
            "as they do not hold together with the largest part"
        )
        warnings.warn(message, TerritoryKitWarning, stacklevel=3)
