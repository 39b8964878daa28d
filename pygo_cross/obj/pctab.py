# SPDX-License-Identifier: BSD-3-Clause
"""Pc tables: which value is in effect at which place of a function.

A table is a run of steps, each a change of value and a distance: the value holds from the end of the step before it
(from the function's start at first) over that distance. Values begin at -1 and their changes are zigzag varints;
distances are unsigned varints, in units of the smallest instruction's size (the quantum: 1 byte on amd64, 4 on arm64).
A change of 0 ends the table, except in the first step. The empty table means -1 everywhere. All values fit 32 bits.

Facts: GOROOT/src/cmd/internal/obj/pcln.go (funcpctab, PCIter), src/runtime/symtab.go (step).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Step = tuple[int, int]
"""Where the step ends, in bytes from the function's start, and the value in effect up to there."""

_CONTINUED: Final = bytes(range(0x80, 0x100))
_MAX_SHIFT: Final = 63  # a varint of Go's has at most ten bytes


def decode(data: bytes | bytearray | memoryview, quantum: int) -> list[Step]:
    """The steps of a table. Raises ValueError when it is cut short or a number in it is too long.

    What follows the end of the table is not looked at.
    """
    steps: list[Step] = []
    if not len(data):
        return steps
    value, pc, at = -1, 0, 0
    try:
        while True:
            number = data[at]
            at += 1
            if number >= 0x80:
                number, at = _long(data, at, number)
            if not number and steps:
                return steps
            value += -(number >> 1) - 1 if number & 1 else number >> 1
            number = data[at]
            at += 1
            if number >= 0x80:
                number, at = _long(data, at, number)
            pc += number * quantum
            steps.append((pc & 0xFFFFFFFF, (value + 0x80000000 & 0xFFFFFFFF) - 0x80000000))
    except IndexError:
        raise ValueError("the pc table is cut short") from None


def _long(data: bytes | bytearray | memoryview, at: int, first: int) -> tuple[int, int]:
    """A varint of more than one byte, after its first: the number, and where it ends."""
    number, shift = first & 0x7F, 7
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > _MAX_SHIFT:
            raise ValueError("the pc table holds a number that is too long")


def encode(steps: Iterable[Step], quantum: int) -> bytes:
    """The table of these steps, in ascending order; the empty table if there are none.

    Neighbouring steps must differ in value, since an unchanged value would end the table; a first value of -1 is fine.
    Raises ValueError for steps that can't be told so: unordered, unaligned to `quantum` or of equal value.
    """
    out = bytearray()
    value, pc = -1, 0
    for end, new in steps:
        delta, distance = new - value, end - pc
        if (not delta and out) or distance < 0 or distance % quantum:
            raise ValueError(f"a step to {end} with value {new} can't follow one to {pc} with value {value}")
        _append(out, delta << 1 if delta >= 0 else ~(delta << 1))
        _append(out, distance // quantum)
        value, pc = new, end
    if out:
        out.append(0)
    return bytes(out)


def _append(out: bytearray, number: int) -> None:
    """Append an unsigned varint."""
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def is_whole(data: bytes) -> bool:
    """Whether a table has its end and whole steps before it: a cheap look at a table that nobody decodes."""
    return not data or (data[-1] == 0 and len(data.translate(None, _CONTINUED)) % 2 == 1)
