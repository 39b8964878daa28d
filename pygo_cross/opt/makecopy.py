# SPDX-License-Identifier: BSD-3-Clause
"""A slice that is made only to be filled by a copy is made and filled by one call: what is copied over is not cleared before.

The copy has to be what first happens to the slice, in the same block: nothing between has an effect or reads the slice. It is one of `copy`
(`ops.COPIES`, or by type), so that there is memory of the source's length: the runtime checks the other one only where it is more.
That is also why this comes before `prove`: what is copied is of the slice's length only if both are one value.

Before: v1 = CallStatic v2 v3 v3 {runtime.makeslice}; v4 p = Result v1; v5 = CallStatic v2 v4 v3 v6 v7 {runtime.typedslicecopy}; after:
v1 = CallStatic v2 v3 v7 v6 {runtime.makeslicecopy}; v4 p = Result v1.
Facts: src/cmd/compile/internal/walk/order.go (orderMakeSliceCopy), src/runtime/slice.go (makeslicecopy).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.callgraph import callee
from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.refs import CallInfo, TextRef, TypeRef
from pygo_cross.types.types import INT, TYP, UNSAFE_POINTER

_P: Final = TYP[UNSAFE_POINTER]
_MAKE: Final = "runtime.makeslice"
_COPY: Final = CallInfo(TextRef("runtime.makeslicecopy"), (_P, TYP[INT], TYP[INT], _P), (_P,))
"""makeslicecopy(type, length, length of what is copied, its address): a slice's memory."""


def makecopy(func: Func, context: Context) -> None:
    """Join copies with the slices that are made for them."""
    for block in func.blocks:
        for make in [value for value in block.values if callee(value) == _MAKE]:
            _join(block, make, context)


def _join(block: Block, make: Value, context: Context) -> None:
    """One call in place of a slice's and of the copy into it, if that comes next."""
    descriptor, length, capacity = make.args
    values = block.values
    at = values.index(make)
    if length is not capacity or (length.is_const and length.imm < 0) or not isinstance(descriptor.aux, TypeRef):
        return
    found = _next(values, at)
    if found is None:
        return
    copy, made = found
    source = _source(copy, made[0], length, context.shapes.sizes.sizeof(descriptor.aux.typ)) if made else None
    if source is None or not {*made}.isdisjoint(source):
        return
    between = [value for value in values[at + 1 : values.index(copy)] if value not in made]
    address, count = source
    copy.set_args(())
    make.reset(ops.CALL_STATIC, (descriptor, length, count, address), 0, _COPY)
    block.values = [*values[:at], *between, make, *made, *values[values.index(copy) + 1 :]]


def _next(values: list[Value], at: int) -> tuple[Value, list[Value]] | None:
    """The call that comes next behind one, and what stands between that depends on its results, which come first; None if something else
    has an effect or reads what they lead to.
    """
    made: list[Value] = []
    for value in values[at + 1 :]:
        if value.op == ops.CALL_STATIC:
            return value, made
        if ops.FLAGS[value.op] & ops.EFFECTS & ~ops.READS:
            return None
        if value.args and (value.args[0] is values[at] or not {*made}.isdisjoint(value.args)):
            if value.op == ops.LOAD:
                return None
            made.append(value)
    return None


def _source(copy: Value, to: Value, length: Value, size: int) -> tuple[Value, Value] | None:
    """Where a call copies from, and the length of what is there, if it copies to an address as many elements of a size, in bytes, as there
    are and as have room.
    """
    name = callee(copy)
    if name == "runtime.typedslicecopy":
        _, target, room, source, count = copy.args
        return (source, count) if target is to and room is length and not copy.uses else None
    if name != "runtime.memmove" or copy.imm != ops.COPIES:
        return None
    target, source, count = copy.args
    if target is not to:
        return None
    if size != 1:
        if count.op not in (ops.SHL, ops.MUL) or not count.args[1].is_const:
            return None
        factor = count.args[1].imm
        if size != (1 << factor if count.op == ops.SHL else factor):
            return None
        count = count.args[0]
    if count is length or count.is_const:
        return source, count
    if count.op == ops.SELECT and count.args[0].op == ops.LT_S and count.args[0].args == count.args[1:] and count.args[1] is length:
        return source, count.args[2]
    return None
