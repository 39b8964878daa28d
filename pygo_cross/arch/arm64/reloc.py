# SPDX-License-Identifier: BSD-3-Clause
"""arm64: how relocations change instructions.

Branches hold a signed word distance in 26 bits. Addresses are made by ADRP, which holds a distance in pages of 4 KiB in
21 bits, and by the instruction behind it, which holds the low 12 bits, scaled by the width for loads and stores. Thread
local offsets stand in 12 bits behind two words of thread control block.
Facts: GOROOT/src/cmd/link/internal/arm64/asm.go (archreloc); Arm Architecture Reference Manual, C4.1.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.obj.reloctype import (
    R_ADDRARM64,
    R_ARM64_GOT,
    R_ARM64_PCREL_LDST8,
    R_ARM64_PCREL_LDST16,
    R_ARM64_PCREL_LDST32,
    R_ARM64_PCREL_LDST64,
    R_ARM64_TLS_LE,
    R_CALLARM64,
)

_SHIFT: Final = {
    R_ADDRARM64: 0,
    R_ARM64_PCREL_LDST8: 0,
    R_ARM64_PCREL_LDST16: 1,
    R_ARM64_PCREL_LDST32: 2,
    R_ARM64_PCREL_LDST64: 3,
}
_TCB_SIZE: Final = 16


class Unreachable(Exception):
    """The distance or the alignment of the target does not fit the instruction; the text says how."""


def _adrp(distance: int) -> int:
    """The immediate of ADRP for a distance in bytes from the page of the instruction."""
    if not -1 << 32 <= distance < 1 << 32:
        raise Unreachable(f"the address is {distance} bytes away, ADRP reaches 4 GiB")
    page = distance >> 12
    return (page & 3) << 29 | (page >> 2 & 0x7FFFF) << 5


def relocate(kind: int, value: int, place: int, target: int) -> int | None:
    """The instruction, or pair of instructions, `value` at address `place` made to refer to address `target`.

    Returns None for a relocation type that is not arm64's own. Raises Unreachable.
    """
    if kind == R_CALLARM64:
        distance = target - place
        if not -1 << 27 <= distance < 1 << 27:
            raise Unreachable(f"the call's target is {distance} bytes away, a branch reaches 128 MiB")
        return value | distance >> 2 & 0x03FFFFFF
    shift = _SHIFT.get(kind)
    if shift is not None:
        distance = target - (place & ~0xFFF)
        low = distance & 0xFFF
        if low & (1 << shift) - 1:
            raise Unreachable(f"the offset {low} of a {8 << shift}-bit load or store is not aligned")
        return value | _adrp(distance) | (low >> shift) << 42
    if kind == R_ARM64_GOT:
        distance = target - (place & ~0xFFF)
        if value >> 24 & 0x9F == 0x90:
            return value | _adrp(distance)
        if distance & 7:
            raise Unreachable("the word of the offset table is not aligned")
        return value | (distance & 0xFFF) << 7
    if kind == R_ARM64_TLS_LE:
        offset = target + _TCB_SIZE
        if not 0 <= offset < 32768:
            raise Unreachable(f"thread-local offset {offset} is out of range")
        return value | offset << 5
    return None
