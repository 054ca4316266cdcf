"""Arguments of a wrong kind, told at the door."""

from collections.abc import Hashable
from types import UnionType
from typing import Any, TypeAlias, get_args

from territorykit.errors import DataError, Problems
from territorykit.model.unit_graph import UnitGraph

Kind: TypeAlias = type | UnionType | tuple[type | UnionType, ...]
"""What an argument may be."""


def check_kinds(subject: str, **given: tuple[object, Kind]) -> None:
    """Raise for all arguments that are nothing of their kind; each comes with what it may be.

    Raises
    ------
    DataError
        With all of them at once.

    Examples
    --------
    >>> check_kinds("files", folder=(None, str), names=({}, dict | None))
    Traceback (most recent call last):
        ...
    territorykit.errors.DataError: files: folder is a NoneType; pass a str
    """
    problems = Problems(subject)
    for name, (value, kind) in given.items():
        if not isinstance(value, kind):
            problems.add(f"{name} is a {type(value).__name__}", f"pass a {' or '.join(_names(kind))}")
    problems.raise_as(DataError)


def _names(kind: Kind) -> list[str]:
    members = kind if isinstance(kind, tuple) else get_args(kind) or (kind,)
    names = [name for member in members for name in (_names(member) if get_args(member) else [_name(member)])]
    return list(dict.fromkeys(names))


def _name(kind: Any) -> str:  # noqa: ANN401 - a class
    return "None" if kind is type(None) else str(kind.__name__)


def in_graph(graph: UnitGraph, unit: object) -> bool:
    """Whether a graph has this unit; what can be no id, such as a list, it has not."""
    return isinstance(unit, Hashable) and unit in graph
