# SPDX-License-Identifier: BSD-3-Clause
"""Maps of one group: in the frame, header and group, where nothing keeps them; else made by the runtime.

Lowering makes an Alloc of both (`lower/maps.py`). In the frame the group's control word says that all slots are empty, and the header has
a seed and the address of the group; all else is zero.

Before: v1 p = Alloc [map] {T}; after, behind the slot's zeros: Store of the seed, of the group's address, of the control word;
or v1 p = Result of runtime.makemap_small.
Facts: src/cmd/compile/internal/walk/builtin.go (walkMakeMap), src/internal/runtime/maps/{map,group}.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import I64, VOID, P
from pygo_cross.ssa.refs import CallInfo, TextRef
from pygo_cross.types.types import TYP, UINT64, UNSAFE_POINTER

HEADER: Final = 48
"""Bytes of a map's header: the group follows."""
_SEED: Final = 8
_DIRECTORY: Final = 16
_EMPTY: Final = -0x7F7F7F7F7F7F7F80  # a control byte of 0x80 for each slot
_RAND: Final = CallInfo(TextRef("runtime.rand"), (), (TYP[UINT64],))
_MAKE: Final = CallInfo(TextRef("runtime.makemap_small"), (), (TYP[UNSAFE_POINTER],))


def in_frame(func: Func, address: Value) -> list[Value]:
    """What fills a map in the frame, behind its zeros."""
    block, pos = address.block, address.pos
    new: list[Value] = []

    def make(op: int, kind: int = VOID, args: tuple[Value, ...] = (), imm: int = 0, aux: object = None) -> Value:
        value = func.make(block, op, kind, args, imm, aux, pos)
        value.inline = address.inline
        new.append(value)
        return value

    seed = make(ops.RESULT, I64, (make(ops.CALL_STATIC, VOID, (), 0, _RAND),))
    make(ops.STORE, VOID, (address, seed), _SEED)
    group = make(ops.ADD_PTR, P, (address, make(ops.CONST, I64, (), HEADER)))
    make(ops.STORE, VOID, (address, make(ops.CONST, I64, (), _EMPTY)), HEADER)
    make(ops.STORE, VOID, (address, group), _DIRECTORY)
    return new


def in_heap(func: Func, address: Value) -> list[Value]:
    """What makes a map that is kept, with the value that was its Alloc last."""
    call = func.make(address.block, ops.CALL_STATIC, VOID, (), 0, _MAKE, address.pos)
    call.inline = address.inline
    address.reset(ops.RESULT, (call,))
    return [call, address]
