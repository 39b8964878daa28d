# SPDX-License-Identifier: BSD-3-Clause
"""Go types as scalars: which values a variable of a type is made of, and which types are kept as values at all.

A string is a pointer and a length, a slice those and a capacity, an interface two pointers (its type word and its data word), a complex
number two floats, a struct what its fields are, an array of one element that element. These are the leaves, in order of their offsets.
Arrays of more elements have none: they are always in memory.

The calling convention passes each leaf in a register where there are enough (src/cmd/compile/abi-internal.md). Variables of up to
`MAX_VALUES` leaves are SSA values, all others are memory, as in stock Go (src/cmd/compile/internal/ssa/value.go, CanSSA).
"""

from __future__ import annotations

from typing import Final, NamedTuple, final

from pygo_cross.diag import InternalError
from pygo_cross.ssa.kinds import F32, F64, I8, I16, I32, I64, B, P
from pygo_cross.ssa.ops import LENGTH, OFF_HEAP
from pygo_cross.types import types as t
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import Array, Basic, Chan, Interface, Map, Named, Pointer, Signature, Slice, Struct, Type, unalias

MAX_VALUES: Final = 4

_BASIC: Final = {
    t.BOOL: (B,),
    t.INT8: (I8,),
    t.UINT8: (I8,),
    t.INT16: (I16,),
    t.UINT16: (I16,),
    t.INT32: (I32,),
    t.UINT32: (I32,),
    t.INT64: (I64,),
    t.UINT64: (I64,),
    t.INT: (I64,),
    t.UINT: (I64,),
    t.UINTPTR: (I64,),
    t.FLOAT32: (F32,),
    t.FLOAT64: (F64,),
    t.COMPLEX64: (F32, F32),
    t.COMPLEX128: (F64, F64),
    t.STRING: (P, I64),
    t.UNSAFE_POINTER: (P,),
    t.UNTYPED_BOOL: (B,),
    t.UNTYPED_NIL: (P,),
}
_STEPS: Final = {F32: 4, F64: 8}


class Leaf(NamedTuple):
    """A scalar at an offset (bytes) of a variable; `pointer` says whether the collector looks at it, `length` that it is the length or
    capacity of a string or slice, of elements that have a size. What a pointer that is `off_heap` points to is never in Go's heap.
    """

    kind: int
    offset: int
    length: bool = False
    off_heap: bool = False

    @property
    def aux(self) -> str | None:
        """What values of the scalar carry (ops.LENGTH)."""
        return LENGTH if self.length else None

    @property
    def pointer(self) -> bool:
        """Whether it may point into the heap."""
        return self.kind == P and not self.off_heap

    @property
    def stored(self) -> str | None:
        """What stores of the scalar carry (ops.OFF_HEAP)."""
        return OFF_HEAP if self.off_heap else None


@final
class Shapes:
    """Shapes of types for a target's sizes, kept by type."""

    __slots__ = ("_known", "_off_heap", "_pointers", "sizes")

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._known: dict[Type, tuple[Leaf, ...] | None] = {}
        self._off_heap: dict[Type, bool] = {}
        self._pointers: dict[Type, bool] = {}

    def leaves(self, typ: Type) -> tuple[Leaf, ...] | None:
        """The scalars of a type; None if it is memory only."""
        try:
            return self._known[typ]
        except KeyError:
            found: list[Leaf] = []
            result = tuple(found) if self._collect(typ, 0, found) else None
            self._known[typ] = result
            return result

    def is_value(self, typ: Type) -> bool:
        """Whether variables of the type are SSA values."""
        found = self.leaves(typ)
        return found is not None and len(found) <= MAX_VALUES

    def has_pointers(self, typ: Type) -> bool:
        """Whether the collector has to look into a variable of the type."""
        known = self._pointers.get(typ)
        if known is None:
            known = self._pointers[typ] = self._has_pointers(typ)
        return known

    def _has_pointers(self, typ: Type) -> bool:
        under = typ.underlying()
        if isinstance(under, Array):
            return under.len > 0 and self.has_pointers(under.elem)
        if isinstance(under, Struct):
            return any(self.has_pointers(field.typ) for field in under.fields)
        return any(leaf.pointer for leaf in self.leaves(under) or ())

    def is_direct(self, typ: Type) -> bool:
        """Whether an interface holds a value in its data word itself: it is one pointer, to what may be in the heap."""
        leaves = self.leaves(typ)
        if leaves is None or len(leaves) != 1 or leaves[0].kind != P or self.sizes.sizeof(typ) != self.sizes.word:
            return False
        under = typ.underlying()
        while isinstance(under, (Struct, Array)):
            inner = under.elem if isinstance(under, Array) else next(one.typ for one in under.fields if self.leaves(one.typ))
            under = inner.underlying()
        return not (isinstance(under, Pointer) and self._not_in_heap(under.elem))

    def _collect(self, typ: Type, offset: int, into: list[Leaf]) -> bool:
        under = typ.underlying()
        if isinstance(under, Basic):
            kinds = _BASIC.get(under.kind)
            if kinds is None:
                raise InternalError("shape", "a type without a shape", str(typ))
            for kind in kinds:
                into.append(Leaf(kind, offset, under.kind == t.STRING and kind == I64))
                offset += _STEPS.get(kind, 8)
            return True
        if isinstance(under, Struct):
            offsets = self.sizes.offsetsof(under)
            return all(self._collect(field.typ, offset + at, into) for field, at in zip(under.fields, offsets, strict=True))
        if isinstance(under, Array):
            if under.len > 1:
                return False
            return under.len == 0 or self._collect(under.elem, offset, into)
        if isinstance(under, (Pointer, Map, Chan, Signature)):
            into.append(Leaf(P, offset, False, isinstance(under, Pointer) and self._not_in_heap(under.elem)))
            return True
        if isinstance(under, Slice):
            bounded = self.sizes.sizeof(under.elem) > 0  # by memory: of a []struct{} any number may be the length
            into += (Leaf(P, offset, False, self._not_in_heap(under.elem)), Leaf(I64, offset + 8, bounded), Leaf(I64, offset + 16, bounded))
            return True
        if isinstance(under, Interface):
            into += (Leaf(P, offset), Leaf(P, offset + 8))
            return True
        raise InternalError("shape", "a type without a shape", str(typ))

    def _not_in_heap(self, typ: Type) -> bool:
        """Whether a type is made of internal/runtime/sys.NotInHeap, so that no value is ever in Go's heap."""
        known = self._off_heap.get(typ)
        if known is None:
            known = self._off_heap[typ] = self._is_not_in_heap(unalias(typ))
        return known

    def _is_not_in_heap(self, typ: Type) -> bool:
        if isinstance(typ, Named) and typ.obj.name == "nih" and typ.obj.pkg is not None and typ.obj.pkg.path == "internal/runtime/sys":
            return True
        under = typ.underlying()
        if isinstance(under, Array):
            return self._not_in_heap(under.elem)
        return isinstance(under, Struct) and any(self._not_in_heap(field.typ) for field in under.fields)
