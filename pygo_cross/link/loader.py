# SPDX-License-Identifier: BSD-3-Clause
"""The global symbol table: every symbol of every object under one dense number.

Numbers are given in a fixed order, since later stages break ties by them: first the package definitions of all
objects, in load order; then, object by object, short hashed, hashed and non-package definitions, each only if it is
new; then references that nothing defined; then the symbols that the linker makes itself (`create`, `lookup_or_create`).
0 is no symbol. That is also the order of stock's linker (GOROOT/src/cmd/link/internal/loader/loader.go), so that two
images can be equal.

A symbol's content stays in its object and is decoded on demand; `sym_obj[s]`, `sym_li[s]` say where it is. A symbol
that the linker made or changed has an `Ext` record instead (`ext[s]`), whose relocations already have global targets.
References of an object resolve through `ObjFile.tables[package][index]`: a range for package definitions, a list for
the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import TypeVar

from pygo_cross.diag import Diagnostic, InternalError, Pos, UserError
from pygo_cross.link import kinds
from pygo_cross.link.linkname import LinknamePolicy
from pygo_cross.obj import goobj
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.builtins import BUILTINS
from pygo_cross.obj.funcinfo import FuncInfo, decode
from pygo_cross.obj.reader import Object

Reloc = tuple[int, int, int, int, int]
"""offset, size in bytes, type, addend, global number of the target."""

H = TypeVar("H", int, bytes)

STATIC_VERSION = 10
"""Versions from here on are file-local; 0 is ABI0 and data, 1 is ABIInternal."""

_BUILTIN_INDEX = {builtin: index for index, builtin in enumerate(BUILTINS)}
_LINKNAMES = goobj.LINKNAME | goobj.LINKNAMESTD


class Ext:
    """A symbol made or changed by the linker. `origin` is where its auxiliary symbols are: (object, local index)."""

    __slots__ = ("data", "name", "origin", "relocs", "size", "version")

    def __init__(self, name: str, version: int) -> None:
        self.name = name
        self.version = version
        self.size = 0
        self.data = bytearray()
        self.relocs: list[Reloc] = []
        self.origin: tuple[ObjFile, int] | None = None


class ObjFile:
    """One object taking part in the link: the object, its package path, and how its references resolve.

    `textp` are its functions in the image, in address order (set by textorder.py): the compilation unit.
    """

    __slots__ = ("flag", "flag2", "index", "kind", "obj", "package", "tables", "textp", "version")

    def __init__(self, obj: Object, package: str, index: int) -> None:
        self.obj = obj
        self.package = package
        self.index = index
        self.version = STATIC_VERSION + index
        self.kind = obj.kinds().translate(kinds.FROM_OBJECT)
        self.flag = obj.flag_column()
        self.flag2 = obj.flag2_column()
        self.tables: dict[int, Sequence[int]] = {0: (0,)}
        self.textp: list[int] = []


class Loader:
    """All symbols of a link. Fields are parallel, indexed by the global number."""

    def __init__(self, linknames: LinknamePolicy, *, debug_info: bool = True) -> None:
        self.objs: list[ObjFile] = []
        self.by_package: dict[str, ObjFile] = {}
        self.names: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self.sym_obj: list[ObjFile | None] = [None]
        self.sym_li: list[int] = [0]
        self.kind = bytearray(1)
        self.align: dict[int, int] = {}
        self.local: set[int] = set()
        self.special: set[int] = set()
        self.text_package: dict[int, str] = {}
        self.used_in_iface = bytearray(1)
        self.reachable = bytearray(1)
        self.value: list[int] = []
        self.ext: dict[int, Ext] = {}
        self.nobject_syms = 0
        self.dynimport: dict[int, tuple[str, str]] = {}
        self.extname: dict[int, str] = {}
        self._builtins = [0] * len(BUILTINS)
        self._linknames = linknames
        self._debug_info = debug_info
        self._linkname_refs: list[tuple[ObjFile, str, int]] = []
        self._size_fixups: list[tuple[int, int]] = []
        self._problems: list[Diagnostic] = []

    # Loading.

    def add_object(self, obj: Object, package: str, prefix: str) -> ObjFile:
        """Take an object of the package `package`, whose symbols are named after `prefix` (its escaped path)."""
        file = ObjFile(obj, package, len(self.objs))
        self.objs.append(file)
        self.by_package.setdefault(prefix, file)
        return file

    def load_symbols(self) -> None:
        """Number and resolve the symbols of all objects. Raises UserError with every clash and bad reference."""
        for file in self.objs:
            self._load_package_definitions(file)
        hashed64: dict[int, tuple[int, int]] = {}
        hashed: dict[bytes, tuple[int, int]] = {}
        for file in self.objs:
            obj = file.obj
            file.tables[goobj.PKG_HASHED64] = self._load_hashed(file, obj.ndef, obj.nhashed64, obj.hashes64(), hashed64)
            file.tables[goobj.PKG_HASHED] = self._load_hashed(file, obj.ndef + obj.nhashed64, obj.nhashed, obj.hashes(), hashed)
            file.tables[goobj.PKG_NONE] = self._load_non_package_definitions(file)
        for file, name, sym in self._linkname_refs:
            self._check_linkname(file, name, sym)
        self.nobject_syms = len(self.sym_obj)
        for file in self.objs:
            self._load_references(file)
        for sym, size in self._size_fixups:
            self.make_ext(sym).size = size
        if self._problems:
            raise UserError(self._problems)
        self.value = [0] * len(self.sym_obj)
        self.reachable = bytearray(len(self.sym_obj))

    def _add_range(self, file: ObjFile, start: int, end: int) -> int:
        """Number the local symbols start to end one after the other; return the first number."""
        base = len(self.sym_obj)
        self.sym_obj.extend([file] * (end - start))
        self.sym_li.extend(range(start, end))
        self.kind += file.kind[start:end]
        self.used_in_iface += file.flag2[start:end].translate(_IFACE_BIT)
        return base

    def _load_package_definitions(self, file: ObjFile) -> None:
        obj = file.obj
        base = self._add_range(file, 0, obj.ndef)
        file.tables[goobj.PKG_SELF] = range(base, base + obj.ndef)
        builtin_prefixes = ("runtime.", "type:") if file.package == "runtime" else ("runtime.",)
        for sym, (length, offset, abi) in enumerate(obj.names_and_abis(0, obj.ndef), base):
            if not length or abi == goobj.ABI_STATIC:
                continue
            if abi > 1:
                raise bad_file(obj.path, f"corrupt object file: symbol {sym - base} has ABI {abi}")
            name = obj.decode_name(length, offset)
            names = self.names[abi]
            if name in names:
                self._duplicate(name, file, names[name])
            names[name] = sym
            if name.startswith(builtin_prefixes):
                self._note_builtin(name, abi, sym)
        self._note_attributes(file, 0, obj.ndef, file.tables[goobj.PKG_SELF])

    def _note_builtin(self, name: str, abi: int, sym: int) -> None:
        index = _BUILTIN_INDEX.get((name, abi))
        if index is not None:
            self._builtins[index] = sym

    def _note_attributes(self, file: ObjFile, start: int, end: int, numbers: Sequence[int]) -> None:
        """Merge what any object says of a symbol: its largest alignment, whether it is local, its interface use."""
        align = self.align
        if end - start > 0:
            for sym, wanted in zip(numbers, file.obj.alignments(start, end), strict=True):
                if wanted and wanted > align.get(sym, 0):
                    align[sym] = wanted
        for bit, column, store in ((goobj.LOCAL, file.flag, self._mark_local), (goobj.USED_IN_IFACE, file.flag2, self._mark_iface)):
            bits = column[start:end].translate(_BIT[bit])
            at = bits.find(1)
            while at >= 0:
                store(numbers[at])
                at = bits.find(1, at + 1)

    def _mark_local(self, sym: int) -> None:
        self.local.add(sym)

    def _mark_iface(self, sym: int) -> None:
        self.used_in_iface[sym] = 1

    def _load_hashed(self, file: ObjFile, start: int, count: int, hashes: list[H], known: dict[H, tuple[int, int]]) -> list[int]:
        """Number content-addressed symbols: one number a hash; of several copies the largest stands for all.

        Where nobody wants debug information, its symbols are left without a number (0).
        """
        end = start + count
        numbers = [0] * count
        file_kind = file.kind
        wanted: Iterable[int] = range(count)
        if not self._debug_info:
            wanted = compress(wanted, file_kind[start:end].translate(_NOT_DWARF))
        sizes = file.obj.sizes(start, end)
        base = sym = len(self.sym_obj)
        added: list[int] = []
        for index in wanted:
            digest = hashes[index]
            found = known.get(digest)
            if found is None:
                known[digest] = (sym, sizes[index])
                numbers[index] = sym
                added.append(start + index)
                sym += 1
            else:
                numbers[index] = found[0]
                if sizes[index] > found[1]:
                    # Trailing zeros are no part of the hash, so copies may differ in size.
                    known[digest] = (found[0], sizes[index])
                    if found[0] < base:
                        self._replace(found[0], file, start + index)
                    else:
                        added[found[0] - base] = start + index
        self.sym_obj.extend([file] * len(added))
        self.sym_li.extend(added)
        self.kind += bytes([file_kind[li] for li in added])
        self.used_in_iface += bytes(len(added))
        self._note_attributes(file, start, end, numbers)
        return numbers

    def _load_non_package_definitions(self, file: ObjFile) -> list[int]:
        obj = file.obj
        start = obj.ndef + obj.nhashed64 + obj.nhashed
        numbers = []
        for li, (length, offset, abi) in enumerate(obj.names_and_abis(start, obj.nall), start):
            name = obj.decode_name(length, offset) if length else ""
            if not name or abi == goobj.ABI_STATIC:
                sym = self._add_range(file, li, li + 1)
            elif abi > 1:
                raise bad_file(obj.path, f"corrupt object file: {name} has ABI {abi}")
            else:
                old = self.names[abi].get(name)
                if old is None:
                    sym = self.names[abi][name] = self._add_range(file, li, li + 1)
                else:
                    sym = old
                    self._merge(name, file, li, sym)
                if name.startswith("runtime.") or (file.package == "runtime" and name.startswith("type:")):
                    self._note_builtin(name, abi, sym)
            if file.flag2[li] & _LINKNAMES and "." in name and obj.data_size(li) == 0:
                # A variable without content under a linkname is a reference in the disguise of a definition.
                self._linkname_refs.append((file, name, sym))
            numbers.append(sym)
        self._note_attributes(file, start, obj.nall, numbers)
        return numbers

    def _merge(self, name: str, file: ObjFile, li: int, sym: int) -> None:
        """A named symbol is defined again: decide which definition stands, or report the clash.

        Duplicates that say so (DUPOK) yield to others and to larger ones. Otherwise only a variable without content may
        meet another definition: text or content replaces it, and the larger size is kept.
        """
        old_file, old_li = self._home(sym)
        size, old_size = file.obj.size(li), old_file.obj.size(old_li)
        old_dupok = old_file.flag[old_li] & goobj.DUPOK
        if file.flag[li] & goobj.DUPOK:
            if old_dupok and old_size < size:
                self._replace(sym, file, li)
            return
        if old_dupok:
            self._replace(sym, file, li)
            return
        old_kind, new_kind = old_file.kind[old_li], file.kind[li]
        old_content, new_content = old_file.obj.data_size(old_li) != 0, file.obj.data_size(li) != 0
        old_bss = kinds.is_data(old_kind) and not old_content
        new_bss = kinds.is_data(new_kind) and not new_content
        if old_bss and (kinds.is_text(new_kind) or new_content or (new_bss and size > old_size)):
            self._replace(sym, file, li)
            if old_size > size:
                self._size_fixups.append((sym, old_size))
        elif new_bss:
            if size > old_size:
                self._size_fixups.append((sym, size))
        else:
            self._duplicate(name, file, sym)

    def _home(self, sym: int) -> tuple[ObjFile, int]:
        file = self.sym_obj[sym]
        if file is None:
            raise InternalError("loader", "the symbol has no object", self.name(sym))
        return file, self.sym_li[sym]

    def _replace(self, sym: int, file: ObjFile, li: int) -> None:
        self.sym_obj[sym], self.sym_li[sym], self.kind[sym] = file, li, file.kind[li]

    def _duplicate(self, name: str, file: ObjFile, old: int) -> None:
        old_file = self.sym_obj[old]
        first = old_file.package if old_file else "the linker"
        self._problems.append(
            Diagnostic(
                Pos(file.obj.path),
                "duplicate-symbol",
                f"symbol {name} is defined twice, in {first} and in {file.package}",
                "keep one of the definitions",
            )
        )

    def _load_references(self, file: ObjFile) -> None:
        obj = file.obj
        for index, prefix in enumerate(obj.packages()):
            if index == 0:
                continue
            other = self.by_package.get(prefix)
            if other is None:
                raise bad_file(obj.path, f"package {file.package} refers to package {prefix}, which is not part of the link")
            file.tables[index] = other.tables[goobj.PKG_SELF]
        file.tables[goobj.PKG_BUILTIN] = self._builtins
        references: list[int] = []
        from_assembly = bool(obj.flags & goobj.OBJ_FROM_ASSEMBLY)
        for li, (length, offset, abi) in enumerate(obj.names_and_abis(obj.nall, obj.nsym), obj.nall):
            name = obj.decode_name(length, offset)
            if abi == goobj.ABI_STATIC:
                version = file.version
            elif abi > 1:
                raise bad_file(obj.path, f"corrupt object file: reference to {name} has ABI {abi}")
            else:
                version = abi
            sym = self.lookup_or_create(name, version)
            references.append(sym)
            flag2 = file.flag2[li]
            if flag2 & _LINKNAMES or from_assembly:
                self._check_linkname(file, name, sym)
            if file.flag[li] & goobj.LOCAL:
                self.local.add(sym)
            if flag2 & goobj.USED_IN_IFACE:
                self.used_in_iface[sym] = 1
        file.tables[goobj.PKG_NONE] = [*file.tables[goobj.PKG_NONE], *references]
        for package, index, _flag, flag2 in obj.ref_flags():
            if flag2 & goobj.USED_IN_IFACE:
                self.used_in_iface[self.resolve(file, package, index)] = 1

    def _check_linkname(self, file: ObjFile, name: str, sym: int) -> None:
        problem = self._linknames.check(self, file, name, sym)
        if problem:
            self._problems.append(Diagnostic(Pos(file.obj.path), "linkname", problem, "link with -checklinkname=0 to allow it"))

    # References.

    def resolve(self, file: ObjFile, package: int, index: int) -> int:
        """The global number of a reference in an object. Raises UserError for one that leads nowhere."""
        try:
            sym = file.tables[package][index]
        except (KeyError, IndexError):
            raise bad_file(file.obj.path, f"corrupt object file: reference to symbol {index} of package {package:#x}") from None
        if sym == 0 and package == goobj.PKG_BUILTIN:
            name = BUILTINS[index][0]
            problem = f"package {file.package} refers to {name}, which the runtime does not define"
            raise UserError.one("undefined-symbol", problem, pos=Pos(file.obj.path))
        return sym

    def relocs(self, sym: int) -> list[Reloc]:
        """The relocations of a symbol, with global targets."""
        ext = self.ext.get(sym)
        if ext is not None:
            return ext.relocs
        file = self.sym_obj[sym]
        if file is None or self.sym_li[sym] >= file.obj.nall:
            return []
        tables = file.tables
        try:
            return [
                (offset, size, kind, addend, tables[package][index])
                for offset, size, kind, addend, package, index in file.obj.relocs(self.sym_li[sym])
            ]
        except (KeyError, IndexError):
            raise bad_file(file.obj.path, f"corrupt object file: {self.name(sym)} has a relocation that leads nowhere") from None

    def auxs(self, sym: int) -> list[tuple[int, int]]:
        """The auxiliary symbols: (kind, global number)."""
        ext = self.ext.get(sym)
        if ext is not None:
            if ext.origin is None:
                return []
            file, li = ext.origin
        else:
            known = self.sym_obj[sym]
            if known is None:
                return []
            file, li = known, self.sym_li[sym]
        if li >= file.obj.nall:
            return []
        tables = file.tables
        try:
            return [(kind, tables[package][index]) for kind, package, index in file.obj.auxs(li)]
        except (KeyError, IndexError):
            raise bad_file(file.obj.path, f"corrupt object file: {self.name(sym)} has an auxiliary symbol that leads nowhere") from None

    def func_info(self, sym: int) -> tuple[ObjFile, FuncInfo] | None:
        """The function information of a text symbol with the object that its numbers refer to; None where it has none."""
        file = self.file_of(sym)
        if file is not None:
            for kind, aux in self.auxs(sym):
                if kind == goobj.AUX_FUNCINFO:
                    return file, decode(file.obj.path, self.data(aux))
        return None

    def file_of(self, sym: int) -> ObjFile | None:
        """The object a symbol comes from, also when the linker changed it; None for the linker's own."""
        ext = self.ext.get(sym)
        if ext is not None:
            return ext.origin[0] if ext.origin else None
        return self.sym_obj[sym]

    def gotype(self, sym: int) -> int:
        """The type descriptor of a variable, 0 where it has none."""
        for kind, aux in self.auxs(sym):
            if kind == goobj.AUX_GOTYPE:
                return aux
        return 0

    # One symbol.

    def name(self, sym: int) -> str:
        """The symbol's name; hashed symbols mostly have none."""
        ext = self.ext.get(sym)
        if ext is not None:
            return ext.name
        file = self.sym_obj[sym]
        return file.obj.name(self.sym_li[sym]) if file else ""

    def has_name(self, sym: int) -> bool:
        """Whether the symbol has a name, without decoding it."""
        ext = self.ext.get(sym)
        if ext is not None:
            return bool(ext.name)
        file = self.sym_obj[sym]
        return file is not None and file.obj.has_name(self.sym_li[sym])

    def version(self, sym: int) -> int:
        """0 for ABI0 and data, 1 for ABIInternal, from STATIC_VERSION on for file-local symbols."""
        ext = self.ext.get(sym)
        if ext is not None:
            return ext.version
        file = self.sym_obj[sym]
        if file is None:
            return 0
        abi = file.obj.sym(self.sym_li[sym])[1]
        return file.version if abi == goobj.ABI_STATIC else abi

    def size(self, sym: int) -> int:
        """The size in bytes."""
        ext = self.ext.get(sym)
        if ext is not None:
            return ext.size
        file = self.sym_obj[sym]
        return file.obj.size(self.sym_li[sym]) if file else 0

    def data(self, sym: int) -> memoryview | bytearray:
        """The content, without trailing zeros that only the size tells of."""
        ext = self.ext.get(sym)
        if ext is not None:
            return ext.data
        file = self.sym_obj[sym]
        if file is None or self.sym_li[sym] >= file.obj.nall:
            return memoryview(b"")
        return file.obj.data(self.sym_li[sym])

    def package(self, sym: int) -> str:
        """The package that the symbol lies with: its object's, or for a shared copy of a function the first that has one.

        '' for the linker's own symbols.
        """
        moved = self.text_package.get(sym)
        if moved is not None:
            return moved
        file = self.file_of(sym)
        return file.package if file else ""

    def flag(self, sym: int, bit: int) -> bool:
        """Whether the defining object sets this bit of the first flag byte."""
        file = self.sym_obj[sym]
        return file is not None and bool(file.flag[self.sym_li[sym]] & bit)

    def flag2(self, sym: int, bit: int) -> bool:
        """Whether the defining object sets this bit of the second flag byte."""
        file = self.sym_obj[sym]
        return file is not None and bool(file.flag2[self.sym_li[sym]] & bit)

    # Names, and the linker's own symbols.

    def lookup(self, name: str, version: int = 0) -> int:
        """The number of a symbol by name and ABI, 0 where there is none."""
        return self.names[version].get(name, 0) if version < STATIC_VERSION else 0

    def create(self, name: str, version: int = -1) -> int:
        """A new symbol of the linker's; with the default version it can't be looked up by name."""
        sym = len(self.sym_obj)
        self.sym_obj.append(None)
        self.sym_li.append(0)
        self.kind.append(kinds.SXXX)
        self.used_in_iface.append(0)
        if self.value:
            self.value.append(0)
            self.reachable.append(0)
        self.ext[sym] = Ext(name, version)
        return sym

    def lookup_or_create(self, name: str, version: int = 0) -> int:
        """The symbol of that name and ABI; a new, still undefined one where there is none."""
        if version >= STATIC_VERSION:
            return self.create(name, version)
        sym = self.names[version].get(name, 0)
        if not sym:
            sym = self.create(name, version)
            self.names[version][name] = sym
        return sym

    def make_ext(self, sym: int) -> Ext:
        """The symbol's record for changing; on first use its content is taken over from its object."""
        ext = self.ext.get(sym)
        if ext is not None:
            return ext
        file, li = self._home(sym)
        name, abi, _kind, _flag, _flag2, size, _align = file.obj.sym(li)
        ext = Ext(name, file.version if abi == goobj.ABI_STATIC else abi)
        ext.size = size
        ext.relocs = self.relocs(sym)
        ext.data = bytearray(self.data(sym))
        ext.origin = (file, li)
        self.ext[sym] = ext
        return ext

    def define(self, name: str, kind: int, *, local: bool = False) -> int:
        """Look up or create a data symbol and give it this kind; it counts as reachable."""
        sym = self.lookup_or_create(name, 0)
        self.make_ext(sym)
        self.kind[sym] = kind
        self.reachable[sym] = 1
        if local:
            self.local.add(sym)
        return sym

    def mark_special(self, name: str, kind: int, value: int = 0) -> int:
        """Define a symbol that stands for an address and takes no room: a section's start or end (stock's xdefine)."""
        sym = self.define(name, kind, local=True)
        self.special.add(sym)
        self.value[sym] = value
        return sym

    def where(self, sym: int) -> str:
        """For messages: the symbol's name, or its package and number where it has no name."""
        return self.name(sym) or f"unnamed symbol {sym} of {self.package(sym) or 'the linker'}"


def _bit_table(bit: int) -> bytes:
    return bytes(1 if value & bit else 0 for value in range(256))


_BIT = {bit: _bit_table(bit) for bit in (goobj.LOCAL, goobj.USED_IN_IFACE)}
_NOT_DWARF = bytes(0 if kinds.is_dwarf(kind) else 1 for kind in range(256))
_IFACE_BIT = _BIT[goobj.USED_IN_IFACE]
