# SPDX-License-Identifier: BSD-3-Clause
"""One translation unit on its way to an object: its symbols, its files, its settings, and what was found wrong.

The assembler makes one Context for each run; the order in which symbols and files are met is kept, since objects record it.
Facts: GOROOT/src/cmd/internal/obj/{link,sym,plist,data}.go, cmd/internal/objabi/{path,funcid}.go.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.diag import Diagnostic, Pos
from pygo_cross.obj import goobj
from pygo_cross.obj.prog import PosBase
from pygo_cross.obj.reloctype import R_ADDR
from pygo_cross.obj.symbol import (
    ABIWRAPPER,
    DUPOK,
    FUNC_ASM,
    FUNC_TOP_FRAME,
    NOPTR,
    RODATA,
    TLSBSS,
    TOPFRAME,
    WRAPPER,
    Func,
    Symbol,
    set_kind,
)

_words = str.split

UNLINKABLE: Final = "<unlinkable>"
"""The package path of an object that was made without -p: no linker takes it."""

_MAX_OFFSET: Final = 1 << 30
_FUNC_IDS: Final = {
    name: number
    for number, name in enumerate(
        _words(
            "abort asmcgocall asyncPreempt cgocallback corostart debugCallV2 gcBgMarkWorker goexit gogo gopanic handleAsyncEvent mcall "
            "morestack mstart panicwrap rt0_go runtime_main runFinalizers runCleanups sigpanic systemstack systemstack_switch"
        ),
        1,
    )
}
_FUNC_ID_WRAPPER: Final = 23


def func_id(name: str, wrapper: bool) -> int:
    """The number by which the runtime knows a function (internal/abi/symtab.go FuncID), 0 for most."""
    if wrapper:
        return _FUNC_ID_WRAPPER
    if not name.startswith("runtime."):
        return 0
    name = name[len("runtime.") :]
    if name == "deferreturn":
        return _FUNC_ID_WRAPPER
    if name == "main":
        name = "runtime_main"
    return _FUNC_IDS.get(name, 0)


def path_to_prefix(path: str) -> str:
    """A package path as it stands in symbol names: dots of its last element and unusual bytes as %xx."""
    slash = path.rfind("/")
    if path.isascii() and path.isidentifier():
        return path
    out = []
    for at, char in enumerate(path):
        for byte in char.encode("utf-8", "surrogateescape"):
            if byte <= 0x20 or (char == "." and at > slash) or char in '%"' or byte >= 0x7F:
                out.append(f"%{byte:02x}")
            else:
                out.append(chr(byte))
    return "".join(out)


class Context:
    """The state of one assembly or compilation.

    `arch` and `goos` as Go names them; `package` is the import path. `shared`, `dynlink`, `linkshared` and `retpoline` are the
    modes of code generation; `std` marks the standard library; `assembly` says that hand-written code is at work, `simd` that the
    experiment is on which SVE belongs to, and `dwarf5` which debug information to write; `listed` that instructions are printed at the
    end. `max_errors` bounds the errors that are kept (0: no bound). `autolib` are the imported packages with the fingerprints of their
    objects, and `fingerprint` is that of this one: eight zero bytes for one that nobody checks.
    """

    def __init__(self, arch: str, goos: str, package: str = UNLINKABLE) -> None:
        self.arch = arch
        self.goos = goos
        self.package = package
        self.shared = False
        self.dynlink = False
        self.linkshared = False
        self.retpoline = False
        self.std = False
        self.assembly = True
        self.dwarf5 = goos not in ("darwin", "aix")
        self.simd = False
        self.maymorestack = ""
        self.listed = False
        self.text: list[Symbol] = []
        self.data: list[Symbol] = []
        self.constants: list[Symbol] = []
        self.files: dict[str, int] = {}
        self.abstracts: dict[str, Symbol] = {}
        self.autolib: list[tuple[str, bytes]] = []
        self.fingerprint = bytes(8)
        self.errors: list[Diagnostic] = []
        self._names: tuple[dict[str, Symbol], dict[str, Symbol]] = ({}, {})
        self._static: dict[str, Symbol] = {}

    # Names.

    def lookup(self, name: str, abi: int = 0) -> Symbol:
        """The symbol of that name and ABI, made if need be."""
        names = self._names[abi]
        symbol = names.get(name)
        if symbol is None:
            symbol = names[name] = Symbol(name, abi)
        return symbol

    def known(self, name: str, abi: int = 0) -> Symbol | None:
        """The symbol of that name and ABI, if there is one."""
        return self._names[abi].get(name)

    def lookup_static(self, name: str) -> Symbol:
        """The symbol name<> of this file."""
        symbol = self._static.get(name)
        if symbol is None:
            symbol = self._static[name] = Symbol(name, 0, True)
        return symbol

    def lookup_derived(self, symbol: Symbol, name: str) -> Symbol:
        """A symbol that belongs to another: static if that one is."""
        return self.lookup_static(name) if symbol.static else self.lookup(name)

    def file_index(self, base: PosBase) -> int:
        """The number of a file in the object's table, which lists files as instructions of theirs are met."""
        return self.files.setdefault(base.absolute, len(self.files))

    # Errors.

    def error(self, message: str, base: PosBase | None = None, line: int = 0) -> None:
        """Take note of a mistake of the user's."""
        pos = Pos(base.file, base.relative(line)) if base is not None else Pos()
        self.errors.append(Diagnostic(pos, "asm", message))

    # Definitions.

    def define_text(self, symbol: Symbol, flags: int, base: PosBase, line: int) -> Func | None:
        """Begin a function. Returns None, with an error, if the name is taken."""
        if symbol.func is not None:
            where = symbol.func.base.format(symbol.func.line) if symbol.func.base else ""
            self.error(f"symbol {symbol.name} redeclared\n\t{where}: other declaration of symbol {symbol.name}", base, line)
            return None
        if symbol.listed:
            symbol.func = Func(base, line)
            self.error(f"symbol {symbol.name} redeclared", base, line)
            return None
        self.file_index(base)
        func = symbol.func = Func(base, line)
        func.id = func_id(symbol.name, bool(flags & (WRAPPER | ABIWRAPPER)))
        func.flag = (FUNC_TOP_FRAME if flags & TOPFRAME else 0) | (FUNC_ASM if self.assembly else 0)
        symbol.listed = True
        symbol.flags = flags
        set_kind(symbol, goobj.STEXT, self.package)
        self.text.append(symbol)
        return func

    def define_data(self, symbol: Symbol, size: int, flags: int, base: PosBase | None = None, line: int = 0) -> None:
        """Give a data symbol its size and section (GLOBL). An error if it has them already."""
        if symbol.listed:
            self.error(f"symbol {symbol.name} redeclared", base, line)
        if base is not None:
            self.file_index(base)
        symbol.listed = True
        self.data.append(symbol)
        symbol.size = size
        if symbol.kind == 0:
            symbol.kind = goobj.SBSS
        if flags & DUPOK:
            symbol.flags |= DUPOK
        kind = symbol.kind
        if flags & RODATA:
            kind = goobj.SRODATA
        elif flags & NOPTR:
            initialised = (goobj.SDATA, goobj.SDATAFIPS, goobj.SNOPTRDATA, goobj.SNOPTRDATAFIPS)
            kind = goobj.SNOPTRDATA if kind in initialised else goobj.SNOPTRBSS
        elif flags & TLSBSS:
            kind = goobj.STLSBSS
        set_kind(symbol, kind, self.package)

    def write(self, symbol: Symbol, offset: int, data: bytes, size: int, base: PosBase | None = None, line: int = 0) -> bool:
        """Put `data`, padded to `size` bytes, into a symbol. Returns whether that could be done."""
        if offset < 0 or offset >= _MAX_OFFSET or size < 0 or size > _MAX_OFFSET:
            self.error(f"prepwrite: bad off={offset} siz={size} s={symbol.name}", base, line)
            return False
        kind = symbol.kind
        if kind in (goobj.SXXX, goobj.SBSS):
            kind = goobj.SDATA
        elif kind == goobj.SNOPTRBSS:
            kind = goobj.SNOPTRDATA
        elif kind == goobj.STLSBSS:
            self.error(f"cannot supply data for STLSBSS var {symbol.name}", base, line)
        set_kind(symbol, kind, self.package)
        end = offset + size
        content = symbol.data
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        content[offset : offset + len(data)] = data
        symbol.size = max(symbol.size, end)
        return True

    def write_address(self, symbol: Symbol, offset: int, size: int, target: Symbol, addend: int, base: PosBase, line: int) -> None:
        """Put the address of target+addend into a symbol."""
        if self.write(symbol, offset, b"", size, base, line):
            self.add_relocation(symbol, (offset, size, R_ADDR, addend, target), base, line)

    def add_relocation(
        self, symbol: Symbol, relocation: tuple[int, int, int, int, Symbol | None], base: PosBase | None = None, line: int = 0
    ) -> None:
        """Append a relocation. Data of the FIPS module can't have any in code for shared libraries, since its hash would change."""
        if self.shared and symbol.kind in (goobj.SDATAFIPS, goobj.SRODATAFIPS, goobj.SNOPTRDATAFIPS):
            from pygo_cross.obj.reloctype import NAMES

            name = NAMES.get(relocation[2], str(relocation[2]))
            self.error(f"{symbol.name}: invalid relocation {name} in fips data", base, line)
        symbol.relocs.append(relocation)

    # Constants that instructions load from memory.

    def gclocals(self, data: bytes) -> Symbol:
        """A stack map, named by its content."""
        # Most calls of the assembler hash nothing, and these take longer to import than a small file to assemble.
        import hashlib
        from binascii import b2a_base64

        digest = bytearray(hashlib.sha256(data).digest())
        digest[0] ^= 0xFF
        symbol = self.lookup("gclocals·" + b2a_base64(digest[:16], newline=False).decode())
        if not symbol.data:
            symbol.data = bytearray(data)
            symbol.content_addressable = True
            symbol.align = 4
        if not symbol.listed:
            self.define_data(symbol, len(data), RODATA | DUPOK)
        return symbol

    def constant(self, prefix: str, data: bytes, align: int) -> Symbol:
        """A read-only constant of 4, 8 or 16 bytes: $f32.3f800000 and the like. `data` is little-endian."""
        symbol = self.lookup(f"${prefix}.{data[::-1].hex()}")
        if not symbol.content_addressable:
            symbol.data = bytearray(data)
            symbol.size = len(data)
            symbol.align = align
            symbol.kind = goobj.SRODATA
            symbol.local = symbol.content_addressable = True
            self.constants.append(symbol)
        return symbol

    def float32(self, value: float) -> Symbol:
        """The constant $f32.xxxxxxxx."""
        try:
            data = struct.pack("<f", value)
        except OverflowError:
            data = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
        return self.constant("f32", data, 4)

    def float64(self, value: float) -> Symbol:
        """The constant $f64.xxxxxxxxxxxxxxxx."""
        return self.constant("f64", struct.pack("<d", value), 8)
