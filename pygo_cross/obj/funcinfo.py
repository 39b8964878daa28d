# SPDX-License-Identifier: BSD-3-Clause
"""The function information that objects carry as an auxiliary symbol.

Layout: GOROOT/src/cmd/internal/goobj/funcinfo.go. File numbers index the object's file table; the functions of inline
tree nodes are symbol references like those of relocations.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from pygo_cross.diag import UserError
from pygo_cross.obj.archive import bad_file

_FIXED = struct.Struct("<IIBB2xiI")
_COUNT = struct.Struct("<I")
_NODE = struct.Struct("<iIiIIi")


class InlineNode(NamedTuple):
    """One inlined call: `parent` node or -1, position of the call, the function inlined, and the parent's PC offset."""

    parent: int
    file: int
    line: int
    package: int
    symbol: int
    parent_pc: int


class FuncInfo(NamedTuple):
    """What the runtime's tables say of one function; `args` and `locals` in bytes (args -0x80000000 when unknown)."""

    args: int
    locals: int
    func_id: int
    func_flag: int
    start_line: int
    files: tuple[int, ...]
    inline: list[InlineNode]


def decode(path: str, data: memoryview | bytearray) -> FuncInfo:
    """Decode the data of a FuncInfo symbol of the object `path`. Raises UserError when it is too short."""
    try:
        args, locals_, func_id, func_flag, start_line, nfile = _FIXED.unpack_from(data)
        files = struct.unpack_from(f"<{nfile}I", data, _FIXED.size)
        at = _FIXED.size + 4 * nfile
        (nodes,) = _COUNT.unpack_from(data, at)
        at += 4
        if not nodes:
            inline = []
        else:
            tree = data[at : at + nodes * _NODE.size]
            if len(tree) != nodes * _NODE.size:
                raise _short(path)
            inline = [InlineNode._make(node) for node in _NODE.iter_unpack(tree)]
    except (struct.error, OverflowError, MemoryError):
        raise _short(path) from None
    return FuncInfo(args, locals_, func_id, func_flag, start_line, files, inline)


def _short(path: str) -> UserError:
    return bad_file(path, "corrupt object file: function information is cut short")
