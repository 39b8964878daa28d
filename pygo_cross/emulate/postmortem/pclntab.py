# SPDX-License-Identifier: GPL-2.0-or-later
"""Go's own table from program counters to functions, files, lines, frame sizes and inlined calls.

Every Go binary carries it, stripped or not, because the runtime unwinds by it. It is read from the image and not from the guest's
memory, so that a guest cannot have changed it, and nothing in it is trusted: an offset that leads out of the table is a `BadTable`, and
`Budget` bounds the work of a report whatever the tables say. Layouts are those of GOROOT/src/debug/gosym/pclntab.go and
GOROOT/src/runtime/symtab.go (magic numbers: internal/abi/symtab.go). Inlined calls are known for Go 1.20 and later.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.loader.image import Image

# The versions of the table, named after the first release that wrote it.
GO12: Final = 12
GO116: Final = 116
GO118: Final = 118
GO120: Final = 120

_MAGICS: Final = {0xFFFFFFFB: GO12, 0xFFFFFFFA: GO116, 0xFFFFFFF0: GO118, 0xFFFFFFF1: GO120}

_u32: Final = struct.Struct("<I")
_i32: Final = struct.Struct("<i")
_u64: Final = struct.Struct("<Q")
_inlined: Final = struct.Struct("<B3xiii")

# Function flags (internal/abi/symtab.go).
TOP_FRAME: Final = 1
SP_WRITE: Final = 2

_PCDATA_INLINE: Final = 2
_FUNCDATA_INLINE: Final = 3

# More functions than any program has; a table that claims more lies.
_MOST_FUNCTIONS: Final = 1 << 24
_LONGEST_NAME: Final = 1 << 16
_MOST_INLINED: Final = 1 << 10


class BadTable(Exception):
    """The table contradicts itself, or reading it takes more than the budget."""


class Budget:
    """Steps that the reading of tables may still take."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self) -> None:
        """One step."""
        self.left -= 1
        if self.left < 0:
            raise BadTable("the tables take too long to read")


class Function:
    """One function: where it begins, its name, its flags, and the offsets of its tables."""

    __slots__ = ("cu", "entry", "flags", "funcdata", "inline", "lines", "name", "pcfile", "pcsp")

    def __init__(self, entry: int, name: str, flags: int, tables: tuple[int, int, int], cu: int, inline: int, funcdata: int) -> None:
        self.entry = entry
        self.name = name
        self.flags = flags
        self.pcsp, self.pcfile, self.lines = tables
        self.cu = cu
        self.inline = inline  # offset of the table of inlining indices, 0 for none
        self.funcdata = funcdata  # offset of the inlining tree from go.func.*, -1 for none


def contents_at(image: Image, address: int, size: int) -> bytes:
    """What the file has at an address of the image, fewer bytes than `size` where the file ends."""
    for segment in image.segments:
        if segment.address <= address < segment.address + len(segment.data):
            start = address - segment.address
            return segment.data[start : start + size]
    return b""


class Table:
    """The table of one binary. `address` is where it lies in the image, `version` one of GO12 and later ones."""

    __slots__ = (
        "_cache", "_cu", "_data", "_entry_size", "_files", "_func", "_funcs", "_gofunc", "_image", "_names", "_pcs", "_quantum", "_text",
        "address", "budget", "count", "version",
    )  # fmt: skip

    def __init__(self, image: Image, address: int, data: memoryview) -> None:
        """`data` begins with the table; raises `BadTable` unless it looks like one."""
        self._image = image
        self._data = data
        self.address = address
        self.budget = Budget(2_000_000)
        magic = self._u32(0)
        if magic not in _MAGICS:
            raise BadTable(f"magic {magic:#x} is not known")
        self.version = _MAGICS[magic]
        padding, self._quantum, pointer = data[4] | data[5], data[6], data[7]
        if padding or pointer != 8 or self._quantum != (1 if image.arch == "amd64" else 4):
            raise BadTable("not a header of this architecture")
        self.count = self._u64(8)
        if not 0 < self.count < _MOST_FUNCTIONS:
            raise BadTable("the number of functions makes no sense")
        self._entry_size = 4 if self.version >= GO118 else 8
        self._text = self._gofunc = 0
        if self.version == GO12:
            self._names = self._pcs = self._func = self._cu = 0
            self._funcs = 16
            self._files = self._u32(self._funcs + 16 * self.count + 8)
        else:
            first = 32 if self.version >= GO118 else 24
            self._names, self._cu, self._files, self._pcs, self._func = (self._u64(first + 8 * i) for i in range(5))
            self._funcs = self._func
        if self.version >= GO118:
            self._text = self._u64(24)
        self._u32(self._funcs + 2 * self._entry_size * self.count)
        self._cache: dict[int, Function] = {}
        self._find_module()

    # Bounded reading.

    def _u32(self, at: int) -> int:
        try:
            return int(_u32.unpack_from(self._data, at)[0])
        except (struct.error, OverflowError):
            raise BadTable("an offset leads out of the table") from None

    def _u64(self, at: int) -> int:
        try:
            return int(_u64.unpack_from(self._data, at)[0])
        except (struct.error, OverflowError):
            raise BadTable("an offset leads out of the table") from None

    def _string(self, at: int) -> str:
        if not 0 <= at < len(self._data):
            raise BadTable("a name lies outside of the table")
        text = bytes(self._data[at : at + 256])
        if b"\0" not in text:
            text = bytes(self._data[at : at + _LONGEST_NAME])
        return text.partition(b"\0")[0].decode("utf-8", "backslashreplace")

    # The module's data, which knows what the table does not: where the text begins, and the functions' other data.

    def _find_module(self) -> None:
        """Look for the runtime's moduledata: it begins with the table's address, and the parts' addresses follow."""
        if self.version < GO116:
            return
        needle = _u64.pack(self.address)
        names = self.address + self._names
        for segment in self._image.segments:
            at = -1
            while (at := segment.data.find(needle, at + 1)) >= 0:
                self.budget.spend()
                words = segment.data[at : at + 8 * 64]
                count = len(words) // 8
                if (segment.address + at) % 8 or count < 30:
                    continue
                values = struct.unpack_from(f"<{count}Q", words)
                if values[1] != names or values[4] != self.address + self._cu or values[10] != self.address + self._pcs:
                    continue
                minimum, maximum, text = values[20:23]
                if not minimum < maximum or self._image_end() < text:
                    continue
                if self.version >= GO118:
                    self._text = text
                self._find_gofunc(values[24:])
                return

    def _image_end(self) -> int:
        return max(segment.address + segment.size for segment in self._image.segments)

    def _find_gofunc(self, candidates: tuple[int, ...]) -> None:
        """Which of the module's words is the base of funcdata differs between releases; take the one under which inlining trees
        make sense."""
        if self.version < GO120:
            return
        samples = []
        for i in range(self.count):
            try:
                function = self._function(i)
            except BadTable:
                continue
            if function.funcdata >= 0 and function.inline:
                samples.append(function)
                if len(samples) == 8:
                    break
        for base in candidates:
            if samples and all(self._is_inline_tree(base + function.funcdata) for function in samples):
                self._gofunc = base
                return

    def _is_inline_tree(self, address: int) -> bool:
        record = contents_at(self._image, address, _inlined.size)
        if len(record) < _inlined.size:
            return False
        _, name, parent, line = _inlined.unpack(record)
        at = self._names + name
        return bool(
            0 < name < self._cu - self._names
            and 0 <= parent < 1 << 24
            and line >= 0
            and at < len(self._data)
            and self._data[at - 1] == 0
            and self._data[at] != 0
        )

    # Functions.

    def _entry(self, i: int) -> int:
        at = self._funcs + 2 * self._entry_size * i
        return self._text + self._u32(at) if self._entry_size == 4 else self._u64(at)

    def _function(self, i: int) -> Function:
        at = self._funcs + 2 * self._entry_size * i
        where = self._func + (self._u32(at + 4) if self._entry_size == 4 else self._u64(at + 8))
        entry = self._entry(i)
        # entry, name, args, deferreturn, pcsp, pcfile, pcln, npcdata, cuOffset (from 1.16), startLine (from 1.20), funcID, flag,
        # padding, nfuncdata; entry has 8 bytes before 1.18.
        base = where + (4 if self.version >= GO118 else 8)
        name = self._u32(base)
        tables = (self._u32(base + 12), self._u32(base + 16), self._u32(base + 20))
        pcdata_count = self._u32(base + 24)
        cu = flags = inline = 0
        funcdata = -1
        if self.version >= GO116:
            cu = self._u32(base + 28)
            tail = base + (36 if self.version >= GO120 else 32)
            word = self._u32(tail)
            flags = word >> 8 & 0xFF
            if self.version >= GO120 and pcdata_count > _PCDATA_INLINE:
                inline = self._u32(tail + 4 + 4 * _PCDATA_INLINE)
                if word >> 24 > _FUNCDATA_INLINE:
                    offset = self._u32(tail + 4 + 4 * pcdata_count + 4 * _FUNCDATA_INLINE)
                    funcdata = -1 if offset == 0xFFFFFFFF else offset
        return Function(entry, self._string(self._names + name), flags, tables, cu, inline, funcdata)

    def find(self, pc: int) -> Function | None:
        """The function that holds `pc`; None if none does."""
        low, high = 0, self.count
        if not self._entry(0) <= pc < self._entry(self.count):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            if self._entry(middle) <= pc:
                low = middle
            else:
                high = middle
        found = self._cache.get(low)
        if found is None:
            found = self._cache[low] = self._function(low)
        return found

    # What holds at a pc.

    def _value(self, table: int, entry: int, pc: int) -> int:
        """The value of a table that is encoded as runs of program counters; -1 where it has none."""
        if not table:
            return -1
        data = self._data
        at = self._pcs + table
        place = entry
        value = -1

        def number() -> int:
            nonlocal at
            out = shift = 0
            while True:
                byte = data[at]
                at += 1
                out |= (byte & 0x7F) << shift
                if byte < 0x80:
                    return out
                shift += 7
                if shift > 35:
                    raise BadTable("a number in a table has no end")

        try:
            while True:
                self.budget.spend()
                delta = number()
                if not delta and place != entry:
                    return -1
                value += -(delta >> 1) - 1 if delta & 1 else delta >> 1
                place += number() * self._quantum
                if pc < place:
                    return value
        except IndexError:
            raise BadTable("a table has no end") from None

    def frame_size(self, function: Function, pc: int) -> int:
        """Bytes between the stack pointer at `pc` and what it was at the function's entry."""
        size = self._value(function.pcsp, function.entry, pc)
        if size < 0 or size > 1 << 31 or size & 7:
            raise BadTable(f"{function.name} has no frame size at {pc:#x}")
        return size

    def position(self, function: Function, pc: int) -> tuple[str, int]:
        """File and line at `pc`; `?` and 0 where they are not known."""
        number = self._value(function.pcfile, function.entry, pc)
        line = self._value(function.lines, function.entry, pc)
        if number < 0 or line < 0:
            return "?", 0
        if self.version == GO12:
            return self._string(self._u32(self._files + 4 * number)), line
        offset = self._u32(self._cu + 4 * (function.cu + number))
        return ("?" if offset == 0xFFFFFFFF else self._string(self._files + offset)), line

    def calls(self, function: Function, pc: int) -> list[tuple[str, str, int, bool]]:
        """The calls at `pc`, the innermost first: name, file, line, and whether it is inlined into the next."""
        found = []
        while True:
            index = self._value(function.inline, function.entry, pc) if self._gofunc and function.funcdata >= 0 else -1
            file, line = self.position(function, pc)
            if index < 0:
                found.append((function.name, file, line, False))
                return found
            record = contents_at(self._image, self._gofunc + function.funcdata + _inlined.size * index, _inlined.size)
            if len(record) < _inlined.size or len(found) > _MOST_INLINED:
                raise BadTable("an inlined call lies outside of the image")
            _, name, parent, _ = _inlined.unpack(record)
            found.append((self._string(self._names + name), file, line, True))
            self.budget.spend()
            pc = function.entry + parent


def find_table(image: Image) -> tuple[Table | None, str]:
    """The table of a binary, or None and why there is none.

    It is looked for by its magic number, read-only segments first, because a stripped binary need not name its sections.
    """
    unknown = ""
    tried = 0
    for segment in sorted(image.segments, key=lambda segment: segment.protection & 2):
        data = segment.data
        view = memoryview(data)
        for magic in sorted(_MAGICS, reverse=True):
            # Eight bytes of header are enough to skip nearly everything that only looks like it.
            needle = _u32.pack(magic) + bytes((0, 0, 1 if image.arch == "amd64" else 4, 8))
            at = -1
            while (at := data.find(needle, at + 1)) >= 0 and tried < 100:
                tried += 1
                if (segment.address + at) % 8:
                    continue
                try:
                    return Table(image, segment.address + at, view[at:]), ""
                except BadTable as error:
                    unknown = f"its pclntab cannot be read ({error})"
    return None, unknown or "it has no pclntab of a known version"
