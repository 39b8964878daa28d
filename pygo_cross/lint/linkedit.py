# SPDX-License-Identifier: BSD-3-Clause
"""Mach-O's `__LINKEDIT`: what the load commands tell of it lies inside, apart and aligned, and can be read.

What dyld asks: dyld3/MachOAnalyzer.cpp (validLinkeditLayout); formats: xnu, EXTERNAL_HEADERS/mach-o/loader.h and nlist.h.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Final

from pygo_cross.exe import dyld
from pygo_cross.exe import macho as exe
from pygo_cross.exe.macho import MachO
from pygo_cross.lint.finding import Record

_N_STAB, _N_TYPE, _N_EXT = 0xE0, 0x0E, 0x01
_N_UNDF, _N_ABS, _N_INDR, _N_SECT = 0x0, 0x2, 0xA, 0xE
_INDIRECT_NONE: Final = (0x80000000, 0x40000000, 0xC0000000)
_MOST_FAULTS: Final = 50


def check(record: Record, file: MachO) -> None:
    """Looks at the parts of `__LINKEDIT`."""
    _layout(record, file)
    undefined = _symbols(record, file)
    _groups(record, file, undefined)
    for found in (dyld.opcodes(file), dyld.chained(file)):
        record.faults("macho-", found.faults)
    _, faults = dyld.exports(file)
    record.faults("macho-", faults)


def _layout(record: Record, file: MachO) -> None:
    segment = file.segment("__LINKEDIT")
    places = []
    for part in file.parts:
        at, end = part.command.offset, part.offset + part.size
        if not part.size and part.name != "code signature":
            continue
        inside = segment is None or (segment.offset <= part.offset and end <= segment.offset + segment.file_size)
        if not file.view.holds(part.offset, part.size) or not inside:
            what = f"the {part.name} at {part.offset:#x}, {part.size:#x} bytes, are outside of __LINKEDIT"
            record.report("macho-linkedit-bounds", what, at)
            continue
        if part.name != "code signature" and part.offset % part.align:
            record.report("macho-linkedit-align", f"the {part.name} at {part.offset:#x} are not aligned to {part.align}", at)
        places.append((part.offset, end, part.name, at))
    places.sort()
    for (_, end, name, _), (start, _, other, at) in pairwise(places):
        if end > start:
            record.report("macho-linkedit-overlap", f"the {name} and the {other} share bytes from {start:#x}", at)


def _symbols(record: Record, file: MachO) -> list[bool]:
    """Looks at every symbol; whether each is undefined."""
    if file.symtab is None:
        return []
    offset, count, strings, strings_size = file.symtab
    size = 16 if file.bits == 64 else 12
    if not file.view.holds(offset, count * size) or not file.view.holds(strings, strings_size):
        return []  # told as a part outside
    order = "<" if file.little else ">"
    form = struct.Struct(order + ("IBBHQ" if file.bits == 64 else "IBBHI"))
    table = file.view.take(offset, count * size)
    if count and (not strings_size or file.view.u8(strings + strings_size - 1)):
        record.report("macho-symtab", "the names of symbols have no end", strings + strings_size)
    sections = len(file.sections)
    low = min((s.address for s in file.segments if s.memory_size and s.initprot), default=0)
    high = max((s.address + s.memory_size for s in file.segments if s.memory_size and s.initprot), default=0)
    undefined: list[bool] = []
    faults = 0
    for index, (name, kind, section, _, value) in enumerate(form.iter_unpack(table)):
        base = kind & _N_TYPE
        undefined.append(base == _N_UNDF and not kind & _N_STAB)
        if faults >= _MOST_FAULTS:
            continue
        if name >= strings_size:
            message = f"the name of symbol {index} is outside of the names"
        elif kind & _N_STAB:
            continue
        elif base == _N_SECT:
            if 1 <= section <= sections and low <= value <= high:
                continue
            message = f"symbol {index} is at {value:#x} in section {section} of {sections}"
        elif base in (_N_UNDF, _N_ABS, _N_INDR, 0xC):
            continue
        else:
            message = f"symbol {index} is of type {kind:#x}, which is not known"
        faults += 1
        record.report("macho-symtab", message, offset + index * size)
    record.facts["stripped"] = all(undefined)
    return undefined


def _groups(record: Record, file: MachO, undefined: list[bool]) -> None:
    if file.dysymtab is None or file.symtab is None:
        return
    at = file.find(exe.LC_DYSYMTAB)[0].offset
    first_local, locals_, first_external, externals, first_undefined, undefineds = file.dysymtab[:6]
    count = file.symtab[1]
    groups = (("local", first_local, locals_), ("external", first_external, externals), ("undefined", first_undefined, undefineds))
    for name, first, size in groups:
        if size and first + size > count:
            record.report("macho-dysymtab", f"the {name} symbols are {first} to {first + size} of {count}", at)
            return
    for (name, first, size), (other, following, other_size) in pairwise(groups):
        if size and other_size and first + size > following:
            record.report("macho-dysymtab", f"the {name} and the {other} symbols share some", at)
    if locals_ + externals + undefineds != count:
        record.report("macho-dysymtab", f"{locals_} local, {externals} external and {undefineds} undefined symbols are not {count}", at)
    elif undefined and (sum(undefined[first_undefined : first_undefined + undefineds]) != undefineds or sum(undefined) != undefineds):
        record.report("macho-dysymtab", f"{sum(undefined)} symbols are undefined, and {undefineds} are told to be", at)
    if undefineds and file.flags & exe.MH_NOUNDEFS and not file.flags & exe.MH_TWOLEVEL:
        record.report("macho-flags", f"the flag NOUNDEFS is set, and {undefineds} symbols are undefined", 24)
    _indirect(record, file, count)


def _indirect(record: Record, file: MachO, count: int) -> None:
    part = file.part("indirect symbols")
    size = part.size if part is not None and file.view.holds(part.offset, part.size) else 0
    if part is not None and size:
        for index, (symbol,) in enumerate(struct.Struct("<I" if file.little else ">I").iter_unpack(file.view.take(part.offset, size))):
            if symbol >= count and symbol not in _INDIRECT_NONE:
                what = f"indirect symbol {index} is symbol {symbol} of {count}"
                record.report("macho-dysymtab", what, part.offset + 4 * index)
    for section in file.sections:
        if section.kind == exe.S_SYMBOL_STUBS:
            entries = section.size // section.reserved2 if section.reserved2 else 0
        elif section.kind in (exe.S_NON_LAZY_SYMBOL_POINTERS, exe.S_LAZY_SYMBOL_POINTERS):
            entries = section.size // (file.bits // 8)
        else:
            continue
        # Files with chained fixups name what a pointer is bound to there, and some linkers leave the table out.
        if section.reserved1 + entries > size // 4 and not file.part("chained fixups"):
            what = f"{section.label} has indirect symbols {section.reserved1} to {section.reserved1 + entries} of {size // 4}"
            record.report("macho-dysymtab", what, section.header_offset)
