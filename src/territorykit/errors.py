"""Everything territorykit raises on purpose.

::

    TerritoryKitError
    ├── DataError          (ValueError)    an input is wrong: ids, values, shapes, coordinates
    ├── RequirementError   (ValueError)    requirements or settings are wrong or contradict each other
    ├── PlanError          (ValueError)    labels that are not a plan of the problem
    ├── NoPlanError        (RuntimeError)  a plan was demanded of a result that has none
    └── BackendError       (RuntimeError)  something outside fails or is not installed; `RoutingError` is one

A message says what is wrong, which ids, how many, and what to do about it. All problems of one input
come in one error, gathered with `Problems`.
"""

from collections.abc import Iterable, Sized

SHOWN = 5
"""How many ids a message shows before it only counts."""


class TerritoryKitError(Exception):
    """Base of all errors that territorykit raises on purpose."""


class DataError(TerritoryKitError, ValueError):
    """An input is wrong: ids, values, shapes, geometries or coordinates."""


class RequirementError(TerritoryKitError, ValueError):
    """Requirements or settings are wrong by themselves or contradict each other."""


class PlanError(TerritoryKitError, ValueError):
    """Labels that do not make a complete plan of the problem."""


class NoPlanError(TerritoryKitError, RuntimeError):
    """A plan was demanded of a result that holds none that meets every requirement."""


class BackendError(TerritoryKitError, RuntimeError):
    """A program or package outside territorykit fails or is not installed."""


class TerritoryKitWarning(UserWarning):
    """Something was changed or left aside on the caller's word, and is put on record."""


def listing(ids: Iterable[object]) -> str:
    """Name the first few ids and count the rest.

    Examples
    --------
    >>> listing(["a", "b"])
    "'a', 'b'"
    >>> listing(range(8))
    '0, 1, 2, 3, 4 and 3 more (8 in all)'
    """
    items = ids if isinstance(ids, Sized) else list(ids)
    shown: list[str] = []
    for item in items:
        if len(shown) == SHOWN:
            break
        shown.append(_shorten(_plain(item)))
    rest = len(items) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more ({len(items):,} in all)" if rest else "")


def _plain(item: object) -> str:
    unpack = getattr(item, "item", None)  # numpy scalars print as themselves
    return repr(unpack() if callable(unpack) and getattr(item, "ndim", None) == 0 else item)


def _shorten(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


class Problems:
    """The problems of one input, gathered to be raised together.

    Examples
    --------
    >>> problems = Problems("areas.geojson")
    >>> problems.add("2 ids are missing", "fill the column 'id'")
    >>> problems.raise_as(DataError)
    Traceback (most recent call last):
        ...
    territorykit.errors.DataError: areas.geojson: 2 ids are missing; fill the column 'id'
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.found: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, what: str, remedy: str) -> None:
        """Put a problem and its remedy on the list."""
        self.found.append(f"{what}; {remedy}")

    def raise_as(self, error: type[TerritoryKitError]) -> None:
        """Raise all problems as one error; do nothing where there are none."""
        if len(self.found) == 1:
            message = f"{self.subject}: {self.found[0]}"
            raise error(message)
        if self.found:
            lines = "\n".join(f"  {i}. {text}" for i, text in enumerate(self.found, 1))
            message = f"{self.subject}: {len(self.found)} problems\n{lines}"
            raise error(message)
