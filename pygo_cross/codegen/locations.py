# SPDX-License-Identifier: BSD-3-Clause
"""Where variables are while a function runs: in which register or slot each part of one is, from which instruction to which.

What is known goes through the code from the entry, along all ways: at each point, which parts of variables (`Func.names`) each place has.
Where ways meet, only what all of them know is kept. A value that is computed is what its names say from then on, and wherever else an
older one of these was, it counts no more; a place that gets something without a name has nothing. Calls leave slots alone.

A position is twice the number of an instruction; odd ones are one byte behind its beginning. A call ends there what was in registers:
the call itself still has it, but who looks from a callee, whose return address lies behind, is not shown what registers had before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import Final, final

from pygo_cross.arch.insn import Insn
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.emit import Trace
from pygo_cross.obj.prog import Prog
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot, Value

ENTRY: Final = -1
"""The position where a function begins, its prologue included."""

Place = int | Slot
"""A register, by its dense number, or a slot."""
State = dict[Place, tuple[int, ...]]
Intervals = dict[int, list[tuple[int, int, Place]]]
"""For each part of a variable: from which position to which, and where."""


def locations(func: Func, allocation: Allocation, rows: Mapping[int, Insn], progs: Sequence[Prog], trace: Trace, entry: State) -> Intervals:
    """The places of all parts of variables; `entry` is what registers have to begin with."""
    return _Flow(func, allocation, rows).intervals(entry, progs, trace)


@final
class _Flow:
    __slots__ = ("_clobbers", "_func", "_names", "_new", "_reg", "_rows", "_slots", "_state", "_touched")

    def __init__(self, func: Func, allocation: Allocation, rows: Mapping[int, Insn]) -> None:
        self._func = func
        self._names = func.names
        self._reg = allocation.reg
        self._slots = allocation.slots
        self._rows = rows
        self._clobbers: dict[int, list[int]] = {}
        self._state: State = {}
        self._touched: list[int] = []
        self._new: Place = -1  # what the last value has put something into

    # ---- what one value does

    def _lose(self, place: Place) -> None:
        gone = self._state.pop(place, None)
        if gone is not None:
            self._touched += gone

    def _define(self, place: Place, names: tuple[int, ...]) -> None:
        """A new value of parts of variables."""
        state = self._state
        for where, others in list(state.items()):
            if where != place and not _disjoint(others, names):
                left = tuple([one for one in others if one not in names])
                if left:
                    state[where] = left
                else:
                    del state[where]
        self._lose(place)
        state[place] = names
        self._new = place
        self._touched += names

    def _move(self, to: Place, source: Place) -> None:
        """What is in one place is in another, too."""
        names = self._state.get(source)
        if self._state.get(to) != names:
            self._lose(to)
            if names is not None:
                self._state[to] = names
                self._new = to
                self._touched += names

    def _step(self, value: Value) -> None:
        op = value.op
        register = self._reg[value.id]
        if op == ops.COPY or op == ops.RELOAD:
            source = value.args[0]
            self._move(register, value.aux if op == ops.RELOAD else self._reg[source.id])  # type: ignore[arg-type]
        elif op == ops.SPILL:
            self._move(self._slots[value.id], self._reg[value.args[0].id])
            return
        elif op >= ops.FIRST_MACHINE_OP:
            if type(value.aux) is MachineCall:
                for place in [place for place in self._state if type(place) is int]:
                    self._lose(place)
            else:
                for lost in self._lost(op):
                    self._lose(lost)
        names = self._names.get(value.id)
        if names is not None:
            if register >= 0:
                self._define(register, names)
            elif value.id in self._slots:
                self._define(self._slots[value.id], names)
        elif op == ops.PHI and register < 0:
            slot = self._slots.get(value.id)
            if slot is not None:
                self._lose(slot)
        elif register >= 0 and op != ops.COPY and op != ops.RELOAD and op != ops.PARAM:
            self._lose(register)

    def _lost(self, op: int) -> list[int]:
        """The registers that an operation needs for itself."""
        found = self._clobbers.get(op)
        if found is None:
            bits = self._rows[op].clobbers
            found = self._clobbers[op] = [number for number in range(bits.bit_length()) if bits >> number & 1]
        return found

    def _quiet(self, value: Value) -> bool:
        """Whether a value has surely nothing to do with what is known."""
        if self._reg[value.id] in self._state or value.id in self._names or type(value.aux) is MachineCall:
            return False
        op = value.op
        if op >= ops.FIRST_MACHINE_OP:
            return not self._state or not self._lost(op)
        return op not in _MOVES

    # ---- along all ways

    def _at_entries(self, entry: State) -> dict[Block, State]:
        """What is known at the beginning of each block."""
        blocks = self._func.blocks
        number = {block: i for i, block in enumerate(blocks)}
        known: dict[Block, State] = {self._func.entry: dict(entry)}
        todo = [number[self._func.entry]]
        waiting = set(todo)
        quiet, step = self._quiet, self._step
        while todo:
            at = heappop(todo)
            waiting.discard(at)
            block = blocks[at]
            state = self._state = dict(known[block])
            for value in block.values:
                if not quiet(value):
                    step(value)
            if block.op:
                for lost in self._lost(block.op):
                    self._lose(lost)
            self._touched = []
            for succ in block.succs:
                before = known.get(succ)
                if before is None:
                    known[succ] = dict(state)
                elif not _meet(before, state):
                    continue
                if number[succ] not in waiting:
                    waiting.add(number[succ])
                    heappush(todo, number[succ])
        return known

    def intervals(self, entry: State, progs: Sequence[Prog], trace: Trace) -> Intervals:
        """Along the code, what holds from where to where."""
        known = self._at_entries(entry)
        out: Intervals = {}
        active: dict[int, tuple[Place, int]] = {}
        for place, names in entry.items():
            for name in names:
                active[name] = place, ENTRY
        quiet, step, ends, stubs = self._quiet, self._step, trace.ends, trace.stubs
        at = begin = 0

        def settle(names: Sequence[int], until: int, start: int) -> None:
            """Parts that something has happened to: where they were no more until there, where they are from then on."""
            for name in names:
                found = active.get(name)
                if found is not None:
                    if name in self._state.get(found[0], ()):
                        continue
                    if found[1] < until:
                        out.setdefault(name, []).append((found[1], until, found[0]))
                    del active[name]
                for place, held in self._state.items():
                    if name in held:
                        active[name] = place, start if place == self._new else until
                        break

        for block in self._func.blocks:
            self._state = dict(known.get(block, {}))
            concerned = {*active, *(name for held in self._state.values() for name in held)}
            if concerned:
                settle(sorted(concerned), 2 * begin, 2 * begin)
            for value in block.values:
                end = ends[at]
                at += 1
                if value.id in stubs:
                    first, last = stubs[value.id]
                    for name, (place, _) in active.items():
                        if type(place) is Slot:
                            out.setdefault(name, []).append((2 * first, 2 * last, place))
                if not quiet(value):
                    self._touched = []
                    self._new = -1
                    step(value)
                    if self._touched:
                        until = 2 * begin
                        if type(value.aux) is MachineCall:
                            until = 2 * next((i for i in range(begin, end) if progs[i].op == "CALL"), begin) + 1
                        elif end > begin:
                            until = 2 * begin + 2
                        settle(self._touched, until, 2 * end)
                begin = end
            begin = ends[at]
            at += 1
        for name, (place, start) in active.items():
            if start < 2 * begin:
                out.setdefault(name, []).append((start, 2 * begin, place))
        return out


_MOVES: Final = frozenset({ops.COPY, ops.SPILL, ops.RELOAD, ops.PHI})


def _disjoint(some: tuple[int, ...], others: tuple[int, ...]) -> bool:
    """Whether two places have no part in common."""
    return all(one not in others for one in some)


def _meet(before: State, state: State) -> bool:
    """Keep of what was known only what holds on another way too; whether something went."""
    changed = False
    for place, names in list(before.items()):
        here = state.get(place)
        if here is names or here == names:
            continue
        left = () if here is None else tuple([one for one in names if one in here])
        if left == names:
            continue
        changed = True
        if left:
            before[place] = left
        else:
            del before[place]
    return changed
