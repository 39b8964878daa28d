# SPDX-License-Identifier: BSD-3-Clause
"""Random functions behind selection, for a machine made up to be unpleasant: few registers, and every constraint that a row can have."""

from __future__ import annotations

import random
from typing import Final

from pygo_cross.arch import insn
from pygo_cross.arch.insn import FIRST_FLOAT, Insn, RegisterFile
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import Builder
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import F64, I64, VOID, P

_M: Final = ops.FIRST_MACHINE_OP
INTEGERS: Final = 0b111111
FLOATS: Final = 0b111 << FIRST_FLOAT
A, C, D, X = 1, 2, 4, 16

_BINARY: Final = (INTEGERS, INTEGERS)
ROWS: Final = {
    row.op: row
    for row in (
        Insn(_M + 0, "Const", (), INTEGERS, insn.PURE | insn.REMAT),
        Insn(_M + 1, "Add", _BINARY, INTEGERS, insn.PURE | insn.TWO_ADDRESS | insn.COMMUTES),
        Insn(_M + 2, "Sub", _BINARY, INTEGERS, insn.PURE | insn.TWO_ADDRESS),
        Insn(_M + 3, "Lea", _BINARY, INTEGERS, insn.PURE),
        Insn(_M + 4, "Div", (A, INTEGERS & ~(A | D)), A, insn.PURE | insn.TWO_ADDRESS, D),
        Insn(_M + 5, "Mod", (A, INTEGERS & ~(A | D)), D, insn.PURE, A),
        Insn(_M + 6, "Shl", (INTEGERS & ~C, C), INTEGERS & ~C, insn.PURE | insn.TWO_ADDRESS),
        Insn(_M + 7, "Early", _BINARY, INTEGERS, insn.PURE | insn.EARLY_RESULT),
        Insn(_M + 8, "EarlyInPlace", _BINARY, INTEGERS, insn.PURE | insn.EARLY_RESULT | insn.TWO_ADDRESS),
        Insn(_M + 9, "Load", (INTEGERS,), INTEGERS, insn.READS),
        Insn(_M + 10, "Store", _BINARY, 0, insn.WRITES),
        Insn(_M + 11, "Fill", (D, C, INTEGERS), 0, insn.WRITES, D | C | X),
        Insn(_M + 12, "FAdd", (FLOATS, FLOATS), FLOATS, insn.PURE | insn.TWO_ADDRESS | insn.COMMUTES),
        Insn(_M + 13, "ToFloat", (INTEGERS,), FLOATS, insn.PURE),
        Insn(_M + 14, "FConst", (), FLOATS, insn.PURE | insn.REMAT),
        Insn(_M + 15, "Barrier", (), 0, insn.WRITES, X),
        Insn(_M + 16, "Select", (INTEGERS, INTEGERS, INTEGERS), INTEGERS, insn.PURE | insn.TWO_ADDRESS),
        Insn(_M + 20, "Call", (), 0, insn.CALL),
        Insn(_M + 30, "Less", _BINARY, 0, insn.PURE),
        Insn(_M + 31, "Jump", (INTEGERS,), 0, insn.PURE, X),
    )
}
NUMBERS: Final = {row.name: row.op for row in ROWS.values()}
REGISTERS: Final = RegisterFile({}, INTEGERS, FLOATS, (), 5, 9)
PARAMS: Final = (A, C, D, 1 << FIRST_FLOAT, X)
_INTEGER_OPS: Final = ("Add", "Sub", "Lea", "Div", "Mod", "Shl", "Early", "EarlyInPlace")
_RETURN: Final = (A, 8, 2 << FIRST_FLOAT)


class _Maker:
    """Makes one function: `variables` are SSA variables, the last ones floats."""

    def __init__(self, seed: int, size: int, variables: int) -> None:
        self.rng = random.Random(seed)
        self.func = Func(f"random.{seed}", (), (I64, I64, F64))
        self.b = Builder(self.func)
        self.size = size
        self.integers = [("i", number) for number in range(variables)]
        self.floats = [("f", number) for number in range(1 + variables // 3)]
        self.calls = self.rng.choice((0, 0.02, 0.1, 0.3))
        self.depth = 0
        self.targets: list[tuple[object, object]] = []
        params = [self.b.emit(ops.PARAM, F64 if number == 3 else I64, (), number) for number in range(len(PARAMS))]
        closure = self.b.emit(ops.CLOSURE, P)
        self.seeds = [value for value in params if value.kind == I64]
        for number, variable in enumerate(self.integers):
            if number < len(self.seeds) and self.rng.random() < 0.8:
                self.b.write(variable, self.seeds[number])
            elif self.rng.random() < 0.1:
                self.b.write(variable, closure)
            else:
                self.b.write(variable, self.emit("Const", I64, (), self.rng.randrange(100)))
        for variable in self.floats:
            self.b.write(variable, params[3] if self.rng.random() < 0.5 else self.emit("FConst", F64, (), 1))

    def emit(self, name: str, kind: int = VOID, args: tuple[Value, ...] = (), imm: int = 0) -> Value:
        return self.b.emit(NUMBERS[name], kind, args, imm)

    def integer(self) -> Value:
        if self.rng.random() < 0.15:
            return self.emit("Const", I64, (), self.rng.randrange(5))
        return self.b.read(self.rng.choice(self.integers))

    def float(self) -> Value:
        return self.b.read(self.rng.choice(self.floats))

    def statement(self) -> None:
        rng, b = self.rng, self.b
        if rng.random() < self.calls:
            self.call()
            return
        choice = rng.random()
        if choice < 0.5:
            b.write(rng.choice(self.integers), self.emit(rng.choice(_INTEGER_OPS), I64, (self.integer(), self.integer())))
        elif choice < 0.6:
            some = rng.sample(self.integers, min(len(self.integers), rng.choice((2, 2, 3, 4))))
            values = [b.read(one) for one in some]
            for one, value in zip(some, values[1:] + values[:1], strict=True):
                b.write(one, value)
        elif choice < 0.68:
            b.write(rng.choice(self.floats), self.emit("FAdd", F64, (self.float(), self.float())))
        elif choice < 0.72:
            b.write(rng.choice(self.floats), self.emit("ToFloat", F64, (self.integer(),)))
        elif choice < 0.78:
            b.write(rng.choice(self.integers), self.emit("Select", I64, (self.integer(), self.integer(), self.integer())))
        elif choice < 0.85:
            self.emit("Store", VOID, (self.integer(), self.integer()))
        elif choice < 0.9:
            b.write(rng.choice(self.integers), self.emit("Load", I64, (self.integer(),)))
        elif choice < 0.94:
            self.emit("Fill", VOID, (self.integer(), self.integer(), self.integer()))
        elif choice < 0.97:
            self.emit("Barrier")
        else:
            one = b.read(rng.choice(self.integers))
            b.write(rng.choice(self.integers), b.emit(ops.COPY, one.kind, (one,)))

    def call(self) -> None:
        rng = self.rng
        registers = rng.sample((A, C, D, 8, X), rng.randrange(4))
        inputs = list(registers)
        args = [self.integer() for _ in registers]
        if rng.random() < 0.4:
            inputs.append(1 << FIRST_FLOAT)
            args.append(self.float())
        if rng.random() < 0.3:
            inputs.insert(0, INTEGERS)
            args.insert(0, self.integer())
        outputs = tuple(rng.sample((A, D, 8), rng.randrange(3)))
        call = self.b.emit(NUMBERS["Call"], VOID, args, 0, MachineCall(None, tuple(inputs), outputs, 0))
        results = [self.b.emit(ops.RESULT, I64, (call,), number) for number in range(len(outputs))]
        for value in results:
            self.b.write(rng.choice(self.integers), value)

    def branch(self, yes: object, no: object) -> None:
        block = self.b.block
        condition = self.emit("Const", 1, ())
        self.b.branch(condition, yes, no, self.rng.choice((0, 0, 1, -1)))  # type: ignore[arg-type]
        if block is None:
            return
        if self.rng.random() < 0.8:
            args = [condition, condition]
            block.op = NUMBERS["Less"]
        else:
            args = [condition]
            block.op = NUMBERS["Jump"]
        self.b.block = block
        block.set_controls([self.integer() for _ in args])
        self.b.block = None

    def leave(self) -> None:
        block = self.b.block
        self.b.ret([self.integer(), self.integer(), self.float()])
        if block is not None:
            block.aux = MachineCall(None, _RETURN, (), 0)

    def body(self, size: int) -> None:
        """Statements with branches and loops in them."""
        rng, b = self.rng, self.b
        while size > 0 and b.block is not None:
            choice = rng.random()
            if choice < 0.12 and size > 3 and self.depth < 5:
                self.depth += 1
                part = rng.randrange(1, size)
                size -= part
                if rng.random() < 0.5:
                    yes, no, behind = b.new_block(), b.new_block(), b.new_block()
                    self.branch(yes, no)
                    b.begin(yes)
                    self.body(part // 2)
                    b.goto(behind)
                    b.begin(no)
                    self.body(part // 3)
                    b.goto(behind)
                    b.begin(behind)
                else:
                    header, inside, behind = b.new_block(), b.new_block(), b.new_block()
                    b.goto(header)
                    b.begin(header, False)
                    self.body(rng.randrange(3))
                    self.branch(inside, behind)
                    b.begin(inside)
                    self.targets.append((header, behind))
                    self.body(part)
                    self.targets.pop()
                    b.goto(header)
                    b.seal(header)
                    b.begin(behind)
                self.depth -= 1
            elif choice < 0.14 and self.targets:
                on = b.new_block()
                self.branch(self.rng.choice(self.targets)[rng.randrange(2)], on)
                b.begin(on)
            elif choice < 0.15:
                on, out = b.new_block(), b.new_block()
                self.branch(on, out)
                b.begin(out)
                self.leave()
                b.begin(on)
            else:
                self.statement()
                size -= 1

    def structured(self) -> Func:
        self.body(self.size)
        self.leave()
        return self.b.finish()

    def graph(self) -> Func:
        """Blocks whose successors are any."""
        rng, b = self.rng, self.b
        blocks = [b.new_block() for _ in range(max(self.size // 6, 2))]
        b.goto(blocks[0])
        for number, block in enumerate(blocks):
            b.begin(block, False)
            for _ in range(rng.randrange(8)):
                self.statement()
            if number == len(blocks) - 1:
                self.leave()
            elif rng.random() < 0.3:
                b.goto(blocks[number + 1])
            else:
                self.branch(*rng.sample((blocks[number + 1], rng.choice(blocks)), 2))
        for block in blocks:
            b.seal(block)
        return b.finish()


def random_function(seed: int, size: int = 60) -> Func:
    """A function by its number: structured mostly, else with jumps to anywhere."""
    maker = _Maker(seed, size, 2 + seed % 11)
    return maker.graph() if seed % 4 == 3 else maker.structured()
