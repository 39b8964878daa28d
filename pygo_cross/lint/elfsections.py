# SPDX-License-Identifier: BSD-3-Clause
"""ELF's sections and symbols: no program needs them to run, but debuggers, profilers and strip do, and a file whose sections contradict
its segments was damaged or edited.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Final

from pygo_cross.exe import elf as exe
from pygo_cross.exe.elf import Elf, ElfSection
from pygo_cross.lint.finding import Record

_LINKED: Final = {
    exe.SHT_SYMTAB: (exe.SHT_STRTAB,), exe.SHT_DYNSYM: (exe.SHT_STRTAB,), exe.SHT_DYNAMIC: (exe.SHT_STRTAB,), 5: (exe.SHT_DYNSYM,),
    0x6FFFFFF6: (exe.SHT_DYNSYM,), 0x6FFFFFFF: (exe.SHT_DYNSYM,), 0x6FFFFFFE: (exe.SHT_STRTAB,), 0x6FFFFFFD: (exe.SHT_STRTAB,),
}  # fmt: skip
_STT_SECTION, _STT_FILE, _STT_TLS = 3, 4, 6
_MOST_FAULTS: Final = 50
_MOST_TABLES: Final = 4  # a file has two; more may all name the same bytes


def check(record: Record, file: Elf) -> None:
    """Looks at the sections of a file, if it has any."""
    for section in file.sections:
        if section.kind == exe.SHT_NULL:
            continue
        _section(record, file, section)
    _overlap(record, file)
    tables = [section for section in file.sections if section.kind in (exe.SHT_SYMTAB, exe.SHT_DYNSYM)]
    for section in tables[:_MOST_TABLES]:
        _symbols(record, file, section)
    _trailing(record, file)


def _section(record: Record, file: Elf, section: ElfSection) -> None:
    at = section.header_offset
    if section.in_file and not file.view.holds(section.offset, section.size):
        what = f"{section.label} has bytes {section.offset:#x} to {section.offset + section.size:#x} of a file of {file.view.size:#x}"
        record.report("elf-section-bounds", what, at)
        return
    if section.align & (section.align - 1):
        record.report("elf-section-align", f"{section.label} has an alignment of {section.align:#x}, which is no power of two", at)
    elif section.align > 1 and section.address % section.align:
        record.report("elf-section-align", f"{section.label} at {section.address:#x} is not aligned to {section.align:#x}", at)
    wanted = _LINKED.get(section.kind)
    if wanted is not None and (section.link >= len(file.sections) or file.sections[section.link].kind not in wanted):
        record.report("elf-section-link", f"{section.label} refers to section {section.link}, which is not of the kind that it needs", at)
    # Space of a thread has addresses of its own; an empty section may be anywhere.
    if not section.flags & exe.SHF_ALLOC or not section.size or not file.loads:
        return
    if section.flags & exe.SHF_TLS and section.kind == exe.SHT_NOBITS:
        return
    load = file.load_at(section.address)
    if load is None or section.address + section.size > load.address + load.memory_size:
        what = f"{section.label} at {section.address:#x}, {section.size:#x} bytes, is in no loaded segment"
        record.report("elf-section-segment", what, at)
    elif section.in_file and (
        section.offset - load.offset != section.address - load.address or section.address + section.size > load.address + load.file_size
    ):
        what = f"{section.label} is at {section.offset:#x} in the file, where {load.label} has other addresses than {section.address:#x}"
        record.report("elf-section-segment", what, at)
    elif section.flags & exe.SHF_WRITE and not load.flags & exe.PF_W:
        record.report("elf-section-segment", f"{section.label} can be written, and {load.label}, which it is in, can't", at)
    elif section.flags & exe.SHF_EXECINSTR and not load.flags & exe.PF_X:
        record.report("elf-section-segment", f"{section.label} holds code, and {load.label}, which it is in, can't be executed", at)


def _overlap(record: Record, file: Elf) -> None:
    """Bytes of the file belong to one section or one table of headers."""
    sections = [section for section in file.sections if section.in_file and section.size]
    sections = [section for section in sections if file.view.holds(section.offset, section.size)]
    places = [(section.offset, section.offset + section.size, section.label) for section in sections]
    if not places:
        return
    places.append((0, file.ehsize, "the ELF header"))
    places.append((file.phoff, file.phoff + file.phnum * file.phentsize, "the table of segments"))
    places.append((file.shoff, file.shoff + len(file.sections) * file.shentsize, "the table of sections"))
    places = sorted(place for place in places if place[0] < place[1])
    for (_, end, name), (start, _, other) in pairwise(places):
        if end > start:
            record.report("elf-section-overlap", f"{name} and {other} share bytes from {start:#x}", start)
    mapped = [s for s in file.sections if s.flags & exe.SHF_ALLOC and s.size and not s.flags & exe.SHF_TLS]
    for a, b in pairwise(sorted(mapped, key=lambda section: (section.address, section.index))):
        if a.address + a.size > b.address:
            record.report("elf-section-overlap", f"{a.label} and {b.label} share addresses from {b.address:#x}", b.header_offset)


def _symbols(record: Record, file: Elf, table: ElfSection) -> None:
    size = 24 if file.bits == 64 else 16
    content = file.content(table)
    if not content:
        return
    at = table.header_offset
    if table.entry_size != size or table.size % size:
        record.report("elf-symtab", f"{table.label} has {table.size} bytes in entries of {table.entry_size}, not of {size}", at)
        return
    count = table.size // size
    if table.info > count:
        record.report("elf-symtab", f"{table.label} has {count} symbols, and the first that is not local is told to be {table.info}", at)
    if table.link >= len(file.sections):
        return
    strings = file.content(file.sections[table.link])
    limit = len(strings)
    if limit and strings[-1]:
        record.report("elf-symtab", f"the names of {table.label} have no end", at)
    order = "<" if file.little else ">"
    form = struct.Struct(order + ("IBBHQQ" if file.bits == 64 else "IIIBBH"))
    ends = [(section.address, section.address + section.size) for section in file.sections]
    # What the file's type bounds: addresses of sections that have one.
    placed = [bool(section.flags & exe.SHF_ALLOC) for section in file.sections]
    faults = 0
    for index, row in enumerate(form.iter_unpack(content)):
        if file.bits == 64:
            name, info, _, shndx, value, _ = row
        else:
            name, value, _, info, _, shndx = row
        if name >= limit and (name or limit):
            message = f"the name of symbol {index} of {table.label} is outside of the names"
        elif shndx >= len(ends):
            if shndx >= exe.SHN_LORESERVE:
                continue
            message = f"symbol {index} of {table.label} is in section {shndx}, which is not there"
        elif shndx and placed[shndx] and info & 15 not in (_STT_FILE, _STT_TLS, _STT_SECTION):
            low, high = ends[shndx]
            # A symbol may mark the end of its section, or with the linkers of GNU and LLVM that of the one before.
            if low <= value <= high or not _far(value, low, high):
                continue
            message = f"symbol {index} of {table.label} is at {value:#x}, far outside of section {shndx}"
        else:
            continue
        record.report("elf-symtab", message, table.offset + index * size)
        faults += 1
        if faults >= _MOST_FAULTS:
            return


def _far(value: int, low: int, high: int) -> bool:
    """Whether an address is further from a section than linkers put their own marks (_end, __bss_start)."""
    return value < low - 0x10000 or value > high + 0x1000000


def _trailing(record: Record, file: Elf) -> None:
    """Bytes behind all that the headers tell of."""
    ends = [file.ehsize, file.phoff + file.phnum * file.phentsize, file.shoff + len(file.sections) * file.shentsize]
    ends += [section.offset + section.size for section in file.sections if section.in_file]
    ends += [segment.offset + segment.file_size for segment in file.segments if segment.kind != exe.PT_GNU_STACK]
    end = max(ends)
    if end < file.view.size and bytes(file.view.data[end:]).strip(b"\0"):
        record.report("elf-trailing-data", f"the last {file.view.size - end} bytes of the file belong to nothing", end)
