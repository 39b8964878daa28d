# SPDX-License-Identifier: BSD-3-Clause
"""What stands at an address of a Go executable: the symbol, where the file has a symbol table, else the function, by Go's own table.

Every Go binary carries the table of its functions, stripped or not, because the runtime unwinds by it. Neither table is trusted: what
leads out of the file, or contradicts itself, names nothing.

Layouts: ELF-64's Elf64_Sym, Mach-O's nlist_64, and pcHeader, functab and _func of src/runtime/symtab.go and runtime2.go (Go 1.20 and
newer; the magic is in src/internal/abi/symtab.go).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import Final

from pygo_cross.exe import elf, macho
from pygo_cross.exe.elf import Elf, ElfSection
from pygo_cross.exe.macho import MachO, MachSection
from pygo_cross.exe.view import FormatError, View

_MAGIC: Final = 0xFFFFFFF1
_HEADER: Final = "IBBBB8Q"
_ELF_SYMBOL: Final = struct.Struct("<IBBHQQ")
_MACHO_SYMBOL: Final = struct.Struct("<IBBHQ")
_SHT_SYMTAB: Final = 2
_STABS: Final = 0xE0


def read(data: bytes | memoryview) -> Elf | MachO:
    """A thin executable of either format. Raises `FormatError`."""
    return elf.read(data) if bytes(data[:4]) == elf.MAGIC else macho.read(data)


def find_section(file: Elf | MachO, name: str) -> ElfSection | MachSection | None:
    """A section by its ELF name (`.text`), in either format."""
    return file.section(name) if isinstance(file, Elf) else file.section("__" + name[1:].replace(".", "_"))


class Names:
    """Looks up the names of one executable of 64 bits and little-endian; others have none."""

    def __init__(self, file: Elf | MachO) -> None:
        self.file = file
        self._symbols: list[tuple[int, int]] | None = None  # address, offset of the name in the strings
        self._strings = View(b"")

    def at(self, address: int) -> str:
        """The symbol or function that `address` is in; empty where that is not known."""
        if self.file.bits != 64 or not self.file.little:
            return ""
        try:
            return self._symbol(address) or self._function(address)
        except FormatError:
            return ""

    def _symbol(self, address: int) -> str:
        if self._symbols is None:
            self._symbols = []
            raw = self._elf_symbols() if isinstance(self.file, Elf) else self._macho_symbols()
            self._symbols = sorted(raw)
        index = bisect_right(self._symbols, (address, 1 << 64)) - 1
        if index < 0:
            return ""
        name = self._strings.string(self._symbols[index][1])
        return name.removeprefix("_") if isinstance(self.file, MachO) else name

    def _elf_symbols(self) -> list[tuple[int, int]]:
        assert isinstance(self.file, Elf)
        table = next((section for section in self.file.sections if section.kind == _SHT_SYMTAB), None)
        if table is None or table.link >= len(self.file.sections):
            return []
        self._strings = View(self.file.content(self.file.sections[table.link]))
        raw = self.file.content(table)
        rows = _ELF_SYMBOL.iter_unpack(raw[: len(raw) // _ELF_SYMBOL.size * _ELF_SYMBOL.size])
        return [(value, name) for name, info, _, section, value, _ in rows if name and section and info & 15 in (0, 1, 2)]

    def _macho_symbols(self) -> list[tuple[int, int]]:
        assert isinstance(self.file, MachO)
        if self.file.symtab is None:
            return []
        at, count, strings, size = self.file.symtab
        self._strings = self.file.view.part(strings, size)
        rows = _MACHO_SYMBOL.iter_unpack(self.file.view.part(at, count * _MACHO_SYMBOL.size).data)
        return [(value, name) for name, kind, section, _, value in rows if name and section and not kind & _STABS]

    def _function(self, address: int) -> str:
        """By the function table, where `address` is in the text that it is about."""
        text, table = find_section(self.file, ".text"), find_section(self.file, ".gopclntab")
        if text is None or table is None or not text.address <= address < text.address + text.size:
            return ""
        view = self.file.view.part(table.offset, table.size)
        header = view.unpack(_HEADER, 0)
        count, names, start = header[5], header[8], header[12]
        if header[0] != _MAGIC or header[4] != 8:
            return ""
        rows = view.part(start, 8 * count)
        low, high = 0, count
        while low < high:  # the first function behind the address
            middle = (low + high) // 2
            if rows.u32(8 * middle) <= address - text.address:
                low = middle + 1
            else:
                high = middle
        return view.string(names + view.u32(start + rows.u32(8 * (low - 1) + 4) + 4)) if low else ""


def package_of(symbol: str) -> str:
    """The package in a Go symbol's name (`go:` and `type:` names, and what is not Go's, have none)."""
    if symbol.startswith(("go:", "type:", "runtime.gcbits.")):
        return ""
    slash = symbol.rfind("/", 0, symbol.find("[") if "[" in symbol else None)
    dot = symbol.find(".", slash + 1)
    return symbol[:dot].replace("%2e", ".") if dot > 0 else ""
