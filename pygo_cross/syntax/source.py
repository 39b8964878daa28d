# SPDX-License-Identifier: BSD-3-Clause
"""Positions in source files, as ints.

A position is `base + offset`: every `SourceFile` of a `FileSet` owns a range of ints as long as its text (one more, for its
end), so an int alone says file and byte. 0 (`NO_POS`) is in no file. Lines and columns are worked out when something is
printed. Line directives (`//line`, `/*line*/`) move what is printed, never the ints, so ints of one file compare in the
order of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, NamedTuple, final

from pygo_cross.diag import Pos

NO_POS: Final = 0

POS_MAX: Final = 1 << 30
"""Largest line or column that a line directive may give (src/cmd/compile/internal/syntax/pos.go, PosMax)."""

_LINE_MAX: Final = (1 << 20) - 2
_COLUMN_MAX: Final = (1 << 8) - 1


class LineBase(NamedTuple):
    """What a line directive says: from `offset` on, which is line and column `at` of the text, positions are counted from `line`
    and `column` of `file`; a `column` of 0 is not known."""

    offset: int
    at: tuple[int, int]
    file: str
    line: int
    column: int


@final
class SourceFile:
    """A file of a `FileSet`: its name as it is to be printed, its text, and where its lines begin."""

    __slots__ = ("_line_lengths", "_line_starts", "base", "line_bases", "name", "size", "source")

    def __init__(self, name: str, base: int, source: bytes) -> None:
        self.name = name
        self.base = base
        self.source = source
        self.size = len(source)
        self.line_bases: list[LineBase] = []
        """Line directives in the order of the text; the parser fills this."""
        self._line_starts: list[int] | None = None
        self._line_lengths: bytes | None = None

    def line_starts(self) -> list[int]:
        """Offset of the first byte of every line."""
        starts = self._line_starts
        if starts is None:
            if self._line_lengths is not None:
                starts = _decode_starts(self._line_lengths)
            else:
                starts = [0, *[found.end() for found in re.finditer(b"\n", self.source)]]
            self._line_starts = starts
        return starts

    def line_lengths(self) -> bytes:
        """The lengths of all lines but the last, each 7 bits a byte from the lowest, the highest bit set where more follow: what
        `FileSet.add_outline` takes.
        """
        if self._line_lengths is not None:
            return self._line_lengths
        out = bytearray()
        last = 0
        for start in self.line_starts()[1:]:
            length = start - last
            last = start
            while length >= 0x80:
                out.append(length & 0x7F | 0x80)
                length >>= 7
            out.append(length)
        return bytes(out)

    def line(self, pos: int) -> int:
        """Line of the text, from 1, whatever line directives say."""
        return bisect_right(self.line_starts(), pos - self.base)

    def line_column(self, pos: int) -> tuple[int, int]:
        """Line and column of the text, from 1, columns in bytes, whatever line directives say."""
        offset = pos - self.base
        starts = self.line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def absolute(self, pos: int) -> Pos:
        """File, line and column of the text itself, whatever line directives say."""
        line, column = self.line_column(pos)
        return Pos(self.name, line, column)

    def position(self, pos: int) -> Pos:
        """What is printed for `pos`: line directives count. The column is 0 where a directive leaves it unknown."""
        line, column = self.line_column(pos)
        found = self.line_base(pos) if self.line_bases else None
        if found is not None:
            base_line, base_column = found.at
            if found.column == 0:
                column = 0
            elif line == base_line:
                column = found.column + column - base_column
            return Pos(found.file, found.line + line - base_line, column)
        return Pos(self.name, line, column)

    def place(self, pos: int) -> str:
        """A position inside of a message: where a line directive moves it, the place in the text stands behind."""
        shown, absolute = self.position(pos), self.absolute(pos)
        return str(shown) if shown == absolute else f"{shown}[{absolute}]"

    def line_base(self, pos: int) -> LineBase | None:
        """The line directive that holds at `pos`."""
        number = bisect_right(self.line_bases, pos - self.base, key=lambda base: base.offset)
        return self.line_bases[number - 1] if number else None


@final
class FileSet:
    """The files whose positions one number tells apart."""

    __slots__ = ("_bases", "_next", "files")

    def __init__(self) -> None:
        self.files: list[SourceFile] = []
        self._bases: list[int] = []
        self._next = 1

    def add(self, name: str, source: bytes) -> SourceFile:
        """A file more; `name` is what messages print."""
        file = SourceFile(name, self._next, source)
        self.files.append(file)
        self._bases.append(self._next)
        self._next += file.size + 1
        return file

    def add_outline(self, name: str, size: int, line_lengths: bytes, line_bases: list[LineBase]) -> SourceFile:
        """A file whose text is not at hand, but its size in bytes, its lines (`SourceFile.line_lengths`) and line directives are: its
        positions can be printed.
        """
        file = SourceFile(name, self._next, b"")
        file.size = size
        file.line_bases = line_bases
        file._line_lengths = line_lengths
        self.files.append(file)
        self._bases.append(self._next)
        self._next += size + 1
        return file

    def file(self, pos: int) -> SourceFile | None:
        """The file that `pos` is in, None for `NO_POS`."""
        if pos <= 0 or pos >= self._next:
            return None
        return self.files[bisect_right(self._bases, pos) - 1]

    def position(self, pos: int) -> Pos:
        """What is printed for `pos`, line directives included; an empty `Pos` for `NO_POS`."""
        file = self.file(pos)
        return file.position(pos) if file is not None else Pos()

    def absolute(self, pos: int) -> Pos:
        """File, line and column of the text itself; an empty `Pos` for `NO_POS`."""
        file = self.file(pos)
        return file.absolute(pos) if file is not None else Pos()

    def place(self, pos: int) -> str:
        """A position inside of a message, as Go's syntax.Pos prints itself; an empty string for `NO_POS`."""
        file = self.file(pos)
        return file.place(pos) if file is not None else ""

    def reported(self, pos: int) -> Pos:
        """Where a message about `pos` is said to be: as `position`, but cmd/compile keeps no column beyond 254 and no line beyond
        1,048,574 (src/cmd/internal/src/pos.go)."""
        shown = self.position(pos)
        absolute = self.absolute(pos)
        if absolute.line >= _LINE_MAX:
            return Pos(shown.file, shown.line - absolute.line + _LINE_MAX)
        return shown if absolute.column < _COLUMN_MAX else Pos(shown.file, shown.line)

    def line(self, pos: int) -> int:
        """Line of the text, whatever line directives say; 0 for `NO_POS`."""
        file = self.file(pos)
        return file.line(pos) if file is not None else 0


def _decode_starts(line_lengths: bytes) -> list[int]:
    starts = [0]
    start = shift = 0
    for byte in line_lengths:
        start += (byte & 0x7F) << shift
        if byte >= 0x80:
            shift += 7
        else:
            shift = 0
            starts.append(start)
    return starts
