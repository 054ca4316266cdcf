"""A folder of load files with its manifest: written at once, completed with ids, read again."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from territorykit._cells import harmless
from territorykit._saving import replacing
from territorykit.crm.salesforce_changes import Left, Place, mark
from territorykit.crm.salesforce_ids import required_ids
from territorykit.errors import DataError, Problems, listing
from territorykit.load.formats.files import existing
from territorykit.load.formats.tables import read_table

MANIFEST = "manifest.json"
LEFT = "left_alone.csv"
_FORMAT = "territorykit.salesforce/1"
_MARK = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}", re.ASCII)
LONGEST_FILE = 100
"""Characters of a file's name in a manifest; those that are written are shorter."""
_IDS = ("id", "sf__id")
"""Headers of the new record's id in what loaders write about a load that went well."""


class Table(NamedTuple):
    """What one file is to hold."""

    object: str
    operation: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a load.

    Parameters
    ----------
    file
        Its name in the folder.
    object
        The Salesforce object that its rows are of.
    operation
        "insert", "update", "delete", or "setup" where people have to do it: the interfaces do not let it.
    rows
        How many rows it has.
    waits_for
        Developer names whose ids it needs and that are not known before an earlier step is loaded. See
        `fill_ids`.
    note
        What to know about it.
    """

    file: str
    object: str
    operation: str
    rows: int
    waits_for: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Load:
    """What a folder of load files holds, in the order in which it is loaded.

    Parameters
    ----------
    model_id
        Id of the territory model.
    territories
        Those of the plan and those above them: name, developer name, id ("" before it is inserted), parent,
        level.
    planned
        Names of the plan's own territories.
    steps
        The files.
    left
        Reason to number of rows that the org has and that are left alone; they are in ``left_alone.csv``.
    records
        What else to know before loading.
    """

    model_id: str
    territories: tuple[Place, ...]
    planned: tuple[str, ...]
    steps: tuple[Step, ...]
    left: tuple[tuple[str, int], ...]
    records: tuple[str, ...]

    def __str__(self) -> str:
        lines = [
            f"{step.file}: {step.operation} {step.rows:,} {step.object}"
            + (f", waits for {len(step.waits_for)} ids" if step.waits_for else "")
            for step in self.steps
        ]
        lines += [f"left alone: {count:,} where {reason}" for reason, count in self.left]
        return "\n".join([*lines, *self.records]) or "nothing to load"


def write_folder(folder: str | PathLike[str], tables: Sequence[Table], load: Load, left: Sequence[Left]) -> Load:
    """Write the tables that have rows, what is left alone, and the manifest last."""
    home, tables = Path(folder), [table for table in tables if table.rows]
    if not home.parent.is_dir():
        message = f"there is no folder {str(home.parent)!r}; make it first"
        raise DataError(message)
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        message = f"{str(home)!r} is there and not empty; write to a new folder: what was loaded stays on record"
        raise DataError(message)
    files = [_file(number, table) for number, table in enumerate(tables, 1)]
    steps = [
        Step(file, table.object, table.operation, len(table.rows), _marks(table), table.note)
        for file, table in zip(files, tables, strict=True)
    ]
    load = Load(load.model_id, load.territories, load.planned, tuple(steps), load.left, load.records)
    made = not home.exists()
    home.mkdir(exist_ok=True)
    try:
        with replacing(*(home / name for name in (*files, LEFT, MANIFEST))) as drafts:
            for draft, table in zip(drafts, tables, strict=False):
                write_rows(draft, table.columns, table.rows)
            write_rows(drafts[-2], Left._fields, [tuple(map(harmless, row)) for row in left])
            _write_manifest(drafts[-1], load)
    finally:
        if made and not any(home.iterdir()):
            home.rmdir()
    return load


def _file(number: int, table: Table) -> str:
    return "_".join(part for part in (f"{number:02d}", table.operation, table.object, table.suffix) if part) + ".csv"


def _marks(table: Table) -> tuple[str, ...]:
    """Developer names whose marks stand in columns of ids; elsewhere a text in braces is a text."""
    at = [i for i, column in enumerate(table.columns) if column.endswith("Id")]
    found = [whole[1] for row in table.rows for i in at if (whole := _MARK.fullmatch(row[i]))]
    return tuple(dict.fromkeys(found))


def write_rows(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A CSV as loaders take it: UTF-8 without a mark, lines that end with a line feed, cells as they are."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_manifest(path: Path, load: Load) -> None:
    content = {"format": _FORMAT, **asdict(load), "territories": [place._asdict() for place in load.territories]}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_load(folder: str | PathLike[str]) -> Load:
    """Read the manifest of a folder that `write_territories` wrote.

    Raises
    ------
    DataError
        If there is none, or a file of it is missing or has another number of rows.
    """
    home = Path(folder)
    file = existing(home / MANIFEST)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise KeyError(content["format"])  # noqa: TRY301 - the same complaint
        load = Load(
            content["model_id"],
            tuple(Place(**row) for row in content["territories"]),
            tuple(content["planned"]),
            tuple(Step(**{**row, "waits_for": tuple(row["waits_for"])}) for row in content["steps"]),
            tuple((reason, count) for reason, count in content["left"]),
            tuple(content["records"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{file}: this is no manifest of load files ({error!r}); pass a folder of write_territories"
        raise DataError(message) from error
    problems = Problems(str(home))
    if not _is_sound(load):
        problems.add("values of the manifest are not of their kind", "pass a folder of write_territories")
        problems.raise_as(DataError)
    for step in load.steps:
        if Path(step.file).name != step.file or not (home / step.file).is_file():
            problems.add(f"there is no file {step.file!r}", "write the folder anew")
        elif (found := sum(1 for _ in read_rows(home / step.file))) != step.rows:
            problems.add(f"{step.file} has {found:,} rows, the manifest says {step.rows:,}", "write the folder anew")
    problems.raise_as(DataError)
    return load


def _is_sound(load: Load) -> bool:
    texts = [load.model_id, *load.planned, *load.records, *(reason for reason, _ in load.left)]
    texts += [text for place in load.territories for text in place[:-1]]
    texts += [text for step in load.steps for text in (step.file, step.object, step.operation, step.note)]
    texts += [name for step in load.steps for name in step.waits_for]
    counts = [step.rows for step in load.steps] + [count for _, count in load.left]
    counts += [place.level for place in load.territories]
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(count, int) for count in counts)
        and all(len(step.file) <= LONGEST_FILE for step in load.steps)
    )


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a load file, every cell as it stands."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for row in csv.DictReader(file, strict=True):
                if None in row or None in row.values():
                    message = "a row does not fit the header"
                    raise csv.Error(message)  # noqa: TRY301 - as a quote that is not closed
                yield row
        except (csv.Error, UnicodeError) as error:
            message = f"{path.name}: {error}; write the folder anew"
            raise DataError(message) from error


def fill_ids(
    folder: str | PathLike[str], ids: Mapping[str, str] | str | Path | pd.DataFrame, *, encoding: str | None = None
) -> Load:
    """Put the ids of new records into the files that wait for them.

    Parents are inserted before their children, and territories before their accounts: only the insert
    says the ids. Until then the files hold marks, such as ``{North}``, which no loader takes for an id.

    Parameters
    ----------
    folder
        The folder that `write_territories` wrote.
    ids
        What the loader says of the rows that went well (a table with the columns Id or sf__Id, and
        DeveloperName), or a mapping from developer name to id.
    encoding
        Encoding of a CSV that is not UTF-8.

    Returns
    -------
    Load
        The manifest as it is now.

    Raises
    ------
    DataError
        If ids are no ids, or belong to developer names that the folder does not know or that have another, or
        to two of them.

    Examples
    --------
    See `write_territories`.
    """
    home, problems = Path(folder), Problems("ids of new records")
    load = read_load(home)
    found = _new_ids(ids, encoding, problems)
    waiting = {name for step in load.steps for name in step.waits_for}
    known = {place.developer_name: place.id for place in load.territories}
    unknown = [name for name in found if name not in waiting and name not in known]
    if unknown:
        problems.add(f"developer names that are not in this folder: {listing(unknown)}", "pass the file of this load")
    other = [name for name, record in found.items() if known.get(name) and known[name] != record]
    if other:
        problems.add(f"{listing(other)} have another id in this folder", "pass the file of this load")
    holders: dict[str, list[str]] = {}
    for name, record in {**{name: record for name, record in known.items() if record}, **found}.items():
        holders.setdefault(str(record), []).append(str(name))
    shared = [f"{record}: {', '.join(names)}" for record, names in holders.items() if len(names) > 1]
    if shared:
        problems.add(f"records that share an id: {listing(shared)}", "each has its own: pass the file of this load")
    problems.raise_as(DataError)
    places = tuple(p._replace(id=p.id or found.get(p.developer_name, "")) for p in load.territories)
    marks = {mark(name): record for name, record in found.items()}
    touched = [step.file for step in load.steps if set(step.waits_for) & found.keys()]
    steps = tuple(
        Step(s.file, s.object, s.operation, s.rows, tuple(n for n in s.waits_for if n not in found), s.note)
        for s in load.steps
    )
    load = Load(load.model_id, places, load.planned, steps, load.left, load.records)
    with replacing(*(home / name for name in (*touched, MANIFEST))) as drafts:
        for name, draft in zip(touched, drafts, strict=False):
            rows = list(read_rows(home / name))
            for row in rows:
                row.update({column: marks.get(row[column], row[column]) for column in row if column.endswith("Id")})
            write_rows(draft, list(rows[0]), [list(row.values()) for row in rows])
        _write_manifest(drafts[-1], load)
    return load


def _new_ids(ids: Any, encoding: str | None, problems: Problems) -> dict[str, str]:  # noqa: ANN401 - see fill_ids
    if isinstance(ids, Mapping):
        names, records = list(ids), list(ids.values())
    else:
        frame = ids if isinstance(ids, pd.DataFrame) else read_table(existing(ids), id="Id", encoding=encoding)
        columns = {str(column).strip().casefold(): column for column in frame.columns}
        key = next((columns[name] for name in _IDS if name in columns), None)
        if key is None or "developername" not in columns:
            problems.add(
                f"the table has {listing(map(str, frame.columns)) or 'no columns'}",
                "it needs Id or sf__Id, and DeveloperName",
            )
            return {}
        names, records = [str(name) for name in frame[columns["developername"]]], frame[key].tolist()
    found = dict(zip(names, required_ids(records, problems, "ids"), strict=True))
    if len(found) < len(names):
        problems.add("developer names are there more than once", "keep one row each")
    return found
