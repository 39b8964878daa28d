# SPDX-License-Identifier: BSD-3-Clause
"""Gives every Alloc its memory: a slot of the frame where its address does not outlive the call, else an object of the heap.

A variable that is too large for the frame is in the heap in any case. A slot gets its contents at the place of the Alloc, each time that
is passed: SlotLive, then zeros, unless what comes next overwrites it as a whole. `boxes.py` knows better ways to the heap for what
interfaces hold, `smallmaps.py` what maps are, `sharing.py` what small variables may share.
Before: v1 p = Alloc {T}; after: SlotLive {slot}; v1 p = SlotAddr {slot}; Zero v1 [size] {T}, or v1 p = a Result of runtime.newobject.
"""

from __future__ import annotations

from pygo_cross.diag import InternalError
from pygo_cross.opt.addresses import variables
from pygo_cross.opt.boxes import boxed
from pygo_cross.opt.context import MAX_VARIABLE, NEW_OBJECT, Context
from pygo_cross.opt.sharing import may_share, share
from pygo_cross.opt.smallmaps import in_frame, in_heap
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import ADDRESS, Block, Func, Value
from pygo_cross.ssa.kinds import SIZES, VOID, P
from pygo_cross.ssa.refs import DataRef, TypeRef
from pygo_cross.types.types import Type


def expand(func: Func, context: Context) -> None:
    """Slots and calls in place of Allocs."""
    stays = {one.alloc for one in variables(func, context.shapes) if not one.leaks}
    for block in func.blocks:
        if any(value.op == ops.ALLOC for value in block.values):
            _block(func, block, stays, context)


def _block(func: Func, block: Block, stays: set[Value], context: Context) -> None:
    old, new = block.values, []
    shapes = context.shapes
    allocs = [value for value in old if value.op == ops.ALLOC]
    shared = share(func, [one for one in allocs if may_share(one, shapes) and not _in_frame(one, stays, context)], shapes)
    for at, value in enumerate(old):
        if value in shared:
            new += shared[value]
            continue
        if value.op != ops.ALLOC:
            new.append(value)
            continue
        typ = value.aux
        if not isinstance(typ, Type):
            raise InternalError("expand", "an Alloc without a type", f"{func.symbol} {value}")
        size = shapes.sizes.sizeof(typ)
        if size == 0:
            value.reset(ops.ADDR, (), 0, DataRef("runtime.zerobase"))
            new.append(value)
        elif _in_frame(value, stays, context):
            is_map = value.imm & ops.MAP
            new += _slot(func, value, typ, size, context, bool(value.imm & ops.NO_ZERO) or _overwritten(old, at, size))
            if is_map:
                new += in_frame(func, value)
        elif value.imm & ops.MAP:
            new += in_heap(func, value)
        elif value.imm & ops.BOX and (made := boxed(func, old, at, shapes)) is not None:
            new += made
        else:
            descriptor = func.make(block, ops.ADDR, P, (), 0, TypeRef(typ), value.pos)
            call = func.make(block, ops.CALL_STATIC, VOID, (descriptor,), 0, NEW_OBJECT, value.pos)
            descriptor.inline = call.inline = value.inline
            value.reset(ops.RESULT, (call,), 0)
            new += (descriptor, call, value)
    block.values = new


def _in_frame(alloc: Value, stays: set[Value], context: Context) -> bool:
    """Whether a variable is in the frame."""
    if not isinstance(alloc.aux, Type):
        return False
    return bool(alloc in stays or alloc.imm & ops.STAYS) and context.shapes.sizes.sizeof(alloc.aux) <= MAX_VARIABLE


def _slot(func: Func, value: Value, typ: Type, size: int, context: Context, overwritten: bool) -> list[Value]:
    variable = next((name >> 8 for name in func.names.pop(value.id, ()) if name & ADDRESS == ADDRESS), -1)
    name = func.variables[variable].name if variable >= 0 else ""
    slot = func.new_slot(name, typ, size, context.shapes.sizes.alignof(typ), context.shapes.has_pointers(typ))
    slot.variable = variable
    live = func.make(value.block, ops.SLOT_LIVE, VOID, (), 0, slot, value.pos)
    value.reset(ops.SLOT_ADDR, (), 0, slot)
    if overwritten:
        return [live, value]
    return [live, value, func.make(value.block, ops.ZERO, VOID, (value,), size, typ, value.pos)]


def _overwritten(values: list[Value], at: int, size: int) -> bool:
    """Whether what comes next with an effect writes all of the variable, and nothing reads it before."""
    variable = values[at]
    behind: int = 0
    for value in values[at + 1 :]:
        if value.op == ops.MOVE:
            return value.args[0] is variable and value.args[1] is not variable and value.imm == size and behind == 0
        if value.op == ops.STORE and value.args[0] is variable and value.imm == behind:
            behind += SIZES[value.args[1].kind]
            if behind == size:
                return True
            continue
        if value.op not in (ops.CONST, ops.ADDR, ops.PARAM) and not (value.op == ops.LOAD and value.args[0] is not variable):
            return False
    return False
