# SPDX-License-Identifier: BSD-3-Clause
"""The names in pclntab: of functions (funcnametab), and of source files (filetab, and cutab that leads there).

A function's name is written once a symbol, in the order of first use, so two symbols of one name (two ABIs) have two.
File names are shared by the whole program. Each compilation unit (object) numbers its files for itself, and its slice
of cutab turns these numbers into offsets in filetab; the slice is as long as the highest number in use needs, with
`NO_FILE` for files that nothing in the image uses.

Facts: GOROOT/src/cmd/link/internal/ld/pcln.go (generateFuncnametab, generateFilenameTabs), dwarf.go (expandFile).
"""

from __future__ import annotations

import posixpath
import struct
from typing import Final

from pygo_cross.link.loader import Loader, ObjFile
from pygo_cross.obj.archive import bad_file

NO_FILE: Final = 0xFFFFFFFF
_FILE_PREFIX: Final = "gofile.."  # cmd/internal/src/pos.go, FileSymPrefix
_GOROOT: Final = "$GOROOT"


def expand_file(name: str, goroot: str) -> str:
    """A file name of an object as the image has it: `goroot`, unless it is empty, takes the place of `$GOROOT`."""
    name = name.removeprefix(_FILE_PREFIX)
    if goroot and name.startswith(_GOROOT) and name[len(_GOROOT) : len(_GOROOT) + 1] in ("/", "\\"):
        path = posixpath.normpath(f"{goroot}/{name[len(_GOROOT) :]}")
        return path[1:] if path.startswith("//") else path
    return name


class FuncNames:
    """funcnametab: `offsets` of the names by symbol, in the order in which they were added."""

    __slots__ = ("_loader", "_parts", "offsets", "size")

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._parts: list[bytes] = []
        self.offsets: dict[int, int] = {}
        self.size = 0

    def add(self, sym: int) -> int:
        """Write the name of a symbol that has no offset yet; return its offset."""
        name = self._loader.name(sym).encode("utf-8", "surrogateescape")
        offset = self.offsets[sym] = self.size
        self._parts.append(name)
        self.size += len(name) + 1
        return offset

    def sizes(self) -> dict[int, int]:
        """The size of each name with its end, by offset."""
        return {offset: len(name) + 1 for offset, name in zip(self.offsets.values(), self._parts, strict=True)}

    def content(self) -> bytearray:
        """The table."""
        return bytearray(b"\0".join([*self._parts, b""]))


class Unit:
    """The files of one object: `names` of all, the numbers in use (`used`, all below `limit`), and where its slice of cutab
    begins (`start`, known after `FileNames.finish`)."""

    __slots__ = ("limit", "names", "path", "start", "used")

    def __init__(self, file: ObjFile) -> None:
        self.names = file.obj.files()
        self.path = file.obj.path
        self.used: set[int] = set()
        self.limit = 0
        self.start = 0


class FileNames:
    """filetab and cutab. Units stand in the order of their first function in the image."""

    __slots__ = ("_goroot", "_offsets", "_parts", "_units", "size")

    def __init__(self, goroot: str) -> None:
        self._goroot = goroot
        self._units: dict[int, Unit] = {}
        self._offsets: dict[str, int] = {}
        self._parts: list[bytes] = []
        self.size = 0

    @property
    def count(self) -> int:
        """How many files filetab names."""
        return len(self._offsets)

    def unit(self, file: ObjFile) -> Unit:
        """The unit of an object, new at its first function."""
        unit = self._units.get(file.index)
        if unit is None:
            unit = self._units[file.index] = Unit(file)
        return unit

    def add(self, unit: Unit, number: int) -> None:
        """A function of `unit` has code from file `number`, which no function before it had. Raises UserError if there is none."""
        if number >= len(unit.names):
            raise bad_file(unit.path, f"corrupt object file: it has no file {number}, which one of its functions names")
        unit.used.add(number)
        if number >= unit.limit:
            unit.limit = number + 1
        raw = unit.names[number]
        if raw not in self._offsets:
            name = expand_file(raw, self._goroot).encode("utf-8", "surrogateescape")
            self._offsets[raw] = self.size
            self._parts.append(name)
            self.size += len(name) + 1

    def finish(self) -> tuple[bytearray, bytearray]:
        """filetab and cutab; gives each unit its `start`, counted in entries of cutab."""
        entries: list[int] = []
        offsets = self._offsets
        for unit in self._units.values():
            unit.start = len(entries)
            entries += [offsets.get(name, NO_FILE) for name in unit.names[: unit.limit]]
        return bytearray(b"\0".join([*self._parts, b""])), bytearray(struct.pack(f"<{len(entries)}I", *entries))
