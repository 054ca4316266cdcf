"""Faults gathered into a table."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from territorykit._arrays import Bools, Objects

Severity: TypeAlias = Literal["error", "warning"]
ERROR: Severity = "error"
WARNING: Severity = "warning"
COLUMNS = ("fault", "severity", "units", "value", "measure", "what", "remedy")


class Faults:
    """The faults of one input, gathered.

    Parameters
    ----------
    ids
        Shape (n_rows,): the id of each row; None where it is missing.
    crs
        The coordinate system of the places, or None.
    """

    def __init__(self, ids: Objects, crs: pyproj.CRS | None) -> None:
        self.ids = ids
        self._crs = crs
        self._rows: list[tuple[Any, ...]] = []

    def add(
        self,
        fault: str,
        severity: Severity,
        units: Sequence[Any],
        what: str,
        remedy: str,
        *,
        value: float = np.nan,
        measure: str = "",
        place: Any = None,  # noqa: ANN401 - a geometry
    ) -> None:
        """Put one fault on the list, with the ids of its units."""
        self._rows.append((fault, severity, tuple(units), float(value), measure, what, remedy, place))

    def rows(
        self,
        fault: str,
        severity: Severity,
        mask: Bools,
        what: str,
        remedy: str,
        *,
        values: Any = None,  # noqa: ANN401 - numbers by row
        measure: str = "",
        places: Objects | None = None,
    ) -> None:
        """Put one fault on the list for each row of a mask."""
        for i in np.flatnonzero(mask).tolist():
            value = np.nan if values is None else values[i]
            place = None if places is None else places[i]
            self.add(fault, severity, (self.ids[i],), what, remedy, value=value, measure=measure, place=place)

    def frame(self) -> gpd.GeoDataFrame:
        """The table: errors before warnings, in the order of `NAMES`."""
        order = {name: k for k, name in enumerate(NAMES)}
        rows = sorted(self._rows, key=lambda row: (row[1] != ERROR, order[row[0]]))
        columns: dict[str, Any] = {name: [row[k] for row in rows] for k, name in enumerate(COLUMNS)}
        places = np.array([row[-1] for row in rows] or [None], object)[: len(rows)]
        return gpd.GeoDataFrame(columns, columns=list(COLUMNS), geometry=gpd.GeoSeries(places, crs=self._crs))


NAMES = (
    "no_crs",
    "missing_id",
    "duplicate_id",
    "mixed_ids",
    "missing_geometry",
    "empty_geometry",
    "wrong_geometry",
    "invalid_geometry",
    "missing_coordinate",
    "not_a_coordinate",
    "out_of_range",
    "swapped",
    "mixed_crs",
    "at_zero",
    "identical",
    "overlap",
    "island",
    "piece",
    "far_outside",
    "outside",
    "missing_value",
    "not_a_number",
    "infinite_value",
    "negative_value",
    "sliver_overlap",
    "gap",
    "multipart",
    "coincident",
    "zero_value",
)
"""All faults there are, in the order of the table."""


def points_of(shapes: Objects) -> Objects:
    """A place for each geometry, to be marked on a map; None where there is no geometry."""
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    places = np.full(len(shapes), None, object)
    places[known] = shapely.centroid(shapes[known])
    return places
