# SPDX-License-Identifier: BSD-3-Clause
"""Functions of package unsafe.

Sizes and offsets are constants but for types that depend on type parameters: there they are known only here. Slice and String panic where
what they make would reach around the end of memory, or nil has a length. Facts: src/cmd/compile/internal/walk/builtin.go
(walkUnsafeSlice, walkUnsafeString).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.lower import exprs
from pygo_cross.lower.convert import number
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import I64, B, P
from pygo_cross.syntax.nodes import CallExpr, SelectorExpr, unparen
from pygo_cross.types.predicates import is_unsigned
from pygo_cross.types.types import Pointer, Slice, Struct

_ADDRESS_BITS: Final = 63  # a product of more is not looked at as a number of 64 bits

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def sizeof(f: FuncLowering, e: CallExpr) -> list[Val]:
    """unsafe.Sizeof."""
    return [_uintptr(f, e, f.shapes.sizes.sizeof(f.type_of(e.arg_list[0])))]


def alignof(f: FuncLowering, e: CallExpr) -> list[Val]:
    """unsafe.Alignof."""
    return [_uintptr(f, e, f.shapes.sizes.alignof(f.type_of(e.arg_list[0])))]


def offsetof(f: FuncLowering, e: CallExpr) -> list[Val]:
    """unsafe.Offsetof: of the field within the last struct that is reached without a pointer."""
    selector = unparen(e.arg_list[0])
    if not isinstance(selector, SelectorExpr):
        raise f.bug("the offset of what is no field", e)
    typ = f.type_of(selector.x)
    under = typ.underlying()
    if isinstance(under, Pointer):
        under = f.typ(under.elem).underlying()
    offset = 0
    for i in f.package.info.selections[selector].index:
        if not isinstance(under, Struct):
            raise f.bug("the offset of a field behind a pointer", e)
        offset += f.shapes.sizes.offsetsof(under)[i]
        under = f.typ(under.fields[i].typ).underlying()
    return [_uintptr(f, e, offset)]


def _uintptr(f: FuncLowering, e: CallExpr, value: int) -> Val:
    return Val(f.type_of(e), (f.int_const(value),))


def add(f: FuncLowering, e: CallExpr) -> list[Val]:
    """unsafe.Add."""
    from pygo_cross.lower import calls

    pointer, step = calls.evaluated(f, e.arg_list)
    moved = f.emit(ops.ADD_PTR, P, (pointer.one, number(f, step.one, I64, is_unsigned(step.typ))))
    return [Val(f.type_of(e), (moved,))]


def slice_of(f: FuncLowering, e: CallExpr) -> list[Val]:
    """unsafe.Slice."""
    typ = f.type_of(e)
    under = typ.underlying()
    assert isinstance(under, Slice)
    pointer, length = _pointer_and_length(f, e)
    _fits(f, pointer, length, f.shapes.sizes.sizeof(f.typ(under.elem)), "panicunsafeslice")
    return [Val(typ, (pointer, length, length))]


def string_of(f: FuncLowering, e: CallExpr) -> list[Val]:
    """unsafe.String."""
    pointer, length = _pointer_and_length(f, e)
    _fits(f, pointer, length, 1, "panicunsafestring")
    return [Val(f.type_of(e), (pointer, length))]


def data(f: FuncLowering, e: CallExpr) -> list[Val]:
    """unsafe.SliceData and unsafe.StringData."""
    return [Val(f.type_of(e), exprs.expr(f, e.arg_list[0]).parts[:1])]


def _pointer_and_length(f: FuncLowering, e: CallExpr) -> tuple[Value, Value]:
    from pygo_cross.lower import calls

    pointer, length = calls.evaluated(f, e.arg_list)
    return pointer.one, number(f, length.one, I64, is_unsigned(length.typ))


def _fits(f: FuncLowering, pointer: Value, length: Value, size: int, panic: str) -> None:
    """Panic unless `length` elements of `size` bytes fit between a pointer and the end of memory."""
    b = f.b
    wrong, right, further = b.new_block(), b.new_block(), b.new_block()
    if length.op != ops.CONST or length.imm < 0:
        enough = b.new_block()
        b.branch(f.emit(ops.LT_S, B, (length, f.int_const(0))), wrong, enough, -1)
        b.begin(enough)
    if size:
        memory = length
        if size != 1:
            scale = f.int_const(size)
            if length.op != ops.CONST or length.imm * size >> _ADDRESS_BITS:
                fitting = b.new_block()
                high = f.emit(ops.MUL_HIGH_U, I64, (length, scale))
                b.branch(f.emit(ops.NE, B, (high, f.int_const(0))), further, fitting, -1)
                b.begin(fitting)
            memory = f.emit(ops.MUL, I64, (length, scale))
        room = f.emit(ops.NEG, I64, (f.emit(ops.PTR_TO_INT, I64, (pointer,)),))
        b.branch(f.emit(ops.LT_U, B, (room, memory)), further, right, -1)
    else:
        b.branch(f.emit(ops.NE, B, (length, f.int_const(0))), further, right)
    b.begin(further)
    nil = b.new_block()
    b.branch(f.emit(ops.EQ, B, (pointer, b.const(P, 0))), nil, wrong if size else right, 0)
    b.begin(nil)
    f.panic(panic + "nilptr")
    b.begin(wrong)
    if b.block is not None:
        f.panic(panic + "len")
    b.begin(right)
