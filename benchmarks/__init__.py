"""Benchmarks: tables of instances, ours beside other packages, judged by a referee that is no part of the project.

    python -m benchmarks run --table peers --methods territorykit kmeans --seeds 1 2 --time 5
    python -m benchmarks summary
    python -m benchmarks page

Run it in the root of a checkout. Instances, their published values and the referee lie in a folder outside the
project (`--shared`, `../shared` without it) and are read when a run begins; none of them is kept here.
"""
