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

from collections.abc import Sequence

from pygo_cross.diag import InternalError
from pygo_cross.link import kinds
from pygo_cross.obj import goobj
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.funcinfo import FuncInfo, decode
from pygo_cross.obj.reader import Object

Reloc = tuple[int, int, int, int, int]
"""offset, size in bytes, type, addend, global number of the target."""


STATIC_VERSION = 10
"""Versions from here on are file-local; 0 is ABI0 and data, 1 is ABIInternal."""


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
    """All symbols of a link. Fields are parallel, indexed by the global number.

    Numbers below `nobject_syms` are symbols that objects define; those from there on the linker made, or nobody defines.
    """

    def __init__(self) -> None:
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

    def add_object(self, obj: Object, package: str, prefix: str) -> ObjFile:
        """Take an object of the package `package`, whose symbols are named after `prefix` (its escaped path)."""
        file = ObjFile(obj, package, len(self.objs))
        self.objs.append(file)
        self.by_package.setdefault(prefix, file)
        return file

    def replace(self, sym: int, file: ObjFile, li: int) -> None:
        """Another definition stands for a symbol: local symbol `li` of `file`."""
        self.sym_obj[sym], self.sym_li[sym], self.kind[sym] = file, li, file.kind[li]

    def home(self, sym: int) -> tuple[ObjFile, int]:
        """The object that defines a symbol, and the local index there; an InternalError for the linker's own."""
        file = self.sym_obj[sym]
        if file is None:
            raise InternalError("loader", "the symbol has no object", self.name(sym))
        return file, self.sym_li[sym]

    # References.

    def resolve(self, file: ObjFile, package: int, index: int) -> int:
        """The global number of a reference in an object. Raises UserError for one that leads nowhere."""
        try:
            sym = file.tables[package][index]
        except (KeyError, IndexError):
            raise bad_file(file.obj.path, f"corrupt object file: reference to symbol {index} of package {package:#x}") from None
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
        file, li = self.home(sym)
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
