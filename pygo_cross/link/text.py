# SPDX-License-Identifier: BSD-3-Clause
"""Addresses of functions, and branch islands where a call can't reach.

FIPS code lies together, between its marks; otherwise functions keep the order of textorder.py. A call of arm64 reaches
128 MB. When the text is longer, every function is followed by the islands (trampolines) that its calls need: three
instructions that load the target's address and jump there. A call to a function whose address is not known yet gets
one, except inside a package and among the runtime's packages, which are small and lie together.
Facts: GOROOT/src/cmd/link/internal/ld/data.go (textaddress), arm64/asm.go (trampoline).
"""

from __future__ import annotations

from pygo_cross.arch.layout import FACTS, MIN_FUNC, LayoutFacts
from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.image import BASE_ADDRESS, EXECUTE, READ, Section, header_size
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.reloctype import R_ADDRARM64, R_ARM64_GOTPCREL, R_CALLARM64, R_WEAK
from pygo_cross.obj.runtimepackages import RUNTIME_PACKAGES

_BRANCH_REACH = 1 << 27
_ISLAND_SIZE = 12
_ADRP_X16 = 0x90000010
_ADD_X16 = 0x91000210
_LDR_X16 = 0xF9400210
_BR_X16 = 0xD61F0200


class _TextLayout:
    """The state while addresses are given out. `islands` lists the branch islands in address order."""

    def __init__(self, link: Link, facts: LayoutFacts, section: Section) -> None:
        self.link = link
        self.loader = link.loader
        self.func_align = max(link.options.func_align, 1) if link.options.func_align else facts.func_align
        self.section = section
        self.islands: list[int] = []

    def place(self, sym: int, address: int) -> int:
        """Put a function at `address`, aligned; return where the next may start."""
        align = max(self.loader.align.get(sym, 0), self.func_align)
        address = (address + align - 1) & -align
        if self.section.align < align:
            self.section.align = align
        loader = self.loader
        loader.value[sym] = address
        file = loader.sym_obj[sym]
        if file is None or sym in loader.ext:
            size = loader.size(sym)
        else:
            _name_length, size, length = file.obj.extent(loader.sym_li[sym])
            if size != length:
                what = f"{loader.where(sym)} is {size} bytes long and has {length} bytes of code"
                raise bad_file(file.obj.path, f"corrupt object file: {what}")
        return address + (size if size > MIN_FUNC else MIN_FUNC)

    def place_all(self, start: int, limit: int) -> int | None:
        """Place every function without islands; return the end, or None when the text is too long for that."""
        address = start
        for sym in self.link.textp:
            address = self.place(sym, address)
            if limit and address - start >= limit:
                return None
        return address

    def place_with_islands(self, start: int) -> int:
        """Place every function, each followed by the islands its calls need; return the end."""
        loader = self.loader
        for sym in self.link.textp:
            loader.value[sym] = 0
        address = start
        current = ""
        done = 0
        textp = self.link.textp
        for index, sym in enumerate(textp):
            package = loader.package(sym)
            if package and package != current:
                current = package
                self.estimate(index, package, address)
            address = self.place(sym, address)
            self.add_islands(sym)
            for island in self.islands[done:]:
                address = self.place(island, address)
            done = len(self.islands)
        merged = sorted([*textp, *self.islands], key=lambda sym: loader.value[sym])
        self.link.textp = merged
        return address

    def estimate(self, index: int, package: str, address: int) -> None:
        """Provisional addresses for a package's functions, as if every call needed an island."""
        loader = self.loader
        for sym in self.link.textp[index:]:
            if loader.package(sym) != package:
                break
            address = self.place(sym, address)
            address += _ISLAND_SIZE * sum(1 for reloc in loader.relocs(sym) if reloc[2] & ~R_WEAK == R_CALLARM64)

    def add_islands(self, sym: int) -> None:
        """Turn the calls of a function that can't reach their targets to islands."""
        loader = self.loader
        package = loader.package(sym)
        for index, (offset, _size, kind, addend, target) in enumerate(loader.relocs(sym)):
            if kind & ~R_WEAK != R_CALLARM64 or not loader.reachable[target] or loader.kind[target] == kinds.SXXX:
                continue
            known = loader.value[target]
            if not known and loader.kind[target] != kinds.SDYNIMPORT:
                other = loader.package(target)
                if package and other == package and loader.kind[sym] == loader.kind[target]:
                    continue
                if package in RUNTIME_PACKAGES and other in RUNTIME_PACKAGES:
                    continue
            place = loader.value[sym] + offset
            forced = self.link.options.debug_trampolines > 1 and (not package or package != loader.package(target))
            if known and -_BRANCH_REACH <= known + addend - place < _BRANCH_REACH and not forced:
                continue
            island = self.island(sym, target, addend, place)
            ext = loader.make_ext(sym)
            relocs = list(ext.relocs)
            relocs[index] = (*relocs[index][:3], 0, island)
            ext.relocs = relocs

    def island(self, sym: int, target: int, addend: int, place: int) -> int:
        """An island to `target` in reach of `place`: an existing one, or a new one behind `sym`."""
        loader = self.loader
        number = 0
        while True:
            name = f"{loader.name(target)}{addend:+x}-tramp{number}"
            island = loader.lookup_or_create(name, loader.version(target))
            at = loader.value[island]
            if not at or -_BRANCH_REACH <= at - place < _BRANCH_REACH:
                break
            number += 1
        if loader.kind[island] == kinds.SXXX:
            imported = loader.kind[target] == kinds.SDYNIMPORT
            loader.kind[island] = loader.kind[sym]
            loader.reachable[island] = 1
            ext = loader.ext[island]
            words = (_ADRP_X16, _LDR_X16 if imported else _ADD_X16, _BR_X16)
            ext.data = bytearray(b"".join(word.to_bytes(4, "little") for word in words))
            ext.size = _ISLAND_SIZE
            ext.relocs = [(0, 8, R_ARM64_GOTPCREL if imported else R_ADDRARM64, addend, target)]
            self.islands.append(island)
        return island


def assign_text_addresses(link: Link) -> Section:
    """Give every function of `link.textp` its final address; return the section .text, its content still to be made."""
    loader = link.loader
    facts = FACTS[link.options.goarch]
    base = BASE_ADDRESS[link.options.goos, link.options.goarch] + header_size(link.options.goos, link.dylibs)
    link.textp.sort(key=lambda sym: loader.kind[sym])
    first = loader.mark_special("runtime.text", kinds.STEXT)
    last = loader.mark_special("runtime.etext", kinds.STEXTEND)
    layout = _TextLayout(link, facts, Section(".text", 0, 0, facts.func_align, READ | EXECUTE, None))
    section = layout.section
    section.align = layout.func_align
    start = (base + layout.func_align - 1) & -layout.func_align
    section.address = start
    limit = 1 if link.options.debug_trampolines > 1 and facts.branch_limit else facts.branch_limit
    end = layout.place_all(start, limit)
    if end is None:
        end = layout.place_with_islands(start)
    # The mark behind the last function must not meet the next symbol's address.
    section.size = end - start + facts.quantum
    loader.value[first], loader.value[last] = start, end
    for sym in (first, last, *link.textp):
        link.section_of[sym] = section
    link.section_syms[id(section)] = link.textp
    return section
