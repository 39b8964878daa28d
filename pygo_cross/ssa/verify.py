# SPDX-License-Identifier: BSD-3-Clause
"""What must hold of a function between any two passes; what does not is a bug of ours, named by pass, function and value.

Source of the ideas: src/cmd/compile/internal/ssa/check.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import F32, F64, I64, VOID, B, P

_SUCCESSORS: Final = {ops.PLAIN: 1, ops.IF: 2, ops.RET: 0, ops.EXIT: 0, ops.DEFER_RETURN: 2}
_SAME_KIND: Final = frozenset(
    [ops.ADD, ops.SUB, ops.MUL, ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U, ops.AND, ops.OR, ops.XOR, ops.NEG, ops.COM, ops.COPY, ops.FDIV]
)
_COMPARISONS: Final = frozenset([ops.EQ, ops.NE, ops.LT_S, ops.LE_S, ops.LT_U, ops.LE_U])


def verify(func: Func, stage: str) -> None:
    """Raise InternalError for the first thing that does not hold after a stage."""
    _blocks(func, stage)
    _values(func, stage)
    _uses(func, stage)
    _dominance(func, stage)


def _blocks(func: Func, stage: str) -> None:
    present = set(func.blocks)
    if len(present) != len(func.blocks):
        raise func.bug(stage, "a block is in the function twice")
    if func.entry not in present or func.entry.preds:
        raise func.bug(stage, "the entry is not there or has predecessors", func.entry)
    for block in func.blocks:
        want = _SUCCESSORS.get(block.kind, len(block.succs))
        if len(block.succs) != want:
            raise func.bug(stage, f"{len(block.succs)} successors of a {ops.BLOCK_NAMES[block.kind]}", block)
        for succ in block.succs:
            if succ not in present or succ.preds.count(block) != block.succs.count(succ):
                raise func.bug(stage, f"the edge to {succ} is not in both lists", block)
        for pred in block.preds:
            if pred not in present or block not in pred.succs:
                raise func.bug(stage, f"the edge from {pred} is not in both lists", block)
        if block.kind == ops.IF and (len(block.controls) != 1 or block.controls[0].kind != B):
            raise func.bug(stage, "an If needs one boolean control", block)
        if block.kind == ops.RET and [value.kind for value in block.controls] != func.results:
            raise func.bug(stage, "a Ret does not have the function's results", block)


def _values(func: Func, stage: str) -> None:
    seen: set[int] = set()
    for block in func.blocks:
        phis_end = False
        for value in block.values:
            if value.id in seen or value.id >= func.value_count:
                raise func.bug(stage, "an id is used twice, or is too large", value)
            seen.add(value.id)
            if value.block is not block:
                raise func.bug(stage, f"the value is in {block}, and says {value.block}", value)
            if value.op == ops.PHI:
                if phis_end:
                    raise func.bug(stage, "a Phi stands behind other values", value)
                if len(value.args) != len(block.preds):
                    raise func.bug(stage, f"a Phi has {len(value.args)} arguments for {len(block.preds)} predecessors", value)
            else:
                phis_end = True
            _operation(func, stage, value)


def _operation(func: Func, stage: str, value: Value) -> None:
    row = ops.INFO.get(value.op)
    if row is None:
        if value.op < ops.FIRST_MACHINE_OP:
            raise func.bug(stage, f"there is no operation {value.op}", value)
        return
    if row.nargs >= 0 and len(value.args) != row.nargs:
        raise func.bug(stage, f"{len(value.args)} arguments of {row.name}", value)
    if row.flags & ops.PURE and value.kind == VOID:
        raise func.bug(stage, f"{row.name} has no kind", value)
    if any(arg.kind == VOID for arg in value.args) and value.op != ops.RESULT:
        raise func.bug(stage, "an argument has no value", value)
    if value.op in _SAME_KIND and any(arg.kind != value.kind for arg in value.args):
        raise func.bug(stage, f"{row.name} of another kind than its arguments", value)
    if value.op in _COMPARISONS and (value.kind != B or value.args[0].kind != value.args[1].kind):
        raise func.bug(stage, f"{row.name} compares different kinds, or is no boolean", value)
    if value.op == ops.PHI and any(arg.kind != value.kind for arg in value.args):
        raise func.bug(stage, "a Phi of different kinds", value)
    if value.op == ops.ADD_PTR and (value.kind != P or value.args[0].kind != P or value.args[1].kind != I64):
        raise func.bug(stage, "AddPtr needs a pointer and an i64", value)
    if value.op == ops.RESULT and not ops.FLAGS.get(value.args[0].op, ops.CALL) & ops.CALL:
        raise func.bug(stage, "a Result of what is no call", value)
    if value.op in (ops.SQRT, ops.FDIV, ops.FMA) and value.kind not in (F32, F64):
        raise func.bug(stage, f"{row.name} is for floats", value)


def _uses(func: Func, stage: str) -> None:
    count: dict[Value, int] = {}
    for block in func.blocks:
        for value in block.values:
            for arg in value.args:
                count[arg] = count.get(arg, 0) + 1
        for value in block.controls:
            count[value] = count.get(value, 0) + 1
    for block in func.blocks:
        for value in block.values:
            if value.uses != count.get(value, 0):
                raise func.bug(stage, f"{value.uses} uses are counted, and there are {count.get(value, 0)}", value)


def _dominance(func: Func, stage: str) -> None:
    dominators = Dominators(func)
    place: dict[Value, int] = {}
    for block in func.blocks:
        for i, value in enumerate(block.values):
            place[value] = i

    def check(user: Value | Block, arg: Value, block: Block, at: int) -> None:
        if arg not in place:
            raise func.bug(stage, f"{arg} is in no block", user)
        if arg.block is block:
            if place[arg] >= at:
                raise func.bug(stage, f"{arg} is used before it is there", user)
        elif not dominators.dominates(arg.block, block):
            raise func.bug(stage, f"{arg} in {arg.block} does not dominate its use", user)

    for block in dominators.order:
        for i, value in enumerate(block.values):
            if value.op == ops.PHI:
                for arg, pred in zip(value.args, block.preds, strict=True):
                    if pred in dominators.number:
                        check(value, arg, pred, len(pred.values))
            else:
                for arg in value.args:
                    check(value, arg, block, i)
        for value in block.controls:
            check(block, value, block, len(block.values))
