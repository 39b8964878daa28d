# SPDX-License-Identifier: BSD-3-Clause
"""A small reader of 64-bit little-endian ELF and Mach-O executables, independent of LIEF and of our writers.

It serves those who look at what was written: `verify` after each link, `scripts/linkdiff`, and the tests. It reads headers, sections,
symbols and Mach-O load commands into plain records; it interprets no machine code and no debug information. Offsets and sizes
are checked against the file before use, so any malformed file ends in `FormatError`, never in another exception.

Formats: System V ABI, ELF-64 object file format; Apple's mach-o/loader.h and mach-o/nlist.h, whose constants Go's copy of is in
cmd/link/internal/ld/macho.go.
"""

from __future__ import annotations

import struct
from typing import Final

# Mach-O load commands we know by name.
LC_NAMES: Final = {
    0x2: "LC_SYMTAB",
    0x5: "LC_UNIXTHREAD",
    0xB: "LC_DYSYMTAB",
    0xC: "LC_LOAD_DYLIB",
    0xE: "LC_LOAD_DYLINKER",
    0x19: "LC_SEGMENT_64",
    0x1B: "LC_UUID",
    0x1D: "LC_CODE_SIGNATURE",
    0x32: "LC_BUILD_VERSION",
    0x80000022: "LC_DYLD_INFO_ONLY",
    0x80000028: "LC_MAIN",
}

_ELF_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_ELF_HEADER_FIELDS: Final = (
    "ident", "type", "machine", "version", "entry", "phoff", "shoff", "flags", "ehsize", "phentsize", "phnum", "shentsize", "shnum",
    "shstrndx",
)  # fmt: skip
_ELF_SEGMENT: Final = struct.Struct("<IIQQQQQQ")
_ELF_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_ELF_SYMBOL: Final = struct.Struct("<IBBHQQ")
_MACHO_HEADER: Final = struct.Struct("<8I")
_MACHO_HEADER_FIELDS: Final = ("magic", "cputype", "cpusubtype", "filetype", "ncmds", "sizeofcmds", "flags", "reserved")
_MACHO_SEGMENT: Final = struct.Struct("<16sQQQQiiII")  # after cmd and cmdsize
_MACHO_SECTION: Final = struct.Struct("<16s16sQQ8I")
_MACHO_SYMBOL: Final = struct.Struct("<IBBHQ")

_SHT_SYMTAB: Final = 2
_SHT_NOBITS: Final = 8
_SHF_ALLOC: Final = 2


class FormatError(ValueError):
    """The bytes are not an executable that this reader understands; the message says why."""


class FileSegment:
    """A program header or LC_SEGMENT_64. `kind` is the ELF type, `flags` the ELF flags or Mach-O's; protections are Mach-O's alone."""

    __slots__ = (
        "address", "align", "file_size", "flags", "initprot", "kind", "maxprot", "memory_size", "name", "offset", "physical",
        "section_count",
    )  # fmt: skip

    def __init__(self) -> None:
        self.name = ""
        self.kind = self.flags = self.align = self.physical = 0
        self.offset = self.address = self.file_size = self.memory_size = 0
        self.maxprot = self.initprot = self.section_count = 0


class FileSection:
    """A section header. `segment` is Mach-O's segment name; `kind` and `flags` are apart in both formats (the type byte of Mach-O's flags).

    `align` is in bytes. `link`, `info`, `entry_size` are ELF's; Mach-O's three reserved fields are in their places.
    `allocated` says that it is mapped at `address`, `in_file` that `size` bytes are at `offset`.
    """

    __slots__ = (
        "address", "align", "allocated", "entry_size", "flags", "in_file", "info", "kind", "link", "name", "name_offset", "offset",
        "relocs", "segment", "size",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.segment = ""
        self.kind = self.flags = self.address = self.offset = self.size = self.align = 0
        self.link = self.info = self.entry_size = self.name_offset = self.relocs = 0
        self.allocated = self.in_file = True

    @property
    def label(self) -> str:
        """The name that tells it from the other sections of its file (`__DATA_CONST,__rodata`)."""
        return f"{self.segment},{self.name}" if self.segment else self.name


class FileSymbol:
    """A symbol table entry. `section` counts from 1, 0 for undefined; `info` is st_info or n_type, `other` is st_other or n_desc."""

    __slots__ = ("info", "name", "other", "section", "size", "value")

    def __init__(self, name: str, value: int, size: int, info: int, other: int, section: int) -> None:
        self.name = name
        self.value = value
        self.size = size
        self.info = info
        self.other = other
        self.section = section


class BinFile:
    """An executable, read. `commands` are Mach-O's (number, whole bytes); `header` holds the file header's fields by name."""

    __slots__ = ("commands", "data", "format", "header", "sections", "segments", "strings", "symbols")

    def __init__(self, data: bytes, file_format: str) -> None:
        self.data = data
        self.format = file_format
        self.header: dict[str, int] = {}
        self.segments: list[FileSegment] = []
        self.sections: list[FileSection] = []
        self.symbols: list[FileSymbol] = []
        self.strings: tuple[int, int] = (0, 0)  # offset and size of the symbols' string table
        self.commands: list[tuple[int, bytes]] = []

    def content(self, section: FileSection) -> bytes:
        """The bytes of `section` in the file; none for one that is only memory."""
        return self.data[section.offset : section.offset + section.size] if section.in_file else b""

    def command(self, number: int) -> bytes | None:
        """The first load command of that number, whole, or None."""
        for found, raw in self.commands:
            if found == number:
                return raw
        return None

    @property
    def entry(self) -> int:
        """The address at which the program starts; 0 if the file does not say."""
        if self.format == "elf":
            return self.header["entry"]
        main, thread = self.command(0x80000028), self.command(0x5)
        if main is not None and len(main) >= 16:
            text = next((segment for segment in self.segments if segment.name == "__TEXT"), None)
            return int.from_bytes(main[8:16], "little") + (text.address if text else 0)
        if thread is not None and len(thread) >= 152:
            return int.from_bytes(thread[144:152], "little")
        return 0


def read(data: bytes) -> BinFile:
    """Read an executable of either format; raise `FormatError` for anything else."""
    if data[:4] == b"\x7fELF":
        return _read_elf(data)
    if data[:4] == b"\xcf\xfa\xed\xfe":
        return _read_macho(data)
    raise FormatError("neither a 64-bit little-endian ELF nor a Mach-O file")


def _need(data: bytes, offset: int, size: int, what: str) -> None:
    """Raise unless `size` bytes at `offset` are inside the file."""
    if offset < 0 or size < 0 or offset + size > len(data):
        raise FormatError(f"{what} at {offset:#x}, {size:#x} bytes, is outside the file of {len(data):#x} bytes")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _string(data: bytes, table: int, size: int, offset: int) -> str:
    """The string at `offset` of the table of `size` bytes at `table`."""
    if offset >= size:
        raise FormatError(f"string at {offset:#x} is outside its table of {size:#x} bytes")
    end = data.find(b"\0", table + offset, table + size)
    if end < 0:
        raise FormatError(f"string at {offset:#x} has no end")
    return _text(data[table + offset : end])


def _read_elf(data: bytes) -> BinFile:
    _need(data, 0, _ELF_HEADER.size, "ELF header")
    if data[4:6] != b"\x02\x01":
        raise FormatError("not a 64-bit little-endian ELF file")
    file = BinFile(data, "elf")
    values = _ELF_HEADER.unpack_from(data)
    header = file.header = dict(zip(_ELF_HEADER_FIELDS[1:], values[1:], strict=True))
    header["ident"] = int.from_bytes(values[0], "big")
    _need(data, header["phoff"], header["phnum"] * _ELF_SEGMENT.size, "program header table")
    for index in range(header["phnum"]):
        segment = FileSegment()
        (
            segment.kind, segment.flags, segment.offset, segment.address, segment.physical, segment.file_size, segment.memory_size,
            segment.align,
        ) = _ELF_SEGMENT.unpack_from(data, header["phoff"] + index * _ELF_SEGMENT.size)  # fmt: skip
        segment.name = f"{index}"
        file.segments.append(segment)
    count = header["shnum"]
    _need(data, header["shoff"], count * _ELF_SECTION.size, "section header table")
    rows = [_ELF_SECTION.unpack_from(data, header["shoff"] + index * _ELF_SECTION.size) for index in range(count)]
    if count and header["shstrndx"] >= count:
        raise FormatError("the section of section names does not exist")
    names = rows[header["shstrndx"]] if count else None
    for row in rows:
        if row[1] != _SHT_NOBITS:
            _need(data, row[4], row[5], "section")
        section = FileSection(_string(data, names[4], names[5], row[0]) if names and names[5] else "")
        (
            section.name_offset, section.kind, section.flags, section.address, section.offset, section.size, section.link, section.info,
            section.align, section.entry_size,
        ) = row  # fmt: skip
        section.in_file = section.kind not in (0, _SHT_NOBITS)
        section.allocated = bool(section.flags & _SHF_ALLOC)
        file.sections.append(section)
    table = next((section for section in file.sections if section.kind == _SHT_SYMTAB), None)
    if table is not None:
        if table.link >= count or not file.sections[table.link].in_file:
            raise FormatError("the symbol table has no string table")
        strings = file.sections[table.link]
        file.strings = strings.offset, strings.size
        raw = data[table.offset : table.offset + table.size // _ELF_SYMBOL.size * _ELF_SYMBOL.size]
        for name, info, other, index, value, size in _ELF_SYMBOL.iter_unpack(raw):
            file.symbols.append(FileSymbol(_string(data, strings.offset, strings.size, name), value, size, info, other, index))
    return file


def _read_macho(data: bytes) -> BinFile:
    _need(data, 0, _MACHO_HEADER.size, "Mach-O header")
    file = BinFile(data, "macho")
    file.header = dict(zip(_MACHO_HEADER_FIELDS, _MACHO_HEADER.unpack_from(data), strict=True))
    end = _MACHO_HEADER.size + file.header["sizeofcmds"]
    _need(data, 0, end, "load commands")
    offset = _MACHO_HEADER.size
    for _ in range(file.header["ncmds"]):
        _need(data[:end], offset, 8, "load command")
        number, size = struct.unpack_from("<II", data, offset)
        if size < 8:
            raise FormatError(f"load command at {offset:#x} has size {size}")
        _need(data[:end], offset, size, "load command")
        raw = data[offset : offset + size]
        file.commands.append((number, raw))
        if number == 0x19:
            _read_macho_segment(file, raw)
        elif number == 0x2:
            _read_macho_symbols(file, raw)
        offset += size
    if offset != end:
        raise FormatError(f"load commands end at {offset:#x}, the header says {end:#x}")
    return file


def _read_macho_segment(file: BinFile, raw: bytes) -> None:
    _need(raw, 8, _MACHO_SEGMENT.size, "segment command")
    segment = FileSegment()
    (
        name, segment.address, segment.memory_size, segment.offset, segment.file_size, segment.maxprot, segment.initprot,
        segment.section_count, segment.flags,
    ) = _MACHO_SEGMENT.unpack_from(raw, 8)  # fmt: skip
    segment.name = _text(name.rstrip(b"\0"))
    _need(file.data, segment.offset, segment.file_size, f"segment {segment.name}")
    file.segments.append(segment)
    _need(raw, 72, segment.section_count * _MACHO_SECTION.size, "section headers")
    for index in range(segment.section_count):
        row = _MACHO_SECTION.unpack_from(raw, 72 + index * _MACHO_SECTION.size)
        section = FileSection(_text(row[0].rstrip(b"\0")))
        section.segment = _text(row[1].rstrip(b"\0"))
        section.address, section.size, section.offset = row[2:5]
        section.align = 1 << min(row[5], 63)
        section.relocs = row[6] | row[7]
        section.kind, section.flags = row[8] & 0xFF, row[8] & ~0xFF
        section.link, section.info, section.entry_size = row[9:12]
        section.in_file = section.kind != 1
        if section.in_file:
            _need(file.data, section.offset, section.size, f"section {section.name}")
        file.sections.append(section)


def _read_macho_symbols(file: BinFile, raw: bytes) -> None:
    _need(raw, 8, 16, "symbol table command")
    table, count, strings, size = struct.unpack_from("<4I", raw, 8)
    _need(file.data, table, count * _MACHO_SYMBOL.size, "symbol table")
    _need(file.data, strings, size, "string table")
    file.strings = strings, size
    for name, info, index, other, value in _MACHO_SYMBOL.iter_unpack(file.data[table : table + count * _MACHO_SYMBOL.size]):
        file.symbols.append(FileSymbol(_string(file.data, strings, size, name), value, 0, info, other, index))


def _uleb(data: bytes, offset: int) -> tuple[int, int]:
    """The unsigned LEB128 number at `offset` and the offset behind it."""
    value = shift = 0
    while offset < len(data):
        byte = data[offset]
        offset += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, offset
    raise FormatError("a number runs over the end of the dynamic linker's data")


def dyld_fixups(file: BinFile) -> tuple[list[int], list[tuple[int, int, str]]]:
    """What LC_DYLD_INFO_ONLY has the dynamic linker do, in its order.

    First the addresses of pointers that move with the image, then, for each pointer that it fills, the address, the ordinal of the
    library (from 1) and the symbol's name. Only the opcodes that Go's linker emits are known; another raises `FormatError`.
    """
    raw = file.command(0x80000022)
    if raw is None or len(raw) < 24:
        return [], []
    rebase_offset, rebase_size, bind_offset, bind_size = struct.unpack_from("<4I", raw, 8)
    _need(file.data, rebase_offset, rebase_size, "rebase opcodes")
    _need(file.data, bind_offset, bind_size, "bind opcodes")
    code = file.data[rebase_offset : rebase_offset + rebase_size]
    rebases: list[int] = []
    at, where = 0, 0
    while at < len(code) and code[at]:
        opcode, low = code[at] & 0xF0, code[at] & 15
        at += 1
        if opcode == 0x20 and low < len(file.segments):
            offset, at = _uleb(code, at)
            where = file.segments[low].address + offset
        elif opcode == 0x50:
            rebases += range(where, where + 8 * low, 8)
            where += 8 * low
        elif opcode | low != 0x11:
            raise FormatError(f"unknown rebase opcode {opcode | low:#x}")
    code = file.data[bind_offset : bind_offset + bind_size]
    binds: list[tuple[int, int, str]] = []
    at, where, library, name = 0, 0, 0, ""
    while at < len(code) and code[at]:
        opcode, low = code[at] & 0xF0, code[at] & 15
        at += 1
        if opcode == 0x70 and low < len(file.segments):
            offset, at = _uleb(code, at)
            where = file.segments[low].address + offset
        elif opcode == 0x10:
            library = low
        elif opcode == 0x20:
            library, at = _uleb(code, at)
        elif opcode == 0x30:
            library = low - 16 if low else 0
        elif opcode == 0x40 and not low:
            name = _string(code, 0, len(code), at)
            at = code.index(0, at) + 1
        elif opcode == 0x90:
            binds.append((where, library, name))
            where += 8
        elif opcode | low != 0x51:
            raise FormatError(f"unknown bind opcode {opcode | low:#x}")
    return rebases, binds
