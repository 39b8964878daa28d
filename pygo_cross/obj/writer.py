# SPDX-License-Identifier: BSD-3-Clause
"""Writes a Context as a Go object: numbers its symbols, then lays out the blocks of goobj.py.

Symbols are numbered in the order in which they are met: all functions, then all data; of each its own table symbols
behind it, then what it refers to. A symbol stands in one of four lists of definitions, by how others refer to it (by
index, by content in two sizes, by name), or among the references by name. Objects of ours are to be equal to stock's, so
the order of names in the string table follows the same walk.
Facts: GOROOT/src/cmd/internal/obj/{objfile,sym}.go, cmd/internal/goobj/objfile.go.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from pygo_cross.obj import goobj
from pygo_cross.obj.builtins import BUILTINS
from pygo_cross.obj.context import UNLINKABLE, Context, path_to_prefix
from pygo_cross.obj.symbol import ABIWRAPPER, DUPOK, NOSPLIT, PKGINIT, REFLECTMETHOD, Symbol

_FUNC_INFO: Final = struct.Struct("<iiBBxxiI")
_U32: Final = struct.Struct("<I")
_INLINED: Final = struct.Struct("<iIiIIi")
_HASHED_RELOC: Final = struct.Struct("<iBBq")
_FUNCDATA_NAMES: Final = ("gcargs.", "gclocals.", "gclocals·")
_FUNCDATA_ENDS: Final = (".opendefer", ".arginfo0", ".arginfo1", ".argliveinfo", ".wrapinfo", ".args_stackmap", ".stkobj")
_BUILTIN_INDEX: dict[tuple[str, int], int] = {}
# How references to a symbol enter the hash of one that refers to it.
_HASH_PREFIX: Final = {goobj.PKG_HASHED64: b"\0", goobj.PKG_HASHED: b"\1", goobj.PKG_NONE: b"\2", goobj.PKG_BUILTIN: b"\3"}


def _is_linknamed(symbol: Symbol) -> bool:
    return symbol.linkname or symbol.linkname_std


class _Lists:
    """The numbered symbols."""

    def __init__(self) -> None:
        self.package: list[Symbol] = []
        self.hashed64: list[Symbol] = []
        self.hashed: list[Symbol] = []
        self.named: list[Symbol] = []
        self.references: list[Symbol] = []

    def definitions(self) -> Iterator[Symbol]:
        """All definitions, in the order of local indices."""
        yield from self.package
        yield from self.hashed64
        yield from self.hashed
        yield from self.named


def write(context: Context, room: bool = False) -> bytes:
    """The bytes of the object, without the text in front of it. With `room`, something stands behind one without contents: stock's readers
    look at the first byte of a symbol's relocations, even where it has none.
    """
    lists = _number(context)
    _func_infos(context, lists)
    made = _layout(context, lists)
    return made + bytes(8) if room and not any(symbol.data for symbol in lists.definitions()) else made


def _tables(symbol: Symbol) -> list[Symbol]:
    """The pc tables of a function."""
    func = symbol.func
    assert func is not None
    return [table for table in (func.pcsp, func.pcfile, func.pcline, func.pcinline, *func.pcdata) if table is not None]


def _own_dwarf(symbol: Symbol) -> list[Symbol]:
    """The debug symbols of a function, in the order in which they are numbered."""
    func = symbol.func
    assert func is not None
    return [part for part in (func.dwarf_lines, func.dwarf_info, func.dwarf_ranges, func.dwarf_loc) if part is not None and part.size]


def _auxiliary(context: Context, symbol: Symbol, files: list[str]) -> Iterator[Symbol]:
    """What a function refers to besides its relocations."""
    func = symbol.func
    assert func is not None
    for part in func.funcdata:
        if part is not None:
            yield part
    for number in func.used_files:
        yield context.lookup(files[number])
    for call in func.inline:
        yield call.callee
    for part in _own_dwarf(symbol):
        yield part
        for relocation in part.relocs:
            if relocation[4] is not None:
                yield relocation[4]


def _section(symbol: Symbol) -> bytes:
    """The letter by which the hash of a content keeps sections apart."""
    if symbol.kind == goobj.STEXT:
        return b"t"
    if symbol.kind == goobj.STEXTFIPS:
        return b"f"
    if symbol.pcdata:
        return b"P"
    if symbol.name.startswith(_FUNCDATA_NAMES) or symbol.name.endswith(_FUNCDATA_ENDS):
        return b"F"
    if symbol.name.startswith("type:"):
        return b"T"
    return b"\0"


def _number(context: Context) -> _Lists:
    """Give every symbol the package and index by which the object refers to it."""
    context.constants.sort(key=lambda symbol: symbol.name)
    context.data += context.constants
    context.constants = []
    lists = _Lists()

    def define(symbol: Symbol) -> None:
        if symbol.content_addressable:
            if symbol.size <= 8 and not symbol.relocs and _section(symbol) == b"\0":
                symbol.package, kin = goobj.PKG_HASHED64, lists.hashed64
            else:
                symbol.package, kin = goobj.PKG_HASHED, lists.hashed
        elif (context.assembly and not symbol.static) or context.linkshared or symbol.flags & DUPOK or _is_linknamed(symbol):
            # Hand-written code is referred to by name: indices are the compiler's. So is what has its name from a directive.
            symbol.package, kin = goobj.PKG_NONE, lists.named
        else:
            symbol.package, kin = goobj.PKG_SELF, lists.package
        symbol.index = len(kin)
        kin.append(symbol)

    for symbol in (*context.text, *context.data):
        define(symbol)
        if symbol.is_text():
            for table in _tables(symbol):
                define(table)

    if not _BUILTIN_INDEX:
        _BUILTIN_INDEX.update((key, number) for number, key in enumerate(BUILTINS))
    builtin = {} if context.linkshared else _BUILTIN_INDEX

    def refer(symbol: Symbol) -> None:
        if symbol.package >= 0:
            return
        number = builtin.get((symbol.name, symbol.abi), -1)
        if number >= 0 and not symbol.linkname and not symbol.linkname_std:
            symbol.package, symbol.index = goobj.PKG_BUILTIN, number
            return
        symbol.package = goobj.PKG_NONE
        symbol.index = len(lists.named) + len(lists.references)
        lists.references.append(symbol)

    files = list(context.files)
    for symbol in (*context.text, *context.data):
        for relocation in symbol.relocs:
            if relocation[4] is not None:
                refer(relocation[4])
        if symbol.is_text():
            for part in _auxiliary(context, symbol, files):
                refer(part)
        if symbol.gotype is not None:
            refer(symbol.gotype)
    return lists


def _func_infos(context: Context, lists: _Lists) -> None:
    """Make the FuncInfo symbols, and number them and the debug symbols behind the definitions."""
    for symbol in context.text:
        func = symbol.func
        assert func is not None
        data = _FUNC_INFO.pack(func.args, func.locals, func.id, func.flag, func.start_line, len(func.used_files))
        data += struct.pack(f"<{len(func.used_files)}I", *func.used_files) + _U32.pack(len(func.inline))
        for call in func.inline:
            callee, base = call.callee, call.base
            place = (context.file_index(base), base.relative(call.line))
            data += _INLINED.pack(call.parent, *place, callee.package, callee.index, call.mark.pc)
        info = func.info = Symbol("", 0, False, goobj.SDATA)
        info.data = bytearray(data)
        info.size = len(data)
        for part in (info, *_own_dwarf(symbol)):
            part.package, part.index = goobj.PKG_SELF, len(lists.package)
            lists.package.append(part)


class _Strings:
    """The string table: each string once, in the order of first use."""

    def __init__(self, start: int) -> None:
        self.data = bytearray()
        self._start = start
        self._known: dict[str, bytes] = {}

    def ref(self, text: str) -> bytes:
        """Length and offset of a string, which joins the table if it is new."""
        known = self._known.get(text)
        if known is None:
            encoded = text.encode("utf-8", "surrogateescape")
            known = self._known[text] = goobj.STRING_REF.pack(len(encoded), self._start + len(self.data))
            self.data += encoded
        return known


def _all_names(context: Context, files: list[str]) -> Iterator[str]:
    """Names in the order of the string table."""
    for symbol in (*context.text, *context.data):
        yield symbol.name
        for relocation in symbol.relocs:
            target = relocation[4]
            if target is not None and target.package != goobj.PKG_BUILTIN:
                yield target.name
        if symbol.is_text():
            for part in _auxiliary(context, symbol, files):
                if part.package != goobj.PKG_BUILTIN:
                    yield part.name
        if symbol.gotype is not None:
            yield symbol.gotype.name


def _record(symbol: Symbol, name: bytes) -> bytes:
    """A symbol's record."""
    flag = flag2 = 0
    flags = symbol.flags
    if flags & DUPOK:
        flag |= goobj.DUPOK
    if symbol.local:
        flag |= goobj.LOCAL
    if symbol.typelink:
        flag |= goobj.TYPELINK
    if flags & NOSPLIT and symbol.func is not None:
        flag |= goobj.NOSPLIT
    if symbol.leaf:
        flag |= goobj.LEAF
    if flags & REFLECTMETHOD:
        flag |= goobj.REFLECTMETHOD
    if symbol.name.startswith("type:") and symbol.name[5:6] != "." and symbol.kind == goobj.SRODATA:
        flag |= goobj.GOTYPE
    if symbol.name.startswith("go:itab.") and symbol.kind == goobj.SRODATA:
        flag2 |= goobj.ITAB
    if flags & PKGINIT:
        flag2 |= goobj.PKGINIT
    if symbol.linkname or symbol.name == "main.main":
        flag2 |= goobj.LINKNAME
    if symbol.linkname_std:
        flag2 |= goobj.LINKNAMESTD
    if flags & ABIWRAPPER:
        flag2 |= goobj.ABIWRAPPER
    abi = goobj.ABI_STATIC if symbol.static else symbol.abi
    # Not SYM.pack: the name's length and offset are packed already.
    return name + struct.pack("<HBBBII", abi, symbol.kind, flag, flag2, symbol.size, symbol.align)


def _hash(context: Context, symbol: Symbol) -> bytes:
    """The hash by which a symbol is known by its content."""
    parts = [b"\x01", struct.pack("<Q", symbol.size), _section(symbol)]
    if symbol.is_text():
        parts.append(symbol.name.encode("utf-8", "surrogateescape"))
    parts.append(bytes(symbol.data).rstrip(b"\0"))
    for offset, size, kind, addend, target in symbol.relocs:
        parts.append(_HASHED_RELOC.pack(offset, size, kind & 0xFF, addend))
        if target is None:
            parts.append(b"nil symbol")
        elif target is symbol:
            parts.append(b"self symbol")
        elif not context.assembly and target.name and not target.static and target.package in (goobj.PKG_SELF, goobj.PKG_BUILTIN):
            # As packages refer to it that know it by name alone, stock's among them: all copies have to be one.
            parts.append(_HASH_PREFIX[goobj.PKG_NONE] + target.name.encode("utf-8", "surrogateescape"))
        else:
            parts.append(_HASH_PREFIX.get(target.package, b""))
            if target.package == goobj.PKG_HASHED64:
                parts.append(bytes(target.data[:8]).ljust(8, b"\0"))
            elif target.package == goobj.PKG_HASHED:
                parts.append(_hash(context, target))
            elif target.package == goobj.PKG_NONE:
                parts.append(target.name.encode("utf-8", "surrogateescape"))
            else:
                if target.package == goobj.PKG_SELF:
                    parts.append(path_to_prefix(context.package).encode("utf-8", "surrogateescape"))
                parts.append(_U32.pack(target.index))
    import hashlib  # here, for few objects have what is hashed, and it takes longer to import than a small file to assemble

    return hashlib.sha256(b"".join(parts)).digest()[: goobj.HASH_SIZE]


def _aux_records(symbol: Symbol) -> list[bytes]:
    """The auxiliary symbols of a symbol: most are a function's."""
    func = symbol.func
    if func is None:
        return [] if symbol.gotype is None else [goobj.AUX.pack(goobj.AUX_GOTYPE, symbol.gotype.package, symbol.gotype.index)]
    records = []

    def add(kind: int, part: Symbol | None) -> None:
        if part is None:
            records.append(goobj.AUX.pack(kind, 0, 0))
        else:
            records.append(goobj.AUX.pack(kind, part.package, part.index))

    add(goobj.AUX_FUNCINFO, func.info)
    for part in func.funcdata:
        add(goobj.AUX_FUNCDATA, part)
    for kind, table in (
        (goobj.AUX_DWARFINFO, func.dwarf_info),
        (goobj.AUX_DWARFLOC, func.dwarf_loc),
        (goobj.AUX_DWARFRANGES, func.dwarf_ranges),
        (goobj.AUX_DWARFLINES, func.dwarf_lines),
        (goobj.AUX_PCSP, func.pcsp),
        (goobj.AUX_PCFILE, func.pcfile),
        (goobj.AUX_PCLINE, func.pcline),
        (goobj.AUX_PCINLINE, func.pcinline),
    ):
        if table is not None and table.size:
            add(kind, table)
    for table in func.pcdata:
        add(goobj.AUX_PCDATA, table)
    return records


def _layout(context: Context, lists: _Lists) -> bytes:
    """All blocks, with the header in front."""
    flags = goobj.OBJ_SHARED if context.shared else 0
    if context.package == UNLINKABLE:
        flags |= goobj.OBJ_UNLINKABLE
    if context.assembly:
        flags |= goobj.OBJ_FROM_ASSEMBLY
    if context.std:
        flags |= goobj.OBJ_STD

    strings = _Strings(goobj.HEADER.size)
    strings.ref("")
    for path, _ in context.autolib:
        strings.ref(path)
    files = list(context.files)
    for name in _all_names(context, files):
        strings.ref(name)
    for file in files:
        strings.ref(file)

    def symbols(kin: list[Symbol]) -> bytes:
        return b"".join(_record(symbol, strings.ref(symbol.name)) for symbol in kin)

    definitions = list(lists.definitions())
    relocation_counts, aux_counts, data_sizes = [0], [0], [0]
    relocations, auxes, data = [], [], bytearray()
    for symbol in definitions:
        for offset, size, kind, addend, target in sorted(symbol.relocs, key=_offset):
            package, index = (0, 0) if target is None else (target.package, target.index)
            relocations.append(goobj.RELOC.pack(offset, size, kind, addend, package, index))
        relocation_counts.append(len(relocations))
        auxes += _aux_records(symbol)
        aux_counts.append(len(auxes))
        data += symbol.data
        data_sizes.append(len(data))
    indices = struct.Struct(f"<{len(definitions) + 1}I")
    blocks = [
        b"".join(strings.ref(path) + fingerprint for path, fingerprint in context.autolib),
        strings.ref(""),  # package index 0 is no package
        b"".join(strings.ref(file) for file in files),
        symbols(lists.package),
        symbols(lists.hashed64),
        symbols(lists.hashed),
        symbols(lists.named),
        symbols(lists.references),
        b"",  # flags of symbols of other packages
        b"".join(bytes(symbol.data[:8]).ljust(8, b"\0") for symbol in lists.hashed64),
        b"".join(_hash(context, symbol) for symbol in lists.hashed),
        indices.pack(*relocation_counts),
        indices.pack(*aux_counts),
        indices.pack(*data_sizes),
        b"".join(relocations),
        b"".join(auxes),
        bytes(data),
        b"",  # names of symbols of other packages
    ]
    at = goobj.HEADER.size + len(strings.data)
    offsets = []
    for block in blocks:
        offsets.append(at)
        at += len(block)
    offsets.append(at)
    header = goobj.HEADER.pack(goobj.MAGIC, context.fingerprint, flags, *offsets)
    return b"".join((header, bytes(strings.data), *blocks))


def _offset(relocation: tuple[int, int, int, int, Symbol | None]) -> int:
    return relocation[0]
