"""Reads an instance in a process of its own and keeps it in a file: what reading takes counts for no run."""

import json
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

from benchmarks.instance import Instance
from benchmarks.shared import CHECKOUT, Shared
from benchmarks.tables import TABLES


def environment(workers: int) -> dict[str, str]:
    """The library of the same checkout, and no package may take more threads than the run is given."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(workers))
    paths = [str(CHECKOUT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | threads | {"PYTHONPATH": os.pathsep.join(paths)}


def kept(shared: Shared, table: str, name: str, path: Path) -> Instance | None:
    """The instance, after it was written to the path; None, with a line that says why, where it cannot be read."""
    job = {"shared": str(shared.root), "table": table, "instance": name, "path": str(path)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.loading", json.dumps(job)],
        cwd=CHECKOUT,
        env=environment(1),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        print(f"skipped: {name} of {table} cannot be read: {lines[-1]}")
        return None
    return read(path)


def read(path: Path) -> Instance:
    """An instance from its file."""
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by this program a moment ago


def main(job: dict[str, str]) -> None:
    """Read an instance and write it to its file."""
    warnings.simplefilter("ignore")
    instance = TABLES[job["table"]].load(Shared(Path(job["shared"])), job["instance"])
    Path(job["path"]).write_bytes(pickle.dumps(instance))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
