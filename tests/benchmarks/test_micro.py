"""The micro-benchmarks of the kernels run, each case once and without a clock."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_case_runs():
    pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed")
    options = ["--benchmark-disable", "-p", "no:cacheprovider", "-q", "-k", "not grid200 and not delaunay"]
    command = [sys.executable, "-m", "pytest", "benchmarks/micro", *options]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "passed" in found.stdout
