# SPDX-License-Identifier: BSD-3-Clause
"""Data symbols into sections: which section, in which order, at which offset.

`collect` sorts the reachable data symbols by kind. `arrange` orders each kind and makes the sections of the segments:
writable data first, then read-only data, which is a segment of its own in ELF and part of the text segment in
Mach-O; data that holds addresses is apart where the dynamic linker must rewrite it (relro). Within a kind symbols lie
by size, ties by number, with two exceptions: type descriptors, which the runtime searches by type string, and the
pclntab, which comes in order. Facts: GOROOT/src/cmd/link/internal/ld/data.go (dodata, allocateDataSections).

When `arrange` returns, `link.section_of` and `loader.value` (offset in the section) are set for every data symbol, and
sections have offsets from their segment's start as addresses; address.py makes them final.
"""

from __future__ import annotations

from itertools import compress

from pygo_cross.arch.layout import FACTS
from pygo_cross.diag import Diagnostic, InternalError, Pos, UserError
from pygo_cross.link import decode, gcprog, kinds
from pygo_cross.link.builder import SymbolBuilder
from pygo_cross.link.context import Link
from pygo_cross.link.gosort import sort_permutation
from pygo_cross.link.image import EXECUTE, READ, WRITE, Section
from pygo_cross.link.moduledata import TypeFields
from pygo_cross.obj import goobj

_CUTOFF = 2_000_000_000
# Zeros of one symbol that may be written into the file: an object that lies about a size must not fill memory.
_MAX_ZEROS = 1 << 28
_READ_ONLY = (
    kinds.SGOSTRING,
    kinds.SGCBITS,
    kinds.SRODATA,
    kinds.SRODATAFIPSSTART,
    kinds.SRODATAFIPS,
    kinds.SRODATAFIPSEND,
    kinds.SRODATAEND,
)
_PCLNTAB_BORDERS = (
    "runtime.pclntab",
    "runtime.pcheader",
    "runtime.funcnametab",
    "runtime.cutab",
    "runtime.filetab",
    "runtime.pctab",
    "runtime.functab",
    "go:func.*",
    "runtime.epclntab",
)


class Data:
    """The data of the image: `by_kind` lists symbols, and after `arrange` the four lists hold sections in order."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.loader = link.loader
        self.by_kind: list[list[int]] = [[] for _ in range(kinds.NKIND)]
        self.max_align = [0] * kinds.NKIND
        self.sizes: dict[int, int] = {}
        self.text: list[Section] = []
        self.rodata: list[Section] = []
        self.relrodata: list[Section] = []
        self.data: list[Section] = []
        self.gcmask_at = 0
        self.coverage = (0, 0)
        self._size = 0

    # Collecting and ordering.

    def collect(self) -> None:
        """Sort reachable data symbols into `by_kind`. Raises UserError for symbols whose size and data disagree."""
        loader = self.loader
        kind, groups, special, ext = loader.kind, self.link.groups, loader.special, loader.ext
        sym_obj, sym_li, by_kind, sizes = loader.sym_obj, loader.sym_li, self.by_kind, self.sizes
        wrong = []
        for sym in compress(range(len(kind)), loader.reachable):
            own = groups.get(sym) or kind[sym]
            if own <= kinds.STEXTEND or own >= kinds.SDYNIMPORT or sym in special:
                continue
            file = sym_obj[sym]
            if sym in ext or file is None:
                name_length, size, length = len(ext[sym].name), ext[sym].size, len(ext[sym].data)
            else:
                name_length, size, length = file.obj.extent(sym_li[sym])
            if not name_length and own != kinds.SGOFUNC:
                continue
            by_kind[own].append(sym)
            if sym not in ext:
                sizes[sym] = size
            if (size < length or size - length > _MAX_ZEROS) and (own < kinds.SBSS or not length <= size <= _CUTOFF):
                wrong.append((sym, size, length))
        if wrong:
            raise UserError(map(self._size_problem, wrong))

    def _size_problem(self, row: tuple[int, int, int]) -> Diagnostic:
        sym, size, length = row
        what = f"is {size} bytes long but has {length} bytes of data" if size < length else f"is too large ({size} bytes)"
        file = self.loader.file_of(sym)
        return Diagnostic(Pos(file.obj.path if file else ""), "bad-size", f"symbol {self.loader.where(sym)} {what}")

    def separate_relro(self) -> None:
        """Where the image moves, read-only data with relocations lies with what the dynamic linker rewrites."""
        if self.link.relro:
            relocs = self.loader.relocs
            rodata = self.by_kind[kinds.SRODATA]
            self.by_kind[kinds.SRODATARELRO] += [sym for sym in rodata if relocs(sym)]
            self.by_kind[kinds.SRODATA] = [sym for sym in rodata if not relocs(sym)]

    def size(self, sym: int) -> int:
        """A symbol's size; those of objects are known from collecting, the linker's own still grow."""
        size = self.sizes.get(sym)
        return self.loader.size(sym) if size is None else size

    def align_of(self, sym: int) -> int:
        """A symbol's alignment: what its definitions ask for, else the largest power of two that its size holds."""
        align = self.loader.align.get(sym, 0)
        if not align:
            align = FACTS[self.link.options.goarch].max_align
            size = self.size(sym)
            while align > size and align > 1:
                align >>= 1
            self.loader.align[sym] = align
        return align

    def order(self, fields: TypeFields) -> None:
        """Bring the symbols of each kind into their final order."""
        size = self.size
        zerobase = self.loader.lookup("runtime.zerobase")
        for kind, syms in enumerate(self.by_kind):
            if kind == kinds.STYPE:
                self._order_types(syms, fields)
            elif kind != kinds.SPCLNTAB:
                # All zero-sized variables share the address of zerobase, which follows them.
                syms.sort(key=lambda sym: (0, 1, 0) if sym == zerobase else (size(sym), 0, sym))
            if syms:
                self.max_align[kind] = max(map(self.align_of, syms))

    def _order_types(self, syms: list[int], fields: TypeFields) -> None:
        """Types that the runtime finds by string, sorted so; then other types, then itabs, each by size."""
        loader = self.loader
        star = loader.lookup("type:*")
        keys: list[tuple[int, bytes, int, int]] = []
        for sym in syms:
            if sym == star:
                keys.append((0, b"", 0, 0))
            elif loader.flag2(sym, goobj.ITAB):
                keys.append((3, b"", self.size(sym), sym))
            elif loader.flag(sym, goobj.TYPELINK):
                keys.append((1, decode.type_string(loader, sym), 0, 0))
            else:
                keys.append((2, b"", self.size(sym), sym))
        # Types of equal strings lie as stock's sort happens to leave them.
        order = sorted(range(len(keys)), key=keys.__getitem__) if len(set(keys)) == len(keys) else sort_permutation(keys)
        syms[:] = [syms[index] for index in order]
        groups: list[list[int]] = [[], [], [], []]
        for index, sym in zip(order, syms, strict=True):
            groups[keys[index][0]].append(sym)
        _star, links, types, itabs = groups
        # The runtime steps over the first word of the section.
        end = self._extend(8, links)
        module = SymbolBuilder(loader, self.link.moduledata)
        module.set_uint(fields.type_links, end)
        end = self._extend(end, types)
        if itabs:
            end = _round(end, self.align_of(itabs[0]))
        module.set_uint(fields.itabs, end)
        module.set_uint(fields.itabs_size, self._extend(0, itabs))

    def _extend(self, end: int, syms: list[int]) -> int:
        for sym in syms:
            end = _round(end, self.align_of(sym)) + self.size(sym)
        return end

    # Sections.

    def _section(self, segment: list[Section], name: str, rwx: int, align: int) -> Section:
        self._size = _round(self._size, align)
        section = Section(name, self._size, 0, align, rwx, None)
        segment.append(section)
        self.link.section_syms[id(section)] = []
        return section

    def _assign(self, section: Section, syms: list[int]) -> None:
        """Append symbols to the section that is being filled."""
        value, section_of, size = self.loader.value, self.link.section_of, self.size
        base, end = section.address, self._size
        for sym in syms:
            align = self.align_of(sym)
            end = (end + align - 1) & -align
            section_of[sym] = section
            value[sym] = end - base
            end += size(sym)
        self._size = end
        self.link.section_syms[id(section)] += syms
        section.size = end - base
        if section.size > _CUTOFF:
            raise UserError.one("too-large", f"too much data in section {section.name} ({section.size} bytes, the limit is {_CUTOFF})")

    def _named(self, segment: list[Section], name: str, kind: int, rwx: int) -> Section:
        section = self._section(segment, name, rwx, max(self.max_align[kind], 1))
        self._assign(section, self.by_kind[kind])
        return section

    def _single(self, segment: list[Section], kind: int, rwx: int) -> None:
        """A section of its own for each symbol, named after it."""
        for sym in self.by_kind[kind]:
            name = self.loader.name(sym)
            name = ".go." + name[3:] if name.startswith("go:") else name
            self._assign(self._section(segment, name, rwx, self.align_of(sym)), [sym])

    def _border(self, section: Section, *names: str) -> None:
        for name in names:
            self.link.section_of[self.loader.lookup(name)] = section

    def arrange(self) -> None:
        """Make all sections and place all symbols in them."""
        self._arrange_writable()
        self._size = 0
        self._arrange_read_only()

    def _arrange_writable(self) -> None:
        rw = READ | WRITE
        by_kind, loader = self.by_kind, self.loader
        self._single(self.data, kinds.SBUILDINFO, rw)
        self._single(self.data, kinds.SFIPSINFO, rw)
        (module,) = by_kind[kinds.SMODULEDATA]
        self._assign(self._section(self.data, ".go.module", rw, self.align_of(module)), [module])
        if by_kind[kinds.SMACHOGOT]:
            self._named(self.data, ".got", kinds.SMACHOGOT, rw)

        noptr = self._named(self.data, ".noptrdata", kinds.SNOPTRDATA, rw)
        self._border(noptr, "runtime.noptrdata", "runtime.enoptrdata")
        for kind in (kinds.SNOPTRDATAFIPSSTART, kinds.SNOPTRDATAFIPS, kinds.SNOPTRDATAFIPSEND, kinds.SNOPTRDATAEND):
            self._assign(noptr, by_kind[kind])

        data = self._named(self.data, ".data", kinds.SDATA, rw)
        self._border(data, "runtime.data", "runtime.edata")
        for kind in (kinds.SDATAFIPSSTART, kinds.SDATAFIPS, kinds.SDATAFIPSEND, kinds.SDATAEND):
            self._assign(data, by_kind[kind])
        data_end = data.size
        bss = self._named(self.data, ".bss", kinds.SBSS, rw)
        self._border(bss, "runtime.bss", "runtime.ebss")
        gcprog.add_program(loader, "runtime.gcdata", by_kind[kinds.SDATA], data_end)
        gcprog.add_program(loader, "runtime.gcbss", by_kind[kinds.SBSS], bss.size)

        noptrbss = self._named(self.data, ".noptrbss", kinds.SNOPTRBSS, rw)
        self._border(noptrbss, "runtime.noptrbss", "runtime.enoptrbss", "runtime.gcmask.*", "runtime.covctrs", "runtime.ecovctrs")
        self.gcmask_at = noptrbss.size
        self._assign(noptrbss, by_kind[kinds.SGCMASK])
        start = noptrbss.size
        self._assign(noptrbss, by_kind[kinds.SCOVERAGE_COUNTER])
        length = noptrbss.size - start
        # The runtime reads the counters as 32-bit words: alignment can leave a remainder in front.
        self.coverage = (start + length % 4, length - length % 4)
        if by_kind[kinds.SLIBFUZZER_8BIT_COUNTER]:
            fuzz = self._named(self.data, ".go.fuzzcntrs", kinds.SLIBFUZZER_8BIT_COUNTER, rw)
            for name in _FUZZ_BORDERS:
                if self.link.is_darwin and not loader.lookup(name):
                    # Stock collects a Mach-O symbol table before it makes these.
                    self.link.hidden.add(loader.lookup_or_create(name))
                sym = loader.mark_special(name, kinds.SLIBFUZZER_8BIT_COUNTER)
                self.link.section_of[sym] = fuzz
        self._border(self.data[-1], "runtime.end")
        offset = 0
        for sym in by_kind[kinds.STLSBSS]:
            # Thread-local storage takes no room in the image; the value is the offset in the block.
            offset = _round(offset, self.align_of(sym))
            loader.value[sym] = offset
            offset += self.size(sym)

    def _arrange_read_only(self) -> None:
        link, by_kind = self.link, self.by_kind
        if by_kind[kinds.STEXT]:
            raise InternalError("data", "a function among the data", self.loader.where(by_kind[kinds.STEXT][0]))
        segment = self.text if link.is_darwin else self.rodata
        self._single(self.text, kinds.SMACHOPLT, READ | EXECUTE)
        rodata = self._section(segment, ".rodata", READ, max(1, *(self.max_align[kind] for kind in _READ_ONLY)))
        self._border(rodata, "runtime.rodata", "runtime.erodata")
        for kind in _READ_ONLY:
            self._assign(rodata, by_kind[kind])
        pclntab = self._named(segment, ".gopclntab", kinds.SPCLNTAB, READ)
        self._border(pclntab, *_PCLNTAB_BORDERS)
        rwx = READ
        if link.relro:
            segment, rwx = self.relrodata, READ | WRITE
            self._size = 0
        if by_kind[kinds.SRODATARELRO]:
            self._named(segment, ".rodata", kinds.SRODATARELRO, rwx)
        types = self._section(segment, ".go.type", rwx, max(self.max_align[kinds.STYPE], 1))
        self._size += 8  # so that no type has offset 0, which means none
        self._assign(types, by_kind[kinds.STYPE])
        self._border(types, "runtime.types", "runtime.etypes")
        self._named(segment, ".go.func", kinds.SGOFUNC, rwx)
        self._single(segment, kinds.SMACHORELROSECT, rwx)
        if self._size > 0xFFFFFFFF:
            raise UserError.one("too-large", f"read-only data segment too large: {self._size} bytes")


_FUZZ_BORDERS = (
    "runtime.__start___sancov_cntrs",
    "runtime.__stop___sancov_cntrs",
    "internal/fuzz._counters",
    "internal/fuzz._ecounters",
)


def _round(value: int, align: int) -> int:
    return (value + align - 1) & -align
