# SPDX-License-Identifier: BSD-3-Clause
"""Reads fat files: one Mach-O file for each architecture, one behind the other. All numbers of the header are big-endian.

Format: xnu, EXTERNAL_HEADERS/mach-o/fat.h. Class files of Java begin with the same four bytes; what follows, their version, is from 45
on where fat files have the number of architectures.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.exe.macho import ARCH_NAMES
from pygo_cross.exe.view import Fault, FormatError, View

MAGIC: Final = b"\xca\xfe\xba\xbe"
MAGIC_64: Final = b"\xca\xfe\xba\xbf"
_MOST: Final = 44


class Slice:
    """One architecture of a fat file: `offset` and `size` in bytes, `align` the exponent of a power of two."""

    __slots__ = ("align", "cpu_subtype", "cpu_type", "header_offset", "index", "offset", "size")

    def __init__(self, index: int, header_offset: int, fields: tuple[int, ...]) -> None:
        self.index = index
        self.header_offset = header_offset
        self.cpu_type, self.cpu_subtype, self.offset, self.size, self.align = fields[:5]

    @property
    def arch(self) -> str:
        """GOARCH of the slice, or the number of its cpu."""
        return ARCH_NAMES.get(self.cpu_type, hex(self.cpu_type))


class Fat:
    """A fat file, read."""

    __slots__ = ("faults", "header_end", "slices", "view", "wide")

    def __init__(self, view: View, wide: bool) -> None:
        self.view = view
        self.wide = wide
        self.faults: list[Fault] = []
        self.slices: list[Slice] = []
        self.header_end = 8

    def content(self, part: Slice) -> memoryview:
        """The bytes of a slice; none where they are not all inside the file."""
        return self.view.data[part.offset : part.offset + part.size] if self.view.holds(part.offset, part.size) else memoryview(b"")


def is_fat(data: bytes | memoryview) -> bool:
    """Whether the bytes begin as a fat file does, and not as a class file of Java."""
    head = bytes(data[:8])
    return head[:4] == MAGIC_64 or (head[:4] == MAGIC and int.from_bytes(head[4:8], "big") <= _MOST)


def read(data: bytes | memoryview) -> Fat:
    """Read a fat file. Raises `FormatError` where there is no whole header."""
    if not is_fat(data):
        raise FormatError("no magic of a fat file")
    view = View(data, little=False)
    wide = bytes(view.data[:4]) == MAGIC_64
    fat = Fat(view, wide)
    count = view.u32(4)
    size = 32 if wide else 20
    fat.header_end = 8 + count * size
    if count > _MOST or not view.holds(8, count * size):
        fat.faults.append(Fault("header", f"a table of {count} architectures reaches over the end of the file", 4))
        count = min(_MOST, count, (view.size - 8) // size)
    for index in range(count):
        at = 8 + index * size
        fat.slices.append(Slice(index, at, view.unpack("IIQQII" if wide else "5I", at)))
    return fat
