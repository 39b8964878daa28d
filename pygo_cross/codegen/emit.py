# SPDX-License-Identifier: BSD-3-Clause
"""Emission: the operations of a function, in registers, become Progs.

`emit` follows the order of `func.blocks`; a block that goes on in the next one needs no jump. Behind the code of all blocks stand the
stubs: the calls of checks that have failed, and of write barriers while the collector marks. Positions are those of the values (`Prog.line`
is `Value.pos` as it is, `base` None); where in the frame slots are, their `offset` says.

Before every call stands the number of its stack map (`marks`, by the id of the value) unless that is in force already. From the test of a
write barrier to the last of its stores the collector's phase must not change: no preemption there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from pygo_cross.arch.insn import Insn, InsnTable
from pygo_cross.codegen import templates as tm
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.mem import INCOMING, OUTGOING, SLOT, SYMBOL, VALUE, Barrier, Mem
from pygo_cross.codegen.stackmaps import StackMaps
from pygo_cross.codegen.templates import Step, Templates
from pygo_cross.diag import InternalError
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import (
    BRANCH,
    MEM,
    NAME_AUTO,
    NAME_EXTERN,
    NAME_PARAM,
    Addr,
    Prog,
    const,
    memory,
    register,
)
from pygo_cross.obj.reloctype import R_ADDR
from pygo_cross.obj.symbol import PCDATA_STACK_MAP, PCDATA_UNSAFE_POINT, RODATA, UNSAFE_POINT_UNSAFE, Symbol
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.kinds import NAMES
from pygo_cross.ssa.refs import CallInfo, DataRef, TextRef
from pygo_cross.ssa.unit import ABI0, FuncInfo

PCDATA_PANIC_BOUNDS: Final = 4

_BOUNDS_CODES: Final = {
    name: code
    for code, name in enumerate(("Index", "SliceAlen", "SliceAcap", "SliceB", "Slice3Alen", "Slice3Acap", "Slice3B", "Slice3C", "Convert"))
}
_MOST_CONST: Final = 31
_BRANCH: Final = Addr(BRANCH)
_SUM: Final = Mem(VALUE, 0, 0, None, 1)

Resolve = Callable[[object], Symbol]


@final
class Trace:
    """Which instructions are of which value: `ends` has, for each value in the order of the code, and for each block's end, how many
    there are behind it; `stubs` first and last of those behind the function, by the id of the value."""

    __slots__ = ("ends", "stubs")

    def __init__(self) -> None:
        self.ends: list[int] = []
        self.stubs: dict[int, tuple[int, int]] = {}


class Emission:
    """Emits functions for one architecture. `resolve` makes symbols of what values refer to (ssa.refs)."""

    def __init__(self, table: InsnTable, context: Context, resolve: Resolve) -> None:
        self.table = table
        self.context = context
        self.resolve = resolve
        self.templates = Templates(table)
        self.registers = {dense: register(number) for dense, number in table.registers.numbers.items()}
        self.constants: dict[int, Addr] = {}
        self.operands: dict[tuple[int, int, int, Symbol | None, int, int], Addr] = {}
        self.runtime: dict[str, Addr] = {}
        self.tables: list[tuple[Symbol, list[Prog]]] = []
        self.machine = table.code
        self.copies, self.loads, self.stores = (
            [by_name.get(name, "") for name in NAMES] for by_name in (table.code.copies, table.code.loads, table.code.stores)
        )

    def emit(self, func: Func, allocation: Allocation, marks: dict[int, int] | StackMaps, trace: Trace | None = None) -> list[Prog]:
        """The code of a function, without TEXT and prologue. `marks` has the stack map of each value that calls, by id. `trace` is told
        which instructions are of which value."""
        return _Function(self, func, allocation, marks, trace).run()

    def write_tables(self, symbol: Symbol) -> None:
        """The tables by which a function jumps, when its instructions have their places."""
        context = self.context
        for table, targets in self.tables:
            size = 8 * len(targets)
            table.data = bytearray(size)
            table.align = 8
            table.relocs = [(8 * at, 8, R_ADDR, prog.pc, symbol) for at, prog in enumerate(targets)]
            context.define_data(table, size, RODATA)
        self.tables = []

    def operand(self, register: int, offset: int, name: int, symbol: Symbol | None = None, index: int = 0, scale: int = 0) -> Addr:
        """A memory operand. Equal ones are one object, by which what follows knows what it has encoded already."""
        key = (register, offset, name, symbol, index, scale)
        found = self.operands.get(key)
        if found is None:
            found = self.operands[key] = Addr(MEM, register, offset, name, symbol)
            found.index = index
            found.scale = scale
        return found

    def const(self, value: int) -> Addr:
        """$value"""
        found = self.constants.get(value)
        if found is None:
            found = self.constants[value] = const(value)
        return found

    def function(self, name: str) -> Addr:
        """A function of the runtime to call."""
        found = self.runtime.get(name)
        if found is None:
            found = self.runtime[name] = Addr(BRANCH, 0, 0, NAME_EXTERN, self.resolve(TextRef(name)))
        return found


@final
class _Function:
    __slots__ = (
        "allocation",
        "branches",
        "emission",
        "func",
        "inline",
        "line",
        "map",
        "marks",
        "progs",
        "reg",
        "starts",
        "stubs",
        "tables",
        "trace",
        "unsafe_until",
    )

    def __init__(
        self, emission: Emission, func: Func, allocation: Allocation, marks: dict[int, int] | StackMaps, trace: Trace | None
    ) -> None:
        self.emission = emission
        self.func = func
        self.allocation = allocation
        self.marks = marks
        self.reg = allocation.reg
        self.progs: list[Prog] = []
        self.branches: list[tuple[Prog, Block]] = []
        self.starts: dict[Block, int] = {}
        self.tables: list[tuple[Symbol, list[Block]]] = []
        self.stubs: list[tuple[Value, Prog, int]] = []  # of a value, the branch to it, and which Prog is behind the value
        self.map = -1  # the stack map in force
        self.unsafe_until = -1
        self.trace = trace
        self.line = 0
        self.inline = 0

    def run(self) -> list[Prog]:
        progs = self.progs
        blocks = self.func.blocks
        first = self.emission.table.rows
        choices_of = self.emission.templates.choices
        copies = {ops.COPY: self.copy, ops.SPILL: self.spill, ops.RELOAD: self.reload}
        ends = self.trace.ends if self.trace is not None else None
        for at, block in enumerate(blocks):
            self.starts[block] = len(progs)
            for value in block.values:
                op = value.op
                self.line = value.pos
                self.inline = value.inline
                if op >= ops.FIRST_MACHINE_OP:
                    text = self.emission.table.templates[op]
                    if text[0] == "!":
                        self.special(value, first[op], text)
                    else:
                        choices = choices_of(op)
                        steps = choices[0]
                        if len(choices) > 1:
                            target = self.reg[value.id]
                            if self.reg[value.args[0].id] != target:
                                same = len(choices) == 3 and self.reg[value.args[1].id] == target
                                steps = choices[1] if same else choices[-1]
                        self.steps(steps, value.args, self.reg[value.id], value.imm, value.aux)
                elif op in copies:
                    copies[op](value)
                if value.id == self.unsafe_until:
                    self.unsafe_point(-1)
                    self.unsafe_until = -1
                if ends is not None:
                    ends.append(len(progs))
            if self.unsafe_until >= 0:
                raise self.func.bug("emit", "the stores of a write barrier are not in its block", block)
            self.exit(block, blocks[at + 1] if at + 1 < len(blocks) else None)
            if ends is not None:
                ends.append(len(progs))
        for value, branch, behind in self.stubs:
            start = len(progs)
            self.stub(value, branch, behind)
            if self.trace is not None:
                self.trace.stubs[value.id] = start, len(progs)
        for prog, block in self.branches:
            prog.target = self.at(self.starts[block])
        self.emission.tables += [(table, [self.at(self.starts[block]) for block in targets]) for table, targets in self.tables]
        return progs

    def at(self, index: int) -> Prog:
        """The instruction that a branch to a place leads to: marks are not among those that stay in any case."""
        progs = self.progs
        while index < len(progs) and progs[index].op == "PCDATA":
            index += 1
        if index == len(progs):
            raise self.func.bug("emit", "a branch behind the end")
        return progs[index]

    # ---- single instructions

    def add(self, op: str, args: tuple[Addr, ...]) -> Prog:
        prog = Prog(op, args, None, self.line)
        prog.inline = self.inline
        self.progs.append(prog)
        return prog

    def steps(self, steps: tuple[Step, ...], args: list[Value], result: int, imm: int, aux: object) -> list[Prog]:
        """The instructions of a template; what is returned are those that branch to a stub."""
        emission = self.emission
        registers = emission.registers
        reg = self.reg
        to_stub: list[Prog] = []
        labels: dict[int, Prog] = {}
        waiting: list[tuple[Prog, int]] = []
        for step in steps:
            operands: list[Addr] = []
            target = 0
            for code in step.operands:
                if type(code) is int:
                    if code >= 0:
                        operands.append(registers[reg[args[code].id]])
                    elif code == tm.RESULT:
                        operands.append(registers[result])
                    elif code == tm.MEMORY:
                        assert isinstance(aux, Mem)
                        operands.append(self.memory(aux, args))
                    elif code == tm.IMMEDIATE:
                        operands.append(emission.const(imm))
                    elif code == tm.BASE:
                        operands.append(memory(emission.table.registers.numbers[reg[args[0].id]], imm))
                    elif code == tm.SUM:
                        operands.append(self.memory(_SUM, args))
                    elif code == tm.FLOAT:
                        width = 4 if step.op.endswith("SS") else 8
                        operands.append(self.float(imm.to_bytes(width, "little", signed=imm < 0)))
                    else:
                        target = code
                        operands.append(_BRANCH)
                elif isinstance(code, bytes):
                    operands.append(self.float(code))
                else:
                    assert isinstance(code, Addr)
                    operands.append(code)
            prog = self.add(step.op or "NOP", tuple(operands))
            if step.label:
                labels[step.label] = prog
            if target == tm.STUB:
                to_stub.append(prog)
            elif target:
                waiting.append((prog, tm.LABEL - target))
        for prog, label in waiting:
            prog.target = labels[label]
        return to_stub

    def float(self, bits: bytes) -> Addr:
        """A float constant in memory."""
        context = self.emission.context
        symbol = context.constant("f64" if len(bits) == 8 else "f32", bits, len(bits))
        return Addr(MEM, 0, 0, NAME_EXTERN, symbol)

    def memory(self, mem: Mem, args: list[Value]) -> Addr:
        """A memory operand; its registers are those of the last arguments."""
        emission = self.emission
        numbers = emission.table.registers.numbers
        base = mem.base
        register = name = index = 0
        offset = mem.offset
        symbol = None
        if base == VALUE:
            register = numbers[self.reg[args[-2 if mem.scale else -1].id]]
        elif base == SYMBOL:
            name, symbol = NAME_EXTERN, emission.resolve(mem.ref)
        elif base == SLOT:
            assert isinstance(mem.ref, Slot)
            name = NAME_AUTO
            offset += mem.ref.offset
        elif base == INCOMING:
            name = NAME_PARAM
        elif base == OUTGOING:
            register = emission.machine.stack_pointer
            offset += emission.machine.outgoing
        else:
            raise InternalError("emit", "a memory operand of no kind", str(base))
        if mem.scale:
            index = numbers[self.reg[args[-1].id]]
        return emission.operand(register, offset, name, symbol, index, mem.scale)

    # ---- what allocation has put in

    def copy(self, value: Value) -> None:
        source, target = self.reg[value.args[0].id], self.reg[value.id]
        if source != target:
            op = self.emission.copies[value.kind]
            self.add(op, (self.emission.registers[source], self.emission.registers[target]))

    def spill(self, value: Value) -> None:
        slot = value.aux
        assert isinstance(slot, Slot)
        op = self.emission.stores[value.kind]
        self.add(op, (self.emission.registers[self.reg[value.args[0].id]], self.emission.operand(0, slot.offset, NAME_AUTO)))

    def reload(self, value: Value) -> None:
        slot = value.aux
        assert isinstance(slot, Slot)
        op = self.emission.loads[value.kind]
        self.add(op, (self.emission.operand(0, slot.offset, NAME_AUTO), self.emission.registers[self.reg[value.id]]))

    # ---- exits

    def exit(self, block: Block, following: Block | None) -> None:
        self.line = block.pos
        self.inline = block.inline
        kind = block.kind
        if kind == ops.RET:
            self.add("RET", ())
        elif kind == ops.EXIT:
            self.add("UNDEF", ())
        elif kind == ops.IF:
            emission = self.emission
            aux = block.aux
            self.steps(emission.templates.steps(block.op), block.controls, -1, block.imm, aux)
            name = emission.table.rows[block.op].name
            condition = name[1 : name.index(".")]
            yes, no = block.succs
            for jump, which in emission.machine.jumps(condition, following is yes, following is no):
                self.jump(jump, yes if which else no)
        elif kind == ops.JUMP_TABLE:
            self.jump_table(block)
        elif block.succs[0] is not following:
            self.jump(self.emission.machine.jump, block.succs[0])

    def jump(self, op: str, to: Block) -> None:
        self.branches.append((self.add(op, (_BRANCH,)), to))

    def jump_table(self, block: Block) -> None:
        """To one of many successors, by a table of their addresses."""
        emission = self.emission
        table = emission.context.lookup_static(f"{self.func.symbol}.jump{block.id}")
        index = emission.table.registers.numbers[self.reg[block.controls[0].id]]
        emission.machine.jump_table(self.add, index, Addr(MEM, 0, 0, NAME_EXTERN, table))
        self.tables.append((table, block.succs))

    # ---- calls and what is behind the function

    def stack_map(self, index: int) -> None:
        """Say which stack map holds from here on."""
        if index != self.map:
            self.map = index
            self.add("PCDATA", (self.emission.const(PCDATA_STACK_MAP), self.emission.const(index)))

    def unsafe_point(self, value: int) -> None:
        self.add("PCDATA", (self.emission.const(PCDATA_UNSAFE_POINT), self.emission.const(value)))

    def special(self, value: Value, row: Insn, text: str) -> None:
        """What depends on more than its operands."""
        word, _, rest = text[1:].partition(" ")
        emission = self.emission
        if word in ("call", "closure", "pointer"):
            self.stack_map(self.marks.get(value.id, 0))
            if word == "call":
                self.call_static(value)
            else:
                self.steps(emission.templates.parse(rest), value.args, -1, 0, None)
        elif word == "bounds":
            (branch,) = self.steps(emission.templates.parse(rest), value.args, -1, value.imm, None)
            self.stubs.append((value, branch, len(self.progs)))
        elif word == "barrier":
            self.unsafe_point(UNSAFE_POINT_UNSAFE)
            flag = Addr(MEM, 0, 0, NAME_EXTERN, emission.resolve(DataRef("runtime.writeBarrier")))
            branch = emission.machine.test_barrier(self.add, flag)
            self.stubs.append((value, branch, len(self.progs)))
            self.unsafe_until = value.imm
        else:
            raise InternalError("emit", "an operation that nobody knows", row.name)

    def call_static(self, value: Value) -> None:
        call = value.aux
        assert isinstance(call, MachineCall) and isinstance(call.info, CallInfo) and call.info.target is not None
        target = call.info.target
        emission = self.emission
        here = isinstance(self.func.info, FuncInfo) and bool(self.func.info.flags & ABI0)
        if here and not target.abi0:
            emission.machine.enter(self.add)
        self.add("CALL", (Addr(BRANCH, 0, 0, NAME_EXTERN, emission.resolve(target)),))
        if target.abi0 and not here:
            emission.machine.enter(self.add)

    def stub(self, value: Value, branch: Prog, behind: int) -> None:
        """Code that is reached when a check has failed, or while the collector marks."""
        self.line = value.pos
        self.inline = value.inline
        emission = self.emission
        row = emission.table.rows[value.op]
        start = len(self.progs)
        barrier = value.aux
        if isinstance(barrier, Barrier):
            self.unsafe_point(UNSAFE_POINT_UNSAFE)
            self.add("CALL", (emission.function(f"runtime.gcWriteBarrier{barrier.entries}"),))
            numbers = emission.table.registers.numbers
            stores = []
            for written, first, mem in barrier.parts:
                number = numbers[self.reg[value.args[written].id]] if written >= 0 else 0
                stores.append((number, self.memory(mem, value.args[first : first + mem.registers])))
            emission.machine.fill_barrier(self.add, stores)
            self.add(emission.machine.jump, (_BRANCH,)).target = self.at(behind)
            self.unsafe_point(-1)
        else:
            self.stack_map(self.marks.get(value.id, 0))
            self.panic_bounds(value, row)
        branch.target = self.at(start)

    def panic_bounds(self, value: Value, row: Insn) -> None:
        """The call of the runtime that panics; the number in the pc table says where it finds the index and the length."""
        emission = self.emission
        what = value.aux
        assert isinstance(what, str)
        signed = not what.endswith("U")
        code = _BOUNDS_CODES[what.removesuffix("U")]
        regs = [self.reg[arg.id] for arg in value.args]
        if row.name.endswith("const"):
            index, length = (True, regs[0]), (False, value.imm)
        elif row.name.endswith("index"):
            index, length = (False, value.imm), (True, regs[0])
        else:
            index, length = (True, regs[0]), (True, regs[1])
        taken = {number for is_register, number in (index, length) if is_register}
        if not index[0] and not 0 <= index[1] <= _MOST_CONST:
            index = self.constant_register(index[1], taken)
        if not length[0] and not 0 <= length[1] <= _MOST_CONST:
            length = self.constant_register(length[1], taken)
        number = 0
        if index[0]:
            number |= 1 | signed << 2 | index[1] << 3
        else:
            number |= index[1] << 2
        number |= length[0] << 1 | length[1] << 7
        pcdata = emission.const(PCDATA_PANIC_BOUNDS)
        self.add("PCDATA", (pcdata, emission.const(number * len(_BOUNDS_CODES) + code)))
        self.add("CALL", (emission.function("runtime.panicBounds"),))
        self.add("PCDATA", (pcdata, emission.const(-1)))
        self.add("UNDEF", ())

    def constant_register(self, value: int, taken: set[int]) -> tuple[bool, int]:
        """A constant that the pc table has no room for, in a register that nothing else needs there."""
        emission = self.emission
        free = next(number for number in emission.table.registers.order if number not in taken)
        taken.add(free)
        self.add(emission.machine.load_constant, (emission.const(value), emission.registers[free]))
        return True, free
