"""Every method that is installed gives one label a unit; runs end as rows, whatever happens."""

import numpy as np
import pytest
from benchmarks import runner, store
from benchmarks.__main__ import main
from benchmarks.instance import rehearsal
from benchmarks.judging import judge
from benchmarks.methods import METHODS
from benchmarks.methods.method import Budget
from benchmarks.methods.ours import problem
from benchmarks.shared import Shared
from benchmarks.tables import TABLES

PEERS = [name for name in METHODS if not name.startswith("territorykit")]
WHOLE = ("metis", "gerrychain-tree", "gerrychain-bursts", "spopt-ward")


@pytest.fixture
def grid(folder):
    return rehearsal(TABLES["peers"].load(Shared(folder), "g3"))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_labels_every_unit(grid, folder, name) -> None:
    method = METHODS[name]
    if method.missing():
        pytest.skip(f"{method.package} is not installed")
    outcome = method.prepare(grid, Budget(seed=1, seconds=0.1))()
    assert len(np.unique(outcome.labels)) == grid.k
    verdict = judge(Shared(folder).tool("referee"), grid, outcome.labels)
    assert verdict.connected == grid.k or name not in WHOLE


def test_our_problem_states_all_limits(folder) -> None:
    kong = problem(TABLES["kong_sap"].load(Shared(folder), "w_2a"))
    assert kong.bands[0].upper.tolist() == [2, 3]
    assert kong.fixed() == {0: 0, 2: 1}
    assert kong.bases.tolist() == [[0, 0], [3, 0]]
    assert len(problem(TABLES["cpmp"].load(Shared(folder), "four")).requirements) == 1


def test_our_method_leaves_a_trace(grid) -> None:
    outcome = METHODS["territorykit"].prepare(grid, Budget(seed=1, seconds=0.3))()
    assert outcome.status == "feasible"
    assert outcome.trace[-1].objective == pytest.approx(outcome.objective)


@pytest.mark.parametrize("table", ["kong_sap", "grids"])
def test_our_exact_method_proves(folder, table) -> None:
    tables = {"kong_sap": "w_2a", "grids": "g2"}
    instance = TABLES[table].load(Shared(folder), tables[table])
    outcome = METHODS["territorykit-exact"].prepare(instance, Budget(seed=1, seconds=20))()
    assert outcome.status == "optimal"
    if table == "grids":
        assert outcome.objective == pytest.approx(instance.reference)


def test_a_command_runs_judges_keeps_and_does_not_run_twice(folder, tmp_path, capsys) -> None:
    command = ["run", "--shared", str(folder), "--out", str(tmp_path), "--table", "tracts", "--methods", "kmeans"]
    main(command)
    (found,) = store.read(tmp_path / "tracts.csv")
    assert (found["instance"], found["method"], found["time_limit"], found["n"]) == ("AA", "kmeans", "60", "4")
    assert (found["status"], found["feasible"], found["cost"], found["ratio"]) == ("done", "yes", "4", "1")
    assert "scikit-learn" in found["versions"]
    main(command)
    assert "AA: 1 runs are there already" in capsys.readouterr().out
    assert len(store.read(tmp_path / "tracts.csv")) == 1


def test_an_error_is_a_row(folder, tmp_path) -> None:
    path = tmp_path / "instance"
    path.write_bytes(b"no instance")
    job = {"path": str(path), "workers": 1, "timeout": 60, "shared": str(folder), "memory": 6, "method": "kmeans"}
    failed, trace = runner.perform(job | {"seed": 1, "time_limit": 1, "revision": ""})
    assert (failed["status"], failed["feasible"], trace) == ("error", False, [])
    assert "UnpicklingError" in failed["message"]


def test_what_cannot_run_is_named_and_left_out(folder, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(type(METHODS["metis"]), "missing", lambda method: method.package == "pymetis")
    facts = {"shared": Shared(folder), "out": tmp_path, "methods": ["metis", "kmeans"], "seeds": [1]}
    assert runner.usable(runner.Wish(table="peers", **facts)) == ["kmeans"]
    assert runner.usable(runner.Wish(table="kong_sap", **facts)) == []
    printed = capsys.readouterr().out
    assert "skipped: metis needs the package pymetis; pip install -e '.[benchmarks]'" in printed
    assert "skipped: kmeans cannot express the limits of kong_sap" in printed


def test_instances_are_listed(folder, capsys) -> None:
    main(["list", "--shared", str(folder), "--table", "grids"])
    assert capsys.readouterr().out == "grids: Square grids into districts of equal size\n  g2\n"
