"""How the figures of source areas fall on target areas."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array, diags_array

from territorykit._arrays import Bools, Floats, Ints
from territorykit.errors import BackendError
from territorykit.load.common_ground import Ground, points_in_common

Engine: TypeAlias = Literal["shapely", "tobler"]
"""Who makes the sums."""


@dataclass(frozen=True, slots=True)
class Falling:
    """How the figures of sources are spread over targets.

    Parameters
    ----------
    shares
        Shape (n_sources, n_targets): rows add up to 1, or to 0 where a source meets no target.
    common
        Shape (n_sources, n_targets): square metres, for averages over ground.
    covered
        Shape (n_sources,): the share of each source that lies in targets, up to 1.
    kept
        Shape (n_sources,): the share of each figure that goes to targets.
    moved, homes
        Shape (n_moved,) each: sources that meet no target, and the target to which each goes.
    """

    shares: csr_array
    common: csr_array
    covered: Floats
    kept: Floats
    moved: Ints
    homes: Ints

    def dropping(self, out: Bools) -> "Falling":
        """The same, where what lies outside the targets is left out."""
        return replace(self, kept=np.where(out, self.covered, 1.0))

    def moving(self, sources: Ints, homes: Ints) -> "Falling":
        """The same, where these sources go to these targets."""
        return replace(self, moved=sources, homes=homes)

    def spread(self, adding: Floats, means: Floats) -> tuple[Floats, Floats]:
        """Sums and averages of the targets.

        Parameters
        ----------
        adding
            Shape (n_sources, n_columns): sizes, which add up.
        means
            Shape (n_sources, n_averages): averages over the ground.

        Returns
        -------
        sums, averages
            Shapes (n_targets, n_columns) and (n_targets, n_averages); NaN where a target meets no source.
        """
        sums = self.shares.T @ (adding * self.kept[:, None])
        ground = self.common.sum(axis=0)[:, None]
        with np.errstate(invalid="ignore"):
            averages = np.where(ground > 0, (self.common.T @ means) / ground, np.nan)
        return self.with_moved(sums, adding), averages

    def with_moved(self, sums: Floats, adding: Floats) -> Floats:
        """Sums, with the figures of the sources that go to the nearest target."""
        result = np.array(sums, np.float64)
        np.add.at(result, self.homes, adding[self.moved])
        return result


def falling(
    ground: Ground, located: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame, Floats] | None = None
) -> Falling:
    """Shares in proportion to common ground, or to points where a source has any.

    Parameters
    ----------
    ground
        What sources and targets have in common.
    located
        Sources, targets, points and the weights of the points.
    """
    table, full = ground.common, shapely.area(ground.sources)
    if located is not None:
        by_points, weight = points_in_common(*located)
        has = weight > 0
        table = diags_array(has.astype(float)) @ by_points + diags_array((~has).astype(float)) @ ground.common
        full = np.where(has, weight, full)
    inside = np.asarray(table.sum(axis=1))
    shares = csr_array(diags_array(np.divide(1.0, inside, out=np.zeros_like(inside), where=inside > 0)) @ table)
    none = np.empty(0, np.int64)
    return Falling(shares, ground.common, np.minimum(inside / full, 1.0), np.ones(len(full)), none, none)


def tobler() -> Callable[..., gpd.GeoDataFrame]:
    """The areal interpolation of tobler.

    Raises
    ------
    BackendError
        If it is not installed.
    """
    try:
        from tobler.area_weighted import area_interpolate  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = 'engine="tobler" needs tobler, which is not installed; pip install "territorykit[census]"'
        raise BackendError(message) from error
    interpolation: Callable[..., gpd.GeoDataFrame] = area_interpolate
    return interpolation


def with_tobler(ground: Ground, fall: Falling, adding: Floats, means: Floats) -> tuple[Floats, Floats]:
    """Sums and averages of the targets as `Falling.spread` has them, made by tobler.

    What tobler is not given to decide: the map projection, what lies outside, values that are missing, and
    averages of targets that meet no source, which it takes for 0.

    Raises
    ------
    BackendError
        If tobler is not installed.

    References
    ----------
    .. [1] Knaap, E., Rey, S. and others. *tobler*, https://pysal.org/tobler
    """
    area_interpolate = tobler()
    meets = np.asarray(fall.shares.sum(axis=1)) > 0  # tobler would also give what only touches
    extensive = {f"sum {k}": column for k, column in enumerate((adding * (fall.kept * meets)[:, None]).T)}
    intensive = {f"mean {k}": column for k, column in enumerate(means.T)}
    figures: dict[str, Any] = {**extensive, **intensive}
    sources = gpd.GeoDataFrame(figures, geometry=ground.sources, crs=ground.crs)
    targets = gpd.GeoDataFrame(geometry=ground.targets, crs=ground.crs)
    found = area_interpolate(sources, targets, list(extensive) or None, list(intensive) or None)
    sums, averages = (
        np.column_stack([np.empty((len(targets), 0)), *(found[name].to_numpy(np.float64) for name in names)])
        for names in (extensive, intensive)
    )
    averages[ground.known == 0] = np.nan
    return fall.with_moved(sums, adding), averages
