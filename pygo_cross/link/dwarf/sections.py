# SPDX-License-Identifier: BSD-3-Clause
"""All debug sections of an image, in stock's order.

Units come in the order of their addresses. Stock compares addresses relative to each unit's own first function, so that
nearly all units are equal and their order is what Go's unstable sort makes of it; gosort.py does the same. Each section
holds the parts of the units one after the other; in version 5 `.debug_addr`, `.debug_rnglists` and `.debug_loclists`
begin with a header, one for the image. Facts: GOROOT/src/cmd/link/internal/ld/dwarf.go (dwarfGenerateDebugSyms).
"""

from __future__ import annotations

import struct

from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.dwarf import abbrev
from pygo_cross.link.dwarf.compress import compress
from pygo_cross.link.dwarf.constants import (
    DW_LANG_Go,
    DW_RLE_base_addressx,
    DW_RLE_end_of_list,
    DW_RLE_offset_pair,
    DW_UT_compile,
)
from pygo_cross.link.dwarf.content import Contents
from pygo_cross.link.dwarf.die import Encoder
from pygo_cross.link.dwarf.frames import frames
from pygo_cross.link.dwarf.info import DebugInfo, Unit
from pygo_cross.link.dwarf.lines import gdb_script, line_header, unit_files
from pygo_cross.link.dwarf.types import corrupt
from pygo_cross.link.gosort import sort_permutation
from pygo_cross.link.image import READ, Section
from pygo_cross.link.loader import Reloc
from pygo_cross.obj.leb import fixed_uleb, uleb
from pygo_cross.obj.reloctype import R_DWTXTADDR_U1, R_DWTXTADDR_U4

_COMPILATION_DIRECTORY = b".\0"
_WORD = (1 << 64) - 1


def debug_sections(link: Link, info: DebugInfo, address: int) -> list[Section]:
    """The debug sections, from `address` on, relocated and, if the options say so, compressed.

    Every symbol of the image has its address (`loader.value`) and, data, its section (`link.section_of`). Raises UserError
    for corrupt debug information in an object.
    """
    builder = _Builder(link, info)
    sections = []
    for name, content in builder.build():
        section = Section(name, address, len(content), 1, READ, content)
        if link.options.compress_dwarf:
            compress(section, link.options.goos)
        address += section.size
        sections.append(section)
    return sections


class _UnitState:
    """What is known of a unit while sections are built: pc ranges from its first function on, and offsets of its parts."""

    __slots__ = ("addresses", "lines", "pcs", "ranges", "unit")

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.pcs: list[tuple[int, int]] = []
        self.lines = self.ranges = self.addresses = 0


class _Builder:
    def __init__(self, link: Link, info: DebugInfo) -> None:
        self.link = link
        self.info = info
        self.version = info.version
        self.contents = Contents(link)
        self.table = abbrev.abbreviations(link.options.goos, info.version)
        self.units = self._sorted_units()
        self.types = Encoder(self.table)
        self.types_start = 0

    def build(self) -> list[tuple[str, bytes | bytearray]]:
        """Names and contents."""
        lines, script = self._lines()
        addresses = self._addresses()
        ranges = self._ranges()
        locations = self._locations()
        info = self._info()
        self.contents.relocate()
        five = self.version >= 5
        sections: list[tuple[str, bytes | bytearray]] = [
            (".debug_abbrev", abbrev.encode(self.table)),
            (".debug_line", lines),
            (".debug_frame", frames(self.link, self.info)),
        ]
        if script:
            sections.append((".debug_gdb_scripts", script))
        sections.append((".debug_info", info))
        if locations:
            sections.append((".debug_loclists" if five else ".debug_loc", locations))
        sections.append((".debug_rnglists" if five else ".debug_ranges", ranges))
        if five:
            sections.append((".debug_addr", addresses))
        return sections

    def _sorted_units(self) -> list[_UnitState]:
        loader, functions = self.link.loader, self.info.functions
        value = loader.value
        states = [_UnitState(unit) for unit in self.info.units]
        state_of = {id(state.unit.file): state for state in states}
        previous: _UnitState | None = None
        for sym in self.link.textp:
            function = functions.get(sym)
            if function is None or not function.info:
                continue
            state = state_of[id(loader.file_of(sym))]
            # Padding between functions of one unit belongs to the unit. A function may lie before the unit's first, since
            # FIPS code is apart: then its offset is negative, and wraps around where it is written.
            start = value[sym] - value[state.unit.file.textp[0]]
            end = start + len(loader.data(sym))
            if state is previous:
                state.pcs[-1] = (state.pcs[-1][0], end)
            else:
                state.pcs.append((start, end))
                previous = state
        keys = []
        for state in states:
            if state.unit.functions:
                keys.append((0, state.pcs[0][0] if state.pcs else 0, b""))
            else:
                keys.append((1, 0, state.unit.package.encode("utf-8", "surrogateescape")))
        return [states[index] for index in sort_permutation(keys)]

    def _lines(self) -> tuple[bytearray, bytes]:
        """`.debug_line` and `.debug_gdb_scripts`."""
        loader, place = self.link.loader, self.contents.place
        out = bytearray()
        script = b""
        for state in self.units:
            unit = state.unit
            if not unit.functions:
                continue
            files = unit_files(unit, self.link.options.goroot)
            if unit.package == "runtime":
                script = script or gdb_script(files)
            state.lines = len(out)
            programs = [function.lines for function in unit.functions if function.lines]
            out += line_header(files, self.version, sum(len(loader.data(sym)) for sym in programs))
            for sym in programs:
                place(out, sym)
        return out, script

    def _header(self, with_offsets: bool) -> bytearray:
        """The header of a version 5 section, with an empty table of offsets or without; its length is still to be set."""
        header = bytearray(struct.pack("<IHBB", 0, 5, 8, 0))
        return header + bytes(4) if with_offsets else header

    def _addresses(self) -> bytearray:
        """`.debug_addr`: for each unit the addresses of functions that its entries refer to, in the order in which they do."""
        out = self._header(with_offsets=False)
        if self.version < 5:
            return out
        loader = self.link.loader
        value, slots = loader.value, self.contents.slots
        for state in self.units:
            unit = state.unit
            state.addresses = len(out)
            targets: list[int] = []
            for function in unit.functions:
                targets += _indirect(function.relocs)
                for sym in (function.ranges, function.location):
                    if sym:
                        targets += _indirect(loader.relocs(sym))
            if unit.functions:
                targets.append(unit.functions[0].sym)
            for slot, target in enumerate(dict.fromkeys(targets)):
                if loader.file_of(target) is not unit.file or not kinds.is_text(loader.kind[target]):
                    raise corrupt(loader, unit.functions[0].sym, f"an entry refers to {loader.where(target)} of another unit")
                slots[target] = slot
                out += value[target].to_bytes(8, "little")
        return _with_length(out)

    def _ranges(self) -> bytearray:
        """`.debug_rnglists` or `.debug_ranges`: for each unit its own ranges, then those that its functions' entries refer to."""
        five = self.version >= 5
        out = self._header(with_offsets=True) if five else bytearray()
        slots, place = self.contents.slots, self.contents.place
        for state in self.units:
            functions = state.unit.functions
            if not functions:
                continue
            state.ranges = len(out)
            if five:
                out.append(DW_RLE_base_addressx)
                out += fixed_uleb(slots[functions[0].sym], 4)
                for start, end in state.pcs:
                    out.append(DW_RLE_offset_pair)
                    out += uleb(start & _WORD) + uleb(end & _WORD)
                out.append(DW_RLE_end_of_list)
            else:
                for start, end in (*state.pcs, (0, 0)):
                    out += struct.pack("<QQ", start & _WORD, end & _WORD)
            for function in functions:
                if function.entry and function.ranges:
                    place(out, function.ranges)
        return _with_length(out) if five else out

    def _locations(self) -> bytearray:
        """`.debug_loclists` or `.debug_loc`: where variables live."""
        five = self.version >= 5
        out = self._header(with_offsets=True) if five else bytearray()
        place = self.contents.place
        for state in self.units:
            for function in state.unit.functions:
                if function.listed_location:
                    place(out, function.listed_location)
        return _with_length(out) if five else out

    def _info(self) -> bytearray:
        """`.debug_info`."""
        out = bytearray()
        place = self.contents.place_once
        for state in self.units:
            unit = state.unit
            with_types = unit is self.info.types_unit
            if not (unit.functions or with_types or unit.variables):
                continue
            start = len(out)
            out += self._unit_entry(state)
            for sym in unit.abstract:
                place(out, sym)
            for function in unit.functions:
                if function.entry:
                    place(out, function.entry, function.relocs)
            if unit.constants:
                place(out, unit.constants)
            for sym in unit.variables:
                place(out, sym)
            if with_types:
                self._place_types(out)
            out.append(0)
            struct.pack_into("<I", out, start, len(out) - start - 4)
        self._resolve_types(out)
        return out

    def _unit_entry(self, state: _UnitState) -> bytes:
        """A unit's header, its length still to be set, and entry."""
        unit = state.unit
        five = self.version >= 5
        out = bytearray(struct.pack("<IHBBI", 0, 5, DW_UT_compile, 8, 0) if five else struct.pack("<IHIB", 0, 4, 0, 8))
        out += uleb(abbrev.COMPUNIT if unit.functions else abbrev.COMPUNIT_TEXTLESS)
        out += _text(unit.package)
        out.append(DW_LANG_Go)
        if unit.functions:
            out += struct.pack("<IQI", state.lines, self.link.loader.value[unit.functions[0].sym], state.ranges)
        out += _COMPILATION_DIRECTORY + _text(unit.producer) + _text(unit.package_name)
        if unit.functions and five:
            out += struct.pack("<I", state.addresses)
        return bytes(out)

    def _place_types(self, out: bytearray) -> None:
        """Append the entries of types."""
        types = self.types
        for die in self.info.types.dies:
            types.encode(die)
        base = self.types_start = len(out)
        out += types.data
        self.contents.offsets.update({sym: base + position for sym, position in types.positions.items()})

    def _resolve_types(self, out: bytearray) -> None:
        """Fill in what the entries of types refer to: other entries, and type descriptors by their offset in their section."""
        base, offset_of = self.types_start, self.contents.offset
        for position, sym in self.types.references:
            struct.pack_into("<I", out, base + position, offset_of(sym) & 0xFFFFFFFF)
        for position, sym in self.types.types:
            struct.pack_into("<Q", out, base + position, offset_of(sym))


def _indirect(relocs: list[Reloc]) -> list[int]:
    """The functions that relocations refer to through `.debug_addr`."""
    return [reloc[4] for reloc in relocs if R_DWTXTADDR_U1 <= reloc[2] <= R_DWTXTADDR_U4]


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape") + b"\0"


def _with_length(out: bytearray) -> bytearray:
    """Set the length in a section's header."""
    struct.pack_into("<I", out, 0, len(out) - 4)
    return out
