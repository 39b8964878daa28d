# SPDX-License-Identifier: BSD-3-Clause
"""Puts write barriers before stores of pointers into memory that the collector may be looking at while the program runs.

A store needs none if it goes to the frame, or if neither what it writes nor what it overwrites can be an object of the heap: nil and
addresses of static data on one side, memory that was allocated just before on the other. One WriteBarrier serves the stores that follow it
in a row: nothing between it and the last of them may be a call, or become one (`ops.ASKED`), and its addresses and values are all there
already. Moves and clearings of memory with pointers become stores, and moves of what is between these, where they are small, else calls of
the runtime.

The conditions are those of src/cmd/compile/internal/ssa/writebarrier.go. This pass is the last that may move stores.
Before: Store v1 v2 [8]; after: WriteBarrier v1 v2 {(8,)}; Store v1 v2 [8].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pygo_cross.diag import UserError
from pygo_cross.opt.addresses import base_of, object_of
from pygo_cross.opt.callgraph import callee
from pygo_cross.opt.context import TYPED_CLEAR, TYPED_MOVE, Context
from pygo_cross.opt.fresh import hides
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import I64, SIZES, VOID, P
from pygo_cross.ssa.refs import TypeRef
from pygo_cross.ssa.shape import Leaf
from pygo_cross.ssa.unit import NO_WRITE_BARRIER, FuncInfo
from pygo_cross.types.types import TYP, UINT8, Array, Type

MOST: Final = 4
"""Stores that one WriteBarrier serves: two entries each of the eight that the runtime gives at once (src/runtime/mwbbuf.go)."""

_WORD: Final = 8
_INLINE: Final = 128
"""Up to this size, in bytes, moves and clearings are not left to the runtime."""
_WRITES: Final = frozenset([ops.STORE, ops.ZERO, ops.MOVE])


def barriers(func: Func, context: Context) -> None:
    """Write barriers where they are needed."""
    _Barriers(func, context).run()


class _Barriers:
    __slots__ = ("context", "forbidden", "fresh", "func", "written")

    def __init__(self, func: Func, context: Context) -> None:
        self.func = func
        self.context = context
        self.forbidden = isinstance(func.info, FuncInfo) and bool(func.info.flags & NO_WRITE_BARRIER)
        # The object that the last call allocated, and the offsets of it that were written since.
        self.fresh: Value | None = None
        self.written: set[int] = set()

    def run(self) -> None:
        for block in self.func.blocks:
            if any(value.op in (ops.STORE, ops.MOVE, ops.ZERO) for value in block.values):
                self.block(block)

    def block(self, block: Block) -> None:
        self.fresh = None
        new: list[Value] = []
        place: dict[Value, int] = {}  # where values of this block stand
        group: Value | None = None
        at = 0  # where the group stands
        for value in block.values:
            op = value.op
            for made in self.plain(value):
                if made.op == ops.STORE and self.needs(made):
                    address, offset = made.args[0], made.imm
                    if group is not None and len(group.args) < 2 * MOST and self.ready(made.args, block, place, at):
                        assert isinstance(group.aux, tuple)
                        group.add_arg(address)
                        group.add_arg(made.args[1])
                        group.aux = (*group.aux, offset)
                    else:
                        group = self.func.make(block, ops.WRITE_BARRIER, VOID, made.args, 0, (offset,), made.pos)
                        group.inline = made.inline
                        at = len(new)
                        new.append(group)
                elif made.op in ops.ASKED or (
                    not ops.FLAGS.get(made.op, ops.EFFECTS) & ops.PURE and made.op not in (ops.STORE, ops.SLOT_LIVE)
                ):
                    group = None
                if made.op == ops.STORE:
                    self.store(made)
                place[made] = len(new)
                new.append(made)
            if op == ops.RESULT:
                if callee(value.args[0]) == "runtime.newobject":
                    self.fresh = value
                    self.written = set()
            elif ops.FLAGS.get(op, ops.CALL) & ops.CALL or (op not in _WRITES and hides(value, self.fresh)):
                self.fresh = None
        block.values = new

    def ready(self, values: list[Value], block: Block, place: dict[Value, int], at: int) -> bool:
        """Whether values are there where the group stands."""
        return all(value.block is not block or place[value] < at for value in values)

    # ---- what needs one

    def needs(self, store: Value) -> bool:
        """Whether a store needs a barrier."""
        address, value = store.args
        if value.kind != P or store.aux is not None:
            return False
        root, offset = object_of(address, store.imm)
        if root.op in (ops.SLOT_ADDR, ops.ALLOC):
            return False
        if root is self.fresh and offset is not None and offset not in self.written and _never_heap(value):
            return False
        if self.forbidden:
            raise self.error(store)
        return True

    def store(self, store: Value) -> None:
        """What is known of the fresh object behind a store. Until its address is stored, no other address leads to it."""
        if self.fresh is None:
            return
        root, offset = object_of(store.args[0], store.imm)
        if store.args[1].kind == P and base_of(store.args[1]) is self.fresh:
            self.fresh = None
        elif root is self.fresh:
            if offset is None:
                self.fresh = None
            else:
                self.written.add(offset // _WORD * _WORD)

    def error(self, value: Value) -> UserError:
        pos = self.context.position(value.pos)
        return UserError.one("write-barrier", f"write barrier prohibited in {self.func.symbol}", "", pos)

    # ---- moves and clearings

    def plain(self, value: Value) -> list[Value]:
        """What takes the place of a value: of a Move or Zero with pointers into memory of the heap, stores or a call."""
        if value.op not in (ops.MOVE, ops.ZERO):
            return [value]
        typ = value.aux
        shapes = self.context.shapes
        if not isinstance(typ, Type) or not shapes.has_pointers(typ):
            return [value]
        root = base_of(value.args[0])
        if root.op in (ops.SLOT_ADDR, ops.ALLOC):
            return [value]
        if root is self.fresh and value.op == ops.ZERO and not self.written:
            return [value]
        if self.forbidden:
            raise self.error(value)
        size = shapes.sizes.sizeof(typ)
        leaves = shapes.leaves(typ)
        if size == value.imm and size <= _INLINE and leaves is not None and _is_simple(leaves):
            return self.stores(value, leaves)
        return self.call(value, typ, size)

    def stores(self, value: Value, leaves: tuple[Leaf, ...]) -> list[Value]:
        """A small Move or Zero as what it is made of. Pointers come first, so that one barrier serves all; what is between them is moved
        as it is where it is many bytes.
        """
        made: list[Value] = []
        pointers = leaves if len(leaves) <= MOST else [leaf for leaf in leaves if leaf.kind == P]
        self.parts(value, pointers, made)
        if len(leaves) > MOST:
            run: list[Leaf] = []
            for leaf in (*leaves, None):
                if leaf is not None and leaf.kind != P:
                    run.append(leaf)
                    continue
                self.between(value, run, made)
                run = []
        for one in made:
            one.inline = value.inline
        value.set_args(())
        return made

    def parts(self, value: Value, leaves: Sequence[Leaf], made: list[Value]) -> None:
        """Loads and stores of scalars."""
        func, block, to = self.func, value.block, value.args[0]
        parts: list[Value] = []
        for leaf in leaves:
            if value.op == ops.ZERO:
                part = func.make(block, ops.CONST, leaf.kind, (), 0, None, value.pos)
            else:
                part = func.make(block, ops.LOAD, leaf.kind, (value.args[1],), leaf.offset, None, value.pos)
            parts.append(part)
        made += parts
        for leaf, part in zip(leaves, parts, strict=True):
            made.append(func.make(block, ops.STORE, VOID, (to, part), leaf.offset, leaf.stored, value.pos))

    def between(self, value: Value, leaves: list[Leaf], made: list[Value]) -> None:
        """Scalars without pointers that lie side by side."""
        if len(leaves) < 2 or (size := leaves[-1].offset + SIZES[leaves[-1].kind] - leaves[0].offset) < 2 * _WORD:
            self.parts(value, leaves, made)
            return
        func, block = self.func, value.block
        places: list[Value] = []
        offset = func.make(block, ops.CONST, I64, (), leaves[0].offset, None, value.pos)
        for base in value.args:
            places.append(func.make(block, ops.ADD_PTR, P, (base, offset), 0, None, value.pos))
        made += (offset, *places, func.make(block, value.op, VOID, places, size, Array(TYP[UINT8], size), value.pos))

    def call(self, value: Value, typ: Type, size: int) -> list[Value]:
        """A Move or Zero by the runtime; of several elements of a type (its size is smaller), one after another."""
        func, block = self.func, value.block
        if size != value.imm:
            raise func.bug("barriers", f"{value.imm} bytes of a type of {size}", value)
        descriptor = func.make(block, ops.ADDR, P, (), 0, TypeRef(typ), value.pos)
        descriptor.inline = value.inline
        info = TYPED_CLEAR if value.op == ops.ZERO else TYPED_MOVE
        value.reset(ops.CALL_STATIC, (descriptor, *value.args), 0, info)
        self.fresh = None
        return [descriptor, value]


def _never_heap(value: Value) -> bool:
    """Whether a pointer is never one into the heap: nil, and addresses of symbols."""
    value = base_of(value)
    return value.op == ops.ADDR or (value.op == ops.CONST and value.imm == 0)


def _is_simple(leaves: tuple[Leaf, ...]) -> bool:
    """Whether scalars have places of their own, and one barrier serves their pointers."""
    return len({leaf.offset for leaf in leaves}) == len(leaves) and sum(leaf.kind == P for leaf in leaves) <= MOST
