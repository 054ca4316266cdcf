"""How often planted causes of infeasibility are found, and whether what is suggested suffices and is the smallest.

Run `python -m benchmarks.diagnosis [instances per cause]` from the root of the repository.
"""

import sys
import time
from pathlib import Path
from statistics import median

import territorykit as tk


def main(count: int) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from solve.infeasible import CAUSES, large, small
    from solve.small import Oracle

    print("| cause | instances | diagnosed | relaxation feasible | smallest confirmed | median seconds |")
    print("|---|--:|--:|--:|--:|--:|")
    makers = {cause: lambda number, cause=cause: small(cause, number) for cause in CAUSES}
    makers["20 to 60 units"] = large
    for cause, make in makers.items():
        rows = [_one(make(number), Oracle) for number in range(count)]
        named, feasible, smallest, seconds = zip(*rows, strict=True)
        confirmed = "-" if None in smallest else str(sum(smallest))
        print(f"| {cause} | {count} | {sum(named)} | {sum(feasible)} | {confirmed} | {median(seconds):.3f} |")


def _one(planted: object, oracle: type) -> tuple[bool, bool, bool | None, float]:
    """Whether just the planted requirements are named, all suggestions suffice and are smallest, and the seconds."""
    from solve.infeasible import is_smallest

    problem, kinds = planted
    start = time.perf_counter()
    found = [c for c in tk.diagnose(problem) if c.relaxed is not None]
    seconds = time.perf_counter() - start
    named = bool(found) and kinds == {r for c in found for r in (c.requirement, *c.together_with)}
    if problem.graph.n_units > 9:
        return named, bool(found) and all(tk.diagnose(c.apply(problem)) == () for c in found), None, seconds
    feasible = bool(found) and all(len(oracle(c.apply(problem)).feasible) for c in found)
    return named, feasible, bool(found) and all(is_smallest(problem, c) for c in found), seconds


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
