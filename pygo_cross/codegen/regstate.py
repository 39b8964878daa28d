# SPDX-License-Identifier: BSD-3-Clause
"""What registers hold while a function is allocated, and the making of what moves values.

A value is known by the id that it had before allocation. `held[register]` is the id of the value that is in a register (-1 for none), and
`copies[register]` the Value that has put it there: the value itself, or a Copy, a Reload or a clone. `where[id]` is the set of
registers that a value is in. These agree at all times.
"""

from __future__ import annotations

from typing import Final, final

from pygo_cross.arch.insn import FIRST_FLOAT
from pygo_cross.codegen.allocation import NO_REGISTER
from pygo_cross.codegen.liveness import NONE
from pygo_cross.codegen.rows import Rows
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import F32, F64

REGISTERS: Final = 2 * FIRST_FLOAT

Snapshot = list[tuple[int, int, Value | None]]
"""Registers, the ids of their values, and what has put them there."""


@final
class State:
    """The state at one place of the function, and what has been decided so far."""

    __slots__ = (
        "block",
        "copies",
        "floats",
        "func",
        "group",
        "group_kinds",
        "held",
        "inline",
        "integers",
        "next_use",
        "out",
        "pos",
        "reg",
        "remat",
        "remat_set",
        "restores",
        "rows",
        "spilled",
        "stored",
        "used",
        "values",
        "where",
    )

    def __init__(self, func: Func, rows: Rows) -> None:
        count = func.value_count
        self.func = func
        self.rows = rows
        self.block = func.entry
        self.out: list[Value] = []
        self.pos = 0
        """With `inline` the position of what is made now."""
        self.inline = 0
        self.held = [-1] * REGISTERS
        self.copies: list[Value | None] = [None] * REGISTERS
        self.used = 0
        self.where = [0] * count
        self.next_use = [NONE] * count
        self.reg = [NO_REGISTER] * count
        self.remat = rows.remat(func)
        self.spilled: dict[int, Value] = {}
        """The Spill of a value, or a Phi in memory, by the value's id."""
        self.restores: dict[int, list[Block]] = {}
        self.stored: dict[int, Value] = {}
        """On an edge, what a Phi in memory (by its id) takes."""
        self.group: dict[int, int] = {}
        """Which memory Spills and Phis in memory have (by id): the same number is the same memory."""
        self.group_kinds: list[int] = []
        self.values: dict[int, Value] = {}
        integers = bytearray(count // 8 + 1)
        floats = bytearray(count // 8 + 1)
        remats = bytearray(count // 8 + 1)
        for block in func.blocks:
            for value in block.values:
                key = value.id
                self.values[key] = value
                bit = 1 << (key & 7)
                if value.kind == F64 or value.kind == F32:
                    floats[key >> 3] |= bit
                else:
                    integers[key >> 3] |= bit
                if self.remat[key]:
                    remats[key >> 3] |= bit
        self.integers = int.from_bytes(integers, "little")
        self.floats = int.from_bytes(floats, "little")
        self.remat_set = int.from_bytes(remats, "little")

    def begin(self, block: Block) -> None:
        """Nothing is in any register; go on at the beginning of a block."""
        self.clear()
        self.block = block
        self.pos = block.pos
        self.inline = 0
        self.out = []

    def resume(self, block: Block) -> None:
        """What is made next stands at the end of a block that is done."""
        self.block = block
        self.out = block.values
        last = block.values[-1] if block.values else None
        self.pos = block.pos if last is None else last.pos
        self.inline = 0 if last is None else last.inline

    def clear(self) -> None:
        """All registers are lost."""
        used = self.used
        while used:
            bit = used & -used
            used ^= bit
            register = bit.bit_length() - 1
            self.where[self.held[register]] = 0
            self.held[register] = -1
            self.copies[register] = None
        self.used = 0

    def take(self, register: int, key: int, copy: Value | None) -> None:
        """A free register gets a value."""
        self.held[register] = key
        self.copies[register] = copy
        bit = 1 << register
        self.where[key] |= bit
        self.used |= bit

    def snapshot(self) -> Snapshot:
        """What registers hold now, in their order."""
        held, copies = self.held, self.copies
        used = self.used
        found: Snapshot = []
        while used:
            bit = used & -used
            used ^= bit
            register = bit.bit_length() - 1
            found.append((register, held[register], copies[register]))
        return found

    def drop(self, register: int) -> None:
        """A register is free."""
        bit = 1 << register
        self.where[self.held[register]] &= ~bit
        self.held[register] = -1
        self.copies[register] = None
        self.used &= ~bit

    def forget(self, key: int) -> None:
        """No register has a value any more."""
        bits = self.where[key]
        self.where[key] = 0
        self.used &= ~bits
        while bits:
            bit = bits & -bits
            bits ^= bit
            register = bit.bit_length() - 1
            self.held[register] = -1
            self.copies[register] = None

    def farthest(self, mask: int) -> int:
        """The register of a set whose value is best given up: one that is elsewhere too, or whose next use is farthest."""
        found = -1
        far = -1
        while mask:
            bit = mask & -mask
            mask ^= bit
            register = bit.bit_length() - 1
            key = self.held[register]
            if key < 0:
                return register
            use = self.next_use[key]
            if self.where[key] != bit:
                use = NONE + 1
            elif self.remat[key]:
                use += 4
            if use > far:
                far = use
                found = register
        return found

    # ---- making values

    def make(self, op: int, kind: int, args: tuple[Value, ...], register: int) -> Value:
        """A value in a register, in no list yet."""
        made = self.func.make(self.block, op, kind, args, 0, None, self.pos)
        made.inline = self.inline
        self.reg.append(register)
        return made

    def copy(self, source: int, register: int, value: Value) -> Value:
        """A Copy from a register to another, at the end of what there is so far."""
        there = self.copies[source]
        assert there is not None
        made = self.make(ops.COPY, value.kind, (there,), register)
        self.out.append(made)
        return made

    def bring(self, value: Value, register: int) -> Value:
        """A value that is in no register, computed again or reloaded, at the end of what there is so far."""
        if self.remat[value.id]:
            made = self.make(value.op, value.kind, (), register)
            made.imm = value.imm
            made.aux = value.aux
        else:
            made = self.make(ops.RELOAD, value.kind, (self.in_memory(value),), register)
        self.out.append(made)
        return made

    def in_memory(self, value: Value) -> Value:
        """The Spill of a value (or the value, if it is a Phi in memory), which is read in this block."""
        key = value.id
        spill = self.spilled.get(key)
        if spill is None:
            spill = self.make(ops.SPILL, value.kind, (), NO_REGISTER)
            spill.pos = value.pos
            spill.inline = value.inline
            self.spilled[key] = spill
            self.group[spill.id] = self.new_group(value.kind)
        if spill is not value:
            self.restores.setdefault(key, []).append(self.block)
        return spill

    def phi_in_memory(self, phi: Value) -> None:
        """A Phi gets memory, and no register."""
        self.spilled[phi.id] = phi
        self.group[phi.id] = self.new_group(phi.kind)

    def new_group(self, kind: int) -> int:
        """Memory for a value of a kind."""
        self.group_kinds.append(kind)
        return len(self.group_kinds) - 1
