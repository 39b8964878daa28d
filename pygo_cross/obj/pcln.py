# SPDX-License-Identifier: BSD-3-Clause
"""The tables that a finished function carries for the runtime: stack depth, file, line, and its PCDATA and FUNCDATA.

A function is finished when its Progs know their offsets (`pc`) and the symbol its size. Each table is made as a list of
changes first, (pc, value) in ascending order, and packed once (pctab.py draws the format).

A change shows at the first Prog that has bytes (or is the last of all): Progs without bytes only pass it on. File and
line of a Prog hold for the Prog itself, what it does to the stack and PCDATA for what follows it.
Facts: GOROOT/src/cmd/internal/obj/pcln.go.
"""

from __future__ import annotations

from pygo_cross.obj import pctab
from pygo_cross.obj.context import Context
from pygo_cross.obj.symbol import Symbol, content_symbol

_Change = tuple[int, int]


def fill(context: Context, symbol: Symbol, quantum: int) -> None:
    """Make all tables of a finished function. `quantum`: the smallest instruction, in bytes."""
    func = symbol.func
    assert func is not None
    depths: list[_Change] = []
    lines: list[_Change] = []
    files: list[_Change] = []
    inlined: list[_Change] = []
    tables: dict[int, list[_Change]] = {}
    funcdata: dict[int, Symbol | None] = {}
    pending: dict[int, int] = {}
    used: set[int] = set()
    depth, line, file, shift, inline = 0, -1, -1, 0, 0
    old_depth, old_line, old_file, old_inline = None, -1, -1, 0
    started = False
    base = None
    progs = func.progs
    following = iter(progs)
    next(following)
    for prog in progs:
        after = next(following, None)
        op = prog.op
        if op != "TEXT" and op != "NOP" and prog.line:
            if prog.base is not base:
                base = prog.base
                assert base is not None
                shift = base.line - base.first
                file = context.file_index(base)
                used.add(file)
            line = prog.line + shift
            inline = prog.inline
        pc = prog.pc
        if after is None or after.pc != pc:
            if not started:
                pc = 0
                started = True
                lines.append((0, line))
                files.append((0, file))
                inlined.append((0, inline - 1))
                old_line, old_file, old_inline = line, file, inline
            elif line != old_line:
                lines.append((pc, line))
                old_line = line
                if file != old_file:
                    files.append((pc, file))
                    old_file = file
            elif file != old_file:
                files.append((pc, file))
                old_file = file
            if inline != old_inline:
                inlined.append((pc, inline - 1))
                old_inline = inline
            if depth != old_depth:
                depths.append((pc, depth))
                old_depth = depth
            if pending:
                for number, value in pending.items():
                    changes = tables[number]
                    if not changes:
                        changes.append((0, value if not pc else -1))
                    if changes[-1][1] != value:
                        changes.append((pc, value))
                pending.clear()
        depth += prog.spadj
        if op == "PCDATA":
            number, value = prog.args[0].offset, prog.args[1].offset
            if not -0x80000000 <= value < 0x80000000:
                context.error(f"overflow in PCDATA instruction: PCDATA\t${number}, ${value}", prog.base, prog.line)
            elif number in tables or value != -1:
                # Tables start at -1, and one that never says anything else is left out.
                tables.setdefault(number, [])
                pending[number] = value
        elif op == "FUNCDATA":
            number = prog.args[0].offset
            if number in funcdata:
                context.error(f"multiple definitions for FUNCDATA ${number}", prog.base, prog.line)
            funcdata[number] = prog.args[1].sym
    end = symbol.size
    func.used_files = sorted(used)
    func.pcsp = _pack(depths, end, quantum)
    func.pcfile = _pack(files, end, quantum)
    func.pcline = _pack(lines, end, quantum)
    func.pcinline = _pack(inlined or [(0, -1)], end, quantum)
    func.pcdata = []
    for number in range(max(tables, default=-1) + 1):
        if number in tables:
            func.pcdata.append(_pack(tables[number] or [(0, -1)], end, quantum))
        else:
            func.pcdata.append(content_symbol(b""))
    func.funcdata = [funcdata.get(number) for number in range(max(funcdata, default=-1) + 1)]


def _pack(changes: list[_Change], end: int, quantum: int) -> Symbol:
    """The table of these changes, the last of which holds up to `end`."""
    ends = [pc for pc, _ in changes[1:]]
    ends.append(end)
    return content_symbol(pctab.encode(zip(ends, [value for _, value in changes], strict=True), quantum))
