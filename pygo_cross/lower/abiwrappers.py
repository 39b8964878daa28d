# SPDX-License-Identifier: BSD-3-Clause
"""Bridges between the two calling conventions: Go's own, and ABI0, which assembly has.

A function written in assembly is called as it is by its own package; for all others it has a wrapper of the same name that is called Go's
way. A function of ours that assembly calls, or that another package may reach by a link name, has one that is called the assembler's way.
Which these are says a listing of the assembler (`go tool asm -gensymabis`). Facts: src/cmd/compile/internal/ssagen/abi.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, final

from pygo_cross.diag import Pos, UserError
from pygo_cross.lower.function import FuncLowering
from pygo_cross.ssa import ops
from pygo_cross.ssa.refs import CallInfo, TextRef
from pygo_cross.ssa.unit import ABI0, DUPOK, NOSPLIT, WRAPPER, FuncInfo

if TYPE_CHECKING:
    from pygo_cross.lower.package import PackageLowering

_FIELDS: Final = 3
_ABIS: Final = ("ABI0", "ABIInternal")


@final
class SymbolABIs:
    """The functions that a package's assembly defines as ABI0 (`defined`), and those that it refers to as such (`referred`)."""

    __slots__ = ("defined", "referred")

    def __init__(self, defined: Iterable[str] = (), referred: Iterable[str] = ()) -> None:
        self.defined = frozenset(defined)
        self.referred = frozenset(referred)

    @staticmethod
    def read(text: str, name: str) -> SymbolABIs:
        """What a file named `name` says. Raises UserError."""
        found: dict[str, set[str]] = {"def": set(), "ref": set()}
        for number, line in enumerate(text.split("\n"), 1):
            fields = line.split()
            if not fields or fields[0].startswith("#"):
                continue
            verb = fields[0]
            if verb not in found:
                raise UserError.one("bad-symabis", f"invalid symabi type {verb!r}", pos=Pos(name, number))
            if len(fields) != _FIELDS:
                raise UserError.one("bad-symabis", f'invalid symabi: syntax is "{verb} sym abi"', pos=Pos(name, number))
            if fields[2] not in _ABIS:
                raise UserError.one("bad-symabis", f"invalid symabi: unknown abi {fields[2]!r}", pos=Pos(name, number))
            if fields[2] == "ABI0":
                found[verb].add(fields[1])
        return SymbolABIs(found["def"], found["ref"])


def wrapper(package: PackageLowering, declared: FuncInfo, to_assembly: bool) -> None:
    """The wrapper of a function: called Go's way if it leads to assembly, else the assembler's way."""
    name = declared.name
    flags = declared.flags | WRAPPER | DUPOK | NOSPLIT | (0 if to_assembly else ABI0)
    info = FuncInfo(name, declared.params, declared.results, declared.pos, declared.end, flags)
    f = FuncLowering(package, name, info, set())
    args = [f.emit(ops.PARAM, kind, (), i) for i, kind in enumerate(f.func.params)]
    # Values in memory go on by their addresses, from one area of arguments to the other.
    call = f.emit(ops.CALL_STATIC, 0, args, 0, CallInfo(TextRef(name, to_assembly), info.params, info.results))
    f.b.ret([f.emit(ops.RESULT, kind, (call,), i) for i, kind in enumerate(f.func.results)])
    package.unit.funcs.append(f.b.finish())
