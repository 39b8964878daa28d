# SPDX-License-Identifier: GPL-2.0-or-later
"""Loads ELF executables for linux/amd64 and linux/arm64 (System V gABI, chapters 4 and 5).

Static executables, and static position-independent ones, which relocate themselves. An executable with an interpreter needs a C
library and is refused.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.loader import refuse
from pygo_cross.emulate.loader.image import Image, Reader, Segment, bad

_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM: Final = struct.Struct("<IIQQQQQQ")

_MACHINES: Final = {62: "amd64", 183: "arm64"}
_TYPE_DYN: Final = 3
_LOAD: Final = 1
_INTERP: Final = 3

# Where a position-independent executable goes.
_PIE_BASE: Final = 0x5555_5555_0000


def load(data: bytes) -> Image:
    """The image of an ELF file."""
    reader = Reader(data)
    fields = reader.unpack(_HEADER, 0, "the ELF header")
    ident: bytes = fields[0]  # type: ignore[assignment]
    kind, machine, entry, table, entry_size, count = fields[1], fields[2], fields[4], fields[5], fields[9], fields[10]
    refuse.check_elf(ident, kind, machine)
    if entry_size != _PROGRAM.size:
        raise bad("the ELF program headers have a size of their own")
    bias = _PIE_BASE if kind == _TYPE_DYN else 0
    segments = []
    headers = 0
    for i in range(count):
        what = f"ELF program header {i}"
        type_, flags, offset, address, _physical, file_size, memory_size, _align = reader.unpack(_PROGRAM, table + i * entry_size, what)
        if type_ == _INTERP:
            raise refuse.needs_interpreter(reader.bytes(offset, min(file_size, 256), what).split(b"\0")[0].decode("utf-8", "replace"))
        if type_ != _LOAD or memory_size == 0:
            continue
        if file_size > memory_size:
            raise bad(f"{what} has more bytes in the file than in memory")
        content = reader.bytes(offset, file_size, what)
        protection = (flags >> 2 & 1) | (flags & 2) | (flags & 1) << 2
        segments.append(Segment(bias + address, memory_size, protection, content, f"load {i}", offset))
        if offset <= table and table + count * entry_size <= offset + file_size:
            headers = bias + address + table - offset
    if not segments:
        raise bad("the ELF file has nothing to load")
    image = Image("linux", _MACHINES[machine], bias + entry, segments)
    image.program_headers, image.program_header_size, image.program_header_count = headers, entry_size, count
    return image
