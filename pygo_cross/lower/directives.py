# SPDX-License-Identifier: BSD-3-Clause
"""Compiler directives, as far as lowering and what comes behind it have to know them.

Facts: src/cmd/compile/doc.go; src/cmd/compile/internal/noder/noder.go, reader.go (linkname).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pygo_cross.ssa import unit
from pygo_cross.syntax import directives
from pygo_cross.syntax.directives import Pragma
from pygo_cross.syntax.nodes import File

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
