# SPDX-License-Identifier: BSD-3-Clause
"""Memory of the frame in place of what the runtime would allocate: for short results, slices that are made and slices that grow.

Escape analysis asks `could_be` of every call that allocates, treats the memory as a variable, and has `keep` make it where the address
stays. What is known to be small enough becomes an Alloc; where only running tells, the call is behind a comparison, and the memory of
SMALL bytes. What grows gets its memory once, at the first append of a slice that has nothing in it; if that may happen again while the
first memory is needed, a byte of the frame says that it is taken.

Before: v1 = CallStatic {runtime.makeslice} v2 v3 v4; v5 p = Result v1; after: v5 p = Phi v6 v7, where v6 is an Alloc where v4 <= 32.
Facts: src/cmd/compile/internal/walk/{convert,builtin}.go, src/cmd/compile/internal/ssagen/ssa.go (append), src/runtime/string.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pygo_cross.opt.callgraph import callee
from pygo_cross.opt.context import MAX_IMPLICIT, Context
from pygo_cross.opt.moving import GROW, Returns, move
from pygo_cross.opt.splice import cut
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import I64, VOID, B, P
from pygo_cross.ssa.refs import TypeRef
from pygo_cross.types.types import BOOL, INT32, TYP, UINT8, UINTPTR, Array, Type

SMALL: Final = 32
"""Bytes of memory for a slice whose size is not known (src/cmd/compile/internal/base/flag.go, VariableMakeThreshold)."""
_WORD: Final = 8

_SHORT: Final[dict[str, tuple[int, int]]] = {
    **{f"runtime.concatstring{n}": (UINT8, 32) for n in (2, 3, 4, 5, "s")},
    **{f"runtime.concatbyte{n}": (UINT8, 32) for n in (2, 3, 4, 5, "s")},
    "runtime.intstring": (UINT8, 4),
    "runtime.slicebytetostring": (UINT8, 32),
    "runtime.slicerunetostring": (UINT8, 32),
    "runtime.stringtoslicebyte": (UINT8, 32),
    "runtime.stringtoslicerune": (INT32, 32),
}
"""Functions of the runtime whose first argument is a buffer for short results: its element, and how many of them."""
_Condition = Callable[[Block], Value]
"""Makes a boolean at the end of a block."""

MAKE: Final = "runtime.makeslice"


def takes_buffer(name: str) -> bool:
    """Whether a function of the runtime has a buffer for short results as its first parameter, which becomes a part of its first result."""
    return name in _SHORT


def could_be(call: Value, name: str, context: Context) -> bool:
    """Whether memory of the frame may take the place of what a call of the runtime makes, if its address stays."""
    if name in _SHORT:
        return call.args[0].is_const
    if name == MAKE:
        descriptor, length, capacity = call.args
        elem = _elem(descriptor)
        if elem is None:
            return False
        size = context.shapes.sizes.sizeof(elem)
        if capacity.is_const:
            fits = capacity.imm >= 0 and capacity.imm * max(size, 1) <= MAX_IMPLICIT
            return fits and (not length.is_const or 0 <= length.imm <= capacity.imm)
        return 0 < size <= SMALL
    if name == GROW:
        elem = _elem(call.args[4])
        return elem is not None and call.args[3].is_const and 0 < context.shapes.sizes.sizeof(elem) <= SMALL
    return False


def keep(func: Func, call: Value, context: Context, again: bool, returns: Returns | None = None) -> None:
    """Make the memory. `again` says of what grows that the memory of one time may be needed when the call is there another time, `returns`
    where it is moved to the heap.
    """
    name = callee(call)
    first, blocks, before = func.value_count, len(func.blocks), call.block
    if name in _SHORT:
        elem, count = _SHORT[name]
        buffer = func.make(before, ops.ALLOC, P, (), ops.STAYS | ops.NO_ZERO, Array(TYP[elem], count))
        before.values.insert(before.values.index(call), buffer)
        call.set_arg(0, buffer)
        buffer.pos, buffer.inline = call.pos, call.inline
        return
    if name == MAKE:
        _make(func, call, context)
    else:
        _grow(func, call, context, again, returns)
    for block in (func.entry, before, *func.blocks[blocks:]):
        for value in block.values:
            if value.id >= first:
                value.pos, value.inline = call.pos, call.inline


def _elem(descriptor: Value) -> Type | None:
    return descriptor.aux.typ if descriptor.op == ops.ADDR and isinstance(descriptor.aux, TypeRef) else None


def _make(func: Func, call: Value, context: Context) -> None:
    descriptor, length, capacity = call.args
    elem = _elem(descriptor)
    assert elem is not None
    if capacity.is_const and length.is_const:
        _in_place(call, Array(elem, capacity.imm))
        return
    conditions: list[_Condition] = []
    if capacity.is_const:
        array: Type = Array(elem, capacity.imm)
    else:
        array, count = _small(elem, context)
        conditions.append(lambda block: func.append(block, ops.LE_U, B, (capacity, func.const(block, I64, count))))
    if length is not capacity:
        conditions.append(lambda block: func.append(block, ops.LE_U, B, (length, capacity)))  # if not, the runtime panics
    body, after = _split(func, call, conditions)
    _join(call, body, after, {0: func.append(body, ops.ALLOC, P, (), ops.STAYS, array)})


def _in_place(call: Value, array: Array) -> None:
    """The results of a call that goes become an Alloc."""
    values = call.block.values
    at = values.index(call)
    results = [other for other in values[at + 1 :] if other.op == ops.RESULT and other.args[0] is call]
    if results:
        for result in results[1:]:
            result.become(results[0])
        results[0].reset(ops.ALLOC, (), ops.STAYS, array)
    call.set_args(())
    del values[at]
    assert call.kind == VOID and call.uses == 0


def _grow(func: Func, call: Value, context: Context, again: bool, returns: Returns | None) -> None:
    _, length, _, added, descriptor = call.args
    elem = _elem(descriptor)
    assert elem is not None
    array, count = _small(elem, context)
    conditions: list[_Condition] = [lambda block: func.append(block, ops.LE_U, B, (length, func.const(block, I64, count)))]
    taken: Value | None = None
    if again:
        taken = flag = func.make(func.entry, ops.ALLOC, P, (), ops.STAYS, TYP[BOOL])
        func.entry.values[0:0] = [flag]
        conditions.append(lambda block: func.append(block, ops.NOT, B, (func.append(block, ops.LOAD, B, (flag,)),)))
    # What has elements would have to be copied.
    conditions.append(lambda block: func.append(block, ops.EQ, B, (length, added)))
    body, after = _split(func, call, conditions)
    if returns is None:
        memory = func.append(body, ops.ALLOC, P, (), ops.STAYS, array)
    else:
        # Asked for at the end in any case. Nobody sees what is behind the length, but the collector.
        pointers = context.shapes.has_pointers(elem)
        memory = func.make(func.entry, ops.ALLOC, P, (), ops.STAYS if pointers else ops.STAYS | ops.NO_ZERO, array)
        func.entry.values[0:0] = [memory]
        move(returns, memory, descriptor, pointers, context.shapes.sizes.sizeof(elem))
    if taken is not None:
        func.append(body, ops.STORE, VOID, (taken, func.const(body, B, 1)))
    _join(call, body, after, {0: memory, 1: length, 2: func.const(body, I64, count)})


def _small(elem: Type, context: Context) -> tuple[Type, int]:
    """The type of memory for a slice of few elements, and how many these are. It is aligned as what the runtime allocates is."""
    size = context.shapes.sizes.sizeof(elem)
    count = SMALL // size
    if context.shapes.has_pointers(elem):
        return Array(elem, count), count
    return Array(TYP[UINTPTR], -(-count * size // _WORD)), count


def _split(func: Func, call: Value, conditions: Sequence[_Condition]) -> tuple[Block, Block]:
    """Put a call behind conditions: it is made where one does not hold. Gives the block where all hold, and the one behind both, in which
    the call's Results are still.
    """
    block = call.block
    after = cut(func, block, block.values.index(call))
    other = func.new_block(call.pos)
    after.values.remove(call)
    other.values.append(call)
    call.block = other
    for condition in conditions:
        held = func.new_block(call.pos)
        block.kind, block.likely = ops.IF, 1
        block.set_controls((condition(block),))
        block.add_edge(held)
        block.add_edge(other)
        block = held
    block.add_edge(after)
    other.add_edge(after)
    return block, after


def _join(call: Value, body: Block, after: Block, instead: dict[int, Value]) -> None:
    """Make Phis of a call's Results, by what is in the place of each; all that is new is where the call is."""
    func, other = body.func, call.block
    phis: list[Value] = []
    for result in [value for value in after.values if value.op == ops.RESULT and value.args[0] is call]:
        given = func.append(other, ops.RESULT, result.kind, (call,), result.imm, result.aux, result.pos)
        given.inline = result.inline
        result.reset(ops.PHI, (instead[result.imm], given))
        phis.append(result)
        after.values.remove(result)
    after.values[0:0] = phis
