# SPDX-License-Identifier: BSD-3-Clause
"""Mach-O: calls into system libraries, and pointers that move with the image.

Every imported function that code calls gets a stub in `.plt`, which jumps through a word of `.got`, which the dynamic
linker fills (bind). Loads of an import's address are turned to loads from that word. In a position-independent
executable every other absolute address must be rebased; the addresses of all such words are recorded.
Facts: GOROOT/src/cmd/link/internal/{amd64,arm64}/asm.go (adddynrel, addpltsym), ld/macho.go (domacho).

`define` makes the empty sections' symbols, at the place in the order of symbols that stock has them; `bind` does the
work once all reachable data is known, before it is laid out, and records in stock's order: functions in text order,
then data kind by kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pygo_cross.diag import Diagnostic, Pos, UserError
from pygo_cross.link import kinds
from pygo_cross.link.builder import SymbolBuilder
from pygo_cross.link.context import Link
from pygo_cross.link.data import Data
from pygo_cross.obj.reloctype import (
    NAMES,
    R_ADDR,
    R_ADDRARM64,
    R_ARM64_GOT,
    R_ARM64_GOTPCREL,
    R_ARM64_PCREL_LDST64,
    R_CALL,
    R_CALLARM64,
    R_PCREL,
    R_WEAK,
)

_LEA, _MOV = 0x8D, 0x8B
_ADD_IMM_TOP, _LDR_IMM_TOP = 0x91, 0xF9


@dataclass(slots=True)
class DynamicImports:
    """What the image's dynamic information is made of.

    `stubs` and `got` list imported symbols, one a stub and one a word; `rebases` and `binds` are (symbol, offset) and
    (symbol, offset, import) of words that the dynamic linker changes.
    """

    plt_sym: int = 0
    got_sym: int = 0
    stubs: list[int] = field(default_factory=list)
    got: list[int] = field(default_factory=list)
    rebases: list[tuple[int, int]] = field(default_factory=list)
    binds: list[tuple[int, int, int]] = field(default_factory=list)


def define(link: Link) -> DynamicImports:
    """The symbols of `.plt` and `.got`; nothing but an empty record where the image is not Mach-O."""
    result = DynamicImports()
    if link.is_darwin:
        loader = link.loader
        result.plt_sym = loader.define(".plt", kinds.SMACHOPLT)
        result.got_sym = loader.define(".got", kinds.SMACHORELROSECT if link.relro else kinds.SMACHOGOT)
        loader.align[result.got_sym] = 4
    return result


class _Binder:
    """The state while references are visited."""

    def __init__(self, link: Link, result: DynamicImports) -> None:
        self.link = link
        self.loader = link.loader
        self.result = result
        self.plt = SymbolBuilder(link.loader, result.plt_sym)
        self.got = SymbolBuilder(link.loader, result.got_sym)
        self.got_at: dict[int, int] = {}
        self.stub_at: dict[int, int] = {}
        self.problems: list[Diagnostic] = []

    def got_word(self, target: int) -> int:
        """The offset in `.got` of the word for an import."""
        at = self.got_at.get(target)
        if at is None:
            at = self.got_at[target] = self.got.size
            self.got.add_uint(0)
            self.result.got.append(target)
            if self.link.relro:
                self.result.binds.append((self.result.got_sym, at, target))
        return at

    def stub(self, target: int) -> int:
        """The offset in `.plt` of the stub for an import."""
        at = self.stub_at.get(target)
        if at is not None:
            return at
        word = self.got_word(target)
        self.result.stubs.append(target)
        at = self.stub_at[target] = self.plt.size
        got = self.result.got_sym
        relocs = self.loader.ext[self.result.plt_sym].relocs
        if self.link.is_arm64:
            relocs.append((at, 4, R_ARM64_GOT, word, got))
            relocs.append((at + 4, 4, R_ARM64_GOT, word, got))
            for instruction in (0x90000010, 0xF9400211, 0xD61F0220):  # adrp x16; ldr x17, [x16]; br x17
                self.plt.add_uint(instruction, 4)
        else:
            relocs.append((at + 2, 4, R_PCREL, word, got))
            self.plt.add(b"\xff\x25" + bytes(4))  # jmp *word(%rip)
        return at

    def visit(self, sym: int) -> None:
        """All references of a symbol."""
        loader = self.loader
        kind, reachable = loader.kind, loader.reachable
        pie = self.link.relro
        in_text = kinds.is_text(kind[sym])
        for index, (offset, size, rtype, addend, target) in enumerate(loader.relocs(sym)):
            imported = kind[target] == kinds.SDYNIMPORT
            if not size or not (imported or (pie and rtype & ~R_WEAK == R_ADDR)):
                continue
            if not reachable[target] and (rtype & R_WEAK or not target):
                continue
            if rtype & ~R_WEAK == R_ADDR and pie:
                if imported:
                    self.result.binds.append((sym, offset, target))
                else:
                    self.result.rebases.append((sym, offset))
            elif rtype in (R_CALL, R_CALLARM64):
                self.rewrite(sym, index, rtype, self.result.plt_sym, self.stub(target))
            elif in_text and not addend and self.load_from_got(sym, index, offset, rtype, target):
                pass
            else:
                file = loader.file_of(sym)
                problem = (
                    f"{loader.where(sym)} refers to the import {loader.where(target)} by {NAMES.get(rtype, rtype)}, which is not supported"
                )
                self.problems.append(Diagnostic(Pos(file.obj.path if file else ""), "import-reference", problem))

    def load_from_got(self, sym: int, index: int, offset: int, rtype: int, target: int) -> bool:
        """Turn the instruction that makes an import's address to one that loads it; False where it is another one."""
        ext = self.loader.make_ext(sym)
        data = ext.data
        if rtype == R_PCREL and 2 <= offset <= len(data) and data[offset - 2] == _LEA:
            data[offset - 2] = _MOV
            self.rewrite(sym, index, R_PCREL, self.result.got_sym, self.got_word(target))
        elif rtype == R_ADDRARM64 and offset + 8 <= len(data) and data[offset + 7] == _ADD_IMM_TOP:
            instruction = int.from_bytes(data[offset + 4 : offset + 8], "little")
            instruction = _LDR_IMM_TOP << 24 | 1 << 22 | instruction & 0x3FFFFF
            data[offset + 4 : offset + 8] = instruction.to_bytes(4, "little")
            self.rewrite(sym, index, R_ARM64_PCREL_LDST64, self.result.got_sym, self.got_word(target))
        elif rtype == R_ARM64_GOTPCREL:
            self.rewrite(sym, index, R_ARM64_PCREL_LDST64, self.result.got_sym, self.got_word(target))
        else:
            return False
        return True

    def rewrite(self, sym: int, index: int, rtype: int, target: int, addend: int) -> None:
        ext = self.loader.make_ext(sym)
        relocs = list(ext.relocs)
        offset, size = relocs[index][:2]
        relocs[index] = (offset, size, rtype, addend, target)
        ext.relocs = relocs


def bind(link: Link, data: Data, result: DynamicImports) -> None:
    """Give every import that is used its stub or word, and record rebases and binds. Raises UserError."""
    if not link.is_darwin:
        return
    binder = _Binder(link, result)
    for sym in link.textp:
        binder.visit(sym)
    for syms in data.by_kind[: kinds.SDYNIMPORT]:
        for sym in syms:
            binder.visit(sym)
    if binder.problems:
        raise UserError(binder.problems)
