"""What `import territorykit` does, and does not, in a fresh interpreter.

Where this was written it took 0.05 s, as long as starting the interpreter; numpy comes with the first name used.
"""

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import territorykit as tk

HEAVY = [
    "pandas",
    "geopandas",
    "numba",
    "sklearn",
    "pulp",
    "highspy",
    "matplotlib",
    "folium",
    "scipy",
    "shapely",
    "networkx",
    "tqdm",
    "pyarrow",
]
PROBE = """
import json, logging, sys, threading, warnings
before = list(warnings.filters)
import territorykit
names = [None, *logging.root.manager.loggerDict]
found = {
    "modules": sorted(sys.modules),
    "handlers": [name for name in names if logging.getLogger(name).handlers],
    "level": logging.getLogger("territorykit").level,
    "filters": warnings.filters != before,
    "threads": threading.active_count(),
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> dict:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True, text=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", HEAVY)
def test_nothing_heavy_is_loaded(found, package) -> None:
    assert package not in found["modules"]


def test_the_probe_sees_modules(found) -> None:
    assert "territorykit" in found["modules"]


def test_logging_warnings_and_threads_stay_as_they_are(found) -> None:
    assert found["handlers"] == []
    assert found["level"] == 0
    assert not found["filters"]
    assert found["threads"] == 1


@pytest.mark.parametrize("name", tk.__all__)
def test_every_public_name_is_there_and_documented(name) -> None:
    value = getattr(tk, name)
    assert value.__doc__
    if not isinstance(value, ModuleType):
        assert value.__name__ == name
        assert value.__module__.startswith("territorykit.")


def test_public_names_for_type_checkers_are_the_same() -> None:
    tree = ast.parse(Path(tk.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    homes = {alias.asname: (node.module, alias.name) for node in block.body for alias in node.names}
    assert sorted(homes) == tk.__all__
    for name, (module, original) in homes.items():
        home = import_module(module)
        assert getattr(tk, name) is getattr(home, original, None) or getattr(tk, name) is import_module(
            f"{module}.{original}"
        )


def test_dir_lists_the_public_names() -> None:
    assert set(tk.__all__) <= set(dir(tk))


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match="module 'territorykit' has no attribute 'prove_it'"):
        tk.prove_it  # noqa: B018 - the access is the test


FIRST = [
    "import territorykit.solve, territorykit.evaluate",
    "import territorykit.load.accounts, territorykit.solve.solve",
    "import territorykit.evaluate.compare, territorykit.testing",
    "import territorykit; territorykit.compare; import territorykit.evaluate.compare",
    "import territorykit; territorykit.evaluate; import territorykit.evaluate.compare",
]
THEN = """
import territorykit as tk
from territorykit.evaluate import scorecard
from territorykit.solve.solve import solve
assert tk.evaluate is scorecard.evaluate
assert tk.solve is solve
"""


@pytest.mark.parametrize("first", FIRST)
def test_functions_win_over_folders_of_the_same_name(first) -> None:
    """Whatever is imported first, a folder `solve` does not take the place of the function `tk.solve`."""
    subprocess.run([sys.executable, "-c", f"{first}\n{THEN}"], check=True)
