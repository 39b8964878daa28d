# SPDX-License-Identifier: BSD-3-Clause
"""What -S prints: every symbol with its instructions, bytes and relocations, as Go's tools do.

Facts: GOROOT/src/cmd/internal/obj/objfile.go (writeSymDebugNamed).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pygo_cross.obj import goobj
from pygo_cross.obj.context import Context
from pygo_cross.obj.format import ShowOperand, placed
from pygo_cross.obj.reloctype import NAMES, R_TLS_LE
from pygo_cross.obj.symbol import DUPOK, FUNC_ASM, FUNC_TOP_FRAME, NOSPLIT, Symbol

_KINDS: Final = {
    value: name
    for name, value in vars(goobj).items()
    if name[0] == "S" and isinstance(value, int) and name not in ("SYM_KIND", "SYM_FLAG", "SYM_FLAG2")
}
_WIDTH: Final = 16


def listing(context: Context, show: ShowOperand, level: int = 1) -> str:
    """The whole listing. From `level` 2 on names have their ABI, and the debug information of functions is there too."""
    symbols = [(symbol.name, symbol) for symbol in (*context.text, *context.data)]
    if level > 1:
        functions = [(symbol, symbol.func) for symbol in context.text]
        parts = [(symbol, part) for symbol, func in functions if func for part in (func.dwarf_lines, func.dwarf_info)]
        symbols += [(f"aux for {symbol.name}", part) for symbol, part in parts if part is not None and part.size]
    return "".join(line + "\n" for name, symbol in symbols for line in _symbol(name, symbol, show, level > 1))


def _symbol(name: str, symbol: Symbol, show: ShowOperand, with_abi: bool) -> Iterator[str]:
    words = [f"{name}<{symbol.abi}>" if with_abi else name]
    if symbol.kind:
        words.append(_KINDS.get(symbol.kind, str(symbol.kind)))
    func = symbol.func
    flag = func.flag if func is not None else 0
    nosplit = bool(symbol.flags & NOSPLIT) and func is not None
    for given, word in (
        (symbol.static, "static"),
        (symbol.flags & DUPOK, "dupok"),
        (nosplit, "nosplit"),
        (flag & FUNC_TOP_FRAME, "topframe"),
        (flag & FUNC_ASM, "asm"),
    ):
        if given:
            words.append(word)
    words += [f"size={symbol.size}", f"align={symbol.align:#x}"]
    if func is not None and symbol.is_text():
        words += [f"args={func.args & (1 << 64) - 1:#x}", f"locals={func.locals & (1 << 64) - 1:#x}", f"funcid={func.id:#x}"]
        if symbol.leaf:
            words.append("leaf")
    yield " ".join(words)
    if func is not None and symbol.is_text():
        for prog in func.progs:
            yield f"\t{prog.pc:#06x} {placed(prog, show)}"
    data = symbol.data
    for at in range(0, len(data), _WIDTH):
        row = data[at : at + _WIDTH]
        text = "".join(chr(byte) if 0x20 <= byte <= 0x7E else "." for byte in row)
        yield f"\t{at:#06x}" + "".join(f" {byte:02x}" for byte in row) + "   " * (_WIDTH - len(row)) + f"  {text}"
    for offset, size, kind, addend, target in sorted(symbol.relocs, key=lambda relocation: relocation[0]):
        name = target.name if target is not None else "TLS" if kind == R_TLS_LE else ""
        if with_abi and target is not None:
            name += f"<{target.abi}>"
        yield f"\trel {offset}+{size} t={NAMES.get(kind, kind)} {name}+{addend}"
