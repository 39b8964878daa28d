# SPDX-License-Identifier: BSD-3-Clause
"""What is done with the addresses of a function's variables: accesses at which offsets, and whether an address gets away.

An address is followed through AddPtr, NilCheck and Copy; whatever else takes it may do anything with it, but for what only looks at the
memory at once: loads, stores, moves, comparisons, and calls and returns that pass a value that is in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import postorder
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import FuncInfo
from pygo_cross.types.types import Type

# What makes an address of another one into the same object.
SAME_OBJECT: Final = frozenset([ops.ADD_PTR, ops.NIL_CHECK, ops.COPY])
_ONLY_LOOK: Final = frozenset([ops.EQ, ops.NE, ops.KEEP_ALIVE, ops.PREFETCH])
_CALLS: Final = frozenset([ops.CALL_STATIC, ops.CALL_CLOSURE, ops.CALL_POINTER, ops.PANIC])


@final
class Variable:
    """An Alloc: `accesses` are loads, stores, clearings and moves of it, each with the offset of the address that it takes (None: not
    known). `leaks` says that its address goes where it can't be followed; `inspected`, that something besides accesses looks at the
    address or at the whole. `chain` are the addresses that are made of it.
    """

    __slots__ = ("accesses", "alloc", "chain", "inspected", "leaks")

    def __init__(self, alloc: Value) -> None:
        self.alloc = alloc
        self.accesses: list[tuple[Value, int | None]] = []
        self.chain: list[Value] = []
        self.leaks = False
        self.inspected = False


def base_of(address: Value) -> Value:
    """The address that one into the same object is computed from."""
    while address.op in SAME_OBJECT:
        address = address.args[0]
    return address


def object_of(address: Value, offset: int = 0) -> tuple[Value, int | None]:
    """`base_of`, and how far behind it an offset from an address is; None if that is not known."""
    known: int | None = offset
    while address.op in SAME_OBJECT:
        if address.op == ops.ADD_PTR:
            step = address.args[1]
            known = known + step.imm if known is not None and step.op == ops.CONST else None
        address = address.args[0]
    return address, known


def in_memory(types: Sequence[Type], shapes: Shapes) -> list[bool]:
    """For each scalar of a signature's values, whether it is the address of memory that has the value."""
    found: list[bool] = []
    for typ in types:
        leaves = shapes.leaves(typ)
        if leaves is None:
            found.append(True)
        else:
            found += [False] * len(leaves)
    return found


def variables(func: Func, shapes: Shapes) -> list[Variable]:
    """All Allocs of a function that can be reached, in the order of their blocks."""
    made: list[Variable] = []
    roots: dict[Value, tuple[Variable, int | None]] = {}
    order = postorder(func)
    order.reverse()
    for block in order:
        for value in block.values:
            if value.op == ops.ALLOC:
                one = Variable(value)
                made.append(one)
                roots[value] = (one, 0)
            elif value.op in SAME_OBJECT:
                root = roots.get(value.args[0])
                if root is not None:
                    one, offset = root
                    if value.op == ops.ADD_PTR:
                        step = value.args[1]
                        offset = offset + step.imm if offset is not None and step.op == ops.CONST else None
                    one.chain.append(value)
                    roots[value] = (one, offset)
    if not made:
        return made
    results = in_memory(func.info.results, shapes) if isinstance(func.info, FuncInfo) else [False] * len(func.results)
    for block in order:
        for value in block.values:
            if value.args:
                _value(value, roots, shapes)
        for i, control in enumerate(block.controls):
            root = roots.get(control)
            if root is not None:
                root[0].inspected = True
                if block.kind != ops.RET or not results[i]:
                    root[0].leaks = True
    return made


def _value(value: Value, roots: dict[Value, tuple[Variable, int | None]], shapes: Shapes) -> None:
    op = value.op
    for i, arg in enumerate(value.args):
        root = roots.get(arg)
        if root is None:
            continue
        one, offset = root
        if op == ops.LOAD or op == ops.ZERO or op == ops.MOVE or (op == ops.STORE and i == 0):
            if one.accesses and one.accesses[-1][0] is value:
                one.inspected = True  # a move from the variable to itself
            one.accesses.append((value, offset))
        elif value in roots and i == 0 and roots[value][0] is one:
            pass  # an address made of it
        elif op in _ONLY_LOOK:
            one.inspected = True
        elif op in _CALLS and isinstance(value.aux, CallInfo):
            one.inspected = True
            head = 0 if op in (ops.CALL_STATIC, ops.PANIC) else 1
            memory = in_memory(value.aux.params, shapes)
            if i < head or not memory[i - head]:
                one.leaks = True
        else:
            one.leaks = True
