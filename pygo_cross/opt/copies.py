# SPDX-License-Identifier: BSD-3-Clause
"""Builds values where they are wanted: a variable that is filled only to be copied into a new one is that one.

The first variable must not be looked at behind the copy, the second not before it. Each time the copy is made the first one has to be new:
it is if both are in the same loop, and all that is done to the first comes before the copy on every way. If the second may be an object of
the heap, the copy has to follow the first on every way too: a way without it would make an object as well, where it needs none.
Before: v1 p = Alloc {T}; Store v1 v2; v3 p = Alloc {T}; Move v3 v1 {T}; after: v1 p = Alloc {T}; Store v1 v2, and v1 is v3.
"""

from __future__ import annotations

from pygo_cross.opt.addresses import Variable, variables
from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import replace
from pygo_cross.ssa.dominators import Dominators, find_loops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.types.types import Type


def copies(func: Func, context: Context) -> None:
    """Take away copies between variables."""
    moves = [value for block in func.blocks for value in block.values if value.op == ops.MOVE and _is_candidate(value, context)]
    if not moves:
        return
    known = {one.alloc: one for one in variables(func, context.shapes)}
    dominators = Dominators(func)
    if not dominators.reducible():
        return
    loops = find_loops(func, dominators)
    replaced: dict[Value, Value] = {}
    for move in moves:
        to, source = move.args
        while source in replaced:
            source = replaced[source]
        one = known.get(source)
        if one is None or one.leaks or one.inspected or source is to or loops.get(source.block) is not loops.get(move.block):
            continue
        target = known.get(to)
        costs = (target is None or target.leaks) and not _always_follows(source.block, move.block, dominators)
        if not costs and _is_untouched(to, move) and _is_last(one, move, dominators):
            replaced[to] = source
            _merge(func, move, one, target)
    if replaced:
        replace(func, replaced)


def _is_candidate(move: Value, context: Context) -> bool:
    to, source = move.args
    if to.op != ops.ALLOC or source.op != ops.ALLOC or to.block is not move.block:
        return False
    sizes = context.shapes.sizes
    return all(isinstance(one.aux, Type) and sizes.sizeof(one.aux) == move.imm for one in (to, source))


def _is_untouched(to: Value, move: Value) -> bool:
    """Whether nothing has to do with a variable between where it is made and the copy."""
    values = move.block.values
    for value in values[values.index(to) + 1 :]:
        if value is move:
            return True
        if to in value.args:
            return False
    return False


def _is_last(one: Variable, move: Value, dominators: Dominators) -> bool:
    """Whether all else that is done to a variable is done before the copy."""
    before = set(move.block.values[: move.block.values.index(move)])
    for value, _ in one.accesses:
        if value is move or value in before:
            continue
        if value.block is move.block or not dominators.dominates(value.block, move.block):
            return False
    return True


def _always_follows(first: Block, last: Block, dominators: Dominators) -> bool:
    """Whether every way on from a block comes to one that it dominates, unless it ends in a panic."""
    seen = {last}
    waiting = [first]
    while waiting:
        block = waiting.pop()
        if block in seen:
            continue
        seen.add(block)
        if block.kind in (ops.RET, ops.DEFER_RETURN):
            return False
        for succ in block.succs:
            if succ is first or not dominators.dominates(first, succ):
                return False
            waiting.append(succ)
    return True


def _merge(func: Func, move: Value, source: Variable, to: Variable | None) -> None:
    """The copy goes, and what is known of the second variable holds of the first."""
    source.accesses = [access for access in source.accesses if access[0] is not move]
    if to is not None:
        source.accesses += [access for access in to.accesses if access[0] is not move]
        source.leaks, source.inspected = to.leaks, to.inspected
    source.alloc.imm = source.alloc.imm & ~(ops.STAYS | ops.DECLARED) | move.args[0].imm & ops.DECLARED
    move.set_args(())
    move.block.values.remove(move)
