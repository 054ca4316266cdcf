"""Small maps for tests of loading."""

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import strategies as st

UTM = "EPSG:32632"
DEGREES = "EPSG:4326"


def grid(columns, rows=1, *, size=1000.0, crs=UTM, origin=(500_000.0, 5_000_000.0), skip=()):
    """Squares named by column and row, such as "c0r0"; cells in `skip` are left out."""
    cells = {f"c{c}r{r}": (c, r) for r in range(rows) for c in range(columns) if f"c{c}r{r}" not in skip}
    x0, y0 = origin
    boxes = [
        shapely.box(x0 + c * size, y0 + r * size, x0 + (c + 1) * size, y0 + (r + 1) * size) for c, r in cells.values()
    ]
    work = np.arange(1.0, len(cells) + 1)
    return gpd.GeoDataFrame({"work": work}, index=list(cells), geometry=boxes, crs=crs)


def frame(geometry, crs=UTM, **columns):
    """Areas "a", "b", ... with these polygons."""
    ids = [chr(ord("a") + i) for i in range(len(geometry))]
    return gpd.GeoDataFrame({"work": 1.0, **columns}, index=ids, geometry=list(geometry), crs=crs)


def named_edges(graph):
    """Edges as pairs of ids."""
    return {tuple(pair) for pair in graph.ids[graph.edges].tolist()}


def borders(graph):
    """Border length of each edge by its pair of ids."""
    return dict(zip(map(tuple, graph.ids[graph.edges].tolist()), graph.border_lengths.tolist(), strict=True))


@st.composite
def mosaics(draw):
    """A grid whose cells are cut and joined at random into areas with clean borders."""
    n = draw(st.integers(2, 4))
    labels = draw(st.lists(st.integers(0, 5), min_size=n * n, max_size=n * n))
    cells = {}
    for k, label in enumerate(labels):
        x, y = divmod(k, n)
        cells.setdefault(label, []).append(shapely.box(x, y, x + 1, y + 1))
    shapes = [shapely.union_all(cells[label]) for label in sorted(cells)]
    scale = draw(st.sampled_from([100.0, 1000.0]))
    moved = [shapely.transform(shape, lambda xy: xy * scale + [500_000, 5_000_000]) for shape in shapes]
    # one of them gets a vertex more on every side, so that not all borders are written down alike
    return [shapely.segmentize(shape, scale / 2) if i == 0 else shape for i, shape in enumerate(moved)]
