# SPDX-License-Identifier: BSD-3-Clause
"""Puts loads and stores of neighbouring bytes together: what encoding/binary writes byte by byte is one instruction.

- An Or of loads that are shifted to places of their own, of addresses that follow each other, is one wide load, with its bytes swapped if
  the first is the highest.
- Stores in a row, of what is shifted out of one value, to addresses that follow each other, are one wide store.

Nothing that writes may stand between the first and the last of them, and between stores nothing that may fault either: the wide
operation takes the place of the last. Both architectures load and store at any address.
Before: Or (ZeroExt (Load v1)) (Shl (ZeroExt (Load v1 [1])) 8), of 16 bits; after: Load v1, of 16 bits.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.fold import signed
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import BITS, I8, I16, I32, I64, SIZES, VOID, is_int

_KINDS: Final = {1: I8, 2: I16, 4: I32, 8: I64}
_SAME_VALUE: Final = frozenset([ops.COPY, ops.NIL_CHECK, ops.BOUNDS, ops.SLICE_BOUNDS])

Place = tuple[Value, "Value | None", int]
"""An address: a base, an index that is added to it, and a constant."""


def memcombine(func: Func) -> None:
    """Wide loads and stores."""
    for block in func.blocks:
        narrow = sum(value.op == ops.LOAD and value.kind < I64 for value in block.values)
        if narrow >= 2:
            _loads(func, block)
        narrow = sum(value.op == ops.STORE and value.args[1].kind < I64 for value in block.values)
        if narrow >= 2:
            _stores(func, block)


def _place(address: Value, offset: int) -> Place:
    """An address taken apart."""
    index: Value | None = None
    while True:
        if address.op in _SAME_VALUE:
            address = address.args[0]
        elif address.op == ops.ADD_PTR:
            step = address.args[1]
            if step.is_const:
                offset += step.imm
            elif index is None:
                index, more = _index(step)
                offset += more
            else:
                return address, index, offset
            address = address.args[0]
        else:
            return address, index, offset


def _index(value: Value) -> tuple[Value, int]:
    offset = 0
    while True:
        if value.op in _SAME_VALUE:
            value = value.args[0]
        elif value.op == ops.ADD and value.args[1].is_const:
            offset += value.args[1].imm
            value = value.args[0]
        else:
            return value, offset


# ---- loads


def _loads(func: Func, block: Block) -> None:
    inner = {arg for value in block.values if value.op == ops.OR for arg in value.args if arg.op == ops.OR and arg.uses == 1}
    position = {value: i for i, value in enumerate(block.values)}
    made: dict[Value, list[Value]] = {}
    for root in list(block.values):
        if root.op == ops.OR and root not in inner and is_int(root.kind):
            _load(func, block, root, position, made)
    if made:
        values: list[Value] = []
        for value in block.values:
            values.append(value)
            values += made.get(value, ())
        block.values = values


def _load(func: Func, block: Block, root: Value, position: dict[Value, int], made: dict[Value, list[Value]]) -> None:
    leaves = _leaves(root)
    if leaves is None or len(leaves) not in (2, 4, 8):
        return
    parts: list[tuple[int, int, Value]] = []  # offset, shift, load
    base: tuple[Value, Value | None] | None = None
    for leaf in leaves:
        shift = 0
        if leaf.op == ops.SHL and leaf.args[1].is_const and leaf.uses == 1:
            shift = leaf.args[1].imm
            leaf = leaf.args[0]
        if leaf.op == ops.ZERO_EXT and leaf.uses == 1:
            leaf = leaf.args[0]
        else:
            return
        if leaf.op != ops.LOAD or leaf.uses != 1 or leaf.block is not block or leaf not in position or not is_int(leaf.kind):
            return
        address, index, offset = _place(leaf.args[0], leaf.imm)
        if base is None:
            base = (address, index)
        elif base != (address, index):
            return
        parts.append((offset, shift, leaf))
    width = SIZES[parts[0][2].kind]
    total = width * len(parts)
    if any(SIZES[load.kind] != width for _, _, load in parts) or total > SIZES[root.kind]:
        return
    parts.sort(key=lambda part: part[0])
    first = parts[0][0]
    if any(offset != first + i * width for i, (offset, _, _) in enumerate(parts)):
        return
    shifts = [shift for _, shift, _ in parts]
    up = [8 * width * i for i in range(len(parts))]
    if shifts != up and not (shifts == up[::-1] and width == 1):
        return
    loads = sorted((load for _, _, load in parts), key=lambda load: position[load])
    low, high = position[loads[0]], position[loads[-1]]
    if any(ops.FLAGS.get(value.op, ops.CALL) & (ops.WRITES | ops.CALL) for value in block.values[low:high]):
        return
    lowest = parts[0][2]
    kind = _KINDS[total]
    wide = func.make(block, ops.LOAD, kind, (lowest.args[0],), lowest.imm, None, root.pos)
    new = [wide]
    if shifts != up:
        new.append(func.make(block, ops.BSWAP, kind, (new[-1],), 0, None, root.pos))
    if kind != root.kind:
        new.append(func.make(block, ops.ZERO_EXT, root.kind, (new[-1],), 0, None, root.pos))
    made.setdefault(loads[-1], []).extend(new)
    if position[root] < high:
        raise func.bug("memcombine", "a value stands before what it uses", root)
    root.become(new[-1])


def _leaves(root: Value) -> list[Value] | None:
    """What is put together by Or; None if it is too much."""
    found: list[Value] = []
    stack = [root]
    while stack:
        value = stack.pop()
        if value.op == ops.OR and (value is root or value.uses == 1):
            stack += value.args
        else:
            found.append(value)
            if len(found) > 8:
                return None
    return found


# ---- stores


def _stores(func: Func, block: Block) -> None:
    made: dict[Value, list[Value]] = {}
    gone: set[Value] = set()
    row: list[Value] = []
    for value in block.values:
        if value.op == ops.STORE:
            row.append(value)
        elif ops.FLAGS.get(value.op, ops.CALL) & ops.EFFECTS:
            _row(func, block, row, made, gone)
            row = []
    _row(func, block, row, made, gone)
    if made:
        values: list[Value] = []
        for value in block.values:
            values += made.get(value, ())
            if value not in gone:
                values.append(value)
        block.values = values


def _row(func: Func, block: Block, row: list[Value], made: dict[Value, list[Value]], gone: set[Value]) -> None:
    """Put together what can be of stores with nothing between them; the widest first."""
    at = 0
    while at < len(row) - 1:
        for count in (8, 4, 2):
            some = row[at : at + count]
            wide = _store(func, block, some) if len(some) == count else None
            if wide is not None:
                made[some[-1]] = wide
                gone.update(some)
                for one in some:
                    one.set_args(())
                at += count
                break
        else:
            at += 1


def _store(func: Func, block: Block, row: list[Value]) -> list[Value] | None:
    """The wide store in place of some, with what it needs."""
    width = SIZES[row[0].args[1].kind]
    total = width * len(row)
    if total > 8 or not is_int(row[0].args[1].kind) or any(SIZES[one.args[1].kind] != width for one in row):
        return None
    parts = []
    base: tuple[Value, Value | None] | None = None
    for one in row:
        address, index, offset = _place(one.args[0], one.imm)
        if base is None:
            base = (address, index)
        elif base != (address, index):
            return None
        parts.append((offset, one))
    parts.sort(key=lambda part: part[0])
    first = parts[0][0]
    if any(offset != first + i * width for i, (offset, _) in enumerate(parts)):
        return None
    kind = _KINDS[total]
    values = [one.args[1] for _, one in parts]
    before: list[Value] = []
    if all(value.is_const for value in values):
        bits = sum((value.imm & ((1 << 8 * width) - 1)) << (8 * width * i) for i, value in enumerate(values))
        wide = func.make(block, ops.CONST, kind, (), signed(bits, kind), None, row[-1].pos)
        before.append(wide)
    else:
        shifted = [_shifted(value) for value in values]
        source = min((one for one, _ in shifted), key=lambda one: SIZES[one.kind])
        shifts = [shift for _, shift in shifted]
        if any(_whole(one) is not _whole(source) for one, _ in shifted) or SIZES[source.kind] < total:
            return None
        up = [8 * width * i for i in range(len(row))]
        if shifts != up and not (shifts == up[::-1] and width == 1):
            return None
        wide = source
        if source.kind != kind:
            wide = func.make(block, ops.TRUNC, kind, (source,), 0, None, row[-1].pos)
            before.append(wide)
        if shifts != up:
            wide = func.make(block, ops.BSWAP, kind, (wide,), 0, None, row[-1].pos)
            before.append(wide)
    lowest = parts[0][1]
    return [*before, func.make(block, ops.STORE, VOID, (lowest.args[0], wide), lowest.imm, None, row[-1].pos)]


def _whole(value: Value) -> Value:
    """What a value is the lowest part of."""
    while value.op == ops.TRUNC:
        value = value.args[0]
    return value


def _shifted(value: Value) -> tuple[Value, int]:
    """What a value is the lowest part of, and how far that is shifted down."""
    value = _whole(value)
    shift = 0
    if value.op in (ops.SHR_U, ops.SHR_S) and value.args[1].is_const and 0 <= value.args[1].imm < BITS[value.kind]:
        shift = value.args[1].imm
        value = value.args[0]
    return value, shift
