"""Columns of account exports: labels that people see, turned into the names that an interface knows."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from territorykit.crm.kinds import check_kinds
from territorykit.errors import DataError, Problems, listing

_BLANKS = re.compile(r"\s+")


def rename_columns(
    frame: pd.DataFrame,
    aliases: Mapping[str, Iterable[str]],
    columns: Mapping[str, str] | None,
    problems: Problems,
    *,
    required: Iterable[str] = (),
) -> pd.DataFrame:
    """The frame with its columns under the names of an interface.

    Labels are compared without case and with single blanks. A name of the interface is a label of itself.
    Columns that no label fits keep theirs: nothing is dropped.

    Parameters
    ----------
    frame
        The table as it was read; not changed.
    aliases
        Name of the interface to the labels that stand for it.
    columns
        Label to name, for labels that `aliases` does not hold, or to say it otherwise. Labels are compared
        exactly here.
    problems
        Where problems go: two columns for one name, labels in `columns` that are not in the frame, missing
        names.
    required
        Names that must be there.

    Returns
    -------
    DataFrame
        With problems, the columns that they are about keep their labels.

    Raises
    ------
    DataError
        If `columns` is no mapping, or two columns have the very same label: which is which cannot be said.

    Examples
    --------
    >>> frame = pd.DataFrame({"billing  city": ["Ulm"], "Segment": ["A"], "Vertriebsnr.": ["7"]})
    >>> rename_columns(
    ...     frame, {"Billing_City": ["Billing City"]}, {"Vertriebsnr.": "Sales_No"}, Problems("accounts")
    ... ).columns.tolist()
    ['Billing_City', 'Segment', 'Sales_No']
    """
    check_kinds(problems.subject, columns=(columns, Mapping | None))
    given = {str(label): str(name) for label, name in (columns or {}).items()}
    known = {_plain(label): name for name, labels in aliases.items() for label in (*labels, name)}
    labels = [str(label) for label in frame.columns]
    names = [given.get(label) or known.get(_plain(label), label) for label in labels]
    _check_given(given, labels, problems)
    shared = _check_shared(labels, names, problems)
    missing = [name for name in required if name not in names]
    if missing:
        problems.add(
            f"there is no column for {listing(missing)}",
            f"the columns are {', '.join(map(repr, labels))}; say which it is with columns={{'label': {missing[0]!r}}}",
        )
    if len(set(labels)) < len(labels):  # no column can be asked for
        problems.raise_as(DataError)
    kept = [label if name in shared else name for label, name in zip(labels, names, strict=True)]
    return frame.set_axis(kept, axis=1)


def _plain(label: str) -> str:
    return _BLANKS.sub(" ", label).strip().casefold()


def _check_given(given: Mapping[str, str], labels: list[str], problems: Problems) -> None:
    unknown = [label for label in given if label not in labels]
    if unknown:
        problems.add(
            f"columns= names labels that are not there: {listing(unknown)}",
            f"the columns are {', '.join(map(repr, labels))}",
        )
    empty = [label for label, name in given.items() if not name.strip()]
    if empty:
        problems.add(f"columns= gives no name to {listing(empty)}", "leave them out, or name them")


def _check_shared(labels: list[str], names: list[str], problems: Problems) -> set[str]:
    holders: dict[str, list[str]] = {}
    for label, name in zip(labels, names, strict=True):
        holders.setdefault(name, []).append(label)
    shared = {name: held for name, held in holders.items() if len(held) > 1}
    for name, held in shared.items():
        problems.add(
            f"the columns {listing(held)} all stand for {name!r}",
            "keep one, or give the others another name with columns=",
        )
    return set(shared)
