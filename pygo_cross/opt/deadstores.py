# SPDX-License-Identifier: BSD-3-Clause
"""Takes away stores that nobody can see: what they write is written again before anything reads it, or is never read.

Blocks are walked from their end, those that others lead to first: what is known is which bytes behind a base address will be written
before they are read. Ways that part know what all of them know; of a way back to the head of a loop nothing is known.

Whatever may panic or calls shows memory to others. A variable whose address has not got away is seen by nobody but this function, also not
when the function has ended; but the collector may look at it then, so stores of pointers have to be there even if they are overwritten
later. Hence two sets: `near`, what is written before the next such place, and `far`, which goes on over them for variables of our own.

Before: Store v1 v2 [8]; Store v1 v3 [8]; after: the second alone.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.addresses import variables
from pygo_cross.opt.context import Context
from pygo_cross.opt.loads import apart, place_of
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import postorder
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import SIZES, P

_WRITES: Final = frozenset([ops.STORE, ops.ZERO, ops.MOVE])
_SEES_NOTHING: Final = frozenset([ops.SLOT_LIVE, ops.PREFETCH])
_MOST: Final = 64
"""Ranges that are remembered at once."""
_ALL: Final = (-(1 << 62), 1 << 62)

Ranges = dict[Value, list[tuple[int, int]]]
"""For base addresses, where bytes begin and end that will be written: ranges do not touch."""


def deadstores(func: Func, context: Context) -> None:
    """Remove stores that are overwritten, and those into variables that are not read any more."""
    if not any(value.op in _WRITES for block in func.blocks for value in block.values):
        return
    private = {one.alloc for one in variables(func, context.shapes) if not one.leaks and not one.inspected}
    before: dict[Block, tuple[Ranges, Ranges]] = {}
    for block in postorder(func):
        ways = [before.get(succ, ({}, {})) for succ in block.succs]
        if ways:
            near, far = (_common([way[i] for way in ways]) for i in (0, 1))
        else:
            near, far = {}, {base: [_ALL] for base in private}
        _block(block, near, far, private)
        before[block] = (near, far)


def _common(ways: list[Ranges]) -> Ranges:
    """What holds on all ways."""
    first = ways[0]
    if len(ways) == 1:
        return {base: list(ranges) for base, ranges in first.items()}
    found: Ranges = {}
    for base, ranges in first.items():
        for other in ways[1:]:
            ranges = [
                (max(low, start), min(high, end))
                for low, high in ranges
                for start, end in other.get(base, ())
                if max(low, start) < min(high, end)
            ]
        if ranges:
            found[base] = ranges
    return found


def _block(block: Block, near: Ranges, far: Ranges, private: set[Value]) -> None:
    gone: set[Value] = set()
    for value in reversed(block.values):
        op = value.op
        if op == ops.STORE:
            base, offset = place_of(value.args[0], value.imm)
            stored = value.args[1].kind
            if not _write(base, offset, SIZES[stored], near if stored == P else far, near, far):
                gone.add(value)
        elif op == ops.ZERO:
            base, offset = place_of(value.args[0], 0)
            if not _write(base, offset, value.imm, near, near, far):
                gone.add(value)
        elif op == ops.MOVE:
            base, offset = place_of(value.args[0], 0)
            if not _write(base, offset, value.imm, near, near, far):
                gone.add(value)
            else:
                base, offset = place_of(value.args[1], 0)
                _read(near, base, offset, value.imm)
                _read(far, base, offset, value.imm)
        elif op == ops.LOAD:
            base, offset = place_of(value.args[0], value.imm)
            _read(near, base, offset, SIZES[value.kind])
            _read(far, base, offset, SIZES[value.kind])
        elif op == ops.ALLOC:
            near.pop(value, None)
            far.pop(value, None)
        elif op not in _SEES_NOTHING and ops.FLAGS.get(op, ops.EFFECTS) & ops.EFFECTS:
            near.clear()
            for base in [base for base in far if base not in private]:
                del far[base]
    if gone:
        for value in gone:
            value.set_args(())
        block.values = [value for value in block.values if value not in gone]


def _write(base: Value, offset: int, size: int, known: Ranges, near: Ranges, far: Ranges) -> bool:
    """Take down what a value writes; False if that will be written again in any case."""
    if size == 0:
        return True
    if any(low <= offset and offset + size <= high for low, high in known.get(base, ())):
        return False
    _add(near, base, offset, offset + size)
    _add(far, base, offset, offset + size)
    return True


def _add(ranges: Ranges, base: Value, low: int, high: int) -> None:
    """A range more: those that it touches become one with it."""
    kept = []
    for start, end in ranges.get(base, ()):
        if end < low or high < start:
            kept.append((start, end))
        else:
            low, high = min(low, start), max(high, end)
    kept.append((low, high))
    if len(ranges) < _MOST and len(kept) <= _MOST:
        ranges[base] = kept


def _read(ranges: Ranges, base: Value, low: int, size: int) -> None:
    """Forget what a read may see."""
    high = low + size
    for other in list(ranges):
        if other is base:
            kept = []
            for start, end in ranges[base]:
                if start < min(end, low):
                    kept.append((start, min(end, low)))
                if max(start, high) < end:
                    kept.append((max(start, high), end))
            ranges[base] = kept
        elif not apart(base, other):
            del ranges[other]
