# SPDX-License-Identifier: BSD-3-Clause
"""Compression of debug sections.

A section that gets smaller by it is compressed with zlib at its fastest level; the others stay as they are. ELF marks
such a section by a flag and a header of its own (Elf64_Chdr), Mach-O has Go's older convention: the name begins
`.zdebug_`, the content with "ZLIB" and the size, big endian. Fact: GOROOT/src/cmd/link/internal/ld/dwarf.go
(dwarfcompress), data.go (compressSyms). Stock's compressed bytes come from Go's own deflate and differ from ours.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from pygo_cross.link.image import Section

_COMPRESS_ZLIB: Final = 1
_CHDR: Final = struct.Struct("<IIQQ")  # type, reserved, size, alignment
_LEVEL: Final = 1


def compress(section: Section, goos: str) -> None:
    """Compress the section's content in place, and set size and name or mark, if it gets smaller."""
    content = section.content
    if not content:
        return
    packed = zlib.compress(content, _LEVEL)
    header = b"ZLIB" + struct.pack(">Q", len(content)) if goos == "darwin" else _CHDR.pack(_COMPRESS_ZLIB, 0, len(content), 1)
    if len(header) + len(packed) >= len(content):
        return
    section.content = header + packed
    section.size = len(header) + len(packed)
    if goos == "darwin":
        section.name = ".zdebug_" + section.name.removeprefix(".debug_")
    else:
        section.compressed = True
