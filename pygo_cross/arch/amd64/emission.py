# SPDX-License-Identifier: BSD-3-Clause
"""amd64 for emission: moves by kind, branches by condition, write barriers. Facts: GOROOT/src/cmd/compile/internal/amd64/ssa.go."""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.arch.emission import Add, MachineCode
from pygo_cross.obj.prog import BRANCH, Addr, Prog, const, memory, register

_OPPOSITE: Final = {"EQ": "NE", "LT": "GE", "LE": "GT", "CS": "CC", "LS": "HI"}
_OPPOSITE.update({other: one for one, other in list(_OPPOSITE.items())})
_BRANCH: Final = Addr(BRANCH)
_BUFFER: Final = regs.NUMBERS["R11"]
_SCRATCH: Final = register(regs.NUMBERS["X14"])
_ZERO: Final = register(regs.NUMBERS["X15"])


def _jumps(condition: str, yes_follows: bool, no_follows: bool) -> list[tuple[str, bool]]:
    if condition in ("EQF", "NEF"):
        # Equal is: zero flag set and parity (one is NaN) clear.
        equal = condition == "EQF"
        if (yes_follows if equal else no_follows) and not (yes_follows and no_follows):
            return [("JNE", not equal), ("JPS", not equal)]
        if no_follows if equal else yes_follows:
            return [("JNE", not equal), ("JPC", equal)]
        return [("JNE", not equal), ("JPC", equal), ("JMP", not equal)]
    if no_follows:
        return [("J" + condition, True)]
    if yes_follows:
        return [("J" + _OPPOSITE[condition], False)]
    return [("J" + condition, True), ("JMP", False)]


def _test_barrier(add: Add, flag: Addr) -> Prog:
    add("CMPL", (flag, const(0)))
    return add("JNE", (_BRANCH,))


def _fill_barrier(add: Add, stores: list[tuple[int, Addr]]) -> None:
    at = 0
    for value, place in stores:
        if value:
            add("MOVQ", (register(value), memory(_BUFFER, at)))
            at += 8
        add("MOVSD", (place, _SCRATCH))
        add("MOVSD", (_SCRATCH, memory(_BUFFER, at)))
        at += 8


def _jump_table(add: Add, index: int, table: Addr) -> None:
    add("LEAQ", (table, register(regs.AX)))
    place = memory(regs.AX)
    place.index, place.scale = index, 8
    add("JMP", (place,))


def _enter(add: Add) -> None:
    add("XORPS", (_ZERO, _ZERO))
    add("MOVQ", (memory(regs.TLS), register(regs.G)))


def _by_kind(byte: str, word: str, long: str, quad: str, single: str, double: str) -> dict[str, str]:
    return {"b": byte, "i8": byte, "i16": word, "i32": long, "i64": quad, "p": quad, "f32": single, "f64": double}


CODE: Final = MachineCode(
    _by_kind("MOVL", "MOVL", "MOVL", "MOVQ", "MOVUPS", "MOVUPS"),
    _by_kind("MOVBLZX", "MOVWLZX", "MOVL", "MOVQ", "MOVSS", "MOVSD"),
    _by_kind("MOVB", "MOVW", "MOVL", "MOVQ", "MOVSS", "MOVSD"),
    "JMP",
    "MOVQ",
    regs.SP,
    0,
    _jumps,
    _test_barrier,
    _fill_barrier,
    _jump_table,
    _enter,
)
