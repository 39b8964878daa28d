# SPDX-License-Identifier: BSD-3-Clause
"""Saves what calls leave in memory from the next call.

Results that are too large for registers lie where the next call has its arguments, and room for those that it gets in registers. Who needs
them when there has been another call, or passes their address to one, gets them from a slot; among the calls are those that make objects
and move values with pointers into the heap, so all of these have to be there already.

Before: v2 p = Result v1; v3 = CallStatic v4 v5 v2 {runtime.typedmemmove}; after: SlotLive {slot}; v6 p = SlotAddr {slot}; Move v6 v2 {T};
v3 = CallStatic v4 v5 v6 {runtime.typedmemmove}.
Facts: src/cmd/compile/abi-internal.md (the spill area for register arguments is the caller's).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.addresses import SAME_OBJECT, base_of
from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import replace
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import VOID, P
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.types.types import Type

_LOOKS: Final = SAME_OBJECT | {ops.LOAD, ops.MOVE}


def results(func: Func, context: Context) -> None:
    """Slots for results in memory that are needed for longer than until the next call."""
    left = {
        value: typ
        for block in func.blocks
        for value in block.values
        if value.op == ops.RESULT and value.kind == P and (typ := _type_in_memory(value, context)) is not None
    }
    if left:
        for result in _needed_later(func, left):
            _save(func, result, left[result], context)


def _type_in_memory(result: Value, context: Context) -> Type | None:
    """The type of a result in memory; None for what is in a register."""
    info = result.args[0].aux
    at = 0
    for typ in info.results if isinstance(info, CallInfo) else ():
        leaves = context.shapes.leaves(typ)
        if at == result.imm:
            return typ if leaves is None else None
        at += 1 if leaves is None else len(leaves)
    return None


def _needed_later(func: Func, left: dict[Value, Type]) -> list[Value]:
    """The results that are used by another call, behind one, or in another block; by anything but what only looks at them, to be sure."""
    found: dict[Value, None] = {}
    for block in func.blocks:
        last: Value | None = None
        for value in block.values:
            for arg in value.args:
                root = base_of(arg)
                if root in left and (value.op not in _LOOKS or root.args[0] is not last):
                    found[root] = None
            if ops.FLAGS.get(value.op, ops.CALL) & ops.CALL or value.op in ops.ASKED:
                last = value
        for control in block.controls:
            if base_of(control) in left:
                found[base_of(control)] = None
    return list(found)


def _save(func: Func, result: Value, typ: Type, context: Context) -> None:
    """Copy a result into a slot at once, and have everybody look there."""
    block, sizes = result.block, context.shapes.sizes
    size = sizes.sizeof(typ)
    slot = func.new_slot("", typ, size, sizes.alignof(typ), context.shapes.has_pointers(typ))
    live = func.make(block, ops.SLOT_LIVE, VOID, (), 0, slot, result.pos)
    address = func.make(block, ops.SLOT_ADDR, P, (), 0, slot, result.pos)
    again = func.make(block, ops.RESULT, P, result.args, result.imm, None, result.pos)
    move = func.make(block, ops.MOVE, VOID, (address, again), size, typ, result.pos)
    for made in (live, address, again, move):
        made.inline = result.inline
    at = block.values.index(result)
    block.values.insert(at, again)
    while at < len(block.values) and block.values[at].op == ops.RESULT and block.values[at].args[0] is result.args[0]:
        at += 1
    block.values[at:at] = (live, address, move)
    replace(func, {result: address})
