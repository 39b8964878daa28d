# SPDX-License-Identifier: BSD-3-Clause
"""Sizes, alignments and offsets, as Go's compiler lays values out.

They depend on the target by the size of a word alone: both architectures have 8 bytes, with an alignment of at most 8.

Facts: src/cmd/compile/internal/types2/gcsizes.go; src/cmd/compile/internal/types/size.go.
"""

from __future__ import annotations

from typing import Final, final

from ..diag import InternalError
from .types import (
    BOOL,
    COMPLEX64,
    COMPLEX128,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    IS_COMPLEX,
    IS_STRING,
    IS_UNTYPED,
    STRING,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    Array,
    Basic,
    Interface,
    Slice,
    Struct,
    Tuple,
    Type,
    TypeParam,
    Union,
    as_named,
    unalias,
)

MAX_SIZE: Final = (1 << 63) - 1
TOO_LARGE: Final = -1  # the size of a type, or the offset of a field, that is more than `MAX_SIZE`

_BASIC_SIZES: Final = {
    BOOL: 1,
    INT8: 1,
    INT16: 2,
    INT32: 4,
    INT64: 8,
    UINT8: 1,
    UINT16: 2,
    UINT32: 4,
    UINT64: 8,
    FLOAT32: 4,
    FLOAT64: 8,
    COMPLEX64: 8,
    COMPLEX128: 16,
}


@final
class Sizes:
    """Sizes in bytes for a word of `word` bytes and a greatest alignment of `max_align`. Type parameters have none, so what contains one
    must not be asked for.

    Struct sizes and offsets are kept: a struct must be complete when it is first asked for.
    """

    __slots__ = ("_structs", "max_align", "word")

    def __init__(self, word: int = 8, max_align: int = 8) -> None:
        self.word = word
        self.max_align = max_align
        self._structs: dict[Struct, tuple[int, int, tuple[int, ...]]] = {}

    def sizeof(self, t: Type) -> int:
        """The size of a variable of the type; `TOO_LARGE` if it is."""
        u = t.underlying()
        kind = type(u)
        if type(u) is Basic:
            if u.info & IS_UNTYPED:
                raise InternalError("types", "an untyped kind has no size", u.name)
            size = _BASIC_SIZES.get(u.kind)
            return size if size is not None else self.word * 2 if u.kind == STRING else self.word
        if type(u) is Array:
            if u.len <= 0:
                return 0
            size = self.sizeof(u.elem)
            if size < 0:
                return TOO_LARGE
            size *= u.len
            return size if size <= MAX_SIZE else TOO_LARGE
        if type(u) is Struct:
            return self._layout(u, t)[0]
        if kind is Slice:
            return self.word * 3
        if kind is Interface:
            if type(unalias(t)) is TypeParam:
                raise InternalError("types", "a type parameter has no size", str(t))
            return self.word * 2
        if kind is Union or kind is Tuple:
            raise InternalError("types", "no variable has this type", str(t))
        return self.word

    def alignof(self, t: Type) -> int:
        """The alignment of a variable of the type, at least 1."""
        u = t.underlying()
        if type(u) is Array:
            return self.alignof(u.elem)
        if type(u) is Struct:
            if not u.fields and is_atomic_align64(t):
                return 8
            return self._layout(u, t)[1]
        if type(u) is Slice or type(u) is Interface:
            return self.word
        if type(u) is Basic and u.info & IS_STRING:
            return self.word
        size = max(self.sizeof(t), 1)
        if type(u) is Basic and u.info & IS_COMPLEX:
            size //= 2  # as an array of two
        return min(size, self.max_align)

    def offsetsof(self, t: Struct) -> tuple[int, ...]:
        """The offset of each field; `TOO_LARGE` from where on the struct is."""
        return self._layout(t, t)[2]

    def offsetof(self, t: Type, path: tuple[int, ...]) -> int:
        """The offset of the field that a path leads to, all of whose embedded fields are structs."""
        offset = 0
        for i in path:
            u = t.underlying()
            if type(u) is not Struct:
                raise InternalError("types", "a path of fields leads through what is no struct", str(t))
            step = self.offsetsof(u)[i]
            if step < 0 or offset + step > MAX_SIZE:
                return TOO_LARGE
            offset += step
            t = u.fields[i].typ
        return offset

    def _layout(self, struct: Struct, t: Type) -> tuple[int, int, tuple[int, ...]]:
        """Size, alignment and offsets."""
        known = self._structs.get(struct)
        if known is not None:
            return known
        offset, align = 0, 1
        offsets = []
        size = 0
        for field in struct.fields:
            a = self.alignof(field.typ)
            align = max(align, a)
            if offset < 0:
                offsets.append(TOO_LARGE)
                continue
            offset = _align(offset, a)
            offsets.append(offset)
            size = self.sizeof(field.typ)
            offset = TOO_LARGE if offset < 0 or size < 0 or offset + size > MAX_SIZE else offset + size
        # A pointer to a last field without size would point behind the struct: it gets a byte.
        if offset > 0 and size == 0:
            offset += 1
        whole = _align(offset, align) if offset >= 0 else TOO_LARGE
        layout = self._structs[struct] = (whole, align, tuple(offsets))
        return layout


def _align(offset: int, align: int) -> int:
    offset = (offset + align - 1) & -align
    return offset if offset <= MAX_SIZE else TOO_LARGE


def is_atomic_align64(t: Type) -> bool:
    """Whether it is the empty struct of sync/atomic that aligns what contains it to 8 bytes."""
    named = as_named(t)
    if named is None or named.obj.name != "align64":
        return False
    pkg = named.obj.pkg
    return pkg is not None and pkg.path in ("sync/atomic", "internal/runtime/atomic")
