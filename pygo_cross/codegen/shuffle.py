# SPDX-License-Identifier: BSD-3-Clause
"""Moves that happen all at once: the arguments of a call, and what holds at the end of a block to what the next expects.

A *place* is a register, or the memory of a Phi of the next block. Each place that is to get a value names where that is now. A move is done
when nobody still reads its place; where all wait for each other, one is put aside, into a free register or into memory. What is read
from memory that nothing here writes, or computed again, comes last.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.codegen.allocation import NO_REGISTER
from pygo_cross.codegen.regstate import REGISTERS, State
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value

_FETCHED: Final = -1
"""A source that no move changes: a spilled value, or one that is computed again."""


def shuffle(state: State, targets: dict[int, int], memory: list[tuple[Value, int]]) -> dict[int, Value]:
    """Append the moves after which register r has the value with id `targets[r]`, and each Phi of `memory` the value that stands with it.

    Returns the Value that is in each of the registers; what a Phi in memory takes is put into `state.stored`. What other registers had is
    lost; `state` itself still says what was before.
    """
    there: dict[int, Value] = {}
    where = state.where
    todo: dict[int, int] = {}
    for register in sorted(targets):
        key = targets[register]
        if where[key] >> register & 1:
            copy = state.copies[register]
            assert copy is not None
            there[register] = copy
        else:
            todo[register] = key
    if todo or memory:
        _Shuffle(state, targets, todo, memory, there).run()
    return there


class _Shuffle:
    __slots__ = ("content", "fixed", "keys", "phis", "readers", "source", "state", "targets", "there")

    def __init__(
        self,
        state: State,
        targets: dict[int, int],
        todo: dict[int, int],
        memory: list[tuple[Value, int]],
        there: dict[int, Value],
    ) -> None:
        self.state = state
        self.targets = targets
        self.there = there
        self.keys = dict(todo)
        self.source: dict[int, int] = {}
        self.readers: dict[int, int] = {}
        self.content: dict[int, Value] = {register: copy for register, copy in enumerate(state.copies) if copy is not None}
        self.phis: dict[int, Value] = {}
        self.fixed = 0
        """Registers that have what they shall have."""
        for register in there:
            self.fixed |= 1 << register
        overwritten: dict[int, int] = {}
        for phi, key in memory:
            place = REGISTERS + phi.id
            if key == phi.id:
                state.stored[phi.id] = phi
                continue
            self.phis[place] = phi
            self.keys[place] = key
            overwritten[phi.id] = place
        for place, key in self.keys.items():
            registers = state.where[key]
            if registers:
                source = (registers & -registers).bit_length() - 1
            else:
                source = overwritten.get(key, _FETCHED)
                if source >= 0:
                    self.content[source] = state.values[key]
            self.source[place] = source
            if source >= 0:
                self.readers[source] = self.readers.get(source, 0) + 1

    def run(self) -> None:
        """Emit the moves."""
        source, readers = self.source, self.readers
        ready = [place for place in sorted(source) if not readers.get(place) and source[place] >= 0]
        while True:
            while ready:
                place = ready.pop()  # memory before registers: that frees some
                came_from = source.pop(place)
                self._move(place, came_from)
                readers[came_from] -= 1
                if not readers[came_from] and source.get(came_from, _FETCHED) >= 0:
                    ready.append(came_from)
            waiting = [place for place in source if source[place] >= 0]
            if not waiting:
                break
            place = min(waiting)
            self._put_aside(place)
            ready.append(place)
        for place in sorted(source, reverse=True):
            del source[place]
            self._move(place, _FETCHED)

    def _move(self, place: int, source: int) -> None:
        state = self.state
        value = state.values[self.keys[place]]
        phi = self.phis.get(place)
        if phi is None:
            made = self._fetch(value, source, place)
            self.there[place] = made
            self.fixed |= 1 << place
            return
        group = state.group[phi.id]
        if _FETCHED < source < REGISTERS:
            state.stored[phi.id] = self._store(self.content[source], group)
        else:
            state.stored[phi.id] = self._through_register(value, source, group)

    def _fetch(self, value: Value, source: int, register: int) -> Value:
        """The content of a place in a register."""
        state = self.state
        if source == _FETCHED:
            made = state.bring(value, register)
        else:
            content = self.content[source]
            op = ops.COPY if source < REGISTERS else ops.RELOAD
            made = state.make(op, content.kind, (content,), register)
            state.out.append(made)
        self.content[register] = made
        return made

    def _store(self, content: Value, group: int) -> Value:
        """The content of a register in memory."""
        state = self.state
        made = state.make(ops.SPILL, content.kind, (content,), NO_REGISTER)
        state.group[made.id] = group
        state.out.append(made)
        return made

    def _through_register(self, value: Value, source: int, group: int) -> Value:
        """What is in no register, into memory: through a register that nothing needs now, or one that is saved for that time."""
        state = self.state
        allowed = state.rows.class_of(value.kind)
        free = allowed & ~self._needed()
        if free:
            return self._store(self._fetch(value, source, (free & -free).bit_length() - 1), group)
        register = (allowed & -allowed).bit_length() - 1
        busy = self.content[register]
        place = self._new_place()
        self.content[place] = self._store(busy, state.new_group(busy.kind))
        stored = self._store(self._fetch(value, source, register), group)
        again = self._fetch(busy, place, register)
        if register in self.there:
            self.there[register] = again
        return stored

    def _needed(self) -> int:
        """The registers that have what they shall have, or what still has to be read."""
        needed = self.fixed
        for source in self.source.values():
            if 0 <= source < REGISTERS:
                needed |= 1 << source
        return needed

    def _new_place(self) -> int:
        return 2 * REGISTERS + self.state.func.value_count

    def _put_aside(self, place: int) -> None:
        """What a place has now, somewhere else: its readers read that."""
        state = self.state
        content = self.content[place]
        free = state.rows.class_of(content.kind) & ~self._needed()
        for register in self.targets:
            free &= ~(1 << register)
        if free:
            aside = (free & -free).bit_length() - 1
            self._fetch(content, place, aside)
        else:
            aside = self._new_place()
            group = state.new_group(content.kind)
            if place < REGISTERS:
                self.content[aside] = self._store(content, group)
            else:
                self.content[aside] = self._through_register(content, place, group)
        self.readers[aside] = self.readers.pop(place)
        for reader, source in self.source.items():
            if source == place:
                self.source[reader] = aside
