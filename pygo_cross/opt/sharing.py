# SPDX-License-Identifier: BSD-3-Clause
"""Small variables without pointers that are moved to the heap in one block share an object there: one allocation for several.

The object is made where the first of them is; the most aligned lie first in it, so that there is no room between them. Only what the
source declares shares: what `new` gives may have a finalizer of its own.

Before: v1 p = Alloc [declared] {int8}; v2 p = Alloc [declared] {int}; after: v2 p = Result of mallocgc of 16 bytes; v1 p = AddPtr v2 8.
Facts: src/cmd/compile/internal/ssagen/ssa.go (newHeapaddr, flushPendingHeapAllocations).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pygo_cross.opt.fresh import allocator
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import I64, VOID, B, P
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.types import Type

_MOST: Final = 16
"""Bytes of a shared object."""

Sharing = dict[Value, list[Value]]
"""What takes the place of each Alloc that shares an object."""


def may_share(alloc: Value, shapes: Shapes) -> bool:
    """Whether a variable that has to be in the heap may be a part of an object."""
    typ = alloc.aux
    if not alloc.imm & ops.DECLARED or not isinstance(typ, Type):
        return False
    return 0 < shapes.sizes.sizeof(typ) < _MOST and not shapes.has_pointers(typ)


def share(func: Func, allocs: Sequence[Value], shapes: Shapes) -> Sharing:
    """Objects for variables of one block, in order, which may share; those that are left alone are not in the result."""
    made: Sharing = {}
    group: list[Value] = []
    used = 0
    for alloc in allocs:
        size = _size(alloc, shapes)
        if used + size > _MOST:
            made.update(_object(func, group, shapes))
            group, used = [], 0
        group.append(alloc)
        used += size
    made.update(_object(func, group, shapes))
    return made


def _object(func: Func, group: list[Value], shapes: Shapes) -> Sharing:
    """One object for several variables. Its call stands where the first of them is declared."""
    if len(group) < 2:
        return {}
    first = group[0]
    block = first.block
    ordered = sorted(group, key=lambda alloc: -_align(alloc, shapes))
    align = _align(ordered[0], shapes)
    size = -(-sum(_size(alloc, shapes) for alloc in group) // align) * align
    args = [
        func.make(block, ops.CONST, I64, (), size, None, first.pos),
        func.make(block, ops.CONST, P, (), 0, None, first.pos),
        func.make(block, ops.CONST, B, (), 1, None, first.pos),
    ]
    call = func.make(block, ops.CALL_STATIC, VOID, args, 0, allocator(size, False), first.pos)
    memory = func.make(block, ops.RESULT, P, (call,), 0, None, first.pos)
    for one in (*args, call, memory):
        one.inline = first.inline
    made: Sharing = {}
    offset = 0
    for alloc in ordered:
        at = func.make(block, ops.CONST, I64, (), offset, None, alloc.pos)
        at.inline = alloc.inline
        offset += _size(alloc, shapes)
        alloc.reset(ops.ADD_PTR, (memory, at))
        made[alloc] = [at, alloc]
    made[first] = [*args, call, memory, *made[first]]
    return made


def _size(alloc: Value, shapes: Shapes) -> int:
    assert isinstance(alloc.aux, Type)
    return shapes.sizes.sizeof(alloc.aux)


def _align(alloc: Value, shapes: Shapes) -> int:
    assert isinstance(alloc.aux, Type)
    return shapes.sizes.alignof(alloc.aux)
