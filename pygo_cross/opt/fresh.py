# SPDX-License-Identifier: BSD-3-Clause
"""New objects: what is known of them where they were just allocated, and how small ones are allocated faster.

`zeros` runs before write barriers are put in: an object of the heap comes zeroed, so zeros that are stored into it first are needless.
`sizes` runs behind them: the runtime has an allocator for each small size class, which newobject would have to find.
Facts: src/cmd/compile/internal/ssagen/ssa.go (specializedMallocSym), src/internal/runtime/gc/sizeclasses.go.
Before: v2 = CallStatic v1 {runtime.newobject}; v3 p = Result v2; Store v3 v4, where v4 is 0; after: no Store.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.addresses import SAME_OBJECT, base_of, object_of
from pygo_cross.opt.context import NEW_OBJECT, Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import I64, SIZES, B
from pygo_cross.ssa.refs import CallInfo, TextRef, TypeRef
from pygo_cross.types.types import BOOL, TYP, UINTPTR, UNSAFE_POINTER

LARGEST: Final = 80
"""Up to this size, in bytes, there are allocators of single classes."""
_TINY: Final = 16
_CLASSES: Final = (0, 8, 16, 24, 32, 48, 64, 80)
"""The sizes of the first classes."""
_ALLOCATES: Final = ((TYP[UINTPTR], TYP[UNSAFE_POINTER], TYP[BOOL]), (TYP[UNSAFE_POINTER],))
_ONLY_LOOK: Final = frozenset([ops.LOAD, ops.EQ, ops.NE])
_CALLS: Final[dict[str, CallInfo]] = {}


def allocator(size: int, pointers: bool) -> CallInfo:
    """The function that allocates objects of a size, in bytes, at most `LARGEST`: its arguments are size, type (nil will do where there are
    no pointers), and whether to have zeros.
    """
    number = next(at for at, most in enumerate(_CLASSES) if size <= most)
    name = f"SmallScanNoHeaderSC{number}"
    if not pointers:
        name = f"SmallNoScanSC{number}" if size >= _TINY else "TinySC2"
    call = _CALLS.get(name)
    if call is None:
        call = _CALLS[name] = CallInfo(TextRef("runtime.mallocgc" + name), *_ALLOCATES)
    return call


def _is_new(call: Value) -> bool:
    """Whether a value is a call that gives a new object, zeroed."""
    aux = call.aux
    return call.op == ops.CALL_STATIC and (aux is NEW_OBJECT or (isinstance(aux, CallInfo) and aux in _CALLS.values()))


def zeros(func: Func, context: Context) -> None:
    """Remove zeros that are stored into objects that are zero."""
    for block in func.blocks:
        if any(_is_new(value) for value in block.values):
            _zeros(block)


def _zeros(block: Block) -> None:
    fresh: Value | None = None
    written: set[int] = set()
    gone: set[Value] = set()
    for value in block.values:
        op = value.op
        if op == ops.RESULT and _is_new(value.args[0]):
            fresh = value
            written = set()
        elif fresh is None:
            continue
        elif op == ops.STORE:
            what = value.args[1]
            root, offset = object_of(value.args[0], value.imm)
            if base_of(what) is fresh:
                fresh = None  # others can write to it from here on
            elif root is not fresh:
                continue
            elif offset is None:
                fresh = None
            else:
                there = range(offset, offset + SIZES[what.kind])
                if what.op == ops.CONST and not what.imm and written.isdisjoint(there):
                    gone.add(value)
                else:
                    written.update(there)
        elif op in (ops.ZERO, ops.MOVE):
            root, offset = object_of(value.args[0])
            if root is fresh:
                if op == ops.ZERO and not written and offset is not None:
                    gone.add(value)
                else:
                    fresh = None
        elif ops.FLAGS[op] & (ops.CALL | ops.WRITES):
            if op != ops.SLOT_LIVE:
                fresh = None
        elif hides(value, fresh):
            fresh = None
    if gone:
        for value in gone:
            value.set_args(())
        block.values = [value for value in block.values if value not in gone]


def hides(value: Value, fresh: Value | None) -> bool:
    """Whether a value without effects is an address of an object that does not show it: a choice between addresses, a number."""
    op = value.op
    if fresh is None or op in SAME_OBJECT or op in _ONLY_LOOK:
        return False
    return any(base_of(arg) is fresh for arg in value.args)


def sizes(func: Func, context: Context) -> None:
    """Call the allocators of small objects by their size classes."""
    shapes = context.shapes
    for block in func.blocks:
        before: dict[Value, list[Value]] = {}
        for value in block.values:
            if value.op != ops.CALL_STATIC or value.aux is not NEW_OBJECT:
                continue
            descriptor = value.args[0]
            if descriptor.op != ops.ADDR or not isinstance(descriptor.aux, TypeRef):
                continue
            typ = descriptor.aux.typ
            size = shapes.sizes.sizeof(typ)
            if not 0 < size <= LARGEST:
                continue
            bytes_ = func.make(block, ops.CONST, I64, (), size, None, value.pos)
            zeroed = func.make(block, ops.CONST, B, (), 1, None, value.pos)
            bytes_.inline = zeroed.inline = value.inline
            value.reset(ops.CALL_STATIC, (bytes_, descriptor, zeroed), 0, allocator(size, shapes.has_pointers(typ)))
            before[value] = [bytes_, zeroed]
        if before:
            block.values = [one for value in block.values for one in (*before.get(value, ()), value)]
