# SPDX-License-Identifier: BSD-3-Clause
"""What -d=pctab=NAME prints: how a pc table of each function came to be, instruction by instruction.

Facts: GOROOT/src/cmd/internal/obj/pcln.go (funcpctab), whose last line but one has an address of its own memory, which is 0 here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pygo_cross.obj.context import Context
from pygo_cross.obj.format import ShowOperand, placed
from pygo_cross.obj.prog import Prog
from pygo_cross.obj.symbol import Symbol

TABLES: Final = ("pctospadj", "pctofile", "pctoline", "pctoinline", "pctopcdata")

_Value = Callable[[int, Prog, int], int]
"""The value in effect before (phase 0) or behind (1) an instruction, from the one before that."""


def text(context: Context, symbol: Symbol, name: str, show: ShowOperand) -> str:
    """The tables of this name of a finished function."""
    func = symbol.func
    assert func is not None
    tables: list[tuple[_Value, Symbol | None]] = []
    if name == "pctospadj":
        tables = [(_depth, func.pcsp)]
    elif name == "pctofile":
        tables = [(lambda old, prog, phase: _place(context, prog, True) if not phase and _is_placed(prog) else old, func.pcfile)]
    elif name == "pctoline":
        tables = [(lambda old, prog, phase: _place(context, prog, False) if not phase and _is_placed(prog) else old, func.pcline)]
    elif name == "pctoinline":
        tables = [(lambda old, prog, phase: old if phase else -1, func.pcinline)]
    elif name == "pctopcdata":
        tables = [(_pcdata(number), table) for number, table in enumerate(func.pcdata) if table.data]
    return "".join(line + "\n" for value, table in tables if table for line in _lines(symbol, name, value, bytes(table.data), show))


def _lines(symbol: Symbol, name: str, value: _Value, table: bytes, show: ShowOperand) -> Iterator[str]:
    func = symbol.func
    assert func is not None
    yield f"funcpctab {symbol.name} [valfunc={name}]"
    progs = func.progs
    current = told = -1
    started = False
    yield f"{progs[0].pc:6x} {current:6d} {placed(progs[0], show)}"
    for at, prog in enumerate(progs):
        current = value(current, prog, 0)
        # A value that stands, and an instruction without bytes.
        unseen = (current == told and started) or (at + 1 < len(progs) and progs[at + 1].pc == prog.pc)
        if not unseen:
            yield f"{prog.pc:6x} {current:6d} {placed(prog, show)}"
            told, started = current, True
            current = value(current, prog, 1)
        else:
            current = value(current, prog, 1)
            yield f"{prog.pc:6x} {'':6} {placed(prog, show)}"
    if started:
        yield f"{progs[0].pc + symbol.size:6x} done"
    yield f"wrote {len(table)} bytes to 0x0"
    yield "".join(f" {byte:02x}" for byte in table)


def _depth(old: int, prog: Prog, phase: int) -> int:
    return (0 if old == -1 else old) + (prog.spadj if phase else 0)


def _is_placed(prog: Prog) -> bool:
    return prog.op not in ("TEXT", "NOP") and bool(prog.line)


def _place(context: Context, prog: Prog, file: bool) -> int:
    base = prog.base
    assert base is not None
    return context.file_index(base) if file else base.relative(prog.line)


def _pcdata(number: int) -> _Value:
    def value(old: int, prog: Prog, phase: int) -> int:
        return prog.args[1].offset if phase and prog.op == "PCDATA" and prog.args[0].offset == number else old

    return value
