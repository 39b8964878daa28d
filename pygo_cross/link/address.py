# SPDX-License-Identifier: BSD-3-Clause
"""Final addresses and file offsets: segments one after the other, each from a page border.

Before: sections have sizes and alignments, data symbols have offsets in their sections (data.py), functions have
addresses (text.py). After: every symbol's `loader.value` is its address, `link.segments` is in file order, and border
symbols are set. Facts: GOROOT/src/cmd/link/internal/ld/data.go (address, layout).
"""

from __future__ import annotations

from dataclasses import dataclass

from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.data import Data
from pygo_cross.link.image import EXECUTE, READ, SEGMENT_ROUND, WRITE, Section, Segment, header_size


@dataclass(slots=True)
class Layout:
    """The five segments; the DWARF segment comes last and is empty until `set_dwarf`."""

    text: Segment
    rodata: Segment | None
    relrodata: Segment | None
    data: Segment
    dwarf: Segment

    def segments(self) -> list[Segment]:
        """Those that exist, in file order."""
        return [segment for segment in (self.text, self.rodata, self.relrodata, self.data, self.dwarf) if segment is not None]

    def set_dwarf(self, sections: list[Section]) -> None:
        """Put in the debug sections, which follow each other from the segment's address on. Nothing comes after them."""
        segment = self.dwarf
        segment.sections = sections
        segment.length = segment.file_length = sum(section.size for section in sections)


def _round(value: int, align: int) -> int:
    return (value + align - 1) & -align


def _pack(rwx: int, start: int, sections: list[Section]) -> Segment:
    """A segment of sections that follow each other, each aligned."""
    address = start
    for section in sections:
        address = _round(address, section.align)
        section.address = address
        address += section.size
    return Segment(rwx, start, address - start, 0, address - start, sections)


def _keep(rwx: int, start: int, sections: list[Section]) -> Segment:
    """A segment of sections that keep the distances they have."""
    old = sections[0].address if sections else 0
    for section in sections:
        section.address += start - old
    length = sections[-1].address + sections[-1].size - start if sections else 0
    return Segment(rwx, start, length, 0, length, sections)


def assign_addresses(link: Link, text: Section, data: Data) -> Layout:
    """Place the segments and set all symbols' values. The text section is where text.py put it."""
    loader = link.loader
    rounding = SEGMENT_ROUND[link.options.goos, link.options.goarch]
    header = header_size(link.options.goos, link.dylibs)
    segment_text = _pack(READ | EXECUTE, text.address, [text, *data.text])
    end = segment_text.address + segment_text.length
    segments = [segment_text]
    rodata = relrodata = None
    if data.rodata:
        rodata = _pack(READ, _round(end, rounding), data.rodata)
        end = rodata.address + rodata.length
        segments.append(rodata)
    if data.relrodata:
        relrodata = _pack(READ | WRITE, _round(end, rounding), data.relrodata)
        end = relrodata.address + relrodata.length
        segments.append(relrodata)
    segment_data = _keep(READ | WRITE, _round(end, rounding), data.data)
    bss = next(section for section in data.data if section.name == ".bss")
    segment_data.file_length = bss.address - segment_data.address
    segments.append(segment_data)
    segment_dwarf = Segment(READ | WRITE, _round(segment_data.address + segment_data.length, rounding), 0, 0, 0)
    segments.append(segment_dwarf)
    offset = header
    for segment in segments:
        segment.offset = offset
        offset = _round(offset + segment.file_length, rounding)
    link.segments = segments

    value = loader.value
    for section in (*data.text, *data.rodata, *data.relrodata, *data.data):
        base = section.address
        for sym in link.section_syms[id(section)]:
            value[sym] += base
    _set_borders(link, data, segment_data)
    return Layout(segment_text, rodata, relrodata, segment_data, segment_dwarf)


def _set_borders(link: Link, data: Data, segment: Segment) -> None:
    """Give the symbols that mark sections' starts and ends their addresses."""
    loader = link.loader

    def section(name: str) -> Section:
        return link.section_of[loader.lookup(name)]

    def define(name: str, kind: int, value: int) -> None:
        loader.mark_special(name, kind, value)

    for start, end, kind, end_kind in (
        ("runtime.rodata", "runtime.erodata", kinds.SRODATA, kinds.SRODATA),
        ("runtime.types", "runtime.etypes", kinds.SRODATA, kinds.SRODATA),
        ("runtime.noptrdata", "runtime.enoptrdata", kinds.SNOPTRDATA, kinds.SNOPTRDATAEND),
        ("runtime.bss", "runtime.ebss", kinds.SBSS, kinds.SBSS),
        ("runtime.data", "runtime.edata", kinds.SDATA, kinds.SDATAEND),
        ("runtime.noptrbss", "runtime.enoptrbss", kinds.SNOPTRBSS, kinds.SNOPTRBSS),
    ):
        place = section(start)
        define(start, kind, place.address)
        define(end, end_kind, place.address + place.size)
    for name in ("gcdata", "gcbss"):
        sym = loader.lookup(f"runtime.{name}")
        loader.local.add(sym)
        define(f"runtime.e{name}", kinds.SRODATA, loader.value[sym] + loader.size(sym))
        link.section_of[loader.lookup(f"runtime.e{name}")] = link.section_of[sym]
    pclntab = section("runtime.pclntab")
    define("runtime.pclntab", kinds.SRODATA, pclntab.address)
    loader.local.add(loader.lookup("go:func.*"))
    define("runtime.epclntab", kinds.SRODATA, pclntab.address + pclntab.size)
    noptrbss = section("runtime.noptrbss")
    define("runtime.gcmask.*", kinds.SGCMASK, noptrbss.address + data.gcmask_at)
    start_at, length = data.coverage
    define("runtime.covctrs", kinds.SCOVERAGE_COUNTER, noptrbss.address + start_at)
    define("runtime.ecovctrs", kinds.SCOVERAGE_COUNTER, noptrbss.address + start_at + length)
    define("runtime.end", kinds.SBSS, segment.address + segment.length)
    fuzz = link.section_of.get(loader.lookup("internal/fuzz._counters"))
    if fuzz is not None and fuzz.name == ".go.fuzzcntrs":
        for name in ("runtime.__start___sancov_cntrs", "internal/fuzz._counters"):
            define(name, kinds.SLIBFUZZER_8BIT_COUNTER, fuzz.address)
        for name in ("runtime.__stop___sancov_cntrs", "internal/fuzz._ecounters"):
            define(name, kinds.SLIBFUZZER_8BIT_COUNTER, fuzz.address + fuzz.size)
