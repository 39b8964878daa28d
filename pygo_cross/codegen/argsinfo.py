# SPDX-License-Identifier: BSD-3-Clause
"""What tracebacks and assembly must know of a function's arguments: where their scalars are, and which words are pointers.

The first is FUNCDATA_ArgInfo (`name.arginfo0`, `name.arginfo1`): a byte program of offsets and sizes, with brackets for what braces
stand around. The second is `name.args_stackmap`, for functions that are declared in Go and written in assembly.

Facts: GOROOT/src/internal/abi/type.go (TraceArgs*), src/cmd/compile/internal/ssagen/ssa.go (EmitArgInfo),
src/cmd/compile/internal/liveness/plive.go (WriteFuncMap), src/runtime/traceback.go (printArgs).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.codegen.abi import Assignment
from pygo_cross.codegen.frame import WORD
from pygo_cross.codegen.stackmaps import encode
from pygo_cross.codegen.typefacts import TypeFacts
from pygo_cross.obj.context import Context
from pygo_cross.obj.symbol import DUPOK, RODATA, Symbol
from pygo_cross.types import types as t
from pygo_cross.types.types import Array, Basic, Interface, Slice, Struct, Type

_LIMIT: Final = 10
_MAX_DEPTH: Final = 5
_END: Final = 0xFF
_OPEN: Final = 0xFE
_CLOSE: Final = 0xFD
_DOTS: Final = 0xFC
_TOO_FAR: Final = 0xFB
_FIRST_SPECIAL: Final = 0xF0


def data(facts: TypeFacts, params: Assignment, generic: bool) -> bytes:
    """The contents of `arginfo`. `generic`: the first argument is a dictionary, which nobody wants to see."""
    writer = _Writer(facts)
    for where in params.args[1 if generic else 0 :]:
        if not writer.visit(where.offset, where.typ, 0):
            break
    writer.out.append(_END)
    return bytes(writer.out)


class _Writer:
    def __init__(self, facts: TypeFacts) -> None:
        self.facts = facts
        self.out = bytearray()
        self.count = 0

    def visit(self, offset: int, typ: Type, depth: int) -> bool:
        """Write a value. Returns whether there is room for more."""
        if self.count >= _LIMIT:
            self.out.append(_DOTS)
            return False
        parts = self._parts(typ)
        if parts is None:
            self._scalar(offset, self.facts.sizes.sizeof(typ))
            return True
        self.out.append(_OPEN)
        depth += 1
        if depth >= _MAX_DEPTH:
            self.out += bytes((_DOTS, _CLOSE))
            self.count += 1
            return True
        if not parts:
            self.count += 1  # {} counts
        for at, part in parts:
            if not self.visit(offset + at, part, depth):
                break
        self.out.append(_CLOSE)
        return True

    def _scalar(self, offset: int, size: int) -> None:
        self.count += 1
        if offset >= _FIRST_SPECIAL:
            self.out.append(_TOO_FAR)
        else:
            self.out += bytes((offset, size))

    def _parts(self, typ: Type) -> list[tuple[int, Type]] | None:
        """What an aggregate is shown as, as far as there is room; None for what is a number."""
        under = typ.underlying()
        word = t.TYP[t.UINTPTR]
        if isinstance(under, Basic):
            if under.kind == t.STRING:
                return [(0, word), (WORD, word)]
            half = {t.COMPLEX64: t.FLOAT32, t.COMPLEX128: t.FLOAT64}.get(under.kind)
            return None if half is None else [(0, t.TYP[half]), (self.facts.sizes.sizeof(under) // 2, t.TYP[half])]
        if isinstance(under, Interface):
            return [(0, word), (WORD, word)]
        if isinstance(under, Slice):
            return [(0, word), (WORD, word), (2 * WORD, word)]
        if isinstance(under, Array):
            stride = self.facts.sizes.sizeof(under.elem)
            return [(i * stride, under.elem) for i in range(min(under.len, _LIMIT + 1))]
        if isinstance(under, Struct):
            offsets = self.facts.sizes.offsetsof(under)
            return [(at, field.typ) for at, field in zip(offsets, under.fields, strict=True)]
        return None


def symbol(context: Context, function: Symbol, what: str, contents: bytes) -> Symbol:
    """The symbol of a table about arguments of a function with a body in Go, to which nobody else refers."""
    info = context.lookup(f"{function.name}.{what}")
    if not info.listed:
        info.data = bytearray(contents)
        info.align = 1
        info.content_addressable = info.static = True
        context.define_data(info, len(contents), RODATA | DUPOK)
    return info


def declared(context: Context, name: str, contents: bytes) -> Symbol:
    """The same for a function in assembly (of ABI0), which refers to it by name."""
    info = context.lookup(name + ".arginfo0")
    if not info.listed:
        info.data = bytearray(contents)
        info.align = 1
        info.local = True
        context.define_data(info, len(contents), RODATA)
    return info


def pointers(context: Context, facts: TypeFacts, name: str, params: Assignment) -> Symbol:
    """`name.args_stackmap`: where arguments, and then results too, of a function in assembly have pointers. `params` is by ABI0."""
    bits = 0
    for where in params.args:
        bits |= facts.pointer_mask(where.typ) << (where.offset // WORD)
    maps = [bits]
    if params.results:
        for where in params.results:
            bits |= facts.pointer_mask(where.typ) << (where.offset // WORD)
        maps.append(bits)
    contents = encode(maps, params.size // WORD)
    made = context.lookup(name + ".args_stackmap")
    if not made.listed:
        made.data = bytearray(contents)
        made.linkname = made.local = True
        context.define_data(made, len(contents), RODATA)
    return made
