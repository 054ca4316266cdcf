"""Read-only arrays and content equality: what every type of the model is made of."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Objects: TypeAlias = NDArray[np.object_]


def _sealed(array: NDArray[Any]) -> NDArray[Any]:
    """A copy that nobody can make writable again: a view of immutable bytes."""
    base = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, bytes) and array.flags.c_contiguous:
        return array
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)


def floats(values: ArrayLike) -> Floats:
    """Copy numbers once into a read-only array of float64; texts, dates and complex numbers raise.

    Examples
    --------
    >>> floats([1, 2]).flags.writeable
    False
    """
    array = np.asarray(values)
    texts = array.dtype.kind == "O" and any(isinstance(value, str | bytes) for value in array.flat)
    if array.dtype.kind not in "biufO" or texts:
        message = f"expected numbers, got {'texts' if texts else f'values of type {array.dtype}'}"
        raise TypeError(message)
    return _sealed(array.astype(np.float64, copy=False))


def ints(values: ArrayLike) -> Ints:
    """Copy whole numbers once into a read-only array of int64; fractions raise."""
    array = np.asarray(values)
    if array.size == 0:
        return _sealed(array.astype(np.int64))
    if array.dtype.kind not in "iu" and not (
        array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.trunc(array)).all()
    ):
        message = f"expected whole numbers, got values of type {array.dtype}"
        raise ValueError(message)
    return _sealed(array.astype(np.int64, copy=False))


def objects(values: Any) -> Objects:  # noqa: ANN401 - any iterable of any objects
    """Copy any objects once into a read-only array; numpy scalars become Python's own, missing values None.

    Examples
    --------
    >>> objects([np.int64(7), "a", float("nan")])
    array([7, 'a', None], dtype=object)
    """
    if isinstance(values, str | bytes):
        message = f"expected a list of entries, got the text {values!r}"
        raise TypeError(message)
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    array = np.empty(len(items), object)
    for i, item in enumerate(items):
        array[i] = item if type(item) is str else None if is_missing(item) else plain(item)
    array.flags.writeable = False
    return array.view()  # a view of a read-only array cannot be made writable


def along_curve(points: Floats) -> Ints:
    """Places along Morton's curve, shape (n,): points whose numbers are close lie close together.

    Parameters
    ----------
    points
        Shape (n, 2).

    Examples
    --------
    >>> along_curve(np.array([[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0]])).argsort().tolist()
    [0, 2, 3, 1]
    """
    low, span = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-300)
    cell = ((points - low) / span * 65535).astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        cell = (cell | (cell << np.uint64(shift))) & np.uint64(mask)
    return np.asarray(cell[:, 0] | (cell[:, 1] << np.uint64(1)), np.int64)


def plain(value: Any) -> Any:  # noqa: ANN401 - any object
    """Python's own scalar in place of numpy's."""
    return value.item() if isinstance(value, np.generic) else value


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, or pandas' NaT or NA.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(""), is_missing(0)
    (True, False, False)
    """
    if value is None:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124 - NaN and NaT differ from themselves
    except (TypeError, ValueError):  # NA has no truth value; neither has an array, which is not missing
        return type(value).__name__ == "NAType"


def frozen_mapping(mapping: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Copy a mapping into one that cannot be changed."""
    return MappingProxyType(dict(mapping))


def _same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (
            isinstance(a, np.ndarray)
            and isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return a == b or (is_missing(a) and is_missing(b))


def _feed(digest: Any, value: object) -> None:  # noqa: ANN401 - hashlib's own type is private
    if isinstance(value, Content):
        digest.update(value.fingerprint())
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update((value + 0.0 if value.dtype.kind == "f" else value).tobytes())
    elif isinstance(value, Mapping):
        _feed(digest, tuple(sorted((repr(k), k, v) for k, v in value.items())))
    elif isinstance(value, tuple | np.ndarray):
        digest.update(f"({len(value)}".encode())
        for item in value:
            _feed(digest, item)
    elif isinstance(value, Real):
        digest.update(f"number:{_number_text(value)};".encode())
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode("utf-8", "surrogatepass"))


def _number_text(value: Real) -> str:
    """One text for all numbers that are equal: 1, 1.0 and True."""
    if isinstance(value, Integral):
        return repr(int(value))
    number = float(value)
    return repr(int(number)) if number.is_integer() else repr(number)


def _rebuild(kind: type[Any], values: dict[str, Any]) -> Any:  # noqa: ANN401 - any Content
    return kind(**values)


class Content:
    """Base of the frozen types: equal by content, hashable, rebuilt through the constructor when unpickled.

    A plain frozen dataclass loses its read-only arrays when it is pickled and cannot be compared when it
    holds any; these can.
    """

    __slots__ = ()

    def _values(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}  # type: ignore[arg-type]

    def fingerprint(self) -> bytes:
        """A digest of the type's name and content: the same in every process."""
        digest = hashlib.blake2b(type(self).__name__.encode(), digest_size=16)
        for name, value in self._values().items():
            digest.update(name.encode())
            _feed(digest, value)
        return digest.digest()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = self._values(), other._values()
        return all(_same(mine[name], theirs[name]) for name in mine)

    def __hash__(self) -> int:
        return int.from_bytes(self.fingerprint()[:8], "little", signed=True)

    def __reduce__(self) -> tuple[Any, ...]:
        values = {
            name: dict(value) if isinstance(value, MappingProxyType) else value
            for name, value in self._values().items()
        }
        return _rebuild, (type(self), values)

    def __copy__(self) -> "Content":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Content":
        return self
