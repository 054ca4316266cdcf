"""What a table is: a name, its instances' names, and how one of them is read."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch

from benchmarks.instance import Instance
from benchmarks.shared import Shared


@dataclass(frozen=True)
class Table:
    """A set of instances."""

    name: str
    title: str
    names: Callable[[Shared], list[str]]
    load: Callable[[Shared, str], Instance]
    seconds: Callable[[str], float] = lambda _: 60.0
    """The time limit of an instance where the command names none."""

    def chosen(self, shared: Shared, patterns: list[str] | None) -> list[str]:
        """The names that fit any of the patterns, such as "g20*"; all of them without patterns."""
        names = self.names(shared)
        if not patterns:
            return names
        found = [name for name in names if any(fnmatch(name, pattern) for pattern in patterns)]
        if not found:
            message = f"no instance of {self.name} fits {' '.join(patterns)}; it has {', '.join(names)}"
            raise SystemExit(message)
        return found
