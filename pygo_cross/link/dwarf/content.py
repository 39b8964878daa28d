# SPDX-License-Identifier: BSD-3-Clause
"""Debug sections being put together: symbols are placed one after the other, then their relocations are applied.

References between debug sections are offsets from the section's start, so a symbol's place is all that is kept of it.
Relocation types: GOROOT/src/cmd/internal/objabi/reloctype.go; how each is applied: GOROOT/src/cmd/link/internal/ld/data.go
(relocsym).
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.diag import UserError
from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.dwarf.types import corrupt
from pygo_cross.link.loader import Reloc
from pygo_cross.obj import reloctype
from pygo_cross.obj.leb import fixed_uleb
from pygo_cross.obj.reloctype import (
    R_ADDR,
    R_ADDRCUOFF,
    R_ADDROFF,
    R_CONST,
    R_DWARFSECREF,
    R_DWTXTADDR_U1,
    R_DWTXTADDR_U4,
    R_SIZE,
)

_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")
_MASK: Final = {1: 0xFF, 2: 0xFFFF, 4: 0xFFFFFFFF, 8: 0xFFFFFFFFFFFFFFFF}


class Contents:
    """The debug sections of one link.

    - `offsets`: where each placed symbol is in its section.
    - `slots`: the index of a function in its unit's part of `.debug_addr`.
    """

    __slots__ = ("_link", "_loader", "_pending", "offsets", "slots")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._loader = link.loader
        self._pending: list[tuple[bytearray, int, int, int, list[Reloc]]] = []
        self.offsets: dict[int, int] = {}
        self.slots: dict[int, int] = {}

    def place(self, out: bytearray, sym: int, relocs: list[Reloc] | None = None) -> None:
        """Append a symbol's content to a section; `relocs` are its relocations if they have been decoded already."""
        loader = self._loader
        base = self.offsets[sym] = len(out)
        data = loader.data(sym)
        size = loader.size(sym)
        out += data
        if size > len(data):
            out += bytes(size - len(data))
        if relocs is None:
            relocs = loader.relocs(sym)
        if relocs:
            self._pending.append((out, base, size, sym, relocs))

    def place_once(self, out: bytearray, sym: int, relocs: list[Reloc] | None = None) -> None:
        """The same for an entry, which has one place only. Raises UserError when it has been placed before."""
        if sym in self.offsets:
            raise corrupt(self._loader, sym, f"the entry {self._loader.where(sym)} belongs to several symbols")
        self.place(out, sym, relocs)

    def offset(self, target: int) -> int:
        """Where a symbol is in its section, which may be one of the program's. Raises UserError for one that is nowhere."""
        where = self.offsets.get(target)
        if where is not None:
            return where
        section = self._link.section_of.get(target)
        if section is None:
            raise UserError.one(
                "undefined-symbol",
                f"the debug information refers to {self._loader.where(target)}, which is not part of the program",
                "build the program's packages again, or link with -w",
            )
        return self._loader.value[target] - section.address

    def relocate(self) -> None:
        """Apply the relocations of all symbols placed; addresses are final. Raises UserError for corrupt ones."""
        offsets, value = self.offsets, self._loader.value
        in_unit: dict[int, int] = {}  # offsets of functions from their unit's first
        pack, pack_long = _U32.pack_into, _U64.pack_into
        for out, base, size, sym, relocs in self._pending:
            for offset, width, kind, addend, target in relocs:
                if not width:
                    continue  # says something of another symbol
                if offset < 0 or offset + width > size:
                    raise self._bad(sym, f"a relocation at {offset} lies outside")
                if kind == R_DWARFSECREF:
                    where = offsets.get(target)
                    if where is None:
                        where = self.offset(target)
                    if width == 4:
                        pack(out, base + offset, (where + addend) & 0xFFFFFFFF)
                        continue
                    result = where + addend
                elif R_DWTXTADDR_U1 <= kind <= R_DWTXTADDR_U4:
                    self._put_slot(out, base + offset, sym, kind - R_DWTXTADDR_U1 + 1, target)
                    continue
                elif kind == R_ADDR:
                    if self._loader.kind[target] == kinds.SXXX:
                        self.offset(target)
                    result = value[target] + addend
                elif kind == R_ADDRCUOFF:
                    start = in_unit.get(target)
                    if start is None:
                        start = in_unit[target] = value[target] - value[self._unit_start(sym, target)]
                    if width == 8:
                        pack_long(out, base + offset, (start + addend) & 0xFFFFFFFFFFFFFFFF)
                        continue
                    result = start + addend
                elif kind == R_ADDROFF:
                    result = self.offset(target) + addend
                elif kind == R_SIZE:
                    result = self._loader.size(target) + addend
                elif kind == R_CONST:
                    result = addend
                else:
                    raise self._bad(sym, f"{reloctype.NAMES.get(kind, kind)} has no place in debug information:")
                if width not in _MASK:
                    raise self._bad(sym, f"a relocation at {offset} is of {width} bytes")
                out[base + offset : base + offset + width] = (result & _MASK[width]).to_bytes(width, "little")

    def _put_slot(self, out: bytearray, at: int, sym: int, width: int, target: int) -> None:
        slot = self.slots.get(target)
        if slot is None:
            raise self._bad(sym, f"{self._loader.where(target)} has no slot in .debug_addr:")
        try:
            out[at : at + width] = fixed_uleb(slot, width)
        except OverflowError:
            raise self._bad(sym, f"slot {slot} of .debug_addr does not fit {width} bytes") from None

    def _unit_start(self, sym: int, target: int) -> int:
        file = self._loader.file_of(target)
        if file is None or not file.textp:
            raise self._bad(sym, f"{self._loader.where(target)} belongs to no unit:")
        return file.textp[0]

    def _bad(self, sym: int, what: str) -> UserError:
        return corrupt(self._loader, sym, f"{what} in the debug information of {self._loader.where(sym)}")
