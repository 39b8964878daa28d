# SPDX-License-Identifier: BSD-3-Clause
"""Reads of numbers and strings that stay within their bounds, and what is said of bytes that are not as they should be."""

from __future__ import annotations

import struct
from typing import Final

MAX_TABLE: Final = 1 << 20  # entries of one table of headers, commands or libraries; no linker writes a thousandth of it


class FormatError(ValueError):
    """The bytes are not of the format that a reader was asked for; the message says why."""


class Fault:
    """One thing that is wrong with a file: the `part` of it (`segment-names`), what (without a full stop), and the offset of it."""

    __slots__ = ("message", "offset", "part")

    def __init__(self, part: str, message: str, offset: int | None = None) -> None:
        self.part = part
        self.message = message
        self.offset = offset

    def __repr__(self) -> str:
        return f"Fault({self.part!r}, {self.message!r}, {self.offset!r})"


class View:
    """Bytes with a byte order. Reads outside of them raise `FormatError`."""

    __slots__ = ("_u16", "_u32", "_u64", "data", "order", "size")

    def __init__(self, data: bytes | memoryview, *, little: bool = True) -> None:
        self.data = memoryview(data)
        self.size = len(self.data)
        self.order = "<" if little else ">"
        self._u16 = struct.Struct(self.order + "H")
        self._u32 = struct.Struct(self.order + "I")
        self._u64 = struct.Struct(self.order + "Q")

    def holds(self, at: int, size: int) -> bool:
        """Whether `size` bytes at `at` are inside."""
        return 0 <= at <= self.size and 0 <= size <= self.size - at

    def u8(self, at: int) -> int:
        if not 0 <= at < self.size:
            raise FormatError(f"a byte at {at:#x} is past the end, {self.size:#x}")
        return self.data[at]

    def _number(self, form: struct.Struct, at: int) -> int:
        if not self.holds(at, form.size):
            raise FormatError(f"{form.size} bytes at {at:#x} are past the end, {self.size:#x}")
        return int(form.unpack_from(self.data, at)[0])

    def u16(self, at: int) -> int:
        return self._number(self._u16, at)

    def u32(self, at: int) -> int:
        return self._number(self._u32, at)

    def u64(self, at: int) -> int:
        return self._number(self._u64, at)

    def word(self, at: int, bits: int) -> int:
        """A number as wide as an address of the machine."""
        return self.u64(at) if bits == 64 else self.u32(at)

    def take(self, at: int, size: int) -> bytes:
        """A copy of `size` bytes at `at`."""
        if not self.holds(at, size):
            raise FormatError(f"{size:#x} bytes at {at:#x} are past the end, {self.size:#x}")
        return bytes(self.data[at : at + size])

    def part(self, at: int, size: int) -> View:
        """`size` bytes at `at` as a view of their own, without a copy."""
        if not self.holds(at, size):
            raise FormatError(f"{size:#x} bytes at {at:#x} are past the end, {self.size:#x}")
        return View(self.data[at : at + size], little=self.order == "<")

    def string(self, at: int, limit: int = 4096) -> str:
        """The text at `at` that a zero ends within `limit` bytes."""
        if not 0 <= at < self.size:
            raise FormatError(f"a string at {at:#x} is past the end, {self.size:#x}")
        # Most are short: the first copy is enough.
        for size in (128, limit):
            raw = bytes(self.data[at : at + size])
            end = raw.find(0)
            if end >= 0:
                return text(raw[:end])
        raise FormatError(f"a string at {at:#x} has no end")

    def unpack(self, form: str, at: int) -> tuple[int, ...]:
        """Numbers in struct's notation, without its byte order."""
        made = struct.Struct(self.order + form)
        if not self.holds(at, made.size):
            raise FormatError(f"{made.size:#x} bytes at {at:#x} are past the end, {self.size:#x}")
        return made.unpack_from(self.data, at)


def text(raw: bytes) -> str:
    """Bytes of a file as text that can be printed: what is not UTF-8 as `\\xNN`, control characters too."""
    decoded = raw.decode("utf-8", "backslashreplace")
    if decoded.isprintable():
        return decoded
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in decoded)


def uleb(view: View, at: int) -> tuple[int, int]:
    """The unsigned LEB128 number of at most 64 bits at `at`, and the offset behind it."""
    value = shift = 0
    while True:
        byte = view.u8(at)
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise FormatError(f"a number before {at:#x} has more than 64 bits")
    if value >> 64:
        raise FormatError(f"a number before {at:#x} has more than 64 bits")
    return value, at
