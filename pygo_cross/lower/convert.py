# SPDX-License-Identifier: BSD-3-Clause
"""Conversions between numbers, of strings, and between types that have one shape.

Source of the facts: the language specification, "Conversions"; out of range, a float becomes what the machine makes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower import interfaces, strings
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import BITS, I32, I64, P, is_float, is_int
from pygo_cross.types.predicates import is_complex, is_integer, is_numeric, is_string, is_unsigned
from pygo_cross.types.types import UINTPTR, UNSAFE_POINTER, Array, Basic, Interface, Pointer, Slice, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def convert(f: FuncLowering, value: Val, to: Type) -> Val:
    """T(x), of a value that is no constant."""
    have, want = value.typ.underlying(), to.underlying()
    if isinstance(want, Interface):
        return interfaces.convert(f, value, to)
    if is_string(want) and not is_string(have):
        if is_integer(have):
            value = Val(value.typ, (number(f, value.one, I64, is_unsigned(have)),))
        return strings.to_string(f, value, to)
    if is_string(have) and isinstance(want, Slice):
        return strings.from_string(f, value, to)
    if is_complex(have) and is_complex(want):
        return Val(to, [number(f, part, kind, False) for part, kind in zip(value.parts, _kinds(f, to), strict=True)])
    if is_numeric(have) and is_numeric(want):
        (kind,) = _kinds(f, to)
        return Val(to, (number(f, value.one, kind, is_unsigned(have), is_unsigned(want)),))
    if _is_kind(want, UNSAFE_POINTER) and _is_kind(have, UINTPTR):
        return Val(to, (f.emit(ops.INT_TO_PTR, P, (value.one,)),))
    if _is_kind(have, UNSAFE_POINTER) and _is_kind(want, UINTPTR):
        return Val(to, (f.emit(ops.PTR_TO_INT, I64, (value.one,)),))
    if isinstance(have, Slice) and (isinstance(want, Array) or (isinstance(want, Pointer) and isinstance(want.elem.underlying(), Array))):
        return _to_array(f, value, to)
    return Val(to, value.parts, value.address)


def _to_array(f: FuncLowering, value: Val, to: Type) -> Val:
    """[n]T(s) and (*[n]T)(s): the slice has to have as many elements."""
    want = to.underlying()
    array = want.elem.underlying() if isinstance(want, Pointer) else want
    assert isinstance(array, Array)
    pointer, length, _ = value.parts
    if array.len:
        f.emit(ops.SLICE_BOUNDS, I64, (f.int_const(array.len), length), 0, "Convert")
    return Val(to, (pointer,)) if isinstance(want, Pointer) else f.load(to, pointer)


def _kinds(f: FuncLowering, typ: Type) -> list[int]:
    leaves = f.shapes.leaves(typ)
    assert leaves is not None
    return [leaf.kind for leaf in leaves]


def _is_kind(typ: Type, kind: int) -> bool:
    return isinstance(typ, Basic) and typ.kind == kind


def number(f: FuncLowering, value: Value, kind: int, unsigned: bool, to_unsigned: bool = False) -> Value:
    """A scalar number as one of another kind; `unsigned` says of an integer how it is extended."""
    have = value.kind
    if have == kind:
        return value
    if is_int(have) and is_int(kind):
        if BITS[kind] < BITS[have]:
            return f.emit(ops.TRUNC, kind, (value,))
        return f.emit(ops.ZERO_EXT if unsigned else ops.SIGN_EXT, kind, (value,))
    if is_float(have) and is_float(kind):
        return f.emit(ops.FLOAT_TO_FLOAT, kind, (value,))
    if is_int(have):
        wide = number(f, value, I64, unsigned)
        return f.emit(ops.UINT_TO_FLOAT if unsigned and have == I64 else ops.INT_TO_FLOAT, kind, (wide,))
    # What is out of range becomes what stock's instruction makes of it: narrow integers go by way of an int32, a uint32 by an int64.
    through = I64 if kind == I64 or (kind == I32 and to_unsigned) else I32
    wide = f.emit(ops.FLOAT_TO_UINT if to_unsigned and kind == I64 else ops.FLOAT_TO_INT, through, (value,))
    return number(f, wide, kind, False)
