# SPDX-License-Identifier: BSD-3-Clause
"""Puts the body of a function in the place of a call.

The block of the call ends before it; what stood behind goes on in a block of its own, where the results of all returns meet. Values keep
their positions, and `inline` says which inlined call they are of: `FuncInfo.inlined` gets an entry for this call, and one for each call
that the body has inlined itself, around which this one is.
"""

from __future__ import annotations

from collections.abc import Sequence

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Local, Slot, Value
from pygo_cross.ssa.unit import REFLECT_METHOD, FuncInfo, Inlined


def splice(caller: Func, call: Value, callee: Func, args: Sequence[Value], closure: Value | None) -> dict[Value, Value]:
    """Replace a call, whose Results stand behind it in its block, by a body; gives what is to be put in the place of the Results.

    The caller puts it there (`builder.replace`), once for all calls. Blocks behind a body that never returns are left for
    `remove_unreachable`.
    """
    info, callee_info = caller.info, callee.info
    assert isinstance(info, FuncInfo) and isinstance(callee_info, FuncInfo)
    info.inlined.append(Inlined(call.inline, callee.symbol, call.pos, callee.pos))
    numbers = [len(info.inlined)]
    for one in callee_info.inlined:
        info.inlined.append(Inlined(numbers[one.parent], one.callee, one.pos, one.declared))
        numbers.append(len(info.inlined))
    info.flags |= callee_info.flags & REFLECT_METHOD
    after, results = _split(caller, call)
    blocks = {block: caller.new_block(call.pos) for block in callee.blocks}
    values = _values(caller, callee, blocks, numbers, args, closure)
    returns: list[Block] = []
    for block in callee.blocks:
        made = blocks[block]
        made.kind, made.likely = block.kind, block.likely
        if block.kind == ops.RET:
            returns.append(block)
            made.kind = ops.PLAIN
        else:
            made.set_controls([values[control] for control in block.controls])
            made.succs = [blocks[succ] for succ in block.succs]
        made.preds = [blocks[pred] for pred in block.preds]
    call.block.add_edge(blocks[callee.entry])
    for block in returns:
        blocks[block].add_edge(after)
    return _results(caller, call, after, results, returns, values)


def cut(func: Func, block: Block, at: int) -> Block:
    """Cut a block: what stands from an index on, and where it goes on, is in a block of its own then. The first has no exit yet."""
    after = func.new_block(block.pos)
    after.values = block.values[at:]
    del block.values[at:]
    for value in after.values:
        value.block = after
    after.kind, after.likely, after.pos = block.kind, block.likely, block.pos
    after.controls, after.succs = block.controls, block.succs
    for succ in dict.fromkeys(after.succs):
        succ.preds = [after if pred is block else pred for pred in succ.preds]
    block.controls, block.succs = [], []
    block.kind, block.likely = ops.PLAIN, 0
    return after


def _split(caller: Func, call: Value) -> tuple[Block, list[Value]]:
    """Cut a block at a call, which goes: the block for what stands behind, and the call's Results."""
    block = call.block
    after = cut(caller, block, block.values.index(call))
    call.block = block
    results = [value for value in after.values if value.op == ops.RESULT and value.args[0] is call]
    after.values = [value for value in after.values if value is not call and not (value.op == ops.RESULT and value.args[0] is call)]
    return after, results


def _values(
    caller: Func, callee: Func, blocks: dict[Block, Block], numbers: list[int], args: Sequence[Value], closure: Value | None
) -> dict[Value, Value]:
    """Copies of a body's values, in copies of its blocks."""
    values: dict[Value, Value] = {}
    slots: dict[Slot, Slot] = {}
    first = len(caller.variables)
    caller.variables += [Local(one.name, one.typ, one.pos, one.role, numbers[one.inline]) for one in callee.variables]
    names = callee.names
    copied: list[tuple[Value, Value]] = []
    for block in callee.blocks:
        into = blocks[block]
        for value in block.values:
            op = value.op
            if op == ops.PARAM:
                values[value] = args[value.imm]
                continue
            if op == ops.CLOSURE:
                assert closure is not None
                values[value] = closure
                continue
            aux = value.aux
            if isinstance(aux, Slot):
                slot = slots.get(aux)
                if slot is None:
                    slot = slots[aux] = caller.new_slot(aux.name, aux.typ, aux.size, aux.align, aux.pointers)
                    if aux.variable >= 0:
                        slot.variable = first + aux.variable
                aux = slot
            copy = caller.append(into, op, value.kind, (), value.imm, aux, value.pos)
            copy.inline = numbers[value.inline]
            values[value] = copy
            if value.args:
                copied.append((copy, value))
    for copy, value in copied:
        for arg in value.args:
            copy.add_arg(values[arg])
    if names:
        for value, copy in values.items():
            found = names.get(value.id)
            if found is not None:
                caller.name(copy, tuple([(first << 8) + one for one in found]))
        for number, arg in enumerate(args):
            found = names.get(-1 - number)
            if found is not None:
                caller.name(arg, tuple([(first << 8) + one for one in found]))
    return values


def _results(
    caller: Func, call: Value, after: Block, results: list[Value], returns: list[Block], values: dict[Value, Value]
) -> dict[Value, Value]:
    replaced: dict[Value, Value] = {}
    made: dict[int, Value] = {}
    new: list[Value] = []
    for result in results:
        found = made.get(result.imm)
        if found is None:
            if len(returns) == 1:
                found = values[returns[0].controls[result.imm]]
            elif returns:
                parts = [values[block.controls[result.imm]] for block in returns]
                found = caller.make(after, ops.PHI, result.kind, parts, 0, None, call.pos)
                new.append(found)
            else:
                found = caller.make(after, ops.CONST, result.kind, (), 0, None, call.pos)
                new.append(found)
            made[result.imm] = found
        replaced[result] = found
        result.set_args(())
    after.values[0:0] = new
    call.set_args(())
    return replaced
