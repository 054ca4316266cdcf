"""The examples run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
WRITTEN = {"accounts_by_territory.csv", "map.html", "map.png", "plan.gpkg", "report.html"}


def run(script: Path, folder: Path) -> str:
    """Run a copy of a script in a folder of its own; its output."""
    copy = shutil.copy(script, folder)
    done = subprocess.run(
        [sys.executable, copy],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_all_examples_are_there() -> None:
    names = [path.name for path in SCRIPTS + NOTEBOOKS]
    assert names == ["from_arrays.py", "quickstart.py", "river_town.py", "split_city.py", "quickstart.ipynb"]


def test_quickstart(tmp_path) -> None:
    printed = run(EXAMPLES / "quickstart.py", tmp_path)
    assert "feasible" in printed
    assert "violations  0" in printed
    assert "Scorecard: 8 territories" in printed
    output = tmp_path / "output"
    assert {path.name for path in output.iterdir()} == WRITTEN
    assert all(path.stat().st_size > 1000 for path in output.iterdir())
    assert str(output) in printed


def test_from_arrays(tmp_path) -> None:
    printed = run(EXAMPLES / "from_arrays.py", tmp_path)
    assert printed.startswith("feasible")
    assert "hours per technician" in printed


def test_split_city(tmp_path) -> None:
    printed = run(EXAMPLES / "split_city.py", tmp_path)
    assert "as it is: infeasible; 1 unit is larger than any territory may be" in printed
    before, after = re.search(r"visits before and after: ([\d,]+) and ([\d,]+)", printed).groups()
    assert before == after
    assert re.search(r"split into \d+ parts: feasible", printed)
    assert (tmp_path / "output" / "split.png").stat().st_size > 1000


def test_river_town(tmp_path) -> None:
    printed = run(EXAMPLES / "river_town.py", tmp_path)
    found = re.findall(r"driving ([\d,]+) h a year, hours within ([\d.]+)%", printed)
    assert float(found[0][1]) <= 5.0
    assert (tmp_path / "output" / "river_town.png").stat().st_size > 1000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_run(path, tmp_path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/plain", "text/html", "image/png"} <= kinds


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_stored_without_output(path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
