# SPDX-License-Identifier: BSD-3-Clause
"""What messages call the operands of an instruction that has no form: Go's names of the five places' classes, and of two types.

Facts: GOROOT/src/cmd/internal/obj/arm64/{asm7,anames7}.go (oplook, autoclass), cmd/internal/obj/link.go (AddrType).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.arm64.operands import Frame, Places, classify, constant_for, needs_pool, register_class
from pygo_cross.obj.prog import INDIR, MEM, NAME_NONE, Addr, Prog

_NAMES: Final = {
    "sp": "RSP",
    "ext": "EXTREG",
    "word": "SPOP",
    "rel": "SBRA",
    "sym": "ADDR",
    "got": "GOTADDR",
    "addr": "VCONADDR",
    "tlsle": "TLS_LE",
    "tlsie": "TLS_IE",
}
"""Classes that Go calls otherwise than we do."""

# By the offset: no more than, its multiples, and what these are called. The first that fits counts.
_NEGATIVE: Final = (
    (256, 16, "NS{}_16"),
    (256, 8, "NS{}_8"),
    (256, 4, "NS{}_4"),
    (256, 1, "NS{}"),
    (512, 16, "NP{}_16"),
    (512, 8, "NP{}"),
    (1024, 16, "NQ{}_16"),
    (4095, 1, "N{}4K"),
)
_POSITIVE: Final = (
    (0, 1, "Z{}"),
    (255, 16, "PS{}_16"),
    (255, 8, "PS{}_8"),
    (255, 4, "PS{}_4"),
    (255, 1, "PS{}"),
    (504, 16, "PP{}_16"),
    (504, 8, "PP{}"),
    (1008, 16, "PQ{}_16"),
    (4095, 16, "U{}4K_16"),
    (4095, 8, "U{}4K_8"),
    (4095, 4, "U{}4K_4"),
    (4095, 2, "U{}4K_2"),
    (4095, 1, "U{}4K"),
    (8190, 16, "U{}8K_16"),
    (8190, 8, "U{}8K_8"),
    (8190, 4, "U{}8K_4"),
    (8190, 2, "U{}8K"),
    (16380, 16, "U{}16K_16"),
    (16380, 8, "U{}16K_8"),
    (16380, 4, "U{}16K"),
    (32760, 16, "U{}32K_16"),
    (32760, 8, "U{}32K"),
    (65520, 16, "U{}64K"),
)


def _memory(kind: str, offset: int, pool: bool) -> str:
    """The class of memory in the frame (`kind` is a) or at a register (o)."""
    where = "AUTO" if kind == "a" else "OREG"
    if pool:
        return f"L{where}POOL"
    for most, unit, name in _NEGATIVE if offset < 0 else _POSITIVE:
        if abs(offset) <= most and not offset % unit:
            return name.format(where)
    return f"L{where}"


def combination(prog: Prog, p: Places, frame: Frame, shared: bool) -> str:
    """The classes of all places, and the types of the first and the last."""

    def named(addr: Addr) -> str:
        if addr.type == MEM and addr.scale < 0 and addr.name == NAME_NONE:
            # What only SVE has is a place like others for Go's assembler.
            return "ROFF" if addr.index else _memory("o", addr.offset, False)
        found = classify(addr, frame, shared)
        if addr is p.first:
            found = constant_for(prog.op, addr, found)
        if found in ("o", "a"):
            offset = frame.offset(addr)
            return _memory(found, offset, addr in (p.first, p.to) and not prog.suffix and needs_pool(prog.op, offset))
        return _NAMES.get(found, found.upper())

    def register(number: int) -> str:
        found = register_class(number)
        return _NAMES.get(found, found.upper()) if number else "NONE"

    second = register(p.to2_reg) if p.to2_reg else named(p.to2)
    classes = (named(p.first), register(p.reg), named(p.third), named(p.to), second)
    return f"{' '.join(classes)}, {_type(p.first)} {_type(p.to)}"


def _type(addr: Addr) -> int:
    """The number of an operand's type as Go has it: REGREG2, which only arm has, stands before INDIR."""
    return addr.type + 1 if addr.type >= INDIR else addr.type
