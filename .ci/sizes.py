"""Hold the limits of size: 400 lines a file, 60 a function without its docstring."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = (".ci", "benchmarks", "docs", "examples", "src", "tests")
FILE_LINES = 400
FUNCTION_LINES = 60


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function, decorators and docstring left out."""
    lines = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        lines -= node.body[0].end_lineno - node.body[0].lineno + 1
    return lines


def excesses(path: Path) -> Iterator[str]:
    """Yield one line of text for each limit that a file exceeds."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT)
    if (n := len(text.splitlines())) > FILE_LINES:
        yield f"{name}: {n} lines, {FILE_LINES} are allowed; split the file by topic"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (n := function_lines(node)) > FUNCTION_LINES:
            yield f"{name}:{node.lineno} {node.name}: {n} lines, {FUNCTION_LINES} are allowed; split it"


def main() -> int:
    """Print what is too long; 1 where anything is."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if "_build" not in path.parts]
    found = [line for path in files for line in excesses(path)]
    print("\n".join(found) or f"{len(files)} files within the limits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
