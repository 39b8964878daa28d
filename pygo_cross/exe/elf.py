# SPDX-License-Identifier: BSD-3-Clause
"""Reads ELF files of either width and byte order: headers, segments, sections, notes, the dynamic section, symbols.

The tables are read as they stand; whether what they say makes a program that runs is for others to judge. A `Fault` is told where a
table cannot be read at all, or where a name, note or entry lies outside of what holds it.

Format: System V ABI, generic part, chapters 4 and 5; GNU's additions from GNU/Linux's <elf.h>.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from pygo_cross.exe.view import MAX_TABLE, Fault, FormatError, View, text

MAGIC: Final = b"\x7fELF"

ET_REL, ET_EXEC, ET_DYN, ET_CORE = 1, 2, 3, 4
EM_386, EM_ARM, EM_X86_64, EM_AARCH64 = 3, 40, 62, 183

PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS = 1, 2, 3, 4, 6, 7
PT_GNU_EH_FRAME, PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY = 0x6474E550, 0x6474E551, 0x6474E552, 0x6474E553
PF_X, PF_W, PF_R = 1, 2, 4

SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_DYNAMIC, SHT_NOTE, SHT_NOBITS, SHT_REL = 0, 1, 2, 3, 4, 6, 7, 8, 9
SHT_DYNSYM: Final = 11
SHT_GNU_VERNEED: Final = 0x6FFFFFFE
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_COMPRESSED = 1, 2, 4, 0x400, 0x800
SHN_LORESERVE: Final = 0xFF00
SHN_XINDEX: Final = 0xFFFF

DT_NULL, DT_NEEDED, DT_PLTRELSZ, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ, DT_RELAENT = 0, 1, 2, 5, 6, 7, 8, 9
DT_STRSZ, DT_SYMENT, DT_SONAME, DT_RPATH, DT_REL, DT_RELSZ, DT_RELENT, DT_PLTREL = 10, 11, 14, 15, 17, 18, 19, 20
DT_TEXTREL, DT_JMPREL, DT_BIND_NOW, DT_RUNPATH, DT_FLAGS = 22, 23, 24, 29, 30
DT_GNU_HASH, DT_HASH, DT_VERNEED, DT_VERNEEDNUM, DT_FLAGS_1 = 0x6FFFFEF5, 4, 0x6FFFFFFE, 0x6FFFFFFF, 0x6FFFFFFB
DF_TEXTREL, DF_BIND_NOW = 4, 8
DF_1_NOW, DF_1_PIE = 1, 0x08000000


_MOST_NOTES: Final = 10_000  # of all segments and sections together, which may all name the same bytes


class ElfSegment:
    """A program header. All numbers are in bytes, as they stand in the file."""

    __slots__ = ("address", "align", "file_size", "flags", "header_offset", "index", "kind", "memory_size", "offset", "physical")

    def __init__(self) -> None:
        self.index = self.header_offset = 0
        self.kind = self.flags = self.offset = self.address = self.physical = self.file_size = self.memory_size = self.align = 0

    @property
    def label(self) -> str:
        """What people call it: kind and index."""
        return f"segment {self.index} ({SEGMENT_NAMES.get(self.kind, hex(self.kind))})"


SEGMENT_NAMES: Final = {
    0: "NULL", PT_LOAD: "LOAD", PT_DYNAMIC: "DYNAMIC", PT_INTERP: "INTERP", PT_NOTE: "NOTE", 5: "SHLIB", PT_PHDR: "PHDR", PT_TLS: "TLS",
    PT_GNU_EH_FRAME: "GNU_EH_FRAME", PT_GNU_STACK: "GNU_STACK", PT_GNU_RELRO: "GNU_RELRO", PT_GNU_PROPERTY: "GNU_PROPERTY",
}  # fmt: skip


class ElfSection:
    """A section header. `name` is empty where the table of names does not hold it."""

    __slots__ = ("address", "align", "entry_size", "flags", "header_offset", "index", "info", "kind", "link", "name", "offset", "size")

    def __init__(self) -> None:
        self.index = self.header_offset = 0
        self.name = ""
        self.kind = self.flags = self.address = self.offset = self.size = self.link = self.info = self.align = self.entry_size = 0

    @property
    def in_file(self) -> bool:
        """Whether `size` bytes at `offset` are its content."""
        return self.kind not in (SHT_NULL, SHT_NOBITS)

    @property
    def label(self) -> str:
        """What people call it."""
        return f"section {self.name}" if self.name else f"section {self.index}"


class Note:
    """An entry of a note segment or section: `owner` (GNU, Go), `kind`, and the bytes of its description."""

    __slots__ = ("content", "kind", "offset", "owner")

    def __init__(self, owner: str, kind: int, content: bytes, offset: int) -> None:
        self.owner = owner
        self.kind = kind
        self.content = content
        self.offset = offset


class Dynamic:
    """The dynamic section: its entries up to the DT_NULL (tag, value, offset of the entry), and its strings where they could be found."""

    __slots__ = ("entries", "needed", "offset", "size", "strings", "terminated")

    def __init__(self, offset: int, size: int) -> None:
        self.offset = offset
        self.size = size
        self.entries: list[tuple[int, int, int]] = []
        self.terminated = False
        self.strings: View | None = None
        self.needed: list[str] = []

    def value(self, tag: int) -> int | None:
        """The value of the first entry with that tag."""
        return next((value for found, value, _ in self.entries if found == tag), None)

    def values(self, tag: int) -> list[tuple[int, int]]:
        """Value and offset of each entry with that tag."""
        return [(value, offset) for found, value, offset in self.entries if found == tag]


class Elf:
    """An ELF file, read. Fields of the header have its names without their prefix `e_`."""

    __slots__ = (
        "_sorted", "_starts", "abiversion", "bits", "ehsize", "entry", "faults", "flags", "ident_version", "little", "loads", "machine",
        "osabi", "phentsize", "phnum", "phoff", "sections", "segments", "shentsize", "shnum", "shoff", "shstrndx", "type", "version",
        "view",
    )  # fmt: skip

    def __init__(self, view: View, bits: int, little: bool) -> None:
        self.view = view
        self.bits = bits
        self.little = little
        self.faults: list[Fault] = []
        self.segments: list[ElfSegment] = []
        self.sections: list[ElfSection] = []
        self.osabi = self.abiversion = self.ident_version = 0
        self.type = self.machine = self.version = self.entry = self.phoff = self.shoff = self.flags = 0
        self.ehsize = self.phentsize = self.phnum = self.shentsize = self.shnum = self.shstrndx = 0
        self.loads: list[ElfSegment] = []  # the PT_LOAD segments, in the file's order
        self._sorted: list[ElfSegment] = []
        self._starts: list[int] = []

    def segment(self, kind: int) -> ElfSegment | None:
        """The first segment of that kind."""
        return next((segment for segment in self.segments if segment.kind == kind), None)

    def section(self, name: str) -> ElfSection | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def content(self, section: ElfSection) -> memoryview:
        """The bytes of a section in the file; none where they are not all inside it."""
        if not section.in_file or not self.view.holds(section.offset, section.size):
            return memoryview(b"")
        return self.view.data[section.offset : section.offset + section.size]

    def load_at(self, address: int) -> ElfSegment | None:
        """The PT_LOAD segment that maps `address`."""
        if not self._starts:
            self._sorted = sorted(self.loads, key=lambda segment: segment.address)
            self._starts = [segment.address for segment in self._sorted]
        at = bisect_right(self._starts, address) - 1
        if at >= 0 and address - self._sorted[at].address < self._sorted[at].memory_size:
            return self._sorted[at]
        return None

    def offset_of(self, address: int, size: int = 1) -> int | None:
        """Where in the file `size` bytes at `address` are, None if they are not all mapped from it."""
        load = self.load_at(address)
        if load is None or size < 0 or address + size > load.address + load.file_size:
            return None
        offset = load.offset + address - load.address
        return offset if self.view.holds(offset, size) else None


def read(data: bytes | memoryview) -> Elf:
    """Read an ELF file. Raises `FormatError` where there is no whole ELF header."""
    raw = View(data)
    if raw.size < 16 or bytes(raw.data[:4]) != MAGIC:
        raise FormatError("no ELF magic")
    wide, order = raw.data[4], raw.data[5]
    if wide not in (1, 2):
        raise FormatError(f"the class is {wide}, neither 1 (32 bits) nor 2 (64 bits)")
    if order not in (1, 2):
        raise FormatError(f"the byte order is {order}, neither 1 (little) nor 2 (big)")
    view = View(data, little=order == 1)
    elf = Elf(view, 64 if wide == 2 else 32, order == 1)
    elf.ident_version, elf.osabi, elf.abiversion = raw.data[6], raw.data[7], raw.data[8]
    (
        elf.type, elf.machine, elf.version, elf.entry, elf.phoff, elf.shoff, elf.flags, elf.ehsize, elf.phentsize, elf.phnum,
        elf.shentsize, elf.shnum, elf.shstrndx,
    ) = view.unpack("HHIQQQIHHHHHH" if wide == 2 else "HHIIIIIHHHHHH", 16)  # fmt: skip
    _read_segments(elf)
    _read_sections(elf)
    return elf


def _read_segments(elf: Elf) -> None:
    size = 56 if elf.bits == 64 else 32
    if not elf.phnum:
        return
    if elf.phentsize != size:
        elf.faults.append(Fault("program-headers", f"a program header has {elf.phentsize} bytes, not {size}", 42 if elf.bits == 32 else 54))
        return
    if not elf.view.holds(elf.phoff, elf.phnum * size):
        what = f"{elf.phnum} program headers at {elf.phoff:#x} reach over the end of the file, {elf.view.size:#x}"
        elf.faults.append(Fault("program-headers", what, elf.phoff))
        return
    for index in range(elf.phnum):
        segment = ElfSegment()
        segment.index, at = index, elf.phoff + index * size
        segment.header_offset = at
        if elf.bits == 64:
            (
                segment.kind, segment.flags, segment.offset, segment.address, segment.physical, segment.file_size, segment.memory_size,
                segment.align,
            ) = elf.view.unpack("IIQQQQQQ", at)  # fmt: skip
        else:
            (
                segment.kind, segment.offset, segment.address, segment.physical, segment.file_size, segment.memory_size, segment.flags,
                segment.align,
            ) = elf.view.unpack("8I", at)  # fmt: skip
        elf.segments.append(segment)
    elf.loads = [segment for segment in elf.segments if segment.kind == PT_LOAD]


def _read_sections(elf: Elf) -> None:
    size = 64 if elf.bits == 64 else 40
    if not elf.shoff:
        if elf.shnum:
            elf.faults.append(Fault("section-headers", f"{elf.shnum} section headers are told of, and no place where they are", 40))
        return
    if elf.shentsize != size:
        elf.faults.append(Fault("section-headers", f"a section header has {elf.shentsize} bytes, not {size}", 46 if elf.bits == 32 else 58))
        return
    if not elf.view.holds(elf.shoff, size):
        elf.faults.append(Fault("section-headers", f"section headers at {elf.shoff:#x} are outside the file", elf.shoff))
        return
    form = "IIQQQQIIQQ" if elf.bits == 64 else "10I"
    count, names_index = elf.shnum, elf.shstrndx
    first = elf.view.unpack(form, elf.shoff)
    if count == 0:
        count = first[5]  # more than the header's field holds
    if names_index == SHN_XINDEX:
        names_index = first[6]
    if count > MAX_TABLE or not elf.view.holds(elf.shoff, count * size):
        what = f"{count} section headers at {elf.shoff:#x} reach over the end of the file, {elf.view.size:#x}"
        elf.faults.append(Fault("section-headers", what, elf.shoff))
        return
    names: list[int] = []
    for index in range(count):
        section = ElfSection()
        section.index, at = index, elf.shoff + index * size
        section.header_offset = at
        (
            name, section.kind, section.flags, section.address, section.offset, section.size, section.link, section.info, section.align,
            section.entry_size,
        ) = elf.view.unpack(form, at)  # fmt: skip
        names.append(name)
        elf.sections.append(section)
    if not count:
        return
    if names_index == 0 or names_index >= count or elf.sections[names_index].kind != SHT_STRTAB:
        what = f"section {names_index} is to hold the names of sections, and is no string table"
        elf.faults.append(Fault("section-names", what, elf.shoff))
        return
    table = elf.sections[names_index]
    if not elf.view.holds(table.offset, table.size):
        elf.faults.append(Fault("section-names", "the names of sections are outside the file", table.offset))
        return
    strings = elf.view.part(table.offset, table.size)
    for section, name in zip(elf.sections, names, strict=True):
        try:
            section.name = strings.string(name, 1024) if section.kind != SHT_NULL or name else ""
        except FormatError as error:
            elf.faults.append(Fault("section-names", f"the name of section {section.index}: {error}", section.header_offset))


def notes(elf: Elf) -> Iterator[Note | Fault]:
    """Every note of the note segments, and of the note sections that no such segment holds (Go has but its own in a segment)."""
    places = [(s.offset, s.file_size, s.align, s.label) for s in elf.segments if s.kind == PT_NOTE]
    held = places[:100]
    for section in elf.sections:
        if section.kind == SHT_NOTE and not any(at <= section.offset < at + size for at, size, _, _ in held):
            places.append((section.offset, section.size, section.align, section.label))
    left = _MOST_NOTES
    for offset, size, align, label in places:
        if not elf.view.holds(offset, size):
            continue  # told as a segment or section outside the file
        step = 8 if align == 8 else 4
        at, end = offset, offset + size
        while at < end and left:
            left -= 1
            if at + 12 > end:
                yield Fault("note", f"{label} ends within a note", at)
                break
            owner_size, content_size, kind = elf.view.unpack("III", at)
            owner = at + 12
            content = offset + _up(owner + owner_size - offset, step)
            following = offset + _up(content + content_size - offset, step)
            if content + content_size > end or owner_size > size:
                yield Fault("note", f"a note in {label} reaches over its end", at)
                break
            name = text(elf.view.take(owner, owner_size).rstrip(b"\0"))
            yield Note(name, kind, elf.view.take(content, content_size), at)
            at = following


def _up(value: int, step: int) -> int:
    return (value + step - 1) // step * step


def dynamic(elf: Elf) -> Dynamic | None:
    """The dynamic section, by its segment; faults of it go to `elf.faults`. None where there is none that can be read."""
    segment = elf.segment(PT_DYNAMIC)
    if segment is None or not elf.view.holds(segment.offset, segment.file_size):
        return None
    size = elf.bits // 4
    form = "QQ" if elf.bits == 64 else "II"
    found = Dynamic(segment.offset, segment.file_size)
    for at in range(segment.offset, segment.offset + segment.file_size - size + 1, size):
        tag, value = elf.view.unpack(form, at)
        if tag == DT_NULL:
            found.terminated = True
            break
        if len(found.entries) >= MAX_TABLE:
            break
        found.entries.append((tag, value, at))
    if not found.terminated:
        elf.faults.append(Fault("dynamic", "the dynamic section has no DT_NULL at its end", segment.offset))
    place, strings_size = found.value(DT_STRTAB), found.value(DT_STRSZ)
    if place is None or strings_size is None:
        elf.faults.append(Fault("dynamic", "the dynamic section names no string table", segment.offset))
        return found
    offset = elf.offset_of(place, strings_size)
    if offset is None:
        what = f"the string table at {place:#x}, {strings_size:#x} bytes, is not mapped from the file"
        elf.faults.append(Fault("dynamic", what, segment.offset))
        return found
    found.strings = elf.view.part(offset, strings_size)
    for value, at in found.values(DT_NEEDED):
        try:
            found.needed.append(found.strings.string(value))
        except FormatError as error:
            elf.faults.append(Fault("dynamic", f"the name of a needed library: {error}", at))
    return found


def needed_versions(elf: Elf, table: Dynamic) -> list[tuple[str, str]]:
    """Library and version (`libc.so.6`, `GLIBC_2.34`) of what symbols the file needs; faults go to `elf.faults`."""
    place, count = table.value(DT_VERNEED), table.value(DT_VERNEEDNUM)
    result: list[tuple[str, str]] = []
    if place is None or count is None or table.strings is None:
        return result
    at = elf.offset_of(place, 16)
    try:
        if at is None:
            raise FormatError(f"the needed versions at {place:#x} are not mapped from the file")
        budget = MAX_TABLE
        for _ in range(min(count, MAX_TABLE)):
            _, entries, library, first, following = elf.view.unpack("HHIII", at)
            name = table.strings.string(library)
            inner = at + first
            for _ in range(entries):
                budget -= 1
                if budget < 0:
                    raise FormatError("the needed versions have no end")
                _, _, _, version, step = elf.view.unpack("IHHII", inner)
                result.append((name, table.strings.string(version)))
                if not step:
                    break
                inner += step
            if not following:
                break
            at += following
    except FormatError as error:
        elf.faults.append(Fault("dynamic", f"the needed versions: {error}", at))
    return result
