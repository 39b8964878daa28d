# SPDX-License-Identifier: BSD-3-Clause
"""Symbols under construction: names with contents, relocations and, for functions, what the runtime must know.

Facts: GOROOT/src/cmd/internal/obj/link.go (LSym, FuncInfo, Pcln), data.go, plist.go (InitTextSym, GloblPos), fips140.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.obj import goobj

if TYPE_CHECKING:
    from pygo_cross.obj.prog import PosBase, Prog

# Flags of TEXT and GLOBL (textflag.h).
NOPROF: Final = 1
DUPOK: Final = 2
NOSPLIT: Final = 4
RODATA: Final = 8
NOPTR: Final = 16
WRAPPER: Final = 32
NEEDCTXT: Final = 64
LOCAL: Final = 128
TLSBSS: Final = 256
NOFRAME: Final = 512
REFLECTMETHOD: Final = 1024
TOPFRAME: Final = 2048
ABIWRAPPER: Final = 4096
PKGINIT: Final = 8192

# Flags of functions, as the runtime reads them (internal/abi/symtab.go).
FUNC_TOP_FRAME: Final = 1
FUNC_SP_WRITE: Final = 2
FUNC_ASM: Final = 4

# PCDATA and FUNCDATA numbers (internal/abi/symtab.go).
PCDATA_UNSAFE_POINT: Final = 0
PCDATA_STACK_MAP: Final = 1
PCDATA_ARG_LIVE: Final = 3
UNSAFE_POINT_UNSAFE: Final = -2
UNSAFE_POINT_RESTART1: Final = -3
UNSAFE_POINT_RESTART2: Final = -4
FUNCDATA_ARGS_POINTER_MAPS: Final = 0
FUNCDATA_LOCALS_POINTER_MAPS: Final = 1
FUNCDATA_STACK_OBJECTS: Final = 2
FUNCDATA_INLINE_TREE: Final = 3
FUNCDATA_OPEN_CODED_DEFER_INFO: Final = 4
FUNCDATA_ARG_INFO: Final = 5
FUNCDATA_ARG_LIVE_INFO: Final = 6
FUNCDATA_WRAP_INFO: Final = 7

Relocation = tuple[int, int, int, int, "Symbol | None"]
"""offset, size in bytes, type, addend, target."""

_FIPS_PREFIX: Final = "crypto/internal/fips140"
_FIPS_KIND: Final = {
    goobj.STEXT: goobj.STEXTFIPS,
    goobj.SDATA: goobj.SDATAFIPS,
    goobj.SRODATA: goobj.SRODATAFIPS,
    goobj.SNOPTRDATA: goobj.SNOPTRDATAFIPS,
}
_FIPS_OUTSIDE: Final = (".inittask", ".dict", ".typeAssert")
_FIPS_OUTSIDE_END: Final = (".arginfo0", ".arginfo1", ".argliveinfo", ".args_stackmap", ".opendefer", ".stkobj", "·f")


class InlinedCall:
    """A call that was inlined: the index of the call around it (-1 for none), where it stood, whose code it was and in which line that is
    declared, and an offset of the function's code (set when that is laid out) that is told as the line of the call."""

    __slots__ = ("base", "callee", "declared", "line", "mark", "parent")

    def __init__(self, parent: int, base: PosBase, line: int, callee: Symbol, mark: Prog, declared: int = 0) -> None:
        self.parent = parent
        self.base = base
        self.line = line
        self.callee = callee
        self.declared = declared
        self.mark = mark


class ArgRegister:
    """A register that has an argument at entry: its number, how many bytes, and where in the area of arguments it is spilled."""

    __slots__ = ("is_float", "offset", "register", "size")

    def __init__(self, register: int, size: int, is_float: bool, offset: int) -> None:
        self.register = register
        self.size = size
        self.is_float = is_float
        self.offset = offset


class Func:
    """What a function has besides its bytes. `args` and `locals` in bytes; tables are symbols, None until made.

    `arg_registers` are spilled while the stack grows; `system_stack` functions run on the stack of the thread alone. `inline` are the
    calls that were inlined, in the order of the table.
    """

    __slots__ = (
        "arg_registers",
        "args",
        "base",
        "dwarf_info",
        "dwarf_lines",
        "dwarf_loc",
        "dwarf_ranges",
        "flag",
        "funcdata",
        "id",
        "info",
        "inline",
        "line",
        "locals",
        "pcdata",
        "pcfile",
        "pcinline",
        "pcline",
        "pcsp",
        "progs",
        "start_line",
        "system_stack",
        "used_files",
    )

    def __init__(self, base: PosBase | None, line: int) -> None:
        self.base = base
        self.line = line
        self.start_line = base.relative(line) if base else line
        self.progs: list[Prog] = []
        self.args = 0
        self.locals = 0
        self.id = 0
        self.flag = 0
        self.used_files: list[int] = []
        self.pcsp: Symbol | None = None
        self.pcfile: Symbol | None = None
        self.pcline: Symbol | None = None
        self.pcinline: Symbol | None = None
        self.pcdata: list[Symbol] = []
        self.funcdata: list[Symbol | None] = []
        self.arg_registers: list[ArgRegister] = []
        self.system_stack = False
        self.inline: list[InlinedCall] = []
        self.info: Symbol | None = None
        self.dwarf_info: Symbol | None = None
        self.dwarf_lines: Symbol | None = None
        self.dwarf_loc: Symbol | None = None
        self.dwarf_ranges: Symbol | None = None


class Symbol:
    """A symbol: defined here if `listed`, a mere reference otherwise.

    `abi` is 0 or 1 (ABIInternal); `static` names are of this file alone. `flags` are those of TEXT and GLOBL. `package` and
    `index` say how objects refer to it (goobj.PKG_*), -1 before symbols are numbered. `typelink` marks the descriptor of a type that
    reflection may make too: the runtime has a table of these. `gotype` is the descriptor of a variable's type. `linkname` symbols,
    defined or referred to, have their name from a directive: others may refer to them by name alone, only the standard library where
    it is `linkname_std`.
    """

    __slots__ = (
        "abi",
        "align",
        "content_addressable",
        "data",
        "flags",
        "func",
        "gotype",
        "index",
        "kind",
        "leaf",
        "linkname",
        "linkname_std",
        "listed",
        "local",
        "name",
        "package",
        "pcdata",
        "relocs",
        "size",
        "static",
        "typelink",
    )

    def __init__(self, name: str, abi: int = 0, static: bool = False, kind: int = 0) -> None:
        self.name = name
        self.abi = abi
        self.static = static
        self.kind = kind
        self.flags = 0
        self.size = 0
        self.align = 0
        self.data = bytearray()
        self.relocs: list[Relocation] = []
        self.func: Func | None = None
        self.gotype: Symbol | None = None
        self.listed = False
        self.local = False
        self.leaf = False
        self.linkname = False
        self.linkname_std = False
        self.typelink = False
        self.content_addressable = False
        self.pcdata = False
        self.package = -1
        self.index = -1

    def is_text(self) -> bool:
        """Whether it is code."""
        return self.kind == goobj.STEXT or self.kind == goobj.STEXTFIPS


def content_symbol(data: bytes) -> Symbol:
    """A nameless read-only symbol that is known by its content: a pc table."""
    symbol = Symbol("", 0, False, goobj.SRODATA)
    symbol.content_addressable = symbol.pcdata = True
    symbol.align = 1
    symbol.data = bytearray(data)
    symbol.size = len(data)
    return symbol


def is_fips_package(path: str) -> bool:
    """Whether a package lies in the FIPS 140 module, whose code and data are hashed together."""
    return (path == _FIPS_PREFIX or path.startswith(_FIPS_PREFIX + "/")) and not path.endswith("_test")


def set_kind(symbol: Symbol, kind: int, package: str) -> None:
    """Give `symbol`, while compiling `package`, the kind, or the kind's FIPS twin where it belongs to that module."""
    symbol.kind = kind
    if kind not in _FIPS_KIND or package.endswith("_test"):
        return
    if symbol.static:
        if not is_fips_package(package):
            return
    else:
        name = symbol.name
        if not name.startswith(_FIPS_PREFIX) or name[len(_FIPS_PREFIX) : len(_FIPS_PREFIX) + 1] not in (".", "/"):
            return
        if kind != goobj.STEXT:
            if any(part in name for part in _FIPS_OUTSIDE) or name.endswith(_FIPS_OUTSIDE_END):
                return
            if name == "crypto/internal/fips140/check.linkinfo":
                return
    symbol.kind = _FIPS_KIND[kind]
