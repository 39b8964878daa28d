# SPDX-License-Identifier: BSD-3-Clause
"""Makes tiny ELF executables out of machine code, and names the four targets, for the emulator's tests."""

from __future__ import annotations

import struct

TARGETS = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")

BASE = 0x400000


def elf(arch: str, code: bytes, *, size: int = 0x10000, flags: int = 7) -> bytes:
    """An executable of one segment, loaded at `BASE`, that begins with `code`."""
    machine = {"amd64": 62, "arm64": 183}[arch]
    offset = 0x1000
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack("<16sHHIQQQIHHHHHH", ident, 2, machine, 1, BASE, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program = struct.pack("<IIQQQQQQ", 1, flags, offset, BASE, BASE, len(code), max(size, len(code)), 0x1000)
    return (header + program).ljust(offset, b"\0") + code


def arm64(*words: int) -> bytes:
    """Machine code from instruction words."""
    return struct.pack(f"<{len(words)}I", *words)


# exit_group(w0) and exit_group(edi).
ARM64_EXIT = arm64(0xD2800BC8, 0xD4000001)
AMD64_EXIT = bytes.fromhex("b8e7000000 0f05")
