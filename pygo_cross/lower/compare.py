# SPDX-License-Identifier: BSD-3-Clause
"""Comparison of values of one type, of whatever type.

What costs little is compared first and together, calls of the runtime come last: contents of strings behind all lengths and numbers. Before
a call the comparison ends if something is different already. An interface may hold what can't be compared, so it is compared only after
all that stands before it, and before what stands behind it, as the language has it. Blank fields are left out. Memory without holes is
compared in words, or by the runtime where it is long.

Facts: the language specification, "Comparison operators"; src/cmd/compile/internal/compare.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.lower import interfaces
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Value
from pygo_cross.ssa.kinds import I8, I16, I32, I64, B, P
from pygo_cross.ssa.refs import BytesRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.predicates import is_string
from pygo_cross.types.types import (
    COMPLEX64,
    COMPLEX128,
    FLOAT32,
    FLOAT64,
    STRING,
    Array,
    Basic,
    Chan,
    Interface,
    Pointer,
    Signature,
    Struct,
    Type,
)

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_NO_MEMORY: Final = frozenset((FLOAT32, FLOAT64, COMPLEX64, COMPLEX128, STRING))
_IN_WORDS: Final = 32  # bytes that are compared word by word
_SHORT_STRING: Final = 16  # bytes of a constant that are compared in words
_ONE_BY_ONE: Final = 4  # elements of an array that are compared without a loop
_WORDS: Final = ((8, I64), (4, I32), (2, I16), (1, I8))


def equal(f: FuncLowering, x: Val, y: Val) -> Value:
    """Whether two values are equal: of one type, or one of an interface type and one that may be in it."""
    comparison = Comparison(f)
    _values(comparison, x, y)
    return comparison.result()


class Comparison:
    """A comparison that is going on: what was found out so far is in `_same`, what costs more and is put off in `_late`."""

    __slots__ = ("_end", "_key", "_late", "_same", "f")

    def __init__(self, f: FuncLowering) -> None:
        self.f = f
        self._same: Value | None = None
        self._end: Block | None = None
        self._key = ("comparison", object())
        self._late: list[Callable[[], None]] = []

    def add(self, same: Value) -> None:
        """One thing more that has to be so."""
        self._same = same if self._same is None else self.f.emit(ops.AND, B, (self._same, same))

    def scalars(self, x: Value, y: Value) -> None:
        """Two scalars have to be equal."""
        self.add(self.f.emit(ops.EQ, B, (x, y)))

    def flush(self) -> None:
        """Do what was put off."""
        late, self._late = self._late, []
        for one in late:
            self._cut()
            one()

    def cut(self) -> None:
        """What follows is done only if everything is equal so far."""
        self.flush()
        self._cut()

    def _cut(self) -> None:
        if self._same is None:
            return
        b = self.f.b
        if self._end is None:
            self._end = b.new_block()
        b.write(self._key, self._same)
        more = b.new_block()
        b.branch(self._same, more, self._end)
        b.begin(more)
        self._same = None

    def result(self) -> Value:
        """Whether everything is equal."""
        self.flush()
        b = self.f.b
        same = self._same if self._same is not None else self.f.bool_const(True)
        if self._end is None:
            return same
        b.write(self._key, same)
        b.goto(self._end)
        b.begin(self._end)
        return b.read(self._key)

    # ---- parts

    def strings(self, x: Val, y: Val) -> None:
        """Equal lengths, and then equal bytes."""
        if _known(x) is not None:
            x, y = y, x
        self.scalars(x.parts[1], y.parts[1])
        known = _known(y)
        if known is not None and len(known) <= _SHORT_STRING:
            if known:
                self._late.append(lambda: self._bytes(x.parts[0], known))
            return
        self._late.append(lambda: self._call(x.parts[0], y.parts[0], x.parts[1]))

    def _call(self, x: Value, y: Value, size: Value) -> None:
        (same,) = self.f.runtime("memequal", x, y, size)
        self.add(same.one)

    def _bytes(self, pointer: Value, known: bytes) -> None:
        """The bytes at an address are these."""
        f = self.f
        at = 0
        for width, kind in _WORDS:
            while len(known) - at >= width:
                word = int.from_bytes(known[at : at + width], "little", signed=True)
                self.scalars(f.emit(ops.LOAD, kind, (pointer,), at), f.b.const(kind, word))
                at += width

    def memory(self, x: Value, y: Value, offset: int, size: int) -> None:
        """As many bytes at two addresses."""
        f = self.f
        if size > _IN_WORDS:
            self._late.append(lambda: self._call(f.offset(x, offset), f.offset(y, offset), f.int_const(size)))
            return
        for width, kind in _WORDS:
            while size >= width:
                self.scalars(f.emit(ops.LOAD, kind, (x,), offset), f.emit(ops.LOAD, kind, (y,), offset))
                offset += width
                size -= width

    def elements(self, x: Value, y: Value, typ: Array) -> None:
        """The elements of two arrays, one after another."""
        f = self.f
        elem = f.typ(typ.elem)
        size = f.shapes.sizes.sizeof(elem)
        if typ.len <= _ONE_BY_ONE:
            for i in range(typ.len):
                _values(self, f.load(elem, x, i * size), f.load(elem, y, i * size))
            return

        def element(at: Value) -> None:
            step = f.emit(ops.MUL, I64, (at, f.int_const(size)))
            _values(self, f.load(elem, f.emit(ops.ADD_PTR, P, (x, step))), f.load(elem, f.emit(ops.ADD_PTR, P, (y, step))))

        self.loop(typ.len, element)

    def loop(self, count: int, element: Callable[[Value], None]) -> None:
        """`element` adds what has to be so in each round, whose number it gets."""
        f, b = self.f, self.f.b
        self.cut()
        counter = ("round", object())
        b.write(counter, f.int_const(0))
        head, body, end = b.new_block(), b.new_block(), b.new_block()
        b.goto(head)
        b.begin(head, sealed=False)
        at = b.read(counter)
        b.branch(f.emit(ops.LT_S, B, (at, f.int_const(count))), body, end, 1)
        b.begin(body)
        element(at)
        self.cut()
        b.write(counter, f.emit(ops.ADD, I64, (at, f.int_const(1))))
        b.goto(head)
        b.seal(head)
        b.begin(end)


def _known(x: Val) -> bytes | None:
    """The contents of a string, if it is a constant."""
    pointer, length = x.parts
    if length.op != ops.CONST:
        return None
    if length.imm == 0:
        return b""
    return pointer.aux.data if pointer.op == ops.ADDR and isinstance(pointer.aux, BytesRef) else None


def _values(c: Comparison, x: Val, y: Val) -> None:
    under = x.typ.underlying()
    if isinstance(under, Interface) or isinstance(y.typ.underlying(), Interface):
        c.cut()
        c.add(interfaces.equal(c.f, x, y))
    elif is_string(under):
        c.strings(x, y)
    elif isinstance(under, Struct):
        _structs(c, x, y, under)
    elif isinstance(under, Array):
        _arrays(c, x, y, under)
    elif len(x.parts) == 2:  # complex numbers
        c.scalars(x.parts[0], y.parts[0])
        c.scalars(x.parts[1], y.parts[1])
    else:
        # Slices are compared with nil alone.
        c.scalars(x.parts[0], y.parts[0])


def _structs(c: Comparison, x: Val, y: Val, struct: Struct) -> None:
    from pygo_cross.lower.exprs import field

    f = c.f
    if x.address is None or y.address is None:
        for i, one in enumerate(struct.fields):
            if one.name != "_":
                _values(c, field(f, x, i), field(f, y, i))
        return
    sizes = f.shapes.sizes
    start = end = 0
    for one, offset in zip(struct.fields, sizes.offsetsof(struct), strict=True):
        typ = f.typ(one.typ)
        memory = one.name != "_" and is_memory(f.shapes, typ)
        if end > start and (not memory or offset != end):
            c.memory(x.address, y.address, start, end - start)
            start = end
        if memory:
            if end == start:
                start = offset
            end = offset + sizes.sizeof(typ)
        elif one.name != "_":
            _values(c, f.load(typ, x.address, offset), f.load(typ, y.address, offset))
            start = end
    if end > start:
        c.memory(x.address, y.address, start, end - start)


def _arrays(c: Comparison, x: Val, y: Val, array: Array) -> None:
    f = c.f
    if x.address is None or y.address is None:
        if array.len:
            elem = f.typ(array.elem)
            _values(c, Val(elem, x.parts), Val(elem, y.parts))
    elif is_memory(f.shapes, array):
        c.memory(x.address, y.address, 0, f.shapes.sizes.sizeof(array))
    else:
        c.elements(x.address, y.address, array)


def is_memory(shapes: Shapes, typ: Type) -> bool:
    """Whether values are equal if all their bytes are."""
    under = typ.underlying()
    if isinstance(under, Basic):
        return under.kind not in _NO_MEMORY
    if isinstance(under, (Pointer, Chan, Signature)):
        return True
    if isinstance(under, Array):
        return is_memory(shapes, under.elem)
    if isinstance(under, Struct):
        end = 0
        for field, offset in zip(under.fields, shapes.sizes.offsetsof(under), strict=True):
            if field.name == "_" or offset != end or not is_memory(shapes, field.typ):
                return False
            end = offset + shapes.sizes.sizeof(field.typ)
        return end == shapes.sizes.sizeof(under)
    return False
