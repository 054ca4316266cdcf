"""Bundles of arrays that kernels receive as one pointer.

Compiled functions take a named tuple apart into the addresses, shapes and strides of all its arrays: some hundred
arguments with every call. Behind one pointer the same arrays take half the time to compile, and proposals are up to
twice as fast. See https://numba.readthedocs.io/en/stable/extending/index.html for what is extended here.
"""

from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np
from llvmlite import ir
from numba import typeof, types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, models, register_model, unbox
from numba.np.arrayobj import make_array, populate_array

_WORD = ir.IntType(64)


def _edition() -> str:
    """A digest of all kernels, part of every bundle's type.

    Compiled code on disk is otherwise taken for as long as the file of its function stays the same, even where
    functions that it calls have changed.
    """
    digest = blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_EDITION = _edition()


@dataclass(frozen=True, eq=False)
class Bundle:
    """Base of frozen dataclasses of C-contiguous arrays and numbers that kernels take as one argument.

    All that is in it stays as it is; the contents of its arrays may change.
    """

    def __post_init__(self) -> None:
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        words = [word for name, value in held.items() for word in _as_words(name, value)]
        table = np.array(words, np.int64)
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_address", table.ctypes.data)
        object.__setattr__(self, "_numba_type_", _bundle_type(type(self), held))

    def replace(self, **changes: Any) -> Self:
        """The same with some fields changed; arrays are shared."""
        return replace(self, **changes)


_TYPES: dict[Any, "BundleType"] = {}


def _bundle_type(kind: type[Bundle], held: dict[str, Any]) -> "BundleType":
    """The type of a bundle; small problems make thousands of the same."""
    key = (kind, *map(_form, held.values()))
    if key not in _TYPES:
        _TYPES[key] = BundleType(kind.__name__, tuple((name, typeof(value)) for name, value in held.items()))
    return _TYPES[key]


def _form(value: Any) -> Any:
    """What the type of a field depends on."""
    return (value.dtype, value.ndim, value.flags.writeable) if isinstance(value, np.ndarray) else type(value)


def _as_words(name: str, value: Any) -> list[int]:
    """A field in the table: an array's address and shape, or a number."""
    if not isinstance(value, np.ndarray):
        return [int(np.float64(value).view(np.int64)) if isinstance(value, float) else int(value)]
    if not value.flags.c_contiguous:
        message = f"{name} must be C-contiguous"
        raise ValueError(message)
    return [value.ctypes.data, *value.shape]


class BundleType(types.Type):
    """What the compiler knows of a bundle: names and types of its fields."""

    def __init__(self, name: str, members: tuple[tuple[str, Any], ...]) -> None:
        self.members = members
        super().__init__(f"{name}[{_EDITION}]({', '.join(f'{field}: {kind}' for field, kind in members)})")

    def find(self, name: str) -> tuple[int, Any] | None:
        """The first word of a field in the table, and its type."""
        first = 0
        for field, kind in self.members:
            if field == name:
                return first, kind
            first += 1 + kind.ndim if isinstance(kind, types.Array) else 1
        return None


@register_model(BundleType)
class _Pointer(models.OpaqueModel):
    """To the table."""


@unbox(BundleType)
def _unbox(_: Any, value: Any, c: Any) -> NativeValue:
    word = c.pyapi.object_getattr_string(value, "_address")
    address = c.pyapi.long_as_longlong(word)
    c.pyapi.decref(word)
    return NativeValue(c.builder.inttoptr(address, cgutils.voidptr_t))


@infer_getattr
class _Members(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, typ: BundleType, name: str) -> Any:
        found = typ.find(name)
        return None if found is None else found[1]


@lower_getattr_generic(BundleType)
def _member(context: Any, builder: Any, typ: BundleType, pointer: Any, name: str) -> Any:
    """Load a number, or put an array together."""
    found = typ.find(name)
    if found is None:
        raise AttributeError(name)
    first, kind = found
    if isinstance(kind, types.Array):
        return _array(context, builder, kind, [_word(builder, pointer, first + i) for i in range(1 + kind.ndim)])
    word = _word(builder, pointer, first)
    if isinstance(kind, types.Float):
        return builder.bitcast(word, ir.DoubleType())
    return builder.trunc(word, ir.IntType(1)) if isinstance(kind, types.Boolean) else word


def _word(builder: Any, pointer: Any, place: int) -> Any:
    """Load a word of the table. It never changes, so that loads may be moved and shared."""
    table = builder.bitcast(pointer, _WORD.as_pointer())
    value = builder.load(builder.gep(table, [_WORD(place)]))
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


def _array(context: Any, builder: Any, kind: Any, words: list[Any]) -> Any:
    """An array of an address and a shape; who calls the kernel keeps it alive."""
    address, *shape = words
    dtype = context.get_data_type(kind.dtype)
    itemsize = context.get_abi_sizeof(dtype)
    strides = [_WORD(itemsize)]
    for length in shape[:0:-1]:
        strides.insert(0, builder.mul(strides[0], length))
    array = make_array(kind)(context, builder)
    data = builder.inttoptr(address, dtype.as_pointer())
    populate_array(array, data=data, shape=shape, strides=strides, itemsize=itemsize, meminfo=None)
    return array._getvalue()  # noqa: SLF001 - as all code that makes arrays this way
