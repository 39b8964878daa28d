# SPDX-License-Identifier: GPL-2.0-or-later
"""A binary as the loaders describe it, and bounded reading of its headers.

The loaders trust nothing in the file: every offset and size is checked against the file and the address space before it is used, and a
lie is a `NotRunnable` error.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from pygo_cross.emulate.errors import NotRunnable

# Above this are mappings and stacks.
_LAST: Final = 0x7000_0000_0000


def bad(message: str) -> NotRunnable:
    """The error for a damaged file."""
    return NotRunnable("bad-binary", message)


class Reader:
    """Unpacks little-endian (or other) structures at offsets that may lie."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def unpack(self, layout: struct.Struct, offset: int, what: str) -> tuple[int, ...]:
        """The fields of `layout` at `offset`."""
        if offset < 0 or offset + layout.size > len(self.data):
            raise bad(f"{what} lies outside of the file")
        return layout.unpack_from(self.data, offset)

    def bytes(self, offset: int, size: int, what: str) -> bytes:
        """`size` bytes at `offset`."""
        if offset < 0 or size < 0 or offset + size > len(self.data):
            raise bad(f"{what} lies outside of the file")
        return self.data[offset : offset + size]

    def cstring(self, offset: int, end: int, what: str) -> str:
        """The text at `offset` up to a NUL before `end`."""
        end = min(end, len(self.data))
        stop = self.data.find(b"\0", offset, end) if 0 <= offset < end else -1
        if stop < 0:
            raise bad(f"{what} has no end")
        return self.data[offset:stop].decode("utf-8", "replace")


@dataclass(slots=True)
class Segment:
    """Memory to map: `size` bytes at `address`, the first of them being `data`, which is at `offset` in the file. Protection bits: 1 read,
    2 write, 4 execute."""

    address: int
    size: int
    protection: int
    data: bytes
    name: str
    offset: int = 0


@dataclass(slots=True)
class Image:
    """A loaded binary. `binds` maps the address of a pointer to the imported symbol it is to hold and its addend. `file` is
    what it was read from: of a universal file, the slice."""

    system: str
    arch: str
    entry: int
    segments: list[Segment]
    path: str = ""
    file: bytes = b""
    program_headers: int = 0
    program_header_size: int = 0
    program_header_count: int = 0
    # macOS: whether entry is a C main (LC_MAIN) and the requested stack size.
    entry_is_main: bool = False
    stack_size: int = 0
    binds: list[tuple[int, str, int]] = field(default_factory=list)

    @property
    def target(self) -> str:
        """The target in Go's notation, `linux/arm64`."""
        return f"{self.system}/{self.arch}"

    def check(self, page: int) -> None:
        """Raise `NotRunnable` unless the segments fit in the address space and none share a page."""
        last = 0
        for segment in sorted(self.segments, key=lambda segment: segment.address):
            start = segment.address & -page
            end = (segment.address + segment.size + page - 1) & -page
            if segment.size <= 0 or len(segment.data) > segment.size or segment.address < page or end > _LAST:
                raise bad(f"segment {segment.name or hex(segment.address)} does not fit in the address space")
            if start < last:
                raise bad(f"segment {segment.name or hex(segment.address)} overlaps another")
            last = end


def load(data: bytes, path: str = "", want_arch: str = "") -> Image:
    """Read a binary of one of the four targets; raises `NotRunnable`.

    Of a universal (fat) binary, the slice of `want_arch`, or else its first that can be run.
    """
    if data[:4] == b"\x7fELF":
        from pygo_cross.emulate.loader import elf

        image = elf.load(data)
        image.file = data
    elif data[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"):
        from pygo_cross.emulate.loader import macho

        image = macho.load(data, want_arch)
    else:
        from pygo_cross.emulate.loader import refuse

        raise refuse.not_a_binary(data)
    image.path = path
    return image
