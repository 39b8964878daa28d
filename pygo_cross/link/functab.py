# SPDX-License-Identifier: BSD-3-Clause
"""Read Go's own tables out of a linked program: the function table, the parts of pclntab, the fields of moduledata.

For tools that look at executables. The tables of a program under construction may be wrong, so a malformed one yields None, not an error.

The layouts are those of pcHeader, functab, _func and moduledata in src/runtime/{symtab,runtime2}.go.
"""

from __future__ import annotations

import struct
from typing import Final

from .binfile import BinFile, FileSection

_MAGIC: Final = 0xFFFFFFF1
_HEADER: Final = struct.Struct("<IBBBB8Q")
_PARTS: Final = ("funcnametab", "cutab", "filetab", "pctab", "functab")

# Fields of moduledata with the words each takes: a slice three, a string two.
_MODULEDATA: Final = [
    (name, words)
    for words, names in (
        (1, "pcHeader"),
        (3, "funcnametab cutab filetab pctab pclntable ftab"),
        (1, "findfunctab minpc maxpc text etext noptrdata enoptrdata data edata bss ebss noptrbss enoptrbss covctrs ecovctrs"),
        (1, "end gcdata gcbss types typedesclen etypes itaboffset itabsize rodata gofunc epclntab"),
        (3, "textsectmap ptab"),
        (2, "pluginpath"),
        (3, "pkghashes inittasks"),
        (2, "modulename"),
        (3, "modulehashes"),
        (1, "hasmain gcdatamask gcdatamask.bytedata gcbssmask gcbssmask.bytedata typemap next"),
    )
    for name in names.split(" ")
]
_WORDS: Final = {1: ("",), 2: ("", ".len"), 3: ("", ".len", ".cap")}


class Function:
    """A function by its place: `address`, `size` in bytes up to the next one, padding included."""

    __slots__ = ("address", "name", "size")

    def __init__(self, name: str, address: int, size: int) -> None:
        self.name = name
        self.address = address
        self.size = size


def find_section(file: BinFile, name: str) -> FileSection | None:
    """The section of Go's name `name` (`.text` finds `__text` too)."""
    wanted = name if file.format == "elf" else "__" + name[1:].replace(".", "_")
    return next((section for section in file.sections if section.name == wanted), None)


def pclntab_parts(file: BinFile) -> list[tuple[str, int]] | None:
    """The parts of pclntab with their offsets in it, ascending, the header first."""
    section = find_section(file, ".gopclntab")
    if section is None or section.size < _HEADER.size:
        return None
    header = _HEADER.unpack_from(file.data, section.offset)
    offsets = header[8:13]
    if header[0] != _MAGIC or header[4] != 8 or any(offset > section.size for offset in offsets):
        return None
    return [("pcHeader", 0), *sorted(zip(_PARTS, offsets, strict=True), key=lambda part: part[1])]


def functions(file: BinFile) -> list[Function] | None:
    """The program's functions in address order, from pclntab; None if there is none that can be read."""
    parts, text = pclntab_parts(file), find_section(file, ".text")
    if parts is None or text is None:
        return None
    section = find_section(file, ".gopclntab")
    assert section is not None
    where = dict(parts)
    table = file.content(section)
    count = _HEADER.unpack_from(table)[5]
    names, start = where["funcnametab"], where["functab"]
    if count == 0 or start + 8 * count + 4 > len(table):
        return None
    rows = [struct.unpack_from("<II", table, start + 8 * index) for index in range(count)]
    ends = [entry for entry, _ in rows[1:]] + [struct.unpack_from("<I", table, start + 8 * count)[0]]
    found = []
    for (entry, offset), end in zip(rows, ends, strict=True):
        if start + offset + 8 > len(table):
            return None
        begin = names + int.from_bytes(table[start + offset + 4 : start + offset + 8], "little")
        stop = table.find(b"\0", begin)
        if stop < 0 or end < entry or end > text.size:
            return None
        found.append(Function(table[begin:stop].decode("utf-8", "surrogateescape"), text.address + entry, end - entry))
    return found


def moduledata_field(offset: int) -> str:
    """The name of the field at `offset` of runtime.firstmoduledata, with `.len` or `.cap` for a slice's other words."""
    at = 0
    for name, words in _MODULEDATA:
        for suffix in _WORDS[words]:
            if at <= offset < at + 8:
                return name + suffix
            at += 8
    return f"+{offset:#x}"
