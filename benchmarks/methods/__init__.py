"""The methods: ours, and those of other packages, which are optional."""

from benchmarks.methods.clusters import CONSTRAINED, KMEANS, WARD
from benchmarks.methods.method import Method
from benchmarks.methods.ours import EXACT, OURS, PROVE
from benchmarks.methods.partition import BURSTS, METIS, TREE

METHODS: dict[str, Method] = {
    method.name: method for method in (OURS, EXACT, PROVE, TREE, BURSTS, WARD, CONSTRAINED, METIS, KMEANS)
}
