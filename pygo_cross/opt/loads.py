# SPDX-License-Identifier: BSD-3-Clause
"""Takes away loads of what is known to be in memory: stored there before, or loaded already.

What memory is known to have goes from a block to those that only it leads to; where ways meet, nothing is known. A store makes forgotten
what may lie at the same place: of one base address what overlaps, and all of another base unless both are objects of their own
(variables of the function, package-level variables). A call may change everything but variables whose address has not got away.
Stores of what memory already has go too.

Before: Store v1 v2 [8]; v3 = Load v1 [8]; v4 = Load v1 [8]; after: v2 stands for v3 and v4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pygo_cross.opt.addresses import variables
from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import replace
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import SIZES

_SAME_OBJECT: Final = frozenset([ops.NIL_CHECK, ops.COPY])
_NOTHING_CHANGES: Final = frozenset([ops.NIL_CHECK, ops.BOUNDS, ops.SLICE_BOUNDS, ops.SLOT_LIVE, ops.KEEP_ALIVE, ops.ALLOC, ops.PREFETCH])
_MOST: Final = 64
"""Places that are remembered at once: what stands in a long row of stores is looked through for each."""

_NOTHING: Final[Mapping[Value, Value]] = {}

Place = tuple[Value, int, int]
"""A base address, an offset and the kind of what lies there."""


def loads(func: Func, context: Context) -> None:
    """Values in place of loads."""
    counted = sum(value.op in (ops.LOAD, ops.STORE) for block in func.blocks for value in block.values)
    if counted < 2:
        return
    private = {one.alloc for one in variables(func, context.shapes) if not one.leaks}
    dominators = Dominators(func)
    at_end: dict[Block, dict[Place, Value]] = {}
    replaced: dict[Value, Value] = {}
    for block in dominators.order:
        only = block.preds[0] if len(block.preds) == 1 else None
        known = dict(at_end[only]) if only is not None and only in at_end and not _recovers(only, block) else {}
        _block(block, known, private, replaced)
        at_end[block] = known
    if replaced:
        replace(func, replaced)


def _recovers(before: Block, block: Block) -> bool:
    """Whether a block is where a deferred call's recovery leads: much has happened since the block before it."""
    return before.kind == ops.DEFER_RETURN and block is before.succs[1]


def _block(block: Block, known: dict[Place, Value], private: set[Value], replaced: dict[Value, Value]) -> None:
    needless: set[Value] = set()
    for value in block.values:
        op = value.op
        if op == ops.LOAD:
            base, offset = place_of(value.args[0], value.imm, replaced)
            place = (base, offset, value.kind)
            found = known.get(place)
            if found is not None:
                replaced[value] = found
            else:
                known[place] = value
        elif op == ops.STORE:
            base, offset = place_of(value.args[0], value.imm, replaced)
            stored = replaced.get(value.args[1], value.args[1])
            place = (base, offset, stored.kind)
            if known.get(place) is stored:
                needless.add(value)
                continue
            _forget(known, base, offset, SIZES[stored.kind])
            known[place] = stored
        elif op == ops.ZERO or op == ops.MOVE:
            base, offset = place_of(value.args[0], 0, replaced)
            _forget(known, base, offset, value.imm)
        elif op not in _NOTHING_CHANGES and ops.FLAGS.get(op, ops.CALL) & (ops.WRITES | ops.CALL):
            for place in [place for place in known if place[0] not in private]:
                del known[place]
        if len(known) > _MOST:
            del known[next(iter(known))]
    if needless:
        for value in needless:
            value.set_args(())
        block.values = [value for value in block.values if value not in needless]


def place_of(address: Value, offset: int, replaced: Mapping[Value, Value] = _NOTHING) -> tuple[Value, int]:
    """The base of an address, and the offset from it."""
    while True:
        address = replaced.get(address, address)
        if address.op in _SAME_OBJECT:
            address = address.args[0]
        elif address.op == ops.ADD_PTR and address.args[1].is_const:
            offset += address.args[1].imm
            address = address.args[0]
        else:
            return address, offset


def _forget(known: dict[Place, Value], base: Value, offset: int, size: int) -> None:
    """Forget what a store of so many bytes may change."""
    gone = []
    for place in known:
        other, at, kind = place
        if other is base:
            if at < offset + size and offset < at + SIZES[kind]:
                gone.append(place)
        elif not apart(base, other):
            gone.append(place)
    for place in gone:
        del known[place]


def apart(base: Value, other: Value) -> bool:
    """Whether two base addresses are certainly of different objects."""
    if base.op == ops.ALLOC:
        return other.op in (ops.ALLOC, ops.ADDR, ops.SLOT_ADDR, ops.PARAM)
    if other.op == ops.ALLOC:
        return base.op in (ops.ADDR, ops.SLOT_ADDR, ops.PARAM)
    if base.op == ops.ADDR and other.op == ops.ADDR:
        return base.aux != other.aux
    return False
