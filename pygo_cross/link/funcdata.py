# SPDX-License-Identifier: BSD-3-Clause
"""`go:func.*`: the funcdata of all functions, each symbol once, at the end of pclntab.

Funcdata are stack maps, stack objects, argument descriptions, deferred-call and wrapper records; they come from the
objects as read-only data, and the image refers to them by their offset in this table alone. So they are laid out
here, not with other data. To them the linker adds one inline tree a function that has calls inlined.

Order: by alignment, the largest first, then by first use. Facts: GOROOT/src/cmd/link/internal/ld/pcln.go
(generateFuncdata, genInlTreeSym, ignoreFuncData), src/internal/abi/symtab.go.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.arch.layout import FACTS
from pygo_cross.diag import Diagnostic, Pos, UserError
from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.loader import Loader, ObjFile
from pygo_cross.link.nametab import FuncNames
from pygo_cross.obj import goobj
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.funcinfo import FuncInfo, decode
from pygo_cross.obj.reloctype import NAMES, R_ADDROFF, R_WEAK, R_WEAKADDROFF

ARGS_POINTER_MAPS: Final = 0
INLINE_TREE: Final = 3
ARG_INFO: Final = 5

_NODE: Final = struct.Struct("<B3xIIi")  # runtime.inlinedCall: function id, name, PC in the parent, start line

# More than any function's stack maps take; a size beyond that is a lie.
_MAX_SIZE: Final = 1 << 28


class InlineTrees:
    """Makes the inline trees. `syms`: the symbols made, none named, in the order of their functions."""

    __slots__ = ("_callees", "_loader", "_names", "syms")

    def __init__(self, loader: Loader, names: FuncNames) -> None:
        self._loader = loader
        self._names = names
        self._callees: dict[int, tuple[int, int, int]] = {}
        self.syms: list[int] = []

    def make(self, file: ObjFile, info: FuncInfo) -> int:
        """The inline tree of a function with the information `info`, whose references are those of `file`."""
        loader, callees, tables, pack = self._loader, self._callees, file.tables, _NODE.pack
        parts = []
        for node in info.inline:
            try:
                callee = tables[node[3]][node[4]]
            except (KeyError, IndexError):
                callee = 0
            known = callees.get(callee)
            if known is None:
                callee = callee or loader.resolve(file, node[3], node[4])
                known = callees[callee] = self._callee(file, callee)
            func_id, name, start_line = known
            parts.append(pack(func_id, name, node[5] & 0xFFFFFFFF, start_line))
        sym = loader.create("", 0)
        ext = loader.ext[sym]
        ext.data = bytearray(b"".join(parts))
        ext.size = len(ext.data)
        loader.kind[sym] = kinds.SPCLNTAB
        loader.reachable[sym] = 1
        loader.align[sym] = 4
        self.syms.append(sym)
        return sym

    def _callee(self, file: ObjFile, sym: int) -> tuple[int, int, int]:
        """Function id, name's offset and start line of an inlined function."""
        loader = self._loader
        for kind, aux in loader.auxs(sym):
            if kind == goobj.AUX_FUNCINFO:
                home = loader.file_of(sym)
                info = decode((home or file).obj.path, loader.data(aux))
                name = self._names.offsets.get(sym)
                return info.func_id, self._names.add(sym) if name is None else name, info.start_line
        raise bad_file(file.obj.path, f"corrupt object file: {loader.where(sym)} is inlined but has no function information")


class FuncData:
    """The symbols of go:func.* while they are collected, then their `offsets`.

    `used` is every symbol in the order of first use.
    """

    __slots__ = ("_addresses", "_content", "_link", "_problems", "align", "offsets", "used")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._content = bytearray()
        self._addresses: list[tuple[int, int, int]] = []
        self._problems: list[Diagnostic] = []
        self.used: dict[int, None] = {}
        self.offsets: dict[int, int] = {}
        self.align = 0

    def ignored(self, index: int, sym: int) -> bool:
        """Whether funcdata `index` of a function from assembly is not there.

        The assembler names argument maps of every function, hoping that the compiler makes them from a declaration.
        """
        return not sym or (index in (ARGS_POINTER_MAPS, ARG_INFO) and not len(self._link.loader.data(sym)))

    def lay_out(self) -> bytearray:
        """Give every symbol in use its offset; return the table, still without addresses. Raises UserError."""
        loader, content = self._link.loader, self._content
        ordered = sorted(self.used, key=lambda sym: -self._align(sym))
        for sym in ordered:
            size, data = loader.size(sym), loader.data(sym)
            if not size or not len(data) <= size <= _MAX_SIZE:
                self._complain(sym, f"funcdata of {len(data)} bytes says that its size is {size}" if size else "zero size funcdata")
                continue
            align = self._align(sym)
            offset = -(-len(content) // align) * align
            content += bytes(offset - len(content))
            content += data
            content += bytes(offset + size - len(content))
            self.offsets[sym] = offset
            relocs = loader.relocs(sym)
            if relocs:
                self._note_addresses(sym, offset, size, relocs)
        if self._problems:
            raise UserError(self._problems)
        self.align = self._align(ordered[0]) if ordered else 0
        return content

    def _align(self, sym: int) -> int:
        """A symbol's alignment: what it asks for, else the largest power of two that its size fills, within limits."""
        loader = self._link.loader
        align = loader.align.get(sym, 0)
        if not align:
            align, size = FACTS[self._link.options.goarch].max_align, loader.size(sym)
            while align > size and align > 1:
                align >>= 1
            loader.align[sym] = align
        return align

    def _complain(self, sym: int, what: str) -> None:
        file = self._link.loader.file_of(sym)
        pos = Pos(file.obj.path if file else "")
        self._problems.append(Diagnostic(pos, "bad-object", f"{self._link.loader.where(sym)}: {what}", "build the package again"))

    def _note_addresses(self, sym: int, base: int, size: int, relocs: list[tuple[int, int, int, int, int]]) -> None:
        """The places that hold the offset of another symbol in its section: the only relocations funcdata may have."""
        for offset, width, kind, addend, target in relocs:
            if kind not in (R_ADDROFF, R_WEAKADDROFF) or width != 4:
                name = NAMES.get(kind & ~R_WEAK, str(kind))
                self._complain(sym, f"unsupported relocation {name} of {width} bytes in funcdata")
                return
            if not 0 <= offset <= size - 4:
                self._complain(sym, f"a relocation at {offset} lies outside it")
                return
            if kind & R_WEAK and not self._link.loader.reachable[target]:
                return
            self._addresses.append((base + offset, addend, target))

    def fill(self) -> None:
        """Write the addresses, now that everything has one. Raises UserError for one that does not fit."""
        link, loader = self._link, self._link.loader
        text = loader.value[loader.lookup("runtime.text", 0)]
        for at, addend, target in self._addresses:
            if kinds.is_text(loader.kind[target]):
                start = text
            else:
                section = link.section_of.get(target)
                if section is None:
                    problem = f"funcdata refers to {loader.where(target)}, which has no place in the image"
                    raise UserError.one("undefined-symbol", problem)
                start = section.address
            offset = loader.value[target] - start + addend
            if not -0x80000000 <= offset <= 0xFFFFFFFF:
                raise UserError.one("out-of-range", f"funcdata refers to {loader.where(target)}, {offset:#x} bytes into its section")
            self._content[at : at + 4] = (offset & 0xFFFFFFFF).to_bytes(4, "little")
