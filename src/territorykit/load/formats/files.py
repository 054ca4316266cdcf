"""Opening files that hold geometries."""

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd

from territorykit.errors import BackendError, DataError, TerritoryKitWarning, listing
from territorykit.load.formats.archives import ArchiveLimits, readable, unpacked
from territorykit.load.formats.geojson import read_geojson
from territorykit.load.formats.kml import read_kml
from territorykit.load.formats.shapefiles import PARTS, check_parts, encoding_of

PARQUET = (".parquet", ".geoparquet", ".pq")
JSON = (".geojson", ".json")
KML = (".kml", ".kmz")
ZIPPED = (".zip", ".shz")
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
SIGNS = {
    ".gpkg": (b"SQLite format 3\0", "GPKG"),
    ".fgb": (b"fgb\x03fgb", "FlatGeobuf"),
    ".shp": (b"\x00\x00\x27\x0a", "ESRI Shapefile"),
}
"""What a file of a format starts with, and the only driver of GDAL that may open it.

GDAL looks at the content, not at the name, and some of its formats name other files, databases and addresses,
or whole programs of processing. No such file gets past its first bytes.
"""
READ = ("GeoJSON", "GeoPackage", "FlatGeobuf", "shapefile (also zipped)", "GeoParquet", "KML", "KMZ")
CELL = 8
LAYER = "layer"


def existing(source: object) -> Path:
    """The path, if there is a file at it. Addresses and names of databases are no paths.

    Raises
    ------
    DataError
        If the source is no path, or there is no such file.
    """
    if not isinstance(source, str | Path):
        message = f"cannot read from a {type(source).__name__}; pass the path of a file, or a frame"
        raise DataError(message)
    path = Path(source)
    try:
        found, folder = path.exists(), path.is_dir()
    except (OSError, ValueError) as error:  # names that no system has
        message = f"{str(path)[:200]!r} is no path of a file ({error})"
        raise DataError(message) from error
    if not found:
        message = f"there is no file {str(path)!r}; check the path (relative paths start at {str(Path.cwd())!r})"
        raise DataError(message)
    if folder:
        message = f"{str(path)!r} is a folder; pass the path of a file in it"
        raise DataError(message)
    return path


def read_layer(
    path: Path,
    layer: str | None = None,
    encoding: str | None = None,
    *,
    texts: Collection[str] = (),
    limits: ArchiveLimits | None = None,
) -> gpd.GeoDataFrame:
    """Read one layer of geometries as it is in the file.

    `texts` names columns that stay texts where the format has no types, as KML has none.

    Raises
    ------
    DataError
        If the file cannot be read, is not what its name says, has several layers and none is named, or has no
        geometries.
    BackendError
        If the file needs a package that is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        frame = _read_parquet(path, limits)
    elif suffix in JSON:
        frame = read_geojson(path, layer, encoding, texts)
    elif suffix in KML:
        frame = read_kml(path, layer, texts, limits)
    elif suffix in ZIPPED:
        frame = _read_zipped(path, layer, encoding, limits)
    elif suffix in SIGNS:
        frame = _read_gdal(path, path.name, layer, encoding)
    elif suffix in TABLES:
        frame = None
    else:
        message = (
            f"{path.name}: files that end in {suffix!r} are not read; save it as {', '.join(READ)}, or open it with "
            "geopandas.read_file and pass the frame"
        )
        raise DataError(message)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        message = f"{path.name}: the layer has no geometries; name another with layer=, or read it as a table"
        raise DataError(message)
    return frame


def _read_parquet(path: Path, limits: ArchiveLimits | None) -> gpd.GeoDataFrame:
    need("pyarrow", path)
    with readable(path, "", "a Parquet file of areas needs the GeoParquet metadata that geopandas writes"):
        check_parquet(path, limits)
        return gpd.read_parquet(path)


def check_parquet(path: Path, limits: ArchiveLimits | None = None) -> None:
    """Refuse a table that is much larger in memory than its file.

    Raises
    ------
    DataError
        If the rows and columns that the file states need more than the limits allow.
    """
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    allowed = (limits or ArchiveLimits()).unpacked
    facts = pq.read_metadata(path)
    size = facts.num_rows * max(facts.num_columns, 1) * CELL
    groups = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
    if max(size, groups) > allowed:
        message = (
            f"{path.name}: {facts.num_rows:,} rows of {facts.num_columns:,} columns need {max(size, groups):,} bytes "
            f"or more, {allowed:,} are allowed; if you trust the file, read it with limits=ArchiveLimits(unpacked=...)"
        )
        raise DataError(message)


def _read_zipped(path: Path, layer: str | None, encoding: str | None, limits: ArchiveLimits | None) -> gpd.GeoDataFrame:
    with unpacked(path, PARTS, limits) as members:
        layers = {PurePosixPath(name).stem: file for name, file in members.items() if file.suffix == ".shp"}
        if not layers:
            message = f"{path.name}: there is no shapefile in the archive; unpack it, and read what is in it"
            raise DataError(message)
        if sum(file.suffix == ".shp" for file in members.values()) > len(layers):
            message = f"{path.name}: shapefiles in several folders share a name: {listing(layers)}; unpack the archive"
            raise DataError(message)
        name = _choose(list(layers), layer, path.name)
        return _read_gdal(layers[name], path.name, None, encoding)


def _choose(layers: list[str], layer: str | None, subject: str) -> str:
    names = ", ".join(map(repr, layers))
    if layer is None and len(layers) != 1:
        message = f"{subject}: the file has {len(layers)} layers ({names}); name one with layer="
        raise DataError(message)
    if layer is not None and layer not in layers:
        message = f"{subject}: there is no layer {layer!r}; the file has {names}"
        raise DataError(message)
    return layers[0] if layer is None else layer


def _read_gdal(path: Path, subject: str, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    """A layer by way of GDAL, once the first bytes say that the file is of its format."""
    import pyogrio  # noqa: PLC0415 - takes time to load

    sign, driver = SIGNS[path.suffix.lower()]
    with path.open("rb") as file:
        start = file.read(len(sign))
    if start != sign:
        message = f"{subject}: cannot be read ({path.suffix} files start otherwise); the file is no {driver} file"
        raise DataError(message)
    options: dict[str, Any] = {"layer": layer}
    if driver == "ESRI Shapefile":
        options["encoding"] = encoding_of(check_parts(path, subject), encoding, subject)
    with (
        _plain_place(path) as place,
        on_record(subject),
        readable(Path(subject), "", "check that it is a GeoJSON, GeoPackage, FlatGeobuf, shapefile, KML or KMZ"),
    ):
        options["layer"] = _choose(pyogrio.list_layers(place)[:, 0].tolist(), layer, subject)
        facts = pyogrio.read_info(place, **options)
        if facts["driver"] != driver:
            message = f"{subject}: it is a {facts['driver']} file, though its name ends in {path.suffix}; rename it"
            raise DataError(message)
        frame = gpd.read_file(place, engine="pyogrio", **options)
        rows = _rows(path, options["layer"], facts["features"])
    if rows != len(frame):
        message = f"{subject}: {rows:,} rows are there and {len(frame):,} were read; the file is damaged: save it again"
        raise DataError(message)
    return frame


@contextmanager
def _plain_place(path: Path) -> Iterator[str]:
    """The path in full, so that a name like "PG:x" or "/vsizip" cannot be taken for something else.

    Where it has signs by which archives and addresses are written, the file is copied to a place without.
    """
    whole = path.resolve()
    if not any(sign in str(whole) for sign in "!;?#"):
        yield str(whole)
        return
    with tempfile.TemporaryDirectory(prefix="territorykit-") as folder:
        for part in whole.parent.iterdir():
            if part.stem == whole.stem and part.suffix.lower() in (whole.suffix.lower(), *PARTS):
                shutil.copy(part, Path(folder, f"{LAYER}{part.suffix}"))
        yield str(Path(folder, f"{LAYER}{whole.suffix}"))


def _rows(path: Path, layer: str, stated: int) -> int:
    """Rows as the file itself has them, apart from how they are read."""
    if path.suffix.lower() != ".gpkg":
        return stated
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        quoted = '"' + layer.replace('"', '""') + '"'
        return int(base.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0])  # noqa: S608 - quoted


@contextmanager
def on_record(subject: str) -> Iterator[None]:
    """What readers of formats warn of becomes a `TerritoryKitWarning` that names the file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if issubclass(warning.category, RuntimeWarning):
            warnings.warn(f"{subject}: {warning.message}", TerritoryKitWarning, stacklevel=2)
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def need(package: str, path: Path) -> None:
    """Say which extra to install where a file's package is missing.

    Raises
    ------
    BackendError
        If the package cannot be imported.
    """
    try:
        __import__(package)
    except ImportError as error:
        message = f'{path.name} needs {package}, which is not installed; pip install "territorykit[files]"'
        raise BackendError(message) from error
