# SPDX-License-Identifier: BSD-3-Clause
"""What an instruction can hold of a constant: 12-bit immediates, moved 16-bit groups, repeated runs of ones, float constants.

Values are signed ints of 64 bits unless said otherwise. Facts: the Arm architecture reference manual (DecodeBitMasks, MoveWide,
VFPExpandImm); the order in which Go prefers them: GOROOT/src/cmd/internal/obj/arm64/asm7.go.
"""

from __future__ import annotations

import struct
from typing import Final

MASK: Final = (1 << 64) - 1


def is_addcon(value: int) -> bool:
    """Whether it is 12 bits, shifted left by 12 or not."""
    if value < 0:
        return False
    return value <= 0xFFF or (not value & 0xFFF and value <= 0xFFF000)


def group_shift(value: int) -> int:
    """Where its only 16-bit group that isn't zero stands (0, 16, 32, 48), -1 if it has several."""
    value &= MASK
    for shift in (0, 16, 32, 48):
        if not value & ~(0xFFFF << shift):
            return shift
    return -1


def _period(bits: int) -> int:
    """The length of the shortest piece that 64 bits repeat, as a power of two from 2 on."""
    period = 64
    while period > 2:
        half = period // 2
        if bits >> half & (1 << half) - 1 != bits & (1 << half) - 1:
            return period
        period = half
    return period


def bitmask_field(bits: int, width: int) -> int:
    """N, immr and imms of a logical instruction for these bits of `width` (32 or 64), -1 if there are none."""
    if width == 32:
        bits &= 0xFFFFFFFF
        bits |= bits << 32
    bits &= MASK
    if bits in (0, MASK):
        return -1
    period = _period(bits)
    piece = bits & (1 << period) - 1
    ones = piece.bit_count()
    run = (1 << ones) - 1
    for rotation in range(period):
        if run >> rotation | run << period - rotation & (1 << period) - 1 == piece:
            break
    else:
        return -1
    large = 1 if period == 64 and width == 64 else 0
    imms = (ones - 1) | (63 & ~(2 * period - 1))
    return large << 22 | (rotation & width - 1) << 16 | imms << 10


def is_bitmask(bits: int, width: int = 64) -> bool:
    """Whether a logical instruction can hold it."""
    return bitmask_field(bits, width) >= 0


def groups(value: int) -> list[int]:
    """Its four 16-bit groups, the lowest first."""
    return [value >> shift & 0xFFFF for shift in (0, 16, 32, 48)]


def nearly_bitmask(value: int) -> tuple[int, int] | None:
    """Bits for a logical instruction, and the group that must be moved in to make `value`."""
    bits = value & MASK
    for at in range(4):
        mask = 0xFFFF << 16 * at
        for turn in (16, 32):
            turned = (bits << turn | bits >> 64 - turn) & MASK
            candidate = bits & ~mask | turned & mask
            if is_bitmask(candidate):
                return candidate, at
    return None


def constant_class(value: int, width: int) -> str:
    """The narrowest class of a constant, by the names of Go's assembler in lower case."""
    if not value:
        return "zcon"
    inverse = ~value & 0xFFFFFFFF if width == 32 else ~value
    mask = is_bitmask(value, width)
    moved = group_shift(value) >= 0 or group_shift(inverse) >= 0
    if is_addcon(value):
        if value <= 0xFFF:
            return "abcon0" if mask else "addcon0"
        return "abcon" if mask else "amcon" if moved else "addcon"
    if moved:
        return "mbcon" if mask else "movcon"
    if mask:
        return "bitcon"
    if 0 <= value <= 0xFFFFFF:
        return "addcon2"
    return "lcon" if -0x80000000 <= value <= 0xFFFFFFFF else "vcon"


def wide_class(value: int) -> str:
    """The class of a large constant by how many moves make it."""
    parts = groups(value)
    zeros, ones = parts.count(0), parts.count(0xFFFF)
    if zeros >= 3 or ones >= 3:
        return "movcon"
    if zeros == 2 or ones == 2 or nearly_bitmask(value) is not None:
        return "movcon2"
    return "movcon3" if zeros == 1 or ones == 1 else "vcon"


def float_field(value: float) -> int:
    """The 8 bits of FMOV's immediate, -1 if it has none."""
    bits = int.from_bytes(struct.pack("<d", value), "little")
    high = bits >> 32
    if bits & 0xFFFFFFFF or high & 0xFFFF:
        return -1
    exponent = high & 0x7FC00000
    if exponent not in (0x40000000, 0x3FC00000):
        return -1
    return (high >> 31) << 7 | (exponent == 0x3FC00000) << 6 | high >> 16 & 0x3F


def split_offset(value: int, shift: int) -> tuple[int, int] | None:
    """(high, low): value is high + (low << shift), both of 12 bits, high perhaps shifted by 12; None if it can't be had."""
    if not 0 <= value <= 0xFFF000 + (0xFFF << shift):
        return None
    high = max(value - (0xFFF << shift), value & (1 << shift) - 1)
    if high <= 0xFFF:
        low = value - high >> shift
        if low <= 0xFFF:
            return high, low
    low = value >> shift & 0xFFF
    high = value - (low << shift)
    if high > 0xFFF000:
        high = 0xFFF000
        low = value - high >> shift
    return (high, low) if not high & ~0xFFF000 and high + (low << shift) == value else None
