# SPDX-License-Identifier: BSD-3-Clause
"""Instructions before they are bytes: what the assembler parses, the compiler emits and an encoder of `arch` reads.

A `Prog` is one instruction: a mnemonic as Go spells it, and its operands in the order of Go's syntax (sources first, the
destination last). An `Addr` is one operand. Addrs are shared between Progs (the parser keeps one for each spelling), so
nobody changes one that is in use: who needs another makes a copy (`with_offset`, `copy`).

Operand kinds and name kinds are small ints, registers ints that each architecture numbers for itself (0: none; the
pseudo-registers are negative). Facts: GOROOT/src/cmd/internal/obj/link.go (Addr, Prog).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygo_cross.obj.symbol import Symbol

# Kinds of operand.
NONE: Final = 0
BRANCH: Final = 1  # a place in this function (Prog.target), n(PC), or a function by its symbol
TEXTSIZE: Final = 2  # $frame-args of TEXT; `value` has the argument size
MEM: Final = 3  # offset(reg)(index*scale), or a named place
CONST: Final = 4  # $integer
FCONST: Final = 5  # $(float); `value` has it
SCONST: Final = 6  # $"string"; `value` has its bytes
REG: Final = 7
ADDR: Final = 8  # $name+offset(SB) and the like
SHIFT: Final = 9  # R1<<2
REGREG: Final = 10  # (R1, R2)
INDIR: Final = 11  # *name(SB)
REGLIST: Final = 12  # [V1.B16, V2.B16], [Z0-Z3]
SPECIAL: Final = 13  # a word with a meaning of its own, as arm64's PLDL1KEEP

# What an address is relative to.
NAME_NONE: Final = 0
NAME_EXTERN: Final = 1  # name(SB)
NAME_STATIC: Final = 2  # name<>(SB)
NAME_AUTO: Final = 3  # name-8(SP): the frame as the programmer sees it
NAME_PARAM: Final = 4  # name+8(FP): the arguments
NAME_GOTREF: Final = 5  # name@GOT(SB), which only rewriting makes

# Pseudo-registers, as register numbers of an Addr while it is parsed.
REG_NONE: Final = 0
RFP: Final = -1
RSB: Final = -2
RSP: Final = -3
RPC: Final = -4

ARGS_UNKNOWN: Final = -0x80000000
"""Size of the arguments where TEXT does not give it (internal/abi ArgsSizeUnknown)."""


class PosBase:
    """A file, or the part of one behind a #line directive.

    `file` as the user named it, `absolute` as objects record it. A line L of the file is told as `line + (L - first)`.
    """

    __slots__ = ("absolute", "file", "first", "line", "origin")

    def __init__(self, file: str, absolute: str, first: int = 1, line: int = 1, origin: PosBase | None = None) -> None:
        self.file = file
        self.absolute = absolute
        self.first = first
        self.line = line
        self.origin = origin

    def relative(self, line: int) -> int:
        """The line that is told for line `line` of the text."""
        return self.line + line - self.first

    def format(self, line: int) -> str:
        """`file:line`, and where it really stands if a #line directive says otherwise."""
        if self.origin is None:
            return f"{self.file}:{line}"
        return f"{self.file}:{self.relative(line)}[{self.origin.file}:{line}]"


class Addr:
    """One operand.

    `reg` is the base register of MEM, `index` and `scale` (1, 2, 4, 8) its index; `offset` a displacement in bytes or the
    value of CONST (signed, 64 bits). `kind` caches what class of operand an encoder sees in it (0: not asked yet).
    """

    __slots__ = ("index", "kind", "name", "offset", "reg", "scale", "sym", "type", "value")

    def __init__(self, type: int = NONE, reg: int = 0, offset: int = 0, name: int = 0, sym: Symbol | None = None) -> None:
        self.type = type
        self.reg = reg
        self.offset = offset
        self.name = name
        self.sym = sym
        self.index = 0
        self.scale = 0
        self.value: object = None
        self.kind = 0

    def copy(self) -> Addr:
        """Another Addr of the same content."""
        new = Addr(self.type, self.reg, self.offset, self.name, self.sym)
        new.index, new.scale, new.value = self.index, self.scale, self.value
        return new

    def with_offset(self, delta: int) -> Addr:
        """A copy whose offset is `delta` larger."""
        new = self.copy()
        new.offset += delta
        return new


class Prog:
    """One instruction, or a directive that stands among instructions.

    `op` is the mnemonic, `suffix` what follows it with its dots removed (`RN_SAE.Z`, `P`) or "". `base` and `line` are
    where it was written. `pc` counts Progs until the code is laid out, and bytes from the function's start then; `size`
    is in bytes. `target` is where a branch of this function goes. `spadj` says by how many bytes it moves the stack down.
    `inline` is the inlined call that it belongs to, counted from 1 (0: none). `prologue_end` marks the last instruction
    before the function's own code, for debuggers.
    """

    __slots__ = ("args", "base", "inline", "line", "op", "pc", "prologue_end", "size", "spadj", "suffix", "target")

    def __init__(self, op: str, args: tuple[Addr, ...], base: PosBase | None, line: int, suffix: str = "") -> None:
        self.op = op
        self.args = args
        self.base = base
        self.line = line
        self.suffix = suffix
        self.pc = 0
        self.size = 0
        self.spadj = 0
        self.target: Prog | None = None
        self.inline = 0
        self.prologue_end = False

    def after(self, op: str, args: tuple[Addr, ...]) -> Prog:
        """Another instruction for the same source line."""
        new = Prog(op, args, self.base, self.line)
        new.inline = self.inline
        return new


def const(value: int) -> Addr:
    """$value"""
    return Addr(CONST, 0, value)


def register(number: int) -> Addr:
    """A register as an operand."""
    return Addr(REG, number)


def memory(base: int, offset: int = 0) -> Addr:
    """offset(base)"""
    return Addr(MEM, base, offset)
