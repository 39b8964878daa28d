# SPDX-License-Identifier: BSD-3-Clause
"""Copies by way of a temporary: what is filled by one copy, or is zero, and only copied from once, is skipped.

Assignments of large values are lowered that way, since the right side is evaluated before anything is stored. Where nothing is written in
between, the copy can be made at once; what is copied is equal or apart, so that it may overlap nothing by half. Not so what a call has
left in memory: the next call overwrites it, and memory for the variable or the barrier of its copy may need one.
Before: v1 p = Alloc {T}; Move v1 v2 {T}; Move v3 v1 {T}; after: Move v3 v2 {T}. Of an Alloc that nothing fills: Zero v3 {T}.
"""

from __future__ import annotations

from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.types.types import Type

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
            if value.imm == move.imm and value.args[1] is not temporary and value.args[1].op != ops.RESULT:
                source = value.args[1]
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
