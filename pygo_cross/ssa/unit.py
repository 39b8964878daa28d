# SPDX-License-Identifier: BSD-3-Clause
"""What lowering a package gives: functions, variables with their first contents, and what the package needs besides.

Code generation turns a Unit into an object; no pass looks at more than one function of it but inlining and escape analysis, which look at
callees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from pygo_cross.ssa.func import Func, Slot
from pygo_cross.ssa.refs import BytesRef, DataRef, FuncValueRef, ItabRef, TextRef, TypeRef
from pygo_cross.types.types import Type

# Bits of FuncInfo.flags, from directives and from what the function is.
NOSPLIT: Final = 1
NOINLINE: Final = 2
WRAPPER: Final = 4  # not a frame of its own in tracebacks
NEEDS_CONTEXT: Final = 8  # a function literal that has captured variables
DUPOK: Final = 16  # other objects may have the same function: instances of generic functions, wrappers
NO_WRITE_BARRIER: Final = 32
SYSTEM_STACK: Final = 64
ABI0: Final = 128  # a bridge that is called the assembler's way
HAS_DEFER: Final = 256
REFLECT_METHOD: Final = 512  # the linker has to keep methods that only reflection can reach
NOESCAPE: Final = 1024  # nothing that it is given escapes (it is written in assembly)
NO_WRITE_BARRIER_REC: Final = 2048  # nor may anything that it calls have one
YES_WRITE_BARRIER_REC: Final = 4096  # but this may
UINTPTR_ESCAPES: Final = 8192  # what its arguments of type uintptr were made of has to stay where it is
UINTPTR_KEEP_ALIVE: Final = 16384  # ... has to stay alive
NORACE: Final = 32768
CGO_UNSAFE_ARGS: Final = 65536
PACKAGE_INIT: Final = 131072  # gives a package's variables their first values

COUNTER: Final = 1
"""Of Data.section: counters of coverage, which the runtime finds together."""

MOST_DATA: Final = 2_000_000_000
"""The most bytes that a symbol may have (src/cmd/internal/obj/objfile.go, MaxSymSize)."""

Target = DataRef | TextRef | FuncValueRef | BytesRef | TypeRef | ItabRef


class Inlined(NamedTuple):
    """A call that was inlined: the call around it (0 for none; calls count from 1), the link name of the callee, where the call stood, and
    where the callee is declared."""

    parent: int
    callee: str
    pos: int
    declared: int = 0


class Price(NamedTuple):
    """What a function costs to be inlined: `nodes` without what calls add, and of each call of a function that is known its name, and what
    it adds where it is not inlined; where it is, it adds what the callee costs.
    """

    nodes: int
    calls: tuple[tuple[str, int], ...]


@final
class FuncInfo:
    """What a function is in Go: the types of its parameters (a receiver first) and results, and what its frame and tables need.

    `name` is what tracebacks print. `pos` is where it is declared (0: nobody wrote it), `end` its closing brace. `inlined` are calls that
    were inlined (Value.inline counts from 1). `open_defer`, of a function whose deferred calls are open-coded, are two pinned slots: the
    byte that says which calls are pending, and an array of the functions to be called, in the order of its bits from the lowest. `price`
    is what it costs to be inlined, where that is known from its source.
    """

    __slots__ = ("end", "flags", "inlined", "linkname", "name", "open_defer", "params", "pos", "price", "results")

    def __init__(self, name: str, params: Sequence[Type], results: Sequence[Type], pos: int, end: int, flags: int = 0) -> None:
        self.name = name
        self.params = tuple(params)
        self.results = tuple(results)
        self.pos = pos
        self.end = end
        self.flags = flags
        self.linkname = ""
        self.inlined: list[Inlined] = []
        self.open_defer: tuple[Slot, Slot] | None = None
        self.price: Price | None = None


class Address(NamedTuple):
    """The address of a symbol, and an addend, at an offset of data."""

    offset: int
    target: Target
    addend: int = 0


@final
class Data:
    """A package-level variable, or other data: its first contents, addresses in them, and its type, which tells the collector what is a
    pointer (None: nothing is).

    `contents` may be shorter than `size`: the rest is zero. `read_only` data is never written; `dupok` data may be in other objects too.
    `keeps` is code that a program has if it has the data.
    `section` says what lies apart from other data (COUNTER), 0 for what does not.
    """

    __slots__ = ("addresses", "align", "contents", "dupok", "keeps", "name", "read_only", "section", "size", "typ")

    def __init__(self, name: str, size: int, align: int, typ: Type | None, *, read_only: bool = False, dupok: bool = False) -> None:
        self.name = name
        self.size = size
        self.align = align
        self.typ = typ
        self.contents = bytearray()
        self.addresses: list[Address] = []
        self.read_only = read_only
        self.dupok = dupok
        self.keeps: list[TextRef] = []
        self.section = 0


@final
class Unit:
    """A package's code: `path` is its import path as symbols have it.

    `init_deps` are the packages whose initialisation comes first, `inits` the functions that initialise this one, in order; `types` the
    types whose descriptors other packages may ask for (all that are declared here); `imports` the imported packages. `linknames` is what
    directives call functions and variables, by their names here: other packages have to know it; such symbols, defined here or not, are
    marked in the object, those of `std_linknames` as open to the standard library alone. `assembly` are the functions that are declared
    here and written in assembly; `bodiless` those that are somewhere else; `cgo` are directives for the linker, by their words.
    """

    __slots__ = (
        "assembly",
        "bodiless",
        "cgo",
        "data",
        "funcs",
        "imports",
        "init_deps",
        "inits",
        "linknames",
        "name",
        "path",
        "std_linknames",
        "types",
    )

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self.funcs: list[Func] = []
        self.data: list[Data] = []
        self.types: list[Type] = []
        self.imports: list[str] = []
        self.init_deps: list[str] = []
        self.inits: list[TextRef] = []
        self.linknames: dict[str, str] = {}
        self.std_linknames: set[str] = set()
        self.assembly: list[FuncInfo] = []
        self.bodiless: list[FuncInfo] = []
        self.cgo: list[list[str]] = []
