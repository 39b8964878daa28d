# SPDX-License-Identifier: BSD-3-Clause
"""Values in interfaces that have to be in the heap: numbers, strings and slices get there by functions of the runtime, which have memory
for small numbers and empty strings already, and know that there are no pointers in a number.

Before: v1 p = Alloc [box] {int}; Store v1 v0; after: v1 p = Result of runtime.convT64 v0.
Facts: src/cmd/compile/internal/walk/convert.go (dataWordFuncName); src/runtime/iface.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import F32, F64, I16, I32, I64, VOID, P
from pygo_cross.ssa.refs import CallInfo, TextRef
from pygo_cross.ssa.shape import Leaf, Shapes
from pygo_cross.types.types import STRING, TYP, UINT8, UINT16, UINT32, UINT64, UNSAFE_POINTER, Slice, Type


def _function(name: str, param: Type) -> CallInfo:
    return CallInfo(TextRef("runtime." + name), (param,), (TYP[UNSAFE_POINTER],))


_FUNCTIONS: Final[dict[tuple[tuple[int, int], ...], CallInfo]] = {
    ((I16, 0),): _function("convT16", TYP[UINT16]),
    ((I32, 0),): _function("convT32", TYP[UINT32]),
    ((I64, 0),): _function("convT64", TYP[UINT64]),
    ((P, 0), (I64, 8)): _function("convTstring", TYP[STRING]),
    ((P, 0), (I64, 8), (I64, 16)): _function("convTslice", Slice(TYP[UINT8])),
}
_BITS: Final = {F32: I32, F64: I64}


def boxed(func: Func, values: list[Value], at: int, shapes: Shapes) -> list[Value] | None:
    """What to put in the place of a box, the Alloc at an index of a block's values, and of the stores that fill it; None if that is
    nothing else than of other Allocs. The stores are taken away from `values`.
    """
    box = values[at]
    typ = box.aux
    assert isinstance(typ, Type)
    leaves = shapes.leaves(typ)
    if leaves is None:
        return None
    known = _FUNCTIONS.get(tuple([(_BITS.get(leaf.kind, leaf.kind), leaf.offset) for leaf in leaves]))
    if known is None or shapes.sizes.sizeof(typ) != shapes.sizes.sizeof(known.params[0]):
        return None
    stores = _stores(values, at, leaves)
    if stores is None:
        return None
    args = [store.args[1] for store in stores]
    new: list[Value] = []
    for i, arg in enumerate(args):
        if arg.kind in _BITS:
            args[i] = func.make(box.block, ops.BITCAST, _BITS[arg.kind], (arg,), 0, None, box.pos)
            new.append(args[i])
    call = func.make(box.block, ops.CALL_STATIC, VOID, args, 0, known, box.pos)
    for one in (*new, call):
        one.inline = box.inline
    for store in stores:
        store.set_args(())
        values.remove(store)
    box.reset(ops.RESULT, (call,))
    return [*new, call, box]


def _stores(values: list[Value], at: int, leaves: tuple[Leaf, ...]) -> list[Value] | None:
    """The stores behind a box, one for each leaf in order, if what they store was there before it."""
    box = values[at]
    found: list[Value] = []
    between = {box}
    for value in values[at + 1 :]:
        if value.op == ops.STORE and value.args[0] is box and value.imm == leaves[len(found)].offset:
            if value.args[1] in between or value.args[1].kind != leaves[len(found)].kind:
                return None
            found.append(value)
            if len(found) == len(leaves):
                return found
        elif ops.FLAGS[value.op] & ops.EFFECTS:
            return None
        between.add(value)
    return None
