# SPDX-License-Identifier: BSD-3-Clause
"""Where variables are while a function runs: in which register or slot each part of one is, from which instruction to which.

What is known goes through the code from the entry, along all ways: at each point, which parts of variables (`Func.names`) each place has.
Where ways meet, only what all of them know is kept. A value that is computed is what its names say from then on, and wherever else an
older one of these was, it counts no more; a place that gets something without a name has nothing. Calls leave slots alone.

A position is twice the number of an instruction; odd ones are one byte behind its beginning. A call ends there what was in registers:
the call itself still has it, but who looks from a callee, whose return address lies behind, is not shown what registers had before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, Final, final

from pygo_cross.arch.insn import Insn
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.emit import Trace
from pygo_cross.obj.prog import Prog
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot

ENTRY: Final = -1
"""The position where a function begins, its prologue included."""

Place = int | Slot
"""A register, by its dense number, or a slot."""
State = dict[Place, tuple[int, ...]]
Intervals = dict[int, list[tuple[int, int, Place]]]
"""For each part of a variable: from which position to which, and where."""


def locations(func: Func, allocation: Allocation, rows: Mapping[int, Insn], progs: Sequence[Prog], trace: Trace, entry: State) -> Intervals:
    """The places of all parts of variables; `entry` is what registers have to begin with."""
    return _Flow(func, allocation, rows, entry).intervals(progs, trace)


_GETS: Final = 0  # a register gets something without a name
_IS: Final = 1  # a place gets a new value of parts of variables
_MOVES: Final = 2  # a place gets what another one has
_LOSES: Final = 3  # registers are lost
_CALLS: Final = 4  # all registers are lost

_Event = tuple[int, int, Any, Any]
"""What a value does: which value of its block it is, by number, one of the constants above, and what that is about."""


@final
class _Flow:
    __slots__ = ("_clobbers", "_entry", "_func", "_names", "_reg", "_rows", "_slots")

    def __init__(self, func: Func, allocation: Allocation, rows: Mapping[int, Insn], entry: State) -> None:
        self._func = func
        self._names = func.names
        self._reg = allocation.reg
        self._slots = allocation.slots
        self._rows = rows
        self._entry = entry
        self._clobbers: dict[int, list[int]] = {}

    # ---- what values do

    def _events(self, block: Block) -> list[_Event]:
        """What happens in a block, in order."""
        out: list[_Event] = []
        registers, named, slots = self._reg, self._names, self._slots
        for number, value in enumerate(block.values):
            op = value.op
            register = registers[value.id]
            names = named.get(value.id)
            if op >= ops.FIRST_MACHINE_OP:
                if type(value.aux) is MachineCall:
                    out.append((number, _CALLS, None, None))
                else:
                    lost = self._lost(op)
                    if lost:
                        out.append((number, _LOSES, lost, None))
            elif op == ops.COPY:
                out.append((number, _MOVES, register, registers[value.args[0].id]))
                register = -1 if names is None else register
            elif op == ops.SPILL:
                out.append((number, _MOVES, slots[value.id], registers[value.args[0].id]))
                continue
            elif op == ops.RELOAD:
                out.append((number, _MOVES, register, value.aux))
                continue
            elif op == ops.PARAM and names is None:
                continue
            if names is not None:
                place = register if register >= 0 else slots.get(value.id)
                if place is not None:
                    out.append((number, _IS, place, names))
            elif register >= 0:
                out.append((number, _GETS, register, None))
            elif op == ops.PHI and value.id in slots:
                out.append((number, _GETS, slots[value.id], None))
        if block.op:
            lost = self._lost(block.op)
            if lost:
                out.append((len(block.values), _LOSES, lost, None))
        return out

    def _lost(self, op: int) -> list[int]:
        """The registers that an operation needs for itself."""
        found = self._clobbers.get(op)
        if found is None:
            bits = self._rows[op].clobbers
            found = self._clobbers[op] = [number for number in range(bits.bit_length()) if bits >> number & 1]
        return found

    # ---- along all ways

    def _at_entries(self, events: list[list[_Event]]) -> dict[Block, State]:
        """What is known at the beginning of each block."""
        blocks = self._func.blocks
        number = {block: i for i, block in enumerate(blocks)}
        known: dict[Block, State] = {self._func.entry: dict(self._entry)}
        todo = [number[self._func.entry]]
        waiting = set(todo)
        while todo:
            at = heappop(todo)
            waiting.discard(at)
            block = blocks[at]
            state = dict(known[block])
            for _, what, place, about in events[at]:
                if what == _GETS:
                    state.pop(place, None)
                elif what == _IS:
                    _define(state, place, about)
                elif what == _MOVES:
                    names = state.get(about)
                    if names is not None:
                        state[place] = names
                    elif place in state:
                        del state[place]
                elif what == _LOSES:
                    for lost in place:
                        state.pop(lost, None)
                else:
                    for one in [one for one in state if type(one) is int]:
                        del state[one]
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

    def intervals(self, progs: Sequence[Prog], trace: Trace) -> Intervals:
        """Along the code, what holds from where to where."""
        blocks = self._func.blocks
        events = [self._events(block) for block in blocks]
        known = self._at_entries(events)
        out: Intervals = {}
        active: dict[int, tuple[Place, int]] = {name: (place, ENTRY) for place, names in self._entry.items() for name in names}
        state: State = {}
        ends, stubs = trace.ends, trace.stubs
        first = begin = 0  # of the block: the number of its first value in `ends`, and where its code begins

        def settle(names: Iterable[int], until: int, start: int, new: Place) -> None:
            """Parts that something has happened to: where they were no more until there, where they are from then on."""
            for name in names:
                found = active.get(name)
                if found is not None:
                    if name in state.get(found[0], ()):
                        continue
                    if found[1] < until:
                        out.setdefault(name, []).append((found[1], until, found[0]))
                    del active[name]
                for place, held in state.items():
                    if name in held:
                        active[name] = place, start if place == new else until
                        break

        for block, happened in zip(blocks, events, strict=True):
            state = dict(known.get(block, {}))
            for name in list(active):
                if name not in state.get(active[name][0], ()):
                    settle((name,), 2 * begin, 2 * begin, -1)
            for held in state.values():
                for name in held:
                    if name not in active:
                        settle((name,), 2 * begin, 2 * begin, -1)
            count = len(block.values)
            if stubs:
                happened = self._with_stubs(block, happened, stubs)
            for number, what, place, about in happened:
                new: Place = -1
                if what == _GETS:
                    if place not in state:
                        continue
                    touched: Iterable[int] = state.pop(place)
                elif what == _IS:
                    touched = (*state.get(place, ()), *about)
                    _define(state, place, about)
                    new = place
                elif what == _MOVES:
                    here, there = state.get(place), state.get(about)
                    if here == there:
                        continue
                    touched = ()
                    if here is not None:
                        touched = here
                        del state[place]
                    if there is not None:
                        state[place] = there
                        touched = (*touched, *there)
                        new = place
                elif what == _LOSES:
                    touched = [name for lost in place if lost in state for name in state.pop(lost)]
                elif what == _CALLS:
                    touched = [name for one in [one for one in state if type(one) is int] for name in state.pop(one)]
                else:
                    for name, (where, _) in active.items():
                        if type(where) is Slot:
                            out.setdefault(name, []).append((2 * place[0], 2 * place[1], where))
                    continue
                if touched:
                    start = ends[first + number - 1] if number else begin
                    end = ends[first + number]
                    until = 2 * start
                    if what == _CALLS:
                        until = 2 * next((i for i in range(start, end) if progs[i].op == "CALL"), start) + 1
                    elif end > start and number < count:
                        until += 2
                    settle(touched, until, 2 * end, new)
            first += count + 1
            begin = ends[first - 1]
        for name, (place, start) in active.items():
            if start < 2 * begin:
                out.setdefault(name, []).append((start, 2 * begin, place))
        return out

    @staticmethod
    def _with_stubs(block: Block, events: list[_Event], stubs: Mapping[int, tuple[int, int]]) -> list[_Event]:
        """The events with those values that have code behind the function: that sees what is known before them."""
        found: list[_Event] = [(number, -1, stubs[value.id], None) for number, value in enumerate(block.values) if value.id in stubs]
        return sorted(found + events, key=itemgetter(0)) if found else events


def _define(state: State, place: Place, names: tuple[int, ...]) -> None:
    """A new value of parts of variables, which no other place has."""
    for where, others in list(state.items()):
        for name in names:
            if name in others:
                left = tuple([one for one in others if one not in names])
                if left:
                    state[where] = left
                else:
                    del state[where]
                break
    state[place] = names


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
