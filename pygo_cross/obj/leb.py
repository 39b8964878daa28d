# SPDX-License-Identifier: BSD-3-Clause
"""LEB128, the variable-length numbers of DWARF (DWARF 5, section 7.6) and of Mach-O's binding opcodes."""

from __future__ import annotations

_ONE_BYTE = [bytes((value,)) for value in range(128)]


def uleb(value: int) -> bytes:
    """The shortest unsigned encoding of `value`, which is not negative."""
    if value < 128:
        return _ONE_BYTE[value]
    out = bytearray()
    while value > 127:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sleb(value: int) -> bytes:
    """The shortest signed encoding of `value`."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value == (-1 if byte & 0x40 else 0):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def fixed_uleb(value: int, length: int) -> bytes:
    """`value` in exactly `length` bytes, padded by continuation bits; raises OverflowError when it needs more."""
    if value >> (7 * length):
        raise OverflowError(f"{value} does not fit {length} bytes")
    out = bytearray()
    for _ in range(length - 1):
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
