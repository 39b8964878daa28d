# SPDX-License-Identifier: GPL-2.0-or-later
"""The symbol table of a binary, where it was not stripped: addresses of functions and of the runtime's variables.

Read for post-mortems only, and with checks throughout: a table that lies is one that is not there.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import Final

_MOST: Final = 1 << 21
_LONGEST_NAME: Final = 1 << 16

_ELF_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_ELF_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_ELF_SYMBOL: Final = struct.Struct("<IBBHQQ")
_MACHO_HEADER: Final = struct.Struct("<IIIIIIII")
_MACHO_SYMTAB: Final = struct.Struct("<IIIIII")
_MACHO_SYMBOL: Final = struct.Struct("<IBBHQ")


class Symbols:
    """Names by address, and addresses by name."""

    __slots__ = ("_addresses", "_names", "by_name")

    def __init__(self, found: list[tuple[int, str]]) -> None:
        found.sort()
        self._addresses = [address for address, _ in found]
        self._names = [name for _, name in found]
        self.by_name = {name: address for address, name in reversed(found)}

    def __bool__(self) -> bool:
        return bool(self._addresses)

    def find(self, address: int) -> tuple[str, int] | None:
        """The last symbol at or before an address, and the distance to it."""
        i = bisect_right(self._addresses, address) - 1
        if i < 0 or address - self._addresses[i] > 1 << 24:
            return None
        return self._names[i], address - self._addresses[i]


def read(data: bytes) -> Symbols:
    """The symbols of an ELF or Mach-O file; none if it has no table, or a damaged one."""
    try:
        return Symbols(_elf(data) if data[:4] == b"\x7fELF" else _macho(data))
    except (struct.error, OverflowError):
        return Symbols([])


def _name(data: bytes, at: int, end: int) -> str:
    stop = data.find(b"\0", at, min(end, at + _LONGEST_NAME))
    return data[at:stop].decode("utf-8", "backslashreplace") if 0 <= at < stop else ""


def _elf(data: bytes) -> list[tuple[int, str]]:
    header = _ELF_HEADER.unpack_from(data, 0)
    table, count = header[6], header[12]
    sections = [_ELF_SECTION.unpack_from(data, table + _ELF_SECTION.size * i) for i in range(count)]
    found = []
    for section in sections:
        if section[1] != 2 or section[6] >= count:  # SHT_SYMTAB
            continue
        strings, size = sections[section[6]][4:6]
        for i in range(1, min(section[5] // _ELF_SYMBOL.size, _MOST)):
            name, info, _, index, value, _ = _ELF_SYMBOL.unpack_from(data, section[4] + _ELF_SYMBOL.size * i)
            if index and info & 15 <= 2:  # no type, an object, a function
                found.append((value, _name(data, strings + name, strings + size)))
    return [entry for entry in found if entry[1]]


def _macho(data: bytes) -> list[tuple[int, str]]:
    count = _MACHO_HEADER.unpack_from(data, 0)[4]
    place = _MACHO_HEADER.size
    found = []
    for _ in range(min(count, 1 << 12)):
        command, size = struct.unpack_from("<II", data, place)
        if size < 8:
            break
        if command == 2:  # LC_SYMTAB
            _, _, table, number, strings, length = _MACHO_SYMTAB.unpack_from(data, place)
            for i in range(min(number, _MOST)):
                name, kind, _, _, value = _MACHO_SYMBOL.unpack_from(data, table + _MACHO_SYMBOL.size * i)
                if not kind & 0xE0 and kind & 0x0E == 0x0E:  # not for debuggers, defined in a section
                    found.append((value, _name(data, strings + name, strings + length).removeprefix("_")))
        place += size
    return [entry for entry in found if entry[1]]
