# SPDX-License-Identifier: BSD-3-Clause
"""Change single fields of the first object of an archive, by symbol name or number, without moving anything.

It reads the format by itself (GOROOT/src/cmd/internal/goobj/objfile.go), so that what the linker's reader refuses can be made.
"""

from __future__ import annotations

import struct

_SYM, _RELOC, _AUX = 21, 23, 9
_NBLK = 19
# Where a field stands in a symbol's record, and its format; and in a relocation's.
_SYM_FIELDS = {
    "name_length": (0, "I"),
    "abi": (8, "H"),
    "kind": (10, "B"),
    "flag": (11, "B"),
    "flag2": (12, "B"),
    "size": (13, "I"),
    "align": (17, "I"),
}
_RELOC_FIELDS = {"offset": (0, "i"), "size": (4, "B"), "type": (5, "H"), "addend": (7, "q"), "package": (15, "I"), "index": (19, "I")}
_AUX_FIELDS = {"kind": (0, "B"), "package": (1, "I"), "index": (5, "I")}


class Editor:
    """An archive of which single fields are overwritten. `data` is the result."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.base = data.index(b"\n!\n\0go120ld") + 3
        self.offsets = struct.unpack_from(f"<{_NBLK}I", data, self.base + 20)

    def block(self, number: int) -> tuple[int, int]:
        """Where a block starts and ends in the archive."""
        return self.base + self.offsets[number], self.base + self.offsets[number + 1]

    def _record(self, index: int) -> int:
        return self.block(3)[0] + index * _SYM

    @property
    def definitions(self) -> int:
        """How many symbols the object defines."""
        return (self.block(7)[0] - self.block(3)[0]) // _SYM

    def block_start(self, number: int) -> int:
        """The local index of the first symbol of a block of symbols (3 to 7)."""
        return (self.block(number)[0] - self.block(3)[0]) // _SYM

    def name(self, index: int) -> str:
        """A symbol's name."""
        length, offset = struct.unpack_from("<II", self.data, self._record(index))
        return self.data[self.base + offset : self.base + offset + length].decode("utf-8", "replace")

    def find(self, name: str | int) -> int:
        """The local index of the first definition or reference of a name."""
        if isinstance(name, int):
            return name
        count = (self.block(7)[1] - self.block(3)[0]) // _SYM
        for index in range(count):
            if self.name(index) == name:
                return index
        raise AssertionError(f"the object has no symbol {name}")

    def get(self, name: str | int, field: str) -> int:
        """A field of a symbol."""
        at, form = _SYM_FIELDS[field]
        value: int = struct.unpack_from("<" + form, self.data, self._record(self.find(name)) + at)[0]
        return value

    def set(self, name: str | int, **fields: int) -> None:
        """Overwrite fields of a symbol."""
        for field, value in fields.items():
            at, form = _SYM_FIELDS[field]
            struct.pack_into("<" + form, self.data, self._record(self.find(name)) + at, value)

    def _range(self, block: int, index: int) -> tuple[int, int]:
        first, last = struct.unpack_from("<II", self.data, self.block(block)[0] + 4 * index)
        return first, last

    def relocs(self, name: str | int) -> list[dict[str, int]]:
        """The relocations of a definition."""
        first, last = self._range(11, self.find(name))
        start = self.block(14)[0]
        result = []
        for number in range(first, last):
            at = start + number * _RELOC
            result.append(
                {field: struct.unpack_from("<" + form, self.data, at + place)[0] for field, (place, form) in _RELOC_FIELDS.items()}
            )
        return result

    def set_reloc(self, name: str | int, number: int, **fields: int) -> None:
        """Overwrite fields of a relocation of a definition."""
        first, last = self._range(11, self.find(name))
        assert number < last - first
        for field, value in fields.items():
            at, form = _RELOC_FIELDS[field]
            struct.pack_into("<" + form, self.data, self.block(14)[0] + (first + number) * _RELOC + at, value)

    def auxs(self, name: str | int) -> list[dict[str, int]]:
        """The auxiliary symbols of a definition."""
        first, last = self._range(12, self.find(name))
        start = self.block(15)[0]
        result = []
        for number in range(first, last):
            at = start + number * _AUX
            result.append({field: struct.unpack_from("<" + form, self.data, at + place)[0] for field, (place, form) in _AUX_FIELDS.items()})
        return result

    def set_aux(self, name: str | int, which: int, **fields: int) -> None:
        """Overwrite fields of the first auxiliary symbol of the kind `which`."""
        first, _last = self._range(12, self.find(name))
        number = next(number for number, aux in enumerate(self.auxs(name)) if aux["kind"] == which)
        for field, value in fields.items():
            at, form = _AUX_FIELDS[field]
            struct.pack_into("<" + form, self.data, self.block(15)[0] + (first + number) * _AUX + at, value)

    def content(self, name: str | int) -> tuple[int, int]:
        """Where a definition's data starts and ends in the archive."""
        first, last = self._range(13, self.find(name))
        start = self.block(16)[0]
        return start + first, start + last

    def cut_content(self, name: str | int, size: int) -> None:
        """Make a definition's data `size` bytes long: what is left goes to the definition behind it."""
        index = self.find(name)
        first, last = self._range(13, index)
        assert size <= last - first
        struct.pack_into("<I", self.data, self.block(13)[0] + 4 * (index + 1), first + size)

    def poke(self, name: str | int, at: int, data: bytes) -> None:
        """Overwrite some of a definition's data."""
        start, end = self.content(name)
        assert start + at + len(data) <= end
        self.data[start + at : start + at + len(data)] = data

    def poke_name(self, name: str, at: int, data: bytes) -> None:
        """Overwrite some of a symbol's name."""
        _length, offset = struct.unpack_from("<II", self.data, self._record(self.find(name)))
        self.data[self.base + offset + at : self.base + offset + at + len(data)] = data
