# SPDX-License-Identifier: BSD-3-Clause
"""The module data: the record through which the runtime finds everything the linker made.

`make` defines the symbols that mark the borders of sections, sorts read-only symbols into groups that lie together
(types, strings, function values, GC masks), and fills runtime.firstmoduledata. Its fields follow the struct moduledata
in GOROOT/src/runtime/symtab.go; the order here is the order there. Facts: cmd/link/internal/ld/symtab.go (symtab).

Three fields (how far the type links and types reach, and the itabs) are known only once types are laid out: their
offsets are in the result, for layout.
"""

from __future__ import annotations

from itertools import compress
from typing import NamedTuple

from pygo_cross.diag import UserError
from pygo_cross.link import decode, kinds
from pygo_cross.link.builder import SymbolBuilder
from pygo_cross.link.context import Link
from pygo_cross.link.image import Section
from pygo_cross.link.pclntab import Pclntab
from pygo_cross.obj import goobj

_BORDERS = (
    ("runtime.rodata", kinds.SRODATA),
    ("runtime.erodata", kinds.SRODATAEND),
    ("runtime.types", kinds.SRODATA),
    ("runtime.etypes", kinds.SRODATA),
    ("runtime.noptrdata", kinds.SNOPTRDATA),
    ("runtime.enoptrdata", kinds.SNOPTRDATAEND),
    ("runtime.data", kinds.SDATA),
    ("runtime.edata", kinds.SDATAEND),
    ("runtime.bss", kinds.SBSS),
    ("runtime.ebss", kinds.SBSS),
    ("runtime.noptrbss", kinds.SNOPTRBSS),
    ("runtime.enoptrbss", kinds.SNOPTRBSS),
    ("runtime.gcmask.*", kinds.SNOPTRBSS),
    ("runtime.covctrs", kinds.SNOPTRBSS),
    ("runtime.ecovctrs", kinds.SNOPTRBSS),
    ("runtime.end", kinds.SBSS),
    ("runtime.epclntab", kinds.SRODATA),
)
_GROUPS = (
    ("go:string.*", kinds.SGOSTRING),
    ("go:funcdesc", kinds.SGOFUNC),
    ("runtime.gcbits.*", kinds.SGCBITS),
)


class TypeFields(NamedTuple):
    """Offsets in the module data of fields that the layout of types fills in."""

    type_links: int
    itabs: int
    itabs_size: int


def make(link: Link, pcln: Pclntab, text: Section) -> TypeFields:
    """Define the border symbols and groups, and fill the module data."""
    _define_borders(link)
    _assign_groups(link)
    return _fill(link, pcln, text)


def _define_borders(link: Link) -> None:
    loader = link.loader
    for name, kind in _BORDERS:
        loader.mark_special(name, kind)
    loader.define("runtime.gcdata", kinds.SRODATA)
    loader.mark_special("runtime.egcdata", kinds.SRODATA)
    loader.define("runtime.gcbss", kinds.SRODATA)
    loader.mark_special("runtime.egcbss", kinds.SRODATA)
    types = loader.define("type:*", kinds.STYPE)
    loader.align[types] = 8
    for name, kind in _GROUPS:
        sym = loader.define(name, kind, local=True)
        loader.align[sym] = 8
    mask = loader.define("runtime.gcmask.*", kinds.SGCMASK, local=True)
    loader.align[mask] = 8


def _assign_groups(link: Link) -> None:
    """Sort reachable read-only symbols into groups by what their names say they are."""
    loader = link.loader
    kind, groups, special, name_of = loader.kind, link.groups, loader.special, loader.name
    rodata, gofunc, noptrbss = kinds.SRODATA, kinds.SGOFUNC, kinds.SNOPTRBSS
    for sym in compress(range(len(kind)), loader.reachable):
        own = kind[sym]
        if sym in special or own not in (rodata, gofunc, noptrbss):
            continue
        name = name_of(sym)
        if not name:
            continue
        if own == noptrbss:
            if name.startswith("type:.gcmask."):
                groups[sym] = kinds.SGCMASK
        elif name.startswith("go:string."):
            groups[sym] = kinds.SGOSTRING
        elif name.startswith("runtime.gcbits."):
            groups[sym] = kinds.SGCBITS
        elif name.endswith("·f"):
            groups[sym] = kinds.SGOFUNC
        elif name.startswith("type:") or loader.flag2(sym, goobj.ITAB):
            groups[sym] = kinds.STYPE


def _fill(link: Link, pcln: Pclntab, text: Section) -> TypeFields:
    loader = link.loader
    sections = SymbolBuilder(loader, loader.define("runtime.textsectionmap", kinds.SRODATA))
    sections.add_uint(0)
    sections.add_uint(text.size)
    sections.add_address(loader.lookup("runtime.text"))

    module = SymbolBuilder(loader, link.moduledata)
    add, address = module.add_uint, module.add_address

    def border(*names: str) -> None:
        for name in names:
            address(loader.lookup(name))

    def table(sym: int, length: int) -> None:
        """A slice header: pointer, length, capacity; all zero for no symbol."""
        if sym:
            address(sym)
        else:
            add(0)
        add(length if sym else 0)
        add(length if sym else 0)

    address(pcln.pcheader)
    table(pcln.funcnametab, loader.size(pcln.funcnametab))
    table(pcln.cutab, loader.size(pcln.cutab) // 4)
    table(pcln.filetab, loader.size(pcln.filetab))
    table(pcln.pctab, loader.size(pcln.pctab))
    table(pcln.functab, loader.size(pcln.functab))
    table(pcln.functab, pcln.nfunc + 1)
    address(pcln.findfunctab)
    address(pcln.first_func)
    address(pcln.last_func, loader.size(pcln.last_func))
    border("runtime.text", "runtime.etext", "runtime.noptrdata", "runtime.enoptrdata", "runtime.data", "runtime.edata")
    border("runtime.bss", "runtime.ebss", "runtime.noptrbss", "runtime.enoptrbss", "runtime.covctrs", "runtime.ecovctrs")
    border("runtime.end", "runtime.gcdata", "runtime.gcbss", "runtime.types")
    type_links = module.size
    add(0)
    border("runtime.etypes")
    itabs = module.size
    add(0)
    add(0)
    border("runtime.rodata", "go:func.*", "runtime.epclntab")
    table(sections.sym, 1)
    table(0, 0)  # ptab, plugins alone have one
    add(0)  # plugin path
    add(0)
    table(0, 0)  # package hashes
    table(link.main_inittasks, loader.size(link.main_inittasks) // 8)
    add(0)  # module name
    add(0)
    table(0, 0)  # module hashes
    module.add(b"\1")  # has main
    description = loader.lookup("type:runtime.moduledata")
    if not description:
        raise UserError.one("bad-runtime", "package runtime has no type moduledata", "build the runtime again")
    module.set_size(decode.type_size(loader, description)[0])

    last = SymbolBuilder(loader, loader.define("runtime.lastmoduledatap", kinds.SNOPTRDATA))
    last.clear()
    last.add_address(link.moduledata)
    return TypeFields(type_links, itabs, itabs + 8)
