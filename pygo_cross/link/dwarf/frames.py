# SPDX-License-Identifier: BSD-3-Clause
"""`.debug_frame`: how to find the caller's frame at each instruction.

One common entry says how a frame looks at a function's first instruction; then each function's stack pointer deltas
(its pcsp table) become rows. A stretch of code is described by the frame's size, followed by an advance over its length.
Where the return address is in a register (arm64), the rows say where it was saved, too. Layout: DWARF 4, section 6.4;
facts: GOROOT/src/cmd/link/internal/ld/dwarf.go (writeframes).
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.link.context import Link
from pygo_cross.link.dwarf.constants import (
    DW_CFA_advance_loc,
    DW_CFA_advance_loc1,
    DW_CFA_advance_loc2,
    DW_CFA_advance_loc4,
    DW_CFA_def_cfa,
    DW_CFA_def_cfa_offset_sf,
    DW_CFA_offset_extended,
    DW_CFA_offset_extended_sf,
    DW_CFA_same_value,
    DW_CFA_undefined,
    DW_CFA_val_offset,
)
from pygo_cross.link.dwarf.info import DebugInfo
from pygo_cross.link.dwarf.types import corrupt
from pygo_cross.obj import pctab
from pygo_cross.obj.leb import sleb, uleb

# DWARF's numbers of the stack pointer and of the register, real or not, with the return address.
_REGISTERS: Final = {"amd64": (7, 16), "arm64": (31, 30)}
_DATA_ALIGNMENT: Final = -4
_CIE_LENGTH: Final = {"amd64": 16, "arm64": 32}
_FUNC_FLAG_AT: Final = 9  # in the function information
_TOP_FRAME: Final = 1
_FDE: Final = struct.Struct("<IIQQ")


def _common_entry(goarch: str) -> bytes:
    stack_pointer, return_address = _REGISTERS[goarch]
    out = bytearray(struct.pack("<IIBB", _CIE_LENGTH[goarch], 0xFFFFFFFF, 3, 0))
    out += uleb(1) + sleb(_DATA_ALIGNMENT) + uleb(return_address)
    out.append(DW_CFA_def_cfa)
    out += uleb(stack_pointer)
    if goarch == "arm64":
        out += uleb(0)
        out.append(DW_CFA_same_value)
        out += uleb(return_address)
        out.append(DW_CFA_val_offset)
        out += uleb(stack_pointer) + uleb(0)
    else:
        out += uleb(8)
        out.append(DW_CFA_offset_extended)
        out += uleb(return_address) + uleb(-8 // _DATA_ALIGNMENT)
    return bytes(out.ljust(_CIE_LENGTH[goarch] + 4, b"\0"))


def _advance(delta: int) -> bytes:
    if delta < 0x40:
        return bytes((DW_CFA_advance_loc + delta,))
    if delta < 0x100:
        return bytes((DW_CFA_advance_loc1, delta))
    if delta < 0x10000:
        return struct.pack("<BH", DW_CFA_advance_loc2, delta)
    return struct.pack("<BI", DW_CFA_advance_loc4, delta)


def frames(link: Link, info: DebugInfo) -> bytearray:
    """The content of `.debug_frame`; functions have their addresses."""
    loader = link.loader
    goarch = link.options.goarch
    in_register = goarch == "arm64"
    return_address = uleb(_REGISTERS[goarch][1])
    undefined = bytes((DW_CFA_undefined,)) + return_address
    same_value = bytes((DW_CFA_same_value,)) + return_address
    saved = bytes((DW_CFA_offset_extended_sf,)) + return_address
    out = bytearray(_common_entry(goarch))
    # Frame sizes and lengths repeat a lot.
    settings: dict[int, bytes] = {}
    outermost: dict[int, bytes] = {}
    advances: dict[int, bytes] = {}
    functions, pack, quantum, value = info.functions, _FDE.pack, link.pc_quantum, loader.value
    for sym in link.textp:
        function = functions.get(sym)
        if function is None or not function.info:
            continue
        size = len(loader.data(sym))
        flags = loader.data(function.info)[_FUNC_FLAG_AT : _FUNC_FLAG_AT + 1]
        top = in_register and bool(flags) and bool(flags[0] & _TOP_FRAME)
        # The outermost function has no caller: its return address is undefined, and the rows say nothing of it.
        rows = bytearray(undefined if top else b"")
        start = 0
        try:
            steps = pctab.decode(loader.data(function.pcsp), quantum)
        except ValueError as error:
            raise corrupt(loader, sym, f"{error}, in the frame sizes of {loader.where(sym)}") from None
        for next_pc, delta in steps:
            first, start = start, next_pc
            if next_pc == size:
                # Rows end before the last byte of the function.
                next_pc -= 1
                if next_pc < first:
                    continue
            if not in_register:
                delta += 8
            known = outermost if top else settings
            setting = known.get(delta)
            if setting is None:
                setting = bytes((DW_CFA_def_cfa_offset_sf,)) + sleb(_divide(delta))
                if in_register and not top:
                    setting = (saved + sleb(_divide(-delta)) if delta > 0 else same_value) + setting
                known[delta] = setting
            length = next_pc - first
            advance = advances.get(length)
            if advance is None:
                advance = advances[length] = _advance(length)
            rows += setting
            rows += advance
        rows += bytes(-len(rows) % 8)
        out += pack(20 + len(rows), 0, value[sym], size)
        out += rows
    return out


def _divide(delta: int) -> int:
    """`delta` in units of the data alignment, rounded to zero."""
    quotient = abs(delta) // -_DATA_ALIGNMENT
    return -quotient if delta >= 0 else quotient
