"""Writes what is committed: small tables of results, pictures, and the blocks of the documentation's page."""

import re
from collections.abc import Callable
from pathlib import Path

from benchmarks import plots, store
from benchmarks.curves import Traces
from benchmarks.marks import marks
from benchmarks.methods.ours import EXACT, OURS, PROVE
from benchmarks.proofs import proofs
from benchmarks.shared import CHECKOUT
from benchmarks.store import Row
from benchmarks.summary import beside, feasible_runs, fit_line, fits, groups, label, load, per_instance, whole
from benchmarks.tables import TABLES

RESULTS = CHECKOUT / "benchmarks" / "results"
PAGE = CHECKOUT / "docs" / "explanation" / "benchmarks.md"
IMAGES = CHECKOUT / "docs" / "images"
NOT_RUN = "Not run yet."
PRIVATE = ("reference", "second_reference")
"""Columns of published values: they stay in the folder they come from."""
BLOCK = re.compile(r"(<!-- begin (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Tables = dict[str, tuple[list[Row], Traces]]


def markdown(lines: list[list[str]]) -> str:
    """A table; columns of figures stand to the right."""
    head, *rest = lines
    cells = [[line[i] for line in rest if line[i]] for i in range(len(head))]
    rule = ["--:" if i and all(cell[0].isdigit() for cell in cells[i]) else "---" for i in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rest))


def _ours(tables: Tables, name: str) -> list[tuple[str, list[Row]]]:
    """The groups of our own runs of a table, each with its label."""
    rows = tables[name][0] if name in tables else []
    return [
        (label(*group), own) for group, own in groups(rows).items() if group[0] in (OURS.name, EXACT.name, PROVE.name)
    ]


def _overview(tables: Tables) -> str:
    lines = [["table", "settings", "outcome"]]
    lines += [[TABLES[name].title, text, whole(own)] for name in tables for text, own in _ours(tables, name)]
    return markdown(lines) if len(lines) > 1 else NOT_RUN


def _marks(tables: Tables) -> str:
    lines = [["table", "mark", "found", "reached"]]
    for name, (_, traces) in tables.items():
        for text, own in _ours(tables, name):
            found = proofs(name, own) if text.startswith((EXACT.title, PROVE.title)) else marks(name, own, traces)
            lines += [[TABLES[name].title, m.text, m.found, "yes" if m.hit else "**no**"] for m in found]
    return markdown(lines) if len(lines) > 1 else NOT_RUN


def _versions(tables: Tables) -> str:
    found = {part.strip() for rows, _ in tables.values() for row in rows for part in row["versions"].split(";")}
    return ", ".join(sorted(found - {""})) + "." if found - {""} else NOT_RUN


def _beside(tables: Tables) -> str:
    rows = tables.get("peers", ([], {}))[0]
    if not rows:
        return NOT_RUN
    return f"{markdown(beside(rows))}\n\nFeasible runs, all graphs of a kind:\n\n{markdown(feasible_runs(rows))}"


def _instances(tables: Tables) -> str:
    parts = [
        f"### {TABLES[name].title}\n\n{text}\n\n{markdown(per_instance(own))}"
        for name in tables
        for text, own in _ours(tables, name)
    ]
    return "\n\n".join(parts) or NOT_RUN


def _quality(tables: Tables) -> str:
    drawn = plots.quality_against_time(tables, IMAGES / "benchmark-quality.png")
    return "![Cost over the published value as time goes on](../images/benchmark-quality.png)" if drawn else NOT_RUN


def _size(tables: Tables) -> str:
    lines = fits(*tables["scale"]) if "scale" in tables else []
    if not plots.cost_against_size(lines, IMAGES / "benchmark-size.png"):
        return NOT_RUN
    words = "\n".join(f"- {fit_line(name, line)}." for name, line in lines)
    return f"![CPU seconds by number of units](../images/benchmark-size.png)\n\n{words}"


BLOCKS: dict[str, Callable[[Tables], str]] = {
    "overview": _overview,
    "marks": _marks,
    "versions": _versions,
    "beside": _beside,
    "quality": _quality,
    "size": _size,
    "instances": _instances,
}


def filled(text: str, tables: Tables) -> str:
    """The page with its blocks written anew."""
    unknown = {match["name"] for match in BLOCK.finditer(text)} - set(BLOCKS)
    if unknown:
        message = (
            f"the page has blocks that nobody writes: {', '.join(sorted(unknown))}; name one of {', '.join(BLOCKS)}"
        )
        raise SystemExit(message)
    return BLOCK.sub(lambda match: f"{match[1]}{BLOCKS[match['name']](tables)}\n{match[3]}", text)


def write_results(tables: Tables, folder: Path) -> None:
    """The rows of each table, sorted, without published values."""
    fields = tuple(name for name in store.FIELDS if name not in PRIVATE)
    for name, (rows, _) in tables.items():
        path = folder / f"{name}.csv"
        path.unlink(missing_ok=True)
        store.append(path, fields, sorted(rows, key=store.key))


def write(out: Path, names: list[str]) -> None:
    """Write results, pictures and page from the rows on disk."""
    tables = {name: found for name in names if (found := load(out, name))[0]}
    write_results(tables, RESULTS)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    print(f"wrote {len(tables)} tables to {RESULTS}, pictures to {IMAGES} and the blocks of {PAGE}")
