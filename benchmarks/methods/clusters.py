"""Clustering: k-means without and with limits on counts, and Ward's method on the graph of neighbors."""

import numpy as np

from benchmarks.instance import Instance
from benchmarks.methods.method import Budget, Method, Outcome, Solve


def _kmeans(instance: Instance, budget: Budget) -> Solve:
    """The floor: compact, but neither balanced nor connected."""
    from sklearn.cluster import KMeans

    model = KMeans(instance.k, n_init=1, random_state=budget.seed)
    return lambda: Outcome(labels=model.fit_predict(instance.xy, sample_weight=instance.first))


def _constrained(instance: Instance, budget: Budget) -> Solve:
    """Balanced in the number of units, the only size that the package knows."""
    from k_means_constrained import KMeansConstrained

    mean = instance.n / instance.k
    low, high = int(np.ceil(mean * (1 - instance.tolerance))), int(np.floor(mean * (1 + instance.tolerance)))
    model = KMeansConstrained(
        instance.k,
        size_min=min(low, int(mean)),
        size_max=max(high, int(np.ceil(mean))),
        n_init=1,
        random_state=budget.seed,
    )
    return lambda: Outcome(labels=np.asarray(model.fit_predict(instance.xy), np.int64))


def _ward(instance: Instance, budget: Budget) -> Solve:
    """Connected clusters of coordinates; sizes are free, and no seed changes them."""
    import geopandas as gpd
    from libpysal.weights import W
    from spopt.region import WardSpatial

    del budget
    neighbors: dict[int, list[int]] = {i: [] for i in range(instance.n)}
    for i, j in instance.edges.tolist():
        neighbors[i].append(j)
        neighbors[j].append(i)
    x, y = instance.xy.T
    frame = gpd.GeoDataFrame({"x": x, "y": y}, geometry=gpd.points_from_xy(x, y))
    model = WardSpatial(frame, W(neighbors, silence_warnings=True), ["x", "y"], instance.k)

    def solve() -> Outcome:
        model.solve()
        return Outcome(labels=np.asarray(model.labels_, np.int64))

    return solve


KMEANS = Method(name="kmeans", package="scikit-learn", title="scikit-learn KMeans, no balance", prepare=_kmeans)
CONSTRAINED = Method(
    name="kmeans-constrained", package="k-means-constrained", title="k-means-constrained, counts", prepare=_constrained
)
WARD = Method(name="spopt-ward", package="spopt", title="spopt WardSpatial", prepare=_ward)
