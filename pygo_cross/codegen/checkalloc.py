# SPDX-License-Identifier: BSD-3-Clause
"""Proof that an allocation is right, for one function: wherever a value is used, its place has that value, on every way.

What a function was before allocation is kept (`Before`). Then, forward over the allocated function until nothing changes, each register
and each slot is followed: which values of the function before it surely has. A Copy, a Spill or a Reload hands them on, a clone has the
values that are computed like it, at an edge what a Phi takes becomes the Phi. What an operation takes must be there, in a register
that its row allows. Nothing of the allocator's own is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.rows import Row, Rows, single
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import postorder
from pygo_cross.ssa.func import Block, Func, Value

_SLOTS: Final = 64  # places from here on are slots
_State = dict[int, int]  # place -> set of the values that it has


@final
class Before:
    """What has to be remembered of a function that is going to be allocated."""

    __slots__ = ("args", "clones", "controls", "phis", "rows")

    def __init__(self, func: Func, rows: Rows) -> None:
        self.rows = rows
        self.args: dict[int, list[int]] = {}
        self.controls: dict[Block, list[int]] = {}
        self.phis: dict[Block, list[tuple[Value, list[int]]]] = {}
        self.clones: dict[tuple[int, int, int, int], int] = {}
        remat = self.rows.remat(func)
        for block in func.blocks:
            self.controls[block] = [value.id for value in block.controls]
            self.phis[block] = [(value, [arg.id for arg in value.args]) for value in block.values if value.op == ops.PHI]
            for value in block.values:
                self.args[value.id] = [arg.id for arg in value.args]
                if remat[value.id]:
                    key = _like(value)
                    self.clones[key] = self.clones.get(key, 0) | 1 << value.id


def _like(value: Value) -> tuple[int, int, int, int]:
    return value.op, value.kind, value.imm, id(value.aux)


def check(before: Before, func: Func, allocation: Allocation, params: Sequence[int]) -> None:
    """Raise InternalError where an allocation is wrong."""
    _Checker(before, func, allocation, params).run()


@final
class _Checker:
    __slots__ = ("_allocation", "_before", "_func", "_params", "_rows")

    def __init__(self, before: Before, func: Func, allocation: Allocation, params: Sequence[int]) -> None:
        self._before = before
        self._rows = before.rows
        self._func = func
        self._allocation = allocation
        self._params = params

    def run(self) -> None:
        """Follow the contents of places, then look at every use."""
        order = postorder(self._func)[::-1]
        ends: dict[Block, _State] = {}
        again = True
        while again:
            again = False
            for block in order:
                state = self._start(block, ends)
                self._through(block, state, False)
                if ends.get(block) != state:
                    ends[block] = state
                    again = True
        for block in order:
            self._through(block, self._start(block, ends), True)
            self._phi_arguments(block, ends)

    def _place(self, value: Value) -> int:
        """Where a value is, as the allocation says; -1 if nowhere."""
        register = self._allocation.reg[value.id]
        if register >= 0:
            return register
        slot = self._allocation.slots.get(value.id)
        return -1 if slot is None else _SLOTS + slot.id

    def _start(self, block: Block, ends: dict[Block, _State]) -> _State:
        state: _State | None = None
        phis = self._before.phis.get(block, [])
        own = 0
        for phi, _ in phis:
            own |= 1 << phi.id
        for at, pred in enumerate(block.preds):
            end = ends.get(pred)
            if end is None:
                continue
            arriving: _State = {}
            for place, values in end.items():
                new = values & ~own
                for phi, args in phis:
                    if values >> args[at] & 1:
                        new |= 1 << phi.id
                if new:
                    arriving[place] = new
            state = arriving if state is None else {place: both for place in state if (both := state[place] & arriving.get(place, 0))}
        return {} if state is None else state

    def _phi_arguments(self, block: Block, ends: dict[Block, _State]) -> None:
        was = {phi.id: args for phi, args in self._before.phis.get(block, [])}
        for phi in block.values:
            if phi.op != ops.PHI:
                break
            place = self._place(phi)
            for arg, pred, key in zip(phi.args, block.preds, was[phi.id], strict=True):
                if place < 0 or self._place(arg) != place:
                    raise self._func.bug("checkalloc", f"its argument {arg} is not where it is", phi)
                if not ends[pred].get(place, 0) >> key & 1:
                    raise self._func.bug("checkalloc", f"at the end of {pred}, v{key} is not in its place", phi)

    def _through(self, block: Block, state: _State, look: bool) -> None:
        """What places have at the end of a block, from what they have at its beginning; uses are looked at if `look`."""
        reg = self._allocation.reg
        for value in block.values:
            op = value.op
            if op == ops.PHI:
                continue
            if op in (ops.SPILL, ops.RELOAD, ops.COPY):
                self._move(value, state, look)
                continue
            args = self._before.args.get(value.id)
            register = reg[value.id]
            if args is None:
                key = self._before.clones.get(_like(value), 0)
                if look and (not key or register < 0 or not self._rows.of(value).output >> register & 1):
                    raise self._func.bug("checkalloc", "what is this, and why is it here?", value)
                state[register] = key
                continue
            if op in (ops.PARAM, ops.CLOSURE, ops.RESULT):
                if look:
                    self._arrives(value, register)
            else:
                row = self._rows.of(value)
                if look:
                    self._operands(value, row, value.args, args, state)
                    self._result(value, row, register)
                for lost in [place for place in state if place < _SLOTS and (row.call or row.clobbers >> place & 1)]:
                    del state[lost]
            for place, values in list(state.items()):
                if values >> value.id & 1:
                    state[place] = values & ~(1 << value.id)
            if register >= 0:
                state[register] = 1 << value.id
        row_of_exit = self._rows.of_exit(block)
        if row_of_exit is not None:
            if look:
                self._operands(block, row_of_exit, block.controls, self._before.controls[block], state)
            for lost in [place for place in state if place < _SLOTS and (row_of_exit.call or row_of_exit.clobbers >> place & 1)]:
                del state[lost]

    def _move(self, value: Value, state: _State, look: bool) -> None:
        source = self._place(value.args[0])
        place = self._place(value)
        if look:
            if value.op == ops.SPILL and not (source < _SLOTS <= place and value.aux is self._allocation.slots[value.id]):
                raise self._func.bug("checkalloc", "a Spill needs a register and a slot", value)
            if value.op == ops.RELOAD and not (place < _SLOTS <= source and value.aux is self._allocation.slots[value.args[0].id]):
                raise self._func.bug("checkalloc", "a Reload needs a slot and a register", value)
            if value.op == ops.COPY and max(source, place) >= _SLOTS:
                raise self._func.bug("checkalloc", "a Copy needs registers", value)
            if min(source, place) < 0:
                raise self._func.bug("checkalloc", "it is nowhere", value)
            for register in (source, place):
                if register < _SLOTS and not self._rows.class_of(value.kind) >> register & 1:
                    raise self._func.bug("checkalloc", "a register of another class", value)
        content = state.get(source, 0)
        args = self._before.args.get(value.id)
        if args is not None:
            if look and not content >> args[0] & 1:
                raise self._func.bug("checkalloc", f"v{args[0]} is not in its place", value)
            for other, values in list(state.items()):
                state[other] = values & ~(1 << value.id)
            content |= 1 << value.id
        state[place] = content

    def _operands(self, user: Value | Block, row: Row, args: list[Value], was: list[int], state: _State) -> None:
        reg = self._allocation.reg
        if len(args) != len(was):
            raise self._func.bug("checkalloc", "it has another number of arguments", user)
        registers = [reg[arg.id] for arg in args]
        if row.commutes and not all(state.get(register, 0) >> key & 1 for register, key in zip(registers[:2], was, strict=False)):
            was = [was[1], was[0], *was[2:]]
        for arg, register, mask, key in zip(args, registers, row.inputs, was, strict=True):
            if register < 0 or not mask >> register & 1:
                raise self._func.bug("checkalloc", f"{arg} is in register {register}, of the set {mask:#x}", user)
            if not state.get(register, 0) >> key & 1:
                raise self._func.bug("checkalloc", f"v{key} is not in register {register}, where {arg} is", user)

    def _result(self, value: Value, row: Row, register: int) -> None:
        if register < 0:
            if row.output and value.kind:
                raise self._func.bug("checkalloc", "its result is in no register", value)
            return
        others = [self._allocation.reg[arg.id] for arg in value.args]
        if row.two_address and others[0] != register:
            raise self._func.bug("checkalloc", "its result is not where its first argument is", value)
        if row.early and register in others[row.two_address :]:
            raise self._func.bug("checkalloc", "its result is where an argument is", value)
        if row.output and not row.output >> register & 1:
            raise self._func.bug("checkalloc", f"its result is in register {register}", value)

    def _arrives(self, value: Value, register: int) -> None:
        if value.op == ops.PARAM:
            wanted = single(self._params[value.imm])
        elif value.op == ops.CLOSURE:
            wanted = self._rows.registers.context
        else:
            wanted = single(value.args[0].aux.outputs[value.imm])  # type: ignore[attr-defined]
        if register != wanted:
            raise self._func.bug("checkalloc", f"it comes in register {wanted}, not {register}", value)
