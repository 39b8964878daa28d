# SPDX-License-Identifier: BSD-3-Clause
"""Reads Go's table of functions, from Go 1.16 on: the header, names of functions, names of source files, lines, and whether it is in order.

Go binaries that are stripped of everything else still have it: the runtime reads it for stack traces. Layout: src/runtime/symtab.go
(pcHeader) and src/cmd/link/internal/ld/pcln.go; that of older releases is the same file of theirs.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Final

from pygo_cross.exe.view import FormatError, View

# The magic's number: release that began with it.
_MAGICS: Final = {0xFFFFFFFB: "1.2", 0xFFFFFFFA: "1.16", 0xFFFFFFF0: "1.18", 0xFFFFFFF1: "1.20"}


_LONGEST: Final = 1 << 14  # bytes of a function's name


class Pclntab:
    """The table, read. Offsets count from its start; `files` has the file table's strings as they stand."""

    __slots__ = ("_view", "file_count", "function_count", "functions", "names", "pointer_size", "quantum", "release", "tables", "view_size")

    def __init__(self, view: View) -> None:
        self._view = view
        self.view_size = view.size
        self.release = ""
        self.quantum = self.pointer_size = self.function_count = self.file_count = 0
        self.names = 0
        # Where the function names, compilation units, file names, pc tables and functions begin.
        self.tables: tuple[int, ...] = ()
        # Of each function: its start as an offset in the text, and its record as an offset in the last table; then the text's end.
        self.functions: list[int] = []

    def files(self) -> list[bytes]:
        """The names of source files."""
        start, end = self.tables[2], self.tables[3]
        return [name for name in bytes(self._view.data[start:end]).split(b"\0") if name]

    def function_names(self) -> list[bytes]:
        """The name of each function, in the order of their code. Raises `FormatError`."""
        start, end = self.tables[0], self.tables[1]
        table = bytes(self._view.data[start:end])
        found: list[bytes] = []
        last = self.tables[4]
        record = struct.Struct(self._view.order + ("Qi" if self.release == "1.16" and self.pointer_size == 8 else "Ii"))
        unpack = record.unpack_from
        limit = self.view_size - record.size
        functions = self.functions
        for index in range(self.function_count):
            place = last + functions[2 * index + 1]
            if place > limit:
                raise FormatError(f"the record of function {index} is past the end of the table")
            entry, name = unpack(self._view.data, place)
            if entry != functions[2 * index]:
                raise FormatError(f"function {index} begins at {functions[2 * index]:#x}, and its record says {entry:#x}")
            stop = table.find(b"\0", name, name + _LONGEST) if 0 <= name < len(table) else -1
            if stop < 0:
                raise FormatError(f"the name of function {index} is outside of the names")
            found.append(table[name:stop])
        return found

    def source_tables(self, index: int) -> tuple[memoryview, memoryview, int]:
        """Of a function, the tables of its file numbers and of its lines, and where its file numbers begin in `file_name`.

        Of Go from 1.18 on; an empty table stands for none. Raises `FormatError`.
        """
        start, limit = self.tables[3], self.tables[4]
        record = self._view.unpack("IiiIIIIII", limit + self.functions[2 * index + 1])
        found = [self._view.data[start + at : limit] if at and start + at < limit else self._view.data[:0] for at in record[5:7]]
        return found[0], found[1], record[8]

    def file_name(self, first: int, number: int) -> str:
        """A source file by its number in a function's table. Raises `FormatError`."""
        place = self.tables[1] + 4 * (first + number)
        if number < 0 or place + 4 > self.tables[2]:
            return ""
        offset = self._view.u32(place)
        return "" if offset == 0xFFFFFFFF else self._view.string(self.tables[2] + offset)


def read(data: bytes | memoryview, *, little: bool) -> Pclntab:
    """Read the table that `data` begins with. Raises `FormatError` for one that is not in order, or of Go before 1.16."""
    view = View(data, little=little)
    release = _MAGICS.get(view.u32(0))
    if release is None:
        raise FormatError(f"its magic {view.u32(0):#x} is not known")
    if release == "1.2":
        raise FormatError("it is of a Go before 1.16")
    table = Pclntab(view)
    table.release = release
    table.quantum, table.pointer_size = view.u8(6), view.u8(7)
    if view.u16(4) or table.quantum not in (1, 2, 4) or table.pointer_size not in (4, 8):
        raise FormatError("its header is damaged")
    word, bits = table.pointer_size, table.pointer_size * 8
    fields = 7 if release == "1.16" else 8
    numbers = [view.word(8 + word * index, bits) for index in range(fields)]
    table.function_count, table.file_count = numbers[0], numbers[1]
    table.tables = tuple(numbers[-5:])
    if list(table.tables) != sorted(table.tables) or table.tables[-1] > view.size or table.tables[0] < 8 + word * fields:
        raise FormatError("its parts are not one behind the other inside of it")
    size = 4 if release != "1.16" else word
    count = 2 * table.function_count + 1
    if not view.holds(table.tables[4], count * size):
        raise FormatError(f"{table.function_count} functions reach over its end")
    table.functions = list(view.unpack(f"{count}{'I' if size == 4 else 'Q'}", table.tables[4]))
    starts = table.functions[0::2]
    if any(a > b for a, b in pairwise(starts)):
        raise FormatError("its functions are not sorted")
    return table
