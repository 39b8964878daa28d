# SPDX-License-Identifier: BSD-3-Clause
"""Slices that grow in a function and leave it by a return alone: their first elements are in the frame, and moved to the heap at the end.

What append makes between is garbage at once otherwise. `found` looks at a call that makes a slice grow: all that the slice becomes (Phis,
further appends) may only be read and written, passed to who does not keep it, and returned; nobody may want its capacity, which moving
changes. `escape.py` then knows that the memory stays, and `move` puts the move before the returns.

Before: v1 p = Phi v2 v3, where v2 is the Result of runtime.growslice; Ret v1 v4 v5; after: If (Eq v1 v6) -> b1 b2, where v6 is the memory;
b1: v7 = CallStatic {runtime.moveSliceNoCapNoScan}; b2: v8 p = Phi v1 (Result v7); Ret v8 v4 v9.
Facts: src/cmd/compile/internal/slice/slice.go, src/runtime/slice.go (moveSliceNoCap).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, final

from pygo_cross.opt.addresses import in_memory
from pygo_cross.opt.callgraph import callee
from pygo_cross.opt.context import Context
from pygo_cross.opt.splice import cut
from pygo_cross.opt.summaries import WRITTEN, Row, Summary
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import I64, VOID, B, P
from pygo_cross.ssa.refs import CallInfo, TextRef
from pygo_cross.ssa.unit import FuncInfo
from pygo_cross.types.types import INT, TYP, UINTPTR, UNSAFE_POINTER, Slice

GROW: Final = "runtime.growslice"
_SAME: Final = frozenset([ops.PHI, ops.COPY, ops.NIL_CHECK])
_ONLY_LOOK: Final = frozenset([ops.LOAD, ops.ZERO, ops.EQ, ops.NE, ops.KEEP_ALIVE])
_LIMITS: Final = frozenset([ops.LT_U, ops.STORE])
_SLICE: Final = (TYP[UNSAFE_POINTER], TYP[INT], TYP[INT])
_MOVE: Final = CallInfo(TextRef("runtime.moveSliceNoCap"), (TYP[UNSAFE_POINTER], TYP[UNSAFE_POINTER], TYP[INT]), _SLICE)
_MOVE_NO_SCAN: Final = CallInfo(TextRef("runtime.moveSliceNoCapNoScan"), (TYP[UINTPTR], TYP[UNSAFE_POINTER], TYP[INT]), _SLICE)


@final
class Returns:
    """Where a slice leaves its function: `places` has the index of its pointer among a return's controls, and the pointer. `grows` is how
    many calls make it grow.
    """

    __slots__ = ("grows", "places")

    def __init__(self) -> None:
        self.places: list[tuple[int, Value]] = []
        self.grows = 0


@final
class Uses:
    """Who uses the values of a function, looked up for several slices."""

    __slots__ = ("_context", "_elements", "_func", "_known", "_slices", "_users")

    def __init__(self, func: Func, context: Context, known: Mapping[str, Summary]) -> None:
        self._func = func
        self._context = context
        self._known = known
        self._users: dict[Value, list[Value]] = {}
        for block in func.blocks:
            for value in block.values:
                for arg in value.args:
                    self._users.setdefault(arg, []).append(value)
        self._elements: set[Value] = set()
        # The indices of results that are slices' pointers.
        self._slices: set[int] = set()
        info = func.info
        at = 0
        for typ in info.results if isinstance(info, FuncInfo) else ():
            if isinstance(typ.underlying(), Slice):
                self._slices.add(at)
            leaves = context.shapes.leaves(typ)
            at += 1 if leaves is None else len(leaves)

    def returned(self, call: Value) -> Returns | None:
        """Where what a call of growslice makes is returned, if that is all that becomes of it."""
        found = Returns()
        self._elements.clear()
        pointers: set[Value] = set()
        capacities: set[Value] = set()
        calls = [call]
        for one in calls:  # grows
            found.grows += 1
            for result in self._users.get(one, ()):
                if result.op != ops.RESULT or result.imm == 1:
                    return None
                into, more = (pointers, self._pointers) if result.imm == 0 else (capacities, self._capacities)
                if not self._follow(result, into, more, calls):
                    return None
        for block in self._func.blocks:
            mine = [i for i, control in enumerate(block.controls) if control in pointers]
            if mine:
                if block.kind != ops.RET or len(mine) != 1 or mine[0] not in self._slices:
                    return None
                found.places.append((mine[0], block.controls[mine[0]]))
            for i, control in enumerate(block.controls):
                if control in self._elements or (control in capacities and [i - 2] != mine):
                    return None
        return found if found.places else None

    def shows_capacity(self, call: Value) -> bool:
        """Whether the function computes with the capacity of what a call of growslice makes, which is another one in the frame."""
        capacities = [result for result in self._users.get(call, ()) if result.imm == 2]
        return not all(self._follow(result, set(), self._only_limits, [call]) for result in capacities)

    def _follow(self, start: Value, seen: set[Value], step: Callable[[Value, Value, list[Value]], bool], grown: list[Value]) -> bool:
        """Follow a value through Phis. `step` says of any other use whether it is harmless."""
        if start in seen:
            return True
        seen.add(start)
        todo = [start]
        while todo:
            value = todo.pop()
            for user in self._users.get(value, ()):
                if user.op in _SAME:
                    if user not in seen:
                        seen.add(user)
                        todo.append(user)
                elif not step(value, user, grown):
                    return False
        return True

    def _pointers(self, value: Value, user: Value, grown: list[Value]) -> bool:
        """A use of the slice's pointer."""
        if is_growth(user) and user.args[0] is value:
            if sum(arg is value for arg in user.args) != 1:
                return False
            if user not in grown:
                grown.append(user)
            return True
        return self._element(value, user)

    def _element(self, value: Value, user: Value) -> bool:
        """A use of the address of an element."""
        op = user.op
        if op == ops.ADD_PTR or op == ops.NIL_CHECK:
            self._elements.add(user)
            return all(self._element(user, further) for further in self._users.get(user, ()))
        if op in _ONLY_LOOK or op == ops.MOVE:
            return True
        if op == ops.STORE:
            return user.args[1] is not value
        if op == ops.CALL_STATIC and isinstance(user.aux, CallInfo):
            rows = self._known.get(str(user.aux.target))
            memory = in_memory(user.aux.params, self._context.shapes)
            return (
                rows is not None
                and len(rows) >= len(user.args)
                and all(arg is not value or (not memory[i] and _only_contents(rows[i])) for i, arg in enumerate(user.args))
            )
        return False

    def _capacities(self, value: Value, user: Value, grown: list[Value]) -> bool:
        """A use of the slice's capacity: only appends may ask for it."""
        return (user.op == ops.LT_U and user.args[0] is value) or (is_growth(user) and user.args[2] is value)

    def _only_limits(self, value: Value, user: Value, grown: list[Value]) -> bool:
        """A use of the slice's capacity that a program makes without asking for it: checks, and slices that are stored or passed."""
        if user.op == ops.SLICE_BOUNDS:
            return user.args[0] is not value
        return user.op in _LIMITS or bool(ops.FLAGS.get(user.op, ops.CALL) & ops.CALL)


def is_growth(value: Value) -> bool:
    """Whether a value is the call that makes a slice grow."""
    return callee(value) == GROW


def _only_contents(row: Row) -> bool:
    """Whether nothing becomes of a pointer itself, only of what it points to."""
    return all(derefs > 0 or target == WRITTEN for target, derefs in zip(row[::2], row[1::2], strict=True))


def move(returns: Returns, memory: Value, descriptor: Value, pointers: bool, size: int) -> None:
    """Have slices that begin in `memory` moved before they are returned; their elements have a type and a size, and pointers or not."""
    func = memory.block.func
    places = 0
    for block in list(func.blocks):
        index = next((i for i, pointer in returns.places if block.kind == ops.RET and _is_place(block.controls[i], pointer)), -1)
        if index < 0:
            continue
        places += 1
        pointer, length, capacity = block.controls[index : index + 3]
        pos = block.pos
        after = cut(func, block, len(block.values))
        moving = func.new_block(pos)
        block.kind, block.likely = ops.IF, -1
        block.set_controls((func.append(block, ops.EQ, B, (pointer, memory), 0, None, pos),))
        block.add_edge(moving)
        block.add_edge(after)
        if pointers:
            typ = func.append(moving, ops.ADDR, P, (), 0, descriptor.aux, pos)
        else:
            typ = func.append(moving, ops.CONST, I64, (), size, None, pos)
        call = func.append(moving, ops.CALL_STATIC, VOID, (typ, pointer, length), 0, _MOVE if pointers else _MOVE_NO_SCAN, pos)
        moved = func.append(moving, ops.RESULT, P, (call,), 0, None, pos)
        room = func.append(moving, ops.RESULT, I64, (call,), 2, ops.LENGTH, pos)
        moving.add_edge(after)
        controls = list(after.controls)
        controls[index] = func.append(after, ops.PHI, P, (pointer, moved), 0, None, pos)
        controls[index + 2] = func.append(after, ops.PHI, I64, (capacity, room), 0, None, pos)
        after.set_controls(controls)
    if places != len(returns.places):
        raise func.bug("escape", "a slice in the frame is returned where it was not found again", memory)


def _is_place(control: Value, pointer: Value) -> bool:
    """Whether what is returned is a slice's pointer, or what is left of it where a slice that began in other memory has been moved."""
    while control is not pointer:
        moved = control.args[1] if control.op == ops.PHI and len(control.args) == 2 else control
        if moved.op != ops.RESULT or moved.args[0].aux not in (_MOVE, _MOVE_NO_SCAN):
            return False
        control = control.args[0]
    return True
