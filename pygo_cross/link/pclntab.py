# SPDX-License-Identifier: BSD-3-Clause
"""pclntab: what the runtime knows about every function, and about every pc in it.

The section .gopclntab is one carrier symbol, runtime.pclntab, over seven parts in this order:

- runtime.pcheader: how many functions and files, and where the next five parts are, from the header on;
- runtime.funcnametab, runtime.cutab, runtime.filetab: names (nametab.py);
- runtime.pctab: every pc table once, after a byte that keeps offset 0 free for "no table";
- runtime.functab: for each function in address order its entry and where its record is; the end of the last one;
  then the records (runtime._func), each followed by the offsets of its PCDATA tables and of its FUNCDATA;
- go:func.*: the funcdata (funcdata.py).

runtime.findfunctab (findfunctab.py) comes after them, outside the carrier.

Facts: GOROOT/src/cmd/link/internal/ld/pcln.go, src/runtime/{symtab,runtime2}.go, src/internal/abi/symtab.go.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from pygo_cross.diag import InternalError, UserError
from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.funcdata import INLINE_TREE, FuncData, InlineTrees
from pygo_cross.link.loader import Loader, ObjFile
from pygo_cross.link.nametab import FileNames, FuncNames, Unit
from pygo_cross.obj import goobj, pctab
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.funcinfo import InlineNode, decode
from pygo_cross.obj.goobj import AUX_FUNCDATA, AUX_FUNCINFO, AUX_PCDATA, AUX_PCFILE, AUX_PCINLINE, AUX_PCLINE, AUX_PCSP
from pygo_cross.obj.reloctype import R_CALL, R_CALLARM64

_MAGIC: Final = 0xFFFFFFF1
_HEADER: Final = struct.Struct("<IHBB8Q")  # magic, pad, quantum, pointer size; functions, files, unused, five offsets
_POINTER: Final = 8
_NONE: Final = 0xFFFFFFFF
_PCDATA_INLINE_TREE: Final = 2
_RECORD_WORDS: Final = 11  # sizeof(runtime._func) / 4
_DEFERRETURN: Final = "runtime.deferreturn"


class Pclntab:
    """The symbols of pclntab and the numbers that the module data needs. Sizes are those of the symbols.

    - `carrier` has no size of its own and lies where `pcheader` does; `parts` are the seven symbols it carries, in
      their order (by number, too): stock's outer symbol of each part is the carrier. `functab` is what stock's struct
      calls pclntab.
    - `nfunc` functions are in the table, from `first_func` to `last_func`; `nfiles` files.
    - `special`: symbols that are in go:func.*, so no part of any section by themselves.
    - `hidden`: symbols that the symbol table leaves out (stock's NotInSymbolTable): all parts but go:func.*, and the
      special ones.
    """

    __slots__ = (
        "carrier",
        "cutab",
        "filetab",
        "findfunctab",
        "first_func",
        "funcdata",
        "funcnametab",
        "functab",
        "hidden",
        "last_func",
        "nfiles",
        "nfunc",
        "parts",
        "pcheader",
        "pctab",
        "special",
    )

    def __init__(self) -> None:
        self.carrier = self.pcheader = self.funcnametab = self.cutab = self.filetab = self.pctab = self.functab = 0
        self.funcdata = self.findfunctab = 0
        self.first_func = self.last_func = 0
        self.nfunc = self.nfiles = 0
        self.parts: tuple[int, ...] = ()
        self.special: set[int] = set()
        self.hidden: set[int] = set()


class _Record:
    """What functab says of one function, but for what is known only after all functions have been seen."""

    __slots__ = ("args", "deferreturn", "flags", "funcdata", "name", "pcdata", "pcfile", "pcline", "pcsp", "start_line", "unit")

    def __init__(self, name: int, deferreturn: int, unit: Unit | None) -> None:
        self.name = name
        self.deferreturn = deferreturn
        self.unit = unit
        self.args = self.pcsp = self.pcfile = self.pcline = self.start_line = self.flags = 0
        self.pcdata: Sequence[int] = ()
        self.funcdata: Sequence[int] = ()  # symbols, 0 for none


class _PcTables:
    """runtime.pctab while it is collected: `offsets` by symbol, 0 for empty tables and for no symbol."""

    __slots__ = ("_loader", "_parts", "_size", "offsets")

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self.offsets: dict[int, int] = {0: 0}
        self._parts: list[bytes] = [b"\0"]
        self._size = 1

    def add(self, sym: int) -> int:
        """Take a table that is new; return its offset. Raises UserError if it is cut short."""
        loader = self._loader
        data = bytes(loader.data(sym))
        size = loader.size(sym)
        offset = 0
        if size:
            if len(data) < size:
                data = data.ljust(size, b"\0")
            if len(data) > size or not pctab.is_whole(data):
                file = loader.file_of(sym)
                raise bad_file(file.obj.path if file else "", "corrupt object file: a pc table is cut short")
            offset = self._size
            self._size += size
            self._parts.append(data)
        self.offsets[sym] = offset
        return offset

    def sizes(self) -> dict[int, int]:
        """The size of each table by its offset."""
        starts = [offset for offset in self.offsets.values() if offset]
        return {start: end - start for start, end in zip(starts, [*starts[1:], self._size], strict=True)}

    def content(self) -> bytearray:
        """The table."""
        return bytearray(b"".join(self._parts))


class _DeferReturns:
    """Finds the call of runtime.deferreturn in a function: where the runtime resumes one that recovered from a panic."""

    __slots__ = ("_keys", "_loader", "_step", "_targets")

    def __init__(self, link: Link) -> None:
        loader = self._loader = link.loader
        # A call's relocation is at its operand, which on amd64 follows one byte of opcode.
        self._step = 0 if link.is_arm64 else 1
        target = loader.lookup(_DEFERRETURN, goobj.ABI_INTERNAL)
        self._targets = {target} if target else set()
        # Far away a call goes through a trampoline, a function of the linker's own named after its target.
        for sym in link.textp:
            if loader.sym_obj[sym] is None:
                name = loader.name(sym)
                if name.startswith((_DEFERRETURN + "+", _DEFERRETURN + "-")) and "-tramp" in name:
                    self._targets.add(sym)
        self._keys: dict[int, dict[int, set[int]]] = {}

    def find(self, sym: int, file: ObjFile) -> int:
        """The offset of the first such call instruction in the function, 0 if there is none."""
        loader = self._loader
        if sym in loader.ext:
            for offset, _size, kind, _addend, target in loader.ext[sym].relocs:
                if target in self._targets and kind in (R_CALL, R_CALLARM64):
                    return offset - self._step
            return 0
        keys = self._keys.get(file.index)
        if keys is None:
            keys = self._keys[file.index] = self._references(file)
        if keys:
            for offset, _size, kind, _addend, package, index in file.obj.relocs(loader.sym_li[sym]):
                if index in keys and package in keys[index] and kind in (R_CALL, R_CALLARM64):
                    return offset - self._step
        return 0

    def _references(self, file: ObjFile) -> dict[int, set[int]]:
        """How the object's relocations name the function: the packages by symbol index."""
        found: dict[int, set[int]] = {}
        for package, table in file.tables.items():
            if package in (goobj.PKG_HASHED, goobj.PKG_HASHED64):
                continue
            for target in self._targets:
                if target in table:
                    indices = [table.index(target)] if isinstance(table, range) else [i for i, sym in enumerate(table) if sym == target]
                    for index in indices:
                        found.setdefault(index, set()).add(package)
        return found


class _Collector:
    """One pass over the functions that fills all tables but functab and go:func.*."""

    def __init__(self, link: Link, goroot: str) -> None:
        self.link = link
        self.names = FuncNames(link.loader)
        self.files = FileNames(goroot)
        self.tables = _PcTables(link.loader)
        self.trees = InlineTrees(link.loader, self.names)
        self.funcdata = FuncData(link)
        self.records: list[_Record] = []

    def run(self) -> None:
        """Visit all functions. Raises UserError for corrupt function information."""
        link, loader = self.link, self.link.loader
        file_of, auxs_of, find = loader.file_of, loader.auxs, _DeferReturns(link).find
        names, add_name = self.names.offsets, self.names.add
        for sym in link.textp:
            name = names.get(sym)
            if name is None:
                name = add_name(sym)
            file = file_of(sym)
            if file is None:
                self.records.append(_Record(name, 0, None))
                continue
            record = _Record(name, find(sym, file), self.files.unit(file))
            self.records.append(record)
            auxs = auxs_of(sym)
            for kind, aux in auxs:
                if kind == AUX_FUNCINFO:
                    self.visit(record, file, auxs, aux)
                    break

    def visit(self, record: _Record, file: ObjFile, auxs: list[tuple[int, int]], info_sym: int) -> None:
        """Take in a function that has function information."""
        info = decode(file.obj.path, self.link.loader.data(info_sym))
        record.args = info.args & 0xFFFFFFFF
        record.start_line = info.start_line & 0xFFFFFFFF
        record.flags = info.func_id | info.func_flag << 8
        self.use_files(record.unit, info.files, info.inline)
        pcsp = pcfile = pcline = pcinline = 0
        pcdata: list[int] = []
        funcdata: list[int] = []
        for kind, aux in auxs:
            if kind == AUX_PCDATA:
                pcdata.append(aux)
            elif kind == AUX_FUNCDATA:
                funcdata.append(aux)
            elif kind == AUX_PCSP:
                pcsp = aux
            elif kind == AUX_PCFILE:
                pcfile = aux
            elif kind == AUX_PCLINE:
                pcline = aux
            elif kind == AUX_PCINLINE:
                pcinline = aux
        offsets, add = self.tables.offsets, self.tables.add
        # The order in which tables are first met is their order in the image.
        record.pcsp = offsets[pcsp] if pcsp in offsets else add(pcsp)
        record.pcfile = offsets[pcfile] if pcfile in offsets else add(pcfile)
        record.pcline = offsets[pcline] if pcline in offsets else add(pcline)
        record.pcdata = where = [offsets[aux] if aux in offsets else add(aux) for aux in pcdata]
        if info.inline:
            where += [0] * (_PCDATA_INLINE_TREE + 1 - len(where))
            where[_PCDATA_INLINE_TREE] = offsets[pcinline] if pcinline in offsets else add(pcinline)
            funcdata += [0] * (INLINE_TREE + 1 - len(funcdata))
            funcdata[INLINE_TREE] = self.trees.make(file, info)
        if len(funcdata) > 0xFF:
            raise bad_file(file.obj.path, f"corrupt object file: a function has {len(funcdata)} funcdata")
        ignored, used = self.funcdata.ignored, self.funcdata.used
        from_assembly = file.obj.flags & goobj.OBJ_FROM_ASSEMBLY
        for index, aux in enumerate(funcdata):
            if (not aux or from_assembly) and ignored(index, aux):
                funcdata[index] = 0
            else:
                used[aux] = None
        record.funcdata = funcdata

    def use_files(self, unit: Unit | None, files: tuple[int, ...], inline: list[InlineNode]) -> None:
        """Note the source files that a function's code comes from."""
        if unit is None:
            return
        used = unit.used
        if not used.issuperset(files):
            for number in files:
                if number not in used:
                    self.files.add(unit, number)
        for node in inline:
            if node[1] not in used:
                self.files.add(unit, node[1])


    def table_bytes(self, starts: list[int], end: int) -> list[int]:
        """For each function the bytes of pclntab that are there for its sake.

        That is its row and record in functab, whose records begin at the words `starts` and end at byte `end`, its name, and
        the pc tables and funcdata that no function before it has.
        """
        ends = [4 * start for start in starts[1:]] + [end]
        tables, size_of = self.tables.sizes(), self.link.loader.size
        names = self.names.sizes()
        funcdata: set[int] = {0}
        result = []
        for record, start, stop in zip(self.records, starts, ends, strict=True):
            # 8: entry and record's offset in the first part of functab.
            total = 8 + stop - 4 * start + names.pop(record.name, 0)
            for offset in (record.pcsp, record.pcfile, record.pcline, *record.pcdata):
                if offset in tables:
                    total += tables.pop(offset)
            for sym in record.funcdata:
                if sym not in funcdata:
                    funcdata.add(sym)
                    total += size_of(sym)
            result.append(total)
        return result


class _FuncTable:
    """runtime.functab; the entries are left open until `fill`."""

    __slots__ = ("_content", "_link", "starts")

    def __init__(self, link: Link, records: list[_Record], offsets: dict[int, int]) -> None:
        self._link = link
        words = [0] * (2 * len(records) + 1)
        self.starts: list[int] = []
        for index, record in enumerate(records):
            if len(words) & 1:
                words.append(0)
            self.starts.append(len(words))
            words[2 * index + 1] = 4 * len(words)
            funcdata = record.funcdata
            words += (
                0,
                record.name,
                record.args,
                record.deferreturn,
                record.pcsp,
                record.pcfile,
                record.pcline,
                len(record.pcdata),
                record.unit.start if record.unit else _NONE,
                record.start_line,
                record.flags | len(funcdata) << 24,
            )
            words += record.pcdata
            if funcdata:
                words += [offsets[sym] if sym else _NONE for sym in funcdata]
        try:
            self._content = bytearray(struct.pack(f"<{len(words)}I", *words))
        except struct.error:
            raise UserError.one("too-large", "the program's function table is over 4 GiB") from None

    @property
    def content(self) -> bytearray:
        """The table."""
        return self._content

    def fill(self) -> None:
        """Write the functions' entries, relative to the start of the code. Raises UserError if they are too far from it."""
        loader, textp, content = self._link.loader, self._link.textp, self._content
        value = loader.value
        text = value[loader.lookup("runtime.text", 0)]
        entries = [value[sym] - text for sym in textp]
        end = entries[-1] + loader.size(textp[-1])
        if min(entries) < 0:
            raise InternalError("pclntab", "a function lies before the start of the code", loader.where(textp[entries.index(min(entries))]))
        if end > 0xFFFFFFFF:
            raise UserError.one("too-large", f"the program has {end} bytes of code; its tables can tell of 4 GiB")
        pack = struct.Struct("<I").pack_into
        for index, (entry, start) in enumerate(zip(entries, self.starts, strict=True)):
            pack(content, 8 * index, entry)
            pack(content, 4 * start, entry)
        pack(content, 8 * len(entries), end)


def generate(link: Link, goroot: str = "") -> Pclntab:
    """Make pclntab for `link.textp`; call when text has its addresses. `goroot` stands for `$GOROOT` in file names.

    Symbols are made in stock's order. All content is final but the header, the functions' entries and addresses in
    funcdata: `link.generators` gets the function that fills them. Raises UserError for corrupt function information.
    """
    loader, textp = link.loader, link.textp
    pcln = Pclntab()
    pcln.carrier = loader.define("runtime.pclntab", kinds.SPCLNTAB)
    loader.align[pcln.carrier] = _POINTER
    pcln.pcheader = _part(pcln, loader, "runtime.pcheader", _POINTER)
    pcln.funcnametab = _part(pcln, loader, "runtime.funcnametab", 1)
    pcln.cutab = _part(pcln, loader, "runtime.cutab", 4)
    pcln.filetab = _part(pcln, loader, "runtime.filetab", 1)
    pcln.pctab = _part(pcln, loader, "runtime.pctab", 1)
    collector = _Collector(link, goroot)
    collector.run()
    filetab, cutab = collector.files.finish()
    funcdata = collector.funcdata
    content = funcdata.lay_out()
    functab = _FuncTable(link, collector.records, funcdata.offsets)
    pcln.functab = _part(pcln, loader, "runtime.functab", 4)
    pcln.funcdata = _part(pcln, loader, "go:func.*", funcdata.align)
    loader.align[pcln.carrier] = max(_POINTER, funcdata.align)
    header = bytearray(_HEADER.size)
    tables = (header, collector.names.content(), cutab, filetab, collector.tables.content(), functab.content, content)
    for sym, table in zip(pcln.parts, tables, strict=True):
        ext = loader.ext[sym]
        ext.data = table
        ext.size = -(-len(table) // _POINTER) * _POINTER
    pcln.nfunc = len(textp)
    pcln.nfiles = collector.files.count
    pcln.first_func, pcln.last_func = textp[0], textp[-1]
    pcln.special = {*funcdata.used, *collector.trees.syms}
    pcln.hidden = pcln.special.union(pcln.parts) - {pcln.funcdata}

    def fill() -> None:
        _fill_header(link, pcln, header)
        functab.fill()
        funcdata.fill()

    link.generators.append(fill)
    link.table_bytes = lambda: collector.table_bytes(functab.starts, len(functab.content))
    return pcln


def _part(pcln: Pclntab, loader: Loader, name: str, align: int) -> int:
    """A symbol that the carrier carries, still without content."""
    sym = loader.define(name, kinds.SPCLNTAB)
    loader.align[sym] = align
    pcln.parts += (sym,)
    return sym


def _fill_header(link: Link, pcln: Pclntab, header: bytearray) -> None:
    value = link.loader.value
    start = value[pcln.pcheader]
    offsets = [value[sym] - start for sym in pcln.parts[1:6]]
    if min(offsets) <= 0:
        raise InternalError("pclntab", "the header does not lie before the tables", "runtime.pcheader")
    _HEADER.pack_into(header, 0, _MAGIC, 0, link.pc_quantum, _POINTER, pcln.nfunc, pcln.nfiles, 0, *offsets)
