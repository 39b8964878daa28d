# SPDX-License-Identifier: BSD-3-Clause
"""Assembles what our disassembler told, and compares the bytes.

Every function becomes source text as objdump prints it, with labels where amd64 branches to, and with names of our own for what the
linker knew; what is told with `?`, and what is no instruction, becomes data. The bytes of each line must be those it was read from, but for
the fields that a relocation fills.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pygo_cross.arch.machine import Instruction, decoder, machine
from pygo_cross.asm import branches
from pygo_cross.asm.assemble import Options, make_context
from pygo_cross.asm.disassemble import Function
from pygo_cross.asm.parser import Parser
from pygo_cross.asm.paths import PathRewriter
from pygo_cross.asm.preprocess import Source
from pygo_cross.obj import format as obj_format
from pygo_cross.obj.prog import BRANCH, MEM, NAME_EXTERN, Addr, Prog
from pygo_cross.obj.symbol import Symbol

_PIECE: Final = 200  # functions that are assembled at a time
_ELSEWHERE: Final = Symbol("·elsewhere")


@dataclass
class Result:
    """Instructions that came back, those that didn't, and those that were not tried, by why."""

    same: int = 0
    wrong: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


class _Line:
    """One line of source: its text, the bytes it must give, and which of these are the linker's.

    `distance` is where a branch inside its function has its distance, 0 for all others. `function` is the function's number.
    """

    __slots__ = ("code", "distance", "filled", "function", "text")

    def __init__(self, text: str, code: bytes, filled: bytes = b"", distance: int = 0) -> None:
        self.text, self.code, self.filled, self.distance = text, code, filled, distance
        self.function = 0

    def is_same(self, made: bytes) -> bool:
        """Whether these bytes are right."""
        if not self.filled or len(made) != len(self.code):
            return made == self.code
        return all(a & ~mask == b & ~mask for a, b, mask in zip(made, self.code, self.filled, strict=True))


def _data(code: bytes, quantum: int) -> str:
    if quantum == 4 and len(code) == 4:
        return f"WORD ${int.from_bytes(code, 'little'):#010x}"
    return "; ".join(f"BYTE ${byte:#04x}" for byte in code)


class _Writer:
    """Source text of functions."""

    def __init__(self, arch: str, result: Result) -> None:
        self.decode = decoder(arch)
        self.show = machine(arch).show_disassembled
        self.result = result
        self.pushes = False

    def function(self, function: Function, number: int) -> list[_Line]:
        """The lines of a function, labels among them."""
        code, quantum = function.code, function.quantum
        found: list[tuple[int, int, Instruction | None]] = []
        at = 0
        while at < len(code):
            instruction = self.decode(code, at)
            size = instruction.size if instruction is not None else quantum if at + quantum <= len(code) else 1
            found.append((at, size, instruction))
            at += size
        starts = {start: instruction.op if instruction is not None else "" for start, _, instruction in found}
        targets = set()
        if quantum == 1:
            for start, size, instruction in found:
                if instruction is not None and instruction.distance is not None and instruction.args[0].type == BRANCH:
                    targets.add(start + size + instruction.distance)
        lines = [_Line(f"TEXT ·f{number}(SB), 516, $0", b"")]
        # The assembler counts pushes from line to line, and wants none left at a RET.
        self.pushes = any(instruction is not None and instruction.op.startswith("PUSH") for _, _, instruction in found)
        for start, size, instruction in found:
            if start in targets:
                lines.append(_Line(f"L{start}:", b""))
            lines.append(self._line(code[start : start + size], start, instruction, starts, quantum))
        for line in lines:
            line.function = number
        return lines

    def _line(self, code: bytes, start: int, instruction: Instruction | None, starts: dict[int, str], quantum: int) -> _Line:
        if len(code) % quantum:
            self.result.left_out["what is behind the last whole word"] += 1
            return _Line("", b"")
        if instruction is None or not instruction.exact:
            self.result.left_out["no instruction that the assembler makes"] += 1
            return _Line(_data(code, quantum), code)
        if instruction.op == "RET" and self.pushes:
            self.result.left_out["RET of a function that pushes"] += 1
            return _Line(_data(code, quantum), code)
        args = instruction.args
        filled = b""
        branch = ""
        distance = 0
        if instruction.distance is not None:
            target = start + len(code) + instruction.distance
            if args and any(arg.type == BRANCH for arg in args):
                inside = target in starts
                if not inside and instruction.op not in ("JMP", "CALL"):
                    self.result.left_out["a conditional branch out of its function"] += 1
                    return _Line(_data(code, quantum), code)
                if starts.get(target) == "JMP" and instruction.op != "CALL":
                    self.result.left_out["a branch to a jump, which the assembler follows"] += 1
                    return _Line(_data(code, quantum), code)
                if not inside or instruction.op == "CALL":
                    branch = "·elsewhere(SB)"
                    filled = b"\xff\xff\xff\3" if quantum == 4 else bytes(instruction.at) + b"\xff" * 4
                    if quantum == 1 and len(code) < instruction.at + 4:
                        self.result.left_out["a short branch out of its function"] += 1
                        return _Line(_data(code, quantum), code)
                elif quantum == 1:
                    branch, distance = f"L{target}", instruction.at
                else:
                    branch = f"{(instruction.distance + quantum) // quantum}(PC)"
            else:
                args = tuple(_named(arg) for arg in args)
                filled = bytes(instruction.at) + b"\xff" * 4 + bytes(len(code) - instruction.at - 4)
        elif instruction.op in ("ADR", "ADRP"):
            self.result.left_out["ADRP and ADR, which have symbols and labels in source"] += 1
            return _Line(_data(code, quantum), code)

        def show(arg: Addr, prog: Prog) -> str:
            return branch if arg.type == BRANCH else self.show(arg, prog)

        text = obj_format.instruction(Prog(instruction.op, args, None, 0, instruction.suffix), show)
        return _Line(text, code, filled, distance)


def _named(arg: Addr) -> Addr:
    """An operand whose place only the linker knew."""
    if arg.type != MEM or arg.name != NAME_EXTERN:
        return arg
    new = arg.copy()
    new.sym = _ELSEWHERE
    return new


def _assemble(arch: str, goos: str, path: str, lines: list[_Line], result: Result) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("\n".join(line.text for line in lines) + "\n")
    options = Options(arch, goos)
    options.all_errors = options.keep_going = options.simd = True
    context = make_context(options)
    target = machine(arch)
    Parser(context, target, Source(path, [], [], PathRewriter(os.path.dirname(path), "", "")), True).parse()
    make_bytes = target.finisher(context)
    made: dict[int, bytes] = {}
    for symbol in context.text:
        assert symbol.func is not None
        branches.resolve(context, symbol.func.progs)
        make_bytes(symbol)
        for prog in symbol.func.progs:
            if prog.size:
                made[prog.line] = made.get(prog.line, b"") + bytes(symbol.data[prog.pc : prog.pc + prog.size])
    errors = {error.pos.line: error.message for error in context.errors}
    # Where alignment made a branch long, it may be short now, and all distances across it are others.
    moved = {line.function for number, line in enumerate(lines, 1) if line.distance and len(made.get(number, b"")) != len(line.code)}
    for number, line in enumerate(lines, 1):
        if not line.code:
            continue
        if number in errors:
            result.wrong.append(f"{line.text}: {errors[number]}")
        elif line.is_same(made.get(number, b"")):
            result.same += 1
        elif line.distance and line.function in moved:
            result.left_out["a branch of a function where one got shorter"] += 1
        else:
            result.wrong.append(f"{line.text}: read from {line.code.hex()}, assembles to {made.get(number, b'').hex()}")


def assemble_again(functions: Iterable[Function], arch: str, goos: str = "linux") -> Result:
    """All instructions of these functions, assembled from their text."""
    result = Result()
    writer = _Writer(arch, result)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "again.s")
        lines: list[_Line] = []
        for number, function in enumerate(functions, 1):
            lines += writer.function(function, number)
            if not number % _PIECE:
                _assemble(arch, goos, path, lines, result)
                lines = []
        if lines:
            _assemble(arch, goos, path, lines, result)
    return result
