# SPDX-License-Identifier: BSD-3-Clause
"""Compiler directives, as far as lowering and what comes behind it have to know them.

Facts: src/cmd/compile/doc.go; src/cmd/compile/internal/noder/noder.go, reader.go (linkname).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from pygo_cross.ssa import unit
from pygo_cross.syntax import directives
from pygo_cross.syntax.directives import Pragma
from pygo_cross.syntax.nodes import File, FuncDecl, Name, Operation, unparen

_FLAGS: Final = (
    (directives.NOSPLIT, unit.NOSPLIT),
    (directives.NOINLINE, unit.NOINLINE),
    (directives.SYSTEMSTACK, unit.SYSTEM_STACK),
    (directives.NOWRITEBARRIER, unit.NO_WRITE_BARRIER),
    (directives.NOWRITEBARRIERREC, unit.NO_WRITE_BARRIER_REC),
    (directives.YESWRITEBARRIERREC, unit.YES_WRITE_BARRIER_REC),
    (directives.NOESCAPE, unit.NOESCAPE),
    (directives.UINTPTR_ESCAPES, unit.UINTPTR_ESCAPES),
    (directives.UINTPTR_KEEP_ALIVE, unit.UINTPTR_KEEP_ALIVE),
    (directives.NORACE, unit.NORACE),
    (directives.CGO_UNSAFE_ARGS, unit.CGO_UNSAFE_ARGS),
)


def function_flags(pragma: Pragma | None) -> int:
    """Bits of FuncInfo.flags."""
    flags = 0
    if pragma is not None and pragma.flags:
        for directive, flag in _FLAGS:
            if pragma.flags & directive:
                flags |= flag
    return flags


def linknames(files: Sequence[File], prefix: str) -> dict[str, str]:
    """The link name of each object of a package that a directive names; the ordinary one where that is all it says. `prefix` is that of
    the package's names.
    """
    return {one.local: one.remote or f"{prefix}.{one.local}" for file in files for one in file.linknames}


def exported_to_c(words: Sequence[str], written: Container[str], assembled: Container[str]) -> list[str]:
    """A directive of cgo, where it gives C a function with what the linker has to know of it besides: the name there, and the convention by
    which it is called (`written` are the functions in Go, `assembled` those in assembly). Source: src/cmd/compile/internal/ssagen/abi.go.
    """
    if words[0] not in ("cgo_export_static", "cgo_export_dynamic") or len(words) < 2:
        return list(words)
    local = words[1]
    abi = "ABIInternal" if local in written else "ABI0" if local in assembled else ""
    return [words[0], local, words[2] if len(words) > 2 else local, abi] if abi else list(words)


def uintptr_escaping(files: Sequence[File], prefix: str) -> frozenset[str]:
    """The link names of the functions and methods of a package that say `//go:uintptrescapes`."""
    found = set()
    for file in files:
        for decl in file.decl_list:
            if isinstance(decl, FuncDecl) and decl.pragma is not None and decl.pragma.flags & directives.UINTPTR_ESCAPES:
                receiver = ""
                if decl.recv is not None:
                    typ = unparen(decl.recv.type)
                    inner = unparen(typ.x) if isinstance(typ, Operation) else typ
                    receiver = inner.value if isinstance(inner, Name) else ""
                    receiver = f"(*{receiver})." if isinstance(typ, Operation) else f"{receiver}."
                found.add(f"{prefix}.{receiver}{decl.name.value}")
    return frozenset(found)
