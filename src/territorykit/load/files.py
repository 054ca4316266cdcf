"""Opening files that hold geometries."""

from pathlib import Path
from typing import Any

import geopandas as gpd

from territorykit.errors import BackendError, DataError

PARQUET = (".parquet", ".geoparquet", ".pq")
JSON = (".geojson", ".json")


def existing(source: object) -> Path:
    """The path, if there is something at it.

    Raises
    ------
    DataError
        If the source is no path, or there is no such file.
    """
    if not isinstance(source, str | Path):
        message = f"cannot read from a {type(source).__name__}; pass the path of a file, or a frame"
        raise DataError(message)
    path = Path(source)
    if not path.exists():
        message = f"there is no file {str(path)!r}; check the path (relative paths start at {str(Path.cwd())!r})"
        raise DataError(message)
    return path


def read_layer(path: Path, layer: str | None = None, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of geometries as it is in the file.

    Raises
    ------
    DataError
        If the file cannot be read, has several layers and none is named, or has no geometries.
    BackendError
        If the file needs a package that is not installed.
    """
    try:
        frame = _read_parquet(path) if path.suffix.lower() in PARQUET else _read_gdal(path, layer, encoding)
    except (OSError, RuntimeError, ValueError, LookupError) as error:
        if isinstance(error, DataError | BackendError):
            raise
        hint = _hint(error, path)
        message = f"{path.name}: cannot be read ({error}); {hint}"
        raise DataError(message) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        message = f"{path.name}: the layer has no geometries; name another with layer=, or read it as a table"
        raise DataError(message)
    return frame


def _hint(error: Exception, path: Path) -> str:
    if isinstance(error, UnicodeDecodeError | LookupError):
        return "name the encoding of its texts, such as encoding='cp1252'"
    if path.suffix.lower() in PARQUET:
        return "a Parquet file of areas needs the GeoParquet metadata that geopandas writes"
    return "check that it is a GeoJSON, GeoPackage, FlatGeobuf or shapefile"


def _read_parquet(path: Path) -> gpd.GeoDataFrame:
    need("pyarrow", path)
    return gpd.read_parquet(path)


def _read_gdal(path: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    layers = gpd.list_layers(path)["name"].tolist()
    if layer is None and len(layers) > 1:
        message = (
            f"{path.name}: the file has {len(layers)} layers ({', '.join(map(repr, layers))}); name one with layer="
        )
        raise DataError(message)
    if layer is not None and layer not in layers:
        message = f"{path.name}: there is no layer {layer!r}; the file has {', '.join(map(repr, layers))}"
        raise DataError(message)
    options: dict[str, Any] = {} if layer is None else {"layer": layer}
    if encoding is not None:
        options["encoding"] = encoding
    if path.suffix.lower() in JSON:
        options["DATE_AS_STRING"] = "YES"  # a text that looks like a date stays a text
    return gpd.read_file(path, engine="pyogrio", **options)


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
