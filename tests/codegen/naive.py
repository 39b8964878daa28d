# SPDX-License-Identifier: BSD-3-Clause
"""Functions as machine code without an allocator of registers: every value has a slot, and is in a register only where it is used.

So selection and emission are tested alone. Registers are taken at random among those that an operation allows, which finds sequences that
write one before they have read it. `Code` executes functions in Unicorn.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from typing import Final

import unicorn
from unicorn import x86_const

from pygo_cross.arch.amd64.registers import CONVENTION
from pygo_cross.arch.insn import FIRST_FLOAT, TWO_ADDRESS, insns
from pygo_cross.arch.machine import machine
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.emit import Emission
from pygo_cross.codegen.select import Selection
from pygo_cross.obj import reloctype
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import MEM, NAME_EXTERN, TEXTSIZE, Addr, PosBase, Prog, const
from pygo_cross.obj.symbol import NOSPLIT, Symbol
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.kinds import F64, I64, VOID, is_float
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.sizes import Sizes

_words = str.split

TABLE: Final = insns("amd64")
_WIDE: Final = frozenset(TABLE.numbers[f"MOVUPSload/{registers}"] for registers in range(3))
_CODE: Final = 0x100000
_STACK: Final = 0x800000
DATA: Final = 0x900000
_STOP: Final = 0xA00000
_SIZE: Final = 0x10000


class Naive:
    """Gives every value of a selected function a slot."""

    def __init__(self, func: Func, rng: random.Random) -> None:
        self.func = func
        self.rng = rng
        self.home: dict[Value, Slot] = {}
        self.incoming: dict[Value, Slot] = {}
        self.slots: dict[int, Slot] = {}
        self.reg: dict[int, int] = {}

    def run(self) -> Allocation:
        func = self.func
        for block in func.blocks:
            for value in block.values:
                if value.kind != VOID:
                    self.home[value] = self.slot()
                if value.op == ops.PHI:
                    self.incoming[value] = self.slot()
        for block in func.blocks:
            self.block(block)
        reg = [self.reg.get(number, -1) for number in range(func.value_count)]
        return Allocation(reg, self.slots, 0)

    def slot(self) -> Slot:
        return self.func.new_slot("home", None, 8, 8, False)

    def block(self, block: Block) -> None:
        out: list[Value] = []
        values = sorted(block.values, key=lambda value: value.op not in (ops.PHI, ops.PARAM, ops.CLOSURE))
        for value in values:
            op = value.op
            if op == ops.PHI:
                out.append(value)
                self.slots[value.id] = self.home[value]
                self.move(out, block, self.incoming[value], self.home[value], value)
            elif op in (ops.PARAM, ops.CLOSURE):
                assert isinstance(value.aux, int)
                self.reg[value.id] = value.aux.bit_length() - 1
                out.append(value)
                self.spill(out, block, value)
            elif op == ops.RESULT:
                call = value.args[0].aux
                assert isinstance(call, MachineCall)
                self.reg[value.id] = call.outputs[value.imm].bit_length() - 1
                out.append(value)
                self.spill(out, block, value)
            elif op >= ops.FIRST_MACHINE_OP or op == ops.COPY:
                self.operation(out, block, value)
            else:
                out.append(value)
        for succ in block.succs:
            at = succ.preds.index(block)
            for phi in succ.values:
                if phi.op == ops.PHI:
                    self.move(out, block, self.home[phi.args[at]], self.incoming[phi], phi.args[at])
        if block.controls:
            sets = block.aux.inputs if isinstance(block.aux, MachineCall) else TABLE.rows[block.op].inputs
            registers = self.choose(sets, 0)
            block.set_controls([self.reload(out, block, arg, reg) for arg, reg in zip(block.controls, registers, strict=True)])
        block.values = out

    def operation(self, out: list[Value], block: Block, value: Value) -> None:
        row = TABLE.rows.get(value.op)
        if row is None:
            sets, output, flags = ((TABLE.registers.floats if is_float(value.kind) else TABLE.registers.integers),), 0, 0
            output = sets[0]
        else:
            sets = value.aux.inputs if isinstance(value.aux, MachineCall) else row.inputs
            output, flags = row.output, row.flags
        if flags & TWO_ADDRESS:
            sets = (sets[0] & output, *sets[1:])
        if value.op in _WIDE:
            # All of a register, which no slot has room for: nothing stands between its load and its store.
            assert self.home[value] and block.values[block.values.index(value) + 1].args[0] is value
        sets = tuple(1 << self.reg[arg.id] if arg.op in _WIDE else one for arg, one in zip(value.args, sets, strict=True))
        registers = self.choose(sets, 0)
        args = [arg if arg.op in _WIDE else self.reload(out, block, arg, reg) for arg, reg in zip(value.args, registers, strict=True)]
        value.set_args(args)
        if output:
            taken = 0
            if flags & 256:
                for register in registers:
                    taken |= 1 << register
            if flags & TWO_ADDRESS:
                self.reg[value.id] = registers[0]
            else:
                self.reg[value.id] = self.choose((output & ~taken,), 0)[0]
        out.append(value)
        if output and value.op not in _WIDE:
            self.spill(out, block, value)

    def choose(self, sets: Sequence[int], taken: int) -> list[int]:
        """A register of each set, none twice; small sets first."""
        found = [0] * len(sets)
        for at in sorted(range(len(sets)), key=lambda at: sets[at].bit_count()):
            free = [bit for bit in range(64) if (sets[at] & ~taken) >> bit & 1]
            found[at] = self.rng.choice(free)
            taken |= 1 << found[at]
        return found

    def wide(self, value: Value) -> int:
        return F64 if is_float(value.kind) else I64

    def reload(self, out: list[Value], block: Block, value: Value, register: int) -> Value:
        """A value in a register: all its bits, whatever they are above its width."""
        kind = F64 if register >= FIRST_FLOAT else I64
        made = self.func.make(block, ops.RELOAD, kind, (), 0, self.home[value])
        self.reg[made.id] = register
        out.append(made)
        return made

    def spill(self, out: list[Value], block: Block, value: Value) -> None:
        kind = F64 if self.reg[value.id] >= FIRST_FLOAT else I64
        out.append(self.func.make(block, ops.SPILL, kind, (value,), 0, self.home[value]))

    def move(self, out: list[Value], block: Block, source: Slot, target: Slot, value: Value) -> None:
        made = self.func.make(block, ops.RELOAD, I64, (), 0, source)
        self.reg[made.id] = 0
        out.append(made)
        out.append(self.func.make(block, ops.SPILL, I64, (made,), 0, target))


class Code:
    """Functions in memory that can be called."""

    def __init__(self, seed: int = 1, level: int = 3) -> None:
        self.rng = random.Random(seed)
        self.context = Context("amd64", "linux", "test")
        self.selection = Selection("amd64", Shapes(Sizes()), CONVENTION, level)
        self.emission = Emission(TABLE, self.context, lambda ref: self.context.lookup(str(ref), 1))
        self.finish = machine("amd64").finisher(self.context)
        self.uc = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
        self.uc.mem_map(_CODE, _STOP + 0x1000 - _CODE)
        self.top = _CODE
        self.data_top = DATA + 0x8000
        self.symbols: dict[str, int] = {}
        self.plans: dict[int, tuple[Func, object]] = {}

    def add(self, func: Func) -> int:
        """The address of a function's code."""
        self.selection.select(func)
        return self.place(func, Naive(func, self.rng).run())

    def place(self, func: Func, allocation: Allocation) -> int:
        """Lay out the frame, emit, and put the code into memory."""
        depth = 0
        for slot in func.slots:
            depth += -(-slot.size // 8) * 8
            slot.offset = -depth
        outgoing = max(
            (value.aux.stack for block in func.blocks for value in block.values if isinstance(value.aux, MachineCall)), default=0
        )
        progs = self.emission.emit(func, allocation, {})
        symbol = Symbol(f"{func.symbol}.{self.top}", 1)
        base = PosBase("test.go", "test.go")
        made = self.context.define_text(symbol, NOSPLIT, base, 1)
        assert made is not None
        size = Addr(TEXTSIZE, 0, depth + outgoing)
        size.value = 0
        for prog in progs:
            prog.base = base
        made.progs = [Prog("TEXT", (Addr(MEM, 0, 0, NAME_EXTERN, symbol), const(NOSPLIT), size), base, 1), *progs]
        self.finish(symbol)
        assert not self.context.errors, (self.context.errors, func.symbol)
        at = self.symbols[symbol.name] = self.top
        code = bytearray(symbol.data)
        self.emission.write_tables(symbol)
        for offset, width, kind, addend, target in symbol.relocs:
            if width == 0:
                continue
            assert target is not None
            if kind in (reloctype.R_PCREL, reloctype.R_CALL):
                value = self.symbol(target) + addend - (at + offset + width)
            else:
                value = self.symbol(target) + addend
            code[offset : offset + width] = (value & (1 << 8 * width) - 1).to_bytes(width, "little")
        self.uc.mem_write(at, bytes(code))
        self.top += -(-len(code) // 16) * 16
        return at

    def symbol(self, symbol: Symbol) -> int:
        """Where a symbol is: data with its contents."""
        found = self.symbols.get(symbol.name)
        if found is None:
            found = self.symbols[symbol.name] = self.data_top
            data = bytearray(symbol.data)
            for offset, width, _, addend, target in symbol.relocs:
                assert target is not None
                data[offset : offset + width] = (self.symbols[target.name] + addend).to_bytes(width, "little")
            self.uc.mem_write(found, bytes(data))
            self.data_top += max(16, -(-len(symbol.data) // 16) * 16)
        return found

    def call(self, at: int, func: Func, args: Sequence[int | float], results: Sequence[int]) -> list[int]:
        """The bits of a function's results. Arguments narrower than their registers have anything above them; floats come as their bits."""
        uc = self.uc
        plan = self.selection.func_plan(func)
        uc.mem_write(_STACK - 0x1000, self.rng.randbytes(0x1000 + 0x100))
        for register, number in _INTEGERS.items():
            if register != 4:
                uc.reg_write(number, self.rng.getrandbits(64))
        for register in range(15):
            uc.reg_write(x86_const.UC_X86_REG_XMM0 + register, self.rng.getrandbits(128))
        uc.reg_write(x86_const.UC_X86_REG_XMM15, 0)
        stack = _STACK
        uc.mem_write(stack, struct.pack("<Q", _STOP))
        for scalar, arg in zip(plan.args, args, strict=True):
            size = (0, 1, 1, 2, 4, 8, 4, 8, 8)[scalar.kind]
            noise = self.rng.getrandbits(64) & ~((1 << 8 * size) - 1)
            bits = int(arg) & (1 << 8 * size) - 1
            if scalar.register:
                dense = self.selection.dense[scalar.register]
                if dense >= FIRST_FLOAT:
                    uc.reg_write(x86_const.UC_X86_REG_XMM0 + dense - FIRST_FLOAT, bits | noise)
                else:
                    uc.reg_write(_INTEGERS[dense], bits | noise)
            else:
                uc.mem_write(stack + 8 + scalar.offset, bits.to_bytes(size, "little"))
        uc.reg_write(x86_const.UC_X86_REG_RSP, stack)
        uc.emu_start(at, _STOP)
        assert uc.reg_read(x86_const.UC_X86_REG_RSP) == stack + 8
        out = []
        for scalar, kind in zip(plan.results, results, strict=True):
            size = (0, 1, 1, 2, 4, 8, 4, 8, 8)[kind]
            if scalar.register:
                dense = self.selection.dense[scalar.register]
                number = _INTEGERS[dense] if dense < FIRST_FLOAT else x86_const.UC_X86_REG_XMM0 + dense - FIRST_FLOAT
                out.append(uc.reg_read(number) & (1 << 8 * size) - 1)
            else:
                out.append(int.from_bytes(uc.mem_read(stack + 8 + scalar.offset, size), "little"))
        return out


_INTEGERS: Final = {
    number: getattr(x86_const, f"UC_X86_REG_{name}")
    for number, name in enumerate(_words("RAX RCX RDX RBX RSP RBP RSI RDI R8 R9 R10 R11 R12 R13 R14 R15"))
}
