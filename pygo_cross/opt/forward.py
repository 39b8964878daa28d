# SPDX-License-Identifier: BSD-3-Clause
"""Copies by way of a temporary: what is filled by one copy, or is zero, and only copied from once, is skipped.

Assignments of large values are lowered that way, since the right side is evaluated before anything is stored. Where nothing is written in
between, the copy can be made at once, if what is copied is equal or apart: arrays, which may be parts of slices, can overlap by half. Nor
is what a call has left in memory: the next call overwrites it, and memory for the variable or the barrier of its copy may need one.
Before: v1 p = Alloc {T}; Move v1 v2 {T}; Move v3 v1 {T}; after: Move v3 v2 {T}. Of an Alloc that nothing fills: Zero v3 {T}.
"""

from __future__ import annotations

from pygo_cross.opt.context import Context
from pygo_cross.opt.loads import apart, place_of
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.types.types import Array, Type

_CHANGES = ops.WRITES | ops.CALL


def forward(func: Func, context: Context) -> None:
    """Skip temporaries."""
    for block in func.blocks:
        moves = [value for value in block.values if value.op == ops.MOVE and value.args[1].op == ops.ALLOC]
        for move in moves:
            _skip(block, move, context)


def _skip(block: Block, move: Value, context: Context) -> None:
    temporary = move.args[1]
    if temporary is move.args[0] or not isinstance(temporary.aux, Type) or context.shapes.sizes.sizeof(temporary.aux) != move.imm:
        return
    if temporary.uses == 1:
        if not temporary.imm & ops.NO_ZERO:
            move.reset(ops.ZERO, (move.args[0],), move.imm, move.aux)
        return
    if temporary.uses != 2:
        return
    values = block.values
    at = values.index(move)
    while at:
        at -= 1
        value = values[at]
        if value.op == ops.MOVE and value.args[0] is temporary:
            source = value.args[1]
            stays = source is temporary or source.op == ops.RESULT or _may_overlap(move, source, temporary.aux)
            if value.imm == move.imm and not stays:
                value.set_args(())
                del values[at]
                move.set_arg(1, source)
            return
        if value.op == ops.ZERO and value.args[0] is temporary:
            if value.imm == move.imm:
                value.set_args(())
                del values[at]
                move.reset(ops.ZERO, (move.args[0],), move.imm, move.aux)
            return
        if ops.FLAGS[value.op] & _CHANGES and value is not temporary and value.op != ops.ALLOC:
            return


def _may_overlap(move: Value, source: Value, typ: Type) -> bool:
    """Whether where a temporary of a type is copied to may be partly where it comes from."""
    if not isinstance(typ.underlying(), Array):
        return False
    to, other = place_of(move.args[0], 0)[0], place_of(source, 0)[0]
    return not apart(to, other)
