"""The documentation tells the truth: its code runs, its output is what it says, its links lead somewhere."""

import contextlib
import doctest
import io
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import territorykit as tk

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts),
]
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")
SAME = doctest.OutputChecker().check_output
LENIENT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [page for page in PAGES if BLOCK.search(page.read_text("utf-8"))], ids=name)
def test_code_runs_and_prints_what_the_page_says(page, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    text = page.read_text("utf-8")
    module = ModuleType("page")  # a real one, so that what it defines can be pickled
    monkeypatch.setitem(sys.modules, "page", module)
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 2
        code = compile("\n" * (line - 1) + block["code"], str(page), "exec")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, vars(module))  # noqa: S102 - our own pages
        if block["output"] is not None:
            assert SAME(block["output"], printed.getvalue(), LENIENT), f"line {line} prints:\n{printed.getvalue()}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_public_name_is_in_the_reference() -> None:
    lines = {line.strip() for line in (ROOT / "docs/reference/README.md").read_text("utf-8").splitlines()}
    assert set(tk.__all__) <= lines


def test_every_page_is_in_a_table_of_contents() -> None:
    """A page that no toctree names is not reachable."""
    entries = set()
    for page in (ROOT / "docs").rglob("*.md"):
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            names = [line for line in tree.splitlines() if line and not line.startswith(":")]
            entries |= {(page.parent / entry).relative_to(ROOT / "docs").as_posix() for entry in names}
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES if "docs" in page.parts}
    assert pages - {"index"} == entries
