# SPDX-License-Identifier: BSD-3-Clause
"""What descriptors say of a type beyond its name and size: how values are compared, and where the collector finds pointers.

Equality and hash functions are shared by all types that are compared in the same way: a signature lists the comparisons in the order of
memory, and names the functions (`type:.eq.M8S`). Its letters: Mn, n bytes compared as they are; Kn, n bytes skipped; F and G, a float of 4
and of 8 bytes; S, I and E, a string, an interface with methods and one without; [nX], X n times. amd64 and arm64 load words from anywhere,
so that the alignment is no part of it.

Facts: src/cmd/compile/internal/types/{alg,size,type}.go; src/cmd/compile/internal/reflectdata/alg.go; src/cmd/compile/internal/typebits.
"""

from __future__ import annotations

from typing import Final, final

from pygo_cross.codegen.maptypes import Groups
from pygo_cross.diag import InternalError
from pygo_cross.types import types as t
from pygo_cross.types.linknames import SHAPES
from pygo_cross.types.objects import Var
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import Array, Basic, Chan, Interface, Map, Named, Pointer, Signature, Slice, Struct, Type, unalias

# How values of a type are compared.
MEMORY: Final = 0  # byte by byte
SIMPLE: Final = 1  # as its one part of another kind is: a float, a string, an interface
SPECIAL: Final = 2  # by a function for its signature
NONE: Final = 3  # not at all
UNWANTED: Final = 4  # not at all, being or having a part that the compiler made up and that is never compared

_UNROLLED: Final = 32  # bytes that a loop over an array's elements compares at a time, about
_MEMORY_BASICS: Final = frozenset(
    (t.BOOL, t.INT, t.INT8, t.INT16, t.INT32, t.INT64, t.UINT, t.UINT8, t.UINT16, t.UINT32, t.UINT64, t.UINTPTR, t.UNSAFE_POINTER)
)
_LETTERS: Final = {t.FLOAT32: "F", t.FLOAT64: "G", t.COMPLEX64: "FF", t.COMPLEX128: "GG", t.STRING: "S"}


@final
class TypeFacts:
    """Facts about types for a target's sizes, kept by type."""

    __slots__ = ("_algorithms", "_masks", "_off_heap", "_pointer_bytes", "_shaped", "groups", "sizes")

    def __init__(self, sizes: Sizes, groups: Groups) -> None:
        self.sizes = sizes
        self.groups = groups
        self._algorithms: dict[Type, int] = {}
        self._masks: dict[Type, int] = {}
        self._off_heap: dict[Type, bool] = {}
        self._pointer_bytes: dict[Type, int] = {}
        self._shaped: dict[Type, bool] = {}

    # Equality.

    def algorithm(self, typ: Type) -> int:
        """How values are compared: MEMORY, SIMPLE, SPECIAL, NONE or UNWANTED."""
        typ = unalias(typ)
        known = self._algorithms.get(typ)
        if known is None:
            known = self._algorithms[typ] = self._algorithm(typ)
        return known

    def _algorithm(self, typ: Type) -> int:
        if typ in self.groups.without_equality:
            return UNWANTED
        under = typ.underlying()
        if type(under) is Basic:
            return MEMORY if under.kind in _MEMORY_BASICS else SIMPLE
        if type(under) is Pointer:
            return UNWANTED if under.elem in self.groups.without_equality else MEMORY
        if type(under) is Interface:
            return SIMPLE
        if type(under) is Chan:
            return MEMORY
        if type(under) is Array:
            algorithm = self.algorithm(under.elem)
            if algorithm in (SIMPLE, SPECIAL) and under.len != 1:
                return MEMORY if under.len == 0 else SPECIAL
            return algorithm
        if type(under) is Struct:
            return self._struct_algorithm(under)
        if type(under) in (Slice, Map, Signature):
            return NONE
        raise InternalError("codegen", "a type without a descriptor", str(typ))

    def _struct_algorithm(self, struct: Struct) -> int:
        fields = struct.fields
        if len(fields) == 1 and fields[0].name != "_":
            return self.algorithm(fields[0].typ)
        offsets = self.sizes.offsetsof(struct)
        found = MEMORY
        for i, field in enumerate(fields):
            algorithm = self.algorithm(field.typ)
            if algorithm == SIMPLE:
                algorithm = SPECIAL
            elif algorithm == MEMORY:
                end = offsets[i + 1] if i + 1 < len(fields) else self.sizes.sizeof(struct)
                if field.name == "_" or offsets[i] + self.sizes.sizeof(field.typ) != end:
                    algorithm = SPECIAL
            found = max(found, algorithm)
        return found

    def comparable(self, typ: Type) -> bool:
        """Whether there is an equality function."""
        return self.algorithm(typ) < NONE

    def signature(self, typ: Type) -> str:
        """The signature of a comparable type's equality and hash functions."""
        builder = _Signature(self)
        builder.add(typ)
        builder.flush(True)
        return "".join(builder.parts)

    def needs_key_update(self, key: Type) -> bool:
        """Whether assigning to a key that a map has replaces the key too: equal ones may differ."""
        under = key.underlying()
        if type(under) is Basic:
            return under.kind not in _MEMORY_BASICS
        if type(under) is Array:
            return self.needs_key_update(under.elem)
        if type(under) is Struct:
            return any(self.needs_key_update(field.typ) for field in under.fields)
        return type(under) is Interface

    def hash_may_panic(self, key: Type) -> bool:
        """Whether a key may hold, in an interface, what can't be hashed."""
        under = key.underlying()
        if type(under) is Array:
            return self.hash_may_panic(under.elem)
        if type(under) is Struct:
            return any(self.hash_may_panic(field.typ) for field in under.fields)
        return type(under) is Interface

    # Pointers.

    def not_in_heap(self, typ: Type) -> bool:
        """Whether values are never in Go's heap, so that pointers to them don't count: types made of internal/runtime/sys.NotInHeap."""
        typ = unalias(typ)
        known = self._off_heap.get(typ)
        if known is None:
            known = self._off_heap[typ] = self._not_in_heap(typ)
        return known

    def _not_in_heap(self, typ: Type) -> bool:
        if type(typ) is Named and typ.obj.name == "nih" and typ.obj.pkg is not None and typ.obj.pkg.path == "internal/runtime/sys":
            return True
        under = typ.underlying()
        if type(under) is Array:
            return self.not_in_heap(under.elem)
        return type(under) is Struct and any(self.not_in_heap(field.typ) for field in under.fields)

    def pointer_bytes(self, typ: Type) -> int:
        """How many bytes at the start of a value may have pointers."""
        typ = unalias(typ)
        known = self._pointer_bytes.get(typ)
        if known is None:
            known = self._pointer_bytes[typ] = self._count_pointer_bytes(typ)
        return known

    def _count_pointer_bytes(self, typ: Type) -> int:
        under = typ.underlying()
        word = self.sizes.word
        if type(under) is Basic:
            return word if under.kind in (t.STRING, t.UNSAFE_POINTER) else 0
        if type(under) is Pointer:
            return 0 if self.not_in_heap(under.elem) else word
        if type(under) is Slice:
            return 0 if self.not_in_heap(under.elem) else word
        if type(under) is Interface:
            return 2 * word
        if type(under) is Array:
            last = self.pointer_bytes(under.elem) if under.len > 0 else 0
            return self.sizes.sizeof(under.elem) * (under.len - 1) + last if last else 0
        if type(under) is Struct:
            for field, offset in zip(reversed(under.fields), reversed(self.sizes.offsetsof(under)), strict=True):
                size = self.pointer_bytes(field.typ)
                if size:
                    return offset + size
            return 0
        return word

    def pointer_mask(self, typ: Type) -> int:
        """The words of a value that the collector looks at: bit n for word n. Of an interface that is the second word alone: what the first
        points to is not in the heap.
        """
        typ = unalias(typ)
        known = self._masks.get(typ)
        if known is None:
            known = self._masks[typ] = self._mask(typ) if self.pointer_bytes(typ) else 0
        return known

    def _mask(self, typ: Type) -> int:
        under = typ.underlying()
        if type(under) is Interface:
            return 2
        if type(under) is Array:
            stride = self.sizes.sizeof(under.elem) // self.sizes.word
            return int(f"{self.pointer_mask(under.elem):0{stride}b}" * under.len, 2)
        if type(under) is Struct:
            mask = 0
            for field, offset in zip(under.fields, self.sizes.offsetsof(under), strict=True):
                mask |= self.pointer_mask(field.typ) << (offset // self.sizes.word)
            return mask
        return 1

    def is_direct(self, typ: Type) -> bool:
        """Whether an interface holds a value in its data word itself: it is one pointer."""
        return self.sizes.sizeof(typ) == self.sizes.word and self.pointer_bytes(typ) == self.sizes.word

    # Shapes.

    def has_shape(self, typ: Type) -> bool:
        """Whether it is made of a type that stands for all of one shape (`linknames.SHAPES`): such types have no methods."""
        typ = unalias(typ)
        known = self._shaped.get(typ)
        if known is None:
            self._shaped[typ] = False  # where a type leads back to itself, the rest decides
            known = self._shaped[typ] = self._has_shape(typ)
        return known

    def _has_shape(self, typ: Type) -> bool:
        if type(typ) is Named:
            package = typ.obj.pkg
            if package is not None and package.path == SHAPES:
                return True
            return any(self.has_shape(targ) for targ in typ.targs)
        if type(typ) in (Pointer, Slice, Array, Chan):
            assert isinstance(typ, (Pointer, Slice, Array, Chan))
            return self.has_shape(typ.elem)
        if type(typ) is Map:
            return self.has_shape(typ.key) or self.has_shape(typ.elem)
        if type(typ) is Struct:
            return self._any_has_shape(typ.fields)
        if type(typ) is Signature:
            return self._any_has_shape(typ.params.vars) or self._any_has_shape(typ.results.vars)
        if type(typ) is Interface:
            return any(self.has_shape(method.signature) for method in typ.type_set().methods)
        return False

    def _any_has_shape(self, variables: list[Var]) -> bool:
        return any(self.has_shape(var.typ) for var in variables)


@final
class _Signature:
    """A signature under construction. Bytes to compare or to skip are counted first: neighbours become one."""

    __slots__ = ("_facts", "_memory", "_skip", "parts")

    def __init__(self, facts: TypeFacts) -> None:
        self._facts = facts
        self._memory = 0
        self._skip = 0
        self.parts: list[str] = []

    def flush(self, end: bool = False) -> None:
        """Write out what was counted; at the end nothing needs to be skipped."""
        if self._memory:
            self.parts.append(f"M{self._memory}")
        if self._skip and not end:
            self.parts.append(f"K{self._skip}")
        self._memory = self._skip = 0

    def _add_memory(self, size: int) -> None:
        if not self._memory:
            self.flush()
        self._memory += size

    def _add_skip(self, size: int) -> None:
        if not self._skip:
            self.flush()
        self._skip += size

    def add(self, typ: Type) -> None:
        """Append the comparisons of a type."""
        sizes = self._facts.sizes
        under = typ.underlying()
        if type(under) is Struct:
            at = 0
            for field, offset in zip(under.fields, sizes.offsetsof(under), strict=True):
                if field.name == "_":
                    continue
                if at < offset:
                    self._add_skip(offset - at)
                self.add(field.typ)
                at = offset + sizes.sizeof(field.typ)
            if at < sizes.sizeof(typ):
                self._add_skip(sizes.sizeof(typ) - at)
        elif type(under) is Array:
            self._add_array(under)
        elif type(under) is Interface:
            self.flush()
            self.parts.append("I" if under.type_set().methods else "E")
        elif type(under) is Basic and under.kind in _LETTERS:
            self.flush()
            self.parts.append(_LETTERS[under.kind])
        else:
            self._add_memory(sizes.sizeof(typ))

    def _add_array(self, array: Array) -> None:
        size = self._facts.sizes.sizeof(array.elem)
        if self._facts.algorithm(array) == MEMORY:
            self._add_memory(size * array.len)
            return
        count = array.len
        if count == 1:
            self.add(array.elem)
            return
        if size == 0:
            return
        step = max(1, _UNROLLED // size)
        single = count % step + (step if count // step == 1 else 0)
        for _ in range(single):
            self.add(array.elem)
        if count > single:
            self.flush()
            self.parts.append(f"[{count // step}")
            for _ in range(step):
                self.add(array.elem)
            self.flush()
            self.parts.append("]")
